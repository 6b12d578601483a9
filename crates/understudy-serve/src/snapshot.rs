//! A service as it stands between two edits.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use understudy_exchange::MediaType;
use understudy_fixture::model::{Delay, Fixture, Mode, ResponsePromise, Select, Service};
use understudy_match::{Chance, Index, Rendering, State};
use understudy_net::coding::Coding;

/// Everything that answers of a service depend on.
#[derive(Debug)]
pub struct Snapshot {
    /// The service's name.
    pub name: Arc<str>,
    /// What happens to requests.
    pub mode: Mode,
    /// Whether browsers on other origins may call it.
    pub cors: bool,
    /// The state in which it is.
    pub state: State,
    /// The fixtures.
    pub index: Index,
    /// In the order of the index's promises.
    pub(crate) answers: Vec<Answers>,
}

/// The responses of one fixture.
#[derive(Debug)]
pub(crate) struct Answers {
    /// The fixture's id.
    pub(crate) id: Arc<str>,
    responses: Vec<Prepared>,
    select: Select,
    /// How often the fixture answered; outlives edits of other files.
    served: Arc<AtomicUsize>,
}

/// A response, ready to be sent.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) rendering: Rendering,
    pub(crate) delay: Option<Delay>,
    /// Header fields of the request that the fixture itself matches: what they mean is its business.
    pub(crate) own_headers: Vec<HeaderName>,
    /// Whether sending it in a content coding is worth while.
    pub(crate) compressible: bool,
    encoded: [OnceLock<Bytes>; Coding::ALL.len()],
}

/// A body below this size is not worth compressing: the packet is sent anyhow.
const COMPRESSED_BYTES_MIN: usize = 1_024;

impl Snapshot {
    /// A snapshot of a service. `previous` is the one that it takes the place of: fixtures that are in both go on
    /// where they were in their lists of responses.
    #[must_use]
    pub fn new(service: &Service, fixtures: Vec<Arc<Fixture>>, state: State, previous: Option<&Self>) -> Self {
        let index = Index::new(&service.base, fixtures);
        let served: HashMap<&str, &Arc<AtomicUsize>> = previous
            .map(|previous| {
                previous.index.promises().iter().zip(&previous.answers).map(|(f, a)| (&*f.id, &a.served)).collect()
            })
            .unwrap_or_default();
        let answers = index.promises().iter().map(|fixture| {
            let served = served.get(&*fixture.id).map_or_else(Arc::default, |served| Arc::clone(served));
            Answers::new(service, fixture, served)
        });
        let answers = answers.collect();
        Self { name: service.name.as_str().into(), mode: service.mode, cors: service.cors, state, index, answers }
    }
}

impl Answers {
    fn new(service: &Service, fixture: &Fixture, served: Arc<AtomicUsize>) -> Self {
        let responses = fixture.responses.iter().map(|response| Prepared::new(service, fixture, response));
        Self { id: Arc::clone(&fixture.id), responses: responses.collect(), select: fixture.select, served }
    }

    /// Which response is next.
    pub(crate) fn next(&self, chance: &mut Chance) -> usize {
        let count = self.responses.len();
        if count == 1 {
            return 0;
        }
        match self.select {
            Select::Random => usize::try_from(chance.below(count as u64)).unwrap_or(0),
            Select::Cycle => self.served.fetch_add(1, Ordering::Relaxed) % count,
            Select::InOrder => {
                let next = |served: usize| (served < count - 1).then_some(served + 1);
                self.served.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(count - 1).min(count - 1)
            }
        }
    }

    pub(crate) fn response(&self, at: usize) -> &Prepared {
        &self.responses[at]
    }
}

impl Prepared {
    fn new(service: &Service, fixture: &Fixture, response: &ResponsePromise) -> Self {
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
        let own = fixture.request.headers.iter().filter_map(|field| field.name.parse().ok());
        Self {
            rendering,
            delay: response.delay.or(service.delay),
            own_headers: own.collect(),
            compressible,
            encoded: Default::default(),
        }
    }

    /// The fixed body in a coding: made once; `None` where that would be of no use.
    pub(crate) fn encoded(&self, coding: Coding, body: &Bytes) -> Option<Bytes> {
        if !self.compressible || body.len() < COMPRESSED_BYTES_MIN {
            return None;
        }
        let encoded = match self.rendering.fixed() {
            Some(_) => {
                let at = Coding::ALL.iter().position(|known| *known == coding)?;
                self.encoded[at].get_or_init(|| coding.encode(body)).clone()
            }
            None => coding.encode(body),
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
