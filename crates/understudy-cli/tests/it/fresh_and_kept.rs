//! The first property of the product, over sockets: what is served is kept.

use crate::program::{Folder, Served, run, sample};
use understudy_fixture::write_fixture;

#[test]
fn every_fixture_that_is_served_is_kept_when_it_is_verified() {
    let folder = Folder::with_fixtures(&[]);
    for seed in 0..500 {
        folder.write(&format!("fixtures/s/made/f{seed}.yaml"), write_fixture(&understudy_testkit::fixture(seed)));
    }
    let served = Served::new(&folder.0, &[]);
    let backend = format!("http://127.0.0.1:{}", served.port);
    for jobs in ["1", "8"] {
        let (exit, stdout, stderr) = run(&folder.0, &["verify", "--backend", &backend, "--jobs", jobs]);
        assert!(exit == 0 && stdout.contains("500 kept in"), "{exit}\n{stdout}\n{stderr}");
    }
}

/// The second one: the stub takes what the contract test sends, as it is on the wire.
#[test]
fn every_odd_request_that_is_sent_is_taken() {
    let folder = Folder::with_fixtures(&[]);
    let mut sent = 0;
    for seed in 0..300 {
        let odd = understudy_testkit::odd(seed);
        let has_files = write_fixture(&odd).contains("file: bodies/");
        if !has_files && understudy_testkit::can_be_sent(&odd) {
            folder.write(&format!("fixtures/s/made/f{seed}.yaml"), write_fixture(&odd));
            sent += 1;
        }
    }
    let served = Served::new(&folder.0, &[]);
    let backend = format!("http://127.0.0.1:{}", served.port);
    let (exit, stdout, stderr) = run(&folder.0, &["verify", "--backend", &backend, "--allow-writes"]);
    assert!(exit == 0 && sent > 100 && stdout.contains(&format!("{sent} kept in")), "{exit}\n{stdout}\n{stderr}");
}

#[test]
fn the_sample_keeps_its_own_promises() {
    let served = Served::new(&sample(), &["--service", "theatre", "--port", "0"]);
    let backend = format!("http://127.0.0.1:{}", served.port);
    let (exit, stdout, stderr) =
        run(&sample(), &["verify", "--service", "theatre", "--backend", &backend, "--allow-writes"]);
    assert!(exit == 0 && stdout.contains("13 kept, 1 skipped in"), "{exit}\n{stdout}\n{stderr}");
}

#[test]
fn known_differences_do_not_fail_until_their_day_has_passed() {
    let backend =
        Folder::with_fixtures(&[("pet", "request: { path: /pet }\nresponse: { body: { json: { id: 1 } } }\n")]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let outcome = |known: &str| {
        let text = format!(
            "request: {{ path: /pet }}\nresponse: {{ body: {{ json: {{ id: 1, email: a@b.c }} }} }}\nverify: {{ known: [{known}] }}\n"
        );
        let project = Folder::with_fixtures(&[("pet", &text)]);
        run(&project.0, &["verify", "--backend", &url])
    };
    let (exit, stdout, _) = outcome("{ path: $.email, kind: missing, why: ticket 7, until: 2999-12-31 }");
    assert!(exit == 0 && stdout.contains("$.email missing, accepted until 2999-12-31: ticket 7"), "{stdout}");
    let (exit, stdout, _) = outcome("{ path: $.email, until: 2000-01-01 }");
    assert!(exit == 1 && stdout.contains("known difference $.email: accepted until 2000-01-01"), "{stdout}");
    let (exit, stdout, _) = outcome("{ path: $.email }, { path: $.name }");
    assert!(exit == 0 && stdout.contains("known difference $.name: no longer occurs"), "{stdout}");
    // A difference in another place does not affect the entry. A difference that may have hidden
    // the known one does.
    let (exit, stdout, _) = outcome("{ path: $.name }");
    assert!(exit == 1 && stdout.contains("$.name: no longer occurs"), "{stdout}");
    let (exit, stdout, _) = outcome("{ path: $.email.host }");
    assert!(exit == 1 && !stdout.contains("no longer occurs"), "{stdout}");
    let (exit, stdout, _) = outcome("{ path: $.email, kind: type }");
    assert!(exit == 1 && stdout.contains("0 kept, 1 broken"), "{stdout}");
}

#[test]
fn strict_refuses_what_proves_nothing_and_what_is_added() {
    let backend =
        Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { body: { json: { l: [], more: 1 } } }\n")]);
    let backend = Served::new(&backend.0, &[]);
    let project = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { body: { json: { l: [1] } } }\n")]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let (exit, stdout, _) = run(&project.0, &["verify", "--backend", &url]);
    assert!(exit == 0 && stdout.contains("1 place unproven, 1 member added"), "{stdout}");
    let (exit, stdout, _) = run(&project.0, &["verify", "--backend", &url, "--strict"]);
    assert!(exit == 1 && stdout.contains("$.more added") && stdout.contains("$.l value"), "{stdout}");
}

#[test]
fn strict_refuses_a_run_that_left_fixtures_out() {
    let backend = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: { body: { json: { n: 1 } } }\n")]);
    let backend = Served::new(&backend.0, &[]);
    let kept = "request: { path: /a }\nresponse: { body: { json: { n: 1 } } }\n";
    let (open, child) = (
        "request: { path: \"/b/{{nobody}}\" }\nresponse: {}\n",
        "request: { path: /c }\nresponse: {}\nverify: { after: b }\n",
    );
    let project = Folder::with_fixtures(&[("a", kept), ("b", open), ("c", child)]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let (exit, stdout, _) = run(&project.0, &["verify", "--backend", &url]);
    assert!(
        exit == 0
            && stdout
                .contains("2 fixtures not verified (1 not verifiable, 1 blocked): --json lists them, --strict fails"),
        "{stdout}"
    );
    let (exit, stdout, _) = run(&project.0, &["verify", "--backend", &url, "--strict"]);
    assert!(exit == 3 && stdout.contains("1 kept, 1 not verifiable, 1 blocked"), "{stdout}");
}

#[test]
fn a_secret_that_was_captured_is_not_shown() {
    let login = "request: { method: POST, path: /login }\nresponse: { body: { json: { token: \"a b/c-1\" } } }\n";
    let backend = Folder::with_fixtures(&[("login", login), ("me", "request: { path: /me }\nresponse: {}\n")]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let me =
        "request: { path: /me, query: { q: \"{{token}}\" } }\nresponse: { status: 404 }\nverify: { after: login }\n";
    let project = Folder::with_fixtures(&[
        ("login", &format!("{login}verify: {{ capture: {{ token: $.token }} }}\n")),
        ("me", me),
    ]);
    let (exit, stdout, _) = run(&project.0, &["verify", "--backend", &url, "--allow-writes"]);
    assert!(exit == 1 && stdout.contains("GET /me?q=«redacted»"), "{stdout}");
    let (_, json, _) = run(&project.0, &["verify", "--backend", &url, "--allow-writes", "--json"]);
    assert!(json.contains("/me?q=«redacted»") && !json.contains("c-1"), "{json}");
}

/// Reports of runs are public in many projects: github.com/postmanlabs/newman/issues/2326, github.com/scanapi/scanapi/issues/304.
#[test]
fn a_secret_in_a_query_is_in_no_report() {
    let key = "request: { path: /me, query: { api_key: K-4f9a8b7c6d5e, page: 2 } }\nresponse: {}\n";
    let backend = Folder::with_fixtures(&[("me", key)]);
    let backend = Served::new(&backend.0, &[]);
    let project = Folder::with_fixtures(&[("me", &key.replace("{}", "{ status: 404 }"))]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    for format in [&[][..], &["--json"]] {
        let (_, stdout, _) = run(&project.0, &[&["verify", "--backend", &url], format].concat());
        assert!(stdout.contains("GET /me?api_key=«redacted»&page=2") && !stdout.contains("4f9a"), "{stdout}");
    }
}

#[test]
fn what_is_used_up_is_made_once_more() {
    let begin = |id: &str| format!("{{ status: 201, body: {{ json: {{ id: {id} }} }} }}");
    let begins = format!(
        "request: {{ method: POST, path: /uploads }}\nresponse: [{}, {}, {}]\nselect: in_order\n",
        begin("a"),
        begin("b"),
        begin("c"),
    );
    let put = |id: &str, content: &str| {
        format!(
            "request: {{ method: PUT, path: \"/uploads/{id}\", body: {{ text: {content} }} }}\nresponse: {{ status: 201 }}\n"
        )
    };
    let (a, b) = (put("a", "one"), put("b", "two"));
    let backend = Folder::with_fixtures(&[
        ("begin", &begins),
        ("a", &a),
        ("b", &b),
        ("read", "request: { path: /uploads/b }\nresponse: { body: { text: two } }\n"),
    ]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let begins = format!(
        "request: {{ method: POST, path: /uploads }}\nresponse: {}\nverify: {{ capture: {{ id: $.id }} }}\n",
        begin("x"),
    );
    let one = format!("{}verify: {{ after: begin }}\n", put("{{id}}", "one"));
    let two = format!("{}verify: {{ after: one, again: begin }}\n", put("{{id}}", "two"));
    // Not there at first.
    let read = "request: { path: \"/uploads/{{id}}\" }\nresponse: [{ status: 404 }, { body: { text: two } }]\nverify: { after: two, response: 2 }\n";
    let three = format!("{}verify: {{ after: read, again: begin }}\n", put("{{id}}", "three"));
    let project =
        Folder::with_fixtures(&[("begin", &begins), ("one", &one), ("two", &two), ("read", read), ("three", &three)]);
    let (exit, stdout, _) = run(&project.0, &["verify", "--backend", &url, "--allow-writes"]);
    assert!(exit == 1 && stdout.contains("4 kept, 1 broken in"), "{stdout}");
    assert!(stdout.contains("broken s/three  PUT /uploads/c\n"), "{stdout}");
    // Only one can be begun.
    let begins = format!(
        "request: {{ method: POST, path: /uploads }}\nresponse: [{}, {{ status: 503 }}]\nselect: in_order\n",
        begin("a"),
    );
    let backend = Folder::with_fixtures(&[("begin", &begins), ("a", &a)]);
    let backend = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let (exit, stdout, _) = run(&project.0, &["verify", "--backend", &url, "--allow-writes"]);
    let why = "not verifiable s/two\n  `begin` was not kept once more: status: expected 201, received 503\n";
    assert!(
        exit == 0 && stdout.contains(why) && stdout.contains("2 kept, 1 not verifiable, 2 blocked in"),
        "{exit} {stdout}"
    );
}

#[test]
fn why_something_is_not_kept_once_more_tells_no_secret() {
    let begin = |token: &str| format!("{{ status: 201, body: {{ json: {{ token: {token} }} }} }}");
    let asks = "request: { method: POST, path: /uploads }\nresponse: ";
    let begins = format!("{asks}[{}, {}]\nselect: in_order\n", begin("t1"), begin("opaque-secret"));
    let backend = Folder::with_fixtures(&[("begin", &begins)]);
    let backend = Served::new(&backend.0, &[]);
    let begins = format!(
        "{asks}\n  status: 201\n  body: {{ json: {{ token: t1 }} }}\n  match: {{ $.token: {{ matches: \"t[0-9]\" }} }}\n"
    );
    let project = Folder::with_fixtures(&[
        ("begin", &begins),
        ("use", "request: { path: /uploads }\nresponse: {}\nverify: { again: begin }\n"),
    ]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let (_, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--allow-writes"]);
    assert!(stdout.contains("`begin` was not kept once more: $.token: expected "), "{stdout}{stderr}");
    assert!(!stdout.contains("opaque-secret"), "{stdout}");
}

#[test]
fn what_is_made_once_more_uses_up_one_more_itself() {
    let post = |path: &str, body: &str| format!("request: {{ method: POST, path: {path}{body} }}\n");
    let made = |member: &str, id: &str| format!("{{ status: 201, body: {{ json: {{ {member}: {id} }} }} }}");
    let carts = format!(
        "{}response: [{}, {}, {}]\nselect: in_order\n",
        post("/carts", ""),
        made("cart", "c1"),
        made("cart", "c2"),
        made("cart", "c3"),
    );
    let pay = |cart: &str, id: &str| {
        format!("{}response: {}\n", post("/pay", &format!(", body: {{ json: {{ cart: {cart} }} }}")), made("id", id))
    };
    let backend = Folder::with_fixtures(&[
        ("carts", &carts),
        ("checkout", "request: { method: POST, path: /carts/c1/checkout }\nresponse: {}\n"),
        ("pay-2", &pay("c2", "p2")),
        ("pay-3", &pay("c3", "p3")),
        ("delete", "request: { method: DELETE, path: /payments/p3 }\nresponse: { status: 204 }\n"),
    ]);
    let backend = Served::new(&backend.0, &[]);
    let carts =
        format!("{}response: {}\nverify: {{ capture: {{ cart: $.cart }} }}\n", post("/carts", ""), made("cart", "c"));
    let pay =
        pay("\"{{cart}}\"", "p") + "  match: { $.id: string }\nverify: { again: carts, capture: { payment: $.id } }\n";
    let pay = pay.replace(
        "response: { status: 201, body: { json: { id: p } } }\n",
        "response:\n  status: 201\n  body: { json: { id: p } }\n",
    );
    let project = Folder::with_fixtures(&[
        ("carts", &carts),
        (
            "checkout",
            "request: { method: POST, path: \"/carts/{{cart}}/checkout\" }\nresponse: {}\nverify: { after: carts }\n",
        ),
        ("pay", &pay),
        (
            "zelete",
            "request: { method: DELETE, path: \"/payments/{{payment}}\" }\nresponse: { status: 204 }\nverify: { after: checkout, again: pay }\n",
        ),
    ]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let (exit, stdout, stderr) = run(&project.0, &["verify", "--backend", &url, "--allow-writes"]);
    assert!(exit == 0 && stdout.contains("4 kept in"), "{stdout}{stderr}");
}

#[test]
fn a_flow_keeps_its_cookies_and_the_fixture_has_the_last_word() {
    let backend = Folder::with_fixtures(&[
        (
            "login",
            "request: { method: POST, path: /login }\nresponse: { status: 204, headers: { set-cookie: sid=77; Path=/ } }\n",
        ),
        (
            "mine",
            "request: { path: /mine, cookies: { sid: \"77\" }, headers: { x-key: k } }\nresponse: { body: { text: mine } }\n",
        ),
        ("none", "request: { path: /mine }\nresponse: { status: 401 }\n"),
    ]);
    let backend = Served::new(&backend.0, &[]);
    let project = Folder::with_fixtures(&[
        ("login", "request: { method: POST, path: /login }\nresponse: { status: 204 }\nverify: { safe: true }\n"),
        ("mine", "request: { path: /mine }\nresponse: { body: { text: mine } }\nverify: { after: login }\n"),
        (
            "no-cookie",
            "request: { path: /mine, cookies: { sid: { type: absent } } }\nresponse: { status: 401 }\nverify: { after: login }\n",
        ),
        (
            "other-key",
            "request: { path: /mine, headers: { x-key: other } }\nresponse: { status: 401 }\nverify: { after: login }\n",
        ),
    ]);
    let services = format!(
        "version: 1\nservices: {{ s: {{ backends: {{ b: {{ url: \"http://127.0.0.1:{}\", headers: {{ x-key: k }} }} }} }} }}\n",
        backend.port
    );
    project.write("understudy.yaml", services);
    let (exit, stdout, stderr) = run(&project.0, &["verify"]);
    assert!(exit == 0 && stdout.contains("4 kept"), "{stdout}{stderr}");
}

/// A backend that can be told what has to be so: it knows one state that gives an id, one that cannot be taken back,
/// and no other.
fn backend_with_states() -> (Folder, Served) {
    let states = |name: &str, action: &str, response: &str| {
        format!(
            "request: {{ method: POST, path: /_states, body: {{ json: {{ state: {name}, params: {{}}, action: {action} }} }} }}\nresponse: {response}\n"
        )
    };
    let folder = Folder::with_fixtures(&[
        ("set", &states("a pet exists", "setup", "{ body: { json: { petId: 7 } } }")),
        ("unset", &states("a pet exists", "teardown", "{ status: 204 }")),
        ("set-stuck", &states("it is stuck", "setup", "{ status: 204 }")),
        ("unset-stuck", &states("it is stuck", "teardown", "{ status: 500 }")),
        ("pet", "request: { path: /pets/7 }\nresponse: { body: { json: { id: 7 } } }\n"),
    ]);
    let served = Served::new(&folder.0, &[]);
    (folder, served)
}

#[test]
fn a_backend_is_brought_into_a_state_and_out_of_it_again() {
    let (_folder, mut backend) = backend_with_states();
    let given = |given: &str| {
        format!(
            "request: {{ path: \"/pets/{{id}}\", params: {{ id: \"{{{{petId}}}}\" }} }}\nresponse: {{ body: {{ json: {{ id: 7 }} }} }}\nverify: {{ given: {given} }}\n"
        )
    };
    let project = Folder::with_fixtures(&[
        ("a", &given("[a pet exists, it is stuck]")),
        ("b", &given("a pet exists")),
        ("c", &given("the moon is full")),
        ("d", "request: { path: /pets/7 }\nresponse: { body: { json: { id: 7 } } }\n"),
    ]);
    let port = backend.port;
    let services = |states: &str| {
        let url = format!("http://127.0.0.1:{port}");
        format!(
            "version: 1\nservices: {{ s: {{ backends: {{ b: {{ url: \"{url}\"{} }} }} }} }}\n",
            states.replace("URL", &url)
        )
    };
    project.write("understudy.yaml", services(", states: \"URL/_states\""));
    let (exit, stdout, _) = run(&project.0, &["verify", "--jobs", "8"]);
    assert!(stdout.contains("3 kept, 1 not verifiable"), "{exit} {stdout}");
    assert!(stdout.contains("not taken back `it is stuck`: teardown at http://127.0.0.1:"), "{stdout}");
    assert!(stdout.contains("could not be brought into the state `the moon is full`: setup at"), "{stdout}");
    let seen: Vec<String> = (0..11)
        .map(|_| {
            let line = backend.line();
            let part =
                |name: &str| line.split(name).nth(1).unwrap_or("null").split([',', '}']).next().unwrap().to_owned();
            format!("{} {}", part("\"method\":"), part("\"fixture\":")).replace('"', "")
        })
        .collect();
    // What needs no state goes first; then each alone, in reverse on the way out.
    let wanted = [
        "GET pet",
        "POST set",
        "POST set-stuck",
        "GET pet",
        "POST unset-stuck",
        "POST unset",
        "POST set",
        "GET pet",
        "POST unset",
        "POST null",
        "POST null",
    ];
    assert_eq!(seen, wanted);

    project.write("understudy.yaml", services(""));
    let (_, stdout, _) = run(&project.0, &["verify"]);
    assert!(stdout.contains("1 kept, 3 not verifiable") && stdout.contains("has no `states` endpoint"), "{stdout}");
}
