//! Places in received bodies, and what is written into an example for them.

use crate::hidden::Hidden;
use understudy_exchange::Json;
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Tail;
use understudy_exchange::redact::{REDACTED, is_stand_in};

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

/// The value at a place in a response.
pub(super) fn value_at<'v>(body: &'v Json, place: &[Tail<'_>]) -> Option<&'v Json> {
    place.iter().try_fold(body, |value, step| match (value, step) {
        (Json::Object(_), Tail::Name(name)) => value.member(name),
        (Json::Array(items), Tail::Index(index)) => items.get(usize::try_from(*index).ok()?),
        _ => None,
    })
}

/// A value as it is written into a file: without secrets.
pub(super) fn without_secrets(value: &Json, place: &[Tail<'_>], hidden: &Hidden) -> Json {
    let is_hidden = place.iter().any(|step| matches!(step, Tail::Name(name) if hidden.has_member(name)));
    // A recorded value has its stand-ins already.
    let is_stand_in = value.as_str().is_some_and(is_stand_in);
    if is_hidden && !is_stand_in { Json::string(REDACTED) } else { hidden.value(value) }
}
