//! Bodies of archives: text or base64, in the archive or in a file beside it, or missing.

use super::charset::bytes_of;
use super::fields::raw_field;
use super::read::{Reading, number, text};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use understudy_exchange::multipart::{self, Part};
use understudy_exchange::{Json, MediaType, form};

/// Decodes base64 with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A body.
pub(super) enum Body {
    /// The complete body.
    Whole(Bytes),
    /// The body is not in the archive, for this reason.
    Missing(String),
}

/// Returns the body of a response. `headers` are the header fields of the response.
pub(super) fn response_body(
    reading: &Reading<'_>,
    response: &Json,
    method: &Method,
    status: StatusCode,
    headers: &mut HeaderMap,
) -> Body {
    let nothing = Json::Object(Vec::new());
    let content = response.member("content").unwrap_or(&nothing);
    let is_stream = MediaType::parse(text(content, "mimeType")).essence() == "text/event-stream";
    let can_be_empty = *method == Method::HEAD || status.is_redirection() || matches!(status.as_u16(), 101 | 204 | 205);
    match written(reading, content, headers) {
        Some(Ok(body)) if is_truncated(content, &body) => {
            Body::Missing("only the beginning of the body of its response is in the archive".to_owned())
        }
        Some(Ok(body)) if !body.is_empty() => {
            if !reading.is_own && !is_still_coded(headers, &body) {
                headers.remove(CONTENT_ENCODING);
            }
            Body::Whole(body)
        }
        Some(Err(why)) => Body::Missing(why),
        _ => {
            if !reading.is_own {
                headers.remove(CONTENT_ENCODING);
            }
            match had_body(response, content) {
                _ if can_be_empty => Body::Whole(Bytes::new()),
                false if is_stream => Body::Missing("the events of its stream are not in the archive".to_owned()),
                false => Body::Whole(Bytes::new()),
                true => Body::Missing("the body of its response is not in the archive".to_owned()),
            }
        }
    }
}

/// Returns the body of a request.
pub(super) fn request_body(reading: &Reading<'_>, request: &Json, headers: &mut HeaderMap) -> Body {
    let nothing = Json::Object(Vec::new());
    let data = request.member("postData").filter(|data| !matches!(data, Json::Null)).unwrap_or(&nothing);
    let kind = text(data, "mimeType");
    let is_named = reading.is_own || kind.is_empty() || headers.contains_key(CONTENT_TYPE);
    if let (false, Ok(kind)) = (is_named, HeaderValue::from_str(kind)) {
        headers.insert(CONTENT_TYPE, kind);
    }
    match written(reading, data, headers) {
        Some(Ok(body)) if !body.is_empty() => {
            if !is_still_coded(headers, &body) {
                headers.remove(CONTENT_ENCODING);
            }
            return Body::Whole(body);
        }
        Some(Err(why)) => return Body::Missing(why),
        _ => {}
    }
    headers.remove(CONTENT_ENCODING);
    if let Some(Json::Array(params)) = data.member("params")
        && !params.is_empty()
    {
        return Body::Whole(of_params(params, headers));
    }
    let size = number(request, "bodySize").filter(|size| *size > 0).or_else(|| content_length(request));
    if size.is_some_and(|size| size > 0) {
        return Body::Missing("the body of its request is not in the archive".to_owned());
    }
    Body::Whole(Bytes::new())
}

/// Returns the content of `text` or of a file beside the archive; `None` if there is neither.
fn written(reading: &Reading<'_>, content: &Json, headers: &mut HeaderMap) -> Option<Result<Bytes, String>> {
    if let Some(name) = content.member("_file").and_then(Json::as_str) {
        return Some(
            reading.files.read(name).map_err(|why| format!("the file of its body, `{name}`, cannot be read: {why}")),
        );
    }
    let size = number(content, "size").and_then(|size| u64::try_from(size).ok());
    let text = match content.member("text")? {
        Json::Null => return None,
        Json::String(text) => text.as_str(),
        // Some tools write a JSON value instead of its text.
        other => return Some(Ok(other.to_string().into())),
    };
    if reading.is_own {
        let is_coded = content.member("encoding").is_some();
        let bytes = if is_coded { decoded(text) } else { None };
        return Some(Ok(bytes.unwrap_or_else(|| text.as_bytes().to_vec()).into()));
    }
    if let Some(bytes) = base64_of(content, text, size, headers) {
        return Some(Ok(bytes.into()));
    }
    Some(Ok(bytes_of(text, size, headers)))
}

/// Decodes base64. Some tools mark plain text as base64, and others do not mark base64; the size decides.
fn base64_of(content: &Json, text: &str, size: Option<u64>, headers: &HeaderMap) -> Option<Vec<u8>> {
    let is_claimed = content.member("encoding").and_then(Json::as_str).is_some_and(|encoding| {
        let encoding = encoding.trim();
        encoding.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("base64"))
    });
    if !is_claimed && !is_binary(headers) {
        return None;
    }
    let bytes = decoded(text)?;
    let is_size_of = |length: usize| size == Some(length as u64);
    let is_meant = if is_claimed {
        // Plain text of letters and digits decodes as base64 too, but not to valid text.
        !is_size_of(text.len()) || is_binary(headers) || std::str::from_utf8(&bytes).is_ok()
    } else {
        is_size_of(bytes.len()) && !is_size_of(text.len())
    };
    is_meant.then_some(bytes)
}

/// Decodes base64 with line breaks, with or without padding, in either alphabet.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let plain: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    LENIENT.decode(plain).ok()
}

fn is_binary(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = MediaType::parse(kind);
    let starts =
        ["image/", "font/", "audio/", "video/", "application/octet-stream", "application/pdf", "application/zip"];
    starts.iter().any(|start| kind.essence().starts_with(start)) && kind.essence() != "image/svg+xml"
}

/// Returns true if a body still has the content coding that the header field names. Most archives have decoded bodies;
/// some proxies write coded ones.
fn is_still_coded(headers: &HeaderMap, body: &[u8]) -> bool {
    let coding = headers.get(CONTENT_ENCODING).and_then(|coding| coding.to_str().ok()).unwrap_or("");
    match coding.trim().to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => body.starts_with(&[0x1f, 0x8b]),
        "deflate" => body.len() > 2 && body[0] == 0x78 && (usize::from(body[0]) * 256 + usize::from(body[1])) % 31 == 0,
        "zstd" => body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
        // Brotli has no magic number: a textual body that is not UTF-8 is still coded.
        "br" => !is_binary(headers) && std::str::from_utf8(body).is_err(),
        _ => false,
    }
}

/// The length to which Firefox truncates bodies (`devtools.netmonitor.responseBodyLimit`). A shorter body is complete,
/// and the size may count something else.
const CUT_BYTES_MIN: usize = 1 << 20;

fn is_truncated(content: &Json, body: &[u8]) -> bool {
    let size = number(content, "size").and_then(|size| usize::try_from(size).ok());
    body.len() >= CUT_BYTES_MIN && size.is_some_and(|size| size > body.len())
}

/// Returns true if the archive shows that there was a body and does not have the body.
fn had_body(response: &Json, content: &Json) -> bool {
    // `bodySize` may count the framing too.
    if content.member("text").is_some() && number(content, "size") == Some(0) {
        return false;
    }
    let sizes = [number(content, "size"), number(response, "bodySize"), content_length(response)];
    if sizes.into_iter().flatten().any(|size| size > 0) {
        return true;
    }
    // -1 means "unknown" (HAR 1.2). A `content-length` of 0 is known.
    let has_kind = !matches!(text(content, "mimeType"), "" | "x-unknown");
    let has_content = matches!(response.member("content"), Some(Json::Object(_)));
    let is_unknown = match number(content, "size") {
        Some(size) => size == -1,
        None => !has_content || has_kind && content.member("text").is_none(),
    };
    let was_coded = raw_field(response, "content-encoding").is_some_and(|coding| !coding.is_empty());
    content_length(response) != Some(0) && (was_coded || is_unknown)
}

fn content_length(message: &Json) -> Option<i64> {
    raw_field(message, "content-length")?.parse().ok()
}

/// Encodes the body of a form whose fields are only in `params`.
fn of_params(params: &[Json], headers: &mut HeaderMap) -> Bytes {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("").to_owned();
    if MediaType::parse(&kind).essence() == "multipart/form-data" {
        return of_parts(params, &kind, headers);
    }
    if kind.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    let fields: Vec<(&str, &str)> = params.iter().map(|param| (text(param, "name"), text(param, "value"))).collect();
    if fields.iter().any(|(name, value)| has_escapes(name) || has_escapes(value))
        && fields.iter().all(|(name, value)| is_form_text(name) && is_form_text(value))
    {
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        return pairs.join("&").into();
    }
    form::write(fields).into()
}

fn of_parts(params: &[Json], kind: &str, headers: &mut HeaderMap) -> Bytes {
    let given = |param: &Json, name: &str| Some(text(param, name).to_owned()).filter(|text| !text.is_empty());
    let part = |param: &Json| Part {
        name: text(param, "name").to_owned(),
        filename: given(param, "fileName"),
        content_type: given(param, "contentType"),
        content: Bytes::copy_from_slice(text(param, "value").as_bytes()),
    };
    let parts: Vec<Part> = params.iter().map(part).collect();
    let boundary = understudy_exchange::media_type::parameter(kind, "boundary").filter(|given| !given.is_empty());
    let boundary = boundary.unwrap_or_else(|| {
        let made = multipart::boundary(&parts);
        if let Ok(kind) = HeaderValue::from_str(&format!("multipart/form-data; boundary={made}")) {
            headers.insert(CONTENT_TYPE, kind);
        }
        made
    });
    multipart::write(&parts, &boundary)
}

/// Returns true if a text is valid in a form without encoding. Chromium writes fields as they were sent; others decode
/// them.
fn is_form_text(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"*-._+%".contains(&byte);
    text.bytes().all(is_plain)
}

fn has_escapes(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(3).any(|window| window[0] == b'%' && window[1].is_ascii_hexdigit() && window[2].is_ascii_hexdigit())
}
