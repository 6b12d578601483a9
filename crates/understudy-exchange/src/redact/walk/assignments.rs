//! Assignments in texts: `KEY=value`, `key: "value"`, `--key value`, in environment files, YAML, INI, scripts and queries.

use super::super::names::Certainty;
use super::super::secret_names::{Carrier, Lookup};
use super::super::{form, value};
use super::text::{Coding, Span, expression, scheme};
use super::{Found, Walk};
use crate::target::percent_decode;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A name and a sign that assigns or compares.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?P<name>[A-Za-z0-9_$][A-Za-z0-9_.$%\[\]-]*)["'`]?[ \t]*(?:=>|:=|[!=]==?|[:=])[ \t]*"#)
});

/// A value: quoted, or up to a delimiter.
static VALUE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"\A(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|`(?P<back>[^`]*)`|(?P<plain>[^\s"'`,;&<>(){}\[\]]+))"#,
    )
});

/// The maximum number of nested assignments that end at the same position.
const NESTED_MAX: usize = 16;

/// A line that is an assignment as a whole: `KEY=value`, `key: value`.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"(?m)^[ \t]*(?:export[ \t]+|set[ \t]+|-[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[:=][ \t]*(?P<value>\S+)[ \t]*\r?$",
    )
});

/// An option of a command line and its value.
static OPTION: LazyLock<Regex> =
    LazyLock::new(|| expression(r#"--(?P<name>[A-Za-z][A-Za-z0-9-]*)[ \t]+["']?(?P<value>[^\s"']+)"#));

/// Schemes of authentication that stand before a value.
const SCHEMES_ALONE: &[&str] = &["bearer", "basic", "token", "digest", "negotiate"];

impl Walk<'_> {
    pub(super) fn find_assignments(&self, text: &str, spans: &mut Vec<Span>) {
        for found in LINE.captures_iter(text) {
            if let (Some(name), Some(secret)) = (found.name("name"), found.name("value")) {
                let quoted = secret.as_str().trim_matches(['"', '\'', ',', ';']);
                let begin = secret.start() + secret.as_str().find(quoted).unwrap_or(0);
                self.assigned(text, name.range(), begin..begin + quoted.len(), spans);
            }
        }
        for found in OPTION.captures_iter(text) {
            if let (Some(name), Some(secret)) = (found.name("name"), found.name("value")) {
                self.assigned(text, name.range(), secret.range(), spans);
            }
        }
        self.find_signs(text, spans);
    }

    /// Adds the secrets that follow a name and an assignment sign.
    fn find_signs(&self, text: &str, spans: &mut Vec<Span>) {
        let (mut from, mut end, mut nested) = (0, 0, 0);
        while let Some(found) = NAME.captures_at(text, from) {
            let (Some(whole), Some(name)) = (found.get(0), found.name("name")) else { break };
            from = whole.end();
            // A value under an unknown name is not worth parsing.
            if !self.names.may_speak_of(&percent_decode(name.as_str())) {
                continue;
            }
            let groups = ["double", "single", "back", "plain"];
            let value = VALUE.captures(&text[whole.end()..]);
            let Some(secret) = value.as_ref().and_then(|value| groups.iter().find_map(|group| value.name(group)))
            else {
                continue;
            };
            let secret = whole.end() + secret.start()..whole.end() + secret.end();
            // A value may contain an assignment, so the next search begins within it, up to a limit.
            nested = if secret.end == end { nested + 1 } else { 0 };
            end = secret.end;
            if self.assigned(text, name.range(), secret.clone(), spans) || nested == NESTED_MAX {
                from = secret.end;
            }
        }
    }

    /// Adds the value of an assignment if it is a secret.
    pub(super) fn assigned(&self, text: &str, name: Range<usize>, secret: Range<usize>, spans: &mut Vec<Span>) -> bool {
        let carrier = match text[..name.start].chars().next_back() {
            Some('?' | '&' | '#' | ';') => Carrier::Parameter,
            _ => Carrier::Member,
        };
        let (scheme, own) = scheme(&text[secret.clone()]);
        let secret = secret.start + scheme.len()..secret.end;
        // Templates and calls are not values. A value after an unquoted scheme is found by the scheme.
        let goes_on = text[secret.end..].starts_with(['{', '(']);
        let is_sign = !own.chars().any(char::is_alphanumeric) || own.starts_with([':', ',', ')', ']', '}']);
        if is_sign || goes_on || (secret.end < text.len() && SCHEMES_ALONE.contains(&&*own.to_ascii_lowercase())) {
            return false;
        }
        let Some(named) = self.named_in(text, name, carrier) else { return false };
        let coding = if carrier == Carrier::Parameter { Coding::Parameter } else { Coding::Plain };
        // An unquoted word after a password's name may be the next word of a sentence.
        let is_quoted = text[..secret.start].ends_with(['"', '\'', '`']);
        // Unquoted identifiers are variables: `token = request.token`, `token: mapped_token,`.
        let ends = text[secret.end..].starts_with([',', ';', ')']);
        let is_variable = !is_quoted && carrier == Carrier::Member && value::is_expression(own, ends);
        let is_secret = !is_variable
            && value::is_secret(&coding.decode(own), &named, self.side)
            && (named.certainty != Certainty::Typed
                || carrier == Carrier::Parameter
                || is_quoted
                || !form::is_words(own)
                || value::is_secret(own, &named, value::Side::Response));
        if is_secret {
            spans.push(Span { at: secret, coding, found: Found::by_name(&named) });
        }
        is_secret
    }

    /// Classifies the name of an assignment together with the words before it: `Access Key: …`.
    fn named_in(&self, text: &str, name: Range<usize>, carrier: Carrier) -> Option<super::Named> {
        let own = percent_decode(&text[name.clone()]);
        if !self.names.may_speak_of(&own) {
            return None;
        }
        let named = match self.names.lookup(&own, carrier) {
            Lookup::Kept => return None,
            Lookup::Named(named) => Some(named),
            Lookup::Unknown => None,
        };
        if named.as_ref().is_some_and(|named| named.certainty > Certainty::Suspicious) {
            return named;
        }
        let before = text[..name.start].rsplit(['\n', ',', ';', '{', '(', '.', '"', '\'']).next().unwrap_or("");
        let word = before.split_whitespace().next_back().filter(|_| before.ends_with(' ')).unwrap_or("");
        let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        match self.names.lookup(&format!("{word} {own}"), carrier) {
            Lookup::Named(pair) if is_word => Some(pair),
            _ => named,
        }
    }
}
