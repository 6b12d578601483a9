//! The parts of a multipart form against those that a fixture writes.

use crate::bytes::{show_bytes, show_difference};
use crate::difference::Sink;
use crate::field::describe;
use crate::hold::{Base, hold};
use crate::mismatch::{NOTHING, show};
use crate::pairs::{PAIRS_MAX, Pairs};
use crate::rule::text_obeys;
use std::cell::OnceCell;
use understudy_exchange::jsonpath::Work;
use understudy_exchange::media_type::covers;
use understudy_exchange::multipart::{Part, plain_name};
use understudy_exchange::{Json, decode_text};
use understudy_fixture::model::{FieldMatcher, NamedPart, PartContent, PathRule};

/// A received part. Its JSON is read once, however many written parts it is compared with.
struct Received<'p> {
    part: &'p Part,
    json: OnceCell<Option<Json>>,
}

impl<'p> Received<'p> {
    fn new(part: &'p Part) -> Self {
        Self { part, json: OnceCell::new() }
    }

    fn json(&self) -> Option<&Json> {
        self.json.get_or_init(|| Json::parse(&self.part.content).ok()).as_ref()
    }
}

/// Compares the parts in any order. Each one that is written needs a received one of its own.
pub(crate) fn compare(wanted: &[NamedPart], received: &[Part], strict: bool, work: &Work, sink: &mut Sink) {
    if wanted.len().saturating_mul(received.len()) > PAIRS_MAX {
        let most = format!("at most {} parts beside {} written ones", PAIRS_MAX / wanted.len(), wanted.len());
        sink.add(|| ("body".to_owned(), most, format!("{} parts", received.len())));
        return;
    }
    let received: Vec<Received<'_>> = received.iter().map(Received::new).collect();
    let pairs =
        Pairs::new(wanted.len(), received.len(), |a, b| differences(&wanted[a], &received[b], strict, work).is_empty());
    for (part, _) in wanted.iter().zip(&pairs.of_wanted).filter(|(_, pair)| pair.is_none()) {
        let left = received.iter().zip(&pairs.of_received).filter(|(_, pair)| pair.is_none());
        let same_name = left.map(|(candidate, _)| candidate).find(|candidate| has_name(part, candidate.part));
        match same_name {
            Some(candidate) => {
                for (what, expected, received) in differences(part, candidate, strict, work) {
                    sink.add(|| (format!("part {}{what}", part.name), expected, received));
                }
            }
            None => sink.add(|| (format!("part {}", part.name), describe_part(part), NOTHING.to_owned())),
        }
    }
    for (part, _) in received.iter().zip(&pairs.of_received).filter(|(_, pair)| strict && pair.is_none()) {
        let part = part.part;
        sink.add(|| (format!("part {}", part.name), "nothing else (strict)".to_owned(), show_bytes(&part.content)));
    }
}

fn has_name(wanted: &NamedPart, part: &Part) -> bool {
    plain_name(&wanted.name) == part.name
}

/// A difference in a part: the place, the expected text and the received text.
type PartDifference = (String, String, String);

fn differences(wanted: &NamedPart, received: &Received<'_>, strict: bool, work: &Work) -> Vec<PartDifference> {
    let part = received.part;
    if !has_name(wanted, part) {
        return vec![(" name".to_owned(), wanted.name.clone(), part.name.clone())];
    }
    let mut out = Vec::new();
    let filename = part.filename.as_deref();
    if let Some(matcher) = wanted.filename.as_ref().filter(|matcher| !is_filename(matcher, filename)) {
        out.push((" filename".to_owned(), describe(matcher), filename.unwrap_or(NOTHING).to_owned()));
    }
    let content_type = part.content_type.as_deref();
    if let Some(matcher) = wanted.content_type.as_ref().filter(|matcher| !is_type(matcher, content_type)) {
        out.push((" type".to_owned(), describe(matcher), content_type.unwrap_or(NOTHING).to_owned()));
    }
    out.extend(content_differs(wanted, received, strict, work));
    out
}

fn is_filename(matcher: &FieldMatcher, received: Option<&str>) -> bool {
    match (matcher, received) {
        (FieldMatcher::Rule(rule), None) => rule.allows_missing(),
        (FieldMatcher::Rule(rule), Some(received)) => text_obeys(rule, received, true),
        (_, None) => false,
        (FieldMatcher::Equals(pattern), Some(received)) => match pattern.as_literal() {
            // Clients write names without what cannot stand in a header field.
            Some(name) => plain_name(name) == received,
            None => pattern.matches(received),
        },
        (FieldMatcher::List(patterns), Some(received)) => patterns.iter().any(|pattern| pattern.matches(received)),
    }
}

fn is_type(matcher: &FieldMatcher, received: Option<&str>) -> bool {
    match (matcher, received) {
        (FieldMatcher::Equals(pattern), Some(received)) => {
            pattern.as_literal().is_some_and(|written| covers(written, received)) || pattern.matches(received)
        }
        (matcher, received) => is_filename(matcher, received),
    }
}

fn content_differs(wanted: &NamedPart, received: &Received<'_>, strict: bool, work: &Work) -> Vec<PartDifference> {
    let part = received.part;
    let text = || {
        let content_type = part.content_type.as_deref().unwrap_or_default();
        decode_text(content_type, &part.content).unwrap_or_else(|| String::from_utf8_lossy(&part.content))
    };
    let whole = |expected: String| vec![(String::new(), expected, show_bytes(&part.content))];
    match &wanted.content {
        Some(PartContent::Json(value)) => match received.json() {
            Some(json) => by_rules(Some(value), json, &wanted.rules, strict, work),
            None => whole(format!("JSON like {}", show(value))),
        },
        Some(PartContent::Text(FieldMatcher::Equals(pattern))) if !wanted.rules.is_empty() => {
            let example = Json::string(pattern.to_string());
            by_rules(Some(&example), &Json::string(text()), &wanted.rules, strict, work)
        }
        Some(PartContent::File(_)) | None if !wanted.rules.is_empty() => {
            by_rules(None, &Json::string(text()), &wanted.rules, strict, work)
        }
        Some(PartContent::Text(matcher)) => {
            let holds = match matcher {
                FieldMatcher::Equals(pattern) => pattern.matches(&text()),
                FieldMatcher::List(patterns) => patterns.iter().any(|pattern| pattern.matches(&text())),
                FieldMatcher::Rule(rule) => text_obeys(rule, &text(), true),
            };
            if holds { Vec::new() } else { whole(describe(matcher)) }
        }
        Some(PartContent::File(file)) if file.content != part.content => {
            let (expected, received) = show_difference(&file.content, &part.content);
            vec![(String::new(), expected, received)]
        }
        Some(PartContent::File(_)) | None => Vec::new(),
    }
}

fn by_rules(
    example: Option<&Json>,
    received: &Json,
    rules: &[PathRule],
    strict: bool,
    work: &Work,
) -> Vec<PartDifference> {
    let held = hold(example, received, rules, Base::written(strict), work);
    let idle = held.idle.into_iter().map(|path| (format!(" {path}"), "something there".to_owned(), NOTHING.to_owned()));
    held.mismatches.into_iter().map(|m| (format!(" {}", m.path), m.expected, m.received)).chain(idle).collect()
}

fn describe_part(part: &NamedPart) -> String {
    let content = match &part.content {
        Some(PartContent::Text(matcher)) => describe(matcher),
        Some(PartContent::Json(value)) => show(value),
        Some(PartContent::File(file)) => format!("the {} bytes of {}", file.content.len(), file.path),
        None => "any content".to_owned(),
    };
    let filename = part.filename.as_ref().map(|name| format!(", file name {}", describe(name))).unwrap_or_default();
    let content_type = part.content_type.as_ref().map(|kind| format!(", type {}", describe(kind))).unwrap_or_default();
    format!("{content}{filename}{content_type}")
}
