//! Places in received bodies, and what is written into an example for them.

use crate::hidden::Hidden;
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::{Path, Tail};
use understudy_exchange::redact::{REDACTED, is_stand_in};
use understudy_exchange::{Json, JsonPath};
use understudy_fixture::model::{Check, PathRule};

/// The place in the example that a place in the response was compared with, and what is there: of an array's element, the
/// same one or, where the example has fewer, its last.
pub(super) fn compared_with<'s, 'e>(example: &'e Json, place: &[Tail<'s>]) -> Option<(Vec<Step<'s>>, &'e Json)> {
    let mut at = example;
    let mut steps = Vec::new();
    for step in place {
        let (next, step) = match (at, step) {
            (Json::Object(_), Tail::Name(name)) => (at.member(name)?, Step::Name(name)),
            (Json::Array(items), Tail::Index(index)) => {
                let index = usize::try_from(*index).ok()?.min(items.len().checked_sub(1)?);
                (&items[index], Step::Index(index))
            }
            _ => return None,
        };
        at = next;
        steps.push(step);
    }
    Some((steps, at))
}

/// A path with `[*]` for every index.
pub(super) fn any_element(path: &str) -> String {
    let Ok(parsed) = JsonPath::parse(path) else { return path.to_owned() };
    let mut out = String::from("$");
    for step in parsed.split_singular_tail().1 {
        match step {
            Tail::Name(name) => out.push_str(&Path::default().child(Step::Name(name)).to_string()[1..]),
            Tail::Index(_) => out.push_str("[*]"),
        }
    }
    out
}

/// The value at a place in a response.
pub(super) fn value_at<'v>(body: &'v Json, place: &[Tail<'_>]) -> Option<&'v Json> {
    place.iter().try_fold(body, |value, step| match (value, step) {
        (Json::Object(_), Tail::Name(name)) => value.member(name),
        (Json::Array(items), Tail::Index(index)) => items.get(usize::try_from(*index).ok()?),
        _ => None,
    })
}

/// The innermost list on the way to a place whose elements may stand in any order.
pub(super) fn unordered_list<'t, 's>(
    place: &'t [Tail<'s>],
    received: &Json,
    rules: &[PathRule],
) -> Option<&'t [Tail<'s>]> {
    let is_unordered = |rule: &&PathRule| rule.rule.checks.contains(&Check::Unordered);
    let lists: Vec<&Json> =
        rules.iter().filter(is_unordered).flat_map(|rule| rule.path.select_values(received)).collect();
    let is_list = |at: &usize| {
        let list = value_at(received, &place[..*at]);
        list.is_some_and(|list| lists.iter().any(|other| std::ptr::eq(*other, list)))
    };
    (0..place.len()).rev().find(is_list).map(|at| &place[..at])
}

/// A value as it is written into a file: without secrets.
pub(super) fn without_secrets(value: &Json, place: &[Tail<'_>], hidden: &Hidden) -> Json {
    let is_hidden = place.iter().any(|step| matches!(step, Tail::Name(name) if hidden.has_member(name)));
    // A recorded value has its stand-ins already.
    let is_stand_in = value.as_str().is_some_and(is_stand_in);
    if is_hidden && !is_stand_in { Json::string(REDACTED) } else { hidden.value(value) }
}

/// Returns true if two places differ only in their indexes.
pub(super) fn is_other_element(one: &str, other: &str) -> bool {
    let places = [one, other].map(JsonPath::parse);
    let [Ok(one), Ok(other)] = &places else { return false };
    let (one, other) = (one.split_singular_tail().1, other.split_singular_tail().1);
    one.len() == other.len()
        && one.iter().zip(&other).all(|pair| match pair {
            (Tail::Index(_), Tail::Index(_)) => true,
            (one, other) => one == other,
        })
}
