//! Completes a fixture's example request with the values of a backend, of a flow and of every client.

use crate::backend::Backend;
use crate::flow::Context;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, Entry, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use understudy_exchange::{Request, cookie_pairs};
use understudy_fixture::model::{Check, Field, FieldMatcher, Fixture};
use understudy_match::request_at;
use understudy_net::BODY_BYTES_MAX;
use understudy_net::coding::{Coding, CodingError, decode};

/// Completes a fixture's example for a backend.
pub(crate) fn complete(mut request: Request, fixture: &Fixture, backend: &Backend, context: &Context) -> Request {
    add_headers(fixture, backend, &mut request.headers);
    add_what_clients_send(fixture, &mut request);
    // The address of the service in the fixture becomes that of the verified backend.
    let mut request = request_at(&request, &backend.addresses.promised, backend.here()).into_owned();
    add_cookies(fixture, backend, context, &mut request);
    encode_body(&mut request);
    request
}

/// Puts a readable body into the content coding that the header fields name. A body that is in it already stays.
fn encode_body(request: &mut Request) {
    let named = request.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let Some(coding) = named.and_then(Coding::named).filter(|_| !request.body.is_empty()) else { return };
    let decoded = decode(coding.as_str(), request.body.clone(), BODY_BYTES_MAX);
    if matches!(decoded, Err(CodingError::Malformed(_))) {
        request.body = coding.encode(&request.body);
    }
}

/// Adds the backend's header fields, unless the fixture requires a value or the absence of the field.
fn add_headers(fixture: &Fixture, backend: &Backend, headers: &mut HeaderMap) {
    let pinned = |field: &Field| match &field.matcher {
        FieldMatcher::Equals(_) | FieldMatcher::List(_) => true,
        FieldMatcher::Rule(_) => wants_none(field),
    };
    for (name, value) in &backend.headers {
        // These fields hold the cookies and the body of the fixture. Cookies that it only sends are added to those of
        // the backend.
        let asks_for_cookies = || fixture.request.cookies.iter().any(|field| !field.matcher.asks_nothing());
        let own = (name == COOKIE && asks_for_cookies()) || (name == CONTENT_TYPE && fixture.request.body.is_some());
        let value = if name == COOKIE { with_cookies(value, headers) } else { value.clone() };
        if !own && !fixture.request.headers.iter().any(|field| field.name == name.as_str() && pinned(field)) {
            headers.insert(name.clone(), value);
        }
    }
}

/// Joins the cookies of a backend and those cookies of a request that have other names.
fn with_cookies(value: &HeaderValue, headers: &HeaderMap) -> HeaderValue {
    let backend = HeaderMap::from_iter([(COOKIE, value.clone())]);
    let is_other = |name: &str| cookie_pairs(&backend).all(|(known, _)| known != name);
    let others =
        cookie_pairs(headers).filter(|(name, _)| is_other(name)).map(|(name, value)| format!("{name}={value}"));
    let all: Vec<String> = value.to_str().map(str::to_owned).into_iter().chain(others).collect();
    HeaderValue::from_str(&all.join("; ")).unwrap_or_else(|_| value.clone())
}

/// Adds the header fields of every client: the user agent, and the length of an empty body for methods that have one
/// (RFC 9110, section 8.6).
fn add_what_clients_send(fixture: &Fixture, request: &mut Request) {
    let is_written = |name: &HeaderName| fixture.request.headers.iter().any(|field| field.name == name.as_str());
    if !is_written(&USER_AGENT) {
        let agent = HeaderValue::from_static(concat!("understudy/", env!("CARGO_PKG_VERSION")));
        request.headers.entry(USER_AGENT).or_insert(agent);
    }
    // A listed length that is not the body's would cut the body off.
    let (length, is_chunked) = (request.body.len(), request.headers.contains_key(TRANSFER_ENCODING));
    if !request.body.is_empty() || is_chunked {
        match request.headers.entry(CONTENT_LENGTH) {
            Entry::Occupied(written) if is_chunked => drop(written.remove_entry_mult()),
            Entry::Occupied(mut written) => drop(written.insert(HeaderValue::from(length))),
            Entry::Vacant(_) => {}
        }
    }
    let has_content = matches!(request.method, Method::POST | Method::PUT | Method::PATCH);
    if has_content && request.body.is_empty() && !is_chunked && !is_written(&CONTENT_LENGTH) {
        request.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}

/// Adds the cookies of the flow, except those that the fixture sends itself or requires to be absent.
fn add_cookies(fixture: &Fixture, backend: &Backend, context: &Context, request: &mut Request) {
    let none_at_all = fixture.request.headers.iter().any(|field| field.name == COOKIE.as_str() && wants_none(field));
    if none_at_all {
        return;
    }
    let path = format!("{}{}", backend.address.path, request.path());
    let unwanted = |name: &str| fixture.request.cookies.iter().any(|field| field.name == name && wants_none(field));
    let mut pairs: Vec<String> = Vec::new();
    for (name, value) in context.jar.pairs(&path) {
        if !unwanted(name) && !cookie_pairs(&request.headers).any(|(own, _)| own == name) {
            pairs.push(format!("{name}={value}"));
        }
    }
    if pairs.is_empty() {
        return;
    }
    let own = request.headers.get(COOKIE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let all: Vec<String> = own.into_iter().chain(pairs).collect();
    if let Ok(value) = HeaderValue::from_str(&all.join("; ")) {
        request.headers.insert(COOKIE, value);
    }
}

/// Returns true if a fixture requires a field to be absent, for example to get a 401.
fn wants_none(field: &Field) -> bool {
    matches!(&field.matcher, FieldMatcher::Rule(rule) if rule.checks.contains(&Check::Absent))
}
