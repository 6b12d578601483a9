//! A run as `JUnit` XML, for CI servers.
//!
//! There is no standard. The output is valid by the two schemas that are checked in practice: the
//! schema of Jenkins' xunit plugin (`junit-10.xsd`) and the common schema for Apache Ant's reports
//! (`JUnit.xsd`). So `testsuites` and `testcase` have few attributes, and a fixture's file and line
//! stand in the text of its failure.

use crate::clock;
use crate::report::{DifferenceReport, FixtureReport, reason};
use crate::verify::Run;
use std::fmt::Write;
use understudy_contract::{Outcome, Result as FixtureResult};
use understudy_exchange::printable::push_printable;
use understudy_match::Moment;

/// Returns the report. A fixture that failed is a failure, a backend that cannot be reached an error, and what was not
/// verified is skipped with its reason.
pub(crate) fn junit(run: &Run) -> String {
    let mut services: Vec<&str> = run.results.iter().map(|result| &*result.service).collect();
    services.dedup();
    let now = clock::now();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (id, service) in services.into_iter().enumerate() {
        let results: Vec<&FixtureResult> = run.results.iter().filter(|result| &*result.service == service).collect();
        let backend = run.backends.get(service).map(String::as_str);
        suite(id, service, backend, now, &results, &mut out);
    }
    out.push_str("</testsuites>\n");
    out
}

/// A service. All attributes and the four kinds of elements, in this order, are required by one of the schemas.
fn suite(id: usize, service: &str, backend: Option<&str>, now: Moment, results: &[&FixtureResult], out: &mut String) {
    let name = escape(service);
    let took: f64 = results.iter().map(|result| result.took.as_secs_f64()).sum();
    let date = now.date();
    let time = now.time();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" package=\"{name}\" id=\"{id}\" timestamp=\"{date}T{}\" hostname=\"localhost\" {} time=\"{took:.3}\">",
        time.get(..8).unwrap_or(&time),
        counts(results)
    );
    out.push_str("    <properties>\n");
    // There has to be one property.
    let backend = escape(backend.unwrap_or("none"));
    let _ = writeln!(out, "      <property name=\"backend\" value=\"{backend}\"/>");
    out.push_str("    </properties>\n");
    for result in results {
        case(service, result, out);
    }
    let retried: String = results.iter().filter(|result| result.retried > 0).map(|result| sent_again(result)).collect();
    let _ = match retried.as_str() {
        "" => writeln!(out, "    <system-out/>"),
        retried => writeln!(out, "    <system-out>{}</system-out>", escape_text(retried.trim_end())),
    };
    out.push_str("    <system-err/>\n  </testsuite>\n");
}

fn sent_again(result: &FixtureResult) -> String {
    let times = if result.retried == 1 { "once".to_owned() } else { format!("{} times", result.retried) };
    format!("{}: sent again {times}, as the backend asked with retry-after\n", result.fixture.id)
}

fn counts(results: &[&FixtureResult]) -> String {
    let (mut failures, mut errors, mut skipped) = (0, 0, 0);
    for result in results {
        match result.outcome {
            Outcome::Kept | Outcome::Known => {}
            Outcome::Broken => failures += 1,
            Outcome::Unreachable(_) => errors += 1,
            Outcome::Skipped(_) | Outcome::HeldBack | Outcome::NotVerifiable(_) | Outcome::Blocked(_) => skipped += 1,
        }
    }
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"", results.len())
}

fn case(service: &str, result: &FixtureResult, out: &mut String) {
    let report = FixtureReport::new(result);
    let _ = write!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\"",
        escape(&format!("{service}.{}", report.fixture)),
        escape(&report.name),
        result.took.as_secs_f64()
    );
    let why = reason(&result.outcome).unwrap_or_default();
    let first_line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let _ = match &result.outcome {
        Outcome::Kept | Outcome::Known => writeln!(out, "/>"),
        Outcome::Broken => {
            let first = report.differences.first().map(summary).unwrap_or_default();
            let message = match report.reason.as_deref().map(first_line) {
                Some(reason) => format!("{first}: {reason}"),
                None => first,
            };
            let place = |difference: &DifferenceReport| match difference.line {
                Some(line) => format!("{}:{line}", report.file),
                None => report.file.clone(),
            };
            let mut lines: Vec<String> = Vec::new();
            lines.extend(report.request.clone());
            lines.extend(report.reason.iter().flat_map(|reason| reason.lines()).map(|line| format!("  {line}")));
            for difference in &report.differences {
                lines.push(format!("{}: {}", place(difference), summary(difference)));
                lines.extend(difference.hint.iter().map(|hint| format!("  hint: {hint}")));
            }
            failed("failure", "broken", &message, &lines.join("\n"), out)
        }
        Outcome::Unreachable(_) => {
            failed("error", "unreachable", &first_line(&why), &format!("{}\n{why}", report.file), out)
        }
        outcome => {
            let message = escape(&format!("{}: {why}", outcome.name()));
            writeln!(out, ">\n      <skipped message=\"{message}\"/>\n    </testcase>")
        }
    };
}

fn summary(difference: &DifferenceReport) -> String {
    let DifferenceReport { path, kind, expected, received, .. } = difference;
    let what = if path == kind { path.clone() } else { format!("{path} {kind}") };
    format!("{what}: expected {expected}, received {received}")
}

fn failed(element: &str, kind: &str, message: &str, text: &str, out: &mut String) -> std::fmt::Result {
    let (message, text) = (escape(message), escape_text(text));
    writeln!(out, ">\n      <{element} message=\"{message}\" type=\"{kind}\">{text}</{element}>\n    </testcase>")
}

/// Escapes text for content and attributes. What is never printed is written as a visible escape:
/// XML 1.0 (section 2.2) has no place for most control characters, and reports are read on
/// terminals too.
pub(crate) fn escape(text: &str) -> String {
    escaped(text, true)
}

/// Escapes text for content, where line ends stay as they are.
fn escape_text(text: &str) -> String {
    escaped(text, false)
}

fn escaped(text: &str, is_attribute: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str(if is_attribute { "&#10;" } else { "\n" }),
            c => push_printable(c, &mut out),
        }
    }
    out
}
