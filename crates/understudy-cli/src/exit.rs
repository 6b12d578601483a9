//! Exit codes: the one place where they are defined.

use std::process::ExitCode;
use understudy_api::{ApiError, Code};

/// What a program that called us can decide by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: everything is as it should be.
    Fine,
    /// 1: promises were broken. For `explain`, nobody answers.
    Broken,
    /// 2: the project's files are wrong, or there is no project.
    Files,
    /// 3: it could not be done: a backend is unreachable, nothing was sent, a port is taken, a variable is not set.
    CouldNot,
    /// 64: the arguments cannot be understood (`EX_USAGE` of sysexits.h).
    Usage,
}

impl Exit {
    /// The exit code for something that could not be done.
    pub(crate) fn of(error: &ApiError) -> Self {
        match error.code {
            Code::NoProject | Code::BadProject => Self::Files,
            Code::UnknownName | Code::Usage => Self::Usage,
            Code::MissingVariable
            | Code::NotTrusted
            | Code::Conflict
            | Code::Port
            | Code::PortTaken
            | Code::NothingToDo
            | Code::Disk => Self::CouldNot,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Broken => 1,
            Exit::Files => 2,
            Exit::CouldNot => 3,
            Exit::Usage => 64,
        })
    }
}
