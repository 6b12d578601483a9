//! Serving a project.

use crate::error::{ApiError, Code};
use crate::project::{LoadedService, Project, open_project};
use crate::requests_log::{LogFormat, RequestsLog};
use crate::resolve;
use crate::watch::Watch;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::JoinSet;
use understudy_fixture::Diagnostic;
use understudy_fixture::model::Mode;
use understudy_match::State;
use understudy_net::{BindError, Host, Listener, Stop};
use understudy_serve::{Forwarding, Player, SharedPort, Snapshot};

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
    project: Project,
    request: ServeRequest,
    players: BTreeMap<String, Arc<Player>>,
    log: Arc<RequestsLog>,
    servers: JoinSet<()>,
    stop: Stop,
}

/// Starts serving a project. Log lines go to `out`.
///
/// # Errors
/// No project, a name that it does not have, a port that cannot be had.
pub async fn serve(request: ServeRequest, out: Box<dyn Write + Send>) -> Result<Serving, ApiError> {
    let project = open_project(&request.project)?;
    let chosen = choose(&project, &request.services)?;
    let state: State = request.state.iter().cloned().collect();
    let log = Arc::new(RequestsLog::new(request.log, out));
    let stop = Stop::default();
    let mut servers = JoinSet::new();
    let mut players = BTreeMap::new();
    let mut listening = Vec::new();
    let shared_port = shared_port(&project, &chosen, request.port);
    let host = request.host.map_or(Host::Loopbacks, Host::Only);
    for loaded in &chosen {
        let first = snapshot(loaded, request.backend.as_deref(), &state, None)?;
        let observer: Arc<dyn understudy_serve::Observer> = Arc::clone(&log) as _;
        let player = Arc::new(Player::new(first, observer));
        players.insert(loaded.service.name.clone(), Arc::clone(&player));
        let port = match (request.port, chosen.len()) {
            (Some(port), 1) => port,
            _ => loaded.service.port,
        };
        let listener = Listener::bind(host, port).await.map_err(|error| port_error(&loaded.service.name, &error))?;
        listening.push(Listening {
            service: Some(loaded.service.name.clone()),
            url: url(request.host, listener.port()),
            fixtures: loaded.fixtures.iter().filter(|fixture| fixture.enabled).count(),
            mode: loaded.service.mode.as_str(),
        });
        servers.spawn(understudy_net::serve(listener, player, &stop));
    }
    if let Some(port) = shared_port {
        let listener = Listener::bind(host, port).await.map_err(|error| port_error("the shared port", &error))?;
        let url = url(request.host, listener.port()).replace("://", "://NAME.");
        listening.push(Listening { service: None, url, fixtures: project.fixture_count(), mode: "mock" });
        servers.spawn(understudy_net::serve(listener, Arc::new(SharedPort::new(players.clone())), &stop));
    }
    let diagnostics = project.diagnostics.clone();
    Ok(Serving { listening, diagnostics, project, request, players, log, servers, stop })
}

impl Serving {
    /// Serves until `end`, then lets open requests end. Edits are served as they are made; after each,
    /// `reloaded` gets the problems that are new.
    pub async fn until(mut self, end: impl Future<Output = ()>, mut reloaded: impl FnMut(&[Diagnostic])) {
        let mut watch = Watch::new(&self.project);
        if let Err(error) = &watch {
            let message = format!("files cannot be watched, so that edits need a restart: {error}");
            reloaded(&[Diagnostic::of_file(
                understudy_fixture::Code::Unreadable,
                &self.project.root.to_string_lossy(),
                message,
            )]);
        }
        // What was edited between the first look at the files and the watch is not told by the watch.
        self.reload(watch.as_mut().ok(), &mut reloaded);
        tokio::pin!(end);
        loop {
            let changed = async {
                match &mut watch {
                    Ok(watch) => watch.changed().await,
                    Err(_) => std::future::pending().await,
                }
            };
            tokio::select! {
                () = &mut end => break,
                () = changed => self.reload(watch.as_mut().ok(), &mut reloaded),
            }
        }
        self.stop.stop();
        while self.servers.join_next().await.is_some() {}
        self.log.finish();
    }

    fn reload(&mut self, watch: Option<&mut Watch>, reloaded: &mut impl FnMut(&[Diagnostic])) {
        // A project file that cannot be used at all leaves everything as it was.
        let project = match self.project.reread() {
            Ok(project) => project,
            Err(error) => {
                let file = self
                    .project
                    .file
                    .as_ref()
                    .and_then(|file| file.file_name())
                    .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
                let details = error.details.join("\n");
                let message = format!("{error}; what was served before goes on\n{details}");
                return reloaded(&[Diagnostic::of_file(
                    understudy_fixture::Code::Syntax,
                    &file,
                    message.trim_end().to_owned(),
                )]);
            }
        };
        let state: State = self.request.state.iter().cloned().collect();
        for loaded in &project.services {
            let Some(player) = self.players.get(&loaded.service.name) else { continue };
            match snapshot(loaded, self.request.backend.as_deref(), &state, Some(&player.snapshot())) {
                Ok(snapshot) => player.swap(snapshot),
                Err(error) => {
                    let message = format!("{error}; what was served before goes on");
                    reloaded(&[Diagnostic::of_file(understudy_fixture::Code::BadValue, "understudy.yaml", message)]);
                }
            }
        }
        let before: BTreeSet<String> = self.project.diagnostics.iter().map(ToString::to_string).collect();
        let new: Vec<Diagnostic> =
            project.diagnostics.iter().filter(|d| !before.contains(&d.to_string())).cloned().collect();
        if !new.is_empty() {
            reloaded(&new);
        }
        if let Some(watch) = watch {
            // A folder that has just gone is seen again when the one above it changes.
            let _ = watch.follow(&project);
        }
        self.project = project;
    }
}

fn choose<'p>(project: &'p Project, names: &[String]) -> Result<Vec<&'p LoadedService>, ApiError> {
    crate::verify::check_names(project, names)?;
    let wanted = |loaded: &&LoadedService| names.is_empty() || names.contains(&loaded.service.name);
    Ok(project.services.iter().filter(wanted).collect())
}

/// The shared port: the project's, or the one that was asked for where there are several services.
fn shared_port(project: &Project, chosen: &[&LoadedService], asked: Option<u16>) -> Option<u16> {
    if chosen.len() > 1 { asked.or(project.settings.port) } else { project.settings.port.filter(|_| asked.is_none()) }
}

fn snapshot(
    loaded: &LoadedService,
    backend: Option<&str>,
    state: &State,
    previous: Option<&Snapshot>,
) -> Result<Snapshot, ApiError> {
    let forwarding = if loaded.service.mode == Mode::Mock { None } else { forwarding(loaded, backend)? };
    Ok(Snapshot::new(&loaded.service, loaded.fixtures.clone(), forwarding, state.clone(), previous))
}

fn forwarding(loaded: &LoadedService, named: Option<&str>) -> Result<Option<Forwarding>, ApiError> {
    let backend = resolve::backend(&loaded.service, named, &|name| std::env::var(name).ok())?;
    Ok(backend.map(|backend| Forwarding { address: backend.address, headers: backend.headers }))
}

fn url(host: Option<std::net::IpAddr>, port: u16) -> String {
    match host {
        None => format!("http://localhost:{port}"),
        Some(host) => format!("http://{}", std::net::SocketAddr::new(host, port)),
    }
}

fn port_error(service: &str, error: &BindError) -> ApiError {
    let hint = if error.is_taken() {
        "end the other program, or choose another port: `port:` in understudy.yaml, or --service NAME --port N; 0 is any free one"
    } else {
        "choose another port: `port:` in understudy.yaml, or --service NAME --port N; 0 is any free one"
    };
    ApiError::new(Code::Port, format!("{service}: {error}")).with_hint(hint)
}
