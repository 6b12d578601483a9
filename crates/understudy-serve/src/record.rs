//! A recording proxy: everything is passed on as it comes, both ways, and a copy of it is told.
//!
//! The frontend stays on the recorder: it gets the recorder's address instead of the backend's, and cookies that are
//! valid there. The copy contains the backend's original response.

use crate::admission;
use crate::event::{Answered, Exchanged, Observer};
use crate::forward::{self, Content, Forwarding};
use crate::passed_on::Client;
use crate::player::without_body;
use crate::{cors, passed_on, problem};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use understudy_exchange::origin::is_text;
use understudy_exchange::{MediaType, Request, Response};
use understudy_fixture::model::Service;
use understudy_match::Rendered;
use understudy_net::{
    BodyCopy, BodyEnd, Inbound, Message, Outbound, Own, Reply, SendError, SocketCopy, Stream, Upstream,
};

/// How much of a body is kept; the rest passes all the same.
pub const BODY_KEPT_MAX: usize = 8 << 20;

/// An exchange with a backend, as it was.
#[derive(Debug, Clone)]
pub struct Passed {
    /// When the request came, in milliseconds since 1970.
    pub unix_millis: u64,
    /// The address of the backend, for people.
    pub backend: Arc<str>,
    /// From the request's head to the answer's end.
    pub took: Duration,
    /// The request; its body is what was kept of it, still in its content coding.
    pub request: Request,
    /// What the backend said; its body likewise.
    pub response: Response,
    /// The messages of the WebSocket that the two sides went over to.
    pub messages: Vec<Message>,
    /// Why not all of both bodies, or of the messages, was kept, in words.
    pub cut: Option<String>,
}

/// Is told of every exchange. Called on the path of requests: it must return at once.
pub trait Recording: Send + Sync + std::fmt::Debug + 'static {
    /// An exchange of this service has ended; where it went over to a WebSocket, that has.
    fn passed(&self, service: &str, passed: Passed);

    /// The backend did not answer a request.
    fn failed(&self, method: &Method, target: &str, why: &str);

    /// A request did not reach the backend: it must not, or the client did not send all of it.
    fn refused(&self, method: &Method, target: &str, why: &str);
}

/// Passes requests on to one backend, and to no other.
#[derive(Debug)]
pub struct Recorder {
    service: String,
    cors: bool,
    forwarding: Forwarding,
    /// The address of the backend, for people.
    shown: Arc<str>,
    recording: Arc<dyn Recording>,
    observer: Arc<dyn Observer>,
}

impl Recorder {
    /// Creates a recorder of a service's backend. `shown` is the backend's address for people, and `observer` receives
    /// every request.
    #[must_use]
    pub fn new(
        service: &Service,
        forwarding: Forwarding,
        shown: &str,
        recording: Arc<dyn Recording>,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let shown = Arc::from(shown);
        Self { service: service.name.clone(), cors: service.cors, forwarding, shown, recording, observer }
    }

    /// The answer of the backend, of which a copy is told.
    async fn answered(&self, asked: Asked, upstream: Upstream, halves: Arc<Halves>) -> Outbound {
        let Asked { request, client, unix_millis, began } = asked;
        let response = Response { status: upstream.status, headers: upstream.headers.clone(), body: Bytes::new() };
        let head = Head { unix_millis, began, request, response };
        let told = move |copy| halves.tell(|told| told.received = Some((head, copy)));
        let upstream = Upstream { body: upstream.body.copied(BODY_KEPT_MAX, told), ..upstream };
        let mut own = passed_on::in_own_name(upstream, &client, &self.forwarding.origins).await;
        if self.cors {
            cors::allow_instead(client.origin.as_ref(), &mut own.headers);
        }
        own
    }

    fn keep(&self, passed: Passed) {
        self.recording.passed(&self.service, passed);
    }

    fn failed(&self, asked: &Asked, error: &SendError) -> Outbound {
        let Asked { request, client, began, .. } = asked;
        let why = error.to_string();
        // A client that does not send its body is no failure of the backend.
        let (status, kind, title, answered) = match error {
            SendError::BrokenOff => {
                (StatusCode::BAD_REQUEST, "body-broken", "The body did not arrive", Answered::Server("body broken"))
            }
            SendError::Stalled => (
                StatusCode::REQUEST_TIMEOUT,
                "body-timeout",
                "The body took too long",
                Answered::Server("body took too long"),
            ),
            _ => {
                let answered = Answered::BackendFailed(why.clone());
                (StatusCode::BAD_GATEWAY, "backend-failed", "The backend did not answer", answered)
            }
        };
        let (method, target) = (&request.method, request.target.as_str());
        match answered {
            Answered::BackendFailed(_) => self.recording.failed(method, target, &why),
            _ => self.recording.refused(method, target, &why),
        }
        let detail = format!(
            "{} at {}: {}",
            problem::request_line(request),
            self.forwarding.backend.address().shown(),
            error.with_hint()
        );
        let answer = problem::problem(status, kind, title, &detail);
        self.own_answer(request, client.origin.as_ref(), answer, &answered, *began)
    }

    /// Returns the response to a request that must not reach the backend. The request is not
    /// recorded, and its body is not read.
    #[cold]
    fn refuse(&self, parts: Parts, refused: &admission::Refused, began: Instant) -> Outbound {
        let request = without_body(parts);
        let explanation = self.forwarding.admission.explain(refused);
        self.recording.refused(&request.method, request.target.as_str(), &explanation);
        let answer = admission::response(refused, &explanation);
        self.own_answer(&request, None, answer, &Answered::Refused(explanation), began)
    }

    /// An answer that is not the backend's.
    fn own_answer(
        &self,
        request: &Request,
        origin: Option<&HeaderValue>,
        answer: Rendered,
        answered: &Answered<'_>,
        began: Instant,
    ) -> Outbound {
        let Rendered { status, mut headers, body } = answer;
        if let Some(origin) = origin.filter(|_| self.cors) {
            cors::allow(origin, &mut headers);
        }
        self.observer.exchanged(Exchanged {
            service: &self.service,
            request,
            status,
            headers: &headers,
            body: Some(&body),
            answered,
            took: began.elapsed(),
        });
        Outbound::whole(status, headers, body)
    }
}

/// Passes a request on.
pub(crate) fn pass(recorder: &Own<Recorder>, inbound: Inbound) -> Reply {
    let began = Instant::now();
    let Inbound { parts, body, line } = inbound;
    let admission = &recorder.forwarding.admission;
    if let Err(refused) = admission.check(&parts) {
        return Reply::Now(recorder.refuse(parts, &refused, began));
    }
    let request = without_body(parts);
    // The page's origin is the recorder's business: the backend knows another one.
    if recorder.cors && cors::is_preflight(&request.method, &request.headers) {
        let answer =
            Rendered { status: StatusCode::NO_CONTENT, headers: cors::preflight(&request.headers), body: Bytes::new() };
        let origin = request.headers.get(ORIGIN);
        return Reply::Now(recorder.own_answer(&request, origin, answer, &Answered::Server("preflight"), began));
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let unix_millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    let client = Client::of(&request);
    let asked = Asked { request, client, unix_millis, began };
    let halves = Arc::new(Halves { told: Mutex::default(), recorder: recorder.clone() });
    let recorder = recorder.clone();
    Reply::later(async move {
        let mut asked = asked;
        let sent = recorder.sent(&mut asked.request, body, &halves).await;
        let mut head = forward::Head::new(&asked.request, line);
        if head.upgrade.is_some() {
            let halves = Arc::clone(&halves);
            head.messages = Some(Box::new(move |copy| halves.tell(|told| told.socket = Some(copy))));
        }
        match recorder.forwarding.pass(head, sent).await {
            Ok(upstream) => recorder.answered(asked, upstream, halves).await,
            Err(error) => recorder.failed(&asked, &error),
        }
    })
}

/// The maximum size in bytes and the timeout of a request body that is searched for our own address.
const LOOKED_BYTES_MAX: u64 = 256 << 10;
const LOOKING_TIME: Duration = Duration::from_millis(250);

impl Recorder {
    /// Returns the body to send, and reports a copy of it. Our address in the request becomes the backend's, also in
    /// the recording.
    async fn sent(&self, request: &mut Request, body: Stream, halves: &Arc<Halves>) -> Content {
        let is_looked_at = is_text(&request.headers) && !request.headers.contains_key(CONTENT_ENCODING);
        let body = match body {
            body if body.is_empty() => Ok(Bytes::new()),
            body if is_looked_at => body.gathered(LOOKED_BYTES_MAX, LOOKING_TIME).await,
            body => Err(body),
        };
        if let Ok(body) = &body {
            request.body = body.clone();
        }
        if let Cow::Owned(meant) = self.forwarding.meant(request) {
            *request = meant;
        }
        match body {
            Ok(_) => {
                let bytes = std::mem::take(&mut request.body);
                let total = bytes.len() as u64;
                let copy = BodyCopy { bytes: bytes.clone(), total, ended: BodyEnd::Whole };
                halves.tell(|told| told.sent = Some(copy));
                if bytes.is_empty() { Content::Whole(bytes) } else { Content::Gathered(bytes) }
            }
            Err(body) => {
                let halves = Arc::clone(halves);
                let copied = body.copied(BODY_KEPT_MAX, move |copy| halves.tell(|told| told.sent = Some(copy)));
                Content::Coming(Box::new(copied))
            }
        }
    }
}

/// A request, until its answer has begun.
struct Asked {
    request: Request,
    client: Client,
    unix_millis: u64,
    began: Instant,
}

/// The two halves of an exchange, which end one after the other.
struct Halves {
    told: Mutex<Told>,
    recorder: Own<Recorder>,
}

#[derive(Default)]
struct Told {
    sent: Option<BodyCopy>,
    received: Option<(Head, BodyCopy)>,
    socket: Option<SocketCopy>,
    /// The exchange, until its WebSocket has ended.
    waiting: Option<Box<Passed>>,
}

/// All but the bodies.
struct Head {
    unix_millis: u64,
    began: Instant,
    request: Request,
    response: Response,
}

impl Halves {
    /// Notes what is new, and tells the exchange once all of it is there.
    fn tell(&self, note: impl FnOnce(&mut Told)) {
        let mut told = self.told();
        note(&mut told);
        if let Some((head, sent, received)) = told.exchange() {
            drop(told);
            let passed = head.passed(sent, received, &self.recorder);
            if passed.response.status != StatusCode::SWITCHING_PROTOCOLS {
                return self.recorder.keep(passed);
            }
            told = self.told();
            told.waiting = Some(Box::new(passed));
        }
        if let Told { waiting: waiting @ Some(_), socket: Some(socket), .. } = &mut *told
            && let Some(passed) = waiting.take()
        {
            let SocketCopy { messages, cut } = std::mem::take(socket);
            drop(told);
            self.recorder.keep(Passed { messages, cut, ..*passed });
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    /// Once both halves have ended.
    fn exchange(&mut self) -> Option<(Head, BodyCopy, BodyCopy)> {
        if self.sent.is_none() || self.received.is_none() {
            return None;
        }
        let ((head, received), sent) = (self.received.take()?, self.sent.take()?);
        Some((head, sent, received))
    }
}

impl Head {
    /// The exchange with its bodies; it is told to the observer as well, with the answer's body where all of it was kept.
    fn passed(self, sent: BodyCopy, mut received: BodyCopy, recorder: &Recorder) -> Passed {
        let Self { unix_millis, began, mut request, mut response } = self;
        let took = began.elapsed();
        if is_event_stream(&response.headers) {
            until_last_event(&mut received);
        }
        let cut = cut("request", &sent).or_else(|| cut("answer", &received));
        // Nobody can look through a piece of a body for secrets.
        let whole = |body: BodyCopy| body.is_whole().then_some(body.bytes);
        request.body = whole(sent).unwrap_or_default();
        let received = whole(received);
        recorder.observer.exchanged(Exchanged {
            service: &recorder.service,
            request: &request,
            status: response.status,
            headers: &response.headers,
            body: received.as_ref(),
            answered: &Answered::Backend,
            took,
        });
        response.body = received.unwrap_or_default();
        let backend = Arc::clone(&recorder.shown);
        Passed { unix_millis, backend, took, request, response, messages: Vec::new(), cut }
    }
}

/// Whether an answer is a stream of events in plain text.
fn is_event_stream(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(MediaType::parse);
    content_type.is_some_and(|kind| kind.essence() == "text/event-stream") && !headers.contains_key(CONTENT_ENCODING)
}

/// Streams of events end when nobody wants any more of them: what is whole are the events that came (WHATWG HTML, "Server-sent
/// events": each ends with an empty line).
fn until_last_event(copy: &mut BodyCopy) {
    if copy.ended != BodyEnd::Left || copy.bytes.len() as u64 != copy.total {
        return;
    }
    let ends = [&b"\n\n"[..], b"\r\n\r\n", b"\r\r"]
        .map(|end| copy.bytes.windows(end.len()).rposition(|window| window == end).map_or(0, |at| at + end.len()));
    let end = ends.into_iter().max().unwrap_or(0);
    if end > 0 {
        copy.bytes.truncate(end);
        (copy.total, copy.ended) = (end as u64, BodyEnd::Whole);
    }
}

/// Why not all of a body was kept, in words.
fn cut(side: &str, body: &BodyCopy) -> Option<String> {
    match body.ended {
        _ if body.is_whole() => None,
        BodyEnd::Broken => Some(format!("the {side} broke off after {} bytes", body.total)),
        BodyEnd::Left => Some(format!("nobody wanted the {side} after {} bytes", body.total)),
        BodyEnd::Whole => Some(format!("the {side} has {} bytes; {BODY_KEPT_MAX} are kept", body.total)),
    }
}
