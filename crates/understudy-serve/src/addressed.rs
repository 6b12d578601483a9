//! Responses that contain the service's own address, rewritten for the address that each client used.

use crate::own_name;
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::HeaderMap;
use std::sync::{Arc, OnceLock};
use understudy_exchange::{Origins, origin};
use understudy_match::Rendered;
use understudy_net::coding::Coding;

/// A body in several content codings. Each one is encoded when it is first requested.
#[derive(Debug, Default)]
pub(crate) struct Encodings(OnceLock<Box<[OnceLock<Bytes>; Coding::ALL.len()]>>);

impl Encodings {
    /// Returns the body in a coding.
    pub(crate) fn of(&self, coding: Coding, body: &Bytes) -> Option<Bytes> {
        let at = Coding::ALL.iter().position(|known| *known == coding)?;
        Some(self.0.get_or_init(Box::default)[at].get_or_init(|| coding.encode(body)).clone())
    }
}

/// Rewrites a response for each address at which clients reach the service.
#[derive(Debug)]
pub(crate) struct Addressed {
    origins: Arc<Origins>,
    /// True if an address occurs in the body, and not only in header fields.
    is_in_body: bool,
    made: ArcSwap<Vec<Arc<Made>>>,
}

/// The response for one address.
#[derive(Debug)]
struct Made {
    authority: String,
    headers: HeaderMap,
    body: Bytes,
    encodings: Encodings,
}

/// The maximum number of addresses for which a response is cached. Users have one or two; a client that invents more
/// gets no memory for them.
const MADE_MAX: usize = 8;

impl Addressed {
    /// Returns `None` if the response is the same for all addresses.
    pub(crate) fn new(headers: &HeaderMap, body: &[u8], origins: &Arc<Origins>) -> Option<Self> {
        let is_in_body = !origins.is_empty() && origin::is_text(headers) && origins.occur_in(body);
        // Any address shows whether the response changes.
        let changes_fields = own_name::speak(&mut headers.clone(), origins, "localhost:0");
        let origins = Arc::clone(origins);
        (is_in_body || changes_fields).then(|| Self { origins, is_in_body, made: ArcSwap::default() })
    }

    /// Returns the response for clients that used this address.
    pub(crate) fn at(&self, authority: &str, always: impl FnOnce() -> Rendered) -> Rendered {
        let made = self.made.load();
        if let Some(made) = made.iter().find(|made| made.authority == authority) {
            let mut rendered = always();
            (rendered.headers, rendered.body) = (made.headers.clone(), made.body.clone());
            return rendered;
        }
        let rendered = self.anew(authority, always());
        let Rendered { headers, body, .. } = rendered.clone();
        let new = Arc::new(Made { authority: authority.to_owned(), headers, body, encodings: Encodings::default() });
        self.made.rcu(|made| {
            let is_known = made.iter().any(|made| made.authority == authority);
            let added = (!is_known && made.len() < MADE_MAX).then(|| Arc::clone(&new));
            made.iter().cloned().chain(added).collect::<Vec<_>>()
        });
        rendered
    }

    /// Rewrites a response to the address that its client used.
    pub(crate) fn anew(&self, authority: &str, mut rendered: Rendered) -> Rendered {
        own_name::speak(&mut rendered.headers, &self.origins, authority);
        if self.is_in_body
            && let Some(body) = self.origins.rewrite(&rendered.body, own_name::here(authority))
        {
            rendered.body = body.into();
        }
        rendered
    }

    /// Returns a cached body in a coding.
    pub(crate) fn encoded(&self, coding: Coding, body: &Bytes) -> Option<Bytes> {
        let made = self.made.load();
        made.iter().find(|made| made.body == *body)?.encodings.of(coding, body)
    }
}
