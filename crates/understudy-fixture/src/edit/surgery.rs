//! Writing one range of a text anew.

use super::ranges::{Kind, Language, Member, Ranged, Style, ranges};
use crate::write::{flow_text, write_flow};
use std::ops::Range;
use understudy_exchange::Json;
use understudy_exchange::json::Step;

/// A text with its ranges.
pub(super) struct Surgery<'t> {
    text: &'t str,
    language: Language,
    root: Ranged,
}

impl<'t> Surgery<'t> {
    pub(super) fn new(text: &'t str, language: Language) -> Option<Self> {
        Some(Self { root: ranges(text, language)?, text, language })
    }

    fn at(&self, path: &[Step<'_>]) -> Option<&Ranged> {
        path.iter().try_fold(&self.root, |at, step| match (&at.kind, step) {
            (Kind::Map(members, _), Step::Name(name)) => member(members, name).map(|(_, member)| &member.value),
            (Kind::List(items, _), Step::Index(index)) => items.get(*index),
            _ => None,
        })
    }

    pub(super) fn is_there(&self, path: &[Step<'_>]) -> bool {
        self.at(path).is_some()
    }

    pub(super) fn is_list(&self, path: &[Step<'_>]) -> bool {
        self.at(path).is_some_and(|value| matches!(value.kind, Kind::List(..)))
    }

    /// The keys of a map, as they are written.
    pub(super) fn names(&self, path: &[Step<'_>]) -> Option<Vec<String>> {
        match &self.at(path)?.kind {
            Kind::Map(members, _) => Some(members.iter().map(|member| member.name.clone()).collect()),
            _ => None,
        }
    }

    /// Another value in the place of one.
    pub(super) fn replace(&self, path: &[Step<'_>], value: &Json) -> Option<String> {
        let old = self.at(path)?;
        if matches!(old.kind, Kind::Alias) {
            return None;
        }
        let raw = &self.text[old.range.clone()];
        let text = match value {
            value if self.stands_in_json(path) => Some(value.to_string()),
            Json::String(text) => in_quotes_of(raw, text.as_str()),
            _ => None,
        };
        let mut new = text.unwrap_or_else(|| self.written(value));
        // A value that is nothing has no place of its own: `key:`.
        if raw.is_empty() && !self.text[..old.range.start].ends_with(' ') {
            new.insert(0, ' ');
        }
        Some(self.with(old.range.clone(), &new))
    }

    /// Without a member.
    pub(super) fn remove(&self, path: &[Step<'_>]) -> Option<String> {
        let (Step::Name(name), parent) = path.split_last()? else { return None };
        let parent = self.at(parent)?;
        let Kind::Map(members, style) = &parent.kind else { return None };
        let (at, gone) = member(members, name)?;
        let (before, next) = (at.checked_sub(1).map(|at| &members[at]), members.get(at + 1));
        let range = match (style, before, next) {
            (Style::Block, None, None) => return Some(self.with(parent.range.clone(), "{}")),
            (Style::Block, ..) if self.begins_its_line(gone.key.start) => {
                self.line_start(gone.key.start)..self.line_end(gone.value.range.end.max(gone.key.end))
            }
            (Style::Block | Style::Flow, _, Some(next)) => gone.key.start..next.key.start,
            (Style::Flow, Some(before), None) => before.value.range.end..gone.value.range.end,
            (Style::Flow, None, None) => gone.key.start..gone.value.range.end,
            (Style::Block, _, None) => return None,
        };
        Some(self.with(range, ""))
    }

    /// With one more member at the end of a map.
    pub(super) fn add(&self, path: &[Step<'_>], name: &str, value: &Json) -> Option<String> {
        let parent = self.at(path)?;
        let Kind::Map(members, style) = &parent.kind else { return None };
        let key = match self.language {
            Language::Yaml => flow_text(name),
            Language::Json => Json::string(name).to_string(),
        };
        let entry = format!("{key}: {}", self.written(value));
        match (style, members.last()) {
            (Style::Flow, last) => Some(self.put_in_brackets(parent, last.map(|last| last.value.range.end), &entry)),
            (Style::Block, Some(last)) => {
                let indent = self.column(members[0].key.start);
                Some(self.as_line(last.value.range.end.max(last.key.end), indent, &entry))
            }
            (Style::Block, None) => None,
        }
    }

    /// With one more element at the end of a list.
    pub(super) fn append(&self, path: &[Step<'_>], value: &Json) -> Option<String> {
        let list = self.at(path)?;
        let Kind::List(items, style) = &list.kind else { return None };
        match (style, items.last()) {
            (Style::Flow, last) => {
                Some(self.put_in_brackets(list, last.map(|last| last.range.end), &self.written(value)))
            }
            (Style::Block, Some(last)) => {
                let dash = self.text[..items[0].range.start].rfind('-')?;
                Some(self.as_line(last.range.end, self.column(dash), &format!("- {}", self.written(value))))
            }
            (Style::Block, None) => None,
        }
    }

    /// Behind the last thing in brackets.
    fn put_in_brackets(&self, outer: &Ranged, last: Option<usize>, text: &str) -> String {
        match last {
            Some(end) => self.with(end..end, &format!(", {text}")),
            None => {
                let inside = outer.range.start + 1..outer.range.end - 1;
                self.with(inside, &format!(" {text} "))
            }
        }
    }

    /// As a line of its own, after the line where something ends.
    fn as_line(&self, end: usize, indent: usize, text: &str) -> String {
        let at = self.line_end(end);
        let newline = if self.text[..at].ends_with('\n') { "" } else { "\n" };
        self.with(at..at, &format!("{newline}{}{text}\n", " ".repeat(indent)))
    }

    /// Whether a value is a part of something that is written as JSON, in YAML too.
    fn stands_in_json(&self, path: &[Step<'_>]) -> bool {
        self.language == Language::Json
            || (0..path.len()).filter_map(|end| self.at(&path[..end])).any(|outer| {
                let is_flow = matches!(outer.kind, Kind::Map(_, Style::Flow) | Kind::List(_, Style::Flow));
                is_flow && Json::parse(self.text[outer.range.clone()].as_bytes()).is_ok()
            })
    }

    fn written(&self, value: &Json) -> String {
        match self.language {
            Language::Json => value.to_string(),
            Language::Yaml => {
                let mut out = String::new();
                write_flow(value, &mut out);
                out
            }
        }
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

/// Of members with one name the last counts.
fn member<'m>(members: &'m [Member], name: &str) -> Option<(usize, &'m Member)> {
    members.iter().enumerate().rev().find(|(_, member)| member.name == name)
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
