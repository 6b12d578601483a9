//! Serving a project.

use crate::error::ApiError;
use crate::project::open_project;
use crate::requests_log::{LogFormat, RequestsLog};
use crate::servers::{Options, Servers};
use crate::watch::Watch;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use understudy_fixture::Diagnostic;

/// What to serve, and how.
#[derive(Debug, Clone)]
pub struct ServeRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// Only these services; all where empty.
    pub services: Vec<String>,
    /// The port of the only service, or the shared one of several.
    pub port: Option<u16>,
    /// Another address than the loopbacks.
    pub host: Option<std::net::IpAddr>,
    /// The backend of `passthrough` and `fallback`, by name or address.
    pub backend: Option<String>,
    /// The state at the start: names and values.
    pub state: Vec<(String, String)>,
    /// What log lines look like.
    pub log: LogFormat,
}

/// A port that listens.
#[derive(Debug, Clone)]
pub struct Listening {
    /// The service, or `None` for the shared port.
    pub service: Option<String>,
    /// Where it is.
    pub url: String,
    /// How many fixtures it has.
    pub fixtures: usize,
    /// What happens to requests: `mock`, `passthrough`, `fallback`.
    pub mode: &'static str,
}

/// A project that is being served.
#[derive(Debug)]
pub struct Serving {
    /// The ports, in the order of the project.
    pub listening: Vec<Listening>,
    /// The problems of the project's files at the start.
    pub diagnostics: Vec<Diagnostic>,
    servers: Servers,
    log: Arc<RequestsLog>,
}

/// Starts serving a project. Log lines go to `out`.
///
/// # Errors
/// No project, a name that it does not have, a port that cannot be had.
pub async fn serve(request: ServeRequest, out: Box<dyn Write + Send>) -> Result<Serving, ApiError> {
    let project = open_project(&request.project)?;
    project.check_names(&request.services)?;
    let log = Arc::new(RequestsLog::new(request.log, out));
    let options = Options {
        services: request.services,
        port: request.port,
        host: request.host,
        backend: request.backend,
        state: request.state.into_iter().collect(),
    };
    let mut servers = Servers::new(project, options, Arc::clone(&log) as _);
    for name in servers.wanted() {
        servers.start(&name).await?;
    }
    servers.start_shared().await?;
    let listening = listening(&servers);
    Ok(Serving { listening, diagnostics: servers.project().diagnostics.clone(), servers, log })
}

fn listening(servers: &Servers) -> Vec<Listening> {
    let project = servers.project();
    let services = project.services.iter().filter_map(|loaded| {
        Some(Listening {
            url: servers.url(&loaded.service.name)?,
            service: Some(loaded.service.name.clone()),
            fixtures: loaded.fixtures.iter().filter(|fixture| fixture.enabled).count(),
            mode: loaded.service.mode.as_str(),
        })
    });
    let fixtures = project.fixture_count();
    let shared = servers.shared_url().map(|url| Listening { service: None, url, fixtures, mode: "mock" });
    services.chain(shared).collect()
}

impl Serving {
    /// Serves until `end`, then lets open requests end. Edits are served as they are made; after each that has news,
    /// `reloaded` gets the problems and the ports that are new.
    pub async fn until(mut self, end: impl Future<Output = ()>, mut reloaded: impl FnMut(&[Diagnostic], &[Listening])) {
        let mut watch = Watch::new(self.servers.project());
        if let Err(error) = &watch {
            reloaded(&[unwatched(self.servers.project(), error)], &[]);
        }
        // What was edited between the first look at the files and the watch is not told by the watch.
        self.reload(&mut watch, &mut reloaded).await;
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => break,
                () = changed(&mut watch) => self.reload(&mut watch, &mut reloaded).await,
            }
        }
        self.servers.stop_all().await;
        self.log.finish();
    }

    async fn reload(
        &mut self,
        watch: &mut notify::Result<Watch>,
        reloaded: &mut impl FnMut(&[Diagnostic], &[Listening]),
    ) {
        let problems = self.servers.reload().await;
        let now = listening(&self.servers);
        let new: Vec<Listening> =
            now.iter().filter(|n| !self.listening.iter().any(|l| l.url == n.url)).cloned().collect();
        self.listening = now;
        if !problems.is_empty() || !new.is_empty() {
            reloaded(&problems, &new);
        }
        if let Ok(watch) = watch {
            // A folder that has just gone is seen again when the one above it changes.
            let _ = watch.follow(self.servers.project());
        }
    }
}

/// Waits until files changed: for ever where they cannot be watched.
pub(crate) async fn changed(watch: &mut notify::Result<Watch>) {
    match watch {
        Ok(watch) => watch.changed().await,
        Err(_) => std::future::pending().await,
    }
}

pub(crate) fn unwatched(project: &crate::Project, error: &notify::Error) -> Diagnostic {
    let message = format!("files cannot be watched, so that edits need a restart: {error}");
    Diagnostic::of_file(understudy_fixture::Code::Unreadable, &project.root.to_string_lossy(), message)
}
