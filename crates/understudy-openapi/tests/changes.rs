//! Each file of `changes/` has pairs of an `old` and a `new` description, and what changed. What is only a schema stands for
//! that of a request's body and of its answer; what begins with `paths:` or `components:` is a document without its head.
//! `UPDATE=1 cargo test` writes what is found anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod memory;
mod real;

use memory::InMemory;
use real::{Folder, documents_below, documents_of_others, each_of};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use understudy_openapi::{Change, Description, Level, Rule};

/// The day on which the versions are compared.
const TODAY: &str = "2026-07-01";

/// A description that is one file.
fn open(text: String) -> Description {
    Description::open("api.yaml", &InMemory([("api.yaml".to_owned(), text)].into())).unwrap()
}

/// A whole document.
fn document(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    if first.starts_with("openapi:") || first.starts_with("swagger:") {
        return text.to_owned();
    }
    let head = "openapi: 3.1.0\ninfo: { title: Shop, version: \"1\" }\n";
    if ["paths:", "components:", "servers:"].iter().any(|start| first.starts_with(start)) {
        return format!("{head}{text}");
    }
    let schema: String = text.lines().map(|line| format!("      {line}\n")).collect();
    let content = "content: { application/json: { schema: { $ref: \"#/components/schemas/It\" } } }";
    format!(
        "{head}paths:\n  /it:\n    put:\n      requestBody: {{ required: true, {content} }}\n      responses: {{ \"200\": {{ description: it, {content} }} }}\ncomponents:\n  schemas:\n    It:\n{schema}"
    )
}

fn shown(change: &Change) -> String {
    let whom = match (change.consumers, change.providers) {
        (true, true) => "breaks both",
        (true, false) => "breaks consumers",
        (false, true) => "breaks providers",
        (false, false) if change.level == Level::Warn => "warns",
        (false, false) => "adds",
    };
    let names: Vec<String> = change
        .touched
        .iter()
        .map(|touched| {
            let status = touched.status.map(|status| format!(" {status}")).unwrap_or_default();
            format!("{}{status}", touched.name)
        })
        .collect();
    let none = || "-".to_owned();
    format!(
        "{whom}: {} at {}: {}\n  {}\n  {} -> {}\n",
        change.rule,
        change.place,
        change.message,
        names.join(", "),
        change.old.clone().unwrap_or_else(none),
        change.new.clone().unwrap_or_else(none)
    )
}

fn play(_: &Path, text: &str) -> String {
    let mut out = String::new();
    for pair in text.split("#### old").skip(1) {
        let (old, rest) = pair.split_once("#### new\n").unwrap();
        let (title, old) = old.split_once('\n').unwrap();
        let new = rest.split("#### changes\n").next().unwrap();
        let read = |text: &str| open(document(text.trim_end()));
        let changes = read(old).changes(&read(new), TODAY);
        let found = if changes.is_empty() { "none\n".to_owned() } else { changes.iter().map(shown).collect() };
        out.push_str(&format!(
            "#### old{title}\n{}\n\n#### new\n{}\n\n#### changes\n{found}\n",
            old.trim_end(),
            new.trim_end()
        ));
    }
    format!("{}\n", out.trim_end())
}

#[test]
fn what_changed_is_what_is_written() {
    understudy_testkit::check_cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/changes"), play);
}

#[test]
fn every_rule_is_documented_and_has_a_pair() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let docs = read(folder.join("../../docs/openapi.md"));
    let cases: String =
        ["operations", "schemas"].iter().map(|name| read(folder.join(format!("tests/changes/{name}.case")))).collect();
    let mut missing = Vec::new();
    for rule in Rule::all() {
        // The rules of schemas stand once in the docs, for both directions.
        let name = rule.id.strip_prefix("request-").or_else(|| rule.id.strip_prefix("answer-")).unwrap_or(&rule.id);
        if !docs.contains(&format!("`{}`", rule.id)) && !docs.contains(&format!("`{name}`")) {
            missing.push(format!("docs/openapi.md does not name `{}`", rule.id));
        }
        let other = [format!("request-{name}"), format!("answer-{name}")];
        if !std::iter::once(&rule.id).chain(&other).any(|id| cases.contains(&format!(": {id} at "))) {
            missing.push(format!("no pair of descriptions in tests/changes tells `{}`", rule.id));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// A description is the same as itself, written anew in another order and with other names.
fn try_all(documents: &[PathBuf]) -> (usize, Vec<String>) {
    let found = Mutex::new((0, Vec::new()));
    each_of(documents, |path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let folder = path.parent().unwrap().to_path_buf();
        let Ok(old) = Description::open(&name, &Folder(folder.clone())) else { return };
        let text = std::fs::read(path).unwrap();
        // Where others refer to a parameter by its place in a list, the list stays as it is.
        let has_places =
            String::from_utf8_lossy(&text).split("/parameters/").any(|rest| rest.starts_with(char::is_numeric));
        let turned = serde_json::from_slice(&text).map(|value| turned(value, has_places)).ok();
        let turned = turned.map(|value| value.to_string());
        let new = match &turned {
            Some(text) => open(text.clone()),
            None => Description::open(&name, &Folder(folder)).unwrap(),
        };
        let changes = old.changes(&new, TODAY);
        let mut found = found.lock().unwrap();
        found.0 += 1;
        found.1.extend(changes.iter().take(3).map(|change| format!("{name}: {}", shown(change))));
    });
    found.into_inner().unwrap()
}

/// A document in another order, whose schemas have other names. Where a discriminator says the names, they stay.
fn turned(mut value: Value, has_places: bool) -> Value {
    if has_discriminator(&value) {
        return reordered(value, has_places, &|target| target.to_owned());
    }
    for pointer in ["/components/schemas", "/definitions"] {
        if let Some(Value::Object(schemas)) = value.pointer_mut(pointer) {
            let old = std::mem::take(schemas);
            schemas.extend(old.into_iter().map(|(name, schema)| (renamed(&name), schema)));
        }
    }
    reordered(value, has_places, &led_on)
}

fn has_discriminator(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("discriminator") || members.values().any(has_discriminator),
        Value::Array(items) => items.iter().any(has_discriminator),
        _ => false,
    }
}

/// What comes first in the alphabet comes last.
fn renamed(name: &str) -> String {
    let first = name.chars().next().map_or(0, u32::from);
    format!("n{:04}-{name}", 9_999 - first.min(9_000))
}

fn reordered(value: Value, has_places: bool, led_on: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (String, Value)| {
                let value = match (name.as_str(), reordered(value, has_places, led_on)) {
                    ("parameters", value) if has_places => value,
                    ("required" | "enum" | "parameters", Value::Array(mut items)) => {
                        items.reverse();
                        Value::Array(items)
                    }
                    ("$ref", Value::String(target)) => Value::String(led_on(&target)),
                    (_, value) => value,
                };
                (name, value)
            };
            members.into_iter().map(member).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| reordered(item, has_places, led_on)).collect(),
        value => value,
    }
}

/// Where a reference leads by now.
fn led_on(target: &str) -> String {
    for start in ["#/components/schemas/", "#/definitions/"] {
        if let Some(rest) = target.strip_prefix(start) {
            let (name, rest) =
                rest.split_once('/').map_or((rest, String::new()), |(name, rest)| (name, format!("/{rest}")));
            return format!("{start}{}{rest}", renamed(name));
        }
    }
    target.to_owned()
}

#[test]
fn a_description_in_another_order_and_with_other_names_is_the_same() {
    let documents = documents_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents"));
    let (count, wrong) = try_all(&documents);
    assert!(count >= 4 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn so_are_those_of_others() {
    let Some(documents) = documents_of_others() else { return };
    let (count, wrong) = try_all(&documents);
    wrong.iter().for_each(|wrong| println!("{wrong}"));
    println!("{count} documents, {} false alarms", wrong.len());
    // A few say a parameter, or a member, twice: in another order that is another document.
    assert!(wrong.len() * DOCUMENTS_FOR_A_WRONG_ONE <= count.max(DOCUMENTS_FOR_A_WRONG_ONE));
}

/// Of so many documents, one may say a thing twice.
const DOCUMENTS_FOR_A_WRONG_ONE: usize = 250;
