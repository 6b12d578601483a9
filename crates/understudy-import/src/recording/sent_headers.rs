//! The header fields and cookies of a request, as a fixture lists them.

use super::Recorded;
use super::header_names::{STATISTICS_COOKIES, may_matter};
use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderMap, StatusCode};
use understudy_exchange::redact::is_secret_header;
use understudy_exchange::{Json, MediaType, field_value};
use understudy_fixture::model::{Check, Field, FieldMatcher, Pattern, RequestBody, Rule};

/// The fields of conditional and range requests.
const CONDITIONS: [HeaderName; 6] = [IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE];

/// The fields that select one of several representations of a response.
const PREFERENCES: [HeaderName; 2] = [ACCEPT, ACCEPT_LANGUAGE];

/// Returns true for an `accept` or `accept-language` without a preference, which is equivalent to a missing field.
pub(super) fn accepts_anything(headers: &HeaderMap, name: &HeaderName) -> bool {
    let anything: &[u8] = match *name {
        ACCEPT => b"*/*",
        ACCEPT_LANGUAGE => b"*",
        _ => return false,
    };
    headers.get(name).is_some_and(|value| value.as_bytes().trim_ascii() == anything)
}

/// A header field that distinguishes a request from similar ones, and its value there.
pub(super) type Telling = (HeaderName, Option<String>);

/// Lists the header fields of a request, without its content type and its cookies. The stub compares credentials and
/// the fields that decided the response. The contract test also sends all others. `patterns` returns the values of a
/// field.
pub(super) fn headers(
    recorded: &Recorded,
    telling: &[Telling],
    patterns: &dyn Fn(&HeaderName) -> Vec<Pattern>,
) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for name in recorded.request.headers.keys().filter(|name| **name != COOKIE && **name != CONTENT_TYPE) {
        let matcher = if is_told_apart_by(telling, name) || decides(name, recorded.response.status) {
            Some(demanded(recorded, name, patterns(name)))
        } else if !is_recorded(recorded, name) {
            None
        } else if is_secret_header(name.as_str()) {
            Some(equal(patterns(name)))
        } else {
            Some(only_sent(&patterns(name)))
        };
        fields.extend(matcher.map(|matcher| Field { name: name.to_string(), matcher }));
    }
    // The general request has no condition, range or preference.
    let is_general =
        |name: &HeaderName| *name == CONTENT_TYPE || CONDITIONS.contains(name) || PREFERENCES.contains(name);
    let absent = telling.iter().filter(|(name, value)| value.is_none() && !is_general(name));
    fields.extend(
        absent.map(|(name, _)| Field { name: name.to_string(), matcher: FieldMatcher::Rule(Rule::of(Check::Absent)) }),
    );
    fields
}

/// The content type of a request, if it is not the default of the body.
pub(super) fn content_type(recorded: &Recorded, telling: &[Telling], body: Option<&RequestBody>) -> Option<Field> {
    let sent = recorded.request.headers.get(CONTENT_TYPE);
    let sent = sent.map(|value| field_value::text(value).into_owned());
    let matcher = match (&sent, body) {
        (Some(sent), _) if is_told_apart_by(telling, &CONTENT_TYPE) => FieldMatcher::Equals(Pattern::literal(sent)),
        (None, _) if telling.iter().any(|(name, _)| *name == CONTENT_TYPE) => {
            FieldMatcher::Rule(Rule::of(Check::Absent))
        }
        // A body gets a default content type unless the field is listed.
        (None, Some(body)) if brought_type(body).is_some() => FieldMatcher::Rule(Rule::of(Check::Ignore)),
        (None, _) => return None,
        (Some(sent), Some(body)) if is_brought(sent, body) => return None,
        (Some(sent), _) => only_sent(&[Pattern::literal(sent)]),
    };
    Some(Field { name: CONTENT_TYPE.to_string(), matcher })
}

/// The default media type of a body in a contract test.
fn brought_type(body: &RequestBody) -> Option<&'static str> {
    Some(match body {
        RequestBody::Json(_) | RequestBody::Graphql(_) | RequestBody::GraphqlBatch(_) => "application/json",
        RequestBody::Xml(_) => "application/xml",
        RequestBody::Text(_) => "text/plain",
        RequestBody::Form(_) => "application/x-www-form-urlencoded",
        RequestBody::Multipart(_) => "multipart/form-data",
        RequestBody::Base64(_) | RequestBody::File(_) => return None,
    })
}

fn is_brought(sent: &str, body: &RequestBody) -> bool {
    let is_utf_8 = understudy_exchange::media_type::parameter(sent, "charset")
        .is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"));
    brought_type(body) == Some(MediaType::parse(sent).essence()) && is_utf_8
}

/// Lists cookies. The stub does not compare them. The contract test sends them beside the cookies that responses of its
/// run set.
pub(super) fn cookies(sent: &[(String, Pattern)]) -> Vec<Field> {
    let is_of_statistics = |name: &str| STATISTICS_COOKIES.iter().any(|known| name.starts_with(known));
    let sent = sent.iter().filter(|(name, _)| !is_of_statistics(name));
    sent.map(|(name, value)| Field { name: name.clone(), matcher: only_sent(std::slice::from_ref(value)) }).collect()
}

fn is_told_apart_by(telling: &[Telling], name: &HeaderName) -> bool {
    telling.iter().any(|(telling, value)| telling == name && value.is_some())
}

/// Returns true if a field is the reason for the status of a response.
pub(super) fn decides(name: &HeaderName, status: StatusCode) -> bool {
    match status {
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => *name == RANGE,
        StatusCode::PRECONDITION_FAILED => CONDITIONS.contains(name),
        StatusCode::NOT_ACCEPTABLE => *name == ACCEPT,
        _ => false,
    }
}

/// Returns true if the contract test sends a field that the stub does not compare.
fn is_recorded(recorded: &Recorded, name: &HeaderName) -> bool {
    let Recorded { request, response, .. } = recorded;
    // A condition that held changes nothing.
    let has_held = *name == IF_RANGE && response.status == StatusCode::PARTIAL_CONTENT;
    let says_nothing = has_held || accepts_anything(&request.headers, name);
    may_matter(&request.method, &request.headers, name) && !says_nothing
}

/// A matcher for exactly these values.
fn equal(mut patterns: Vec<Pattern>) -> FieldMatcher {
    if patterns.len() == 1 { FieldMatcher::Equals(patterns.remove(0)) } else { FieldMatcher::List(patterns) }
}

/// A matcher for the sent value. If an earlier response gave the value, the contract test sends the value of its own
/// run.
fn demanded(recorded: &Recorded, name: &HeaderName, patterns: Vec<Pattern>) -> FieldMatcher {
    let sent = recorded.request.headers.get(name).map(field_value::text);
    let is_redacted = |text: &str| recorded.redactions.iter().any(|redaction| text.contains(&redaction.stand_in));
    match (patterns.as_slice(), sent) {
        ([only], Some(sent))
            if only.as_literal().is_none() && !is_redacted(&sent) && !is_secret_header(name.as_str()) =>
        {
            let written = Json::string(Pattern::literal(&sent).to_string());
            FieldMatcher::Rule(Rule {
                example: Some(Json::string(only.to_string())),
                ..Rule::of(Check::Equals(written))
            })
        }
        _ => equal(patterns),
    }
}

/// A matcher for any value or none; the contract test sends this value. Several fields are joined with commas (RFC
/// 9110, section 5.3).
fn only_sent(patterns: &[Pattern]) -> FieldMatcher {
    let values: Vec<String> = patterns.iter().map(ToString::to_string).collect();
    FieldMatcher::Rule(Rule { example: Some(Json::string(values.join(", "))), ..Rule::of(Check::Ignore) })
}
