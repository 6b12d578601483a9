//! Reading what browsers and proxies write.

use crate::recording::{Recorded, is_promised};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use understudy_exchange::{Json, Request, Response, form};

/// One exchange of an archive.
#[derive(Debug, Clone)]
pub struct HarExchange {
    /// The server: `https://api.example.com`.
    pub origin: String,
    /// Whether a page's script asked for it (`fetch`, `XMLHttpRequest`), where the archive says so.
    pub is_fetched: Option<bool>,
    /// The exchange, its bodies without content codings.
    pub recorded: Recorded,
}

/// Why a text is no archive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HarError {
    /// It is not JSON.
    NotJson(String),
    /// It has no `log.entries`.
    NoEntries,
}

impl std::fmt::Display for HarError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotJson(why) => write!(f, "it is not JSON: {why}"),
            Self::NoEntries => f.write_str("it has no `log.entries`, as every HTTP archive has"),
        }
    }
}

impl std::error::Error for HarError {}

/// The exchanges of an archive in the order in which they began, and what could not be read, entry by entry.
///
/// # Errors
/// [`HarError`]
pub fn read_har(text: &[u8]) -> Result<(Vec<HarExchange>, Vec<String>), HarError> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let document = Json::parse(text).map_err(|error| HarError::NotJson(error.to_string()))?;
    let Some(Json::Array(entries)) = document.member("log").and_then(|log| log.member("entries")) else {
        return Err(HarError::NoEntries);
    };
    let mut ordered: Vec<(&str, usize, &Json)> = entries
        .iter()
        .enumerate()
        .map(|(at, entry)| (entry.member("startedDateTime").and_then(Json::as_str).unwrap_or(""), at, entry))
        .collect();
    // Times of one archive are written alike, so that they sort as they read.
    ordered.sort_by(|a, b| a.0.cmp(b.0).then(a.1.cmp(&b.1)));
    let (mut exchanges, mut left) = (Vec::new(), Vec::new());
    for (_, at, entry) in ordered {
        match exchange(entry) {
            Ok(exchange) => exchanges.push(exchange),
            Err(why) => left.push(format!("entry {}: {why}", at + 1)),
        }
    }
    Ok((exchanges, left))
}

fn exchange(entry: &Json) -> Result<HarExchange, String> {
    let part = |name: &str| entry.member(name).ok_or_else(|| format!("it has no `{name}`"));
    let (request, response) = (part("request")?, part("response")?);
    let text = |of: &Json, name: &str| of.member(name).and_then(Json::as_str).unwrap_or("").to_owned();
    let url = text(request, "url");
    let uri: Uri = url.parse().map_err(|_| format!("`{url}` is no URL"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(format!("`{url}` is no whole URL"));
    };
    if !matches!(scheme, "http" | "https") {
        return Err(format!("`{scheme}` is not HTTP"));
    }
    let method = Method::from_bytes(text(request, "method").as_bytes()).map_err(|_| "it has no method".to_owned())?;
    let status = response.member("status").map(ToString::to_string).unwrap_or_default();
    let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or_else(|| format!("{method} {url} was not answered"))?;
    if !is_promised(&method, status) {
        return Err(format!("{method} {url}, answered with {}, is nothing that a fixture can say", status.as_u16()));
    }
    let mut request_headers = headers(request);
    let body = post_data(request, &mut request_headers);
    let mut response_headers = headers(response);
    let content = response.member("content").map(content_of).transpose()?.unwrap_or_default();
    if !response_headers.contains_key(CONTENT_TYPE)
        && let Some(kind) = response.member("content").map(|content| text(content, "mimeType"))
        && let (false, Ok(kind)) = (kind.is_empty() || kind == "x-unknown", HeaderValue::from_str(&kind))
    {
        response_headers.insert(CONTENT_TYPE, kind);
    }
    let kind = text(entry, "_resourceType");
    Ok(HarExchange {
        origin: format!("{scheme}://{authority}"),
        is_fetched: (!kind.is_empty()).then_some(matches!(kind.as_str(), "xhr" | "fetch")),
        recorded: Recorded {
            request: Request {
                method,
                target: uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")),
                headers: request_headers,
                body,
            },
            response: Response { status, headers: response_headers, body: content },
            redactions: Vec::new(),
        },
    })
}

/// Header fields, without those of HTTP/2 alone and those that were true of the bytes on the wire.
fn headers(of: &Json) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(Json::Array(fields)) = of.member("headers") else { return headers };
    for field in fields {
        let text = |name: &str| field.member(name).and_then(Json::as_str).unwrap_or("");
        let (name, value) = (HeaderName::from_bytes(text("name").as_bytes()), text("value"));
        // Chromium writes fields of one name as lines of one value.
        for value in value.split('\n') {
            if let (Ok(name), Ok(value)) = (&name, HeaderValue::from_bytes(value.as_bytes())) {
                headers.append(name, value);
            }
        }
    }
    for name in [CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}

fn post_data(request: &Json, headers: &mut HeaderMap) -> Bytes {
    let Some(data) = request.member("postData") else { return Bytes::new() };
    let kind = data.member("mimeType").and_then(Json::as_str).unwrap_or("");
    if let (false, Ok(kind)) = (headers.contains_key(CONTENT_TYPE) || kind.is_empty(), HeaderValue::from_str(kind)) {
        headers.insert(CONTENT_TYPE, kind);
    }
    match (content_of(data), data.member("params")) {
        (Ok(text), _) if !text.is_empty() => text,
        (_, Some(Json::Array(params))) if kind.starts_with("application/x-www-form-urlencoded") => {
            let text = |param: &Json, name: &str| param.member(name).and_then(Json::as_str).unwrap_or("").to_owned();
            let pairs: Vec<(String, String)> =
                params.iter().map(|param| (text(param, "name"), text(param, "value"))).collect();
            form::write(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))).into()
        }
        _ => Bytes::new(),
    }
}

fn content_of(content: &Json) -> Result<Bytes, String> {
    let text = content.member("text").and_then(Json::as_str).unwrap_or("");
    if content.member("encoding").and_then(Json::as_str) == Some("base64") {
        return STANDARD.decode(text).map(Bytes::from).map_err(|error| format!("its content is no base64: {error}"));
    }
    Ok(Bytes::copy_from_slice(text.as_bytes()))
}
