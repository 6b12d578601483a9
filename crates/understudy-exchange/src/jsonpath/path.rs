//! The place of a node.

use std::fmt;

/// One step down from a node to its child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step<'a> {
    /// Into an array.
    Index(usize),
    /// Into an object.
    Name(&'a str),
}

/// The way from the root to a node. Displayed as `$.items[0].id`; see [`Path::normalized`] for RFC 9535's
/// form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Path<'a>(pub Vec<Step<'a>>);

impl<'a> Path<'a> {
    /// The path of the child that `step` leads to.
    #[must_use]
    pub fn child(&self, step: Step<'a>) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }

    /// The normalized path of RFC 9535, section 2.7: `$['items'][0]['id']`.
    #[must_use]
    pub fn normalized(&self) -> String {
        let mut out = String::from("$");
        for step in &self.0 {
            match step {
                Step::Index(index) => out.push_str(&format!("[{index}]")),
                Step::Name(name) => write_quoted(name, &mut out),
            }
        }
        out
    }
}

fn write_quoted(name: &str, out: &mut String) {
    out.push_str("['");
    for c in name.chars() {
        match c {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push_str("']");
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::from("$");
        for step in &self.0 {
            match step {
                Step::Index(index) => out.push_str(&format!("[{index}]")),
                Step::Name(name) if is_shorthand(name) => {
                    out.push('.');
                    out.push_str(name);
                }
                Step::Name(name) => write_quoted(name, &mut out),
            }
        }
        f.write_str(&out)
    }
}

fn is_shorthand(name: &str) -> bool {
    name.chars().next().is_some_and(super::parse::is_name_first) && name.chars().all(super::parse::is_name_char)
}
