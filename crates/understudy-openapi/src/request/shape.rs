//! What texts are to be read as: a query says `7`, and only the schema says whether that is a number.

use super::xml::Xml;
use crate::document::{At, Kind};
use serde_json::Value;

/// How deep shapes are looked at: deeper than any way of writing values in a URL or form goes.
const DEPTH_MAX: usize = 8;

/// How many schemas are looked at for one value: what is beyond is taken as it comes.
const SCHEMAS_MAX: usize = 2_000;

/// How far a look at a schema has come.
struct Looking {
    depth: usize,
    left: usize,
}

/// Which types a value may have, and what is below it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    string: bool,
    number: bool,
    boolean: bool,
    null: bool,
    pub(crate) array: bool,
    pub(crate) object: bool,
    pub(super) items: Option<Box<Shape>>,
    pub(crate) properties: Vec<(String, Shape)>,
    others: Option<Box<Shape>>,
    /// The place in XML.
    pub(super) xml: Xml,
    /// True if the schema goes on, and was not looked at further.
    pub(super) is_cut: bool,
}

impl Shape {
    pub(crate) fn of(schema: Option<At<'_>>) -> Self {
        schema.map_or_else(Self::anything, |schema| Self::below(schema, &mut Looking { depth: 0, left: SCHEMAS_MAX }))
    }

    pub(super) fn anything() -> Self {
        Self { string: true, number: true, boolean: true, null: true, array: true, object: true, ..Self::default() }
    }

    fn below(schema: At<'_>, looking: &mut Looking) -> Self {
        let Ok(schema) = schema.resolve() else { return Self::anything() };
        if looking.depth >= DEPTH_MAX || looking.left == 0 {
            return Self { is_cut: true, ..Self::anything() };
        }
        looking.left -= 1;
        looking.depth += 1;
        let shape = Self::whole(schema, looking);
        looking.depth -= 1;
        shape
    }

    fn whole(schema: At<'_>, looking: &mut Looking) -> Self {
        let mut shape = Self::own(schema, looking);
        for part in schema.get("allOf").into_iter().flat_map(At::items) {
            shape = shape.and(Self::below(part, looking));
        }
        for union in ["oneOf", "anyOf"] {
            let alternatives = schema.get(union).into_iter().flat_map(At::items);
            if let Some(all) = alternatives.map(|schema| Self::below(schema, looking)).reduce(Self::or) {
                shape = shape.and(all);
            }
        }
        shape
    }

    fn own(schema: At<'_>, looking: &mut Looking) -> Self {
        let mut shape = Self::default();
        let types = schema.get("type");
        let named =
            types.and_then(At::string).into_iter().chain(types.into_iter().flat_map(At::items).filter_map(At::string));
        let mut is_typed = false;
        for name in named {
            is_typed = true;
            match &*name {
                "string" | "file" => shape.string = true,
                "number" | "integer" => shape.number = true,
                "boolean" => shape.boolean = true,
                "array" => shape.array = true,
                "object" => shape.object = true,
                "null" => shape.null = true,
                _ => is_typed = false,
            }
        }
        if !is_typed {
            shape = Self::anything();
            // Lists and objects say so, in one way or another.
            if schema.get("properties").is_some() {
                shape.array = false;
            }
        }
        shape.null |= schema.is_nullable();
        let items = schema.get("items").filter(|items| items.kind() == Kind::Object);
        shape.items = items.map(|items| Box::new(Self::below(items, looking)));
        let properties = schema.get("properties").into_iter().flat_map(At::members);
        shape.properties = properties.map(|(name, schema)| (name.into_owned(), Self::below(schema, looking))).collect();
        if let Some(xml) = schema.get("xml") {
            let plain = |name: std::borrow::Cow<'_, str>| name.rsplit(':').next().unwrap_or_default().to_owned();
            let (is_attribute, is_wrapped) = (xml.flag("attribute"), xml.flag("wrapped"));
            shape.xml = Xml { name: xml.text("name").map(plain), is_attribute, is_wrapped };
        }
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        shape.others = others.map(|others| Box::new(Self::below(others, looking)));
        shape
    }

    fn and(mut self, other: Self) -> Self {
        self.string &= other.string;
        self.number &= other.number;
        self.boolean &= other.boolean;
        self.null &= other.null;
        self.array &= other.array;
        self.object &= other.object;
        self.with_parts(other)
    }

    fn or(mut self, other: Self) -> Self {
        self.string |= other.string;
        self.number |= other.number;
        self.boolean |= other.boolean;
        self.null |= other.null;
        self.array |= other.array;
        self.object |= other.object;
        self.with_parts(other)
    }

    fn with_parts(mut self, other: Self) -> Self {
        self.items = self.items.or(other.items);
        self.others = self.others.or(other.others);
        self.is_cut |= other.is_cut;
        if self.xml.name.is_none() {
            self.xml = other.xml;
        }
        for (name, shape) in other.properties {
            if !self.properties.iter().any(|(known, _)| *known == name) {
                self.properties.push((name, shape));
            }
        }
        self
    }

    /// Whether a value is written as one text.
    pub(crate) fn is_scalar(&self) -> bool {
        self.string || self.number || self.boolean
    }

    pub(crate) fn item(&self) -> Self {
        self.items.as_deref().cloned().unwrap_or_else(Self::anything)
    }

    /// The shape of members that are not named.
    pub(super) fn others(&self) -> Option<&Self> {
        self.others.as_deref()
    }

    pub(crate) fn property(&self, name: &str) -> Self {
        let named = self.properties.iter().find(|(known, _)| known == name).map(|(_, shape)| shape);
        named.or(self.others.as_deref()).cloned().unwrap_or_else(Self::anything)
    }

    /// A text as a value. Where several types fit, a text stays one: the schema says what else is asked.
    pub(crate) fn scalar(&self, text: &str) -> Value {
        let number = || serde_json::from_str(text).ok().filter(Value::is_number);
        let boolean = || match text {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        };
        if self.string && !(self.number && self.boolean) {
            return Value::String(text.to_owned());
        }
        let read = None
            .or_else(|| if self.number { number() } else { None })
            .or_else(|| if self.boolean { boolean() } else { None })
            .or_else(|| (self.null && matches!(text, "" | "null")).then_some(Value::Null));
        read.unwrap_or_else(|| Value::String(text.to_owned()))
    }
}

/// The other values that the text of a value could be.
pub(super) fn other_readings(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            let read = serde_json::from_str(text).ok();
            read.filter(|value: &Value| value.is_number() || value.is_boolean()).into_iter().collect()
        }
        Value::Number(_) | Value::Bool(_) => vec![Value::String(value.to_string())],
        _ => Vec::new(),
    }
}
