//! Edits while it serves, and its end.

use crate::program::{Folder, Served};
use std::process::Command;
use std::time::{Duration, Instant};

/// Asks until the answer is as wanted; editing files and serving them are two processes.
pub(crate) fn eventually(served: &Served, line: &str, wanted: &str) {
    let began = Instant::now();
    loop {
        let answer = served.request(line, &[], "");
        if answer.contains(wanted) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{line} still answers\n{answer}");
        std::thread::yield_now();
    }
}

/// Waits until nobody listens on a port: a new one answers before an old one is given up.
fn closes(port: u16) {
    let began = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(20), "{port} is still open");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn edits_are_served_at_once_and_a_file_that_turns_bad_keeps_its_last_good_version() {
    let good = |text: &str| format!("request: {{ path: /a }}\nresponse: {{ body: {{ text: {text} }} }}\n");
    let folder = Folder::with_fixtures(&[("a", &good("one"))]);
    let served = Served::new(&folder.0, &[]);
    eventually(&served, "GET /a", "\r\n\r\none");
    folder.write("fixtures/s/a.yaml", good("two"));
    eventually(&served, "GET /a", "\r\n\r\ntwo");
    folder.write("fixtures/s/a.yaml", "request: [");
    folder.write("fixtures/s/new/b.yaml", "request: { path: /b }\nresponse: { body: { file: bodies/b.txt } }\n");
    folder.write("fixtures/s/bodies/b.txt", "before");
    eventually(&served, "GET /b", "\r\n\r\nbefore");
    eventually(&served, "GET /a", "\r\n\r\ntwo");
    folder.write("fixtures/s/bodies/b.txt", "afterwards");
    eventually(&served, "GET /b", "\r\n\r\nafterwards");
    std::fs::remove_file(folder.0.join("fixtures/s/new/b.yaml")).unwrap();
    eventually(&served, "GET /b", "404 Not Found");
    folder.write("understudy.yaml", "version: [");
    folder.write("fixtures/s/a.yaml", good("three"));
    folder.write("understudy.yaml", "version: 1\nservices:\n  s: {}\n");
    eventually(&served, "GET /a", "\r\n\r\nthree");
    assert!(Command::new("kill").args(["-INT", &served.id().to_string()]).status().unwrap().success());
    let (exit, stderr) = served.wait();
    let told =
        stderr.find("--> fixtures/s/a.yaml").zip(stderr.find("mended: fixtures/s/a.yaml has no errors any more"));
    assert!(exit == 0 && told.is_some_and(|(bad, good)| bad < good), "{stderr}");
}

#[test]
fn it_ends_cleanly_when_it_is_asked_to() {
    let folder = Folder::with_fixtures(&[(
        "slow",
        "request: { path: /slow }\nresponse: { delay: 300ms, body: { text: late } }\n",
    )]);
    let mut served = Served::new(&folder.0, &[]);
    let port = served.port;
    let waiting = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\nGET").unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    });
    // A request that is answered shows that the slow one, sent before it, is under way or soon will be.
    served.request("GET /other", &[], "");
    assert!(served.line().contains("/other"));
    let interrupt = Command::new("kill").args(["-INT", &served.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let (exit, stderr) = served.wait();
    assert_eq!((exit, stderr.as_str()), (0, ""));
    let answer = waiting.join().unwrap();
    assert!(answer.is_empty() || answer.ends_with("late"), "{answer}");
}

#[test]
fn services_that_come_and_move_and_go_are_served_without_a_restart() {
    let folder = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { body: { text: a } }\n")]);
    folder.write("fixtures/t/b.yaml", "request: { path: /b }\nresponse: { body: { text: b } }\n");
    let mut served = Served::new(&folder.0, &[]);
    let mut next_port = || -> u16 {
        let line = served.line();
        line.split("localhost:").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    };
    folder.write("understudy.yaml", "version: 1\nservices:\n  s: {}\n  t: { port: 0 }\n");
    let first = next_port();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    folder.write("understudy.yaml", format!("version: 1\nservices:\n  t: {{ port: {free} }}\n"));
    assert_eq!(next_port(), free);
    assert!(std::net::TcpStream::connect(("127.0.0.1", free)).is_ok());
    closes(first);
    closes(served.port);
}

#[test]
fn a_port_that_could_not_be_had_is_had_once_it_is_corrected_and_the_shared_one_follows_the_file() {
    let folder = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { body: { text: a } }\n")]);
    folder.write("fixtures/t/b.yaml", "request: { path: /b }\nresponse: { body: { text: b } }\n");
    let served = Served::new(&folder.0, &[]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let project = |port: u16, shared: &str| {
        folder.write("understudy.yaml", format!("version: 1\n{shared}services:\n  s: {{}}\n  t: {{ port: {port} }}\n"));
    };
    let answers = |port: u16, host: &str| {
        use std::io::{Read, Write};
        let began = Instant::now();
        loop {
            let mut answer = String::new();
            if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) {
                let _ = write!(stream, "GET /b HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
                let _ = stream.read_to_string(&mut answer);
            }
            if answer.ends_with("\r\n\r\nb") {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{port} {host} {answer}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    project(taken.local_addr().unwrap().port(), "");
    // What comes after it shows that it was read.
    folder.write("fixtures/s/c.yaml", "request: { path: /c }\nresponse: { body: { text: c } }\n");
    eventually(&served, "GET /c", "\r\n\r\nc");
    let (own, shared, moved) = (free(), free(), free());
    project(own, "");
    answers(own, "t");
    project(own, &format!("port: {shared}\n"));
    answers(shared, "t.localhost");
    project(own, &format!("port: {moved}\n"));
    answers(moved, "t.localhost");
    closes(shared);
}

#[test]
fn a_reader_that_reads_nothing_holds_neither_edits_nor_the_end() {
    let text = |text: &str| format!("request: {{ path: /a }}\nresponse: {{ body: {{ text: {text} }} }}\n");
    let folder = Folder::with_fixtures(&[("a", &text("one"))]);
    let served = Served::new(&folder.0, &[]);
    // Far more than a pipe holds.
    let long = "x".repeat(4 << 10);
    for _ in 0..64 {
        served.request(&format!("GET /{long}"), &[], "");
    }
    folder.write("understudy.yaml", "version: 1\nservices:\n  s: {}\n  t: {}\n");
    folder.write("fixtures/t/b.yaml", text("b"));
    folder.write("fixtures/s/a.yaml", text("two"));
    eventually(&served, "GET /a", "\r\n\r\ntwo");
    folder.write("fixtures/s/a.yaml", text("three"));
    eventually(&served, "GET /a", "\r\n\r\nthree");
    assert!(Command::new("kill").args(["-INT", &served.id().to_string()]).status().unwrap().success());
    assert_eq!(served.wait().0, 0);
}
