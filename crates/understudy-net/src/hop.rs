//! Fields that are about one connection (RFC 9110, section 7.6.1).

use http::header::{CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName};

fn is_hop_by_hop(name: &HeaderName) -> bool {
    match *name {
        CONNECTION | PROXY_AUTHENTICATE | PROXY_AUTHORIZATION | TE | TRANSFER_ENCODING | UPGRADE => true,
        _ => matches!(name.as_str(), "keep-alive" | "proxy-connection"),
    }
}

/// Whether a client takes trailer fields (RFC 9110, section 10.1.4).
#[must_use]
pub fn takes_trailers(headers: &HeaderMap) -> bool {
    list(headers, &TE).any(|coding| coding.eq_ignore_ascii_case("trailers"))
}

/// Leaves the fields that are meant for the other end.
pub fn end_to_end(headers: &mut HeaderMap) {
    let named = list(headers, &CONNECTION).filter_map(|name| HeaderName::try_from(name).ok());
    let own: Vec<HeaderName> = named.chain(headers.keys().filter(|name| is_hop_by_hop(name)).cloned()).collect();
    for name in own {
        headers.remove(name);
    }
}

/// A copy of the fields that are meant for the other end, as far as they are `wanted`.
#[must_use]
pub fn end_to_end_of(headers: &HeaderMap, wanted: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let named: Vec<&str> = list(headers, &CONNECTION).collect();
    let is_named = |name: &HeaderName| named.iter().any(|named| named.eq_ignore_ascii_case(name.as_str()));
    // A clone would have no room for what is added, and be moved for it.
    let mut copy = HeaderMap::with_capacity(headers.len() + ADDED);
    for (name, value) in headers {
        if wanted(name) && !is_hop_by_hop(name) && !is_named(name) {
            copy.append(name, value.clone());
        }
    }
    copy
}

/// How many fields are added to most copies, at most.
const ADDED: usize = 4;

/// The elements of a field that is a list (RFC 9110, section 5.6.1).
fn list<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    // Nearly always it is not there, which is sooner seen by looking at all names than in the table.
    let is_there = headers.keys().any(|other| other == name);
    let values = is_there.then(|| headers.get_all(name)).into_iter().flatten();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',').map(str::trim))
}
