//! Answers that no fixture gives: problem details (RFC 9457) that say what was nearest.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use understudy_exchange::{Json, JsonString};
use understudy_match::{Explanation, Near, Rendered};

/// A problem with a title and a detail.
pub(crate) fn problem(status: StatusCode, kind: &str, title: &str, detail: &str) -> Rendered {
    rendered(status, members(status, kind, title, detail))
}

type Members = Vec<(&'static str, Json)>;

fn members(status: StatusCode, kind: &str, title: &str, detail: &str) -> Members {
    vec![
        ("type", Json::string(format!("urn:understudy:{kind}"))),
        ("title", Json::string(title)),
        ("status", Json::Number(u64::from(status.as_u16()).into())),
        ("detail", Json::string(detail)),
    ]
}

fn rendered(status: StatusCode, members: Members) -> Rendered {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    Rendered { status, headers, body: Bytes::from(object(members).to_string()) }
}

fn object(members: Members) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (JsonString::new(name), value)).collect())
}

/// The answer to a request that nothing matches: 405 where the method alone is another one, else 404.
pub(crate) fn miss(service: &str, request: &str, explanation: &Explanation) -> Rendered {
    let by_method = !explanation.allowed.is_empty();
    let (status, kind, title) = if by_method {
        (StatusCode::METHOD_NOT_ALLOWED, "other-methods", "No fixture answers this method")
    } else {
        (StatusCode::NOT_FOUND, "no-fixture", "No fixture answers this request")
    };
    let mut all = members(status, kind, title, &describe_miss(explanation));
    all.push(("service", Json::string(service)));
    all.push(("request", Json::string(request)));
    all.push(("nearest", Json::Array(explanation.near.iter().map(nearest).collect())));
    let mut rendered = rendered(status, all);
    if by_method {
        allow(&explanation.allowed, &mut rendered.headers);
    }
    rendered
}

pub(crate) fn allow(methods: &[Method], headers: &mut HeaderMap) {
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(ALLOW, value);
    }
}

fn nearest(near: &Near) -> Json {
    let differences = near.differences.iter().map(|difference| {
        object(vec![
            ("place", Json::string(difference.place.clone())),
            ("expected", Json::string(difference.expected.clone())),
            ("received", Json::string(difference.received.clone())),
        ])
    });
    object(vec![
        ("fixture", Json::string(&*near.fixture.id)),
        ("file", Json::string(&*near.fixture.file)),
        ("differences", Json::Array(differences.collect())),
    ])
}

/// The nearest fixtures and what did not match, in one line: the same words in the answer and in the log.
#[must_use]
pub fn describe_miss(explanation: &Explanation) -> String {
    let all: Vec<String> = explanation
        .near
        .iter()
        .map(|near| {
            let differences: Vec<String> = near.differences.iter().map(ToString::to_string).collect();
            format!("{} ({})", near.fixture.id, differences.join("; "))
        })
        .collect();
    if all.is_empty() { "no fixture is near".to_owned() } else { format!("nearest: {}", all.join(", ")) }
}
