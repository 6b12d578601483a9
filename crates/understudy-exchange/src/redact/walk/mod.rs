//! The walk through an exchange: it visits every place that may contain a secret, in every encoding.
//!
//! A walk replaces nothing by itself. It reports each secret to a [`Sink`], which returns the replacement. The walk
//! writes the replacement in the encoding of its place: escaped in JSON, percent-encoded in a URL, in base64 where the
//! secret was in base64. All other bytes stay as they are.

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

/// The maximum depth of nested texts: JSON in a string, base64 in JSON, a URL in a parameter.
const DEPTH_MAX: usize = 5;

/// The reason why a value is a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The kind of the secret, which fixtures use as its name.
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

/// Receives the findings of a walk.
pub(super) trait Sink {
    /// Receives a decoded secret and returns its replacement.
    fn secret(&mut self, secret: &str, found: &Found, place: &str) -> Option<String>;

    /// Receives a JSON number that is a secret and returns the number that replaces it.
    fn number(&mut self, secret: &str, found: &Found, place: &str) -> Option<String>;

    /// Receives a text in which no secret was found. Returns the text with known secrets replaced, if it has any.
    fn rest(&mut self, text: &str, place: &str) -> Option<String>;
}

/// A walk through one side of an exchange.
pub(super) struct Walk<'w> {
    pub(super) names: &'w SecretNames,
    pub(super) side: Side,
    pub(super) sink: &'w mut dyn Sink,
}

impl Walk<'_> {
    /// Redacts a value under the name of a secret. A scheme of authentication before the secret stays.
    fn named(&mut self, value: &str, named: &Named, place: &str, depth: usize) -> Option<String> {
        let (scheme, secret) = text::scheme(value);
        if !value::is_secret(secret, named, self.side) {
            return self.text(value, place, depth);
        }
        let shown = self.sink.secret(secret, &Found::by_name(named), place)?;
        Some(format!("{scheme}{shown}"))
    }
}

/// Replaces pieces of a text. The pieces are in order and do not overlap.
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
