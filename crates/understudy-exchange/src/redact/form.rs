//! Forms of texts: natural language, identifiers, versions, paths, dates, and random values.

/// Longer runs of letters are not words.
const WORD_CHARS_MAX: usize = 28;
/// The minimum length of a random value.
const RANDOM_CHARS_MIN: usize = 14;

/// Returns true if a text is made of words: a label, a sentence, a constant, a slug.
pub(super) fn is_words(text: &str) -> bool {
    let (mut words, mut others) = (0, 0);
    for part in text.split(|c: char| {
        c.is_whitespace() || matches!(c, '-' | '_' | '.' | ':' | '/' | ',' | ';' | '(' | ')' | '|' | '&' | '+')
    }) {
        // Punctuation around words: `Password*`, `«sí»`. With other signs, a text is not a word: `Pass$`.
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

/// Returns true if letters may be a word of some language: they are of one case, and have no long run of consonants.
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

/// Returns true if a segment of a path is neither a slug nor an id of several plain parts.
pub(super) fn is_unlike_words(segment: &str) -> bool {
    let parts = segment.split(['-', '_', '.', ':']).filter(|part| !part.is_empty());
    let is_plain = |part: &str| camel_parts(part).all(is_word) || part.bytes().all(|byte| byte.is_ascii_digit());
    !parts.into_iter().all(is_plain)
}

/// Returns true for an identifier of a program: words without hyphens, and few digits after them.
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
pub(super) fn is_version(value: &str) -> bool {
    let bare = value.trim_start_matches(['^', '~', '<', '>', '=', 'v', ' ']);
    let bare = bare.strip_prefix("rc").unwrap_or(bare);
    let core = bare.split(['-', '+', '_']).next().unwrap_or("");
    let is_number = |part: &str| !part.is_empty() && part.len() <= 5 && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = core.split('.').count();
    (2..=4).contains(&parts) && core.split('.').all(is_number) && bare.len() < 40
}

pub(super) fn is_digits(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns true for numbers that are joined by punctuation after a short prefix: `GA1.2.1234567890.1714557600`.
pub(super) fn is_counted(value: &str) -> bool {
    value.split(['.', '-']).all(|part| part.len() <= 4 || is_digits(part))
}

/// Returns true for paths, media types and URLs without credentials.
pub(super) fn is_path(value: &str) -> bool {
    let is_rooted =
        value.starts_with('/') || value.starts_with("./") || value.starts_with("../") || value.starts_with("~/");
    is_rooted && value[1..].contains('/') | (value.len() < 24) && !value.contains(['=', '+'])
}

/// Returns true for values of design tokens (colours, sizes).
pub(super) fn is_styled(value: &str) -> bool {
    let is_colour = value
        .strip_prefix('#')
        .is_some_and(|hex| matches!(hex.len(), 3 | 4 | 6 | 8) && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let number = value.trim_start_matches('-');
    let unit = number.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let is_size = unit.len() < number.len()
        && matches!(unit, "px" | "rem" | "em" | "%" | "pt" | "vh" | "vw" | "ms" | "s" | "fr" | "deg");
    let is_anchor = value.strip_prefix('#').is_some_and(is_words);
    is_anchor
        || is_colour
        || is_size
        || value.starts_with("rgb(")
        || value.starts_with("rgba(")
        || value.starts_with("hsl(")
}

/// Returns true for dates and times of RFC 3339, complete or truncated.
pub(super) fn is_date(value: &str) -> bool {
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

pub(super) fn is_email(value: &str) -> bool {
    let Some((user, host)) = value.split_once('@') else { return false };
    let is_host =
        host.contains('.') && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    !user.is_empty()
        && is_host
        && host.rsplit('.').next().is_some_and(|last| last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Returns true for a UUID (RFC 9562, section 4).
pub(super) fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A part of so many digits counts something.
const NUMBER_CHARS_MAX: usize = 8;

/// Returns true if a text looks random: it consists of a token's characters, of several kinds, spread evenly.
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
    let is_number = |part: &str| part.len() <= NUMBER_CHARS_MAX && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = |part: &str| camel_parts(part).all(is_word) || part.len() <= 4 || is_number(part);
    if is_file(value) {
        return false;
    }
    if parts.clone().count() > 1 && parts.clone().all(is_plain) {
        return false;
    }
    // The right side is the maximum entropy of this many characters, less an allowance for repeated ones.
    entropy(value) >= 0.68 * (value.len().min(20) as f64).log2()
}

/// Returns true for the path of a file in a store: `uploads/2026/11/9f8e.jpg`.
fn is_file(value: &str) -> bool {
    let ending = value.rsplit_once('/').and_then(|(_, name)| name.rsplit_once('.')).map_or("", |(_, ending)| ending);
    (2..=5).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && !value.contains(['=', '+', ':', '@'])
}

fn has_long_run(value: &str) -> bool {
    value
        .split(|c: char| !c.is_ascii_alphabetic())
        .any(|part| part.len() > WORD_CHARS_MAX || (part.len() >= 8 && !is_word(part)))
}

fn has_scheme(value: &str) -> bool {
    value.contains("://")
}

/// The Shannon entropy of a text, in bits per byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f64;
    let share = |count: &u32| f64::from(*count) / length;
    -counts.iter().filter(|count| **count > 0).map(share).map(|share| share * share.log2()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

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
