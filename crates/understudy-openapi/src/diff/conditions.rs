//! Exclusions (`not`) and conditions (`if`, `dependentSchemas`).
//!
//! Of a schema whose values are excluded, or are a condition, it is only asked what became of the values that it allows: a
//! [`Probe`] compares the two versions of it by themselves.

use super::rule::{self, Effect, SchemaRule};
use super::schemas::{Finding, Inside, Parts, Side, Sides, canonical};
use crate::document::At;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

/// A schema that does not speak of the value that is compared, in both versions.
pub(super) struct Probe {
    pub(super) old: Parts,
    pub(super) new: Parts,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Not,
    If,
}

impl Probe {
    /// The change that follows from what became of the values of the probed schema.
    pub(super) fn finding(&self, effects: &[Effect]) -> Option<(&'static SchemaRule, &'static str)> {
        let allowed = effects.iter().filter(|effect| !matches!(effect, Effect::Noted | Effect::Added));
        let (mut wider, mut narrower) = (false, false);
        for effect in allowed {
            wider |= matches!(effect, Effect::Widened | Effect::Changed);
            narrower |= matches!(effect, Effect::Narrowed | Effect::Changed | Effect::Gone);
        }
        match (self.kind, wider, narrower) {
            (_, false, false) => None,
            (Kind::If, ..) => Some((&rule::CONDITION_CHANGED, "has another condition now (`if`)")),
            (Kind::Not, true, false) => Some((&rule::NOT_NARROWED, "excludes more values now (`not`)")),
            (Kind::Not, false, true) => Some((&rule::NOT_WIDENED, "excludes fewer values now (`not`)")),
            (Kind::Not, true, true) => Some((&rule::NOT_CHANGED, "excludes other values now (`not`)")),
        }
    }
}

/// `if`, with the schemas that it chooses between.
struct Condition<'d> {
    condition: At<'d>,
    then: Option<At<'d>>,
    otherwise: Option<At<'d>>,
}

impl<'d> Sides<'d> {
    /// The schemas whose values are excluded or are conditions, in both versions.
    pub(super) fn probes(&self) -> Vec<Probe> {
        let excluded = self.excluded(&self.old).into_iter().zip(self.excluded(&self.new));
        let excluded = excluded.map(|(old, new)| Probe { old: vec![old.node], new: vec![new.node], kind: Kind::Not });
        let conditions = self.ifs(&self.old).into_iter().zip(self.ifs(&self.new)).map(|(old, new)| Probe {
            old: vec![old.condition.node],
            new: vec![new.condition.node],
            kind: Kind::If,
        });
        excluded.chain(conditions).collect()
    }

    /// Reports what came and went; gives the schemas of which more is to be said.
    pub(super) fn conditions(&self, out: &mut Vec<Finding>) -> Inside {
        let (old, new) = (self.excluded(&self.old).len(), self.excluded(&self.new).len());
        for _ in old..new {
            self.tell(&rule::NOT_ADDED, "excludes some values now (`not`)", out);
        }
        for _ in new..old {
            self.tell(&rule::NOT_REMOVED, "does not exclude some values any more (`not`)", out);
        }
        let mut inside = Vec::new();
        self.branches(&mut inside, out);
        self.dependent(&mut inside, out);
        inside
    }

    fn excluded(&self, side: &Side<'d>) -> Vec<At<'d>> {
        let mut seen = HashSet::new();
        // What is asked for twice, in two copies, is asked for.
        side.each("not").filter(|at| seen.insert(canonical(*at))).collect()
    }

    /// Conditions that choose between something.
    fn ifs(&self, side: &Side<'d>) -> Vec<Condition<'d>> {
        let own = side.own().filter(|_| side.is_modern());
        let condition = |at: At<'d>| {
            let (then, otherwise) = (at.get("then"), at.get("else"));
            let condition = at.get("if").filter(|_| then.is_some() || otherwise.is_some())?;
            Some(Condition { condition, then, otherwise })
        };
        let mut seen = HashSet::new();
        own.filter_map(condition).filter(|condition| seen.insert(canonical(condition.condition))).collect()
    }

    fn branches(&self, inside: &mut Inside, out: &mut Vec<Finding>) {
        let (old, new) = (self.ifs(&self.old), self.ifs(&self.new));
        for _ in old.len()..new.len() {
            self.tell(&rule::CONDITION_ADDED, "asks for more under a condition now (`if`)", out);
        }
        for _ in new.len()..old.len() {
            self.tell(&rule::CONDITION_REMOVED, "does not ask for more under a condition any more (`if`)", out);
        }
        for (old, new) in old.iter().zip(&new) {
            for (key, old, new) in [("then", old.then, new.then), ("else", old.otherwise, new.otherwise)] {
                match (old, new) {
                    (Some(old), Some(new)) => inside.push((String::new(), vec![old.node], vec![new.node])),
                    (None, Some(_)) => {
                        self.tell(
                            &rule::CONDITION_ADDED,
                            format!("asks for more under a condition now (`{key}`)"),
                            out,
                        );
                    }
                    (Some(_), None) => {
                        let message = format!("does not ask for more under a condition any more (`{key}`)");
                        self.tell(&rule::CONDITION_REMOVED, message, out);
                    }
                    (None, None) => {}
                }
            }
        }
    }

    /// Schemas for objects that have a certain member.
    fn dependent(&self, inside: &mut Inside, out: &mut Vec<Finding>) {
        let schemas = |side: &Side<'d>| {
            let mut all: BTreeMap<Cow<'d, str>, Parts> = BTreeMap::new();
            for (name, schema) in self.modern(side, "dependentSchemas").flat_map(At::members) {
                all.entry(name).or_default().push(schema.node);
            }
            all
        };
        let (old, new) = (schemas(&self.old), schemas(&self.new));
        for (name, before) in &old {
            match new.get(name) {
                Some(after) => inside.push((String::new(), before.clone(), after.clone())),
                None => {
                    let message = format!("asks for nothing more where it has `{name}` any more");
                    self.tell(&rule::CONDITION_REMOVED, message, out);
                }
            }
        }
        for name in new.keys().filter(|name| !old.contains_key(*name)) {
            self.tell(&rule::CONDITION_ADDED, format!("asks for more where it has `{name}` now"), out);
        }
    }
}
