//! Connections that are taken again.

use crate::heard::Hearing;
use crate::limit::Limit;
use crate::own::{Own, own_place};
use crate::passing::Passing;
use bytes::Bytes;
use http::HeaderValue;
use http_body_util::{Either, Full};
use hyper::client::conn::{http1, http2};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a connection that nobody uses is taken again: servers close theirs after a few seconds, and a
/// request that crosses with that is lost.
const IDLE_MAX: Duration = Duration::from_secs(2);
/// How many connections that nobody uses are kept at each place of a pool.
const IDLE_CONNECTIONS_MAX: usize = 32;
/// How many places a pool has.
const PLACES: usize = 4;

/// A body that is sent: at once, or as it comes.
pub(crate) type Sent = Either<Full<Bytes>, Passing>;

/// What requests are sent on.
#[derive(Debug)]
pub(crate) enum Connection {
    /// For one request at a time. It goes from hand to hand.
    Http1(Box<Single>),
    /// For many at once.
    Http2(http2::SendRequest<Sent>),
}

/// A connection for one request at a time, with what requests need beside it.
#[derive(Debug)]
pub(crate) struct Single {
    pub(crate) sender: http1::SendRequest<Sent>,
    /// How long what it is asked for may take.
    pub(crate) limit: Limit,
    /// Who is told of answers before the answer.
    pub(crate) hearing: Arc<Hearing>,
    /// What stands in a `Host` field.
    pub(crate) host: HeaderValue,
    /// Where it goes between requests.
    pub(crate) pool: Own<Pool>,
}

impl Single {
    /// Makes it free for the next request: all of the answer has come.
    pub(crate) fn give_back(self: Box<Self>) {
        let pool = self.pool.clone();
        let mut kept = pool.place(own_place());
        if !kept.is_closed && kept.idle.len() < IDLE_CONNECTIONS_MAX {
            kept.idle.push(Idle { connection: self, since: Instant::now() });
        }
    }
}

/// The connections to one address.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    /// Those for one request at a time, where they became free: all that belongs to them is near the thread that had them last.
    places: [Place; PLACES],
    /// The newest that is for many requests at once, where there is one.
    shared: Mutex<Option<http2::SendRequest<Sent>>>,
    is_shared: AtomicBool,
}

/// Alone in what processors fetch at once.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Place(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    idle: Vec<Idle>,
    is_closed: bool,
}

#[derive(Debug)]
struct Idle {
    connection: Box<Single>,
    since: Instant,
}

impl Pool {
    fn place(&self, at: usize) -> MutexGuard<'_, Kept> {
        self.places[at % PLACES].0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shared(&self) -> MutexGuard<'_, Option<http2::SendRequest<Sent>>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that a request can be sent on at once; where it asks for another protocol, one that is for it alone
    /// (RFC 9113, section 8.6).
    pub(crate) fn take(&self, is_upgrade: bool, now: Instant) -> Option<Connection> {
        if let Some(shared) = self.take_shared().filter(|_| !is_upgrade) {
            return Some(shared);
        }
        let own = own_place();
        (own..own + PLACES).find_map(|place| self.place(place).take(now)).map(Connection::Http1)
    }

    /// Returns the connection that is shared by many requests, if there is one.
    pub(crate) fn take_shared(&self) -> Option<Connection> {
        if !self.is_shared.load(Ordering::Acquire) {
            return None;
        }
        let mut shared = self.shared();
        if let Some(open) = shared.as_ref().filter(|shared| !shared.is_closed()) {
            return Some(Connection::Http2(open.clone()));
        }
        *shared = None;
        self.is_shared.store(false, Ordering::Release);
        None
    }

    /// Keeps a connection for all requests to come.
    pub(crate) fn share(&self, connection: &http2::SendRequest<Sent>) {
        let mut shared = self.shared();
        *shared = Some(connection.clone());
        self.is_shared.store(true, Ordering::Release);
    }

    /// Keeps none any more: those that are kept hold on to it.
    pub(crate) fn close(&self) {
        for place in 0..PLACES {
            let mut kept = self.place(place);
            kept.is_closed = true;
            let idle = std::mem::take(&mut kept.idle);
            drop(kept);
            drop(idle);
        }
    }
}

impl Kept {
    /// One that a request can be sent on at once.
    fn take(&mut self, now: Instant) -> Option<Box<Single>> {
        // The one that was used last is the least likely to be closed, but it may still be reading the end of its answer.
        for at in (0..self.idle.len()).rev() {
            let candidate = &self.idle[at];
            if now.saturating_duration_since(candidate.since) >= IDLE_MAX || candidate.connection.sender.is_closed() {
                self.idle.remove(at);
            } else if candidate.connection.sender.is_ready() {
                return Some(self.idle.remove(at).connection);
            }
        }
        None
    }
}
