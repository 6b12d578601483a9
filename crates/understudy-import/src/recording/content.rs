//! The content of a request body: parsed by its content type, or bytes if the exact bytes matter.

use super::Recorded;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use understudy_exchange::multipart::{self, Part};
use understudy_exchange::{Json, MediaType, decode_text, encode_text, form};

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    None,
    Json(Json),
    Form(Vec<(String, String)>),
    Multipart(Vec<Part>),
    /// A text that is sent again byte for byte.
    Text(String),
    /// Bytes that are not text in the charset that the content type names.
    Bytes(Bytes),
}

impl Content {
    /// Reads the body of a request. A body without a JSON type stays as it is, even if its bytes are valid JSON. So
    /// does a body with a digest in the header fields of the request or the response.
    pub(super) fn of(recorded: &Recorded) -> Self {
        let body = &recorded.request.body;
        if body.is_empty() {
            return Self::None;
        }
        let kind = content_type(&recorded.request.headers);
        let media_type = MediaType::parse(kind);
        let bytes_count = has_digest(&recorded.request.headers) || has_digest(&recorded.response.headers);
        let read = if bytes_count { None } else { read(kind, &media_type, body) };
        // The text is sent in the same charset, and must give the same bytes.
        let is_same = |text: &str| !text.contains('\0') && encode_text(kind, text).as_deref() == Some(&**body);
        read.unwrap_or_else(|| match decode_text(kind, body).filter(|text| is_same(text)) {
            Some(text) => Self::Text(text.into_owned()),
            None => Self::Bytes(body.clone()),
        })
    }
}

/// Parses the values of the body.
fn read(kind: &str, media_type: &MediaType, body: &Bytes) -> Option<Content> {
    let structured = || Json::parse(body).ok().filter(|value| matches!(value, Json::Array(_) | Json::Object(_)));
    match media_type.essence() {
        // `curl -d` marks every body as a form.
        "application/x-www-form-urlencoded" => match structured() {
            Some(value) => Some(Content::Json(value)),
            None => body.contains(&b'=').then(|| Content::Form(form::parse(body))),
        },
        "multipart/form-data" => multipart::parse(kind, body).ok().map(Content::Multipart),
        "" => structured().map(Content::Json),
        _ if media_type.is_json() && decode_text(kind, body).is_some() => Json::parse(body).ok().map(Content::Json),
        _ => None,
    }
}

pub(super) fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// Returns true if the header fields contain a digest or a signature of the body.
pub(super) fn has_digest(headers: &HeaderMap) -> bool {
    let words = ["checksum", "content-md5", "content-sha256", "digest", "goog-hash", "hmac", "signature"];
    headers.keys().any(|name| words.iter().any(|word| name.as_str().contains(word)))
}
