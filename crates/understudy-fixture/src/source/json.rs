//! JSON files.

use super::{Entry, Mistake, Node, Scalar, Source, Value};
use crate::diagnostic::{Code, Diagnostic, Span};
use std::ops::Range;
use understudy_exchange::JsonString;
use understudy_exchange::json::{self, Build, Text, parse_with};

struct Located<P> {
    places: P,
}

/// Byte offsets to places.
trait Places {
    fn span(&self, at: &Range<usize>) -> Span;
}

/// The lines of a whole file. JSON is built inside out, so offsets do not come in order: they are looked up.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        // A byte order mark takes no column.
        let first = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        Self { text, starts: std::iter::once(first).chain(ends).collect() }
    }
}

impl Places for Lines<'_> {
    fn span(&self, at: &Range<usize>) -> Span {
        let line = self.starts.partition_point(|start| *start <= at.start).max(1) - 1;
        let start = self.starts[line];
        let line_end = self.starts.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let count = |range: Range<usize>| self.text.get(range).map_or(1, |text| text.chars().count()) as u32;
        let column = count(start..at.start.max(start)) + 1;
        Span { line: line as u32 + 1, column, width: count(at.start..at.end.min(line_end).max(at.start)).max(1) }
    }
}

/// A part of one line.
struct InLine<'a> {
    text: &'a str,
    is_ascii: bool,
    start: Span,
}

impl Places for InLine<'_> {
    fn span(&self, at: &Range<usize>) -> Span {
        let count = |range: Range<usize>| match self.text.get(range.clone()) {
            Some(text) if !self.is_ascii => text.chars().count(),
            _ => range.len(),
        };
        let column = self.start.column + count(0..at.start) as u32;
        Span { line: self.start.line, column, width: (count(at.clone()) as u32).max(1) }
    }
}

impl<P: Places> Build for Located<P> {
    type Value = Node;
    type Text = JsonString;
    type Member = Entry;

    fn text(&mut self, text: Text<'_>) -> JsonString {
        text.into()
    }

    fn string(&mut self, at: Range<usize>, text: JsonString) -> Node {
        Node { span: self.places.span(&at), value: Value::Scalar(Scalar::Quoted(text)) }
    }

    fn scalar(&mut self, at: Range<usize>, scalar: json::Scalar<'_>) -> Node {
        let text = match scalar {
            json::Scalar::Null => "null",
            json::Scalar::Bool(true) => "true",
            json::Scalar::Bool(false) => "false",
            json::Scalar::Number(text) => text,
        };
        Node { span: self.places.span(&at), value: Value::Scalar(Scalar::Plain(text.to_owned())) }
    }

    fn array(&mut self, at: Range<usize>, items: Vec<Node>) -> Node {
        Node { span: self.places.span(&at), value: Value::List(items) }
    }

    fn member(&mut self, at: Range<usize>, name: JsonString, value: Node) -> Entry {
        Entry { name, is_named_by_map: false, span: self.places.span(&at), value }
    }

    fn object(&mut self, at: Range<usize>, members: Vec<Entry>) -> Node {
        Node { span: self.places.span(&at), value: Value::Map(members) }
    }
}

pub(super) fn parse(source: &Source) -> Result<Node, Box<Diagnostic>> {
    let mut located = Located { places: Lines::new(&source.text) };
    parse_with(source.text.as_bytes(), &mut located).map_err(|error| {
        let (offset, message, hint) = match Mistake::of(&source.text, &error) {
            Some(mistake) => (mistake.offset, mistake.message, Some(mistake.hint)),
            None => (error.offset, error.message.to_owned(), None),
        };
        let span = located.places.span(&(offset..offset + 1));
        let diagnostic = source.diagnostic(Code::Syntax, span, format!("not JSON: {message}"));
        Box::new(match hint {
            Some(hint) => diagnostic.with_hint(hint),
            None => diagnostic,
        })
    })
}

/// A value that stands in one line of another file, starting at `start`; `None` where it is no JSON.
pub(super) fn parse_in_line(text: &str, start: Span) -> Option<Node> {
    let mut located = Located { places: InLine { text, is_ascii: text.is_ascii(), start } };
    parse_with(text.as_bytes(), &mut located).ok()
}
