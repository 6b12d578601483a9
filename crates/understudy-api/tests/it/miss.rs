//! A request that nobody answered becomes a fixture that answers it.

use crate::folder::{Folder, call, project};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use understudy_api::Engine;

/// A project that is served, and what was asked of it.
struct Asked {
    folder: Folder,
    engine: Arc<Engine>,
    port: u16,
}

impl Asked {
    async fn new(name: &str) -> Self {
        let folder = project(name, 0);
        let engine = Engine::open(&folder.0).await.unwrap();
        let port = call(&engine, "project", json!({})).await["services"][0]["port"].as_u64().unwrap();
        Self { folder, engine, port: port.try_into().unwrap() }
    }

    /// The status of an answer.
    async fn send(&self, request: (&str, &str, &str)) -> u16 {
        let (line, kind, body) = request;
        let text = format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let port = self.port;
        let work = move || {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer.split(' ').nth(1).unwrap().parse().unwrap()
        };
        tokio::task::spawn_blocking(work).await.unwrap()
    }

    /// The text of the fixture that is made of a request.
    async fn made(&self, request: (&str, &str, &str)) -> String {
        // Exchanges are listed a little later, those of the requests before this one too.
        let last = |news: &serde_json::Value| {
            let exchanges = news["exchanges"].as_array().unwrap();
            exchanges.iter().rfind(|row| row["status"] == 404).map(|row| row["id"].clone())
        };
        let known = last(&call(&self.engine, "changes", json!({ "version": 0, "exchange": 0 })).await);
        assert_eq!(self.send(request).await, 404);
        let end = Instant::now() + Duration::from_secs(10);
        let exchange = loop {
            let news = call(&self.engine, "changes", json!({ "version": 0, "exchange": 0 })).await;
            if let Some(exchange) = last(&news).filter(|last| Some(last) != known.as_ref()) {
                break exchange;
            }
            assert!(Instant::now() < end, "it is never listed");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let created = call(&self.engine, "fixture_from", json!({ "exchange": exchange })).await;
        let file = created["file"].as_str().unwrap();
        std::fs::read_to_string(self.folder.0.join("s").join(file)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_asked_for_is_answered_then_secrets_included() {
    let asked = Asked::new("misses").await;
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    for (request, wanted) in [
        (("POST /login", json, "{\"user\":\"ada\",\"password\":\"a secret\"}"), "password: \"{{password}}\""),
        (("POST /enter", form, "user=ada&password=a+secret"), "password: \"{{password}}\""),
        (("GET /items?access_token=a-secret&page=2", json, ""), "access_token: \"{{token}}\""),
        (("GET /bodies/7", json, ""), "path: /bodies/7"),
    ] {
        let text = asked.made(request).await;
        assert!(text.contains(wanted), "{text}");
        assert_eq!(asked.send(request).await, 200, "{text}");
    }
    let another = ("POST /login", json, "{\"user\":\"ada\",\"password\":\"another\"}");
    assert_eq!(asked.send(another).await, 200);
    assert_eq!(asked.send(("POST /login", json, "{\"user\":\"eve\",\"password\":\"a secret\"}")).await, 404);
    asked.engine.close().await;
}
