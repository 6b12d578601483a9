//! A backend that gets no requests, because they would carry what its user has not allowed.

use crate::admission::Admission;
use crate::event::Answered;
use crate::problem;
use http::StatusCode;
use std::sync::Arc;
use understudy_match::Rendered;
use understudy_net::Outbound;

/// A backend that gets no requests until its user allows it.
#[derive(Debug, Clone)]
pub struct Withheld {
    /// The reason, and what to do about it, in lines.
    pub explanation: Arc<str>,
    /// True if fixtures respond to the requests that they match. A recorder has no fixtures.
    pub fixtures_respond: bool,
    /// The requests that would reach the backend. Other pages do not read the reason either.
    pub admission: Arc<Admission>,
}

impl Withheld {
    /// Returns the response to a request that would be forwarded.
    pub(crate) fn response(&self) -> (Outbound, Answered<'static>) {
        let title = "The backend gets no variables of the environment yet";
        let Rendered { status, headers, body } =
            problem::problem(StatusCode::FORBIDDEN, "variables-not-allowed", title, &self.explanation);
        (Outbound::whole(status, headers, body), Answered::Refused(self.explanation.to_string()))
    }
}
