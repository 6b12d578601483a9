//! JSON that keeps what was written: the digits of numbers, the order of members, duplicate members and
//! lone surrogates (RFC 8259).

mod number;
mod parse;
mod string;
mod text;
mod write;

pub use number::Number;
pub use parse::{Build, DEPTH_MAX, JsonError, Scalar, Text, parse_with};
pub use string::JsonString;
pub use text::JsonText;
pub use write::write_string;

use std::collections::HashMap;

/// A JSON value as it was written.
///
/// `==` compares meaning: numbers as decimals, objects without regard to the order of their members.
#[derive(Debug, Clone)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its source text.
    Number(Number),
    /// A string.
    String(JsonString),
    /// An array.
    Array(Vec<Json>),
    /// An object: its members in the order they were written, duplicates included.
    Object(Vec<(JsonString, Json)>),
}

/// One step down from a node to its child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step<'a> {
    /// Into an array.
    Index(usize),
    /// Into an object.
    Name(&'a str),
}

/// Objects with more members than this are compared through a table, so that a large hostile body
/// costs time in proportion to its size.
const MEMBERS_COMPARED_IN_PLACE_MAX: usize = 16;

impl Json {
    /// Reads one JSON text (UTF-8, RFC 8259), with at most [`DEPTH_MAX`] nested arrays and objects.
    ///
    /// # Errors
    /// [`JsonError`] with the byte offset of the first thing that is not JSON.
    pub fn parse(text: &[u8]) -> Result<Self, JsonError> {
        parse::parse(text)
    }

    /// A string value.
    #[must_use]
    pub fn string(text: impl AsRef<str>) -> Self {
        Self::String(JsonString::new(text))
    }

    /// The member of an object with this name; of duplicates the last, as most readers take it.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().rev().find(|(n, _)| n.is(name)).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The element of an array at this index.
    #[must_use]
    pub fn element(&self, index: usize) -> Option<&Self> {
        match self {
            Self::Array(items) => items.get(index),
            _ => None,
        }
    }

    /// The element or member that a step leads to.
    #[must_use]
    pub fn child(&self, step: Step<'_>) -> Option<&Self> {
        match step {
            Step::Name(name) => self.member(name),
            Step::Index(index) => self.element(index),
        }
    }

    /// The elements of an array or the members of an object, in order; nothing of other values.
    pub fn children(&self) -> impl Iterator<Item = (Step<'_>, &Self)> {
        let (items, members) = match self {
            Self::Array(items) => (items.as_slice(), [].as_slice()),
            Self::Object(members) => ([].as_slice(), members.as_slice()),
            _ => ([].as_slice(), [].as_slice()),
        };
        let items = items.iter().enumerate().map(|(at, item)| (Step::Index(at), item));
        items.chain(members.iter().map(|(name, value)| (Step::Name(name.as_str()), value)))
    }

    /// The text of a string value.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(string) => Some(string.as_str()),
            _ => None,
        }
    }

    /// The JSON type's name: `null`, `boolean`, `number`, `string`, `array` or `object`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => same_members(a, b),
            _ => false,
        }
    }
}

impl Eq for Json {}

type Members = [(JsonString, Json)];

/// Objects are equal when each has the other's members; of duplicates the last one counts.
fn same_members(a: &Members, b: &Members) -> bool {
    if a.len() > MEMBERS_COMPARED_IN_PLACE_MAX || b.len() > MEMBERS_COMPARED_IN_PLACE_MAX {
        return member_table(a) == member_table(b);
    }
    // Each value is compared once: comparing again on failure would double the work at every depth.
    let named = |members: &Members, name: &JsonString| members.iter().rposition(|(n, _)| n == name);
    b.iter().all(|(name, _)| named(a, name).is_some())
        && a.iter().enumerate().all(|(at, (name, value))| {
            named(a, name) != Some(at) || named(b, name).is_some_and(|other| b[other].1 == *value)
        })
}

/// An object's members by name; of duplicates the last one.
#[must_use]
pub fn member_table(members: &Members) -> HashMap<&JsonString, &Json> {
    members.iter().map(|(name, value)| (name, value)).collect()
}

impl std::fmt::Display for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.write_to(&mut text);
        f.write_str(&text)
    }
}
