//! Rules.

use super::Reader;
use crate::diagnostic::Code;
use crate::grammar;
use crate::model::{Check, Expression, Rule};
use crate::source::{Node, Value};
use understudy_exchange::{Json, Number};

/// What a rule's values are compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operands {
    /// Values of JSON.
    Json,
    /// Text of a path, query, header, cookie or form.
    Text,
    /// Text of an element or attribute.
    Xml,
}

impl Reader<'_> {
    /// A one-word rule or a rule map.
    pub(super) fn rule(&mut self, node: &Node, operands: Operands) -> Option<Rule> {
        if let Some(scalar) = node.scalar() {
            let text = if scalar.is_null() { "null" } else { scalar.as_str() };
            let rule = Rule::from_word(text);
            if rule.is_none() {
                let message = format!("`{text}` is no rule");
                let hint = match meant(text).or_else(|| super::reader::nearest(text, grammar::RULE_WORDS)) {
                    Some(word) => format!("did you mean `{word}`? to pin the value down, write {{equals: {text}}}"),
                    None => format!("write {{equals: {text}}}"),
                };
                self.report_with_hint(Code::BadRule, node.span, message, hint);
            }
            return rule.filter(|rule| self.can_be_said(rule, node, operands));
        }
        if let Value::List(_) = node.value {
            let hint = "write {equals: [...]} or {one_of: [...]}";
            self.report_with_hint(Code::BadRule, node.span, "a rule is a word or a map, not a list", hint);
            return None;
        }
        self.rule_map(node, operands)
    }

    fn rule_map(&mut self, node: &Node, operands: Operands) -> Option<Rule> {
        let before = self.problem_count();
        let fields = self.object(node, &grammar::RULE)?;
        let mut rule = Rule { checks: Vec::new(), example: None, fresh: false };
        for entry in fields.entries() {
            let value = &entry.value;
            match entry.name.as_str() {
                "type" => {
                    if let Some(word) = self.word(value, "`type`", grammar::RULE_WORDS) {
                        rule.checks.extend(Rule::from_word(word).map(|rule| rule.checks).unwrap_or_default());
                    }
                }
                "example" => {
                    let has_several = operands == Operands::Text && fields.get("each").is_some();
                    rule.example = match &value.value {
                        // Several occurrences of one name.
                        Value::List(items) if has_several => Some(Json::Array(
                            items.iter().filter_map(|item| self.text_json(item, "`example`")).collect(),
                        )),
                        _ => self.operand(value, operands, "`example`"),
                    };
                }
                "fresh" => rule.fresh = self.field_flag(&fields, "fresh").unwrap_or(false),
                name => rule.checks.extend(self.check(name, value, operands)),
            }
        }
        if fields.entries().is_empty() {
            self.report(Code::BadRule, node.span, "an empty rule");
        } else if rule.checks.is_empty() && self.problem_count() == before {
            // An example alone says what is sent, and asks for nothing.
            rule.checks.push(Check::Any);
        }
        if rule.fresh && !rule.checks.iter().any(can_be_made) && self.problem_count() == before {
            let message = "no fresh value can be made for this rule";
            let hint = "fresh needs a format, a type, one_of, or bounds with a type";
            self.report_with_hint(Code::BadRule, fields.entry("fresh").map_or(node.span, |e| e.span), message, hint);
        }
        (self.problem_count() == before && self.can_be_said(&rule, node, operands)).then_some(rule)
    }

    /// Reports a check that means nothing where it stands.
    fn can_be_said(&mut self, rule: &Rule, node: &Node, operands: Operands) -> bool {
        if operands == Operands::Text && rule.checks.contains(&Check::Unordered) {
            let hint = "write the values as a list, which is compared in any order: [a, b]";
            self.report_with_hint(Code::BadRule, node.span, "`unordered` is for arrays of a JSON body", hint);
            return false;
        }
        true
    }

    /// Reads a rule inside another one, where `fresh` has no effect.
    fn inner_rule(&mut self, name: &str, node: &Node, operands: Operands) -> Option<Rule> {
        let rule = self.rule(node, operands)?;
        if rule.fresh {
            let hint = match name {
                "optional" | "nullable" => format!("write it beside `{name}`: {{ {name}: ..., fresh: true }}"),
                _ => "write a rule of its own for what is to be new: $.items[*].id: { type: uuid, fresh: true }"
                    .to_owned(),
            };
            self.warn(Code::BadRule, node.span, format!("`fresh` has no effect inside `{name}`"), hint);
        }
        Some(rule)
    }

    /// Warns of `fresh` in a request, which a stub receives and does not make.
    pub(super) fn check_fresh(&mut self, rule: &Rule, node: &Node) {
        if rule.fresh {
            let hint = "leave out `fresh`: the contract test sends `example`, and the stub takes every value that obeys the rule";
            self.warn(Code::BadRule, node.span, "`fresh` has no effect in a request", hint);
        }
    }

    /// `not:`, whose rule has to say something about the value alone.
    fn negated(&mut self, node: &Node, operands: Operands) -> Option<Check> {
        let rule = self.rule(node, operands)?;
        match speaks_of_more(&rule) {
            None => Some(Check::Not(Box::new(rule))),
            Some(word) => {
                let hint = "write what the value must not be: not: { equals: admin }, not: { contains: error }";
                self.report_with_hint(Code::BadRule, node.span, format!("`not: {word}` cannot be decided"), hint);
                None
            }
        }
    }

    fn check(&mut self, name: &str, value: &Node, operands: Operands) -> Option<Check> {
        Some(match name {
            "equals" => Check::Equals(self.operand(value, operands, "`equals`")?),
            "matches" => {
                let pattern = self.text(value, "`matches`")?;
                match Expression::parse(&pattern) {
                    Ok(expression) => Check::Matches(expression),
                    Err(why) => {
                        self.report(Code::BadRegex, value.span, format!("not a usable regular expression: {why}"));
                        return None;
                    }
                }
            }
            "contains" => Check::Contains(self.text(value, "`contains`")?),
            "starts_with" => Check::StartsWith(self.text(value, "`starts_with`")?),
            "one_of" => {
                let items = self.list(value, "`one_of`")?;
                if items.is_empty() {
                    self.report(Code::BadRule, value.span, "`one_of` needs at least one value");
                }
                Check::OneOf(items.iter().filter_map(|item| self.operand(item, operands, "one of `one_of`")).collect())
            }
            "min" => Check::Min(self.bound(value, "`min`")?),
            "max" => Check::Max(self.bound(value, "`max`")?),
            "each" => Check::Each(Box::new(self.inner_rule(name, value, operands)?)),
            "keys" => Check::Keys(Box::new(self.inner_rule(name, value, Operands::Json)?)),
            "optional" => Check::Optional(Box::new(self.inner_rule(name, value, operands)?)),
            "nullable" => Check::Nullable(Box::new(self.inner_rule(name, value, operands)?)),
            "not" => self.negated(value, operands)?,
            // `object` has said that it does not know the key.
            _ => return None,
        })
    }

    fn operand(&mut self, node: &Node, operands: Operands, what: &str) -> Option<Json> {
        match operands {
            Operands::Json => Some(self.json(node)),
            Operands::Text | Operands::Xml => self.text_json(node, what),
        }
    }

    fn bound(&mut self, node: &Node, what: &str) -> Option<Number> {
        let text = self.text(node, what)?;
        let number = Number::parse(&text);
        if number.is_none() {
            self.report(Code::WrongType, node.span, format!("{what} is a number"));
        }
        number
    }
}

/// The rule that other languages call by another word.
fn meant(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "int" | "int32" | "int64" | "long" => "integer",
        "float" | "double" | "decimal" => "number",
        "str" | "text" => "string",
        "bool" => "boolean",
        "list" => "array",
        "map" | "dict" | "hash" => "object",
        "nil" | "none" => "null",
        "guid" => "uuid",
        "datetime" | "timestamp" => "date-time",
        "url" => "uri",
        "mail" => "email",
        _ => return None,
    })
}

/// The rule that a plain value in a place of text may have been meant as: a type or format of this format or of others.
pub(super) fn rule_meant(text: &str) -> Option<&'static str> {
    // Nobody compares text with the shape of an example; these are values like any others.
    const VALUES: [&str; 3] = ["like", "exact", "unordered"];
    let own = grammar::RULE_WORDS.iter().find(|word| **word == text && !VALUES.contains(word));
    own.copied().or_else(|| match text {
        // `text`, `list`, `url` and `timestamp` are values more often.
        "int" | "int32" | "int64" | "float" | "double" | "str" | "bool" | "guid" | "datetime" => meant(text),
        _ => None,
    })
}

/// Returns true for a plain value that may have been meant as a rule.
pub(crate) fn is_rule_word(text: &str) -> bool {
    rule_meant(text).is_some()
}

/// The word of a check that is about the example, or about presence, and not about the value.
fn speaks_of_more(rule: &Rule) -> Option<&'static str> {
    rule.checks.iter().find_map(|check| match check {
        Check::Like | Check::Exact | Check::Ignore | Check::Absent | Check::Unordered => check.as_word(),
        Check::Each(inner) | Check::Optional(inner) | Check::Nullable(inner) | Check::Not(inner) => {
            speaks_of_more(inner)
        }
        _ => None,
    })
}

/// Whether a check says enough to make a new value from.
fn can_be_made(check: &Check) -> bool {
    match check {
        Check::Format(_) | Check::OneOf(_) => true,
        Check::Type(json_type) => !matches!(json_type.as_str(), "array" | "object" | "null"),
        Check::Optional(rule) | Check::Nullable(rule) => rule.checks.iter().any(can_be_made),
        _ => false,
    }
}
