//! Known secrets, and the search for them in texts that nothing else marks as secret.

use super::{form, value};
use crate::Json;
use crate::target::{encode_query_part, encode_segment};
use aho_corasick::{AhoCorasick, Input, MatchKind};
use std::collections::{BTreeMap, HashMap};

/// The maximum number of secrets with stand-ins of their own. Later secrets share a stand-in.
pub(super) const SECRETS_MAX: usize = 4_096;

/// A random secret of at least this length does not occur by chance within other text.
const UNMISTAKABLE_CHARS_MIN: usize = 16;

/// A secret that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secret {
    pub(super) stand_in: String,
    /// The stand-in for places of JSON numbers.
    pub(super) number_stand_in: String,
    pub(super) kind: &'static str,
    pub(super) number: u32,
    pub(super) rule: String,
}

/// The secrets of one recording.
#[derive(Debug, Default)]
pub(super) struct Known {
    secrets: HashMap<String, Secret>,
    counts: BTreeMap<&'static str, u32>,
    /// Built when first needed, and rebuilt when there are more secrets.
    sought: Option<Sought>,
}

/// The secrets that are distinctive enough to be searched everywhere, in each spelling.
#[derive(Debug)]
struct Sought {
    finder: AhoCorasick,
    /// In the order of the finder's patterns.
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    secret: String,
    is_unmistakable: bool,
}

impl Known {
    /// Remembers a secret and returns its stand-in.
    pub(super) fn learn(&mut self, secret: &str, kind: &'static str, rule: &str) -> Secret {
        if let Some(known) = self.secrets.get(secret) {
            return known.clone();
        }
        let number = if self.secrets.len() < SECRETS_MAX {
            let count = self.counts.entry(kind).or_default();
            *count += 1;
            *count
        } else {
            0
        };
        let learnt = Secret {
            stand_in: super::stand_in::stand_in(secret, kind, number),
            number_stand_in: super::stand_in::number(secret, number),
            kind,
            number,
            rule: rule.to_owned(),
        };
        if number > 0 {
            self.secrets.insert(secret.to_owned(), learnt.clone());
            if value::is_telling(secret) {
                self.sought = None;
            }
        }
        learnt
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.secrets.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Returns the finder and the secrets that it finds.
    fn sought(&mut self) -> (&Sought, &HashMap<String, Secret>) {
        let secrets = &self.secrets;
        let sought = self.sought.get_or_insert_with(|| {
            let mut written: BTreeMap<String, &String> = BTreeMap::new();
            for secret in secrets.keys().filter(|secret| value::is_telling(secret)) {
                for form in forms(secret) {
                    written.entry(form).or_insert(secret);
                }
            }
            let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(written.keys());
            let patterns = written.values().map(|secret| Pattern {
                secret: (*secret).clone(),
                is_unmistakable: secret.len() >= UNMISTAKABLE_CHARS_MIN && form::is_random(secret),
            });
            Sought { patterns: patterns.collect(), finder: finder.expect("a few thousand texts are not too many") }
        });
        (sought, secrets)
    }

    /// Returns true if a known secret stands in these bytes.
    pub(super) fn is_in(&mut self, bytes: &[u8]) -> bool {
        let (Sought { finder, patterns }, _) = self.sought();
        !patterns.is_empty() && finder.is_match(bytes)
    }

    /// Replaces all known secrets in a text. Returns the text and the secrets found; `None` if there are none.
    pub(super) fn replace(&mut self, text: &str) -> Option<(String, Vec<Secret>)> {
        let (Sought { finder, patterns }, secrets) = self.sought();
        if patterns.is_empty() {
            return None;
        }
        let mut out = String::new();
        let mut found: Vec<String> = Vec::new();
        let (mut copied, mut from) = (0, 0);
        while let Some(at) = finder.find(Input::new(text).range(from..)) {
            let pattern = &patterns[at.pattern().as_usize()];
            if !pattern.is_unmistakable && is_inside_a_word(text, at.range()) {
                from = at.start() + text[at.start()..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            out.push_str(&text[copied..at.start()]);
            out.push_str(&secrets[&pattern.secret].stand_in);
            found.push(pattern.secret.clone());
            (copied, from) = (at.end(), at.end());
        }
        if found.is_empty() {
            return None;
        }
        out.push_str(&text[copied..]);
        Some((out, found.iter().map(|secret| secrets[secret].clone()).collect()))
    }
}

/// The spellings of a secret: plain, in a URL, in JSON, in markup.
fn forms(secret: &str) -> Vec<String> {
    let quoted = Json::string(secret).to_string();
    let in_json = quoted[1..quoted.len() - 1].to_owned();
    let in_url = encode_query_part(secret);
    let mut all = vec![
        in_json.replace('/', "\\/"),
        in_url.to_ascii_lowercase(),
        in_url.replace("%20", "+"),
        percent_encoded(secret),
        encode_segment(secret),
        super::walk::markup::encode(secret),
        in_json,
        in_url,
        secret.to_owned(),
    ];
    all.retain(|form| form.len() >= secret.len() && (form != &secret.to_ascii_lowercase() || form == secret));
    all.sort();
    all.dedup();
    all
}

/// Percent-encodes all characters but letters and digits. `encodeURIComponent` and others spare more characters.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn is_inside_a_word(text: &str, at: std::ops::Range<usize>) -> bool {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let own = &text[at.clone()];
    let begins = own.starts_with(is_of_word) && text[..at.start].ends_with(is_of_word);
    let ends = own.ends_with(is_of_word) && text[at.end..].starts_with(is_of_word);
    begins || ends
}
