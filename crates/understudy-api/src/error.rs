//! What programs and people are told when something could not be done.

use serde::{Deserialize, Serialize};

/// What went wrong, for programs. A code exists while someone decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// There is no project where one was looked for.
    NoProject,
    /// The project's own file is wrong.
    BadProject,
    /// A name that the project does not have.
    UnknownName,
    /// A variable of the environment is not set.
    MissingVariable,
    /// Variables of the environment would be sent to a host that the user has not allowed.
    NotTrusted,
    /// A port may not be had, or nobody answers there.
    Port,
    /// A port is in use by another program.
    PortTaken,
    /// Nothing was there to do.
    NothingToDo,
    /// Somebody else changed what was to be changed.
    Conflict,
    /// The disk says no.
    Disk,
    /// An argument cannot be understood.
    Usage,
}

/// Something that could not be done: what, and what to do about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ApiError {
    /// What went wrong.
    pub code: Code,
    /// The same for people, as a sentence without its full stop.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Problems in files that caused it, rendered.
    pub details: Vec<String>,
}

impl ApiError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, details: Vec::new() }
    }

    /// A file that could not be read or written.
    #[must_use]
    pub fn of_file(path: &std::path::Path, attempt: &str, error: &std::io::Error) -> Self {
        let message = format!("failed to {attempt} {}: {error}", path.display());
        Self::new(Code::Disk, message).with_hint("check that it is there, who may use it, and whether the disk is full")
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
