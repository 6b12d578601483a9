//! Requests on their way to a backend.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::Arc;
use std::time::Duration;
use understudy_net::{Address, Call, Client, SendError, Stream, Upstream};

/// How long a backend may take to begin its answer.
pub const FORWARD_TIMEOUT: Duration = Duration::from_secs(30);

/// Where requests are forwarded to.
#[derive(Debug, Clone)]
pub struct Forwarding {
    /// The backend.
    pub address: Address,
    /// Added to every request that has no such field.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// Fields that are about one connection (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
];

impl Forwarding {
    /// Passes a request on as it comes, and gives the answer's head as soon as it is there.
    pub(crate) async fn pass(
        &self,
        client: &Arc<Client>,
        method: &Method,
        target: &str,
        headers: &HeaderMap,
        body: Option<Stream>,
    ) -> Result<Upstream, SendError> {
        let headers = self.own(headers);
        let call = Call { address: &self.address, method, target, headers: &headers, body: &Bytes::new() };
        let mut upstream = match body {
            Some(body) => client.pass(call, body).await?,
            None => {
                let timed_out = || Err(SendError::TimedOut { after: FORWARD_TIMEOUT });
                tokio::time::timeout(FORWARD_TIMEOUT, client.open(call)).await.unwrap_or_else(|_| timed_out())?
            }
        };
        upstream.headers = end_to_end(&upstream.headers);
        Ok(upstream)
    }

    /// The fields that the backend gets.
    fn own(&self, headers: &HeaderMap) -> HeaderMap {
        let mut headers = end_to_end(headers);
        headers.remove(HOST);
        // The framing is ours.
        headers.remove(CONTENT_LENGTH);
        for (name, value) in &self.headers {
            if !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
        headers
    }

    /// Sends a request to the backend, and gives the answer's head as soon as it is there.
    pub(crate) async fn send(
        &self,
        client: &Arc<Client>,
        method: &Method,
        target: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Upstream, SendError> {
        let headers = self.own(headers);
        let sending = client.open(Call { address: &self.address, method, target, headers: &headers, body: &body });
        let timed_out = || Err(SendError::TimedOut { after: FORWARD_TIMEOUT });
        let mut upstream = tokio::time::timeout(FORWARD_TIMEOUT, sending).await.unwrap_or_else(|_| timed_out())?;
        upstream.headers = end_to_end(&upstream.headers);
        Ok(upstream)
    }
}

/// The fields that are meant for the other end.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(|name| name.trim().to_ascii_lowercase()))
        .collect();
    let mut kept = headers.clone();
    kept.remove(TRANSFER_ENCODING);
    for name in HOP_BY_HOP {
        kept.remove(name);
    }
    for name in named {
        kept.remove(name.as_str());
    }
    kept
}
