//! Each file of `choices/` is a service and requests to it, each with what is chosen and why. `UPDATE=1 cargo test`
//! writes what is found anew.
//!
//! `#### base PATH` is the service's base. `#### fixture ID` is followed by a fixture; `#### request METHOD TARGET` (then `in NAME=VALUE` for a state) by its
//! header fields, an empty line and its body; what is found follows `#### found`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::path::Path;
use std::sync::Arc;
use understudy_exchange::Request;
use understudy_fixture::{BodyFiles, FileProblem, Source, fixture};
use understudy_match::{Explanation, Incoming, Index, State};

struct OneFile;

impl BodyFiles for OneFile {
    fn read(&self, _: &str) -> Result<Bytes, FileProblem> {
        Ok(Bytes::from_static(b"\xFF\x00"))
    }
}

fn request(line: &str, text: &str) -> (Request, State) {
    let (head, body) =
        text.strip_prefix('\n').map_or_else(|| text.split_once("\n\n").unwrap_or((text, "")), |body| ("", body));
    let mut words = line.split_whitespace();
    let method = Method::from_bytes(words.next().unwrap().as_bytes()).unwrap();
    let target = words.next().unwrap().parse().unwrap();
    let state = words.filter_map(|word| word.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.trim().as_bytes()).unwrap(),
        );
    }
    // What cannot stand in a text file is written as in a shell's $'...'.
    let body = body.trim_end_matches('\n').replace("\\r\\n", "\r\n");
    let body = if body == "\\xFF\\0" { Bytes::from_static(b"\xFF\x00") } else { Bytes::from(body) };
    (Request { method, target, headers, body }, state)
}

fn found(explanation: &Explanation) -> String {
    let mut out = match &explanation.chosen {
        Some(fixture) => format!("{}\n", fixture.id),
        None if explanation.allowed.is_empty() => "nothing\n".to_owned(),
        None => format!("other methods: {:?}\n", explanation.allowed),
    };
    for near in &explanation.near {
        out.push_str(&format!("  {}\n", near.fixture.id));
        near.differences.iter().for_each(|difference| out.push_str(&format!("    {difference}\n")));
        near.slip.iter().for_each(|slip| out.push_str(&format!("    ({slip})\n")));
        near.behind.iter().for_each(|behind| out.push_str(&format!("    {behind}\n")));
    }
    out
}

fn chosen(case: &Path, text: &str) -> String {
    let mut fixtures = Vec::new();
    let mut base = "";
    let mut out = String::new();
    for part in text.split("#### ").skip(1) {
        let (line, rest) = part.split_once('\n').unwrap_or((part, ""));
        match line.split_once(' ') {
            Some(("fixture", id)) => {
                let source = Source::new(&case.display().to_string(), rest.as_bytes().to_vec()).unwrap();
                let (read, diagnostics) = fixture(&source, id, &OneFile);
                fixtures.push(Arc::new(read.unwrap_or_else(|| panic!("{}", diagnostics[0]))));
                out.push_str(&format!("#### {part}"));
            }
            Some(("base", path)) => {
                base = path;
                out.push_str(&format!("#### {part}"));
            }
            Some(("request", line)) => {
                let index = Index::new(base, fixtures.iter().cloned());
                let (request, state) = request(line, rest);
                let explanation = understudy_match::explain(&index, &Incoming::new(&request), &state);
                out.push_str(&format!("#### {part}#### found\n{}\n", found(&explanation)));
            }
            _ => {}
        }
    }
    format!("{}\n", out.trim_end())
}

#[test]
fn every_request_gets_the_fixture_that_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/choices");
    understudy_testkit::check_cases(&folder, chosen);
}
