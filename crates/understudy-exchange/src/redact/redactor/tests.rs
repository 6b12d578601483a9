//! That the quick look and the long one find the same, and what is done where there are too many secrets.

use super::*;
use crate::redact::QuickLook;
use http::header::AUTHORIZATION;

/// Numbers that look like chance, the same each time.
struct Made(u64);

impl Made {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % most
    }

    fn json(&mut self, depth: usize) -> String {
        let names = [
            "id",
            "name",
            "note",
            "access_token",
            "pin",
            "a\\u0062",
            "p\\u0069n",
            "tags",
            "items",
            "secretary",
            "Client-Secret-",
            "shipping",
            "pass.word",
            "seat",
        ];
        let texts = [
            "plain",
            "opaque-secret-1",
            "opaque\\u002dsecret-1",
            r#"say \"opaque-secret-1\""#,
            "4111 1111 1111 1111",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "e\\u0079JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            r#"{\"pin\":\"12345678\"}"#,
            r#"{\"a\":1}"#,
            "line\\nline",
            "",
        ];
        match self.below(if depth < 3 { 6 } else { 4 }) {
            0 => ["12.50", "4111111111111111", "4111111111111112"][self.below(3)].to_owned(),
            1 => "null".to_owned(),
            2 | 3 => format!("\"{}\"", texts[self.below(texts.len())]),
            4 => {
                let items: Vec<String> = (0..self.below(4)).map(|_| self.json(depth + 1)).collect();
                format!("[{}]", items.join(", "))
            }
            _ => {
                let colons = [": ", ":", " :\n"];
                let members = (0..self.below(5)).map(|_| {
                    let (name, colon) = (names[self.below(names.len())], colons[self.below(3)]);
                    format!("\"{name}\"{colon}{}", self.json(depth + 1))
                });
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        }
    }
}

#[test]
fn the_quick_look_finds_nothing_less_than_the_long_one() {
    let (mut quiet_ones, mut without_a_look) = (0, 0);
    for seed in 0..20_000 {
        let mut text = Made(seed).json(0);
        if seed % 4 == 0 {
            // What is no JSON as a whole.
            text = format!("data: {text}\nNaN {text}");
        }
        let body = Bytes::from(text);
        let headers = HeaderMap::from_iter([
            (http::header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (AUTHORIZATION, HeaderValue::from_static("Bearer opaque-secret-1")),
        ]);
        let request =
            Request { method: http::Method::GET, target: "/".parse().expect("a target"), headers, body: body.clone() };
        let response = Response { status: http::StatusCode::OK, headers: HeaderMap::new(), body: Bytes::new() };
        // Names that are added cost an expression each time.
        let added = if seed % 10 == 0 { vec!["seat".to_owned()] } else { Vec::new() };
        let names = || SecretNames::with(Vec::new(), added.clone());
        let mut quick = Redactor::new(names());
        without_a_look += usize::from(quick.loud.is_quiet(std::str::from_utf8(&body).expect("a text")));
        quiet_ones += usize::from(quick.quiet(&request, &response)[0].is_some());
        let (found, _, quick_removed) = quick.exchange(request.clone(), response.clone());
        let mut long = Redactor::new(names());
        long.know_but(&request, &response, &[None, None]);
        let mut removed = Vec::new();
        let wanted = long.body(&request.headers, &body, "request", &mut removed);
        let text = String::from_utf8_lossy(&body);
        assert_eq!(String::from_utf8_lossy(&found.body), String::from_utf8_lossy(&wanted), "{text}");
        assert!(removed.iter().all(|removed| quick_removed.contains(removed)), "{text}");
        assert_eq!(quick.known, long.known, "{text}");
    }
    assert!((2_000..18_000).contains(&quiet_ones), "{quiet_ones}");
    assert!((1_000..quiet_ones).contains(&without_a_look), "{without_a_look} of {quiet_ones}");
}

/// An exchange with a little of what makes a difference, or nothing of it.
fn made(seed: u64) -> (Request, Response) {
    let mut made = Made(seed);
    let targets =
        ["/a/b", "/a?page=2", "/a?pin=2", "/%61", "/opaque-secret-1", "/a?q=opaque%2dsecret-1", "/a?q=say+it"];
    let fields = [
        ("etag", "\"7\""),
        ("x-note", "plain"),
        ("x-note", "say \"opaque\" twice"),
        ("x-note", "a opaque-secret-1"),
        ("x-note", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
        ("x-seat", "a1"),
        ("cookie", "a=b"),
        ("set-cookie", "a=b"),
        ("authorization", "Bearer x"),
    ];
    let kinds =
        ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"];
    let mut side = || {
        let mut headers = HeaderMap::new();
        for _ in 0..made.below(3) {
            let (name, value) = fields[made.below(fields.len()).min(made.below(fields.len()))];
            headers.append(name, HeaderValue::from_static(value));
        }
        headers.append(http::header::CONTENT_TYPE, HeaderValue::from_static(kinds[made.below(9).saturating_sub(5)]));
        let body = match made.below(4) {
            0 => Bytes::new(),
            1 => Bytes::from_static(b"\xFF\x00opaque-secret-1"),
            _ => made.json(1).into(),
        };
        (headers, body)
    };
    let ((headers, body), (answer, content)) = (side(), side());
    let target = targets[made.below(targets.len()).min(made.below(targets.len()))].parse().expect("a target");
    let request = Request { method: http::Method::GET, target, headers, body };
    (request, Response { status: http::StatusCode::OK, headers: answer, body: content })
}

#[test]
fn what_a_look_where_exchanges_pass_is_sure_of_has_nothing_to_be_taken_out() {
    let names = || SecretNames::with(vec!["x-seat".to_owned()], vec!["seat".to_owned()]);
    let look = QuickLook::new(names());
    let (mut quiet, mut known) = (0, 0);
    for seed in 0..4_000 {
        let (request, response) = made(seed);
        let mut redactor = Redactor::new(names());
        redactor.learn("opaque-secret-1", "secret");
        if seed % 4 == 0 {
            redactor.learn("say \"opaque\" twice", "secret");
        }
        let before = redactor.known.clone();
        // As recordings are written.
        let mut written = request.target.as_str().as_bytes().to_vec();
        for value in request.headers.values().chain(response.headers.values()) {
            written.extend(Json::string(String::from_utf8_lossy(value.as_bytes())).to_string().into_bytes());
        }
        written.extend_from_slice(&request.body);
        written.extend_from_slice(&response.body);
        let is_quiet = look.is_quiet(&request, &response, &written);
        quiet += usize::from(is_quiet);
        if !is_quiet || redactor.may_be_known_in(&written) {
            known += usize::from(is_quiet);
            continue;
        }
        let (shown, answer, removed) = redactor.exchange(request.clone(), response.clone());
        assert_eq!((&shown.target, &shown.headers, &shown.body), (&request.target, &request.headers, &request.body));
        assert_eq!((&answer.headers, &answer.body), (&response.headers, &response.body));
        assert!(removed.is_empty() && redactor.known == before, "{request:?} {response:?}");
    }
    assert!((400..2_000).contains(&quiet) && (100..quiet - 100).contains(&known), "{known} of {quiet}");
}

#[test]
fn fields_that_are_not_all_text_are_looked_through() {
    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
    let field = |text: &str| {
        let latin = [b"caf\xE9 ", text.as_bytes()].concat();
        HeaderMap::from_iter([(http::header::CONTENT_DISPOSITION, HeaderValue::from_bytes(&latin).expect("a value"))])
    };
    let request = Request {
        method: http::Method::GET,
        target: http::uri::PathAndQuery::from_static("/a"),
        headers: field("opaque-secret-1"),
        body: Bytes::new(),
    };
    let response = Response { status: http::StatusCode::OK, headers: field(JWT), body: Bytes::new() };
    assert!(!QuickLook::new(SecretNames::default()).is_quiet(&request, &response, JWT.as_bytes()));
    let mut redactor = Redactor::new(SecretNames::default());
    redactor.learn("opaque-secret-1", "secret");
    let (request, response, removed) = redactor.exchange(request, response);
    let shown = |headers: &HeaderMap| {
        String::from_utf8_lossy(headers[http::header::CONTENT_DISPOSITION].as_bytes()).into_owned()
    };
    assert_eq!(
        [shown(&request.headers), shown(&response.headers)],
        ["caf\u{FFFD} «secret-1»", "caf\u{FFFD} «token-1»"]
    );
    assert_eq!(removed.len(), 2);
}

#[test]
fn where_there_are_too_many_secrets_to_be_told_apart_they_are_taken_out_all_the_same() {
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
    let mut redactor = Redactor::default();
    redactor.known.extend((0..SECRETS_MAX).map(|number| (number.to_string(), "«secret»".to_owned())));
    let body = Bytes::from(format!("[\"a token: {TOKEN}\"]"));
    let headers = HeaderMap::from_iter([
        (http::header::COOKIE, HeaderValue::from_static("sid=another-secret")),
        (http::header::FROM, HeaderValue::from_static(TOKEN)),
    ]);
    let request = Request {
        method: http::Method::GET,
        target: format!("/{TOKEN}").parse().expect("a target"),
        headers,
        body: body.clone(),
    };
    let response = Response { status: http::StatusCode::OK, headers: HeaderMap::new(), body };
    let (request, response, _) = redactor.exchange(request.clone(), response.clone());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(
        (text(&request.body), text(&response.body)),
        ("[\"a token: «token»\"]".to_owned(), "[\"a token: «token»\"]".to_owned())
    );
    assert_eq!(text(request.headers["from"].as_bytes()), "«token»");
    assert_eq!(text(request.headers["cookie"].as_bytes()), "sid=«cookie»");
    assert_eq!(percent_decode(request.path()), "/«token»");
}
