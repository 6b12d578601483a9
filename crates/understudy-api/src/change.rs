//! What is done to files of a project.

use crate::disk::{remove, write};
use crate::error::{ApiError, Code};
use crate::project::LoadedService;
use std::path::{Path, PathBuf};

/// What happens to a file.
#[derive(Debug, Clone)]
pub(crate) struct FileChange {
    pub(crate) path: PathBuf,
    /// As people know the file: relative to the project.
    pub(crate) shown: String,
    /// What it held; `None` where it was not there.
    pub(crate) before: Option<Vec<u8>>,
    pub(crate) after: Option<Vec<u8>>,
}

impl FileChange {
    /// Brings the file to what it holds after the change, or held before it.
    pub(crate) fn bring(&self, again: bool) -> Result<(), ApiError> {
        match if again { &self.after } else { &self.before } {
            Some(bytes) => write(&self.path, bytes),
            None => remove(&self.path),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        [&self.before, &self.after].into_iter().flatten().map(Vec::len).sum()
    }
}

/// Where a fixture's file is, or would be.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// Relative to the project.
    pub(crate) shown: String,
}

impl Place {
    /// The place of a fixture's file in its service's folder.
    ///
    /// # Errors
    /// A path that no fixture can have, or that leads out of the folder.
    pub(crate) fn of(loaded: &LoadedService, file: &str) -> Result<Self, ApiError> {
        let is_plain =
            |part: &str| !part.is_empty() && !part.starts_with(['.', '_']) && !part.contains(['\\', ':', '\0']);
        if !file.split('/').all(is_plain) || !understudy_fixture::is_leaf_of_services(file) {
            let message = format!("`{file}` is no fixture's file");
            return Err(ApiError::new(Code::Usage, message)
                .with_hint("a path below the service's folder that ends in .yaml, .yml or .json"));
        }
        Self::inside(loaded, file)
    }

    /// The place of any file in a service's folder.
    ///
    /// # Errors
    /// A path that leads out of the folder.
    pub(crate) fn inside(loaded: &LoadedService, file: &str) -> Result<Self, ApiError> {
        let path = loaded.folder.join(file);
        stays_inside(&loaded.folder, &path)?;
        Ok(Self { shown: format!("{}/{file}", loaded.service.dir), path })
    }
}

/// A path's nearest folder that is there is the service's folder or below it, links followed.
fn stays_inside(folder: &Path, path: &Path) -> Result<(), ApiError> {
    let outside = || {
        let message = format!("{} leads out of the service's folder", path.display());
        ApiError::new(Code::Usage, message)
            .with_hint("fixtures stay in their service's folder; links out of it are not followed")
    };
    if path.is_symlink() {
        return Err(outside());
    }
    // A folder that is not there yet is made when something is written into it.
    let Ok(real) = folder.canonicalize() else { return Ok(()) };
    let there = path.ancestors().skip(1).find_map(|above| above.canonicalize().ok());
    if there.is_some_and(|there| there.starts_with(&real)) { Ok(()) } else { Err(outside()) }
}
