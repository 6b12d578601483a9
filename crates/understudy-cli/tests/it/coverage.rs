//! What of a description is covered: by fixtures, recordings and runs.

use crate::import_description::{import, shop};
use crate::program::{Folder, Served, run};
use crate::record::Recorder;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

fn line<'t>(text: &'t str, start: &str) -> &'t str {
    text.lines().find(|line| line.trim_start().starts_with(start)).unwrap_or_else(|| panic!("{start}\n{text}"))
}

#[test]
fn what_has_a_fixture_was_kept_and_is_as_described_is_counted() {
    let project = shop();
    let (exit, stdout, stderr) = run(&project.0, &["coverage"]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(line(&stdout, "GET /items/{id}").ends_with("200 -  404 -"), "{stdout}");
    assert!(stdout.ends_with("4 documented statuses: 0 with a fixture (0 %), 0 kept by a backend (0 %)\n"), "{stdout}");

    import(&project, &[]);
    // The backend is another project's stub: it keeps one promise and breaks the other, in a way that nobody described.
    let backend = Folder::with_fixtures(&[
        ("get", "request: { path: '/items/{id}' }\nresponse: { body: { json: { id: x, name: lamp } } }\n"),
        ("add", "request: { method: POST, path: /items }\nresponse: { status: 201 }\n"),
    ]);
    let served = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", served.port);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--openapi", "--allow-writes"]);
    assert_eq!(exit, 1, "{stdout}{stderr}");
    project.write("fixtures/shop/mine.yaml", "request: { path: /orders }\nresponse: { status: 200 }\n");
    let (_, stdout, _) = run(&project.0, &["coverage"]);
    let get = line(&stdout, "GET /items/{id}");
    assert!(
        get.contains("200 broken 20") && get.contains("not as described") && get.ends_with("404 fixture"),
        "{stdout}"
    );
    assert!(line(&stdout, "POST /items").contains("201 kept 20"), "{stdout}");
    assert_eq!(line(&stdout, "not in the description:").trim(), "not in the description: fixtures/shop/mine.yaml");
    let total =
        "4 documented statuses: 4 with a fixture (100 %), 1 kept by a backend (25 %), 2 broken, 2 not as described\n";
    assert!(stdout.ends_with(total), "{stdout}");

    // What is not asked again stays known: of other fixtures, and whether an answer was as described.
    run(&project.0, &["verify", "--backend", &url, "--fixture", "shop/getItem"]);
    let (exit, stdout, stderr) = run(&project.0, &["coverage", "--min-verified", "30", "--min-fixtures", "100"]);
    assert!(line(&stdout, "POST /items").contains("201 kept 20"), "{stdout}");
    assert!(line(&stdout, "GET /items/{id}").contains("not as described"), "{stdout}");
    assert_eq!((exit, stderr.as_str()), (1, "error: 25.0 % were kept by a backend, and 30 % are asked for\n"));
    let page = project.0.join("coverage.html");
    let (exit, stdout, _) =
        run(&project.0, &["coverage", "--success", "--json", "--html", &page.display().to_string()]);
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((exit, report["total"]["statuses"].as_u64()), (0, Some(3)));
    let status = &report["services"][0]["operations"][0]["statuses"][0];
    assert_eq!(status["fixtures"][0]["verified"]["backend"], url.as_str());
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("<code>getItem</code>") && page.contains(">broken"), "{page}");
}

#[test]
fn only_what_was_held_to_and_kept_is_verified() {
    let project = shop();
    let known = "verify: { known: [{ path: $.id, kind: type, why: ticket }] }\n";
    project.write(
        "fixtures/shop/get.yaml",
        format!("request: {{ path: /items/7 }}\nresponse: [{{ body: {{ json: {{ id: 7, name: lamp }} }} }}, {{ status: 404 }}]\n{known}"),
    );
    project.write(
        "fixtures/shop/add.yaml",
        "request: { method: POST, path: /items, body: { json: {} } }\nresponse: [{ status: 201 }]\n",
    );
    let backend = Folder::with_fixtures(&[(
        "get",
        "request: { path: '/items/{id}' }\nresponse: { body: { json: { id: x, name: lamp } } }\n",
    )]);
    let served = Served::new(&backend.0, &[]);
    run(&project.0, &["verify", "--backend", &format!("http://127.0.0.1:{}", served.port)]);
    project.write("fixtures/shop/bad.yaml", "request: {");
    let (exit, stdout, stderr) = run(&project.0, &["coverage", "--min-verified", "1"]);
    let get = line(&stdout, "GET /items/{id}");
    assert!(get.contains("200 known 20") && get.ends_with("404 fixture"), "{stdout}");
    assert!(stdout.contains("not known: what files with errors say: 1 error"), "{stdout}");
    assert_eq!(exit, 1, "{stderr}");
    let (exit, _, stderr) = run(&project.0, &["coverage", "--min-verified", "NaN"]);
    assert!(exit == 64 && stderr.contains("a number from 0 to 100 is wanted"), "{stderr}");
}

#[test]
fn what_was_recorded_is_counted_and_held_against_the_description() {
    let project = shop();
    let backend = Folder::with_fixtures(&[
        ("get", "request: { path: '/items/{id}' }\nresponse: { body: { json: { id: 7, name: 3 } } }\n"),
        ("none", "request: { path: /items/9 }\nresponse: { status: 404 }\n"),
        ("other", "request: { path: /orders }\nresponse: { status: 200 }\n"),
    ]);
    let served = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", served.port);
    let recorder = Recorder::new(&project.0, &["--backend", &url, "--service", "shop"]);
    for path in ["/items/7", "/items/8", "/items/9", "/orders"] {
        let mut stream = TcpStream::connect(("127.0.0.1", recorder.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
    recorder.end();
    let (_, stdout, _) = run(&project.0, &["inbox"]);
    assert!(stdout.contains("not as described: answer's body /name: expected string, received integer"), "{stdout}");
    assert!(stdout.contains("not as described: path /orders: is not described"), "{stdout}");
    let (_, stdout, _) = run(&project.0, &["coverage"]);
    assert!(line(&stdout, "GET /items/{id}").ends_with("200 - 2 recorded  404 - 1 recorded"), "{stdout}");
    assert!(stdout.ends_with(", 2 recorded\n"), "{stdout}");
}

#[test]
fn where_answers_lead_and_what_the_backend_asks_is_shown() {
    let project = Folder::with_fixtures(&[]);
    project.write("understudy.yaml", "version: 1\nservices: { s: { openapi: api.yaml } }\n");
    project.write(
        "fixtures/s/api.yaml",
        r##"openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /items:
    post:
      responses:
        "201": { description: made, links: { one: { operationId: getItem, parameters: { id: "$response.body#/id" } } } }
      callbacks: { sold: { "{$request.body#/url}": { post: { responses: { "200": { description: taken } } } } } }
  /items/{id}: { get: { operationId: getItem, responses: { "200": { description: one } } } }
webhooks: { newItem: { post: { responses: { "200": { description: taken } } } } }
"##,
    );
    let page = project.0.join("coverage.html");
    let (exit, stdout, stderr) = run(&project.0, &["coverage", "--html", &page.display().to_string()]);
    assert_eq!(exit, 0, "{stderr}");
    let said = "  POST /items      201 -\n    leads from 201 to getItem, id from $response.body#/id\n    \
                the backend asks POST {$request.body#/url}, as sold\n  GET /items/{id}  200 -\n  \
                the backend asks by itself: POST, as newItem\n";
    assert!(stdout.contains(said), "{stdout}");
    let page = fs::read_to_string(page).unwrap();
    for said in [
        "Answers lead: 201 to getItem, id from $response.body#/id",
        "POST {$request.body#/url}, as sold",
        "POST, as newItem",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
}
