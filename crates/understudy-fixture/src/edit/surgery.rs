//! Writing one range of a text anew.

use super::ranges::{Kind, Language, Ranged, Style, ranges};
use crate::write::{flow_text, flow_value};
use std::ops::Range;
use understudy_exchange::Json;

/// What is longer in one line is written over several.
const LINE_CHARS_MAX: usize = 88;

/// A text with its ranges.
///
/// Places are positions: the third entry of the first one. Names would not tell duplicate members apart.
pub(super) struct Surgery<'t> {
    text: &'t str,
    language: Language,
    root: Ranged,
}

/// Where a value is written.
#[derive(Clone, Copy)]
enum Where {
    /// In a block of YAML whose keys stand in this column.
    Block(usize),
    /// In brackets that only YAML reads.
    Flow,
    /// In JSON, whose line is indented this far.
    Json(usize),
}

impl<'t> Surgery<'t> {
    pub(super) fn new(text: &'t str, language: Language) -> Option<Self> {
        Some(Self { root: ranges(text, language)?, text, language })
    }

    fn at(&self, place: &[usize]) -> Option<&Ranged> {
        place.iter().try_fold(&self.root, |at, index| match &at.kind {
            Kind::Map(members, _) => members.get(*index).map(|member| &member.value),
            Kind::List(items, _) => items.get(*index),
            Kind::Leaf | Kind::Alias => None,
        })
    }

    /// The entries of a list or map, keys and dashes included.
    fn entries(&self, outer: &Ranged) -> Option<(Vec<Range<usize>>, Style)> {
        match &outer.kind {
            Kind::Map(members, style) => {
                let range = |m: &super::ranges::Member| m.key.start..m.value.range.end.max(m.key.end);
                Some((members.iter().map(range).collect(), *style))
            }
            Kind::List(items, Style::Flow) => {
                Some((items.iter().map(|item| item.range.clone()).collect(), Style::Flow))
            }
            Kind::List(items, Style::Block) => {
                let range = |item: &Ranged| Some(self.text[..item.range.start].rfind('-')?..item.range.end);
                Some((items.iter().map(range).collect::<Option<_>>()?, Style::Block))
            }
            Kind::Leaf | Kind::Alias => None,
        }
    }

    /// Another value in the place of one.
    pub(super) fn replace(&self, place: &[usize], value: &Json) -> Option<String> {
        let old = self.at(place)?;
        if matches!(old.kind, Kind::Alias) {
            return None;
        }
        let raw = &self.text[old.range.clone()];
        let how = self.how(place);
        let in_quotes = match (how, value) {
            (Where::Block(_) | Where::Flow, Json::String(text)) => in_quotes_of(raw, text.as_str()),
            _ => None,
        };
        let new = in_quotes.unwrap_or_else(|| self.written(value, how));
        // What stands below its key comes up to it, and the other way round. A list's dash is no key.
        let head = self.text[..old.range.start].trim_end();
        let starts_a_line = self.text[head.len()..old.range.start].contains('\n') && head.ends_with(':');
        let start = if new.starts_with('\n') || starts_a_line { head.len() } else { old.range.start };
        // A value that is nothing has no place of its own: `key:`.
        let touches =
            !new.starts_with('\n') && self.text[..start].ends_with([':', '-']) && self.language == Language::Yaml;
        let space = if touches && !place.is_empty() { " " } else { "" };
        Some(self.with(start..old.range.end, &format!("{space}{new}")))
    }

    /// Without an entry of a map or list that has others.
    pub(super) fn remove(&self, place: &[usize]) -> Option<String> {
        let (at, outer) = place.split_last()?;
        let outer = self.at(outer)?;
        let (entries, style) = self.entries(outer)?;
        let gone = entries.get(*at)?;
        let (before, next) = (at.checked_sub(1).map(|at| &entries[at]), entries.get(at + 1));
        let range = match (style, before, next) {
            (Style::Block, ..) if self.begins_its_line(gone.start) => {
                self.line_start(gone.start)..self.line_end(gone.end)
            }
            (Style::Block | Style::Flow, _, Some(next)) => gone.start..next.start,
            (Style::Flow, Some(before), None) => before.end..gone.end,
            (Style::Flow | Style::Block, _, None) => return None,
        };
        Some(self.with(range, ""))
    }

    /// With one more entry in a map, which has a name, or list: before the one that is at this position now.
    pub(super) fn insert(&self, outer: &[usize], at: usize, name: Option<&str>, value: &Json) -> Option<String> {
        let how = self.how_inside(outer);
        let outer = self.at(outer)?;
        let (entries, style) = self.entries(outer)?;
        let entry = self.entry(name, value, how);
        let Some(first) = entries.first() else {
            return (style == Style::Flow)
                .then(|| self.with(outer.range.start + 1..outer.range.end - 1, &format!(" {entry} ")));
        };
        let indent = " ".repeat(self.column(first.start));
        match style {
            Style::Flow => {
                let between = if self.begins_its_line(first.start) {
                    format!(",{}{indent}", self.newline())
                } else {
                    ", ".to_owned()
                };
                Some(match at.checked_sub(1) {
                    None => self.with(first.start..first.start, &format!("{entry}{between}")),
                    Some(before) => {
                        let end = entries.get(before)?.end;
                        self.with(end..end, &format!("{between}{entry}"))
                    }
                })
            }
            Style::Block => Some(match at.checked_sub(1) {
                None => self.with(first.start..first.start, &format!("{entry}{}{indent}", self.newline())),
                Some(before) => {
                    let at = self.line_end(entries.get(before)?.end);
                    let (newline, end) =
                        (self.newline(), if self.text[..at].ends_with('\n') { "" } else { self.newline() });
                    self.with(at..at, &format!("{end}{indent}{entry}{newline}"))
                }
            }),
        }
    }

    /// How a value at this place is written.
    fn how(&self, place: &[usize]) -> Where {
        place.split_last().map_or_else(|| self.how_inside(place), |(_, outer)| self.how_inside(outer))
    }

    /// How the entries of a map or list are written.
    fn how_inside(&self, outer: &[usize]) -> Where {
        let on_the_way = || (0..=outer.len()).filter_map(|end| self.at(&outer[..end]));
        let is_flow = |value: &&Ranged| matches!(value.kind, Kind::Map(_, Style::Flow) | Kind::List(_, Style::Flow));
        let stands_in_json = self.language == Language::Json
            || on_the_way().filter(is_flow).any(|value| Json::parse(self.text[value.range.clone()].as_bytes()).is_ok());
        let innermost = self.at(outer);
        let entries = innermost.and_then(|outer| self.entries(outer));
        let first = entries.as_ref().and_then(|(entries, _)| entries.first());
        let start = first.map_or(innermost.map_or(0, |outer| outer.range.start), |first| first.start);
        if stands_in_json {
            let line = &self.text[self.line_start(start)..];
            Where::Json(line.len() - line.trim_start_matches([' ', '\t']).len())
        } else if on_the_way().any(|value| is_flow(&value)) {
            Where::Flow
        } else {
            Where::Block(self.column(start))
        }
    }

    fn entry(&self, name: Option<&str>, value: &Json, how: Where) -> String {
        let written = self.written(value, how);
        let space = if written.starts_with('\n') || written.starts_with("\r\n") { "" } else { " " };
        match (name, how) {
            (Some(name), Where::Json(_)) => format!("{}:{space}{written}", Json::string(name)),
            (Some(name), Where::Flow) => format!("{}:{space}{written}", flow_text(name)),
            (Some(name), Where::Block(_)) => format!("{}:{space}{written}", block_text(name)),
            (None, Where::Block(_)) => format!("-{space}{written}"),
            (None, _) => written,
        }
    }

    /// A value as it is written behind its key: in one line where that is not long. In a block it may begin with a new line.
    fn written(&self, value: &Json, how: Where) -> String {
        let newline = self.newline();
        match how {
            Where::Flow => flow_value(value),
            Where::Json(indent) => {
                let line = value.to_string();
                if line.chars().count() <= LINE_CHARS_MAX {
                    return line;
                }
                let line_break = format!("{newline}{}", " ".repeat(indent));
                value.indented(crate::SOURCE_BYTES_MAX).replace('\n', &line_break)
            }
            Where::Block(column) => {
                let mut out = String::new();
                write_block(value, column, newline, &mut out);
                out
            }
        }
    }

    fn newline(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    fn with(&self, range: Range<usize>, new: &str) -> String {
        format!("{}{new}{}", &self.text[..range.start], &self.text[range.end..])
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// After the newline.
    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().count()
    }

    fn begins_its_line(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at].bytes().all(|byte| byte == b' ')
    }
}

/// A value behind a key that stands in `column`: what is too long for a line goes below it, text of several lines as such.
fn write_block(value: &Json, column: usize, newline: &str, out: &mut String) {
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
        Json::Object(members) if !members.is_empty() => {
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

/// A string in a block: plain where it can be.
fn block_text(text: &str) -> String {
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

/// A string in the quotes that the old one had.
fn in_quotes_of(raw: &str, text: &str) -> Option<String> {
    match raw.as_bytes().first()? {
        b'"' => {
            let quoted = Json::string(text).to_string();
            // YAML has more that must be escaped than JSON has.
            text.chars().all(|c| !c.is_control() && !matches!(u32::from(c), 0x2028 | 0x2029 | 0xFEFF)).then_some(quoted)
        }
        b'\'' => text.chars().all(|c| !c.is_control()).then(|| format!("'{}'", text.replace('\'', "''"))),
        _ => None,
    }
}
