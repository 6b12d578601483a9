//! A value that is replaced as a whole.

use crate::error::StoreError;
use crate::folder;
use crate::generation::{Generation, is_damage};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// How many older values stay: one is there while the newest is written, or where it cannot be read.
const BEFORE: usize = 1;

/// One value in a folder, of which older ones are there until the next is durable. Each has a generation of its own.
#[derive(Debug)]
pub struct Latest {
    folder: PathBuf,
    _lock: File,
}

impl Latest {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self { folder: folder.to_path_buf(), _lock: folder::take(folder)? })
    }

    /// What is made of the newest value of which something can be made. What is damaged is passed over.
    ///
    /// # Errors
    /// The disk says no.
    pub fn read<T>(&self, mut make: impl FnMut(&[u8]) -> Option<T>) -> Result<Option<T>, StoreError> {
        for first in self.generations()?.into_iter().rev() {
            let generation = Generation::new(&self.folder, first);
            let value = generation.last().and_then(|last| last.map_or(Ok(None), |last| generation.get(last)));
            match value {
                Ok(value) => {
                    if let Some(made) = value.and_then(|value| make(&value)) {
                        return Ok(Some(made));
                    }
                }
                Err(error) if is_damage(&error) => {}
                Err(error) => return Err(self.error(error)),
            }
        }
        Ok(None)
    }

    /// Replaces it: on success the value is durable.
    ///
    /// # Errors
    /// The disk says no, or takes longer than `timeout`; what was there before is still there.
    pub fn replace(&self, value: Vec<u8>, timeout: Duration) -> Result<(), StoreError> {
        let before = self.generations()?;
        let first = before.last().map_or(1, |newest| newest + 1);
        let (tell, told) = mpsc::channel();
        let folder = self.folder.clone();
        // What sled flushes after a write that failed may wait for ever: nobody waits for it longer than that.
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                let _ = tell.send(write(&folder, first, &value));
            })
            .map_err(|error| self.error(error))?;
        let late = || io::Error::new(io::ErrorKind::TimedOut, "the disk takes too long");
        told.recv_timeout(timeout).map_err(|_| late()).flatten().map_err(|error| self.error(error))?;
        for old in before.iter().rev().skip(BEFORE) {
            // Where it cannot be deleted now, it is the next time.
            let _ = Generation::new(&self.folder, *old).delete();
        }
        Ok(())
    }

    fn generations(&self) -> Result<Vec<u64>, StoreError> {
        Generation::listed(&self.folder).map_err(|error| self.error(error))
    }

    fn error(&self, source: io::Error) -> StoreError {
        StoreError::Disk { folder: self.folder.clone(), source }
    }
}

fn write(folder: &Path, first: u64, value: &[u8]) -> io::Result<()> {
    let generation = Generation::make(folder, first)?;
    match generation.put(first, &[value]).and_then(|()| generation.sync()) {
        Ok(()) => Ok(()),
        Err(error) => {
            generation.abandon();
            Err(error)
        }
    }
}
