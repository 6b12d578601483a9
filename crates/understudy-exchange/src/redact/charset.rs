//! Bodies in other charsets than UTF-8: read as text, and written again in the same charset.

use crate::MediaType;
use crate::media_type::parameter;

/// The charset in which a body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    /// Each byte is a character (ISO 8859-1). Nearly all secrets are ASCII, so this finds secrets in all charsets that
    /// extend ASCII.
    Latin1,
    Utf16 {
        is_big_endian: bool,
        has_mark: bool,
    },
}

/// Reads the text of a body; `None` if the body is not text.
pub(super) fn read(content_type: &str, body: &[u8]) -> Option<(String, Charset)> {
    let media_type = MediaType::parse(content_type);
    let named = parameter(content_type, "charset").unwrap_or_default().to_ascii_lowercase();
    let utf16 = match body {
        [0xFF, 0xFE, ..] => Some((false, true)),
        [0xFE, 0xFF, ..] => Some((true, true)),
        _ if named == "utf-16le" => Some((false, false)),
        _ if named.starts_with("utf-16") => Some((true, false)),
        _ => None,
    };
    if let Some((is_big_endian, has_mark)) = utf16 {
        let units = body[if has_mark { 2 } else { 0 }..].chunks_exact(2).map(|pair| {
            if is_big_endian { u16::from_be_bytes([pair[0], pair[1]]) } else { u16::from_le_bytes([pair[0], pair[1]]) }
        });
        let text: Option<String> = char::decode_utf16(units).map(Result::ok).collect();
        if let Some(text) = text.filter(|_| body.len().is_multiple_of(2)) {
            return Some((text, Charset::Utf16 { is_big_endian, has_mark }));
        }
    }
    if let Ok(text) = std::str::from_utf8(body) {
        return Some((text.to_owned(), Charset::Utf8));
    }
    let is_text = media_type.is_text() || !named.is_empty();
    is_text.then(|| (body.iter().map(|byte| char::from(*byte)).collect(), Charset::Latin1))
}

/// Encodes a text in a charset.
pub(super) fn write(text: &str, charset: Charset) -> Vec<u8> {
    match charset {
        Charset::Utf8 => text.as_bytes().to_vec(),
        Charset::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
        Charset::Utf16 { is_big_endian, has_mark } => {
            let units = has_mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
            units.flat_map(|unit| if is_big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        }
    }
}

/// Returns true if a text is readable: it has no control characters except line breaks, tabs and NUL.
pub(super) fn is_readable(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\0'))
}
