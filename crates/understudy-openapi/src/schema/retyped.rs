//! Values that were written as another type than was meant: YAML reads `1.0` as a number, also where a text is wanted.

use super::facets::Types;
use crate::document::{At, Kind, quoted};
use serde_json::Value;

/// The JSON text of a scalar as one of these types: a number or boolean as the text that is written, a text as the number or
/// boolean that it says. `None` where it is of these types already, or cannot be.
pub(crate) fn retyped(value: At<'_>, types: Types) -> Option<String> {
    if types == Types::ALL || types.take(value) {
        return None;
    }
    match value.kind() {
        Kind::Number | Kind::True | Kind::False if types.has(Types::STRING) => Some(quoted(&value.scalar()?)),
        Kind::Plain | Kind::Escaped => {
            let text = value.string()?;
            let read = serde_json::from_str::<Value>(&text).ok()?;
            let is_meant = match &read {
                Value::Number(number) if number.is_i64() || number.is_u64() => types.has(Types::INTEGER),
                Value::Number(_) => types.has(Types::FRACTION),
                Value::Bool(_) => types.has(Types::BOOLEAN),
                _ => false,
            };
            is_meant.then(|| text.into_owned())
        }
        _ => None,
    }
}
