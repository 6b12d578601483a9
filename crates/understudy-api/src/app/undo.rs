//! What was done to files here, so that it can be taken back.

use super::App;
use super::commands::Nothing;
use crate::disk::{content, remove, write};
use crate::error::{ApiError, Code};
use serde::Serialize;
use std::path::PathBuf;

/// How many changes can be taken back.
const CHANGES_MAX: usize = 200;

/// One change of one file.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) path: PathBuf,
    /// As people know the file.
    pub(super) shown: String,
    /// What it held; `None` where it was not there.
    pub(super) before: Option<Vec<u8>>,
    pub(super) after: Option<Vec<u8>>,
}

/// Changes that can be taken back, and those that were.
#[derive(Debug, Default)]
pub(super) struct History {
    done: Vec<Change>,
    undone: Vec<Change>,
}

impl History {
    pub(super) fn add(&mut self, change: Change) {
        self.undone.clear();
        // Typing in one file is one change.
        if let (Some(last), true) = (self.done.last_mut(), change.before.is_some() && change.after.is_some())
            && last.path == change.path
            && last.before.is_some()
            && last.after == change.before
        {
            last.after = change.after;
            return;
        }
        self.done.push(change);
        if self.done.len() > CHANGES_MAX {
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
        let mut history = self.history.lock().await;
        let Some(change) = history.done.pop() else { return Ok(Undone { file: None }) };
        if let Err(error) = bring(&change, &change.after, &change.before) {
            history.done.push(change);
            return Err(error);
        }
        let file = Some(change.shown.clone());
        history.undone.push(change);
        drop(history);
        self.reload().await;
        Ok(Undone { file })
    }

    pub(super) async fn redo(&self, _: Nothing) -> Result<Undone, ApiError> {
        let mut history = self.history.lock().await;
        let Some(change) = history.undone.pop() else { return Ok(Undone { file: None }) };
        if let Err(error) = bring(&change, &change.before, &change.after) {
            history.undone.push(change);
            return Err(error);
        }
        let file = Some(change.shown.clone());
        history.done.push(change);
        drop(history);
        self.reload().await;
        Ok(Undone { file })
    }
}

/// Brings a file from one content to another, unless it holds something else by now.
fn bring(change: &Change, from: &Option<Vec<u8>>, to: &Option<Vec<u8>>) -> Result<(), ApiError> {
    if content(&change.path)? != *from {
        let message = format!("{} was changed by another program since", change.shown);
        return Err(ApiError::new(Code::Conflict, message)
            .with_hint("nothing was taken back; your version control has the older one"));
    }
    match to {
        Some(bytes) => write(&change.path, bytes),
        None => remove(&change.path),
    }
}
