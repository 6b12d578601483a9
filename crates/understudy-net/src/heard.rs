//! Answers before the answer (RFC 9110, section 15.2), as they come from a server. hyper's client tells of them to what stands
//! with each request, in four pieces of memory of its own; nearly no request has any, so they are looked for where bytes come.

use crate::interim::Telling;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long the head of one may be; a longer one is not told.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// How many header fields it may have.
const FIELDS_MAX: usize = 100;
/// Where the status stands in an answer's first line, behind the version (RFC 9112, section 4).
const STATUS_AT: usize = "HTTP/1.1 ".len();

/// Who is told of what comes on an HTTP/1.1 connection before an answer.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    is_wanted: AtomicBool,
    listening: Mutex<Option<Listening>>,
}

#[derive(Debug)]
struct Listening {
    telling: Telling,
    /// What has come of a head.
    head: Vec<u8>,
}

impl Hearing {
    /// To be called before a request is sent.
    pub(crate) fn tell(&self, telling: Option<Telling>) {
        let listening = telling.map(|telling| Listening { telling, head: Vec::new() });
        self.is_wanted.store(listening.is_some(), Ordering::Release);
        *self.listening.lock().unwrap_or_else(PoisonError::into_inner) = listening;
    }

    /// Takes the next bytes of a connection.
    pub(crate) fn hear(&self, bytes: &[u8]) {
        if !self.is_wanted.load(Ordering::Acquire) {
            return;
        }
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if listening.as_mut().is_none_or(|listening| listening.is_over(bytes)) {
            *listening = None;
            self.is_wanted.store(false, Ordering::Relaxed);
        }
    }
}

impl Listening {
    /// Tells what has come, and says whether it was the last that can be told.
    fn is_over(&mut self, bytes: &[u8]) -> bool {
        // Nearly always the answer itself begins.
        let is_answer = |status: &u8| *status != b'1' && bytes[0] == b'H';
        (self.head.is_empty() && bytes.get(STATUS_AT).is_some_and(is_answer)) || self.has_told_all(bytes)
    }

    #[cold]
    #[inline(never)]
    fn has_told_all(&mut self, bytes: &[u8]) -> bool {
        self.head.extend_from_slice(bytes);
        loop {
            // Empty lines before an answer mean nothing (RFC 9112, section 2.2).
            let empty = self.head.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.head.drain(..empty);
            match self.head.get(STATUS_AT) {
                None => return false,
                Some(b'1') => {}
                Some(_) => return true,
            }
            let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
            let mut answer = httparse::Response::new(&mut fields);
            match answer.parse(&self.head) {
                Ok(httparse::Status::Complete(length)) => {
                    let status = answer.code.and_then(|code| StatusCode::from_u16(code).ok());
                    let is_before =
                        |status: &StatusCode| status.is_informational() && *status != StatusCode::SWITCHING_PROTOCOLS;
                    let Some(status) = status.filter(is_before) else { return true };
                    self.telling.tell(status, &header_map(answer.headers));
                    self.head.drain(..length);
                }
                Ok(httparse::Status::Partial) => return self.head.len() > HEAD_BYTES_MAX,
                // hyper reads it too, and says what is wrong with it.
                Err(_) => return true,
            }
        }
    }
}

fn header_map(fields: &[httparse::Header<'_>]) -> HeaderMap {
    let pair = |field: &httparse::Header<'_>| {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(field.value).ok()?))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in fields.iter().filter_map(pair) {
        headers.append(name, value);
    }
    headers
}

/// A connection to a server on which it is heard what comes.
#[derive(Debug)]
pub(crate) struct Heard<S> {
    stream: S,
    hearing: Arc<Hearing>,
}

impl<S> Heard<S> {
    pub(crate) fn new(stream: S) -> (Self, Arc<Hearing>) {
        let hearing: Arc<Hearing> = Arc::default();
        (Self { stream, hearing: Arc::clone(&hearing) }, hearing)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.hearing.hear(&buf.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interim::{Early, Interim};
    use std::task::Waker;

    /// What a client is told where a server sends this, in pieces of so many bytes.
    fn told(sent: &str, piece: usize) -> (String, bool) {
        let early: Arc<Early> = Arc::default();
        let hearing = Hearing::default();
        hearing.hear(sent.as_bytes());
        let interim = Interim::new(&early);
        hearing.tell(Some(interim.begin(Waker::noop().clone())));
        sent.as_bytes().chunks(piece).for_each(|piece| hearing.hear(piece));
        (String::from_utf8(early.take().to_vec()).unwrap(), hearing.is_wanted.load(Ordering::Relaxed))
    }

    #[test]
    fn what_comes_before_an_answer_is_told_however_it_is_cut() {
        let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\nlink: </b.css>\r\n\r\n";
        let processing = "HTTP/1.1 102 Processing\r\n\r\n";
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n";
        for piece in 1..200 {
            for empty in ["\n", "\r\n", "\r\n\r\n"] {
                let sent = [empty, hints, empty, answer].concat();
                assert_eq!(told(&sent, piece), (hints.to_owned(), false), "{piece}");
                assert_eq!(told(&[empty, answer].concat(), piece), (String::new(), false), "{piece}");
            }
            let sent = [hints, processing, hints, answer].concat();
            assert_eq!(told(&sent, piece), ([hints, processing, hints].concat(), false), "{piece}");
            assert_eq!(told(answer, piece), (String::new(), false), "{piece}");
            let switching = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\nHTTP/1.1 103 x\r\n\r\n";
            assert_eq!(told(switching, piece), (String::new(), false), "{piece}");
        }
        assert_eq!(told(&hints[..50], 7), (String::new(), true));
        let endless = format!("HTTP/1.1 103 Early Hints\r\nlink: {}", "a".repeat(HEAD_BYTES_MAX));
        assert_eq!(told(&endless, 1_000), (String::new(), false));
        assert_eq!(told("HTTP/1.1 1zz\r\n\r\n", 100), (String::new(), false));
    }
}
