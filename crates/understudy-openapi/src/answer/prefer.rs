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
        let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for part in values.flat_map(|value| value.split([',', ';'])) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "code" => preference.code = value.parse().ok(),
                "example" => preference.example = Some(value.to_owned()),
                "dynamic" => preference.is_dynamic = !value.eq_ignore_ascii_case("false"),
                "seed" => preference.seed = value.parse().ok(),
                _ => {}
            }
        }
        preference
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_stand_in_one_field_or_several() {
        let mut headers = HeaderMap::new();
        assert_eq!(Preference::of(&headers), Preference::default());
        headers.append("prefer", "code=404, example=\"no pets\"".parse().unwrap());
        headers.append("prefer", "dynamic=true; seed=7, respond-async".parse().unwrap());
        let example = Some("no pets".to_owned());
        assert_eq!(Preference::of(&headers), Preference { code: Some(404), example, is_dynamic: true, seed: Some(7) });
    }
}
