//! The quick look at an exchange as a whole, by whoever must not remember anything: where exchanges pass, many at once.

use super::content::Content;
use super::quiet::Loud;
use super::{SecretNames, shape};
use crate::target::query_pairs;
use crate::{Request, Response};
use bytes::Bytes;
use http::header::{COOKIE, SET_COOKIE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};
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

    /// Whether it is sure of an exchange, whose bodies come without their content codings. All of it stands in what is
    /// `written`, in which letters, digits, `-` and `_` are what they are.
    #[must_use]
    pub fn is_quiet(&self, request: &Request, response: &Response, written: &[u8]) -> bool {
        self.has_quiet_names(request, response) && (!shape::may_begin_in(written) || has_no_shapes(request, response))
    }

    fn has_quiet_names(&self, request: &Request, response: &Response) -> bool {
        self.is_quiet_target(&request.target)
            && self.are_quiet_fields(&request.headers)
            && self.are_quiet_fields(&response.headers)
            && self.is_quiet_body(&request.headers, &request.body)
            && self.is_quiet_body(&response.headers, &response.body)
    }

    fn is_quiet_target(&self, target: &PathAndQuery) -> bool {
        // What is encoded is meant to be another text, in which a secret may stand.
        memchr2(b'%', b'+', target.as_str().as_bytes()).is_none()
            && target.query().is_none_or(|query| query_pairs(query).all(|(name, _)| !self.names.has_parameter(&name)))
    }

    fn are_quiet_fields(&self, headers: &HeaderMap) -> bool {
        headers.keys().all(|name| name != COOKIE && name != SET_COOKIE && !self.names.has_header(name.as_str()))
    }

    fn is_quiet_body(&self, headers: &HeaderMap, body: &Bytes) -> bool {
        body.is_empty()
            || match Content::of(headers, body) {
                Content::Text(text) => self.loud.has_quiet_names(text),
                Content::Bytes => true,
                Content::Form | Content::Multipart(_) => false,
            }
    }
}

/// Whether it is sure that nothing looks like a secret.
fn has_no_shapes(request: &Request, response: &Response) -> bool {
    let is_quiet = |part: &[u8]| std::str::from_utf8(part).is_ok_and(|text| !shape::has_secrets(text));
    let fields = request.headers.values().chain(response.headers.values()).map(HeaderValue::as_bytes);
    let others = [request.target.as_str().as_bytes(), &request.body, &response.body];
    fields.chain(others).all(is_quiet)
}
