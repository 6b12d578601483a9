//! The fixtures that a run selects, those that the run leaves out, and the known differences.

use crate::program::{Folder, Served, run};

/// A server of these fixtures and its URL. The folder stays as long as the server, which follows its files.
fn backend(fixtures: &[(&str, &str)]) -> ((Served, Folder), String) {
    let folder = Folder::with_fixtures(fixtures);
    let served = Served::new(&folder.0, &[]);
    let url = format!("http://127.0.0.1:{}", served.port);
    ((served, folder), url)
}

/// A difference in every element of a list is one entry, also where the member is only in the example (JsonUnit #69 and
/// #1139).
#[test]
fn a_known_difference_may_be_in_every_element() {
    let list = |item: &str| {
        format!("request: {{ path: /list }}\nresponse: {{ headers: {{ x-v: \"1\" }}, body: {{ json: [{item}] }} }}\n")
    };
    let (_backend, url) = backend(&[("list", &list("{ a: 1 }, { a: 2 }, { a: 3 }").replace("\"1\"", "\"2\""))]);
    let outcome = |known: &str| {
        let text =
            format!("{}verify: {{ known: [{{ path: X-V, kind: header }}, {known}] }}\n", list("{ a: 1, email: x }"));
        let project = Folder::with_fixtures(&[("list", &text)]);
        let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url]);
        (exit, format!("{stdout}{stderr}"))
    };
    for pattern in ["$[*].email", "$..email", "$[*]['email']", "$[0:3].email", "$[?@.a > 0].email"] {
        let (exit, told) = outcome(&format!("{{ path: \"{pattern}\", kind: missing }}"));
        assert!(exit == 0 && told.contains("0 kept, 1 known") && !told.contains("no longer"), "{pattern} {told}");
    }
    let (exit, told) = outcome("{ path: \"$[1:].email\" }");
    assert!(exit == 1 && told.contains("$[0].email missing  ") && !told.contains("no longer"), "{told}");
    // An entry that accepts nothing is reported beside other differences.
    let (exit, told) = outcome("{ path: \"$[*].mail\" }");
    let idle = "known difference $[*].mail: no longer occurs: remove the entry under `verify.known`";
    assert!(exit == 1 && told.contains(idle), "{told}");
    let (exit, told) = outcome("{ path: \"$[*].email\", until: 2020-01-31 }");
    assert!(exit == 1 && told.contains("accepted until 2020-01-31, which has passed: remove the entry"), "{told}");
    let (exit, told) = outcome("{ path: \"$[*.email\" }");
    assert!(exit == 3 && told.contains("is no JSONPath"), "{told}");
}

#[test]
fn a_known_difference_of_each_kind_is_accepted() {
    let created = "request: { path: /a }\nresponse: { status: 201, body: { json: { v: x, t: 5, l: [1], new: 1 } } }\n";
    let (_backend, url) = backend(&[("a", created)]);
    let text = "request: { path: /a }
response:
  body: { json: { v: y, t: z, l: [] } }
  match: { $.v: exact }
verify:
  capture: { id: $.id }
  known:
    - { kind: status }
    - { path: $.v, kind: value }
    - { path: $.t, kind: type }
    - { path: $.l, kind: value }
    - { path: $.new, kind: added }
    - { path: $.id, kind: capture }
";
    let project = Folder::with_fixtures(&[("a", text)]);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--strict"]);
    assert!(exit == 0 && stdout.contains("0 kept, 1 known"), "{stdout}{stderr}");
    let (_slow, url) = backend(&[("a", "request: { path: /a }\nresponse: { delay: 60s }\n")]);
    let text = "request: { path: /a }\nresponse: {}\nverify: { timeout: 50ms, known: [{ kind: no-answer }] }\n";
    let project = Folder::with_fixtures(&[("a", text)]);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url]);
    assert!(exit == 0 && stdout.contains("0 kept, 1 known"), "{stdout}{stderr}");
}

/// A run that was green although not all of a contract was verified (pact-jvm #1166, pact-ruby #64).
#[test]
fn a_strict_run_fails_for_all_that_was_not_verified_and_lists_it() {
    let good = "request: { path: /a }\nresponse: { body: { json: { n: 1 } } }\n";
    let (_backend, url) = backend(&[("a", good)]);
    let write = "request: { method: POST, path: /w }\nresponse: { status: 201 }\n";
    let after = |path: &str| format!("request: {{ path: {path} }}\nresponse: {{}}\nverify: {{ after: w }}\n");
    let (w1, w2) = (after("/w1"), after("/w2"));
    let skipped = "request: { path: /card }\nresponse: {}\nverify: { skip: charges a card }\n";
    let (off, open) = (
        "enabled: false\nrequest: { path: /off }\nresponse: {}\n",
        "request: { path: \"/b/{{nobody}}\" }\nresponse: {}\n",
    );
    for (name, text, reason, fix) in [
        ("w", write, "it writes", "use --allow-writes"),
        ("skipped", skipped, "charges a card", "remove `verify.skip`"),
        ("open", open, "{{nobody}} has no value", "give the value or the state"),
    ] {
        let project = Folder::with_fixtures(&[("a", good), (name, text)]);
        assert_eq!(run(&project.0, &["verify", "--backend", &url]).0, 0);
        let (exit, stdout, _) = run(&project.0, &["verify", "--backend", &url, "--strict"]);
        assert!(exit == 3 && stdout.contains("1 fixture not verified (1 "), "{stdout}");
        let (exit, json, _) = run(&project.0, &["verify", "--backend", &url, "--strict", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        let [only] = report["not_verified"].as_array().unwrap().as_slice() else { panic!("{json}") };
        assert!(exit == 3 && only["fixture"] == name && only["file"] == format!("fixtures/s/{name}.yaml"), "{json}");
        assert!(
            only["reason"].as_str().unwrap().contains(reason) && only["fix"].as_str().unwrap().contains(fix),
            "{json}"
        );
    }
    // A fixture that its file switches off is listed, and is no failure.
    let project = Folder::with_fixtures(&[("a", good), ("off", off)]);
    let (exit, json, _) = run(&project.0, &["verify", "--backend", &url, "--strict", "--json"]);
    assert!(exit == 0 && json.contains("\"outcome\": \"not enabled\""), "{json}");
    // Writes, and those that wait for one, are a line each.
    let project = Folder::with_fixtures(&[("a", good), ("w", write), ("w1", &w1), ("w2", &w2)]);
    let (_, stdout, _) = run(&project.0, &["verify", "--backend", &url]);
    let groups = "held back 1 fixture: s/w\n  it writes: allow that with `writes: true` at the backend, or --allow-writes\nblocked 2 fixtures: s/w1, s/w2\n  `s/w` comes before them and was not kept\n";
    assert!(stdout.starts_with(groups), "{stdout}");
    // A service without the backend.
    let project = Folder::with_fixtures(&[("a", good)]);
    project.write(
        "understudy.yaml",
        format!("version: 1\nservices: {{ s: {{ backends: {{ x: {{ url: \"{url}\" }} }} }}, t: {{}} }}\n"),
    );
    project.write("fixtures/t/b.yaml", good);
    assert_eq!(run(&project.0, &["verify"]).0, 0);
    let (exit, json, _) = run(&project.0, &["verify", "--strict", "--json"]);
    assert!(exit == 3 && json.contains("\"outcome\": \"no backend\""), "{json}");
    assert_eq!(run(&project.0, &["verify", "--strict", "--service", "s"]).0, 0);
}

/// A misspelled name selected nothing, and the light stayed green (pact-net #39, googletest #3820, jest #5092).
#[test]
fn a_filter_that_selects_nothing_fails_beside_one_that_selects_something() {
    let good = "tags: [smoke]\nrequest: { path: /a }\nresponse: { body: { json: { n: 1 } } }\n";
    let (_backend, url) = backend(&[("a", good)]);
    let project = Folder::with_fixtures(&[("orders/list", good)]);
    let verify = ["verify", "--backend", &url];
    for (options, error) in [
        (["--filter", "orders", "--filter", "ordes"], "did you mean `orders/list`?"),
        (["--tag", "smoke", "--tag", "smok"], "did you mean `smoke`?"),
        (["--fixture", "s/orders/list", "--fixture", "s/orders/lst"], "did you mean `s/orders/list`?"),
        (["--service", "s", "--service", "x"], "it has s"),
    ] {
        let (exit, stdout, stderr) = run(&project.0, &[&verify[..], &options].concat());
        assert!(exit > 2 && stderr.contains(error), "{stdout}{stderr}");
        assert_eq!(run(&project.0, &[&verify[..], &options[..2]].concat()).0, 0);
    }
}

/// Returns the result of one fixture with this `verify` against a backend with another fixture.
fn with_known(backend_fixture: &str, fixture: &str, args: &[&str]) -> (i32, String) {
    let (_backend, url) = backend(&[("a", backend_fixture)]);
    let project = Folder::with_fixtures(&[("a", fixture)]);
    let (exit, stdout, stderr) = run(&project.0, &[&["verify", "--backend", &url], args].concat());
    (exit, stdout + &stderr)
}

/// The path of a difference is that of the deepest place (requested in pact-js #1614). In a value
/// that is compared as a whole, an entry may name any place above the difference.
#[test]
fn a_known_difference_of_what_is_compared_as_a_whole_accepts_what_is_inside() {
    let json = |body: &str, rule: &str| {
        format!("request: {{ path: /a }}\nresponse:\n  body: {{ json: {body} }}\n  match: {{ {rule} }}\n")
    };
    let xml = |body: &str| format!("request: {{ path: /a }}\nresponse: {{ body: {{ xml: '{body}' }} }}\n");
    let (cfg, other) = ("{ cfg: { b: { c: 2, d: [1, 2] } }, n: 1 }", "{ cfg: { b: { c: 2, d: [1, 3] } }, n: 1 }");
    let exact = |body: &str| json(body, "$.cfg: exact");
    let list = |body: &str| json(body, "$.t: unordered");
    let (items, changed) = ("{ t: [{ id: 1 }, { id: 2 }] }", "{ t: [{ id: 2 }, { id: 1, n: x }, { id: 4 }] }");
    let (order, sold) = ("<o><i sku=\"a\">x</i><i sku=\"b\">y</i></o>", "<o><i sku=\"a\">x</i><i sku=\"c\">y</i></o>");
    for (before, after, known) in [
        (exact(cfg), exact(other), "path: $.cfg"),
        (exact(cfg), exact(other), "path: $.cfg.b, kind: value"),
        (exact(cfg), exact(other), "path: $.cfg.*"),
        (exact(cfg), exact("{ cfg: { b: { d: [1, 2], e: 1 } }, n: 1 }"), "path: $.cfg, kind: value"),
        (json(cfg, "$: exact"), json(other, "$: exact"), "path: $"),
        (list(items), list(changed), "path: $.t"),
        (xml(order), xml(sold), "path: /o/i"),
        (xml(order), xml(sold), "path: \"/o/i[2]\""),
    ] {
        let fixture = format!("{before}verify: {{ known: [{{ {known}, why: t }}] }}\n");
        let (exit, told) = with_known(&after, &fixture, &[]);
        assert!(exit == 0 && told.contains("0 kept, 1 known") && !told.contains("no longer"), "{known} {told}");
    }
    // Members that are compared by their shape are one expectation each, and so are other kinds of
    // difference.
    let shape = |body: &str| json(body, "$.n: integer");
    for (before, after, known) in [
        (shape(cfg), shape("{ cfg: { b: { c: x, d: [1] } }, n: 1 }"), "path: $.cfg"),
        (exact(cfg), exact(other), "path: $.cfg, kind: missing"),
        (exact(cfg), exact(other), "path: $.cfg.b.c"),
        (xml(order), xml(sold), "path: \"/o/i[1]\""),
    ] {
        let fixture = format!("{before}verify: {{ known: [{{ {known}, why: t }}] }}\n");
        let (exit, told) = with_known(&after, &fixture, &[]);
        let is_idle = told.contains("no longer occurs") || told.contains("inside it differs: name that place");
        assert!(exit == 1 && is_idle, "{known} {told}");
    }
    let fixture = shape(cfg) + "verify: { known: [{ path: $.cfg }] }\n";
    let (_, told) = with_known(&shape("{ cfg: { b: { c: x, d: [1] } }, n: 1 }"), &fixture, &[]);
    assert!(told.contains("$.cfg: it is there, but $.cfg.b.c inside it differs: name that place"), "{told}");
}

/// A failure that is known does not fail a run (pact-jvm #1417): with the status of an error response, what follows from it is
/// accepted, and no other entry is called idle because of it.
#[test]
fn a_known_status_accepts_what_follows_from_it() {
    let fixture = |known: &str| {
        format!(
            "request: {{ path: /a }}\nresponse: {{ body: {{ json: {{ a: 1 }} }} }}\nverify: {{ known: [{known}] }}\n"
        )
    };
    let refused = "request: { path: /a }\nresponse: { status: 500, body: { json: { message: broken } } }\n";
    let (exit, told) = with_known(refused, &fixture("{ kind: status, why: ticket 1 }, { path: $.a, kind: type }"), &[]);
    assert_eq!(exit, 0, "{told}");
    let report = "known s/a  GET /a\n  status, accepted: ticket 1\n    response  broken\n\n";
    assert!(told.starts_with(report), "{told}");
    // A member that is known says nothing of the status.
    let (exit, told) = with_known(refused, &fixture("{ path: $.a }"), &[]);
    assert!(
        exit == 1 && told.contains("  status  fixtures/s/a.yaml:2\n    expected  200\n    received  500\n"),
        "{told}"
    );
    assert!(!told.contains("$.a"), "{told}");
    // With another status that is a success, the body is compared.
    let created = "request: { path: /a }\nresponse: { status: 201, body: { json: { b: 1 } } }\n";
    let (exit, told) = with_known(created, &fixture("{ kind: status }"), &[]);
    assert!(exit == 1 && told.contains("$.a missing"), "{told}");
}

/// A run says of each fixture how it gets verified (Specmatic #2454: skipped without an explanation).
#[test]
fn a_fixture_that_is_not_verified_has_a_cure_that_fits_its_reason() {
    let (_backend, url) = backend(&[("a", "request: { path: /a }\nresponse: { body: { json: { a: 1 } } }\n")]);
    let project = Folder::with_fixtures(&[
        ("base", "request: { path: /a }\nresponse: { body: { json: { a: 1 } } }\n"),
        ("down", "request: { path: /a }\nresponse: [{ status: 503 }, { status: 500 }]\npriority: -1\n"),
        ("skip", "request: { path: /b }\nresponse: {}\nverify: { skip: later }\n"),
        ("state", "request: { path: /a }\nwhen: { cart: broken }\nresponse: { status: 500 }\n"),
        ("write", "request: { method: POST, path: /c }\nresponse: {}\n"),
    ]);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--strict", "--json"]);
    assert_eq!(exit, 3, "{stdout}{stderr}");
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let fixes: Vec<String> = report["not_verified"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{}: {}", one["fixture"].as_str().unwrap(), one["fix"].as_str().unwrap()))
        .collect();
    assert_eq!(
        fixes,
        [
            "down: name the response to compare with `verify.response`",
            "skip: remove `verify.skip`",
            "state: bring the backend into the state with `verify.given`, or name a response with `verify.response`",
            "write: set `writes: true` at the backend in understudy.yaml, or use --allow-writes",
        ]
    );
    let (_, stdout, _) = run(&project.0, &["verify", "--backend", &url]);
    assert!(stdout.contains("4 fixtures not verified (3 skipped, 1 held back)"), "{stdout}");
}
