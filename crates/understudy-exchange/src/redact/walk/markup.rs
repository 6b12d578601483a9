//! Secrets in XML and HTML: elements, attributes, hidden fields and `meta`.

use super::super::names::Named;
use super::super::secret_names::{Carrier, Lookup};
use super::super::value;
use super::text::{Coding, Span};
use super::{Found, Walk};
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

fn expression(text: &str) -> Regex {
    Regex::new(text).expect("the expression is a good one")
}

/// An element that contains only text.
static ELEMENT: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"<(?:[A-Za-z0-9_.-]+:)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)(?P<attributes>(?:\s[^<>]*)?)>(?:<!\[CDATA\[)?(?P<text>[^<\]]+)",
    )
});

/// Pairs of elements, the first of which names the value in the second: property lists, settings of Java and Hadoop,
/// parameter lists.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"(?i)<(?:[a-z0-9]+:)?(?:key|name|param-name|parametername)>\s*(?P<name>[^<>]+?)\s*</[^<>]*>\s*<(?:[a-z0-9]+:)?(?:string|value|param-value|parametervalue)(?:\s[^<>]*)?>\s*(?P<text>[^<>]+?)\s*<",
    )
});

/// A tag with attributes.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"<[A-Za-z_][A-Za-z0-9_.:-]*(?P<attributes>(?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)+)\s*/?>"#,
    )
});

static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?P<name>[A-Za-z_][A-Za-z0-9_.:-]*)\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'<>=]+))"#,
    )
});

/// Attributes that hold the name of another attribute's value, or of the element's text.
const NAMES: &[&str] = &["name", "key", "id", "property", "itemprop", "param", "field"];
const VALUES: &[&str] = &["value", "content", "val", "data"];

/// Adds the secrets of markup.
pub(super) fn find(walk: &Walk<'_>, text: &str, spans: &mut Vec<Span>) {
    for found in ELEMENT.captures_iter(text) {
        let (Some(name), Some(content)) = (found.name("name"), found.name("text")) else { continue };
        let attributes = found.name("attributes").map_or("", |attributes| attributes.as_str());
        let named = named(walk, name.as_str()).or_else(|| said(walk, attributes));
        let trimmed = content.as_str().trim();
        let begin = content.start() + content.as_str().find(trimmed).unwrap_or(0);
        add(walk, named, begin..begin + trimmed.len(), text, spans);
    }
    for found in PAIR.captures_iter(text) {
        let (Some(name), Some(content)) = (found.name("name"), found.name("text")) else { continue };
        add(walk, named(walk, name.as_str()), content.range(), text, spans);
    }
    for found in TAG.captures_iter(text) {
        let Some(attributes) = found.name("attributes") else { continue };
        let of_pair = said(walk, attributes.as_str());
        for found in ATTRIBUTE.captures_iter(attributes.as_str()) {
            let content = found.name("double").or(found.name("single")).or(found.name("bare"));
            let (Some(name), Some(content)) = (found.name("name"), content) else { continue };
            let lower = name.as_str().to_ascii_lowercase();
            let named = if VALUES.contains(&&*lower) { of_pair.clone() } else { named(walk, name.as_str()) };
            let begin = attributes.start() + content.start();
            add(walk, named, begin..begin + content.len(), text, spans);
        }
    }
}

fn add(walk: &Walk<'_>, named: Option<Named>, at: std::ops::Range<usize>, text: &str, spans: &mut Vec<Span>) {
    let Some(named) = named else { return };
    let (scheme, secret) = super::text::scheme(&text[at.clone()]);
    if value::is_secret(&decode(secret), &named, walk.side) {
        spans.push(Span { at: at.start + scheme.len()..at.end, coding: Coding::Markup, found: Found::by_name(&named) });
    }
}

/// Classifies the value of an element by one of its attributes.
fn said(walk: &Walk<'_>, attributes: &str) -> Option<Named> {
    ATTRIBUTE.captures_iter(attributes).find_map(|found| {
        let name = found.name("name")?.as_str().to_ascii_lowercase();
        let content = found.name("double").or(found.name("single")).or(found.name("bare"))?;
        NAMES.contains(&&*name).then(|| named(walk, content.as_str())).flatten()
    })
}

fn named(walk: &Walk<'_>, name: &str) -> Option<Named> {
    if !walk.names.may_speak_of(name) {
        return None;
    }
    match walk.names.lookup(name, Carrier::Member) {
        Lookup::Named(named) => Some(named),
        Lookup::Kept | Lookup::Unknown => None,
    }
}

/// The characters that must be escaped, with their entity names (XML 1.0, section 4.6).
const ENTITIES: &[(&str, &str)] = &[
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&apos;", "'"),
    ("&amp;", "&"),
];

pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return text.into();
    }
    ENTITIES.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain)).into()
}

/// Encodes text for markup.
pub(in super::super) fn encode(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
