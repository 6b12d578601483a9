//! Arrays whose elements may stand in any order.

use super::Found;
use super::walk::{Trail, Walk};
use crate::mismatch::{Kind, NOTHING, show};
use crate::pairs::{PAIRS_MAX, Pairs};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use understudy_exchange::Json;
use understudy_exchange::jsonpath::Step;

/// The number of nodes that are compared while elements are paired, in the whole body.
const PAIR_STEPS_MAX: u64 = 500_000;

/// The maximum number of leftover elements that are searched for the most similar element, for
/// messages.
const LEFT_MAX: usize = 20;

/// The comparison of elements in any order, in the whole body.
#[derive(Default)]
pub(super) struct Pairing {
    /// The number of arrays around the current node whose elements are being paired.
    depth: Cell<usize>,
    /// The number of nodes that were compared inside of pairs.
    steps: Cell<u64>,
    /// The number of trials around the current node. Only the first difference in a trial is of interest.
    trials: Cell<usize>,
    /// The results of trials. Pairs are known by where they stand in memory.
    fits: RefCell<HashMap<(usize, usize), bool>>,
    fingerprints: Fingerprints,
}

impl Pairing {
    /// Returns true if the current node is inside of an element that may stand anywhere.
    pub(super) fn is_inside(&self) -> bool {
        self.depth.get() > 0
    }

    /// Counts a node; returns false if it is inside of a pair and there were too many of these.
    pub(super) fn may_go_on(&self) -> bool {
        if !self.is_inside() {
            return true;
        }
        self.steps.set(self.steps.get() + 1);
        !self.is_spent()
    }

    /// Returns true if two values are in a trial that has found a difference.
    pub(super) fn is_decided(&self, found: &Found<'_>) -> bool {
        self.trials.get() > 0 && !found.differences.is_empty()
    }

    fn is_spent(&self) -> bool {
        self.steps.get() > PAIR_STEPS_MAX
    }
}

/// Hashes of values as text, with two random keys. Each array and object is hashed once, regardless
/// of the number of pairs. The key of an array or object is its address in memory.
#[derive(Default)]
struct Fingerprints {
    keys: [RandomState; 2],
    known: RefCell<HashMap<usize, [u64; 2]>>,
}

impl Fingerprints {
    fn of(&self, value: &Json) -> [u64; 2] {
        let hash = |parts: &dyn Fn(&RandomState) -> u64| [parts(&self.keys[0]), parts(&self.keys[1])];
        if !matches!(value, Json::Array(_) | Json::Object(_)) {
            let text = value.to_string();
            return hash(&|key| key.hash_one(&text));
        }
        let address = std::ptr::from_ref(value).addr();
        if let Some(known) = self.known.borrow().get(&address) {
            return *known;
        }
        let inside: Vec<(Step<'_>, [u64; 2])> = value.children().map(|(step, child)| (step, self.of(child))).collect();
        let new = hash(&|key| key.hash_one((value.type_name(), &inside)));
        self.known.borrow_mut().insert(address, new);
        new
    }
}

impl Walk {
    /// Every element of the example is equal to another received one, apart from what rules say of its parts, and
    /// nothing is left.
    pub(super) fn in_any_order<'v>(
        &self,
        examples: &'v [Json],
        items: &'v [Json],
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        let (wanted, received) = without_equal(&self.pairing.fingerprints, examples, items);
        if wanted.is_empty() && received.is_empty() {
            return;
        }
        if wanted.len().saturating_mul(received.len()) > PAIRS_MAX {
            found.differ(trail.path(), Kind::Value, "the same elements in any order", too_many(wanted.len()));
            return;
        }
        let element = |at: usize| trail.child(Step::Index(at));
        let differences = |a: usize, b: usize| {
            let mut result = Found::default();
            self.pairing.depth.set(self.pairing.depth.get() + 1);
            self.written(&examples[a], &items[b], &element(b), &mut result);
            self.pairing.depth.set(self.pairing.depth.get() - 1);
            result
        };
        let pairs = Pairs::new(wanted.len(), received.len(), |a, b| {
            let (a, b) = (wanted[a], received[b]);
            self.fits(&examples[a], &items[b], || differences(a, b))
        });
        if self.pairing.trials.get() > 0 {
            if !pairs.are_complete() {
                found.differ(trail.path(), Kind::Value, "the same elements in any order", "others");
            }
            return;
        }
        let mut inside = Found::default();
        let mut left: Vec<usize> = Vec::new();
        for (a, b) in pairs.of_wanted.iter().enumerate() {
            match b {
                Some(b) => inside.extend(differences(wanted[a], received[*b])),
                None => left.push(wanted[a]),
            }
        }
        let others = pairs.of_received.iter().enumerate().filter(|(_, wanted)| wanted.is_none());
        for at in others.map(|(b, _)| received[b]) {
            let candidates = left.iter().take(LEFT_MAX).enumerate();
            let likest = candidates
                .map(|(place, wanted)| (place, differences(*wanted, at)))
                .min_by_key(|(_, result)| result.differences.len());
            match likest {
                Some((place, result)) => {
                    left.remove(place);
                    inside.extend(result);
                }
                None => inside.differ(
                    element(at).path(),
                    Kind::Added,
                    "no such element (the order does not matter)",
                    show(&items[at]),
                ),
            }
        }
        for (more, wanted) in left.into_iter().enumerate() {
            inside.differ(element(items.len() + more).path(), Kind::Missing, show(&examples[wanted]), NOTHING);
        }
        if self.pairing.is_spent() {
            let most = format!("too many values that differ to compare them in any order (at most {PAIR_STEPS_MAX})");
            found.differ(trail.path(), Kind::Value, "the same elements in any order", most);
            return;
        }
        found.extend(inside);
    }

    /// Returns true if an element of the example fits a received one. Each pair is compared once: at every level again
    /// would take time that is exponential in the depth.
    fn fits<'v>(&self, example: &Json, item: &Json, compare: impl FnOnce() -> Found<'v>) -> bool {
        let pair = (std::ptr::from_ref(example).addr(), std::ptr::from_ref(item).addr());
        if let Some(fits) = self.pairing.fits.borrow().get(&pair) {
            return *fits;
        }
        if self.pairing.is_spent() {
            return false;
        }
        self.pairing.trials.set(self.pairing.trials.get() + 1);
        let fits = compare().differences.is_empty();
        self.pairing.trials.set(self.pairing.trials.get() - 1);
        self.pairing.fits.borrow_mut().insert(pair, fits);
        fits
    }
}

/// The places of the elements on both sides that no equal one is on the other side for. To pair equal ones first never
/// takes away what another element needs: whatever fits one of them fits the other.
fn without_equal(prints: &Fingerprints, examples: &[Json], items: &[Json]) -> (Vec<usize>, Vec<usize>) {
    let mut by_print: HashMap<[u64; 2], Vec<usize>> = HashMap::new();
    for (at, example) in examples.iter().enumerate() {
        by_print.entry(prints.of(example)).or_default().push(at);
    }
    let mut is_left = vec![true; examples.len()];
    let mut received = Vec::new();
    for (at, item) in items.iter().enumerate() {
        match by_print.get_mut(&prints.of(item)).and_then(Vec::pop) {
            Some(example) => is_left[example] = false,
            None => received.push(at),
        }
    }
    let wanted = (0..examples.len()).filter(|at| is_left[*at]).collect();
    (wanted, received)
}

fn too_many(left: usize) -> String {
    format!("{left} elements that differ, too many to be compared in any order")
}
