//! Tests that generated recordings become valid fixtures that give the recorded responses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use bytes::Bytes;
use common::{Files, holds, message, recorded, redacted};
use http::{Method, StatusCode};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use understudy_exchange::{Request, Response};
use understudy_fixture::model::Select;
use understudy_fixture::{Source, fixture, write_fixture};
use understudy_import::{Recorded, drafts};
use understudy_match::Chance;

/// Generates a recording of a few requests from a seed. It uses few words, so that equal values, paths and responses
/// are frequent.
fn made(seed: u64) -> Vec<Recorded> {
    let mut chance = Chance::from_seed(seed);
    let mut pick = |words: &[&'static str]| words[usize::try_from(chance.below(words.len() as u64)).unwrap()];
    let mut all = Vec::new();
    for _ in 0..12 {
        let method = pick(&["GET", "GET", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);
        let segment = [
            "",
            "items",
            "items",
            "api",
            "v2",
            "7",
            "8",
            "a b",
            "q7Xb2mK9vRt4LpZs8WnY",
            "é",
            "5891b5b522d5df086d0ff0b1",
            "{id}",
            "x.json",
        ];
        let path: Vec<String> = (0..3).map(|_| understudy_exchange::target::encode_segment(pick(&segment))).collect();
        let query =
            pick(&["", "", "?page=1", "?page=2&page=3", "?token=q7Xb2mK9vRt4LpZs8WnY", "?_=17", "?a", "?q={{x}}"]);
        let bodies = [
            "",
            "{\"id\":7}",
            "{\"id\":8,\"at\":\"2026-01-04T09:12:00Z\"}",
            "{\"token\":\"q7Xb2mK9vRt4LpZs8WnY\"}",
            "[{\"id\":7}]",
            "[]",
            "no json",
            "{\"a\":1,\"a\":2}",
            "null",
            "{\"x\":\"{{y}}\",\"n\":1e400}",
            "line\nline\n",
        ];
        let kinds = [
            "application/json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=b",
            "application/problem+json",
        ];
        let fields = [
            "authorization: Bearer q7Xb2mK9vRt4LpZs8WnY",
            "accept: application/vnd.x",
            "cookie: s=8f14e45fceea167a5a36dedd4bea2543",
            "x-tenant: a",
            "x-tenant: b",
        ];
        let answers = [
            "location: /items/7",
            "location: http://h/items/8?_state=abcdefghijklmnopqrst",
            "set-cookie: s=8f14e45fceea167a5a36dedd4bea2543",
            "etag: \"a\"",
            "x-id: 9d7f1c1e-8a54-4f0e-9d1f-1d7a3f3c2b10",
            "docker-content-digest: sha256:1",
        ];
        let message = |field: &str, kind: &str, body: &'static str| {
            let (headers, _) = message(&format!("{field}\ncontent-type: {kind}\n\n"));
            (headers, Bytes::from_static(body.as_bytes()))
        };
        let (request_headers, request_body) = message(pick(&fields), pick(&kinds), pick(&bodies));
        let (headers, body) = message(pick(&answers), pick(&kinds), pick(&bodies));
        let status: u16 = pick(&["200", "200", "200", "201", "204", "302", "401", "404", "500"]).parse().unwrap();
        let is_empty = matches!(status, 204 | 304) || method == "HEAD";
        all.push((
            Request {
                method: method.parse().unwrap(),
                target: format!("/{}{query}", path.join("/")).parse().unwrap(),
                headers: request_headers,
                body: if method == "GET" { Bytes::new() } else { request_body },
            },
            Response {
                status: StatusCode::from_u16(status).unwrap(),
                headers,
                body: if is_empty { Bytes::new() } else { body },
            },
        ));
    }
    redacted(all)
}

/// Generates a session with a small backend: resources that are created, read, changed, liked and deleted, and a job
/// that takes time.
fn session(seed: u64) -> Vec<Recorded> {
    let mut chance = Chance::from_seed(seed);
    let mut pick = |below: usize| usize::try_from(chance.below(below as u64)).unwrap();
    let mut things: BTreeMap<usize, (&str, bool)> = BTreeMap::new();
    let (mut next, mut is_known, mut job) = (1, false, None::<u8>);
    let mut all = Vec::new();
    for _ in 0..5 + pick(35) {
        // The session requests only resources that exist or existed.
        let id = 1 + pick(next.max(2) - 1);
        let name = ["Hat", "Cap"][pick(2)];
        let show =
            |id: &usize, (name, liked): &(&str, bool)| format!(r#"{{"id":{id},"name":"{name}","liked":{liked}}}"#);
        let missing = || ("404", r#"{"title":"no such thing"}"#.to_owned());
        let op = if next == 1 { [0, 2, 8, 9, 10, 11][pick(6)] } else { pick(12) };
        let (line, body) = match op {
            0 | 1 => ("GET /things".to_owned(), String::new()),
            2 => ("POST /things".to_owned(), format!(r#"{{"name":"{name}"}}"#)),
            3 | 4 => (format!("GET /things/{id}"), String::new()),
            5 => (format!("PATCH /things/{id}"), format!(r#"{{"name":"{name}"}}"#)),
            6 => (format!("DELETE /things/{id}"), String::new()),
            7 => (format!("PUT /things/{id}/like"), String::new()),
            8 => ("GET /me".to_owned(), String::new()),
            9 => (["POST /login", "POST /logout"][pick(2)].to_owned(), String::new()),
            10 => ("GET /job".to_owned(), String::new()),
            _ => ("POST /job".to_owned(), String::new()),
        };
        let (status, answer) = match op {
            0 | 1 => {
                ("200", format!("[{}]", things.iter().map(|(id, thing)| show(id, thing)).collect::<Vec<_>>().join(",")))
            }
            2 => {
                things.insert(next, (name, false));
                next += 1;
                ("201", show(&(next - 1), &things[&(next - 1)]))
            }
            3 | 4 => things.get(&id).map_or_else(missing, |thing| ("200", show(&id, thing))),
            5 => things.get_mut(&id).map_or_else(missing, |thing| {
                thing.0 = name;
                ("200", show(&id, thing))
            }),
            6 => things.remove(&id).map_or_else(missing, |_| ("204", String::new())),
            7 => things.get_mut(&id).map_or_else(missing, |thing| {
                thing.1 = !thing.1;
                ("200", format!(r#"{{"liked":{}}}"#, thing.1))
            }),
            8 if is_known => ("200", r#"{"name":"Ada"}"#.to_owned()),
            8 => ("401", r#"{"title":"who is it?"}"#.to_owned()),
            9 => {
                is_known = line.ends_with("login");
                ("204", String::new())
            }
            10 => match &mut job {
                None => ("404", r#"{"title":"no job"}"#.to_owned()),
                Some(left) => {
                    *left = left.saturating_sub(1);
                    ("200", format!(r#"{{"is":"{}"}}"#, if *left == 0 { "done" } else { "running" }))
                }
            },
            _ => {
                job = Some(3);
                ("202", String::new())
            }
        };
        all.extend(recorded(&format!("#### {line}\n\n{body}\n#### answer {status}\n\n{answer}\n")));
    }
    all
}

#[test]
fn a_session_that_is_played_again_gets_the_answers_that_it_got() {
    let (mut with_states, mut in_order) = (0, 0);
    for seed in 0..800 {
        let exchanges = session(seed);
        let drafts = drafts(&exchanges, "");
        holds(&exchanges, &drafts, Path::new(&format!("seed {seed}")));
        let fixtures = || drafts.iter().map(|draft| &draft.fixture);
        with_states +=
            fixtures().filter(|fixture| fixture.responses.iter().any(|response| !response.when.is_empty())).count();
        in_order += fixtures().filter(|fixture| fixture.select == Select::InOrder).count();
    }
    assert!(with_states > 1_000 && in_order > 200, "{with_states} {in_order}");
}

#[test]
fn whatever_was_recorded_becomes_files_that_can_be_read() {
    let mut seen = 0;
    for seed in 0..3_000 {
        let exchanges = made(seed);
        let drafts = drafts(&exchanges, "/api");
        let mut of: Vec<usize> = drafts.iter().flat_map(|draft| draft.exchanges.clone()).collect();
        of.sort_unstable();
        let wanted: Vec<usize> =
            (0..exchanges.len()).filter(|at| exchanges[*at].request.method != Method::OPTIONS).collect();
        assert_eq!(of, wanted, "seed {seed}: every exchange is in one of them");
        for draft in &drafts {
            let text = write_fixture(&draft.fixture);
            let source = Source { file: Arc::clone(&draft.fixture.file), text };
            let (read, problems) = fixture(&source, &draft.fixture.id, &Files(&drafts));
            assert!(read.is_some() && problems.is_empty(), "seed {seed}: {problems:?}\n{}", source.text);
            let after = read.unwrap().verify.after.unwrap_or_default();
            let is_there = |id: &String| drafts.iter().any(|draft| *draft.fixture.id == **id);
            assert!(after.iter().all(is_there), "seed {seed}: {after:?}");
            seen += 1;
        }
    }
    assert!(seen > 10_000, "{seen}");
}
