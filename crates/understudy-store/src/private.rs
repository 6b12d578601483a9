//! Folders that only their owner may read.

use std::fs;
use std::io;
use std::path::Path;

/// The rights that others had to a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// None.
    Private,
    /// Some, which have been taken.
    Tightened,
    /// Some, and the system has left them.
    Open,
}

/// Returns the options to make a file that only its owner may read.
pub(crate) fn private_file() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes the rights of others from a folder and from all that is in it.
///
/// # Errors
/// The folder is a link, or something in it is neither a file nor a folder: it would lead out, or wait.
pub fn make_private(folder: &Path) -> io::Result<Privacy> {
    let metadata = folder.symlink_metadata()?;
    if !metadata.is_dir() {
        return Err(stranger(folder, &metadata));
    }
    let privacy = tighten(folder, &metadata);
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => {
                make_private(&path)?;
            }
            Ok(metadata) if metadata.is_file() => {
                tighten(&path, &metadata);
            }
            Ok(metadata) => return Err(stranger(&path, &metadata)),
            // It has just been deleted.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(privacy)
}

fn stranger(path: &Path, metadata: &fs::Metadata) -> io::Error {
    let what = if metadata.is_symlink() {
        let target = fs::read_link(path).unwrap_or_default();
        format!("is a link to {}", target.display())
    } else {
        "is neither a file nor a folder".to_owned()
    };
    io::Error::other(format!("{} {what}", path.display()))
}

#[cfg(unix)]
fn tighten(path: &Path, metadata: &fs::Metadata) -> Privacy {
    use std::os::unix::fs::PermissionsExt;
    let is_open = |metadata: &fs::Metadata| metadata.permissions().mode() & 0o077 != 0;
    if !is_open(metadata) {
        return Privacy::Private;
    }
    let own = if metadata.is_dir() { 0o700 } else { 0o600 };
    let changed = fs::set_permissions(path, fs::Permissions::from_mode(own)).and_then(|()| path.symlink_metadata());
    if changed.is_ok_and(|metadata| !is_open(&metadata)) { Privacy::Tightened } else { Privacy::Open }
}

/// Rights are inherited from the folder above.
#[cfg(not(unix))]
fn tighten(_: &Path, _: &fs::Metadata) -> Privacy {
    Privacy::Private
}
