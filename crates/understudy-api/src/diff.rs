//! What changed between two descriptions, and which fixtures that is about.

use crate::check::operation_of;
use crate::described::Described;
use crate::error::{ApiError, Code};
use crate::project::{LoadedService, open_project};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use understudy_fixture::model::Fixture;
use understudy_openapi::{Change, Description};

/// Which descriptions to compare.
#[derive(Debug, Clone)]
pub struct DiffRequest {
    /// The file of the version that people keep to.
    pub old: PathBuf,
    /// The file of the version that comes.
    pub new: PathBuf,
    /// The project whose fixtures may be touched, where there is one.
    pub project: Option<PathBuf>,
    /// The service that is described; those with a description where it is not said.
    pub service: Option<String>,
}

/// What changed.
#[derive(Debug, Clone, Serialize)]
pub struct DiffReport {
    /// What the old version calls itself.
    pub old: String,
    /// What the new version calls itself.
    pub new: String,
    /// What breaks clients first, then what breaks backends, then the rest.
    pub changes: Vec<ChangeReport>,
    /// How many changes break clients that keep to the old version.
    pub consumers: usize,
    /// How many changes break backends that keep to the old version.
    pub providers: usize,
    /// How many break nobody.
    pub additive: usize,
}

/// One thing that changed.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeReport {
    /// What kind of change it is: `answer-member-removed`.
    pub rule: String,
    /// Whom it breaks: `consumers`, `providers`, both or nobody.
    pub breaks: Vec<&'static str>,
    /// Where: `answer 200 body /items/*/name`.
    pub place: String,
    /// What happened there: "is gone".
    pub message: String,
    /// The operations that it is about: `GET /items`.
    pub operations: Vec<String>,
    /// Where the old version says so: `file#pointer`.
    pub old: Option<String>,
    /// Where the new version says so.
    pub new: Option<String>,
    /// Of a change that breaks somebody, the fixtures that it is about: files, relative to the project.
    pub fixtures: Vec<String>,
}

/// Compares two descriptions.
///
/// # Errors
/// A file that cannot be read as a description; a project or a service that is not there.
pub fn diff(request: &DiffRequest) -> Result<DiffReport, ApiError> {
    let (old, new) = (description(&request.old)?, description(&request.new)?);
    let fixtures = match &request.project {
        Some(project) => fixtures(project, request.service.as_deref(), &old)?,
        None => Vec::new(),
    };
    let changes = old.changes(&new);
    let number = |is_meant: fn(&Change) -> bool| changes.iter().filter(|change| is_meant(change)).count();
    Ok(DiffReport {
        old: old.title.clone(),
        new: new.title.clone(),
        consumers: number(|change| change.consumers),
        providers: number(|change| change.providers),
        additive: number(|change| !change.consumers && !change.providers),
        changes: changes.into_iter().map(|change| report(change, &old, &fixtures)).collect(),
    })
}

fn description(path: &Path) -> Result<Arc<Description>, ApiError> {
    let described = Described::at(path);
    let problem = described.unreadable().map(ToString::to_string);
    described.description.ok_or_else(|| {
        let mut error = ApiError::new(Code::Usage, format!("{} cannot be compared", path.display()));
        error.details = problem.into_iter().collect();
        error
    })
}

/// A fixture and the operation of the old version that it is about.
struct About {
    fixture: Arc<Fixture>,
    operation: usize,
}

fn fixtures(project: &Path, service: Option<&str>, old: &Description) -> Result<Vec<About>, ApiError> {
    let project = open_project(project)?;
    if let Some(name) = service {
        project.service(name)?;
    }
    let is_meant = |loaded: &&LoadedService| match service {
        Some(name) => loaded.service.name == name,
        None => loaded.service.openapi.is_some(),
    };
    let mut all = Vec::new();
    for loaded in project.services.iter().filter(is_meant) {
        for fixture in loaded.fixtures.iter().filter(|fixture| fixture.enabled) {
            let operation = operation_of(old, &loaded.service.base, fixture);
            all.extend(operation.map(|operation| About { fixture: Arc::clone(fixture), operation }));
        }
    }
    Ok(all)
}

fn report(change: Change, old: &Description, fixtures: &[About]) -> ChangeReport {
    let breaks = [(change.consumers, "consumers"), (change.providers, "providers")];
    let breaks: Vec<&'static str> = breaks.iter().filter(|(is, _)| *is).map(|(_, whom)| *whom).collect();
    let touches = |about: &&About| {
        let statuses = || about.fixture.responses.iter().filter_map(|response| response.status.try_into().ok());
        change.touched.iter().filter(|touched| touched.old == Some(about.operation)).any(|touched| {
            match touched.status {
                Some(wanted) => {
                    statuses().any(|status| old.operations[about.operation].said_of(status) == Some(wanted))
                }
                None => true,
            }
        })
    };
    let mut operations: Vec<String> = Vec::new();
    for touched in &change.touched {
        if !touched.name.is_empty() && !operations.contains(&touched.name) {
            operations.push(touched.name.clone());
        }
    }
    let fixtures = match breaks.is_empty() {
        true => Vec::new(),
        false => fixtures.iter().filter(touches).map(|about| about.fixture.file.to_string()).collect(),
    };
    ChangeReport {
        breaks,
        operations,
        fixtures,
        rule: change.rule,
        place: change.place,
        message: change.message,
        old: change.old,
        new: change.new,
    }
}
