//! Every problem in a project's files.

use crate::check_known::idle_entries;
use crate::clock;
use crate::error::ApiError;
use crate::find::Target;
use crate::project::{LoadedService, Project, open_project, open_target};
use crate::report::CheckReport;
use crate::root::Root;
use crate::server_paths::misplaced_backends;
use http::header::CONTENT_TYPE;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use understudy_exchange::redact::is_secret_header;
use understudy_exchange::{Json, Response};
use understudy_fixture::model::{Fixture, Requests, ResponseBody, ResponsePromise};
use understudy_fixture::{Code, Diagnostic, Severity};
use understudy_match::{
    Chance, Choice, Incoming, Mismatch, Moment, Rendering, State, Tie, example_request, judge, stub_request,
};
use understudy_openapi::Description;

/// What a check found.
#[derive(Debug)]
pub struct Check {
    /// The project.
    pub project: Project,
    /// Every problem, sorted by file and place.
    pub problems: Vec<Diagnostic>,
}

impl Check {
    /// Whether some problem is an error in what a file says by itself.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.is_error() && problem.code != Code::NotAsDescribed)
    }

    /// Whether a fixture is not what its service's description says.
    #[must_use]
    pub fn breaks_description(&self) -> bool {
        self.problems.iter().any(|problem| problem.is_error() && problem.code == Code::NotAsDescribed)
    }

    /// The document of `check --json`.
    #[must_use]
    pub fn report(&self) -> CheckReport {
        CheckReport::new(&self.project, &self.problems)
    }
}

/// Reads a project and looks for what reading alone does not show: examples that another fixture would answer,
/// examples that do not obey the fixture's own rules, and what is not as the service's description says.
///
/// # Errors
/// As [`open_project`].
pub fn check(root: impl Into<Root>) -> Result<Check, ApiError> {
    let project = open_project(root)?;
    let problems = problems_of(&project);
    Ok(Check { project, problems })
}

/// Checks what a person named: a project, one fixture or a description. Its files may use the `allowed` places.
///
/// # Errors
/// As [`open_target`].
pub fn check_target(target: &Target, allowed: &[PathBuf]) -> Result<Check, ApiError> {
    let project = open_target(target, Requests::Refuse, allowed)?;
    let problems = problems_of(&project);
    Ok(Check { project, problems })
}

/// Every problem of a project, those that reading alone does not show included; sorted by file and place.
pub(crate) fn problems_of(project: &Project) -> Vec<Diagnostic> {
    let mut problems = project.diagnostics.clone();
    let today = clock::now().date();
    for loaded in &project.services {
        let shadowed = own_examples(loaded);
        problems.extend(ties(loaded, &shadowed));
        // That two fixtures are the same request is reported already.
        let is_duplicate = |file: &str| {
            project.diagnostics.iter().any(|other| other.code == Code::DuplicateRequest && *other.file == *file)
        };
        problems.extend(shadowed.into_iter().filter(|problem| !is_duplicate(&problem.file)));
        problems.extend(loaded.fixtures.iter().filter_map(|fixture| repeated_base(&loaded.service.base, fixture)));
        problems.extend(loaded.fixtures.iter().flat_map(broken_examples));
        problems.extend(loaded.fixtures.iter().flat_map(|fixture| idle_entries(fixture, &today)));
        if let Some(description) = loaded.description() {
            let is_new =
                |problem: &Diagnostic| project.diagnostics.iter().all(|known| known.sort_key() != problem.sort_key());
            problems.extend(description.remaining_problems().into_iter().filter(is_new));
            let enabled = loaded.fixtures.iter().filter(|fixture| fixture.enabled);
            problems.extend(enabled.flat_map(|fixture| not_as_described(description, &loaded.service.base, fixture)));
        }
    }
    problems.extend(project.services.iter().flat_map(not_read));
    problems.extend(project.services.iter().flat_map(|loaded| misplaced_backends(project, loaded)));
    problems.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    problems
}

/// The maximum number of files that a message names.
const NAMED_MAX: usize = 3;

/// Files that may have been meant as fixtures, in one message each kind.
fn not_read(loaded: &LoadedService) -> Vec<Diagnostic> {
    let warning = |files: &[String], why: &str, hint: &str| {
        let first = files.first()?;
        let named: Vec<&str> = files.iter().take(NAMED_MAX).map(String::as_str).collect();
        let more = files.len() - named.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let message = format!("{}{more}: {why}", named.join(", "));
        let of_file = Diagnostic::of_file(Code::NotRead, &loaded.service.path_of(first), message);
        Some(Diagnostic { severity: Severity::Warning, ..of_file }.with_hint(hint))
    };
    let nearly = warning(
        &loaded.not_read.nearly,
        "not read, as fixtures end in .yaml, .yml or .json",
        "rename what is a fixture; a name that starts with `_` is passed over without a word",
    );
    let others = warning(
        &loaded.not_read.others,
        "not read, as nothing in it says `request` or `response`",
        "in a folder with an understudy.yaml, every .yaml and .json file of a service is a fixture",
    );
    nearly.into_iter().chain(others).collect()
}

/// Fixtures that do not answer their own example: it is not what they ask for, or another one comes first.
fn own_examples(loaded: &LoadedService) -> Vec<Diagnostic> {
    let index = loaded.index();
    let mut problems = Vec::new();
    let mut skipped: BTreeMap<String, (&Arc<Fixture>, usize)> = BTreeMap::new();
    for fixture in loaded.fixtures.iter().filter(|fixture| fixture.enabled) {
        let Ok(request) = stub_request(fixture, &loaded.service.base) else { continue };
        let state: State = fixture.when.iter().map(|when| (when.name.clone(), when.values[0].clone())).collect();
        let incoming = Incoming::new(&request);
        let rivals = index.count_on_path(&incoming);
        if rivals > ON_PATH_MAX {
            skipped.entry(fixture.request.path.to_string()).or_insert((fixture, rivals));
            continue;
        }
        let chosen = match index.choose(&incoming, &state) {
            Choice::Promise(place) => Some(&index.promises()[place]),
            _ => None,
        };
        if chosen.is_some_and(|chosen| chosen.id == fixture.id) {
            continue;
        }
        let explanation = understudy_match::explain(&index, &incoming, &state);
        let own = explanation.near.into_iter().find(|near| near.fixture.id == fixture.id);
        // Where a placeholder stands, nobody knows what will.
        let is_known = example_request(fixture, &loaded.service.base, &|_| None).is_ok();
        if let Some(own) = own.as_ref().filter(|own| is_known && !own.differences.is_empty()) {
            problems.extend(own.differences.iter().map(|difference| {
                let message = format!("the request's own example is not what it asks for: {difference}");
                Diagnostic::of_file(Code::BrokenExample, &fixture.file, message).with_hint(CHANGE_IT)
            }));
            continue;
        }
        let Some(chosen) = chosen else { continue };
        let why = own.and_then(|own| own.behind);
        let message =
            format!("the fixture's own example, {} {}, is answered by `{}`", request.method, request.target, chosen.id);
        let hint = match why {
            Some(why) => format!("{why}; give this one a higher `priority`, or change a request"),
            None => "give this one a higher `priority`, or change a request".to_owned(),
        };
        problems.push(warning(Code::Shadowed, &fixture.file, message).with_hint(hint));
    }
    problems.extend(skipped.into_iter().map(|(path, (fixture, rivals))| {
        let message = format!("not checked: which of the {rivals} fixtures on {path} answers each one's own example");
        let hint = format!("at most {ON_PATH_MAX} fixtures on one path are compared with each other");
        warning(Code::Shadowed, &fixture.file, message).with_hint(hint)
    }));
    problems
}

/// The maximum number of fixtures on one path of which each is compared with all others.
const ON_PATH_MAX: usize = 5_000;

/// Returns the fixtures that match the same request as another fixture, where only the name decides
/// which one is used. Fixtures whose own example is matched by another fixture are in `shadowed`
/// already, and are left out.
fn ties(loaded: &LoadedService, shadowed: &[Diagnostic]) -> Vec<Diagnostic> {
    let index = loaded.index();
    let ties = index.ties(&loaded.service.base).into_iter();
    let is_new = |tie: &Tie| shadowed.iter().all(|problem| *problem.file != *index.promises()[tie.second].file);
    ties.filter(is_new)
        .map(|tie| {
            let [first, second] = [tie.first, tie.second].map(|place| &index.promises()[place]);
            let message = format!(
                "this fixture and `{0}` both match {1}: `{0}` answers only because its name comes first",
                first.id,
                shown(&tie)
            );
            let hint = "give one of them a higher `priority`, or a condition that the other does not have";
            warning(Code::Tie, &second.file, message).with_hint(hint)
        })
        .collect()
}

/// A request that two fixtures match, as far as one line shows it.
fn shown(tie: &Tie) -> String {
    let Tie { request, state, .. } = tie;
    let mut shown = format!("{} {}", request.method, request.target);
    let headers = request.headers.iter().filter(|(name, _)| **name != CONTENT_TYPE);
    for (name, value) in headers {
        let value = if is_secret_header(name.as_str()) { "..." } else { value.to_str().unwrap_or("...") };
        shown.push_str(&format!(", {name}: {value}"));
    }
    if !request.body.is_empty() {
        let body = String::from_utf8_lossy(&request.body);
        let start: String = body.chars().take(BODY_CHARS_SHOWN).collect();
        let cut = if start.len() < body.len() { "..." } else { "" };
        shown.push_str(&format!(", with the body {start}{cut}"));
    }
    for (name, value) in state {
        shown.push_str(&format!(", in the state {name}={value}"));
    }
    shown
}

const BODY_CHARS_SHOWN: usize = 80;

/// A fixture whose path begins with the service's base, which is put in front of every path anyway.
fn repeated_base(base: &str, fixture: &Arc<Fixture>) -> Option<Diagnostic> {
    let path = fixture.request.path.to_string();
    let rest = path.strip_prefix(base).filter(|_| !base.is_empty())?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let message = format!("the path repeats the service's `base`, so that {base}{path} is answered");
    let hint =
        format!("`base` is put in front of every path: write `path: {}`", if rest.is_empty() { "/" } else { rest });
    Some(warning(Code::BadPath, &fixture.file, message).with_hint(hint))
}

fn warning(code: Code, file: &str, message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, ..Diagnostic::of_file(code, file, message) }
}

/// The operation of a description that a fixture is about.
pub(crate) fn operation_of(description: &Description, base: &str, fixture: &Fixture) -> Option<usize> {
    description.operation(&stub_request(fixture, base).ok()?, base)
}

/// A fixture's own exchange, held against the description. Where a placeholder stands, nobody knows what will.
pub(crate) fn not_as_described(description: &Description, base: &str, fixture: &Fixture) -> Vec<Diagnostic> {
    let has_placeholder = Cell::new(false);
    let noticed = |name: &str| {
        has_placeholder.set(true);
        Some(Json::string(name))
    };
    let Ok(request) = example_request(fixture, base, &noticed) else { return Vec::new() };
    let of_file = |message: String, rule: &str| {
        Diagnostic::of_file(Code::NotAsDescribed, &fixture.file, message)
            .with_hint(format!("the description says so at {rule}"))
    };
    let mut problems: Vec<Diagnostic> = Vec::new();
    for promise in &fixture.responses {
        let conformity = description.judge(&request, &sent(promise), base);
        for violation in &conformity.violations {
            let is_of_answer = violation.place.is_of_answer() || conformity.operation.is_none();
            // What is skipped is never sent.
            let is_sent = fixture.verify.skip.is_none() && !has_placeholder.get();
            if is_of_answer || is_sent {
                problems.push(of_file(violation.to_string(), &violation.rule));
            }
        }
        for (place, rule) in &conformity.undescribed {
            let message = format!("answer's body {place}: is not described");
            problems.push(Diagnostic { severity: Severity::Warning, ..of_file(message, rule) });
        }
    }
    problems.dedup();
    problems
}

/// What the stub sends.
fn sent(promise: &ResponsePromise) -> Response {
    let sent = Rendering::new(promise).render(&mut Chance::from_seed(1), Moment { unix_millis: 0 });
    Response { status: sent.status, headers: sent.headers, body: sent.body }
}

/// A stub sends the example, and the contract test holds it against the rules: what breaks them here would be
/// called broken on a backend that does exactly what the stub does.
pub(crate) fn broken_examples(fixture: &Arc<Fixture>) -> Vec<Diagnostic> {
    let Some(promise) = fixture.promise() else { return Vec::new() };
    let problem = |mismatch: &Mismatch| {
        let message = format!(
            "the example does not obey the fixture's own rules: {}: expected {}, found {}",
            mismatch.path, mismatch.expected, mismatch.received
        );
        Diagnostic::of_file(Code::BrokenExample, &fixture.file, message).with_hint(CHANGE_IT)
    };
    differences_of_example(promise).iter().map(problem).collect()
}

/// The first difference between a response's example and its own rules.
pub(crate) fn broken_example(promise: &ResponsePromise) -> Option<Mismatch> {
    differences_of_example(promise).into_iter().next()
}

fn differences_of_example(promise: &ResponsePromise) -> Vec<Mismatch> {
    // A file on the disk is sent as it is: only the head can be wrong.
    let is_on_disk = matches!(promise.body, Some(ResponseBody::LargeFile(_)));
    let method = if is_on_disk { http::Method::HEAD } else { http::Method::GET };
    judge(promise, &[], &method, &sent(promise)).mismatches
}

const CHANGE_IT: &str = "change the example or the rule";
