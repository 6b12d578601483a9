//! Why a request gets the answer that it gets, in words.

use crate::difference::{Difference, Sink, cost};
use crate::incoming::Incoming;
use crate::index::{Choice, Index, Promise, takes};
use crate::mismatch::NOTHING;
use crate::near_path::{Distances, Meant};
use crate::request::compare;
use crate::state::State;
use http::Method;
use std::sync::Arc;
use understudy_fixture::model::{Fixture, MethodMatcher, When};

/// How many near fixtures are named.
pub const NEAR_MAX: usize = 3;

/// How many fixtures with similar paths are looked at closely.
const CANDIDATES_MAX: usize = 50;

/// What answers a request, and what nearly does.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The fixture that answers.
    pub chosen: Option<Promise>,
    /// Where none does because of the method: the methods that the path is known with.
    pub allowed: Vec<Method>,
    /// Fixtures that do not answer, the nearest first; at most [`NEAR_MAX`].
    pub near: Vec<Near>,
    /// The number of fixtures that could match a request.
    pub fixtures: usize,
}

/// A fixture that does not answer.
#[derive(Debug, Clone)]
pub struct Near {
    /// The fixture.
    pub fixture: Promise,
    /// What does not match. Empty where all does.
    pub differences: Vec<Difference>,
    /// The distance of the request's path from the fixture's; 0 if the path matches.
    pub distance: usize,
    /// The mistake in the path, if it is one that people often make. Nothing of the request is quoted.
    pub slip: Option<String>,
    /// The reason why a fixture without differences does not respond: another fixture comes first,
    /// or this fixture is not enabled.
    pub behind: Option<String>,
}

/// Which fixture answers a request and why, and why those that are near do not.
#[must_use]
pub fn explain(index: &Index, incoming: &Incoming<'_>, state: &State) -> Explanation {
    let choice = index.choose(incoming, state);
    let chosen = match &choice {
        Choice::Promise(place) => Some(Arc::clone(&index.promises()[*place])),
        _ => None,
    };
    let allowed = match choice {
        Choice::OtherMethods(methods) => methods,
        _ => Vec::new(),
    };
    let on_path = index.on_path(incoming);
    let meant = Meant::new(index.significant(&incoming.segments));
    let mut distances = Distances::new(&meant, index.base());
    let mut candidates: Vec<(usize, &Promise)> = index
        .promises()
        .iter()
        .enumerate()
        .filter(|(_, fixture)| chosen.as_ref().is_none_or(|chosen| chosen.id != fixture.id))
        .filter_map(|(place, fixture)| {
            let template = index.template(fixture);
            let is_on_path = on_path.binary_search(&place).is_ok();
            let distance = if is_on_path { 0 } else { distances.to(template)? };
            Some((distance, fixture))
        })
        .collect();
    candidates.sort_by_key(|(distance, _)| *distance);
    candidates.truncate(CANDIDATES_MAX);
    let mut near: Vec<Near> = candidates
        .into_iter()
        .map(|(distance, fixture)| {
            let other_path = (distance > 0).then_some(&meant);
            Near { distance, ..near(index, fixture, other_path, chosen.as_deref(), incoming, state) }
        })
        .collect();
    near.sort_by(|a, b| {
        let cost = |near: &Near| near.differences.iter().map(|difference| difference.cost).sum::<usize>();
        let rank = |near: &Near| (near.distance, cost(near));
        (rank(a), &a.fixture.id).cmp(&(rank(b), &b.fixture.id))
    });
    if chosen.is_none() {
        near.splice(..0, index.disabled_that_match(incoming, state).map(switched_off));
    }
    near.truncate(NEAR_MAX);
    Explanation { chosen, allowed, near, fixtures: index.promises().len() }
}

/// A fixture that would respond if it were enabled.
fn switched_off(fixture: &Promise) -> Near {
    let behind = Some("it has `enabled: false`".to_owned());
    Near { fixture: Arc::clone(fixture), differences: Vec::new(), distance: 0, slip: None, behind }
}

fn near(
    index: &Index,
    fixture: &Promise,
    other_path: Option<&Meant<'_>>,
    chosen: Option<&Fixture>,
    incoming: &Incoming<'_>,
    state: &State,
) -> Near {
    let mut sink = Sink::all();
    let method = &incoming.request.method;
    let as_get = *method == Method::HEAD && takes(&fixture.request.method, &Method::GET);
    if !as_get && !takes(&fixture.request.method, method) {
        sink.add_at_cost(cost::METHOD, || {
            ("method".to_owned(), fixture.request.method.to_string(), method.to_string())
        });
    }
    if other_path.is_some() {
        let base: String = index.base().iter().map(|segment| format!("/{segment}")).collect();
        let expected = format!("{base}{}", fixture.request.path);
        sink.add(|| ("path".to_owned(), expected, incoming.request.path().to_owned()));
    }
    for when @ When { name, values } in &fixture.when {
        let received = state.get(name);
        if !when.holds(received.map(String::as_str)) {
            let received = received.cloned().unwrap_or_else(|| NOTHING.to_owned());
            sink.add(|| (format!("state {name}"), values.join(" or "), received));
        }
    }
    compare(fixture, index.below(incoming), incoming, &mut sink);
    let mut differences = sink.into_list();
    if other_path.is_some() {
        // Parameters of a path that is another one say nothing more.
        differences.retain(|difference| !difference.place.starts_with("path parameter"));
    }
    let behind = match chosen {
        Some(chosen) if differences.is_empty() => Some(why_before(index, chosen, fixture)),
        _ => None,
    };
    let slip = other_path.and_then(|meant| meant.slips(index.base(), index.template(fixture)));
    Near { fixture: Arc::clone(fixture), differences, distance: 0, slip, behind }
}

/// Explains why the first of two fixtures that both match responds.
fn why_before(index: &Index, first: &Fixture, second: &Fixture) -> String {
    let (a, b) = (index.preference(first), index.preference(second));
    let id = &first.id;
    let says_head = |fixture: &Fixture| fixture.request.method == MethodMatcher::Is(Method::HEAD);
    if says_head(first) && !says_head(second) {
        return format!("`{id}` has `method: HEAD`, and this one does not");
    }
    if a.priority != b.priority {
        return format!("`{id}` has the higher priority, {}", first.priority);
    }
    if a.path != b.path {
        return format!("`{id}` has the more specific path, {}", first.request.path);
    }
    if a.tightness != b.tightness {
        return format!("`{id}` {}", a.tightness.why_before(&b.tightness));
    }
    match &first.request.method {
        MethodMatcher::Is(method) if b.any_method => format!("`{id}` asks for {method}, and this one for any method"),
        _ => format!("`{id}` comes first in the alphabet: nothing else decides between the two"),
    }
}
