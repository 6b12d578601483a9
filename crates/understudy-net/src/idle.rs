//! Ends connections on which nothing happens: idle ones, and those whose peer sends a request's head a byte at a
//! time to hold a place (slow loris). hyper can time each head, at the cost of a timer for each request; here
//! requests only count, and all connections are looked at together now and then.

use crate::interim::{Between, Early};
use crate::refusal::{Refusing, Respond, read_rest};
use std::cmp::Reverse;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

/// A connection on which nothing happens lasts between one and two of these.
pub(crate) const IDLE_PERIOD: Duration = Duration::from_secs(30);

/// The time between two ticks of the clock of connections.
pub(crate) const TICK: Duration = Duration::from_secs(1);

/// The time in ticks, which requests only read: asking the system for it would cost each of them.
#[derive(Debug, Clone, Default)]
struct Clock(Arc<AtomicU64>);

/// What happens on one connection.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    clock: Clock,
    /// The tick of the last request.
    last: AtomicU64,
    requests: AtomicU64,
    under_way: AtomicUsize,
    /// The number of responses that the handler has made.
    answered: AtomicU64,
    written: AtomicU64,
}

/// A request that is under way as long as this is there.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Activity>);

impl Activity {
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.touch();
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    fn touch(&self) {
        self.last.store(self.clock.0.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The number of ticks since the last request ended or began; `None` while one is under way.
    fn idle(&self) -> Option<u64> {
        let idle = self.under_way.load(Ordering::Relaxed) == 0;
        idle.then(|| self.clock.0.load(Ordering::Relaxed).saturating_sub(self.last.load(Ordering::Relaxed)))
    }

    /// A number that is another one whenever something has happened; `None` while a request is under way.
    fn progress(&self) -> Option<u64> {
        let idle = self.under_way.load(Ordering::Relaxed) == 0;
        idle.then(|| self.requests.load(Ordering::Relaxed).wrapping_add(self.written.load(Ordering::Relaxed)))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.touch();
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl UnderWay {
    /// To be called when the response is there.
    pub(crate) fn answered(&self) {
        self.0.answered.fetch_add(1, Ordering::Relaxed);
    }
}

/// The connections of one port.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    clock: Clock,
    /// In the order in which they came.
    watched: Mutex<Vec<Watched>>,
}

#[derive(Debug)]
struct Watched {
    activity: Arc<Activity>,
    task: AbortHandle,
    /// What was seen at the last look.
    seen: Option<u64>,
}

impl Connections {
    /// Returns what counts the activity of a new connection.
    pub(crate) fn activity(&self) -> Arc<Activity> {
        let activity = Activity { clock: self.clock.clone(), ..Activity::default() };
        activity.touch();
        Arc::new(activity)
    }

    /// Moves the clock on by one tick.
    pub(crate) fn tick(&self) {
        self.clock.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends the connection that has been idle for longest. Returns how long that was; `None` if
    /// something is under way on every connection.
    pub(crate) fn end_longest_idle(&self) -> Option<Duration> {
        let mut all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|connection| !connection.task.is_finished());
        let idle = all.iter().enumerate().filter_map(|(at, connection)| Some((connection.activity.idle()?, at)));
        // Of those that are idle for as long, the one that came first.
        let (ticks, at) = idle.max_by_key(|(ticks, at)| (*ticks, Reverse(*at)))?;
        all.remove(at).task.abort();
        Some(TICK * u32::try_from(ticks).unwrap_or(u32::MAX))
    }

    pub(crate) fn watch(&self, activity: Arc<Activity>, task: AbortHandle) {
        let mut all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == all.capacity() {
            // Before it grows: those that have ended keep their memory until they are let go.
            all.retain(|connection| !connection.task.is_finished());
        }
        all.push(Watched { activity, task, seen: None });
    }

    /// Ends what was idle at the last look and since.
    pub(crate) fn sweep(&self) {
        let mut all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain_mut(|connection| {
            let now = connection.activity.progress();
            if now.is_some() && now == connection.seen {
                connection.task.abort();
            }
            connection.seen = now;
            !connection.task.is_finished()
        });
    }
}

/// How often it is asked whether requests have ended.
const END_LOOK: Duration = Duration::from_millis(10);

impl Connections {
    /// Waits until no request is under way, twice in a row: what has just ended is still being written.
    pub(crate) async fn ended(&self) {
        let mut quiet = 0;
        while quiet < 2 {
            tokio::time::sleep(END_LOOK).await;
            let all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
            let busy =
                all.iter().any(|connection| !connection.task.is_finished() && connection.activity.progress().is_none());
            quiet = if busy { 0 } else { quiet + 1 };
        }
    }

    /// Ends all that is left.
    pub(crate) fn end(&self) {
        self.watched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .for_each(|connection| connection.task.abort());
    }
}

/// A stream that counts what is written: a large answer to a slow reader is no idleness.
#[derive(Debug)]
pub(crate) struct Counted {
    stream: TcpStream,
    activity: Arc<Activity>,
    between: Between,
    refusing: Refusing,
}

impl Counted {
    pub(crate) fn new(stream: TcpStream, activity: Arc<Activity>, early: Arc<Early>, respond: Respond) -> Self {
        Self { stream, activity, between: Between::new(early), refusing: Refusing::new(respond) }
    }

    /// Puts another response in the place of hyper's own refusal. Returns true if these bytes need not be written.
    fn is_replaced(&mut self, written: &[u8]) -> bool {
        if !self.between.is_clean() {
            return false;
        }
        let answered = self.activity.answered.load(Ordering::Relaxed);
        let Some(response) = self.refusing.replace(written, answered) else { return false };
        self.between.write_instead(&response);
        read_rest(&self.stream);
        true
    }

    fn count(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &result {
            self.activity.written.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
        result
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.refusing.read(&buf.filled()[before..]);
        result
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_replaced(buf) {
            return Poll::Ready(Ok(buf.len()));
        }
        let Self { stream, between, .. } = &mut *self;
        ready!(between.before_write(stream, cx))?;
        let result = Pin::new(stream).poll_write(cx, buf);
        self.count(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_replaced(bufs.first().map_or(&[], |buf| buf)) {
            return Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        }
        let Self { stream, between, .. } = &mut *self;
        ready!(between.before_write(stream, cx))?;
        let result = Pin::new(stream).poll_write_vectored(cx, bufs);
        self.count(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, between, .. } = &mut *self;
        ready!(between.before_flush(stream, cx))?;
        Pin::new(stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_longest_idle_connection_is_ended_and_none_that_is_in_use() {
        let connections = Connections::default();
        let open: Vec<_> = (0..4)
            .map(|_| {
                let (activity, task) = (connections.activity(), tokio::spawn(std::future::pending::<()>()));
                connections.watch(Arc::clone(&activity), task.abort_handle());
                connections.tick();
                (activity, task)
            })
            .collect();
        // The first one has a request under way, and the second one had one just now.
        let under_way = open[0].0.begin();
        drop(open[1].0.begin());
        for (expected, ticks) in [(2, 2), (3, 1), (1, 0)] {
            assert_eq!(connections.end_longest_idle(), Some(TICK * ticks), "{expected}");
            while !open[expected].1.is_finished() {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(connections.end_longest_idle(), None);
        drop(under_way);
        assert_eq!(connections.end_longest_idle(), Some(Duration::ZERO));
    }

    #[tokio::test]
    async fn a_connection_ends_only_after_nothing_happened_between_two_looks() {
        let connections = Connections::default();
        let activity = Arc::new(Activity::default());
        let task = tokio::spawn(std::future::pending::<()>());
        connections.watch(Arc::clone(&activity), task.abort_handle());
        let look = || connections.sweep();
        look();
        let request = activity.begin();
        look();
        look();
        drop(request);
        look();
        activity.written.fetch_add(1, Ordering::Relaxed);
        look();
        assert!(!task.is_finished());
        look();
        assert!(task.await.unwrap_err().is_cancelled());
    }
}
