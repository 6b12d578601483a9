//! Trees to typed fixtures.

mod body;
mod fixture;
mod project;
mod reader;
mod request;
mod response;
mod rule;
mod scalar;
mod verify;

pub use body::{BodyFiles, FileProblem};
pub use fixture::{fixture, is_leaf_of_services};
pub use project::project;

use reader::{Fields, Reader};
