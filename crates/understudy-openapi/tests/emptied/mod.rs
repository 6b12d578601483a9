//! Objects and lists of a response that are empty although their schema describes members or elements.
//!
//! What comes back to itself has to end somewhere, and deep places have only what is required: neither counts.

use serde_json::Value;

/// Deeper places have only what is required.
const DEPTH_MAX: usize = 5;
/// The maximum number of references from one schema to the next.
const CHAIN_MAX: usize = 40;

/// Counts the empty places of a value.
pub(crate) fn emptied(value: &Value, schema: &Value, document: &Value) -> usize {
    Walk { document, open: Vec::new() }.count(value, &[schema], 0)
}

struct Walk<'d> {
    document: &'d Value,
    /// The schemas of the values around this one.
    open: Vec<*const Value>,
}

impl<'d> Walk<'d> {
    fn count(&mut self, value: &Value, schemas: &[&'d Value], depth: usize) -> usize {
        if depth >= DEPTH_MAX {
            return 0;
        }
        let mut parts = Vec::new();
        schemas.iter().for_each(|schema| self.parts(schema, 0, &mut parts));
        let before = self.open.len();
        self.open.extend(parts.iter().map(|part| std::ptr::from_ref(*part)));
        let count = match value {
            Value::Object(members) => {
                let described: Vec<(&String, &Value)> =
                    parts.iter().filter_map(|part| part.get("properties")?.as_object()).flatten().collect();
                let below = |(name, value): (&String, &Value)| {
                    let own: Vec<&Value> =
                        described.iter().filter(|(known, _)| *known == name).map(|(_, schema)| *schema).collect();
                    (value.clone(), own)
                };
                let is_emptied = members.is_empty() && described.iter().any(|(_, schema)| !self.comes_back(schema));
                let below: Vec<_> = members.iter().map(below).collect();
                usize::from(is_emptied)
                    + below.iter().map(|(value, own)| self.count(value, own, depth + 1)).sum::<usize>()
            }
            Value::Array(elements) => {
                let items: Vec<&Value> =
                    parts.iter().filter_map(|part| part.get("items")).filter(|items| items.is_object()).collect();
                let may_have = !parts.iter().any(|part| part.get("maxItems").and_then(Value::as_u64) == Some(0));
                let is_emptied = elements.is_empty() && may_have && items.iter().any(|schema| !self.comes_back(schema));
                usize::from(is_emptied)
                    + elements.iter().map(|element| self.count(element, &items, depth + 1)).sum::<usize>()
            }
            _ => 0,
        };
        self.open.truncate(before);
        count
    }

    /// A schema, and the parts of its `allOf`, with references followed.
    fn parts(&self, schema: &'d Value, depth: usize, out: &mut Vec<&'d Value>) {
        if depth > CHAIN_MAX {
            return;
        }
        if let Some(target) = self.target(schema) {
            return self.parts(target, depth + 1, out);
        }
        out.push(schema);
        schema.get("allOf").and_then(Value::as_array).into_iter().flatten().for_each(|part| {
            self.parts(part, depth + 1, out);
        });
    }

    fn target(&self, schema: &Value) -> Option<&'d Value> {
        self.document.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
    }

    /// Returns true if a schema, or that of its elements, is one of those around.
    fn comes_back(&self, schema: &'d Value) -> bool {
        let mut parts = Vec::new();
        self.parts(schema, 0, &mut parts);
        let items: Vec<&Value> = parts.iter().filter_map(|part| part.get("items")).collect();
        items.iter().for_each(|items| self.parts(items, 0, &mut parts));
        parts.iter().any(|part| self.open.contains(&std::ptr::from_ref(*part)))
    }
}
