//! An expression of a filter before it is known what is wanted of it.

use super::ast::{Operand, Query, Test};
use crate::Json;

/// An expression before it is known whether a test or a value is wanted.
pub(super) enum Term {
    Query(Query),
    Literal(Json),
    /// A function that gives a value.
    Value(Operand),
    /// A function that gives true or false.
    Test(Test),
}

impl Term {
    /// The term as something with at most one value.
    pub(super) fn operand(self) -> Option<Operand> {
        match self {
            Self::Query(query) if query.is_singular() => Some(Operand::Singular(query)),
            Self::Literal(value) => Some(Operand::Literal(value)),
            Self::Value(operand) => Some(operand),
            Self::Query(_) | Self::Test(_) => None,
        }
    }

    pub(super) fn query(self) -> Option<Query> {
        match self {
            Self::Query(query) => Some(query),
            _ => None,
        }
    }
}
