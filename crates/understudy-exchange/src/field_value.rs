//! Header field values by their meaning: the same value in another spelling (RFC 9110, section 5.6).
//!
//! Fields with a known grammar are brought into a normal form and compared in it. All other fields are compared as text.

use crate::media_type;
use http::HeaderValue;
use std::borrow::Cow;

/// The grammar of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grammar {
    /// One media type with parameters.
    MediaType,
    /// One name with parameters after semicolons: `attachment; filename="a.pdf"`.
    WithParameters,
    /// A list of names in any order, each with parameters and perhaps a weight.
    Set,
    /// A list of names whose order counts.
    Sequence,
    /// A list of members in any order that are compared as they stand: entity tags.
    ExactSet,
    /// A list of members that are compared as they stand, in their order.
    ExactSequence,
    /// A scheme and what it needs: `Bearer abc`.
    Credentials,
    /// One name.
    Name,
    /// One text, with or without quotes.
    Quoted,
}

/// The fields with a known grammar, sorted by name.
const GRAMMARS: &[(&str, Grammar)] = &[
    ("accept", Grammar::Set),
    ("accept-charset", Grammar::Set),
    ("accept-encoding", Grammar::Set),
    ("accept-language", Grammar::Set),
    ("accept-patch", Grammar::Set),
    ("accept-post", Grammar::Set),
    ("accept-ranges", Grammar::Set),
    ("access-control-allow-headers", Grammar::Set),
    ("access-control-allow-methods", Grammar::Set),
    ("access-control-expose-headers", Grammar::Set),
    ("access-control-request-headers", Grammar::Set),
    ("allow", Grammar::Set),
    ("authorization", Grammar::Credentials),
    ("cache-control", Grammar::Set),
    ("connection", Grammar::Set),
    ("content-disposition", Grammar::WithParameters),
    ("content-encoding", Grammar::Sequence),
    ("content-language", Grammar::Set),
    ("content-type", Grammar::MediaType),
    ("expect", Grammar::Name),
    ("forwarded", Grammar::ExactSequence),
    ("host", Grammar::Name),
    ("if-match", Grammar::ExactSet),
    ("if-none-match", Grammar::ExactSet),
    ("link", Grammar::ExactSequence),
    ("pragma", Grammar::Set),
    ("prefer", Grammar::Set),
    ("preference-applied", Grammar::Set),
    ("proxy-authorization", Grammar::Credentials),
    ("sec-websocket-protocol", Grammar::ExactSequence),
    // SOAP 1.1, section 6.1.1: the value has quotes, which many clients leave out.
    ("soapaction", Grammar::Quoted),
    ("te", Grammar::Set),
    ("trailer", Grammar::Set),
    ("transfer-encoding", Grammar::Sequence),
    ("upgrade", Grammar::Sequence),
    ("vary", Grammar::Set),
    ("via", Grammar::ExactSequence),
    ("x-content-type-options", Grammar::Name),
    ("x-forwarded-for", Grammar::ExactSequence),
    ("x-frame-options", Grammar::Name),
];

fn grammar(name: &str) -> Option<Grammar> {
    GRAMMARS.binary_search_by_key(&name, |(known, _)| known).ok().map(|at| GRAMMARS[at].1)
}

/// Returns true if the values of a field's lines mean the same. The name is in lower case. Nothing is equal to a field
/// that is missing.
///
/// A media type may have a `charset` that only one side writes, if it adds nothing: see
/// [`media_type::is_same`].
#[must_use]
pub fn is_same(name: &str, written: &[&str], received: &[&str]) -> bool {
    if written.is_empty() || received.is_empty() {
        return written.is_empty() && received.is_empty();
    }
    match (grammar(name), written, received) {
        (Some(Grammar::MediaType), [written], [received]) => media_type::is_same(written, received),
        (Some(grammar), ..) => normal(grammar, written) == normal(grammar, received),
        // Section 5.3: lines of one field may be joined with commas.
        (None, ..) => joined(written) == joined(received),
    }
}

/// Returns a field's value as text. Today's servers write UTF-8. Bytes that are not UTF-8 are read as ISO-8859-1, which HTTP
/// once had (RFC 9110, section 5.5).
#[must_use]
pub fn text(value: &HeaderValue) -> Cow<'_, str> {
    let bytes = value.as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
    }
}

fn joined(values: &[&str]) -> String {
    values.iter().map(|value| value.trim()).collect::<Vec<_>>().join(", ")
}

/// The members of a field in their normal form.
fn normal(grammar: Grammar, values: &[&str]) -> Vec<String> {
    match grammar {
        Grammar::MediaType | Grammar::WithParameters => values.iter().map(|value| with_parameters(value)).collect(),
        Grammar::Name => values.iter().map(|value| value.trim().to_ascii_lowercase()).collect(),
        Grammar::Quoted => values.iter().map(|value| value.trim().trim_matches('"').to_owned()).collect(),
        Grammar::Credentials => values.iter().map(|value| credentials(value)).collect(),
        Grammar::ExactSequence => members(values).map(str::to_owned).collect(),
        Grammar::Sequence => members(values).map(with_parameters).collect(),
        Grammar::Set => sorted(members(values).map(with_parameters)),
        Grammar::ExactSet => sorted(members(values).map(str::to_owned)),
    }
}

fn sorted(members: impl Iterator<Item = String>) -> Vec<String> {
    let mut members: Vec<String> = members.collect();
    members.sort_unstable();
    members.dedup();
    members
}

/// The members of a list on one line or several. Empty members mean nothing (section 5.6.1).
fn members<'v>(values: &'v [&str]) -> impl Iterator<Item = &'v str> {
    values.iter().flat_map(|value| split(value, b',')).map(str::trim).filter(|member| !member.is_empty())
}

/// Splits a text at a separator that stands outside quotes.
fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut in_quotes, mut is_escaped) = (false, false);
        let end = text.bytes().position(|byte| {
            let ends = byte == separator && !in_quotes;
            if byte == b'"' && !is_escaped {
                in_quotes = !in_quotes;
            }
            is_escaped = in_quotes && byte == b'\\' && !is_escaped;
            ends
        });
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// A name with parameters: names in lower case, values without quotes, in the order of the names. A weight of 1 is the
/// default.
fn with_parameters(text: &str) -> String {
    let mut parts = split(text, b';').map(parameter);
    let (name, value) = parts.next().unwrap_or_default();
    let mut parameters: Vec<(String, Option<String>)> = parts.filter(|(name, _)| !name.is_empty()).collect();
    for (name, value) in &mut parameters {
        match (name.as_str(), value.as_deref().map(|value| value.trim().parse::<f32>())) {
            ("q", Some(Ok(weight))) => *value = Some(weight.to_string()),
            ("charset", _) => *value = value.as_deref().map(str::to_ascii_lowercase),
            _ => {}
        }
    }
    parameters.retain(|(name, value)| !(name == "q" && value.as_deref() == Some("1")));
    parameters.sort_unstable();
    let all = std::iter::once((name, value)).chain(parameters);
    let written = all.map(|(name, value)| value.map_or_else(|| name.clone(), |value| format!("{name}={value:?}")));
    written.collect::<Vec<_>>().join(";")
}

/// A name in lower case, and its value without quotes.
fn parameter(text: &str) -> (String, Option<String>) {
    let lower = |name: &str| name.trim().to_ascii_lowercase();
    match text.split_once('=') {
        Some((name, value)) => (lower(name), Some(media_type::unquote(value.trim()).0)),
        None => (lower(text), None),
    }
}

/// The name of a scheme has no case (section 11.1); what follows has.
fn credentials(text: &str) -> String {
    let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    format!("{} {}", scheme.to_ascii_lowercase(), rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(GRAMMARS.is_sorted_by_key(|(name, _)| name));
    }

    #[test]
    fn spellings_of_one_value_are_equal() {
        let same: &[(&str, &[&str], &[&str])] = &[
            ("accept", &["text/html, application/json;q=0.50"], &["application/JSON; q=0.5,Text/HTML;q=1"]),
            ("accept-encoding", &["gzip, br"], &["br", "gzip"]),
            ("cache-control", &["public, max-age=60"], &["Max-Age=\"60\",  Public"]),
            ("vary", &["Origin, Accept"], &["accept", "origin"]),
            ("content-disposition", &["attachment; filename=a.pdf"], &["Attachment;Filename=\"a.pdf\""]),
            ("if-none-match", &["\"a,b\", W/\"c\""], &["W/\"c\"", "\"a,b\""]),
            ("content-encoding", &["gzip"], &["GZIP"]),
            ("authorization", &["Bearer AbC"], &["bearer  AbC"]),
            ("link", &["<a>; rel=next, <b>; rel=prev"], &["<a>; rel=next", "<b>; rel=prev"]),
            ("prefer", &["return=minimal; foo=\"a\"", "wait=10"], &["wait=10, Return=\"minimal\";foo=a"]),
            ("x-unknown", &["a, B"], &[" a", "B "]),
            ("x-unknown", &[], &[]),
        ];
        for (name, written, received) in same {
            assert!(is_same(name, written, received), "{name}: {written:?} {received:?}");
        }
    }

    #[test]
    fn other_values_are_not() {
        let different: &[(&str, &[&str], &[&str])] = &[
            ("accept", &["text/html;q=0.5"], &["text/html"]),
            ("accept", &["application/json; version=1"], &["application/json; version=2"]),
            ("content-encoding", &["gzip, br"], &["br, gzip"]),
            ("authorization", &["Bearer AbC"], &["Bearer abc"]),
            ("if-none-match", &["\"a\""], &["\"A\""]),
            ("x-unknown", &["a"], &["A"]),
            ("x-unknown", &["a, b"], &["b, a"]),
            ("content-disposition", &["attachment; filename=a"], &["attachment; filename=A"]),
            ("vary", &["origin"], &[]),
        ];
        for (name, written, received) in different {
            assert!(!is_same(name, written, received), "{name}: {written:?} {received:?}");
        }
    }
}
