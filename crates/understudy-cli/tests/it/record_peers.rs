//! What goes wrong between a frontend and its backend while it is recorded, and what is no plain exchange.

use crate::program::run;
use crate::record::{Recorder, backend, bytes_of, holds, project};
use crate::shop::send;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

const MEGABYTE: usize = 1 << 20;

/// `{"password":"in-a-gz1p"}`
const GZIPPED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 42, 72, 44, 46, 46, 207, 47, 74, 81, 178, 82, 202, 204, 211, 77, 212, 77,
    175, 50, 44, 80, 170, 5, 0, 246, 158, 180, 51, 24, 0, 0, 0,
];

#[test]
fn large_bodies_pass_both_ways_in_little_memory_and_say_that_they_are_not_kept() {
    let megabytes = 200;
    let port = backend(move |stream, _| {
        let length = megabytes * MEGABYTE;
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n").unwrap();
        let piece = vec![b'x'; MEGABYTE];
        for _ in 0..megabytes {
            if stream.write_all(&piece).is_err() {
                return;
            }
        }
    });
    let project = project(port);
    let mut recorder = Recorder::new(&project.0, &[]);
    let mut stream = TcpStream::connect(("127.0.0.1", recorder.port)).unwrap();
    let length = megabytes * MEGABYTE;
    write!(stream, "POST /large HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")
        .unwrap();
    let piece = vec![b'y'; MEGABYTE];
    (0..megabytes).for_each(|_| stream.write_all(&piece).unwrap());
    let received = std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
    assert!(received > length as u64, "{received}");
    recorder.says("POST /large 200  the request has 209715200 bytes; 8388608 are kept");
    if cfg!(target_os = "linux") {
        let status = fs::read_to_string(format!("/proc/{}/status", recorder.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(peak < 120 * 1_024, "{peak} kB for {megabytes} MB each way");
    }
    recorder.end();
    let (_, listed, _) = run(&project.0, &["inbox"]);
    assert!(listed.contains("not whole: POST /large: the request has 209715200 bytes"), "{listed}");
}

#[test]
fn what_goes_wrong_between_is_passed_on_and_said() {
    let port = backend(|stream, head| {
        let _ = match head {
            head if head.contains("/breaks") => write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf"),
            head if head.contains("/gzip") => {
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
                    GZIPPED.len()
                );
                stream.write_all(GZIPPED)
            }
            head if head.contains("/moved") => write!(
                stream,
                "HTTP/1.1 302 Found\r\nlocation: http://{}/there\r\ncontent-length: 0\r\n\r\n",
                head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or("")
            ),
            _ => write!(
                stream,
                "HTTP/1.1 204 No Content\r\nx-seen: {}\r\n\r\n",
                head.matches("proxy-authorization").count()
            ),
        };
    });
    let project = project(port);
    let mut recorder = Recorder::new(&project.0, &[]);
    let ask = |path: &str, headers: &[&str]| {
        let mut stream = TcpStream::connect(("127.0.0.1", recorder.port)).unwrap();
        let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n{lines}\r\n", recorder.port)
            .unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    let broken = ask("/breaks", &[]);
    assert!(broken.ends_with("half"), "what came is passed on: {broken}");
    assert!(ask("/hops?lang=en", &["proxy-authorization: Basic planted-proxy"]).contains("x-seen: 0"));
    let moved = ask("/moved", &["origin: http://localhost:5173"]);
    assert!(moved.contains(&format!("location: http://localhost:{}/there", recorder.port)), "{moved}");
    assert!(moved.contains("access-control-allow-origin: http://localhost:5173"), "{moved}");
    assert!(ask("/gzip", &["accept-encoding: gzip"]).contains("content-encoding: gzip"));
    recorder.says("GET /hops?lang=en 204");
    recorder.says("GET /gzip 200");
    // What is recorded can be looked at and accepted meanwhile.
    let (exit, listed, stderr) = run(&project.0, &["inbox"]);
    assert!(exit == 0 && listed.contains("new     shop/gzip/get  GET /gzip 200"), "{listed}{stderr}");
    let (_, shown, _) = run(&project.0, &["inbox", "show", "shop/gzip/get"]);
    assert!(
        shown.contains("redacted-password-1 replaces a secret in response body $.password (name: password)"),
        "{shown}"
    );
    let (exit, _, stderr) = run(&project.0, &["inbox", "export", "recorded.har"]);
    assert_eq!((exit, &*stderr), (0, ""));
    let har = fs::read_to_string(project.0.join("recorded.har")).unwrap();
    assert!(har.contains("{\\\"password\\\":\\\"redacted-password-1\\\"}") && !har.contains("in-a-gz1p"), "{har}");
    let (exit, said, stderr) = run(&project.0, &["inbox", "accept", "shop/gzip/get"]);
    assert!(exit == 0 && said.starts_with("wrote fixtures/shop/gzip.yaml\n"), "{said}{stderr}");
    let (exit, _, stderr) = run(&project.0, &["inbox", "show", "shop/gzip/get"]);
    assert!(exit == 64 && stderr.contains("`shop/gzip/get` is not in the inbox"), "{stderr}");
    let (exit, _) = recorder.end();
    assert_eq!(exit, 0);
    let mut stored = Vec::new();
    bytes_of(&project.0.join(".understudy"), &mut stored);
    assert!(!holds(&stored, "in-a-gz1p") && !holds(&stored, "planted-proxy"));
    let (_, listed, _) = run(&project.0, &["inbox"]);
    assert!(listed.contains("not whole: GET /breaks: the answer broke off after 4 bytes"), "{listed}");

    // A backend that is not there: nobody listens on a client's own port, and nobody else gets it.
    let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let free = client.local_addr().unwrap().port();
    let recorder = Recorder::new(&project.0, &["--backend", &format!("http://127.0.0.1:{free}")]);
    let (status, _, body) = send(recorder.port, "GET", "/x", &[], "");
    assert!(status == 502 && body.contains("nothing listens on"), "{body}");
    send(recorder.port, "GET", "/y?api_key=planted-query", &[], "");
    let (_, said) = recorder.end();
    assert!(!said.contains("planted-query"), "{said}");
    assert!(said.contains("2 requests got no answer from the backend"), "{said}");
}

#[test]
fn peers_that_are_slow_or_leave_are_passed_on_as_they_are() {
    let (go_on, may_go_on) = std::sync::mpsc::channel();
    let (gone, has_gone) = std::sync::mpsc::channel();
    let port = backend(move |stream, head| {
        let length = "HTTP/1.1 200 OK\r\ncontent-length:";
        if head.contains("/slow") {
            write!(stream, "{length} 6\r\n\r\none").unwrap();
            may_go_on.recv().unwrap();
            write!(stream, "two").unwrap();
        } else if head.contains("/endless") {
            write!(stream, "HTTP/1.1 200 OK\r\n\r\n").unwrap();
            while stream.write_all(&[b'x'; 65_536]).is_ok() {}
            gone.send(()).unwrap();
        } else if head.contains("/events") {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\ndata: {{\"token\":\"planted-event\"}}\n\ndata: ha").unwrap();
            may_go_on.recv().unwrap();
            while stream.write_all(b"l").is_ok() {}
        } else {
            let _ = write!(stream, "{length} 4\r\n\r\nfour and more");
        }
    });
    let project = project(port);
    let mut recorder = Recorder::new(&project.0, &[]);
    let own = recorder.port;
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", own)).unwrap();
        write!(stream, "{request}").unwrap();
        BufReader::new(stream)
    };
    let mut slow = ask("GET /slow HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        slow.read_line(&mut line).unwrap();
    }
    let mut half = [0; 3];
    slow.read_exact(&mut half).unwrap();
    assert_eq!(&half, b"one", "it is passed on before there is more");
    go_on.send(()).unwrap();
    let mut rest = String::new();
    slow.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "two");

    let mut endless = ask("GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n");
    endless.read_exact(&mut [0; 65_536]).unwrap();
    drop(endless);
    has_gone.recv().unwrap();

    // Streams of events end when nobody wants any more of them.
    let mut events = ask("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let mut came = Vec::new();
    while !String::from_utf8_lossy(&came).contains("data: ha") {
        let mut byte = [0];
        events.read_exact(&mut byte).unwrap();
        came.extend(byte);
    }
    drop(events);
    go_on.send(()).unwrap();
    let endless = recorder.says("/endless");
    assert!(endless.contains("GET /endless 200  nobody wanted the answer after"), "{endless}");
    assert_eq!(recorder.says("/events"), "GET /events 200\n");

    let (_, _, body) = send(recorder.port, "GET", "/longer", &[], "");
    assert_eq!(body, "four", "what is beyond the length that was said is nobody's answer");
    let (status, _, body) = send(recorder.port, "GET", "/longer-again", &[], "");
    assert_eq!((status, &*body), (200, "four"));

    drop(ask("POST /leaves HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nhalf"));
    assert_eq!(recorder.says("/leaves"), "POST /leaves: the request broke off: who sent it left\n");
    let (exit, said) = recorder.end();
    // The backend is not to blame for it.
    assert!(exit == 0 && !said.contains("got no answer"), "{said}");
    let (_, listed, _) = run(&project.0, &["inbox"]);
    assert!(listed.contains("new     shop/longer/get  GET /longer 200  1 exchange\n"), "{listed}");
    assert!(listed.contains("not whole: GET /endless: nobody wanted the answer after"), "{listed}");
    assert!(!listed.contains("leaves"), "{listed}");
    let (_, shown, _) = run(&project.0, &["inbox", "show", "shop/events/get"]);
    assert!(shown.contains("redacted-token-1") && shown.contains("hello") && !shown.contains("data: ha"), "{shown}");
}

#[test]
fn a_client_that_reads_slowly_slows_the_backend_down() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let port = backend(move |stream, _| {
        write!(stream, "HTTP/1.1 200 OK\r\n\r\n").unwrap();
        while stream.write_all(&[b'x'; 65_536]).is_ok() {
            counted.fetch_add(65_536, Ordering::Relaxed);
        }
    });
    let project = project(port);
    let recorder = Recorder::new(&project.0, &[]);
    let mut stream = TcpStream::connect(("127.0.0.1", recorder.port)).unwrap();
    write!(stream, "GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    // It sends until the buffers on the way are full, and then no more.
    let mut before = 0;
    let mut still = 0;
    while still < 10 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        let now = sent.load(Ordering::Relaxed);
        assert!(now < 64 * MEGABYTE, "nobody reads, and {now} bytes were taken");
        still = if now == before && now > 0 { still + 1 } else { 0 };
        before = now;
    }
    // Whoever goes on gets more.
    let mut some = vec![0; 2 * before];
    stream.read_exact(&mut some).unwrap();
    assert!(sent.load(Ordering::Relaxed) > before);
}

/// A backend behind TLS with a certificate of its own; its address and the certificate.
pub(crate) fn behind_tls(certificate: &rcgen::CertificateParams) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = certificate.self_signed(&key).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().unwrap())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let backend = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream.unwrap());
            // A client that does not trust it ends here.
            if stream.read(&mut [0; 4_096]).is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret");
            }
        }
    });
    (backend, certificate.pem())
}

#[test]
fn a_backend_is_trusted_by_its_certificate_alone() {
    let of_localhost = || rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let (backend, pem) = behind_tls(&of_localhost());
    let project = project(1);
    let recorder = Recorder::new(&project.0, &["--backend", &backend]);
    let (status, _, body) = send(recorder.port, "GET", "/x", &[], "");
    assert!(
        status == 502
            && body.contains("it is signed by an authority that this machine does not trust")
            && body.contains("ca: authority.pem"),
        "{status} {body}"
    );
    recorder.end();

    let authorities = project.0.join("authorities.pem");
    fs::write(&authorities, &pem).unwrap();
    let recorder = Recorder::trusting(&project.0, &["--backend", &backend], &authorities);
    let (status, _, body) = send(recorder.port, "GET", "/x", &[], "");
    assert_eq!((status, &*body), (200, "secret"));
    recorder.end();

    let another = backend.replace("localhost", "another.localhost");
    let recorder = Recorder::trusting(&project.0, &["--backend", &another], &authorities);
    let (status, _, body) = send(recorder.port, "GET", "/x", &[], "");
    assert!(status == 502 && body.contains("it is not for `another.localhost`: it is for localhost"), "{body}");
    recorder.end();

    // What `openssl req -x509` makes calls itself an authority, as the project's file knows it.
    let mut own = of_localhost();
    own.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let (own, own_pem) = behind_tls(&own);
    let write = |url: &str, ca: &str| {
        let text =
            format!("version: 1\nservices: {{ shop: {{ backends: {{ real: {{ url: \"{url}\", ca: {ca} }} }} }} }}\n");
        project.write("understudy.yaml", text);
    };
    fs::write(project.0.join("own.pem"), own_pem).unwrap();
    for (url, ca, wanted) in [
        (&own, "own.pem", Ok("secret")),
        (&backend, "authorities.pem", Ok("secret")),
        (&own, "authorities.pem", Err("is not accepted: ")),
    ] {
        write(url, ca);
        let recorder = Recorder::new(&project.0, &[]);
        let (status, _, body) = send(recorder.port, "GET", "/x", &[], "");
        match wanted {
            Ok(wanted) => assert_eq!((status, &*body), (200, wanted), "{ca}"),
            Err(wanted) => assert!(status == 502 && body.contains(wanted), "{ca}: {body}"),
        }
        recorder.end();
    }
    for (ca, why) in [("missing.pem", "failed to read "), ("understudy.yaml", "it has no certificate")] {
        write(&own, ca);
        let (exit, _, stderr) = run(&project.0, &["record", "--port", "0"]);
        assert!(exit != 0 && stderr.contains(why), "{ca}: {exit} {stderr}");
    }
}

#[test]
fn a_full_disk_ends_recording_and_nothing_else() {
    let port = backend(|stream, head| {
        let length = if head.contains("/large") { 3 << 20 } else { 5 };
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        let _ = stream.write_all(&vec![b'x'; length]);
    });
    let project = project(port);
    let mut recorder = Recorder::on_a_small_disk(&project.0, &[]);
    send(recorder.port, "GET", "/before", &[], "");
    recorder.says("GET /before 200");
    let (_, _, body) = send(recorder.port, "GET", "/large", &[], "");
    assert_eq!(body.len(), 3 << 20);
    recorder.says("nothing more is recorded: ");
    let (status, _, body) = send(recorder.port, "GET", "/after", &[], "");
    assert_eq!((status, &*body), (200, "xxxxx"));
    let (exit, said) = recorder.end();
    assert!(exit == 3 && !said.contains("/after"), "{exit} {said}");

    let (exit, listed, stderr) = run(&project.0, &["inbox"]);
    assert!(exit == 0 && listed.contains("GET /before 200  1 exchange\n"), "{listed}{stderr}");
    assert!(!listed.contains("/after"), "{listed}");
}
