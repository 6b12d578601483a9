//! What is recorded once more is held against the fixture that it is one of, and what is accepted by itself keeps its links.

use crate::program::{Folder, run};
use crate::record::{Recorder, project, things};
use crate::shop::{Session, open_shop, send};
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
    let (_, said) = inbox(&project, &["accept"]);
    assert!(!said.contains("warning"), "{said}");
    assert!(said.ends_with("the stub takes any value for `password` but `wrong-password`\n"), "{said}");
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

/// Each `after` names a fixture that is there, and the backend keeps all of them.
fn is_whole(project: &Folder, kept: usize) {
    let (exit, stdout, stderr) = run(&project.0, &["check"]);
    assert_eq!(exit, 0, "{stdout}{stderr}");
    let (exit, stdout, stderr) = run(&project.0, &["verify"]);
    assert!(exit == 0 && stdout.contains(&format!("{kept} kept")), "{stdout}{stderr}");
}

#[test]
fn what_comes_before_an_accepted_fixture_is_made_with_it_and_recordings_stay_as_long_as_others_need_them() {
    let project = project(open_shop());
    let played = |port| drop(Session::play(port));
    record(&project, played);
    let (exit, said) = inbox(&project, &["accept", "shop/items/get-scarf"]);
    // The additional proposals are listed before anything is written.
    let wanted = "taking along shop/items/create: shop/items/get-scarf needs it
taking along shop/items/delete: shop/items/get-scarf needs it
taking along shop/login: shop/items/create needs it
wrote fixtures/shop/items/get-scarf.yaml
wrote fixtures/shop/items/create.yaml
wrote fixtures/shop/items/delete.yaml
wrote fixtures/shop/login.yaml
kept shop/items/create in the inbox: shop/items/list needs it
kept shop/items/delete in the inbox: shop/items/list needs it
kept shop/login in the inbox: shop/items/list needs it
2 exchanges went from the inbox
";
    assert!(exit == 0 && said.starts_with(wanted), "{exit} {said}");
    is_whole(&project, 4);
    // Those that are left still know what they come after, and its name.
    fs::rename(project.0.join("fixtures/shop/login.yaml"), project.0.join("fixtures/shop/enter.yaml")).unwrap();
    let create = text(&project.0, "items/create.yaml").replace("[login]", "[enter]");
    project.write("fixtures/shop/items/create.yaml", &create);
    let (_, shown) = inbox(&project, &["show", "shop/items/list"]);
    assert!(shown.contains("  after: [enter]\n"), "{shown}");
    let (_, said) = inbox(&project, &["accept"]);
    assert!(said.contains("wrote fixtures/shop/items/list.yaml\n") && !said.contains("taking along"), "{said}");
    let (_, said) = inbox(&project, &[]);
    assert!(said.contains("same    shop/items/delete ") && said.ends_with("\n1 exchange in the inbox\n"), "{said}");
    assert!(
        text(&project.0, "items/list.yaml").contains("  after: [enter]\n"),
        "{}",
        text(&project.0, "items/list.yaml")
    );
    is_whole(&project, 8);
}

#[test]
fn what_is_there_already_gives_what_others_come_to_need() {
    let project = project(open_shop());
    record(&project, |port| login(port, "correct horse battery"));
    let (exit, said) = inbox(&project, &["accept", "shop/login", "--as", "enter"]);
    assert!(exit == 0 && !text(&project.0, "enter.yaml").contains("capture"), "{said}");
    project.write(
        "understudy.yaml",
        text(&project.0, "../../understudy.yaml").replace("a guess of mine", "correct horse battery"),
    );
    record(&project, |port| {
        let (.., answer) =
            send(port, "POST", "/login", &[], "{\"user\":\"ada\",\"password\":\"correct horse battery\"}");
        let token = answer.split('"').nth(3).unwrap();
        send(port, "GET", "/items", &[format!("authorization: Bearer {token}")], "");
    });
    let (_, said) = inbox(&project, &["accept"]);
    assert_eq!(
        said,
        "wrote fixtures/shop/enter.yaml\nwrote fixtures/shop/items.yaml\n2 exchanges went from the inbox\n"
    );
    assert!(text(&project.0, "enter.yaml").ends_with("verify: {capture: {access_token: \"$.access_token\"}}\n"));
    is_whole(&project, 2);
}

#[test]
fn what_is_there_already_sets_the_states_in_which_others_answer() {
    let answers = Arc::new(Mutex::new(BTreeMap::from([
        ("/things", "[]".to_owned()),
        ("/things/add", "{\"ok\":true}".to_owned()),
    ])));
    let project = project(things(&answers));
    let add = "request: {method: POST, path: /things/add}\nresponse: {body: {json: {ok: true}}} # mine\n";
    project.write("fixtures/shop/add.yaml", add);
    record(&project, |port| {
        send(port, "GET", "/things", &[], "");
        send(port, "POST", "/things/add", &[], "");
        answers.lock().unwrap().insert("/things", "[{\"id\":1}]".to_owned());
        send(port, "GET", "/things", &[], "");
    });
    let (exit, said) = inbox(&project, &["accept", "shop/things/list"]);
    assert!(exit == 0 && said.contains("wrote fixtures/shop/add.yaml\n"), "{said}");
    assert_eq!(text(&project.0, "add.yaml"), format!("{add}set: {{things: add}}\n"));
    assert!(text(&project.0, "things/list.yaml").contains("- when: {things: add}\n"));
}

#[test]
fn the_same_session_with_other_things_is_the_same() {
    let answers = Arc::new(Mutex::new(BTreeMap::new()));
    let project = project(things(&answers));
    let session = |first: &'static str, made: &'static str| {
        let thing = |id: &str| format!("{{\"id\":\"{id}\",\"name\":\"{}\"}}", &id[..4]);
        let path = |id: &str| -> &'static str { format!("/things/{id}").leak() };
        *answers.lock().unwrap() = BTreeMap::from([
            ("/things", format!("[{}]", thing(first))),
            ("/things/add", thing(made)),
            (path(first), thing(first)),
            (path(made), thing(made)),
        ]);
        record(&project, |port| {
            send(port, "GET", "/things", &[], "");
            send(port, "GET", path(first), &[], "");
            send(port, "POST", "/things/add", &[], "");
            send(port, "GET", path(made), &[], "");
        });
    };
    session("d5c3261c-2546-4001-a2d5-cfab9a408447", "753e6a2a-8376-4702-b196-4cef58d49991");
    let (_, said) = inbox(&project, &["accept"]);
    assert!(!said.contains("error") && !said.contains("warning"), "{said}");
    assert!(text(&project.0, "things/get-2.yaml").contains("equals: \"753e6a2a-8376"), "{said}");
    // What is not held to it may differ.
    let skipped = text(&project.0, "things/get.yaml")
        .replace("name: d5c3", "name: 7")
        .replace("verify:", "verify:\n  skip: each time another");
    project.write("fixtures/shop/things/get.yaml", skipped);
    session("f8d0c287-3d58-41d9-b1a0-6b5341fa959e", "48cf193b-2dab-4ff4-8d15-7f99f4a6554b");
    let (_, said) = inbox(&project, &[]);
    assert!(said.matches("same  ").count() == 4 && !said.contains("new  "), "{said}");
}

#[test]
fn what_changed_is_accepted_in_every_state_that_was_seen() {
    let answers = Arc::new(Mutex::new(BTreeMap::from([("/things/add", "{}".to_owned())])));
    let project = project(things(&answers));
    let session = |old: &str, new: &str| {
        let (old, new) = (old.to_owned(), new.to_owned());
        record(&project, |port| {
            answers.lock().unwrap().insert("/things", old);
            send(port, "GET", "/things", &[], "");
            send(port, "POST", "/things/add", &[], "");
            answers.lock().unwrap().insert("/things", new);
            send(port, "GET", "/things", &[], "");
        });
    };
    session("{\"n\":1,\"all\":[]}", "{\"n\":2,\"all\":[]}");
    inbox(&project, &["accept"]);
    session("{\"count\":\"one\",\"all\":[]}", "{\"count\":\"two\",\"all\":[]}");
    let (exit, said) = inbox(&project, &["accept", "shop/things/get"]);
    let file = text(&project.0, "things/get.yaml");
    assert!(exit == 0 && said.starts_with("wrote fixtures/shop/things/get.yaml\n"), "{said}{file}");
    assert!(file.contains("{all: [], count: one}") && file.contains("{all: [], count: two}"), "{said}{file}");
}

#[test]
fn a_name_for_what_is_there_already_is_refused_or_given_to_a_fixture_of_its_own() {
    let answers = Arc::new(Mutex::new(BTreeMap::from([("/things/1", "{\"id\":1,\"name\":\"Hat\"}".to_owned())])));
    let project = project(things(&answers));
    let get = |port| drop(send(port, "GET", "/things/1", &[], ""));
    record(&project, get);
    inbox(&project, &["accept"]);
    for (answer, hint) in [
        ("{\"id\":1,\"name\":\"Hat\"}", "discard it; to call the fixture something else, rename its file"),
        ("{\"id\":1,\"name\":7}", "accept it without a name, and what differs is written there"),
    ] {
        answers.lock().unwrap().insert("/things/1", answer.to_owned());
        record(&project, get);
        let (exit, said) = inbox(&project, &["accept", "shop/things/get", "--as", "mine"]);
        let wanted =
            "no request could tell `mine` from fixtures/shop/things.yaml, which answers shop/things/get already";
        assert!(exit == 64 && said.contains(wanted) && said.contains(hint), "{exit} {said}");
        let (_, said) = inbox(&project, &["discard", "shop/things/get"]);
        assert_eq!(said, "1 exchange went from the inbox\n");
    }
    record(&project, get);
    // A fixture that is about more than this request stays, and another one is made.
    let wider = text(&project.0, "things.yaml").replace("{type: integer, example: 1}", "{type: any, example: 1}");
    project.write("fixtures/shop/things.yaml", &wider);
    let (exit, said) = inbox(&project, &["accept", "shop/things/get", "--as", "mine"]);
    assert_eq!((exit, said.as_str()), (0, "wrote fixtures/shop/mine.yaml\n1 exchange went from the inbox\n"));
    assert_eq!(text(&project.0, "things.yaml"), wider);
}

#[test]
fn a_line_of_the_list_says_what_was_asked_and_which_file_it_is_about() {
    let page = |id: u32| format!("{{\"items\":[{{\"id\":{id}}}]}}");
    let answers =
        Arc::new(Mutex::new(BTreeMap::from([("/items?page=1", page(1)), ("/items?page=2&tag=a&tag=b", page(2))])));
    let project = project(things(&answers));
    let get = |paths: &[&str]| {
        record(&project, |port| paths.iter().for_each(|path| drop(send(port, "GET", path, &[], ""))));
    };
    get(&["/items?page=1", "/items?page=2&tag=a&tag=b"]);
    let listed = "new     shop/items/get  GET /items?page=1 200  1 exchange
new     shop/items/get-page-2  GET /items?page=2&tag=a&tag=b 200  1 exchange
2 exchanges in the inbox
";
    assert_eq!(inbox(&project, &[]).1, listed);
    for command in ["show", "accept", "discard"] {
        let (exit, said) = inbox(&project, &[command, "items/get-page-2"]);
        assert!(exit == 64 && said.contains("hint: did you mean `shop/items/get-page-2`?"), "{command} {exit} {said}");
    }
    let (_, said) = inbox(&project, &["show", "shop/carts"]);
    assert!(said.contains("hint: `understudy inbox` lists what is"), "{said}");
    inbox(&project, &["accept"]);
    answers.lock().unwrap().remove("/items?page=2&tag=a&tag=b");
    get(&["/items?page=1", "/items?page=2&tag=a&tag=b"]);
    let listed = "same    shop/items/get  GET /items?page=1 200  1 exchange, as in fixtures/shop/items.yaml
changed shop/items/get-404  GET /items?page=2&tag=a&tag=b 404  1 exchange, unlike fixtures/shop/items-page-2.yaml
        status: expected 200, received 404
        $.items missing: expected [{\"id\":2}], received (nothing)
2 exchanges in the inbox
";
    assert_eq!(inbox(&project, &[]).1, listed);
    let (_, shown) = inbox(&project, &["show", "shop/items/get-404"]);
    assert!(
        shown.starts_with("# shop/items/get-404: changed, of 1 exchange, unlike fixtures/shop/items-page-2.yaml\n"),
        "{shown}"
    );
}

#[test]
fn of_several_answers_to_one_request_all_that_are_promised_are_held_against_the_fixture() {
    let hat = "{\"id\":1,\"name\":\"Hat\"}";
    let answers = Arc::new(Mutex::new(BTreeMap::from([("/things/1", hat.to_owned())])));
    let project = project(things(&answers));
    record(&project, |port| drop(send(port, "GET", "/things/1", &[], "")));
    inbox(&project, &["accept"]);
    for (recorded, line) in [
        // It is made, and goes again.
        (vec![None, Some(hat), None], "same    shop/things/get  GET /things/{id} 404 200 404  3 exchanges"),
        (vec![Some(hat), Some("{\"id\":1,\"name\":7}")], "changed shop/things/get  GET /things/{id} 200  2 exchanges"),
    ] {
        record(&project, |port| {
            for answer in &recorded {
                match answer {
                    Some(answer) => drop(answers.lock().unwrap().insert("/things/1", (*answer).to_owned())),
                    None => drop(answers.lock().unwrap().remove("/things/1")),
                }
                send(port, "GET", "/things/1", &[], "");
            }
        });
        let (_, said) = inbox(&project, &[]);
        assert!(said.starts_with(line), "{said}");
        inbox(&project, &["accept", "shop/things/get"]);
    }
    assert!(text(&project.0, "things.yaml").contains("json: {id: 1, name: 7}"));
}

#[test]
fn what_is_taken_along_is_named_while_a_backend_is_recorded_too() {
    let project = project(open_shop());
    let recorder = Recorder::new(&project.0, &[]);
    let (.., answer) =
        send(recorder.port, "POST", "/login", &[], "{\"user\":\"ada\",\"password\":\"correct horse battery\"}");
    let token = answer.split('"').nth(3).unwrap();
    send(recorder.port, "GET", "/items", &[format!("authorization: Bearer {token}")], "");
    let along = "take along shop/login: shop/items/list needs it\nwould write fixtures/shop/";
    let previewed = |said: &str| said.starts_with(&format!("would {along}")) && said.ends_with("(--preview)\n");
    // The recording is stored after a moment.
    let said = (0..50).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        let (exit, said) = inbox(&project, &["accept", "shop/items/list", "--preview"]);
        (exit == 0).then_some(said)
    });
    assert!(said.as_deref().is_some_and(previewed), "{said:?}");
    assert!(!project.0.join("fixtures").exists());
    let (exit, said) = inbox(&project, &["accept", "shop/items/list"]);
    assert!(exit == 0 && said.starts_with("taking along shop/login: shop/items/list needs it\nwrote "), "{said}");
    recorder.end();
}
