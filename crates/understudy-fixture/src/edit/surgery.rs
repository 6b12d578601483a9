//! Writing one range of a text anew.

use super::ranges::{Kind, Language, Ranged, Style, ranges};
use crate::write::{LINE_CHARS_MAX, block_text, flow_text, flow_value, write_block};
use std::ops::Range;
use understudy_exchange::Json;

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
