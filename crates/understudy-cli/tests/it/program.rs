//! Running the program, and folders to run it in.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_understudy");

/// A folder that goes when the test ends.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("understudy-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// A project with one service, `s`, on any free port.
    pub(crate) fn with_fixtures(fixtures: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        folder.write("understudy.yaml", "version: 1\nservices:\n  s: {}\n");
        for (name, text) in fixtures {
            folder.write(&format!("fixtures/s/{name}.yaml"), text);
        }
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The sample project of the repository.
pub(crate) fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").canonicalize().unwrap()
}

/// A `serve` that ends with the test.
pub(crate) struct Served {
    child: Child,
    /// The port of the first service.
    pub(crate) port: u16,
    lines: BufReader<std::process::ChildStdout>,
}

impl Served {
    pub(crate) fn new(project: &Path, args: &[&str]) -> Self {
        let project = project.to_str().unwrap();
        Self::with_args(&[&[project], args].concat())
    }

    pub(crate) fn with_args(args: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("serve").args(args).args(["--log", "json"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the program ended: {}", stderr(&mut child));
        let url = line.split("\"url\":\"").nth(1).unwrap().split('"').next().unwrap();
        let port = url.rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port, lines }
    }

    /// The next line of the log.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn wait(mut self) -> (i32, String) {
        let status = self.child.wait().unwrap();
        (status.code().unwrap_or(-1), stderr(&mut self.child))
    }

    /// Sends bytes on a connection of their own, and gives what comes back until the server closes it.
    pub(crate) fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        // What is too much is refused before all of it was taken.
        let _ = stream.write_all(bytes.as_ref());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// One request with these header lines and this body, on a connection that closes after it. The host is `localhost`,
    /// unless the header lines have another one.
    pub(crate) fn request(&self, line: &str, headers: &[&str], body: &str) -> String {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let host = if headers.contains("host: ") { "" } else { "host: localhost\r\n" };
        self.raw(format!("{line} HTTP/1.1\r\n{host}connection: close\r\n{headers}{length}\r\n{body}"))
    }
}

fn stderr(child: &mut Child) -> String {
    let mut text = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        let _ = stderr.read_to_string(&mut text);
    }
    text
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program to its end.
pub(crate) fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(PROGRAM).args(args).current_dir(folder).env_remove("NO_COLOR").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}
