//! Discriminators: the member that says which of several things a value is, and what its values mean.

use super::alternatives::Look;
use super::rule::{self, SchemaRule};
use super::schemas::{Finding, Inside, Side, Sides};
use crate::document::{At, Node};
use crate::schema::Discriminator;
use std::collections::BTreeMap;

/// The schemas that a discriminator's values mean.
struct Meanings<'d> {
    property: String,
    by_value: BTreeMap<String, At<'d>>,
    /// True if the things are alternatives, and not schemas that build on this one.
    is_of_alternatives: bool,
}

impl<'d> Meanings<'d> {
    fn of(side: &Side<'d>) -> Option<Self> {
        for schema in side.own() {
            for key in ["oneOf", "anyOf"] {
                let Some(alternatives) = schema.get(key) else { continue };
                let Some(discriminator) = Discriminator::of_alternatives(schema, alternatives) else { continue };
                let by_value = by_value(&discriminator, alternatives.items());
                return Some(Self { property: discriminator.property, by_value, is_of_alternatives: true });
            }
        }
        let base = side.own().find(|schema| schema.get("discriminator").is_some())?;
        let discriminator = Discriminator::of(base)?;
        let children = discriminator.children(base).into_iter().map(|(child, _)| child);
        let children: Vec<At<'d>> = children.collect();
        // A child that is looked at is one thing, whatever its base says.
        if children.iter().any(|child| side.facets.met.contains(&child.node)) {
            return None;
        }
        let by_value = by_value(&discriminator, children.into_iter());
        Some(Self { property: discriminator.property, by_value, is_of_alternatives: false })
    }
}

/// The values that mean a schema: those of the mapping, or else the schema's name. Values that the schemas list themselves
/// are compared with them.
fn by_value<'d>(discriminator: &Discriminator<'d>, schemas: impl Iterator<Item = At<'d>>) -> BTreeMap<String, At<'d>> {
    let mut all = BTreeMap::new();
    for schema in schemas {
        let Ok(target) = schema.resolve() else { continue };
        for value in discriminator.values_of(target) {
            all.insert(value, target);
        }
    }
    all
}

impl<'d> Sides<'d> {
    /// Compares the meanings of a discriminator's values. Gives the schemas that build on this one: they are what a
    /// value may be, and nothing else leads to them.
    pub(super) fn children(&self, out: &mut Vec<Finding>) -> Inside {
        let (old, new) = match (Meanings::of(&self.old), Meanings::of(&self.new)) {
            (None, None) => return Vec::new(),
            (None, Some(new)) => {
                let message = format!("says with `{}` which of several things it is now", new.property);
                self.tell(&rule::DISCRIMINATOR_ADDED, message, out);
                return Vec::new();
            }
            (Some(old), None) => {
                let message = format!("does not say with `{}` which of several things it is any more", old.property);
                self.tell(&rule::DISCRIMINATOR_REMOVED, message, out);
                return Vec::new();
            }
            (Some(old), Some(new)) => (old, new),
        };
        if old.property != new.property {
            let message = format!(
                "says with `{}` which of several things it is now, and did with `{}`",
                new.property, old.property
            );
            self.tell(&rule::DISCRIMINATOR_CHANGED, message, out);
        }
        let mut tell = |rule: &'static SchemaRule, message: String, places: (Option<Node>, Option<Node>)| {
            let (before, after) = (places.0.or(self.old.node), places.1.or(self.new.node));
            out.push(Finding { rule, place: format!("/{}", old.property), message, old: before, new: after });
        };
        let mut inside = Vec::new();
        for (value, before) in &old.by_value {
            match new.by_value.get(value) {
                Some(after) => {
                    if self.is_other(*before, *after) {
                        let message = format!("`{value}` means another thing now");
                        tell(&rule::DISCRIMINATOR_VALUE_CHANGED, message, (Some(before.node), Some(after.node)));
                    } else if !new.is_of_alternatives {
                        inside.push((String::new(), vec![before.node], vec![after.node]));
                    }
                }
                // An alternative that is gone is a change of its own.
                None if new.is_of_alternatives && new.by_value.values().all(|after| self.is_other(*before, *after)) => {
                }
                None => {
                    let message = format!("may not be `{value}` any more");
                    tell(&rule::DISCRIMINATOR_VALUE_REMOVED, message, (Some(before.node), None));
                }
            }
        }
        for (value, after) in new.by_value.iter().filter(|(value, _)| !old.by_value.contains_key(*value)) {
            if !old.is_of_alternatives || old.by_value.values().any(|before| !self.is_other(*before, *after)) {
                tell(&rule::DISCRIMINATOR_VALUE_ADDED, format!("may be `{value}` now"), (None, Some(after.node)));
            }
        }
        inside
    }

    /// Returns true if two schemas are two things: they have other names, and another look.
    fn is_other(&self, old: At<'d>, new: At<'d>) -> bool {
        let name = |at: At<'d>| at.pointer().rsplit('/').next().map(str::to_owned);
        let look = |side: &Side<'d>, at: At<'d>| Look::of(side.description.dialect, &[at]);
        name(old) != name(new) && look(&self.old, old) != look(&self.new, new)
    }
}
