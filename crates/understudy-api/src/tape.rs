//! Where the exchanges of a project's services go while they are recorded.

use crate::desk::{Desk, RecordProgress, Writers};
use crate::error::ApiError;
use crate::project::Project;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use understudy_serve::{Passed, Recording};

/// Where exchanges are stored while a service is recorded.
pub(crate) struct Tape {
    progress: RecordProgress,
    /// Kept by the recorders: what ends last closes it.
    desk: Weak<Desk>,
    pub(crate) writers: Writers,
    /// Recordings that were damaged, and where they were put.
    pub(crate) damaged: Vec<PathBuf>,
    /// Why services that are to be recorded are not.
    pub(crate) failed: Option<ApiError>,
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tape").field("desk", &self.desk.upgrade()).finish_non_exhaustive()
    }
}

impl Tape {
    pub(crate) fn new(progress: RecordProgress) -> Self {
        Self { progress, desk: Weak::new(), writers: Writers::default(), damaged: Vec::new(), failed: None }
    }

    /// The recordings, where they are open.
    pub(crate) fn open_desk(&self) -> Option<Arc<Desk>> {
        self.desk.upgrade()
    }

    /// The recordings, opened where they are not.
    ///
    /// # Errors
    /// They cannot be added to.
    pub(crate) fn desk(&mut self, project: &Project) -> Result<Arc<Desk>, ApiError> {
        if let Some(desk) = self.desk.upgrade() {
            desk.hide(project);
            return Ok(desk);
        }
        let (desk, damaged) = Desk::open(project, Arc::clone(&self.progress), &self.writers)?;
        self.desk = Arc::downgrade(&desk);
        self.damaged.extend(damaged);
        self.failed = None;
        Ok(desk)
    }

    /// Where a service's exchanges go: nowhere, where they cannot be stored. Requests are passed on all the same.
    pub(crate) fn recording(&mut self, project: &Project) -> Arc<dyn Recording> {
        match self.desk(project) {
            Ok(desk) => desk,
            Err(error) => {
                self.failed = Some(error);
                Arc::new(NotStored)
            }
        }
    }
}

#[derive(Debug)]
struct NotStored;

impl Recording for NotStored {
    fn passed(&self, _: &str, _: Passed) {}

    fn failed(&self, _: &http::Method, _: &str, _: &str) {}

    fn refused(&self, _: &http::Method, _: &str, _: &str) {}
}
