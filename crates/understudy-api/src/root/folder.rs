//! A folder that is open: files are made, replaced and deleted in this folder, whatever its path leads to by now.

use super::leftover::unfinished_name;
use super::opened::place_by_path;
use super::{Refused, is_regular};
use std::fs::{File, Metadata, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An open folder.
#[derive(Debug)]
pub(crate) struct Folder {
    #[cfg(unix)]
    handle: File,
    #[cfg(not(unix))]
    path: PathBuf,
}

/// The right to read and write of everybody, from which the system takes what the person does not want to give.
const FOR_ALL: u32 = 0o666;
/// The right to read and write of the owner alone.
const FOR_OWNER: u32 = 0o600;

impl Folder {
    /// Opens a folder, and returns its place with all links resolved.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, PathBuf)> {
        let (folder, metadata) = Self::at(path)?;
        let place = match folder.place() {
            Some(place) => Some(place),
            None => place_by_path(&metadata, path)?,
        };
        Ok((folder, place.ok_or(io::ErrorKind::NotFound)?))
    }

    /// Replaces a file, or makes it, with these bytes. The file keeps its permissions.
    pub(super) fn replace(&self, name: &Path, bytes: &[u8]) -> Result<(), Refused> {
        let before = match self.metadata(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            before => Some(before.map_err(Refused::System)?),
        };
        before.as_ref().map_or(Ok(()), is_regular)?;
        let permissions = before.map(|before| before.permissions());
        // Nobody may read what is written before the rights of the file that was there are set.
        let mode = if permissions.is_some() { FOR_OWNER } else { FOR_ALL };
        self.put(name, bytes, mode, permissions).map_err(Refused::System)
    }

    /// Replaces a file, or makes it, so that only its owner may read it, from its first byte on. A link is replaced.
    pub(crate) fn replace_private(&self, name: &Path, bytes: &[u8]) -> io::Result<()> {
        self.put(name, bytes, FOR_OWNER, None)
    }

    fn put(&self, name: &Path, bytes: &[u8], mode: u32, permissions: Option<Permissions>) -> io::Result<()> {
        let unfinished = PathBuf::from(unfinished_name(&name.to_string_lossy()));
        let written = (|| {
            let mut file = self.create_new(&unfinished, mode)?;
            file.write_all(bytes)?;
            if let Some(permissions) = permissions {
                file.set_permissions(permissions)?;
            }
            file.sync_all()?;
            self.rename(&unfinished, self, name)
        })();
        if written.is_err() {
            let _ = self.remove(&unfinished);
        }
        written
    }
}

#[cfg(unix)]
impl Folder {
    fn at(path: &Path) -> io::Result<(Self, Metadata)> {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = (OFlags::DIRECTORY | OFlags::NONBLOCK).bits().cast_signed();
        let handle = File::options().read(true).custom_flags(flags).open(path)?;
        let metadata = handle.metadata()?;
        Ok((Self { handle }, metadata))
    }

    /// Opens a folder that is no link.
    pub(crate) fn open_itself(path: &Path) -> io::Result<Self> {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = (OFlags::DIRECTORY | OFlags::NOFOLLOW).bits().cast_signed();
        Ok(Self { handle: File::options().read(true).custom_flags(flags).open(path)? })
    }

    fn place(&self) -> Option<PathBuf> {
        super::opened::place_by_system(&self.handle)
    }

    /// Returns what is known of an entry. A link is not followed.
    fn metadata(&self, name: &Path) -> io::Result<Metadata> {
        use rustix::fs::{Mode, OFlags, openat};
        // The standard library's type comes from an open file alone. A link and a pipe are refused by opening already.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match openat(&self.handle, name, flags, Mode::empty()) {
            Ok(file) => File::from(file).metadata(),
            // What may be written and not read has no permissions that could be kept.
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a file that is not there yet.
    pub(crate) fn create_new(&self, name: &Path, mode: u32) -> io::Result<File> {
        use rustix::fs::{Mode, OFlags, openat};
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.handle, name, flags, Mode::from_raw_mode(mode as rustix::fs::RawMode))?.into())
    }

    pub(super) fn rename(&self, from: &Path, to_folder: &Self, to: &Path) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.handle, from, &to_folder.handle, to)?)
    }

    pub(super) fn remove(&self, name: &Path) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.handle, name, rustix::fs::AtFlags::empty())?)
    }
}

#[cfg(not(unix))]
impl Folder {
    fn at(path: &Path) -> io::Result<(Self, Metadata)> {
        let path = path.canonicalize()?;
        let metadata = std::fs::metadata(&path)?;
        Ok((Self { path }, metadata))
    }

    /// Opens a folder that is no link.
    pub(crate) fn open_itself(path: &Path) -> io::Result<Self> {
        if path.is_symlink() { Err(io::ErrorKind::NotADirectory.into()) } else { Ok(Self { path: path.to_path_buf() }) }
    }

    fn place(&self) -> Option<PathBuf> {
        Some(self.path.clone())
    }

    fn metadata(&self, name: &Path) -> io::Result<Metadata> {
        std::fs::symlink_metadata(self.path.join(name))
    }

    /// Makes a file that is not there yet.
    pub(crate) fn create_new(&self, name: &Path, _: u32) -> io::Result<File> {
        File::options().create_new(true).write(true).open(self.path.join(name))
    }

    pub(super) fn rename(&self, from: &Path, to_folder: &Self, to: &Path) -> io::Result<()> {
        std::fs::rename(self.path.join(from), to_folder.path.join(to))
    }

    pub(super) fn remove(&self, name: &Path) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }
}
