//! Tests a corpus of secrets and of harmless values that look like them, each in every place in which it may occur.
//!
//! `redaction/secrets.tsv` and `redaction/harmless.tsv` have a line for each value: its name, the value, and the group of places in
//! which it is tried. `cargo test -p understudy-exchange --test redaction -- --nocapture` prints how many of the secrets are replaced
//! (recall) and how many of the harmless values are left alone, by group and place. `SECRETS=FILE` tries another list of secrets, and
//! prints those that are missed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that prints, and that cannot go on fails"
)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::collections::BTreeMap;
use understudy_exchange::redact::Redactor;
use understudy_exchange::target::{encode_query_part, encode_segment};
use understudy_exchange::{Json, Request, Response};

/// A value under a name.
struct Value<'v> {
    name: &'v str,
    value: &'v str,
}

type Place = (&'static str, fn(&Value<'_>) -> (Request, Response));

fn headers(fields: &[(&str, &str)]) -> HeaderMap {
    let field = |(name, value): &(&str, &str)| {
        (name.parse::<HeaderName>().expect("a name"), HeaderValue::from_bytes(value.as_bytes()).expect("a value"))
    };
    fields.iter().map(field).collect()
}

fn exchange(
    target: &str,
    fields: &[(&str, &str)],
    body: &str,
    answer: &[(&str, &str)],
    content: &str,
) -> (Request, Response) {
    let request = Request {
        method: Method::POST,
        target: target.parse().expect("a target"),
        headers: headers(fields),
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    let response =
        Response { status: StatusCode::OK, headers: headers(answer), body: Bytes::copy_from_slice(content.as_bytes()) };
    (request, response)
}

fn sent(kind: &str, body: &str) -> (Request, Response) {
    exchange("/a", &[("content-type", kind)], body, &[], "")
}

fn received(kind: &str, content: &str) -> (Request, Response) {
    exchange("/a", &[], "", &[("content-type", kind)], content)
}

fn quoted(text: &str) -> String {
    Json::string(text).to_string()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// A name in the form of a header field: `x-new-password`.
fn field_name(name: &str) -> String {
    let mut out = String::from("x-");
    for c in name.chars() {
        match c {
            'A'..='Z' if !out.ends_with('-') && !out.ends_with(|c: char| c.is_ascii_uppercase()) => {
                out.push('-');
                out.push(c);
            }
            _ if c.is_ascii_alphanumeric() => out.push(c),
            _ if !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    out.trim_end_matches('-').to_ascii_lowercase()
}

/// A name in the form of a variable: letters, digits and `_`.
fn variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

const JSON: &str = "application/json";

/// Places in which a value has a name.
const NAMED: &[Place] = &[
    ("JSON in a request", |v| sent(JSON, &format!(r#"{{"user":"ada",{}:{}}}"#, quoted(v.name), quoted(v.value)))),
    ("JSON in a response", |v| {
        received(JSON, &format!(r#"{{"id":7,"a":[{{{}:{}}}]}}"#, quoted(v.name), quoted(v.value)))
    }),
    ("JSON in JSON", |v| {
        let inner = format!("{{{}:{}}}", quoted(v.name), quoted(v.value));
        received(JSON, &format!(r#"{{"payload":{}}}"#, quoted(&inner)))
    }),
    ("form", |v| {
        let body = format!("a=1&{}={}", encode_query_part(v.name), encode_query_part(v.value));
        sent("application/x-www-form-urlencoded", &body)
    }),
    ("query", |v| {
        exchange(&format!("/a?b=2&{}={}", encode_query_part(v.name), encode_query_part(v.value)), &[], "", &[], "")
    }),
    ("fragment of a location", |v| {
        let url = format!("https://app.example/cb#{}={}&x=1", encode_query_part(v.name), encode_query_part(v.value));
        exchange("/a", &[], "", &[("location", &url)], "")
    }),
    ("multipart", |v| {
        let body =
            format!("--b\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n--b--\r\n", v.name, v.value);
        sent("multipart/form-data; boundary=b", &body)
    }),
    ("header of a request", |v| exchange("/a", &[(&field_name(v.name), v.value)], "", &[], "")),
    ("header of a response", |v| exchange("/a", &[], "", &[(&field_name(v.name), v.value)], "")),
    ("name and value", |v| {
        received(JSON, &format!(r#"{{"vars":[{{"name":{},"value":{}}}]}}"#, quoted(v.name), quoted(v.value)))
    }),
    ("XML element", |v| {
        let name = variable(v.name);
        sent("application/xml", &format!("<l><user>a</user><{name}>{}</{name}></l>", escaped(v.value)))
    }),
    ("XML attribute", |v| received("text/xml", &format!("<c a=\"1\" {}=\"{}\"/>", variable(v.name), escaped(v.value)))),
    ("hidden field", |v| {
        received("text/html", &format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", v.name, escaped(v.value)))
    }),
    ("script in a page", |v| {
        received(
            "text/html",
            &format!("<script>window.cfg = {{ {}: {} }};</script>", variable(v.name), quoted(v.value)),
        )
    }),
    ("environment file", |v| received("text/plain", &format!("REGION=eu\n{}={}\n", variable(v.name), v.value))),
    ("YAML", |v| received("application/yaml", &format!("db:\n  {}: {}\n  port: 1\n", variable(v.name), v.value))),
    ("GraphQL literal", |v| {
        let query = format!("mutation {{ go({}: {}) {{ id }} }}", variable(v.name), quoted(v.value));
        sent(JSON, &format!(r#"{{"query":{}}}"#, quoted(&query)))
    }),
    ("table", |v| received("text/csv", &format!("id,{},note\n7,{},x\n", variable(v.name), v.value))),
    ("events", |v| {
        received("text/event-stream", &format!("event: a\ndata: {{{}:{}}}\n\n", quoted(v.name), quoted(v.value)))
    }),
    ("base64 of JSON", |v| {
        let inner = STANDARD.encode(format!("{{{}:{}}}", quoted(v.name), quoted(v.value)));
        received(JSON, &format!(r#"{{"state":"{inner}"}}"#))
    }),
];

/// Places in which a value has no telling name.
const BARE: &[Place] = &[
    ("neutral member", |v| received(JSON, &format!(r#"{{"id":7,"note":{}}}"#, quoted(v.value)))),
    ("element of a list", |v| sent(JSON, &format!(r#"["a",{}]"#, quoted(v.value)))),
    ("sentence", |v| received(JSON, &format!(r#"{{"text":{}}}"#, quoted(&format!("use {} for now", v.value))))),
    ("page", |v| received("text/html", &format!("<p>Your key: <b>{}</b></p>", escaped(v.value)))),
    ("plain text", |v| received("text/plain", &format!("one\n{}\ntwo", v.value))),
    ("path", |v| exchange(&format!("/a/{}/b", encode_segment(v.value)), &[], "", &[], "")),
    ("query", |v| exchange(&format!("/a?q={}", encode_query_part(v.value)), &[], "", &[], "")),
    ("header", |v| exchange("/a", &[], "", &[("x-note", &v.value.replace('\n', " "))], "")),
    ("base64", |v| received(JSON, &format!(r#"{{"data":"{}"}}"#, STANDARD.encode(format!("see {} there", v.value))))),
];

/// A text with its value in it; `@@` is a value and `@` after it, `|` the end of a line.
fn filled(v: &Value<'_>) -> String {
    let text = v.name.replace('|', "\n");
    match text.split_once("@@") {
        Some((before, after)) => format!("{before}{}@{after}", v.value),
        None => text.replacen('@', v.value, 1),
    }
}

/// Texts that contain a secret: `name` is the whole text with `@` for the secret.
const TEXT: &[Place] = &[
    ("member", |v| received(JSON, &format!(r#"{{"note":{}}}"#, quoted(&filled(v))))),
    ("body", |v| sent("text/plain", &filled(v))),
    ("page", |v| received("text/html", &format!("<html><body>{}</body></html>", filled(v)))),
];

const COOKIES: &[Place] = &[
    ("cookie", |v| exchange("/a", &[("cookie", &format!("theme=dark; {}={}", v.name, v.value))], "", &[], "")),
    ("set-cookie", |v| exchange("/a", &[], "", &[("set-cookie", &format!("{}={}; Path=/", v.name, v.value))], "")),
];

const HEADERS: &[Place] = &[
    ("request", |v| exchange("/a", &[(v.name, v.value)], "", &[], "")),
    ("response", |v| exchange("/a", &[], "", &[(v.name, v.value)], "")),
];

/// Texts in responses. In a request, every value under a password's name is a secret.
const SHOWN: &[Place] = &[TEXT[0], TEXT[2]];

/// Places in requests, in which words may be passwords too.
const TYPED: &[Place] = &[NAMED[0], NAMED[3], NAMED[6]];

/// Places in JSON and in assignments, in which a vendor's name stands beside a random value.
const BESIDE: &[Place] = &[NAMED[1], NAMED[14], NAMED[9], NAMED[13]];

fn places(group: &str) -> &'static [Place] {
    match group {
        "named" => NAMED,
        "bare" => BARE,
        "text" => TEXT,
        "shown" => SHOWN,
        "cookie" => COOKIES,
        "header" => HEADERS,
        "typed" => TYPED,
        "beside" => BESIDE,
        other => panic!("no such group of places: {other}"),
    }
}

/// A value with its patterns filled: see `secrets.tsv`. The same pattern gives the same value.
fn generated(pattern: &str) -> String {
    let mut seed = pattern
        .bytes()
        .fold(14_695_981_039_346_656_037_u64, |seed, byte| (seed ^ u64::from(byte)).wrapping_mul(1_099_511_628_211));
    let mut next = |letters: &[u8]| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(letters[usize::try_from(seed >> 33).unwrap_or(0) % letters.len()])
    };
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((inner, after)) = after.split_once('}') else { break };
        let letters: &[u8] = match inner.as_bytes().first() {
            Some(b'A') => b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            Some(b'v') => b"abcdefghijklmnopqrstuvwxyz0123456789",
            Some(b'U') => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            Some(b'V') => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
            Some(b'h' | b'g') => b"0123456789abcdef",
            Some(b'd') => b"123456789",
            _ => return pattern.to_owned(),
        };
        out.push_str(before);
        if inner == "g" {
            let mut digits = |length: usize| (0..length).map(|_| next(letters)).collect::<String>();
            out.push_str(&format!("{}-{}-4{}-8{}-{}", digits(8), digits(4), digits(3), digits(3), digits(12)));
        } else if let Ok(length) = inner[1..].parse::<usize>() {
            out.extend((0..length).map(|_| next(letters)));
        } else {
            return pattern.to_owned();
        }
        rest = after;
    }
    out + rest
}

/// The lines of a list: name, value and group. In a value `\n` is the end of a line.
fn lines(list: &str) -> Vec<(String, String, String)> {
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines
        .map(|line| match line.split('\t').collect::<Vec<_>>().as_slice() {
            [group, name, value] => ((*group).to_owned(), (*name).to_owned(), generated(value).replace("\\n", "\n")),
            _ => panic!("a line has a group, a name and a value: {line}"),
        })
        .collect()
}

/// The stored text of an exchange.
fn kept(request: &Request, response: &Response) -> String {
    let mut out = request.target.to_string();
    for (name, value) in request.headers.iter().chain(&response.headers) {
        out.push_str(&format!("\n{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    }
    out.push_str(&String::from_utf8_lossy(&request.body));
    out.push_str(&String::from_utf8_lossy(&response.body));
    out
}

/// Returns true if the stored text contains a secret in any spelling.
fn stands_in(secret: &str, kept: &str) -> bool {
    let json = quoted(secret);
    let forms = [
        secret.to_owned(),
        encode_query_part(secret),
        encode_segment(secret),
        escaped(secret),
        json[1..json.len() - 1].to_owned(),
        quoted(&json)[3..].trim_end_matches(['"', '\\']).to_owned(),
    ];
    // The encoded middle of the text, at each of the three base64 offsets.
    let in_base64 = (0..3).filter_map(|shift| {
        let encoded = STANDARD.encode([&vec![b'x'; shift], secret.as_bytes()].concat());
        encoded.get(4..encoded.len().saturating_sub(4)).filter(|middle| middle.len() >= 8).map(str::to_owned)
    });
    forms.into_iter().chain(in_base64).any(|form| !form.is_empty() && kept.contains(&form))
}

/// The numbers of correct and of all results, by group and place.
#[derive(Default)]
struct Score {
    of: BTreeMap<(String, &'static str), (usize, usize)>,
    wrong: Vec<String>,
}

impl Score {
    fn add(&mut self, group: &str, place: &'static str, is_right: bool, what: impl FnOnce() -> String) {
        let (right, all) = self.of.entry((group.to_owned(), place)).or_default();
        *all += 1;
        *right += usize::from(is_right);
        if !is_right {
            self.wrong.push(format!("{group}, {place}: {}", what()));
        }
    }

    fn total(&self) -> (usize, usize) {
        self.of.values().fold((0, 0), |(right, all), (own, of)| (right + own, all + of))
    }

    fn share(&self) -> f64 {
        let (right, all) = self.total();
        right as f64 / all as f64
    }

    fn print(&self, what: &str) {
        let (right, all) = self.total();
        println!("{what}: {right} of {all}, {:.3}", self.share());
        for ((group, place), (right, all)) in &self.of {
            println!("  {group:8} {place:24} {right:4} of {all}");
        }
        self.wrong.iter().for_each(|line| println!("  wrong: {line}"));
    }
}

fn secrets(list: &str) -> Score {
    let mut score = Score::default();
    for (group, name, secret) in lines(list) {
        for (place, put) in places(&group) {
            let (request, response) = put(&Value { name: &name, value: &secret });
            let (request, response, _) = Redactor::default().exchange(request, response);
            let kept = kept(&request, &response);
            score.add(&group, place, !stands_in(&secret, &kept), || format!("{name} {secret} in {kept}"));
        }
    }
    score
}

fn harmless(list: &str) -> Score {
    let mut score = Score::default();
    for (group, name, value) in lines(list) {
        for (place, put) in places(&group) {
            let (request, response) = put(&Value { name: &name, value: &value });
            let before = kept(&request, &response);
            let (request, response, _) = Redactor::default().exchange(request, response);
            let after = kept(&request, &response);
            score.add(&group, place, before == after, || format!("{name} {value}: {after}"));
        }
    }
    score
}

#[test]
fn secrets_are_replaced_and_harmless_values_are_not() {
    if let Ok(file) = std::env::var("SECRETS") {
        secrets(&std::fs::read_to_string(file).expect("the list can be read")).print("secrets replaced");
        return;
    }
    let secrets = secrets(include_str!("redaction/secrets.tsv"));
    let harmless = harmless(include_str!("redaction/harmless.tsv"));
    secrets.print("secrets replaced (recall)");
    harmless.print("harmless values left alone");
    let (found, all) = secrets.total();
    let (left, of) = harmless.total();
    let precision = found as f64 / (found + of - left) as f64;
    println!("recall {:.3}, precision {precision:.3}", secrets.share());
    assert!(all >= 400 && of >= 400, "{all} secrets and {of} harmless values");
    assert!(secrets.share() >= 0.98, "recall {:.3}", secrets.share());
    assert!(
        precision >= 0.98 && harmless.share() >= 0.98,
        "precision {precision:.3}, {:.3} left alone",
        harmless.share()
    );
}
