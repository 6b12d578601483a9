//! A run: sends a plan's requests and judges the answers.

use crate::backend::{Addresses, Backend};
use crate::flow::Context;
use crate::known::{self, Received};
use crate::outcome::{Outcome, Result, is_refusal};
use crate::plan::{Company, Plan, only_reads};
use crate::readable::with_readable_body;
use crate::request::complete;
use crate::retry::{RETRIES_MAX, asked_to_wait};
use crate::states::States;
use crate::strict;
use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, Method, StatusCode};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use understudy_exchange::redact::{REDACTED, SecretNames, is_secret_member, looks_secret};
use understudy_exchange::target::{encode_query_part, encode_segment};
use understudy_exchange::{Json, Request, Response};
use understudy_fixture::model::{Capture, CaptureFrom, Fixture, Known, ResponsePromise, has_no_body};
use understudy_match::{Kind, Mismatch, Verdict, error_report, example_request, judge, promise_at, response_at};
use understudy_net::{Call, Client, Peer, SendError, coding};

/// How long an answer may take where nothing else is said.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// How many bytes of answers are kept, to be accepted later.
const ANSWER_BYTES_KEPT_MAX: usize = 64 << 20;

/// Says what else is wrong with an exchange, beside what the fixture promises.
pub type Witness = Arc<dyn Fn(&Request, &Response) -> Vec<Mismatch> + Send + Sync>;

/// How a run is done.
#[derive(Clone)]
pub struct Settings {
    /// How many requests are under way at once; at least 1.
    pub jobs: usize,
    /// How long an answer may take where the fixture and the service do not say.
    pub timeout: Duration,
    /// Whether write methods are sent although the backend's entry does not allow them.
    pub allow_writes: bool,
    /// Whether what proves nothing, and what the backend adds, breaks a promise.
    pub strict: bool,
    /// The day in UTC, as `YYYY-MM-DD`.
    pub today: String,
    /// Once it is set nothing more is sent; what is under way ends, states taken back included.
    pub cancelled: Arc<AtomicBool>,
    /// The names whose values are not shown in reports.
    pub secrets: SecretNames,
    /// Who else has a say about answers.
    pub witness: Option<Witness>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("jobs", &self.jobs).field("strict", &self.strict).finish_non_exhaustive()
    }
}

/// Is told about every fixture as it ends.
pub type Progress = Arc<dyn Fn(&Result) + Send + Sync>;

/// Sends what a plan says to a backend. The results come in the order of the fixtures' ids, all of them, whatever
/// happens to the backend; of a run that was cancelled, those that there are.
pub async fn run(plan: Plan, backend: Backend, settings: Settings, progress: Progress) -> Vec<Result> {
    let done = plan.fixtures.iter().map(|_| OnceLock::new()).collect();
    let client = Client::new();
    let states = backend.states.clone().map(|endpoint| States::new(endpoint, &client, settings.timeout));
    let (peer, gone) = (client.to(&backend.address), AtomicBool::new(false));
    let Addresses { promised, received } = backend.addresses.clone();
    let compared = Addresses { promised: promised.to_compare(), received: received.to_compare() };
    let run = Arc::new(Run {
        plan,
        backend,
        compared,
        settings,
        progress,
        peer,
        states,
        gone,
        kept: AtomicUsize::new(0),
        done,
    });
    for stage in 0..run.plan.stages.len() {
        side_by_side(&run, stage).await;
    }
    run.done.iter().filter_map(OnceLock::get).map(|(result, _)| result.clone()).collect()
}

struct Run {
    plan: Plan,
    backend: Backend,
    /// The backend's addresses for texts that are only compared.
    compared: Addresses,
    settings: Settings,
    progress: Progress,
    peer: Arc<Peer>,
    /// Where the backend is brought into states.
    states: Option<States>,
    /// Whether the backend could not be reached: nothing is sent any more.
    gone: AtomicBool,
    /// How many bytes of answers are kept.
    kept: AtomicUsize,
    /// What came of each fixture, and what it leaves to those after it.
    done: Vec<OnceLock<(Result, Context)>>,
}

/// Sends the sequences of a stage, as many at once as it allows.
async fn side_by_side(run: &Arc<Run>, stage: usize) {
    let sequences = run.plan.stages[stage].sequences.len();
    let jobs = match run.plan.stages[stage].company {
        Company::Others => run.settings.jobs,
        Company::OthersIfAllowed if run.backend.parallel => run.settings.jobs,
        Company::OthersIfAllowed | Company::Nobody => 1,
    };
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..jobs.clamp(1, sequences) {
        let (run, next) = (Arc::clone(run), Arc::clone(&next));
        workers.spawn(async move {
            while let Some(sequence) = run.plan.stages[stage].sequences.get(next.fetch_add(1, Ordering::Relaxed)) {
                for at in sequence {
                    if run.settings.cancelled.load(Ordering::Relaxed) {
                        return;
                    }
                    run.fixture(*at).await;
                }
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker.expect("a worker neither panics nor is cancelled");
    }
}

impl Run {
    async fn fixture(&self, at: usize) {
        let fixture = &self.plan.fixtures[at];
        let parents: Vec<&(Result, Context)> =
            self.plan.parents[at].iter().filter_map(|parent| self.done[*parent].get()).collect();
        let mut context = Context::merge(parents.iter().map(|(_, context)| context));
        let mut result = self.begin(fixture);
        match self.hindrance(at, &parents) {
            Some(outcome) => result.outcome = outcome,
            None => match self.again(at, &mut context, &mut result).await {
                Ok(()) => self.send_in_state(fixture, &mut context, &mut result).await,
                Err(outcome) => result.outcome = outcome,
            },
        }
        (self.progress)(&result);
        let _ = self.done[at].set((result, context));
    }

    /// Sends the fixtures once more that a fixture uses up, and before them the fixtures that those
    /// use up, each once. Their captures are visible to this fixture and to the fixtures after it,
    /// and to no others.
    async fn again(&self, at: usize, context: &mut Context, told: &mut Result) -> std::result::Result<(), Outcome> {
        for parent in self.plan.once_more(at) {
            let fixture = &self.plan.fixtures[parent];
            let mut result = self.begin(fixture);
            self.send_in_state(fixture, context, &mut result).await;
            told.left.append(&mut result.left);
            if result.outcome.lets_others_follow() {
                continue;
            }
            let why = match result.outcome {
                Outcome::Unreachable(_) => return Err(result.outcome),
                Outcome::NotVerifiable(why) => why,
                _ => result.mismatches.first().map_or_else(String::new, in_words),
            };
            return Err(Outcome::NotVerifiable(format!("`{}` was not kept once more: {why}", fixture.id)));
        }
        Ok(())
    }

    fn begin(&self, fixture: &Arc<Fixture>) -> Result {
        let service = &self.plan.service;
        Result {
            service: service.name.as_str().into(),
            fixture: Arc::clone(fixture),
            owner: fixture.owner.clone().or_else(|| service.owner.clone()),
            outcome: Outcome::Kept,
            request: None,
            retried: 0,
            status: None,
            mismatches: Vec::new(),
            known: Vec::new(),
            stale: Vec::new(),
            left: Vec::new(),
            unproven: Vec::new(),
            added: Vec::new(),
            reported: Vec::new(),
            lines: BTreeMap::new(),
            secrets: Vec::new(),
            answer: None,
            took: Duration::ZERO,
        }
    }

    /// Whether an answer of this size can be kept.
    fn has_room(&self, bytes: usize) -> bool {
        self.kept.fetch_add(bytes, Ordering::Relaxed) + bytes <= ANSWER_BYTES_KEPT_MAX
    }

    /// Why a fixture is not sent.
    fn hindrance(&self, at: usize, parents: &[&(Result, Context)]) -> Option<Outcome> {
        let fixture = &self.plan.fixtures[at];
        if let Some(why) = &fixture.verify.skip {
            return Some(Outcome::Skipped(why.clone()));
        }
        if let Some(why) = &self.plan.not_compared[at] {
            return Some(Outcome::Skipped(why.clone()));
        }
        if self.gone.load(Ordering::Relaxed) {
            return Some(Outcome::Unreachable(format!("{} could not be reached before", self.backend.address.shown())));
        }
        if let Some(lacking) = &self.plan.lacks[at] {
            return Some(Outcome::Blocked(Arc::clone(lacking)));
        }
        if let Some((parent, _)) = parents.iter().find(|(parent, _)| !parent.outcome.lets_others_follow()) {
            return Some(Outcome::Blocked(Arc::clone(&parent.fixture.id)));
        }
        let writes_allowed = self.settings.allow_writes || self.backend.writes;
        (!writes_allowed && !only_reads(fixture)).then_some(Outcome::HeldBack)
    }

    /// Brings the backend into the states that the fixture needs, and out of them again, whatever came of it.
    async fn send_in_state(&self, fixture: &Fixture, context: &mut Context, result: &mut Result) {
        let given = &fixture.verify.given;
        let Some(states) = &self.states else {
            match given.first() {
                Some(state) => result.outcome = Outcome::NotVerifiable(no_states(state, &self.backend.name)),
                None => self.send(fixture, context, result).await,
            }
            return;
        };
        let mut asked = 0;
        let mut set = Ok(());
        for state in given {
            asked += 1;
            match states.set_up(state).await {
                Ok(values) => context.values.extend(values),
                Err(why) => {
                    set = Err(format!("the backend could not be brought into the state `{state}`: {why}"));
                    break;
                }
            }
        }
        match set {
            Ok(()) => self.send(fixture, context, result).await,
            Err(why) => result.outcome = Outcome::NotVerifiable(why),
        }
        // Also of the one that failed: nobody knows how far it came.
        for state in given[..asked].iter().rev() {
            if let Err(why) = states.tear_down(state).await {
                result.left.push(format!("`{state}`: {why}"));
            }
        }
    }

    async fn send(&self, fixture: &Fixture, context: &mut Context, result: &mut Result) {
        let value = |name: &str| {
            context.values.get(name).cloned().or_else(|| self.backend.vars.get(name).map(|v| Json::string(v.clone())))
        };
        let example = match example_request(fixture, &self.plan.service.base, &value) {
            Ok(request) => request,
            Err(missing) => {
                result.outcome = Outcome::NotVerifiable(missing.to_string());
                return;
            }
        };
        let request = complete(example, fixture, &self.backend, context);
        result.request = Some(self.shown(&request, context));
        let began = Instant::now();
        let timeout = fixture.verify.timeout.or(self.plan.service.timeout).unwrap_or(self.settings.timeout);
        let Request { method, target, headers, body } = &request;
        let call = Call { method, target, headers, body };
        let sent = self.sent(fixture, call, timeout, &mut result.retried).await;
        result.took = began.elapsed();
        let answer = match sent {
            Ok((status, headers, body)) => {
                decoded(&headers, body, self.plan.service.body_max).map(|body| Response { status, headers, body })
            }
            Err(error) if error.is_unreachable() => {
                self.gone.store(true, Ordering::Relaxed);
                result.outcome = Outcome::Unreachable(error.with_hint());
                return;
            }
            Err(error) => Err(error.to_string()),
        };
        let mut body = None;
        let verdict = match answer {
            Ok(answer) => {
                // Only the places of known differences are looked for in it.
                body = if fixture.verify.known.is_empty() { None } else { Json::parse(&answer.body).ok() };
                result.status = Some(answer.status);
                let promise = with_readable_body(compared(fixture), self.plan.service.body_max).await;
                let mut verdict = self.judge(fixture, &promise, &request.method, &answer);
                verdict.mismatches.extend(context.capture(fixture, &answer));
                let witness = self.settings.witness.iter();
                verdict.mismatches.extend(witness.flat_map(|witness| witness(&request, &answer)));
                if gives_a_reason(&verdict) {
                    result.reported = error_report(&answer);
                }
                let is_told = !verdict.mismatches.is_empty()
                    || (self.settings.strict && !(verdict.added.is_empty() && verdict.unproven.is_empty()));
                if is_told && self.has_room(answer.body.len()) {
                    result.answer = Some(Arc::new(answer));
                }
                verdict
            }
            Err(received) => Verdict { mismatches: vec![no_answer(received)], ..Verdict::default() },
        };
        let received = Received {
            body: body.as_ref(),
            is_refused: is_refusal(&verdict.mismatches, result.status),
            today: &self.settings.today,
        };
        self.conclude(fixture, verdict, &received, result);
        if result.outcome != Outcome::Kept {
            result.secrets = self.secrets(context);
        }
    }

    /// Sends a request, and sends the request again as often as the backend's responses require.
    /// All waiting takes `timeout` at most, and each response as well.
    async fn sent(
        &self,
        fixture: &Fixture,
        call: Call<'_>,
        timeout: Duration,
        retried: &mut u32,
    ) -> std::result::Result<(StatusCode, HeaderMap, Bytes), SendError> {
        let mut left = timeout;
        loop {
            let sent = if self.wants_body(fixture) {
                self.peer.send_for(self.plan.service.body_max, call, timeout).await?
            } else {
                let (status, headers) = self.peer.send_for_head(call, timeout).await?;
                (status, headers, Bytes::new())
            };
            let (status, headers, _) = &sent;
            let is_expected = match fixture.verify.status.as_slice() {
                [] => compared(fixture).status == status.as_u16(),
                any => any.contains(&status.as_u16()),
            };
            let wait = asked_to_wait(*status, headers, only_reads(fixture)).filter(|wait| *wait <= left);
            let is_over = is_expected || *retried >= RETRIES_MAX || self.settings.cancelled.load(Ordering::Relaxed);
            let Some(wait) = wait.filter(|_| !is_over) else { return Ok(sent) };
            tokio::time::sleep(wait).await;
            left -= wait;
            *retried += 1;
        }
    }

    /// Returns true if the body of the response is needed. A body that is not needed may have no end.
    fn wants_body(&self, fixture: &Fixture) -> bool {
        let ResponsePromise { body, rules, status, .. } = compared(fixture);
        let is_captured = |capture: &Capture| matches!(capture.from, CaptureFrom::Body(_) | CaptureFrom::Text(_));
        body.is_some()
            || !rules.is_empty()
            || has_no_body(*status)
            || fixture.verify.capture.iter().any(is_captured)
            || self.settings.witness.is_some()
    }

    /// Compares a response with a fixture. Both may use any address of the service.
    fn judge(&self, fixture: &Fixture, promise: &ResponsePromise, method: &Method, answer: &Response) -> Verdict {
        let Addresses { promised, received } = &self.compared;
        let here = self.backend.here();
        let promise = promise_at(promise, promised, here);
        judge(&promise, &fixture.verify.status, method, &response_at(answer, received, here))
    }

    /// A request's line for people: without what came from the environment, and without secrets that were captured.
    fn shown(&self, request: &Request, context: &Context) -> String {
        let secrets = self.secrets(context);
        let written = secrets.iter().flat_map(|text| [text.clone(), encode_segment(text), encode_query_part(text)]);
        let line = format!("{} {}", request.method, self.settings.secrets.shown_target(&request.target));
        written.fold(line, |line, secret| line.replace(&secret, REDACTED))
    }

    /// Returns the credentials that a run knows: values from the environment, and secrets that were captured.
    fn secrets(&self, context: &Context) -> Vec<String> {
        let captured = context.values.iter().filter_map(|(name, value)| match value {
            Json::String(text) if is_secret_member(name) || looks_secret(text.as_str()) => Some(text.as_str()),
            _ => None,
        });
        let all = self.backend.secrets.iter().map(String::as_str).chain(captured);
        all.filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }

    /// Says what comes of a fixture whose response has these differences.
    fn conclude(&self, fixture: &Fixture, verdict: Verdict, received: &Received<'_>, result: &mut Result) {
        let mut mismatches = verdict.mismatches;
        if self.settings.strict {
            mismatches.extend(verdict.added.iter().map(|path| strict::added(path)));
            mismatches.extend(verdict.unproven.iter().map(|path| strict::unproven(path)));
        }
        let sorted = known::sort(fixture, mismatches, received);
        (result.mismatches, result.known, result.stale) = (sorted.mismatches, sorted.known, sorted.stale);
        result.unproven = verdict.unproven;
        result.added = verdict.added;
        result.outcome = match (result.mismatches.is_empty(), result.known.is_empty()) {
            (false, _) => Outcome::Broken,
            (true, false) => Outcome::Known,
            (true, true) => Outcome::Kept,
        };
    }
}

/// The response that a backend is compared with. A fixture without one is skipped.
fn compared(fixture: &Fixture) -> &ResponsePromise {
    fixture.promise().expect("a fixture without such a response is not sent")
}

/// Returns true if the response gives a reason for its differences: another status, or, as in
/// GraphQL, errors that the fixture does not list.
fn gives_a_reason(verdict: &Verdict) -> bool {
    let has_errors = || verdict.added.iter().any(|path| path == "$.errors" || path == "$.error");
    verdict.mismatches.iter().any(|mismatch| mismatch.kind == Kind::Status)
        || (!verdict.mismatches.is_empty() && has_errors())
}

fn no_states(state: &str, backend: &str) -> String {
    format!("it is given that `{state}`, and the backend `{backend}` has no `states` endpoint to be told so")
}

/// A difference in a line. What came from the backend may be a secret, and nobody looks for those in words.
fn in_words(found: &Mismatch) -> String {
    let Mismatch { path, kind, expected, received } = found;
    match kind {
        Kind::Status | Kind::NoAnswer | Kind::Capture => format!("{path}: expected {expected}, received {received}"),
        _ => format!("{path}: expected {expected}"),
    }
}

fn no_answer(received: String) -> Mismatch {
    Mismatch { path: Known::NO_ANSWER.to_owned(), kind: Kind::NoAnswer, expected: "an answer".to_owned(), received }
}

fn decoded(headers: &HeaderMap, body: Bytes, bytes_max: usize) -> std::result::Result<Bytes, String> {
    match headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()) {
        // Nobody sends a body in answer to a HEAD, whatever its fields say.
        Some(encoding) if !body.is_empty() => {
            coding::decode(encoding, body, bytes_max).map_err(|error| error.to_string())
        }
        _ => Ok(body),
    }
}
