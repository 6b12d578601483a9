//! A YAML file as JSON text, in which every value still knows its place: what reads JSON documents reads YAML ones too.

use super::{Node, Scalar, Source, Value};
use crate::diagnostic::{Code, Diagnostic, Span};
use understudy_exchange::json::write_string;
use understudy_exchange::{JsonString, Number};

/// JSON text, and where in the file it comes from.
#[derive(Debug, Clone, Default)]
pub struct AsJson {
    /// The text.
    pub text: String,
    /// Byte offsets of values and names in the text, ascending, each with its place in the file. Empty where the file
    /// itself is the text.
    pub places: Vec<(u32, Span)>,
}

impl Source {
    /// What the file says as JSON text, with at most a million values once its aliases are written out. A file that ends in
    /// `.json` is its own text, unread.
    ///
    /// # Errors
    /// The one problem that keeps a YAML file from being read.
    pub fn as_json(&self) -> Result<AsJson, Box<Diagnostic>> {
        if self.is_json() {
            return Ok(AsJson { text: self.text.clone(), places: Vec::new() });
        }
        let root = self.parse()?;
        let mut json = AsJson::default();
        json.value(&root);
        if json.text.len() > TEXT_BYTES_MAX {
            let message = format!("more than {TEXT_BYTES_MAX} bytes, aliases written out");
            return Err(Box::new(self.diagnostic(Code::TooLarge, root.span, message)));
        }
        Ok(json)
    }
}

/// How long a text may become: aliases repeat what they stand for.
const TEXT_BYTES_MAX: usize = 128 << 20;

impl AsJson {
    fn place(&mut self, span: Span) {
        self.places.push((u32::try_from(self.text.len()).unwrap_or(u32::MAX), span));
    }

    fn value(&mut self, node: &Node) {
        if self.text.len() > TEXT_BYTES_MAX {
            return;
        }
        self.place(node.span);
        match &node.value {
            Value::Scalar(scalar) => self.scalar(scalar),
            Value::List(items) => {
                self.text.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.comma(at);
                    self.value(item);
                }
                self.text.push(']');
            }
            Value::Map(entries) => {
                self.text.push('{');
                for (at, entry) in entries.iter().enumerate() {
                    self.comma(at);
                    self.place(entry.span);
                    write_string(&entry.name, &mut self.text);
                    self.text.push(':');
                    self.value(&entry.value);
                }
                self.text.push('}');
            }
        }
    }

    fn comma(&mut self, at: usize) {
        if at > 0 {
            self.text.push(',');
        }
    }

    fn scalar(&mut self, scalar: &Scalar) {
        match scalar {
            Scalar::Quoted(text) => write_string(text, &mut self.text),
            _ if scalar.is_null() => self.text.push_str("null"),
            _ if scalar.as_bool().is_some() => {
                self.text.push_str(if scalar.as_bool() == Some(true) { "true" } else { "false" });
            }
            Scalar::Plain(text) => match number(text) {
                Some(number) => self.text.push_str(&number),
                None => write_string(&JsonString::new(text), &mut self.text),
            },
        }
    }
}

/// A number of YAML's core schema (1.2, section 10.3.2) as JSON writes it. Digits behind a leading zero stay text: a
/// postcode is one more often than a number is.
fn number(text: &str) -> Option<String> {
    let radix = |digits: &str, radix: u32| u64::from_str_radix(digits, radix).ok().map(|number| number.to_string());
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let first = rest.as_bytes().first()?;
    let written = match first {
        b'.' => format!("{sign}0{rest}"),
        b'0'..=b'9' => format!("{sign}{}", rest.strip_suffix('.').unwrap_or(rest)),
        _ => return None,
    };
    Number::parse(&written).map(|_| written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(yaml: &str) -> AsJson {
        Source { file: "a.yaml".into(), text: yaml.to_owned() }.as_json().unwrap()
    }

    #[test]
    fn yaml_is_what_json_would_say() {
        let yaml = "a: 1\nb: [1.50, .5, +7, 0x1F, 0o17, 5., -.5, 1e3]\nc: {200: yes, 'true': true, \"x\\n\": ~}\nd: 01234\ne: 2020-01-31\nf: 1.0.0\ng: .inf\nh: '5'\ni: |\n  text\nj: &x [1]\nk: *x\n";
        assert_eq!(
            json(yaml).text,
            r#"{"a":1,"b":[1.50,0.5,7,31,15,5,-0.5,1e3],"c":{"200":"yes","true":true,"x\n":null},"d":"01234","e":"2020-01-31","f":"1.0.0","g":".inf","h":"5","i":"text\n","j":[1],"k":[1]}"#
        );
        assert_eq!(json("").text, "{}");
    }

    #[test]
    fn every_value_knows_its_line() {
        let json = json("a: 1\nb:\n  - x\n  - {c: 2}\n");
        for (what, line) in [("1", 1), ("\"b\"", 2), ("\"x\"", 3), ("\"c\"", 4), ("2", 4)] {
            let at = json.text.find(what).unwrap() as u32;
            let span = json.places.iter().find(|(offset, _)| *offset == at).unwrap().1;
            assert_eq!(span.line, line, "{what}");
        }
        assert!(json.places.is_sorted_by_key(|(offset, _)| *offset));
    }
}
