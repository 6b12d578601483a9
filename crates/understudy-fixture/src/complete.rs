//! What can be written next in a fixture file, for editors: the keys and words of [`grammar`](crate::grammar) at a place.
//!
//! A file that is being typed is hardly ever whole, so nothing is parsed: the line up to the cursor and the indentation
//! of those above it say where one is. Where that is wrong, the worst is a missing or needless suggestion.

use crate::grammar::{self, Key, Object, RULE_WORDS, Shape};
use std::collections::HashSet;

/// Something that can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The word.
    pub word: &'static str,
    /// What it is for; empty for values.
    pub doc: &'static str,
    /// Whether it is a key, and a value follows.
    pub is_key: bool,
}

/// What can be written at the end of `before`, the text of a fixture file up to the cursor, and how many characters of it are
/// there already.
#[must_use]
pub fn complete(before: &str) -> (usize, Vec<Completion>) {
    let mut lines: Vec<&str> = before.split('\n').collect();
    let line = Line::read(lines.pop().unwrap_or(""));
    let mut path = above(&lines, line.indent);
    path.extend(line.open);
    let (key, prefix) = (line.key, line.prefix);
    let at = path.iter().try_fold(&ROOT, |shape, key| below(shape, key));
    let Some(at) = at else { return (0, Vec::new()) };
    let mut options = Vec::new();
    match key {
        Some(key) => {
            if let Some(shape) = below(at, &key) {
                values(shape, &mut options);
            }
        }
        None => keys(at, &mut options),
    }
    // A shape that is this or that has the same keys twice.
    let mut seen = HashSet::new();
    options.retain(|option| option.word.starts_with(&prefix) && option.word != prefix && seen.insert(option.word));
    (prefix.chars().count(), options)
}

static ROOT: Shape = Shape::Object(&grammar::FIXTURE);
static RULE: Shape = Shape::Object(&grammar::RULE);

/// A line up to the cursor.
#[derive(Debug, Default)]
struct Line {
    indent: usize,
    /// The keys whose brackets are open.
    open: Vec<String>,
    /// The key whose value is being written.
    key: Option<String>,
    prefix: String,
}

impl Line {
    fn read(text: &str) -> Self {
        let mut line = Self { indent: indent(text), ..Self::default() };
        let mut chars = text[line.indent.min(text.len())..].chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' | '\'' => {
                    line.prefix.clear();
                    line.prefix.extend(chars.by_ref().take_while(|next| *next != c));
                }
                '#' if line.prefix.is_empty() => return Self { key: Some(String::new()), ..line },
                ':' if chars.peek().is_none_or(|next| *next == ' ') && line.key.is_none() => {
                    line.key = Some(std::mem::take(&mut line.prefix));
                }
                '{' | '[' => {
                    line.open.push(line.key.take().unwrap_or_default());
                    line.prefix.clear();
                }
                '}' | ']' => {
                    line.key = line.open.pop();
                    line.prefix.clear();
                }
                ',' => {
                    line.key = None;
                    line.prefix.clear();
                }
                ' ' if line.prefix.is_empty() => {}
                c => line.prefix.push(c),
            }
        }
        line.open.retain(|key| !key.is_empty());
        line
    }
}

/// The column where a line's content begins, `- ` counted to the indentation.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

/// The keys of the maps that a line with this indentation stands in.
fn above(lines: &[&str], indent_here: usize) -> Vec<String> {
    let (mut keys, mut limit) = (Vec::new(), indent_here);
    for line in lines.iter().rev().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        let here = indent(line);
        if here >= limit {
            continue;
        }
        if let Some((key, _)) = line[here..].split_once(':') {
            keys.push(key.trim().trim_matches(['"', '\'']).to_owned());
            limit = here;
        }
    }
    keys.reverse();
    keys
}

/// What the value of a key looks like. Lists are looked through.
fn below(shape: &'static Shape, key: &str) -> Option<&'static Shape> {
    match shape {
        Shape::Object(Object { keys, .. }) => keys.iter().find(|known| known.name == key).map(|known| &known.shape),
        Shape::MapOf(inner) => Some(inner),
        Shape::ListOf(inner) => below(inner, key),
        Shape::AnyOf(several) => several.iter().find_map(|shape| below(shape, key)),
        Shape::Rule => below(&RULE, key),
        _ => None,
    }
}

fn keys(shape: &'static Shape, out: &mut Vec<Completion>) {
    match shape {
        Shape::Object(Object { keys, .. }) => {
            out.extend(keys.iter().map(|Key { name, doc, .. }| Completion { word: name, doc, is_key: true }));
        }
        Shape::ListOf(inner) => keys(inner, out),
        Shape::AnyOf(several) => several.iter().for_each(|shape| keys(shape, out)),
        Shape::Rule => keys(&RULE, out),
        _ => {}
    }
}

fn values(shape: &'static Shape, out: &mut Vec<Completion>) {
    let mut add = |words: &[&'static str]| {
        out.extend(words.iter().map(|word| Completion { word, doc: "", is_key: false }));
    };
    match shape {
        Shape::Words(words) => add(words),
        Shape::Flag => add(&["true", "false"]),
        Shape::Rule => add(RULE_WORDS),
        Shape::ListOf(inner) => values(inner, out),
        Shape::AnyOf(several) => several.iter().for_each(|shape| values(shape, out)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(before: &str) -> String {
        let (typed, options) = complete(before);
        let words: Vec<&str> = options.iter().map(|option| option.word).collect();
        format!("{typed} {}", words.join(" "))
    }

    #[test]
    fn what_can_be_written_depends_on_where_it_is() {
        for (before, wanted) in [
            ("re", "2 request response"),
            ("request:\n  path: /a\nresp", "4 response"),
            ("request:\n  me", "2 method"),
            ("response:\n  body:\n    js", "2 json"),
            ("response:\n  - status: 200\n    he", "2 headers"),
            ("response: { status: 200, he", "2 headers"),
            ("response:\n  match:\n    $.id: int", "3 integer"),
            ("response:\n  match:\n    $.id: { ty", "2 type"),
            ("response:\n  match:\n    $.id: { type: da", "2 date date-time"),
            ("response:\n  match: { $.a: { each: { mi", "2 min"),
            ("select: in", "2 in_order"),
            ("enabled: ", "0 true false"),
            ("verify:\n  # why\n  sk", "2 skip"),
            ("verify: { known: [ { path: $.a, ki", "2 kind"),
            ("verify: { known: [ { path: $.a }, { kind: mis", "3 missing"),
            ("response:\n  body:\n    json:\n      na", "2"),
            ("# re", "0 "),
            ("nothing:\n  x", "0 "),
            ("\"re", "2 request response"),
            ("request: { headers: { x-a: { star", "4 starts_with"),
        ] {
            assert_eq!(words(before).trim(), wanted.trim(), "{before}");
        }
    }
}
