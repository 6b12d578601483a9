//! Which requests are about the same thing: paths with their parameters found.

use super::Recorded;
use super::flow::{Place, Use, with_names, word_before};
use http::Method;
use std::collections::{BTreeMap, BTreeSet};
use understudy_exchange::multipart::{self, Part};
use understudy_exchange::target::{percent_decode, query_pairs, segments};
use understudy_exchange::{Json, JsonString, Request};
use understudy_fixture::model::{Format, PathTemplate, Segment, SegmentPart};
use understudy_match::is_in_format;

/// From so many different words in one place on, the place is a parameter.
const SLUGS_MIN: usize = 4;

/// Parameters of queries that make a URL another one each time, and mean nothing.
const NOISE_PARAMETERS: &[&str] = &["_", "_t", "_ts", "cachebuster", "cb", "nocache", "timestamp"];

/// A request with what it was given by earlier answers named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Percent-decoded, with `{{name}}` where an earlier answer's value stands.
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: CallBody,
}

/// The content of a request, in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallBody {
    None,
    Json(Json),
    Form(Vec<(String, String)>),
    Multipart(Vec<Part>),
    Text(String),
    /// Bytes that are no text.
    Bytes(bytes::Bytes),
}

impl Call {
    pub(super) fn new(request: &Request, base: &str, uses: &[Use]) -> Self {
        let path = request.path().strip_prefix(base).filter(|path| path.starts_with('/')).unwrap_or(request.path());
        let query = query_pairs(request.query())
            .filter(|(name, _)| !NOISE_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()))
            .map(|(key, value)| (key.to_string(), with_names(&value, uses, Place::Named(&key))));
        let path: Vec<String> = segments(path).map(|segment| percent_decode(segment).into_owned()).collect();
        let named = |at: usize| with_names(&path[at], uses, Place::Path(word_before(&path, at)));
        Self {
            method: request.method.clone(),
            path: (0..path.len()).map(named).collect(),
            query: query.collect(),
            body: CallBody::new(request, uses),
        }
    }

    /// What tells requests apart: two that are equal in this are one request.
    pub(super) fn key(&self) -> String {
        let mut query = self.query.clone();
        query.sort();
        let body = match &self.body {
            CallBody::Json(value) => value.to_string(),
            other => format!("{other:?}"),
        };
        format!("{} {:?} {query:?} {body}", self.method, self.path)
    }
}

impl CallBody {
    fn new(request: &Request, uses: &[Use]) -> Self {
        if request.body.is_empty() {
            return Self::None;
        }
        let kind = request.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        if kind.starts_with("application/x-www-form-urlencoded") {
            let pairs = understudy_exchange::form::parse(&request.body);
            let named = |(key, value): (String, String)| {
                let value = with_names(&value, uses, Place::Named(&key));
                (key, value)
            };
            return Self::Form(pairs.into_iter().map(named).collect());
        }
        if kind.starts_with("multipart/form-data")
            && let Some(parts) = multipart::parse(kind, &request.body)
        {
            return Self::Multipart(parts);
        }
        match (Json::parse(&request.body), std::str::from_utf8(&request.body)) {
            (Ok(value), _) => Self::Json(named(&value, uses, Place::Text)),
            (Err(_), Ok(text)) => Self::Text(with_names(text, uses, Place::Text)),
            (Err(_), Err(_)) => Self::Bytes(request.body.clone()),
        }
    }
}

/// A value that stands in a place, with what earlier answers gave named; a number too.
fn named(value: &Json, uses: &[Use], place: Place<'_>) -> Json {
    match value {
        Json::Array(items) => Json::Array(items.iter().map(|item| named(item, uses, place)).collect()),
        Json::Object(members) => {
            let member =
                |(name, value): &(JsonString, Json)| (name.clone(), named(value, uses, Place::Named(name.as_str())));
            Json::Object(members.iter().map(member).collect())
        }
        Json::String(text) => {
            let shown = with_names(text.as_str(), uses, place);
            if text.is(&shown) { value.clone() } else { Json::string(shown) }
        }
        Json::Number(number) => match uses.iter().find(|known| known.value == number.as_str() && known.is_at(place)) {
            Some(known) => Json::string(known.placeholder()),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

/// What a path is about, its parameters found, for each call.
pub(super) fn endpoints(exchanges: &[Recorded], calls: &[Call]) -> Vec<PathTemplate> {
    let slugs = slugs(exchanges, calls);
    calls.iter().map(|call| template(&call.path, &slugs)).collect()
}

/// Places at the ends of paths where words vary: the path up to there.
type Slugs = BTreeSet<Vec<String>>;

/// A word is a slug where several stand in the same place, are read with the same method and answered with the same
/// members.
fn slugs(exchanges: &[Recorded], calls: &[Call]) -> Slugs {
    let mut words: BTreeMap<(Vec<String>, String), BTreeSet<&str>> = BTreeMap::new();
    for (recorded, call) in exchanges.iter().zip(calls) {
        if call.method != Method::GET || !recorded.response.status.is_success() {
            continue;
        }
        let Ok(Json::Object(members)) = Json::parse(&recorded.response.body) else { continue };
        let names: BTreeSet<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        let (Some(last), true) = (call.path.len().checked_sub(1), call.path.len() > 1) else { continue };
        if kind(&call.path[last]).is_none() {
            let place = (call.path[..last].to_vec(), format!("{names:?}"));
            words.entry(place).or_default().insert(&call.path[last]);
        }
    }
    let many = words.into_iter().filter(|(_, words)| words.len() >= SLUGS_MIN);
    many.map(|((before, _), _)| before).collect()
}

/// What a segment that is a parameter by its looks is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ParameterKind {
    Number,
    Uuid,
    Hash,
}

pub(super) fn kind(segment: &str) -> Option<ParameterKind> {
    let is_hex = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_hexdigit()) && text.bytes().any(|byte| byte.is_ascii_digit())
    };
    let digest = segment.split_once(':').map_or(segment, |(_, digest)| digest);
    if !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()) {
        Some(ParameterKind::Number)
    } else if is_in_format(Format::Uuid, segment) {
        Some(ParameterKind::Uuid)
    } else if digest.len() >= 16 && is_hex(digest) {
        Some(ParameterKind::Hash)
    } else {
        None
    }
}

fn template(path: &[String], slugs: &Slugs) -> PathTemplate {
    let is_parameter = |at: usize| kind(&path[at]).is_some() || (at + 1 == path.len() && slugs.contains(&path[..at]));
    let last = (0..path.len()).rev().find(|at| is_parameter(*at));
    let mut names: Vec<String> = Vec::new();
    let mut segments = Vec::new();
    for (at, segment) in path.iter().enumerate() {
        segments.push(if placeholders(segment).is_none() && is_parameter(at) {
            let before = at.checked_sub(1).map(|before| path[before].as_str());
            let wanted = if Some(at) == last { "id".to_owned() } else { super::naming::id_of(before) };
            let name = understudy_fixture::free_name(&wanted, "", |name| names.iter().any(|known| known == name));
            names.push(name.clone());
            Segment::Parameter(SegmentPart::Parameter(name))
        } else {
            written(segment.clone())
        });
    }
    PathTemplate { segments }
}

/// A segment as it was written, with its placeholders.
pub(super) fn written(segment: String) -> Segment {
    match placeholders(&segment).map(<[SegmentPart; 1]>::try_from) {
        None => Segment::Literal(segment),
        Some(Ok([part])) => Segment::Parameter(part),
        Some(Err(parts)) => Segment::Mixed(parts),
    }
}

/// A path with what varies in it left open: those of one endpoint have the same.
pub(super) fn shape(path: &PathTemplate) -> Vec<&str> {
    let words = path.segments.iter().map(|segment| match segment {
        Segment::Literal(text) => text.as_str(),
        _ => "*",
    });
    words.collect()
}

/// The parts of a segment in which `{{name}}` stands.
pub(super) fn placeholders(segment: &str) -> Option<Vec<SegmentPart>> {
    let mut parts = Vec::new();
    let mut rest = segment;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}")?;
        if !before.is_empty() {
            parts.push(SegmentPart::Text(before.to_owned()));
        }
        parts.push(SegmentPart::Placeholder(name.to_owned()));
        rest = after;
    }
    if parts.is_empty() {
        return None;
    }
    if !rest.is_empty() {
        parts.push(SegmentPart::Text(rest.to_owned()));
    }
    Some(parts)
}
