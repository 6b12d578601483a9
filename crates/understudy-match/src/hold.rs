//! A body against an example and rules.
//!
//! One walk serves both directions. What no rule speaks of is held by its *shape* in a response and by what
//! is *written* in a request. A rule takes the nodes that its path selects, in the example and in the received
//! body, out of the walk's hands: with all below them, or, where the rule leaves the rest to the shape
//! (`array`, `min`, `each`, ...), only for what it says.

use crate::mismatch::{Kind, Mismatch, NOTHING, show};
use crate::rule::{equals, fails};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use understudy_exchange::json::member_table;
use understudy_exchange::jsonpath::{Path, Step, Tail};
use understudy_exchange::{Json, JsonString};
use understudy_fixture::model::{Check, PathRule, Rule};

/// How the parts of a body are held that no rule speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// By the example's shape.
    Shape,
    /// By what is written; `strict` refuses members that are not.
    Written { strict: bool },
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// In the order of the received body.
    pub(crate) mismatches: Vec<Mismatch>,
    /// What passed without proving anything.
    pub(crate) unproven: Vec<String>,
    /// What was received beyond the example.
    pub(crate) added: Vec<String>,
}

/// Holds `received` against `example` and `rules`.
pub(crate) fn hold(example: Option<&Json>, received: &Json, rules: &[PathRule], base: Base) -> Held {
    let mut walk = Walk { in_example: HashMap::new(), in_received: HashMap::new() };
    let mut found = Found::default();
    for PathRule { path, rule } in rules {
        let examples = example.map(|example| path.select(example)).unwrap_or_default();
        let values: Vec<&Json> = examples.iter().map(|node| node.value).collect();
        for node in examples {
            cover(&mut walk.in_example, node.path, node.value, rule);
        }
        for node in path.select(received) {
            cover(&mut walk.in_received, node.path, node.value, rule);
        }
        apply_at(path, rule, received, &values, &mut found);
    }
    let root = Trail { parent: None, step: None };
    if let Some(example) = example {
        let example = Alternative { value: example, path: Path::default() };
        match base {
            Base::Shape => walk.shape(&[example], received, &root, &mut found),
            Base::Written { strict } => walk.written(&example, received, &root, strict, &mut found),
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

#[derive(Default)]
struct Found<'v> {
    differences: Vec<Difference<'v>>,
    unproven: Vec<String>,
    added: Vec<String>,
}

impl<'v> Found<'v> {
    fn differ(&mut self, path: Path<'v>, kind: Kind, expected: impl Into<String>, received: impl Into<String>) {
        self.differences.push(Difference { path, kind, expected: expected.into(), received: received.into() });
    }

    fn is_perfect(&self) -> bool {
        self.differences.is_empty() && self.unproven.is_empty() && self.added.is_empty()
    }

    fn extend(&mut self, other: Self) {
        self.differences.extend(other.differences);
        self.unproven.extend(other.unproven);
        self.added.extend(other.added);
    }

    fn finish(mut self, received: &Json, example: Option<&Json>) -> Held {
        // What is missing below something that is itself missing, or of another type, is one difference.
        let gone: HashSet<Path<'v>> = self
            .differences
            .iter()
            .filter(|difference| matches!(difference.kind, Kind::Missing | Kind::Type))
            .map(|difference| difference.path.clone())
            .collect();
        let below_gone = |path: &Path<'v>| (0..path.0.len()).any(|end| gone.contains(&Path(path.0[..end].to_vec())));
        self.differences.retain(|difference| difference.kind != Kind::Missing || !below_gone(&difference.path));
        if self.differences.len() > 1 {
            self.differences.sort_by_cached_key(|difference| {
                (document_order(&difference.path, received, example), Reverse(difference.kind == Kind::Type))
            });
            // Another type says it all about a node; else each rule that fails is a difference of its own.
            self.differences.dedup_by(|b, a| {
                a.path == b.path && (a.kind == Kind::Type || (a.kind, &a.expected) == (b.kind, &b.expected))
            });
        }
        let mismatches = self.differences.into_iter().map(|difference| Mismatch {
            path: difference.path.to_string(),
            kind: difference.kind,
            expected: difference.expected,
            received: difference.received,
        });
        let mismatches = mismatches.collect();
        self.unproven.sort();
        self.unproven.dedup();
        self.added.sort();
        self.added.dedup();
        Held { mismatches, unproven: self.unproven, added: self.added }
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
    path.0
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

/// The way to the node that the walk is at, on the stack: most nodes never need it as a [`Path`].
struct Trail<'t, 'v> {
    parent: Option<&'t Trail<'t, 'v>>,
    step: Option<Step<'v>>,
}

impl<'v> Trail<'_, 'v> {
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

/// What rules leave of a node.
#[derive(Debug, Clone, Copy)]
struct Cover {
    /// Nothing, with all below it.
    owned: bool,
    keys_free: bool,
    nullable: bool,
    may_be_missing: bool,
}

fn cover<'v>(covers: &mut HashMap<Path<'v>, Cover>, path: Path<'v>, value: &'v Json, rule: &Rule) {
    let each = each_of(rule);
    if let Some(inner) = each {
        for (step, child) in children(value) {
            cover(covers, path.child(step), child, inner);
        }
    }
    let new = Cover {
        owned: !rule.defers_to_shape(),
        keys_free: each.is_some() && matches!(value, Json::Object(_)),
        nullable: rule.checks.iter().any(|check| matches!(check, Check::Nullable(_))),
        may_be_missing: rule.allows_missing(),
    };
    let known = covers.entry(path).or_insert(new);
    // Several rules on one node must all hold.
    known.owned |= new.owned;
    known.keys_free |= new.keys_free;
    known.nullable &= new.nullable;
    known.may_be_missing &= new.may_be_missing;
}

/// What every child has to obey, where a rule says so.
fn each_of(rule: &Rule) -> Option<&Rule> {
    rule.checks.iter().find_map(|check| match check {
        Check::Each(inner) => Some(&**inner),
        Check::Optional(inner) | Check::Nullable(inner) => each_of(inner),
        _ => None,
    })
}

fn children(value: &Json) -> Vec<(Step<'_>, &Json)> {
    match value {
        Json::Array(items) => items.iter().enumerate().map(|(at, item)| (Step::Index(at), item)).collect(),
        Json::Object(members) => members.iter().map(|(name, value)| (Step::Name(name.as_str()), value)).collect(),
        _ => Vec::new(),
    }
}

/// Applies a rule to all that its path selects. The names and indexes at the path's end stand for that member
/// of every node before them: where one lacks it, it is missing.
fn apply_at<'v>(
    path: &'v understudy_exchange::JsonPath,
    rule: &Rule,
    received: &'v Json,
    examples: &[&Json],
    found: &mut Found<'v>,
) {
    let (head, tail) = path.split_singular_tail();
    let heads = head.select(received);
    if heads.is_empty() {
        found.unproven.push(path.as_str().to_owned());
    }
    for node in heads {
        let (mut at, mut value) = (node.path, Some(node.value));
        for step in &tail {
            let (next, child) = follow(*step, value);
            at = at.child(next);
            value = child;
        }
        match value {
            Some(value) => apply(rule, &at, value, examples, found),
            None if rule.allows_missing() => {}
            None => found.differ(at, Kind::Missing, rule.to_string(), NOTHING),
        }
    }
}

fn follow<'v>(step: Tail<'v>, value: Option<&'v Json>) -> (Step<'v>, Option<&'v Json>) {
    match step {
        Tail::Name(name) => (Step::Name(name), value.and_then(|value| value.member(name))),
        Tail::Index(index) => {
            let items = match value {
                Some(Json::Array(items)) => items.as_slice(),
                _ => &[],
            };
            let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
            let at = if index < 0 { items.len().saturating_sub(back) } else { back };
            let inside = index >= 0 || back <= items.len();
            (Step::Index(at), items.get(at).filter(|_| inside))
        }
    }
}

/// One rule against one node that is there. A node gives one difference for a rule, however many of its
/// checks fail: another type says it all.
fn apply<'v>(rule: &Rule, path: &Path<'v>, value: &'v Json, examples: &[&Json], found: &mut Found<'v>) {
    let mut worst: Option<Kind> = None;
    for check in &rule.checks {
        match check {
            Check::Optional(inner) => apply(inner, path, value, examples, found),
            Check::Nullable(inner) if *value != Json::Null => apply(inner, path, value, examples, found),
            Check::Exact if examples.is_empty() => found.unproven.push(path.to_string()),
            Check::Exact if !examples.iter().any(|example| equals(example, value)) => {
                worst = worst.or(Some(Kind::Value));
            }
            Check::Each(inner) => match value {
                Json::Array(_) | Json::Object(_) => {
                    let examples: Vec<&Json> =
                        examples.iter().flat_map(|value| children(value)).map(|(_, child)| child).collect();
                    for (step, child) in children(value) {
                        apply(inner, &path.child(step), child, &examples, found);
                    }
                }
                _ => worst = Some(Kind::Type),
            },
            Check::Keys(inner) => keys(inner, path, value, found),
            check => match fails(check, value) {
                Some(Kind::Type) => worst = Some(Kind::Type),
                failure => worst = worst.or(failure),
            },
        }
    }
    if let Some(kind) = worst {
        let expected = if rule.checks == [Check::Exact] { exact(examples) } else { rule.to_string() };
        found.differ(path.clone(), kind, expected, show(value));
    }
}

fn exact(examples: &[&Json]) -> String {
    let all: Vec<String> = examples.iter().map(|value| show(value)).collect();
    format!("exactly {}", all.join(" or "))
}

fn keys<'v>(rule: &Rule, path: &Path<'v>, value: &'v Json, found: &mut Found<'v>) {
    let Json::Object(members) = value else { return };
    for (name, _) in members {
        let key = Json::String(name.clone());
        if rule.checks.iter().any(|check| fails(check, &key).is_some()) {
            let at = path.child(Step::Name(name.as_str()));
            found.differ(at, Kind::Value, format!("a key that is {rule}"), format!("the key {key}"));
        }
    }
}

/// One of the examples that a received node may be like.
struct Alternative<'v> {
    value: &'v Json,
    path: Path<'v>,
}

struct Walk<'v> {
    in_example: HashMap<Path<'v>, Cover>,
    in_received: HashMap<Path<'v>, Cover>,
}

impl<'v> Walk<'v> {
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
    fn shape(
        &self,
        alternatives: &[Alternative<'v>],
        received: &'v Json,
        trail: &Trail<'_, 'v>,
        found: &mut Found<'v>,
    ) {
        let here = self.received_cover(trail);
        let covers: Vec<Cover> = alternatives.iter().filter_map(|a| self.example_cover(a)).chain(here).collect();
        if covers.iter().any(|cover| cover.owned || (cover.nullable && *received == Json::Null)) {
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
    fn written(
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
            (wanted, value) if equals(wanted, value) => {}
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
