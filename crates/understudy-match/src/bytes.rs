//! Bodies for people: text, or bytes around the place where two bodies differ.

use crate::contrast::contrast_texts;
use crate::mismatch::{NOTHING, shorten};
use std::fmt::Write;

/// The number of bytes shown before the first difference, and from the difference on.
const BEFORE: usize = 8;
const AFTER: usize = 8;
/// The number of bytes shown of a body that is compared with no other.
const BEGINNING: usize = 8;

/// Returns a body for people.
pub(crate) fn show_bytes(bytes: &[u8]) -> String {
    match as_text(bytes) {
        Some(text) => show_text(text),
        None => {
            let shown = &bytes[..bytes.len().min(BEGINNING)];
            let more = if shown.len() < bytes.len() { " …" } else { "" };
            format!("{} that are no text: {}{more}", count(bytes), hex(shown))
        }
    }
}

pub(crate) fn show_text(text: &str) -> String {
    match text {
        "" => NOTHING.to_owned(),
        text if text.contains(char::is_control) => shorten(&format!("{text:?}")),
        text => shorten(text),
    }
}

/// Returns two different bodies for people, each as it is at the first place where they differ. The returned texts are
/// never equal.
pub(crate) fn show_difference(expected: &[u8], received: &[u8]) -> (String, String) {
    if let (Some(expected), Some(received)) = (as_text(expected), as_text(received)) {
        return contrast_texts(expected, received);
    }
    let at = expected.iter().zip(received).take_while(|(a, b)| a == b).count();
    let side = |bytes: &[u8], other: &[u8]| match as_text(bytes) {
        // A text that was never meant to be those bytes is more easily seen as a text.
        Some(text) if at == 0 || other.is_empty() || bytes.is_empty() => show_text(text),
        _ => around(bytes, at),
    };
    (side(expected, received), side(received, expected))
}

/// Printable text. Bytes that happen to be text, such as `00 01`, are none.
fn as_text(bytes: &[u8]) -> Option<&str> {
    let is_binary = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains(is_binary))
}

/// `300 bytes, at offset 120: … 07 08 [09] 0a …`. The marked byte is the first one that differs.
fn around(bytes: &[u8], at: usize) -> String {
    let start = at.saturating_sub(BEFORE);
    let end = bytes.len().min(at + AFTER);
    let mut out = format!("{}, at offset {at}:", count(bytes));
    if start > 0 {
        out.push_str(" …");
    }
    for (place, byte) in (start..).zip(&bytes[start.min(end)..end]) {
        let _ = if place == at { write!(out, " [{byte:02x}]") } else { write!(out, " {byte:02x}") };
    }
    out.push_str(match bytes.len() {
        length if length <= at => " [end]",
        length if length > end => " …",
        _ => "",
    });
    out
}

fn count(bytes: &[u8]) -> String {
    if bytes.len() == 1 { "1 byte".to_owned() } else { format!("{} bytes", bytes.len()) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// micronaut-projects/micronaut-core #9111 and easymock/easymock #29: the message showed no byte that differed.
    #[test]
    fn two_bodies_are_never_shown_alike() {
        let long = vec![7; 300];
        let mut other = long.clone();
        other[120] = 9;
        for (expected, received, shown) in [
            (
                &b"\x00\x01\x02\xff"[..],
                &b"\x00\x01\x02\xfe"[..],
                ("4 bytes, at offset 3: 00 01 02 [ff]", "4 bytes, at offset 3: 00 01 02 [fe]"),
            ),
            (b"\x00\x01", b"\x00", ("2 bytes, at offset 1: 00 [01]", "1 byte, at offset 1: 00 [end]")),
            (b"\x89PNG", b"", ("4 bytes, at offset 0: [89] 50 4e 47", "(nothing)")),
            (b"a", b"\xff", ("a", "1 byte, at offset 0: [ff]")),
            (b"ab\xff", b"abc", ("3 bytes, at offset 2: 61 62 [ff]", "3 bytes, at offset 2: 61 62 [63]")),
            (b"a\r\n", b"a\n", ("\"a\\r\\n\"", "\"a\\n\"")),
            (
                &long,
                &other,
                (
                    "300 bytes, at offset 120: … 07 07 07 07 07 07 07 07 [07] 07 07 07 07 07 07 07 …",
                    "300 bytes, at offset 120: … 07 07 07 07 07 07 07 07 [09] 07 07 07 07 07 07 07 …",
                ),
            ),
        ] {
            let found = show_difference(expected, received);
            assert_eq!((found.0.as_str(), found.1.as_str()), shown);
        }
    }
}
