//! `diff`

use crate::args::{DiffArgs, FailOn};
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::terminal::{Paint, count, plain};
use std::io::{Write, stdout};
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
        let _ = stdout().write_all(text(&report).as_bytes());
    }
    Ok(if is_failed { Exit::Broken } else { Exit::Fine })
}

/// How many operations or fixtures of one change are named.
const NAMED_MAX: usize = 5;

fn text(report: &DiffReport) -> String {
    if report.changes.is_empty() {
        return "nothing changed that either side could see\n".to_owned();
    }
    let paint = Paint::stdout();
    let mut out = String::new();
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
        out.push_str(&format!("{title}\n"));
        changes.iter().for_each(|change| say(change, paint, &mut out));
        out.push('\n');
    }
    let whom = |number: usize, whom: &str| {
        format!("{} {whom}", if number == 1 { format!("{number} breaks") } else { format!("{number} break") })
    };
    out.push_str(&format!(
        "{}: {}, {}, {} additive\n",
        count(report.changes.len(), "change"),
        whom(report.consumers, "consumers"),
        whom(report.providers, "providers"),
        report.additive
    ));
    out
}

fn say(change: &ChangeReport, paint: Paint, out: &mut String) {
    let some = |names: &[String]| {
        let told: Vec<String> = names.iter().take(NAMED_MAX).map(|name| plain(name)).collect();
        let more = names.len() - told.len();
        if more > 0 { format!("{} and {more} more", told.join(", ")) } else { told.join(", ") }
    };
    let operation = change.operations.first().map_or_else(String::new, |name| format!("{}: ", plain(name)));
    let place = if change.place.is_empty() { String::new() } else { format!("{} ", plain(&change.place)) };
    out.push_str(&format!("  {operation}{place}{}\n", plain(&change.message)));
    if let [_, others @ ..] = change.operations.as_slice()
        && !others.is_empty()
    {
        out.push_str(&format!("    also in {}\n", some(others)));
    }
    let places = [change.old.as_deref(), change.new.as_deref()].map(|place| plain(place.unwrap_or("nowhere")));
    let [old, new] = places;
    let places = if old == new { old } else { format!("{old} -> {new}") };
    out.push_str(&paint.dim(&format!("    {}  {places}\n", change.rule)));
    if !change.fixtures.is_empty() {
        out.push_str(&format!("    fixtures: {}\n", some(&change.fixtures)));
    }
}
