//! `format: int32` and `int64`.

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};

/// What stands in a bundled schema for these formats.
pub(super) const KEYWORD: &str = "understudy-bits";

/// Numbers that fit; whatever is no number does.
struct Bits(u64);

/// 2^63: the first number that is too large, and one that a float can be.
const INT64_END: f64 = 9_223_372_036_854_775_808.0;

impl Bits {
    fn fit(&self, value: &Value) -> bool {
        let Value::Number(number) = value else { return true };
        let whole = match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Some(whole),
            // What an integer cannot hold was read as a float; -2^63 itself would have been held.
            (None, Some(float)) if float.abs() < INT64_END && !number.is_u64() => Some(float as i64),
            _ => None,
        };
        whole.is_some_and(|whole| self.0 == 64 || i32::try_from(whole).is_ok())
    }
}

impl<'i> Keyword<'i> for Bits {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.fit(instance) {
            return Ok(());
        }
        Err(ValidationError::custom(format!("expected a number of {} bits", self.0)))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        self.fit(instance)
    }
}

/// What the validator makes of the keyword.
pub(super) fn keyword<'a>(
    _: &'a Map<String, Value>,
    value: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    Ok(Box::new(Bits(value.as_u64().unwrap_or(64))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_to_the_last() {
        let fit = |bits: u64, text: &str| Bits(bits).fit(&serde_json::from_str(text).unwrap());
        for (bits, fitting, others) in [
            (32, ["2147483647", "-2147483648", "1.5"], ["2147483648", "-2147483649", "1e10"]),
            (
                64,
                ["9223372036854775807", "-9223372036854775808", "1e3"],
                ["9223372036854775808", "-9223372036854775809", "1e30"],
            ),
        ] {
            assert!(fitting.iter().all(|text| fit(bits, text)) && !others.iter().any(|text| fit(bits, text)), "{bits}");
        }
        assert!(fit(32, "\"text\""));
    }
}
