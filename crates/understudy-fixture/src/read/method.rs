//! `method:`

use super::{Fields, Reader};
use crate::diagnostic::Code;
use crate::model::MethodMatcher;
use crate::source::{Node, Value};
use http::Method;

/// The methods that clients send, of RFC 9110, PATCH, QUERY and WebDAV.
const COMMON: [&str; 17] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "QUERY",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "REPORT",
];

impl Reader<'_> {
    /// Reads a method in upper or lower case. Requests have it in upper case.
    pub(super) fn method(&mut self, fields: &Fields<'_>) -> Option<MethodMatcher> {
        let Some(node) = fields.get("method") else { return Some(MethodMatcher::Is(Method::GET)) };
        if let Value::List(items) = &node.value {
            let methods: Vec<&str> = items.iter().filter_map(|item| Some(item.scalar()?.as_str())).collect();
            self.several(node, &methods);
            return None;
        }
        let written = self.text(node, "`method`")?;
        let text = written.trim().to_ascii_uppercase();
        match text.as_str() {
            "ANY" => return Some(MethodMatcher::Any),
            "*" | "ALL" | ".*" | "**" => {
                let hint = "write method: ANY for every method";
                self.report_with_hint(Code::BadValue, node.span, format!("`{written}` is no method"), hint);
                return None;
            }
            _ => {}
        }
        let parts: Vec<&str> = text.split(['|', ',', '/', ' ']).filter(|part| !part.is_empty()).collect();
        if parts.len() > 1 && parts.iter().all(|part| COMMON.contains(part)) {
            self.several(node, &parts);
            return None;
        }
        let Ok(method) = Method::from_bytes(text.as_bytes()) else {
            let hint = match parts.first().filter(|part| COMMON.contains(part)) {
                Some(method) => format!("write method: {method}; the rest goes under `path`"),
                None => format!("it is one of {} or ANY", COMMON[..7].join(", ")),
            };
            self.report_with_hint(Code::BadValue, node.span, format!("`{written}` is no method"), hint);
            return None;
        };
        if let Some(meant) = misspelled(&text) {
            let message = format!("`{written}` is a method that hardly any client sends");
            self.warn(Code::BadValue, node.span, message, format!("did you mean `{meant}`?"));
        }
        Some(MethodMatcher::Is(method))
    }

    fn several(&mut self, node: &Node, methods: &[&str]) {
        let message = "a fixture is for one method, or for all";
        let hint = match methods.first() {
            Some(first) => format!(
                "write method: ANY, or method: {} here and the others each in a file of its own",
                first.to_ascii_uppercase()
            ),
            None => "write method: ANY".to_owned(),
        };
        self.report_with_hint(Code::WrongType, node.span, message, hint);
    }
}

/// The common method that differs in one letter, or in two letters that changed places.
fn misspelled(method: &str) -> Option<&'static str> {
    if COMMON.contains(&method) {
        return None;
    }
    COMMON.into_iter().find(|known| strsim::damerau_levenshtein(method, known) == 1)
}
