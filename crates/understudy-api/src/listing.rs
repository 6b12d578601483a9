//! The fixture files of a service's folder. Links are followed, to files and to folders.

use crate::outside;
use crate::root::{Refused, Root};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use understudy_fixture::{Code, Diagnostic, Severity, is_leaf_of_services, is_reserved_folder};

/// The maximum depth of nested folders in a service.
const FOLDER_DEPTH_MAX: usize = 32;
/// The maximum number of fixture files in a service.
const FILES_MAX: usize = 1_000_000;
/// The maximum number of folders in a service. Links that lead to each other turn a few folders
/// into many.
const FOLDERS_MAX: usize = 100_000;
/// The maximum number of links that are followed in a row, as on Linux.
const LINKS_MAX: usize = 40;

/// The content of a folder of fixtures.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The fixture files, by their paths below the folder, sorted.
    pub(crate) files: Vec<String>,
    /// The folders in which a change may change what is read, links resolved.
    pub(crate) folders: BTreeSet<PathBuf>,
    /// Files that are nearly called like fixtures, and are not read.
    pub(crate) nearly: Vec<String>,
    /// Folders and links that cannot be read or followed.
    problems: Vec<(String, Problem)>,
}

/// The reason why something in a folder is not read.
#[derive(Debug)]
enum Problem {
    Unreadable(io::Error),
    /// A link that leads to this, which is not there.
    Dangling(PathBuf),
    /// A link to this folder, which is outside the project.
    Outside(PathBuf),
    /// A link to a folder that holds it.
    Loop,
    TooDeep,
}

impl Listing {
    /// Returns the problems of a service's folder. `shown` makes the path that a person knows.
    pub(crate) fn problems(&self, shown: impl Fn(&str) -> String) -> Vec<Diagnostic> {
        let diagnostic = |(path, problem): &(String, Problem)| {
            let path = shown(path);
            let warning = |message: String, hint: &str| Diagnostic {
                severity: Severity::Warning,
                ..Diagnostic::of_file(Code::NotRead, &path, message).with_hint(hint)
            };
            match problem {
                Problem::Unreadable(error) => {
                    let message = format!("the folder cannot be read: {error}");
                    Diagnostic::of_file(Code::Unreadable, &path, message).with_hint("check who may read it")
                }
                Problem::Dangling(target) => {
                    let message = format!("the link leads to {}, which is not there", target.display());
                    warning(message, "make what it leads to, or delete the link")
                }
                Problem::Outside(place) => outside::file(&path, &Refused::Outside(place.clone())),
                Problem::Loop => warning(
                    "the link leads to a folder that it lies in, and is not followed".to_owned(),
                    "its files are read where they lie; delete the link",
                ),
                Problem::TooDeep => warning(
                    format!("the folder is more than {FOLDER_DEPTH_MAX} levels deep, and is not read"),
                    "move its fixtures up",
                ),
            }
        };
        self.problems.iter().map(diagnostic).collect()
    }
}

/// Returns the fixture files of a folder. A folder below it that cannot be read costs only what is in it. Folders for
/// which `skips` holds are passed over.
pub(crate) fn fixture_files(
    root: &Root,
    folder: &Path,
    except: &[PathBuf],
    skips: &dyn Fn(&Path) -> bool,
) -> io::Result<Listing> {
    let mut walk = Walk { listing: Listing::default(), root, skips, above: Vec::new() };
    walk.listing.folders.extend(folders_of_links(folder));
    walk.folder(folder, folder.canonicalize()?, "")?;
    let mut listing = walk.listing;
    listing.files.retain(|file| !except.contains(&folder.join(file)));
    listing.files.sort();
    listing.nearly.sort();
    Ok(listing)
}

struct Walk<'s> {
    listing: Listing,
    root: &'s Root,
    skips: &'s dyn Fn(&Path) -> bool,
    /// The folders on the way to the one that is read, links resolved.
    above: Vec<PathBuf>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, real: PathBuf, prefix: &str) -> io::Result<()> {
        let entries = fs::read_dir(folder)?;
        self.listing.folders.insert(real.clone());
        self.above.push(real);
        let done = entries.into_iter().try_for_each(|entry| self.entry(&entry?, prefix));
        self.above.pop();
        done
    }

    fn entry(&mut self, entry: &fs::DirEntry, prefix: &str) -> io::Result<()> {
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { return Ok(()) };
        if name.starts_with(['.', '_']) {
            return Ok(());
        }
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        let is_dir = if kind.is_symlink() {
            self.listing.folders.extend(folders_of_links(&entry.path()));
            match fs::metadata(entry.path()) {
                Ok(metadata) => metadata.is_dir(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let target = fs::read_link(entry.path()).unwrap_or_default();
                    self.listing.problems.push((path, Problem::Dangling(target)));
                    return Ok(());
                }
                Err(error) => {
                    self.listing.problems.push((path, Problem::Unreadable(error)));
                    return Ok(());
                }
            }
        } else {
            kind.is_dir()
        };
        if is_dir {
            self.below(entry, path, &name, kind.is_symlink());
        } else if is_for_others(prefix) {
            // Body files and scripts are read by those that name them.
        } else if is_leaf_of_services(&path) {
            if self.listing.files.len() < FILES_MAX {
                self.listing.files.push(path);
            }
        } else if is_nearly_fixture(&name) {
            self.listing.nearly.push(path);
        }
        Ok(())
    }

    fn below(&mut self, entry: &fs::DirEntry, path: String, name: &str, is_link: bool) {
        if (self.skips)(&entry.path()) || self.listing.folders.len() >= FOLDERS_MAX {
            return;
        }
        if self.above.len() > FOLDER_DEPTH_MAX {
            self.listing.problems.push((path, Problem::TooDeep));
            return;
        }
        let real = match self.above.last() {
            Some(above) if !is_link => above.join(name),
            _ => match self.root.resolve(&entry.path()) {
                Ok(real) => real,
                Err(refused) => {
                    let problem = match refused {
                        Refused::Outside(place) => Problem::Outside(place),
                        Refused::System(error) => Problem::Unreadable(error),
                        other => Problem::Unreadable(io::Error::other(other.to_string())),
                    };
                    self.listing.problems.push((path, problem));
                    return;
                }
            },
        };
        if self.above.contains(&real) {
            self.listing.problems.push((path, Problem::Loop));
            return;
        }
        match self.folder(&entry.path(), real, &format!("{path}/")) {
            // The folder has just been removed, with its content.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.listing.problems.push((path, Problem::Unreadable(error))),
            Ok(()) => {}
        }
    }
}

/// Returns true for paths in a folder that holds no fixtures.
fn is_for_others(prefix: &str) -> bool {
    prefix.split_once('/').is_some_and(|(first, _)| is_reserved_folder(first))
}

/// Returns true for names that other programs, or a slip, give to what may be a fixture. Backups of editors are what their
/// names say.
fn is_nearly_fixture(name: &str) -> bool {
    const ENDINGS: [&str; 11] = [
        ".json5",
        ".jsonc",
        ".hjson",
        ".yaml.txt",
        ".yml.txt",
        ".json.txt",
        ".yaml~",
        ".yml~",
        ".json~",
        ".yaml.bak",
        ".json.bak",
    ];
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Returns the folders that hold the links on the way to a path: a change in one of them may lead the path elsewhere. A mounted
/// Kubernetes ConfigMap is a chain of such links.
pub(crate) fn folders_of_links(path: &Path) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    let Ok(mut real) = std::path::absolute(path) else { return folders };
    for _ in 0..LINKS_MAX {
        let Some((folder, target, rest)) = first_link(&real) else { break };
        real = folder.join(target).join(rest);
        folders.extend(folder.canonicalize());
    }
    // The file at the end of the links may be replaced too.
    folders.extend(real.parent().and_then(|folder| folder.canonicalize().ok()));
    folders
}

/// The folder of the first link in a path, where the link leads, and what follows it.
fn first_link(path: &Path) -> Option<(PathBuf, PathBuf, PathBuf)> {
    let mut above = PathBuf::new();
    let mut components = path.components();
    while let Some(component) = components.next() {
        if component == Component::ParentDir {
            // Everything before it has no links left.
            above.pop();
            continue;
        }
        let here = above.join(component);
        if let Ok(target) = fs::read_link(&here) {
            return Some((above, target, components.as_path().to_path_buf()));
        }
        above = here;
    }
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("understudy-listing-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        folder.canonicalize().expect("a folder")
    }

    #[test]
    fn a_chain_of_links_is_watched_link_by_link() {
        let root = folder("chain");
        for made in ["mount/..one", "service", "elsewhere"] {
            fs::create_dir_all(root.join(made)).expect("a folder");
        }
        fs::write(root.join("mount/..one/get.yaml"), "").expect("a file");
        symlink("..one", root.join("mount/..data")).expect("a link");
        symlink("..data/get.yaml", root.join("mount/get.yaml")).expect("a link");
        symlink("../mount", root.join("elsewhere/mount")).expect("a link");
        symlink("../elsewhere/mount/get.yaml", root.join("service/get.yaml")).expect("a link");
        let found = folders_of_links(&root.join("service/get.yaml"));
        let wanted = ["elsewhere", "mount", "mount/..one", "service"].map(|name| root.join(name));
        assert_eq!(found, BTreeSet::from(wanted));
        fs::remove_dir_all(root).expect("it was made here");
    }

    #[test]
    fn folders_behind_links_are_read_once_each_and_loops_are_told() {
        let root = folder("loops");
        fs::create_dir_all(root.join("service/a")).expect("a folder");
        fs::create_dir_all(root.join("common")).expect("a folder");
        fs::write(root.join("common/get.yaml"), "").expect("a file");
        fs::write(root.join("service/A.YAML"), "").expect("a file");
        fs::write(root.join("service/b.json5"), "").expect("a file");
        symlink("../common", root.join("service/shared")).expect("a link");
        symlink("..", root.join("service/a/up")).expect("a link");
        symlink("nowhere", root.join("service/lost.yaml")).expect("a link");
        let listing = fixture_files(&Root::from(&root), &root.join("service"), &[], &|_| false).expect("a folder");
        assert_eq!(listing.files, ["A.YAML", "shared/get.yaml"]);
        assert_eq!(listing.nearly, ["b.json5"]);
        let mut told: Vec<String> = listing.problems(str::to_owned).iter().map(ToString::to_string).collect();
        told.sort();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("leads to a folder that it lies in") && told[0].contains("a/up"), "{told:?}");
        assert!(told[1].contains("leads to nowhere") && told[1].contains("lost.yaml"), "{told:?}");
        fs::remove_dir_all(root).expect("it was made here");
    }
}
