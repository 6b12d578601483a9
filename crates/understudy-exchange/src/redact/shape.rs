//! Secrets that are known by what they look like, wherever they stand.

use aho_corasick::packed::Searcher;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Secrets that look alike.
struct Shape {
    kind: &'static str,
    /// What each of them begins with. Where that is a letter, none stands before it.
    begins: &'static [&'static str],
    /// What follows, as an expression.
    goes_on: &'static str,
}

/// JSON web tokens (RFC 7519: two parts of base64url that begin with `{"`), private keys (RFC 7468) and the keys of services
/// that give theirs a beginning of their own, so that they can be found.
const SHAPES: [Shape; 9] = [
    Shape { kind: "token", begins: &["eyJ"], goes_on: r"[A-Za-z0-9_-]{6,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*" },
    Shape {
        kind: "private-key",
        begins: &["-----BEGIN "],
        goes_on: r"[A-Z0-9 ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z)",
    },
    Shape { kind: KEY, begins: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], goes_on: "[A-Za-z0-9]{20,}" },
    Shape { kind: KEY, begins: &["github_pat_"], goes_on: "[A-Za-z0-9_]{20,}" },
    Shape { kind: KEY, begins: &["glpat-"], goes_on: "[A-Za-z0-9_-]{16,}" },
    Shape { kind: KEY, begins: &["sk_live_", "sk_test_"], goes_on: "[A-Za-z0-9]{10,}" },
    Shape { kind: KEY, begins: &["xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"], goes_on: "[A-Za-z0-9-]{10,}" },
    Shape { kind: KEY, begins: &["AKIA"], goes_on: "[A-Z0-9]{16}" },
    Shape { kind: KEY, begins: &["AIza"], goes_on: "[A-Za-z0-9_-]{30,}" },
];

const KEY: &str = "api-key";

/// A group for each shape, in order.
static EXPRESSION: LazyLock<Regex> = LazyLock::new(|| {
    let group = |Shape { begins, goes_on, .. }: &Shape| {
        let boundary = if begins[0].starts_with(char::is_alphanumeric) { r"\b" } else { "" };
        format!("({boundary}(?:{}){goes_on})", begins.join("|"))
    };
    Regex::new(&SHAPES.each_ref().map(group).join("|")).expect("the expression is a good one")
});

/// Where the processor can look at many bytes at once.
static BEGINNINGS: LazyLock<Option<Searcher>> =
    LazyLock::new(|| Searcher::new(SHAPES.iter().flat_map(|shape| shape.begins)));

/// A member in a text that is no JSON as a whole: numbers that are none (`NaN`), events over several lines, what is nested too
/// deeply.
static MEMBER: LazyLock<Regex> = LazyLock::new(|| {
    let member = r#""((?:[^"\\]|\\.)*)"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|(-?[0-9][0-9.eE+-]*))"#;
    Regex::new(member).expect("the expression is a good one")
});

/// The members with a string or a number in a text: their names, where the values are, and whether those are numbers.
pub(super) fn members(text: &str) -> impl Iterator<Item = (&str, Range<usize>, bool)> {
    MEMBER.captures_iter(text).filter_map(|found| {
        let name = found.get(1)?.as_str();
        let (value, is_number) = found.get(2).map(|value| (value, false)).or_else(|| Some((found.get(3)?, true)))?;
        Some((name, value.range(), is_number))
    })
}

/// No shape is shorter: `xoxb-` and ten more.
const SECRET_BYTES_MIN: usize = 15;

/// Whether there is one in a text.
pub(super) fn has_secrets(text: &str) -> bool {
    text.len() >= SECRET_BYTES_MIN && EXPRESSION.is_match(text)
}

/// Whether one may begin somewhere in these bytes: much quicker, for many texts that stand together.
pub(super) fn may_begin_in(bytes: &[u8]) -> bool {
    BEGINNINGS.as_ref().is_none_or(|beginnings| beginnings.find(bytes).is_some())
}

/// The secrets in a text, in order.
pub(super) fn secrets(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    EXPRESSION.captures_iter(text).filter_map(|found| {
        SHAPES.iter().enumerate().find_map(|(at, shape)| Some((found.get(at + 1)?.range(), shape.kind)))
    })
}

/// Whether a text is the number of a payment card: 13 to 19 digits that begin as those of the large networks do and end in
/// the right check digit (ISO/IEC 7812-1, annex B).
pub(super) fn is_card(text: &str) -> bool {
    // Nearly nothing begins like one.
    if text.len() < 13 || !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '-')) {
        return false;
    }
    let digits: Vec<u32> = text.chars().filter(|c| !matches!(c, ' ' | '-')).map_while(|c| c.to_digit(10)).collect();
    let only_digits = text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-'));
    if !only_digits || !(13..=19).contains(&digits.len()) {
        return false;
    }
    let begins = digits[0] * 10 + digits[1];
    let known = matches!(begins, 22..=27 | 34..=37 | 40..=49 | 51..=55 | 60 | 62 | 64 | 65);
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match digit * 2 {
            _ if at % 2 == 0 => *digit,
            double => double / 10 + double % 10,
        })
        .sum();
    known && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_told_from_other_numbers() {
        for card in ["4111111111111111", "5500 0055 5555 5559", "3782-822463-10005", "6011111111111117"] {
            assert!(is_card(card), "{card}");
        }
        for other in
            ["4111111111111112", "1234567890123456", "9111111111111111", "411111111111", "4111 1111 1111 111x", ""]
        {
            assert!(!is_card(other), "{other}");
        }
    }

    #[test]
    fn secrets_are_found_in_the_middle_of_text() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----";
        let text = format!("a {token}, {key} and ghp_0123456789abcdefghijABCDEFGHIJ012345 end");
        let found: Vec<(&str, &str)> = secrets(&text).map(|(at, kind)| (&text[at], kind)).collect();
        assert_eq!(found[0], (token, "token"));
        assert_eq!(found[1], (key, "private-key"));
        assert_eq!(found[2].1, "api-key");
        assert!(may_begin_in(token.as_bytes()) && may_begin_in(key.as_bytes()));
        assert!(BEGINNINGS.is_none() || !may_begin_in(br#"{"key":"--BEGIN"}"#));
        assert_eq!(secrets("eyJ.eyJ.x and BEGIN PRIVATE KEY").count(), 0);
        let shortest = ["xoxb-0123456789", "eyJ012345.eyJ0123.", "sk_live_0123456789"];
        assert!(shortest.into_iter().all(has_secrets) && shortest[0].len() == SECRET_BYTES_MIN);
    }
}
