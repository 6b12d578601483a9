//! Values of a response that change each time: header fields and texts that get a rule instead of their recorded value.

use super::super::texts::is_written_anew;
use super::super::varying::has_time_of_day;
use super::echo::Unsent;
use http::header::{CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use understudy_exchange::redact::Redaction;
use understudy_exchange::{Json, Response, decode_text};
use understudy_fixture::model::{Check, Expression, Format, HeaderPromise, JsonType, Rule};
use understudy_match::{PRESENT_ONLY_HEADERS, is_in_format};

/// Words in the names of header fields that hold a count: `x-total-count`.
const COUNTS: &[&str] =
    &["count", "counter", "limit", "pages", "remaining", "results", "size", "total", "usage", "used"];

/// Words in the names of header fields that hold an id: `x-operation-id`.
const NAMES_OF_ONE: &[&str] = &["id", "nonce", "requestid", "sessionid", "traceid", "uuid"];

/// A response and the other responses to the same request. All of them must match the fixture.
pub(super) struct Samples<'s> {
    /// The path and query of the request, decoded.
    pub(super) target: &'s str,
    pub(super) promised: &'s Response,
    pub(super) others: Vec<&'s Response>,
    pub(super) redactions: &'s [Redaction],
    pub(super) unsent: Unsent<'s>,
}

impl Samples<'_> {
    /// Returns true if no backend would send the text: it contains a stand-in, or repeats a header field that a
    /// contract test does not send.
    fn is_changed(&self, text: &str) -> bool {
        self.redactions.iter().any(|redaction| text.contains(&redaction.stand_in)) || self.unsent.is_in(text)
    }

    /// Returns true if a digest cannot change: the body is empty, or the request names the digest.
    fn is_asked_for(&self, digest: &str) -> bool {
        self.promised.body.is_empty() || self.target.contains(digest)
    }

    /// The expectation for a header field that occurs once in a response.
    pub(super) fn header(&self, name: &str, value: &str) -> HeaderPromise {
        let with_example =
            |check: Check| HeaderPromise::Rule(Rule { example: Some(Json::string(value)), ..Rule::of(check) });
        if self.others.iter().any(|other| !other.headers.contains_key(name)) {
            return with_example(Check::Optional(Box::new(Rule::of(Check::Any))));
        }
        if PRESENT_ONLY_HEADERS.contains(&name) || name == CONTENT_TYPE {
            return HeaderPromise::Value(value.to_owned());
        }
        if let Some(check) = by_kind(name, value, self.promised.status) {
            return with_example(check);
        }
        if self.is_changed(value) || (is_digest(name) && !self.is_asked_for(value)) {
            return with_example(Check::Any);
        }
        let others: Vec<&str> = self.others.iter().flat_map(|other| texts(&other.headers, name)).collect();
        if others.iter().all(|other| *other == value) {
            return HeaderPromise::Value(value.to_owned());
        }
        let is_number = |text: &str| text.parse::<i64>().is_ok();
        let are_numbers = is_number(value) && others.iter().all(|other| is_number(other));
        with_example(if are_numbers { Check::Type(JsonType::Integer) } else { Check::Any })
    }

    /// The rule for a whole body that is not JSON, if its text changes each time. `in_turn` are the other responses to
    /// the same request.
    pub(super) fn text_rule<'o>(&self, mut in_turn: impl Iterator<Item = &'o Response>) -> Option<Rule> {
        let Response { headers, body, .. } = self.promised;
        let content_type = texts(headers, CONTENT_TYPE.as_str()).next().unwrap_or("");
        let text = decode_text(content_type, body);
        let is_of_now = |text: &str| self.is_changed(text) || has_time_of_day(text, headers);
        if text.as_deref().is_some_and(is_of_now) || is_written_anew(content_type, text.as_deref().unwrap_or("")) {
            return Some(Rule::of(Check::Type(JsonType::String)));
        }
        let formats = [Format::DateTime, Format::Uuid];
        if let Some(format) = text.and_then(|text| formats.into_iter().find(|format| is_in_format(*format, &text))) {
            return Some(Rule::of(Check::Format(format)));
        }
        let is_other = |other: &Response| other.body != *body;
        let differs = self.others.iter().any(|other| is_other(other)) || in_turn.any(is_other);
        differs.then(|| Rule::of(Check::Type(JsonType::String)))
    }
}

fn texts<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).iter().filter_map(|value: &HeaderValue| value.to_str().ok())
}

/// The rule for a header field whose name and look show that its value changes each time.
fn by_kind(name: &str, value: &str, status: StatusCode) -> Option<Check> {
    if name == CONTENT_RANGE {
        return content_range(value, status).map(Check::Matches);
    }
    let formats = [Format::Uuid, Format::DateTime, Format::Date];
    if let Some(format) = formats.into_iter().find(|format| is_in_format(*format, value)) {
        return Some(Check::Format(format));
    }
    let is_word = |words: &[&str]| name.split(['-', '_']).any(|word| words.contains(&word));
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        return (is_word(COUNTS) || is_unix_time(value)).then_some(Check::Type(JsonType::Integer));
    }
    let names_one =
        is_word(NAMES_OF_ONE) || is_hash(name, value) || (!is_digest(name) && name != "link" && has_chance(value));
    (names_one || is_http_date(value) || has_fresh_part(value)).then_some(Check::Any)
}

/// Returns true if a part of a value is generated each time: a nonce, a UUID or a date, as in `attachment;
/// filename="orders-2026-12-01.csv"`.
fn has_fresh_part(value: &str) -> bool {
    let words = || value.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let dates = value.match_indices('-').filter_map(|(at, _)| value.get(at.checked_sub(4)?..at + 6));
    value.contains("nonce=")
        || words().any(|word| is_in_format(Format::Uuid, word))
        || dates.filter(|text| text.is_ascii()).any(|date| is_in_format(Format::Date, date))
}

/// Returns true if a word of a value is random: `ug1:kZ3…`.
fn has_chance(value: &str) -> bool {
    let words = value.split(|c: char| !c.is_ascii_alphanumeric());
    words.into_iter().any(|word| {
        let has = |kind: fn(&u8) -> bool| word.bytes().filter(kind).count();
        word.len() >= 20
            && has(u8::is_ascii_digit) >= 2
            && has(u8::is_ascii_uppercase) >= 2
            && has(u8::is_ascii_lowercase) >= 2
    })
}

/// Returns true for a Unix time in seconds or milliseconds between 2001 and 2286.
fn is_unix_time(digits: &str) -> bool {
    matches!(digits.len(), 10 | 13) && digits.starts_with(|c: char| ('1'..='9').contains(&c))
}

/// Returns true for a long hexadecimal number that is not a digest of the content. A digest stays the same while the
/// content does.
fn is_hash(name: &str, value: &str) -> bool {
    value.len() >= 16
        && value.bytes().all(|byte| byte.is_ascii_hexdigit())
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && !is_digest(name)
}

fn is_digest(name: &str) -> bool {
    ["checksum", "digest", "hash", "md5", "sha1", "sha256"].iter().any(|word| name.contains(word))
}

/// Returns true for an HTTP date: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
fn is_http_date(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() == 29 && value.ends_with(" GMT") && bytes[3] == b',' && bytes[19] == b':' && bytes[22] == b':'
}

/// The expression for a `Content-Range`. If the client requested a part, only the total length may change; otherwise
/// every number may (RFC 9110, section 14.4).
fn content_range(value: &str, status: StatusCode) -> Option<Expression> {
    let (unit, range) = value.split_once(' ')?;
    let (part, _) = range.split_once('/')?;
    let part = match part {
        "*" => "\\*".to_owned(),
        part if status == StatusCode::PARTIAL_CONTENT && unit == "bytes" => part.to_owned(),
        _ => "(\\d+-\\d+|\\*)".to_owned(),
    };
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_plain(unit).then(|| Expression::parse(&format!("{unit} {part}/(\\d+|\\*)")).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_are_known_by_name_and_looks() {
        let ok = StatusCode::OK;
        let shown = |name: &str, value: &str| by_kind(name, value, ok).map(|check| check.to_string());
        for (name, value, check) in [
            ("x-total-count", "17", Some("type: integer")),
            ("x-api-version", "2", None),
            ("x-time", "1764576000", Some("type: integer")),
            ("x-operation", "7f2c9f7e-3b0a-4c36-9d3e-0d8e7a3d1f11", Some("type: uuid")),
            ("x-updated", "2026-12-01T08:00:00Z", Some("type: date-time")),
            ("sunset", "Sun, 06 Nov 2094 08:49:37 GMT", Some("type: any")),
            ("x-operation-id", "op_77", Some("type: any")),
            ("x-build", "9f86d081884c7d65", Some("type: any")),
            ("docker-content-digest", "9f86d081884c7d65", None),
            ("x-mode", "live", None),
            ("x-upload-grant", "ug1:kZ3mQ9xT7wB2vN8cL4pR6sD1fG5hJ0aY", Some("type: any")),
            ("www-authenticate", "Digest realm=\"x\", nonce=\"dcd98b71\"", Some("type: any")),
            ("content-disposition", "attachment; filename=\"orders-2026-12-01.csv\"", Some("type: any")),
            ("content-disposition", "attachment; filename=\"orders-1-a.csv\"", None),
            ("x-é", "é-12-01", None),
            ("content-range", "items 0-9/57", Some(r"matches: items (\d+-\d+|\*)/(\d+|\*)")),
            ("content-range", "bytes */10", Some(r"matches: bytes \*/(\d+|\*)")),
        ] {
            assert_eq!(shown(name, value).as_deref(), check, "{name}: {value}");
        }
        let part = by_kind("content-range", "bytes 0-3/10", StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.map(|check| check.to_string()).as_deref(), Some(r"matches: bytes 0-3/(\d+|\*)"));
    }
}
