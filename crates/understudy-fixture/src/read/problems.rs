//! The problems of one file. A file of a few hundred kilobytes has room for tens of thousands: their
//! lines are found by an index, and only the first are listed.

use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::source::Source;
use std::cell::OnceCell;

/// The maximum number of errors, and of warnings, that are listed for one file.
pub(super) const LISTED_MAX: usize = 100;

/// Collects problems.
pub(super) struct Problems<'s> {
    source: &'s Source,
    /// The lines of the file, once there is a problem in one.
    lines: OnceCell<Vec<&'s str>>,
    listed: Vec<Diagnostic>,
    errors: Tally,
    warnings: Tally,
}

/// The number of problems of one severity, and the place of the first that is not listed.
#[derive(Default)]
struct Tally {
    found: usize,
    left_out: Option<Span>,
}

impl<'s> Problems<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        let (errors, warnings) = Default::default();
        Self { source, lines: OnceCell::new(), listed: Vec::new(), errors, warnings }
    }

    /// Returns the number of problems that were found, listed or not.
    pub(super) fn found(&self) -> usize {
        self.errors.found + self.warnings.found
    }

    /// Adds an error that is always listed.
    pub(super) fn list(&mut self, error: Diagnostic) {
        self.errors.found += 1;
        self.listed.push(error);
    }

    /// Counts an error if no more errors are listed. Otherwise returns false, and the error is to be
    /// added: looking for what was probably meant takes time, and nobody would read it.
    pub(super) fn is_only_counted(&mut self, span: Span) -> bool {
        let is_full = self.errors.found >= LISTED_MAX;
        if is_full {
            self.errors.found += 1;
            self.errors.left_out.get_or_insert(span);
        }
        is_full
    }

    pub(super) fn add(
        &mut self,
        severity: Severity,
        code: Code,
        span: Span,
        message: String,
        hint: impl FnOnce() -> Option<String>,
    ) {
        let tally = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        tally.found += 1;
        if tally.found > LISTED_MAX {
            tally.left_out.get_or_insert(span);
            return;
        }
        let problem = self.diagnostic(code, span, message);
        self.listed.push(Diagnostic { severity, hint: hint(), ..problem });
    }

    fn diagnostic(&self, code: Code, span: Span, message: String) -> Diagnostic {
        let lines = self.lines.get_or_init(|| self.source.lines().collect());
        let line = lines.get(span.line.saturating_sub(1) as usize).copied().unwrap_or_default();
        self.source.diagnostic_at(line, code, span, message)
    }

    /// Returns the listed problems in the order of the file. A last one counts those that are not
    /// listed.
    pub(super) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        for (severity, word) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
            let tally = match severity {
                Severity::Error => &self.errors,
                Severity::Warning => &self.warnings,
            };
            let Some(span) = tally.left_out else { continue };
            let more = tally.found - LISTED_MAX;
            let s = if more == 1 { "" } else { "s" };
            let message = format!("and {} more {word}{s} in this file, which are not listed", with_commas(more));
            let problem = self.diagnostic(Code::More, span, message);
            let hint = "correct the listed ones first: the others often have the same cause";
            self.listed.push(Diagnostic { severity, ..problem.with_hint(hint) });
        }
        self.listed.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        self.listed
    }
}

/// `39980` as `39,980`.
fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_groups_of_three() {
        for (number, text) in [(7, "7"), (999, "999"), (1_000, "1,000"), (39_980, "39,980"), (1_234_567, "1,234,567")] {
            assert_eq!(with_commas(number), text);
        }
    }
}
