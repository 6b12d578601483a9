//! Tests services whose responses contain their own address: stubs and proxies send their own address instead, and
//! `verify` compares both.

use crate::program::{Folder, PROGRAM, Served, run};
use crate::record::Recorder;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

/// A backend that sends these bytes in response to each request, and stores the requests. The bytes may contain its
/// port.
pub(crate) struct Backend {
    pub(crate) port: u16,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
}

impl Backend {
    pub(crate) fn new(answer: impl Fn(&str, u16) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_message(&mut BufReader::new(stream.try_clone().unwrap()));
                let path = request.split(' ').nth(1).unwrap_or("").to_owned();
                noted.lock().unwrap().push(request);
                let _ = stream.write_all(&answer(&path, port));
            }
        });
        Self { port, seen }
    }

    /// The last request.
    fn last(&self) -> String {
        self.seen.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

/// Reads a head and its body.
fn read_message(reader: &mut impl BufRead) -> String {
    let (mut text, mut length) = (String::new(), 0);
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap_or(0) > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        text.push_str(&line);
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    text + "\n" + &String::from_utf8_lossy(&body)
}

fn ask(port: u16, line: &str, headers: &[&str], body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = body.len();
    let host = if headers.contains("host: ") { String::new() } else { format!("host: localhost:{port}\r\n") };
    write!(stream, "{line} HTTP/1.1\r\n{host}connection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const JSON: &str = "content-type: application/json";

/// Responses with the backend's own address, from bug reports, by path.
fn reported(path: &str, port: u16) -> Vec<u8> {
    let own = format!("http://127.0.0.1:{port}/api");
    match path {
        // http-party/node-http-proxy issue 318, tinyproxy/tinyproxy issue 426.
        "/api/moved" => answer(&format!("302 Found\r\nlocation: {own}/there?a=b"), b""),
        // mkopylec/charon-spring-boot-starter issue 120: only paths, below the backend's own path.
        "/api/made" => answer("201 Created\r\nlocation: /api/items/3\r\ncontent-location: /api/items/3", b""),
        // http-party/node-http-proxy pull request 836: another server stays another server.
        "/api/elsewhere" => answer("302 Found\r\nlocation: https://accounts.example.com/login", b""),
        // The backend requires TLS: our address in its place would cause a redirect loop.
        "/api/tls" => answer(&format!("301 Moved Permanently\r\nlocation: https://127.0.0.1:{port}/api/tls"), b""),
        // mockoon/mockoon issue 245, http-party/node-http-proxy issues 1165 and 1236.
        "/api/login" => answer(
            "204 No Content\r\nset-cookie: sid=1; Domain=example.com; Path=/api; Secure; SameSite=None\r\n\
             set-cookie: __Secure-ID=123; Secure; Domain=example.com",
            b"",
        ),
        // BrowserSync/browser-sync issue 942: slashes are escaped; Netflix/zuul issue 236: links in HAL.
        "/api/escaped" => answer(&format!("200 OK\r\n{JSON}"), own.replace('/', "\\/").as_bytes()),
        // langjt/node-http-proxy-json issue 3: a body that is compressed.
        "/api/gzip" => answer(&format!("200 OK\r\n{JSON}\r\ncontent-encoding: gzip"), &gzip(&format!("\"{own}/a\""))),
        // An address that arrives in two chunks of a body without a known length.
        "/api/pieces" => {
            let (first, second) = own.split_at(12);
            let chunks = [first, second, "/a\""].map(|piece| format!("{:x}\r\n{piece}\r\n", piece.len())).concat();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\nconnection: close";
            format!("{head}\r\n\r\n{chunks}0\r\n\r\n").into_bytes()
        }
        // daytonaio/daytona issue 3308: two values where one is allowed.
        "/api/cors" => answer(
            "200 OK\r\naccess-control-allow-origin: https://app.example.com\r\naccess-control-allow-origin: *\r\n\
             access-control-allow-credentials: true\r\nx-total: 3",
            b"",
        ),
        _ => answer("204 No Content", b""),
    }
}

#[test]
fn what_stands_before_a_backend_speaks_in_its_own_name() {
    for mode in ["passthrough", "fallback", "record"] {
        let backend = Backend::new(reported);
        let project = Folder::new();
        let url = format!("http://127.0.0.1:{}/api", backend.port);
        project.write(
            "understudy.yaml",
            format!("version: 1\nservices: {{ s: {{ mode: {mode}, backends: {{ b: {{ url: '{url}' }} }} }} }}\n"),
        );
        project.write("fixtures/s/own.yaml", "request: { path: /own }\nresponse: {}\n");
        let served = Served::new(&project.0, &[]);
        let own = format!("localhost:{}", served.port);
        let host = format!("host: {own}");
        let get = |path: &str| ask(served.port, &format!("GET {path}"), &[&host, "origin: http://localhost:3000"], "");
        let has = |path: &str, wanted: &str| {
            let answer = get(path);
            assert!(answer.contains(wanted), "{mode}: {wanted} is not in {answer}");
            answer
        };
        has("/moved", &format!("location: http://{own}/there?a=b\r\n"));
        has("/made", "location: /items/3\r\ncontent-location: /items/3\r\n");
        has("/tls", &format!("location: https://127.0.0.1:{}/api/tls\r\n", backend.port));
        has("/elsewhere", "location: https://accounts.example.com/login\r\n");
        has("/login", "set-cookie: sid=1; Path=/\r\nset-cookie: __Secure-ID=123; Secure\r\n");
        has("/escaped", &format!("content-length: {}\r\n", own.len() + 9));
        has("/escaped", &format!("\r\n\r\nhttp:\\/\\/{own}"));
        let plain = has("/gzip", &format!("\"http://{own}/a\""));
        assert!(!plain.contains("content-encoding"), "{plain}");
        let pieces = get("/pieces");
        assert!(joined(&pieces).contains(&format!("http://{own}/a")), "{mode}: {pieces}");
        let cors = has("/cors", "access-control-allow-origin: http://localhost:3000\r\n");
        assert_eq!(cors.matches("access-control-allow-origin").count(), 1, "{mode}: {cors}");
        assert!(cors.contains("access-control-expose-headers: ") && cors.contains("x-total"), "{mode}: {cors}");

        // gorilla/csrf issue 187: a backend compares the page's origin with its own name.
        let body = format!("{{\"parent\":\"http://{own}/items/1\"}}");
        let page = [format!("origin: http://{own}"), format!("referer: http://{own}/page")];
        let line = format!("POST /items?next=http%3A%2F%2Flocalhost%3A{}%2Fa", served.port);
        ask(served.port, &line, &[&host, &page[0], &page[1], JSON], &body);
        let sent = backend.last();
        let wanted = [
            format!("POST /api/items?next=http%3A%2F%2F127.0.0.1%3A{}%2Fapi%2Fa ", backend.port),
            format!("origin: http://127.0.0.1:{}\r\n", backend.port),
            format!("referer: {url}/page\r\n"),
            format!("{{\"parent\":\"{url}/items/1\"}}"),
        ];
        assert!(wanted.iter().all(|part| sent.contains(part)), "{mode}: {sent}");
        // A page on another server has another origin.
        ask(served.port, "POST /items", &[&host, "origin: http://localhost:3000"], "");
        assert!(backend.last().contains("origin: http://localhost:3000\r\n"), "{mode}: {}", backend.last());
    }
}

/// Joins the chunks of a body.
fn joined(answer: &str) -> String {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    body.split("\r\n").skip(1).step_by(2).collect()
}

const LINKS: &str = r#"
request: { path: /links }
response:
  headers: { link: '<https://api.example.com/items?page=2>; rel="next"', set-cookie: "sid=1; Domain=example.com; Secure" }
  body: { json: { self: "https://api.example.com/links", other: "https://api.example.com.evil.test/", text: "{{request.path}}" } }
"#;

#[test]
fn a_stub_names_itself_as_its_client_reached_it() {
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\nservices: { s: { addresses: [https://api.example.com] } }\n");
    project.write("fixtures/s/links.yaml", LINKS);
    let long = format!(
        "request: {{ path: /long }}\nresponse: {{ body: {{ text: '{} https://api.example.com/a' }} }}\n",
        "x".repeat(2_000)
    );
    project.write("fixtures/s/long.yaml", long);
    project.write(
        "fixtures/s/create.yaml",
        "request: { method: POST, path: /items, body: { json: { parent: 'https://api.example.com/items/1' } } }\nresponse: { status: 201 }\n",
    );
    let served = Served::new(&project.0, &[]);
    for own in [format!("localhost:{}", served.port), "s.localhost:4000".to_owned(), "[::1]:80".to_owned()] {
        // The second response comes from the cache that the first one filled.
        for _ in 0..2 {
            let found = ask(served.port, "GET /links", &[&format!("host: {own}")], "");
            let wanted = [
                format!("link: <http://{own}/items?page=2>; rel=\"next\"\r\n"),
                "set-cookie: sid=1\r\n".to_owned(),
                format!(
                    "{{\"self\":\"http://{own}/links\",\"other\":\"https://api.example.com.evil.test/\",\"text\":\"{{{{request.path}}}}\"}}"
                ),
            ];
            assert!(wanted.iter().all(|part| found.contains(part)), "{found}");
        }
        let length = 2_001 + format!("http://{own}/a").len();
        let head = ask(served.port, "HEAD /long", &[&format!("host: {own}")], "");
        assert!(head.contains(&format!("content-length: {length}\r\n")), "{head}");
        let packed = ask(served.port, "GET /long", &[&format!("host: {own}"), "accept-encoding: gzip"], "");
        assert!(packed.contains("content-encoding: gzip"), "{packed}");
        let body = format!("{{\"parent\":\"http://{own}/items/1\"}}");
        let made = ask(served.port, "POST /items", &[&format!("host: {own}"), JSON], &body);
        assert!(made.starts_with("HTTP/1.1 201"), "{made}");
    }
    let other = ask(served.port, "POST /items", &["host: s", JSON], "{\"parent\":\"http://other.test/items/1\"}");
    assert!(other.starts_with("HTTP/1.1 404"), "{other}");
    // An invalid host is not written into responses.
    let odd = ask(served.port, "GET /links", &["host: a'b"], "");
    assert!(odd.contains("https://api.example.com/links"), "{odd}");
}

/// The public address of a service usually has the prefix that its stub has too.
#[test]
fn a_listed_address_may_end_with_the_base_of_the_service() {
    let project = Folder::new();
    project.write(
        "understudy.yaml",
        "version: 1\nservices: { s: { base: /api, addresses: ['https://api.example.com/api/'] } }\n",
    );
    project.write(
        "fixtures/s/a.yaml",
        "request: { path: /a }\nresponse: { headers: { location: /api/b, x-next: 'https://api.example.com/api/b' } }\n",
    );
    let served = Served::new(&project.0, &[]);
    let found = ask(served.port, "GET /api/a", &["host: localhost:4010"], "");
    assert!(
        found.contains("location: /api/b\r\n") && found.contains("x-next: http://localhost:4010/api/b\r\n"),
        "{found}"
    );
}

#[test]
fn a_description_answers_with_the_address_of_the_stub() {
    let project = Folder::new();
    project.write(
        "understudy.yaml",
        "version: 1\nservices: { s: { openapi: openapi.yaml, addresses: [https://api.example.com/v1] } }\n",
    );
    let description = r#"
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /items:
    get:
      responses:
        "200":
          description: items
          content: { application/json: { schema: { type: object }, example: { next: "https://api.example.com/v1/items?page=2" } } }
"#;
    project.write("fixtures/s/openapi.yaml", description);
    let served = Served::new(&project.0, &[]);
    let found = ask(served.port, "GET /items", &["host: localhost:4010"], "");
    assert!(found.contains("\"http://localhost:4010/items?page=2\""), "{found}");
}

#[test]
fn what_is_accepted_names_the_service_as_the_project_does() {
    let backend = Backend::new(|_, port| {
        let own = format!("http://127.0.0.1:{port}");
        answer(&format!("200 OK\r\n{JSON}\r\nx-next: {own}/items?page=3"), format!("{{\"id\":\"{own}/a\"}}").as_bytes())
    });
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\nservices: { s: { addresses: [https://api.example.com] } }\n");
    let fixture = r#"
request: { path: /items }
response:
  headers: { x-next: "https://api.example.com/items?page=2" }
  body: { json: { id: 7 } }
"#;
    project.write("fixtures/s/items.yaml", fixture);
    let at = format!("http://127.0.0.1:{}", backend.port);
    let (_, said, stderr) = run(&project.0, &["verify", "--backend", &at, "--accept"]);
    let text = fs::read_to_string(project.0.join("fixtures/s/items.yaml")).unwrap();
    let wanted = ["x-next: \"https://api.example.com/items?page=3\"", "id: \"https://api.example.com/a\""];
    assert!(wanted.iter().all(|part| text.contains(part)), "{text}{said}{stderr}");
}

/// A service with links to itself: postlight/lux issue 714.
fn linked(path: &str, port: u16) -> Vec<u8> {
    let own = format!("http://127.0.0.1:{port}");
    match path {
        "/items" => answer(
            &format!("200 OK\r\n{JSON}\r\nlink: <{own}/items?page=2>; rel=\"next\""),
            format!("{{\"next\":\"{own}/items?page=2\",\"items\":[{{\"id\":1}}]}}").as_bytes(),
        ),
        // A namespace is a name, also where it changes with the address.
        "/xml" => {
            answer("200 OK\r\ncontent-type: text/xml", format!("<a xmlns='{own}/ns' href='{own}/b'/>").as_bytes())
        }
        "/page" => answer("200 OK\r\ncontent-type: text/html", format!("<a href='{own}/items'>").as_bytes()),
        _ => answer(&format!("201 Created\r\n{JSON}"), b"{\"id\":2}"),
    }
}

#[test]
fn a_recording_names_the_service_and_not_where_it_was() {
    let first = Backend::new(linked);
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\n# ours\nservices:\n  s: # the shop\n    port: 0\n");
    let record = |backend: &Backend, asked: &[(&str, &str)]| {
        let recorder = Recorder::new(&project.0, &["--backend", &format!("http://127.0.0.1:{}", backend.port)]);
        let host = format!("host: localhost:{}", recorder.port);
        for (line, body) in asked {
            let body = body.replace("OWN", &format!("http://localhost:{}", recorder.port));
            ask(recorder.port, line, &[&host, JSON], &body);
        }
        recorder.end();
    };
    record(
        &first,
        &[("GET /items", ""), ("GET /page", ""), ("GET /xml", ""), ("POST /notes", "{\"about\":\"OWN/items/1\"}")],
    );
    let own = format!("http://127.0.0.1:{}", first.port);
    let (_, listed, _) = run(&project.0, &["inbox"]);
    let (_, shown, _) = run(&project.0, &["inbox", "show", "s/items/get"]);
    assert!(
        shown.contains(&format!("# names its backend, {own}, in header link, body: a stub sends its own address\n")),
        "{listed}{shown}"
    );
    let (_, accepted, _) = run(&project.0, &["inbox", "accept"]);
    assert!(accepted.contains("understudy.yaml"), "{accepted}");
    let settings = fs::read_to_string(project.0.join("understudy.yaml")).unwrap();
    let (before, written) = settings.split_once("    addresses: ").unwrap();
    assert_eq!(before, "version: 1\n# ours\nservices:\n  s: # the shop\n    port: 0\n");
    assert!(written.contains(&own) && written.lines().count() <= 2, "{settings}");

    // The same service at another port passes, and a recording of it brings no changes.
    let second = Backend::new(linked);
    let at = format!("http://127.0.0.1:{}", second.port);
    let (exit, verified, _) = run(&project.0, &["verify", "--backend", &at, "--allow-writes"]);
    assert!(exit == 0 && verified.contains("4 "), "{verified}");
    let sent = second.seen.lock().unwrap().join("\n");
    assert!(sent.contains(&format!("{{\"about\":\"{at}/items/1\"}}")), "{sent}");
    record(&second, &[("GET /items", ""), ("GET /page", "")]);
    let (_, listed, _) = run(&project.0, &["inbox"]);
    assert_eq!(listed.matches("same ").count(), 2, "{listed}");
    run(&project.0, &["inbox", "accept"]);
    assert_eq!(fs::read_to_string(project.0.join("understudy.yaml")).unwrap(), settings);

    // A service that names another server is another service.
    let third = Backend::new(|path, _| linked(path, 9));
    let (exit, verified, _) = run(&project.0, &["verify", "--backend", &format!("http://127.0.0.1:{}", third.port)]);
    assert!(exit == 1 && verified.contains("link"), "{verified}");
}

/// The project's file needs only the stub's port: nobody has to remember the address of the recorded backend.
#[test]
fn a_recording_is_known_by_the_port_of_its_stub() {
    let (first, second) = (Backend::new(linked), Backend::new(linked));
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\nservices: { s: { port: 4010 } }\n");
    let recorder = Recorder::new(&project.0, &["--backend", &format!("http://127.0.0.1:{}", first.port)]);
    ask(recorder.port, "GET /items", &[], "");
    ask(recorder.port, "GET /page", &[], "");
    recorder.end();
    run(&project.0, &["inbox", "accept"]);

    let backends = format!("backends: {{ local: {{ url: \"http://127.0.0.1:{}\" }} }}", second.port);
    project.write("understudy.yaml", format!("version: 1\nservices: {{ s: {{ port: 4010, {backends} }} }}\n"));
    let (exit, verified, _) = run(&project.0, &["verify"]);
    assert!(exit == 0 && verified.contains("2 "), "{verified}");
    let served = Served::new(&project.0, &["--port", "0"]);
    let found = ask(served.port, "GET /items", &["host: shop.example:81"], "");
    assert!(found.contains("<http://shop.example:81/items?page=2>") && !found.contains("127.0.0.1"), "{found}");
}

#[test]
fn an_archive_of_a_server_names_the_service_too() {
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\nservices: { s: {} }\n");
    let entry = r#"{"startedDateTime":"2024-05-01T10:00:00Z","time":5,"cache":{},"timings":{"send":0,"wait":1,"receive":1},
        "_resourceType":"fetch",
        "request":{"method":"GET","url":"https://api.example.com/items","httpVersion":"HTTP/1.1","cookies":[],"headers":[],
            "queryString":[],"headersSize":-1,"bodySize":-1},
        "response":{"status":200,"statusText":"","httpVersion":"HTTP/1.1","cookies":[],
            "headers":[{"name":"content-type","value":"application/json"}],"redirectURL":"","headersSize":-1,"bodySize":-1,
            "content":{"size":1,"mimeType":"application/json","text":"{\"next\":\"https:\\/\\/api.example.com\\/items?page=2\"}"}}}"#;
    let archive = format!(
        "{{\"log\":{{\"version\":\"1.2\",\"creator\":{{\"name\":\"x\",\"version\":\"1\"}},\"entries\":[{entry}]}}}}"
    );
    project.write("x.har", archive);
    let (exit, imported, stderr) = run(&project.0, &["import", "x.har"]);
    assert_eq!(exit, 0, "{imported}{stderr}");
    let settings = fs::read_to_string(project.0.join("understudy.yaml")).unwrap();
    assert!(
        settings.contains("addresses: [\"https://api.example.com\"]")
            || settings.contains("addresses: [https://api.example.com]"),
        "{settings}"
    );
    let served = Served::new(&project.0, &[]);
    let found = ask(served.port, "GET /items", &["host: localhost:4010"], "");
    assert!(found.contains("\"http://localhost:4010/items?page=2\""), "{found}");
}

/// Events are sent as they arrive. Only a possible start of an address waits for the rest of the address. A body with a
/// digest, and a part of a body, are sent unchanged.
#[test]
fn bodies_are_not_held_up_or_spoiled() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let own = format!("http://127.0.0.1:{port}");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = read_message(&mut BufReader::new(stream.try_clone().unwrap()));
            let own = format!("\"{own}/a\"");
            let whole = |head: &str| answer(&format!("{head}\r\n{JSON}"), own.as_bytes());
            let _ = match request.split(' ').nth(1).unwrap() {
                "/digest" => stream.write_all(&whole("200 OK\r\ncontent-digest: sha-256=:AA==:")),
                "/part" => stream.write_all(&whole("206 Partial Content\r\ncontent-range: bytes 0-9/100")),
                _ => {
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
                    let _ = stream.write_all(format!("{head}data: {own}\n\ndata: 2").as_bytes());
                    // The connection stays open until the client closes it.
                    std::thread::spawn(move || stream.read_to_end(&mut Vec::new()));
                    continue;
                }
            };
        }
    });
    let project = Folder::new();
    let url = format!("http://127.0.0.1:{port}");
    project.write(
        "understudy.yaml",
        format!("version: 1\nservices: {{ s: {{ mode: passthrough, backends: {{ b: {{ url: '{url}' }} }} }} }}\n"),
    );
    project.write("fixtures/s/own.yaml", "request: { path: /own }\nresponse: {}\n");
    let served = Served::new(&project.0, &[]);
    for path in ["/digest", "/part"] {
        let found = ask(served.port, &format!("GET {path}"), &["host: localhost:4010"], "");
        assert!(found.contains(&url), "{found}");
    }
    let mut stream = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
    write!(stream, "GET /events HTTP/1.1\r\nhost: localhost:4010\r\n\r\n").unwrap();
    let (mut text, mut piece) = (String::new(), [0; 512]);
    while !text.contains("data: 2") {
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "{text}");
        text += std::str::from_utf8(&piece[..length]).unwrap();
    }
    assert!(text.contains("data: \"http://localhost:4010/a\""), "{text}");
}

/// A backend below a path, recorded there, is the same service at the root of another server, and below another path.
#[test]
fn the_path_of_a_backend_is_part_of_its_address() {
    let below = |prefix: &'static str| {
        Backend::new(move |_, port| {
            let head = format!(
                "201 Created\r\n{JSON}\r\nlocation: {prefix}/items/3\r\nlink: <{prefix}/items?page=2>\r\nset-cookie: a=1; Path={prefix}/"
            );
            answer(&head, format!("{{\"self\":\"http://127.0.0.1:{port}{prefix}/items/3\"}}").as_bytes())
        })
    };
    let recorded = below("/api");
    let at = |backend: &Backend, path: &str| format!("http://127.0.0.1:{}{path}", backend.port);
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\nservices:\n  s: {}\n");
    let recorder = Recorder::new(&project.0, &["--backend", &at(&recorded, "/api")]);
    let own = format!("localhost:{}", recorder.port);
    let body = format!("{{\"parent\":\"http://{own}/items/1\"}}");
    ask(recorder.port, "POST /items", &[&format!("host: {own}"), JSON], &body);
    recorder.end();
    run(&project.0, &["inbox", "accept"]);
    let served = Served::new(&project.0, &[]);
    let found = ask(served.port, "POST /items", &["host: h:1", JSON], "{\"parent\":\"http://h:1/items/1\"}");
    for wanted in
        ["location: /items/3\r\n", "link: </items?page=2>\r\n", "set-cookie: a=1; Path=/\r\n", "\"http://h:1/items/3\""]
    {
        assert!(found.contains(wanted), "{wanted}: {found}");
    }
    for prefix in ["/api", "", "/v2"] {
        let backend = below(prefix);
        let (exit, verified, _) = run(&project.0, &["verify", "--backend", &at(&backend, prefix), "--allow-writes"]);
        assert_eq!(exit, 0, "{prefix}: {verified}");
        let wanted = format!("{{\"parent\":\"{}/items/1\"}}", at(&backend, prefix));
        assert!(backend.last().contains(&wanted), "{}", backend.last());
    }
}

/// All text files of a project that version control would keep.
fn kept_files(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let kept = entries.filter(|path| !path.ends_with(".understudy"));
    kept.map(|path| if path.is_dir() { kept_files(&path) } else { fs::read_to_string(path).unwrap() }).collect()
}

/// An address from the environment is a secret of whoever records. Fixtures contain another one, which the stub and `verify`
/// know too.
#[test]
fn an_address_from_the_environment_is_written_into_no_file() {
    for prefix in ["", "/api"] {
        let backend = Backend::new(move |path, port| {
            let own = format!("http://127.0.0.1:{port}{prefix}");
            let number = path.rsplit('/').next().unwrap_or_default();
            let head =
                format!("200 OK\r\n{JSON}\r\nlocation: {prefix}/there\r\nlink: <{own}/items?page=2>; rel=\"next\"");
            answer(&head, format!("{{\"self\":\"{own}/{number}\"}}").as_bytes())
        });
        let url = format!("http://127.0.0.1:{}{prefix}", backend.port);
        let variable = ("UNDERSTUDY_TEST_SHOP_URL", &*url);
        for port in [0, 4_010] {
            let project = Folder::new();
            let settings = format!(
                "version: 1\nservices:\n  s: {{ port: {port}, backends: {{ b: {{ url: '${{{}}}' }} }} }}\n",
                variable.0
            );
            project.write("understudy.yaml", &settings);
            let run = |args: &[&str]| {
                let mut command = Command::new(PROGRAM);
                let output = command.args(args).current_dir(&project.0).env(variable.0, variable.1).output().unwrap();
                let said = [output.stdout, output.stderr].concat();
                (output.status.code(), String::from_utf8_lossy(&said).into_owned())
            };
            let address = format!("127.0.0.1:{}", backend.port);
            let clean = |step: &str, said: &str| {
                let files = kept_files(&project.0);
                assert!(!files.contains(&address), "{prefix} {port} {step}: {files}{said}");
                files
            };
            let recorder = Recorder::with_variable(&project.0, &[], variable);
            let own = format!("host: localhost:{}", recorder.port);
            ask(recorder.port, "GET /items/1", &[&own], "");
            recorder.end();
            let (_, said) = run(&["inbox", "accept"]);
            let files = clean("inbox accept", &said);
            assert!(files.contains("/items?page=2"), "{files}{said}");
            assert!(files.starts_with(&settings) || files.ends_with(&settings), "{files}");

            // The same holds for what `verify` accepts.
            project.write(
                "fixtures/s/two.yaml",
                "request: { path: /items/2 }\nresponse: { body: { json: { self: 7 } } }\n",
            );
            let (_, said) = run(&["verify", "--accept"]);
            let files = clean("verify --accept", &said);
            assert!(files.contains("/2\""), "{files}{said}");
            let (exit, said) = run(&["verify"]);
            assert_eq!(exit, Some(0), "{prefix} {port}: {said}{files}");

            let served = Served::new(&project.0, &["--port", "0"]);
            for (path, expected) in [("/items/1", "/1\""), ("/items/2", "/2\"")] {
                let found = ask(served.port, &format!("GET {path}"), &["host: h:1"], "");
                assert!(found.contains(&format!("\"http://h:1{expected}")), "{found}");
            }
        }
    }
}
