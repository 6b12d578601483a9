//! Each file of `cases/` is read, and what comes of it is held against the `.txt` beside it: the problems as they
//! are shown, or the fixture as it is written. `UPDATE=1 cargo test` writes the expected files anew.
//!
//! Names that start with `project` are project files, all others fixtures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use std::fs;
use std::path::{Path, PathBuf};
use understudy_fixture::{BodyFiles, Diagnostic, FileProblem, Source, fixture, project, write_fixture};

/// A service's folder with one file in it.
struct OneFile;

impl BodyFiles for OneFile {
    fn read(&self, path: &str) -> Result<Bytes, FileProblem> {
        match path {
            "bodies/photo.png" => Ok(Bytes::from_static(b"\x89PNG\xFF")),
            _ => Err(FileProblem::Missing(vec!["bodies/photo.png".to_owned()])),
        }
    }
}

fn result(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    let source = match Source::new(name, fs::read(path).unwrap()) {
        Ok(source) => source,
        Err(diagnostic) => return diagnostic.to_string(),
    };
    if name.starts_with("project") {
        let (read, diagnostics) = project(&source);
        return format!("{}\n{read:#?}", shown(&diagnostics));
    }
    let (read, diagnostics) = fixture(&source, "case", &OneFile);
    let written = read.map_or_else(|| "(no fixture)".to_owned(), |fixture| write_fixture(&fixture));
    format!("{}{}{written}", shown(&diagnostics), if diagnostics.is_empty() { "" } else { "\n" })
}

fn shown(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
}

#[test]
fn every_file_reads_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|ending| ending != "txt"));
    cases.sort();
    assert!(!cases.is_empty());
    let mut failures = Vec::new();
    for case in cases {
        let expected_file = PathBuf::from(format!("{}.txt", case.display()));
        let found = format!("{}\n", result(&case).trim_end());
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected_file, &found).unwrap();
        }
        let expected = fs::read_to_string(&expected_file).unwrap_or_default();
        if found != expected {
            failures.push(format!("{}\n--- expected\n{expected}--- found\n{found}", case.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
