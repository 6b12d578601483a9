//! Why a request gets the answer that it gets, in words.

use crate::difference::{Difference, Sink};
use crate::incoming::Incoming;
use crate::index::{Choice, Index, Promise, preference, takes};
use crate::mismatch::NOTHING;
use crate::request::compare;
use crate::state::State;
use http::Method;
use std::sync::Arc;
use understudy_fixture::model::{Fixture, MethodMatcher, Segment, When};

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
}

/// A fixture that does not answer.
#[derive(Debug, Clone)]
pub struct Near {
    /// The fixture.
    pub fixture: Promise,
    /// What does not match. Empty where all does.
    pub differences: Vec<Difference>,
    /// Where all matches: why another fixture comes first.
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
    let mut candidates: Vec<(usize, &Promise)> = index
        .promises()
        .iter()
        .enumerate()
        .filter(|(_, fixture)| chosen.as_ref().is_none_or(|chosen| chosen.id != fixture.id))
        .filter_map(|(place, fixture)| {
            let distance = if on_path.contains(&place) { 0 } else { path_distance(index, fixture, incoming)? };
            Some((distance, fixture))
        })
        .collect();
    candidates.sort_by_key(|(distance, _)| *distance);
    candidates.truncate(CANDIDATES_MAX);
    let mut near: Vec<(usize, Near)> = candidates
        .into_iter()
        .map(|(distance, fixture)| (distance, near(index, fixture, distance > 0, chosen.as_deref(), incoming, state)))
        .collect();
    near.sort_by(|(a, x), (b, y)| {
        (a, x.differences.len(), &x.fixture.id).cmp(&(b, y.differences.len(), &y.fixture.id))
    });
    Explanation { chosen, allowed, near: near.into_iter().map(|(_, near)| near).take(NEAR_MAX).collect() }
}

/// How far a fixture's path is from the request's: 2 for each segment that differs, is too many or too few, 1 where
/// only a letter or two do; `None` where nothing is alike.
fn path_distance(index: &Index, fixture: &Fixture, incoming: &Incoming<'_>) -> Option<usize> {
    let template = &fixture.request.path.segments;
    let wanted = index.base().len() + template.len();
    let received = &incoming.segments;
    let base: usize = index.base().iter().zip(received).map(|(a, b)| text_distance(a, b)).sum();
    let below = received.get(index.base().len()..).unwrap_or(&[]);
    let distance = |(wanted, received): (&Segment, &std::borrow::Cow<'_, str>)| match wanted {
        Segment::Rest(_) => 0,
        Segment::Literal(text) => text_distance(text, received),
        segment if segment.bind(received).is_some() => 0,
        _ => 2,
    };
    let has_literals = template.iter().any(|segment| segment.rank() == 0);
    let alike = |(wanted, received): (&Segment, &std::borrow::Cow<'_, str>)| matches!(wanted, Segment::Literal(text) if text_distance(text, received) < 2);
    // A parameter fits anything: that alone makes no path near.
    if has_literals && !template.iter().zip(below).any(alike) {
        return None;
    }
    let sum = base + template.iter().zip(below).map(distance).sum::<usize>() + 2 * wanted.abs_diff(received.len());
    (sum < 2 * wanted.max(received.len())).then_some(sum + 1)
}

/// Longer texts are not compared letter by letter: they come from outside, and the cost is their product.
const COMPARED_CHARS_MAX: usize = 64;

/// How far two words are from each other: 0 for the same, 1 where only a letter or two differ, else 2.
#[must_use]
pub fn text_distance(a: &str, b: &str) -> usize {
    if a == b {
        return 0;
    }
    let (shorter, longer) = (a.len().min(b.len()), a.len().max(b.len()));
    let close = longer <= COMPARED_CHARS_MAX
        && longer - shorter <= longer / 3
        && strsim::damerau_levenshtein(a, b) <= longer / 3;
    if close { 1 } else { 2 }
}

fn near(
    index: &Index,
    fixture: &Promise,
    other_path: bool,
    chosen: Option<&Fixture>,
    incoming: &Incoming<'_>,
    state: &State,
) -> Near {
    let mut sink = Sink::all();
    let method = &incoming.request.method;
    let as_get = *method == Method::HEAD && takes(&fixture.request.method, &Method::GET);
    if !as_get && !takes(&fixture.request.method, method) {
        sink.add(|| ("method".to_owned(), fixture.request.method.to_string(), method.to_string()));
    }
    if other_path {
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
    compare(fixture, index.base().len(), incoming, &mut sink);
    let mut differences = sink.into_list();
    if other_path {
        // Parameters of a path that is another one say nothing more.
        differences.retain(|difference| !difference.place.starts_with("path parameter"));
    }
    let behind = match chosen {
        Some(chosen) if differences.is_empty() => Some(why_before(chosen, fixture)),
        _ => None,
    };
    Near { fixture: Arc::clone(fixture), differences, behind }
}

/// Explains why the first of two fixtures that both match responds.
fn why_before(first: &Fixture, second: &Fixture) -> String {
    let (a, b) = (preference(first), preference(second));
    let id = &first.id;
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
