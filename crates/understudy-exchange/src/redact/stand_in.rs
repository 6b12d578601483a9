//! Stand-ins of secrets: ASCII texts of the secret's form, so that programs which read them still work.
//!
//! A JSON web token can still be decoded. A UUID stays a UUID, hexadecimal digits and decimal digits stay digits. All
//! other stand-ins are `redacted-KIND-NUMBER`, which is a valid cookie, header value, path segment and query value.

use super::card;
use super::form::is_uuid;
use crate::Json;
use crate::json::JsonString;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The kinds of secrets, in the order in which stand-ins number them.
const KINDS: &[&str] =
    &["token", "password", "api-key", "secret", "session", "cookie", "code", "pin", "card", "private-key"];

/// `redacted`, spelled in hexadecimal digits.
const HEX_MARK: &str = "4edac7ed";

/// Shorter hexadecimal numbers are too short for the mark.
const HEX_CHARS_MIN: usize = 16;

/// 2100-01-01 in seconds since 1970: no test run is later.
const FAR_AWAY: u64 = 4_102_444_800;

/// Generates the stand-in of a secret; `number` distinguishes it from others of the same kind.
pub(super) fn stand_in(secret: &str, kind: &str, number: u32) -> String {
    let plain = format!("redacted-{kind}-{number}");
    let which = KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len());
    let is_hex = |byte: u8| byte.is_ascii_hexdigit();
    let lower = if is_uuid(secret) {
        format!("{HEX_MARK}-0000-4{which:03x}-8000-{number:012x}")
    } else if let Some(token) = jwt(secret, &plain) {
        return token;
    } else if card::is_card(secret) {
        return card::with_number(secret, number);
    } else if secret.len() >= 3 && secret.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits(secret.len(), number);
    } else if secret.len() >= HEX_CHARS_MIN && secret.bytes().all(is_hex) {
        let digits = format!("{number:x}");
        let zeros = (secret.len() - HEX_MARK.len() - 1).saturating_sub(digits.len());
        format!("{HEX_MARK}{which:x}{}{digits}", "0".repeat(zeros))
    } else {
        return plain;
    };
    if secret.bytes().any(|byte| byte.is_ascii_uppercase()) { lower.to_ascii_uppercase() } else { lower }
}

/// Generates a number of the same length without a leading zero.
fn digits(length: usize, number: u32) -> String {
    let number = (u64::from(number) % 10_u64.pow(u32::try_from(length.min(9)).unwrap_or(9) - 1)).to_string();
    // `format!` panics on widths above 65,535.
    format!("1{}{number}", "0".repeat((length - 1).saturating_sub(number.len())))
}

/// Generates a JSON web token with the same claims (RFC 7519), which does not expire and has no valid signature.
fn jwt(secret: &str, plain: &str) -> Option<String> {
    let mut parts = secret.split('.');
    let (Some(header), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let object = |part: &str| match Json::parse(&URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?).ok()? {
        Json::Object(members) => Some(members),
        _ => None,
    };
    object(header)?;
    let claims = object(claims)?.into_iter().map(|(name, value)| {
        let value = match &*name.as_str().to_ascii_lowercase() {
            "exp" => Json::Number(FAR_AWAY.into()),
            lower => claim(&name, lower, value, plain),
        };
        (name, value)
    });
    let claims = URL_SAFE_NO_PAD.encode(Json::Object(claims.collect()).to_string());
    Some(format!("{}.{claims}.{plain}", header.trim_end_matches('=')))
}

/// Returns a claim's value without secrets.
fn claim(name: &JsonString, lower: &str, value: Json, plain: &str) -> Json {
    let is_secret =
        matches!(lower, "jti" | "sid" | "nonce" | "at_hash" | "c_hash") || super::is_secret_member(name.as_str());
    match value {
        Json::String(_) if is_secret => Json::string(plain),
        Json::String(text) if super::looks_secret(text.as_str()) => Json::string(plain),
        Json::Object(members) => Json::Object(
            members
                .into_iter()
                .map(|(name, value)| {
                    let value = claim(&name, &name.as_str().to_ascii_lowercase(), value, plain);
                    (name, value)
                })
                .collect(),
        ),
        Json::Array(items) => Json::Array(items.into_iter().map(|item| claim(name, lower, item, plain)).collect()),
        other => other,
    }
}

/// Generates a JSON number of the same length.
pub(super) fn number(secret: &str, number: u32) -> String {
    if card::is_card(secret) { card::with_number(secret, number) } else { digits(secret.len().max(3), number) }
}

/// Returns true if a text is a stand-in, and so is not a secret.
#[must_use]
pub fn is_stand_in(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or(text);
    if let Some(rest) = last.strip_prefix("redacted-") {
        return rest
            .rsplit_once('-')
            .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    }
    let is_card = || text.len() >= 14 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-'));
    if is_card() && card::is_stand_in(text) {
        return true;
    }
    text.get(..HEX_MARK.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(HEX_MARK))
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(text)
    }

    #[test]
    fn a_stand_in_has_the_form_of_the_secret() {
        for (secret, kind, expected) in [
            ("hunter2", "password", "redacted-password-7"),
            ("482913", "code", "100007"),
            ("550E8400-E29B-41D4-A716-446655440000", "token", "4EDAC7ED-0000-4000-8000-000000000007"),
            ("0a1b2c3d4e5f6071", "api-key", "4edac7ed20000007"),
            ("4111 1111 1111 1111", "card", "4000 0000 0000 0077"),
        ] {
            let made = stand_in(secret, kind, 7);
            assert_eq!(made.len() == secret.len(), !expected.starts_with("redacted-"), "{made}");
            if kind != "card" {
                assert_eq!(made, expected);
                assert!(kind == "code" || is_stand_in(&made));
            }
        }
    }

    #[test]
    fn the_longest_secrets_have_stand_ins() {
        for secret in ["1".repeat(100_000), "1a".repeat(50_000)] {
            assert_eq!(stand_in(&secret, "token", 7).len(), secret.len());
            assert_eq!(number(&secret, 7).len(), secret.len());
        }
    }

    #[test]
    fn a_token_keeps_its_claims_and_does_not_expire() {
        let secret = format!(
            "{}.{}.c2ln",
            encode(r#"{"alg":"HS256"}"#),
            encode(r#"{"sub":"42","name":"Ada","exp":1700000000,"jti":"k3jh5","session":{"token":"abc12345x"}}"#)
        );
        let made = stand_in(&secret, "token", 3);
        let parts: Vec<&str> = made.split('.').collect();
        let claims = Json::parse(&URL_SAFE_NO_PAD.decode(parts[1]).expect("base64")).expect("JSON").to_string();
        assert_eq!(
            claims,
            r#"{"sub":"42","name":"Ada","exp":4102444800,"jti":"redacted-token-3","session":{"token":"redacted-token-3"}}"#
        );
        assert_eq!(parts[2], "redacted-token-3");
        assert!(is_stand_in(&made));
    }
}
