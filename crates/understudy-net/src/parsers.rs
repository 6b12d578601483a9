//! The parsers of what comes on sockets, without the sockets: for the fuzz targets.

use crate::heard::Hearing;
use crate::interim::{Early, Interim};
use crate::message::Outbound;
use crate::refusal::{Refusal, Refusing, Respond};
use crate::websocket::{MessageContent, readers};
use bytes::Bytes;
use http::HeaderMap;
use std::sync::Arc;
use std::task::Waker;

/// Returns the WebSocket messages in bytes that come in pieces of one length, and the reason why reading ended early.
/// `agreed` are the header fields of the response that accepted the WebSocket.
#[must_use]
pub fn websocket_messages(agreed: &HeaderMap, bytes: &[u8], piece: usize) -> (Vec<MessageContent>, Option<String>) {
    let [mut reader, _] = readers(agreed);
    let (mut messages, mut ended) = (Vec::new(), None);
    for bytes in bytes.chunks(piece) {
        if let Err(why) = reader.read(bytes, |message| messages.push(message)) {
            assert!(ended.replace(why).is_none(), "the reason is reported once");
        }
    }
    (messages, ended)
}

/// Returns the informational responses that a client is sent where a backend sends bytes in pieces of one length.
#[must_use]
pub fn informational_responses(sent: &[u8], piece: usize) -> Bytes {
    let early: Arc<Early> = Arc::default();
    let hearing = Hearing::default();
    let interim = Interim::new(&early);
    hearing.tell(Some(interim.begin(Waker::noop().clone())));
    sent.chunks(piece).for_each(|piece| hearing.hear(piece));
    early.take()
}

/// Returns the response that replaces hyper's own one to a request that was read in pieces of one length.
#[must_use]
pub fn refusal(
    read: &[u8],
    piece: usize,
    written: &[u8],
    respond: impl Fn(&Refusal) -> Outbound + Send + Sync + 'static,
) -> Option<Bytes> {
    let mut refusing = Refusing::new(Respond(Arc::new(respond)));
    read.chunks(piece).for_each(|piece| refusing.read(piece));
    refusing.replace(written, 0)
}
