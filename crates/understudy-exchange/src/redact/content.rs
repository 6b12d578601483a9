//! How exchanges are taken apart to look for secrets.

use super::shape;
use crate::{Json, MediaType, multipart};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName};

/// How a body is looked through.
pub(super) enum Content<'b> {
    Form,
    Multipart(Vec<multipart::Part>),
    /// JSON, text whose lines may be JSON (events, JSON lines), or any other text.
    Text(&'b str),
    Bytes,
}

impl<'b> Content<'b> {
    pub(super) fn of(headers: &HeaderMap, body: &'b Bytes) -> Self {
        let written = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let media_type = MediaType::parse(written);
        match media_type.essence() {
            "application/x-www-form-urlencoded" => Self::Form,
            "multipart/form-data" => match multipart::parse(written, body) {
                Some(parts) => Self::Multipart(parts),
                None => Self::Bytes,
            },
            _ => std::str::from_utf8(body).map_or(Self::Bytes, Self::Text),
        }
    }
}

/// Whether a text may be JSON with something in it.
pub(super) fn json_begins(text: &str) -> bool {
    plain(text).starts_with(['{', '['])
}

/// A text without the space around it, and without a byte order mark.
pub(super) fn plain(text: &str) -> &str {
    text.trim_start_matches('\u{FEFF}').trim()
}

/// A text that is JSON with something in it.
pub(super) fn json(text: &str) -> Option<Json> {
    let value = json_begins(text).then(|| Json::parse(plain(text).as_bytes()).ok())?;
    value.filter(|value| matches!(value, Json::Object(_) | Json::Array(_)))
}

/// The scheme of credentials, which is no secret, and what follows it.
pub(super) fn scheme<'t>(name: &HeaderName, text: &'t str) -> (&'t str, &'t str) {
    let at = text.find(' ').map_or(0, |at| at + 1);
    if *name == AUTHORIZATION || *name == PROXY_AUTHORIZATION { text.split_at(at) } else { ("", text) }
}

/// A cookie's name, its value, and the rest with its `;`.
pub(super) fn set_cookie(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    let (value, attributes) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
    Some((name, value, attributes))
}

/// What a secret is called, by the name of what carries it.
pub(super) fn kind_of(name: &str) -> &'static str {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    match plain.as_str() {
        name if name.ends_with("token") || name.ends_with("authorization") => "token",
        name if name.contains("pass") || name == "pwd" || name == "pin" || name == "otp" => "password",
        name if name.contains("apikey") || name.ends_with("key") => "api-key",
        name if name.contains("card") || name.starts_with("cv") || name == "pan" => "card",
        _ => "secret",
    }
}

pub(super) fn kind_of_field(name: &str, text: &str) -> &'static str {
    if shape::is_card(text) { "card" } else { kind_of(name) }
}
