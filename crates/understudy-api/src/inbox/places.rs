//! Indexes of proposals: a large inbox has twenty thousand of them.

use super::propose::Proposed;
use crate::import::archive::{parents, sets_for};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The positions of proposals in an inbox.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_id: HashMap<String, usize>,
    /// Positions by service and the id of the draft.
    by_draft: HashMap<(usize, String), usize>,
    /// Positions of the proposals that set a state, by service.
    setters: BTreeMap<usize, Vec<usize>>,
}

impl Places {
    pub(super) fn of(proposed: &[Proposed]) -> Self {
        let mut places = Self::default();
        let mut lone_ids = Vec::new();
        for (at, one) in proposed.iter().enumerate() {
            places.by_id.insert(one.shown.id.clone(), at);
            // The file of a single endpoint has no folder, and users name the proposal after it.
            if let (Some((service, _)), Some(lone)) = (one.shown.id.split_once('/'), &one.draft.lone_id) {
                lone_ids.push((format!("{service}/{lone}"), at));
            }
            places.by_draft.insert((one.service, one.draft.fixture.id.to_string()), at);
            if one.draft.fixture.all_set().next().is_some() {
                places.setters.entry(one.service).or_default().push(at);
            }
        }
        for (id, at) in lone_ids {
            places.by_id.entry(id).or_insert(at);
        }
        places
    }

    /// The position of the proposal with an id.
    pub(super) fn with_id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The positions of the proposals that come before a proposal: in runs, or because they set the states of its
    /// responses.
    pub(super) fn before(&self, one: &Proposed, proposed: &[Proposed]) -> BTreeSet<usize> {
        let parents = parents(&one.draft).filter_map(|id| self.by_draft.get(&(one.service, id.clone())).copied());
        let setters = self.setters.get(&one.service).into_iter().flatten().copied();
        let setters = setters.filter(|at| sets_for(&proposed[*at].draft.fixture, &one.draft.fixture));
        parents.chain(setters).filter(|at| proposed[*at].shown.id != one.shown.id).collect()
    }
}
