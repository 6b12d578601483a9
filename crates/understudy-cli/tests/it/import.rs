//! A session in a browser, saved as an archive, becomes fixtures: they answer as the backend did, and the backend keeps them,
//! with new ids and tokens each time. No file is edited by hand.

use crate::program::{Folder, Served, run};
use crate::record::{Recorder, project};
use crate::shop::{Session, open_shop};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

/// Every file of a folder, as text.
pub(crate) fn everything(folder: &Path, out: &mut String) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            everything(&entry.path(), out);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            let _ = writeln!(out, "## {}\n{text}", entry.path().display());
        }
    }
}

#[test]
fn a_recorded_session_is_answered_again_and_kept_by_the_backend() {
    let port = open_shop();
    let recorded = Session::play(port);
    let outside = Folder::new();
    outside.write("shop.har", recorded.archive());
    let project = Folder::new();
    let backend = format!("http://127.0.0.1:{port}");
    project.write(
        "understudy.yaml",
        format!("version: 1\nservices:\n  shop:\n    backends: {{ real: {{ url: \"{backend}\", writes: true, vars: {{ password: correct horse battery }} }} }}\n"),
    );
    let archive = outside.0.join("shop.har").display().to_string();
    let (exit, stdout, stderr) = run(&project.0, &["import", &archive]);
    assert_eq!(exit, 0, "{stderr}");
    for part in [
        "made fixtures/shop/items/list.yaml",
        "of 10 exchanges with http://shop.test for shop",
        "1 left out: from https://tracker.test (included by --origin https://tracker.test)\n  ",
        "1 left out: not answered\n  GET http://shop.test/",
        "redacted-token-1  response body $.access_token (name: token)",
    ] {
        assert!(stdout.contains(part), "{part}\n{stdout}");
    }
    let mut files = String::new();
    everything(&project.0.join("fixtures"), &mut files);
    for planted in ["correct horse", "a guess of mine", "opaque-token", "session-secret"] {
        assert!(!files.contains(planted), "{planted}\n{files}");
    }
    let (exit, stdout, stderr) = run(&project.0, &["check"]);
    assert_eq!(exit, 0, "{stdout}{stderr}\n{files}");

    // The same is asked of the stub in the same order.
    let served = Served::new(&project.0, &[]);
    let again = Session::play(served.port);
    let plain = |answers: &[(u16, String)]| -> Vec<(u16, String)> {
        let hide = |text: &String| text.replace("opaque-token-number-1", "redacted-token-1");
        answers.iter().map(|(status, text)| (*status, hide(text))).collect()
    };
    let mut wanted = plain(&recorded.answers);
    // Two passwords are all that tells a guess from the right one, and none is kept: the stub lets everybody in.
    wanted[1] = wanted[2].clone();
    assert_eq!(plain(&again.answers), wanted, "{files}");

    // And the backend keeps it, with ids and tokens that are new.
    for _ in 0..2 {
        let (exit, stdout, stderr) = run(&project.0, &["verify"]);
        assert!(exit == 0 && !stdout.contains("broken"), "{stdout}{stderr}\n{files}");
        assert!(stdout.contains("8 kept"), "{stdout}\n{files}");
    }

    // What is there already is not made again.
    let (exit, stdout, _) = run(&project.0, &["import", &archive]);
    assert!(
        exit == 0 && stdout.contains("0 files of 10 exchanges") && stdout.contains("promises there already"),
        "{stdout}"
    );

    // What is made again comes after what is there, as that is called now, and finds there what it needs.
    let login = fs::read_to_string(project.0.join("fixtures/shop/login.yaml")).unwrap();
    let (login, _) = login.split_once("  capture:").unwrap();
    fs::remove_dir_all(project.0.join("fixtures")).unwrap();
    project.write("fixtures/shop/enter.yaml", format!("{login}  safe: true\n"));
    let (exit, stdout, stderr) = run(&project.0, &["import", &archive]);
    assert!(exit == 0 && stdout.contains("1 promise there already"), "{stdout}{stderr}");
    assert!(stdout.contains("wrote fixtures/shop/enter.yaml\n"), "{stdout}");
    let list = fs::read_to_string(project.0.join("fixtures/shop/items/list.yaml")).unwrap();
    assert!(list.contains("  after: [enter]\n"), "{list}");
    let (exit, stdout, stderr) = run(&project.0, &["verify"]);
    assert!(exit == 0 && stdout.contains("8 kept"), "{stdout}{stderr}");
}

#[test]
fn what_is_no_archive_is_said() {
    let project = Folder::with_fixtures(&[]);
    project.write("a.har", "{\"log\":{}}").write("b.har", "nonsense").write("c.har", "{\"log\":{\"entries\":[]}}");
    let image = "{\"_resourceType\":\"image\",\"request\":{\"method\":\"GET\",\"url\":\"http://shop.test/logo.png\",\"headers\":[]},\"response\":{\"status\":200,\"headers\":[],\"content\":{}}}";
    let archive = |entry: &str| format!("{{\"log\":{{\"entries\":[{entry}]}}}}");
    project.write("e.har", archive(image)).write("g.har", archive(&image.replace("image", "fetch")));
    project.write("f.json", "{\"info\":{\"name\":\"Shop\"},\"item\":[]}");
    for (file, said) in [
        ("a.har", "a.har is no HTTP archive: it has no `log.entries`"),
        ("b.har", "b.har is no HTTP archive: it is not JSON"),
        ("c.har", "error: there is no exchange in it\n  hint: record while a page's scripts ask the service,"),
        (
            "e.har",
            "1 left out: an image of a page, from http://shop.test (included by --origin http://shop.test --pages)\n",
        ),
        ("e.har", "error: no exchange of a service is in it\n  hint: say which server is meant, and whether pages are"),
        ("f.json", "this is a Postman collection, and not an OpenAPI description"),
        ("f.json", "hint: HTTP archives (.har) and OpenAPI descriptions are read"),
        ("d.har", "failed to read d.har"),
    ] {
        let (exit, _, stderr) = run(&project.0, &["import", file]);
        assert!(exit != 0 && stderr.contains(said), "{file}: {stderr}");
    }
    let (exit, _, stderr) = run(&project.0, &["import", "g.har", "--origin", "http://other.test"]);
    assert!(exit != 0 && stderr.contains("1 left out: from http://shop.test"), "{stderr}");
    assert!(stderr.contains("hint: say which server is meant: --origin http://shop.test"), "{stderr}");
    // What is saved as a file, or asked for with a token, is no part of a page.
    let saved = image.replace("\"_resourceType\":\"image\",", "").replace("\"status\":200,\"headers\":[]", "\"status\":200,\"headers\":[{\"name\":\"content-type\",\"value\":\"image/png\"},{\"name\":\"content-disposition\",\"value\":\"attachment\"}]");
    project.write("h.har", archive(&saved)).write("i.har", archive(&saved.replace("content-disposition", "x-other")));
    let (_, said, _) = run(&project.0, &["import", "h.har", "--preview"]);
    assert!(said.starts_with("would make fixtures/s/logo-png.yaml\n"), "{said}");
    let (_, _, stderr) = run(&project.0, &["import", "i.har", "--preview"]);
    assert!(stderr.contains("1 left out: an image of a page"), "{stderr}");
    let (_, said, _) = run(&project.0, &["import", "g.har", "--preview"]);
    assert!(said.starts_with("would make fixtures/s/logo-png.yaml\n1 file of 1 exchange"), "{said}");
    assert!(!project.0.join("fixtures").exists());
}

const ANSWERS: &[(&str, &str, &[u8])] = &[
    ("/", "text/html", b"<h1>Shop</h1>"),
    ("/logo.png", "image/png", b"\x89PNG\r\n\x1a\n\0\x01\x02"),
    ("/app.js", "text/javascript", b"let a = 1;\n"),
    ("/api/a?q=w%C3%B6rd", "application/json", b"{\"n\":1.0,\"items\":[{\"id\":7}]}"),
    ("/api/t", "text/plain; charset=iso-8859-1", b"caf\xe9"),
    ("/api/u", "text/plain; charset=iso-8859-1", "café".as_bytes()),
    ("/api/token", "application/json", b"{\"access_token\":\"q7Zr2kLx90PvTnB4sWc1Yd\",\"n\":1}"),
    ("/api/me", "application/json", b"{\"id\":7}"),
];

/// A server with pages, images, scripts, texts in latin-1 and tokens.
fn open_site() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let _ = reader.read_line(&mut line);
            while let Ok(read) = reader.read_line(&mut String::new())
                && read > 2
            {}
            let path = line.split(' ').nth(1).unwrap_or_default();
            let (_, kind, body) = ANSWERS.iter().find(|(known, ..)| *known == path).unwrap_or(&ANSWERS[0]);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), body].concat());
        }
    });
    port
}

/// Sends a request and ignores the response.
fn ask(port: u16, path: &str, header: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{header}\r\n\r\n").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn an_archive_of_the_inbox_comes_back_as_the_same_fixtures() {
    let project = project(open_site());
    let recorder = Recorder::new(&project.0, &[]);
    for path in ["/", "/logo.png", "/app.js", "/api/a?q=w%C3%B6rd", "/api/t", "/api/u", "/api/token"] {
        ask(recorder.port, path, "accept: */*");
    }
    ask(recorder.port, "/api/me", "authorization: Bearer q7Zr2kLx90PvTnB4sWc1Yd");
    recorder.end();
    let archive = project.0.join("all.har").display().to_string();
    let (exit, ..) = run(&project.0, &["inbox", "export", &archive]);
    assert_eq!(exit, 0);
    assert!(!fs::read_to_string(&archive).unwrap().contains("q7Zr2kLx90PvTnB4sWc1Yd"));
    run(&project.0, &["inbox", "accept"]);
    // The archive decides whose exchanges they are, and not the port or the address of the backend.
    let other = Folder::new();
    other.write("understudy.yaml", "version: 1\nservices:\n  shop: {}\n  auth: {}\n");
    let (exit, stdout, stderr) = run(&other.0, &["import", &archive]);
    assert!(exit == 0 && !stdout.contains("left out"), "{stdout}{stderr}");
    let files = |project: &Folder| {
        let mut all = Vec::new();
        bytes_below(&project.0.join("fixtures/shop"), &mut all);
        let start = project.0.join("fixtures/shop");
        all.into_iter().map(|(path, bytes)| (path.strip_prefix(&start).unwrap().to_owned(), bytes)).collect::<Vec<_>>()
    };
    assert_eq!(files(&project).len(), 8);
    assert_eq!(files(&project), files(&other), "{stdout}");
}

fn bytes_below(folder: &Path, out: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            bytes_below(&entry.path(), out);
        } else {
            out.push((entry.path(), fs::read(entry.path()).unwrap()));
        }
    }
    out.sort();
}
