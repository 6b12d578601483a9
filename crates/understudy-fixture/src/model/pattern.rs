//! Text of a request in which `{{name}}` may stand for a captured value.

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

    /// Splits text at its placeholders. `{{` with no `}}` after it, or with something that is no name in
    /// between, is text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            let inner = &rest[at + 2..];
            let name = inner.find("}}").map(|end| (inner[..end].trim(), &inner[end + 2..]));
            plain.push_str(&rest[..at]);
            match name.filter(|(name, _)| is_name(name)) {
                Some((name, after)) => {
                    if !plain.is_empty() {
                        parts.push(PatternPart::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(PatternPart::Placeholder(name.to_owned()));
                    rest = after;
                }
                None => {
                    plain.push_str("{{");
                    rest = inner;
                }
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(PatternPart::Text(plain));
        }
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

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            PatternPart::Text(text) => f.write_str(text),
            PatternPart::Placeholder(name) => write!(f, "{{{{{name}}}}}"),
        })
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
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
}
