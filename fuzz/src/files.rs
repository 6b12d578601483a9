//! Files of the user and of others: fixtures, projects, descriptions.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use understudy_exchange::{Request, Response};
use understudy_fixture::model::{Fixture, Requests};
use understudy_fixture::{BodyFiles, FileProblem, Source, complete, write_fixture};
use understudy_match::{Incoming, Index, State, judge, stub_request};
use understudy_openapi::{Answer, Asking, Description, Files};

/// No body files, or the same one whatever it is called.
pub(crate) struct OneFile(pub(crate) Option<Bytes>);

impl BodyFiles for OneFile {
    fn read(&self, _: &str) -> Result<Bytes, FileProblem> {
        self.0.clone().ok_or(FileProblem::Missing(Vec::new()))
    }
}

/// The fixture of a file, if it is one, with whether nothing is wrong with it.
pub(crate) fn read(file: &str, text: &[u8], files: &dyn BodyFiles) -> Option<(Fixture, bool)> {
    let source = Source::new(file, text.to_vec()).ok()?;
    let (fixture, problems) = understudy_fixture::fixture(&source, "it", files);
    Some((fixture?, problems.iter().all(|problem| !problem.is_error())))
}

/// Fails where a file that was written has anything wrong in it.
pub(crate) fn is_right(text: &str, files: &dyn BodyFiles) {
    let source = Source::new("it.yaml", text.as_bytes().to_vec()).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
    let (fixture, problems) = understudy_fixture::fixture(&source, "it", files);
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(fixture.is_some() && problems.is_empty(), "{}\n{text}", problems.join("\n"));
}

/// Checks that a written fixture is read and written the same again, and that its own request can be held against it.
pub(crate) fn fixture(data: &[u8]) {
    let body = OneFile(Some(Bytes::from_static(b"{}")));
    for file in ["it.yaml", "it.json"] {
        let Some((fixture, is_right)) = read(file, data, &body) else { continue };
        if is_right {
            let text = write_fixture(&fixture);
            let again = read("it.yaml", text.as_bytes(), &body);
            // A value that `check` would warn of is spelled in another way (`equals`), and then stays so.
            let written = again.map(|(fixture, is_right)| (write_fixture(&fixture), is_right));
            assert_eq!(written, Some((text, true)));
        }
        play(&Arc::new(fixture));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let (written, _) = complete(text);
        assert!(written <= text.chars().count());
    }
}

/// Asks for what a fixture stands for, and holds answers against it.
fn play(fixture: &Arc<Fixture>) {
    let index = Index::new("/base", [Arc::clone(fixture)]);
    if let Ok(request) = stub_request(fixture, "/base") {
        let _ = index.choose(&Incoming::new(&request), &State::new());
    }
    for promise in &fixture.responses {
        for body in [&b"{}"[..], b"[1,{\"a\":null}]", b"\xFF", b""] {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", HeaderValue::from_static("application/json"));
            let answer = Response { status: StatusCode::OK, headers, body: Bytes::from_static(body) };
            let _ = judge(promise, &[], &Method::GET, &answer);
        }
    }
}

/// What a project's file says is told, whatever it is.
pub(crate) fn project(data: &[u8]) {
    let Ok(source) = Source::new("understudy.yaml", data.to_vec()) else { return };
    let (project, problems) = understudy_fixture::project(&source);
    for service in &project.services {
        assert!(!service.name.is_empty(), "{problems:?}");
    }
}

/// A description that is one file.
struct Only<'d>(&'d str, &'d [u8]);

impl Files for Only<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if path == self.0 { Ok(self.1.to_vec()) } else { Err("there is no such file".to_owned()) }
    }
}

fn open(data: &[u8]) -> Option<Description> {
    let file = if data.first() == Some(&b'{') { "api.json" } else { "api.yaml" };
    Description::open(file, &Only(file, data)).ok()
}

/// How many operations are asked for: a document of thousands says nothing more.
const OPERATIONS_MAX: usize = 8;

/// Its operations can be asked for, and every fixture that it gives is read.
pub(crate) fn description(data: &[u8]) {
    let Some(description) = open(data) else { return };
    for operation in description.operations.iter().take(OPERATIONS_MAX) {
        let prefix = description.prefixes.first().map_or("", String::as_str);
        let path = format!("{prefix}{}?a=1&b[c]=2", operation.path.replace(['{', '}'], ""));
        let Ok(target) = path.parse() else { continue };
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let body = Bytes::from_static(b"{\"a\":[1,{}],\"b\":null}");
        let request = Request { method: operation.method.clone(), target, headers, body };
        for requests in [Requests::Refuse, Requests::Accept] {
            let asking = Asking { base: "", requests, chance: 1 };
            if let Answer::Response(described) = description.answer(&request, asking) {
                let (status, headers, body) = (described.status, described.headers, described.body);
                let _ = description.judge(&request, &Response { status, headers, body }, "");
            }
        }
    }
    for shown in description.fixtures(|_| true).shown.iter().take(OPERATIONS_MAX) {
        is_right(&write_fixture(&shown.fixture), &OneFile(None));
    }
}

/// The day of a comparison. Any day does.
const TODAY: &str = "2026-01-31";

/// A description is no other than itself; what changed between two is found whatever they are.
pub(crate) fn changes(data: &[u8]) {
    let split = data.windows(5).position(|window| window == b"\n---\n").unwrap_or(data.len());
    let Some(old) = open(&data[..split]) else { return };
    let same = old.changes(&old, TODAY);
    assert!(same.is_empty(), "{same:?}");
    if let Some(new) = data.get(split + 5..).and_then(open) {
        let _ = old.changes(&new, TODAY);
    }
}
