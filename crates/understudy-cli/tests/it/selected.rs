//! What a run is about, what it leaves out, and the differences that are known.

use crate::program::{Folder, Served, run};

fn backend(fixtures: &[(&str, &str)]) -> (Served, String) {
    let folder = Folder::with_fixtures(fixtures);
    let served = Served::new(&folder.0, &[]);
    let url = format!("http://127.0.0.1:{}", served.port);
    (served, url)
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
    // What its file switches off is listed, and no failure.
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
