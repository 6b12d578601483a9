//! Schemas: as the validator wants them, and what they say of one value.

mod bits;
mod bundle;
mod check;
mod discriminator;
mod facets;
mod keyword;

pub(crate) use bundle::Direction;
pub(crate) use check::{Broken, Checker, TextCheck, check_once, is_pattern};
pub(crate) use facets::{Facets, Limit, REQUIRED_MAX, Taking, Types};
