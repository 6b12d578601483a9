//! The report as Markdown, for pull requests and the summaries of CI.

use super::{ChangeReport, DiffReport};

/// The maximum number of changes of one kind that are listed: a comment on GitHub has at most 65,536 characters.
const LISTED_MAX: usize = 200;

impl DiffReport {
    /// The report as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("## API changes: {}\n\n{}\n", inline(&self.new), self.summary());
        for (title, changes) in self.groups() {
            out.push_str(&format!("\n### {}\n\n| where | what | rule |\n| --- | --- | --- |\n", capital(title)));
            for change in changes.iter().take(LISTED_MAX) {
                out.push_str(&row(change));
            }
            if let Some(more) = changes.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
                out.push_str(&format!("| and {more} more | | |\n"));
            }
        }
        if !self.unread.is_empty() {
            out.push_str("\n### Could not be read, and was not compared\n\n");
            for problem in self.unread.iter().take(LISTED_MAX) {
                let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
                out.push_str(&format!("- {}{line}: {}\n", inline(&problem.file), inline(&problem.message)));
            }
        }
        for idle in &self.idle {
            out.push_str(&format!("\n{}\n", inline(idle)));
        }
        out
    }
}

fn row(change: &ChangeReport) -> String {
    let more = match change.operations.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let operation = change.operations.first().map(|name| format!("{}{more}", code(name))).unwrap_or_default();
    let accepted = change.accepted.as_ref().map(|accepted| {
        let until = accepted.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
        let why = accepted.why.as_ref().map(|why| format!(": {}", inline(why))).unwrap_or_default();
        format!(" (accepted{until}{why})")
    });
    let what = format!("{} {}", change.place, change.message);
    format!("| {operation} | {}{} | {} |\n", inline(what.trim()), accepted.unwrap_or_default(), code(&change.rule))
}

/// A text that is no Markdown, in a cell of a table.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '\n' | '\r' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '@' => {
                out.push('\\');
                out.push(char);
            }
            char if char.is_control() => {}
            char => out.push(char),
        }
    }
    out
}

/// A text as code, in a cell of a table.
fn code(text: &str) -> String {
    let text: String = text.chars().filter(|char| !char.is_control() && *char != '`').collect();
    format!("`{}`", text.replace('|', "\\|"))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
