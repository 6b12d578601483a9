//! A run as text for people.

use super::not_sent;
use crate::terminal::{Page, Paint, count, count_problems};
use understudy_api::{
    Block, DifferenceReport, FixtureReport, FixtureResult, NotVerified, Outcome, OutcomeKind, Run, Shared, Shown,
    blocks, new_beside,
};

/// The number of fixtures that are shown of those that share a failure.
const EXAMPLES: usize = 3;

/// Returns the report of a run; with `is_all`, each fixture by itself.
pub(super) fn text(run: &Run, not_verified: &[NotVerified], is_all: bool, is_strict: bool, paint: Paint) -> Page {
    let mut out = Page::new();
    let is_shown = |result: &&FixtureResult| match result.outcome {
        Outcome::Kept => !result.stale.is_empty() || !result.left.is_empty(),
        // If a backend is gone, one fixture stands for all of them.
        Outcome::Unreachable(_) => false,
        _ => is_all || !not_sent::is_grouped(result),
    };
    let reports: Vec<FixtureReport> = run.results.iter().filter(is_shown).map(FixtureReport::new).collect();
    let shown: Vec<&FixtureReport> = reports.iter().collect();
    for block in blocks(&shown, is_all) {
        match block {
            Block::One(report, own, shared) => fixture(run, report, &own, shared, paint, &mut out),
            Block::Many(group) => many(&group, paint, &mut out),
        }
    }
    if !is_all {
        out.append(&not_sent::groups(run, paint));
    }
    for service in run.backends.keys() {
        unreachable(run, service, paint, &mut out);
    }
    if !out.is_empty() {
        out.blank();
    }
    summary(run, paint, &mut out);
    left_open(run, not_verified, is_strict, paint, &mut out);
    out
}

/// The reason why a backend could not be reached.
fn unreachable(run: &Run, service: &str, paint: Paint, out: &mut Page) {
    let is_gone =
        |result: &&FixtureResult| *result.service == *service && matches!(result.outcome, Outcome::Unreachable(_));
    let gone: Vec<&FixtureResult> = run.results.iter().filter(is_gone).collect();
    let Some(Outcome::Unreachable(why)) =
        gone.iter().find(|result| result.request.is_some()).map(|result| &result.outcome)
    else {
        return;
    };
    let word = paint_outcome(OutcomeKind::Unreachable, "unreachable", paint);
    out.line(format_args!("{word} {service}: {}", count(gone.len(), "fixture")));
    out.lines("  ", why);
}

fn summary(run: &Run, paint: Paint, out: &mut Page) {
    for (service, backend) in &run.backends {
        out.line(format_args!("{service} at {backend}"));
    }
    for service in &run.without_backend {
        let why = format!("not verified: {}", run.lacks_backend(service));
        out.line(format_args!("{service} {}", paint.yellow(&why)));
    }
    let counted: Vec<String> = OutcomeKind::ALL
        .iter()
        .map(|kind| (run.summary.count(*kind), *kind))
        .filter(|(number, kind)| *number > 0 || *kind == OutcomeKind::Kept)
        .map(|(number, kind)| paint_outcome(kind, &format!("{number} {}", kind.as_str()), paint))
        .collect();
    out.line(format_args!("{} in {:.2} s", counted.join(", "), run.took.as_secs_f64()));
}

/// The lines below the counts: everything that a passed run leaves open.
fn left_open(run: &Run, not_verified: &[NotVerified], is_strict: bool, paint: Paint, out: &mut Page) {
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
        out.line(paint.dim(&note));
    }
    let retried: usize = run.results.iter().map(|result| result.retried as usize).sum();
    if retried > 0 {
        let note = format!("{} sent again, as the backend asked with retry-after", count(retried, "request"));
        out.line(paint.dim(&note));
    }
    not_sent::note(not_verified, is_strict, paint, out);
    for note in &run.notes {
        out.line(format_args!("{} {note}", paint.bold("note:")));
    }
    if !run.project.diagnostics.is_empty() {
        out.line(format_args!("{} in the project's files", count_problems(&run.project.diagnostics)));
    }
    if run.summary.judged() == 0 {
        out.line(paint.red("no promise was tested"));
    }
}

/// A failure that several fixtures share.
fn many(group: &Shared<'_>, paint: Paint, out: &mut Page) {
    let (first, differences) = &group.fixtures[0];
    let outcome = outcome(first, paint);
    out.line(format_args!("{outcome} {}: {}", count(group.fixtures.len(), "fixture"), paint.bold(&group.title)));
    for shown in differences {
        values(shown.difference, &first.added, out);
    }
    if differences.is_empty() {
        // The title is the first line of the reason.
        let rest: Vec<&str> = first.reason.as_deref().unwrap_or_default().lines().skip(1).collect();
        rest.iter().for_each(|line| out.line(format_args!("  {line}")));
    } else {
        response(first, out);
    }
    for (report, differences) in group.fixtures.iter().take(EXAMPLES) {
        let place = differences.first().map(|shown| {
            let path = &shown.difference.path;
            let what =
                if *path == shown.difference.kind { report.request.clone().unwrap_or_default() } else { path.clone() };
            format!("  {}  {}", paint.dim(&location(shown.difference, report)), &what)
        });
        let place = place.unwrap_or_else(|| format!("  {}", paint.dim(&report.file)));
        out.line(format_args!("  {}/{}{}", report.service, report.fixture, place.trim_end()));
    }
    let rest = group.fixtures.len() - group.fixtures.len().min(EXAMPLES);
    if rest > 0 {
        let note = format!("and {}: --all shows each by itself", count(rest, "more fixture"));
        out.line(format_args!("  {}", paint.dim(&note)));
    }
}

fn fixture(run: &Run, report: &FixtureReport, differences: &[Shown<'_>], shared: usize, paint: Paint, out: &mut Page) {
    let request = report.request.as_deref().map(|request| format!("  {}", paint.dim(request))).unwrap_or_default();
    out.line(format_args!("{} {}/{}{request}", outcome(report, paint), report.service, report.fixture));
    let has_response = !report.differences.is_empty() || !report.known.is_empty();
    if let Some(reason) = report.reason.as_deref().filter(|_| !has_response) {
        out.lines("  ", reason);
    }
    for Shown { difference, more } in differences {
        // The kind of a status is its place.
        let kind = if difference.path == difference.kind { "" } else { &difference.kind };
        let place = format!("{} {kind}", paint.bold(&difference.path));
        let line = paint.dim(&location(difference, report));
        out.line(format_args!("  {}  {line}", place.trim_end()));
        values(difference, &report.added, out);
        if *more > 0 {
            let note = format!("and in {}: --json names them", count(*more, "more element"));
            out.line(format_args!("    {}", paint.dim(&note)));
        }
    }
    if has_response && !differences.is_empty() {
        response(report, out);
    }
    if shared > 0 {
        let note = format!("and {} that other fixtures share", count(shared, "difference"));
        out.line(format_args!("  {}", paint.dim(&note)));
    }
    notes(run, report, paint, out);
    if has_response && differences.is_empty() && shared == 0 {
        response(report, out);
    }
}

/// The fixture's file and the line of an expectation.
fn location(difference: &DifferenceReport, report: &FixtureReport) -> String {
    match difference.line {
        Some(line) => format!("{}:{line}", report.file),
        None => report.file.clone(),
    }
}

fn values(difference: &DifferenceReport, added: &[String], out: &mut Page) {
    out.line(format_args!("    expected  {}", difference.expected));
    out.line(format_args!("    received  {}", difference.received));
    let new = new_beside(difference, added);
    if !new.is_empty() {
        out.line(format_args!("    new here  {}", new.join(", ")));
    }
    if let Some(hint) = &difference.hint {
        out.line(format_args!("    hint      {hint}"));
    }
}

/// The words of an error response, one a line.
fn response(report: &FixtureReport, out: &mut Page) {
    let lines = report.reason.as_deref().unwrap_or_default().lines().enumerate();
    let label = |at: usize| if at == 0 { "response" } else { "        " };
    lines.for_each(|(at, line)| out.line(format_args!("    {}  {line}", label(at))));
}

/// Accepted differences, and what a run could not undo.
fn notes(run: &Run, report: &FixtureReport, paint: Paint, out: &mut Page) {
    let is_it = |result: &&FixtureResult| *result.service == *report.service && *result.fixture.id == *report.fixture;
    let result = if report.known.is_empty() { None } else { run.results.iter().find(is_it) };
    for known in result.iter().flat_map(|result| result.telling_known()) {
        let until = known.known.until.as_deref().map(|day| format!(" until {day}")).unwrap_or_default();
        let why = known.known.why.as_deref().unwrap_or("no reason given");
        let (path, kind) = (&known.mismatch.path, known.mismatch.kind.as_str());
        let place = if path == kind { path.clone() } else { format!("{path} {kind}") };
        out.line(format_args!("  {place}, accepted{until}: {why}"));
    }
    for stale in &report.stale {
        out.line(format_args!("  {} {stale}", paint.yellow("known difference")));
    }
    for left in &report.left {
        out.line(format_args!("  {} {left}", paint.yellow("not taken back")));
    }
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
