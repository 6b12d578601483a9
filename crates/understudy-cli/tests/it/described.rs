//! Services with an agreed description, and descriptions alone.

use crate::program::{Folder, PROGRAM, Served};
use crate::reload::eventually;
use std::process::Command;

/// A description with one operation, whose answer says a word; the schema stands in a file of its own.
fn description(word: &str) -> String {
    format!(
        "openapi: 3.0.3\ninfo: {{ title: The Shop API, version: \"1\" }}\npaths:\n  /items/{{id}}:\n    get:\n      operationId: getItem\n      parameters: [{{ name: id, in: path, required: true, schema: {{ type: integer }} }}]\n      responses: {{ \"200\": {{ description: ok, content: {{ application/json: {{ schema: {{ $ref: \"parts/item.yaml\" }}, example: {{ id: 1, word: {word} }} }} }} }} }}\n"
    )
}

const ITEM: &str = "type: object\nrequired: [word]\nproperties: { id: { type: integer }, word: { type: string } }\n";

#[test]
fn a_description_is_served_alone_and_its_edits_too() {
    let folder = Folder::new();
    folder.write("shop.yaml", description("one")).write("parts/item.yaml", ITEM);
    let file = folder.0.join("shop.yaml");
    let mut served = Served::with_args(&["--openapi", file.to_str().unwrap()]);
    eventually(&served, "GET /items/1", r#"{"id":1,"word":"one"}"#);
    let line = served.line();
    assert!(line.contains(r#""answered":"description""#) && line.contains(r#""operation":"getItem""#), "{line}");
    folder.write("shop.yaml", description("two"));
    eventually(&served, "GET /items/1", r#""word":"two""#);
    folder.write("parts/item.yaml", "type: [object");
    folder.write("shop.yaml", "openapi: [");
    // The example has no number: what is made takes its place.
    folder.write("parts/item.yaml", ITEM.replace("required: [word]", "required: [word, number]"));
    folder.write("shop.yaml", description("three"));
    eventually(&served, "GET /items/4", r#"{"id":4,"word":"#);
    let refused = served.request("GET /items/x", &[], "");
    assert!(refused.starts_with("HTTP/1.1 400") && refused.contains("application/problem+json"), "{refused}");
    assert!(refused.contains(r#""rule":"shop.yaml#/paths/~1items~1{id}/get/parameters/0/schema/type""#), "{refused}");
    let missed = served.request("GET /item/4", &[], "");
    assert!(missed.starts_with("HTTP/1.1 404") && missed.contains(r#""operations":["GET /items/{id}"]"#), "{missed}");
    assert!(served.request("DELETE /items/4", &[], "").contains("allow: GET, HEAD"));
    assert!(served.request("OPTIONS /items/4", &[], "").starts_with("HTTP/1.1 204"));
    assert!(served.request("HEAD /items/4", &[], "").ends_with("\r\n\r\n"));
    let page = ["origin: http://page.test", "access-control-request-method: GET"];
    assert!(served.request("OPTIONS /items/4", &page, "").contains("access-control-allow-origin: http://page.test"));
    assert!(!folder.0.join(".understudy").exists(), "nothing is written beside a description");
}

/// Prism #807: the body is as documented, and a client still gets to know what is wrong.
#[test]
fn a_refusal_is_as_documented_and_a_header_says_what_is_wrong() {
    let folder = Folder::new();
    let refusal = "    default: { description: wrong, content: { application/json: { example: { message: no } } } }\n";
    folder.write(
        "shop.yaml",
        format!(
            "openapi: 3.0.3\ninfo: {{ title: Shop, version: \"1\" }}\npaths:\n  /items: {{ get: {{ parameters: [{{ name: q, in: query, schema: {{ enum: [ä] }} }}], responses: {{\n    \"200\": {{ description: ok }},\n{}    }} }} }}\n",
            refusal
        ),
    );
    let file = folder.0.join("shop.yaml");
    let mut served = Served::with_args(&["--openapi", file.to_str().unwrap()]);
    let refused = served.request("GET /items?q=b", &[], "");
    assert!(refused.starts_with("HTTP/1.1 400") && refused.ends_with(r#"{"message":"no"}"#), "{refused}");
    assert!(refused.contains("content-type: application/json\r\n"), "{refused}");
    assert!(refused.contains("understudy-errors: query q: expected one of \"\\u00e4\"\r\n"), "{refused}");
    let line = served.line();
    assert!(line.contains(r#""answered":"description""#) && line.contains(r#""detail":"query q""#), "{line}");
}

/// Alternatives that lead back to the whole schema: each level of a value doubles the work. The request is answered, and it
/// is said that its body was not compared.
#[test]
fn a_body_that_takes_too_much_work_is_answered_and_reported() {
    let folder = Folder::new();
    let branch = |n: usize, own: &str| {
        format!("{{ properties: {{ x: {{ $ref: '#/components/schemas/S{n}' }}, {own}: {{ type: integer }} }} }}")
    };
    let schemas: String = (0..40)
        .map(|n| format!("    S{n}: {{ oneOf: [ {}, {} ] }}\n", branch(n + 1, "a"), branch(n + 1, "b")))
        .collect();
    folder.write(
        "deep.yaml",
        format!(
            "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  /o:\n    post:\n      requestBody: {{ content: {{ \
             application/json: {{ schema: {{ $ref: '#/components/schemas/S0' }} }} }} }}\n      responses: {{ '201': {{ \
             description: d }} }}\ncomponents:\n  schemas:\n{schemas}    S40: {{ type: string }}\n"
        ),
    );
    let file = folder.0.join("deep.yaml");
    let mut served = Served::with_args(&["--openapi", file.to_str().unwrap()]);
    let body = format!("{}1{}", "{\"x\":".repeat(40), "}".repeat(40));
    let answered = served.request("POST /o", &["content-type: application/json"], &body);
    assert!(answered.starts_with("HTTP/1.1 201"), "{answered}");
    let told = "body: was not compared with its schema: it takes more than 201312 steps";
    assert!(answered.contains(&format!("understudy-errors: {told}\r\n")), "{answered}");
    let line = served.line();
    assert!(line.contains(r#""detail":"body""#), "{line}");
}

#[test]
fn fixtures_come_first_and_the_description_answers_the_rest() {
    let folder = Folder::with_fixtures(&[(
        "seven",
        "request: { path: /v1/items/7 }\nresponse: { body: { json: { word: mine } } }\n",
    )]);
    folder.write("understudy.yaml", "version: 1\nservices:\n  s: { openapi: api.yaml, requests: report }\n");
    folder.write("fixtures/s/api.yaml", description("one").replace("paths:", "servers: [{ url: /v1 }]\npaths:"));
    folder.write("fixtures/s/parts/item.yaml", ITEM);
    let mut served = Served::new(&folder.0, &[]);
    assert!(served.request("GET /v1/items/7", &[], "").ends_with(r#"{"word":"mine"}"#));
    assert!(served.line().contains(r#""answered":"fixture""#));
    assert!(served.request("GET /v1/items/8", &[], "").ends_with(r#"{"id":1,"word":"one"}"#));
    served.line();
    assert!(served.request("GET /v1/items/x", &[], "").starts_with("HTTP/1.1 200"));
    assert!(served.line().contains(r#""detail":"path id""#));
    assert!(served.request("POST /v1/items/7", &[], "").contains("allow: GET, HEAD"));
    let check = Command::new(PROGRAM).arg("check").arg(&folder.0).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn a_description_that_cannot_be_read_ends_the_program() {
    let folder = Folder::new();
    folder.write("page.html", "<!doctype html><p>API");
    for (file, wanted) in [("page.html", "error[not-openapi]"), ("none.yaml", "there is no such file")] {
        let file = folder.0.join(file);
        let output = Command::new(PROGRAM).args(["serve", "--openapi", file.to_str().unwrap()]).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && stderr.contains(wanted), "{stderr}");
    }
}

#[test]
fn answers_of_the_backend_are_held_against_the_description_where_that_is_wanted() {
    let backend = Folder::with_fixtures(&[(
        "item",
        "request: { path: /v1/items/7 }\nresponse: { body: { json: { id: seven, word: a } } }\n",
    )]);
    let backend = Served::new(&backend.0, &[]);
    let folder = Folder::new();
    folder.write("understudy.yaml", "version: 1\nservices:\n  s: { openapi: api.yaml }\n");
    folder.write("fixtures/s/api.yaml", description("one").replace("paths:", "servers: [{ url: /v1 }]\npaths:"));
    folder.write("fixtures/s/parts/item.yaml", ITEM);
    folder.write("fixtures/s/item.yaml", "request: { path: /v1/items/7 }\nresponse: { body: { json: { word: a } } }\n");
    let address = format!("http://127.0.0.1:{}", backend.port);
    let verify = |args: &[&str]| {
        let output = Command::new(PROGRAM)
            .arg("verify")
            .arg(&folder.0)
            .args(["--backend", &address])
            .args(args)
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code(), format!("{out}{err}"))
    };
    let (exit, text) = verify(&[]);
    assert!(exit == Some(0) && text.contains("1 kept"), "{text}");
    let (exit, text) = verify(&["--openapi"]);
    let wanted = [
        "$.id described",
        "what fixtures/s/parts/item.yaml#/properties/id/type says",
        "expected integer, received string",
    ];
    assert!(exit == Some(1) && wanted.iter().all(|wanted| text.contains(wanted)), "{text}");
    folder.write("understudy.yaml", "version: 1\nservices:\n  s: {}\n");
    std::fs::remove_file(folder.0.join("fixtures/s/api.yaml")).unwrap();
    std::fs::remove_dir_all(folder.0.join("fixtures/s/parts")).unwrap();
    let (exit, text) = verify(&["--openapi"]);
    assert!(exit == Some(3) && text.contains("no service that is verified has a description"), "{text}");
}
