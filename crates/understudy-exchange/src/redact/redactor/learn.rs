//! What is learnt of an exchange: the secrets that are called so, and those that look like one.

use super::super::content::{Content, json, kind_of, kind_of_field, scheme, set_cookie};
use super::super::shape;
use super::{EMBEDDED_DEPTH_MAX, Redactor, SECRETS_MAX, SOUGHT_BYTES_MIN};
use crate::{Json, cookie_pairs, form};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};

impl Redactor {
    /// The placeholder of a secret, by which it is known from now on.
    pub(super) fn learn(&mut self, secret: &str, kind: &'static str) -> String {
        // What was put in the place of a secret is none, should it come again: from a stub, say.
        let is_own = secret.starts_with('«') && secret.ends_with('»');
        if secret.is_empty() || is_own {
            return secret.to_owned();
        }
        if let Some(known) = self.known.get(secret) {
            return known.clone();
        }
        if self.known.len() >= SECRETS_MAX {
            return format!("«{kind}»");
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let placeholder = format!("«{kind}-{count}»");
        self.known.insert(secret.to_owned(), placeholder.clone());
        if secret.len() >= SOUGHT_BYTES_MIN {
            self.sought = None;
        }
        placeholder
    }

    pub(super) fn learn_headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            if name == COOKIE || name == SET_COOKIE {
                continue;
            }
            match std::str::from_utf8(value.as_bytes()) {
                Ok(text) if self.names.has_header(name.as_str()) => {
                    let (_, secret) = scheme(name, text);
                    self.learn(secret, if name == AUTHORIZATION { "token" } else { kind_of(name.as_str()) });
                }
                Ok(text) => self.learn_text(text),
                Err(_) => self.learn_text(&String::from_utf8_lossy(value.as_bytes())),
            }
        }
        for (_, value) in cookie_pairs(headers) {
            self.learn(value, "cookie");
        }
        for value in headers.get_all(SET_COOKIE) {
            if let Some((_, value, _)) = std::str::from_utf8(value.as_bytes()).ok().and_then(set_cookie) {
                self.learn(value, "cookie");
            }
        }
    }

    pub(super) fn learn_text(&mut self, text: &str) {
        if !shape::has_secrets(text) {
            return;
        }
        let found: Vec<(String, &'static str)> =
            shape::secrets(text).map(|(at, kind)| (text[at].to_owned(), kind)).collect();
        for (secret, kind) in found {
            self.learn(&secret, kind);
        }
    }

    pub(super) fn learn_body(&mut self, headers: &HeaderMap, body: &Bytes) {
        match Content::of(headers, body) {
            Content::Form => {
                for (name, value) in form::parse(body) {
                    self.learn_field(&name, &value);
                }
            }
            Content::Multipart(parts) => {
                for part in parts {
                    if let Ok(text) = std::str::from_utf8(&part.content) {
                        self.learn_field(&part.name, text);
                    }
                }
            }
            Content::Text(_) => self.learn_lines(body),
            Content::Bytes => {}
        }
    }

    pub(super) fn learn_field(&mut self, name: &str, text: &str) {
        if self.names.has_member(name) || shape::is_card(text) {
            self.learn(text, kind_of_field(name, text));
        } else {
            self.learn_lines(&Bytes::copy_from_slice(text.as_bytes()));
        }
    }

    /// A text that may be JSON, or have lines that are.
    pub(super) fn learn_lines(&mut self, body: &[u8]) {
        let Ok(text) = std::str::from_utf8(body) else { return };
        if let Some(value) = json(text) {
            return self.learn_json(&value, None, 0);
        }
        let mut rest = String::new();
        for line in text.lines() {
            match json(line.strip_prefix("data:").unwrap_or(line)) {
                Some(value) => self.learn_json(&value, None, 0),
                None => {
                    self.learn_text(line);
                    rest.push_str(line);
                    rest.push('\n');
                }
            }
        }
        // A private key goes over several lines, and so may what is JSON in parts.
        self.learn_text(text);
        let found: Vec<(&str, &'static str)> = shape::members(&rest)
            .filter(|(name, ..)| self.names.has_member(name))
            .map(|(name, at, _)| (&rest[at], kind_of(name)))
            .collect();
        for (secret, kind) in found {
            self.learn(secret, kind);
        }
    }

    pub(super) fn learn_json(&mut self, value: &Json, secret: Option<&'static str>, depth: usize) {
        match value {
            Json::Array(items) => items.iter().for_each(|item| self.learn_json(item, secret, depth)),
            Json::Object(members) => {
                for (name, value) in members {
                    let named = self.names.has_member(name.as_str()).then(|| kind_of(name.as_str()));
                    self.learn_json(value, secret.or(named), depth);
                }
            }
            Json::String(text) => match secret {
                Some(kind) => drop(self.learn(text.as_str(), kind)),
                None if shape::is_card(text.as_str()) => drop(self.learn(text.as_str(), "card")),
                None => match json(text.as_str()).filter(|_| depth < EMBEDDED_DEPTH_MAX) {
                    Some(embedded) => self.learn_json(&embedded, None, depth + 1),
                    None => self.learn_text(text.as_str()),
                },
            },
            Json::Number(number) => {
                if let Some(kind) = secret.or_else(|| shape::is_card(number.as_str()).then_some("card")) {
                    self.learn(number.as_str(), kind);
                }
            }
            Json::Bool(_) | Json::Null => {}
        }
    }
}
