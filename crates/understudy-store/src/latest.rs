//! A value that is replaced as a whole.

use crate::error::StoreError;
use crate::folder;
use crate::generation::{Generation, is_damage};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// One value in a folder, of which an older one is there until the next is durable. Each has a generation of its own.
#[derive(Debug)]
pub struct Latest {
    folder: PathBuf,
    /// The one that was read.
    good: Option<u64>,
    lock: Arc<File>,
}

impl Latest {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self { folder: folder.to_path_buf(), good: None, lock: Arc::new(folder::take(folder)?) })
    }

    /// What is made of the newest value of which something can be made. What is damaged is passed over.
    ///
    /// # Errors
    /// The disk says no.
    pub fn read<T>(&mut self, mut make: impl FnMut(&[u8]) -> Option<T>) -> Result<Option<T>, StoreError> {
        for first in self.generations()?.into_iter().rev() {
            let generation = Generation::new(&self.folder, first);
            let value = generation.last().and_then(|last| last.map_or(Ok(None), |last| generation.get(last)));
            match value {
                Ok(value) => {
                    if let Some(made) = value.and_then(|value| make(&value)) {
                        self.good = Some(first);
                        return Ok(Some(made));
                    }
                }
                Err(error) if is_damage(&error) => {}
                Err(error) => return Err(self.error(error)),
            }
        }
        Ok(None)
    }

    /// Replaces it: on success the value is durable. What was read before, or else the newest, stays beside it, for when this
    /// one cannot be read.
    ///
    /// # Errors
    /// The disk says no. It takes longer than `timeout`: the value may be there later, and until then the folder is taken.
    pub fn replace(&mut self, value: Vec<u8>, timeout: Duration) -> Result<(), StoreError> {
        let before = self.generations()?;
        let newest = before.last().copied();
        let first = newest.map_or(1, |newest| newest + 1);
        let (tell, told) = mpsc::channel();
        let (folder, lock) = (self.folder.clone(), Arc::clone(&self.lock));
        // What sled flushes after a write that failed may wait for ever: nobody waits for it longer than that.
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                match write(&folder, first, &value) {
                    Ok(written) => {
                        let _ = tell.send(Ok(()));
                        drop(written);
                    }
                    Err(error) => drop(tell.send(Err(error))),
                }
                drop(lock);
            })
            .map_err(|error| self.error(error))?;
        let told = told.recv_timeout(timeout).unwrap_or_else(|error| {
            Err(match error {
                RecvTimeoutError::Timeout => io::Error::new(io::ErrorKind::TimedOut, "the disk takes too long"),
                RecvTimeoutError::Disconnected => io::Error::other("writing it has failed"),
            })
        });
        told.map_err(|error| self.error(error))?;
        let kept = self.good.replace(first).or(newest);
        for old in before.into_iter().filter(|old| Some(*old) != kept) {
            // Where it cannot be deleted now, it is the next time.
            let _ = Generation::new(&self.folder, old).delete();
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

fn write(folder: &Path, first: u64, value: &[u8]) -> io::Result<Generation> {
    let generation = Generation::make(folder, first)?;
    match generation.put(first, &[value]).and_then(|()| generation.sync()) {
        Ok(()) => Ok(generation),
        Err(error) => {
            generation.abandon();
            Err(error)
        }
    }
}
