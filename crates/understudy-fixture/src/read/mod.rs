//! Trees to typed fixtures.

mod advice;
mod body;
mod content;
mod diff;
mod encoding;
mod fixture;
mod known;
mod lookalike;
mod matching;
mod method;
mod named;
mod pages;
mod path;
mod problems;
mod project;
mod reader;
mod request;
mod response;
mod rule;
mod scalar;
mod state;
mod verify;

pub use body::{BodyFiles, FileProblem, FoundFile};
pub(crate) use fixture::tree;
pub use fixture::{are_names_of_fixture, fixture, is_leaf_of_services, root_names, value_of};
pub(crate) use lookalike::lookalikes;
pub(crate) use named::{Named, is_hardly_meant};
pub(crate) use path::without_foreign;
pub use project::project;
pub(crate) use rule::is_rule_word;

use reader::{Fields, Reader};
