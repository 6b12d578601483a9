//! "accepted" means that the next run passes: what cannot be written so is left as it is, with the reason and the line.

use crate::addresses::{Backend, answer};
use crate::program::{Folder, Served, run};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

/// The result of accepting one response.
struct Accepting {
    project: Folder,
    url: String,
    exit: i32,
    stderr: String,
    /// The exit code of the next run.
    then: i32,
    _backend: Served,
}

impl Accepting {
    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.project.0.join("fixtures/s").join(name)).unwrap()
    }
}

/// Accepts what a backend with these fixtures responds, and verifies again. A run that says that it has accepted everything
/// is followed by one that passes, whatever was accepted.
fn accepting(backend: &[(&str, &str)], project: &[(&str, &str)], more: &[&str]) -> Accepting {
    let backend = Folder::with_fixtures(backend);
    accepting_from(&backend, Folder::with_fixtures(project), more)
}

fn accepting_from(backend: &Folder, project: Folder, more: &[&str]) -> Accepting {
    let served = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", served.port);
    let verify = ["verify", "--backend", &url];
    let (exit, stdout, stderr) = run(&project.0, &[&verify[..], &["--accept"], more].concat());
    let again: Vec<&str> = more.iter().copied().filter(|option| *option == "--strict").collect();
    let (then, left, _) = run(&project.0, &[&verify[..], &again].concat());
    assert_eq!(exit == 0, then == 0, "{stdout}{stderr}\n{left}");
    Accepting { project, url, exit, stderr, then, _backend: served }
}

/// Accepts into one fixture, and gives its text and what was said.
fn accepted(backend: &str, project: &str) -> (i32, String, String) {
    let done = accepting(&[("a", backend)], &[("a", project)], &[]);
    (done.exit, done.file("a.yaml"), done.stderr)
}

const A: &str = "request: { path: /a }\n";

#[test]
fn texts_and_lists_of_values_are_written() {
    let text = |text: &str| {
        format!("{A}response:\n  headers: {{ content-type: text/plain }}\n  body:\n    text: {text}\n  # the end\n")
    };
    for (before, received, after) in [
        ("hello", "\"bye: #1\"", "\"bye: #1\""),
        ("|\n      one\n      two", "\"x\\n\\n  y\"", "|-\n      x\n\n        y"),
        (">-\n      one\n      two", "x", "x"),
        ("'it''s'", "\"it's me\"", "'it''s me'"),
    ] {
        let (exit, file, stderr) = accepted(&text(received), &text(before));
        assert_eq!((exit, file.as_str()), (0, text(after).as_str()), "{stderr}");
    }
    let links =
        |values: &str| format!("{A}response:\n  headers:\n    x-list: {values}\n  body: {{ json: {{ a: 1 }} }}\n");
    for (before, received, after) in [
        ("[a, b] # two", "[a, c]", "[a, c] # two"),
        ("one", "[one, two]", "[one, two]"),
        ("[one, two]", "one", "[one]"),
    ] {
        let (exit, file, stderr) = accepted(&links(received), &links(before));
        assert_eq!((exit, file.as_str()), (0, links(after).as_str()), "{stderr}");
    }
}

#[test]
fn every_form_of_a_body_is_written_in_its_own_place() {
    let json = |headers: &str, body: &str| format!("{A}response: {{ headers: {{ {headers} }}, body: {{ {body} }} }}\n");
    let (exit, file, stderr) = accepted(
        &json("content-type: application/json", "json: { a: x }"),
        &json("content-type: application/json", "text: '{ \"a\": 1 }'"),
    );
    assert!(exit == 0 && file.contains("text: '{ \"a\": \"x\" }'"), "{file}{stderr}");
    let bytes = "content-type: application/octet-stream";
    let (exit, file, stderr) = accepted(&json(bytes, "base64: AP8="), &json(bytes, "base64: AAEC"));
    assert!(exit == 0 && file.contains("base64: \"AP8=\""), "{file}{stderr}");
    let (exit, file, stderr) = accepted(
        &format!("{A}response: {{ status: 204 }}\n"),
        &format!("{A}response: {{ body: {{ json: {{ a: 1 }} }} }}\n"),
    );
    assert!(exit == 0 && file.contains("status: 204") && !file.contains("json"), "{file}{stderr}");
    let list = |first: &str| {
        format!(
            "{A}response:\n  - status: 503\n  - body: {{ json: {{ a: {first} }} }}\n  - body: {{ json: {{ a: 3 }} }}\nverify: {{ response: 2 }}\n"
        )
    };
    let (exit, file, stderr) = accepted(&format!("{A}response: {{ body: {{ json: {{ a: x }} }} }}\n"), &list("1"));
    assert_eq!((exit, file.as_str()), (0, list("x").as_str()), "{stderr}");

    let fixture = format!("{A}response: {{ body: {{ file: bodies/a.xml }} }}\n");
    let folders = [("<a>2</a>", &fixture), ("<a>1</a>", &fixture)].map(|(body, fixture)| {
        let folder = Folder::with_fixtures(&[("a", fixture)]);
        folder.write("fixtures/s/bodies/a.xml", body);
        folder
    });
    let [backend, project] = folders;
    let done = accepting_from(&backend, project, &[]);
    assert_eq!((done.exit, done.file("bodies/a.xml").as_str()), (0, "<a>2</a>"), "{}", done.stderr);

    let project = Folder::with_fixtures(&[]);
    let text = "{\n  \"request\": { \"path\": \"/a\" },\n  \"response\": { \"body\": { \"json\": { \"a\": 1 } } }\n}\n";
    project.write("fixtures/s/a.json", text);
    let backend = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { body: { json: { a: x } } }\n")]);
    let done = accepting_from(&backend, project, &[]);
    assert_eq!((done.exit, done.file("a.json")), (0, text.replace("1", "\"x\"")), "{}", done.stderr);
}

#[test]
fn lists_are_written_as_they_came_where_their_elements_differ() {
    let fixture = |list: &str, rule: &str| format!("{A}response:\n  body:\n    json: {{ l: {list} }}\n{rule}");
    for rule in ["", "  match: { $.l: unordered }\n"] {
        let (exit, file, stderr) = accepted(&fixture("[x, 5, true]", ""), &fixture("[a]", rule));
        assert_eq!((exit, file), (0, fixture("[x, 5, true]", rule)), "{stderr}");
    }
    let (exit, file, stderr) =
        accepted(&fixture("[c, d, b]", ""), &fixture("[a, b, c]", "  match: { $.l: unordered }\n"));
    assert!(exit == 0 && file.contains("[c, d, b]"), "{file}{stderr}");
}

#[test]
fn no_element_that_the_response_refutes_is_left_in_a_list() {
    let fixture = |list: &str| format!("{A}response:\n  body:\n    json: {{ l: {list} }}\n");
    for (before, received, after) in [
        // One edit settles all differences, and the other elements would stay numbers.
        ("[1, 2, 3]", "[x, y]", "[x, y]"),
        ("[1, 2]", "[x, z, w]", "[x, z]"),
        (
            "[{ id: 1, n: a }, { id: 2, n: b }]",
            "[{ id: x, t: a }, { id: z, t: b }]",
            "[{ id: x, t: a }, { id: z, t: b }]",
        ),
        // The new kind of element stands beside the others.
        ("[{ id: 1 }, { id: 2, x: 1 }]", "[{ id: 5 }, { id: 6 }, { id: z }]", "[{ id: 5 }, { id: 6 }, {id: z}]"),
        // A kind of element that did not come is no difference.
        ("[{ k: a, n: 1 }, { k: b, x: 1 }]", "[{ k: a, n: z }]", "[{ k: a, n: z }, { k: b, x: 1 }]"),
        ("[null, 1]", "[x]", "[x]"),
    ] {
        let (exit, file, stderr) = accepted(&fixture(received), &fixture(before));
        assert_eq!((exit, file.replace('"', "")), (0, fixture(after)), "{stderr}");
    }
}

#[test]
fn xml_is_written_whole() {
    let fixture = |text: &str| format!("{A}response:\n  body:\n    xml: \"{text}\"\n");
    let (exit, file, stderr) = accepted(&fixture("<a><b>2</b><c/></a>"), &fixture("<a><b>1</b></a>"));
    assert_eq!((exit, file), (0, fixture("<a><b>2</b><c/></a>")), "{stderr}");
    refused(
        &format!("{A}response: {{ body: {{ json: {{ a: 1 }} }} }}\n"),
        &fixture("<a/>"),
        "the response is not XML: write `text:` or `file:` instead of `xml:` at fixtures/s/a.yaml:4\n",
    );
}

/// Accepts into a fixture that cannot be edited so that it passes: nothing is written, and the reason and the line are said.
fn refused(backend: &str, project: &str, reason: &str) {
    let (exit, file, stderr) = accepted(backend, project);
    assert_eq!((exit, file.as_str()), (1, project), "{stderr}");
    assert!(stderr.contains(reason) && !stderr.starts_with("accepted"), "{stderr}");
}

#[test]
fn what_cannot_be_written_is_left_with_the_line_to_edit() {
    let json = |body: &str| format!("{A}response:\n  body:\n    json: {body}\n");
    refused(
        &format!("{A}response: {{ status: 404 }}\n"),
        &format!("{A}response: {{}}\nverify:\n  status: [200, 203]\n"),
        "not accepted s/a status: `verify.status` lists the statuses that pass: add 404 at fixtures/s/a.yaml:4\n",
    );
    refused(
        &json("{ state: gone }"),
        &format!("{}  match:\n    $.state: {{ one_of: [open, closed] }}\n", json("{ state: open }")),
        "found \"gone\": edit the rule at fixtures/s/a.yaml:6\n",
    );
    refused(
        "request: { path: /a }\nresponse: { headers: { x-v: abc }, body: { json: { a: 1 } } }\n",
        "request: { path: /a }\nresponse:\n  headers:\n    x-v: { matches: '[0-9]+', example: '1' }\n  body: { json: { a: 1 } }\n",
        "a rule of the fixture says otherwise ({matches: [0-9]+}): edit it at fixtures/s/a.yaml:4\n",
    );
    refused(
        "request: { path: /a }\nresponse: { headers: { content-type: text/html }, body: { text: <p>x</p> } }\n",
        &json("{ a: 1 }"),
        "the response is not JSON: write `text:` or `file:` instead of `json:` at fixtures/s/a.yaml:4\n",
    );
    refused(
        "request: { path: /a }\nresponse: { body: { json: { b: 1 } } }\n",
        &format!("{}verify:\n  capture: {{ id: $.a }}\n", json("{ a: 1 }")),
        "not accepted s/a $.a: other fixtures need it: change `verify.capture` at fixtures/s/a.yaml:6\n",
    );
}

/// An edit through an anchor changes other places too (mikefarah/yq #877, yamlpath #191), and one of an alias would lose
/// the anchor (eemeli/yaml #229).
#[test]
fn anchors_and_aliases_are_left_to_a_person() {
    let fixture = format!("{A}response:\n  body:\n    json:\n      a: &x [1]\n      b: *x\n");
    let with = |a: &str, b: &str| format!("{A}response: {{ body: {{ json: {{ a: {a}, b: {b} }} }} }}\n");
    refused(
        &with("[1]", "[x]"),
        &fixture,
        "(alias `*name` or merge `<<`), so it was not changed: edit fixtures/s/a.yaml:6 yourself",
    );
    refused(&with("[x]", "[1]"), &fixture, "other places of the file would change too, by an anchor (`&name`)");
}

#[test]
fn a_secret_is_not_written_and_not_called_accepted() {
    let body = |body: &str| format!("{A}response:\n  body: {{ json: {body} }}\n");
    // The place of a secret has only to be text: what stands for it passes.
    let (exit, file, stderr) = accepted(&body("{ password: hunter2hunter2 }"), &body("{ password: 5 }"));
    assert!(exit == 0 && file.contains("password: \"«redacted»\""), "{file}{stderr}");
    for (received, project, line) in [
        (
            "{ password: hunter2hunter2 }",
            "{ password: swordfish } }\n  match: { $.password: exact",
            "a.yaml:4, such as `$.password: any`",
        ),
        (
            "{ token: eyJhbGciOiJIUzI1NiJ9.e30.abcdefghijklmnop, x: 1 }",
            "{ token: null, x: 1 } }\n  match: { $: exact",
            "a.yaml:4, such as `$.token: any`",
        ),
        ("{ pin: 1234 }", "{ pin: x }", "such as `$.pin: any`"),
    ] {
        let reason =
            "the new value has a secret, which is not written into files, and a replacement would fail the comparison";
        refused(&body(received), &body(project), reason);
        refused(&body(received), &body(project), line);
    }
    // In an exact tree, only the secret is left.
    let exact = |body: &str| format!("{A}response:\n  body: {{ json: {body} }}\n  match: {{ $: exact }}\n");
    let token = "{ token: eyJhbGciOiJIUzI1NiJ9.e30.abcdefghijklmnop, x: 2 }";
    let (exit, file, stderr) = accepted(&body(token), &exact("{ token: null, x: 1 }"));
    assert_eq!((exit, file), (1, exact("{ token: null, x: 2 }")), "{stderr}");
    assert!(stderr.contains("accepted s/a: $.x in") && stderr.contains("such as `$.token: any`"), "{stderr}");
    let text =
        |text: &str| format!("{A}response: {{ headers: {{ content-type: text/plain }}, body: {{ text: {text} }} }}\n");
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    refused(&text(token), &text("none"), "the body has a secret, which is not written into files");
}

#[test]
fn a_cookie_that_is_not_set_any_more_is_taken_out_and_no_value_is_written() {
    let fixture = |cookies: &str| {
        format!("{A}response:\n  headers:\n    set-cookie: {cookies}\n  body: {{ json: {{ a: 1 }} }}\n")
    };
    let (exit, file, stderr) =
        accepted(&fixture("[session=8f14e45fceea167a, theme=light]"), &fixture("[session=x, old=1, theme=dark]"));
    assert_eq!((exit, file), (0, fixture("[session=x, theme=dark]")), "{stderr}");
}

/// A file that somebody has edited while the run was going on is theirs.
#[test]
fn a_file_that_was_changed_since_is_left() {
    let fixture = |n: &str| format!("{A}response: {{ body: {{ json: {{ n: {n} }} }} }}\n");
    let project = Folder::with_fixtures(&[("a", &fixture("1"))]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (file, edited) = (project.0.join("fixtures/s/a.yaml"), fixture("2 # by hand"));
    let backend = std::thread::spawn({
        let (file, edited) = (file.clone(), edited.clone());
        move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = BufReader::new(stream.try_clone().unwrap()).lines();
            while head.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            fs::write(file, edited).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\nconnection: close\r\n\r\n{\"n\":\"x\"}").unwrap();
        }
    });
    let (exit, _, stderr) = run(&project.0, &["verify", "--backend", &url, "--accept"]);
    backend.join().unwrap();
    let why = "not accepted s/a fixtures/s/a.yaml: fixtures/s/a.yaml was changed since it was verified: verify again, and accept then\n";
    assert_eq!((exit, stderr.as_str(), fs::read_to_string(file).unwrap()), (1, why, edited));
}

#[test]
fn a_body_file_of_several_fixtures_is_left() {
    let fixture =
        |path: &str| format!("request: {{ path: {path} }}\nresponse: {{ body: {{ file: bodies/a.json }} }}\n");
    let project = Folder::with_fixtures(&[("a", &fixture("/a")), ("b", &fixture("/b"))]);
    project.write("fixtures/s/bodies/a.json", "{\"n\": 1}");
    let backend =
        |path: &str, n: &str| format!("request: {{ path: {path} }}\nresponse: {{ body: {{ json: {{ n: {n} }} }} }}\n");
    let backend = Folder::with_fixtures(&[("a", &backend("/a", "x")), ("b", &backend("/b", "1"))]);
    let done = accepting_from(&backend, project, &[]);
    assert_eq!((done.exit, done.file("bodies/a.json").as_str()), (1, "{\"n\": 1}"));
    assert!(
        done.stderr.contains(
            "bodies/a.json is also the body of `b`: give this response a file of its own at fixtures/s/a.yaml:2"
        ),
        "{}",
        done.stderr
    );
}

#[test]
fn a_body_file_that_a_request_sends_is_left() {
    let get = "request: { path: /a }\nresponse:\n  body: { file: bodies/a.txt }\n";
    let post = |body: &str| format!("request: {{ method: POST, path: /up, body: {body} }}\nresponse: {{}}\n");
    let echo =
        "request: { method: PUT, path: /a, body: { file: bodies/a.txt } }\nresponse:\n  body: { file: bodies/a.txt }\n";
    for (fixtures, wanted, why) in [
        ([("get", get), ("up", &post("{ file: bodies/a.txt }"))].as_slice(), "get", "the request of `up`"),
        (&[("get", get), ("up", &post("{ file: bodies//a.txt }"))], "get", "the request of `up`"),
        (&[("get", get), ("up", &post("{ file: linked.txt }"))], "get", "the request of `up`"),
        (
            &[("get", get), ("up", &post("{ multipart: [{ name: f, file: bodies/a.txt }] }"))],
            "get",
            "the request of `up`",
        ),
        (&[("echo", echo)], "echo", "the fixture's own request"),
    ] {
        let project = Folder::with_fixtures(fixtures);
        project.write("fixtures/s/bodies/a.txt", "before");
        std::os::unix::fs::symlink("bodies/a.txt", project.0.join("fixtures/s/linked.txt")).unwrap();
        let backend = Folder::with_fixtures(&[(
            "a",
            "request: { method: ANY, path: /a }\nresponse: { body: { text: after } }\n",
        )]);
        let served = Served::new(&backend.0, &[]);
        let url = format!("http://127.0.0.1:{}", served.port);
        let verify = ["verify", "--backend", &url, "--fixture", &format!("s/{wanted}"), "--allow-writes", "--accept"];
        let (exit, _, stderr) = run(&project.0, &verify);
        assert_eq!(
            (exit, fs::read_to_string(project.0.join("fixtures/s/bodies/a.txt")).unwrap().as_str()),
            (1, "before"),
            "{stderr}"
        );
        let reason = format!(
            "bodies/a.txt is also sent by {why}: give this response a file of its own at fixtures/s/{wanted}.yaml:3"
        );
        assert!(stderr.contains(&reason), "{stderr}");
    }
}

/// A recorder keeps whatever a service that is down responds (vcrpy #205), and so do snapshots that are updated meanwhile
/// (asfadmin/Discovery-SearchUI #2652).
#[test]
fn failures_that_most_fixtures_share_are_accepted_only_by_name_or_force() {
    let names = ["a", "b", "c", "d"];
    let good =
        |name: &str| format!("request: {{ path: /{name} }}\nresponse: {{ body: {{ json: {{ {name}: 1 }} }} }}\n");
    let project: Vec<(&str, String)> = names.iter().map(|name| (*name, good(name))).collect();
    let project: Vec<(&str, &str)> = project.iter().map(|(name, text)| (*name, text.as_str())).collect();
    for (response, what) in [
        ("{ status: 404 }", "the status 404"),
        ("{ status: 302, headers: { location: /login } }", "the status 302"),
        ("{ headers: { content-type: text/html }, body: { text: <h1>login</h1> } }", "a body that is not JSON"),
        ("{ body: { json: { maintenance: true } } }", "the same body"),
    ] {
        let down = format!("request: {{ method: ANY, path: \"/{{*any}}\" }}\nresponse: {response}\n");
        let done = accepting(&[("down", &down)], &project, &[]);
        let said = format!("not accepted s/a, s/b, s/c and 1 more: 4 of 4 fixtures of `s` got {what}: ");
        assert!(done.exit == 1 && done.stderr.starts_with(&said), "{}", done.stderr);
        assert!(
            done.stderr.ends_with("accept it with --fixture s/a, or all of them with --force\n"),
            "{}",
            done.stderr
        );
        assert!(names.iter().all(|name| done.file(&format!("{name}.yaml")) == good(name)));
        let (_, _, stderr) =
            run(&done.project.0, &["verify", "--backend", &done.url, "--accept", "--fixture", "s/a", "--dry-run"]);
        assert!(!stderr.contains("4 of 4"), "{stderr}");
    }
    let down = "request: { method: ANY, path: \"/{*any}\" }\nresponse: { body: { json: { maintenance: true } } }\n";
    let done = accepting(&[("down", down)], &project, &["--force"]);
    assert!(done.exit == 0 && done.then == 0, "{}", done.stderr);
    assert!(done.file("d.yaml").contains("maintenance: true"), "{}", done.file("d.yaml"));
}

#[test]
fn failures_that_some_fixtures_share_are_accepted() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let folder = |gone: &str| {
        let folder = Folder::with_fixtures(&[]);
        for name in names {
            let status = if gone.contains(name) { 410 } else { 200 };
            let text = format!(
                "request: {{ path: /{name} }}\nresponse: {{ status: {status}, body: {{ json: {{ a: 1 }} }} }}\n"
            );
            folder.write(&format!("fixtures/s/{name}.yaml"), text);
        }
        folder
    };
    let done = accepting_from(&folder("abc"), folder(""), &[]);
    assert!(done.exit == 0 && done.file("c.yaml").contains("410"), "{}", done.stderr);
}

#[test]
fn a_dry_run_shows_the_diff_and_writes_nothing() {
    let fixture = |n: &str| format!("{A}response:\n  body:\n    json: {{ n: {n} }}\n");
    let done = accepting(&[("a", &fixture("x"))], &[("a", &fixture("1"))], &["--dry-run"]);
    assert_eq!((done.exit, done.file("a.yaml")), (1, fixture("1")));
    let diff = "would accept s/a: $.n in fixtures/s/a.yaml\n--- a/fixtures/s/a.yaml\n+++ b/fixtures/s/a.yaml\n@@ -1,4 +1,4 @@\n request: { path: /a }\n response:\n   body:\n-    json: { n: 1 }\n+    json: { n: x }\nnothing was written (--dry-run)\n";
    assert_eq!(done.stderr, diff);
    let (exit, _, stderr) = run(&done.project.0, &["verify", "--dry-run"]);
    assert!(exit == 64 && stderr.contains("--accept"), "{stderr}");
}

#[test]
fn what_a_strict_run_refuses_is_accepted_where_it_came() {
    let fixture = |body: &str| format!("{A}response: {{ body: {{ json: {body} }} }}\n");
    let (backend, project) = (fixture("{ l: [1], o: { a: 1 }, n: 5 }"), fixture("{ l: [], o: {}, n: null }"));
    let done = accepting(&[("a", &backend)], &[("a", &project)], &["--strict"]);
    assert!(done.exit == 0 && done.file("a.yaml").contains("l: [1], o: {a: 1}, n: 5"), "{}", done.file("a.yaml"));
    let loose = format!("{A}response:\n  body: {{ json: {{ n: 5 }} }}\n  match: {{ $: any }}\n");
    let done = accepting(&[("a", &backend)], &[("a", &loose)], &["--strict"]);
    let why = "not accepted s/a $: the fixture compares nothing there: write a rule that does at fixtures/s/a.yaml:4\n";
    assert!(done.exit == 1 && done.stderr.contains(why), "{}", done.stderr);
}

/// An element that stands at another place than its example, which one edit cannot reach (Tavern #1092 and #504 are about such
/// lists): the list is written as it came.
#[test]
fn a_list_in_any_order_is_written_whole() {
    let list =
        |items: &str| format!("{A}response:\n  body: {{ json: {{ t: [{items}] }} }}\n  match: {{ $.t: unordered }}\n");
    for (before, received) in [
        ("{ id: 1, v: a }, { id: 2, v: b }", "{ id: 2, v: c }, { id: 1, v: a }"),
        ("{ id: 1, v: { w: [a] } }, { id: 2, v: { w: [b] } }", "{ id: 2, v: { w: [c] } }, { id: 1, v: { w: [a] } }"),
        ("a, a, b", "b, b, a"),
        ("a, b, c", "c, a"),
    ] {
        let (exit, file, stderr) = accepted(&list(received), &list(before));
        assert_eq!(exit, 0, "{before}: {file}{stderr}");
    }
    let (exit, _, stderr) = accepted(
        &list("{ id: 1, password: p4ssw0rd-9 }, { id: 2, password: s3cr3t-77 }"),
        &list("{ id: 1, password: x }"),
    );
    assert!(exit == 1 && !stderr.contains("not in the response"), "{stderr}");
    assert!(
        stderr.contains("not accepted s/a $.t[1]: the new value has a secret, which is not written into files"),
        "{stderr}"
    );
}

/// A response without a media type (Schemathesis #816) is accepted by a person, with the line to write.
#[test]
fn a_field_that_is_missing_has_a_rule_to_write() {
    let fixture = |headers: &str| format!("{A}response:\n{headers}  body: {{ json: {{ a: 1 }} }}\n");
    let backend = Backend::new(|_, _| answer("200 OK", b"{\"a\":1}"));
    let url = format!("http://127.0.0.1:{}", backend.port);
    let verify = ["verify", "--backend", &url];
    let project = Folder::with_fixtures(&[("a", &fixture(""))]);
    let (exit, _, stderr) = run(&project.0, &[&verify[..], &["--accept"]].concat());
    let line = "write `content-type: { type: absent }` under `headers` at fixtures/s/a.yaml:2";
    assert!(exit == 1 && stderr.contains(line), "{stderr}");
    let project = Folder::with_fixtures(&[("a", &fixture("  headers: { content-type: { type: absent } }\n"))]);
    let (exit, stdout, _) = run(&project.0, &verify);
    assert_eq!(exit, 0, "{stdout}");
}
