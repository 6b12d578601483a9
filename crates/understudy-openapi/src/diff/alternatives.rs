//! Alternatives (`oneOf`, `anyOf`): which one each was before.

use super::rule::{self, SchemaRule};
use super::schemas::{Finding, Inside, Parts, Side, Sides, canonical, facets, nodes};
use crate::document::At;
use crate::model::Dialect;
use crate::schema::Types;
use std::borrow::Cow;

impl<'d> Sides<'d> {
    /// Alternatives, each with the one that it was before: of the same name, or of the same look.
    pub(super) fn alternatives(&self, out: &mut Vec<Finding>) -> Inside {
        let (old, mut new) = (unions(&self.old), unions(&self.new));
        let mut inside = Vec::new();
        // Several unions of one value are told apart by what they look like, and else by their order.
        let mut left = Vec::new();
        for before in old {
            match new.iter().position(|after| is_alike(&before, after)) {
                Some(place) => inside.extend(self.matched(before, new.remove(place), out)),
                None => left.push(before),
            }
        }
        let mut new = new.into_iter();
        for before in left {
            match new.next() {
                Some(after) => inside.extend(self.matched(before, after, out)),
                None => {
                    let message = format!("need not be one of {} things any more", before.len());
                    self.tell(&rule::ALTERNATIVES_UNLIMITED, message, out);
                }
            }
        }
        // Beside what else is said, having to be one of several is more.
        for after in new {
            let message = format!("is one of {} things now, beside all else", after.len());
            self.tell(&rule::ALTERNATIVES_LIMITED, message, out);
        }
        inside
    }

    /// One thing that became one of several, or the other way round: it is an alternative itself, where they are all that is
    /// said.
    pub(super) fn one_and_several(&self, out: &mut Vec<Finding>) -> Option<Inside> {
        let of = |side: &Side<'d>| vec![Alternative::of(side.description.dialect, &side.parts)];
        let several = |side: &Side<'d>| -> Vec<Alternative<'d>> {
            side.facets.unions[0].iter().map(|at| Alternative::of(side.description.dialect, &[*at])).collect()
        };
        match (self.old.is_only_a_union(), self.new.is_only_a_union()) {
            (false, true) if self.old.facets.unions.is_empty() && self.old.says_something() => {
                Some(self.matched(of(&self.old), several(&self.new), out))
            }
            (true, false) if self.new.facets.unions.is_empty() && self.new.says_something() => {
                Some(self.matched(several(&self.old), of(&self.new), out))
            }
            _ => None,
        }
    }

    fn matched(&self, old: Vec<Alternative<'d>>, new: Vec<Alternative<'d>>, out: &mut Vec<Finding>) -> Inside {
        let mut left = new;
        let mut gone = old;
        let mut pairs: Vec<(Alternative<'d>, Alternative<'d>)> = Vec::new();
        for by_name in [true, false] {
            for before in std::mem::take(&mut gone) {
                let is_it = |after: &Alternative<'d>| match by_name {
                    true => before.name.is_some() && before.name == after.name,
                    false => before.look == after.look,
                };
                match left.iter().position(is_it) {
                    Some(place) => pairs.push((before, left.remove(place))),
                    None => gone.push(before),
                }
            }
        }
        // What is left on both sides was changed.
        while !gone.is_empty() && !left.is_empty() {
            pairs.push((gone.remove(0), left.remove(0)));
        }
        let mut tell = |rule: &'static SchemaRule, alternative: &Alternative<'d>, what: &str, is_new: bool| {
            let name = alternative.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
            let own = alternative.parts.first().copied();
            let (old, new) = if is_new { (self.old.node, own) } else { (own, self.new.node) };
            out.push(Finding { rule, place: String::new(), message: format!("{what}{name}"), old, new });
        };
        left.iter().for_each(|added| tell(&rule::ALTERNATIVE_ADDED, added, "may be one more thing now", true));
        gone.iter().for_each(|gone| tell(&rule::ALTERNATIVE_REMOVED, gone, "may be one thing less now", false));
        pairs.into_iter().map(|(old, new)| (String::new(), old.parts, new.parts)).collect()
    }
}

/// The unions of a value. What is asked for twice, in two copies, is asked for.
fn unions<'d>(side: &Side<'d>) -> Vec<Vec<Alternative<'d>>> {
    let mut all: Vec<Vec<Alternative<'d>>> = Vec::new();
    for union in &side.facets.unions {
        let union: Vec<Alternative<'d>> =
            union.iter().map(|at| Alternative::of(side.description.dialect, &[*at])).collect();
        if !all.iter().any(|known| is_alike(known, &union)) {
            all.push(union);
        }
    }
    all
}

/// Returns true if two unions look alike.
fn is_alike(one: &[Alternative<'_>], other: &[Alternative<'_>]) -> bool {
    let has = |all: &[Alternative<'_>], wanted: &Alternative<'_>| all.iter().any(|known| known.look == wanted.look);
    one.len() == other.len() && one.iter().all(|it| has(other, it)) && other.iter().all(|it| has(one, it))
}

/// One of several things that a value may be.
struct Alternative<'d> {
    parts: Parts,
    name: Option<String>,
    look: Look<'d>,
}

impl<'d> Alternative<'d> {
    fn of(dialect: Dialect, parts: &[At<'d>]) -> Self {
        let name = match parts {
            [only] => name(*only),
            _ => None,
        };
        Self { parts: nodes(parts), name, look: Look::of(dialect, parts) }
    }
}

/// The last part of where a schema's `$ref` leads.
fn name(at: At<'_>) -> Option<String> {
    Some(at.reference()?.string()?.rsplit('/').next()?.to_owned())
}

/// What tells alternatives from each other: types, members, values.
#[derive(PartialEq)]
pub(super) struct Look<'d> {
    types: Types,
    members: Vec<Cow<'d, str>>,
    values: Vec<String>,
    format: Option<Cow<'d, str>>,
    required: Vec<Cow<'d, str>>,
    unions: usize,
}

impl<'d> Look<'d> {
    pub(super) fn of(dialect: Dialect, parts: &[At<'d>]) -> Self {
        let facets = facets(dialect, parts);
        let mut members: Vec<Cow<'d, str>> = facets.properties.iter().map(|(name, _)| name.clone()).collect();
        members.sort();
        let mut values: Vec<String> = facets.values.iter().flatten().map(|value| canonical(*value)).collect();
        values.sort();
        let mut required = facets.required.clone();
        required.sort();
        let types = facets.implied_types();
        Self { types, members, values, format: facets.format, required, unions: facets.unions.len() }
    }
}
