//! Values as YAML that a person would write: short ones in a line, long ones over several.

use understudy_exchange::{Json, JsonString};

/// What is longer in one line is written over several.
pub(crate) const LINE_CHARS_MAX: usize = 88;

/// A value in one line of YAML: `{min: 1}`, `[a, b]`.
#[must_use]
pub fn flow_value(value: &Json) -> String {
    let mut out = String::new();
    write_flow(value, &mut out);
    out
}

/// A map over several lines, its own maps too down to a depth; below it, as short as they are.
pub(crate) fn write_map(members: &[(String, Json)], out: &mut String) {
    for (name, value) in members {
        write_member(name, value, 0, out);
    }
}

/// Maps down to this depth are written over several lines, however short they are.
const BLOCK_DEPTH_MAX: usize = 2;

fn write_member(name: &str, value: &Json, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    out.push_str(&format!("{indent}{}:", block_text(name)));
    match value {
        Json::Object(members) if depth < BLOCK_DEPTH_MAX && !members.is_empty() && !has_twins(members) => {
            out.push('\n');
            for (name, value) in members {
                write_member(name.as_str(), value, depth + 1, out);
            }
        }
        // Several of what is written over several lines: the first member stands beside the dash.
        Json::Array(items)
            if depth == 0 && items.iter().all(|item| matches!(item, Json::Object(m) if !m.is_empty())) =>
        {
            out.push('\n');
            for item in items {
                let mut one = String::new();
                if let Json::Object(members) = item {
                    for (name, value) in members {
                        write_member(name.as_str(), value, depth + 2, &mut one);
                    }
                }
                out.push_str(&format!("{indent}  - {}", one.trim_start()));
            }
        }
        value => {
            behind(value, depth * 2, "\n", out);
            out.push('\n');
        }
    }
}

/// Whether a name is there twice, which blocks of YAML do not allow.
fn has_twins(members: &[(JsonString, Json)]) -> bool {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

/// A value behind a key that stands in `column`: what is too long for a line goes below it, text of several lines as such.
pub(crate) fn write_block(value: &Json, column: usize, newline: &str, out: &mut String) {
    // YAML has no halves of surrogate pairs. JSON in one line is read as such (`source/json_lines.rs`).
    if !is_unicode(value) {
        value.write_to(out);
        return;
    }
    let indent = format!("{newline}{}", " ".repeat(column + 2));
    if let Json::String(text) = value
        && let Some((indicator, lines)) = literal(text.as_str())
    {
        out.push_str(indicator);
        for line in lines.split('\n') {
            if line.is_empty() {
                out.push_str(newline);
            } else {
                out.push_str(&indent);
                out.push_str(line);
            }
        }
        return;
    }
    let line = match value {
        Json::String(text) => block_text(text.as_str()),
        value => flow_value(value),
    };
    // Names that need quotes in brackets alone, as JSONPaths do, are easier to read below each other.
    let is_named_better = matches!(value, Json::Object(members) if members.iter().any(|(name, _)| {
        is_plain_in_block(name.as_str()) && flow_text(name.as_str()) != name.as_str()
    }));
    if line.chars().count() <= LINE_CHARS_MAX && !line.contains("\\n") && !is_named_better {
        out.push_str(&line);
        return;
    }
    match value {
        Json::Object(members) if !members.is_empty() && !has_twins(members) => {
            for (name, value) in members {
                out.push_str(&indent);
                out.push_str(&block_text(name.as_str()));
                out.push(':');
                behind(value, column + 2, newline, out);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for item in items {
                out.push_str(&indent);
                out.push('-');
                behind(item, column + 2, newline, out);
            }
        }
        _ => out.push_str(&line),
    }
}

fn is_unicode(value: &Json) -> bool {
    match value {
        Json::String(text) => text.is_unicode(),
        Json::Array(items) => items.iter().all(is_unicode),
        Json::Object(members) => members.iter().all(|(name, value)| name.is_unicode() && is_unicode(value)),
        _ => true,
    }
}

/// A string in a block: plain where it can be.
pub(crate) fn block_text(text: &str) -> String {
    if is_plain_in_block(text) { text.to_owned() } else { flow_text(text) }
}

/// Whether a block's reader takes this text without quotes for nothing but itself (YAML 1.2, section 7.3.3).
fn is_plain_in_block(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || " _-/.,()!?{}[]*$:+@=&".contains(c);
    // What starts with a digit is a number to some reader, unless a letter stands in it that no number has.
    let is_no_number = |c: char| c.is_ascii_alphabetic() && !"aAbBcCdDeEfFxXoO".contains(c);
    (text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '$')
        || (text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(is_no_number)))
        && text.chars().all(is_plain)
        && !text.contains(": ")
        && !text.ends_with([' ', ':'])
        && (text.contains(|c: char| !c.is_ascii_alphabetic()) || flow_text(text) == text)
}

/// A value behind `:` or `-`.
fn behind(value: &Json, column: usize, newline: &str, out: &mut String) {
    let mut written = String::new();
    write_block(value, column, newline, &mut written);
    if !written.starts_with(newline) {
        out.push(' ');
    }
    out.push_str(&written);
}

/// Text of several lines as a literal block (YAML 1.2, section 8.1.2), without its last line end; `None` where it cannot be
/// one.
fn literal(text: &str) -> Option<(&'static str, &str)> {
    let is_fit = text.contains('\n')
        && !text.starts_with([' ', '\n'])
        && text.chars().all(|c| c == '\n' || (!c.is_control() && !matches!(u32::from(c), 0x2028 | 0x2029 | 0xFEFF)))
        && text.lines().all(|line| !line.trim().is_empty() || line.is_empty());
    let body = text.strip_suffix('\n').unwrap_or(text);
    // Of several line ends at the end, the others would be lost or need another indicator.
    (is_fit && !body.ends_with('\n')).then_some((if body.len() < text.len() { "|" } else { "|-" }, body))
}

/// A value in one line. Flow style is JSON's, with other escapes.
fn write_flow(value: &Json, out: &mut String) {
    match value {
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_flow(item, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                // A key that YAML takes for one has at most 1,024 characters (section 7.4.2).
                if name.as_str().chars().count() > 500 {
                    out.push_str("? ");
                }
                out.push_str(&flow_text(name.as_str()));
                out.push_str(": ");
                write_flow(value, out);
            }
            out.push('}');
        }
        Json::String(text) => out.push_str(&flow_text(text.as_str())),
        other => other.write_to(out),
    }
}

/// A string: plain where nobody can take it for anything else, else in double quotes.
pub(crate) fn flow_text(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.'))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // YAML 1.2, section 5.1: what is not printable has to be escaped; so do other line breaks.
            c if c.is_control() || matches!(u32::from(c), 0x2028 | 0x2029 | 0xFEFF | 0xFFFE | 0xFFFF) => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
