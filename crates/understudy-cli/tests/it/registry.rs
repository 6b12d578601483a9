//! The sample's registry fixtures against a real registry: Debian's package `docker-registry`, which `cargo xtask test`
//! installs.

use crate::program::{Folder, run, sample};
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
    let expected = "broken registry/errors/unknown-name  GET /v2/nobody/nothing/tags/list\n  $.errors[0].code value\n    \
                    expected  exactly \"NAME_UNSEEN\"\n    received  \"NAME_UNKNOWN\"\n\n";
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
