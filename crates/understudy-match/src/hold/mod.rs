//! A body against an example and rules.
//!
//! One walk serves both directions. What no rule speaks of is held by its *shape* in a response and by what
//! is *written* in a request. A rule takes the nodes that its path selects, in the example and in the received
//! body, out of the walk's hands: with all below them, or, where the rule leaves the rest to the shape
//! (`array`, `min`, `each`, ...), only for what it says.

mod cover;
mod exact;
mod rules;
mod unordered;
mod walk;
mod written;

use crate::mismatch::{Kind, Mismatch};
use cover::cover;
use rules::{Context, apply_at};
use std::cmp::Reverse;
use std::collections::HashSet;
use understudy_exchange::Json;
use understudy_exchange::jsonpath::{Path, Step, Work};
use understudy_fixture::model::PathRule;
use walk::{Trail, Walk};
pub(crate) use written::{exclude, is_written};

/// How the parts of a body are held that no rule speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// By the example's shape.
    Shape,
    /// By what is written. Objects that are this many steps or more below the root may have no other members.
    Written { strict_from: Option<usize> },
}

impl Base {
    /// By what is written; with `strict`, no object may have other members.
    pub(crate) fn written(strict: bool) -> Self {
        Self::Written { strict_from: strict.then_some(0) }
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// In the order of the received body.
    pub(crate) mismatches: Vec<Mismatch>,
    /// The paths of rules that found nothing; they are among the unproven too.
    pub(crate) idle: Vec<String>,
    /// What passed without proving anything.
    pub(crate) unproven: Vec<String>,
    /// What was received beyond the example.
    pub(crate) added: Vec<String>,
}

/// Holds `received` against `example` and `rules`, whose paths share the work.
pub(crate) fn hold(example: Option<&Json>, received: &Json, rules: &[PathRule], base: Base, work: &Work) -> Held {
    let mut walk = Walk::new(base);
    let mut found = Found::default();
    let mut shown = Vec::with_capacity(rules.len());
    for PathRule { path, rule } in rules {
        let examples = example.map(|example| path.select_values_within(example, work)).unwrap_or_default();
        for value in &examples {
            cover(&mut walk.in_example, value, rule);
        }
        for value in path.select_values_within(received, work) {
            cover(&mut walk.in_received, value, rule);
        }
        shown.push(examples);
    }
    for (PathRule { path, rule }, examples) in rules.iter().zip(&shown) {
        let context =
            Context { example, rules, covers: &walk.in_example, examples, placeholders: walk.placeholders, work };
        apply_at(path, rule, received, context, &mut found);
    }
    let root = Trail::root();
    if let Some(example) = example {
        match base {
            Base::Shape => walk.shape(&[example], received, &root, &mut found),
            Base::Written { .. } => walk.written(example, received, &root, &mut found),
        }
    }
    found.finish(received, example)
}

/// A difference with its place still in steps.
struct Difference<'v> {
    path: Path<'v>,
    kind: Kind,
    expected: String,
    received: String,
}

/// How many differences of one body are told: nobody reads more, and bodies come from outside.
pub(crate) const DIFFERENCES_MAX: usize = 1_000;

/// The maximum number of paths that are reported as extra, and as not checked.
const NOTES_MAX: usize = 1_000;

/// The number of nodes of a response that are compared where an example gives several choices at every level. The rest
/// is not checked.
const STEPS_MAX: u64 = 5_000_000;

/// The number of nodes of a request that are compared by their shape. A client waits for it, and a request with more
/// does not match.
const REQUEST_STEPS_MAX: u64 = 1_000_000;

#[derive(Default)]
struct Found<'v> {
    differences: Vec<Difference<'v>>,
    /// Rules whose path found nothing.
    idle: Vec<String>,
    unproven: Vec<String>,
    added: Vec<String>,
}

impl<'v> Found<'v> {
    fn differ(&mut self, path: Path<'v>, kind: Kind, expected: impl Into<String>, received: impl Into<String>) {
        if self.differences.len() == DIFFERENCES_MAX {
            return;
        }
        self.differences.push(Difference { path, kind, expected: expected.into(), received: received.into() });
    }

    fn note_unproven(&mut self, path: String) {
        if self.unproven.len() < NOTES_MAX {
            self.unproven.push(path);
        }
    }

    fn note_added(&mut self, path: String) {
        if self.added.len() < NOTES_MAX {
            self.added.push(path);
        }
    }

    fn is_perfect(&self) -> bool {
        self.differences.is_empty() && self.unproven.is_empty() && self.added.is_empty()
    }

    fn extend(&mut self, other: Self) {
        let room = |most: usize, taken: usize| most.saturating_sub(taken);
        self.differences.extend(other.differences.into_iter().take(room(DIFFERENCES_MAX, self.differences.len())));
        self.idle.extend(other.idle);
        self.unproven.extend(other.unproven.into_iter().take(room(NOTES_MAX, self.unproven.len())));
        self.added.extend(other.added.into_iter().take(room(NOTES_MAX, self.added.len())));
    }

    fn finish(mut self, received: &Json, example: Option<&Json>) -> Held {
        // What is missing below something that is itself missing, or of another type, is one difference.
        let gone: HashSet<Path<'v>> = self
            .differences
            .iter()
            .filter(|difference| matches!(difference.kind, Kind::Missing | Kind::Type))
            .map(|difference| difference.path.clone())
            .collect();
        let below_gone = |path: &Path<'v>| {
            let steps = path.steps();
            (0..steps.len()).any(|end| gone.contains(&steps[..end].iter().copied().collect::<Path<'v>>()))
        };
        self.differences.retain(|difference| difference.kind != Kind::Missing || !below_gone(&difference.path));
        if self.differences.len() > 1 {
            self.differences.sort_by_cached_key(|difference| {
                (document_order(&difference.path, received, example), Reverse(difference.kind == Kind::Type))
            });
            // Another type, or nothing at all, says it all about a node; else each rule that fails is a difference of its own.
            self.differences.dedup_by(|b, a| {
                let says_all = a.kind == Kind::Type || (a.kind, b.kind) == (Kind::Missing, Kind::Missing);
                a.path == b.path && (says_all || (a.kind, &a.expected) == (b.kind, &b.expected))
            });
        }
        // A place inside which something differs was compared.
        let compared: HashSet<String> = self
            .differences
            .iter()
            .flat_map(|difference| {
                let steps = difference.path.steps();
                (0..=steps.len()).map(|end| steps[..end].iter().copied().collect::<Path<'v>>().to_string())
            })
            .collect();
        self.unproven.retain(|path| !compared.contains(path));
        let mismatches = self.differences.into_iter().map(|difference| Mismatch {
            path: difference.path.to_string(),
            kind: difference.kind,
            expected: difference.expected,
            received: difference.received,
        });
        let mismatches = mismatches.collect();
        self.unproven.extend(self.idle.iter().cloned());
        self.unproven.sort();
        self.unproven.dedup();
        self.added.sort();
        self.added.dedup();
        Held { mismatches, idle: self.idle, unproven: self.unproven, added: self.added }
    }
}

/// Where a node stands in the received text; members that are missing come after those that are there, in the
/// order of the example.
fn document_order(path: &Path<'_>, received: &Json, example: Option<&Json>) -> Vec<usize> {
    let (mut received, mut example) = (Some(received), example);
    let place = |value: Option<&Json>, name: &str| match value {
        Some(Json::Object(members)) => members.iter().position(|(n, _)| n.as_str() == name),
        _ => None,
    };
    path.steps()
        .iter()
        .map(|step| match step {
            Step::Index(index) => {
                received = received.and_then(|value| value.element(*index));
                example = example.and_then(|value| value.element(*index));
                *index
            }
            Step::Name(name) => {
                let order = place(received, name)
                    .unwrap_or_else(|| usize::MAX / 2 + place(example, name).unwrap_or(usize::MAX / 2));
                received = received.and_then(|value| value.member(name));
                example = example.and_then(|value| value.member(name));
                order
            }
        })
        .collect()
}
