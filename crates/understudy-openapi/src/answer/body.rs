//! The bodies of answers: documented examples, or values that the schema allows, in the media type that is wanted.

use super::prefer::Preference;
use super::xml;
use crate::document::{At, Documents, Node};
use crate::make::{Purpose, Seed, Template, make};
use crate::model::Content;
use crate::schema::{Broken, check_once};
use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;
use std::sync::OnceLock;
use understudy_exchange::{Json, MediaType, form};

/// A media type of a response, with what was made for it.
#[derive(Debug, Default)]
pub(crate) struct ReadyContent {
    /// The first example that is what its schema asks for.
    example: OnceLock<Option<(Node, Bytes)>>,
    kind: OnceLock<Option<HeaderValue>>,
    made: OnceLock<Option<Template>>,
    /// The same without the schemas' examples, for those who want it to vary.
    varied: OnceLock<Option<Template>>,
}

/// What came of writing a body.
pub(crate) enum Written {
    /// The body, and what is wrong with it where it was generated.
    Body(Bytes, Option<Broken>),
    /// The example that was preferred is not there; these are.
    NoSuchExample(Vec<String>),
}

impl ReadyContent {
    /// The content type that is sent; `wanted` is one that the client chose of a range.
    pub(crate) fn kind(&self, content: &Content, wanted: Option<&str>) -> Option<HeaderValue> {
        if let Some(wanted) = wanted {
            return HeaderValue::from_str(wanted).ok();
        }
        self.kind.get_or_init(|| HeaderValue::from_str(&media_type(content)).ok()).clone()
    }

    pub(crate) fn write(
        &self,
        documents: &Documents,
        content: &Content,
        wanted: Option<&str>,
        purpose: Purpose<'_>,
        preference: &Preference,
        seed: Seed<'_>,
    ) -> Written {
        let kind = || wanted.map_or_else(|| media_type(content), str::to_owned);
        let shown = |at: At<'_>| example(at, &kind(), content, documents);
        if let Some(wanted) = &preference.example {
            return match content.examples.iter().find(|(name, _)| name == wanted) {
                Some((_, node)) => Written::Body(shown(documents.at(*node)), None),
                None => Written::NoSuchExample(
                    content.examples.iter().map(|(name, _)| name.clone()).filter(|name| !name.is_empty()).collect(),
                ),
            };
        }
        let is_varied = preference.is_dynamic || preference.seed.is_some();
        let example = self.example.get_or_init(|| {
            let mut all = content.examples.iter().map(|(_, node)| documents.at(*node));
            all.find(|at| is_good(*at, documents, content, purpose)).map(|good| (good.node, shown(good)))
        });
        if let Some((node, example)) = example.as_ref().filter(|_| !is_varied) {
            return Written::Body(if wanted.is_some() { shown(documents.at(*node)) } else { example.clone() }, None);
        }
        let (made, purpose) = match is_varied {
            false => (&self.made, purpose),
            true => (&self.varied, Purpose { has_examples: false, ..purpose }),
        };
        let made = made.get_or_init(|| make(documents.at(content.schema.or(content.items)?), purpose));
        match made {
            // A stream of two elements.
            Some(made) if content.schema.is_none() => {
                let next = Seed { number: seed.number.wrapping_add(1), ..seed };
                let body = encode(format!("[{},{}]", made.fill(seed), made.fill(next)), &kind(), None);
                Written::Body(body, made.fault().cloned())
            }
            Some(made) => {
                let json = made.fill(seed);
                let body = encode(json, &kind(), content.schema.map(|schema| documents.at(schema)));
                Written::Body(body, made.fault().cloned())
            }
            // An example that is not what the schema asks for is better than nothing.
            None => match content.examples.first() {
                Some((_, node)) => Written::Body(shown(documents.at(*node)), None),
                None => Written::Body(encode("null".to_owned(), &kind(), None), None),
            },
        }
    }
}

/// Whether an example is what the schema beside it asks for.
fn is_good(at: At<'_>, documents: &Documents, content: &Content, purpose: Purpose<'_>) -> bool {
    let Some(schema) = content.schema else { return true };
    let value = match is_json(content) {
        true => embedded(at, documents.at(schema)).unwrap_or_else(|| at.to_value()),
        // A text in another language is not looked into.
        false if at.string().is_some() => return true,
        false => at.to_value(),
    };
    let broken = check_once(documents.at(schema), purpose.dialect, purpose.direction, &value);
    broken.iter().all(|broken| broken.is_unchecked)
}

/// A JSON document that was written as a string, where the schema wants no string.
fn embedded(at: At<'_>, schema: At<'_>) -> Option<Value> {
    let text = at.string()?;
    let wants_text = schema.resolve().is_ok_and(|schema| schema.text("type").is_none_or(|kind| kind == "string"));
    if wants_text { None } else { serde_json::from_str(&text).ok() }
}

pub(crate) fn example(at: At<'_>, kind: &str, content: &Content, documents: &Documents) -> Bytes {
    let schema = content.schema.map(|schema| documents.at(schema));
    if let Some(text) = at.string() {
        let is_document = schema.is_some_and(|schema| embedded(at, schema).is_some());
        if !MediaType::parse(kind).is_json() || is_document {
            return Bytes::from(text.into_owned());
        }
    }
    encode(at.to_json(), kind, schema)
}

fn is_json(content: &Content) -> bool {
    MediaType::parse(&media_type(content)).is_json()
}

/// The media type that is sent for a range.
pub(crate) fn media_type(content: &Content) -> String {
    match content.range.as_str() {
        "*/*" | "application/*" | "*" | "" => "application/json".to_owned(),
        "text/*" => "text/plain".to_owned(),
        "image/*" => "image/png".to_owned(),
        "audio/*" => "audio/mpeg".to_owned(),
        "video/*" => "video/mp4".to_owned(),
        "multipart/*" => "multipart/form-data".to_owned(),
        // `application/*+json`, `font/*`
        range if range.contains('*') => range.replacen("*/", "application/", 1).replace('*', "vnd.example"),
        _ => content.written.clone(),
    }
}

/// The smallest image that every browser shows: one transparent pixel.
#[rustfmt::skip]
const PNG: &[u8] = &[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1F, 0x15, 0xC4, 0x89, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0x64, 0x60, 0xF8, 0x5F, 0x0F, 0x00, 0x02, 0x87, 0x01, 0x80, 0xEB, 0x47, 0xBA, 0x92, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82];

/// A JSON text in the media type that is wanted.
pub(crate) fn encode(json: String, kind: &str, schema: Option<At<'_>>) -> Bytes {
    let kind = MediaType::parse(kind);
    let essence = kind.essence();
    if kind.is_json() {
        return Bytes::from(json);
    }
    let value = Json::parse(json.as_bytes()).unwrap_or(Json::Null);
    let text = match (essence, &value) {
        ("image/png", _) => return Bytes::from_static(PNG),
        ("image/svg+xml", _) => r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>"#.to_owned(),
        (essence, value) if essence == "application/xml" || essence == "text/xml" || essence.ends_with("+xml") => {
            xml::write(value, schema)
        }
        ("application/x-www-form-urlencoded", Json::Object(members)) => {
            let word = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let pairs: Vec<(&str, String)> = members.iter().map(|(name, value)| (name.as_str(), word(value))).collect();
            form::write(pairs.iter().map(|(name, value)| (*name, value.as_str())))
        }
        ("text/event-stream", Json::Array(items)) => items.iter().map(|item| format!("data: {item}\n\n")).collect(),
        ("text/event-stream", value) => format!("data: {value}\n\n"),
        ("application/x-ndjson" | "application/jsonl" | "application/json-seq", Json::Array(items)) => {
            items.iter().map(|item| format!("{item}\n")).collect()
        }
        (_, Json::String(text)) => text.as_str().to_owned(),
        _ => json,
    };
    Bytes::from(text)
}

/// A list of names for a sentence.
pub(crate) fn or_nothing(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
