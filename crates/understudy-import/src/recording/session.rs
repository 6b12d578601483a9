//! One recording: its exchanges and the groups of them that become fixtures.

use super::Recorded;
use super::call::{Call, decoded_segments, path_below};
use super::endpoint::{Evidence, template};
use super::fingerprint::Fingerprint;
use super::flow::{Flow, Traced, Use};
use super::group::{Group, groups};
use super::ids::{ExchangeId, GroupId, Table};
use super::naming::fixture_ids;
use std::collections::HashMap;
use understudy_exchange::Json;
use understudy_fixture::model::{Capture, PathTemplate};

/// An exchange with what was found out about it.
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
    /// The exchanges that made what the response shows. In the response to another request it is only there once it was made.
    pub(super) shown: Vec<ExchangeId>,
}

impl Exchange<'_> {
    /// The exchanges that began the session of a request: those that gave its cookies and tokens.
    pub(super) fn sessions(&self) -> impl Iterator<Item = ExchangeId> {
        let given = self.uses.iter().filter(|used| !used.is_made).filter_map(|used| used.from);
        self.cookies.iter().copied().chain(given)
    }

    /// The values of earlier responses that the request is about, by their names.
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

/// A recording.
#[derive(Debug)]
pub(super) struct Session<'r> {
    pub(super) exchanges: Table<ExchangeId, Exchange<'r>>,
    /// In the order of the fixtures.
    pub(super) groups: Table<GroupId, Group>,
    /// The ids of the fixtures.
    pub(super) ids: Table<GroupId, String>,
    group_of: HashMap<ExchangeId, GroupId>,
}

impl<'r> Session<'r> {
    pub(super) fn of(recorded: &'r [Recorded], base: &'r str) -> Self {
        let exchanges = read(recorded, base);
        let groups: Table<GroupId, Group> = groups(&exchanges).into_iter().collect();
        let places = groups.iter().flat_map(|(id, group)| group.of.iter().map(move |exchange| (*exchange, id)));
        let group_of = places.collect();
        let ids = fixture_ids(&groups, &exchanges);
        Self { exchanges, groups, ids, group_of }
    }

    /// The group of an exchange; `None` where no fixture can say what it is.
    pub(super) fn group_of(&self, exchange: ExchangeId) -> Option<GroupId> {
        self.group_of.get(&exchange).copied()
    }

    /// The exchange that is verified for a group.
    pub(super) fn verified(&self, group: GroupId) -> &Exchange<'r> {
        &self.exchanges[self.groups[group].verified]
    }

    /// The values that a run captures from the response to a fixture.
    pub(super) fn captures(&self, group: GroupId) -> Vec<Capture> {
        let mut captures: Vec<Capture> = Vec::new();
        for capture in self.groups[group].of.iter().flat_map(|at| &self.exchanges[*at].captures) {
            if !captures.iter().any(|known| known.name == capture.name) {
                captures.push(capture.clone());
            }
        }
        captures
    }
}

/// Reads exchanges in the order in which they happened.
fn read<'r>(recorded: &'r [Recorded], base: &'r str) -> Table<ExchangeId, Exchange<'r>> {
    let mut flow = Flow::new(recorded, base);
    let mut evidence = Evidence::default();
    let mut exchanges: Table<ExchangeId, Exchange<'r>> = Table::default();
    for recorded in recorded {
        let body = Json::parse(&recorded.response.body).ok();
        let Traced { call, uses, cookies, shown } = flow.next(recorded, body.as_ref());
        if recorded.response.status.is_success() {
            evidence.add(&decoded_segments(path_below(&recorded.request, base)), body.as_ref());
        }
        exchanges.push(Exchange {
            recorded,
            call,
            endpoint: PathTemplate { segments: Vec::new() },
            fingerprint: Fingerprint::of(&recorded.response, body.as_ref()),
            is_list: matches!(body, Some(Json::Array(_))),
            uses,
            captures: Vec::new(),
            cookies,
            shown,
        });
    }
    let captures = flow.into_captures();
    for id in exchanges.ids() {
        exchanges[id].endpoint = template(&exchanges[id].call, &evidence);
        exchanges[id].captures = captures[id].clone();
    }
    exchanges
}
