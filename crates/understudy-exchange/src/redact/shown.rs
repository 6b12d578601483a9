//! Redaction of texts and values for logs and reports: one placeholder for all secrets.

use super::stand_in::is_stand_in;
use super::value::Side;
use super::walk::{Found, Sink, Walk};
use super::{REDACTED, SecretNames, looks_secret, quick};
use crate::target::{encode_query_part, replace_values};
use crate::{Json, JsonString};
use http::uri::PathAndQuery;
use std::borrow::Cow;

/// A sink that replaces each secret by the placeholder and remembers none.
struct Hiding;

impl Sink for Hiding {
    fn secret(&mut self, _: &str, _: &Found, _: &str) -> Option<String> {
        Some(REDACTED.to_owned())
    }

    fn number(&mut self, _: &str, _: &Found, _: &str) -> Option<String> {
        Some(Json::string(REDACTED).to_string())
    }

    fn rest(&mut self, _: &str, _: &str) -> Option<String> {
        None
    }
}

impl SecretNames {
    /// Returns the target of a request for logs. All values of parameters with a secret's name are redacted, even short
    /// ones and words.
    #[must_use]
    pub fn shown_target<'t>(&self, target: &'t PathAndQuery) -> Cow<'t, str> {
        if quick::is_quiet_target(target, self) {
            return target.as_str().into();
        }
        let is_secret = |name: &str| self.has_parameter(name);
        match (Walk { names: self, side: Side::Request, sink: &mut Hiding }.target(target)) {
            Some(shown) => {
                let shown = shown.as_str().replace(&encode_query_part(REDACTED), REDACTED);
                replace_values(&shown, is_secret, REDACTED).into_owned().into()
            }
            None => replace_values(target.as_str(), is_secret, REDACTED),
        }
    }

    /// Returns true if a text or JSON document contains a secret, by name or by look.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        Walk { names: self, side: Side::Response, sink: &mut Hiding }.text(text, "", 0).is_some()
    }

    /// Returns a value for reports, with [`REDACTED`] in the place of all values that have a secret's name or look.
    #[must_use]
    pub fn redacted(&self, value: &Json) -> Json {
        self.shown(value, false)
    }

    fn shown(&self, value: &Json, is_secret: bool) -> Json {
        match value {
            Json::Array(items) => Json::Array(items.iter().map(|item| self.shown(item, is_secret)).collect()),
            Json::Object(members) => {
                let member = |(name, value): &(JsonString, Json)| {
                    (name.clone(), self.shown(value, is_secret || self.has_member(name.as_str())))
                };
                Json::Object(members.iter().map(member).collect())
            }
            Json::Bool(_) | Json::Null => value.clone(),
            Json::String(text) if is_stand_in(text.as_str()) => value.clone(),
            Json::String(text) if is_secret || looks_secret(text.as_str()) => Json::string(REDACTED),
            Json::Number(_) if is_secret => Json::string(REDACTED),
            other => other.clone(),
        }
    }
}

/// Returns a value for reports, without the credentials that have built-in names or looks.
#[must_use]
pub fn redacted(value: &Json) -> Json {
    SecretNames::default().redacted(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_shown_without_its_secrets() {
        for (target, expected) in [
            ("/items/7?page=2&sort=name", "/items/7?page=2&sort=name"),
            ("/items?api_key=abc&page=2", "/items?api_key=«redacted»&page=2"),
            ("/reset/a8f3k2x9/form", "/reset/«redacted»/form"),
            ("/x/ghp_0123456789abcdefghijABCDEFGHIJ012345", "/x/«redacted»"),
        ] {
            let target: PathAndQuery = target.parse().expect("a target");
            assert_eq!(SecretNames::default().shown_target(&target), expected);
        }
    }

    #[test]
    fn secrets_are_found_in_texts_that_are_shown() {
        let names = SecretNames::default();
        assert!(names.are_in(r#"{"a":{"access_token":"opaque-1-2-3"}}"#) && names.are_in("Bearer abcdef123456"));
        assert!(!names.are_in("the token is missing") && !names.are_in(r#"{"password":"Passwort"}"#));
    }
}
