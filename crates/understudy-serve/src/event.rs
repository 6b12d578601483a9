//! What happened, for those who want to know.

use http::{Method, StatusCode};
use std::sync::Arc;
use std::time::Duration;

/// One request that was answered.
#[derive(Debug, Clone)]
pub struct Exchanged {
    /// The service.
    pub service: Arc<str>,
    /// The request's method.
    pub method: Method,
    /// The request's path and query.
    pub target: String,
    /// The answer's status.
    pub status: StatusCode,
    /// Who answered.
    pub answered: Answered,
    /// From the whole request to the answer, delays included.
    pub took: Duration,
}

/// Who answered a request, or why nobody did.
#[derive(Debug, Clone)]
pub enum Answered {
    /// The fixture with this id.
    Fixture(Arc<str>),
    /// The backend.
    Backend,
    /// Nobody: the nearest fixtures and what did not match, in words.
    Nobody(String),
    /// The server itself: a preflight, OPTIONS, a limit.
    Server(&'static str),
    /// The backend was asked and did not answer.
    BackendFailed(String),
}

/// Is told about every request. Called on the path of requests: it must return at once.
pub trait Observer: Send + Sync + std::fmt::Debug + 'static {
    /// A request was answered.
    fn exchanged(&self, exchanged: Exchanged);
}
