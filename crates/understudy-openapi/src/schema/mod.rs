//! Schemas: as the validator wants them, and what they say of one value.

mod alternatives;
mod bits;
mod bundle;
mod check;
mod costly;
mod discriminator;
mod facets;
mod keyword;
mod retyped;
mod steps;

pub(crate) use bundle::Direction;
pub(crate) use check::{Broken, Checker, TextCheck, check_once, is_pattern, shortened};
pub(crate) use discriminator::{Discriminator, mapped};
pub(crate) use facets::{Facets, Limit, REQUIRED_MAX, Taking, Types};
pub(crate) use keyword::TYPES;
pub(crate) use retyped::retyped;
