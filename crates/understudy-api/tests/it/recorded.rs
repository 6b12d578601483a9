//! What recordings say of exchanges.

use crate::folder::{call, project};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use understudy_api::Engine;
use understudy_match::Moment;

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_says_when_its_request_came() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let backend = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 1_024]).unwrap() > 0);
        let came = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
        Moment { unix_millis: u64::try_from(came.as_millis()).unwrap() }
    });
    let folder = project("when", 0);
    let engine = Engine::open(&folder.0).await.unwrap();
    let port = call(&engine, "project", json!({})).await["services"][0]["port"].as_u64().unwrap();
    call(&engine, "record_start", json!({ "service": "s", "backend": address })).await;
    let came = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", u16::try_from(port).unwrap())).unwrap();
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        backend.join().unwrap()
    });
    let came = came.await.unwrap();
    call(&engine, "record_stop", json!({ "service": "s" })).await;
    let har = call(&engine, "inbox_har", json!({})).await["text"].as_str().unwrap().to_owned();
    let began = har.split("\"startedDateTime\": \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(began <= &*format!("{}T{}", came.date(), came.time()), "{began}: the backend had it later");
    engine.close().await;
}
