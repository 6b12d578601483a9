//! Each file of `recordings/` is what was recorded and the fixtures that come of it. `UPDATE=1 cargo test` writes those anew.
//!
//! An exchange begins with `#### METHOD TARGET`, its header fields, an empty line and its body; the answer follows in the same
//! way after `#### answer STATUS`. The fixtures follow `#### fixtures`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::path::Path;
use std::sync::Arc;
use understudy_exchange::{Request, Response};
use understudy_fixture::model::ResponseBody;
use understudy_fixture::{BodyFiles, FileProblem, Source, fixture, write_fixture};
use understudy_import::{Draft, Recorded, drafts};
use understudy_match::{Choice, Incoming, Index, State};

/// Fields and body of a message.
fn message(text: &str) -> (HeaderMap, Bytes) {
    let (head, body) =
        text.strip_prefix('\n').map_or_else(|| text.split_once("\n\n").unwrap_or((text, "")), |body| ("", body));
    let field = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.trim().as_bytes()).unwrap())
    };
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().filter(|line| !line.is_empty()).map(field) {
        headers.append(name, value);
    }
    let body = body.trim_end_matches('\n');
    if !body.is_empty() && !headers.contains_key("content-type") {
        headers.insert("content-type", HeaderValue::from_static("application/json"));
    }
    (headers, Bytes::copy_from_slice(body.as_bytes()))
}

fn recorded(text: &str) -> Vec<Recorded> {
    let mut parts = text.split("#### ").skip(1);
    let mut all = Vec::new();
    while let (Some(request), Some(answer)) = (parts.next(), parts.next()) {
        let (line, rest) = request.split_once('\n').unwrap();
        let (method, target) = line.split_once(' ').unwrap();
        let (headers, body) = message(rest);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = Request { method, target: target.parse().unwrap(), headers, body };
        let (line, rest) = answer.split_once('\n').unwrap();
        let status: u16 = line.strip_prefix("answer ").unwrap().parse().unwrap();
        let (headers, body) = message(rest);
        let response = Response { status: StatusCode::from_u16(status).unwrap(), headers, body };
        all.push(Recorded { request, response });
    }
    all
}

/// The body files of the drafts.
struct Files<'d>(&'d [Draft]);

impl BodyFiles for Files<'_> {
    fn read(&self, path: &str) -> Result<Bytes, FileProblem> {
        let found = self.0.iter().flat_map(|draft| &draft.files).find(|(known, _)| known == path);
        found.map(|(_, content)| content.clone()).ok_or(FileProblem::Missing(Vec::new()))
    }
}

/// Whoever sends the same requests in the same order gets the same answers, of the fixtures as they are read from their files.
fn holds(exchanges: &[Recorded], drafts: &[Draft], case: &Path) {
    let fixtures: Vec<Arc<_>> = drafts
        .iter()
        .map(|draft| {
            let text = write_fixture(&draft.fixture);
            let source = Source { file: Arc::clone(&draft.fixture.file), text };
            let (read, problems) = fixture(&source, &draft.fixture.id, &Files(drafts));
            assert!(problems.is_empty(), "{}: {problems:?}\n{}", case.display(), source.text);
            Arc::new(read.unwrap())
        })
        .collect();
    let index = Index::new("", fixtures.clone());
    let mut asked = vec![0; fixtures.len()];
    for recorded in exchanges.iter().filter(|recorded| recorded.request.method != Method::OPTIONS) {
        let line = format!("{}: {} {}", case.display(), recorded.request.method, recorded.request.target);
        let Choice::Promise(place) = index.choose(&Incoming::new(&recorded.request), &State::new()) else {
            panic!("{line} is answered by nobody")
        };
        let fixture = &index.promises()[place];
        let at = fixtures.iter().position(|known| known.id == fixture.id).unwrap();
        let response = &fixture.responses[asked[at].min(fixture.responses.len() - 1)];
        asked[at] += 1;
        assert_eq!(response.status, recorded.response.status.as_u16(), "{line} by {}", fixture.id);
        if let (Some(ResponseBody::Json(body)), true) = (&response.body, response.rules.is_empty()) {
            let wanted = understudy_exchange::Json::parse(&recorded.response.body).unwrap();
            assert_eq!(body.value().to_string(), wanted.to_string(), "{line} by {}", fixture.id);
        }
    }
}

#[test]
fn recordings_become_fixtures_that_answer_as_it_was_recorded() {
    understudy_testkit::check_cases(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings")),
        |case, text| {
            let input = text.split("#### fixtures").next().unwrap();
            let exchanges = recorded(input);
            let drafts = drafts(&exchanges, "");
            holds(&exchanges, &drafts, case);
            let mut out = format!("{input}#### fixtures\n");
            for draft in &drafts {
                out.push_str(&format!("\n# {}\n{}", draft.fixture.file, write_fixture(&draft.fixture)));
                for (path, content) in &draft.files {
                    out.push_str(&format!("# {path}: {} bytes\n", content.len()));
                }
            }
            out
        },
    );
}
