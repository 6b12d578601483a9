//! What is not shown and not written into files: credentials by their usual names, and what the project adds.

use std::borrow::Cow;
use understudy_exchange::Json;
use understudy_exchange::redact::{REDACTED, Redactor, SecretNames};
use understudy_exchange::target::{encode_query_part, encode_segment};
use understudy_fixture::model::Redact;

/// The names that hide what they name, and values that are hidden wherever they stand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hidden {
    names: SecretNames,
    /// In each spelling, the longest first.
    values: Vec<String>,
}

/// The number of characters from which on a known value is looked for in other texts: shorter ones occur by chance.
const VALUE_CHARS_MIN: usize = 6;

/// The number of characters of a known value that are looked for in a text that is cut.
const PIECE_CHARS: usize = 8;

impl Hidden {
    pub(crate) fn new(more: &Redact) -> Self {
        // The members that the project's paths end in are hidden wherever they stand.
        let members = more.json.iter().filter_map(|path| last_name(path.as_str())).collect();
        Self { names: SecretNames::with(more.headers.clone(), members, more.keep.clone()), values: Vec::new() }
    }

    /// Hides these values too, wherever they stand: a server may echo the credentials that it got.
    pub(crate) fn knowing(&self, values: &[String]) -> Self {
        let long = values.iter().filter(|value| value.chars().count() >= VALUE_CHARS_MIN);
        let spellings = |value: &String| {
            let quoted = Json::string(value.clone()).to_string();
            [value.clone(), encode_segment(value), encode_query_part(value), quoted.trim_matches('"').to_owned()]
        };
        let mut values: Vec<String> = long.flat_map(spellings).collect();
        values.sort_by(|a, b| (b.len(), b).cmp(&(a.len(), a)));
        values.dedup();
        Self { names: self.names.clone(), values }
    }

    /// Returns a text without the known values.
    pub(crate) fn without_values<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let found = self.values.iter().filter(|value| text.contains(value.as_str()));
        found.fold(Cow::Borrowed(text), |text, value| Cow::Owned(text.replace(value, REDACTED)))
    }

    /// Returns true if a text, which may be cut off, has a known value or a piece of one.
    pub(crate) fn has_piece_of_value(&self, text: &str) -> bool {
        let is_piece = |value: &String| {
            let chars: Vec<char> = value.chars().collect();
            chars.windows(PIECE_CHARS).any(|piece| text.contains(&piece.iter().collect::<String>()))
        };
        self.has_value(text) || (text.contains('…') && self.values.iter().any(is_piece))
    }

    fn has_value(&self, text: &str) -> bool {
        self.values.iter().any(|value| text.contains(value.as_str()))
    }

    /// Takes the same out of exchanges, and what looks like a secret.
    pub(crate) fn redactor(&self) -> Redactor {
        Redactor::new(self.names())
    }

    pub(crate) fn names(&self) -> SecretNames {
        self.names.clone()
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.names.has_header(name)
    }

    pub(crate) fn has_member(&self, name: &str) -> bool {
        self.names.has_member(name)
    }

    /// Returns true if a place is about something redacted: the name of a header, or a path in JSON
    /// or XML that leads through a redacted member.
    pub(crate) fn has_place(&self, place: &str) -> bool {
        self.has_header(place) || names_of(place).iter().any(|name| self.has_member(name))
    }

    /// Returns true if a text has a secret by name, by look or by its known value. JSON may be cut off.
    pub(crate) fn has_secret(&self, text: &str) -> bool {
        self.names.are_in(text)
            || self.has_value(text)
            || self.names.added_members().iter().any(|name| text.contains(&format!("{}:", Json::string(name))))
    }

    /// A value without what is hidden in it: members keep their names only.
    pub(crate) fn value(&self, value: &Json) -> Json {
        let shown = self.names.redacted(value);
        if self.values.is_empty() { shown } else { self.without_values_in(shown) }
    }

    fn without_values_in(&self, value: Json) -> Json {
        match value {
            Json::String(text) if self.has_value(text.as_str()) => Json::string(REDACTED),
            Json::Array(items) => Json::Array(items.into_iter().map(|item| self.without_values_in(item)).collect()),
            Json::Object(members) => {
                Json::Object(members.into_iter().map(|(name, value)| (name, self.without_values_in(value))).collect())
            }
            other => other,
        }
    }
}

/// The last name of a JSONPath: what it is about, whatever indexes or wildcards follow.
fn last_name(path: &str) -> Option<String> {
    names_of(path).into_iter().rev().find(|name| name.chars().any(char::is_alphabetic))
}

/// The names on the way of a JSONPath or of a path into XML.
fn names_of(path: &str) -> Vec<String> {
    let (Some(path), ends) = (match path.strip_prefix('/') {
        Some(path) => (Some(path), &['/', '[', ']', '@'][..]),
        None => (path.strip_prefix('$'), &['.', '[', ']'][..]),
    }) else {
        return Vec::new();
    };
    let parts = path.split(ends).map(|part| part.trim_matches(['\'', '"']));
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use understudy_exchange::JsonPath;

    #[test]
    fn what_the_project_names_is_hidden_wherever_it_stands() {
        let json = ["$..ssn", "$['card-number']", "$.tokens[*]"].map(|path| JsonPath::parse(path).expect("a path"));
        let hidden =
            Hidden::new(&Redact { headers: vec!["X-Session-Key".to_owned()], json: json.to_vec(), keep: Vec::new() });
        assert!(hidden.has_header("x-session-key") && hidden.has_header("Authorization") && !hidden.has_header("x"));
        let value = Json::parse(br#"{"user":{"ssn":1,"n":2},"card-number":"4","tokens":["a"],"password":"x"}"#);
        let text = hidden.value(&value.expect("JSON")).to_string();
        let gone = format!("\"{REDACTED}\"");
        assert_eq!(
            text,
            format!(r#"{{"user":{{"ssn":{gone},"n":2}},"card-number":{gone},"tokens":[{gone}],"password":{gone}}}"#)
        );
        assert!(hidden.has_place("/user[2]/ssn") && hidden.has_place("/a/@ssn") && !hidden.has_place("/user/n"));
        assert!(hidden.has_place("$.user.ssn") && hidden.has_place("$.tokens[3]") && !hidden.has_place("$.user.n"));
    }

    #[test]
    fn a_known_value_is_hidden_in_every_spelling_and_in_a_text_that_is_cut() {
        let hidden = Hidden::default().knowing(&["s3cr/t 98765".to_owned(), "x".to_owned()]);
        assert_eq!(hidden.without_values("no s3cr/t 98765 x s3cr%2Ft%2098765"), "no «redacted» x «redacted»");
        assert!(hidden.has_piece_of_value("…r/t 98765 is gone") && !hidden.has_piece_of_value("r/t 98765"));
        let value = Json::parse(br#"{"a":["not s3cr/t 98765"],"n":1}"#).expect("JSON");
        assert_eq!(hidden.value(&value).to_string(), format!(r#"{{"a":["{REDACTED}"],"n":1}}"#));
    }
}
