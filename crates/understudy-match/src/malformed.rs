//! Bodies that cannot be read as what they should be: shown at the place of the fault, with the reason.

use crate::bytes::show_bytes;
use crate::contrast::position;
use crate::incoming::Incoming;
use crate::mismatch::{NOTHING, SHOWN_CHARS_MAX, is_redacted, shorten};
use crate::reported::page_title;
use std::ops::Range;
use understudy_exchange::redact::REDACTED;
use understudy_exchange::{Json, MediaType, is_known_charset, media_type, xml};

/// The number of characters shown before a fault in a long text.
const BEFORE_CHARS: usize = 40;

/// Returns a body that is not JSON.
pub(crate) fn show_no_json(body: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(body) else { return show_bytes(body) };
    match (page_title(body), Json::parse(body)) {
        (Some(title), _) => format!("an HTML page: {title}"),
        // A text that is something else from its beginning needs no reason.
        (None, Err(error)) if text[..text.floor_char_boundary(error.offset)].trim().is_empty() => show_bytes(body),
        (None, Err(error)) => {
            show_fault(text, text[..text.floor_char_boundary(error.offset)].chars().count(), error.message)
        }
        (None, Ok(_)) => shorten(text),
    }
}

/// Returns a body that is not XML.
pub(crate) fn show_no_xml(content_type: &str, body: &[u8]) -> String {
    let Some(text) = xml::decode(content_type, body) else { return show_undecoded(content_type, body) };
    match xml::Element::parse(&text) {
        Err(error) if text.trim_start().starts_with('<') => {
            let lines_before: usize = text.split_inclusive('\n').take(error.line - 1).map(|l| l.chars().count()).sum();
            show_fault(&text, lines_before + error.column - 1, &error.message)
        }
        _ => show_bytes(text.as_bytes()),
    }
}

/// Returns a body that is not a multipart form.
pub(crate) fn show_no_multipart(incoming: &Incoming<'_>) -> String {
    let body = show_bytes(incoming.body());
    match incoming.multipart() {
        Some(Err(fault)) => format!("{body} ({fault})"),
        _ if body == NOTHING => body,
        _ => match incoming.content_type() {
            "" => format!("{body} (without a content-type)"),
            kind => format!("{body} (its content-type is {})", shorten(kind)),
        },
    }
}

/// Returns the body of a request that is a document or a multipart form, and so no form of `name=value` pairs.
pub(crate) fn show_no_form(incoming: &Incoming<'_>) -> Option<String> {
    let shown = || show_bytes(incoming.body());
    let kind = MediaType::parse(incoming.content_type());
    if kind.essence() == "multipart/form-data" {
        return Some(format!("a multipart form: {}", shown()));
    }
    let is_document = matches!(incoming.json(), Some(Json::Object(_) | Json::Array(_)));
    let name = if is_document { "JSON" } else { "XML" };
    (is_document || incoming.xml().is_some()).then(|| format!("{name}: {}", shown()))
}

/// Returns a text that is not in the charset that its header field names.
pub(crate) fn show_undecoded(content_type: &str, body: &[u8]) -> String {
    let charset = media_type::parameter(content_type, "charset").unwrap_or_else(|| "utf-8".to_owned());
    let bytes = show_bytes(body);
    if is_known_charset(content_type) {
        format!("{bytes}, which are not {charset}")
    } else {
        format!("{bytes}, in the unknown charset {charset}")
    }
}

/// Returns a text around the character at which it cannot be read further, with the place and the reason.
fn show_fault(text: &str, at: usize, reason: &str) -> String {
    // A piece of a secret would not be recognised.
    if is_redacted(text) {
        return format!("{REDACTED} ({reason})");
    }
    let before: Vec<char> = text.chars().take(at).collect();
    let all = text.chars().count();
    let shown = match all > SHOWN_CHARS_MAX {
        true => before.len().saturating_sub(BEFORE_CHARS)..(before.len() + BEFORE_CHARS).min(all),
        false => 0..all,
    };
    let place = if at == 0 { String::new() } else { format!("at {}: ", position(&before)) };
    format!("{} ({place}{reason})", piece(text, shown, all))
}

/// A range of the characters of a text, with marks where it is cut.
fn piece(text: &str, shown: Range<usize>, all: usize) -> String {
    let [start, end] = [(shown.start, 0), (shown.end, all)].map(|(cut, end)| if cut == end { "" } else { "…" });
    let piece: String = text.chars().skip(shown.start).take(shown.len()).collect();
    let piece = if piece.contains(char::is_control) { format!("{piece:?}") } else { shorten(&piece) };
    format!("{start}{piece}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// bytefork and Postman #6128: "unexpected token" without the place is of no use in a long body.
    #[test]
    fn a_body_is_shown_where_it_cannot_be_read() {
        for (body, shown) in [
            ("{\"a\":1,}", "{\"a\":1,} (at character 8: expected a member name in quotes)"),
            ("{\"a\":NaN}", "{\"a\":NaN} (at character 6: expected a value)"),
            ("{\"a\":1}{\"a\":2}", "{\"a\":1}{\"a\":2} (at character 8: expected nothing more)"),
            ("[\n1,\n]", "\"[\\n1,\\n]\" (at line 3, column 1: expected a value)"),
            ("hello", "hello"),
            ("", "(nothing)"),
            ("<title>No</title>", "an HTML page: No"),
        ] {
            assert_eq!(show_no_json(body.as_bytes()), shown, "{body}");
        }
        let long = format!("[{}]", "1234567,".repeat(1000));
        let shown = show_no_json(long.as_bytes());
        assert_eq!(shown, format!("…{}] (at character 8002: expected a value)", "1234567,".repeat(5)));
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        assert!(show_no_json(deep.as_bytes()).contains("nested too deeply"));
    }

    #[test]
    fn xml_is_shown_with_its_line() {
        let shown = |body: &str| show_no_xml("application/xml", body.as_bytes());
        assert_eq!(shown("free text"), "free text");
        assert_eq!(
            shown("<a>\n<b></c>\n</a>"),
            "\"<a>\\n<b></c>\\n</a>\" (at line 2, column 4: expected 'b' tag, not 'c')"
        );
        assert!(shown("<!DOCTYPE a><a/>").ends_with(" (it has a document type, which is not read)"));
    }
}
