//! Compares responses without regard to values that change each time.

use super::content::content_type;
use super::look::Look;
use super::texts::masked;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Path;
use understudy_exchange::{Json, Response, decode_text};
use understudy_fixture::model::Format;
use understudy_match::is_in_format;

/// Formats of values that change each time.
const FRESH_FORMATS: &[Format] = &[Format::DateTime, Format::Uuid, Format::Date, Format::Time];

/// A hash of a response without the values that change each time. Responses with the same fingerprint are the same
/// response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(u64);

impl Fingerprint {
    /// Returns the fingerprint of a response; `body` is its body, if that is JSON.
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

/// Returns the text of a page or a similar body, without the parts that change each time.
fn masked_text(response: &Response) -> Option<String> {
    let kind = content_type(&response.headers);
    masked(kind, &decode_text(kind, &response.body)?)
}

/// Adds a value to a hash, without the differences for which [`compare`] finds rules.
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

/// Returns true if two responses are the same, apart from values that change each time.
pub(super) fn is_same(a: &Response, b: &Response) -> bool {
    a.status == b.status
        && content_type(&a.headers) == content_type(&b.headers)
        && (a.body == b.body || is_same_json(a, b))
}

fn is_same_json(a: &Response, b: &Response) -> bool {
    matches!((Json::parse(&a.body), Json::parse(&b.body)), (Ok(a), Ok(b)) if a == b)
}

/// Returns the places where two responses differ, each with the rule that both match. `None` if they differ in more
/// than values that change each time.
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

/// Returns true if a place holds an id, which differs each time.
fn names_one(path: &Path<'_>) -> bool {
    matches!(path.steps().last(), Some(Step::Name(name)) if *name == "id" || name.ends_with("Id") || name.ends_with("_id"))
}
