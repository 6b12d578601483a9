//! Requests on their way to a backend.

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use understudy_exchange::Request;
use understudy_net::{Address, Call, Client, SendError, SocketEnded, Stream, UPGRADED_MAX, Upgrade, Upstream};

/// How long a backend may take to begin its answer.
pub const FORWARD_TIMEOUT: Duration = Duration::from_secs(30);

/// Where requests are forwarded to.
#[derive(Debug, Clone)]
pub struct Forwarding {
    /// The backend.
    pub address: Address,
    /// Added to every request that has no such field.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// Whether a field is about one connection (RFC 9110, section 7.6.1).
fn is_hop_by_hop(name: &HeaderName) -> bool {
    match *name {
        CONNECTION | PROXY_AUTHENTICATE | PROXY_AUTHORIZATION | TE | TRANSFER_ENCODING | UPGRADE => true,
        _ => matches!(name.as_str(), "keep-alive" | "proxy-connection"),
    }
}

impl Forwarding {
    /// Passes a request on, and gives the answer's head as soon as it is there.
    pub(crate) async fn pass(
        &self,
        client: &Arc<Client>,
        request: Head<'_>,
        body: Content,
    ) -> Result<Upstream, SendError> {
        let Head { method, target, headers, upgrade, messages } = request;
        let sent = self.sent(headers, upgrade.is_some());
        let call = |body| Call { address: &self.address, method, target, headers: &sent, body };
        let upstream = match body {
            // However long it takes to come.
            Content::Coming(stream) => client.pass(call(&Bytes::new()), stream).await?,
            Content::Whole(bytes) => {
                let timed_out = || Err(SendError::TimedOut { after: FORWARD_TIMEOUT });
                // Where it is, instead of being moved about: it holds all of the request.
                let opening = pin!(client.open(call(&bytes)));
                tokio::time::timeout(FORWARD_TIMEOUT, opening).await.unwrap_or_else(|_| timed_out())?
            }
        };
        received(upstream, upgrade, messages)
    }

    /// The fields that the backend gets.
    fn sent(&self, headers: &HeaderMap, is_upgrade: bool) -> HeaderMap {
        let mut sent = headers.clone();
        let takes_trailers = takes_trailers(headers);
        end_to_end(&mut sent);
        sent.remove(HOST);
        // The framing is ours.
        sent.remove(CONTENT_LENGTH);
        if takes_trailers {
            // It is about each connection anew, and they are passed on.
            sent.insert(TE, HeaderValue::from_static("trailers"));
            sent.insert(CONNECTION, HeaderValue::from_static("te"));
        }
        for (name, value) in &self.headers {
            if !sent.contains_key(name) {
                sent.insert(name.clone(), value.clone());
            }
        }
        if is_upgrade {
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
    Coming(Stream),
}

/// A request without its body.
pub(crate) struct Head<'h> {
    pub(crate) method: &'h Method,
    pub(crate) target: &'h str,
    pub(crate) headers: &'h HeaderMap,
    /// Where it asks for a WebSocket.
    pub(crate) upgrade: Option<Upgrade>,
    /// Gets the messages that pass on that WebSocket.
    pub(crate) messages: Option<SocketEnded>,
}

impl<'h> Head<'h> {
    pub(crate) fn new(request: &'h Request, upgrade: Option<Upgrade>) -> Self {
        let wanted =
            request.headers.get(UPGRADE).is_some_and(|wanted| wanted.as_bytes().eq_ignore_ascii_case(b"websocket"));
        let upgrade = upgrade.filter(|_| wanted && request.method == Method::GET);
        let (target, headers) = (request.target.as_str(), &request.headers);
        Self { method: &request.method, target, headers, upgrade, messages: None }
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
        let (Some(ours), Some(theirs)) = (upgrade, upstream.upgrade.take()) else {
            return Err(SendError::Malformed { why: "it goes over to a protocol that nobody asked for".to_owned() });
        };
        if !ours.join(theirs, &upstream.headers, messages) {
            return Err(SendError::Malformed { why: format!("more than {UPGRADED_MAX} WebSockets are open") });
        }
        agree(&mut upstream.headers);
    }
    Ok(upstream)
}

/// Whether a client takes trailer fields (RFC 9110, section 10.1.4).
fn takes_trailers(headers: &HeaderMap) -> bool {
    list(headers, &TE).any(|coding| coding.eq_ignore_ascii_case("trailers"))
}

/// Leaves the fields that are meant for the other end.
fn end_to_end(headers: &mut HeaderMap) {
    let named = list(headers, &CONNECTION).filter_map(|name| HeaderName::try_from(name).ok());
    let own: Vec<HeaderName> = named.chain(headers.keys().filter(|name| is_hop_by_hop(name)).cloned()).collect();
    for name in own {
        headers.remove(name);
    }
}

/// The elements of a field that is a list (RFC 9110, section 5.6.1).
fn list<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',').map(str::trim))
}
