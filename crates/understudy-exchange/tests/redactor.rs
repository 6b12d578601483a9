//! What is taken out of exchanges, what stands in its place, and what stays.

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
    assert_eq!(text(&request.body), r#"{"user":"ada","password":"«password-1»","pin":2}"#);
    assert_eq!(text(&response.body), r#"{"access_token":"«token-1»","id":7,"refresh_token":"«token-2»"}"#);
    assert_eq!(text(response.headers[SET_COOKIE].as_bytes()), "sid=«cookie-1»; Path=/; HttpOnly");
    let places: Vec<&str> = removed.iter().map(|removed| removed.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "answer body $.access_token",
            "answer body $.refresh_token",
            "answer header set-cookie sid",
            "request body $.password",
            "request body $.pin"
        ]
    );
    let next = exchange(
        "/me/opaque-token-1?api_key=abc&page=2&next=%2Fx%3Ft%3Dopaque-token-1",
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
    assert_eq!(percent_decode(request.target.as_str()), "/me/«token-1»?api_key=«api-key-1»&page=2&next=/x?t=«token-1»");
    let header = |name: &str| text(request.headers[name].as_bytes());
    assert_eq!(header("authorization"), "Bearer «token-1»");
    assert_eq!(header("cookie"), "theme=«cookie-2»; sid=«cookie-1»");
    assert_eq!(header("x-note"), "«token-1»!");
    assert_eq!(text(&response.body), "hello «cookie-1»");
}

#[test]
fn a_card_s_number_is_taken_out_as_a_number_too() {
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
    assert_eq!(text(&request.body), r#"{"number":1,"order":4111111111111112,"again":"«card-1»"}"#);
    assert_eq!(text(&response.body), "{\"paid\":[2]}\n{\"at\":1700000000000}\n");
    let places: Vec<&str> = removed.iter().map(|removed| removed.place.as_str()).collect();
    assert_eq!(places, ["answer body $.paid[0]", "request body $.again", "request body $.number"]);
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
    let mut redactor = Redactor::new(SecretNames::with(vec!["x-session-key".to_owned()], vec!["note".to_owned()]));
    let form = exchange(
        "/pay",
        &[("content-type", "application/x-www-form-urlencoded"), ("x-session-key", "custom-header-secret")],
        b"name=a+b&new_password=hunter+2&number=4111+1111+1111+1111",
        &[("content-type", "text/event-stream")],
        format!("id: 1\ndata: {{\"note\":\"between us\",\"n\":1}}\n\ndata: plain {TOKEN}\n\n").as_bytes(),
    );
    let (request, response, _) = redactor.exchange(form.0.clone(), form.1.clone());
    assert_eq!(percent_decode(&text(&request.body)), "name=a+b&new_password=«password-1»&number=«card-1»");
    assert_eq!(text(request.headers["x-session-key"].as_bytes()), "«api-key-1»");
    assert_eq!(text(&response.body), "id: 1\ndata: {\"note\":\"«secret-1»\",\"n\":1}\n\ndata: plain «token-1»\n\n");
    let body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"secret\"\r\n\r\nmultipart secret\r\n--b\r\ncontent-disposition: form-data; name=\"meta\"\r\n\r\n{{\"apiKey\":\"k-0123456789\"}}\r\n--b\r\ncontent-disposition: form-data; name=\"f\"\r\n\r\n\u{1}{TOKEN}\r\n--b--\r\n"
    );
    let parts = exchange(
        "/up",
        &[("content-type", "multipart/form-data; boundary=b")],
        body.as_bytes(),
        &[("content-type", "application/json")],
        br#"{"raw":"{\"password\":\"in a string\"}","deep":{"secret":{"a":["x1",2]}}}"#,
    );
    let (request, response, _) = redactor.exchange(parts.0.clone(), parts.1.clone());
    let shown = text(&request.body);
    assert!(
        !shown.contains("multipart secret") && !shown.contains("k-0123456789") && !shown.contains(TOKEN),
        "{shown}"
    );
    assert!(shown.contains("name=\"meta\"\r\n\r\n{\"apiKey\":\"«api-key-2»\"}\r\n--b"), "{shown}");
    assert_eq!(
        text(&response.body),
        "{\"raw\":\"{\\\"password\\\":\\\"«password-2»\\\"}\",\"deep\":{\"secret\":{\"a\":[\"«secret-3»\",4]}}}"
    );
    let mut removed = Vec::new();
    redactor.know_message(b"{\"token\":\"ws-token-1\"}");
    for (message, wanted) in [
        (&b"before: ws-token-1"[..], "before: «token-2»".as_bytes().to_vec()),
        (b"{\"token\":\"ws-token-1\"}", "{\"token\":\"«token-2»\"}".as_bytes().to_vec()),
        (b"\xFFws-token-1", [&[255], "«token-2»".as_bytes()].concat()),
    ] {
        assert_eq!(redactor.message(message, "message", &mut removed), wanted);
    }
}

#[test]
fn placeholders_that_come_again_stay_what_they_are() {
    let mut redactor = Redactor::default();
    let again = exchange("/", &[("authorization", "Bearer «token-1»")], b"", &[], b"");
    let (request, _, removed) = redactor.exchange(again.0.clone(), again.1.clone());
    assert_eq!(text(request.headers[AUTHORIZATION].as_bytes()), "Bearer «token-1»");
    assert!(removed.is_empty());
}

#[test]
fn what_is_json_only_in_parts_is_looked_through_all_the_same() {
    let json = [("content-type", "application/json")];
    let deep = format!("{}{{\"password\":\"hunter22\"}}{}", "[".repeat(200), "]".repeat(200));
    for (body, shown) in [
        (r#"{"password":"hunter22","score":NaN}"#.to_owned(), r#"{"password":"«password-1»","score":NaN}"#.to_owned()),
        ("\u{FEFF}{\"password\":\"hunter22\"}".to_owned(), "\u{FEFF}{\"password\":\"«password-1»\"}".to_owned()),
        (deep.clone(), deep.replace("hunter22", "«password-1»")),
        (r#"{"pin": 1234, "cut off": "#.to_owned(), r#"{"pin": 1, "cut off": "#.to_owned()),
        (
            "data: {\ndata:   \"password\": \"a \\\"b\\\"\"\ndata: }\n\n".to_owned(),
            "data: {\ndata:   \"password\": \"«password-1»\"\ndata: }\n\n".to_owned(),
        ),
    ] {
        let (request, response) = exchange("/x", &json, body.as_bytes(), &json, b"");
        let (request, _, removed) = Redactor::default().exchange(request.clone(), response.clone());
        assert_eq!(text(&request.body).trim_start_matches('\u{FEFF}'), shown.trim_start_matches('\u{FEFF}'));
        assert_eq!(removed.len(), 1, "{body}");
    }
}

#[test]
fn what_a_project_names_while_it_is_recorded_is_taken_out_from_then_on() {
    let mut redactor = Redactor::default();
    let (request, response) = exchange("/x", &[], br#"{"seat":"front row"}"#, &[], b"");
    assert_eq!(text(&redactor.exchange(request.clone(), response.clone()).0.body), r#"{"seat":"front row"}"#);
    redactor.rename(SecretNames::with(Vec::new(), vec!["seat".to_owned()]));
    assert_eq!(text(&redactor.exchange(request.clone(), response.clone()).0.body), r#"{"seat":"«secret-1»"}"#);
}
