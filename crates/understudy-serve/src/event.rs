//! What happened, for those who want to know.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use std::time::Duration;
use understudy_exchange::Request;

/// One request that was answered. Borrowed: whoever wants to keep it decides what of it.
#[derive(Debug, Clone, Copy)]
pub struct Exchanged<'e> {
    /// The service.
    pub service: &'e str,
    /// The request as it was sent: its body is in the content coding that its header fields name.
    pub request: &'e Request,
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's header fields.
    pub headers: &'e HeaderMap,
    /// The answer's body, in its content coding likewise; `None` where it is passed on and nobody has seen it.
    pub body: Option<&'e Bytes>,
    /// Who answered.
    pub answered: &'e Answered<'e>,
    /// From the whole request to the answer, delays included. Zero where the answer neither waited nor looked at a
    /// body: asking the clock twice would take as long.
    pub took: Duration,
}

/// Who answered a request, or why nobody did.
#[derive(Debug, Clone)]
pub enum Answered<'e> {
    /// A fixture.
    Fixture {
        /// Its id.
        id: &'e str,
        /// What it set the state to.
        set: &'e [(String, String)],
    },
    /// The description, for the operation with this name, and what is wrong with the request.
    Description {
        /// `listPets`
        operation: &'e str,
        /// Empty where nothing is.
        wrong: Wrong,
    },
    /// The backend.
    Backend,
    /// Nobody: the nearest fixtures and what did not match.
    Nobody(Wrong),
    /// The server itself: a preflight, OPTIONS, a limit.
    Server(&'static str),
    /// The backend was asked and did not answer.
    BackendFailed(String),
    /// Nobody: the request must not reach the backend. The reason, and what to do about it, in lines.
    Refused(String),
}

/// What is wrong with a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wrong {
    /// In words, with what was received.
    pub words: String,
    /// Only where it is, for those who may keep nothing of what was received: `nearest: pets/get (query expand)`.
    pub places: String,
}

/// Is told about every request. Called on the path of requests: it must return at once.
pub trait Observer: Send + Sync + std::fmt::Debug + 'static {
    /// A request was answered.
    fn exchanged(&self, exchanged: Exchanged<'_>);

    /// Something happened on a service's port that is about no request.
    fn noticed(&self, _service: &str, _notice: &str) {}
}
