//! The project as front ends show it.

use super::App;
use super::commands::Nothing;
use crate::error::ApiError;
use crate::project::LoadedService;
use crate::report::DiagnosticReport;
use crate::trust::Disclosure;
use crate::userinfo;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A service, by name.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ServiceRef {
    /// Its name.
    pub(super) service: String,
}

/// The ports on which services answer, the shared one included.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Ports {
    pub(super) ports: Vec<u16>,
}

/// The project as it stands.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ProjectView {
    /// Which state of the project this is.
    pub(super) revision: u64,
    /// The folder's name.
    pub(super) name: String,
    /// The folder.
    pub(super) root: String,
    /// In the order of the project's file.
    pub(super) services: Vec<ServiceView>,
    /// Every problem, sorted by file and place.
    pub(super) problems: Vec<DiagnosticReport>,
    /// Where all services are, by the first label of the host.
    pub(super) shared_url: Option<String>,
    /// Why there is no such port although there was to be one.
    pub(super) shared_failed: Option<ApiError>,
}

/// A service.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ServiceView {
    /// Its name.
    pub(super) name: String,
    /// Its folder, relative to the project.
    pub(super) dir: String,
    /// Where it answers; `null` where it does not.
    pub(super) url: Option<String>,
    /// The port that is open.
    pub(super) port: Option<u16>,
    /// Why it does not answer although it was to.
    pub(super) failed: Option<ApiError>,
    /// What happens to requests.
    pub(super) mode: &'static str,
    /// The backend that is being recorded.
    pub(super) recorded: Option<RecordedView>,
    /// The variables that would have to be allowed before its requests are forwarded.
    pub(super) withheld: Vec<Disclosure>,
    /// A prefix of every path.
    pub(super) base: String,
    /// Who answers for it.
    pub(super) owner: Option<String>,
    /// What its description calls itself, where it has one that can be read.
    pub(super) description: Option<String>,
    /// By id, those included whose file is broken.
    pub(super) fixtures: Vec<FixtureView>,
    /// The real servers.
    pub(super) backends: Vec<BackendView>,
    /// The backend that is meant where none is named.
    pub(super) backend: Option<String>,
}

/// A backend that is being recorded.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct RecordedView {
    /// Its address.
    pub(super) backend: String,
    /// Since when, in milliseconds since 1970.
    pub(super) since: u64,
}

/// A fixture in a list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct FixtureView {
    /// Its id.
    pub(super) id: String,
    /// Its file, relative to the service's folder.
    pub(super) file: String,
    /// What it promises; `null` where the file never was a good one.
    pub(super) promise: Option<PromiseView>,
    /// How many problems its file has. Where there is a promise too, that is the last good version's, which is served.
    pub(super) problems: u32,
    /// What came of it in the last run: one of the outcomes' names.
    pub(super) outcome: Option<&'static str>,
}

/// What a fixture promises, in a line.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct PromiseView {
    /// Its name, where it says one.
    pub(super) name: Option<String>,
    /// The method, or `ANY`.
    pub(super) method: String,
    /// The path's template.
    pub(super) path: String,
    /// The first response's status.
    pub(super) status: u16,
    /// How many responses it has.
    pub(super) responses: u32,
    /// Whether it is served and verified.
    pub(super) enabled: bool,
    /// Whether it asks for more than its method and path.
    pub(super) asks_for_more: bool,
    /// Whether the contract test sends it only where writes are allowed.
    pub(super) writes: bool,
}

/// A real server of a service.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct BackendView {
    /// Its name.
    pub(super) name: String,
    /// Where it is, as it is written.
    pub(super) url: String,
    /// Whether write methods may be sent there.
    pub(super) writes: bool,
}

impl App {
    pub(super) async fn project(&self, _: Nothing) -> Result<ProjectView, ApiError> {
        let open = self.project.lock().await;
        let project = Arc::clone(open.servers.project());
        let outcomes = self.runs.outcomes();
        let mut problems_in: HashMap<&str, u32> = HashMap::new();
        for problem in &project.diagnostics {
            *problems_in.entry(&problem.file).or_default() += 1;
        }
        let services = project.services.iter().map(|loaded| {
            let name = &loaded.service.name;
            let mut view = service(loaded, &problems_in, &outcomes);
            view.url = open.servers.url(name);
            view.port = open.servers.port(name);
            view.failed = open.failed.get(name).cloned();
            view.withheld = open.servers.withheld(name).map_or_else(Vec::new, |_| open.servers.not_allowed(name));
            view.mode = open.servers.mode(&loaded.service).as_str();
            view.recorded = open
                .servers
                .recorded(name)
                .map(|recorded| RecordedView { backend: recorded.backend.clone(), since: recorded.since });
            view
        });
        let not_recorded = open.servers.not_recorded();
        let problems = project.diagnostics.iter().chain(&open.warnings).chain(&not_recorded).map(DiagnosticReport::new);
        let root = std::path::absolute(&project.root).unwrap_or_else(|_| project.root.to_path_buf());
        Ok(ProjectView {
            revision: self.changes.project.load(Ordering::Relaxed),
            name: root.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned()),
            root: root.to_string_lossy().into_owned(),
            services: services.collect(),
            problems: problems.collect(),
            shared_url: open.servers.shared_url(),
            shared_failed: open.shared_failed.clone(),
        })
    }

    pub(super) async fn ports(&self, _: Nothing) -> Result<Ports, ApiError> {
        Ok(Ports { ports: self.project.lock().await.servers.ports() })
    }

    pub(super) async fn service_start(&self, request: ServiceRef) -> Result<Nothing, ApiError> {
        let mut open = self.project.lock().await;
        open.start(&request.service).await;
        let failed = open.failed.get(&request.service).cloned();
        drop(open);
        self.changes.project_changed();
        failed.map_or(Ok(Nothing {}), Err)
    }

    pub(super) async fn service_stop(&self, request: ServiceRef) -> Result<Nothing, ApiError> {
        let mut open = self.project.lock().await;
        open.failed.remove(&request.service);
        let closing = open.servers.take(&request.service);
        drop(open);
        self.changes.project_changed();
        if let Some(closing) = closing {
            closing.close().await;
        }
        Ok(Nothing {})
    }
}

/// What came of fixtures, by service and id.
pub(super) type Outcomes = HashMap<(String, String), &'static str>;

fn service(loaded: &LoadedService, problems_in: &HashMap<&str, u32>, outcomes: &Outcomes) -> ServiceView {
    let service = &loaded.service;
    let fixtures = loaded.files().map(|(file, id, fixture)| FixtureView {
        problems: problems_in.get(service.path_of(file).as_str()).copied().unwrap_or(0),
        outcome: outcomes.get(&(service.name.clone(), id.to_owned())).copied(),
        promise: fixture.map(|fixture| PromiseView {
            name: fixture.name.clone(),
            method: fixture.request.method.to_string(),
            path: fixture.request.path.to_string(),
            status: fixture.promise().unwrap_or(&fixture.responses[0]).status,
            responses: u32::try_from(fixture.responses.len()).unwrap_or(u32::MAX),
            enabled: fixture.enabled,
            asks_for_more: understudy_match::asks_for_more(fixture),
            writes: !understudy_contract::only_reads(fixture),
        }),
        id: id.to_owned(),
        file: file.to_owned(),
    });
    ServiceView {
        name: service.name.clone(),
        dir: service.dir.clone(),
        url: None,
        port: None,
        failed: None,
        mode: service.mode.as_str(),
        recorded: None,
        withheld: Vec::new(),
        base: service.base.clone(),
        owner: service.owner.clone(),
        description: loaded.description().map(|description| description.title.clone()),
        fixtures: fixtures.collect(),
        backends: service
            .backends
            .iter()
            .map(|backend| BackendView {
                name: backend.name.clone(),
                url: userinfo::without(&backend.url.text).into_owned(),
                writes: backend.writes,
            })
            .collect(),
        backend: service.default_backend().map(|backend| backend.name.clone()),
    }
}
