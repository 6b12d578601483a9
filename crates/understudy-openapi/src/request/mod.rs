//! Requests held against an operation.

mod body;
mod security;
pub(crate) mod shape;
mod style;
mod xml;

use crate::document::{At, Documents};
use crate::model::{Dialect, In, Operation, Parameter, Scheme, Style};
use crate::schema::{Broken, Checker, Direction, check_once, shortened};
use http::StatusCode;
use serde_json::{Map, Value};
use shape::Shape;
use std::borrow::Cow;
use understudy_exchange::redact::{SecretNames, looks_secret};
use understudy_exchange::target::{decode_query_part, percent_decode};
use understudy_exchange::{Request, cookie_pairs};

pub(crate) use body::{ReadyBody, takes};
pub(crate) use security::challenge;

/// A part of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The request's path.
    Path,
    /// Its query.
    Query,
    /// One of its header fields.
    Header,
    /// One of its cookies.
    Cookie,
    /// Its body.
    Body,
    /// Its credentials.
    Security,
    /// The answer's status.
    Status,
    /// Its body.
    AnswerBody,
}

impl Part {
    /// As it is written in reports and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body => "body",
            Self::Security => "security",
            Self::Status => "status",
            Self::AnswerBody => "answer's body",
        }
    }

    /// Whether it is what a backend says.
    #[must_use]
    pub fn is_of_answer(self) -> bool {
        matches!(self, Self::Status | Self::AnswerBody)
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<In> for Part {
    fn from(place: In) -> Self {
        match place {
            In::Path => Self::Path,
            In::Query => Self::Query,
            In::Header => Self::Header,
            In::Cookie => Self::Cookie,
            In::Form => Self::Body,
        }
    }
}

/// One way in which an exchange is not what its operation describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where.
    pub place: Part,
    /// Of what: a parameter's name, or a JSON pointer into the body.
    pub name: String,
    /// What is wrong, as a fragment: "expected integer, received string".
    pub message: String,
    /// Where the description asks for it: `file#pointer`.
    pub rule: String,
    /// The status that says so, if nothing else is wrong. `None` for what is only reported: nothing is known to be wrong
    /// with the request.
    pub(crate) status: Option<StatusCode>,
}

impl Violation {
    /// Returns true if a request is refused because of this.
    pub(crate) fn refuses(&self) -> bool {
        self.status.is_some()
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let space = if self.name.is_empty() { "" } else { " " };
        write!(f, "{}{space}{}: {}", self.place, self.name, self.message)
    }
}

/// A parameter, ready to be read.
#[derive(Debug)]
pub(crate) struct ReadyParameter {
    shape: Shape,
    /// `None` where no schema says what it has to be.
    checker: Option<Checker>,
}

impl ReadyParameter {
    pub(crate) fn new(documents: &Documents, dialect: Dialect, parameter: &Parameter) -> Self {
        let schema = parameter.schema.map(|schema| documents.at(schema));
        let checker = schema.and_then(|schema| Checker::new(schema, dialect, Direction::Request).ok());
        Self { shape: Shape::of(schema), checker }
    }
}

/// What a request is held against.
pub(crate) struct Held<'a> {
    pub(crate) documents: &'a Documents,
    pub(crate) dialect: Dialect,
    pub(crate) schemes: &'a [Scheme],
    pub(crate) operation: &'a Operation,
    pub(crate) parameters: &'a [ReadyParameter],
    pub(crate) bodies: &'a [ReadyBody],
}

type Pairs<'r> = Vec<(Cow<'r, str>, &'r str)>;

impl Held<'_> {
    /// Everything that is wrong with a request, the most basic first. `bound` are the values of the path's parameters.
    pub(crate) fn violations(&self, request: &Request, bound: &[(String, Cow<'_, str>)]) -> Vec<Violation> {
        let mut violations: Vec<Violation> = security::check(self, request).into_iter().collect();
        let query: Pairs<'_> = request
            .query()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode_query_part(name), value)
            })
            .collect();
        for (parameter, ready) in self.operation.parameters.iter().zip(self.parameters) {
            let found = match parameter.place {
                In::Path => {
                    let value = bound.iter().find(|(name, _)| *name == parameter.name).map(|(_, value)| value);
                    value.map(|text| read(parameter, ready, text, false))
                }
                In::Query => from_query(&query, parameter, ready),
                In::Header => {
                    let mut values = request
                        .headers
                        .get_all(parameter.name.as_str())
                        .iter()
                        .map(|value| String::from_utf8_lossy(value.as_bytes()));
                    let first = values.next();
                    first.map(|first| {
                        let all = values.fold(first, |all, next| Cow::Owned(format!("{all},{next}")));
                        read_plain(parameter, ready, &all)
                    })
                }
                In::Cookie => {
                    let cookies = cookie_pairs(&request.headers).filter(|(name, _)| *name == parameter.name);
                    let values: Vec<&str> = cookies.map(|(_, value)| value).collect();
                    from_cookies(&values, parameter, ready)
                }
                In::Form => None,
            };
            let encoded = || {
                query.iter().find(|(name, _)| *name == parameter.name).and_then(|(_, text)| {
                    (parameter.place == In::Query && !parameter.explode).then(|| with_plain_commas(text))?
                })
            };
            let other = || encoded().map(|text| read(parameter, ready, &text, true));
            self.hold(parameter, ready, found, other, &mut violations);
        }
        violations.extend(body::check(self, request));
        violations
    }

    /// Holds a value against its parameter; `other` is what it may have been meant to be.
    fn hold(
        &self,
        parameter: &Parameter,
        ready: &ReadyParameter,
        found: Option<Value>,
        other: impl Fn() -> Option<Value>,
        out: &mut Vec<Violation>,
    ) {
        let at = self.documents.at(parameter.at);
        let violation = |message: String, rule: String, name: String| Violation {
            place: parameter.place.into(),
            name,
            message,
            rule,
            status: Some(StatusCode::BAD_REQUEST),
        };
        let Some(value) = found else {
            if parameter.required && parameter.place != In::Path {
                let message = "is required, and missing".to_owned();
                out.push(violation(message, at.pointer(), parameter.name.clone()));
            }
            return;
        };
        if parameter.allow_empty && value.as_str() == Some("") {
            return;
        }
        let schema = parameter.schema.map(|schema| self.documents.at(schema));
        let broken = held(schema, ready.checker.as_ref(), self.dialect, &value);
        // A text may be read in several ways, and several types may be asked for: any that fits is meant.
        let fits = |other: &Value| held(schema, ready.checker.as_ref(), self.dialect, other).is_empty();
        if !broken.is_empty() && (shape::other_readings(&value).iter().any(fits) || other().as_ref().is_some_and(fits))
        {
            return;
        }
        // Values in the address are shown as they were read: a `+` is a space there. Other values
        // may be secrets.
        let is_shown =
            matches!(parameter.place, In::Query | In::Path) && !SecretNames::default().has_parameter(&parameter.name);
        let got = value
            .as_str()
            .filter(|text| is_shown && !looks_secret(text))
            .map(|text| format!(", got `{}`", shortened(text)));
        out.extend(broken.into_iter().map(|Broken { place, message, rule, is_unchecked }| {
            let is_about_text = rule.ends_with("/format") || rule.ends_with("/pattern");
            let got = got.as_deref().filter(|_| place.is_empty() && is_about_text).unwrap_or("");
            let status = (!is_unchecked).then_some(StatusCode::BAD_REQUEST);
            Violation { status, ..violation(format!("{message}{got}"), rule, format!("{}{place}", parameter.name)) }
        }));
    }
}

/// A list whose commas are encoded, as many clients send it: by the rules they would be part of its elements. `None` where there
/// are none.
fn with_plain_commas(text: &str) -> Option<String> {
    text.contains("%2").then(|| text.replace("%2C", ",").replace("%2c", ",")).filter(|plain| plain != text)
}

/// What is wrong with a value by its schema.
fn held(schema: Option<At<'_>>, checker: Option<&Checker>, dialect: Dialect, value: &Value) -> Vec<Broken> {
    match (schema, checker) {
        (Some(schema), Some(checker)) => checker.check(schema.documents(), value),
        // What is too large to be kept is made for this value alone.
        (Some(schema), None) => check_once(schema, dialect, Direction::Request, value),
        (None, _) => Vec::new(),
    }
}

/// A value that is written in one piece, percent-encoded.
fn read(parameter: &Parameter, ready: &ReadyParameter, text: &str, is_query: bool) -> Value {
    if parameter.is_json {
        let text = if is_query { decode_query_part(text) } else { percent_decode(text) };
        return serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()));
    }
    style::read(text, &parameter.name, parameter.style, parameter.explode, is_query, &ready.shape)
}

/// The same, where nothing is encoded.
fn read_plain(parameter: &Parameter, ready: &ReadyParameter, text: &str) -> Value {
    read(parameter, ready, &text.replace('%', "%25"), false)
}

/// A list that is exploded may be several cookies of one name.
fn from_cookies(values: &[&str], parameter: &Parameter, ready: &ReadyParameter) -> Option<Value> {
    match values {
        [_, _, ..] if parameter.explode && ready.shape.array => {
            let item = ready.shape.item();
            Some(Value::Array(values.iter().map(|text| item.scalar(&percent_decode(text))).collect()))
        }
        [first, ..] => Some(read(parameter, ready, first, false)),
        [] => None,
    }
}

fn from_query(query: &Pairs<'_>, parameter: &Parameter, ready: &ReadyParameter) -> Option<Value> {
    let shape = &ready.shape;
    let own = || query.iter().filter(|(name, _)| *name == parameter.name).map(|(_, value)| *value);
    let decoded = || -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        query.iter().map(|(name, value)| (Cow::Borrowed(&**name), decode_query_part(value))).collect()
    };
    let is_plain_list = shape.array && (!shape.object || shape.properties.is_empty());
    match (parameter.style, parameter.explode) {
        _ if parameter.is_json => own().next().map(|text| read(parameter, ready, text, true)),
        (Style::DeepObject, _) => style::deep(&decoded(), &parameter.name, shape)
            .or_else(|| own().next().map(|text| read(parameter, ready, text, true))),
        (Style::Form | Style::SpaceDelimited | Style::PipeDelimited, true) if is_plain_list => {
            let values: Vec<&str> = own().collect();
            // `ids[]=1&ids[]=2` and `ids[0]=1` are what many clients write.
            let Some(first) = values.first() else { return style::deep(&decoded(), &parameter.name, shape) };
            let item = shape.item();
            if shape.is_scalar() && values.len() == 1 {
                return Some(shape.scalar(&decode_query_part(first)));
            }
            Some(Value::Array(values.iter().map(|text| item.scalar(&decode_query_part(text))).collect()))
        }
        (Style::Form, true) if shape.object && !shape.is_scalar() => {
            // Each member is a parameter of its own.
            let mut members = Map::new();
            for (name, value) in
                query.iter().filter(|(name, _)| shape.properties.iter().any(|(known, _)| *known == **name))
            {
                members.insert(name.clone().into_owned(), shape.property(name).scalar(&decode_query_part(value)));
            }
            if members.is_empty() {
                style::deep(&decoded(), &parameter.name, shape)
            } else {
                Some(Value::Object(members))
            }
        }
        _ => own().next().map(|text| read(parameter, ready, text, true)),
    }
}
