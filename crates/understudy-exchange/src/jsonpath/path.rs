//! The place of a node.

use super::Step;
use smallvec::SmallVec;
use std::fmt;

/// The way from the root to a node. Displayed as `$.items[0].id`; see [`Path::normalized`] for RFC 9535's
/// form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Path<'a>(SmallVec<[Step<'a>; STEPS_IN_PLACE]>);

/// How many steps are kept in place: bodies are rarely deeper.
pub(super) const STEPS_IN_PLACE: usize = 5;

impl<'a> Path<'a> {
    /// The steps, from the root.
    #[must_use]
    pub fn steps(&self) -> &[Step<'a>] {
        &self.0
    }

    /// The path of the child that `step` leads to.
    #[must_use]
    pub fn child(&self, step: Step<'a>) -> Self {
        let mut steps = self.0.clone();
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

impl<'a> FromIterator<Step<'a>> for Path<'a> {
    fn from_iter<I: IntoIterator<Item = Step<'a>>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

fn is_shorthand(name: &str) -> bool {
    name.chars().next().is_some_and(super::parse::is_name_first) && name.chars().all(super::parse::is_name_char)
}
