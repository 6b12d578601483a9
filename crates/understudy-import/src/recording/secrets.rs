//! Redacted secrets: the places of their stand-ins, and the secrets that were refused.

use super::Recorded;
use http::header::SET_COOKIE;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use understudy_exchange::redact::Redaction;
use understudy_exchange::target::percent_decode;
use understudy_exchange::{Request, field_value};

/// A piece of text: a secret, or the text between secrets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    Secret(&'t str),
}

/// Splits text at the stand-ins of secrets. A stand-in counts only as a whole word.
pub(super) fn pieces<'t>(text: &'t str, redactions: &[Redaction]) -> Vec<Piece<'t>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(found) = first_secret(rest, redactions) {
        if found.start > 0 {
            pieces.push(Piece::Text(&rest[..found.start]));
        }
        pieces.push(Piece::Secret(&rest[found.clone()]));
        rest = &rest[found.end..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The first stand-in in a text. If two begin at the same position, the longer one counts.
fn first_secret(text: &str, redactions: &[Redaction]) -> Option<Range<usize>> {
    let found = redactions.iter().filter(|redaction| !redaction.stand_in.is_empty()).filter_map(|redaction| {
        let stand_in = redaction.stand_in.as_str();
        let mut all = text.match_indices(stand_in).map(|(at, _)| at..at + stand_in.len());
        all.find(|found| is_whole(text, found))
    });
    found.min_by_key(|found| (found.start, std::cmp::Reverse(found.end)))
}

/// Returns true if no letter or digit stands directly before or after a range.
fn is_whole(text: &str, found: &Range<usize>) -> bool {
    let goes_on = |outside: Option<char>, inside: Option<char>| {
        outside.is_some_and(char::is_alphanumeric) && inside.is_some_and(char::is_alphanumeric)
    };
    let inner = &text[found.clone()];
    !goes_on(text[..found.start].chars().next_back(), inner.chars().next())
        && !goes_on(text[found.end..].chars().next(), inner.chars().next_back())
}

/// The secrets of a recording, by their stand-ins.
#[derive(Debug, Default)]
pub(super) struct Secrets<'r> {
    known: HashMap<&'r str, &'r Redaction>,
    refused: HashSet<&'r str>,
}

impl<'r> Secrets<'r> {
    pub(super) fn of(exchanges: &'r [Recorded]) -> Self {
        let all = exchanges.iter().flat_map(|recorded| &recorded.redactions);
        let known = all.map(|redaction| (redaction.stand_in.as_str(), redaction)).collect();
        Self { known, refused: refused(exchanges) }
    }

    /// The redaction whose stand-in is the whole text.
    pub(super) fn get(&self, text: &str) -> Option<&'r Redaction> {
        self.known.get(text).copied()
    }

    pub(super) fn is_refused(&self, stand_in: &str) -> bool {
        self.refused.contains(stand_in)
    }

    /// The number of a secret among the accepted, or among the refused, secrets of its kind. The number does not depend
    /// on how much of the recording is left.
    pub(super) fn number(&self, redaction: &Redaction) -> usize {
        let own = redaction.number as usize;
        let numbers: BTreeSet<u32> = self
            .refused
            .iter()
            .filter_map(|refused| self.get(refused))
            .filter(|other| other.kind == redaction.kind && other.number < redaction.number)
            .map(|other| other.number)
            .collect();
        if self.is_refused(&redaction.stand_in) { numbers.len() + 1 } else { own.saturating_sub(numbers.len()) }
    }
}

/// The secrets that a request sends: the stand-ins in its target, header fields and body.
fn sent(recorded: &Recorded) -> BTreeSet<&str> {
    let request = &recorded.request;
    let mut texts = vec![percent_decode(request.target.as_str()).into_owned()];
    texts.extend(request.headers.values().map(|value| field_value::text(value).into_owned()));
    texts.push(String::from_utf8_lossy(&request.body).into_owned());
    standing_in(recorded, &texts)
}

fn standing_in<'r>(recorded: &'r Recorded, texts: &[String]) -> BTreeSet<&'r str> {
    let stands = |redaction: &&Redaction| {
        texts.iter().any(|text| first_secret(text, std::slice::from_ref(*redaction)).is_some())
    };
    recorded.redactions.iter().filter(stands).map(|redaction| redaction.stand_in.as_str()).collect()
}

/// The secrets that a response gives.
fn given(recorded: &Recorded) -> BTreeSet<&str> {
    let mut texts: Vec<String> = vec![String::from_utf8_lossy(&recorded.response.body).into_owned()];
    let headers = recorded.response.headers.values();
    texts.extend(headers.map(|value| percent_decode(&field_value::text(value)).into_owned()));
    standing_in(recorded, &texts)
}

/// The request with the same text in the place of all secrets.
fn masked(request: &Request, redactions: &[Redaction]) -> String {
    let mask = |text: &str| -> String {
        let pieces = pieces(text, redactions).into_iter();
        pieces
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Secret(_) => "\u{0}",
            })
            .collect()
    };
    let target = mask(&percent_decode(request.target.as_str()));
    format!("{} {target} {}", request.method, mask(&String::from_utf8_lossy(&request.body)))
}

/// The secrets that were refused whenever they were sent, so that any other wrong secret is refused as well.
fn refused(exchanges: &[Recorded]) -> HashSet<&str> {
    let (mut accepted, mut known_to_server) = (HashSet::new(), HashSet::new());
    for recorded in exchanges.iter().filter(|recorded| !recorded.redactions.is_empty()) {
        if !recorded.response.status.is_client_error() {
            accepted.extend(sent(recorded));
        }
        // A response gives no secret that its request sent.
        let own = sent(recorded);
        known_to_server.extend(given(recorded).into_iter().filter(|secret| !own.contains(secret)));
    }
    let began = sessions_begun(exchanges);
    let mut refused = HashSet::new();
    for recorded in exchanges.iter().filter(|recorded| !recorded.redactions.is_empty()) {
        for secret in sent(recorded) {
            let is_unknown = !accepted.contains(secret) && !known_to_server.contains(secret);
            if is_unknown && is_wrong(recorded, secret, &began) {
                refused.insert(secret);
            }
        }
    }
    refused
}

/// The requests, without their secrets, that began a session with a secret in the body.
fn sessions_begun(exchanges: &[Recorded]) -> BTreeSet<String> {
    let begins = |recorded: &&Recorded| {
        let body = String::from_utf8_lossy(&recorded.request.body).into_owned();
        let answer = String::from_utf8_lossy(&recorded.response.body).into_owned();
        !recorded.response.status.is_client_error()
            && !standing_in(recorded, &[body]).is_empty()
            && (recorded.response.headers.contains_key(SET_COOKIE) || !standing_in(recorded, &[answer]).is_empty())
    };
    exchanges.iter().filter(begins).map(|recorded| masked(&recorded.request, &recorded.redactions)).collect()
}

/// Returns true if a secret was the reason for a refusal. A 401 always means this. A 403 or 419 means it for a token
/// that was never accepted, and for a password only if another password in the same request began a session.
fn is_wrong(recorded: &Recorded, secret: &str, began: &BTreeSet<String>) -> bool {
    let is_password = recorded.redactions.iter().any(|known| known.stand_in == secret && known.kind.contains("pass"));
    let status = recorded.response.status.as_u16();
    let is_in_body = first_secret(
        &String::from_utf8_lossy(&recorded.request.body),
        &recorded.redactions.iter().filter(|known| known.stand_in == secret).cloned().collect::<Vec<_>>(),
    )
    .is_some();
    match status {
        401 => true,
        403 | 419 if !is_password => true,
        400 | 403 => is_in_body && began.contains(&masked(&recorded.request, &recorded.redactions)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction(stand_in: &str) -> Redaction {
        Redaction {
            place: String::new(),
            stand_in: stand_in.to_owned(),
            kind: "token".to_owned(),
            number: 1,
            rule: String::new(),
        }
    }

    #[test]
    fn stand_ins_are_found_as_whole_words() {
        let known = [redaction("token-1"), redaction("token-10"), redaction("100001")];
        assert_eq!(
            pieces("Bearer token-10, x1000012 100001", &known),
            [Piece::Text("Bearer "), Piece::Secret("token-10"), Piece::Text(", x1000012 "), Piece::Secret("100001")]
        );
        assert_eq!(pieces("token-11", &known), [Piece::Text("token-11")]);
    }
}
