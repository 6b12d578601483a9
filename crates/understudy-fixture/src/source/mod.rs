//! A file's text as a tree in which every node knows its place.

mod as_json;
mod json;
mod json_lines;
mod json_mistake;
mod merge_keys;
mod node;
mod yaml;

pub use as_json::AsJson;
pub(crate) use json_mistake::Mistake;
pub(crate) use merge_keys::MERGE_KEY;
pub(crate) use node::{Entry, Node, Scalar, Value};

use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use std::sync::Arc;

/// How large a fixture file may be. Larger bodies belong in body files.
pub const SOURCE_BYTES_MAX: usize = 16 << 20;

/// How deep maps and lists may nest in a file.
pub(crate) const DEPTH_MAX: usize = understudy_exchange::json::DEPTH_MAX;

/// A file: its name relative to the project, and its text.
#[derive(Debug, Clone)]
pub struct Source {
    /// With `/` between folders. The ending says which language it is: `.json` is JSON, all else YAML.
    pub file: Arc<str>,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A file from its bytes.
    ///
    /// # Errors
    /// A diagnostic where they are not UTF-8 or more than [`SOURCE_BYTES_MAX`].
    pub fn new(file: &str, bytes: Vec<u8>) -> Result<Self, Box<Diagnostic>> {
        if bytes.len() > SOURCE_BYTES_MAX {
            return Err(Self::too_large(file, bytes.len() as u64));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { file: file.into(), text }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let before = &error.as_bytes()[..at];
                let line = 1 + before.iter().filter(|b| **b == b'\n').count();
                let message = format!("the file is not UTF-8: line {line} holds a byte that is not");
                let hint = "save the file as UTF-8; bytes that are not text go into a body file";
                Err(Box::new(Diagnostic::of_file(Code::NotUtf8, file, message).with_hint(hint)))
            }
        }
    }

    /// Returns the problem of a file with more than [`SOURCE_BYTES_MAX`] bytes.
    #[must_use]
    pub fn too_large(file: &str, bytes: u64) -> Box<Diagnostic> {
        let message = format!("the file has {bytes} bytes; at most {SOURCE_BYTES_MAX} are read");
        let hint = "move the body into a file under bodies/ and name it with `file:`";
        Box::new(Diagnostic::of_file(Code::TooLarge, file, message).with_hint(hint))
    }

    /// The file as a tree, or the one problem that keeps it from being one. An empty file is an empty map.
    pub(crate) fn parse(&self) -> Result<Node, Box<Diagnostic>> {
        if self.is_json() { json::parse(self) } else { yaml::parse(self) }
    }

    /// Returns true for a file whose name ends in `.json`, in upper or lower case.
    pub(crate) fn is_json(&self) -> bool {
        let file = self.file.as_bytes();
        file.len() >= 5 && file[file.len() - 5..].eq_ignore_ascii_case(b".json")
    }

    /// A problem at a place of the file.
    #[must_use]
    pub fn diagnostic(&self, code: Code, span: Span, message: String) -> Diagnostic {
        self.diagnostic_at(self.line(span.line), code, span, message)
    }

    /// As [`Self::diagnostic`], where the line was found already.
    pub(crate) fn diagnostic_at(&self, line: &str, code: Code, span: Span, message: String) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            file: Arc::clone(&self.file),
            span: Some(span),
            line_text: line.to_owned(),
            message,
            hint: None,
        }
    }

    /// The lines, without their ends.
    pub(crate) fn lines(&self) -> std::str::Lines<'_> {
        self.text.strip_prefix('\u{FEFF}').unwrap_or(&self.text).lines()
    }

    /// A line, from 1, without its end.
    fn line(&self, number: u32) -> &str {
        self.lines().nth(number.saturating_sub(1) as usize).unwrap_or("")
    }
}
