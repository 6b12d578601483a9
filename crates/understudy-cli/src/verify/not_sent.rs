//! The fixtures that a run did not send, reported in groups. Fixtures that write, or that wait for
//! another fixture, look alike.

use crate::terminal::{Page, Paint, count};
use understudy_api::{FixtureResult, NotVerified, Outcome, OutcomeKind, Run};

/// The maximum number of fixtures named in a group.
const NAMED_MAX: usize = 3;

/// Reports the fixtures whose writes were not allowed, and the fixtures that come after a fixture
/// that did not pass.
pub(crate) fn groups(run: &Run, paint: Paint) -> Page {
    let mut out = Page::new();
    let held: Vec<&FixtureResult> = run.results.iter().filter(|r| r.outcome == Outcome::HeldBack).collect();
    if !held.is_empty() {
        let what = if held.len() == 1 { "it writes" } else { "they write" };
        out.line(format_args!("{} {}: {}", paint.yellow("held back"), count(held.len(), "fixture"), names(&held)));
        out.line(format_args!("  {what}: allow that with `writes: true` at the backend, or --allow-writes"));
    }
    let mut parents: Vec<(String, Vec<&FixtureResult>)> = Vec::new();
    for result in &run.results {
        let Outcome::Blocked(parent) = &result.outcome else { continue };
        let parent = format!("{}/{parent}", result.service);
        match parents.iter_mut().find(|(known, _)| *known == parent) {
            Some((_, blocked)) => blocked.push(result),
            None => parents.push((parent, vec![result])),
        }
    }
    for (parent, blocked) in parents {
        out.line(format_args!("{} {}: {}", paint.yellow("blocked"), count(blocked.len(), "fixture"), names(&blocked)));
        let them = if blocked.len() == 1 { "it" } else { "them" };
        out.line(format_args!("  `{parent}` comes before {them} and was not kept"));
    }
    out
}

/// Returns true if a result is reported in a group.
pub(crate) fn is_grouped(result: &FixtureResult) -> bool {
    matches!(result.outcome, Outcome::HeldBack | Outcome::Blocked(_))
}

fn names(results: &[&FixtureResult]) -> String {
    let named = results.iter().take(NAMED_MAX).map(|result| format!("{}/{}", result.service, result.fixture.id));
    let named: Vec<String> = named.collect();
    let more = results.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

/// Adds a note with the number of fixtures that were not verified, and their effect in a strict
/// run.
pub(crate) fn note(not_verified: &[NotVerified], is_strict: bool, paint: Paint, out: &mut Page) {
    // More about an unreachable backend is printed above, and every run fails because of it.
    let unreachable = OutcomeKind::Unreachable.as_str();
    let failing = not_verified.iter().filter(|one| one.fails_strict() && one.outcome != unreachable);
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for one in failing {
        match kinds.iter_mut().find(|(kind, _)| *kind == one.outcome) {
            Some((_, number)) => *number += 1,
            None => kinds.push((one.outcome, 1)),
        }
    }
    // The order of the summary; `no backend` is no outcome and stands last.
    let order = |kind: &str| OutcomeKind::ALL.iter().position(|known| known.as_str() == kind).unwrap_or(usize::MAX);
    kinds.sort_by_key(|(kind, _)| order(kind));
    let all: usize = kinds.iter().map(|(_, number)| number).sum();
    if all == 0 {
        return;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
    let what = format!("{} not verified ({})", count(all, "fixture"), kinds.join(", "));
    if is_strict {
        out.line(format_args!("{}: --strict fails; --json lists each with what to do", paint.red(&what)));
    } else {
        out.line(paint.dim(&format!("{what}: --json lists them, --strict fails for them")));
    }
}
