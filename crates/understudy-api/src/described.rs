//! The agreed description of a service, on disk.

use crate::disk::{Stamp, unchanged};
use crate::root::{Named, Refused, Root};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use understudy_fixture::Diagnostic;
use understudy_openapi::{DOCUMENT_BYTES_MAX, Description, Files};

/// A description as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    /// The last good version; older than the file where that has gone bad.
    pub(crate) description: Option<Arc<Description>>,
    /// Every problem that was found when it was read.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Its files, with what tells this version from others.
    files: Vec<(PathBuf, Option<Stamp>)>,
}

impl Described {
    /// Reads a description, by its path relative to `root`. One whose files did not change is not read again.
    pub(crate) fn read(root: &Root, path: &str, before: Option<&Self>) -> Self {
        Self::read_from(
            Folder { root, named: None, read: RefCell::default(), advice: RefCell::default() },
            path,
            before,
        )
    }

    /// Reads a description that a person named, by its path relative to `root`.
    pub(crate) fn read_named(root: &Root, path: &str, before: Option<&Self>) -> Self {
        let named = Some(path);
        Self::read_from(Folder { root, named, read: RefCell::default(), advice: RefCell::default() }, path, before)
    }

    fn read_from(folder: Folder<'_>, path: &str, before: Option<&Self>) -> Self {
        let root = folder.root;
        if let Some(before) = before
            && before.files.first().is_some_and(|(file, _)| *file == root.join(path))
            && unchanged(&before.files)
        {
            return before.clone();
        }
        let opened = Description::open(path, &folder);
        let files = folder.read.into_inner();
        match opened {
            Ok(mut description) => {
                let diagnostics = std::mem::take(&mut description.diagnostics);
                // A part that has gone bad takes nothing away from what is served.
                let is_part_bad = diagnostics.iter().any(Diagnostic::is_error);
                let last_good = before.filter(|_| is_part_bad).and_then(|before| before.description.clone());
                Self { description: Some(last_good.unwrap_or_else(|| Arc::new(description))), diagnostics, files }
            }
            Err(problem) => {
                let description = before.and_then(|before| before.description.clone());
                Self { description, diagnostics: vec![*problem], files }
            }
        }
    }

    /// Reads a description that a person named. `root` is that of the file.
    pub(crate) fn at(root: &Root, path: &Path) -> Self {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Self::read_named(root, &name, None)
    }

    /// The problem that keeps it from being read at all.
    pub(crate) fn unreadable(&self) -> Option<&Diagnostic> {
        self.diagnostics.first().filter(|_| self.description.is_none())
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(file, _)| file.as_path())
    }
}

/// Returns the path of a service's description, relative to the project, without steps back: `api.yaml` and not
/// `fixtures/shop/../../api.yaml`. If a link leads elsewhere, the steps stay.
pub(crate) fn plain_path(root: &Path, path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "." => {}
            ".." if steps.last().is_some_and(|last| !matches!(*last, ".." | "")) => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    let plain = steps.join("/");
    let is_elsewhere =
        root.join(path).canonicalize().is_ok_and(|file| root.join(&plain).canonicalize().ok() != Some(file));
    if plain.is_empty() || is_elsewhere { path.to_owned() } else { plain }
}

/// Files by their paths relative to a folder, and which of them were read.
struct Folder<'a> {
    root: &'a Root,
    /// The file that a person named: it may be a pipe that is open already.
    named: Option<&'a str>,
    read: RefCell<Vec<(PathBuf, Option<Stamp>)>>,
    /// The advice for files that could not be read.
    advice: RefCell<HashMap<String, String>>,
}

impl Files for Folder<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let full = self.root.join(path);
        self.read.borrow_mut().push((full.clone(), Stamp::at(&full)));
        let read = match self.named {
            Some(named) if named == path => Named::read(&full, DOCUMENT_BYTES_MAX as u64),
            _ => self.root.read(&full, DOCUMENT_BYTES_MAX as u64).map(|content| content.bytes),
        };
        read.map_err(|refused| match refused {
            Refused::TooLarge(bytes) => format!("it has {bytes} bytes, and at most {DOCUMENT_BYTES_MAX} are read"),
            refused if refused.is_missing() => "there is no such file".to_owned(),
            Refused::System(error) => error.to_string(),
            refused => {
                self.advice.borrow_mut().extend(refused.hint().map(|hint| (path.to_owned(), hint)));
                refused.to_string()
            }
        })
    }

    fn advice(&self, path: &str) -> Option<String> {
        self.advice.borrow().get(path).cloned()
    }
}

/// A description's title as the name of a service: small letters, digits and hyphens.
pub(crate) fn name_of(title: &str) -> String {
    let plain: String = title.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    // What every one of them is called tells none of them from others.
    let words: Vec<&str> = plain
        .split_whitespace()
        .filter(|word| !matches!(*word, "api" | "rest" | "the" | "openapi" | "swagger"))
        .collect();
    let name = words.iter().take(NAME_WORDS_MAX).copied().collect::<Vec<_>>().join("-");
    if name.is_empty() { "api".to_owned() } else { name }
}

const NAME_WORDS_MAX: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_called_what_its_description_is() {
        assert_eq!(name_of("Swagger Petstore - OpenAPI 3.0"), "petstore-3-0");
        assert_eq!(name_of("GitHub v3 REST API"), "github-v3");
        assert_eq!(name_of("API"), "api");
        assert_eq!(name_of("Füße"), "f-e");
    }
}
