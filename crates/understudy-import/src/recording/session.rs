//! One recording: its exchanges and the groups of them that become fixtures.

use super::Recorded;
use super::call::{decoded_segments, path_below};
use super::endpoint::{Evidence, template};
use super::exchange::Exchange;
use super::fingerprint::Fingerprint;
use super::flow::{Flow, Traced};
use super::group::{Group, groups};
use super::ids::{ExchangeId, GroupId, Table};
use super::naming::{fixture_ids, lone_ids};
use std::collections::HashMap;
use understudy_exchange::Json;
use understudy_fixture::model::{Capture, PathTemplate};

/// A recording.
#[derive(Debug)]
pub(super) struct Session<'r> {
    pub(super) exchanges: Table<ExchangeId, Exchange<'r>>,
    /// The groups, in the order of the fixtures.
    pub(super) groups: Table<GroupId, Group>,
    /// The ids of the fixtures.
    pub(super) ids: Table<GroupId, String>,
    /// The ids without a folder, if nothing else of the recording is in that folder.
    pub(super) lone_ids: Table<GroupId, Option<String>>,
    group_of: HashMap<ExchangeId, GroupId>,
}

impl<'r> Session<'r> {
    pub(super) fn of(recorded: &'r [Recorded], base: &'r str) -> Self {
        let exchanges = read(recorded, base);
        let groups: Table<GroupId, Group> = groups(&exchanges).into_iter().collect();
        let places = groups.iter().flat_map(|(id, group)| group.of.iter().map(move |exchange| (*exchange, id)));
        let group_of = places.collect();
        let ids = fixture_ids(&groups, &exchanges);
        let lone_ids = lone_ids(&ids, &groups, &exchanges);
        Self { exchanges, groups, ids, lone_ids, group_of }
    }

    /// The group of an exchange; `None` if no fixture can express it.
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
