//! A service as it stands between two edits.

use crate::admission::Admission;
use crate::forward::Forwarding;
use crate::own_name;
use crate::prepared::Prepared;
use crate::record::Recorder;
use crate::state::LiveState;
use crate::withheld::Withheld;
use http::{HeaderMap, Method};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use understudy_exchange::{Here, Origin, Origins, Request};
use understudy_fixture::model::{Fixture, MethodMatcher, Requests, Select, Service, TrailingSlash, When};
use understudy_match::{Chance, Index, State, Turns, fixture_at, request_at};
use understudy_net::PerThread;
use understudy_openapi::Description;

/// Everything that answers of a service depend on.
#[derive(Debug)]
pub struct Snapshot {
    /// The service's name.
    pub name: Arc<str>,
    /// Whether browsers on other origins may call it.
    pub cors: bool,
    /// What stands behind the fixtures.
    pub backing: Backing,
    /// The state in which it is, which outlives edits.
    pub state: Arc<LiveState>,
    /// The fixtures.
    pub index: Index,
    /// The maximum size of a request's body, in bytes.
    pub(crate) body_max: usize,
    /// The agreed description, which answers what no fixture does.
    pub described: Option<Described>,
    /// In the order of the index's promises.
    pub(crate) answers: Vec<Answers>,
    /// The addresses of the service.
    pub(crate) origins: Arc<Origins>,
    /// The common address of requests, if fixtures contain the service's address in requests.
    named: Option<Named>,
}

/// The address to which all requests are rewritten before they are compared.
#[derive(Debug)]
struct Named {
    authority: String,
    path: String,
}

impl Snapshot {
    /// Returns true if a request takes a turn in the fixture's list of responses and sets the state. A HEAD request that
    /// gets the fixture of another method only looks at what that one would get.
    pub(crate) fn takes_turn(&self, place: usize, method: &Method) -> bool {
        *method != Method::HEAD || self.index.promises()[place].request.method == MethodMatcher::Is(Method::HEAD)
    }

    /// Returns the request for the comparison with fixtures. If fixtures contain the service's address, the address
    /// that the client used is rewritten to it.
    pub(crate) fn meant<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        let Some(named) = &self.named else { return Cow::Borrowed(request) };
        let own = own_name::authority(&request.headers).and_then(|own| Origin::parse(&format!("http://{own}")));
        let own = Origins::new(own);
        match request_at(request, &own, named.here()) {
            Cow::Borrowed(request) => request_at(request, &self.origins, named.here()),
            Cow::Owned(moved) => Cow::Owned(request_at(&moved, &self.origins, named.here()).into_owned()),
        }
    }
}

/// A description that answers.
#[derive(Debug, Clone)]
pub struct Described {
    /// What was agreed on.
    pub description: Arc<Description>,
    /// A prefix of every path.
    pub base: String,
    /// What is done about requests that are not what it says.
    pub requests: Requests,
}

/// What stands behind the fixtures of a service.
#[derive(Debug)]
pub enum Backing {
    /// Nothing: fixtures answer.
    Nothing,
    /// A backend, which answers what no fixture does.
    Passthrough(Forwarding),
    /// A backend, which is asked first.
    Fallback(Forwarding),
    /// A backend, which answers everything, and is recorded.
    Record(PerThread<Recorder>),
    /// A backend that gets no requests until somebody allows what they would carry.
    Withheld(Withheld),
}

impl Backing {
    /// Returns the rules for the requests that this service may forward itself. A recorder has its own.
    pub(crate) fn admission(&self) -> Option<&Admission> {
        match self {
            Self::Passthrough(forwarding) | Self::Fallback(forwarding) => Some(&forwarding.admission),
            Self::Withheld(withheld) => Some(&withheld.admission),
            Self::Nothing | Self::Record(_) => None,
        }
    }
}

/// The responses of one fixture. Nearly all have one, which is sent as it stands: that one is kept small and in
/// place, because thousands of them are asked for in no order, and memory is slow.
#[derive(Debug)]
pub(crate) struct Answers {
    /// The fixture's id.
    pub(crate) id: Arc<str>,
    first: Prepared,
    list: Option<Box<List>>,
}

/// What there is beside the first response.
#[derive(Debug)]
struct List {
    others: Vec<Prepared>,
    select: Select,
    /// By the states in which they answer.
    turns: Vec<Turns>,
    /// How often those of each state have answered; outlives edits of other files.
    served: Vec<Arc<AtomicUsize>>,
    /// Whether one of them sets the state.
    sets: bool,
}

/// The response that is next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Next<'a> {
    pub(crate) response: usize,
    /// What counts it once it is given, where that has to wait until the state is set.
    pub(crate) uncounted: Option<&'a AtomicUsize>,
}

impl Snapshot {
    /// A snapshot of a service, in whose responses `origins` stand for the service itself. `previous` is the one that it takes the place of: fixtures that are in both go on
    /// where they were in their lists of responses, and the state is the one that it was.
    #[must_use]
    pub fn new(
        service: &Service,
        origins: &Arc<Origins>,
        fixtures: Vec<Arc<Fixture>>,
        description: Option<Arc<Description>>,
        backing: Backing,
        state: State,
        previous: Option<&Self>,
    ) -> Self {
        let (fixtures, named) = Named::of(fixtures, origins);
        let paths = description.iter().flat_map(|description| description.server_paths());
        let index = Index::new(&service.base, fixtures).also_below(paths);
        let index = match service.trailing_slash {
            TrailingSlash::Exact => index,
            TrailingSlash::Ignore => index.ignoring_trailing_slash(),
        };
        let mut served: Served<'_> = HashMap::new();
        for answers in previous.iter().flat_map(|previous| &previous.answers) {
            for (turns, count) in answers.list.iter().flat_map(|list| list.turns.iter().zip(&list.served)) {
                served.insert((&answers.id, &turns.when), count);
            }
        }
        let mut known = Vec::new();
        let promises = index.promises().iter();
        let answers = promises.map(|fixture| Answers::new(service, fixture, origins, &served, &mut known)).collect();
        let state = previous.map_or_else(|| Arc::new(LiveState::new(state)), |previous| Arc::clone(&previous.state));
        let described = description.map(|description| Described {
            description,
            base: service.base.clone(),
            requests: service.requests,
        });
        Self {
            name: service.name.as_str().into(),
            cors: service.cors,
            body_max: service.body_max,
            backing,
            state,
            index,
            described,
            answers,
            origins: Arc::clone(origins),
            named,
        }
    }
}

impl Named {
    /// Returns the fixtures with all addresses in requests rewritten to one; `None` if no request contains an address.
    fn of(fixtures: Vec<Arc<Fixture>>, origins: &Arc<Origins>) -> (Vec<Arc<Fixture>>, Option<Self>) {
        let Some((authority, path)) = origins.first() else { return (fixtures, None) };
        let named = Self { authority, path: path.to_owned() };
        let moved: Vec<Option<Arc<Fixture>>> =
            fixtures.iter().map(|fixture| fixture_at(fixture, origins, named.here())).collect();
        if moved.iter().all(Option::is_none) {
            return (fixtures, None);
        }
        (moved.into_iter().zip(fixtures).map(|(moved, fixture)| moved.unwrap_or(fixture)).collect(), Some(named))
    }

    fn here(&self) -> Here<'_> {
        Here { is_tls: false, authority: &self.authority, path: &self.path }
    }
}

/// The number of times that each response was served, by the fixture's id and the states of the response.
type Served<'p> = HashMap<(&'p str, &'p [When]), &'p Arc<AtomicUsize>>;

impl Answers {
    fn new(
        service: &Service,
        fixture: &Fixture,
        origins: &Arc<Origins>,
        served: &Served<'_>,
        known: &mut Vec<Arc<HeaderMap>>,
    ) -> Self {
        let responses = fixture.responses.iter();
        let mut responses = responses.map(|response| Prepared::new(service, fixture, response, origins, known));
        let first = responses.next().expect("a fixture has a response");
        let others: Vec<Prepared> = responses.collect();
        let list = (!others.is_empty()).then(|| {
            let turns = Turns::of(fixture);
            let count = |turns: &Turns| served.get(&(&*fixture.id, turns.when.as_slice())).copied().cloned();
            let served = turns.iter().map(|turns| count(turns).unwrap_or_default()).collect();
            let sets = others.iter().chain([&first]).any(|prepared| !prepared.set().is_empty());
            Box::new(List { others, select: fixture.select, turns, served, sets })
        });
        Self { id: Arc::clone(&fixture.id), first, list }
    }

    /// Whether responses take turns, and one of them sets the state.
    pub(crate) fn sets_in_turn(&self) -> bool {
        self.list.as_ref().is_some_and(|list| list.sets)
    }

    /// Returns the response that is next in a state. The turns go on only if the request takes one.
    pub(crate) fn next(&self, state: &State, takes_turn: bool, chance: &mut Chance) -> Next<'_> {
        let Some(list) = &self.list else { return Next { response: 0, uncounted: None } };
        let at = Turns::in_state(&list.turns, state);
        let (responses, served) = (&list.turns[at].responses, &*list.served[at]);
        let uncounted = (takes_turn && list.sets).then_some(served);
        let before = || match uncounted {
            _ if !takes_turn => served.load(Ordering::Relaxed),
            Some(served) => served.load(Ordering::Relaxed),
            None => served.fetch_add(1, Ordering::Relaxed),
        };
        let turn = match list.select {
            Select::Random => usize::try_from(chance.below(responses.len() as u64)).unwrap_or(0),
            Select::Cycle => before() % responses.len(),
            Select::InOrder => before().min(responses.len() - 1),
        };
        Next { response: responses[turn], uncounted }
    }

    pub(crate) fn response(&self, at: usize) -> &Prepared {
        match (at, &self.list) {
            (1.., Some(list)) => &list.others[at - 1],
            _ => &self.first,
        }
    }
}
