//! What ARCHITECTURE.md says of the code's structure.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The dependencies of a crate, those of its tests not counted.
fn dependencies(name: &str) -> Vec<String> {
    let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).expect("the crate is there");
    let section = manifest.split("[dependencies]").nth(1).expect("it has dependencies");
    let section = section.split("\n[").next().unwrap_or_default();
    section.lines().filter_map(|line| line.split_once(" =")).map(|(name, _)| name.trim().to_owned()).collect()
}

#[test]
fn the_core_has_nothing_that_does_io_and_owners_are_the_only_ones() {
    let core =
        ["understudy-exchange", "understudy-fixture", "understudy-match", "understudy-openapi", "understudy-import"];
    let allowed = [
        "understudy-exchange",
        "understudy-fixture",
        "understudy-match",
        "aho-corasick",
        "apollo-parser",
        "base64",
        "bytes",
        "encoding_rs",
        "fancy-regex",
        "http",
        "httpdate",
        "jsonschema",
        "memchr",
        "new_mime_guess",
        "openapiv3",
        "regex",
        "regex-syntax",
        "roxmltree",
        "rustc-hash",
        "saphyr-parser",
        "serde",
        "serde_json",
        "smallvec",
        "smol_str",
        "strsim",
    ];
    for name in core {
        let others: Vec<String> = dependencies(name).into_iter().filter(|d| !allowed.contains(&d.as_str())).collect();
        assert!(others.is_empty(), "{name} depends on {others:?}");
    }
    let owners = [
        ("hyper", "understudy-net"),
        ("tokio-rustls", "understudy-net"),
        ("saphyr-parser", "understudy-fixture"),
        ("apollo-parser", "understudy-exchange"),
        ("roxmltree", "understudy-exchange"),
        ("jsonschema", "understudy-openapi"),
        ("openapiv3", "understudy-openapi"),
        ("sled", "understudy-store"),
        ("notify", "understudy-api"),
        ("clap", "understudy-cli"),
    ];
    for entry in fs::read_dir(root().join("crates")).expect("crates are there") {
        let name = entry.expect("a crate").file_name().into_string().expect("a plain name");
        for dependency in dependencies(&name) {
            let owner = owners.iter().find(|(owned, _)| *owned == dependency);
            assert!(owner.is_none_or(|(_, owner)| *owner == name), "{name} depends on {dependency}");
        }
    }
}

#[test]
fn the_two_directions_do_not_know_each_other() {
    assert!(!dependencies("understudy-serve").contains(&"understudy-contract".to_owned()));
    assert!(!dependencies("understudy-contract").contains(&"understudy-serve".to_owned()));
    let face = dependencies("understudy-cli");
    assert!(
        face.iter().filter(|name| name.starts_with("understudy-")).all(|name| name == "understudy-api"),
        "{face:?}"
    );
}

/// The one file of the command line that writes to the standard streams. It escapes what it writes.
const WRITER: &str = "page.rs";

#[test]
fn the_command_line_prints_through_one_writer() {
    let mut open = vec![root().join("crates/understudy-cli/src")];
    let ways = ["println!", "print!(", "stdout().write", "stderr().write", "stdout().lock", "stderr().lock", "dbg!"];
    let mut writers = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let text = fs::read_to_string(&path).expect("a source file");
                if ways.iter().any(|way| text.contains(way)) || text.contains("Box::new(stdout())") {
                    writers.push(path.file_name().expect("a file").to_string_lossy().into_owned());
                }
            }
        }
    }
    assert_eq!(writers, [WRITER]);
}

/// A file that is longer than this mixes things.
const LINES_MAX: usize = 600;

#[test]
fn every_source_file_says_what_it_is_about_and_is_no_warehouse() {
    let mut open = vec![root().join("crates"), root().join("xtask")];
    let mut seen = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                assert!(text.starts_with("//! "), "{} does not say what it is about", path.display());
                assert!(text.lines().count() <= LINES_MAX, "{} has more than {LINES_MAX} lines", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "only {seen} files were seen");
}

/// The ways to open, write and move files of the standard library.
const OPENS_FILES: [&str; 10] = [
    "File::open(",
    "File::create(",
    "File::options()",
    "OpenOptions",
    "fs::read(",
    "fs::read_to_string(",
    "fs::write(",
    "fs::copy(",
    "fs::rename(",
    "fs::hard_link(",
];

/// The files of `understudy-api` that open files by themselves, with what they open.
const OPENS_BY_ITSELF: [(&str, &str); 2] = [
    ("init.rs", "the files of a new project, in a folder that a person named"),
    ("app/export.rs", "files for others, in the folder for downloads"),
];

#[test]
fn files_of_a_project_are_opened_in_one_module() {
    let source = root().join("crates/understudy-api/src");
    let mut open = vec![source.clone()];
    let mut seen = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let below = path.strip_prefix(&source).expect("it is below").to_string_lossy().into_owned();
            if path.is_dir() {
                if below != "root" {
                    open.push(path);
                }
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source file");
            let program = text.split("\nmod tests {").next().unwrap_or_default();
            let found = OPENS_FILES.iter().find(|way| program.contains(*way));
            let is_allowed = OPENS_BY_ITSELF.iter().any(|(file, _)| *file == below);
            assert_eq!(found.is_some(), is_allowed, "{below}: `crate::root` opens files ({found:?})");
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} files were seen");
}
