//! The lines of fixture files in which the expectations stand that a response does not meet.

use crate::project::{LoadedService, file_below};
use crate::root::Root;
use std::path::PathBuf;
use std::sync::Arc;
use understudy_contract::Result as FixtureResult;
use understudy_fixture::model::{Fixture, Service};
use understudy_fixture::{Expectation, Lines, Source};
use understudy_match::{Kind, Mismatch};

/// The files of a service's fixtures.
#[derive(Clone)]
pub(crate) struct FixtureFiles {
    root: Root,
    folder: PathBuf,
    service: Arc<Service>,
}

impl FixtureFiles {
    pub(crate) fn of(loaded: &LoadedService) -> Self {
        Self { root: loaded.root.clone(), folder: loaded.folder.clone(), service: Arc::clone(&loaded.service) }
    }

    /// Finds the lines for the differences of a result, in the file as it is now.
    pub(crate) fn find_lines(&self, result: &mut FixtureResult) {
        let fixture = &result.fixture;
        let known = result.known.iter().map(|known| &known.mismatch);
        let mut differing = result.mismatches.iter().chain(known).peekable();
        if differing.peek().is_none() {
            return;
        }
        let path = self.folder.join(file_below(&self.service.dir, fixture));
        let Ok(Some(bytes)) = self.root.content(&path) else { return };
        let Some(lines) = Source::new(&fixture.file, bytes).ok().and_then(|source| Lines::read(&source)) else {
            return;
        };
        let line =
            |mismatch: &Mismatch| lines.line(fixture.verified_response().unwrap_or(0), expectation(fixture, mismatch));
        result.lines = differing.map(|mismatch| ((mismatch.path.clone(), mismatch.kind), line(mismatch))).collect();
    }
}

fn expectation<'m>(fixture: &'m Fixture, mismatch: &'m Mismatch) -> Expectation<'m> {
    let path = mismatch.path.as_str();
    match mismatch.kind {
        Kind::Status => Expectation::Status,
        Kind::Header => Expectation::Header(path),
        Kind::NoAnswer => Expectation::Response,
        Kind::Capture => {
            let captured =
                fixture.verify.capture.iter().find(|one| mismatch.expected.contains(&format!("`{}`", one.name)));
            captured.map_or(Expectation::Response, |capture| Expectation::Capture(&capture.name))
        }
        _ if path.starts_with('$') => Expectation::Body(path),
        Kind::Described => Expectation::Response,
        // A place in XML.
        _ => Expectation::Body("$"),
    }
}
