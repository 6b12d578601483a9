//! What clients and backends say.

use crate::files::{OneFile, is_right, read};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use understudy_exchange::redact::{QuickLook, Redactor, SecretNames};
use understudy_exchange::{Request, Response};
use understudy_fixture::write_fixture;
use understudy_import::{AttachedFiles, HarArchive, Recorded, asked, drafts, merge, read_har};
use understudy_match::{Incoming, Index, State, explain};

/// Header fields and body, as in case files; what is no field is left out.
fn message(text: &str) -> (HeaderMap, Bytes) {
    let (head, body) =
        text.strip_prefix('\n').map_or_else(|| text.split_once("\n\n").unwrap_or((text, "")), |body| ("", body));
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value.trim())) {
            headers.append(name, value);
        }
    }
    let body = body.trim_end_matches('\n');
    if !body.is_empty() && !headers.contains_key("content-type") {
        headers.insert("content-type", HeaderValue::from_static("application/json"));
    }
    (headers, Bytes::copy_from_slice(body.as_bytes()))
}

fn request(line: &str, rest: &str) -> Option<Request> {
    let mut words = line.split_whitespace();
    let method = Method::from_bytes(words.next()?.as_bytes()).ok()?;
    let target = words.next()?.parse().ok()?;
    let (headers, body) = message(rest);
    Some(Request { method, target, headers, body })
}

fn response(line: &str, rest: &str) -> Option<Response> {
    let status = StatusCode::from_bytes(line.strip_prefix("answer ")?.as_bytes()).ok()?;
    let (headers, body) = message(rest);
    Some(Response { status, headers, body })
}

/// The parts of a case file: what stands behind `#### `, and what follows.
fn parts(data: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(data);
    let parts = text.split("#### ").skip(1);
    parts.map(|part| part.split_once('\n').unwrap_or((part, ""))).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

/// More say nothing more, and take long.
const EXCHANGES_MAX: usize = 24;

/// Every fixture that is proposed is read, and can be merged with another.
fn propose(exchanges: &[Recorded]) {
    let drafts = drafts(exchanges, "");
    for draft in &drafts {
        let body = OneFile(draft.files.first().map(|(_, bytes)| bytes.clone()));
        is_right(&write_fixture(&draft.fixture), &body);
        assert!(draft.exchanges.iter().all(|at| *at < exchanges.len()));
    }
    if drafts.len() > 1 {
        let _ = merge(&drafts.iter().collect::<Vec<_>>(), exchanges);
    }
    for recorded in exchanges {
        let _ = asked(&recorded.request, &recorded.redactions, "");
    }
}

/// The exchanges of a case file.
fn exchanges(data: &[u8]) -> Vec<Recorded> {
    let mut exchanges = Vec::new();
    let mut asked = None;
    for (line, rest) in parts(data) {
        if let Some(response) = response(&line, &rest) {
            exchanges.extend(asked.take().map(|request| Recorded { request, response, redactions: Vec::new() }));
        } else {
            asked = request(&line, &rest);
        }
    }
    exchanges.truncate(EXCHANGES_MAX);
    exchanges
}

/// An exchange without secrets is left as it is, and what was redacted once is not redacted again.
pub(crate) fn redaction(data: &[u8]) {
    let is_same = |a: &(Request, Response), b: &(Request, Response)| {
        let (request, response) = (a.0.target == b.0.target, a.0.headers == b.0.headers && a.0.body == b.0.body);
        request && response && a.1.headers == b.1.headers && a.1.body == b.1.body
    };
    for Recorded { request, response, .. } in exchanges(data) {
        let before = (request.clone(), response.clone());
        let (request, response, redactions) = Redactor::default().exchange(request, response);
        let once = (request.clone(), response.clone());
        assert!(!redactions.is_empty() || is_same(&once, &before), "{before:?} became {once:?}");
        let (request, response, again) = Redactor::default().exchange(request, response);
        assert!(again.is_empty() && is_same(&(request, response), &once), "{once:?} {again:?}");
    }
}

/// Nothing that is surely quiet has a secret, and fixtures come of what was recorded.
pub(crate) fn recording(data: &[u8]) {
    let exchanges = exchanges(data);
    let look = QuickLook::new(SecretNames::default());
    let mut redactor = Redactor::default();
    let mut shown = Vec::new();
    for Recorded { request, response, .. } in exchanges {
        let is_quiet = look.is_quiet(&request, &response);
        let (own, _, removed) = Redactor::default().exchange(request.clone(), response.clone());
        assert!(!is_quiet || removed.is_empty(), "{own:?} {removed:?}");
        let (request, response, redactions) = redactor.exchange(request, response);
        shown.push(Recorded { request, response, redactions });
    }
    propose(&shown);
}

/// Archives with nothing beside them.
struct NoFiles;

impl AttachedFiles for NoFiles {
    fn read(&self, _: &str) -> Result<Bytes, String> {
        Err("there are no files".to_owned())
    }
}

/// Fixtures come of whatever an archive says.
pub(crate) fn har(data: &[u8]) {
    let Ok(HarArchive { exchanges, .. }) = read_har(data, &NoFiles) else { return };
    let recorded: Vec<Recorded> = exchanges.into_iter().map(|exchange| exchange.recorded).take(EXCHANGES_MAX).collect();
    propose(&recorded);
}

/// What is chosen for a request is explained as what is chosen.
pub(crate) fn choice(data: &[u8]) {
    let mut fixtures = Vec::new();
    let mut requests = Vec::new();
    for (line, rest) in parts(data) {
        if line.starts_with("fixture ") {
            let fixture = read("it.yaml", rest.as_bytes(), &OneFile(Some(Bytes::from_static(b"\xFF\x00"))));
            fixtures.extend(fixture.map(|(fixture, _)| Arc::new(fixture)));
        } else if let Some(line) = line.strip_prefix("request ") {
            requests.extend(request(line, &rest));
        }
    }
    let index = Index::new("", fixtures);
    for request in requests.iter().take(EXCHANGES_MAX) {
        let incoming = Incoming::new(request);
        let _ = index.choose(&incoming, &State::new());
        let _ = explain(&index, &incoming, &State::new());
        let _ = index.methods(&incoming);
    }
}
