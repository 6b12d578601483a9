//! Bodies and responses of OpenAPI 3.

use super::Reader;
use crate::document::At;
use crate::model::{Body, Content, Dialect, Response, Status};
use understudy_exchange::MediaType;

impl<'d> Reader<'d> {
    /// An operation's request body.
    pub(super) fn body(&mut self, operation: At<'d>) -> Option<Body> {
        let at = self.resolved(operation.get("requestBody")?)?;
        let content = self.content(at);
        Some(Body { at: at.node, required: at.flag("required"), content })
    }

    /// What `content` says.
    fn content(&mut self, at: At<'d>) -> Vec<Content> {
        let Some(content) = at.get("content") else { return Vec::new() };
        if !content.is_object() {
            self.bad(content, "`content` is a map of media types");
        }
        let mut all = Vec::new();
        for (written, media) in content.members() {
            let Some(media) = self.resolved(media) else { continue };
            all.push(Content {
                at: media.node,
                range: MediaType::parse(&written).essence().to_owned(),
                written: written.trim().to_owned(),
                schema: media.get("schema").map(|schema| schema.node),
                items: media.get("itemSchema").map(|schema| schema.node),
                form: Vec::new(),
                examples: self.examples(media),
            });
        }
        all
    }

    /// The examples of a body, by name; `example` alone has none.
    fn examples(&mut self, media: At<'d>) -> Vec<(String, crate::document::Node)> {
        let mut all = Vec::new();
        for (name, example) in media.get("examples").into_iter().flat_map(At::members) {
            let Some(example) = self.resolved(example) else { continue };
            // What is at another address is not fetched.
            if let Some(value) = example.get("value") {
                all.push((name.into_owned(), value.node));
            }
        }
        // A list of values, by the rules of a schema's `examples`, has no names.
        for example in media.get("examples").into_iter().flat_map(At::items) {
            let value = example.get("value").unwrap_or(example);
            all.push((String::new(), value.node));
        }
        all.extend(media.get("example").map(|example| (String::new(), example.node)));
        all
    }

    /// An operation's responses, in the order of the document.
    pub(super) fn responses(&mut self, operation: At<'d>, root: At<'d>) -> Vec<Response> {
        let Some(responses) = operation.get("responses") else {
            self.bad(operation, "an operation has `responses`: what it answers is not known");
            return Vec::new();
        };
        let mut all: Vec<Response> = Vec::new();
        for ((key, at), (_, name)) in responses.members().zip(responses.names()) {
            if key.starts_with("x-") {
                continue;
            }
            let Some(status) = Status::parse(&key) else {
                self.bad(name, format!("`{key}` is no status: write 200, 2XX or default"));
                continue;
            };
            if all.iter().any(|known| known.status == status) {
                self.bad(name, format!("the status {key} stands here twice: the first one is used"));
                continue;
            }
            let Some(at) = self.resolved(at) else { continue };
            let content = match self.dialect {
                Dialect::Swagger2 => self.swagger_content(at, operation, root),
                _ => self.content(at),
            };
            let headers = at.get("headers").into_iter().flat_map(At::members);
            let headers: Vec<_> = headers
                .filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"))
                .filter_map(|(name, header)| Some((name.into_owned(), self.resolved(header)?.node)))
                .collect();
            all.push(Response { at: at.node, status, headers, content });
        }
        all
    }
}
