//! `verify`

use crate::accepted;
use crate::args::VerifyArgs;
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::not_sent;
use crate::terminal::{Paint, count, count_problems, plain, say_problems};
use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use understudy_api::{
    AcceptOptions, ApiError, DifferenceReport, FixtureReport, FixtureResult, NotVerified, Outcome, OutcomeKind, Run,
    RunReport, VerifyProgress, VerifyRequest, not_verified, verify,
};

pub(crate) fn run(args: VerifyArgs) -> Result<Exit, ApiError> {
    let request = VerifyRequest {
        project: project(args.project.as_deref())?,
        backend: args.backend,
        services: args.services,
        filters: args.filters,
        fixtures: args.fixtures,
        tags: args.tags,
        jobs: usize::from(args.jobs),
        timeout: args.timeout,
        allow_writes: args.allow_writes,
        strict: args.strict,
        openapi: args.openapi,
        cancelled: Arc::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    let bar = Arc::new(Bar::default());
    let run = runtime.block_on(verify(&request, Arc::clone(&bar).progress()));
    bar.clear();
    let run = run?;
    say_problems(&run.project.diagnostics);
    let not_verified = not_verified(&run);
    if args.json {
        print_json(&RunReport::new(&run));
    } else {
        let _ = stdout().write_all(text(&run, &not_verified, args.strict, Paint::stdout()).as_bytes());
    }
    if let Some(why) = &run.forgotten {
        let _ = writeln!(
            stderr(),
            "{} the run is not remembered for `coverage`: {}",
            Paint::stderr().yellow("warning:"),
            plain(why)
        );
    }
    for (format, file) in &args.reports {
        std::fs::write(file, format.write(&run)).map_err(|error| ApiError::of_file(file, "write", &error))?;
    }
    let mut is_broken = run.summary.count(OutcomeKind::Broken) > 0;
    if args.accept {
        let options = AcceptOptions { named: request.fixtures, force: args.force, dry_run: args.dry_run };
        let accepted = understudy_api::accept(&run.project, &run.results, &options)?;
        let is_left = accepted::tell(&accepted, args.dry_run);
        // What was only shown is still to be accepted.
        is_broken = if args.dry_run { is_broken } else { is_left };
    }
    let is_open = args.strict && not_verified.iter().any(NotVerified::fails_strict);
    let exit = exit(&run, is_broken, is_open);
    // The program ends here: the system takes the memory back at once, and thousands of fixtures take a while one by one.
    std::mem::forget(run);
    Ok(exit)
}

/// Broken promises weigh most: they are known even where the backend went away later.
fn exit(run: &Run, is_broken: bool, is_open: bool) -> Exit {
    if is_broken {
        return Exit::Broken;
    }
    if run.summary.count(OutcomeKind::Unreachable) > 0 || run.summary.judged() == 0 || is_open {
        return Exit::CouldNot;
    }
    if run.project.diagnostics.iter().any(understudy_api::Diagnostic::is_error) { Exit::Files } else { Exit::Fine }
}

fn text(run: &Run, not_verified: &[NotVerified], is_strict: bool, paint: Paint) -> String {
    let mut out = String::new();
    // Where a backend is gone, one fixture says it for all of them.
    let was_sent = |result: &&FixtureResult| result.request.is_some();
    let told = |result: &&FixtureResult| match result.outcome {
        Outcome::Kept => !result.stale.is_empty() || !result.left.is_empty(),
        Outcome::Unreachable(_) => false,
        _ => !not_sent::is_grouped(result),
    };
    for result in run.results.iter().filter(told) {
        out.push_str(&fixture(result, paint));
    }
    out.push_str(&not_sent::groups(run, paint));
    for service in run.backends.keys() {
        let gone =
            |result: &&FixtureResult| *result.service == **service && matches!(result.outcome, Outcome::Unreachable(_));
        let all = run.results.iter().filter(gone).count();
        if let Some(Outcome::Unreachable(why)) =
            run.results.iter().filter(gone).find(was_sent).map(|result| &result.outcome)
        {
            out.push_str(&format!(
                "{} {service}: {}\n  {}\n",
                paint_outcome(OutcomeKind::Unreachable, "unreachable", paint),
                count(all, "fixture"),
                plain(why)
            ));
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
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
    let (unproven, added): (usize, usize) = run
        .results
        .iter()
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

fn fixture(result: &FixtureResult, paint: Paint) -> String {
    let report = FixtureReport::new(result);
    let request =
        report.request.as_deref().map(|request| format!("  {}", paint.dim(&plain(request)))).unwrap_or_default();
    let name = report.outcome;
    let mut out = format!(
        "{} {}/{}{request}\n",
        paint_outcome(result.outcome.kind(), name, paint),
        report.service,
        report.fixture
    );
    if let Some(reason) = &report.reason {
        out.push_str(&format!("  {}\n", plain(reason)));
    }
    for (difference, more) in told_once(&report.differences) {
        // Of a status the place is the kind.
        let kind = if difference.path == difference.kind { "" } else { &difference.kind };
        let line = format!("{} {kind}", paint.bold(&plain(&difference.path)));
        out.push_str(&format!("  {}\n", line.trim_end()));
        out.push_str(&format!("    expected  {}\n", plain(&difference.expected)));
        out.push_str(&format!("    received  {}\n", plain(&difference.received)));
        let new = new_beside(difference, &report.added);
        if !new.is_empty() {
            out.push_str(&format!("    new here  {}\n", plain(&new.join(", "))));
        }
        if more > 0 {
            let note = format!("and in {}: --json names them", count(more, "more element"));
            out.push_str(&format!("    {}\n", paint.dim(&note)));
        }
    }
    for known in &result.known {
        let until = known.known.until.as_deref().map(|day| format!(" until {day}")).unwrap_or_default();
        let why = known.known.why.as_deref().unwrap_or("no reason given");
        let path = plain(&known.mismatch.path);
        out.push_str(&format!("  {path} {}, accepted{until}: {}\n", known.mismatch.kind.as_str(), plain(why)));
    }
    for stale in &report.stale {
        out.push_str(&format!("  {} {}\n", paint.yellow("known difference"), plain(stale)));
    }
    for left in &report.left {
        out.push_str(&format!("  {} {}\n", paint.yellow("not taken back"), plain(left)));
    }
    out
}

/// The members that are new where one is missing: one of them may be what it is called now.
fn new_beside<'a>(missing: &DifferenceReport, added: &'a [String]) -> Vec<&'a str> {
    if missing.kind != "missing" {
        return Vec::new();
    }
    let parts = |path: &'a str| path.rsplit_once('.').filter(|(_, name)| !name.contains(']'));
    let object = missing.path.rsplit_once('.').map(|(object, _)| object);
    let beside = added.iter().filter_map(|path| parts(path)).filter(|(other, _)| Some(*other) == object);
    beside.map(|(_, name)| name).collect()
}

/// The differences; of those that are the same in several elements of an array the first, and in how many more it is.
fn told_once(differences: &[DifferenceReport]) -> Vec<(&DifferenceReport, usize)> {
    let mut told: Vec<(String, &DifferenceReport, usize)> = Vec::new();
    for difference in differences {
        let path = any_element(&difference.path);
        let is_in_element = path != difference.path;
        let alike = format!("{path} {}", difference.kind);
        match told.iter_mut().find(|(known, ..)| is_in_element && *known == alike) {
            Some((.., more)) => *more += 1,
            None => told.push((alike, difference, 0)),
        }
    }
    told.into_iter().map(|(_, difference, more)| (difference, more)).collect()
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

fn paint_outcome(kind: OutcomeKind, text: &str, paint: Paint) -> String {
    match kind {
        OutcomeKind::Kept => paint.green(text),
        OutcomeKind::Broken | OutcomeKind::Unreachable => paint.red(text),
        _ => paint.yellow(text),
    }
}

/// A line on a terminal that shows how far the run is.
#[derive(Default)]
struct Bar {
    done: AtomicUsize,
    broken: AtomicUsize,
    drawn: Mutex<Option<Instant>>,
}

const BAR_WIDTH: usize = 30;
/// How often it is drawn again.
const REDRAW: Duration = Duration::from_millis(50);

impl Bar {
    fn progress(self: Arc<Self>) -> VerifyProgress {
        let on_terminal = stderr().is_terminal();
        Arc::new(move |total, result| {
            let Some(result) = result else { return };
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            if result.outcome == Outcome::Broken {
                self.broken.fetch_add(1, Ordering::Relaxed);
            }
            if on_terminal {
                self.draw(done, total);
            }
        })
    }

    fn draw(&self, done: usize, total: usize) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if done < total && drawn.is_some_and(|at| at.elapsed() < REDRAW) {
            return;
        }
        *drawn = Some(Instant::now());
        let filled = BAR_WIDTH * done / total.max(1);
        let broken = self.broken.load(Ordering::Relaxed);
        let bar = format!("{}{}", "=".repeat(filled), " ".repeat(BAR_WIDTH - filled));
        let _ = write!(stderr(), "\r[{bar}] {done}/{total}, {broken} broken\x1b[K");
    }

    fn clear(&self) {
        if self.drawn.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
