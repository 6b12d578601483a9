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

/// schemathesis/schemathesis issue 1722, specmatic/specmatic pull request 2682, apache/jmeter issue 6009: a rate limit fails
/// tests of a backend that is right.
#[test]
fn verify_waits_as_long_as_the_backend_asks_and_counts_it() {
    let refused = Arc::new(Mutex::new(Vec::new()));
    let backend = Backend::new(move |path, _| {
        let mut refused = refused.lock().unwrap();
        if path == "/long" {
            return answer("429 Too Many Requests\r\nretry-after: 3600", b"");
        }
        let times = refused.iter().filter(|known| *known == path).count();
        refused.push(path.to_owned());
        match (path, times) {
            ("/twice", 0 | 1) => answer("429 Too Many Requests\r\nretry-after: 0", b""),
            ("/away", 0) | ("/write", 0) => answer(
                "503 Service Unavailable\r\ndate: Tue, 01 Dec 2026 12:00:00 GMT\r\n\
                 retry-after: Tue, 01 Dec 2026 12:00:00 GMT",
                b"",
            ),
            ("/expected", 0) => answer("429 Too Many Requests\r\nretry-after: 0", b""),
            _ => answer("204 No Content", b""),
        }
    });
    let project = Folder::with_fixtures(&[
        ("twice", "request: { method: POST, path: /twice }\nresponse: { status: 204 }\n"),
        ("away", "request: { path: /away }\nresponse: { status: 204 }\n"),
        ("write", "request: { method: POST, path: /write }\nresponse: { status: 204 }\n"),
        ("long", "request: { path: /long }\nresponse: { status: 204 }\n"),
        ("expected", "request: { path: /expected }\nresponse: { status: 429 }\n"),
    ]);
    let at = format!("http://127.0.0.1:{}", backend.port);
    let (exit, verified, _) = run(&project.0, &["verify", "--backend", &at, "--allow-writes", "--json"]);
    assert_eq!(exit, 1, "{verified}");
    let report: serde_json::Value = serde_json::from_str(&verified).unwrap();
    let one = |fixture: &serde_json::Value| {
        format!(
            "{} {} {}",
            fixture["fixture"].as_str().unwrap(),
            fixture["outcome"].as_str().unwrap(),
            fixture["retried"]
        )
    };
    let all: Vec<String> = report["fixtures"].as_array().unwrap().iter().map(one).collect();
    // Nobody knows how far a write came before a 503.
    assert_eq!(all, ["away kept 1", "expected kept 0", "long broken 0", "twice kept 2", "write broken 0"]);
}

#[test]
fn a_summary_counts_the_requests_that_were_sent_again() {
    let first = Mutex::new(true);
    let backend = Backend::new(move |_, _| match std::mem::take(&mut *first.lock().unwrap()) {
        true => answer("429 Too Many Requests\r\nretry-after: 0", b""),
        false => answer("204 No Content", b""),
    });
    let project = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { status: 204 }\n")]);
    let at = format!("http://127.0.0.1:{}", backend.port);
    let (exit, verified, _) = run(&project.0, &["verify", "--backend", &at, "--report", "junit=o.xml"]);
    assert_eq!(exit, 0, "{verified}");
    let junit = std::fs::read_to_string(project.0.join("o.xml")).unwrap();
    let note = "<system-out>a: sent again once, as the backend asked with retry-after</system-out>";
    assert!(junit.contains(note), "{junit}");
    assert!(verified.contains("1 request sent again, as the backend asked with retry-after"), "{verified}");
}

/// pbakaus/impeccable issue 657, artifact-keeper/artifact-keeper pull request 2959, projnanda/nandatown pull request 280: the
/// password of an address is in reports.
#[test]
fn a_user_and_a_password_in_an_address_are_sent_and_never_shown() {
    let backend = Backend::new(|path, _| match path.starts_with("/odd") {
        true => b"no HTTP\r\n\r\n".to_vec(),
        false => answer("200 OK\r\ncontent-type: application/json", br#"{"a":1}"#),
    });
    let project = Folder::with_fixtures(&[
        ("a", "request: { path: /a, query: { api_key: K-4f9a8b7c6d5e } }\nresponse: { body: { json: { a: x } } }\n"),
        ("odd", "request: { path: /odd, query: { my_code: C-4f9a8b7c6d5e } }\nresponse: {}\n"),
        ("none", "request: { path: /none, headers: { authorization: { type: absent } } }\nresponse: {}\n"),
    ]);
    let url = format!("http://bob:hunter2-9f@127.0.0.1:{}", backend.port);
    project.write(
        "understudy.yaml",
        format!("version: 1\nservices:\n  s: {{ backends: {{ real: {{ url: \"{url}\" }} }} }}\nredact: {{ json: [$..my_code] }}\n"),
    );
    let reports = ["--report", "junit=o.xml", "--report", "html=o.html"];
    let mut shown = Vec::new();
    for args in [&["verify"][..], &["verify", "--json"], &["verify", "--backend", &url]] {
        let (_, stdout, stderr) = run(&project.0, &[args, &reports].concat());
        shown.push(stdout + &stderr);
    }
    let (_, stdout, stderr) = run(&project.0, &["verify", "--backend", "ftp://bob:hunter2-9f@h"]);
    shown.push(stdout + &stderr);
    shown.extend(["o.xml", "o.html"].map(|name| std::fs::read_to_string(project.0.join(name)).unwrap()));
    for text in &shown {
        for secret in ["hunter2", "bob", "K-4f9a8b7c6d5e", "C-4f9a8b7c6d5e"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    let seen = backend.seen.lock().unwrap();
    let sent = |path: &str| seen.iter().find(|request| request.contains(path)).unwrap();
    assert!(sent("/a?api_key=K-4f9a8b7c6d5e").contains("authorization: Basic Ym9iOmh1bnRlcjItOWY=\r\n"));
    assert!(!sent("/none").contains("authorization"), "{}", sent("/none"));
}

/// A length that a fixture lists and that is not the body's would cut the body off.
#[test]
fn a_body_is_sent_whole_whatever_length_is_listed() {
    let backend = Backend::new(|_, _| answer("204 No Content", b""));
    let project = Folder::with_fixtures(&[(
        "a",
        "request: { method: POST, path: /a, headers: { content-length: \"3\" }, body: { text: abcdef } }\n\
         response: { status: 204 }\n",
    )]);
    let at = format!("http://127.0.0.1:{}", backend.port);
    let (exit, verified, _) = run(&project.0, &["verify", "--backend", &at, "--allow-writes"]);
    assert_eq!(exit, 0, "{verified}");
    let seen = backend.seen.lock().unwrap();
    assert!(seen[0].contains("content-length: 6\r\n") && seen[0].ends_with("abcdef"), "{}", seen[0]);
}
