//! `path:`, with the spellings of other tools.

use super::advice::{cut, pairs, quoted};
use super::{Fields, Reader};
use crate::diagnostic::Code;
use crate::model::PathTemplate;
use crate::source::Node;
use understudy_exchange::target::percent_decode;

impl Reader<'_> {
    pub(super) fn path(&mut self, fields: &Fields<'_>) -> Option<PathTemplate> {
        let Some(node) = fields.get("path") else {
            self.report_with_hint(Code::MissingKey, fields.span, "a request needs a `path`", "path: /pets/{id}");
            return None;
        };
        let text = self.text(node, "`path`")?;
        match PathTemplate::parse(&text) {
            Ok(path) => {
                self.check_foreign(node, &text);
                self.check_sent(node, &text);
                Some(path)
            }
            Err(why) => {
                match written(&text) {
                    Some(hint) => self.report_with_hint(Code::BadPath, node.span, why, hint),
                    None => self.report(Code::BadPath, node.span, why),
                }
                None
            }
        }
    }

    /// Warns of a path that clients change before they send it (RFC 3986, section 6.2.2.3).
    fn check_sent(&mut self, node: &Node, text: &str) {
        if text.trim() != text {
            let message = "the path ends with white space";
            let hint = format!("write path: {}; a space that is meant is written as %20", quoted(text.trim()));
            return self.warn(Code::BadPath, node.span, message.to_owned(), hint);
        }
        let is_dots = |part: &&str| matches!(&*percent_decode(part), "." | "..");
        let Some(dots) = text.split('/').find(is_dots) else { return };
        let message = format!("clients resolve `{dots}` in a path before they send the request");
        self.warn(Code::BadPath, node.span, message, format!("write path: {}", quoted(&without_dots(text))));
    }

    /// Warns of a parameter or pattern in another tool's spelling: here it is text like any other.
    fn check_foreign(&mut self, node: &Node, text: &str) {
        // The only usual expression with a slash in it.
        let text = &text.replace("[^/]", SLASHLESS);
        let Some(foreign) = text.split('/').find_map(Foreign::of) else { return };
        let Foreign { segment, written, rule } = foreign;
        let message = if segment.contains("${") {
            format!("the `$` of `{segment}` in the path is text in front of a parameter")
        } else if segment.contains('{') {
            format!("`{segment}` in the path has a parameter with the whole name that stands in the braces")
        } else {
            format!("`{}` in the path stands for that text alone", segment.replace(SLASHLESS, "[^/]"))
        };
        let path = text.split('/').map(|part| if part == segment { written.as_str() } else { part });
        let path = quoted(&path.collect::<Vec<_>>().join("/"));
        let hint = match rule {
            Some(rule) => {
                format!("a part that differs from request to request is a parameter: path: {path}, params: {rule}")
            }
            None => format!("a part that differs from request to request is a parameter: path: {path}"),
        };
        self.warn(Code::BadPath, node.span, message, hint);
    }
}

/// Returns the path that clients send (RFC 3986, section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    for (at, part) in parts.iter().enumerate() {
        let is_last = at + 1 == parts.len();
        match &*percent_decode(part) {
            "." => {}
            ".." => drop(out.pop()),
            _ => {
                out.push(part);
                continue;
            }
        }
        // A path that ends with dots names a folder.
        if is_last {
            out.push("");
        }
    }
    format!("/{}", out.join("/"))
}

/// The path that was meant by a text that is none.
fn written(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('^').trim_end_matches('$');
    let (target, host) = match text.split_once("://") {
        Some((_, rest)) => match rest.find('/') {
            Some(at) => (&rest[at..], true),
            None => ("/", true),
        },
        None => (text, false),
    };
    let target = target.split('#').next().unwrap_or(target);
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    if path.contains(char::is_whitespace) || PathTemplate::parse(&path).is_err() {
        return None;
    }
    let mut hint = format!("write path: {}", quoted(&path));
    let query: Vec<(String, String)> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
        .map(|(name, value)| (percent_decode(name).into_owned(), percent_decode(&value.replace('+', " ")).into_owned()))
        .collect();
    if !query.is_empty() {
        hint.push_str(&format!(", query: {}", cut(&pairs(&query))));
    }
    if host {
        hint.push_str("; the server's address stands in understudy.yaml, under `backends`");
    }
    Some(hint)
}

/// `[^/]` without a slash in it, so that paths can be split.
const SLASHLESS: &str = r"[^\x2F]";

/// A segment in another tool's spelling.
struct Foreign<'t> {
    segment: &'t str,
    /// The segment as it is written here.
    written: String,
    /// The `params` rule for the condition that the spelling puts on the parameter.
    rule: Option<String>,
}

impl<'t> Foreign<'t> {
    fn of(segment: &'t str) -> Option<Self> {
        let (written, rule) = parameter(segment).or_else(|| pattern(segment))?;
        Some(Self { segment, written, rule })
    }
}

/// Encodes what reads like another tool's parameter or pattern, so that it is text to everybody.
pub(crate) fn without_foreign(path: &str) -> String {
    let encode = |segment: &str| -> String {
        if Foreign::of(segment).is_none() {
            return segment.to_owned();
        }
        let mut depth = 0_usize;
        let mut out = String::new();
        for c in segment.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && ":<>*[]()|\\+$^".contains(c) {
                out.push_str(&format!("%{:02X}", u32::from(c)));
            } else {
                out.push(c);
            }
        }
        out
    };
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}

/// `:id`, `<id>`, `<int:id>`, `${id}`, `[id]`, `{id:int}`, `{path...}`
fn parameter(segment: &str) -> Option<(String, Option<String>)> {
    let inside = |open: &str, close: &str| segment.strip_prefix(open)?.strip_suffix(close);
    if let Some(named) = segment.strip_prefix(':') {
        let end = named.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(named.len());
        let (name, rest) = named.split_at(end);
        if !is_name(name) {
            return None;
        }
        let pattern = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        return Some(match (pattern, rest) {
            (Some(pattern), _) => typed(name, pattern),
            (None, "*" | "+") => (format!("{{*{name}}}"), None),
            (None, rest) => (format!("{{{name}}}{}", rest.trim_start_matches('?')), None),
        });
    }
    if let Some(inside) = inside("<", ">") {
        let (kind, name) = inside.rsplit_once(':').unwrap_or(("", inside));
        return is_name(name).then(|| typed(name, kind));
    }
    if let Some(name) = inside("[...", "]") {
        return is_name(name).then(|| (format!("{{*{name}}}"), None));
    }
    if let Some(name) = inside("[", "]") {
        return is_name(name).then(|| (format!("{{{name}}}"), None));
    }
    if segment.contains("${") && !segment.contains("${{") {
        return Some((segment.replace("${", "{"), None));
    }
    let (before, braced) = segment.split_once('{').filter(|_| !segment.contains("{{") && !segment.contains("{*"))?;
    let (name, after) = braced.split_once('}')?;
    let (written, rule) = braced_parameter(name)?;
    Some((format!("{before}{written}{after}"), rule))
}

/// Reads the text between braces: `id:int`, `path...`, `id?`
fn braced_parameter(name: &str) -> Option<(String, Option<String>)> {
    if let Some((name, kind)) = name.split_once(':') {
        return is_name(name).then(|| typed(name, kind));
    }
    let plain = name.trim_end_matches("...").trim_end_matches(['*', '+', '?']);
    let spans = name.ends_with("...") || name.ends_with(['*', '+']);
    let is_foreign = plain != name && is_name(plain);
    is_foreign.then(|| (if spans { format!("{{*{plain}}}") } else { format!("{{{plain}}}") }, None))
}

/// A parameter with the type or expression that other tools write beside its name.
fn typed(name: &str, kind: &str) -> (String, Option<String>) {
    let plain = format!("{{{name}}}");
    match kind.trim() {
        "" | "str" | "string" | "slug" | "alpha" => (plain, None),
        "path" | "*" | ".*" | ".+" => (format!("{{*{name}}}"), None),
        kind => {
            let rule = super::rule::rule_meant(kind)
                .map_or_else(|| format!("{{ matches: {} }}", quoted(kind)), |word| format!("{{ type: {word} }}"));
            (plain, Some(format!("{{ {name}: {rule} }}")))
        }
    }
}

/// `*`, `**`, `*.json`, `[0-9]+`, `\d+`, `(a|b)`, `.*`
fn pattern(segment: &str) -> Option<(String, Option<String>)> {
    if segment.trim_start_matches('(').starts_with(SLASHLESS) && !segment.contains('{') {
        return Some(("{part}".to_owned(), None));
    }
    if matches!(segment, "*" | "**" | ".*" | ".+" | "(.*)" | "(.+)" | ".*$") {
        return Some(("{*rest}".to_owned(), None));
    }
    let is_class = segment.contains('[') && segment.contains(']');
    let is_group = segment.contains('(') && segment.contains('|') && segment.contains(')');
    let is_expression =
        segment.contains('\\') || is_class || is_group || segment.contains(".*") || segment.contains(".+");
    if is_expression && !segment.contains('{') {
        let expression = segment.trim_start_matches('^').trim_end_matches('$');
        return Some(("{part}".to_owned(), Some(format!("{{ part: {{ matches: {} }} }}", quoted(expression)))));
    }
    if segment.contains('*') && !segment.contains('{') {
        return Some((segment.replacen('*', "{name}", 1), None));
    }
    None
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
