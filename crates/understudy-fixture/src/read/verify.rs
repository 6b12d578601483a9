//! `verify:`

use super::{Fields, Reader};
use crate::diagnostic::Code;
use crate::grammar;
use crate::model::{Capture, CaptureFrom, Search, Verify};
use crate::source::{Entry, Node, Value};
use understudy_exchange::JsonPath;

impl Reader<'_> {
    pub(super) fn verify(&mut self, node: &Node, responses: usize) -> Option<Verify> {
        if let Some(scalar) = node.scalar() {
            let hint = match scalar.as_str() {
                "true" => "leave it out: every fixture is verified".to_owned(),
                _ => "to leave the fixture out, write verify: { skip: \"the reason\" }".to_owned(),
            };
            self.wrong_type_with_hint(node, "a verify block is a map", hint);
            return None;
        }
        let fields = self.object(node, &grammar::VERIFY)?;
        Some(Verify {
            skip: self.field_text(&fields, "skip"),
            safe: self.field_flag(&fields, "safe").unwrap_or(false),
            given: fields.get("given").map_or_else(Vec::new, |node| self.texts(node, "`given`")),
            after: fields.get("after").map(|node| self.texts(node, "`after`")),
            again: fields.get("again").map_or_else(Vec::new, |node| self.texts(node, "`again`")),
            follows: fields.get("follows").map_or_else(Vec::new, |node| self.texts(node, "`follows`")),
            capture: self.captures(&fields),
            response: self.verified_response(&fields, responses),
            status: self.statuses(&fields),
            timeout: self.field_duration(&fields, "timeout"),
            known: self.known(&fields),
        })
    }

    /// Reads the place of the response that a backend is compared with, of so many.
    fn verified_response(&mut self, fields: &Fields<'_>, responses: usize) -> Option<usize> {
        let node = fields.get("response")?;
        let nth = self.whole(node, "`response`", 1, i64::from(u32::MAX))?;
        match usize::try_from(nth - 1) {
            Ok(at) if at < responses => Some(at),
            // Where none can be read, that was told.
            _ if responses == 0 => None,
            _ => {
                let hint = format!(
                    "they are counted from 1; there {}",
                    if responses == 1 { "is 1".to_owned() } else { format!("are {responses}") }
                );
                self.report_with_hint(Code::BadValue, node.span, format!("this fixture has no response {nth}"), hint);
                None
            }
        }
    }

    fn statuses(&mut self, fields: &Fields<'_>) -> Vec<u16> {
        let Some(node) = fields.get("status") else { return Vec::new() };
        let nodes = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let statuses = nodes.iter().filter_map(|node| self.whole(node, "a status", 100, 599));
        statuses.filter_map(|status| u16::try_from(status).ok()).collect()
    }

    fn captures(&mut self, fields: &Fields<'_>) -> Vec<Capture> {
        let Some(captures) = fields.get("capture").and_then(|node| self.map(node, "`capture`")) else {
            return Vec::new();
        };
        captures.entries().iter().filter_map(|entry| self.capture(entry)).collect()
    }

    fn capture(&mut self, entry: &Entry) -> Option<Capture> {
        let name = entry.name.as_str().to_owned();
        if let Some(scalar) = entry.value.scalar() {
            let text = scalar.as_str();
            return match JsonPath::parse(text) {
                Ok(path) => Some(Capture { name, from: CaptureFrom::Body(path) }),
                Err(error) => {
                    let hint = "a JSONPath ($.id), {header: NAME} or {cookie: NAME}";
                    let message = format!("`{text}` is no JSONPath: {error}");
                    self.report_with_hint(Code::BadJsonPath, entry.value.span, message, hint);
                    None
                }
            };
        }
        let fields = self.object(&entry.value, &grammar::CAPTURE)?;
        let matches = match fields.get("matches") {
            Some(node) => Some(self.search(node)?),
            None => None,
        };
        let query = self.field_text(&fields, "query");
        let from = match (self.field_text(&fields, "header"), self.field_text(&fields, "cookie")) {
            (Some(header), None) if matches.is_none() || query.is_none() => {
                CaptureFrom::Header { name: header.to_ascii_lowercase(), matches, query }
            }
            (None, Some(cookie)) if matches.is_none() && query.is_none() => CaptureFrom::Cookie(cookie),
            (None, None) if matches.is_some() && query.is_none() => CaptureFrom::Text(matches?),
            _ => {
                let hint = "a JSONPath ($.id), {header: NAME}, {header: NAME, matches: RE}, {header: NAME, query: NAME}, {cookie: NAME} or {matches: RE} for the body's text";
                self.report_with_hint(Code::BadValue, entry.value.span, "a capture is from one place", hint);
                return None;
            }
        };
        Some(Capture { name, from })
    }

    fn search(&mut self, node: &Node) -> Option<Search> {
        let pattern = self.text(node, "`matches`")?;
        match Search::parse(&pattern) {
            Ok(search) => Some(search),
            Err(why) => {
                self.report(Code::BadRegex, node.span, format!("not a usable regular expression: {why}"));
                None
            }
        }
    }
}
