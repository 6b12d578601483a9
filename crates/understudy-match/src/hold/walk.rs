//! The walk over a received body, beside the example.

use super::cover::{Cover, children};
use super::{Found, STEPS_MAX};
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

    fn path(&self) -> Path<'v> {
        let mut steps = Vec::new();
        let mut at = Some(self);
        while let Some(trail) = at {
            steps.extend(trail.step);
            at = trail.parent;
        }
        steps.reverse();
        Path(steps)
    }
}

/// One of the examples that a received node may be like.
pub(super) struct Alternative<'v> {
    pub(super) value: &'v Json,
    pub(super) path: Path<'v>,
}

pub(super) struct Walk<'v> {
    pub(super) in_example: HashMap<Path<'v>, Cover>,
    pub(super) in_received: HashMap<Path<'v>, Cover>,
    /// How many nodes were compared.
    steps: Cell<u64>,
    /// Whether `{{name}}` in the example stands for anything: in requests it does.
    pub(super) placeholders: bool,
}

impl<'v> Walk<'v> {
    pub(super) fn new(placeholders: bool) -> Self {
        Self { in_example: HashMap::new(), in_received: HashMap::new(), steps: Cell::new(0), placeholders }
    }

    fn child(&self, of: &Alternative<'v>, step: Step<'v>, value: &'v Json) -> Alternative<'v> {
        // Paths are only looked at where rules cover something.
        let path = if self.in_example.is_empty() { Path::default() } else { of.path.child(step) };
        Alternative { value, path }
    }

    fn children(&self, of: &Alternative<'v>) -> Vec<Alternative<'v>> {
        children(of.value).into_iter().map(|(step, value)| self.child(of, step, value)).collect()
    }

    fn example_cover(&self, alternative: &Alternative<'v>) -> Option<Cover> {
        if self.in_example.is_empty() { None } else { self.in_example.get(&alternative.path).copied() }
    }

    fn received_cover(&self, trail: &Trail<'_, 'v>) -> Option<Cover> {
        if self.in_received.is_empty() { None } else { self.in_received.get(&trail.path()).copied() }
    }

    /// The node has the shape of one of the alternatives, of which there is at least one.
    pub(super) fn shape(
        &self,
        alternatives: &[Alternative<'v>],
        received: &'v Json,
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > STEPS_MAX {
            found.unproven.push(trail.path().to_string());
            return;
        }
        let leaves = |cover: Cover| cover.owned || (cover.nullable && *received == Json::Null);
        if self.received_cover(trail).is_some_and(leaves) {
            return;
        }
        // A rule on one element of the example says nothing about what is like another one.
        let covered = |alternative: &Alternative<'v>| self.example_cover(alternative).is_some_and(leaves);
        if !self.in_example.is_empty() && alternatives.iter().any(covered) {
            let others = alternatives.iter().filter(|a| !covered(a));
            let others: Vec<Alternative<'v>> =
                others.map(|a| Alternative { value: a.value, path: a.path.clone() }).collect();
            if others.is_empty() {
                found.unproven.push(trail.path().to_string());
            } else {
                self.shape(&others, received, trail, found);
            }
            return;
        }
        let or_null = alternatives.iter().any(|alternative| *alternative.value == Json::Null);
        if or_null && *received == Json::Null {
            return;
        }
        let telling: Vec<&Alternative<'v>> = alternatives.iter().filter(|a| *a.value != Json::Null).collect();
        if telling.is_empty() {
            found.unproven.push(trail.path().to_string());
            return;
        }
        let same: Vec<&Alternative<'v>> =
            telling.iter().copied().filter(|a| a.value.type_name() == received.type_name()).collect();
        match same.as_slice() {
            [] => {
                let mut types: Vec<&str> = telling.iter().map(|a| a.value.type_name()).collect();
                types.extend(or_null.then_some("null"));
                types.sort_unstable();
                types.dedup();
                found.differ(trail.path(), Kind::Type, types.join(" or "), show(received));
            }
            [only] => self.like(only, received, trail, found),
            several => self.like_one_of(several, received, trail, found),
        }
    }

    /// Like one of several examples of one type, and in no member unlike all of them.
    fn like_one_of(
        &self,
        several: &[&Alternative<'v>],
        received: &'v Json,
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        if !matches!(received, Json::Array(_) | Json::Object(_)) {
            return;
        }
        let mut best: Option<Found<'v>> = None;
        for alternative in several {
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
            _ => self.like_all_together(several, received, trail, found),
        }
    }

    fn like_all_together(
        &self,
        several: &[&Alternative<'v>],
        received: &'v Json,
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        let options: Vec<Alternative<'v>> =
            several.iter().flat_map(|a| self.children_with_names(a)).map(|(_, a)| a).collect();
        match received {
            Json::Array(items) => self.elements(&options, items, trail, found),
            Json::Object(members) => {
                let mut by_name: HashMap<&JsonString, Vec<Alternative<'v>>> = HashMap::new();
                for (name, alternative) in several.iter().flat_map(|a| self.children_with_names(a)) {
                    if let Some(name) = name {
                        by_name.entry(name).or_default().push(alternative);
                    }
                }
                for (name, value) in members {
                    let trail = Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) };
                    match by_name.get(name) {
                        Some(options) => self.shape(options, value, &trail, found),
                        None => self.added(&trail, found),
                    }
                }
            }
            _ => {}
        }
    }

    fn children_with_names(&self, of: &Alternative<'v>) -> Vec<(Option<&'v JsonString>, Alternative<'v>)> {
        match of.value {
            Json::Object(members) => members
                .iter()
                .map(|(name, value)| (Some(name), self.child(of, Step::Name(name.as_str()), value)))
                .collect(),
            _ => self.children(of).into_iter().map(|child| (None, child)).collect(),
        }
    }

    /// Like one example of the same type.
    fn like(&self, example: &Alternative<'v>, received: &'v Json, trail: &Trail<'_, 'v>, found: &mut Found<'v>) {
        match (example.value, received) {
            (Json::Array(_), Json::Array(items)) => self.elements(&self.children(example), items, trail, found),
            (Json::Object(promised), Json::Object(members)) => {
                let keys_free = [self.example_cover(example), self.received_cover(trail)];
                if keys_free.iter().flatten().any(|cover| cover.keys_free) {
                    self.values(&self.children(example), members, trail, found);
                } else {
                    self.members(example, promised, members, trail, found);
                }
            }
            _ => {}
        }
    }

    fn elements(&self, examples: &[Alternative<'v>], items: &'v [Json], trail: &Trail<'_, 'v>, found: &mut Found<'v>) {
        if items.is_empty() != examples.is_empty() {
            found.unproven.push(trail.path().to_string());
        }
        if examples.is_empty() {
            return;
        }
        for (at, item) in items.iter().enumerate() {
            self.shape(examples, item, &Trail { parent: Some(trail), step: Some(Step::Index(at)) }, found);
        }
    }

    /// The values of an object whose keys are free.
    fn values(
        &self,
        examples: &[Alternative<'v>],
        members: &'v [(JsonString, Json)],
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        if examples.is_empty() {
            return;
        }
        for (name, value) in members {
            self.shape(examples, value, &Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) }, found);
        }
    }

    fn members(
        &self,
        example: &Alternative<'v>,
        promised: &'v [(JsonString, Json)],
        members: &'v [(JsonString, Json)],
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        let (promised, received) = (member_table(promised), member_table(members));
        for (name, value) in &promised {
            let child = self.child(example, Step::Name(name.as_str()), value);
            let trail = Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) };
            match received.get(name) {
                Some(received) => self.shape(&[child], received, &trail, found),
                None if self.example_cover(&child).is_some_and(|cover| cover.may_be_missing) => {}
                None => found.differ(trail.path(), Kind::Missing, show(value), NOTHING),
            }
        }
        for (name, _) in members.iter().filter(|(name, _)| !promised.contains_key(name)) {
            self.added(&Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) }, found);
        }
    }

    fn added(&self, trail: &Trail<'_, 'v>, found: &mut Found<'v>) {
        if self.received_cover(trail).is_none() {
            found.added.push(trail.path().to_string());
        }
    }

    /// Everything that is written is there and equal.
    pub(super) fn written(
        &self,
        expected: &Alternative<'v>,
        received: &'v Json,
        trail: &Trail<'_, 'v>,
        strict: bool,
        found: &mut Found<'v>,
    ) {
        match (self.example_cover(expected), self.received_cover(trail)) {
            (None, None) => {}
            _ => {
                let alternative = Alternative { value: expected.value, path: expected.path.clone() };
                return self.shape(&[alternative], received, trail, found);
            }
        }
        match (expected.value, received) {
            (Json::Object(members), Json::Object(_)) => {
                self.written_members(expected, members, received, trail, strict, found);
            }
            (Json::Array(wanted), Json::Array(items)) if wanted.len() == items.len() => {
                for (at, (child, item)) in self.children(expected).iter().zip(items).enumerate() {
                    let trail = Trail { parent: Some(trail), step: Some(Step::Index(at)) };
                    self.written(child, item, &trail, strict, found);
                }
            }
            (Json::Array(wanted), Json::Array(items)) => {
                let count = |n: usize| if n == 1 { "1 element".to_owned() } else { format!("{n} elements") };
                found.differ(trail.path(), Kind::Value, count(wanted.len()), count(items.len()));
            }
            (wanted, value) if equals(wanted, value, self.placeholders) => {}
            (wanted, value) => {
                let kind = if wanted.type_name() == value.type_name() { Kind::Value } else { Kind::Type };
                found.differ(trail.path(), kind, show(wanted), show(value));
            }
        }
    }

    fn written_members(
        &self,
        expected: &Alternative<'v>,
        wanted: &'v [(JsonString, Json)],
        received: &'v Json,
        trail: &Trail<'_, 'v>,
        strict: bool,
        found: &mut Found<'v>,
    ) {
        let Json::Object(members) = received else { return };
        let table = member_table(members);
        for (name, value) in wanted {
            let child = self.child(expected, Step::Name(name.as_str()), value);
            let trail = Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) };
            match table.get(name) {
                Some(received) => self.written(&child, received, &trail, strict, found),
                None if self.example_cover(&child).is_some_and(|cover| cover.may_be_missing) => {}
                None => found.differ(trail.path(), Kind::Missing, show(value), NOTHING),
            }
        }
        if strict {
            for (name, value) in members.iter().filter(|(name, _)| !wanted.iter().any(|(n, _)| n == name)) {
                let trail = Trail { parent: Some(trail), step: Some(Step::Name(name.as_str())) };
                if self.received_cover(&trail).is_none() {
                    found.differ(trail.path(), Kind::Added, "nothing else (strict)", show(value));
                }
            }
        }
    }
}
