//! What a fixture file says: text in, typed fixtures and located diagnostics out, and back to text.
//!
//! The decision that shaped it: reading never fails. Every reader returns what is good *and* every problem it
//! saw, each with its place, because a bad fixture must not take the good ones down and nobody wants to mend
//! a file one error at a time. The keys that a file may hold stand in one table ([`grammar`]), which reading
//! ("unknown key"), hints ("did you mean") and the JSON Schema all come from.
//!
//! What this crate does not know: the file system (body files come through [`BodyFiles`]), the environment,
//! and what a fixture means for an exchange; that is `understudy-match`.

mod catalog;
mod complete;
mod diagnostic;
mod edit;
pub mod grammar;
mod key;
mod locate;
pub mod model;
mod naming;
mod read;
mod schema;
mod source;
mod write;

pub use catalog::{check_service, same_request};
pub use complete::{Completion, complete};
pub use diagnostic::{Code, Diagnostic, Severity, Span};
pub use edit::{
    Edit, EditError, Merged, Places, edit_fixture, edit_json, edit_source, line_of, merge_source, set_value,
};
pub use key::problem_at_key;
pub use locate::{Expectation, Lines};
pub use naming::{free_name, is_reserved_folder, is_version, outside_reserved, suggested_id};
pub use read::{
    BodyFiles, FileProblem, FoundFile, are_names_of_fixture, fixture, is_leaf_of_services, project, root_names,
    value_of,
};
pub use schema::{fixture_schema, project_schema};
pub use source::{AsJson, SOURCE_BYTES_MAX, Source};
pub use write::{flow_value, rule_value, write_fixture};
