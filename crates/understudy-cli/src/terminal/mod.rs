//! Text for people: colours, problems, errors.

mod page;

pub(crate) use page::{Page, log_output, print_error_line, print_line, print_script, print_text, redraw};

use std::io::{IsTerminal, stderr, stdout};
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
        if self.0 { page::marked(code, text) } else { text.to_owned() }
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

/// Prints help, or why the arguments cannot be understood.
pub(crate) fn say_usage(error: &clap::Error) {
    let text = error.render().to_string();
    let Some(why) = text.strip_prefix("error:") else {
        // Help and the version are the program's own text.
        let _ = error.print();
        return;
    };
    let mut page = Page::new();
    page.lines("", &format!("{}{why}", Paint::stderr().red("error:")));
    page.print_error();
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
    for problem in problems {
        let mut page = Page::new();
        let text = problem.to_string();
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        page.line(if problem.is_error() { paint.red(first) } else { paint.yellow(first) });
        page.lines("", rest);
        page.blank();
        page.print_error();
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
    let mut page = Page::new();
    for detail in &error.details {
        page.lines("", detail);
        page.blank();
    }
    page.line(format_args!("{}: {error}", paint.red("error")));
    if let Some(hint) = &error.hint {
        page.line(format_args!("  hint: {hint}"));
    }
    page.print_error();
}
