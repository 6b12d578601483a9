//! A project's local state, in `.understudy/`: which programs have it open.
//!
//! Who holds a project is said by a lock on a file, which the system takes back whatever becomes of its holder; where the
//! holder can be reached stands in a file beside it, which only its owner may read.

use crate::disk::{content, write_private};
use crate::error::ApiError;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

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
        write_private(&self.said, &serde_json::to_vec(&holder).expect("a holder is JSON"))
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
    // Read and written, as locking wants on every system. A link would lead out of the project.
    let options = || File::options().read(true).write(true).create(true).truncate(false).open(&lock);
    let Some(lock) = (!lock.is_symlink()).then(options).and_then(Result::ok) else { return Taken::Free };
    match lock.try_lock() {
        Ok(()) => Taken::Held(Hold { said, _lock: lock }),
        Err(TryLockError::WouldBlock) => Taken::By(holder(&said)),
        Err(TryLockError::Error(_)) => Taken::Free,
    }
}

/// The other program that has a project open in this way.
pub(crate) fn other(root: &Path, role: Role) -> Option<Holder> {
    let (said, lock) = files(&root.join(FOLDER), role);
    let lock = File::open(lock).ok()?;
    matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)).then(|| holder(&said)).flatten()
}

fn files(folder: &Path, role: Role) -> (PathBuf, PathBuf) {
    let name = role.name();
    (folder.join(format!("{name}.json")), folder.join(format!("{name}.lock")))
}

fn holder(said: &Path) -> Option<Holder> {
    serde_json::from_slice(&content(said).ok()??).ok()
}

/// The folder of local state, made where it is not there yet. It is the project's own, no link to elsewhere.
pub(crate) fn folder(root: &Path) -> std::io::Result<PathBuf> {
    let folder = root.join(FOLDER);
    std::fs::create_dir_all(&folder)?;
    if folder.is_symlink() {
        return Err(std::io::ErrorKind::NotADirectory.into());
    }
    match File::options().create_new(true).write(true).open(folder.join(".gitignore")) {
        Ok(mut file) => file.write_all(b"*\n")?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    Ok(folder)
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
