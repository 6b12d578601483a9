//! Which fixture a request means.
//!
//! Paths stand in a tree ([`PathTree`]), so that the cost of a choice grows with the fixtures on one path and
//! not with all of them. The order of preference is computed once: it does not depend on the request, because
//! of two templates that match one path the more specific is always the same.

use crate::conditions::{requested, tightness};
use crate::difference::Sink;
use crate::incoming::Incoming;
use crate::path_tree::PathTree;
use crate::request::{compare, without_end, without_slash};
use crate::state::{State, holds};
use crate::tightness::Tightness;
use http::Method;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;
use understudy_exchange::{Request, target};
use understudy_fixture::model::{Fixture, MethodMatcher, Segment, SegmentPart};

/// A fixture with its place in the order of preference: of those that match, the least answers.
pub type Promise = Arc<Fixture>;

/// The fixtures of one service, ready to be chosen from.
#[derive(Debug, Default)]
pub struct Index {
    base: Vec<String>,
    /// Other prefixes: paths are looked for behind these where no fixture has the path behind the base.
    others: Vec<Vec<String>>,
    /// In order of preference.
    promises: Vec<Promise>,
    /// Beside each promise what a choice needs to know first: fixtures themselves are large and far apart.
    gates: Vec<Gate>,
    /// The methods of the fixtures, each once. There are few, so they stay in the processor's cache.
    methods: Vec<MethodMatcher>,
    paths: PathTree,
    /// True if `/pets/` is the same path as `/pets`.
    ignores_slash: bool,
    /// Fixtures with `enabled: false`, which respond to nothing.
    disabled: Vec<Promise>,
}

/// The part of a fixture that decides if the rest is worth a look.
#[derive(Debug)]
struct Gate {
    /// A place in [`Index::methods`].
    method: u32,
    /// True if the fixture has conditions beside method and path.
    asks_for_more: bool,
}

/// What a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The fixture at this place of [`Index::promises`].
    Promise(usize),
    /// The path is known, but only with these methods.
    OtherMethods(Vec<Method>),
    /// Nothing.
    Nothing,
}

/// A fixture whose path names what a request is about.
#[derive(Debug, Clone, Copy)]
pub struct ByName<'i> {
    /// The fixture.
    pub fixture: &'i Promise,
    /// True if the fixture matches the request; false if only the path is the same.
    pub answers: bool,
}

/// The order of preference, without the id. Of two fixtures that match one request the lesser is preferred.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Preference {
    pub(crate) priority: Reverse<i64>,
    /// The rank of each segment, and the length of its text.
    pub(crate) path: Vec<(u8, Reverse<usize>)>,
    pub(crate) tightness: Tightness,
    pub(crate) any_method: bool,
}

fn path_rank(path: &[Segment]) -> Vec<(u8, Reverse<usize>)> {
    let text = |segment: &Segment| match segment {
        // Among `{name}.json` and `{name}.min.json`, the longer segment is the more specific.
        Segment::Mixed(parts) => {
            parts.iter().map(|part| if let SegmentPart::Text(text) = part { text.len() } else { 0 }).sum()
        }
        _ => 0,
    };
    let mut ranks: Vec<_> = path.iter().map(|segment| (segment.rank(), Reverse(text(segment)))).collect();
    // Where one path ends, a longer one that still matched did so behind a `{*rest}`: it says more.
    ranks.push((4, Reverse(0)));
    ranks
}

/// Returns true if a fixture's path has more than parameters.
fn has_name(fixture: &Fixture) -> bool {
    fixture.request.path.segments.iter().any(|segment| matches!(segment, Segment::Literal(text) if !text.is_empty()))
}

impl Index {
    /// An index over the enabled fixtures; `base` is the service's prefix of every path.
    #[must_use]
    pub fn new(base: &str, fixtures: impl IntoIterator<Item = Arc<Fixture>>) -> Self {
        let (promises, disabled): (Vec<Promise>, Vec<Promise>) =
            fixtures.into_iter().partition(|fixture| fixture.enabled);
        let mut index = Self { base: segments_of(base), disabled, ..Self::default() };
        index.arrange(promises);
        index
    }

    /// The same index, in which a path may also stand behind one of these prefixes, if no fixture has it behind the base.
    #[must_use]
    pub fn also_below<'p>(mut self, prefixes: impl IntoIterator<Item = &'p str>) -> Self {
        self.others = prefixes.into_iter().map(segments_of).filter(|prefix| *prefix != self.base).collect();
        self
    }

    /// The same index, in which a slash at the end of a path means nothing.
    #[must_use]
    pub fn ignoring_trailing_slash(mut self) -> Self {
        self.ignores_slash = true;
        let promises = std::mem::take(&mut self.promises);
        self.arrange(promises);
        self
    }

    /// Puts fixtures in order of preference, and makes all that is looked up in.
    fn arrange(&mut self, mut promises: Vec<Promise>) {
        promises.sort_by_cached_key(|fixture| (self.preference(fixture), Arc::clone(&fixture.id)));
        self.paths = PathTree::default();
        for (place, fixture) in promises.iter().enumerate() {
            self.paths.insert(self.path_of(fixture), place);
        }
        let mut methods: Vec<MethodMatcher> = Vec::new();
        let gate = |fixture: &Promise| {
            let method = &fixture.request.method;
            let place = methods.iter().position(|known| known == method).unwrap_or_else(|| {
                methods.push(method.clone());
                methods.len() - 1
            });
            Gate {
                method: u32::try_from(place).expect("files are fewer than 2^32"),
                asks_for_more: asks_for_more(fixture),
            }
        };
        self.gates = promises.iter().map(gate).collect();
        self.methods = methods;
        self.promises = promises;
    }

    /// Returns the place of a fixture in the order of preference, without its id.
    pub(crate) fn preference(&self, fixture: &Fixture) -> Preference {
        Preference {
            priority: Reverse(fixture.priority),
            path: path_rank(self.path_of(fixture)),
            tightness: tightness(fixture),
            any_method: fixture.request.method == MethodMatcher::Any,
        }
    }

    /// A fixture's path, as far as it counts.
    fn path_of<'f>(&self, fixture: &'f Fixture) -> &'f [Segment] {
        let segments = &fixture.request.path.segments;
        if self.ignores_slash { without_slash(segments) } else { segments }
    }

    /// The fixtures in order of preference.
    #[must_use]
    pub fn promises(&self) -> &[Promise] {
        &self.promises
    }

    /// Returns the fixture that responds to a request. A HEAD request gets the fixture that a GET request would get,
    /// unless a fixture says `method: HEAD`: so ANY takes it only where it takes GET.
    #[must_use]
    pub fn choose(&self, incoming: &Incoming<'_>, state: &State) -> Choice {
        let places = self.on_path(incoming);
        let method = &incoming.request.method;
        let chosen = if *method == Method::HEAD {
            let named = self.among(&places, |known| names(known, method), incoming, state);
            named.or_else(|| self.among(&places, |known| takes(known, &Method::GET), incoming, state))
        } else {
            self.among(&places, |known| takes(known, method), incoming, state)
        };
        match chosen {
            Some(place) => Choice::Promise(place),
            None => match self.other_methods(&places, method) {
                methods if methods.is_empty() => Choice::Nothing,
                methods => Choice::OtherMethods(methods),
            },
        }
    }

    /// Returns the fixture that matches a request, or the first fixture with its path. A path that
    /// consists only of parameters is skipped: such a path does not show which service a request
    /// was meant for.
    #[must_use]
    pub fn by_name(&self, incoming: &Incoming<'_>, state: &State) -> Option<ByName<'_>> {
        let (place, answers) = match self.choose(incoming, state) {
            Choice::Promise(place) => (place, true),
            _ => (*self.on_path(incoming).first()?, false),
        };
        let fixture = &self.promises[place];
        (!self.base.is_empty() || has_name(fixture)).then_some(ByName { fixture, answers })
    }

    /// Returns the same for a request with this index's base in place of the base of `other`, and the path that the request
    /// then has. Returns `None` if the request has this base already, which [`Self::by_name`] looks up.
    #[must_use]
    pub fn by_name_at_base(&self, request: &Request, other: &Self, state: &State) -> Option<(ByName<'_>, String)> {
        let sent: Vec<&str> = target::segments(request.path()).collect();
        let decoded: Vec<Cow<'_, str>> = sent.iter().map(|segment| target::percent_decode(segment)).collect();
        if !self.base.is_empty() && self.below_base(&decoded).is_some() {
            return None;
        }
        // It may stand behind another prefix than the base.
        let length = other.below_base(&decoded).map_or(sent.len(), <[_]>::len);
        let below = &sent[sent.len() - length..];
        if self.base.is_empty() && below.len() == sent.len() {
            return None;
        }
        let base = self.base.iter().map(|segment| target::encode_segment(segment));
        let path: String = base
            .chain(below.iter().map(|segment| (*segment).to_owned()))
            .map(|segment| format!("/{segment}"))
            .collect();
        let target = match request.query() {
            "" => path.parse(),
            query => format!("{path}?{query}").parse(),
        };
        let rebased = Request { target: target.ok()?, ..request.clone() };
        let found = self.by_name(&Incoming::new(&rebased), state).filter(|found| has_name(found.fixture))?;
        Some((found, path))
    }

    /// Returns the place of the fixture that responds to a request and says its method; ANY does not count.
    #[must_use]
    pub fn choose_by_method(&self, incoming: &Incoming<'_>, state: &State) -> Option<usize> {
        let method = &incoming.request.method;
        self.among(&self.on_path(incoming), |known| names(known, method), incoming, state)
    }

    fn among(
        &self,
        places: &[usize],
        takes: impl Fn(&MethodMatcher) -> bool,
        incoming: &Incoming<'_>,
        state: &State,
    ) -> Option<usize> {
        places.iter().copied().find(|place| {
            let gate = &self.gates[*place];
            if !takes(self.method_of(gate)) {
                return false;
            }
            if !gate.asks_for_more {
                return true;
            }
            let fixture = &self.promises[*place];
            if !holds(&fixture.when, state) {
                return false;
            }
            let mut sink = Sink::any();
            compare(fixture, self.below(incoming), incoming, &mut sink);
            !sink.differs
        })
    }

    /// The fixtures that speak of a request, in order of preference: of all that match it, those that ask for most. What a stub
    /// chooses among these by, `when`, priority and id, says nothing about which of them a backend's answer is one of.
    #[must_use]
    pub fn that_speak_of(&self, incoming: &Incoming<'_>) -> Vec<usize> {
        let places = self.on_path(incoming);
        let matching = |method: &Method| -> Vec<usize> {
            let matches = |place: &usize| {
                let mut sink = Sink::any();
                if takes(self.method_of(&self.gates[*place]), method) {
                    compare(&self.promises[*place], self.below(incoming), incoming, &mut sink);
                    return !sink.differs;
                }
                false
            };
            places.iter().copied().filter(matches).collect()
        };
        let mut found = matching(&incoming.request.method);
        if found.is_empty() && incoming.request.method == Method::HEAD {
            found = matching(&Method::GET);
        }
        let asked = |place: usize| {
            let fixture = &self.promises[place];
            (
                path_rank(self.path_of(fixture)),
                fixture.request.method == MethodMatcher::Any,
                Reverse(requested(fixture)),
            )
        };
        let most = found.iter().map(|place| asked(*place)).min();
        found.retain(|place| Some(asked(*place)) == most);
        found
    }

    fn method_of(&self, gate: &Gate) -> &MethodMatcher {
        &self.methods[gate.method as usize]
    }

    /// The fixtures whose path is the request's, in order of preference.
    pub(crate) fn on_path(&self, incoming: &Incoming<'_>) -> Cow<'_, [usize]> {
        match self.below_base(&incoming.segments) {
            Some(segments) => self.paths.find(self.significant(segments)),
            None => Cow::Borrowed(&[]),
        }
    }

    /// The fixtures that would respond to a request if they were enabled.
    pub(crate) fn disabled_that_match<'s>(
        &'s self,
        incoming: &'s Incoming<'_>,
        state: &'s State,
    ) -> impl Iterator<Item = &'s Promise> {
        let segments = self.below_base(&incoming.segments).map(|segments| self.significant(segments));
        let method = match incoming.request.method {
            Method::HEAD => &Method::GET,
            ref method => method,
        };
        self.disabled.iter().filter(move |fixture| {
            let Some(segments) = segments else { return false };
            let mut path = PathTree::default();
            path.insert(self.template(fixture), 0);
            let is_meant = !path.find(segments).is_empty()
                && (takes(&fixture.request.method, method) || takes(&fixture.request.method, &incoming.request.method))
                && holds(&fixture.when, state);
            let mut sink = Sink::any();
            is_meant && {
                compare(fixture, segments, incoming, &mut sink);
                !sink.differs
            }
        })
    }

    /// Returns the number of fixtures whose path is the request's.
    #[must_use]
    pub fn count_on_path(&self, incoming: &Incoming<'_>) -> usize {
        self.on_path(incoming).len()
    }

    /// The segments of a request's path behind the base, as far as they count.
    pub(crate) fn below<'s, 'r>(&self, incoming: &'s Incoming<'r>) -> &'s [Cow<'r, str>] {
        let behind_other = || self.below_base(&incoming.segments).unwrap_or(&[]);
        let behind = incoming.segments.get(self.base.len()..).filter(|_| self.others.is_empty());
        self.significant(behind.unwrap_or_else(behind_other))
    }

    /// The segments of a fixture's path, as far as they count.
    pub(crate) fn template<'f>(&self, fixture: &'f Fixture) -> &'f [Segment] {
        let template = &fixture.request.path.segments;
        if self.ignores_slash { without_slash(template) } else { template }
    }

    pub(crate) fn significant<'s, 'r>(&self, segments: &'s [Cow<'r, str>]) -> &'s [Cow<'r, str>] {
        if self.ignores_slash { without_end(segments) } else { segments }
    }

    /// The segments of a request's path behind the base, or behind the first other prefix where a fixture has the rest.
    fn below_base<'s, 'r>(&self, segments: &'s [Cow<'r, str>]) -> Option<&'s [Cow<'r, str>]> {
        let own = behind(&self.base, segments);
        let is_known = |rest: &&'s [Cow<'r, str>]| !self.paths.find(self.significant(rest)).is_empty();
        if self.others.is_empty() || own.as_ref().is_some_and(is_known) {
            return own;
        }
        self.others.iter().filter_map(|prefix| behind(prefix, segments)).find(is_known).or(own)
    }

    pub(crate) fn base(&self) -> &[String] {
        &self.base
    }

    /// The methods of a path that is known only with others; empty where the method is known too.
    fn other_methods(&self, places: &[usize], method: &Method) -> Vec<Method> {
        let mut methods = Vec::new();
        for place in places {
            match self.method_of(&self.gates[*place]) {
                MethodMatcher::Any => return Vec::new(),
                MethodMatcher::Is(known) if known == method => return Vec::new(),
                MethodMatcher::Is(known) if *known == Method::GET && *method == Method::HEAD => return Vec::new(),
                MethodMatcher::Is(known) => {
                    methods.push(known.clone());
                    if *known == Method::GET {
                        methods.push(Method::HEAD);
                    }
                }
            }
        }
        methods.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        methods.dedup();
        methods
    }

    /// The methods that a path is known with.
    #[must_use]
    pub fn methods(&self, incoming: &Incoming<'_>) -> Vec<Method> {
        // No request has this method, so all of them are others.
        let none = Method::from_bytes(b"-").expect("a hyphen is a token");
        self.other_methods(&self.on_path(incoming), &none)
    }
}

/// The decoded segments of a prefix.
fn segments_of(prefix: &str) -> Vec<String> {
    match prefix {
        "" => Vec::new(),
        prefix => target::segments(prefix).map(|segment| target::percent_decode(segment).into_owned()).collect(),
    }
}

/// The segments behind a prefix.
fn behind<'s, 'r>(prefix: &[String], segments: &'s [Cow<'r, str>]) -> Option<&'s [Cow<'r, str>]> {
    let (before, rest) = segments.split_at_checked(prefix.len())?;
    before.iter().zip(prefix).all(|(a, b)| a == b).then_some(rest)
}

/// Whether a fixture asks for anything but a method and a path.
#[must_use]
pub fn asks_for_more(fixture: &Fixture) -> bool {
    let request = &fixture.request;
    tightness(fixture).len() > 0 || request.body.is_some() || !request.rules.is_empty()
}

/// Returns true if a fixture says this method itself.
pub(crate) fn names(matcher: &MethodMatcher, method: &Method) -> bool {
    matches!(matcher, MethodMatcher::Is(known) if known == method)
}

pub(crate) fn takes(matcher: &MethodMatcher, method: &Method) -> bool {
    match matcher {
        MethodMatcher::Any => true,
        MethodMatcher::Is(wanted) => wanted == method,
    }
}
