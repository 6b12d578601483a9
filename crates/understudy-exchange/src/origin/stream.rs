//! Rewrites addresses in a text that arrives in chunks.

use super::find::{COLONS, SCHEMES, SLASHES, is_start};
use super::{Here, Origins, spellings};
use std::sync::Arc;

/// The maximum length in bytes of an unfinished address, and of its part after the host.
const KEPT_MAX: usize = 512;
const AFTER_HOST_MAX: usize = 64;

/// Rewrites addresses in a text that arrives in chunks. The end of a chunk is held back only if an address may begin
/// there.
#[derive(Debug)]
pub struct Rewriting {
    origins: Arc<Origins>,
    authority: String,
    hosts: Vec<String>,
    kept: Vec<u8>,
}

impl Rewriting {
    /// Creates a rewriter that writes addresses with this authority and without TLS.
    #[must_use]
    pub fn new(origins: Arc<Origins>, authority: &str) -> Self {
        let hosts = origins.all.iter().flat_map(|origin| spellings(&origin.host)).collect();
        Self { origins, authority: authority.to_owned(), hosts, kept: Vec::new() }
    }

    /// Takes the next chunk and returns the text that can be sent now; `None` if that is the chunk unchanged.
    pub fn piece(&mut self, piece: &[u8]) -> Option<Vec<u8>> {
        let joined = !self.kept.is_empty();
        let mut text = std::mem::take(&mut self.kept);
        let text = if joined {
            text.extend_from_slice(piece);
            &*text
        } else {
            piece
        };
        let end = self.end_of_whole(text);
        self.kept = text[end..].to_vec();
        let rewritten = self.rewrite(&text[..end]);
        rewritten.or_else(|| (joined || end < text.len()).then(|| text[..end].to_vec()))
    }

    /// Returns the text that was held back, at the end of the stream.
    pub fn rest(&mut self) -> Vec<u8> {
        let kept = std::mem::take(&mut self.kept);
        self.rewrite(&kept).unwrap_or(kept)
    }

    fn rewrite(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.origins.rewrite(text, Here { is_tls: false, authority: &self.authority, path: "" })
    }

    /// The position at the end of a text from which an address may be unfinished.
    fn end_of_whole(&self, text: &[u8]) -> usize {
        let is_never_within = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>');
        let word = text.iter().rposition(is_never_within).map_or(0, |at| at + 1);
        let first = word.max(text.len().saturating_sub(KEPT_MAX));
        (first..text.len()).find(|at| is_start(&text[..*at]) && self.may_grow(&text[*at..])).unwrap_or(text.len())
    }

    /// Returns true if the text that follows may turn this text into an address, or into another address.
    fn may_grow(&self, text: &[u8]) -> bool {
        let after_colon = |rest: &[u8]| SLASHES.into_iter().any(|slash| self.may_grow_after_slash(rest, slash));
        let after_scheme = |rest: &[u8]| {
            COLONS.into_iter().any(|colon| match part(rest, colon) {
                Part::Start => true,
                Part::Whole(rest) => after_colon(rest),
                Part::Other => false,
            })
        };
        let with_scheme = SCHEMES.into_iter().any(|(scheme, _)| match part(text, scheme) {
            Part::Start => true,
            Part::Whole(rest) => after_scheme(rest),
            Part::Other => false,
        });
        with_scheme || after_colon(text)
    }

    fn may_grow_after_slash(&self, text: &[u8], slash: &str) -> bool {
        let second = match part(text, slash) {
            Part::Start => return true,
            Part::Whole(rest) => part(rest, slash),
            Part::Other => return false,
        };
        let Part::Whole(host) = second else { return matches!(second, Part::Start) };
        let limit = AFTER_HOST_MAX + self.origins.all.first().map_or(0, |origin| origin.path.len());
        self.hosts.iter().any(|known| match part(host, known) {
            Part::Start => true,
            Part::Whole(after) => after.len() < limit,
            Part::Other => false,
        })
    }
}

/// The result of matching the start of a text against a word.
enum Part<'t> {
    /// The text ends within the word.
    Start,
    /// The text begins with the word; this is the rest.
    Whole(&'t [u8]),
    Other,
}

fn part<'t>(text: &'t [u8], word: &str) -> Part<'t> {
    let length = text.len().min(word.len());
    if !text[..length].eq_ignore_ascii_case(&word.as_bytes()[..length]) {
        Part::Other
    } else if length < word.len() {
        Part::Start
    } else {
        Part::Whole(&text[length..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Origin;

    fn origins() -> Arc<Origins> {
        Arc::new(Origins::new(
            ["http://127.0.0.1:8080", "https://example.com/api"].map(|text| Origin::parse(text).unwrap()),
        ))
    }

    #[test]
    fn an_address_is_found_wherever_a_text_is_cut() {
        let text = r#"{"a":"http://127.0.0.1:8080/a","b":"https:\/\/example.com\/api\/b","c":"http://127.0.0.1:80801/",
            "d":"?n=http%3A%2F%2Flocalhost%3A8080%2Fa","e":"https://example.com/apis","f":"//[::1]:8080"}"#;
        let whole = origins().rewrite(text.as_bytes(), Here { is_tls: false, authority: "h:1", path: "" }).unwrap();
        for cut in 0..text.len() {
            for second in [cut + 1, cut + 7, text.len()].map(|second| second.min(text.len())) {
                let mut rewriting = Rewriting::new(origins(), "h:1");
                let mut out = Vec::new();
                for piece in [&text[..cut], &text[cut..second], &text[second..]] {
                    out.extend(rewriting.piece(piece.as_bytes()).unwrap_or_else(|| piece.into()));
                }
                out.extend(rewriting.rest());
                assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&whole), "cut at {cut} and {second}");
            }
        }
    }

    #[test]
    fn what_cannot_become_an_address_is_not_kept() {
        for text in ["half", "data: 7\n\n", "flow", "a/", "https://other.test/a", "\"/a", "http://127.0.0.1:9/\n"] {
            let mut rewriting = Rewriting::new(origins(), "h:1");
            assert_eq!(rewriting.piece(text.as_bytes()), None, "{text}");
        }
        let long = format!("http://127.0.0.1:8080/{}", "a".repeat(4_000));
        let mut rewriting = Rewriting::new(origins(), "h:1");
        assert!(rewriting.piece(long.as_bytes()).is_some_and(|out| out.starts_with(b"http://h:1/aaa")));
    }
}
