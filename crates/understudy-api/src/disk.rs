//! The body files of fixtures, and what distinguishes versions of a file.

use crate::root::{Content, Opened, Refused, Root};
use bytes::Bytes;
use std::cell::RefCell;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use understudy_exchange::{MediaType, media_type_of_file};
use understudy_fixture::{BodyFiles, FileProblem, FoundFile};

/// Larger files of responses are not held in memory. They are sent from the disk as they are, while text in memory is
/// compressed and may name the service's address. So the bound of text is higher.
const IN_MEMORY_BYTES_MAX: u64 = 1 << 20;
const TEXT_IN_MEMORY_BYTES_MAX: u64 = 16 << 20;

/// What tells whether a file is still the one that was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    identity: Identity,
}

/// The properties that distinguish a file from another file that replaced it with the same time and
/// size. An update of a Kubernetes ConfigMap, a checkout and `cp -p` make such files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Identity {
    device: u64,
    inode: u64,
    changed: (i64, i64),
}

impl Identity {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        Self { device: metadata.dev(), inode: metadata.ino(), changed }
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self::default()
    }
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { modified: metadata.modified().ok(), bytes: metadata.len(), identity: Identity::of(metadata) }
    }

    pub(crate) fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|metadata| Self::of(&metadata))
    }
}

/// The body files of one fixture, and which of them were read.
pub(crate) struct ServiceFiles<'a> {
    root: &'a Root,
    folder: &'a Path,
    /// The maximum size of files in requests, in bytes.
    body_max: u64,
    read: RefCell<Vec<(PathBuf, Option<Stamp>)>>,
}

impl<'a> ServiceFiles<'a> {
    pub(crate) fn new(root: &'a Root, folder: &'a Path, body_max: usize) -> Self {
        Self { root, folder, body_max: body_max as u64, read: RefCell::new(Vec::new()) }
    }

    /// What was read, to know later whether it is still the same.
    pub(crate) fn into_read(self) -> Vec<(PathBuf, Option<Stamp>)> {
        self.read.into_inner()
    }
}

/// Whether files are still what they were.
pub(crate) fn unchanged(read: &[(PathBuf, Option<Stamp>)]) -> bool {
    read.iter().all(|(path, stamp)| Stamp::at(path) == *stamp)
}

impl BodyFiles for ServiceFiles<'_> {
    fn read(&self, path: &str) -> Result<Bytes, FileProblem> {
        let opened = self.open(path)?;
        match opened.read(self.body_max) {
            Err(Refused::TooLarge(_)) => Err(FileProblem::TooLarge(self.body_max)),
            read => self.content(path, read),
        }
    }

    fn find(&self, path: &str) -> Result<FoundFile, FileProblem> {
        let opened = self.open(path)?;
        let is_text = media_type_of_file(path).is_some_and(|kind| MediaType::parse(kind).is_text());
        let max = if is_text { TEXT_IN_MEMORY_BYTES_MAX } else { IN_MEMORY_BYTES_MAX };
        if opened.metadata.len() > max {
            return Ok(FoundFile::Large(opened.place.as_path().into(), opened.metadata.len()));
        }
        self.content(path, opened.read(max)).map(FoundFile::Read)
    }
}

impl ServiceFiles<'_> {
    /// Opens a file in the service's folder, with all links resolved, or in a place that a person allowed.
    fn open(&self, path: &str) -> Result<Opened, FileProblem> {
        let full = self.folder.join(path);
        self.read.borrow_mut().push((full.clone(), Stamp::at(&full)));
        let opened = self.root.open(&full).map_err(|refused| self.problem(path, refused))?;
        // Whole names are compared: a sibling whose name merely starts the same is outside.
        let folder = self.folder.canonicalize().map_err(|error| self.problem(path, Refused::System(error)))?;
        let is_inside = opened.place.starts_with(&folder) || self.root.is_allowed(&opened.place);
        if is_inside { Ok(opened) } else { Err(FileProblem::Outside) }
    }

    fn content(&self, path: &str, read: Result<Content, Refused>) -> Result<Bytes, FileProblem> {
        read.map(|content| content.bytes.into()).map_err(|refused| self.problem(path, refused))
    }

    fn problem(&self, path: &str, refused: Refused) -> FileProblem {
        match refused {
            Refused::Outside(_) => FileProblem::Outside,
            refused if refused.is_missing() => FileProblem::Missing(beside(self.root, self.folder, path)),
            refused => FileProblem::Unreadable(refused.to_string()),
        }
    }
}

/// The files in the folder where one was looked for, for a hint.
fn beside(root: &Root, folder: &Path, path: &str) -> Vec<String> {
    let prefix = path.rsplit_once('/').map_or("", |(prefix, _)| prefix);
    let Ok(folder) = root.resolve(&folder.join(prefix)) else { return Vec::new() };
    let names =
        fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.map(|name| if prefix.is_empty() { name } else { format!("{prefix}/{name}") }).collect()
}
