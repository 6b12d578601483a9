//! The property that a stub takes every request that a contract test builds from its fixture, whatever characters stand in
//! the request and whatever rule a value comes from.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use std::sync::Arc;
use understudy_exchange::{Json, Request};
use understudy_fixture::model::{
    BodyFile, Check, Expression, Field, FieldMatcher, Fixture, Format, MethodMatcher, NamedPart, PartContent,
    PathTemplate, Pattern, RequestBody, Rule,
};
use understudy_match::{Chance, Choice, Incoming, Index, State, example_request, explain};

const SEEDS: u64 = 4_000;

/// Characters that have a meaning in one of the places of a request.
const PIECES: [&str; 34] = [
    "a", "Z", "0", " ", "+", "%", "%20", "%2F", "&", "=", "#", "?", "/", ";", ":", "\"", "\\", "'", "[", "]", "{", "}",
    ",", "@", "é", "日本", "😀", "|", "<", "~", "..", "\r\n", "*", "()",
];

fn text(chance: &mut Chance, is_one_line: bool) -> String {
    let length = 1 + chance.below(6);
    let mut out: String = (0..length).map(|_| PIECES[chance.below(34) as usize]).collect();
    if is_one_line {
        out = out.replace("\r\n", "_");
    }
    if out.contains("{{") { out.replace('{', "_") } else { out }
}

fn rule(check: Check) -> FieldMatcher {
    FieldMatcher::Rule(Rule::of(check))
}

/// A matcher that says which value is sent.
fn matcher(chance: &mut Chance, is_one_line: bool, is_parameter: bool) -> FieldMatcher {
    let mut value = || text(chance, is_one_line);
    let (first, second) = (value(), value());
    let literal = |text: &str| Pattern::parse(&text.replace("{{", "_"));
    match chance.below(if is_parameter { 5 } else { 9 }) {
        0 => rule(Check::Equals(Json::string(first))),
        1 => rule(Check::OneOf(vec![Json::string(first), Json::string(second)])),
        2 => rule(Check::StartsWith(first)),
        3 => rule(Check::Contains(first)),
        4 => FieldMatcher::Equals(literal(&first)),
        5 => FieldMatcher::List(vec![literal(&first), literal(&second)]),
        6 => rule(Check::Min(3u64.into())),
        7 => {
            let words = ["uuid", "date", "time", "date-time", "email", "uri", "ipv4", "ipv6", "hostname", "base64"];
            rule(Check::Format(Format::from_word(words[chance.below(10) as usize]).unwrap()))
        }
        _ => {
            let all = ["[0-9]{4}-[a-f]+", "v(1|2)\\.x?", "(?:de|en)(-[A-Z]{2})?", "\\d+ items", "ü+"];
            rule(Check::Matches(Expression::parse(all[chance.below(5) as usize]).unwrap()))
        }
    }
}

fn field(name: &str, matcher: FieldMatcher) -> Field {
    Field { name: name.to_owned(), matcher }
}

fn body(chance: &mut Chance) -> Option<RequestBody> {
    let part = |chance: &mut Chance| {
        let content = match chance.below(3) {
            0 => PartContent::Text(matcher(chance, false, true)),
            1 => PartContent::Json(Json::string(text(chance, false))),
            _ => PartContent::File(BodyFile { path: "bodies/x".into(), content: Bytes::from(text(chance, false)) }),
        };
        let filename = (chance.below(2) == 0).then(|| matcher(chance, false, true));
        let content_type = (chance.below(2) == 0).then(|| FieldMatcher::Equals(Pattern::parse("image/png")));
        NamedPart { name: text(chance, false), filename, content_type, content: Some(content), rules: Vec::new() }
    };
    Some(match chance.below(6) {
        0 => return None,
        1 => RequestBody::Json(Json::string(text(chance, false))),
        2 => RequestBody::Text(Pattern::parse(&text(chance, false))),
        3 => RequestBody::Form(vec![
            field("a[b][]", matcher(chance, false, false)),
            field(&text(chance, false), matcher(chance, false, false)),
        ]),
        _ => RequestBody::Multipart(vec![part(chance), part(chance)]),
    })
}

/// A fixture with odd values in all places of its request.
fn odd(seed: u64) -> Fixture {
    let mut chance = Chance::from_seed(seed);
    let mut fixture = understudy_testkit::fixture(seed);
    let request = &mut fixture.request;
    request.method = MethodMatcher::Is(Method::POST);
    request.path = PathTemplate::parse("/odd/{id}/{*rest}").unwrap();
    request.params =
        vec![field("id", matcher(&mut chance, true, true)), field("rest", matcher(&mut chance, true, true))];
    request.query = vec![
        field("filter[name]", matcher(&mut chance, false, false)),
        field("ä &=", matcher(&mut chance, false, false)),
    ];
    request.headers = vec![field("x-odd", matcher(&mut chance, true, false))];
    request.cookies = Vec::new();
    request.body = body(&mut chance);
    request.rules = Vec::new();
    request.strict = chance.below(2) == 0;
    fixture
}

/// The request as the receiver of an HTTP message sees it: without white space around the values of header fields.
fn received(mut request: Request) -> Request {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(name, HeaderValue::from_bytes(value.as_bytes().trim_ascii()).unwrap());
    }
    request.headers = headers;
    request
}

#[test]
fn a_stub_takes_every_request_that_a_contract_test_builds() {
    let mut sent = 0;
    for seed in 0..SEEDS {
        let fixture = Arc::new(odd(seed));
        let index = Index::new("/base", [Arc::clone(&fixture)]);
        // A value that no message can carry is refused with its name.
        let Ok(request) = example_request(&fixture, "/base", &|_| None) else { continue };
        sent += 1;
        let request = received(request);
        let incoming = Incoming::new(&request);
        let choice = index.choose(&incoming, &State::new());
        assert!(
            matches!(choice, Choice::Promise(0)),
            "seed {seed}: {} {} {:?}\n{:?}\n{:?}",
            request.method,
            request.target,
            request.headers,
            String::from_utf8_lossy(&request.body),
            explain(&index, &incoming, &State::new()).near
        );
    }
    assert!(sent > SEEDS / 2, "{sent} of {SEEDS} requests could be built");
}
