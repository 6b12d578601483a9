//! What is remembered of runs: when each fixture was last held against a backend, and what came of it.
//!
//! All of it is one value, which each run replaces. The store is open only for as long as it takes: any number of programs
//! verify one project.

use crate::clock;
use crate::error::ApiError;
use crate::local;
use crate::project::Project;
use crate::recordings::store_error;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};
use understudy_contract::{Outcome, Result as FixtureResult};
use understudy_match::Kind;
use understudy_store::{Latest, StoreError};

/// The folder of runs in that of the project's local state.
const RUNS: &str = "runs";

/// How long another program is waited for, which has the store open just now.
const WAIT: Duration = Duration::from_secs(2);
const WAIT_STEP: Duration = Duration::from_millis(20);
/// How long the disk may take.
const DISK_WAIT: Duration = Duration::from_secs(20);

/// What came of a fixture the last time that it was held against a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Verified {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// The backend's address.
    pub backend: String,
    /// `kept`, `broken` or `known`.
    pub outcome: String,
    /// Whether the answer was what the description says, when that was asked last.
    pub described: Option<bool>,
}

/// By service and fixture: `shop/items/get`.
pub(crate) type LastResults = BTreeMap<String, Verified>;

/// The last results of a project's fixtures; none where nothing was ever remembered.
///
/// # Errors
/// Another program does not let go of the store; the disk says no.
pub(crate) fn last_results(root: &Path) -> Result<LastResults, ApiError> {
    if !root.join(local::FOLDER).join(RUNS).is_dir() {
        return Ok(LastResults::new());
    }
    read(&mut open(root)?)
}

/// Adds a run to what is remembered.
///
/// # Errors
/// As [`last_results`].
pub(crate) fn remember(
    project: &Project,
    backends: &BTreeMap<String, String>,
    run: &[FixtureResult],
    openapi: bool,
) -> Result<(), ApiError> {
    let mut stored = open(&project.root)?;
    let mut results = read(&mut stored)?;
    let there: HashSet<String> = project
        .services
        .iter()
        .flat_map(|loaded| loaded.files().map(|(_, id, _)| format!("{}/{id}", loaded.service.name)))
        .collect();
    let at = clock::now().unix_millis;
    for result in run {
        if !matches!(result.outcome, Outcome::Kept | Outcome::Broken | Outcome::Known) {
            continue;
        }
        let loaded = project.services.iter().find(|loaded| *loaded.service.name == *result.service);
        let is_asked = openapi && loaded.is_some_and(|loaded| loaded.description().is_some());
        let is_as_described = result.mismatches.iter().all(|mismatch| mismatch.kind != Kind::Described);
        let key = format!("{}/{}", result.service, result.fixture.id);
        // What was not asked this time is known from before.
        let before = results.get(&key).and_then(|before| before.described);
        let verified = Verified {
            at,
            backend: backends.get(&*result.service).cloned().unwrap_or_default(),
            outcome: result.outcome.name().to_owned(),
            described: if is_asked { Some(is_as_described) } else { before },
        };
        results.insert(key, verified);
    }
    results.retain(|key, _| there.contains(key));
    let bytes = serde_json::to_vec(&results).expect("results are JSON");
    stored.replace(bytes, DISK_WAIT).map_err(|error| store_error(&error))
}

fn open(root: &Path) -> Result<Latest, ApiError> {
    let folder = local::folder(root).map_err(|error| ApiError::of_file(&root.join(local::FOLDER), "make", &error))?;
    let began = Instant::now();
    loop {
        match Latest::open(&folder.join(RUNS)) {
            Ok(stored) => return Ok(stored),
            Err(StoreError::Locked { .. }) if began.elapsed() < WAIT => std::thread::sleep(WAIT_STEP),
            Err(error) => return Err(store_error(&error)),
        }
    }
}

fn read(stored: &mut Latest) -> Result<LastResults, ApiError> {
    let newest = stored.read(|bytes| serde_json::from_slice(bytes).ok());
    Ok(newest.map_err(|error| store_error(&error))?.unwrap_or_default())
}
