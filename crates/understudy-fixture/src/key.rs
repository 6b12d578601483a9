//! Problems with what a file says under a key, for those who find them after it was read.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::source::{Node, Source, Value};

/// Returns a problem with the value under a path of keys. If the path is not written, the problem is at the last of its keys
/// that is.
#[must_use]
pub fn problem_at_key(source: &Source, keys: &[&str], code: Code, message: String) -> Diagnostic {
    let span = source.parse().map_or_else(|problem| problem.span.unwrap_or(START), |root| place(&root, keys));
    source.diagnostic(code, span, message)
}

const START: Span = Span { line: 1, column: 1, width: 1 };

fn place(root: &Node, keys: &[&str]) -> Span {
    let (mut at, mut span) = (root, root.span);
    for key in keys {
        let Value::Map(entries) = &at.value else { return span };
        // Of several entries with one name, the last counts.
        let Some(entry) = entries.iter().rev().find(|entry| entry.name.is(key)) else { return span };
        at = &entry.value;
        span = match at.value {
            Value::Scalar(_) => at.span,
            Value::Map(_) | Value::List(_) => entry.span,
        };
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_at_the_value_or_at_the_last_key_that_is_written() {
        let text = "version: 1\nservices:\n  s:\n    dir: ../..\n  t:\n";
        let source = Source { file: "understudy.yaml".into(), text: text.to_owned() };
        let at = |keys: &[&str]| {
            let problem = problem_at_key(&source, keys, Code::OutsideProject, "no".to_owned());
            problem.span.map(|span| (span.line, span.column, span.width))
        };
        assert_eq!(at(&["services", "s", "dir"]), Some((4, 10, 5)));
        assert_eq!(at(&["services", "s", "openapi"]), Some((3, 3, 1)));
        assert_eq!(at(&["services", "u", "dir"]), Some((2, 1, 8)));
    }
}
