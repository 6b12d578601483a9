//! Each file of `archives/` is an archive in the dialect of a tool, and what is read from it. `UPDATE=1 cargo test` writes the latter anew.
//!
//! Comments come first, then `#### har` and the archive. `#### file NAME` is a file beside it. `#### read` lists the exchanges,
//! `#### left` the entries that are none. The archives are made by hand, in the form that the tool writes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use http::HeaderMap;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use understudy_import::{AttachedFiles, HarExchange, Recorded, read_har};

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

/// Firefox cuts bodies at 1 MiB, and says nothing of it (giacomelli/HarSharp#16).
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
