//! The property that a stub takes every request that a contract test builds from its fixture, whatever characters stand in
//! the request and whatever rule a value comes from. The same fixtures go over sockets in the tests of the program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use http::{HeaderMap, HeaderValue};
use std::sync::Arc;
use understudy_exchange::Request;
use understudy_match::{Choice, Incoming, Index, State, example_request, explain};
use understudy_testkit::{odd, seeds};

/// The request as the receiver of an HTTP message sees it: without white space around the values of header fields.
fn received(mut request: Request) -> Request {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(name, HeaderValue::from_bytes(value.as_bytes().trim_ascii()).unwrap());
    }
    request.headers = headers;
    request.target = request.target.as_str().parse().unwrap();
    request
}

#[test]
fn a_stub_takes_every_request_that_a_contract_test_builds() {
    let mut sent = 0;
    let all = seeds(2_000);
    for seed in all.clone() {
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
    let tried = all.end - all.start;
    assert!(sent > tried / 2, "{sent} of {tried} requests could be built");
}
