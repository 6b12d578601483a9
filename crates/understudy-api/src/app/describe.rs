//! Descriptions: what of them is covered, and fixtures of them.

use super::App;
use super::commands::Nothing;
use crate::coverage::{CoverageReport, count};
use crate::error::{ApiError, Code};
use crate::import::ImportedDescription;
use crate::import::description::{self, Meant};
use crate::recordings;
use serde::Deserialize;

/// What is counted.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct CoverageOf {
    /// Whether only statuses count that say that all went well.
    pub(super) only_success: bool,
}

/// Which fixtures of a description are meant.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ImportOfDescription {
    /// The service.
    pub(super) service: String,
    /// Of these operations, by their names; of all where none is said.
    pub(super) operations: Vec<String>,
    /// That answer this status, as the description has it; all where none is said.
    pub(super) status: Option<String>,
    /// Whether nothing is written.
    pub(super) preview: bool,
}

impl App {
    pub(super) async fn coverage(&self, request: CoverageOf) -> Result<CoverageReport, ApiError> {
        let project = self.loaded().await;
        let inbox = match recordings::are_there(&project.root) {
            true => self.inbox(Nothing {}).await.map(Some),
            false => Ok(None),
        };
        let counting = move || count(&project, &[], request.only_success, inbox);
        tokio::task::spawn_blocking(counting).await.expect("counting does not panic")
    }

    pub(super) async fn import_description(
        &self,
        request: ImportOfDescription,
    ) -> Result<ImportedDescription, ApiError> {
        let project = self.loaded().await;
        let is_preview = request.preview;
        let planning = move || {
            let loaded = project.service(&request.service)?;
            let described = loaded.described.as_ref().ok_or_else(|| {
                ApiError::new(Code::NothingToDo, format!("the service `{}` has no description", request.service))
                    .with_hint("name it in understudy.yaml: `openapi: openapi.yaml`, relative to the service's folder")
            })?;
            let meant = Meant { operations: &request.operations, status: request.status.as_deref() };
            let from = loaded.service.openapi.as_deref().unwrap_or_default();
            description::plan(loaded, described, from, meant)
        };
        // Large descriptions give thousands of fixtures.
        let (imported, made) = tokio::task::spawn_blocking(planning).await.expect("planning does not panic")?;
        if !is_preview {
            self.make(made, None).await?;
        }
        Ok(imported)
    }
}
