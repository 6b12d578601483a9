//! Questions about variables of the environment that a project would send, and their answers.

use super::App;
use super::commands::Nothing;
use crate::error::{ApiError, Code};
use crate::project::Project;
use crate::resolve;
use crate::trust::{Disclosure, Permission};
use serde::{Deserialize, Serialize};

/// Requests that are about to be sent.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct TrustOf {
    /// The backend, by name or address; the own one of each service if there is none.
    pub(super) backend: Option<String>,
    /// The services; all of them if the list is empty.
    pub(super) services: Vec<String>,
}

/// The questions that a person has to answer first.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct TrustQuestions {
    /// Empty if nothing has to be allowed.
    pub(super) questions: Vec<Disclosure>,
}

/// The answer to questions.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct TrustAnswer {
    /// The questions as they were shown.
    pub(super) questions: Vec<Disclosure>,
    /// The answer to all of them.
    pub(super) permission: Permission,
}

impl App {
    pub(super) async fn trust_questions(&self, request: TrustOf) -> Result<TrustQuestions, ApiError> {
        let project = self.loaded().await;
        let TrustOf { backend, services } = request;
        let wanted = project.services.iter().map(|loaded| &loaded.service);
        let wanted = wanted.filter(|service| services.is_empty() || services.contains(&service.name));
        // A backend that cannot be used is reported by whatever uses it.
        let disclosures: Vec<Disclosure> = wanted
            .filter_map(|service| resolve::backend(&project, service, backend.as_deref(), &environment).ok().flatten())
            .flat_map(|backend| backend.disclosures().to_vec())
            .collect();
        Ok(TrustQuestions { questions: self.trust.not_allowed(&project.root, &disclosures) })
    }

    /// Only what was shown is allowed: the files may have changed since.
    pub(super) async fn trust_answer(&self, request: TrustAnswer) -> Result<Nothing, ApiError> {
        let TrustAnswer { questions, permission } = request;
        let mut open = self.project.lock().await;
        let known = disclosures(open.servers.project());
        let allowed: Option<Vec<Disclosure>> =
            questions.iter().map(|question| known.iter().find_map(|known| known.answered(question))).collect();
        let allowed = allowed.ok_or_else(|| {
            ApiError::new(Code::Conflict, "the project's file has changed since it was asked about")
                .with_hint("look at the new question and answer that one")
        })?;
        let noted = self.trust.allow(&open.servers.project().root, &allowed, permission);
        open.servers.follow_permissions();
        drop(open);
        self.changes.project_changed();
        noted.map(|()| Nothing {})
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns what all backends of a project would get.
fn disclosures(project: &Project) -> Vec<Disclosure> {
    let services = project.services.iter().map(|loaded| &loaded.service);
    let backends = services.flat_map(|service| service.backends.iter().map(move |backend| (service, &backend.name)));
    let usable = backends
        .filter_map(|(service, name)| resolve::backend(project, service, Some(name), &environment).ok().flatten());
    usable.flat_map(|backend| backend.disclosures().to_vec()).collect()
}
