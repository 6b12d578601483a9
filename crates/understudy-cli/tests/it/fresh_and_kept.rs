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
