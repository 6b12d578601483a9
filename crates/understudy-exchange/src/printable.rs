//! Text that is safe to print. File names, keys, header fields and everything else that comes from
//! files, arguments or the wire may hold characters that move a cursor, set a title, hide a line or
//! turn text round. Terminals, logs and reports show an escape for each of them.
//!
//! The escapes are those of JSON. In a JSON string an escape means the character that it stands
//! for, so a printed JSON document says the same as before.

use std::borrow::Cow;
use std::fmt;

/// Returns true for a character that is never printed as it is: control characters, line and
/// paragraph separators, marks that turn text round, and characters without a width or a shape.
///
/// U+200C and U+200D are printed, because words and emoji are spelled with them.
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FDD0}'..='\u{FDEF}'
            | '\u{E0000}'..='\u{E0FFF}')
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Returns the text in one line, with an escape for each character that is never printed.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let Some(first) = first_unprintable(text) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..first]);
    text[first..].chars().for_each(|c| push_printable(c, &mut out));
    Cow::Owned(out)
}

/// Returns the lines of a text, with an escape for each character in them that is never printed.
#[must_use]
pub fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// Escapes a string in place from `start` on, where there is something to escape.
pub fn make_printable(text: &mut String, start: usize) {
    if let Some(first) = first_unprintable(&text[start..]) {
        let rest = text.split_off(start + first);
        rest.chars().for_each(|c| push_printable(c, text));
    }
}

/// Writes a character, or its escape.
pub fn push_printable(c: char, out: &mut String) {
    if is_unprintable(c) { push_escaped(c, out) } else { out.push(c) }
}

/// Writes the escape of a character as in JSON.
pub fn push_escaped(c: char, out: &mut String) {
    use fmt::Write;
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
            write!(out, "\\u{unit:04x}").expect("a string takes everything");
        }),
    }
}

/// The place of the first character that is never printed. Most text is ASCII, which is looked at
/// byte by byte.
fn first_unprintable(text: &str) -> Option<usize> {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~');
    let plain = text.as_bytes().iter().position(|byte| !is_plain(byte))?;
    text[plain..].char_indices().find(|(_, c)| is_unprintable(*c)).map(|(at, _)| plain + at)
}

/// Displays a value in one line, with an escape for each character that is never printed.
#[derive(Debug, Clone, Copy)]
pub struct Printable<T>(pub T);

impl<T: fmt::Display> fmt::Display for Printable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.0.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_on_a_terminal_is_escaped() {
        for (text, shown) in [
            ("plain text, caf\u{E9} and \u{1F600}", "plain text, caf\u{E9} and \u{1F600}"),
            ("\u{1b}]0;title\u{7}", "\\u001b]0;title\\u0007"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{9b}31m \u{7f}", "\\u009b31m \\u007f"),
            ("\u{202e}evil\u{2066}", "\\u202eevil\\u2066"),
            ("\u{200b}\u{feff}\u{2028}", "\\u200b\\ufeff\\u2028"),
            ("\u{e0041}", "\\udb40\\udc41"),
            ("\u{1F468}\u{200D}\u{1F469}", "\u{1F468}\u{200D}\u{1F469}"),
        ] {
            assert_eq!(printable(text), shown);
            assert_eq!(Printable(text).to_string(), shown);
            let mut after = format!("\n{text}");
            make_printable(&mut after, 1);
            assert_eq!(after, format!("\n{shown}"));
        }
    }

    #[test]
    fn no_character_is_printed_that_is_never_printed() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            let shown = printable(&text);
            assert!(!shown.contains(is_unprintable), "{c:?}");
            assert_eq!(shown != text, is_unprintable(c), "{c:?}");
        }
    }

    #[test]
    fn a_json_document_says_the_same_after_it() {
        let document = crate::Json::string("\u{202e}\u{9b}\u{e0041}\u{1b}");
        let shown = printable(&document.to_string()).into_owned();
        assert_eq!(crate::Json::parse(shown.as_bytes()).expect("it is JSON"), document);
    }
}
