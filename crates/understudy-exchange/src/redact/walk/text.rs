//! Secrets in texts of any kind: assignments (YAML, environment files, scripts, GraphQL), URLs, credentials with their scheme, markup, base64.

use super::super::quick::{self, ONE_TIME};
use super::super::{card, charset, form, shapes, stand_in};
use super::{Found, Walk, json, markup, with_edits};
use crate::target::{decode_query_part, encode_query_part, encode_segment, percent_decode};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex::Regex;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

/// Longer base64 texts are files.
const BASE64_BYTES_MAX: usize = 256 << 10;
/// Shorter base64 texts are not distinctive.
const BASE64_BYTES_MIN: usize = 20;
/// Shorter segments of paths are words.
const SEGMENT_BYTES_MIN: usize = 6;

/// The encoding of a secret in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Unchanged.
    Plain,
    /// As the value of a parameter: `%XX` and `+`.
    Parameter,
    /// As a path segment.
    Segment,
    /// As text of HTML or XML.
    Markup,
}

impl Coding {
    pub(super) fn decode(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Plain => text.into(),
            Self::Parameter => decode_query_part(text),
            Self::Segment => percent_decode(text),
            Self::Markup => markup::decode(text),
        }
    }

    fn encode(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Parameter => encode_query_part(text),
            Self::Segment => encode_segment(text),
            Self::Markup => markup::encode(text),
        }
    }
}

/// A secret in a text.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) at: Range<usize>,
    pub(super) coding: Coding,
    pub(super) found: Found,
}

/// HTTP authentication schemes with their credentials (RFC 9110, section 11.4), and command line options with the same
/// meaning.
static SCHEME: LazyLock<Regex> =
    LazyLock::new(|| expression(r"(?i)\b(?:bearer|basic|token|apikey)[ \t]+([a-z0-9._~+/=:-]{8,})"));
static USER: LazyLock<Regex> =
    LazyLock::new(|| expression(r#"(?:^|\s)(?:-u|--user|--proxy-user)[ =]+["']?[^\s:"']+:([^\s"']+)"#));

/// A URL (RFC 3986): its authority, and the rest of it.
static URL: LazyLock<Regex> =
    LazyLock::new(|| expression(r#"[A-Za-z][A-Za-z0-9+.-]*://(?P<authority>[^\s/?#"'<>\\]*)"#));

/// A path segment after a word that announces a one-time value.
static SEGMENT: LazyLock<Regex> =
    LazyLock::new(|| expression(&format!(r#"(?i)(?:^|/)(?:{})/(?P<value>[^\s/?#"'<>\\&;,)]+)"#, ONE_TIME.join("|"))));

/// A run of characters that may be base64.
static BASE64: LazyLock<Regex> = LazyLock::new(|| expression(r"[A-Za-z0-9+/_-]{20,}={0,2}"));

pub(super) fn expression(text: &str) -> Regex {
    Regex::new(text).expect("the expression is a good one")
}

/// Splits a value into its authentication scheme, with the space after it, and the rest.
pub(super) fn scheme(value: &str) -> (&str, &str) {
    let is_scheme = |word: &str| {
        ["bearer", "basic", "token", "digest", "apikey", "negotiate", "dpop", "jwt", "key"]
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known))
    };
    match value.split_once(' ') {
        Some((word, secret)) if is_scheme(word) && !secret.trim().is_empty() => {
            value.split_at(value.len() - secret.trim_start().len())
        }
        _ => ("", value),
    }
}

impl Walk<'_> {
    /// Redacts a text of any kind; `None` if nothing changed.
    pub(in super::super) fn text(&mut self, text: &str, place: &str, depth: usize) -> Option<String> {
        if text.is_empty() || stand_in::is_stand_in(text) {
            return None;
        }
        if json::is_too_deep(depth) || quick::is_quiet(text, self.names) {
            return self.sink.rest(text, place);
        }
        if let Some(walked) = self.json(text, place, depth + 1) {
            return walked;
        }
        if text.contains('\n')
            && let Some(shown) = self.lines(text, place, depth)
        {
            // Secrets that span several lines are searched in the remaining text.
            return Some(self.spans(&shown, place, depth).unwrap_or(shown));
        }
        self.spans(text, place, depth)
    }

    /// Redacts a text with JSON in its lines: events, JSON lines, messages with a prefix before their JSON.
    fn lines(&mut self, text: &str, place: &str, depth: usize) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut is_changed = false;
        for line in text.split_inclusive('\n') {
            let begin = line.find(['{', '[']).filter(|begin| *begin < 64).unwrap_or(0);
            let (before, rest) = line.split_at(begin);
            let content = rest.trim_end();
            match self.json(content, place, depth + 1).flatten() {
                Some(shown) => {
                    out.push_str(before);
                    out.push_str(&shown);
                    out.push_str(&rest[content.len()..]);
                    is_changed = true;
                }
                None => out.push_str(line),
            }
        }
        is_changed.then_some(out)
    }

    /// Redacts a text that is not JSON as a whole: finds all secrets in it, and replaces known secrets in the rest.
    fn spans(&mut self, text: &str, place: &str, depth: usize) -> Option<String> {
        let mut spans = self.find(text);
        spans.sort_by_key(|span| (span.at.start, std::cmp::Reverse(span.at.end)));
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for Span { at: own, coding, found } in spans {
            if own.start < at {
                continue;
            }
            let secret = coding.decode(&text[own.clone()]);
            if stand_in::is_stand_in(&secret) {
                continue;
            }
            if let Some(shown) = self.sink.secret(&secret, &found, place) {
                out.push_str(&self.between(&text[at..own.start], place, depth));
                out.push_str(&coding.encode(&shown));
                at = own.end;
            }
        }
        out.push_str(&self.between(&text[at..], place, depth));
        (out != text).then_some(out)
    }

    /// Redacts a piece of text without secrets by name or look: searches base64, JSON and known secrets.
    fn between<'t>(&mut self, text: &'t str, place: &str, depth: usize) -> Cow<'t, str> {
        let mut edits = self.in_base64(text, place, depth);
        if edits.is_empty() {
            edits.extend(self.in_json(text, place, depth));
        }
        match with_edits(text, edits) {
            Some(shown) => Cow::Owned(self.sink.rest(&shown, place).unwrap_or(shown)),
            None => self.sink.rest(text, place).map_or(Cow::Borrowed(text), Cow::Owned),
        }
    }

    fn in_base64(&mut self, text: &str, place: &str, depth: usize) -> Vec<(Range<usize>, String)> {
        let mut edits = Vec::new();
        if text.len() < BASE64_BYTES_MIN || json::is_too_deep(depth + 1) {
            return edits;
        }
        for found in BASE64.find_iter(text).filter(|found| found.len() <= BASE64_BYTES_MAX) {
            let Some((plain, encode)) = decode_base64(found.as_str()) else { continue };
            if let Some(shown) = self.text(&plain, place, depth + 1) {
                edits.push((found.range(), encode(&shown)));
            }
        }
        edits
    }

    /// Finds JSON after a prefix: `42["event",{…}]`, `)]}',{…}`, `callback({…})`.
    fn in_json(&mut self, text: &str, place: &str, depth: usize) -> Option<(Range<usize>, String)> {
        let begin = text.find(['{', '[']).filter(|begin| *begin > 0)?;
        let end = text.rfind(['}', ']']).filter(|end| *end > begin)? + 1;
        let shown = self.json(&text[begin..end], place, depth + 1)??;
        Some((begin..end, shown))
    }

    /// Finds all secrets in a text, in no particular order.
    fn find(&self, text: &str) -> Vec<Span> {
        let looks = shapes::find(text);
        let mut spans: Vec<Span> = looks
            .into_iter()
            .map(|look| Span { at: look.at, coding: Coding::Plain, found: Found::by_look(look.kind, look.name) })
            .collect();
        if card::is_card(text.trim()) {
            let begin = text.len() - text.trim_start().len();
            let at = begin..begin + text.trim().len();
            spans.push(Span { at, coding: Coding::Plain, found: Found::by_look("card", "payment card") });
        }
        self.find_cards(text, &mut spans);
        for found in SCHEME.captures_iter(text).chain(USER.captures_iter(text)) {
            let at = found.get(1).map(|secret| secret.range()).unwrap_or_default();
            let secret = text[at.clone()].trim_end_matches(['.', ',']);
            if form::is_random(secret) || !form::is_words(secret) {
                spans.push(Span {
                    at: at.start..at.start + secret.len(),
                    coding: Coding::Plain,
                    found: Found::by_look("token", "credentials"),
                });
            }
        }
        self.find_assignments(text, &mut spans);
        if text.contains("://") {
            find_userinfo(text, &mut spans);
        }
        for found in SEGMENT.captures_iter(text) {
            let Some(segment) = found.name("value").filter(|segment| is_one_time(segment.as_str())) else { continue };
            spans.push(Span {
                at: segment.range(),
                coding: Coding::Segment,
                found: Found::by_look("token", "one-time link"),
            });
        }
        if text.contains('<') {
            markup::find(self, text, &mut spans);
        }
        self.find_phrases(text, &mut spans);
        self.find_beside(text, &mut spans);
        spans
    }

    fn find_cards(&self, text: &str, spans: &mut Vec<Span>) {
        static DIGITS: LazyLock<Regex> = LazyLock::new(|| expression(r"\b[3-6][0-9](?:[ -]?[0-9]){12,17}\b"));
        // The digits after a decimal point are not a number of their own.
        let is_fraction = |at: usize| matches!(text.as_bytes()[..at], [.., b'0'..=b'9', b'.']);
        let cards = DIGITS.find_iter(text).filter(|found| card::is_card(found.as_str()) && !is_fraction(found.start()));
        spans.extend(cards.map(|found| Span {
            at: found.range(),
            coding: Coding::Plain,
            found: Found::by_look("card", "payment card"),
        }));
    }
}

/// Finds the password in the authority of a URL.
fn find_userinfo(text: &str, spans: &mut Vec<Span>) {
    for found in URL.captures_iter(text) {
        let Some(authority) = found.name("authority") else { continue };
        let Some((userinfo, _)) = authority.as_str().rsplit_once('@') else { continue };
        let (begin, secret) = match userinfo.split_once(':') {
            Some((user, secret)) => (authority.start() + user.len() + 1, secret),
            // A token may stand in the user's place: https://ghp_…@github.com
            None if form::is_random(userinfo) => (authority.start(), userinfo),
            None => continue,
        };
        let is_template = ["${", "{{", "<"].iter().any(|begin| secret.starts_with(begin));
        if !secret.is_empty() && !stand_in::is_stand_in(secret) && !is_template {
            let at = begin..begin + secret.len();
            spans.push(Span { at, coding: Coding::Segment, found: Found::by_look("password", "password in a URL") });
        }
    }
}

/// Returns true if a path segment is a one-time value, and not a word or number.
fn is_one_time(segment: &str) -> bool {
    let plain = percent_decode(segment);
    let has_digit = plain.bytes().any(|byte| byte.is_ascii_digit());
    let has_letter = plain.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_mixed = plain.bytes().any(|b| b.is_ascii_uppercase()) && plain.bytes().any(|b| b.is_ascii_lowercase());
    plain.len() >= SEGMENT_BYTES_MIN
        && has_letter
        && (has_digit || (is_mixed && plain.len() >= 10))
        && form::is_unlike_words(&plain)
}

/// Returns true if a text contains base64 of a text.
pub(in super::super) fn has_base64(text: &str) -> bool {
    BASE64.find_iter(text).any(|found| found.len() <= BASE64_BYTES_MAX && decode_base64(found.as_str()).is_some())
}

type Encode = fn(&str) -> String;

/// Decodes base64 of a text, in either alphabet, with or without padding. Also returns the function that encodes a
/// replacement.
fn decode_base64(text: &str) -> Option<(String, Encode)> {
    let bare = text.trim_end_matches('=');
    let is_padded = bare.len() < text.len() || bare.len().is_multiple_of(4);
    let bytes = STANDARD_NO_PAD.decode(bare);
    let (bytes, encode): (Vec<u8>, Encode) = match bytes {
        Ok(bytes) if is_padded => (bytes, |text| STANDARD.encode(text)),
        Ok(bytes) => (bytes, |text| STANDARD_NO_PAD.encode(text)),
        Err(_) => (URL_SAFE_NO_PAD.decode(bare).ok()?, |text| URL_SAFE_NO_PAD.encode(text)),
    };
    let plain = String::from_utf8(bytes).ok()?;
    charset::is_readable(&plain).then_some((plain, encode))
}
