//! Parses recordings from texts, and checks the fixtures made of them.

#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part, and one that cannot go on fails")]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use understudy_exchange::redact::{Redactor, SecretNames};
use understudy_exchange::{Request, Response};
use understudy_fixture::model::{Fixture, ResponseBody};
use understudy_fixture::{BodyFiles, FileProblem, Source, fixture, write_fixture};
use understudy_import::{Draft, Recorded};
use understudy_match::{Choice, Incoming, Index, State, Turns};

/// Parses the header fields and the body of a message.
pub(crate) fn message(text: &str) -> (HeaderMap, Bytes) {
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

pub(crate) fn recorded(text: &str) -> Vec<Recorded> {
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
        all.push((request, response));
    }
    redacted(all)
}

/// The exchanges without their secrets, as the recorder returns them.
pub(crate) fn redacted(exchanges: Vec<(Request, Response)>) -> Vec<Recorded> {
    let mut redactor = Redactor::new(SecretNames::default());
    exchanges.iter().for_each(|(request, response)| redactor.know(request, response));
    let recorded = exchanges.into_iter().map(|(request, response)| {
        let (request, response, redactions) = redactor.exchange(request, response);
        Recorded { request, response, redactions }
    });
    recorded.collect()
}

/// The body files of the drafts.
pub(crate) struct Files<'d>(pub(crate) &'d [Draft]);

impl BodyFiles for Files<'_> {
    fn read(&self, path: &str) -> Result<Bytes, FileProblem> {
        let found = self.0.iter().flat_map(|draft| &draft.files).find(|(known, _)| known == path);
        found.map(|(_, content)| content.clone()).ok_or(FileProblem::Missing(Vec::new()))
    }
}

/// A request with a placeholder for a secret that was refused, as in its fixture.
pub(crate) fn as_proposed(at: usize, recorded: &Recorded, drafts: &[Draft]) -> Request {
    let draft = drafts.iter().find(|draft| draft.exchanges.contains(&at)).unwrap();
    let text = write_fixture(&draft.fixture);
    let mut request = recorded.request.clone();
    for redaction in recorded.redactions.iter().filter(|_| draft.sends_refused) {
        let Some((_, rest)) = text.split_once(&format!("wrong-{}", redaction.kind)) else { continue };
        let number: String = rest.chars().take_while(|c| *c == '-' || c.is_ascii_digit()).collect();
        let wrong = format!("wrong-{}{number}", redaction.kind);
        let body = String::from_utf8_lossy(&request.body).replace(&redaction.stand_in, &wrong);
        request.body = body.into();
        for value in request.headers.values_mut() {
            let text = String::from_utf8_lossy(value.as_bytes()).replace(&redaction.stand_in, &wrong);
            *value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
        }
    }
    request
}

/// Reads the fixtures of drafts from their files.
pub(crate) fn read_again(drafts: &[Draft]) -> Vec<Arc<Fixture>> {
    let read = |draft: &Draft| {
        let text = write_fixture(&draft.fixture);
        let source = Source { file: Arc::clone(&draft.fixture.file), text };
        let (read, problems) = fixture(&source, &draft.fixture.id, &Files(drafts));
        assert!(problems.is_empty(), "{problems:?}\n{}", source.text);
        Arc::new(read.unwrap())
    };
    drafts.iter().map(read).collect()
}

/// Checks that a client which sends the same requests in the same order gets the same responses. The fixtures are read
/// from their files.
pub(crate) fn holds(exchanges: &[Recorded], drafts: &[Draft], case: &Path) {
    let fixtures = read_again(drafts);
    let index = Index::new("", fixtures.clone());
    let mut state = State::new();
    let mut asked: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    // A stub derives 304s and partial responses from the complete one.
    let asking = |(_, recorded): &(usize, &Recorded)| {
        recorded.request.method != Method::OPTIONS && recorded.response.status != StatusCode::NOT_MODIFIED
    };
    for (at, recorded) in exchanges.iter().enumerate().filter(asking) {
        let sent = as_proposed(at, recorded, drafts);
        let line = format!("{}: {} {}", case.display(), recorded.request.method, recorded.request.target);
        let Choice::Promise(place) = index.choose(&Incoming::new(&sent), &state) else {
            panic!("{line} is answered by nobody")
        };
        let fixture = &index.promises()[place];
        let turns = Turns::of(fixture);
        let turn = Turns::in_state(&turns, &state);
        let asked = asked.entry((place, turn)).or_default();
        let answering = &turns[turn].responses;
        let response = &fixture.responses[answering[(*asked).min(answering.len() - 1)]];
        *asked += 1;
        state.extend(fixture.set.iter().chain(&response.set).cloned());
        let status = recorded.response.status;
        if status == StatusCode::PARTIAL_CONTENT && response.status == 200 {
            continue;
        }
        assert_eq!(response.status, status.as_u16(), "{line} by {}", fixture.id);
        if let (Some(ResponseBody::Json(body)), true) = (&response.body, response.rules.is_empty()) {
            let wanted = understudy_exchange::Json::parse(&recorded.response.body).unwrap();
            assert_eq!(body.value().to_string(), wanted.to_string(), "{line} by {}", fixture.id);
        }
    }
}
