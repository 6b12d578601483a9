//! Text from files, arguments, backends and clients reaches no terminal, log or report as it is:
//! characters that could act on a terminal, or forge a line, are escaped wherever they come from.
//! Reports stay valid XML with an escape character or U+FFFE in them (pact-reference #421, mocha
//! #2955, jest-junit #197, bun #38249), and names of files are escaped too (DATROMTool #38).

use crate::program::{Folder, PROGRAM, run};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

/// Pieces that act on terminals, or that are not seen. `FORGED` must not begin a line.
const HOSTILE: [&str; 17] = [
    "\u{1b}]0;title\u{7}",
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}[31m",
    "\nFORGED",
    "\r\nFORGED",
    "\rFORGED",
    "\u{9b}31m",
    "\u{85}FORGED",
    "\u{7f}\u{8}",
    "\u{202e}txt.exe",
    "\u{2066}\u{2069}",
    "\u{200e}\u{200b}",
    "\u{2028}FORGED",
    "\u{feff}",
    "\u{e0041}",
    "\u{fffe}\u{ffff}",
    "\tx\u{ad}",
];

/// Words with hostile pieces, each made from a number.
struct Words(u64);

impl Words {
    fn next(&mut self) -> String {
        let mut word = String::new();
        for _ in 0..3 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            word.push_str(HOSTILE[(self.0 >> 33) as usize % HOSTILE.len()]);
            word.push(char::from(b'a' + (self.0 >> 50) as u8 % 26));
        }
        word
    }

    /// A word between quotes, as JSON and YAML write it.
    fn quoted(&mut self) -> String {
        serde_json::to_string(&self.next()).unwrap()
    }
}

fn acts(c: char) -> bool {
    c != '\n' && c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

#[track_caller]
fn assert_safe(what: &str, text: &str) {
    let unsafe_line = text.lines().find(|line| line.contains(acts) || line.starts_with("FORGED"));
    assert!(unsafe_line.is_none(), "{what}: {unsafe_line:?}");
}

/// Runs a command to its end. Returns everything that it prints.
fn printed(folder: &Path, args: &[&str]) -> String {
    let (_, stdout, stderr) = run(folder, args);
    assert_safe(&format!("stdout of {args:?}"), &stdout);
    assert_safe(&format!("stderr of {args:?}"), &stderr);
    stdout + &stderr
}

/// A project that has hostile words in its names, keys and values.
fn hostile_project(words: &mut Words, backend: u16) -> Folder {
    let project = Folder::new();
    let settings = format!(
        "version: 1\n{}: 1\nservices:\n  s:\n    port: 0\n    openapi: api.yaml\n    {}: 2\n    backends: {{ b: {{ url: 'http://127.0.0.1:{backend}', vars: {{ v: {} }} }} }}\n  {}: {{ port: 0 }}\n",
        words.quoted(),
        words.quoted(),
        words.quoted(),
        words.quoted(),
    );
    project.write("understudy.yaml", settings);
    let mut fixture = |text: String| {
        let name = words.next();
        project.write(&format!("fixtures/s/{name}.yaml"), text);
    };
    let mut inner = Words(backend.into());
    fixture(format!(
        "request: {{ path: /a, query: {{ {}: {} }} }}\nresponse: {{ body: {{ json: {{ {}: {} }} }} }}\n",
        inner.quoted(),
        inner.quoted(),
        inner.quoted(),
        inner.quoted()
    ));
    fixture(format!(
        "name: {}\ntags: [{}]\nrequest: {{ path: /b }}\nresponse: {{ body: {{ json: {{ ok: {} }} }} }}\n",
        inner.quoted(),
        inner.quoted(),
        inner.quoted()
    ));
    fixture(format!(
        "{}: 1\nrequest: {{ path: /c, {}: 2 }}\nresponse: {{ status: {} }}\n",
        inner.quoted(),
        inner.quoted(),
        inner.quoted()
    ));
    fixture(format!("request: {{ path: {}, method: {} }}\nresponse: {{}}\n", inner.quoted(), inner.quoted()));
    fixture(format!(
        "after: [{}]\nrequest: {{ path: /d, headers: {{ {}: {{ matches: {} }} }} }}\nresponse: {{ match: {{ {}: {{ type: {} }} }} }}\n",
        inner.quoted(),
        inner.quoted(),
        inner.quoted(),
        inner.quoted(),
        inner.quoted()
    ));
    fixture(format!("request: {{ path: /e }}\nresponse: {{ body: {{ file: {} }} }}\n", inner.quoted()));
    fixture(format!("request: {{ path: /f\nx: {}\n", inner.next()));
    fixture(format!("request: {{ path: /skip }}\nverify: {{ skip: {} }}\nresponse: {{}}\n", inner.quoted()));
    project.write("fixtures/s/api.yaml", description(&mut inner));
    project
}

/// An OpenAPI description with hostile words.
fn description(words: &mut Words) -> String {
    format!(
        "openapi: 3.0.3\ninfo: {{ title: {}, version: '1' }}\npaths:\n  /x{}:\n    get:\n      operationId: {}\n      parameters: [{{ name: {}, in: query, required: true, schema: {{ type: integer }} }}]\n      responses: {{ '200': {{ description: {}, content: {{ {}: {{ schema: {{ $ref: {} }} }} }} }} }}\n  /b:\n    get: {{ operationId: {}, responses: {{ '200': {{ description: ok, content: {{ application/json: {{ schema: {{ type: object, required: [{}] }} }} }} }} }} }}\n",
        words.quoted(),
        "y",
        words.quoted(),
        words.quoted(),
        words.quoted(),
        words.quoted(),
        words.quoted(),
        words.quoted(),
        words.quoted(),
    )
}

/// An archive of a browser with hostile words.
fn archive(words: &mut Words) -> String {
    let entry = |url: String, status: u16, text: String, words: &mut Words| {
        format!(
            "{{\"startedDateTime\":\"2026-01-01T00:00:00Z\",\"time\":1,\"request\":{{\"method\":\"GET\",\"url\":{url},\"httpVersion\":\"HTTP/1.1\",\"headers\":[{{\"name\":{},\"value\":{}}}],\"queryString\":[],\"cookies\":[],\"headersSize\":-1,\"bodySize\":-1}},\"response\":{{\"status\":{status},\"statusText\":{},\"httpVersion\":\"HTTP/1.1\",\"headers\":[{{\"name\":\"content-type\",\"value\":\"application/json\"}}],\"cookies\":[],\"content\":{{\"size\":1,\"mimeType\":\"application/json\",\"text\":{text}}},\"redirectURL\":\"\",\"headersSize\":-1,\"bodySize\":-1}},\"cache\":{{}},\"timings\":{{\"send\":0,\"wait\":1,\"receive\":0}}}}",
            words.quoted(),
            words.quoted(),
            words.quoted()
        )
    };
    let url = |words: &mut Words| serde_json::to_string(&format!("http://shop.test/{}", words.next())).unwrap();
    let body =
        |words: &mut Words| serde_json::to_string(&format!("{{{}:{}}}", words.quoted(), words.quoted())).unwrap();
    let (first, second) = (url(words), url(words));
    let (one, other) = (body(words), body(words));
    let good = entry("\"http://shop.test/good\"".into(), 200, one, words);
    let entries = [good, entry(first, 200, other, words), entry(second, 0, "\"\"".into(), words)];
    format!(
        "{{\"log\":{{\"version\":\"1.2\",\"creator\":{{\"name\":\"x\",\"version\":\"1\"}},\"entries\":[{}]}}}}",
        entries.join(",")
    )
}

/// A backend whose every response has hostile words in its status line, header fields and body.
fn hostile_backend() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            thread::spawn(move || {
                let mut words = Words(number as u64);
                let mut stream: TcpStream = stream;
                let mut request = [0; 4096];
                while let Ok(1..) = stream.read(&mut request) {
                    let body = format!("{{{}: {}}}", words.quoted(), serde_json::to_string(&words.next()).unwrap());
                    let (status, kind) =
                        if words.0.is_multiple_of(2) { (500, "text/plain") } else { (200, "application/json") };
                    let body = if status == 500 { words.next() } else { body };
                    let odd = words.next().replace(['\r', '\n'], " ");
                    let head = format!(
                        "HTTP/1.1 {status} {}\r\nx-odd: {odd}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                        "Odd",
                        body.len()
                    );
                    if stream.write_all((head + &body).as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

/// A program that goes on until it is ended.
struct Running {
    child: Child,
    /// The output until the program listens.
    begun: String,
    port: u16,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut begun, mut byte) = (Vec::new(), [0]);
        while !begun.ends_with(b"\n") && child.stdout.as_mut().unwrap().read(&mut byte).unwrap() == 1 {
            begun.push(byte[0]);
        }
        let begun = String::from_utf8(begun).unwrap();
        let address = begun.split_once("://").and_then(|(_, rest)| rest.split_once(':'));
        let port = address.map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        let port = port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("{args:?}: {begun:?}"));
        Self { child, begun, port }
    }

    /// The response to a request, as it is sent.
    fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response);
        String::from_utf8_lossy(&response).into_owned()
    }

    /// Ends the program as Ctrl-C does. Returns all that it has printed.
    fn end(mut self) -> String {
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        let mut text = std::mem::take(&mut self.begun);
        self.child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        self.child.wait().unwrap();
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn no_word_of_a_project_acts_on_a_terminal() {
    let backend = hostile_backend();
    for seed in 1..=6 {
        let mut words = Words(seed);
        let project = hostile_project(&mut words, backend);
        let folder = project.0.as_path();
        let checked = printed(folder, &["check"]);
        assert!(checked.contains("\\u") && checked.contains("unknown-key"), "{checked}");
        printed(folder, &["check", "--json"]);
        let (target, header, state) =
            (format!("/a{}", words.next()), format!("x-a: {}", words.next()), format!("a={}", words.next()));
        printed(folder, &["explain", "GET", &target]);
        printed(folder, &["explain", "GET", "/a", "--header", &header, "--state", &state]);
        printed(folder, &["explain", "GET", "/b", "--json", "--service", "s"]);
        printed(folder, &["explain", &words.next(), "/b"]);
        let reports = ["junit=report.xml", "html=report.html", "json=report.json"];
        let mut verify = vec!["verify", "--backend", "b", "--all"];
        reports.iter().for_each(|report| verify.extend(["--report", report]));
        printed(folder, &verify);
        for report in ["report.xml", "report.html", "report.json"] {
            let text = fs::read_to_string(folder.join(report)).unwrap();
            assert!(!text.contains(acts), "{report}: {:?}", text.lines().find(|line| line.contains(acts)));
        }
        printed(folder, &["verify", "--backend", "b", "--json"]);
        printed(folder, &["verify", "--backend", "http://127.0.0.1:1"]);
        printed(folder, &["coverage"]);
        printed(folder, &["coverage", "--json"]);
        project.write("old.yaml", description(&mut words)).write("new.yaml", description(&mut words));
        printed(folder, &["diff", "old.yaml", "new.yaml"]);
        printed(folder, &["fetch", "old.yaml"]);
        project.write("a.har", archive(&mut words));
        printed(folder, &["import", "a.har", "--service", "s", "--preview"]);
        printed(folder, &["import", "a.har", "--service", "s", "--inbox"]);
        printed(folder, &["import", "old.yaml", "--service", "s", "--preview"]);
        for args in [vec!["inbox"], vec!["inbox", "--json"], vec!["inbox", "export"], vec!["inbox", "accept"]] {
            printed(folder, &args);
        }
    }
}

#[test]
fn no_argument_acts_on_a_terminal() {
    let folder = Folder::with_fixtures(&[("a", "request: { path: /a }\nresponse: {}\n")]);
    for seed in 1..=20 {
        let mut words = Words(seed);
        let word = words.next();
        for args in [
            vec![word.as_str()],
            vec!["check", &word],
            vec!["serve", &word],
            vec!["serve", "--port", &word],
            vec!["verify", "--backend", &word],
            vec!["verify", "--report", &word],
            vec!["verify", "--fixture", &word],
            vec!["import", &word],
            vec!["diff", &word, &word],
            vec!["fetch", &word],
            vec!["coverage", "--service", &word],
            vec!["inbox", "show", &word],
            vec!["inbox", "discard", &word],
            vec!["record", "--backend", &word],
            vec!["explain", "GET", &word, "--service", &word],
            vec!["explain", "GET", "/a", "--data", &format!("@{word}")],
        ] {
            let text = printed(&folder.0, &args);
            assert!(!text.is_empty(), "{args:?}");
        }
        printed(&folder.0, &["explain", "GET", "/a", "--header", &word]);
    }
}

#[test]
fn no_request_or_backend_acts_on_a_terminal() {
    let backend = hostile_backend();
    let backend_url = format!("http://127.0.0.1:{backend}");
    for seed in 1..=3 {
        let mut words = Words(seed);
        let project = hostile_project(&mut words, backend);
        let folder = project.0.to_str().unwrap();
        let record = ["record", folder, "--service", "s", "--backend", &backend_url, "--port", "0"];
        let starts: [&[&str]; 3] =
            [&["serve", folder, "--service", "s"], &["serve", folder, "--service", "s", "--log", "json"], &record];
        for args in starts {
            let running = Running::start(args);
            for number in 0..8 {
                let odd = words.next().replace(['\r', '\n', ' ', '\t'], "");
                let target = if number == 0 { "/a".to_owned() } else { format!("/{number}{odd}?{odd}={odd}") };
                let response = running.send(&format!(
                    "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-{number}: {odd}\r\n\r\n"
                ));
                if args[0] == "serve" {
                    let body = response.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                    assert_safe("a response", body);
                }
            }
            assert_safe(&format!("{args:?}"), &running.end());
        }
        printed(&project.0, &["inbox"]);
        printed(&project.0, &["inbox", "show", "s/1"]);
    }
}
