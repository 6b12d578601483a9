//! Answers before the answer (RFC 9110, section 15.2). hyper's server has no way to send them: they are written to the
//! connection between two things that it writes, where the first is whole and the second has not begun.

use crate::hop::end_to_end;
use bytes::{Buf, Bytes};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use tokio::io::AsyncWrite;

/// How much waits to be written to a client that does not read; what comes then is left out.
const WAITING_BYTES_MAX: usize = 64 << 10;

/// What waits to be written to an HTTP/1.1 connection, on which there is one request at a time.
#[derive(Debug, Default)]
pub(crate) struct Early {
    /// Odd from when a request is passed on until its answer has begun, and another number each time. Only who answers changes
    /// it: it costs no lock.
    turn: AtomicU64,
    is_there_some: AtomicBool,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// The turn in which it came.
    turn: u64,
    bytes: Vec<u8>,
}

impl Early {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> u64 {
        let before = self.turn.load(Ordering::Relaxed);
        let turn = before + 1 + before % 2;
        self.turn.store(turn, Ordering::Release);
        turn
    }

    fn end(&self) {
        self.turn.store(self.turn.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// Whether the answer of the request is still to come.
    fn is_open(&self) -> bool {
        self.turn.load(Ordering::Acquire) % 2 == 1
    }

    fn tell(&self, turn: u64, text: &[u8]) {
        let mut waiting = self.waiting();
        // One that comes too late says nothing of the request that is under way by now.
        if self.turn.load(Ordering::Acquire) != turn {
            return;
        }
        if waiting.turn != turn {
            waiting.bytes.clear();
            waiting.turn = turn;
        }
        if waiting.bytes.len() + text.len() <= WAITING_BYTES_MAX {
            waiting.bytes.extend_from_slice(text);
            self.is_there_some.store(true, Ordering::Release);
        }
        if self.turn.load(Ordering::Acquire) != turn {
            // The answer has begun meanwhile, and may be written already.
            waiting.bytes.clear();
        }
    }

    /// Takes what waits for the request that is under way, or whose answer has just begun.
    pub(crate) fn take(&self) -> Bytes {
        let mut waiting = self.waiting();
        self.is_there_some.store(false, Ordering::Relaxed);
        let bytes = std::mem::take(&mut waiting.bytes);
        let turn = self.turn.load(Ordering::Acquire);
        if waiting.turn == turn || waiting.turn + 1 == turn { bytes.into() } else { Bytes::new() }
    }
}

/// A request that can be answered before its answer, for as long as this is there.
#[derive(Debug)]
pub struct Interim {
    early: Arc<Early>,
    is_used: AtomicBool,
}

impl Interim {
    pub(crate) fn new(early: &Arc<Early>) -> Self {
        Self { early: Arc::clone(early), is_used: AtomicBool::new(false) }
    }

    /// Begins anew: what was to tell until now tells nothing any more. `connection` writes what is told.
    pub(crate) fn begin(&self, connection: Waker) -> Telling {
        self.is_used.store(true, Ordering::Relaxed);
        Telling { early: Arc::clone(&self.early), turn: self.early.begin(), connection }
    }
}

impl Drop for Interim {
    fn drop(&mut self) {
        if *self.is_used.get_mut() {
            self.early.end();
        }
    }
}

/// Tells a client what came before its answer.
#[derive(Debug)]
pub(crate) struct Telling {
    early: Arc<Early>,
    turn: u64,
    connection: Waker,
}

impl Telling {
    pub(crate) fn tell(&self, status: StatusCode, headers: &HeaderMap) {
        // Whether the client may send its body is said by the server here, and the protocol stays.
        if matches!(status, StatusCode::CONTINUE | StatusCode::SWITCHING_PROTOCOLS) {
            return;
        }
        let mut headers = headers.clone();
        end_to_end(&mut headers);
        headers.remove(CONTENT_LENGTH);
        let reason = status.canonical_reason().unwrap_or_default();
        let mut text = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
        for (name, value) in &headers {
            text.extend_from_slice(name.as_str().as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value.as_bytes());
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(b"\r\n");
        self.early.tell(self.turn, &text);
        self.connection.wake_by_ref();
    }
}

/// Finds the places between what hyper writes.
#[derive(Debug)]
pub(crate) struct Between {
    early: Arc<Early>,
    /// What is being written.
    writing: Bytes,
    /// Whether hyper has nothing left to write: it flushes only then.
    is_clean: bool,
}

impl Between {
    pub(crate) fn new(early: Arc<Early>) -> Self {
        Self { early, writing: Bytes::new(), is_clean: true }
    }

    /// Returns true if hyper has nothing left to write.
    pub(crate) fn is_clean(&self) -> bool {
        self.is_clean
    }

    /// Writes this at the next flush, as if hyper had written it.
    pub(crate) fn write_instead(&mut self, bytes: &[u8]) {
        self.is_clean = false;
        self.writing = [&self.writing[..], bytes].concat().into();
    }

    fn is_there_some(&self) -> bool {
        self.early.is_there_some.load(Ordering::Acquire)
    }

    /// To be called before something of hyper's is written.
    pub(crate) fn before_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_there_some() {
            if self.is_clean {
                // This is where the answer begins. What waits belongs to it, if the client reads fast enough.
                let bytes = self.early.take();
                if self.writing.len() + bytes.len() <= WAITING_BYTES_MAX {
                    self.writing = [&self.writing[..], &bytes].concat().into();
                }
            } else if !self.early.is_open() {
                // The answer has begun together with the end of the one before.
                drop(self.early.take());
            }
        }
        self.is_clean = false;
        self.write(stream, context)
    }

    /// To be called when hyper flushes.
    pub(crate) fn before_flush<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.is_clean = true;
        // One after the other, so that no more waits than may.
        ready!(self.write(stream, context))?;
        if self.is_there_some() {
            let (bytes, is_open) = (self.early.take(), self.early.is_open());
            if is_open {
                self.writing = bytes;
            }
        }
        self.write(stream, context)
    }

    fn write<S: AsyncWrite + Unpin>(&mut self, stream: &mut S, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.writing.is_empty() {
            match ready!(Pin::new(&mut *stream).poll_write(context, &self.writing))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.writing.advance(written),
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, duplex};

    const HINTS: &str = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n";

    fn hint(telling: &Telling) {
        let link = [("link", "</a.css>"), ("connection", "x-hop"), ("x-hop", "1"), ("content-length", "2")];
        let headers =
            link.map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)));
        telling.tell(StatusCode::EARLY_HINTS, &HeaderMap::from_iter(headers));
    }

    /// A connection on which hyper writes and flushes as it is told here, and what the client got in the end.
    struct Wire {
        between: Between,
        stream: tokio::io::DuplexStream,
    }

    impl Wire {
        fn write(&mut self, text: &str) -> Poll<()> {
            let context = &mut Context::from_waker(Waker::noop());
            if self.between.before_write(&mut self.stream, context).map(Result::unwrap).is_pending() {
                return Poll::Pending;
            }
            let written = Pin::new(&mut self.stream).poll_write(context, text.as_bytes());
            written.map(|written| assert_eq!(written.unwrap(), text.len()))
        }

        fn flush(&mut self) -> Poll<()> {
            self.between.before_flush(&mut self.stream, &mut Context::from_waker(Waker::noop())).map(Result::unwrap)
        }
    }

    fn wire(room: usize) -> (Arc<Early>, Wire, tokio::io::DuplexStream) {
        let early: Arc<Early> = Arc::default();
        let (stream, client) = duplex(room);
        (Arc::clone(&early), Wire { between: Between::new(early), stream }, client)
    }

    async fn got(wire: Wire, mut client: tokio::io::DuplexStream) -> String {
        drop(wire);
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn what_comes_before_an_answer_is_written_before_it_and_after_the_one_before() {
        let (early, mut wire, client) = wire(1 << 10);
        let first = Interim::new(&early);
        hint(&first.begin(Waker::noop().clone()));
        assert!(wire.flush().is_ready());
        drop(first);
        assert!(wire.write("first ").is_ready());
        // The answer before it is not whole yet.
        let second = Interim::new(&early);
        let telling = second.begin(Waker::noop().clone());
        hint(&telling);
        assert!(wire.write("end\n").is_ready() && wire.flush().is_ready());
        hint(&telling);
        drop(second);
        // The answer comes with it.
        assert!(wire.write("second").is_ready() && wire.flush().is_ready());
        // Too late.
        hint(&telling);
        assert!(wire.flush().is_ready() && wire.write(".").is_ready());
        assert_eq!(got(wire, client).await, format!("{HINTS}first end\n{HINTS}{HINTS}second."));
    }

    #[tokio::test]
    async fn what_finds_no_place_before_its_answer_is_left_out() {
        let (early, mut wire, client) = wire(1 << 10);
        assert!(wire.write("first ").is_ready());
        let second = Interim::new(&early);
        hint(&second.begin(Waker::noop().clone()));
        drop(second);
        assert!(wire.write("end\nsecond").is_ready() && wire.flush().is_ready());
        // A request that is sent again.
        let third = Interim::new(&early);
        let (lost, telling) = (third.begin(Waker::noop().clone()), third.begin(Waker::noop().clone()));
        hint(&lost);
        telling.tell(StatusCode::CONTINUE, &HeaderMap::new());
        assert!(wire.flush().is_ready());
        assert_eq!(got(wire, client).await, "first end\nsecond");
    }

    #[tokio::test]
    async fn no_more_waits_for_a_client_that_does_not_read_than_may() {
        let (early, mut wire, _client) = wire(16);
        let interim = Interim::new(&early);
        let telling = interim.begin(Waker::noop().clone());
        for _ in 0..2 * WAITING_BYTES_MAX / HINTS.len() {
            hint(&telling);
            assert!(wire.flush().is_pending());
        }
        drop(interim);
        assert!(wire.write("answer").is_pending());
        assert!(wire.between.writing.len() <= WAITING_BYTES_MAX, "{}", wire.between.writing.len());
    }

    #[tokio::test]
    async fn a_client_that_reads_slowly_gets_all_of_one_before_the_next() {
        let (early, mut wire, mut client) = wire(16);
        let interim = Interim::new(&early);
        let telling = interim.begin(Waker::noop().clone());
        for _ in 0..WAITING_BYTES_MAX {
            hint(&telling);
        }
        drop(interim);
        let mut text = String::new();
        let mut piece = [0; 16];
        while wire.write(".").is_pending() {
            // What a task may do at once ends before what is to be written does.
            tokio::task::yield_now().await;
            let length = client.read(&mut piece).await.unwrap();
            text += std::str::from_utf8(&piece[..length]).unwrap();
        }
        text += &got(wire, client).await;
        let many = text.matches(HINTS).count();
        assert!(text == HINTS.repeat(many) + ".", "{many} and something else");
        assert!((WAITING_BYTES_MAX - HINTS.len()..=WAITING_BYTES_MAX).contains(&(many * HINTS.len())), "{many}");
    }
}
