//! Each file of `answers/` is a description and requests to it, each with what is answered. `UPDATE=1 cargo test` writes
//! what is found anew.
//!
//! `#### file NAME` is followed by a file of the description, the first one first; `#### problems` by what is wrong with
//! them. `#### request METHOD TARGET` (then `report` or `accept` for what is done about requests) is followed by header
//! fields, an empty line and a body; what is answered follows `#### answer`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod memory;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use memory::InMemory;
use std::path::Path;
use understudy_exchange::Request;
use understudy_fixture::model::Requests;
use understudy_openapi::{Answer, Asking, Description, Link, Outgoing, Violation};

fn request(line: &str, text: &str) -> (Request, Requests) {
    let (head, body) =
        text.strip_prefix('\n').map_or_else(|| text.split_once("\n\n").unwrap_or((text, "")), |body| ("", body));
    let mut words = line.split_whitespace();
    let method = Method::from_bytes(words.next().unwrap().as_bytes()).unwrap();
    let target = words.next().unwrap().parse().unwrap();
    let requests = match words.next() {
        Some("report") => Requests::Report,
        Some("accept") => Requests::Accept,
        _ => Requests::Refuse,
    };
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value.trim()).unwrap());
    }
    // What cannot stand in a text file is written as in a shell's $'...'.
    let body = Bytes::from(body.trim_end_matches('\n').replace("\\r\\n", "\r\n"));
    (Request { method, target, headers, body }, requests)
}

fn violations(all: &[Violation], out: &mut String) {
    all.iter().for_each(|violation| out.push_str(&format!("  {violation}\n    {}\n", violation.rule)));
}

fn head(headers: &HeaderMap, out: &mut String) {
    for (name, value) in headers {
        out.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
    }
}

fn answered(description: &Description, line: &str, text: &str) -> String {
    let (request, requests) = request(line, text);
    let mut out = String::new();
    match description.answer(&request, Asking { base: "", requests, chance: 1 }) {
        Answer::Response(answer) => {
            out.push_str(&format!(
                "{} by {}\n",
                answer.status.as_u16(),
                description.operations[answer.operation].name()
            ));
            violations(&answer.violations, &mut out);
            head(&answer.headers, &mut out);
            out.push_str(&format!("\n{}\n", String::from_utf8_lossy(&answer.body)));
        }
        Answer::Refused(refusal) => {
            let name = description.operations[refusal.operation].name();
            out.push_str(&format!("{} {} by {name}: {}\n", refusal.status.as_u16(), refusal.kind, refusal.title));
            head(&refusal.headers, &mut out);
            violations(&refusal.violations, &mut out);
            if let Some(body) = refusal.body {
                out.push_str(&format!("\n{}\n", String::from_utf8_lossy(&body)));
            }
        }
        Answer::OtherMethods(methods) => out.push_str(&format!("other methods: {methods:?}\n")),
        Answer::Nothing => {
            let near = description.nearest(request.path(), "").into_iter();
            let near: Vec<String> = near.map(|operation| format!("{} {}", operation.method, operation.path)).collect();
            out.push_str(&format!("nothing; near are {near:?}\n"));
        }
    }
    out
}

/// What is said beyond requests and their answers.
fn beyond(description: &Description) -> String {
    let outgoing = |outgoing: &Outgoing| format!("{} {} as {}", outgoing.method, outgoing.url, outgoing.name);
    let mut out = String::new();
    for operation in &description.operations {
        for Link { status, name, to, parameters } in description.links(operation) {
            let parameters: Vec<String> = parameters.iter().map(|(name, from)| format!("{name} = {from}")).collect();
            out.push_str(&format!("{} {status} by {name} to {to}: {}\n", operation.name(), parameters.join(", ")));
        }
        for callback in description.callbacks(operation) {
            out.push_str(&format!("{} calls back {}\n", operation.name(), outgoing(&callback)));
        }
    }
    for webhook in description.webhooks() {
        out.push_str(&format!("webhook {}\n", outgoing(&webhook)));
    }
    out
}

fn play(_: &Path, text: &str) -> String {
    let (mut files, mut first) = (InMemory::default(), String::new());
    let mut out = String::new();
    let mut description = None;
    for part in text.split("#### ").skip(1) {
        let (line, rest) = part.split_once('\n').unwrap_or((part, ""));
        match line.split_once(' ') {
            Some(("file", name)) => {
                if first.is_empty() {
                    first = name.to_owned();
                }
                files.0.insert(name.to_owned(), rest.replace("(no text)\n", ""));
                out.push_str(&format!("#### {part}"));
            }
            Some(("request", line)) => {
                let description: &Description = description.as_ref().expect("it could be read");
                out.push_str(&format!("#### {part}#### answer\n{}\n", answered(description, line, rest).trim_end()));
                out.push('\n');
            }
            None if line == "beyond" => {
                let description: &Description = description.as_ref().expect("it could be read");
                out.push_str(&format!("#### beyond\n{}\n", beyond(description)));
            }
            None if line == "problems" => {
                out.push_str("#### problems\n");
                match Description::open(&first, &files) {
                    Ok(read) => {
                        let mut problems: Vec<_> = read.diagnostics.iter().collect();
                        problems.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
                        problems.iter().for_each(|problem| out.push_str(&format!("{problem}\n")));
                        description = Some(read);
                    }
                    Err(problem) => out.push_str(&format!("{problem}\n")),
                }
                out.push('\n');
            }
            _ => {}
        }
    }
    format!("{}\n", out.trim_end())
}

#[test]
fn every_request_gets_the_answer_that_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/answers");
    understudy_testkit::check_cases(&folder, play);
}
