//! A project that a person works on in a window: served while it is edited, with its traffic and its runs.
//!
//! Front ends see nothing but the list in [`commands`]: a name, a request and a response, as JSON. The desktop app and
//! the browser call the same ones.

mod actions;
mod commands;
mod describe;
mod engine;
mod exchange;
mod exchange_draft;
mod export;
mod files;
mod form;
mod host;
mod inbox_only;
mod journal;
mod preferences;
mod record;
mod run;
mod search;
mod settled;
mod states;
mod traffic;
mod tried;
mod trust;
mod undo;
mod view;

pub use actions::{Action, actions};
pub use commands::COMMANDS;
pub(crate) use commands::Text;
pub use engine::Engine;
pub(crate) use engine::{COMMAND_TIMEOUT, ask_app, ports_of_app};
pub use host::{Assets, UiAddress, UiServer, serve_ui};
pub(crate) use host::{CommandHost, Doer, door};
pub(crate) use inbox_only::InboxOnly;
pub(crate) use record::{AcceptProposals, DiscardProposals, ProposalRef};

use crate::clock;
use crate::desk::{RecordNews, RecordProgress};
use crate::error::{ApiError, Code};
use crate::hidden::Hidden;
use crate::local::{Holder, Role, other};
use crate::project::{Project, open_project};
use crate::root::Root;
use crate::serve::{changed, unwatched};
use crate::servers::{Options, Servers};
use crate::trust::Trust;
use crate::watch::Watch;
use journal::Journal;
use run::Runs;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::AbortHandle;
use traffic::Traffic;
use understudy_fixture::Diagnostic;
use understudy_net::Client;
use undo::History;

/// A project in a window.
#[derive(Debug)]
pub struct App {
    project: Mutex<Open>,
    traffic: Arc<Traffic>,
    runs: Runs,
    history: Mutex<History>,
    client: Arc<Client>,
    changes: Arc<Changes>,
    trust: Trust,
}

/// The open project.
#[derive(Debug)]
struct Open {
    servers: Servers,
    /// Why services that were to answer do not.
    failed: BTreeMap<String, ApiError>,
    /// Why the shared port is not open although it was to be.
    shared_failed: Option<ApiError>,
    /// Problems that are in no file: that files cannot be watched, say.
    warnings: Vec<Diagnostic>,
    /// Looks for what changes outside.
    following: Vec<AbortHandle>,
}

/// Counts changes, so that front ends ask only for what is new.
#[derive(Debug)]
struct Changes {
    /// Goes up with every change of anything.
    version: watch::Sender<u64>,
    /// Goes up when the project's files, ports or verdicts change.
    project: AtomicU64,
    /// Goes up when something is recorded, accepted or discarded.
    recording: AtomicU64,
    /// Something was recorded: it is told in a while, together with what comes until then.
    recorded: Notify,
    /// The last request that a recorded backend did not answer, and why.
    failure: std::sync::Mutex<Option<String>>,
}

impl Changes {
    fn project_changed(&self) {
        self.project.fetch_add(1, Ordering::Relaxed);
        self.changed();
    }

    fn changed(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    fn recorded(&self, news: RecordNews<'_>) {
        if let RecordNews::Failed(line) = news {
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(line.to_owned());
        }
        self.recorded.notify_one();
    }

    fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl App {
    /// Opens a project and starts its services. A service whose port cannot be had is listed with the reason; the
    /// others answer.
    ///
    /// # Errors
    /// No project there, or one whose file names no service.
    pub async fn open(root: impl Into<Root>) -> Result<Arc<Self>, ApiError> {
        Self::start(open_project(root)?).await
    }

    /// Starts the services of a project.
    ///
    /// # Errors
    /// The list of trusted hosts in the environment cannot be read.
    async fn start(project: Project) -> Result<Arc<Self>, ApiError> {
        project.remove_leftovers();
        let trust = Trust::new(&[])?;
        let began = clock::unix_micros();
        let changes = Arc::new(Changes {
            version: watch::channel(began).0,
            project: AtomicU64::new(began),
            recording: AtomicU64::new(began),
            recorded: Notify::new(),
            failure: std::sync::Mutex::default(),
        });
        let (root, hidden) = (project.root.clone(), Hidden::new(&project.settings.redact));
        let reading = tokio::task::spawn_blocking(move || Journal::open(&root, &hidden));
        let (journal, before) = reading.await.expect("reading traffic does not panic");
        let traffic = Traffic::new(Arc::clone(&changes), journal, before);
        let told = Arc::clone(&changes);
        let progress: RecordProgress = Arc::new(move |news| told.recorded(news));
        let servers = Servers::new(
            project,
            Options { trust: trust.clone(), ..Options::default() },
            Arc::clone(&traffic) as _,
            progress,
        );
        let mut open =
            Open { servers, failed: BTreeMap::new(), shared_failed: None, warnings: Vec::new(), following: Vec::new() };
        for name in open.servers.wanted() {
            open.start(&name).await;
        }
        open.start_shared().await;
        let app = Arc::new(Self {
            project: Mutex::new(open),
            traffic,
            runs: Runs::new(Arc::clone(&changes)),
            history: Mutex::default(),
            client: Arc::default(),
            changes,
            trust,
        });
        let following = [
            tokio::spawn(follow_files(Arc::downgrade(&app))).abort_handle(),
            tokio::spawn(follow_ports(Arc::downgrade(&app))).abort_handle(),
            tokio::spawn(follow_recording(Arc::clone(&app.changes))).abort_handle(),
        ];
        app.project.lock().await.following.extend(following);
        Ok(app)
    }

    /// Stops every service and run; open requests end first.
    pub async fn close(&self) {
        self.runs.cancel();
        let mut open = self.project.lock().await;
        open.following.drain(..).for_each(|following| following.abort());
        open.servers.end().await;
        self.traffic.close().await;
        // Nobody is left waiting for news that do not come.
        self.changes.changed();
    }

    /// The project as it was read last.
    async fn loaded(&self) -> Arc<Project> {
        Arc::clone(self.project.lock().await.servers.project())
    }

    /// Reads the files again; what they say is served when this returns.
    async fn reload(&self) {
        let mut open = self.project.lock().await;
        open.warnings = open.servers.reload().await;
        // What is in a file is listed with the project's own problems.
        let listed = Arc::clone(open.servers.project());
        self.traffic.hide(Hidden::new(&listed.settings.redact));
        open.warnings.retain(|warning| !listed.diagnostics.contains(warning));
        let running: Vec<String> =
            open.failed.keys().filter(|name| open.servers.port(name).is_some()).cloned().collect();
        for name in running {
            open.failed.remove(&name);
        }
        drop(open);
        self.changes.project_changed();
    }
}

impl Open {
    async fn start(&mut self, name: &str) {
        self.failed.remove(name);
        if let Err(error) = self.servers.start(name).await {
            let error = self.explained(error, Some(name));
            self.failed.insert(name.to_owned(), error);
        }
    }

    async fn start_shared(&mut self) {
        let error = self.servers.start_shared().await.err();
        self.shared_failed = error.map(|error| self.explained(error, None));
    }

    /// With the reason for a port that is taken, where that is Understudy itself.
    fn explained(&self, error: ApiError, service: Option<&str>) -> ApiError {
        let root = &self.servers.project().root;
        let asked = self.servers.asked(service).unwrap_or_default();
        let answers = |holder: &Holder| error.code == Code::PortTaken && holder.ports.contains(&asked);
        match other(root, Role::Serve).filter(answers) {
            None => error,
            Some(Holder { pid, .. }) => {
                let message =
                    format!("{}: `understudy serve` (process {pid}) answers there, with the same files", error.message);
                let hint = "its requests are not listed here; once it has ended, they are";
                ApiError::new(Code::PortTaken, message).with_hint(hint)
            }
        }
    }

    /// Tries those ports again that were taken; says whether that changed anything.
    async fn start_again(&mut self) -> bool {
        let is_port = |error: &ApiError| error.code == Code::PortTaken;
        let (failed, shared_failed) = (self.failed.clone(), self.shared_failed.clone());
        for (name, _) in failed.iter().filter(|(_, error)| is_port(error)) {
            self.start(name).await;
        }
        if shared_failed.as_ref().is_some_and(is_port) {
            self.start_shared().await;
        }
        let said = |error: &ApiError| error.message.clone();
        !self.failed.values().map(said).eq(failed.values().map(said))
            || self.shared_failed.as_ref().map(said) != shared_failed.as_ref().map(said)
    }
}

/// How often ports that are taken are tried again.
const PORTS_PERIOD: Duration = Duration::from_secs(1);

/// Opens ports that were taken, once they are free, until the app is gone.
async fn follow_ports(app: std::sync::Weak<App>) {
    loop {
        tokio::time::sleep(PORTS_PERIOD).await;
        let Some(app) = app.upgrade() else { return };
        let mut open = app.project.lock().await;
        let records_again = open.servers.record_again();
        if open.start_again().await || records_again {
            drop(open);
            app.changes.project_changed();
        }
    }
}

/// What is recorded is told together with what comes within this time.
const RECORDED_PERIOD: Duration = Duration::from_millis(200);

/// Tells what is recorded.
async fn follow_recording(changes: Arc<Changes>) {
    loop {
        changes.recorded.notified().await;
        tokio::time::sleep(RECORDED_PERIOD).await;
        changes.recording.fetch_add(1, Ordering::Relaxed);
        changes.changed();
    }
}

/// Serves edits that are made outside, until the app is gone.
async fn follow_files(app: std::sync::Weak<App>) {
    let Some(first) = app.upgrade() else { return };
    let project = first.loaded().await;
    let mut watch = Watch::new(&project, None);
    if let Err(error) = &watch {
        first.project.lock().await.warnings.push(unwatched(&project, error));
    }
    drop(first);
    loop {
        changed(&mut watch).await;
        let Some(app) = app.upgrade() else { return };
        app.reload().await;
        if let Ok(watch) = &mut watch {
            let _ = watch.follow(&*app.loaded().await);
        }
    }
}
