//! Bodies in content codings, from a mock and from a backend that is recorded: they are read everywhere, and without secrets.

use crate::folder::{call, project};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use understudy_api::Engine;
use understudy_net::coding::Coding;

/// A backend that answers one request with a coding that nobody knows.
fn backend() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // All that comes, until the other side waits.
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        while stream.read(&mut [0; 1_024]).is_ok_and(|count| count > 0) {}
        let answer = "HTTP/1.1 200 OK\r\ncontent-encoding: rot13\r\ncontent-length: 15\r\nconnection: close\r\n\r\nunknown-planted";
        stream.write_all(answer.as_bytes()).unwrap();
    });
    port
}

async fn post(port: u64, coding: &'static str, body: Vec<u8>) -> String {
    let work = move || {
        let mut stream = TcpStream::connect(("127.0.0.1", u16::try_from(port).unwrap())).unwrap();
        let length = body.len();
        let head = format!(
            "POST /login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-encoding: {coding}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// The ids of all exchanges, once there are so many.
async fn ids(engine: &Engine, count: usize) -> Vec<u64> {
    loop {
        let news = call(engine, "changes", json!({ "version": 0, "exchange": 0 })).await;
        let ids: Vec<u64> =
            news["exchanges"].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect();
        if ids.len() >= count {
            return ids;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn request_body(engine: &Engine, id: u64) -> (Value, String) {
    let body = call(engine, "exchange_body", json!({ "id": id, "side": "request", "whole": false })).await;
    (body["kind"].clone(), body["text"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_in_content_codings_are_read_everywhere_and_without_secrets() {
    let folder = project("coded", 0);
    let engine = Engine::open(&folder.0).await.unwrap();
    let port = call(&engine, "project", json!({})).await["services"][0]["port"].as_u64().unwrap();
    let sent = Coding::Gzip.encode(br#"{"user":"rex","password":"planted-1"}"#).to_vec();
    assert!(post(port, "gzip", sent.clone()).await.contains("404"));
    assert!(post(port, "rot13", b"unknown-planted".to_vec()).await.contains("404"));
    let address = format!("http://127.0.0.1:{}", backend());
    call(&engine, "record_start", json!({ "service": "s", "backend": address })).await;
    assert!(post(port, "gzip", sent).await.ends_with("unknown-planted"));
    call(&engine, "record_stop", json!({ "service": "s" })).await;

    let ids = ids(&engine, 3).await;
    for id in [ids[0], ids[2]] {
        let (kind, text) = request_body(&engine, id).await;
        assert!(kind == "json" && text.contains("\"user\": \"rex\""), "{kind} {text}");
        let curl = call(&engine, "exchange_curl", json!({ "id": id })).await.to_string();
        assert!(curl.contains("rex") && !curl.contains("content-encoding"), "{curl}");
        let view = call(&engine, "exchange", json!({ "id": id })).await;
        assert!(view["request_headers"].to_string().contains("content-encoding"), "as it was sent: {view}");
    }
    let file = call(&engine, "export_traffic", json!({ "exchanges": ids })).await["file"].clone();
    let file = std::path::PathBuf::from(file.as_str().unwrap());
    let archive = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    assert!(!archive.contains("planted") && !archive.contains("base64"), "{archive}");
    let bodies = archive.matches(r#"\":\"redacted-password-1"#).count();
    assert_eq!(bodies, 2, "{archive}");
    assert!(archive.contains("a body in the coding `rot13` is not kept"), "{archive}");

    // The journal has them too.
    engine.close().await;
    let engine = Engine::open(&folder.0).await.unwrap();
    let ids = self::ids(&engine, 3).await;
    for (id, kind_wanted) in ids.iter().zip(["json", "none", "json"]) {
        let (kind, text) = request_body(&engine, *id).await;
        assert!(kind == kind_wanted && !text.contains("planted"), "{kind} {text}");
    }
    engine.close().await;
}
