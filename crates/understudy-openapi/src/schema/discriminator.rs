//! Discriminators: a member whose value names the schema of its object (OpenAPI 3.1.1, "Discriminator Object").

use crate::document::{At, Kind};
use std::collections::HashMap;

/// The maximum depth at which the parts of a schema are searched.
const PARTS_DEPTH_MAX: usize = 4;

/// A discriminator, with the names of the schemas that the discriminator selects.
#[derive(Debug)]
pub(crate) struct Discriminator<'d> {
    /// The member that holds the name.
    pub(crate) property: String,
    mapping: Vec<(String, At<'d>)>,
}

/// A schema and the names that a discriminator has for it; none where it has no name.
pub(crate) type Named<'d> = (At<'d>, Vec<String>);

impl<'d> Discriminator<'d> {
    /// The discriminator that stands in a schema.
    pub(crate) fn of(schema: At<'d>) -> Option<Self> {
        let at = schema.get("discriminator")?;
        // In Swagger 2.0 a discriminator is the member's name alone.
        let property = at.string().or_else(|| at.text("propertyName"))?.into_owned();
        let mapping = at.get("mapping").into_iter().flat_map(At::members);
        let mapping = mapping.filter_map(|(name, value)| Some((name.into_owned(), mapped(value)?))).collect();
        Some(Self { property, mapping })
    }

    /// The discriminator of alternatives: the one beside them, or that of the schema that all of them build on.
    pub(crate) fn of_alternatives(schema: At<'d>, alternatives: At<'d>) -> Option<Self> {
        if let Some(own) = Self::of(schema) {
            return Some(own);
        }
        let mut bases = alternatives.items().map(|alternative| base(alternative, 0));
        let first = bases.next()??;
        bases.all(|base| base.is_some_and(|base| base.node == first.node)).then(|| Self::of(first))?
    }

    /// Alternatives with their names: those of the mapping, that of the schema, and the values that only this one lists for the
    /// member.
    pub(crate) fn named(&self, alternatives: At<'d>) -> Vec<Named<'d>> {
        let all: Vec<At<'d>> = alternatives.items().collect();
        let listed: Vec<Vec<String>> = all.iter().map(|schema| listed(*schema, &self.property, 0)).collect();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        listed.iter().flatten().for_each(|value| *counts.entry(value).or_default() += 1);
        let named = all.into_iter().zip(&listed).map(|(schema, listed)| {
            let mut names = self.names(schema);
            names.extend(listed.iter().filter(|value| counts[value.as_str()] == 1).cloned());
            names.dedup();
            (schema, names)
        });
        named.collect()
    }

    /// The schemas that build on a base, with their names. The base itself is none of them.
    pub(crate) fn children(&self, base: At<'d>) -> Vec<Named<'d>> {
        let mut children: Vec<Named<'d>> = Vec::new();
        let built = base.documents().children(base.node).iter().map(|(_, node)| base.documents().at(*node));
        for child in self.mapping.iter().map(|(_, at)| *at).chain(built) {
            if child.node != base.node && !children.iter().any(|(known, _)| known.node == child.node) {
                let mut names = self.names(child);
                names.extend(listed(child, &self.property, 0));
                children.push((child, names));
            }
        }
        let mut counts: HashMap<String, usize> = HashMap::new();
        children.iter().flat_map(|(_, names)| names).for_each(|name| *counts.entry(name.clone()).or_default() += 1);
        for (child, names) in &mut children {
            let own = self.names(*child);
            names.retain(|name| counts[name] == 1 || own.contains(name));
            names.dedup();
        }
        children
    }

    /// Returns the values that only this discriminator gives to a schema: those of the mapping, or else the schema's name. A
    /// schema that lists its values has none.
    pub(crate) fn values_of(&self, target: At<'d>) -> Vec<String> {
        let mapped = self.mapping.iter().filter(|(_, at)| at.node == target.node).map(|(name, _)| name.clone());
        let mapped: Vec<String> = mapped.collect();
        let is_bare = mapped.is_empty() && listed(target, &self.property, 0).is_empty();
        if is_bare { own_name(target).into_iter().collect() } else { mapped }
    }

    /// The names of a schema: those of the mapping first.
    pub(crate) fn names(&self, schema: At<'d>) -> Vec<String> {
        let Ok(target) = schema.resolve() else { return Vec::new() };
        let mapped = self.mapping.iter().filter(|(_, at)| at.node == target.node).map(|(name, _)| name.clone());
        let mut names: Vec<String> = mapped.collect();
        names.extend(own_name(target).filter(|name| !names.contains(name)));
        names
    }
}

/// Returns the target of a mapping's value: a reference, or the name of a schema.
pub(crate) fn mapped(value: At<'_>) -> Option<At<'_>> {
    let followed = value.follow().ok().or_else(|| {
        let name = value.string()?;
        ["components/schemas", "definitions"].iter().find_map(|place| value.root().below(place)?.get(&name))
    })?;
    followed.resolve().ok()
}

/// The name that a document gives to a schema.
fn own_name(schema: At<'_>) -> Option<String> {
    let pointer = schema.pointer();
    let (_, pointer) = pointer.split_once('#')?;
    let name = pointer.strip_prefix("/components/schemas/").or_else(|| pointer.strip_prefix("/definitions/"))?;
    (!name.contains('/')).then(|| name.replace("~1", "/").replace("~0", "~"))
}

/// The schema with a discriminator that a schema builds on.
fn base(schema: At<'_>, depth: usize) -> Option<At<'_>> {
    let schema = schema.resolve().ok()?;
    let mut parts = schema.get("allOf").into_iter().flat_map(At::items);
    parts.find_map(|part| {
        let target = part.resolve().ok()?;
        if target.get("discriminator").is_some() {
            return Some(target);
        }
        if depth < PARTS_DEPTH_MAX { base(target, depth + 1) } else { None }
    })
}

/// The texts that a schema lists for a member.
pub(super) fn listed(schema: At<'_>, property: &str, depth: usize) -> Vec<String> {
    let Ok(schema) = schema.resolve() else { return Vec::new() };
    let member = schema.get("properties").and_then(|properties| properties.get(property)?.resolve().ok());
    let values = member.map(|member| match member.get("const") {
        Some(value) => value.string().into_iter().collect::<Vec<_>>(),
        None => member.get("enum").into_iter().flat_map(At::items).filter_map(At::string).collect(),
    });
    if let Some(values) = values.filter(|values| !values.is_empty()) {
        return values.into_iter().map(std::borrow::Cow::into_owned).collect();
    }
    if depth == PARTS_DEPTH_MAX {
        return Vec::new();
    }
    let parts = schema.get("allOf").filter(|parts| parts.kind() == Kind::Array).into_iter().flat_map(At::items);
    parts.map(|part| listed(part, property, depth + 1)).find(|values| !values.is_empty()).unwrap_or_default()
}
