//! The checks of oasdiff, each with a pair of descriptions and what is told of it here. `oasdiff.txt` lists them, and
//! `docs/oasdiff.md` is made of it; `UPDATE=1 cargo test` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod memory;

use memory::InMemory;
use std::path::Path;
use understudy_openapi::{Change, Description};

/// The day on which the versions are compared.
const TODAY: &str = "2026-07-01";

/// Two kinds of object for discriminators, and schemes for security.
const COMPONENTS: &str = r"components: { schemas: {
  A: { type: object, properties: { k: { type: string }, l: { type: string }, a: { type: integer } } },
  B: { type: object, properties: { k: { type: string }, l: { type: string }, b: { type: integer } } } },
  securitySchemes: { a: { type: apiKey, in: header, name: X-A }, b: { type: apiKey, in: header, name: X-B },
    o: { type: oauth2, flows: { clientCredentials: { tokenUrl: https://a.example, scopes: { r: x, w: x } } } } } }";

/// One line of the list.
struct Line<'t> {
    section: &'t str,
    /// As it is written, with braces.
    ids: &'t str,
    level: &'t str,
    old: &'t str,
    new: &'t str,
    ours: &'t str,
    why: &'t str,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut section = "";
    let mut all = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']);
            continue;
        }
        let columns: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [ids, level, old, new, ours, rest @ ..] = columns.as_slice() else { panic!("{line}") };
        all.push(Line { section, ids, level, old, new, ours, why: rest.first().unwrap_or(&"") });
    }
    all
}

/// `a-{b,c}-d` is `a-b-d` and `a-c-d`.
fn expanded(text: &str) -> Vec<String> {
    let Some((before, rest)) = text.split_once('{') else { return vec![text.to_owned()] };
    let (words, after) = rest.split_once('}').unwrap();
    words.split(',').flat_map(|word| expanded(&format!("{before}{word}{after}"))).collect()
}

/// The document that one side of a pair stands for.
fn document(section: &str, id: &str, text: &str) -> String {
    let x = if id.contains("-any-of-") { "any" } else { "one" };
    let d = "oneOf: [{ $ref: '#/components/schemas/A' }, { $ref: '#/components/schemas/B' }]";
    let text = text
        .replace("{x}", x)
        .replace("{d}", d)
        .replace("{s}", &format!("{COMPONENTS}, paths: {{ /t: {{ get: {{ responses: {{}} }} }} }}"));
    let body = match section {
        "schemas" => format!("{COMPONENTS}, paths: {{ /t: {{ put: {{ {} }} }} }}", operation_with(id, &text)),
        "operations" => {
            let text = if text == "{}" { "" } else { &*text };
            let responses = if text.contains("responses:") { "" } else { ", responses: { '204': { description: x } }" };
            format!("{COMPONENTS}, paths: {{ /t: {{ get: {{ summary: x, {text}{responses} }} }} }}").replace(", ,", ",")
        }
        _ => text,
    };
    format!("{{ openapi: 3.1.0, info: {{ title: T, version: '1' }}, {body} }}")
}

/// An operation with a schema where an id says.
fn operation_with(id: &str, schema: &str) -> String {
    let inside = format!("{{ type: object, properties: {{ m: {{ {schema} }} }} }}");
    let alone = format!("{{ {schema} }}");
    let parameter = |place: &str, schema: &str| {
        format!(
            "parameters: [{{ name: p, in: {place}, schema: {schema} }}], responses: {{ '204': {{ description: x }} }}"
        )
    };
    let answer = |schema: &str| {
        format!("responses: {{ '200': {{ description: x, content: {{ application/json: {{ schema: {schema} }} }} }} }}")
    };
    let request = |schema: &str| {
        format!(
            "requestBody: {{ content: {{ application/json: {{ schema: {schema} }} }} }}, responses: {{ '204': {{ description: x }} }}"
        )
    };
    match id {
        id if id.contains("header-property") => parameter("header", &inside),
        id if id.contains("parameter-property") => parameter("query", &inside),
        id if id.contains("request-parameter") => parameter("query", &alone),
        id if id.starts_with("request-body") => request(&alone),
        id if id.starts_with("response-header") => {
            format!("responses: {{ '204': {{ description: x, headers: {{ X-A: {{ schema: {alone} }} }} }} }}")
        }
        id if id.starts_with("response-body") || id.starts_with("response-mediatype") => answer(&alone),
        id if id.starts_with("response") => answer(&inside),
        _ => request(&inside),
    }
}

fn changes(line: &Line<'_>, id: &str) -> Vec<Change> {
    let open = |text: &str| {
        let text = document(line.section, id, text);
        let read = Description::open("api.yaml", &InMemory([("api.yaml".to_owned(), text.clone())].into()))
            .unwrap_or_else(|problem| panic!("{id}: {problem}\n{text}"));
        let unread: Vec<String> = read.unread.iter().map(ToString::to_string).collect();
        assert!(unread.is_empty() || text.contains("responses: {}"), "{id}: {}", unread.join("\n"));
        read
    };
    open(line.old).changes(&open(line.new), TODAY)
}

/// The ids of the rules that a line names.
fn rules_of(line: &Line<'_>, id: &str) -> Vec<String> {
    let side = if id.starts_with("response") { "answer" } else { "request" };
    let names = line.ours.split(", ").filter(|name| *name != "none");
    names.map(|name| if line.section == "schemas" { format!("{side}-{name}") } else { name.to_owned() }).collect()
}

/// Returns the fault of a line, if it has one.
fn fault(line: &Line<'_>, id: &str) -> Option<String> {
    let changes = changes(line, id);
    let mut told: Vec<String> = changes.iter().map(|change| change.rule.clone()).collect();
    told.sort();
    told.dedup();
    let mut wanted = rules_of(line, id);
    wanted.sort();
    if told != wanted {
        return Some(format!("{id}: told {told:?}, and {wanted:?} is listed"));
    }
    let breaks = changes.iter().any(|change| change.consumers);
    match (is_same(line, breaks), line.why.is_empty()) {
        (Some(false), true) => Some(format!("{id}: breaks clients: {breaks}; say why that is not the same")),
        (Some(true), false) if line.ours != "none" => Some(format!("{id}: is the same, and a reason is listed")),
        _ => None,
    }
}

/// Returns true if both say of a pair that it breaks clients, or both that it does not. Nothing is not the same as something.
fn is_same(line: &Line<'_>, breaks: bool) -> Option<bool> {
    match line.level {
        "E" | "W" => Some(breaks),
        "I" => Some(!breaks),
        _ => None,
    }
}

fn table(lines: &[Line<'_>]) -> String {
    let ids: Vec<String> = lines.iter().flat_map(|line| expanded(line.ids)).collect();
    let other = lines.iter().filter(|line| !line.why.is_empty()).flat_map(|line| expanded(line.ids)).count();
    let mut out = format!(
        "# The checks of oasdiff\n\nWhat `understudy diff` tells of the changes that [oasdiff](https://www.oasdiff.com) has checks for (its commit 001f320, \
         {} ids): {} are told alike, as breaking clients or as not; {other} are not, each with its reason. A pair of descriptions for \
         each is in `crates/understudy-openapi/tests/oasdiff.txt`, of which this page is made, and the tests compare all of them.\n\nTheir levels are \
         E (breaking), W (maybe breaking) and I (not breaking); they do not say whether a change breaks backends. Rules of schemas have \
         `request-` or `answer-` before them. `{{a,b}}` is each of the words.\n\n| oasdiff | level | understudy | why it is not the same |\n| --- | --- | --- | --- |\n",
        ids.len(),
        ids.len() - other
    );
    for line in lines {
        let ours: Vec<String> = line
            .ours
            .split(", ")
            .map(|name| if name == "none" { "-".to_owned() } else { format!("`{name}`") })
            .collect();
        out.push_str(&format!("| `{}` | {} | {} | {} |\n", line.ids, line.level, ours.join(", "), line.why));
    }
    out
}

#[test]
fn each_check_of_oasdiff_is_told_as_it_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(folder.join("tests/oasdiff.txt")).unwrap();
    let lines = lines(&text);
    let mut faults: Vec<String> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for line in &lines {
        for id in expanded(line.ids) {
            faults.extend(fault(line, &id));
            if !known.insert(id.clone()) {
                faults.push(format!("{id} is listed twice"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let (page, made) = (folder.join("../../docs/oasdiff.md"), table(&lines));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&page, &made).unwrap();
    }
    assert!(std::fs::read_to_string(&page).is_ok_and(|text| text == made), "docs/oasdiff.md: run UPDATE=1 cargo test");
}
