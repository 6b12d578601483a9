//! A description is the same as itself, written anew: in another order, with other names, with its `$ref`s in place, with
//! names for what had none, as YAML. `UNDERSTUDY_DOCUMENTS` names a folder of descriptions for the long version.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod memory;
mod real;

use memory::InMemory;
use real::{Folder, documents_below, documents_of_others, each_of};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use understudy_fixture::Source;
use understudy_openapi::{Change, Description};

/// The day on which the versions are compared.
const TODAY: &str = "2026-07-01";

/// Larger schemas are not written in place of a `$ref`: the largest documents would become too large.
const INLINED_BYTES_MAX: usize = 2_000;

fn open(text: String) -> Description {
    Description::open("api.yaml", &InMemory([("api.yaml".to_owned(), text)].into())).unwrap()
}

/// A file as JSON. Where its parts are in other files, nothing: they would be lost.
fn in_one(path: &Path) -> Option<Value> {
    let bytes = std::fs::read(path).ok()?;
    let value: Value = match serde_json::from_slice(&bytes) {
        Ok(value) => value,
        Err(_) => serde_json::from_str(&Source::new("api.yaml", bytes).ok()?.as_json().ok()?.text).ok()?,
    };
    is_in_one(&value).then_some(value)
}

fn is_in_one(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            let leads_out = members.get("$ref").and_then(Value::as_str).is_some_and(|target| !target.starts_with('#'));
            !leads_out && members.values().all(is_in_one)
        }
        Value::Array(items) => items.iter().all(is_in_one),
        _ => true,
    }
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

/// Reverses the alphabetical order.
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

/// Returns the new target of a reference.
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

/// Each single `$ref` to a named schema, with the schema in its place; those within it stay.
fn inlined(value: &Value) -> Value {
    fn walk(value: &Value, schemas: &Map<String, Value>) -> Value {
        match value {
            Value::Object(members) => {
                let target = members.get("$ref").and_then(Value::as_str).filter(|_| members.len() == 1);
                let name = target.and_then(|target| target.strip_prefix("#/components/schemas/"));
                if let Some(schema) = name.and_then(|name| schemas.get(name))
                    && schema.to_string().len() < INLINED_BYTES_MAX
                {
                    return schema.clone();
                }
                members.iter().map(|(name, value)| (name.clone(), walk(value, schemas))).collect()
            }
            Value::Array(items) => items.iter().map(|item| walk(item, schemas)).collect(),
            value => value.clone(),
        }
    }
    match value.pointer("/components/schemas") {
        Some(Value::Object(schemas)) if !has_discriminator(value) => walk(value, schemas),
        _ => value.clone(),
    }
}

/// A name for each schema that stands under a media type.
fn named(mut value: Value) -> Value {
    fn walk(value: &mut Value, found: &mut Map<String, Value>) {
        match value {
            Value::Object(members) => {
                for content in members.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten() {
                    let schema = content.1.get_mut("schema");
                    if let Some(schema) = schema.filter(|schema| schema.is_object() && schema.get("$ref").is_none()) {
                        let name = format!("Named{}", found.len());
                        let reference = serde_json::json!({ "$ref": format!("#/components/schemas/{name}") });
                        found.insert(name, std::mem::replace(schema, reference));
                    }
                }
                members.values_mut().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    // What others refer to by its place stays there.
    let has_places = value.to_string().contains("\"#/paths/");
    if has_places
        || value.get("openapi").is_none()
        || value.get("components").is_some_and(|components| !components.is_object())
    {
        return value;
    }
    let mut found = Map::new();
    if let Some(paths) = value.get_mut("paths") {
        walk(paths, &mut found);
    }
    let components = value.as_object_mut().unwrap().entry("components").or_insert_with(|| Map::new().into());
    let schemas = components.as_object_mut().unwrap().entry("schemas").or_insert_with(|| Map::new().into());
    schemas.as_object_mut().unwrap().extend(found);
    value
}

/// The same as YAML in blocks.
fn as_yaml(value: &Value) -> String {
    fn write(value: &Value, indent: usize, out: &mut String) {
        let pad = " ".repeat(indent);
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    out.push_str(&format!("\n{pad}{}:", Value::from(name.as_str())));
                    write(value, indent + 1, out);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for item in items {
                    out.push_str(&format!("\n{pad}-"));
                    write(item, indent + 1, out);
                }
            }
            scalar => out.push_str(&format!(" {scalar}")),
        }
    }
    let mut out = String::new();
    write(value, 0, &mut out);
    out.push('\n');
    out
}

/// The ways in which a document is written anew.
fn rewritten(value: &Value) -> Vec<(&'static str, String)> {
    let text = value.to_string();
    // Where others refer to a parameter by its place in a list, the list stays as it is.
    let has_places = text.split("/parameters/").any(|rest| rest.starts_with(char::is_numeric));
    let all = turned(named(inlined(value)), has_places);
    vec![
        ("as JSON", text),
        ("as YAML", as_yaml(value)),
        ("in another order and with other names", turned(value.clone(), has_places).to_string()),
        ("with its references in place", inlined(value).to_string()),
        ("with names for its schemas", named(value.clone()).to_string()),
        ("in all of these ways", as_yaml(&all)),
    ]
}

fn shown(change: &Change) -> String {
    let place = change.touched.first().map(|touched| touched.name.clone()).unwrap_or_default();
    format!("{} at {place} {}: {} ({:?} -> {:?})", change.rule, change.place, change.message, change.old, change.new)
}

/// Counts the documents without a change against themselves, and lists the changes of the others.
fn try_all(documents: &[PathBuf]) -> (usize, Vec<String>) {
    let found = Mutex::new((0, Vec::new()));
    each_of(documents, |path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(old) = Description::open(&name, &Folder(path.parent().unwrap().to_path_buf())) else { return };
        let Some(value) = in_one(path) else { return };
        let mut wrong = Vec::new();
        for (way, text) in rewritten(&value) {
            let changes = old.changes(&open(text), TODAY);
            wrong.extend(changes.iter().take(1).map(|change| format!("{name} {way}: {}", shown(change))));
        }
        let mut found = found.lock().unwrap();
        found.0 += usize::from(wrong.is_empty());
        found.1.extend(wrong);
    });
    found.into_inner().unwrap()
}

#[test]
fn a_made_description_that_is_written_anew_is_the_same() {
    for seed in understudy_testkit::seeds(20) {
        let text = understudy_testkit::description(seed);
        let old = open(text.clone());
        assert!(old.diagnostics.is_empty(), "{seed}: {:?}", old.diagnostics);
        for (way, text) in rewritten(&serde_json::from_str(&text).unwrap()) {
            let changes: Vec<String> = old.changes(&open(text), TODAY).iter().map(shown).collect();
            assert!(changes.is_empty(), "{seed} {way}: {}", changes.join("\n"));
        }
    }
}

#[test]
fn a_description_of_this_project_that_is_written_anew_is_the_same() {
    let documents = documents_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents"));
    let (count, wrong) = try_all(&documents);
    assert!(count >= 4 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_description_of_others_that_is_written_anew_is_the_same() {
    let Some(documents) = documents_of_others() else { return };
    let (count, wrong) = try_all(&documents);
    wrong.iter().for_each(|wrong| println!("{wrong}"));
    println!("{count} documents are the same as themselves, {} are told of", wrong.len());
    // A few say a parameter, or a member, twice: in another order that is another document.
    assert!(wrong.len() * DOCUMENTS_FOR_A_WRONG_ONE <= count.max(DOCUMENTS_FOR_A_WRONG_ONE));
}

/// Of so many documents, one may say a thing twice.
const DOCUMENTS_FOR_A_WRONG_ONE: usize = 250;
