//! The places that a port has for connections. A new connection ends the one that has been idle for
//! longest, if there is no place left: browsers and pools of clients keep connections open that they
//! may never use again.

use crate::idle::{Connections, TICK};
use crate::server::CONNECTIONS_MAX;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of one port.
pub(crate) struct Places<'c> {
    pub(crate) connections: &'c Connections,
    free: Arc<Semaphore>,
    /// The number of connections that were ended since the last notice, and the longest time that one
    /// of them had been idle.
    ended: AtomicUsize,
    idle_secs: AtomicU64,
    /// The number of connections that wait, because something is under way on all others.
    waiting: AtomicUsize,
}

impl<'c> Places<'c> {
    pub(crate) fn new(connections: &'c Connections) -> Self {
        Self {
            connections,
            free: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            ended: AtomicUsize::new(0),
            idle_secs: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Returns a place for a connection, as soon as there is one.
    pub(crate) async fn take(&self) -> OwnedSemaphorePermit {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return place;
        }
        if !self.make_room() {
            self.waiting.fetch_add(1, Ordering::Relaxed);
        }
        let mut place = std::pin::pin!(Arc::clone(&self.free).acquire_owned());
        loop {
            match tokio::time::timeout(TICK, &mut place).await {
                Ok(place) => return place.expect("the semaphore is never closed"),
                // A connection may have become idle since, and stays open.
                Err(_) => drop(self.make_room()),
            }
        }
    }

    /// Ends the connection that has been idle for longest. Returns false if none is idle.
    pub(crate) fn make_room(&self) -> bool {
        let Some(idle) = self.connections.end_longest_idle() else { return false };
        self.ended.fetch_add(1, Ordering::Relaxed);
        self.idle_secs.fetch_max(idle.as_secs(), Ordering::Relaxed);
        true
    }

    /// Returns what has happened since the last call, in words.
    pub(crate) fn notice(&self) -> Option<String> {
        let (ended, waited) = (self.ended.swap(0, Ordering::Relaxed), self.waiting.swap(0, Ordering::Relaxed));
        let idle = Duration::from_secs(self.idle_secs.swap(0, Ordering::Relaxed));
        let s = |number: usize| if number == 1 { "" } else { "s" };
        match (ended, waited) {
            (0, 0) => None,
            (0, waited) => Some(format!(
                "no room for {waited} more connection{}: requests are under way on all that are open",
                s(waited)
            )),
            (ended, _) => Some(format!(
                "no room for more connections: {ended} idle one{} ended, idle for up to {} s",
                s(ended),
                idle.as_secs()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_connection_ends_an_idle_one_and_a_line_says_so() {
        let connections = Connections::default();
        let places = Places::new(&connections);
        let mut first = Some(places.take().await);
        let mut others = Vec::new();
        for _ in 1..CONNECTIONS_MAX {
            others.push(places.take().await);
        }
        assert_eq!(places.notice(), None);
        let held = first.take();
        let task = tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        connections.watch(connections.activity(), task.abort_handle());
        connections.tick();
        let _new = places.take().await;
        let notice = places.notice().expect("a connection was ended");
        assert_eq!(notice, "no room for more connections: 1 idle one ended, idle for up to 1 s");
        assert!(!places.make_room(), "nothing else is idle");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_waits_gets_the_place_of_one_that_becomes_idle() {
        let connections = Connections::default();
        let places = Places::new(&connections);
        let mut others = Vec::new();
        for _ in 1..CONNECTIONS_MAX {
            others.push(places.take().await);
        }
        let (held, activity) = (places.take().await, connections.activity());
        let under_way = activity.begin();
        let task = tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        connections.watch(activity, task.abort_handle());
        let ends = async {
            tokio::time::sleep(TICK * 3).await;
            drop(under_way);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            _ = places.take() => {}
            () = ends => unreachable!("it waits for ever"),
            () = tokio::time::sleep(TICK * 10) => panic!("no place became free"),
        }
    }
}
