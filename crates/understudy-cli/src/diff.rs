//! `diff`

use crate::args::{DiffArgs, FailOn};
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::terminal::{Page, Paint, count};
use understudy_api::{ApiError, ChangeReport, DiffReport, DiffRequest, diff};

pub(crate) fn run(args: DiffArgs) -> Result<Exit, ApiError> {
    // Without a project there is nothing to touch; one that was named has to be there.
    let project = match (&args.project, &args.service) {
        (None, None) => project(None).ok(),
        (named, _) => Some(project(named.as_deref())?),
    };
    let report = diff(&DiffRequest { old: args.old, new: args.new, project, service: args.service })?;
    let is_failed = match args.fail_on {
        FailOn::Breaking => report.consumers + report.providers > 0,
        FailOn::Consumers => report.consumers > 0,
        FailOn::Providers => report.providers > 0,
        FailOn::Never => false,
    };
    if args.json {
        print_json(&report);
    } else {
        text(&report).print();
    }
    Ok(if is_failed { Exit::Broken } else { Exit::Fine })
}

/// How many operations or fixtures of one change are named.
const NAMED_MAX: usize = 5;

fn text(report: &DiffReport) -> Page {
    let mut out = Page::new();
    if report.changes.is_empty() {
        out.line("nothing changed that either side could see");
        return out;
    }
    let paint = Paint::stdout();
    let groups: [(&str, &[&str]); 4] = [
        ("breaks consumers and providers", &["consumers", "providers"]),
        ("breaks consumers", &["consumers"]),
        ("breaks providers", &["providers"]),
        ("additive", &[]),
    ];
    for (title, whom) in groups {
        let changes: Vec<&ChangeReport> = report.changes.iter().filter(|change| change.breaks == whom).collect();
        if changes.is_empty() {
            continue;
        }
        let title = if whom.is_empty() { paint.green(title) } else { paint.red(title) };
        out.line(title);
        changes.iter().for_each(|change| say(change, paint, &mut out));
        out.blank();
    }
    let whom = |number: usize, whom: &str| {
        format!("{} {whom}", if number == 1 { format!("{number} breaks") } else { format!("{number} break") })
    };
    out.line(format_args!(
        "{}: {}, {}, {} additive",
        count(report.changes.len(), "change"),
        whom(report.consumers, "consumers"),
        whom(report.providers, "providers"),
        report.additive
    ));
    out
}

fn say(change: &ChangeReport, paint: Paint, out: &mut Page) {
    let some = |names: &[String]| {
        let told: Vec<&str> = names.iter().take(NAMED_MAX).map(String::as_str).collect();
        let more = names.len() - told.len();
        if more > 0 { format!("{} and {more} more", told.join(", ")) } else { told.join(", ") }
    };
    let operation = change.operations.first().map_or_else(String::new, |name| format!("{name}: "));
    let place = if change.place.is_empty() { String::new() } else { format!("{} ", change.place) };
    out.line(format_args!("  {operation}{place}{}", change.message));
    if let [_, others @ ..] = change.operations.as_slice()
        && !others.is_empty()
    {
        out.line(format_args!("    also in {}", some(others)));
    }
    let places = [change.old.as_deref(), change.new.as_deref()].map(|place| place.unwrap_or("nowhere"));
    let [old, new] = places;
    let places = if old == new { old.to_owned() } else { format!("{old} -> {new}") };
    out.line(paint.dim(&format!("    {}  {places}", change.rule)));
    if !change.fixtures.is_empty() {
        out.line(format_args!("    fixtures: {}", some(&change.fixtures)));
    }
}
