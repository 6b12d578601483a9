//! Tests what a page gets that calls a backend through Understudy: the page may read every response, and a browser learns
//! nothing that is only true of the backend's own address.

use crate::addresses::{Backend, answer};
use crate::program::{Folder, Served};

const PAGE: &str = "origin: http://localhost:3000";

/// Header fields of backends, from bug reports, by path.
fn reported(path: &str, port: u16) -> Vec<u8> {
    match path {
        // mitre/HTTP-Proxy-Servlet issue 80, bluedotimpact/bluedot pull request 1186: the proxy and the backend both send them.
        "/twice" => answer(
            "200 OK\r\naccess-control-allow-origin: https://app.example.com\r\naccess-control-allow-origin: *\r\n\
             access-control-allow-credentials: false\r\naccess-control-expose-headers: x-a\r\nx-total: 3",
            b"{}",
        ),
        // Esri/resource-proxy issue 491, http-party/node-http-proxy issue 1543, github/secure_headers issue 348.
        "/secure" => answer(
            &format!(
                "200 OK\r\nstrict-transport-security: max-age=63072000\r\nalt-svc: h3=\":443\"\r\n\
                 content-security-policy: default-src 'self' 127.0.0.1:{port}; upgrade-insecure-requests\r\n\
                 cross-origin-resource-policy: same-origin"
            ),
            b"{}",
        ),
        "/refused" => answer("500 Internal Server Error\r\naccess-control-allow-origin: https://app.example.com", b""),
        _ => Vec::new(),
    }
}

/// A service in a mode before a backend, with a fixture for every request that another test sends.
fn in_mode(mode: &str, backend: &Backend) -> (Folder, Served) {
    let folder = Folder::with_fixtures(&[(
        "closed",
        "request: { method: ANY, path: \"/{*rest}\", headers: { x-closed: \"yes\" } }\nresponse: { status: 401 }\n",
    )]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    folder.write(
        "understudy.yaml",
        format!("version: 1\nservices:\n  s: {{ mode: {mode}, backends: {{ real: {{ url: \"{url}\" }} }} }}\n"),
    );
    let served = Served::new(&folder.0, &[]);
    (folder, served)
}

/// The lines of a response's head that are about who may read it, and what a browser learns.
fn about_the_page(response: &str) -> Vec<&str> {
    let head = response.split("\r\n\r\n").next().unwrap_or("");
    let names = ["access-control-", "vary", "strict-", "alt-svc", "content-security-", "cross-origin-", "HTTP/"];
    let mut lines: Vec<&str> = head.lines().filter(|line| names.iter().any(|name| line.starts_with(name))).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_page_may_read_every_response_in_every_mode() {
    let backend = Backend::new(reported);
    for mode in ["passthrough", "fallback", "record"] {
        let (_folder, served) = in_mode(mode, &backend);
        let ask = |line: &str, fields: &[&str]| served.request(line, fields, "");
        assert_eq!(
            about_the_page(&ask("GET /twice", &[PAGE])),
            [
                "HTTP/1.1 200 OK",
                "access-control-allow-credentials: true",
                "access-control-allow-origin: http://localhost:3000",
                "access-control-expose-headers: x-total",
                "vary: origin"
            ],
            "{mode}"
        );
        // A browser may keep this one for a page.
        assert_eq!(about_the_page(&ask("GET /twice", &[])), ["HTTP/1.1 200 OK", "vary: origin"], "{mode}");
        for (target, status) in [("/refused", "500 Internal Server Error"), ("/gone", "502 Bad Gateway")] {
            let response = ask(&format!("GET {target}"), &[PAGE]);
            let expected = [
                format!("HTTP/1.1 {status}"),
                "access-control-allow-credentials: true".to_owned(),
                "access-control-allow-origin: http://localhost:3000".to_owned(),
                "vary: origin".to_owned(),
            ];
            assert_eq!(about_the_page(&response), expected, "{mode}");
        }
    }
}

#[test]
fn a_browser_learns_nothing_that_is_true_of_the_backends_address_alone() {
    let backend = Backend::new(reported);
    for mode in ["passthrough", "fallback", "record"] {
        let (_folder, served) = in_mode(mode, &backend);
        let response = served.request("GET /secure", &[PAGE], "");
        let policy: Vec<&str> =
            about_the_page(&response).into_iter().filter(|line| !line.starts_with("access-control-")).collect();
        assert_eq!(
            policy,
            [
                "HTTP/1.1 200 OK",
                "content-security-policy: default-src 'self' localhost",
                "cross-origin-resource-policy: cross-origin",
                "vary: origin"
            ],
            "{mode}"
        );
    }
}

/// MockyAbstract/Mocky issue 21, mock-server/mockserver issue 539, pact-foundation/pact-mock_service issue 67.
#[test]
fn a_preflight_is_answered_before_fixtures_and_before_the_backend() {
    let backend = Backend::new(reported);
    let fields = [
        PAGE,
        "access-control-request-method: PATCH",
        "access-control-request-headers: authorization,x-closed",
        "access-control-request-private-network: true",
        "x-closed: yes",
    ];
    for mode in ["mock", "passthrough", "fallback", "record"] {
        let (_folder, served) = in_mode(mode, &backend);
        let response = served.request("OPTIONS /pets", &fields, "");
        assert_eq!(
            about_the_page(&response),
            [
                "HTTP/1.1 204 No Content",
                "access-control-allow-credentials: true",
                "access-control-allow-headers: authorization,x-closed",
                "access-control-allow-methods: PATCH",
                "access-control-allow-origin: http://localhost:3000",
                "access-control-allow-private-network: true",
                "access-control-max-age: 600",
                "vary: origin, access-control-request-method, access-control-request-headers",
            ],
            "{mode}"
        );
        assert!(backend.seen.lock().unwrap().is_empty(), "{mode}");
    }
}

#[test]
fn a_fixture_that_says_options_answers_a_preflight() {
    let folder = Folder::with_fixtures(&[
        ("closed", "request: { method: ANY, path: \"/{*rest}\" }\nresponse: { status: 401 }\n"),
        (
            "pets",
            "request: { method: OPTIONS, path: \"/pets/{id}\" }\nresponse: { status: 200, headers: { x-own: \"1\" } }\n",
        ),
    ]);
    let served = Served::new(&folder.0, &[]);
    let response = served.request("OPTIONS /pets/7", &[PAGE, "access-control-request-method: PUT"], "");
    assert!(response.starts_with("HTTP/1.1 200 OK") && response.contains("x-own: 1"), "{response}");
    assert!(response.contains("access-control-allow-origin: http://localhost:3000"), "{response}");
    // A catch-all is readable too.
    let response = served.request("GET /orders", &[PAGE], "");
    assert!(response.starts_with("HTTP/1.1 401"), "{response}");
    assert!(response.contains("access-control-allow-origin: http://localhost:3000"), "{response}");
}

/// wiremock/wiremock issues 937 and 2414: HEAD is what GET would be, without its body, and nothing changes.
#[test]
fn head_gets_what_get_would_get_and_takes_no_turn() {
    let folder = Folder::with_fixtures(&[
        ("closed", "request: { method: ANY, path: \"/{*rest}\" }\nresponse: { status: 401 }\n"),
        ("seen", "when: { seen: \"1\" }\nrequest: { path: /seen }\nresponse: { status: 202 }\n"),
        (
            "turns",
            "request: { path: /turns }\nselect: in_order\nresponse:\n  - { headers: { x-turn: \"1\" }, set: { seen: \"1\" } }\n  \
             - { headers: { x-turn: \"2\" } }\n",
        ),
        (
            "own",
            "request: { method: HEAD, path: /own }\nselect: in_order\nresponse: [{ status: 404 }, { status: 200 }]\n",
        ),
    ]);
    let mut served = Served::new(&folder.0, &[]);
    let mut ask = |line: &str| {
        let response = served.request(line, &[], "");
        let turn = response.lines().find_map(|line| line.strip_prefix("x-turn: ")).unwrap_or("-");
        let log = served.line();
        let set = log.split("\"set\":").nth(1).and_then(|rest| rest.split(",\"status\"").next()).unwrap_or("");
        format!("{} {turn} {set}", &response[9..12])
    };
    for (line, expected) in [
        ("HEAD /turns", "200 1 null"),
        ("HEAD /turns", "200 1 null"),
        ("GET /seen", "401 - null"),
        ("GET /turns", "200 1 {\"seen\":\"1\"}"),
        ("GET /seen", "202 - null"),
        ("HEAD /turns", "200 2 null"),
        ("HEAD /elsewhere", "401 - null"),
        // A fixture of HEAD itself takes turns.
        ("HEAD /own", "404 - null"),
        ("HEAD /own", "200 - null"),
    ] {
        assert_eq!(ask(line), expected, "{line}");
    }
}

/// CVE-2025-24010 (Vite): a development server let any site read its responses, and responded under any host name.
#[test]
fn other_sites_and_unknown_hosts_do_not_reach_a_backend_and_are_told_what_to_write() {
    let backend = Backend::new(|_, _| answer("200 OK", b"STAGE"));
    for mode in ["passthrough", "fallback", "record"] {
        let (_folder, served) = in_mode(mode, &backend);
        let before = backend.seen.lock().unwrap().len();
        let page = "write `cors: { origins: [https://evil.example] }` at the service `s` in understudy.yaml";
        for (line, fields, told) in [
            ("GET /me", &["origin: https://evil.example"][..], page),
            ("GET /me", &["origin: https://evil.example", "x-closed: yes"], page),
            ("POST /me", &["origin: https://evil.example", "content-type: text/plain"], page),
            (
                "OPTIONS /me",
                &[
                    "origin: https://evil.example",
                    "access-control-request-method: DELETE",
                    "access-control-request-private-network: true",
                ],
                page,
            ),
            ("GET /me", &["origin: null"], "open the page from http://localhost instead"),
            (
                "GET /me",
                &["sec-fetch-site: cross-site", "sec-fetch-mode: navigate"],
                "enter the address in the browser",
            ),
            ("GET /me", &["sec-fetch-site: cross-site", "referer: https://evil.example/"], page),
            ("GET /me", &["host: rebound.example:4010"], "write `hosts: [rebound.example]` at the service `s`"),
        ] {
            let response = served.request(line, fields, "");
            assert!(response.starts_with("HTTP/1.1 403 ") && response.contains(told), "{mode}: {response}");
            assert!(!response.contains("access-control-") && !response.contains("STAGE"), "{mode}: {response}");
        }
        assert_eq!(backend.seen.lock().unwrap().len(), before, "{mode}");
        for fields in [&[][..], &[PAGE], &["origin: http://127.0.0.1:3000", "sec-fetch-site: cross-site"]] {
            let response = served.request("GET /me", fields, "");
            assert!(response.starts_with("HTTP/1.1 200 ") && response.ends_with("STAGE"), "{mode}: {response}");
        }
    }
}

#[test]
fn listed_pages_and_hosts_reach_a_backend_and_a_service_without_one_responds_to_all() {
    let backend = Backend::new(|_, _| answer("200 OK", b"STAGE"));
    let folder = Folder::with_fixtures(&[("stub", "request: { path: /stub }\nresponse: {}\n")]);
    let evil = ["host: evil.example", "origin: https://evil.example", "sec-fetch-site: cross-site"];
    let stub = Served::new(&folder.0, &[]).request("GET /stub", &evil, "");
    assert!(stub.contains("access-control-allow-origin: https://evil.example\r\n"), "{stub}");
    let url = format!("http://127.0.0.1:{}", backend.port);
    folder.write(
        "understudy.yaml",
        format!(
            "version: 1\nservices:\n  s:\n    mode: passthrough\n    cors: {{ origins: [https://app.example.com] }}\n    hosts: [shop.test]\n    backends: {{ b: {{ url: '{url}' }} }}\n"
        ),
    );
    let served = Served::new(&folder.0, &[]);
    for (fields, origin) in [
        (&["origin: https://app.example.com"][..], "https://app.example.com"),
        (&["host: shop.test:80", "origin: http://shop.test:5173"], "http://shop.test:5173"),
    ] {
        let response = served.request("GET /me", fields, "");
        let granted = format!("access-control-allow-origin: {origin}\r\n");
        assert!(response.contains(&granted) && response.ends_with("STAGE"), "{response}");
    }
    let refused = served.request("GET /me", &["origin: https://evil.example"], "");
    assert!(refused.contains("add https://evil.example to `cors: { origins: [...] }`"), "{refused}");
}

/// RFC 9112, section 3.2, and RFC 9110, section 9.3.6.
#[test]
fn a_request_without_one_host_or_for_a_tunnel_does_not_reach_a_backend() {
    let backend = Backend::new(|_, _| answer("200 OK", b"STAGE"));
    for mode in ["passthrough", "fallback", "record"] {
        let (_folder, served) = in_mode(mode, &backend);
        for (request, status) in [
            ("GET /a HTTP/1.1\r\nconnection: close\r\n\r\n", "400"),
            ("GET /a HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\nconnection: close\r\n\r\n", "400"),
            ("CONNECT localhost:443 HTTP/1.1\r\nhost: localhost:443\r\nconnection: close\r\n\r\n", "501"),
            ("POST /a HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "400"),
        ] {
            let response = served.raw(request);
            assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{mode} {request}: {response}");
            assert!(response.contains("content-type: application/problem+json"), "{mode} {request}: {response}");
        }
        assert!(served.raw("GET /a HTTP/1.0\r\n\r\n").ends_with("STAGE"), "{mode}");
    }
}

/// gatling/gatling issue 2279, mountebank-testing/mountebank issue 132: proxies lose the end of chunked bodies.
#[test]
fn a_body_that_is_not_framed_by_the_rules_is_the_clients_mistake_in_every_mode() {
    let backend = Backend::new(reported);
    let wrong = ["zz\r\nhello\r\n", "5\r\nhello\r\nzz\r\n", "5\r\nhelloXX0\r\n\r\n", "ffffffffffffffffff\r\nhello"];
    for mode in ["mock", "passthrough", "fallback", "record"] {
        let (_folder, mut served) = in_mode(mode, &backend);
        for body in wrong {
            let head = "POST /twice HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
            let response = served.raw(format!("{head}{body}"));
            assert!(response.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{mode} {body:?}: {response}");
            let line = served.line();
            assert!(
                line.contains("\"answered\":\"server\"") && line.contains("\"detail\":\"body broken\""),
                "{mode}: {line}"
            );
        }
    }
}
