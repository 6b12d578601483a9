//! One service on the wire.

use crate::admission::{self, Admission};
use crate::decide::{Otherwise, Plan, decide, stand_in};
use crate::event::{Answered, Exchanged, Observer};
use crate::forward::{Content, Head};
use crate::miss::Miss;
use crate::passed_on::Client;
use crate::prepared::Prepared;
use crate::snapshot::{Answers, Backing, Snapshot};
use crate::surroundings::SharedSurroundings;
use crate::{cors, describe, own_name, passed_on, problem, record, refused, respond};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_ENCODING, HOST, ORIGIN, RETRY_AFTER};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, StatusCode};
use std::cell::RefCell;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use understudy_exchange::Request;
use understudy_fixture::model::{LargeFile, write_size};
use understudy_match::{Chance, Incoming, Moment, Rendered, explain};
use understudy_net::{
    BODIES_BYTES_MAX, BODY_TIMEOUT, BodyProblem, HEADER_BYTES_MAX, Handler, Held, Inbound, Line, OpenFile, Outbound,
    OutboundBody, Own, PerThread, Refusal, Reply, WholeBody, coding,
};

/// Answers the requests of one service from a snapshot that can be swapped while it plays.
#[derive(Debug)]
pub struct Player {
    now: ArcSwap<PerThread<Playing>>,
}

/// What is served, and who is told of it.
#[derive(Debug, Clone)]
struct Playing {
    snapshot: Arc<Snapshot>,
    observer: Arc<dyn Observer>,
    surroundings: Arc<SharedSurroundings>,
}

impl Player {
    /// Creates a player that reports every request to `observer`. Requests that match nothing get a
    /// report of the surroundings.
    #[must_use]
    pub fn new(snapshot: Snapshot, observer: Arc<dyn Observer>, surroundings: Arc<SharedSurroundings>) -> Self {
        let playing = Playing { snapshot: Arc::new(snapshot), observer, surroundings };
        Self { now: ArcSwap::from_pointee(PerThread::new(playing)) }
    }

    /// What is served now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.now.load().own().snapshot)
    }

    /// Serves something else from now on; requests that have begun end with what they began with.
    pub fn swap(&self, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        self.now.rcu(|now| PerThread::new(Playing { snapshot: Arc::clone(&snapshot), ..Playing::clone(now.own()) }));
    }

    /// As [`Handler::handle`], where the request has a body.
    async fn with_body(self: Arc<Self>, inbound: Inbound) -> Outbound {
        let Inbound { parts, body, line } = inbound;
        let body_max = self.now.load().own().snapshot.body_max;
        match whole(parts, body.whole(body_max).await, body_max) {
            Ok((request, raw, held)) => {
                // In a statement of its own: what is served is looked at, and not held while something is waited for.
                let answer = at_once(self.now.load().own(), &request, raw.as_ref());
                match answer {
                    Ok(outbound) => outbound,
                    Err(plan) => {
                        let outbound = later(request, raw, line, plan).await;
                        drop(held);
                        outbound
                    }
                }
            }
            Err(refused) => {
                let (request, rendered, why) = *refused;
                let outcome = (outbound(rendered), Answered::Server(why));
                self.now.load().own().finish(&request, None, outcome, Duration::ZERO)
            }
        }
    }
}

/// The answer, where nothing has to be waited for; else the plan, with what it was made from.
fn at_once(playing: &Own<Playing>, request: &Request, raw: Option<&Bytes>) -> Result<Outbound, (Own<Playing>, Plan)> {
    let began = if request.body.is_empty() { None } else { Some(Instant::now()) };
    let snapshot = &playing.snapshot;
    let mut chance = chance();
    let outcome = guarded(|| match decide(snapshot, &Incoming::new(&snapshot.meant(request)), &mut chance) {
        plan @ Plan::Forward { .. } => Err(plan),
        plan @ Plan::Respond { delay, .. } if !delay.is_zero() => Err(plan),
        plan if file_of(snapshot, &plan).is_some() => Err(plan),
        plan => Ok(perform(playing, request, plan, &mut chance)),
    });
    let outcome = match outcome.unwrap_or_else(|| Ok(broken())) {
        Ok(outcome) => outcome,
        Err(plan) => return Err((playing.clone(), plan)),
    };
    let took = began.map_or(Duration::ZERO, |began| began.elapsed());
    Ok(playing.finish(request, raw, outcome, took))
}

/// The answer, where it has to be waited for. What is waited with is taken along, instead of being given to it: so it is there
/// once.
fn later(
    request: Request,
    raw: Option<Bytes>,
    line: Line,
    (playing, plan): (Own<Playing>, Plan),
) -> Pin<Box<dyn Future<Output = Outbound> + Send>> {
    let began = Instant::now();
    Box::pin(async move {
        let snapshot = &*playing.snapshot;
        let plan = match plan {
            Plan::Forward { otherwise } => match forward(snapshot, &request, raw.clone(), line, otherwise).await {
                Some(outcome) => return playing.finish(&request, raw.as_ref(), outcome, began.elapsed()),
                None => guarded(|| stand_in(snapshot, &Incoming::new(&snapshot.meant(&request)), &mut chance())),
            },
            plan => Some(plan),
        };
        if let Some(Plan::Respond { delay, .. }) = plan {
            tokio::time::sleep(delay).await;
        }
        let outcome = match plan.as_ref().and_then(|plan| file_of(snapshot, plan)) {
            Some((answers, prepared, file)) => send_file(answers, prepared, file, &request).await,
            None => {
                let outcome = plan.and_then(|plan| guarded(|| perform(&playing, &request, plan, &mut chance())));
                outcome.unwrap_or_else(broken)
            }
        };
        playing.finish(&request, raw.as_ref(), outcome, began.elapsed())
    })
}

impl Playing {
    /// The response to a request that must not reach the backend. Its body is not read.
    #[cold]
    fn refuse(&self, parts: Parts, admission: &Admission, refused: &admission::Refused) -> Outbound {
        let explanation = admission.explain(refused);
        let rendered = admission::response(refused, &explanation);
        let outcome = (outbound(rendered), Answered::Refused(explanation));
        self.report(&without_body(parts), None, outcome, Duration::ZERO)
    }

    /// What every answer gets, and telling that it was given.
    fn finish(
        &self,
        request: &Request,
        raw: Option<&Bytes>,
        outcome: (Outbound, Answered<'_>),
        took: Duration,
    ) -> Outbound {
        let (mut outbound, answered) = outcome;
        if self.snapshot.cors {
            let origin = request.headers.get(ORIGIN);
            match answered {
                Answered::Backend => cors::allow_instead(origin, &mut outbound.headers),
                _ => origin.into_iter().for_each(|origin| cors::allow(origin, &mut outbound.headers)),
            }
        }
        self.report(request, raw, (outbound, answered), took)
    }

    /// Reports a response to the observer, and returns it.
    fn report(
        &self,
        request: &Request,
        raw: Option<&Bytes>,
        (outbound, answered): (Outbound, Answered<'_>),
        took: Duration,
    ) -> Outbound {
        let as_sent = raw.map(|raw| Request { body: raw.clone(), ..request.clone() });
        self.observer.exchanged(Exchanged {
            service: &self.snapshot.name,
            request: as_sent.as_ref().unwrap_or(request),
            status: outbound.status,
            headers: &outbound.headers,
            body: match &outbound.body {
                OutboundBody::Whole(body) => Some(body),
                OutboundBody::Stream(_) | OutboundBody::Edited(_) | OutboundBody::File(_) => None,
            },
            answered: &answered,
            took,
        });
        outbound
    }
}

/// What the backend answers; `None` where a fixture stands in for it.
async fn forward(
    snapshot: &Snapshot,
    request: &Request,
    raw: Option<Bytes>,
    line: Line,
    otherwise: Otherwise,
) -> Option<(Outbound, Answered<'static>)> {
    let forwarding = match &snapshot.backing {
        Backing::Passthrough(forwarding) | Backing::Fallback(forwarding) => forwarding,
        Backing::Withheld(withheld) => return Some(withheld.response()),
        Backing::Nothing | Backing::Record(_) => return None,
    };
    let meant = forwarding.meant(request);
    // The backend gets the bytes that the client sent, still in their coding.
    let body = raw.unwrap_or_else(|| meant.body.clone());
    let answer = forwarding.pass(Head::new(&meant, line), Content::Whole(body)).await;
    let can_stand_in = match otherwise {
        Otherwise::Nobody => false,
        Otherwise::Fixture => true,
        Otherwise::Description => snapshot.described.is_some() && describe::knows(snapshot, request),
    };
    match answer {
        Ok(upstream) if can_stand_in && upstream.status.is_server_error() => None,
        Err(_) if can_stand_in => None,
        Ok(upstream) => {
            let client = Client::of(request);
            Some((passed_on::in_own_name(upstream, &client, &forwarding.origins).await, Answered::Backend))
        }
        Err(error) => {
            let title = "The backend did not answer";
            let detail = format!(
                "{} at {}: {}",
                problem::request_line(request),
                forwarding.backend.address().shown(),
                error.with_hint()
            );
            let rendered = problem::problem(StatusCode::BAD_GATEWAY, "backend-failed", title, &detail);
            Some((outbound(rendered), Answered::BackendFailed(error.to_string())))
        }
    }
}

/// The file on the disk that is the body of a planned response.
fn file_of<'s>(snapshot: &'s Snapshot, plan: &Plan) -> Option<(&'s Answers, &'s Prepared, &'s LargeFile)> {
    let Plan::Respond { place, response, .. } = plan else { return None };
    let answers = &snapshot.answers[*place];
    let prepared = answers.response(*response);
    prepared.file().map(|file| (answers, prepared, file))
}

/// Responds with a file, as it is on the disk now.
async fn send_file<'s>(
    answers: &'s Answers,
    prepared: &'s Prepared,
    file: &LargeFile,
    request: &Request,
) -> (Outbound, Answered<'s>) {
    match OpenFile::open(file.place.to_path_buf()).await {
        Ok(open) => {
            let outbound =
                respond::respond_with_file(prepared, open, &request.method, &request.headers, &mut chance(), now);
            (outbound, Answered::Fixture { id: &answers.id, set: prepared.set() })
        }
        Err(error) => {
            let detail = format!("the file `{}` of the fixture `{}`: {error}", file.path, answers.id);
            let title = "The file of the response cannot be read";
            let rendered = problem::problem(StatusCode::INTERNAL_SERVER_ERROR, "body-file", title, &detail);
            (outbound(rendered), Answered::Server("the file of the response cannot be read"))
        }
    }
}

/// Carries out a plan that needs nobody else.
fn perform<'s>(playing: &'s Playing, request: &Request, plan: Plan, chance: &mut Chance) -> (Outbound, Answered<'s>) {
    let snapshot = &*playing.snapshot;
    match plan {
        Plan::Respond { place, response, .. } => {
            let answers = &snapshot.answers[place];
            let prepared = answers.response(response);
            let rendered = respond::respond(prepared, &request.method, &request.headers, chance, now);
            let set = if snapshot.takes_turn(place, &request.method) { prepared.set() } else { &[] };
            (outbound(rendered), Answered::Fixture { id: &answers.id, set })
        }
        Plan::Describe { otherwise } => match describe::describe(snapshot, request, &otherwise, chance) {
            Some((mut rendered, answered)) => {
                own_name::speak_in(&mut rendered, &snapshot.origins, &request.headers);
                (outbound(rendered), answered)
            }
            None => perform(playing, request, *otherwise, chance),
        },
        Plan::Preflight => {
            let headers = cors::preflight(&request.headers);
            (Outbound::whole(StatusCode::NO_CONTENT, headers, Bytes::new()), Answered::Server("preflight"))
        }
        Plan::Options(methods) => {
            let mut headers = HeaderMap::new();
            problem::allow(&methods, &mut headers);
            (Outbound::whole(StatusCode::NO_CONTENT, headers, Bytes::new()), Answered::Server("options"))
        }
        Plan::OtherMethods(_) | Plan::Nothing | Plan::Forward { .. } => {
            let meant = snapshot.meant(request);
            let surroundings = playing.surroundings.look();
            let operations = describe::nearest(snapshot, request);
            let explanation = explain(&snapshot.index, &Incoming::new(&meant), &snapshot.state.look());
            // If this service has the path, other services are listed only if they match the whole
            // request.
            let is_here = explanation.near.first().is_some_and(|near| near.distance == 0);
            let mut elsewhere = surroundings.elsewhere(snapshot, request);
            elsewhere.retain(|elsewhere| elsewhere.answers || !is_here);
            let miss = Miss {
                service: &snapshot.name,
                request: &problem::request_line(request),
                explanation: &explanation,
                operations: operations.as_deref(),
                elsewhere: &elsewhere,
                surroundings: &surroundings,
            };
            (outbound(miss.response()), Answered::Nobody(miss.wrong()))
        }
    }
}

impl Handler for Player {
    fn handle(self: &Arc<Self>, request: Inbound) -> Reply {
        let now = self.now.load();
        let playing = now.own();
        if let Backing::Record(recorder) = &playing.snapshot.backing {
            return record::pass(recorder.own(), request);
        }
        if let Some(admission) = playing.snapshot.backing.admission()
            && let Err(refused) = admission.check(&request.parts)
        {
            return Reply::Now(playing.refuse(request.parts, admission, &refused));
        }
        if !request.body.is_empty() {
            return Reply::later(Arc::clone(self).with_body(request));
        }
        let Inbound { parts, line, .. } = request;
        let request = without_body(parts);
        match at_once(playing, &request, None) {
            Ok(outbound) => Reply::Now(outbound),
            Err(plan) => Reply::Later(later(request, None, line, plan)),
        }
    }

    fn noticed(&self, notice: &str) {
        let playing = self.now.load().own().clone();
        playing.observer.noticed(&playing.snapshot.name, notice);
    }

    fn refused(&self, refusal: &Refusal) -> Outbound {
        let now = self.now.load();
        let playing = now.own();
        let request = refused::request(refusal);
        let mut outbound = outbound(refused::response(refusal));
        if playing.snapshot.cors {
            // The page's origin is in a part of the request that was not read.
            outbound.headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        playing.finish(&request, None, (outbound, Answered::Server(refused::why(refusal))), Duration::ZERO)
    }
}

/// Returns the request with a `host` field, even if HTTP/2 or a request to a proxy has the host elsewhere (RFC 9113,
/// section 8.3.1; RFC 9112, section 3.2.2).
pub(crate) fn without_body(parts: Parts) -> Request {
    let uri = parts.uri.into_parts();
    let mut headers = parts.headers;
    if let Some(host) = uri.authority.and_then(|authority| HeaderValue::from_str(authority.as_str()).ok()) {
        headers.insert(HOST, host);
    }
    let target = uri.path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
    Request { method: parts.method, target, headers, body: Bytes::new() }
}

/// The request with its body whole and decoded, the body as it was sent where that is something else, and
/// the memory that they take; or what to answer where there is no such body.
type Decoded = Result<(Request, Option<Bytes>, Held), Box<(Request, Rendered, &'static str)>>;

fn whole(parts: Parts, body: Result<WholeBody, BodyProblem>, body_max: usize) -> Decoded {
    let mut request = without_body(parts);
    let (raw, mut held) = match body {
        Ok(WholeBody { bytes, held }) => (bytes, held),
        Err(problem) => {
            let (rendered, why) = refuse(problem, body_max);
            return Err(Box::new((request, rendered, why)));
        }
    };
    if raw.is_empty() {
        return Ok((request, None, held));
    }
    let Some(encoding) = request.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()) else {
        request.body = raw;
        return Ok((request, None, held));
    };
    match coding::decode(encoding, raw.clone(), body_max) {
        // It may be a thousand times as large as what was sent.
        Ok(decoded) if !held.grow(decoded.len(), body_max) => {
            let (rendered, why) = refuse(BodyProblem::NoRoom, body_max);
            Err(Box::new((request, rendered, why)))
        }
        Ok(decoded) => {
            request.body = decoded;
            Ok((request, Some(raw), held))
        }
        Err(coding::CodingError::TooLarge(_)) => {
            let (rendered, why) = refuse(BodyProblem::TooLarge, body_max);
            Err(Box::new((request, rendered, why)))
        }
        // Fixtures and backends may know a coding that is not known here.
        Err(coding::CodingError::Unknown(_)) => {
            request.body = raw;
            Ok((request, None, held))
        }
        Err(error) => {
            let detail = error.to_string();
            let rendered =
                problem::problem(StatusCode::BAD_REQUEST, "content-coding", "The body cannot be decoded", &detail);
            Err(Box::new((request, rendered, "body not decoded")))
        }
    }
}

fn refuse(problem: BodyProblem, body_max: usize) -> (Rendered, &'static str) {
    let (status, kind, title, detail, why) = match problem {
        BodyProblem::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "The body is too large",
            format!(
                "at most {} are read; `body_max: 200MB` at the service in understudy.yaml raises that bound",
                write_size(body_max as u64)
            ),
            "body too large",
        ),
        BodyProblem::TimedOut => (
            StatusCode::REQUEST_TIMEOUT,
            "body-timeout",
            "The body took too long",
            format!("a body may take {} s", BODY_TIMEOUT.as_secs()),
            "body took too long",
        ),
        BodyProblem::Broken => (
            StatusCode::BAD_REQUEST,
            "body-broken",
            "The body did not arrive",
            format!(
                "the connection ended, or the body is not framed by the rules; header fields may have {HEADER_BYTES_MAX} bytes"
            ),
            "body broken",
        ),
        BodyProblem::NoRoom => (
            StatusCode::SERVICE_UNAVAILABLE,
            "no-room",
            "The bodies of all requests together are too large",
            format!(
                "at most {} are held at once, in all services; send fewer large bodies at the same time",
                write_size(BODIES_BYTES_MAX as u64)
            ),
            "no room for more bodies",
        ),
    };
    let mut rendered = problem::problem(status, kind, title, &detail);
    if problem == BodyProblem::NoRoom {
        rendered.headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    (rendered, why)
}

/// `None` where it panics: a bug of ours costs one request.
fn guarded<T>(answer: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(answer)).ok()
}

fn broken<'s>() -> (Outbound, Answered<'s>) {
    let title = "Understudy failed to decide on an answer";
    let detail = "this is a bug in Understudy; the request and the fixtures of this service show it";
    let rendered = problem::problem(StatusCode::INTERNAL_SERVER_ERROR, "bug", title, detail);
    (outbound(rendered), Answered::Server("bug"))
}

fn outbound(rendered: Rendered) -> Outbound {
    Outbound::whole(rendered.status, rendered.headers, rendered.body)
}

/// Chance that is different in each thread and for each request, with nothing that threads share.
fn chance() -> Chance {
    thread_local! {
        static CHANCE: RefCell<Chance> = RefCell::new(Chance::from_seed(RandomState::new().hash_one(0)));
    }
    CHANCE.with_borrow_mut(|chance| Chance::from_seed(chance.bits()))
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment { unix_millis: u64::try_from(since.as_millis()).unwrap_or(u64::MAX) }
}
