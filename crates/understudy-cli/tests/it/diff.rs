//! `diff` with files of git revisions.

use crate::program::{Folder, run};
use std::path::Path;
use std::process::{Command, Stdio};

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args([
        "-c",
        "user.name=Somebody",
        "-c",
        "user.email=somebody@example.com",
        "-c",
        "init.defaultBranch=main",
    ]);
    let status = command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.unwrap().success(), "git {arguments:?}");
}

/// A repository whose description has its schemas in files beside it. What is committed last is not what is in the folder.
fn repository() -> Folder {
    let folder = Folder::new();
    let api = |schema: &str| {
        format!(
            "openapi: 3.0.3\ninfo: {{ title: Shop, version: '1' }}\npaths:\n  /items: {{ get: {{ responses: {{ '200': {{ description: ok, content: {{ application/json: {{ schema: {{ $ref: '{schema}' }} }} }} }} }} }} }}\n"
        )
    };
    let item = |kind: &str| format!("Item: {{ type: object, properties: {{ id: {{ type: {kind} }} }} }}\n");
    git(&folder.0, &["init", "-q"]);
    folder.write("docs/api.yaml", api("parts/item.yaml#/Item")).write("docs/parts/item.yaml", item("integer"));
    folder.write("docs/out.yaml", api("../../x.yaml#/Item"));
    folder.write("-c.yaml", api("docs/parts/item.yaml#/Item"));
    std::os::unix::fs::symlink("docs/api.yaml", folder.0.join("link.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc/hosts", folder.0.join("leads-out.yaml")).unwrap();
    git(&folder.0, &["add", "-A"]);
    git(&folder.0, &["commit", "-q", "-m", "first"]);
    git(&folder.0, &["tag", "v1"]);
    folder.write("docs/parts/item.yaml", item("string"));
    git(&folder.0, &["add", "-A"]);
    folder.write("docs/parts/item.yaml", item("boolean"));
    folder
}

/// The exit code, and what is said of the members, or else the first line of what went wrong.
fn said(folder: &Path, old: &str, new: &str) -> String {
    let (exit, stdout, stderr) = run(folder, &["diff", "--", old, new]);
    let change = stdout.lines().find(|line| line.contains("/id "));
    let line = change.or_else(|| stderr.lines().find(|line| line.starts_with("error")));
    let line = line.or_else(|| stdout.lines().next()).unwrap_or_default();
    format!("{exit} {}", line.trim())
}

#[test]
fn a_version_is_a_file_of_a_revision_with_the_files_beside_it() {
    let folder = repository();
    let path = "GET /items: answer 200 body /id is";
    for (old, new, wanted) in [
        ("main:docs/api.yaml", "docs/api.yaml", format!("1 {path} boolean now, and was integer")),
        ("v1:docs/api.yaml", ":docs/api.yaml", format!("1 {path} string now, and was integer")),
        ("HEAD:./docs/api.yaml", "main:docs/api.yaml", "0 nothing changed that either side could see".to_owned()),
        ("HEAD^{/first}:docs/api.yaml", "docs/api.yaml", format!("1 {path} boolean now, and was integer")),
        ("main:-c.yaml", "docs/api.yaml", format!("1 {path} boolean now, and was integer")),
    ] {
        assert_eq!(said(&folder.0, old, new), wanted, "{old} {new}");
    }
    // What a link leads to has its own files beside the link, as on disk.
    for old in ["main:link.yaml", "link.yaml"] {
        let (exit, _, stderr) = run(&folder.0, &["diff", "--", old, "docs/api.yaml"]);
        assert!(exit == 3 && stderr.contains("`parts/item.yaml` cannot be read: there is no such file"), "{stderr}");
    }
    // From a folder below, a path that begins with a dot is below it.
    let docs = folder.0.join("docs");
    assert_eq!(said(&docs, "main:./api.yaml", "api.yaml"), format!("1 {path} boolean now, and was integer"));
    let (_, stdout, _) = run(&folder.0, &["diff", "main:docs/api.yaml", "docs/api.yaml"]);
    let places = "main:docs/parts/item.yaml#/Item/properties/id -> docs/parts/item.yaml#/Item/properties/id";
    assert!(stdout.contains(places), "{stdout}");
}

#[test]
fn what_git_does_not_have_is_told_and_no_name_is_an_option() {
    let folder = repository();
    let path = "docs/api.yaml";
    for (old, wanted) in [
        ("nope:docs/api.yaml", "3 error: nope:docs/api.yaml cannot be read: there is no revision `nope`"),
        ("main:nope.yaml", "3 error[unreadable]: the file cannot be read: there is no such file in main"),
        ("main:docs", "3 error[unreadable]: the file cannot be read: it is no file"),
        ("main:../x.yaml", "3 error: main:../x.yaml cannot be read: the path leads out of the repository"),
        (
            "main:leads-out.yaml",
            "3 error[unreadable]: the file cannot be read: it is a link that leads out of the repository",
        ),
        (
            "--output=hacked:docs/api.yaml",
            "3 error: --output=hacked:docs/api.yaml cannot be read: there is no revision `--output=hacked`",
        ),
        (
            "--upload-pack=touch hacked:docs/api.yaml",
            "3 error: --upload-pack=touch hacked:docs/api.yaml cannot be read: there is no revision `--upload-pack=touch hacked`",
        ),
        (
            "$(touch hacked):docs/api.yaml",
            "3 error: $(touch hacked):docs/api.yaml cannot be read: there is no revision `$(touch hacked)`",
        ),
        ("main\nv1:docs/api.yaml", "3 error: main"),
        (
            "https://example.com/api.yaml",
            "64 error: https://example.com/api.yaml is an address, and nothing is fetched",
        ),
        // A reference that leads out of the repository is one that leads nowhere.
        ("main:docs/out.yaml", "3 error[bad-reference]: `../../x.yaml` cannot be read: it is outside the repository"),
    ] {
        let said = said(&folder.0, old, path);
        assert!(said.starts_with(wanted), "{old}: {said}");
        assert!(!folder.0.join("hacked").exists(), "{old}");
    }
    let alone = Folder::new();
    alone.write("api.yaml", "openapi: 3.0.3\ninfo: { title: A, version: '1' }\npaths: {}\n");
    let said = said(&alone.0, "main:api.yaml", "api.yaml");
    assert!(said.starts_with("3 error: main:api.yaml cannot be read: not a git repository"), "{said}");
}

#[test]
fn a_file_whose_name_has_a_colon_is_that_file() {
    let folder = repository();
    folder.write("main:api.yaml", "openapi: 3.0.3\ninfo: { title: A, version: '1' }\npaths: {}\n");
    assert_eq!(said(&folder.0, "main:api.yaml", "main:api.yaml"), "0 nothing changed that either side could see");
}
