//! The encoding of a form's parts (`encoding`): their media types and styles.

use super::schemas::facets;
use super::{Comparing, Here, rule};
use crate::document::At;
use crate::model::{Content, Description, Dialect, Style};
use crate::request::takes;
use crate::schema::{Direction, Types};
use std::borrow::Cow;
use understudy_exchange::MediaType;

const TEXT: &str = "text/plain";
const BYTES: &str = "application/octet-stream";
const JSON: &str = "application/json";

/// The number of lists that may stand in each other before a part's default is taken for text.
const DEPTH_MAX: usize = 8;

/// `style` and `explode` of a part, with their defaults (OpenAPI 3.1.1, "Encoding Object").
pub(super) fn style(encoding: At<'_>) -> (Style, bool) {
    let style = match encoding.text("style").as_deref() {
        Some("spaceDelimited") => Style::SpaceDelimited,
        Some("pipeDelimited") => Style::PipeDelimited,
        Some("deepObject") => Style::DeepObject,
        _ => Style::Form,
    };
    let explode = encoding.get("explode").and_then(At::boolean).unwrap_or(style == Style::Form);
    (style, explode)
}

/// The encoding of a part in one version.
struct Part<'d> {
    encoding: Option<At<'d>>,
    schemas: Vec<At<'d>>,
    dialect: Dialect,
}

impl<'d> Part<'d> {
    fn of(description: &'d Description, content: &Content, name: &str) -> Option<Self> {
        let schema = description.documents.at(content.schema?);
        let facets = facets(description.dialect, &[schema]);
        let (_, schemas) = facets.properties.into_iter().find(|(known, _)| known == name)?;
        let encodings = description.documents.at(content.at).get("encoding");
        let encoding = encodings.and_then(|encodings| encodings.get(name)?.resolve().ok());
        Some(Self { encoding, schemas, dialect: description.dialect })
    }

    fn says(&self, key: &str) -> bool {
        self.encoding.is_some_and(|encoding| encoding.get(key).is_some())
    }

    /// The media types that the part may have.
    fn media_types(&self) -> Vec<String> {
        match self.encoding.and_then(|encoding| encoding.text("contentType")) {
            Some(written) => {
                written.split(',').map(|media| MediaType::parse(media.trim()).essence().to_owned()).collect()
            }
            None => vec![usual_type(self.dialect, &self.schemas, 0).to_owned()],
        }
    }
}

/// The media type of a part that names none.
fn usual_type(dialect: Dialect, schemas: &[At<'_>], depth: usize) -> &'static str {
    let facets = facets(dialect, schemas);
    let types = facets.implied_types();
    let is_bytes = matches!(facets.format.as_deref(), Some("binary" | "byte" | "base64"))
        || schemas.iter().any(|schema| schema.resolve().is_ok_and(|schema| schema.get("contentEncoding").is_some()));
    match types {
        Types::ARRAY if depth < DEPTH_MAX => usual_type(dialect, &facets.items, depth + 1),
        Types::ALL => BYTES,
        types if types.has(Types::OBJECT) => JSON,
        types if types.has(Types::STRING) && is_bytes => BYTES,
        _ => TEXT,
    }
}

impl<'d> Comparing<'d> {
    /// Compares the encoding of a form's parts. Parts that came or went are told of as members.
    pub(super) fn parts(&mut self, old: &'d Content, new: &'d Content, direction: Direction, here: &Here) {
        let encodings = |description: &'d Description, content: &Content| {
            let encodings = description.documents.at(content.at).get("encoding");
            encodings.into_iter().flat_map(At::members).map(|(name, _)| name).collect::<Vec<Cow<'d, str>>>()
        };
        let mut named = encodings(self.old, old);
        named.extend(encodings(self.new, new));
        named.sort();
        named.dedup();
        for name in named {
            let (before, after) = (Part::of(self.old, old, &name), Part::of(self.new, new, &name));
            if let (Some(before), Some(after)) = (before, after) {
                self.part(&before, &after, direction, &here.at(&name), (Some(old.at), Some(new.at)));
            }
        }
    }

    fn part(&mut self, old: &Part<'_>, new: &Part<'_>, direction: Direction, here: &Here, nodes: super::Nodes) {
        let (removed, added, changed) = match direction {
            Direction::Request => {
                (&rule::REQUEST_PART_TYPE_REMOVED, &rule::REQUEST_PART_TYPE_ADDED, &rule::REQUEST_PART_STYLE_CHANGED)
            }
            Direction::Response => {
                (&rule::ANSWER_PART_TYPE_REMOVED, &rule::ANSWER_PART_TYPE_ADDED, &rule::ANSWER_PART_STYLE_CHANGED)
            }
        };
        let nodes = (
            old.encoding.map(|encoding| encoding.node).or(nodes.0),
            new.encoding.map(|encoding| encoding.node).or(nodes.1),
        );
        if old.says("contentType") || new.says("contentType") {
            let (before, after) = (old.media_types(), new.media_types());
            let beyond = |all: &[String], known: &[String]| -> Vec<String> {
                all.iter().filter(|media| !known.iter().any(|range| takes(range, media) > 0)).cloned().collect()
            };
            let (gone, new) = (beyond(&before, &after), beyond(&after, &before));
            if !gone.is_empty() {
                self.tell(here, removed, format!("may not be {} any more", gone.join(" or ")), nodes);
            }
            if !new.is_empty() {
                self.tell(here, added, format!("may be {} now", new.join(" or ")), nodes);
            }
        }
        let styled = |part: &Part<'_>| part.encoding.map_or((Style::Form, true), style);
        let types = facets(old.dialect, &old.schemas).implied_types();
        if styled(old) != styled(new) && (types.has(Types::ARRAY) || types.has(Types::OBJECT)) {
            self.tell(here, changed, "is written in another way now (`style` or `explode`)", nodes);
        }
    }
}
