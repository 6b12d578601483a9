//! Text of a request in which `{{name}}` may stand for a captured value.

use std::borrow::Cow;

/// A piece of a [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternPart {
    /// Text as it is.
    Text(String),
    /// `{{name}}`
    Placeholder(String),
}

/// Text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The pieces in order; two texts never stand beside each other.
    pub parts: Vec<PatternPart>,
}

impl Pattern {
    /// Whether anything matches: it is one placeholder.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.parts.as_slice(), [PatternPart::Placeholder(_)])
    }

    /// Splits text at its placeholders. `{{` that is not followed by a name and `}}` is text. A backslash before
    /// a placeholder makes it text, and a second one stands for a backslash: `\{{name}}` is the text `{{name}}`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            let (before, opened) = rest.split_at(at);
            let Some((name, after)) = placeholder(opened) else {
                // The second brace may be the first one of a placeholder.
                plain.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
                continue;
            };
            plain.push_str(before);
            let backslashes = trailing_backslashes(&plain);
            plain.truncate(plain.len() - backslashes.div_ceil(2));
            if backslashes % 2 == 1 {
                plain.push_str(&opened[..opened.len() - after.len()]);
            } else {
                if !plain.is_empty() {
                    parts.push(PatternPart::Text(std::mem::take(&mut plain)));
                }
                parts.push(PatternPart::Placeholder(name.to_owned()));
            }
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(PatternPart::Text(plain));
        }
        Self { parts }
    }

    /// The pattern that matches this text and nothing else.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        let parts = if text.is_empty() { Vec::new() } else { vec![PatternPart::Text(text.to_owned())] };
        Self { parts }
    }

    /// The text, where there are no placeholders in it.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [PatternPart::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The name, where the whole is one placeholder.
    #[must_use]
    pub fn as_placeholder(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [PatternPart::Placeholder(name)] => Some(name),
            _ => None,
        }
    }

    /// The names of the placeholders.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            PatternPart::Placeholder(name) => Some(name.as_str()),
            PatternPart::Text(_) => None,
        })
    }

    /// Whether `text` is this with something, or nothing, in place of each placeholder.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let Some(PatternPart::Text(first)) = self.parts.first() else { return self.matches_from(0, text) };
        if self.parts.len() == 1 {
            return text == first;
        }
        text.strip_prefix(first.as_str()).is_some_and(|rest| self.matches_from(1, rest))
    }

    /// From a placeholder on: each text after it is sought from the left, the last one at the end.
    fn matches_from(&self, from: usize, text: &str) -> bool {
        let Some((last, parts)) = self.parts.get(from..).and_then(<[_]>::split_last) else { return text.is_empty() };
        let mut rest = text;
        for part in parts {
            if let PatternPart::Text(literal) = part {
                match rest.find(literal.as_str()) {
                    Some(at) => rest = &rest[at + literal.len()..],
                    None => return false,
                }
            }
        }
        match last {
            PatternPart::Placeholder(_) => true,
            PatternPart::Text(literal) => rest.ends_with(literal.as_str()),
        }
    }
}

/// Writes the pattern as in a fixture: [`Pattern::parse`] returns the same pattern again.
impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                PatternPart::Text(text) => {
                    let is_before_placeholder = matches!(parts.peek(), Some(PatternPart::Placeholder(_)));
                    f.write_str(&escape(text, is_before_placeholder))?;
                }
                PatternPart::Placeholder(name) => write!(f, "{{{{{name}}}}}")?,
            }
        }
        Ok(())
    }
}

/// Escapes text so that no part of it is read as a placeholder.
fn escape(text: &str, is_before_placeholder: bool) -> Cow<'_, str> {
    let ends_in_backslash = is_before_placeholder && text.ends_with('\\');
    if !ends_in_backslash && !text.contains("{{") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 1);
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, opened) = rest.split_at(at);
        let Some((_, after)) = placeholder(opened) else {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        };
        out.push_str(before);
        double_trailing_backslashes(&mut out);
        out.push('\\');
        out.push_str(&opened[..opened.len() - after.len()]);
        rest = after;
    }
    out.push_str(rest);
    if is_before_placeholder {
        double_trailing_backslashes(&mut out);
    }
    Cow::Owned(out)
}

fn double_trailing_backslashes(text: &mut String) {
    text.push_str(&"\\".repeat(trailing_backslashes(text)));
}

fn trailing_backslashes(text: &str) -> usize {
    text.len() - text.trim_end_matches('\\').len()
}

/// The name of the placeholder that a text starts with, and what follows the placeholder.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("{{")?.trim_start();
    let is_in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let (name, rest) = inner.split_at(inner.find(|c| !is_in_name(c)).unwrap_or(inner.len()));
    let after = rest.trim_start().strip_prefix("}}")?;
    (!name.is_empty()).then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_stands_for_anything() {
        for (pattern, text, matches) in [
            ("{{a}}", "", true),
            ("{{a}}", "x", true),
            ("Bearer {{t}}", "Bearer x", true),
            ("Bearer {{t}}", "Basic x", false),
            ("{{a}}-{{b}}", "1-2", true),
            ("{{a}}-{{b}}", "12", false),
            ("a{{x}}a", "a", false),
            ("a{{x}}a", "aa", true),
            ("a{{x}}b{{y}}b", "a1b2b", true),
            ("{{}} {{a b}} {{", "{{}} {{a b}} {{", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(Pattern::parse(pattern).matches(text), matches, "{pattern} {text}");
            assert_eq!(Pattern::parse(pattern).to_string(), pattern);
        }
    }

    #[test]
    fn a_backslash_before_a_placeholder_makes_it_text() {
        for (written, meant) in [
            (r"Hi \{{name}}", "Hi {{name}}"),
            (r"\{{ name }}", "{{ name }}"),
            (r"{\{{body}}}", "{{{body}}}"),
            (r"a\\\{{x}}", r"a\{{x}}"),
            (r"C:\{{ is no placeholder \", r"C:\{{ is no placeholder \"),
            ("{{#if x}}", "{{#if x}}"),
            ("{{{{", "{{{{"),
        ] {
            let pattern = Pattern::parse(written);
            assert_eq!(pattern.as_literal(), Some(meant), "{written}");
            assert_eq!(Pattern::literal(meant), pattern, "{written}");
            assert_eq!(Pattern::literal(meant).to_string(), written);
        }
        for (written, matched, other) in [
            (r"\\{{x}}", r"\1", "1"),
            ("{{{x}}", "{1", "1"),
            (r"\{{a}} {{b}}", "{{a}} 1", "1 1"),
            ("{{x}}{{", "1{{", "1"),
        ] {
            let pattern = Pattern::parse(written);
            assert!(pattern.matches(matched) && !pattern.matches(other), "{written}");
            assert_eq!(pattern.to_string(), written);
        }
    }
}
