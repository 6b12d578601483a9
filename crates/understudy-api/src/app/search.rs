//! Words in the project's files.

use super::App;
use crate::error::ApiError;
use crate::root::Root;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use understudy_fixture::SOURCE_BYTES_MAX;

/// How many lines are shown.
const HITS_MAX: usize = 200;
/// How much of a line is shown.
const LINE_CHARS_MAX: usize = 200;

/// What to look for.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct SearchRequest {
    /// A part of a line, in any case.
    pub(super) text: String,
}

/// Where it stands.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Hits {
    /// In the order of the tree.
    pub(super) hits: Vec<Hit>,
    /// Whether there are more.
    pub(super) more: bool,
}

/// A line of a fixture's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Hit {
    /// The service.
    pub(super) service: String,
    /// Relative to the service's folder.
    pub(super) file: String,
    /// From 1.
    pub(super) line: u32,
    /// The line, without the space around it.
    pub(super) text: String,
}

impl App {
    pub(super) async fn search(&self, request: SearchRequest) -> Result<Hits, ApiError> {
        let wanted = request.text.trim().to_lowercase();
        if wanted.is_empty() {
            return Ok(Hits { hits: Vec::new(), more: false });
        }
        let project = self.loaded().await;
        let root = project.root.clone();
        let files: Vec<(String, String, PathBuf)> = project
            .services
            .iter()
            .flat_map(|loaded| {
                loaded
                    .files()
                    .map(|(file, ..)| (loaded.service.name.clone(), file.to_owned(), loaded.folder.join(file)))
            })
            .collect();
        // Thousands of files are read: nobody else waits for that.
        let found = tokio::task::spawn_blocking(move || find(&root, &files, &wanted)).await;
        Ok(found.unwrap_or(Hits { hits: Vec::new(), more: false }))
    }
}

fn find(root: &Root, files: &[(String, String, PathBuf)], wanted: &str) -> Hits {
    let mut hits = Vec::new();
    for (service, file, path) in files {
        // What cannot be read is a problem of the project, and is told there.
        let Ok(content) = root.read(path, SOURCE_BYTES_MAX as u64) else { continue };
        let Ok(text) = String::from_utf8(content.bytes) else { continue };
        for (at, line) in text.lines().enumerate().filter(|(_, line)| line.to_lowercase().contains(wanted)) {
            if hits.len() == HITS_MAX {
                return Hits { hits, more: true };
            }
            hits.push(Hit {
                service: service.clone(),
                file: file.clone(),
                line: u32::try_from(at + 1).unwrap_or(u32::MAX),
                text: line.trim().chars().take(LINE_CHARS_MAX).collect(),
            });
        }
    }
    Hits { hits, more: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_in_any_case_up_to_a_bound() {
        let path = std::env::temp_dir().join(format!("understudy-search-{}", std::process::id()));
        std::fs::write(&path, format!("name: Ünder\n  path: /PETS # x\n{}", "pets\n".repeat(HITS_MAX)))
            .expect("a file");
        let root = Root::from(std::env::temp_dir());
        let files = [
            ("s".to_owned(), "f.yaml".to_owned(), path.clone()),
            ("s".to_owned(), "gone".to_owned(), "/nowhere".into()),
        ];
        let one = find(&root, &files, "ünder");
        assert_eq!(
            (one.hits[0].line, one.hits[0].text.as_str(), one.hits.len(), one.more),
            (1, "name: Ünder", 1, false)
        );
        let many = find(&root, &files, "pets");
        assert_eq!((many.hits.len(), many.hits[0].text.as_str(), many.more), (HITS_MAX, "path: /PETS # x", true));
        std::fs::remove_file(&path).expect("it is ours");
    }
}
