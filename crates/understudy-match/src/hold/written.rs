//! Bodies that no rule speaks of, held by what is written: only yes or no, for choosing among many fixtures.

use super::walk::{MEMBERS_LOOKED_THROUGH_MAX, member};
use crate::rule::equals;
use understudy_exchange::json::member_table;
use understudy_exchange::{Json, JsonString};

/// Returns true if everything that is written is there and equal: if [`super::hold`] finds no difference without rules.
pub(crate) fn is_written(expected: &Json, received: &Json, strict: bool) -> bool {
    match (expected, received) {
        (Json::Object(wanted), Json::Object(members)) => {
            let is_known = |(name, _): &(JsonString, Json)| wanted.iter().any(|(known, _)| known == name);
            are_written(wanted, members, strict) && (!strict || members.iter().all(is_known))
        }
        (Json::Array(wanted), Json::Array(items)) => {
            wanted.len() == items.len() && wanted.iter().zip(items).all(|(child, item)| is_written(child, item, strict))
        }
        (wanted, value) => equals(wanted, value, true),
    }
}

fn are_written(wanted: &[(JsonString, Json)], members: &[(JsonString, Json)], strict: bool) -> bool {
    let table = (members.len() > MEMBERS_LOOKED_THROUGH_MAX).then(|| member_table(members));
    let received = |name: &JsonString| match &table {
        Some(table) => table.get(name).copied(),
        None => member(members, name),
    };
    wanted.iter().all(|(name, value)| received(name).is_some_and(|received| is_written(value, received, strict)))
}

/// Returns true if no body has both of what is written.
pub(crate) fn exclude(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) if a.len().max(b.len()) <= MEMBERS_LOOKED_THROUGH_MAX => {
            a.iter().any(|(name, value)| member(b, name).is_some_and(|other| exclude(value, other)))
        }
        // A table for each pair of fixtures would cost more than it saves.
        (Json::Object(_), Json::Object(_)) => false,
        (Json::Array(a), Json::Array(b)) => a.len() != b.len() || a.iter().zip(b).any(|(a, b)| exclude(a, b)),
        (a, b) => a != b && !has_placeholder(a) && !has_placeholder(b),
    }
}

fn has_placeholder(value: &Json) -> bool {
    value.as_str().is_some_and(|text| text.contains("{{"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hold::{Base, hold};
    use understudy_exchange::jsonpath::Work;

    const BODIES: &[&str] = &[
        "1",
        "1.0",
        "\"a\"",
        "\"{{any}}\"",
        "\"a{{some}}\"",
        "null",
        "[]",
        "[1]",
        "[1, 2]",
        "{}",
        r#"{"a": 1}"#,
        r#"{"a": 1, "a": 2}"#,
        r#"{"a": 2, "b": [1, {"c": "{{any}}"}]}"#,
        r#"{"b": [1, {"c": null, "d": 1}], "a": 2}"#,
        r#"{"b": "{{any}}"}"#,
        r#"{"1":1,"2":2,"3":3,"4":4,"5":5,"6":6,"7":7,"8":8,"9":9,"10":0,"11":1,"12":2,"13":3,"14":4,"15":5,"16":6,"a":1}"#,
    ];

    #[test]
    fn a_body_is_chosen_by_what_is_told_of_it() {
        let bodies: Vec<Json> = BODIES.iter().map(|text| Json::parse(text.as_bytes()).unwrap()).collect();
        for wanted in &bodies {
            for received in &bodies {
                for strict in [false, true] {
                    let told = hold(Some(wanted), received, &[], Base::written(strict), &Work::default()).mismatches;
                    assert_eq!(is_written(wanted, received, strict), told.is_empty(), "{wanted} {received} {strict}");
                }
                let has_both = |body: &Json| is_written(wanted, body, false) && is_written(received, body, false);
                assert!(!exclude(wanted, received) || !bodies.iter().any(has_both), "{wanted} {received}");
            }
        }
        assert!(exclude(&bodies[10], &bodies[12]) && !exclude(&bodies[12], &bodies[13]));
    }
}
