//! Fixtures that a run leaves out because of their states and responses. A backend has one state, and a healthy backend
//! sends no server error, so not every response that a stub can give is expected of it.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::Arc;
use understudy_fixture::model::{Fixture, Service, TrailingSlash, When};
use understudy_match::{Choice, Incoming, Index, State, stub_request};

/// The reason for a fixture of which every response is a server error.
const ONLY_TROUBLE: &str = "all its responses are server errors, which a healthy backend does not send: to compare the first one anyway, write `verify: { response: 1 }`";

/// The fixtures of a service, as far as they decide which of them are compared.
pub(crate) struct Faces<'f> {
    service: &'f Service,
    all: &'f [Arc<Fixture>],
    /// The ids of fixtures that others come after.
    parents: HashSet<&'f str>,
    /// The fixtures without `when`. Few services need them.
    in_every_state: OnceCell<Index>,
}

impl<'f> Faces<'f> {
    pub(crate) fn new(service: &'f Service, all: &'f [Arc<Fixture>]) -> Self {
        let enabled = all.iter().filter(|fixture| fixture.enabled);
        let parents = enabled.flat_map(|fixture| fixture.parents(service)).map(String::as_str).collect();
        Self { service, all, parents, in_every_state: OnceCell::new() }
    }

    /// Returns why a fixture is not compared with a backend, if so.
    pub(crate) fn not_compared(&self, fixture: &Fixture) -> Option<String> {
        if self.is_of_a_state_only(fixture) {
            return Some(format!("only in state {}", in_words(&fixture.when)));
        }
        fixture.promise().is_none().then(|| ONLY_TROUBLE.to_owned())
    }

    /// Returns true if nothing brings the backend into the state of a fixture, and another fixture or nobody expects the
    /// response to its request in the state that the backend has.
    fn is_of_a_state_only(&self, fixture: &Fixture) -> bool {
        let verify = &fixture.verify;
        let comes_after = verify.after.as_ref().is_some_and(|after| !after.is_empty()) || !verify.again.is_empty();
        let is_brought = !verify.given.is_empty() || comes_after || self.parents.contains(&*fixture.id);
        if fixture.when.is_empty() || is_brought || verify.response.is_some() {
            return false;
        }
        fixture.is_about_trouble() || self.is_requested_in_every_state(fixture)
    }

    /// Returns true if a fixture without `when` matches the example request.
    fn is_requested_in_every_state(&self, fixture: &Fixture) -> bool {
        let Ok(request) = stub_request(fixture, &self.service.base) else { return false };
        let index = self.in_every_state.get_or_init(|| {
            let stateless = self.all.iter().filter(|fixture| fixture.when.is_empty());
            let index = Index::new(&self.service.base, stateless.cloned());
            match self.service.trailing_slash {
                TrailingSlash::Exact => index,
                TrailingSlash::Ignore => index.ignoring_trailing_slash(),
            }
        });
        matches!(index.choose(&Incoming::new(&request), &State::new()), Choice::Promise(_))
    }
}

/// States in a line: `cart=filled or paid, user=guest`.
fn in_words(when: &[When]) -> String {
    let all: Vec<String> = when.iter().map(|when| format!("{}={}", when.name, when.values.join(" or "))).collect();
    all.join(", ")
}
