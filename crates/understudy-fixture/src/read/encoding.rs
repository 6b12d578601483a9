//! Checks header fields that describe a body, for values that the body cannot have.

use super::Reader;
use crate::diagnostic::Code;
use crate::model::{RequestBody, ResponseBody};
use crate::source::{Node, Value};
use std::borrow::Cow;
use understudy_exchange::media_type::parameter;
use understudy_exchange::{encode_text, is_known_charset};

/// The content codings in which a readable body is sent.
const CODINGS: &[&str] = &["gzip", "x-gzip", "deflate", "br", "zstd", "identity"];

/// The part of a body that a charset is about.
pub(super) enum Written<'b> {
    Text(Cow<'b, str>),
    Json(Cow<'b, str>),
    /// Bytes are sent as they are.
    Bytes,
}

impl<'b> Written<'b> {
    pub(super) fn of_request(body: Option<&'b RequestBody>) -> Self {
        match body {
            Some(RequestBody::Text(pattern)) => Self::Text(pattern.to_string().into()),
            Some(RequestBody::Xml(xml)) => Self::Text(xml.as_str().into()),
            Some(RequestBody::Json(value)) => Self::Json(value.to_string().into()),
            _ => Self::Bytes,
        }
    }

    pub(super) fn of_response(body: Option<&'b ResponseBody>) -> Self {
        match body {
            Some(ResponseBody::Text(text)) => Self::Text(text.as_str().into()),
            Some(ResponseBody::Xml(xml)) => Self::Text(xml.as_str().into()),
            Some(ResponseBody::Json(text)) => Self::Json(String::from_utf8_lossy(text.bytes())),
            _ => Self::Bytes,
        }
    }
}

impl Reader<'_> {
    /// Reports a charset of a listed `content-type` in which the body cannot be sent.
    pub(super) fn check_charset<'b>(&mut self, headers: Option<&Node>, written: impl FnOnce() -> Written<'b>) {
        let Some(node) = listed(headers, "content-type") else { return };
        let Some(content_type) = node.scalar().map(|scalar| scalar.as_str().to_owned()) else { return };
        let Some(charset) = parameter(&content_type, "charset") else { return };
        let hint = "write charset=utf-8";
        match written() {
            Written::Text(_) if !is_known_charset(&content_type) => {
                let message = format!("the charset `{charset}` is not known: the text is sent in UTF-8");
                self.warn(Code::BadValue, node.span, message, hint);
            }
            Written::Text(text) if encode_text(&content_type, &text).is_none() => {
                let is_missing = |c: &char| encode_text(&content_type, c.encode_utf8(&mut [0; 4])).is_none();
                let missing = text.chars().find(is_missing).unwrap_or_default();
                let message = format!("the body has a `{missing}`, which does not exist in {charset}");
                self.report_with_hint(Code::BadValue, node.span, message, hint);
            }
            Written::Json(text) if !text.is_ascii() && !charset.eq_ignore_ascii_case("utf-8") => {
                let message = format!("JSON is sent in UTF-8, and clients read it as {charset}");
                self.warn(Code::BadValue, node.span, message, "leave out the charset (RFC 8259, section 8.1)");
            }
            Written::Text(_) | Written::Json(_) | Written::Bytes => {}
        }
    }

    /// Warns if a readable body cannot be sent in the content coding that is listed.
    pub(super) fn check_coding(&mut self, headers: Option<&Node>, body: Option<&ResponseBody>) {
        let Some(node) = listed(headers, "content-encoding") else { return };
        let is_readable = matches!(body, Some(ResponseBody::Text(_) | ResponseBody::Json(_) | ResponseBody::Xml(_)));
        let Some(coding) = node.scalar().map(|scalar| scalar.as_str().trim().to_owned()) else { return };
        if is_readable && !CODINGS.iter().any(|known| coding.eq_ignore_ascii_case(known)) {
            let message = format!("the body is sent as it is written, and not in the content coding `{coding}`");
            let hint = "leave it out, or write one of gzip, deflate, br and zstd: the body is then sent in it";
            self.warn(Code::BadValue, node.span, message, hint);
        }
    }
}

/// The value of a listed header field.
fn listed<'n>(headers: Option<&'n Node>, name: &str) -> Option<&'n Node> {
    let Value::Map(map) = &headers?.value else { return None };
    map.iter().find(|entry| entry.name.as_str().eq_ignore_ascii_case(name)).map(|entry| &entry.value)
}
