//! Merge keys of YAML 1.1: `<<: *base` stands for the entries of a map that is written elsewhere.

use super::{Entry, Node, Value};
use std::collections::HashSet;

/// The plain key that merges. In quotes it is a name like any other.
pub(crate) const MERGE_KEY: &str = "<<";

/// Returns the entries of a map with those that it merges behind its own. An entry of the map itself comes before a merged
/// one of the same name, and an earlier map before a later one. `None` where a merged value is neither a map nor a list of
/// maps.
pub(super) fn merge(own: Vec<Entry>, merged: Vec<Node>) -> Option<Vec<Entry>> {
    let mut entries = own;
    let mut names: HashSet<String> = entries.iter().map(|entry| entry.name.as_str().to_owned()).collect();
    for node in merged {
        let maps = match node.value {
            Value::List(items) => items,
            value => vec![Node { span: node.span, value }],
        };
        for map in maps {
            let Value::Map(members) = map.value else { return None };
            for member in members {
                if names.insert(member.name.as_str().to_owned()) {
                    entries.push(member);
                }
            }
        }
    }
    Some(entries)
}
