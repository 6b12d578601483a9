//! What rules take out of the walk's hands.

use std::collections::HashMap;
use understudy_exchange::Json;
use understudy_exchange::jsonpath::{Path, Step};
use understudy_fixture::model::{Check, Rule};

/// What rules leave of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cover {
    /// Nothing, with all below it.
    pub(super) owned: bool,
    pub(super) keys_free: bool,
    pub(super) nullable: bool,
    pub(super) may_be_missing: bool,
}

pub(super) fn cover<'v>(covers: &mut HashMap<Path<'v>, Cover>, path: Path<'v>, value: &'v Json, rule: &Rule) {
    let each = each_of(rule);
    if let Some(inner) = each {
        for (step, child) in children(value) {
            cover(covers, path.child(step), child, inner);
        }
    }
    let new = Cover {
        owned: !rule.defers_to_shape(),
        keys_free: each.is_some() && matches!(value, Json::Object(_)),
        nullable: rule.checks.iter().any(|check| matches!(check, Check::Nullable(_))),
        may_be_missing: rule.allows_missing(),
    };
    let known = covers.entry(path).or_insert(new);
    // Several rules on one node must all hold.
    known.owned |= new.owned;
    known.keys_free |= new.keys_free;
    known.nullable &= new.nullable;
    known.may_be_missing &= new.may_be_missing;
}

/// What every child has to obey, where a rule says so.
fn each_of(rule: &Rule) -> Option<&Rule> {
    rule.checks.iter().find_map(|check| match check {
        Check::Each(inner) => Some(&**inner),
        Check::Optional(inner) | Check::Nullable(inner) => each_of(inner),
        _ => None,
    })
}

pub(super) fn children(value: &Json) -> Vec<(Step<'_>, &Json)> {
    match value {
        Json::Array(items) => items.iter().enumerate().map(|(at, item)| (Step::Index(at), item)).collect(),
        Json::Object(members) => members.iter().map(|(name, value)| (Step::Name(name.as_str()), value)).collect(),
        _ => Vec::new(),
    }
}
