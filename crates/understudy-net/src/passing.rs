//! A body that is passed on as it comes, and a copy of what passed.

use crate::held::Held;
use crate::message::{BodyCopy, BodyEnd};
use crate::pool::Single;
use crate::upload::{Pauses, Stalled};
use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::collections::VecDeque;
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
    /// How it broke off, to be told at the next turn. A connection that is told so drops what it has not written yet,
    /// so what came before gets a turn to be written. What the client does not take in that turn is lost all the same.
    broken: Option<hyper::Error>,
    /// The frames that were read already and are returned again. They are boxed because few bodies are read twice.
    again: Option<Box<Again>>,
    /// Measures the pauses of an upload that is passed on.
    pauses: Option<Box<Pauses>>,
}

struct Again {
    frames: VecDeque<Frame<Bytes>>,
    bytes: u64,
    /// True if these frames were copied already.
    is_copied: bool,
}

struct Copying {
    bytes: BytesMut,
    bytes_max: usize,
    /// The copy's part of the memory for bodies, from its second piece on.
    held: Held,
    total: u64,
    is_broken: bool,
    /// Whether the last of it was seen: not every reader asks again.
    is_whole: bool,
    ended: Ended,
}

impl Copying {
    fn take(&mut self, frame: &Frame<Bytes>) {
        let Some(data) = frame.data_ref() else { return };
        let is_whole = self.bytes.len() as u64 == self.total;
        self.total += data.len() as u64;
        let kept = data.len().min(self.bytes_max - self.bytes.len());
        let has_room = self.bytes.is_empty() || self.held.grow(kept, self.bytes_max);
        if is_whole && has_room {
            self.bytes.extend_from_slice(&data[..kept]);
        }
    }
}

impl Passing {
    pub(crate) fn new(body: Incoming) -> Self {
        Self { body, copying: None, lent: None, broken: None, again: None, pauses: None }
    }

    /// A body that comes on a connection which is taken again after it.
    pub(crate) fn on(body: Incoming, lent: Box<Single>) -> Self {
        let mut passing = Self { body, copying: None, lent: Some(lent), broken: None, again: None, pauses: None };
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

    /// Returns the body with these frames before the rest, followed by the error after which it broke off, if any.
    pub(crate) fn again(mut self, frames: VecDeque<Frame<Bytes>>, error: Option<hyper::Error>) -> Self {
        let bytes = frames.iter().filter_map(Frame::data_ref).map(|data| data.len() as u64).sum();
        self.again = Some(Box::new(Again { frames, bytes, is_copied: self.copying.is_some() }));
        self.broken = error;
        self
    }

    /// Returns the next repeated frame, and whether it was copied.
    fn next_again(&mut self) -> Option<(Frame<Bytes>, bool)> {
        let again = self.again.as_mut()?;
        let frame = again.frames.pop_front();
        again.bytes -= frame.as_ref().and_then(Frame::data_ref).map_or(0, |data| data.len() as u64);
        let is_copied = again.is_copied;
        if again.frames.is_empty() {
            self.again = None;
        }
        frame.map(|frame| (frame, is_copied))
    }

    /// Returns the body, and what is ready when its next piece takes too long.
    pub(crate) fn timed(mut self) -> (Self, Stalled) {
        let (pauses, stalled) = Pauses::new();
        self.pauses = Some(Box::new(pauses));
        (self, stalled)
    }

    pub(crate) fn copied(mut self, bytes_max: usize, ended: Ended) -> Self {
        let is_whole = self.is_end_stream();
        let expected = self.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
        let room = expected.unwrap_or(0).min(ROOM_MAX);
        let (bytes, held) = (BytesMut::with_capacity(room), Held::default());
        let copying = Copying { bytes, bytes_max, held, total: 0, is_broken: false, is_whole, ended };
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
        if let Some((frame, is_copied)) = self.next_again() {
            let is_end = self.is_end_stream();
            if let Some(copying) = &mut self.copying {
                copying.is_whole |= is_end;
                if !is_copied {
                    copying.take(&frame);
                }
            }
            return Poll::Ready(Some(Ok(frame)));
        }
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Some(pauses) = &mut self.pauses {
            pauses.polled(polled.is_pending(), context);
        }
        let is_end = self.body.is_end_stream();
        if is_end || matches!(polled, Poll::Ready(None)) {
            self.give_back();
        }
        if let (Some(copying), Poll::Ready(frame)) = (&mut self.copying, &polled) {
            match frame {
                Some(Ok(frame)) => {
                    copying.take(frame);
                    copying.is_whole |= is_end;
                }
                Some(Err(_)) => copying.is_broken = true,
                None => copying.is_whole = true,
            }
        }
        if let Poll::Ready(Some(Err(error))) = polled {
            self.broken = Some(error);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.again.is_none() && self.broken.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.body.size_hint();
        match (&self.again, rest.exact()) {
            (Some(again), Some(bytes)) => SizeHint::with_exact(bytes + again.bytes),
            (Some(_), None) => SizeHint::default(),
            (None, _) => rest,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, Call, Client};
    use http::{HeaderMap, Method, uri::PathAndQuery};
    use std::future::poll_fn;
    use std::task::Waker;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn that_a_body_broke_off_is_told_a_turn_after_what_came_of_it() {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", socket.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = socket.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut request).await.unwrap();
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf").await.unwrap();
        });
        let target = PathAndQuery::from_static("/a");
        let call = Call { method: &Method::GET, target: &target, headers: &HeaderMap::new(), body: &Bytes::new() };
        let peer = Client::new().to(&Address::parse(&address).unwrap());
        let mut body = peer.open(call, None, Duration::from_secs(30)).await.unwrap().body.0;
        let mut body = Pin::new(&mut body);
        let first = poll_fn(|context| body.as_mut().poll_frame(context)).await;
        assert_eq!(first.unwrap().unwrap().into_data().unwrap(), "half");
        server.await.unwrap();
        let mut unheard = Context::from_waker(Waker::noop());
        while body.broken.is_none() {
            assert!(body.as_mut().poll_frame(&mut unheard).is_pending());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(matches!(body.as_mut().poll_frame(&mut unheard), Poll::Ready(Some(Err(_)))));
    }
}
