//! Connections that are taken again.

use crate::heard::Hearing;
use crate::limit::Limit;
use crate::own::Own;
use crate::passing::Passing;
use bytes::Bytes;
use http::HeaderValue;
use http_body_util::{Either, Full};
use hyper::client::conn::{http1, http2};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a connection that nobody uses is taken again: servers close theirs after a few seconds, and a
/// request that crosses with that is lost.
const IDLE_MAX: Duration = Duration::from_secs(2);
/// How many connections that nobody uses are kept, for each address.
const IDLE_CONNECTIONS_MAX: usize = 64;

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
        let mut kept = pool.kept();
        if !kept.is_closed && kept.idle.len() < IDLE_CONNECTIONS_MAX {
            kept.idle.push(Idle { connection: self, since: Instant::now() });
        }
    }
}

/// The connections to one address.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    idle: Vec<Idle>,
    /// The newest that is for many requests at once.
    shared: Option<http2::SendRequest<Sent>>,
    is_closed: bool,
}

#[derive(Debug)]
struct Idle {
    connection: Box<Single>,
    since: Instant,
}

impl Pool {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that a request can be sent on at once; where it asks for another protocol, one that is for it alone
    /// (RFC 9113, section 8.6).
    pub(crate) fn take(&self, is_upgrade: bool, now: Instant) -> Option<Connection> {
        let mut kept = self.kept();
        if let Some(shared) = kept.shared.as_ref().filter(|_| !is_upgrade) {
            if !shared.is_closed() {
                return Some(Connection::Http2(shared.clone()));
            }
            kept.shared = None;
        }
        // The one that was used last is the least likely to be closed, but it may still be reading the end of its answer.
        let mut at = kept.idle.len();
        while at > 0 {
            at -= 1;
            let candidate = &kept.idle[at];
            if now.saturating_duration_since(candidate.since) >= IDLE_MAX || candidate.connection.sender.is_closed() {
                kept.idle.remove(at);
            } else if candidate.connection.sender.is_ready() {
                return Some(Connection::Http1(kept.idle.remove(at).connection));
            }
        }
        None
    }

    /// Keeps a connection for all requests to come.
    pub(crate) fn share(&self, connection: &http2::SendRequest<Sent>) {
        self.kept().shared = Some(connection.clone());
    }

    /// Keeps none any more: those that are kept hold on to it.
    pub(crate) fn close(&self) {
        let mut kept = self.kept();
        kept.is_closed = true;
        let idle = std::mem::take(&mut kept.idle);
        drop(kept);
        drop(idle);
    }
}
