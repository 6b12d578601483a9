//! Conditional and range requests (RFC 9110, sections 13 and 14) on what fixtures answer with 200.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LOCATION, CONTENT_RANGE, ETAG, EXPIRES, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    LAST_MODIFIED, RANGE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::ops::Range;
use understudy_match::Rendered;

/// Makes a 304, 206 or 416 of a 200 where the request asks for it. Fields in `own` are matched by the fixture
/// itself, which then answers as it is written.
pub(crate) fn apply(method: &Method, request: &HeaderMap, own: &[HeaderName], rendered: &mut Rendered) {
    if rendered.status != StatusCode::OK || !matches!(*method, Method::GET | Method::HEAD) {
        return;
    }
    let asked = |name: &HeaderName| {
        if own.contains(name) { None } else { request.get(name).and_then(|value| value.to_str().ok()) }
    };
    if is_unchanged(asked(&IF_NONE_MATCH), asked(&IF_MODIFIED_SINCE), &rendered.headers) {
        rendered.status = StatusCode::NOT_MODIFIED;
        rendered.body = Bytes::new();
        // Section 15.4.5: what a cache needs to know, and nothing about the content.
        let kept = [CACHE_CONTROL, CONTENT_LOCATION, ETAG, EXPIRES, LAST_MODIFIED, VARY];
        let all = std::mem::take(&mut rendered.headers);
        for name in kept {
            all.get_all(&name).iter().for_each(|value| {
                rendered.headers.append(name.clone(), value.clone());
            });
        }
        return;
    }
    if *method == Method::GET
        && let Some(range) = asked(&RANGE)
        && asked(&IF_RANGE).is_none_or(|validator| is_same(validator, &rendered.headers))
    {
        take_range(range, rendered);
    }
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

fn take_range(asked: &str, rendered: &mut Rendered) {
    let length = rendered.body.len();
    match parse_range(asked, length) {
        Asked::Part(range) => {
            rendered.status = StatusCode::PARTIAL_CONTENT;
            set_content_range(&format!("bytes {}-{}/{length}", range.start, range.end - 1), rendered);
            rendered.body = rendered.body.slice(range);
        }
        Asked::Outside => {
            rendered.status = StatusCode::RANGE_NOT_SATISFIABLE;
            set_content_range(&format!("bytes */{length}"), rendered);
            rendered.body = Bytes::new();
        }
        Asked::All => {}
    }
}

fn set_content_range(value: &str, rendered: &mut Rendered) {
    rendered.headers.insert(CONTENT_RANGE, HeaderValue::from_str(value).expect("numbers are plain text"));
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Part(Range<usize>),
    /// No byte of it is there.
    Outside,
    /// Several ranges, another unit, or nothing that can be understood: all is sent, as section 14.2 allows.
    All,
}

fn parse_range(text: &str, length: usize) -> Asked {
    let Some((first, last)) = text.trim().strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return Asked::All;
    };
    let number =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<usize>().unwrap_or(usize::MAX));
    let range = match (first, last) {
        ("", "") => return Asked::All,
        ("", suffix) => {
            number(suffix).map(|suffix| length.saturating_sub(suffix)..if suffix == 0 { 0 } else { length })
        }
        (first, "") => number(first).map(|first| first..length),
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Some(first..last.saturating_add(1).min(length)),
            _ => None,
        },
    };
    match range {
        None => Asked::All,
        Some(range) if range.start < range.end => Asked::Part(range),
        Some(_) => Asked::Outside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        for (text, asked) in [
            ("bytes=0-4", Asked::Part(0..5)),
            ("bytes=5-", Asked::Part(5..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-30", Asked::Part(0..10)),
            ("bytes=9-99999999999999999999999", Asked::Part(9..10)),
            ("bytes=10-", Asked::Outside),
            ("bytes=-0", Asked::Outside),
            ("bytes=4-2", Asked::All),
            ("bytes=0-1,3-4", Asked::All),
            ("bytes=-", Asked::All),
            ("lines=1-2", Asked::All),
            ("bytes=a-b", Asked::All),
        ] {
            assert_eq!(parse_range(text, 10), asked, "{text}");
        }
    }
}
