//! A text as a tree of byte ranges.

use crate::source::MERGE_KEY;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use std::ops::Range;
use understudy_exchange::JsonString;
use understudy_exchange::json::{Build, Scalar, Text, parse_with};

/// How a text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Yaml,
    Json,
}

/// A value, and where it stands.
#[derive(Debug)]
pub(super) struct Ranged {
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A single value.
    Leaf,
    List(Vec<Ranged>, Style),
    Map(Vec<Member>, Style),
    /// What stands elsewhere in the file.
    Alias,
}

/// How a collection is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// In brackets.
    Flow,
    /// By lines and columns.
    Block,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) key: Range<usize>,
    pub(super) value: Ranged,
}

/// How deep a file may nest; what is deeper was refused when it was read.
const DEPTH_MAX: usize = crate::source::DEPTH_MAX + 8;

/// The ranges of a text; `None` where it cannot be read, or has keys that are no text.
pub(super) fn ranges(text: &str, language: Language) -> Option<Ranged> {
    match language {
        Language::Json => parse_with(text.as_bytes(), &mut InJson).ok(),
        Language::Yaml => InYaml::new(text).document(),
    }
}

struct InJson;

impl Build for InJson {
    type Value = Ranged;
    type Text = JsonString;
    type Member = Member;

    fn text(&mut self, text: Text<'_>) -> JsonString {
        text.into()
    }

    fn string(&mut self, at: Range<usize>, _: JsonString) -> Ranged {
        Ranged { range: at, kind: Kind::Leaf }
    }

    fn scalar(&mut self, at: Range<usize>, _: Scalar<'_>) -> Ranged {
        Ranged { range: at, kind: Kind::Leaf }
    }

    fn array(&mut self, at: Range<usize>, items: Vec<Ranged>) -> Ranged {
        Ranged { range: at, kind: Kind::List(items, Style::Flow) }
    }

    fn member(&mut self, at: Range<usize>, name: JsonString, value: Ranged) -> Member {
        Member { name: name.as_str().to_owned(), key: at, value }
    }

    fn object(&mut self, at: Range<usize>, members: Vec<Member>) -> Ranged {
        Ranged { range: at, kind: Kind::Map(members, Style::Flow) }
    }
}

struct InYaml<'a> {
    text: &'a str,
    events: Parser<'a, StrInput<'a>>,
    /// Where each character begins: the parser counts characters.
    bytes: Vec<usize>,
}

impl<'a> InYaml<'a> {
    fn new(text: &'a str) -> Self {
        let bytes = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { text, events: Parser::new_from_str(text), bytes }
    }

    fn next(&mut self) -> Option<(Event<'a>, Range<usize>)> {
        let (event, span) = self.events.next_event()?.ok()?;
        let byte = |at: usize| self.bytes.get(at).copied().unwrap_or(self.text.len());
        Some((event, byte(span.start.index())..byte(span.end.index())))
    }

    fn document(&mut self) -> Option<Ranged> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_), _) => {}
                (event, range) => return self.value(&event, range, 0),
            }
        }
    }

    fn value(&mut self, event: &Event<'a>, range: Range<usize>, depth: usize) -> Option<Ranged> {
        if depth > DEPTH_MAX {
            return None;
        }
        match event {
            Event::Alias(_) => Some(Ranged { range, kind: Kind::Alias }),
            Event::Scalar(_, style, ..) => {
                let range = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => self.block(range)?,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => self.quoted(range)?,
                    ScalarStyle::Plain => range.start..self.text[..range.end].trim_end().len().max(range.start),
                };
                Some(Ranged { range, kind: Kind::Leaf })
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                let end = loop {
                    match self.next()? {
                        (Event::SequenceEnd, end) => break end.end,
                        (event, range) => items.push(self.value(&event, range, depth + 1)?),
                    }
                };
                let style = self.style(range.start, b'[');
                let last = items.last().map(|item| item.range.end);
                Some(Ranged {
                    range: range.start..self.ended(style, end, last, range.start),
                    kind: Kind::List(items, style),
                })
            }
            Event::MappingStart(..) => {
                let mut members = Vec::new();
                let mut is_merged = false;
                let end = loop {
                    match self.next()? {
                        (Event::MappingEnd, end) => break end.end,
                        (Event::Scalar(name, style, ..), key) => {
                            is_merged |= style == ScalarStyle::Plain && name == MERGE_KEY;
                            let name = name.into_owned();
                            let (event, range) = self.next()?;
                            members.push(Member { name, key, value: self.value(&event, range, depth + 1)? });
                        }
                        _ => return None,
                    }
                };
                let style = self.style(range.start, b'{');
                let last = members.last().map(|member| member.value.range.end.max(member.key.end));
                let start = match (style, members.first()) {
                    (Style::Block, Some(first)) => first.key.start,
                    _ => range.start,
                };
                // Some of its entries stand elsewhere.
                let kind = if is_merged { Kind::Alias } else { Kind::Map(members, style) };
                Some(Ranged { range: start..self.ended(style, end, last, start), kind })
            }
            _ => None,
        }
    }

    /// A block of text from its `|` or `>`, which the parser does not count to it, to its last line: the parser goes on
    /// to where the next thing begins.
    fn block(&self, range: Range<usize>) -> Option<Range<usize>> {
        let indicator = if self.text[range.start..].starts_with(['|', '>']) {
            range.start
        } else {
            self.text[..range.start].rfind(['|', '>'])?
        };
        Some(indicator..self.text[..range.end].trim_end().len().max(indicator))
    }

    /// Text in quotes up to its last quote: the parser goes on over what follows, comments too.
    fn quoted(&self, range: Range<usize>) -> Option<Range<usize>> {
        let text = &self.text[range.start..];
        let quote = text.as_bytes().first().copied().filter(|byte| matches!(byte, b'"' | b'\''))?;
        let mut bytes = text.bytes().enumerate().skip(1).peekable();
        while let Some((at, byte)) = bytes.next() {
            let next = bytes.peek().map(|(_, next)| *next);
            match byte {
                b'\\' if quote == b'"' => drop(bytes.next()),
                b'\'' if quote == b'\'' && next == Some(b'\'') => drop(bytes.next()),
                byte if byte == quote => return Some(range.start..range.start + at + 1),
                _ => {}
            }
        }
        None
    }

    fn style(&self, start: usize, bracket: u8) -> Style {
        if self.text.as_bytes().get(start) == Some(&bracket) { Style::Flow } else { Style::Block }
    }

    /// Returns the end of a collection. A collection in brackets ends with its bracket, although the parser continues
    /// over the text after it, comments included. A block ends with its last entry.
    fn ended(&self, style: Style, end: usize, last: Option<usize>, start: usize) -> usize {
        match style {
            Style::Flow => self.bracket(last.unwrap_or(start + 1)).unwrap_or_else(|| self.text[..end].trim_end().len()),
            Style::Block => last.unwrap_or(start),
        }
    }

    /// The end of the bracket that closes a collection whose last entry ends at `last`.
    fn bracket(&self, last: usize) -> Option<usize> {
        let mut is_comment = false;
        for (at, byte) in self.text.bytes().enumerate().skip(last) {
            match byte {
                b'\n' => is_comment = false,
                b'#' => is_comment = true,
                b']' | b'}' if !is_comment => return Some(at + 1),
                _ => {}
            }
        }
        None
    }
}
