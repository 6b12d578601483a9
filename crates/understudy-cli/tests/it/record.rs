//! A backend is recorded: nothing of what is secret reaches the disk, and what comes of it answers as the backend did.

use crate::import::everything;
use crate::program::{Folder, PROGRAM, Served, run};
use crate::shop::{Session, open_shop, send};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A `record` that goes on until it is ended.
pub(crate) struct Recorder {
    pub(crate) child: Child,
    lines: BufReader<ChildStdout>,
    pub(crate) port: u16,
}

impl Recorder {
    pub(crate) fn new(project: &Path, args: &[&str]) -> Self {
        Self::start(Command::new(PROGRAM), project, args)
    }

    /// One that trusts what a file says, and not the system.
    pub(crate) fn trusting(project: &Path, args: &[&str], authorities: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command.env("SSL_CERT_FILE", authorities);
        Self::start(command, project, args)
    }

    /// One with a variable in its environment.
    pub(crate) fn with_variable(project: &Path, args: &[&str], (name, value): (&str, &str)) -> Self {
        let mut command = Command::new(PROGRAM);
        command.env(name, value);
        Self::start(command, project, args)
    }

    /// One that cannot write files of more than a megabyte or two, by the blocks that the shell counts in.
    pub(crate) fn on_a_small_disk(project: &Path, args: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\"", PROGRAM]);
        Self::start(command, project, args)
    }

    fn start(mut command: Command, project: &Path, args: &[&str]) -> Self {
        command.arg("record").arg(project).args(["--port", "0"]).args(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let mut stderr = String::new();
        if line.is_empty() {
            child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        }
        let port = line.split(' ').next().unwrap().rsplit(':').next().unwrap();
        Self { port: port.parse().unwrap_or_else(|_| panic!("{line}{stderr}")), child, lines }
    }

    /// Waits for a line with this in it.
    pub(crate) fn says(&mut self, wanted: &str) -> String {
        let mut line = String::new();
        while !line.contains(wanted) {
            line.clear();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "it never said {wanted}");
        }
        line
    }

    /// Ends it as Ctrl-C does; what it says then.
    pub(crate) fn end(mut self) -> (i32, String) {
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        let mut text = String::new();
        self.lines.read_to_string(&mut text).unwrap();
        let status = self.child.wait().unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        (status.code().unwrap_or(-1), text)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn project(backend: u16) -> Folder {
    let project = Folder::new();
    project.write(
        "understudy.yaml",
        format!("version: 1\nservices:\n  shop:\n    backends: {{ real: {{ url: \"http://127.0.0.1:{backend}\", writes: true, vars: {{ password: correct horse battery }} }} }}\n"),
    );
    project
}

/// Every byte below a folder.
pub(crate) fn bytes_of(folder: &Path, out: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            bytes_of(&entry.path(), out);
        } else {
            out.extend(fs::read(entry.path()).unwrap());
        }
    }
}

pub(crate) fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_recorded_backend_becomes_fixtures_that_it_keeps() {
    let backend = open_shop();
    let project = project(backend);
    let recorder = Recorder::new(&project.0, &[]);
    let recorded = Session::play(recorder.port);
    let (exit, said) = recorder.end();
    assert!(exit == 0 && said.contains("GET /items/1 200") && said.contains("10 exchanges in the inbox"), "{said}");
    let mut stored = Vec::new();
    bytes_of(&project.0.join(".understudy"), &mut stored);
    assert!(holds(&stored, "Scarf"), "it is stored as it is");
    for planted in ["correct horse", "a guess of mine", "opaque-token-number", "session-secret"] {
        assert!(!holds(&stored, planted), "{planted}");
    }
    assert!(!project.0.join("fixtures").exists(), "nothing is written before it is accepted");

    let (exit, listed, _) = run(&project.0, &["inbox"]);
    assert!(exit == 0 && listed.contains("new     shop/items/create  POST /items 201  1 exchange\n"), "{listed}");
    let (_, shown, _) = run(&project.0, &["inbox", "show", "shop/login"]);
    assert!(
        shown.contains("# redacted-token-1 replaces a secret in response body $.access_token (name: token)\n"),
        "{shown}"
    );
    let (exit, accepted, stderr) = run(&project.0, &["inbox", "accept"]);
    assert!(exit == 0 && accepted.contains("wrote fixtures/shop/items/list.yaml"), "{accepted}{stderr}");
    let mut files = String::new();
    everything(&project.0.join("fixtures"), &mut files);
    let (_, listed, _) = run(&project.0, &["inbox"]);
    assert_eq!(listed, "0 exchanges in the inbox\n");

    let served = Served::new(&project.0, &[]);
    let again = Session::play(served.port);
    let hide = |answers: &[(u16, String)]| -> Vec<(u16, String)> {
        answers
            .iter()
            .map(|(status, text)| (*status, text.replace("opaque-token-number-1", "redacted-token-1")))
            .collect()
    };
    let mut wanted = hide(&recorded.answers);
    // Two passwords are all that tells a guess from the right one, and none is kept: the stub lets everybody in.
    wanted[1] = wanted[2].clone();
    assert_eq!(hide(&again.answers), wanted, "{files}");
    let (exit, stdout, stderr) = run(&project.0, &["verify"]);
    assert!(exit == 0 && stdout.contains("8 kept"), "{stdout}{stderr}\n{files}");

    // Recorded once more, it says nothing new.
    let recorder = Recorder::new(&project.0, &[]);
    Session::play(recorder.port);
    recorder.end();
    let (_, listed, _) = run(&project.0, &["inbox"]);
    assert!(!listed.contains("new ") && listed.contains("same    shop/items/get"), "{listed}");
    let (_, discarded, _) = run(&project.0, &["inbox", "discard", "--all"]);
    assert_eq!(discarded, "10 exchanges went from the inbox\n");
}

/// A backend of a few things, as they are now.
pub(crate) fn things(answers: &Arc<Mutex<BTreeMap<&'static str, String>>>) -> u16 {
    let answers = Arc::clone(answers);
    backend(move |stream, head| {
        let path = head.split(' ').nth(1).unwrap();
        let (status, body) = match answers.lock().unwrap().get(path) {
            Some(body) => (200, body.clone()),
            None => (404, "{}".to_owned()),
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}");
        let _ = write!(stream, "{head}\r\nconnection: close\r\n\r\n{body}");
    })
}

#[test]
fn what_changed_is_accepted_into_its_fixture_and_several_become_one_under_a_name() {
    let answers = Arc::new(Mutex::new(BTreeMap::from([
        ("/things/1", "{\"id\":1,\"name\":\"Hat\",\"note\":null}".to_owned()),
        ("/things/2", "{\"id\":2,\"name\":\"Cap\",\"note\":\"blue\"}".to_owned()),
    ])));
    let project = project(things(&answers));
    let record = |paths: &[&str]| {
        let recorder = Recorder::new(&project.0, &[]);
        paths.iter().for_each(|path| drop(send(recorder.port, "GET", path, &[], "")));
        recorder.end();
    };
    let inbox = |args: &[&str]| {
        let (exit, stdout, stderr) = run(&project.0, &[&["inbox"], args].concat());
        (exit, stdout + &stderr)
    };
    record(&["/things/1", "/things/2"]);
    let (exit, said) = inbox(&["accept", "shop/things/get", "shop/things/get-2", "--as", "one"]);
    assert!(exit == 64 && said.contains("`one` is the name of one fixture, and several are chosen"), "{said}");
    for (name, why) in [("../one", "`../one.yaml` is no fixture's file"), (".one", "`.one.yaml` is no fixture's file")]
    {
        let (exit, said) = inbox(&["accept", "shop/things/get", "--as", name]);
        assert!(exit == 64 && said.contains(why), "{exit} {said}");
    }
    assert!(!project.0.join("fixtures").exists());
    let (exit, said) = inbox(&["accept", "shop/things/get", "shop/things/get-2", "--merge", "--as", "things/any"]);
    assert!(exit == 0 && said == "wrote fixtures/shop/things/any.yaml\n2 exchanges went from the inbox\n", "{said}");
    let file = || fs::read_to_string(project.0.join("fixtures/shop/things/any.yaml")).unwrap();
    assert_eq!(
        file(),
        "request:
  method: GET
  path: /things/{id}
  params:
    id: {type: integer, example: 1}
response:
  status: 200
  body:
    json: {id: 1, name: Hat, note: null}
"
    );

    answers.lock().unwrap().insert("/things/1", "{\"id\":1,\"name\":{\"en\":\"Hat\"},\"note\":null}".to_owned());
    record(&["/things/1", "/things/2"]);
    let (_, said) = inbox(&[]);
    assert!(
        said.contains(
            "changed shop/things/get  GET /things/{id} 200  1 exchange, unlike fixtures/shop/things/any.yaml\n        $.name type: expected string"
        ),
        "{said}"
    );
    assert!(said.contains("same    shop/things/get-2"), "{said}");
    let (_, said) = inbox(&["accept"]);
    let wanted = "nothing is new
what has changed is accepted by its name: understudy inbox accept shop/things/get
what is the same stays until it is discarded: understudy inbox discard shop/things/get-2
";
    assert_eq!(said, wanted, "only what is new is accepted unasked");
    let (exit, said) = inbox(&["accept", "shop/things/get", "shop/things/get-2", "--merge"]);
    assert!(exit == 64 && said.contains("cannot be one fixture: a fixture answers shop/things/get already"), "{said}");
    let (_, said) = inbox(&["accept", "shop/things/get", "shop/things/get-2"]);
    assert_eq!(said, "wrote fixtures/shop/things/any.yaml\n2 exchanges went from the inbox\n");
    assert!(file().contains("    json: {id: 1, name: {en: Hat}, note: null}\n"), "{}", file());
    assert_eq!(inbox(&[]).1, "0 exchanges in the inbox\n");
}

#[test]
#[cfg(unix)]
fn a_body_is_written_nowhere_but_in_the_project() {
    let answers = Arc::new(Mutex::new(BTreeMap::from([("/things/1", format!("\"{}\"", "x".repeat(100_000)))])));
    let project = project(things(&answers));
    let recorder = Recorder::new(&project.0, &[]);
    send(recorder.port, "GET", "/things/1", &[], "");
    recorder.end();
    let elsewhere = Folder::new();
    fs::create_dir_all(project.0.join("fixtures/shop")).unwrap();
    std::os::unix::fs::symlink(&elsewhere.0, project.0.join("fixtures/shop/bodies")).unwrap();
    let (exit, _, stderr) = run(&project.0, &["inbox", "accept"]);
    assert!(exit == 64 && stderr.contains("leads out of the service's folder"), "{exit} {stderr}");
    assert_eq!(fs::read_dir(&elsewhere.0).unwrap().count(), 0);
    fs::remove_file(project.0.join("fixtures/shop/bodies")).unwrap();
    let (exit, said, stderr) = run(&project.0, &["inbox", "accept"]);
    assert!(exit == 0 && said.contains("wrote fixtures/shop/bodies/things-answer.json"), "{said}{stderr}");
}

#[test]
fn a_service_is_recorded_as_long_as_its_file_says_so() {
    let answers = Arc::new(Mutex::new(BTreeMap::from([("/things/1", "{\"from\":\"backend\"}".to_owned())])));
    let port = things(&answers);
    let project = Folder::new();
    let write = |mode: &str| {
        let text = format!(
            "version: 1\nservices:\n  shop: {{ mode: {mode}, backends: {{ real: {{ url: \"http://127.0.0.1:{port}\" }} }} }}\n"
        );
        project.write("understudy.yaml", text);
    };
    write("mock");
    project
        .write("fixtures/shop/thing.yaml", "request: {path: /things/1}\nresponse: {body: {json: {from: fixture}}}\n");
    let served = Served::new(&project.0, &[]);
    // One connection all along: nobody has to connect anew.
    let mut stream = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
    let mut ask = || {
        write!(stream, "GET /things/1 HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line).unwrap() > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        String::from_utf8(body).unwrap()
    };
    let mut until = |wanted: &str| {
        let began = std::time::Instant::now();
        while ask() != wanted {
            assert!(began.elapsed().as_secs() < 10, "it never answered {wanted}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    };
    until("{\"from\":\"fixture\"}");
    write("record");
    until("{\"from\":\"backend\"}");
    write("mock");
    until("{\"from\":\"fixture\"}");
    Command::new("kill").args(["-INT", &served.id().to_string()]).status().unwrap();
    let (_, said) = served.wait();
    let (_, listed, _) = run(&project.0, &["inbox"]);
    assert!(listed.contains("same    shop/things/get  GET "), "{said} {listed}");
}

/// A backend that takes what comes and answers each connection in its own way.
pub(crate) fn backend(answer: impl Fn(&mut TcpStream, &str) + Send + 'static) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0_u64);
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head.push_str(&line);
                line.clear();
            }
            let _ = std::io::copy(&mut reader.take(length), &mut std::io::sink());
            answer(&mut stream, &head);
        }
    });
    port
}
