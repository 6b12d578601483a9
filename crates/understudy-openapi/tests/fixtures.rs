//! Fixtures from descriptions. Each file of `fixtures/` is a description and the fixtures that it gives; and for real
//! descriptions (those of `documents/`, and of the folder that `UNDERSTUDY_DOCUMENTS` names) every fixture has to read back,
//! answer its own request, and hold of every answer that the description itself gives. The request that a contract test
//! sends has to be one that the stub of all fixtures and the description respond to, each as the fixture expects.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod memory;
mod real;

use memory::InMemory;
use real::{Folder, documents_below, documents_of_others, each_of};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use understudy_exchange::{Request, Response};
use understudy_fixture::model::{Fixture, Requests};
use understudy_fixture::{BodyFiles, FileProblem, Source, write_fixture};
use understudy_match::{Choice, Incoming, Index, Promise, State, example_request, judge, stub_request};
use understudy_openapi::{Answer, Asking, Description};

fn play(_: &Path, text: &str) -> String {
    let description = text.split("#### fixtures").next().unwrap();
    let mut files = InMemory::default();
    let mut first = String::new();
    for part in description.split("#### file ").skip(1) {
        let (name, text) = part.split_once('\n').unwrap();
        if first.is_empty() {
            name.clone_into(&mut first);
        }
        files.0.insert(name.to_owned(), text.to_owned());
    }
    let read = Description::open(&first, &files).unwrap();
    let fixtures = read.fixtures(|_| true);
    let mut out = format!("{}\n\n#### fixtures\n", description.trim_end());
    let index = Index::new("", fixtures.shown.iter().map(|shown| Arc::new(shown.fixture.clone())));
    for shown in &fixtures.shown {
        let example = shown.example.as_ref().map(|example| format!(", {example}")).unwrap_or_default();
        out.push_str(&format!(
            "\n# {} for {} {}{example}\n{}",
            shown.fixture.file,
            read.operations[shown.operation].name(),
            shown.status,
            write_fixture(&shown.fixture)
        ));
        if shown.fixture.verify.skip.is_none() {
            unverified(&read, &index, &shown.fixture)
                .iter()
                .for_each(|wrong| out.push_str(&format!("# wrong: {wrong}\n")));
        }
    }
    for left in &fixtures.left {
        out.push_str(&format!("\n# {} is left out: {}\n", left.name, left.why));
    }
    out
}

#[test]
fn descriptions_give_the_fixtures_that_are_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    understudy_testkit::check_cases(&folder, play);
}

struct NoFiles;

impl BodyFiles for NoFiles {
    fn read(&self, _: &str) -> Result<bytes::Bytes, FileProblem> {
        Err(FileProblem::Missing(Vec::new()))
    }
}

/// What came of the documents.
#[derive(Debug, Default)]
struct Tally {
    fixtures: usize,
    left: usize,
    /// How many answers of descriptions were held against their fixtures.
    held: usize,
    /// Counts the fixtures that were verified against the description, and lists those that failed.
    verified: usize,
    unverified: Vec<String>,
    wrong: Vec<String>,
}

fn try_document(path: &Path, tally: &Mutex<Tally>) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let Ok(description) = Description::open(&name, &Folder(path.parent().unwrap().to_path_buf())) else { return };
    let fixtures = description.fixtures(|_| true);
    let mut own = Tally { fixtures: fixtures.shown.len(), left: fixtures.left.len(), ..Tally::default() };
    own.wrong.extend(fixtures.left.iter().map(|left| format!("{name} {} is left out: {}", left.name, left.why)));
    let all: Vec<Promise> = fixtures.shown.iter().map(|shown| Arc::new(shown.fixture.clone())).collect();
    let index = Index::new("", all.iter().cloned());
    for fixture in &all {
        let all_wrong = &mut own.wrong;
        let mut wrong = |what: String| all_wrong.push(format!("{name} {}: {what}", fixture.id));
        let source = Source::new(&fixture.file, write_fixture(fixture).into_bytes()).unwrap();
        let (read, problems) = understudy_fixture::fixture(&source, &fixture.id, &NoFiles);
        problems.iter().for_each(|problem| wrong(problem.to_string()));
        if read.is_some_and(|read| read != **fixture) {
            wrong("reads back as something else".to_owned());
        }
        let request = match stub_request(fixture, "") {
            Ok(request) => request,
            Err(why) => {
                wrong(why.to_string());
                continue;
            }
        };
        match index.choose(&Incoming::new(&request), &State::default()) {
            Choice::Promise(place) if index.promises()[place].id == fixture.id => {}
            Choice::Promise(place) => wrong(format!("is answered by {}", index.promises()[place].id)),
            other => wrong(format!("is not answered: {other:?}")),
        }
        if fixture.verify.skip.is_none() {
            own.verified += 1;
            let problems = unverified(&description, &index, fixture);
            own.unverified.extend(problems.into_iter().map(|what| format!("{name} {}: {what}", fixture.id)));
        }
        for seed in 1..4 {
            let Some(answer) = seeded(&description, &request, fixture, seed) else { continue };
            own.held += 1;
            let verdict = judge(&fixture.responses[0], &[], &request.method, &answer);
            if let Some(first) = verdict.mismatches.first() {
                let body = String::from_utf8_lossy(&answer.body);
                let body: String = body.chars().take(300).collect();
                wrong(format!(
                    "{} {}: expected {}, received {} in {body}",
                    first.path,
                    first.kind.as_str(),
                    first.expected,
                    first.received
                ));
            }
        }
    }
    let mut tally = tally.lock().unwrap();
    tally.fixtures += own.fixtures;
    tally.left += own.left;
    tally.held += own.held;
    tally.verified += own.verified;
    tally.unverified.extend(own.unverified);
    tally.wrong.extend(own.wrong);
}

/// Sends the request of the contract test to the stub of all fixtures and to the description by itself. Returns what is
/// wrong: another fixture responds, the description refuses the request, or its response does not pass.
fn unverified(description: &Description, index: &Index, fixture: &Fixture) -> Vec<String> {
    let request = match example_request(fixture, "", &|_| None) {
        Ok(request) => request,
        Err(why) => return vec![why.to_string()],
    };
    let mut wrong = Vec::new();
    match index.choose(&Incoming::new(&request), &State::default()) {
        Choice::Promise(place) if index.promises()[place].id == fixture.id => {}
        other => wrong.push(format!("the request of the contract test is not answered by it: {other:?}")),
    }
    let asking = Asking { base: "", requests: Requests::Refuse, chance: 0 };
    let response = match description.answer(&request, asking) {
        Answer::Response(described) => {
            Response { status: described.status, headers: described.headers, body: described.body }
        }
        Answer::Refused(refusal) => {
            wrong.extend(refusal.violations.iter().map(|violation| format!("the description refuses it: {violation}")));
            return wrong;
        }
        other => return vec![format!("the description does not know it: {other:?}")],
    };
    let result = judge(&fixture.responses[0], &[], &request.method, &response);
    wrong.extend(result.mismatches.iter().map(|mismatch| {
        format!(
            "{} {}: expected {}, received {}",
            mismatch.path,
            mismatch.kind.as_str(),
            mismatch.expected,
            mismatch.received
        )
    }));
    let conformity = description.judge(&request, &response, "");
    wrong.extend(conformity.violations.iter().map(|violation| format!("not as described: {violation}")));
    wrong
}

/// Another answer of the description for the same request, where it is one that the description itself holds for good.
fn seeded(description: &Description, request: &Request, fixture: &Fixture, seed: u64) -> Option<Response> {
    let mut request = request.clone();
    let prefer = format!("code={}, seed={seed}", fixture.responses[0].status);
    request.headers.insert("prefer", prefer.parse().unwrap());
    let asking = Asking { base: "", requests: Requests::Accept, chance: 0 };
    let Answer::Response(described) = description.answer(&request, asking) else { return None };
    let answer = Response { status: described.status, headers: described.headers, body: described.body };
    description
        .judge(&request, &answer, "")
        .violations
        .iter()
        .all(|violation| violation.place != understudy_openapi::Part::AnswerBody)
        .then_some(answer)
}

fn try_all(documents: &[PathBuf]) -> Tally {
    let tally = Mutex::new(Tally::default());
    each_of(documents, |path| try_document(path, &tally));
    tally.into_inner().unwrap()
}

#[test]
fn fixtures_read_back_answer_their_requests_and_promise_no_more_than_is_described() {
    let tally = try_all(&documents_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents")));
    let wrong = [tally.wrong.as_slice(), &tally.unverified].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tally.fixtures >= 15 && tally.held >= 45, "{tally:?}");
}

#[test]
fn so_do_those_of_documents_of_others() {
    let Some(documents) = documents_of_others() else { return };
    let mut tally = try_all(&documents);
    tally.wrong.sort();
    tally.unverified.sort();
    tally.wrong.iter().chain(&tally.unverified).for_each(|wrong| println!("{wrong}"));
    println!(
        "{} fixtures, {} operations left out, {} answers held, {} wrong, {} verified, {} differences",
        tally.fixtures,
        tally.left,
        tally.held,
        tally.wrong.len(),
        tally.verified,
        tally.unverified.len()
    );
    assert!(tally.wrong.len() * 500 <= tally.fixtures);
    assert!(tally.unverified.len() * 100 <= tally.verified);
}
