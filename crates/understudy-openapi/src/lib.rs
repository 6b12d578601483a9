//! The agreed description of a service: OpenAPI 3.0 and 3.1, and Swagger 2.0.
//!
//! The decision that shaped it: a description is a large text of which little is ever asked for. Its files are kept as
//! they are, with a table of their values (`document`); what all versions say about operations is read once into one shape
//! ([`Description`]); and whatever needs a schema (an answer, a check) is made when it is first asked for. So the largest
//! descriptions are served in the time that it takes to read their text, and one bad schema costs one operation.
//!
//! What this crate does not know: files and networks (files come through [`Files`]), sockets.

mod answer;
mod diff;
mod document;
mod fixtures;
mod judge;
mod make;
mod model;
mod near;
mod outgoing;
mod read;
mod ready;
mod request;
mod route;
mod schema;

pub use answer::{Answer, Asking, Described, Refusal};
pub use diff::{Change, Level, Rule, Touched};
pub use document::{DOCUMENT_BYTES_MAX, Files};
pub use fixtures::{Fixtures, Left, Shown};
pub use judge::Conformity;
pub use model::{Description, Dialect, Operation, Status};
pub use outgoing::{Link, Outgoing};
pub use request::{Part, Violation};
