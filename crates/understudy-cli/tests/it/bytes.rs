//! Bytes on the wire are what the header fields say: content codings, charsets, ranges, files of any size, and bounds.

use crate::program::{Folder, Served, run};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};

fn served(fixtures: &[(&str, &str)]) -> (Folder, Served) {
    let folder = Folder::with_fixtures(fixtures);
    let served = Served::new(&folder.0, &[]);
    (folder, served)
}

/// The head and the body of a response.
fn ask(port: u16, request: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head ends") + 4;
    let body = bytes.split_off(end);
    (String::from_utf8(bytes).unwrap(), body)
}

fn get(port: u16, path: &str, headers: &str) -> (String, Vec<u8>) {
    ask(port, &format!("GET {path} HTTP/1.1\r\nhost: s\r\nconnection: close\r\n{headers}\r\n"))
}

/// castlemock/castlemock #137, getsentry/responses #724, httptoolkit/mockttp #63: `content-encoding` was copied from a
/// browser, and the body was readable. mock-server/mockserver-monorepo #2375: bytes are sent as they are written.
#[test]
fn a_copied_content_encoding_is_the_coding_of_the_body() {
    let copied = |coding: &str| {
        format!(
            "request: {{ path: /{coding} }}\nresponse: {{ headers: {{ content-encoding: {coding}, etag: '\"1\"' }}, body: {{ json: {{ a: 1 }} }} }}\n"
        )
    };
    let (folder, served) = served(&[
        ("gzip", &copied("gzip")),
        ("deflate", &copied("deflate")),
        ("br", &copied("br")),
        (
            "file",
            "request: { path: /file }\nresponse: { headers: { content-encoding: gzip }, body: { file: bodies/a.json } }\n",
        ),
        (
            "packed",
            "request: { path: /packed }\nresponse: { headers: { content-encoding: gzip }, body: { base64: \"H4sIAAAAAAACA6tWSlSyMqwFAK+sG1YHAAAA\" } }\n",
        ),
    ]);
    folder.write("fixtures/s/bodies/a.json", r#"{"a":1}"#);
    for coding in ["gzip", "deflate", "br"] {
        let (head, coded) = get(served.port, &format!("/{coding}"), &format!("accept-encoding: zstd, {coding}\r\n"));
        assert!(head.contains(&format!("content-encoding: {coding}")) && head.contains("etag: W/\"1\""), "{head}");
        assert!(coded != br#"{"a":1}"#, "{coding}");
        let (head, plain) = get(served.port, &format!("/{coding}"), "");
        assert!(!head.contains("content-encoding") && head.contains("vary: origin, accept-encoding"), "{head}");
        assert_eq!(plain, br#"{"a":1}"#);
        let (head, _) = ask(
            served.port,
            &format!("HEAD /{coding} HTTP/1.1\r\nhost: s\r\nconnection: close\r\naccept-encoding: {coding}\r\n\r\n"),
        );
        assert!(head.contains(&format!("content-length: {}", coded.len())), "{head}");
    }
    let (head, packed) = get(served.port, "/packed", "");
    assert!(head.contains("content-encoding: gzip") && packed.starts_with(b"\x1f\x8b"), "{head}");
    let again = Served::new(&folder.0, &[]);
    let (head, file) = get(again.port, "/file", "accept-encoding: gzip\r\n");
    assert!(head.contains("content-encoding: gzip") && file.starts_with(b"\x1f\x8b"), "{head}");
    assert_eq!(get(again.port, "/file", "").1, br#"{"a":1}"#);
    let backend = format!("http://127.0.0.1:{}", again.port);
    let (exit, stdout, stderr) = run(&folder.0, &["verify", "--backend", &backend]);
    assert!(exit == 0 && stdout.contains("5 kept"), "{stdout}{stderr}");
}

/// A request with a copied `content-encoding`: `verify` sends it in that coding, and the stub takes it.
#[test]
fn a_request_is_sent_in_the_coding_that_it_names() {
    let (folder, served) = served(&[(
        "a",
        "request: { method: POST, path: /a, headers: { content-encoding: gzip }, body: { json: { a: 1 } } }\nresponse: { status: 201 }\nverify: { safe: true }\n",
    )]);
    let backend = format!("http://127.0.0.1:{}", served.port);
    let (exit, stdout, stderr) = run(&folder.0, &["verify", "--backend", &backend]);
    assert!(exit == 0 && stdout.contains("1 kept"), "{stdout}{stderr}");
}

/// wiremock/wiremock #698 (ISO-8859-8 in both directions), #1926 (UTF-16), castlemock/castlemock #284.
#[test]
fn texts_are_in_their_charset_in_both_directions() {
    let (_folder, served) = served(&[
        (
            "hebrew",
            "request: { method: POST, path: /a, headers: { content-type: text/html;charset=ISO-8859-8 }, body: { text: שלום } }\nresponse: { headers: { content-type: text/html;charset=ISO-8859-8 }, body: { text: מה } }\n",
        ),
        ("json", "request: { method: POST, path: /json, body: { json: { a: é } } }\nresponse: { status: 201 }\n"),
    ]);
    let post = |path: &str, content_type: &str, body: &[u8]| {
        let mut stream = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: s\r\nconnection: close\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    };
    let hebrew = post("/a", "text/html; charset=iso-8859-8", b"\xF9\xEC\xE5\xED");
    assert!(
        hebrew.ends_with(b"content-type: text/html;charset=ISO-8859-8\r\n") || hebrew.ends_with(b"\r\n\r\n\xEE\xE4")
    );
    for (content_type, body) in [
        ("application/json", &b"\xEF\xBB\xBF{\"a\":\"\xC3\xA9\"}"[..]),
        ("application/json; charset=iso-8859-1", b"{\"a\":\"\xE9\"}"),
        ("application/json; charset=utf-16", b"\xFF\xFE{\0\"\0a\0\"\0:\0\"\0\xE9\0\"\0}\0"),
    ] {
        assert!(post("/json", content_type, body).starts_with(b"HTTP/1.1 201 "), "{content_type}");
    }
    let wrong = post("/a", "text/html; charset=iso-8859-8", b"\xF9");
    let wrong = String::from_utf8(wrong).unwrap();
    assert!(wrong.contains("\"expected\":\"שלום\",\"received\":\"ש\""), "{wrong}");
}

/// lysine-dev/okhttp #9162 (a file of 1 GB is read whole), dotCMS/core #14744 (ranges are cut out of the whole file),
/// damienmortini/lib #77 (a video that is left in the middle).
#[test]
fn a_large_file_is_sent_from_the_disk_in_whole_and_in_parts() {
    const BYTES: u64 = 80 << 20;
    let folder = Folder::with_fixtures(&[(
        "film",
        "request: { path: /film }\nresponse: { headers: { etag: '\"1\"' }, body: { file: bodies/film.mp4 } }\n",
    )]);
    folder.write("fixtures/s/bodies/film.mp4", b"head");
    let path = folder.0.join("fixtures/s/bodies/film.mp4");
    let mut film = File::options().write(true).open(&path).unwrap();
    film.set_len(BYTES).unwrap();
    film.seek(SeekFrom::End(-4)).unwrap();
    film.write_all(b"tail").unwrap();
    let (exit, stdout, stderr) = run(&folder.0, &["check"]);
    assert!(exit == 0, "{stdout}{stderr}");
    let served = Served::new(&folder.0, &[]);
    let (head, _) = ask(served.port, "HEAD /film HTTP/1.1\r\nhost: s\r\nconnection: close\r\n\r\n");
    for line in ["content-type: video/mp4", "accept-ranges: bytes", &format!("content-length: {BYTES}")] {
        assert!(head.contains(line), "{line}\n{head}");
    }
    let (head, part) = get(served.port, "/film", "range: bytes=-4\r\nif-range: \"1\"\r\n");
    assert!(head.starts_with("HTTP/1.1 206 ") && part == b"tail", "{head}");
    let (head, parts) = get(served.port, "/film", "range: bytes=0-3, -4\r\n");
    let text = String::from_utf8(parts).unwrap();
    assert!(
        head.contains("content-type: multipart/byteranges; boundary=") && text.contains("\r\n\r\nhead\r\n"),
        "{text}"
    );
    assert!(
        text.contains(&format!("content-range: bytes 0-3/{BYTES}\r\n")) && text.contains("\r\n\r\ntail\r\n"),
        "{text}"
    );
    let (head, _) = get(served.port, "/film", &format!("range: bytes={BYTES}-\r\n"));
    assert!(head.starts_with("HTTP/1.1 416 ") && head.contains(&format!("bytes */{BYTES}")), "{head}");
    // A client that leaves in the middle costs nothing.
    let mut left = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
    left.write_all(b"GET /film HTTP/1.1\r\nhost: s\r\n\r\n").unwrap();
    left.read_exact(&mut [0; 1_000]).unwrap();
    drop(left);
    let (_, whole) = get(served.port, "/film", "");
    assert!(whole.len() as u64 == BYTES && whole.starts_with(b"head") && whole.ends_with(b"tail"));
    // The bound of what is verified.
    let backend = format!("http://127.0.0.1:{}", served.port);
    let (exit, stdout, _) = run(&folder.0, &["verify", "--backend", &backend]);
    assert!(exit == 1 && stdout.contains("body_max: 200MB"), "{stdout}");
    folder.write("understudy.yaml", "version: 1\nservices:\n  s: { body_max: 100MB }\n");
    let (exit, stdout, stderr) = run(&folder.0, &["verify", "--backend", &backend]);
    assert!(exit == 0 && stdout.contains("1 kept"), "{stdout}{stderr}");
}

#[test]
fn a_body_that_is_too_large_is_refused_with_the_key_that_raises_the_bound() {
    let folder = Folder::with_fixtures(&[("a", "request: { method: POST, path: /a }\nresponse: { status: 201 }\n")]);
    folder.write("understudy.yaml", "version: 1\nservices:\n  s: { body_max: 1KiB }\n");
    let served = Served::new(&folder.0, &[]);
    let answer = served.request("POST /a", &[], &"x".repeat(1_025));
    assert!(answer.contains("at most 1 KiB are read; `body_max: 200MB` at the service"), "{answer}");
    assert!(served.request("POST /a", &[], &"x".repeat(1_024)).starts_with("HTTP/1.1 201 "));
}

fn fields(count: usize) -> String {
    (0..count).map(|at| format!("x-{at}: v\r\n")).collect()
}

/// mock-server/mockserver-monorepo #627 (404 without a reason), mockoon/mockoon #442, vitejs/vite #9324 (431 without a word).
#[test]
fn what_is_refused_before_a_fixture_is_looked_for_says_why() {
    let (_folder, mut served) = served(&[("a", "request: { path: /a }\nresponse: { body: { text: ok } }\n")]);
    let (host, long) = ("host: s\r\n", "v".repeat(600 << 10));
    for (request, status, detail, log) in [
        (
            format!("GET /a?q=1 HTTP/1.1\r\n{host}{}\r\n", fields(100)),
            431,
            "more than 100 header fields; send fewer",
            "more than 100 header fields",
        ),
        (format!("GET /a HTTP/1.1\r\n{host}x: {long}\r\n\r\n"), 431, "more than 256 KiB", "header fields too large"),
        (
            format!("GET /{} HTTP/1.1\r\n{host}\r\n", "a".repeat(70_000)),
            414,
            "the request target has more than 64 KiB",
            "request target too long",
        ),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0".to_owned(), 400, "this is a TLS handshake", "a TLS handshake"),
        ("hello\r\n\r\n".to_owned(), 400, "the request is not HTTP/1.1", "not HTTP/1.1"),
    ] {
        let answer = served.raw(&request);
        let is_whole = answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.ends_with('}');
        assert!(is_whole && answer.contains(detail) && answer.contains("application/problem+json"), "{answer}");
        let line = served.line();
        assert!(line.contains(&format!("\"status\":{status}")) && line.contains(log), "{line}");
    }
    // The most that is taken, and a response before a refusal on one connection.
    let both = served.raw(format!("GET /a HTTP/1.1\r\n{host}\r\nGET /a HTTP/1.1\r\n{host}{}\r\n", fields(100)));
    assert!(both.starts_with("HTTP/1.1 200 ") && both.contains("more than 100 header fields"), "{both}");
    let most = served.raw(format!("GET /a HTTP/1.1\r\n{host}connection: close\r\n{}\r\n", fields(98)));
    assert!(most.starts_with("HTTP/1.1 200 "), "{most}");
    let head = served.raw(format!("HEAD /a HTTP/1.1\r\n{host}{}\r\n", fields(100)));
    assert!(head.starts_with("HTTP/1.1 431 ") && head.ends_with("\r\n\r\n"), "{head}");
}

/// A backend that sends this number of responses with this many header fields.
fn backend(count: usize, times: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(times) {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n{}\r\nok", fields(count));
            let _ = stream.write_all(head.as_bytes());
        }
    });
    port
}

#[test]
fn a_backend_may_send_more_than_a_hundred_header_fields() {
    let fixture =
        "request: { path: /a }\nresponse: { body: { text: ok }, headers: { content-type: { type: ignore } } }\n";
    let folder = Folder::with_fixtures(&[("a", fixture)]);
    let project = |port: u16| {
        let backends = format!("backends: {{ b: {{ url: \"http://127.0.0.1:{port}\" }} }}");
        folder.write("understudy.yaml", format!("version: 1\nservices:\n  s: {{ mode: passthrough, {backends} }}\n"));
    };
    project(backend(400, 2));
    let (exit, stdout, stderr) = run(&folder.0, &["verify"]);
    assert!(exit == 0 && stdout.contains("1 kept"), "{stdout}{stderr}");
    let served = Served::new(&folder.0, &[]);
    let answer = served.request("GET /b", &[], "");
    assert!(answer.contains("x-399: v") && answer.ends_with("ok"), "{answer}");
    project(backend(600, 1));
    let (exit, stdout, _) = run(&folder.0, &["verify"]);
    assert!(exit == 1 && stdout.contains("the response has more than 512 header fields"), "{stdout}");
}
