//! Advice about new fixtures: the values that `verify` needs from the project, and the values that the stub accepts in
//! their place.

use crate::error::ApiError;
use crate::project::{LoadedService, open_project};
use crate::root::Root;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use understudy_exchange::{Json, Request};
use understudy_fixture::model::Fixture;
use understudy_match::{example_request, stub_request};

/// A value that `verify` sends and no earlier response gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VarNeeded {
    /// The service.
    pub service: String,
    /// The name, as it is written under a backend's `vars`.
    pub name: String,
    /// True if each backend of the service has it.
    pub is_known: bool,
    /// The files of the fixtures that send it.
    pub files: Vec<String>,
    /// The value that the stub refuses, as it was recorded; it takes any other.
    pub refused: Option<String>,
}

/// Returns the values that new files need. Values that every backend has are left out, unless the stub refuses one in
/// their place.
///
/// # Errors
/// The project cannot be read.
pub(crate) fn vars_needed(root: &Root, files: &[String]) -> Result<Vec<VarNeeded>, ApiError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let project = open_project(root)?;
    let mut all = Vec::new();
    for loaded in &project.services {
        let mut needed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for fixture in loaded.fixtures.iter().filter(|fixture| files.iter().any(|file| **file == *fixture.file)) {
            for name in names(loaded, fixture) {
                needed.entry(name).or_default().push(fixture.file.to_string());
            }
        }
        for (name, files) in needed {
            let (is_known, refused) = (is_known(loaded, &name), refused(loaded, &name));
            if !is_known || refused.is_some() {
                all.push(VarNeeded { service: loaded.service.name.clone(), name, is_known, files, refused });
            }
        }
    }
    Ok(all)
}

fn is_known(loaded: &LoadedService, name: &str) -> bool {
    let backends = &loaded.service.backends;
    !backends.is_empty() && backends.iter().all(|backend| backend.vars.iter().any(|(known, _)| known == name))
}

/// Returns the names that a fixture sends, without those that are captured before it.
fn names(loaded: &LoadedService, fixture: &Arc<Fixture>) -> BTreeSet<String> {
    let found = RefCell::new(BTreeSet::new());
    let value = |name: &str| {
        found.borrow_mut().insert(name.to_owned());
        Some(Json::string(name))
    };
    // A fixture without an example request is not sent.
    let _ = example_request(fixture, "", &value);
    let mut names = found.into_inner();
    for parent in ancestors(loaded, fixture) {
        names.retain(|name| parent.verify.capture.iter().all(|capture| capture.name != *name));
    }
    names
}

fn ancestors<'l>(loaded: &'l LoadedService, fixture: &'l Arc<Fixture>) -> Vec<&'l Arc<Fixture>> {
    let by_id: BTreeMap<&str, &Arc<Fixture>> = loaded.fixtures.iter().map(|fixture| (&*fixture.id, fixture)).collect();
    let parents = |fixture: &'l Arc<Fixture>| {
        let own = fixture.verify.after.as_ref().unwrap_or(&loaded.service.after);
        own.iter().chain(&fixture.verify.again).filter_map(|id| by_id.get(id.as_str()).copied())
    };
    let (mut all, mut open) = (Vec::new(), vec![fixture]);
    let mut seen = BTreeSet::from([&*fixture.id]);
    while let Some(next) = open.pop() {
        for parent in parents(next).filter(|parent| seen.insert(&*parent.id)) {
            all.push(parent);
            open.push(parent);
        }
    }
    all
}

/// Returns the refused value that a fixture of the service sends in place of a value: `wrong-password` for `password`.
fn refused(loaded: &LoadedService, name: &str) -> Option<String> {
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '-'));
    let wrong = format!("wrong-{kind}");
    let sends = |fixture: &Arc<Fixture>| {
        stub_request(fixture, "").is_ok_and(|Request { target, headers, body, .. }| {
            let holds = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(&wrong);
            holds(target.as_str().as_bytes()) || holds(&body) || headers.values().any(|value| holds(value.as_bytes()))
        })
    };
    loaded.fixtures.iter().any(sends).then_some(wrong)
}
