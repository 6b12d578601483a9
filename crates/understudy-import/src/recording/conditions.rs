//! Incomplete responses. A 304 is replaced by the 200 that it stands for, and so is a 206 that has the whole content.

use super::Recorded;
use http::header::{CONTENT_RANGE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use std::borrow::Cow;
use std::collections::HashMap;
use understudy_exchange::{Request, Response};

/// The reason why a 304 without its 200 is left out of the proposals.
pub const WITHOUT_CONTENT: &str = "a 304 says only that the client's copy is current, and no 200 with the content was recorded; \
     disable the client's cache while you record (in browsers: developer tools, Network, Disable cache)";

/// Returns the exchanges as they would be without conditional and range requests. A 304, and a part of a resource that
/// was also recorded as a whole, are replaced by the 200. A stub can serve all of them from it.
pub(super) fn unconditional(exchanges: &[Recorded]) -> Cow<'_, [Recorded]> {
    let is_less = |recorded: &Recorded| is_not_modified(recorded) || is_part(recorded);
    if !exchanges.iter().any(is_less) {
        return Cow::Borrowed(exchanges);
    }
    let whole: Vec<Recorded> =
        exchanges.iter().map(|recorded| all_of_it(recorded).unwrap_or_else(|| recorded.clone())).collect();
    let contents = Contents::of(&whole);
    let unconditional = |(at, recorded): (usize, &Recorded)| {
        let response = if is_not_modified(recorded) {
            content_of(at, recorded, &contents)
        } else if is_part(recorded) {
            whole_of(recorded, &contents)
        } else {
            None
        };
        response.map_or_else(|| recorded.clone(), |response| without_range(recorded, response))
    };
    Cow::Owned(whole.iter().enumerate().map(unconditional).collect())
}

/// The responses with status 200 by the targets of their requests, in order.
struct Contents<'r>(HashMap<&'r str, Vec<(usize, &'r Recorded)>>);

impl<'r> Contents<'r> {
    fn of(exchanges: &'r [Recorded]) -> Self {
        let mut by_target: HashMap<&str, Vec<(usize, &Recorded)>> = HashMap::new();
        for (at, recorded) in exchanges.iter().enumerate().filter(|(_, other)| other.response.status == StatusCode::OK)
        {
            by_target.entry(recorded.request.target.as_str()).or_default().push((at, recorded));
        }
        Self(by_target)
    }

    /// The responses to the target of a request.
    fn to(&self, request: &Request) -> &[(usize, &'r Recorded)] {
        self.0.get(request.target.as_str()).map_or(&[], Vec::as_slice)
    }
}

fn is_part(recorded: &Recorded) -> bool {
    recorded.response.status == StatusCode::PARTIAL_CONTENT
}

/// The range of a response to a range request: the first byte, the byte after the last, and the total length.
fn range(response: &Response) -> Option<(usize, usize, usize)> {
    let range = response.headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?;
    let (part, length) = range.split_once('/')?;
    let (first, last) = part.split_once('-')?;
    let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
    Some((first, last.checked_add(1)?, length.parse().ok()?))
}

/// Replaces a request for the range from 0 to the end, which media players send, by a request for the whole content.
fn all_of_it(recorded: &Recorded) -> Option<Recorded> {
    let response = &recorded.response;
    let (first, end, length) = range(response).filter(|_| is_part(recorded))?;
    let is_all = first == 0 && end == length && length == response.body.len();
    is_all.then(|| without_range(recorded, Response { status: StatusCode::OK, ..response.clone() }))
}

/// Finds the 200 that contains the content of a 206.
fn whole_of(recorded: &Recorded, contents: &Contents<'_>) -> Option<Response> {
    let Recorded { request, response, .. } = recorded;
    let (first, end, length) = range(response)?;
    let is_whole = |(_, other): &&(usize, &Recorded)| {
        let body = &other.response.body;
        other.request.method == request.method && body.len() == length && body.get(first..end) == Some(&*response.body)
    };
    contents.to(request).iter().find(is_whole).map(|(_, found)| found.response.clone())
}

fn without_range(recorded: &Recorded, response: Response) -> Recorded {
    let mut recorded = Recorded { response, ..recorded.clone() };
    recorded.response.headers.remove(CONTENT_RANGE);
    recorded.request.headers.remove(RANGE);
    recorded.request.headers.remove(IF_RANGE);
    recorded
}

/// The exchanges that are left out because they only report that a client's copy is current.
#[must_use]
pub fn without_content(exchanges: &[Recorded]) -> Vec<usize> {
    let unconditional = unconditional(exchanges);
    (0..exchanges.len()).filter(|at| is_not_modified(&unconditional[*at])).collect()
}

pub(super) fn is_not_modified(recorded: &Recorded) -> bool {
    recorded.response.status == StatusCode::NOT_MODIFIED
}

/// Finds the response that a 304 stands for. It is the last earlier response to the same request with the validator
/// that the client sent, or else the first later one. Browsers also write archives in which the 304 has the content.
fn content_of(at: usize, recorded: &Recorded, contents: &Contents<'_>) -> Option<Response> {
    let Recorded { request, response, .. } = recorded;
    if !response.body.is_empty() {
        return Some(Response { status: StatusCode::OK, ..response.clone() });
    }
    let is_same = |(_, other): &&(usize, &Recorded)| {
        let is_read = other.request.method == request.method || other.request.method == Method::GET;
        is_read && is_validated(&request.headers, &response.headers, &other.response.headers)
    };
    let (before, after): (Vec<_>, Vec<_>) = contents.to(request).iter().partition(|(other, _)| *other < at);
    let found = before.into_iter().rev().chain(after).find(|content| is_same(&content));
    found.map(|(_, found)| found.response.clone())
}

/// Returns true if the client's copy has these header fields. Entity tags are compared weakly (RFC 9110, section
/// 13.1.2).
fn is_validated(sent: &HeaderMap, received: &HeaderMap, content: &HeaderMap) -> bool {
    let text = |headers: &HeaderMap, name: &HeaderName| {
        headers.get(name).and_then(|value| value.to_str().ok()).map(|text| text.trim().to_owned())
    };
    // Some servers leave out the quotes.
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    match (text(content, &ETAG), text(sent, &IF_NONE_MATCH)) {
        (Some(etag), Some(wanted)) => {
            let is_current = text(received, &ETAG).is_none_or(|current| opaque(&current) == opaque(&etag));
            is_current && (wanted == "*" || wanted.split(',').any(|tag| opaque(tag) == opaque(&etag)))
        }
        _ => {
            let modified = text(content, &LAST_MODIFIED);
            modified.is_some() && modified == text(sent, &IF_MODIFIED_SINCE)
        }
    }
}
