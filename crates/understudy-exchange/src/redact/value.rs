//! Values under a secret's name: which of them are secrets, and which secrets are distinctive enough to be searched
//! elsewhere.

use super::form::{
    is_counted, is_date, is_digits, is_email, is_identifier, is_path, is_random, is_styled, is_version, is_words,
};
use super::names::{Certainty, Named};
use super::stand_in;

/// Shorter values occur in many places by chance.
const TELLING_CHARS_MIN: usize = 5;
/// A number of this many digits does not occur elsewhere by chance.
const TELLING_DIGITS_MIN: usize = 12;
/// The minimum number of words in a seed phrase (BIP 39 has 12 to 24).
const PHRASE_WORDS_MIN: usize = 6;

/// The side that sent a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The client.
    Request,
    /// The backend.
    Response,
}

/// Returns true if a text under this name is a secret.
pub(super) fn is_secret(value: &str, named: &Named, side: Side) -> bool {
    let value = value.trim();
    if is_nothing(value) || stand_in::is_stand_in(value) || (named.certainty != Certainty::Always && is_version(value))
    {
        return false;
    }
    match named.certainty {
        Certainty::Always => true,
        Certainty::Suspicious => is_random(value) && !is_counted(value),
        Certainty::Credential => is_credential(value) || is_slug(value) || (named.kind == "code" && is_grouped(value)),
        Certainty::Typed if named.words == "mnemonic" || named.words.ends_with("phrase") => {
            value.split_whitespace().count() >= PHRASE_WORDS_MIN || is_credential(value)
        }
        Certainty::Typed if is_digits(value) => match named.kind {
            "card" if !named.words.starts_with("c") || named.words.contains(' ') => value.len() >= 12,
            "password" => side == Side::Request || value.len() >= 4,
            _ => (3..=12).contains(&value.len()),
        },
        Certainty::Typed if side == Side::Request => !value.eq_ignore_ascii_case(&named.words) && !is_path(value),
        Certainty::Typed if value.contains("://") && !has_userinfo(value) => false,
        Certainty::Typed if named.words == "ssn" => is_social_security_number(value),
        Certainty::Typed if named.kind == "pin" => value.bytes().filter(u8::is_ascii_digit).count() >= 3,
        Certainty::Typed if is_word_around(value, "password") => true,
        Certainty::Typed if is_slug(value) => !value.to_ascii_lowercase().contains("pass"),
        Certainty::Typed if named.kind == "code" && is_grouped(value) => true,
        Certainty::Typed => !is_words(value) && !is_path(value) && !is_styled(value) && !is_date(value),
    }
}

/// Returns true for digits in groups, as all countries write the numbers of their people.
fn is_social_security_number(value: &str) -> bool {
    value.bytes().filter(u8::is_ascii_digit).count() >= 6
        && value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b' ' | b'.'))
}

/// Returns true if a JSON number under this name is a secret.
pub(super) fn is_secret_number(digits: &str, named: &Named, side: Side) -> bool {
    let is_whole = is_digits(digits);
    match (named.certainty, named.kind) {
        (Certainty::Typed, "card") => {
            is_whole && (digits.len() >= 12 || named.words != "card number" && digits.len() >= 3)
        }
        (Certainty::Typed, "code") => is_whole && digits.len() >= 4,
        (Certainty::Typed, "secret") => is_whole && digits.len() >= 8,
        (Certainty::Typed, _) => is_whole && side == Side::Request && digits.len() >= 3,
        (Certainty::Credential, _) => is_whole && digits.len() >= 10,
        (Certainty::Suspicious, _) => false,
        (Certainty::Always, _) => true,
    }
}

/// Returns true if a secret is searched everywhere: it is not a word, a short number or a sentence.
pub(super) fn is_telling(secret: &str) -> bool {
    let length = secret.chars().count();
    if is_digits(secret) {
        return length >= TELLING_DIGITS_MIN;
    }
    // Three or more joined words do not occur elsewhere by chance.
    let is_of_words = is_words(secret) && !(is_joined(secret) && secret.split(['-', '_']).count() > 2);
    length >= TELLING_CHARS_MIN && !is_of_words && !is_date(secret)
}

/// Returns true for values that mean none: flags, masks and placeholders.
fn is_nothing(value: &str) -> bool {
    const NOTHING: &[&str] = &[
        "",
        "true",
        "false",
        "null",
        "none",
        "nil",
        "undefined",
        "yes",
        "no",
        "on",
        "off",
        "n/a",
        "[redacted]",
        "redacted",
        "[filtered]",
        "[hidden]",
        "[object object]",
        "wrong-password",
        "wrong-token",
    ];
    let lower = value.to_ascii_lowercase();
    if NOTHING.contains(&lower.as_str()) {
        return true;
    }
    let first = value.chars().next().unwrap_or(' ');
    let is_mask = |c: char| matches!(c, '*' | '•' | '●' | 'x' | 'X' | '.' | '-' | '_' | '?' | '#' | '…');
    if is_mask(first) && value.chars().all(|c| c == first) {
        return true;
    }
    let is_template = [("${", "}"), ("{{", "}}"), ("<", ">"), ("%(", ")s"), ("#{", "}"), ("{%", "%}"), ("$(", ")")];
    if is_template.iter().any(|(begin, end)| value.starts_with(begin) && value.ends_with(end)) {
        return true;
    }
    let is_variable = value.strip_prefix('$').is_some_and(is_identifier);
    is_variable
        || ["process.env.", "os.environ", "env.", "secrets.", "vars."].iter().any(|begin| value.starts_with(begin))
}

fn is_credential(value: &str) -> bool {
    if value.len() < 6 || is_words(value) || is_path(value) || is_styled(value) || is_date(value) || is_email(value) {
        return false;
    }
    if is_digits(value) {
        return value.len() >= 8;
    }
    // `sha256`, `oauth2`, `v1.2.3` and `RS256` name algorithms and versions.
    let letters = value.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_'));
    let is_numbered_word = value.len() < 10 && is_words(letters);
    let is_number =
        value.trim_start_matches('v').bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    !is_numbered_word && !is_number && (!value.contains("://") || has_userinfo(value))
}

/// Words that make a joined text an error code, a setting or a name, and not a token of a development server.
const OF_CODES: &[&str] = &[
    "access",
    "bad",
    "blank",
    "client",
    "denied",
    "does",
    "empty",
    "error",
    "expired",
    "failed",
    "field",
    "forbidden",
    "form",
    "grant",
    "id",
    "incorrect",
    "invalid",
    "label",
    "length",
    "long",
    "match",
    "max",
    "min",
    "mismatch",
    "missing",
    "must",
    "not",
    "only",
    "origin",
    "required",
    "server",
    "short",
    "taken",
    "too",
    "type",
    "unauthorized",
    "unknown",
    "unsupported",
    "weak",
    "wrong",
];

/// Returns true for an expression of a program: names joined by dots, or one name with something after it.
pub(super) fn is_expression(value: &str, is_followed: bool) -> bool {
    let value = value.trim_start_matches('!');
    (value.contains('.') || (is_followed && value.contains('_'))) && value.split('.').all(is_identifier)
}

/// Returns true if a text is a placeholder for a value: `<your password>`, `YOUR_TOKEN`, `changeme`.
pub(super) fn is_placed(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    value.starts_with(['$', '{', '<', '%', '#'])
        || ["your", "placeholder", "example", "xxxx", "getenv", "env["].iter().any(|word| lower.contains(word))
}

/// Returns true for words that are joined: `dev-token`, `planted_by_client`.
fn is_joined(value: &str) -> bool {
    value.len() >= 8 && value.contains(['-', '_']) && !value.contains([' ', '/', ':', '.']) && is_words(value)
}

/// Returns true for joined words that are not a code of a program.
fn is_slug(value: &str) -> bool {
    let is_code = || value.split(['-', '_']).any(|word| OF_CODES.contains(&&*word.to_ascii_lowercase()));
    is_joined(value) && !value.chars().any(char::is_uppercase) && !is_code()
}

/// Returns true for a word that contains another one and is not a name with it: `thisismypassword`, but not
/// `newpassword`.
fn is_word_around(value: &str, word: &str) -> bool {
    const NAMING: &[&str] = &[
        "admin", "change", "confirm", "current", "db", "forgot", "has", "hide", "is", "new", "no", "old", "repeat",
        "reset", "retype", "root", "set", "show", "update", "user", "verify", "your",
    ];
    let before = value.strip_suffix(word).unwrap_or("");
    before.len() >= 2 && before.bytes().all(|byte| byte.is_ascii_lowercase()) && !NAMING.contains(&before)
}

/// Returns true for a code that people copy: groups of capital letters and digits (RFC 8628, section 6.1).
fn is_grouped(value: &str) -> bool {
    let is_group = |group: &str| {
        (3..=6).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    value.contains('-') && value.split('-').all(is_group)
}

fn has_userinfo(url: &str) -> bool {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(""));
    authority.rsplit_once('@').is_some_and(|(userinfo, _)| userinfo.contains(':'))
}

/// Shorter names of members are not secrets.
pub(super) const NAMES_SOUGHT_MIN: usize = 16;

#[cfg(test)]
mod tests {
    use super::super::names::classify;
    use super::*;

    fn judged(name: &str, value: &str, side: Side) -> bool {
        classify(name).is_some_and(|named| is_secret(value, &named, side))
    }

    #[test]
    fn values_are_judged_before_they_are_secrets() {
        use Side::{Request, Response};
        for (name, value, side) in [
            ("password", "customer", Request),
            ("password", "correct horse battery staple", Request),
            ("password", "hunter2", Response),
            ("pin", "4821", Response),
            ("otp", "482913", Request),
            ("token", "opaque-token-1", Response),
            ("access_token", "550e8400-e29b-41d4-a716-446655440000", Response),
            ("clientSecret", "Pl4nt03edVal", Response),
            ("connectionString", "Server=db;Password=x1;", Response),
            ("adafruit", "0a1b2c3d4e5f60718293a4b5c6d7e8f9", Response),
            ("mnemonic", "legal winner thank year wave sausage worth useful legal winner thank yellow", Response),
            ("session_id", "k3jh5g4k3jh5", Response),
        ] {
            assert!(judged(name, value, side), "{name} {value}");
        }
        for (name, value, side) in [
            ("password", "Passwort", Response),
            ("password", "Mot de passe oublié ?", Response),
            ("password", "must be at least 8 characters", Response),
            ("password", "password", Request),
            ("token", "invalid_token", Response),
            ("token", "accessDenied", Response),
            ("token", "#ff8800", Response),
            ("token", "16px", Response),
            ("secret", "false", Response),
            ("token", "{{token}}", Request),
            ("token", "********", Response),
            ("token", "sha256", Response),
            ("token", "https://auth.example.com/token", Response),
            ("adafruit", "orders-created-v2", Response),
            ("key", "user.profile.title", Response),
            ("session", "2024-spring", Response),
        ] {
            assert!(!judged(name, value, side), "{name} {value}");
        }
    }

    #[test]
    fn only_what_is_telling_is_looked_for_elsewhere() {
        for secret in ["pw7kX", "opaque-secret-1", "4111111111111111", "s3cr3t"] {
            assert!(is_telling(secret), "{secret}");
        }
        for secret in ["customer", "1234", "482913", "correct horse battery staple", "Passwort", "2024-01-01"] {
            assert!(!is_telling(secret), "{secret}");
        }
    }
}
