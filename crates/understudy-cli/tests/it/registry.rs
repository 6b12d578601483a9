//! The sample's registry fixtures against a real registry: Debian's package `docker-registry`, which `cargo xtask test`
//! installs.

use crate::program::{Folder, Served, run, sample};
use crate::record::Recorder;
use crate::shop::send;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

struct Registry {
    child: Child,
    url: String,
}

impl Registry {
    fn start(folder: &Folder) -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Self::start_at(folder, port)
    }

    fn start_at(folder: &Folder, port: u16) -> Option<Self> {
        let data = folder.0.join("data");
        let config = format!(
            "version: 0.1\nlog: {{ level: info }}\nstorage: {{ filesystem: {{ rootdirectory: {} }}, delete: {{ enabled: true }} }}\nhttp: {{ addr: \"127.0.0.1:{port}\" }}\n",
            data.display()
        );
        folder.write("registry.yml", config);
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(folder.0.join("registry.yml")).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) if std::env::var_os("CI").is_none() => {
                eprintln!("passed over: docker-registry cannot be started ({error}); `cargo xtask test` installs it");
                return None;
            }
            Err(error) => panic!("docker-registry cannot be started: {error}"),
        };
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "the registry ended before it listened");
        }
        // It goes on writing: somebody has to read.
        std::thread::spawn(move || log.lines().for_each(drop));
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        Some(Self { child, url: format!("http://127.0.0.1:{port}") })
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_real_registry_keeps_every_promise_twice_and_its_differences_are_found() {
    let folder = Folder::new();
    let Some(registry) = Registry::start(&folder) else { return };
    let project = folder.0.join("project");
    copy(&sample(), &project);
    let file = project.join("understudy.yaml");
    let text = fs::read_to_string(&file).unwrap().replace("http://127.0.0.1:5055", &registry.url);
    fs::write(&file, text).unwrap();
    let verify = |args: &[&str]| run(&project, &[&["verify", "--service", "registry"], args].concat());

    for args in [&[][..], &["--jobs", "8"][..], &["--jobs", "1"][..]] {
        let (exit, stdout, stderr) = verify(args);
        assert!(exit == 0 && stdout.contains("13 kept in"), "{exit}\n{stdout}\n{stderr}");
    }

    let fixture = project.join("registry/errors/unknown-name.yaml");
    let good = fs::read_to_string(&fixture).unwrap();
    fs::write(&fixture, good.replace("NAME_UNKNOWN", "NAME_UNSEEN")).unwrap();
    let (exit, stdout, _) = verify(&[]);
    let expected = "broken registry/errors/unknown-name  GET /v2/nobody/nothing/tags/list\n  \
                    $.errors[0].code value  registry/errors/unknown-name.yaml:6\n    expected  exactly \"NAME_UNSEEN\"\n    received  \"NAME_UNKNOWN\"\n\n";
    assert!(exit == 1 && stdout.starts_with(expected) && stdout.contains("12 kept, 1 broken in"), "{exit}\n{stdout}");
    fs::write(&fixture, good).unwrap();

    let held_back = run(
        &project,
        &["verify", "--service", "registry", "--backend", &registry.url.replace("127.0.0.1", "localhost"), "--json"],
    );
    assert!(held_back.0 == 0 && held_back.1.contains("\"held back\": 1,"), "{}", held_back.1);

    drop(registry);
    let (exit, stdout, _) = verify(&[]);
    assert!(
        exit == 3 && stdout.contains("0 kept, 13 unreachable") && stdout.contains("nothing listens on"),
        "{exit}\n{stdout}"
    );
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A small image: its configuration, a layer, and their digests.
const BLOBS: [(&str, &str); 2] = [
    ("{\"architecture\":\"amd64\"}", "sha256:7a822ccae77597a100cf9fc3c978900e078ba56fd821da9860739c68232ea417"),
    ("a layer of plain text\n", "sha256:ef8a97472d1f3337f40818d6bb6486372e9017b7ee8a70a5fee5b75410e4dd33"),
];

/// Pushes the image by plain calls and pulls it again, as a client that looks at what it is told; what it was answered.
fn push_and_pull(port: u16) -> Vec<(u16, String)> {
    let mut answers = Vec::new();
    let mut ask = |method: &str, path: &str, headers: &[String], body: &str| {
        let (status, fields, text) = send(port, method, path, headers, body);
        answers.push((status, text));
        let location =
            fields.iter().find_map(|line| line.to_ascii_lowercase().starts_with("location: ").then(|| &line[10..]));
        location.map(|location| location.strip_prefix("http://shop").unwrap_or(location).to_owned())
    };
    ask("GET", "/v2/", &[], "");
    let binary = ["content-type: application/octet-stream".to_owned()];
    for (blob, digest) in BLOBS {
        ask("HEAD", &format!("/v2/app/blobs/{digest}"), &[], "");
        let upload = ask("POST", "/v2/app/blobs/uploads/", &[], "").unwrap();
        ask("PUT", &format!("{upload}&digest={digest}"), &binary, blob);
        ask("HEAD", &format!("/v2/app/blobs/{digest}"), &[], "");
    }
    let kind = "application/vnd.docker.distribution.manifest.v2+json";
    let manifest = format!(
        "{{\n  \"schemaVersion\": 2,\n  \"mediaType\": \"{kind}\",\n  \"config\": {{ \"mediaType\": \"application/vnd.docker.container.image.v1+json\", \"size\": 24, \"digest\": \"{}\" }},\n  \"layers\": [{{ \"mediaType\": \"application/vnd.docker.image.rootfs.diff.tar\", \"size\": 22, \"digest\": \"{}\" }}]\n}}",
        BLOBS[0].1, BLOBS[1].1
    );
    ask("PUT", "/v2/app/manifests/v1", &[format!("content-type: {kind}")], &manifest);
    ask("GET", "/v2/app/tags/list", &[], "");
    ask("GET", "/v2/app/manifests/v1", &[format!("accept: {kind}")], "");
    for (_, digest) in BLOBS {
        ask("GET", &format!("/v2/app/blobs/{digest}"), &[], "");
    }
    answers
}

#[test]
fn a_recorded_push_and_pull_is_served_and_kept() {
    let folder = Folder::new();
    let Some(registry) = Registry::start(&folder) else { return };
    let project = folder.0.join("project");
    folder.write(
        "project/understudy.yaml",
        format!(
            "version: 1\nservices:\n  images:\n    backends: {{ real: {{ url: \"{}\", writes: true }} }}\n",
            registry.url
        ),
    );
    let recorder = Recorder::new(&project, &[]);
    let mut recorded = push_and_pull(recorder.port);
    let (exit, said) = recorder.end();
    assert!(exit == 0 && said.contains("14 exchanges in the inbox"), "{said}");
    // A name that is taken is not the one that others come after.
    folder
        .write("project/fixtures/images/app/uploads.yaml", "request: { path: /v2/other }\nresponse: { status: 404 }\n");
    let (exit, _, stderr) = run(&project, &["inbox", "accept"]);
    assert_eq!(exit, 0, "{stderr}");

    let port = registry.url.rsplit(':').next().unwrap().parse().unwrap();
    drop(registry);
    let served = Served::new(&project, &[]);
    let again = push_and_pull(served.port);
    // JSON is kept as a value where no digest holds it to its bytes: the list of tags without its line end.
    assert_eq!(recorded[10].1.pop(), Some('\n'));
    assert_eq!(again, recorded);

    // The registry that has the image, and one that has nothing.
    for _ in 0..2 {
        let _registry = Registry::start_at(&folder, port).unwrap();
        let (exit, stdout, stderr) = run(&project, &["verify"]);
        assert!(exit == 0 && stdout.contains("12 kept in"), "{stdout}{stderr}");
        fs::remove_dir_all(folder.0.join("data")).unwrap();
    }
}
