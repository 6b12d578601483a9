//! Failures that many fixtures share: an expired token, or one member with another name, is one failure and not a hundred.

use crate::report::{DifferenceReport, FixtureReport};
use std::collections::HashMap;

/// The number of fixtures from which on a failure that they share is shown once.
const SHARED_MIN: usize = 4;

/// The number of an error response's status from which on its own words say more than its differences.
const NO_SUCCESS: u16 = 300;

/// A failure that is the same in several fixtures.
#[derive(Debug)]
pub struct Shared<'r> {
    /// The difference in words: `status 401`, `userName missing`.
    pub title: String,
    /// The fixtures, each with its differences of this kind; none where the outcome has only a reason.
    pub fixtures: Vec<(&'r FixtureReport, Vec<Shown<'r>>)>,
}

/// A difference, and the number of further elements of the same array that have it.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'r> {
    /// The difference.
    pub difference: &'r DifferenceReport,
    /// The number of further elements.
    pub more: usize,
}

/// A piece of the report of a run, in the order of the fixtures.
#[derive(Debug)]
pub enum Block<'r> {
    /// A fixture with the differences that no other fixture shares, and the number of shared
    /// differences.
    One(&'r FixtureReport, Vec<Shown<'r>>, usize),
    /// A failure that many fixtures share.
    Many(Shared<'r>),
}

/// Arranges the fixtures that are to be shown.
#[must_use]
pub fn blocks<'r>(reports: &[&'r FixtureReport], is_all: bool) -> Vec<Block<'r>> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let all: Vec<(&FixtureReport, Vec<Failure<'r>>)> =
        reports.iter().map(|report| (*report, failures(report))).collect();
    for failure in all.iter().flat_map(|(_, failures)| failures) {
        *counts.entry(failure.key.clone()).or_default() += 1;
    }
    let is_shared = |failure: &Failure<'_>| !is_all && counts[&failure.key] >= SHARED_MIN;
    let mut blocks: Vec<Block<'r>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (report, failures) in all {
        let mut own = Vec::new();
        let mut shared = 0;
        let had_failures = !failures.is_empty();
        for failure in failures {
            if !is_shared(&failure) {
                own.extend(failure.shown);
                continue;
            }
            shared += failure.shown.len().max(1);
            let at = *places.entry(failure.key).or_insert_with(|| {
                blocks.push(Block::Many(Shared { title: failure.title, fixtures: Vec::new() }));
                blocks.len() - 1
            });
            if let Block::Many(group) = &mut blocks[at] {
                group.fixtures.push((report, failure.shown));
            }
        }
        let is_told = had_failures && own.is_empty() && shared > 0 && !has_notes(report);
        if !is_told {
            blocks.push(Block::One(report, own, shared));
        }
    }
    blocks
}

/// Arranges failures by their reason, the one with the most fixtures first. A fixture is at each of its reasons.
pub(crate) fn by_reason<'r>(reports: impl IntoIterator<Item = &'r FixtureReport>) -> Vec<Shared<'r>> {
    let mut all: Vec<Shared<'r>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for report in reports {
        for failure in failures(report) {
            let at = *places.entry(failure.key).or_insert_with(|| {
                all.push(Shared { title: failure.title, fixtures: Vec::new() });
                all.len() - 1
            });
            match all[at].fixtures.last_mut() {
                Some((last, shown)) if std::ptr::eq(*last, report) => shown.extend(failure.shown),
                _ => all[at].fixtures.push((report, failure.shown)),
            }
        }
    }
    all.sort_by_key(|shared| std::cmp::Reverse(shared.fixtures.len()));
    all
}

/// Returns true if a fixture has something to report beside its differences.
fn has_notes(report: &FixtureReport) -> bool {
    !(report.known.is_empty() && report.stale.is_empty() && report.left.is_empty())
}

/// One way in which a fixture failed.
struct Failure<'r> {
    /// Equal for failures that are the same.
    key: String,
    title: String,
    shown: Vec<Shown<'r>>,
}

fn failures(report: &FixtureReport) -> Vec<Failure<'_>> {
    let shown = shown_once(&report.differences);
    let reason = report.reason.as_deref().unwrap_or_default();
    if shown.is_empty() && !report.known.is_empty() {
        // The reason belongs to a difference that is accepted.
        return Vec::new();
    }
    if shown.is_empty() {
        let title = reason.lines().next().unwrap_or_default().to_owned();
        let key = format!("{} {reason}", report.outcome);
        return if reason.is_empty() { Vec::new() } else { vec![Failure { key, title, shown }] };
    }
    let is_status = |shown: &Shown<'_>| shown.difference.kind == "status";
    match report.status.filter(|status| *status >= NO_SUCCESS && shown.iter().any(is_status)) {
        Some(status) => {
            let key = format!("{status} {}", alike(&without_target(reason, report.request.as_deref())));
            vec![Failure { key, title: format!("status {status}"), shown }]
        }
        None => shown.into_iter().map(|shown| difference(shown, report)).collect(),
    }
}

fn difference<'r>(shown: Shown<'r>, report: &'r FixtureReport) -> Failure<'r> {
    let DifferenceReport { path, kind, expected, received, .. } = shown.difference;
    let place = last_step(path);
    let reason = alike(&without_target(report.reason.as_deref().unwrap_or_default(), report.request.as_deref()));
    let rest = match kind.as_str() {
        // The value that is missing is another one in each fixture.
        "missing" => new_beside(shown.difference, &report.added).join(" "),
        "type" => format!("{expected} {}", type_of(received)),
        _ => format!("{} {}", alike(expected), alike(received)),
    };
    let title = if place == kind { place.to_owned() } else { format!("{place} {kind}") };
    Failure { key: format!("{kind} {place} {rest} {reason}"), title, shown: vec![shown] }
}

/// The last step of a path: the name of a member, or `[*]`.
fn last_step(path: &str) -> &str {
    let from = path.rfind(['.', '[']).unwrap_or(0);
    let step = path[from..].trim_start_matches('.');
    if step.ends_with(']') && step[1..step.len() - 1].bytes().all(|b| b.is_ascii_digit()) { "[*]" } else { step }
}

fn type_of(received: &str) -> &'static str {
    match received.chars().next() {
        Some('"') => "string",
        Some('{') => "object",
        Some('[') => "array",
        Some('n') => "null",
        Some('t' | 'f') => "boolean",
        _ => "number",
    }
}

/// A text with `#` for each number, UUIDs included: a message about one resource is the same for another one.
fn alike(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        let is_id = word.bytes().filter(u8::is_ascii_digit).count() > 0
            && word.bytes().filter(u8::is_ascii_alphanumeric).all(|b| b.is_ascii_hexdigit());
        if is_id {
            out.push('#');
            out.extend(word.chars().last().filter(|c| !c.is_ascii_alphanumeric() && *c != '-'));
        } else {
            let mut last = ' ';
            for c in word.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }) {
                if !(c == '#' && last == '#') {
                    out.push(c);
                }
                last = c;
            }
        }
    }
    out
}

/// A reason without the target of its own request, which servers like to repeat.
fn without_target(reason: &str, request: Option<&str>) -> String {
    let target = request.and_then(|request| request.split_once(' ')).map(|(_, target)| target);
    let path = target.and_then(|target| target.split('?').next()).filter(|path| path.len() > 1);
    path.map_or_else(|| reason.to_owned(), |path| reason.replace(path, "{path}"))
}

/// Returns the new members beside a missing member: one of the new members may be the renamed one.
#[must_use]
pub fn new_beside<'a>(missing: &DifferenceReport, added: &'a [String]) -> Vec<&'a str> {
    if missing.kind != "missing" {
        return Vec::new();
    }
    let parts = |path: &'a str| path.rsplit_once('.').filter(|(_, name)| !name.contains(']'));
    let object = missing.path.rsplit_once('.').map(|(object, _)| object);
    let beside = added.iter().filter_map(|path| parts(path)).filter(|(other, _)| Some(*other) == object);
    beside.map(|(_, name)| name).collect()
}

/// The differences; of those that are the same in several elements of an array the first.
fn shown_once(differences: &[DifferenceReport]) -> Vec<Shown<'_>> {
    let mut all: Vec<Shown<'_>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for difference in differences {
        let path = any_element(&difference.path);
        let alike = format!("{path} {}", difference.kind);
        match places.get(&alike).filter(|_| path != difference.path) {
            Some(at) => all[*at].more += 1,
            None => {
                places.insert(alike, all.len());
                all.push(Shown { difference, more: 0 });
            }
        }
    }
    all
}

/// A path with `[*]` for every index.
fn any_element(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| match part.split_once(']') {
        Some((index, rest)) if index.bytes().all(|b| b.is_ascii_digit()) => format!("{path}[*]{rest}"),
        _ => format!("{path}[{part}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_alike_but_for_numbers_and_the_own_target() {
        let one = |reason: &str, request: &str| alike(&without_target(reason, Some(request)));
        assert_eq!(one("Cannot GET /pets/7", "GET /pets/7"), one("Cannot GET /shops", "GET /shops?a=1"));
        assert_eq!(one("no pet 7", "GET /"), one("no pet 1234", "GET /"));
        assert_eq!(
            one("no 0190a3c4-1111-7222-8333-abcdefabcdef", "GET /"),
            one("no 7c9e6679-7425-40de-944b-e07fc1f90ae7", "GET /")
        );
        assert_ne!(one("no pet", "GET /"), one("no shop", "GET /"));
    }

    #[test]
    fn the_last_step_is_the_name() {
        for (path, step) in
            [("$.a.b", "b"), ("$[0].a", "a"), ("$.a[12]", "[*]"), ("$['x y']", "['x y']"), ("status", "status")]
        {
            assert_eq!(last_step(path), step);
        }
    }
}
