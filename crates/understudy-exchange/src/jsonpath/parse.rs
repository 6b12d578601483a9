//! Text to query, with the well-typedness rules of RFC 9535, section 2.4.3.

use super::ast::{Comparison, Operand, Query, Segment, Selector, Test};
use super::function;
use super::term::Term;
use crate::{Json, Number};

/// How deep parentheses, filters and function arguments may nest in a query.
pub const FILTER_DEPTH_MAX: usize = 32;

/// The range of indexes that RFC 9535, section 2.1, allows: that of I-JSON.
const INDEX_MAX: i64 = (1 << 53) - 1;

/// Why a text is no query, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPathError {
    /// Byte offset into the query.
    pub offset: usize,
    /// What was wrong, as a fragment.
    pub message: &'static str,
}

impl std::fmt::Display for JsonPathError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.offset {
            0 => f.write_str(self.message),
            offset => write!(f, "{} after {offset} characters", self.message),
        }
    }
}

impl std::error::Error for JsonPathError {}

type Parsed<T> = Result<T, JsonPathError>;

pub(super) fn parse(text: &str) -> Parsed<Vec<Segment>> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    if !parser.eat("$") {
        return parser.fail("a path starts with `$`");
    }
    let segments = parser.segments()?;
    if parser.at < text.len() {
        return parser.fail("expected `.`, `..` or `[`");
    }
    Ok(segments)
}

pub(super) fn is_name_first(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

pub(super) fn is_name_char(c: char) -> bool {
    is_name_first(c) || c.is_ascii_digit()
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn fail<T>(&self, message: &'static str) -> Parsed<T> {
        Err(JsonPathError { offset: self.at, message })
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, token: &str) -> bool {
        let eaten = self.rest().starts_with(token);
        if eaten {
            self.at += token.len();
        }
        eaten
    }

    fn expect(&mut self, token: &str, message: &'static str) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { self.fail(message) }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == FILTER_DEPTH_MAX {
            return self.fail("nested too deeply");
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn segments(&mut self) -> Parsed<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            let before = self.at;
            self.space();
            if self.eat("..") {
                let selectors = if self.eat("[") { self.bracketed()? } else { vec![self.shorthand()?] };
                segments.push(Segment { descendant: true, selectors });
            } else if self.eat(".") {
                segments.push(Segment { descendant: false, selectors: vec![self.shorthand()?] });
            } else if self.eat("[") {
                segments.push(Segment { descendant: false, selectors: self.bracketed()? });
            } else {
                self.at = before;
                return Ok(segments);
            }
        }
    }

    fn shorthand(&mut self) -> Parsed<Selector> {
        if self.eat("*") {
            return Ok(Selector::Wildcard);
        }
        if !self.peek().is_some_and(is_name_first) {
            return self.fail("expected a name or `*`");
        }
        let length = self.rest().find(|c| !is_name_char(c)).unwrap_or(self.rest().len());
        let name = &self.rest()[..length];
        self.at += length;
        Ok(Selector::Name(name.into()))
    }

    fn bracketed(&mut self) -> Parsed<Vec<Selector>> {
        let mut selectors = Vec::new();
        loop {
            self.space();
            selectors.push(self.selector()?);
            self.space();
            if self.eat("]") {
                return Ok(selectors);
            }
            self.expect(",", "expected `,` or `]`")?;
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.peek() {
            Some('\'' | '"') => Ok(Selector::Name(self.string()?.into())),
            Some('*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some('?') => {
                self.at += 1;
                self.space();
                Ok(Selector::Filter(Box::new(self.deeper(Self::or)?)))
            }
            _ => self.index_or_slice(),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let start = self.integer()?;
        let before = self.at;
        self.space();
        if !self.eat(":") {
            self.at = before;
            return match start {
                Some(index) => Ok(Selector::Index(index)),
                None => self.fail("expected a name in quotes, an index, a slice, `*` or `?`"),
            };
        }
        self.space();
        let end = self.integer()?;
        let before = self.at;
        self.space();
        let mut step = None;
        if self.eat(":") {
            let before = self.at;
            self.space();
            step = self.integer()?;
            if step.is_none() {
                self.at = before;
            }
        } else {
            self.at = before;
        }
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }

    fn integer(&mut self) -> Parsed<Option<i64>> {
        let rest = self.rest();
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let sign = rest.len() - digits.len();
        let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        if length == 0 {
            return if sign == 0 { Ok(None) } else { self.fail("expected digits") };
        }
        if digits.starts_with('0') && (length > 1 || sign > 0) {
            return self.fail("an index has no leading zeros");
        }
        match rest[..sign + length].parse::<i64>() {
            Ok(value) if value.abs() <= INDEX_MAX => {
                self.at += sign + length;
                Ok(Some(value))
            }
            _ => self.fail("index out of range"),
        }
    }

    fn string(&mut self) -> Parsed<String> {
        let quote = self.peek().expect("the caller saw a quote");
        self.at += 1;
        let mut out = String::new();
        loop {
            match self.peek() {
                None => return self.fail("unfinished string"),
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(out);
                }
                Some('\\') => out.push(self.escape(quote)?),
                Some(c) if c < ' ' => return self.fail("control character in a string: escape it"),
                Some(c) => {
                    out.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    fn escape(&mut self, quote: char) -> Parsed<char> {
        let c = match self.rest()[1..].chars().next() {
            Some('b') => '\u{8}',
            Some('t') => '\t',
            Some('n') => '\n',
            Some('f') => '\u{c}',
            Some('r') => '\r',
            Some(c @ ('/' | '\\')) => c,
            Some(c) if c == quote => c,
            Some('u') => return self.unicode_escape(),
            _ => return self.fail("unknown escape"),
        };
        self.at += 2;
        Ok(c)
    }

    fn unicode_escape(&mut self) -> Parsed<char> {
        let first = self.unit()?;
        let c = match first {
            0xD800..=0xDBFF if self.rest().starts_with("\\u") => {
                let second = self.unit()?;
                char::decode_utf16([first, second]).next().and_then(Result::ok)
            }
            _ => char::from_u32(u32::from(first)),
        };
        match c {
            Some(c) => Ok(c),
            None => self.fail("half of a surrogate pair"),
        }
    }

    fn unit(&mut self) -> Parsed<u16> {
        let digits = self.rest().get(2..6).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|d| u16::from_str_radix(d, 16).ok()) {
            Some(unit) => {
                self.at += 6;
                Ok(unit)
            }
            None => self.fail("expected four hexadecimal digits after `\\u`"),
        }
    }

    fn or(&mut self) -> Parsed<Test> {
        self.joined("||", Self::and, Test::Or)
    }

    fn and(&mut self) -> Parsed<Test> {
        self.joined("&&", Self::basic, Test::And)
    }

    fn joined(
        &mut self,
        operator: &str,
        part: fn(&mut Self) -> Parsed<Test>,
        join: fn(Vec<Test>) -> Test,
    ) -> Parsed<Test> {
        let first = part(self)?;
        let mut all = vec![first];
        loop {
            let before = self.at;
            self.space();
            if !self.eat(operator) {
                self.at = before;
                return Ok(if all.len() == 1 { all.remove(0) } else { join(all) });
            }
            self.space();
            all.push(part(self)?);
        }
    }

    fn basic(&mut self) -> Parsed<Test> {
        if self.eat("!") {
            self.space();
            let negated = if self.peek() == Some('(') { self.parenthesised()? } else { self.test_only()? };
            return Ok(Test::Not(Box::new(negated)));
        }
        if self.peek() == Some('(') {
            return self.parenthesised();
        }
        let start = self.at;
        let left = self.term()?;
        let before = self.at;
        self.space();
        let Some(comparison) = self.comparison() else {
            self.at = before;
            return self.as_test(left, start);
        };
        let left = self.as_operand(left, start)?;
        self.space();
        let start = self.at;
        let right = self.term()?;
        let right = self.as_operand(right, start)?;
        Ok(Test::Compare(left, comparison, right))
    }

    fn parenthesised(&mut self) -> Parsed<Test> {
        self.at += 1;
        self.space();
        let test = self.deeper(Self::or)?;
        self.space();
        self.expect(")", "expected `)`")?;
        Ok(test)
    }

    fn test_only(&mut self) -> Parsed<Test> {
        let start = self.at;
        let term = self.term()?;
        self.as_test(term, start)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let all = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        all.into_iter().find(|(token, _)| self.eat(token)).map(|(_, comparison)| comparison)
    }

    fn term(&mut self) -> Parsed<Term> {
        match self.peek() {
            Some('$' | '@') => Ok(Term::Query(self.deeper(Self::query)?)),
            Some('\'' | '"') => Ok(Term::Literal(Json::string(self.string()?))),
            Some('-' | '0'..='9') => self.number(),
            Some('a'..='z') => self.word(),
            _ => self.fail("expected a query, a literal or a function"),
        }
    }

    fn query(&mut self) -> Parsed<Query> {
        let absolute = self.peek() == Some('$');
        self.at += 1;
        Ok(Query { absolute, segments: self.segments()? })
    }

    fn number(&mut self) -> Parsed<Term> {
        let rest = self.rest();
        let length = rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        match Number::parse(&rest[..length]) {
            Some(number) => {
                self.at += length;
                Ok(Term::Literal(Json::Number(number)))
            }
            None => self.fail("malformed number"),
        }
    }

    fn word(&mut self) -> Parsed<Term> {
        let rest = self.rest();
        let is_function_char = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let length = rest.find(|c| !is_function_char(c)).unwrap_or(rest.len());
        let word = &rest[..length];
        if rest[length..].starts_with('(') {
            let start = self.at;
            self.at += length + 1;
            let arguments = self.deeper(Self::arguments)?;
            return match function::typed(word, arguments) {
                Ok(term) => Ok(term),
                Err(message) => Err(JsonPathError { offset: start, message }),
            };
        }
        let literal = match word {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            "null" => Json::Null,
            _ => return self.fail("expected a query, a literal or a function"),
        };
        self.at += length;
        Ok(Term::Literal(literal))
    }

    fn arguments(&mut self) -> Parsed<Vec<Term>> {
        let mut arguments = Vec::new();
        self.space();
        if self.eat(")") {
            return Ok(arguments);
        }
        loop {
            self.space();
            arguments.push(self.term()?);
            self.space();
            if self.eat(")") {
                return Ok(arguments);
            }
            self.expect(",", "expected `,` or `)`")?;
        }
    }

    fn as_test(&self, term: Term, start: usize) -> Parsed<Test> {
        match term {
            Term::Query(query) => Ok(Test::Exists(query)),
            Term::Test(test) => Ok(test),
            Term::Literal(_) | Term::Value(_) => {
                Err(JsonPathError { offset: start, message: "a value is no test: compare it with something" })
            }
        }
    }

    fn as_operand(&self, term: Term, start: usize) -> Parsed<Operand> {
        term.operand().ok_or(JsonPathError {
            offset: start,
            message: "only single values can be compared: a query of names and indexes, a literal, or a function with a value",
        })
    }
}
