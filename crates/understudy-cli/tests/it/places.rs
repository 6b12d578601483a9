//! Fixtures where people have them: behind links, in mounts without events, in a file or a folder without a project.

use crate::program::{Folder, PROGRAM, Served, run};
use crate::reload::eventually;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

fn fixture(path: &str, text: &str) -> String {
    format!("request: {{ path: {path} }}\nresponse: {{ body: {{ text: {text} }} }}\n")
}

/// Puts a link in the place of another one at once, as `ln -sfn` and the kubelet do.
fn swap(target: &str, link: &Path) {
    let made = link.with_file_name(".made");
    symlink(target, &made).unwrap();
    fs::rename(made, link).unwrap();
}

/// Returns the text that the program wrote to standard error up to its end.
fn said(served: Served) -> String {
    assert!(Command::new("kill").args(["-INT", &served.id().to_string()]).status().unwrap().success());
    served.wait().1
}

/// Returns the text that the program wrote to both of its outputs, up to the number of problems at
/// the start.
fn said_at_first(project: &Path) -> String {
    let serve = format!("exec '{PROGRAM}' serve '{}' 2>&1", project.display());
    let mut child = Command::new("sh").args(["-c", &serve]).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        said += &(line.unwrap() + "\n");
        if said.contains("what is good is served") {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    said
}

/// mocks-server #462 and ioBroker.javascript #912: only the folder that holds the links was watched.
#[test]
fn edits_behind_links_to_folders_and_files_are_served() {
    let folder = Folder::with_fixtures(&[("a", &fixture("/a", "a"))]);
    folder.write("common/b.yaml", fixture("/b", "one")).write("single/c.yaml", fixture("/c", "one"));
    symlink("../../common", folder.0.join("fixtures/s/shared")).unwrap();
    symlink("../../single/c.yaml", folder.0.join("fixtures/s/linked.yaml")).unwrap();
    let served = Served::new(&folder.0, &[]);
    eventually(&served, "GET /b", "\r\n\r\none");
    folder.write("common/b.yaml", fixture("/b", "two"));
    eventually(&served, "GET /b", "\r\n\r\ntwo");
    folder.write("single/c.yaml", fixture("/c", "two"));
    eventually(&served, "GET /c", "\r\n\r\ntwo");
    // An editor that writes beside the file and renames.
    folder.write("single/c.tmp", fixture("/c", "three"));
    fs::rename(folder.0.join("single/c.tmp"), folder.0.join("single/c.yaml")).unwrap();
    eventually(&served, "GET /c", "\r\n\r\nthree");
    folder.write("other/b.yaml", fixture("/b", "four"));
    swap("../../other", &folder.0.join("fixtures/s/shared"));
    eventually(&served, "GET /b", "\r\n\r\nfour");
    folder.write("other/deep/d.yaml", fixture("/d", "deep"));
    eventually(&served, "GET /d", "\r\n\r\ndeep");
    fs::remove_dir_all(folder.0.join("other/deep")).unwrap();
    eventually(&served, "GET /d", "404 Not Found");
    folder.write("other/deep/d.yaml", fixture("/d", "again"));
    eventually(&served, "GET /d", "\r\n\r\nagain");
}

/// cfg4k #65 and kubernetes #24215: a mounted ConfigMap is a chain of links, and its files may keep their times.
#[test]
fn a_mounted_config_map_that_is_updated_is_served() {
    let folder = Folder::new();
    let mount = folder.0.join("mount");
    folder.write("mount/..one/get.yaml", fixture("/a", "one")).write("mount/..two/get.yaml", fixture("/a", "two"));
    let time = fs::metadata(mount.join("..one/get.yaml")).unwrap().modified().unwrap();
    fs::File::options().write(true).open(mount.join("..two/get.yaml")).unwrap().set_modified(time).unwrap();
    symlink("..one", mount.join("..data")).unwrap();
    symlink("..data/get.yaml", mount.join("get.yaml")).unwrap();
    folder.write("project/understudy.yaml", "version: 1\nservices: { s: { dir: s } }\n");
    symlink("../mount", folder.0.join("project/s")).unwrap();
    // The mount is outside the project.
    let served = Served::new(&folder.0.join("project"), &["--allow-outside", mount.to_str().unwrap()]);
    eventually(&served, "GET /a", "\r\n\r\none");
    swap("..two", &mount.join("..data"));
    fs::remove_dir_all(mount.join("..one")).unwrap();
    eventually(&served, "GET /a", "\r\n\r\ntwo");
}

/// json-server #681, mocker-api #44: mounts of virtual machines and containers send no events.
#[test]
fn files_are_looked_at_from_time_to_time_where_that_is_asked_for() {
    let folder = Folder::with_fixtures(&[("a", &fixture("/a", "one"))]);
    let served = Served::new(&folder.0, &["--poll=10ms"]);
    eventually(&served, "GET /a", "\r\n\r\none");
    folder.write("fixtures/s/a.yaml", fixture("/a", "two"));
    eventually(&served, "GET /a", "\r\n\r\ntwo");
    folder.write("fixtures/s/new/b.yaml", "request: { path: /b }\nresponse: { body: { file: bodies/b.txt } }\n");
    folder.write("fixtures/s/bodies/b.txt", "body");
    eventually(&served, "GET /b", "\r\n\r\nbody");
    folder.write("fixtures/s/bodies/b.txt", "other");
    eventually(&served, "GET /b", "\r\n\r\nother");
    let (exit, _, stderr) = run(&folder.0, &["serve", "--poll=soon"]);
    assert!(exit == 64 && stderr.contains("write it as 500ms, 10s or 2m"), "{stderr}");
}

/// json-server, Mockoon and WireMock are started with a file or a folder.
#[test]
fn one_file_and_a_flat_folder_are_served_and_watched() {
    let folder = Folder::new();
    folder.write("My Mocks/get.yaml", fixture("/a", "one")).write("My Mocks/deep/b.YML", fixture("/b", "b"));
    folder.write("My Mocks/package.json", "{\"name\": \"x\", \"description\": \"sends a request\"}");
    folder.write("My Mocks/node_modules/m/c.yaml", fixture("/c", "c"));
    let mocks = folder.0.join("My Mocks");
    let flat = Served::new(&mocks, &[]);
    let one = Served::new(&mocks.join("get.yaml"), &[]);
    eventually(&flat, "GET /b", "\r\n\r\nb");
    eventually(&flat, "GET /c", "404 Not Found");
    eventually(&one, "GET /b", "404 Not Found");
    folder.write("My Mocks/get.yaml", fixture("/a", "two"));
    for served in [&flat, &one] {
        eventually(served, "GET /a", "\r\n\r\ntwo");
    }
    folder.write("My Mocks/new.yaml", fixture("/new", "new"));
    eventually(&flat, "GET /new", "\r\n\r\nnew");
    let said = said(flat);
    assert!(said.contains("package.json: not read, as nothing in it says `request` or `response`"), "{said}");
    assert!(!mocks.join("node_modules/m/.understudy").exists() && !mocks.join("deep/.understudy").exists());
}

/// Prism and Microcks are started with a description.
#[test]
fn a_description_is_served_as_it_is_named() {
    let folder = Folder::new();
    folder.write(
        "pets.yaml",
        "openapi: 3.0.0\ninfo: { title: Pets, version: '1' }\npaths:\n  /pets:\n    get:\n      responses:\n        '204': { description: none }\n",
    );
    let served = Served::new(&folder.0.join("pets.yaml"), &[]);
    eventually(&served, "GET /pets", "204 No Content");
}

#[test]
fn serve_tells_at_its_start_what_check_would_and_not_more_than_can_be_read() {
    let folder = Folder::with_fixtures(&[
        ("a", "request: { path: '/a/{id}', params: { id: integer } }\nresponse: {}\n"),
        ("b", "request: { path: /b }\nresponse: {}\npriority: 1\n"),
        ("c", "request: { path: /b, query: { x: y } }\nresponse: {}\n"),
    ]);
    let text = said_at_first(&folder.0);
    assert!(text.starts_with("s  http://"), "the address comes first: {text}");
    assert!(text.contains("write id: { type: integer }"), "{text}");
    assert!(text.contains("is answered by `b`") && text.contains("2 warnings: what is good is served\n"), "{text}");
    for at in 0..30 {
        folder.write(&format!("fixtures/s/bad{at}.yaml"), "request: GET /a\n");
    }
    let text = said_at_first(&folder.0);
    assert_eq!(text.matches("error[").count(), 20, "{text}");
    assert!(
        text.contains("60 errors, 2 warnings: what is good is served; 42 more are shown by `understudy check`"),
        "{text}"
    );
}

#[test]
fn a_path_with_too_many_fixtures_to_compare_is_named() {
    let folder = Folder::with_fixtures(&[]);
    for at in 0..5_001 {
        let request = format!("request: {{ method: POST, path: /pets, body: {{ json: {{ n: {at} }} }} }}");
        folder.write(&format!("fixtures/s/{at}.yaml"), request + "\nresponse: {}\n");
    }
    let (exit, stdout, stderr) = run(&folder.0, &["check"]);
    assert_eq!(exit, 0, "{stdout}");
    assert!(
        stderr.contains("not checked: which of the 5001 fixtures on /pets answers each one's own example"),
        "{stdout}{stderr}"
    );
}
