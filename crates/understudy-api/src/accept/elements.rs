//! The elements of an example's lists that a response has refuted.
//!
//! An element of a response only has to be like one of the example's elements. So one edit can settle a difference of
//! several elements, and the others would stay as they were: a stub would go on sending them. They get the value of the
//! response's element with the same number, or are removed.

use super::editing::Editing;
use super::place::{compared_with, value_at};
use crate::hidden::Hidden;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::collections::BTreeSet;
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Tail;
use understudy_exchange::{Json, JsonPath, JsonText, Response};
use understudy_fixture::model::{ResponseBody, ResponsePromise};
use understudy_match::judge;

/// The maximum number of pairs of elements that are compared.
const PAIRS_MAX: usize = 2_500;

/// The list at a place of a response, and the numbers of its elements that differed.
struct List<'p> {
    place: &'p [Tail<'p>],
    differed: BTreeSet<usize>,
}

/// Renews the refuted elements of the lists in which differences were accepted.
pub(super) fn renew(editing: &mut Editing<'_>, accepted: &[String], response: &Response, hidden: &Hidden) {
    let Ok(body) = Json::parse(&response.body) else { return };
    let paths: Vec<JsonPath> = accepted.iter().filter_map(|path| JsonPath::parse(path).ok()).collect();
    let tails: Vec<Vec<Tail<'_>>> = paths.iter().map(|path| path.split_singular_tail().1).collect();
    for list in lists(&tails) {
        if let Some(Json::Array(received)) = value_at(&body, list.place) {
            list.renew(editing, received, response, hidden);
        }
    }
}

impl List<'_> {
    fn renew(&self, editing: &mut Editing<'_>, received: &[Json], response: &Response, hidden: &Hidden) {
        let Some(example) = editing.response().ok().and_then(example) else { return };
        let Some((list, Json::Array(items))) = compared_with(&example, self.place) else { return };
        if received.is_empty() || items.len().saturating_mul(received.len()) > PAIRS_MAX {
            return;
        }
        // From the end, so that the numbers of the others stay.
        for (at, item) in items.iter().enumerate().rev() {
            if received.iter().any(|received| is_like(item, received)) {
                continue;
            }
            // The last one was also compared with all elements that the example has no more for.
            let has_differed = self.differed.iter().any(|number| at == (*number).min(items.len() - 1));
            // A kind of element that did not come this time says nothing, unless all that came are of another type.
            let is_other_type = self.differed.len() >= received.len()
                && *item != Json::Null
                && received.iter().all(|received| received.type_name() != item.type_name());
            let steps: Vec<Step<'_>> = list.iter().copied().chain([Step::Index(at)]).collect();
            // An element that cannot be renewed stays, as it did no harm to the comparison.
            let _ = match received.get(at) {
                Some(value) if has_differed || is_other_type => {
                    editing.attempt(response, |editing| editing.put_received(&steps, value, self.place, hidden), None)
                }
                None if is_other_type => editing.attempt(response, |editing| editing.put(&steps, None), None),
                _ => Ok(()),
            };
        }
    }
}

/// The example of a response whose body is JSON.
fn example(response: &ResponsePromise) -> Option<Json> {
    match &response.body {
        Some(ResponseBody::Json(text)) => Some(text.value()),
        Some(ResponseBody::Text(text)) => Json::parse(text.as_bytes()).ok(),
        Some(ResponseBody::File(file)) => Json::parse(&file.content).ok(),
        _ => None,
    }
}

/// Returns true if a received value has the shape of a written one.
fn is_like(written: &Json, received: &Json) -> bool {
    let expected = ResponsePromise::new(200, Vec::new(), Some(ResponseBody::Json(JsonText::new(written))));
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let response = Response { status: StatusCode::OK, headers, body: received.to_string().into() };
    judge(&expected, &[], &Method::GET, &response).mismatches.is_empty()
}

/// The lists on the way to these places, the outer ones first.
fn lists<'p>(tails: &'p [Vec<Tail<'p>>]) -> Vec<List<'p>> {
    let mut lists: Vec<List<'p>> = Vec::new();
    for tail in tails {
        for (depth, step) in tail.iter().enumerate() {
            let Some(at) = index(step) else { continue };
            let place = &tail[..depth];
            match lists.iter_mut().find(|list| list.place == place) {
                Some(list) => drop(list.differed.insert(at)),
                None => lists.push(List { place, differed: BTreeSet::from([at]) }),
            }
        }
    }
    lists.sort_by_key(|list| list.place.len());
    lists
}

fn index(step: &Tail<'_>) -> Option<usize> {
    match step {
        Tail::Index(index) => usize::try_from(*index).ok(),
        Tail::Name(_) => None,
    }
}
