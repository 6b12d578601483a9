//! The functions of RFC 9535, section 2.4: their types, and I-Regexp (RFC 9485).

use super::ast::{Operand, Pattern, Test};
use super::term::Term;
use crate::{Json, Regexp, RegexpError};

/// A call with its arguments held against the function's parameter types.
pub(super) fn typed(name: &str, arguments: Vec<Term>) -> Result<Term, &'static str> {
    let mut arguments = arguments.into_iter();
    let (first, second, extra) = (arguments.next(), arguments.next(), arguments.next());
    if extra.is_some() {
        return Err("too many arguments");
    }
    match (name, first, second) {
        ("length", Some(value), None) => {
            let value = value.operand().ok_or("`length` takes one value")?;
            Ok(Term::Value(Operand::Length(Box::new(value))))
        }
        ("count", Some(nodes), None) => Ok(Term::Value(Operand::Count(nodes.query().ok_or("`count` takes a query")?))),
        ("value", Some(nodes), None) => Ok(Term::Value(Operand::Value(nodes.query().ok_or("`value` takes a query")?))),
        ("match" | "search", Some(subject), Some(pattern)) => {
            let whole = name == "match";
            let subject = subject.operand().ok_or("`match` and `search` take single values")?;
            let pattern = pattern.operand().ok_or("`match` and `search` take single values")?;
            Ok(Term::Test(Test::Regex { whole, subject, pattern: Pattern::new(pattern, whole)? }))
        }
        ("length" | "count" | "value" | "match" | "search", ..) => Err("wrong number of arguments"),
        _ => Err("no such function: there are length, count, value, match and search"),
    }
}

/// An I-Regexp, anchored at both ends where `whole`.
pub(super) fn regexp(pattern: &str, whole: bool) -> Result<Regexp, RegexpError> {
    let translated = dots_exclude_line_ends(pattern);
    let text = if whole { format!("\\A(?:{translated})\\z") } else { translated };
    Regexp::new(&text)
}

/// RFC 9485, section 5: `.` is neither a line feed nor a carriage return.
fn dots_exclude_line_ends(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let (mut escaped, mut in_class) = (false, false);
    for c in pattern.chars() {
        match c {
            '.' if !escaped && !in_class => {
                out.push_str("[^\\n\\r]");
                continue;
            }
            '[' if !escaped => in_class = true,
            ']' if !escaped => in_class = false,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

impl Pattern {
    /// A literal that is no expression matches nothing (RFC 9535, section 2.4.6). One that is too
    /// large is refused.
    pub(super) fn new(operand: Operand, whole: bool) -> Result<Self, &'static str> {
        match operand {
            Operand::Literal(Json::String(pattern)) => match regexp(pattern.as_str(), whole) {
                Ok(regexp) => Ok(Self::Fixed(Some(regexp))),
                Err(RegexpError::Syntax(_)) => Ok(Self::Fixed(None)),
                Err(RegexpError::TooLarge) => Err("the regular expression is too large"),
                Err(RegexpError::TooManyTogether) => Err("all regular expressions together are too large"),
            },
            other => Ok(Self::Computed(other)),
        }
    }
}
