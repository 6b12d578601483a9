//! `verify` sends requests and reads responses like any client of the backend.

use crate::addresses::{Backend, answer};
use crate::program::{Folder, Served, run};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// seanmonstar/reqwest issue 838, lalinsky/dusty pull request 102: servers that refuse requests which no client would
/// send.
#[test]
fn verify_sends_what_every_client_sends() {
    let backend = Backend::new(|_, _| answer("204 No Content", b""));
    let project = Folder::with_fixtures(&[
        ("post", "request: { method: POST, path: /post }\nresponse: { status: 204 }\n"),
        ("get", "request: { path: /get }\nresponse: { status: 204 }\n"),
        ("delete", "request: { method: DELETE, path: /delete }\nresponse: { status: 204 }\n"),
        ("own", "request: { path: /own, headers: { user-agent: shop/2 } }\nresponse: { status: 204 }\n"),
        ("none", "request: { path: /none, headers: { user-agent: absent } }\nresponse: { status: 204 }\n"),
        (
            "without",
            "request: { path: /without, headers: { user-agent: { type: absent } } }\nresponse: { status: 204 }\n",
        ),
    ]);
    let at = format!("http://127.0.0.1:{}", backend.port);
    let (exit, verified, _) = run(&project.0, &["verify", "--backend", &at, "--allow-writes"]);
    assert_eq!(exit, 0, "{verified}");
    let seen = backend.seen.lock().unwrap();
    let sent = |path: &str| seen.iter().find(|request| request.contains(&format!(" {path} "))).unwrap();
    let agent = concat!("user-agent: understudy/", env!("CARGO_PKG_VERSION"), "\r\n");
    assert!(sent("/post").contains(agent) && sent("/post").contains("content-length: 0\r\n"), "{}", sent("/post"));
    for path in ["/get", "/delete"] {
        assert!(sent(path).contains(agent) && !sent(path).contains("content-length"), "{}", sent(path));
    }
    assert!(sent("/own").contains("user-agent: shop/2\r\n") && sent("/none").contains("user-agent: absent\r\n"));
    assert!(!sent("/without").contains("user-agent"), "{}", sent("/without"));
}

#[test]
fn cookies_that_a_fixture_only_sends_go_beside_those_of_the_backend() {
    let backend = Backend::new(|_, _| answer("204 No Content", b""));
    let only_sent = "cookies: { lang: { type: ignore, example: de }, sid: { type: ignore, example: old } }";
    let asked_for = "cookies: { sid: own }";
    let project = Folder::with_fixtures(&[
        ("a", &format!("request: {{ path: /a, {only_sent} }}\nresponse: {{ status: 204 }}\n")),
        ("b", &format!("request: {{ path: /b, {asked_for} }}\nresponse: {{ status: 204 }}\n")),
    ]);
    let local = format!("{{ url: \"http://127.0.0.1:{}\", headers: {{ cookie: sid=new }} }}", backend.port);
    project.write("understudy.yaml", format!("version: 1\nservices:\n  s:\n    backends:\n      local: {local}\n"));
    let (exit, verified, _) = run(&project.0, &["verify"]);
    assert_eq!(exit, 0, "{verified}");
    let seen = backend.seen.lock().unwrap();
    let sent = |path: &str| seen.iter().find(|request| request.contains(&format!(" {path} "))).unwrap();
    assert!(sent("/a").contains("cookie: sid=new; lang=de\r\n"), "{}", sent("/a"));
    assert!(sent("/b").contains("cookie: sid=own\r\n"), "{}", sent("/b"));
}

/// A backend that closes each connection after a response without announcing it, and stores the requests. Idle timeouts
/// of Node and of Python's servers have the same effect.
fn closing() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut line) = (String::new(), String::new());
            reader.read_line(&mut first).unwrap();
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                line.clear();
            }
            if !first.is_empty() {
                noted.lock().unwrap().push(first);
            }
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
        }
    });
    (port, seen)
}

#[test]
fn a_connection_that_the_backend_closed_fails_nothing_and_no_write_is_sent_twice() {
    let (port, seen) = closing();
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\nservices:\n  s: {}\n");
    for at in 0..20 {
        for method in ["GET", "POST"] {
            let text = format!(
                "request: {{ method: {method}, path: /{method}{at} }}\nresponse: {{ body: {{ json: {{}} }} }}\n"
            );
            project.write(&format!("fixtures/s/{method}{at}.yaml").to_lowercase(), text);
        }
    }
    let at = format!("http://127.0.0.1:{port}");
    for jobs in ["1", "8"] {
        let (exit, verified, _) = run(&project.0, &["verify", "--backend", &at, "--allow-writes", "--jobs", jobs]);
        assert_eq!(exit, 0, "{verified}");
        let sent = std::mem::take(&mut *seen.lock().unwrap());
        assert_eq!(sent.iter().filter(|line| line.starts_with("POST")).count(), 20, "{sent:?}");
    }
}

/// If the fixture has no condition on the body, `verify` does not wait for its end: a stream of events has none.
#[test]
fn an_endless_stream_is_verified_by_its_head() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
                // The client ignores a response that arrives before its request.
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(head.as_bytes());
                while stream.write_all(b"9\r\ndata: 1\n\n\r\n").is_ok() {
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
        }
    });
    let head = "request: { path: /events }\nresponse: { headers: { content-type: text/event-stream } }\nverify: { timeout: 60s }\n";
    let project = Folder::with_fixtures(&[("events", head)]);
    let began = Instant::now();
    let (exit, verified, _) = run(&project.0, &["verify", "--backend", &at]);
    assert!(exit == 0 && began.elapsed() < Duration::from_secs(40), "{verified}");
}

/// The two uses of one fixture agree, whatever a file is called: pact-foundation/pact-jvm issue 1792.
#[test]
fn a_stub_takes_the_names_of_files_that_verify_sends() {
    let form = |name: &str| {
        format!(
            "request: {{ method: POST, path: /up, body: {{ multipart: [{{ name: f, filename: {name:?}, text: x }}] }} }}\nresponse: {{ status: 201 }}\n"
        )
    };
    for name in ["my \"best\" one.txt", "back\\slash.txt", "C:\\", "100%22.txt", "\u{fc}.txt"] {
        let project = Folder::with_fixtures(&[("up", &form(name))]);
        let served = Served::new(&project.0, &[]);
        let at = format!("http://127.0.0.1:{}", served.port);
        let (exit, verified, _) = run(&project.0, &["verify", "--backend", &at, "--allow-writes"]);
        assert_eq!(exit, 0, "{name}: {verified}");
    }
}
