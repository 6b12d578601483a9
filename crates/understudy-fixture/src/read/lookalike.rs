//! Values of a JSON body that look like something else: a JSON text in quotes, a rule.

use super::Reader;
use super::advice::{cut, is_json_like, json_in_text};
use super::rule::rule_meant;
use crate::diagnostic::Code;
use crate::grammar;
use crate::source::{Entry, Mistake, Node, Scalar, Value};
use understudy_exchange::Json;

/// Keys that no JSON but a rule has.
const RULE_KEYS: [&str; 5] = ["one_of", "starts_with", "matches", "fresh", "nullable"];

/// Names under which a JSON Schema stands, whose own words are much like rules.
const SCHEMA_NAMES: [&str; 14] = [
    "schema",
    "properties",
    "items",
    "parameters",
    "definitions",
    "$defs",
    "schemas",
    "allOf",
    "anyOf",
    "oneOf",
    "additionalProperties",
    "fields",
    "arguments",
    "not",
];

impl Reader<'_> {
    /// Warns of a body that is JSON in quotes, and of rules in a body: there, everything stands for itself. A rule of
    /// `match` for the same place says that this is meant.
    pub(super) fn check_json_body(&mut self, node: &Node, rules: Option<&Node>) {
        if let Some(text) = node.scalar().map(Scalar::as_str) {
            if is_json_like(text) && !is_pinned("$", rules) {
                self.json_as_text(node, "json", text, "for the text itself, add match: { $: string }");
            }
            return;
        }
        if holds_rule(node) {
            self.check_rules_in(node, &mut String::from("$"), rules);
        }
    }

    /// Warns of JSON in quotes where JSON is written as it is.
    pub(super) fn check_json_value(&mut self, node: &Node, key: &str) {
        if let Some(text) = node.scalar().map(Scalar::as_str).filter(|text| is_json_like(text)) {
            self.json_as_text(node, key, text, "the quotes make it one text");
        }
    }

    fn json_as_text(&mut self, node: &Node, key: &str, text: &str, otherwise: &str) {
        match json_in_text(text) {
            Some(json) => {
                let json = cut(&json.to_string());
                let hint = format!("write {key}: {json} without quotes and without `|`; {otherwise}");
                self.warn(Code::WrongType, node.span, format!("`{key}` is a text that holds JSON"), hint);
            }
            None => {
                let trimmed = text.trim();
                let Err(error) = Json::parse(trimmed.as_bytes()) else { return };
                let Some(mistake) = Mistake::of(trimmed, &error) else { return };
                let message = format!("`{key}` is a text that is nearly JSON: {}", mistake.message);
                let hint = format!("write the JSON without quotes and without `|`: {}; {otherwise}", mistake.hint);
                self.warn(Code::WrongType, node.span, message, hint);
            }
        }
    }

    fn check_rules_in(&mut self, node: &Node, path: &mut String, rules: Option<&Node>) {
        let length = path.len();
        match &node.value {
            Value::Scalar(_) => {}
            Value::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    path.push_str(&format!("[{at}]"));
                    self.check_rules_in(item, path, rules);
                    path.truncate(length);
                }
            }
            Value::Map(entries) => {
                if is_rule(entries) && !is_pinned(path, rules) {
                    self.rule_in_json(node, path);
                    return;
                }
                for entry in entries {
                    let name = entry.name.as_str();
                    if SCHEMA_NAMES.contains(&name) {
                        continue;
                    }
                    path.push_str(&step(name));
                    self.check_rules_in(&entry.value, path, rules);
                    path.truncate(length);
                }
            }
        }
    }

    fn rule_in_json(&mut self, node: &Node, path: &str) {
        let message = "nothing inside `json` is a rule: this stands for an object with these members";
        let hint = format!(
            "write an example here, and beside `body` match: {{ {}: {} }}; {}: exact where the object is meant",
            super::advice::quoted(path),
            super::advice::shown(node),
            super::advice::quoted(path),
        );
        self.warn(Code::BadRule, node.span, message, hint);
    }
}

/// Returns true where something in a value has the form of a rule. Nearly all bodies have nothing, and need no paths.
fn holds_rule(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(_) => false,
        Value::List(items) => items.iter().any(holds_rule),
        Value::Map(entries) => is_rule(entries) || entries.iter().any(|entry| holds_rule(&entry.value)),
    }
}

/// `.name`, or `['name']` where a JSONPath needs it.
fn step(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_plain { format!(".{name}") } else { format!("['{}']", name.replace('\'', "\\'")) }
}

/// Returns true where `match` speaks of this place, or says with one of these words that what stands around it is meant.
fn is_pinned(path: &str, rules: Option<&Node>) -> bool {
    const MEANT: [&str; 4] = ["object", "array", "like", "exact"];
    let is_around = |entry: &Entry| {
        let is_meant = entry.value.scalar().is_some_and(|word| MEANT.contains(&word.as_str()));
        let rest = path.strip_prefix(entry.name.as_str());
        is_meant && rest.is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    match rules.map(|rules| &rules.value) {
        Some(Value::Map(entries)) => entries.iter().any(|entry| entry.name.is(path) || is_around(entry)),
        _ => false,
    }
}

/// Returns true for a map that has the form of a rule, and is hardly anything else.
fn is_rule(entries: &[Entry]) -> bool {
    let entries = entries.iter().map(|entry| (entry.name.as_str(), entry.value.scalar().map(Scalar::as_str)));
    has_form_of_rule(entries)
}

/// Returns true for names and texts that have the form of a rule, and are hardly anything else.
fn has_form_of_rule<'n>(mut entries: impl Iterator<Item = (&'n str, Option<&'n str>)> + Clone) -> bool {
    let is_key = |name: &str| grammar::RULE.keys.iter().any(|key| key.name == name);
    let is_sure = |(name, text): (&str, Option<&str>)| match name {
        "type" => text.is_some_and(|text| rule_meant(text).is_some()),
        name => RULE_KEYS.contains(&name),
    };
    entries.clone().all(|(name, _)| is_key(name)) && entries.any(is_sure)
}

/// Returns the places of a body that look like something else, as [`Reader::check_json_body`] finds them.
pub(crate) fn lookalikes(body: &Json) -> Vec<String> {
    let mut places = Vec::new();
    match body.as_str() {
        Some(text) if is_json_like(text) => places.push("$".to_owned()),
        _ => collect_rules(body, &mut String::from("$"), &mut places),
    }
    places
}

fn collect_rules(value: &Json, path: &mut String, places: &mut Vec<String>) {
    let length = path.len();
    match value {
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push_str(&format!("[{at}]"));
                collect_rules(item, path, places);
                path.truncate(length);
            }
        }
        Json::Object(members) => {
            if has_form_of_rule(members.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
                places.push(path.clone());
                return;
            }
            for (name, value) in members.iter().filter(|(name, _)| !SCHEMA_NAMES.contains(&name.as_str())) {
                path.push_str(&step(name.as_str()));
                collect_rules(value, path, places);
                path.truncate(length);
            }
        }
        _ => {}
    }
}
