//! `request:`

use super::advice::{quoted, shown};
use super::body::BodyFiles;
use super::encoding::Written;
use super::matching::Ground;
use super::named::Named;
use super::{Fields, Reader};
use crate::diagnostic::Code;
use crate::grammar;
use crate::model::{Graphql, MethodMatcher, Pattern, RequestBody, RequestPromise};
use crate::source::{Entry, Node, Value};

impl Reader<'_> {
    pub(super) fn request(&mut self, node: &Node, files: &dyn BodyFiles) -> Option<RequestPromise> {
        if !matches!(node.value, Value::Map(_)) {
            self.wrong_type_with_hint(node, "a request is a map", request_line(node));
            return None;
        }
        let fields = self.object(node, &grammar::REQUEST)?;
        let method = self.method(&fields);
        let path = self.path(&fields);
        let params = self.fields(&fields, Named::Params);
        let ground = Ground::of(fields.get("body"));
        let mut body = fields.get("body").and_then(|node| self.request_body(node, fields.get("match"), files));
        let rules = match (&mut body, ground) {
            (Some(RequestBody::Xml(xml)), _) => {
                self.xml_rules(fields.get("match"), xml);
                Vec::new()
            }
            // The body has a problem of its own.
            (None, Ground::Xml) => Vec::new(),
            (_, ground) => self.path_rules(fields.get("match"), ground),
        };
        if let Some(Value::Map(entries)) = fields.get("match").map(|node| &node.value) {
            for entry in entries {
                let rule = rules.iter().find(|rule| entry.name.is(rule.path.as_str()) && rule.rule.fresh);
                rule.into_iter().for_each(|rule| self.check_fresh(&rule.rule, &entry.value));
            }
        }
        let request = RequestPromise {
            method: method.unwrap_or(MethodMatcher::Any),
            params,
            query: self.fields(&fields, Named::Query),
            headers: self.fields(&fields, Named::Headers),
            cookies: self.fields(&fields, Named::Cookies),
            body,
            rules,
            strict: self.field_flag(&fields, "strict").unwrap_or(false),
            path: path?,
        };
        self.check_params(&fields, &request);
        self.check_charset(fields.get("headers"), || Written::of_request(request.body.as_ref()));
        Some(request)
    }

    fn check_params(&mut self, fields: &Fields<'_>, request: &RequestPromise) {
        let Some(params) = fields.get("params").and_then(|node| match &node.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }) else {
            return;
        };
        let known: Vec<&str> = request.path.parameters().collect();
        for entry in params.iter().filter(|entry| !known.contains(&entry.name.as_str())) {
            let message = format!("the path has no parameter `{}`", entry.name.as_str());
            let hint = match super::reader::nearest(entry.name.as_str(), &known) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("write `{{{}}}` into the path", entry.name.as_str()),
            };
            self.report_with_hint(Code::UnknownKey, entry.span, message, hint);
        }
    }

    fn request_body(&mut self, node: &Node, rules: Option<&Node>, files: &dyn BodyFiles) -> Option<RequestBody> {
        let (kind, value) = self.body_kind(node, &grammar::REQUEST_BODY)?;
        Some(match kind {
            "json" => {
                self.check_json_body(value, rules);
                RequestBody::Json(self.json(value))
            }
            "text" => RequestBody::Text(Pattern::parse(&self.body_text(value)?)),
            "form" => RequestBody::Form(self.named_values(value, Named::Form)),
            "multipart" => {
                if let Value::Map(_) = value.value {
                    let hint = format!("a list of parts: write multipart: [{}]", parts(value));
                    self.wrong_type_with_hint(value, "`multipart` is a list", hint);
                    return None;
                }
                let items = self.list(value, "`multipart`")?;
                RequestBody::Multipart(items.iter().filter_map(|item| self.part(item, files)).collect())
            }
            "xml" => RequestBody::Xml(self.xml(value)?),
            "graphql" => match &value.value {
                Value::List(items) => {
                    let requests: Option<Vec<Graphql>> = items.iter().map(|item| self.graphql(item)).collect();
                    RequestBody::GraphqlBatch(requests?)
                }
                _ => RequestBody::Graphql(self.graphql(value)?),
            },
            "base64" => RequestBody::Base64(self.base64(value)?),
            "file" => RequestBody::File(self.body_file(value, files)?),
            // `object` has said that it does not know the kind.
            _ => return None,
        })
    }

    /// Text of a body: may be empty.
    pub(super) fn body_text(&mut self, node: &Node) -> Option<String> {
        match node.scalar() {
            Some(scalar) if scalar.is_null() => Some(String::new()),
            _ => self.text(node, "`text`"),
        }
    }
}

/// The parts that were meant by a map.
fn parts(node: &Node) -> String {
    let Value::Map(entries) = &node.value else { return String::new() };
    if entries.iter().any(|entry| entry.name.is("name")) {
        return shown(node);
    }
    let part = |entry: &Entry| format!("{{ name: {}, text: {} }}", quoted(entry.name.as_str()), shown(&entry.value));
    entries.iter().take(2).map(part).collect::<Vec<_>>().join(", ")
}

/// The map that was meant by `GET /pets` or `/pets`.
fn request_line(node: &Node) -> String {
    let text = node.scalar().map_or("", |scalar| scalar.as_str().trim());
    let (method, target) = text.split_once(char::is_whitespace).unwrap_or(("", text));
    let target = target.split_whitespace().next().unwrap_or("");
    let is_method = !method.is_empty() && method.chars().all(|c| c.is_ascii_alphabetic());
    let path = target.split('?').next().unwrap_or(target);
    match path.starts_with('/') {
        true if is_method => {
            format!("write request: {{ method: {}, path: {} }}", method.to_ascii_uppercase(), quoted(path))
        }
        true => format!("write request: {{ path: {} }}", quoted(path)),
        false => "write request: { method: GET, path: /pets }".to_owned(),
    }
}
