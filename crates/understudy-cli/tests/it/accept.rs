//! Taking the backend's word for it: only the lines that differ are written.

use crate::program::{Folder, Served, run};
use std::fs;

const BACKEND: &str = r#"request: { path: /pet }
response:
  status: 201
  headers: { location: /pets/8 }
  body:
    json: { id: 8, name: "Rex", tags: [{ n: 1 }, { n: 2 }], price: 9.50, born: "x", password: hunter2 }
"#;

const FIXTURE: &str = r#"# the pet of the shop
request:
  path: /pet   # as it was agreed
response:
  headers:
    location: exact?
  body:
    json:
      id: 7
      # what it is called
      name: 5
      nick: "Rexy"   # for short
      tags: [ { n: a } ]
      price: 9.00
      born: 2026-01-31
      password: 1
  match:
    $.born: date
    $.price: exact
"#;

const ACCEPTED: &str = r#"# the pet of the shop
request:
  path: /pet   # as it was agreed
response:
  headers:
    location: exact?
  body:
    json:
      id: 7
      # what it is called
      name: Rex
      tags: [ { n: 1 } ]
      price: 9.50
      born: 2026-01-31
      password: "«redacted»"
  match:
    $.born: date
    $.price: exact
  status: 201
"#;

#[test]
fn accepting_rewrites_the_lines_that_differ_and_no_rule() {
    let backend = Folder::with_fixtures(&[("pet", BACKEND)]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let project = Folder::with_fixtures(&[("pet", FIXTURE)]);
    let file = project.0.join("fixtures/s/pet.yaml");
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--accept"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), ACCEPTED, "{stdout}{stderr}");
    assert_eq!(exit, 1, "{stdout}{stderr}");
    assert!(stderr.contains("not accepted s/pet $.born: a rule of the fixture says otherwise: $.born"), "{stderr}");
    assert!(stderr.contains("accepted s/pet: status, "), "{stderr}");

    fs::write(&file, ACCEPTED.replace("    $.born: date\n", "")).unwrap();
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url]);
    assert!(exit == 0 && stdout.contains("1 kept"), "{stdout}{stderr}");
}

#[test]
fn where_a_member_is_missing_the_new_ones_are_named() {
    let backend = Folder::with_fixtures(&[(
        "a",
        "request: { path: /a }\nresponse: { body: { json: { list: [{ due_on: x, n: 1 }], other: 1 } } }\n",
    )]);
    let backend = Served::new(&backend.0, &[]);
    let text = "request: { path: /a }\nresponse: { body: { json: { list: [{ dueDate: x, n: 1 }] } } }\n";
    let project = Folder::with_fixtures(&[("a", text)]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url]);
    let wanted = "  $.list[0].dueDate missing  fixtures/s/a.yaml:2\n    expected  \"x\"\n    received  (nothing)\n    new here  due_on\n";
    assert!(exit == 1 && stdout.contains(wanted), "{stdout}{stderr}");
}

#[test]
fn elements_that_differ_are_for_a_person_to_say_where_they_are_many() {
    let list = |ones: usize| format!("[{}{{ n: null }}]", "{ n: 1 }, ".repeat(ones));
    let fixture = |list: &str| format!("request: {{ path: /a }}\nresponse: {{ body: {{ json: {list} }} }}\n");
    let accepted = |received: &str| {
        let backend = Folder::with_fixtures(&[("a", &fixture(received))]);
        let backend = Served::new(&backend.0, &[]);
        let project = Folder::with_fixtures(&[("a", &fixture("[{ n: x }]"))]);
        let url = format!("http://127.0.0.1:{}", backend.port);
        let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--accept"]);
        (exit, fs::read_to_string(project.0.join("fixtures/s/a.yaml")).unwrap(), stdout + &stderr)
    };
    let (exit, file, output) = accepted(&list(2));
    assert!(exit == 0 && file.contains("json: [{ n: 1 }, {\"n\": 1}, {\"n\": null}]"), "{file}{output}");
    let (exit, file, output) = accepted(&list(100));
    assert!(file.contains("json: [{ n: 1 }]"), "{file}{output}");
    let why = "not accepted s/a $[100].n: its elements differ: only a rule can say that, such as `$[*].n: any`, under `match` at fixtures/s/a.yaml:";
    assert!(exit == 1 && output.contains(why), "{output}");
}

/// Only one of several responses is compared with a backend. The others would go stale silently.
#[test]
fn responses_that_keep_the_old_shape_are_reported() {
    let backend = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { body: { json: { n: '1' } } }\n")]);
    let backend = Served::new(&backend.0, &[]);
    let response = |state: &str, n: &str| format!("  - {{ {state}body: {{ json: {{ n: {n} }} }} }}\n");
    let accepted = |other: &str| {
        let text = format!(
            "request: {{ path: /a }}\nresponse:\n{}{}",
            response("", "1"),
            response("when: { cart: full }, ", other)
        );
        let project = Folder::with_fixtures(&[("a", &text)]);
        let url = format!("http://127.0.0.1:{}", backend.port);
        run(&project.0, &["verify", "--backend", &url, "--accept"]).2
    };
    let note = "note: s/a: 1 other response with the old shape, compared with no backend: edit the file";
    let (stale, fresh) = (accepted("2"), accepted("'2'"));
    assert!(stale.contains("accepted s/a: $.n") && stale.contains(note), "{stale}");
    assert!(fresh.contains("accepted s/a: $.n") && !fresh.contains("note:"), "{fresh}");
}

#[test]
fn an_error_is_not_accepted_where_others_need_what_is_captured() {
    let refusing = "request: { method: POST, path: /login }\nresponse: { status: 401, body: { json: { why: no } } }\n";
    let backend = Folder::with_fixtures(&[("login", refusing)]);
    let backend = Served::new(&backend.0, &[]);
    let login = "request: { method: POST, path: /login }\nresponse: { body: { json: { token: abc } } }\nverify: { safe: true, capture: { token: $.token } }\n";
    let project = Folder::with_fixtures(&[("login", login)]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--accept", "--fixture", "s/login"]);
    assert_eq!(fs::read_to_string(project.0.join("fixtures/s/login.yaml")).unwrap(), login, "{stdout}{stderr}");
    let why = "not accepted s/login status: others need what it captures (token), and an error gives nothing";
    assert!(exit == 1 && stderr.contains(why), "{stdout}{stderr}");
}

#[test]
fn a_body_in_a_file_of_its_own_is_edited_there() {
    let backend =
        Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { body: { json: { n: [1, x] } } }\n")]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let text = "request: { path: /a }\nresponse: { body: { file: bodies/a.json } }\n";
    let project = Folder::with_fixtures(&[("a", text)]);
    project.write("fixtures/s/bodies/a.json", "{\n  \"n\": [ 1 , null, true ],\n  \"old\": 1\n}\n");
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--accept"]);
    assert_eq!(exit, 0, "{stdout}{stderr}");
    let after = fs::read_to_string(project.0.join("fixtures/s/bodies/a.json")).unwrap();
    assert_eq!(after, "{\n  \"n\": [ 1 , \"x\", true ]\n}\n", "{stderr}");
    assert_eq!(fs::read_to_string(project.0.join("fixtures/s/a.yaml")).unwrap(), text);
}

#[test]
fn a_member_with_another_name_is_taken_with_what_it_says_now() {
    let items = |member: &str| format!("[{{ id: 1, {member}: 8.5 }}, {{ id: 2, {member}: 9.5 }}]");
    let answer = |member: &str| {
        format!("request: {{ path: /items }}\nresponse: {{ body: {{ json: {{ items: {} }} }} }}\n", items(member))
    };
    let backend = Folder::with_fixtures(&[("items", &answer("cost"))]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let project = Folder::with_fixtures(&[("items", &answer("price"))]);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--accept"]);
    assert_eq!(exit, 0, "{stdout}{stderr}");
    let after = fs::read_to_string(project.0.join("fixtures/s/items.yaml")).unwrap();
    assert!(after.contains("cost: 8.5") && after.contains("cost: 9.5") && !after.contains("price"), "{after}");
}

#[test]
fn what_the_backend_adds_is_taken_where_it_is_refused() {
    let backend = Folder::with_fixtures(&[(
        "a",
        "request: { path: /a }\nresponse: { body: { json: { n: 1, up: { since: 3 } } } }\n",
    )]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let project = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { body: { json: { n: 1 } } }\n")]);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--strict", "--accept"]);
    let after = fs::read_to_string(project.0.join("fixtures/s/a.yaml")).unwrap();
    assert!(exit == 0 && after.contains("since: 3"), "{after}{stdout}{stderr}");
    let (exit, stdout, _) = run(&project.0, &["verify", "--backend", &url, "--strict"]);
    assert_eq!(exit, 0, "{stdout}");
}

#[test]
fn an_outage_is_accepted_only_into_a_fixture_that_is_named() {
    let good = "request: { path: /a }\nresponse: { body: { json: { n: 1 } } }\n";
    for status in ["502", "401", "429"] {
        let backend =
            Folder::with_fixtures(&[("a", &format!("request: {{ path: /a }}\nresponse: {{ status: {status} }}\n"))]);
        let backend = Served::new(&backend.0, &[]);
        let url = format!("http://127.0.0.1:{}", backend.port);
        let project = Folder::with_fixtures(&[("a", good)]);
        let file = project.0.join("fixtures/s/a.yaml");
        let accept = ["verify", "--backend", &url, "--accept"];
        let (exit, _, stderr) = run(&project.0, &accept);
        assert!(exit == 1 && stderr.contains("accept it with --fixture s/a"), "{stderr}");
        assert_eq!(fs::read_to_string(&file).unwrap(), good);
        let (_, _, stderr) = run(&project.0, &[&accept[..], &["--fixture", "s/a"]].concat());
        assert!(fs::read_to_string(&file).unwrap().contains(status), "{stderr}");
    }
}

#[test]
fn a_strict_run_fails_where_a_write_was_not_allowed() {
    let fixtures = [
        ("a", "request: { path: /a }\nresponse: { body: { json: { n: 1 } } }\n"),
        ("w", "request: { method: POST, path: /w }\nresponse: { status: 204 }\n"),
    ];
    let backend = Folder::with_fixtures(&fixtures);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let project = Folder::with_fixtures(&fixtures);
    for (more, expected) in [(&[][..], 0), (&["--strict"], 3), (&["--strict", "--allow-writes"], 0)] {
        let (exit, stdout, _) = run(&project.0, &[&["verify", "--backend", &url], more].concat());
        assert_eq!(exit, expected, "{more:?} {stdout}");
    }
}

#[test]
fn what_looks_like_a_secret_is_neither_shown_nor_written() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    let answer = |value: &str| {
        format!("request: {{ path: /a }}\nresponse: {{ headers: {{ x-note: exact? }}, body: {{ json: {{ it: {value}, n: 1 }} }} }}\n")
            .replace("exact?", if value == "5" { "one" } else { value })
    };
    let backend = Folder::with_fixtures(&[("a", &answer(token))]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let project = Folder::with_fixtures(&[("a", &answer("5"))]);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--accept"]);
    let after = fs::read_to_string(project.0.join("fixtures/s/a.yaml")).unwrap();
    assert!(exit == 1 && after.contains("it: \"«redacted»\"") && after.contains("x-note: one"), "{after}");
    assert!(stderr.contains("it looks like a secret"), "{stderr}");
    assert!(!format!("{stdout}{stderr}{after}").contains("eyJ"), "{stdout}{stderr}");
}

#[test]
fn accepting_hides_nothing_else_that_went_wrong() {
    let fixture = |path: &str| format!("request: {{ path: {path} }}\nresponse: {{ body: {{ json: {{ n: 1 }} }} }}\n");
    let backend = Folder::with_fixtures(&[("a", &fixture("/a").replace("n: 1", "n: x"))]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let project = Folder::with_fixtures(&[("a", &fixture("/a")), ("b", "request: [")]);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--accept"]);
    assert!(exit == 2 && stderr.contains("accepted s/a"), "{exit} {stdout}{stderr}");
}

#[test]
fn what_is_missing_in_every_element_is_said_once_and_taken_out_of_those_there_are() {
    let items = |count: usize, more: &str| {
        let items: Vec<String> =
            (1..=count).map(|at| format!("{{ id: {at}{} }}", more.replace('N', &at.to_string()))).collect();
        format!("request: {{ path: /items }}\nresponse: {{ body: {{ json: {{ items: [{}] }} }} }}\n", items.join(", "))
    };
    let backend = Folder::with_fixtures(&[("items", &items(3, ""))]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let project = Folder::with_fixtures(&[("items", &items(2, ", price: N.5"))]);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--accept"]);
    assert_eq!(stdout.matches("price missing").count(), 1, "{stdout}");
    assert!(stdout.contains("expected  1.5\n") && stdout.contains("and in 2 more elements"), "{stdout}");
    assert_eq!(exit, 0, "{stdout}{stderr}");
    let after = fs::read_to_string(project.0.join("fixtures/s/items.yaml")).unwrap();
    assert!(!after.contains("price"), "{after}");
}

#[test]
fn a_secret_that_did_not_come_is_missing_and_not_hidden() {
    let login = "request: { path: /login }\nresponse: { headers: { set-cookie: [sid=1, tab=2] }, body: { json: { token: abc } } }\n";
    let without = "request: { path: /login }\nresponse: { body: { json: {} } }\n";
    let backend = Folder::with_fixtures(&[("login", without)]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let project = Folder::with_fixtures(&[("login", login)]);
    let (_, stdout, _) = run(&project.0, &["verify", "--backend", &url]);
    assert!(stdout.contains("$.token missing  fixtures/s/login.yaml:2\n") && !stdout.contains("redacted"), "{stdout}");
    assert!(
        stdout.matches("set-cookie header  fixtures/s/login.yaml:2\n").count() == 2 && !stdout.contains("more element"),
        "{stdout}"
    );
}

#[test]
fn what_is_expected_of_an_element_is_what_the_example_has_there() {
    let answer = |price: &str| {
        format!("request: {{ path: /a }}\nresponse: {{ body: {{ json: [{{ price: 1.5 }}, {{ {price} }}] }} }}\n")
    };
    let backend = Folder::with_fixtures(&[("a", &answer("cost: 2"))]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let project = Folder::with_fixtures(&[("a", &answer("price: 2.5"))]);
    let (_, stdout, _) = run(&project.0, &["verify", "--backend", &url]);
    assert!(stdout.contains("$[1].price missing  fixtures/s/a.yaml:2\n    expected  2.5\n"), "{stdout}");
}
