//! Arrays whose elements may stand in any order.

use super::walk::{Trail, Walk};
use super::{Found, STEPS_MAX};
use crate::mismatch::{Kind, NOTHING, show};
use crate::pairs::Pairs;
use std::collections::HashMap;
use understudy_exchange::Json;
use understudy_exchange::jsonpath::Step;

/// How many pairs of elements are compared. Equal elements are paired without a comparison and do not count.
const PAIRS_MAX: usize = 250_000;

/// How many elements that are left over are looked through for the likest one, for messages.
const LEFT_MAX: usize = 20;

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
        let (wanted, received) = without_equal(examples, items);
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
            self.written(&examples[a], &items[b], &element(b), &mut result);
            result
        };
        let pairs = Pairs::new(wanted.len(), received.len(), |a, b| {
            self.steps() <= STEPS_MAX && differences(wanted[a], received[b]).differences.is_empty()
        });
        if self.steps() > STEPS_MAX {
            found.differ(trail.path(), Kind::Value, "the same elements in any order", too_many(wanted.len()));
            return;
        }
        let mut left: Vec<usize> = Vec::new();
        for (a, b) in pairs.of_wanted.iter().enumerate() {
            match b {
                Some(b) => found.extend(differences(wanted[a], received[*b])),
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
                    found.extend(result);
                }
                None => found.differ(
                    element(at).path(),
                    Kind::Added,
                    "no such element (the order does not matter)",
                    show(&items[at]),
                ),
            }
        }
        for (more, wanted) in left.into_iter().enumerate() {
            found.differ(element(items.len() + more).path(), Kind::Missing, show(&examples[wanted]), NOTHING);
        }
    }
}

/// The places of the elements on both sides that no equal one is on the other side for. To pair equal ones first never
/// takes away what another element needs: whatever fits one of them fits the other.
fn without_equal(examples: &[Json], items: &[Json]) -> (Vec<usize>, Vec<usize>) {
    let mut by_text: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, example) in examples.iter().enumerate() {
        by_text.entry(example.to_string()).or_default().push(at);
    }
    let mut is_left = vec![true; examples.len()];
    let mut received = Vec::new();
    for (at, item) in items.iter().enumerate() {
        match by_text.get_mut(&item.to_string()).and_then(Vec::pop) {
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
