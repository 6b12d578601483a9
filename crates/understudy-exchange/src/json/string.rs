//! A JSON string, lone surrogates included.

use smol_str::SmolStr;
use std::hash::{Hash, Hasher};

/// A JSON string. RFC 8259, section 8.2, lets a text escape half of a surrogate pair, which no Rust string
/// can hold: such a string keeps its UTF-16 units as well, so that it is written and compared as it was.
#[derive(Debug, Clone)]
pub struct JsonString {
    /// Short ones, which most are, in place.
    text: SmolStr,
    /// Only where `text` cannot say it. Boxed twice: it is rare, and every string of a body has room for it.
    units: Option<Box<Box<[u16]>>>,
}

impl JsonString {
    /// A string that is proper Unicode.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        Self { text: SmolStr::new(text), units: None }
    }

    /// A string from its UTF-16 units, lone surrogates allowed.
    #[must_use]
    pub fn from_utf16(units: &[u16]) -> Self {
        match String::from_utf16(units) {
            Ok(text) => Self::new(text),
            Err(_) => Self { text: String::from_utf16_lossy(units).into(), units: Some(Box::new(units.into())) },
        }
    }

    /// The text, with U+FFFD in place of each lone surrogate.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is proper Unicode: no surrogate stands alone.
    #[must_use]
    pub fn is_unicode(&self) -> bool {
        self.units.is_none()
    }

    /// Whether this is exactly `text`.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.units.is_none() && *self.text == *text
    }

    /// The UTF-16 units where lone surrogates make them necessary.
    pub(crate) fn units(&self) -> Option<&[u16]> {
        self.units.as_deref().map(|units| &**units)
    }
}

impl PartialEq for JsonString {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.units == other.units
    }
}

impl Eq for JsonString {}

impl Hash for JsonString {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
