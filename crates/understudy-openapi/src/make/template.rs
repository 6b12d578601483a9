//! A body that was made once and is filled in for each request: text, and slots for what varies.
//!
//! What varies is decided by numbers alone, so that the same request gets the same answer. An object that has an id takes
//! everything else from it: what a list shows under an id is what the id's own address answers.

use super::slot::{Slot, mix};
use crate::schema::Broken;
use std::hash::Hasher;
use std::ops::Range;

/// How deep objects usually nest.
const SCOPES_USUAL: usize = 8;

/// A body with slots.
#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    text: String,
    steps: Vec<Step>,
    /// How many letters its slots ask for.
    letters: usize,
    /// The fault of the value, if no better one was found.
    fault: Option<Broken>,
}

#[derive(Debug, Clone)]
enum Step {
    /// Up to here in the text.
    Text(usize),
    /// Something that varies; the number tells it from others of its object.
    Slot(Slot, u64),
    /// The nth element of a list begins.
    Element(u64),
    /// An object begins.
    Enter {
        name: u64,
        identity: Option<Identity>,
    },
    /// The id of the object.
    Identity,
    Leave,
}

/// What tells an object from others of its kind.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) slot: Slot,
    /// The path's parameter that names it, if the path does.
    pub(super) parameter: Option<usize>,
    /// Whether it is one of a list that is asked for: those are counted from 1.
    pub(super) is_counted: bool,
    /// The id that the schema shows, as JSON.
    pub(super) shown: Option<String>,
}

/// What a request says about what varies.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seed<'r> {
    /// 0 where a request says nothing but its path.
    pub(crate) number: u64,
    /// The values of the path's parameters, in the order of the operation's.
    pub(crate) parameters: &'r [String],
}

struct Scope {
    number: u64,
    /// Where its id stands among all that were made.
    identity: Range<usize>,
    /// Of an element, the number that its list has, and its place.
    element: Option<(u64, u64)>,
}

impl Template {
    /// A text in which nothing varies.
    pub(crate) fn fixed(text: &str) -> Self {
        let mut template = Self::default();
        template.push(text);
        template
    }

    /// Returns the fault of the generated value.
    pub(crate) fn fault(&self) -> Option<&Broken> {
        self.fault.as_ref()
    }

    pub(super) fn with_fault(self, fault: Option<Broken>) -> Self {
        Self { fault, ..self }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        match self.steps.last_mut() {
            Some(Step::Text(end)) => *end = self.text.len(),
            _ => self.steps.push(Step::Text(self.text.len())),
        }
    }

    pub(super) fn slot(&mut self, slot: Slot, name: &str) {
        if let Slot::Letters(count) = slot {
            self.letters += count;
        }
        self.steps.push(Step::Slot(slot, hash(name)));
    }

    pub(super) fn element(&mut self, nth: u64) {
        self.steps.push(Step::Element(nth));
    }

    pub(super) fn enter(&mut self, name: &str, identity: Option<Identity>) {
        self.steps.push(Step::Enter { name: hash(name), identity });
    }

    pub(super) fn identity(&mut self) {
        self.steps.push(Step::Identity);
    }

    pub(super) fn leave(&mut self) {
        self.steps.push(Step::Leave);
    }

    /// A place to come back to.
    pub(super) fn mark(&self) -> (usize, usize, usize) {
        let end = match self.steps.last() {
            Some(Step::Text(end)) => *end,
            _ => 0,
        };
        (self.text.len(), self.steps.len(), end)
    }

    pub(super) fn reset(&mut self, (text, steps, end): (usize, usize, usize)) {
        self.text.truncate(text);
        self.steps.truncate(steps);
        if let Some(Step::Text(last)) = self.steps.last_mut() {
            *last = end;
        }
    }

    /// How large it is, about.
    pub(super) fn size(&self) -> usize {
        self.text.len() + 16 * self.steps.len() + self.letters
    }

    /// The body for a request.
    pub(crate) fn fill(&self, seed: Seed<'_>) -> String {
        let mut out = String::with_capacity(self.text.len() + 16 * self.steps.len());
        let mut from = 0;
        let plain = |number: u64| Scope { number, identity: 0..0, element: None };
        let mut scopes = Vec::with_capacity(SCOPES_USUAL);
        scopes.push(plain(seed.number));
        let mut identities = String::new();
        for step in &self.steps {
            let scope = scopes.last().expect("each leaving has an entering");
            match step {
                Step::Text(end) => {
                    out.push_str(&self.text[from..*end]);
                    from = *end;
                }
                Step::Slot(slot, name) => slot.write(mix(scope.number, *name), seed.parameters, &mut out),
                Step::Identity => out.push_str(&identities[scope.identity.clone()]),
                Step::Element(nth) => {
                    let element = Some((scope.number, *nth));
                    scopes.push(Scope { element, ..plain(mix(scope.number, *nth)) });
                }
                Step::Enter { name, identity } => {
                    let entered = match identity {
                        None => plain(mix(scope.number, *name)),
                        Some(identity) => identity.scope(scope, *name, seed, &mut identities),
                    };
                    scopes.push(entered);
                }
                Step::Leave => {
                    scopes.pop();
                }
            }
        }
        out
    }
}

impl Identity {
    fn scope(&self, above: &Scope, name: u64, seed: Seed<'_>, identities: &mut String) -> Scope {
        let start = identities.len();
        let named = self.parameter.and_then(|parameter| seed.parameters.get(parameter));
        let is_named = named.is_some_and(|value| self.slot.take(value, identities));
        if !is_named {
            match above.element.filter(|_| self.is_counted) {
                // Another part of a list, or the list of another thing, counts from elsewhere.
                Some((list, nth)) if list > 0 => self.slot.write_nth(nth + list % 89 * 10, identities),
                Some((_, nth)) => match self.shown.as_deref() {
                    Some(shown) if nth == 0 => identities.push_str(shown),
                    Some(shown) => self.slot.write_after(shown, nth, identities),
                    None => self.slot.write_nth(nth, identities),
                },
                None => match self.shown.as_deref() {
                    Some(shown) => identities.push_str(shown),
                    None => self.slot.write(mix(above.number, name), &[], identities),
                },
            }
        }
        Scope { number: hash(&identities[start..]), identity: start..identities.len(), element: None }
    }
}

pub(crate) fn hash(text: &str) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(text.as_bytes());
    mix(hasher.finish(), 1)
}
