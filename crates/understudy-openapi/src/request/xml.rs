//! XML bodies as values, by the names that the schema gives to elements and attributes (OpenAPI 3.1.1, "XML Object").
//!
//! Namespaces and prefixes are not compared: documents seldom describe them as clients send them.

use super::shape::Shape;
use serde_json::{Map, Value};
use understudy_exchange::xml::Element;

/// The place and form of a member's value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Xml {
    /// The name that the schema gives, without a prefix.
    pub(super) name: Option<String>,
    pub(super) is_attribute: bool,
    pub(super) is_wrapped: bool,
}

/// Returns the value that an element stands for. Returns `None` if the shape does not say enough about it: then nothing
/// can be said of the value either.
pub(super) fn read(element: &Element, shape: &Shape) -> Option<Value> {
    if shape.is_cut {
        return None;
    }
    let has_elements = element.elements().next().is_some();
    if shape.array && !shape.object {
        let item = shape.items.as_deref();
        return element
            .elements()
            .map(|element| read_below(element, item))
            .collect::<Option<Vec<_>>>()
            .map(Value::Array);
    }
    if !shape.object || (shape.is_scalar() && !has_elements) {
        // A text that is written as elements is a document of its own.
        return (!has_elements).then(|| shape.scalar(&element.text()));
    }
    let mut members = Map::new();
    for (name, below) in &shape.properties {
        let value = match Place::of(name, below) {
            Place::Attribute(name) => attribute(element, &name).map(|text| below.scalar(text)),
            Place::Element(name) => match named(element, &name).next() {
                Some(element) => Some(read(element, below)?),
                None => None,
            },
            Place::Elements(names) => {
                let elements = element.elements().filter(|element| names.contains(&element.name.local));
                let values =
                    elements.map(|element| read_below(element, below.items.as_deref())).collect::<Option<Vec<_>>>()?;
                (!values.is_empty()).then_some(Value::Array(values))
            }
        };
        members.extend(value.map(|value| (name.clone(), value)));
    }
    let known: Vec<Place> = shape.properties.iter().map(|(name, below)| Place::of(name, below)).collect();
    for other in element.elements().filter(|element| !known.iter().any(|place| place.has(&element.name.local))) {
        members.insert(other.name.local.clone(), read_below(other, shape.others())?);
    }
    Some(Value::Object(members))
}

fn read_below(element: &Element, shape: Option<&Shape>) -> Option<Value> {
    read(element, shape.unwrap_or(&Shape::anything()))
}

/// The place of a member in an element.
enum Place {
    Attribute(String),
    /// One element, which for a wrapped list holds its elements.
    Element(String),
    /// An element of one of these names for each element of a list. Clients use the name of the list too.
    Elements([String; 2]),
}

impl Place {
    fn of(member: &str, shape: &Shape) -> Self {
        let own = shape.xml.name.clone().unwrap_or_else(|| member.to_owned());
        match (&shape.xml, shape.array && !shape.object) {
            (Xml { is_attribute: true, .. }, _) => Self::Attribute(own),
            (Xml { is_wrapped: false, .. }, true) => {
                let item = shape.items.as_ref().and_then(|items| items.xml.name.clone());
                Self::Elements([item.unwrap_or_else(|| own.clone()), own])
            }
            _ => Self::Element(own),
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::Attribute(_) => false,
            Self::Element(own) => own == name,
            Self::Elements(names) => names.iter().any(|own| own == name),
        }
    }
}

fn named<'e>(element: &'e Element, name: &str) -> impl Iterator<Item = &'e Element> {
    element.elements().filter(move |element| element.name.local == name)
}

fn attribute<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    element.attributes.iter().find(|(known, _)| known.local == name).map(|(_, text)| text.as_str())
}
