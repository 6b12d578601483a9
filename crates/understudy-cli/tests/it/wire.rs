//! The wire, in raw bytes.

use crate::program::{Folder, Served};
use crate::reload::eventually;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

fn served(fixtures: &[(&str, &str)]) -> (Folder, Served) {
    let folder = Folder::with_fixtures(fixtures);
    let served = Served::new(&folder.0, &[]);
    (folder, served)
}

fn head(answer: &str) -> &str {
    answer.split("\r\n\r\n").next().unwrap()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[test]
fn numbers_names_and_bytes_are_sent_as_they_are_written() {
    let (folder, served) = served(&[
        (
            "n",
            "request: { path: /n }\nresponse: { headers: { x-two: [a, b] }, body: { json: { z: 0.00, big: [1E400, 9223372036854775809], nul: \"\\u0000\", a: 1, a: 2 } } }\n",
        ),
        ("b", "request: { path: /b }\nresponse: { body: { base64: \"/wD+\" } }\n"),
        ("f", "request: { path: /f }\nresponse: { body: { file: bodies/lone.json } }\n"),
        (
            "q",
            "request: { path: /q, query: { a: [\"1\", \"2\"] }, headers: { x-h: [p, q] } }\nresponse: { body: { text: both } }\n",
        ),
    ]);
    folder.write("fixtures/s/bodies/lone.json", r#"{"lone": "\ud83d", "x":  0.00}"#);
    let again = Served::new(&folder.0, &[]);
    let answer = served.request("GET /n", &[], "");
    assert_eq!(body(&answer), r#"{"z":0.00,"big":[1E400,9223372036854775809],"nul":"\u0000","a":1,"a":2}"#);
    assert!(head(&answer).contains("x-two: a\r\nx-two: b"), "{answer}");
    let mut stream = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
    stream.write_all(b"GET /b HTTP/1.1\r\nhost: s\r\nconnection: close\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert!(bytes.ends_with(b"\r\n\r\n\xFF\x00\xFE"));
    assert_eq!(body(&again.request("GET /f", &[], "")), r#"{"lone": "\ud83d", "x":  0.00}"#);
    assert_eq!(body(&served.request("GET /q?a=2&a=1", &["x-h: q", "x-h: p"], "")), "both");
    let backend = format!("http://127.0.0.1:{}", again.port);
    let (exit, stdout, stderr) = crate::program::run(&folder.0, &["verify", "--backend", &backend]);
    assert!(exit == 0 && stdout.contains("4 kept"), "{stdout}{stderr}");
}

#[test]
fn requests_are_pipelined_and_connections_kept() {
    let (_folder, served) = served(&[("a", "request: { path: \"/a/{n}\" }\nresponse: { body: { text: ok } }\n")]);
    let answer = served.raw("GET /a/1 HTTP/1.1\r\nhost: s\r\n\r\nGET /a/2 HTTP/1.1\r\nhost: s\r\n\r\nGET /a/3 HTTP/1.1\r\nhost: s\r\nconnection: close\r\n\r\n");
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
}

#[test]
fn what_is_too_much_is_refused_with_a_clear_answer() {
    let (_folder, served) = served(&[("a", "request: { method: POST, path: /a }\nresponse: { body: { text: ok } }\n")]);
    let long_line = served.raw(format!("GET /{} HTTP/1.1\r\nhost: s\r\n\r\n", "x".repeat(70_000)));
    assert!(long_line.starts_with("HTTP/1.1 414 ") || long_line.starts_with("HTTP/1.1 431 "), "{long_line}");
    let many_headers = served.raw(format!("GET /a HTTP/1.1\r\nhost: s\r\n{}\r\n", "x: y\r\n".repeat(5_000)));
    assert!(many_headers.starts_with("HTTP/1.1 431 "), "{many_headers}");
    // A client that sends all of its body before it reads sees the response.
    let limit = 64 << 20;
    let chunk = vec![b'x'; 1 << 20];
    for more in [1, 8 << 20] {
        let length = limit + more;
        let mut stream = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
        let head = format!("POST /a HTTP/1.1\r\nhost: s\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        for sent in (0..length).step_by(chunk.len()) {
            stream.write_all(&chunk[..chunk.len().min(length - sent)]).unwrap();
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large") && answer.ends_with('}'), "{answer}");
    }
    // The server is none the worse for it.
    assert_eq!(body(&served.request("POST /a", &[], "{}")), "ok");
}

#[test]
fn a_zip_bomb_and_a_broken_coding_are_refused() {
    let (_folder, served) = served(&[(
        "a",
        "request: { method: POST, path: /a, body: { text: hello } }\nresponse: { body: { text: ok } }\n",
    )]);
    let answer = served.request("POST /a", &["content-encoding: gzip"], "no gzip at all");
    assert!(
        answer.starts_with("HTTP/1.1 400 ") && answer.contains("the body is not the gzip that it is said to be"),
        "{answer}"
    );
    let answer = served.request("POST /a", &["content-encoding: pack200"], "hello");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn conditions_ranges_head_options_and_codings() {
    let long = "understudy ".repeat(300);
    let (_folder, served) = served(&[
        (
            "e",
            "request: { path: /e }\nresponse: { headers: { etag: '\"v1\"', last-modified: \"Tue, 01 Dec 2026 10:00:00 GMT\", cache-control: no-cache }, body: { text: 0123456789 } }\n",
        ),
        (
            "own",
            "priority: 1\nrequest: { path: /e, headers: { if-none-match: '\"own\"' } }\nresponse: { headers: { etag: '\"own\"' }, body: { text: mine } }\n",
        ),
        (
            "long",
            &format!(
                "request: {{ path: /long }}\nresponse: {{ headers: {{ etag: '\"l\"' }}, body: {{ text: \"{long}\" }} }}\n"
            ),
        ),
    ]);
    let not_modified = served.request("GET /e", &["if-none-match: W/\"v1\""], "");
    assert!(
        not_modified.starts_with("HTTP/1.1 304 ")
            && not_modified.contains("etag: \"v1\"")
            && body(&not_modified).is_empty(),
        "{not_modified}"
    );
    assert!(
        served
            .request("GET /e", &["if-modified-since: Tue, 01 Dec 2026 10:00:00 GMT"], "")
            .starts_with("HTTP/1.1 304 ")
    );
    assert!(
        served
            .request("GET /e", &["if-modified-since: Tue, 01 Dec 2026 09:59:59 GMT"], "")
            .starts_with("HTTP/1.1 200 ")
    );
    assert!(served.request("GET /e", &["if-none-match: \"own\""], "").ends_with("mine"));
    let part = served.request("GET /e", &["range: bytes=2-4"], "");
    assert!(
        part.starts_with("HTTP/1.1 206 ") && part.contains("content-range: bytes 2-4/10") && body(&part) == "234",
        "{part}"
    );
    let outside = served.request("GET /e", &["range: bytes=20-"], "");
    assert!(outside.starts_with("HTTP/1.1 416 ") && outside.contains("content-range: bytes */10"), "{outside}");
    let stale = served.request("GET /e", &["range: bytes=2-4", "if-range: \"v0\""], "");
    assert_eq!(body(&stale), "0123456789");
    let head_only = served.request("HEAD /e", &[], "");
    assert!(
        head_only.starts_with("HTTP/1.1 200 ")
            && head_only.contains("content-length: 10")
            && body(&head_only).is_empty(),
        "{head_only}"
    );
    let options = served.request("OPTIONS /e", &[], "");
    assert!(options.starts_with("HTTP/1.1 204 ") && options.contains("allow: GET, HEAD"), "{options}");
    let other = served.request("DELETE /e", &[], "");
    assert!(
        other.starts_with("HTTP/1.1 405 ")
            && other.contains("allow: GET, HEAD")
            && other.contains("application/problem+json"),
        "{other}"
    );
    for coding in ["gzip", "br", "zstd"] {
        let coded = served.request("GET /long", &[&format!("accept-encoding: {coding}")], "");
        let head = head(&coded);
        assert!(
            head.contains(&format!("content-encoding: {coding}"))
                && head.contains("etag: W/\"l\"")
                && head.contains("vary: origin, accept-encoding"),
            "{head}"
        );
    }
    assert_eq!(body(&served.request("GET /long", &[], "")), long);
}

/// Other stubs send `content-length: 0`: github.com/wiremock/wiremock/issues/1169, github.com/wiremock/WireMock.Net/issues/126,
/// github.com/manastech/webmock.cr/issues/50, github.com/Azure/azure-sdk-for-net/issues/13510.
#[test]
fn a_head_has_the_type_and_length_that_are_written() {
    let photo = "request: { method: HEAD, path: /photo }\nresponse: { headers: { content-type: image/png, content-length: 5120 } }\n";
    let (_folder, served) = served(&[("head", photo)]);
    let answer = served.request("HEAD /photo", &[], "");
    assert!(answer.contains("content-type: image/png") && answer.contains("content-length: 5120"), "{answer}");
}

#[test]
fn a_browser_may_read_every_answer_with_credentials() {
    let (_folder, served) =
        served(&[("a", "request: { path: /a }\nresponse: { headers: { x-count: \"3\" }, body: { text: ok } }\n")]);
    let origin = "origin: https://app.example";
    let answer = served.request("GET /a", &[origin], "");
    for line in [
        "access-control-allow-origin: https://app.example",
        "access-control-allow-credentials: true",
        "access-control-expose-headers: x-count",
        "vary: origin",
    ] {
        assert!(head(&answer).contains(line), "{line}\n{answer}");
    }
    let miss = served.request("GET /b", &[origin], "");
    assert!(
        miss.starts_with("HTTP/1.1 404 ") && miss.contains("access-control-allow-origin: https://app.example"),
        "{miss}"
    );
    let preflight = served.request(
        "OPTIONS /a",
        &[origin, "access-control-request-method: PATCH", "access-control-request-headers: x-a, x-b"],
        "",
    );
    for line in ["HTTP/1.1 204 ", "access-control-allow-methods: PATCH", "access-control-allow-headers: x-a, x-b"] {
        assert!(preflight.contains(line), "{line}\n{preflight}");
    }
    assert!(!served.request("GET /a", &[], "").contains("access-control"));
}

#[test]
fn lists_of_responses_states_and_fresh_values() {
    let folder = Folder::with_fixtures(&[
        ("cycle", "request: { path: /cycle }\nresponse: [{ body: { text: one } }, { body: { text: two } }]\n"),
        (
            "order",
            "request: { path: /order }\nselect: in_order\nresponse: [{ body: { text: one } }, { body: { text: two } }]\n",
        ),
        ("state", "when: { cart: full }\nrequest: { path: /state }\nresponse: { body: { text: full } }\n"),
        ("other", "request: { path: /state }\nresponse: { body: { text: any } }\n"),
        (
            "fresh",
            "request: { path: /fresh }\nresponse: { body: { json: { id: x, at: y } }, match: { $.id: { type: uuid, fresh: true }, $.at: { type: date-time, fresh: true } } }\n",
        ),
    ]);
    let served = Served::new(&folder.0, &["--state", "cart=full"]);
    let get = |path: &str| body(&served.request(&format!("GET {path}"), &[], "")).to_owned();
    assert_eq!([get("/cycle"), get("/cycle"), get("/cycle")], ["one", "two", "one"]);
    assert_eq!([get("/order"), get("/order"), get("/order")], ["one", "two", "two"]);
    assert_eq!(get("/state"), "full");
    let (first, second) = (get("/fresh"), get("/fresh"));
    assert!(first != second && first.len() > 60, "{first} {second}");
}

#[test]
fn what_answers_sets_the_state_in_which_others_match() {
    let cart = "request: { path: /cart }\nselect: in_order\nresponse:\n  - body: { text: empty }\n  - when: { cart: [filled, paid] }\n    body: { text: two }\n  - when: { cart: filled, user: guest }\n    body: { text: log in }\n  - when: { cart: paid }\n    body: { text: paying }\n  - when: { cart: paid }\n    body: { text: paid }\n";
    let folder = Folder::with_fixtures(&[
        ("cart", cart),
        ("add", "request: { method: POST, path: /cart }\nset: { cart: filled }\nresponse: { status: 204 }\n"),
        (
            "pay",
            "request: { method: POST, path: /pay }\nset: { cart: nothing }\nresponse:\n  - { status: 409 }\n  - { when: { cart: filled }, status: 201, set: { cart: paid } }\n",
        ),
        (
            "refund",
            "when: { cart: [paid, shipped] }\nrequest: { method: POST, path: /refund }\nresponse: { status: 202 }\n",
        ),
    ]);
    let served = Served::new(&folder.0, &["--state", "user=guest"]);
    let get = || body(&served.request("GET /cart", &[], "")).to_owned();
    let post = |path: &str| served.request(&format!("POST {path}"), &[], "")[9..12].to_owned();
    assert_eq!([get(), get()], ["empty", "empty"]);
    assert_eq!(post("/refund"), "404");
    assert_eq!(post("/cart"), "204");
    assert_eq!([get(), get()], ["log in", "log in"], "what names more states comes first");
    assert_eq!(post("/pay"), "201");
    folder.write("fixtures/s/other.yaml", "request: { path: /other }\nresponse: {}\n");
    eventually(&served, "GET /other", "HTTP/1.1 200 ");
    assert_eq!([get(), get(), get()], ["paying", "paid", "paid"], "those of one state answer in turn, after edits too");
    assert_eq!([post("/refund"), post("/pay"), post("/refund")], ["202", "409", "404"]);
    assert_eq!(get(), "empty");
}

#[test]
fn the_log_says_what_the_state_was_set_to() {
    let add = "request: { method: POST, path: /cart }\nset: { cart: filled }\nresponse: {}\n";
    let folder = Folder::with_fixtures(&[("add", add), ("get", "request: { path: /cart }\nresponse: {}\n")]);
    let mut served = Served::new(&folder.0, &[]);
    served.request("POST /cart", &[], "");
    served.request("GET /cart", &[], "");
    assert!(served.line().contains(r#""set":{"cart":"filled"}"#));
    assert!(served.line().contains(r#""set":null"#));
}

#[test]
fn of_requests_at_once_each_finds_the_state_that_another_has_left() {
    const STEPS: usize = 60;
    let step = |at: usize| match at {
        0 => "  - { body: { text: \"0\" }, set: { step: 0 } }\n".to_owned(),
        at => format!("  - {{ when: {{ step: {} }}, body: {{ text: \"{at}\" }}, set: {{ step: {at} }} }}\n", at - 1),
    };
    let steps: String = (0..STEPS).map(step).collect();
    let next = format!("request: {{ method: POST, path: /next }}\nresponse:\n{steps}");
    // With no state in which they answer, they take turns.
    let turn = |at: usize| format!("  - {{ body: {{ text: \"{at}\" }}, set: {{ turn: {at} }} }}\n");
    let turns: String = (0..STEPS).map(turn).collect();
    let turns = format!("request: {{ method: POST, path: /turn }}\nselect: in_order\nresponse:\n{turns}");
    let folder = Folder::with_fixtures(&[("next", &next), ("turn", &turns)]);
    let served = Served::new(&folder.0, &[]);
    for path in ["/next", "/turn"] {
        let ask = || -> Vec<usize> {
            let line = format!("POST {path}");
            (0..STEPS / 6).map(|_| body(&served.request(&line, &[], "")).parse().unwrap()).collect()
        };
        let mut answers: Vec<usize> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..6).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().flat_map(|asking| asking.join().unwrap()).collect()
        });
        answers.sort_unstable();
        assert_eq!(answers, (0..STEPS).collect::<Vec<_>>(), "{path}");
    }
}

/// A backend that answers every request with these bytes.
fn backend(answer: &'static str) -> (u16, std::thread::JoinHandle<String>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = socket.accept().unwrap();
        let mut request = Vec::new();
        let mut chunk = [0; 4_096];
        while !request.windows(4).any(|window| window == b"\r\n\r\n") {
            let count = stream.read(&mut chunk).unwrap();
            request.extend_from_slice(&chunk[..count]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&request).into_owned()
    });
    (port, thread)
}

fn with_backend(mode: &str, port: u16) -> (Folder, Served) {
    let folder = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { body: { text: fixture } }\n")]);
    let service = format!(
        "version: 1\nservices:\n  s: {{ mode: {mode}, backends: {{ real: {{ url: \"http://127.0.0.1:{port}/up\", headers: {{ x-key: \"${{PATH}}\" }} }} }} }}\n"
    );
    folder.write("understudy.yaml", service);
    let served = Served::new(&folder.0, &[]);
    (folder, served)
}

#[test]
fn passthrough_forwards_what_matches_no_fixture() {
    let (port, thread) =
        backend("HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx-up: 1\r\nkeep-alive: timeout=5\r\n\r\nreal");
    let (_folder, served) = with_backend("passthrough", port);
    assert_eq!(body(&served.request("GET /a", &[], "")), "fixture");
    let answer = served.request("GET /b?c=1", &["x-mine: 1", "te: deflate", "origin: http://localhost:3000"], "");
    assert!(
        body(&answer) == "real"
            && answer.contains("x-up: 1")
            && !answer.contains("keep-alive: ")
            && answer.contains("access-control-allow-origin: http://localhost:3000"),
        "{answer}"
    );
    let seen = thread.join().unwrap();
    assert!(
        seen.starts_with("GET /up/b?c=1 HTTP/1.1\r\n")
            && seen.contains("x-mine: 1")
            && !seen.contains("te: ")
            && seen.contains("x-key: "),
        "{seen}"
    );
    let gone = served.request("GET /b", &[], "");
    assert!(gone.starts_with("HTTP/1.1 502 ") && gone.contains("nothing listens on"), "{gone}");
}

#[test]
fn fallback_serves_the_fixture_when_the_backend_fails() {
    let (port, thread) = backend("HTTP/1.1 503 Sorry\r\ncontent-length: 0\r\n\r\n");
    let (_folder, served) = with_backend("fallback", port);
    assert_eq!(body(&served.request("GET /a", &[], "")), "fixture");
    thread.join().unwrap();
    assert_eq!(body(&served.request("GET /a", &[], "")), "fixture");
    assert!(served.request("GET /b", &[], "").starts_with("HTTP/1.1 502 "));
}

#[test]
fn a_list_of_responses_goes_on_only_where_it_stands_in() {
    use std::io::{Read, Write};
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        for status in ["200 Ok", "200 Ok", "503 Sorry"] {
            let (mut stream, _) = socket.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 4\r\nconnection: close\r\n\r\nreal");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let list = "request: { path: /a }\nresponse: [{ body: { text: first } }, { body: { text: second } }]\n";
    let folder = Folder::with_fixtures(&[("a", list)]);
    folder.write(
        "understudy.yaml",
        format!("version: 1\nservices: {{ s: {{ mode: fallback, backends: {{ real: {{ url: \"http://127.0.0.1:{port}\" }} }} }} }}\n"),
    );
    let served = Served::new(&folder.0, &[]);
    let answers = [(); 4].map(|()| body(&served.request("GET /a", &[], "")).to_owned());
    thread.join().unwrap();
    assert_eq!(answers, ["real", "real", "first", "second"]);
}

#[test]
fn http_2_with_prior_knowledge_and_both_loopbacks() {
    let (_folder, served) = served(&[("a", "request: { path: /a }\nresponse: { body: { text: ok } }\n")]);
    let mut stream = TcpStream::connect(("::1", served.port)).unwrap();
    stream.write_all(b"GET /a HTTP/1.1\r\nhost: s\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("ok"));
    let mut stream = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
    // RFC 9113, section 3.4: the preface, an empty SETTINGS frame; the server answers with its own SETTINGS (type 4).
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).unwrap();
    assert_eq!(frame[3], 4);
}

#[test]
fn a_port_in_use_is_said_with_what_to_do() {
    let (_folder, first) = served(&[("a", "request: { path: /a }\nresponse: {}\n")]);
    let folder = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: {}\n")]);
    let port = first.port.to_string();
    let (exit, stdout, stderr) = crate::program::run(&folder.0, &["serve", "--port", &port]);
    let expected = format!(
        "error: s: port {port} is in use by another program\n  hint: end the other program, or choose another port: `port:` in \
         understudy.yaml, or --service NAME --port N; 0 is any free one\n"
    );
    assert_eq!((exit, stdout.as_str(), stderr), (3, "", expected));
}

#[test]
fn a_shared_port_tells_services_apart_by_their_host() {
    let folder = Folder::new();
    folder.write("understudy.yaml", "version: 1\nport: 0\nservices: { cats: {}, dogs: {} }\n");
    for name in ["cats", "dogs"] {
        let text = format!("request: {{ path: /who }}\nresponse: {{ body: {{ text: {name} }} }}\n");
        folder.write(&format!("fixtures/{name}/who.yaml"), text);
    }
    let mut served = Served::new(&folder.0, &[]);
    assert!(served.line().contains("\"service\":\"dogs\""));
    let shared = served.line();
    let port = shared.split("http://NAME.localhost:").nth(1).unwrap().split('"').next().unwrap();
    let ask = |host: &str| {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let request = format!("GET /who HTTP/1.1\r\nhost: {host}:{port}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert_eq!(body(&ask("cats.localhost")), "cats");
    assert_eq!(body(&ask("DOGS.localhost")), "dogs");
    let other = ask("birds.localhost");
    assert!(
        other.starts_with("HTTP/1.1 404 ") && other.contains("there are cats.localhost, dogs.localhost"),
        "{other}"
    );
}

#[test]
fn the_log_says_in_one_line_who_answered_and_lets_nothing_move_a_cursor() {
    let (_folder, mut served) =
        served(&[("a", "request: { path: /a, query: { q: { type: integer } } }\nresponse: {}\n")]);
    served.request("GET /a?q=1", &[], "");
    let hit = served.line();
    for part in [
        "\"event\":\"request\"",
        "\"target\":\"/a?q=1\"",
        "\"status\":200",
        "\"answered\":\"fixture\"",
        "\"fixture\":\"a\"",
    ] {
        assert!(hit.contains(part), "{part} {hit}");
    }
    let folder =
        Folder::with_fixtures(&[("a", "request: { path: /a, query: { q: { type: integer } } }\nresponse: {}\n")]);
    let mut child = std::process::Command::new(crate::program::PROGRAM);
    child.arg("serve").arg(&folder.0).stdout(std::process::Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let listening = lines.next().unwrap().unwrap();
    let port = listening.split("http://localhost:").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(listening, format!("s  http://localhost:{port}  1 fixture"));
    for query in ["q=1", "q=%1b%5b2J%0afake"] {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        stream
            .write_all(format!("GET /a?{query} HTTP/1.1\r\nhost: s\r\nconnection: close\r\n\r\n").as_bytes())
            .unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
    }
    assert_eq!(lines.next().unwrap().unwrap(), "s GET /a?q=1 200 a 0.0 ms");
    let miss = lines.next().unwrap().unwrap();
    let expected = "s GET /a?q=%1b%5b2J%0afake 404 (no fixture) nearest: a (query q) 0.0 ms";
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(miss, expected);
}

#[test]
fn the_log_holds_no_secret_of_a_request() {
    let fixture = "request: { method: POST, path: /login, query: { user: rex }, headers: { authorization: Bearer x }, body: { json: { pin: 1 } } }\nresponse: {}\n";
    let folder = Folder::with_fixtures(&[("login", fixture)]);
    let project = "version: 1\nservices: { s: {} }\nredact: { json: [\"$..seat\"] }\n";
    std::fs::write(folder.0.join("understudy.yaml"), project).unwrap();
    for format in ["text", "json"] {
        let mut child = std::process::Command::new(crate::program::PROGRAM);
        child.args(["serve", "--log", format]).arg(&folder.0).stdout(std::process::Stdio::piped());
        let mut child = child.spawn().unwrap();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        let listening = lines.find(|line| line.as_ref().unwrap().contains("localhost:")).unwrap().unwrap();
        let port = listening.split("localhost:").nth(1).unwrap();
        let port: String = port.chars().take_while(char::is_ascii_digit).collect();
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let body = "{\"pin\":\"planted\"}";
        let head = "POST /login?access%5Ftoken=planted&seat=planted&q=1&token&user=planted-user HTTP/1.1\r\nhost: s\r\nauthorization: Bearer planted\r\n";
        write!(stream, "{head}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
        let line = lines.find(|line| line.as_ref().unwrap().contains("POST")).unwrap().unwrap();
        let _ = child.kill();
        let _ = child.wait();
        let target = "/login?access%5Ftoken=«redacted»&seat=«redacted»&q=1&token&user=planted-user";
        assert!(
            line.contains(target) && line.contains("login (query user; header authorization; body $.pin)"),
            "{line}"
        );
        assert_eq!(line.matches("planted").count(), 1, "{line}");
    }
}

#[test]
fn an_address_that_others_can_reach_is_warned_of() {
    let folder = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: {}\n")]);
    let warnings = |host: &str| {
        let served = Served::new(&folder.0, &["--port", "0", "--host", host]);
        assert!(Command::new("kill").args(["-INT", &served.id().to_string()]).status().unwrap().success());
        served.wait().1
    };
    let warning =
        "warning: everybody who can reach 0.0.0.0 gets these responses: --host 127.0.0.1 is for this machine alone";
    let output = warnings("0.0.0.0");
    assert!(output.contains(warning), "{output}");
    let output = warnings("127.0.0.1");
    assert_eq!(output, "");
}
