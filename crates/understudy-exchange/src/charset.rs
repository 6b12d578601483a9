//! Text in the charset that a `Content-Type` names.

use crate::media_type::parameter;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// The encoding that a `Content-Type` value names. The default is UTF-8; an unknown charset gives `None`.
fn encoding(content_type: &str) -> Option<&'static Encoding> {
    match parameter(content_type, "charset") {
        Some(label) => Encoding::for_label(label.as_bytes()),
        None => Some(UTF_8),
    }
}

/// Returns true if a `Content-Type` value names a known charset, or none.
#[must_use]
pub fn is_known_charset(content_type: &str) -> bool {
    encoding(content_type).is_some()
}

/// Returns true if two labels name one charset: `utf8` and `UTF-8`, `latin1` and `ISO-8859-1`.
#[must_use]
pub fn is_same_charset(one: &str, other: &str) -> bool {
    let [encoding, received] = [one, other].map(|label| Encoding::for_label(label.as_bytes()));
    let is_alias = encoding.is_some()
        && encoding == received
        && match encoding {
            // The Encoding Standard reads ASCII, ISO-8859-1 and windows-1252 alike, which are three charsets.
            Some(found) if found == WINDOWS_1252 => western(one) == western(other),
            // `utf-16` does not name the byte order.
            Some(found) => found != UTF_16LE,
            None => false,
        };
    is_alias || one.eq_ignore_ascii_case(other)
}

/// The charset of a label that the Encoding Standard reads as windows-1252.
fn western(label: &str) -> &'static str {
    match label.trim().to_ascii_lowercase().as_str() {
        "windows-1252" | "cp1252" | "x-cp1252" => "windows-1252",
        "ascii" | "us-ascii" | "ansi_x3.4-1968" => "us-ascii",
        _ => "iso-8859-1",
    }
}

/// Decodes a body in the charset that its `Content-Type` names. A byte order mark takes precedence, as in browsers, and
/// is not part of the text. In UTF-8 all bytes are kept.
///
/// Returns `None` if the bytes are not valid in that charset, or if the charset is unknown.
#[must_use]
pub fn decode_text<'b>(content_type: &str, body: &'b [u8]) -> Option<Cow<'b, str>> {
    let encoding = encoding(content_type)?;
    if encoding == UTF_8 {
        return std::str::from_utf8(body).ok().map(Cow::Borrowed);
    }
    let (text, _, has_errors) = encoding.decode(body);
    (!has_errors).then_some(text)
}

/// Encodes a text in the charset that its `Content-Type` names.
///
/// Returns `None` if the charset lacks one of the characters, or if the charset is unknown.
#[must_use]
pub fn encode_text<'t>(content_type: &str, text: &'t str) -> Option<Cow<'t, [u8]>> {
    let encoding = encoding(content_type)?;
    // The Encoding Standard defines UTF-16 for decoding only (section 4.3), so it is encoded here.
    if encoding == UTF_16LE || encoding == UTF_16BE {
        let unit = |unit: u16| if encoding == UTF_16LE { unit.to_le_bytes() } else { unit.to_be_bytes() };
        // The label `utf-16` does not name the byte order: the text needs a byte order mark.
        let has_order =
            parameter(content_type, "charset").is_some_and(|label| label.to_ascii_lowercase().ends_with('e'));
        let mark = (!has_order).then_some(0xFEFF);
        return Some(Cow::Owned(mark.into_iter().chain(text.encode_utf16()).flat_map(unit).collect()));
    }
    let (bytes, _, has_unmappable) = encoding.encode(text);
    (!has_unmappable).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// nodeshift/faas-js-runtime #329 and klein/klein.php pull request 13: servers that send `utf8`.
    #[test]
    fn labels_of_one_charset_are_the_same() {
        for (one, other, is_same) in [
            ("utf8", "UTF-8", true),
            ("latin1", "ISO-8859-1", true),
            ("sjis", "Shift_JIS", true),
            ("x-unknown", "X-Unknown", true),
            ("us-ascii", "iso-8859-1", false),
            ("windows-1252", "latin1", false),
            ("utf-16", "utf-16le", false),
            ("utf-8", "iso-8859-1", false),
            ("x-one", "x-two", false),
        ] {
            assert_eq!(is_same_charset(one, other), is_same, "{one} {other}");
        }
    }

    #[test]
    fn text_is_decoded_and_encoded_by_its_charset() {
        for (content_type, bytes, text) in [
            ("text/plain", "café".as_bytes(), "café"),
            ("text/plain; charset=ISO-8859-1", b"caf\xE9", "café"),
            ("text/csv; charset=utf-16", b"\xFF\xFE\xE9\x00", "é"),
            ("text/csv; charset=utf-16be", b"\x00\xE9", "é"),
            ("text/html; charset=\"Shift_JIS\"", b"\x83e\x83X\x83g", "テスト"),
        ] {
            assert_eq!(decode_text(content_type, bytes).as_deref(), Some(text), "{content_type}");
            assert_eq!(encode_text(content_type, text).as_deref(), Some(bytes), "{content_type}");
        }
        assert_eq!(decode_text("text/plain", b"caf\xE9"), None);
        assert_eq!(decode_text("text/plain; charset=x-unknown", b"a"), None);
        assert_eq!(encode_text("text/plain; charset=latin1", "☃"), None);
    }
}
