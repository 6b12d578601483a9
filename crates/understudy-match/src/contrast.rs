//! Two values that differ, shown so that a person sees the difference.
//!
//! Long texts are cut around the place where they differ. Characters that nobody sees, or that look like others, are
//! written as escapes (`\u00a0`).

use crate::mismatch::{NOTHING, SHOWN_CHARS_MAX, is_redacted, shorten};
use std::ops::Range;
use understudy_exchange::Json;
use understudy_exchange::printable::{is_unprintable, push_escaped};
use understudy_exchange::redact::{REDACTED, redacted};

/// The number of equal characters that are shown before the place of a difference in a long text.
const BEFORE_CHARS: usize = 40;

/// The way in which a text is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// The text is JSON and has its own quotes.
    Never,
    /// Only where something would not be seen without them.
    IfNeeded,
    Always,
}

/// Returns an expected and a received text as they are shown.
pub(crate) fn contrast_texts(expected: &str, received: &str) -> (String, String) {
    contrast([expected, received], Quotes::IfNeeded)
}

/// Returns an expected and a received value as they are shown.
pub(crate) fn contrast_values(expected: &Json, received: &Json) -> (String, String) {
    let [expected, received] = [redacted(expected), redacted(received)];
    match (expected.as_str(), received.as_str()) {
        // Half of a surrogate pair, which JSON may have, is only in the JSON text.
        (Some(expected), Some(received)) if ![expected, received].iter().any(|text| text.contains('\u{FFFD}')) => {
            contrast([expected, received], Quotes::Always)
        }
        _ => contrast([&expected.to_string(), &received.to_string()], Quotes::Never),
    }
}

fn contrast(texts: [&str; 2], quotes: Quotes) -> (String, String) {
    // A piece of a secret would not be recognised, so a text with one is not shown at all.
    let hidden = texts.map(is_redacted);
    if hidden.contains(&true) {
        let shown = |at: usize| if hidden[at] { REDACTED.to_owned() } else { shorten(texts[at]) };
        let received = if hidden[0] && hidden[1] { format!("{REDACTED} (another value)") } else { shown(1) };
        return (shown(0), received);
    }
    let chars = texts.map(|text| text.chars().collect::<Vec<char>>());
    let differing = differing(&chars);
    let start = match chars.iter().any(|text| text.len() > SHOWN_CHARS_MAX) {
        true => differing[0].start.saturating_sub(BEFORE_CHARS),
        false => 0,
    };
    // A cut of a few characters would be longer than what it saves.
    let start = if start < 8 { 0 } else { start };
    let is_quoted = match quotes {
        Quotes::Never => false,
        Quotes::Always => true,
        Quotes::IfNeeded => chars.iter().any(|text| needs_quotes(text)),
    };
    let place = if start > 0 && quotes != Quotes::Never {
        format!("at {}: ", position(&chars[0][..differing[0].start]))
    } else {
        String::new()
    };
    let looks_alike = looks_like_ascii(&chars, &differing);
    let shown = |at: usize| {
        let text = &chars[at];
        if text.is_empty() && !is_quoted {
            return NOTHING.to_owned();
        }
        let end = text.len().min(start + SHOWN_CHARS_MAX);
        let mut out = place.clone();
        out.push_str(if start > 0 { "…" } else { "" });
        out.push_str(if is_quoted { "\"" } else { "" });
        for (index, c) in text.iter().enumerate().take(end).skip(start) {
            let is_different = differing[at].contains(&index);
            if is_quoted && matches!(c, '"' | '\\') {
                out.extend(['\\', *c]);
            } else if is_invisible(*c) || (is_different && (changes_another(*c) || (looks_alike && !c.is_ascii()))) {
                push_escaped(*c, &mut out);
            } else {
                out.push(*c);
            }
        }
        out.push_str(if is_quoted { "\"" } else { "" });
        if end < text.len() {
            out.push_str(&format!("… ({} characters)", text.len()));
        }
        out
    };
    (shown(0), shown(1))
}

/// The ranges between the characters that both texts begin and end with.
fn differing([one, other]: &[Vec<char>; 2]) -> [Range<usize>; 2] {
    let start = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let rest = one.len().min(other.len()) - start;
    let end = one.iter().rev().zip(other.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    [start..one.len() - end, start..other.len() - end]
}

/// The place in a text that comes after these characters: `character 7`, or `line 2, column 7`.
pub(crate) fn position(before: &[char]) -> String {
    let line = 1 + before.iter().filter(|c| **c == '\n').count();
    let column = 1 + before.iter().rev().take_while(|c| **c != '\n').count();
    if line == 1 { format!("character {column}") } else { format!("line {line}, column {column}") }
}

fn needs_quotes(text: &[char]) -> bool {
    let is_space_at = |c: Option<&char>| c == Some(&' ');
    is_space_at(text.first()) || is_space_at(text.last()) || text.iter().any(|c| is_invisible(*c))
}

/// Returns true if one text has ASCII letters where the other has letters of another script that may look the same.
fn looks_like_ascii(chars: &[Vec<char>; 2], differing: &[Range<usize>; 2]) -> bool {
    let [one, other] = [0, 1].map(|at| &chars[at][differing[at].clone()]);
    one.len() == other.len()
        && one.iter().zip(other).filter(|(a, b)| a != b).all(|(a, b)| {
            let look_alike =
                |c: char| matches!(c, '\u{370}'..='\u{52F}' | '\u{FF01}'..='\u{FF5E}' | '\u{2010}'..='\u{2015}');
            (a.is_ascii() && look_alike(*b)) || (b.is_ascii() && look_alike(*a))
        })
}

/// Returns true for a character that leaves no mark, or that is a space and not U+0020.
pub(crate) fn is_invisible(c: char) -> bool {
    is_unprintable(c)
        || matches!(
            c,
            '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200F}' | '\u{202F}' | '\u{205F}' | '\u{3000}' | '\u{3164}'
        )
}

/// Returns true for a character that is drawn with the one before it, or that is equal to another one by Unicode's
/// canonical equivalence (UAX #15).
fn changes_another(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36F}' | '\u{1100}'..='\u{11FF}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
        | '\u{2126}' | '\u{212A}' | '\u{212B}' | '\u{3099}' | '\u{309A}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_shown_as_they_are() {
        assert_eq!(contrast_texts("hello", "Hello"), ("hello".to_owned(), "Hello".to_owned()));
        assert_eq!(contrast_texts("", "Hello"), ("(nothing)".to_owned(), "Hello".to_owned()));
        assert_eq!(contrast_values(&Json::string("7"), &Json::parse(b"7").unwrap()), ("\"7\"".into(), "7".into()));
    }

    #[test]
    fn what_nobody_sees_is_escaped() {
        for (expected, received, shown) in [
            ("a", "a ", ("\"a\"", "\"a \"")),
            ("a b", "a\u{A0}b", ("\"a b\"", "\"a\\u00a0b\"")),
            ("a\n", "a\r\n", ("\"a\\n\"", "\"a\\r\\n\"")),
            ("ab", "a\u{200B}b", ("\"ab\"", "\"a\\u200bb\"")),
            ("caf\u{E9}", "cafe\u{301}", ("café", "cafe\\u0301")),
            ("\u{C5}", "\u{212B}", ("Å", "\\u212b")),
            ("name", "n\u{430}me", ("name", "n\\u0430me")),
            ("\u{AC01}", "\u{1100}\u{1161}\u{11A8}", ("\u{AC01}", "\\u1100\\u1161\\u11a8")),
        ] {
            assert_eq!(contrast_texts(expected, received), (shown.0.to_owned(), shown.1.to_owned()));
        }
        // The marks of a language that needs them stay where nothing differs.
        let (expected, _) = contrast_texts("cafe\u{301} a", "cafe\u{301} b");
        assert_eq!(expected, "cafe\u{301} a");
    }

    #[test]
    fn long_texts_are_cut_around_the_difference() {
        let long = |word: &str| format!("{}{word}{}", "x".repeat(500), "y".repeat(500));
        let (expected, received) = contrast_texts(&long("cat"), &long("dog"));
        assert!(expected.starts_with(&format!("at character 501: …{}caty", "x".repeat(40))), "{expected}");
        assert!(received.contains("dogyyy") && received.ends_with("… (1003 characters)"), "{received}");
        let lines = |word: &str| format!("{}one {word}\n", "line\n".repeat(60));
        let (expected, received) = contrast_texts(&lines("cat"), &lines("dog"));
        assert!(expected.starts_with("at line 61, column 5: …\"") && expected.ends_with("one cat\\n\""), "{expected}");
        assert_ne!(expected, received);
    }

    #[test]
    fn a_text_that_ends_early_shows_its_end() {
        let whole = "z".repeat(300);
        let (expected, received) = contrast_texts(&whole, &whole[..200]);
        assert!(expected.ends_with("… (300 characters)"), "{expected}");
        assert_eq!(received, format!("at character 201: …{}", "z".repeat(40)));
    }
}
