//! A prepared response, as one request gets it.

use crate::conditional;
use crate::prepared::Prepared;
use crate::range::{Kept, cut};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, RANGE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use understudy_match::{Chance, Moment, Rendered};
use understudy_net::coding::Coding;
use understudy_net::{OpenFile, Outbound, OutboundBody};

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
    let length = rendered.body.len() as u64;
    let kept = conditional::apply(method, request, prepared.own_headers(), length, &mut rendered);
    if kept != Kept::All {
        let pieces = kept.pieces(length, &mut rendered.headers);
        rendered.body = cut(pieces, &rendered.body);
    } else if rendered.status != StatusCode::PARTIAL_CONTENT && !request.contains_key(RANGE) {
        encode(prepared, request, &mut rendered);
    }
    rendered
}

/// The response whose body is a file on the disk, which is sent as it is, or in parts.
pub(crate) fn respond_with_file(
    prepared: &Prepared,
    file: OpenFile,
    method: &Method,
    request: &HeaderMap,
    chance: &mut Chance,
    now: impl FnOnce() -> Moment,
) -> Outbound {
    let mut rendered = prepared.render(request, chance, now);
    let length = file.bytes();
    let kept = conditional::apply(method, request, prepared.own_headers(), length, &mut rendered);
    let pieces = kept.pieces(length, &mut rendered.headers);
    let body = OutboundBody::File(Box::new(file.body(pieces)));
    Outbound { status: rendered.status, headers: rendered.headers, body }
}

fn encode(prepared: &Prepared, request: &HeaderMap, rendered: &mut Rendered) {
    let Some(accept) = request.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else { return };
    let written = prepared.coding().filter(|coding| coding.is_accepted(accept));
    let Some(coding) = written.or_else(|| Coding::negotiate(accept)) else { return };
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
