//! What is recorded once more is held against the fixture that it is one of, and what is accepted by itself keeps its links.

use crate::program::{Folder, run};
use crate::record::{Recorder, project, things};
use crate::shop::{open_shop, send};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

fn inbox(project: &Folder, args: &[&str]) -> (i32, String) {
    let (exit, stdout, stderr) = run(&project.0, &[&["inbox"], args].concat());
    (exit, stdout + &stderr)
}

fn record(project: &Folder, clicks: impl FnOnce(u16)) {
    let recorder = Recorder::new(&project.0, &[]);
    clicks(recorder.port);
    recorder.end();
}

fn text(project: &Path, file: &str) -> String {
    fs::read_to_string(project.join("fixtures/shop").join(file)).unwrap_or_default()
}

fn login(port: u16, password: &str) {
    send(port, "POST", "/login", &[], &format!("{{\"user\":\"ada\",\"password\":\"{password}\"}}"));
}

#[test]
fn what_only_a_password_tells_apart_is_held_against_the_fixture_that_it_is_one_of() {
    let project = project(open_shop());
    let both = |port| {
        login(port, "a guess of mine");
        login(port, "correct horse battery");
    };
    record(&project, both);
    inbox(&project, &["accept"]);
    let (refused, let_in) = (text(&project.0, "login-403.yaml"), text(&project.0, "login.yaml"));
    assert!(refused.contains("status: 403") && let_in.contains("status: 200"), "{refused}{let_in}");

    record(&project, both);
    let (_, said) = inbox(&project, &[]);
    assert!(said.contains("same    shop/login-403") && said.contains("same    shop/login "), "{said}");
    inbox(&project, &["accept", "shop/login-403", "shop/login"]);
    // The password that is right is the first to be taken out now, as the wrong one was.
    record(&project, |port| login(port, "correct horse battery"));
    let (_, said) = inbox(&project, &[]);
    assert!(said.contains("same    shop/login "), "{said}");
    inbox(&project, &["accept", "shop/login"]);
    assert_eq!((text(&project.0, "login-403.yaml"), text(&project.0, "login.yaml")), (refused, let_in.clone()));

    // What differs differs from the one that promises such an answer.
    let another = let_in.replace("expires_in: 3600", "expires_in: soon");
    project.write("fixtures/shop/login.yaml", &another);
    record(&project, both);
    let (_, said) = inbox(&project, &[]);
    assert!(said.contains("same    shop/login-403"), "{said}");
    assert!(said.contains("$.expires_in type: expected string"), "{said}");
    inbox(&project, &["accept", "shop/login"]);
    assert_eq!(text(&project.0, "login.yaml"), let_in);
}

#[test]
fn priorities_and_states_do_not_say_which_fixture_an_answer_is_one_of_and_looser_fixtures_hide_nothing() {
    let answers = Arc::new(Mutex::new(BTreeMap::from([("/things/1", "[]".to_owned())])));
    let project = project(things(&answers));
    for (name, fixture) in [
        ("any", "request: {path: \"/things/{id}\"}"),
        ("down", "priority: 5\nrequest: {path: /things/1}\nresponse: {status: 503}"),
        (
            "empty",
            "when: {things: none}\nrequest: {path: /things/1}\nresponse: {body: {json: []}, match: {$: {max: 0}}}",
        ),
        ("full", "request: {path: /things/1}\nresponse: {body: {json: [{id: 1}]}, match: {$: {min: 1}}}"),
    ] {
        project.write(&format!("fixtures/shop/{name}.yaml"), format!("{fixture}\n"));
    }
    for (answer, fixture, differs) in [
        ("[]", "empty", None),
        ("[{\"id\":7}]", "full", None),
        ("{\"all\":[]}", "empty", Some("\"expected\": \"array\"")),
    ] {
        answers.lock().unwrap().insert("/things/1", answer.to_owned());
        record(&project, |port| drop(send(port, "GET", "/things/1", &[], "")));
        let (_, said) = inbox(&project, &["list", "--json"]);
        assert!(said.contains(&format!("\"fixture\": \"{fixture}\"")), "{answer} {said}");
        assert!(said.contains(differs.unwrap_or("\"news\": \"same\"")), "{answer} {said}");
        inbox(&project, &["discard", "--all"]);
    }
}
