//! Conditional and range requests (RFC 9110, sections 13 and 14) on what fixtures answer with 200.

use crate::range::{self, Asked, Kept};
use http::header::{
    CACHE_CONTROL, CONTENT_LOCATION, CONTENT_RANGE, ETAG, EXPIRES, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    LAST_MODIFIED, RANGE, VARY,
};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use understudy_match::Rendered;

/// Turns a 200 into a 304, 206 or 416 if the request requires that. Returns the part of the body,
/// which has this length, that is sent. Fields in `own` are matched by the fixture itself, which
/// then responds as written.
pub(crate) fn apply(
    method: &Method,
    request: &HeaderMap,
    own: &[HeaderName],
    length: u64,
    rendered: &mut Rendered,
) -> Kept {
    if rendered.status != StatusCode::OK || !matches!(*method, Method::GET | Method::HEAD) {
        return Kept::All;
    }
    let asked = |name: &HeaderName| {
        if own.contains(name) { None } else { request.get(name).and_then(|value| value.to_str().ok()) }
    };
    if is_unchanged(asked(&IF_NONE_MATCH), asked(&IF_MODIFIED_SINCE), &rendered.headers) {
        rendered.status = StatusCode::NOT_MODIFIED;
        // Section 15.4.5: what a cache needs to know, and nothing about the content.
        let kept = [CACHE_CONTROL, CONTENT_LOCATION, ETAG, EXPIRES, LAST_MODIFIED, VARY];
        let all = std::mem::take(&mut rendered.headers);
        for name in kept {
            all.get_all(&name).iter().for_each(|value| {
                rendered.headers.append(name.clone(), value.clone());
            });
        }
        return Kept::Nothing;
    }
    if *method == Method::GET
        && let Some(range) = asked(&RANGE)
        && asked(&IF_RANGE).is_none_or(|validator| is_same(validator, &rendered.headers))
    {
        return take_range(range, length, rendered);
    }
    Kept::All
}

fn is_unchanged(if_none_match: Option<&str>, if_modified_since: Option<&str>, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (if_none_match, text(ETAG)) {
        (Some(wanted), Some(etag)) => {
            // Tags are compared weakly (section 8.8.3.2). Some servers send a tag without quotes, and some clients add
            // them.
            let opaque = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
            wanted.trim() == "*" || split_tags(wanted).any(|tag| opaque(tag) == opaque(etag))
        }
        // Section 13.1.3: ignored where there is an If-None-Match.
        (Some(_), None) => false,
        (None, _) => {
            let time = |text: &str| httpdate::parse_http_date(text).ok();
            match (if_modified_since.and_then(time), text(LAST_MODIFIED).and_then(time)) {
                (Some(since), Some(modified)) => modified <= since,
                _ => false,
            }
        }
    }
}

/// Entity tags may hold commas.
fn split_tags(list: &str) -> impl Iterator<Item = &str> {
    let mut in_quotes = false;
    list.split(move |c| {
        if c == '"' {
            in_quotes = !in_quotes;
        }
        c == ',' && !in_quotes
    })
}

/// Section 13.1.5: a strong tag or the exact date.
fn is_same(validator: &str, headers: &HeaderMap) -> bool {
    let is = |name: HeaderName| headers.get(name).is_some_and(|value| value.as_bytes() == validator.trim().as_bytes());
    if validator.contains('"') { !validator.starts_with("W/") && is(ETAG) } else { is(LAST_MODIFIED) }
}

fn take_range(asked: &str, length: u64, rendered: &mut Rendered) -> Kept {
    match range::parse(asked, length) {
        Asked::Ranges(mut ranges) => {
            rendered.status = StatusCode::PARTIAL_CONTENT;
            if ranges.len() > 1 {
                return Kept::Ranges(ranges);
            }
            let range = ranges.remove(0);
            rendered.headers.insert(CONTENT_RANGE, range::content_range(&range, length));
            Kept::Range(range)
        }
        Asked::Outside => {
            rendered.status = StatusCode::RANGE_NOT_SATISFIABLE;
            rendered.headers.insert(CONTENT_RANGE, range::unsatisfied(length));
            Kept::Nothing
        }
        Asked::All => Kept::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    /// github.com/Shopify/response_bank/pull/65, github.com/getmoto/moto/pull/5715, github.com/PlaidWeb/Publ/issues/460.
    #[test]
    fn tags_are_compared_weakly_and_with_or_without_quotes() {
        let is_unchanged = |wanted: &str, etag: &str| {
            let headers = HeaderMap::from_iter([(ETAG, HeaderValue::from_str(etag).expect("a tag"))]);
            super::is_unchanged(Some(wanted), None, &headers)
        };
        for (wanted, etag) in [
            ("\"v1\"", "W/\"v1\""),
            ("W/\"v1\"", "\"v1\""),
            ("\"v1\"", "v1"),
            ("v1", "\"v1\""),
            ("\"v0\", \"v1\"", "W/\"v1\""),
            ("*", "v1"),
        ] {
            assert!(is_unchanged(wanted, etag), "{wanted} {etag}");
        }
        assert!(!is_unchanged("\"v2\"", "v1"));
    }
}
