//! An exchange of a recording, with the results of its analysis.

use super::Recorded;
use super::call::Call;
use super::fingerprint::Fingerprint;
use super::flow::Use;
use super::ids::ExchangeId;
use understudy_fixture::model::{Capture, PathTemplate};

/// An exchange with the results of its analysis.
#[derive(Debug)]
pub(super) struct Exchange<'r> {
    pub(super) recorded: &'r Recorded,
    /// The request with the values of earlier responses named.
    pub(super) call: Call,
    /// The path of the request with its parameters.
    pub(super) endpoint: PathTemplate,
    pub(super) fingerprint: Fingerprint,
    /// The body of the response is a JSON array.
    pub(super) is_list: bool,
    /// The values in the request that have names.
    pub(super) uses: Vec<Use>,
    /// The values of the response that later requests need.
    pub(super) captures: Vec<Capture>,
    /// The exchanges whose cookies the request sends.
    pub(super) cookies: Vec<ExchangeId>,
    /// The exchanges that created the resources in the response. The responses to other requests contain these
    /// resources only afterwards.
    pub(super) shown: Vec<ExchangeId>,
}

impl Exchange<'_> {
    /// The exchanges that began the session of a request: those that gave its cookies and tokens.
    pub(super) fn sessions(&self) -> impl Iterator<Item = ExchangeId> {
        let given = self.uses.iter().filter(|used| !used.is_made).filter_map(|used| used.from);
        self.cookies.iter().copied().chain(given)
    }

    /// The values of earlier responses that the request sends to identify its resource, with their names.
    pub(super) fn given_values(&self) -> Vec<(&str, &str)> {
        let uses = self.uses.iter().filter(|used| used.from.is_some() && !used.is_in_headers);
        let mut values: Vec<(&str, &str)> = uses.map(|used| (used.name.as_str(), used.value.as_str())).collect();
        values.sort_unstable();
        values
    }

    /// The value that a request sent under a name.
    pub(super) fn value_of(&self, name: &str) -> Option<&str> {
        self.uses.iter().find(|used| used.name == name).map(|used| used.value.as_str())
    }

    /// Returns true if the request sends a secret that was refused.
    pub(super) fn sends_refused(&self) -> bool {
        self.uses.iter().any(|used| used.is_refused)
    }
}
