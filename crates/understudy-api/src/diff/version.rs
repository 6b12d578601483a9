//! One of the two versions: a file, or a file of a git revision.

use super::git::{Revision, Spec};
use crate::described::Described;
use crate::error::{ApiError, Code};
use crate::root::Root;
use std::path::Path;
use std::sync::Arc;
use understudy_fixture::Diagnostic;
use understudy_openapi::Description;

/// A description as a person named it.
pub(super) struct Version {
    pub(super) description: Arc<Description>,
    /// The problems for which a part of it could not be compared.
    pub(super) unread: Vec<Diagnostic>,
    /// The number of other problems.
    pub(super) other_problems: usize,
    /// The folder as it was written, before all places: `main:docs/`.
    folder: String,
}

impl Version {
    /// Reads a file, or `REVISION:PATH`. A file of that name comes first; `root` is the root for this file.
    ///
    /// # Errors
    /// Why there is nothing to compare.
    pub(super) fn open(root: &Root, named: &Path) -> Result<Self, ApiError> {
        let shown = named.to_string_lossy();
        let spec = if named.exists() { None } else { Spec::parse(&shown) };
        match spec {
            Some(spec) => Self::of_revision(&shown, spec),
            None if shown.contains("://") => {
                let error = ApiError::new(Code::Usage, format!("{shown} is an address, and nothing is fetched"));
                Err(error.with_hint("save the description, and name the file"))
            }
            None => Self::of_file(root, named, &shown),
        }
    }

    fn of_file(root: &Root, path: &Path, shown: &str) -> Result<Self, ApiError> {
        let described = Described::at(root, path);
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let folder = shown.strip_suffix(&name).unwrap_or_default().to_owned();
        let problem = described.unreadable().cloned();
        let all = described.diagnostics.len();
        match described.description {
            Some(description) => Ok(Self::new(description, folder, all)),
            None => Err(unreadable(shown, problem.map(|problem| placed(&folder, problem)).as_ref())),
        }
    }

    fn of_revision(shown: &str, spec: Spec<'_>) -> Result<Self, ApiError> {
        let name = spec.name();
        let folder = shown.strip_suffix(name).unwrap_or_default().to_owned();
        let revision = Revision::open(spec).map_err(|why| {
            let error = ApiError::new(Code::Disk, format!("{shown} cannot be read: {why}"));
            error.with_hint(
                "REVISION:PATH is a file of a git revision, with its path in the repository: main:docs/api.yaml",
            )
        })?;
        match Description::open(name, &revision) {
            Ok(mut description) => {
                let all = std::mem::take(&mut description.diagnostics).len();
                Ok(Self::new(Arc::new(description), folder, all))
            }
            Err(problem) => Err(ApiError { code: Code::Disk, ..unreadable(shown, Some(&placed(&folder, *problem))) }),
        }
    }

    fn new(description: Arc<Description>, folder: String, problems: usize) -> Self {
        let unread: Vec<Diagnostic> = description.unread.iter().cloned().map(|one| placed(&folder, one)).collect();
        Self { other_problems: problems.saturating_sub(unread.len()), description, unread, folder }
    }

    /// A place in the description, with the path that was written.
    pub(super) fn place(&self, pointer: &str) -> String {
        format!("{}{pointer}", self.folder)
    }
}

/// A problem, with the path that was written.
fn placed(folder: &str, problem: Diagnostic) -> Diagnostic {
    Diagnostic { file: format!("{folder}{}", problem.file).into(), ..problem }
}

fn unreadable(shown: &str, problem: Option<&Diagnostic>) -> ApiError {
    let mut error = ApiError::new(Code::Usage, format!("{shown} cannot be compared"));
    error.details = problem.iter().map(ToString::to_string).collect();
    error
}
