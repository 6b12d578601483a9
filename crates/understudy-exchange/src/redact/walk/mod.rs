//! The walk through an exchange: every place in which a secret may stand, whatever it is written in.
//!
//! A walk changes nothing by itself. It reports what it finds to a [`Sink`], which returns what is to stand there instead, and it
//! writes that in the way of the place: escaped in JSON, encoded in a URL, in base64 where the secret was in base64. What is not
//! replaced keeps every byte.

mod assignments;
pub(super) mod beside;
pub(super) mod json;
pub(super) mod markup;
mod message;
pub(super) mod phrases;
pub(super) mod text;

use super::SecretNames;
use super::names::Named;
use super::value::{self, Side};

/// How deep texts within texts are looked at: JSON in a string, base64 in JSON, a URL in a parameter.
const DEPTH_MAX: usize = 5;

/// Why something is a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The kind of secret, by which fixtures name it.
    pub(super) kind: &'static str,
    /// The rule, as reports show it.
    pub(super) rule: String,
}

impl Found {
    fn by_name(named: &Named) -> Self {
        Self { kind: named.kind, rule: format!("name: {}", named.words) }
    }

    fn by_look(kind: &'static str, name: &str) -> Self {
        Self { kind, rule: format!("look: {name}") }
    }
}

/// Is given what a walk comes to.
pub(super) trait Sink {
    /// Is given a secret, as it is meant and not as it is encoded. Returns what replaces it.
    fn secret(&mut self, secret: &str, found: &Found, place: &str) -> Option<String>;

    /// Is given a number of JSON that is a secret. Returns the number that replaces it.
    fn number(&mut self, secret: &str, found: &Found, place: &str) -> Option<String>;

    /// Is given a text in which no secret was found. Returns the text with the known ones replaced, where it has any.
    fn rest(&mut self, text: &str, place: &str) -> Option<String>;
}

/// A walk through one side of an exchange.
pub(super) struct Walk<'w> {
    pub(super) names: &'w SecretNames,
    pub(super) side: Side,
    pub(super) sink: &'w mut dyn Sink,
}

impl Walk<'_> {
    /// A value under a name that is known to carry secrets. Its scheme of authentication, where it has one, stays.
    fn named(&mut self, value: &str, named: &Named, place: &str, depth: usize) -> Option<String> {
        let (scheme, secret) = text::scheme(value);
        if !value::is_secret(secret, named, self.side) {
            return self.text(value, place, depth);
        }
        let shown = self.sink.secret(secret, &Found::by_name(named), place)?;
        Some(format!("{scheme}{shown}"))
    }
}

/// A text with pieces of it replaced. The pieces are in order and do not overlap.
fn with_edits(text: &str, edits: Vec<(std::ops::Range<usize>, String)>) -> Option<String> {
    if edits.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, shown) in edits {
        out.push_str(&text[at..range.start]);
        out.push_str(&shown);
        at = range.end;
    }
    out.push_str(&text[at..]);
    Some(out)
}
