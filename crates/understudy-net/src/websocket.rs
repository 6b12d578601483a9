//! The messages of a WebSocket, read as they pass (RFC 6455, section 5), compressed ones too (RFC 7692).
//!
//! What passes is never held up or changed: where the frames are not understood, or there is too much of them, no more is
//! kept, and the reason is.

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status};
use http::HeaderMap;
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use std::time::Duration;

/// How many messages of one connection are kept, both ways together.
pub const MESSAGES_MAX: usize = 10_000;
/// How large a message may be that is kept.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// How many bytes of messages are kept of one connection.
pub const MESSAGES_BYTES_MAX: usize = 8 << 20;

/// A message, whole and without compression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Whether the client sent it, and not the server.
    pub is_from_client: bool,
    /// How long after the connection was there.
    pub after: Duration,
    /// What it says.
    pub content: MessageContent,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageContent {
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

impl MessageContent {
    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// The messages that passed on a connection until it ended.
#[derive(Debug, Clone, Default)]
pub struct SocketCopy {
    /// In the order in which they passed.
    pub messages: Vec<Message>,
    /// Why not all of them are there, in words.
    pub cut: Option<String>,
}

impl SocketCopy {
    pub(crate) fn push(&mut self, message: Message, kept_bytes: &mut usize) {
        *kept_bytes += message.content.as_bytes().len();
        if self.messages.len() == MESSAGES_MAX {
            self.cut.get_or_insert_with(|| format!("more than {MESSAGES_MAX} messages passed"));
        } else if *kept_bytes > MESSAGES_BYTES_MAX {
            self.cut.get_or_insert_with(|| format!("more than {MESSAGES_BYTES_MAX} bytes of messages passed"));
        } else if self.cut.is_none() {
            self.messages.push(message);
        }
    }
}

/// Reads what one side sends.
pub(crate) struct Reader {
    /// The bytes of a frame's head so far.
    head: Vec<u8>,
    frame: Option<Frame>,
    message: Option<Partial>,
    inflating: Option<Inflating>,
    /// Frames are not understood any more.
    is_lost: bool,
}

struct Frame {
    is_last: bool,
    is_data: bool,
    mask: Option<[u8; 4]>,
    length: u64,
    read: u64,
}

struct Partial {
    is_text: bool,
    is_compressed: bool,
    bytes: Vec<u8>,
}

struct Inflating {
    inflater: Decompress,
    /// Whether each message stands for itself.
    is_anew: bool,
    /// A message has ended the stream that the others were to go on with (RFC 7692, section 7.2.3.4).
    is_over: bool,
}

/// What the two sides agreed on, for what the client sends and what the server sends.
pub(crate) fn readers(agreed: &HeaderMap) -> [Reader; 2] {
    let extensions = agreed.get_all(SEC_WEBSOCKET_EXTENSIONS).into_iter().filter_map(|value| value.to_str().ok());
    let deflate = extensions.flat_map(|value| value.split(',')).find_map(|extension| {
        let mut parts = extension.split(';').map(str::trim);
        (parts.next() == Some("permessage-deflate")).then(|| parts.collect::<Vec<_>>())
    });
    ["client_no_context_takeover", "server_no_context_takeover"].map(|anew| {
        let inflating = deflate.as_ref().map(|parameters| Inflating {
            inflater: Decompress::new(false),
            is_anew: parameters.contains(&anew),
            is_over: false,
        });
        Reader { head: Vec::new(), frame: None, message: None, inflating, is_lost: false }
    })
}

/// A frame's opcode (RFC 6455, section 5.2).
mod opcode {
    pub(super) const CONTINUATION: u8 = 0;
    pub(super) const TEXT: u8 = 1;
    pub(super) const BINARY: u8 = 2;
    pub(super) const CONTROL: u8 = 8;
    pub(super) const PONG: u8 = 10;
}

impl Reader {
    /// Takes the next bytes, and tells what became whole with them.
    ///
    /// # Errors
    /// Why nothing more is read, in words, the first time; nothing is afterwards.
    pub(crate) fn read(&mut self, mut bytes: &[u8], mut tell: impl FnMut(MessageContent)) -> Result<(), String> {
        while !bytes.is_empty() && !self.is_lost {
            let step = match &mut self.frame {
                None => {
                    let (byte, rest) = bytes.split_at(1);
                    bytes = rest;
                    self.head.extend(byte);
                    self.begin_frame()
                }
                Some(frame) => {
                    let left = usize::try_from(frame.length - frame.read).unwrap_or(usize::MAX);
                    let (own, rest) = bytes.split_at(left.min(bytes.len()));
                    bytes = rest;
                    self.payload(own)
                }
            };
            step.and_then(|()| self.end_frame(&mut tell)).inspect_err(|_| {
                self.is_lost = true;
                self.message = None;
            })?;
        }
        Ok(())
    }

    /// Begins a frame once its head is whole.
    fn begin_frame(&mut self) -> Result<(), String> {
        let [first, second, rest @ ..] = self.head.as_slice() else { return Ok(()) };
        let (is_masked, short) = (second & 0x80 != 0, second & 0x7F);
        let extended = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if rest.len() < extended + if is_masked { 4 } else { 0 } {
            return Ok(());
        }
        let length = match extended {
            0 => u64::from(short),
            _ => rest[..extended].iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        let mask = is_masked.then(|| [rest[extended], rest[extended + 1], rest[extended + 2], rest[extended + 3]]);
        let (is_last, reserved, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0F);
        self.head.clear();
        let is_data = opcode < opcode::CONTROL;
        let is_compressed = reserved == 0x40 && self.inflating.is_some() && is_data;
        if reserved != 0 && !is_compressed {
            return Err("it uses an extension that is not known".to_owned());
        }
        match (opcode, &self.message) {
            (opcode::TEXT | opcode::BINARY, None) => {
                self.message = Some(Partial { is_text: opcode == opcode::TEXT, is_compressed, bytes: Vec::new() });
            }
            (opcode::CONTINUATION, Some(_)) if !is_compressed => {}
            (opcode::CONTROL..=opcode::PONG, _) if is_last && length <= 125 => {}
            _ => return Err("what passes are no frames of a WebSocket".to_owned()),
        }
        self.frame = Some(Frame { is_last, is_data, mask, length, read: 0 });
        Ok(())
    }

    /// Takes some of a frame's payload.
    fn payload(&mut self, bytes: &[u8]) -> Result<(), String> {
        let (Some(frame), message) = (&mut self.frame, &mut self.message) else { return Ok(()) };
        if let Some(message) = message.as_mut().filter(|_| frame.is_data) {
            if message.bytes.len() + bytes.len() > MESSAGE_BYTES_MAX {
                return Err(too_large());
            }
            match frame.mask {
                None => message.bytes.extend_from_slice(bytes),
                Some(mask) => {
                    let place = |at: u64| mask[(at % 4) as usize];
                    message.bytes.extend((frame.read..).zip(bytes).map(|(at, byte)| byte ^ place(at)));
                }
            }
        }
        frame.read += bytes.len() as u64;
        Ok(())
    }

    /// Ends the frame where all of it is there, and the message with it where it is its last.
    fn end_frame(&mut self, tell: &mut impl FnMut(MessageContent)) -> Result<(), String> {
        let Some(Frame { is_last, is_data, .. }) = self.frame.take_if(|frame| frame.read == frame.length) else {
            return Ok(());
        };
        if !(is_data && is_last) {
            return Ok(());
        }
        let Some(Partial { is_text, is_compressed, bytes }) = self.message.take() else { return Ok(()) };
        let bytes = match &mut self.inflating {
            Some(inflating) if is_compressed => inflating.inflate(&bytes)?,
            _ => bytes,
        };
        tell(match String::from_utf8(bytes) {
            Ok(text) if is_text => MessageContent::Text(text),
            Ok(text) => MessageContent::Binary(text.into()),
            Err(error) => MessageContent::Binary(error.into_bytes().into()),
        });
        Ok(())
    }
}

fn too_large() -> String {
    format!("a message has more than {MESSAGE_BYTES_MAX} bytes")
}

/// What a compressed message leaves out at its end (RFC 7692, section 7.2.2).
const LEFT_OUT: [u8; 4] = [0, 0, 0xFF, 0xFF];

impl Inflating {
    fn inflate(&mut self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        if self.is_over {
            return Err("a message has ended the compression for good".to_owned());
        }
        let input = [bytes, &LEFT_OUT].concat();
        let mut out = Vec::with_capacity(2 * input.len());
        let mut at = 0;
        loop {
            if out.len() == out.capacity() {
                out.reserve(out.len());
            }
            let before = (self.inflater.total_in(), out.len());
            let status = self
                .inflater
                .decompress_vec(&input[at..], &mut out, FlushDecompress::Sync)
                .map_err(|_| "a message is not compressed as was agreed".to_owned())?;
            at += usize::try_from(self.inflater.total_in() - before.0).unwrap_or(0);
            if out.len() > MESSAGE_BYTES_MAX {
                return Err(too_large());
            }
            if status == Status::StreamEnd {
                self.is_over = !self.is_anew;
                break;
            }
            // Where there is room left, nothing more is waiting to come out.
            let has_moved = before != (self.inflater.total_in(), out.len());
            if out.len() < out.capacity() && (at == input.len() || !has_moved) {
                break;
            }
        }
        if self.is_anew {
            self.inflater.reset(false);
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compress, Compression, FlushCompress};
    use http::HeaderValue;

    fn frame(first: u8, mask: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![first];
        let masked = if mask.is_some() { 0x80 } else { 0 };
        match payload.len() {
            length @ 0..=125 => out.push(masked | length as u8),
            length @ 126..=65_535 => out.extend([&[masked | 126], &(length as u16).to_be_bytes()[..]].concat()),
            length => out.extend([&[masked | 127], &(length as u64).to_be_bytes()[..]].concat()),
        }
        out.extend(mask.into_iter().flatten());
        out.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask.map_or(0, |mask| mask[at % 4])));
        out
    }

    fn agreed(extensions: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(extensions))])
    }

    /// What is told of these bytes, given in pieces of one length, and why reading ended.
    fn told(reader: &mut Reader, bytes: &[u8], piece: usize) -> (Vec<MessageContent>, Option<String>) {
        let (mut messages, mut why) = (Vec::new(), None);
        for bytes in bytes.chunks(piece) {
            if let Err(error) = reader.read(bytes, |message| messages.push(message)) {
                assert!(why.replace(error).is_none(), "it is said once");
            }
        }
        (messages, why)
    }

    fn text(text: &str) -> MessageContent {
        MessageContent::Text(text.to_owned())
    }

    #[test]
    fn messages_are_read_whatever_pieces_they_come_in() {
        let mask = Some([1, 2, 3, 4]);
        let long = "x".repeat(70_000);
        let bytes = [
            frame(0x81, mask, b"hello"),
            frame(0x02, mask, &[0, 255]),
            frame(0x89, mask, b"ping between"),
            frame(0x80, mask, &[7]),
            frame(0x81, None, &[b'y'; 300]),
            frame(0x81, None, b""),
            frame(0x81, mask, long.as_bytes()),
            frame(0x88, None, &[3, 232]),
        ]
        .concat();
        let wanted = vec![
            text("hello"),
            MessageContent::Binary(Bytes::from_static(&[0, 255, 7])),
            text(&"y".repeat(300)),
            text(""),
            text(&long),
        ];
        for piece in [1, 2, 7, 4_096, usize::MAX >> 1] {
            let [mut client, _] = readers(&HeaderMap::new());
            assert_eq!(told(&mut client, &bytes, piece), (wanted.clone(), None));
        }
    }

    #[test]
    fn compressed_messages_are_read_with_and_without_what_came_before() {
        for (extensions, is_anew) in
            [("permessage-deflate", false), ("x; a, permessage-deflate; server_no_context_takeover", true)]
        {
            let mut compress = Compress::new(Compression::default(), false);
            let mut bytes = Vec::new();
            let messages = ["the same words again", "the same words again", &"long ".repeat(20_000), ""];
            for message in messages {
                let mut out = Vec::with_capacity(message.len() + 1_024);
                compress.compress_vec(message.as_bytes(), &mut out, FlushCompress::Sync).expect("it is compressed");
                assert!(out.ends_with(&LEFT_OUT));
                out.truncate(out.len() - LEFT_OUT.len());
                bytes.extend(frame(0xC1, None, &out));
                if is_anew {
                    compress.reset();
                }
            }
            bytes.extend(frame(0x81, None, b"as it is"));
            let [_, mut server] = readers(&agreed(extensions));
            let wanted: Vec<MessageContent> =
                messages.iter().chain(&["as it is"]).map(|message| text(message)).collect();
            assert_eq!(told(&mut server, &bytes, 5), (wanted, None), "{extensions}");
        }
    }

    #[test]
    fn what_is_not_understood_or_too_much_ends_reading_and_says_why() {
        let largest = frame(0x82, None, &vec![b'z'; MESSAGE_BYTES_MAX]);
        let [mut reader, _] = readers(&HeaderMap::new());
        assert_eq!(told(&mut reader, &largest, 65_536).1, None);
        let zeros = {
            let mut compress = Compress::new(Compression::best(), false);
            let mut out = Vec::with_capacity(1 << 20);
            compress
                .compress_vec(&vec![0; MESSAGE_BYTES_MAX + 1], &mut out, FlushCompress::Sync)
                .expect("it is compressed");
            out
        };
        for (bytes, extensions, wanted) in [
            (frame(0x82, None, &vec![b'z'; MESSAGE_BYTES_MAX + 1]), "", "a message has more than 1048576 bytes"),
            (
                [frame(0x02, None, &vec![0; MESSAGE_BYTES_MAX]), frame(0x80, None, &[0])].concat(),
                "",
                "a message has more than 1048576 bytes",
            ),
            (frame(0xC2, None, &zeros), "permessage-deflate", "a message has more than 1048576 bytes"),
            (frame(0xC1, None, b"abc"), "", "it uses an extension that is not known"),
            (frame(0xC1, None, &[0xFF; 20]), "permessage-deflate", "a message is not compressed as was agreed"),
            (frame(0x80, None, b"of nothing"), "", "what passes are no frames of a WebSocket"),
            (frame(0x8F, None, b""), "", "what passes are no frames of a WebSocket"),
            (
                [frame(0x01, None, b"a"), frame(0x81, None, b"b")].concat(),
                "",
                "what passes are no frames of a WebSocket",
            ),
            (vec![0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255, 1], "", ""),
        ] {
            let headers = if extensions.is_empty() { HeaderMap::new() } else { agreed(extensions) };
            let [mut reader, _] = readers(&headers);
            let (messages, why) = told(&mut reader, &[bytes, frame(0x81, None, b"after")].concat(), 1 << 16);
            assert_eq!((messages, why.as_deref().unwrap_or("")), (Vec::new(), wanted));
        }
    }

    #[test]
    fn a_message_may_end_its_compression() {
        // "Hello", and the last block says that it is (RFC 7692, section 7.2.3.4).
        let hello = frame(0xC1, None, &[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]);
        let two = [hello.clone(), hello].concat();
        let [mut reader, _] = readers(&agreed("permessage-deflate; client_no_context_takeover"));
        assert_eq!(told(&mut reader, &two, 3), (vec![text("Hello"), text("Hello")], None));
        let [mut reader, _] = readers(&agreed("permessage-deflate"));
        let why = Some("a message has ended the compression for good".to_owned());
        assert_eq!(told(&mut reader, &two, 3), (vec![text("Hello")], why));
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let message = |bytes: usize| Message {
            is_from_client: true,
            after: Duration::ZERO,
            content: MessageContent::Binary(vec![0; bytes].into()),
        };
        let (mut copy, mut kept_bytes) = (SocketCopy::default(), 0);
        (0..MESSAGES_MAX).for_each(|_| copy.push(message(1), &mut kept_bytes));
        assert_eq!((copy.messages.len(), &copy.cut), (MESSAGES_MAX, &None));
        copy.push(message(1), &mut kept_bytes);
        assert_eq!((copy.messages.len(), copy.cut.as_deref()), (MESSAGES_MAX, Some("more than 10000 messages passed")));
        let (mut copy, mut kept_bytes) = (SocketCopy::default(), 0);
        (0..8).for_each(|_| copy.push(message(MESSAGE_BYTES_MAX), &mut kept_bytes));
        assert_eq!((copy.messages.len(), &copy.cut), (8, &None));
        copy.push(message(1), &mut kept_bytes);
        assert_eq!((copy.messages.len(), copy.cut.as_deref()), (8, Some("more than 8388608 bytes of messages passed")));
    }
}
