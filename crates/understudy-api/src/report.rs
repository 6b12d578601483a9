//! What runs and checks say, for programs: the documents of `--json`.

use crate::html::html;
use crate::junit::junit;
use crate::project::Project;
use crate::unverified::{NotVerified, not_verified};
use crate::verify::Run;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use understudy_contract::{Outcome, OutcomeKind, Result as FixtureResult};
use understudy_exchange::printable::printable_lines;
use understudy_exchange::redact::Redaction;
use understudy_fixture::{Diagnostic, Severity};
use understudy_match::{Mismatch, hint};

/// A secret that was replaced before anything was stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RedactionReport {
    /// The place of the secret: `request body $.password`.
    pub place: String,
    /// The text that stands there instead.
    pub stand_in: String,
    /// The rule that found it.
    pub rule: String,
    /// The name under which it stood, which a project can keep; `None` where it stood in a text.
    pub name: Option<String>,
}

impl RedactionReport {
    pub(crate) fn new(redaction: &Redaction) -> Self {
        let Redaction { place, stand_in, rule, .. } = redaction.clone();
        Self { name: name_in(&place), place, stand_in, rule }
    }
}

/// The name in the place of a secret: `sid` for `response header set-cookie sid`, `pin` for `request body
/// $.user.pin[0]`.
fn name_in(place: &str) -> Option<String> {
    let (before, last) = place.rsplit_once(' ')?;
    if last.ends_with("authorization") {
        // These header fields exist for credentials, so a project never keeps their values.
        return None;
    }
    let last = match last.strip_prefix('$') {
        Some(path) => path.rsplit('.').find(|step| !step.is_empty())?.split('[').next()?,
        None if before.ends_with("request") || before.ends_with("response") => return None,
        None => last,
    };
    (!last.is_empty()).then(|| last.to_owned())
}

/// The document of `verify --json`.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// The version of this document's form.
    pub version: u32,
    /// The backends, by service.
    pub backends: BTreeMap<String, String>,
    /// How many fixtures came to what.
    pub summary: BTreeMap<&'static str, usize>,
    /// Every fixture of the run.
    pub fixtures: Vec<FixtureReport>,
    /// Every fixture that the run is about and that was not verified, with the reason and what to do.
    pub not_verified: Vec<NotVerified>,
    /// Problems in the project's files: what they spoil was not verified.
    pub problems: Vec<DiagnosticReport>,
    /// Notes about the run as a whole, each with what to do.
    pub notes: Vec<String>,
}

/// A form in which a run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum ReportFormat {
    /// [`RunReport`], for programs.
    Json,
    /// `JUnit` XML, for CI servers.
    Junit,
    /// One page, for people.
    Html,
}

impl ReportFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Json, Self::Junit, Self::Html];

    /// What it is called on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Html => "html",
        }
    }

    /// What files of it end in.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Junit => "xml",
            Self::Html => "html",
        }
    }

    /// The report of a run.
    #[must_use]
    pub fn write(self, run: &Run) -> String {
        match self {
            Self::Json => {
                let text = serde_json::to_string_pretty(&RunReport::new(run)).expect("reports are plain data");
                printable_lines(&text)
            }
            Self::Junit => junit(run),
            Self::Html => html(run),
        }
    }
}

/// What came of one fixture.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FixtureReport {
    /// The service.
    pub service: String,
    /// The fixture's id.
    pub fixture: String,
    /// Its name, or its method and path.
    pub name: String,
    /// Its file, relative to the project.
    pub file: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What came of it: `kept`, `broken`, `known`, `skipped`, `held back`, `not verifiable`, `blocked`, `unreachable`.
    pub outcome: &'static str,
    /// Why, for the outcomes that have a reason; of an unexpected error response, its own words. In lines.
    pub reason: Option<String>,
    /// What was sent: `GET /pets/7`.
    pub request: Option<String>,
    /// The number of times that the request was sent again because the backend asked for it (`retry-after`).
    pub retried: u32,
    /// The status that came back.
    pub status: Option<u16>,
    /// Differences that break the promise.
    pub differences: Vec<DifferenceReport>,
    /// Differences that are accepted for now.
    pub known: Vec<DifferenceReport>,
    /// Accepted differences that no longer occur, or whose day has passed.
    pub stale: Vec<String>,
    /// States (`given`) that the backend was not brought out of again, and why.
    pub left: Vec<String>,
    /// What passed without proving anything.
    pub unproven: Vec<String>,
    /// What the backend adds.
    pub added: Vec<String>,
    /// From sending to the end of the answer, in microseconds.
    pub micros: u64,
}

/// One difference.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DifferenceReport {
    /// Where: a JSONPath, a header's name, or `status`.
    pub path: String,
    /// What kind.
    pub kind: String,
    /// What was promised.
    pub expected: String,
    /// What came.
    pub received: String,
    /// What to do about it, if that can be seen in it.
    #[serde(default)]
    pub hint: Option<String>,
    /// The fixture's file, relative to the project; `None` where the difference is not one of a run.
    #[serde(default)]
    pub file: Option<String>,
    /// The line in which the expectation stands in the file, from 1.
    #[serde(default)]
    pub line: Option<u32>,
}

/// A problem in a file.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiagnosticReport {
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What kind of problem.
    pub code: &'static str,
    /// The file, relative to the project.
    pub file: String,
    /// From 1; `null` where it is about the file as a whole.
    pub line: Option<u32>,
    /// In characters, from 1.
    pub column: Option<u32>,
    /// How many characters it is about.
    pub width: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The document of `check --json`.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// The version of this document's form.
    pub version: u32,
    /// How many fixtures can be used.
    pub fixtures: usize,
    /// Every problem.
    pub problems: Vec<DiagnosticReport>,
}

impl RunReport {
    /// The report of a run.
    #[must_use]
    pub fn new(run: &Run) -> Self {
        Self {
            version: 1,
            backends: run.backends.clone(),
            summary: OutcomeKind::ALL.into_iter().map(|kind| (kind.as_str(), run.summary.count(kind))).collect(),
            fixtures: run.results.iter().map(FixtureReport::new).collect(),
            not_verified: not_verified(run),
            problems: run.project.diagnostics.iter().map(DiagnosticReport::new).collect(),
            notes: run.notes.clone(),
        }
    }
}

impl FixtureReport {
    /// The report of one result.
    #[must_use]
    pub fn new(result: &FixtureResult) -> Self {
        let is_refused = result.is_refused();
        Self {
            service: result.service.to_string(),
            fixture: result.fixture.id.to_string(),
            name: result.fixture.title(),
            file: result.fixture.file.to_string(),
            owner: result.owner.clone(),
            tags: result.fixture.tags.clone(),
            outcome: result.outcome.name(),
            reason: reason(&result.outcome).or_else(|| reported(result)),
            request: result.request.clone(),
            retried: result.retried,
            status: result.status.map(|status| status.as_u16()),
            differences: result.telling_mismatches().map(|mismatch| DifferenceReport::of(result, mismatch)).collect(),
            known: result.telling_known().map(|known| DifferenceReport::of(result, &known.mismatch)).collect(),
            stale: result.stale.clone(),
            left: result.left.clone(),
            unproven: if is_refused { Vec::new() } else { result.unproven.clone() },
            added: if is_refused { Vec::new() } else { result.added.clone() },
            micros: u64::try_from(result.took.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

/// Why an outcome came about, in words.
pub(crate) fn reason(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Kept | Outcome::Broken | Outcome::Known => None,
        Outcome::Skipped(why) => Some(why.clone()),
        Outcome::HeldBack => {
            Some("it writes: allow that with `writes: true` at the backend, or --allow-writes".to_owned())
        }
        Outcome::NotVerifiable(why) => Some(why.clone()),
        Outcome::Blocked(parent) => Some(format!("`{parent}` comes before it and was not kept")),
        Outcome::Unreachable(why) => Some(why.clone()),
    }
}

/// The reason that the response itself gives.
fn reported(result: &FixtureResult) -> Option<String> {
    (!result.reported.is_empty()).then(|| result.reported.join("\n"))
}

impl DifferenceReport {
    pub(crate) fn new(mismatch: &Mismatch) -> Self {
        Self {
            path: mismatch.path.clone(),
            kind: mismatch.kind.as_str().to_owned(),
            expected: mismatch.expected.clone(),
            received: mismatch.received.clone(),
            hint: hint(mismatch),
            file: None,
            line: None,
        }
    }

    /// The report of a difference of a run.
    fn of(result: &FixtureResult, mismatch: &Mismatch) -> Self {
        let line = result.lines.get(&(mismatch.path.clone(), mismatch.kind)).copied();
        Self { file: Some(result.fixture.file.to_string()), line, ..Self::new(mismatch) }
    }
}

impl DiagnosticReport {
    /// The report of a problem.
    #[must_use]
    pub fn new(diagnostic: &Diagnostic) -> Self {
        Self {
            severity: if diagnostic.severity == Severity::Error { "error" } else { "warning" },
            code: diagnostic.code.as_str(),
            file: diagnostic.file.to_string(),
            line: diagnostic.span.map(|span| span.line),
            column: diagnostic.span.map(|span| span.column),
            width: diagnostic.span.map(|span| span.width),
            message: diagnostic.message.clone(),
            hint: diagnostic.hint.clone(),
        }
    }
}

impl CheckReport {
    pub(crate) fn new(project: &Project, problems: &[Diagnostic]) -> Self {
        Self {
            version: 1,
            fixtures: project.fixture_count(),
            problems: problems.iter().map(DiagnosticReport::new).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_the_name_of_what_stands_there() {
        for (place, name) in [
            ("response header set-cookie sid", Some("sid")),
            ("request body $.user.pin[0]", Some("pin")),
            ("request header x-token", Some("x-token")),
            ("request query api_key", Some("api_key")),
            ("request path", None),
            ("request header authorization", None),
            ("response body", None),
        ] {
            assert_eq!(name_in(place).as_deref(), name, "{place}");
        }
    }
}
