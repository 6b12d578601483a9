//! The state of a service that is being served.

use arc_swap::{ArcSwap, Guard};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use understudy_match::State;

/// What fixtures match in and set, and whoever drives the service. It outlives edits, and nobody waits to set it: who would while
/// another does looks at it anew.
#[derive(Debug)]
pub struct LiveState {
    first: State,
    now: ArcSwap<State>,
    turn: Mutex<()>,
}

impl LiveState {
    pub(crate) fn new(first: State) -> Self {
        Self { now: ArcSwap::from_pointee(first.clone()), first, turn: Mutex::default() }
    }

    /// What it says now.
    #[must_use]
    pub fn get(&self) -> Arc<State> {
        self.now.load_full()
    }

    /// Sets a name to a value; without a value, unsets it.
    pub fn set(&self, name: &str, value: Option<&str>) {
        self.now.rcu(|now| {
            let mut next = State::clone(now);
            match value {
                Some(value) => next.insert(name.to_owned(), value.to_owned()),
                None => next.remove(name),
            };
            next
        });
    }

    /// Sets it to what it was when the service was started.
    pub fn reset(&self) {
        self.now.store(Arc::new(self.first.clone()));
    }

    pub(crate) fn look(&self) -> Guard<Arc<State>> {
        self.now.load()
    }

    /// Held by who takes a turn that sets the state, until both are done: else the next one would find the state set, and the
    /// same turn once more.
    pub(crate) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets names to values, where nobody has set any since `seen`; says whether. What takes turns is set even to what it is: of
    /// two that have seen the same turn, only one has it.
    pub(crate) fn advance(&self, seen: &Guard<Arc<State>>, set: &[(String, String)], takes_turns: bool) -> bool {
        if !takes_turns && set.iter().all(|(name, value)| seen.get(name) == Some(value)) {
            return true;
        }
        let mut next = State::clone(seen);
        next.extend(set.iter().cloned());
        Arc::ptr_eq(&self.now.compare_and_swap(seen, Arc::new(next)), seen)
    }
}
