//! Results that a run did not verify, and the suggested fix for each.

use crate::report::reason;
use crate::verify::Run;
use serde::Serialize;
use std::sync::Arc;
use understudy_contract::{Outcome, Result as FixtureResult};
use understudy_fixture::model::Fixture;

/// The name of what was left out because its service has no backend.
const NO_BACKEND: &str = "no backend";
/// The name of a fixture that its file switches off.
const NOT_ENABLED: &str = "not enabled";

/// A fixture that a run did not verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotVerified {
    /// The service.
    pub service: String,
    /// The fixture's id.
    pub fixture: String,
    /// Its file, relative to the project.
    pub file: String,
    /// Its outcome, `no backend` or `not enabled`.
    pub outcome: &'static str,
    /// The reason.
    pub reason: String,
    /// The steps that make the fixture verifiable.
    pub fix: String,
}

impl NotVerified {
    /// Returns true if a strict run fails because of this fixture. A fixture that its file switches
    /// off is no part of the contract.
    #[must_use]
    pub fn fails_strict(&self) -> bool {
        self.outcome != NOT_ENABLED
    }
}

/// Lists what a run did not verify, by service and id.
#[must_use]
pub fn not_verified(run: &Run) -> Vec<NotVerified> {
    let mut all: Vec<NotVerified> = run.results.iter().filter_map(|result| of_result(result, &run.results)).collect();
    for loaded in &run.project.services {
        let name = &loaded.service.name;
        let has_backend = !run.without_backend.contains(name);
        let left_out = |fixture: &&Arc<Fixture>| !fixture.enabled || !has_backend;
        for fixture in run.selected(loaded).filter(left_out) {
            let of = |outcome: &'static str, reason: String, fix: String| NotVerified {
                service: name.clone(),
                fixture: fixture.id.to_string(),
                file: fixture.file.to_string(),
                outcome,
                reason,
                fix,
            };
            all.push(if fixture.enabled {
                of(
                    NO_BACKEND,
                    format!("`{name}`: {}", run.lacks_backend(name)),
                    format!("choose or add one under `services: {name}` in understudy.yaml, or leave the service out with --service"),
                )
            } else {
                of(NOT_ENABLED, "its file says `enabled: false`".to_owned(), "remove `enabled: false`".to_owned())
            });
        }
    }
    all.sort_by(|a, b| (&a.service, &a.fixture).cmp(&(&b.service, &b.fixture)));
    all
}

const ALLOW_WRITES: &str = "set `writes: true` at the backend in understudy.yaml, or use --allow-writes";

fn of_result(result: &FixtureResult, all: &[FixtureResult]) -> Option<NotVerified> {
    let is_write = |parent: &str| {
        all.iter().any(|other| {
            other.service == result.service && *other.fixture.id == *parent && other.outcome == Outcome::HeldBack
        })
    };
    let fix = match &result.outcome {
        Outcome::Kept | Outcome::Broken | Outcome::Known => return None,
        Outcome::Skipped(_) if result.fixture.verify.skip.is_some() => "remove `verify.skip`".to_owned(),
        Outcome::Skipped(_) if result.fixture.when.is_empty() => {
            "name the response to compare with `verify.response`".to_owned()
        }
        Outcome::Skipped(_) => {
            "bring the backend into the state with `verify.given`, or name a response with `verify.response`".to_owned()
        }
        Outcome::HeldBack => ALLOW_WRITES.to_owned(),
        Outcome::NotVerifiable(_) => "give the value or the state that the reason names".to_owned(),
        Outcome::Blocked(parent) if is_write(parent) => ALLOW_WRITES.to_owned(),
        Outcome::Blocked(parent) => format!("fix `{parent}` first"),
        Outcome::Unreachable(_) => "start the backend, or correct its address".to_owned(),
    };
    let reason = reason(&result.outcome).unwrap_or_default();
    // The lines below the first one say what to do.
    let (reason, fix) = match reason.split_once('\n') {
        Some((reason, hint)) => (reason.to_owned(), hint.to_owned()),
        None => (reason, fix),
    };
    Some(NotVerified {
        service: result.service.to_string(),
        fixture: result.fixture.id.to_string(),
        file: result.fixture.file.to_string(),
        outcome: result.outcome.name(),
        reason,
        fix,
    })
}
