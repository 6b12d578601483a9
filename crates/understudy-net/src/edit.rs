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
    /// What came already.
    ahead: VecDeque<Frame<Bytes>>,
    edit: Option<Box<dyn Edit>>,
    /// Trailer fields or an error, which come after what was kept.
    last: Option<Result<Frame<Bytes>, hyper::Error>>,
    has_ended: bool,
}

impl Edited {
    pub(crate) fn new(body: Passing, ahead: VecDeque<Frame<Bytes>>, edit: Option<Box<dyn Edit>>) -> Self {
        Self { body, ahead, edit, last: None, has_ended: false }
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.ahead.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None => Pin::new(&mut self.body).poll_frame(context),
        }
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
            let next = ready!(self.next(context));
            let Some(edit) = &mut self.edit else { return Poll::Ready(next) };
            let bytes = match next {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => edit.piece(data),
                    Err(trailers) => {
                        (self.has_ended, self.last) = (true, Some(Ok(trailers)));
                        self.edit.as_mut().map(|edit| edit.rest()).unwrap_or_default()
                    }
                },
                other => {
                    let rest = edit.rest();
                    (self.has_ended, self.last) = (true, other);
                    rest
                }
            };
            if !bytes.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
        }
    }
}

/// A body that was waited for.
pub(crate) enum Gathered {
    Whole(Bytes),
    /// What came of it, and the rest.
    Part(VecDeque<Frame<Bytes>>, Passing),
}

/// Waits for a body, as long as it is not larger than that and does not take longer.
pub(crate) async fn gather(mut body: Passing, bytes_max: u64, time: Duration) -> Gathered {
    let is_larger = |body: &Passing| body.size_hint().exact().is_none_or(|bytes| bytes > bytes_max);
    if is_larger(&body) {
        return Gathered::Part(VecDeque::new(), body);
    }
    let until = Instant::now() + time;
    let mut frames: VecDeque<Frame<Bytes>> = VecDeque::new();
    while !body.is_end_stream() {
        match timeout_at(until, body.frame()).await {
            Ok(Some(Ok(frame))) => frames.push_back(frame),
            Ok(None) => break,
            // What broke off is told again by who reads the rest.
            Ok(Some(Err(error))) => {
                body.break_off(error);
                return Gathered::Part(frames, body);
            }
            Err(_) => return Gathered::Part(frames, body),
        }
    }
    if frames.iter().any(Frame::is_trailers) {
        return Gathered::Part(frames, body);
    }
    let mut pieces = frames.into_iter().filter_map(|frame| frame.into_data().ok());
    let first = pieces.next().unwrap_or_default();
    let whole = pieces.fold(None::<Vec<u8>>, |whole, piece| {
        let mut whole = whole.unwrap_or_else(|| first.to_vec());
        whole.extend_from_slice(&piece);
        Some(whole)
    });
    Gathered::Whole(whole.map_or(first, Bytes::from))
}
