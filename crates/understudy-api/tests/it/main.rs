//! The app as programs have it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod coded;
mod folder;
mod inbox;
mod killed;
mod miss;
mod recorded;
#[cfg(unix)]
mod strangers;
mod two_programs;
mod ui_host;
