//! Credentials that a backend sends back: reports do not show them, and accepting does not write them.

use crate::addresses::{Backend, answer};
use crate::program::{Folder, run};
use std::fs;

const JSON: &str = "200 OK\r\ncontent-type: application/json";
/// The credentials of the tests. No name and no form gives them away in a text.
const KEY: &str = "blue-harbour-41";
const CODE: &str = "green-meadow-77";

fn project(backend: &Backend, fixtures: &[(&str, &str)]) -> Folder {
    let project = Folder::with_fixtures(fixtures);
    let local = format!("{{ url: \"http://127.0.0.1:{}\", headers: {{ authorization: Bearer {KEY} }} }}", backend.port);
    project.write("understudy.yaml", format!("version: 1\nservices:\n  s: {{ backends: {{ local: {local} }} }}\n"));
    project
}

/// Hurl #2972 and Newman #3070: reports show the secrets of a run. Servers repeat what they got in their errors: the path
/// with a captured value, and the key that they do not accept.
#[test]
fn no_report_shows_a_credential_that_the_backend_echoes() {
    let backend = Backend::new(|path, _| match path {
        "/login" => answer(JSON, format!("{{\"token\":\"{CODE}\"}}").as_bytes()),
        "/text" => answer("200 OK\r\ncontent-type: text/plain", format!("hello {KEY}").as_bytes()),
        // The cut of a long text may go through the middle of a credential.
        "/long" => answer("200 OK\r\ncontent-type: text/plain", format!("{}{KEY} end", "x".repeat(111)).as_bytes()),
        "/value" => answer(JSON, format!("{{\"a\":\"no {KEY}\"}}").as_bytes()),
        "/xml" => answer("200 OK\r\ncontent-type: application/xml", b"<o><password>hunter2</password></o>"),
        path => answer(
            "403 Forbidden\r\ncontent-type: application/json",
            format!("{{\"message\":\"{KEY} must not GET {path}\"}}").as_bytes(),
        ),
    });
    let text =
        |path: &str, text: &str| format!("request: {{ path: {path} }}\nresponse: {{ body: {{ text: {text} }} }}\n");
    let long = format!("{}y", "x".repeat(111));
    let project = project(
        &backend,
        &[
            (
                "login",
                "request: { path: /login }\nresponse: { body: { json: { token: x } } }\nverify: { capture: { token: $.token } }\n",
            ),
            (
                "me",
                "request: { path: \"/me/{{token}}\" }\nresponse: { body: { json: { a: 1 } } }\nverify: { after: login }\n",
            ),
            ("text", &text("/text", "hello")),
            ("long", &text("/long", &long)),
            ("value", "request: { path: /value }\nresponse: { body: { json: { a: 1 } } }\n"),
            ("xml", "request: { path: /xml }\nresponse: { body: { xml: <o><password>x</password></o> } }\n"),
        ],
    );
    let reports = ["--report", "junit=o.xml", "--report", "html=o.html", "--report", "json=o.json"];
    let (exit, stdout, stderr) = run(&project.0, &[&["verify"][..], &reports].concat());
    assert_eq!(exit, 1, "{stdout}{stderr}");
    assert!(stdout.contains("response  «redacted» must not GET /me/«redacted»"), "{stdout}");
    let files = ["o.xml", "o.html", "o.json"].map(|name| fs::read_to_string(project.0.join(name)).unwrap());
    for shown in files.iter().chain([&stdout, &stderr]) {
        for secret in [KEY, CODE, "blue-har", "hunter2"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

/// A recorder that keeps the credentials of a run (vcrpy #205) needs no response of a login for that.
#[test]
fn accepting_writes_no_credential_that_the_backend_echoes() {
    let backend = Backend::new(|path, _| match path {
        "/json" => answer(JSON, format!("{{\"a\":\"no {KEY}\"}}").as_bytes()),
        "/text" => answer("200 OK\r\ncontent-type: text/plain", format!("hello {KEY}").as_bytes()),
        "/field" => answer(&format!("204 No Content\r\nx-caller: {KEY}"), b""),
        _ => answer("204 No Content\r\nx-next: https://h/x?api_key=supersecret123", b""),
    });
    let project = project(
        &backend,
        &[
            ("json", "request: { path: /json }\nresponse: { body: { json: { a: 1 } } }\n"),
            ("text", "request: { path: /text }\nresponse: { body: { text: hello } }\n"),
            ("field", "request: { path: /field }\nresponse: { status: 204, headers: { x-caller: me } }\n"),
            ("next", "request: { path: /next }\nresponse: { status: 204, headers: { x-next: none } }\n"),
        ],
    );
    let (exit, _, stderr) = run(&project.0, &["verify", "--accept"]);
    assert_eq!(exit, 1, "{stderr}");
    assert!(stderr.contains("accepted s/json: $.a"), "{stderr}");
    for left in ["s/text $", "s/field x-caller", "s/next x-next"] {
        assert!(stderr.contains(&format!("not accepted {left}: ")), "{left}: {stderr}");
    }
    for name in ["json", "text", "field", "next"] {
        let file = fs::read_to_string(project.0.join(format!("fixtures/s/{name}.yaml"))).unwrap();
        assert!(!file.contains(KEY) && !file.contains("supersecret"), "{file}");
    }
    let (_, stdout, _) = run(&project.0, &["verify"]);
    assert!(stdout.contains("1 kept, 3 broken"), "{stdout}");
}
