//! Each file in `archives/` contains an archive in the dialect of a tool, and the expected result. `UPDATE=1 cargo
//! test` rewrites the result.
//!
//! Comments come first, then `#### har` and the archive. `#### file NAME` is a file beside it. `#### read` lists the exchanges,
//! `#### left` the entries that are none. The archives are made by hand, in the form that the tool writes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use understudy_import::{AttachedFiles, HarArchive, HarExchange, Recorded, drafts, read_har};
use understudy_match::Chance;

struct Files(BTreeMap<String, String>);

impl AttachedFiles for Files {
    fn read(&self, name: &str) -> Result<Bytes, String> {
        self.0.get(name).map(|text| text.clone().into()).ok_or_else(|| "not there".to_owned())
    }
}

fn message(out: &mut String, headers: &HeaderMap, body: &[u8]) {
    for (name, value) in headers {
        let _ = writeln!(out, "    {name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    let bytes = format!("bytes {}", body.escape_ascii());
    for line in std::str::from_utf8(body).unwrap_or(&bytes).lines() {
        let _ = writeln!(out, "    | {line}");
    }
}

fn exchange(out: &mut String, exchange: &HarExchange) {
    let Recorded { request, response, .. } = &exchange.recorded;
    let what = exchange.page_part.map_or_else(|| "the service's".to_owned(), |part| part.to_string());
    let service = exchange.service.as_ref().map_or_else(String::new, |name| format!(" {name}"));
    let _ = writeln!(out, "{} {}: {what}{service}", request.method, exchange.url());
    message(out, &request.headers, &request.body);
    let _ = writeln!(out, "  {}", response.status.as_u16());
    message(out, &response.headers, &response.body);
    for said in &exchange.messages {
        let who = if said.is_sent { "sent" } else { "received" };
        let _ = writeln!(out, "  {who} {}", said.content.escape_ascii());
    }
    for why in exchange.missing.iter().chain(&exchange.cut) {
        let _ = writeln!(out, "  not whole: {why}");
    }
}

fn read(text: &str) -> String {
    let mut files = Files(BTreeMap::new());
    let (mut out, mut archive) = (text.split("#### ").next().unwrap().to_owned(), "");
    for part in text.split("#### ").skip(1) {
        let (line, content) = part.split_once('\n').unwrap();
        match line.split_once(' ') {
            Some(("file", name)) => drop(files.0.insert(name.to_owned(), content.trim_end().to_owned())),
            _ if line == "har" => archive = content,
            _ => continue,
        }
        out.push_str(&format!("#### {line}\n{content}"));
    }
    let archive = read_har(archive.as_bytes(), &files).unwrap();
    out.push_str("#### read\n");
    archive.exchanges.iter().for_each(|one| exchange(&mut out, one));
    out.push_str("#### left\n");
    for left in &archive.left {
        let _ = writeln!(out, "{} {}: {}", left.method, left.url, left.why);
    }
    out
}

#[test]
fn every_dialect_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/archives");
    understudy_testkit::check_cases(&folder, |_, text| read(text));
}

/// Firefox truncates bodies at 1 MiB without reporting it (giacomelli/HarSharp#16).
#[test]
fn a_body_that_was_cut_is_said() {
    let archive = |size: usize| {
        let text = "x".repeat(1 << 20);
        let url = "https://api.shop.example/long";
        let entry = format!(
            r#"{{"request":{{"method":"GET","url":"{url}"}},"response":{{"status":200,"content":{{"size":{size},"text":"{text}"}}}}}}"#
        );
        let text = format!(r#"{{"log":{{"entries":[{entry}]}}}}"#);
        read_har(text.as_bytes(), &Files(BTreeMap::new())).unwrap().exchanges.remove(0)
    };
    let why = "only the beginning of the body of its response is in the archive";
    assert_eq!(archive(11_469_093).missing.as_deref(), Some(why));
    assert_eq!(archive(1 << 20).missing, None);
}

#[test]
fn what_is_nearly_an_archive_is_read_or_refused() {
    let entry = "{\"startedDateTime\":\"2026\",\"request\":{\"method\":\"GET\",\"url\":\"http://h/a?b=c\",\"headers\":[{\"name\":\"a\",\"value\":\"b\"}],\"postData\":{\"mimeType\":\"text/plain\",\"text\":\"x\",\"params\":[{}]}},\"response\":{\"status\":200,\"headers\":[],\"content\":{\"text\":\"eA==\",\"encoding\":\"base64\"}}}";
    let archive = format!("{{\"log\":{{\"entries\":[{entry}]}}}}");
    let exchanges = |archive: String| read_har(archive.as_bytes(), &Files(BTreeMap::new())).unwrap().exchanges;
    assert_eq!(exchanges(archive.clone()).len(), 1);
    // Exchanges that no fixture can express are left out, and so are the bodies of responses that cannot have one.
    for (from, to, why) in [
        (":200", ":100", "answered with 100, which no fixture can say"),
        (":200", ":999", "answered with 999, which no fixture can say"),
        ("GET", "patch-it", "answered with 200, which no fixture can say"),
    ] {
        let HarArchive { exchanges, left } =
            read_har(archive.replace(from, to).as_bytes(), &Files(BTreeMap::new())).unwrap();
        assert!(exchanges.is_empty() && left[0].why == why, "{to}: {left:?}");
    }
    let read = exchanges(archive.replace(":200", ":204"));
    assert!(drafts(&[read[0].recorded.clone()], "")[0].fixture.responses[0].body.is_none());
    let mut odd = read[0].recorded.clone();
    odd.response.status = StatusCode::from_u16(999).unwrap();
    assert!(drafts(&[odd], "").is_empty());
    let mut chance = Chance::from_seed(1);
    let others = ["", "null", "1", "\"\"", "[]", "{}", "-1", "99999", "\"http://\"", "\"\\n\""];
    for _ in 0..20_000 {
        let mut text = archive.clone();
        // One JSON token is replaced, or the text is truncated.
        let tokens: Vec<(usize, &str)> = archive.match_indices(['"', '{', '}', '[', ']', ':', ',']).collect();
        let (at, token) = tokens[usize::try_from(chance.below(tokens.len() as u64)).unwrap()];
        let other = others[usize::try_from(chance.below(others.len() as u64)).unwrap()];
        text.replace_range(at..at + token.len(), other);
        let _ = read_har(text.as_bytes(), &Files(BTreeMap::new())).map(|archive| {
            let recorded: Vec<Recorded> = archive.exchanges.into_iter().map(|exchange| exchange.recorded).collect();
            drafts(&recorded, "")
        });
        let value = archive.replacen(
            ["\"GET\"", "200", "\"http://h/a?b=c\"", "[]", "\"eA==\""][usize::try_from(chance.below(5)).unwrap()],
            other,
            1,
        );
        let _ = read_har(value.as_bytes(), &Files(BTreeMap::new()));
    }
}
