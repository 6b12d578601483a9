//! Encodes texts of archives. An archive contains Unicode; the server sent bytes in the charset that the header fields
//! name.

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use understudy_exchange::MediaType;
use understudy_exchange::media_type::parameter;

/// Characters of windows-1252 from 0x80 to 0x9F. The labels of latin-1 name this charset too (WHATWG Encoding
/// Standard).
const WINDOWS_1252: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// Returns the bytes that were sent for a text. An unknown charset is replaced by UTF-8, also in the header field.
pub(super) fn bytes_of(text: &str, size: Option<u64>, headers: &mut HeaderMap) -> Bytes {
    if text.is_ascii() {
        return Bytes::copy_from_slice(text.as_bytes());
    }
    if let Some(bytes) = utf8_as_latin1(text, size) {
        return bytes.into();
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("").to_owned();
    let charset = parameter(&kind, "charset").unwrap_or_default().to_ascii_lowercase();
    let is_json = MediaType::parse(&kind).is_json();
    match charset.as_str() {
        "" | "utf-8" | "utf8" => Bytes::copy_from_slice(text.as_bytes()),
        // JSON is UTF-8, whatever the `charset` parameter is (RFC 8259, section 8.1).
        _ if is_json => Bytes::copy_from_slice(text.as_bytes()),
        "iso-8859-1" | "iso8859-1" | "latin1" | "latin-1" | "windows-1252" | "cp1252" | "us-ascii" | "ascii" => {
            windows_1252(text).map_or_else(|| as_utf8(text, &kind, headers), Bytes::from)
        }
        _ => as_utf8(text, &kind, headers),
    }
}

fn as_utf8(text: &str, kind: &str, headers: &mut HeaderMap) -> Bytes {
    let essence = MediaType::parse(kind).essence().to_owned();
    if let Ok(kind) = HeaderValue::from_str(&format!("{essence}; charset=utf-8")) {
        headers.insert(CONTENT_TYPE, kind);
    }
    Bytes::copy_from_slice(text.as_bytes())
}

fn windows_1252(text: &str) -> Option<Vec<u8>> {
    let byte = |c: char| match u8::try_from(c) {
        Ok(byte) if !(0x80..=0x9f).contains(&byte) => Some(byte),
        _ => u8::try_from(WINDOWS_1252.chars().position(|other| other == c)? + 0x80).ok(),
    };
    text.chars().map(byte).collect()
}

/// Returns the bytes of a UTF-8 text in which each byte was written as one character, as some proxies do. The size must
/// confirm it.
fn utf8_as_latin1(text: &str, size: Option<u64>) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).ok()).collect::<Option<_>>()?;
    (size == Some(bytes.len() as u64) && std::str::from_utf8(&bytes).is_ok()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str, size: Option<u64>, kind: &'static str) -> (Vec<u8>, String) {
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        let bytes = bytes_of(text, size, &mut headers).to_vec();
        (bytes, headers[CONTENT_TYPE].to_str().unwrap().to_owned())
    }

    #[test]
    fn text_becomes_the_bytes_of_its_charset() {
        let (latin, utf8) = ("text/plain; charset=ISO-8859-1", "text/plain; charset=utf-8");
        assert_eq!(sent("café", Some(4), latin), (b"caf\xe9".to_vec(), latin.to_owned()));
        assert_eq!(sent("5 €", None, "text/plain;charset=windows-1252").0, b"5 \x80");
        assert_eq!(sent("дом", None, "text/plain; charset=windows-1251"), ("дом".as_bytes().to_vec(), utf8.to_owned()));
        assert_eq!(sent("дом", None, latin), ("дом".as_bytes().to_vec(), utf8.to_owned()));
        assert_eq!(sent("café", Some(5), "application/json; charset=latin1").0, "café".as_bytes());
        // UTF-8 with each byte written as one character.
        assert_eq!(sent("cafÃ©", Some(5), "application/json").0, "café".as_bytes());
        assert_eq!(sent("cafÃ©", Some(7), "application/json").0, "cafÃ©".as_bytes());
    }
}
