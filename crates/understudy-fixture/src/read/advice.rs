//! The line to write: hints that show the user's own values in the right form.

use super::Reader;
use crate::source::{Node, Scalar, Value};
use crate::write::flow_text;
use understudy_exchange::Json;

/// A hint is one line: longer values are cut.
const VALUE_CHARS_MAX: usize = 60;

impl Reader<'_> {
    /// Reports a value of the wrong type, and shows what to write.
    pub(super) fn wrong_type_with_hint(&mut self, node: &Node, wanted: &str, hint: impl Into<String>) {
        let message = format!("{wanted}, not {}", node.describe());
        self.report_with_hint(crate::diagnostic::Code::WrongType, node.span, message, hint);
    }
}

/// A value in one line of YAML, cut where it is long.
pub(super) fn shown(node: &Node) -> String {
    let mut out = String::new();
    write(node, &mut out);
    cut(&out)
}

/// The text, cut where it is long.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

/// Text as it stands in a flow of YAML: quoted where it has to be.
pub(super) fn quoted(text: &str) -> String {
    // Words that are no text to YAML 1.1 alone, which nobody reads fixtures with.
    let is_plain = matches!(text, "y" | "n" | "yes" | "no" | "on" | "off") || text.parse::<i64>().is_ok();
    if is_plain { text.to_owned() } else { flow_text(text) }
}

/// `{ a: 1, b: [2, 3] }`, a list for a name that stands there several times.
pub(super) fn pairs(pairs: &[(String, String)]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in pairs {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let entries: Vec<String> = names
        .iter()
        .map(|name| {
            let values: Vec<String> = pairs.iter().filter(|(n, _)| n == name).map(|(_, v)| quoted(v)).collect();
            match values.as_slice() {
                [value] => format!("{}: {value}", flow_text(name)),
                values => format!("{}: [{}]", flow_text(name), values.join(", ")),
            }
        })
        .collect();
    format!("{{ {} }}", entries.join(", "))
}

/// Text that is a JSON object or array as a whole; `None` for all other text.
pub(super) fn json_in_text(text: &str) -> Option<Json> {
    if !is_json_like(text) {
        return None;
    }
    Json::parse(text.trim().as_bytes()).ok()
}

/// Returns true for text in the brackets of a JSON object or array.
pub(super) fn is_json_like(text: &str) -> bool {
    let text = text.trim();
    // `{{name}}` is a placeholder.
    (text.starts_with('{') && text.ends_with('}') && !text.starts_with("{{"))
        || (text.starts_with('[') && text.ends_with(']'))
}

fn write(node: &Node, out: &mut String) {
    // Text that will be cut off anyway is not written.
    if out.len() > 4 * VALUE_CHARS_MAX {
        return;
    }
    match &node.value {
        Value::Scalar(Scalar::Plain(text)) if text.is_empty() => out.push_str("null"),
        // In brackets, some plain text of a block needs quotes.
        Value::Scalar(Scalar::Plain(text)) if !text.contains([',', '[', ']', '{', '}', '"', '\'']) => {
            out.push_str(text);
        }
        Value::Scalar(scalar) => out.push_str(&flow_text(scalar.as_str())),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Map(entries) if entries.is_empty() => out.push_str("{}"),
        Value::Map(entries) => {
            out.push_str("{ ");
            for (at, entry) in entries.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                out.push_str(&flow_text(entry.name.as_str()));
                out.push_str(": ");
                write(&entry.value, out);
            }
            out.push_str(" }");
        }
    }
}
