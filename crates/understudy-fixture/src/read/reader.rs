//! What all readers share: fields of a map, and the list of problems.

use super::advice::shown;
use super::problems::Problems;
use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::grammar::{self, Object};
use crate::source::{Entry, Node, Scalar, Source, Value};
use std::collections::HashSet;

/// Reads one file, and remembers what was wrong with it.
pub(super) struct Reader<'s> {
    source: &'s Source,
    problems: Problems<'s>,
}

/// A map whose keys are known.
#[derive(Clone, Copy)]
pub(super) struct Fields<'n> {
    pub(super) span: Span,
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// The key itself, for problems that are about it.
    pub(super) fn entry(&self, name: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.name.is(name))
    }

    pub(super) fn entries(&self) -> &'n [Entry] {
        self.entries
    }
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Self { source, problems: Problems::new(source) }
    }

    /// The problems, in the order of the file.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.problems.into_diagnostics()
    }

    /// The number of problems so far.
    pub(super) fn problem_count(&self) -> usize {
        self.problems.found()
    }

    /// Adds an error that was found before the file was read as a fixture.
    pub(super) fn add(&mut self, error: Diagnostic) {
        self.problems.list(error);
    }

    pub(super) fn report(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.problems.add(Severity::Error, code, span, message.into(), || None);
    }

    pub(super) fn report_with_hint(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.problems.add(Severity::Error, code, span, message.into(), || Some(hint.into()));
    }

    /// Reports what can be used, but does not do what it seems to.
    pub(super) fn warn(&mut self, code: Code, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.add(Severity::Warning, code, span, message.into(), || Some(hint.into()));
    }

    /// Returns true where the file is JSON, in which all text is quoted.
    pub(super) fn is_json(&self) -> bool {
        self.source.is_json()
    }

    /// A map with the keys of `object`; says which keys it does not know.
    pub(super) fn object<'n>(&mut self, node: &'n Node, object: &Object) -> Option<Fields<'n>> {
        let fields = self.map(node, object.name)?;
        for entry in fields.entries {
            let name = entry.name.as_str();
            let is_known = object.keys.iter().any(|key| key.name == name);
            if is_known || self.problems.is_only_counted(entry.span) {
                continue;
            }
            if object.later.contains(&name) {
                self.report(Code::NotSupported, entry.span, format!("`{name}` is not supported by this version"));
                continue;
            }
            let message = format!("`{name}` is not a key of {}", object.name);
            let hint = match (likely(name, object), elsewhere(name, object)) {
                (_, Some(outer)) => {
                    format!("it stands under `{outer}`: {outer}: {{ {name}: {} }}", shown(&entry.value))
                }
                (Some(likely), None) => format!("did you mean `{likely}`?"),
                (None, None) => {
                    let known: Vec<&str> = object.keys.iter().map(|key| key.name).collect();
                    format!("its keys are {}", known.join(", "))
                }
            };
            self.report_with_hint(Code::UnknownKey, entry.span, message, hint);
        }
        Some(fields)
    }

    /// A map with keys of any name, each once.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<Fields<'n>> {
        if node.is_unquoted_placeholder() {
            self.unquoted_placeholder(node);
            return None;
        }
        let Value::Map(entries) = &node.value else {
            self.wrong_type(node, &format!("{what} is a map"));
            return None;
        };
        let mut seen = HashSet::with_capacity(entries.len());
        for entry in entries {
            if !seen.insert(&entry.name) {
                let message = format!("`{}` stands here twice", entry.name.as_str());
                self.report(Code::DuplicateKey, entry.span, message);
            }
        }
        Some(Fields { span: node.span, entries })
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.value {
            Value::List(items) => Some(items),
            _ => {
                self.wrong_type_with_hint(
                    node,
                    &format!("{what} is a list"),
                    format!("write {}[{}]", key_of(what), shown(node)),
                );
                None
            }
        }
    }

    pub(super) fn scalar<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Scalar> {
        if node.is_unquoted_placeholder() {
            self.unquoted_placeholder(node);
            return None;
        }
        match node.scalar() {
            Some(scalar) if !scalar.is_null() => Some(scalar),
            _ => {
                self.wrong_type(node, &format!("{what} is a single value"));
                None
            }
        }
    }

    pub(super) fn wrong_type(&mut self, node: &Node, wanted: &str) {
        self.report(Code::WrongType, node.span, format!("{wanted}, not {}", node.describe()));
    }

    pub(super) fn unquoted_placeholder(&mut self, node: &Node) {
        let hint = "YAML reads `{` as the start of a map: write \"{{name}}\"";
        self.report_with_hint(Code::UnquotedPlaceholder, node.span, "an unquoted `{{name}}`", hint);
    }

    /// Text: a scalar's source, whatever it looks like.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        self.scalar(node, what).map(|scalar| scalar.as_str().to_owned())
    }

    pub(super) fn field_text(&mut self, fields: &Fields<'_>, name: &str) -> Option<String> {
        let node = fields.get(name)?;
        self.text(node, &format!("`{name}`"))
    }

    pub(super) fn field_flag(&mut self, fields: &Fields<'_>, name: &str) -> Option<bool> {
        let node = fields.get(name)?;
        let flag = node.scalar().and_then(Scalar::as_bool);
        if flag.is_none() {
            let message = format!("`{name}` is true or false");
            let meant = node.scalar().and_then(|scalar| match scalar.as_str().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "y" | "1" => Some(true),
                "false" | "no" | "off" | "n" | "0" => Some(false),
                _ => None,
            });
            match meant {
                Some(flag) => {
                    let hint = format!("write {name}: {flag}, without quotes");
                    self.report_with_hint(Code::WrongType, node.span, message, hint);
                }
                None => self.report(Code::WrongType, node.span, message),
            }
        }
        flag
    }

    pub(super) fn whole(&mut self, node: &Node, what: &str, least: i64, greatest: i64) -> Option<i64> {
        let scalar = self.scalar(node, what)?;
        let number = match scalar {
            Scalar::Plain(text) => text.parse::<i64>().ok().filter(|n| n.to_string() == *text),
            Scalar::Quoted(_) => None,
        };
        match number {
            Some(number) if (least..=greatest).contains(&number) => Some(number),
            Some(_) => {
                self.report(Code::BadValue, node.span, format!("{what} is between {least} and {greatest}"));
                None
            }
            None => {
                let message = format!("{what} is a whole number");
                let meant = scalar.as_str().trim().parse::<f64>().ok();
                match meant.filter(|number| number.fract() == 0.0 && number.abs() < 1e15) {
                    Some(number) => {
                        let hint = format!("write {}: {number}, without quotes", what.trim_matches('`'));
                        self.report_with_hint(Code::WrongType, node.span, message, hint);
                    }
                    None => self.report(Code::WrongType, node.span, message),
                }
                None
            }
        }
    }

    /// One text or a list of them.
    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Vec<String> {
        match &node.value {
            Value::List(items) => items.iter().filter_map(|item| self.text(item, what)).collect(),
            _ => self.text(node, what).into_iter().collect(),
        }
    }

    pub(super) fn field_texts(&mut self, fields: &Fields<'_>, name: &str) -> Vec<String> {
        match fields.get(name) {
            Some(node) => match self.list(node, &format!("`{name}`")) {
                Some(items) => items.iter().filter_map(|item| self.text(item, &format!("one of `{name}`"))).collect(),
                None => Vec::new(),
            },
            None => Vec::new(),
        }
    }

    pub(super) fn word<'w>(&mut self, node: &Node, what: &str, words: &[&'w str]) -> Option<&'w str> {
        let text = self.text(node, what)?;
        let found = words.iter().find(|word| **word == text).copied();
        if found.is_none() {
            let message = format!("`{text}` is not possible here");
            let hint = match nearest(&text, words) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("{what} is one of {}", words.join(", ")),
            };
            self.report_with_hint(Code::BadValue, node.span, message, hint);
        }
        found
    }
}

/// `tags: ` for "`tags`", for hints.
fn key_of(what: &str) -> String {
    let key = what.strip_prefix('`').and_then(|what| what.strip_suffix('`'));
    key.map_or_else(String::new, |key| format!("{key}: "))
}

/// The key that was probably meant.
fn likely(name: &str, object: &Object) -> Option<&'static str> {
    let known: Vec<&'static str> = object.keys.iter().map(|key| key.name).collect();
    // What other tools call the same thing.
    let synonym = match (object.name, name) {
        ("a rule", "is" | "equal" | "value" | "eq" | "equalTo" | "const" | "exactly") => Some("equals"),
        ("a rule", "regex" | "pattern" | "match" | "regexp" | "matchesRegex") => Some("matches"),
        ("a rule", "minimum" | "minLength" | "minItems" | "gte") => Some("min"),
        ("a rule", "maximum" | "maxLength" | "maxItems" | "lte") => Some("max"),
        ("a rule", "startsWith" | "prefix") => Some("starts_with"),
        ("a rule", "oneOf" | "in" | "anyOf") => Some("one_of"),
        ("a rule", "enum") => Some("one_of"),
        ("a rule", "format") => Some("type"),
        ("a request", "url" | "uri" | "urlPath" | "urlPattern" | "urlPathPattern" | "urlPathTemplate" | "route") => {
            Some("path")
        }
        ("a request", "queryParameters" | "queryString" | "queryParams" | "search") => Some("query"),
        ("a request", "pathParameters" | "pathParams") => Some("params"),
        (
            "a request" | "a response",
            "jsonBody" | "bodyPatterns" | "bodyFileName" | "base64Body" | "data" | "payload",
        ) => Some("body"),
        ("a response", "code" | "statusCode" | "status_code") => Some("status"),
        ("a response", "fixedDelayMilliseconds" | "latency" | "wait") => Some("delay"),
        ("a fixture", "scenarioName" | "requiredScenarioState") => Some("when"),
        ("a fixture", "newScenarioState") => Some("set"),
        ("a backend", "variables") => Some("vars"),
        ("a part", "value" | "content" | "body") => Some("text"),
        ("a part", "contentType" | "content_type" | "content-type" | "mimetype") => Some("type"),
        ("a part", "fileName" | "file_name") => Some("filename"),
        _ => None,
    };
    synonym.filter(|synonym| known.contains(synonym)).or_else(|| nearest(name, &known))
}

/// The key of the same file under which this one belongs.
pub(super) fn elsewhere(name: &str, object: &Object) -> Option<&'static str> {
    // `headers` and `body` beside each other are more often a response.
    let parts: [(&str, &Object); 3] =
        [("response", &grammar::RESPONSE), ("request", &grammar::REQUEST), ("verify", &grammar::VERIFY)];
    let has = |object: &Object| object.keys.iter().any(|key| key.name == name);
    if object.name == grammar::FIXTURE.name {
        return parts.iter().find(|(_, part)| has(part)).map(|(key, _)| *key);
    }
    let body = match object.name {
        name if name == grammar::REQUEST.name => &grammar::REQUEST_BODY,
        name if name == grammar::RESPONSE.name => &grammar::RESPONSE_BODY,
        _ => return None,
    };
    has(body).then_some("body")
}

/// The word that differs least, if it differs little.
pub(super) fn nearest<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    let text = text.to_lowercase();
    let close = words.iter().map(|word| (strsim::damerau_levenshtein(&text, word), *word));
    let (distance, word) = close.min_by_key(|(distance, _)| *distance)?;
    (distance <= (word.len().max(text.len())) / 3).then_some(word)
}
