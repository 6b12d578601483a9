//! A recording proxy: everything is passed on as it comes, both ways, and a copy of it is told.
//!
//! The frontend stays on the recorder: what the backend says of its own address (`Location`, the domain and the scheme of
//! cookies) is said of the recorder's. What is told is what the backend said.

use crate::forward::Forwarding;
use crate::{cors, problem};
use bytes::Bytes;
use http::header::{HOST, LOCATION, ORIGIN, SET_COOKIE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use understudy_net::{BodyCopy, BodyEnd, Client, Handler, Inbound, Outbound, OutboundBody, Stream};

/// How much of a body is kept; the rest passes all the same.
pub const BODY_KEPT_MAX: usize = 8 << 20;

/// An exchange with a backend, as it was.
#[derive(Debug, Clone)]
pub struct Passed {
    /// The service.
    pub service: String,
    /// When the request came, in milliseconds since 1970.
    pub unix_millis: u64,
    /// From the request's head to the answer's end.
    pub took: Duration,
    /// The method.
    pub method: Method,
    /// Path and query.
    pub target: PathAndQuery,
    /// The request's header fields.
    pub request_headers: HeaderMap,
    /// The request's body.
    pub request_body: BodyCopy,
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's header fields.
    pub response_headers: HeaderMap,
    /// The answer's body.
    pub response_body: BodyCopy,
}

/// Is told of every exchange. Called on the path of requests: it must return at once.
pub trait Recording: Send + Sync + std::fmt::Debug + 'static {
    /// An exchange has ended.
    fn passed(&self, passed: Passed);

    /// The backend did not answer a request.
    fn failed(&self, method: &Method, target: &str, why: &str);
}

/// Passes requests on to one backend, and to no other.
#[derive(Debug)]
pub struct Recorder {
    service: String,
    forwarding: Forwarding,
    client: Arc<Client>,
    recording: Arc<dyn Recording>,
}

impl Recorder {
    /// A recorder before a backend.
    #[must_use]
    pub fn new(service: &str, forwarding: Forwarding, recording: Arc<dyn Recording>) -> Self {
        Self { service: service.to_owned(), forwarding, client: Arc::default(), recording }
    }

    async fn pass(&self, inbound: Inbound<Stream>) -> Outbound {
        let began = Instant::now();
        let Inbound { parts, body } = inbound;
        // The page's origin is the recorder's business: the backend knows another one.
        if cors::is_preflight(&parts.method, &parts.headers) {
            return Outbound::whole(StatusCode::NO_CONTENT, cors::preflight(&parts.headers), Bytes::new());
        }
        let own_host = parts.uri.authority().map(ToString::to_string);
        let own_host = own_host.or_else(|| parts.headers.get(HOST)?.to_str().ok().map(ToOwned::to_owned));
        let target = parts.uri.into_parts().path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let halves = Arc::new(Halves { told: Mutex::new(Told::default()), recording: Arc::clone(&self.recording) });
        let sent = {
            let halves = Arc::clone(&halves);
            body.copied(BODY_KEPT_MAX, move |copy| halves.tell(|told| told.request = Some(copy)))
        };
        let is_empty = sent.is_empty();
        let sent = if is_empty {
            drop(sent);
            None
        } else {
            Some(sent)
        };
        let passing = self.forwarding.pass(&self.client, &parts.method, target.as_str(), &parts.headers, sent);
        let upstream = match passing.await {
            Ok(upstream) => upstream,
            Err(error) => {
                let why = error.to_string();
                self.recording.failed(&parts.method, target.as_str(), &why);
                let detail = format!("{} {target}: {why}", self.forwarding.address);
                let title = "The backend did not answer";
                let rendered = problem::problem(StatusCode::BAD_GATEWAY, "backend-failed", title, &detail);
                return Outbound::whole(rendered.status, rendered.headers, rendered.body);
            }
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let head = Head {
            service: self.service.clone(),
            unix_millis: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            began,
            method: parts.method,
            target,
            request_headers: parts.headers,
            status: upstream.status,
            response_headers: upstream.headers.clone(),
        };
        let origin = head.request_headers.get(ORIGIN).cloned();
        halves.tell(|told| told.head = Some(head));
        let received = upstream.body.copied(BODY_KEPT_MAX, move |copy| halves.tell(|told| told.response = Some(copy)));
        let mut headers = upstream.headers;
        own_address(&mut headers, &self.forwarding.address.authority, own_host.as_deref());
        if let Some(origin) = origin {
            cors::allow(&origin, &mut headers);
        }
        Outbound { status: upstream.status, headers, body: OutboundBody::Stream(received) }
    }
}

impl Handler for Recorder {
    type Body = Stream;

    async fn handle(self: Arc<Self>, request: Inbound<Stream>) -> Outbound {
        self.pass(request).await
    }
}

/// The two halves of an exchange, which end one after the other.
struct Halves {
    told: Mutex<Told>,
    recording: Arc<dyn Recording>,
}

#[derive(Default)]
struct Told {
    head: Option<Head>,
    request: Option<BodyCopy>,
    response: Option<BodyCopy>,
}

struct Head {
    service: String,
    unix_millis: u64,
    began: Instant,
    method: Method,
    target: PathAndQuery,
    request_headers: HeaderMap,
    status: StatusCode,
    response_headers: HeaderMap,
}

impl Halves {
    /// Notes what is new, and tells the exchange once all of it is there.
    fn tell(&self, note: impl FnOnce(&mut Told)) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        note(&mut told);
        if told.head.is_none() || told.request.is_none() || told.response.is_none() {
            return;
        }
        let Told { head: Some(head), request: Some(request_body), response: Some(response_body) } =
            std::mem::take(&mut *told)
        else {
            return;
        };
        drop(told);
        self.recording.passed(Passed {
            service: head.service,
            unix_millis: head.unix_millis,
            took: head.began.elapsed(),
            method: head.method,
            target: head.target,
            request_headers: head.request_headers,
            request_body,
            status: head.status,
            response_headers: head.response_headers,
            response_body,
        });
    }
}

impl Passed {
    /// Whether all of both bodies is there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.request_body.is_whole() && self.response_body.is_whole()
    }

    /// Why not all of it is there, in words.
    #[must_use]
    pub fn why_not_whole(&self) -> Option<String> {
        [("request", &self.request_body), ("answer", &self.response_body)].into_iter().find_map(|(side, body)| {
            match body.ended {
                _ if body.is_whole() => None,
                BodyEnd::Broken => Some(format!("the {side} broke off after {} bytes", body.total)),
                BodyEnd::Left => Some(format!("nobody wanted the {side} after {} bytes", body.total)),
                BodyEnd::Whole => Some(format!("the {side} has {} bytes; {BODY_KEPT_MAX} are kept", body.total)),
            }
        })
    }
}

/// Turns what a backend says of its own address into the recorder's, so that the frontend stays there.
fn own_address(headers: &mut HeaderMap, backend: &str, own: Option<&str>) {
    if let (Some(own), Some(location)) = (own, headers.get(LOCATION).and_then(|value| value.to_str().ok())) {
        let rest = ["http://", "https://", "//"]
            .iter()
            .find_map(|scheme| location.strip_prefix(scheme)?.strip_prefix(backend));
        let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
        if let Some(Ok(location)) = rest.map(|rest| HeaderValue::from_str(&format!("http://{own}{rest}"))) {
            headers.insert(LOCATION, location);
        }
    }
    let cookies: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().map(own_cookie).collect();
    headers.remove(SET_COOKIE);
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie);
    }
}

/// A cookie that a browser takes from a plain loopback address: without the backend's domain, and not only over TLS.
fn own_cookie(cookie: &HeaderValue) -> HeaderValue {
    let Ok(text) = std::str::from_utf8(cookie.as_bytes()) else { return cookie.clone() };
    let kept = text.split(';').enumerate().filter(|(at, part)| {
        let name = part.split('=').next().unwrap_or("").trim();
        // `SameSite=None` is taken only together with `Secure`.
        let is_none = part.trim().eq_ignore_ascii_case("samesite=none");
        *at == 0 || !(name.eq_ignore_ascii_case("domain") || name.eq_ignore_ascii_case("secure") || is_none)
    });
    let text: Vec<&str> = kept.map(|(_, part)| part).collect();
    HeaderValue::from_bytes(text.join(";").as_bytes()).unwrap_or_else(|_| cookie.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_backend_says_of_itself_is_said_of_the_recorder() {
        let own = |location: &'static str, cookie: &'static str| {
            let mut headers = HeaderMap::from_iter([
                (LOCATION, HeaderValue::from_static(location)),
                (SET_COOKIE, HeaderValue::from_static(cookie)),
            ]);
            own_address(&mut headers, "api.example.com:8443", Some("localhost:4010"));
            let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
            (text(LOCATION), text(SET_COOKIE))
        };
        assert_eq!(
            own(
                "https://api.example.com:8443/a?b",
                "sid=1; Domain=example.com; Path=/; Secure; HttpOnly; SameSite=None"
            ),
            ("http://localhost:4010/a?b".to_owned(), "sid=1; Path=/; HttpOnly".to_owned())
        );
        for elsewhere in
            ["https://api.example.com:84431/a", "https://other.test/", "/relative", "https://api.example.com/"]
        {
            assert_eq!(own(elsewhere, "a=b; SameSite=Lax"), (elsewhere.to_owned(), "a=b; SameSite=Lax".to_owned()));
        }
    }
}
