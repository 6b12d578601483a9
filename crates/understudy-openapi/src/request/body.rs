//! Request bodies held against what an operation describes.

use super::shape::Shape;
use super::{Held, Violation, style, xml};
use crate::document::{At, Documents, escaped};
use crate::model::{Content, Dialect, Parameter};
use crate::schema::{Checker, Direction};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use understudy_exchange::multipart::Part;
use understudy_exchange::xml::Element;
use understudy_exchange::{MediaType, Request, form, multipart};

/// One media type of a request's body, ready to be read.
#[derive(Debug)]
pub(crate) struct ReadyBody {
    shape: Shape,
    checker: Option<Checker>,
    /// Swagger 2.0 describes each field of a form by itself.
    fields: Vec<(Shape, Option<Checker>)>,
}

impl ReadyBody {
    pub(crate) fn new(documents: &Documents, dialect: Dialect, content: &Content) -> Self {
        let schema = content.schema.map(|schema| documents.at(schema));
        let checker = |schema: At<'_>| Checker::new(schema, dialect, Direction::Request).ok();
        // JSON says itself what its values are.
        let shape = if MediaType::parse(&content.range).is_json() { Shape::default() } else { Shape::of(schema) };
        let field = |field: &Parameter| {
            let schema = field.schema.map(|schema| documents.at(schema));
            (Shape::of(schema), schema.and_then(checker))
        };
        let fields = content.form.iter().map(field).collect();
        let checker = schema.and_then(checker);
        Self { shape, checker, fields }
    }
}

/// How well a media range takes a media type: 3 where it is that type, 0 where it does not.
pub(crate) fn takes(range: &str, essence: &str) -> u8 {
    if range == essence {
        return 3;
    }
    let is_of_kind = |kind: &str| kind == "*" || essence.split('/').next() == Some(kind);
    match range.split_once('/') {
        Some(("*", "*")) => 1,
        Some((kind, "*")) if is_of_kind(kind) => 2,
        // `application/*+json`
        Some((kind, any)) if is_of_kind(kind) && any.strip_prefix('*').is_some_and(|end| essence.ends_with(end)) => 2,
        // `text/json` and `application/json` are read alike, and so is what ends in `+json`.
        None if range == "*" => 1,
        _ if range == "application/json" && MediaType::parse(essence).is_json() => 1,
        _ => 0,
    }
}

pub(super) fn check(held: &Held<'_>, request: &Request) -> Vec<Violation> {
    let Some(body) = &held.operation.body else { return Vec::new() };
    let at = held.documents.at(body.at);
    let violation = |status: StatusCode, message: String, rule: String| Violation {
        place: super::Part::Body,
        name: String::new(),
        message,
        rule,
        status: Some(status),
    };
    if body.content.is_empty() {
        return Vec::new();
    }
    let content_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    // An empty text, and a form without fields, are bodies where the client says that there is one.
    let may_be_empty = content_type.is_some_and(|kind| {
        let kind = MediaType::parse(kind);
        !kind.is_json() && !kind.is_xml()
    });
    if request.body.is_empty() && !may_be_empty {
        let missing = || violation(StatusCode::BAD_REQUEST, "is required, and missing".to_owned(), at.pointer());
        return body.required.then(missing).into_iter().collect();
    }
    let essence = content_type.map(|value| MediaType::parse(value).essence().to_owned());
    let chosen = match &essence {
        Some(essence) => {
            let best = body
                .content
                .iter()
                .enumerate()
                .max_by_key(|(nth, content)| (takes(&content.range, essence), usize::MAX - nth));
            best.filter(|(_, content)| takes(&content.range, essence) > 0).map(|(nth, _)| nth)
        }
        // A client that says nothing means the first.
        None => Some(0),
    };
    let Some(chosen) = chosen else {
        // Only a body has a media type (RFC 9110, section 8.3); many clients name one all the same.
        if request.body.is_empty() {
            let missing = || violation(StatusCode::BAD_REQUEST, "is required, and missing".to_owned(), at.pointer());
            return body.required.then(missing).into_iter().collect();
        }
        let known: Vec<&str> = body.content.iter().map(|content| content.written.as_str()).collect();
        let message = format!("expected {}, received {}", known.join(" or "), content_type.unwrap_or("none"));
        return vec![violation(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, at.pointer())];
    };
    let (content, ready) = (&body.content[chosen], &held.bodies[chosen]);
    let kind = MediaType::parse(essence.as_deref().unwrap_or(&content.range));
    let schema = content.schema.map(|schema| held.documents.at(schema));
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let mut faults = Vec::new();
    let value = if kind.is_json() {
        match serde_json::from_slice::<Value>(&request.body) {
            Ok(value) => value,
            Err(error) => {
                let message = format!("is not JSON: {error}");
                return vec![violation(StatusCode::BAD_REQUEST, message, held.documents.at(content.at).pointer())];
            }
        }
    } else if kind.is_xml() {
        let Some(text) = understudy_exchange::xml::decode(content_type.unwrap_or(""), &request.body) else {
            return Vec::new();
        };
        match Element::parse(&text) {
            Ok(root) => match xml::read(&root, &ready.shape) {
                Some(value) => value,
                None => return Vec::new(),
            },
            Err(error) => {
                let message = format!("is not XML: line {}: {}", error.line, error.message);
                return vec![violation(StatusCode::BAD_REQUEST, message, held.documents.at(content.at).pointer())];
            }
        }
    } else {
        let pairs = match kind.essence() {
            "application/x-www-form-urlencoded" => form::parse(&request.body),
            "multipart/form-data" => match multipart::parse(content_type.unwrap_or(""), &request.body) {
                Ok(parts) => {
                    faults = encodings(held, content, &parts);
                    let text = |part: Part| (part.name, String::from_utf8_lossy(&part.content).into_owned());
                    parts.into_iter().map(text).collect()
                }
                Err(fault) => {
                    let message = format!("is not multipart/form-data: {fault}");
                    return vec![violation(StatusCode::BAD_REQUEST, message, held.documents.at(content.at).pointer())];
                }
            },
            // What else is a text or bytes: no schema says anything that could be looked for.
            _ => return Vec::new(),
        };
        let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> =
            pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        if !content.form.is_empty() {
            return fields(held, content, ready, &pairs);
        }
        from_pairs(&pairs, &ready.shape)
    };
    let broken = super::held(schema, ready.checker.as_ref(), held.dialect, &value);
    let violations = broken.into_iter().map(|broken| Violation {
        name: broken.place,
        status: (!broken.is_unchecked).then_some(unprocessable),
        ..violation(unprocessable, broken.message, broken.rule)
    });
    faults.into_iter().chain(violations).collect()
}

/// The parts that are of another media type than `encoding` says, or no JSON where it says so.
fn encodings(held: &Held<'_>, content: &Content, parts: &[Part]) -> Vec<Violation> {
    let encodings = held.documents.at(content.at).get("encoding");
    let wrong = parts.iter().filter_map(|part| {
        let at = encodings?.get(&part.name)?.get("contentType")?;
        let text = at.string()?;
        let known: Vec<&str> = text.split(',').map(str::trim).collect();
        let is_json = known.iter().all(|known| MediaType::parse(known).is_json());
        let message = match part.content_type.as_deref() {
            Some(own)
                if !known
                    .iter()
                    .any(|known| takes(MediaType::parse(known).essence(), MediaType::parse(own).essence()) > 0) =>
            {
                format!("expected {}, got {own}", known.join(" or "))
            }
            _ if is_json => format!("is not JSON: {}", serde_json::from_slice::<Value>(&part.content).err()?),
            _ => return None,
        };
        let name = format!("/{}", escaped(&part.name));
        Some(Violation {
            place: super::Part::Body,
            name,
            message,
            rule: at.pointer(),
            status: Some(StatusCode::BAD_REQUEST),
        })
    });
    wrong.collect()
}

type Pairs<'p> = Vec<(Cow<'p, str>, Cow<'p, str>)>;

/// A form as an object. A name that stands several times is a list.
fn from_pairs(pairs: &[(Cow<'_, str>, Cow<'_, str>)], shape: &Shape) -> Value {
    // By the member that they belong to: looking all of them through for each would take their product.
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<(&str, Pairs<'_>)> = Vec::new();
    for (name, value) in pairs {
        let own = name.split('[').next().unwrap_or(name);
        let is_nested = own.len() < name.len() && !shape.properties.iter().any(|(known, _)| *known == **name);
        let own = if is_nested { own } else { name };
        let place = *places.entry(own).or_insert_with(|| {
            groups.push((own, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push((Cow::Borrowed(name), Cow::Borrowed(value)));
    }
    let mut members = Map::new();
    for (own, pairs) in groups {
        let below = shape.property(own);
        let is_plain = pairs.iter().any(|(name, _)| name == own);
        let value = if is_plain { Some(field(&pairs, own, &below)) } else { style::deep(&pairs, own, &below) };
        members.extend(value.map(|value| (own.to_owned(), value)));
    }
    Value::Object(members)
}

fn field(pairs: &[(Cow<'_, str>, Cow<'_, str>)], name: &str, shape: &Shape) -> Value {
    let mut values = pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
    let first = values.clone().next().map_or("", |value| value);
    // A member that is a document of its own is JSON (OpenAPI 3.1.1, "Encoding Object", `contentType`).
    let is_document = first.starts_with(['{', '[']) && (shape.object || shape.array) && !shape.is_scalar();
    if is_document && let Ok(value) = serde_json::from_str(first) {
        return value;
    }
    if shape.array && !(shape.is_scalar() && values.clone().count() == 1) {
        let item = shape.item();
        return Value::Array(values.map(|text| item.scalar(text)).collect());
    }
    shape.scalar(values.next().map_or("", |value| value))
}

/// The fields of Swagger 2.0's forms, each by itself.
fn fields(
    held: &Held<'_>,
    content: &Content,
    ready: &ReadyBody,
    pairs: &[(Cow<'_, str>, Cow<'_, str>)],
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (parameter, (shape, checker)) in content.form.iter().zip(&ready.fields) {
        let violation = |message: String, rule: String, below: String| Violation {
            place: super::Part::Body,
            name: format!("/{}{below}", parameter.name),
            message,
            rule,
            status: Some(StatusCode::UNPROCESSABLE_ENTITY),
        };
        let at = held.documents.at(parameter.at);
        if !pairs.iter().any(|(name, _)| *name == parameter.name) {
            if parameter.required {
                violations.push(violation("is required, and missing".to_owned(), at.pointer(), String::new()));
            }
            continue;
        }
        if at.text("type").as_deref() == Some("file") {
            continue;
        }
        let value = if parameter.explode || !shape.array {
            field(pairs, &parameter.name, shape)
        } else {
            let text = pairs.iter().find(|(name, _)| *name == parameter.name).map_or("", |(_, value)| value);
            style::read(&text.replace('%', "%25"), &parameter.name, parameter.style, false, false, shape)
        };
        let schema = parameter.schema.map(|schema| held.documents.at(schema));
        let broken = super::held(schema, checker.as_ref(), held.dialect, &value);
        violations.extend(broken.into_iter().map(|broken| {
            let status = (!broken.is_unchecked).then_some(StatusCode::UNPROCESSABLE_ENTITY);
            Violation { status, ..violation(broken.message, broken.rule, broken.place) }
        }));
    }
    violations
}
