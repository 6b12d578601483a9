//! The report of a failure in a run: the reason, the place, and the suggested fix.

use crate::program::{Folder, Served, run};
use crate::record_peers::behind_tls;
use std::io::{Read, Write};
use std::net::TcpListener;

/// Runs fixtures against a backend that sends the responses of other fixtures.
fn verified(fixtures: &[(&str, &str)], backend: &[(&str, &str)], args: &[&str]) -> (i32, String) {
    let backend = Folder::with_fixtures(backend);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let project = Folder::with_fixtures(fixtures);
    let (exit, stdout, stderr) = run(&project.0, &[&["verify", "--backend", &url], args].concat());
    assert_eq!(stderr, "");
    (exit, stdout)
}

/// The report before the line that says where the backend is.
fn of_fixtures(stdout: &str) -> &str {
    stdout.split("\n\ns at").next().unwrap()
}

#[test]
fn an_error_response_shows_its_own_words() {
    // pact-jvm #1480: only the status of an error is shown, and the reason stands in the body.
    // pact-jvm #1667: a 401 is two failures, of which the one about the media type says nothing.
    let wanted = "request: { path: /a }\nresponse:\n  headers: { x-page: \"1\" }\n  body: { json: { id: 1, name: a, tags: [x] } }\n";
    let refused = "request: { path: /a }\nresponse:\n  status: 401\n  headers: { www-authenticate: 'Bearer error=\"invalid_token\"' }\n  body: { json: { message: jwt expired } }\n";
    let (exit, stdout) = verified(&[("a", wanted)], &[("a", refused)], &[]);
    assert_eq!(exit, 1);
    assert_eq!(
        of_fixtures(&stdout),
        "broken s/a  GET /a\n  status  fixtures/s/a.yaml:2\n    expected  200\n    received  401\n    \
         response  jwt expired\n              www-authenticate: Bearer error=\"invalid_token\""
    );
    let (_, json) = verified(&[("a", wanted)], &[("a", refused)], &["--json"]);
    assert!(
        json.contains("\"reason\": \"jwt expired\\nwww-authenticate: Bearer error=\\\"invalid_token\\\"\""),
        "{json}"
    );
    assert!(json.contains("\"line\": 2") && json.contains("\"file\": \"fixtures/s/a.yaml\""), "{json}");
    assert!(!json.contains("missing"), "{json}");
}

#[test]
fn a_redirect_shows_where_it_leads() {
    // A login page instead of data says more by its address or its title than by what it lacks.
    let wanted = "request: { path: /a }\nresponse: { body: { json: { id: 1 } } }\n";
    let moved =
        "request: { path: /a }\nresponse: { status: 302, headers: { location: /login }, body: { text: moved } }\n";
    let (_, stdout) = verified(&[("a", wanted)], &[("a", moved)], &[]);
    assert!(
        of_fixtures(&stdout).ends_with("received  302\n    response  moved\n              location: /login"),
        "{stdout}"
    );
    let page = "request: { path: /a }\nresponse: { headers: { content-type: text/html }, body: { text: \"<html><title>Sign in</title></html>\" } }\n";
    let (_, stdout) = verified(&[("a", wanted)], &[("a", page)], &[]);
    assert!(stdout.contains("    expected  JSON\n    received  an HTML page: Sign in\n"), "{stdout}");
}

#[test]
fn the_errors_of_a_graphql_response_are_shown() {
    // Karate #339: "data.me is null", and the reason stands beside it under `errors`.
    let query = "request: { method: POST, path: /graphql, body: { graphql: { query: \"{ me { id } }\" } } }\n";
    let wanted = format!(
        "{query}response: {{ body: {{ json: {{ data: {{ me: {{ id: 1 }} }} }} }} }}\nverify: {{ safe: true }}\n"
    );
    let failed = format!(
        "{query}response: {{ body: {{ json: {{ errors: [{{ message: media not found }}], data: {{ me: null }} }} }} }}\n"
    );
    let (exit, stdout) = verified(&[("a", &wanted)], &[("a", &failed)], &[]);
    assert_eq!(exit, 1, "{stdout}");
    assert!(of_fixtures(&stdout).ends_with("received  null\n    response  media not found"), "{stdout}");
    // If the fixture expects errors, they are compared like everything else.
    let expected = failed.replace("media not found", "1").replace("null", "{ id: 1 }") + "verify: { safe: true }\n";
    let (_, stdout) = verified(&[("a", &expected)], &[("a", &failed)], &[]);
    assert!(stdout.contains("received  null\n") && !stdout.contains("response "), "{stdout}");
}

fn many(response: &str) -> Vec<(String, String)> {
    (0..6).map(|at| (format!("f{at}"), format!("request: {{ path: /f{at} }}\nresponse:\n  {response}\n"))).collect()
}

fn borrowed(fixtures: &[(String, String)]) -> Vec<(&str, &str)> {
    fixtures.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect()
}

#[test]
fn what_many_fixtures_share_is_one_block() {
    // pact-js #1614: a key in another case, and the whole example is shown for it.
    let (wanted, renamed) = (many("body: { json: { userName: a } }"), many("body: { json: { user_name: a } }"));
    let (_, stdout) = verified(&borrowed(&wanted), &borrowed(&renamed), &[]);
    assert_eq!(
        of_fixtures(&stdout),
        "broken 6 fixtures: userName missing\n    expected  \"a\"\n    received  (nothing)\n    new here  user_name\n  \
         s/f0  fixtures/s/f0.yaml:3  $.userName\n  s/f1  fixtures/s/f1.yaml:3  $.userName\n  \
         s/f2  fixtures/s/f2.yaml:3  $.userName\n  and 3 more fixtures: --all shows each by itself"
    );
    let (_, stdout) = verified(&borrowed(&wanted), &borrowed(&renamed), &["--all"]);
    assert_eq!(stdout.matches("broken s/f").count(), 6, "{stdout}");

    // Servers repeat the path in their messages, which makes no other failure of it.
    let missing: Vec<(String, String)> = many("status: 404");
    let missing: Vec<(String, String)> = missing
        .into_iter()
        .map(|(id, text)| {
            let text = format!("{text}  body: {{ json: {{ detail: no route /{id} }} }}\n");
            (id, text)
        })
        .collect();
    let (_, stdout) = verified(&borrowed(&wanted), &borrowed(&missing), &[]);
    assert!(
        stdout.starts_with(
            "broken 6 fixtures: status 404\n    expected  200\n    received  404\n    response  no route /f0\n"
        ),
        "{stdout}"
    );
    assert!(stdout.contains("  s/f0  fixtures/s/f0.yaml:2  GET /f0\n"), "{stdout}");
}

#[test]
fn a_fixture_keeps_what_it_does_not_share() {
    let (mut wanted, mut sent) = (many("body: { json: { userName: a } }"), many("body: { json: { user_name: a } }"));
    wanted[2].1 = "request: { path: /f2 }\nresponse:\n  body: { json: { userName: a, n: 1 } }\n".to_owned();
    sent[2].1 = "request: { path: /f2 }\nresponse:\n  body: { json: { user_name: a, n: x } }\n".to_owned();
    let (_, stdout) = verified(&borrowed(&wanted), &borrowed(&sent), &[]);
    assert!(stdout.contains("broken 6 fixtures: userName missing\n"), "{stdout}");
    assert!(
        stdout.contains(
            "broken s/f2  GET /f2\n  $.n type  fixtures/s/f2.yaml:3\n    expected  number\n    received  \"x\"\n  \
             and 1 difference that other fixtures share\n"
        ),
        "{stdout}"
    );
}

#[test]
fn texts_that_look_alike_are_told_apart() {
    // Dredd #1104: two texts are called different, and look the same. WireMock #1148: long ones are cut before they differ.
    let text = |text: &str| {
        let text = text.replace('\r', "\\r").replace('\n', "\\n");
        format!("request: {{ path: /a }}\nresponse:\n  body: {{ text: \"{text}\" }}\n")
    };
    let long = |end: &str| format!("{}{end}", "Lorem ipsum. ".repeat(40));
    for (wanted, sent, expected, received) in [
        ("Hello\n", "Hello\r\n", "\"Hello\\n\"", "\"Hello\\r\\n\""),
        ("Hello", "Hello ", "\"Hello\"", "\"Hello \""),
        ("a b", "a\u{A0}b", "\"a b\"", "\"a\\u00a0b\""),
        ("café", "cafe\u{301}", "café", "cafe\\u0301"),
        (
            &long("cat"),
            &long("dog"),
            "at character 521: … ipsum. Lorem ipsum. Lorem ipsum. Lorem ipsum. cat",
            "at character 521: … ipsum. Lorem ipsum. Lorem ipsum. Lorem ipsum. dog",
        ),
    ] {
        let (_, stdout) = verified(&[("a", &text(wanted))], &[("a", &text(sent))], &[]);
        let shown = |label: &str| {
            let line = stdout.lines().find(|line| line.trim_start().starts_with(label)).unwrap_or_default();
            line.trim_start()[label.len()..].trim_start().to_owned()
        };
        let (shown_expected, shown_received) = (shown("expected"), shown("received"));
        assert_ne!(shown_expected, shown_received, "{stdout}");
        assert!(wanted.len() > 500 || (shown_expected == expected && shown_received == received), "{stdout}");
        assert!(wanted.len() < 500 || (shown_expected.ends_with("cat") && shown_received.ends_with("dog")), "{stdout}");
    }
}

#[test]
fn messages_name_the_cure() {
    // jsonschemafriend #24: a date-time without a zone. json-schema-validator #415: an offset without a colon.
    let wanted = "request: { path: /a }\nresponse:\n  body: { json: { at: 2024-05-01T10:00:00Z, to: 2024-05-01T10:00:00Z, n: 1 } }\n  match:\n    $.at: date-time\n    $.to: date-time\n    $.gone: any\n    $.more: absent\n";
    let sent = "request: { path: /a }\nresponse:\n  body: { json: { at: \"2024-05-01T10:00:00\", to: \"2024-05-01T10:00:00+0200\", n: \"1\", more: 1 } }\n";
    let (_, stdout) = verified(&[("a", wanted)], &[("a", sent)], &[]);
    for (place, hint) in [
        ("$.at value  fixtures/s/a.yaml:5", "it has no time zone: `date-time` ends with `Z`"),
        ("$.to value  fixtures/s/a.yaml:6", "its offset has no colon"),
        ("$.gone missing  fixtures/s/a.yaml:7", "`any` has to be there: write `ignore`"),
        ("$.more added  fixtures/s/a.yaml:8", "`absent` must not be there: write `ignore`"),
        ("$.n type  fixtures/s/a.yaml:3", "the backend sends the number as a text, in quotes"),
    ] {
        let block = stdout.split(place).nth(1).unwrap_or_else(|| panic!("{place}: {stdout}"));
        let hints = block.lines().take(4).find(|line| line.trim_start().starts_with("hint"));
        assert!(hints.is_some_and(|line| line.contains(hint)), "{place}: {stdout}");
    }
}

fn unreachable(url: &str) -> String {
    let project = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { status: 204 }\n")]);
    let (exit, stdout, _) = run(&project.0, &["verify", "--backend", url]);
    assert!(exit == 3 && stdout.starts_with("unreachable s: 1 fixture\n"), "{exit} {stdout}");
    stdout
}

#[test]
fn a_certificate_that_is_not_accepted_can_be_saved() {
    // postman-app-support #6354: "unable to verify the first certificate", and nobody knows what to do.
    let (backend, _) = behind_tls(&rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap());
    let stdout = unreachable(&backend);
    let at = backend.strip_prefix("https://").unwrap();
    assert!(stdout.contains("it is signed by an authority that this machine does not trust"), "{stdout}");
    assert!(stdout.contains(&format!("openssl s_client -connect {at} </dev/null | openssl x509 -out backend.pem")));
    assert!(stdout.contains(&format!("backends: {{ local: {{ url: \"{backend}\", ca: backend.pem }} }}")), "{stdout}");
}

/// Starts a server that sends these bytes to each client, whatever the client sent. Returns its port.
fn sending(bytes: &'static [u8]) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(bytes);
        }
    });
    port
}

#[test]
fn a_protocol_that_is_not_the_one_of_the_address_is_named() {
    // elastic/rally #757: "wrong version number" is what a server without TLS looks like.
    let port = sending(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let stdout = unreachable(&format!("https://127.0.0.1:{port}"));
    assert!(stdout.contains(&format!("127.0.0.1:{port} does not speak TLS")), "{stdout}");
    assert!(stdout.contains(&format!("write `url: http://127.0.0.1:{port}`")), "{stdout}");
    let stdout = unreachable(&format!("h2c://127.0.0.1:{port}"));
    assert!(stdout.contains(&format!("write `url: http://127.0.0.1:{port}`")), "{stdout}");

    // A server without TLS that waits for the end of a line.
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let stdout = unreachable(&format!("https://127.0.0.1:{port}"));
    assert!(stdout.contains("took the connection, and did not answer when TLS began"), "{stdout}");
    assert!(stdout.contains(&format!("write `url: http://127.0.0.1:{port}`")), "{stdout}");

    // And the other way round: the request never arrives.
    let (backend, _) = behind_tls(&rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap());
    let stdout = unreachable(&backend.replace("https://", "http://"));
    assert!(stdout.contains(&format!("write `url: {backend}`")), "{stdout}");
}

#[test]
fn a_server_that_speaks_http_2_alone_is_named() {
    // An empty SETTINGS frame.
    let port = sending(&[0, 0, 0, 4, 0, 0, 0, 0, 0]);
    let stdout = unreachable(&format!("http://127.0.0.1:{port}"));
    assert!(stdout.contains(&format!("write `url: h2c://127.0.0.1:{port}`")), "{stdout}");
}

#[test]
fn the_other_loopback_address_is_found() {
    // Dredd #586: a server that listens on ::1 alone, and "ECONNREFUSED 127.0.0.1".
    let Ok(listener) = TcpListener::bind(("::1", 0)) else {
        // A machine without IPv6 has no second loopback.
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let stdout = unreachable(&format!("http://127.0.0.1:{port}"));
    assert!(stdout.contains(&format!("something listens on [::1]:{port}: write `localhost`")), "{stdout}");
}

/// The path of the address and the service's `base` are both sent, which is easily one `/v1` too many.
#[test]
fn a_base_that_is_sent_twice_is_named() {
    let backend = Folder::with_fixtures(&[("a", "request: { path: /v1/items }\nresponse: {}\n")]);
    let backend = Served::new(&backend.0, &[]);
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\nservices:\n  s: { base: /v1 }\n");
    project.write("fixtures/s/a.yaml", "request: { path: /items }\nresponse: {}\n");
    let verified = |path: &str| {
        let (exit, stdout, stderr) =
            run(&project.0, &["verify", "--backend", &format!("http://127.0.0.1:{}{path}", backend.port)]);
        (exit, stdout + &stderr)
    };
    let (exit, output) = verified("/v1");
    let note = "s: 1 fixture got 404. requests go to /v1/v1, since this address and the service's `base` both have /v1: \
                remove /v1 from the address or from `base`";
    assert!(exit == 1 && output.contains(note), "{output}");
    let (exit, output) = verified("");
    assert!(exit == 0 && !output.contains("/v1/v1"), "{output}");
}
