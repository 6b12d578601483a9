//! Contents that are compared by their meaning: GraphQL and XML. What they mean is read once, with the fixture.

use super::{Pattern, Rule};
use std::sync::Arc;
use understudy_exchange::graphql::{Document, SyntaxError};
use understudy_exchange::xml::{self, Element, XmlPath};

/// A GraphQL document.
#[derive(Debug, Clone)]
pub struct GraphqlQuery {
    text: String,
    document: Arc<Document>,
}

impl GraphqlQuery {
    /// Reads a document, in which `{{name}}` may stand for a value or inside a string.
    ///
    /// # Errors
    /// The first error of the document's syntax.
    pub fn parse(text: impl Into<String>) -> Result<Self, SyntaxError> {
        let text = text.into();
        let document = match Document::parse(&text) {
            Err(_) if text.contains("{{") => Document::parse(&quote_placeholders(&text))?,
            read => read?,
        };
        Ok(Self { text, document: Arc::new(document) })
    }

    /// The document as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the meaning of the document. A placeholder is a string.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }
}

impl PartialEq for GraphqlQuery {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for GraphqlQuery {}

/// Puts quotes around placeholders outside of strings: `pet(id: {{id}})` is no GraphQL.
fn quote_placeholders(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut rest, mut in_string) = (text, false);
    while let Some(c) = rest.chars().next() {
        let opened = rest.strip_prefix("{{").filter(|_| !in_string);
        if let Some((name, after)) = opened.and_then(|inner| inner.split_once("}}"))
            && Pattern::parse(&rest[..rest.len() - after.len()]).as_placeholder().is_some()
        {
            out.push_str(&format!("\"{{{{{name}}}}}\""));
            rest = after;
            continue;
        }
        let length = if in_string && c == '\\' { rest.chars().take(2).map(char::len_utf8).sum() } else { c.len_utf8() };
        in_string ^= c == '"';
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

/// An XML document, and rules for parts of it.
#[derive(Debug, Clone)]
pub struct XmlBody {
    text: String,
    root: Arc<Element>,
    /// Rules for what paths select in the document.
    pub rules: Vec<XmlRule>,
}

/// A rule for what a path selects in XML. The value of an element is its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlRule {
    /// The place.
    pub path: XmlPath,
    /// The rule for the text of the selected node.
    pub rule: Rule,
}

impl XmlBody {
    /// Reads a document.
    ///
    /// # Errors
    /// The first error of the document's syntax.
    pub fn parse(text: impl Into<String>) -> Result<Self, xml::SyntaxError> {
        let text = text.into();
        let root = Arc::new(Element::parse(&text)?);
        Ok(Self { text, root, rules: Vec::new() })
    }

    /// The document as it was written, which is how it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the meaning of the document.
    #[must_use]
    pub fn root(&self) -> &Element {
        &self.root
    }
}

impl PartialEq for XmlBody {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.rules == other.rules
    }
}

impl Eq for XmlBody {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_for_values_and_inside_strings() {
        for text in
            ["{ pet(id: {{id}}) { name } }", "{ pet(id: \"{{id}}\") { name } }", "{ pet(id: [{{a}}, \"\\\"{{b}}\"]) }"]
        {
            assert_eq!(GraphqlQuery::parse(text).map(|query| query.as_str().to_owned()), Ok(text.to_owned()));
        }
        assert_eq!(quote_placeholders("{a(b: {{c}}, d: \"{{e}}\")}"), "{a(b: \"{{c}}\", d: \"{{e}}\")}");
        assert!(GraphqlQuery::parse("{ {{field}} }").is_err());
    }
}
