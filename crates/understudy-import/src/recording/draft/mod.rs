//! The request and the responses of a fixture, as they were recorded.

mod body;
mod cookies;
mod header_names;
mod request;
mod response;
mod sent_headers;
mod volatile;

pub(super) use body::Files;
pub(super) use header_names::may_matter;
pub(super) use request::{fields, request};
pub(super) use response::responses;
pub(super) use sent_headers::decides;
