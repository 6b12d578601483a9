//! The values that a schema allows: its types, the values that are listed, its default, its format, pattern and encoding.

use super::rule;
use super::schemas::{Finding, Inside, Side, Sides, is_open, nodes};
use crate::document::At;
use crate::schema::Types;
use std::borrow::Cow;
use std::collections::HashSet;

/// The maximum number of values in a message.
const VALUES_TOLD_MAX: usize = 8;

/// Formats of which each allows all that those before it do.
const ORDERED: &[&[&str]] = &[
    &["int8", "int16", "int32", "int64"],
    &["uint8", "uint16", "uint32", "uint64"],
    &["float", "double"],
    &["email", "idn-email"],
    &["hostname", "idn-hostname"],
    &["uri", "uri-reference", "iri-reference"],
    &["uri", "iri", "iri-reference"],
];

/// The meaning of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Encoding {
    /// The encoding of bytes: `base64`.
    encoding: Option<String>,
    /// The media type of the bytes.
    media: Option<String>,
}

impl Encoding {
    fn of(side: &Side<'_>) -> Self {
        let text = |key: &'static str| {
            let found = side.each(key).find_map(crate::document::At::string).filter(|_| side.is_modern());
            found.map(|text| text.to_ascii_lowercase())
        };
        let (encoding, media) = (text("contentEncoding"), text("contentMediaType"));
        // What 3.0 says with a format, 3.1 says with these.
        match side.facets.format.as_deref() {
            Some("byte") => Self { encoding: Some(encoding.unwrap_or_else(|| "base64".to_owned())), media },
            Some("binary") => Self { encoding, media: Some(media.unwrap_or_else(|| BYTES.to_owned())) },
            _ if side.is_file() => Self { encoding, media: Some(BYTES.to_owned()) },
            _ => Self { encoding, media },
        }
    }

    fn in_words(&self) -> String {
        let said = [self.encoding.as_deref(), self.media.as_deref()];
        said.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

const BYTES: &str = "application/octet-stream";

impl<'d> Sides<'d> {
    /// Returns false where the type is another one: then everything else differs as well.
    pub(super) fn types(&self, out: &mut Vec<Finding>) -> bool {
        let (old, new) = (self.old.types(), self.new.types());
        // Null is told of by itself.
        let is_null = |types: Types| types.has(Types::NULL) && types != Types::ALL;
        let (plain_old, plain_new) = (without_null(old), without_null(new));
        if old != Types::ALL && new != Types::ALL {
            match (is_null(old), is_null(new)) {
                (false, true) => self.tell(&rule::NULL_ADDED, "may be null now", out),
                (true, false) => self.tell(&rule::NULL_REMOVED, "is never null now", out),
                _ => {}
            }
        }
        if plain_old == plain_new {
            return true;
        }
        let common = plain_old.and(plain_new);
        let rule = match (common == plain_old, common == plain_new) {
            (true, _) => &rule::TYPE_WIDENED,
            (_, true) => &rule::TYPE_NARROWED,
            _ => &rule::TYPE_CHANGED,
        };
        self.tell(rule, format!("is {} now, and was {}", plain_new.in_words(), plain_old.in_words()), out);
        !std::ptr::eq(rule, &rule::TYPE_CHANGED)
    }

    pub(super) fn values(&self, out: &mut Vec<Finding>) {
        match (self.old.values(), self.new.values()) {
            (None, None) => {}
            (None, Some(new)) => {
                self.tell(&rule::VALUES_LISTED, format!("is only one of {} now", listed(&new)), out);
            }
            (Some(_), None) => {
                self.tell(&rule::VALUES_UNLISTED, "may be another value than those listed now", out);
            }
            (Some(old), Some(new)) => {
                let beyond = |all: &[String], other: &[String]| -> Vec<String> {
                    let other: HashSet<&String> = other.iter().collect();
                    all.iter().filter(|value| !other.contains(value)).cloned().collect()
                };
                let (added, removed) = (beyond(&new, &old), beyond(&old, &new));
                if !added.is_empty() {
                    self.tell(&rule::VALUE_ADDED, format!("may be {} now", listed(&added)), out);
                }
                if !removed.is_empty() {
                    self.tell(&rule::VALUE_REMOVED, format!("may not be {} any more", listed(&removed)), out);
                }
            }
        }
    }

    pub(super) fn default(&self, out: &mut Vec<Finding>) {
        let default = |side: &Side<'d>| side.each("default").next().map(|value| side.value(value));
        match (default(&self.old), default(&self.new)) {
            (old, new) if old == new => {}
            (None, Some(new)) => self.tell(&rule::DEFAULT_ADDED, format!("is {new} where none is given"), out),
            (Some(old), None) => {
                self.tell(&rule::DEFAULT_REMOVED, format!("has no default any more, and had {old}"), out);
            }
            (Some(old), Some(new)) => {
                self.tell(&rule::DEFAULT_CHANGED, format!("is {new} where none is given, and was {old}"), out);
            }
            (None, None) => {}
        }
    }

    pub(super) fn texts(&self, out: &mut Vec<Finding>) {
        // The format of a number that became another kind of number is that of its type.
        let is_number = |side: &Side<'d>| {
            let types = without_null(side.types());
            types.has(Types::NUMBER) && types.without(Types::NUMBER).and(Types::ALL).in_words() == "nothing"
        };
        let is_other_number = is_number(&self.old) && is_number(&self.new) && self.old.types() != self.new.types();
        if !is_other_number {
            self.format(out);
        }
        self.pattern(out);
        let (old, new) = (Encoding::of(&self.old), Encoding::of(&self.new));
        let nothing = Encoding::default();
        match (&old, &new) {
            (old, new) if old == new => {}
            (old, new) if *old == nothing => {
                self.tell(&rule::ENCODING_ADDED, format!("is encoded now: {}", new.in_words()), out);
            }
            (old, new) if *new == nothing => {
                self.tell(&rule::ENCODING_REMOVED, format!("is not encoded any more, and was {}", old.in_words()), out);
            }
            (old, new) => {
                let message = format!("is encoded as {} now, and was {}", new.in_words(), old.in_words());
                self.tell(&rule::ENCODING_CHANGED, message, out);
            }
        }
    }

    /// The document that a text holds.
    pub(super) fn content(&self, out: &mut Vec<Finding>) -> Inside {
        let content = |side: &Side<'d>| -> Vec<At<'d>> { self.modern(side, "contentSchema").collect() };
        let (old, new) = (content(&self.old), content(&self.new));
        match (is_open(&old), is_open(&new)) {
            (true, true) => {}
            (true, false) => self.tell(&rule::CONTENT_LIMITED, "holds a document with a schema now", out),
            (false, true) => self.tell(&rule::CONTENT_UNLIMITED, "holds a document without a schema now", out),
            (false, false) => return vec![("/(content)".to_owned(), nodes(&old), nodes(&new))],
        }
        Vec::new()
    }

    fn format(&self, out: &mut Vec<Finding>) {
        let format = |side: &Side<'d>| side.facets.format.clone().filter(|name| !matches!(&**name, "byte" | "binary"));
        match (format(&self.old), format(&self.new)) {
            (old, new) if old == new => {}
            (None, Some(new)) => self.tell(&rule::FORMAT_ADDED, format!("has the format `{new}` now"), out),
            (Some(old), None) => {
                self.tell(&rule::FORMAT_REMOVED, format!("has no format any more, and had `{old}`"), out);
            }
            (Some(old), Some(new)) => {
                let rule = match (allows(&new, &old), allows(&old, &new)) {
                    (true, _) => &rule::FORMAT_WIDENED,
                    (_, true) => &rule::FORMAT_NARROWED,
                    _ => &rule::FORMAT_CHANGED,
                };
                self.tell(rule, format!("has the format `{new}` now, and had `{old}`"), out);
            }
            (None, None) => {}
        }
    }

    fn pattern(&self, out: &mut Vec<Finding>) {
        let patterns = |side: &Side<'d>| -> Vec<Cow<'d, str>> {
            let mut patterns = side.facets.patterns.clone();
            // What matches every text says nothing.
            patterns.retain(|pattern| !matches!(&**pattern, "" | ".*" | "^.*$" | "^.*" | ".*$"));
            patterns.sort();
            patterns.dedup();
            patterns
        };
        let (old, new) = (patterns(&self.old), patterns(&self.new));
        match (old.is_empty(), new.is_empty()) {
            _ if old == new => {}
            (true, _) => {
                self.tell(&rule::PATTERN_ADDED, format!("has the pattern `{}` now", new.join("`, `")), out);
            }
            (_, true) => {
                let message = format!("has no pattern any more, and had `{}`", old.join("`, `"));
                self.tell(&rule::PATTERN_REMOVED, message, out);
            }
            _ => {
                let message = format!("has the pattern `{}` now, and had `{}`", new.join("`, `"), old.join("`, `"));
                self.tell(&rule::PATTERN_CHANGED, message, out);
            }
        }
    }
}

/// Returns true if a format allows all that another one does.
fn allows(wide: &str, narrow: &str) -> bool {
    ORDERED.iter().any(|order| {
        let place = |name: &str| order.iter().position(|known| *known == name);
        matches!((place(wide), place(narrow)), (Some(wide), Some(narrow)) if wide > narrow)
    })
}

fn without_null(types: Types) -> Types {
    if types == Types::ALL { types } else { types.without(Types::NULL) }
}

fn listed(values: &[String]) -> String {
    let told: Vec<&str> = values.iter().take(VALUES_TOLD_MAX).map(String::as_str).collect();
    let more = values.len() - told.len();
    if more > 0 { format!("{} and {more} more", told.join(", ")) } else { told.join(", ") }
}
