//! A row of numbered records.

use crate::error::StoreError;
use crate::folder;
use crate::generation::{Generation, is_damage};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// What is put within this time is synced together, unless somebody waits for it.
const GROUP: Duration = Duration::from_millis(20);

/// How much a log may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of disk; the oldest generations are deleted beyond it.
    pub bytes_max: u64,
    /// Bytes of records after which a new generation begins.
    pub generation_bytes_max: u64,
    /// How old a generation may be.
    pub age_max: Duration,
    /// How many generations there may be: whoever opens a log begins one, and looks into all of them.
    pub generations_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 2 << 30,
            generation_bytes_max: 32 << 20,
            age_max: Duration::from_secs(30 * 24 * 3_600),
            generations_max: 1_024,
        }
    }
}

/// Numbered records in a folder. Dropping it makes all of them durable first.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
    flusher: Option<JoinHandle<()>>,
    _lock: File,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
    /// Somebody waits: the group is not waited for.
    hurried: Condvar,
}

#[derive(Debug)]
struct State {
    /// From the oldest to the newest.
    generations: Vec<Arc<Generation>>,
    /// The one that is written to. What was there when the log was opened is only read: a database whose last bytes were
    /// lost with the power is read well, and may wait for ever when it is written to.
    active: Option<Arc<Generation>>,
    /// Bytes put into that one.
    written: u64,
    /// The records that are removed, and still in their generations.
    removed: BTreeSet<u64>,
    /// The other one that was read last: it is closed when another is.
    reading: Option<Arc<Generation>>,
    next: u64,
    durable: u64,
    /// The newest record that somebody has waited for.
    awaited: u64,
    evicted: u64,
    /// Why nothing more can be stored.
    failed: Option<String>,
    closing: bool,
}

impl Log {
    /// Opens the log in a folder, or makes it.
    ///
    /// # Errors
    /// [`StoreError`]. A generation that is damaged is put aside, and is no error: where they are now is given beside the log.
    pub fn open(folder: &Path, limits: Limits) -> Result<(Self, Vec<PathBuf>), StoreError> {
        let failed = |source| StoreError::Disk { folder: folder.to_path_buf(), source };
        let lock = folder::take(folder)?;
        let mut damaged = Vec::new();
        let mut generations = Vec::new();
        let (mut removed, mut next) = (BTreeSet::new(), 1);
        for first in Generation::listed(folder).map_err(failed)? {
            let generation = Generation::new(folder, first);
            let found = generation.last().and_then(|last| Ok((last, generation.removals()?)));
            // One at a time: each takes a descriptor and memory, and there may be a thousand.
            generation.close();
            match found {
                Ok((last, (own, last_removal))) => {
                    next = next.max(first).max(last.max(last_removal).map_or(0, |last| last + 1));
                    removed.extend(own);
                    generations.push(Arc::new(generation));
                }
                Err(error) if is_damage(&error) => damaged.push(put_aside(folder, first, &error).map_err(failed)?),
                Err(error) => return Err(failed(error)),
            }
        }
        // What a damaged generation may have held is not given again.
        let next = next.max(damaged_end(folder));
        let state = State {
            generations,
            active: None,
            written: 0,
            removed,
            reading: None,
            next,
            durable: next - 1,
            awaited: 0,
            evicted: 0,
            failed: None,
            closing: false,
        };
        let shared = Arc::new(Shared {
            folder: folder.to_path_buf(),
            limits,
            state: Mutex::new(state),
            changed: Condvar::new(),
            hurried: Condvar::new(),
        });
        shared.evict(&mut shared.state());
        let flusher = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("store".to_owned())
                .spawn(move || shared.flush_in_groups())
                .map_err(failed)?
        };
        Ok((Self { shared, flusher: Some(flusher), _lock: lock }, damaged))
    }

    /// Adds records and gives the number of the last one, at once; they are durable when [`Self::durable`] has come so far.
    /// Small ones that come together are quicker than one by one.
    ///
    /// # Errors
    /// The disk says no, now or before: nothing more is stored then.
    pub fn append<R: AsRef<[u8]>>(&self, records: &[R]) -> Result<u64, StoreError> {
        let mut state = self.shared.state();
        if records.is_empty() {
            return Ok(state.next - 1);
        }
        let bytes = records.iter().map(|record| record.as_ref().len() as u64).sum();
        self.shared.put(&mut state, bytes, |active, next| active.put(next, records))?;
        state.next += records.len() as u64;
        let last = state.next - 1;
        drop(state);
        self.shared.changed.notify_all();
        Ok(last)
    }

    /// The number up to which records are durable.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.shared.state().durable
    }

    /// Waits until a record is durable, at most so long; says whether it is. It is synced at once.
    #[must_use]
    pub fn wait(&self, number: u64, timeout: Duration) -> bool {
        let mut state = self.shared.state();
        state.awaited = state.awaited.max(number.min(state.next - 1));
        self.shared.hurried.notify_all();
        let waits = |state: &mut State| state.durable < number && state.failed.is_none();
        let waited = self.shared.changed.wait_timeout_while(state, timeout, waits);
        waited.unwrap_or_else(PoisonError::into_inner).0.durable >= number
    }

    /// Why nothing more can be stored, if so.
    #[must_use]
    pub fn failed(&self) -> Option<String> {
        self.shared.state().failed.clone()
    }

    /// How many records were deleted because there was no room for them any more.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.shared.state().evicted
    }

    /// The numbers of all records, in order.
    ///
    /// # Errors
    /// The disk says no.
    pub fn numbers(&self) -> Result<Vec<u64>, StoreError> {
        let generations = self.shared.state().generations.clone();
        let mut all = Vec::new();
        for generation in generations {
            self.shared.read(&generation);
            all.extend(generation.numbers().map_err(|error| self.shared.error(error))?);
        }
        let state = self.shared.state();
        all.retain(|number| !state.removed.contains(number));
        Ok(all)
    }

    /// A record.
    ///
    /// # Errors
    /// The disk says no.
    pub fn get(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(generation) = self.shared.state().holding(number) else { return Ok(None) };
        self.shared.read(&generation);
        generation.get(number).map_err(|error| self.shared.error(error))
    }

    /// Removes records permanently. Their disk space is free once their generation is deleted: with its last record, if
    /// no generation is older and it is not written to. On a full disk, only whole generations can be removed, so that
    /// all records together can be.
    ///
    /// # Errors
    /// The disk says no.
    pub fn remove(&self, numbers: &[u64]) -> Result<(), StoreError> {
        let mut state = self.shared.state();
        let first = state.generations.first().map_or(u64::MAX, |oldest| oldest.first);
        let is_there = |number: &u64| (first..state.next).contains(number) && !state.removed.contains(number);
        let new: Vec<u64> = numbers.iter().copied().filter(is_there).collect();
        if new.is_empty() {
            return Ok(());
        }
        let bytes = size_of_val(&*new) as u64;
        let put = self.shared.put(&mut state, bytes, |active, next| active.put_removal(next, &new));
        let active = match put {
            Ok(active) => active,
            // A full disk can be emptied: whole generations are deleted without a log entry.
            Err(error) => return if state.delete_removed(&new) { Ok(()) } else { Err(error) },
        };
        state.next += 1;
        state.removed.extend(new);
        drop(state);
        self.shared.changed.notify_all();
        active.sync().map_err(|error| self.shared.fail(&mut self.shared.state(), error))?;
        self.shared.evict(&mut self.shared.state());
        Ok(())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.closing = true;
        let is_failed = state.failed.is_some();
        let reading = state.reading.take().filter(|_| is_failed);
        drop(state);
        // The generation was only read, and may be a copy that has to be deleted.
        reading.iter().for_each(|reading| reading.close());
        self.shared.changed.notify_all();
        self.shared.hurried.notify_all();
        if is_failed {
            // Closing sled flushes it, which may not end any more: it stays open until the process ends.
            std::mem::forget(Arc::clone(&self.shared));
            return;
        }
        if let Some(flusher) = self.flusher.take() {
            // A flusher that panicked has said so itself.
            let _ = flusher.join();
        }
    }
}

impl State {
    /// Whether nothing is left of the oldest generation.
    fn is_oldest_removed(&self) -> bool {
        let [oldest, next, ..] = &self.generations[..] else { return false };
        // Looking through it takes a while.
        let may_be = self.removed.range(oldest.first..next.first).next().is_some();
        if !may_be {
            return false;
        }
        let is_removed = oldest.numbers().is_ok_and(|all| all.iter().all(|number| self.removed.contains(number)));
        if !self.reading.as_ref().is_some_and(|reading| Arc::ptr_eq(reading, oldest)) {
            oldest.close();
        }
        is_removed
    }

    /// Deletes the oldest generations that would be empty without these records, if all of the records are in them.
    /// Newer generations stay, since they list the removed records of older ones.
    fn delete_removed(&mut self, more: &[u64]) -> bool {
        let more: BTreeSet<u64> = more.iter().copied().collect();
        let is_gone = |number: &u64| self.removed.contains(number) || more.contains(number);
        let active = self.active.clone();
        let is_active =
            |generation: &Arc<Generation>| active.as_ref().is_some_and(|active| Arc::ptr_eq(active, generation));
        let is_empty = |generation: &&Arc<Generation>| {
            let is_empty = generation.numbers().is_ok_and(|numbers| numbers.iter().all(is_gone));
            // Closing sled may block for ever after a failed write.
            if !is_active(generation) {
                generation.close();
            }
            is_empty
        };
        let count = self.generations.iter().take_while(is_empty).count();
        let end = self.generations.get(count).map_or(u64::MAX, |generation| generation.first);
        if count == 0 || more.last().is_some_and(|last| *last >= end) {
            return false;
        }
        self.reading = None;
        for generation in self.generations.drain(..count) {
            if is_active(&generation) {
                self.active = None;
                std::mem::forget(Arc::clone(&generation));
            }
            if generation.delete_files().is_err() {
                return false;
            }
        }
        self.removed = self.removed.split_off(&end);
        true
    }

    fn holding(&self, number: u64) -> Option<Arc<Generation>> {
        if self.removed.contains(&number) {
            return None;
        }
        self.generations.iter().rev().find(|generation| generation.first <= number).map(Arc::clone)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes why nothing more can be stored, and wakes whoever waits for what will never be.
    fn fail(&self, state: &mut State, source: io::Error) -> StoreError {
        state.failed = Some(source.to_string());
        self.changed.notify_all();
        self.hurried.notify_all();
        self.error(source)
    }

    fn error(&self, source: io::Error) -> StoreError {
        StoreError::Disk { folder: self.folder.clone(), source }
    }

    /// Notes that a generation is read: of those that are not written to only one is open at a time.
    fn read(&self, generation: &Arc<Generation>) {
        let mut state = self.state();
        let is_active = state.active.as_ref().is_some_and(|active| Arc::ptr_eq(active, generation));
        let is_same = state.reading.as_ref().is_some_and(|reading| Arc::ptr_eq(reading, generation));
        if !is_active
            && !is_same
            && let Some(before) = state.reading.replace(Arc::clone(generation))
        {
            before.close();
        }
    }

    /// Puts something that has so many bytes and the next number into the generation that is written to.
    fn put(
        &self,
        state: &mut State,
        bytes: u64,
        put: impl FnOnce(&Generation, u64) -> io::Result<()>,
    ) -> Result<Arc<Generation>, StoreError> {
        if let Some(why) = &state.failed {
            return Err(self.error(io::Error::other(why.clone())));
        }
        let has_room = state.written < self.limits.generation_bytes_max;
        let active = match state.active.clone().filter(|active| has_room && !active.is_full()) {
            Some(active) => active,
            None => self.begin_generation(state).map_err(|error| self.fail(state, error))?,
        };
        // sled cannot be used after a write that failed: what is flushed then may wait for ever.
        put(&active, state.next).map_err(|error| self.fail(state, error))?;
        state.written += bytes;
        Ok(active)
    }

    /// Syncs what was put, group by group, until the log is closed.
    fn flush_in_groups(&self) {
        loop {
            let state = self.state();
            let waits = |state: &mut State| state.durable + 1 >= state.next && !state.closing;
            let state = self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
            if state.durable + 1 >= state.next || state.failed.is_some() {
                return;
            }
            let gathers =
                |state: &mut State| state.awaited <= state.durable && !state.closing && state.failed.is_none();
            let gathered = self.hurried.wait_timeout_while(state, GROUP, gathers);
            let state = gathered.unwrap_or_else(PoisonError::into_inner).0;
            // What is flushed after a write that failed may wait for ever.
            if state.failed.is_some() {
                return;
            }
            let upto = state.next - 1;
            // What stands in older ones was synced before they were left.
            let active = state.active.clone();
            drop(state);
            let synced = active.map_or(Ok(()), |active| active.sync());
            let mut state = self.state();
            match synced {
                Ok(()) => state.durable = state.durable.max(upto),
                Err(error) => {
                    self.fail(&mut state, error);
                    return;
                }
            }
            drop(state);
            self.changed.notify_all();
        }
    }

    fn begin_generation(&self, state: &mut State) -> io::Result<Arc<Generation>> {
        if let Some(active) = state.active.clone() {
            active.sync()?;
            state.active = None;
            active.close();
        }
        if let Some(reading) = state.reading.take() {
            reading.close();
        }
        // An empty one of this number, left by a program that was killed as it began, is as good as none.
        let stale = state.generations.iter().position(|generation| generation.first == state.next);
        match stale.map(|stale| Arc::try_unwrap(state.generations.remove(stale))) {
            Some(Ok(stale)) => stale.delete()?,
            // Somebody looks at it: it stays where it is, and its number is left out.
            Some(Err(stale)) => {
                stale.close();
                state.next += 1;
            }
            None => {}
        }
        state.durable = state.next - 1;
        let active = Arc::new(Generation::make(&self.folder, state.next)?);
        state.generations.push(Arc::clone(&active));
        state.active = Some(Arc::clone(&active));
        state.written = 0;
        self.evict(state);
        Ok(active)
    }

    /// Deletes the oldest generations while there is too much, or too many, or they are too old.
    fn evict(&self, state: &mut State) {
        while state.generations.len() > 1 {
            let total: u64 = state.generations.iter().map(|generation| generation.bytes()).sum();
            let age = modified(&self.folder, state.generations[0].first);
            let is_old = age.is_some_and(|age| age > self.limits.age_max);
            let are_too_many = state.generations.len() > self.limits.generations_max;
            if total <= self.limits.bytes_max && !is_old && !are_too_many && !state.is_oldest_removed() {
                return;
            }
            let oldest = state.generations.remove(0);
            if state.reading.as_ref().is_some_and(|reading| Arc::ptr_eq(reading, &oldest)) {
                state.reading = None;
            }
            let numbers = oldest.numbers().unwrap_or_default();
            state.evicted += numbers.iter().filter(|number| !state.removed.contains(number)).count() as u64;
            state.removed = state.removed.split_off(&state.generations[0].first);
            match Arc::try_unwrap(oldest) {
                // Where it cannot be deleted now, it is the next time.
                Ok(oldest) => drop(oldest.delete()),
                Err(_) => return,
            }
        }
    }
}

/// How long ago a generation was written to.
fn modified(folder: &Path, first: u64) -> Option<Duration> {
    let written = fs::metadata(folder.join(format!("{first:020}")).join("db")).ok()?.modified().ok()?;
    SystemTime::now().duration_since(written).ok()
}

/// What the folders of damaged generations begin with.
const DAMAGED: &str = "damaged-";

/// Puts a generation that cannot be read aside, for whoever wants to look at it, with the reason.
fn put_aside(folder: &Path, first: u64, why: &io::Error) -> io::Result<PathBuf> {
    let mut aside = folder.join(format!("{DAMAGED}{first:020}"));
    let mut times = 1;
    while aside.exists() {
        times += 1;
        aside = folder.join(format!("{DAMAGED}{first:020}-{times}"));
    }
    fs::rename(folder.join(format!("{first:020}")), &aside)?;
    // It is put aside all the same where there is no room to say why.
    let _ = fs::write(aside.join("why.txt"), format!("{why}\n"));
    Ok(aside)
}

/// The number after those that damaged generations may have held: their first one, and more than any that was written.
fn damaged_end(folder: &Path) -> u64 {
    let names =
        fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let firsts = names.filter_map(|name| name.strip_prefix(DAMAGED)?.split('-').next()?.parse::<u64>().ok());
    firsts.max().map_or(0, |first| first + RECORDS_IN_GENERATION)
}

/// More than a generation can hold.
const RECORDS_IN_GENERATION: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_that_was_never_finished_and_is_looked_at_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("understudy-store-stale-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let (log, _) = Log::open(&folder, Limits::default()).expect("it opens");
        // A record of many pieces, of which the last one did not come.
        let large = vec![7; 400_000];
        log.append(std::slice::from_ref(&large)).expect("it is stored");
        let mut last_piece = None;
        let seen = crate::values::put_values(1, &[large], |key, _| {
            last_piece = Some(key);
            Ok::<_, ()>(())
        });
        assert_eq!(seen, Ok(()));
        let active = log.shared.state().active.clone().expect("it is written to");
        active.take_out(&last_piece.expect("it has pieces")).expect("it can be taken out");
        drop((active, log));
        let (log, _) = Log::open(&folder, Limits::default()).expect("it opens");
        let looked_at = Arc::clone(&log.shared.state().generations[0]);
        let records: Vec<Vec<u8>> = (0..10).map(|at| vec![at; 9_000]).collect();
        let last = log.append(&records).expect("they are stored");
        assert!(log.wait(last, Duration::from_secs(60)));
        drop(looked_at);
        for _ in 0..2 {
            let numbers = log.numbers().expect("they are read");
            assert_eq!(numbers, (last - 9..=last).collect::<Vec<_>>());
            for (number, record) in numbers.into_iter().zip(&records) {
                assert_eq!(log.get(number).expect("it is read").as_ref(), Some(record), "{number}");
            }
        }
        drop(log);
        fs::remove_dir_all(folder).expect("it goes");
    }
}
