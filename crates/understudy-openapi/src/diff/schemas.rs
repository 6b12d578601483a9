//! What schemas allow, compared: what became wider, and what narrower.
//!
//! Schemas refer to each other, and to themselves. So each pair of an old and a new one is compared by itself, once, with the
//! pairs of their members as its children; what is behind a place is then found by walking the pairs. How a schema is written
//! does not matter: in place or by `$ref`, under which name, in which order, in one piece or in parts (`allOf`).

use crate::document::{At, Node, escaped};
use crate::model::{Description, Dialect};
use crate::schema::{Direction, Facets, Limit, Taking, Types};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// What became of what is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// There is more that may be there, or not.
    Added,
    /// Something is not there any more.
    Gone,
    /// More is allowed.
    Widened,
    /// Less is allowed.
    Narrowed,
    /// Something else is allowed.
    Changed,
}

/// One thing that changed in a schema.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    /// Without the direction: `member-removed`.
    pub(super) rule: &'static str,
    pub(super) effect: Effect,
    /// Where in the value: `/items/*/name`.
    pub(super) place: String,
    pub(super) message: String,
    pub(super) old: Option<Node>,
    pub(super) new: Option<Node>,
}

/// How many findings of one body are told.
const FINDINGS_MAX: usize = 1_000;
/// How many pairs are compared: a few schemas may be put together in more ways than anybody can wait for.
const PAIRS_MAX: usize = 200_000;
/// How many values are listed in a message.
const VALUES_TOLD_MAX: usize = 8;

/// The schemas that say something of one value.
pub(super) type Parts = Vec<Node>;

/// All pairs of schemas that were compared so far.
pub(super) struct Schemas<'d> {
    old: &'d Description,
    new: &'d Description,
    known: HashMap<(Parts, Parts, Direction), usize>,
    pairs: Vec<Pair>,
}

struct Pair {
    old: Parts,
    new: Parts,
    direction: Direction,
    compared: Option<Compared>,
}

#[derive(Default)]
struct Compared {
    /// Their places are relative to this value.
    findings: Vec<Finding>,
    /// The values inside, by how they are reached.
    inside: Vec<(String, usize)>,
}

impl<'d> Schemas<'d> {
    pub(super) fn new(old: &'d Description, new: &'d Description) -> Self {
        Self { old, new, known: HashMap::new(), pairs: Vec::new() }
    }

    /// Everything that changed between two schemas, and in all that is inside.
    pub(super) fn compare(&mut self, old: Option<Node>, new: Option<Node>, direction: Direction) -> Vec<Finding> {
        /// A value that the walk came to: from where, and by which step.
        struct Stop {
            pair: usize,
            from: Option<(usize, usize)>,
        }
        let first = self.pair(old.into_iter().collect(), new.into_iter().collect(), direction);
        let (mut seen, mut open) = (HashSet::from([first]), vec![0]);
        let mut stops = vec![Stop { pair: first, from: None }];
        let mut findings = Vec::new();
        while let Some(at) = open.pop() {
            let pair = stops[at].pair;
            self.finish(pair);
            let compared = |pair: usize| self.pairs[pair].compared.as_ref().expect("it was compared");
            if !compared(pair).findings.is_empty() {
                let mut steps = Vec::new();
                let mut place = at;
                while let Some((from, step)) = stops[place].from {
                    steps.push(compared(stops[from].pair).inside[step].0.as_str());
                    place = from;
                }
                let place: String = steps.into_iter().rev().collect();
                let found = compared(pair).findings.iter();
                findings
                    .extend(found.map(|found| Finding { place: format!("{place}{}", found.place), ..found.clone() }));
            }
            if findings.len() >= FINDINGS_MAX || self.pairs.len() >= PAIRS_MAX {
                break;
            }
            let inside = compared(pair).inside.iter().enumerate().rev();
            for (step, (_, inside)) in inside.filter(|(_, (_, inside))| seen.insert(*inside)) {
                open.push(stops.len());
                stops.push(Stop { pair: *inside, from: Some((at, step)) });
            }
        }
        findings
    }

    /// The number of a pair. References are followed, so that one schema is always the same part.
    fn pair(&mut self, old: Parts, new: Parts, direction: Direction) -> usize {
        fn followed(description: &Description, parts: Parts) -> Parts {
            let follow = |node: Node| {
                let at = description.documents.at(node);
                // In 3.1 something may stand beside a reference.
                let is_alone = description.dialect != Dialect::OpenApi31 || at.members().len() == 1;
                if is_alone { at.resolve().map_or(node, |at| at.node) } else { node }
            };
            parts.into_iter().map(follow).collect()
        }
        let key = (followed(self.old, old), followed(self.new, new), direction);
        let next = self.pairs.len();
        let number = *self.known.entry(key.clone()).or_insert(next);
        if number == next {
            self.pairs.push(Pair { old: key.0, new: key.1, direction, compared: None });
        }
        number
    }

    fn finish(&mut self, number: usize) {
        let pair = &self.pairs[number];
        if pair.compared.is_some() {
            return;
        }
        let (old, new, direction) = (pair.old.clone(), pair.new.clone(), pair.direction);
        let sides = Sides { old: Side::of(self.old, &old), new: Side::of(self.new, &new), direction };
        let mut compared = Compared::default();
        let inside = sides.compare(&mut compared.findings);
        for (step, old, new) in inside {
            let number = self.pair(old, new, direction);
            compared.inside.push((step, number));
        }
        self.pairs[number].compared = Some(compared);
    }
}

/// What one version says of a value.
pub(super) struct Side<'d> {
    pub(super) dialect: Dialect,
    pub(super) parts: Vec<At<'d>>,
    pub(super) node: Option<Node>,
    pub(super) facets: Facets<'d>,
}

impl<'d> Side<'d> {
    fn of(description: &'d Description, parts: &[Node]) -> Self {
        let parts: Vec<At<'d>> = parts.iter().map(|node| description.documents.at(*node)).collect();
        let dialect = description.dialect;
        Self { dialect, node: parts.first().map(|at| at.node), facets: facets(dialect, &parts), parts }
    }

    /// Whether it says nothing but that a value is one of several things.
    pub(super) fn is_only_a_union(&self) -> bool {
        self.facets.unions.len() == 1 && !self.says_something()
    }

    pub(super) fn says_something(&self) -> bool {
        self.facets.implied_types() != Types::ALL || self.facets.values.is_some()
    }

    /// The types that a value may have; null is one of them only where it is said.
    fn types(&self) -> Types {
        let types = self.facets.implied_types();
        if self.facets.takes_null && types != Types::ALL { types.or(Types::NULL) } else { types }
    }

    /// The texts of the values that there are, null apart.
    fn values(&self) -> Option<Vec<String>> {
        let values = self.facets.values.as_ref()?;
        // A number is the same however it is written.
        let text = |value: &At<'_>| match value.number().and_then(|number| number.parse::<f64>().ok()) {
            Some(number) => number.to_string(),
            None => value.to_json(),
        };
        Some(values.iter().map(text).filter(|text| text != "null").collect())
    }
}

pub(super) fn facets<'d>(dialect: Dialect, parts: &[At<'d>]) -> Facets<'d> {
    Facets::of(parts, Taking { nth: None, open: &[], is_modern: dialect == Dialect::OpenApi31 })
}

pub(super) struct Sides<'d> {
    pub(super) old: Side<'d>,
    pub(super) new: Side<'d>,
    direction: Direction,
}

/// What is inside a value, in both versions.
pub(super) type Inside = Vec<(String, Parts, Parts)>;

impl<'d> Sides<'d> {
    /// Compares what is said of the value itself; gives what is inside.
    fn compare(&self, out: &mut Vec<Finding>) -> Inside {
        if let Some(inside) = self.one_and_several(out) {
            return inside;
        }
        let before = out.len();
        self.types(out);
        // Of another type, everything else differs as well.
        if out[before..].iter().any(|finding| finding.rule == "type-changed") {
            return Vec::new();
        }
        self.values(out);
        self.texts(out);
        self.limits(out);
        // Against what says nothing, one change says it all.
        if [&self.old, &self.new].iter().any(|side| !side.says_something() && side.facets.unions.is_empty()) {
            return self.alternatives(out);
        }
        let mut inside = self.members(out);
        inside.extend(self.elements(out));
        inside.extend(self.alternatives(out));
        inside
    }

    pub(super) fn tell(&self, rule: &'static str, effect: Effect, message: String, out: &mut Vec<Finding>) {
        let (old, new) = (self.old.node, self.new.node);
        out.push(Finding { rule, effect, place: String::new(), message, old, new });
    }

    fn types(&self, out: &mut Vec<Finding>) {
        let (old, new) = (self.old.types(), self.new.types());
        // Null is told of by itself.
        let is_null = |types: Types| types.has(Types::NULL) && types != Types::ALL;
        let (plain_old, plain_new) = (without_null(old), without_null(new));
        if old != Types::ALL && new != Types::ALL {
            match (is_null(old), is_null(new)) {
                (false, true) => self.tell("null-added", Effect::Widened, "may be null now".to_owned(), out),
                (true, false) => self.tell("null-removed", Effect::Narrowed, "is never null now".to_owned(), out),
                _ => {}
            }
        }
        if plain_old == plain_new {
            return;
        }
        let common = plain_old.and(plain_new);
        let (rule, effect) = match (common == plain_old, common == plain_new) {
            (true, _) => ("type-widened", Effect::Widened),
            (_, true) => ("type-narrowed", Effect::Narrowed),
            _ => ("type-changed", Effect::Changed),
        };
        self.tell(rule, effect, format!("is {} now, and was {}", plain_new.in_words(), plain_old.in_words()), out);
    }

    fn values(&self, out: &mut Vec<Finding>) {
        match (self.old.values(), self.new.values()) {
            (None, None) => {}
            (None, Some(new)) => {
                let message = format!("is only one of {} now", listed(&new));
                self.tell("values-listed", Effect::Narrowed, message, out);
            }
            (Some(_), None) => {
                self.tell(
                    "values-unlisted",
                    Effect::Widened,
                    "may be another value than those listed now".to_owned(),
                    out,
                );
            }
            (Some(old), Some(new)) => {
                let beyond = |all: &[String], other: &[String]| -> Vec<String> {
                    let other: HashSet<&String> = other.iter().collect();
                    all.iter().filter(|value| !other.contains(value)).cloned().collect()
                };
                let (added, removed) = (beyond(&new, &old), beyond(&old, &new));
                if !added.is_empty() {
                    self.tell("value-added", Effect::Widened, format!("may be {} now", listed(&added)), out);
                }
                if !removed.is_empty() {
                    let message = format!("may not be {} any more", listed(&removed));
                    self.tell("value-removed", Effect::Narrowed, message, out);
                }
            }
        }
    }

    fn texts(&self, out: &mut Vec<Finding>) {
        let rules = [
            ("format", "format-added", "format-removed", "format-changed"),
            ("pattern", "pattern-added", "pattern-removed", "pattern-changed"),
        ];
        for (what, added, removed, changed) in rules {
            let said = |side: &Side<'d>| -> Vec<Cow<'d, str>> {
                match what {
                    "format" => side.facets.format.iter().cloned().collect(),
                    _ => {
                        let mut patterns = side.facets.patterns.clone();
                        patterns.sort();
                        patterns.dedup();
                        patterns
                    }
                }
            };
            let (old, new) = (said(&self.old), said(&self.new));
            match (old.is_empty(), new.is_empty()) {
                _ if old == new => {}
                (true, _) => {
                    self.tell(added, Effect::Narrowed, format!("has the {what} `{}` now", new.join("`, `")), out);
                }
                (_, true) => {
                    self.tell(
                        removed,
                        Effect::Widened,
                        format!("has no {what} any more, and had `{}`", old.join("`, `")),
                        out,
                    );
                }
                _ => {
                    let message = format!("has the {what} `{}` now, and had `{}`", new.join("`, `"), old.join("`, `"));
                    self.tell(changed, Effect::Changed, message, out);
                }
            }
        }
    }

    fn limits(&self, out: &mut Vec<Finding>) {
        let (old, new) = (&self.old.facets, &self.new.facets);
        let limit =
            |limit: Option<Limit>, nothing: f64| limit.map_or((nothing, false), |limit| (limit.number, limit.is_open));
        let least = (limit(old.least, f64::NEG_INFINITY), limit(new.least, f64::NEG_INFINITY));
        self.limit("the least number", least, true, out);
        let most = (limit(old.most, f64::INFINITY), limit(new.most, f64::INFINITY));
        self.limit("the greatest number", most, false, out);
        let counts = [
            ("characters", old.characters, new.characters),
            ("elements", old.elements, new.elements),
            ("members", old.members, new.members),
        ];
        for (what, old, new) in counts {
            let count = |number: u64| if number == u64::MAX { f64::INFINITY } else { number as f64 };
            let least = ((count(old.0), false), (count(new.0), false));
            self.limit(&format!("the least number of {what}"), least, true, out);
            let most = ((count(old.1), false), (count(new.1), false));
            self.limit(&format!("the greatest number of {what}"), most, false, out);
        }
        match (old.multiple_of, new.multiple_of) {
            (old, new) if old == new => {}
            (None, Some(new)) => self.tell("step-added", Effect::Narrowed, format!("is a multiple of {new} now"), out),
            (Some(_), None) => {
                self.tell("step-removed", Effect::Widened, "need not be a multiple any more".to_owned(), out);
            }
            (Some(old), Some(new)) => {
                let (rule, effect) = match (new / old, old / new) {
                    (more, _) if is_whole(more) => ("step-added", Effect::Narrowed),
                    (_, less) if is_whole(less) => ("step-removed", Effect::Widened),
                    _ => ("step-changed", Effect::Changed),
                };
                self.tell(rule, effect, format!("is a multiple of {new} now, and was one of {old}"), out);
            }
            (None, None) => {}
        }
        match (old.is_unique, new.is_unique) {
            (false, true) => self.tell("unique-added", Effect::Narrowed, "has no element twice now".to_owned(), out),
            (true, false) => {
                self.tell("unique-removed", Effect::Widened, "may have an element twice now".to_owned(), out);
            }
            _ => {}
        }
    }

    /// A bound: numbers, with whether they themselves are out.
    fn limit(&self, what: &str, (old, new): ((f64, bool), (f64, bool)), is_least: bool, out: &mut Vec<Finding>) {
        if old == new {
            return;
        }
        let is_higher = new.0 > old.0 || (new.0 == old.0 && new.1 == is_least);
        let say = |(number, is_open): (f64, bool)| match number {
            number if number.is_infinite() || (is_least && number == 0.0 && what.contains("number of")) => {
                "none".to_owned()
            }
            number if is_open => format!("{number} (itself out)"),
            number => number.to_string(),
        };
        let (rule, effect) = match is_higher == is_least {
            true => ("bound-tightened", Effect::Narrowed),
            false => ("bound-loosened", Effect::Widened),
        };
        self.tell(rule, effect, format!("{what} is {} now, and was {}", say(new), say(old)), out);
    }

    fn members(&self, out: &mut Vec<Finding>) -> Inside {
        let (old, new) = (&self.old.facets, &self.new.facets);
        let goes = |schemas: &[At<'d>]| !schemas.iter().any(|schema| self.direction.excludes(*schema));
        let find = |facets: &Facets<'d>, name: &str| -> Option<Vec<At<'d>>> {
            let schemas =
                facets.properties.iter().find(|(known, _)| known == name).map(|(_, schemas)| schemas.clone())?;
            goes(&schemas).then_some(schemas)
        };
        let is_required = |facets: &Facets<'d>, name: &str| facets.required.iter().any(|known| known == name);
        let place = |name: &str| format!("/{}", escaped(name));
        let node = |schemas: &Option<Vec<At<'d>>>| schemas.as_ref().and_then(|schemas| Some(schemas.first()?.node));
        let named = |facets: &Facets<'d>, name: &str| facets.properties.iter().any(|(known, _)| known == name);
        let mut inside = Vec::new();
        let mut member = |name: &str, out: &mut Vec<Finding>| {
            let (before, after) = (find(old, name), find(new, name));
            let own = (node(&before).or(self.old.node), node(&after).or(self.new.node));
            let mut tell = |rule: &'static str, effect: Effect, message: &str| {
                let message = message.to_owned();
                out.push(Finding { rule, effect, place: place(name), message, old: own.0, new: own.1 });
            };
            // What goes the other way only is not asked for here, whatever is said of it.
            let was_required = is_required(old, name) && (before.is_some() || !named(old, name));
            let is_required = is_required(new, name) && (after.is_some() || !named(new, name));
            match (&before, &after) {
                (Some(_), None) if !is_required || named(new, name) => tell("member-removed", Effect::Gone, "is gone"),
                (None, Some(_)) if is_required && !was_required => {
                    tell("required-member-added", Effect::Narrowed, "is new, and has to be there");
                }
                (None, Some(_)) if !was_required => tell("optional-member-added", Effect::Added, "is new"),
                _ => match (was_required, is_required) {
                    (false, true) => tell("member-became-required", Effect::Narrowed, "has to be there now"),
                    (true, false) => tell("member-became-optional", Effect::Widened, "may be missing now"),
                    _ => {}
                },
            }
            if let (Some(before), Some(after)) = (&before, &after) {
                inside.push((place(name), nodes(before), nodes(after)));
            }
        };
        for (name, _) in &old.properties {
            member(name, out);
        }
        for (name, _) in new.properties.iter().filter(|(name, _)| !named(old, name)) {
            member(name, out);
        }
        let bare = old.required.iter().chain(&new.required);
        let mut seen = HashSet::new();
        for name in bare.filter(|name| !named(old, name) && !named(new, name)) {
            if seen.insert(name) {
                member(name, out);
            }
        }
        match (old.is_closed, new.is_closed) {
            (false, true) => {
                self.tell(
                    "members-closed",
                    Effect::Narrowed,
                    "has no other members than those named now".to_owned(),
                    out,
                );
            }
            (true, false) => {
                self.tell(
                    "members-opened",
                    Effect::Widened,
                    "may have other members than those named now".to_owned(),
                    out,
                );
            }
            _ => {}
        }
        // Members that are not named: closed, by a schema, or anything.
        let (before, after) = (nodes(&old.others), nodes(&new.others));
        match (before.is_empty() && !old.is_closed, after.is_empty() && !new.is_closed) {
            (true, false) if !after.is_empty() && !is_open(&new.others) => {
                self.tell(
                    "members-limited",
                    Effect::Narrowed,
                    "has a schema for its other members now".to_owned(),
                    out,
                );
            }
            (false, true) if !before.is_empty() && !is_open(&old.others) => {
                self.tell(
                    "members-unlimited",
                    Effect::Widened,
                    "has no schema for its other members now".to_owned(),
                    out,
                );
            }
            _ => {}
        }
        if !before.is_empty() && !after.is_empty() {
            inside.push(("/*".to_owned(), before, after));
        }
        inside
    }

    fn elements(&self, out: &mut Vec<Finding>) -> Inside {
        let (old, new) = (&self.old.facets, &self.new.facets);
        let mut inside = Vec::new();
        match (old.items.is_empty() || is_open(&old.items), new.items.is_empty() || is_open(&new.items)) {
            (true, false) => {
                self.tell("elements-limited", Effect::Narrowed, "has a schema for its elements now".to_owned(), out);
            }
            (false, true) => {
                self.tell("elements-unlimited", Effect::Widened, "has no schema for its elements now".to_owned(), out);
            }
            _ => inside.push(("/*".to_owned(), nodes(&old.items), nodes(&new.items))),
        }
        let both = old.tuple.len().min(new.tuple.len());
        if old.tuple.len() != new.tuple.len() {
            let (rule, effect) = match new.tuple.len() > both {
                true => ("elements-limited", Effect::Narrowed),
                false => ("elements-unlimited", Effect::Widened),
            };
            let message =
                format!("has schemas for its first {} elements now, and had {}", new.tuple.len(), old.tuple.len());
            self.tell(rule, effect, message, out);
        }
        for (nth, (old, new)) in old.tuple.iter().zip(&new.tuple).enumerate() {
            inside.push((format!("/{nth}"), vec![old.node], vec![new.node]));
        }
        inside
    }
}

/// Whether schemas let everything be.
fn is_open(schemas: &[At<'_>]) -> bool {
    schemas.iter().all(|schema| schema.members().len() == 0)
}

/// Whether a number is whole, as far as its digits go.
fn is_whole(number: f64) -> bool {
    number.round() >= 1.0 && (number - number.round()).abs() < 1e-9
}

pub(super) fn nodes(parts: &[At<'_>]) -> Parts {
    parts.iter().map(|at| at.node).collect()
}

fn without_null(types: Types) -> Types {
    if types == Types::ALL { types } else { types.without(Types::NULL) }
}

fn listed(values: &[String]) -> String {
    let told: Vec<&str> = values.iter().take(VALUES_TOLD_MAX).map(String::as_str).collect();
    let more = values.len() - told.len();
    if more > 0 { format!("{} and {more} more", told.join(", ")) } else { told.join(", ") }
}
