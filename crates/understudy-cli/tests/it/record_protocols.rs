//! What is spoken on the two sides of a recorder: HTTP/2, over TLS and without, and trailer fields.

use crate::program::{Folder, Served};
use crate::record::{Recorder, project};
use crate::shop::send;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What an HTTP/2 client sends first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

fn stub() -> (Folder, Served) {
    let folder = Folder::with_fixtures(&[
        ("get", "request: { path: /things/7 }\nresponse: { body: { json: { id: 7, name: quill } } }\n"),
        (
            "create",
            "request: { method: POST, path: /things, body: { json: { name: hat } } }\nresponse: { status: 201, body: { json: { id: 8 } } }\n",
        ),
    ]);
    let served = Served::new(&folder.0, &[]);
    (folder, served)
}

/// Stands before a port and tells the first bytes of each connection.
fn overheard(port: u16) -> (u16, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let own = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
            let mut first = [0; PREFACE.len()];
            client.read_exact(&mut first).unwrap();
            server.write_all(&first).unwrap();
            let _ = tell.send(first.to_vec());
            let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut answers, &mut back));
            std::thread::spawn(move || std::io::copy(&mut client, &mut server));
        }
    });
    (own, told)
}

/// Stands before a port, speaks TLS, and tells what was agreed on; its port and its certificate.
fn behind_tls(port: u16) -> (u16, String, Arc<Mutex<Vec<Vec<u8>>>>) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let mut config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let own = listener.local_addr().unwrap().port();
    let agreed = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&agreed);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            listener.set_nonblocking(true).unwrap();
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let Ok(mut client) = acceptor.accept(client).await else { continue };
                let protocol = client.get_ref().1.alpn_protocol().unwrap_or_default().to_vec();
                telling.lock().unwrap().push(protocol);
                let mut server = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
            }
        });
    });
    (own, certificate.pem(), agreed)
}

#[test]
fn a_backend_that_speaks_http_2_is_recorded_over_it() {
    let (_folder, stub) = stub();
    let (port, first_bytes) = overheard(stub.port);
    let project = project(port);
    let mut recorder = Recorder::new(&project.0, &["--backend", &format!("h2c://127.0.0.1:{port}")]);
    for _ in 0..3 {
        let (status, _, body) = send(recorder.port, "GET", "/things/7", &[], "");
        assert_eq!((status, &*body), (200, "{\"id\":7,\"name\":\"quill\"}"));
    }
    let (status, _, body) = send(recorder.port, "POST", "/things", &[], "{\"name\":\"hat\"}");
    assert_eq!((status, &*body), (201, "{\"id\":8}"));
    recorder.says("POST /things 201");
    recorder.end();
    let connections: Vec<Vec<u8>> = first_bytes.try_iter().collect();
    assert_eq!(connections, [PREFACE], "one connection for all of them");
}

#[test]
fn over_tls_http_2_is_agreed_on_but_not_for_what_goes_over_to_another_protocol() {
    let (_folder, stub) = stub();
    let (port, pem, agreed) = behind_tls(stub.port);
    let project = project(1);
    let authorities = project.0.join("authorities.pem");
    fs::write(&authorities, pem).unwrap();
    let recorder = Recorder::trusting(&project.0, &["--backend", &format!("https://localhost:{port}")], &authorities);
    for _ in 0..2 {
        let (status, _, body) = send(recorder.port, "GET", "/things/7", &[], "");
        assert_eq!((status, &*body), (200, "{\"id\":7,\"name\":\"quill\"}"));
    }
    assert_eq!(*agreed.lock().unwrap(), [b"h2"]);
    let asks = ["connection: upgrade", "upgrade: websocket"].map(str::to_owned);
    let (status, _, _) = send(recorder.port, "GET", "/things/7", &asks, "");
    assert_eq!((status, agreed.lock().unwrap().last().unwrap().as_slice()), (200, &b"http/1.1"[..]));
    recorder.end();
}

#[test]
fn trailer_fields_are_passed_on_both_ways() {
    let (tell, told) = channel();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut until_empty_line = || {
            let mut text = Vec::new();
            while !text.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                text.extend(byte);
            }
            String::from_utf8(text).unwrap()
        };
        // The head, and the body with its trailer fields.
        tell.send((until_empty_line(), until_empty_line())).unwrap();
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n4\r\nbody\r\n0\r\nx-sum: answered\r\n\r\n",
        );
    });
    let project = project(port);
    let recorder = Recorder::new(&project.0, &[]);
    let mut stream = TcpStream::connect(("127.0.0.1", recorder.port)).unwrap();
    stream
        .write_all(b"POST /sums HTTP/1.1\r\nhost: x\r\nconnection: close, te\r\nte: trailers\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n5\r\nhello\r\n0\r\nx-sum: asked\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, rest) = told.recv().unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.contains("te: trailers\r\n") && head.contains("trailer: x-sum\r\n"), "{head}");
    assert!(rest.ends_with("0\r\nx-sum: asked\r\n\r\n"), "{rest}");
    assert!(answer.ends_with("0\r\nx-sum: answered\r\n\r\n"), "{answer}");
    recorder.end();
}
