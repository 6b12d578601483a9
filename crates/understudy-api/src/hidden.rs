//! What is not shown and not written into files: credentials by their usual names, and what the project adds.

use understudy_exchange::Json;
use understudy_exchange::redact::{Redactor, SecretNames};
use understudy_fixture::model::Redact;

/// The names that hide what they name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hidden(SecretNames);

impl Hidden {
    pub(crate) fn new(more: &Redact) -> Self {
        // The members that the project's paths end in are hidden wherever they stand.
        let members = more.json.iter().filter_map(|path| last_name(path.as_str())).collect();
        Self(SecretNames::with(more.headers.clone(), members, more.keep.clone()))
    }

    /// Takes the same out of exchanges, and what looks like a secret.
    pub(crate) fn redactor(&self) -> Redactor {
        Redactor::new(self.names())
    }

    pub(crate) fn names(&self) -> SecretNames {
        self.0.clone()
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.0.has_header(name)
    }

    pub(crate) fn has_member(&self, name: &str) -> bool {
        self.0.has_member(name)
    }

    /// Whether a place is about something hidden: a header's name, or a JSONPath that leads through a hidden member.
    pub(crate) fn has_place(&self, place: &str) -> bool {
        self.has_header(place) || names_of(place).iter().any(|name| self.has_member(name))
    }

    /// Returns true if a text has a secret by name or by look. JSON may be cut off.
    pub(crate) fn has_secret(&self, text: &str) -> bool {
        self.0.are_in(text)
            || self.0.added_members().iter().any(|name| text.contains(&format!("{}:", Json::string(name))))
    }

    /// A value without what is hidden in it: members keep their names only.
    pub(crate) fn value(&self, value: &Json) -> Json {
        self.0.redacted(value)
    }
}

/// The last name of a JSONPath: what it is about, whatever indexes or wildcards follow.
fn last_name(path: &str) -> Option<String> {
    names_of(path).into_iter().rev().find(|name| name.chars().any(char::is_alphabetic))
}

/// The names on the way of a JSONPath.
fn names_of(path: &str) -> Vec<String> {
    let Some(path) = path.strip_prefix('$') else { return Vec::new() };
    let parts = path.split(['.', '[', ']']).map(|part| part.trim_matches(['\'', '"']));
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use understudy_exchange::JsonPath;
    use understudy_exchange::redact::REDACTED;

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
        assert!(hidden.has_place("$.user.ssn") && hidden.has_place("$.tokens[3]") && !hidden.has_place("$.user.n"));
    }
}
