//! Texts that a rule without an example describes: the contract test sends one of them.

use regex_syntax::hir::{Class, Hir, HirKind};
use understudy_fixture::model::{Check, Format, Rule};

/// The maximum length of a text in bytes.
const LENGTH_MAX: usize = 4_096;

/// Returns the texts that the checks of a rule describe by their form: a bound, a format or a pattern. Every text comes
/// from one check, so the others may still refuse it.
pub(crate) fn texts_of_a_form(rule: &Rule) -> impl Iterator<Item = String> {
    let of_a_form = |check: &Check| match check {
        Check::Min(bound) | Check::Max(bound) => Some(bound.as_str().to_owned()),
        Check::Format(format) => Some(in_format(*format).to_owned()),
        Check::Matches(expression) => matching(expression.as_str()),
        _ => None,
    };
    // A bound of a text is its length.
    let length = rule.checks.iter().find_map(|check| match check {
        Check::Min(bound) => bound.as_str().parse::<usize>().ok().filter(|length| *length <= LENGTH_MAX),
        _ => None,
    });
    let of_a_length = length.map(|length| "a".repeat(length));
    rule.checks.iter().filter_map(of_a_form).chain(of_a_length)
}

/// A text in a format. The same one each time, so that two runs send the same request.
fn in_format(format: Format) -> &'static str {
    match format {
        Format::Uuid => "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        Format::Date => "2026-01-31",
        Format::Time => "12:00:00Z",
        Format::DateTime => "2026-01-31T12:00:00Z",
        Format::Email => "user@example.com",
        Format::Uri => "https://example.com/",
        Format::Ipv4 => "192.0.2.1",
        Format::Ipv6 => "2001:db8::1",
        Format::Hostname => "example.com",
        Format::Base64 => "dGV4dA==",
    }
}

/// The shortest text that a walk along an expression finds. Texts that only look-around would refuse are tried anyway.
fn matching(pattern: &str) -> Option<String> {
    let mut out = String::new();
    write(&regex_syntax::parse(pattern).ok()?, &mut out)?;
    Some(out)
}

/// Appends a text for one part of an expression; `None` if it is too long or there is none.
fn write(part: &Hir, out: &mut String) -> Option<()> {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => out.push(one_of(class)?),
        HirKind::Capture(capture) => write(&capture.sub, out)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, out))?,
        HirKind::Alternation(parts) => write(parts.first()?, out)?,
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                write(&repetition.sub, out)?;
            }
        }
    }
    (out.len() <= LENGTH_MAX).then_some(())
}

/// Returns a character of a class. A character that can stand anywhere is preferred.
fn one_of(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => class.iter().map(|range| (range.start().into(), range.end().into())).collect(),
    };
    let has = |c: char| ranges.iter().any(|(first, last)| (*first..=*last).contains(&c));
    ['a', '1', 'A'].into_iter().find(|c| has(*c)).or_else(|| ranges.first().map(|(first, _)| *first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::is_in_format;

    #[test]
    fn a_text_is_in_its_format() {
        for word in ["uuid", "date", "time", "date-time", "email", "uri", "ipv4", "ipv6", "hostname", "base64"] {
            let format = Format::from_word(word).expect("it is a format");
            assert!(is_in_format(format, in_format(format)), "{word}");
        }
    }

    #[test]
    fn a_text_matches_its_expression() {
        for (pattern, text) in [
            ("[0-9]{3}-x?", "111-"),
            ("(de|en)_[A-Z]{2}", "de_AA"),
            ("^v\\.\\d+$", "v.1"),
            (".+", "a"),
            ("(a{4096}){9}", ""),
        ] {
            assert_eq!(matching(pattern).unwrap_or_default(), text, "{pattern}");
        }
    }
}
