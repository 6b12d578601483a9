//! Secrets that are found by their look in any text: tokens of standards, and the credentials of services with a
//! distinctive prefix.

use super::form::is_random;
use super::shape_table::Of::{Alphanumeric, Base64, Capital, Crypt, Dotted, Hex, Url};
use super::shape_table::Tail::{Around, As, AtLeast, Exactly};
use super::shape_table::{Of, SHAPES, Shape, Tail};
use super::stand_in;
use aho_corasick::{AhoCorasick, MatchKind};
use std::ops::Range;
use std::sync::LazyLock;

/// Finds marks, the longest at each place.
static MARKS: LazyLock<(AhoCorasick, Vec<&'static Shape>)> = LazyLock::new(|| {
    let marks = SHAPES.iter().flat_map(|shape| shape.marks.iter().map(move |mark| (*mark, shape)));
    let (marks, shapes): (Vec<&str>, Vec<&Shape>) = marks.unzip();
    let finder = AhoCorasick::builder().match_kind(MatchKind::Standard).build(marks);
    (finder.expect("a few hundred texts are not too many"), shapes)
});

/// The first two bytes of all marks, one bit for each pair.
static BEGINNINGS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut bits = vec![0; 1 << 10];
    for mark in SHAPES.iter().flat_map(|shape| shape.marks).filter(|mark| mark.len() > 1) {
        let at = u16::from_be_bytes([mark.as_bytes()[0], mark.as_bytes()[1]]);
        bits[usize::from(at >> 6)] |= 1 << (at & 63);
    }
    bits
});

/// The marks that consist of letters and stand within a credential.
static INNER: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let inside = SHAPES.iter().filter(|shape| matches!(shape.tail, Around(..))).flat_map(|shape| shape.marks);
    inside.filter(|mark| mark.bytes().all(|byte| byte.is_ascii_alphanumeric())).copied().collect()
});

/// The minimum length of a credential with such a mark.
const INNER_BYTES_MIN: usize = 38;

/// Returns true if a text may contain a mark at the start or the end of a word. Only `Q~` and `|` stand within words.
pub(super) fn may_begin_in(text: &str) -> bool {
    let bits = &*BEGINNINGS;
    let bytes = text.as_bytes();
    bytes.windows(2).enumerate().any(|(at, two)| {
        let is_boundary = at == 0 || !bytes[at - 1].is_ascii_alphanumeric() || !two[0].is_ascii_alphanumeric();
        let both = u16::from_be_bytes([two[0], two[1]]);
        is_boundary && bits[usize::from(both >> 6)] >> (both & 63) & 1 == 1
    }) || text.len() >= INNER_BYTES_MIN && INNER.iter().any(|mark| text.contains(mark))
}

/// A secret that was found by its look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) at: Range<usize>,
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
}

/// The length of the shortest shape.
const SECRET_BYTES_MIN: usize = 15;

/// Finds the secrets in a text, in order. Of secrets that overlap, the first is chosen, and of several with the same
/// start the longest.
pub(super) fn find(text: &str) -> Vec<Look> {
    if text.len() < SECRET_BYTES_MIN {
        return Vec::new();
    }
    let (finder, shapes) = &*MARKS;
    let mut found: Vec<Look> = Vec::new();
    let mut runs = Runs { bytes: text.as_bytes(), last: Default::default() };
    for mark in finder.find_overlapping_iter(text) {
        // A secret is not searched again: it may contain a mark a thousand times.
        if found.last().is_some_and(|look| look.at.start < mark.start() && mark.end() < look.at.end) {
            continue;
        }
        let Shape { kind, name, tail, .. } = shapes[mark.pattern().as_usize()];
        let Some(at) = extent(text, mark.range(), *tail, &mut runs) else { continue };
        let secret = &text[at.clone()];
        // Long identifiers may begin with a mark: `test_that_all_the_words_are_there`.
        if (matches!(tail, As(_)) || is_random(secret)) && !stand_in::is_stand_in(secret) {
            found.push(Look { at, kind, name });
        }
    }
    found.sort_by_key(|look| (look.at.start, std::cmp::Reverse(look.at.end)));
    let mut end = 0;
    found.retain(|look| {
        look.at.start >= end && {
            end = look.at.end;
            true
        }
    });
    found
}

/// Returns true if there is a secret in a text.
pub(super) fn has_secrets(text: &str) -> bool {
    !find(text).is_empty()
}

/// Caches the last run of each kind of character, so that a text is not read again for each mark in it.
struct Runs<'t> {
    bytes: &'t [u8],
    last: [Range<usize>; Of::COUNT],
}

impl Runs<'_> {
    /// Returns the run that contains a position or ends at it.
    fn at(&mut self, place: usize, of: Of) -> Range<usize> {
        let last = &mut self.last[of as usize];
        if !(last.start <= place && place <= last.end) || last.start >= last.end {
            let before = self.bytes[..place].iter().rev().take_while(|byte| of.has(**byte)).count();
            let after = self.bytes[place..].iter().take_while(|byte| of.has(**byte)).count();
            *last = place - before..place + after;
        }
        last.clone()
    }
}

/// The maximum length of a credential with its mark in the middle. Base64 of a file contains every mark somewhere.
const AROUND_BYTES_MAX: usize = 512;

/// From this length on, base64 is taken for a file, which contains short marks by chance.
const FILE_BYTES_MIN: usize = 1_024;

/// Returns true if a mark stands in a file that is written in base64.
fn is_in_file(mark: Range<usize>, runs: &mut Runs<'_>) -> bool {
    let is_sign = mark.start > 0 && matches!(runs.bytes[mark.start - 1], b'+' | b'/');
    is_sign && mark.len() <= 4 && runs.at(mark.start, Base64).len() >= FILE_BYTES_MIN
}

/// Returns the extent of the credential around a mark.
fn extent(text: &str, mark: Range<usize>, tail: Tail, runs: &mut Runs<'_>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // A mark counts only at the start of a word. The letter of an escaped line break (`
    // `) does not belong to the word.
    let is_inside = |begin: usize| {
        bytes[begin].is_ascii_alphanumeric()
            && begin > 0
            && bytes[begin - 1].is_ascii_alphanumeric()
            && !is_escape(&bytes[..begin])
    };
    if !matches!(tail, Around(..)) && (is_inside(mark.start) || is_in_file(mark.clone(), runs)) {
        return None;
    }
    let mut run = |of: Of| runs.at(mark.end, of).end - mark.end;
    let (begin, after) = match tail {
        AtLeast(least, of) => (mark.start, Some(run(of)).filter(|length| *length >= least)?),
        Exactly(length, of) => (mark.start, Some(run(of)).filter(|own| *own == length)?),
        As(tail) => (mark.start, tail(&text[mark.end..])?),
        Around(before, of_before, least, of) => {
            let length = Some(run(of)).filter(|length| *length >= least)?;
            let own = mark.start - runs.at(mark.start, of_before).start;
            let is_whole = own >= before && own + length <= AROUND_BYTES_MAX;
            (mark.start - Some(own).filter(|_| is_whole)?, length)
        }
    };
    (!is_inside(begin)).then(|| begin..mark.end + after)
}

fn is_escape(before: &[u8]) -> bool {
    matches!(before, [.., b'\\', b'n' | b'r' | b't'])
}

fn count(text: &str, of: Of) -> usize {
    text.bytes().take_while(|byte| of.has(*byte)).count()
}

/// The length of a JSON web token: two JSON objects in base64url, and a third part that may be empty.
pub(super) fn jwt(rest: &str) -> Option<usize> {
    let header = count(rest, Url);
    let claims = rest[header..]
        .strip_prefix('.')
        .filter(|claims| header >= 6 && ["eyJ", "ewo"].iter().any(|begin| claims.starts_with(begin)))?;
    let claims = count(claims, Url);
    let signature = rest[header + 1 + claims..].strip_prefix('.').filter(|_| claims >= 7)?;
    // An encrypted token has five parts (RFC 7516, section 7.1).
    Some(header + 1 + claims + 1 + count(signature, Dotted))
}

/// The length of a JSON web token that was encoded once more. The decoded text contains the token's first dot.
pub(super) fn jwt_in_base64(rest: &str) -> Option<usize> {
    Some(count(rest, Base64)).filter(|length| *length >= 30)
}

/// The maximum length of a key's label.
const LABEL_BYTES_MAX: usize = 64;

pub(super) fn private_key(rest: &str) -> Option<usize> {
    let label = rest.as_bytes().iter().take(LABEL_BYTES_MAX).position(|byte| *byte == b'-')?;
    if !rest[label..].starts_with("-----") || !rest[..label].contains("PRIVATE KEY") {
        return None;
    }
    let body = &rest[label + 5..];
    // A truncated key extends to the end of the text.
    let end =
        body.find("-----END ").and_then(|end| Some(end + body[end + 9..].find("-----")? + 14)).unwrap_or(body.len());
    Some(label + 5 + end)
}

pub(super) fn aws_key(rest: &str) -> Option<usize> {
    let length = count(rest, Capital);
    matches!(length, 16 | 17).then_some(length)
}

pub(super) fn uuid(rest: &str) -> Option<usize> {
    rest.get(..36).filter(|text| super::form::is_uuid(text)).map(|_| 36)
}

pub(super) fn databricks(rest: &str) -> Option<usize> {
    let length = count(rest, Hex);
    let more = rest[length..].strip_prefix('-').map_or(0, |rest| 1 + count(rest, Hex).min(1));
    (length == 32).then_some(length + more)
}

/// The form `pat`, 14 characters, a dot, and 64 digits.
pub(super) fn airtable(rest: &str) -> Option<usize> {
    let secret = rest.get(14..).filter(|_| count(rest, Alphanumeric) == 14)?.strip_prefix('.')?;
    Some(15 + count(secret, Hex)).filter(|length| *length >= 70)
}

/// https://support.1password.com/secret-key-security/
pub(super) fn one_password(rest: &str) -> Option<usize> {
    let length =
        rest.bytes().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'-').count();
    let groups: Vec<usize> = rest[..length].split('-').map(str::len).collect();
    matches!(groups.as_slice(), [6, 11 | 6, 5, ..]).then_some(length)
}

/// A password hash: parts between dollar signs, with a long last part.
pub(super) fn hash(rest: &str) -> Option<usize> {
    Some(count(rest, Crypt)).filter(|length| *length >= 24)
}

/// A password hash with leading parameters: `v=19$m=65536,t=3,p=4$…`.
pub(super) fn parameters(rest: &str) -> Option<usize> {
    let length = rest.bytes().take_while(|byte| Crypt.has(*byte) || *byte == b',').count();
    (length >= 10).then_some(length)
}

/// A PuTTY key is a file and extends to the end of the text.
pub(super) fn putty(rest: &str) -> Option<usize> {
    Some(rest.len())
}

/// A user's number, and 32 characters.
pub(super) fn click_up(rest: &str) -> Option<usize> {
    let user = count(rest, Of::Digit);
    let secret = rest[user..].strip_prefix('_').filter(|_| user >= 5)?;
    (count(secret, Capital) == 32).then_some(user + 33)
}

/// 40 characters of base64url. Names of tests have the same prefix, but more punctuation or fewer kinds of letters.
pub(super) fn go_cardless(rest: &str) -> Option<usize> {
    let length = rest.bytes().take_while(|byte| Url.has(*byte) || *byte == b'=').count();
    let token = &rest[..length];
    let has = |is: fn(&u8) -> bool| token.as_bytes().iter().any(is);
    let signs = token.bytes().filter(|byte| matches!(byte, b'-' | b'_' | b'=')).count();
    let is_token = length == 40 && signs <= 5 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    (is_token && is_random(token)).then_some(length)
}

/// A bot's number and its token, as they stand in a path.
pub(super) fn telegram(rest: &str) -> Option<usize> {
    let bot = count(rest, Of::Digit);
    let token = rest[bot..].strip_prefix(":A").filter(|_| bot >= 5)?;
    Some(count(token, Url)).filter(|length| *length >= 30).map(|length| bot + 2 + length)
}

pub(super) fn sourcegraph(rest: &str) -> Option<usize> {
    Some(count(rest, Url)).filter(|length| *length >= 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_in_the_middle_of_text() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----";
        let text = format!("a {token}, {key} and ghp_0123456789abcdefghijABCDEFGHIJ012345 end");
        let found: Vec<(&str, &str)> = find(&text).into_iter().map(|look| (&text[look.at], look.kind)).collect();
        assert_eq!(found[0], (token, "token"));
        assert_eq!(found[1], (key, "private-key"));
        assert_eq!(found[2], ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "api-key"));
        assert!(find("eyJ.eyJ.x and BEGIN PRIVATE KEY").is_empty());
    }

    #[test]
    fn a_mark_inside_a_word_is_none() {
        for text in [
            "desk-0123456789abcdefghij0123456789abcd",
            "task-list-of-things-to-be-done-tomorrow",
            "us-east-1",
            "a.s.abc",
            "-user-agent",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
        let shortest = ["xoxb-0123456789", "sk_live_0123456789", "123456789:AAbcdefghijklmnopqrstuvwxyz01234567"];
        assert!(shortest.into_iter().all(has_secrets), "{shortest:?}");
    }
}
