//! Requests to one address, and how far they came.

use crate::address::Address;
use crate::connect::Connectors;
use crate::failure::{SendError, after_sending};
use crate::interim::{Interim, Telling};
use crate::message::{BODY_BYTES_MAX, Stream};
use crate::passing::Passing;
use crate::pool::{Connection, Lent, Pool, Sent};
use crate::upgrade::Upgrade;
use bytes::Bytes;
use http::header::{CONNECTION, HOST, UPGRADE};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use hyper::client::conn::TrySendError;
use hyper::ext::on_informational;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Who is at an address, and the connections there.
#[derive(Debug)]
pub struct Peer {
    address: Address,
    /// The address as it stands in a `Host` field.
    host: HeaderValue,
    pool: Arc<Pool>,
    connectors: Arc<Connectors>,
}

/// The header fields of a request, made anew each time that it is sent.
pub trait Fields: Sync {
    /// The header fields; `host` is added where there is none.
    fn fields(&self) -> HeaderMap;
}

impl Fields for HeaderMap {
    fn fields(&self) -> HeaderMap {
        self.clone()
    }
}

/// A request that is to be sent.
#[derive(Clone, Copy)]
pub struct Call<'c> {
    /// The method.
    pub method: &'c Method,
    /// Path and query; the address's own path is put before it.
    pub target: &'c PathAndQuery,
    /// The header fields.
    pub headers: &'c dyn Fields,
    /// The body.
    pub body: &'c Bytes,
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.target)
    }
}

impl Call<'_> {
    fn whole(&self) -> Sent {
        Either::Left(Full::new(self.body.clone()))
    }
}

/// An answer whose body is still to come.
#[derive(Debug)]
pub struct Upstream {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Stream,
    /// The connection itself, where the server agrees to another protocol on it.
    pub upgrade: Option<Upgrade>,
}

impl Peer {
    pub(crate) fn new(address: Address, connectors: Arc<Connectors>) -> Self {
        let host = HeaderValue::from_str(address.authority.as_str()).expect("an authority is plain text");
        Self { address, host, pool: Arc::default(), connectors }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a request and waits for the whole answer, its body still in its content coding. `timeout` begins once there is a
    /// connection: opening one may take [`CONNECT_TIMEOUT`](crate::CONNECT_TIMEOUT).
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn send(&self, call: Call<'_>, timeout: Duration) -> Result<(StatusCode, HeaderMap, Bytes), SendError> {
        let headers = call.headers.fields();
        let is_upgrade = is_upgrade(&headers);
        let mut until = Instant::now() + timeout;
        let mut asked = None;
        if let Some(connection) = self.pool.take(is_upgrade) {
            match timeout_at(until, self.ask(call, headers, call.whole(), None, connection)).await {
                Ok(Err(unanswered)) if unanswered.may_be_sent_again(call.method) => {}
                answer => asked = Some(answer),
            }
        }
        let answer = match asked {
            Some(answer) => answer,
            None => {
                let connection = Box::pin(self.connect(is_upgrade)).await?;
                until = Instant::now() + timeout;
                timeout_at(until, self.ask(call, call.headers.fields(), call.whole(), None, connection)).await
            }
        };
        let timed_out = |_| SendError::TimedOut { after: timeout };
        let Upstream { status, headers, body, .. } =
            answer.map_err(timed_out)?.map_err(|unanswered| unanswered.error)?;
        match timeout_at(until, Limited::new(body.0, BODY_BYTES_MAX).collect()).await.map_err(timed_out)? {
            Ok(body) => Ok((status, headers, body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(SendError::TooLarge),
            Err(error) => {
                Err(error.downcast::<hyper::Error>().map_or(SendError::Closed, |error| after_sending(&error)))
            }
        }
    }

    /// Sends a request and waits for the answer's head. What a server says before it over HTTP/1.1 is passed on where there is
    /// an `interim`.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn open(&self, call: Call<'_>, interim: Option<&Interim>) -> Result<Upstream, SendError> {
        let telling = telling(interim).await;
        let headers = call.headers.fields();
        let is_upgrade = is_upgrade(&headers);
        if let Some(connection) = self.pool.take(is_upgrade) {
            match self.ask(call, headers, call.whole(), telling, connection).await {
                Err(unanswered) if unanswered.may_be_sent_again(call.method) => {}
                answer => return answer.map_err(|unanswered| unanswered.error),
            }
        }
        self.ask_anew(call, call.whole(), interim, is_upgrade).await
    }

    /// As [`Self::open`], with a body that is sent as it comes, instead of the call's. It is sent once at most.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn pass(&self, call: Call<'_>, body: Stream, interim: Option<&Interim>) -> Result<Upstream, SendError> {
        let telling = telling(interim).await;
        let headers = call.headers.fields();
        let is_upgrade = is_upgrade(&headers);
        let mut body = Either::Right(body.0);
        if let Some(connection) = self.pool.take(is_upgrade) {
            match self.ask(call, headers, body, telling, connection).await {
                Err(Unanswered { unsent: Some(unsent), .. }) => body = *unsent,
                answer => return answer.map_err(|unanswered| unanswered.error),
            }
        }
        self.ask_anew(call, body, interim, is_upgrade).await
    }

    /// Asks on a new connection. That is rare, and large: on the heap it makes no other request slower.
    fn ask_anew<'a>(
        &'a self,
        call: Call<'a>,
        body: Sent,
        interim: Option<&'a Interim>,
        is_upgrade: bool,
    ) -> Pin<Box<dyn Future<Output = Result<Upstream, SendError>> + Send + 'a>> {
        Box::pin(async move {
            let connection = self.connect(is_upgrade).await?;
            let telling = telling(interim).await;
            let answer = self.ask(call, call.headers.fields(), body, telling, connection).await;
            answer.map_err(|unanswered| unanswered.error)
        })
    }

    async fn connect(&self, is_upgrade: bool) -> Result<Connection, SendError> {
        let connection = self.connectors.connect(&self.address, is_upgrade).await?;
        if let Connection::Http2(shared) = &connection {
            self.pool.share(shared);
        }
        Ok(connection)
    }

    async fn ask(
        &self,
        call: Call<'_>,
        headers: HeaderMap,
        body: Sent,
        telling: Option<Telling>,
        connection: Connection,
    ) -> Result<Upstream, Unanswered> {
        match connection {
            Connection::Http1(mut connection) => {
                // In a statement of its own: what one that waits has in hand takes room in every request.
                let request = self.http1(call, headers, body, telling)?;
                let response = connection.try_send_request(request).await;
                let (mut parts, body) = response.map_err(unanswered)?.into_parts();
                let upgrade = Upgrade::of(&mut parts.extensions);
                let body = if parts.status == StatusCode::SWITCHING_PROTOCOLS {
                    Passing::new(body)
                } else {
                    Passing::on(body, Lent { pool: Arc::clone(&self.pool), connection })
                };
                Ok(Upstream { status: parts.status, headers: parts.headers, body: Stream(body), upgrade })
            }
            Connection::Http2(mut connection) => {
                let request = self.http2(call, headers, body)?;
                let response = connection.try_send_request(request).await;
                let (parts, body) = response.map_err(unanswered)?.into_parts();
                let body = Stream(Passing::new(body));
                Ok(Upstream { status: parts.status, headers: parts.headers, body, upgrade: None })
            }
        }
    }

    fn http1(
        &self,
        call: Call<'_>,
        mut headers: HeaderMap,
        body: Sent,
        telling: Option<Telling>,
    ) -> Result<http::Request<Sent>, Unanswered> {
        headers.entry(HOST).or_insert_with(|| self.host.clone());
        let mut request = http::Request::new(body);
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = self.path(call.target)?.into();
        *request.headers_mut() = headers;
        if let Some(telling) = telling {
            on_informational(&mut request, move |answer| telling.tell(answer.status(), answer.headers()));
        }
        Ok(request)
    }

    /// HTTP/2 has the host in a field of its own (RFC 9113, section 8.3.1).
    fn http2(&self, call: Call<'_>, mut headers: HeaderMap, body: Sent) -> Result<http::Request<Sent>, Unanswered> {
        headers.remove(CONNECTION);
        let authority = match headers.remove(HOST) {
            None => self.address.authority.clone(),
            Some(host) => Authority::try_from(host.as_bytes())
                .map_err(|_| malformed(format!("`{}` cannot be a host", String::from_utf8_lossy(host.as_bytes()))))?,
        };
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(if self.address.is_tls { Scheme::HTTPS } else { Scheme::HTTP });
        parts.authority = Some(authority);
        parts.path_and_query = Some(self.path(call.target)?);
        let mut request = http::Request::new(body);
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = Uri::from_parts(parts).map_err(|error| malformed(error.to_string()))?;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// The target with the address's own path before it.
    fn path(&self, target: &PathAndQuery) -> Result<PathAndQuery, Unanswered> {
        let before = &self.address.path;
        if before.is_empty() {
            return Ok(target.clone());
        }
        PathAndQuery::from_maybe_shared(format!("{before}{target}"))
            .map_err(|_| malformed(format!("`{before}{target}` cannot be a request target")))
    }
}

/// What tells a client of answers before its own. The connection that its request came on is what waits here.
async fn telling(interim: Option<&Interim>) -> Option<Telling> {
    let interim = interim?;
    Some(interim.begin(poll_fn(|context| Poll::Ready(context.waker().clone())).await))
}

/// A request that got no answer, and what was to be sent with it where nothing of it was sent.
struct Unanswered {
    unsent: Option<Box<Sent>>,
    error: SendError,
}

impl Unanswered {
    /// Whether it may be sent once more where it went over a connection that had been used: it was not sent at all, or on a
    /// connection that the server was about to close, and nobody can notice. (A second DELETE can be: the first may have
    /// arrived.)
    fn may_be_sent_again(&self, method: &Method) -> bool {
        self.unsent.is_some() || (matches!(self.error, SendError::Closed) && method.is_safe())
    }
}

fn malformed(why: String) -> Unanswered {
    Unanswered { unsent: None, error: SendError::Malformed { why } }
}

fn unanswered(mut error: TrySendError<http::Request<Sent>>) -> Unanswered {
    let unsent = error.take_message().map(|request| Box::new(request.into_body()));
    Unanswered { unsent, error: after_sending(&error.into_error()) }
}

/// Whether a request asks for another protocol on its connection.
fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE)
}
