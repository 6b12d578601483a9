//! XML by its meaning.
//!
//! Two texts have the same [`Element`] at their root if an application should not distinguish them:
//! the order of attributes, the prefixes of namespaces, CDATA sections, character references,
//! comments, processing instructions, and white space between elements and at the ends of an
//! element's content do not count. With `xml:space="preserve"` white space counts.

mod path;

pub use path::{Found, XmlPath};

use crate::charset::{decode_text, encode_text};
use crate::media_type::parameter;
use std::borrow::Cow;

/// A name with its namespace. Prefixes are resolved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Empty where there is none.
    pub namespace: String,
    /// The name without its prefix.
    pub local: String,
}

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The element's name.
    pub name: Name,
    /// In the order of their names.
    pub attributes: Vec<(Name, String)>,
    /// Elements and the text between them.
    pub children: Vec<Node>,
}

/// A child of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text that counts; never empty.
    Text(String),
}

/// Why a text is no XML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The reason, in words.
    pub message: String,
    /// The line of the text in which the error was found, from 1.
    pub line: usize,
    /// The character of that line, from 1.
    pub column: usize,
}

/// The maximum depth of nested elements.
const DEPTH_MAX: usize = 256;

/// The maximum number of elements, attributes and texts in a document.
const NODES_MAX: u32 = 1_000_000;

/// The maximum size of a document, in bytes.
const BYTES_MAX: usize = 16 << 20;

/// The maximum number of attributes of an element. The parser compares each with all others of its
/// element: 20,000 took 15 s in a debug build.
const ATTRIBUTES_MAX: usize = 1_000;

/// The maximum number of namespaces that a document may declare. The parser copies those in scope
/// for each element that declares a namespace.
const NAMESPACES_MAX: usize = 20_000;

/// Returns the bound that a document exceeds, before it is parsed.
fn exceeded(text: &str) -> Option<String> {
    if text.len() > BYTES_MAX {
        return Some(format!("it has more than {BYTES_MAX} bytes"));
    }
    if text.matches("xmlns").nth(NAMESPACES_MAX).is_some() {
        return Some(format!("it declares more than {NAMESPACES_MAX} namespaces"));
    }
    // An attribute cannot hold a `<`, and has a quote after its `=`.
    let is_start = |rest: &str| rest.trim_start().starts_with(['"', '\'']);
    let attributes = |tag: &str| tag.match_indices('=').filter(|(at, _)| is_start(&tag[at + 1..])).count();
    let has_many = text.split('<').any(|tag| tag.len() > ATTRIBUTES_MAX && attributes(tag) > ATTRIBUTES_MAX);
    has_many.then(|| format!("an element has more than {ATTRIBUTES_MAX} attributes"))
}

impl Element {
    /// Reads the root of a document. Document types are refused, and the entities with them.
    ///
    /// # Errors
    /// The first error of the syntax, or the bound that is exceeded.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let options = roxmltree::ParsingOptions { nodes_limit: NODES_MAX, ..roxmltree::ParsingOptions::default() };
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        if let Some(message) = exceeded(text) {
            return Err(SyntaxError { message, line: 1, column: 1 });
        }
        let document = roxmltree::Document::parse_with_options(text, options).map_err(|error| SyntaxError {
            message: match error {
                roxmltree::Error::DtdDetected => "it has a document type, which is not read".to_owned(),
                roxmltree::Error::NodesLimitReached => format!("it has more than {NODES_MAX} nodes"),
                // The line number gives the place.
                ref other => other.to_string().split(" at ").next().unwrap_or_default().to_owned(),
            },
            line: usize::try_from(error.pos().row).unwrap_or(1).max(1),
            column: usize::try_from(error.pos().col).unwrap_or(1).max(1),
        })?;
        of_element(document.root_element(), false, 1).ok_or_else(|| SyntaxError {
            message: format!("its elements are nested deeper than {DEPTH_MAX} levels"),
            line: 1,
            column: 1,
        })
    }

    /// The text in the element and below it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.add_text(&mut out);
        out
    }

    fn add_text(&self, out: &mut String) {
        for child in &self.children {
            match child {
                Node::Element(element) => element.add_text(out),
                Node::Text(text) => out.push_str(text),
            }
        }
    }

    /// The elements among the children.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.local)
    }
}

fn name(namespace: Option<&str>, local: &str) -> Name {
    Name { namespace: namespace.unwrap_or_default().to_owned(), local: local.to_owned() }
}

/// `None` where the element is nested too deep.
fn of_element(element: roxmltree::Node<'_, '_>, keeps_space: bool, depth: usize) -> Option<Element> {
    if depth > DEPTH_MAX {
        return None;
    }
    let keeps_space = match element.attribute((roxmltree::NS_XML_URI, "space")) {
        Some("preserve") => true,
        Some("default") => false,
        _ => keeps_space,
    };
    let mut attributes: Vec<(Name, String)> = element
        .attributes()
        .map(|attribute| (name(attribute.namespace(), attribute.name()), attribute.value().to_owned()))
        .collect();
    attributes.sort();
    let mut children: Vec<Node> = Vec::new();
    for child in element.children() {
        if child.is_element() {
            children.push(Node::Element(of_element(child, keeps_space, depth + 1)?));
        } else if let Some(text) = child.text().filter(|_| child.is_text()) {
            // A comment inside a text does not part it.
            match children.last_mut() {
                Some(Node::Text(before)) => before.push_str(text),
                _ => children.push(Node::Text(text.to_owned())),
            }
        }
    }
    if !keeps_space {
        trim(&mut children);
    }
    children.retain(|child| !matches!(child, Node::Text(text) if text.is_empty()));
    Some(Element { name: name(element.tag_name().namespace(), element.tag_name().name()), attributes, children })
}

/// Removes the white space that only lays out: texts of nothing else between elements, and the ends of the content.
fn trim(children: &mut [Node]) {
    let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
    let is_mixed =
        children.iter().any(|child| matches!(child, Node::Text(text) if !text.trim_matches(space).is_empty()));
    let last = children.len().saturating_sub(1);
    for (at, child) in children.iter_mut().enumerate() {
        let Node::Text(text) = child else { continue };
        let mut rest = text.as_str();
        if at == 0 || !is_mixed {
            rest = rest.trim_start_matches(space);
        }
        if at == last || !is_mixed {
            rest = rest.trim_end_matches(space);
        }
        *text = rest.to_owned();
    }
}

/// Decodes a document: by the charset of its header field, else by its byte order mark or the charset that it declares
/// itself, else as UTF-8. `None` if it is no text in that charset.
#[must_use]
pub fn decode<'b>(content_type: &str, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
    if parameter(content_type, "charset").is_some() {
        return decode_text(content_type, bytes);
    }
    // XML 1.0, appendix F: a document begins with `<` or a byte order mark.
    let charset = match bytes {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => "utf-16le",
        [0xFE, 0xFF, ..] | [0, b'<', ..] => "utf-16be",
        _ => declared_charset(bytes).unwrap_or("utf-8"),
    };
    decode_text(&in_charset(charset), bytes)
}

/// Encodes a document as [`decode`] reads it. `None` if the charset is unknown or lacks one of the characters.
#[must_use]
pub fn encode<'t>(content_type: &str, text: &'t str) -> Option<Cow<'t, [u8]>> {
    match declared_charset(text.as_bytes()) {
        Some(declared) if parameter(content_type, "charset").is_none() => encode_text(&in_charset(declared), text),
        _ => encode_text(content_type, text),
    }
}

fn in_charset(charset: &str) -> String {
    format!("text/xml; charset={charset}")
}

/// The charset of `<?xml version="1.0" encoding="..."?>`.
fn declared_charset(bytes: &[u8]) -> Option<&str> {
    /// The declaration comes first and is short.
    const DECLARATION_BYTES_MAX: usize = 256;
    let start = &bytes[..bytes.len().min(DECLARATION_BYTES_MAX)];
    let end = start.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(start[..end].strip_prefix(b"<?xml")?).ok()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(charset, _)| charset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Element {
        Element::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    /// MockServer #207 (order of attributes), #1027 and #462 (prefixes), #1829 (layout); WireMock #2954 (namespaces).
    #[test]
    fn spelling_does_not_count() {
        for (one, other) in [
            ("<a id='1' b='2'/>", "<a b=\"2\" id=\"1\"></a>"),
            ("<a:e xmlns:a='n'><a:k>v</a:k></a:e>", "<b:e xmlns:b='n'><b:k>v</b:k></b:e>"),
            ("<a:e xmlns:a='n'><a:k>v</a:k></a:e>", "<e xmlns='n'><k>v</k></e>"),
            ("<a><b> 12345 </b></a>", "<?xml version='1.0'?>\n<a>\n  <b>12345</b>\n</a>\n"),
            ("<a><![CDATA[x < y]]></a>", "<a>x &lt; y</a>"),
            ("<a>x<!-- no -->y<?p?></a>", "<a>xy</a>"),
            ("<a>&#233;</a>", "\u{FEFF}<a>é</a>"),
            ("<p>Hi <b>you</b> there</p>", "<p>\n Hi <b>you</b> there\n</p>"),
        ] {
            assert_eq!(read(one), read(other), "{one} / {other}");
        }
    }

    /// WireMock #647: elements inside one with a namespace.
    #[test]
    fn meaning_counts() {
        for (one, other) in [
            ("<n:r xmlns:n='u'><a/></n:r>", "<n:r xmlns:n='u'><b/></n:r>"),
            ("<r xmlns='u'/>", "<r xmlns='v'/>"),
            ("<r><a/><b/></r>", "<r><b/><a/></r>"),
            ("<a x='1'/>", "<a x=' 1'/>"),
            ("<a xml:space='preserve'> x</a>", "<a xml:space='preserve'>x</a>"),
            ("<p>Hi <b>you</b></p>", "<p>Hi<b>you</b></p>"),
        ] {
            assert_ne!(read(one), read(other), "{one} / {other}");
        }
    }

    #[test]
    fn what_is_no_xml_is_refused_with_its_line() {
        for (text, line) in [("", 1), ("<a>\n<b>\n</a>", 3), ("<a/><b/>", 1), ("nonsense", 1), ("<a:b/>", 1)] {
            assert_eq!(Element::parse(text).map_err(|error| error.line), Err(line), "{text}");
        }
    }

    /// Entities that expand without end, files that entities read, and nesting that uses up a stack.
    #[test]
    fn hostile_documents_are_bounded() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>]><a>&c;&c;&c;</a>";
        assert!(Element::parse(bomb).is_err());
        assert!(Element::parse("<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><a>&f;</a>").is_err());
        assert!(Element::parse(&format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000))).is_err());
        assert!(Element::parse(&format!("{}{}", "<a>".repeat(DEPTH_MAX), "</a>".repeat(DEPTH_MAX))).is_ok());
        let wide = |name: &str, count: usize| -> String { (0..count).map(|at| format!(" {name}{at}='>'")).collect() };
        assert!(Element::parse(&format!("<a{}/>", wide("b", 100_000))).is_err());
        assert!(Element::parse(&format!("<a{}/>", wide("b", ATTRIBUTES_MAX))).is_ok());
        assert!(Element::parse(&format!("<a>{}</a>", "<b xmlns:n='u'/>".repeat(NAMESPACES_MAX + 1))).is_err());
    }

    #[test]
    fn a_document_is_decoded_by_the_charset_that_it_declares() {
        let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xE9</a>";
        assert!(decode("text/xml", latin).is_some_and(|text| read(&text).text() == "é"));
        assert!(decode("text/xml; charset=utf-8", "<a>é</a>".as_bytes()).is_some_and(|text| read(&text).text() == "é"));
        assert!(decode("text/xml", b"\xFE\xFF\0<\0a\0/\0>").is_some_and(|text| read(&text).name.local == "a"));
    }

    #[test]
    fn a_document_is_encoded_in_the_charset_that_it_declares() {
        for charset in ["ISO-8859-1", "utf-8", "UTF-16", "utf-16le", "shift_jis"] {
            let text = format!(
                "<?xml version='1.0' encoding='{charset}'?><a>{}</a>",
                if charset == "shift_jis" { "テ" } else { "é" }
            );
            let bytes = encode("application/xml", &text).unwrap_or_else(|| panic!("{charset}"));
            assert_eq!(decode("application/xml", &bytes).as_deref(), Some(text.as_str()), "{charset}");
        }
        let text = "<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>";
        assert_eq!(encode("text/xml; charset=utf-8", text).as_deref(), Some(text.as_bytes()));
    }
}
