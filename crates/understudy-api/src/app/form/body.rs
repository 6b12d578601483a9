//! Bodies in a form: text, and beside its lines the rules that hold there.

use super::rule::{RuleView, fitting};
use serde::{Deserialize, Serialize};
use understudy_exchange::{Json, JsonText};
use understudy_fixture::Places;
use understudy_fixture::model::{
    PathRule, RequestBody, RequestPromise, ResponseBody, ResponsePromise, XmlBody, XmlRule,
};

/// Larger bodies are edited in the file's source.
const BODY_BYTES_MAX: usize = 256 << 10;

/// How many notes are shown beside a body.
const NOTES_MAX: usize = 500;

/// A body as a form shows it.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(in crate::app) struct BodyForm {
    /// `none`, `json`, `text`, `xml`, `form` (its fields are conditions), or `other`, which is edited in the source.
    kind: &'static str,
    /// Of `json`, `text` and `xml`: the content. Of `other`: what it is.
    text: String,
    /// How many bytes are sent.
    bytes: u64,
    /// Every rule for parts of it.
    rules: Vec<BodyRule>,
    /// Where in the text which rules hold.
    notes: Vec<Note>,
}

/// A rule for what a JSONPath selects.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(in crate::app) struct BodyRule {
    /// As it is written.
    path: String,
    rule: RuleView,
}

/// A rule beside a line.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(in crate::app) struct Note {
    /// From 1.
    line: u32,
    /// The rule in words.
    label: String,
    /// Which of the rules.
    path: String,
}

/// A place in a body.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(in crate::app) struct ValueRequest {
    /// The body's text.
    text: String,
    /// In UTF-16 code units, as browsers count.
    offset: u32,
}

/// The value at a place of a body.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(in crate::app) struct ValueAt {
    /// Where it is: `$.teams[0].id`; `null` where the text is no JSON.
    path: Option<String>,
    /// The value, shortened.
    value: String,
    /// The kinds of rule without argument that it obeys, the narrowest first.
    fits: Vec<&'static str>,
}

pub(super) fn of_request(request: &RequestPromise, shown: Option<&str>) -> BodyForm {
    let other = |text: String| BodyForm { kind: "other", text, ..BodyForm::default() };
    match &request.body {
        None => BodyForm { kind: "none", ..BodyForm::default() },
        Some(RequestBody::Json(value)) => json(&JsonText::new(value), &request.rules, shown),
        Some(RequestBody::Text(text)) => BodyForm { rules: rules(&request.rules), ..plain(&text.to_string()) },
        Some(RequestBody::Xml(body)) => xml(body),
        Some(RequestBody::Form(_)) => BodyForm { kind: "form", ..BodyForm::default() },
        Some(RequestBody::Multipart(parts)) => other(format!("multipart form, {} parts", parts.len())),
        Some(RequestBody::Graphql(graphql)) => {
            other(format!("GraphQL {}", graphql.operation.as_deref().unwrap_or("request")))
        }
        Some(RequestBody::GraphqlBatch(all)) => other(format!("GraphQL, {} requests at once", all.len())),
        Some(RequestBody::Base64(bytes)) => other(format!("{} bytes, in base64", bytes.len())),
        Some(RequestBody::File(file)) => other(file.path.clone()),
    }
}

pub(super) fn of_response(response: &ResponsePromise, shown: Option<&str>) -> BodyForm {
    let other = |text: String, bytes: u64| BodyForm {
        kind: "other",
        text,
        bytes,
        rules: rules(&response.rules),
        notes: Vec::new(),
    };
    match &response.body {
        None => BodyForm { kind: "none", ..BodyForm::default() },
        Some(ResponseBody::Json(text)) => json(text, &response.rules, shown),
        Some(ResponseBody::Text(text)) => BodyForm { rules: rules(&response.rules), ..plain(text) },
        Some(ResponseBody::Xml(body)) => xml(body),
        Some(ResponseBody::Base64(bytes)) => other("bytes, in base64".to_owned(), bytes.len() as u64),
        Some(ResponseBody::File(file)) => other(file.path.clone(), file.content.len() as u64),
        Some(ResponseBody::LargeFile(file)) => other(file.path.clone(), file.bytes),
    }
}

fn plain(text: &str) -> BodyForm {
    if text.len() > BODY_BYTES_MAX {
        return too_large(text.len(), Vec::new());
    }
    BodyForm { kind: "text", text: text.to_owned(), bytes: text.len() as u64, ..BodyForm::default() }
}

fn xml(body: &XmlBody) -> BodyForm {
    let view = |rule: &XmlRule| BodyRule { path: rule.path.as_str().to_owned(), rule: RuleView::of(&rule.rule) };
    let rules = body.rules.iter().map(view).collect();
    let form = plain(body.as_str());
    let kind = if form.kind == "text" { "xml" } else { form.kind };
    BodyForm { kind, rules, ..form }
}

fn too_large(bytes: usize, rules: Vec<BodyRule>) -> BodyForm {
    let text = "too large for the form".to_owned();
    BodyForm { kind: "other", text, bytes: bytes as u64, rules, notes: Vec::new() }
}

fn rules(rules: &[PathRule]) -> Vec<BodyRule> {
    let view = |rule: &PathRule| BodyRule { path: rule.path.as_str().to_owned(), rule: RuleView::of(&rule.rule) };
    rules.iter().map(view).collect()
}

fn json(body: &JsonText, path_rules: &[PathRule], shown: Option<&str>) -> BodyForm {
    let rules = rules(path_rules);
    let bytes = body.bytes().len();
    if bytes > BODY_BYTES_MAX {
        return too_large(bytes, rules);
    }
    let value = body.value();
    let says_the_same =
        |text: &&str| Json::parse(text.as_bytes()).is_ok_and(|shown| shown.to_string().as_bytes() == &body.bytes()[..]);
    let text = shown.filter(says_the_same).map_or_else(|| value.indented(4 * BODY_BYTES_MAX), ToOwned::to_owned);
    let mut notes = Vec::new();
    if let Some(places) = Places::of_json(&text) {
        for (rule, view) in path_rules.iter().zip(&rules) {
            for node in rule.path.select(&value) {
                let Some(range) = places.of(node.path.steps()).filter(|_| notes.len() < NOTES_MAX) else { continue };
                let line = 1 + text[..range.start].matches('\n').count();
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                notes.push(Note { line, label: view.rule.label.clone(), path: view.path.clone() });
            }
        }
    }
    notes.sort_by_key(|note| note.line);
    BodyForm { kind: "json", text, bytes: bytes as u64, rules, notes }
}

/// How much of a value is shown where it is only named.
const VALUE_CHARS_MAX: usize = 60;

pub(super) fn value_at(request: &ValueRequest) -> ValueAt {
    let (Some(places), Ok(value)) = (Places::of_json(&request.text), Json::parse(request.text.as_bytes())) else {
        return ValueAt::default();
    };
    let mut units = 0;
    let at = request.text.char_indices().find(|(_, c)| {
        let here = units;
        units += c.len_utf16();
        here >= usize::try_from(request.offset).unwrap_or(usize::MAX)
    });
    let path = places.at(at.map_or(request.text.len(), |(at, _)| at));
    let found = path.steps().iter().try_fold(&value, |at, step| at.child(*step));
    let Some(found) = found else { return ValueAt::default() };
    let text = found.to_string();
    let shown = match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    ValueAt { path: Some(path.to_string()), value: shown, fits: fitting(found) }
}
