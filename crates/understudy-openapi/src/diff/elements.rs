//! The elements of arrays.

use super::rule;
use super::schemas::{Finding, Inside, Parts, Side, Sides, is_open, nodes};
use crate::document::At;

impl<'d> Sides<'d> {
    pub(super) fn elements(&self, out: &mut Vec<Finding>) -> Inside {
        let items = |side: &Side<'d>| match side.facets.items.is_empty() {
            true => self.modern(side, "unevaluatedItems").collect(),
            false => side.facets.items.clone(),
        };
        let (old_items, new_items) = (items(&self.old), items(&self.new));
        let mut inside = Vec::new();
        match (is_open(&old_items), is_open(&new_items)) {
            (true, false) => self.tell(&rule::ELEMENTS_LIMITED, "has a schema for its elements now", out),
            (false, true) => self.tell(&rule::ELEMENTS_UNLIMITED, "has no schema for its elements now", out),
            _ => inside.push(("/*".to_owned(), nodes(&old_items), nodes(&new_items))),
        }
        let (old, new) = (&self.old.facets, &self.new.facets);
        let both = old.tuple.len().min(new.tuple.len());
        if old.tuple.len() != new.tuple.len() {
            let rule = match new.tuple.len() > both {
                true => &rule::ELEMENTS_LIMITED,
                false => &rule::ELEMENTS_UNLIMITED,
            };
            let message =
                format!("has schemas for its first {} elements now, and had {}", new.tuple.len(), old.tuple.len());
            self.tell(rule, message, out);
        }
        for (nth, (old, new)) in old.tuple.iter().zip(&new.tuple).enumerate() {
            inside.push((format!("/{nth}"), vec![old.node], vec![new.node]));
        }
        inside.extend(self.contained(out));
        inside
    }

    /// An element that has to be there (`contains`), with how often.
    fn contained(&self, out: &mut Vec<Finding>) -> Inside {
        let contained = |side: &Side<'d>| -> Parts { self.modern(side, "contains").map(|at| at.node).collect() };
        let count = |side: &Side<'d>| {
            let number = |key: &'static str| self.modern(side, key).find_map(At::count);
            (number("minContains").unwrap_or(1), number("maxContains").unwrap_or(u64::MAX))
        };
        let (old, new) = (contained(&self.old), contained(&self.new));
        match (old.is_empty(), new.is_empty()) {
            (true, true) => Vec::new(),
            (true, false) => {
                self.tell(&rule::CONTAINS_ADDED, "has an element of a certain kind now (`contains`)", out);
                Vec::new()
            }
            (false, true) => {
                let message = "need not have an element of a certain kind any more (`contains`)";
                self.tell(&rule::CONTAINS_REMOVED, message, out);
                Vec::new()
            }
            (false, false) => {
                self.count("elements of a certain kind (`contains`)", count(&self.old), count(&self.new), out);
                vec![("/(one)".to_owned(), old, new)]
            }
        }
    }

    /// Returns the value of a key that only 3.1 has.
    pub(super) fn modern(&self, side: &Side<'d>, key: &'static str) -> impl Iterator<Item = At<'d>> {
        let is_modern = side.is_modern();
        side.each(key).filter(move |_| is_modern)
    }
}
