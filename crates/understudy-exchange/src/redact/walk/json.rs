//! Secrets in JSON: under names of members, in pairs of a name and a value, and in strings that are documents
//! themselves.

use super::super::names::{self, Certainty, Named};
use super::super::quick;
use super::super::secret_names::{Carrier, Lookup};
use super::super::{card, form, value};
use super::{DEPTH_MAX, Found, Walk, with_edits};
use crate::json::{Build, Scalar, Text, parse_with};
use crate::{Json, JsonString};
use std::ops::Range;

/// A JSON value with the position of each of its parts.
enum Node {
    String(Range<usize>, Option<JsonString>),
    Number(Range<usize>),
    Other,
    Array(Vec<Node>),
    Object(Vec<Member>),
}

struct Member {
    at: Range<usize>,
    name: Option<JsonString>,
    value: Node,
}

struct Nodes;

impl Build for Nodes {
    type Value = Node;
    /// The decoded text of a string with escapes; `None` for a string without.
    type Text = Option<JsonString>;
    type Member = Member;

    fn text(&mut self, text: Text<'_>) -> Option<JsonString> {
        match text {
            Text::Plain(_) => None,
            Text::Escaped(text) => Some(text),
        }
    }

    fn string(&mut self, at: Range<usize>, text: Option<JsonString>) -> Node {
        Node::String(at, text)
    }

    fn scalar(&mut self, at: Range<usize>, scalar: Scalar<'_>) -> Node {
        if matches!(scalar, Scalar::Number(_)) { Node::Number(at) } else { Node::Other }
    }

    fn array(&mut self, _: Range<usize>, items: Vec<Node>) -> Node {
        Node::Array(items)
    }

    fn member(&mut self, at: Range<usize>, name: Option<JsonString>, value: Node) -> Member {
        Member { at, name, value }
    }

    fn object(&mut self, _: Range<usize>, members: Vec<Member>) -> Node {
        Node::Object(members)
    }
}

/// Members that hold the name of another member's value, and the members that hold the value.
pub(in super::super) const NAMES: &[&str] =
    &["name", "key", "header", "field", "param", "parameter", "property", "variable", "env", "k", "id", "kind"];
const VALUES: &[&str] =
    &["value", "val", "v", "content", "data", "default", "text", "stringvalue", "secretvalue", "stringdata"];

/// The member that identifies a JSON Web Key, and the members of its private part (RFC 7518, section 6).
pub(in super::super) const KEY_TYPE: &str = "kty";
const PRIVATE_MEMBERS: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "k"];

/// Members that describe a secret and do not hold it, in an object under a secret's name: a schema's, a form's, a
/// label's.
const DESCRIBING: &[&str] = &[
    "$ref",
    "autocomplete",
    "class",
    "comment",
    "created",
    "createdat",
    "created_at",
    "default",
    "description",
    "email",
    "env",
    "error",
    "example",
    "expires",
    "expiresat",
    "expires_at",
    "format",
    "help",
    "hint",
    "host",
    "href",
    "icon",
    "id",
    "integrity",
    "label",
    "message",
    "messages",
    "name",
    "path",
    "pattern",
    "placeholder",
    "port",
    "provider",
    "regex",
    "region",
    "rel",
    "resolved",
    "rule",
    "rules",
    "scope",
    "scopes",
    "status",
    "summary",
    "title",
    "tooltip",
    "type",
    "updatedat",
    "updated_at",
    "url",
    "user",
    "username",
    "validation",
    "version",
];

/// The path to a value, as reports show it.
#[derive(Default)]
struct Way {
    place: String,
    /// The edits so far.
    edits: Vec<(Range<usize>, String)>,
}

impl Walk<'_> {
    /// Walks a JSON text that may contain secrets; `None` if the text is not JSON. The inner value is the text with its
    /// secrets replaced, if it has any.
    pub(super) fn json(&mut self, text: &str, place: &str, depth: usize) -> Option<Option<String>> {
        let begin = text.len() - text.trim_start_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']).len();
        let inner = text[begin..].trim_end();
        if !inner.starts_with(['{', '[']) || !inner.ends_with(['}', ']']) {
            return None;
        }
        let node = parse_with(inner.as_bytes(), &mut Nodes).ok()?;
        let mut way = Way { place: format!("{place} $"), edits: Vec::new() };
        self.node(inner, &node, None, &mut way, depth);
        let edits = way.edits.into_iter().map(|(at, shown)| (at.start + begin..at.end + begin, shown));
        Some(with_edits(text, edits.collect()))
    }

    fn node(&mut self, text: &str, node: &Node, named: Option<&Named>, way: &mut Way, depth: usize) {
        match node {
            Node::Other => {}
            Node::String(at, escaped) => {
                let plain = escaped.as_ref().map_or_else(|| &text[at.start + 1..at.end - 1], JsonString::as_str);
                let shown = match named {
                    Some(named) => self.named(plain, named, &way.place, depth),
                    None => self.text(plain, &way.place, depth),
                };
                if let Some(shown) = shown {
                    way.edits.push((at.clone(), Json::string(shown).to_string()));
                }
            }
            Node::Number(at) => {
                let digits = &text[at.clone()];
                let found = match named {
                    Some(named) if named.certainty == Certainty::Always => Some(Found::by_name(named)),
                    Some(named) if value::is_secret_number(digits, named, self.side) => Some(Found::by_name(named)),
                    _ if card::is_card(digits) && !is_number_of_others(&way.place) => {
                        Some(Found::by_look("card", "payment card"))
                    }
                    _ => None,
                };
                let shown = found.and_then(|found| self.sink.number(digits, &found, &way.place));
                way.edits.extend(shown.map(|shown| (at.clone(), shown)));
            }
            Node::Array(items) => self.array(text, items, named, way, depth),
            Node::Object(members) => self.object(text, members, named, way, depth),
        }
    }

    fn array(&mut self, text: &str, items: &[Node], named: Option<&Named>, way: &mut Way, depth: usize) {
        // `["authorization", "Bearer …"]`: header fields as pairs.
        let pair = match items {
            [first @ Node::String(..), second @ Node::String(..)]
                if named.is_none() && string(text, second).is_some_and(|second| !form::is_identifier(&second)) =>
            {
                string(text, first)
                    .and_then(|name| self.known(&name))
                    .filter(|named| named.certainty > Certainty::Suspicious)
            }
            _ => None,
        };
        for (at, item) in items.iter().enumerate() {
            let length = way.place.len();
            way.place.push_str(&format!("[{at}]"));
            self.node(text, item, if at == 1 { pair.as_ref().or(named) } else { named }, way, depth);
            way.place.truncate(length);
        }
    }

    fn object(&mut self, text: &str, members: &[Member], inherited: Option<&Named>, way: &mut Way, depth: usize) {
        let pair = members.iter().find_map(|member| {
            NAMES.contains(&&*name(text, member).to_ascii_lowercase()).then_some(())?;
            self.known(&string(text, &member.value)?)
        });
        let is_key = members.iter().any(|member| name(text, member) == KEY_TYPE);
        // Only the private members of a key are secret, whatever the name of the list around the key.
        let inherited = inherited.filter(|named| !is_key || named.certainty == Certainty::Always);
        for member in members {
            let name = name(text, member);
            let length = way.place.len();
            way.place.push('.');
            way.place.push_str(&name);
            let lower = name.to_ascii_lowercase();
            match self.lookup(&name) {
                Lookup::Kept => {}
                Lookup::Named(named) => self.node(text, &member.value, Some(&named), way, depth),
                Lookup::Unknown if is_key && PRIVATE_MEMBERS.contains(&&*name) => {
                    let named =
                        Named { kind: "private-key", certainty: Certainty::Credential, words: "private member".into() };
                    self.node(text, &member.value, Some(&named), way, depth);
                }
                Lookup::Unknown => {
                    let of_pair = pair.as_ref().filter(|_| VALUES.contains(&&*lower));
                    let named = of_pair.or(inherited
                        .filter(|named| named.certainty == Certainty::Always || !DESCRIBING.contains(&&*lower)));
                    self.node(text, &member.value, named, way, depth);
                }
            }
            way.place.truncate(length);
            self.member_name(&name, member, way);
        }
    }

    /// Adds an edit for a member's name if the name is a known secret.
    fn member_name(&mut self, name: &str, member: &Member, way: &mut Way) {
        if name.len() >= value::NAMES_SOUGHT_MIN
            && form::is_random(name)
            && let Some(shown) = self.sink.rest(name, &way.place)
        {
            let quoted = Json::string(shown).to_string();
            // The edits of the value were added already, and the name stands before it.
            let at = way.edits.iter().position(|(at, _)| at.start > member.at.start).unwrap_or(way.edits.len());
            way.edits.insert(at, (member.at.clone(), quoted));
        }
    }

    fn lookup(&self, name: &str) -> Lookup {
        if self.names.may_speak_of(name) { self.names.lookup(name, Carrier::Member) } else { Lookup::Unknown }
    }

    /// Classifies the value that a text names.
    fn known(&self, name: &str) -> Option<Named> {
        if !quick::may_name(name, self.names) {
            return None;
        }
        match self.names.lookup(name, Carrier::Header) {
            Lookup::Named(named) => Some(named),
            Lookup::Kept | Lookup::Unknown => None,
        }
    }
}

fn name(text: &str, member: &Member) -> String {
    member
        .name
        .as_ref()
        .map_or_else(|| text[member.at.start + 1..member.at.end - 1].to_owned(), |name| name.as_str().to_owned())
}

fn string(text: &str, node: &Node) -> Option<String> {
    match node {
        Node::String(at, escaped) => Some(
            escaped.as_ref().map_or_else(|| text[at.start + 1..at.end - 1].to_owned(), |text| text.as_str().to_owned()),
        ),
        _ => None,
    }
}

/// Returns true if a place holds an id or a time, which may look like a card number by chance.
fn is_number_of_others(place: &str) -> bool {
    const OTHERS: &[&str] = &["at", "date", "id", "ids", "millis", "offset", "seq", "time", "timestamp", "ts"];
    let last = place.rsplit(['.', ' ']).find(|name| name.chars().any(char::is_alphabetic)).unwrap_or("");
    names::words(last).last().is_some_and(|word| OTHERS.contains(&word.as_str()))
}

/// Returns true if JSON in a string is nested too deeply to be searched.
pub(super) fn is_too_deep(depth: usize) -> bool {
    depth >= DEPTH_MAX
}
