//! The quick looks: nearly all bodies have nothing in them that is secret, and those are not worth a tree.

use super::content::{json_begins, plain};
use super::{SECRET_ENDINGS, SECRET_MEMBERS, SecretNames, shape};
use crate::JsonString;
use crate::json::{Build, Scalar, Text, parse_with};
use memchr::memchr;
use regex::Regex;
use rustc_hash::FxBuildHasher;
use std::collections::HashMap;
use std::ops::Range;

/// Whether a text may hold a secret by a member's usual name or as a card's number. More than that is found; where nothing is,
/// there is no such secret, be the text JSON or not.
fn is_loud(text: &str) -> bool {
    // After a backslash anything may be meant.
    memchr(b'\\', text.as_bytes()).is_some() || has_secret_names(text) || has_many_digits(text.as_bytes())
}

/// Whether a secret's name stands before a colon. There is a colon every few bytes: looking at eight bytes at a time is quicker
/// than searching anew from each.
fn has_secret_names(text: &str) -> bool {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let other = u64::from_le_bytes(*word) ^ eight(b':');
        // The highest bit of each byte that is a colon: nothing is carried from one to the next.
        let mut colons = !(((other & eight(0x7F)) + eight(0x7F)) | other) & eight(0x80);
        while colons != 0 {
            if is_after_a_secret_name(text, at * 8 + colons.trailing_zeros() as usize / 8) {
                return true;
            }
            colons &= colons - 1;
        }
    }
    let start = words.len() * 8;
    rest.iter().enumerate().any(|(at, byte)| *byte == b':' && is_after_a_secret_name(text, start + at))
}

/// A byte, eight times.
const fn eight(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

fn is_after_a_secret_name(text: &str, colon: usize) -> bool {
    let before = &text.as_bytes()[..colon];
    match before {
        // It is done so often that it is worth no more than a look at two letters.
        [name @ .., b'"'] => ends_like_a_secret(name) && is_secret_name(name),
        [.., last] if last.is_ascii_graphic() => false,
        // What is white space is more than what JSON takes for it: what is no JSON is looked through too.
        _ => match text[..colon].trim_end().as_bytes() {
            [name @ .., b'"'] => ends_like_a_secret(name) && is_secret_name(name),
            _ => false,
        },
    }
}

/// Nobody compares these.
fn is_noise(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'.')
}

/// The letters, whatever their case, then what is noise, then all others.
const KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut letter = 0;
    while letter < NOISE {
        kinds[(b'a' + letter) as usize] = letter;
        kinds[(b'A' + letter) as usize] = letter;
        letter += 1;
    }
    kinds[b'_' as usize] = NOISE;
    kinds[b'-' as usize] = NOISE;
    kinds[b'.' as usize] = NOISE;
    kinds
};
const NOISE: u8 = 26;
const OTHER: u8 = 27;

/// What stands before the last letter of a secret's name, by that letter: a bit for each kind. Noise is rare enough for the
/// long look.
const BEFORE_LAST: [u32; 28] = {
    let mut before = [1 << NOISE; 28];
    before[NOISE as usize] = u32::MAX;
    let mut at = 0;
    while at < SECRET_ENDINGS.len() + SECRET_MEMBERS.len() {
        let known = SECRET_ENDINGS.len();
        let name = if at < known { SECRET_ENDINGS[at] } else { SECRET_MEMBERS[at - known] }.as_bytes();
        before[(name[name.len() - 1] - b'a') as usize] |= 1 << (name[name.len() - 2] - b'a');
        at += 1;
    }
    before
};

fn ends_like_a_secret(name: &[u8]) -> bool {
    let [.., before, last] = name else { return false };
    let kind = |byte: u8| KINDS[usize::from(byte)];
    BEFORE_LAST[usize::from(kind(*last))] >> kind(*before) & 1 == 1
}

/// Whether what ends here, and begins with the quotation mark before it, is a secret's name.
#[cold]
fn is_secret_name(before: &[u8]) -> bool {
    let plain = || before.iter().rev().filter(|byte| !is_noise(**byte)).map(u8::to_ascii_lowercase);
    let ends_in = |name: &str| name.bytes().rev().eq(plain().take(name.len()));
    SECRET_ENDINGS.iter().any(|name| ends_in(name))
        || SECRET_MEMBERS.iter().any(|name| ends_in(name) && plain().nth(name.len()) == Some(b'"'))
}

/// The digits of the shortest card's number.
const CARD_DIGITS_MIN: usize = 13;

/// Whether as many digits as a card's number has stand together, with spaces and hyphens between them or not.
fn has_many_digits(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'-');
    // The highest three bits of these are the same, of digits the fourth is set too, and little else is so.
    let are_like_parts = |four: u32| four & 0xE0E0_E0E0 == 0x2020_2020;
    let are_like_digits = |four: u32| four & 0x1010_1010 != 0;
    // A row that is long enough holds four bytes from a place that can be divided by four, and four more, with a digit in them.
    let (fours, _) = text.as_chunks::<4>();
    let (mut before, mut looked) = (0, 0);
    for (at, four) in fours.iter().enumerate() {
        let (four, end) = (u32::from_le_bytes(*four), (at + 1) * 4);
        let may_be = are_like_parts(four) && are_like_parts(before) && are_like_digits(four | before);
        if may_be && looked < end && text[end - 8..end].iter().all(is_part) {
            let begin = text[looked..end].iter().rposition(|byte| !is_part(byte)).map_or(looked, |at| looked + at + 1);
            looked = begin + text[begin..].iter().take_while(|byte| is_part(byte)).count();
            if text[begin..looked].iter().filter(|byte| byte.is_ascii_digit()).count() >= CARD_DIGITS_MIN {
                return true;
            }
        }
        before = four;
    }
    false
}

/// The quickest look: for texts without escapes, whatever they are.
#[derive(Debug, Default)]
pub(super) struct Loud {
    /// The members that a project names, where it names any; an error where they are too many for an expression.
    added: Option<Result<Regex, regex::Error>>,
}

impl Loud {
    pub(super) fn new(names: &SecretNames) -> Self {
        let added: Vec<String> = names.added_members().iter().map(|name| regex::escape(name)).collect();
        let expression = || Regex::new(&format!(r#""(?:{})"\s*:"#, added.join("|")));
        Self { added: (!added.is_empty()).then(expression) }
    }

    /// Whether it is sure that a text has nothing in it that is a secret by its name or its looks.
    pub(super) fn is_quiet(&self, text: &str) -> bool {
        self.has_quiet_names(text) && !shape::has_secrets(text)
    }

    /// Whether it is sure that a text has nothing in it that is a secret by its name, and no card's number.
    pub(super) fn has_quiet_names(&self, text: &str) -> bool {
        let has_no_added = || match &self.added {
            None => true,
            Some(added) => added.as_ref().is_ok_and(|added| !added.is_match(text)),
        };
        !is_loud(text) && has_no_added()
    }
}

/// How many names of members are remembered.
const NAMES_MAX: usize = 4_096;

/// Whether members of these names are secrets: the same few hundred come again and again.
#[derive(Debug, Default)]
pub(super) struct KnownNames(HashMap<String, bool, FxBuildHasher>);

impl KnownNames {
    fn is_secret(&mut self, names: &SecretNames, name: &str) -> bool {
        if let Some(known) = self.0.get(name) {
            return *known;
        }
        let is_secret = names.has_member(name);
        if self.0.len() < NAMES_MAX {
            self.0.insert(name.to_owned(), is_secret);
        }
        is_secret
    }
}

/// A text of JSON with nothing in it that is a secret by its name or its looks.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// What is written with escapes, as it is meant: it may be a secret that is known, where the text does not show it.
    pub(super) escaped: Vec<JsonString>,
}

/// Looks at a text. Where it is not sure it is not quiet.
pub(super) fn quiet(text: &str, names: &SecretNames, known: &mut KnownNames) -> Option<Quiet> {
    if !json_begins(text) {
        return None;
    }
    let text = plain(text);
    let mut look = Look { text, names, known, quiet: Some(Quiet::default()) };
    parse_with(text.as_bytes(), &mut look).ok()?;
    // What is written without escapes is looked through at once.
    look.quiet.filter(|_| !shape::has_secrets(text))
}

/// Makes nothing of a text, and looks at its names and values.
struct Look<'q> {
    text: &'q str,
    names: &'q SecretNames,
    known: &'q mut KnownNames,
    /// `None` once something was found.
    quiet: Option<Quiet>,
}

impl Look<'_> {
    /// Looks at a text between quotes at these bytes.
    fn look(&mut self, at: Range<usize>, escaped: Option<JsonString>, is_loud: impl FnOnce(&mut Self, &str) -> bool) {
        let text = self.text;
        let plain = escaped.as_ref().map_or_else(|| &text[at.start + 1..at.end - 1], JsonString::as_str);
        if is_loud(self, plain) {
            self.quiet = None;
        }
        if let (Some(quiet), Some(escaped)) = (&mut self.quiet, escaped) {
            quiet.escaped.push(escaped);
        }
    }
}

impl Build for Look<'_> {
    type Value = ();
    /// What is written with escapes.
    type Text = Option<JsonString>;
    type Member = ();

    fn text(&mut self, text: Text<'_>) -> Option<JsonString> {
        match text {
            Text::Plain(_) => None,
            Text::Escaped(text) => Some(text),
        }
    }

    fn string(&mut self, at: Range<usize>, escaped: Option<JsonString>) {
        let is_escaped = escaped.is_some();
        self.look(at, escaped, |_, text| {
            shape::is_card(text) || json_begins(text) || (is_escaped && shape::has_secrets(text))
        });
    }

    fn scalar(&mut self, _: Range<usize>, scalar: Scalar<'_>) {
        if matches!(scalar, Scalar::Number(number) if shape::is_card(number)) {
            self.quiet = None;
        }
    }

    fn array(&mut self, _: Range<usize>, _: Vec<()>) {}

    fn member(&mut self, at: Range<usize>, escaped: Option<JsonString>, (): ()) {
        self.look(at, escaped, |look, name| look.known.is_secret(look.names, name));
    }

    fn object(&mut self, _: Range<usize>, _: Vec<()>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_a_longer_look_is_found_and_little_else() {
        let loud = [
            r#"{"password":1}"#,
            r#"{"newPass_Word" : 1}"#,
            "{\"a\":{\"ACCESS-token\"\n\t:\"x\"}}",
            r#"{"refresh.token_":1}"#,
            r#"{"pin":1}"#,
            r#"{"_P.I.N-":1}"#,
            r#"token":"#,
            r#"{"n":4111111111111111}"#,
            "4111 1111-1111 1111",
            "a 1 2 3 4 5 6 7 8 9 0 1 2 3",
            r#"{"a":"\u0070"}"#,
            "\"password\"\u{a0}: hunter2",
            "\"password\"\u{b}\u{2028}:",
        ];
        let quiet = [
            "",
            "token",
            r#"{"secretary":1}"#,
            r#"{"spin":1,"pinned":2,"id":3,"n":4}"#,
            r#"{"a":"password"}"#,
            r#"password: "token""#,
            "{\n                    \"a\": 1\n}",
            "123456789012-",
            "2024-01-01 12:00:00 99",
        ];
        for text in loud {
            assert!(is_loud(text), "{text}");
        }
        for text in quiet {
            assert!(!is_loud(text), "{text}");
        }
    }

    #[test]
    fn a_row_of_digits_is_found_wherever_it_stands() {
        for before in 0..40 {
            for digits in 10..16 {
                for one in ["1", "1 ", "-1", "1  "] {
                    let text = format!("{}{}{}", "x".repeat(before), one.repeat(digits), "y".repeat(before % 7));
                    assert_eq!(has_many_digits(text.as_bytes()), digits >= CARD_DIGITS_MIN, "{text}");
                }
            }
        }
    }
}
