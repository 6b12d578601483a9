//! All that is asked of one value, from every schema that it has to obey at once.

use super::discriminator::{Discriminator, Named};
use crate::document::{At, Kind, Node};
use std::borrow::Cow;
use std::collections::HashSet;
use understudy_exchange::Json;

/// A set of types. Numbers that are whole and those that are not are two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const STRING: Self = Self(1);
    pub(crate) const FRACTION: Self = Self(2);
    pub(crate) const INTEGER: Self = Self(4);
    pub(crate) const NUMBER: Self = Self(2 | 4);
    pub(crate) const BOOLEAN: Self = Self(8);
    pub(crate) const ARRAY: Self = Self(16);
    pub(crate) const OBJECT: Self = Self(32);
    pub(crate) const NULL: Self = Self(64);
    pub(crate) const ALL: Self = Self(127);
    const NONE: Self = Self(0);

    fn named(name: &str) -> Self {
        match name {
            "string" => Self::STRING,
            "number" => Self::NUMBER,
            "integer" => Self::INTEGER,
            "boolean" => Self::BOOLEAN,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            "null" => Self::NULL,
            // What is no type says nothing.
            _ => Self::ALL,
        }
    }

    /// What `type` says; all where it says nothing.
    pub(crate) fn of(schema: At<'_>) -> Self {
        let Some(at) = schema.get("type") else { return Self::ALL };
        if let Some(name) = at.string() {
            return Self::named(&name);
        }
        let all = at.items().filter_map(At::string).fold(Self::NONE, |all, name| Self(all.0 | Self::named(&name).0));
        if all == Self::NONE { Self::ALL } else { all }
    }

    fn of_value(at: At<'_>) -> Self {
        match at.kind() {
            Kind::Null => Self::NULL,
            Kind::True | Kind::False => Self::BOOLEAN,
            Kind::Number if at.number().is_some_and(is_whole) => Self::INTEGER,
            Kind::Number => Self::FRACTION,
            Kind::Plain | Kind::Escaped => Self::STRING,
            Kind::Array => Self::ARRAY,
            Kind::Object => Self::OBJECT,
        }
    }

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// `string or integer`.
    pub(crate) fn in_words(self) -> String {
        if self == Self::ALL {
            return "anything".to_owned();
        }
        let number = if self.has(Self::FRACTION) { (Self::NUMBER, "number") } else { (Self::INTEGER, "integer") };
        let names = [
            (Self::STRING, "string"),
            number,
            (Self::BOOLEAN, "boolean"),
            (Self::ARRAY, "array"),
            (Self::OBJECT, "object"),
            (Self::NULL, "null"),
        ];
        let names: Vec<&str> = names.iter().filter(|(types, _)| self.has(*types)).map(|(_, name)| *name).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(" or ") }
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether a value is of one of these types.
    pub(crate) fn take(self, value: At<'_>) -> bool {
        self.has(Self::of_value(value))
    }

    /// Whether a value that no document holds is of one of these types.
    pub(crate) fn take_json(self, value: &Json) -> bool {
        self.has(match value {
            Json::Number(number) if !number.is_integer() => Self::FRACTION,
            Json::Number(_) => Self::INTEGER,
            value => Self::named(value.type_name()),
        })
    }
}

fn is_whole(number: &str) -> bool {
    understudy_exchange::Number::parse(number).is_some_and(|number| number.is_integer())
}

/// A limit of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit {
    pub(crate) number: f64,
    /// Whether the limit itself is too much.
    pub(crate) is_open: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Facets<'d> {
    pub(crate) types: Types,
    /// The values that there are, each with all the others' leave.
    pub(crate) values: Option<Vec<At<'d>>>,
    /// Members, each with every schema that it has to obey.
    pub(crate) properties: Vec<(Cow<'d, str>, Vec<At<'d>>)>,
    pub(crate) required: Vec<Cow<'d, str>>,
    /// Schemas of members that are not named.
    pub(crate) others: Vec<At<'d>>,
    /// Whether there are only members that are named.
    pub(crate) is_closed: bool,
    pub(crate) by_pattern: Vec<(Cow<'d, str>, At<'d>)>,
    pub(crate) members: (u64, u64),
    pub(crate) items: Vec<At<'d>>,
    pub(crate) tuple: Vec<At<'d>>,
    pub(crate) contains: Option<At<'d>>,
    pub(crate) elements: (u64, u64),
    pub(crate) is_unique: bool,
    pub(crate) characters: (u64, u64),
    pub(crate) patterns: Vec<Cow<'d, str>>,
    pub(crate) format: Option<Cow<'d, str>>,
    pub(crate) least: Option<Limit>,
    pub(crate) most: Option<Limit>,
    pub(crate) multiple_of: Option<f64>,
    /// Values that the schema shows.
    pub(crate) examples: Vec<At<'d>>,
    /// Members of alternatives of which only one may be met: of those that were not taken.
    pub(crate) apart: Vec<Cow<'d, str>>,
    /// Members that say which schema of several it is, with the name of this one.
    pub(crate) told: Vec<(String, String)>,
    /// The schemas that were met, this value's own.
    pub(crate) met: Vec<Node>,
    /// Alternatives that were not taken; a single one beside null always is.
    pub(crate) unions: Vec<Vec<At<'d>>>,
    /// Whether more is asked for under conditions.
    pub(crate) is_conditional: bool,
    /// Whether null is one of the alternatives.
    pub(crate) takes_null: bool,
}

/// How many members are made that have to be there: with one more, no value is.
pub(crate) const REQUIRED_MAX: usize = 1_000;

/// How many alternatives are taken from the start, before others are from the end.
const FIRST_TAKEN: usize = 4;

/// How many schemas may refer to each other about one value.
const CHAIN_MAX: usize = 64;

/// How alternatives are taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taking<'a> {
    /// Which of the alternatives, from the first that can be taken; where none is, they are listed.
    pub(crate) nth: Option<usize>,
    /// Schemas that are being made already: others come first.
    pub(crate) open: &'a [Node],
    pub(crate) is_modern: bool,
}

impl<'d> Facets<'d> {
    pub(crate) fn of(schemas: &[At<'d>], taking: Taking<'_>) -> Self {
        let mut facets = Self {
            types: Types::ALL,
            values: None,
            properties: Vec::new(),
            required: Vec::new(),
            others: Vec::new(),
            is_closed: false,
            by_pattern: Vec::new(),
            members: (0, u64::MAX),
            items: Vec::new(),
            tuple: Vec::new(),
            contains: None,
            elements: (0, u64::MAX),
            is_unique: false,
            characters: (0, u64::MAX),
            patterns: Vec::new(),
            format: None,
            least: None,
            most: None,
            multiple_of: None,
            examples: Vec::new(),
            apart: Vec::new(),
            told: Vec::new(),
            met: Vec::new(),
            unions: Vec::new(),
            is_conditional: false,
            takes_null: false,
        };
        for schema in schemas {
            facets.gather(*schema, taking, 0);
        }
        facets
    }

    /// The types that are meant: where none is said, what is said of members or elements says it.
    pub(crate) fn implied_types(&self) -> Types {
        match self.types {
            Types::ALL if !self.properties.is_empty() || !self.required.is_empty() => Types::OBJECT,
            Types::ALL if !self.items.is_empty() => Types::ARRAY,
            Types::ALL => match &self.values {
                Some(values) => values.iter().fold(Types::NONE, |all, value| all.or(Types::of_value(*value))),
                None => Types::ALL,
            },
            types => types,
        }
    }

    fn gather(&mut self, at: At<'d>, taking: Taking<'_>, depth: usize) {
        let depth = depth + 1;
        if depth > CHAIN_MAX {
            return;
        }
        if !at.is_object() {
            if at.kind() == Kind::False {
                self.types = Types::NONE;
            }
            return;
        }
        if self.met.contains(&at.node) {
            return;
        }
        self.met.push(at.node);
        if let Some(reference) = at.reference() {
            if let Ok(target) = reference.follow() {
                self.gather(target, taking, depth);
            }
            if !taking.is_modern {
                return;
            }
        }
        self.own(at, taking.is_modern);
        self.tell(at, taking, depth);
        for part in at.get("allOf").into_iter().flat_map(At::items) {
            self.gather(part, taking, depth);
        }
        for union in ["oneOf", "anyOf"] {
            if let Some(alternatives) = at.get(union) {
                self.gather_one_of(at, union, alternatives, taking, depth);
            }
        }
        if at.is_nullable() {
            return;
        }
        self.is_conditional |= taking.is_modern && at.get("if").is_some();
        // Whether what is asked for under a condition is asked for, a value shows only once it is made.
        let Some(nth) = taking.nth else { return };
        let branch = if nth.is_multiple_of(2) { "then" } else { "else" };
        if let Some(branch) = at.get(branch).filter(|_| taking.is_modern) {
            self.gather(branch, taking, depth);
        }
    }

    fn gather_one_of(&mut self, at: At<'d>, union: &str, alternatives: At<'d>, taking: Taking<'_>, depth: usize) {
        if let Some(nth) = taking.nth {
            if let Some(chosen) = self.choose(at, alternatives, taking.open, nth) {
                if union == "oneOf" {
                    let others = alternatives.items().filter(|other| other.node != chosen.node);
                    self.apart.extend(others.filter_map(|other| own_member(other, chosen)));
                }
                self.gather(chosen, taking, depth);
            }
            return;
        }
        let is_null = |schema: &At<'_>| schema.resolve().is_ok_and(|schema| Types::of(schema) == Types::NULL);
        let (nulls, others): (Vec<At<'d>>, Vec<At<'d>>) = alternatives.items().partition(is_null);
        self.takes_null |= !nulls.is_empty();
        // Several types are one list of types.
        let type_alone = |schema: &At<'d>| {
            let schema = schema.resolve().ok()?;
            let is_bare = schema.members().all(|(name, _)| matches!(&*name, "type" | "title" | "description"));
            Some(Types::of(schema)).filter(|types| is_bare && *types != Types::ALL)
        };
        match others.as_slice() {
            [] => {}
            [only] => self.gather(*only, taking, depth),
            several if several.iter().all(|schema| type_alone(schema).is_some()) => {
                let types = several.iter().filter_map(type_alone).fold(Types::NONE, Types::or);
                self.types = self.types.and(types);
            }
            _ => self.unions.push(others),
        }
    }

    /// One of the alternatives: one that fits what is known already, and that does not go round in circles.
    fn choose(&mut self, at: At<'d>, alternatives: At<'d>, open: &[Node], nth: usize) -> Option<At<'d>> {
        let (types, known) = (self.types, self.values.clone());
        let target = |schema: At<'d>| schema.resolve().unwrap_or(schema);
        let fits = |schema: &At<'d>| {
            let own = Types::of(target(*schema)).and(types);
            own.without(Types::NULL).has(Types::ALL) && may_meet(target(*schema), known.as_deref())
        };
        let is_new = |schema: &At<'d>| !open.contains(&target(*schema).node);
        let all: Vec<At<'d>> = alternatives.items().collect();
        let fitting: Vec<At<'d>> = all.iter().copied().filter(fits).collect();
        let fitting = if fitting.is_empty() { all } else { fitting };
        let mut new: Vec<At<'d>> = fitting.iter().copied().filter(is_new).collect();
        if new.is_empty() {
            new = fitting;
        }
        // The first ones, and then the last ones: those that end what comes back to itself often stand there.
        let place = nth % new.len().max(1);
        let chosen =
            *new.get(if nth < FIRST_TAKEN { place } else { new.len().checked_sub(place % FIRST_TAKEN + 1)? })?;
        let discriminator = Discriminator::of_alternatives(at, alternatives);
        let named = discriminator.iter().flat_map(|discriminator| discriminator.named(alternatives));
        if let Some(name) =
            named.filter(|(schema, _)| schema.node == chosen.node).find_map(|(_, names)| names.into_iter().next())
        {
            self.told.extend(discriminator.map(|discriminator| (discriminator.property, name)));
        }
        Some(chosen)
    }

    /// Adds the member by which a base schema distinguishes its children. The value is the name of
    /// the child that is being generated; otherwise a child is selected.
    fn tell(&mut self, at: At<'d>, taking: Taking<'_>, depth: usize) {
        if at.get("oneOf").is_some() || at.get("anyOf").is_some() {
            return;
        }
        let Some(discriminator) = Discriminator::of(at) else { return };
        if self.told.iter().any(|(known, _)| *known == discriminator.property) {
            return;
        }
        let children = discriminator.children(at);
        let is_met = |child: &&Named<'d>| self.met.contains(&child.0.node);
        let is_new = |child: &&Named<'d>| !taking.open.contains(&child.0.node);
        let child = children.iter().find(is_met).or_else(|| {
            let nth = taking.nth?;
            let new: Vec<&Named<'d>> = children.iter().filter(is_new).collect();
            new.get(nth % new.len().max(1)).copied()
        });
        let name = match child {
            Some((_, names)) => names.first().cloned(),
            None => discriminator.names(at).into_iter().next(),
        };
        self.told.extend(name.map(|name| (discriminator.property, name)));
        if let Some((child, _)) = child.filter(|_| taking.nth.is_some()) {
            self.gather(*child, taking, depth);
        }
    }

    fn own(&mut self, at: At<'d>, is_modern: bool) {
        let mut types = Types::of(at);
        if at.is_nullable() && types != Types::ALL {
            types = Types(types.0 | Types::NULL.0);
        }
        self.types = self.types.and(types);
        let constant = at.get("const").filter(|_| is_modern);
        if constant.is_some() || at.get("enum").is_some_and(|values| values.items().len() > 0) {
            let own: Vec<At<'d>> = match constant {
                Some(value) => vec![value],
                None => at.get("enum").into_iter().flat_map(At::items).collect(),
            };
            let own = match self.values.take() {
                Some(known) => {
                    let own: HashSet<String> = own.iter().map(|value| value.to_json()).collect();
                    known.into_iter().filter(|value| own.contains(&value.to_json())).collect()
                }
                None => own,
            };
            self.values = Some(own);
        }
        self.own_object(at);
        self.own_array(at, is_modern);
        self.own_scalar(at);
        self.examples.extend(at.get("example"));
        self.examples.extend(
            at.get("examples").filter(|examples| examples.kind() == Kind::Array).into_iter().flat_map(At::items),
        );
        self.examples.extend(at.get("x-example"));
        self.examples.extend(at.get("default"));
    }

    fn own_object(&mut self, at: At<'d>) {
        for (name, schema) in at.get("properties").into_iter().flat_map(At::members) {
            match self.properties.iter_mut().find(|(known, _)| *known == name) {
                Some((_, schemas)) => schemas.push(schema),
                None => self.properties.push((name, vec![schema])),
            }
        }
        for name in at.get("required").into_iter().flat_map(At::items).filter_map(At::string) {
            if self.required.len() <= REQUIRED_MAX && !self.required.contains(&name) {
                self.required.push(name);
            }
        }
        for name in ["additionalProperties", "unevaluatedProperties"] {
            match at.get(name) {
                Some(schema) if schema.kind() == Kind::False => self.is_closed = true,
                Some(schema) if schema.is_object() => self.others.push(schema),
                _ => {}
            }
        }
        self.by_pattern.extend(at.get("patternProperties").into_iter().flat_map(At::members));
        self.members = narrowed(self.members, at, "minProperties", "maxProperties");
    }

    fn own_array(&mut self, at: At<'d>, is_modern: bool) {
        let items = at.get("items");
        match items {
            Some(items) if items.kind() == Kind::Array => self.tuple = items.items().collect(),
            Some(items) => self.items.push(items),
            None => {}
        }
        if let Some(tuple) = at.get("prefixItems").filter(|_| is_modern) {
            self.tuple = tuple.items().collect();
        }
        self.contains = self.contains.or_else(|| at.get("contains").filter(|_| is_modern));
        self.is_unique |= at.flag("uniqueItems");
        self.elements = narrowed(self.elements, at, "minItems", "maxItems");
    }

    fn own_scalar(&mut self, at: At<'d>) {
        self.characters = narrowed(self.characters, at, "minLength", "maxLength");
        self.patterns.extend(at.text("pattern"));
        self.format = self.format.take().or_else(|| at.text("format"));
        let number = |name: &str| at.get(name).and_then(At::number).and_then(|text| text.parse::<f64>().ok());
        let limit = |name: &str, exclusive: &str| match number(exclusive) {
            Some(number) => Some(Limit { number, is_open: true }),
            None => number(name).map(|number| Limit { number, is_open: at.flag(exclusive) }),
        };
        if let Some(limit) = limit("minimum", "exclusiveMinimum")
            && self.least.is_none_or(|known| known.number <= limit.number)
        {
            self.least = Some(limit);
        }
        if let Some(limit) = limit("maximum", "exclusiveMaximum")
            && self.most.is_none_or(|known| known.number >= limit.number)
        {
            self.most = Some(limit);
        }
        self.multiple_of = number("multipleOf").filter(|number| *number > 0.0).or(self.multiple_of);
    }
}

/// Whether one of the values that are known can be one of a schema's.
fn may_meet(schema: At<'_>, known: Option<&[At<'_>]>) -> bool {
    let Some(known) = known else { return true };
    let own: HashSet<String> = match (schema.get("const"), schema.get("enum")) {
        (Some(value), _) => HashSet::from([value.to_json()]),
        (None, Some(values)) => values.items().map(At::to_json).collect(),
        (None, None) => return true,
    };
    known.iter().any(|value| own.contains(&value.to_json()))
}

/// A member that one alternative describes and the other does not, and that must not be null.
fn own_member<'d>(one: At<'d>, other: At<'d>) -> Option<Cow<'d, str>> {
    fn members<'d>(schema: At<'d>, depth: usize, out: &mut Vec<(Cow<'d, str>, At<'d>)>) {
        let schema = schema.resolve().unwrap_or(schema);
        out.extend(schema.get("properties").into_iter().flat_map(At::members));
        if depth < PARTS_DEPTH_MAX {
            schema.get("allOf").into_iter().flat_map(At::items).for_each(|part| members(part, depth + 1, out));
        }
    }
    let (mut own, mut others) = (Vec::new(), Vec::new());
    members(one, 0, &mut own);
    members(other, 0, &mut others);
    let is_own = |name: &str| !others.iter().any(|(known, _)| known == name);
    own.into_iter()
        .filter(|(_, schema)| {
            let schema = schema.resolve().unwrap_or(*schema);
            let types = Types::of(schema);
            types != Types::ALL && !types.has(Types::NULL) && !schema.is_nullable()
        })
        .find_map(|(name, _)| is_own(&name).then_some(name))
}

/// How deep the parts of alternatives are looked at.
const PARTS_DEPTH_MAX: usize = 4;

fn narrowed((least, most): (u64, u64), at: At<'_>, min: &str, max: &str) -> (u64, u64) {
    let number = |name: &str| at.get(name).and_then(At::count);
    (number(min).map_or(least, |number| number.max(least)), number(max).map_or(most, |number| number.min(most)))
}
