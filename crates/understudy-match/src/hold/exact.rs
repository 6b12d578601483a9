//! The places in which a value is not the one that `exact` or `equals` wants.

use super::Found;
use crate::contrast::contrast_values;
use crate::mismatch::{Kind, NOTHING, show};
use crate::rule::equals;
use understudy_exchange::json::member_table;
use understudy_exchange::jsonpath::{Path, Step};
use understudy_exchange::{Json, JsonString};

/// The number of examples among which the nearest is looked for.
const EXAMPLES_MAX: usize = 16;

/// Adds the differences from the nearest of several examples.
pub(super) fn differ<'v>(
    examples: &[&'v Json],
    value: &'v Json,
    path: &Path<'v>,
    placeholders: bool,
    found: &mut Found<'v>,
) {
    let differences = |example: &&'v Json| {
        let mut apart = Found::default();
        Comparison { placeholders, found: &mut apart }.value(example, value, path);
        apart
    };
    let nearest = examples.iter().take(EXAMPLES_MAX).map(differences).min_by_key(|apart| apart.differences.len());
    if let Some(nearest) = nearest {
        for difference in nearest.differences {
            found.differ(difference.path, difference.kind, difference.expected, difference.received);
        }
    }
}

struct Comparison<'f, 'v> {
    placeholders: bool,
    found: &'f mut Found<'v>,
}

impl<'v> Comparison<'_, 'v> {
    fn value(&mut self, expected: &'v Json, received: &'v Json, path: &Path<'v>) {
        if equals(expected, received, self.placeholders) {
            return;
        }
        let before = self.found.differences.len();
        match (expected, received) {
            (Json::Object(members), Json::Object(others)) => self.members(members, others, path),
            (Json::Array(items), Json::Array(others)) if items.len() == others.len() => {
                for (at, (item, other)) in items.iter().zip(others).enumerate() {
                    self.value(item, other, &path.child(Step::Index(at)));
                }
            }
            _ => {}
        }
        if self.found.differences.len() == before {
            let (wanted, shown) = contrast_values(expected, received);
            let [wanted, shown] = [counted(wanted, expected, received), counted(shown, received, expected)];
            self.found.differ(path.clone(), Kind::Value, format!("exactly {wanted}"), shown);
        }
    }

    fn members(&mut self, members: &'v [(JsonString, Json)], others: &'v [(JsonString, Json)], path: &Path<'v>) {
        let (table, other_table) = (member_table(members), member_table(others));
        // If several members have one name, the last member counts.
        for (name, value) in members.iter().filter(|(name, value)| std::ptr::eq(table[name], value)) {
            let at = path.child(Step::Name(name.as_str()));
            match other_table.get(name) {
                Some(other) => self.value(value, other, &at),
                None => self.found.differ(at, Kind::Missing, show(value), NOTHING),
            }
        }
        for (name, value) in others.iter().filter(|(name, _)| !table.contains_key(name)) {
            self.found.differ(path.child(Step::Name(name.as_str())), Kind::Added, NOTHING, show(value));
        }
    }
}

/// Adds the length of a list that is shown beside a list of another length.
fn counted(shown: String, value: &Json, other: &Json) -> String {
    match (value, other) {
        (Json::Array(items), Json::Array(others)) if items.len() != others.len() => {
            let word = if items.len() == 1 { "element" } else { "elements" };
            format!("{shown} ({} {word})", items.len())
        }
        _ => shown,
    }
}
