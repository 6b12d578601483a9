//! The walk over a received body, beside the example.

use super::cover::{Cover, Covers};
use super::unordered::Pairing;
use super::{Base, Found, REQUEST_STEPS_MAX, STEPS_MAX};
use crate::contrast::contrast_values;
use crate::mismatch::{Kind, NOTHING, show};
use crate::rule::equals;
use std::cell::Cell;
use std::collections::HashMap;
use understudy_exchange::json::member_table;
use understudy_exchange::jsonpath::{Path, Step};
use understudy_exchange::{Json, JsonString};

/// The way to the node that the walk is at, on the stack: most nodes never need it as a [`Path`].
pub(super) struct Trail<'t, 'v> {
    parent: Option<&'t Trail<'t, 'v>>,
    step: Option<Step<'v>>,
}

impl<'v> Trail<'_, 'v> {
    pub(super) fn root() -> Self {
        Self { parent: None, step: None }
    }

    fn is_root(&self) -> bool {
        self.step.is_none()
    }

    pub(super) fn child<'t>(&'t self, step: Step<'v>) -> Trail<'t, 'v> {
        Trail { parent: Some(self), step: Some(step) }
    }

    pub(super) fn path(&self) -> Path<'v> {
        let mut steps = Vec::new();
        let mut at = Some(self);
        while let Some(trail) = at {
            steps.extend(trail.step);
            at = trail.parent;
        }
        steps.into_iter().rev().collect()
    }

    /// The number of steps from the root.
    fn depth(&self) -> usize {
        std::iter::successors(Some(self), |trail| trail.parent).filter(|trail| !trail.is_root()).count()
    }
}

pub(super) struct Walk {
    pub(super) in_example: Covers,
    pub(super) in_received: Covers,
    /// The number of nodes that were compared by their shape.
    steps: Cell<u64>,
    /// The comparison of elements in any order.
    pub(super) pairing: Pairing,
    /// Whether `{{name}}` in the example stands for anything: in requests it does.
    pub(super) placeholders: bool,
    /// The number of steps from the root to the objects that may have no members but the written ones.
    strict_from: Option<usize>,
}

/// A member of an object; of duplicates the last. Objects are small, or compared through a table.
pub(super) fn member<'v>(members: &'v [(JsonString, Json)], name: &JsonString) -> Option<&'v Json> {
    members.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value)
}

/// Larger objects are looked up through a table.
pub(super) const MEMBERS_LOOKED_THROUGH_MAX: usize = 16;

impl Walk {
    pub(super) fn new(base: Base) -> Self {
        Self {
            in_example: Covers::default(),
            in_received: Covers::default(),
            steps: Cell::new(0),
            pairing: Pairing::default(),
            placeholders: base != Base::Shape,
            strict_from: match base {
                Base::Shape => None,
                Base::Written { strict_from } => strict_from,
            },
        }
    }

    /// The node has the shape of one of the alternatives, of which there is at least one.
    pub(super) fn shape<'v>(
        &self,
        alternatives: &[&'v Json],
        received: &'v Json,
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        if !self.pairing.may_go_on() {
            return found.differ(trail.path(), Kind::Value, "one of the examples", show(received));
        }
        self.steps.set(self.steps.get() + 1);
        if self.placeholders && self.steps.get() > REQUEST_STEPS_MAX {
            let most = format!("at most {REQUEST_STEPS_MAX} values to compare by shape");
            return found.differ(trail.path(), Kind::Value, most, "more values");
        }
        if self.steps.get() > STEPS_MAX {
            found.note_unproven(trail.path().to_string());
            return;
        }
        let leaves = |cover: Cover| cover.owned || (cover.nullable && *received == Json::Null);
        if let Some(cover) = self.in_received.of(received).filter(|cover| leaves(*cover)) {
            // Rules that compare nothing inside a body are meant so. A whole body that nothing compares is reported.
            if trail.is_root() && cover.is_unchecked() {
                found.note_unproven(trail.path().to_string());
            }
            return;
        }
        // A rule on one element of the example says nothing about what is like another one.
        let covered = |value: &&&Json| self.in_example.of(value).is_some_and(leaves);
        if !self.in_example.is_empty() && alternatives.iter().any(|value| covered(&value)) {
            let others: Vec<&'v Json> = alternatives.iter().filter(|value| !covered(value)).copied().collect();
            if others.is_empty() {
                found.note_unproven(trail.path().to_string());
            } else {
                self.shape(&others, received, trail, found);
            }
            return;
        }
        match alternatives {
            [only] => self.like_only(only, received, trail, found),
            several => self.like_one_of(several, received, trail, found),
        }
    }

    fn like_only<'v>(&self, example: &'v Json, received: &'v Json, trail: &Trail<'_, 'v>, found: &mut Found<'v>) {
        if *example == Json::Null {
            if *received != Json::Null {
                found.note_unproven(trail.path().to_string());
            }
        } else if example.type_name() == received.type_name() {
            self.like(example, received, trail, found);
        } else {
            found.differ(trail.path(), Kind::Type, example.type_name(), show(received));
        }
    }

    /// Like one of several examples, and in no member unlike all of them.
    fn like_one_of<'v>(
        &self,
        alternatives: &[&'v Json],
        received: &'v Json,
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        let mut best: Option<Found<'v>> = None;
        // The element at the same place first: that is the one that people compare with.
        let first = match trail.step {
            Some(Step::Index(at)) => at.min(alternatives.len().saturating_sub(1)),
            _ => 0,
        };
        let (before, from_first) = alternatives.split_at(first);
        let in_turn = from_first.iter().chain(before);
        for alternative in in_turn.filter(|a| a.type_name() == received.type_name()) {
            let mut result = Found::default();
            self.like(alternative, received, trail, &mut result);
            if result.is_perfect() {
                return;
            }
            if best.as_ref().is_none_or(|best| result.differences.len() < best.differences.len()) {
                best = Some(result);
            }
        }
        match best {
            Some(best) if !best.differences.is_empty() => found.extend(best),
            // It is like one of them, which leaves some of it open: the others may say more.
            Some(_) => self.like_all_together(alternatives, received, trail, found),
            None if alternatives.iter().all(|value| **value == Json::Null) => {
                found.note_unproven(trail.path().to_string());
            }
            None => {
                let mut types: Vec<&str> = alternatives.iter().map(|value| value.type_name()).collect();
                types.sort_unstable_by_key(|name| (*name == "null", *name));
                types.dedup();
                found.differ(trail.path(), Kind::Type, types.join(" or "), show(received));
            }
        }
    }

    fn like_all_together<'v>(
        &self,
        alternatives: &[&'v Json],
        received: &'v Json,
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        let same = alternatives.iter().filter(|a| a.type_name() == received.type_name());
        match received {
            Json::Array(items) => {
                let options: Vec<&'v Json> = same.flat_map(|value| value.children()).map(|(_, child)| child).collect();
                self.elements(&options, items, trail, found);
            }
            Json::Object(members) => {
                let mut by_name: HashMap<&str, Vec<&'v Json>> = HashMap::new();
                for (step, child) in same.flat_map(|value| value.children()) {
                    if let Step::Name(name) = step {
                        by_name.entry(name).or_default().push(child);
                    }
                }
                for (name, value) in members {
                    let trail = Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) };
                    match by_name.get(name.as_str()) {
                        Some(options) => self.shape(options, value, &trail, found),
                        None => self.added(value, &trail, found),
                    }
                }
                let options = |name: &JsonString| by_name.get(name.as_str()).and_then(|options| options.first());
                self.note_unchecked(members, |name| options(name).copied(), trail, found);
            }
            _ => {}
        }
    }

    /// Like one example of the same type.
    fn like<'v>(&self, example: &'v Json, received: &'v Json, trail: &Trail<'_, 'v>, found: &mut Found<'v>) {
        match (example, received) {
            (Json::Array(examples), Json::Array(items)) if self.covers(example, received, |cover| cover.unordered) => {
                self.in_any_order(examples, items, trail, found);
            }
            (Json::Array(examples), Json::Array(items)) => {
                let examples: Vec<&'v Json> = examples.iter().collect();
                self.elements(&examples, items, trail, found);
            }
            (Json::Object(promised), Json::Object(members)) => {
                if self.covers(example, received, |cover| cover.keys_free) {
                    let examples: Vec<&'v Json> = promised.iter().map(|(_, value)| value).collect();
                    self.values(&examples, members, trail, found);
                } else {
                    self.members(promised, members, trail, found);
                }
            }
            _ => {}
        }
    }

    /// Returns true if a rule on one of two nodes says something.
    fn covers(&self, example: &Json, received: &Json, says: impl Fn(&Cover) -> bool) -> bool {
        let covers = [self.in_example.of(example), self.in_received.of(received)];
        covers.iter().flatten().any(says)
    }

    fn elements<'v>(&self, examples: &[&'v Json], items: &'v [Json], trail: &Trail<'_, 'v>, found: &mut Found<'v>) {
        let is_open = items.is_empty() != examples.is_empty();
        if is_open && (items.is_empty() || !items.iter().all(|item| self.is_compared(item))) {
            found.note_unproven(trail.path().to_string());
        }
        if examples.is_empty() {
            return;
        }
        for (at, item) in items.iter().enumerate() {
            self.shape(examples, item, &Trail { parent: Some(trail), step: Some(Step::Index(at)) }, found);
        }
        if !items.is_empty() && items.iter().all(|item| self.is_unchecked(item)) {
            found.note_unproven(trail.path().to_string());
        }
    }

    /// Returns true if a rule compares a received value or something inside it.
    fn is_compared(&self, received: &Json) -> bool {
        !self.in_received.is_empty()
            && (self.in_received.of(received).is_some_and(|cover| cover.compared)
                || received.children().any(|(_, child)| self.is_compared(child)))
    }

    /// Returns true if a received value has rules, and none of them compares anything.
    fn is_unchecked(&self, received: &Json) -> bool {
        self.in_received.of(received).is_some_and(Cover::is_unchecked) && !self.is_compared(received)
    }

    /// Reports an object as not checked if none of its members is compared: the example has none of
    /// them, or their rules compare nothing. `promised` returns the example of a member.
    fn note_unchecked<'v>(
        &self,
        members: &'v [(JsonString, Json)],
        promised: impl Fn(&JsonString) -> Option<&'v Json>,
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        let is_unchecked = |(name, received): &(JsonString, Json)| match promised(name) {
            Some(example) => {
                self.is_unchecked(received)
                    || (self.in_received.of(received).is_none()
                        && self.in_example.of(example).is_some_and(Cover::is_unchecked))
            }
            None => !self.is_compared(received),
        };
        if !members.is_empty() && members.iter().all(is_unchecked) {
            found.note_unproven(trail.path().to_string());
        }
    }

    /// The values of an object whose keys are free.
    fn values<'v>(
        &self,
        examples: &[&'v Json],
        members: &'v [(JsonString, Json)],
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        if members.is_empty() && !examples.is_empty() {
            found.note_unproven(trail.path().to_string());
        }
        self.note_unchecked(members, |_| examples.first().copied(), trail, found);
        if examples.is_empty() {
            return;
        }
        for (name, value) in members {
            self.shape(examples, value, &Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) }, found);
        }
    }

    fn members<'v>(
        &self,
        promised: &'v [(JsonString, Json)],
        members: &'v [(JsonString, Json)],
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        let is_large = promised.len().max(members.len()) > MEMBERS_LOOKED_THROUGH_MAX;
        let tables = is_large.then(|| (member_table(promised), member_table(members)));
        let in_promised = |name: &JsonString| match &tables {
            Some((promised, _)) => promised.get(name).copied(),
            None => member(promised, name),
        };
        let in_received = |name: &JsonString| match &tables {
            Some((_, received)) => received.get(name).copied(),
            None => member(members, name),
        };
        // Of duplicates in the example the last counts, and counts once.
        for (name, value) in
            promised.iter().filter(|(name, v)| in_promised(name).is_some_and(|last| std::ptr::eq(last, v)))
        {
            let trail = Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) };
            match in_received(name) {
                Some(received) => self.shape(&[value], received, &trail, found),
                None if self.in_example.of(value).is_some_and(|cover| cover.may_be_missing) => {}
                None => found.differ(trail.path(), Kind::Missing, show(value), NOTHING),
            }
        }
        for (name, value) in members.iter().filter(|(name, _)| in_promised(name).is_none()) {
            self.added(value, &Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) }, found);
        }
        self.note_unchecked(members, in_promised, trail, found);
    }

    fn added<'v>(&self, value: &Json, trail: &Trail<'_, 'v>, found: &mut Found<'v>) {
        if self.in_received.of(value).is_none() {
            found.note_added(trail.path().to_string());
        }
    }

    /// Everything that is written is there and equal.
    pub(super) fn written<'v>(
        &self,
        expected: &'v Json,
        received: &'v Json,
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        if !self.pairing.may_go_on() {
            return found.differ(trail.path(), Kind::Value, show(expected), show(received));
        }
        if self.covers(expected, received, |cover| {
            !(self.pairing.is_inside()
                && cover.keeps_values([expected, received].iter().any(|value| **value == Json::Null)))
        }) {
            return self.shape(&[expected], received, trail, found);
        }
        match (expected, received) {
            (Json::Object(members), Json::Object(_)) => {
                self.written_members(members, received, trail, found);
            }
            (Json::Array(wanted), Json::Array(items)) if wanted.len() == items.len() => {
                for (at, (child, item)) in wanted.iter().zip(items).enumerate() {
                    let trail = Trail { parent: Some(trail), step: Some(Step::Index(at)) };
                    self.written(child, item, &trail, found);
                    if self.pairing.is_decided(found) {
                        return;
                    }
                }
            }
            (Json::Array(wanted), Json::Array(items)) => {
                let count = |n: usize| if n == 1 { "1 element".to_owned() } else { format!("{n} elements") };
                found.differ(trail.path(), Kind::Value, count(wanted.len()), count(items.len()));
            }
            (wanted, value) if equals(wanted, value, self.placeholders) => {}
            (wanted, value) => {
                let kind = if wanted.type_name() == value.type_name() { Kind::Value } else { Kind::Type };
                let (wanted, value) = contrast_values(wanted, value);
                found.differ(trail.path(), kind, wanted, value);
            }
        }
    }

    fn written_members<'v>(
        &self,
        wanted: &'v [(JsonString, Json)],
        received: &'v Json,
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        let Json::Object(members) = received else { return };
        let table = member_table(members);
        for (name, value) in wanted {
            let trail = Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) };
            match table.get(name) {
                Some(received) => self.written(value, received, &trail, found),
                None if self.in_example.of(value).is_some_and(|cover| cover.may_be_missing) => {}
                None => found.differ(trail.path(), Kind::Missing, show(value), NOTHING),
            }
            if self.pairing.is_decided(found) {
                return;
            }
        }
        // Extra members in a response are allowed and reported. Nobody needs such a report for a
        // request.
        let is_strict = self.strict_from.is_some_and(|depth| trail.depth() >= depth);
        if is_strict || !self.placeholders {
            let wanted = member_table(wanted);
            for (name, value) in members.iter().filter(|(name, _)| !wanted.contains_key(name)) {
                let trail = Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) };
                if !is_strict {
                    self.added(value, &trail, found);
                } else if self.in_received.of(value).is_none() {
                    found.differ(trail.path(), Kind::Added, "nothing else (strict)", show(value));
                }
            }
        }
    }
}
