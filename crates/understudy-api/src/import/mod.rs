//! Fixtures from other people's files: archives of what a browser recorded, and descriptions. What is proposed here is
//! written by whoever asked for it.

pub(crate) mod archive;
pub(crate) mod description;
pub(crate) mod har;
mod listing;
mod servers;
mod sort;

pub use description::{ImportNews, ImportedDescription, ImportedFixture};
pub use har::{Imported, Waiting};
pub use listing::list_left_out;
pub use sort::{ArchiveAccept, ArchiveOptions, LeftOut};

use crate::change::bring_all;
use crate::described::Described;
use crate::error::{ApiError, Code};
use crate::inbox::vars_needed;
use crate::recordings;
use crate::root::{Named, Root};
use description::Meant;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to import.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// The project's folder.
    pub project: Root,
    /// The service that gets the fixtures; the only one where it is not said.
    pub service: Option<String>,
    /// The selection of an archive's exchanges, and their handling.
    pub archive: ArchiveOptions,
    /// Of a description, the operations that are meant, by their ids or as `GET /pets/{id}`; all where none is said.
    pub operations: Vec<String>,
    /// Whether nothing is written.
    pub preview: bool,
    /// Archives, or one description.
    pub files: Vec<PathBuf>,
}

/// What came of an import.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Import {
    /// Of archives.
    Archive(Imported),
    /// Of a description.
    Description(ImportedDescription),
}

/// Imports archives, or a description, into a project.
///
/// # Errors
/// Files that cannot be read, that are neither, or have nothing for the service; names that the project does not have.
pub fn import(request: &ImportRequest) -> Result<Import, ApiError> {
    let project = crate::project::open_project(&request.project)?;
    let service = request.service.as_deref();
    let archives: Vec<bool> = request.files.iter().map(|file| is_archive(file)).collect::<Result<_, _>>()?;
    let other = request.files.iter().zip(&archives).find(|(_, is_archive)| !**is_archive).map(|(file, _)| file);
    let usage = |message: String| Err(ApiError::new(Code::Usage, message));
    let (import, files) = match (request.files.as_slice(), other) {
        ([_], Some(_)) if request.archive.origin.is_some() => {
            return usage("--origin chooses among the exchanges of an archive, and this is none".to_owned());
        }
        ([only], Some(_)) => {
            let description = read_description(&project.root, only)?;
            let loaded = project.chosen(service)?;
            let meant = Meant { operations: &request.operations, status: None };
            let (imported, files) = description::plan(loaded, &description, &only.to_string_lossy(), meant)?;
            (Import::Description(imported), files)
        }
        (_, Some(other)) => {
            let message = format!("{} is no HTTP archive", other.display());
            return Err(ApiError::new(Code::Usage, message).with_hint("import a description by itself"));
        }
        (_, None) if !request.operations.is_empty() => {
            return usage("--operation chooses among those of a description, and an archive has none".to_owned());
        }
        (all, None) => {
            let project = Arc::new(project);
            let plan = har::plan(&project, service, &request.archive, har::read_files(all)?)?;
            let har::ArchivePlan { mut imported, changes, records } = plan;
            if !request.preview {
                // If the inbox cannot be opened, nothing is written.
                recordings::adding(&project.root, &records, || bring_all(&changes, true))?;
                imported.vars = vars_needed(&project.root, &imported.written())?;
            }
            return Ok(Import::Archive(imported));
        }
    };
    if !request.preview {
        bring_all(&files, true)?;
    }
    Ok(import)
}

/// How much of a file says what it is.
const HEAD_BYTES: u64 = 4 << 10;

/// Returns true if a file is an HTTP archive, by its name or its first bytes.
///
/// # Errors
/// The file cannot be read, or is a zip file.
fn is_archive(path: &Path) -> Result<bool, ApiError> {
    if is_zip(path) {
        let message = format!("{} is a zip file", path.display());
        return Err(ApiError::new(Code::Usage, message).with_hint("unpack it, and import the .har file in it"));
    }
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("har")) {
        return Ok(true);
    }
    let head = Named::head(path, HEAD_BYTES).map_err(|refused| refused.of_file(path, "read"))?;
    let head = String::from_utf8_lossy(&head);
    let inside = head.trim_start_matches('\u{feff}').trim_start().strip_prefix('{');
    Ok(inside.is_some_and(|inside| inside.trim_start().starts_with("\"log\"")))
}

/// Returns true if a file begins like a zip file (APPNOTE.TXT, section 4.3.7).
fn is_zip(path: &Path) -> bool {
    Named::head(path, 4).is_ok_and(|head| head == b"PK\x03\x04")
}

fn read_description(root: &Root, path: &Path) -> Result<Described, ApiError> {
    let described = Described::at(&root.and_named(path), path);
    match described.unreadable() {
        None => Ok(described),
        Some(problem) => {
            let mut error = ApiError::new(Code::Usage, format!("{} cannot be imported", path.display()));
            error.details = vec![problem.to_string()];
            Err(error.with_hint("HTTP archives (.har) and OpenAPI descriptions are read"))
        }
    }
}

/// A name that is not taken: `items`, `items-2`.
pub(crate) fn free(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    understudy_fixture::free_name(wanted, "-", is_taken)
}
