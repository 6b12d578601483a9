//! The names that carry secrets in one project: the built-in table, what the project adds, and what it keeps.

use super::name_table::{LAST_LETTERS, TELLING_WORDS};
use super::names::{self, Certainty, Named};
use rustc_hash::FxBuildHasher;
use std::cell::RefCell;
use std::collections::HashMap;

/// The kind of thing that carries a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    /// A header field.
    Header,
    /// A parameter of a query, a fragment or a form.
    Parameter,
    /// A member, an element, an attribute, a variable, or anything else.
    Member,
}

/// The result of looking up a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lookup {
    /// The project declares that the value is no secret, whatever it looks like.
    Kept,
    /// The value may be a secret.
    Named(Named),
    /// The name is unknown.
    Unknown,
}

/// The names that mark credentials: the built-in ones, those that a project adds, and those that it keeps.
#[derive(Debug, Clone, Default)]
pub struct SecretNames {
    headers: Vec<String>,
    members: Vec<String>,
    keep: Vec<String>,
}

impl SecretNames {
    /// Creates the set from the built-in names, these header fields and members, and the names to `keep`. A kept name
    /// belongs to a header field, parameter, cookie or member whose values are no secrets.
    #[must_use]
    pub fn with(headers: Vec<String>, members: Vec<String>, keep: Vec<String>) -> Self {
        Self { headers, members, keep }
    }

    /// The members that were added to the usual ones.
    #[must_use]
    pub fn added_members(&self) -> &[String] {
        &self.members
    }

    pub(super) fn lookup(&self, name: &str, carrier: Carrier) -> Lookup {
        if self.keep.iter().any(|kept| is_same_name(kept, name)) {
            return Lookup::Kept;
        }
        let is_header = |added: &String| carrier == Carrier::Header && added.eq_ignore_ascii_case(name);
        if self.headers.iter().any(is_header) || self.members.iter().any(|added| added == name) {
            return Lookup::Named(Named { kind: "secret", certainty: Certainty::Always, words: name.into() });
        }
        let named = match carrier {
            Carrier::Parameter => names::classify_parameter(name),
            Carrier::Header | Carrier::Member => names::classify(name),
        };
        named.map_or(Lookup::Unknown, Lookup::Named)
    }

    /// Returns true if a name is known. This is quicker than [`Self::lookup`] for the many names that are not.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.knows_bytes(name.as_bytes())
    }

    /// As [`Self::knows`], for bytes. Bytes that are not UTF-8 are not a name.
    pub(super) fn knows_bytes(&self, name: &[u8]) -> bool {
        let is_added = |added: &String| added.as_bytes().eq_ignore_ascii_case(name);
        let may_be_in_table = ends_like_a_known_name(name) && (has_telling_letters(name) || ends_in_a_short_word(name));
        (may_be_in_table && std::str::from_utf8(name).is_ok_and(is_in_table))
            || self.headers.iter().any(is_added)
            || self.members.iter().any(is_added)
    }

    /// Returns true if a name is known, or if the project keeps it.
    pub(super) fn may_speak_of(&self, name: &str) -> bool {
        !self.keep.is_empty() || self.knows(name)
    }

    /// Returns true if a header field of this name, in any case, carries a credential.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        is_certain(&self.lookup(name, Carrier::Header))
    }

    /// Returns true if a member of this name carries a credential.
    #[must_use]
    pub fn has_member(&self, name: &str) -> bool {
        is_certain(&self.lookup(name, Carrier::Member))
    }

    /// Returns true if a parameter of a query of this name carries a credential.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        is_certain(&self.lookup(name, Carrier::Parameter))
    }
}

fn is_certain(lookup: &Lookup) -> bool {
    matches!(lookup, Lookup::Named(named) if named.certainty > Certainty::Suspicious)
}

/// Returns true if two names differ in case and signs only.
fn is_same_name(one: &str, other: &str) -> bool {
    let letters =
        |name: &str| -> String { name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    one == other || letters(one) == letters(other)
}

/// The maximum number of names that each thread caches.
const NAMES_MAX: usize = 4_096;

/// Returns true if the built-in table knows a name. The same few hundred names come again and again.
fn is_in_table(name: &str) -> bool {
    thread_local! {
        static KNOWN: RefCell<HashMap<Box<str>, bool, FxBuildHasher>> = RefCell::new(HashMap::default());
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(is_known) = known.get(name) {
            return *is_known;
        }
        let is_known = names::classify_parameter(name).is_some() || names::is_session_cookie(name);
        if known.len() < NAMES_MAX {
            known.insert(name.into(), is_known);
        }
        is_known
    })
}

/// The first three letters of all words of the table, one bit for each combination. The set is computed at compile
/// time, because every name is looked up in it.
static TELLING: [u64; 512] = {
    let mut bits = [0; 512];
    let mut list = 0;
    while list < TELLING_WORDS.len() {
        let mut word = 0;
        while word < TELLING_WORDS[list].len() {
            let letters = TELLING_WORDS[list][word].as_bytes();
            let at = next(next(next(0, letters[0]), letters[1]), letters[2]);
            bits[at >> 6] |= 1 << (at & 63);
            word += 1;
        }
        list += 1;
    }
    bits
};

/// The last two letters of all names that may be known, one bit for each pair. Plurals, qualifiers and trailing digits
/// are included.
static ENDINGS: [u32; 32] = {
    let mut bits = [0; 32];
    let mut list = 0;
    while list < LAST_LETTERS.len() {
        let mut word = 0;
        while word < LAST_LETTERS[list].len() {
            let letters = LAST_LETTERS[list][word].as_bytes();
            let last = LETTERS[letters[letters.len() - 1] as usize];
            let before = if letters.len() > 1 { LETTERS[letters[letters.len() - 2] as usize] } else { 0 };
            bits[last as usize] |= 1 << before;
            // The plural.
            bits[LETTERS[b's' as usize] as usize] |= 1 << last;
            word += 1;
        }
        list += 1;
    }
    // A name that ends with punctuation or a digit may always be known.
    bits[0] = u32::MAX;
    bits[27] = u32::MAX;
    bits
};

/// Returns true if a known name ends with the same two letters.
fn ends_like_a_known_name(name: &[u8]) -> bool {
    let letter = |byte: &u8| LETTERS[usize::from(*byte)];
    match name {
        [.., before, last] => ENDINGS[usize::from(letter(last))] >> letter(before) & 1 == 1,
        _ => false,
    }
}

/// The number of each letter, without regard to case. All digits share a number, and so do all other characters.
const LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut at = 0;
    while at < 26 {
        letters[(b'a' + at) as usize] = at + 1;
        letters[(b'A' + at) as usize] = at + 1;
        at += 1;
    }
    let mut digit = b'0';
    while digit <= b'9' {
        letters[digit as usize] = 27;
        digit += 1;
    }
    letters
};

/// Shifts a letter into a number of three letters (15 bits): keeps the last two and appends one.
const fn next(letters: usize, byte: u8) -> usize {
    (letters << 5 | LETTERS[byte as usize] as usize) & 0x7FFF
}

/// Returns true if a name ends with the only word of the table that has two letters.
fn ends_in_a_short_word(name: &[u8]) -> bool {
    name.last_chunk::<2>().is_some_and(|last| last.eq_ignore_ascii_case(b"pw"))
}

/// Returns true if a name may contain a word of the table.
fn has_telling_letters(name: &[u8]) -> bool {
    let mut letters = 0;
    let mut has = 0;
    for byte in name {
        letters = next(letters, *byte);
        has |= TELLING[letters >> 6] >> (letters & 63) & 1;
    }
    has == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_table_knows_has_telling_letters() {
        for name in [
            "2faCode",
            "sid",
            "X-Amz-Signature",
            "sig",
            "user[password]",
            "PGPASSWORD",
            "conn_str",
            "ticket",
            "remember_me",
            "code",
        ] {
            assert!(SecretNames::default().knows(name), "{name}");
        }
        for name in ["id", "name", "price", "created_at", "items"] {
            assert!(!SecretNames::default().knows(name), "{name}");
        }
    }

    #[test]
    fn a_project_adds_names_and_keeps_others() {
        let names =
            SecretNames::with(vec!["X-Seat".to_owned()], vec!["ssn2".to_owned()], vec!["theme_token".to_owned()]);
        assert!(names.has_header("x-seat") && names.has_member("ssn2") && !names.has_member("x-seat"));
        assert!(!names.has_member("themeToken") && names.has_member("token"));
    }
}
