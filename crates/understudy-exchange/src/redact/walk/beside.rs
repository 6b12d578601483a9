//! Random values with a secret's name before them in the same sentence or statement: `Adafruit key is …`, `asana :'…'`,
//! `setToken( … )`.

use super::super::SecretNames;
use super::super::form;
use super::super::name_table::{EXPLAINING, PUBLIC_HEADS};
use super::super::names::{Certainty, Named};
use super::super::secret_names::{Carrier, Lookup};
use super::text::{Coding, Span, expression};
use super::{Found, Walk};
use regex::Regex;
use std::sync::LazyLock;

/// The maximum distance in bytes between a value and its name.
const BEFORE_BYTES_MAX: usize = 48;
/// The minimum number of changes between kinds of characters in a random value.
const CHANGES_MIN: usize = 3;
/// The maximum number of words between a value and its name.
const WORDS_MAX: usize = 6;

/// A run of characters; the quick look splits a text into the same runs.
static RUN: LazyLock<Regex> = LazyLock::new(|| expression(r"[A-Za-z0-9_.+/=:%$-]+"));

/// Shorter runs are words, and longer ones files.
const RUN_BYTES_MIN: usize = 16;
const RUN_BYTES_MAX: usize = 512;

impl Walk<'_> {
    /// Adds random values after a secret's name.
    pub(super) fn find_beside(&self, text: &str, spans: &mut Vec<Span>) {
        let is_token =
            |found: &regex::Match<'_>| found.start() > 0 && (RUN_BYTES_MIN..=RUN_BYTES_MAX).contains(&found.len());
        for found in RUN.find_iter(text).filter(is_token) {
            let secret = found.as_str().trim_matches(['.', ':', '=', '%', '$', '/']);
            let begin = found.start() + found.as_str().find(secret).unwrap_or(0);
            let at = begin..begin + secret.len();
            // An assignment has a name of its own: `key token=…`.
            let name = secret.split(['=', ':']).next().unwrap_or("");
            let is_assigned = name.len() < secret.len() && name.bytes().all(|byte| !byte.is_ascii_digit());
            if is_assigned || !is_chance(secret) {
                continue;
            }
            let named = name_before(text, found.start(), self.names);
            if let Some(named) = named.filter(|named| named.certainty > Certainty::Suspicious || !form::is_uuid(secret))
            {
                spans.push(Span { at, coding: Coding::Plain, found: Found::by_name(&named) });
            }
        }
    }
}

fn is_chance(secret: &str) -> bool {
    let has = |is: fn(&u8) -> bool| secret.as_bytes().iter().any(is);
    let is_version = secret.trim_start_matches('v').split('.').take(2).all(|part| part.parse::<u32>().is_ok());
    has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && !is_version
        && is_mixed(secret)
        && form::is_random(secret)
}

/// Returns true if letters and digits, or upper and lower case, alternate often. Identifiers of programs have few
/// changes.
fn is_mixed(secret: &str) -> bool {
    let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let changes = |part: &str| part.as_bytes().windows(2).filter(|two| kind(two[0]) != kind(two[1])).count();
    secret.split(['_', '-', '.', '/', ':', '+']).any(|part| changes(part) >= CHANGES_MIN)
}

/// The text before a value that is searched for a name: back to the end of the previous sentence or statement.
fn before(text: &str, end: usize) -> &str {
    let mut begin = end.saturating_sub(BEFORE_BYTES_MAX);
    while !text.is_char_boundary(begin) {
        begin += 1;
    }
    let before = &text[begin..end];
    let breaks = [". ", "; ", ";\n", "\n\n", "! ", "? ", "<", ">"];
    let cut = breaks.iter().filter_map(|sign| before.rfind(sign)).max().map_or(0, |at| at + 1);
    &before[cut..]
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    text.rsplit(move |c: char| !is_of_name(c))
        .map(|word| word.trim_matches(['-', '_']))
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
}

/// Classifies the nearest name before a value.
fn name_before(text: &str, end: usize, names: &SecretNames) -> Option<Named> {
    let mut words = words(before(text, end)).peekable();
    while let Some(word) = words.next() {
        if is_of_others(word) {
            return None;
        }
        if !names.may_speak_of(word) {
            continue;
        }
        let pair = words.peek().map_or_else(|| word.to_owned(), |first| format!("{first} {word}"));
        return match names.lookup(&pair, Carrier::Member) {
            Lookup::Named(named) if is_telling(&named) => Some(named),
            Lookup::Unknown if names.lookup(word, Carrier::Member) == Lookup::Unknown => continue,
            _ => None,
        };
    }
    None
}

/// Returns true for names of public values, and for words that explain a value.
fn is_of_others(name: &str) -> bool {
    let all = super::super::names::words(name);
    all.last().is_some_and(|last| PUBLIC_HEADS.contains(&last.as_str()) || EXPLAINING.contains(&last.as_str()))
}

/// Returns true if a name is distinctive. Words such as `session` and `access` stand before too many other values.
fn is_telling(named: &Named) -> bool {
    named.certainty > Certainty::Suspicious || named.kind == "api-key" && named.words != "api" || named.words == "pat"
}

/// Returns true if a known name may stand before a value.
pub(in super::super) fn may_be_named(text: &str, end: usize, names: &SecretNames) -> bool {
    end > 0 && words(before(text, end)).any(|word| names.may_speak_of(word))
}
