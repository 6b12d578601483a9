//! Tests the secrets in exchanges, their stand-ins, and the parts that stay unchanged.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use http::header::{AUTHORIZATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use understudy_exchange::redact::{Redactor, SecretNames};
use understudy_exchange::target::percent_decode;
use understudy_exchange::{Request, Response};

fn exchange(
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    answer: &[(&str, &str)],
    content: &[u8],
) -> (Request, Response) {
    let map = |fields: &[(&str, &str)]| {
        let field = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().expect("a name"), HeaderValue::from_bytes(value.as_bytes()).expect("a value"))
        };
        fields.iter().map(field).collect::<HeaderMap>()
    };
    let request = Request {
        method: Method::POST,
        target: target.parse().expect("a target"),
        headers: map(headers),
        body: Bytes::copy_from_slice(body),
    };
    let response = Response { status: StatusCode::OK, headers: map(answer), body: Bytes::copy_from_slice(content) };
    (request, response)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";

#[test]
fn a_token_that_an_answer_gave_is_the_same_where_requests_send_it() {
    let mut redactor = Redactor::default();
    let login = exchange(
        "/login",
        &[("content-type", "application/json")],
        br#"{"user":"ada","password":"correct horse","pin":1234}"#,
        &[("content-type", "application/json"), ("set-cookie", "sid=s3cr3t-session; Path=/; HttpOnly")],
        format!(r#"{{"access_token":"opaque-token-1","id":7,"refresh_token":"{TOKEN}"}}"#).as_bytes(),
    );
    let (request, response, removed) = redactor.exchange(login.0.clone(), login.1.clone());
    assert_eq!(text(&request.body), r#"{"user":"ada","password":"redacted-password-1","pin":1001}"#);
    assert_eq!(
        text(&response.body),
        r#"{"access_token":"redacted-token-1","id":7,"refresh_token":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.redacted-token-2"}"#
    );
    assert_eq!(text(response.headers[SET_COOKIE].as_bytes()), "sid=redacted-cookie-1; Path=/; HttpOnly");
    let places: Vec<&str> = removed.iter().map(|removed| removed.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "request body $.password",
            "request body $.pin",
            "response body $.access_token",
            "response body $.refresh_token",
            "response header set-cookie sid"
        ]
    );
    let next = exchange(
        "/me/opaque-token-1?api_key=k3y-abc-12&page=2&next=%2Fx%3Ft%3Dopaque-token-1",
        &[
            ("authorization", "Bearer opaque-token-1"),
            ("cookie", "theme=dark; sid=s3cr3t-session"),
            ("x-note", "opaque-token-1!"),
        ],
        b"",
        &[],
        b"hello s3cr3t-session",
    );
    let (request, response, _) = redactor.exchange(next.0.clone(), next.1.clone());
    assert_eq!(
        percent_decode(request.target.as_str()),
        "/me/redacted-token-1?api_key=redacted-api-key-1&page=2&next=/x?t=redacted-token-1"
    );
    let header = |name: &str| text(request.headers[name].as_bytes());
    assert_eq!(header("authorization"), "Bearer redacted-token-1");
    assert_eq!(header("cookie"), "theme=dark; sid=redacted-cookie-1");
    assert_eq!(header("x-note"), "redacted-token-1!");
    assert_eq!(text(&response.body), "hello redacted-cookie-1");
}

#[test]
fn a_card_s_number_stays_a_number() {
    let mut redactor = Redactor::default();
    let json = [("content-type", "application/json")];
    let pay = exchange(
        "/pay",
        &json,
        br#"{"number":4111111111111111,"order":4111111111111112,"again":"4111111111111111"}"#,
        &[("content-type", "application/x-ndjson")],
        b"{\"paid\":[5500005555555559]}\n{\"at\":1700000000000}\n",
    );
    let (request, response, removed) = redactor.exchange(pay.0.clone(), pay.1.clone());
    assert_eq!(
        text(&request.body),
        r#"{"number":4000000000000010,"order":4111111111111112,"again":"4000000000000010"}"#
    );
    assert_eq!(text(&response.body), "{\"paid\":[5100000000000024]}\n{\"at\":1700000000000}\n");
    let places: Vec<&str> = removed.iter().map(|removed| removed.place.as_str()).collect();
    assert_eq!(places, ["request body $.again", "request body $.number", "response body $.paid[0]"]);
}

#[test]
fn what_holds_no_secret_stays_byte_for_byte() {
    let mut redactor = Redactor::default();
    let (target, body) =
        ("/a%2fb//?q=a+b&&x&next_page_token=eyJvZmZzZXQiOjEwfQ", b"{ \"a\" : 1.00, \"token\": null, \"pin\":true }");
    let before = exchange(target, &[("content-type", "application/json")], body, &[], &[0xFF, 0x00, b'x']);
    let (request, response, removed) = redactor.exchange(before.0.clone(), before.1.clone());
    assert_eq!(
        (request.target.as_str(), &request.body[..], &response.body[..]),
        (target, &body[..], &[0xFF, 0x00, b'x'][..])
    );
    assert!(removed.is_empty(), "{removed:?}");
}

#[test]
fn forms_parts_events_and_embedded_json_are_looked_through() {
    let mut redactor =
        Redactor::new(SecretNames::with(vec!["x-session-key".to_owned()], vec!["note".to_owned()], Vec::new()));
    let form = exchange(
        "/pay",
        &[("content-type", "application/x-www-form-urlencoded"), ("x-session-key", "custom-header-secret")],
        b"name=a+b&new_password=hunter+2&number=4111+1111+1111+1111",
        &[("content-type", "text/event-stream")],
        format!("id: 1\ndata: {{\"note\":\"between us\",\"n\":1}}\n\ndata: plain {TOKEN}\n\n").as_bytes(),
    );
    let (request, response, _) = redactor.exchange(form.0.clone(), form.1.clone());
    assert_eq!(
        percent_decode(&text(&request.body)),
        "name=a+b&new_password=redacted-password-1&number=4000 0000 0000 0010"
    );
    assert_eq!(text(request.headers["x-session-key"].as_bytes()), "redacted-secret-1");
    assert_eq!(
        text(&response.body),
        "id: 1\ndata: {\"note\":\"redacted-secret-2\",\"n\":1}\n\ndata: plain eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.redacted-token-1\n\n"
    );
    let body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"secret\"\r\n\r\nmultipart-s3cret\r\n--b\r\ncontent-disposition: form-data; name=\"meta\"\r\n\r\n{{\"apiKey\":\"k-0123456789\"}}\r\n--b\r\ncontent-disposition: form-data; name=\"f\"\r\n\r\n\u{1}{TOKEN}\r\n--b--\r\n"
    );
    let parts = exchange(
        "/up",
        &[("content-type", "multipart/form-data; boundary=b")],
        body.as_bytes(),
        &[("content-type", "application/json")],
        br#"{"raw":"{\"password\":\"in-a-str1ng\"}","deep":{"secret":{"a":["x1-y2-z3",2]}}}"#,
    );
    let (request, response, _) = redactor.exchange(parts.0.clone(), parts.1.clone());
    let shown = text(&request.body);
    assert!(
        !shown.contains("multipart-s3cret") && !shown.contains("k-0123456789") && !shown.contains(TOKEN),
        "{shown}"
    );
    assert!(shown.contains("name=\"meta\"\r\n\r\n{\"apiKey\":\"redacted-api-key-1\"}\r\n--b"), "{shown}");
    assert_eq!(
        text(&response.body),
        "{\"raw\":\"{\\\"password\\\":\\\"redacted-password-2\\\"}\",\"deep\":{\"secret\":{\"a\":[\"redacted-secret-4\",2]}}}"
    );
    let mut removed = Vec::new();
    redactor.know_message(b"{\"token\":\"ws-token-1\"}", false);
    for (message, wanted) in [
        (&b"before: ws-token-1"[..], "before: redacted-token-2".as_bytes().to_vec()),
        (b"{\"token\":\"ws-token-1\"}", "{\"token\":\"redacted-token-2\"}".as_bytes().to_vec()),
        (b"\xFFws-token-1", [&[255], "redacted-token-2".as_bytes()].concat()),
    ] {
        assert_eq!(redactor.message(message, false, "message", &mut removed), wanted);
    }
}

#[test]
fn stand_ins_that_come_again_stay_what_they_are() {
    let mut redactor = Redactor::default();
    let again = exchange("/", &[("authorization", "Bearer redacted-token-1")], b"", &[], b"");
    let (request, _, removed) = redactor.exchange(again.0.clone(), again.1.clone());
    assert_eq!(text(request.headers[AUTHORIZATION].as_bytes()), "Bearer redacted-token-1");
    assert!(removed.is_empty());
}

#[test]
fn what_is_json_only_in_parts_is_looked_through_all_the_same() {
    let json = [("content-type", "application/json")];
    let deep = format!("{}{{\"password\":\"hunter22\"}}{}", "[".repeat(200), "]".repeat(200));
    for (body, shown) in [
        (
            r#"{"password":"hunter22","score":NaN}"#.to_owned(),
            r#"{"password":"redacted-password-1","score":NaN}"#.to_owned(),
        ),
        ("\u{FEFF}{\"password\":\"hunter22\"}".to_owned(), "\u{FEFF}{\"password\":\"redacted-password-1\"}".to_owned()),
        (deep.clone(), deep.replace("hunter22", "redacted-password-1")),
        (r#"{"pin": 1234, "cut off": "#.to_owned(), r#"{"pin": 1001, "cut off": "#.to_owned()),
        (
            "data: {\ndata:   \"password\": \"a \\\"b\\\"\"\ndata: }\n\n".to_owned(),
            "data: {\ndata:   \"password\": \"redacted-password-1\"\ndata: }\n\n".to_owned(),
        ),
    ] {
        let (request, response) = exchange("/x", &json, body.as_bytes(), &json, b"");
        let (request, _, removed) = Redactor::default().exchange(request.clone(), response.clone());
        assert_eq!(text(&request.body).trim_start_matches('\u{FEFF}'), shown.trim_start_matches('\u{FEFF}'));
        assert_eq!(removed.len(), 1, "{body}");
    }
}

#[test]
fn what_a_project_names_while_it_is_recorded_is_replaced_from_then_on() {
    let mut redactor = Redactor::default();
    let (request, response) = exchange("/x", &[], br#"{"seat":"front row"}"#, &[], b"");
    assert_eq!(text(&redactor.exchange(request.clone(), response.clone()).0.body), r#"{"seat":"front row"}"#);
    redactor.rename(SecretNames::with(Vec::new(), vec!["seat".to_owned()], Vec::new()));
    assert_eq!(text(&redactor.exchange(request.clone(), response.clone()).0.body), r#"{"seat":"redacted-secret-1"}"#);
}
