//! The quick looks: nearly all bodies have nothing in them that is secret, and those are not worth a tree.

use super::content::{json_begins, plain};
use super::{SECRET_ENDINGS, SECRET_MEMBERS, SecretNames, shape};
use crate::JsonString;
use crate::json::{Build, Scalar, Text, parse_with};
use memchr::{memchr, memchr_iter};
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

/// Whether a secret's name stands before a colon.
fn has_secret_names(text: &str) -> bool {
    memchr_iter(b':', text.as_bytes()).any(|colon| {
        let before = &text[..colon];
        // What is white space is more than what JSON takes for it: what is no JSON is looked through too.
        let before = if before.ends_with('"') { before } else { before.trim_end() };
        // It is done so often that it is worth no more than a look at two letters.
        matches!(before.as_bytes(), [name @ .., b'"'] if ends_like_a_secret(name) && is_secret_name(name))
    })
}

/// Nobody compares these.
fn is_noise(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'.')
}

/// Which letters stand before a last letter of the secrets' names, a bit for each.
const BEFORE_LAST: [u32; 26] = {
    let mut before = [0; 26];
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
    if is_noise(*before) || is_noise(*last) {
        // Rare enough for the long look.
        return true;
    }
    let letter = |byte: u8| byte.to_ascii_lowercase().wrapping_sub(b'a');
    let (before, last) = (letter(*before), letter(*last));
    before < 26 && last < 26 && BEFORE_LAST[last as usize] >> before & 1 == 1
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
    // Each row that is long enough begins before one of these places, and ends after the eighth byte from there.
    for at in (0..text.len().saturating_sub(7)).step_by(CARD_DIGITS_MIN - 7) {
        if !(is_part(&text[at]) && is_part(&text[at + 7]) && is_part(&text[at + 4])) {
            continue;
        }
        let begin = text[..at].iter().rposition(|byte| !is_part(byte)).map_or(0, |before| before + 1);
        let row = text[begin..].iter().take_while(|byte| is_part(byte));
        if row.filter(|byte| byte.is_ascii_digit()).count() >= CARD_DIGITS_MIN {
            return true;
        }
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
        let has_no_added = || match &self.added {
            None => true,
            Some(added) => added.as_ref().is_ok_and(|added| !added.is_match(text)),
        };
        !is_loud(text) && !shape::has_secrets(text) && has_no_added()
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
                let text = format!("{}{}{}", "x".repeat(before), "1 ".repeat(digits), "y".repeat(before % 7));
                assert_eq!(has_many_digits(text.as_bytes()), digits >= CARD_DIGITS_MIN, "{text}");
            }
        }
    }
}
