//! The request and the responses of a fixture, as they were recorded.

mod body;
mod cookies;
mod echo;
mod request;
mod response;
mod volatile;

pub(super) use body::Files;
pub(super) use request::{fields, request};
pub(super) use response::responses;
