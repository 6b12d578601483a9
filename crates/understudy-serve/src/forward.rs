//! Requests on their way to a backend.

use crate::own_name;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, ORIGIN, REFERER, TE, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use understudy_exchange::{Origins, Request};
use understudy_net::{
    Address, Call, Fields, Interim, Line, Peer, SendError, SocketEnded, Stream, UPGRADED_MAX, Upgrade, Upstream,
    end_to_end, end_to_end_of, takes_trailers,
};

/// How long a backend may take to begin its answer, once there is a connection to it.
pub const FORWARD_TIMEOUT: Duration = Duration::from_secs(30);

/// Where requests are forwarded to.
#[derive(Debug, Clone)]
pub struct Forwarding {
    /// The backend.
    pub backend: Arc<Peer>,
    /// Added to every request that has no such field.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The addresses for which clients get ours.
    pub origins: Arc<Origins>,
}

impl Forwarding {
    /// Passes a request on, and gives the answer's head as soon as it is there.
    pub(crate) async fn pass(&self, request: Head<'_>, body: Content) -> Result<Upstream, SendError> {
        let Head { method, target, headers, upgrade, interim, messages } = request;
        let backend = self.backend.address();
        let sent = Sent { headers, added: &self.headers, backend, is_upgrade: upgrade.is_some() };
        let upstream = match body {
            // However long it takes to come.
            Content::Coming(stream) => {
                let call = Call { method, target, headers: &sent, body: &Bytes::new() };
                self.backend.pass(call, *stream, interim.as_ref()).await?
            }
            Content::Whole(body) => {
                let call = Call { method, target, headers: &sent, body: &body };
                // On the heap for itself: two small pieces of memory are had sooner than a large one.
                Box::pin(self.backend.open(call, interim.as_ref(), FORWARD_TIMEOUT)).await?
            }
        };
        received(upstream, upgrade, messages)
    }
}

/// The fields that a backend gets.
struct Sent<'s> {
    /// Those that the client sent.
    headers: &'s HeaderMap,
    added: &'s [(HeaderName, HeaderValue)],
    backend: &'s Address,
    is_upgrade: bool,
}

/// Fields in which a client names the server, which backends compare with the name that they know of themselves.
const SERVER_NAMES: [HeaderName; 3] = [ORIGIN, REFERER, HeaderName::from_static("destination")];

impl Sent<'_> {
    /// Names the backend where the client named us, as its page came from us too. Pages on other servers stay what they are.
    fn name_backend(&self, sent: &mut HeaderMap) {
        let Some(own) = own_name::authority(self.headers) else { return };
        let scheme = if self.backend.is_tls { "https" } else { "http" };
        for name in SERVER_NAMES {
            let Some(value) = sent.get(&name).and_then(|value| value.to_str().ok()) else { continue };
            let rest = value.strip_prefix("http://").and_then(|rest| rest.strip_prefix(own));
            let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) else { continue };
            // An origin has no path.
            let path = if rest.is_empty() { "" } else { &self.backend.path };
            let named = format!("{scheme}://{}{path}{rest}", self.backend.authority);
            if let Ok(named) = HeaderValue::from_str(&named) {
                sent.insert(name, named);
            }
        }
    }
}

impl Fields for Sent<'_> {
    fn fields(&self) -> HeaderMap {
        // The framing is ours.
        let mut sent = end_to_end_of(self.headers, |name| *name != HOST && *name != CONTENT_LENGTH);
        if takes_trailers(self.headers) {
            // It is about each connection anew, and they are passed on.
            sent.insert(TE, HeaderValue::from_static("trailers"));
            sent.insert(CONNECTION, HeaderValue::from_static("te"));
        }
        self.name_backend(&mut sent);
        for (name, value) in self.added {
            if !sent.contains_key(name) {
                sent.insert(name.clone(), value.clone());
            }
        }
        if self.is_upgrade {
            agree(&mut sent);
        }
        sent
    }
}

/// The body of a request that is passed on.
#[derive(Debug)]
pub(crate) enum Content {
    Whole(Bytes),
    /// As it comes.
    Coming(Box<Stream>),
}

/// A request without its body.
pub(crate) struct Head<'h> {
    pub(crate) method: &'h Method,
    pub(crate) target: &'h PathAndQuery,
    pub(crate) headers: &'h HeaderMap,
    /// Where it asks for a WebSocket.
    pub(crate) upgrade: Option<Upgrade>,
    /// Where the client takes answers before the answer.
    pub(crate) interim: Option<Interim>,
    /// Gets the messages that pass on that WebSocket.
    pub(crate) messages: Option<SocketEnded>,
}

impl<'h> Head<'h> {
    pub(crate) fn new(request: &'h Request, line: Line) -> Self {
        let Line { upgrade, interim } = line;
        let is_wanted =
            || request.headers.get(UPGRADE).is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"));
        let upgrade = upgrade.filter(|_| request.method == Method::GET && is_wanted());
        Self {
            method: &request.method,
            target: &request.target,
            headers: &request.headers,
            upgrade,
            interim,
            messages: None,
        }
    }
}

/// Says that the connection goes on as a WebSocket (RFC 6455, sections 4.1 and 4.2.2).
fn agree(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

/// What the client gets of an answer. Where both sides agreed on a WebSocket, their connections are joined.
fn received(
    mut upstream: Upstream,
    upgrade: Option<Upgrade>,
    messages: Option<SocketEnded>,
) -> Result<Upstream, SendError> {
    end_to_end(&mut upstream.headers);
    if upstream.status == StatusCode::SWITCHING_PROTOCOLS {
        switched(upstream, upgrade, messages)
    } else {
        Ok(upstream)
    }
}

#[cold]
#[inline(never)]
fn switched(
    mut upstream: Upstream,
    upgrade: Option<Upgrade>,
    messages: Option<SocketEnded>,
) -> Result<Upstream, SendError> {
    let (Some(ours), Some(theirs)) = (upgrade, upstream.upgrade.take()) else {
        return Err(SendError::Malformed { why: "it goes over to a protocol that nobody asked for".to_owned() });
    };
    if !ours.join(theirs, &upstream.headers, messages) {
        return Err(SendError::Malformed { why: format!("more than {UPGRADED_MAX} WebSockets are open") });
    }
    agree(&mut upstream.headers);
    Ok(upstream)
}
