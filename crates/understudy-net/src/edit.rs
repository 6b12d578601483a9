//! Edits bodies while they are forwarded.

use crate::passing::Passing;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Edits a body chunk by chunk.
pub trait Edit: Send {
    /// Takes the next chunk and returns the bytes that can be sent now. Bytes that the next chunk may continue are held
    /// back.
    fn piece(&mut self, piece: Bytes) -> Bytes;

    /// Returns the bytes that were held back, at the end of the body.
    fn rest(&mut self) -> Bytes;
}

/// A body that is edited while it is read.
pub(crate) struct Edited {
    body: Passing,
    edit: Box<dyn Edit>,
    /// Trailer fields or an error, which follow the bytes that were held back.
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

/// Waits for a body if its length is known, is within the limit and the body arrives in time. Otherwise returns the
/// body, to be read from its beginning.
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
