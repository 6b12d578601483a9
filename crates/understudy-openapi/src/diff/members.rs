//! The members of objects: those that are named, all others, their names, and which need each other.

use super::lifecycle::Lifecycle;
use super::rule::{self, SchemaRule};
use super::schemas::{Finding, Inside, Parts, Side, Sides, facets, is_open, nodes};
use crate::document::{At, escaped};
use crate::schema::Facets;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A member of a version: `None` where it is not described, or goes the other way only.
type Member<'d> = Option<Vec<At<'d>>>;

impl<'d> Sides<'d> {
    pub(super) fn members(&self, out: &mut Vec<Finding>) -> Inside {
        let (old, new) = (&self.old.facets, &self.new.facets);
        let mut inside = Vec::new();
        for (name, _) in &old.properties {
            self.member(name, &mut inside, out);
        }
        for (name, _) in new.properties.iter().filter(|(name, _)| !names(old, name)) {
            self.member(name, &mut inside, out);
        }
        let bare = old.required.iter().chain(&new.required);
        let mut seen = HashSet::new();
        for name in bare.filter(|name| !names(old, name) && !names(new, name)) {
            if seen.insert(name) {
                self.member(name, &mut inside, out);
            }
        }
        self.others(&mut inside, out);
        self.by_pattern(&mut inside, out);
        self.member_names(&mut inside, out);
        self.dependencies(out);
        inside
    }

    fn find(&self, facets: &Facets<'d>, name: &str) -> Member<'d> {
        let (_, schemas) = facets.properties.iter().find(|(known, _)| known == name)?;
        let goes_other_way = schemas.iter().any(|schema| self.direction.excludes(*schema));
        (!goes_other_way).then(|| schemas.clone())
    }

    fn member(&self, name: &str, inside: &mut Inside, out: &mut Vec<Finding>) {
        let (old, new) = (&self.old.facets, &self.new.facets);
        let (before, after) = (self.find(old, name), self.find(new, name));
        let node = |schemas: &Member<'d>| schemas.as_ref().and_then(|schemas| Some(schemas.first()?.node));
        let own = (node(&before).or(self.old.node), node(&after).or(self.new.node));
        let place = format!("/{}", escaped(name));
        let mut tell = |rule: &'static SchemaRule, message: &str| {
            out.push(Finding { rule, place: place.clone(), message: message.to_owned(), old: own.0, new: own.1 });
        };
        // What goes the other way only is not asked for here, whatever is said of it.
        let was_required = requires(old, name) && (before.is_some() || !names(old, name));
        let is_required = requires(new, name) && (after.is_some() || !names(new, name));
        match (&before, &after) {
            (Some(before), None) if !is_required || names(new, name) => {
                let rule = match self.has_ended(before) {
                    true => &rule::MEMBER_REMOVED_AFTER_SUNSET,
                    false => &rule::MEMBER_REMOVED,
                };
                tell(rule, "is gone");
            }
            (None, Some(_)) if is_required && !was_required => {
                tell(&rule::REQUIRED_MEMBER_ADDED, "is new, and has to be there");
            }
            (None, Some(_)) if !was_required => tell(&rule::OPTIONAL_MEMBER_ADDED, "is new"),
            _ => match (was_required, is_required) {
                (false, true) => tell(&rule::MEMBER_BECAME_REQUIRED, "has to be there now"),
                (true, false) => tell(&rule::MEMBER_BECAME_OPTIONAL, "may be missing now"),
                _ => {}
            },
        }
        if let (Some(before), Some(after)) = (&before, &after) {
            inside.push((place, nodes(before), nodes(after)));
        }
    }

    fn has_ended(&self, member: &[At<'d>]) -> bool {
        let met = facets(self.old.description.dialect, member).met;
        Lifecycle::of(met.into_iter().map(|node| self.old.description.documents.at(node))).has_ended(self.today)
    }

    /// Members that are not named: closed, by a schema, or anything.
    fn others(&self, inside: &mut Inside, out: &mut Vec<Finding>) {
        let (old, new) = (&self.old.facets, &self.new.facets);
        match (old.is_closed, new.is_closed) {
            (false, true) => self.tell(&rule::MEMBERS_CLOSED, "has no other members than those named now", out),
            (true, false) => self.tell(&rule::MEMBERS_OPENED, "may have other members than those named now", out),
            _ => {}
        }
        let (before, after) = (nodes(&old.others), nodes(&new.others));
        match (before.is_empty() && !old.is_closed, after.is_empty() && !new.is_closed) {
            (true, false) if !after.is_empty() && !is_open(&new.others) => {
                self.tell(&rule::MEMBERS_LIMITED, "has a schema for its other members now", out);
            }
            (false, true) if !before.is_empty() && !is_open(&old.others) => {
                self.tell(&rule::MEMBERS_UNLIMITED, "has no schema for its other members now", out);
            }
            _ => {}
        }
        if !before.is_empty() && !after.is_empty() {
            inside.push(("/*".to_owned(), before, after));
        }
    }

    /// Members whose names match a pattern.
    fn by_pattern(&self, inside: &mut Inside, out: &mut Vec<Finding>) {
        let patterns = |side: &Side<'d>| {
            let mut all: BTreeMap<Cow<'d, str>, Parts> = BTreeMap::new();
            for (pattern, schema) in &side.facets.by_pattern {
                all.entry(pattern.clone()).or_default().push(schema.node);
            }
            all
        };
        let (old, new) = (patterns(&self.old), patterns(&self.new));
        for (pattern, before) in &old {
            match new.get(pattern) {
                Some(after) => inside.push((format!("/({pattern})"), before.clone(), after.clone())),
                None => {
                    let message = format!("has no schema for members like `{pattern}` any more");
                    self.tell(&rule::MEMBER_PATTERN_REMOVED, message, out);
                }
            }
        }
        for pattern in new.keys().filter(|pattern| !old.contains_key(*pattern)) {
            self.tell(&rule::MEMBER_PATTERN_ADDED, format!("has a schema for members like `{pattern}` now"), out);
        }
    }

    fn member_names(&self, inside: &mut Inside, out: &mut Vec<Finding>) {
        let schemas = |side: &Side<'d>| -> Vec<At<'d>> { self.modern(side, "propertyNames").collect() };
        let (old, new) = (schemas(&self.old), schemas(&self.new));
        match (old.is_empty() || is_open(&old), new.is_empty() || is_open(&new)) {
            (true, true) => {}
            (true, false) => self.tell(&rule::NAMES_LIMITED, "has a schema for the names of its members now", out),
            (false, true) => {
                self.tell(&rule::NAMES_UNLIMITED, "has no schema for the names of its members any more", out);
            }
            (false, false) => inside.push(("/(name)".to_owned(), nodes(&old), nodes(&new))),
        }
    }

    /// Members that need each other.
    fn dependencies(&self, out: &mut Vec<Finding>) {
        let pairs = |side: &Side<'d>| -> BTreeSet<(String, String)> {
            let maps = self.modern(side, "dependentRequired").flat_map(At::members);
            maps.flat_map(|(name, needed)| {
                let needed = needed.items().filter_map(At::string);
                needed.map(move |needed| (name.to_string(), needed.into_owned())).collect::<Vec<_>>()
            })
            .collect()
        };
        let (old, new) = (pairs(&self.old), pairs(&self.new));
        for (name, needed) in new.difference(&old) {
            self.tell(&rule::DEPENDENCY_ADDED, format!("has `{needed}` wherever it has `{name}` now"), out);
        }
        for (name, needed) in old.difference(&new) {
            let message = format!("need not have `{needed}` wherever it has `{name}` any more");
            self.tell(&rule::DEPENDENCY_REMOVED, message, out);
        }
    }
}

fn names(facets: &Facets<'_>, name: &str) -> bool {
    facets.properties.iter().any(|(known, _)| known == name)
}

fn requires(facets: &Facets<'_>, name: &str) -> bool {
    facets.required.iter().any(|known| known == name)
}
