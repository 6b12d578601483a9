//! Names whose values are secrets: one table for header fields, parameters, cookies, members, elements, environment
//! variables and all other names.
//!
//! A name is split into words first (`newPassword`, `NEW_PASSWORD`, `user[new-password]` are `new password`), then its
//! last words are looked up. `passwordHint` is a hint and `nextPageToken` a position in a list, so neither is secret.

use super::name_table::{
    ABOUT, ENDING_LIKE_KEYS, HEADS, KEYS_OF_TABLES, PAIRS, PASSES, PUBLIC_HEADS, QUALIFIERS, SESSION_COOKIES,
    TOKENS_OF_LISTS,
};
use super::vendors::VENDORS;
use smallvec::SmallVec;
use smol_str::SmolStr;

/// The certainty with which a name marks its value as a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// The name is often public (`key`, `code`, a vendor): only a random value is secret.
    Suspicious,
    /// The name of a credential: every value is secret except words, sentences, short numbers and the like.
    Credential,
    /// The name of a typed secret (`password`, `pin`): every value that a client sends is secret.
    Typed,
    /// The project declares every value secret.
    Always,
}

/// A name that marks its value as a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The kind of the secret, which fixtures use as its name.
    pub(super) kind: &'static str,
    pub(super) certainty: Certainty,
    /// The words that matched, as reports show them: `api key`.
    pub(super) words: SmolStr,
}

pub(super) type Words = SmallVec<[SmolStr; 6]>;

/// Longer names are not written by people, and are ignored.
const NAME_BYTES_MAX: usize = 128;

/// The words of a name, in lower case, without digits at their ends.
pub(super) fn words(name: &str) -> Words {
    let mut words = Words::new();
    let mut word = String::new();
    let characters: SmallVec<[char; 32]> = name.chars().collect();
    for (at, character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| characters[before]);
        let after = characters.get(at + 1);
        let begins = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase() || before.is_ascii_digit() || after.is_some_and(|after| after.is_lowercase())
            });
        if !character.is_alphanumeric() || begins {
            push(&mut words, &word);
            word.clear();
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
    }
    push(&mut words, &word);
    words
}

/// Adds a word. A compound without separators is added as its parts.
fn push(words: &mut Words, word: &str) {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if word.is_empty() {
        return;
    }
    match compound(word) {
        Some((first, last)) => {
            push(words, first);
            words.push(last.into());
        }
        None => words.push(word.into()),
    }
}

/// The parts of a word such as `apikey`, `csrftoken` or `jsessionid`.
fn compound(word: &str) -> Option<(&str, &str)> {
    let is_first = |first: &str, last: &str| {
        PAIRS.iter().any(|(head, firsts, ..)| *head == last && firsts.contains(&first))
            || (last == "key" && (KEYS_OF_TABLES.contains(&first) || VENDORS.contains(&first)))
    };
    if word.len() > 20 && !word.ends_with("token") {
        return None;
    }
    if let Some(rest) = word.strip_prefix("password").filter(|rest| QUALIFIERS.contains(rest)) {
        return Some(("password", rest));
    }
    for last in ["password", "passwd", "passphrase", "passcode", "token", "secret"] {
        if let Some(first) = word.strip_suffix(last).filter(|first| first.len() > 1 && first.is_ascii()) {
            return Some((first, last));
        }
    }
    if word.ends_with("sessid") || word.ends_with("sessionid") {
        return Some(("session", "id"));
    }
    // Any `…key` may be a key. The value decides: only a random one is secret.
    if let Some(first) = word.strip_suffix("key").filter(|first| first.len() > 2 && first.is_ascii())
        && !ENDING_LIKE_KEYS.contains(&word)
    {
        return Some((first, "key"));
    }
    for last in ["key", "code", "string", "number", "pass", "pwd", "response", "request"] {
        let first = word.strip_suffix(last).unwrap_or("");
        let is_place = matches!(last, "pass" | "pwd")
            && matches!(first, "user" | "db" | "admin" | "root" | "my" | "http" | "ftp" | "smtp");
        if is_place || (!first.is_empty() && is_first(first, last)) {
            return Some((first, last));
        }
    }
    None
}

/// A word without its plural.
fn singular(word: &str) -> &str {
    match word {
        "pass" | "access" | "sess" | "address" | "creds" => word,
        _ => word.strip_suffix('s').filter(|one| one.len() > 2).unwrap_or(word),
    }
}

/// Classifies a name. Most names are unknown and give `None`.
pub(super) fn classify(name: &str) -> Option<Named> {
    // A path is no name, whatever it ends with: `node_modules/basic-auth`.
    if name.len() > NAME_BYTES_MAX || name.contains('/') {
        return None;
    }
    let all = words(name);
    let mut words = all.as_slice();
    loop {
        if let Some(named) = named(words) {
            return Some(named);
        }
        // `tokenValue` is as secret as `token`.
        match words {
            [rest @ .., last] if QUALIFIERS.contains(&last.as_str()) => words = rest,
            _ => return of_vendor(&all),
        }
    }
}

/// Classifies the words of a name by the last one.
fn named(words: &[SmolStr]) -> Option<Named> {
    let (last, before) = words.split_last()?;
    let head = singular(last);
    if before.iter().any(|word| ABOUT.contains(&word.as_str())) && !matches!(head, "key") {
        return None;
    }
    let first = before.last().map_or("", |word| singular(word));
    let named = |kind, certainty, told: &[&str]| Some(Named { kind, certainty, words: told.join(" ").into() });
    if let Some((_, _, kind, certainty)) =
        PAIRS.iter().find(|(known, firsts, ..)| *known == head && firsts.contains(&first))
    {
        return named(*kind, *certainty, &[first, head]);
    }
    match head {
        "token" if TOKENS_OF_LISTS.contains(&first) => return None,
        "pass" if PASSES.contains(&first) => return None,
        // `tokens` are counted more often than listed.
        "token" if last == "tokens" => return named("token", Certainty::Suspicious, &["tokens"]),
        "key" if KEYS_OF_TABLES.contains(&first) => return None,
        _ => {}
    }
    if let Some((known, kind, certainty)) = HEADS.iter().find(|(known, ..)| *known == head) {
        return named(*kind, *certainty, &[*known]);
    }
    None
}

/// Finds a vendor in a name that has no other known words.
fn of_vendor(words: &[SmolStr]) -> Option<Named> {
    if words.last().is_none_or(|last| PUBLIC_HEADS.contains(&last.as_str())) {
        return None;
    }
    // `new_relic` is a name of two words.
    let mut joined = (1..=3).flat_map(|length| words.windows(length)).map(<[SmolStr]>::concat);
    let vendor = joined.find(|word| VENDORS.contains(&word.as_str()))?;
    Some(Named { kind: "api-key", certainty: Certainty::Suspicious, words: vendor.into() })
}

/// Names of cookies that carry a session, beside those that [`classify`] knows.
pub(super) fn is_session_cookie(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| SESSION_COOKIES.contains(&word.as_str()))
        || classify(name).is_some_and(|named| named.certainty > Certainty::Suspicious)
}

/// Parameters of queries and fragments that carry a credential, beside what [`classify`] knows: presigned URLs (AWS Signature
/// Version 4, Google Cloud Storage, Azure SAS) and OAuth 2.0 (RFC 6749).
pub(super) fn classify_parameter(name: &str) -> Option<Named> {
    let named = |kind, told: &str| Some(Named { kind, certainty: Certainty::Suspicious, words: told.into() });
    match name.to_ascii_lowercase().as_str() {
        "sig" | "signature" | "x-amz-signature" | "x-goog-signature" | "hmac" => {
            Some(Named { kind: "secret", certainty: Certainty::Credential, words: "signature".into() })
        }
        "x-amz-credential" | "x-goog-credential" => {
            Some(Named { kind: "secret", certainty: Certainty::Credential, words: "credential".into() })
        }
        "code" => named("code", "code"),
        "hash" | "ticket" | "invite" | "confirmation" | "magic" => named("secret", "one-time parameter"),
        _ => classify(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(name: &str) -> String {
        words(name).join(" ")
    }

    #[test]
    fn names_are_split_into_words() {
        for (name, expected) in [
            ("newPassword", "new password"),
            ("NEW_PASSWORD", "new password"),
            ("user[new-password]", "user new password"),
            ("APIKey", "api key"),
            ("apikey", "api key"),
            ("XSRF-TOKEN", "xsrf token"),
            ("csrftoken", "csrf token"),
            ("csrfmiddlewaretoken", "csrfmiddleware token"),
            ("password1", "password"),
            ("oauth2Token", "oauth token"),
            ("2faCode", "2fa code"),
            ("PHPSESSID", "session id"),
            ("JSESSIONID", "session id"),
            ("keyword", "keyword"),
            ("monkey", "monkey"),
            ("secretary", "secretary"),
        ] {
            assert_eq!(split(name), expected, "{name}");
        }
    }

    #[test]
    fn a_name_says_what_its_last_words_say() {
        let certainty = |name: &str| classify(name).map(|named| named.certainty);
        for name in [
            "password",
            "passwordRepeat",
            "user[password]",
            "password2",
            "DB_PASS",
            "pin",
            "mfaCode",
            "pwd",
            "seed_phrase",
        ] {
            assert_eq!(certainty(name), Some(Certainty::Typed), "{name}");
        }
        for name in [
            "access_token",
            "x-vault-token",
            "masterKey",
            "x-functions-key",
            "_csrf",
            "clientSecret",
            "sessionId",
            "jsessionid",
            "recoveryCodes",
            "AWS_SECRET_ACCESS_KEY",
            "connectionString",
            "secretValue",
            "x-authorization",
            "passwordHash",
        ] {
            assert!(certainty(name) >= Some(Certainty::Credential), "{name} {:?}", certainty(name));
        }
        for name in [
            "nextToken",
            "continuationToken",
            "tokenCount",
            "hasPassword",
            "passwordHint",
            "secretary",
            "tokenType",
            "publicKey",
            "keyword",
            "passport",
            "compass",
            "idempotency-key",
            "sec-websocket-key",
            "tokenizer",
            "pinned",
            "shipping",
            "github_id",
            "docker-content-digest",
            "stripe_customer",
            "primaryKey",
            "maxTokens",
            "resetPasswordUrl",
            "bypass",
            "monkey",
            "invalidToken",
        ] {
            assert_eq!(certainty(name), None, "{name}");
        }
        assert_eq!(certainty("dd-something-key"), Some(Certainty::Suspicious));
        assert_eq!(certainty("adafruit"), Some(Certainty::Suspicious));
    }
}
