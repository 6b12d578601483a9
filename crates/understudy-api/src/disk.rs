//! A project's files.

use crate::error::ApiError;
use bytes::Bytes;
use std::cell::RefCell;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
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
    folder: &'a Path,
    /// The maximum size of files in requests, in bytes.
    body_max: u64,
    read: RefCell<Vec<(PathBuf, Option<Stamp>)>>,
}

impl<'a> ServiceFiles<'a> {
    pub(crate) fn new(folder: &'a Path, body_max: usize) -> Self {
        Self { folder, body_max: body_max as u64, read: RefCell::new(Vec::new()) }
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
        let (real, bytes) = self.place(path)?;
        if bytes > self.body_max {
            return Err(FileProblem::TooLarge(self.body_max));
        }
        self.content(path, &real)
    }

    fn find(&self, path: &str) -> Result<FoundFile, FileProblem> {
        let (real, bytes) = self.place(path)?;
        let is_text = media_type_of_file(path).is_some_and(|kind| MediaType::parse(kind).is_text());
        if bytes > if is_text { TEXT_IN_MEMORY_BYTES_MAX } else { IN_MEMORY_BYTES_MAX } {
            return Ok(FoundFile::Large(real.into(), bytes));
        }
        self.content(path, &real).map(FoundFile::Read)
    }
}

impl ServiceFiles<'_> {
    /// The place of a file that may be read, and its size in bytes.
    fn place(&self, path: &str) -> Result<(PathBuf, u64), FileProblem> {
        let full = self.folder.join(path);
        self.read.borrow_mut().push((full.clone(), Stamp::at(&full)));
        let unreadable = |error: io::Error| self.unreadable(path, &error);
        // Links are followed before it is asked where the file is, and whole names are compared: neither a link
        // nor a sibling whose name merely starts the same leads out.
        let real = full.canonicalize().map_err(unreadable)?;
        let folder = self.folder.canonicalize().map_err(unreadable)?;
        if !real.starts_with(&folder) {
            return Err(FileProblem::Outside);
        }
        let metadata = fs::metadata(&real).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(FileProblem::Unreadable("it is no file".to_owned()));
        }
        Ok((real, metadata.len()))
    }

    fn content(&self, path: &str, real: &Path) -> Result<Bytes, FileProblem> {
        fs::read(real).map(Bytes::from).map_err(|error| self.unreadable(path, &error))
    }

    fn unreadable(&self, path: &str, error: &io::Error) -> FileProblem {
        match error.kind() {
            io::ErrorKind::NotFound => FileProblem::Missing(beside(self.folder, path)),
            _ => FileProblem::Unreadable(error.to_string()),
        }
    }
}

/// The files in the folder where one was looked for, for a hint.
fn beside(folder: &Path, path: &str) -> Vec<String> {
    let prefix = path.rsplit_once('/').map_or("", |(prefix, _)| prefix);
    let Ok(entries) = fs::read_dir(folder.join(prefix)) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.map(|name| if prefix.is_empty() { name } else { format!("{prefix}/{name}") }).collect()
}

/// What a file holds; `None` where it is not there.
pub(crate) fn content(path: &Path) -> Result<Option<Vec<u8>>, ApiError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ApiError::of_file(path, "read", &error)),
    }
}

/// Writes a file so that it holds the old content or the new one at any moment, whatever happens. It keeps who may
/// read and write it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ApiError> {
    let failed = |error: io::Error| ApiError::of_file(path, "write", &error);
    // Where a link leads is what is written: the link stays one.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    static WRITES: AtomicUsize = AtomicUsize::new(0);
    let number = WRITES.fetch_add(1, Ordering::Relaxed);
    let unfinished = folder.join(format!(".{name}.{}-{number}.unfinished", std::process::id()));
    let written = (|| {
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(bytes)?;
        if let Ok(metadata) = fs::metadata(path) {
            file.set_permissions(metadata.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&unfinished, path)
    })();
    written.map_err(|error| {
        let _ = fs::remove_file(&unfinished);
        failed(error)
    })
}

/// Writes a file that only its owner may read, from its first byte on. Where a link stands it is the link that is replaced.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), ApiError> {
    let unfinished = path.with_extension(format!("{}.unfinished", std::process::id()));
    let written = (|| {
        let mut options = fs::File::options();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // What a killed program of the same number left behind.
        let _ = fs::remove_file(&unfinished);
        options.open(&unfinished)?.write_all(bytes)?;
        fs::rename(&unfinished, path)
    })();
    written.map_err(|error| ApiError::of_file(path, "write", &error))
}

/// Moves a file to where none is, with the folders on the way.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), ApiError> {
    let moved = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::rename(from, to));
    moved.map_err(|error| ApiError::of_file(to, "move a file to", &error))
}

pub(crate) fn remove(path: &Path) -> Result<(), ApiError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ApiError::of_file(path, "delete", &error)),
        _ => Ok(()),
    }
}
