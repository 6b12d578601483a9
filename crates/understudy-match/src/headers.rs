//! The header fields of an answer.

use crate::contrast::contrast_texts;
use crate::mismatch::{Kind, Mismatch, NOTHING, shorten};
use crate::rule::occurrences_obey;
use http::HeaderMap;
use understudy_exchange::MediaType;
use understudy_exchange::media_type::parameters;
use understudy_fixture::model::{HeaderPromise, Rule};

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

/// Header fields that list methods or field names. Servers that store these in a set send them in another order after
/// each start.
const SET_HEADERS: &[&str] = &[
    "accept-patch",
    "accept-post",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-expose-headers",
    "allow",
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
            .map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
            .collect();
        let expected = match promise {
            HeaderPromise::Rule(rule) if rule_holds(rule, &values) => continue,
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
            HeaderPromise::Value(value) if name == "content-type" => {
                if values.iter().any(|received| is_content_type(value, received)) {
                    continue;
                }
                value.clone()
            }
            HeaderPromise::Value(value) if same(name, std::slice::from_ref(value), &values) => continue,
            HeaderPromise::List(list) if same(name, list, &values) => continue,
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

/// Returns true if a received content type equals the written one, including the written parameters. The boundary of a
/// multipart form differs each time and does not count.
fn is_content_type(written: &str, received: &str) -> bool {
    let received_parameters: Vec<_> = parameters(received).collect();
    MediaType::parse(written) == MediaType::parse(received)
        && parameters(written).filter(|(name, _)| !name.eq_ignore_ascii_case("boundary")).all(|(name, wanted)| {
            let is_charset = name.eq_ignore_ascii_case("charset");
            received_parameters.iter().any(|(other, value)| {
                name.eq_ignore_ascii_case(other)
                    && (*value == wanted || (is_charset && value.eq_ignore_ascii_case(&wanted)))
            })
        })
}

/// Compares field values. Several fields are joined with commas (RFC 9110, section 5.3). The order of names in a set
/// does not matter.
fn same(name: &str, wanted: &[String], received: &[String]) -> bool {
    let joined = |values: &[String]| values.iter().map(|value| value.trim()).collect::<Vec<_>>().join(", ");
    let sorted = |values: &[String]| {
        let mut names: Vec<String> =
            values.iter().flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect();
        names.sort_unstable();
        names
    };
    !received.is_empty()
        && (joined(wanted) == joined(received) || (SET_HEADERS.contains(&name) && sorted(wanted) == sorted(received)))
}

fn rule_holds(rule: &Rule, values: &[String]) -> bool {
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    occurrences_obey(rule, &values, false)
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
