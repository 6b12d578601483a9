//! Each file of `verdicts/` is a fixture and answers to it, each with what is found in it. `UPDATE=1 cargo test` writes
//! what is found anew.
//!
//! An answer begins with `#### answer STATUS`, its header fields, an empty line and its body; what is found follows
//! `#### found`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::path::Path;
use understudy_exchange::Response;
use understudy_fixture::{BodyFiles, FileProblem, Source, fixture};
use understudy_match::{Verdict, judge};

struct NoFiles;

impl BodyFiles for NoFiles {
    fn read(&self, path: &str) -> Result<Bytes, FileProblem> {
        panic!("{path} is not wanted")
    }
}

fn answer(text: &str) -> Response {
    let (status, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (head, body) =
        rest.strip_prefix('\n').map_or_else(|| rest.split_once("\n\n").unwrap_or((rest, "")), |body| ("", body));
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.trim().as_bytes()).unwrap(),
        );
    }
    let status: u16 = status.trim().parse().unwrap();
    Response {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: Bytes::copy_from_slice(body.trim_end_matches('\n').as_bytes()),
    }
}

fn found(verdict: &Verdict) -> String {
    let mut out = String::new();
    for m in &verdict.mismatches {
        out.push_str(&format!("{} {}: expected {}, received {}\n", m.path, m.kind.as_str(), m.expected, m.received));
    }
    if out.is_empty() {
        out.push_str("kept\n");
    }
    verdict.unproven.iter().for_each(|path| out.push_str(&format!("unproven {path}\n")));
    verdict.added.iter().for_each(|path| out.push_str(&format!("added {path}\n")));
    out
}

fn judged(case: &Path, text: &str) -> String {
    let (fixture_text, answers) = text.split_once("#### answer").expect("a case has an answer");
    let source = Source::new(&case.display().to_string(), fixture_text.as_bytes().to_vec()).unwrap();
    let (read, diagnostics) = fixture(&source, "case", &NoFiles);
    let read = read.unwrap_or_else(|| panic!("{}", diagnostics[0]));
    let mut out = fixture_text.to_owned();
    for part in answers.split("#### answer") {
        let part = part.split("#### found").next().unwrap();
        let verdict = judge(&read.responses[0], &read.verify.status, &Method::GET, &answer(part));
        out.push_str(&format!("#### answer{part}#### found\n{}\n", found(&verdict)));
    }
    format!("{}\n", out.trim_end())
}

#[test]
fn a_rule_that_would_have_to_look_at_too_much_proves_nothing() {
    // Every `b` is below a hundred `a`s.
    let list = vec!["{\"b\":2}"; 20_000].join(",");
    let body = format!("{}[{list}]{}", "{\"a\":".repeat(100), "}".repeat(100));
    let text = "request: { path: /a }\nresponse:\n  body: { json: {} }\n  match: { $..a..b: { max: 1 } }\n";
    let source = Source::new("case", text.as_bytes().to_vec()).unwrap();
    let read = fixture(&source, "case", &NoFiles).0.unwrap();
    let answer = answer(&format!("200\ncontent-type: application/json\n\n{body}"));
    let verdict = judge(&read.responses[0], &read.verify.status, &Method::GET, &answer);
    assert_eq!((verdict.mismatches.len(), verdict.unproven), (0, vec!["$..a..b".to_owned()]));
}

#[test]
fn every_answer_is_judged_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts");
    understudy_testkit::check_cases(&folder, judged);
}
