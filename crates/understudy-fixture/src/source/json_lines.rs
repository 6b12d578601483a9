//! Bodies are most of what fixtures hold, and most bodies stand as JSON in one line. JSON is YAML, but reading it as
//! YAML costs several times as much: such a line is read as JSON, and YAML reads something short in its place.

use super::Node;
use super::json::parse_in_line;
use crate::diagnostic::Span;
use std::collections::HashMap;

/// What stands in for a value: a text that no file has. (A file that has it is read the long way.)
pub(super) const STAND_IN: &str = "\u{F8FF}json\u{F8FF}";

/// Shorter values are not worth it, unless YAML cannot say them.
const BYTES_MIN: usize = 64;

/// Whether a text may have half of a surrogate pair in it, which only JSON can write (RFC 8259, section 7).
fn may_have_surrogates(text: &str) -> bool {
    text.contains("\\ud") || text.contains("\\uD")
}

/// A file with the values taken out, and the values by line.
pub(super) struct Shortened {
    pub(super) text: String,
    pub(super) nodes: HashMap<u32, Node>,
}

/// Takes out every value that stands alone behind a key, as JSON, to the end of its line; `None` where there is
/// none.
pub(super) fn shorten(text: &str) -> Option<Shortened> {
    if text.contains(STAND_IN) {
        return None;
    }
    let mut out = String::new();
    let mut nodes = HashMap::new();
    let mut copied = 0;
    let mut start = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if let Some((at, value)) = value_of(line)
            && let Some(node) =
                parse_in_line(value, Span { line: number, column: line[..at].chars().count() as u32 + 1, width: 1 })
        {
            out.push_str(&text[copied..start + at]);
            out.push('"');
            out.push_str(STAND_IN);
            out.push('"');
            copied = start + at + value.len();
            nodes.insert(number, node);
        }
        start += line.len();
    }
    out.push_str(&text[copied..]);
    (!nodes.is_empty()).then_some(Shortened { text: out, nodes })
}

/// Where a line is a key and a value in brackets, or a string that only JSON can write.
fn value_of(line: &str) -> Option<(usize, &str)> {
    let content = line.trim_end();
    let is_long = content.len() >= BYTES_MIN && content.ends_with(['}', ']']);
    let is_json_alone = || content.ends_with(['}', ']', '"']) && may_have_surrogates(content);
    if !(is_long || is_json_alone()) {
        return None;
    }
    let indent = content.len() - content.trim_start_matches([' ', '-']).len();
    let key = content[indent..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')?;
    let at = indent + key;
    let value = content[at..].strip_prefix(':')?;
    let gap = value.len() - value.trim_start_matches(' ').len();
    let value = &value[gap..];
    (key > 0 && gap > 0 && value.starts_with(['{', '[', '"'])).then_some((at + 1 + gap, value))
}
