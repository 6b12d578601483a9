//! Settling the differences of a run: accepted into the fixture, held less strictly, or known for now.

use super::App;
use super::commands::Nothing;
use crate::accept::{Judged, accept_some, loosen, mark_known};
use crate::error::{ApiError, Code};
use serde::{Deserialize, Serialize};
use understudy_contract::Result as FixtureResult;
use understudy_fixture::model::Known;

/// Differences to accept.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct AcceptDifferences {
    /// The service.
    pub(super) service: String,
    /// The fixture's id.
    pub(super) fixture: String,
    /// Their places; all where empty.
    pub(super) places: Vec<String>,
}

/// What was accepted.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct AcceptedDifferences {
    /// The files that were written, relative to the project.
    pub(super) files: Vec<String>,
    /// The places that were accepted.
    pub(super) places: Vec<String>,
    /// The places that were not.
    pub(super) left: Vec<LeftDifference>,
}

/// A difference that could not be accepted.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct LeftDifference {
    /// Its place.
    pub(super) place: String,
    /// Why it was not.
    pub(super) why: String,
}

/// A difference whose place is to be held less strictly.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct LoosenDifference {
    /// The service.
    pub(super) service: String,
    /// The fixture's id.
    pub(super) fixture: String,
    /// Its place.
    pub(super) place: String,
}

/// What was written for it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Loosened {
    /// The rule, as it stands in the file: `$.note: {nullable: like}`.
    pub(super) rule: String,
}

/// A difference that is to be accepted for now.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct MarkKnown {
    /// The service.
    pub(super) service: String,
    /// The fixture's id.
    pub(super) fixture: String,
    /// Its place.
    pub(super) place: String,
    /// Its kind.
    pub(super) kind: String,
    /// Why it is accepted.
    pub(super) why: String,
    /// The last day on which it is: `2026-12-31`.
    pub(super) until: String,
}

impl App {
    fn judged(&self, service: &str, fixture: &str) -> Result<FixtureResult, ApiError> {
        self.runs.result(service, fixture).ok_or_else(|| {
            ApiError::new(Code::UnknownName, format!("{service}/{fixture} was not in the last run"))
                .with_hint("run it first")
        })
    }

    pub(super) async fn accept(&self, request: AcceptDifferences) -> Result<AcceptedDifferences, ApiError> {
        let result = self.judged(&request.service, &request.fixture)?;
        let project = self.loaded().await;
        let loaded = project.service(&request.service)?;
        let (accepted, edits) = accept_some(&project, loaded, Judged::of(&result), |mismatch| {
            request.places.is_empty() || request.places.contains(&mismatch.path)
        })?;
        self.make(edits, None).await?;
        let left = accepted.left.into_iter().map(|(place, why)| LeftDifference { place, why });
        Ok(AcceptedDifferences { files: accepted.files, places: accepted.places, left: left.collect() })
    }

    pub(super) async fn loosen(&self, request: LoosenDifference) -> Result<Loosened, ApiError> {
        let result = self.judged(&request.service, &request.fixture)?;
        let project = self.loaded().await;
        let (rule, edits) = loosen(project.service(&request.service)?, &result, &request.place)?;
        self.make(edits, None).await?;
        Ok(Loosened { rule })
    }

    pub(super) async fn mark_known(&self, request: MarkKnown) -> Result<Nothing, ApiError> {
        let result = self.judged(&request.service, &request.fixture)?;
        let project = self.loaded().await;
        let loaded = project.service(&request.service)?;
        let given = |text: String| if text.trim().is_empty() { None } else { Some(text.trim().to_owned()) };
        let known = Known {
            path: request.place,
            kind: given(request.kind),
            why: given(request.why),
            until: given(request.until),
        };
        let edits = mark_known(loaded, &result.fixture, known)?;
        self.make(edits, None).await?;
        Ok(Nothing {})
    }
}
