//! What is spoken on the two sides of a recorder: HTTP/2, over TLS and without, trailer fields, and WebSockets.

use crate::program::{Folder, Served, run};
use crate::record::{Recorder, backend, bytes_of, holds, project};
use crate::shop::send;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
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

/// A backend that says something before its answers, and goes on when it is told to.
fn hinting() -> (u16, Sender<()>) {
    let (go_on, told) = channel();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let (mut lines, mut answers) = (BufReader::new(stream.try_clone().unwrap()).lines(), stream);
        let mut asked = || lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).count() > 0;
        while asked() {
            answers.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\nkeep-alive: timeout=5\r\n\r\n").unwrap();
            told.recv().unwrap();
            answers
                .write_all(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody")
                .unwrap();
        }
    });
    (port, go_on)
}

fn hears_hints(port: u16, go_on: &Sender<()>) {
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut answers = BufReader::new(client.try_clone().unwrap());
    let mut head = || {
        let mut text = String::new();
        while !text.ends_with("\r\n\r\n") {
            assert!(answers.read_line(&mut text).unwrap() > 0, "{text}");
        }
        let body = if text.contains("content-length: 4") { 4 } else { 0 };
        answers.read_exact(&mut [0; 4][..body]).unwrap();
        text
    };
    for version in ["1.1", "1.1", "1.0"] {
        write!(client, "GET / HTTP/{version}\r\nhost: localhost\r\n\r\n").unwrap();
        if version == "1.1" {
            assert_eq!(head(), "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n");
        }
        go_on.send(()).unwrap();
        if version == "1.1" {
            assert_eq!(head(), "HTTP/1.1 102 Processing\r\n\r\n");
        }
        // Clients of HTTP/1.0 know nothing of them.
        let answer = head();
        assert!(answer.starts_with(&format!("HTTP/{version} 200 OK\r\n")), "{answer}");
    }
}

#[test]
fn answers_before_the_answer_are_passed_on_at_once() {
    let (port, go_on) = hinting();
    let recorded = project(port);
    let recorder = Recorder::new(&recorded.0, &[]);
    hears_hints(recorder.port, &go_on);
    recorder.end();
    let (port, go_on) = hinting();
    let passed_on = Folder::new();
    let backends = format!("{{ real: {{ url: \"http://127.0.0.1:{port}\" }} }}");
    passed_on.write(
        "understudy.yaml",
        format!("version: 1\nservices: {{ shop: {{ mode: passthrough, dir: ., backends: {backends} }} }}\n"),
    );
    hears_hints(Served::new(&passed_on.0, &[]).port, &go_on);
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
        .write_all(b"POST /sums HTTP/1.1\r\nhost: localhost\r\nconnection: close, te\r\nte: trailers\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n5\r\nhello\r\n0\r\nx-sum: asked\r\n\r\n")
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

/// A frame with a short text (RFC 6455, section 5.2): what clients send is masked.
fn frame(text: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let masked = if mask.is_some() { 0x80 } else { 0 };
    let mut out = vec![0x81, masked | u8::try_from(text.len()).unwrap()];
    out.extend(mask.into_iter().flatten());
    out.extend(text.iter().enumerate().map(|(at, byte)| byte ^ mask.map_or(0, |mask| mask[at % 4])));
    out
}

#[test]
fn a_web_socket_passes_through_and_what_is_said_is_kept_without_secrets() {
    let greeting = frame(br#"{"hello":1,"session_token":"planted-by-backend"}"#, None);
    let asking = frame(br#"{"password":"planted-by-client"}"#, Some([7, 9, 1, 200]));
    let (greets, asked) = (greeting.clone(), asking.len());
    let port = backend(move |stream, head| {
        let head = head.to_ascii_lowercase();
        if !head.contains("connection: upgrade") || !head.contains("upgrade: websocket") {
            write!(stream, "HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n").unwrap();
            return;
        }
        assert!(head.contains("sec-websocket-key: dghl"), "{head}");
        write!(stream, "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: x\r\n\r\n").unwrap();
        stream.write_all(&greets).unwrap();
        let mut echoed = vec![0; asked];
        stream.read_exact(&mut echoed).unwrap();
        stream.write_all(&frame(b"you said planted-by-client", None)).unwrap();
        stream.write_all(&[0x82, 2, 0, 255]).unwrap();
    });
    let project = project(port);
    let through = |port: u16| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        write!(stream, "GET /socket?token=planted-query&ref=planted-by-client HTTP/1.1\r\nhost: localhost\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\nsec-websocket-key: dGhl\r\n\r\n").unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
        }
        let lower = head.to_ascii_lowercase();
        assert!(lower.starts_with("http/1.1 101 ") && lower.contains("sec-websocket-accept: x\r\n"), "{head}");
        assert!(lower.contains("connection: upgrade\r\n") && lower.contains("upgrade: websocket\r\n"), "{head}");
        let mut said = vec![0; greeting.len()];
        reader.read_exact(&mut said).unwrap();
        assert_eq!(said, greeting);
        stream.write_all(&asking).unwrap();
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, [frame(b"you said planted-by-client", None), vec![0x82, 2, 0, 255]].concat());
    };
    let mut recorder = Recorder::new(&project.0, &[]);
    through(recorder.port);
    assert_eq!(
        recorder.says("/socket"),
        "GET /socket?token=redacted-token-2&ref=redacted-password-1 101  4 messages\n"
    );
    let (status, _, _) = send(recorder.port, "GET", "/none", &[], "");
    assert_eq!(status, 426);
    recorder.end();

    let mut stored = Vec::new();
    bytes_of(&project.0.join(".understudy"), &mut stored);
    assert!(!holds(&stored, "planted"));
    let (_, listed, _) = run(&project.0, &["inbox"]);
    assert!(
        listed.contains(
            "socket  shop/socket-1  GET /socket?token=redacted-token-2&ref=redacted-password-1 101  4 messages\n"
        ),
        "{listed}"
    );
    let (exit, shown, _) = run(&project.0, &["inbox", "show", "shop/socket-1"]);
    let lines: Vec<&str> = shown.lines().map(|line| line.split_once(" s  ").map_or(line, |(_, said)| said)).collect();
    assert_eq!(exit, 0);
    assert_eq!(
        lines,
        [
            "# shop/socket-1: GET /socket?token=redacted-token-2&ref=redacted-password-1, 4 messages",
            "# redacted-password-1 replaces a secret in request query ref (name: password)",
            "# redacted-token-2 replaces a secret in request query token (name: token)",
            "# redacted-password-1 replaces a secret in the backend's messages (name: password)",
            "# redacted-token-1 replaces a secret in the backend's messages $.session_token (name: token)",
            "# redacted-password-1 replaces a secret in the client's messages $.password (name: password)",
            "backend  {\"hello\":1,\"session_token\":\"redacted-token-1\"}",
            "client   {\"password\":\"redacted-password-1\"}",
            "backend  you said redacted-password-1",
            "backend  2 bytes",
        ]
    );
    let (exit, har, _) = run(&project.0, &["inbox", "export"]);
    assert!(exit == 0 && har.contains("\"data\": \"{\\\"password\\\":\\\"redacted-password-1\\\"}\""), "{har}");
    assert!(har.contains(&format!("\"url\": \"http://127.0.0.1:{port}/none\"")) && !har.contains("planted"), "{har}");
    let (exit, _, stderr) = run(&project.0, &["inbox", "accept", "shop/socket-1"]);
    assert!(
        exit == 64 && stderr.contains("`shop/socket-1` is a WebSocket, whose messages no fixture can send yet"),
        "{stderr}"
    );
    let (exit, said, _) = run(&project.0, &["inbox", "accept"]);
    assert!(exit == 0 && said.contains("1 exchange went from the inbox"), "{said}");
    let (exit, said, _) = run(&project.0, &["inbox", "discard", "shop/socket-1"]);
    assert!(exit == 0 && said.contains("1 exchange went from the inbox"), "{said}");
    let (_, listed, _) = run(&project.0, &["inbox"]);
    assert_eq!(listed, "0 exchanges in the inbox\n");
    let (exit, _, stderr) = run(&project.0, &["inbox", "export", "out.har"]);
    assert!(
        exit == 3 && stderr.contains("the inbox is empty") && !project.0.join("out.har").exists(),
        "{exit} {stderr}"
    );

    project.write("understudy.yaml", format!("version: 1\nservices: {{ shop: {{ mode: passthrough, dir: ., backends: {{ real: {{ url: \"http://127.0.0.1:{port}\" }} }} }} }}\n"));
    through(Served::new(&project.0, &[]).port);
}
