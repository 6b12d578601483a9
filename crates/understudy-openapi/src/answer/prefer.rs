//! What a client would rather have (RFC 7240): `Prefer: code=404, example=empty, dynamic=true, seed=7`.

use http::HeaderMap;

/// What the header field `Prefer` says, as far as it is known here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Preference {
    /// A status.
    pub(crate) code: Option<u16>,
    /// An example, by its name.
    pub(crate) example: Option<String>,
    /// A new answer each time.
    pub(crate) is_dynamic: bool,
    /// The answer of this number.
    pub(crate) seed: Option<u64>,
}

impl Preference {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut preference = Self::default();
        let values = headers.get_all("prefer").iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        for (name, value) in values.flat_map(|value| parts(&value)) {
            match name.as_str() {
                "code" => preference.code = value.parse().ok(),
                "example" => preference.example = Some(value),
                "dynamic" => preference.is_dynamic = !value.eq_ignore_ascii_case("false"),
                "seed" => preference.seed = value.parse().ok(),
                _ => {}
            }
        }
        preference
    }
}

/// The preferences of a field and their values, which may stand in quotes.
fn parts(field: &str) -> Vec<(String, String)> {
    let (mut all, mut name, mut value) = (Vec::new(), String::new(), None::<String>);
    // What stands in quotes keeps its spaces.
    let mut was_quoted = false;
    let done = |name: &str, value: Option<String>, was_quoted: bool| {
        let value = value.unwrap_or_default();
        let value = if was_quoted { value } else { value.trim().to_owned() };
        (name.trim().to_ascii_lowercase(), value)
    };
    let mut characters = field.chars();
    let mut is_quoted = false;
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                // What stood before the quotes was space.
                if !was_quoted {
                    value = value.map(|_| String::new());
                }
                (is_quoted, was_quoted) = (!is_quoted, true);
            }
            ',' | ';' if !is_quoted => {
                all.push(done(&name, value.take(), was_quoted));
                (name, was_quoted) = (String::new(), false);
            }
            // Between a value and its quotes.
            ' ' if !is_quoted && was_quoted => {}
            '=' if !is_quoted && value.is_none() => value = Some(String::new()),
            c => {
                let c = if c == '\\' && is_quoted { characters.next() } else { Some(c) };
                value.as_mut().unwrap_or(&mut name).extend(c);
            }
        }
    }
    all.push(done(&name, value, was_quoted));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_stand_in_one_field_or_several() {
        let mut headers = HeaderMap::new();
        assert_eq!(Preference::of(&headers), Preference::default());
        headers.append("prefer", "code=404, example=\"no pets\"".parse().unwrap());
        let mut spaced = HeaderMap::new();
        spaced.append("prefer", r#"example= " sp " , seed=1"#.parse().unwrap());
        let example = Some(" sp ".to_owned());
        assert_eq!(Preference::of(&spaced), Preference { example, seed: Some(1), ..Preference::default() });
        let mut quoted = HeaderMap::new();
        quoted.append("prefer", r#"Example = "a, \"b\"; c" , code=201"#.parse().unwrap());
        let example = Some(r#"a, "b"; c"#.to_owned());
        assert_eq!(Preference::of(&quoted), Preference { code: Some(201), example, ..Preference::default() });
        headers.append("prefer", "dynamic=true; seed=7, respond-async".parse().unwrap());
        let example = Some("no pets".to_owned());
        assert_eq!(Preference::of(&headers), Preference { code: Some(404), example, is_dynamic: true, seed: Some(7) });
    }
}
