//! How an answer differs from what was promised.

use crate::contrast::is_invisible;
use understudy_exchange::Json;
use understudy_exchange::printable::push_escaped;
use understudy_exchange::redact::{REDACTED, SecretNames, redacted};

/// What kind of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Another status.
    Status,
    /// A header field that is missing or has another value.
    Header,
    /// Something promised is not there.
    Missing,
    /// Something is there that must not be.
    Added,
    /// Another type of JSON, or no JSON at all.
    Type,
    /// The right type, but a value that does not obey.
    Value,
    /// The request was sent, but no proper answer came.
    NoAnswer,
    /// A value that later fixtures need is not in the answer.
    Capture,
    /// Not what the agreed description says.
    Described,
}

impl Kind {
    /// As it is written in `known` and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Header => "header",
            Self::Missing => "missing",
            Self::Added => "added",
            Self::Type => "type",
            Self::Value => "value",
            Self::NoAnswer => "no-answer",
            Self::Capture => "capture",
            Self::Described => "described",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where: a JSONPath, a header's name, or `status`.
    pub path: String,
    /// What kind.
    pub kind: Kind,
    /// What was promised, in words or as JSON.
    pub expected: String,
    /// What came.
    pub received: String,
}

impl Mismatch {
    /// Whether something came at all.
    #[must_use]
    pub fn has_received(&self) -> bool {
        self.received != NOTHING
    }
}

/// The number of characters of a value that are shown.
pub(crate) const SHOWN_CHARS_MAX: usize = 120;

/// Returns a value for people: whole where it is short.
pub(crate) fn show(value: &Json) -> String {
    shorten(&redacted(value).to_string())
}

/// Returns a text for people: whole where it is short, with escapes for what nobody sees, and nothing of it where it
/// contains a secret, because a piece of a secret would not be recognised.
pub(crate) fn shorten(text: &str) -> String {
    if is_redacted(text) {
        return REDACTED.to_owned();
    }
    let mut shown = String::new();
    let mut chars = text.chars();
    for c in chars.by_ref().take(SHOWN_CHARS_MAX) {
        if is_invisible(c) { push_escaped(c, &mut shown) } else { shown.push(c) }
    }
    if chars.next().is_some() {
        shown.push_str(&format!("… ({} characters)", text.chars().count()));
    }
    shown
}

/// Returns true if a text contains a secret and is not shown.
pub(crate) fn is_redacted(text: &str) -> bool {
    SecretNames::default().are_in(text)
}

/// What stands for something that is not there.
pub(crate) const NOTHING: &str = "(nothing)";
