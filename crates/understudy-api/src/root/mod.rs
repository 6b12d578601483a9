//! The only way to the files of a project. A project's files may name any path, and a clone may bring links and devices
//! along: what lies outside the project's folder is refused, unless the person who started the program allowed it.
//!
//! Files are opened first and checked then, by the opened file itself: a link that is swapped in the meantime leads nowhere.

mod folder;
mod leftover;
mod opened;

pub(crate) use folder::Folder;
pub(crate) use leftover::{remove_leftovers, unfinished_name};
pub(crate) use opened::{Named, create_lock, open_itself};

use crate::disk::Stamp;
use crate::error::{ApiError, Code};
use opened::{open_without_waiting, place_of};
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::ops::Deref;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The maximum size of a file that is edited or merged, in bytes.
const EDITED_BYTES_MAX: u64 = 256 << 20;
/// The number of times that a file is opened which is replaced while it is opened.
const TRIES_MAX: usize = 5;

/// A project's folder, with the places outside of it that its files may use.
#[derive(Debug, Clone)]
pub struct Root(Arc<Places>);

#[derive(Debug)]
struct Places {
    folder: PathBuf,
    allowed: Vec<PathBuf>,
    /// The folder with all links resolved.
    real_folder: Option<PathBuf>,
    /// The allowed places with all links resolved.
    real_allowed: Vec<PathBuf>,
}

/// The reason why a file is not used.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The file is at this place, which is outside the project.
    Outside(PathBuf),
    /// There is no regular file but this: "a device".
    NoFile(&'static str),
    /// The size of the file in bytes, which is above the limit.
    TooLarge(u64),
    System(io::Error),
}

/// The content of a file, and what distinguishes this version from others.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) stamp: Stamp,
    pub(crate) bytes: Vec<u8>,
}

/// A regular file that the project may use.
#[derive(Debug)]
pub(crate) struct Opened {
    file: File,
    pub(crate) metadata: Metadata,
    /// The place of the file with all links resolved.
    pub(crate) place: PathBuf,
}

impl Root {
    /// Returns the root of the project in `folder`. Its files may also use the `allowed` places, each a file or a folder.
    pub fn new(folder: impl Into<PathBuf>, allowed: &[PathBuf]) -> Self {
        let folder = folder.into();
        let real = |path: &PathBuf| path.canonicalize().ok();
        let (real_folder, real_allowed) = (real(&folder), allowed.iter().filter_map(real).collect());
        Self(Arc::new(Places { folder, allowed: allowed.to_vec(), real_folder, real_allowed }))
    }

    /// Returns the same root after links on the way to its places may have changed.
    pub(crate) fn again(&self) -> Self {
        Self::new(&self.0.folder, &self.0.allowed)
    }

    /// Returns the same root with a path that does not depend on the current folder.
    pub(crate) fn absolute(&self) -> Self {
        std::path::absolute(&self.0.folder).map_or_else(|_| self.clone(), |folder| Self::new(folder, &self.0.allowed))
    }

    /// Returns the root for a file that a person named: the file itself and its own folder may be used.
    pub(crate) fn of_named(file: &Path, allowed: &[PathBuf]) -> Self {
        let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        Self::new(folder, &[allowed, &[file.to_path_buf()]].concat())
    }

    /// Returns the root for a file that a person named while they work on this project. A file of the project may refer to
    /// all of the project.
    pub(crate) fn and_named(&self, file: &Path) -> Self {
        let mut allowed = self.0.allowed.clone();
        if file.canonicalize().is_ok_and(|file| self.holds(&file)) {
            allowed.push(self.0.folder.clone());
        }
        Self::of_named(file, &allowed)
    }

    /// The places outside the project that a person allowed.
    pub(crate) fn allowed(&self) -> &[PathBuf] {
        &self.0.allowed
    }

    /// Returns true if a place, with all links resolved, may be used.
    fn holds(&self, real: &Path) -> bool {
        self.0.real_folder.iter().chain(&self.0.real_allowed).any(|folder| real.starts_with(folder))
    }

    /// Returns true if a place, with all links resolved, is one that a person allowed.
    pub(crate) fn is_allowed(&self, real: &Path) -> bool {
        self.0.real_allowed.iter().any(|folder| real.starts_with(folder))
    }

    /// Returns the place of a file or folder with all links resolved. The check is for messages and for folders. Files are
    /// checked again when they are opened.
    ///
    /// # Errors
    /// The place is outside, or nothing is there.
    pub(crate) fn resolve(&self, path: &Path) -> Result<PathBuf, Refused> {
        let real = path.canonicalize().map_err(Refused::System)?;
        if self.holds(&real) { Ok(real) } else { Err(Refused::Outside(real)) }
    }

    /// Opens a regular file, without waiting for whoever may be at its other end.
    ///
    /// # Errors
    /// [`Refused`]
    pub(crate) fn open(&self, path: &Path) -> Result<Opened, Refused> {
        for _ in 0..TRIES_MAX {
            // Opening a device may have an effect already.
            is_regular(&fs::metadata(path).map_err(Refused::System)?)?;
            let file = open_without_waiting(path).map_err(Refused::System)?;
            let metadata = file.metadata().map_err(Refused::System)?;
            is_regular(&metadata)?;
            match place_of(&file, &metadata, path).map_err(Refused::System)? {
                Some(place) if self.holds(&place) => return Ok(Opened { file, metadata, place }),
                Some(place) => return Err(Refused::Outside(place)),
                None => {}
            }
        }
        Err(Refused::System(io::Error::other("it is replaced again and again")))
    }

    /// Reads a regular file of at most `max` bytes.
    ///
    /// # Errors
    /// [`Refused`]
    pub(crate) fn read(&self, path: &Path, max: u64) -> Result<Content, Refused> {
        self.open(path)?.read(max)
    }

    /// Returns the content of a file that is edited; `None` if it is not there.
    ///
    /// # Errors
    /// The file is outside, cannot be read, or is too large.
    pub(crate) fn content(&self, path: &Path) -> Result<Option<Vec<u8>>, ApiError> {
        match self.read(path, EDITED_BYTES_MAX) {
            Ok(content) => Ok(Some(content.bytes)),
            Err(Refused::System(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(refused) => Err(refused.of_file(path, "read")),
        }
    }

    /// Writes a file so that it holds the old content or the new one at any moment. The file keeps its permissions. A link
    /// stays a link: the file that it leads to is written.
    ///
    /// # Errors
    /// The file is outside, or the disk rejects it.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), ApiError> {
        let failed = |refused: Refused| refused.of_file(path, "write");
        let path = &if path.is_symlink() { self.resolve(path).map_err(failed)? } else { path.to_path_buf() };
        self.folder_to_write(path).and_then(|folder| folder.replace(name_of(path)?, bytes)).map_err(failed)
    }

    /// Moves a file to where none is, with the folders on the way.
    ///
    /// # Errors
    /// One of the places is outside, or the disk rejects it.
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> Result<(), ApiError> {
        let moved = (|| {
            let (old, new) = (self.folder_to_write(from)?, self.folder_to_write(to)?);
            old.rename(name_of(from)?, &new, name_of(to)?).map_err(Refused::System)
        })();
        moved.map_err(|refused| refused.of_file(to, "move a file to"))
    }

    /// Deletes a file, or a link, if it is there.
    ///
    /// # Errors
    /// The file is outside, or the disk rejects it.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), ApiError> {
        let removed =
            self.folder_to_write(path).and_then(|folder| folder.remove(name_of(path)?).map_err(Refused::System));
        match removed {
            Err(Refused::System(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|refused| refused.of_file(path, "delete")),
        }
    }

    /// Checks that every folder on the way from one that is there to one that is not may be used. A way such as `new/../..`
    /// leads out only once `new` is made.
    fn check_steps(&self, there: &Path, folder: &Path) -> Result<(), Refused> {
        let mut place = self.resolve(there)?;
        for step in folder.strip_prefix(there).into_iter().flat_map(Path::components) {
            match step {
                Component::ParentDir => drop(place.pop()),
                step => place.push(step),
            }
            if !self.holds(&place) {
                return Err(Refused::Outside(place));
            }
        }
        Ok(())
    }

    /// Opens the folder of a file that is written, and makes it where it is not there.
    fn folder_to_write(&self, file: &Path) -> Result<Folder, Refused> {
        let (folder, name) = (file.parent().unwrap_or(Path::new(".")), name_of(file)?);
        if !folder.exists() {
            // Folders are made only below one that may be used.
            let there = folder.ancestors().find(|above| above.symlink_metadata().is_ok());
            there.map_or(Ok(()), |there| self.check_steps(there, folder))?;
            fs::create_dir_all(folder).map_err(Refused::System)?;
        }
        let (folder, place) = Folder::open(folder).map_err(Refused::System)?;
        let place = place.join(name);
        if self.holds(&place) { Ok(folder) } else { Err(Refused::Outside(place)) }
    }
}

impl Deref for Root {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0.folder
    }
}

impl AsRef<Path> for Root {
    fn as_ref(&self) -> &Path {
        self
    }
}

impl From<&Self> for Root {
    fn from(root: &Self) -> Self {
        root.clone()
    }
}

impl From<PathBuf> for Root {
    fn from(folder: PathBuf) -> Self {
        Self::new(folder, &[])
    }
}

impl From<&PathBuf> for Root {
    fn from(folder: &PathBuf) -> Self {
        Self::new(folder, &[])
    }
}

impl From<&Path> for Root {
    fn from(folder: &Path) -> Self {
        Self::new(folder, &[])
    }
}

impl Opened {
    /// Reads the file, if it has at most `max` bytes.
    ///
    /// # Errors
    /// [`Refused`]
    pub(crate) fn read(self, max: u64) -> Result<Content, Refused> {
        let Self { file, metadata, .. } = self;
        let stamp = Stamp::of(&metadata);
        Ok(Content { stamp, bytes: read_at_most(file, metadata.len(), max)? })
    }
}

/// Reads at most one byte more than the limit, whatever the file says of its size.
fn read_at_most(file: File, bytes: u64, max: u64) -> Result<Vec<u8>, Refused> {
    if bytes > max {
        return Err(Refused::TooLarge(bytes));
    }
    let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0) + 1);
    file.take(max + 1).read_to_end(&mut content).map_err(Refused::System)?;
    if content.len() as u64 > max { Err(Refused::TooLarge(content.len() as u64)) } else { Ok(content) }
}

fn name_of(path: &Path) -> Result<&Path, Refused> {
    path.file_name().map(Path::new).ok_or(Refused::NoFile("a folder"))
}

/// Checks that a file is a regular file.
fn is_regular(metadata: &Metadata) -> Result<(), Refused> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(());
    }
    if kind.is_dir() {
        return Err(Refused::NoFile("a folder"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Err(Refused::NoFile("a named pipe"));
        }
        if kind.is_socket() {
            return Err(Refused::NoFile("a socket"));
        }
    }
    Err(Refused::NoFile("a device"))
}

impl Refused {
    /// Returns the advice that helps, with the option to type.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Outside(place) => Some(allow(place)),
            Self::NoFile(_) => Some("put a regular file in its place, or delete it".to_owned()),
            Self::TooLarge(_) => None,
            Self::System(_) => Some("check who may read it".to_owned()),
        }
    }

    /// Returns the error for a file that somebody wanted to use.
    pub(crate) fn of_file(self, path: &Path, attempt: &str) -> ApiError {
        match self {
            Self::System(error) => ApiError::of_file(path, attempt, &error),
            refused => {
                let code = if matches!(refused, Self::Outside(_)) { Code::Usage } else { Code::Disk };
                let error = ApiError::new(code, format!("failed to {attempt} {}: {refused}", path.display()));
                refused.hint().into_iter().fold(error, ApiError::with_hint)
            }
        }
    }

    /// Returns true if nothing is at the place.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::System(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Outside(place) => write!(f, "it is outside the project: {}", place.display()),
            Self::NoFile(what) => write!(f, "it is {what}, not a regular file"),
            Self::TooLarge(bytes) => write!(f, "it has {bytes} bytes, which is more than is read"),
            Self::System(error) => error.fmt(f),
        }
    }
}

/// Returns the advice to allow a place outside the project, with the option to type.
pub(crate) fn allow(place: &Path) -> String {
    let place = place.to_string_lossy();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@%:,=".contains(c);
    let place = if place.chars().all(is_plain) {
        place.into_owned()
    } else if place.contains("${") {
        // The shell fills in what is written in the project's file.
        format!("\"{place}\"")
    } else {
        format!("'{}'", place.replace('\'', "'\\''"))
    };
    format!("copy what is there into the project, or add the option --allow-outside {place}")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("understudy-root-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            for made in ["project/inside", "outside"] {
                fs::create_dir_all(folder.join(made)).expect("a folder");
            }
            let folder = folder.canonicalize().expect("a folder");
            fs::write(folder.join("outside/x"), "secret").expect("a file");
            fs::write(folder.join("project/inside/x"), "fine").expect("a file");
            Self(folder)
        }

        fn root(&self) -> Root {
            Root::from(self.0.join("project"))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Calls `look` many times while a link leads to the inside and to the outside in turn.
    fn while_a_link_is_swapped(folder: &Folder, mut look: impl FnMut(&Path)) {
        let (link, next) = (folder.0.join("project/link"), folder.0.join("project/next"));
        symlink("inside", &link).expect("a link");
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for target in ["../outside", "inside"].into_iter().cycle() {
                    if is_done.load(Ordering::Relaxed) {
                        return;
                    }
                    symlink(target, &next).and_then(|()| fs::rename(&next, &link)).expect("a link");
                }
            });
            (0..3_000).for_each(|_| look(&link.join("x")));
            is_done.store(true, Ordering::Relaxed);
        });
    }

    #[test]
    fn a_link_that_is_swapped_while_it_is_followed_never_leads_out() {
        let folder = Folder::new("read");
        let root = folder.root();
        let (mut read, mut refused) = (0, 0);
        while_a_link_is_swapped(&folder, |path| match root.read(path, 100) {
            Ok(content) => {
                assert_eq!(content.bytes, b"fine");
                read += 1;
            }
            Err(Refused::Outside(place)) => {
                assert!(place.ends_with("outside/x"), "{}", place.display());
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        });
        assert_eq!(read + refused, 3_000);
    }

    #[test]
    fn a_link_that_is_swapped_while_a_file_is_written_never_leads_out() {
        let folder = Folder::new("write");
        let root = folder.root();
        while_a_link_is_swapped(&folder, |path| drop(root.write(path, b"written")));
        assert_eq!(fs::read(folder.0.join("outside/x")).expect("a file"), b"secret");
        assert_eq!(fs::read_dir(folder.0.join("outside")).expect("a folder").count(), 1);
    }

    #[test]
    fn only_the_place_that_a_person_allowed_is_used_outside() {
        let folder = Folder::new("allowed");
        symlink("../outside/x", folder.0.join("project/link")).expect("a link");
        symlink("../outside/gone", folder.0.join("project/gone")).expect("a link");
        let (link, gone) = (folder.0.join("project/link"), folder.0.join("project/gone"));
        let refused = folder.root().content(&link).expect_err("it is outside");
        let option = format!("--allow-outside {}", folder.0.join("outside/x").display());
        assert!(refused.hint.is_some_and(|hint| hint.ends_with(&option)), "{}", refused.message);
        let allowing = Root::new(folder.0.join("project"), &[folder.0.join("outside/x")]);
        assert_eq!(allowing.content(&link).expect("it is allowed").as_deref(), Some(b"secret".as_slice()));
        allowing.write(&link, b"secret").expect("it is allowed");
        // A link to nothing would make the file that it names.
        let both = Root::new(folder.0.join("project"), &[folder.0.join("outside")]);
        both.write(&gone, b"made").expect_err("nothing is there");
        both.write(&link, b"changed").expect("it is allowed");
        assert!(link.is_symlink() && !folder.0.join("outside/gone").exists());
    }

    #[test]
    fn no_folder_is_made_outside_on_the_way_to_a_file() {
        let folder = Folder::new("steps");
        let root = folder.root();
        for way in ["new/../../outside/made", "new/../../project-2", "../made"] {
            root.write(&root.join(way).join("x"), b"").expect_err(way);
        }
        let names = |folder: PathBuf| -> Vec<_> {
            fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect()
        };
        assert_eq!(names(folder.0.join("outside")), ["x"]);
        assert_eq!(names(folder.0.clone()).len(), 2);
        root.write(&root.join("new/../inside/deep/x"), b"").expect("it is inside");
        assert!(folder.0.join("project/inside/deep/x").is_file());
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_rights_and_is_never_open_to_others_before() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new("rights");
        let file = folder.0.join("project/inside/x");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("rights");
        folder.root().write(&file, b"more").expect("it can be written");
        assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o640);
        assert!(matches!(folder.root().read(&file, 3), Err(Refused::TooLarge(4))));
        fs::remove_file(&file).expect("a file");
        folder.root().write(&file, b"new").expect("it can be written");
        assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o600, 0o600);
    }

    #[test]
    fn another_file_at_the_same_path_is_another_file() {
        let folder = Folder::new("place");
        let path = folder.0.join("project/inside/x");
        let opened = File::open(&path).expect("a file");
        let metadata = opened.metadata().expect("a file");
        let place = |path: &Path| opened::place_by_path(&metadata, path).expect("a place");
        assert_eq!(place(&path), Some(path.clone()));
        assert_eq!(place(&folder.0.join("outside/x")), None);
    }
}
