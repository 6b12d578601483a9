//! Writes the differences of a run into the fixtures, so that version control shows them.
//!
//! Only the example is edited, never a rule: a rule was written by somebody who meant it. If the
//! example would then break the rules of its own fixture, the example stays unchanged, and that is
//! reported. Every edit is verified: the received response is compared with the edited fixture. An
//! edit is not made if another run would still report the difference, or a new one.

mod editing;
mod elements;
mod outage;
mod place;
mod remaining;
mod shared_file;
mod stale;

use crate::change::{FileChange, bring_all};
use crate::clock;
use crate::error::{ApiError, Code};
use crate::hidden::Hidden;
use crate::project::{LoadedService, Project};
use editing::Editing;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use outage::Doubts;
use stale::count_stale;
use understudy_contract::Result as FixtureResult;
use understudy_exchange::{Json, Response};
use understudy_fixture::model::{Fixture, Known, MethodMatcher, ResponseBody, ResponsePromise};
use understudy_fixture::{Edit, flow_value, rule_value};
use understudy_match::{Kind, Mismatch, judge, loosened};

/// The differences of one fixture that were accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The service and the fixture's id.
    pub fixture: String,
    /// The files that were written, relative to the project.
    pub files: Vec<String>,
    /// The places that were accepted.
    pub places: Vec<String>,
    /// The places that were not, and why.
    pub left: Vec<(String, String)>,
    /// The number of other responses that no backend is compared with, and that keep the shape of before.
    pub stale: usize,
    /// Why nothing was accepted, if the response may come of an outage.
    pub doubt: Option<String>,
    /// The changes in each file, in the form that version control shows.
    pub diffs: Vec<String>,
}

impl Accepted {
    fn none(loaded: &LoadedService, fixture: &Fixture) -> Self {
        Self {
            fixture: format!("{}/{}", loaded.service.name, fixture.id),
            files: Vec::new(),
            places: Vec::new(),
            left: Vec::new(),
            stale: 0,
            doubt: None,
            diffs: Vec::new(),
        }
    }
}

/// A response that was compared with a fixture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged<'j> {
    pub(crate) fixture: &'j Fixture,
    pub(crate) mismatches: &'j [Mismatch],
    pub(crate) answer: Option<&'j Response>,
    /// Credentials that the response may echo.
    pub(crate) secrets: &'j [String],
    /// The same fixture from another source. This source provides the captures and states that
    /// later fixtures need.
    pub(crate) gives: Option<&'j Fixture>,
    /// True if the responses of `gives` in other states are accepted too.
    pub(crate) in_states: bool,
}

impl<'j> Judged<'j> {
    pub(crate) fn of(result: &'j FixtureResult) -> Self {
        let (mismatches, answer) = (result.mismatches.as_slice(), result.answer.as_deref());
        Self { fixture: &result.fixture, mismatches, answer, secrets: &result.secrets, gives: None, in_states: false }
    }
}

/// Options that select which results of a run are accepted.
#[derive(Debug, Clone, Default)]
pub struct AcceptOptions {
    /// Fixtures, as `SERVICE/ID`, whose responses are accepted even if they may come of an outage.
    pub named: Vec<String>,
    /// Every response is accepted, even if it may come of an outage.
    pub force: bool,
    /// No file is written.
    pub dry_run: bool,
}

/// Accepts all differences of results, and writes the files. A response that may come of an outage, of a missing credential or of
/// a rate limit is accepted only into fixtures that are named, or by force.
///
/// # Errors
/// A service that the project does not have.
pub fn accept(
    project: &Project,
    results: &[FixtureResult],
    options: &AcceptOptions,
) -> Result<Vec<Accepted>, ApiError> {
    let doubts = Doubts::of(results);
    let mut all = Vec::new();
    for result in results.iter().filter(|result| !result.mismatches.is_empty()) {
        let loaded = project.service(&result.service)?;
        let mut accepted = Accepted::none(loaded, &result.fixture);
        let is_meant = options.force || options.named.contains(&accepted.fixture);
        match doubts.about(result).filter(|_| !is_meant) {
            Some(why) => accepted.doubt = Some(why.to_owned()),
            None => match accept_result(project, loaded, result, options.dry_run) {
                Ok(done) => accepted = done,
                // Another program may have changed the file since: that says nothing of the other fixtures.
                Err(error) => {
                    let hint = error.hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
                    accepted.left.push((result.fixture.file.to_string(), format!("{error}{hint}")));
                }
            },
        }
        all.push(accepted);
    }
    Ok(all)
}

fn accept_result(
    project: &Project,
    loaded: &LoadedService,
    result: &FixtureResult,
    dry_run: bool,
) -> Result<Accepted, ApiError> {
    Editing::new(loaded, &result.fixture)?.is_as_verified(&result.fixture)?;
    let (mut accepted, edits) = accept_some(project, loaded, Judged::of(result), |_| true)?;
    if let Some(received) = &result.answer {
        accepted.stale = count_stale(&result.fixture, &accepted.places, received);
    }
    if !dry_run {
        bring_all(&edits, true)?;
    }
    Ok(accepted)
}

/// Accepts the `wanted` differences of a response, and the captures and states that other fixtures
/// need. Returns the file changes to write.
pub(crate) fn accept_some(
    project: &Project,
    loaded: &LoadedService,
    judged: Judged<'_>,
    wanted: impl Fn(&Mismatch) -> bool,
) -> Result<(Accepted, Vec<FileChange>), ApiError> {
    let mut editing = Editing::new(loaded, judged.fixture)?;
    let mut accepted = Accepted::none(loaded, judged.fixture);
    let hidden = Hidden::new(&project.settings.redact).knowing(judged.secrets);
    let needed = needed(&judged);
    if let Some(answer) = judged.answer {
        editing.begin(editing.promised(), answer);
    }
    let mut accepting: Vec<&Mismatch> = judged.mismatches.iter().filter(|mismatch| wanted(mismatch)).collect();
    // Another status or body may settle header fields.
    accepting.sort_by_key(|mismatch| mismatch.kind == Kind::Header);
    // Members that other fixtures need are not removed from the example.
    let captured = judged.mismatches.iter().filter(|mismatch| mismatch.kind == Kind::Capture);
    let captured: Vec<&str> = captured.map(|mismatch| mismatch.path.as_str()).collect();
    for mismatch in accepting {
        if mismatch.kind != Kind::Capture && captured.contains(&mismatch.path.as_str()) {
            continue;
        }
        let done = match (&needed, judged.answer) {
            (Some(why), _) => Err(why.clone()),
            (None, Some(answer)) => editing.accept(mismatch, answer, &hidden),
            (None, None) => Err("the answer is not kept any more: run it again".to_owned()),
        };
        match done {
            Ok(()) => accepted.places.push(mismatch.path.clone()),
            Err(why) => accepted.left.push((mismatch.path.clone(), why)),
        }
    }
    if let Some(answer) = judged.answer {
        elements::renew(&mut editing, &accepted.places, answer, &hidden);
    }
    let came = judged.gives.filter(|_| judged.in_states);
    for (at, state, mismatches, answer) in came.iter().flat_map(|came| in_states(judged.fixture, came)) {
        editing.begin(at, &answer);
        for mismatch in &mismatches {
            let place = format!("{} in {state}", mismatch.path);
            match editing.accept(mismatch, &answer, &hidden) {
                Ok(()) => accepted.places.push(place),
                Err(why) => accepted.left.push((place, why)),
            }
        }
    }
    for capture in judged.gives.iter().flat_map(|gives| &gives.verify.capture) {
        if judged.fixture.verify.capture.iter().all(|known| known.name != capture.name) {
            let captured = editing.edit_fixture(&Edit::Capture(capture));
            accepted.left.extend(captured.err().map(|why| (format!("capture {}", capture.name), why)));
        }
    }
    // A state that one of several responses sets, or that is set elsewhere already, is left for a
    // person to decide.
    let sets_name = |name: &str| judged.fixture.all_set().any(|(known, _)| known == name);
    for (name, value) in judged.gives.iter().flat_map(|gives| &gives.set).filter(|(name, _)| !sets_name(name)) {
        let set = editing.edit_fixture(&Edit::Set(name, value));
        accepted.left.extend(set.err().map(|why| (format!("state {name}"), why)));
    }
    // Two cookies are two differences in one place.
    accepted.places.dedup();
    let edits = editing.into_edits();
    accepted.files = edits.iter().map(|edit| edit.shown().to_owned()).collect();
    accepted.diffs = edits.iter().map(FileChange::diff).collect();
    Ok((accepted, edits))
}

/// Returns the fixture's responses in other states that differ from the received ones. Each has its
/// place in the list, its state, its mismatches and the response that was received in that state.
fn in_states(fixture: &Fixture, came: &Fixture) -> Vec<(usize, String, Vec<Mismatch>, Response)> {
    let MethodMatcher::Is(method) = &came.request.method else { return Vec::new() };
    let one = |(at, known): (usize, &ResponsePromise)| {
        let is_same = |other: &&ResponsePromise| other.when == known.when && other.status == known.status;
        let is_inline = matches!(known.body, Some(ResponseBody::Json(_)));
        if fixture.verified_response() == Some(at) || known.when.is_empty() || !is_inline {
            return None;
        }
        // If several responses take turns, each is compared with its counterpart, provided that
        // both sides have the same number.
        let theirs: Vec<&ResponsePromise> = came.responses.iter().filter(is_same).collect();
        if theirs.len() != fixture.responses.iter().filter(is_same).count() {
            return None;
        }
        let Some(ResponseBody::Json(body)) = &theirs[fixture.responses[..at].iter().filter(is_same).count()].body
        else {
            return None;
        };
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let status = StatusCode::from_u16(known.status).ok()?;
        let answer = Response { status, headers, body: body.value().to_string().into() };
        let mut mismatches = judge(known, &[], method, &answer).mismatches;
        // Only the body was received, so differences in header fields do not count.
        mismatches.retain(|mismatch| mismatch.kind != Kind::Header);
        let state: Vec<String> =
            known.when.iter().map(|when| format!("{}: {}", when.name, when.values.join(" or "))).collect();
        (!mismatches.is_empty()).then(|| (at, state.join(", "), mismatches, answer))
    };
    fixture.responses.iter().enumerate().filter_map(one).collect()
}

/// Returns the reason why nothing of a response is accepted: the response is an error, but other
/// fixtures need values that are captured from a success.
fn needed(judged: &Judged<'_>) -> Option<String> {
    let is_error = |status: u16| status >= 400;
    let is_refused = judged.answer.is_some_and(|answer| is_error(answer.status.as_u16()));
    let names: Vec<&str> = judged.fixture.verify.capture.iter().map(|capture| capture.name.as_str()).collect();
    let is_expected = judged.fixture.promise().is_some_and(|promise| is_error(promise.status));
    (is_refused && !is_expected && !names.is_empty())
        .then(|| format!("others need what it captures ({}), and an error gives nothing", names.join(", ")))
}

/// Relaxes the expectation for one place so that the received response passes. Returns the new rule
/// as text and the file changes to write.
pub(crate) fn loosen(
    loaded: &LoadedService,
    result: &FixtureResult,
    place: &str,
) -> Result<(String, Vec<FileChange>), ApiError> {
    let cannot = |why: &str| {
        ApiError::new(Code::Usage, format!("{place} cannot be loosened: {why}"))
            .with_hint("accept it, mark it as known, or edit the fixture")
    };
    let mismatch = result.mismatches.iter().find(|mismatch| mismatch.path == place);
    let mismatch = mismatch.ok_or_else(|| cannot("it is no difference of the last run"))?;
    let received = result.answer.as_ref().and_then(|answer| Json::parse(&answer.body).ok());
    let loosened = loosened(mismatch, received.as_ref()).ok_or_else(|| cannot("no rule says that"))?;
    let (path, rule) = (loosened.path.as_str(), rule_value(&loosened.rule));
    let mut editing = Editing::new(loaded, &result.fixture)?;
    editing.edit_fixture(&Edit::Rule(path, rule.clone())).map_err(|why| cannot(&why))?;
    Ok((format!("{path}: {}", flow_value(&rule)), editing.into_edits()))
}

/// Marks a difference as known; gives what is to be written.
pub(crate) fn mark_known(loaded: &LoadedService, fixture: &Fixture, known: Known) -> Result<Vec<FileChange>, ApiError> {
    if let Some(until) = &known.until
        && *until < clock::now().date()
    {
        let message = format!("{until} has passed already");
        return Err(ApiError::new(Code::Usage, message).with_hint("write a day to come, as 2026-12-31"));
    }
    let mut editing = Editing::new(loaded, fixture)?;
    editing.edit_fixture(&Edit::Known(known)).map_err(|why| {
        ApiError::new(Code::Usage, why).with_hint("write it under `verify: known:` in the fixture's file yourself")
    })?;
    Ok(editing.into_edits())
}
