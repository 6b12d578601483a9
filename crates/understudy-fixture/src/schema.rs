//! JSON Schema (2020-12) of the file formats, for editors: made from [`crate::grammar`], which reading uses
//! too, so that the two cannot disagree about a key.

use crate::grammar::{self, Object, Shape};
use std::collections::BTreeMap;
use understudy_exchange::{Json, JsonString};

/// The schema of a fixture file.
#[must_use]
pub fn fixture_schema() -> Json {
    document("Understudy fixture", &grammar::FIXTURE, &["request", "response"])
}

/// The schema of `understudy.yaml`.
#[must_use]
pub fn project_schema() -> Json {
    document("Understudy project", &grammar::PROJECT, &["version", "services"])
}

fn document(title: &str, root: &'static Object, required: &[&str]) -> Json {
    let mut definitions = Definitions::default();
    definitions.add(root);
    let defs = definitions.0.into_values().flatten().map(|(name, schema)| (JsonString::new(name), schema));
    object([
        ("$schema", text("https://json-schema.org/draft/2020-12/schema")),
        ("title", text(title)),
        ("$ref", reference(root)),
        ("required", Json::Array(required.iter().map(|name| text(name)).collect())),
        ("$defs", Json::Object(defs.collect())),
    ])
}

/// The maps that are in use, by name; `None` while one is being made, for those that hold themselves.
#[derive(Default)]
struct Definitions(BTreeMap<&'static str, Option<(String, Json)>>);

impl Definitions {
    fn add(&mut self, map: &'static Object) {
        if self.0.contains_key(map.name) {
            return;
        }
        self.0.insert(map.name, None);
        let mut properties = Vec::new();
        for key in map.keys {
            let mut schema = self.shape(&key.shape);
            if let Json::Object(members) = &mut schema {
                members.insert(0, (JsonString::new("description"), text(key.doc)));
            }
            properties.push((JsonString::new(key.name), schema));
        }
        let schema = object([
            ("type", text("object")),
            ("additionalProperties", Json::Bool(false)),
            ("properties", Json::Object(properties)),
        ]);
        self.0.insert(map.name, Some((definition_name(map), schema)));
    }

    fn shape(&mut self, shape: &'static Shape) -> Json {
        match shape {
            Shape::Text => types(&["string", "number", "boolean", "null"]),
            Shape::Whole(least, greatest) => {
                object([("type", text("integer")), ("minimum", number(*least)), ("maximum", number(*greatest))])
            }
            Shape::Flag => object([("type", text("boolean"))]),
            Shape::Duration => object([("type", text("string")), ("pattern", text("^[0-9]+(\\.[0-9]+)?(ms|s|m)$"))]),
            Shape::Json => object([]),
            Shape::Words(words) => object([("enum", Json::Array(words.iter().map(|word| text(word)).collect()))]),
            Shape::Object(map) => {
                self.add(map);
                object([("$ref", reference(map))])
            }
            Shape::MapOf(value) => {
                let value = self.shape(value);
                object([("type", text("object")), ("additionalProperties", value)])
            }
            Shape::ListOf(item) => {
                let item = self.shape(item);
                object([("type", text("array")), ("items", item)])
            }
            Shape::AnyOf(shapes) => {
                let any = shapes.iter().map(|shape| self.shape(shape)).collect();
                object([("anyOf", Json::Array(any))])
            }
            Shape::Rule => {
                self.add(&grammar::RULE);
                let words = grammar::RULE_WORDS.iter().map(|word| text(word)).chain([Json::Null]);
                let word = object([("enum", Json::Array(words.collect()))]);
                object([("anyOf", Json::Array(vec![word, object([("$ref", reference(&grammar::RULE))])]))])
            }
        }
    }
}

/// "a request body" as `request-body`.
fn definition_name(map: &Object) -> String {
    map.name.trim_start_matches("a ").replace("'s", "").replace(' ', "-").to_lowercase()
}

fn reference(map: &Object) -> Json {
    text(&format!("#/$defs/{}", definition_name(map)))
}

fn types(names: &[&str]) -> Json {
    object([("type", Json::Array(names.iter().map(|name| text(name)).collect()))])
}

fn text(text: &str) -> Json {
    Json::string(text)
}

fn number(value: i64) -> Json {
    Json::Number(value.into())
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (JsonString::new(name), value)).collect())
}
