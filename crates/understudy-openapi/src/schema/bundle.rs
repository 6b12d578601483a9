//! A schema with all that it refers to, as one document that the validator understands.
//!
//! Real descriptions refer from everything to everything: whatever a schema of Stripe's leads to is half of the document.
//! So there are two ways. A schema that leads to little is bundled whole, once, and kept. One that leads to much is bundled
//! for the value at hand: what the value has no member for cannot be broken by it, and is left out.

use super::discriminator::{Discriminator, Named, listed};
use super::facets::Types;
use super::keyword::{Holds, TYPES, holds};
use super::retyped::retyped;
use super::steps;
use crate::document::{At, Kind, Node};
use crate::model::Dialect;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// Which way a value goes: `readOnly` members need not be in requests, nor `writeOnly` ones in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    Request,
    Response,
}

impl Direction {
    /// Whether a member goes the other way only.
    pub(crate) fn excludes(self, property: At<'_>) -> bool {
        let other_way = match self {
            Self::Request => "readOnly",
            Self::Response => "writeOnly",
        };
        let says =
            |schema: At<'_>| schema.flag(other_way) || schema.resolve().is_ok_and(|schema| schema.flag(other_way));
        says(property)
            || property.resolve().is_ok_and(|property| property.get("allOf").into_iter().flat_map(At::items).any(says))
    }
}

/// How many schemas a bundle may have.
pub(crate) const SCHEMAS_MAX: usize = 20_000;
/// How deep schemas may nest in each other.
const DEPTH_MAX: usize = 64;
/// How deep the parts of a schema are looked at for members that go one way only.
const PARTS_DEPTH_MAX: usize = 4;
/// In how many ways a schema may lead on to others about the same value.
const WAYS_MAX: usize = 4_096;
/// How many schemas may refer to each other with nothing of the value in between.
const CHAIN_MAX: usize = 64;

/// A schema that leads to too much.
#[derive(Debug)]
pub(crate) struct TooLarge;

/// The bundle: a document whose definitions are the schemas that were referred to.
#[derive(Debug)]
pub(crate) struct Bundled {
    pub(crate) document: Value,
    /// Which schema each definition is.
    pub(crate) definitions: Vec<Definition>,
}

/// A schema that was referred to.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) node: Node,
    /// True if it stands below [`steps::PLACE`].
    pub(crate) is_counted: bool,
}

/// The values that a schema is held against; `None` where they are not known.
type Values<'v> = Option<Vec<&'v Value>>;

/// A definition that is to be read.
struct Open<'d, 'v> {
    place: usize,
    at: At<'d>,
    values: Values<'v>,
    is_named: bool,
}

struct Bundler<'d, 'v> {
    dialect: Dialect,
    direction: Direction,
    known: HashMap<(Node, Vec<usize>, bool), usize>,
    definitions: Vec<(Node, Value)>,
    open: Vec<Open<'d, 'v>>,
    schemas: usize,
    ways: HashMap<Node, usize>,
    /// Members that go the other way only, as the schemas around this one say.
    other_way: Vec<Vec<String>>,
    /// True if a reference has led to the current schema, with nothing of the value in between. A
    /// base that is referred to from here is built on, so its children are not required.
    is_named: bool,
}

/// Bundles a schema: for one value where it is given, else whole.
pub(crate) fn bundle(
    schema: At<'_>,
    dialect: Dialect,
    direction: Direction,
    value: Option<&Value>,
) -> Result<Bundled, TooLarge> {
    let mut bundler = Bundler {
        dialect,
        direction,
        known: HashMap::new(),
        definitions: Vec::new(),
        open: Vec::new(),
        schemas: 0,
        ways: HashMap::new(),
        other_way: Vec::new(),
        is_named: false,
    };
    let root = bundler.definition(schema, value.map(|value| vec![value]), false);
    while let Some(Open { place, at, values, is_named }) = bundler.open.pop() {
        bundler.is_named = is_named;
        bundler.definitions[place].1 = bundler.schema(at, &values, 0)?;
    }
    let counted = |(node, mut value): (Node, Value)| {
        let is_counted = steps::counted(&mut value);
        (Definition { node, is_counted }, value)
    };
    let (definitions, values): (Vec<Definition>, Vec<Value>) = bundler.definitions.into_iter().map(counted).unzip();
    let named: Map<String, Value> = values.into_iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect();
    Ok(Bundled { document: json!({ "allOf": [root], "definitions": named }), definitions })
}

impl<'d, 'v> Bundler<'d, 'v> {
    fn is_modern(&self) -> bool {
        self.dialect == Dialect::OpenApi31
    }

    /// A reference to the definition that a schema is, or will be.
    fn definition(&mut self, at: At<'d>, values: Values<'v>, is_named: bool) -> Value {
        let addresses = values.iter().flatten().map(|value| std::ptr::from_ref::<Value>(value) as usize).collect();
        let next = self.definitions.len();
        let place = *self.known.entry((at.node, addresses, is_named)).or_insert(next);
        if place == next {
            self.definitions.push((at.node, Value::Null));
            self.open.push(Open { place, at, values, is_named });
        }
        json!({ "$ref": format!("#/definitions/{place}") })
    }

    /// What a `$ref` leads to; anything, where that is nowhere or itself.
    fn reference(&mut self, reference: At<'d>, values: &Values<'v>) -> Value {
        match reference.follow() {
            Ok(target) if !self.is_loop(target) => self.named(target, values),
            _ => anything(),
        }
    }

    /// Returns the schema that a reference leads to. A schema with a discriminator is compared as
    /// the child that the value names.
    fn named(&mut self, target: At<'d>, values: &Values<'v>) -> Value {
        let base = self.definition(target, values.clone(), true);
        let has_alternatives = target.get("oneOf").is_some() || target.get("anyOf").is_some();
        let Some(discriminator) = Discriminator::of(target).filter(|_| !self.is_named && !has_alternatives) else {
            return base;
        };
        let children = discriminator.children(target);
        if children.is_empty() {
            return base;
        }
        let mut own = discriminator.names(target);
        // Names that the base itself lists are intended.
        own.extend(listed(target, &discriminator.property, 0));
        own.retain(|name| !children.iter().any(|(_, names)| names.contains(name)));
        let chosen = self.chosen(&discriminator, &children, values);
        let rest = if own.is_empty() { Vec::new() } else { vec![(own, base.clone())] };
        discriminated(&discriminator, chosen, rest, &base)
    }

    /// Returns the schemas that a value is checked against, by its name. For known values, only
    /// their own names matter.
    fn chosen(
        &mut self,
        discriminator: &Discriminator<'d>,
        all: &[Named<'d>],
        values: &Values<'v>,
    ) -> Vec<(Vec<String>, Value)> {
        let names = members(values, |name| name == discriminator.property);
        let is_there = |names_of: &[String]| {
            let named = |value: &&Value| value.as_str().is_some_and(|text| names_of.iter().any(|name| name == text));
            names.as_ref().is_none_or(|names| names.iter().any(named))
        };
        let mut chosen = Vec::new();
        for (schema, names) in all.iter().filter(|(_, names)| !names.is_empty()) {
            let target = schema.resolve().ok().filter(|target| is_there(names) && !self.is_loop(*target));
            let value = target.map_or_else(anything, |target| self.definition(target, values.clone(), true));
            chosen.push((names.clone(), value));
        }
        chosen
    }

    /// Alternatives with a discriminator: the one that the value names is the one that is meant.
    fn alternatives(&mut self, at: At<'d>, values: &Values<'v>, out: &mut Map<String, Value>) {
        for name in ["oneOf", "anyOf"] {
            let Some(list) = at.get(name).filter(|_| out.contains_key(name)) else { continue };
            let Some(discriminator) = Discriminator::of_alternatives(at, list) else { continue };
            let all = discriminator.named(list);
            let Some(plain) = out.remove(name) else { continue };
            let unnamed = plain.as_array().into_iter().flatten().zip(&all).filter(|(_, (_, names))| names.is_empty());
            let unnamed: Vec<Value> = unnamed.map(|(value, _)| value.clone()).collect();
            let chosen = self.chosen(&discriminator, &all, values);
            if chosen.is_empty() {
                out.insert(name.to_owned(), plain);
                continue;
            }
            let mut rest = Vec::new();
            if !unnamed.is_empty() {
                rest.push((Vec::new(), json!({ name: unnamed })));
            }
            let meant = discriminated(&discriminator, chosen, rest, &json!({ name: plain }));
            match out.entry("allOf").or_insert_with(|| json!([])) {
                Value::Array(all) => all.push(meant),
                _ => unreachable!("`allOf` is read as a list"),
            }
        }
    }

    /// Whether a schema comes back to itself without going into the value, goes on for too long, or in too many ways: it
    /// would be asked for ever.
    fn is_loop(&mut self, start: At<'d>) -> bool {
        self.ways(start, 0) > WAYS_MAX
    }

    /// In how many ways a schema leads on to others about the same value.
    fn ways(&mut self, at: At<'d>, depth: usize) -> usize {
        if let Some(known) = self.ways.get(&at.node) {
            return *known;
        }
        if depth > CHAIN_MAX {
            return usize::MAX;
        }
        // Whoever comes back here while it is being counted comes back for ever.
        self.ways.insert(at.node, usize::MAX);
        let ways = same_value(at).into_iter().fold(1_usize, |sum, next| sum.saturating_add(self.ways(next, depth + 1)));
        self.ways.insert(at.node, ways);
        ways
    }

    fn schema(&mut self, at: At<'d>, values: &Values<'v>, depth: usize) -> Result<Value, TooLarge> {
        self.schemas += 1;
        if self.schemas > SCHEMAS_MAX || depth > DEPTH_MAX {
            return Err(TooLarge);
        }
        match at.kind() {
            Kind::False => return Ok(json!({ "not": {} })),
            Kind::Object => {}
            // What is no schema says nothing.
            _ => return Ok(anything()),
        }
        if let Some(reference) = at.reference() {
            let target = self.reference(reference, values);
            if !self.is_modern() {
                return Ok(target);
            }
            let mut own = self.keywords(at, values, depth)?;
            own.extend(target.as_object().cloned().unwrap_or_default());
            return Ok(Value::Object(own));
        }
        Ok(Value::Object(self.keywords(at, values, depth)?))
    }

    fn keywords(&mut self, at: At<'d>, values: &Values<'v>, depth: usize) -> Result<Map<String, Value>, TooLarge> {
        let mut out = Map::new();
        for (name, value) in at.members() {
            if let Some(holds) = holds(&name, self.is_modern())
                && let Some(value) = self.keyword(&name, holds, at, value, values, depth)?
            {
                out.insert(name.into_owned(), value);
            }
        }
        self.alternatives(at, values, &mut out);
        tuples(&mut out);
        limits(&mut out);
        sized(&mut out);
        super::costly::counted(&mut out);
        if self.is_nullable(at) {
            allow_null(&mut out);
        }
        Ok(out)
    }

    fn keyword(
        &mut self,
        name: &str,
        holds: Holds,
        schema: At<'d>,
        at: At<'d>,
        values: &Values<'v>,
        depth: usize,
    ) -> Result<Option<Value>, TooLarge> {
        // What stands around says something of the same value, and nothing of what is below.
        let mut around = Vec::new();
        if matches!(holds, Holds::Same | Holds::SameList | Holds::SameMap) {
            around.extend(self.other_way.last().into_iter().flatten().cloned());
        }
        if name == "allOf" {
            self.names_of_other_way(schema, 0, &mut around);
        }
        if holds == Holds::Strings {
            return self.read(name, holds, schema, at, values, depth);
        }
        let is_same = matches!(holds, Holds::Same | Holds::SameList | Holds::SameMap);
        let was_named = self.is_named;
        self.is_named &= is_same;
        self.other_way.push(around);
        let read = self.read(name, holds, schema, at, values, depth + 1);
        self.other_way.pop();
        self.is_named = was_named;
        read
    }

    fn read(
        &mut self,
        name: &str,
        holds: Holds,
        schema: At<'d>,
        at: At<'d>,
        values: &Values<'v>,
        depth: usize,
    ) -> Result<Option<Value>, TooLarge> {
        Ok(match holds {
            Holds::Same => Some(self.schema(at, values, depth)?),
            Holds::SameList if at.items().len() > 0 => Some(self.list(at, values, depth)?),
            Holds::SameMap if at.is_object() => {
                let mut map = Map::new();
                for (name, value) in at.members() {
                    map.insert(name.into_owned(), self.schema(value, values, depth)?);
                }
                Some(Value::Object(map))
            }
            Holds::Properties if at.is_object() => {
                let mut map = Map::new();
                for (name, value) in at.members() {
                    let below = members(values, |known| known == name);
                    // A member that no value has is only named: `additionalProperties` asks for that.
                    let is_there = below.as_ref().is_none_or(|below| !below.is_empty());
                    let value = if is_there { self.schema(value, &below, depth)? } else { anything() };
                    map.insert(name.into_owned(), value);
                }
                Some(Value::Object(map))
            }
            Holds::PatternProperties if at.is_object() => {
                let mut map = Map::new();
                for (pattern, value) in at.members() {
                    if super::check::is_pattern(&pattern) {
                        map.insert(pattern.into_owned(), self.schema(value, &members(values, |_| true), depth)?);
                    }
                }
                Some(Value::Object(map))
            }
            Holds::Members => match at.kind() {
                Kind::True => Some(true.into()),
                Kind::False => Some(false.into()),
                Kind::Object => Some(self.below(at, &members(values, |_| true), depth)?),
                _ => None,
            },
            Holds::Names if at.is_object() => Some(self.schema(at, &None, depth)?),
            Holds::Items if at.kind() == Kind::Array => Some(self.list(at, &elements(values), depth)?),
            Holds::Items | Holds::Elements => match at.kind() {
                Kind::Object => Some(self.below(at, &elements(values), depth)?),
                Kind::True => Some(anything()),
                Kind::False => Some(false.into()),
                _ => None,
            },
            Holds::ElementList if at.items().len() > 0 => Some(self.list(at, &elements(values), depth)?),
            Holds::Strings => self.required(schema, at),
            Holds::StringsMap if at.is_object() => Some(at.to_value()),
            Holds::Count => at.count().map(Value::from),
            Holds::Number => at.number().map(|_| at.to_value()).filter(|number| {
                number.is_number() && (name != "multipleOf" || number.as_f64().is_some_and(|number| number > 0.0))
            }),
            Holds::Exclusive => match at.kind() {
                Kind::Number | Kind::True => Some(at.to_value()),
                _ => None,
            },
            Holds::Flag => at.boolean().map(Value::Bool),
            Holds::Text => at.string().map(|text| Value::String(text.into_owned())),
            Holds::Pattern => {
                at.string().filter(|pattern| super::check::is_pattern(pattern)).map(|text| text.into_owned().into())
            }
            Holds::Type => types(at),
            Holds::Values if at.items().len() > 0 => {
                let types = Types::of(schema);
                Some(at.items().map(|value| meant(value, types)).collect())
            }
            Holds::Value => Some(meant(at, Types::of(schema))),
            _ => None,
        })
    }

    fn list(&mut self, at: At<'d>, values: &Values<'v>, depth: usize) -> Result<Value, TooLarge> {
        at.items().map(|item| self.schema(item, values, depth)).collect()
    }

    /// A schema for what is below the values; anything, where nothing is.
    fn below(&mut self, at: At<'d>, values: &Values<'v>, depth: usize) -> Result<Value, TooLarge> {
        if values.as_ref().is_some_and(Vec::is_empty) { Ok(anything()) } else { self.schema(at, values, depth) }
    }

    /// The members that have to be there in this direction.
    fn required(&self, schema: At<'d>, at: At<'d>) -> Option<Value> {
        let around = self.other_way.last();
        let goes_other_way = |name: &str| {
            let property = schema.get("properties").and_then(|properties| properties.get(name));
            property.is_some_and(|property| self.direction.excludes(property))
                || around.is_some_and(|names| names.iter().any(|known| known == name))
        };
        // Each stands once, by the rules of the language.
        let mut seen = HashSet::new();
        let names = at.items().filter_map(At::string).filter(|name| !goes_other_way(name));
        let unique: Vec<Value> =
            names.filter(|name| seen.insert(name.clone())).map(|name| name.into_owned().into()).collect();
        (!unique.is_empty()).then_some(Value::Array(unique))
    }

    /// The members of a schema and its parts that go the other way only.
    fn names_of_other_way(&self, schema: At<'d>, depth: usize, out: &mut Vec<String>) {
        let Ok(schema) = schema.resolve() else { return };
        let properties = schema.get("properties").into_iter().flat_map(At::members);
        out.extend(
            properties.filter(|(_, property)| self.direction.excludes(*property)).map(|(name, _)| name.into_owned()),
        );
        if depth < PARTS_DEPTH_MAX {
            let parts = schema.get("allOf").into_iter().flat_map(At::items);
            parts.for_each(|part| self.names_of_other_way(part, depth + 1, out));
        }
    }

    fn is_nullable(&self, at: At<'d>) -> bool {
        match self.dialect {
            Dialect::Swagger2 => at.is_nullable(),
            // It left the language with 3.1; documents still say it.
            Dialect::OpenApi30 | Dialect::OpenApi31 => at.flag("nullable"),
        }
    }
}

/// A list under `items` is `prefixItems` today, and what comes behind it `items`.
fn tuples(out: &mut Map<String, Value>) {
    let others = out.remove("additionalItems");
    if out.get("items").is_some_and(Value::is_array)
        && let Some(items) = out.remove("items")
    {
        out.entry("prefixItems").or_insert(items);
        out.extend(others.map(|others| ("items".to_owned(), others)));
    }
}

/// `exclusiveMinimum` is a number today, and was a flag; documents mix them up.
fn limits(out: &mut Map<String, Value>) {
    for (exclusive, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if out.get(exclusive).is_some_and(Value::is_boolean) {
            out.remove(exclusive);
            if let Some(limit) = out.remove(limit) {
                out.insert(exclusive.to_owned(), limit);
            }
        }
    }
}

/// Returns the schema for a value that may name its schema. `chosen` applies to its own names.
/// `rest` applies to other names, or to any other name if `rest` lists none. `plain` applies if
/// there is no name.
fn discriminated(
    discriminator: &Discriminator<'_>,
    chosen: Vec<(Vec<String>, Value)>,
    rest: Vec<(Vec<String>, Value)>,
    plain: &Value,
) -> Value {
    let member = |schema: &Value| json!({ "properties": { &discriminator.property: schema } });
    let mut all_names: Vec<String> = chosen.iter().flat_map(|(names, _)| names.clone()).collect();
    let mut all: Vec<Value> = Vec::new();
    let mut others = None;
    for (names, schema) in chosen.into_iter().chain(rest) {
        if names.is_empty() {
            others = Some(schema);
            continue;
        }
        all_names.extend(names.iter().cloned());
        all.push(json!({ "if": member(&json!({ "enum": names })), "then": schema }));
    }
    all_names.sort();
    all_names.dedup();
    let known = member(&json!({ "enum": all_names }));
    all.push(match others {
        Some(others) => json!({ "if": known, "else": others }),
        None => known,
    });
    let mut is_named = member(&json!({ "type": "string" }));
    is_named["type"] = "object".into();
    is_named["required"] = json!([discriminator.property]);
    json!({ "if": is_named, "then": { "allOf": all }, "else": plain })
}

/// Returns a listed value, as one of the types that stand beside the value.
fn meant(value: At<'_>, types: Types) -> Value {
    let text = retyped(value, types);
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| value.to_value())
}

/// A schema that asks for nothing.
fn anything() -> Value {
    json!({})
}

/// The schemas that a schema holds the same value against.
fn same_value(at: At<'_>) -> Vec<At<'_>> {
    if let Some(reference) = at.reference() {
        return reference.follow().into_iter().collect();
    }
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|name| at.get(name)).flat_map(At::items);
    let ones = ["not", "if", "then", "else"].into_iter().filter_map(|name| at.get(name));
    let maps = at.get("dependentSchemas").into_iter().flat_map(At::members).map(|(_, value)| value);
    lists.chain(ones).chain(maps).collect()
}

fn types(at: At<'_>) -> Option<Value> {
    let known = |at: At<'_>| at.string().filter(|name| TYPES.contains(&&**name)).map(|name| name.into_owned().into());
    if at.kind() != Kind::Array {
        return known(at);
    }
    let mut types: Vec<Value> = at.items().filter_map(known).collect();
    types.dedup();
    (!types.is_empty()).then_some(Value::Array(types))
}

/// Numbers that have to fit into so many bits (OpenAPI 3.1.1, "Data Type Format"): the validator knows formats of strings
/// only.
fn sized(out: &mut Map<String, Value>) {
    let bits = match out.get("format").and_then(Value::as_str) {
        Some("int32") => 32,
        Some("int64") => 64,
        _ => return,
    };
    out.insert(super::bits::KEYWORD.to_owned(), bits.into());
}

/// Lets a value be null too, whatever else is asked of it.
fn allow_null(out: &mut Map<String, Value>) {
    if let Some(Value::String(name)) = out.get("type") {
        let name = name.clone();
        out.insert("type".to_owned(), if name == "null" { name.into() } else { json!([name, "null"]) });
    }
    if let Some(Value::Array(values)) = out.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    let mut others = Map::new();
    for name in ["allOf", "anyOf", "oneOf"] {
        others.extend(out.remove(name).map(|value| (name.to_owned(), value)));
    }
    if !others.is_empty() {
        let null = json!({ "enum": [null] });
        out.insert("anyOf".to_owned(), Value::Array(vec![Value::Object(others), null]));
    }
}

fn members<'v>(values: &Values<'v>, is: impl Fn(&str) -> bool) -> Values<'v> {
    let values = values.as_ref()?;
    let objects = values.iter().filter_map(|value| value.as_object());
    Some(objects.flatten().filter(|(name, _)| is(name)).map(|(_, value)| value).collect())
}

fn elements<'v>(values: &Values<'v>) -> Values<'v> {
    Some(values.as_ref()?.iter().filter_map(|value| value.as_array()).flatten().collect())
}
