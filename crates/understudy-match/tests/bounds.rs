//! Bodies that would take too long to compare do not match, and say why; what is reported of large ones has a bound.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use understudy_exchange::{Request, Response};
use understudy_fixture::model::Fixture;
use understudy_fixture::{BodyFiles, FileProblem, Source, fixture};
use understudy_match::{Difference, Incoming, Index, State, explain, judge};

struct NoFiles;

impl BodyFiles for NoFiles {
    fn read(&self, path: &str) -> Result<Bytes, FileProblem> {
        panic!("{path} is not wanted")
    }
}

fn read(text: String) -> Fixture {
    let source = Source::new("case.yaml", text.into_bytes()).unwrap();
    let (read, diagnostics) = fixture(&source, "case", &NoFiles);
    read.unwrap_or_else(|| panic!("{}", diagnostics[0]))
}

/// The differences of a request to the only fixture; none if the request matches.
fn differences(fixture: &str, content_type: &'static str, body: String) -> Vec<String> {
    let text = format!("request: {{ method: POST, path: /a, {fixture} }}\nresponse: {{ status: 200 }}\n");
    let index = Index::new("", [Arc::new(read(text))]);
    let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    let request = Request { method: Method::POST, target: "/a".parse().unwrap(), headers, body: body.into() };
    let explanation = explain(&index, &Incoming::new(&request), &State::default());
    let differences: Vec<&Difference> = explanation.near.iter().flat_map(|near| &near.differences).collect();
    assert_eq!(explanation.chosen.is_some(), differences.is_empty());
    differences.into_iter().map(ToString::to_string).collect()
}

#[test]
fn a_long_list_of_large_records_matches_in_another_order() {
    let record = |id: usize, n: usize| {
        let fields: Vec<String> = (0..40).map(|field| format!("\"f{field}\":{}", n + field)).collect();
        format!("{{\"id\":{id},{}}}", fields.join(","))
    };
    let written = (0..300).map(|n| record(n, n)).collect::<Vec<_>>().join(",");
    let sent = (0..300).rev().map(|n| record(n + 1_000, n)).collect::<Vec<_>>().join(",");
    let fixture = format!("body: {{ json: [{written}] }}, match: {{ $: unordered, '$[*].id': integer }}");
    assert_eq!(differences(&fixture, "application/json", format!("[{sent}]")), [""; 0]);
}

#[test]
fn json_with_too_many_pairs_of_large_elements_does_not_match() {
    let numbers = |last: usize| (0..40).map(|n| n.to_string()).collect::<Vec<_>>().join(",") + &format!(",{last}");
    let items = |from: usize| (from..from + 200).map(|n| format!("[{}]", numbers(n))).collect::<Vec<_>>().join(",");
    let fixture =
        format!("body: {{ json: {{ a: [[{}]] }} }}, match: {{ $.a: unordered, '$.a[*]': unordered }}", items(0));
    let found = differences(&fixture, "application/json", format!("{{\"a\":[[{}]]}}", items(1_000)));
    assert_eq!(
        found,
        [
            "body $.a: expected the same elements in any order, received too many values that differ to compare them in any order (at most 500000)"
        ]
    );
}

#[test]
fn xml_with_too_many_pairs_of_large_elements_does_not_match() {
    let items = |from: usize| {
        let inner = "<b/>".repeat(20);
        (from..from + 200).map(|n| format!("<i>{inner}<c>{n}</c></i>")).collect::<String>()
    };
    let fixture = format!("body: {{ xml: '<a>{}</a>' }}, match: {{ /a: unordered }}", items(0));
    let found = differences(&fixture, "application/xml", format!("<a>{}</a>", items(1_000)));
    assert_eq!(
        found,
        [
            "body /a: expected the same children in any order, received too many values that differ to compare them in any order (at most 500000)"
        ]
    );
}

#[test]
fn a_form_with_too_many_parts_does_not_match() {
    let written = vec!["{ name: f, text: a }"; 300].join(", ");
    let part = "--X\r\ncontent-disposition: form-data; name=f\r\n\r\na\r\n";
    let body = format!("{}--X--", part.repeat(1_000));
    let found = differences(&format!("body: {{ multipart: [{written}] }}"), "multipart/form-data; boundary=X", body);
    assert_eq!(found, ["body: expected at most 833 parts beside 300 written ones, received 1000 parts"]);
}

#[test]
fn a_request_with_too_many_values_to_compare_by_shape_does_not_match() {
    let body = format!("[{}0]", "0,".repeat(1_000_001));
    let found = differences("body: { json: [0] }, match: { $: array }", "application/json", body);
    assert_eq!(found[0], "body $[999999]: expected at most 1000000 values to compare by shape, received more values");
}

#[test]
fn what_is_reported_of_a_large_response_has_a_bound() {
    let text = "request: { path: /a }\nresponse:\n  body: { json: { a: [{ n: 1, o: null, in: [[1, 2], [x]] }] } }\n";
    let fixture = read(text.to_owned());
    let item = r#"{"n":"x","o":7,"more":1,"in":[["1","2"]]}"#;
    let body = format!("{{\"a\":[{}]}}", vec![item; 2_000].join(","));
    let headers = [(HeaderName::from_static("content-type"), HeaderValue::from_static("application/json"))];
    let response = Response { status: StatusCode::OK, headers: HeaderMap::from_iter(headers), body: Bytes::from(body) };
    let verdict = judge(&fixture.responses[0], &fixture.verify.status, &Method::GET, &response);
    assert_eq!((verdict.mismatches.len(), verdict.added.len(), verdict.unproven.len()), (1_000, 1_000, 1_000));
}
