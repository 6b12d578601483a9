//! What rules take out of the walk's hands.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use understudy_exchange::Json;
use understudy_fixture::model::{Check, Rule};

/// What rules leave of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cover {
    /// Nothing, with all below it.
    pub(super) owned: bool,
    /// A rule compares more than the presence of the node.
    pub(super) compared: bool,
    pub(super) keys_free: bool,
    /// True if a rule names the example's shape.
    pub(super) like: bool,
    /// The elements may stand in any order.
    pub(super) unordered: bool,
    pub(super) nullable: bool,
    pub(super) may_be_missing: bool,
}

/// What rules leave of the nodes of one body. Nodes are known by where they stand in memory: bodies do not move while
/// they are held, and a path would have to be made for every node that is looked up.
#[derive(Debug, Default)]
pub(super) struct Covers(HashMap<usize, Cover, BuildHasherDefault<AddressHasher>>);

/// Spreads addresses, which differ in their middle bits (Knuth's multiplicative hashing).
#[derive(Debug, Default)]
pub(super) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, address: usize) {
        self.0 = (self.0 ^ address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Cover {
    /// Returns true if rules keep the node from the walk and compare nothing themselves.
    pub(super) fn is_unchecked(self) -> bool {
        self.owned && !self.compared
    }

    /// Returns true if rules say nothing about the values inside the node. Inside elements that may stand in any order,
    /// such values are equal to the written ones: an element has no other mark to be recognized by.
    pub(super) fn keeps_values(self, is_null: bool) -> bool {
        !(self.owned || self.like || self.keys_free || self.unordered || (self.nullable && is_null))
    }
}

impl Covers {
    pub(super) fn of(&self, value: &Json) -> Option<Cover> {
        if self.0.is_empty() { None } else { self.0.get(&std::ptr::from_ref(value).addr()).copied() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

pub(super) fn cover(covers: &mut Covers, value: &Json, rule: &Rule) {
    let each = each_of(rule);
    if let Some(inner) = each {
        for (_, child) in value.children() {
            cover(covers, child, inner);
        }
    }
    let new = Cover {
        owned: !rule.defers_to_shape(),
        compared: rule.compares(),
        keys_free: each.is_some() && matches!(value, Json::Object(_)),
        like: has_check(rule, &Check::Like),
        unordered: has_check(rule, &Check::Unordered),
        nullable: allows_null(rule),
        may_be_missing: rule.allows_missing(),
    };
    let known = covers.0.entry(std::ptr::from_ref(value).addr()).or_insert(new);
    // Several rules on one node must all hold.
    known.owned |= new.owned;
    known.compared |= new.compared;
    known.keys_free |= new.keys_free;
    known.like |= new.like;
    known.unordered |= new.unordered;
    known.nullable &= new.nullable;
    known.may_be_missing &= new.may_be_missing;
}

/// Whether null obeys, whatever the example is.
pub(super) fn allows_null(rule: &Rule) -> bool {
    rule.checks.iter().any(|check| match check {
        Check::Nullable(_) => true,
        Check::Optional(inner) => allows_null(inner),
        _ => false,
    })
}

/// Returns true if a value that is there and not null has to pass `wanted`.
fn has_check(rule: &Rule, wanted: &Check) -> bool {
    rule.checks.iter().any(|check| match check {
        Check::Optional(inner) | Check::Nullable(inner) => has_check(inner, wanted),
        check => check == wanted,
    })
}

/// What every child has to obey, where a rule says so.
fn each_of(rule: &Rule) -> Option<&Rule> {
    rule.checks.iter().find_map(|check| match check {
        Check::Each(inner) => Some(&**inner),
        Check::Optional(inner) | Check::Nullable(inner) => each_of(inner),
        _ => None,
    })
}
