//! What schemas allow, compared: what became wider, and what narrower.
//!
//! Schemas refer to each other, and to themselves. So each pair of an old and a new one is compared by itself, once, with the
//! pairs of their members as its children; what is behind a place is then found by walking the pairs. How a schema is written
//! does not matter: in place or by `$ref`, under which name, in which order, in one piece or in parts (`allOf`).

use super::lifecycle::Lifecycle;
use super::rule::{Effect, SchemaRule};
use crate::document::{At, Kind, Node};
use crate::model::{Description, Dialect};
use crate::schema::{Direction, Facets, Taking, Types, retyped};
use std::collections::{HashMap, HashSet};

/// One thing that changed in a schema.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) rule: &'static SchemaRule,
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
/// The number of schemas that may be the opposites or conditions of each other before they are compared as they are written.
const PROBES_DEEP_MAX: usize = 16;

/// The schemas that say something of one value.
pub(super) type Parts = Vec<Node>;

/// All pairs of schemas that were compared so far.
pub(super) struct Schemas<'d> {
    old: &'d Description,
    new: &'d Description,
    today: &'d str,
    known: HashMap<(Parts, Parts, Direction), usize>,
    pairs: Vec<Pair>,
    /// The number of probes under way, each within the one before.
    depth: usize,
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
    pub(super) fn new(old: &'d Description, new: &'d Description, today: &'d str) -> Self {
        Self { old, new, today, known: HashMap::new(), pairs: Vec::new(), depth: 0 }
    }

    /// Everything that changed between two schemas, and in all that is inside.
    pub(super) fn compare(&mut self, old: Parts, new: Parts, direction: Direction) -> Vec<Finding> {
        /// A value that the walk came to: from where, and by which step.
        struct Stop {
            pair: usize,
            from: Option<(usize, usize)>,
        }
        let first = self.pair(old, new, direction);
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
            let mut all: Parts = Vec::with_capacity(parts.len());
            for node in parts.into_iter().map(follow) {
                // What is asked for twice is asked for.
                if !all.contains(&node) {
                    all.push(node);
                }
            }
            all
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
        let pair = &mut self.pairs[number];
        if pair.compared.is_some() {
            return;
        }
        // What comes back to itself by way of its opposite adds nothing.
        pair.compared = Some(Compared::default());
        let (old, new, direction) = (pair.old.clone(), pair.new.clone(), pair.direction);
        let sides =
            Sides { old: Side::of(self.old, &old), new: Side::of(self.new, &new), direction, today: self.today };
        let mut compared = Compared::default();
        let inside = sides.compare(&mut compared.findings);
        for (step, old, new) in inside {
            let number = self.pair(old, new, direction);
            compared.inside.push((step, number));
        }
        for probe in sides.probes() {
            let effects = self.effects(probe.old.clone(), probe.new.clone(), direction);
            if let Some((rule, message)) = probe.finding(&effects) {
                sides.tell(rule, message, &mut compared.findings);
            }
        }
        self.pairs[number].compared = Some(compared);
    }

    /// Compares the sets of values that two schemas allow.
    fn effects(&mut self, old: Parts, new: Parts, direction: Direction) -> Vec<Effect> {
        if self.depth >= PROBES_DEEP_MAX {
            let text = |description: &Description, parts: &Parts| -> Vec<String> {
                parts.iter().map(|node| canonical(description.documents.at(*node))).collect()
            };
            let is_same = text(self.old, &old) == text(self.new, &new);
            return if is_same { Vec::new() } else { vec![Effect::Changed] };
        }
        self.depth += 1;
        let findings = self.compare(old, new, direction);
        self.depth -= 1;
        findings.iter().map(|finding| finding.rule.effect).collect()
    }
}

/// What one version says of a value.
pub(super) struct Side<'d> {
    pub(super) description: &'d Description,
    pub(super) parts: Vec<At<'d>>,
    pub(super) node: Option<Node>,
    pub(super) facets: Facets<'d>,
}

impl<'d> Side<'d> {
    pub(super) fn of(description: &'d Description, parts: &[Node]) -> Self {
        let parts: Vec<At<'d>> = parts.iter().map(|node| description.documents.at(*node)).collect();
        let facets = facets(description.dialect, &parts);
        Self { description, node: parts.first().map(|at| at.node), facets, parts }
    }

    /// Every schema that speaks of the value itself, from the outermost to the innermost.
    pub(super) fn own(&self) -> impl Iterator<Item = At<'d>> {
        let is_modern = self.is_modern();
        let met = self.facets.met.iter().map(|node| self.description.documents.at(*node));
        // Before 3.1 nothing may stand beside a reference.
        met.filter(move |at| is_modern || at.reference().is_none())
    }

    /// Returns the values of a key in the schemas about the value itself.
    pub(super) fn each(&self, key: &'static str) -> impl Iterator<Item = At<'d>> {
        self.own().filter_map(move |at| at.get(key))
    }

    pub(super) fn is_modern(&self) -> bool {
        self.description.dialect == Dialect::OpenApi31
    }

    /// Whether it says nothing but that a value is one of several things.
    pub(super) fn is_only_a_union(&self) -> bool {
        self.facets.unions.len() == 1 && !self.says_something()
    }

    pub(super) fn says_something(&self) -> bool {
        self.types() != Types::ALL || self.facets.values.is_some()
    }

    /// Returns true for the files of Swagger 2.0.
    pub(super) fn is_file(&self) -> bool {
        self.description.dialect == Dialect::Swagger2
            && self.each("type").any(|name| name.string().as_deref() == Some("file"))
    }

    /// The types that a value may have; null is one of them only where it is said.
    pub(super) fn types(&self) -> Types {
        if self.is_file() {
            return Types::STRING;
        }
        let types = self.facets.implied_types();
        if self.facets.takes_null && types != Types::ALL { types.or(Types::NULL) } else { types }
    }

    /// The texts of the values that there are, null apart.
    pub(super) fn values(&self) -> Option<Vec<String>> {
        let values = self.facets.values.as_ref()?;
        Some(values.iter().map(|value| self.value(*value)).filter(|text| text != "null").collect())
    }

    /// The text of a value that stands in the schema, as the type that is meant.
    pub(super) fn value(&self, value: At<'d>) -> String {
        retyped(value, self.types()).unwrap_or_else(|| canonical(value))
    }

    pub(super) fn lifecycle(&self) -> Lifecycle {
        Lifecycle::of(self.own())
    }
}

/// A value as JSON text: members in the order of their names, numbers however they are written.
pub(super) fn canonical(at: At<'_>) -> String {
    match at.kind() {
        Kind::Number => {
            let number = at.number().and_then(|text| text.parse::<f64>().ok());
            // What a float cannot hold is compared by its digits.
            match number.filter(|number| number.abs() < EXACT_MAX) {
                Some(number) => number.to_string(),
                None => at.to_json(),
            }
        }
        Kind::Array => {
            let items: Vec<String> = at.items().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Kind::Object => {
            let mut members: Vec<String> = at
                .members()
                .map(|(name, value)| format!("{}:{}", crate::document::quoted(&name), canonical(value)))
                .collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        _ => at.to_json(),
    }
}

/// 2^53: every whole number below it is a float.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

pub(super) fn facets<'d>(dialect: Dialect, parts: &[At<'d>]) -> Facets<'d> {
    Facets::of(parts, Taking { nth: None, open: &[], is_modern: dialect == Dialect::OpenApi31 })
}

pub(super) struct Sides<'d> {
    pub(super) old: Side<'d>,
    pub(super) new: Side<'d>,
    pub(super) direction: Direction,
    pub(super) today: &'d str,
}

/// What is inside a value, in both versions.
pub(super) type Inside = Vec<(String, Parts, Parts)>;

impl<'d> Sides<'d> {
    /// Compares what is said of the value itself; gives what is inside.
    fn compare(&self, out: &mut Vec<Finding>) -> Inside {
        if let Some(inside) = self.one_and_several(out) {
            return inside;
        }
        for (kind, message) in self.old.lifecycle().changes(&self.new.lifecycle()) {
            self.tell(kind.of_members(), message, out);
        }
        if !self.types(out) {
            return Vec::new();
        }
        self.values(out);
        self.default(out);
        self.texts(out);
        self.limits(out);
        // Against what says nothing, one change says it all.
        if [&self.old, &self.new].iter().any(|side| !side.says_something() && side.facets.unions.is_empty()) {
            return self.alternatives(out);
        }
        let mut inside = self.members(out);
        inside.extend(self.elements(out));
        inside.extend(self.content(out));
        inside.extend(self.conditions(out));
        inside.extend(self.alternatives(out));
        inside.extend(self.children(out));
        inside
    }

    pub(super) fn tell(&self, rule: &'static SchemaRule, message: impl Into<String>, out: &mut Vec<Finding>) {
        let (old, new) = (self.old.node, self.new.node);
        out.push(Finding { rule, place: String::new(), message: message.into(), old, new });
    }
}

/// Whether schemas let everything be.
pub(super) fn is_open(schemas: &[At<'_>]) -> bool {
    schemas.iter().all(|schema| schema.members().len() == 0 && schema.kind() != Kind::False)
}

pub(super) fn nodes(parts: &[At<'_>]) -> Parts {
    parts.iter().map(|at| at.node).collect()
}
