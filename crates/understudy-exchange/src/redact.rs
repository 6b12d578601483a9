//! What is never shown or stored: credentials in headers and in JSON members.

use crate::Json;

/// The text that stands where a secret was.
pub const REDACTED: &str = "«redacted»";

/// Header fields that carry credentials, in lower case.
const SECRET_HEADERS: &[&str] = &[
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-xsrf-token",
];

/// JSON members that carry credentials, in lower case and without `_` and `-`.
const SECRET_MEMBERS: &[&str] =
    &["accesstoken", "apikey", "clientsecret", "idtoken", "passwd", "password", "privatekey", "refreshtoken", "secret"];

/// Whether a header field of this name carries a credential.
#[must_use]
pub fn is_secret_header(name: &str) -> bool {
    SECRET_HEADERS.iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

/// Whether a JSON member of this name carries a credential. Exact names, not parts of names: `secretary` is
/// no secret.
#[must_use]
pub fn is_secret_member(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_MEMBERS.contains(&plain.as_str())
}

/// A value without the credentials in it: secret members keep their names only.
#[must_use]
pub fn redacted(value: &Json) -> Json {
    match value {
        Json::Array(items) => Json::Array(items.iter().map(redacted).collect()),
        Json::Object(members) => Json::Object(
            members
                .iter()
                .map(|(name, value)| {
                    let secret = is_secret_member(name.as_str());
                    (name.clone(), if secret { Json::string(REDACTED) } else { redacted(value) })
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_whole_names() {
        assert!(is_secret_header("Authorization") && !is_secret_header("x-authorization-hint"));
        assert!(is_secret_member("access_token") && is_secret_member("accessToken") && !is_secret_member("secretary"));
        let value = Json::parse(br#"{"a":[{"password":"x","n":1}]}"#).unwrap_or(Json::Null);
        assert_eq!(redacted(&value).to_string(), format!("{{\"a\":[{{\"password\":\"{REDACTED}\",\"n\":1}}]}}"));
    }
}
