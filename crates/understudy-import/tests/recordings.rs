//! Each file of `recordings/` is what was recorded and the fixtures that come of it. `UPDATE=1 cargo test` writes those anew.
//!
//! An exchange begins with `#### METHOD TARGET`, its header fields, an empty line and its body; the answer follows in the same
//! way after `#### answer STATUS`. The fixtures follow `#### fixtures`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{holds, recorded};
use std::path::Path;
use std::sync::Arc;
use understudy_fixture::write_fixture;
use understudy_import::{Recorded, drafts, merge};
use understudy_match::{Choice, Incoming, Index, State};

#[test]
fn recordings_become_fixtures_that_answer_as_it_was_recorded() {
    understudy_testkit::check_cases(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings")),
        |case, text| {
            let input = text.split("#### fixtures").next().unwrap();
            let exchanges = recorded(input);
            let drafts = drafts(&exchanges, "");
            holds(&exchanges, &drafts, case);
            let mut out = format!("{input}#### fixtures\n");
            for draft in &drafts {
                let lone = draft.lone_id.as_ref().map(|id| format!(" or {id}.yaml")).unwrap_or_default();
                out.push_str(&format!("\n# {}{lone}\n{}", draft.fixture.file, write_fixture(&draft.fixture)));
                for (path, content) in &draft.files {
                    out.push_str(&format!("# {path}: {} bytes\n", content.len()));
                }
            }
            out
        },
    );
}

#[test]
fn what_a_person_calls_one_promise_is_held_as_loosely_as_all_its_answers_need() {
    let get = |target: &str, more: &str, status: &str, answer: &str| {
        format!("#### GET {target}\n{more}\n#### answer {status}\n\n{answer}\n")
    };
    let merged = |input: &str| -> Result<String, String> {
        let exchanges = recorded(input);
        let drafts = drafts(&exchanges, "");
        let merged = merge(&drafts.iter().collect::<Vec<_>>(), &exchanges)?;
        assert_eq!(merged.exchanges.len(), exchanges.len());
        let index = Index::new("", [Arc::new(merged.fixture.clone())]);
        for recorded in &exchanges {
            let chosen = index.choose(&Incoming::new(&recorded.request), &State::new());
            assert_eq!(chosen, Choice::Promise(0), "{}", write_fixture(&merged.fixture));
        }
        Ok(write_fixture(&merged.fixture))
    };
    let hat = r#"{"id":1,"name":"Hat","sizes":[{"eu":40,"us":"8"}],"sale":{"until":"2026-01-04"}}"#;
    let cap = r#"{"id":2,"name":"Cap","sizes":[{"eu":41},{"eu":42}],"sale":null,"new":true}"#;
    let two = get("/shop/items/1?lang=en&page=1", "x-tenant: a", "200", hat)
        + &get("/shop/items/2?lang=en&page=2", "x-tenant: a", "200", cap);
    assert_eq!(
        merged(&two).unwrap(),
        "request:
  method: GET
  path: /shop/items/{id}
  params:
    id: {type: integer, example: 1}
  query:
    lang: en
    page: {type: integer, example: 1}
  headers:
    x-tenant: {type: ignore, example: a}
response:
  status: 200
  body:
    json: {id: 1, name: Hat, sizes: [{eu: 40, us: \"8\"}], sale: {until: \"2026-01-04\"}}
  match:
    $.sizes[*].us: {optional: like}
    $.sale: {nullable: like}
"
    );
    let words = get("/shop/hats/list", "", "200", "[]") + &get("/shop/caps/list", "", "200", "[]");
    assert!(
        merged(&words)
            .unwrap()
            .contains("  path: /shop/{shopId}/list\n  params:\n    shopId: {type: any, example: hats}"),
        "{}",
        merged(&words).unwrap()
    );
    let posts = "#### POST /a\n\n{\"kind\":\"x\",\"n\":1,\"in\":{\"a\":1,\"b\":1},\"c\":true}\n#### answer 201\n\n{\"id\":1}\n\
        #### POST /a\n\n{\"kind\":\"x\",\"n\":2,\"in\":{\"a\":1,\"b\":2}}\n#### answer 201\n\n{\"id\":2}\n";
    let wanted = "  body:
    json: {kind: x, \"n\": 1, in: {a: 1, b: 1}, c: true}
  match:
    $.n: integer
    $.in.b: integer
    $.c: {optional: any}
response:
";
    assert!(merged(posts).unwrap().contains(wanted), "{}", merged(posts).unwrap());
    // A third one loosens what the first two still had in common.
    let third =
        "#### POST /a\n\n{\"kind\":\"x\",\"n\":\"three\",\"in\":{\"a\":1,\"b\":3}}\n#### answer 201\n\n{\"id\":3}\n";
    let three = merged(&(posts.to_owned() + third)).unwrap();
    assert!(three.contains("    $.n: {optional: any}\n    $.in.b: integer\n"), "{three}");
    let searches = get("/search?q=milk", "", "200", "[1]") + &get("/search?q=zzz&x=1", "", "200", "[]");
    let wanted = "  query:\n    q: {type: any, example: milk}\nresponse:\n";
    assert!(merged(&searches).unwrap().contains(wanted), "{}", merged(&searches).unwrap());

    let me = get("/users/7", "", "200", r#"{"name":"Ada"}"#) + &get("/users/me", "", "200", r#"{"name":"Ada"}"#);
    assert!(merged(&me).unwrap().contains("    id: {type: any, example: 7}"), "{}", merged(&me).unwrap());

    for (input, why) in [
        (get("/a", "", "200", "1") + &get("/a/b", "", "200", "1"), "/a and /a/b have different lengths"),
        (
            get("/a/1", "", "200", "1") + &get("/a/2", "", "404", "1"),
            "no rule holds for the answer of a/get and for that to GET /a/2",
        ),
        (
            get("/a/1", "", "200", "1") + &get("/a/1", "", "200", "\"x\"") + &get("/a/2", "", "200", "3"),
            "a/get has several answers, one after the other",
        ),
    ] {
        assert_eq!(merged(&input).unwrap_err(), why);
    }
}

#[test]
fn only_what_began_a_session_otherwise_is_taken_for_refused() {
    const PASSWORDS: [&str; 5] = ["", "hunter2!Ada51", "Tr0ub4dor&3", "s3same-0pen-77", "b1ue-Monday!9"];
    const TOKENS: [&str; 3] = ["", "q7Xb2mK9vRt4LpZs8WnY", "h3Gd6fJ1cUa5EoQi0BxT"];
    let json = "content-type: application/json\n\n";
    let change = |status: &str, new: usize| {
        let (old, new) = (PASSWORDS[1], PASSWORDS[new]);
        format!(
            "#### PUT /me/password\n{json}{{\"oldPassword\":\"{old}\",\"newPassword\":\"{new}\"}}\n#### answer {status}\n\n"
        )
    };
    let text_of = |exchanges: &[Recorded]| -> String {
        drafts(exchanges, "").iter().map(|draft| write_fixture(&draft.fixture)).collect()
    };
    // It is not known what was wrong with the new password, and what is sent for it may be taken.
    let changed = text_of(&recorded(&(change("422", 2) + &change("400", 3) + &change("204", 4))));
    assert!(!changed.contains("wrong-") && changed.contains("{{password-2}}"), "{changed}");
    let login = |name: &str, number: usize, status: &str, token: usize| {
        let (password, token) = (PASSWORDS[number], TOKENS[token]);
        let answer = if token.is_empty() { "{}".to_owned() } else { format!("{{\"token\":\"{token}\"}}") };
        format!(
            "#### POST /login\n{json}{{\"name\":\"{name}\",\"password\":\"{password}\"}}\n#### answer {status}\n\n{answer}\n"
        )
    };
    let taken = login("ada", 2, "200", 1);
    let blocked = text_of(&recorded(&(login("bob", 1, "403", 0) + &taken)));
    assert!(!blocked.contains("wrong-"), "{blocked}");
    // A secret is numbered in the whole recording: the first one was refused.
    let all = recorded(&(login("ada", 1, "403", 0) + &taken + &login("ada", 3, "401", 0) + &login("bob", 4, "200", 2)));
    let guessed = text_of(&all[..3]);
    assert!(guessed.contains("wrong-password}") && guessed.contains("wrong-password-2}"), "{guessed}");
    // What is left of a recording is called as it was when all of it was there.
    assert!(guessed.contains("\"{{password}}\""), "{guessed}");
    for rest in [vec![all[1].clone(), all[3].clone()], vec![all[3].clone()]] {
        assert!(text_of(&rest).contains("{{password-4}}"), "{}", text_of(&rest));
    }
}

#[test]
fn small_numbers_are_followed_to_where_such_a_thing_stands() {
    let input = "#### POST /login\n\n{\"name\":\"ada\"}\n#### answer 200\n\n{\"user\":{\"id\":1}}\n\
        #### GET /products/1?page=1\n\n#### answer 200\n\n{\"id\":1,\"name\":\"Hat\"}\n\
        #### GET /users/1/orders?limit=1\n\n#### answer 200\n\n[]\n\
        #### POST /votes\n\n{\"stars\":1,\"userId\":1,\"of\":{\"user\":1},\"ids\":[1]}\n#### answer 204\n\n";
    let exchanges = recorded(input);
    let drafts = drafts(&exchanges, "");
    holds(&exchanges, &drafts, Path::new("small"));
    let text: String = drafts.iter().map(|draft| write_fixture(&draft.fixture)).collect();
    for wanted in [
        "  path: /products/{id}\n",
        "    page: 1\n",
        "  path: /users/{{userId}}/orders\n",
        "    limit: 1\n",
        "    json: {stars: 1, userId: \"{{userId}}\", of: {user: \"{{userId}}\"}, ids: [1]}\n",
    ] {
        assert!(text.contains(wanted), "{wanted}{text}");
    }
}

#[test]
fn a_field_that_came_twice_stands_once_with_both_values() {
    let twice = "#### GET /a\naccept: text/csv\naccept: text/html\nx-api-key: q7Xb2mK9vRt4LpZs8WnY\nx-api-key: h3Gd6fJ1cUa5EoQi0BxT\n\n#### answer 204\n\n";
    let exchanges = recorded(twice);
    let drafts = drafts(&exchanges, "");
    holds(&exchanges, &drafts, Path::new("twice"));
    let text = write_fixture(&drafts[0].fixture);
    let kind = &exchanges[0].redactions[0].kind;
    let wanted = format!(
        "  headers:
    accept: {{type: ignore, example: \"text/csv, text/html\"}}
    x-api-key: [\"{{{{{kind}}}}}\", \"{{{{{kind}-2}}}}\"]
response:
"
    );
    assert!(text.contains(&wanted), "{text}");
}

#[test]
fn files_in_forms_keep_what_their_names_end_with() {
    let part = |name: &str, filename: &str, kind: &str| {
        let head = format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\n");
        [head.as_bytes(), format!("content-type: {kind}\r\n\r\n").as_bytes(), b"\xFF\x00\r\n"].concat()
    };
    let parts = [part("a", "hat.PNG", "image/png"), part("b", "blob", "image/webp"), part("c", "blob", "x/y")];
    let mut exchanges =
        recorded("#### POST /up\ncontent-type: multipart/form-data; boundary=b\n\n-\n#### answer 204\n\n");
    exchanges[0].request.body = [&parts.concat()[..], b"--b--\r\n"].concat().into();
    let drafts = drafts(&exchanges, "");
    let names: Vec<&str> = drafts[0].files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["bodies/up-a.png", "bodies/up-b.webp", "bodies/up-c.bin"]);
}
