//! Text for people: colours, problems, errors.

use std::io::{IsTerminal, Write, stderr, stdout};
use understudy_api::{ApiError, Diagnostic};

/// Colours, where they are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(bool);

impl Paint {
    /// For standard output.
    pub(crate) fn stdout() -> Self {
        Self(wants_colour() && stdout().is_terminal())
    }

    /// For standard error.
    pub(crate) fn stderr() -> Self {
        Self(wants_colour() && stderr().is_terminal())
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }
}

/// no-color.org: set and not empty means no colours.
fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The maximum number of problems that commands other than `check` print.
const PROBLEMS_MAX: usize = 20;

/// Prints the first problems, errors before warnings. Returns the number of those that are left out.
pub(crate) fn say_first_problems(problems: &[Diagnostic]) -> usize {
    let (errors, warnings): (Vec<_>, Vec<_>) = problems.iter().cloned().partition(Diagnostic::is_error);
    let first: Vec<Diagnostic> = errors.into_iter().chain(warnings).take(PROBLEMS_MAX).collect();
    say_problems(&first);
    problems.len() - first.len()
}

/// Prints problems with files, to standard error.
pub(crate) fn say_problems(problems: &[Diagnostic]) {
    let paint = Paint::stderr();
    let mut out = stderr().lock();
    for problem in problems {
        let text = problem.to_string();
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let first = if problem.is_error() { paint.red(first) } else { paint.yellow(first) };
        let _ = writeln!(out, "{first}\n{rest}\n");
    }
}

/// How many problems there are: "2 errors, 1 warning".
pub(crate) fn count_problems(problems: &[Diagnostic]) -> String {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let counts = [(errors, "error"), (problems.len() - errors, "warning")];
    let counts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| count(*n, word)).collect();
    counts.join(", ")
}

/// "1 fixture", "2 fixtures"
pub(crate) fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// Prints why something could not be done, to standard error.
pub(crate) fn say_error(error: &ApiError) {
    let paint = Paint::stderr();
    let mut out = stderr().lock();
    for detail in &error.details {
        let _ = writeln!(out, "{detail}\n");
    }
    let _ = writeln!(out, "{}: {error}", paint.red("error"));
    if let Some(hint) = &error.hint {
        let _ = writeln!(out, "  hint: {hint}");
    }
}

/// Text that came from outside, without what could move a cursor or turn text round.
pub(crate) fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '·' } else { c }).collect()
}
