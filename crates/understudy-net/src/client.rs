//! A client that says how far it came.

use crate::address::Address;
use crate::interim::Interim;
use crate::message::{BODY_BYTES_MAX, Stream};
use crate::passing::Passing;
use crate::pool::{Connection, Lent, Pool, Sent};
use crate::server::HEADER_BYTES_MAX;
use crate::trust::{Authorities, HTTP_2, Offer, connector};
use crate::upgrade::Upgrade;
use bytes::Bytes;
use http::header::{CONNECTION, HOST, UPGRADE};
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::ext::on_informational;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::borrow::Cow;
use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, CertificateError};

/// How long opening a connection may take, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an HTTP/2 connection on which something is waited for may be silent before its peer is asked for a sign of life.
const PING_PERIOD: Duration = Duration::from_secs(5);
/// How long that may take: a backend that a debugger has stopped gives none for a while.
const PING_TIMEOUT: Duration = Duration::from_secs(25);

/// Sends requests, over HTTP/2 where the server speaks it. Redirects are not followed; TLS is verified against the
/// system's certificates.
#[derive(Debug, Default)]
pub struct Client {
    /// A client has a handful of addresses: looking through them is quicker than a table.
    pools: Mutex<Vec<(Address, Arc<Pool>)>>,
    tls: Mutex<HashMap<(Option<Authorities>, Offer), Tls>>,
}

#[derive(Clone)]
struct Tls(TlsConnector);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsConnector")
    }
}

/// Why there is no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError {
    /// The name has no address.
    Resolve {
        /// The name.
        host: String,
    },
    /// Nobody listens there, or nobody can be reached.
    Connect {
        /// Where.
        address: String,
        /// What the system said about the last address tried.
        source: io::Error,
    },
    /// The TLS handshake failed: often a certificate that is not trusted.
    Handshake {
        /// Where.
        address: String,
        /// What was wrong.
        source: io::Error,
    },
    /// The request was sent, and no whole answer came in time.
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// The request was sent, and the connection ended before the answer did.
    Closed,
    /// A body that was passed on broke off: who sent it left.
    BrokenOff,
    /// What came is no HTTP.
    Malformed {
        /// What is wrong with it.
        why: String,
    },
    /// The answer has more than [`BODY_BYTES_MAX`] bytes.
    TooLarge,
}

impl SendError {
    /// Whether the request cannot have arrived: could not resolve, connect or shake hands.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Resolve { .. } | Self::Connect { .. } | Self::Handshake { .. })
    }
}

impl std::fmt::Display for SendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Resolve { host } => write!(f, "the name {host} has no address"),
            Self::Connect { address, source } => match source.kind() {
                io::ErrorKind::ConnectionRefused => write!(f, "nothing listens on {address}"),
                io::ErrorKind::TimedOut => {
                    write!(f, "no connection to {address} in time")
                }
                _ => write!(f, "no connection to {address}: {source}"),
            },
            Self::Handshake { address, source } => match source.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(rustls::Error::InvalidCertificate(why)) => {
                    write!(f, "the certificate of {address} is not accepted: {}", not_accepted(why))
                }
                _ => write!(f, "no TLS with {address}: {source}"),
            },
            Self::TimedOut { after } => write!(f, "no answer within {after:?}"),
            Self::Closed => f.write_str("the connection was closed before the answer ended"),
            Self::BrokenOff => f.write_str("the request broke off: who sent it left"),
            Self::Malformed { why } => write!(f, "the answer is no HTTP: {why}"),
            Self::TooLarge => write!(f, "the answer has more than {BODY_BYTES_MAX} bytes"),
        }
    }
}

/// What is wrong with a certificate, in words.
fn not_accepted(why: &CertificateError) -> Cow<'static, str> {
    match why {
        CertificateError::UnknownIssuer => {
            "nobody who is trusted has signed it; `ca` at the backend in understudy.yaml may name a PEM file of those \
             to trust as well"
                .into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".into(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name".into()
        }
        other => other.to_string().into(),
    }
}

impl std::error::Error for SendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect { source, .. } | Self::Handshake { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// A request that is to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// Where to.
    pub address: &'c Address,
    /// The method.
    pub method: &'c Method,
    /// Path and query; the address's own path is put before it.
    pub target: &'c str,
    /// The header fields; `host` is added.
    pub headers: &'c HeaderMap,
    /// The body.
    pub body: &'c Bytes,
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

impl Client {
    /// A client with no connections yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends a request and waits for the whole answer, its body still in its content coding.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn send(
        self: &Arc<Self>,
        call: Call<'_>,
        timeout: Duration,
    ) -> Result<(StatusCode, HeaderMap, Bytes), SendError> {
        let reached = AtomicBool::new(false);
        let whole = async {
            let upstream = self.open_told(call, None, &reached).await?;
            let (status, headers) = (upstream.status, upstream.headers);
            match Limited::new(upstream.body.0, BODY_BYTES_MAX).collect().await {
                Ok(body) => Ok((status, headers, body.to_bytes())),
                Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(SendError::TooLarge),
                Err(error) => {
                    Err(error.downcast::<hyper::Error>().map_or(SendError::Closed, |error| after_sending(&error)))
                }
            }
        };
        match tokio::time::timeout(timeout, whole).await {
            Ok(result) => result,
            // A request that never left breaks no promise.
            Err(_) if !reached.load(Ordering::Relaxed) => {
                let at = format!("{}:{}", call.address.host, call.address.port);
                Err(SendError::Connect { address: at, source: io::ErrorKind::TimedOut.into() })
            }
            Err(_) => Err(SendError::TimedOut { after: timeout }),
        }
    }

    /// Sends a request and waits for the answer's head. What a server says before it over HTTP/1.1 is passed on where there is
    /// an `interim`.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn open(self: &Arc<Self>, call: Call<'_>, interim: Option<&Interim>) -> Result<Upstream, SendError> {
        self.open_told(call, interim, &AtomicBool::new(false)).await
    }

    /// As [`Self::open`], with a body that is sent as it comes, instead of the call's. It is sent once at most.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn pass(
        self: &Arc<Self>,
        call: Call<'_>,
        body: Stream,
        interim: Option<&Interim>,
    ) -> Result<Upstream, SendError> {
        let pool = self.pool(call.address);
        let mut body = Either::Right(body.0);
        if let Some(connection) = pool.take(is_upgrade(call.headers)) {
            match exchange(call, body, interim, connection, &pool).await {
                Ok(upstream) => return Ok(upstream),
                Err(Unanswered { unsent: Some(unsent), .. }) => body = *unsent,
                Err(Unanswered { error, .. }) => return Err(error),
            }
        }
        // Connecting is rare, and large: on the heap it makes no other request slower.
        let connection = Box::pin(self.connect(call, &pool)).await?;
        exchange(call, body, interim, connection, &pool).await.map_err(|unanswered| unanswered.error)
    }

    /// As [`Self::open`], and tells when there is a connection.
    async fn open_told(
        self: &Arc<Self>,
        call: Call<'_>,
        interim: Option<&Interim>,
        reached: &AtomicBool,
    ) -> Result<Upstream, SendError> {
        let pool = self.pool(call.address);
        let body = || Either::Left(Full::new(call.body.clone()));
        if let Some(connection) = pool.take(is_upgrade(call.headers)) {
            reached.store(true, Ordering::Relaxed);
            match exchange(call, body(), interim, connection, &pool).await {
                Ok(upstream) => return Ok(upstream),
                // Not sent at all, or sent on a connection that the server was about to close: once more, if that
                // cannot be noticed. (A second DELETE can: the first may have arrived.)
                Err(Unanswered { unsent: Some(_), .. }) => {}
                Err(Unanswered { error: SendError::Closed, .. }) if call.method.is_safe() => {}
                Err(Unanswered { error, .. }) => return Err(error),
            }
        }
        reached.store(false, Ordering::Relaxed);
        let connection = Box::pin(self.connect(call, &pool)).await?;
        reached.store(true, Ordering::Relaxed);
        exchange(call, body(), interim, connection, &pool).await.map_err(|unanswered| unanswered.error)
    }

    /// The connections to an address.
    fn pool(&self, address: &Address) -> Arc<Pool> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pool)) = pools.iter().find(|(known, _)| known == address) {
            return Arc::clone(pool);
        }
        let pool = Arc::default();
        pools.push((address.clone(), Arc::clone(&pool)));
        pool
    }

    fn connector(&self, trusted: Option<&Authorities>, offer: Offer) -> io::Result<TlsConnector> {
        let mut known = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (trusted.cloned(), offer);
        if let Some(Tls(connector)) = known.get(&key) {
            return Ok(connector.clone());
        }
        let connector = connector(trusted, offer)?;
        known.insert(key, Tls(connector.clone()));
        Ok(connector)
    }

    async fn connect(&self, call: Call<'_>, pool: &Pool) -> Result<Connection, SendError> {
        let address = call.address;
        let is_upgrade = is_upgrade(call.headers);
        let at = format!("{}:{}", address.host, address.port);
        let timed_out = || SendError::Connect { address: at.clone(), source: io::ErrorKind::TimedOut.into() };
        let connecting = async {
            let stream = tcp(address, &at).await?;
            let _ = stream.set_nodelay(true);
            if !address.is_tls {
                return if address.is_http2 && !is_upgrade { http2(stream).await } else { http1(stream).await };
            }
            let failed = |source| SendError::Handshake { address: at.clone(), source };
            let name = ServerName::try_from(address.host.clone()).map_err(|error| failed(io::Error::other(error)))?;
            let offer = if is_upgrade { Offer::Http1 } else { Offer::Any };
            let connector = self.connector(address.trusted.as_ref(), offer).map_err(failed)?;
            let stream = connector.connect(name, stream).await.map_err(failed)?;
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
            if is_http2 { http2(stream).await } else { http1(stream).await }
        };
        let connection =
            tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.unwrap_or_else(|_| Err(timed_out()))?;
        if let Connection::Http2(shared) = &connection {
            pool.share(shared);
        }
        Ok(connection)
    }
}

/// A request that got no answer, and what was to be sent with it where nothing of it was sent.
struct Unanswered {
    unsent: Option<Box<Sent>>,
    error: SendError,
}

async fn exchange(
    call: Call<'_>,
    body: Sent,
    interim: Option<&Interim>,
    connection: Connection,
    pool: &Arc<Pool>,
) -> Result<Upstream, Unanswered> {
    match connection {
        Connection::Http1(mut connection) => {
            let mut request = build(call, body, false)?;
            if let Some(interim) = interim {
                // The connection that the request came on is what waits here.
                let telling = interim.begin(poll_fn(|context| Poll::Ready(context.waker().clone())).await);
                on_informational(&mut request, move |answer| telling.tell(answer.status(), answer.headers()));
            }
            let response = connection.try_send_request(request).await.map_err(unanswered)?;
            let (mut parts, body) = response.into_parts();
            let upgrade = Upgrade::of(&mut parts.extensions);
            let body = if parts.status == StatusCode::SWITCHING_PROTOCOLS {
                Passing::new(body)
            } else {
                Passing::on(body, Lent { pool: Arc::clone(pool), connection })
            };
            Ok(Upstream { status: parts.status, headers: parts.headers, body: Stream(body), upgrade })
        }
        Connection::Http2(mut connection) => {
            let request = build(call, body, true)?;
            let response = connection.try_send_request(request).await.map_err(unanswered)?;
            let (parts, body) = response.into_parts();
            let body = Stream(Passing::new(body));
            Ok(Upstream { status: parts.status, headers: parts.headers, body, upgrade: None })
        }
    }
}

fn unanswered(mut error: TrySendError<http::Request<Sent>>) -> Unanswered {
    let unsent = error.take_message().map(|request| Box::new(request.into_body()));
    Unanswered { unsent, error: after_sending(&error.into_error()) }
}

/// Whether a request asks for another protocol on its connection.
fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE)
}

/// The request as it is sent. HTTP/2 has the host in a field of its own (RFC 9113, section 8.3.1).
fn build(call: Call<'_>, body: Sent, is_http2: bool) -> Result<http::Request<Sent>, Unanswered> {
    let Call { address, method, target, headers, .. } = call;
    let malformed = |why: String| Unanswered { unsent: None, error: SendError::Malformed { why } };
    let not_a_host = |host: &[u8]| malformed(format!("`{}` cannot be a host", String::from_utf8_lossy(host)));
    let path = if address.path.is_empty() {
        PathAndQuery::try_from(target)
    } else {
        PathAndQuery::from_maybe_shared(format!("{}{target}", address.path))
    };
    let path = path.map_err(|_| malformed(format!("`{}{target}` cannot be a request target", address.path)))?;
    let mut request = http::Request::new(body);
    *request.method_mut() = method.clone();
    *request.headers_mut() = headers.clone();
    let headers = request.headers_mut();
    if is_http2 {
        headers.remove(CONNECTION);
        let host = headers.remove(HOST);
        let host = host.as_ref().map_or(address.authority.as_bytes(), HeaderValue::as_bytes);
        let scheme = if address.is_tls { Scheme::HTTPS } else { Scheme::HTTP };
        let uri = Uri::builder().scheme(scheme).authority(host).path_and_query(path);
        *request.uri_mut() = uri.build().map_err(|_| not_a_host(host))?;
    } else {
        if !headers.contains_key(HOST) {
            let host = HeaderValue::from_str(&address.authority);
            headers.insert(HOST, host.map_err(|_| not_a_host(address.authority.as_bytes()))?);
        }
        *request.uri_mut() = path.into();
    }
    Ok(request)
}

/// What an error means that came after the connection was made.
fn after_sending(error: &hyper::Error) -> SendError {
    if error.is_parse() {
        let why = error.to_string();
        SendError::Malformed { why }
    } else if error.is_user() {
        SendError::BrokenOff
    } else {
        SendError::Closed
    }
}

async fn tcp(address: &Address, at: &str) -> Result<TcpStream, SendError> {
    let mut last = None;
    for candidate in resolve(address).await? {
        match TcpStream::connect(candidate).await {
            Ok(stream) => return Ok(stream),
            Err(source) => last = Some(source),
        }
    }
    match last {
        Some(source) => Err(SendError::Connect { address: at.to_owned(), source }),
        None => Err(SendError::Resolve { host: address.host.clone() }),
    }
}

/// Names under `localhost` are the loopbacks by RFC 6761, section 6.3, whatever the system's resolver says.
async fn resolve(address: &Address) -> Result<Vec<SocketAddr>, SendError> {
    let port = address.port;
    if let Ok(ip) = address.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    if address.host == "localhost" || address.host.ends_with(".localhost") {
        return Ok(vec![
            SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port),
            SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port),
        ]);
    }
    let failed = |_| SendError::Resolve { host: address.host.clone() };
    Ok(tokio::net::lookup_host((address.host.as_str(), port)).await.map_err(failed)?.collect())
}

async fn http1<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S) -> Result<Connection, SendError> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| after_sending(&error))?;
    tokio::spawn(connection.with_upgrades());
    Ok(Connection::Http1(sender))
}

async fn http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S) -> Result<Connection, SendError> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).max_header_list_size(HEADER_BYTES_MAX as u32);
    // All requests go over it: one that nobody answers on any more has to be given up.
    builder.keep_alive_interval(PING_PERIOD).keep_alive_timeout(PING_TIMEOUT);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|error| after_sending(&error))?;
    tokio::spawn(connection);
    Ok(Connection::Http2(sender))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// A SETTINGS frame with nothing in it, and the one that says that the peer's was read (RFC 9113, section 6.5).
    const SETTINGS: [u8; 18] = [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0];

    #[tokio::test(start_paused = true)]
    async fn an_http_2_connection_whose_peer_is_gone_without_a_word_is_given_up() {
        let (stream, mut peer) = duplex(64 << 10);
        let Ok(Connection::Http2(mut connection)) = http2(stream).await else { panic!("it is HTTP/2") };
        peer.write_all(&SETTINGS).await.unwrap();
        let began = tokio::time::Instant::now();
        let request =
            http::Request::builder().uri("http://a.test/").body(Either::Left(Full::new(Bytes::new()))).unwrap();
        let reading = async {
            // It reads, and says nothing.
            let mut piece = [0; 1 << 10];
            while peer.read(&mut piece).await.is_ok_and(|length| length > 0) {}
        };
        let both = async { tokio::join!(connection.send_request(request), reading) };
        let (answer, ()) = tokio::time::timeout(10 * PING_TIMEOUT, both).await.unwrap();
        assert!(answer.is_err() && connection.is_closed());
        assert!((PING_TIMEOUT..=2 * (PING_PERIOD + PING_TIMEOUT)).contains(&began.elapsed()), "{:?}", began.elapsed());
    }
}
