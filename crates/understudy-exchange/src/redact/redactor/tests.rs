//! Tests that the quick look and the walk agree, and that secrets beyond the maximum number are replaced too.

use super::*;
use crate::redact::QuickLook;
use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE, FROM};
use http::{HeaderMap, HeaderValue};

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";

/// Numbers that look like chance, the same each time.
struct Generator(u64);

impl Generator {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % most
    }

    /// Picks one of the texts; the first ones are more likely.
    fn often<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len()).min(self.below(of.len())).min(self.below(of.len()))]
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    fn json(&mut self, depth: usize) -> String {
        let names = [
            "id",
            "name",
            "note",
            "tags",
            "items",
            "secretary",
            "shipping",
            "url",
            "access_token",
            "pin",
            "a\\u0062",
            "p\\u0069n",
            "Client-Secret-",
            "pass.word",
            "seat",
            "value",
            "key",
            "nextToken",
        ];
        let texts = [
            "plain",
            "",
            "two words",
            "550e8400-e29b-41d4-a716-446655440000",
            "2024-05-01T10:00:00Z",
            "opaque-secret-1",
            "opaque\\u002dsecret-1",
            r#"say \"opaque-secret-1\""#,
            "4111 1111 1111 1111",
            JWT,
            "e\\u0079JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            r#"{\"pin\":\"12345678\"}"#,
            r#"{\"a\":1}"#,
            "line\\nline",
            "API_KEY",
            "password=hunter2",
            "https://ada:pw1@a.example/x",
            "/reset/a8f3k2",
            "Bearer abcdefgh1",
            "dG9rZW49YWJjZGVmZ2gxMjM0",
            "https://a.example/?token=abcdef12",
            "authorization",
        ];
        match self.below(if depth < 3 { 6 } else { 4 }) {
            0 => self.pick(&["12.50", "4111111111111111", "4111111111111112"]).to_owned(),
            1 => "null".to_owned(),
            2 | 3 => format!("\"{}\"", self.often(&texts)),
            4 => {
                let items: Vec<String> = (0..self.below(4)).map(|_| self.json(depth + 1)).collect();
                format!("[{}]", items.join(", "))
            }
            _ => {
                let members: Vec<String> = (0..self.below(5))
                    .map(|_| {
                        format!("\"{}\"{}{}", self.often(&names), self.pick(&[": ", ":", " :\n"]), self.json(depth + 1))
                    })
                    .collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    fn exchange(&mut self) -> (Request, Response) {
        let targets = [
            "/a/b",
            "/a?page=2",
            "/a?pin=2468",
            "/%61",
            "/opaque-secret-1",
            "/a?q=opaque%2dsecret-1",
            "/a?q=say+it",
            "/reset/a8f3k2",
            "/a?next=x",
        ];
        let fields = [
            ("etag", "\"7\""),
            ("x-note", "plain"),
            ("x-note", "say \"opaque\" twice"),
            ("x-note", "a opaque-secret-1"),
            ("x-note", JWT),
            ("x-seat", "a1"),
            ("cookie", "theme=dark"),
            ("cookie", "sid=abcdef123456"),
            ("set-cookie", "a=b"),
            ("authorization", "Bearer x1y2z3w4"),
            ("link", "<https://a.example/?page=2>; rel=\"next\""),
            ("x-request-key", "abc"),
        ];
        let kinds = [
            "application/json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=b",
            "text/html",
        ];
        let mut side = || {
            let mut headers = HeaderMap::new();
            for _ in 0..self.below(3) {
                let (name, value) = fields[self.below(fields.len()).min(self.below(fields.len()))];
                headers.append(name, HeaderValue::from_static(value));
            }
            headers
                .append(http::header::CONTENT_TYPE, HeaderValue::from_static(kinds[self.below(9).saturating_sub(4)]));
            let body = match self.below(4) {
                0 => Bytes::new(),
                1 => Bytes::from_static(b"\xFF\x00opaque-secret-1"),
                _ => format!("{{\"a\":{}}}", self.json(1)).into(),
            };
            (headers, body)
        };
        let ((headers, body), (answer, content)) = (side(), side());
        let target = targets[self.below(targets.len()).min(self.below(targets.len()))].parse().expect("a target");
        let request = Request { method: http::Method::GET, target, headers, body };
        (request, Response { status: http::StatusCode::OK, headers: answer, body: content })
    }
}

/// Returns how many secrets a walk without shortcuts finds in an exchange.
fn learnt(request: &Request, response: &Response, names: &SecretNames) -> usize {
    let mut known = Known::default();
    let mut learning = Learning(&mut known);
    let mut walk = Walk { names, side: Side::Request, sink: &mut learning };
    walk.target(&request.target);
    walk.headers(&request.headers);
    walk.body(&request.headers, &request.body);
    walk.side = Side::Response;
    walk.headers(&response.headers);
    walk.body(&response.headers, &response.body);
    known.len()
}

#[test]
fn a_quick_look_is_sure_only_of_what_a_walk_finds_nothing_in() {
    let names = || SecretNames::with(vec!["x-seat".to_owned()], vec!["seat".to_owned()], Vec::new());
    let look = QuickLook::new(names());
    let (mut quiet, mut known) = (0, 0);
    for seed in 0..8_000 {
        let (request, response) = Generator(seed).exchange();
        let is_quiet = look.is_quiet(&request, &response);
        let found = learnt(&request, &response, &names());
        assert!(!is_quiet || found == 0, "{request:?} {response:?}");
        let mut redactor = Redactor::new(names());
        redactor.known.learn("opaque-secret-1", "secret", "");
        if seed % 4 == 0 {
            redactor.known.learn("say \"opaque\" twice", "secret", "");
        }
        let before = redactor.known.len();
        // As recordings are written.
        let mut written = request.target.as_str().as_bytes().to_vec();
        for value in request.headers.values().chain(response.headers.values()) {
            written.extend(crate::Json::string(String::from_utf8_lossy(value.as_bytes())).to_string().into_bytes());
        }
        written.extend_from_slice(&request.body);
        written.extend_from_slice(&response.body);
        quiet += usize::from(is_quiet);
        if !is_quiet || redactor.may_be_known_in(&written) {
            known += usize::from(is_quiet);
            continue;
        }
        let (shown, answer, redactions) = redactor.exchange(request.clone(), response.clone());
        assert_eq!((&shown.target, &shown.headers, &shown.body), (&request.target, &request.headers, &request.body));
        assert_eq!((&answer.headers, &answer.body), (&response.headers, &response.body));
        assert!(redactions.is_empty() && redactor.known.len() == before, "{request:?} {response:?}");
    }
    assert!((200..5_000).contains(&quiet) && (50..quiet - 50).contains(&known), "{known} of {quiet}");
}

#[test]
fn what_was_replaced_once_has_no_secret_any_more() {
    for seed in 0..4_000 {
        let (request, response) = Generator(seed).exchange();
        let (once, answered, _) = Redactor::default().exchange(request, response);
        let (again, answer, redactions) = Redactor::default().exchange(once.clone(), answered.clone());
        // Digits stay digits, and look like a secret again.
        let is_number = |stand_in: &str| stand_in.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ');
        assert!(
            redactions.iter().all(|redaction| is_number(&redaction.stand_in)),
            "{redactions:?} {once:?} {answered:?}"
        );
        if redactions.is_empty() {
            assert_eq!((again.target, again.body, answer.body), (once.target, once.body, answered.body));
        }
    }
}

#[test]
fn secrets_that_there_is_no_room_for_are_replaced_all_the_same() {
    let mut redactor = Redactor::default();
    (0..crate::redact::known::SECRETS_MAX)
        .for_each(|number| drop(redactor.known.learn(&number.to_string(), "secret", "")));
    let body = Bytes::from(format!("[\"a token: {JWT}\"]"));
    let headers = HeaderMap::from_iter([
        (COOKIE, HeaderValue::from_static("sid=another-secret1")),
        (FROM, HeaderValue::from_static(JWT)),
    ]);
    let request = Request {
        method: http::Method::GET,
        target: format!("/{JWT}").parse().expect("a target"),
        headers,
        body: body.clone(),
    };
    let response = Response { status: http::StatusCode::OK, headers: HeaderMap::new(), body };
    let (request, response, redactions) = redactor.exchange(request, response);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.redacted-token-0";
    assert_eq!(
        (text(&request.body), text(&response.body)),
        (format!("[\"a token: {token}\"]"), format!("[\"a token: {token}\"]"))
    );
    assert_eq!(text(request.headers["from"].as_bytes()), token);
    assert_eq!(text(request.headers["cookie"].as_bytes()), "sid=redacted-cookie-0");
    assert_eq!(request.path(), format!("/{token}"));
    assert!(redactions.iter().all(|redaction| redaction.number == 0));
}

#[test]
fn fields_that_are_not_all_text_keep_their_other_bytes() {
    let field = |text: &str| {
        let latin = [b"caf\xE9 ", text.as_bytes()].concat();
        HeaderMap::from_iter([(http::header::CONTENT_DISPOSITION, HeaderValue::from_bytes(&latin).expect("a value"))])
    };
    let request = Request {
        method: http::Method::GET,
        target: http::uri::PathAndQuery::from_static("/a"),
        headers: HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer opaque-secret-1"))]),
        body: Bytes::new(),
    };
    let response = Response { status: http::StatusCode::OK, headers: field("opaque-secret-1"), body: Bytes::new() };
    let (_, response, _) = Redactor::default().exchange(request, response);
    assert_eq!(response.headers[http::header::CONTENT_DISPOSITION].as_bytes(), b"caf\xE9 redacted-token-1");
}
