//! Projects that other people wrote: variables of the environment go only to hosts that the user has allowed.
//!
//! `127.1` is this machine, and no name that Understudy knows as such: the system resolves it. So it stands for any host.

use crate::addresses::{Backend, answer};
use crate::program::{Folder, PROGRAM};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

const SECRET: &str = "blue-harbour-41";
const OWN_PAGE: &str = "origin: http://localhost:5173";

/// A backend that repeats the request's path, as errors do.
fn backend() -> Backend {
    Backend::new(|path, _| answer("200 OK\r\ncontent-type: text/plain", path.as_bytes()))
}

/// A project with this backend of its service `s`, and a fixture.
fn project(mode: &str, backend: &str) -> Folder {
    let project = Folder::with_fixtures(&[("ok", "request: { path: /ok }\nresponse: { body: { text: stub } }\n")]);
    let text = format!("version: 1\nservices:\n  s:\n    mode: {mode}\n    backends:\n      b: {backend}\n");
    project.write("understudy.yaml", text);
    project
}

/// A project whose backend gets the variable in its path and in a header.
fn leaking(mode: &str, port: u16) -> Folder {
    project(mode, &format!("{{ url: \"http://127.1:{port}/${{KEY}}\", headers: {{ x-key: \"${{TOKEN}}\" }} }}"))
}

fn command(project: &Folder, args: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(args).current_dir(&project.0).stdin(Stdio::null()).env_remove("UNDERSTUDY_TRUST");
    command.env("KEY", SECRET).env("TOKEN", SECRET).env("XDG_STATE_HOME", project.0.join("state"));
    command.envs(environment.iter().copied());
    command
}

fn run(project: &Folder, args: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let output = command(project, args, environment).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
}

/// A `serve`, and what it prints.
struct Serving {
    child: Child,
    port: u16,
    out: BufReader<std::process::ChildStdout>,
}

impl Serving {
    fn new(project: &Folder, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(project, &[&["serve"], args].concat(), environment);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let port = line.split("localhost:").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
        Self { child, port: port.parse().unwrap(), out }
    }

    fn get(&self, path: &str, field: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n{field}\r\nconnection: close\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Ends the program, and returns what it printed since the first line.
    fn end(mut self) -> String {
        let kill = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(kill.success());
        let mut text = String::new();
        self.out.read_to_string(&mut text).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        self.child.wait().unwrap();
        text
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// pnpm GHSA-3qhv-2rgh-x77r and GitPython GHSA-rwj8-pgh3-r573: the address and the credentials in a cloned project's file
/// carried the environment to the host of that file.
#[test]
fn without_a_permission_fixtures_respond_and_nothing_is_forwarded() {
    let backend = backend();
    for mode in ["passthrough", "fallback", "record"] {
        let project = leaking(mode, backend.port);
        let serving = Serving::new(&project, &[], &[]);
        let stub = serving.get("/ok", OWN_PAGE);
        assert_eq!(stub.ends_with("\r\n\r\nstub"), mode != "record", "{mode}: {stub}");
        let refused = serving.get("/other", OWN_PAGE);
        let reason = format!("${{KEY}}, ${{TOKEN}} may not be sent to http://127.1:{} yet", backend.port);
        assert!(refused.starts_with("HTTP/1.1 403 ") && refused.contains(&reason), "{mode}: {refused}");
        assert!(refused.contains(&format!("--trust=127.1:{}", backend.port)), "{mode}: {refused}");
        // The developer's page may read it, and no other.
        assert!(refused.contains("access-control-allow-origin: http://localhost:5173"), "{mode}: {refused}");
        let foreign = serving.get("/other", "origin: https://evil.example");
        assert!(foreign.starts_with("HTTP/1.1 403 ") && !foreign.contains("access-control"), "{mode}: {foreign}");
        assert!(!foreign.contains("KEY"), "{mode}: {foreign}");
        let printed = serving.end();
        assert!(printed.contains("warning: s forwards nothing") && printed.contains(&reason), "{mode}: {printed}");
        for text in [stub, refused, foreign, printed] {
            assert!(!text.contains(SECRET), "{mode}: {text}");
        }
    }
    let (exit, printed) = run(&leaking("mock", backend.port), &["record", "--port", "0"], &[]);
    assert!(exit == 3 && printed.contains("may not be sent") && !printed.contains(SECRET), "{exit} {printed}");
    assert_eq!(*backend.seen.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn verify_says_what_to_set_and_sends_nothing() {
    let backend = backend();
    let project = leaking("mock", backend.port);
    let (exit, printed) = run(&project, &["verify"], &[]);
    let port = backend.port;
    assert_eq!(
        (exit, printed.as_str()),
        (
            3,
            &*format!(
                "error: ${{KEY}}, ${{TOKEN}} may not be sent to http://127.1:{port} yet (understudy.yaml line 6, the backend \
                 `b` of the service `s`)\n  hint: if you trust these files: --trust=127.1:{port}, or set \
                 UNDERSTUDY_TRUST=127.1:{port}\n"
            )
        )
    );
    let json = run(&project, &["verify", "--json"], &[]);
    assert!(json.0 == 3 && json.1.contains("may not be sent"), "{json:?}");
    let (exit, printed) = run(&project, &["verify"], &[("UNDERSTUDY_TRUST", "*")]);
    assert!(exit == 64 && printed.contains("UNDERSTUDY_TRUST: `*` is no host"), "{exit} {printed}");
    assert_eq!(*backend.seen.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn a_permission_comes_from_the_flag_the_environment_or_an_earlier_answer() {
    let backend = backend();
    let seen = || std::mem::take(&mut *backend.seen.lock().unwrap());
    let host = format!("127.1:{}", backend.port);
    let flag = format!("--trust=10.0.0.9,{host}");
    let forwards = |project: &Folder, args: &[&str], environment: &[(&str, &str)]| {
        let serving = Serving::new(project, args, environment);
        let response = serving.get("/other", OWN_PAGE);
        assert!(!serving.end().contains(SECRET));
        let is_sent = seen().first().is_some_and(|request| {
            request.starts_with(&format!("GET /{SECRET}/other ")) && request.contains(&format!("x-key: {SECRET}"))
        });
        assert_eq!(is_sent, response.starts_with("HTTP/1.1 200 "), "{response}");
        is_sent
    };
    let project = leaking("passthrough", backend.port);
    for (args, environment, expected) in [
        (&[][..], &[][..], false),
        (&["--trust"], &[], true),
        (&[&*flag], &[], true),
        (&["--trust=10.0.0.9"], &[], false),
        (&["--trust=127.1:9"], &[], false),
        (&[], &[("UNDERSTUDY_TRUST", "127.1")], true),
        (&[], &[("UNDERSTUDY_TRUST", "10.0.0.9 127.1")], true),
        (&[], &[("UNDERSTUDY_TRUST", "1")], true),
        (&[], &[("UNDERSTUDY_TRUST", "")], false),
        (&[], &[("UNDERSTUDY_TRUST", "10.0.0.9")], false),
    ] {
        assert_eq!(forwards(&project, args, environment), expected, "{args:?} {environment:?}");
    }
    // The answer is for this project, this host and these variables.
    let real = project.0.canonicalize().unwrap();
    let remembered = |path: &std::path::Path, host: &str, names: &str| {
        project.write("state/understudy/trust.json", format!("{{ {path:?}: {{ \"http://{host}\": [{names}] }} }}"));
        forwards(&project, &[], &[])
    };
    assert!(remembered(&real, &host, "\"KEY\", \"TOKEN\""));
    assert!(!remembered(&real, &host, "\"KEY\""));
    assert!(!remembered(&real, "127.1:9", "\"KEY\", \"TOKEN\""));
    assert!(!remembered(&real.join("other"), &host, "\"KEY\", \"TOKEN\""));
    // What comes with the project gives no permission.
    let (exit, printed) = run(&project, &["verify"], &[("XDG_STATE_HOME", "state")]);
    assert!(exit == 3 && printed.contains("may not be sent"), "{exit} {printed}");
}

#[test]
fn loopback_hosts_get_variables_with_a_line_and_without_a_question() {
    let backend = backend();
    let entry =
        |host: &str| format!("{{ url: \"http://{host}:{}\", headers: {{ x-key: \"${{TOKEN}}\" }} }}", backend.port);
    for host in ["127.0.0.1", "localhost", "api.localhost"] {
        let project = project("passthrough", &entry(host));
        let serving = Serving::new(&project, &[], &[]);
        let response = serving.get("/other", OWN_PAGE);
        assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
        let printed = serving.end();
        let line = format!("s: sends ${{TOKEN}} to http://{host}:{}\n", backend.port);
        assert!(printed.contains(&line) && !printed.contains(SECRET), "{printed}");
        let (_, printed) = run(&project, &["verify"], &[]);
        assert!(printed.contains(&line) && !printed.contains(SECRET), "{printed}");
    }
    // What is written out in the files is no secret of the user.
    let literal =
        format!("{{ url: \"http://127.1:{}\", headers: {{ x-key: literal }}, vars: {{ a: b }} }}", backend.port);
    let project = project("passthrough", &literal);
    let serving = Serving::new(&project, &[], &[]);
    assert!(serving.get("/other", OWN_PAGE).starts_with("HTTP/1.1 200 "));
}

/// rest-client #832, adobe/fetch #447 and curl CVE-2018-1000007: credentials followed a redirect to another host.
#[test]
fn a_redirect_to_another_host_is_passed_on_and_not_followed() {
    let other = backend();
    let port = other.port;
    let first =
        Backend::new(move |_, _| answer(&format!("302 Found\r\nlocation: http://127.0.0.1:{port}/stolen"), b""));
    let entry = format!("{{ url: \"http://127.0.0.1:{}\", headers: {{ x-key: \"${{TOKEN}}\" }} }}", first.port);
    for mode in ["passthrough", "fallback", "record"] {
        let project = project(mode, &entry);
        let response = Serving::new(&project, &[], &[]).get("/other", OWN_PAGE);
        assert!(response.starts_with("HTTP/1.1 302 ") && response.contains("/stolen"), "{mode}: {response}");
    }
    let (exit, _) = run(&project("mock", &entry), &["verify"], &[]);
    assert_eq!(exit, 1);
    assert_eq!(first.seen.lock().unwrap().len(), 4);
    assert_eq!(*other.seen.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn a_states_endpoint_is_a_host_of_its_own() {
    let backend = backend();
    let port = backend.port;
    let entry = format!("{{ url: \"http://127.0.0.1:{port}\", states: \"http://127.1:{port}/${{KEY}}\" }}");
    let project = project("mock", &entry);
    project.write(
        "fixtures/s/given.yaml",
        "request: { path: /given }\nverify: { given: ready }\nresponse: { body: { text: /given } }\n",
    );
    let (exit, printed) = run(&project, &["verify"], &[]);
    assert!(
        exit == 3 && printed.contains(&format!("${{KEY}} may not be sent to http://127.1:{port} yet")),
        "{printed}"
    );
    assert_eq!(*backend.seen.lock().unwrap(), Vec::<String>::new());
    let (_, printed) = run(&project, &["verify", "--trust"], &[]);
    assert!(backend.seen.lock().unwrap().iter().any(|request| request.starts_with(&format!("POST /{SECRET} "))));
    assert!(!printed.contains(SECRET), "{printed}");
}

/// travis-ci #1775 and GitPython #662: the value of a variable stood in the error that it had caused.
#[test]
fn no_message_shows_the_value_of_a_variable() {
    let backend = backend();
    let port = backend.port;
    let environment = [("BAD", "a b?blue-harbour-41"), ("NAME", "blue-harbour-41"), ("LINES", "blue-harbour-41\nx")];
    for (entry, expected) in [
        ("{ url: \"http://127.0.0.1:1/${KEY}\" }".to_owned(), "nothing listens on 127.0.0.1:1"),
        (
            "{ url: \"http://127.0.0.1/${BAD}\" }".to_owned(),
            "`http://127.0.0.1/${BAD}` is no address of a backend once ${BAD} is filled in",
        ),
        ("{ url: \"${KEY}\" }".to_owned(), "`${KEY}` is no address of a backend once ${KEY} is filled in"),
        ("{ url: \"http://${NAME}.invalid:81\" }".to_owned(), "the name ${NAME}.invalid has no address"),
        ("{ url: \"https://${NAME}.localhost:1\" }".to_owned(), "nothing listens on ${NAME}.localhost:1"),
        ("{ url: \"http://127.0.0.1:1\", ca: \"${KEY}/ca.pem\" }".to_owned(), "${KEY}/ca.pem"),
        (
            "{ url: \"http://127.0.0.1:1\", headers: { x-a: \"${LINES}\" } }".to_owned(),
            "the header `x-a` of the backend `b` cannot be sent",
        ),
        ("{ url: \"http://u:${KEY}@127.0.0.1:1\" }".to_owned(), "s at http://127.0.0.1:1"),
        (
            format!("{{ url: \"http://127.0.0.1:{port}/${{KEY}}\" }}"),
            &*format!("s at http://127.0.0.1:{port}/${{KEY}}"),
        ),
        (
            format!("{{ url: \"http://127.0.0.1:{port}\", states: \"http://127.0.0.1:1/${{KEY}}\" }}"),
            "http://127.0.0.1:1/${KEY}",
        ),
    ] {
        let project = project("passthrough", &entry);
        project.write(
            "fixtures/s/given.yaml",
            "request: { path: /given }\nverify: { given: ready }\nresponse: { body: { text: /given } }\n",
        );
        let mut all = String::new();
        for args in [
            &["verify", "--trust", "--json"][..],
            &["verify", "--trust", "--report", "html=r.html", "--report", "junit=r.xml", "--report", "json=r.json"],
            &["check"],
            &["explain", "GET", "/ok"],
        ] {
            all += &run(&project, args, &environment).1;
        }
        for report in ["r.html", "r.xml", "r.json"] {
            all += &std::fs::read_to_string(project.0.join(report)).unwrap_or_default();
        }
        assert!(all.contains(expected), "{entry}: {all}");
        assert!(!all.contains(SECRET), "{entry}: {all}");
        if all.contains("unreachable s:") {
            let serving = Serving::new(&project, &["--trust"], &environment);
            let response = serving.get("/other", OWN_PAGE);
            assert!(response.starts_with("HTTP/1.1 502 ") && !response.contains(SECRET), "{response}");
            let printed = serving.end();
            assert!(!printed.contains(SECRET), "{printed}");
        }
    }
}

/// pnpm commit 217fbe0: a suggested command had text of the project in it, which a shell would have executed.
#[test]
fn a_suggested_command_has_nothing_that_a_shell_executes() {
    for entry in [
        "{ url: \"http://$(id).example/${KEY}\" }",
        "{ url: \"http://a;id;.example/${KEY}\" }",
        "{ url: \"http://${A:-$(id)}.example\" }",
    ] {
        let (exit, printed) = run(&project("mock", entry), &["verify"], &[]);
        let hints: Vec<&str> = printed.lines().filter(|line| line.contains("hint:")).collect();
        assert!(exit != 0 && !hints.is_empty(), "{entry}: {printed}");
        assert!(hints.iter().all(|hint| !hint.contains("id")), "{entry}: {printed}");
    }
}

#[test]
fn what_is_left_out_of_an_archive_is_told_without_values() {
    let project = project("mock", "{ url: \"https://api.example/${KEY}\" }");
    let entry = |path: &str| {
        serde_json::json!({
            "startedDateTime": "2024-05-01T10:00:01.000Z", "time": 1, "cache": {}, "timings": { "send": 0, "wait": 1, "receive": 0 },
            "request": { "method": "GET", "url": format!("https://api.example{path}"), "httpVersion": "HTTP/1.1", "headers": [],
                "queryString": [], "cookies": [], "headersSize": -1, "bodySize": 0 },
            "response": { "status": 200, "statusText": "", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [], "redirectURL": "",
                "content": { "size": 2, "mimeType": "application/json", "text": "{}" }, "headersSize": -1, "bodySize": -1 },
        })
    };
    let entries = [entry(&format!("/{SECRET}/items")), entry("/other")];
    let log = serde_json::json!({ "log": { "version": "1.2", "creator": { "name": "t", "version": "1" }, "entries": entries } });
    project.write("shop.har", log.to_string());
    let (exit, printed) = run(&project, &["import", "shop.har"], &[]);
    assert!(exit == 0 && printed.contains("not below https://api.example/${KEY}, where the service is"), "{printed}");
    assert!(!printed.contains(SECRET), "{printed}");
}

/// A service that forwards to another host would hand on what it gets from another service of the project.
#[test]
fn a_port_of_the_project_that_leads_to_another_host_needs_a_permission() {
    let folder = Folder::new();
    folder.write("fixtures/a/ok.yaml", "request: { path: /ok }\nresponse: {}\n").write("fixtures/b/.keep", "");
    for (mode, url, port, is_asked) in [
        ("passthrough", "http://other.example", 9, true),
        ("record", "http://${KEY}.example", 9, true),
        ("mock", "http://other.example", 9, false),
        ("passthrough", "http://127.0.0.1:7", 9, false),
        ("passthrough", "http://other.example", 8, false),
    ] {
        let relay = format!("{{ port: {port}, mode: {mode}, backends: {{ out: {{ url: '{url}' }} }} }}");
        let own = "{ backends: { relay: { url: 'http://b.localhost:9', headers: { x-key: '${TOKEN}' } } } }";
        folder.write("understudy.yaml", format!("version: 1\nservices:\n  a: {own}\n  b: {relay}\n"));
        let refusal = "${TOKEN} may not be sent to http://b.localhost:9 yet";
        let (exit, said) = run(&folder, &["verify", "--service", "a"], &[]);
        assert_eq!((exit == 3 && said.contains(refusal)), is_asked, "{mode} {url} {port}: {said}");
        let (_, said) = run(&folder, &["verify", "--service", "a", "--trust=b.localhost:9"], &[]);
        assert!(!said.contains(refusal), "{said}");
    }
}
