//! Named schemas that build on others with `allOf`: a base's children are found from the base.

use super::{At, Documents, Node};
use std::collections::HashMap;

/// The maximum number of steps that are followed from a child up to its base.
const STEPS_MAX: usize = 8;

/// The names and schemas that build on a schema, in the order of the document.
pub(super) type Children = HashMap<Node, Vec<(String, Node)>>;

/// Finds the children of every schema.
pub(super) fn children(documents: &Documents) -> Children {
    let mut all = Children::new();
    for file in 0..documents.files.len() {
        let root = documents.root_of(file);
        let named = [root.get("components").and_then(|components| components.get("schemas")), root.get("definitions")];
        for (name, schema) in named.into_iter().flatten().flat_map(At::members) {
            let mut bases = Vec::new();
            above(schema, 0, &mut bases);
            for base in bases {
                all.entry(base).or_default().push((name.clone().into_owned(), schema.node));
            }
        }
    }
    all
}

/// The schemas that a schema builds on.
fn above(schema: At<'_>, depth: usize, out: &mut Vec<Node>) {
    if depth == STEPS_MAX {
        return;
    }
    for part in schema.get("allOf").into_iter().flat_map(At::items) {
        let Ok(base) = part.resolve() else { continue };
        if !out.contains(&base.node) {
            if part.reference().is_some() {
                out.push(base.node);
            }
            above(base, depth + 1, out);
        }
    }
}
