//! `diff`

use crate::args::{DiffArgs, DiffFormat, FailOn};
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::terminal::{Page, Paint, count, print_error_line, say_problems};
use std::path::Path;
use understudy_api::{ApiError, ChangeReport, DiffReport, DiffRequest, diff, explain_rule};

pub(crate) fn run(args: DiffArgs) -> Result<Exit, ApiError> {
    if let Some(id) = &args.explain {
        return explain(id, args.json);
    }
    // Without a project there is nothing to touch; one that was named has to be there.
    let project = match (&args.project, &args.service) {
        (None, None) => project(None, &args.allowed).ok(),
        (named, _) => Some(project(named.as_deref(), &args.allowed)?),
    };
    let (old, new) = (args.old.unwrap_or_default(), args.new.unwrap_or_default());
    let allowed = args.allowed.outside;
    let report = diff(&DiffRequest { old: old.clone(), new: new.clone(), project, allowed, service: args.service })?;
    if args.json {
        print_json(&report);
    } else {
        text(&report).print();
    }
    for (format, file) in &args.reports {
        let text = match format {
            DiffFormat::Markdown => report.markdown(),
            DiffFormat::Json => serde_json::to_string_pretty(&report).expect("reports are plain data") + "\n",
        };
        std::fs::write(file, text).map_err(|error| ApiError::of_file(file, "write", &error))?;
    }
    say_unread(&report, [&old, &new]);
    let is_failed = report.changes.iter().any(|change| match args.fail_on {
        FailOn::Breaking => change.fails(),
        FailOn::Consumers => change.fails_for("consumers"),
        FailOn::Providers => change.fails_for("providers"),
        FailOn::Never => false,
    });
    Ok(match (report.unread.is_empty(), is_failed) {
        // What was not read may be anything: nothing that was found makes up for it.
        (false, _) => Exit::CouldNot,
        (true, true) => Exit::Broken,
        (true, false) => Exit::Fine,
    })
}

/// Says on standard error what was not compared.
fn say_unread(report: &DiffReport, named: [&Path; 2]) {
    say_problems(&report.problems);
    let paint = Paint::stderr();
    for (number, file) in report.other_problems.iter().zip(named).filter(|(number, _)| **number > 0) {
        // `check` reads files, and no revisions.
        let is_file = file.exists();
        let file = file.display();
        let problems = count(*number, "other problem");
        let verb = if *number == 1 { "does" } else { "do" };
        let lists = if is_file { format!("; `understudy check {file}` lists them") } else { String::new() };
        print_error_line(format_args!(
            "{} {file}: {problems} {verb} not affect the comparison{lists}",
            paint.dim("note:")
        ));
    }
    for idle in &report.idle {
        print_error_line(format_args!("{} {idle}: remove it from `diff.accepted`", paint.yellow("warning:")));
    }
    if !report.unread.is_empty() {
        let places = count(report.unread.len(), "place");
        let verb = if report.unread.len() == 1 { "was" } else { "were" };
        print_error_line(format_args!(
            "{} {places} could not be read and {verb} not compared, so the comparison is not complete",
            paint.red("error:")
        ));
        print_error_line(
            "  hint: fix them, or compare a revision with all of its files; `understudy fetch` saves files of other machines",
        );
    }
}

fn explain(id: &str, json: bool) -> Result<Exit, ApiError> {
    let rule = explain_rule(id)?;
    if json {
        print_json(&rule);
        return Ok(Exit::Fine);
    }
    let breaks = if rule.breaks.is_empty() { "nobody".to_owned() } else { rule.breaks.join(" and ") };
    let other = if rule.level == "warn" { "break" } else { "warn" };
    let mut out = Page::new();
    out.line(Paint::stdout().green(&rule.id));
    out.line(format_args!("  {}", rule.about));
    out.line(format_args!("  breaks {breaks}; its level is {}", rule.level));
    out.blank();
    out.line("to set another level (ignore, warn or break), write in understudy.yaml:");
    out.blank();
    out.line("diff:");
    out.line("  rules:");
    out.line(format_args!("    {}: {other}", rule.id));
    out.print();
    Ok(Exit::Fine)
}

/// How many operations or fixtures of one change are named.
const NAMED_MAX: usize = 5;

fn text(report: &DiffReport) -> Page {
    let paint = Paint::stdout();
    let mut out = Page::new();
    for (title, changes) in report.groups() {
        let is_failure = changes.iter().any(|change| change.fails());
        let painted = match title {
            _ if is_failure => paint.red(title),
            "additive" => paint.green(title),
            _ => paint.yellow(title),
        };
        out.line(painted);
        changes.iter().for_each(|change| say(change, paint, &mut out));
        out.blank();
    }
    out.line(report.summary());
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
    if let Some(accepted) = &change.accepted {
        let until = accepted.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
        let why = accepted.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        out.line(format_args!("    accepted{until}{why}"));
    }
    if !change.fixtures.is_empty() {
        out.line(format_args!("    fixtures: {}", some(&change.fixtures)));
    }
}
