//! A description becomes fixtures, a person edits them, the description changes and is imported again.

use crate::program::{Folder, Served, run};
use std::fs;

const DESCRIPTION: &str = r#"openapi: 3.0.3
info: { title: Shop, version: "1" }
paths:
  /items/{id}:
    get:
      operationId: getItem
      parameters: [{ name: id, in: path, required: true, schema: { type: integer }, example: 7 }]
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema:
                type: object
                required: [id, name]
                properties:
                  id: { type: integer }
                  name: { type: string }
              example: { id: 7, name: lamp }
        "404": { description: none }
  /items:
    post:
      operationId: addItem
      requestBody: { required: true, content: { application/json: { schema: { type: object }, example: { name: lamp } } } }
      responses: { "201": { description: made } }
    delete:
      operationId: clear
      responses: { "204": { description: gone } }
"#;

/// A project with one service that has a description.
pub(crate) fn shop() -> Folder {
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\nservices: { shop: { openapi: openapi.yaml } }\n");
    project.write("fixtures/shop/openapi.yaml", DESCRIPTION);
    project
}

pub(crate) fn import(project: &Folder, more: &[&str]) -> (i32, String, String) {
    let file = project.0.join("fixtures/shop/openapi.yaml").display().to_string();
    run(&project.0, &[&["import", &file], more].concat())
}

#[test]
fn what_people_wrote_stays_when_a_changed_description_is_imported_again() {
    let project = shop();
    let read = |file: &str| fs::read_to_string(project.0.join("fixtures/shop").join(file));
    let (exit, stdout, stderr) = import(&project, &["--preview"]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(stdout.ends_with("fixtures for shop from Shop: 4 new\nnothing was written (--preview)\n"), "{stdout}");
    assert!(read("getItem.yaml").is_err());

    import(&project, &[]);
    let (exit, stdout, stderr) = run(&project.0, &["check"]);
    assert_eq!((exit, stdout.as_str()), (0, "4 fixtures in 1 service: no problems\n"), "{stderr}");
    let served = Served::new(&project.0, &[]);
    assert!(served.request("GET /items/31", &[], "").ends_with(r#"{"id":7,"name":"lamp"}"#));
    assert!(served.request("GET /items/31", &["prefer: code=404"], "").starts_with("HTTP/1.1 404"));

    // A value and a comment by hand, a file taken out, and one of a person's own.
    let edited = read("getItem.yaml")
        .unwrap()
        .replace("name: lamp", "name: desk lamp")
        .replace("request:", "# staging\nrequest:");
    project.write("fixtures/shop/getItem.yaml", edited.clone());
    fs::remove_file(project.0.join("fixtures/shop/addItem.yaml")).unwrap();
    project.write("fixtures/shop/list.yaml", "request: { path: /items }\nresponse: { status: 200 }\n");
    let changed = DESCRIPTION
        .replace("required: [id, name]", "required: [id]")
        .replace("id: { type: integer }\n", "id: { type: integer, minimum: 1 }\n")
        .replace(
            "    delete:\n      operationId: clear\n      responses: { \"204\": { description: gone } }\n",
            "    get:\n      operationId: listItems\n      responses: { \"200\": { description: ok } }\n",
        );
    project.write("fixtures/shop/openapi.yaml", changed);
    let (exit, stdout, stderr) = import(&project, &[]);
    assert_eq!(exit, 0, "{stderr}");
    for line in [
        "gone    fixtures/shop/clear.yaml: the description does not have it any more",
        "changed fixtures/shop/getItem.yaml",
        "kept    fixtures/shop/addItem.yaml: deleted by hand",
        "kept    fixtures/shop/listItems.yaml: fixtures/shop/list.yaml asks for the same",
        "fixtures for shop from Shop: 1 changed, 1 gone, 2 kept as they are, 1 up to date",
    ] {
        assert!(stdout.lines().any(|known| known == line), "{line}\n{stdout}");
    }
    let wanted = edited.replace("$.id: integer", "$.id: {type: integer, min: 1}") + "    $.name: {optional: like}\n";
    assert_eq!(read("getItem.yaml").unwrap(), wanted);
    assert!(read("clear.yaml").is_err() && read("addItem.yaml").is_err());

    // Nothing is left to do, until a fixture is asked for by name.
    let memory = read(".imported.json").unwrap();
    let (_, stdout, _) = import(&project, &[]);
    assert!(stdout.ends_with("fixtures for shop from Shop: 2 kept as they are, 2 up to date\n"), "{stdout}");
    assert_eq!(read(".imported.json").unwrap(), memory);
    import(&project, &["--operation", "POST /items"]);
    assert!(read("addItem.yaml").is_ok());
}

#[test]
fn what_cannot_be_imported_says_why() {
    let project = shop();
    let (exit, _, stderr) = import(&project, &["--operation", "getItems"]);
    assert_eq!(exit, 64);
    assert!(stderr.contains("has no operation `getItems`") && stderr.contains("did you mean `getItem`?"), "{stderr}");
    project.write("other.yaml", "hello: world\n");
    let (exit, _, stderr) = run(&project.0, &["import", "other.yaml"]);
    assert_eq!(exit, 64);
    assert!(stderr.contains("other.yaml cannot be imported") && stderr.contains("it has no `openapi`"), "{stderr}");
    project.write("fixtures/shop/.imported.json", "{");
    let (exit, _, stderr) = import(&project, &[]);
    assert_eq!(exit, 64);
    assert!(stderr.contains("fixtures/shop/.imported.json:1:1: this is not what an import has written"), "{stderr}");
}

/// A description with these paths.
fn paths(text: &str) -> String {
    format!("openapi: 3.0.3\ninfo: {{ title: Shop, version: \"1\" }}\npaths:\n{text}")
}

#[test]
fn fixtures_stay_with_their_operations_and_with_their_descriptions() {
    let project = shop();
    let read = |file: &str| fs::read_to_string(project.0.join("fixtures/shop").join(file));
    let users = |path: &str| format!("  {path}: {{ get: {{ responses: {{ \"200\": {{ description: ok }} }} }} }}\n");
    let write = |text: &str| {
        project.write("fixtures/shop/openapi.yaml", paths(text));
    };
    // What is numbered keeps its number, whatever comes before it.
    write(&users("/users/{id}"));
    import(&project, &[]);
    let edited = read("users/get.yaml").unwrap().replace("status: 200", "status: 200 # mine");
    project.write("fixtures/shop/users/get.yaml", edited.clone());
    write(&(users("/v1/users/{id}") + &users("/users/{id}")));
    let (_, stdout, _) = import(&project, &[]);
    assert!(stdout.ends_with("1 new, 1 up to date\n"), "{stdout}");
    assert_eq!(read("users/get.yaml").unwrap(), edited);
    assert!(read("users/get-2.yaml").unwrap().contains("path: /v1/users/{id}"));
    // Nor does it matter which operations are asked for.
    let both = "  /one: { get: { operationId: get, responses: { \"200\": { description: ok }, \"404\": { description: none } } } }\n  /two: { get: { operationId: get-404, responses: { \"200\": { description: ok } } } }\n";
    write(both);
    import(&project, &[]);
    let (_, stdout, _) = import(&project, &["--operation", "get-404"]);
    assert!(stdout.ends_with("1 up to date\n"), "{stdout}");
    // What cannot be made just now is not gone.
    let examples = "  /one: { get: { operationId: get, responses: { \"200\": { description: ok, content: { application/json: { examples: { a: { value: 1 }, \"b\\nc\": { value: 2 } } } } }, \"404\": { description: none } } } }\n";
    write(&(examples.to_owned() + &both[both.find("  /two").unwrap()..]));
    let (_, stdout, _) = import(&project, &[]);
    assert!(!stdout.contains("gone") && stdout.contains("left out: get, example `b"), "{stdout}");
    // Another description takes nothing away.
    project.write("more.yaml", paths(&users("/more")));
    let (_, stdout, stderr) = run(&project.0, &["import", "more.yaml"]);
    assert!(stdout.ends_with("from Shop: 1 new\n"), "{stdout}{stderr}");
    assert_eq!(run(&project.0, &["check"]).0, 1, "it is another description, and the fixture is not in this one");
}

#[test]
fn what_would_spoil_a_file_is_not_written_and_every_file_has_a_place() {
    let project = shop();
    let operation = |body: &str| {
        paths(&format!(
            "  /a: {{ post: {{ operationId: a, responses: {{ \"200\": {{ description: ok{body} }} }} }} }}\n  /b: {{ get: {{ operationId: a.yaml/b, responses: {{ \"204\": {{ description: ok }} }} }} }}\n"
        ))
    };
    project.write("fixtures/shop/openapi.yaml", operation(""));
    let (exit, _, stderr) = import(&project, &[]);
    assert_eq!(exit, 0, "{stderr}");
    let file = project.0.join("fixtures/shop/a.yaml");
    let edited = fs::read_to_string(&file).unwrap() + "  body:\n    text: gone\n";
    project.write("fixtures/shop/a.yaml", edited.clone());
    project.write("fixtures/shop/openapi.yaml", operation(", content: { application/json: { example: { n: 1 } } }"));
    import(&project, &[]);
    assert!(fs::read_to_string(&file).unwrap().contains("text: gone"));
    let (exit, stdout, stderr) = run(&project.0, &["check"]);
    assert!(exit != 2, "{stdout}{stderr}");
}

/// A description of which everything is asked for in its own way: credentials, an exploded list, a form, a file in a part, a
/// text, ranges of media types, and paths of servers.
const OWN_WAYS: &str = r#"openapi: 3.1.0
info: { title: Ways, version: "1" }
servers: [{ url: "https://ways.example/{region}/v1", variables: { region: { default: eu, enum: [eu, us] } } }]
security: [{ token: [] }]
paths:
  /lists:
    get:
      operationId: lists
      parameters: [{ name: ids, in: query, required: true, schema: { type: array, minItems: 2, items: { type: integer } } }]
      responses: { "200": { description: ok, content: { "*/*": { schema: { type: string } } } } }
  /form:
    post:
      operationId: form
      requestBody: { required: true, content: { application/x-www-form-urlencoded: { schema: { type: object, required: [tags], properties: { tags: { type: array, minItems: 2, items: { type: string } } } } } } }
      responses: { "204": { description: ok } }
  /files:
    servers: [{ url: /upload }]
    put:
      operationId: files
      requestBody: { required: true, content: { multipart/form-data: { schema: { type: object, required: [file], properties: { file: { type: string, format: binary } } } } } }
      responses: { "201": { description: ok, content: { application/*+json: { schema: { type: object, required: [id], properties: { id: { type: integer } } } } } } }
  /text:
    put:
      operationId: text
      requestBody: { required: true, content: { "text/*": { schema: { type: string, minLength: 1 } } } }
      responses: { "200": { description: ok, content: { "image/*": {} } } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
"#;

#[test]
fn imported_fixtures_pass_when_the_description_itself_is_the_backend() {
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\nservices: { ways: { openapi: ../../ways.yaml } }\n");
    project.write("ways.yaml", OWN_WAYS);
    let (exit, stdout, stderr) = run(&project.0, &["import", "ways.yaml"]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(stdout.contains("4 new") && stdout.contains("have paths (/eu/v1, /us/v1, /upload)"), "{stdout}");
    let (exit, stdout, stderr) = run(&project.0, &["check"]);
    assert_eq!((exit, stdout.as_str()), (0, "4 fixtures in 1 service: no problems\n"), "{stderr}");
    let file = project.0.join("ways.yaml");
    let described = Served::with_args(&["--openapi", file.to_str().unwrap()]);
    let backend = format!("http://127.0.0.1:{}", described.port);
    let (exit, stdout, stderr) =
        run(&project.0, &["verify", "--backend", &backend, "--openapi", "--allow-writes", "--json"]);
    assert_eq!(exit, 0, "{stdout}{stderr}");
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["summary"]["kept"], 4, "{stdout}");
    assert_eq!(report["notes"].as_array().map(Vec::len), Some(0), "{stdout}");
}

/// openapi-mock #22, apisprout #26, counterfact #636: the path of the document's servers is part of what clients send.
#[test]
fn an_edited_fixture_responds_below_the_paths_of_the_servers() {
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\nservices: { ways: { openapi: ../../ways.yaml } }\n");
    project.write("ways.yaml", OWN_WAYS);
    run(&project.0, &["import", "ways.yaml"]);
    let file = project.0.join("fixtures/ways/lists.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let edited: Vec<&str> =
        text.lines().map(|line| if line.starts_with("    text: ") { "    text: edited" } else { line }).collect();
    fs::write(&file, edited.join("\n")).unwrap();
    let served = Served::new(&project.0, &[]);
    for path in ["", "/eu/v1", "/us/v1"] {
        let response = served.request(&format!("GET {path}/lists?ids=1&ids=2"), &[], "");
        assert!(response.ends_with("\r\n\r\nedited"), "{path} {response}");
    }
    // Elsewhere nobody knows the path.
    assert!(served.request("GET /asia/v1/lists?ids=1&ids=2", &[], "").starts_with("HTTP/1.1 404"));
}

/// Dredd #1325, fastify-openapi-glue #56: a backend may have its paths elsewhere than the document says.
#[test]
fn a_backend_without_the_path_of_the_servers_is_told_of() {
    let project = Folder::new();
    project.write("understudy.yaml", "version: 1\nservices: { ways: { openapi: ../../ways.yaml } }\n");
    project.write("ways.yaml", OWN_WAYS);
    run(&project.0, &["import", "ways.yaml"]);
    let elsewhere = Folder::with_fixtures(&[("x", "request: { path: /eu/v1/x }\nresponse: { status: 204 }\n")]);
    let elsewhere = Served::new(&elsewhere.0, &[]);
    let backend = format!("http://127.0.0.1:{}", elsewhere.port);
    let verify = |backend: &str, fixture: &str| {
        let args = ["verify", ".", "--backend", backend, "--allow-writes", "--json", "--filter", fixture];
        let (exit, stdout, stderr) = run(&project.0, &args);
        assert_eq!(exit, 1, "{stderr}");
        serde_json::from_str::<serde_json::Value>(&stdout).unwrap()["notes"].clone()
    };
    let note = format!(
        "ways: 1 fixture got 404. {backend} does not end with /eu/v1 or /us/v1, a path of the description's servers: give the \
         backend as {backend}/eu/v1, or write `base: /eu/v1` under the service `ways`; if the backend has no /eu/v1, list it \
         under the description's `servers`"
    );
    assert_eq!(verify(&backend, "lists"), serde_json::json!([note]));
    // The operation has a server of its own.
    let note = format!(
        "ways: 1 fixture got 404. {backend} does not end with /upload, the path of the description's server: write `path: \
         /upload/files` in fixtures/ways/files.yaml"
    );
    assert_eq!(verify(&backend, "files"), serde_json::json!([note]));
    assert_eq!(verify(&format!("{backend}/eu/v1"), "lists"), serde_json::json!([]));
}
