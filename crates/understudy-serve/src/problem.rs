//! Responses that no fixture gives, as problem details (RFC 9457).

use crate::event::Wrong;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use understudy_exchange::printable::{make_printable, push_escaped};
use understudy_exchange::redact::SecretNames;
use understudy_exchange::{Json, JsonString, Request};
use understudy_match::Rendered;
use understudy_openapi::{Refusal, Violation};

/// The request's line for people: a page or a log keeps the response, so it has no secrets.
pub(crate) fn request_line(request: &Request) -> String {
    format!("{} {}", request.method, SecretNames::default().shown_target(&request.target))
}

/// A problem with a title and a detail.
pub(crate) fn problem(status: StatusCode, kind: &str, title: &str, detail: &str) -> Rendered {
    rendered(status, members(status, kind, title, detail))
}

pub(crate) type Members = Vec<(&'static str, Json)>;

pub(crate) fn members(status: StatusCode, kind: &str, title: &str, detail: &str) -> Members {
    vec![
        ("type", Json::string(format!("urn:understudy:{kind}"))),
        ("title", Json::string(title)),
        ("status", Json::Number(u64::from(status.as_u16()).into())),
        ("detail", Json::string(detail)),
    ]
}

pub(crate) fn rendered(status: StatusCode, members: Members) -> Rendered {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    // The body may be read on a terminal. An escape in a JSON string means its character.
    let mut text = object(members).to_string();
    make_printable(&mut text, 0);
    Rendered { status, headers, body: Bytes::from(text) }
}

pub(crate) fn object(members: Members) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (JsonString::new(name), value)).collect())
}

/// The header field that says what is wrong with a request.
const ERRORS: HeaderName = HeaderName::from_static("understudy-errors");
/// Longer header fields are cut: clients refuse heads of more than 8 or 16 KB.
const ERRORS_BYTES_MAX: usize = 2_000;

/// Returns the response to a request that does not match the OpenAPI description. The response is
/// the documented one, else problem details.
pub(crate) fn refused(service: &str, request: &str, operation: &str, refusal: Refusal) -> Rendered {
    let errors = field(&in_words(&refusal.violations));
    let mut rendered = match refusal.body {
        Some(body) => Rendered { status: refusal.status, headers: refusal.headers, body },
        None => undocumented(service, request, operation, refusal),
    };
    rendered.headers.insert(ERRORS, errors);
    rendered
}

/// Adds the header field for what is only reported, if there is anything.
pub(crate) fn errors(violations: &[Violation], headers: &mut HeaderMap) {
    if !violations.is_empty() {
        headers.insert(ERRORS, field(&in_words(violations)));
    }
}

/// A text as a header field's value. What is not ASCII is written as in JSON.
fn field(text: &str) -> HeaderValue {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            _ if out.len() > ERRORS_BYTES_MAX => {
                out.push_str("...");
                break;
            }
            ' '..='~' => out.push(c),
            c => push_escaped(c, &mut out),
        }
    }
    HeaderValue::from_str(&out).expect("it is ASCII")
}

fn undocumented(service: &str, request: &str, operation: &str, refusal: Refusal) -> Rendered {
    let mut all = members(refusal.status, refusal.kind, refusal.title, &in_words(&refusal.violations));
    all.push(("service", Json::string(service)));
    all.push(("request", Json::string(request)));
    all.push(("operation", Json::string(operation)));
    all.push(("errors", Json::Array(refusal.violations.iter().map(violation).collect())));
    let mut rendered = rendered(refusal.status, all);
    rendered.headers.extend(refusal.headers);
    rendered
}

fn violation(violation: &Violation) -> Json {
    object(vec![
        ("in", Json::string(violation.place.as_str())),
        ("name", Json::string(&violation.name)),
        ("detail", Json::string(&violation.message)),
        ("rule", Json::string(&violation.rule)),
    ])
}

/// What is wrong with a request that a description knows.
pub(crate) fn wrong(violations: &[Violation]) -> Wrong {
    let places = violations.iter().map(|Violation { place, name, .. }| format!("{place} {name}").trim_end().to_owned());
    Wrong { words: in_words(violations), places: places.collect::<Vec<_>>().join("; ") }
}

/// In one line.
fn in_words(violations: &[Violation]) -> String {
    let all: Vec<String> = violations.iter().map(ToString::to_string).collect();
    all.join("; ")
}

/// The answer to a method that neither a fixture nor the description knows for a path.
pub(crate) fn other_methods(service: &str, request: &str, methods: &[Method]) -> Rendered {
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    let detail = format!("the path is known with {}", names.join(", "));
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let mut all =
        members(status, "other-methods", "Neither a fixture nor the description answers this method", &detail);
    all.push(("service", Json::string(service)));
    all.push(("request", Json::string(request)));
    let mut rendered = rendered(status, all);
    allow(methods, &mut rendered.headers);
    rendered
}

pub(crate) fn allow(methods: &[Method], headers: &mut HeaderMap) {
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(ALLOW, value);
    }
}
