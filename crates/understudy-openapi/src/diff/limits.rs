//! Bounds: of numbers, lengths and counts.

use super::rule;
use super::schemas::{Finding, Sides};
use crate::schema::Limit;

impl Sides<'_> {
    pub(super) fn limits(&self, out: &mut Vec<Finding>) {
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
            self.count(what, old, new, out);
        }
        self.step(out);
        match (old.is_unique, new.is_unique) {
            (false, true) => self.tell(&rule::UNIQUE_ADDED, "has no element twice now", out),
            (true, false) => self.tell(&rule::UNIQUE_REMOVED, "may have an element twice now", out),
            _ => {}
        }
    }

    fn step(&self, out: &mut Vec<Finding>) {
        match (self.old.facets.multiple_of, self.new.facets.multiple_of) {
            (old, new) if old == new => {}
            (None, Some(new)) => self.tell(&rule::STEP_ADDED, format!("is a multiple of {new} now"), out),
            (Some(_), None) => self.tell(&rule::STEP_REMOVED, "need not be a multiple any more", out),
            (Some(old), Some(new)) => {
                let rule = match (new / old, old / new) {
                    (more, _) if is_whole(more) => &rule::STEP_ADDED,
                    (_, less) if is_whole(less) => &rule::STEP_REMOVED,
                    _ => &rule::STEP_CHANGED,
                };
                self.tell(rule, format!("is a multiple of {new} now, and was one of {old}"), out);
            }
            (None, None) => {}
        }
    }

    /// The least and the greatest count of something; `u64::MAX` is none.
    pub(super) fn count(&self, what: &str, old: (u64, u64), new: (u64, u64), out: &mut Vec<Finding>) {
        let count = |number: u64| if number == u64::MAX { f64::INFINITY } else { number as f64 };
        let least = ((count(old.0), false), (count(new.0), false));
        self.limit(&format!("the least number of {what}"), least, true, out);
        let most = ((count(old.1), false), (count(new.1), false));
        self.limit(&format!("the greatest number of {what}"), most, false, out);
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
        let rule = if is_higher == is_least { &rule::BOUND_TIGHTENED } else { &rule::BOUND_LOOSENED };
        self.tell(rule, format!("{what} is {} now, and was {}", say(new), say(old)), out);
    }
}

/// Returns true if a number is whole, as far as its digits go.
fn is_whole(number: f64) -> bool {
    number.round() >= 1.0 && (number - number.round()).abs() < 1e-9
}
