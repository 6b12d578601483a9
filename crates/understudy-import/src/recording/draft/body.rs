//! The bodies of fixtures: written in the fixture or in separate files.

use super::super::call::{Call, CallBody};
use super::super::content::{content_type, has_digest};
use super::request::fields;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use understudy_exchange::multipart::Part;
use understudy_exchange::{Json, JsonText, MediaType, Response, decode_text, encode_text};
use understudy_fixture::model::{
    BodyFile, FieldMatcher, NamedPart, PartContent, Pattern, RequestBody, ResponseBody, XmlBody, has_no_body,
};

/// Larger bodies are written into separate files.
const JSON_BYTES_MAX: usize = 64 << 10;
const TEXT_BYTES_MAX: usize = 8 << 10;
const BASE64_BYTES_MAX: usize = 64;

/// The body files of one fixture.
pub(in super::super) struct Files<'i> {
    id: &'i str,
    files: Vec<(String, Bytes)>,
}

impl<'i> Files<'i> {
    /// Creates an empty list. The files are named after the fixture with this id.
    pub(in super::super) fn new(id: &'i str) -> Self {
        Self { id, files: Vec::new() }
    }

    /// Paths and contents.
    pub(in super::super) fn into_all(self) -> Vec<(String, Bytes)> {
        self.files
    }

    /// Adds a file for a body.
    fn add(&mut self, ending: &str, content: Bytes) -> BodyFile {
        let plain: String = self.id.chars().map(|c| if c == '/' { '-' } else { c }).collect();
        let ending: String =
            ending.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        let (stem, kind) = ending.rsplit_once('.').unwrap_or((&ending, "bin"));
        let is_taken = |name: &str| {
            let stems = self.files.iter().filter_map(|(known, _)| known.strip_suffix(kind)?.strip_suffix('.'));
            stems.into_iter().any(|known| known == name)
        };
        let path = understudy_fixture::free_name(&format!("bodies/{plain}-{stem}"), "", is_taken);
        let path = format!("{path}.{kind}");
        self.files.push((path.clone(), content.clone()));
        BodyFile { path, content }
    }
}

/// The body of a request; `sent` are its bytes.
pub(super) fn request_body(call: &Call, sent: &Bytes, files: &mut Files<'_>) -> Option<RequestBody> {
    Some(match &call.body {
        CallBody::None => return None,
        CallBody::Json(value) => RequestBody::Json(value.clone()),
        CallBody::Form(pairs) => RequestBody::Form(fields(pairs)),
        CallBody::Graphql(operation) => RequestBody::Graphql(operation.clone()),
        CallBody::Text(text) if sent.len() <= TEXT_BYTES_MAX && is_xml(call) => {
            match XmlBody::parse(text.to_string()) {
                Ok(xml) => RequestBody::Xml(xml),
                Err(_) => RequestBody::Text(text.clone()),
            }
        }
        CallBody::Text(text) if sent.len() <= TEXT_BYTES_MAX => RequestBody::Text(text.clone()),
        CallBody::Text(_) => RequestBody::File(files.add("request.txt", sent.clone())),
        CallBody::Bytes(bytes) if bytes.len() <= TEXT_BYTES_MAX => RequestBody::Base64(bytes.clone()),
        CallBody::Bytes(bytes) => RequestBody::File(files.add("request.bin", bytes.clone())),
        CallBody::Multipart(parts) => {
            RequestBody::Multipart(parts.iter().map(|(part, text)| named_part(part, text.as_ref(), files)).collect())
        }
    })
}

/// Returns true if the request calls its body XML.
fn is_xml(call: &Call) -> bool {
    let mut types = call.header(&CONTENT_TYPE).filter_map(Pattern::as_literal);
    types.any(|content_type| MediaType::parse(content_type).is_xml())
}

fn named_part(part: &Part, text: Option<&Pattern>, files: &mut Files<'_>) -> NamedPart {
    let content = match text {
        Some(text) if part.content.len() <= TEXT_BYTES_MAX => PartContent::Text(FieldMatcher::Equals(text.clone())),
        _ => PartContent::File(files.add(&format!("{}.{}", part.name, part_ending(part)), part.content.clone())),
    };
    NamedPart {
        name: part.name.clone(),
        filename: part.filename.as_deref().map(exactly),
        content_type: part.content_type.as_deref().map(exactly),
        content: Some(content),
        rules: Vec::new(),
    }
}

fn exactly(text: &str) -> FieldMatcher {
    FieldMatcher::Equals(Pattern::literal(text))
}

/// The body of a response.
pub(super) fn response_body(response: &Response, files: &mut Files<'_>) -> Option<ResponseBody> {
    let Response { status, headers, body } = response;
    // Some archives have bodies for responses that cannot have one.
    if body.is_empty() || has_no_body(status.as_u16()) {
        return None;
    }
    let content_type = content_type(headers);
    let media_type = MediaType::parse(content_type);
    if body.len() <= JSON_BYTES_MAX
        && !has_digest(headers)
        && let Some(value) = json(&media_type, body)
    {
        return Some(ResponseBody::Json(JsonText::new(&value)));
    }
    // A stub sends the text in the same charset, and must give the same bytes.
    let is_same = |text: &str| encode_text(content_type, text).as_deref() == Some(&**body);
    let text = decode_text(content_type, body).filter(|text| is_same(text));
    Some(match text {
        Some(text) if text.len() <= TEXT_BYTES_MAX => match XmlBody::parse(&*text) {
            Ok(xml) if media_type.is_xml() => ResponseBody::Xml(xml),
            _ => ResponseBody::Text(text.into_owned()),
        },
        // A few bytes are easier to read in the fixture.
        None if body.len() <= BASE64_BYTES_MAX => ResponseBody::Base64(body.clone()),
        _ => {
            let stem = if status.is_success() { "answer" } else { status.as_str() };
            ResponseBody::File(files.add(&format!("{stem}.{}", ending(&media_type)), body.clone()))
        }
    })
}

/// Parses the body as JSON. Any value is JSON under a JSON type; under a text type, or without a type, only arrays and
/// objects are.
fn json(media_type: &MediaType, body: &[u8]) -> Option<Json> {
    let is_structured = |value: &Json| matches!(value, Json::Array(_) | Json::Object(_));
    match media_type.essence() {
        _ if media_type.is_json() => Json::parse(body).ok(),
        "" | "text/html" | "text/javascript" | "text/plain" => Json::parse(body).ok().filter(is_structured),
        _ => None,
    }
}

/// The file name extension for content of this type.
fn ending(media_type: &MediaType) -> &'static str {
    match media_type.essence() {
        kind if kind.ends_with("json") => "json",
        "text/html" => "html",
        "text/css" => "css",
        "text/javascript" | "application/javascript" => "js",
        "image/svg+xml" => "svg",
        kind if kind.ends_with("xml") => "xml",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "application/pdf" => "pdf",
        kind if kind.starts_with("text/") => "txt",
        _ => "bin",
    }
}

/// The file name extension for a part of a form: that of its own file name, or that of its media type.
fn part_ending(part: &Part) -> String {
    let named = part.filename.as_deref().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let is_ending =
        |ending: &&str| (1..=5).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    let kind = MediaType::parse(part.content_type.as_deref().unwrap_or(""));
    named.filter(is_ending).map_or_else(|| ending(&kind).to_owned(), str::to_ascii_lowercase)
}
