//! A run as text for people.

use super::not_sent;
use crate::terminal::{Paint, count, count_problems, plain};
use understudy_api::{
    Block, DifferenceReport, FixtureReport, FixtureResult, NotVerified, Outcome, OutcomeKind, Run, Shared, Shown,
    blocks, new_beside,
};

/// The number of fixtures that are shown of those that share a failure.
const EXAMPLES: usize = 3;

/// Returns the report of a run; with `is_all`, each fixture by itself.
pub(super) fn text(run: &Run, not_verified: &[NotVerified], is_all: bool, is_strict: bool, paint: Paint) -> String {
    let mut out = String::new();
    let is_shown = |result: &&FixtureResult| match result.outcome {
        Outcome::Kept => !result.stale.is_empty() || !result.left.is_empty(),
        // If a backend is gone, one fixture stands for all of them.
        Outcome::Unreachable(_) => false,
        _ => is_all || !not_sent::is_grouped(result),
    };
    let reports: Vec<FixtureReport> = run.results.iter().filter(is_shown).map(FixtureReport::new).collect();
    let shown: Vec<&FixtureReport> = reports.iter().collect();
    for block in blocks(&shown, is_all) {
        out.push_str(&match block {
            Block::One(report, own, shared) => fixture(run, report, &own, shared, paint),
            Block::Many(group) => many(&group, paint),
        });
    }
    if !is_all {
        out.push_str(&not_sent::groups(run, paint));
    }
    for service in run.backends.keys() {
        out.push_str(&unreachable(run, service, paint));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&summary(run, paint));
    out.push_str(&left_open(run, not_verified, is_strict, paint));
    out
}

/// The reason why a backend could not be reached.
fn unreachable(run: &Run, service: &str, paint: Paint) -> String {
    let is_gone =
        |result: &&FixtureResult| *result.service == *service && matches!(result.outcome, Outcome::Unreachable(_));
    let gone: Vec<&FixtureResult> = run.results.iter().filter(is_gone).collect();
    let Some(Outcome::Unreachable(why)) =
        gone.iter().find(|result| result.request.is_some()).map(|result| &result.outcome)
    else {
        return String::new();
    };
    let word = paint_outcome(OutcomeKind::Unreachable, "unreachable", paint);
    format!("{word} {service}: {}\n{}", count(gone.len(), "fixture"), indented(why))
}

fn summary(run: &Run, paint: Paint) -> String {
    let mut out = String::new();
    for (service, backend) in &run.backends {
        out.push_str(&format!("{service} at {backend}\n"));
    }
    for service in &run.without_backend {
        out.push_str(&format!("{service} {}\n", paint.yellow("not verified: it has no such backend")));
    }
    let counted: Vec<String> = OutcomeKind::ALL
        .iter()
        .map(|kind| (run.summary.count(*kind), *kind))
        .filter(|(number, kind)| *number > 0 || *kind == OutcomeKind::Kept)
        .map(|(number, kind)| paint_outcome(kind, &format!("{number} {}", kind.as_str()), paint))
        .collect();
    out.push_str(&format!("{} in {:.2} s\n", counted.join(", "), run.took.as_secs_f64()));
    out
}

/// The lines below the counts: everything that a passed run leaves open.
fn left_open(run: &Run, not_verified: &[NotVerified], is_strict: bool, paint: Paint) -> String {
    let mut out = String::new();
    let (unproven, added): (usize, usize) = run
        .results
        .iter()
        .filter(|result| !result.is_refused())
        .fold((0, 0), |(unproven, added), result| (unproven + result.unproven.len(), added + result.added.len()));
    if unproven + added > 0 {
        let note = format!(
            "{} unproven, {} added by the backend: --json names them, --strict refuses them",
            count(unproven, "place"),
            count(added, "member")
        );
        out.push_str(&format!("{}\n", paint.dim(&note)));
    }
    let retried: usize = run.results.iter().map(|result| result.retried as usize).sum();
    if retried > 0 {
        let note = format!("{} sent again, as the backend asked with retry-after", count(retried, "request"));
        out.push_str(&format!("{}\n", paint.dim(&note)));
    }
    out.push_str(&not_sent::note(not_verified, is_strict, paint));
    if !run.project.diagnostics.is_empty() {
        out.push_str(&format!("{} in the project's files\n", count_problems(&run.project.diagnostics)));
    }
    if run.summary.judged() == 0 {
        out.push_str(&format!("{}\n", paint.red("no promise was tested")));
    }
    out
}

/// A failure that several fixtures share.
fn many(group: &Shared<'_>, paint: Paint) -> String {
    let (first, differences) = &group.fixtures[0];
    let outcome = outcome(first, paint);
    let mut out =
        format!("{outcome} {}: {}\n", count(group.fixtures.len(), "fixture"), paint.bold(&plain(&group.title)));
    for shown in differences {
        out.push_str(&values(shown.difference, &first.added));
    }
    if differences.is_empty() {
        // The title is the first line of the reason.
        let rest: Vec<&str> = first.reason.as_deref().unwrap_or_default().lines().skip(1).collect();
        out.push_str(&indented(&rest.join("\n")));
    } else {
        out.push_str(&response(first));
    }
    for (report, differences) in group.fixtures.iter().take(EXAMPLES) {
        let place = differences.first().map(|shown| {
            let path = &shown.difference.path;
            let what =
                if *path == shown.difference.kind { report.request.clone().unwrap_or_default() } else { path.clone() };
            format!("  {}  {}", paint.dim(&plain(&location(shown.difference, report))), plain(&what))
        });
        let place = place.unwrap_or_else(|| format!("  {}", paint.dim(&plain(&report.file))));
        out.push_str(&format!("  {}/{}{}\n", report.service, report.fixture, place.trim_end()));
    }
    let rest = group.fixtures.len() - group.fixtures.len().min(EXAMPLES);
    if rest > 0 {
        let note = format!("and {}: --all shows each by itself", count(rest, "more fixture"));
        out.push_str(&format!("  {}\n", paint.dim(&note)));
    }
    out
}

fn fixture(run: &Run, report: &FixtureReport, differences: &[Shown<'_>], shared: usize, paint: Paint) -> String {
    let request =
        report.request.as_deref().map(|request| format!("  {}", paint.dim(&plain(request)))).unwrap_or_default();
    let mut out = format!("{} {}/{}{request}\n", outcome(report, paint), report.service, report.fixture);
    let has_response = !report.differences.is_empty() || !report.known.is_empty();
    if let Some(reason) = report.reason.as_deref().filter(|_| !has_response) {
        out.push_str(&indented(reason));
    }
    for Shown { difference, more } in differences {
        // The kind of a status is its place.
        let kind = if difference.path == difference.kind { "" } else { &difference.kind };
        let place = format!("{} {kind}", paint.bold(&plain(&difference.path)));
        let line = paint.dim(&plain(&location(difference, report)));
        out.push_str(&format!("  {}  {line}\n", place.trim_end()));
        out.push_str(&values(difference, &report.added));
        if *more > 0 {
            let note = format!("and in {}: --json names them", count(*more, "more element"));
            out.push_str(&format!("    {}\n", paint.dim(&note)));
        }
    }
    if has_response && !differences.is_empty() {
        out.push_str(&response(report));
    }
    if shared > 0 {
        let note = format!("and {} that other fixtures share", count(shared, "difference"));
        out.push_str(&format!("  {}\n", paint.dim(&note)));
    }
    out.push_str(&notes(run, report, paint));
    if has_response && differences.is_empty() && shared == 0 {
        out.push_str(&response(report));
    }
    out
}

/// The fixture's file and the line of an expectation.
fn location(difference: &DifferenceReport, report: &FixtureReport) -> String {
    match difference.line {
        Some(line) => format!("{}:{line}", report.file),
        None => report.file.clone(),
    }
}

fn values(difference: &DifferenceReport, added: &[String]) -> String {
    let mut out = format!("    expected  {}\n", plain(&difference.expected));
    out.push_str(&format!("    received  {}\n", plain(&difference.received)));
    let new = new_beside(difference, added);
    if !new.is_empty() {
        out.push_str(&format!("    new here  {}\n", plain(&new.join(", "))));
    }
    if let Some(hint) = &difference.hint {
        out.push_str(&format!("    hint      {}\n", plain(hint)));
    }
    out
}

/// The words of an error response, one a line.
fn response(report: &FixtureReport) -> String {
    let lines = report.reason.as_deref().unwrap_or_default().lines().enumerate();
    let label = |at: usize| if at == 0 { "response" } else { "        " };
    lines.map(|(at, line)| format!("    {}  {}\n", label(at), plain(line))).collect()
}

/// Accepted differences, and what a run could not undo.
fn notes(run: &Run, report: &FixtureReport, paint: Paint) -> String {
    let mut out = String::new();
    let is_it = |result: &&FixtureResult| *result.service == *report.service && *result.fixture.id == *report.fixture;
    let result = if report.known.is_empty() { None } else { run.results.iter().find(is_it) };
    for known in result.iter().flat_map(|result| result.telling_known()) {
        let until = known.known.until.as_deref().map(|day| format!(" until {day}")).unwrap_or_default();
        let why = known.known.why.as_deref().unwrap_or("no reason given");
        let (path, kind) = (plain(&known.mismatch.path), known.mismatch.kind.as_str());
        let place = if path == kind { path } else { format!("{path} {kind}") };
        out.push_str(&format!("  {place}, accepted{until}: {}\n", plain(why)));
    }
    for stale in &report.stale {
        out.push_str(&format!("  {} {}\n", paint.yellow("known difference"), plain(stale)));
    }
    for left in &report.left {
        out.push_str(&format!("  {} {}\n", paint.yellow("not taken back"), plain(left)));
    }
    out
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {}\n", plain(line))).collect()
}

fn outcome(report: &FixtureReport, paint: Paint) -> String {
    let kind = OutcomeKind::ALL.into_iter().find(|kind| kind.as_str() == report.outcome);
    kind.map_or_else(|| report.outcome.to_owned(), |kind| paint_outcome(kind, report.outcome, paint))
}

fn paint_outcome(kind: OutcomeKind, text: &str, paint: Paint) -> String {
    match kind {
        OutcomeKind::Kept => paint.green(text),
        OutcomeKind::Broken | OutcomeKind::Unreachable => paint.red(text),
        _ => paint.yellow(text),
    }
}
