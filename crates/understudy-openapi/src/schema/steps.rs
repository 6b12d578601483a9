//! The work that one comparison of a value with a schema may take.
//!
//! The validator has no such bound. Where two alternatives lead back to the whole schema, each level of a value may double
//! the work, and the errors of every alternative are kept in memory. So each definition of a bundle gets a keyword that counts
//! steps: whatever a validator does again and again, it does by way of a definition. A comparison that has no steps left ends
//! by unwinding. The validator has no other way out, since it asks every keyword of a schema for its errors.

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value, json};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The keyword that counts a step. It stands in bundled schemas only.
pub(super) const KEYWORD: &str = "understudy-steps";

/// The steps that any comparison may take. A release build takes about 20 million steps a second.
const STEPS: u64 = 200_000;
/// A definition counts one step, and another for each so many schemas inside it.
const SCHEMAS_A_STEP: u64 = 32;
/// Further steps for each value inside the compared value.
const STEPS_A_VALUE: u64 = 32;
/// The maximum number of values that get further steps.
const VALUES_MAX: u64 = 500_000;

/// The steps in which errors are collected. Each step may leave several errors in memory, of about 300 bytes each.
const TELLING_STEPS: u64 = 10_000;
/// Further steps for each value while errors are collected.
const TELLING_STEPS_A_VALUE: u64 = 8;
/// The maximum number of values that get further steps while errors are collected.
const TELLING_VALUES_MAX: u64 = 25_000;

/// The steps for one value: to learn if it fits its schema, and to collect what is wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    pub(super) deciding: u64,
    pub(super) telling: u64,
}

impl Budget {
    /// The budget grows with the size of the value, up to a limit.
    pub(super) fn of(value: &Value) -> Self {
        let mut left = VALUES_MAX;
        count(value, &mut left);
        let values = VALUES_MAX - left;
        let telling = TELLING_STEPS + TELLING_STEPS_A_VALUE * values.min(TELLING_VALUES_MAX);
        Self { deciding: STEPS + STEPS_A_VALUE * values, telling }
    }
}

/// Takes one from `left` for each value inside a value.
fn count(value: &Value, left: &mut u64) {
    let Some(less) = left.checked_sub(1) else { return };
    *left = less;
    match value {
        Value::Array(items) => items.iter().for_each(|item| count(item, left)),
        Value::Object(members) => members.values().for_each(|member| count(member, left)),
        _ => {}
    }
}

/// The steps of a comparison are used up.
#[derive(Debug)]
pub(super) struct UsedUp;

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Does some work of the validator in so many steps. The work has to stay in this thread.
pub(super) fn within<T>(steps: u64, work: impl FnOnce() -> T) -> Result<T, UsedUp> {
    let before = LEFT.replace(steps);
    // The validator changes nothing but what belongs to this one comparison.
    let result = catch_unwind(AssertUnwindSafe(work));
    LEFT.set(before);
    result.map_err(|payload| match payload.downcast::<UsedUp>() {
        Ok(used_up) => *used_up,
        Err(bug) => resume_unwind(bug),
    })
}

/// Takes steps of the comparison that this thread does.
pub(super) fn take(steps: u64) {
    match LEFT.get().checked_sub(steps) {
        Some(left) => LEFT.set(left),
        None => give_up(),
    }
}

/// Ends the comparison that this thread does.
pub(super) fn give_up() -> ! {
    resume_unwind(Box::new(UsedUp))
}

/// Allows every value, and counts.
struct Steps(u64);

impl<'i> Keyword<'i> for Steps {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        take(self.0);
        Ok(())
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        take(self.0);
        true
    }
}

/// Returns the validator's side of the keyword.
pub(super) fn keyword<'a>(
    _: &'a Map<String, Value>,
    value: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    Ok(Box::new(Steps(value.as_u64().unwrap_or(1))))
}

/// The place of a definition's schema after [`counted`].
pub(super) const PLACE: &str = "allOf/1";

/// Makes a definition count, if it leads to other definitions: only then can it be reached in many ways. The validator takes
/// the parts of `allOf` in their order.
pub(super) fn counted(definition: &mut Value) -> bool {
    let is_counted = leads_on(definition);
    if is_counted {
        let steps = 1 + schemas(definition) / SCHEMAS_A_STEP;
        *definition = json!({ "allOf": [{ KEYWORD: steps }, definition.take()] });
    }
    is_counted
}

fn leads_on(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.get("$ref").is_some_and(Value::is_string) || members.values().any(leads_on),
        Value::Array(items) => items.iter().any(leads_on),
        _ => false,
    }
}

fn schemas(value: &Value) -> u64 {
    match value {
        Value::Object(members) => 1 + members.values().map(schemas).sum::<u64>(),
        Value::Array(items) => items.iter().map(schemas).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_ends_with_its_steps() {
        assert!(within(3, || (0..3).for_each(|_| take(1))).is_ok());
        assert!(within(3, || (0..4).for_each(|_| take(1))).is_err());
        // Work inside other work has its own steps, and takes none of the outer steps.
        assert!(within(1, || (within(5, || (0..9).for_each(|_| take(1))).is_err(), take(1))).is_ok());
    }

    #[test]
    fn the_budget_grows_with_the_value() {
        let small = Budget::of(&serde_json::json!([1, { "a": 2 }]));
        let large = Budget::of(&Value::Array(vec![Value::Null; VALUES_MAX as usize * 2]));
        assert_eq!(
            (small.deciding, small.telling),
            (STEPS + 4 * STEPS_A_VALUE, TELLING_STEPS + 4 * TELLING_STEPS_A_VALUE)
        );
        assert_eq!(large.deciding, STEPS + VALUES_MAX * STEPS_A_VALUE);
        assert_eq!(large.telling, TELLING_STEPS + TELLING_VALUES_MAX * TELLING_STEPS_A_VALUE);
    }
}
