//! A run as one page: nothing is fetched, and nothing in it runs.

use crate::clock;
use crate::junit::escape;
use crate::report::{DifferenceReport, FixtureReport};
use crate::verify::Run;
use std::fmt::Write;
use understudy_contract::OutcomeKind;

const STYLE: &str = "
:root { color-scheme: light dark; --line: light-dark(#e6e5e1, #2c2e34); --mid: light-dark(#5d5b55, #b3b1ab);
  --kept: light-dark(#1d7a46, #63c78d); --broken: light-dark(#c02f2a, #ff8a80); --caution: light-dark(#8f5a00, #e3b35b) }
body { font: 14px/1.5 system-ui, sans-serif; max-width: 1040px; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
code, .path { font: 12.5px/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
p { margin: .2rem 0 } .mid { color: var(--mid) }
details, .one { border-top: 1px solid var(--line); padding: .35rem 0 } summary { cursor: pointer }
.outcome { display: inline-block; min-width: 7.5em; font-weight: 600 }
.kept { color: var(--kept) } .broken, .unreachable { color: var(--broken) }
.known, .skipped, .held-back, .not-verifiable, .blocked { color: var(--caution) }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 } td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; border-top: 1px solid var(--line) }
ul { margin: .2rem 0; padding-left: 1.2rem }
";

/// How each page begins.
pub(crate) fn page_head(title: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n<h1>{title}</h1>\n"
    )
}

/// The page.
pub(crate) fn html(run: &Run) -> String {
    let now = clock::now();
    let counts: Vec<(&str, usize)> =
        OutcomeKind::ALL.into_iter().map(|kind| (kind.as_str(), run.summary.count(kind))).collect();
    let broken = run.summary.count(OutcomeKind::Broken);
    let title = if broken > 0 {
        format!("{broken} of {} promises broken", run.results.len())
    } else {
        format!("{} of {} promises kept", run.summary.count(OutcomeKind::Kept), run.results.len())
    };
    let mut out = page_head(&title);
    let time = now.time();
    let _ = writeln!(
        out,
        "<p class=\"mid\">{} {} UTC, in {:.2} s, by Understudy</p>",
        now.date(),
        time.get(..5).unwrap_or(&time),
        run.took.as_secs_f64()
    );
    out.push_str("<p>");
    for (name, count) in counts.iter().filter(|(_, count)| *count > 0) {
        let _ = write!(out, "<span class=\"outcome {}\">{count} {name}</span>", class(name));
    }
    out.push_str("</p>\n");
    for problem in &run.project.diagnostics {
        let _ = writeln!(out, "<p class=\"broken\"><code>{}</code></p>", escape(&problem.to_string()));
    }
    let reports: Vec<FixtureReport> = run.results.iter().map(FixtureReport::new).collect();
    for of_service in reports.chunk_by(|a, b| a.service == b.service) {
        service(run, of_service, &mut out);
    }
    out
}

fn service(run: &Run, reports: &[FixtureReport], out: &mut String) {
    let Some(first) = reports.first() else { return };
    let backend = run.backends.get(&first.service).map(|url| format!(" <span class=\"mid\">at {}</span>", escape(url)));
    let _ = writeln!(out, "<h2>{}{}</h2>", escape(&first.service), backend.unwrap_or_default());
    for report in reports {
        fixture(report, out);
    }
}

fn class(outcome: &str) -> String {
    outcome.replace(' ', "-")
}

fn fixture(report: &FixtureReport, out: &mut String) {
    let owner = report.owner.as_ref().map(|owner| format!(" <span class=\"mid\">owned by {}</span>", escape(owner)));
    let head = format!(
        "<span class=\"outcome {}\">{}</span> <span class=\"path\">{}</span> <span class=\"mid\">{}</span>{}",
        class(report.outcome),
        report.outcome,
        escape(report.request.as_deref().unwrap_or(&report.name)),
        escape(&report.file),
        owner.unwrap_or_default()
    );
    let mut more = String::new();
    if let Some(reason) = &report.reason {
        let _ = writeln!(more, "<p>{}</p>", escape(reason).replace("&#10;", "<br>"));
    }
    if report.retried > 0 {
        let _ =
            writeln!(more, "<p>sent again, as the backend asked with <code>retry-after</code>: {}</p>", report.retried);
    }
    table("", &report.differences, &mut more);
    table("Accepted for now", &report.known, &mut more);
    list("Accepted differences that do not occur any more", &report.stale, &mut more);
    list("States that were not taken back", &report.left, &mut more);
    list("Passed without proving anything", &report.unproven, &mut more);
    list("The backend adds", &report.added, &mut more);
    let open = if report.outcome == "broken" { " open" } else { "" };
    let _ = if more.is_empty() {
        writeln!(out, "<div class=\"one\">{head}</div>")
    } else {
        writeln!(out, "<details{open}><summary>{head}</summary>\n{more}</details>")
    };
}

fn table(title: &str, differences: &[DifferenceReport], out: &mut String) {
    if differences.is_empty() {
        return;
    }
    if !title.is_empty() {
        let _ = writeln!(out, "<p class=\"mid\">{title}</p>");
    }
    out.push_str("<table><tr><th>Where</th><th>Promised</th><th>Received</th></tr>\n");
    for DifferenceReport { path, kind, expected, received, hint, line, .. } in differences {
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        let hint = hint.as_ref().map(|hint| format!("<br><span class=\"mid\">{}</span>", escape(hint)));
        let _ = writeln!(
            out,
            "<tr><td><code>{}</code> <span class=\"mid\">{kind}{line}</span></td><td><code>{}</code></td><td><code>{}</code>{}</td></tr>",
            escape(path),
            escape(expected),
            escape(received),
            hint.unwrap_or_default()
        );
    }
    out.push_str("</table>\n");
}

fn list(title: &str, places: &[String], out: &mut String) {
    if places.is_empty() {
        return;
    }
    let places: Vec<String> = places.iter().map(|place| format!("<li><code>{}</code></li>", escape(place))).collect();
    let _ = writeln!(out, "<p class=\"mid\">{title}</p><ul>{}</ul>", places.join(""));
}
