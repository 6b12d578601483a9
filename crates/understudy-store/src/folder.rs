//! The folder of a store: one program at a time, and a form that this one knows.

use crate::error::StoreError;
use crate::private::{make_private, private_file};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The form of what is on the disk.
const VERSION: &str = "4";
/// Those before: their generations are read as they are, and new ones are made beside them. Up to 3, records were removed from
/// the generation that they are in.
const VERSIONS_BEFORE: [&str; 2] = ["2", "3"];

/// The maximum number of characters that are shown of a file without a version.
const SHOWN_CHARS: usize = 20;

/// Makes the folder where it is not there, and takes it for this program as long as the file is open. Only the owner may read
/// the folder.
pub(crate) fn take(folder: &Path) -> Result<File, StoreError> {
    let failed = |source| StoreError::Disk { folder: folder.to_path_buf(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    make_private(folder).map_err(failed)?;
    let lock = private_file().read(true).truncate(false).open(folder.join("lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StoreError::Locked { folder: folder.to_path_buf() }),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    check_version(folder)?;
    Ok(lock)
}

/// Holds the version on the disk against ours, and writes ours where it is older or not there: an empty text is what a full
/// disk leaves of a new file.
fn check_version(folder: &Path) -> Result<(), StoreError> {
    let file = folder.join("version");
    let failed = |source| StoreError::Disk { folder: folder.to_path_buf(), source };
    let version = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(failed)?,
    };
    match version.trim() {
        VERSION => Ok(()),
        older if older.is_empty() || VERSIONS_BEFORE.contains(&older) => {
            // Whatever happens, the file says all of one or of the other.
            let new = folder.join("version.new");
            let written =
                private_file().truncate(true).open(&new).and_then(|mut new| new.write_all(VERSION.as_bytes()));
            written.and_then(|()| fs::rename(&new, &file)).map_err(failed)
        }
        other => Err(refused(folder.to_path_buf(), other)),
    }
}

fn refused(folder: PathBuf, version: &str) -> StoreError {
    let number = |version: &str| version.parse::<u32>().ok();
    let is_newer = number(version) > number(VERSION);
    let version: String = version.chars().take(SHOWN_CHARS).collect();
    let version = version.trim_end().escape_debug().to_string();
    if is_newer { StoreError::Newer { folder, version } } else { StoreError::Unknown { folder, version } }
}
