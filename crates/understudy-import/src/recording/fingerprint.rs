//! Which responses say the same, but for what is new each time.

use super::Recorded;
use super::content::content_type;
use super::header_names::may_matter;
use super::look::Look;
use super::sent_headers::decides;
use super::texts::masked;
use http::HeaderName;
use http::header::COOKIE;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Path;
use understudy_exchange::{Json, Response, decode_text};
use understudy_fixture::model::Format;
use understudy_match::is_in_format;

/// Formats of what is new each time.
const FRESH_FORMATS: &[Format] = &[Format::DateTime, Format::Uuid, Format::Date, Format::Time];

/// A hash of a response without what is new each time. Responses with one fingerprint are one response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of a response; `body` is its body, where that is JSON.
    pub(super) fn of(response: &Response, body: Option<&Json>) -> Self {
        let mut hasher = DefaultHasher::new();
        response.status.hash(&mut hasher);
        match body {
            Some(body) => add_value(body, &Path::default(), &mut hasher),
            None => match masked_text(response) {
                Some(text) => (content_type(&response.headers), text).hash(&mut hasher),
                None => (content_type(&response.headers), &response.body).hash(&mut hasher),
            },
        }
        Self(hasher.finish())
    }
}

/// The text of a page and the like, without what is new each time.
fn masked_text(response: &Response) -> Option<String> {
    let kind = content_type(&response.headers);
    masked(kind, &decode_text(kind, &response.body)?)
}

/// Adds a value to a hash, without the differences that [`compare`] finds rules for.
fn add_value<'j>(value: &'j Json, path: &Path<'j>, hasher: &mut DefaultHasher) {
    std::mem::discriminant(value).hash(hasher);
    match value {
        Json::Null => {}
        Json::Bool(flag) => flag.hash(hasher),
        Json::Number(number) if names_one(path) && number.is_integer() => {}
        Json::Number(number) => number.hash(hasher),
        Json::String(text) => match FRESH_FORMATS.iter().find(|format| is_in_format(**format, text.as_str())) {
            Some(format) => format.as_str().hash(hasher),
            None if names_one(path) => Look::of(text.as_str()).hash(hasher),
            None => text.hash(hasher),
        },
        Json::Array(items) => items.len().hash(hasher),
        Json::Object(members) => members.len().hash(hasher),
    }
    let mut children: Vec<(Step<'_>, &Json)> = value.children().collect();
    children.sort_by_key(|(step, _)| *step);
    for (step, child) in children {
        step.hash(hasher);
        add_value(child, &path.child(step), hasher);
    }
}

/// Returns true if two responses say the same.
pub(super) fn is_same(a: &Response, b: &Response) -> bool {
    a.status == b.status
        && content_type(&a.headers) == content_type(&b.headers)
        && (a.body == b.body || is_same_json(a, b))
}

fn is_same_json(a: &Response, b: &Response) -> bool {
    matches!((Json::parse(&a.body), Json::parse(&b.body)), (Ok(a), Ok(b)) if a == b)
}

/// The places where two responses differ, each with the rule that both obey. `None` where they differ in more than what is new
/// each time.
pub(super) fn differing(a: &Response, b: &Response) -> Option<BTreeMap<String, &'static str>> {
    if a.status != b.status {
        return None;
    }
    if a.body == b.body {
        return Some(BTreeMap::new());
    }
    let (Ok(a), Ok(b)) = (Json::parse(&a.body), Json::parse(&b.body)) else {
        let says_same = masked_text(a).is_some_and(|text| masked_text(b) == Some(text));
        return says_same.then(BTreeMap::new);
    };
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
            let is_id = names_one(path) && Look::of(one.as_str()) == Look::of(other.as_str());
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

/// Returns true if a place holds an id, which is another one each time.
fn names_one(path: &Path<'_>) -> bool {
    matches!(path.steps().last(), Some(Step::Name(name)) if *name == "id" || name.ends_with("Id") || name.ends_with("_id"))
}

/// An exchange, as far as its header fields may tell it from others.
pub(super) type Sample<'r> = (&'r Recorded, Fingerprint);

/// The request header field that tells responses apart: each of its values, or its absence, goes with one response.
pub(super) fn telling_header(samples: &[Sample<'_>]) -> Option<HeaderName> {
    let matter = |(recorded, _): &Sample<'_>| {
        let request = &recorded.request;
        let names = request.headers.keys().cloned();
        names.filter(|name| *name != COOKIE && may_matter(&request.method, &request.headers, name)).collect()
    };
    let names: Vec<Vec<HeaderName>> = samples.iter().map(matter).collect();
    let names: BTreeSet<&str> = names.iter().flatten().map(HeaderName::as_str).collect();
    // A part or a condition is requested by the fields that are there for it, whatever else differs.
    let is_deciding = |name: &&&str| {
        let mut statuses = samples.iter().map(|(recorded, _)| recorded.response.status);
        name.parse().is_ok_and(|name| statuses.any(|status| decides(&name, status)))
    };
    let (deciding, others): (Vec<&&str>, Vec<&&str>) = names.iter().partition(is_deciding);
    let names: Vec<&str> = deciding.into_iter().chain(others).copied().collect();
    // The field tells the responses apart, or at least their statuses: a list may have grown meanwhile.
    let by_response = |name: &&str| tells(name, samples, |(_, fingerprint)| *fingerprint);
    let by_status = |name: &&str| tells(name, samples, |(recorded, _)| recorded.response.status);
    let by_presence = |name: &&str| is_demanded(name, samples);
    let found = names.iter().find(|name| by_response(name)).or_else(|| names.iter().find(|name| by_status(name)));
    found.or_else(|| names.iter().find(|name| by_presence(name))).and_then(|name| name.parse().ok())
}

/// Returns true if requests without a header field get other statuses than all those with it.
fn is_demanded(name: &str, samples: &[Sample<'_>]) -> bool {
    let (with, without): (Vec<&Sample<'_>>, Vec<&Sample<'_>>) =
        samples.iter().partition(|(recorded, _)| recorded.request.headers.contains_key(name));
    let is_status = |of: &[&Sample<'_>], status| of.iter().any(|(recorded, _)| recorded.response.status == status);
    !with.is_empty()
        && without.iter().all(|(recorded, _)| recorded.response.status.is_client_error())
        && !without.is_empty()
        && !without.iter().any(|(recorded, _)| is_status(&with, recorded.response.status))
}

/// Returns true if each value of a header field goes with one value of `aspect`, and there are several.
fn tells<T: PartialEq>(name: &str, samples: &[Sample<'_>], aspect: impl Fn(&Sample<'_>) -> T) -> bool {
    let mut seen: BTreeMap<Option<&[u8]>, T> = BTreeMap::new();
    let is_function = samples.iter().all(|sample| {
        let value = sample.0.request.headers.get(name).map(http::HeaderValue::as_bytes);
        let aspect = aspect(sample);
        match seen.get(&value) {
            Some(known) => *known == aspect,
            None => seen.insert(value, aspect).is_none(),
        }
    });
    let mut all = seen.into_values();
    let first = all.next();
    is_function && first.is_some_and(|first| all.any(|other| other != first))
}
