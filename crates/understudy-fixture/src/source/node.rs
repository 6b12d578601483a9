//! A node of a file's tree.

use crate::diagnostic::Span;
use understudy_exchange::JsonString;

/// A value with its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A scalar, before it is known what is wanted of it.
#[derive(Debug, Clone)]
pub(crate) enum Scalar {
    /// Unquoted: may be a number, a boolean, null or text.
    Plain(String),
    /// In quotes, or a block: text, whatever it looks like.
    Quoted(JsonString),
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: JsonString,
    /// Whether a map stands where a name should, as in an unquoted `{{x}}`.
    pub(crate) is_named_by_map: bool,
    pub(crate) span: Span,
    pub(crate) value: Node,
}

impl Node {
    /// "a list", for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.value {
            Value::Map(_) => "a map",
            Value::List(_) => "a list",
            Value::Scalar(scalar) if scalar.is_null() => "nothing",
            Value::Scalar(_) => "a single value",
        }
    }

    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// What an unquoted `{{x}}` is in YAML: a map whose only key is a map.
    pub(crate) fn is_unquoted_placeholder(&self) -> bool {
        matches!(&self.value, Value::Map(entries) if entries.len() == 1 && entries[0].is_named_by_map)
    }
}

impl Scalar {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Quoted(text) => text.as_str(),
        }
    }

    /// YAML 1.2 core schema, section 10.3.2.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Plain(text) if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Plain(text) => match text.as_str() {
                "true" | "True" | "TRUE" => Some(true),
                "false" | "False" | "FALSE" => Some(false),
                _ => None,
            },
            Self::Quoted(_) => None,
        }
    }
}
