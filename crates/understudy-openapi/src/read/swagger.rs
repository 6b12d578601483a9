//! What Swagger 2.0 says in another way: bodies are parameters, and media types stand beside them.

use super::Reader;
use crate::document::At;
use crate::model::{Body, Content, Parameter};
use understudy_exchange::MediaType;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

impl<'d> Reader<'d> {
    /// An operation's request body: its parameter `in: body`, or the fields of its form.
    pub(super) fn swagger_body(
        &mut self,
        operation: At<'d>,
        item: At<'d>,
        root: At<'d>,
        form: &[Parameter],
    ) -> Option<Body> {
        let types = media_types("consumes", operation, root);
        if !form.is_empty() {
            let has_file = form.iter().any(|field| self.documents.at(field.at).text("type").as_deref() == Some("file"));
            let mut types: Vec<String> = types.into_iter().filter(|media| is_form(media)).collect();
            if types.is_empty() {
                types.push(if has_file { MULTIPART } else { FORM }.to_owned());
            }
            let content = types.into_iter().map(|media| Content { form: form.to_vec(), ..content(media, operation) });
            let required = form.iter().any(|field| field.required);
            return Some(Body { at: operation.node, required, content: content.collect() });
        }
        let parameters = |at: At<'d>| at.get("parameters").into_iter().flat_map(At::items);
        let body = parameters(operation)
            .chain(parameters(item))
            .filter_map(|parameter| self.resolved(parameter))
            .find(|parameter| parameter.text("in").as_deref() == Some("body"))?;
        let schema = body.get("schema").map(|schema| schema.node);
        let types = if types.is_empty() { vec![JSON.to_owned()] } else { types };
        let content = types.into_iter().map(|media| Content { schema, ..content(media, body) });
        Some(Body { at: body.node, required: body.flag("required"), content: content.collect() })
    }

    /// What a response's body is, by the media types that the operation produces.
    pub(super) fn swagger_content(&mut self, response: At<'d>, operation: At<'d>, root: At<'d>) -> Vec<Content> {
        let schema = response.get("schema");
        let mut types = media_types("produces", operation, root);
        let examples: Vec<_> = response.get("examples").into_iter().flat_map(At::members).collect();
        for (media, _) in &examples {
            // Some name their examples as they like.
            if media.contains('/') && !types.iter().any(|known| known == media) && schema.is_none() {
                types.push(media.clone().into_owned());
            }
        }
        if schema.is_none() && examples.is_empty() {
            return Vec::new();
        }
        if types.is_empty() {
            types.push(JSON.to_owned());
        }
        let all = types.into_iter().map(|media| {
            let own = examples.iter().filter(|(name, _)| *name == media);
            Content {
                schema: schema.map(|schema| schema.node),
                examples: own.map(|(_, example)| (String::new(), example.node)).collect(),
                ..content(media, response)
            }
        });
        all.collect()
    }
}

fn content(media: String, at: At<'_>) -> Content {
    Content {
        at: at.node,
        range: MediaType::parse(&media).essence().to_owned(),
        written: media,
        schema: None,
        items: None,
        form: Vec::new(),
        examples: Vec::new(),
    }
}

fn is_form(media: &str) -> bool {
    matches!(MediaType::parse(media).essence(), FORM | MULTIPART)
}

fn media_types(key: &str, operation: At<'_>, root: At<'_>) -> Vec<String> {
    let types = operation.get(key).or_else(|| root.get(key));
    types.into_iter().flat_map(At::items).filter_map(|media| Some(media.string()?.trim().to_owned())).collect()
}
