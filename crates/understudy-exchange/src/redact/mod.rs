//! What is never shown or stored: credentials, by the names of what carries them ([`is_secret_header`],
//! [`is_secret_member`]) and, in what is recorded, by what they look like ([`Redactor`]).

mod content;
mod exchange_look;
mod quiet;
mod redactor;
mod shape;

pub use exchange_look::QuickLook;
pub use redactor::{Redaction, Redactor};

use crate::{Json, JsonString};

/// The text that stands where a secret was.
pub const REDACTED: &str = "«redacted»";

/// Header fields that carry credentials, in lower case.
const SECRET_HEADERS: &[&str] = &[
    "api-key",
    "apikey",
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-access-token",
    "x-amz-security-token",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-goog-api-key",
    "x-session-token",
    "x-xsrf-token",
];

/// What the names of members that carry credentials end in, in lower case and without `_` and `-`: `newPassword`,
/// `csrf_token`, `clientSecret`.
const SECRET_ENDINGS: &[&str] =
    &["apikey", "accesskey", "passwd", "password", "passphrase", "privatekey", "secret", "secretkey", "token"];

/// Names that carry credentials and are too short to be looked for at the ends of others.
const SECRET_MEMBERS: &[&str] =
    &["cardnumber", "ccnumber", "creditcard", "cvc", "cvv", "otp", "pan", "pin", "pwd", "securitycode", "ssn"];

/// Names that end like a credential's and are places in lists.
const PLACES_IN_LISTS: &[&str] =
    &["continuationtoken", "cursortoken", "nextpagetoken", "nexttoken", "pagetoken", "prevpagetoken", "synctoken"];

/// Parameters of queries that carry credentials, beside what members do.
const SECRET_PARAMETERS: &[&str] = &["auth", "key", "sig", "signature", "xamzcredential", "xamzsignature"];

/// Whether a header field of this name carries a credential.
#[must_use]
pub fn is_secret_header(name: &str) -> bool {
    SECRET_HEADERS.iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

/// Whether a JSON member, a field of a form or a part of this name carries a credential. Whole words, not parts of them:
/// `secretary` is no secret.
#[must_use]
pub fn is_secret_member(name: &str) -> bool {
    let plain = plain(name);
    SECRET_MEMBERS.contains(&plain.as_str())
        || (SECRET_ENDINGS.iter().any(|ending| plain.ends_with(ending)) && !PLACES_IN_LISTS.contains(&plain.as_str()))
}

/// Whether a parameter of a query carries a credential.
#[must_use]
pub fn is_secret_parameter(name: &str) -> bool {
    is_secret_member(name) || SECRET_PARAMETERS.contains(&plain(name).as_str())
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | '.')).map(|c| c.to_ascii_lowercase()).collect()
}

/// The names of what carries credentials: the usual ones, and what a project adds.
#[derive(Debug, Clone, Default)]
pub struct SecretNames {
    headers: Vec<String>,
    members: Vec<String>,
}

impl SecretNames {
    /// The usual names, and these header fields and members.
    #[must_use]
    pub fn with(headers: Vec<String>, members: Vec<String>) -> Self {
        Self { headers, members }
    }

    /// The members that were added to the usual ones.
    #[must_use]
    pub fn added_members(&self) -> &[String] {
        &self.members
    }

    /// Whether a header field of this name, in any case, carries a credential.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        is_secret_header(name) || self.headers.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Whether a member of this name carries a credential.
    #[must_use]
    pub fn has_member(&self, name: &str) -> bool {
        is_secret_member(name) || self.members.iter().any(|known| known == name)
    }

    /// Whether a parameter of a query of this name carries a credential.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        is_secret_parameter(name) || self.has_member(name)
    }

    /// A value without the credentials in it: secret members keep their names only, and of texts that look like a secret
    /// nothing is kept.
    #[must_use]
    pub fn redacted(&self, value: &Json) -> Json {
        let member = |(name, value): &(JsonString, Json)| {
            let is_secret = self.has_member(name.as_str());
            (name.clone(), if is_secret { Json::string(REDACTED) } else { self.redacted(value) })
        };
        match value {
            Json::Array(items) => Json::Array(items.iter().map(|item| self.redacted(item)).collect()),
            Json::Object(members) => Json::Object(members.iter().map(member).collect()),
            Json::String(text) if looks_secret(text.as_str()) => Json::string(REDACTED),
            other => other.clone(),
        }
    }
}

/// Whether a text has a token, a private key or a service's key in it, or is a payment card's number.
#[must_use]
pub fn looks_secret(text: &str) -> bool {
    shape::has_secrets(text) || shape::is_card(text)
}

/// A value without the credentials that have the usual names or looks.
#[must_use]
pub fn redacted(value: &Json) -> Json {
    SecretNames::default().redacted(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_whole_names() {
        assert!(is_secret_header("Authorization") && !is_secret_header("x-authorization-hint"));
        for name in ["access_token", "accessToken", "new-password", "csrfToken", "pin", "clientSecret"] {
            assert!(is_secret_member(name), "{name}");
        }
        for name in ["secretary", "nextPageToken", "tokens", "pinned", "shipping", "tokenType"] {
            assert!(!is_secret_member(name), "{name}");
        }
        assert!(is_secret_parameter("key") && is_secret_parameter("api_key") && !is_secret_member("key"));
        let value = Json::parse(br#"{"a":[{"password":"x","n":1}]}"#).unwrap_or(Json::Null);
        assert_eq!(redacted(&value).to_string(), format!("{{\"a\":[{{\"password\":\"{REDACTED}\",\"n\":1}}]}}"));
    }
}
