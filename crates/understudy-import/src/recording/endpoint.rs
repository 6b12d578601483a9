//! Which requests are about the same thing: paths with their parameters found.

use super::call::Call;
use super::given::LISTS;
use super::look::Look;
use super::paths::{collection, is_about};
use super::words::{id_of, is_bare_id, is_id, is_wrapper, singular};
use std::collections::{BTreeSet, HashMap, HashSet};
use understudy_exchange::{Json, JsonString};
use understudy_fixture::model::{PathTemplate, Pattern, PatternPart, Segment, SegmentPart};

/// The maximum depth at which a body is searched for lists of resources.
const LIST_DEPTH_MAX: usize = 4;

/// The ids in bodies, each with its collection.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    named: HashSet<(String, String)>,
    /// The paths whose responses were lists of resources, and not resources.
    lists: HashSet<String>,
    /// The texts with the same look in one place of a path. Several such texts are ids.
    alike: HashMap<(String, Look), BTreeSet<String>>,
}

impl Evidence {
    /// Adds the path of a request, as it was sent, and the body of its response.
    pub(super) fn add(&mut self, path: &[String], body: Option<&Json>) {
        for (at, segment) in path.iter().enumerate() {
            if let Some(look) = Look::of(segment) {
                self.alike.entry((path[..at].join("/"), look)).or_default().insert(segment.clone());
            }
        }
        let Some(body) = body else { return };
        if is_collection(body) {
            self.lists.insert(path.join("/"));
        }
        if let Some((last, before)) = path.split_last()
            && let Some(word) = collection(before).filter(|word| is_about(word))
            && names_itself(body, last)
        {
            self.named.insert((singular(word), last.clone()));
        }
        if let Some(word) = collection(path).filter(|word| is_about(word)) {
            self.list(&singular(word), body, 0);
        }
    }

    /// Adds the elements of lists: texts, and objects with ids or names.
    fn list(&mut self, word: &str, body: &Json, depth: usize) {
        if depth > LIST_DEPTH_MAX {
            return;
        }
        if let Json::Array(items) = body {
            for item in items {
                let mut id = |value: &Json| {
                    if let Some(id) = value.as_str().filter(|id| !id.contains(char::is_whitespace)) {
                        self.named.insert((word.to_owned(), id.to_owned()));
                    }
                };
                id(item);
                if let Json::Object(members) = item {
                    let ids = members.iter().filter(|(name, _)| is_bare_id(name.as_str()) || name.is("name"));
                    ids.for_each(|(_, value)| id(value));
                }
            }
        }
        body.children().for_each(|(_, child)| self.list(word, child, depth + 1));
    }

    /// Returns true if the response to the path that ends with this segment is a list.
    fn is_list(&self, before: &[String], segment: &str, is_last: bool) -> bool {
        let path: Vec<&str> = before.iter().map(String::as_str).chain([segment]).collect();
        is_last && self.lists.contains(&path.join("/"))
    }

    /// Returns true if a segment of a path is an id.
    fn is_id(&self, path: &[Pattern], at: usize) -> bool {
        let Some(segment) = path[at].as_literal() else { return false };
        let before: Vec<String> = path[..at].iter().map(Pattern::to_string).collect();
        let is_named = || {
            let word = collection(&before).filter(|word| is_about(word)).map(singular);
            word.is_some_and(|word| self.named.contains(&(word, segment.to_owned())))
        };
        match Look::of(segment) {
            Some(look) if look.is_plain() => true,
            Some(look) => {
                let alike = self.alike.get(&(before.join("/"), look));
                alike.is_some_and(|alike| alike.len() > 1) || is_named()
            }
            None => !segment.is_empty() && !self.is_list(&before, segment, at + 1 == path.len()) && is_named(),
        }
    }
}

/// Returns true if a body is a list of resources: an array, alone or in an envelope without an id.
pub(super) fn is_collection(body: &Json) -> bool {
    match body {
        Json::Array(_) => true,
        Json::Object(members) => {
            let is_list = |(name, value): &(JsonString, Json)| {
                matches!(value, Json::Array(_)) && (is_wrapper(name.as_str()) || LISTS.contains(&name.as_str()))
            };
            members.iter().any(is_list) && !members.iter().any(|(name, _)| is_id(name.as_str()))
        }
        _ => false,
    }
}

/// Returns true if the object in a response has this id.
fn names_itself(body: &Json, id: &str) -> bool {
    let is_it = |value: &Json| value.as_str() == Some(id);
    let has_id = |object: &Json| match object {
        Json::Object(members) => members.iter().any(|(name, value)| is_id(name.as_str()) && is_it(value)),
        _ => false,
    };
    has_id(body) || body.children().any(|(_, child)| matches!(child, Json::Object(_)) && has_id(child))
}

/// The path of a request with its parameters.
pub(super) fn template(call: &Call, evidence: &Evidence) -> PathTemplate {
    let path = &call.path;
    let is_parameter: Vec<bool> = (0..path.len()).map(|at| evidence.is_id(path, at)).collect();
    let last = is_parameter.iter().rposition(|is| *is);
    let mut names: Vec<String> = Vec::new();
    let mut segments = Vec::new();
    for (at, segment) in path.iter().enumerate() {
        segments.push(if is_parameter[at] {
            let before = at.checked_sub(1).and_then(|before| path[before].as_literal());
            let wanted = if Some(at) == last { "id".to_owned() } else { id_of(before) };
            let name = understudy_fixture::free_name(&wanted, "", |name| names.iter().any(|known| known == name));
            names.push(name.clone());
            Segment::Parameter(SegmentPart::Parameter(name))
        } else {
            written(segment)
        });
    }
    PathTemplate { segments }
}

/// A segment as it was written, with its placeholders.
pub(super) fn written(segment: &Pattern) -> Segment {
    let part = |part: &PatternPart| match part {
        PatternPart::Text(text) => SegmentPart::Text(text.clone()),
        PatternPart::Placeholder(name) => SegmentPart::Placeholder(name.clone()),
    };
    match (segment.as_literal(), segment.as_placeholder()) {
        (Some(text), _) => Segment::Literal(text.to_owned()),
        (None, Some(name)) => Segment::Parameter(SegmentPart::Placeholder(name.to_owned())),
        (None, None) => Segment::Mixed(segment.parts.iter().map(part).collect()),
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
