//! [`Json`] to text: with no white space, or indented for people.

use super::{Json, JsonString, Step};
use std::fmt::Write;

impl Json {
    /// Appends the value as compact JSON.
    pub fn write_to(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(number) => out.push_str(number.as_str()),
            Self::String(string) => write_string(string, out),
            Self::Array(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    item.write_to(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (i, (name, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    write_string(name, out);
                    out.push(':');
                    value.write_to(out);
                }
                out.push('}');
            }
        }
    }
}

impl Json {
    /// The value over several lines, two spaces a level: a line for each element and member. Where that takes more than
    /// `bytes_max`, which deep values from outside may, the rest is not indented.
    #[must_use]
    pub fn indented(&self, bytes_max: usize) -> String {
        let mut out = String::new();
        self.indent_to(0, bytes_max, &mut out);
        out
    }

    fn indent_to(&self, depth: usize, bytes_max: usize, out: &mut String) {
        let (open, close) = match self {
            Self::Array(items) if !items.is_empty() => ('[', ']'),
            Self::Object(members) if !members.is_empty() => ('{', '}'),
            plain => return plain.write_to(out),
        };
        if out.len() > bytes_max {
            return self.write_to(out);
        }
        out.push(open);
        for (at, (step, child)) in self.children().enumerate() {
            out.push_str(if at == 0 { "\n" } else { ",\n" });
            out.extend(std::iter::repeat_n("  ", depth + 1));
            if let Step::Name(_) = step
                && let Self::Object(members) = self
            {
                write_string(&members[at].0, out);
                out.push_str(": ");
            }
            child.indent_to(depth + 1, bytes_max, out);
        }
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
        out.push(close);
    }
}

/// Appends a string as JSON.
pub fn write_string(string: &JsonString, out: &mut String) {
    out.push('"');
    match string.units() {
        None => write_text(string.as_str(), out),
        Some(units) => {
            for unit in char::decode_utf16(units.iter().copied()) {
                match unit {
                    Ok(c) => write_char(c, out),
                    Err(lone) => {
                        let _ = write!(out, "\\u{:04x}", lone.unpaired_surrogate());
                    }
                }
            }
        }
    }
    out.push('"');
}

/// Most text has nothing to escape: it is copied in runs.
fn write_text(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| b < b' ' || b == b'"' || b == b'\\') {
        out.push_str(&rest[..at]);
        write_char(char::from(rest.as_bytes()[at]), out);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

fn write_char(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        c if c < ' ' => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
        c => out.push(c),
    }
}
