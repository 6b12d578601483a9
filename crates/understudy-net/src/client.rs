//! A client that says how far it came.

use crate::address::Address;
use crate::message::{BODY_BYTES_MAX, Stream};
use crate::passing::Passing;
use crate::trust::{Authorities, connector};
use crate::upgrade::Upgrade;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, CertificateError};

/// How long opening a connection may take, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection that nobody uses is taken again: servers close theirs after a few seconds, and a
/// request that crosses with that is lost.
const IDLE_MAX: Duration = Duration::from_secs(2);
/// How many connections that nobody uses are kept, for each address.
const IDLE_CONNECTIONS_MAX: usize = 64;

/// Sends requests, one connection for each at a time. Redirects are not followed; TLS is verified against the
/// system's certificates.
#[derive(Debug, Default)]
pub struct Client {
    idle: Mutex<HashMap<Address, Arc<Mutex<Vec<Idle>>>>>,
    tls: Mutex<HashMap<Option<Authorities>, Tls>>,
}

type Connection = SendRequest<Sent>;

/// A body that is sent: at once, or as it comes.
type Sent = Either<Full<Bytes>, Passing>;

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
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
            let upstream = self.open_told(call, &reached).await?;
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

    /// Sends a request and waits for the answer's head.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn open(self: &Arc<Self>, call: Call<'_>) -> Result<Upstream, SendError> {
        self.open_told(call, &AtomicBool::new(false)).await
    }

    /// As [`Self::open`], with a body that is sent as it comes, instead of the call's. It is sent once at most.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn pass(self: &Arc<Self>, call: Call<'_>, body: Stream) -> Result<Upstream, SendError> {
        let mut request = build(call)?.map(|_| Either::Right(body.0));
        if let Some(connection) = self.take(call.address) {
            match self.exchange(call.address, connection, request).await {
                Ok(upstream) => return Ok(upstream),
                Err((Some(unsent), _)) => request = *unsent,
                Err((None, error)) => return Err(error),
            }
        }
        let connection = self.connect(call.address).await?;
        self.exchange(call.address, connection, request).await.map_err(|(_, error)| error)
    }

    /// As [`Self::open`], and tells when there is a connection.
    async fn open_told(self: &Arc<Self>, call: Call<'_>, reached: &AtomicBool) -> Result<Upstream, SendError> {
        let address = call.address;
        let mut request = build(call)?;
        if let Some(connection) = self.take(address) {
            reached.store(true, Ordering::Relaxed);
            match self.exchange(address, connection, request).await {
                Ok(upstream) => return Ok(upstream),
                // Not sent at all, or sent on a connection that the server was about to close: once more, if that
                // cannot be noticed. (A second DELETE can: the first may have arrived.)
                Err((Some(unsent), _)) => request = *unsent,
                Err((None, SendError::Closed)) if call.method.is_safe() => {
                    request = build(call)?;
                }
                Err((None, error)) => return Err(error),
            }
        }
        reached.store(false, Ordering::Relaxed);
        let connection = self.connect(address).await?;
        reached.store(true, Ordering::Relaxed);
        self.exchange(address, connection, request).await.map_err(|(_, error)| error)
    }

    async fn exchange(
        self: &Arc<Self>,
        address: &Address,
        mut connection: Connection,
        request: http::Request<Sent>,
    ) -> Result<Upstream, (Option<Box<http::Request<Sent>>>, SendError)> {
        match connection.try_send_request(request).await {
            Ok(response) => {
                let (mut parts, body) = response.into_parts();
                self.give_back_when_read(address, connection);
                let upgrade = Upgrade::of(&mut parts.extensions);
                Ok(Upstream { status: parts.status, headers: parts.headers, body: Stream(Passing::new(body)), upgrade })
            }
            Err(mut error) => {
                let unsent = error.take_message().map(Box::new);
                Err((unsent, after_sending(&error.into_error())))
            }
        }
    }

    /// The connections to an address that nobody uses.
    fn pool(&self, address: &Address) -> Arc<Mutex<Vec<Idle>>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.get(address) {
            Some(pool) => Arc::clone(pool),
            None => Arc::clone(idle.entry(address.clone()).or_default()),
        }
    }

    fn take(&self, address: &Address) -> Option<Connection> {
        let pool = self.pool(address);
        let mut connections = pool.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(candidate) = connections.pop() {
            if candidate.since.elapsed() < IDLE_MAX && candidate.connection.is_ready() {
                return Some(candidate.connection);
            }
        }
        None
    }

    /// A connection is ready again once the answer's body was read.
    fn give_back_when_read(&self, address: &Address, mut connection: Connection) {
        let pool = self.pool(address);
        tokio::spawn(async move {
            if connection.ready().await.is_ok() {
                let mut connections = pool.lock().unwrap_or_else(PoisonError::into_inner);
                if connections.len() < IDLE_CONNECTIONS_MAX {
                    connections.push(Idle { connection, since: Instant::now() });
                }
            }
        });
    }

    fn connector(&self, trusted: Option<&Authorities>) -> io::Result<TlsConnector> {
        let mut known = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Tls(connector)) = known.get(&trusted.cloned()) {
            return Ok(connector.clone());
        }
        let connector = connector(trusted)?;
        known.insert(trusted.cloned(), Tls(connector.clone()));
        Ok(connector)
    }

    async fn connect(&self, address: &Address) -> Result<Connection, SendError> {
        let at = format!("{}:{}", address.host, address.port);
        let timed_out = || SendError::Connect { address: at.clone(), source: io::ErrorKind::TimedOut.into() };
        let connecting = async {
            let stream = tcp(address, &at).await?;
            let _ = stream.set_nodelay(true);
            if !address.is_tls {
                return handshake(stream).await;
            }
            let failed = |source| SendError::Handshake { address: at.clone(), source };
            let name = ServerName::try_from(address.host.clone()).map_err(|error| failed(io::Error::other(error)))?;
            let connector = self.connector(address.trusted.as_ref()).map_err(failed)?;
            handshake(connector.connect(name, stream).await.map_err(failed)?).await
        };
        tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.unwrap_or_else(|_| Err(timed_out()))
    }
}

fn build(call: Call<'_>) -> Result<http::Request<Sent>, SendError> {
    let Call { address, method, target, headers, body } = call;
    let target = format!("{}{target}", address.path);
    let malformed = |why: String| SendError::Malformed { why };
    let mut request = http::Request::new(Either::Left(Full::new(body.clone())));
    *request.method_mut() = method.clone();
    *request.uri_mut() = target.parse().map_err(|_| malformed(format!("`{target}` cannot be a request target")))?;
    *request.headers_mut() = headers.clone();
    if !headers.contains_key(HOST) {
        let host = HeaderValue::from_str(&address.authority)
            .map_err(|_| malformed(format!("`{}` cannot be a host", address.authority)))?;
        request.headers_mut().insert(HOST, host);
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

async fn handshake<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S) -> Result<Connection, SendError> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| after_sending(&error))?;
    tokio::spawn(connection.with_upgrades());
    Ok(sender)
}
