//! A part of a log in a folder of its own: one sled database.

use crate::private::{make_private, private_file};
use crate::values::{Key, Value, key, parts, put_values, read, records};
use sled::{Config, Db, IVec, Mode, Tree};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// sled would take a gigabyte for its cache; a log is hardly ever read.
const CACHE_BYTES: u64 = 4 << 20;

/// How many values are put into a tree: with the tenth, sled writes all of its page once more. Each tree has one page, and its
/// name is its first key.
const VALUES_MAX: usize = 9;

/// How many trees a database has at most: each new one writes the names of all.
const TREES_MAX: usize = 512;

/// The tree that says which records are removed. Its name is no key.
const REMOVED: &[u8] = b"removed";

/// How many bytes its values have at most: it is one tree, in which sled lets a page have seventeen of them.
const REMOVED_BYTES_MAX: usize = 6 << 10;

/// The file that says that a generation is made.
const READY: &str = "ready";

/// How long a database that was closed just now may take to be free again, and how often it is tried.
const CLOSING_MAX: Duration = Duration::from_secs(2);
const CLOSING_PERIOD: Duration = Duration::from_millis(5);

/// One database with the records from a first number on.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) first: u64,
    folder: PathBuf,
    /// Open as long as it is used: it holds on to nearly as much memory as it was given since it was opened.
    db: Mutex<Option<Opened>>,
}

/// A database that is open.
#[derive(Debug, Clone)]
struct Opened {
    db: Db,
    /// The copy that is open instead of the database, if the disk is full.
    _copy: Option<Arc<Copied>>,
    /// Its trees, in the order of their keys.
    trees: Arc<Mutex<Vec<Part>>>,
}

#[derive(Debug, Clone)]
struct Part {
    first: Key,
    tree: Tree,
    /// How many values were put into it since it was opened.
    values: usize,
}

impl Opened {
    fn new(db: Db, copy: Option<Copied>) -> io::Result<Self> {
        // What older versions wrote is in the one that is always there.
        let mut trees = vec![Part { first: [0; 12], tree: Tree::clone(&db), values: VALUES_MAX }];
        for name in db.tree_names() {
            if let Ok(first) = Key::try_from(&*name) {
                trees.push(Part { first, tree: db.open_tree(name).map_err(io_error)?, values: VALUES_MAX });
            }
        }
        trees.sort_by_key(|part| part.first);
        Ok(Self { db, _copy: copy.map(Arc::new), trees: Arc::new(Mutex::new(trees)) })
    }

    fn trees(&self) -> MutexGuard<'_, Vec<Part>> {
        self.trees.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tree that a key is in, where it is there.
    fn tree(&self, key: &Key) -> Tree {
        let trees = self.trees();
        let after = trees.partition_point(|part| part.first <= *key);
        trees[after.saturating_sub(1)].tree.clone()
    }

    /// The tree that the next key goes into.
    fn tree_to_fill(&self, key: &Key) -> io::Result<Tree> {
        let mut trees = self.trees();
        match trees.last_mut() {
            Some(part) if part.values < VALUES_MAX => {
                part.values += 1;
                Ok(part.tree.clone())
            }
            _ => {
                let tree = self.db.open_tree(key).map_err(io_error)?;
                trees.push(Part { first: *key, tree: tree.clone(), values: 1 });
                Ok(tree)
            }
        }
    }
}

impl Generation {
    /// Makes the generation that begins with a number. Whenever the program is killed, it is there whole or counts for
    /// nothing: what sled has only half made it cannot open.
    pub(crate) fn make(above: &Path, first: u64) -> io::Result<Self> {
        let made = Self::new(above, first);
        match made.finish(above) {
            Ok(()) => Ok(made),
            Err(error) => {
                made.abandon();
                Err(error)
            }
        }
    }

    /// Deletes it after a write that failed: closing sled may never end then.
    pub(crate) fn abandon(self) {
        // Where it cannot be deleted now, it is the next time.
        let _ = remove(&self.folder);
        std::mem::forget(self);
    }

    fn finish(&self, above: &Path) -> io::Result<()> {
        self.db()?;
        self.sync()?;
        // sled gives everybody the right to read.
        make_private(&self.folder)?;
        // sled's settings, which it leaves to the system.
        File::open(self.folder.join("conf"))?.sync_all()?;
        private_file().open(self.folder.join(READY))?.sync_all()?;
        File::open(&self.folder)?.sync_all()?;
        File::open(above)?.sync_all()
    }

    /// The generation that begins with a number; its database is opened when it is asked for something.
    pub(crate) fn new(above: &Path, first: u64) -> Self {
        Self { first, folder: above.join(format!("{first:020}")), db: Mutex::new(None) }
    }

    fn db(&self) -> io::Result<Opened> {
        let mut db = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(db) = &*db {
            return Ok(db.clone());
        }
        self.forget_unfinished_snapshots()?;
        let opened = match open(&self.folder) {
            // sled writes when it opens a database, even if it is only read. On a full disk, a copy is read instead.
            Err(error) if has_no_room(&error) && self.folder.join(READY).exists() => {
                let copy = Copied::new(&self.folder).map_err(|_| error)?;
                Opened::new(open(&copy.0)?, Some(copy))?
            }
            opened => {
                let opened = Opened::new(opened?, None)?;
                make_private(&self.folder)?;
                opened
            }
        };
        Ok(db.insert(opened).clone())
    }

    /// A snapshot that was being written when the program was killed. sled takes it for one that is whole, and finds that it is
    /// damaged; without it, it reads its log.
    fn forget_unfinished_snapshots(&self) -> io::Result<()> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "generating") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Closes the database; it is opened again when it is asked for something.
    pub(crate) fn close(&self) {
        self.db.lock().unwrap_or_else(PoisonError::into_inner).take();
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

    /// Puts records that follow each other.
    pub(crate) fn put(&self, first: u64, records: &[impl AsRef<[u8]>]) -> io::Result<()> {
        let db = self.db()?;
        put_values(first, records, |key, value| db.tree_to_fill(&key)?.insert(key, value).map(drop).map_err(io_error))
    }

    /// Whether it is time for another one.
    pub(crate) fn is_full(&self) -> bool {
        let db = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        db.as_ref().is_some_and(|opened| opened.trees().len() > TREES_MAX)
    }

    /// A record; `None` where it is not there, or not all of it.
    pub(crate) fn get(&self, number: u64) -> io::Result<Option<Vec<u8>>> {
        let Some((_, value)) = self.holding(number)? else { return Ok(None) };
        match read(&value) {
            Some(Value::Records(together)) => {
                Ok(records(together).find(|(own, _)| *own == number).map(|(_, record)| record.to_vec()))
            }
            Some(Value::Piece(_, count)) => {
                let (db, mut record) = (self.db()?, Vec::new());
                for piece in 0..count {
                    let key = key(number, piece);
                    let value = db.tree(&key).get(key).map_err(io_error)?;
                    match value.as_deref().and_then(read) {
                        Some(Value::Piece(bytes, _)) => record.extend_from_slice(bytes),
                        _ => return Ok(None),
                    }
                }
                Ok(Some(record))
            }
            None => Ok(None),
        }
    }

    /// Puts that records, in this generation or an older one, are removed: it counts as a record with this number.
    pub(crate) fn put_removal(&self, number: u64, removed: &[u64]) -> io::Result<()> {
        let tree = self.db()?.db.open_tree(REMOVED).map_err(io_error)?;
        for (at, some) in (0..).zip(removed.chunks(REMOVED_BYTES_MAX / size_of::<u64>())) {
            let value: Vec<u8> = some.iter().flat_map(|number| number.to_le_bytes()).collect();
            tree.insert(key(number, at), value).map_err(io_error)?;
        }
        Ok(())
    }

    /// Which records are removed, as this generation has it, and the number of the last time that some were.
    pub(crate) fn removals(&self) -> io::Result<(Vec<u64>, Option<u64>)> {
        let db = self.db()?.db;
        let (mut removed, mut last) = (Vec::new(), None);
        if !db.tree_names().iter().any(|name| *name == REMOVED) {
            return Ok((removed, last));
        }
        for entry in &db.open_tree(REMOVED).map_err(io_error)? {
            let (found, value) = entry.map_err(io_error)?;
            last = parts(&found).map(|(number, _)| number);
            let (numbers, _) = value.as_chunks::<8>();
            removed.extend(numbers.iter().map(|number| u64::from_le_bytes(*number)));
        }
        Ok((removed, last))
    }

    /// Takes out a value, as if a kill had come before it was put.
    #[cfg(test)]
    pub(crate) fn take_out(&self, key: &Key) -> io::Result<()> {
        self.db()?.tree(key).remove(key).map(drop).map_err(io_error)
    }

    /// The numbers of its records that are whole, in order.
    pub(crate) fn numbers(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        // How many pieces of a record came one after the other.
        let mut pieces = (0, 0);
        let trees = self.db()?.trees().clone();
        for entry in trees.iter().flat_map(|part| part.tree.iter()) {
            let (found, value) = entry.map_err(io_error)?;
            match (parts(&found), read(&value)) {
                (Some(_), Some(Value::Records(together))) => {
                    numbers.extend(records(together).map(|(number, _)| number));
                }
                (Some((number, piece)), Some(Value::Piece(_, count))) => {
                    let before = if pieces.0 == number { pieces.1 } else { 0 };
                    pieces = (number, if piece == before { before + 1 } else { before });
                    if pieces.1 == count && piece + 1 == count {
                        numbers.push(number);
                    }
                }
                _ => {}
            }
        }
        Ok(numbers)
    }

    /// The number of its last record that is whole. Only what stands at the end is read for it.
    pub(crate) fn last(&self) -> io::Result<Option<u64>> {
        let trees = self.db()?.trees().clone();
        let mut in_pieces = None;
        for entry in trees.iter().rev().flat_map(|part| part.tree.iter().rev()) {
            let (found, value) = entry.map_err(io_error)?;
            match (parts(&found), read(&value)) {
                (Some(_), Some(Value::Records(together))) => {
                    if let Some((number, _)) = records(together).last() {
                        return Ok(Some(number));
                    }
                }
                (Some((number, _)), Some(Value::Piece(..))) if in_pieces != Some(number) => {
                    if self.get(number)?.is_some() {
                        return Ok(Some(number));
                    }
                    in_pieces = Some(number);
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// The value that a record, or its last piece, would be in.
    fn holding(&self, number: u64) -> io::Result<Option<(IVec, IVec)>> {
        let last = key(number, u32::MAX);
        self.db()?.tree(&last).range(..=last).next_back().transpose().map_err(io_error)
    }

    /// Returns once all that was put before is on the disk. sled's own flush ends in `sync_file_range`, which survives the
    /// process and not surely a power cut: the file is synced as well.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let db = self.db.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // What is closed was synced before.
        let Some(db) = db else { return Ok(()) };
        db.db.flush().map_err(io_error)?;
        File::open(self.folder.join("db"))?.sync_data()
    }

    /// How much of the disk it takes.
    pub(crate) fn bytes(&self) -> u64 {
        bytes_of(&self.folder)
    }

    /// Deletes the files of the generation, even if it is open: it is not closed before the process ends.
    pub(crate) fn delete_files(&self) -> io::Result<()> {
        remove(&self.folder)
    }

    /// Deletes it with all its records.
    pub(crate) fn delete(self) -> io::Result<()> {
        self.close();
        remove(&self.folder)
    }
}

fn open(folder: &Path) -> io::Result<Db> {
    let config = Config::new().path(folder).cache_capacity(CACHE_BYTES).mode(Mode::HighThroughput);
    // The log flushes by itself, because it has to know which records are durable.
    let config = config.flush_every_ms(None);
    let since = Instant::now();
    loop {
        match config.open().map_err(io_error) {
            // Another reader still has the database open.
            Err(error) if is_in_use(&error) && since.elapsed() < CLOSING_MAX => std::thread::sleep(CLOSING_PERIOD),
            opened => return opened,
        }
    }
}

/// A copy of a generation in a folder for temporary files. It is deleted with the last use of it.
#[derive(Debug)]
struct Copied(PathBuf);

impl Copied {
    /// Copies a generation to the first of these folders that has room for it: the system's for temporary files, and memory.
    fn new(folder: &Path) -> io::Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("understudy-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let places = [std::env::temp_dir(), PathBuf::from("/dev/shm")];
        let mut failed = io::Error::from(io::ErrorKind::StorageFull);
        for place in places {
            let copy = Self(place.join(&name));
            match copy_folder(folder, &copy.0) {
                Ok(()) => return Ok(copy),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        // The system deletes the temporary files that cannot be deleted now.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Copies a folder to one that only this user can read.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Returns true if a disk, a quota or a limit has no room for what was written.
pub(crate) fn has_no_room(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge | ReadOnlyFilesystem)
}

/// Whenever the program is killed, what is left of it counts for nothing.
fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(READY)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::remove_dir_all(folder),
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

/// sled takes its file for itself; the system's own words for that it wraps in others.
fn is_in_use(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.to_string().contains("could not acquire lock")
}

/// Whether it is what stands on the disk that cannot be read, as sled finds it or because a file ends too early. A disk or a
/// system that says no (too many files, no memory, an error of the device) says nothing of what is there.
pub(crate) fn is_damage(error: &io::Error) -> bool {
    let by_sled = error.get_ref().and_then(|inner| inner.downcast_ref::<sled::Error>());
    matches!(by_sled, Some(sled::Error::Corruption { .. } | sled::Error::Unsupported(_)))
        || error.kind() == io::ErrorKind::UnexpectedEof
}

fn io_error(error: sled::Error) -> io::Error {
    match error {
        sled::Error::Io(error) => error,
        other => io::Error::other(other),
    }
}
