//! A JSON number as its source text, compared as a decimal.

use smol_str::{SmolStr, ToSmolStr};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A number that keeps every digit. `1`, `1.0` and `10e-1` are equal and differ only in
/// [`Number::as_str`].
#[derive(Debug, Clone)]
pub struct Number(SmolStr);

/// A decimal in scientific form: `0.DIGITS * 10^exponent`, with no zero at either end of the digits.
struct Decimal<'a> {
    negative: bool,
    /// The digits before and after the point; leading and trailing zeros are skipped by `range`.
    whole: &'a str,
    fraction: &'a str,
    first: usize,
    end: usize,
    exponent: i128,
}

/// Exponents beyond this are compared as if they were this: no two numbers that fit in a body differ there
/// in any other way than by their digits.
const EXPONENT_MAX: i128 = 1 << 100;

impl Number {
    /// A number from its text.
    ///
    /// Returns `None` where `text` is not a number by RFC 8259, section 6 (`+1`, `01`, `.5`, `1.`, `0x1F`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (scan(text.as_bytes()) == Some(text.len())).then(|| Self(SmolStr::new(text)))
    }

    /// A number from a text that [`scan`] found to be one.
    pub(super) fn of_scanned(text: &str) -> Self {
        Self(SmolStr::new(text))
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the value is mathematically whole: `1.0` and `1E400` are, `1.5` is not.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        let d = self.decimal();
        d.is_zero() || d.exponent >= (d.end - d.first) as i128
    }

    /// The value as a `u64`, where it is whole and fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        let d = self.decimal();
        if d.is_zero() {
            return Some(0);
        }
        let digits = d.end - d.first;
        if d.negative || d.exponent < digits as i128 || d.exponent > 20 {
            return None;
        }
        let mut value: u64 = 0;
        for i in 0..usize::try_from(d.exponent).ok()? {
            let digit = if i < digits { d.digit(d.first + i) - b'0' } else { 0 };
            value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
        }
        Some(value)
    }

    fn decimal(&self) -> Decimal<'_> {
        Decimal::new(&self.0)
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(value.to_smolstr())
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_smolstr())
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

/// Equal numbers have one hash, however they are written.
impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let d = self.decimal();
        if !d.is_zero() {
            (d.negative, d.exponent).hash(state);
            (d.first..d.end).for_each(|at| state.write_u8(d.digit(at)));
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.decimal(), other.decimal());
        match (a.is_zero(), b.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return if b.negative { Ordering::Greater } else { Ordering::Less },
            (false, true) => return if a.negative { Ordering::Less } else { Ordering::Greater },
            (false, false) => {}
        }
        match (a.negative, b.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => a.compare_magnitude(&b),
            (true, true) => b.compare_magnitude(&a),
        }
    }
}

impl<'a> Decimal<'a> {
    fn new(text: &'a str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], parse_exponent(&text[at + 1..])),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut d = Self { negative, whole, fraction, first: 0, end: whole.len() + fraction.len(), exponent: 0 };
        while d.first < d.end && d.digit(d.first) == b'0' {
            d.first += 1;
        }
        while d.end > d.first && d.digit(d.end - 1) == b'0' {
            d.end -= 1;
        }
        d.exponent = exponent + whole.len() as i128 - d.first as i128;
        d
    }

    fn digit(&self, index: usize) -> u8 {
        match index.checked_sub(self.whole.len()) {
            None => self.whole.as_bytes()[index],
            Some(index) => self.fraction.as_bytes()[index],
        }
    }

    fn is_zero(&self) -> bool {
        self.first == self.end
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        self.exponent.cmp(&other.exponent).then_with(|| {
            let a = (self.first..self.end).map(|i| self.digit(i));
            a.cmp((other.first..other.end).map(|i| other.digit(i)))
        })
    }
}

fn parse_exponent(text: &str) -> i128 {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let value = digits.bytes().fold(0i128, |value, digit| (value * 10 + i128::from(digit - b'0')).min(EXPONENT_MAX));
    if negative { -value } else { value }
}

/// The length of the number at the start of `text`, or `None` where there is none.
pub(super) fn scan(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| text[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    match text.get(at)? {
        b'0' => at += 1,
        b'1'..=b'9' => at += digits(at),
        _ => return None,
    }
    if text.get(at) == Some(&b'.') {
        let n = digits(at + 1);
        if n == 0 {
            return None;
        }
        at += 1 + n;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let n = digits((at + 1 + sign).min(text.len()));
        if n == 0 {
            return None;
        }
        at += 1 + sign + n;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_compared_as_decimals() {
        for (a, b) in [("1", "1.0"), ("0.00", "0"), ("-0", "0"), ("1e2", "100"), ("1.10", "1.1"), ("1E400", "10e399")] {
            assert_eq!(number(a), number(b), "{a} {b}");
            let hash = |text: &str| {
                std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default().hash_one(number(text))
            };
            assert_eq!(hash(a), hash(b), "{a} {b}");
        }
        for (less, more) in [
            ("9223372036854775808", "9223372036854775809"),
            ("-2", "-1"),
            ("1e399", "1E400"),
            ("-1", "0"),
            ("0.1", "0.11"),
            ("99", "100"),
            ("1e-2", "1e-1"),
            ("1", "1e99999999999999999999999999999999999999999"),
        ] {
            assert!(number(less) < number(more), "{less} {more}");
        }
    }

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        for text in ["1", "1.0", "1E400", "0.0", "120e-1", "-5"] {
            assert!(number(text).is_integer(), "{text}");
        }
        for text in ["1.5", "1e-1", "121e-1"] {
            assert!(!number(text).is_integer(), "{text}");
        }
        assert_eq!(number("1.2e1").as_u64(), Some(12));
        assert_eq!(number("18446744073709551615").as_u64(), Some(u64::MAX));
        assert_eq!(number("18446744073709551616").as_u64(), None);
    }

    #[test]
    fn what_rfc_8259_does_not_call_a_number_is_none() {
        for text in ["", "-", "+1", "01", ".5", "1.", "1e", "1e+", "0x1F", "NaN", "1 ", "1_000"] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }
}
