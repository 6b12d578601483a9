//! The response of a fixture that a backend is compared with.

use super::{Fixture, ResponsePromise};

/// The least status of a server error. A healthy backend does not send one.
const SERVER_ERROR: u16 = 500;

impl Fixture {
    /// Returns the place of the response that a backend is compared with: the one that `verify.response` names, or the
    /// only one. Of several it is the first one that is no server error; a response without `when` comes before one
    /// with. Returns `None` if there is no such response.
    #[must_use]
    pub fn verified_response(&self) -> Option<usize> {
        if self.verify.response.is_some() || self.responses.len() == 1 {
            return Some(self.verify.response.unwrap_or(0));
        }
        let is_healthy = |response: &ResponsePromise| response.status < SERVER_ERROR;
        let in_every_state =
            self.responses.iter().position(|response| is_healthy(response) && response.when.is_empty());
        in_every_state.or_else(|| self.responses.iter().position(is_healthy))
    }

    /// Returns the response that a backend is compared with.
    #[must_use]
    pub fn promise(&self) -> Option<&ResponsePromise> {
        self.verified_response().map(|at| &self.responses[at])
    }

    /// Returns true if a backend has to be in trouble to send the response that it is compared with.
    #[must_use]
    pub fn is_about_trouble(&self) -> bool {
        self.promise().is_none_or(|promise| promise.status >= SERVER_ERROR)
    }
}
