//! What is done to files of a project.

use crate::error::{ApiError, Code};
use crate::project::LoadedService;
use crate::root::Root;
use std::path::{Path, PathBuf};

/// What happens to a file.
#[derive(Debug, Clone)]
pub(crate) struct FileChange {
    pub(crate) place: Place,
    /// What it held; `None` where it was not there.
    pub(crate) before: Option<Vec<u8>>,
    pub(crate) after: Option<Vec<u8>>,
}

impl FileChange {
    /// Brings the file to what it holds after the change, or held before it.
    fn bring(&self, again: bool) -> Result<(), ApiError> {
        let (now, then) = if again { (&self.before, &self.after) } else { (&self.after, &self.before) };
        let Place { root, path, shown } = &self.place;
        if root.content(path)? != *now {
            let message = format!("{shown} was changed by another program since");
            let hint = "it was left as it is; your version control has older ones";
            return Err(ApiError::new(Code::Conflict, message).with_hint(hint));
        }
        match then {
            Some(bytes) => root.write(path, bytes),
            None => root.remove(path),
        }
    }

    /// Returns the changes in the file, in the form that version control shows.
    pub(crate) fn diff(&self) -> String {
        diff(self.shown(), self.before.as_deref(), self.after.as_deref())
    }

    /// The file as people know it: relative to the project.
    pub(crate) fn shown(&self) -> &str {
        &self.place.shown
    }

    pub(crate) fn bytes(&self) -> usize {
        [&self.before, &self.after].into_iter().flatten().map(Vec::len).sum()
    }
}

/// The number of lines shown around those that differ.
const LINES_AROUND: usize = 3;

/// Returns the changes in a file, in the form that version control shows.
pub(crate) fn diff(shown: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> String {
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    let name = |side: &str, bytes: Option<&[u8]>| match bytes {
        Some(_) => format!("{side}/{shown}"),
        None => "/dev/null".to_owned(),
    };
    let (old, new) = (text(before), text(after));
    let diff = similar::TextDiff::from_lines(&old, &new);
    let mut unified = diff.unified_diff();
    unified.context_radius(LINES_AROUND).header(&name("a", before), &name("b", after)).to_string()
}

/// Brings files to what they hold after changes, or held before them: all of them or, where one cannot be written or holds
/// something else by now, none.
///
/// # Errors
/// The first file that could not be brought there.
pub(crate) fn bring_all(files: &[FileChange], again: bool) -> Result<(), ApiError> {
    for (at, file) in files.iter().enumerate() {
        if let Err(error) = file.bring(again) {
            // One that cannot be taken back either keeps what it has: the first error is the one to be told.
            files[..at].iter().rev().for_each(|done| drop(done.bring(!again)));
            return Err(error);
        }
    }
    Ok(())
}

/// Where a fixture's file is, or would be.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    root: Root,
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
        let place = Self::known(loaded, file);
        stays_inside(&loaded.folder, &place.path)?;
        Ok(place)
    }

    /// The place of a file that was read, which may be behind links inside the project.
    pub(crate) fn known(loaded: &LoadedService, file: &str) -> Self {
        Self { root: loaded.root.clone(), path: loaded.folder.join(file), shown: loaded.service.path_of(file) }
    }

    /// The place of the project's own file.
    pub(crate) fn of_project(root: &Root, path: PathBuf) -> Self {
        let shown = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self { root: root.clone(), path, shown }
    }

    /// Returns the content of the file; `None` if it is not there.
    ///
    /// # Errors
    /// The file cannot be read, or is outside the project.
    pub(crate) fn content(&self) -> Result<Option<Vec<u8>>, ApiError> {
        self.root.content(&self.path)
    }

    /// Moves the file to where none is.
    ///
    /// # Errors
    /// The disk rejects it, or one of the places is outside the project.
    pub(crate) fn rename(&self, to: &Self) -> Result<(), ApiError> {
        self.root.rename(&self.path, &to.path)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn all_files_are_brought_there_or_none() {
        let folder = std::env::temp_dir().join(format!("understudy-change-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        let path = |name: &str| folder.join(name);
        fs::write(path("a"), "1").and_then(|()| fs::write(path("in-the-way"), "")).expect("files can be written");
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        let root = Root::from(&folder);
        let change = |name: &str, before: Option<&str>, after: Option<&str>| FileChange {
            place: Place::of_project(&root, path(name)),
            before: bytes(before),
            after: bytes(after),
        };
        let both = [change("a", Some("1"), Some("2")), change("new/b", None, Some("3"))];
        let now = || (fs::read_to_string(path("a")).expect("it is there"), fs::read_to_string(path("new/b")).ok());
        let failing = |third: FileChange| {
            let all = [&both[..], &[third]].concat();
            let error = bring_all(&all, true).expect_err("the third cannot be brought there");
            assert_eq!(now(), ("1".to_owned(), None));
            error.code
        };
        assert_eq!(failing(change("in-the-way/c", None, Some("4"))), Code::Disk);
        assert_eq!(failing(change("in-the-way", Some("what it was"), None)), Code::Conflict);
        bring_all(&both, true).expect("both can be written");
        assert_eq!(now(), ("2".to_owned(), Some("3".to_owned())));
        bring_all(&both, false).expect("both can be taken back");
        assert_eq!(now(), ("1".to_owned(), None));
        fs::remove_dir_all(&folder).expect("it can be removed");
    }
}
