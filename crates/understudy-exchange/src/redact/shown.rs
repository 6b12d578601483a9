//! Texts and values as logs and reports show them: one word in the place of each secret.

use super::stand_in::is_stand_in;
use super::value::Side;
use super::walk::{Found, Sink, Walk};
use super::{REDACTED, SecretNames, looks_secret, quick};
use crate::target::{encode_query_part, replace_values};
use crate::{Json, JsonString};
use http::uri::PathAndQuery;
use std::borrow::Cow;

/// Puts the word in the place of each secret, and remembers none.
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
    /// The target of a request as logs show it. All values of parameters with a secret's name are left out, short ones and words too.
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

    /// Returns true if a text, which may be JSON, has a secret in it by a name or by its look.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        Walk { names: self, side: Side::Response, sink: &mut Hiding }.text(text, "", 0).is_some()
    }

    /// A value as reports show it: with [`REDACTED`] in the place of all values that have a secret's name or look.
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

/// A value without the credentials that have the usual names or looks, as reports show it.
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
