//! What can go wrong with a store.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why something could not be stored or read.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// Another program has the store open.
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// A newer version of this program wrote it.
    Newer {
        /// The folder.
        folder: PathBuf,
        /// The version of its form.
        version: String,
    },
    /// Its form is none that this version reads.
    Unknown {
        /// The folder.
        folder: PathBuf,
        /// The beginning of what stands in place of a version.
        version: String,
    },
    /// The disk said no.
    Disk {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { folder } => write!(f, "{} is in use by another program", folder.display()),
            Self::Newer { folder, version } => {
                write!(f, "{} was written by a newer version (form {version})", folder.display())
            }
            Self::Unknown { folder, version } => {
                write!(f, "{} has a form that this version does not read: {version}", folder.display())
            }
            Self::Disk { folder, source } => write!(f, "failed to use {}: {source}", folder.display()),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Disk { source, .. } => Some(source),
            _ => None,
        }
    }
}
