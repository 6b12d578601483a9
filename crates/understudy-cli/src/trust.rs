//! `--trust`, and the question about variables of the environment on a terminal.

use crate::terminal::{Page, Paint, print_error_line};
use clap::Args as ClapArgs;
use std::io::{BufRead, IsTerminal, stderr, stdin};
use std::sync::Arc;
use understudy_api::{ApiError, Disclosure, Permission, Trust};

#[derive(Debug, ClapArgs)]
pub(crate) struct TrustArgs {
    /// Send the variables that the project's files name (`${NAME}`) to these hosts, this time: HOST, HOST:PORT, with commas
    /// between them; without a value, to every host
    #[arg(long = "trust", value_name = "HOST", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    pub(crate) hosts: Vec<String>,
}

impl TrustArgs {
    /// Returns the permissions. A person at a terminal is asked for those that are missing.
    pub(crate) fn trust(&self) -> Result<Trust, ApiError> {
        let trust = Trust::new(&self.hosts)?;
        // Some build servers have a terminal, and nobody who looks at it.
        let is_person = stdin().is_terminal() && stderr().is_terminal() && std::env::var_os("CI").is_none();
        if !is_person {
            return Ok(trust);
        }
        Ok(trust.asking(Arc::new(|questions| ask(questions, &mut stdin().lock()))))
    }
}

/// Asks for a permission.
fn ask(questions: &[Disclosure], input: &mut impl BufRead) -> Permission {
    question(questions).print_error();
    let mut line = String::new();
    // An input that cannot be read says no.
    let _ = input.read_line(&mut line);
    permission(&line)
}

fn question(questions: &[Disclosure]) -> Page {
    let mut page = Page::new();
    page.line("This project sends variables of your environment to other hosts:");
    page.blank();
    for question in questions {
        page.line(format_args!("  {} to {}", question.names(), question.host));
        page.line(format_args!("    {}", question.place()));
    }
    page.blank();
    page.line("Send them? [y]es, and remember it; [o]nce; [N]o:");
    page
}

/// Reads an answer. Anything but a clear one is a no.
fn permission(line: &str) -> Permission {
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Permission::Always,
        "o" | "once" => Permission::Once,
        _ => Permission::No,
    }
}

/// Prints the variables that are sent, before they are.
pub(crate) fn print_sent(sent: &[Disclosure]) {
    lines(sent).for_each(|line| print_error_line(Paint::stderr().dim(&line)));
}

/// Returns the variables that are sent, a line for each host.
pub(crate) fn lines(sent: &[Disclosure]) -> impl Iterator<Item = String> {
    sent.iter().map(|one| format!("{}: sends {} to {}", one.service, one.names(), one.host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_names_variables_hosts_and_places() {
        let asked = serde_json::json!({
            "service": "shop", "backend": "staging", "host": "https://staging.example.com",
            "variables": ["SHOP_KEY", "SHOP_USER"], "line": 7,
        });
        let expected = "This project sends variables of your environment to other hosts:\n\n  \
                        ${SHOP_KEY}, ${SHOP_USER} to https://staging.example.com\n    \
                        understudy.yaml line 7, the backend `staging` of the service `shop`\n\n\
                        Send them? [y]es, and remember it; [o]nce; [N]o:\n";
        assert_eq!(question(&[serde_json::from_value(asked).expect("a question")]).as_str(), expected);
    }

    #[test]
    fn only_a_clear_answer_gives_a_permission() {
        for (line, expected) in [
            ("y\n", Permission::Always),
            ("YES\r\n", Permission::Always),
            ("o\n", Permission::Once),
            ("once", Permission::Once),
            ("n\n", Permission::No),
            ("\n", Permission::No),
            ("", Permission::No),
            ("yep\n", Permission::No),
        ] {
            assert_eq!(permission(line), expected, "{line:?}");
        }
    }
}
