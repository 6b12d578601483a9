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
        match make_entry_private(&entry?.path()) {
            // It has just been deleted.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => done?,
        }
    }
    Ok(privacy)
}

fn make_entry_private(path: &Path) -> io::Result<()> {
    let metadata = path.symlink_metadata()?;
    if metadata.is_dir() {
        return make_private(path).map(drop);
    }
    if !metadata.is_file() {
        return Err(stranger(path, &metadata));
    }
    tighten(path, &metadata);
    Ok(())
}

fn stranger(path: &Path, metadata: &fs::Metadata) -> io::Error {
    let what = if metadata.is_symlink() {
        let target = fs::read_link(path).unwrap_or_default();
        format!("is a link to {}", target.display())
    } else if metadata.is_file() {
        "is a file, not a folder".to_owned()
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_folder_is_made_private_with_all_that_is_in_it_unless_something_leads_out() {
        let folder = std::env::temp_dir().join(format!("understudy-private-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let deep = folder.join("local/deep");
        fs::create_dir_all(&deep).expect("a folder");
        fs::write(deep.join("file"), "").expect("a file");
        let local = folder.join("local");
        fs::set_permissions(&local, fs::Permissions::from_mode(0o755)).expect("rights");
        assert_eq!(make_private(&local).expect("a folder"), Privacy::Tightened);
        let rights = |path: &Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!((rights(&local), rights(&deep), rights(&deep.join("file"))), (0o700, 0o700, 0o600));
        assert_eq!(make_private(&local).expect("a folder"), Privacy::Private);
        fs::write(folder.join("elsewhere"), "").expect("a file");
        symlink(folder.join("elsewhere"), deep.join("db")).expect("a link");
        let before = rights(&folder.join("elsewhere"));
        let error = make_private(&local).expect_err("a link leads out");
        assert!(error.to_string().contains("deep/db is a link to "), "{error}");
        assert_eq!(rights(&folder.join("elsewhere")), before);
        fs::remove_dir_all(&folder).expect("it was made here");
    }
}
