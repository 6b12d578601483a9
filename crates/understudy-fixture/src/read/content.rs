//! Bodies with an inside: the parts of a multipart form, GraphQL and XML.

use super::Reader;
use super::advice::{cut, quoted};
use super::body::BodyFiles;
use super::matching::Ground;
use super::named::Named;
use crate::diagnostic::Code;
use crate::grammar;
use crate::model::{FieldMatcher, Graphql, GraphqlQuery, NamedPart, PartContent, Pattern, XmlBody};
use crate::source::{Entry, Node, Value};

/// The kinds of a part's content.
const PART_KINDS: [&str; 3] = ["text", "json", "file"];

impl Reader<'_> {
    pub(super) fn part(&mut self, node: &Node, files: &dyn BodyFiles) -> Option<NamedPart> {
        let fields = self.object(node, &grammar::PART)?;
        let kinds: Vec<&Entry> = PART_KINDS.iter().filter_map(|kind| fields.entry(kind)).collect();
        let is_told_apart = fields.get("filename").is_some() || fields.get("type").is_some();
        let (content, ground) = match kinds.as_slice() {
            [] if is_told_apart => (None, Ground::Whole("file")),
            [entry] => {
                let kind = entry.name.as_str();
                let ground = if kind == "json" { Ground::Json } else { Ground::Whole(kind) };
                (Some(self.part_content(entry, fields.get("match"), files)?), ground)
            }
            _ => {
                self.report(Code::MissingKey, fields.span, "a part has one of `text`, `json` and `file`");
                return None;
            }
        };
        let Some(name) = self.field_text(&fields, "name") else {
            self.report(Code::MissingKey, fields.span, "a part needs a `name`");
            return None;
        };
        let filename = fields.entry("filename").and_then(|entry| self.part_value(entry));
        let content_type = fields.entry("type").and_then(|entry| self.part_value(entry));
        let rules = self.path_rules(fields.get("match"), ground);
        Some(NamedPart { name, filename, content_type, content, rules })
    }

    fn part_content(&mut self, entry: &Entry, rules: Option<&Node>, files: &dyn BodyFiles) -> Option<PartContent> {
        let value = &entry.value;
        Some(match entry.name.as_str() {
            "text" if matches!(value.value, Value::Map(_)) => PartContent::Text(self.part_value(entry)?),
            "text" => PartContent::Text(FieldMatcher::Equals(Pattern::parse(&self.body_text(value)?))),
            "json" => {
                self.check_json_body(value, rules);
                PartContent::Json(self.json(value))
            }
            _ => PartContent::File(self.body_file(value, files)?),
        })
    }

    /// A text or a rule; a part has one value of each kind.
    fn part_value(&mut self, entry: &Entry) -> Option<FieldMatcher> {
        if let Value::List(_) = entry.value.value {
            self.wrong_type(&entry.value, &format!("`{}` is a text or a rule", entry.name.as_str()));
            return None;
        }
        self.named_value(entry, entry.name.as_str().to_owned(), Named::Part).map(|field| field.matcher)
    }

    pub(super) fn graphql(&mut self, node: &Node) -> Option<Graphql> {
        if let Some(query) = node.scalar().filter(|scalar| !scalar.is_null()) {
            let hint = format!("write graphql: {{ query: {} }}", cut(&quoted(query.as_str())));
            self.wrong_type_with_hint(node, "a GraphQL request is a map", hint);
            return None;
        }
        let fields = self.object(node, &grammar::GRAPHQL)?;
        if let Some(variables) = fields.get("variables") {
            self.check_json_value(variables, "variables");
        }
        let query = match fields.get("query") {
            Some(node) => Some(self.graphql_query(node)?),
            None => None,
        };
        let graphql = Graphql {
            operation: self.field_text(&fields, "operation"),
            query,
            variables: fields.get("variables").map(|node| self.json(node)),
            extensions: fields.get("extensions").map(|node| self.json(node)),
        };
        if graphql.operation.is_none() && graphql.query.is_none() && graphql.extensions.is_none() {
            let message = "a GraphQL request needs an `operation`, a `query` or `extensions`";
            self.report(Code::MissingKey, fields.span, message);
            return None;
        }
        Some(graphql)
    }

    fn graphql_query(&mut self, node: &Node) -> Option<GraphqlQuery> {
        let text = self.text(node, "`query`")?;
        match GraphqlQuery::parse(text.as_str()) {
            Ok(query) => Some(query),
            Err(error) => {
                let before = text.get(..error.offset).unwrap_or(&text);
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                let message = format!("the query is no GraphQL: {}", error.message);
                let hint = format!("look at line {line}, column {column} of the query");
                self.report_with_hint(Code::BadValue, node.span, message, hint);
                None
            }
        }
    }

    pub(super) fn xml(&mut self, node: &Node) -> Option<XmlBody> {
        let text = self.text(node, "`xml`")?;
        match XmlBody::parse(text) {
            Ok(body) => Some(body),
            Err(error) => {
                let message = format!("the body is no XML: {}", error.message);
                let hint = format!("look at line {} of the document; `text:` compares it letter by letter", error.line);
                self.report_with_hint(Code::BadValue, node.span, message, hint);
                None
            }
        }
    }
}
