//! Runs against backends, as they go on.

use super::commands::Nothing;
use super::exchange::quoted;
use super::view::Outcomes;
use super::{App, Changes};
use crate::clock;
use crate::error::ApiError;
use crate::reasons::{Shared, by_reason};
use crate::report::FixtureReport;
use crate::root::Root;
use crate::verify::{Run, VerifyRequest, verify};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;
use understudy_contract::{OutcomeKind, Result as FixtureResult, Summary};

/// How many requests are under way at once.
const JOBS: usize = 8;

/// The outcomes that are failures.
const FAILURES: [&str; 3] = ["broken", "unreachable", "blocked"];

/// What to replay.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct StartRun {
    /// The backend, by name or address; each service's own where it is not said.
    pub(super) backend: Option<String>,
    /// Only these fixtures, as `SERVICE/ID`, with what they come after; all where empty.
    pub(super) fixtures: Vec<String>,
    /// Whether write methods are sent although the backend's entry does not allow them.
    pub(super) allow_writes: bool,
    /// Whether answers are also held against the services' descriptions.
    pub(super) openapi: bool,
}

/// From which result on.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct RunRequest {
    /// How many results of this run are known already.
    pub(super) known: u32,
    /// The run that they are of.
    pub(super) run: u64,
}

/// A run, and its results from some on.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct RunPart {
    /// Which run it is; 0 where there was none.
    pub(super) run: u64,
    /// `none`, `running`, `done`, `cancelled` or `failed`.
    pub(super) state: &'static str,
    /// Why it could not be done.
    pub(super) error: Option<ApiError>,
    /// How many fixtures it is about.
    pub(super) total: u32,
    /// How many results come before those that are listed here.
    pub(super) from: u32,
    /// In the order in which they came.
    pub(super) results: Vec<FixtureReport>,
    /// How many came to what, by the outcomes' names.
    pub(super) summary: BTreeMap<&'static str, u32>,
    /// The backends' addresses, by service.
    pub(super) backends: BTreeMap<String, String>,
    /// How long it took, or takes so far, in milliseconds.
    pub(super) millis: u64,
    /// The line for a shell that does the same.
    pub(super) command: String,
    /// The failures by their reason, the one with the most fixtures first; empty while the run goes on.
    pub(super) reasons: Vec<Reason>,
    /// Notes about the run as a whole, each with what to do; empty while it goes on.
    pub(super) notes: Vec<String>,
}

/// A reason for which fixtures failed: a status, or a difference that is the same in all of them.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Reason {
    /// The reason in words: `status 401`, `userName missing`.
    pub(super) title: String,
    /// The words of the first error response, or the first difference: `token expired`.
    pub(super) detail: String,
    /// The fixtures that failed, each with the differences of this reason.
    pub(super) fixtures: Vec<FailedFixture>,
}

/// A fixture that failed for a reason.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct FailedFixture {
    /// The service.
    pub(super) service: String,
    /// The fixture's id.
    pub(super) fixture: String,
    /// The paths of the differences of this reason.
    pub(super) places: Vec<String>,
}

impl Reason {
    fn new(shared: &Shared<'_>) -> Self {
        let (first, shown) = &shared.fixtures[0];
        let values = shown.first().map(|shown| shown.difference);
        let difference = values.map(|it| format!("expected {}, received {}", it.expected, it.received));
        let fixtures = shared.fixtures.iter().map(|(report, shown)| FailedFixture {
            service: report.service.clone(),
            fixture: report.fixture.clone(),
            places: shown.iter().map(|shown| shown.difference.path.clone()).collect(),
        });
        Self {
            title: shared.title.clone(),
            detail: first.reason.clone().or(difference).unwrap_or_default(),
            fixtures: fixtures.collect(),
        }
    }
}

/// The last run.
#[derive(Debug)]
pub(super) struct Runs {
    revision: AtomicU64,
    last: Mutex<Last>,
    changes: Arc<Changes>,
}

#[derive(Debug)]
struct Last {
    run: u64,
    state: &'static str,
    error: Option<ApiError>,
    total: usize,
    results: Vec<FixtureResult>,
    /// Of this run and those before it.
    outcomes: Outcomes,
    backends: BTreeMap<String, String>,
    began: Instant,
    millis: Option<u64>,
    command: String,
    /// All of it, once it came to its end.
    done: Option<Arc<Run>>,
    going: Option<Going>,
}

/// A run that goes on.
#[derive(Debug)]
struct Going {
    cancelled: Arc<AtomicBool>,
    task: AbortHandle,
}

/// How long what is under way may take once a run is cancelled: states of the backend are taken back in it.
const CANCEL_GRACE: Duration = Duration::from_secs(10);

impl Going {
    fn cancel(self) {
        self.cancelled.store(true, Ordering::Relaxed);
        tokio::spawn(async move {
            tokio::time::sleep(CANCEL_GRACE).await;
            self.task.abort();
        });
    }
}

impl Last {
    fn end(&mut self, state: &'static str) {
        self.state = state;
        self.millis = Some(millis_since(self.began));
        self.going = None;
    }
}

fn millis_since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Runs {
    pub(super) fn new(changes: Arc<Changes>) -> Self {
        let last = Last {
            run: clock::unix_micros(),
            state: "none",
            error: None,
            total: 0,
            results: Vec::new(),
            outcomes: Outcomes::new(),
            backends: BTreeMap::new(),
            began: Instant::now(),
            millis: Some(0),
            command: String::new(),
            done: None,
            going: None,
        };
        Self { revision: AtomicU64::new(clock::unix_micros()), last: Mutex::new(last), changes }
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    pub(super) fn outcomes(&self) -> Outcomes {
        self.last().outcomes.clone()
    }

    /// What came of a fixture in the last run.
    pub(super) fn result(&self, service: &str, fixture: &str) -> Option<FixtureResult> {
        let last = self.last();
        last.results.iter().find(|result| &*result.service == service && &*result.fixture.id == fixture).cloned()
    }

    /// The last run, if it came to its end.
    pub(super) fn done(&self) -> Option<Arc<Run>> {
        self.last().done.clone()
    }

    fn changed(&self) {
        self.revision.fetch_add(1, Ordering::Relaxed);
        self.changes.changed();
    }

    pub(super) fn cancel(&self) {
        let mut last = self.last();
        if let Some(going) = last.going.take() {
            going.cancel();
            last.end("cancelled");
            drop(last);
            self.changed();
            self.changes.project_changed();
        }
    }
}

impl App {
    pub(super) async fn run_start(self: &Arc<Self>, request: StartRun) -> Result<Nothing, ApiError> {
        let root = self.project.lock().await.servers.project().root.clone();
        let command = command(&root, &request);
        let wanted = VerifyRequest {
            project: root,
            backend: request.backend,
            services: Vec::new(),
            filters: Vec::new(),
            fixtures: request.fixtures,
            tags: Vec::new(),
            jobs: JOBS,
            timeout: None,
            allow_writes: request.allow_writes,
            strict: false,
            openapi: request.openapi,
            trust: self.trust.clone(),
            cancelled: Arc::default(),
        };
        let cancelled = Arc::clone(&wanted.cancelled);
        // Under one lock, so that no run is lost of sight that could not be cancelled then.
        {
            let mut last = self.runs.last();
            if let Some(going) = last.going.take() {
                going.cancel();
            }
            last.run += 1;
            last.state = "running";
            (last.error, last.total, last.millis) = (None, 0, None);
            last.results.clear();
            last.done = None;
            last.backends.clear();
            last.began = Instant::now();
            last.command = command;
            let (app, run) = (Arc::clone(self), last.run);
            let task = tokio::spawn(async move { app.run_to_its_end(run, wanted).await });
            last.going = Some(Going { cancelled, task: task.abort_handle() });
        }
        self.runs.changed();
        Ok(Nothing {})
    }

    async fn run_to_its_end(self: Arc<Self>, run: u64, wanted: VerifyRequest) {
        let told = Arc::clone(&self);
        let progress = move |total: usize, result: Option<&FixtureResult>| {
            let mut last = told.runs.last();
            if last.run != run {
                return;
            }
            last.total = total;
            if let Some(result) = result {
                let key = (result.service.to_string(), result.fixture.id.to_string());
                last.outcomes.insert(key, result.outcome.name());
                last.results.push(result.clone());
            }
            drop(last);
            told.runs.changed();
        };
        let ended = verify(&wanted, |_| (), Arc::new(progress)).await;
        {
            let mut last = self.runs.last();
            if last.run != run || last.state != "running" {
                return;
            }
            match ended {
                Ok(done) => {
                    // In the order of services and ids, as reports have them.
                    last.results.clone_from(&done.results);
                    last.backends.clone_from(&done.backends);
                    last.done = Some(Arc::new(done));
                    last.end("done");
                }
                Err(error) => {
                    last.error = Some(error);
                    last.end("failed");
                }
            }
        }
        self.runs.changed();
        self.changes.project_changed();
    }

    pub(super) async fn run_cancel(&self, _: Nothing) -> Result<Nothing, ApiError> {
        self.runs.cancel();
        Ok(Nothing {})
    }

    pub(super) async fn run(&self, request: RunRequest) -> Result<RunPart, ApiError> {
        let last = self.runs.last();
        // The results of a run that has ended stand in another order: they are told anew.
        let known = if request.run == last.run && last.state == "running" { request.known as usize } else { 0 };
        let results: Vec<FixtureReport> =
            last.results.get(known..).unwrap_or(&[]).iter().map(FixtureReport::new).collect();
        let has_failed = |report: &&FixtureReport| FAILURES.contains(&report.outcome);
        let reasons = match last.state {
            "running" => Vec::new(),
            _ => by_reason(results.iter().filter(has_failed)).iter().map(Reason::new).collect(),
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let summary = Summary::of(&last.results);
        let summary = OutcomeKind::ALL.map(|kind| (kind.as_str(), count(summary.count(kind)))).into_iter();
        Ok(RunPart {
            run: last.run,
            state: last.state,
            error: last.error.clone(),
            total: count(last.total),
            from: count(known),
            results,
            summary: summary.collect(),
            backends: last.backends.clone(),
            millis: last.millis.unwrap_or_else(|| millis_since(last.began)),
            command: last.command.clone(),
            reasons,
            notes: last.done.as_ref().map_or_else(Vec::new, |run| run.notes.clone()),
        })
    }
}

/// The line for a shell that does the same as a run.
fn command(root: &Root, request: &StartRun) -> String {
    let root = root.absolute();
    let mut out = format!("understudy verify {}", quoted(&root.to_string_lossy()));
    let mut add = |option: &str, value: &str| out.push_str(&format!(" {option} {}", quoted(value)));
    if let Some(backend) = &request.backend {
        add("--backend", backend);
    }
    request.fixtures.iter().for_each(|fixture| add("--fixture", fixture));
    if request.allow_writes {
        out.push_str(" --allow-writes");
    }
    if request.openapi {
        out.push_str(" --openapi");
    }
    for place in root.allowed() {
        out.push_str(&format!(" --allow-outside {}", quoted(&place.to_string_lossy())));
    }
    out
}
