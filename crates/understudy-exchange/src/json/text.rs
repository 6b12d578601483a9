//! JSON that is kept as text.

use super::Json;
use bytes::Bytes;

/// A JSON value as its compact text: a tenth of a tree's memory, and ready to be sent. Two are equal when they are
/// written alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText(Bytes);

impl JsonText {
    /// The text of a value.
    #[must_use]
    pub fn new(value: &Json) -> Self {
        Self(Bytes::from(value.to_string()))
    }

    /// A text that the caller has written, with nothing but [`Json::write_to`], [`super::write_string`] and JSON's
    /// own brackets, colons and commas. It is not parsed again, which would cost what keeping text saves.
    #[must_use]
    pub fn from_written(text: String) -> Self {
        debug_assert!(Json::parse(text.as_bytes()).is_ok(), "{text}");
        Self(Bytes::from(text.into_boxed_str().into_boxed_bytes()))
    }

    /// The text.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> Json {
        Json::parse(&self.0).expect("the text was written from a value")
    }
}
