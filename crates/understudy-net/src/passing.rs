//! A body that is passed on as it comes, and a copy of what passed.

use crate::message::{BodyCopy, BodyEnd};
use crate::pool::Single;
use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How much memory a body gets before it has come, whatever its sender says of its length.
const ROOM_MAX: usize = 64 << 10;

/// What is done with a copy.
pub(crate) type Ended = Box<dyn FnOnce(BodyCopy) + Send>;

/// A body on its way.
pub(crate) struct Passing {
    body: Incoming,
    /// On the heap: most bodies are small, and nobody copies them.
    copying: Option<Box<Copying>>,
    /// The connection that it comes on: free once all of it has come. Dropped before, it is closed.
    lent: Option<Box<Single>>,
}

struct Copying {
    bytes: BytesMut,
    bytes_max: usize,
    total: u64,
    is_broken: bool,
    /// Whether the last of it was seen: not every reader asks again.
    is_whole: bool,
    ended: Ended,
}

impl Passing {
    pub(crate) fn new(body: Incoming) -> Self {
        Self { body, copying: None, lent: None }
    }

    /// A body that comes on a connection which is taken again after it.
    pub(crate) fn on(body: Incoming, lent: Box<Single>) -> Self {
        let mut passing = Self { body, copying: None, lent: Some(lent) };
        if passing.body.is_end_stream() {
            passing.give_back();
        }
        passing
    }

    fn give_back(&mut self) {
        if let Some(lent) = self.lent.take() {
            lent.give_back();
        }
    }

    pub(crate) fn copied(mut self, bytes_max: usize, ended: Ended) -> Self {
        let is_whole = self.body.is_end_stream();
        let expected = self.body.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
        let room = expected.unwrap_or(0).min(ROOM_MAX);
        let copying =
            Copying { bytes: BytesMut::with_capacity(room), bytes_max, total: 0, is_broken: false, is_whole, ended };
        self.copying = Some(Box::new(copying));
        self
    }
}

impl fmt::Debug for Passing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passing")
    }
}

impl Body for Passing {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let is_end = self.body.is_end_stream();
        if is_end || matches!(polled, Poll::Ready(None)) {
            self.give_back();
        }
        if let (Some(copying), Poll::Ready(frame)) = (&mut self.copying, &polled) {
            match frame {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        copying.total += data.len() as u64;
                        let room = copying.bytes_max - copying.bytes.len();
                        copying.bytes.extend_from_slice(&data[..data.len().min(room)]);
                    }
                    copying.is_whole |= is_end;
                }
                Some(Err(_)) => copying.is_broken = true,
                None => copying.is_whole = true,
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        let Some(copying) = self.copying.take() else { return };
        let Copying { bytes, total, is_broken, is_whole, ended, .. } = *copying;
        let end = match (is_broken, is_whole) {
            (true, _) => BodyEnd::Broken,
            (false, true) => BodyEnd::Whole,
            (false, false) => BodyEnd::Left,
        };
        ended(BodyCopy { bytes: bytes.freeze(), total, ended: end });
    }
}
