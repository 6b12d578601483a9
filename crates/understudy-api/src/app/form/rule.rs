//! Rules as a form shows them: what kind, with what, and in words.

use crate::error::{ApiError, Code};
use serde::{Deserialize, Serialize};
use understudy_exchange::{Json, JsonString, Number};
use understudy_fixture::model::{Check, FieldMatcher, Format, HeaderPromise, JsonType, Rule};
use understudy_fixture::{flow_value, rule_value, value_of};
use understudy_match::is_in_format;

/// A rule as a form shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(in crate::app) struct RuleForm {
    /// Which of the kinds.
    pub(in crate::app) kind: String,
    /// What it asks for, in the way of its kind.
    pub(in crate::app) argument: String,
    /// What the contract test sends and the stub answers.
    pub(in crate::app) example: Option<String>,
    /// Whether the stub answers with a new value each time.
    pub(in crate::app) fresh: bool,
}

/// A rule in words.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(in crate::app) struct RuleView {
    /// As a form shows it.
    pub(in crate::app) rule: RuleForm,
    /// In words: `one of admin, editor`.
    pub(in crate::app) label: String,
}

/// A kind of rule.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(in crate::app) struct RuleKind {
    /// Tells it from others.
    id: &'static str,
    /// How it is offered.
    label: &'static str,
    /// What its argument looks like; empty where it takes none.
    argument: &'static str,
    /// Whether it is for parameters, headers and other text.
    for_text: bool,
    /// Whether it is for values of a body.
    for_values: bool,
}

const fn kind(id: &'static str, label: &'static str, argument: &'static str) -> RuleKind {
    RuleKind { id, label, argument, for_text: true, for_values: true }
}

const fn word(id: &'static str) -> RuleKind {
    kind(id, id, "")
}

const fn text_only(kind: RuleKind) -> RuleKind {
    RuleKind { for_values: false, ..kind }
}

const fn values_only(kind: RuleKind) -> RuleKind {
    RuleKind { for_text: false, ..kind }
}

/// In the order in which they are offered.
pub(in crate::app) const KINDS: &[RuleKind] = &[
    kind("equals", "equals", "a value"),
    text_only(kind("values", "exactly these", "a, b, c")),
    values_only(kind("exact", "exactly this", "")),
    values_only(kind("like", "same shape", "")),
    kind("any", "anything", ""),
    values_only(kind("ignore", "anything or missing", "")),
    kind("absent", "absent", ""),
    kind("one_of", "one of", "a, b, c"),
    kind("contains", "contains", "a part"),
    kind("starts_with", "starts with", "a start"),
    kind("matches", "matches", "an expression: [a-z]+"),
    kind("bounds", "between", "1..10, 1.. or ..10"),
    word("string"),
    word("number"),
    word("integer"),
    word("boolean"),
    values_only(word("array")),
    values_only(word("object")),
    values_only(word("null")),
    word("uuid"),
    word("date"),
    word("time"),
    word("date-time"),
    word("email"),
    word("uri"),
    word("ipv4"),
    word("ipv6"),
    word("hostname"),
    word("base64"),
    values_only(kind("nullable", "null, or", "a rule: uuid, {min: 1}")),
    values_only(kind("optional", "missing, or", "a rule: uuid, {min: 1}")),
    kind("each", "each", "a rule: uuid, {min: 1}"),
    values_only(word("unordered")),
    kind("not", "not", "a rule: null, {equals: 7}"),
    kind("own", "rule", "{type: integer, min: 0}"),
];

/// Where a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// Beside plain values, which mean *equals*: a parameter, a header.
    Text,
    /// Under `match`, where a plain word is a rule.
    Body,
}

impl RuleForm {
    fn new(kind: &str, argument: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), argument: argument.into(), example: None, fresh: false }
    }

    /// The rule of a parameter that is only in the path.
    pub(super) fn anything() -> Self {
        Self::new("any", "")
    }

    /// Whether it says no more than that something is there.
    pub(super) fn is_anything(&self) -> bool {
        *self == Self::anything()
    }

    /// What it stands for in the fixture's file.
    pub(super) fn value(&self, ground: Ground) -> Result<Json, ApiError> {
        let argument = self.argument.trim();
        let read = |text: &str| value_of(text).ok_or_else(|| unreadable(text));
        let list = || read(&format!("[{argument}]"));
        let (name, value) = match (self.kind.as_str(), ground) {
            ("equals", Ground::Text) => return Ok(plain(&self.argument)),
            ("values", Ground::Text) => return list(),
            ("equals", Ground::Body) => ("equals", read(argument)?),
            ("contains" | "starts_with" | "matches", _) => (self.kind.as_str(), Json::string(&self.argument)),
            ("one_of", _) => ("one_of", list()?),
            ("bounds", _) => return bounds(argument).map(|bounds| self.with_example(bounds)),
            ("nullable" | "optional" | "each" | "not", _) => (self.kind.as_str(), read(argument)?),
            ("own", _) => {
                return match (read(argument)?, ground) {
                    (Json::String(word), Ground::Text) => Ok(map("type", Json::String(word))),
                    (value, _) => Ok(value),
                };
            }
            (word, Ground::Body) if self.example.is_none() && !self.fresh => return Ok(Json::string(word)),
            (word, _) => ("type", Json::string(word)),
        };
        Ok(self.with_example(map(name, value)))
    }

    fn with_example(&self, mut rule: Json) -> Json {
        if let Json::Object(members) = &mut rule {
            if let Some(example) = &self.example {
                members.push((JsonString::new("example"), plain(example)));
            }
            if self.fresh {
                members.push((JsonString::new("fresh"), Json::Bool(true)));
            }
        }
        rule
    }
}

fn map(name: &str, value: Json) -> Json {
    Json::Object(vec![(JsonString::new(name), value)])
}

/// Text as somebody would write it into the file: a number without quotes.
pub(super) fn plain(text: &str) -> Json {
    Number::parse(text).map_or_else(|| Json::string(text), Json::Number)
}

fn unreadable(text: &str) -> ApiError {
    ApiError::new(Code::Usage, format!("`{text}` cannot be read"))
        .with_hint("write it as in the file: \"text in quotes\", 7, {type: integer, min: 0}")
}

fn bounds(text: &str) -> Result<Json, ApiError> {
    let wrong = || ApiError::new(Code::Usage, format!("`{text}` is no range")).with_hint("1..10, 1.. or ..10");
    let (least, most) = text.split_once("..").ok_or_else(wrong)?;
    let mut members = Vec::new();
    for (name, bound) in [("min", least.trim()), ("max", most.trim())] {
        if !bound.is_empty() {
            let number = Number::parse(bound).ok_or_else(wrong)?;
            members.push((JsonString::new(name), Json::Number(number)));
        }
    }
    if members.is_empty() { Err(wrong()) } else { Ok(Json::Object(members)) }
}

impl RuleView {
    fn new(rule: RuleForm, label: String) -> Self {
        Self { rule, label }
    }

    pub(super) fn of_field(matcher: &FieldMatcher) -> Self {
        match matcher {
            FieldMatcher::Equals(pattern) => Self::equals(&pattern.to_string()),
            FieldMatcher::List(patterns) => Self::values(patterns.iter().map(ToString::to_string)),
            FieldMatcher::Rule(rule) => Self::of(rule),
        }
    }

    pub(super) fn of_header(promise: &HeaderPromise) -> Self {
        match promise {
            HeaderPromise::Value(value) => Self::equals(value),
            HeaderPromise::List(values) => Self::values(values.iter().cloned()),
            HeaderPromise::Rule(rule) => Self::of(rule),
        }
    }

    fn equals(value: &str) -> Self {
        Self::new(RuleForm::new("equals", value), format!("equals {value}"))
    }

    fn values(values: impl Iterator<Item = String>) -> Self {
        let values = listed(&values.map(Json::string).collect::<Vec<_>>());
        Self::new(RuleForm::new("values", values.clone()), format!("exactly {values}"))
    }

    pub(super) fn of(rule: &Rule) -> Self {
        let (kind, argument) = match rule.checks.as_slice() {
            [Check::Min(_) | Check::Max(_)] | [Check::Min(_), Check::Max(_)] => ("bounds", range(&rule.checks)),
            [Check::Equals(value)] => ("equals", flow_value(value)),
            [Check::OneOf(values)] => ("one_of", listed(values)),
            [Check::Contains(text)] => ("contains", text.clone()),
            [Check::StartsWith(text)] => ("starts_with", text.clone()),
            [Check::Matches(expression)] => ("matches", expression.as_str().to_owned()),
            [Check::Nullable(inner)] => ("nullable", flow_value(&rule_value(inner))),
            [Check::Optional(inner)] => ("optional", flow_value(&rule_value(inner))),
            [Check::Not(inner)] => ("not", flow_value(&rule_value(inner))),
            [Check::Each(inner)] => ("each", flow_value(&rule_value(inner))),
            [check] if check.as_word().is_some() => (check.as_word().unwrap_or_default(), String::new()),
            _ => {
                return Self::new(RuleForm::new("own", flow_value(&rule_value(rule))), label(rule));
            }
        };
        // An example that is no text or number is only written as in the file.
        let example = match &rule.example {
            None => None,
            Some(Json::String(text)) => Some(text.as_str().to_owned()),
            Some(Json::Number(number)) => Some(number.as_str().to_owned()),
            Some(_) => return Self::new(RuleForm::new("own", flow_value(&rule_value(rule))), label(rule)),
        };
        let form = RuleForm { kind: kind.to_owned(), argument, example, fresh: rule.fresh };
        Self::new(form, label(rule))
    }
}

fn listed(values: &[Json]) -> String {
    values.iter().map(flow_value).collect::<Vec<_>>().join(", ")
}

fn range(checks: &[Check]) -> String {
    let bound = |wanted: fn(&Check) -> Option<&Number>| checks.iter().find_map(wanted).map_or("", Number::as_str);
    let least = bound(|check| match check {
        Check::Min(number) => Some(number),
        _ => None,
    });
    let most = bound(|check| match check {
        Check::Max(number) => Some(number),
        _ => None,
    });
    format!("{least}..{most}")
}

/// A rule in words, as it is shown beside a value.
pub(super) fn label(rule: &Rule) -> String {
    rule.checks.iter().map(say).collect::<Vec<_>>().join(", ")
}

fn say(check: &Check) -> String {
    let bare = |value: &Json| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    match check {
        Check::Like => "same shape".to_owned(),
        Check::Exact => "exactly this".to_owned(),
        Check::Any => "anything".to_owned(),
        Check::Ignore => "anything or missing".to_owned(),
        Check::Equals(value) => format!("equals {}", bare(value)),
        Check::OneOf(values) => format!("one of {}", values.iter().map(bare).collect::<Vec<_>>().join(", ")),
        Check::Matches(expression) => format!("matches {}", expression.as_str()),
        Check::Contains(text) => format!("contains {text}"),
        Check::StartsWith(text) => format!("starts with {text}"),
        Check::Min(number) => format!("at least {}", number.as_str()),
        Check::Max(number) => format!("at most {}", number.as_str()),
        Check::Each(rule) => format!("each {}", label(rule)),
        Check::Keys(rule) => format!("keys {}", label(rule)),
        Check::Nullable(rule) => format!("null, or {}", label(rule)),
        Check::Optional(rule) => format!("missing, or {}", label(rule)),
        Check::Not(rule) => format!("not {}", label(rule)),
        Check::Unordered => "in any order".to_owned(),
        word => word.as_word().unwrap_or_default().to_owned(),
    }
}

/// The kinds of rule that take no argument and that a value obeys, the narrowest first.
pub(super) fn fitting(value: &Json) -> Vec<&'static str> {
    let formats = KINDS.iter().filter_map(|kind| Format::from_word(kind.id));
    let formats = formats.filter(|format| value.as_str().is_some_and(|text| is_in_format(*format, text)));
    // Nearly any word is a name of a host, and many are base64: they are chosen, not offered.
    let telling = formats.filter(|format| !matches!(format, Format::Hostname | Format::Base64));
    let integer = matches!(value, Json::Number(number) if number.is_integer()).then_some(JsonType::Integer);
    let own_type = JsonType::from_word(value.type_name());
    telling.map(Format::as_str).chain(integer.into_iter().chain(own_type).map(JsonType::as_str)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a form shows of a rule, written again, is the rule.
    #[test]
    fn a_form_of_a_rule_says_the_same_as_the_rule() {
        for (text, kind, words) in [
            ("uuid", "uuid", "uuid"),
            ("{equals: active}", "equals", "equals active"),
            ("{equals: [1, {a: null}]}", "equals", "equals [1,{\"a\":null}]"),
            ("{one_of: [a, \"b, c\", 7]}", "one_of", "one of a, b, c, 7"),
            ("{min: 1}", "bounds", "at least 1"),
            ("{min: 1, max: 1.50}", "bounds", "at least 1, at most 1.50"),
            ("{max: 9}", "bounds", "at most 9"),
            ("{contains: \" a: b \"}", "contains", "contains  a: b "),
            ("{matches: \"[a-z]+ .*\"}", "matches", "matches [a-z]+ .*"),
            ("{optional: {min: 1}}", "optional", "missing, or at least 1"),
            ("{nullable: uuid}", "nullable", "null, or uuid"),
            ("{each: {type: integer, min: 0}}", "each", "each integer, at least 0"),
            ("unordered", "unordered", "in any order"),
            ("{not: {equals: gone}}", "not", "not equals gone"),
            ("{not: null}", "not", "not null"),
            ("{type: uuid, fresh: true}", "uuid", "uuid"),
            ("{type: integer, example: 7}", "integer", "integer"),
            ("{type: integer, min: 0}", "own", "integer, at least 0"),
            ("{type: object, example: {a: 1}}", "own", "object"),
        ] {
            let source =
                format!("request: {{ path: /p }}\nresponse: {{ body: {{ json: {{}} }}, match: {{ $.a: {text} }} }}");
            let source = understudy_fixture::Source { file: "f.yaml".into(), text: source };
            let folder = std::path::Path::new("nowhere");
            let (read, problems) =
                understudy_fixture::fixture(&source, "f", &crate::disk::ServiceFiles::new(&folder.into(), folder, 0));
            let read = read.unwrap_or_else(|| panic!("{text}: {problems:?}"));
            let rule = &read.responses[0].rules[0].rule;
            let view = RuleView::of(rule);
            assert_eq!((view.rule.kind.as_str(), view.label.as_str()), (kind, words), "{text}");
            assert!(KINDS.iter().any(|known| known.id == kind));
            assert_eq!(view.rule.value(Ground::Body).expect(text), rule_value(rule), "{text}");
        }
    }

    #[test]
    fn arguments_that_cannot_be_read_are_said() {
        for (kind, argument) in [("bounds", "7"), ("bounds", ".."), ("bounds", "a..b"), ("own", "{a"), ("one_of", "]")]
        {
            assert!(RuleForm::new(kind, argument).value(Ground::Body).is_err(), "{kind} {argument}");
        }
    }

    #[test]
    fn what_is_offered_first_is_what_the_value_is() {
        let fits = |text: &str| fitting(&Json::parse(text.as_bytes()).expect("JSON"));
        assert_eq!(fits("\"2026-01-04T09:12:00Z\""), ["date-time", "string"]);
        assert_eq!(fits("\"ada@example.com\""), ["email", "string"]);
        assert_eq!(fits("\"admin\""), ["string"]);
        assert_eq!(fits("7"), ["integer", "number"]);
        assert_eq!(fits("[]"), ["array"]);
    }
}
