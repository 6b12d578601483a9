//! The quick look: nearly all exchanges have nothing in them that is secret, and those are not worth a walk.
//!
//! Whatever a walk would find makes a look report that there may be something: a walk passes over each text of which
//! [`is_quiet`] is sure, and over each name that [`SecretNames::knows`] nothing of, so both decide by the same functions.

use super::value::is_uuid;
use super::walk::text;
use super::{SecretNames, card};
use super::{shapes, stand_in};
use crate::target::percent_decode;
use crate::{MediaType, Request, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue};
use memchr::memchr;

/// Shorter texts have no secret of their own: `pin=1234` has eight.
const TEXT_BYTES_MIN: usize = 7;

/// Shorter runs of a token's characters have no shape, and no text in base64 that is worth a look.
const RUN_BYTES_MIN: usize = 15;

/// Longer texts are no names in a list of names and values.
const NAME_BYTES_MAX: usize = 64;

/// Finds exchanges with nothing in them that is a secret by its name or its look: nearly all are. A
/// [`Redactor`](super::Redactor) learns nothing from them, and replaces in them only what it knows from others.
#[derive(Debug)]
pub struct QuickLook {
    names: SecretNames,
}

impl QuickLook {
    /// A look for what has these names.
    #[must_use]
    pub fn new(names: SecretNames) -> Self {
        Self { names }
    }

    /// Returns true if it is sure of an exchange, whose bodies come without their content codings.
    #[must_use]
    pub fn is_quiet(&self, request: &Request, response: &Response) -> bool {
        is_quiet_target(&request.target, &self.names)
            && [&request.headers, &response.headers].into_iter().all(|headers| are_quiet_fields(headers, &self.names))
            && is_quiet_body(&request.headers, &request.body, &self.names)
            && is_quiet_body(&response.headers, &response.body, &self.names)
    }
}

pub(super) fn is_quiet_target(target: &PathAndQuery, names: &SecretNames) -> bool {
    // What is encoded is meant to be another text, in which a secret may stand.
    let text = target.as_str();
    memchr(b'%', text.as_bytes()).is_none() && memchr(b'+', text.as_bytes()).is_none() && is_quiet(text, names)
}

pub(super) fn are_quiet_fields(headers: &HeaderMap, names: &SecretNames) -> bool {
    headers.iter().all(|(name, value)| is_quiet_field(name, value, names))
}

pub(super) fn is_quiet_field(name: &HeaderName, value: &HeaderValue, names: &SecretNames) -> bool {
    name != COOKIE
        && name != SET_COOKIE
        && !names.knows(name.as_str())
        && std::str::from_utf8(value.as_bytes()).is_ok_and(|text| text.len() < TEXT_BYTES_MIN || is_quiet(text, names))
}

/// Returns true if it is sure that a body has no secret: nothing is known of bytes that are no text, and of a text only if
/// it is JSON without escapes.
pub(super) fn is_quiet_body(headers: &HeaderMap, body: &Bytes, names: &SecretNames) -> bool {
    if body.is_empty() {
        return true;
    }
    let written = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let kind = MediaType::parse(written);
    if matches!(kind.essence().split('/').next(), Some("image" | "audio" | "video" | "font"))
        && !kind.essence().ends_with("xml")
    {
        return true;
    }
    let is_json = matches!(first, Some(b'{' | b'['))
        && (kind.is_json() || kind.essence().is_empty() || kind.essence() == "text/plain");
    is_json && std::str::from_utf8(body).is_ok_and(|text| is_quiet_json(text, names))
}

/// Returns true if it is sure of a text of JSON: none is quiet that has an escape, or letters outside of strings that are no JSON.
pub(super) fn is_quiet_json(text: &str, names: &SecretNames) -> bool {
    if memchr(b'\\', text.as_bytes()).is_some() {
        return false;
    }
    let mut rest = text;
    loop {
        let Some(open) = memchr(b'"', rest.as_bytes()) else { return is_quiet_gap(rest.as_bytes(), true) };
        if !is_quiet_gap(&rest.as_bytes()[..open], false) {
            return false;
        }
        let inner = &rest[open + 1..];
        let Some(close) = memchr(b'"', inner.as_bytes()) else { return false };
        let string = &inner[..close];
        rest = &inner[close + 1..];
        let after = rest.bytes().find(|byte| !byte.is_ascii_whitespace());
        let is_quiet = if after == Some(b':') {
            !names.knows(string) && (string.len() < RUN_BYTES_MIN || is_quiet(string, names))
        } else {
            is_quiet_string(string, names)
        };
        if !is_quiet {
            return false;
        }
    }
}

/// Returns true if a string may name a secret that another one holds.
pub(super) fn may_name(string: &str, names: &SecretNames) -> bool {
    (3..=NAME_BYTES_MAX).contains(&string.len()) && names.knows(string) && !stand_in::is_stand_in(string)
}

/// Returns true if it is sure of a string of JSON, which may name what the next one holds.
fn is_quiet_string(string: &str, names: &SecretNames) -> bool {
    !may_name(string, names) && (string.len() < TEXT_BYTES_MIN || is_quiet(string, names))
}

/// Returns true if what stands between two strings of JSON is JSON, and has no card's number.
fn is_quiet_gap(gap: &[u8], is_last: bool) -> bool {
    // `:`, `,`, brackets and space are nearly all.
    if gap.len() <= 2 && !is_last {
        return gap.iter().all(|byte| !byte.is_ascii_alphabetic() && *byte != b'=');
    }
    let mut digits = 0;
    let mut letters = 0;
    for byte in gap {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'a'..=b'z' | b'E' => letters += 1,
            b'A'..=b'Z' | b'=' | b'\'' | b'`' | 0x80.. => return false,
            _ => (digits, letters) = (0, 0),
        }
        // `false` is the longest word of JSON.
        if digits >= 14 || letters > 5 {
            return false;
        }
    }
    true
}

/// Returns true if it is sure that a text has nothing in it that is secret, by a name or by its look.
pub(super) fn is_quiet(text: &str, names: &SecretNames) -> bool {
    let bytes = text.as_bytes();
    if matches!(bytes.first(), Some(b'{' | b'[')) {
        return false;
    }
    let mut run = Run::default();
    let mut card_from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\\' | b'<' | b'~' => return false,
            b'|' if at > 0 && bytes[at - 1].is_ascii_digit() => return false,
            b'=' | b':' if has_userinfo(&bytes[at..]) || names.knows(&percent_decode(name_before(text, at))) => {
                return false;
            }
            b' ' if is_scheme(&bytes[..at]) => return false,
            b'-' if bytes[at..].starts_with(b"--") && bytes.get(at + 2).is_some_and(u8::is_ascii_alphabetic) => {
                return false;
            }
            b'/' if is_one_time(&bytes[at + 1..]) => return false,
            _ => {}
        }
        if !(byte.is_ascii_digit() || matches!(byte, b' ' | b'-')) {
            card_from = at + 1;
        } else if may_be_card(&bytes[..=at], card_from) {
            return false;
        }
        if !run.goes_on(*byte) && !run.end(text, at) {
            return false;
        }
    }
    run.end(text, bytes.len()) && !card::is_card(text)
}

/// Returns true if the authority of a URL, of which this begins with the colon, has a user before the host.
fn has_userinfo(rest: &[u8]) -> bool {
    let authority = rest.strip_prefix(b"://").unwrap_or_default();
    let end = authority.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#' | b' ')).unwrap_or(authority.len());
    authority[..end].contains(&b'@')
}

/// Returns true if a card's number may end here, of which all from this place on may be a part.
fn may_be_card(bytes: &[u8], from: usize) -> bool {
    bytes.len() - from >= 14
        && (from == 0 || !bytes[from - 1].is_ascii_alphanumeric())
        && bytes[from..].iter().filter(|byte| byte.is_ascii_digit()).count() >= 14
}

/// A run of the characters of tokens.
#[derive(Default)]
struct Run {
    begin: usize,
    has_upper: bool,
    has_lower: bool,
    has_digit: bool,
}

impl Run {
    /// Returns true if a byte belongs to it.
    fn goes_on(&mut self, byte: u8) -> bool {
        match byte {
            b'a'..=b'z' => self.has_lower = true,
            b'A'..=b'Z' => self.has_upper = true,
            b'0'..=b'9' => self.has_digit = true,
            b'-' | b'_' | b'.' | b'+' | b'/' | b'=' | b':' | b'%' | b'$' => {}
            _ => return false,
        }
        true
    }

    /// Returns true if it has no shape and nothing in base64; the next one begins after this place.
    fn end(&mut self, text: &str, at: usize) -> bool {
        let Self { begin, has_upper, has_lower, has_digit } = std::mem::take(self);
        self.begin = at + 1;
        let kinds = u8::from(has_upper) + u8::from(has_lower) + u8::from(has_digit);
        let Some(run) = text
            .get(begin..at)
            .filter(|run| run.len() >= RUN_BYTES_MIN && (kinds >= 2 || run.len() >= 2 * RUN_BYTES_MIN))
        else {
            return true;
        };
        if is_uuid(run) {
            return true;
        }
        let is_encoded = has_upper && has_lower && text::has_base64(run);
        let has_shape = shapes::may_begin_in(run) && shapes::has_secrets(run);
        !is_encoded && !has_shape
    }
}

/// The name before `=` or `:` at a place, without quotes and space between them.
fn name_before(text: &str, at: usize) -> &str {
    let before = text[..at].trim_end_matches(['"', '\'', ' ', '\t', '`']);
    let is_of_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']' | b'$' | b'%');
    let length = before.bytes().rev().take_while(is_of_name).take(NAME_BYTES_MAX).count();
    &before[before.len() - length..]
}

/// Returns true if a scheme of HTTP authentication stands at the end.
fn is_scheme(before: &[u8]) -> bool {
    ["bearer", "basic", "token", "digest", "apikey", "-u", "-p"].iter().any(|scheme| {
        before.len() >= scheme.len() && before[before.len() - scheme.len()..].eq_ignore_ascii_case(scheme.as_bytes())
    })
}

/// Words of paths after which something for one use stands: `/reset/…`, `/invite/…`.
pub(super) const ONE_TIME: &[&str] = &[
    "accept",
    "activate",
    "activation",
    "auth",
    "callback",
    "confirm",
    "confirmation",
    "download",
    "invitation",
    "invitations",
    "invite",
    "invites",
    "join",
    "key",
    "keys",
    "login",
    "magic",
    "magic-link",
    "oauth",
    "password",
    "reset",
    "reset-password",
    "password-reset",
    "session",
    "sessions",
    "share",
    "signup",
    "sso",
    "token",
    "tokens",
    "unsubscribe",
    "verification",
    "verify",
    "verify-email",
    "webhook",
    "webhooks",
    "webhookb2",
];

/// Returns true if such a word stands before a slash here.
fn is_one_time(rest: &[u8]) -> bool {
    let length = rest.iter().take(20).position(|byte| *byte == b'/').unwrap_or(0);
    length >= 3 && ONE_TIME.iter().any(|word| rest[..length].eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_a_walk_is_found_and_little_else() {
        let names = SecretNames::default();
        let loud = [
            r#"{"password":1}"#,
            r#"{"newPass_Word" : "x"}"#,
            "{\"a\":{\"ACCESS-token\"\n\t:\"x\"}}",
            r#"{"n":4111111111111111}"#,
            r#"{"n":"4111 1111 1111 1111"}"#,
            r#"{"a":"\u0070"}"#,
            r#"{"name":"API_KEY","value":"x"}"#,
            r#"{"note":"password: hunter2"}"#,
            r#"{"note":"see https://ada:pw@a.example/x?y=1"}"#,
            r#"{"note":"see https://a.example/x?token=1"}"#,
            r#"{"note":"Authorization: Bearer abcdefgh"}"#,
            r#"{"a":"ghp_0123456789abcdefghijABCDEFGHIJ012345"}"#,
            r#"{"link":"/reset/a8f3k2"}"#,
            r#"{password: "hunter2"}"#,
        ];
        let quiet = [
            r#"{"secretary":1,"spin":1,"pinned":2,"id":3,"n":4}"#,
            r#"{"id":"550e8400-e29b-41d4-a716-446655440000","at":"2024-01-01T12:00:00.000Z","ok":true}"#,
            r#"{"title":"The Understudy","genre":"comedy","price":12.00,"tags":["a","b"],"by":null}"#,
            r#"{"email":"ada@example.com","sha":"356a192b7913b04c54574d18c28d46e6395428ab"}"#,
            r#"{"next":"https://a.example/items?page=2&sort=name"}"#,
            "[]",
        ];
        for text in loud {
            assert!(!is_quiet_json(text, &names), "{text}");
        }
        for text in quiet {
            for part in text.split('"') {
                assert!(is_quiet(part, &names) || part.contains(['{', '[']), "{part}");
            }
            assert!(is_quiet_json(text, &names), "{text}");
        }
    }
}
