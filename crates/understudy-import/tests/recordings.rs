//! Each file of `recordings/` is what was recorded and the fixtures that come of it. `UPDATE=1 cargo test` writes those anew.
//!
//! An exchange begins with `#### METHOD TARGET`, its header fields, an empty line and its body; the answer follows in the same
//! way after `#### answer STATUS`. The fixtures follow `#### fixtures`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use understudy_exchange::redact::{Redactor, SecretNames};
use understudy_exchange::{Request, Response};
use understudy_fixture::model::{Fixture, ResponseBody, Select};
use understudy_fixture::{BodyFiles, FileProblem, Source, fixture, write_fixture};
use understudy_import::{Draft, Recorded, drafts, merge};
use understudy_match::{Chance, Choice, Incoming, Index, State, Turns};

/// Fields and body of a message.
fn message(text: &str) -> (HeaderMap, Bytes) {
    let (head, body) =
        text.strip_prefix('\n').map_or_else(|| text.split_once("\n\n").unwrap_or((text, "")), |body| ("", body));
    let field = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.trim().as_bytes()).unwrap())
    };
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().filter(|line| !line.is_empty()).map(field) {
        headers.append(name, value);
    }
    let body = body.trim_end_matches('\n');
    if !body.is_empty() && !headers.contains_key("content-type") {
        headers.insert("content-type", HeaderValue::from_static("application/json"));
    }
    (headers, Bytes::copy_from_slice(body.as_bytes()))
}

fn recorded(text: &str) -> Vec<Recorded> {
    let mut parts = text.split("#### ").skip(1);
    let mut all = Vec::new();
    while let (Some(request), Some(answer)) = (parts.next(), parts.next()) {
        let (line, rest) = request.split_once('\n').unwrap();
        let (method, target) = line.split_once(' ').unwrap();
        let (headers, body) = message(rest);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = Request { method, target: target.parse().unwrap(), headers, body };
        let (line, rest) = answer.split_once('\n').unwrap();
        let status: u16 = line.strip_prefix("answer ").unwrap().parse().unwrap();
        let (headers, body) = message(rest);
        let response = Response { status: StatusCode::from_u16(status).unwrap(), headers, body };
        all.push((request, response));
    }
    redacted(all)
}

/// The exchanges as the recorder hands them out: without their secrets.
fn redacted(exchanges: Vec<(Request, Response)>) -> Vec<Recorded> {
    let mut redactor = Redactor::new(SecretNames::default());
    exchanges.iter().for_each(|(request, response)| redactor.know(request, response));
    let recorded = exchanges.into_iter().map(|(request, response)| {
        let (request, response, redactions) = redactor.exchange(request, response);
        Recorded { request, response, redactions }
    });
    recorded.collect()
}

/// The body files of the drafts.
struct Files<'d>(&'d [Draft]);

impl BodyFiles for Files<'_> {
    fn read(&self, path: &str) -> Result<Bytes, FileProblem> {
        let found = self.0.iter().flat_map(|draft| &draft.files).find(|(known, _)| known == path);
        found.map(|(_, content)| content.clone()).ok_or(FileProblem::Missing(Vec::new()))
    }
}

/// A request with something wrong in the place of a secret that was refused, as its fixture has it.
fn as_proposed(at: usize, recorded: &Recorded, drafts: &[Draft]) -> Request {
    let draft = drafts.iter().find(|draft| draft.exchanges.contains(&at)).unwrap();
    let text = write_fixture(&draft.fixture);
    let mut request = recorded.request.clone();
    for redaction in recorded.redactions.iter().filter(|_| draft.sends_refused) {
        let Some((_, rest)) = text.split_once(&format!("wrong-{}", redaction.kind)) else { continue };
        let number: String = rest.chars().take_while(|c| *c == '-' || c.is_ascii_digit()).collect();
        let wrong = format!("wrong-{}{number}", redaction.kind);
        let body = String::from_utf8_lossy(&request.body).replace(&redaction.stand_in, &wrong);
        request.body = body.into();
        for value in request.headers.values_mut() {
            let text = String::from_utf8_lossy(value.as_bytes()).replace(&redaction.stand_in, &wrong);
            *value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
        }
    }
    request
}

/// The fixtures of drafts as they are read from their files.
fn read_again(drafts: &[Draft]) -> Vec<Arc<Fixture>> {
    let read = |draft: &Draft| {
        let text = write_fixture(&draft.fixture);
        let source = Source { file: Arc::clone(&draft.fixture.file), text };
        let (read, problems) = fixture(&source, &draft.fixture.id, &Files(drafts));
        assert!(problems.is_empty(), "{problems:?}\n{}", source.text);
        Arc::new(read.unwrap())
    };
    drafts.iter().map(read).collect()
}

/// Whoever sends the same requests in the same order gets the same answers, of the fixtures as they are read from their files.
fn holds(exchanges: &[Recorded], drafts: &[Draft], case: &Path) {
    let fixtures = read_again(drafts);
    let index = Index::new("", fixtures.clone());
    let mut state = State::new();
    let mut asked: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    // What a client has a copy of, and parts, a stub makes of the whole.
    let asking = |(_, recorded): &(usize, &Recorded)| {
        recorded.request.method != Method::OPTIONS && recorded.response.status != StatusCode::NOT_MODIFIED
    };
    for (at, recorded) in exchanges.iter().enumerate().filter(asking) {
        let sent = as_proposed(at, recorded, drafts);
        let line = format!("{}: {} {}", case.display(), recorded.request.method, recorded.request.target);
        let Choice::Promise(place) = index.choose(&Incoming::new(&sent), &state) else {
            panic!("{line} is answered by nobody")
        };
        let fixture = &index.promises()[place];
        let turns = Turns::of(fixture);
        let turn = Turns::in_state(&turns, &state);
        let asked = asked.entry((place, turn)).or_default();
        let answering = &turns[turn].responses;
        let response = &fixture.responses[answering[(*asked).min(answering.len() - 1)]];
        *asked += 1;
        state.extend(fixture.set.iter().chain(&response.set).cloned());
        let status = recorded.response.status;
        if status == StatusCode::PARTIAL_CONTENT && response.status == 200 {
            continue;
        }
        assert_eq!(response.status, status.as_u16(), "{line} by {}", fixture.id);
        if let (Some(ResponseBody::Json(body)), true) = (&response.body, response.rules.is_empty()) {
            let wanted = understudy_exchange::Json::parse(&recorded.response.body).unwrap();
            assert_eq!(body.value().to_string(), wanted.to_string(), "{line} by {}", fixture.id);
        }
    }
}

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
                out.push_str(&format!("\n# {}\n{}", draft.fixture.file, write_fixture(&draft.fixture)));
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
    // The number of a secret is that of the whole recording: the first was refused.
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

/// A recording of a few requests, made from a number: with few words, so that values, paths and answers meet often.
fn made(seed: u64) -> Vec<Recorded> {
    let mut chance = Chance::from_seed(seed);
    let mut pick = |words: &[&'static str]| words[usize::try_from(chance.below(words.len() as u64)).unwrap()];
    let mut all = Vec::new();
    for _ in 0..12 {
        let method = pick(&["GET", "GET", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);
        let segment = [
            "",
            "items",
            "items",
            "api",
            "v2",
            "7",
            "8",
            "a b",
            "q7Xb2mK9vRt4LpZs8WnY",
            "é",
            "5891b5b522d5df086d0ff0b1",
            "{id}",
            "x.json",
        ];
        let path: Vec<String> = (0..3).map(|_| understudy_exchange::target::encode_segment(pick(&segment))).collect();
        let query =
            pick(&["", "", "?page=1", "?page=2&page=3", "?token=q7Xb2mK9vRt4LpZs8WnY", "?_=17", "?a", "?q={{x}}"]);
        let bodies = [
            "",
            "{\"id\":7}",
            "{\"id\":8,\"at\":\"2026-01-04T09:12:00Z\"}",
            "{\"token\":\"q7Xb2mK9vRt4LpZs8WnY\"}",
            "[{\"id\":7}]",
            "[]",
            "no json",
            "{\"a\":1,\"a\":2}",
            "null",
            "{\"x\":\"{{y}}\",\"n\":1e400}",
            "line\nline\n",
        ];
        let kinds = [
            "application/json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=b",
            "application/problem+json",
        ];
        let fields = [
            "authorization: Bearer q7Xb2mK9vRt4LpZs8WnY",
            "accept: application/vnd.x",
            "cookie: s=8f14e45fceea167a5a36dedd4bea2543",
            "x-tenant: a",
            "x-tenant: b",
        ];
        let answers = [
            "location: /items/7",
            "location: http://h/items/8?_state=abcdefghijklmnopqrst",
            "set-cookie: s=8f14e45fceea167a5a36dedd4bea2543",
            "etag: \"a\"",
            "x-id: 9d7f1c1e-8a54-4f0e-9d1f-1d7a3f3c2b10",
            "docker-content-digest: sha256:1",
        ];
        let message = |field: &str, kind: &str, body: &'static str| {
            let (headers, _) = message(&format!("{field}\ncontent-type: {kind}\n\n"));
            (headers, Bytes::from_static(body.as_bytes()))
        };
        let (request_headers, request_body) = message(pick(&fields), pick(&kinds), pick(&bodies));
        let (headers, body) = message(pick(&answers), pick(&kinds), pick(&bodies));
        let status: u16 = pick(&["200", "200", "200", "201", "204", "302", "401", "404", "500"]).parse().unwrap();
        let is_empty = matches!(status, 204 | 304) || method == "HEAD";
        all.push((
            Request {
                method: method.parse().unwrap(),
                target: format!("/{}{query}", path.join("/")).parse().unwrap(),
                headers: request_headers,
                body: if method == "GET" { Bytes::new() } else { request_body },
            },
            Response {
                status: StatusCode::from_u16(status).unwrap(),
                headers,
                body: if is_empty { Bytes::new() } else { body },
            },
        ));
    }
    redacted(all)
}

/// A session with a small backend: things that are made, read, changed, liked and deleted, and a job that takes its time.
fn session(seed: u64) -> Vec<Recorded> {
    let mut chance = Chance::from_seed(seed);
    let mut pick = |below: usize| usize::try_from(chance.below(below as u64)).unwrap();
    let mut things: BTreeMap<usize, (&str, bool)> = BTreeMap::new();
    let (mut next, mut is_known, mut job) = (1, false, None::<u8>);
    let mut all = Vec::new();
    for _ in 0..5 + pick(35) {
        // Nobody asks for what was never there.
        let id = 1 + pick(next.max(2) - 1);
        let name = ["Hat", "Cap"][pick(2)];
        let show =
            |id: &usize, (name, liked): &(&str, bool)| format!(r#"{{"id":{id},"name":"{name}","liked":{liked}}}"#);
        let missing = || ("404", r#"{"title":"no such thing"}"#.to_owned());
        let op = if next == 1 { [0, 2, 8, 9, 10, 11][pick(6)] } else { pick(12) };
        let (line, body) = match op {
            0 | 1 => ("GET /things".to_owned(), String::new()),
            2 => ("POST /things".to_owned(), format!(r#"{{"name":"{name}"}}"#)),
            3 | 4 => (format!("GET /things/{id}"), String::new()),
            5 => (format!("PATCH /things/{id}"), format!(r#"{{"name":"{name}"}}"#)),
            6 => (format!("DELETE /things/{id}"), String::new()),
            7 => (format!("PUT /things/{id}/like"), String::new()),
            8 => ("GET /me".to_owned(), String::new()),
            9 => (["POST /login", "POST /logout"][pick(2)].to_owned(), String::new()),
            10 => ("GET /job".to_owned(), String::new()),
            _ => ("POST /job".to_owned(), String::new()),
        };
        let (status, answer) = match op {
            0 | 1 => {
                ("200", format!("[{}]", things.iter().map(|(id, thing)| show(id, thing)).collect::<Vec<_>>().join(",")))
            }
            2 => {
                things.insert(next, (name, false));
                next += 1;
                ("201", show(&(next - 1), &things[&(next - 1)]))
            }
            3 | 4 => things.get(&id).map_or_else(missing, |thing| ("200", show(&id, thing))),
            5 => things.get_mut(&id).map_or_else(missing, |thing| {
                thing.0 = name;
                ("200", show(&id, thing))
            }),
            6 => things.remove(&id).map_or_else(missing, |_| ("204", String::new())),
            7 => things.get_mut(&id).map_or_else(missing, |thing| {
                thing.1 = !thing.1;
                ("200", format!(r#"{{"liked":{}}}"#, thing.1))
            }),
            8 if is_known => ("200", r#"{"name":"Ada"}"#.to_owned()),
            8 => ("401", r#"{"title":"who is it?"}"#.to_owned()),
            9 => {
                is_known = line.ends_with("login");
                ("204", String::new())
            }
            10 => match &mut job {
                None => ("404", r#"{"title":"no job"}"#.to_owned()),
                Some(left) => {
                    *left = left.saturating_sub(1);
                    ("200", format!(r#"{{"is":"{}"}}"#, if *left == 0 { "done" } else { "running" }))
                }
            },
            _ => {
                job = Some(3);
                ("202", String::new())
            }
        };
        all.extend(recorded(&format!("#### {line}\n\n{body}\n#### answer {status}\n\n{answer}\n")));
    }
    all
}

#[test]
fn a_session_that_is_played_again_gets_the_answers_that_it_got() {
    let (mut with_states, mut in_order) = (0, 0);
    for seed in 0..800 {
        let exchanges = session(seed);
        let drafts = drafts(&exchanges, "");
        holds(&exchanges, &drafts, Path::new(&format!("seed {seed}")));
        let fixtures = || drafts.iter().map(|draft| &draft.fixture);
        with_states +=
            fixtures().filter(|fixture| fixture.responses.iter().any(|response| !response.when.is_empty())).count();
        in_order += fixtures().filter(|fixture| fixture.select == Select::InOrder).count();
    }
    assert!(with_states > 1_000 && in_order > 200, "{with_states} {in_order}");
}

#[test]
fn whatever_was_recorded_becomes_files_that_can_be_read() {
    let mut seen = 0;
    for seed in 0..3_000 {
        let exchanges = made(seed);
        let drafts = drafts(&exchanges, "/api");
        let mut of: Vec<usize> = drafts.iter().flat_map(|draft| draft.exchanges.clone()).collect();
        of.sort_unstable();
        let wanted: Vec<usize> =
            (0..exchanges.len()).filter(|at| exchanges[*at].request.method != Method::OPTIONS).collect();
        assert_eq!(of, wanted, "seed {seed}: every exchange is in one of them");
        for draft in &drafts {
            let text = write_fixture(&draft.fixture);
            let source = Source { file: Arc::clone(&draft.fixture.file), text };
            let (read, problems) = fixture(&source, &draft.fixture.id, &Files(&drafts));
            assert!(read.is_some() && problems.is_empty(), "seed {seed}: {problems:?}\n{}", source.text);
            let after = read.unwrap().verify.after.unwrap_or_default();
            let is_there = |id: &String| drafts.iter().any(|draft| *draft.fixture.id == **id);
            assert!(after.iter().all(is_there), "seed {seed}: {after:?}");
            seen += 1;
        }
    }
    assert!(seen > 10_000, "{seen}");
}
