//! Verifying a project against its backends.

use crate::addresses::Home;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::hidden::Hidden;
use crate::lines::FixtureFiles;
use crate::project::{LoadedService, Project, open_project};
use crate::resolve;
use crate::root::Root;
use crate::runs::remember;
use crate::selection::{check_selection, is_selected};
use crate::server_paths::after_not_found;
use crate::trust::{Disclosure, Trust};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use understudy_contract::{Plan, Result as FixtureResult, Settings, Summary, TIMEOUT, Witness, run};
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Path;
use understudy_exchange::redact::REDACTED;
use understudy_fixture::model::Fixture;
use understudy_match::{Kind, Mismatch, response_at};
use understudy_openapi::{Description, Part, Violation};

/// What to verify, and how.
#[derive(Debug, Clone)]
pub struct VerifyRequest {
    /// The project's folder.
    pub project: Root,
    /// The backend, by name or address; each service's own where it is not said.
    pub backend: Option<String>,
    /// Only these services; all where empty.
    pub services: Vec<String>,
    /// Only fixtures whose id or name holds one of these.
    pub filters: Vec<String>,
    /// Only these fixtures, as `SERVICE/ID`; all where empty.
    pub fixtures: Vec<String>,
    /// Only fixtures with one of these tags.
    pub tags: Vec<String>,
    /// How many requests are under way at once.
    pub jobs: usize,
    /// How long an answer may take where the project does not say.
    pub timeout: Option<Duration>,
    /// Whether write methods are sent although the backend's entry does not allow them.
    pub allow_writes: bool,
    /// Whether what proves nothing, and what the backend adds, breaks a promise.
    pub strict: bool,
    /// Whether answers are also held against the services' descriptions.
    pub openapi: bool,
    /// The permissions to send variables of the environment.
    pub trust: Trust,
    /// Once it is set nothing more is sent.
    pub cancelled: Arc<AtomicBool>,
}

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// The project as it was verified, with the problems in its files: what they spoil was not verified.
    pub project: Project,
    /// The backends' addresses, by service.
    pub backends: BTreeMap<String, String>,
    /// The request that started the run.
    pub request: VerifyRequest,
    /// Services that were left out because they have no backend.
    pub without_backend: Vec<String>,
    /// Every fixture, by service and id.
    pub results: Vec<FixtureResult>,
    /// How many came to what.
    pub summary: Summary,
    /// From the first request to the last answer.
    pub took: Duration,
    /// Why what came of it is not remembered, if so.
    pub forgotten: Option<String>,
    /// Notes about the run as a whole, each with what to do.
    pub notes: Vec<String>,
}

impl Run {
    /// Returns the reason that a service was left out, as a sentence about it.
    #[must_use]
    pub fn lacks_backend(&self, service: &str) -> &'static str {
        let loaded = self.project.services.iter().find(|loaded| loaded.service.name == service);
        match loaded {
            Some(loaded) if self.request.backend.is_none() && loaded.service.backends.len() > 1 => {
                "it has several backends, and none of them is chosen"
            }
            _ => "it has no such backend",
        }
    }

    /// The fixtures of a service that the run is about, those that are not enabled included.
    pub(crate) fn selected<'r>(&'r self, loaded: &'r LoadedService) -> impl Iterator<Item = &'r Arc<Fixture>> {
        let name = &loaded.service.name;
        let is_meant = self.request.services.is_empty() || self.request.services.contains(name);
        loaded.fixtures.iter().filter(move |fixture| is_meant && is_selected(name, fixture, &self.request))
    }
}

/// Is told how many fixtures there are, and of each as it ends.
pub type VerifyProgress = Arc<dyn Fn(usize, Option<&FixtureResult>) + Send + Sync>;

/// Verifies a project. `sent` is called with the variables of the environment that backends get, before anything is sent.
///
/// # Errors
/// No project, names that it does not have, variables that are not set, and nothing to verify. A backend that
/// cannot be reached is no error: the fixtures' outcomes say so.
pub async fn verify(
    request: &VerifyRequest,
    sent: impl FnOnce(&[Disclosure]),
    progress: VerifyProgress,
) -> Result<Run, ApiError> {
    let project = open_project(&request.project)?;
    check_selection(&project, request)?;
    let mut plans = Vec::new();
    let mut without_backend = Vec::new();
    for loaded in &project.services {
        let name = &loaded.service.name;
        if !request.services.is_empty() && !request.services.contains(name) {
            continue;
        }
        // A name that only some services have is not a mistake, as long as one does.
        let lacks_name = request.backend.as_deref().is_some_and(|named| {
            !named.contains("://") && !loaded.service.backends.iter().any(|backend| backend.name == named)
        });
        if lacks_name && request.services.is_empty() && project.services.len() > 1 {
            without_backend.push(name.clone());
            continue;
        }
        match resolve::backend(&project, &loaded.service, request.backend.as_deref(), &|name| std::env::var(name).ok())?
        {
            Some(backend) => {
                let plan = Plan::new(Arc::clone(&loaded.service), &loaded.fixtures, |fixture| {
                    is_selected(name, fixture, request)
                });
                let described = loaded.description().filter(|_| request.openapi);
                let witness = described.map(|description| witness(Arc::clone(description), &loaded.service.base));
                plans.push((FixtureFiles::of(loaded), plan, backend, witness));
            }
            None => without_backend.push(name.clone()),
        }
    }
    let total: usize = plans.iter().map(|(_, plan, ..)| plan.len()).sum();
    if total == 0 {
        return Err(nothing(&project, request, &without_backend, plans.is_empty()));
    }
    if request.openapi && plans.iter().all(|(.., witness)| witness.is_none()) {
        let error = ApiError::new(Code::NothingToDo, "no service that is verified has a description that can be read");
        return Err(
            error.with_hint("name it in understudy.yaml: `openapi: openapi.yaml`, relative to the service's folder")
        );
    }
    // A service without fixtures to verify sends nothing.
    plans.retain(|(_, plan, ..)| !plan.is_empty());
    let disclosures: Vec<Disclosure> =
        plans.iter().flat_map(|(.., backend, _)| backend.disclosures()).cloned().collect();
    request.trust.ask(&project.root, &disclosures)?;
    request.trust.check(&project.root, &disclosures)?;
    sent(&disclosures);
    progress(total, None);
    let settings = Settings {
        jobs: request.jobs.max(1),
        timeout: request.timeout.unwrap_or(TIMEOUT),
        allow_writes: request.allow_writes,
        strict: request.strict,
        today: clock::now().date(),
        cancelled: Arc::clone(&request.cancelled),
        secrets: Hidden::new(&project.settings.redact).names(),
        witness: None,
    };
    let began = std::time::Instant::now();
    let mut results = Vec::with_capacity(total);
    let mut backends = BTreeMap::new();
    for (files, plan, backend, witness) in plans {
        let backend = backend.unlock(&project.root, &request.trust)?;
        let settings = Settings { witness, ..settings.clone() };
        let (progress, name) = (Arc::clone(&progress), backend.shown.clone());
        let told_files = files.clone();
        let hidden = Hidden::new(&project.settings.redact);
        let told: understudy_contract::Progress = Arc::new(move |result| {
            if result.mismatches.is_empty() && result.known.is_empty() {
                return progress(total, Some(result));
            }
            let mut shown = result.clone();
            redact(&mut shown, &hidden);
            told_files.find_lines(&mut shown);
            progress(total, Some(&shown));
        });
        let (service, received) = (plan.service().clone(), backend.addresses.received.clone());
        let mut done = run(plan, backend, settings, told).await;
        // A response that is accepted later is written with the project's address of the service.
        if let Some(home) = Home::of(&service, std::iter::empty()) {
            let path = home.path_to_move(received.path()).to_owned();
            let received = received.with_path(&path);
            for answer in done.iter_mut().filter_map(|result| result.answer.as_mut()) {
                if let Cow::Owned(moved) = response_at(answer, &received, home.here()) {
                    *answer = Arc::new(moved);
                }
            }
        }
        done.iter_mut().for_each(|result| files.find_lines(result));
        backends.extend(done.first().map(|result| (result.service.to_string(), name)));
        results.extend(done);
    }
    let hidden = Hidden::new(&project.settings.redact);
    results.iter_mut().for_each(|result| redact(result, &hidden));
    let summary = Summary::of(&results);
    let took = began.elapsed();
    let remembered = match summary.judged() {
        0 => Ok(()),
        _ => remember(&project, &backends, &results, request.openapi),
    };
    let forgotten = remembered.err().map(|error| error.to_string());
    let notes = project.services.iter().filter_map(|loaded| not_found(loaded, &backends, &results)).collect();
    Ok(Run { project, request: request.clone(), backends, without_backend, results, summary, took, forgotten, notes })
}

/// Says what to do if a backend does not have the paths of a service's fixtures, because of the path of the description's servers.
fn not_found(loaded: &LoadedService, backends: &BTreeMap<String, String>, results: &[FixtureResult]) -> Option<String> {
    let name = &loaded.service.name;
    let own = results.iter().filter(|result| *result.service == **name && result.is_refused());
    let not_found = own.filter(|result| result.status == Some(http::StatusCode::NOT_FOUND));
    let fixtures: Vec<&Fixture> = not_found.map(|result| &*result.fixture).collect();
    after_not_found(loaded, backends.get(name)?, &fixtures)
}

/// Holds exchanges against a description. What was sent is the fixture's business, and `check`'s.
fn witness(description: Arc<Description>, base: &str) -> Witness {
    let base = base.to_owned();
    Arc::new(move |request, answer| {
        let conformity = description.judge(request, answer, &base);
        let is_told = |violation: &&Violation| conformity.operation.is_none() || violation.place.is_of_answer();
        let violations = conformity.violations.iter().filter(is_told);
        let mismatch = |violation: &Violation| Mismatch {
            path: match violation.place {
                Part::AnswerBody => json_path(&violation.name),
                place => place.to_string(),
            },
            kind: Kind::Described,
            expected: format!("what {} says", violation.rule),
            received: violation.message.clone(),
        };
        violations.map(mismatch).collect()
    })
}

/// A JSON pointer as a JSONPath.
fn json_path(pointer: &str) -> String {
    let steps: Vec<String> =
        pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let path =
        steps.iter().fold(Path::default(), |path, step| path.child(step.parse().map_or(Step::Name(step), Step::Index)));
    path.to_string()
}

fn nothing(project: &Project, request: &VerifyRequest, without_backend: &[String], no_backend: bool) -> ApiError {
    if no_backend {
        let several = without_backend.iter().filter_map(|name| project.service(name).ok());
        if let Some(loaded) = several.map(|loaded| &loaded.service).find(|service| service.backends.len() > 1)
            && request.backend.is_none()
        {
            let known: Vec<&str> = loaded.backends.iter().map(|backend| backend.name.as_str()).collect();
            let message =
                format!("{} has several backends, and none of them is chosen: {}", loaded.name, known.join(", "));
            let hint =
                format!("name one: --backend {0}, or `backend: {0}` at the service in understudy.yaml", known[0]);
            return ApiError::new(Code::NothingToDo, message).with_hint(hint);
        }
        let names = without_backend.join(", ");
        let message = match &request.backend {
            Some(named) => format!("no service has a backend `{named}`"),
            None => format!("no backend is known for {names}"),
        };
        let hint = "write it under the service's `backends` in understudy.yaml, or name an address: --backend http://127.0.0.1:8080";
        return ApiError::new(Code::NothingToDo, message).with_hint(hint);
    }
    let mut error = ApiError::new(Code::NothingToDo, "there is no fixture to verify");
    error.details = project.diagnostics.iter().filter(|d| d.is_error()).map(ToString::to_string).collect();
    // A selection without any match was reported as an error earlier.
    let are_disabled = error.details.is_empty() && project.services.iter().any(|loaded| !loaded.fixtures.is_empty());
    error.with_hint(match are_disabled {
        true => "all that are selected have `enabled: false`",
        false => "`understudy check` says what is wrong with files",
    })
}

/// Differences are shown and stored: credentials in them are not.
fn redact(result: &mut FixtureResult, hidden: &Hidden) {
    if result.mismatches.is_empty() && result.known.is_empty() {
        return;
    }
    let hidden = hidden.knowing(&result.secrets);
    for line in &mut result.reported {
        *line = hidden.without_values(line).into_owned();
        if hidden.has_secret(line) || hidden.has_piece_of_value(line) {
            REDACTED.clone_into(line);
        }
    }
    let is_secret = |mismatch: &Mismatch| {
        let received = &mismatch.received;
        mismatch.has_received()
            && (hidden.has_place(&mismatch.path) || hidden.has_secret(received) || hidden.has_piece_of_value(received))
    };
    let known = result.known.iter_mut().map(|known| &mut known.mismatch);
    for mismatch in result.mismatches.iter_mut().chain(known).filter(|mismatch| is_secret(mismatch)) {
        let is_same = mismatch.expected == REDACTED;
        mismatch.received = if is_same { format!("{REDACTED} (another value)") } else { REDACTED.to_owned() };
    }
}
