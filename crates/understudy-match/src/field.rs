//! Named values of a path, query, header, cookie or form.

use crate::contrast::contrast_texts;
use crate::difference::Sink;
use crate::mismatch::{NOTHING, shorten};
use crate::pairs::Pairs;
use crate::rule::occurrences_obey;
use understudy_exchange::redact::{REDACTED, is_secret_header, is_secret_member};
use understudy_exchange::{Json, field_value};
use understudy_fixture::model::{Check, Field, FieldMatcher, Pattern, Rule};

/// Header fields in which clients send the entity tags that they received.
const TAG_FIELDS: &[&str] = &["if-match", "if-none-match", "if-range"];

/// Holds the occurrences of one name against what was written for it.
pub(crate) fn compare<'v>(place: &str, field: &Field, values: impl Iterator<Item = &'v str>, sink: &mut Sink) {
    let values: Vec<&str> = values.collect();
    let holds = match (place, &field.matcher) {
        ("header", FieldMatcher::Rule(rule)) => rule_holds(&field.name, rule, &values, true),
        ("header", matcher) => obeys(matcher, &values) || means_the_same(field, &values),
        ("cookie", matcher) => obeys(matcher, &values) || obeys_without_quotes(matcher, &values),
        (_, matcher) => obeys(matcher, &values),
    };
    if holds || (place == "header" && obeys_as_tags(field, &values)) {
        return;
    }
    sink.add(|| {
        let is_secret =
            (place == "header" && is_secret_header(&field.name)) || is_secret_member(&field.name) || place == "cookie";
        let received = if is_secret && !values.is_empty() {
            REDACTED.to_owned()
        } else if values.is_empty() {
            NOTHING.to_owned()
        } else if let (FieldMatcher::Equals(pattern), [value]) = (&field.matcher, values.as_slice())
            && let Some(wanted) = pattern.as_literal().filter(|wanted| !wanted.is_empty())
        {
            let (expected, received) = contrast_texts(wanted, value);
            return (format!("{place} {}", field.name), expected, received);
        } else {
            shorten(&values.join(", "))
        };
        (format!("{place} {}", field.name), describe(&field.matcher), received)
    });
}

/// Returns true if the values of a cookie obey without the quotes around them, which many servers do not hand on
/// (RFC 6265, section 4.1.1).
fn obeys_without_quotes(matcher: &FieldMatcher, values: &[&str]) -> bool {
    let plain = |value: &&str| value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).map(str::to_owned);
    let plain: Vec<String> = values.iter().map(|value| plain(value).unwrap_or_else(|| (*value).to_owned())).collect();
    obeys(matcher, &plain.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Returns true if the lines of a header field have the value that is written, in another spelling (RFC 9110).
fn means_the_same(field: &Field, values: &[&str]) -> bool {
    let is_same = |written: &[&str], received: &[&str]| field_value::is_same(&field.name, written, received);
    match &field.matcher {
        _ if values.is_empty() => false,
        FieldMatcher::Equals(pattern) => match pattern.as_literal() {
            Some(written) => is_same(&[written], values),
            None => pattern.matches(&values.iter().map(|value| value.trim()).collect::<Vec<_>>().join(", ")),
        },
        FieldMatcher::List(patterns) => {
            let written: Option<Vec<&str>> = patterns.iter().map(Pattern::as_literal).collect();
            written.is_some_and(|written| is_same(&written, values))
        }
        FieldMatcher::Rule(_) => false,
    }
}

/// Returns true if a header field's lines obey a rule. A line that means the same as a value that the rule names is read
/// as that value.
pub(crate) fn rule_holds(name: &str, rule: &Rule, values: &[&str], placeholders: bool) -> bool {
    let mut named = Vec::new();
    add_named(rule, &mut named);
    if named.is_empty() || values.is_empty() {
        return occurrences_obey(rule, values, placeholders);
    }
    let is_same = |written: &str, received: &[&str]| field_value::is_same(name, &[written], received);
    let written_as = |received: &[&str]| named.iter().copied().find(|written| is_same(written, received));
    let lines: Vec<&str> = match written_as(values) {
        Some(written) => vec![written],
        None => values.iter().map(|value| written_as(&[value]).unwrap_or(value)).collect(),
    };
    occurrences_obey(rule, &lines, placeholders)
}

/// Collects the texts that a rule names.
fn add_named<'r>(rule: &'r Rule, named: &mut Vec<&'r str>) {
    for check in &rule.checks {
        match check {
            Check::Equals(value) => named.extend(value.as_str()),
            Check::OneOf(values) => named.extend(values.iter().filter_map(Json::as_str)),
            Check::Optional(inner) | Check::Nullable(inner) | Check::Not(inner) => add_named(inner, named),
            _ => {}
        }
    }
}

/// Returns true if entity tags are equal, apart from their weakness. A stub that compresses a response weakens its tag,
/// and the client sends the weak tag.
fn obeys_as_tags(field: &Field, values: &[&str]) -> bool {
    if !TAG_FIELDS.contains(&field.name.as_str()) {
        return false;
    }
    let strong: Vec<String> = values.iter().map(|value| value.replace("W/\"", "\"")).collect();
    obeys(&field.matcher, &strong.iter().map(String::as_str).collect::<Vec<_>>())
}

pub(crate) fn obeys(matcher: &FieldMatcher, values: &[&str]) -> bool {
    match matcher {
        FieldMatcher::Equals(pattern) => matches!(values, [value] if pattern.matches(value)),
        FieldMatcher::List(patterns) => assign(patterns, values),
        FieldMatcher::Rule(rule) => occurrences_obey(rule, values, true),
    }
}

/// Returns true if the values are exactly these, in any order.
fn assign(patterns: &[Pattern], values: &[&str]) -> bool {
    patterns.len() == values.len()
        && Pairs::new(patterns.len(), values.len(), |a, b| patterns[a].matches(values[b])).are_complete()
}

pub(crate) fn describe(matcher: &FieldMatcher) -> String {
    match matcher {
        FieldMatcher::Equals(pattern) if pattern.parts.is_empty() => "\"\"".to_owned(),
        FieldMatcher::Equals(pattern) => shorten(&pattern.to_string()),
        FieldMatcher::List(patterns) => {
            let all: Vec<String> = patterns.iter().map(ToString::to_string).collect();
            shorten(&format!("exactly {}, in any order", all.join(", ")))
        }
        FieldMatcher::Rule(rule) => shorten(&rule.to_string()),
    }
}

/// Says what was sent under names that are not written.
pub(crate) fn refuse_others<'v>(
    place: &str,
    wanted: &[Field],
    received: impl Iterator<Item = (&'v str, &'v str)>,
    sink: &mut Sink,
) {
    for (name, value) in received {
        if sink.is_done() {
            return;
        }
        if !wanted.iter().any(|field| field.name == name) {
            sink.add(|| (format!("{place} {name}"), "nothing else (strict)".to_owned(), value.to_owned()));
        }
    }
}
