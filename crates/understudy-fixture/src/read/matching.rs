//! `match:` beside each kind of body.

use super::Reader;
use super::advice::shown;
use super::rule::Operands;
use crate::diagnostic::{Code, Span};
use crate::model::{Check, JsonType, PathRule, Rule, XmlBody, XmlRule};
use crate::source::{Node, Value};
use understudy_exchange::JsonPath;
use understudy_exchange::xml::XmlPath;

/// The part of a body that the keys of `match` select.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground<'k> {
    /// Values of JSON, by JSONPath.
    Json,
    /// The whole of a text or of bytes, by `$`.
    Whole(&'k str),
    /// Elements and attributes, by path.
    Xml,
    /// Nothing: the body's own keys take rules.
    Fields(&'k str),
}

impl<'k> Ground<'k> {
    /// Returns the ground of a body by its one key.
    pub(super) fn of(body: Option<&'k Node>) -> Self {
        let Some(Node { value: Value::Map(entries), .. }) = body else { return Self::Json };
        match entries.first().map(|entry| entry.name.as_str()) {
            Some(kind @ ("text" | "base64" | "file")) => Self::Whole(kind),
            Some(kind @ ("form" | "multipart")) => Self::Fields(kind),
            Some("xml") => Self::Xml,
            _ => Self::Json,
        }
    }
}

impl Reader<'_> {
    /// Reads `match:` beside any body but XML.
    pub(super) fn path_rules(&mut self, node: Option<&Node>, ground: Ground<'_>) -> Vec<PathRule> {
        if let Some(node) = node.filter(|node| node.scalar().is_some()) {
            let hint = format!("write match: {{ $: {} }} for the whole body", shown(node));
            self.wrong_type_with_hint(node, "`match` is a map", hint);
            return Vec::new();
        }
        let Some(fields) = node.and_then(|node| self.map(node, "`match`")) else { return Vec::new() };
        if let Ground::Fields(kind) = ground {
            let message = format!("`match` cannot be used with a {kind} body");
            let hint = match kind {
                "form" => "write the rule in place of the value: form: { name: { type: integer, example: 7 } }",
                _ => {
                    "write the rule in place of a part's value, or `match` in the part: { name: a, json: ..., match: { $.id: uuid } }"
                }
            };
            self.report_with_hint(Code::BadRule, fields.span, message, hint);
            return Vec::new();
        }
        let mut rules = Vec::new();
        let mut spans = Vec::new();
        for entry in fields.entries() {
            let path = match JsonPath::parse(entry.name.as_str()) {
                Ok(path) => path,
                Err(error) => {
                    let message = format!("`{}` is no JSONPath: {error}", entry.name.as_str());
                    let hint = "keys of `match` are JSONPaths: $.name, $.items[*].id";
                    self.report_with_hint(Code::BadJsonPath, entry.span, message, hint);
                    continue;
                }
            };
            if let Ground::Whole(kind) = ground
                && !path.is_root()
            {
                let message = format!("`{}` selects nothing: the body is `{kind}`, not `json`", entry.name.as_str());
                let hint = match kind {
                    "text" => "write the body under `json:`, or a rule for the whole text: $: { contains: ... }",
                    _ => "write the body under `json:`, or a rule for the whole body: $: { contains: ... }",
                };
                self.report_with_hint(Code::BadRule, entry.span, message, hint);
                continue;
            }
            let Some(rule) = self.rule(&entry.value, Operands::Json) else { continue };
            if let Ground::Whole(kind @ ("base64" | "file")) = ground
                && rule.fresh
            {
                let message = format!("no fresh value can be made for a `{kind}` body");
                self.report_with_hint(Code::BadRule, entry.span, message, "leave out `fresh`");
            }
            rules.push(PathRule { path, rule });
            spans.push(entry.span);
        }
        self.refuse_places_in_any_order(&rules, &spans);
        rules
    }

    /// Reports rules by index inside of an array in any order. An index names one element of the
    /// example, but any element of the received array.
    fn refuse_places_in_any_order(&mut self, rules: &[PathRule], spans: &[Span]) {
        let unordered: Vec<&JsonPath> =
            rules.iter().filter(|rule| is_unordered(&rule.rule)).map(|rule| &rule.path).collect();
        for (PathRule { path, .. }, span) in rules.iter().zip(spans) {
            let Some(array) = unordered.iter().find(|array| path.goes_by_place_in(array)) else { continue };
            let (path, array) = (path.as_str(), array.as_str());
            let message = format!(
                "`{path}` names an element by its place, and the elements of `{array}` have none: `{array}` is `unordered`"
            );
            let after = path.strip_prefix(array).and_then(|rest| rest.strip_prefix('[')?.split_once(']'));
            let hint = match after {
                Some((_, after)) => format!("write the rule for all elements: \"{array}[*]{after}\""),
                None => "write the rule for all elements: `[*]` in place of the index".to_owned(),
            };
            self.report_with_hint(Code::BadRule, *span, message, hint);
        }
    }

    /// Reads `match:` beside an XML body, where the keys are paths like those of XPath.
    pub(super) fn xml_rules(&mut self, node: Option<&Node>, body: &mut XmlBody) {
        let Some(fields) = node.and_then(|node| self.map(node, "`match`")) else { return };
        for entry in fields.entries() {
            match XmlPath::parse(entry.name.as_str()) {
                Ok(path) => {
                    let rule = self.rule(&entry.value, Operands::Xml);
                    if let Some(rule) = rule.filter(|rule| self.is_xml_rule(rule, &entry.value)) {
                        body.rules.push(XmlRule { path, rule });
                    }
                }
                Err(why) => {
                    let message = format!("`{}` is no path into XML: {why}", entry.name.as_str());
                    let hint = "beside `xml` the keys are paths: /order/id, //item[1]/@id; for a rule about the whole text write `text:` instead of `xml:`";
                    self.report_with_hint(Code::BadValue, entry.span, message, hint);
                }
            }
        }
    }

    /// Reports what a rule cannot say of XML, whose values are texts.
    fn is_xml_rule(&mut self, rule: &Rule, node: &Node) -> bool {
        let wrong = rule.checks.iter().find_map(|check| match check {
            Check::Like => Some("like"),
            Check::Exact => Some("exact"),
            Check::Each(_) => Some("each"),
            Check::Keys(_) => Some("keys"),
            Check::Nullable(_) => Some("nullable"),
            Check::Type(json_type @ (JsonType::Array | JsonType::Object | JsonType::Null)) => Some(json_type.as_str()),
            _ => None,
        });
        let (message, hint) = match wrong {
            Some(word) => (
                format!(
                    "`{word}` says nothing about XML: a value there is text, and equal unless a rule says otherwise"
                ),
                "write a format, `integer`, `matches`, `one_of`, `any`, `ignore`, `optional` or `unordered`",
            ),
            None if rule.fresh => ("no fresh value can be made in XML".to_owned(), "leave out `fresh`"),
            None => return true,
        };
        self.report_with_hint(Code::BadRule, node.span, message, hint);
        false
    }
}

/// Returns true if an array that is there has to have its elements in any order.
fn is_unordered(rule: &Rule) -> bool {
    rule.checks.iter().any(|check| match check {
        Check::Unordered => true,
        Check::Optional(inner) | Check::Nullable(inner) => is_unordered(inner),
        _ => false,
    })
}
