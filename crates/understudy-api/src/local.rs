//! A project's local state, in `.understudy/`: which programs have it open.
//!
//! Who holds a project is said by a lock on a file, which the system takes back whatever becomes of its holder; where the
//! holder can be reached stands in a file beside it, which only its owner may read.

use crate::error::ApiError;
use crate::root::{Folder, create_lock, open_itself};
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use understudy_fixture::{Code, Diagnostic, Severity};
use understudy_store::{Privacy, make_private};

/// The folder of a project's local state. Version control leaves it alone.
pub(crate) const FOLDER: &str = ".understudy";

/// In which way a program has a project open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The app: in its window, or for a browser.
    App,
    /// `understudy serve`.
    Serve,
    /// `understudy record`.
    Record,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Serve => "serve",
            Self::Record => "record",
        }
    }
}

/// A program that has a project open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    /// Its process.
    pub(crate) pid: u32,
    /// Where it takes commands, and with which token.
    pub(crate) commands: Option<Door>,
    /// The ports on which it answers, where it does not take commands.
    #[serde(default)]
    pub(crate) ports: Vec<u16>,
}

/// Where commands are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Door {
    /// On the loopbacks.
    pub(crate) port: u16,
    pub(crate) token: String,
}

/// What came of taking a project.
#[derive(Debug)]
pub(crate) enum Taken {
    /// It is this program's until the hold is dropped.
    Held(Hold),
    /// Another program has it. What it says of itself is not there while it starts.
    By(Option<Holder>),
    /// It cannot be taken by anybody: a folder that cannot be written to, a file system without locks.
    Free,
}

/// That this program has a project open.
#[derive(Debug)]
pub(crate) struct Hold {
    said: PathBuf,
    _lock: File,
}

impl Hold {
    /// Says where this program is.
    pub(crate) fn say(&self, commands: Option<Door>, ports: Vec<u16>) -> Result<(), ApiError> {
        let holder = Holder { pid: std::process::id(), commands, ports };
        let bytes = serde_json::to_vec(&holder).expect("a holder is JSON");
        let (folder, name) = (self.said.parent().unwrap_or(Path::new(".")), self.said.file_name().unwrap_or_default());
        let written = Folder::open_itself(folder).and_then(|folder| folder.replace_private(Path::new(name), &bytes));
        written.map_err(|error| ApiError::of_file(&self.said, "write", &error))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // Where it stays, the lock that is gone says that it means nothing.
        let _ = std::fs::remove_file(&self.said);
    }
}

/// Takes a project for this program.
pub(crate) fn take(root: &Path, role: Role) -> Taken {
    let Ok(folder) = folder(root) else { return Taken::Free };
    let (said, lock) = files(&folder, role);
    let Ok(lock) = create_lock(&lock) else { return Taken::Free };
    match lock.try_lock() {
        Ok(()) => Taken::Held(Hold { said, _lock: lock }),
        Err(TryLockError::WouldBlock) => Taken::By(holder(&said)),
        Err(TryLockError::Error(_)) => Taken::Free,
    }
}

/// The other program that has a project open in this way.
pub(crate) fn other(root: &Path, role: Role) -> Option<Holder> {
    let (said, lock) = files(&root.join(FOLDER), role);
    let lock = Some(lock).filter(|_| !root.join(FOLDER).is_symlink()).and_then(|lock| open_itself(&lock).ok())?;
    matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)).then(|| holder(&said)).flatten()
}

fn files(folder: &Path, role: Role) -> (PathBuf, PathBuf) {
    let name = role.name();
    (folder.join(format!("{name}.json")), folder.join(format!("{name}.lock")))
}

/// The maximum size of the file in which a holder tells where it is, in bytes.
const HOLDER_BYTES_MAX: u64 = 64 << 10;

fn holder(said: &Path) -> Option<Holder> {
    let mut bytes = Vec::new();
    open_itself(said).ok()?.take(HOLDER_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The folder of local state, made where it is not there yet. Only its owner may read it. It is the project's own: no link to
/// elsewhere, and no link is in it.
pub(crate) fn folder(root: &Path) -> io::Result<PathBuf> {
    let folder = root.join(FOLDER);
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    if !folder.is_symlink() {
        builder.create(&folder)?;
    }
    make_private(&folder)?;
    match Folder::open_itself(&folder)?.create_new(Path::new(".gitignore"), 0o600) {
        Ok(mut file) => file.write_all(b"*\n")?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    Ok(folder)
}

/// Takes the rights of others from a folder of local state that is there, and returns the problem to report: others had
/// rights, or the folder cannot be used.
pub(crate) fn make_folder_private(root: &Path) -> Option<Diagnostic> {
    let folder = root.join(FOLDER);
    folder.symlink_metadata().ok()?;
    let problem = |severity, code, message: String, hint: &str| {
        Some(Diagnostic { severity, ..Diagnostic::of_file(code, FOLDER, message).with_hint(hint) })
    };
    match make_private(&folder) {
        Ok(Privacy::Private) => None,
        Ok(Privacy::Tightened) => {
            let message =
                "others on this machine could read the recordings in this folder; now only you can".to_owned();
            problem(Severity::Warning, Code::OpenToOthers, message, "nothing is left to do")
        }
        Ok(Privacy::Open) => {
            let message = "others on this machine can read the recordings in this folder".to_owned();
            let hint = "take their rights away as the owner of the folder: chmod -R go= .understudy";
            problem(Severity::Warning, Code::OpenToOthers, message, hint)
        }
        Err(error) => {
            let message = format!("recordings and results cannot be kept: {error}");
            if error.kind() == io::ErrorKind::PermissionDenied {
                let hint = "the folder belongs to another user: delete it, or run as that user";
                return problem(Severity::Warning, Code::Unreadable, message, hint);
            }
            problem(Severity::Error, Code::Unreadable, message, "delete it; Understudy makes its own")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_held_once_in_each_way_and_given_back() {
        let root = std::env::temp_dir().join(format!("understudy-local-{}", std::process::id()));
        std::fs::create_dir_all(&root).expect("a folder");
        let Taken::Held(hold) = take(&root, Role::App) else { panic!("nobody else has it") };
        let door = Door { port: 7, token: "secret".to_owned() };
        hold.say(Some(door.clone()), Vec::new()).expect("it can be written");
        assert!(matches!(take(&root, Role::App), Taken::By(Some(holder)) if holder.commands == Some(door)));
        assert_eq!(other(&root, Role::App).map(|holder| holder.pid), Some(std::process::id()));
        assert!(other(&root, Role::Serve).is_none() && matches!(take(&root, Role::Serve), Taken::Held(_)));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(root.join(".understudy/app.json")).expect("said").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        #[cfg(unix)]
        {
            // What a repository brings along leads nowhere.
            let (said, secret) = (root.join(".understudy/app.json"), root.join("secret"));
            std::fs::write(&secret, "mine").expect("a file");
            std::fs::remove_file(&said).expect("said");
            std::os::unix::fs::symlink(&secret, &said).expect("a link");
            hold.say(None, Vec::new()).expect("it can be written");
            assert_eq!(std::fs::read_to_string(&secret).expect("there"), "mine");
            assert!(!said.is_symlink());
        }
        assert_eq!(std::fs::read_to_string(root.join(".understudy/.gitignore")).expect("there"), "*\n");
        drop(hold);
        assert!(other(&root, Role::App).is_none() && matches!(take(&root, Role::App), Taken::Held(_)));
        std::fs::remove_dir_all(&root).expect("it is ours");
        assert!(other(&root, Role::App).is_none());
    }
}
