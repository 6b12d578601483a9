//! Bodies of requests and responses: their media types, and what each says.

use super::{Comparing, Here, Nodes, rule};
use crate::document::Node;
use crate::model::{Content, Description, Operation};
use crate::request::takes;
use crate::schema::Direction;
use understudy_exchange::MediaType;

impl<'d> Comparing<'d> {
    pub(super) fn request_body(&mut self, old: &'d Operation, new: &'d Operation, here: &Here) {
        let here = here.at("body");
        match (&old.body, &new.body) {
            (None, None) => {}
            (None, Some(new)) => {
                let nodes = (Some(old.at), Some(new.at));
                match new.required {
                    true => self.tell(&here, &rule::REQUIRED_BODY_ADDED, "is new, and has to be there", nodes),
                    false => self.tell(&here, &rule::OPTIONAL_BODY_ADDED, "is new", nodes),
                }
            }
            (Some(old), None) => self.tell(&here, &rule::BODY_REMOVED, "is gone", (Some(old.at), Some(new.at))),
            (Some(old), Some(new)) => {
                let nodes = (Some(old.at), Some(new.at));
                match (old.required, new.required) {
                    (false, true) => self.tell(&here, &rule::BODY_BECAME_REQUIRED, "has to be there now", nodes),
                    (true, false) => self.tell(&here, &rule::BODY_BECAME_OPTIONAL, "may be missing now", nodes),
                    _ => {}
                }
                self.contents(&old.content, &new.content, nodes, Direction::Request, &here);
            }
        }
    }

    /// The media types of a body.
    pub(super) fn contents(
        &mut self,
        old: &'d [Content],
        new: &'d [Content],
        nodes: Nodes,
        direction: Direction,
        here: &Here,
    ) {
        // One that is written so, or else one that takes it: `application/*`.
        let find = |all: &'d [Content], range: &str| {
            let exact = all.iter().find(|content| content.range == range);
            exact.or_else(|| all.iter().find(|content| content.range.contains('*') && takes(&content.range, range) > 0))
        };
        let (removed, added) = match direction {
            Direction::Request => (&rule::REQUEST_MEDIA_TYPE_REMOVED, &rule::REQUEST_MEDIA_TYPE_ADDED),
            Direction::Response => (&rule::ANSWER_MEDIA_TYPE_REMOVED, &rule::ANSWER_MEDIA_TYPE_ADDED),
        };
        for before in old {
            let here = if old.len() > 1 { here.at(&before.written) } else { here.clone() };
            match find(new, &before.range) {
                Some(after) => self.content(before, after, direction, &here),
                None => {
                    let message = format!("{} is gone", before.written);
                    self.tell(&here, removed, message, (Some(before.at), nodes.1));
                }
            }
        }
        for after in new.iter().filter(|after| find(old, &after.range).is_none()) {
            self.tell(here, added, format!("{} is new", after.written), (nodes.0, Some(after.at)));
        }
    }

    fn content(&mut self, old: &'d Content, new: &'d Content, direction: Direction, here: &Here) {
        if !(old.form.is_empty() && new.form.is_empty()) {
            let (before, after) = (self.form_fields(self.old, old), self.form_fields(self.new, new));
            return self.fields((&before, old.at), (&after, new.at), here);
        }
        let is_opaque = !has_structure(&old.range);
        if !(is_opaque && is_any_bytes(self.old, old.schema) && is_any_bytes(self.new, new.schema)) {
            self.schema(old.schema, new.schema, direction, here);
        }
        if old.items.is_some() || new.items.is_some() {
            self.schema(old.items, new.items, direction, &here.at("element"));
        }
        self.parts(old, new, direction, here);
    }
}

/// Returns true if a schema can say something of what is written in a media type.
fn has_structure(range: &str) -> bool {
    let media = MediaType::parse(range);
    let essence = media.essence();
    let is_structured = ["text/", "multipart/"].iter().any(|start| essence.starts_with(start));
    media.is_json() || is_structured || essence.contains("xml") || essence.contains("yaml") || essence.contains("form")
}

/// Returns true if a body may be any bytes: no schema, an empty one, or a text that stands for bytes.
fn is_any_bytes(description: &Description, schema: Option<Node>) -> bool {
    let Some(schema) = schema else { return true };
    let schema = description.documents.at(schema);
    let schema = schema.resolve().unwrap_or(schema);
    let is_bytes = schema.text("format").as_deref() == Some("binary")
        || schema.text("type").as_deref() == Some("file")
        || schema.get("contentMediaType").is_some();
    schema.members().len() == 0 || is_bytes
}
