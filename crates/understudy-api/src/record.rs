//! Recording one backend, until somebody ends it.

use crate::app::{CommandHost, Doer, InboxOnly, door};
use crate::desk::{RecordProgress, RecordedSummary};
use crate::error::ApiError;
use crate::local::{Hold, Role, Taken, take};
use crate::project::open_project;
use crate::root::Root;
use crate::servers::{Options, Servers};
use crate::trust::{Disclosure, Trust};
use std::path::PathBuf;
use std::sync::Arc;
use understudy_serve::{Exchanged, Observer};

/// What to record.
#[derive(Debug, Clone)]
pub struct RecordRequest {
    /// The project's folder.
    pub project: Root,
    /// The service.
    pub service: Option<String>,
    /// The backend, by name or address; the service's own where it is not said.
    pub backend: Option<String>,
    /// The port; the service's own where it is not said.
    pub port: Option<u16>,
    /// The permissions to send variables of the environment.
    pub trust: Trust,
}

/// A backend that is recorded.
#[derive(Debug)]
pub struct RecordingServer {
    /// Where the recorder is.
    pub url: String,
    /// The backend, and no other, that it asks.
    pub backend: String,
    /// Recordings that were damaged, and where they were put.
    pub damaged: Vec<PathBuf>,
    /// The variables of the environment that the backend gets.
    pub disclosures: Vec<Disclosure>,
    servers: Servers,
    /// Takes what others ask of the inbox meanwhile.
    commands: Option<(CommandHost, Hold)>,
}

/// What is stored says enough.
#[derive(Debug)]
struct Unobserved;

impl Observer for Unobserved {
    fn exchanged(&self, _: Exchanged<'_>) {}
}

/// Starts recording.
///
/// # Errors
/// No project, names that it does not have, a port that cannot be had, recordings that another program has open.
pub async fn record(request: &RecordRequest, progress: RecordProgress) -> Result<RecordingServer, ApiError> {
    let project = open_project(&request.project)?;
    project.remove_leftovers();
    let root = project.root.clone();
    let service = project.chosen(request.service.as_deref())?.service.clone();
    let options = Options {
        services: vec![service.name.clone()],
        port: request.port,
        trust: request.trust.clone(),
        ..Options::default()
    };
    let mut servers = Servers::new(project, options, Arc::new(Unobserved), progress);
    servers.ask_for_recording(&service.name, request.backend.as_deref())?;
    servers.record(&service.name, request.backend.clone()).await?;
    let url = format!("{}{}", servers.url(&service.name).unwrap_or_default(), service.base);
    let backend = servers.recorded(&service.name).map(|recorded| recorded.backend.clone()).unwrap_or_default();
    let commands = match (take(&root, Role::Record), servers.desk()) {
        (Taken::Held(hold), Some(desk)) => {
            let (commands, door) = door(Doer::Inbox(Arc::new(InboxOnly { root, desk }))).await?;
            hold.say(Some(door), Vec::new())?;
            Some((commands, hold))
        }
        _ => None,
    };
    let (damaged, disclosures) = (servers.damaged().to_vec(), servers.disclosed(&service.name).to_vec());
    Ok(RecordingServer { url, backend, damaged, disclosures, servers, commands })
}

impl RecordingServer {
    /// Records until `end`, lets open requests end, and stores what is left.
    pub async fn until(mut self, end: impl Future<Output = ()>) -> RecordedSummary {
        end.await;
        if let Some((commands, _hold)) = self.commands.take() {
            commands.close().await;
        }
        self.servers.end().await
    }
}
