//! Tests that texts and bytes are sent by contract tests and served by stubs as they were recorded.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use understudy_exchange::{Request, Response};
use understudy_fixture::{BodyFiles, FileProblem, Source, fixture, write_fixture};
use understudy_import::{Draft, Recorded, drafts};
use understudy_match::{Choice, Incoming, Index, Rendering, State, example_request, judge};

/// The body files of the drafts.
struct Files<'d>(&'d [Draft]);

impl BodyFiles for Files<'_> {
    fn read(&self, path: &str) -> Result<Bytes, FileProblem> {
        let found = self.0.iter().flat_map(|draft| &draft.files).find(|(known, _)| known == path);
        found.map(|(_, content)| content.clone()).ok_or(FileProblem::Missing(Vec::new()))
    }
}

/// Text in other charsets: wiremock/wiremock#698. Braces of templates are plain text.
#[test]
fn bytes_of_texts_are_the_same_in_both_directions() {
    let texts: &[(&str, &[u8])] = &[
        ("text/plain; charset=iso-8859-8", b"\xf9\xec\xe5\xed"),
        ("text/csv; charset=utf-16", b"\xff\xfea\0\xe9\0"),
        ("text/x-mustache", br"Hi {{name}}, \{{{body}}} {{#if x}}{{"),
        ("application/octet-stream", b"{\"a\":  1.50}"),
        ("application/octet-stream", b"\0\x01\xff"),
        ("application/x-www-form-urlencoded", b"some+data"),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\n{{x}}\r\n--b--\r\n"),
    ];
    for (content_type, bytes) in texts {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(content_type));
        let body = Bytes::from_static(bytes);
        let target = "/echo".parse().unwrap();
        let request = Request { method: Method::POST, target, headers: headers.clone(), body: body.clone() };
        let response = Response { status: StatusCode::OK, headers, body: body.clone() };
        let exchanges = [Recorded { request: request.clone(), response: response.clone(), redactions: Vec::new() }];
        let drafts = drafts(&exchanges, "");
        let text = write_fixture(&drafts[0].fixture);
        let source = Source { file: "echo.yaml".into(), text };
        let (read, problems) = fixture(&source, "echo", &Files(&drafts));
        let read = Arc::new(read.unwrap_or_else(|| panic!("{problems:?}\n{}", source.text)));
        let sent = example_request(&read, "", &|_| None).unwrap();
        assert_eq!((&sent.headers["content-type"], &sent.body), (&request.headers["content-type"], &body));
        let index = Index::new("", [Arc::clone(&read)]);
        assert_eq!(index.choose(&Incoming::new(&request), &State::new()), Choice::Promise(0), "{content_type}");
        let served = Rendering::new(&read.responses[0]);
        assert_eq!(&served.always().body, &body, "{content_type}");
        assert_eq!(served.always().headers["content-type"], response.headers["content-type"]);
        assert_eq!(judge(&read.responses[0], &[], &Method::POST, &response).mismatches, [], "{content_type}");
    }
}
