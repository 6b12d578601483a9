//! Opening files without waiting, and the place of a file that is open.

use super::{Folder, Refused, is_regular, name_of, read_at_most};
use crate::error::ApiError;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Opens a file to read it. Opening a pipe does not wait for a writer.
pub(super) fn open_without_waiting(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    options.open(path)
}

/// Returns the place of an open file, with all links resolved. `None` if another file has taken its place since.
pub(super) fn place_of(file: &File, metadata: &Metadata, path: &Path) -> io::Result<Option<PathBuf>> {
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::nlink(metadata) == 0 {
        return Ok(None);
    }
    match place_by_system(file) {
        Some(place) => Ok(Some(place)),
        None => place_by_path(metadata, path),
    }
}

/// Returns the place of an open file as the system knows it.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn place_by_system(file: &impl std::os::fd::AsRawFd) -> Option<PathBuf> {
    fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok().filter(|place| place.is_absolute())
}

/// Returns the place of an open file as the system knows it.
#[cfg(target_vendor = "apple")]
pub(super) fn place_by_system(file: &impl std::os::fd::AsFd) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let path = rustix::fs::getpath(file).ok()?;
    Some(PathBuf::from(std::ffi::OsString::from_vec(path.into_bytes())))
}

/// The system does not tell the place of an open file.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn place_by_system<F>(_: &F) -> Option<PathBuf> {
    None
}

/// Returns the place by resolving the path once more. `None` if another file is there by now.
pub(super) fn place_by_path(metadata: &Metadata, path: &Path) -> io::Result<Option<PathBuf>> {
    let place = path.canonicalize()?;
    let there = fs::symlink_metadata(&place)?;
    #[cfg(unix)]
    let is_same = {
        use std::os::unix::fs::MetadataExt;
        (there.dev(), there.ino()) == (metadata.dev(), metadata.ino())
    };
    #[cfg(not(unix))]
    let is_same = there.len() == metadata.len() && there.modified().ok() == metadata.modified().ok();
    Ok(is_same.then_some(place))
}

/// A file that a person named. It may be anywhere.
#[derive(Debug)]
pub(crate) struct Named;

impl Named {
    /// Reads a regular file, or a pipe that is open already, of at most `max` bytes.
    ///
    /// # Errors
    /// [`Refused`]
    pub(crate) fn read(path: &Path, max: u64) -> Result<Vec<u8>, Refused> {
        if is_open_already(path) {
            return read_at_most(File::open(path).map_err(Refused::System)?, 0, max);
        }
        is_regular(&fs::metadata(path).map_err(Refused::System)?)?;
        let file = open_without_waiting(path).map_err(Refused::System)?;
        let metadata = file.metadata().map_err(Refused::System)?;
        is_regular(&metadata)?;
        read_at_most(file, metadata.len(), max)
    }

    /// Writes a file, and the folders on the way. A link stays a link: the file that it leads to is written.
    ///
    /// # Errors
    /// The disk rejects it.
    pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ApiError> {
        let path = &path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let folder = path.parent().unwrap_or(Path::new("."));
        let written = (|| {
            fs::create_dir_all(folder).map_err(Refused::System)?;
            Folder::open(folder).map_err(Refused::System)?.0.replace(name_of(path)?, bytes)
        })();
        written.map_err(|refused| refused.of_file(path, "write"))
    }

    /// Writes a file that only its owner may read, from its first byte on. A link is replaced.
    ///
    /// # Errors
    /// The disk rejects it.
    pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), ApiError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let written = (|| {
            let (folder, _) = Folder::open(folder).map_err(Refused::System)?;
            folder.replace_private(name_of(path)?, bytes).map_err(Refused::System)
        })();
        written.map_err(|refused| refused.of_file(path, "write"))
    }

    /// Reads the beginning of a regular file. A pipe gives nothing: it can be read only once.
    ///
    /// # Errors
    /// [`Refused`]
    pub(crate) fn head(path: &Path, bytes: u64) -> Result<Vec<u8>, Refused> {
        use std::io::{Read as _, Seek as _};
        let metadata = fs::metadata(path).map_err(Refused::System)?;
        if is_open_already(path) && !metadata.is_file() {
            return Ok(Vec::new());
        }
        is_regular(&metadata)?;
        let mut file = open_without_waiting(path).map_err(Refused::System)?;
        is_regular(&file.metadata().map_err(Refused::System)?)?;
        let mut head = Vec::new();
        (&file).take(bytes).read_to_end(&mut head).map_err(Refused::System)?;
        // Some systems share the position with the file that the shell has opened.
        file.rewind().map_err(Refused::System)?;
        Ok(head)
    }
}

/// Returns true for a path that stands for a file that the shell has opened: `<(command)`, standard input.
fn is_open_already(path: &Path) -> bool {
    path == Path::new("/dev/stdin") || ["/dev/fd", "/proc/self/fd"].iter().any(|folder| path.starts_with(folder))
}

/// Opens a file for a lock, and makes it where it is not there. A link is not followed.
pub(crate) fn create_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Read and written, as locking wants on every system.
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    open_no_link(&mut options, path)
}

/// Opens a file to see whether somebody has locked it, or to read it. A link is not followed.
pub(crate) fn open_itself(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    open_no_link(options.read(true), path)
}

fn open_no_link(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed());
    }
    let file = options.open(path)?;
    if path.is_symlink() || !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok(file)
}
