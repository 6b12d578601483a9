//! The ports of a project's services: opened, closed, and kept in step with its files.

use crate::error::{ApiError, Code};
use crate::project::{LoadedService, Project};
use crate::resolve;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::task::JoinHandle;
use understudy_fixture::Diagnostic;
use understudy_fixture::model::Mode;
use understudy_match::State;
use understudy_net::{BindError, Host, Listener, Stop};
use understudy_serve::{Forwarding, Observer, Player, SharedPort, Snapshot};

/// How a project is served.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Only these services; all where empty.
    pub(crate) services: Vec<String>,
    /// The port of the only service, or the shared one of several.
    pub(crate) port: Option<u16>,
    /// Another address than the loopbacks.
    pub(crate) host: Option<IpAddr>,
    /// The backend of `passthrough` and `fallback`, by name or address.
    pub(crate) backend: Option<String>,
    pub(crate) state: State,
}

/// A project's services on their ports.
#[derive(Debug)]
pub(crate) struct Servers {
    project: Arc<Project>,
    options: Options,
    observer: Arc<dyn Observer>,
    running: BTreeMap<String, Running>,
    shared: Option<(Arc<SharedPort>, Open)>,
}

/// A service that answers.
#[derive(Debug)]
struct Running {
    player: Arc<Player>,
    /// What was asked for; the port itself is another one where that is 0.
    asked_port: u16,
    open: Open,
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
    pub(crate) fn new(project: Project, options: Options, observer: Arc<dyn Observer>) -> Self {
        Self { project: Arc::new(project), options, observer, running: BTreeMap::new(), shared: None }
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
        let shared = self.shared.as_ref().map(|(_, open)| open.port);
        self.running.values().map(|running| running.open.port).chain(shared).collect()
    }

    pub(crate) fn shared_url(&self) -> Option<String> {
        let (_, open) = self.shared.as_ref()?;
        Some(url(self.options.host, open.port).replace("://", "://NAME."))
    }

    /// The port that is asked for, of a service or the shared one.
    pub(crate) fn asked(&self, service: Option<&str>) -> Option<u16> {
        match service {
            Some(name) => self.project.service(name).ok().map(|loaded| self.asked_port(loaded)),
            None => self.shared_port(),
        }
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
        let first = self.snapshot(loaded, None)?;
        let player = Arc::new(Player::new(first, Arc::clone(&self.observer)));
        let asked_port = self.asked_port(loaded);
        let open = Open::new(self.host(), asked_port, Arc::clone(&player), name).await?;
        self.running.insert(name.to_owned(), Running { player, asked_port, open });
        self.tell_shared();
        Ok(())
    }

    /// Takes a service's port away, to be closed: nobody else has to wait until its open requests have ended.
    pub(crate) fn take(&mut self, name: &str) -> Option<Open> {
        let running = self.running.remove(name)?;
        self.tell_shared();
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
        let shared = Arc::new(SharedPort::new(self.players()));
        let open = Open::new(self.host(), port, Arc::clone(&shared), "the shared port").await?;
        self.shared = Some((shared, open));
        Ok(())
    }

    fn tell_shared(&self) {
        if let Some((shared, _)) = &self.shared {
            shared.set(self.players());
        }
    }

    /// Closes everything and lets open requests end.
    pub(crate) async fn stop_all(&mut self) {
        let opens = std::mem::take(&mut self.running).into_values().map(|running| running.open);
        let opens: Vec<Open> = opens.chain(self.shared.take().map(|(_, open)| open)).collect();
        opens.iter().for_each(|open| open.stop.stop());
        for open in opens {
            open.close().await;
        }
    }

    /// Reads the files again and serves what they say now: fixtures, ports, services that came and went. Gives the
    /// problems that are new.
    pub(crate) async fn reload(&mut self) -> Vec<Diagnostic> {
        let project = match self.project.reread() {
            Ok(project) => Arc::new(project),
            // A project file that cannot be used at all leaves everything as it was.
            Err(error) => return vec![self.kept(&error)],
        };
        let before = std::mem::replace(&mut self.project, Arc::clone(&project));
        let known: BTreeSet<String> = before.diagnostics.iter().map(ToString::to_string).collect();
        let mut new: Vec<Diagnostic> =
            project.diagnostics.iter().filter(|d| !known.contains(&d.to_string())).cloned().collect();
        let names = |project: &Project| -> BTreeSet<String> {
            project.services.iter().map(|loaded| loaded.service.name.clone()).collect()
        };
        let (old_names, names) = (names(&before), names(&project));
        for gone in old_names.difference(&names) {
            self.stop(gone).await;
        }
        for loaded in &project.services {
            let name = &loaded.service.name;
            let Some(running) = self.running.get(name) else {
                let is_new = !old_names.contains(name) && self.wanted().contains(name);
                if is_new && let Err(error) = self.start(name).await {
                    new.push(in_project_file(error.to_string()));
                }
                continue;
            };
            match self.snapshot(loaded, Some(&running.player.snapshot())) {
                Ok(snapshot) => running.player.swap(snapshot),
                Err(error) => new.push(in_project_file(format!("{error}; what was served before goes on"))),
            }
            if self.asked_port(loaded) != running.asked_port
                && let Err(error) = self.move_port(loaded).await
            {
                new.push(in_project_file(format!("{error}; it stays where it was")));
            }
        }
        new
    }

    /// Opens a service's new port, then closes the old one.
    async fn move_port(&mut self, loaded: &LoadedService) -> Result<(), ApiError> {
        let (name, asked_port) = (&loaded.service.name, self.asked_port(loaded));
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
        let message = format!("{error}; what was served before goes on\n{}", error.details.join("\n"));
        Diagnostic::of_file(understudy_fixture::Code::Syntax, &file, message.trim_end().to_owned())
    }

    fn asked_port(&self, loaded: &LoadedService) -> u16 {
        self.options.port.filter(|_| self.wanted().len() == 1).unwrap_or(loaded.service.port)
    }

    /// The shared port: the project's, or the one that was asked for where there are several services.
    fn shared_port(&self) -> Option<u16> {
        let (asked, own) = (self.options.port, self.project.settings.port);
        if self.wanted().len() > 1 { asked.or(own) } else { own.filter(|_| asked.is_none()) }
    }

    fn snapshot(&self, loaded: &LoadedService, previous: Option<&Snapshot>) -> Result<Snapshot, ApiError> {
        let forwarding = if loaded.service.mode == Mode::Mock {
            None
        } else {
            let named = self.options.backend.as_deref();
            let backend = resolve::backend(&loaded.service, named, &|name| std::env::var(name).ok())?;
            backend.map(|backend| Forwarding { address: backend.address, headers: backend.headers })
        };
        Ok(Snapshot::new(&loaded.service, loaded.fixtures.clone(), forwarding, self.options.state.clone(), previous))
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
    } else {
        (Code::Port, choose.to_owned())
    };
    ApiError::new(code, format!("{service}: {error}")).with_hint(hint)
}
