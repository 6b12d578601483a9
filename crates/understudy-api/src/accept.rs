//! Taking a backend's word for it: differences of a run written into the fixtures, so that version control shows them.
//!
//! What is edited is the example, never a rule: a rule was written down by somebody who meant it. Where the example
//! would then break its own fixture's rules, it stays as it is, and that is said.

use crate::change::{FileChange, bring_all};
use crate::check::broken_examples;
use crate::clock;
use crate::disk::{ServiceFiles, content};
use crate::error::{ApiError, Code};
use crate::hidden::Hidden;
use crate::project::{LoadedService, Project};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use std::path::PathBuf;
use std::sync::Arc;
use understudy_contract::Result as FixtureResult;
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Tail;
use understudy_exchange::redact::{REDACTED, is_stand_in, looks_secret};
use understudy_exchange::{Json, JsonPath, Response};
use understudy_fixture::model::{
    BodyFile, Check, Fixture, Known, MethodMatcher, PathRule, ResponseBody, ResponsePromise,
};
use understudy_fixture::{Edit, Source, edit_fixture, edit_json, fixture, flow_value, rule_value};
use understudy_match::{Kind, Mismatch, judge, loosened};

/// What was accepted of one fixture's differences.
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
}

/// An answer that was held against a fixture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged<'j> {
    pub(crate) fixture: &'j Fixture,
    pub(crate) mismatches: &'j [Mismatch],
    pub(crate) answer: Option<&'j Response>,
    /// What is known of it from elsewhere: it gets the captures and the states from there that fixtures after it need.
    pub(crate) gives: Option<&'j Fixture>,
    /// Whether what came from there in the states beside its promise is accepted too.
    pub(crate) in_states: bool,
}

impl<'j> Judged<'j> {
    pub(crate) fn of(result: &'j FixtureResult) -> Self {
        let (mismatches, answer) = (result.mismatches.as_slice(), result.answer.as_deref());
        Self { fixture: &result.fixture, mismatches, answer, gives: None, in_states: false }
    }
}

/// Accepts all differences of results, and writes the files. A response that may come of an outage, of a missing credential or of
/// a rate limit is accepted only into fixtures that are `named`, as `SERVICE/ID`.
///
/// # Errors
/// A file that cannot be read or written.
pub fn accept(project: &Project, results: &[FixtureResult], named: &[String]) -> Result<Vec<Accepted>, ApiError> {
    let mut all = Vec::new();
    for result in results.iter().filter(|result| !result.mismatches.is_empty()) {
        let name = format!("{}/{}", result.service, result.fixture.id);
        if let Some(status) = passing_trouble(result).filter(|_| !named.contains(&name)) {
            let why = format!(
                "{status} may be an outage, a missing credential or a rate limit: accept it with --fixture {name}"
            );
            all.push(Accepted {
                fixture: name,
                files: Vec::new(),
                places: Vec::new(),
                left: vec![("status".to_owned(), why)],
            });
            continue;
        }
        let loaded = project.service(&result.service)?;
        let (accepted, edits) = accept_some(project, loaded, Judged::of(result), |_| true)?;
        bring_all(&edits, true)?;
        all.push(accepted);
    }
    Ok(all)
}

/// The status of a response that says nothing of what the backend will do tomorrow, where the fixture expects another one.
fn passing_trouble(result: &FixtureResult) -> Option<u16> {
    let status = result.answer.as_ref()?.status.as_u16();
    let is_passing = matches!(status, 401 | 403 | 407 | 408 | 429) || status >= 500;
    let is_expected_well = result.fixture.promise().status < 400;
    (is_passing && is_expected_well && result.mismatches.iter().any(|mismatch| mismatch.path == "status"))
        .then_some(status)
}

/// Accepts those differences of an answer that are `wanted`, and what it gives to others; gives what is to be written.
pub(crate) fn accept_some(
    project: &Project,
    loaded: &LoadedService,
    judged: Judged<'_>,
    wanted: impl Fn(&Mismatch) -> bool,
) -> Result<(Accepted, Vec<FileChange>), ApiError> {
    let mut editing = Editing::new(loaded, judged.fixture)?;
    let mut accepted = Accepted {
        fixture: format!("{}/{}", loaded.service.name, judged.fixture.id),
        files: Vec::new(),
        places: Vec::new(),
        left: Vec::new(),
    };
    let hidden = Hidden::new(&project.settings.redact);
    let needed = needed(&judged);
    for mismatch in judged.mismatches.iter().filter(|mismatch| wanted(mismatch)) {
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
    let came = judged.gives.filter(|_| judged.in_states);
    for (at, state, mismatches, answer) in came.iter().flat_map(|came| in_states(judged.fixture, came)) {
        editing.turn_to(at);
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
            let captured = editing.edit(&Edit::Capture(capture));
            accepted.left.extend(captured.err().map(|why| (format!("capture {}", capture.name), why)));
        }
    }
    // What one of several answers sets, and what is set otherwise already, is for a person to say.
    let sets_name = |name: &str| judged.fixture.all_set().any(|(known, _)| known == name);
    for (name, value) in judged.gives.iter().flat_map(|gives| &gives.set).filter(|(name, _)| !sets_name(name)) {
        let set = editing.edit(&Edit::Set(name, value));
        accepted.left.extend(set.err().map(|why| (format!("state {name}"), why)));
    }
    let edits = editing.into_edits();
    accepted.files = edits.iter().map(|edit| edit.shown.clone()).collect();
    Ok((accepted, edits))
}

/// The answers in states that a fixture has beside its promise, by their places, each with its state and with what came in that
/// state, in what it differs, where it does.
fn in_states(fixture: &Fixture, came: &Fixture) -> Vec<(usize, String, Vec<Mismatch>, Response)> {
    let MethodMatcher::Is(method) = &came.request.method else { return Vec::new() };
    let one = |(at, known): (usize, &ResponsePromise)| {
        let is_same = |other: &&ResponsePromise| other.when == known.when && other.status == known.status;
        let is_inline = matches!(known.body, Some(ResponseBody::Json(_)));
        if at == fixture.verify.response || known.when.is_empty() || !is_inline {
            return None;
        }
        // Of several that take turns, each is held against its own, where there are as many.
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
        // Of its header fields only the body came.
        mismatches.retain(|mismatch| mismatch.kind != Kind::Header);
        let state: Vec<String> =
            known.when.iter().map(|when| format!("{}: {}", when.name, when.values.join(" or "))).collect();
        (!mismatches.is_empty()).then(|| (at, state.join(", "), mismatches, answer))
    };
    fixture.responses.iter().enumerate().filter_map(one).collect()
}

/// Why nothing of an answer is accepted: it says that nothing came of the request, and others need what comes of it.
fn needed(judged: &Judged<'_>) -> Option<String> {
    let is_error = |status: u16| status >= 400;
    let is_refused = judged.answer.is_some_and(|answer| is_error(answer.status.as_u16()));
    let names: Vec<&str> = judged.fixture.verify.capture.iter().map(|capture| capture.name.as_str()).collect();
    (is_refused && !is_error(judged.fixture.promise().status) && !names.is_empty())
        .then(|| format!("others need what it captures ({}), and an error gives nothing", names.join(", ")))
}

/// Loosens what is promised of one place, so that the answer that came keeps it; gives the rule that says so, and what is to be
/// written.
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
    editing.edit(&Edit::Rule(path, rule.clone())).map_err(|why| cannot(&why))?;
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
    editing.edit(&Edit::Known(known)).map_err(|why| {
        ApiError::new(Code::Usage, why).with_hint("write it under `verify: known:` in the fixture's file yourself")
    })?;
    Ok(editing.into_edits())
}

/// A fixture's file while it is edited, and the body's where that is another one.
struct Editing<'l> {
    loaded: &'l LoadedService,
    path: PathBuf,
    before: Vec<u8>,
    source: Source,
    fixture: Fixture,
    /// The response that is edited.
    at: usize,
    body: Option<(String, PathBuf, Vec<u8>, String)>,
    /// The members that the answer did not have.
    taken_out: Vec<JsonPath>,
    /// The places in the example that have a value of the answer now.
    replaced: Vec<String>,
}

/// Returns true for a place inside an array whose elements may stand in any order: the number of a received element says
/// nothing about which one of the example it is.
fn is_in_any_order(rules: &[PathRule], received: &Json, place: &str) -> bool {
    let unordered = rules.iter().filter(|rule| rule.rule.checks.contains(&Check::Unordered));
    let mut arrays = unordered.flat_map(|rule| rule.path.select(received));
    arrays.any(|array| place.starts_with(&format!("{}[", array.path)))
}

impl<'l> Editing<'l> {
    fn new(loaded: &'l LoadedService, wanted: &Fixture) -> Result<Self, ApiError> {
        let path = loaded.folder.join(loaded.file_of(wanted));
        let gone = || {
            ApiError::new(Code::Conflict, format!("{} asks for something else than was verified", wanted.file))
                .with_hint("run it again, and accept then")
        };
        let before = content(&path)?.ok_or_else(gone)?;
        let source = Source::new(&wanted.file, before.clone()).map_err(|_| gone())?;
        let files = ServiceFiles::new(&loaded.folder);
        let (now, _) = fixture(&source, &wanted.id, &files);
        // The answer is one to this request; what is promised of it may have been edited since, by the last accept too.
        let now = now.filter(|now| now.request == wanted.request).ok_or_else(gone)?;
        let body = match &now.promise().body {
            Some(ResponseBody::File(body)) => {
                let text = String::from_utf8(body.content.to_vec()).ok();
                text.map(|text| (body.path.clone(), loaded.folder.join(&body.path), body.content.to_vec(), text))
            }
            _ => None,
        };
        let (at, taken_out, replaced) = (now.verify.response, Vec::new(), Vec::new());
        Ok(Self { loaded, path, before, source, fixture: now, at, body, taken_out, replaced })
    }

    /// Goes over to another response, whose body is in the fixture's own file.
    fn turn_to(&mut self, at: usize) {
        self.at = at;
        self.taken_out.clear();
        self.replaced.clear();
    }

    fn accept(&mut self, mismatch: &Mismatch, answer: &Response, hidden: &Hidden) -> Result<(), String> {
        match mismatch.kind {
            Kind::Status => self.edit(&Edit::Status(answer.status.as_u16())),
            Kind::Header => {
                let name = mismatch.path.as_str();
                let value =
                    answer.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
                if value.is_some() && hidden.has_header(name) {
                    return Err("what this header carries is not written into files".to_owned());
                }
                if value.as_deref().is_some_and(looks_secret) {
                    return Err("it looks like a secret, which is not written into files".to_owned());
                }
                self.edit(&Edit::Header(name, value))
            }
            Kind::Missing | Kind::Type | Kind::Value | Kind::Added => {
                if matches!(self.fixture.promise().body, Some(ResponseBody::Xml(_))) {
                    return Err("an XML body is edited by hand".to_owned());
                }
                let received = Json::parse(&answer.body).map_err(|_| "the answer is no JSON".to_owned())?;
                if is_in_any_order(&self.fixture.promise().rules, &received, &mismatch.path) {
                    return Err("the elements may be in any order: edit the example by hand".to_owned());
                }
                let path = JsonPath::parse(&mismatch.path).map_err(|_| "its path is not one place".to_owned())?;
                self.accept_in_body(mismatch.kind, &path, &received, hidden)
            }
            _ => Err("only a person can say what to do about it".to_owned()),
        }
    }

    fn accept_in_body(&mut self, kind: Kind, path: &JsonPath, received: &Json, hidden: &Hidden) -> Result<(), String> {
        let body = self.body.as_ref().filter(|_| self.at == self.fixture.verify.response);
        let response = self.fixture.responses.get(self.at).ok_or("the file has other answers by now")?;
        let example = match (&response.body, body) {
            (Some(ResponseBody::Json(text)), _) => text.value(),
            (_, Some((.., text))) => {
                Json::parse(text.as_bytes()).map_err(|_| "the fixture's body is no JSON".to_owned())?
            }
            _ => return Err("the fixture's body is no JSON".to_owned()),
        };
        let (_, tail) = path.split_singular_tail();
        if kind == Kind::Added {
            return self.accept_member(&example, &tail, received, hidden);
        }
        let Some((steps, _)) = compared_with(&example, &tail) else {
            // Elements of an array are compared with fewer in the example: what is missing in several is taken out once.
            let is_taken_out = kind == Kind::Missing && self.taken_out.iter().any(|place| is_same(place, path));
            return if is_taken_out { Ok(()) } else { Err("it is not in the example: a rule asks for it".to_owned()) };
        };
        if kind != Kind::Missing {
            let value = at(received, &tail).ok_or("it is not in the answer")?;
            // Of more elements than the example has, all are compared with its last: that says what the first of them does.
            let place = format!("{steps:?}");
            if self.replaced.contains(&place) {
                let is_like =
                    compared_with(&example, &tail).is_some_and(|(_, now)| now.type_name() == value.type_name());
                return if is_like { Ok(()) } else { Err("its elements differ: only a rule can say that".to_owned()) };
            }
            self.put(&steps, Some(without_secrets(value, &tail, hidden)))?;
            self.replaced.push(place);
            return Ok(());
        }
        self.put(&steps, None)?;
        self.taken_out.push(path.clone());
        // A member with another name is one that is missing and one that is there instead.
        let Some((Tail::Name(_), object)) = tail.split_last() else { return Ok(()) };
        let (Some(Json::Object(members)), Some((_, known))) = (at(received, object), compared_with(&example, object))
        else {
            return Ok(());
        };
        for (name, _) in members.iter().filter(|(name, _)| known.member(name.as_str()).is_none()) {
            let place: Vec<Tail<'_>> = object.iter().copied().chain([Tail::Name(name.as_str())]).collect();
            // Where a rule wants none of it, it is left out.
            let _ = self.accept_member(&example, &place, received, hidden);
        }
        Ok(())
    }

    /// Takes a member into the example that only the answer has.
    fn accept_member(
        &mut self,
        example: &Json,
        place: &[Tail<'_>],
        received: &Json,
        hidden: &Hidden,
    ) -> Result<(), String> {
        let gone = "it is not in the answer";
        let (Some((Tail::Name(name), object)), Some(value)) = (place.split_last(), at(received, place)) else {
            return Err(gone.to_owned());
        };
        let (mut steps, _) =
            compared_with(example, object).ok_or("the example has nothing that it could be put into")?;
        steps.push(Step::Name(name));
        self.put(&steps, Some(without_secrets(value, place, hidden)))
    }

    /// Puts a value in its place in the example, or takes it out, unless the fixture would then break its own rules.
    fn put(&mut self, steps: &[Step<'_>], value: Option<Json>) -> Result<(), String> {
        if self.at != self.fixture.verify.response {
            return self.edit(&Edit::In(self.at, &Edit::Body(steps, value)));
        }
        let Some((file, path, before, text)) = self.body.take() else {
            return self.edit(&Edit::Body(steps, value));
        };
        let edited = edit_json(&text, steps, value.as_ref()).map_err(|error| error.to_string()).and_then(|edited| {
            let mut after = self.fixture.clone();
            let body = BodyFile { path: file.clone(), content: edited.clone().into() };
            after.responses[after.verify.response].body = Some(ResponseBody::File(body));
            keeps_its_rules(&Arc::new(after)).map(|()| edited)
        });
        let result = edited.as_ref().map(|_| ()).map_err(Clone::clone);
        self.body = Some((file, path, before, edited.unwrap_or(text)));
        result
    }

    /// Makes an edit, unless the fixture would then break its own rules.
    fn edit(&mut self, edit: &Edit<'_>) -> Result<(), String> {
        let files = ServiceFiles::new(&self.loaded.folder);
        let (text, after) =
            edit_fixture(&self.source, &self.fixture.id, &files, edit).map_err(|error| error.to_string())?;
        let after = Arc::new(after);
        keeps_its_rules(&after)?;
        self.source.text = text;
        self.fixture = Arc::unwrap_or_clone(after);
        Ok(())
    }

    fn into_edits(self) -> Vec<FileChange> {
        let own = FileChange {
            path: self.path,
            shown: self.source.file.to_string(),
            before: Some(self.before),
            after: Some(self.source.text.into_bytes()),
        };
        let body = self.body.map(|(file, path, before, text)| FileChange {
            path,
            shown: format!("{}/{file}", self.loaded.service.dir),
            before: Some(before),
            after: Some(text.into_bytes()),
        });
        std::iter::once(own).chain(body).filter(|edit| edit.before != edit.after).collect()
    }
}

fn keeps_its_rules(fixture: &Arc<Fixture>) -> Result<(), String> {
    let Some(problem) = broken_examples(fixture).into_iter().next() else { return Ok(()) };
    let rule = problem.message.split_once(": ").map_or(problem.message.as_str(), |(_, rule)| rule);
    Err(format!("a rule of the fixture says otherwise: {rule}"))
}

/// The place in the example that a place in the answer was compared with, and what is there: of an array's element, the same
/// one or, where the example has fewer, its last.
fn compared_with<'s, 'e>(example: &'e Json, place: &[Tail<'s>]) -> Option<(Vec<Step<'s>>, &'e Json)> {
    let mut at = example;
    let mut steps = Vec::new();
    for step in place {
        let (next, step) = match (at, step) {
            (Json::Object(_), Tail::Name(name)) => (at.member(name)?, Step::Name(name)),
            (Json::Array(items), Tail::Index(index)) => {
                let index = usize::try_from(*index).ok()?.min(items.len().checked_sub(1)?);
                (&items[index], Step::Index(index))
            }
            _ => return None,
        };
        at = next;
        steps.push(step);
    }
    Some((steps, at))
}

/// Whether two places are the same but for where they are in arrays.
fn is_same(one: &JsonPath, other: &JsonPath) -> bool {
    let (one, other) = (one.split_singular_tail().1, other.split_singular_tail().1);
    one.len() == other.len()
        && one.iter().zip(&other).all(|pair| match pair {
            (Tail::Index(_), Tail::Index(_)) => true,
            (one, other) => one == other,
        })
}

/// What is at a place in an answer.
fn at<'v>(answer: &'v Json, place: &[Tail<'_>]) -> Option<&'v Json> {
    place.iter().try_fold(answer, |value, step| match (value, step) {
        (Json::Object(_), Tail::Name(name)) => value.member(name),
        (Json::Array(items), Tail::Index(index)) => items.get(usize::try_from(*index).ok()?),
        _ => None,
    })
}

/// A value as it is written into a file: without secrets.
fn without_secrets(value: &Json, place: &[Tail<'_>], hidden: &Hidden) -> Json {
    let is_hidden = place.iter().any(|step| matches!(step, Tail::Name(name) if hidden.has_member(name)));
    // A recorded value has its stand-ins already.
    let is_stand_in = value.as_str().is_some_and(is_stand_in);
    if is_hidden && !is_stand_in { Json::string(REDACTED) } else { hidden.value(value) }
}
