//! Each file of `changes/` has pairs of an `old` and a `new` description, and what changed. What is only a schema stands for
//! that of a request's body and of its answer; what begins with `paths:` or `components:` is a document without its head.
//! `UPDATE=1 cargo test` writes what is found anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod memory;

use memory::InMemory;
use std::path::{Path, PathBuf};
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
