//! Values under a secret's name: which of them are secrets, and which of those are so telling that they are looked for elsewhere.

use super::names::{Certainty, Named};
use super::stand_in;

/// Longer than this, letters alone are no word.
const WORD_CHARS_MAX: usize = 28;
/// A random value has as many characters.
const RANDOM_CHARS_MIN: usize = 14;
/// Shorter values stand in many places by chance.
const TELLING_CHARS_MIN: usize = 5;
/// So many digits are no number that stands elsewhere by chance.
const TELLING_DIGITS_MIN: usize = 12;
/// From so many words on, a phrase under a mnemonic's name is one (BIP 39 has 12 to 24).
const PHRASE_WORDS_MIN: usize = 6;

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// In what a client sent.
    Request,
    /// In what a backend sent.
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
        Certainty::Suspicious => is_random(value),
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
        Certainty::Typed if named.kind == "pin" => value.bytes().filter(u8::is_ascii_digit).count() >= 3,
        Certainty::Typed if is_word_around(value, "password") => true,
        Certainty::Typed if is_slug(value) => !value.to_ascii_lowercase().contains("pass"),
        Certainty::Typed if named.kind == "code" && is_grouped(value) => true,
        Certainty::Typed => !is_words(value) && !is_path(value) && !is_styled(value) && !is_date(value),
    }
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

/// Returns true if a secret is looked for wherever it may stand: it is no word, no short number and no sentence.
pub(super) fn is_telling(secret: &str) -> bool {
    let length = secret.chars().count();
    if is_digits(secret) {
        return length >= TELLING_DIGITS_MIN;
    }
    // Three words and more that are joined stand nowhere by chance.
    let is_of_words = is_words(secret) && !(is_joined(secret) && secret.split(['-', '_']).count() > 2);
    length >= TELLING_CHARS_MIN && !is_of_words && !is_date(secret)
}

fn is_digits(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Values that stand for none: flags, masks, and what is to be filled in.
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
    let is_variable = value.strip_prefix('$').is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    });
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
    // `sha256`, `oauth2`, `v1.2.3` and `RS256` are names of things.
    let letters = value.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_'));
    let is_numbered_word = value.len() < 10 && is_words(letters);
    let is_number =
        value.trim_start_matches('v').bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    !is_numbered_word && !is_number && (!value.contains("://") || has_userinfo(value))
}

/// Words with which a joined text is a code of an error, a setting or a name, and no token of a development server.
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

/// Returns true for an expression of a program: names joined by dots, or one name that something follows.
pub(super) fn is_expression(value: &str, is_followed: bool) -> bool {
    let value = value.trim_start_matches('!');
    (value.contains('.') || (is_followed && value.contains('_'))) && value.split('.').all(is_identifier)
}

/// Returns true for a name of a program: words, with few digits after them, and no hyphens.
pub(super) fn is_identifier(value: &str) -> bool {
    let is_of_words = |part: &str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let mut letters = part.split(|c: char| c.is_ascii_digit()).filter(|letters| !letters.is_empty());
        digits <= 3 && letters.all(|letters| camel_parts(letters).all(is_word))
    };
    value.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$'))
        && value.split(['_', '$']).all(is_of_words)
}

/// Returns true for a version, or a range of them (https://semver.org): `^8.0.0-next.1`.
fn is_version(value: &str) -> bool {
    let bare = value.trim_start_matches(['^', '~', '<', '>', '=', 'v', ' ']);
    let core = bare.split(['-', '+']).next().unwrap_or("");
    let is_number = |part: &str| !part.is_empty() && part.len() <= 5 && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = core.split('.').count();
    (2..=4).contains(&parts) && core.split('.').all(is_number) && bare.len() < 40
}

/// Returns true if a text says that a value is to be put in its place: `<your password>`, `YOUR_TOKEN`, `changeme`.
pub(super) fn is_placed(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    value.starts_with(['$', '{', '<', '%', '#'])
        || ["your", "placeholder", "example", "xxxx", "getenv", "env["].iter().any(|word| lower.contains(word))
}

/// Returns true for words that are joined: `dev-token`, `planted_by_client`.
fn is_joined(value: &str) -> bool {
    value.len() >= 8 && value.contains(['-', '_']) && !value.contains([' ', '/', ':', '.']) && is_words(value)
}

/// Returns true for joined words that are no code of a program.
fn is_slug(value: &str) -> bool {
    let is_code = || value.split(['-', '_']).any(|word| OF_CODES.contains(&&*word.to_ascii_lowercase()));
    is_joined(value) && !is_code()
}

/// Returns true for a word that holds another one and is no name of it: `thisismypassword`, and not `newpassword`.
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

/// Shorter names of members are no secrets.
pub(super) const NAMES_SOUGHT_MIN: usize = 16;

/// Returns true if a segment of a path is no slug and no id of several plain parts.
pub(super) fn is_unlike_words(segment: &str) -> bool {
    let parts = segment.split(['-', '_', '.', ':']).filter(|part| !part.is_empty());
    let is_plain = |part: &str| camel_parts(part).all(is_word) || part.bytes().all(|byte| byte.is_ascii_digit());
    !parts.into_iter().all(is_plain)
}

/// Returns true if a text is made of words: a label, a sentence, a constant, a slug.
pub(super) fn is_words(text: &str) -> bool {
    let (mut words, mut others) = (0, 0);
    for part in text.split(|c: char| {
        c.is_whitespace() || matches!(c, '-' | '_' | '.' | ':' | '/' | ',' | ';' | '(' | ')' | '|' | '&' | '+')
    }) {
        // What stands around words: `Password*`, `«sí»`. Other signs make a word none: `Pass$`.
        let is_around =
            |c: char| !c.is_alphanumeric() && !matches!(c, '$' | '#' | '@' | '%' | '^' | '=' | '~' | '\\' | '`');
        let part = part.trim_matches(is_around);
        if part.is_empty() {
            continue;
        }
        if camel_parts(part).all(is_word) {
            words += 1;
        } else if part.len() <= 3 && text.contains(' ') {
            // A number in a sentence.
        } else {
            others += 1;
        }
    }
    let is_sentence = text.split_whitespace().count() >= 4;
    words > 0 && (others == 0 || (is_sentence && words >= 3 * others))
}

/// The words of `accessDenied`, and a text of one word as it is.
fn camel_parts(text: &str) -> impl Iterator<Item = &str> {
    let is_upper = |c: char| c.is_uppercase();
    let breaks = text
        .char_indices()
        .zip(text.chars().skip(1))
        .filter(move |((_, before), c)| !is_upper(*before) && is_upper(*c));
    let mut ends: Vec<usize> = breaks.map(|((at, before), _)| at + before.len_utf8()).collect();
    ends.push(text.len());
    let mut begin = 0;
    ends.into_iter().map(move |end| &text[std::mem::replace(&mut begin, end)..end])
}

/// Returns true if letters may be a word of some language: of one case, and not only consonants for long.
fn is_word(text: &str) -> bool {
    let length = text.chars().count();
    if length == 0 || length > WORD_CHARS_MAX || !text.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '’') {
        return false;
    }
    let rest = text.chars().skip(1);
    let is_one_case = rest.clone().all(|c| !c.is_uppercase()) || text.chars().all(|c| !c.is_lowercase());
    if !is_one_case {
        return false;
    }
    if !text.is_ascii() || length <= 4 {
        return true;
    }
    let mut consonants = 0;
    let mut longest = 0;
    let mut vowels = 0;
    for c in text.chars() {
        if matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y') {
            vowels += 1;
            consonants = 0;
        } else {
            consonants += 1;
            longest = longest.max(consonants);
        }
    }
    longest <= 5 && vowels * 6 >= length
}

/// Paths, media types and URLs without credentials.
fn is_path(value: &str) -> bool {
    let is_rooted =
        value.starts_with('/') || value.starts_with("./") || value.starts_with("../") || value.starts_with("~/");
    is_rooted && value[1..].contains('/') | (value.len() < 24) && !value.contains(['=', '+'])
}

/// Values of design tokens (colours, sizes).
fn is_styled(value: &str) -> bool {
    let is_colour = value
        .strip_prefix('#')
        .is_some_and(|hex| matches!(hex.len(), 3 | 4 | 6 | 8) && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let number = value.trim_start_matches('-');
    let unit = number.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let is_size = unit.len() < number.len()
        && matches!(unit, "px" | "rem" | "em" | "%" | "pt" | "vh" | "vw" | "ms" | "s" | "fr" | "deg");
    is_colour || is_size || value.starts_with("rgb(") || value.starts_with("rgba(") || value.starts_with("hsl(")
}

/// Dates and times of RFC 3339, whole or cut.
fn is_date(value: &str) -> bool {
    let bytes = value.as_bytes();
    let digits =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    bytes.len() >= 10
        && bytes.len() <= 35
        && digits(0..4)
        && bytes[4] == b'-'
        && digits(5..7)
        && bytes[7] == b'-'
        && digits(8..10)
}

fn is_email(value: &str) -> bool {
    let Some((user, host)) = value.split_once('@') else { return false };
    let is_host =
        host.contains('.') && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    !user.is_empty()
        && is_host
        && host.rsplit('.').next().is_some_and(|last| last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Returns true if a text looks like chance: a token's characters, of several kinds, spread evenly.
pub(super) fn is_random(value: &str) -> bool {
    let value = value.trim();
    if value.len() < RANDOM_CHARS_MIN || value.len() > 4_096 {
        return false;
    }
    let is_token = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+' | b'/' | b'=' | b':' | b'%' | b'|' | b'!' | b'*' | b'@')
    };
    if !value.bytes().all(is_token) || is_path(value) || is_date(value) || is_email(value) || has_scheme(value) {
        return false;
    }
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    if is_uuid(value) {
        return true;
    }
    if letters == 0 || is_words(value) {
        return false;
    }
    let mixed = value.bytes().any(|b| b.is_ascii_uppercase()) && value.bytes().any(|b| b.is_ascii_lowercase());
    if digits == 0 && !mixed && !has_long_run(value) {
        return false;
    }
    // Slugs and ids of several parts: `2024-spring-sale-2`, `orders.created.v2`.
    let parts = value.split(['-', '_', '.', ':', '/']).filter(|part| !part.is_empty());
    let is_plain = |part: &str| camel_parts(part).all(is_word) || part.len() <= 4;
    if parts.clone().count() > 1 && parts.clone().all(is_plain) {
        return false;
    }
    // The most that so many characters can have, with some of them twice.
    entropy(value) >= 0.68 * (value.len().min(20) as f64).log2()
}

fn has_long_run(value: &str) -> bool {
    value
        .split(|c: char| !c.is_ascii_alphabetic())
        .any(|part| part.len() > WORD_CHARS_MAX || (part.len() >= 8 && !is_word(part)))
}

fn has_scheme(value: &str) -> bool {
    value.contains("://")
}

/// Returns true for a UUID (RFC 9562, section 4).
pub(super) fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Shannon's entropy of a text's bytes, in bits for each.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f64;
    let share = |count: &u32| f64::from(*count) / length;
    -counts.iter().filter(|count| **count > 0).map(share).map(|share| share * share.log2()).sum::<f64>()
}

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

    #[test]
    fn chance_is_told_from_slugs() {
        for value in
            ["aZ3kQ9mB7xaZ3kQ9", "0a1b2c3d4e5f6071", "kfjwqpzxmvbtrnlg", "550e8400-e29b-41d4-a716-446655440000"]
        {
            assert!(is_random(value), "{value}");
        }
        for value in [
            "2024-spring-sale-2",
            "orders.created.v2",
            "application/json",
            "internationalization",
            "short1",
            "a b c d e f 1 2 3",
        ] {
            assert!(!is_random(value), "{value}");
        }
    }
}
