//! A service as it stands between two edits.

use crate::forward::Forwarding;
use crate::record::Recorder;
use crate::state::LiveState;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use understudy_exchange::MediaType;
use understudy_fixture::model::{Delay, Fixture, Requests, ResponsePromise, Select, Service, When};
use understudy_match::{Chance, Index, Moment, Rendered, Rendering, State, Turns};
use understudy_net::PerThread;
use understudy_net::coding::Coding;
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
    /// The agreed description, which answers what no fixture does.
    pub described: Option<Described>,
    /// In the order of the index's promises.
    pub(crate) answers: Vec<Answers>,
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

/// A response, ready to be sent.
#[derive(Debug)]
pub(crate) struct Prepared {
    status: StatusCode,
    /// Whether sending it in a content coding is worth while.
    compressible: bool,
    /// Shared with all responses that have the same.
    headers: Arc<HeaderMap>,
    body: Bytes,
    rare: Option<Box<Rare>>,
    /// The body in content codings, each made when it is first asked for.
    encoded: OnceLock<Box<[OnceLock<Bytes>; Coding::ALL.len()]>>,
}

/// What few responses have.
#[derive(Debug)]
struct Rare {
    /// Makes the response anew each time.
    fresh: Option<Rendering>,
    delay: Option<Delay>,
    /// What it sets the state to.
    set: Vec<(String, String)>,
    /// Header fields of the request that the fixture itself matches: what they mean is its business.
    own_headers: Vec<HeaderName>,
}

/// A body below this size is not worth compressing: the packet is sent anyhow.
const COMPRESSED_BYTES_MIN: usize = 1_024;

impl Snapshot {
    /// A snapshot of a service. `previous` is the one that it takes the place of: fixtures that are in both go on
    /// where they were in their lists of responses, and the state is the one that it was.
    #[must_use]
    pub fn new(
        service: &Service,
        fixtures: Vec<Arc<Fixture>>,
        description: Option<Arc<Description>>,
        backing: Backing,
        state: State,
        previous: Option<&Self>,
    ) -> Self {
        let index = Index::new(&service.base, fixtures);
        let mut served: Served<'_> = HashMap::new();
        for answers in previous.iter().flat_map(|previous| &previous.answers) {
            for (turns, count) in answers.list.iter().flat_map(|list| list.turns.iter().zip(&list.served)) {
                served.insert((&answers.id, &turns.when), count);
            }
        }
        let mut known = Vec::new();
        let answers = index.promises().iter().map(|fixture| Answers::new(service, fixture, &served, &mut known));
        let answers = answers.collect();
        let state = previous.map_or_else(|| Arc::new(LiveState::new(state)), |previous| Arc::clone(&previous.state));
        let described = description.map(|description| Described {
            description,
            base: service.base.clone(),
            requests: service.requests,
        });
        Self { name: service.name.as_str().into(), cors: service.cors, backing, state, index, described, answers }
    }
}

/// How often responses have answered, by their fixture's id and the states in which they do.
type Served<'p> = HashMap<(&'p str, &'p [When]), &'p Arc<AtomicUsize>>;

/// How many different sets of header fields are shared.
const KNOWN_HEADERS_MAX: usize = 64;

/// The same set of header fields, if it is known already.
fn share(headers: HeaderMap, known: &mut Vec<Arc<HeaderMap>>) -> Arc<HeaderMap> {
    if let Some(same) = known.iter().find(|other| ***other == headers) {
        return Arc::clone(same);
    }
    let headers = Arc::new(headers);
    if known.len() < KNOWN_HEADERS_MAX {
        known.push(Arc::clone(&headers));
    }
    headers
}

impl Answers {
    fn new(service: &Service, fixture: &Fixture, served: &Served<'_>, known: &mut Vec<Arc<HeaderMap>>) -> Self {
        let mut responses = fixture.responses.iter().map(|response| Prepared::new(service, fixture, response, known));
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

    /// Which response is next in a state.
    pub(crate) fn next(&self, state: &State, chance: &mut Chance) -> Next<'_> {
        let Some(list) = &self.list else { return Next { response: 0, uncounted: None } };
        let at = Turns::in_state(&list.turns, state);
        let (responses, served) = (&list.turns[at].responses, &*list.served[at]);
        let uncounted = list.sets.then_some(served);
        let before = || match uncounted {
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

impl Prepared {
    fn new(service: &Service, fixture: &Fixture, response: &ResponsePromise, known: &mut Vec<Arc<HeaderMap>>) -> Self {
        let mut rendering = Rendering::new(response);
        let headers = rendering.headers_mut();
        let compressible = is_compressible(headers) && response.body.is_some();
        // Caches must know what an answer depends on, also where a request does not show it.
        let vary = match (service.cors, compressible) {
            (true, true) => Some("origin, accept-encoding"),
            (true, false) => Some("origin"),
            (false, true) => Some("accept-encoding"),
            (false, false) => None,
        };
        if let Some(vary) = vary.filter(|_| !headers.contains_key(VARY)) {
            headers.insert(VARY, HeaderValue::from_static(vary));
        }
        let own_headers: Vec<HeaderName> =
            fixture.request.headers.iter().filter_map(|field| field.name.parse().ok()).collect();
        let delay = response.delay.or(service.delay);
        let always = rendering.always().clone();
        let fresh = if rendering.is_fresh() { Some(rendering) } else { None };
        // Of two values for one name, the response's is the later.
        let set: Vec<(String, String)> = fixture.set.iter().chain(&response.set).cloned().collect();
        let is_rare = fresh.is_some() || delay.is_some() || !set.is_empty() || !own_headers.is_empty();
        Self {
            status: always.status,
            compressible,
            headers: share(always.headers, known),
            body: always.body,
            rare: is_rare.then(|| Box::new(Rare { fresh, delay, set, own_headers })),
            encoded: OnceLock::new(),
        }
    }

    /// What to wait before it is sent.
    pub(crate) fn delay(&self) -> Option<Delay> {
        self.rare.as_ref().and_then(|rare| rare.delay)
    }

    /// What it sets the state to.
    pub(crate) fn set(&self) -> &[(String, String)] {
        self.rare.as_ref().map_or(&[], |rare| &rare.set)
    }

    /// Header fields of the request that the fixture itself matches.
    pub(crate) fn own_headers(&self) -> &[HeaderName] {
        self.rare.as_ref().map_or(&[], |rare| &rare.own_headers)
    }

    /// The response, with new values where the fixture asks for them.
    pub(crate) fn render(&self, chance: &mut Chance, now: impl FnOnce() -> Moment) -> Rendered {
        match self.rare.as_ref().and_then(|rare| rare.fresh.as_ref()) {
            Some(rendering) => rendering.render(chance, now()),
            None => Rendered { status: self.status, headers: (*self.headers).clone(), body: self.body.clone() },
        }
    }

    /// A body of this response in a coding; `None` where that would be of no use.
    pub(crate) fn encoded(&self, coding: Coding, body: &Bytes) -> Option<Bytes> {
        if !self.compressible || body.len() < COMPRESSED_BYTES_MIN {
            return None;
        }
        let encoded = if *body == self.body {
            let at = Coding::ALL.iter().position(|known| *known == coding)?;
            self.encoded.get_or_init(Box::default)[at].get_or_init(|| coding.encode(body)).clone()
        } else {
            coding.encode(body)
        };
        (encoded.len() < body.len()).then_some(encoded)
    }
}

fn is_compressible(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(MediaType::parse);
    !headers.contains_key(CONTENT_ENCODING)
        && content_type.is_some_and(|kind| {
            let essence = kind.essence();
            kind.is_json()
                || essence.starts_with("text/")
                || essence.ends_with("+xml")
                || matches!(
                    essence,
                    "application/xml" | "application/javascript" | "application/yaml" | "application/wasm"
                )
        })
}
