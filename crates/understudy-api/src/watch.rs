//! Tells when a project's files change.

use crate::project::Project;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};

/// Editors write a file in several steps: what follows within this time belongs together.
const QUIET: Duration = Duration::from_millis(15);
/// However busy the folder is, it is read again after this time.
const BUSY_MAX: Duration = Duration::from_millis(200);

/// How many changes wait to be heard of: all say the same.
const CHANGES_MAX: usize = 1;

/// Watches the project's file and the services' folders.
pub(crate) struct Watch {
    watcher: RecommendedWatcher,
    watched: BTreeSet<(PathBuf, bool)>,
    changes: Receiver<()>,
    /// Whether something changed that nobody has heard of yet.
    is_told: bool,
}

impl Watch {
    /// Starts watching.
    pub(crate) fn new(project: &Project) -> notify::Result<Self> {
        let (sender, changes) = channel(CHANGES_MAX);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let is_change = event.map_or(true, |event| !matches!(event.kind, EventKind::Access(_)));
            if is_change {
                // Where one waits it says the same; once the receiver is gone, nobody wants to know.
                let _ = sender.try_send(());
            }
        })?;
        let mut watch = Self { watcher, watched: BTreeSet::new(), changes, is_told: false };
        watch.follow(project)?;
        Ok(watch)
    }

    /// Watches what the project now consists of.
    pub(crate) fn follow(&mut self, project: &Project) -> notify::Result<()> {
        // The project's folder may hold anything (node_modules): only its files are watched, not what is below.
        let mut wanted = BTreeSet::from([(project.root.clone(), false)]);
        if project.alone.is_none() {
            wanted.extend(project.services.iter().map(|service| existing(&service.folder)));
        }
        // A description may be in parts that lie anywhere.
        for described in project.services.iter().filter_map(|service| service.described.as_ref()) {
            wanted.extend(described.files().filter_map(Path::parent).map(|folder| (existing(folder).0, false)));
        }
        let recursive: Vec<PathBuf> =
            wanted.iter().filter(|(_, recursive)| *recursive).map(|(path, _)| path.clone()).collect();
        wanted.retain(|(path, is_recursive)| {
            *is_recursive || *path == project.root || !recursive.iter().any(|above| path.starts_with(above))
        });
        for (path, _) in self.watched.difference(&wanted) {
            let _ = self.watcher.unwatch(path);
        }
        for (path, recursive) in wanted.difference(&self.watched) {
            self.watcher
                .watch(path, if *recursive { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive })?;
        }
        self.watched = wanted;
        Ok(())
    }

    /// Waits until something changed and it is quiet again. Where nobody waits to its end, the next one hears of it.
    pub(crate) async fn changed(&mut self) {
        if !self.is_told {
            if self.changes.recv().await.is_none() {
                return std::future::pending().await;
            }
            self.is_told = true;
        }
        let settle = async { while let Ok(Some(())) = tokio::time::timeout(QUIET, self.changes.recv()).await {} };
        let _ = tokio::time::timeout(BUSY_MAX, settle).await;
        self.is_told = false;
    }
}

/// The folder, or, where it is not there yet, the nearest one above it, to see it being made.
fn existing(folder: &Path) -> (PathBuf, bool) {
    if folder.is_dir() {
        return (folder.to_path_buf(), true);
    }
    let above = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(folder);
    (above.to_path_buf(), false)
}
