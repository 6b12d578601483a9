//! The look of a value: a number, a UUID, a hash or another id that a program generated.

use super::words::words;
use understudy_exchange::Json;
use understudy_fixture::model::{Check, Expression, Format, JsonType, Rule};
use understudy_match::is_in_format;

/// A text of this length or more occurs twice only if it was copied.
const LONG_CHARS_MIN: usize = 16;

/// Shorter numbers are equal by chance.
const LONG_DIGITS_MIN: usize = 6;

/// The kind of id that a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Look {
    /// A number as JSON writes it.
    Number,
    /// Digits with leading zeros: a postcode, an account.
    Digits,
    Uuid,
    /// A long hexadecimal number.
    Hash,
    /// A short hexadecimal number, as of a commit.
    ShortHash,
    /// A number or random characters after a word: `ord_8c8022a1c8`, `ORD-2024-0007`.
    Prefixed,
    /// A few random characters: `dQw4w9WgXcQ`.
    Random,
}

impl Look {
    /// Returns the look of a text; `None` if the text may be a word.
    pub(super) fn of(text: &str) -> Option<Self> {
        let digest = text.split_once(':').map_or(text, |(_, digest)| digest);
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Some(if text == "0" || !text.starts_with('0') { Self::Number } else { Self::Digits })
        } else if is_in_format(Format::Uuid, text) {
            Some(Self::Uuid)
        } else if digest.len() >= LONG_CHARS_MIN && is_hex(digest) {
            Some(Self::Hash)
        } else if (7..LONG_CHARS_MIN).contains(&text.len()) && is_hex(text) && has_letters(text) {
            Some(Self::ShortHash)
        } else if is_prefixed(text) {
            Some(Self::Prefixed)
        } else if is_random(text) {
            Some(Self::Random)
        } else {
            None
        }
    }

    /// Returns true if no word looks like this.
    pub(super) fn is_plain(self) -> bool {
        !matches!(self, Self::Random | Self::ShortHash)
    }

    /// The rule for a path parameter with such a value.
    pub(super) fn check(self) -> Check {
        match self {
            Self::Number => Check::Type(JsonType::Integer),
            Self::Uuid => Check::Format(Format::Uuid),
            Self::Digits => Expression::parse("[0-9]+").map_or(Check::Any, Check::Matches),
            Self::Hash | Self::ShortHash | Self::Prefixed | Self::Random => Check::Any,
        }
    }
}

/// The rule for a path parameter that had this value.
pub(super) fn parameter(written: &str) -> Rule {
    let check = Look::of(written).map_or(Check::Any, Look::check);
    Rule { example: Some(Json::string(written)), ..Rule::of(check) }
}

/// Returns true if a text is distinctive: equal values are the same value, wherever they occur.
pub(super) fn is_distinctive(text: &str) -> bool {
    match Look::of(text) {
        Some(Look::Number | Look::Digits) => text.len() >= LONG_DIGITS_MIN,
        Some(_) => true,
        None => is_long(text) && !is_wording(text),
    }
}

/// Returns true if a text is long enough to be followed where it identifies something.
pub(super) fn is_long(text: &str) -> bool {
    text.chars().count() >= LONG_CHARS_MIN && !text.contains(char::is_whitespace)
}

/// Returns true if a text consists of words, as titles and states do. Both sides may know such a text.
fn is_wording(text: &str) -> bool {
    let is_word = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_alphabetic) && letters.all(char::is_lowercase)
            || word.chars().all(char::is_uppercase)
    };
    let is_split = text.contains(['-', '_', '/', '.', ' ']);
    let mut parts = text.split(['-', '_', '/', '.', ' ']).filter(|part| !part.is_empty());
    is_split && parts.all(|part| is_word(part) && part.len() < LONG_CHARS_MIN)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit()) && text.bytes().any(|byte| byte.is_ascii_digit())
}

fn has_letters(text: &str) -> bool {
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    letters > 1 || letters == 1 && text.len() >= 8
}

/// Returns true for a word with a counted or random suffix: `cus_NffrFeUfNV`, `ORD-2024-0007`.
fn is_prefixed(text: &str) -> bool {
    if text.len() > 64 || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return false;
    }
    let Some(at) = text.find(['-', '_']) else { return false };
    let (prefix, rest) = (&text[..at], &text[at + 1..]);
    if !(1..=12).contains(&prefix.len()) || !prefix.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return false;
    }
    let tail = rest.rsplit(['-', '_']).next().unwrap_or(rest);
    let is_number = tail.bytes().all(|byte| byte.is_ascii_digit());
    let is_upper = prefix.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_upper && text.as_bytes()[at] == b'-' {
        let is_counted = rest.split('-').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        return is_counted && rest.len() >= 2 || is_drawn(tail);
    }
    text.as_bytes()[at] == b'_' && (is_drawn(tail) || is_number && tail.len() >= 4)
}

/// Returns true for five or more characters with digits among letters.
fn is_drawn(tail: &str) -> bool {
    tail.len() >= 5 && (is_hex(tail) && has_letters(tail) || changes(tail) >= 3 || is_hex(tail) && tail.len() >= 8)
}

/// Returns true for a few random characters, with digits among letters of both cases.
fn is_random(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    (6..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && changes(text) >= 3
            || text.len() >= 12 && changes(text) >= 5)
        && words(text).iter().all(|word| word.len() <= 9)
}

/// The number of changes between digits, upper case and lower case.
fn changes(text: &str) -> usize {
    let class = |byte: u8| match byte {
        byte if byte.is_ascii_digit() => 0,
        byte if byte.is_ascii_lowercase() => 1,
        byte if byte.is_ascii_uppercase() => 2,
        _ => 3,
    };
    text.as_bytes().windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_words() {
        for (text, look) in [
            ("7", Look::Number),
            ("0", Look::Number),
            ("00", Look::Digits),
            ("01067", Look::Digits),
            ("9d7f1c1e-8a54-4f0e-9d1f-1d7a3f3c2b10", Look::Uuid),
            ("5891b5b522d5df086d0ff0b1", Look::Hash),
            ("sha256:5891b5b522d5df086d0ff0b1", Look::Hash),
            ("8c8022a", Look::ShortHash),
            ("86679f13", Look::ShortHash),
            ("ord_8c8022a1c8", Look::Prefixed),
            ("ORD-2024-0007", Look::Prefixed),
            ("PROJ-123", Look::Prefixed),
            ("cus_NffrFeUfNV2Hib", Look::Prefixed),
            ("dQw4w9WgXcQ", Look::Random),
            ("hTmkq7Kq", Look::Random),
            ("01J9ZC3QF8M2T4", Look::Random),
        ] {
            assert_eq!(Look::of(text), Some(look), "{text}");
        }
        for text in [
            "",
            "orders",
            "customers",
            "v2",
            "deadbeef",
            "covid-19",
            "sha256",
            "en-US",
            "step-2",
            "utf8",
            "x86_64",
            "top_100",
            "getAllUsers",
            "OAuth2",
            "iso-8859-1",
            "my-first-post",
            "index.html",
        ] {
            assert_eq!(Look::of(text), None, "{text}");
        }
        assert!(is_distinctive("b3BhcXVlLWN1cnNvci0x") && is_distinctive("thing-number-00001"));
        for text in ["payment_authorized", "Europe/Amsterdam", "awaiting-confirmation", "1042", "a sentence of words"] {
            assert!(!is_distinctive(text), "{text}");
        }
    }
}
