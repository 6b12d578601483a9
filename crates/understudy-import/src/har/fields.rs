//! Header fields in all dialects: a list of names and values, an object, or cookies in a separate list.

use super::read::text;
use http::header::{CONTENT_LENGTH, COOKIE, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};
use understudy_exchange::Json;

/// Returns the header fields of a message, without the pseudo-header fields of HTTP/2.
pub(super) fn headers(message: &Json) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, values) in pairs(message) {
        let Ok(name) = HeaderName::from_bytes(name.trim().as_bytes()) else { continue };
        // Chromium joins fields of one name with line breaks.
        for value in values.split(['\n', '\r']).filter(|value| !value.is_empty() || values.is_empty()) {
            if let Ok(value) = HeaderValue::from_bytes(value.trim().as_bytes()) {
                headers.append(name.clone(), value);
            }
        }
    }
    headers
}

/// Removes the fields that only describe the bytes on the wire. The `content-length` of a `HEAD` response stays: it is
/// the length of the `GET` response.
pub(super) fn without_framing(headers: &mut HeaderMap, is_head: bool) {
    headers.remove(TRANSFER_ENCODING);
    if !is_head {
        headers.remove(CONTENT_LENGTH);
    }
}

/// Returns the value of a field as the archive has it, such as `content-length` or `:authority`.
pub(super) fn raw_field<'e>(message: &'e Json, name: &str) -> Option<&'e str> {
    let mut pairs = pairs(message);
    pairs.find(|(other, _)| other.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn pairs(message: &Json) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
    match message.member("headers") {
        Some(Json::Array(fields)) => Box::new(fields.iter().map(|field| (text(field, "name"), text(field, "value")))),
        Some(Json::Object(fields)) => {
            Box::new(fields.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or(""))))
        }
        _ => Box::new(std::iter::empty()),
    }
}

/// Adds cookies that are only in the list of cookies.
pub(super) fn add_cookies(message: &Json, is_request: bool, headers: &mut HeaderMap) {
    let field = if is_request { COOKIE } else { SET_COOKIE };
    let Some(Json::Array(cookies)) = message.member("cookies") else { return };
    if headers.contains_key(&field) {
        return;
    }
    let cookies = cookies.iter().filter(|cookie| !text(cookie, "name").is_empty());
    if is_request {
        let all: Vec<String> =
            cookies.map(|cookie| format!("{}={}", text(cookie, "name"), text(cookie, "value"))).collect();
        headers.extend(HeaderValue::from_str(&all.join("; ")).ok().filter(|_| !all.is_empty()).map(|all| (field, all)));
        return;
    }
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&set_cookie(cookie)) {
            headers.append(field.clone(), value);
        }
    }
}

fn set_cookie(cookie: &Json) -> String {
    let mut out = format!("{}={}", text(cookie, "name"), text(cookie, "value"));
    for (member, attribute) in [("path", "Path"), ("domain", "Domain"), ("sameSite", "SameSite")] {
        let value = text(cookie, member);
        if !value.is_empty() {
            out.push_str(&format!("; {attribute}={value}"));
        }
    }
    for (member, attribute) in [("httpOnly", "HttpOnly"), ("secure", "Secure")] {
        if matches!(cookie.member(member), Some(Json::Bool(true))) {
            out.push_str(&format!("; {attribute}"));
        }
    }
    out
}
