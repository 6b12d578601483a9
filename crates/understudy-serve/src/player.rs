//! One service on the wire.

use crate::decide::{Plan, decide};
use crate::event::{Answered, Exchanged, Observer};
use crate::forward::Forwarding;
use crate::snapshot::Snapshot;
use crate::{cors, problem, respond};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use understudy_exchange::Request;
use understudy_match::{Chance, Incoming, Moment, Rendered};
use understudy_net::{
    BODY_BYTES_MAX, BODY_TIMEOUT, BodyProblem, Client, HEADER_BYTES_MAX, Handler, Inbound, Outbound, OutboundBody,
    coding,
};

/// Answers the requests of one service from a snapshot that can be swapped while it plays.
#[derive(Debug)]
pub struct Player {
    snapshot: ArcSwap<Snapshot>,
    forwarding: Option<Forwarding>,
    client: Arc<Client>,
    observer: Arc<dyn Observer>,
    seed: AtomicU64,
}

impl Player {
    /// A player. `forwarding` is where `passthrough` and `fallback` go; `seed` makes its chance repeatable.
    #[must_use]
    pub fn new(snapshot: Snapshot, forwarding: Option<Forwarding>, observer: Arc<dyn Observer>, seed: u64) -> Self {
        Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            forwarding,
            client: Arc::new(Client::new()),
            observer,
            seed: AtomicU64::new(seed),
        }
    }

    /// What is served now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Serves something else from now on; requests that have begun end with what they began with.
    pub fn swap(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }

    async fn answer(&self, inbound: Inbound) -> Outbound {
        let began = Instant::now();
        let Inbound { parts, body } = inbound;
        let (request, outcome) = match whole(parts, body) {
            Ok((request, raw)) => match self.at_once(&request) {
                Ok(outcome) => (request, outcome),
                Err(plan) => {
                    // What waits is rare, and large: on the heap it makes no other request slower.
                    let outcome = Box::pin(self.later(&request, raw, plan)).await;
                    (request, outcome)
                }
            },
            Err(refused) => {
                let (request, rendered, why) = *refused;
                (request, (outbound(rendered), Answered::Server(why)))
            }
        };
        let (mut outbound, answered) = outcome;
        let snapshot = self.snapshot.load();
        if snapshot.cors
            && let Some(origin) = request.headers.get(ORIGIN)
        {
            cors::allow(origin, &mut outbound.headers);
        }
        self.observer.exchanged(Exchanged {
            service: Arc::clone(&snapshot.name),
            method: request.method,
            target: request.target,
            status: outbound.status,
            answered,
            took: began.elapsed(),
        });
        outbound
    }

    /// The answer, where nothing has to be waited for; else the plan, with the snapshot that it was made from.
    fn at_once(&self, request: &Request) -> Result<(Outbound, Answered), (Arc<Snapshot>, Plan)> {
        let snapshot = self.snapshot.load();
        let mut chance = self.chance();
        let plan = catch_unwind(AssertUnwindSafe(|| decide(&snapshot, &Incoming::new(request), &mut chance)));
        match plan {
            Err(_) => Ok(broken()),
            Ok(plan @ Plan::Forward { .. }) => Err((Arc::clone(&snapshot), plan)),
            Ok(plan @ Plan::Respond { delay, .. }) if !delay.is_zero() => Err((Arc::clone(&snapshot), plan)),
            Ok(plan) => Ok(perform(&snapshot, request, plan, &mut chance)),
        }
    }

    fn chance(&self) -> Chance {
        Chance::from_seed(self.seed.fetch_add(1, Ordering::Relaxed))
    }

    async fn later(
        &self,
        request: &Request,
        raw: Option<Bytes>,
        (snapshot, plan): (Arc<Snapshot>, Plan),
    ) -> (Outbound, Answered) {
        let plan = match plan {
            Plan::Forward { otherwise } => match self.forward(request, raw, &otherwise).await {
                Some(outcome) => return outcome,
                None => *otherwise,
            },
            plan => plan,
        };
        if let Plan::Respond { delay, .. } = plan {
            tokio::time::sleep(delay).await;
        }
        perform(&snapshot, request, plan, &mut self.chance())
    }

    /// What the backend answers; `None` where a fixture stands in for it.
    async fn forward(&self, request: &Request, raw: Option<Bytes>, otherwise: &Plan) -> Option<(Outbound, Answered)> {
        let forwarding = self.forwarding.as_ref()?;
        // The backend gets the bytes that the client sent, still in their coding.
        let body = raw.unwrap_or_else(|| request.body.clone());
        let answer = forwarding.send(&self.client, &request.method, &request.target, &request.headers, body).await;
        let can_stand_in = matches!(otherwise, Plan::Respond { .. });
        match answer {
            Ok(upstream) if can_stand_in && upstream.status.is_server_error() => None,
            Err(_) if can_stand_in => None,
            Ok(upstream) => {
                let body = OutboundBody::Stream(upstream.body);
                Some((Outbound { status: upstream.status, headers: upstream.headers, body }, Answered::Backend))
            }
            Err(error) => {
                let title = "The backend did not answer";
                let detail = format!("{} {}: {error}", forwarding.address, request.target);
                let rendered = problem::problem(StatusCode::BAD_GATEWAY, "backend-failed", title, &detail);
                Some((outbound(rendered), Answered::BackendFailed(error.to_string())))
            }
        }
    }
}

/// Carries out a plan that needs nobody else.
fn perform(snapshot: &Snapshot, request: &Request, plan: Plan, chance: &mut Chance) -> (Outbound, Answered) {
    match plan {
        Plan::Respond { place, response, .. } => {
            let answers = &snapshot.answers[place];
            let rendered = respond::respond(answers.response(response), &request.method, &request.headers, chance, now);
            (outbound(rendered), Answered::Fixture(Arc::clone(&answers.id)))
        }
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
            let explanation = snapshot.index.explain(&Incoming::new(request), &snapshot.state);
            let line = format!("{} {}", request.method, request.target);
            let rendered = problem::miss(&snapshot.name, &line, &explanation);
            (outbound(rendered), Answered::Nobody(problem::describe_miss(&explanation)))
        }
    }
}

impl Handler for Player {
    async fn handle(self: Arc<Self>, request: Inbound) -> Outbound {
        self.answer(request).await
    }
}

/// The request with its body whole and decoded, and the body as it was sent where that is something else; or
/// what to answer where there is no such body.
type Whole = Result<(Request, Option<Bytes>), Box<(Request, Rendered, &'static str)>>;

fn whole(parts: Parts, body: Result<Bytes, BodyProblem>) -> Whole {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let mut request = Request { method: parts.method, target, headers: parts.headers, body: Bytes::new() };
    let raw = match body {
        Ok(raw) => raw,
        Err(problem) => {
            let (rendered, why) = refuse(problem);
            return Err(Box::new((request, rendered, why)));
        }
    };
    let Some(encoding) = request.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()) else {
        request.body = raw;
        return Ok((request, None));
    };
    match coding::decode(encoding, raw.clone(), BODY_BYTES_MAX) {
        Ok(decoded) => {
            request.body = decoded;
            Ok((request, Some(raw)))
        }
        Err(coding::CodingError::TooLarge(_)) => {
            let (rendered, why) = refuse(BodyProblem::TooLarge);
            Err(Box::new((request, rendered, why)))
        }
        Err(error) => {
            let detail = error.to_string();
            let rendered =
                problem::problem(StatusCode::BAD_REQUEST, "content-coding", "The body cannot be decoded", &detail);
            Err(Box::new((request, rendered, "body not decoded")))
        }
    }
}

fn refuse(problem: BodyProblem) -> (Rendered, &'static str) {
    let (status, kind, title, detail, why) = match problem {
        BodyProblem::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "The body is too large",
            format!("at most {BODY_BYTES_MAX} bytes are read"),
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
    };
    (problem::problem(status, kind, title, &detail), why)
}

/// A bug of ours costs one request.
fn broken() -> (Outbound, Answered) {
    let title = "Understudy failed to decide on an answer";
    let detail = "this is a bug in Understudy; the request and the fixtures of this service show it";
    let rendered = problem::problem(StatusCode::INTERNAL_SERVER_ERROR, "bug", title, detail);
    (outbound(rendered), Answered::Server("bug"))
}

fn outbound(rendered: Rendered) -> Outbound {
    Outbound::whole(rendered.status, rendered.headers, rendered.body)
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment { unix_millis: u64::try_from(since.as_millis()).unwrap_or(u64::MAX) }
}
