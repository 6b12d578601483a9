//! One rule against one value.

use crate::format::is_in_format;
use crate::mismatch::Kind;
use std::borrow::Cow;
use understudy_exchange::{Json, Number};
use understudy_fixture::model::{Check, JsonType, Pattern, PatternPart, Rule};

/// Whether a value has a type.
pub(crate) fn has_type(json_type: JsonType, value: &Json) -> bool {
    match (json_type, value) {
        (JsonType::Integer, Json::Number(number)) => number.is_integer(),
        (json_type, value) => json_type.as_str() == value.type_name(),
    }
}

/// How a value fails a check that speaks of the value itself; `None` where it holds, or where the check
/// speaks of something else (its shape, its elements, its presence).
pub(crate) fn fails(check: &Check, value: &Json, placeholders: bool) -> Option<Kind> {
    let unless = |holds: bool, kind: Kind| (!holds).then_some(kind);
    match check {
        Check::Type(json_type) => unless(has_type(*json_type, value), Kind::Type),
        Check::Equals(expected) => unless(equals(expected, value, placeholders), Kind::Value),
        Check::OneOf(all) => unless(all.iter().any(|expected| equals(expected, value, placeholders)), Kind::Value),
        Check::Absent => Some(Kind::Added),
        Check::Format(format) => text_fails(value, |text| is_in_format(*format, text)),
        Check::Matches(expression) => text_fails(value, |text| expression.matches(text)),
        Check::Contains(part) => text_fails(value, |text| match literal(part, placeholders) {
            Some(part) => text.contains(&*part),
            None => with_anything(part, true).matches(text),
        }),
        Check::StartsWith(start) => text_fails(value, |text| match literal(start, placeholders) {
            Some(start) => text.starts_with(&*start),
            None => with_anything(start, false).matches(text),
        }),
        Check::Min(least) => measure(value).and_then(|size| unless(size >= *least, Kind::Value)),
        Check::Max(most) => measure(value).and_then(|size| unless(size <= *most, Kind::Value)),
        Check::Not(rule) => unless(!holds(rule, value, placeholders), Kind::Value),
        Check::Unordered => unless(matches!(value, Json::Array(_)), Kind::Type),
        Check::Like
        | Check::Exact
        | Check::Any
        | Check::Ignore
        | Check::Each(_)
        | Check::Keys(_)
        | Check::Optional(_)
        | Check::Nullable(_) => None,
    }
}

/// The plain text, if it contains no placeholder.
fn literal(written: &str, placeholders: bool) -> Option<Cow<'_, str>> {
    if !placeholders || !written.contains("{{") {
        return Some(Cow::Borrowed(written));
    }
    Pattern::parse(written).as_literal().map(|text| Cow::Owned(text.to_owned()))
}

/// The pattern for a text with any suffix and, if `before` is true, any prefix.
fn with_anything(written: &str, before: bool) -> Pattern {
    let anything = || PatternPart::Placeholder(String::new());
    let mut parts = Pattern::parse(written).parts;
    parts.push(anything());
    if before {
        parts.insert(0, anything());
    }
    Pattern { parts }
}

fn text_fails(value: &Json, holds: impl FnOnce(&str) -> bool) -> Option<Kind> {
    match value.as_str() {
        Some(text) => (!holds(text)).then_some(Kind::Value),
        None => Some(Kind::Type),
    }
}

/// What `min` and `max` are about: the number, or the length of a string (in characters) or array.
fn measure(value: &Json) -> Option<Number> {
    match value {
        Json::Number(number) => Some(number.clone()),
        Json::String(text) => Some(Number::from(text.as_str().chars().count() as u64)),
        Json::Array(items) => Some(Number::from(items.len() as u64)),
        _ => None,
    }
}

/// Equality; with `placeholders`, as in requests, a text with `{{name}}` stands for anything that fits.
pub(crate) fn equals(expected: &Json, value: &Json, placeholders: bool) -> bool {
    match expected {
        Json::String(text) if placeholders && text.as_str().contains("{{") => {
            let pattern = Pattern::parse(text.as_str());
            pattern.is_open() || value.as_str().is_some_and(|text| pattern.matches(text))
        }
        _ => expected == value,
    }
}

/// Returns true if a value obeys the part of a rule about the value itself, its elements and keys.
/// The part about shapes is not checked.
#[must_use]
pub fn obeys(rule: &Rule, value: &Json) -> bool {
    holds(rule, value, false)
}

fn holds(rule: &Rule, value: &Json, placeholders: bool) -> bool {
    rule.checks.iter().all(|check| match check {
        Check::Optional(inner) => holds(inner, value, placeholders),
        Check::Nullable(inner) => *value == Json::Null || holds(inner, value, placeholders),
        Check::Each(inner) => {
            matches!(value, Json::Array(_) | Json::Object(_))
                && value.children().all(|(_, child)| holds(inner, child, placeholders))
        }
        Check::Keys(inner) => match value {
            Json::Object(members) => {
                members.iter().all(|(name, _)| holds(inner, &Json::String(name.clone()), placeholders))
            }
            _ => true,
        },
        check => fails(check, value, placeholders).is_none(),
    })
}

/// Returns true if the occurrences of one name in a query, header, cookie or form obey the rule. A
/// rule with `each` is about all occurrences, and its bounds are about their number. `not` holds if
/// no occurrence obeys the negated checks. Any other rule holds if at least one occurrence obeys
/// the rule.
pub(crate) fn occurrences_obey(rule: &Rule, values: &[&str], placeholders: bool) -> bool {
    if values.is_empty() {
        return rule.allows_missing();
    }
    let is_list = rule.checks.iter().any(|check| matches!(check, Check::Each(_)));
    let count = || Json::Number(Number::from(values.len() as u64));
    let mut of_one: Vec<&Check> = Vec::new();
    let all_hold = rule.checks.iter().all(|check| match check {
        Check::Absent => false,
        Check::Each(inner) => values.iter().all(|value| text_obeys(inner, value, placeholders)),
        Check::Not(inner) => !occurrences_obey(inner, values, placeholders),
        Check::Optional(inner) | Check::Nullable(inner) => occurrences_obey(inner, values, placeholders),
        Check::Min(_) | Check::Max(_) if is_list => fails(check, &count(), placeholders).is_none(),
        Check::Type(JsonType::Array) if is_list => true,
        check => {
            of_one.push(check);
            true
        }
    });
    let is_text = rule.checks.contains(&Check::Type(JsonType::String));
    let obeys = |value: &str| of_one.iter().all(|check| text_holds(check, rule, value, is_text, placeholders));
    all_hold && (of_one.is_empty() || values.iter().any(|value| obeys(value)))
}

/// Returns true if one text of a path, query, header, cookie or form obeys the rule. Numbers and
/// booleans are read from the text. `min` and `max` are about the number if the text is a number
/// and the rule does not say `string`.
pub(crate) fn text_obeys(rule: &Rule, text: &str, placeholders: bool) -> bool {
    let is_text = rule.checks.contains(&Check::Type(JsonType::String));
    rule.checks.iter().all(|check| text_holds(check, rule, text, is_text, placeholders))
}

fn text_holds(check: &Check, rule: &Rule, text: &str, is_text: bool, placeholders: bool) -> bool {
    let as_json = || {
        let number = if is_text { None } else { Number::parse(text) };
        number.map_or_else(|| Json::string(text), Json::Number)
    };
    match check {
        Check::Like | Check::Any | Check::Ignore => true,
        Check::Exact => rule.example.as_ref().is_none_or(|example| equals(example, &Json::string(text), placeholders)),
        Check::Type(JsonType::String) => true,
        Check::Type(JsonType::Boolean) => matches!(text, "true" | "false"),
        Check::Type(json_type) => has_type(*json_type, &as_json()),
        Check::Min(_) | Check::Max(_) => fails(check, &as_json(), placeholders).is_none(),
        Check::Keys(_) => false,
        Check::Not(inner) => !text_obeys(inner, text, placeholders),
        Check::Each(inner) | Check::Optional(inner) | Check::Nullable(inner) => text_obeys(inner, text, placeholders),
        check => fails(check, &Json::string(text), placeholders).is_none(),
    }
}
