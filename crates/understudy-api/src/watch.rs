//! Reports changes of a project's files, by the system's events. On mounts that send no events, the
//! files are checked from time to time.

use crate::disk::Stamp;
use crate::listing::folders_of_links;
use crate::project::{Alone, Project};
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};

/// Editors write a file in several steps: what follows within this time belongs together.
const QUIET: Duration = Duration::from_millis(15);
/// However busy the folder is, it is read again after this time.
const BUSY_MAX: Duration = Duration::from_millis(200);

/// How many changes wait to be heard of: all say the same.
const CHANGES_MAX: usize = 1;

/// Watches the folders that a project's files lie in, links resolved.
pub(crate) struct Watch {
    means: Means,
    watched: BTreeSet<PathBuf>,
    /// Whether something changed that nobody has heard of yet.
    is_told: bool,
}

enum Means {
    Events {
        watcher: RecommendedWatcher,
        changes: Receiver<()>,
        /// Set when a file or folder was removed or renamed. The system then forgets a removed
        /// folder, even if another folder takes its place.
        is_stale: Arc<AtomicBool>,
    },
    Polls {
        period: Duration,
        /// The content of the folders when they were last looked at.
        seen: u64,
    },
}

impl Watch {
    /// Starts watching, by looking each `poll` where that is given.
    pub(crate) fn new(project: &Project, poll: Option<Duration>) -> notify::Result<Self> {
        let means = match poll {
            Some(period) => Means::Polls { period, seen: 0 },
            None => events()?,
        };
        let mut watch = Self { means, watched: BTreeSet::new(), is_told: false };
        watch.follow(project)?;
        if let Means::Polls { seen, .. } = &mut watch.means {
            *seen = look(&watch.watched);
        }
        // The caller reads every change up to now.
        watch.is_told = false;
        Ok(watch)
    }

    /// Watches the current files of the project. New folders may have changed before they were
    /// watched, so a new folder is reported as a change.
    pub(crate) fn follow(&mut self, project: &Project) -> notify::Result<()> {
        self.follow_folders(folders(project))
    }

    /// Watches these folders, as far as they are still there.
    fn follow_folders(&mut self, mut wanted: BTreeSet<PathBuf>) -> notify::Result<()> {
        let mut gone = Vec::new();
        if let Means::Events { watcher, is_stale, .. } = &mut self.means {
            if is_stale.swap(false, Ordering::Relaxed) {
                self.watched.iter().for_each(|folder| drop(watcher.unwatch(folder)));
                self.watched.clear();
            }
            for folder in self.watched.difference(&wanted) {
                let _ = watcher.unwatch(folder);
            }
            for folder in wanted.difference(&self.watched) {
                match watcher.watch(folder, RecursiveMode::NonRecursive) {
                    Err(error) if is_missing(&error) => gone.push(folder.clone()),
                    watched => watched?,
                }
            }
        }
        // The project is read once more without them.
        self.is_told |= !gone.is_empty();
        wanted.retain(|folder| !gone.contains(folder));
        self.is_told |= !wanted.is_subset(&self.watched);
        self.watched = wanted;
        Ok(())
    }

    /// Waits until something changed and it is quiet again. Where nobody waits to its end, the next one hears of it.
    pub(crate) async fn changed(&mut self) {
        match &mut self.means {
            Means::Events { changes, .. } => {
                if !self.is_told {
                    if changes.recv().await.is_none() {
                        return std::future::pending().await;
                    }
                    self.is_told = true;
                }
                let settle = async { while let Ok(Some(())) = tokio::time::timeout(QUIET, changes.recv()).await {} };
                let _ = tokio::time::timeout(BUSY_MAX, settle).await;
            }
            Means::Polls { period, seen } => {
                while !self.is_told {
                    tokio::time::sleep(*period).await;
                    let folders = self.watched.clone();
                    let Ok(now) = tokio::task::spawn_blocking(move || look(&folders)).await else { continue };
                    self.is_told = std::mem::replace(seen, now) != now;
                }
            }
        }
        self.is_told = false;
    }
}

/// Returns true if a folder could not be watched because it went in the meantime.
fn is_missing(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => error.kind() == io::ErrorKind::NotFound,
        _ => false,
    }
}

fn events() -> notify::Result<Means> {
    let (sender, changes) = channel(CHANGES_MAX);
    let is_stale = Arc::new(AtomicBool::new(false));
    let stale = Arc::clone(&is_stale);
    let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let kind = event.map_or(EventKind::Any, |event| event.kind);
        let is_gone = matches!(kind, EventKind::Remove(_) | EventKind::Modify(notify::event::ModifyKind::Name(_)));
        if is_gone {
            stale.store(true, Ordering::Relaxed);
        }
        if !matches!(kind, EventKind::Access(_)) {
            // If a change is waiting already, this one adds nothing. If the receiver is gone,
            // nobody needs the change.
            let _ = sender.try_send(());
        }
    })?;
    Ok(Means::Events { watcher, changes, is_stale })
}

/// The folders in which a change may change the project.
fn folders(project: &Project) -> BTreeSet<PathBuf> {
    // The project's folder may hold anything (node_modules): only its files are watched, not what is below.
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    folders.extend(project.file.iter().flat_map(|file| folders_of_links(file)));
    let is_description = matches!(project.alone, Some(Alone::Description { .. }));
    for service in &project.services {
        folders.extend(service.folders.iter().cloned());
        if !is_description {
            folders.extend(project.root.resolve(existing(&service.folder)));
            folders.extend(folders_of_links(&service.folder));
        }
    }
    // A description may be in parts that lie anywhere.
    let described = project.services.iter().filter_map(|service| service.described.as_ref());
    folders.extend(described.flat_map(|described| described.files().flat_map(folders_of_links).collect::<Vec<_>>()));
    // Links may lead anywhere, and nothing outside is read.
    folders.retain(|folder| project.root.resolve(folder).is_ok());
    // The way to the project's folder is the person's.
    folders.extend(folders_of_links(&existing(&project.root).join("understudy.yaml")));
    folders.retain(|folder| folder.is_dir());
    folders
}

/// The folder, or, where it is not there yet, the nearest one above it, to see it being made.
fn existing(folder: &Path) -> &Path {
    folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(folder)
}

/// Returns one number for the content of these folders. The number depends on the names, and on the
/// properties that distinguish one version of a file from another.
fn look(folders: &BTreeSet<PathBuf>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for folder in folders {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
        entries.sort();
        for entry in entries {
            // A folder changes its time with each file that is added or removed. Such a folder is
            // watched itself, or is of no interest.
            let stamp = fs::metadata(&entry).ok().filter(|metadata| !metadata.is_dir());
            (&entry, stamp.as_ref().map(Stamp::of)).hash(&mut hasher);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_went_in_the_meantime_is_passed_over() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let gone = folder.join("gone");
        let mut watch = Watch { means: events().unwrap(), watched: BTreeSet::new(), is_told: false };
        watch.follow_folders(BTreeSet::from([folder.clone(), gone])).unwrap();
        assert_eq!(watch.watched, BTreeSet::from([folder.clone()]));
        assert!(watch.is_told, "the project is read again");
    }
}
