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
