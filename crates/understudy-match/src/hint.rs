//! Suggested fixes for differences whose form shows the cause.

use crate::format::is_in_format;
use crate::mismatch::{Kind, Mismatch};
use understudy_exchange::media_type::parameter;
use understudy_exchange::{Json, MediaType, Number};
use understudy_fixture::model::Format;

/// Returns the suggested fix for a difference, if the difference shows one.
#[must_use]
pub fn hint(mismatch: &Mismatch) -> Option<String> {
    let Mismatch { path, kind, expected, .. } = mismatch;
    if expected == "any" && !mismatch.has_received() {
        return Some("`any` has to be there: write `ignore` if it may be missing".to_owned());
    }
    if expected == "absent" {
        return Some("`absent` must not be there: write `ignore` if it may be".to_owned());
    }
    match kind {
        Kind::Header if path == "content-type" => charset(mismatch),
        Kind::Type | Kind::Value | Kind::Header => {
            let value = Json::parse(mismatch.received.as_bytes());
            let received = value.unwrap_or_else(|_| Json::string(mismatch.received.as_str()));
            time(expected, &received).or_else(|| quotes(*kind, expected, &received))
        }
        _ => None,
    }
}

fn charset(mismatch: &Mismatch) -> Option<String> {
    let [expected, received] = [mismatch.expected.as_str(), mismatch.received.as_str()];
    if MediaType::parse(expected) != MediaType::parse(received) {
        return None;
    }
    let wanted = parameter(expected, "charset")?;
    Some(match parameter(received, "charset") {
        Some(other) => format!("the charset is `{other}`: write it, or leave `; charset={wanted}` out if any will do"),
        None => format!("it names no charset: leave `; charset={wanted}` out of the fixture if it need not"),
    })
}

/// A time that RFC 3339 does not have.
fn time(expected: &str, received: &Json) -> Option<String> {
    let mut words = expected.split(|c: char| !c.is_ascii_alphabetic() && c != '-');
    let format =
        words.find_map(|word| Format::from_word(word).filter(|f| matches!(f, Format::DateTime | Format::Time)))?;
    let word = format.as_str();
    if let Json::Number(_) = received {
        return Some(format!("`{word}` is a text: for a number of seconds write `integer`"));
    }
    let text = received.as_str()?;
    if is_in_format(format, &format!("{text}Z")) {
        let local = if format == Format::DateTime {
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?"
        } else {
            r"\d\d:\d\d:\d\d(\.\d+)?"
        };
        return Some(format!(
            "it has no time zone: `{word}` ends with `Z` or an offset such as `+02:00` (RFC 3339); \
             for local times write `{{ matches: '{local}' }}`"
        ));
    }
    let (hours, minutes) = text.split_at_checked(text.len().checked_sub(2)?)?;
    is_in_format(format, &format!("{hours}:{minutes}"))
        .then(|| format!("its offset has no colon: `{word}` has one, as in `+02:00` (RFC 3339)"))
}

/// A number in quotes, or one without where a text is expected.
fn quotes(kind: Kind, expected: &str, received: &Json) -> Option<String> {
    match received {
        Json::String(text) if matches!(expected, "number" | "integer") && kind == Kind::Type => {
            Number::parse(text.as_str()).map(|_| "the backend sends the number as a text, in quotes".to_owned())
        }
        Json::Number(_) if expected == "string" && kind == Kind::Type => {
            Some("the backend sends a number, without quotes".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_whose_form_says_why_has_a_hint() {
        for (path, kind, expected, received, words) in [
            ("$.a", Kind::Value, "date-time", "\"2024-05-01T10:00:00\"", Some("no time zone")),
            ("$.a", Kind::Value, "date-time", "\"2024-05-01T10:00:00+0200\"", Some("no colon")),
            ("$.a", Kind::Value, "{optional: date-time}", "\"2024-05-01 10:00:00\"", Some("no time zone")),
            ("$.a", Kind::Type, "date-time", "1714557600", Some("integer")),
            ("$.a", Kind::Value, "time", "\"10:00:00\"", Some("no time zone")),
            ("$.a", Kind::Value, "date-time", "\"soon\"", None),
            ("x-at", Kind::Header, "date-time", "2024-05-01T10:00:00", Some("no time zone")),
            ("$.a", Kind::Missing, "any", "(nothing)", Some("`ignore`")),
            ("$.a", Kind::Added, "absent", "1", Some("`ignore`")),
            ("$.a", Kind::Type, "number", "\"12.50\"", Some("in quotes")),
            ("$.a", Kind::Type, "string", "7", Some("without quotes")),
            ("$.a", Kind::Type, "number", "\"free\"", None),
            ("content-type", Kind::Header, "text/html; charset=utf-8", "text/html", Some("no charset")),
            ("content-type", Kind::Header, "text/html; charset=utf-8", "text/html; charset=latin1", Some("`latin1`")),
            ("content-type", Kind::Header, "text/html; charset=utf-8", "text/plain", None),
        ] {
            let (expected, received) = (expected.to_owned(), received.to_owned());
            let found = hint(&Mismatch { path: path.to_owned(), kind, expected, received });
            assert_eq!(found.is_some(), words.is_some(), "{found:?}");
            assert!(words.is_none_or(|words| found.as_deref().is_some_and(|found| found.contains(words))), "{found:?}");
        }
    }
}
