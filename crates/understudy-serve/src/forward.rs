//! Requests on their way to a backend.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use understudy_exchange::Request;
use understudy_net::{Address, Call, Client, SendError, Stream, UPGRADED_MAX, Upgrade, Upstream};

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

/// Fields that are about one connection (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Forwarding {
    /// Passes a request on, and gives the answer's head as soon as it is there.
    pub(crate) async fn pass(
        &self,
        client: &Arc<Client>,
        request: Head<'_>,
        body: Content,
    ) -> Result<Upstream, SendError> {
        let Head { method, target, headers, upgrade } = request;
        let sent = self.sent(headers, upgrade.is_some());
        let call = |body| Call { address: &self.address, method, target, headers: &sent, body };
        let upstream = match body {
            // However long it takes to come.
            Content::Coming(stream) => client.pass(call(&Bytes::new()), stream).await?,
            Content::Whole(bytes) => {
                let timed_out = || Err(SendError::TimedOut { after: FORWARD_TIMEOUT });
                let opening = client.open(call(&bytes));
                tokio::time::timeout(FORWARD_TIMEOUT, opening).await.unwrap_or_else(|_| timed_out())?
            }
        };
        received(upstream, upgrade)
    }

    /// The fields that the backend gets.
    fn sent(&self, headers: &HeaderMap, is_upgrade: bool) -> HeaderMap {
        let mut sent = end_to_end(headers);
        sent.remove(HOST);
        // The framing is ours.
        sent.remove(CONTENT_LENGTH);
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
#[derive(Debug)]
pub(crate) struct Head<'h> {
    pub(crate) method: &'h Method,
    pub(crate) target: &'h str,
    pub(crate) headers: &'h HeaderMap,
    /// Where it asks for a WebSocket.
    pub(crate) upgrade: Option<Upgrade>,
}

impl<'h> Head<'h> {
    pub(crate) fn new(request: &'h Request, upgrade: Option<Upgrade>) -> Self {
        let wanted =
            request.headers.get(UPGRADE).is_some_and(|wanted| wanted.as_bytes().eq_ignore_ascii_case(b"websocket"));
        let upgrade = upgrade.filter(|_| wanted && request.method == Method::GET);
        Self { method: &request.method, target: request.target.as_str(), headers: &request.headers, upgrade }
    }
}

/// Says that the connection goes on as a WebSocket (RFC 6455, sections 4.1 and 4.2.2).
fn agree(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

/// What the client gets of an answer. Where both sides agreed on a WebSocket, their connections are joined.
fn received(mut upstream: Upstream, upgrade: Option<Upgrade>) -> Result<Upstream, SendError> {
    upstream.headers = end_to_end(&upstream.headers);
    if upstream.status == StatusCode::SWITCHING_PROTOCOLS {
        let (Some(ours), Some(theirs)) = (upgrade, upstream.upgrade.take()) else {
            return Err(SendError::Malformed { why: "it goes over to a protocol that nobody asked for".to_owned() });
        };
        if !ours.join(theirs) {
            return Err(SendError::Malformed { why: format!("more than {UPGRADED_MAX} WebSockets are open") });
        }
        agree(&mut upstream.headers);
    }
    Ok(upstream)
}

/// The fields that are meant for the other end.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<&str> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
        .collect();
    let mut kept = HeaderMap::with_capacity(headers.len() + 2);
    for (name, value) in headers {
        let is_hop =
            HOP_BY_HOP.contains(&name.as_str()) || named.iter().any(|own| own.eq_ignore_ascii_case(name.as_str()));
        if !is_hop {
            kept.append(name, value.clone());
        }
    }
    kept
}
