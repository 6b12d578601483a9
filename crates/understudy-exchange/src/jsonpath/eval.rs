//! Queries against values.

use super::ast::{Comparison, Operand, Pattern, Query, Segment, Selector, Test};
use super::path::STEPS_IN_PLACE;
use super::{Node, Path, Step, function};
use crate::{Json, Number};
use std::cmp::Ordering;

/// How many nodes are looked at for one query: several `..` look at the same ones again and again.
pub(super) const VISITS_MAX: usize = 10_000_000;

/// How many steps the ways to the nodes that are found may have together, about 24 bytes each.
const STEPS_MAX: usize = 10_000_000;

/// The number of bytes that are matched, and of members that are looked through, in the time of one
/// visit; and the number of visits in the time that compiling an expression takes.
const BYTES_PER_VISIT: usize = 64;
const MEMBERS_PER_VISIT: usize = 16;
const COMPILE_VISITS: usize = 5_000;

/// What may still be spent on a query.
pub(super) struct Budget {
    pub(super) visits: usize,
    steps: usize,
    /// Whether there was too little: something is not found then.
    pub(super) is_spent: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Self { visits: VISITS_MAX, steps: STEPS_MAX, is_spent: false }
    }
}

impl Budget {
    /// A budget of so many visits, and of no more than one query has.
    pub(super) fn of_visits(visits: usize) -> Self {
        Self { visits: visits.min(VISITS_MAX), ..Self::default() }
    }

    /// Takes from what is left, where there is so much.
    fn spend(&mut self, visits: usize, steps: usize) -> bool {
        match (self.visits.checked_sub(visits), self.steps.checked_sub(steps)) {
            (Some(visits), Some(steps)) if !self.is_spent => (self.visits, self.steps) = (visits, steps),
            _ => self.is_spent = true,
        }
        !self.is_spent
    }

    fn keep<'a, P: Place<'a>>(&mut self, node: Node<'a, P>, out: &mut Vec<Node<'a, P>>) {
        if self.spend(1, node.path.cost()) {
            out.push(node);
        }
    }
}

/// What is kept of the way to a node: a [`Path`], or nothing.
pub(super) trait Place<'a>: Clone + Default {
    fn child(&self, step: Step<'a>) -> Self;

    /// The memory that it takes, in steps.
    fn cost(&self) -> usize;
}

impl<'a> Place<'a> for Path<'a> {
    fn child(&self, step: Step<'a>) -> Self {
        Path::child(self, step)
    }

    fn cost(&self) -> usize {
        // Those that are few are kept in place, and take as much as there is.
        self.steps().len().max(STEPS_IN_PLACE)
    }
}

impl<'a> Place<'a> for () {
    fn child(&self, _: Step<'a>) {}

    fn cost(&self) -> usize {
        0
    }
}

pub(super) fn select<'a, P: Place<'a>>(segments: &[Segment], root: &'a Json, budget: &mut Budget) -> Vec<Node<'a, P>> {
    walk(segments, root, root, budget)
}

fn walk<'a, P: Place<'a>>(
    segments: &[Segment],
    root: &'a Json,
    from: &'a Json,
    budget: &mut Budget,
) -> Vec<Node<'a, P>> {
    let mut nodes = vec![Node { path: P::default(), value: from }];
    for segment in segments {
        let mut next = Vec::new();
        for node in &nodes {
            if segment.descendant {
                descend(segment, root, node, budget, &mut next);
            } else {
                apply(segment, root, node, budget, &mut next);
            }
        }
        nodes = next;
    }
    nodes
}

fn descend<'a, P: Place<'a>>(
    segment: &Segment,
    root: &'a Json,
    node: &Node<'a, P>,
    budget: &mut Budget,
    out: &mut Vec<Node<'a, P>>,
) {
    apply(segment, root, node, budget, out);
    for child in children(node) {
        if !budget.spend(1, 0) {
            return;
        }
        descend(segment, root, &child, budget, out);
    }
}

fn children<'n, 'a, P: Place<'a>>(node: &'n Node<'a, P>) -> impl Iterator<Item = Node<'a, P>> + use<'n, 'a, P> {
    node.value.children().map(|(step, value)| Node { path: node.path.child(step), value })
}

fn apply<'a, P: Place<'a>>(
    segment: &Segment,
    root: &'a Json,
    node: &Node<'a, P>,
    budget: &mut Budget,
    out: &mut Vec<Node<'a, P>>,
) {
    let found = |step: Step<'a>, value: &'a Json| Node { path: node.path.child(step), value };
    for selector in &segment.selectors {
        match (selector, node.value) {
            (Selector::Name(name), Json::Object(members)) => {
                // Of duplicate members the last, as `Json::member` takes it.
                if !budget.spend(members.len() / MEMBERS_PER_VISIT, 0) {
                    return;
                }
                if let Some((name, value)) = members.iter().rev().find(|(n, _)| n.is(name)) {
                    budget.keep(found(Step::Name(name.as_str()), value), out);
                }
            }
            (Selector::Index(index), Json::Array(items)) => {
                if let Some(at) = position(*index, items.len()) {
                    budget.keep(found(Step::Index(at), &items[at]), out);
                }
            }
            (Selector::Slice { start, end, step }, Json::Array(items)) => {
                for at in slice(*start, *end, *step, items.len()) {
                    budget.keep(found(Step::Index(at), &items[at]), out);
                }
            }
            (Selector::Wildcard, _) => children(node).for_each(|child| budget.keep(child, out)),
            (Selector::Filter(test), _) => {
                for child in children(node) {
                    if holds(test, root, child.value, budget) {
                        budget.keep(child, out);
                    }
                }
            }
            _ => {}
        }
    }
}

fn position(index: i64, length: usize) -> Option<usize> {
    let at = if index < 0 { i64::try_from(length).ok()? + index } else { index };
    usize::try_from(at).ok().filter(|at| *at < length)
}

/// RFC 9535, section 2.3.4.2.2.
fn slice(start: Option<i64>, end: Option<i64>, step: i64, length: usize) -> Vec<usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let normal = |i: i64| if i >= 0 { i } else { length + i };
    let mut out = Vec::new();
    if step > 0 {
        let lower = normal(start.unwrap_or(0)).clamp(0, length);
        let upper = normal(end.unwrap_or(length)).clamp(0, length);
        let mut at = lower;
        while at < upper {
            out.push(at as usize);
            at = at.saturating_add(step);
        }
    } else if step < 0 {
        let upper = normal(start.unwrap_or(length - 1)).clamp(-1, length - 1);
        let lower = end.map_or(-1, |end| normal(end).clamp(-1, length - 1));
        let mut at = upper;
        while at > lower {
            out.push(at as usize);
            at = at.saturating_add(step);
        }
    }
    out
}

fn holds(test: &Test, root: &Json, current: &Json, budget: &mut Budget) -> bool {
    match test {
        Test::Or(all) => all.iter().any(|test| holds(test, root, current, budget)),
        Test::And(all) => all.iter().all(|test| holds(test, root, current, budget)),
        Test::Not(test) => !holds(test, root, current, budget),
        Test::Exists(query) => !nodes(query, root, current, budget).is_empty(),
        Test::Compare(left, comparison, right) => {
            let (left, right) = (value(left, root, current, budget), value(right, root, current, budget));
            let compared = left.as_deref().map_or(0, |left| size(left, budget.visits));
            budget.spend(compared, 0) && compare(left.as_deref(), *comparison, right.as_deref())
        }
        Test::Regex { whole, subject, pattern } => {
            let Some(subject) = value(subject, root, current, budget) else { return false };
            let Some(subject) = subject.as_str() else { return false };
            if !budget.spend(subject.len() / BYTES_PER_VISIT, 0) {
                return false;
            }
            match pattern {
                Pattern::Fixed(regexp) => regexp.as_ref().is_some_and(|regexp| regexp.is_match(subject)),
                Pattern::Computed(operand) => {
                    let Some(pattern) = value(operand, root, current, budget) else { return false };
                    let Some(pattern) = pattern.as_str() else { return false };
                    budget.spend(COMPILE_VISITS + pattern.len(), 0)
                        && function::regexp(pattern, *whole).is_ok_and(|regexp| regexp.is_match(subject))
                }
            }
        }
    }
}

/// The number of values in a container, counted up to `most`. A single value counts for nothing.
fn size(value: &Json, most: usize) -> usize {
    let mut counted = 0;
    let mut open: Vec<&Json> = vec![value];
    while let Some(value) = open.pop() {
        for (_, child) in value.children() {
            counted += 1;
            if counted >= most {
                return counted;
            }
            open.push(child);
        }
    }
    counted
}

fn nodes<'a>(query: &Query, root: &'a Json, current: &'a Json, budget: &mut Budget) -> Vec<Node<'a, ()>> {
    walk(&query.segments, root, if query.absolute { root } else { current }, budget)
}

/// A value that is borrowed from the document or the query, or was computed.
enum Found<'a> {
    Borrowed(&'a Json),
    Computed(Json),
}

impl std::ops::Deref for Found<'_> {
    type Target = Json;

    fn deref(&self) -> &Json {
        match self {
            Self::Borrowed(value) => value,
            Self::Computed(value) => value,
        }
    }
}

fn value<'a>(operand: &'a Operand, root: &'a Json, current: &'a Json, budget: &mut Budget) -> Option<Found<'a>> {
    let count = |n: usize| Found::Computed(Json::Number(Number::from(n as u64)));
    match operand {
        Operand::Literal(value) => Some(Found::Borrowed(value)),
        Operand::Singular(query) | Operand::Value(query) => match nodes(query, root, current, budget).as_slice() {
            [node] => Some(Found::Borrowed(node.value)),
            _ => None,
        },
        Operand::Count(query) => Some(count(nodes(query, root, current, budget).len())),
        Operand::Length(inner) => match &*value(inner, root, current, budget)? {
            Json::String(string) => Some(count(string.as_str().chars().count())),
            Json::Array(items) => Some(count(items.len())),
            Json::Object(members) => Some(count(members.len())),
            _ => None,
        },
    }
}

/// RFC 9535, section 2.3.5.2.2; nothing equals nothing.
fn compare(left: Option<&Json>, comparison: Comparison, right: Option<&Json>) -> bool {
    let equal = left == right;
    match comparison {
        Comparison::Equal => equal,
        Comparison::NotEqual => !equal,
        Comparison::Less => order(left, right) == Some(Ordering::Less),
        Comparison::LessOrEqual => equal || order(left, right) == Some(Ordering::Less),
        Comparison::Greater => order(left, right) == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => equal || order(left, right) == Some(Ordering::Greater),
    }
}

fn order(left: Option<&Json>, right: Option<&Json>) -> Option<Ordering> {
    match (left?, right?) {
        (Json::Number(a), Json::Number(b)) => Some(a.cmp(b)),
        (Json::String(a), Json::String(b)) => Some(a.as_str().cmp(b.as_str())),
        _ => None,
    }
}
