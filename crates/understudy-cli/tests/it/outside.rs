//! Projects of strangers: what their files name outside the project is not read and not written, and nobody waits for a pipe.

use crate::program::{Folder, PROGRAM, Served, run};
use crate::reload::eventually;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

fn fixture(path: &str, text: &str) -> String {
    format!("request: {{ path: {path} }}\nresponse: {{ body: {{ text: {text} }} }}\n")
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Returns the rights of the owner and of others.
fn rights(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o777
}

/// live-server (huntr #1809), helix #5210, fsnotify #98 and logrotate #607: files that lead out or that wait.
#[test]
fn a_file_that_leads_out_or_waits_costs_nobody_the_other_files() {
    let outside = Folder::new();
    outside.write("x.yaml", fixture("/x", "TOPSECRET"));
    let folder = Folder::with_fixtures(&[("ok", &fixture("/ok", "one"))]);
    let place = |name: &str| folder.0.join("fixtures/s").join(name);
    let served = Served::new(&folder.0, &[]);
    eventually(&served, "GET /ok", "\r\n\r\none");
    make_pipe(&place("pipe.yaml"));
    let _socket = UnixListener::bind(place("socket.yaml")).unwrap();
    symlink("/dev/zero", place("device.yaml")).unwrap();
    symlink(outside.0.join("x.yaml"), place("link.yaml")).unwrap();
    symlink(&outside.0, place("folder")).unwrap();
    folder.write("fixtures/s/later.yaml", fixture("/later", "later"));
    eventually(&served, "GET /later", "\r\n\r\nlater");
    eventually(&served, "GET /x", "404 Not Found");
    let (exit, stdout, stderr) = run(&folder.0, &["check"]);
    assert_eq!((exit, stdout.as_str()), (2, "2 fixtures in 1 service: 5 errors\n"), "{stderr}");
    for (file, why) in [
        ("pipe.yaml", "it is a named pipe, not a regular file"),
        ("socket.yaml", "it is a socket, not a regular file"),
        ("device.yaml", "it is a device, not a regular file"),
        ("link.yaml", "the link leads out of the project, to "),
        ("folder", "the link leads out of the project, to "),
    ] {
        let told = stderr.split("\n\n").find(|told| told.contains(&format!("--> fixtures/s/{file}\n")));
        assert!(told.is_some_and(|told| told.contains(why)), "{file}: {stderr}");
    }
    assert!(stderr.contains(&format!("--allow-outside {}\n", outside.0.join("x.yaml").display())), "{stderr}");
    assert!(!stderr.contains("TOPSECRET"), "{stderr}");
}

/// WireMock #1857: body files and fixtures that several projects share lie outside of each of them.
#[test]
fn an_allowed_folder_is_served_and_its_edits_too() {
    let shared = Folder::new();
    shared.write("get.yaml", fixture("/shared", "one")).write("body.txt", "body");
    let folder = Folder::with_fixtures(&[("body", "request: { path: /body }\nresponse: { body: { file: b.txt } }\n")]);
    symlink(&shared.0, folder.0.join("fixtures/s/shared")).unwrap();
    symlink(shared.0.join("body.txt"), folder.0.join("fixtures/s/b.txt")).unwrap();
    let served = Served::new(&folder.0, &["--allow-outside", shared.0.to_str().unwrap()]);
    eventually(&served, "GET /shared", "\r\n\r\none");
    eventually(&served, "GET /body", "\r\n\r\nbody");
    shared.write("get.yaml", fixture("/shared", "two"));
    eventually(&served, "GET /shared", "\r\n\r\ntwo");
}

/// Superstatic (huntr #440): a folder that becomes a link while it is served.
#[test]
fn a_file_that_becomes_a_link_to_the_outside_is_not_read() {
    let outside = Folder::new();
    outside.write("a.txt", "TOPSECRET".repeat(200_000));
    let folder = Folder::with_fixtures(&[
        ("large", "request: { path: /large }\nresponse: { body: { file: bodies/a.txt } }\n"),
        ("bytes", "request: { path: /bytes }\nresponse: { body: { file: bodies/a.bin } }\n"),
    ]);
    let size = 9 * 200_000;
    folder.write("fixtures/s/bodies/a.txt", "fine.".repeat(10)).write("fixtures/s/bodies/a.bin", vec![b'f'; size]);
    outside.write("a.bin", vec![b'T'; size]);
    // Nobody reads the project again: what is served is the file that was found at the start.
    let served = Served::new(&folder.0, &["--poll=30m"]);
    eventually(&served, "GET /bytes", "\r\n\r\nffff");
    fs::rename(folder.0.join("fixtures/s/bodies"), folder.0.join("fixtures/s/before")).unwrap();
    symlink(&outside.0, folder.0.join("fixtures/s/bodies")).unwrap();
    eventually(&served, "GET /bytes", "500 Internal Server Error");
    eventually(&served, "GET /large", "\r\n\r\nfine.");
}

#[test]
fn accepting_writes_through_links_inside_the_project_alone() {
    let backend =
        Folder::with_fixtures(&[("ok", "request: { path: /ok }\nresponse: { body: { json: { ok: two } } }\n")]);
    let served = Served::new(&backend.0, &[]);
    let address = format!("http://127.0.0.1:{}", served.port);
    let one = "request: { path: /ok }\nresponse: { body: { json: { ok: 1 } } }\n";
    let folder = Folder::with_fixtures(&[]);
    folder.write("common/ok.yaml", one).write("fixtures/s/.keep", "");
    symlink("../../common/ok.yaml", folder.0.join("fixtures/s/ok.yaml")).unwrap();
    let (exit, stdout, stderr) = run(&folder.0, &["verify", "--backend", &address, "--accept"]);
    assert_eq!(exit, 0, "{stdout}{stderr}");
    assert!(fs::read_to_string(folder.0.join("common/ok.yaml")).unwrap().contains("ok: two"));
    assert!(folder.0.join("fixtures/s/ok.yaml").is_symlink());

    let outside = Folder::new();
    outside.write("ok.yaml", one);
    fs::remove_file(folder.0.join("fixtures/s/ok.yaml")).unwrap();
    symlink(outside.0.join("ok.yaml"), folder.0.join("fixtures/s/ok.yaml")).unwrap();
    let (exit, stdout, stderr) = run(&folder.0, &["verify", "--backend", &address, "--accept"]);
    assert_ne!(exit, 0, "{stdout}{stderr}");
    assert!(format!("{stdout}{stderr}").contains("leads out of the project"), "{stdout}{stderr}");
    assert_eq!(fs::read_to_string(outside.0.join("ok.yaml")).unwrap(), one);
}

/// MemPalace #2221: every command hung on a pipe in the place of a file that it reads.
#[test]
fn no_command_waits_for_a_pipe_that_lies_in_the_project() {
    let folder = Folder::with_fixtures(&[("ok", &fixture("/ok", "ok"))]);
    let api = "openapi: 3.0.3\ninfo: { title: t, version: '1' }\npaths: { /a: { get: { responses: {} } } }\n";
    folder.write("api.yaml", api);
    let place = |name: &str| folder.0.join(name);
    make_pipe(&place("fixtures/s/.imported.json"));
    make_pipe(&place("archive.har"));
    make_pipe(&place("pipe.yaml"));
    for (args, exit, why) in [
        (&["import", "api.yaml"][..], 3, ".imported.json: it is a named pipe, not a regular file"),
        (&["import", "archive.har"], 3, "archive.har: it is a named pipe, not a regular file"),
        (&["import", "pipe.yaml"], 3, "pipe.yaml: it is a named pipe, not a regular file"),
        (&["check", "pipe.yaml"], 2, "pipe.yaml cannot be read: it is a named pipe, not a regular file"),
        (&["diff", "api.yaml", "pipe.yaml"], 64, "it is a named pipe, not a regular file"),
        (&["import", "/dev/zero"], 3, "/dev/zero: it is a device, not a regular file"),
    ] {
        let (ended, stdout, stderr) = run(&folder.0, args);
        assert!(ended == exit && stderr.contains(why), "{args:?}: {ended} {stdout}{stderr}");
    }
    // What the shell opens is read.
    let mut child = Command::new(PROGRAM)
        .args(["diff", "api.yaml", "/dev/stdin"])
        .current_dir(&folder.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(api.as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout), "nothing changed that either side could see\n");
    // A regular file that the shell opens is recognised by its beginning.
    let archive = r#"{ "log": { "version": "1.2", "creator": { "name": "x", "version": "1" }, "entries": [] } }"#;
    folder.write("plain", archive);
    fs::remove_file(place("fixtures/s/.imported.json")).unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["import", "/dev/stdin"]).current_dir(&folder.0);
    let said = command.stdin(fs::File::open(place("plain")).unwrap()).output().unwrap();
    let stderr = String::from_utf8_lossy(&said.stderr);
    assert!(!stderr.contains("not an OpenAPI description"), "{stderr}");
}

/// zele #8 and async-disk-cache #71: the store of what is private could be read by everybody on the machine.
#[test]
fn recordings_can_be_read_by_their_owner_alone() {
    let backend = Folder::with_fixtures(&[("ok", &fixture("/ok", "ok"))]);
    let served = Served::new(&backend.0, &[]);
    let folder = Folder::new();
    let backends = format!("{{ real: {{ url: \"http://127.0.0.1:{}\" }} }}", served.port);
    folder
        .write("understudy.yaml", format!("version: 1\nservices: {{ s: {{ mode: record, backends: {backends} }} }}\n"));
    folder.write("fixtures/s/.keep", "").write(".understudy/recordings/.keep", "");
    let local = folder.0.join(".understudy");
    fs::set_permissions(&local, fs::Permissions::from_mode(0o755)).unwrap();
    let (exit, _, stderr) = run(&folder.0, &["check"]);
    assert!(exit == 0 && stderr.contains("others on this machine could read the recordings"), "{exit} {stderr}");
    let recording = Served::new(&folder.0, &[]);
    eventually(&recording, "GET /ok", "\r\n\r\nok");
    assert!(Command::new("kill").args(["-INT", &recording.id().to_string()]).status().unwrap().success());
    recording.wait();
    let (mut open, mut files) = (vec![local], 0);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            assert_eq!(rights(&path), 0o700, "{}", path.display());
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            assert_eq!(rights(&path), 0o600, "{}", path.display());
            files += 1;
        }
    }
    assert!(files > 4, "only {files} files were seen");
    assert!(!run(&folder.0, &["check"]).2.contains("others"));
}

#[test]
fn local_state_behind_a_link_is_not_used() {
    let outside = Folder::new();
    outside.write("kept", "");
    let folder = Folder::with_fixtures(&[("ok", &fixture("/ok", "ok"))]);
    symlink(&outside.0, folder.0.join(".understudy")).unwrap();
    let served = Served::new(&folder.0, &[]);
    eventually(&served, "GET /ok", "\r\n\r\nok");
    let (exit, _, stderr) = run(&folder.0, &["check"]);
    let why = format!(".understudy is a link to {}", outside.0.display());
    assert!(exit == 2 && stderr.contains("recordings and results cannot be kept") && stderr.contains(&why), "{stderr}");
    assert_eq!(fs::read_dir(&outside.0).unwrap().count(), 1);
}

#[test]
fn files_that_a_killed_program_left_go_at_the_start() {
    let mut child = Command::new("true").spawn().unwrap();
    let ended = child.id();
    child.wait().unwrap();
    let folder = Folder::with_fixtures(&[("ok", &fixture("/ok", "ok"))]);
    let left = [
        format!("fixtures/s/.ok.yaml.{ended}-3.unfinished"),
        format!(".understudy.yaml.{ended}-0.unfinished"),
        format!(".understudy/.serve.json.{ended}-1.unfinished"),
    ];
    let stays = [format!("fixtures/s/.ok.yaml.{}-3.unfinished", std::process::id()), "fixtures/s/.mine".to_owned()];
    for file in left.iter().chain(&stays) {
        folder.write(file, "half");
    }
    let served = Served::new(&folder.0, &[]);
    eventually(&served, "GET /ok", "\r\n\r\nok");
    assert!(left.iter().all(|file| !folder.0.join(file).exists()));
    assert!(stays.iter().all(|file| folder.0.join(file).exists()));
}
