//! The ports of a project's services: opened, closed, recorded, and kept in step with its files.

mod backing;

use crate::broken_files::broken_file;
use crate::desk::{Desk, RecordProgress, RecordedSummary};
use crate::error::{ApiError, Code};
use crate::project::{LoadedService, Project};
use crate::resolve;
use crate::tape::Tape;
use crate::trust::Trust;
use backing::Behind;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::JoinHandle;
use understudy_fixture::Diagnostic;
use understudy_fixture::model::{Mode, Service};
use understudy_match::State;
use understudy_net::{BindError, Client, Host, Listener, Stop};
use understudy_serve::{
    Backing, BrokenFile, LiveState, Neighbour, Observer, Player, SharedPort, SharedSurroundings, Surroundings,
};

/// How a project is served.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Only these services; all where empty.
    pub(crate) services: Vec<String>,
    /// The port of the only service, or the shared one of several.
    pub(crate) port: Option<u16>,
    /// Another address than the loopbacks.
    pub(crate) host: Option<IpAddr>,
    /// The backend of `passthrough`, `fallback` and `record`, by name or address.
    pub(crate) backend: Option<String>,
    pub(crate) state: State,
    /// The permissions to send variables of the environment.
    pub(crate) trust: Trust,
}

/// A project's services on their ports.
#[derive(Debug)]
pub(crate) struct Servers {
    project: Arc<Project>,
    options: Options,
    observer: Arc<dyn Observer>,
    /// The rest of the project, for responses to requests that nothing matches.
    surroundings: Arc<SharedSurroundings>,
    client: Client,
    running: BTreeMap<String, Running>,
    shared: Option<Shared>,
    /// Services that came with an edit, or were corrected by one, and could not be started, and why: the next edit may help.
    unstarted: BTreeMap<String, String>,
    /// Services that somebody records, or stopped recording, whatever their files say.
    asked: BTreeMap<String, Asked>,
    tape: Tape,
}

/// What errors call the shared port.
const SHARED: &str = "the shared port";

/// The port that services share.
#[derive(Debug)]
struct Shared {
    services: Arc<SharedPort>,
    open: Open,
}

/// What was asked for beside what the project's file says.
#[derive(Debug)]
enum Asked {
    Record { backend: Option<String> },
    NotToRecord,
}

/// A service's backend that is being recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Its address.
    pub(crate) backend: String,
    /// Since when, in milliseconds since 1970.
    pub(crate) since: u64,
}

/// A service that answers.
#[derive(Debug)]
struct Running {
    player: Arc<Player>,
    /// What was asked for; the port itself is another one where that is 0.
    asked_port: u16,
    open: Open,
    behind: Behind,
}

/// A port that is open.
#[derive(Debug)]
pub(crate) struct Open {
    port: u16,
    stop: Stop,
    task: JoinHandle<()>,
}

impl Open {
    async fn new<H: understudy_net::Handler>(
        host: Host,
        port: u16,
        handler: Arc<H>,
        name: &str,
    ) -> Result<Self, ApiError> {
        let listener = Listener::bind(host, port).await.map_err(|error| port_error(name, &error))?;
        let (port, stop) = (listener.port(), Stop::default());
        let task = tokio::spawn(understudy_net::serve(listener, handler, &stop));
        Ok(Self { port, stop, task })
    }

    /// Lets open requests end.
    pub(crate) async fn close(self) {
        self.stop.stop();
        // A server that panicked has said so itself.
        let _ = self.task.await;
    }
}

impl Servers {
    pub(crate) fn new(
        project: Project,
        options: Options,
        observer: Arc<dyn Observer>,
        progress: RecordProgress,
    ) -> Self {
        Self {
            project: Arc::new(project),
            options,
            observer,
            surroundings: Arc::default(),
            client: Client::new(),
            running: BTreeMap::new(),
            shared: None,
            unstarted: BTreeMap::new(),
            asked: BTreeMap::new(),
            tape: Tape::new(progress),
        }
    }

    pub(crate) fn project(&self) -> &Arc<Project> {
        &self.project
    }

    /// The services that are wanted, in the order of the project.
    pub(crate) fn wanted(&self) -> Vec<String> {
        let names = self.project.services.iter().map(|loaded| loaded.service.name.clone());
        names.filter(|name| self.options.services.is_empty() || self.options.services.contains(name)).collect()
    }

    /// Where a service answers, if it does.
    pub(crate) fn url(&self, service: &str) -> Option<String> {
        self.running.get(service).map(|running| url(self.options.host, running.open.port))
    }

    pub(crate) fn port(&self, service: &str) -> Option<u16> {
        self.running.get(service).map(|running| running.open.port)
    }

    /// Every port that is open.
    pub(crate) fn ports(&self) -> Vec<u16> {
        let shared = self.shared.as_ref().map(|shared| shared.open.port);
        self.running.values().map(|running| running.open.port).chain(shared).collect()
    }

    pub(crate) fn shared_url(&self) -> Option<String> {
        let shared = self.shared.as_ref()?;
        Some(url(self.options.host, shared.open.port).replace("://", "://NAME."))
    }

    /// The port that is asked for, of a service or the shared one.
    pub(crate) fn asked(&self, service: Option<&str>) -> Option<u16> {
        match service {
            Some(name) => self.project.service(name).ok().map(|loaded| self.asked_port(loaded)),
            None => self.shared_port(),
        }
    }

    /// The state of a service that answers.
    pub(crate) fn state(&self, name: &str) -> Option<Arc<LiveState>> {
        self.running.get(name).map(|running| Arc::clone(&running.player.snapshot().state))
    }

    fn host(&self) -> Host {
        self.options.host.map_or(Host::Loopbacks, Host::Only)
    }

    fn players(&self) -> BTreeMap<String, Arc<Player>> {
        self.running.iter().map(|(name, running)| (name.clone(), Arc::clone(&running.player))).collect()
    }

    /// Opens a service's port; one that is open stays as it is.
    ///
    /// # Errors
    /// No such service, a port that cannot be had, a backend that cannot be used.
    pub(crate) async fn start(&mut self, name: &str) -> Result<(), ApiError> {
        if self.running.contains_key(name) {
            return Ok(());
        }
        let project = Arc::clone(&self.project);
        let loaded = project.service(name)?;
        let (first, behind) = self.snapshot(loaded, None)?;
        let player = Arc::new(Player::new(first, Arc::clone(&self.observer), Arc::clone(&self.surroundings)));
        let asked_port = self.asked_port(loaded);
        self.check_port(name, asked_port)?;
        let open = Open::new(self.host(), asked_port, Arc::clone(&player), name).await?;
        self.running.insert(name.to_owned(), Running { player, asked_port, open, behind });
        self.unstarted.remove(name);
        self.tell_services();
        Ok(())
    }

    /// Records a service's backend on the service's own port, which is opened where it is not open.
    ///
    /// # Errors
    /// No such service or backend, a port that cannot be had, recordings that cannot be added to. Everything is as before
    /// then.
    pub(crate) async fn record(&mut self, name: &str, backend: Option<String>) -> Result<(), ApiError> {
        let project = Arc::clone(&self.project);
        let loaded = project.service(name)?;
        // It is there for the recorder to take.
        let _desk = self.tape.desk(&project)?;
        let before = self.asked.insert(name.to_owned(), Asked::Record { backend });
        let done = match self.backend(loaded) {
            Err(error) => Err(error),
            Ok(None) => Err(ApiError::new(Code::UnknownName, format!("{name} has no backend to record"))
                .with_hint("say where it is: --backend http://127.0.0.1:8080")),
            Ok(Some(backend)) => match self.options.trust.check(&project.root, backend.disclosures()) {
                Err(error) => Err(error),
                Ok(()) if self.running.contains_key(name) => self.refresh(loaded),
                Ok(()) => self.start(name).await,
            },
        };
        if done.is_err() {
            match before {
                Some(before) => self.asked.insert(name.to_owned(), before),
                None => self.asked.remove(name),
            };
        }
        done
    }

    /// Lets fixtures answer again. Exchanges that have begun are still stored.
    ///
    /// # Errors
    /// No such service.
    pub(crate) fn stop_recording(&mut self, name: &str) -> Result<(), ApiError> {
        let project = Arc::clone(&self.project);
        let loaded = project.service(name)?;
        if loaded.service.mode == Mode::Record {
            self.asked.insert(name.to_owned(), Asked::NotToRecord);
        } else {
            self.asked.remove(name);
        }
        let Some(player) = self.running.get(name).map(|running| Arc::clone(&running.player)) else { return Ok(()) };
        let refreshed = self.refresh(loaded);
        if refreshed.is_err() {
            // Whatever is wrong with what it was before: it is not recorded any more.
            let origins = Arc::new(resolve::origins(&loaded.service, &|name| std::env::var(name).ok()));
            player.swap(self.snapshot_of(loaded, &origins, Backing::Nothing, Some(&player.snapshot())));
            if let Some(running) = self.running.get_mut(name) {
                running.behind = Behind::default();
            }
        }
        refreshed
    }

    /// The backend of a service that is being recorded.
    pub(crate) fn recorded(&self, name: &str) -> Option<&Recorded> {
        self.running.get(name)?.behind.recorded.as_ref()
    }

    /// Where exchanges are being stored.
    pub(crate) fn desk(&self) -> Option<Arc<Desk>> {
        self.tape.open_desk()
    }

    /// Recordings that were damaged, and where they were put.
    pub(crate) fn damaged(&self) -> &[PathBuf] {
        &self.tape.damaged
    }

    /// Notes recordings that were damaged, and where they were put.
    pub(crate) fn put_aside(&mut self, damaged: Vec<PathBuf>) {
        self.tape.damaged.extend(damaged);
    }

    /// Why services that their files want recorded are not: their requests are passed on all the same.
    pub(crate) fn not_recorded(&self) -> Option<Diagnostic> {
        let is_wanted = self.running.values().any(|running| running.behind.recorded.is_some());
        let error = self.tape.failed.as_ref().filter(|_| is_wanted)?;
        let hint = error.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        Some(in_project_file(format!("requests are passed on and not recorded: {error}{hint}")))
    }

    /// Tries again to record what could not be recorded; says whether it can be now.
    pub(crate) fn record_again(&mut self) -> bool {
        let project = Arc::clone(&self.project);
        if self.not_recorded().is_none() {
            return false;
        }
        // It is there for the recorders to take.
        let Ok(_desk) = self.tape.desk(&project) else { return false };
        for loaded in
            project.services.iter().filter(|loaded| self.recorded(&loaded.service.name).is_some()).collect::<Vec<_>>()
        {
            // What was served goes on where it cannot be read anew.
            let _ = self.refresh(loaded);
        }
        true
    }

    /// What happens to a service's requests.
    pub(crate) fn mode(&self, service: &Service) -> Mode {
        match self.asked.get(&service.name) {
            Some(Asked::Record { .. }) => Mode::Record,
            Some(Asked::NotToRecord) if service.mode == Mode::Record => Mode::Mock,
            _ => service.mode,
        }
    }

    /// Serves what a service's files say now.
    fn refresh(&mut self, loaded: &LoadedService) -> Result<(), ApiError> {
        let name = &loaded.service.name;
        let Some(player) = self.running.get(name).map(|running| Arc::clone(&running.player)) else { return Ok(()) };
        let (snapshot, behind) = self.snapshot(loaded, Some(&player.snapshot()))?;
        player.swap(snapshot);
        if let Some(running) = self.running.get_mut(name) {
            running.behind = behind;
        }
        Ok(())
    }

    /// Takes a service's port away, to be closed: nobody else has to wait until its open requests have ended.
    pub(crate) fn take(&mut self, name: &str) -> Option<Open> {
        self.unstarted.remove(name);
        let running = self.running.remove(name)?;
        self.tell_services();
        Some(running.open)
    }

    async fn stop(&mut self, name: &str) {
        if let Some(open) = self.take(name) {
            open.close().await;
        }
    }

    /// Opens the shared port, where there is one.
    pub(crate) async fn start_shared(&mut self) -> Result<(), ApiError> {
        let Some(port) = self.shared_port().filter(|_| self.shared.is_none()) else { return Ok(()) };
        let services = Arc::new(SharedPort::new(self.players()));
        let open = Open::new(self.host(), port, Arc::clone(&services), SHARED).await?;
        self.shared = Some(Shared { services, open });
        Ok(())
    }

    /// Opens, moves or closes the shared port, as the project's file says now.
    async fn follow_shared_port(&mut self) -> Result<(), ApiError> {
        let (host, wanted) = (self.host(), self.shared_port());
        let Some(shared) = &mut self.shared else { return self.start_shared().await };
        let Some(port) = wanted else {
            if let Some(shared) = self.shared.take() {
                shared.open.close().await;
            }
            return Ok(());
        };
        let open = Open::new(host, port, Arc::clone(&shared.services), SHARED).await?;
        std::mem::replace(&mut shared.open, open).close().await;
        Ok(())
    }

    /// Sends the list of services, and the files with errors, to the shared port and to the
    /// services.
    fn tell_services(&self) {
        self.tell_services_of(None);
    }

    /// Does the same with a file whose new text cannot be used at all.
    fn tell_services_of(&self, unusable: Option<&Diagnostic>) {
        if let Some(shared) = &self.shared {
            shared.services.set(self.players());
        }
        let neighbour = |name: &String| {
            let running = self.running.get(name)?;
            let player = Arc::downgrade(&running.player);
            Some(Neighbour { name: name.clone(), url: self.url(name)?, player })
        };
        let neighbours = self.project.services.iter().filter_map(|loaded| neighbour(&loaded.service.name)).collect();
        let mut broken: Vec<BrokenFile> = unusable.map(|problem| broken_file(problem, None)).into_iter().collect();
        broken.extend(self.project.broken_files());
        self.surroundings.set(Surroundings { neighbours, broken });
    }

    /// Closes everything and lets open requests end.
    pub(crate) async fn stop_all(&mut self) {
        let opens = std::mem::take(&mut self.running).into_values().map(|running| running.open);
        let opens: Vec<Open> = opens.chain(self.shared.take().map(|shared| shared.open)).collect();
        opens.iter().for_each(|open| open.stop.stop());
        for open in opens {
            open.close().await;
        }
    }

    /// Closes everything, lets open requests end, and stores what was recorded of them.
    pub(crate) async fn end(&mut self) -> RecordedSummary {
        let (desk, writers) = (self.desk(), self.tape.writers.clone());
        self.stop_all().await;
        let ending = tokio::task::spawn_blocking(move || match desk {
            Some(desk) => desk.end(),
            // What was recorded before is still being stored, perhaps.
            None => {
                writers.join();
                RecordedSummary::default()
            }
        });
        ending.await.unwrap_or_else(|error| RecordedSummary { problem: Some(error.to_string()), ..Default::default() })
    }

    /// Reads the files again and serves what they say now: fixtures, ports, services that came and went. Gives the
    /// problems that are new.
    pub(crate) async fn reload(&mut self) -> Vec<Diagnostic> {
        let project = match self.project.reread() {
            Ok(project) => Arc::new(project),
            // A project file that cannot be used at all leaves everything as it was.
            Err(error) => {
                let kept = self.kept(&error);
                self.tell_services_of(Some(&kept));
                return vec![kept];
            }
        };
        let shared_port = self.shared_port();
        let before = std::mem::replace(&mut self.project, Arc::clone(&project));
        let known: BTreeSet<String> = before.diagnostics.iter().map(ToString::to_string).collect();
        let mut new: Vec<Diagnostic> =
            project.diagnostics.iter().filter(|d| !known.contains(&d.to_string())).cloned().collect();
        let names = |project: &Project| -> BTreeSet<String> {
            project.services.iter().map(|loaded| loaded.service.name.clone()).collect()
        };
        let (old_names, names) = (names(&before), names(&project));
        for gone in old_names.difference(&names) {
            self.unstarted.remove(gone);
            self.stop(gone).await;
        }
        for loaded in &project.services {
            let name = &loaded.service.name;
            let Some(asked_port) = self.running.get(name).map(|running| running.asked_port) else {
                let is_missing = !old_names.contains(name) || self.unstarted.contains_key(name);
                if is_missing
                    && self.wanted().contains(name)
                    && let Err(error) = self.start(name).await
                {
                    let why = error.to_string();
                    if self.unstarted.insert(name.clone(), why.clone()).is_none_or(|before| before != why) {
                        new.push(in_project_file(why));
                    }
                }
                continue;
            };
            if let Err(error) = self.refresh(loaded) {
                new.push(in_project_file(format!("{error}; what was served before goes on")));
            }
            if self.asked_port(loaded) != asked_port
                && let Err(error) = self.move_port(loaded).await
            {
                new.push(in_project_file(format!("{error}; it stays where it was")));
            }
        }
        // One that another program has is opened by whoever waits for it, and no problem of an edit.
        if self.shared_port() != shared_port
            && let Err(error) = self.follow_shared_port().await
        {
            new.push(in_project_file(error.to_string()));
        }
        self.tell_services();
        new
    }

    /// Opens a service's new port, then closes the old one.
    async fn move_port(&mut self, loaded: &LoadedService) -> Result<(), ApiError> {
        let (name, asked_port) = (&loaded.service.name, self.asked_port(loaded));
        self.check_port(name, asked_port)?;
        let host = self.host();
        let Some(running) = self.running.get_mut(name) else { return Ok(()) };
        let open = Open::new(host, asked_port, Arc::clone(&running.player), name).await?;
        running.asked_port = asked_port;
        std::mem::replace(&mut running.open, open).close().await;
        Ok(())
    }

    fn kept(&self, error: &ApiError) -> Diagnostic {
        let file = self.project.file.as_ref().and_then(|file| file.file_name());
        let file = file.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        // A detail begins with the problem and its place.
        let detail = |detail: &String| detail.lines().take(2).map(str::trim).collect::<Vec<_>>().join(" ");
        let parts: Vec<String> = error.details.iter().map(detail).collect();
        let message = format!("{error}; what was served before goes on: {}", parts.join("; "));
        Diagnostic::of_file(understudy_fixture::Code::Syntax, &file, message.trim_end_matches(": ").to_owned())
    }

    /// That no other service has a port.
    fn check_port(&self, name: &str, port: u16) -> Result<(), ApiError> {
        let other = self.running.iter().find(|(other, running)| *other != name && running.open.port == port);
        other.map_or(Ok(()), |(other, _)| {
            Err(ApiError::new(Code::Port, format!("{name}: the service `{other}` has port {port}"))
                .with_hint("give each service a `port:` of its own in understudy.yaml; 0 is any free one"))
        })
    }

    fn asked_port(&self, loaded: &LoadedService) -> u16 {
        self.options.port.filter(|_| self.wanted().len() == 1).unwrap_or(loaded.service.port)
    }

    /// The shared port: the project's, or the one that was asked for where there are several services.
    fn shared_port(&self) -> Option<u16> {
        let (asked, own) = (self.options.port, self.project.settings.port);
        if self.wanted().len() > 1 { asked.or(own) } else { own.filter(|_| asked.is_none()) }
    }
}

fn in_project_file(message: String) -> Diagnostic {
    Diagnostic::of_file(understudy_fixture::Code::BadValue, "understudy.yaml", message)
}

fn url(host: Option<IpAddr>, port: u16) -> String {
    match host {
        None => format!("http://localhost:{port}"),
        Some(host) => format!("http://{}", SocketAddr::new(host, port)),
    }
}

pub(crate) fn port_error(service: &str, error: &BindError) -> ApiError {
    let choose = "choose another port: `port:` in understudy.yaml, or --service NAME --port N; 0 is any free one";
    let (code, hint) = if error.is_taken() {
        (Code::PortTaken, format!("end the other program, or {choose}"))
    } else if error.source.kind() == std::io::ErrorKind::AddrNotAvailable {
        (Code::Port, "this machine has no such address: --host takes one of its own; 0.0.0.0 is all of them".to_owned())
    } else {
        (Code::Port, choose.to_owned())
    };
    ApiError::new(code, format!("{service}: {error}")).with_hint(hint)
}
