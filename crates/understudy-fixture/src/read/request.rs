//! `request:`

use super::body::BodyFiles;
use super::matching::Ground;
use super::rule::Operands;
use super::{Fields, Reader};
use crate::diagnostic::Code;
use crate::grammar;
use crate::model::{Field, FieldMatcher, Graphql, MethodMatcher, PathTemplate, Pattern, RequestBody, RequestPromise};
use crate::source::{Entry, Node, Value};
use http::{HeaderName, Method};

impl Reader<'_> {
    pub(super) fn request(&mut self, node: &Node, files: &dyn BodyFiles) -> Option<RequestPromise> {
        let fields = self.object(node, &grammar::REQUEST)?;
        let method = self.method(&fields);
        let path = self.path(&fields);
        let params = self.fields(&fields, "params");
        let ground = Ground::of(fields.get("body"));
        let mut body = fields.get("body").and_then(|node| self.request_body(node, files));
        let rules = match (&mut body, ground) {
            (Some(RequestBody::Xml(xml)), _) => {
                self.xml_rules(fields.get("match"), xml);
                Vec::new()
            }
            // The body has a problem of its own.
            (None, Ground::Xml) => Vec::new(),
            (_, ground) => self.path_rules(fields.get("match"), ground),
        };
        let request = RequestPromise {
            method: method.unwrap_or(MethodMatcher::Any),
            params,
            query: self.fields(&fields, "query"),
            headers: self.header_fields(&fields),
            cookies: self.fields(&fields, "cookies"),
            body,
            rules,
            strict: self.field_flag(&fields, "strict").unwrap_or(false),
            path: path?,
        };
        self.check_params(&fields, &request);
        Some(request)
    }

    fn method(&mut self, fields: &Fields<'_>) -> Option<MethodMatcher> {
        let Some(node) = fields.get("method") else { return Some(MethodMatcher::Is(Method::GET)) };
        let text = self.text(node, "`method`")?;
        if text == "ANY" {
            return Some(MethodMatcher::Any);
        }
        if text.chars().any(|c| c.is_ascii_lowercase()) {
            let hint = format!("did you mean `{}`?", text.to_uppercase());
            self.report_with_hint(Code::BadValue, node.span, format!("`{text}` is no method: case counts"), hint);
            return None;
        }
        match Method::from_bytes(text.as_bytes()) {
            Ok(method) => Some(MethodMatcher::Is(method)),
            Err(_) => {
                self.report(Code::BadValue, node.span, format!("`{text}` is no method"));
                None
            }
        }
    }

    fn path(&mut self, fields: &Fields<'_>) -> Option<PathTemplate> {
        let Some(node) = fields.get("path") else {
            self.report(Code::MissingKey, fields.span, "a request needs a `path`");
            return None;
        };
        let text = self.text(node, "`path`")?;
        match PathTemplate::parse(&text) {
            Ok(path) => Some(path),
            Err(why) => {
                self.report(Code::BadPath, node.span, why);
                None
            }
        }
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

    /// A map of named values.
    fn fields(&mut self, fields: &Fields<'_>, name: &str) -> Vec<Field> {
        fields.get(name).map_or_else(Vec::new, |node| self.named_values(node, name))
    }

    fn named_values(&mut self, node: &Node, what: &str) -> Vec<Field> {
        let Some(values) = self.map(node, &format!("`{what}`")) else { return Vec::new() };
        values.entries().iter().filter_map(|entry| self.named_value(entry, entry.name.as_str().to_owned())).collect()
    }

    fn header_fields(&mut self, fields: &Fields<'_>) -> Vec<Field> {
        let Some(values) = fields.get("headers").and_then(|node| self.map(node, "`headers`")) else {
            return Vec::new();
        };
        let mut headers = Vec::new();
        for entry in values.entries() {
            if let Some(name) = self.header_name(entry) {
                headers.extend(self.named_value(entry, name));
            }
        }
        headers
    }

    pub(super) fn header_name(&mut self, entry: &Entry) -> Option<String> {
        match HeaderName::from_bytes(entry.name.as_str().as_bytes()) {
            Ok(name) => Some(name.as_str().to_owned()),
            Err(_) => {
                let message = format!("`{}` cannot be the name of a header field", entry.name.as_str());
                self.report(Code::BadValue, entry.span, message);
                None
            }
        }
    }

    pub(super) fn named_value(&mut self, entry: &Entry, name: String) -> Option<Field> {
        let matcher = match &entry.value.value {
            Value::List(items) => {
                let items = items.iter().filter_map(|item| self.text(item, "one of the values"));
                FieldMatcher::List(items.map(|text| Pattern::parse(&text)).collect())
            }
            Value::Map(_) if !entry.value.is_unquoted_placeholder() => {
                FieldMatcher::Rule(self.rule(&entry.value, Operands::Text)?)
            }
            Value::Scalar(scalar) if scalar.is_null() => FieldMatcher::Equals(Pattern { parts: Vec::new() }),
            _ => FieldMatcher::Equals(Pattern::parse(&self.text(&entry.value, &format!("`{name}`"))?)),
        };
        Some(Field { name, matcher })
    }

    fn request_body(&mut self, node: &Node, files: &dyn BodyFiles) -> Option<RequestBody> {
        let fields = self.object(node, &grammar::REQUEST_BODY)?;
        let (kind, value) = self.only_kind(&fields, "a body")?;
        Some(match kind {
            "json" => RequestBody::Json(self.json(value)),
            "text" => RequestBody::Text(Pattern::parse(&self.body_text(value)?)),
            "form" => RequestBody::Form(self.named_values(value, "form")),
            "multipart" => {
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
