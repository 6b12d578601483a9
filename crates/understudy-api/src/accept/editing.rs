//! A fixture's file, and its body's where that is another one, while differences are written into them.

use super::place::{any_element, compared_with, is_other_element, unordered_list, value_at, without_secrets};
use super::remaining::Remaining;
use super::shared_file::other_use;
use crate::change::{FileChange, Place};
use crate::check::broken_example;
use crate::disk::ServiceFiles;
use crate::error::{ApiError, Code};
use crate::hidden::Hidden;
use crate::project::LoadedService;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Tail;
use understudy_exchange::redact::looks_secret;
use understudy_exchange::{Json, JsonPath, Response, decode_text, field_value, xml};
use understudy_fixture::model::{BodyFile, Fixture, HeaderPromise, ResponseBody, ResponsePromise, has_no_body};
use understudy_fixture::{
    BodyFiles, Edit, EditError, FileProblem, FoundFile, Source, edit_fixture, edit_json, fixture, line_of,
};
use understudy_match::{Kind, Mismatch};

/// A fixture that is being edited.
pub(super) struct Editing<'l> {
    loaded: &'l LoadedService,
    place: Place,
    before: Vec<u8>,
    now: Now,
    /// The response that is edited, by its place in the list.
    at: usize,
    /// The differences before the first edit.
    at_first: Remaining,
    /// The places in the example that have a value of the response now.
    replaced: Vec<String>,
    /// The content of the body file before the first edit.
    body_before: Option<Bytes>,
    /// True if a secret was left out of the last value.
    has_left_secret: bool,
}

/// The part of an editing session that is restored if an edit turns out to be wrong.
#[derive(Clone)]
struct Now {
    source: Source,
    fixture: Fixture,
    /// The body file that was edited, and what it holds.
    body: Option<BodyFile>,
    remaining: Remaining,
}

/// Body files from the disk, and one that was edited.
struct Edited<'e> {
    disk: ServiceFiles<'e>,
    body: Option<&'e BodyFile>,
}

impl BodyFiles for Edited<'_> {
    fn read(&self, path: &str) -> Result<Bytes, FileProblem> {
        match self.body.filter(|body| body.path == path) {
            Some(body) => Ok(body.content.clone()),
            None => self.disk.read(path),
        }
    }

    fn find(&self, path: &str) -> Result<FoundFile, FileProblem> {
        match self.body.filter(|body| body.path == path) {
            Some(body) => Ok(FoundFile::Read(body.content.clone())),
            None => self.disk.find(path),
        }
    }
}

/// The most elements of a list that is written as a whole: an example is read by people.
const ELEMENTS_WRITTEN_MAX: usize = 100;

impl<'l> Editing<'l> {
    pub(super) fn new(loaded: &'l LoadedService, wanted: &Fixture) -> Result<Self, ApiError> {
        let place = Place::known(loaded, loaded.file_of(wanted));
        let gone = || changed_since(wanted);
        let before = place.content()?.ok_or_else(gone)?;
        let source = Source::new(&wanted.file, before.clone()).map_err(|_| gone())?;
        let (now, _) =
            fixture(&source, &wanted.id, &ServiceFiles::new(&loaded.root, &loaded.folder, loaded.service.body_max));
        // The response is one to this request; what is expected of it may have been edited since, by the last accept too.
        let now = now.filter(|now| now.request == wanted.request).ok_or_else(gone)?;
        let now = Now { source, fixture: now, body: None, remaining: Remaining::default() };
        let (at_first, replaced) = (Remaining::default(), Vec::new());
        let mut editing =
            Self { loaded, place, before, now, at: 0, at_first, replaced, body_before: None, has_left_secret: false };
        editing.at = editing.promised();
        Ok(editing)
    }

    /// The place of the response that a backend is held to.
    pub(super) fn promised(&self) -> usize {
        self.now.fixture.verified_response().unwrap_or(0)
    }

    /// Checks that the file still says what was verified.
    ///
    /// # Errors
    /// [`Code::Conflict`]
    pub(super) fn is_as_verified(&self, verified: &Fixture) -> Result<(), ApiError> {
        if self.now.fixture == *verified { Ok(()) } else { Err(changed_since(verified)) }
    }

    /// Begins to accept what a response has to one of the fixture's responses.
    pub(super) fn begin(&mut self, at: usize, response: &Response) {
        self.at = at;
        self.replaced.clear();
        self.now.remaining = Remaining::of(&self.now.fixture, at, response);
        self.at_first = self.now.remaining.clone();
    }

    /// Accepts one difference: afterwards another run does not report it any more.
    pub(super) fn accept(&mut self, mismatch: &Mismatch, response: &Response, hidden: &Hidden) -> Result<(), String> {
        // An edit for another place resolved the mismatch. A member that is missing in several
        // elements is removed from each.
        let is_compared = !matches!(mismatch.kind, Kind::NoAnswer | Kind::Capture | Kind::Described);
        let is_settled = is_compared && self.now.remaining.is_settled(mismatch, &self.at_first);
        if is_settled && mismatch.kind != Kind::Missing {
            return Ok(());
        }
        self.has_left_secret = false;
        let mut done = self.attempt(response, |editing| editing.write(mismatch, response, hidden), Some(mismatch));
        if done.is_err() && !self.has_left_secret {
            // If the elements differ from each other or stand in another order, the list is written
            // as received.
            let whole =
                self.attempt(response, |editing| editing.write_list(mismatch, response, hidden), Some(mismatch));
            done = if self.has_left_secret { whole } else { whole.or(done) };
        }
        if is_settled && self.now.remaining.is_settled(mismatch, &self.at_first) { Ok(()) } else { done }
    }

    /// Makes a change. The change is undone if the response then differs in other places or, still,
    /// in the place of `mismatch`.
    pub(super) fn attempt(
        &mut self,
        response: &Response,
        change: impl FnOnce(&mut Self) -> Result<(), String>,
        mismatch: Option<&Mismatch>,
    ) -> Result<(), String> {
        let before = self.now.clone();
        let done = change(self).and_then(|()| {
            self.now.remaining = Remaining::of(&self.now.fixture, self.at, response);
            let (now, then) = (&self.now.remaining, &before.remaining);
            if let Some(mismatch) = mismatch.filter(|mismatch| now.has(mismatch, &self.at_first)) {
                return Err(self.still_differs(mismatch));
            }
            match now.new_since(then) {
                Some(_) if self.has_left_secret => Err(self.secret(None)),
                Some(path) if mismatch.is_some_and(|mismatch| is_other_element(path, &mismatch.path)) => {
                    Err(self.elements_differ(path))
                }
                Some(path) => Err(format!("{path} would differ then: edit {} yourself", self.line(&[]))),
                None => Ok(()),
            }
        });
        if done.is_err() {
            self.now = before;
        }
        done
    }

    fn still_differs(&self, mismatch: &Mismatch) -> String {
        if self.has_left_secret {
            return self.secret(Some(&mismatch.path));
        }
        if self.at_first.is_only_open(&mismatch.path) {
            let line = self.line(&[Step::Name("match"), Step::Name(&mismatch.path)]);
            return format!("the fixture compares nothing there: write a rule that does at {line}");
        }
        match mismatch.path.contains('[') {
            true => self.elements_differ(&mismatch.path),
            false => format!("another run would still expect {}: edit {} yourself", mismatch.expected, self.line(&[])),
        }
    }

    fn elements_differ(&self, path: &str) -> String {
        let line = self.line(&[Step::Name("match")]);
        format!(
            "its elements differ: only a rule can say that, such as `{}: any`, under `match` at {line}",
            any_element(path)
        )
    }

    fn secret(&self, path: Option<&str>) -> String {
        let rule = path.filter(|path| *path != "$").map(|path| format!(", such as `{path}: any`")).unwrap_or_default();
        format!(
            "the new value has a secret, which is not written into files, and a replacement would fail the comparison: allow any value at {}{rule}",
            self.line(&[Step::Name("match"), Step::Name(path.unwrap_or("$"))])
        )
    }

    pub(super) fn response(&self) -> Result<&ResponsePromise, String> {
        self.now.fixture.responses.get(self.at).ok_or_else(|| "the file has other responses by now".to_owned())
    }

    /// The file and line of something in the response that is edited.
    fn line(&self, inside: &[Step<'_>]) -> String {
        let mut path = vec![Step::Name("response")];
        if self.now.fixture.responses.len() > 1 {
            path.push(Step::Index(self.at));
        }
        path.extend(inside);
        let source = &self.now.source;
        format!("{}:{}", source.file, line_of(source, &path))
    }

    fn write(&mut self, mismatch: &Mismatch, response: &Response, hidden: &Hidden) -> Result<(), String> {
        match mismatch.kind {
            Kind::Status => self.write_status(response),
            Kind::Header => self.write_header(&mismatch.path, response, hidden),
            Kind::Missing | Kind::Type | Kind::Value | Kind::Added => self.write_body(mismatch, response, hidden),
            Kind::NoAnswer => Err("no response came: verify again".to_owned()),
            Kind::Capture => Err(format!(
                "other fixtures need it: change `verify.capture` at {}:{}",
                self.now.source.file,
                line_of(&self.now.source, &[Step::Name("verify"), Step::Name("capture")])
            )),
            Kind::Described => Err("the OpenAPI description says so: change it, or the backend".to_owned()),
        }
    }

    fn write_status(&mut self, response: &Response) -> Result<(), String> {
        let status = response.status.as_u16();
        if self.at == self.promised() && !self.now.fixture.verify.status.is_empty() {
            let source = &self.now.source;
            let line = line_of(source, &[Step::Name("verify"), Step::Name("status")]);
            return Err(format!(
                "`verify.status` lists the statuses that pass: add {status} at {}:{line}",
                source.file
            ));
        }
        if has_no_body(status) && self.response()?.body.is_some() {
            self.edit(&Edit::NoBody)?;
        }
        self.edit(&Edit::Status(status))
    }

    fn write_header(&mut self, name: &str, response: &Response, hidden: &Hidden) -> Result<(), String> {
        let values = response.headers.get_all(name).iter();
        let values: Vec<String> = values.map(|value| field_value::text(value).trim().to_owned()).collect();
        let line = self.line(&[Step::Name("headers"), Step::Name(name)]);
        if name == SET_COOKIE.as_str() {
            return self.write_cookies(&values);
        }
        if !values.is_empty() && hidden.has_header(name) {
            return Err(format!("`{name}` may carry a secret, which is not written into files: edit {line} yourself"));
        }
        if values.iter().any(|value| looks_secret(value) || hidden.has_secret(value)) {
            return Err(format!("it looks like a secret, which is not written into files: edit {line} yourself"));
        }
        // A header that names another kind of body than the fixture has would be half an edit.
        if name == CONTENT_TYPE.as_str() {
            match self.response()?.body {
                Some(ResponseBody::Json(_)) if Json::parse(&response.body).is_err() => {
                    return Err(self.not_json(response));
                }
                Some(ResponseBody::Xml(_)) if received_xml(response).is_none() => return Err(self.not_xml()),
                _ => {}
            }
        }
        let listed = self.response()?.headers.iter().find(|(known, _)| known == name);
        match listed.map(|(_, promise)| promise) {
            Some(HeaderPromise::Rule(rule)) => {
                Err(format!("a rule of the fixture says otherwise ({rule}): edit it at {line}"))
            }
            None if values.is_empty() && name == CONTENT_TYPE.as_str() => {
                Err(format!("the response has none: write `{name}: {{ type: absent }}` under `headers` at {line}"))
            }
            None if values.len() != 1 => Err(format!("it is not in the fixture: add it at {line}")),
            _ => self.edit(&Edit::Header(name, &values)),
        }
    }

    /// Takes out the cookies that were not set. They are compared by name, and the values of others are their own.
    fn write_cookies(&mut self, received: &[String]) -> Result<(), String> {
        let cookie = |value: &str| value.split(['=', ';']).next().unwrap_or("").trim().to_owned();
        let received: Vec<String> = received.iter().map(|value| cookie(value)).collect();
        let listed = self.response()?.headers.iter().find(|(known, _)| known == SET_COOKIE.as_str());
        let listed = match listed.map(|(_, promise)| promise) {
            Some(HeaderPromise::Value(value)) => vec![value.clone()],
            Some(HeaderPromise::List(values)) => values.clone(),
            Some(HeaderPromise::Rule(_)) | None => Vec::new(),
        };
        let kept: Vec<String> = listed.into_iter().filter(|value| received.contains(&cookie(value))).collect();
        self.edit(&Edit::Header(SET_COOKIE.as_str(), &kept))
    }

    fn write_body(&mut self, mismatch: &Mismatch, response: &Response, hidden: &Hidden) -> Result<(), String> {
        let body = self.response()?.body.clone();
        if matches!(body, Some(ResponseBody::Xml(_))) {
            return self.write_whole(response, hidden);
        }
        let path = JsonPath::parse(&mismatch.path).map_err(|_| "its path is not one place".to_owned())?;
        let (_, tail) = path.split_singular_tail();
        let example = match &body {
            Some(ResponseBody::Json(text)) => Some(text.value()),
            Some(ResponseBody::Text(text)) => Json::parse(text.as_bytes()).ok(),
            Some(ResponseBody::File(file)) => Json::parse(&file.content).ok(),
            Some(ResponseBody::Xml(_) | ResponseBody::Base64(_) | ResponseBody::LargeFile(_)) | None => None,
        };
        let received = Json::parse(&response.body);
        let is_text = matches!(body, Some(ResponseBody::Text(_)));
        match (example, received) {
            (Some(example), Ok(received)) if !(is_text && path.is_root()) => {
                self.write_in_json(mismatch, &tail, &example, &received, response, hidden)
            }
            _ if body.is_none() => match Json::parse(&response.body) {
                Ok(received) if path.is_root() => self.put_received(&[], &received, &[], hidden),
                _ => Err(format!("the fixture has no body: add one at {}", self.line(&[]))),
            },
            (_, received) if matches!(body, Some(ResponseBody::Json(_))) => match received {
                Err(_) => Err(self.not_json(response)),
                Ok(_) => Err("its path is not one place".to_owned()),
            },
            _ => self.write_whole(response, hidden),
        }
    }

    fn write_in_json(
        &mut self,
        mismatch: &Mismatch,
        tail: &[Tail<'_>],
        example: &Json,
        received: &Json,
        response: &Response,
        hidden: &Hidden,
    ) -> Result<(), String> {
        if mismatch.kind == Kind::Added {
            return self.write_member(example, tail, received, hidden);
        }
        let Some((steps, compared)) = compared_with(example, tail) else {
            return Err(self.no_example(&mismatch.path));
        };
        if mismatch.kind != Kind::Missing {
            let value = value_at(received, tail).ok_or("it is not in the response")?;
            // If the response has more elements than the example, all of them are compared with the
            // example's last element. That element gets the value of the first received element.
            let place = format!("{steps:?}");
            if self.replaced.contains(&place) && compared.type_name() != value.type_name() {
                return Err(self.elements_differ(&mismatch.path));
            }
            self.put_received(&steps, value, tail, hidden)?;
            self.replaced.push(place);
            return Ok(());
        }
        self.put(&steps, None)?;
        // A member with another name is one that is missing and one that is there instead.
        let Some((Tail::Name(_), object)) = tail.split_last() else { return Ok(()) };
        let (Some(Json::Object(members)), Some((_, known))) =
            (value_at(received, object), compared_with(example, object))
        else {
            return Ok(());
        };
        for (name, _) in members.iter().filter(|(name, _)| known.member(name.as_str()).is_none()) {
            let place: Vec<Tail<'_>> = object.iter().copied().chain([Tail::Name(name.as_str())]).collect();
            // A member that a rule does not allow is left out.
            let _ = self.attempt(response, |editing| editing.write_member(example, &place, received, hidden), None);
        }
        self.has_left_secret = false;
        Ok(())
    }

    /// Writes the whole list of an element that differs. Where elements may stand in any order, something inside an element
    /// differs from an example at another place, so that the list is written as well.
    fn write_list(&mut self, mismatch: &Mismatch, response: &Response, hidden: &Hidden) -> Result<(), String> {
        let none = || "it is not an element of a list".to_owned();
        let (Ok(path), Ok(received)) = (JsonPath::parse(&mismatch.path), Json::parse(&response.body)) else {
            return Err(none());
        };
        let (_, tail) = path.split_singular_tail();
        let unordered = unordered_list(&tail, &received, &self.response()?.rules);
        let innermost = || tail.iter().rposition(|step| matches!(step, Tail::Index(_))).map(|at| &tail[..at]);
        let list = unordered.or_else(innermost).ok_or_else(none)?;
        let example = match &self.response()?.body {
            Some(ResponseBody::Json(text)) => text.value(),
            Some(ResponseBody::File(file)) => Json::parse(&file.content).map_err(|_| none())?,
            _ => return Err(none()),
        };
        match (compared_with(&example, list), value_at(&received, list)) {
            (Some((steps, _)), Some(value @ Json::Array(items))) if items.len() <= ELEMENTS_WRITTEN_MAX => {
                self.put_received(&steps, value, list, hidden)
            }
            _ => Err(none()),
        }
    }

    /// Takes a member into the example that only the response has.
    fn write_member(
        &mut self,
        example: &Json,
        place: &[Tail<'_>],
        received: &Json,
        hidden: &Hidden,
    ) -> Result<(), String> {
        let (Some((Tail::Name(name), object)), Some(value)) = (place.split_last(), value_at(received, place)) else {
            return Err("it is not in the response".to_owned());
        };
        let (mut steps, _) =
            compared_with(example, object).ok_or("the example has nothing that it could be put into")?;
        steps.push(Step::Name(name));
        self.put_received(&steps, value, place, hidden)
    }

    /// Puts a received value in its place in a JSON body, without secrets.
    pub(super) fn put_received(
        &mut self,
        steps: &[Step<'_>],
        value: &Json,
        place: &[Tail<'_>],
        hidden: &Hidden,
    ) -> Result<(), String> {
        let written = without_secrets(value, place, hidden);
        self.has_left_secret = written != *value;
        self.put(steps, Some(written))
    }

    fn not_json(&self, response: &Response) -> String {
        let line = self.line(&[Step::Name("body"), Step::Name("json")]);
        if response.body.is_empty() {
            return format!("the response has no body: remove `body` at {line}");
        }
        format!("the response is not JSON: write `text:` or `file:` instead of `json:` at {line}")
    }

    fn not_xml(&self) -> String {
        let line = self.line(&[Step::Name("body"), Step::Name("xml")]);
        format!("the response is not XML: write `text:` or `file:` instead of `xml:` at {line}")
    }

    fn no_example(&self, path: &str) -> String {
        format!(
            "it is not in the example, a rule asks for it: edit the rule at {}",
            self.line(&[Step::Name("match"), Step::Name(path)])
        )
    }

    /// Writes a whole body that is text or bytes.
    fn write_whole(&mut self, response: &Response, hidden: &Hidden) -> Result<(), String> {
        let is_xml = matches!(self.response()?.body, Some(ResponseBody::Xml(_)));
        let text = if is_xml {
            received_xml(response)
        } else {
            decode_text(content_type(response), &response.body).map(String::from)
        };
        let line = self.line(&[Step::Name("body")]);
        if text.as_deref().is_some_and(|text| hidden.has_secret(text) || looks_secret(text)) {
            return Err(format!("the body has a secret, which is not written into files: edit {line} yourself"));
        }
        match self.response()?.body.clone() {
            Some(ResponseBody::Text(_)) => match text {
                Some(text) => self.edit(&Edit::Text(&text)),
                None => Err(format!("the response is not text: write `base64:` or `file:` at {line}")),
            },
            Some(ResponseBody::Xml(_)) => match text {
                Some(text) => self.edit(&Edit::Xml(&text)),
                None => Err(self.not_xml()),
            },
            Some(ResponseBody::Base64(_)) => self.edit(&Edit::Base64(&response.body)),
            Some(ResponseBody::File(file)) => self.write_file(BodyFile { content: response.body.clone(), ..file }),
            Some(ResponseBody::LargeFile(file)) => Err(format!("`{}` is large: replace it yourself", file.path)),
            Some(ResponseBody::Json(_)) | None => Err(format!("the fixture's body is not text: edit {line} yourself")),
        }
    }

    /// Puts a value in its place in a JSON body, or takes it out.
    pub(super) fn put(&mut self, steps: &[Step<'_>], value: Option<Json>) -> Result<(), String> {
        let error = |error: EditError| error.to_string();
        match self.response()?.body.clone() {
            Some(ResponseBody::Text(text)) => {
                let text = edit_json(&text, steps, value.as_ref()).map_err(error)?;
                self.edit(&Edit::Text(&text))
            }
            Some(ResponseBody::File(file)) => {
                let text = String::from_utf8(file.content.to_vec()).map_err(|_| "the body's file is not UTF-8")?;
                let text = edit_json(&text, steps, value.as_ref()).map_err(error)?;
                self.write_file(BodyFile { content: text.into(), ..file })
            }
            _ => self.edit(&Edit::Body(steps, value)),
        }
    }

    /// Gives the body's file another content, unless another body is in it.
    fn write_file(&mut self, file: BodyFile) -> Result<(), String> {
        if let Some(other) = other_use(self.loaded, &self.now.fixture, self.at, &file.path) {
            let line = self.line(&[Step::Name("body")]);
            return Err(format!("{} is also {other}: give this response a file of its own at {line}", file.path));
        }
        let mut after = self.now.fixture.clone();
        let place = after.responses.get_mut(self.at).ok_or("the file has other responses by now")?;
        if let Some(ResponseBody::File(before)) = &place.body {
            self.body_before.get_or_insert_with(|| before.content.clone());
        }
        place.body = Some(ResponseBody::File(file.clone()));
        self.obeys_its_rules(&after)?;
        (self.now.fixture, self.now.body) = (after, Some(file));
        Ok(())
    }

    /// Edits the response, unless its example would then break its own rules.
    fn edit(&mut self, edit: &Edit<'_>) -> Result<(), String> {
        let inside = match edit {
            Edit::Status(_) => vec![Step::Name("status")],
            Edit::Header(name, _) => vec![Step::Name("headers"), Step::Name(name)],
            Edit::Body(steps, _) => [&[Step::Name("body"), Step::Name("json")], *steps].concat(),
            _ => vec![Step::Name("body")],
        };
        let line = self.line(&inside);
        let (text, after) = self.edited(&Edit::In(self.at, edit)).map_err(|error| cannot(&error, &line))?;
        if after.verified_response() != self.now.fixture.verified_response() {
            return Err(format!(
                "another response of the file would be compared then: write `verify: {{ response: {} }}`",
                self.promised() + 1
            ));
        }
        self.obeys_its_rules(&after)?;
        (self.now.source.text, self.now.fixture) = (text, after);
        Ok(())
    }

    /// Edits something of the fixture that is not in one of its responses.
    pub(super) fn edit_fixture(&mut self, edit: &Edit<'_>) -> Result<(), String> {
        let (text, after) = self.edited(edit).map_err(|error| error.to_string())?;
        self.obeys_its_rules(&after)?;
        (self.now.source.text, self.now.fixture) = (text, after);
        Ok(())
    }

    fn edited(&self, edit: &Edit<'_>) -> Result<(String, Fixture), EditError> {
        let files = Edited {
            disk: ServiceFiles::new(&self.loaded.root, &self.loaded.folder, self.loaded.service.body_max),
            body: self.now.body.as_ref(),
        };
        edit_fixture(&self.now.source, &self.now.fixture.id, &files, edit)
    }

    fn obeys_its_rules(&self, after: &Fixture) -> Result<(), String> {
        let Some(found) = after.responses.get(self.at).and_then(broken_example) else { return Ok(()) };
        let Mismatch { path, expected, received, .. } = found;
        let line = self.line(&[Step::Name("match"), Step::Name(&path)]);
        Err(format!(
            "a rule of the fixture says otherwise: {path}: expected {expected}, found {received}: edit the rule at {line}"
        ))
    }

    pub(super) fn into_edits(self) -> Vec<FileChange> {
        let own =
            FileChange { place: self.place, before: Some(self.before), after: Some(self.now.source.text.into_bytes()) };
        let body = self.now.body.zip(self.body_before).map(|(after, before)| FileChange {
            place: Place::known(self.loaded, &after.path),
            before: Some(before.to_vec()),
            after: Some(after.content.to_vec()),
        });
        std::iter::once(own).chain(body).filter(|edit| edit.before != edit.after).collect()
    }
}

fn content_type(response: &Response) -> &str {
    response.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// The text of a received body that is XML.
fn received_xml(response: &Response) -> Option<String> {
    let text = xml::decode(content_type(response), &response.body)?;
    xml::Element::parse(&text).is_ok().then(|| text.to_string())
}

fn changed_since(wanted: &Fixture) -> ApiError {
    ApiError::new(Code::Conflict, format!("{} was changed since it was verified", wanted.file))
        .with_hint("verify again, and accept then")
}

fn cannot(error: &EditError, line: &str) -> String {
    match error {
        EditError::NotThere => {
            format!(
                "the value is defined in another place of the file (alias `*name` or merge `<<`), so it was not changed: edit {line} yourself"
            )
        }
        _ => format!(
            "other places of the file would change too, by an anchor (`&name`) or how it is written: edit {line} yourself"
        ),
    }
}
