//! Taking secrets out of exchanges before anybody keeps them.
//!
//! A secret is found once, by the name of what carries it or by what it looks like; from then on it is taken out wherever it
//! stands. What stands in its place says its kind and which one it is, so that two users' answers stay two, and that a
//! token which one answer gave and later requests sent can still be followed.

mod learn;
#[cfg(test)]
mod tests;

use super::content::{Content, json, kind_of, kind_of_field, scheme, set_cookie};
use super::quiet::{KnownNames, Loud, Quiet, quiet};
use super::{SecretNames, shape};
use crate::target::{encode_query_part, percent_decode, query_pairs};
use crate::{Json, JsonString, Request, Response, multipart};
use aho_corasick::AhoCorasick;
use bytes::Bytes;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use memchr::memchr;
use std::collections::{BTreeMap, HashMap};

/// How many secrets are told apart; those after them are taken out all the same.
const SECRETS_MAX: usize = 4_096;

/// Shorter secrets are taken out only where their name says what they are: `1` would be everywhere.
const SOUGHT_BYTES_MIN: usize = 8;

/// How deep JSON in strings of JSON is looked at.
const EMBEDDED_DEPTH_MAX: usize = 4;

/// A secret that was replaced in an exchange.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Redaction {
    /// The place of the secret: `request header authorization`, `answer body $.token`.
    pub place: String,
    /// The text that stands there instead.
    pub stand_in: String,
    /// The kind of the secret, by which fixtures name it: `token`, `password`.
    pub kind: String,
    /// The number of the secret among those of its kind in one recording, from 1. 0 stands for all those that there was no
    /// room to number.
    pub number: u32,
    /// The rule that found the secret: its name, or its look.
    pub rule: String,
}

impl Redaction {
    fn new(place: &str, stand_in: &str) -> Self {
        let inner = stand_in.trim_start_matches('«').trim_end_matches('»');
        let numbered = inner.rsplit_once('-').and_then(|(kind, number)| Some((kind, number.parse().ok()?)));
        let (kind, number) = numbered.unwrap_or((inner, 0));
        Self {
            place: place.to_owned(),
            stand_in: stand_in.to_owned(),
            kind: kind.to_owned(),
            number,
            rule: kind.to_owned(),
        }
    }
}

/// Takes secrets out of the exchanges of one recording. It is the only one that remembers them.
#[derive(Debug, Default)]
pub struct Redactor {
    names: SecretNames,
    /// Placeholders by secret.
    known: HashMap<String, String>,
    counts: BTreeMap<&'static str, u32>,
    /// Made when it is needed, and anew once there are more.
    sought: Option<Sought>,
    known_names: KnownNames,
    loud: Loud,
}

/// The secrets that are known and long enough to be looked for everywhere.
#[derive(Debug)]
struct Sought {
    finder: AhoCorasick,
    /// In the order of the finder's patterns.
    placeholders: Vec<String>,
    /// Whether one of them is written with escapes in JSON.
    has_escapes: bool,
}

impl Redactor {
    /// One that takes out what has these names, and what looks like a secret.
    #[must_use]
    pub fn new(names: SecretNames) -> Self {
        Self { loud: Loud::new(&names), names, ..Self::default() }
    }

    /// Takes out what has these names from now on; what is known stays known.
    pub fn rename(&mut self, names: SecretNames) {
        self.loud = Loud::new(&names);
        self.names = names;
        self.known_names = KnownNames::default();
    }

    /// Learns the secrets of an exchange, so that they are taken out of those before it too.
    pub fn know(&mut self, request: &Request, response: &Response) {
        let quiet = self.quiet(request, response);
        self.know_but(request, response, &quiet);
    }

    /// What the two bodies are where they have no secret of their own.
    fn quiet(&mut self, request: &Request, response: &Response) -> [Option<Quiet>; 2] {
        [(&request.headers, &request.body), (&response.headers, &response.body)].map(|(headers, body)| {
            if body.is_empty() {
                return Some(Quiet::default());
            }
            let Content::Text(text) = Content::of(headers, body) else { return None };
            if self.loud.is_quiet(text) {
                Some(Quiet::default())
            } else {
                quiet(text, &self.names, &mut self.known_names)
            }
        })
    }

    fn know_but(&mut self, request: &Request, response: &Response, quiet: &[Option<Quiet>; 2]) {
        self.learn_headers(&request.headers);
        self.learn_headers(&response.headers);
        for (name, value) in query_pairs(request.query()) {
            if self.names.has_parameter(&name) {
                self.learn(&value, kind_of(&name));
            }
        }
        for (message, quiet) in
            [(&request.headers, &request.body), (&response.headers, &response.body)].into_iter().zip(quiet)
        {
            if quiet.is_none() {
                self.learn_body(message.0, message.1);
            }
        }
        self.learn_text(&percent_decode(request.target.as_str()));
    }

    /// The exchange without its secrets, and what was taken out. Bodies come without their content codings.
    pub fn exchange(&mut self, request: Request, response: Response) -> (Request, Response, Vec<Redaction>) {
        // First all that can be found by its name: it may stand elsewhere under none.
        let quiet = self.quiet(&request, &response);
        self.know_but(&request, &response, &quiet);
        let mut removed = Vec::new();
        let [sent_quiet, received_quiet] = quiet;
        let sent = self.body_or_same(sent_quiet, &request.headers, &request.body, "request", &mut removed);
        let received = self.body_or_same(received_quiet, &response.headers, &response.body, "answer", &mut removed);
        let request = Request {
            method: request.method,
            target: self.target(request.target, &mut removed),
            headers: self.headers(request.headers, "request", &mut removed),
            body: sent,
        };
        let response = Response {
            status: response.status,
            headers: self.headers(response.headers, "answer", &mut removed),
            body: received,
        };
        removed.sort();
        removed.dedup();
        (request, response, removed)
    }

    /// Learns the secrets of a message of a WebSocket, so that they are taken out of those before it too.
    pub fn know_message(&mut self, message: &[u8]) {
        self.learn_lines(message);
    }

    /// A message of a WebSocket without its secrets; what was taken out of it was at `place`. Of one that is no text only
    /// those are that are known from elsewhere.
    pub fn message(&mut self, message: &[u8], place: &str, removed: &mut Vec<Redaction>) -> Vec<u8> {
        self.know_message(message);
        match std::str::from_utf8(message) {
            Ok(text) => self.lines(text, place, removed),
            Err(_) => self.bytes(message, place, removed),
        }
    }

    /// Whether a secret that is known may stand in a text that holds exchanges: some as they are, some in JSON.
    pub fn may_be_known_in(&mut self, written: &[u8]) -> bool {
        self.holds_known(written) || (self.sought().has_escapes && memchr(b'\\', written).is_some())
    }

    fn sought(&mut self) -> &Sought {
        let known = &self.known;
        self.sought.get_or_insert_with(|| {
            let mut all: Vec<(&String, &String)> =
                known.iter().filter(|(secret, _)| secret.len() >= SOUGHT_BYTES_MIN).collect();
            // Of two that begin alike the longer one.
            all.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.0.cmp(b.0)));
            let finder = AhoCorasick::builder()
                .match_kind(aho_corasick::MatchKind::LeftmostFirst)
                .build(all.iter().map(|(secret, _)| secret.as_bytes()))
                .expect("a few thousand texts are not too many");
            let is_escaped = |c: char| matches!(c, '"' | '\\') || c.is_ascii_control();
            Sought {
                finder,
                has_escapes: all.iter().any(|(secret, _)| secret.contains(is_escaped)),
                placeholders: all.into_iter().map(|(_, placeholder)| placeholder.clone()).collect(),
            }
        })
    }

    /// A body without its secrets; the same one where it is quiet and holds none that is known.
    fn body_or_same(
        &mut self,
        quiet: Option<Quiet>,
        headers: &HeaderMap,
        body: &Bytes,
        side: &str,
        removed: &mut Vec<Redaction>,
    ) -> Bytes {
        match quiet {
            Some(Quiet { escaped })
                if !self.holds_known(body)
                    && !escaped.iter().any(|text| self.holds_known(text.as_str().as_bytes())) =>
            {
                body.clone()
            }
            _ => self.body(headers, body, side, removed),
        }
    }

    /// Whether a secret that is known stands in these bytes.
    fn holds_known(&mut self, bytes: &[u8]) -> bool {
        let is_full = self.known.len() >= SECRETS_MAX;
        let Sought { finder, placeholders, .. } = self.sought();
        (!placeholders.is_empty() && finder.is_match(bytes))
            || (is_full && std::str::from_utf8(bytes).is_ok_and(shape::has_secrets))
    }

    /// A text without all secrets that are known.
    fn scrub(&mut self, text: &str, place: &str, removed: &mut Vec<Redaction>) -> String {
        let Sought { finder, placeholders, .. } = self.sought();
        let mut out = String::with_capacity(text.len());
        finder.replace_all_with(text, &mut out, |found, _, out| {
            let placeholder = &placeholders[found.pattern().as_usize()];
            removed.push(Redaction::new(place, &placeholder));
            out.push_str(placeholder);
            true
        });
        if self.known.len() < SECRETS_MAX {
            return out;
        }
        // Those that there was no room for are known by their looks alone.
        let found: Vec<_> = shape::secrets(&out).collect();
        for (at, kind) in found.into_iter().rev() {
            let placeholder = format!("«{kind}»");
            removed.push(Redaction::new(place, &placeholder));
            out.replace_range(at, &placeholder);
        }
        out
    }

    fn replace(&mut self, secret: &str, kind: &'static str, place: &str, removed: &mut Vec<Redaction>) -> String {
        let placeholder = self.learn(secret, kind);
        if placeholder != secret {
            removed.push(Redaction::new(place, &placeholder));
        }
        placeholder
    }

    fn target(&mut self, target: http::uri::PathAndQuery, removed: &mut Vec<Redaction>) -> http::uri::PathAndQuery {
        let is_plain = target.query().is_none() && !target.path().contains('%');
        if is_plain && !self.holds_known(target.as_str().as_bytes()) {
            return target;
        }
        // Segments and parameters that need nothing taken out stay as they were written.
        let segments = target.path().split('/').map(|segment| {
            let plain = percent_decode(segment);
            let shown = self.scrub(&plain, "request path", removed);
            if shown == *plain { segment.to_owned() } else { crate::target::encode_segment(&shown) }
        });
        let mut out = segments.collect::<Vec<_>>().join("/");
        if let Some(query) = target.query() {
            let pairs = query.split('&').map(|written| {
                let Some((name, value)) = query_pairs(written).next() else { return written.to_owned() };
                let place = format!("request query {name}");
                let shown = if self.names.has_parameter(&name) {
                    self.replace(&value, kind_of(&name), &place, removed)
                } else {
                    self.scrub(&value, &place, removed)
                };
                let name_shown = self.scrub(&name, "request query", removed);
                if shown == *value && name_shown == *name {
                    written.to_owned()
                } else {
                    format!("{}={}", encode_query_part(&name_shown), encode_query_part(&shown))
                }
            });
            out.push('?');
            out.push_str(&pairs.collect::<Vec<_>>().join("&"));
        }
        out.parse().unwrap_or_else(|_| http::uri::PathAndQuery::from_static("/"))
    }

    fn headers(&mut self, headers: HeaderMap, side: &str, removed: &mut Vec<Redaction>) -> HeaderMap {
        if !headers.iter().any(|(name, value)| self.may_have_to_go(name, value)) {
            return headers;
        }
        let mut out = HeaderMap::with_capacity(headers.len());
        for (name, value) in &headers {
            if !self.may_have_to_go(name, value) {
                out.append(name, value.clone());
                continue;
            }
            let place = format!("{side} header {name}");
            let shown = match std::str::from_utf8(value.as_bytes()) {
                Ok(text) => self.header(name, text, &place, removed),
                // What is not all text goes whole where its name is a secret's.
                Err(_) if self.names.has_header(name.as_str()) => {
                    self.replace("\u{FFFD}", kind_of(name.as_str()), &place, removed)
                }
                Err(_) => self.scrub(&String::from_utf8_lossy(value.as_bytes()), &place, removed),
            };
            let shown = HeaderValue::from_bytes(shown.as_bytes());
            out.append(name, shown.unwrap_or_else(|_| HeaderValue::from_static("redacted")));
        }
        out
    }

    /// Whether a header field carries a secret by its name, or holds one that is known.
    fn may_have_to_go(&mut self, name: &HeaderName, value: &HeaderValue) -> bool {
        name == COOKIE
            || name == SET_COOKIE
            || self.names.has_header(name.as_str())
            || self.holds_known(value.as_bytes())
    }

    fn header(&mut self, name: &HeaderName, text: &str, place: &str, removed: &mut Vec<Redaction>) -> String {
        if name == COOKIE {
            let pairs = text.split(';').map(|pair| match pair.split_once('=') {
                Some((name, value)) => {
                    let place = format!("{place} {}", name.trim());
                    format!("{name}={}", self.replace(value.trim(), "cookie", &place, removed))
                }
                None => self.scrub(pair, place, removed),
            });
            return pairs.collect::<Vec<_>>().join(";");
        }
        if name == SET_COOKIE {
            return match set_cookie(text) {
                Some((name, value, attributes)) => {
                    let place = format!("{place} {}", name.trim());
                    let value = self.replace(value, "cookie", &place, removed);
                    format!("{name}={value}{}", self.scrub(attributes, &place, removed))
                }
                None => self.scrub(text, place, removed),
            };
        }
        if self.names.has_header(name.as_str()) {
            let (scheme, secret) = scheme(name, text);
            return format!("{scheme}{}", self.replace(secret, kind_of(name.as_str()), place, removed));
        }
        self.scrub(text, place, removed)
    }

    fn body(&mut self, headers: &HeaderMap, body: &Bytes, side: &str, removed: &mut Vec<Redaction>) -> Bytes {
        let place = format!("{side} body");
        let shown = match Content::of(headers, body) {
            Content::Form => self.form(body, &place, removed),
            Content::Multipart(parts) => self.multipart(body, &parts, &place, removed),
            Content::Text(text) => self.lines(text, &place, removed),
            Content::Bytes => self.bytes(body, &place, removed),
        };
        if shown == body[..] { body.clone() } else { shown.into() }
    }

    fn form(&mut self, body: &[u8], place: &str, removed: &mut Vec<Redaction>) -> Vec<u8> {
        let text = String::from_utf8_lossy(body);
        let pairs = text.split('&').map(|written| {
            let Some((name, value)) = query_pairs(written).next() else { return written.to_owned() };
            let place = format!("{place} {name}");
            let shown = self.field(&name, &value, &place, removed);
            if shown == *value {
                written.to_owned()
            } else {
                format!("{}={}", encode_query_part(&name), encode_query_part(&shown))
            }
        });
        pairs.collect::<Vec<_>>().join("&").into_bytes()
    }

    fn field(&mut self, name: &str, value: &str, place: &str, removed: &mut Vec<Redaction>) -> String {
        if self.names.has_member(name) || shape::is_card(value) {
            self.replace(value, kind_of_field(name, value), place, removed)
        } else {
            String::from_utf8_lossy(&self.lines(value, place, removed)).into_owned()
        }
    }

    fn multipart(
        &mut self,
        body: &Bytes,
        parts: &[multipart::Part],
        place: &str,
        removed: &mut Vec<Redaction>,
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(body.len());
        let mut at = 0;
        for part in parts {
            // A part's content is a piece of the body.
            let start = part.content.as_ptr().addr().wrapping_sub(body.as_ptr().addr());
            let (Some(before), end) = (body.get(at..start), start + part.content.len()) else { continue };
            out.extend(self.bytes(before, place, removed));
            let place = format!("{place} {}", part.name);
            match std::str::from_utf8(&part.content) {
                Ok(text) => out.extend(self.field(&part.name, text, &place, removed).into_bytes()),
                Err(_) => out.extend(self.bytes(&part.content, &place, removed)),
            }
            at = end;
        }
        out.extend(self.bytes(&body[at..], place, removed));
        out
    }

    fn lines(&mut self, text: &str, place: &str, removed: &mut Vec<Redaction>) -> Vec<u8> {
        if let Some(value) = json(text) {
            return self.json_text(text, &value, place, removed).into_bytes();
        }
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let field = line.strip_prefix("data:").unwrap_or(line).trim_start_matches(' ');
            let (prefix, rest) = line.split_at(line.len() - field.len());
            let (content, end) = rest.split_at(rest.trim_end_matches(['\r', '\n']).len());
            match json(content) {
                Some(value) => {
                    out.push_str(prefix);
                    out.push_str(&self.json_text(content, &value, place, removed));
                    out.push_str(end);
                }
                None => out.push_str(line),
            }
        }
        // As a whole: what is sought may go over several lines.
        let out = self.members(&out, place, removed);
        self.scrub(&out, place, removed).into_bytes()
    }

    /// A text without the values of members that are secrets by their names.
    fn members(&mut self, text: &str, place: &str, removed: &mut Vec<Redaction>) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        let found: Vec<_> = shape::members(text).filter(|(name, ..)| self.names.has_member(name)).collect();
        for (name, value, is_number) in found {
            out.push_str(&text[at..value.start]);
            let placeholder = self.replace(&text[value.clone()], kind_of(name), &format!("{place} {name}"), removed);
            if is_number {
                out.extend(placeholder.chars().filter(char::is_ascii_digit));
            } else {
                out.push_str(&placeholder);
            }
            at = value.end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// A text of JSON; as it was written where nothing had to go.
    fn json_text(&mut self, written: &str, value: &Json, place: &str, removed: &mut Vec<Redaction>) -> String {
        let mut path = String::from("$");
        let shown = self.json(value, None, 0, &mut path, place, removed);
        if shown == *value { written.to_owned() } else { shown.to_string() }
    }

    fn json(
        &mut self,
        value: &Json,
        secret: Option<&'static str>,
        depth: usize,
        path: &mut String,
        place: &str,
        removed: &mut Vec<Redaction>,
    ) -> Json {
        let here = |path: &str| format!("{place} {path}");
        match value {
            Json::Array(items) => {
                let mut shown = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    let length = path.len();
                    path.push_str(&format!("[{at}]"));
                    shown.push(self.json(item, secret, depth, path, place, removed));
                    path.truncate(length);
                }
                Json::Array(shown)
            }
            Json::Object(members) => {
                let mut shown = Vec::with_capacity(members.len());
                for (name, value) in members {
                    let length = path.len();
                    path.push('.');
                    path.push_str(name.as_str());
                    let named = self.names.has_member(name.as_str()).then(|| kind_of(name.as_str()));
                    let value = self.json(value, secret.or(named), depth, path, place, removed);
                    path.truncate(length);
                    let name_shown = self.scrub(name.as_str(), place, removed);
                    let name = if name.is(&name_shown) { name.clone() } else { JsonString::new(name_shown) };
                    shown.push((name, value));
                }
                Json::Object(shown)
            }
            Json::String(text) => {
                let text_shown = match secret {
                    Some(kind) => self.replace(text.as_str(), kind, &here(path), removed),
                    None if shape::is_card(text.as_str()) => self.replace(text.as_str(), "card", &here(path), removed),
                    None => match json(text.as_str()).filter(|_| depth < EMBEDDED_DEPTH_MAX) {
                        Some(embedded) => {
                            let shown = self.json(&embedded, None, depth + 1, path, place, removed);
                            if shown == embedded { text.as_str().to_owned() } else { shown.to_string() }
                        }
                        None => self.scrub(text.as_str(), &here(path), removed),
                    },
                };
                if text.is(&text_shown) { value.clone() } else { Json::string(text_shown) }
            }
            Json::Number(number) => {
                let Some(kind) = secret.or_else(|| shape::is_card(number.as_str()).then_some("card")) else {
                    return value.clone();
                };
                // A number stays one, so that rules and shapes still hold.
                let placeholder = self.replace(number.as_str(), kind, &here(path), removed);
                let which: u64 =
                    placeholder.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
                Json::Number(which.into())
            }
            Json::Bool(_) | Json::Null => value.clone(),
        }
    }

    /// Bytes that are no text, without the secrets that are known.
    fn bytes(&mut self, body: &[u8], place: &str, removed: &mut Vec<Redaction>) -> Vec<u8> {
        if let Ok(text) = std::str::from_utf8(body) {
            return self.scrub(text, place, removed).into_bytes();
        }
        let Sought { finder, placeholders, .. } = self.sought();
        let mut out = Vec::with_capacity(body.len());
        finder.replace_all_with_bytes(body, &mut out, |found, _, out| {
            let placeholder = &placeholders[found.pattern().as_usize()];
            removed.push(Redaction::new(place, &placeholder));
            out.extend_from_slice(placeholder.as_bytes());
            true
        });
        out
    }
}
