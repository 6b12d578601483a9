//! Values of JSON, from YAML or JSON.

use super::Reader;
use crate::diagnostic::Code;
use crate::source::{Node, Scalar, Value};
use understudy_exchange::json::write_string;
use understudy_exchange::{Json, JsonString, JsonText, Number};

impl Reader<'_> {
    /// A node as JSON. A plain scalar is a number only if it is a JSON number; what YAML alone calls a
    /// number is a problem with two readings.
    pub(super) fn json(&mut self, node: &Node) -> Json {
        if node.is_unquoted_placeholder() {
            self.unquoted_placeholder(node);
            return Json::Null;
        }
        match &node.value {
            Value::List(items) => Json::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|entry| (entry.name.clone(), self.json(&entry.value))).collect())
            }
            Value::Scalar(scalar) => self.json_scalar(scalar, node),
        }
    }

    fn json_scalar(&mut self, scalar: &Scalar, node: &Node) -> Json {
        let text = match scalar {
            Scalar::Quoted(text) => return Json::String(text.clone()),
            Scalar::Plain(text) => text,
        };
        if scalar.is_null() {
            return Json::Null;
        }
        if let Some(flag) = scalar.as_bool() {
            return Json::Bool(flag);
        }
        if let Some(number) = Number::parse(text) {
            return Json::Number(number);
        }
        if let Some(reading) = yaml_number(text) {
            let message = format!("`{text}` is a number in YAML, but not in JSON");
            let hint = match reading {
                Some(number) => format!("write {number} for the number or \"{text}\" for the text"),
                None => format!("JSON has no such number: write \"{text}\" for the text"),
            };
            self.report_with_hint(Code::AmbiguousNumber, node.span, message, hint);
        }
        Json::String(JsonString::new(text.clone()))
    }

    /// A node as JSON text, without a tree on the way: bodies are most of what a project holds.
    pub(super) fn json_text(&mut self, node: &Node) -> JsonText {
        let mut text = String::new();
        self.write_json(node, &mut text);
        JsonText::from_written(text)
    }

    fn write_json(&mut self, node: &Node, out: &mut String) {
        if node.is_unquoted_placeholder() {
            self.unquoted_placeholder(node);
        }
        match &node.value {
            Value::Scalar(Scalar::Quoted(text)) => write_string(text, out),
            Value::Scalar(scalar) => self.json_scalar(scalar, node).write_to(out),
            Value::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    self.write_json(item, out);
                }
                out.push(']');
            }
            Value::Map(entries) => {
                out.push('{');
                for (at, entry) in entries.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_string(&entry.name, out);
                    out.push(':');
                    self.write_json(&entry.value, out);
                }
                out.push('}');
            }
        }
    }

    /// A scalar as text that is compared with text: `01234` stays `01234`.
    pub(super) fn text_json(&mut self, node: &Node, what: &str) -> Option<Json> {
        self.text(node, what).map(Json::string)
    }
}

/// For what YAML 1.2 (core schema, section 10.3.2) calls a number and JSON does not: how JSON would write it.
fn yaml_number(text: &str) -> Option<Option<String>> {
    if matches!(text.trim_start_matches(['+', '-']), ".inf" | ".Inf" | ".INF")
        || matches!(text, ".nan" | ".NaN" | ".NAN")
    {
        return Some(None);
    }
    let radix = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(prefix)?;
        (!digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)))
            .then(|| u128::from_str_radix(digits, radix).ok().map(|n| n.to_string()))
    };
    if let Some(reading) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Some(reading);
    }
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => digits.split_at(at),
        None => (digits, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
    let written = format!("{sign}{whole}{fraction}{exponent}");
    Number::parse(&written).map(|_| Some(written))
}

#[cfg(test)]
mod tests {
    use super::yaml_number;

    #[test]
    fn numbers_of_yaml_alone_have_a_reading_in_json() {
        for (text, reading) in [
            ("012", "12"),
            ("0x1F", "31"),
            ("0o17", "15"),
            (".5", "0.5"),
            ("5.", "5"),
            ("+1", "1"),
            ("-.5e3", "-0.5e3"),
            ("00", "0"),
        ] {
            assert_eq!(yaml_number(text), Some(Some(reading.to_owned())), "{text}");
        }
        assert_eq!(yaml_number("-.inf"), Some(None));
        for text in ["2020-01-31", "1_000", "", ".", "1.2.3", "e5", "abc", "0xZZ", "127.0.0.1"] {
            assert_eq!(yaml_number(text), None, "{text}");
        }
    }
}
