//! What a handler gets and gives.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use hyper::body::Incoming;

/// A request that came in.
#[derive(Debug)]
pub struct Inbound {
    /// Method, target and header fields, as they were sent.
    pub parts: Parts,
    /// The body, still in its content coding.
    pub body: Result<Bytes, BodyProblem>,
}

/// Why a body could not be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyProblem {
    /// It has more than [`crate::BODY_BYTES_MAX`] bytes.
    TooLarge,
    /// It took longer than [`crate::BODY_TIMEOUT`].
    TimedOut,
    /// The peer went away, or did not keep to the protocol.
    Broken,
}

/// An answer.
#[derive(Debug)]
pub struct Outbound {
    /// The status.
    pub status: StatusCode,
    /// The header fields; `date` and `content-length` are added.
    pub headers: HeaderMap,
    /// The content.
    pub body: OutboundBody,
}

/// The content of an answer.
#[derive(Debug)]
pub enum OutboundBody {
    /// All of it at once.
    Whole(Bytes),
    /// What a backend sends, passed on as it comes.
    Stream(Stream),
}

/// The body of a backend's answer, still on its way.
#[derive(Debug)]
pub struct Stream(pub(crate) Incoming);

impl Outbound {
    /// An answer with all of its content.
    #[must_use]
    pub fn whole(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self { status, headers, body: OutboundBody::Whole(body) }
    }
}
