//! The header fields of an answer.

use crate::contrast::contrast_texts;
use crate::field;
use crate::mismatch::{Kind, Mismatch, NOTHING, shorten};
use http::HeaderMap;
use understudy_exchange::{field_value, media_type};
use understudy_fixture::model::HeaderPromise;

/// Fields whose value is another one each time: listed with a plain value they are sent as written, and have
/// only to be there in the backend's answer. A rule is held as it stands.
pub const PRESENT_ONLY_HEADERS: &[&str] = &[
    "cf-ray",
    "content-location",
    "etag",
    "last-modified",
    "location",
    "request-id",
    "retry-after",
    "traceparent",
    "x-amzn-requestid",
    "x-correlation-id",
    "x-request-id",
    "x-trace-id",
];

/// Fields that say something about the server or the connection: listed with a plain value they are sent as
/// written, and not held at all. A rule is held as it stands. A `*` at the end stands for anything.
pub const NOT_HELD_HEADERS: &[&str] = &[
    "age",
    "alt-svc",
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "expires",
    "keep-alive",
    "ratelimit*",
    "server",
    "server-timing",
    "transfer-encoding",
    "vary",
    "via",
    "x-cache",
    "x-powered-by",
    "x-ratelimit-*",
    "x-response-time",
    "x-runtime",
];

pub(crate) fn is_not_held(name: &str) -> bool {
    NOT_HELD_HEADERS.iter().any(|known| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => *known == name,
    })
}

/// Holds the listed fields against those received; `content-type` is left to the body.
pub(crate) fn compare(promised: &[(String, HeaderPromise)], received: &HeaderMap, out: &mut Vec<Mismatch>) {
    for (name, promise) in promised {
        let values: Vec<String> = received
            .get_all(name.as_str())
            .into_iter()
            .map(|value| field_value::text(value).trim().to_owned())
            .collect();
        let lines: Vec<&str> = values.iter().map(String::as_str).collect();
        let expected = match promise {
            HeaderPromise::Rule(rule) if field::rule_holds(name, rule, &lines, false) => continue,
            HeaderPromise::Rule(rule) => rule.to_string(),
            _ if is_not_held(name) => continue,
            _ if name == "set-cookie" => {
                cookies(promise, &values, out);
                continue;
            }
            _ if PRESENT_ONLY_HEADERS.contains(&name.as_str()) => {
                if !values.is_empty() {
                    continue;
                }
                "anything".to_owned()
            }
            HeaderPromise::Value(value) if is_same(name, std::slice::from_ref(value), &lines) => continue,
            HeaderPromise::List(list) if is_same(name, list, &lines) => continue,
            HeaderPromise::Value(value) => value.clone(),
            HeaderPromise::List(list) => list.join(", "),
        };
        let (expected, received) = match (promise, values.as_slice()) {
            (_, []) => (shorten(&expected), NOTHING.to_owned()),
            (HeaderPromise::Rule(_), values) => (shorten(&expected), shorten(&values.join(", "))),
            (_, values) => contrast_texts(&expected, &values.join(", ")),
        };
        out.push(Mismatch { path: name.clone(), kind: Kind::Header, expected, received });
    }
}

/// Returns true if a field means what is written (RFC 9110). A media type may have more parameters than are written.
fn is_same(name: &str, written: &[String], received: &[&str]) -> bool {
    let written: Vec<&str> = written.iter().map(String::as_str).collect();
    match (name, written.as_slice()) {
        ("content-type", [written]) => received.iter().any(|received| media_type::covers(written, received)),
        (_, written) => !received.is_empty() && field_value::is_same(name, written, received),
    }
}

/// Cookies are held by name: their values are the backend's own.
fn cookies(promise: &HeaderPromise, received: &[String], out: &mut Vec<Mismatch>) {
    let name = |value: &str| value.split(['=', ';']).next().unwrap_or("").trim().to_owned();
    let wanted = match promise {
        HeaderPromise::Value(value) => std::slice::from_ref(value),
        HeaderPromise::List(list) => list.as_slice(),
        HeaderPromise::Rule(_) => &[],
    };
    let names: Vec<String> = received.iter().map(|value| name(value)).collect();
    for cookie in wanted.iter().map(|value| name(value)).filter(|cookie| !names.contains(cookie)) {
        let received = if names.is_empty() { NOTHING.to_owned() } else { format!("cookies {}", names.join(", ")) };
        out.push(Mismatch {
            path: "set-cookie".to_owned(),
            kind: Kind::Header,
            expected: format!("a cookie {cookie}"),
            received,
        });
    }
}
