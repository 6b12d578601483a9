//! Real descriptions: read, and asked for every documented success. What is answered is held against the document by
//! `jsonschema` alone, over the whole document and with none of the crate's own code for schemas.
//!
//! Which documents: those of `tests/documents`, small ones of every kind; and those that `UNDERSTUDY_DOCUMENTS` names, a folder
//! (`cargo xtask documents` fetches thousands).

mod emptied;
mod real;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use jsonschema::{Draft, Registry};
use real::{Folder, documents_below, documents_of_others, each_of};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use understudy_exchange::Request;
use understudy_fixture::Source;
use understudy_fixture::model::Requests;
use understudy_openapi::{Answer, Asking, Described, Description, Dialect, Operation, Status};

/// What came of the documents.
#[derive(Debug, Default)]
struct Tally {
    documents: usize,
    operations: usize,
    /// Documents and operations for which something is wrong.
    bad_documents: usize,
    /// Documents with something wrong that nobody could answer rightly: [`IMPOSSIBLE`] says why.
    impossible_documents: usize,
    bad_operations: usize,
    /// Answers that were held against a schema.
    held: usize,
    /// Answers that no schema describes, by why.
    not_held: BTreeMap<&'static str, usize>,
    /// Objects and lists that are empty although they could have something in them.
    emptied: usize,
    /// Responses that were sent although something is known to be wrong with them.
    reported: usize,
    /// The number of documents that break a rule of the specification, by rule.
    rules: BTreeMap<String, usize>,
    /// What is wrong, and where.
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.documents += other.documents;
        self.operations += other.operations;
        self.bad_documents += other.bad_documents;
        self.impossible_documents += other.impossible_documents;
        self.bad_operations += other.bad_operations;
        self.held += other.held;
        other.not_held.into_iter().for_each(|(why, count)| *self.not_held.entry(why).or_default() += count);
        self.emptied += other.emptied;
        self.reported += other.reported;
        other.rules.into_iter().for_each(|(rule, count)| *self.rules.entry(rule).or_default() += count);
        self.wrong.extend(other.wrong);
    }
}

fn try_document(path: &Path) -> Tally {
    let mut tally = Tally { documents: 1, ..Tally::default() };
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let description = match Description::open(&name, &Folder(folder.to_path_buf())) {
        Ok(description) => description,
        Err(problem) => {
            tally.bad_documents = 1;
            tally.wrong.push(format!("{}: {problem}", path.display()));
            return tally;
        }
    };
    for problem in &description.diagnostics {
        tally.rules.insert(rule(&problem.message), 1);
    }
    let text = std::fs::read_to_string(path).expect("it was read before");
    let json: Value = serde_json::from_str(&text).unwrap_or_else(|_| {
        let yaml = Source { file: "a.yaml".into(), text };
        serde_json::from_str(&yaml.as_json().expect("it was read before").text).expect("it is JSON now")
    });
    let oracle = Oracle::new(json, description.dialect);
    for operation in &description.operations {
        tally.operations += 1;
        let before = tally.wrong.len();
        let statuses: Vec<Status> = operation.statuses().filter(|status| status.is_success()).collect();
        for status in statuses {
            let place = format!("{} {} {} {status}", path.display(), operation.method, operation.path);
            match ask(&description, operation, status) {
                Ok(described) => match oracle.hold(&description.operations[described.operation], &described) {
                    Held::Keeps { emptied } => {
                        tally.held += 1;
                        tally.emptied += emptied;
                        tally.reported += usize::from(!described.violations.is_empty());
                    }
                    Held::Breaks(what) => tally.wrong.push(format!("{place}: {what}")),
                    Held::Unheld(why) => *tally.not_held.entry(why).or_default() += 1,
                },
                Err(why) => tally.wrong.push(format!("{place}: {why}")),
            }
        }
        tally.bad_operations += usize::from(tally.wrong.len() > before);
    }
    let is_impossible = IMPOSSIBLE.iter().any(|(known, _)| path.ends_with(known));
    tally.impossible_documents = usize::from(!tally.wrong.is_empty() && is_impossible);
    tally.bad_documents = usize::from(!tally.wrong.is_empty() && !is_impossible);
    tally
}

/// The rule that a problem is about: its message without names, numbers and places.
fn rule(message: &str) -> String {
    let quoted = message.split('`').enumerate().map(|(nth, part)| if nth % 2 == 0 { part } else { "..." });
    let plain: String = quoted.collect::<Vec<_>>().join("`").chars().filter(|c| !c.is_ascii_digit()).collect();
    let rule = plain.split([':', ';']).next().unwrap_or("");
    rule.split(" at /").next().unwrap_or(rule).chars().take(80).collect()
}

/// The description's answer for a status of an operation, and no other operation's.
fn ask(description: &Description, operation: &Operation, status: Status) -> Result<Described, String> {
    let mut target = String::new();
    let mut rest = operation.path.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        target.push_str(before);
        target.push('7');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    target.push_str(rest);
    let segments: Vec<String> = target.split('/').map(understudy_exchange::target::encode_segment).collect();
    let target = segments.join("/");
    let mut headers = HeaderMap::new();
    if let Some((name, value)) = operation.selecting_header() {
        headers.insert(
            http::HeaderName::try_from(name).map_err(|error| error.to_string())?,
            value.parse().map_err(|_| "no header")?,
        );
    }
    let query = understudy_exchange::form::write(operation.selecting_pairs());
    let target = if query.is_empty() { target } else { format!("{target}?{query}") };
    let target = target.parse().map_err(|error| format!("{target} is no target: {error}"))?;
    let code = status.example();
    headers.insert("prefer", HeaderValue::from_str(&format!("code={}", code.as_u16())).expect("it is ASCII"));
    let request = Request { method: operation.method.clone(), target, headers, body: Bytes::new() };
    match description.answer(&request, Asking { base: "", requests: Requests::Accept, chance: 1 }) {
        Answer::Response(described) => {
            // Some describe one request twice.
            let answered = &description.operations[described.operation];
            let is_it = answered.key() == operation.key() || same_shape(&answered.path, &operation.path);
            if is_it { Ok(described) } else { Err(format!("is answered by {}", answered.path)) }
        }
        Answer::Refused(refusal) => Err(format!("is refused: {:?}", refusal.violations)),
        Answer::OtherMethods(methods) => Err(format!("is known with {methods:?} only")),
        Answer::Nothing => Err("is not known".to_owned()),
    }
}

/// Whether a path that is written out can be both.
fn same_shape(a: &str, b: &str) -> bool {
    let (a, b) = (a.split(['#', '?']).next().unwrap_or(a), b.split(['#', '?']).next().unwrap_or(b));
    a.split('/').count() == b.split('/').count()
        && a.split('/').zip(b.split('/')).all(|(a, b)| a == b || a.contains('{') || b.contains('{'))
}

/// Whether an answer is what the document says.
enum Held {
    /// As it is described; `emptied` of its objects and lists have nothing in them.
    Keeps {
        emptied: usize,
    },
    Breaks(String),
    Unheld(&'static str),
}

/// Holds answers against a document.
struct Oracle {
    document: Value,
    registry: Registry<'static>,
    dialect: Dialect,
}

const ADDRESS: &str = "urn:document";

impl Oracle {
    fn new(mut document: Value, dialect: Dialect) -> Self {
        let whole = document.clone();
        translate(&mut document, dialect, &whole);
        let draft = draft(dialect);
        let resource = draft.create_resource(document.clone());
        let registry = Registry::new().add(ADDRESS, resource).and_then(jsonschema::RegistryBuilder::prepare);
        Self { document, registry: registry.expect("the document has an address"), dialect }
    }

    fn hold(&self, operation: &Operation, described: &Described) -> Held {
        let exact = Status::Code(described.status.as_u16());
        let own = |status: Status| operation.statuses().find(|known| *known == status);
        let status = own(exact).or_else(|| own(Status::Class((described.status.as_u16() / 100) as u8)));
        let Some(status) = status else { return Held::Breaks(format!("{} is not described", described.status)) };
        if described.body.is_empty() && matches!(described.status.as_u16(), 204 | 205) {
            return Held::Unheld("a status without a body");
        }
        let content_type = described.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("");
        let Some(response) = self.response(operation, status) else {
            return Held::Unheld("no such response in the document");
        };
        let (at, media) = match self.dialect {
            Dialect::Swagger2 => (format!("{response}/schema"), None),
            _ => {
                let content = self.document.pointer(&format!("{response}/content")).and_then(Value::as_object);
                let Some(content) = content.filter(|content| !content.is_empty()) else {
                    return Held::Unheld("no body is described");
                };
                let key = content
                    .keys()
                    .find(|key| key.trim() == content_type)
                    .or_else(|| content.keys().find(|key| key.contains('*')));
                let Some(key) = key else { return Held::Breaks(format!("{content_type} is not described")) };
                (format!("{response}/content/{}/schema", escape(key)), Some(key.clone()))
            }
        };
        let Some(schema) = self.document.pointer(&at) else {
            return Held::Unheld(if media.is_some() { "a body without a schema" } else { "no body is described" });
        };
        let essence = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if !(essence == "application/json" || essence == "text/json" || essence.ends_with("+json")) {
            return Held::Unheld("a body that is not JSON");
        }
        if self.comes_back(schema, 0) {
            return Held::Unheld("a schema that no value ends");
        }
        let Ok(value) = serde_json::from_slice::<Value>(&described.body) else {
            return Held::Breaks(format!("is no JSON: {}", String::from_utf8_lossy(&described.body)));
        };
        let emptied = emptied::emptied(&value, schema, &self.document);
        let fragment: Vec<String> = at.split('/').map(understudy_exchange::target::encode_segment).collect();
        let schema = json!({ "$ref": format!("{ADDRESS}#{}", fragment.join("/")) });
        let validator = jsonschema::options()
            .with_draft(draft(self.dialect))
            .with_registry(&self.registry)
            .should_validate_formats(true)
            // Descriptions call all kinds of templates and references a URI.
            .with_format("uri", |_: &str| true)
            .build(&schema);
        match validator {
            Ok(validator) => match validator.iter_errors(&value).next() {
                None => Held::Keeps { emptied },
                Some(error) => Held::Breaks(format!("{} at {}: {}", error, error.instance_path(), shortened(&value))),
            },
            Err(_) => Held::Unheld("what is no schema"),
        }
    }

    /// Where a response stands, with references followed.
    fn response(&self, operation: &Operation, status: Status) -> Option<String> {
        let path = operation.key();
        let method = operation.method.as_str().to_ascii_lowercase();
        let item = self.follow(format!("/paths/{}", escape(path)))?;
        let responses = format!("{item}/{method}/responses");
        let keys = self.document.pointer(&responses)?.as_object()?;
        let key = keys.keys().find(|key| key.eq_ignore_ascii_case(&status.to_string()))?;
        self.follow(format!("{responses}/{}", escape(key)))
    }

    fn follow(&self, mut pointer: String) -> Option<String> {
        for _ in 0..10 {
            match self.document.pointer(&pointer)?.get("$ref").and_then(Value::as_str) {
                Some(reference) => pointer = reference.strip_prefix('#')?.to_owned(),
                None => return Some(pointer),
            }
        }
        None
    }

    /// Whether a schema refers to itself with nothing in between: holding anything against it would never end.
    fn comes_back(&self, schema: &Value, depth: usize) -> bool {
        if depth > 40 {
            return true;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let pointer =
                reference.strip_prefix('#').unwrap_or("").replace("%20", " ").replace("%7B", "{").replace("%7D", "}");
            return self.document.pointer(&pointer).is_some_and(|target| self.comes_back(target, depth + 1));
        }
        schema.get("allOf").and_then(Value::as_array).into_iter().flatten().any(|part| self.comes_back(part, depth + 1))
    }
}

fn shortened(value: &Value) -> String {
    value.to_string().chars().take(300).collect()
}

fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

fn draft(dialect: Dialect) -> Draft {
    match dialect {
        Dialect::OpenApi31 => Draft::Draft202012,
        _ => Draft::Draft4,
    }
}

/// Says in JSON Schema what OpenAPI says in its own way, everywhere in a document.
fn translate(value: &mut Value, dialect: Dialect, whole: &Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| translate(item, dialect, whole)),
        Value::Object(map) => {
            map.values_mut().for_each(|value| translate(value, dialect, whole));
            translate_schema(map, dialect, whole);
        }
        _ => {}
    }
}

fn translate_schema(map: &mut Map<String, Value>, dialect: Dialect, whole: &Value) {
    const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];
    let is_modern = dialect == Dialect::OpenApi31;
    let is_type = |kind: &Value| kind.as_str().is_some_and(|kind| TYPES.contains(&kind));
    if let Some(kind) = map.get("type") {
        let known = is_type(kind) || kind.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(is_type));
        if !known && !kind.is_object() {
            map.remove("type");
        }
    }
    for name in ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"] {
        if map.get(name).is_some_and(|count| !count.is_u64() && !count.is_object()) {
            let whole = map.get(name).and_then(Value::as_f64).filter(|number| *number >= 0.0 && number.fract() == 0.0);
            match whole {
                Some(number) => map.insert(name.to_owned(), json!(number as u64)),
                None => map.remove(name),
            };
        }
    }
    for name in ["minimum", "maximum", "multipleOf"] {
        if map.get(name).is_some_and(Value::is_string) {
            map.remove(name);
        }
    }
    for (exclusive, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match map.get(exclusive) {
            Some(Value::Bool(true)) if is_modern => {
                let number = map.remove(limit);
                map.remove(exclusive);
                map.extend(number.map(|number| (exclusive.to_owned(), number)));
            }
            Some(Value::Bool(false)) if is_modern => drop(map.remove(exclusive)),
            Some(Value::Number(number)) if !is_modern => {
                let number = Value::Number(number.clone());
                map.insert(limit.to_owned(), number);
                map.insert(exclusive.to_owned(), true.into());
            }
            Some(Value::Bool(_)) if !map.contains_key(limit) => drop(map.remove(exclusive)),
            _ => {}
        }
    }
    if map
        .get("pattern")
        .and_then(Value::as_str)
        .is_some_and(|pattern| jsonschema::validator_for(&json!({ "pattern": pattern })).is_err())
    {
        map.remove("pattern");
    }
    // A map of properties may have one of these names.
    if map.get("required").is_some_and(Value::is_boolean)
        || map.get("required").and_then(Value::as_array).is_some_and(Vec::is_empty)
    {
        map.remove("required");
    }
    if map.get("enum").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        map.remove("enum");
    }
    if let (Some(required), Some(properties)) = (map.get("required").and_then(Value::as_array), map.get("properties")) {
        let is_written_only = |name: &Value| {
            let own = name.as_str().and_then(|name| properties.get(name));
            let reference = own.and_then(|own| own.get("$ref")?.as_str()?.strip_prefix('#'));
            let target = reference.and_then(|pointer| whole.pointer(pointer));
            [own, target].into_iter().flatten().any(|schema| schema.get("writeOnly") == Some(&json!(true)))
        };
        let mut left: Vec<Value> = Vec::new();
        for name in required.iter().filter(|name| !is_written_only(name)) {
            if !left.contains(name) {
                left.push(name.clone());
            }
        }
        match left.is_empty() {
            true => drop(map.remove("required")),
            false => drop(map.insert("required".to_owned(), left.into())),
        }
    }
    // Texts that are listed without quotes are texts.
    if map.get("type") == Some(&json!("string"))
        && let Some(Value::Array(values)) = map.get_mut("enum")
    {
        for value in values.iter_mut().filter(|value| value.is_number() || value.is_boolean()) {
            *value = value.to_string().into();
        }
    }
    // In 3.0 a reference stands alone.
    if !is_modern && map.get("$ref").is_some_and(Value::is_string) {
        map.retain(|name, _| name == "$ref");
        return;
    }
    if map.get("nullable") == Some(&json!(true)) || map.get("x-nullable") == Some(&json!(true)) {
        let mut own = std::mem::take(map);
        own.remove("nullable");
        own.remove("x-nullable");
        map.insert("anyOf".to_owned(), json!([Value::Object(own), { "enum": [null] }]));
    }
}

fn try_all(documents: &[PathBuf]) -> Tally {
    let tally = Mutex::new(Tally::default());
    each_of(documents, |path| {
        let one = try_document(path);
        tally.lock().expect("nobody panicked").add(one);
    });
    tally.into_inner().expect("nobody panicked")
}

#[test]
fn what_is_answered_is_what_the_document_says() {
    let documents = documents_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents"));
    let tally = try_all(&documents);
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    assert!(tally.documents >= 4 && tally.held >= 12, "{tally:?}");
}

/// Documents that describe an answer which no value is, and why. Their operations are counted as all others are.
const IMPOSSIBLE: [(&str, &str); 13] = [
    (
        "shipengine.com.json",
        "closed objects (additionalProperties: false) whose parts require members that are not named",
    ),
    ("azure.com/logic.json", "closed objects whose parts name other members than those that are required"),
    ("codat.io/sync-for-expenses.json", "a closed object that names nothing, with parts that require members"),
    ("e-conomic.com.json", "closed objects that require members which they do not name"),
    ("britbox.co.uk.json", "a closed object that requires a member which it does not name"),
    ("amazonaws.com/apprunner.json", "a text of 32 characters with a pattern of 36"),
    ("visualstudio.com.json", "an integer that is one of some texts"),
    ("mercedes-benz.com/configurator.json", "an object that is one of some texts"),
    ("dracoon.team.json", "a list that is one of some texts"),
    ("vercel.com.json", "null that is exactly one of a text, a number, an object, a list"),
    ("nexmo.com/messages-olympus.json", "exactly one of five alternatives that are the same"),
    ("circular-request-bodies.json", "an object that has to hold itself for ever"),
    ("redoc-demo-3.1.yaml", "a pattern with slashes before its beginning and after its end"),
];

/// Of operations, one in so many may be described in a way that no plausible answer is right for: docs/openapi.md says which
/// those are.
const OPERATIONS_FOR_A_BAD_ONE: usize = 500;
/// The same of documents.
const DOCUMENTS_FOR_A_BAD_ONE: usize = 200;

#[test]
fn what_is_answered_is_what_documents_of_others_say() {
    let Some(documents) = documents_of_others() else { return };
    let mut tally = try_all(&documents);
    tally.wrong.sort();
    tally.wrong.iter().for_each(|wrong| println!("{wrong}"));
    println!(
        "{} documents, {} of them with something wrong, {} with what nobody could answer; {} operations, {} of them; {} answers held; not held: {:?}",
        tally.documents,
        tally.bad_documents,
        tally.impossible_documents,
        tally.operations,
        tally.bad_operations,
        tally.held,
        tally.not_held
    );
    println!("{} empty objects and lists, {} responses with a known fault", tally.emptied, tally.reported);
    let mut rules: Vec<(&String, &usize)> = tally.rules.iter().collect();
    rules.sort_by_key(|(rule, count)| (std::cmp::Reverse(**count), *rule));
    rules.iter().for_each(|(rule, count)| println!("{count:6} documents: {rule}"));
    assert!(tally.bad_operations * OPERATIONS_FOR_A_BAD_ONE <= tally.operations);
    assert!(tally.bad_documents * DOCUMENTS_FOR_A_BAD_ONE <= tally.documents.max(DOCUMENTS_FOR_A_BAD_ONE));
}
