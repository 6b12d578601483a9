//! Bodies that are changed on their way.

use crate::passing::Passing;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Changes a body piece by piece.
pub trait Edit: Send {
    /// Returns what can be passed on once another piece has come. What may go on in the next piece is kept until then.
    fn piece(&mut self, piece: Bytes) -> Bytes;

    /// Returns what was kept, once no more pieces come.
    fn rest(&mut self) -> Bytes;
}

/// A body with an edit between it and who reads it.
pub(crate) struct Edited {
    body: Passing,
    edit: Box<dyn Edit>,
    /// Trailer fields or an error, which come after what was kept.
    last: Option<Result<Frame<Bytes>, hyper::Error>>,
    has_ended: bool,
}

impl Edited {
    pub(crate) fn new(body: Passing, edit: Box<dyn Edit>) -> Self {
        Self { body, edit, last: None, has_ended: false }
    }
}

impl Body for Edited {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        loop {
            if self.has_ended {
                return Poll::Ready(self.last.take());
            }
            let next = ready!(Pin::new(&mut self.body).poll_frame(context));
            let bytes = match next {
                Some(Ok(frame)) if frame.is_data() => {
                    frame.into_data().map_or_else(|_| Bytes::new(), |data| self.edit.piece(data))
                }
                last => {
                    (self.has_ended, self.last) = (true, last);
                    self.edit.rest()
                }
            };
            if !bytes.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
        }
    }
}

/// Waits for a body, as long as its length is known and not larger than that, and it does not take longer; else gives it back, to
/// be read from its beginning.
pub(crate) async fn gather(mut body: Passing, bytes_max: u64, time: Duration) -> Result<Bytes, Passing> {
    if body.size_hint().exact().is_none_or(|bytes| bytes > bytes_max) {
        return Err(body);
    }
    let until = Instant::now() + time;
    let mut frames: VecDeque<Frame<Bytes>> = VecDeque::new();
    while !body.is_end_stream() {
        match timeout_at(until, body.frame()).await {
            Ok(Some(Ok(frame))) => frames.push_back(frame),
            Ok(None) => break,
            Ok(Some(Err(error))) => return Err(body.again(frames, Some(error))),
            Err(_) => return Err(body.again(frames, None)),
        }
    }
    if frames.iter().any(Frame::is_trailers) {
        return Err(body.again(frames, None));
    }
    let mut pieces = frames.into_iter().filter_map(|frame| frame.into_data().ok());
    let first = pieces.next().unwrap_or_default();
    let mut whole = Vec::new();
    for piece in pieces {
        if whole.is_empty() {
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(if whole.is_empty() { first } else { whole.into() })
}
