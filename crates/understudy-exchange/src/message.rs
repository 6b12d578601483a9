//! A request and a response.

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, StatusCode, header};

/// A request as it stands on the wire, its body whole and decoded.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, as it was sent: methods are case-sensitive (RFC 9110, section 9.1).
    pub method: Method,
    /// Path and query, still encoded: `/pets/7?expand=owner`.
    pub target: PathAndQuery,
    /// The header fields.
    pub headers: HeaderMap,
    /// The content, without content codings.
    pub body: Bytes,
}

/// A response as it stands on the wire, its body whole and decoded.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The content, without content codings.
    pub body: Bytes,
}

impl Request {
    /// The path, still encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.path()
    }

    /// The query without its `?`, still encoded; empty where there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        self.target.query().unwrap_or("")
    }
}

/// The pairs of all `Cookie` fields, in order (RFC 6265, section 4.2.1). Quotes around a value stay.
pub fn cookie_pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| std::str::from_utf8(value.as_bytes()).ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
}

/// The pair of each `Set-Cookie` field, in order (RFC 6265, section 5.2), without its attributes.
pub fn set_cookie_pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::SET_COOKIE)
        .into_iter()
        .filter_map(|value| std::str::from_utf8(value.as_bytes()).ok()?.split(';').next()?.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
}
