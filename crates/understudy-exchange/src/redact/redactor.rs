//! Replacing secrets in exchanges before anybody keeps them.
//!
//! A secret is found once, by the name of what carries it or by what it looks like; from then on it is replaced wherever it
//! stands. The same secret has the same stand-in in one recording, so that two users' responses stay two, and that a token
//! which one response gave and later requests sent can still be followed.

#[cfg(test)]
mod tests;

use super::known::{Known, Secret};
use super::value::Side;
use super::walk::{Found, Sink, Walk};
use super::{SecretNames, quick};
use crate::{Request, Response};
use memchr::memchr;

/// A secret that was replaced in an exchange.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Redaction {
    /// The place of the secret: `request header authorization`, `response body $.token`.
    pub place: String,
    /// The stand-in that replaces the secret.
    pub stand_in: String,
    /// The kind of the secret, which fixtures use as its name: `token`, `password`.
    pub kind: String,
    /// The number of the secret among those of its kind in one recording, from 1. All secrets beyond the maximum share
    /// the number 0.
    pub number: u32,
    /// The rule that found the secret: `name: access token`, `look: GitHub token`.
    pub rule: String,
}

/// Replaces secrets in the exchanges of one recording. Only this type remembers the secrets.
#[derive(Debug, Default)]
pub struct Redactor {
    names: SecretNames,
    known: Known,
}

/// A sink that learns secrets and replaces nothing.
struct Learning<'k>(&'k mut Known);

impl Sink for Learning<'_> {
    fn secret(&mut self, secret: &str, found: &Found, _: &str) -> Option<String> {
        self.0.learn(secret, found.kind, &found.rule);
        None
    }

    fn number(&mut self, secret: &str, found: &Found, place: &str) -> Option<String> {
        self.secret(secret, found, place)
    }

    fn rest(&mut self, _: &str, _: &str) -> Option<String> {
        None
    }
}

/// A sink that replaces secrets and lists the replacements.
struct Replacing<'k> {
    known: &'k mut Known,
    redactions: &'k mut Vec<Redaction>,
}

impl Replacing<'_> {
    fn note(&mut self, secret: &Secret, stand_in: &str, place: &str) {
        self.redactions.push(Redaction {
            place: place.to_owned(),
            stand_in: stand_in.to_owned(),
            kind: secret.kind.to_owned(),
            number: secret.number,
            rule: secret.rule.clone(),
        });
    }
}

impl Sink for Replacing<'_> {
    fn secret(&mut self, secret: &str, found: &Found, place: &str) -> Option<String> {
        let secret = self.known.learn(secret, found.kind, &found.rule);
        self.note(&secret, &secret.stand_in, place);
        Some(secret.stand_in)
    }

    fn number(&mut self, secret: &str, found: &Found, place: &str) -> Option<String> {
        let secret = self.known.learn(secret, found.kind, &found.rule);
        self.note(&secret, &secret.number_stand_in, place);
        Some(secret.number_stand_in)
    }

    fn rest(&mut self, text: &str, place: &str) -> Option<String> {
        let (shown, found) = self.known.replace(text)?;
        found.iter().for_each(|secret| self.note(secret, &secret.stand_in, place));
        Some(shown)
    }
}

impl Redactor {
    /// Creates a redactor for values with these names, and for values that look like secrets.
    #[must_use]
    pub fn new(names: SecretNames) -> Self {
        Self { names, ..Self::default() }
    }

    /// Uses these names from now on. Known secrets stay known.
    pub fn rename(&mut self, names: SecretNames) {
        self.names = names;
    }

    /// Learns the secrets of an exchange, so that they can be replaced in earlier exchanges too.
    pub fn know(&mut self, request: &Request, response: &Response) {
        let Self { names, known } = self;
        for side in [Side::Request, Side::Response] {
            let mut learning = Learning(known);
            let mut walk = Walk { names, side, sink: &mut learning };
            let (headers, body) = match side {
                Side::Request => (&request.headers, &request.body),
                Side::Response => (&response.headers, &response.body),
            };
            if side == Side::Request && !quick::is_quiet_target(&request.target, names) {
                walk.target(&request.target);
            }
            if !quick::are_quiet_fields(headers, names) {
                walk.headers(headers);
            }
            if !walk.is_quiet_body(headers, body) {
                walk.body(headers, body);
            }
        }
    }

    /// Replaces the secrets of an exchange and lists them. The bodies must have no content coding.
    pub fn exchange(&mut self, mut request: Request, mut response: Response) -> (Request, Response, Vec<Redaction>) {
        // All secrets are learned first: a secret with a name may also stand in a place without one.
        self.know(&request, &response);
        let mut redactions = Vec::new();
        let Self { names, known } = self;
        let mut replacing = Replacing { known, redactions: &mut redactions };
        let mut walk = Walk { names, side: Side::Request, sink: &mut replacing };
        request.target = walk.target(&request.target).unwrap_or(request.target);
        if let Some(headers) = walk.headers(&request.headers) {
            request.headers = headers;
        }
        if let Some(body) = walk.body(&request.headers, &request.body) {
            request.body = body.into();
        }
        let mut walk = Walk { names, side: Side::Response, sink: &mut replacing };
        if let Some(headers) = walk.headers(&response.headers) {
            response.headers = headers;
        }
        if let Some(body) = walk.body(&response.headers, &response.body) {
            response.body = body.into();
        }
        redactions.sort();
        redactions.dedup();
        (request, response, redactions)
    }

    /// Learns the secrets of a WebSocket message, so that they can be replaced in earlier messages too.
    pub fn know_message(&mut self, message: &[u8], is_from_client: bool) {
        let mut learning = Learning(&mut self.known);
        let side = if is_from_client { Side::Request } else { Side::Response };
        Walk { names: &self.names, side, sink: &mut learning }.socket_message(message, "");
    }

    /// Replaces the secrets of a WebSocket message. In a binary message only known secrets are replaced.
    pub fn message(
        &mut self,
        message: &[u8],
        is_from_client: bool,
        place: &str,
        redactions: &mut Vec<Redaction>,
    ) -> Vec<u8> {
        self.know_message(message, is_from_client);
        let mut replacing = Replacing { known: &mut self.known, redactions };
        let side = if is_from_client { Side::Request } else { Side::Response };
        let shown = Walk { names: &self.names, side, sink: &mut replacing }.socket_message(message, place);
        shown.unwrap_or_else(|| message.to_vec())
    }

    /// Returns true if a known secret may stand in bytes that hold exchanges: some as they are, some in JSON.
    pub fn may_be_known_in(&mut self, written: &[u8]) -> bool {
        self.known.is_in(written) || (!self.known.is_empty() && memchr(b'\\', written).is_some())
    }
}
