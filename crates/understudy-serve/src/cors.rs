//! Cross-origin requests (WHATWG Fetch, "CORS protocol"), so that a page on any origin can call a stub with no
//! set-up, credentials included. With credentials, wildcards do not count: origin, methods and header names
//! are said by name.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// How long a browser may remember a preflight: its answer does not depend on fixtures.
const PREFLIGHT_AGE: HeaderValue = HeaderValue::from_static("600");
const TRUE: HeaderValue = HeaderValue::from_static("true");

/// The pages that may embed a resource (WHATWG Fetch, "Cross-Origin-Resource-Policy header").
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// The pages that may read how long a resource took (W3C, "Resource Timing").
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// Fields that a page may read without being told (WHATWG Fetch, "CORS-safelisted response-header name"), and
/// those that no page may.
const NOT_EXPOSED: [&str; 9] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
    "set-cookie",
    "vary",
];

/// Whether a browser asks before it sends a request.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight: what was asked for is allowed.
pub(crate) fn preflight(request: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut echo = |from: HeaderName, to: HeaderName| {
        for value in request.get_all(from) {
            headers.append(&to, value.clone());
        }
    };
    echo(ACCESS_CONTROL_REQUEST_METHOD, ACCESS_CONTROL_ALLOW_METHODS);
    echo(ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_ALLOW_HEADERS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE);
    headers.insert(
        VARY,
        HeaderValue::from_static("origin, access-control-request-method, access-control-request-headers"),
    );
    if request.contains_key("access-control-request-private-network") {
        headers.insert(HeaderName::from_static("access-control-allow-private-network"), TRUE);
    }
    headers
}

/// Allows the page that sent the request to read and embed a backend's response. The origins that the backend allows
/// are replaced, since the backend does not know our address. A browser may keep the response to a request without an
/// origin, so that response too says that it depends on the origin.
pub(crate) fn allow_instead(origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
    if headers.contains_key(RESOURCE_POLICY) {
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }
    for name in [ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_EXPOSE_HEADERS] {
        headers.remove(name);
    }
    let Some(origin) = origin else { return vary_by_origin(headers) };
    if headers.contains_key(TIMING_ALLOW_ORIGIN) {
        headers.insert(TIMING_ALLOW_ORIGIN, origin.clone());
    }
    allow(origin, headers);
}

/// Lets the page that asked read an answer. What the answer itself says about CORS stays.
pub(crate) fn allow(origin: &HeaderValue, headers: &mut HeaderMap) {
    if headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        return;
    }
    if !headers.contains_key(ACCESS_CONTROL_EXPOSE_HEADERS)
        && let Some(names) = exposed(headers)
    {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, names);
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    vary_by_origin(headers);
}

/// Says that the response depends on the origin of the page.
fn vary_by_origin(headers: &mut HeaderMap) {
    let names_origin = |value: &HeaderValue| {
        value.to_str().is_ok_and(|text| {
            text.split(',').any(|name| matches!(name.trim(), "*") || name.trim().eq_ignore_ascii_case("origin"))
        })
    };
    if !headers.get_all(VARY).iter().any(names_origin) {
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
}

fn exposed(headers: &HeaderMap) -> Option<HeaderValue> {
    let names = headers.keys().map(HeaderName::as_str);
    let names: Vec<&str> =
        names.filter(|name| !NOT_EXPOSED.contains(name) && !name.starts_with("access-control-")).collect();
    if names.is_empty() { None } else { HeaderValue::from_str(&names.join(", ")).ok() }
}
