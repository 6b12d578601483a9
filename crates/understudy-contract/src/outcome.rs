//! What came of the fixtures of a run.

use http::StatusCode;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use understudy_exchange::Response;
use understudy_fixture::model::{Fixture, Known};
use understudy_match::Mismatch;

/// What came of one fixture. Never mixed: each says what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The answer is what was promised.
    Kept,
    /// It is not.
    Broken,
    /// It is not, but all differences are accepted for now.
    Known,
    /// The fixture says why it is not replayed.
    Skipped(String),
    /// It writes, and the backend's entry does not allow that.
    HeldBack,
    /// A value is missing that its request needs, or the backend could not be brought into the state that it needs.
    NotVerifiable(String),
    /// A fixture that it comes after was not kept.
    Blocked(Arc<str>),
    /// The backend could not be reached.
    Unreachable(String),
}

impl Outcome {
    /// Its name, in the order in which outcomes are counted.
    pub const NAMES: [&'static str; 8] =
        ["kept", "broken", "known", "skipped", "held back", "not verifiable", "blocked", "unreachable"];

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let at = match self {
            Self::Kept => 0,
            Self::Broken => 1,
            Self::Known => 2,
            Self::Skipped(_) => 3,
            Self::HeldBack => 4,
            Self::NotVerifiable(_) => 5,
            Self::Blocked(_) => 6,
            Self::Unreachable(_) => 7,
        };
        Self::NAMES[at]
    }

    /// Whether a fixture after this one may run.
    pub(crate) fn lets_others_follow(&self) -> bool {
        matches!(self, Self::Kept | Self::Known)
    }
}

/// A difference that is accepted for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDifference {
    /// The difference.
    pub mismatch: Mismatch,
    /// What the fixture says about it.
    pub known: Known,
}

/// What came of one fixture, with all that is known about it.
#[derive(Debug, Clone)]
pub struct Result {
    /// The service.
    pub service: Arc<str>,
    /// The fixture.
    pub fixture: Arc<Fixture>,
    /// Who answers for it: the fixture's owner or the service's.
    pub owner: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// What was sent, where something was: `GET /pets/7`.
    pub request: Option<String>,
    /// The status that came back.
    pub status: Option<StatusCode>,
    /// Differences that break the promise.
    pub mismatches: Vec<Mismatch>,
    /// Differences that are accepted for now.
    pub known: Vec<KnownDifference>,
    /// Accepted differences that no longer occur, or whose day has passed.
    pub stale: Vec<String>,
    /// States that the backend was not brought out of again, and why.
    pub left: Vec<String>,
    /// What passed without proving anything.
    pub unproven: Vec<String>,
    /// What the backend adds.
    pub added: Vec<String>,
    /// The whole answer, where it differs from what was promised and is not too large to be kept.
    pub answer: Option<Arc<Response>>,
    /// From sending to the end of the answer.
    pub took: Duration,
}

/// How many fixtures came to what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    counts: BTreeMap<&'static str, usize>,
}

impl Summary {
    /// Counts results.
    #[must_use]
    pub fn of(results: &[Result]) -> Self {
        let mut counts = BTreeMap::new();
        for result in results {
            *counts.entry(result.outcome.name()).or_default() += 1;
        }
        Self { counts }
    }

    /// How many came to this; a name of [`Outcome::NAMES`].
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.counts.get(name).copied().unwrap_or(0)
    }

    /// How many were sent and judged.
    #[must_use]
    pub fn judged(&self) -> usize {
        ["kept", "broken", "known"].iter().map(|name| self.count(name)).sum()
    }
}
