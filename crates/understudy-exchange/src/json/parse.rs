//! Text to [`Json`].

use super::{Json, JsonString, Number, number};
use std::ops::Range;

/// How deep arrays and objects may nest.
pub const DEPTH_MAX: usize = 128;

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset of the offending byte; the text's length where it ended too early.
    pub offset: usize,
    /// What was wrong, as a fragment: "expected a value".
    pub message: &'static str,
}

impl std::fmt::Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}", self.message, self.offset)
    }
}

impl std::error::Error for JsonError {}

/// A string or a member's name in a text.
#[derive(Debug)]
pub enum Text<'t> {
    /// As it is written.
    Plain(&'t str),
    /// Written with escapes.
    Escaped(JsonString),
}

impl From<Text<'_>> for JsonString {
    fn from(text: Text<'_>) -> Self {
        match text {
            Text::Plain(text) => Self::new(text),
            Text::Escaped(text) => text,
        }
    }
}

/// A `null`, a boolean or a number in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is written.
    Number(&'t str),
}

impl From<Scalar<'_>> for Json {
    fn from(scalar: Scalar<'_>) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(value) => Self::Bool(value),
            Scalar::Number(text) => Self::Number(Number::of_scanned(text)),
        }
    }
}

/// Makes values of a reader's own kind from JSON text: what lets located trees, [`Json`] and those who only look share one
/// parser.
pub trait Build {
    /// What is made.
    type Value;
    /// What is made of a string or a name.
    type Text;
    /// What is made of an object's member.
    type Member;
    /// A string's text, or a name's.
    fn text(&mut self, text: Text<'_>) -> Self::Text;
    /// A string, at these bytes.
    fn string(&mut self, at: Range<usize>, text: Self::Text) -> Self::Value;
    /// A `null`, a boolean or a number, at these bytes.
    fn scalar(&mut self, at: Range<usize>, scalar: Scalar<'_>) -> Self::Value;
    /// An array at these bytes.
    fn array(&mut self, at: Range<usize>, items: Vec<Self::Value>) -> Self::Value;
    /// A member, whose name is at these bytes.
    fn member(&mut self, at: Range<usize>, name: Self::Text, value: Self::Value) -> Self::Member;
    /// An object at these bytes.
    fn object(&mut self, at: Range<usize>, members: Vec<Self::Member>) -> Self::Value;
}

struct Plain;

impl Build for Plain {
    type Value = Json;
    type Text = JsonString;
    type Member = (JsonString, Json);

    fn text(&mut self, text: Text<'_>) -> JsonString {
        text.into()
    }

    fn string(&mut self, _: Range<usize>, text: JsonString) -> Json {
        Json::String(text)
    }

    fn scalar(&mut self, _: Range<usize>, scalar: Scalar<'_>) -> Json {
        scalar.into()
    }

    fn array(&mut self, _: Range<usize>, items: Vec<Json>) -> Json {
        Json::Array(items)
    }

    fn member(&mut self, _: Range<usize>, name: JsonString, value: Json) -> (JsonString, Json) {
        (name, value)
    }

    fn object(&mut self, _: Range<usize>, members: Vec<(JsonString, Json)>) -> Json {
        Json::Object(members)
    }
}

pub(super) fn parse(text: &[u8]) -> Result<Json, JsonError> {
    parse_with(text, &mut Plain)
}

/// Reads one JSON text into a reader's own values; see [`Json::parse`].
///
/// # Errors
/// [`JsonError`] with the byte offset of the first thing that is not JSON.
pub fn parse_with<B: Build>(text: &[u8], build: &mut B) -> Result<B::Value, JsonError> {
    // RFC 8259, section 8.1: a reader may ignore a byte order mark.
    let start = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let mut parser = Parser { text, valid: std::str::from_utf8(text).ok(), at: start, build };
    parser.space();
    let value = parser.value(0)?;
    parser.space();
    if parser.at < text.len() {
        return parser.fail("expected nothing more");
    }
    Ok(value)
}

struct Parser<'a, B> {
    text: &'a [u8],
    /// All of it, where all of it is UTF-8: looking once is much quicker than at every string.
    valid: Option<&'a str>,
    at: usize,
    build: &'a mut B,
}

impl<'a, B: Build> Parser<'a, B> {
    fn fail<T>(&self, message: &'static str) -> Result<T, JsonError> {
        Err(JsonError { offset: self.at, message })
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let eaten = self.peek() == Some(byte);
        self.at += usize::from(eaten);
        eaten
    }

    fn value(&mut self, depth: usize) -> Result<B::Value, JsonError> {
        let start = self.at;
        let scalar = match self.peek() {
            Some(b'{') if depth < DEPTH_MAX => return self.object(depth),
            Some(b'[') if depth < DEPTH_MAX => return self.array(depth),
            Some(b'{' | b'[') => return self.fail("nested too deeply"),
            Some(b'"') => {
                let text = self.string()?;
                return Ok(self.build.string(start..self.at, text));
            }
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Scalar::Bool(true))?,
            Some(b'f') => self.word("false", Scalar::Bool(false))?,
            Some(b'n') => self.word("null", Scalar::Null)?,
            _ => return self.fail("expected a value"),
        };
        Ok(self.build.scalar(start..self.at, scalar))
    }

    fn word(&mut self, word: &str, value: Scalar<'a>) -> Result<Scalar<'a>, JsonError> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return self.fail("expected a value");
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Scalar<'a>, JsonError> {
        let start = self.at;
        match number::scan(&self.text[start..]) {
            Some(length) => {
                self.at += length;
                Ok(Scalar::Number(self.utf8(start)?))
            }
            None => self.fail("malformed number"),
        }
    }

    fn array(&mut self, depth: usize) -> Result<B::Value, JsonError> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        let mut closed = self.eat(b']');
        while !closed {
            self.space();
            items.push(self.value(depth + 1)?);
            closed = self.comma_or(b']', "expected `,` or `]`")?;
        }
        Ok(self.build.array(start..self.at, items))
    }

    fn object(&mut self, depth: usize) -> Result<B::Value, JsonError> {
        let start = self.at;
        self.at += 1;
        let mut members = Vec::new();
        self.space();
        let mut closed = self.eat(b'}');
        while !closed {
            self.space();
            if self.peek() != Some(b'"') {
                return self.fail("expected a member name in quotes");
            }
            let name_start = self.at;
            let name = self.string()?;
            let name_range = name_start..self.at;
            self.space();
            if !self.eat(b':') {
                return self.fail("expected `:`");
            }
            self.space();
            let value = self.value(depth + 1)?;
            members.push(self.build.member(name_range, name, value));
            closed = self.comma_or(b'}', "expected `,` or `}`")?;
        }
        Ok(self.build.object(start..self.at, members))
    }

    /// After an item: whether the end followed, and not a comma.
    fn comma_or(&mut self, end: u8, message: &'static str) -> Result<bool, JsonError> {
        self.space();
        if self.eat(end) {
            return Ok(true);
        }
        if self.eat(b',') { Ok(false) } else { self.fail(message) }
    }

    fn string(&mut self) -> Result<B::Text, JsonError> {
        self.at += 1;
        let start = self.at;
        self.plain();
        if self.peek() == Some(b'"') {
            let text = self.utf8(start)?;
            self.at += 1;
            return Ok(self.build.text(Text::Plain(text)));
        }
        let units: Vec<u16> = self.utf8(start)?.encode_utf16().collect();
        let text = self.escaped_string(units)?;
        Ok(self.build.text(Text::Escaped(text)))
    }

    /// Goes on to what ends a string, or means something in it.
    fn plain(&mut self) {
        let rest = &self.text[self.at..];
        let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F));
        self.at += plain.unwrap_or(rest.len());
    }

    fn utf8(&self, start: usize) -> Result<&'a str, JsonError> {
        if let Some(text) = self.valid {
            return Ok(&text[start..self.at]);
        }
        std::str::from_utf8(&self.text[start..self.at])
            .map_err(|error| JsonError { offset: start + error.valid_up_to(), message: "not UTF-8" })
    }

    fn escaped_string(&mut self, mut units: Vec<u16>) -> Result<JsonString, JsonError> {
        loop {
            match self.peek() {
                None => return self.fail("unfinished string"),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(JsonString::from_utf16(&units));
                }
                Some(0..=0x1F) => return self.fail("control character in a string: escape it"),
                Some(b'\\') => units.push(self.escape()?),
                Some(_) => {
                    let start = self.at;
                    self.plain();
                    units.extend(self.utf8(start)?.encode_utf16());
                }
            }
        }
    }

    fn escape(&mut self) -> Result<u16, JsonError> {
        let unit = match self.text.get(self.at + 1) {
            Some(b'b') => 8,
            Some(b't') => 9,
            Some(b'n') => 10,
            Some(b'f') => 12,
            Some(b'r') => 13,
            Some(byte @ (b'"' | b'\\' | b'/')) => u16::from(*byte),
            Some(b'u') => {
                let digits = self.text.get(self.at + 2..self.at + 6).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
                let Some(text) = digits.and_then(|d| std::str::from_utf8(d).ok()) else {
                    return self.fail("expected four hexadecimal digits after `\\u`");
                };
                let unit = u16::from_str_radix(text, 16).expect("four hexadecimal digits fit");
                self.at += 4;
                unit
            }
            _ => return self.fail("unknown escape"),
        };
        self.at += 2;
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_has_a_bound() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(parse(nested(DEPTH_MAX + 1).as_bytes()).unwrap_err().message, "nested too deeply");
    }

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            "0.00",
            "1E400",
            "9223372036854775809",
            r#"{"a":1,"a":2}"#,
            r#""\u0000""#,
            r#""\ud83d""#,
            r#""a\udc00b\ud83d""#,
            r#"[null,true,false,{},[],"",{"b":[1.10]}]"#,
            "\"\u{1F600}é\u{2028}\"",
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
        }
        assert_eq!(parse(br#""\uD83D\uDE00\/""#).unwrap().to_string(), "\"\u{1F600}/\"");
    }

    #[test]
    fn what_is_indented_is_the_same_value() {
        let text = r#"{"a":[1,{"b":[]}],"a":{},"c":"x"}"#;
        let indented = parse(text.as_bytes()).unwrap().indented(1_000);
        assert_eq!(
            indented,
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"a\": {},\n  \"c\": \"x\"\n}"
        );
        assert_eq!(parse(indented.as_bytes()).unwrap().to_string(), text);
        let deep = format!("{}{}", "[1,[".repeat(40), "]]".repeat(40));
        let bounded = parse(deep.as_bytes()).unwrap().indented(500);
        assert!(bounded.len() < 2_000 && parse(bounded.as_bytes()).unwrap().to_string() == deep, "{bounded}");
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        for (text, offset) in [
            ("", 0),
            ("nul", 0),
            ("[1,]", 3),
            ("{\"a\":1,}", 7),
            ("{a:1}", 1),
            ("\"\n\"", 1),
            ("\"\\x\"", 1),
            ("\"abc", 4),
            ("1 2", 2),
            ("[1 2]", 3),
            ("01", 1),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().offset, offset, "{text}");
        }
        assert_eq!(parse(b"\"a\xFF\"").unwrap_err().message, "not UTF-8");
    }

    #[test]
    fn objects_are_equal_in_any_order_and_the_last_duplicate_counts() {
        let json = |text: &str| parse(text.as_bytes()).unwrap();
        assert_eq!(json(r#"{"a":1,"b":2}"#), json(r#"{"b":2.0,"a":1}"#));
        assert_eq!(json(r#"{"a":1,"a":2}"#), json(r#"{"a":2}"#));
        assert_ne!(json(r#"{"a":1}"#), json(r#"{"a":1,"b":2}"#));
        assert_ne!(json(r#"{"a":1,"b":2}"#), json(r#"{"a":1}"#));
        let many = |reverse: bool| {
            let mut names: Vec<usize> = (0..50).collect();
            if reverse {
                names.reverse();
            }
            let members: Vec<String> = names.iter().map(|i| format!("\"m{i}\":{i}")).collect();
            json(&format!("{{{}}}", members.join(",")))
        };
        assert_eq!(many(false), many(true));
    }
}
