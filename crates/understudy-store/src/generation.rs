//! A part of a log in a folder of its own: one sled database.

use sled::{Config, Db, Mode};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// sled would take a gigabyte for its cache; a log is hardly ever read.
const CACHE_BYTES: u64 = 4 << 20;

/// The file that says that a generation is made.
const READY: &str = "ready";

/// One database with the records from a first number on.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) first: u64,
    folder: PathBuf,
    db: Db,
}

impl Generation {
    /// Makes the generation that begins with a number. Whenever the program is killed, it is there whole or counts for
    /// nothing: what sled has only half made it cannot open.
    pub(crate) fn make(above: &Path, first: u64) -> io::Result<Self> {
        let made = Self::open(above, first)?;
        made.sync()?;
        File::create(made.folder.join(READY))?.sync_all()?;
        File::open(&made.folder)?.sync_all()?;
        File::open(above)?.sync_all()?;
        Ok(made)
    }

    /// Opens the generation that begins with a number.
    pub(crate) fn open(above: &Path, first: u64) -> io::Result<Self> {
        let folder = above.join(format!("{first:020}"));
        let config = Config::new().path(&folder).cache_capacity(CACHE_BYTES).mode(Mode::HighThroughput);
        // Flushing is ours: what is durable is known only by whoever asked for it.
        let db = config.flush_every_ms(None).open().map_err(io_error)?;
        Ok(Self { first, folder, db })
    }

    /// The first numbers of the generations in a folder, in order. What was only half made goes.
    pub(crate) fn listed(above: &Path) -> io::Result<Vec<u64>> {
        let mut firsts = Vec::new();
        for entry in fs::read_dir(above)? {
            let entry = entry?;
            let Some(first) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            if entry.path().join(READY).exists() {
                firsts.push(first);
            } else {
                fs::remove_dir_all(entry.path())?;
            }
        }
        firsts.sort_unstable();
        Ok(firsts)
    }

    pub(crate) fn put(&self, number: u64, record: &[u8]) -> io::Result<()> {
        self.db.insert(number.to_be_bytes(), record).map(drop).map_err(io_error)
    }

    pub(crate) fn get(&self, number: u64) -> io::Result<Option<Vec<u8>>> {
        Ok(self.db.get(number.to_be_bytes()).map_err(io_error)?.map(|record| record.to_vec()))
    }

    pub(crate) fn remove(&self, number: u64) -> io::Result<()> {
        self.db.remove(number.to_be_bytes()).map(drop).map_err(io_error)
    }

    /// The numbers of its records, in order.
    pub(crate) fn numbers(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for key in self.db.iter().keys() {
            let key = key.map_err(io_error)?;
            if let Ok(bytes) = <[u8; 8]>::try_from(&*key) {
                numbers.push(u64::from_be_bytes(bytes));
            }
        }
        Ok(numbers)
    }

    /// Returns once all that was put before is on the disk. sled's own flush ends in `sync_file_range`, which survives the
    /// process and not surely a power cut: the file is synced as well.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.db.flush().map_err(io_error)?;
        File::open(self.folder.join("db"))?.sync_data()
    }

    /// How much of the disk it takes.
    pub(crate) fn bytes(&self) -> u64 {
        bytes_of(&self.folder)
    }

    /// Deletes it with all its records.
    pub(crate) fn delete(self) -> io::Result<()> {
        let Self { db, folder, .. } = self;
        drop(db);
        fs::remove_dir_all(folder)
    }
}

fn bytes_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_of(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn io_error(error: sled::Error) -> io::Error {
    match error {
        sled::Error::Io(error) => error,
        other => io::Error::other(other),
    }
}
