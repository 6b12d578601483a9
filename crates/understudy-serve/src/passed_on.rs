//! Prepares a backend's response for the client, with our address.

use crate::{own_name, plain_http};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, LOCATION, ORIGIN};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use understudy_exchange::origin::{self, Rewriting};
use understudy_exchange::{Origins, Request};
use understudy_net::{Edit, Outbound, OutboundBody, Stream, Upstream, coding};

/// The limits in bytes and time for a body that is read completely and sent with its length. Other bodies are edited
/// chunk by chunk.
const GATHERED_BYTES_MAX: u64 = 256 << 10;
const GATHERING_TIME: Duration = Duration::from_millis(250);
/// The maximum size of a decoded body.
const DECODED_BYTES_MAX: usize = 8 << 20;

/// Header fields with a digest of the content. A body with such a field is sent unchanged.
const DIGESTS: [&str; 5] = ["content-digest", "content-md5", "digest", "repr-digest", "docker-content-digest"];

/// The data of a request that is needed for its response.
pub(crate) struct Client {
    is_head: bool,
    /// The authority that the client used; `None` if the request has none.
    authority: Option<String>,
    /// The target of the request.
    target: PathAndQuery,
    /// The origin of the client's page.
    pub(crate) origin: Option<HeaderValue>,
}

impl Client {
    pub(crate) fn of(request: &Request) -> Self {
        let authority = own_name::authority(&request.headers).map(str::to_owned);
        let origin = request.headers.get(ORIGIN).cloned();
        Self { is_head: request.method == Method::HEAD, authority, target: request.target.clone(), origin }
    }
}

/// The backend's response, with our address instead of the backend's.
pub(crate) async fn in_own_name(upstream: Upstream, client: &Client, origins: &Arc<Origins>) -> Outbound {
    let Upstream { status, mut headers, body, .. } = upstream;
    plain_http::adapt(&mut headers, origins, client.authority.as_deref());
    let Some(authority) = &client.authority else {
        return Outbound { status, headers, body: OutboundBody::Stream(body) };
    };
    let location = headers.get(LOCATION).cloned();
    own_name::speak(&mut headers, origins, authority);
    // A backend that redirects its clients to TLS would cause a redirect loop.
    let is_circle = |own: &HeaderValue| *own == format!("http://{authority}{}", client.target);
    if let Some(location) = location.filter(|_| headers.get(LOCATION).is_some_and(is_circle)) {
        headers.insert(LOCATION, location);
    }
    let body = if !client.is_head && may_name_backend(status, &headers, &body) {
        rewritten(body, &mut headers, origins, authority).await
    } else {
        OutboundBody::Stream(body)
    };
    Outbound { status, headers, body }
}

/// Returns true if a body may contain an address and may be changed.
fn may_name_backend(status: StatusCode, headers: &HeaderMap, body: &Stream) -> bool {
    !body.is_empty()
        && !status.is_informational()
        && status != StatusCode::PARTIAL_CONTENT
        && origin::is_text(headers)
        && !headers.contains_key(CONTENT_RANGE)
        && !headers.keys().any(|name| DIGESTS.contains(&name.as_str()))
}

async fn rewritten(body: Stream, headers: &mut HeaderMap, origins: &Arc<Origins>, authority: &str) -> OutboundBody {
    match body.gathered(GATHERED_BYTES_MAX, GATHERING_TIME).await {
        Ok(whole) => OutboundBody::Whole(whole_rewritten(whole, headers, origins, authority)),
        // A coded body cannot be edited chunk by chunk without decoding it.
        Err(body) if headers.contains_key(CONTENT_ENCODING) => OutboundBody::Stream(body),
        Err(body) => {
            headers.remove(CONTENT_LENGTH);
            let edit = Renaming(Rewriting::new(Arc::clone(origins), authority));
            OutboundBody::Edited(body.edited(Box::new(edit)))
        }
    }
}

/// Writes our address into a complete body. A coded body is decoded if it has to be changed.
fn whole_rewritten(body: Bytes, headers: &mut HeaderMap, origins: &Origins, authority: &str) -> Bytes {
    let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let plain = match encoding {
        Some(encoding) => coding::decode(encoding, body.clone(), DECODED_BYTES_MAX).ok(),
        None => Some(body.clone()),
    };
    let Some(changed) = plain.and_then(|plain| origins.rewrite(&plain, own_name::here(authority))) else { return body };
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    changed.into()
}

struct Renaming(Rewriting);

impl Edit for Renaming {
    fn piece(&mut self, piece: Bytes) -> Bytes {
        self.0.piece(&piece).map_or(piece, Bytes::from)
    }

    fn rest(&mut self) -> Bytes {
        self.0.rest().into()
    }
}
