//! Case files: what goes in and what comes out, in one file.

use std::fs;
use std::path::{Path, PathBuf};

/// Plays every file of a folder: `play` gets its path and text, and gives the text as it should be. With `UPDATE` set
/// in the environment, files that differ are written anew.
///
/// # Panics
/// Where a file is not as it should be, with all that is; and where there is no file.
pub fn check_cases(folder: &Path, play: impl Fn(&Path, &str) -> String) {
    let entries = fs::read_dir(folder).expect("the folder of cases is there");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.expect("a case can be seen").path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "no case in {}", folder.display());
    let mut failures = Vec::new();
    for case in cases {
        let text = fs::read_to_string(&case).expect("a case can be read");
        let found = play(&case, &text);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&case, &found).expect("a case can be written");
        } else if found != text {
            failures.push(format!("{}\n--- found\n{found}", case.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
