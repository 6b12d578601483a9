//! Serving a project.

use crate::app::ports_of_app;
use crate::check::problems_of;
use crate::desk::RecordedSummary;
use crate::error::{ApiError, Code};
use crate::find::Target;
use crate::hidden::Hidden;
use crate::local::{Hold, Role, Taken, other, take};
use crate::project::{Project, open_target};
use crate::requests_log::{LogFormat, RequestsLog};
use crate::servers::{Options, Servers};
use crate::trust::{Disclosure, Trust};
use crate::watch::Watch;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use understudy_fixture::Diagnostic;
use understudy_fixture::model::Requests;

/// How often ports that another Understudy has are tried again.
const TAKE_OVER_PERIOD: Duration = Duration::from_secs(1);

/// What to serve, and how.
#[derive(Debug, Clone)]
pub struct ServeRequest {
    /// What is served.
    pub target: Target,
    /// The places outside its folder that its files may use.
    pub allowed: Vec<PathBuf>,
    /// The treatment of requests that do not match the OpenAPI description, if a description is
    /// served alone.
    pub requests: Requests,
    /// The interval at which files are checked for changes, instead of waiting for events of the
    /// system.
    pub poll: Option<Duration>,
    /// Only these services; all where empty.
    pub services: Vec<String>,
    /// The port of the only service, or the shared one of several.
    pub port: Option<u16>,
    /// Another address than the loopbacks.
    pub host: Option<std::net::IpAddr>,
    /// The backend of `passthrough`, `fallback` and `record`, by name or address.
    pub backend: Option<String>,
    /// The state at the start: names and values.
    pub state: Vec<(String, String)>,
    /// The permissions to send variables of the environment.
    pub trust: Trust,
    /// What log lines look like.
    pub log: LogFormat,
}

/// What came of an edit while it serves.
#[derive(Debug, Clone, Copy)]
pub struct Reloaded<'r> {
    /// The problems that are new.
    pub problems: &'r [Diagnostic],
    /// The files that had errors, and have none any more; relative to the project.
    pub mended: &'r [String],
    /// The ports that are new.
    pub listening: &'r [Listening],
    log: &'r RequestsLog,
}

impl Reloaded<'_> {
    /// Prints lines, as they are, between those of requests. Nobody is waited for: a terminal that is held still holds nothing else.
    pub fn print(&self, lines: &str) {
        self.log.print(lines);
    }
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
    /// How many operations its description has, where it has one.
    pub operations: Option<usize>,
    /// What happens to requests: `mock`, `passthrough`, `fallback`, `record`.
    pub mode: &'static str,
    /// The variables of the environment that its backend gets.
    pub disclosures: Vec<Disclosure>,
    /// The reason why its backend gets no requests.
    pub withheld: Option<ApiError>,
}

/// A service that another Understudy answers for, which has the project open too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The service; `None` for the shared port.
    pub service: Option<String>,
    /// The port.
    pub port: u16,
    /// That program's process.
    pub pid: u32,
}

/// A project that is being served.
#[derive(Debug)]
pub struct Serving {
    /// The ports, in the order of the project.
    pub listening: Vec<Listening>,
    /// Services that another Understudy answers for. Once it has ended, they are served here.
    pub elsewhere: Vec<Elsewhere>,
    /// Gives the problems of the project's files at the start, as `check` finds them. With many fixtures that takes long.
    checking: oneshot::Receiver<Vec<Diagnostic>>,
    poll: Option<Duration>,
    servers: Servers,
    log: Arc<RequestsLog>,
    hold: Option<Hold>,
}

/// Starts serving a project. Log lines go to `out`.
///
/// # Errors
/// No project, a name that it does not have, a port that cannot be had.
pub async fn serve(request: ServeRequest, out: Box<dyn Write + Send>) -> Result<Serving, ApiError> {
    let project = open_target(&request.target, request.requests, &request.allowed)?;
    project.check_names(&request.services)?;
    let names = Hidden::new(&project.settings.redact).names();
    let log = Arc::new(RequestsLog::new(request.log, names, out));
    let options = Options {
        services: request.services,
        port: request.port,
        host: request.host,
        backend: request.backend,
        state: request.state.into_iter().collect(),
        trust: request.trust,
    };
    // What is asked for here alone, nobody else answers with.
    let is_as_written =
        options.port.is_none() && options.host.is_none() && options.backend.is_none() && options.state.is_empty();
    // A file alone has no folder of its own, and nobody else to share it with.
    let taken = if project.alone.is_some() { Taken::Free } else { take(&project.root, Role::Serve) };
    let hold = match taken {
        Taken::Held(hold) => Some(hold),
        Taken::By(_) | Taken::Free => None,
    };
    if project.alone.is_none() {
        project.remove_leftovers();
    }
    // Each request has its line in the log.
    let mut servers = Servers::new(project, options, Arc::clone(&log) as _, Arc::new(|_| ()));
    servers.ask()?;
    let mut elsewhere = Vec::new();
    for name in servers.wanted().into_iter().map(Some).chain([None]) {
        match (start(&mut servers, name.as_deref()).await, servers.asked(name.as_deref())) {
            (Ok(()), _) => {}
            (Err(error), Some(port)) if is_as_written && error.code == Code::PortTaken => {
                let pid = answering(&servers.project().root, port, hold.is_some()).await.ok_or(error)?;
                elsewhere.push(Elsewhere { service: name, port, pid });
            }
            (Err(error), _) => return Err(error),
        }
    }
    say_ports(hold.as_ref(), &servers);
    let listening = listening(&servers);
    let checking = check(Arc::clone(servers.project()), servers.not_recorded());
    Ok(Serving { listening, elsewhere, checking, servers, log, hold, poll: request.poll })
}

/// Checks a project beside its serving, on a thread that keeps the program from neither serving nor ending.
fn check(project: Arc<Project>, not_recorded: Option<Diagnostic>) -> oneshot::Receiver<Vec<Diagnostic>> {
    let (sender, checking) = oneshot::channel();
    std::thread::spawn(move || {
        let mut problems = problems_of(&project);
        problems.extend(not_recorded);
        // A receiver that has ended needs no problems, so the error is ignored.
        let _ = sender.send(problems);
    });
    checking
}

/// Opens a service's port, or the shared one.
async fn start(servers: &mut Servers, service: Option<&str>) -> Result<(), ApiError> {
    match service {
        Some(name) => servers.start(name).await,
        None => servers.start_shared().await,
    }
}

/// The process of another Understudy that answers on a port for this project.
async fn answering(root: &Path, port: u16, is_held: bool) -> Option<u32> {
    let serving = other(root, Role::Serve).filter(|holder| !is_held && holder.ports.contains(&port));
    if let Some(holder) = serving {
        return Some(holder.pid);
    }
    let holder = other(root, Role::App)?;
    let ports = ports_of_app(&holder).await?;
    ports.contains(&port).then_some(holder.pid)
}

/// Says on which ports this program answers; others do without where it cannot be said.
fn say_ports(hold: Option<&Hold>, servers: &Servers) {
    if let Some(hold) = hold {
        let _ = hold.say(None, servers.ports());
    }
}

fn listening(servers: &Servers) -> Vec<Listening> {
    let project = servers.project();
    let services = project.services.iter().filter_map(|loaded| {
        Some(Listening {
            url: servers.url(&loaded.service.name)?,
            service: Some(loaded.service.name.clone()),
            fixtures: loaded.fixtures.iter().filter(|fixture| fixture.enabled).count(),
            operations: loaded.description().map(|description| description.operations.len()),
            mode: servers.mode(&loaded.service).as_str(),
            disclosures: servers.disclosed(&loaded.service.name).to_vec(),
            withheld: servers.withheld(&loaded.service.name).cloned(),
        })
    });
    let fixtures = project.fixture_count();
    let shared = servers.shared_url().map(|url| Listening {
        service: None,
        url,
        fixtures,
        operations: None,
        mode: "mock",
        disclosures: Vec::new(),
        withheld: None,
    });
    services.chain(shared).collect()
}

impl Serving {
    /// Serves until `end`, then lets open requests end. Returns a summary of the recording.
    /// `checked` is called with the problems of the project's files at the start, as `check` finds
    /// them. Edits are served as they are made. After each edit with news, `reloaded` is called
    /// with the news.
    pub async fn until(
        mut self,
        end: impl Future<Output = ()>,
        checked: impl FnOnce(&[Diagnostic]),
        mut reloaded: impl FnMut(Reloaded<'_>),
    ) -> RecordedSummary {
        let mut watch = Watch::new(self.servers.project(), self.poll);
        if let Err(error) = &watch {
            let problems = [unwatched(self.servers.project(), error)];
            reloaded(Reloaded { problems: &problems, mended: &[], listening: &[], log: &self.log });
        }
        // What was edited between the first look at the files and the watch is not told by the watch.
        self.reload(&mut watch, &mut reloaded).await;
        tokio::pin!(end);
        let mut checked = Some(checked);
        loop {
            tokio::select! {
                () = &mut end => break,
                problems = &mut self.checking, if checked.is_some() => {
                    if let (Some(checked), Ok(problems)) = (checked.take(), problems) {
                        checked(&problems);
                    }
                }
                () = changed(&mut watch) => self.reload(&mut watch, &mut reloaded).await,
                () = tokio::time::sleep(TAKE_OVER_PERIOD), if !self.elsewhere.is_empty() => {
                    self.take_over(&mut watch, &mut reloaded).await;
                }
            }
        }
        let recorded = self.servers.end().await;
        self.log.finish();
        recorded
    }

    /// Opens ports that another program had and has no more.
    async fn take_over(&mut self, watch: &mut notify::Result<Watch>, reloaded: &mut impl FnMut(Reloaded<'_>)) {
        let before = self.elsewhere.len();
        for waiting in std::mem::take(&mut self.elsewhere) {
            if start(&mut self.servers, waiting.service.as_deref()).await.is_err() {
                self.elsewhere.push(waiting);
            }
        }
        if self.elsewhere.len() < before {
            // Files may have been edited while nobody served them here.
            self.reload(watch, reloaded).await;
        }
    }

    /// Tells of problems, of those that are gone, and of ports that are new.
    fn tell(&mut self, problems: &[Diagnostic], mended: &[String], reloaded: &mut impl FnMut(Reloaded<'_>)) {
        let now = listening(&self.servers);
        let is_known = |new: &&Listening| {
            self.listening.iter().any(|old| (&old.url, &old.disclosures) == (&new.url, &new.disclosures))
        };
        let new: Vec<Listening> = now.iter().filter(|listening| !is_known(listening)).cloned().collect();
        self.listening = now;
        say_ports(self.hold.as_ref(), &self.servers);
        if !problems.is_empty() || !mended.is_empty() || !new.is_empty() {
            reloaded(Reloaded { problems, mended, listening: &new, log: &self.log });
        }
    }

    async fn reload(&mut self, watch: &mut notify::Result<Watch>, reloaded: &mut impl FnMut(Reloaded<'_>)) {
        let said = self.servers.not_recorded().map(|problem| problem.to_string());
        let before = with_errors(self.servers.project());
        let mut problems = self.servers.reload().await;
        problems.extend(self.servers.not_recorded().filter(|problem| Some(problem.to_string()) != said));
        let project = self.servers.project();
        let after = with_errors(project);
        let is_there = |file: &&String| project.root.join(file).exists();
        let mended: Vec<String> = before.difference(&after).filter(is_there).cloned().collect();
        self.tell(&problems, &mended, reloaded);
        if let Ok(watch) = watch {
            // A folder that has just gone is seen again when the one above it changes.
            let _ = watch.follow(self.servers.project());
        }
    }
}

/// The files of a project that have errors.
fn with_errors(project: &Project) -> BTreeSet<String> {
    project.diagnostics.iter().filter(|problem| problem.is_error()).map(|problem| problem.file.to_string()).collect()
}

/// Waits until files changed: for ever where they cannot be watched.
pub(crate) async fn changed(watch: &mut notify::Result<Watch>) {
    match watch {
        Ok(watch) => watch.changed().await,
        Err(_) => std::future::pending().await,
    }
}

pub(crate) fn unwatched(project: &Project, error: &notify::Error) -> Diagnostic {
    let message = format!("files cannot be watched, so that edits need a restart: {error}");
    Diagnostic::of_file(understudy_fixture::Code::Unreadable, &project.root.to_string_lossy(), message)
        .with_hint("`understudy serve --poll` looks for changes from time to time instead")
}
