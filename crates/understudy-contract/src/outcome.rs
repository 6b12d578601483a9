//! What came of the fixtures of a run.

use http::StatusCode;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use understudy_exchange::Response;
use understudy_fixture::model::{Fixture, Known};
use understudy_match::{Kind, Mismatch};

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

/// The kind of an outcome, without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeKind {
    /// [`Outcome::Kept`]
    Kept,
    /// [`Outcome::Broken`]
    Broken,
    /// [`Outcome::Known`]
    Known,
    /// [`Outcome::Skipped`]
    Skipped,
    /// [`Outcome::HeldBack`]
    HeldBack,
    /// [`Outcome::NotVerifiable`]
    NotVerifiable,
    /// [`Outcome::Blocked`]
    Blocked,
    /// [`Outcome::Unreachable`]
    Unreachable,
}

impl OutcomeKind {
    /// All, in the order in which they are counted.
    pub const ALL: [Self; 8] = [
        Self::Kept,
        Self::Broken,
        Self::Known,
        Self::Skipped,
        Self::HeldBack,
        Self::NotVerifiable,
        Self::Blocked,
        Self::Unreachable,
    ];

    /// As it is written in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Broken => "broken",
            Self::Known => "known",
            Self::Skipped => "skipped",
            Self::HeldBack => "held back",
            Self::NotVerifiable => "not verifiable",
            Self::Blocked => "blocked",
            Self::Unreachable => "unreachable",
        }
    }
}

impl Outcome {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Kept => OutcomeKind::Kept,
            Self::Broken => OutcomeKind::Broken,
            Self::Known => OutcomeKind::Known,
            Self::Skipped(_) => OutcomeKind::Skipped,
            Self::HeldBack => OutcomeKind::HeldBack,
            Self::NotVerifiable(_) => OutcomeKind::NotVerifiable,
            Self::Blocked(_) => OutcomeKind::Blocked,
            Self::Unreachable(_) => OutcomeKind::Unreachable,
        }
    }

    /// Its kind's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.kind().as_str()
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
    /// The number of times that the request was sent again because of the backend's `retry-after`.
    pub retried: u32,
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
    /// The reason that an unexpected error response or redirect gives, in its own words, a line each.
    pub reported: Vec<String>,
    /// The lines of the fixture's file in which the expectations stand, by the path and kind of the mismatch. Filled by
    /// those who have the file.
    pub lines: BTreeMap<(String, Kind), u32>,
    /// Credentials that the run knows and that the response may echo: neither shown nor written into files.
    pub secrets: Vec<String>,
    /// The whole answer, where it differs from what was promised and is not too large to be kept.
    pub answer: Option<Arc<Response>>,
    /// From sending to the end of the answer.
    pub took: Duration,
}

/// The lowest status of a redirect or an error.
const NO_SUCCESS: u16 = 300;

/// Returns true if a response with these differences is an unexpected error or redirect.
pub(crate) fn is_refusal<'m>(mismatches: impl IntoIterator<Item = &'m Mismatch>, status: Option<StatusCode>) -> bool {
    mismatches.into_iter().any(|mismatch| mismatch.kind == Kind::Status)
        && status.is_some_and(|status| status.as_u16() >= NO_SUCCESS)
}

impl Result {
    /// Returns true if the response is an unexpected error or redirect. Its body then has nothing
    /// to do with the expected body, so differences between the two mean nothing.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let has_status = self.mismatches.iter().chain(self.known.iter().map(|known| &known.mismatch));
        is_refusal(has_status, self.status)
    }

    /// Returns the differences that a person has to read. If the request was refused, the others only follow from that.
    pub fn telling_mismatches(&self) -> impl Iterator<Item = &Mismatch> {
        let is_refused = self.is_refused();
        self.mismatches.iter().filter(move |mismatch| !is_refused || says_why(mismatch.kind))
    }

    /// Returns the accepted differences that a person has to read, by the same rule as [`Self::telling_mismatches`].
    pub fn telling_known(&self) -> impl Iterator<Item = &KnownDifference> {
        let is_refused = self.is_refused();
        self.known.iter().filter(move |known| !is_refused || says_why(known.mismatch.kind))
    }
}

/// Returns true if a difference of a refused request does not merely follow from the unexpected status.
pub(crate) fn says_why(kind: Kind) -> bool {
    matches!(kind, Kind::Status | Kind::Described)
}

/// How many fixtures came to what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    counts: BTreeMap<OutcomeKind, usize>,
}

impl Summary {
    /// Counts results.
    #[must_use]
    pub fn of(results: &[Result]) -> Self {
        let mut counts = BTreeMap::new();
        for result in results {
            *counts.entry(result.outcome.kind()).or_default() += 1;
        }
        Self { counts }
    }

    /// How many came to this.
    #[must_use]
    pub fn count(&self, kind: OutcomeKind) -> usize {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// How many were sent and judged.
    #[must_use]
    pub fn judged(&self) -> usize {
        [OutcomeKind::Kept, OutcomeKind::Broken, OutcomeKind::Known].map(|kind| self.count(kind)).iter().sum()
    }
}
