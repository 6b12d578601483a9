//! The two properties that the product is named for, as far as they need no socket, and that the order of files
//! means nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use understudy_exchange::{Json, JsonString, JsonText, Request, Response};
use understudy_fixture::model::{Fixture, PathTemplate, ResponseBody, ResponsePromise};
use understudy_match::{Chance, Choice, Incoming, Index, Kind, Moment, Rendering, State, example_request, judge};
use understudy_testkit::seeds;

fn served(promise: &ResponsePromise, seed: u64) -> Response {
    Rendering::new(promise).render(&mut Chance::from_seed(seed), Moment { unix_millis: 1_800_000_000_000 })
}

#[test]
fn what_a_stub_serves_keeps_the_promise() {
    for seed in seeds(3_000) {
        let fixture = understudy_testkit::fixture(seed);
        let promise = fixture.promise().unwrap();
        let verdict = judge(promise, &[], &Method::GET, &served(promise, seed));
        assert!(verdict.mismatches.is_empty(), "seed {seed}: {:?}", verdict.mismatches);
    }
}

#[test]
fn a_fixture_answers_its_own_example_among_a_thousand_in_any_order() {
    let fixtures: Vec<Arc<Fixture>> = (0..1_000).map(|seed| Arc::new(understudy_testkit::fixture(seed))).collect();
    let forward = Index::new("/base", fixtures.iter().cloned());
    let backward = Index::new("/base", fixtures.iter().rev().cloned());
    for fixture in &fixtures {
        let request = example_request(fixture, "/base", &|_| None).unwrap();
        let incoming = Incoming::new(&request);
        for index in [&forward, &backward] {
            let Choice::Promise(place) = index.choose(&incoming, &State::new()) else {
                panic!("{}: {:?}", fixture.id, understudy_match::explain(index, &incoming, &State::new()));
            };
            assert_eq!(index.promises()[place].id, fixture.id, "{} {}", request.method, request.target);
        }
    }
}

#[test]
fn the_choice_does_not_depend_on_the_order_of_files() {
    // Fixtures that all want the same request, told apart by nothing but preference.
    let paths = ["/a/b", "/a/{x}", "/{y}/b", "/a/{*rest}", "/{*all}", "/a/{x}b"];
    let rival = |seed: usize| {
        let mut rival = understudy_testkit::fixture(seed as u64);
        rival.request.path = PathTemplate::parse(paths[seed % paths.len()]).unwrap();
        rival.request.params.clear();
        Arc::new(rival)
    };
    let mut rivals: Vec<Arc<Fixture>> = (0..40).map(rival).collect();
    let ids = |index: &Index| index.promises().iter().map(|fixture| Arc::clone(&fixture.id)).collect::<Vec<_>>();
    let sorted = Index::new("", rivals.iter().cloned());
    let request = Request {
        method: Method::GET,
        target: "/a/b".parse().unwrap(),
        headers: HeaderMap::new(),
        body: bytes::Bytes::new(),
    };
    let incoming = Incoming::new(&request);
    let mut chance = Chance::from_seed(11);
    for _ in 0..50 {
        for at in (1..rivals.len()).rev() {
            let other = usize::try_from(chance.below(at as u64 + 1)).unwrap();
            rivals.swap(at, other);
        }
        let shuffled = Index::new("", rivals.iter().cloned());
        assert_eq!(ids(&shuffled), ids(&sorted));
        assert_eq!(shuffled.choose(&incoming, &State::new()), sorted.choose(&incoming, &State::new()));
    }
}

fn promise_of(body: &Json) -> ResponsePromise {
    ResponsePromise::new(200, Vec::new(), Some(ResponseBody::Json(JsonText::new(body))))
}

fn answer_with(body: &Json) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    Response { status: StatusCode::OK, headers, body: body.to_string().into() }
}

/// A changed value, with what the change breaks: `None` where the promise permits it.
type Change = (Json, Option<(String, Kind)>);

fn changes(value: &Json, path: &str) -> Vec<Change> {
    let broken_type = Some((path.to_owned(), Kind::Type));
    match value {
        // An example of null pins nothing.
        Json::Null => vec![(Json::string("anything"), None), (Json::Array(Vec::new()), None)],
        Json::Bool(flag) => vec![(Json::Bool(!flag), None), (Json::string("no boolean"), broken_type)],
        Json::String(_) => vec![(Json::string("another"), None), (Json::Null, broken_type)],
        Json::Number(_) => vec![(Json::Number(12_345u64.into()), None), (Json::Bool(true), broken_type)],
        Json::Array(items) => {
            let mut out = vec![(Json::Array(Vec::new()), None), (Json::Object(Vec::new()), broken_type)];
            out.push((Json::Array(items.iter().chain(items.first()).cloned().collect()), None));
            for (at, item) in items.iter().enumerate() {
                for (changed, broken) in changes(item, &format!("{path}[{at}]")) {
                    let mut items = items.clone();
                    items[at] = changed;
                    out.push((Json::Array(items), broken));
                }
            }
            out
        }
        Json::Object(members) => {
            let mut out = vec![(Json::Array(Vec::new()), broken_type)];
            out.push((Json::Object(members.iter().rev().cloned().collect()), None));
            let added = (JsonString::new("brand-new"), Json::Null);
            out.push((Json::Object(members.iter().cloned().chain([added]).collect()), None));
            for (at, (name, member)) in members.iter().enumerate() {
                let place = child_path(path, name.as_str());
                let mut fewer = members.clone();
                fewer.remove(at);
                out.push((Json::Object(fewer), Some((place.clone(), Kind::Missing))));
                for (changed, broken) in changes(member, &place) {
                    let mut members = members.clone();
                    members[at].1 = changed;
                    out.push((Json::Object(members), broken));
                }
            }
            out
        }
    }
}

/// The path as reports show it, worked out independently of the code under test.
fn child_path(path: &str, name: &str) -> String {
    let simple = name.chars().all(|c| c.is_ascii_alphanumeric() || !c.is_ascii())
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if simple { format!("{path}.{name}") } else { format!("{path}['{name}']") }
}

#[test]
fn every_single_change_gives_exactly_its_difference_and_every_permitted_one_none() {
    let (mut broken, mut permitted) = (0, 0);
    for seed in seeds(400) {
        let body = understudy_testkit::json(&mut Chance::from_seed(seed), 3);
        let promise = promise_of(&body);
        for (changed, expected) in changes(&body, "$") {
            let verdict = judge(&promise, &[], &Method::GET, &answer_with(&changed));
            let found: Vec<(String, Kind)> = verdict.mismatches.iter().map(|m| (m.path.clone(), m.kind)).collect();
            broken += usize::from(expected.is_some());
            permitted += usize::from(expected.is_none());
            assert_eq!(found, Vec::from_iter(expected), "seed {seed}: {body} became {changed}");
        }
    }
    assert!(broken > 1_000 && permitted > 1_000, "{broken} {permitted}");
}

#[test]
fn another_status_or_a_header_that_is_gone_is_exactly_that_difference() {
    for seed in seeds(3_000) {
        let fixture = understudy_testkit::fixture(seed);
        let promise = fixture.promise().unwrap();
        let kept = served(promise, seed);
        let differences = |answer: &Response| -> Vec<(String, Kind)> {
            judge(promise, &[], &Method::GET, answer).mismatches.iter().map(|m| (m.path.clone(), m.kind)).collect()
        };
        let other_status = Response { status: StatusCode::IM_A_TEAPOT, ..kept.clone() };
        assert_eq!(differences(&other_status), [("status".to_owned(), Kind::Status)], "seed {seed}");
        // Without its charset, a text is another one too.
        for (name, _) in promise.headers.iter().filter(|(name, _)| name != "content-type") {
            let mut without = kept.clone();
            without.headers.remove(name.as_str());
            assert_eq!(differences(&without), [(name.clone(), Kind::Header)], "seed {seed} {name}");
        }
        let mut with_more = kept.clone();
        with_more.headers.insert("x-brand-new", HeaderValue::from_static("1"));
        assert!(differences(&with_more).is_empty(), "seed {seed}");
    }
}
