//! Values that a schema allows: small, plausible, the same for the same request.
//!
//! A value is made along its schema, guessing where the schema leaves a choice (`attempts`), and then held against the
//! schema by the validator, which knows nothing of how it was made.

mod attempts;
mod pattern;
mod scalar;
mod slot;
mod template;
mod words;

pub(crate) use attempts::make;
pub(crate) use template::{Seed, Template, hash};

use crate::document::{At, Kind, Node, escaped, quoted};
use crate::model::Dialect;
use crate::schema::{Direction, Facets, REQUIRED_MAX, Taking, TextCheck, Types, retyped};
use attempts::{Attempt, Examples};
use slot::Slot;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use template::Identity;
use understudy_match::Chance;

/// How deep a value may nest.
const DEPTH_MAX: usize = 24;
/// Deeper than this only what has to be there is.
const OPTIONAL_DEPTH_MAX: usize = 5;
/// A body that is larger than this gets only what has to be there.
const BYTES_WANTED_MAX: usize = 32 << 10;
/// A body that is larger than this is not made.
const BYTES_MAX: usize = 1 << 20;
/// How many elements a list has whose schema asks for more than can be shown.
const ELEMENTS_MAX: u64 = 1_000;

/// What a value is made for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) direction: Direction,
    /// The names of the path's parameters.
    pub(crate) parameters: &'a [String],
    /// What the path calls the thing: `pet` for `/pets/{id}`.
    pub(crate) thing: &'a str,
    /// Whether the examples of the schemas may be used.
    pub(crate) has_examples: bool,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    /// What it is called.
    name: &'a str,
    /// What the object is called that it is in.
    inside: &'a str,
    depth: usize,
    /// Whether it is in the first element of its list, or in none.
    is_first: bool,
}

/// No value can be made here.
struct Impossible;

type Result<T> = std::result::Result<T, Impossible>;

struct Maker<'a> {
    purpose: Purpose<'a>,
    attempt: Attempt,
    template: Template,
    /// The schemas of what is being made.
    open: Vec<Node>,
    /// How many lists are being made.
    list: usize,
    /// Whether an object was met that the path's parameters name.
    is_named: bool,
    /// The place of what is being made, as a JSON pointer with `*` for the elements of lists.
    path: String,
    /// The places of the members and elements that may be missing.
    optional: HashSet<String>,
    /// The places of the members and elements that are left out, because no value was found for them.
    dropped: &'a HashSet<String>,
    /// The texts that were found for patterns, by all conditions on each text.
    texts: &'a Texts,
}

/// The texts that were found for patterns: each guess would look for them anew.
type Texts = RefCell<HashMap<String, Option<String>>>;

impl Maker<'_> {
    /// Does something for a member or an element, whose step is `name`.
    fn below<T>(&mut self, step: &str, make: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(step);
        let made = make(self);
        self.path.truncate(length);
        made
    }

    /// Notes that what is being made may be missing. Returns true if it is left out.
    fn may_be_missing(&mut self) -> bool {
        let is_dropped = self.dropped.contains(&self.path);
        if !is_dropped {
            self.optional.insert(self.path.clone());
        }
        is_dropped
    }

    /// All that schemas ask for together, as this attempt takes their alternatives.
    fn facets<'d>(&self, schemas: &[At<'d>]) -> Facets<'d> {
        let is_modern = self.purpose.dialect == Dialect::OpenApi31;
        Facets::of(schemas, Taking { nth: Some(self.attempt.nth), open: &self.open, is_modern })
    }

    fn value(&mut self, schemas: &[At<'_>], place: Place<'_>) -> Result<()> {
        if place.depth > DEPTH_MAX || self.template.size() > BYTES_MAX {
            return Err(Impossible);
        }
        let facets = self.facets(schemas);
        let before = self.open.len();
        self.open.extend(&facets.met);
        let made = self.obey(&facets, place);
        self.open.truncate(before);
        made
    }

    fn obey(&mut self, facets: &Facets<'_>, place: Place<'_>) -> Result<()> {
        if let Some(example) = self.example(facets, place) {
            self.template.push(&example);
            return Ok(());
        }
        if let Some(values) = &facets.values {
            let mut taken = values.iter().filter(|value| facets.types.take(**value));
            // Null is allowed, and says little.
            let value = taken.clone().find(|value| value.kind() != Kind::Null).or_else(|| taken.next());
            // A list of texts where numbers are wanted: what is listed is what was meant.
            let meant = || values.iter().find_map(|value| retyped(*value, facets.types));
            let json = value.map(|value| value.to_json()).or_else(meant);
            let json = json.or_else(|| Some(values.first()?.to_json())).ok_or(Impossible)?;
            self.template.push(&json);
            return Ok(());
        }
        let types = facets.types;
        let has_members = !facets.properties.is_empty() || !facets.required.is_empty();
        let has_elements = !facets.items.is_empty() || !facets.tuple.is_empty();
        match types {
            _ if types.has(Types::OBJECT) && has_members => self.object(facets, place),
            _ if types.has(Types::ARRAY) && has_elements => self.array(facets, place),
            _ if types.has(Types::STRING)
                && (types != Types::ALL || facets.format.is_some() || !facets.patterns.is_empty()) =>
            {
                self.string(facets, place)
            }
            Types::ALL if facets.least.is_some() || facets.most.is_some() => self.number(facets, place),
            _ if types.has(Types::OBJECT)
                && (types != Types::ALL || !facets.others.is_empty() || facets.members.0 > 0) =>
            {
                self.object(facets, place)
            }
            Types::ALL => self.string(facets, place),
            _ if types.has(Types::FRACTION) || types.has(Types::INTEGER) => self.number(facets, place),
            _ if types.has(Types::BOOLEAN) => {
                self.template.push("true");
                Ok(())
            }
            _ if types.has(Types::ARRAY) => self.array(facets, place),
            _ if types.has(Types::NULL) => {
                self.template.push("null");
                Ok(())
            }
            _ => Err(Impossible),
        }
    }

    /// What the schema itself shows, where it can be this value. What varies between the elements of a list is made.
    fn example(&self, facets: &Facets<'_>, place: Place<'_>) -> Option<String> {
        let is_scalar = |at: At<'_>| !matches!(at.kind(), Kind::Array | Kind::Object);
        if self.attempt.examples == Examples::None || !place.is_first {
            return None;
        }
        let chosen = facets.examples.iter().copied().find(|example| {
            let is_wanted = is_scalar(*example) || self.attempt.examples == Examples::All;
            is_wanted && self.may_be(facets, *example)
        });
        if let Some(chosen) = chosen {
            return Some(chosen.to_json());
        }
        // In YAML a number without quotes is one, also where a text was meant.
        let mut examples = facets.examples.iter();
        examples.find_map(|example| retyped(*example, facets.types)).filter(|_| facets.values.is_none())
    }

    fn may_be(&self, facets: &Facets<'_>, example: At<'_>) -> bool {
        let is_listed = facets.values.as_ref().is_none_or(|values| {
            let text = example.to_json();
            values.iter().any(|value| value.to_json() == text)
        });
        let is_told = facets.told.is_empty() || !example.is_object() || {
            facets.told.iter().all(|(name, value)| example.text(name).as_deref() == Some(value))
        };
        facets.types.take(example) && is_listed && is_told
    }

    fn object(&mut self, facets: &Facets<'_>, place: Place<'_>) -> Result<()> {
        let identity = self.identity(facets, place);
        let name = identity.as_ref().map(|(name, _)| name.clone());
        let has_scope = identity.is_some();
        if let Some((_, identity)) = identity {
            self.is_named |= identity.parameter.is_some();
            self.template.enter(place.name, Some(identity));
        } else if place.depth > 0 {
            self.template.enter(place.name, None);
        }
        let made = self.members(facets, place, name.as_deref());
        if has_scope || place.depth > 0 {
            self.template.leave();
        }
        made
    }

    fn members(&mut self, facets: &Facets<'_>, place: Place<'_>, identity: Option<&str>) -> Result<()> {
        self.template.push("{");
        let mut count = 0;
        for (name, schemas) in &facets.properties {
            let goes_other_way = schemas.iter().any(|schema| self.purpose.direction.excludes(*schema));
            let is_required = facets.required.contains(name) && !goes_other_way;
            let is_told = facets.told.iter().any(|(told, _)| *told == **name);
            let is_wanted = self.attempt.has_optional
                && !goes_other_way
                && place.depth < OPTIONAL_DEPTH_MAX
                && self.template.size() < BYTES_WANTED_MAX
                && !schemas.iter().any(|schema| self.is_open(*schema))
                || (count as u64) < facets.members.0;
            if !(is_required || is_told || (is_wanted && (count as u64) < facets.members.1)) {
                continue;
            }
            if !is_required && self.below(&escaped(name), Self::may_be_missing) {
                continue;
            }
            let mark = self.template.mark();
            self.member(&mut count, name);
            let told = facets.told.iter().find(|(told, _)| *told == **name);
            let made = match (told, identity == Some(&**name)) {
                (Some((_, value)), _) if fits(schemas, value) => {
                    self.template.push(&quoted(value));
                    Ok(())
                }
                (_, true) => {
                    self.template.identity();
                    Ok(())
                }
                _ => {
                    let below = Place { name, inside: place.name, depth: place.depth + 1, is_first: place.is_first };
                    self.below(&escaped(name), |maker| maker.value(schemas, below))
                }
            };
            if made.is_err() {
                if is_required {
                    return Err(Impossible);
                }
                self.template.reset(mark);
                count -= 1;
            }
        }
        self.unnamed(facets, place, &mut count)?;
        self.template.push("}");
        Ok(())
    }

    /// Members that have to be there, or may, and that no property describes.
    fn unnamed(&mut self, facets: &Facets<'_>, place: Place<'_>, count: &mut usize) -> Result<()> {
        if facets.required.len() > REQUIRED_MAX {
            return Err(Impossible);
        }
        let named = |name: &str| facets.properties.iter().any(|(known, _)| known == name);
        for name in facets.required.iter().filter(|name| !named(name)) {
            self.member(count, name);
            let told = facets.told.iter().find(|(told, _)| *told == **name);
            if let Some((_, value)) = told {
                self.template.push(&quoted(value));
                continue;
            }
            let below = Place { name, inside: place.name, depth: place.depth + 1, is_first: place.is_first };
            self.below(&escaped(name), |maker| maker.value(&facets.others, below))?;
        }
        for (name, value) in
            facets.told.iter().filter(|(name, _)| !named(name) && !facets.required.contains(&name.as_str().into()))
        {
            if !facets.is_closed {
                self.member(count, name);
                self.template.push(&quoted(value));
            }
        }
        let has_apart = self.attempt.tells_apart && !facets.is_closed;
        let apart = facets.apart.iter().filter(|_| has_apart);
        for name in apart.filter(|name| !named(name)) {
            self.member(count, name);
            self.template.push("null");
        }
        let is_map =
            facets.properties.is_empty() && *count == 0 && !facets.others.is_empty() && self.attempt.has_optional;
        let least = facets.members.0.max(u64::from(is_map)).min(ELEMENTS_MAX);
        let mut nth = 0;
        while (*count as u64) < least {
            nth += 1;
            if nth > least * 2 {
                break;
            }
            let (name, schemas) = match facets.by_pattern.first() {
                Some((pattern, schema)) if facets.others.is_empty() => {
                    let mut chance = Chance::from_seed(nth);
                    let check = TextCheck::new(&[pattern], (1, u64::MAX), None).ok_or(Impossible)?;
                    (pattern::text(&[pattern], &check, &mut chance).ok_or(Impossible)?, vec![*schema])
                }
                _ => (
                    KEYS.get(nth as usize - 1).map_or_else(|| format!("key{nth}"), |key| (*key).to_owned()),
                    facets.others.clone(),
                ),
            };
            if named(&name) {
                continue;
            }
            let mark = self.template.mark();
            self.member(count, &name);
            let below = Place { name: &name, inside: place.name, depth: place.depth + 1, is_first: place.is_first };
            let is_open = schemas.iter().any(|schema| self.is_open(*schema));
            let is_optional = facets.members.0 == 0;
            let is_dropped = is_optional && self.below(&escaped(&name), Self::may_be_missing);
            let is_left_out = (is_open && is_optional) || is_dropped;
            if is_left_out || self.below(&escaped(&name), |maker| maker.value(&schemas, below)).is_err() {
                if facets.members.0 > 0 {
                    return Err(Impossible);
                }
                self.template.reset(mark);
                *count -= 1;
                break;
            }
        }
        Ok(())
    }

    fn member(&mut self, count: &mut usize, name: &str) {
        if *count > 0 {
            self.template.push(",");
        }
        *count += 1;
        self.template.push(&quoted(name));
        self.template.push(":");
    }

    /// Whether a schema is one of those that are being made: it would come back for ever.
    fn is_open(&self, schema: At<'_>) -> bool {
        let is_open = |schema: At<'_>| schema.resolve().is_ok_and(|target| self.open.contains(&target.node));
        let Ok(target) = schema.resolve() else { return false };
        // One schema alone under `allOf` is that schema with something said of it; a list of what is open says nothing new.
        is_open(schema)
            || target.get("items").is_some_and(is_open)
            || target.get("allOf").is_some_and(|all| all.items().any(is_open))
    }

    /// The member that tells an object from others of its kind, and its name.
    fn identity(&self, facets: &Facets<'_>, place: Place<'_>) -> Option<(String, Identity)> {
        let (is_top, is_listed) = (place.depth == 0, self.list == 1 && place.depth <= 3);
        // What is asked for may be wrapped: `{"data": {...}}`.
        let is_top = is_top || (place.depth == 1 && self.list == 0 && !self.is_named);
        let parameter = |name: &str| self.purpose.parameters.iter().position(|known| is_called(name, known));
        facets.properties.iter().find_map(|(name, schemas)| {
            let parameter = parameter(name).filter(|_| is_top && self.list == 0);
            let is_id = matches!(&**name, "id" | "_id" | "uuid") || parameter.is_some();
            let is_wanted = facets.required.contains(name) || self.attempt.has_optional;
            if !is_id || !is_wanted {
                return None;
            }
            let own = self.facets(schemas);
            if own.values.is_some() || !own.patterns.is_empty() {
                return None;
            }
            let slot = match own.types {
                types if types.has(Types::STRING) && types != Types::ALL => match own.format.as_deref() {
                    Some("uuid") => Slot::Uuid,
                    None if own.characters.0 <= 1 && own.characters.1 >= 20 => match parameter {
                        Some(_) => words::text(name, "", own.characters),
                        None => Slot::Digits,
                    },
                    _ => return None,
                },
                types if types.has(Types::INTEGER) && types != Types::ALL => scalar::integer(&own, (1, 9_999), 1)?,
                _ => return None,
            };
            // In a list, the first element has the id that is shown, and the other elements count
            // up from this id.
            let place = Place { name, is_first: place.is_first || is_listed, ..place };
            let shown = self.example(&own, place);
            Some((name.clone().into_owned(), Identity { slot, parameter, is_counted: is_listed, shown }))
        })
    }

    fn array(&mut self, facets: &Facets<'_>, place: Place<'_>) -> Result<()> {
        let (least, most) = facets.elements;
        let is_open = facets.items.iter().any(|schema| self.is_open(*schema));
        let wanted = match (self.attempt.has_optional, self.list) {
            (false, _) => 0,
            _ if is_open || place.depth >= OPTIONAL_DEPTH_MAX => 0,
            // Two elements that happen to be the same would be one too many.
            (true, 0) if place.depth <= 2 && !facets.is_unique => 2,
            (true, _) => 1,
        };
        let tuple = facets.tuple.len() as u64;
        let wanted = wanted.max(tuple.min(most)).max(u64::from(facets.contains.is_some()));
        let is_dropped = least == 0 && wanted > 0 && self.below("*", Self::may_be_missing);
        let count = if is_dropped { 0 } else { wanted.max(least).min(most) };
        if count > ELEMENTS_MAX {
            return Err(Impossible);
        }
        self.template.push("[");
        self.list += 1;
        let mut made = 0;
        for nth in 0..count {
            let mark = self.template.mark();
            if made > 0 {
                self.template.push(",");
            }
            let schemas = match facets.tuple.get(nth as usize) {
                Some(schema) => vec![*schema],
                None => facets.items.iter().copied().chain(facets.contains).collect(),
            };
            self.template.element(nth);
            let below = Place { depth: place.depth + 1, is_first: place.is_first && nth == 0, ..place };
            let result = self.below("*", |maker| match facets.is_unique && nth > 0 {
                true => maker.another(&schemas, below, nth),
                false => maker.value(&schemas, below),
            });
            self.template.leave();
            match result {
                Ok(()) => made += 1,
                Err(Impossible) if made < least => {
                    self.list -= 1;
                    return Err(Impossible);
                }
                Err(Impossible) => {
                    self.template.reset(mark);
                    break;
                }
            }
        }
        self.list -= 1;
        self.template.push("]");
        Ok(())
    }

    /// The nth element of a list without repetitions.
    fn another(&mut self, schemas: &[At<'_>], place: Place<'_>, nth: u64) -> Result<()> {
        let facets = self.facets(schemas);
        if let Some(values) = &facets.values {
            let value = values.get(nth as usize).ok_or(Impossible)?;
            self.template.push(&value.to_json());
            return Ok(());
        }
        if facets.types == Types::BOOLEAN {
            if nth > 1 {
                return Err(Impossible);
            }
            self.template.push("false");
            return Ok(());
        }
        self.value(schemas, place)
    }
}

/// Names for members of maps.
const KEYS: [&str; 4] = ["first", "second", "third", "fourth"];

/// Whether a member is what a path's parameter is called: `petId` names a pet's `petId`, and its `id`.
fn is_called(member: &str, parameter: &str) -> bool {
    let plain = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let (member, parameter) = (plain(member), plain(parameter));
    member == parameter || (member == "id" && parameter.ends_with("id"))
}

/// Whether every schema lets a value be this text.
fn fits(schemas: &[At<'_>], text: &str) -> bool {
    schemas.iter().all(|schema| {
        let schema = schema.resolve().unwrap_or(*schema);
        let values = schema.get("enum").filter(|values| values.items().len() > 0);
        values.is_none_or(|values| values.items().any(|value| value.string().as_deref() == Some(text)))
            && schema.get("const").is_none_or(|value| value.string().as_deref() == Some(text))
            && Types::of(schema).has(Types::STRING)
    })
}
