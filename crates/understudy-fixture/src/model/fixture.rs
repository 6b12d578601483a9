//! A fixture: one promise about one exchange.

use super::{Check, Delay, GraphqlQuery, PathTemplate, Pattern, Rule, Search, XmlBody};
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use understudy_exchange::{Json, JsonPath, JsonText};

/// A request like this gets a response like that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    /// The file's path below the service's folder, without its ending: `pets/get`.
    pub id: Arc<str>,
    /// The file, relative to the project.
    pub file: Arc<str>,
    /// What it is called, where it says so.
    pub name: Option<String>,
    /// Who answers for it, where it says so.
    pub owner: Option<String>,
    /// Words to choose fixtures by.
    pub tags: Vec<String>,
    /// Whether it is served and verified.
    pub enabled: bool,
    /// Higher wins.
    pub priority: i64,
    /// Which requests it answers, and what the contract test sends.
    pub request: RequestPromise,
    /// The responses of the stub; [`Fixture::verified_response`] says which one a backend is compared with. Never empty.
    pub responses: Vec<ResponsePromise>,
    /// How a list of responses is walked.
    pub select: Select,
    /// The states in which alone it matches.
    pub when: Vec<When>,
    /// What it sets the state to, whichever of its responses answers.
    pub set: Vec<(String, String)>,
    /// How it is replayed.
    pub verify: Verify,
}

impl Fixture {
    /// Its name, or its method and path.
    #[must_use]
    pub fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{} {}", self.request.method, self.request.path))
    }

    /// The states that it and its responses speak of.
    pub fn all_when(&self) -> impl Iterator<Item = &When> {
        self.when.iter().chain(self.responses.iter().flat_map(|response| &response.when))
    }

    /// What it and its responses set the state to.
    pub fn all_set(&self) -> impl Iterator<Item = &(String, String)> {
        self.set.iter().chain(self.responses.iter().flat_map(|response| &response.set))
    }
}

/// A name of the service's state, and the values with which something holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct When {
    /// The name.
    pub name: String,
    /// Any of these; never empty.
    pub values: Vec<String>,
}

impl When {
    /// Whether it holds for a value; `None` where the name is unset.
    #[must_use]
    pub fn holds(&self, value: Option<&str>) -> bool {
        value.is_some_and(|value| self.values.iter().any(|wanted| wanted == value))
    }
}

/// How a list of responses is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Select {
    /// From the first to the last, and again.
    #[default]
    Cycle,
    /// From the first to the last, which stays.
    InOrder,
    /// Any.
    Random,
}

/// Which requests a fixture answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPromise {
    /// The method.
    pub method: MethodMatcher,
    /// The path.
    pub path: PathTemplate,
    /// Parameters of the path.
    pub params: Vec<Field>,
    /// Parameters of the query.
    pub query: Vec<Field>,
    /// Header fields, names in lower case.
    pub headers: Vec<Field>,
    /// Cookies.
    pub cookies: Vec<Field>,
    /// The content.
    pub body: Option<RequestBody>,
    /// Rules for parts of a JSON body.
    pub rules: Vec<PathRule>,
    /// Whether what is not written is refused.
    pub strict: bool,
}

/// A method, or any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MethodMatcher {
    /// `ANY`
    Any,
    /// Exactly this one.
    Is(http::Method),
}

impl std::fmt::Display for MethodMatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("ANY"),
            Self::Is(method) => f.write_str(method.as_str()),
        }
    }
}

/// A named value of a path, query, header, cookie or form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it has to be.
    pub matcher: FieldMatcher,
}

/// What a named value has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldMatcher {
    /// Exactly one occurrence, with this text.
    Equals(Pattern),
    /// Exactly these occurrences, in any order.
    List(Vec<Pattern>),
    /// Any occurrence obeys.
    Rule(Rule),
}

impl FieldMatcher {
    /// Whether any value will do: it is one placeholder.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Equals(pattern) if pattern.is_open())
    }

    /// Returns true if every request matches: the field is only sent by the contract test.
    #[must_use]
    pub fn asks_nothing(&self) -> bool {
        matches!(self, Self::Rule(rule) if rule.checks.iter().all(|check| *check == Check::Ignore))
    }
}

impl RequestPromise {
    /// The paths of the files that the body is in, or its parts.
    pub fn body_files(&self) -> impl Iterator<Item = &str> {
        let (whole, parts) = match &self.body {
            Some(RequestBody::File(file)) => (Some(file), &[][..]),
            Some(RequestBody::Multipart(parts)) => (None, parts.as_slice()),
            _ => (None, &[][..]),
        };
        let of_parts = parts.iter().filter_map(|part| match &part.content {
            Some(PartContent::File(file)) => Some(file),
            _ => None,
        });
        whole.into_iter().chain(of_parts).map(|file| &*file.path)
    }
}

/// The content of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestBody {
    /// `json:`; strings may hold `{{name}}`.
    Json(Json),
    /// `text:`
    Text(Pattern),
    /// `form:`
    Form(Vec<Field>),
    /// `multipart:`
    Multipart(Vec<NamedPart>),
    /// `xml:`
    Xml(XmlBody),
    /// `graphql:`
    Graphql(Graphql),
    /// `graphql:` with a list: several requests at once, in this order.
    GraphqlBatch(Vec<Graphql>),
    /// `base64:`
    Base64(Bytes),
    /// `file:`
    File(BodyFile),
}

/// One part of a multipart form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPart {
    /// The field's name.
    pub name: String,
    /// The file's name.
    pub filename: Option<FieldMatcher>,
    /// The part's content type.
    pub content_type: Option<FieldMatcher>,
    /// The content; `None` for any.
    pub content: Option<PartContent>,
    /// Rules for the content.
    pub rules: Vec<PathRule>,
}

/// The content of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartContent {
    /// `text:`
    Text(FieldMatcher),
    /// `json:`
    Json(Json),
    /// `file:`
    File(BodyFile),
}

/// A GraphQL request, as it is sent in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graphql {
    /// `operationName`
    pub operation: Option<String>,
    /// `query`
    pub query: Option<GraphqlQuery>,
    /// `variables`
    pub variables: Option<Json>,
    /// `extensions`
    pub extensions: Option<Json>,
}

/// A file of the service's folder, with what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyFile {
    /// Relative to the service's folder, with `/` between folders.
    pub path: String,
    /// What the file holds.
    pub content: Bytes,
}

/// A rule for what a JSONPath selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRule {
    /// Where.
    pub path: JsonPath,
    /// What.
    pub rule: Rule,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponsePromise {
    /// The states in which it answers instead of those responses that answer in every state.
    pub when: Vec<When>,
    /// What it sets the state to, beside what its fixture does.
    pub set: Vec<(String, String)>,
    /// The status code.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, HeaderPromise)>,
    /// The content; `None` where nothing is sent or looked at.
    pub body: Option<ResponseBody>,
    /// Rules for parts of the body.
    pub rules: Vec<PathRule>,
    /// How long the stub waits.
    pub delay: Option<Delay>,
}

/// Whether answers with this status have no content (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5).
#[must_use]
pub fn has_no_body(status: u16) -> bool {
    matches!(status, 204 | 205 | 304)
}

impl ResponsePromise {
    /// What is answered in every state, at once, and held by its shape alone.
    #[must_use]
    pub fn new(status: u16, headers: Vec<(String, HeaderPromise)>, body: Option<ResponseBody>) -> Self {
        Self { when: Vec::new(), set: Vec::new(), status, headers, body, rules: Vec::new(), delay: None }
    }

    /// The path of the file that the body is in.
    #[must_use]
    pub fn body_file(&self) -> Option<&str> {
        match &self.body {
            Some(ResponseBody::File(file)) => Some(&file.path),
            Some(ResponseBody::LargeFile(file)) => Some(&file.path),
            _ => None,
        }
    }
}

/// What a header field of a response is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderPromise {
    /// One field with this value.
    Value(String),
    /// Several fields.
    List(Vec<String>),
    /// Whatever obeys; the rule's example is sent.
    Rule(Rule),
}

/// The content of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseBody {
    /// `json:`
    Json(JsonText),
    /// `text:`
    Text(String),
    /// `xml:`
    Xml(XmlBody),
    /// `base64:`
    Base64(Bytes),
    /// `file:`
    File(BodyFile),
    /// `file:` of a file that is sent from the disk.
    LargeFile(LargeFile),
}

/// A file of the service's folder that is too large to be held in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LargeFile {
    /// Relative to the service's folder, with `/` between folders.
    pub path: String,
    /// The file on the disk.
    pub place: Arc<Path>,
    /// The size in bytes when the fixture was read.
    pub bytes: u64,
}

/// How a fixture is replayed against a backend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verify {
    /// Why it is not.
    pub skip: Option<String>,
    /// Whether it only reads, whatever its method.
    pub safe: bool,
    /// What has to be so at the backend (provider states).
    pub given: Vec<String>,
    /// The ids of the fixtures that run before it; `None` where the service's default holds.
    pub after: Option<Vec<String>>,
    /// The ids of fixtures that are sent once more before it, for it and those after it.
    pub again: Vec<String>,
    /// The ids of the fixtures that are sent before this one, if they are sent at all. They may fail.
    pub follows: Vec<String>,
    /// Values of the answer, for the fixtures after it.
    pub capture: Vec<Capture>,
    /// The response that `verify.response` names, from 0; there are more than that.
    pub response: Option<usize>,
    /// The statuses that keep the promise; empty where the response's does.
    pub status: Vec<u16>,
    /// How long the answer may take.
    pub timeout: Option<Duration>,
    /// Differences that are accepted for now.
    pub known: Vec<Known>,
}

/// A value of the real answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// What `{{name}}` it fills.
    pub name: String,
    /// Where it is.
    pub from: CaptureFrom,
}

/// Where a captured value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureFrom {
    /// The first node that a JSONPath selects in the body.
    Body(JsonPath),
    /// A header field.
    Header {
        /// Its name, in lower case.
        name: String,
        /// The part that the first group matches.
        matches: Option<Search>,
        /// The query parameter of the URL that it holds.
        query: Option<String>,
    },
    /// The value of a cookie that the answer sets.
    Cookie(String),
    /// The part of the body's text that the first group matches.
    Text(Search),
}

impl Known {
    /// The path of a difference in the status.
    pub const STATUS: &str = "status";
    /// The path of a difference of the kind `no-answer`, a missing response.
    pub const NO_ANSWER: &str = "answer";
}

/// A difference that is accepted for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The place: a JSONPath, which may stand for several places, a header's name, or a word such
    /// as `status`.
    pub path: String,
    /// What kind; any where it is not said.
    pub kind: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// The last day on which it is, as `YYYY-MM-DD`, which sorts as it reads.
    pub until: Option<String>,
}
