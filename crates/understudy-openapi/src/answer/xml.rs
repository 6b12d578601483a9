//! A value as XML, with the names that its schema gives it (OpenAPI 3.1.1, "XML Object").

use crate::document::At;
use std::fmt::Write;
use understudy_exchange::Json;

/// How deep elements may nest.
const DEPTH_MAX: usize = 64;

/// How deep the parts of a schema are looked at.
const PARTS_DEPTH_MAX: usize = 8;

/// A document whose only element is the value.
pub(super) fn write(value: &Json, schema: Option<At<'_>>) -> String {
    let name = schema.and_then(|schema| own_name(schema).or_else(|| reference_name(schema)));
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let name = name.unwrap_or_else(|| "root".to_owned());
    match value {
        Json::Array(values) => {
            let _ = write!(out, "<{name}>");
            let item = schema.and_then(items);
            let item_name = item
                .and_then(|item| own_name(item).or_else(|| reference_name(item)))
                .unwrap_or_else(|| "item".to_owned());
            values.iter().for_each(|value| element(value, &item_name, item, 1, &mut out));
            let _ = write!(out, "</{name}>");
        }
        value => element(value, &name, schema, 0, &mut out),
    }
    out
}

fn resolved(schema: At<'_>) -> At<'_> {
    schema.resolve().unwrap_or(schema)
}

fn items(schema: At<'_>) -> Option<At<'_>> {
    resolved(schema).get("items")
}

fn property<'d>(schema: At<'d>, name: &str) -> Option<At<'d>> {
    property_below(schema, name, 0)
}

fn property_below<'d>(schema: At<'d>, name: &str, depth: usize) -> Option<At<'d>> {
    if depth > PARTS_DEPTH_MAX {
        return None;
    }
    let schema = resolved(schema);
    let own = schema.get("properties").and_then(|properties| properties.get(name));
    own.or_else(|| schema.get("allOf")?.items().find_map(|part| property_below(part, name, depth + 1)))
}

fn own_name(schema: At<'_>) -> Option<String> {
    let own = |schema: At<'_>| {
        let xml = schema.get("xml")?;
        let name = xml.text("name")?;
        Some(xml.text("prefix").map_or_else(|| name.clone().into_owned(), |prefix| format!("{prefix}:{name}")))
    };
    own(schema).or_else(|| own(resolved(schema)))
}

fn reference_name(schema: At<'_>) -> Option<String> {
    Some(tag(schema.reference()?.string()?.rsplit('/').next()?))
}

fn flag(schema: At<'_>, name: &str) -> bool {
    resolved(schema).get("xml").is_some_and(|xml| xml.flag(name))
}

/// A name that an element may have.
fn tag(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':') { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_alphabetic() || c == '_') { plain } else { format!("_{plain}") }
}

fn element(value: &Json, name: &str, schema: Option<At<'_>>, depth: usize, out: &mut String) {
    if depth > DEPTH_MAX {
        return;
    }
    let name = tag(name);
    let _ = write!(out, "<{name}");
    if let Some(namespace) = schema.and_then(|schema| resolved(schema).get("xml")?.text("namespace")) {
        let prefix =
            schema.and_then(|schema| resolved(schema).get("xml")?.text("prefix")).map(|prefix| format!(":{prefix}"));
        let _ = write!(out, " xmlns{}=\"{}\"", prefix.unwrap_or_default(), escaped(&namespace));
    }
    let Json::Object(members) = value else {
        let _ = write!(out, ">{}</{name}>", escaped(&word(value)));
        return;
    };
    let of = |member: &str| schema.and_then(|schema| property(schema, member));
    let is_attribute = |member: &str| of(member).is_some_and(|schema| flag(schema, "attribute"));
    let members = || members.iter().map(|(member, value)| (member.as_str(), value));
    for (member, value) in members().filter(|(member, _)| is_attribute(member)) {
        let own = of(member).and_then(own_name).unwrap_or_else(|| member.to_owned());
        let _ = write!(out, " {}=\"{}\"", tag(&own), escaped(&word(value)));
    }
    out.push('>');
    for (member, value) in members().filter(|(member, _)| !is_attribute(member)) {
        let below = of(member);
        let own = below.and_then(own_name).unwrap_or_else(|| member.to_owned());
        let Json::Array(values) = value else {
            element(value, &own, below, depth + 1, out);
            continue;
        };
        let item = below.and_then(items);
        let is_wrapped = below.is_some_and(|schema| flag(schema, "wrapped"));
        let item_name = item.and_then(own_name).unwrap_or_else(|| own.clone());
        if is_wrapped {
            let _ = write!(out, "<{}>", tag(&own));
        }
        values.iter().for_each(|value| element(value, &item_name, item, depth + 1, out));
        if is_wrapped {
            let _ = write!(out, "</{}>", tag(&own));
        }
    }
    let _ = write!(out, "</{name}>");
}

fn word(value: &Json) -> String {
    match value {
        Json::String(text) => text.as_str().to_owned(),
        Json::Null => String::new(),
        value => value.to_string(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
