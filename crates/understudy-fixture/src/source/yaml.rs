//! YAML files, from the events of `saphyr-parser`, which leaves to its caller to refuse second documents and
//! alias bombs.

use super::merge_keys::{MERGE_KEY, merge};
use super::{DEPTH_MAX, Entry, Node, Scalar, Source, Value, json_lines};
use crate::diagnostic::{Code, Diagnostic, Span};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};
use std::collections::HashMap;
use understudy_exchange::JsonString;

/// How many nodes a file may have once its aliases are written out.
pub(crate) const NODES_MAX: usize = 1_000_000;

pub(super) fn parse(source: &Source) -> Result<Node, Box<Diagnostic>> {
    let text = source.text.strip_prefix('\u{FEFF}').unwrap_or(&source.text);
    if let Some(shortened) = json_lines::shorten(text) {
        let result = read(source, &shortened.text, shortened.nodes);
        // What stands in for a value and came out as part of some text was no value: read it the long way. So is
        // what cannot be read, for the message's sake.
        match result {
            Ok((root, left)) if left.is_empty() => return Ok(root),
            _ => {}
        }
    }
    read(source, text, HashMap::new()).map(|(root, _)| root)
}

/// The root, and those of the values in `json` that were not met.
fn read(source: &Source, text: &str, json: HashMap<u32, Node>) -> Result<(Node, HashMap<u32, Node>), Box<Diagnostic>> {
    let mut reader = Reader { source, events: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0, json };
    let root = reader.document()?;
    if let Some((Event::DocumentStart(_), span)) = reader.peek_document()? {
        let message = "a second document: a file holds one fixture".to_owned();
        return Err(Box::new(
            source.diagnostic(Code::Syntax, span, message).with_hint("move it into a file of its own"),
        ));
    }
    Ok((root, reader.json))
}

struct Reader<'a> {
    source: &'a Source,
    events: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    /// Values that were read as JSON, by line.
    json: HashMap<u32, Node>,
}

type Read<T> = Result<T, Box<Diagnostic>>;

impl<'a> Reader<'a> {
    fn next(&mut self) -> Read<(Event<'a>, Span)> {
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                let (start, end) = (span.start, span.end);
                let same_line = start.line() == end.line() && end.col() > start.col();
                let width = if same_line { end.col() - start.col() } else { 1 };
                Ok((event, Span { line: start.line() as u32, column: start.col() as u32 + 1, width: width as u32 }))
            }
            Some(Err(error)) => Err(Box::new(self.syntax(&error))),
            None => Ok((Event::StreamEnd, Span { line: 1, column: 1, width: 1 })),
        }
    }

    fn peek_document(&mut self) -> Read<Option<(Event<'a>, Span)>> {
        loop {
            match self.next()? {
                (Event::DocumentEnd, _) => {}
                (Event::StreamEnd, _) => return Ok(None),
                other => return Ok(Some(other)),
            }
        }
    }

    fn document(&mut self) -> Read<Node> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_), _) => {}
                (Event::StreamEnd | Event::DocumentEnd, span) => return Ok(Node { span, value: Value::Map(vec![]) }),
                (event, span) => return self.node(event, span, 0),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Read<Node> {
        self.count(1, span)?;
        if depth > DEPTH_MAX {
            return self.fail(Code::TooLarge, span, format!("nested more than {DEPTH_MAX} deep"));
        }
        let (anchor, tag, value) = match event {
            Event::Alias(id) => return self.alias(id, span, depth),
            Event::Scalar(text, ScalarStyle::DoubleQuoted, 0, None) if text == json_lines::STAND_IN => {
                return match self.json.remove(&span.line) {
                    Some(node) => self.within_depth(node, depth),
                    None => Ok(Node { span, value: Value::Scalar(Scalar::Quoted(JsonString::new(text))) }),
                };
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.as_ref().is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let scalar = if style == ScalarStyle::Plain && !is_text {
                    Scalar::Plain(text.into_owned())
                } else {
                    Scalar::Quoted(JsonString::new(text))
                };
                (anchor, if is_text { None } else { tag }, Value::Scalar(scalar))
            }
            Event::SequenceStart(anchor, tag) => (anchor, tag, Value::List(self.items(depth)?)),
            Event::MappingStart(anchor, tag) => (anchor, tag, Value::Map(self.entries(depth)?)),
            other => return self.fail(Code::Syntax, span, format!("unexpected {other:?}")),
        };
        if let Some(tag) = tag {
            let message = format!("the tag `{tag}` means nothing here");
            return self.fail(Code::Syntax, span, message);
        }
        // A map or list is pointed at, not underlined.
        let width = if matches!(value, Value::Scalar(_)) { span.width } else { 1 };
        let node = Node { span: Span { width, ..span }, value };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn items(&mut self, depth: usize) -> Read<Vec<Node>> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn entries(&mut self, depth: usize) -> Read<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut merged: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                let Some(first) = merged.first().map(|node| node.span) else { return Ok(entries) };
                return match merge(entries, merged) {
                    Some(entries) => Ok(entries),
                    None => self.fail(Code::WrongType, first, "`<<` merges a map or a list of maps".to_owned()),
                };
            }
            let key = self.node(event, span, depth + 1)?;
            if matches!(&key.value, Value::Scalar(Scalar::Plain(name)) if name == MERGE_KEY) {
                let (event, span) = self.next()?;
                let value = self.node(event, span, depth + 1)?;
                // An alias counts where it stands.
                merged.push(Node { span, ..value });
                continue;
            }
            let is_named_by_map = matches!(key.value, Value::Map(_));
            let name = match key.value {
                Value::Scalar(Scalar::Plain(text)) => JsonString::new(text),
                Value::Scalar(Scalar::Quoted(text)) => text,
                // What an unquoted `{{x}}` looks like; readers of values know what to say about it.
                Value::Map(_) => JsonString::new("{"),
                Value::List(_) => return self.fail(Code::Syntax, span, "a key has to be a single value".to_owned()),
            };
            let (event, value_span) = self.next()?;
            let value = self.node(event, value_span, depth + 1)?;
            entries.push(Entry { name, is_named_by_map, span, value });
        }
    }

    fn alias(&mut self, id: usize, span: Span, depth: usize) -> Read<Node> {
        let Some(node) = self.anchors.get(&id).cloned() else {
            return self.fail(Code::Syntax, span, "an alias inside its own anchor".to_owned());
        };
        self.count(size(&node), span)?;
        self.within_depth(Node { span, ..node }, depth)
    }

    /// What comes from elsewhere in the file counts with its own depth.
    fn within_depth(&self, node: Node, depth: usize) -> Read<Node> {
        if depth + height(&node) > DEPTH_MAX {
            return self.fail(Code::TooLarge, node.span, format!("nested more than {DEPTH_MAX} deep"));
        }
        Ok(node)
    }

    fn count(&mut self, nodes: usize, span: Span) -> Read<()> {
        self.nodes += nodes;
        if self.nodes > NODES_MAX {
            return self.fail(Code::TooLarge, span, format!("more than {NODES_MAX} values, aliases written out"));
        }
        Ok(())
    }

    fn fail<T>(&self, code: Code, span: Span, message: String) -> Read<T> {
        Err(Box::new(self.source.diagnostic(code, span, message)))
    }

    fn syntax(&self, error: &ScanError) -> Diagnostic {
        let marker = error.marker();
        let span = Span { line: (marker.line() as u32).max(1), column: marker.col() as u32 + 1, width: 1 };
        if let Some(diagnostic) = self.tab_near(span.line) {
            return diagnostic;
        }
        let diagnostic = self.source.diagnostic(Code::Syntax, span, format!("not YAML: {}", error.info()));
        match slip(self.source.line(span.line)).or_else(|| slip(self.source.line(span.line.saturating_sub(1)))) {
            Some(hint) => diagnostic.with_hint(hint),
            None => diagnostic,
        }
    }

    /// YAML 1.2, section 6.1: indentation is made of spaces. The scanner complains one line late at times.
    fn tab_near(&self, line: u32) -> Option<Diagnostic> {
        (line.saturating_sub(1).max(1)..=line).find_map(|line| {
            let text = self.source.line(line);
            let indent = text.len() - text.trim_start().len();
            let at = text[..indent].chars().position(|c| c == '\t')?;
            let span = Span { line, column: at as u32 + 1, width: 1 };
            let message = "a tab in the indentation: YAML allows only spaces there".to_owned();
            Some(self.source.diagnostic(Code::Tab, span, message).with_hint("replace the tab with spaces"))
        })
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|entry| 1 + size(&entry.value)).sum::<usize>(),
    }
}

fn height(node: &Node) -> usize {
    match &node.value {
        Value::Scalar(_) => 0,
        Value::List(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Value::Map(entries) => 1 + entries.iter().map(|entry| height(&entry.value)).max().unwrap_or(0),
    }
}

/// What was probably meant on a line that is no YAML.
fn slip(line: &str) -> Option<&'static str> {
    let unquoted = |start: &str| line.find(start).is_some_and(|at| !line[..at].ends_with(['"', '\'']));
    if line.contains("{{") && !line.contains("\"{{") && !line.contains("'{{") {
        return Some("put quotes around a value with `{{name}}`: \"{{name}}\"");
    }
    if line.split_once("path:").is_some_and(|(_, path)| path.contains('/') && path.contains('{')) {
        return Some("inside `{ }`, put quotes around a path with parameters: path: \"/pets/{id}\"");
    }
    if unquoted("$.") || unquoted("$[") {
        return Some("inside `{ }`, put quotes around a JSONPath: \"$.items[*].id\"");
    }
    if line.contains("\\ud8") || line.contains("\\uD8") || line.contains("\\ud9") || line.contains("\\uD9") {
        return Some("YAML has no surrogate pairs: write the character itself, or use a .json file");
    }
    None
}
