//! A service as it stands between two edits.

use crate::forward::Forwarding;
use crate::record::Recorder;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use understudy_exchange::MediaType;
use understudy_fixture::model::{Delay, Fixture, Requests, ResponsePromise, Select, Service};
use understudy_match::{Chance, Index, Moment, Rendered, Rendering, State};
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
    /// The state in which it is.
    pub state: State,
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
    Record(Arc<Recorder>),
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
    /// How often the fixture answered; outlives edits of other files.
    served: Arc<AtomicUsize>,
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
    /// Header fields of the request that the fixture itself matches: what they mean is its business.
    own_headers: Vec<HeaderName>,
}

/// A body below this size is not worth compressing: the packet is sent anyhow.
const COMPRESSED_BYTES_MIN: usize = 1_024;

impl Snapshot {
    /// A snapshot of a service. `previous` is the one that it takes the place of: fixtures that are in both go on
    /// where they were in their lists of responses.
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
        let mut served: HashMap<&str, Arc<AtomicUsize>> = HashMap::new();
        for answers in previous.iter().flat_map(|previous| &previous.answers) {
            served.extend(answers.list.as_ref().map(|list| (&*answers.id, Arc::clone(&list.served))));
        }
        let mut known = Vec::new();
        let answers = index.promises().iter().map(|fixture| {
            let served = served.get(&*fixture.id).map(Arc::clone).unwrap_or_default();
            Answers::new(service, fixture, served, &mut known)
        });
        let answers = answers.collect();
        let described = description.map(|description| Described {
            description,
            base: service.base.clone(),
            requests: service.requests,
        });
        Self { name: service.name.as_str().into(), cors: service.cors, backing, state, index, described, answers }
    }
}

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
    fn new(service: &Service, fixture: &Fixture, served: Arc<AtomicUsize>, known: &mut Vec<Arc<HeaderMap>>) -> Self {
        let mut responses = fixture.responses.iter().map(|response| Prepared::new(service, fixture, response, known));
        let first = responses.next().expect("a fixture has a response");
        let others: Vec<Prepared> = responses.collect();
        let list = (!others.is_empty()).then(|| Box::new(List { others, select: fixture.select, served }));
        Self { id: Arc::clone(&fixture.id), first, list }
    }

    /// Which response is next.
    pub(crate) fn next(&self, chance: &mut Chance) -> usize {
        let Some(list) = &self.list else { return 0 };
        let count = list.others.len() + 1;
        match list.select {
            Select::Random => usize::try_from(chance.below(count as u64)).unwrap_or(0),
            Select::Cycle => list.served.fetch_add(1, Ordering::Relaxed) % count,
            Select::InOrder => {
                let next = |served: usize| (served < count - 1).then_some(served + 1);
                list.served.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(count - 1).min(count - 1)
            }
        }
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
        let is_rare = fresh.is_some() || delay.is_some() || !own_headers.is_empty();
        Self {
            status: always.status,
            compressible,
            headers: share(always.headers, known),
            body: always.body,
            rare: is_rare.then(|| Box::new(Rare { fresh, delay, own_headers })),
            encoded: OnceLock::new(),
        }
    }

    /// What to wait before it is sent.
    pub(crate) fn delay(&self) -> Option<Delay> {
        self.rare.as_ref().and_then(|rare| rare.delay)
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
