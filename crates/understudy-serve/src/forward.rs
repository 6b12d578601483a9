//! Requests on their way to a backend.

use crate::admission::Admission;
use crate::own_name;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, ORIGIN, TE, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use understudy_exchange::{Here, Origin, Origins, Request};
use understudy_match::request_at;
use understudy_net::{
    Address, Call, Fields, Interim, Line, Peer, SendError, SocketEnded, Stream, UPGRADED_MAX, Upgrade, Upstream,
    end_to_end, end_to_end_of, takes_trailers,
};

/// How long a backend may take to begin its answer, once there is a connection to it.
pub const FORWARD_TIMEOUT: Duration = Duration::from_secs(30);

/// The timeout for bodies that would otherwise be forwarded as they arrive, without a limit.
const GATHERED_TIMEOUT: Duration = Duration::from_secs(3_600);

/// Where requests are forwarded to.
#[derive(Debug, Clone)]
pub struct Forwarding {
    /// The backend.
    pub backend: Arc<Peer>,
    /// Added to every request that has no such field.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The addresses that are replaced by ours in responses.
    pub origins: Arc<Origins>,
    /// The requests that may reach the backend.
    pub admission: Arc<Admission>,
}

impl Forwarding {
    /// Passes a request on, and gives the answer's head as soon as it is there.
    pub(crate) async fn pass(&self, request: Head<'_>, body: Content) -> Result<Upstream, SendError> {
        let Head { method, target, headers, upgrade, interim, messages } = request;
        let sent = Sent { headers, added: &self.headers, is_upgrade: upgrade.is_some() };
        let upstream = match body {
            // However long it takes to come.
            Content::Coming(stream) => {
                let call = Call { method, target, headers: &sent, body: &Bytes::new() };
                self.backend.pass(call, *stream, interim.as_ref()).await?
            }
            Content::Whole(body) => self.open(method, target, &sent, &body, interim.as_ref(), FORWARD_TIMEOUT).await?,
            Content::Gathered(body) => {
                self.open(method, target, &sent, &body, interim.as_ref(), GATHERED_TIMEOUT).await?
            }
        };
        received(upstream, upgrade, messages)
    }

    async fn open(
        &self,
        method: &Method,
        target: &PathAndQuery,
        headers: &Sent<'_>,
        body: &Bytes,
        interim: Option<&Interim>,
        timeout: Duration,
    ) -> Result<Upstream, SendError> {
        let call = Call { method, target, headers, body };
        // Boxed separately: two small allocations are quicker than a large one.
        Box::pin(self.backend.open(call, interim, timeout)).await
    }
}

impl Forwarding {
    /// Returns the request for the backend. Our address, as in a link that the client got here, becomes the backend's.
    /// So does the origin of a page that came from us. The origins of other pages stay.
    pub(crate) fn meant<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        let own = own_name::authority(&request.headers).filter(|own| may_name(request, own));
        let Some(own) = own.and_then(|own| Origin::parse(&format!("http://{own}"))) else {
            return Cow::Borrowed(request);
        };
        let Address { is_tls, authority, path, .. } = self.backend.address();
        let here = Here { is_tls: *is_tls, authority: authority.as_str(), path };
        let mut meant = request_at(request, &Origins::new([own]), here);
        if let Cow::Owned(meant) = &mut meant
            && meant.headers.get(ORIGIN) != request.headers.get(ORIGIN)
        {
            // An origin has no path.
            let scheme = if *is_tls { "https" } else { "http" };
            let origin = HeaderValue::from_str(&format!("{scheme}://{authority}"));
            origin.into_iter().for_each(|origin| drop(meant.headers.insert(ORIGIN, origin)));
        }
        meant
    }
}

/// Returns true if a request may contain our address outside of its `host`. Hardly any does, so this is a quick check.
/// The port is the same in every spelling of an address.
fn may_name(request: &Request, own: &str) -> bool {
    let (host, port) = own.rsplit_once(':').unwrap_or((own, ""));
    let rare = if port.is_empty() { host } else { port };
    let finder = Finder::new(rare.as_bytes());
    let fields = request.headers.iter().filter(|(name, _)| *name != HOST).map(|(_, value)| value.as_bytes());
    let mut places = fields.chain([request.target.as_str().as_bytes(), &request.body]);
    places.any(|place| finder.find(place).is_some())
}

/// The fields that a backend gets.
struct Sent<'s> {
    /// Those that the client sent.
    headers: &'s HeaderMap,
    added: &'s [(HeaderName, HeaderValue)],
    is_upgrade: bool,
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
    /// The complete body, instead of a stream.
    Gathered(Bytes),
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
