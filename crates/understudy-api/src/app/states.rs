//! The states of services: what fixtures have set, and what a person sets.

use super::App;
use super::commands::Nothing;
use super::view::ServiceRef;
use crate::error::{ApiError, Code};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use understudy_fixture::model::{Fixture, When};
use understudy_match::State;
use understudy_serve::LiveState;

/// The state of a service.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct States {
    /// By name; none where the service does not answer.
    states: Vec<NamedState>,
}

/// One name of a service's state.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct NamedState {
    /// The name.
    name: String,
    /// What it is set to; `null` where it is not.
    value: Option<String>,
    /// The values that fixtures speak of, and the one that it has.
    values: BTreeSet<String>,
}

/// What a name of a service's state is set to.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct SetState {
    /// The service.
    service: String,
    /// The name.
    name: String,
    /// The value; `null` unsets it.
    value: Option<String>,
}

impl App {
    pub(super) async fn states(&self, request: ServiceRef) -> Result<States, ApiError> {
        let open = self.project.lock().await;
        let project = Arc::clone(open.servers.project());
        let Some(live) = open.servers.state(&request.service) else { return Ok(States { states: Vec::new() }) };
        drop(open);
        let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let fixtures = project.service(&request.service)?.fixtures.iter();
        for (name, value) in fixtures.filter(|fixture| fixture.enabled).flat_map(|fixture| spoken_of(fixture)) {
            known.entry(name.to_owned()).or_default().insert(value.to_owned());
        }
        let now = live.get();
        for (name, value) in &*now {
            known.entry(name.clone()).or_default().insert(value.clone());
        }
        let state = |(name, values): (String, _)| NamedState { value: now.get(&name).cloned(), name, values };
        Ok(States { states: known.into_iter().map(state).collect() })
    }

    pub(super) async fn state_set(&self, request: SetState) -> Result<Nothing, ApiError> {
        let SetState { service, name, value } = request;
        self.live(&service).await?.set(&name, value.as_deref());
        self.changes.project_changed();
        Ok(Nothing {})
    }

    pub(super) async fn state_reset(&self, request: ServiceRef) -> Result<Nothing, ApiError> {
        self.live(&request.service).await?.reset();
        self.changes.project_changed();
        Ok(Nothing {})
    }

    /// The state that a service is in now.
    pub(super) async fn state(&self, service: &str) -> Arc<State> {
        self.project.lock().await.servers.state(service).map(|live| live.get()).unwrap_or_default()
    }

    async fn live(&self, service: &str) -> Result<Arc<LiveState>, ApiError> {
        self.project.lock().await.servers.state(service).ok_or_else(|| {
            ApiError::new(Code::Usage, format!("{service} does not answer, and has no state"))
                .with_hint("start the service first")
        })
    }
}

/// The names and values of the state that a fixture speaks of.
fn spoken_of(fixture: &Fixture) -> impl Iterator<Item = (&str, &str)> {
    let when = fixture.all_when();
    when.flat_map(|When { name, values }| values.iter().map(move |value| (name.as_str(), value.as_str())))
        .chain(fixture.all_set().map(|(name, value)| (name.as_str(), value.as_str())))
}
