//! The property that the tighter fixture responds: a fixture never loses to a looser copy of itself, whatever the copies
//! are called, and the choice among many is the one that every pair of them makes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use http::Method;
use std::sync::Arc;
use understudy_fixture::model::{
    Field, FieldMatcher, Fixture, MethodMatcher, PathTemplate, Pattern, RequestPromise, When,
};
use understudy_match::{Chance, Choice, Incoming, Index, State, conditions, explain, stub_request};
use understudy_testkit::{looser, seeds, state_of};

/// The steps from a fixture to the loosest of its copies.
const STEPS: usize = 6;

/// A fixture of a number, some of them only in a state.
fn tight(seed: u64) -> Fixture {
    let mut fixture = understudy_testkit::fixture(seed);
    if seed.is_multiple_of(4) {
        fixture.when = vec![When { name: "cart".to_owned(), values: vec!["full".to_owned()] }];
    }
    fixture
}

fn named(fixture: &Fixture, id: &str) -> Arc<Fixture> {
    Arc::new(Fixture { id: id.into(), ..fixture.clone() })
}

fn chosen(index: &Index, incoming: &Incoming<'_>, state: &State) -> String {
    match index.choose(incoming, state) {
        Choice::Promise(place) => index.promises()[place].id.to_string(),
        _ => format!("nothing: {:?}", explain(index, incoming, state).near),
    }
}

#[test]
fn a_fixture_never_loses_to_a_looser_copy_of_itself() {
    let mut compared = 0;
    for seed in seeds(400) {
        let mut chance = Chance::from_seed(seed);
        let tight = tight(seed);
        let (request, state) = (stub_request(&tight, "").unwrap(), state_of(&tight.when));
        let incoming = Incoming::new(&request);
        let mut chain = vec![("as it is".to_owned(), tight)];
        for _ in 0..STEPS {
            let mut next = looser(&chain.last().unwrap().1, &mut chance);
            if next.is_empty() {
                break;
            }
            let at = usize::try_from(chance.below(next.len() as u64)).unwrap();
            chain.push(next.swap_remove(at));
        }
        for (at, (_, tight)) in chain.iter().enumerate() {
            for (_, loose) in &chain[at + 1..] {
                compared += 1;
                // The name of the looser one comes first.
                let index = Index::new("", [named(tight, "b"), named(loose, "a")]);
                let steps: Vec<&str> = chain.iter().map(|(what, _)| what.as_str()).collect();
                assert_eq!(
                    chosen(&index, &incoming, &state),
                    "b",
                    "seed {seed}, step {at}: {steps:?}\n{:?}\n{:?}\n{:?}",
                    tight.request,
                    conditions(tight),
                    conditions(loose)
                );
                let index = Index::new("", [named(loose, "a")]);
                assert_eq!(chosen(&index, &incoming, &state), "a", "seed {seed}: {steps:?}");
            }
        }
    }
    assert!(compared > 1_000, "{compared}");
}

#[test]
fn the_choice_among_many_is_the_choice_of_every_pair() {
    for seed in seeds(150) {
        let mut chance = Chance::from_seed(seed);
        let tight = tight(seed);
        let (request, state) = (stub_request(&tight, "").unwrap(), state_of(&tight.when));
        let incoming = Incoming::new(&request);
        let mut all = vec![tight];
        for _ in 0..2 * STEPS {
            let from = usize::try_from(chance.below(all.len() as u64)).unwrap();
            let mut next = looser(&all[from], &mut chance);
            if !next.is_empty() {
                let at = usize::try_from(chance.below(next.len() as u64)).unwrap();
                all.push(next.swap_remove(at).1);
            }
        }
        let all: Vec<Arc<Fixture>> =
            all.iter().enumerate().map(|(at, fixture)| named(fixture, &format!("f{:02}", all.len() - at))).collect();
        let best = chosen(&Index::new("", all.iter().cloned()), &incoming, &state);
        let winner = all.iter().find(|fixture| *fixture.id == *best).unwrap_or_else(|| panic!("seed {seed}: {best}"));
        for other in all.iter().filter(|other| other.id != winner.id) {
            let index = Index::new("", [Arc::clone(other), Arc::clone(winner)]);
            assert_eq!(chosen(&index, &incoming, &state), best, "seed {seed}");
        }
    }
}

#[test]
fn a_slash_that_is_ignored_makes_no_path_more_specific() {
    let mut bare = understudy_testkit::fixture(1);
    bare.priority = 0;
    bare.request = RequestPromise {
        method: MethodMatcher::Is(Method::GET),
        path: PathTemplate::parse("/pets").unwrap(),
        params: Vec::new(),
        query: vec![Field { name: "page".to_owned(), matcher: FieldMatcher::Equals(Pattern::literal("1")) }],
        headers: Vec::new(),
        cookies: Vec::new(),
        body: None,
        rules: Vec::new(),
        strict: false,
    };
    let mut with_slash = bare.clone();
    with_slash.request.path = PathTemplate::parse("/pets/").unwrap();
    with_slash.request.query = Vec::new();
    let request = stub_request(&bare, "").unwrap();
    let index = Index::new("", [named(&bare, "b"), named(&with_slash, "a")]).ignoring_trailing_slash();
    assert_eq!(chosen(&index, &Incoming::new(&request), &State::new()), "b");
}
