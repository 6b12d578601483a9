//! A fixture's text as a form. The form is a view on the text that is being edited: what is changed in it changes that text,
//! and saving, undo and conflicts are the text's.

mod body;
mod change;
mod rule;

pub(super) use body::{BodyForm, ValueAt, ValueRequest};
pub(super) use change::FormEdit;
pub(super) use rule::RuleKind;

use super::App;
use super::commands::{Nothing, Text};
use crate::disk::ServiceFiles;
use crate::error::{ApiError, Code};
use crate::report::DiagnosticReport;
use rule::{RuleForm, RuleView};
use serde::{Deserialize, Serialize};
use understudy_fixture::model::{Delay, Field, Fixture, RequestBody, ResponsePromise, When, write_duration};
use understudy_fixture::{Diagnostic, Source, fixture};

/// A fixture's text, to be shown as a form.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct FormRequest {
    /// The service.
    service: String,
    /// Relative to the service's folder.
    file: String,
    /// The text, saved or not.
    text: String,
    /// Which of its responses, from 0.
    response: u32,
    /// The bodies as they are shown now: where they still say what the file says, they are left as they are typed.
    shown: ShownBodies,
}

/// Bodies as they are shown in a form.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ShownBodies {
    request: Option<String>,
    response: Option<String>,
}

/// What a form shows of a text.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct FormView {
    /// The fixture; `null` where the text is none.
    form: Option<Form>,
    /// What is wrong with the text then.
    problems: Vec<DiagnosticReport>,
}

/// A fixture as a form.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
struct Form {
    name: String,
    enabled: bool,
    priority: i64,
    tags: Vec<String>,
    method: String,
    path: String,
    /// What a request has to have, in the order of its parts.
    conditions: Vec<Condition>,
    /// The request's body.
    body: BodyForm,
    /// The states in which alone it matches.
    when: Vec<StateView>,
    /// What answering sets the state to.
    set: Vec<StateView>,
    /// How many responses it has.
    responses: u32,
    /// The response that a backend is compared with, from 0.
    verified: Option<u32>,
    /// Which of them is shown, from 0.
    at: u32,
    response: ResponseForm,
    /// Why it is not replayed.
    skip: String,
    /// Whether a write method only reads.
    safe: bool,
    /// Whether the contract test sends it only where writes are allowed.
    writes: bool,
}

/// Where a named value of a request or a response stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    /// A parameter of the path.
    Params,
    /// A parameter of the query.
    Query,
    /// A header field of the request.
    Headers,
    /// A cookie.
    Cookies,
    /// A field of an urlencoded form.
    Form,
    /// A header field of the response.
    Answer,
}

/// A named value, and what it has to be.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
struct Condition {
    part: Part,
    name: String,
    rule: RuleView,
}

/// A name of the state.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
struct StateView {
    name: String,
    /// Any of these; what is set has one.
    values: Vec<String>,
}

impl StateView {
    fn when(states: &[When]) -> Vec<Self> {
        states.iter().map(|When { name, values }| Self { name: name.clone(), values: values.clone() }).collect()
    }

    fn set(states: &[(String, String)]) -> Vec<Self> {
        states.iter().map(|(name, value)| Self { name: name.clone(), values: vec![value.clone()] }).collect()
    }
}

/// Where states stand in a fixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub(super) enum StatePlace {
    /// Those in which alone it matches.
    When,
    /// What answering sets.
    Set,
    /// Those in which the response answers instead of others.
    AnswerWhen,
    /// What answering with the response sets.
    AnswerSet,
}

/// A response as a form.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
struct ResponseForm {
    /// The states in which it answers instead of others.
    when: Vec<StateView>,
    /// What answering with it sets the state to.
    set: Vec<StateView>,
    status: u16,
    /// The status's name: `OK`.
    reason: String,
    headers: Vec<Condition>,
    /// As it is written: `20ms..80ms`.
    delay: String,
    body: BodyForm,
}

/// The kinds of rule.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct RuleKinds {
    /// In the order in which they are offered.
    kinds: Vec<RuleKind>,
}

impl App {
    pub(super) async fn rule_kinds(&self, _: Nothing) -> Result<RuleKinds, ApiError> {
        Ok(RuleKinds { kinds: rule::KINDS.to_vec() })
    }

    pub(super) async fn form(&self, request: FormRequest) -> Result<FormView, ApiError> {
        let (read, problems, _) = self.read_text(&request.service, &request.file, request.text).await?;
        let at = usize::try_from(request.response).unwrap_or(usize::MAX);
        let problems = problems.iter().filter(|problem| problem.is_error()).map(DiagnosticReport::new).collect();
        Ok(FormView { form: read.map(|read| form(&read, at, &request.shown)), problems })
    }

    /// The text with one thing changed; nothing is written.
    pub(super) async fn form_edit(&self, request: FormEdit) -> Result<Text, ApiError> {
        let FormEdit { service, file, text, response, change } = request;
        let (before, _, source) = self.read_text(&service, &file, text).await?;
        let before = before.ok_or_else(|| {
            ApiError::new(Code::Usage, "the text is no fixture as it stands").with_hint("mend it in its source first")
        })?;
        let text = change::changed(&source, &before, usize::try_from(response).unwrap_or(usize::MAX), &change)?;
        let (after, problems, source) = self.read_text(&service, &file, text).await?;
        match problems.into_iter().find(|problem| after.is_none() && problem.is_error()) {
            None => Ok(Text { text: source.text }),
            Some(Diagnostic { message, hint, .. }) => {
                let error = ApiError::new(Code::Usage, message);
                Err(hint.into_iter().fold(error, ApiError::with_hint))
            }
        }
    }

    pub(super) async fn form_value(&self, request: ValueRequest) -> Result<ValueAt, ApiError> {
        Ok(body::value_at(&request))
    }

    async fn read_text(
        &self,
        service: &str,
        file: &str,
        text: String,
    ) -> Result<(Option<Fixture>, Vec<Diagnostic>, Source), ApiError> {
        let project = self.loaded().await;
        let loaded = project.service(service)?;
        let id = file.rsplit_once('.').map_or(file, |(id, _)| id);
        let source = Source { file: loaded.service.path_of(file).into(), text };
        let (read, problems) =
            fixture(&source, id, &ServiceFiles::new(&loaded.root, &loaded.folder, loaded.service.body_max));
        Ok((read, problems, source))
    }
}

fn form(fixture: &Fixture, at: usize, shown: &ShownBodies) -> Form {
    let request = &fixture.request;
    let named = |part: Part, fields: &[Field]| -> Vec<Condition> {
        let condition =
            |field: &Field| Condition { part, name: field.name.clone(), rule: RuleView::of_field(&field.matcher) };
        fields.iter().map(condition).collect()
    };
    // What the path names is there to be filled, whether the file speaks of it or not.
    let params = request.path.parameters().map(|name| {
        let known = request.params.iter().find(|field| field.name == name);
        let anything = || RuleView { rule: RuleForm::anything(), label: "anything".to_owned() };
        let rule = known.map_or_else(anything, |field| RuleView::of_field(&field.matcher));
        Condition { part: Part::Params, name: name.to_owned(), rule }
    });
    let mut conditions: Vec<Condition> = params.collect();
    conditions.extend(named(Part::Query, &request.query));
    conditions.extend(named(Part::Headers, &request.headers));
    conditions.extend(named(Part::Cookies, &request.cookies));
    if let Some(RequestBody::Form(fields)) = &request.body {
        conditions.extend(named(Part::Form, fields));
    }
    let at = at.min(fixture.responses.len() - 1);
    let response = &fixture.responses[at];
    Form {
        name: fixture.name.clone().unwrap_or_default(),
        enabled: fixture.enabled,
        priority: fixture.priority,
        tags: fixture.tags.clone(),
        method: request.method.to_string(),
        path: request.path.to_string(),
        conditions,
        body: body::of_request(request, shown.request.as_deref()),
        when: StateView::when(&fixture.when),
        set: StateView::set(&fixture.set),
        responses: u32::try_from(fixture.responses.len()).unwrap_or(u32::MAX),
        verified: fixture.verified_response().and_then(|at| u32::try_from(at).ok()),
        at: u32::try_from(at).unwrap_or(u32::MAX),
        response: response_form(response, shown.response.as_deref()),
        skip: fixture.verify.skip.clone().unwrap_or_default(),
        safe: fixture.verify.safe,
        writes: !understudy_contract::only_reads(fixture),
    }
}

fn response_form(response: &ResponsePromise, shown: Option<&str>) -> ResponseForm {
    let headers = response.headers.iter().map(|(name, promise)| Condition {
        part: Part::Answer,
        name: name.clone(),
        rule: RuleView::of_header(promise),
    });
    let status = http::StatusCode::from_u16(response.status).ok();
    ResponseForm {
        when: StateView::when(&response.when),
        set: StateView::set(&response.set),
        status: response.status,
        reason: status.and_then(|status| status.canonical_reason()).unwrap_or_default().to_owned(),
        headers: headers.collect(),
        delay: match response.delay {
            None => String::new(),
            Some(Delay::Fixed(time)) => write_duration(time),
            Some(Delay::Between(least, most)) => format!("{}..{}", write_duration(least), write_duration(most)),
            Some(Delay::Percentiles { p50, p99 }) => {
                format!("{{p50: {}, p99: {}}}", write_duration(p50), write_duration(p99))
            }
        },
        body: body::of_response(response, shown),
    }
}
