//! Tests what `verify` compares of a fixture that has several responses or states.

use crate::addresses::{Backend, answer};
use crate::program::{Folder, run};

const JSON: &str = "200 OK\r\ncontent-type: application/json";

/// A healthy backend, whose cart is empty.
fn healthy() -> Backend {
    Backend::new(|path, _| match path.split('?').next().unwrap_or("") {
        "/cart" => answer(JSON, br#"{"items":[]}"#),
        "/down" => answer("503 Service Unavailable", b""),
        _ => answer(JSON, br#"{"a":1}"#),
    })
}

/// Returns the outcome of each fixture, with its reason.
fn outcomes(fixtures: &[(&str, &str)]) -> Vec<String> {
    let (backend, project) = (healthy(), Folder::with_fixtures(fixtures));
    let at = format!("http://127.0.0.1:{}", backend.port);
    let (_, verified, stderr) = run(&project.0, &["verify", "--backend", &at, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&verified).unwrap_or_else(|_| panic!("{verified}{stderr}"));
    let one = |fixture: &serde_json::Value| {
        let reason = fixture["reason"].as_str().map(|why| format!(": {why}")).unwrap_or_default();
        let reason = reason.replace(&at, "http://127.0.0.1:PORT");
        format!("{} {}{reason}", fixture["fixture"].as_str().unwrap(), fixture["outcome"].as_str().unwrap())
    };
    report["fixtures"].as_array().unwrap().iter().map(one).collect()
}

/// wiremock/wiremock issues 625 and 1036, wiremock/WireMock.Net issue 546: the first responses are failures, so that a
/// client's retries can be tested.
#[test]
fn of_a_list_the_first_response_of_a_healthy_backend_is_compared() {
    assert_eq!(
        outcomes(&[
            (
                "failing",
                "request: { path: /x }\nresponse: [{ status: 503 }, { status: 503 }, { body: { json: { a: 1 } } }]\n"
            ),
            ("held", "request: { path: /y }\nresponse: [{ status: 500 }, { body: { json: { b: 1 } } }]\n"),
            (
                "named",
                "request: { path: /down }\nresponse: [{ status: 200 }, { status: 503 }]\nverify: { response: 2 }\n"
            ),
            ("only", "request: { path: /z }\nresponse: [{ status: 503 }, { status: 500 }]\n"),
            ("single", "request: { path: /v }\nresponse: { status: 503 }\n"),
            (
                "stated",
                "request: { path: /w }\nresponse: [{ when: { a: b }, status: 404 }, { body: { json: { a: 1 } } }]\n"
            ),
        ]),
        [
            "failing kept",
            "held broken",
            "named kept",
            "only skipped: all its responses are server errors, which a healthy backend does not send: to compare the first one anyway, write `verify: { response: 1 }`",
            "single broken",
            "stated kept",
        ]
    );
}

/// wiremock/wiremock issues 696 and 1402: the failures of a scenario stand beside what the backend does.
#[test]
fn a_fixture_of_a_state_is_compared_only_if_the_backend_is_in_that_state() {
    let cart = "request: { path: /cart }\nresponse: { body: { json: { items: [] } } }\n";
    let broken = "request: { path: /cart }\nwhen: { cart: broken }\nresponse: { status: 503 }\n";
    assert_eq!(
        outcomes(&[
            ("cart", cart),
            ("broken", broken),
            ("filled", "request: { path: /cart }\nwhen: { cart: [filled, paid], user: known }\nresponse: { status: 404 }\n"),
            ("alone", "request: { path: /alone }\nwhen: { x: y }\nresponse: { body: { json: { a: 1 } } }\n"),
            ("alone-broken", "request: { path: /other }\nwhen: { x: y }\nresponse: { status: 500 }\n"),
            ("named", &format!("{}verify: {{ response: 1 }}\n", broken.replace("/cart", "/down"))),
            ("later", &format!("{}verify: {{ after: cart }}\n", broken.replace("cart:", "later:"))),
            ("given", &format!("{}verify: {{ given: [a broken cart] }}\n", broken.replace("cart:", "given:"))),
            ("parent", "request: { path: /cart, query: { p: \"1\" } }\nwhen: { x: y }\nresponse: { body: { json: { items: [] } } }\n"),
            ("child", "request: { path: /child }\nresponse: { body: { json: { a: 1 } } }\nverify: { after: parent }\n"),
        ]),
        [
            "alone kept",
            "alone-broken skipped: only in state x=y",
            "broken skipped: only in state cart=broken",
            "cart kept",
            "child kept",
            "filled skipped: only in state cart=filled or paid, user=known",
            "given not verifiable: it is given that `a broken cart`, and the backend `http://127.0.0.1:PORT` has no `states` endpoint to be told so",
            "later broken",
            "named kept",
            "parent kept",
        ]
        .map(str::to_owned)
        .to_vec()
    );
}

/// The app, coverage and accept go by the same response: what is accepted changes it, and not the first.
#[test]
fn accepting_changes_the_response_that_was_compared() {
    let backend = healthy();
    let before = "request: { path: /x }\nresponse:\n  - { status: 503 }\n  - { body: { json: { a: one } } }\n";
    let project = Folder::with_fixtures(&[("x", before)]);
    let at = format!("http://127.0.0.1:{}", backend.port);
    let (_, _, stderr) = run(&project.0, &["verify", "--backend", &at, "--accept"]);
    let after = std::fs::read_to_string(project.0.join("fixtures/s/x.yaml")).unwrap();
    assert_eq!(after, before.replace("one", "1"), "{stderr}");
    let (exit, verified, _) = run(&project.0, &["verify", "--backend", &at]);
    assert_eq!(exit, 0, "{verified}");
}
