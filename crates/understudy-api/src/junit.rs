//! A run as JUnit XML, in the form that CI servers read (the `testsuites` of Jenkins' xunit plugin).

use crate::report::reason;
use crate::verify::Run;
use std::fmt::Write;
use understudy_contract::{Outcome, Result as FixtureResult};

/// The report. A promise that is broken is a failure, a backend that cannot be reached an error, and what was not
/// tested is skipped with its reason.
pub(crate) fn junit(run: &Run) -> String {
    let mut services: Vec<&str> = run.results.iter().map(|result| &*result.service).collect();
    services.dedup();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"understudy\" {} time=\"{:.6}\">",
        counts(&run.results),
        run.took.as_secs_f64()
    );
    for service in services {
        let results: Vec<&FixtureResult> = run.results.iter().filter(|result| &*result.service == service).collect();
        let _ = writeln!(out, "  <testsuite name=\"{}\" {}>", escape(service), counts(results.iter().copied()));
        for result in results {
            case(service, result, &mut out);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn counts<'r>(results: impl IntoIterator<Item = &'r FixtureResult>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for result in results {
        tests += 1;
        match result.outcome {
            Outcome::Kept | Outcome::Known => {}
            Outcome::Broken => failures += 1,
            Outcome::Unreachable(_) => errors += 1,
            Outcome::Skipped(_) | Outcome::HeldBack | Outcome::NotVerifiable(_) | Outcome::Blocked(_) => skipped += 1,
        }
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

fn case(service: &str, result: &FixtureResult, out: &mut String) {
    let _ = write!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{:.6}\"",
        escape(&format!("{service}.{}", result.fixture.id)),
        escape(&result.fixture.title()),
        escape(&result.fixture.file),
        result.took.as_secs_f64()
    );
    let why = reason(&result.outcome).unwrap_or_default();
    let _ = match &result.outcome {
        Outcome::Kept | Outcome::Known => writeln!(out, "/>"),
        Outcome::Broken => {
            let first =
                result.mismatches.first().map(|m| format!("{} {}", m.path, m.kind.as_str())).unwrap_or_default();
            let lines: Vec<String> = result
                .mismatches
                .iter()
                .map(|m| format!("{} {}: expected {}, received {}", m.path, m.kind.as_str(), m.expected, m.received))
                .collect();
            let lines = escape(&lines.join("\n"));
            writeln!(
                out,
                ">\n      <failure message=\"{}\" type=\"broken\">{lines}</failure>\n    </testcase>",
                escape(&first)
            )
        }
        Outcome::Unreachable(_) => {
            writeln!(out, ">\n      <error message=\"{}\" type=\"unreachable\"/>\n    </testcase>", escape(&why))
        }
        outcome => {
            let message = escape(&format!("{}: {why}", outcome.name()));
            writeln!(out, ">\n      <skipped message=\"{message}\"/>\n    </testcase>")
        }
    };
}

/// Text for content and attributes. XML 1.0 (section 2.2) has no place for most control characters, however they
/// are written.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}
