//! `verify.known`: the differences that are accepted for now.

use super::{Fields, Reader};
use crate::diagnostic::Code;
use crate::grammar;
use crate::model::Known;
use crate::source::Node;
use understudy_exchange::JsonPath;

impl Reader<'_> {
    pub(super) fn known(&mut self, fields: &Fields<'_>) -> Vec<Known> {
        let Some(items) = fields.get("known").and_then(|node| self.list(node, "`known`")) else { return Vec::new() };
        items.iter().filter_map(|item| self.known_difference(item)).collect()
    }

    fn known_difference(&mut self, node: &Node) -> Option<Known> {
        let fields = self.object(node, &grammar::KNOWN)?;
        let kind = fields.get("kind").and_then(|node| self.word(node, "`kind`", grammar::DIFFERENCES));
        let path = self.known_path(&fields, kind)?;
        let until = self.field_text(&fields, "until");
        if let (Some(until), Some(node)) = (&until, fields.get("until"))
            && !is_day(until)
        {
            self.report_with_hint(Code::BadValue, node.span, format!("`{until}` is no day"), "write it as 2026-12-31");
        }
        Some(Known { path, kind: kind.map(str::to_owned), why: self.field_text(&fields, "why"), until })
    }

    /// Reads the place of a known difference. The place has to be possible for a difference of this
    /// kind.
    fn known_path(&mut self, fields: &Fields<'_>, kind: Option<&str>) -> Option<String> {
        let (Some(node), Some(path)) = (fields.get("path"), self.field_text(fields, "path")) else {
            let only = only_path(kind);
            if only.is_none() {
                let hint = "path: $.items[*].email, or a header's name, or `status`";
                self.report_with_hint(Code::MissingKey, fields.span, "a known difference needs a `path`", hint);
            }
            return only.map(str::to_owned);
        };
        if let Some(hint) = other_path(&path, kind) {
            let message = match kind {
                Some(kind) => format!("no difference of the kind `{kind}` has the path `{path}`"),
                None => format!("no difference has the path `{path}`"),
            };
            self.report_with_hint(Code::BadValue, node.span, message, hint);
            return None;
        }
        if path.starts_with('$')
            && let Err(error) = JsonPath::parse(&path)
        {
            let message = format!("`{path}` is no JSONPath: {error}");
            self.report_with_hint(Code::BadJsonPath, node.span, message, "as in `match`: $.items[*].email");
            return None;
        }
        Some(path)
    }
}

/// The path of all differences of a kind, if they have only one.
fn only_path(kind: Option<&str>) -> Option<&'static str> {
    match kind? {
        "status" => Some(Known::STATUS),
        "no-answer" => Some(Known::NO_ANSWER),
        _ => None,
    }
}

/// Returns what to write instead of a path that no difference of this kind has.
fn other_path(path: &str, kind: Option<&str>) -> Option<String> {
    if let Some(only) = only_path(kind) {
        return (path != only).then(|| format!("write `path: {only}`"));
    }
    // Places in XML begin with a slash.
    let is_in_body = path.starts_with(['$', '/']);
    match kind {
        Some("header") if is_in_body => {
            let name = path.rsplit(['.', '[', '/']).next().map(|name| name.trim_matches([']', '\'', '"']));
            let name = name.filter(|name| !matches!(*name, "" | "$" | "*")).unwrap_or("content-type");
            Some(format!("write the header's name: `path: {name}`"))
        }
        Some("header") if path == Known::STATUS => Some("write `kind: status`".to_owned()),
        // The places of `capture` and `described` have words of their own: `cookie sid`.
        Some("header" | "capture" | "described") => None,
        Some(_) if !is_in_body => Some(format!("a place in the body begins with `$`: `path: {}`", in_body(path))),
        None if !is_in_body && path.contains(['.', '[']) => {
            Some(format!("a place in the body begins with `$`: `path: {}`", in_body(path)))
        }
        _ => None,
    }
}

/// A place as other tools write it (`body.items[0]`), as a JSONPath.
fn in_body(path: &str) -> String {
    let below = path.strip_prefix("body").filter(|rest| rest.starts_with(['.', '['])).unwrap_or(path);
    format!("${}{below}", if below.starts_with(['.', '[']) { "" } else { "." })
}

pub(super) fn is_day(text: &str) -> bool {
    let numbers: Vec<Option<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    text.len() == 10 && matches!(numbers.as_slice(), [Some(_), Some(1..=12), Some(1..=31)])
}
