//! The guesses that are tried until one gives a value that the schema allows.
//!
//! First come guesses with everything that the schema describes: other alternatives of unions, and without the document's
//! examples, which are wrong surprisingly often. Where each of them has a fault, the members at fault are left out one by
//! one, so that what cannot be made costs only itself. Only then is everything left out that may be missing.

use super::{Maker, Place, Purpose, Seed, Template, Texts};
use crate::document::At;
use crate::schema::{Broken, check_once};
use serde_json::Value;
use std::collections::HashSet;

/// The maximum number of guesses that are freed of their faults, the best first.
const FREED_MAX: usize = 4;
/// The maximum number of rounds in which the faulty members of one guess are left out.
const ROUNDS_MAX: usize = 8;

/// Generates a value without faults, or else the value with the fewest faults. Returns `None` if
/// the schema allows no value, or only a value that never ends.
pub(crate) fn make(schema: At<'_>, purpose: Purpose<'_>) -> Option<Template> {
    let may_try = |attempt: &Attempt| purpose.has_examples || attempt.examples == Examples::None;
    let (mut guesses, texts): (Vec<Guess>, Texts) = Default::default();
    for attempt in Attempt::with_all().filter(may_try) {
        match Guess::make(schema, purpose, attempt, &HashSet::new(), &texts) {
            Some(guess) if guess.broken.is_empty() => return Some(guess.template),
            // Other guesses of this size would take as much work, to no avail.
            Some(guess) if guess.is_unchecked() => {
                guesses = vec![guess];
                break;
            }
            guess => guesses.extend(guess),
        }
    }
    guesses.sort_by_key(|guess| guess.broken.len());
    let mut to_free = guesses.iter().take(FREED_MAX).filter(|guess| !guess.is_unchecked());
    if let Some(freed) = to_free.find_map(|guess| guess.freed(schema, purpose, &texts)) {
        return Some(freed);
    }
    for attempt in Attempt::with_least() {
        match Guess::make(schema, purpose, attempt, &HashSet::new(), &texts) {
            Some(guess) if guess.broken.is_empty() => return Some(guess.template),
            Some(guess) if guess.is_unchecked() => {
                guesses.push(guess);
                break;
            }
            guess => guesses.extend(guess),
        }
    }
    let best = guesses.into_iter().min_by_key(|guess| (!guess.is_unchecked(), guess.broken.len()))?;
    Some(best.template.with_fault(best.broken.into_iter().next()))
}

/// One way to guess.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    /// Which alternative of a union is taken.
    pub(super) nth: usize,
    pub(super) examples: Examples,
    /// True if members that may be missing are generated.
    pub(super) has_optional: bool,
    /// True if members of the alternatives that were not taken are null, so that only one
    /// alternative matches.
    pub(super) tells_apart: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Examples {
    All,
    /// Only the examples of strings, numbers and booleans.
    Scalars,
    None,
}

impl Attempt {
    /// Guesses with all that may be there, from what says most.
    fn with_all() -> impl Iterator<Item = Self> {
        let with = |nth, examples| Self { nth, examples, has_optional: true, tells_apart: false };
        let shown = [with(0, Examples::All), with(0, Examples::Scalars)];
        let made = (0..4).map(move |nth| with(nth, Examples::None));
        let apart = (0..4).map(move |nth| Self { tells_apart: true, ..with(nth, Examples::None) });
        shown.into_iter().chain(made).chain(apart)
    }

    /// Guesses with what has to be there.
    fn with_least() -> impl Iterator<Item = Self> {
        (0..8).map(|nth| Self { nth, examples: Examples::None, has_optional: false, tells_apart: false })
    }
}

/// A value that was guessed, with all that is wrong with it.
struct Guess {
    attempt: Attempt,
    template: Template,
    value: Value,
    broken: Vec<Broken>,
    /// The places that may be missing.
    optional: HashSet<String>,
}

impl Guess {
    fn make(
        schema: At<'_>,
        purpose: Purpose<'_>,
        attempt: Attempt,
        dropped: &HashSet<String>,
        texts: &Texts,
    ) -> Option<Self> {
        let mut maker = Maker {
            purpose,
            attempt,
            template: Template::default(),
            open: Vec::new(),
            list: 0,
            is_named: false,
            path: String::new(),
            optional: HashSet::new(),
            dropped,
            texts,
        };
        maker.value(&[schema], Place { name: purpose.thing, inside: "", depth: 0, is_first: true }).ok()?;
        let Maker { template, optional, .. } = maker;
        let value: Value = serde_json::from_str(&template.fill(Seed { number: 0, parameters: &[] })).ok()?;
        let broken = check_once(schema, purpose.dialect, purpose.direction, &value);
        Some(Self { attempt, template, value, broken, optional })
    }

    /// Returns true if nothing is known of the value: comparing it takes too much work.
    fn is_unchecked(&self) -> bool {
        self.broken.iter().any(|broken| broken.is_unchecked)
    }

    /// The same guess without the members and elements that are wrong; `None` where something is wrong that has to be there.
    fn freed(&self, schema: At<'_>, purpose: Purpose<'_>, texts: &Texts) -> Option<Template> {
        let mut dropped = self.faulty()?;
        for _ in 0..ROUNDS_MAX {
            let guess = Self::make(schema, purpose, self.attempt, &dropped, texts)?;
            if guess.broken.is_empty() {
                return Some(guess.template);
            }
            dropped.extend(guess.faulty()?);
        }
        None
    }

    /// The innermost places with something wrong that may be missing. `None` where there are none, so that nothing is won.
    fn faulty(&self) -> Option<HashSet<String>> {
        let faulty: HashSet<String> = self.broken.iter().filter_map(|broken| self.droppable(&broken.place)).collect();
        (!faulty.is_empty()).then_some(faulty)
    }

    fn droppable(&self, place: &str) -> Option<String> {
        let (mut path, mut at) = (String::new(), Some(&self.value));
        let mut innermost = None;
        for step in place.split('/').skip(1) {
            path.push('/');
            path.push_str(if at.is_some_and(Value::is_array) { "*" } else { step });
            at = at.and_then(|at| at.pointer(&format!("/{step}")));
            if self.optional.contains(&path) {
                innermost = Some(path.clone());
            }
        }
        innermost
    }
}
