//! Responses to requests that nothing matches, over the wire.

use crate::program::{Folder, Served};
use crate::reload::eventually;

fn project() -> Folder {
    let folder = Folder::new();
    folder.write("understudy.yaml", "version: 1\nservices:\n  app: { base: /web/api }\n  users: {}\n  bare: {}\n");
    folder.write("fixtures/app/get.yaml", "request: { path: '/customers/{id}' }\nresponse: {}\n");
    folder.write("fixtures/users/get.yaml", "request: { path: '/users/{id}' }\nresponse: {}\n");
    folder.write("fixtures/users/rest.yaml", "request: { path: '/{*rest}', query: { all: 1 } }\nresponse: {}\n");
    folder.write("fixtures/bare/.keep", "");
    folder
}

// hibri/HttpMock #100, stoplightio/studio #448 and stoplightio/elements #1435: the base is missing, or there twice.
#[test]
fn a_miss_names_the_mistake_in_the_path() {
    let folder = project();
    let mut served = Served::new(&folder.0, &[]);
    for (line, slip) in [
        ("GET /customers/1", "the request's path does not begin with the service's `base`, /web/api"),
        ("GET /web/api/web/api/customers/1", "the service's `base`, /web/api, is there twice"),
        ("GET //web/api/customers/1", "a slash too many in front"),
        ("GET /web/api/Customers/1", "/customers is sent in another case"),
    ] {
        let response = served.request(line, &[], "");
        let expected = format!("; {slip})");
        assert!(response.contains("404 Not Found") && response.contains(&expected), "{line}\n{response}");
        assert!(response.contains(&format!("\"slip\":\"{slip}\"")), "{response}");
        // The log has the mistake, and nothing of the request.
        let mut logged = served.line();
        while !logged.contains("\"event\":\"request\"") {
            logged = served.line();
        }
        assert!(logged.contains(&format!("nearest: get (path; {slip})")), "{logged}");
    }
}

#[test]
fn a_miss_names_the_service_that_answers_the_request() {
    let folder = project();
    let served = Served::new(&folder.0, &[]);
    let response = served.request("GET /users/7", &[], "");
    assert!(response.contains("no fixture of this service is near; the service `users` at http://localhost:"));
    assert!(response.contains("answers this request (get)\""), "{response}");
    let response = served.request("DELETE /users/7", &[], "");
    assert!(response.contains("has this path (get)\"") && response.contains("\"has_path\":\"get\""), "{response}");
    // A path of parameters alone says nothing about whom a request was meant for.
    let response = served.request("GET /nothing?all=1", &[], "");
    assert!(response.contains("\"detail\":\"no fixture is near\""), "{response}");
}

/// wiremock/wiremock #369 and #709: a client that keeps another server's port. WireMock #530 and node-mocks-http #16: the
/// report of a miss leaves open which server it is about.
#[test]
fn a_miss_names_the_service_that_has_the_path_below_its_own_base() {
    let folder = Folder::new();
    folder.write("fixtures/orders/get.yaml", "request: { path: '/orders/{id}' }\nresponse: {}\n");
    folder.write("fixtures/orders/any.yaml", "request: { path: '/{any}' }\nresponse: {}\n");
    folder.write("fixtures/users/get.yaml", "request: { path: '/users/{id}', query: { all: 1 } }\nresponse: {}\n");
    folder.write("fixtures/shop/get.yaml", "request: { path: /carts }\nresponse: {}\n");
    for (served, line, words) in [
        // Another service's port, and no base.
        ("users", "GET /orders/7", "the service `orders` at URL answers this request at /api/v2/orders/7 (get)"),
        ("users", "PUT /orders/7", "the service `orders` at URL has this path as /api/v2/orders/7 (get)"),
        // The base of the service that was sent to, in front of the path of another one.
        ("shop", "GET /shop/users/7?all=1", "the service `users` at URL answers this request at /users/7 (get)"),
        (
            "shop",
            "GET /shop/orders/a%20b",
            "the service `orders` at URL answers this request at /api/v2/orders/a%20b (get)",
        ),
        // As it was sent.
        ("shop", "GET /api/v2/orders/7", "the service `orders` at URL answers this request (get)"),
        // A path of parameters alone says nothing about whom a request was meant for.
        ("users", "GET /nothing", ""),
    ] {
        let others = ["orders", "users", "shop"].into_iter().filter(|name| *name != served);
        let services: Vec<&str> = std::iter::once(served).chain(others).collect();
        let mut text = "version: 1\nservices:\n".to_owned();
        for service in services {
            let base = match service {
                "orders" => "/api/v2",
                "shop" => "/shop",
                _ => "''",
            };
            text += &format!("  {service}: {{ base: {base} }}\n");
        }
        folder.write("understudy.yaml", text);
        let response = Served::new(&folder.0, &[]).request(line, &[], "");
        let url = response.split("\"url\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        if words.is_empty() {
            assert!(response.contains("\"detail\":\"no fixture is near\""), "{line}\n{response}");
            continue;
        }
        let words = words.replace("URL", url);
        assert!(response.contains(&format!("\"service\":\"{served}\"")), "{line}\n{response}");
        assert!(response.contains(&format!("no fixture of this service is near; {words}\"")), "{line}\n{response}");
        let path = words.split_once(" at /").or(words.split_once(" as /")).map(|(_, path)| path.replace(" (get)", ""));
        assert!(path.is_none_or(|path| response.contains(&format!("\"path\":\"/{path}\""))), "{line}\n{response}");
    }
}

/// The path of a description's server may be shorter than the base of the service.
#[test]
fn a_miss_below_the_path_of_a_server_names_other_services() {
    let folder = Folder::new();
    let services = "s: { base: /a/b/c, openapi: api.yaml }\n  t: { base: /q }";
    folder.write("understudy.yaml", format!("version: 1\nservices:\n  {services}\n"));
    let description = "openapi: 3.0.3\ninfo: { title: t, version: '1' }\nservers: [{ url: 'https://x.example/v1' }]\n\
                       paths: { /other: { get: { responses: { '200': { description: x } } } } }\n";
    folder.write("fixtures/s/api.yaml", description);
    folder.write("fixtures/s/x.yaml", "request: { path: /x, query: { a: '1' } }\nresponse: {}\n");
    folder.write("fixtures/t/x.yaml", "request: { path: /x }\nresponse: {}\n");
    let served = Served::new(&folder.0, &[]);
    for path in ["/v1/x", "/a/b/c/x"] {
        let response = served.request(&format!("GET {path}"), &[], "");
        assert!(response.contains("nearest: x (query a: expected 1, received (nothing))"), "{response}");
        assert!(response.contains("answers this request at /q/x (x)"), "{response}");
    }
}

/// WireMock #225 and #1025: one bad file stopped the server, and its name was not in the message. gstroup/apimocker #21: a
/// missing file crashed it at the first request.
#[test]
fn bad_files_are_named_and_take_no_good_ones_down() {
    let folder = Folder::with_fixtures(&[("good", "request: { path: /good }\nresponse: {}\n")]);
    for (file, text, told) in [
        ("a.json", "{ \"request\": { \"path\": \"/a\" }", "fixtures/s/a.json:1:30: not JSON: the text ends too early"),
        (
            "b.yaml",
            "request: { path: /b }\nresponse: { body: { file: bodies/none.json } }\n",
            "fixtures/s/b.yaml:2:27: there is no file `bodies/none.json`",
        ),
        ("c.yaml", "request: { path: /c }\n", "fixtures/s/c.yaml:1:1: a fixture needs a `response`"),
    ] {
        folder.write(&format!("fixtures/s/{file}"), text);
        let served = Served::new(&folder.0, &[]);
        assert!(served.request("GET /good", &[], "").starts_with("HTTP/1.1 200 "));
        let response = served.request("GET /missing/path", &[], "");
        assert!(response.contains(&format!("1 file of the project has errors: {told}")), "{response}");
        std::fs::remove_file(folder.0.join("fixtures/s").join(file)).unwrap();
    }
}

#[test]
fn a_miss_names_files_with_errors_until_they_have_none() {
    let folder = project();
    let served = Served::new(&folder.0, &[]);
    folder.write("fixtures/users/bad.yaml", "request: { path: /teams }\nrespons: {}\n");
    eventually(&served, "GET /nothing", "1 file of the project has errors: fixtures/users/bad.yaml:2:1: `respons`");
    folder.write("fixtures/app/bad.yaml", "request: { path: /web }\nrespons: {}\n");
    // Errors in the files of the service itself come first.
    eventually(&served, "GET /nothing", "2 files of the project have errors; the first: fixtures/app/bad.yaml:2:1");
    let response = served.request("GET /nothing", &[], "");
    assert!(
        response.contains("no fixture is near (files with errors are left out)")
            && response.contains("\"errors\":{\"files\":2")
    );
    folder.write("fixtures/app/bad.yaml", "request: { path: /web }\nresponse: {}\n");
    folder.write("fixtures/users/bad.yaml", "request: { path: /teams }\nresponse: {}\n");
    eventually(&served, "GET /nothing", "\"detail\":\"no fixture is near\"");
    folder.write("understudy.yaml", "version: [");
    eventually(&served, "GET /nothing", "1 file of the project has errors: understudy.yaml");
    let response = served.request("GET /nothing", &[], "");
    assert!(!response.contains("\"files\":2"), "{response}");
}

#[test]
fn a_service_without_fixtures_says_so() {
    let folder = project();
    let served = Served::new(&folder.0, &["--service", "bare"]);
    let response = served.request("GET /users/7", &[], "");
    assert!(response.contains("\"detail\":\"the service has no fixtures\""), "{response}");
}
