//! What was done to files here, so that it can be taken back.

use super::App;
use super::commands::Nothing;
use crate::change::{FileChange, bring_all};
use crate::error::ApiError;
use serde::Serialize;
use std::time::{Duration, Instant};

/// How many changes can be taken back.
const CHANGES_MAX: usize = 200;

/// How many bytes of files are kept for that.
const BYTES_MAX: usize = 64 << 20;
/// What is typed in one file with pauses shorter than this is one change.
const TYPING_PAUSE: Duration = Duration::from_secs(5);

/// One change: of one file, or of several that belong together.
#[derive(Debug)]
pub(super) struct Change {
    files: Vec<FileChange>,
    /// When it was typed; `None` where it was made in another way.
    typed: Option<Instant>,
}

/// Changes that can be taken back, and those that were.
#[derive(Debug, Default)]
pub(super) struct History {
    done: Vec<Change>,
    undone: Vec<Change>,
}

impl History {
    pub(super) fn add(&mut self, mut change: Change) {
        self.undone.clear();
        if let Some(last) = self.done.last_mut()
            && let (Some(before), Some(now)) = (last.typed, change.typed)
            && now.duration_since(before) < TYPING_PAUSE
            && let ([old], [new]) = (last.files.as_mut_slice(), change.files.as_mut_slice())
            && old.place.path == new.place.path
            && old.after == new.before
        {
            old.after = new.after.take();
            last.typed = change.typed;
            return;
        }
        self.done.push(change);
        let bytes =
            |changes: &[Change]| changes.iter().flat_map(|change| &change.files).map(FileChange::bytes).sum::<usize>();
        while self.done.len() > CHANGES_MAX || (self.done.len() > 1 && bytes(&self.done) > BYTES_MAX) {
            self.done.remove(0);
        }
    }
}

/// What was taken back or made again.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Undone {
    /// The file; `null` where there was nothing left to do.
    pub(super) file: Option<String>,
}

impl App {
    pub(super) async fn undo(&self, _: Nothing) -> Result<Undone, ApiError> {
        self.go(false).await
    }

    pub(super) async fn redo(&self, _: Nothing) -> Result<Undone, ApiError> {
        self.go(true).await
    }

    /// Makes a change, remembers it, and serves what the files then say.
    pub(super) async fn make(&self, files: Vec<FileChange>, typed: Option<Instant>) -> Result<(), ApiError> {
        bring_all(&files, true)?;
        self.made(files, typed).await;
        Ok(())
    }

    /// Remembers what was done to files, and serves what they say now.
    pub(super) async fn made(&self, files: Vec<FileChange>, typed: Option<Instant>) {
        if !files.is_empty() {
            self.history.lock().await.add(Change { files, typed });
            self.reload().await;
        }
    }

    async fn go(&self, again: bool) -> Result<Undone, ApiError> {
        let mut history = self.history.lock().await;
        let History { done, undone } = &mut *history;
        let (from, to) = if again { (undone, done) } else { (done, undone) };
        let Some(mut change) = from.pop() else { return Ok(Undone { file: None }) };
        // A change that another program has written over cannot be taken back: those before it still can.
        bring_all(&change.files, again)?;
        change.typed = None;
        let file = Some(change.files.iter().map(FileChange::shown).collect::<Vec<_>>().join(", "));
        to.push(change);
        drop(history);
        self.reload().await;
        Ok(Undone { file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Place;
    use crate::root::Root;
    use std::path::{Path, PathBuf};

    fn change(before: &str, after: &str, typed: Option<Instant>) -> Change {
        let bytes = |text: &str| Some(text.as_bytes().to_vec());
        let place = Place::of_project(&Root::from(Path::new(".")), PathBuf::from("f"));
        let file = FileChange { place, before: bytes(before), after: bytes(after) };
        Change { files: vec![file], typed }
    }

    #[test]
    fn only_what_is_typed_at_once_in_one_file_is_one_change() {
        let began = Instant::now();
        let later = |seconds: u64| Some(began + Duration::from_secs(seconds));
        let mut history = History::default();
        history.add(change("a", "ab", later(0)));
        history.add(change("ab", "abc", later(1)));
        assert_eq!(history.done.len(), 1);
        history.add(change("abc", "abcd", later(60)));
        history.add(change("abcd", "x", None));
        history.add(change("x", "xy", later(61)));
        history.add(change("other", "z", later(62)));
        let held: Vec<Option<&[u8]>> = history.done.iter().map(|change| change.files[0].after.as_deref()).collect();
        assert_eq!(held, ["abc", "abcd", "x", "xy", "z"].map(|text| Some(text.as_bytes())));
    }

    #[test]
    fn what_can_be_taken_back_is_bounded_by_number_and_by_bytes() {
        let mut history = History::default();
        (0..=CHANGES_MAX).for_each(|at| history.add(change(&at.to_string(), "", None)));
        assert_eq!(history.done.len(), CHANGES_MAX);
        assert_eq!(history.done[0].files[0].before.as_deref(), Some(b"1".as_slice()));
        history.add(change(&"x".repeat(BYTES_MAX + 1), "", None));
        assert_eq!(history.done.len(), 1);
    }
}
