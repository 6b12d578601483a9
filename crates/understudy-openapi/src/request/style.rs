//! Values as parameters write them (OpenAPI 3.1.1, "Style Values" and "Style Examples"; RFC 6570).

use super::shape::Shape;
use crate::model::Style;
use serde_json::{Map, Value};
use std::borrow::Cow;
use understudy_exchange::target::{decode_query_part, percent_decode};

/// A value that is written in one piece: in a path, a header field, a cookie, or one pair of a query. The text is still
/// encoded as it is there.
pub(super) fn read(text: &str, name: &str, style: Style, explode: bool, is_query: bool, shape: &Shape) -> Value {
    let decode = |text: &str| -> String {
        if is_query { decode_query_part(text).into_owned() } else { percent_decode(text).into_owned() }
    };
    let (text, between): (&str, Between) = match style {
        Style::Label => {
            let text = text.strip_prefix('.').unwrap_or(text);
            // In older versions of the specification a list is `.a.b` whether exploded or not.
            (text, if explode || !text.contains(',') { Between::Char('.') } else { Between::Char(',') })
        }
        Style::Matrix => {
            let text = text.strip_prefix(';').unwrap_or(text);
            match text.split_once('=') {
                Some((known, value)) if known == name && !(explode && (shape.array || shape.object)) => {
                    (value, Between::Char(','))
                }
                _ if explode => (text, Between::Char(';')),
                _ => (text, Between::Char(',')),
            }
        }
        Style::SpaceDelimited => (text, Between::Any(&[" ", "%20", "+"])),
        Style::PipeDelimited => (text, Between::Any(&["|", "%7C", "%7c"])),
        Style::TabDelimited => (text, Between::Any(&["\t", "%09"])),
        Style::Simple | Style::Form | Style::DeepObject => (text, Between::Char(',')),
    };
    // A text that may be a list and one word is one word, where nothing stands between.
    if !shape.array && !shape.object || (shape.is_scalar() && between.split(text).len() < 2) {
        return shape.scalar(&decode(text));
    }
    let parts = between.split(text);
    if shape.object && !(shape.array && shape.properties.is_empty()) {
        return object(&parts, explode, shape, &decode);
    }
    let own = format!("{name}=");
    let item = shape.item();
    let values = parts.iter().map(|part| match (style, explode) {
        (Style::Matrix, true) => item.scalar(&decode(part.strip_prefix(&*own).unwrap_or(part))),
        _ => item.scalar(&decode(part.trim_matches(' '))),
    });
    Value::Array(values.collect())
}

/// What stands between the parts of a value.
enum Between {
    Char(char),
    Any(&'static [&'static str]),
}

impl Between {
    fn split<'t>(&self, text: &'t str) -> Vec<Cow<'t, str>> {
        if text.is_empty() {
            return Vec::new();
        }
        match self {
            Self::Char(between) => text.split(*between).map(Cow::Borrowed).collect(),
            Self::Any(all) => {
                let [first, others @ ..] = all else { return vec![Cow::Borrowed(text)] };
                let plain = others.iter().fold(text.to_owned(), |text, other| text.replace(other, first));
                plain.split(first).map(|part| Cow::Owned(part.to_owned())).collect()
            }
        }
    }
}

/// `R=100,G=200` where it is exploded, else `R,100,G,200`.
fn object(parts: &[Cow<'_, str>], explode: bool, shape: &Shape, decode: &dyn Fn(&str) -> String) -> Value {
    let mut members = Map::new();
    let mut add = |name: &str, value: &str| {
        let name = decode(name.trim());
        let value = shape.property(&name).scalar(&decode(value.trim()));
        members.insert(name, value);
    };
    if explode {
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            add(name, value);
        }
    } else {
        for pair in parts.chunks(2) {
            add(&pair[0], pair.get(1).map_or("", |value| value));
        }
    }
    Value::Object(members)
}

/// The pairs of a query or form that a parameter's name begins: `filter[a][b]=1`, as one value.
pub(super) fn deep(pairs: &[(Cow<'_, str>, Cow<'_, str>)], name: &str, shape: &Shape) -> Option<Value> {
    let mut value = None;
    for (key, text) in pairs {
        let Some(rest) = key.strip_prefix(name).filter(|rest| rest.starts_with('[')) else { continue };
        let steps: Vec<&str> = rest.split('[').skip(1).map(|step| step.strip_suffix(']').unwrap_or(step)).collect();
        if steps.len() > STEPS_MAX {
            continue;
        }
        place(value.get_or_insert(Value::Null), &steps, text, shape);
    }
    value
}

/// How deep names of pairs may nest.
const STEPS_MAX: usize = 16;

fn place(value: &mut Value, steps: &[&str], text: &str, shape: &Shape) {
    let [step, rest @ ..] = steps else {
        *value = shape.scalar(text);
        return;
    };
    // `a[]=1` and `a[0]=1` are elements, unless the schema knows only members.
    let is_element = (step.is_empty() || step.bytes().all(|byte| byte.is_ascii_digit())) && shape.array;
    if is_element {
        if !value.is_array() {
            *value = Value::Array(Vec::new());
        }
        let Value::Array(items) = value else { return };
        let at = step.parse().unwrap_or(items.len()).min(items.len());
        if at == items.len() {
            items.push(Value::Null);
        }
        place(&mut items[at], rest, text, &shape.item());
        return;
    }
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(members) = value else { return };
    place(members.entry(*step).or_insert(Value::Null), rest, text, &shape.property(step));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shape(types: &str) -> Shape {
        let text = match types {
            "array" => r#"{"s":{"type":"array","items":{"type":"string"}}}"#.to_owned(),
            "object" => {
                r#"{"s":{"type":"object","properties":{"R":{"type":"integer"},"G":{"type":"integer"},"B":{"type":"integer"}}}}"#
                    .to_owned()
            }
            other => format!(r#"{{"s":{{"type":"{other}"}}}}"#),
        };
        struct One(String);
        impl crate::document::Files for One {
            fn read(&self, _: &str) -> Result<Vec<u8>, String> {
                Ok(self.0.clone().into_bytes())
            }
        }
        let (documents, _) = crate::document::Documents::open("a.json", &One(text)).unwrap();
        Shape::of(documents.root().get("s"))
    }

    /// The table "Style Examples" of OpenAPI 3.1.1, and the two rows of 3.0 that say it otherwise.
    #[test]
    fn values_are_written_as_the_tables_of_the_specification_say() {
        let list = json!(["blue", "black", "brown"]);
        let rgb = json!({"R": 100, "G": 200, "B": 150});
        for (style, explode, text, types, value) in [
            (Style::Matrix, false, ";color", "string", json!("")),
            (Style::Matrix, false, ";color=blue", "string", json!("blue")),
            (Style::Matrix, false, ";color=blue,black,brown", "array", list.clone()),
            (Style::Matrix, true, ";color=blue;color=black;color=brown", "array", list.clone()),
            (Style::Matrix, false, ";color=R,100,G,200,B,150", "object", rgb.clone()),
            (Style::Matrix, true, ";R=100;G=200;B=150", "object", rgb.clone()),
            (Style::Label, false, ".", "string", json!("")),
            (Style::Label, false, ".blue", "string", json!("blue")),
            (Style::Label, false, ".blue,black,brown", "array", list.clone()),
            (Style::Label, false, ".blue.black.brown", "array", list.clone()),
            (Style::Label, true, ".blue.black.brown", "array", list.clone()),
            (Style::Label, false, ".R,100,G,200,B,150", "object", rgb.clone()),
            (Style::Label, true, ".R=100.G=200.B=150", "object", rgb.clone()),
            (Style::Simple, false, "blue", "string", json!("blue")),
            (Style::Simple, false, "blue,black,brown", "array", list.clone()),
            (Style::Simple, false, "R,100,G,200,B,150", "object", rgb.clone()),
            (Style::Simple, true, "R=100,G=200,B=150", "object", rgb.clone()),
            (Style::Form, false, "blue,black,brown", "array", list.clone()),
            (Style::Form, false, "R,100,G,200,B,150", "object", rgb.clone()),
            (Style::SpaceDelimited, false, "blue%20black%20brown", "array", list.clone()),
            (Style::SpaceDelimited, false, "R%20100%20G%20200%20B%20150", "object", rgb.clone()),
            (Style::PipeDelimited, false, "blue%7Cblack|brown", "array", list.clone()),
            (Style::PipeDelimited, false, "R|100|G|200|B|150", "object", rgb),
            (Style::TabDelimited, false, "blue%09black%09brown", "array", list),
            (Style::Simple, false, "a%2Cb", "string", json!("a,b")),
            (Style::Simple, false, "7", "integer", json!(7)),
        ] {
            // A matrix parameter without a value is its name alone.
            let text = if text == ";color" { ";color=" } else { text };
            assert_eq!(read(text, "color", style, explode, false, &shape(types)), value, "{style:?} {explode} {text}");
        }
    }

    #[test]
    fn names_of_pairs_nest() {
        let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> =
            [("color[R]", "100"), ("color[G]", "200"), ("colors[R]", "1"), ("color", "x")]
                .map(|(n, v)| (n.into(), v.into()))
                .into();
        assert_eq!(deep(&pairs, "color", &shape("object")), Some(json!({"R": 100, "G": 200})));
        let listed: Vec<(Cow<'_, str>, Cow<'_, str>)> =
            [("a[]", "x"), ("a[]", "y"), ("a[0]", "z")].map(|(n, v)| (n.into(), v.into())).into();
        assert_eq!(deep(&listed, "a", &shape("array")), Some(json!(["z", "y"])));
        let bomb = format!("a{}", "[0]".repeat(100_000));
        assert_eq!(deep(&[(bomb.into(), "x".into())], "a", &shape("array")), None);
    }
}
