//! The rest of a project beside one service: the other services, and files with errors. Only a
//! response to a miss needs this information.

use crate::describe;
use crate::player::Player;
use crate::snapshot::Snapshot;
use arc_swap::{ArcSwap, Guard};
use std::fmt;
use std::sync::{Arc, Weak};
use understudy_exchange::Request;
use understudy_match::{ByName, Incoming, Index};

/// The rest of a project.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// The services that are served, in the order of the project.
    pub neighbours: Vec<Neighbour>,
    /// The files with errors, in the order of their names.
    pub broken: Vec<BrokenFile>,
}

/// The surroundings that all services of a project see.
#[derive(Debug, Default)]
pub struct SharedSurroundings(ArcSwap<Surroundings>);

impl SharedSurroundings {
    /// Replaces the surroundings.
    pub fn set(&self, surroundings: Surroundings) {
        self.0.store(Arc::new(surroundings));
    }

    pub(crate) fn look(&self) -> Guard<Arc<Surroundings>> {
        self.0.load()
    }
}

/// A service that is served.
#[derive(Debug)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Weak, because a player knows its surroundings.
    pub player: Weak<Player>,
}

impl Neighbour {
    fn knows(&self, request: &Request, own: &Index) -> Option<Elsewhere> {
        let snapshot = self.player.upgrade()?.snapshot();
        let meant = snapshot.meant(request);
        let known = self.knows_as_sent(&snapshot, request, &meant);
        known.or_else(|| {
            let (ByName { fixture, answers }, path) =
                snapshot.index.by_name_at_base(&meant, own, &snapshot.state.look())?;
            Some(self.found(fixture.id.to_string(), answers, Some(path)))
        })
    }

    fn knows_as_sent(&self, snapshot: &Snapshot, request: &Request, meant: &Request) -> Option<Elsewhere> {
        let (known_as, answers) = match snapshot.index.by_name(&Incoming::new(meant), &snapshot.state.look()) {
            Some(ByName { fixture, answers: true }) => (fixture.id.to_string(), true),
            by_path => match (describe::known_operation(snapshot, request), by_path) {
                (Some(operation), _) => (operation, true),
                (None, by_path) => (by_path?.fixture.id.to_string(), false),
            },
        };
        Some(self.found(known_as, answers, None))
    }

    fn found(&self, known_as: String, answers: bool, path: Option<String>) -> Elsewhere {
        Elsewhere { service: self.name.clone(), url: self.url.clone(), known_as, answers, path }
    }
}

/// A file with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenFile {
    /// The service whose folder the file is in; `None` for the project's own files.
    pub service: Option<String>,
    /// The file with the place of its first error: `fixtures/shop/a.yaml:3:5`.
    pub place: String,
    /// The first error.
    pub message: String,
}

/// Another service that knows a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    pub(crate) service: String,
    pub(crate) url: String,
    /// A fixture's id or an operation's name.
    pub(crate) known_as: String,
    /// True if the service matches the request; false if the service only has the path.
    pub(crate) answers: bool,
    /// The path that the request has at the service, if its base is another one.
    pub(crate) path: Option<String>,
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, url, known_as, .. } = self;
        write!(f, "the service `{service}` at {url} ")?;
        match (self.answers, &self.path) {
            (true, None) => f.write_str("answers this request")?,
            (true, Some(path)) => write!(f, "answers this request at {path}")?,
            (false, None) => f.write_str("has this path")?,
            (false, Some(path)) => write!(f, "has this path as {path}")?,
        }
        write!(f, " ({known_as})")
    }
}

impl Surroundings {
    /// Returns the other services that match a request, as it was sent or with their own base. If there are none, returns
    /// those that have its path.
    pub(crate) fn elsewhere(&self, own: &Snapshot, request: &Request) -> Vec<Elsewhere> {
        let others = self.neighbours.iter().filter(|neighbour| *neighbour.name != *own.name);
        let mut all: Vec<Elsewhere> = others.filter_map(|neighbour| neighbour.knows(request, &own.index)).collect();
        if all.iter().any(|elsewhere| elsewhere.path.is_none()) {
            all.retain(|elsewhere| elsewhere.path.is_none());
        }
        if all.iter().any(|elsewhere| elsewhere.answers) {
            all.retain(|elsewhere| elsewhere.answers);
        }
        all
    }

    pub(crate) fn broken_files(&self) -> usize {
        self.broken.len()
    }

    /// Returns the first file with errors, one of the service's own if there is one.
    pub(crate) fn broken(&self, service: &str) -> Option<&BrokenFile> {
        let own = self.broken.iter().find(|file| file.service.as_deref() == Some(service));
        own.or_else(|| self.broken.first())
    }

    pub(crate) fn broken_in_words(&self, service: &str) -> Option<String> {
        let BrokenFile { place, message, .. } = self.broken(service)?;
        Some(match self.broken.len() {
            1 => format!("1 file of the project has errors: {place}: {message}"),
            several => format!("{several} files of the project have errors; the first: {place}: {message}"),
        })
    }

    /// Returns the same without the message, for those who read it with each request.
    pub(crate) fn broken_in_short(&self, service: &str) -> Option<String> {
        let BrokenFile { place, .. } = self.broken(service)?;
        Some(match self.broken.len() {
            1 => format!("errors in {place}"),
            several => format!("errors in {several} files, the first: {place}"),
        })
    }
}
