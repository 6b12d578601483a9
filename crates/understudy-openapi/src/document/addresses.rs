//! Values with an address of their own: schemas with an `$id` (JSON Schema 2020-12, section 8.2.1), and documents with a `$self`
//! (OpenAPI 3.2, "OpenAPI Object").

use super::target::joined;
use super::{At, Documents, File, Node};
use std::cmp::Reverse;
use std::collections::HashMap;

/// The addresses of all files.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    nodes: HashMap<String, Node>,
    files: Vec<OfFile>,
}

/// The addresses of one file.
#[derive(Debug)]
struct OfFile {
    /// The address that its references are relative to.
    base: String,
    /// Its schemas with an `$id`. A schema comes before all that is in it.
    schemas: Vec<Addressed>,
}

/// A value with an address.
#[derive(Debug)]
struct Addressed {
    node: Node,
    /// The first slot of all that is in it.
    first: u32,
    address: String,
    /// The place of the innermost other one that it is in.
    around: Option<usize>,
}

impl Addresses {
    /// Adds what a file has. `place` is the file's.
    pub(super) fn add(&mut self, place: usize, file: &File) {
        let (place, tape) = (place as u16, &file.tape);
        let text = |slot: u32| tape.string(slot).into_owned();
        let root = Node { file: place, slot: tape.root() };
        let retrieved = format!("file:///{}", file.path);
        let own = tape.member(root.slot, "$self").map(text).filter(|own| !own.is_empty());
        let base =
            own.map_or_else(|| retrieved.clone(), |own| without_fragment(&resolved(&retrieved, &own)).to_owned());
        if base != retrieved {
            self.nodes.entry(base.clone()).or_insert(root);
        }
        let mut of_file = OfFile { base, schemas: Vec::new() };
        // What is in a value comes before it, so that the outermost are the last.
        let owners = tape.ids().iter().map(|id| (tape.parent(*id), text(*id)));
        let mut owners: Vec<(u32, String)> = owners.filter(|(owner, _)| *owner != root.slot).collect();
        owners.sort_by_key(|(owner, _)| Reverse(*owner));
        for (slot, id) in owners {
            let node = Node { file: place, slot };
            let around = of_file.around(slot);
            let base = around.map_or(&of_file.base, |around| &of_file.schemas[around].address);
            let address = without_fragment(&resolved(base, &id)).to_owned();
            self.nodes.entry(address.clone()).or_insert(node);
            of_file.schemas.push(Addressed { node, first: tape.first_inside(slot), address, around });
        }
        self.files.push(of_file);
    }

    /// The innermost schema with an address that a value is in.
    fn around(&self, node: Node) -> Option<&Addressed> {
        let of_file = &self.files[usize::from(node.file)];
        of_file.around(node.slot).map(|place| &of_file.schemas[place])
    }

    fn base(&self, node: Node) -> &str {
        self.around(node).map_or(&self.files[usize::from(node.file)].base, |schema| &schema.address)
    }

    /// Returns true if no value has an address, so that files are all that references lead to.
    fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

impl OfFile {
    /// The place of the innermost schema that a slot is in.
    fn around(&self, slot: u32) -> Option<usize> {
        // The last one that does not end before the slot. If it starts behind the slot, so does all that is in it, and what is
        // around the slot is around it too.
        let mut place = self.schemas.partition_point(|schema| schema.node.slot >= slot).checked_sub(1);
        while let Some(known) = place.filter(|known| self.schemas[*known].first > slot) {
            place = self.schemas[known].around;
        }
        place
    }
}

impl<'d> At<'d> {
    /// Returns the value that a `$ref`'s string leads to by an address; `None` if its path and pointer lead there alone.
    pub(super) fn by_address(self, reference: &str) -> Option<Self> {
        let documents: &'d Documents = self.documents;
        let addresses = &documents.addresses;
        if addresses.is_empty() {
            return None;
        }
        let (path, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let node = match path {
            "" => addresses.around(self.node)?.node,
            path => *addresses.nodes.get(&resolved(addresses.base(self.node), path))?,
        };
        documents.at(node).pointed(&understudy_exchange::target::percent_decode(fragment)).ok()
    }
}

fn without_fragment(address: &str) -> &str {
    address.split('#').next().unwrap_or(address)
}

/// A reference as an address (RFC 3986, section 5.2, as far as addresses of documents need it).
fn resolved(base: &str, reference: &str) -> String {
    let is_absolute = reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    });
    let Some((scheme, rest)) = base.split_once("://").filter(|_| !is_absolute) else { return reference.to_owned() };
    if reference.starts_with("//") {
        return format!("{scheme}:{reference}");
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    format!("{scheme}://{authority}/{}", joined(path, reference, true))
}

#[cfg(test)]
mod tests {
    use super::resolved;

    #[test]
    fn references_are_relative_to_the_address_around() {
        for (base, reference, wanted) in [
            ("https://x.test/a/b.json", "c.json", "https://x.test/a/c.json"),
            ("https://x.test/a/b.json", "/c.json", "https://x.test/c.json"),
            ("https://x.test/a/b.json", "../c", "https://x.test/c"),
            ("https://x.test", "c", "https://x.test/c"),
            ("https://x.test/a", "//y.test/b", "https://y.test/b"),
            ("https://x.test/a", "urn:example:b", "urn:example:b"),
            ("urn:example:a", "b", "b"),
            ("file:///api/main.yaml", "pet", "file:///api/pet"),
        ] {
            assert_eq!(resolved(base, reference), wanted, "{reference} in {base}");
        }
    }
}
