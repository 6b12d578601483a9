//! Recording a backend, and the inbox of what was recorded.

use super::App;
use super::commands::{Nothing, Text};
use super::view::ServiceRef;
use crate::error::{ApiError, Code};
use crate::inbox::{Chosen, Inbox, InboxView, Settled};
use crate::keep_name::keep_name;
use crate::project::Project;
use crate::recordings;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use understudy_store::Log;

/// How long recordings that were in use a moment ago may take to be closed.
const CLOSING_MAX: Duration = Duration::from_secs(2);
/// How often they are tried.
const CLOSING_PERIOD: Duration = Duration::from_millis(50);

/// What to record.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct RecordStart {
    /// The service, on whose port it is recorded.
    pub(super) service: String,
    /// The backend, by name or address; the service's own where it is not said.
    pub(super) backend: Option<String>,
}

/// How recording goes.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct RecordingView {
    /// Goes up with everything that happens to recordings.
    pub(super) revision: u64,
    /// How many exchanges were stored since recording began.
    pub(super) stored: u64,
    /// How many of these may not be on the disk yet.
    pub(super) waiting: u64,
    /// How many came faster than they could be stored, or after the disk had failed.
    pub(super) dropped: u64,
    /// How many requests the backend did not answer.
    pub(super) failed: u64,
    /// The last of these, and why.
    pub(super) failure: Option<String>,
    /// Why storing ended, where it did.
    pub(super) problem: Option<String>,
    /// Folders of recordings that were damaged and put aside.
    pub(super) damaged: Vec<String>,
}

/// Proposals as they were seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct AcceptProposals {
    /// The last recording of the inbox that was seen.
    pub(crate) upto: u64,
    /// What is accepted; all that is new where nothing is named.
    pub(crate) chosen: Vec<Chosen>,
}

/// Proposals that are thrown away.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct DiscardProposals {
    /// The last recording of the inbox that was seen.
    pub(crate) upto: u64,
    /// The proposals; all of them where none is named.
    pub(crate) ids: Vec<String>,
}

/// A proposal, or several that are to be one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ProposalRef {
    /// The last recording of the inbox that was seen.
    pub(crate) upto: u64,
    /// What is looked at.
    pub(crate) chosen: Chosen,
}

/// A name whose values are no secrets.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct KeepName {
    /// The name of a header field, a parameter, a cookie or a member.
    pub(super) name: String,
}

impl App {
    pub(super) async fn record_start(&self, request: RecordStart) -> Result<Nothing, ApiError> {
        let RecordStart { service, backend } = request;
        let since = Instant::now();
        let started = loop {
            let mut open = self.project.lock().await;
            match open.servers.record(&service, backend.clone()).await {
                // Somebody looks at the inbox, or what was recorded before is still being stored.
                Err(error) if error.code == Code::Conflict && since.elapsed() < CLOSING_MAX => {}
                Err(error) => break Err(open.explained(error, Some(&service))),
                Ok(()) => {
                    open.failed.remove(&service);
                    break Ok(());
                }
            }
            drop(open);
            tokio::time::sleep(CLOSING_PERIOD).await;
        };
        self.changes.project_changed();
        self.recordings_changed();
        started.map(|()| Nothing {})
    }

    pub(super) async fn record_stop(&self, request: ServiceRef) -> Result<Nothing, ApiError> {
        let stopped = self.project.lock().await.servers.stop_recording(&request.service);
        self.changes.project_changed();
        self.recordings_changed();
        stopped.map(|()| Nothing {})
    }

    pub(super) async fn recording(&self, _: Nothing) -> Result<RecordingView, ApiError> {
        let open = self.project.lock().await;
        let summary = open.servers.desk().map(|desk| desk.summary()).unwrap_or_default();
        let damaged = open.servers.damaged().iter().map(|folder| folder.display().to_string());
        Ok(RecordingView {
            revision: self.changes.recording.load(Ordering::Relaxed),
            stored: summary.stored,
            waiting: summary.waiting,
            dropped: summary.dropped,
            failed: summary.failed,
            failure: self.changes.failure().filter(|_| summary.failed > 0),
            problem: summary.problem,
            damaged: damaged.collect(),
        })
    }

    pub(super) async fn inbox(&self, _: Nothing) -> Result<InboxView, ApiError> {
        self.look(u64::MAX, |inbox| Ok(inbox.view())).await
    }

    pub(super) async fn proposal_text(&self, request: ProposalRef) -> Result<Text, ApiError> {
        let text = self.look(request.upto, move |inbox| inbox.text(&request.chosen)).await?;
        Ok(Text { text })
    }

    pub(super) async fn inbox_har(&self, _: Nothing) -> Result<Text, ApiError> {
        let text = self.look(u64::MAX, |inbox| inbox.har()).await?;
        Ok(Text { text })
    }

    pub(super) async fn inbox_plan(&self, request: AcceptProposals) -> Result<Settled, ApiError> {
        self.look(request.upto, move |inbox| inbox.plan(&request.chosen)).await
    }

    pub(super) async fn inbox_accept(&self, request: AcceptProposals) -> Result<Settled, ApiError> {
        let AcceptProposals { upto, chosen } = request;
        let (inbox, accepting) = self
            .look(upto, move |inbox| {
                let accepting = inbox.accepting(&chosen)?;
                Ok((inbox, accepting))
            })
            .await?;
        self.make(accepting.changes.clone(), None).await?;
        let settled = inbox.accepted(accepting);
        self.recordings_changed();
        settled
    }

    pub(super) async fn inbox_discard(&self, request: DiscardProposals) -> Result<Settled, ApiError> {
        let settled = self.look(request.upto, move |inbox| inbox.discard(&request.ids)).await;
        self.recordings_changed();
        settled
    }

    pub(super) async fn keep_name(&self, request: KeepName) -> Result<Nothing, ApiError> {
        let change = keep_name(self.project.lock().await.servers.project(), &request.name)?;
        self.make(vec![change], None).await?;
        Ok(Nothing {})
    }

    /// Runs `done`, and then adds records to the inbox.
    ///
    /// # Errors
    /// The recordings cannot be opened, in which case `done` does not run; the error of `done`; the disk rejects the
    /// records.
    pub(super) async fn keep_recordings(
        &self,
        records: Vec<Vec<u8>>,
        done: impl Future<Output = Result<(), ApiError>>,
    ) -> Result<(), ApiError> {
        if records.is_empty() {
            return done.await;
        }
        let (project, log) = self.recordings().await?;
        let root = project.root.clone();
        let log = match log {
            Some(log) => log,
            None => Arc::new(in_background(move || recordings::open(&root)).await?.0),
        };
        done.await?;
        let kept = in_background(move || recordings::add(&log, &records)).await;
        self.recordings_changed();
        kept
    }

    /// Looks at the inbox as it was up to a recording. It is read anew each time.
    async fn look<T: Send + 'static>(
        &self,
        upto: u64,
        look: impl FnOnce(Inbox) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (project, log) = self.recordings().await?;
        in_background(move || look(Inbox::read(project, log, upto)?)).await
    }

    /// The project's recordings, where there are any. Between two looks other programs may have them, and recording may begin
    /// here while they are waited for: then they are open here.
    async fn recordings(&self) -> Result<(Arc<Project>, Option<Arc<Log>>), ApiError> {
        let since = Instant::now();
        loop {
            let open = self.project.lock().await;
            let project = Arc::clone(open.servers.project());
            let desk = open.servers.desk();
            drop(open);
            if let Some(desk) = desk {
                return Ok((project, Some(desk.log())));
            }
            if !recordings::are_there(&project.root) {
                return Ok((project, None));
            }
            let root = project.root.clone();
            match in_background(move || recordings::open(&root)).await {
                // What is still passing is stored first.
                Err(error) if error.code == Code::Conflict && since.elapsed() < CLOSING_MAX => {}
                Err(error) => return Err(error),
                Ok((log, damaged)) => {
                    if !damaged.is_empty() {
                        self.project.lock().await.servers.put_aside(damaged);
                        self.recordings_changed();
                    }
                    return Ok((project, Some(Arc::new(log))));
                }
            }
            tokio::time::sleep(CLOSING_PERIOD).await;
        }
    }

    fn recordings_changed(&self) {
        self.changes.recording.fetch_add(1, Ordering::Relaxed);
        self.changes.changed();
    }
}

/// Looks at recordings where no request waits for it.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let working = tokio::task::spawn_blocking(work);
    working.await.unwrap_or_else(|error| Err(ApiError::new(Code::Disk, format!("the inbox: {error}"))))
}
