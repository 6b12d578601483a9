//! The app over HTTP: who may ask, and what pages may load.

use crate::folder::project;
use bytes::Bytes;
use std::io::{Read, Write};
use std::net::TcpStream;
use understudy_api::{App, COMMANDS, Code, Engine, UiServer, serve_ui};

fn assets(path: &str) -> Option<Bytes> {
    (path == "index.html").then(|| Bytes::from_static(b"<meta name=\"style-nonce\" content=\"__NONCE__\">"))
}

/// The port and the token of a URL.
fn parts(server: &UiServer) -> (u16, String) {
    let (address, token) = server.address.url.split_once("/#").unwrap();
    (address.rsplit(':').next().unwrap().parse().unwrap(), token.to_owned())
}

async fn ask(port: u16, head: String, body: &'static str) -> String {
    let work = move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        write!(stream, "{head}connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_a_page_of_the_app_with_its_token_gets_an_answer() {
    let folder = project("who", 0);
    let server = serve_ui(Engine::open(&folder.0).await.unwrap(), assets, 0).await.unwrap();
    let (port, token) = parts(&server);
    let post = |host: &str, more: &str| format!("POST /command/project HTTP/1.1\r\nhost: {host}\r\n{more}");
    let own = format!("localhost:{port}");
    let bearer = format!("authorization: Bearer {token}\r\n");
    for (head, wanted) in [
        (post(&own, &bearer), "200"),
        (post(&format!("127.0.0.1:{port}"), &format!("{bearer}origin: http://127.0.0.1:{port}\r\n")), "200"),
        (post(&format!("[::1]:{port}"), &bearer), "200"),
        (post(&own, ""), "401"),
        (post(&own, "authorization: Bearer \r\n"), "401"),
        (post(&own, &format!("authorization: Bearer {}x\r\n", &token[1..])), "401"),
        (post(&format!("evil.example:{port}"), &bearer), "403"),
        (post(&format!("localhost.evil.example:{port}"), &bearer), "403"),
        (post("localhost", &bearer), "403"),
        (post(&own, &format!("{bearer}origin: http://evil.example\r\n")), "403"),
        (post(&own, &format!("{bearer}origin: https://localhost:{port}\r\n")), "403"),
        (post(&own, &format!("{bearer}origin: null\r\n")), "403"),
        ("GET / HTTP/1.1\r\nhost: evil.example\r\n".to_owned(), "403"),
        (format!("GET /command/project HTTP/1.1\r\nhost: {own}\r\n{bearer}"), "404"),
        (format!("OPTIONS /command/project HTTP/1.1\r\nhost: {own}\r\n"), "404"),
        (format!("GET /../Cargo.toml HTTP/1.1\r\nhost: {own}\r\n"), "404"),
    ] {
        let answer = ask(port, head.clone(), "{}").await;
        assert_eq!(answer.split(' ').nth(1), Some(wanted), "{head}{answer}");
        assert!(!answer.to_ascii_lowercase().contains("access-control"), "{answer}");
    }
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_for_the_token() {
    let folder = project("once", 0);
    let server = serve_ui(Engine::open(&folder.0).await.unwrap(), assets, 0).await.unwrap();
    let (port, token) = parts(&server);
    let code: &'static str = server.address.once_url.split_once("/#once-").unwrap().1.to_owned().leak();
    assert_ne!(code, token);
    let head = format!("POST /command/token HTTP/1.1\r\nhost: localhost:{port}\r\n");
    assert!(ask(port, head.clone(), "x").await.starts_with("HTTP/1.1 401"));
    let long: &'static str = "x".repeat(1_001).leak();
    assert!(ask(port, head.clone(), long).await.starts_with("HTTP/1.1 413"));
    assert!(ask(port, head.clone(), code).await.ends_with(&format!("\r\n\r\n\"{token}\"")));
    assert!(ask(port, head, code).await.starts_with("HTTP/1.1 401"));
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_load_only_their_own_files() {
    let folder = project("csp", 0);
    let server = serve_ui(Engine::open(&folder.0).await.unwrap(), assets, 0).await.unwrap();
    let (port, _) = parts(&server);
    let get = || ask(port, format!("GET / HTTP/1.1\r\nhost: localhost:{port}\r\n"), "");
    let (first, second) = (get().await, get().await);
    let nonce = |answer: &str| answer.split("content=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_ne!(nonce(&first), nonce(&second));
    let policy = first.lines().find(|line| line.starts_with("content-security-policy:")).unwrap();
    assert!(policy.contains("default-src 'none'; script-src 'self'; "), "{policy}");
    assert!(policy.contains(&format!("'nonce-{}'", nonce(&first))) && !policy.contains("unsafe"), "{policy}");
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_fixture_files_of_the_service_can_be_read_and_written() {
    let folder = project("files", 0);
    let app = App::open(&folder.0).await.unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.0.join("outside.yaml"), folder.0.join("s/link.yaml")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&folder.0, folder.0.join("s/up")).unwrap();
    let files = [
        "../outside.yaml",
        "/etc/passwd",
        "a.txt",
        "",
        ".hidden.yaml",
        "x/../../outside.yaml",
        "link.yaml",
        "up/outside.yaml",
    ];
    for file in files {
        let request =
            serde_json::json!({ "service": "s", "file": file, "text": "x", "base": null, "typed": true }).to_string();
        for command in ["fixture", "fixture_save", "fixture_delete", "fixture_duplicate"] {
            let error = app.call(command, request.as_bytes()).await.unwrap_err();
            assert_eq!(error.code, Code::Usage, "{command} {file}: {error}");
        }
    }
    assert_eq!(std::fs::read_to_string(folder.0.join("outside.yaml")).unwrap(), "request: { path: /outside }\n");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_a_command_does_not_take_is_refused_in_words() {
    let folder = project("words", 0);
    let app = App::open(&folder.0).await.unwrap();
    for command in COMMANDS {
        let error = app.call(command, b"[").await.unwrap_err();
        assert!(error.message.starts_with(&format!("`{command}` does not take that")), "{error}");
    }
    assert_eq!(app.call("nothing", b"{}").await.unwrap_err().message, "there is no command `nothing`");
    app.close().await;
}
