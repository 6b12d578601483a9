//! Several answers to one request: one with rules where they differ in what is new each time, or one after the other.

use super::Recorded;
use super::endpoint::kind;
use http::HeaderName;
use http::header::CONTENT_TYPE;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Path;
use understudy_exchange::{Json, Response};
use understudy_fixture::model::Format;
use understudy_match::is_in_format;

/// Formats of what is new each time.
const FRESH_FORMATS: &[Format] = &[Format::DateTime, Format::Uuid, Format::Date, Format::Time];

/// Request headers that say nothing about which answer is wanted.
const NOISE_HEADERS: &[&str] = &[
    "accept-encoding",
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "date",
    "dnt",
    "host",
    "if-modified-since",
    "if-none-match",
    "origin",
    "pragma",
    "priority",
    "referer",
    "te",
    "traceparent",
    "user-agent",
    "x-correlation-id",
    "x-request-id",
];

/// What an answer says, but for what is new each time: answers with the same are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Gist(u64);

impl Gist {
    pub(super) fn of(answer: &Response) -> Self {
        let mut gist = DefaultHasher::new();
        answer.status.hash(&mut gist);
        match Json::parse(&answer.body) {
            Ok(body) => take_in(&body, &Path::default(), &mut gist),
            Err(_) => (answer.headers.get(CONTENT_TYPE), &answer.body).hash(&mut gist),
        }
        Self(gist.finish())
    }
}

/// As [`compare`] finds two values to differ.
fn take_in<'j>(value: &'j Json, path: &Path<'j>, gist: &mut DefaultHasher) {
    std::mem::discriminant(value).hash(gist);
    match value {
        Json::Null => {}
        Json::Bool(flag) => flag.hash(gist),
        Json::Number(number) if names_one(path) && number.is_integer() => {}
        Json::Number(number) => number.hash(gist),
        Json::String(text) => match FRESH_FORMATS.iter().find(|format| is_in_format(**format, text.as_str())) {
            Some(format) => format.as_str().hash(gist),
            None if names_one(path) => kind(text.as_str()).hash(gist),
            None => text.hash(gist),
        },
        Json::Array(items) => items.len().hash(gist),
        Json::Object(members) => members.len().hash(gist),
    }
    let mut children: Vec<(Step<'_>, &Json)> = value.children().collect();
    children.sort_by_key(|(step, _)| *step);
    for (step, child) in children {
        step.hash(gist);
        take_in(child, &path.child(step), gist);
    }
}

/// Whether two answers say the same.
pub(super) fn is_same(a: &Response, b: &Response) -> bool {
    a.status == b.status
        && a.headers.get(CONTENT_TYPE) == b.headers.get(CONTENT_TYPE)
        && (a.body == b.body || is_same_json(a, b))
}

fn is_same_json(a: &Response, b: &Response) -> bool {
    matches!((Json::parse(&a.body), Json::parse(&b.body)), (Ok(a), Ok(b)) if a == b)
}

/// The places where two answers differ, each with the rule that both obey, where they differ only in what is new each
/// time; `None` where they are two answers.
pub(super) fn differing(a: &Response, b: &Response) -> Option<BTreeMap<String, &'static str>> {
    if a.status != b.status {
        return None;
    }
    if a.body == b.body {
        return Some(BTreeMap::new());
    }
    let (Ok(a), Ok(b)) = (Json::parse(&a.body), Json::parse(&b.body)) else { return None };
    let mut rules = BTreeMap::new();
    compare(&a, &b, &Path::default(), &mut rules).then_some(rules)
}

fn compare<'j>(a: &'j Json, b: &Json, path: &Path<'j>, rules: &mut BTreeMap<String, &'static str>) -> bool {
    match (a, b) {
        (Json::Array(one), Json::Array(other)) if one.len() != other.len() => false,
        (Json::Object(one), Json::Object(other)) if one.len() != other.len() => false,
        (Json::Array(_), Json::Array(_)) | (Json::Object(_), Json::Object(_)) => a
            .children()
            .all(|(step, child)| b.child(step).is_some_and(|other| compare(child, other, &path.child(step), rules))),
        (a, b) if a == b => true,
        (Json::String(one), Json::String(other)) => {
            let both = |format: Format| is_in_format(format, one.as_str()) && is_in_format(format, other.as_str());
            let format = FRESH_FORMATS.iter().find(|format| both(**format));
            let is_id = names_one(path) && kind(one.as_str()) == kind(other.as_str());
            match format.map(|format| format.as_str()).or(is_id.then_some("string")) {
                Some(rule) => rules.insert(path.to_string(), rule).is_none(),
                None => false,
            }
        }
        (Json::Number(one), Json::Number(other)) if names_one(path) && one.is_integer() && other.is_integer() => {
            rules.insert(path.to_string(), "integer").is_none()
        }
        _ => false,
    }
}

/// Whether a place holds what names one of many, which is another one each time.
fn names_one(path: &Path<'_>) -> bool {
    matches!(path.steps().last(), Some(Step::Name(name)) if *name == "id" || name.ends_with("Id") || name.ends_with("_id"))
}

/// The request header that tells the answers apart: each of its values, or its absence, goes with one answer.
pub(super) fn telling_header(exchanges: &[Recorded], gists: &[Gist], of: &[usize]) -> Option<HeaderName> {
    let names: BTreeSet<&str> = of
        .iter()
        .flat_map(|at| exchanges[*at].request.headers.keys().map(HeaderName::as_str))
        .filter(|name| !NOISE_HEADERS.contains(name) && !name.starts_with("sec-"))
        .collect();
    let tells = |name: &str, is_alike: &dyn Fn(usize, usize) -> bool| {
        let mut answers: BTreeMap<Option<&[u8]>, usize> = BTreeMap::new();
        let is_function = of.iter().all(|at| {
            let value = exchanges[*at].request.headers.get(name).map(http::HeaderValue::as_bytes);
            is_alike(*answers.entry(value).or_insert(*at), *at)
        });
        let mut firsts = answers.into_values();
        let one = firsts.next();
        is_function && one.is_some_and(|one| firsts.any(|other| !is_alike(one, other)))
    };
    // What tells the answers apart, or at least whether there is one: a list may have grown meanwhile.
    let by_answer = |name: &&str| tells(name, &|a, b| gists[a] == gists[b]);
    let by_status = |name: &&str| tells(name, &|a, b| exchanges[a].response.status == exchanges[b].response.status);
    let found = names.iter().find(|name| by_answer(name)).or_else(|| names.iter().find(|name| by_status(name)));
    found.and_then(|name| name.parse().ok())
}
