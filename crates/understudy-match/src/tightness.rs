//! The weight of conditions, and the order of fixtures by it.
//!
//! Conditions are counted by weight and the counts compared from the heaviest weight down, as CSS compares selectors:
//! one value weighs more than any number of patterns. So a fixture never loses to a looser copy of itself.

use std::cmp::Reverse;
use std::fmt;

/// The weight of a condition. The first one is the heaviest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Exactly one value, or no value at all.
    Value,
    /// One of several values.
    OneOf,
    /// A pattern or a bound.
    Pattern,
    /// A type or a format.
    Type,
    /// Any value.
    Presence,
}

impl Weight {
    const ALL: [Self; 5] = [Self::Value, Self::OneOf, Self::Pattern, Self::Type, Self::Presence];

    /// The name of the weight in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::OneOf => "one_of",
            Self::Pattern => "pattern",
            Self::Type => "type",
            Self::Presence => "presence",
        }
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The strength of one condition: its weight, and what decides between conditions of the same weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Strength {
    pub(crate) weight: Weight,
    /// The weights of further checks on the same value.
    pub(crate) further: Counts,
    /// The number of ways in which the condition is looser than others of its weight: values in a list, null allowed.
    pub(crate) leeway: usize,
    /// The number of bytes of text that a pattern fixes.
    pub(crate) text: usize,
}

impl Strength {
    pub(crate) fn of(weight: Weight) -> Self {
        Self { weight, further: Counts::default(), leeway: 0, text: 0 }
    }

    pub(crate) fn with_leeway(self, leeway: usize) -> Self {
        Self { leeway: self.leeway + leeway, ..self }
    }

    pub(crate) fn with_text(self, text: usize) -> Self {
        Self { text, ..self }
    }

    /// Returns the same strength with a weight that is `weight` at most.
    pub(crate) fn at_most(self, weight: Weight) -> Self {
        Self { weight: self.weight.max(weight), ..self }
    }

    /// Returns the strength of two checks that must both hold for one value. The heavier one is the condition, and the
    /// other one a further check.
    pub(crate) fn and(self, other: Self) -> Self {
        let (mut first, second) = if self.weight <= other.weight { (self, other) } else { (other, self) };
        first.further.add(second.weight);
        first.further.add_all(second.further);
        first.leeway += second.leeway;
        first.text += second.text;
        first
    }
}

/// The number of conditions of each weight, the heaviest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Counts([usize; Weight::ALL.len()]);

impl Counts {
    fn add(&mut self, weight: Weight) {
        self.0[weight as usize] += 1;
    }

    fn add_all(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }

    fn sum(self) -> usize {
        self.0.iter().sum()
    }
}

/// `2 values, 1 type`
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = Weight::ALL.into_iter().zip(self.0).filter(|(_, count)| *count > 0);
        let words: Vec<String> = counted
            .map(|(weight, count)| match (weight, count) {
                (Weight::OneOf, _) | (_, 1) => format!("{count} {weight}"),
                _ => format!("{count} {weight}s"),
            })
            .collect();
        f.write_str(if words.is_empty() { "none" } else { "" })?;
        f.write_str(&words.join(", "))
    }
}

/// The tightness of a request's conditions. The lesser one is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Tightness {
    conditions: Reverse<Counts>,
    further: Reverse<Counts>,
    leeway: usize,
    text: Reverse<usize>,
}

impl Tightness {
    pub(crate) fn add(&mut self, strength: Strength) {
        self.conditions.0.add(strength.weight);
        self.further.0.add_all(strength.further);
        self.leeway += strength.leeway;
        self.text.0 += strength.text;
    }

    /// Adds a check that is no condition of its own.
    pub(crate) fn add_further(&mut self, weight: Weight) {
        self.further.0.add(weight);
    }

    /// Adds ways in which conditions are looser than their weights say.
    pub(crate) fn add_leeway(&mut self, ways: usize) {
        self.leeway += ways;
    }

    /// Returns the number of conditions.
    pub(crate) fn len(&self) -> usize {
        self.conditions.0.sum()
    }

    /// Explains why these conditions are tighter than the others of another fixture.
    pub(crate) fn why_before(&self, other: &Self) -> String {
        let (Reverse(own), Reverse(others)) = (self.conditions, other.conditions);
        if own != others {
            return format!("has more specific conditions ({own}) than this one ({others})");
        }
        if self.further != other.further {
            return "checks the same values more closely".to_owned();
        }
        if self.leeway != other.leeway {
            return "allows fewer values".to_owned();
        }
        "fixes more text".to_owned()
    }
}
