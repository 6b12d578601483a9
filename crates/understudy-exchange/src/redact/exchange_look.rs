//! The quick look at an exchange as a whole, by whoever must not remember anything: where exchanges pass, many at once.

use super::content::Content;
use super::quiet::Loud;
use super::{SecretNames, shape};
use crate::target::query_pairs;
use crate::{Request, Response};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{COOKIE, SET_COOKIE};
use http::uri::PathAndQuery;
use memchr::memchr2;

/// Finds exchanges with nothing in them that is a secret by its name or its looks: nearly all are. A
/// [`Redactor`](super::Redactor) has nothing to learn from them, and takes out of them only what it knows from others.
#[derive(Debug)]
pub struct QuickLook {
    names: SecretNames,
    loud: Loud,
}

impl QuickLook {
    /// One for what has these names.
    #[must_use]
    pub fn new(names: SecretNames) -> Self {
        Self { loud: Loud::new(&names), names }
    }

    /// Whether it is sure of an exchange, whose bodies come without their content codings.
    #[must_use]
    pub fn is_quiet(&self, request: &Request, response: &Response) -> bool {
        self.is_quiet_target(&request.target)
            && self.are_quiet_fields(&request.headers)
            && self.are_quiet_fields(&response.headers)
            && self.is_quiet_body(&request.headers, &request.body)
            && self.is_quiet_body(&response.headers, &response.body)
    }

    fn is_quiet_target(&self, target: &PathAndQuery) -> bool {
        // What is encoded is meant to be another text, in which a secret may stand.
        memchr2(b'%', b'+', target.as_str().as_bytes()).is_none()
            && !shape::has_secrets(target.as_str())
            && target.query().is_none_or(|query| query_pairs(query).all(|(name, _)| !self.names.has_parameter(&name)))
    }

    fn are_quiet_fields(&self, headers: &HeaderMap) -> bool {
        headers.iter().all(|(name, value)| {
            let has_secrets = || std::str::from_utf8(value.as_bytes()).map_or(true, shape::has_secrets);
            name != COOKIE && name != SET_COOKIE && !self.names.has_header(name.as_str()) && !has_secrets()
        })
    }

    fn is_quiet_body(&self, headers: &HeaderMap, body: &Bytes) -> bool {
        body.is_empty()
            || match Content::of(headers, body) {
                Content::Text(text) => self.loud.is_quiet(text),
                Content::Bytes => true,
                Content::Form | Content::Multipart(_) => false,
            }
    }
}
