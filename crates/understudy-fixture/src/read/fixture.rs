//! A file of a service.

use super::body::BodyFiles;
use super::{Fields, Reader};
use crate::diagnostic::{Code, Diagnostic};
use crate::grammar;
use crate::model::{Fixture, MethodMatcher, Select, Verify};
use crate::naming::is_reserved_folder;
use crate::source::{Node, Source, Value};
use http::Method;
use std::sync::Arc;
use understudy_exchange::Json;

/// Reads one fixture. `id` is its file's path below the service's folder, without the ending.
///
/// The fixture is `None` where anything in the file is an error: half of a promise is none.
#[must_use]
pub fn fixture(source: &Source, id: &str, files: &dyn BodyFiles) -> (Option<Fixture>, Vec<Diagnostic>) {
    let mut reader = Reader::new(source);
    let fixture = match source.parse() {
        Ok(root) => reader.fixture(&root, id, &source.file, files),
        Err(diagnostic) => {
            reader.add(*diagnostic);
            None
        }
    };
    let diagnostics = reader.into_diagnostics();
    let good = !diagnostics.iter().any(Diagnostic::is_error);
    (fixture.filter(|_| good), diagnostics)
}

/// What a file says as a tree of plain values; `None` where it cannot be read. What is wrong with the values is not looked at.
pub(crate) fn tree(source: &Source) -> Option<Json> {
    let root = source.parse().ok()?;
    Some(Reader::new(source).json(&root))
}

/// Returns the keys at the top of a file, for a guess at what it is.
///
/// # Errors
/// The problem that keeps the file from being read.
pub fn root_names(source: &Source) -> Result<Vec<String>, Box<Diagnostic>> {
    Ok(match source.parse()?.value {
        Value::Map(entries) => entries.iter().map(|entry| entry.name.as_str().to_owned()).collect(),
        _ => Vec::new(),
    })
}

/// Returns true for keys of a file that is meant as a fixture: `request` or `response`, also where they are misspelled.
#[must_use]
pub fn are_names_of_fixture(names: &[String]) -> bool {
    names.iter().any(|name| super::reader::nearest(name, &["request", "response"]).is_some())
}

/// What a value says that stands in a YAML file: `{min: 1}`, `[a, b]`, `7`; `None` where it cannot be read.
#[must_use]
pub fn value_of(text: &str) -> Option<Json> {
    tree(&Source { file: "value.yaml".into(), text: text.to_owned() })
}

/// Whether a file of a service's folder is a fixture, by its path below that folder: YAML or JSON, not under
/// `bodies/` or `scripts/`, and with no name on the way that starts with `.` or `_`.
#[must_use]
pub fn is_leaf_of_services(path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    let mut folders = path.split('/');
    let first = if path.contains('/') { folders.next() } else { None };
    let is_ending = |ending: &str| ["yaml", "yml", "json"].iter().any(|known| ending.eq_ignore_ascii_case(known));
    ending.is_some_and(is_ending)
        && !first.is_some_and(is_reserved_folder)
        && !path.split('/').any(|name| name.starts_with(['.', '_']))
}

impl Reader<'_> {
    fn fixture(&mut self, root: &Node, id: &str, file: &Arc<str>, files: &dyn BodyFiles) -> Option<Fixture> {
        if let Value::List(_) = root.value {
            let hint = "a file holds one fixture: write each entry into a file of its own";
            self.wrong_type_with_hint(root, "a fixture is a map", hint);
            return None;
        }
        let fields = self.object(root, &grammar::FIXTURE)?;
        let request = match fields.get("request") {
            Some(node) => self.request(node, files),
            None => {
                self.missing(&fields, "request", "request: {path: /pets}");
                None
            }
        };
        let responses = match fields.get("response") {
            Some(node) => {
                let answers_head =
                    request.as_ref().is_some_and(|request| request.method == MethodMatcher::Is(Method::HEAD));
                self.responses(node, files, answers_head)
            }
            None => {
                self.missing(&fields, "response", "response: {status: 200}");
                Vec::new()
            }
        };
        let priority =
            fields.get("priority").map_or(Some(0), |node| self.whole(node, "`priority`", -1_000_000, 1_000_000));
        let fixture = Fixture {
            id: id.into(),
            file: Arc::clone(file),
            name: self.field_text(&fields, "name"),
            owner: self.field_text(&fields, "owner"),
            tags: self.field_texts(&fields, "tags"),
            enabled: self.field_flag(&fields, "enabled").unwrap_or(true),
            priority: priority.unwrap_or(0),
            verify: fields
                .get("verify")
                .and_then(|node| self.verify(node, responses.len()))
                .unwrap_or_else(Verify::default),
            responses,
            select: self.select(fields.get("select")),
            when: self.when(fields.get("when")),
            set: self.set(fields.get("set")),
            request: request?,
        };
        (!fixture.responses.is_empty()).then_some(fixture)
    }

    /// Says that a key is missing, unless something is there that was meant to be it.
    fn missing(&mut self, fields: &Fields<'_>, name: &str, hint: &str) {
        let is_meant = |written: &str| {
            written == "resource"
                || super::reader::nearest(written, &[name]).is_some()
                || super::reader::elsewhere(written, &grammar::FIXTURE) == Some(name)
        };
        if !fields.entries().iter().any(|entry| is_meant(entry.name.as_str())) {
            self.report_with_hint(Code::MissingKey, fields.span, format!("a fixture needs a `{name}`"), hint);
        }
    }

    fn select(&mut self, node: Option<&Node>) -> Select {
        match node.and_then(|node| self.word(node, "`select`", &["cycle", "in_order", "random"])) {
            Some("in_order") => Select::InOrder,
            Some("random") => Select::Random,
            _ => Select::Cycle,
        }
    }
}
