//! Maps of names and values: `params`, `query`, `headers`, `cookies` and `form`.

use super::advice::{cut, pairs, quoted, shown};
use super::rule::{Operands, rule_meant};
use super::{Fields, Reader};
use crate::diagnostic::Code;
use crate::model::{Field, FieldMatcher, Pattern};
use crate::source::{Entry, Node, Scalar, Value};
use http::{HeaderName, HeaderValue};
use std::collections::HashSet;
use understudy_exchange::target::percent_decode;

/// The part of a request, or of a response, that a map is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Params,
    Query,
    Headers,
    Cookies,
    Form,
    /// A part of a multipart form.
    Part,
}

impl Named {
    fn key(self) -> &'static str {
        match self {
            Self::Params => "params",
            Self::Query => "query",
            Self::Headers => "headers",
            Self::Cookies => "cookies",
            Self::Form => "form",
            Self::Part => "multipart",
        }
    }

    /// Returns true for a part whose names and values are percent-decoded before they are compared.
    fn is_percent_encoded(self) -> bool {
        matches!(self, Self::Params | Self::Query | Self::Form)
    }

    /// Splits text as it stands in a request into names and values; `None` where it is not of that form.
    fn split(self, text: &str) -> Option<Vec<(String, String)>> {
        let (between, within) = match self {
            Self::Query | Self::Form => ('&', '='),
            Self::Cookies => (';', '='),
            Self::Headers => ('\n', ':'),
            Self::Params | Self::Part => return None,
        };
        let text = if self == Self::Query { text.strip_prefix('?').unwrap_or(text) } else { text };
        let pieces = text.split(between).map(str::trim).filter(|piece| !piece.is_empty());
        let pairs = pieces.map(|piece| self.pair(piece, within)).collect::<Option<Vec<_>>>()?;
        (!pairs.is_empty()).then_some(pairs)
    }

    fn pair(self, text: &str, within: char) -> Option<(String, String)> {
        let (name, value) = text.split_once(within)?;
        let plain = |text: &str| {
            let text = text.trim();
            if self.is_percent_encoded() { percent_decode(text).into_owned() } else { text.to_owned() }
        };
        (!name.trim().is_empty()).then(|| (plain(name), plain(value)))
    }
}

/// The keys by which other tools name and value the entries of a list.
const PAIR_KEYS: [(&str, &str); 3] = [("name", "value"), ("key", "value"), ("name", "equals")];

impl Reader<'_> {
    /// A map of named values of a request.
    pub(super) fn fields(&mut self, fields: &Fields<'_>, named: Named) -> Vec<Field> {
        fields.get(named.key()).map_or_else(Vec::new, |node| self.named_values(node, named))
    }

    pub(super) fn named_values(&mut self, node: &Node, named: Named) -> Vec<Field> {
        let Some(values) = self.named_map(node, named) else { return Vec::new() };
        let mut found = Vec::new();
        for entry in values.entries() {
            let name = match named {
                Named::Headers => match self.header_name(entry) {
                    Some(name) => name,
                    None => continue,
                },
                _ => entry.name.as_str().to_owned(),
            };
            self.check_name(entry, named);
            found.extend(self.named_value(entry, name, named));
        }
        found
    }

    /// The entries of a map of named values. Where something else stands that says what is meant, the hint writes it as a
    /// map.
    pub(super) fn named_map<'n>(&mut self, node: &'n Node, named: Named) -> Option<Fields<'n>> {
        if let Value::Map(_) = node.value {
            let map = self.map(node, &format!("`{}`", named.key()))?;
            self.check_twins(map, named);
            return Some(map);
        }
        let wanted = format!("`{}` is a map", named.key());
        match listed_pairs(node, named) {
            Some(meant) => {
                let hint = format!("write {}: {}", named.key(), cut(&pairs(&meant)));
                self.wrong_type_with_hint(node, &wanted, hint);
            }
            None => self.wrong_type_with_hint(node, &wanted, format!("write {}: {{ NAME: VALUE }}", named.key())),
        }
        None
    }

    /// Names of header fields are the same in upper and lower case.
    fn check_twins(&mut self, map: Fields<'_>, named: Named) {
        if named != Named::Headers {
            return;
        }
        let mut names: HashSet<String> = HashSet::new();
        let mut written: HashSet<&str> = HashSet::new();
        for entry in map.entries() {
            let name = entry.name.as_str();
            // A name that is spelled alike was reported with all other maps.
            if !names.insert(name.to_ascii_lowercase()) && written.insert(name) {
                let message = format!("`{name}` stands here twice: names of header fields ignore case");
                let hint = format!("for several values, write {}: [FIRST, SECOND]", name.to_ascii_lowercase());
                self.report_with_hint(Code::DuplicateKey, entry.span, message, hint);
            }
            written.insert(name);
        }
    }

    pub(super) fn header_name(&mut self, entry: &Entry) -> Option<String> {
        let name = entry.name.as_str();
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            return Some(name.as_str().to_owned());
        }
        let message = format!("`{name}` cannot be the name of a header field");
        let plain = name.trim().trim_matches(':').trim().to_ascii_lowercase().replace(char::is_whitespace, "-");
        let hint = match plain.as_str() {
            "method" | "path" if name.starts_with(':') => format!("write it under `request`: {plain}: ..."),
            "authority" => "write host: ...".to_owned(),
            "status" if name.starts_with(':') => "write it under `response`: status: 200".to_owned(),
            _ if HeaderName::from_bytes(plain.as_bytes()).is_ok() => format!("write {plain}: {}", shown(&entry.value)),
            _ => "a name has letters, digits and `-`".to_owned(),
        };
        self.report_with_hint(Code::BadValue, entry.span, message, hint);
        None
    }

    pub(super) fn named_value(&mut self, entry: &Entry, name: String, named: Named) -> Option<Field> {
        let matcher = match &entry.value.value {
            Value::List(items) => {
                for item in items {
                    self.check_encoded(item, named, entry.name.as_str());
                }
                let items = items.iter().filter_map(|item| self.text(item, "one of the values"));
                FieldMatcher::List(items.map(|text| Pattern::parse(&text)).collect())
            }
            Value::Map(_) if !entry.value.is_unquoted_placeholder() => {
                let rule = self.rule(&entry.value, Operands::Text)?;
                self.check_fresh(&rule, &entry.value);
                FieldMatcher::Rule(rule)
            }
            Value::Scalar(scalar) if scalar.is_null() => {
                self.check_null(entry, scalar);
                FieldMatcher::Equals(Pattern { parts: Vec::new() })
            }
            _ => {
                self.check_word(entry);
                self.check_expression(entry);
                self.check_encoded(&entry.value, named, entry.name.as_str());
                if named == Named::Headers && !self.is_header_value(&entry.value) {
                    return None;
                }
                FieldMatcher::Equals(Pattern::parse(&self.text(&entry.value, &format!("`{name}`"))?))
            }
        };
        Some(Field { name, matcher })
    }

    /// A word that is a rule under `match` is the text here. In quotes nobody takes it for a rule, but JSON quotes
    /// everything.
    pub(super) fn check_word(&mut self, entry: &Entry) {
        let text = match entry.value.scalar() {
            Some(Scalar::Plain(text)) => text.as_str(),
            Some(Scalar::Quoted(text)) if self.is_json() => text.as_str(),
            _ => return,
        };
        let Some(word) = rule_meant(text) else { return };
        let name = quoted(entry.name.as_str());
        let message = format!("`{text}` is the text `{text}` here, and no rule");
        let hint = if self.is_json() {
            format!("write \"{name}\": {{\"type\": \"{word}\"}} for the rule, {{\"equals\": \"{text}\"}} for the text")
        } else {
            format!("write {name}: {{ type: {word} }} for the rule, {name}: \"{text}\" for the text")
        };
        self.warn(Code::BadRule, entry.value.span, message, hint);
    }

    /// Reports a value that no header field can have. A block of text ends with a line end, which is easily overlooked.
    pub(super) fn is_header_value(&mut self, node: &Node) -> bool {
        let text = node.scalar().map(Scalar::as_str).unwrap_or_default();
        if HeaderValue::from_bytes(text.as_bytes()).is_ok() {
            return true;
        }
        let message = "a header's value has no line ends and no control characters";
        let plain = text.trim();
        if HeaderValue::from_bytes(plain.as_bytes()).is_ok() {
            let hint = format!("write {}, in one line and without `|`", cut(&quoted(plain)));
            self.report_with_hint(Code::BadValue, node.span, message, hint);
        } else {
            self.report(Code::BadValue, node.span, message);
        }
        false
    }

    /// A regular expression is a rule of its own: a plain value is compared as it is written.
    fn check_expression(&mut self, entry: &Entry) {
        let Some(text) = entry.value.scalar().map(Scalar::as_str).filter(|text| is_expression(text)) else { return };
        let (name, expression) = (quoted(entry.name.as_str()), cut(&quoted(text)));
        let message = format!("`{}` is the text itself here, and no regular expression", cut(text));
        let hint = format!(
            "write {name}: {{ matches: {expression} }}; for the text itself, {name}: {{ equals: {expression} }}"
        );
        self.warn(Code::BadRule, entry.value.span, message, hint);
    }

    /// A null in the place of a text is the empty text.
    pub(super) fn check_null(&mut self, entry: &Entry, scalar: &Scalar) {
        let text = scalar.as_str();
        if text.is_empty() {
            return;
        }
        let name = quoted(entry.name.as_str());
        let message = format!("`{text}` is the empty text here");
        let hint = format!(
            "write {name}: \"\" for the empty text, \"{text}\" for the word, {{ type: absent }} where there must be none"
        );
        self.warn(Code::BadValue, entry.value.span, message, hint);
    }

    fn check_name(&mut self, entry: &Entry, named: Named) {
        let name = entry.name.as_str();
        if !named.is_percent_encoded() || !has_escapes(name) {
            return;
        }
        let plain = percent_decode(name);
        let message = format!("names in requests are decoded before they are compared, so that none is `{name}`");
        let hint = format!("write the name decoded: {}: {}", quoted(&plain), shown(&entry.value));
        self.warn(Code::BadValue, entry.span, message, hint);
    }

    fn check_encoded(&mut self, node: &Node, named: Named, name: &str) {
        let Some(text) = node.scalar().map(Scalar::as_str) else { return };
        if !named.is_percent_encoded() {
            return;
        }
        let is_spaced = named != Named::Params && (has_escapes(text) || has_plus_for_space(text));
        let sign = match has_escapes(text) {
            true => "percent sign",
            false if is_spaced => "plus sign",
            false => return,
        };
        let spaced = if is_spaced { text.replace('+', " ") } else { text.to_owned() };
        let (name, plain) = (quoted(&percent_decode(name)), percent_decode(&spaced));
        let message = format!(
            "the value in a request is decoded before it is compared, so that `{0}` there is not `{0}` here",
            cut(text)
        );
        let hint = format!(
            "write {name}: {}; where the {sign} itself is meant, {name}: {{ equals: {} }}",
            cut(&quoted(&plain)),
            cut(&quoted(text))
        );
        self.warn(Code::BadValue, node.span, message, hint);
    }
}

/// Names and values that are written as a text or as a list.
fn listed_pairs(node: &Node, named: Named) -> Option<Vec<(String, String)>> {
    match &node.value {
        Value::Scalar(scalar) => named.split(scalar.as_str()),
        Value::List(items) => {
            let listed = items.iter().map(|item| listed_pair(item, named)).collect::<Option<Vec<_>>>()?;
            (!listed.is_empty()).then_some(listed)
        }
        Value::Map(_) => None,
    }
}

/// `{ name: x, value: y }`, `{ x: y }`, `x: y`, `x=y`
fn listed_pair(node: &Node, named: Named) -> Option<(String, String)> {
    let text = |node: &Node| node.scalar().map(|scalar| scalar.as_str().to_owned());
    match &node.value {
        Value::Scalar(scalar) => {
            let separators = if named == Named::Headers { [':', '='] } else { ['=', ':'] };
            separators.into_iter().find_map(|within| named.pair(scalar.as_str(), within))
        }
        Value::Map(entries) => {
            let get = |key: &str| entries.iter().find(|entry| entry.name.is(key)).and_then(|entry| text(&entry.value));
            let keyed = PAIR_KEYS.iter().find_map(|(name, value)| Some((get(name)?, get(value)?)));
            keyed.or_else(|| match entries.as_slice() {
                [only] => Some((only.name.as_str().to_owned(), text(&only.value)?)),
                _ => None,
            })
        }
        Value::List(items) => match items.as_slice() {
            [name, value] => Some((text(name)?, text(value)?)),
            _ => None,
        },
    }
}

/// Returns true for a plain value that is hardly meant as it stands, as reading finds it.
pub(crate) fn is_hardly_meant(text: &str, named: Named) -> bool {
    let is_encoded = match named {
        Named::Params => has_escapes(text),
        Named::Query | Named::Form => has_escapes(text) || has_plus_for_space(text),
        Named::Headers | Named::Cookies | Named::Part => false,
    };
    rule_meant(text).is_some() || is_expression(text) || is_encoded
}

/// Returns true for text with a percent sign and two hexadecimal digits.
fn has_escapes(text: &str) -> bool {
    text.as_bytes().windows(3).any(|w| w[0] == b'%' && w[1].is_ascii_hexdigit() && w[2].is_ascii_hexdigit())
}

/// Returns true for words that are joined by plus signs, as an address bar shows spaces.
fn has_plus_for_space(text: &str) -> bool {
    text.contains('+') && text.split('+').all(|word| !word.is_empty() && word.chars().all(char::is_alphabetic))
}

/// Returns true for text that is hardly anything but a regular expression.
fn is_expression(text: &str) -> bool {
    let parts = [".*", ".+", "\\d", "\\w", "\\s", "[0-9", "[a-z", "[A-Z", "[^"];
    parts.iter().any(|part| text.contains(part)) || text.len() > 2 && text.starts_with('^') && text.ends_with('$')
}
