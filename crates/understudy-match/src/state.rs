//! What the state of a service decides: whether a fixture matches, and which of its responses answer.

use std::collections::BTreeMap;
use understudy_fixture::model::{Fixture, When};

/// What a service's state says; names that are not in it are unset.
pub type State = BTreeMap<String, String>;

/// Whether all of these hold.
pub(crate) fn holds(when: &[When], state: &State) -> bool {
    when.iter().all(|when| when.holds(state.get(&when.name).map(String::as_str)))
}

/// The responses of a fixture that answer in the same states: each in its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turns {
    /// The states; every state where empty.
    pub when: Vec<When>,
    /// Their places in the fixture's list of responses. Never empty.
    pub responses: Vec<usize>,
}

impl Turns {
    /// All responses of a fixture, by the states in which they answer.
    #[must_use]
    pub fn of(fixture: &Fixture) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (place, response) in fixture.responses.iter().enumerate() {
            let mut when = response.when.clone();
            when.iter_mut().for_each(|when| when.values.sort());
            when.sort();
            match all.iter_mut().find(|turns| turns.when == when) {
                Some(turns) => turns.responses.push(place),
                None => all.push(Self { when, responses: vec![place] }),
            }
        }
        all
    }

    /// The place of those among `all` that answer in a state: of those whose states these are, those that name most, and of
    /// several the last.
    #[must_use]
    pub fn in_state(all: &[Self], state: &State) -> usize {
        let holding = all.iter().enumerate().filter(|(_, turns)| holds(&turns.when, state));
        holding.max_by_key(|(_, turns)| turns.when.len()).map_or(0, |(place, _)| place)
    }
}
