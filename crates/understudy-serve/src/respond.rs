//! A prepared response, as one request gets it.

use crate::conditional;
use crate::prepared::Prepared;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, RANGE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use understudy_match::{Chance, Moment, Rendered};
use understudy_net::coding::Coding;

/// The fields by which a request asks for something else than the response as it is.
const ASKS: [HeaderName; 4] = [ACCEPT_ENCODING, IF_MODIFIED_SINCE, IF_NONE_MATCH, RANGE];

/// The response with what the request asks of it: new values, conditions, ranges, a content coding.
pub(crate) fn respond(
    prepared: &Prepared,
    method: &Method,
    request: &HeaderMap,
    chance: &mut Chance,
    now: impl FnOnce() -> Moment,
) -> Rendered {
    let mut rendered = prepared.render(request, chance, now);
    // One look at the names instead of one for each: most requests ask for none of it.
    if !request.keys().any(|name| ASKS.contains(name)) {
        return rendered;
    }
    conditional::apply(method, request, prepared.own_headers(), &mut rendered);
    if rendered.status != StatusCode::PARTIAL_CONTENT && !request.contains_key(RANGE) {
        encode(prepared, request, &mut rendered);
    }
    rendered
}

fn encode(prepared: &Prepared, request: &HeaderMap, rendered: &mut Rendered) {
    let accepted = request.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).and_then(Coding::negotiate);
    let Some(coding) = accepted else { return };
    let Some(encoded) = prepared.encoded(coding, &rendered.body) else { return };
    rendered.body = encoded;
    rendered.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.as_str()));
    if !rendered.headers.contains_key(VARY) {
        rendered.headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    // RFC 9110, section 8.8.3.3: other bytes, so no longer the same strong tag.
    let strong = rendered.headers.get(ETAG).filter(|tag| tag.as_bytes().starts_with(b"\""));
    let weak = strong.and_then(|tag| HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()).ok());
    if let Some(weak) = weak {
        rendered.headers.insert(ETAG, weak);
    }
}
