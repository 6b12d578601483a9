//! What is never shown or stored: credentials in headers and in JSON members.

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
