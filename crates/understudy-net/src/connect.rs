//! Opening connections.

use crate::address::{Address, is_loopback_name};
use crate::failure::{SendError, after_sending};
use crate::heard::{Heard, Hearing};
use crate::pool::Sent;
use crate::proxy::proxy_variable;
use crate::server::HEADER_BYTES_MAX;
use crate::trust::{Authorities, HTTP_2, Offer, connector};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// How long opening a connection may take, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum number of header fields of a response. hyper's default of 100 is less than some gateways send.
pub(crate) const RESPONSE_FIELDS_MAX: usize = 512;
/// How long an address may say nothing before the next one of the same name is tried beside it.
const NEXT_ADDRESS: Duration = Duration::from_millis(250);
/// How long an HTTP/2 connection on which something is waited for may be silent before its peer is asked for a sign of life.
const PING_PERIOD: Duration = Duration::from_secs(5);
/// How long that may take: a backend that a debugger has stopped gives none for a while.
const PING_TIMEOUT: Duration = Duration::from_secs(25);

/// A new connection.
pub(crate) enum Opened {
    Http1(http1::SendRequest<Sent>, Arc<Hearing>),
    Http2(http2::SendRequest<Sent>),
}

/// What connects over TLS: made once for each that is trusted, since the system's certificates are many.
#[derive(Debug, Default)]
pub(crate) struct Connectors(Mutex<HashMap<(Option<Authorities>, Offer), Tls>>);

#[derive(Clone)]
struct Tls(TlsConnector);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsConnector")
    }
}

impl Connectors {
    pub(crate) fn get(&self, trusted: Option<&Authorities>, offer: Offer) -> io::Result<TlsConnector> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (trusted.cloned(), offer);
        if let Some(Tls(connector)) = known.get(&key) {
            return Ok(connector.clone());
        }
        let connector = connector(trusted, offer)?;
        known.insert(key, Tls(connector.clone()));
        Ok(connector)
    }

    /// A new connection. One that may go over to another protocol is HTTP/1.1 (RFC 9113, section 8.6).
    ///
    /// # Errors
    /// One of those that are [unreachable](SendError::is_unreachable), or what came is no HTTP.
    pub(crate) async fn connect(&self, address: &Address, is_upgrade: bool) -> Result<Opened, SendError> {
        let at = address.shown_host();
        let is_connected = AtomicBool::new(false);
        let timed_out = || match is_connected.load(Ordering::Relaxed) {
            true => SendError::Handshake {
                address: at.clone(),
                source: io::ErrorKind::TimedOut.into(),
                has_ca: address.trusted.is_some(),
            },
            false => not_connected(address, io::ErrorKind::TimedOut.into(), Vec::new()),
        };
        let connecting = async {
            let stream = tcp(address).await?;
            let _ = stream.set_nodelay(true);
            // A server without TLS may wait for more.
            is_connected.store(address.is_tls, Ordering::Relaxed);
            if !address.is_tls {
                return if address.is_http2 && !is_upgrade { http2(stream).await } else { http1(stream).await };
            }
            let has_ca = address.trusted.is_some();
            let failed = |source| SendError::Handshake { address: at.clone(), source, has_ca };
            let name = ServerName::try_from(address.host.clone()).map_err(|error| failed(io::Error::other(error)))?;
            let offer = if is_upgrade { Offer::Http1 } else { Offer::Any };
            let connector = self.get(address.trusted.as_ref(), offer).map_err(failed)?;
            let stream = connector.connect(name, stream).await.map_err(failed)?;
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
            if is_http2 { http2(stream).await } else { http1(stream).await }
        };
        tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.unwrap_or_else(|_| Err(timed_out()))
    }
}

fn not_connected(address: &Address, source: io::Error, tried: Vec<String>) -> SendError {
    SendError::Connect { address: address.shown_host(), source, tried, other: None, proxy: proxy_variable(address) }
}

/// The first address of a name that takes a connection. One that says nothing keeps nobody waiting for the next (RFC 8305).
pub(crate) async fn tcp(address: &Address) -> Result<TcpStream, SendError> {
    let resolved = resolve(address).await?;
    let tried = resolved.iter().map(SocketAddr::to_string).collect();
    let mut candidates = resolved.into_iter();
    let mut attempts = JoinSet::new();
    let mut last = None;
    loop {
        let more = candidates.next();
        let is_last = more.is_none();
        if let Some(candidate) = more {
            attempts.spawn(TcpStream::connect(candidate));
        }
        let attempt = if is_last {
            attempts.join_next().await
        } else {
            let Ok(attempt) = tokio::time::timeout(NEXT_ADDRESS, attempts.join_next()).await else { continue };
            attempt
        };
        match attempt {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(source))) => last = Some(source),
            Some(Err(gone)) => last = Some(gone.into()),
            None => break,
        }
    }
    match last {
        Some(source) if source.kind() == io::ErrorKind::ConnectionRefused => {
            let mut error = not_connected(address, source, tried);
            if let SendError::Connect { other, .. } = &mut error {
                *other = other_loopback(address).await;
            }
            Err(error)
        }
        Some(source) => Err(not_connected(address, source, tried)),
        None => Err(unresolved(address)),
    }
}

/// The other loopback address, if something listens there: since Node.js 17 many servers that listen on `localhost` have
/// only one of the two.
async fn other_loopback(address: &Address) -> Option<String> {
    let other: IpAddr = match address.host.parse().ok()? {
        IpAddr::V4(ip) if ip.is_loopback() => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_loopback() => Ipv4Addr::LOCALHOST.into(),
        _ => return None,
    };
    let other = SocketAddr::new(other, address.port);
    let connected = tokio::time::timeout(NEXT_ADDRESS, TcpStream::connect(other)).await;
    connected.is_ok_and(|connected| connected.is_ok()).then(|| other.to_string())
}

fn unresolved(address: &Address) -> SendError {
    SendError::Resolve { host: address.shown_name(), proxy: proxy_variable(address) }
}

/// Names under `localhost` are the loopbacks by RFC 6761, section 6.3, whatever the system's resolver says.
async fn resolve(address: &Address) -> Result<Vec<SocketAddr>, SendError> {
    let port = address.port;
    if let Ok(ip) = address.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    if is_loopback_name(&address.host) {
        return Ok(vec![
            SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port),
            SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port),
        ]);
    }
    let found = tokio::net::lookup_host((address.host.as_str(), port)).await;
    Ok(found.map_err(|_| unresolved(address))?.collect())
}

async fn http1<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S) -> Result<Opened, SendError> {
    let (stream, hearing) = Heard::new(stream);
    let mut builder = http1::Builder::new();
    builder.max_headers(RESPONSE_FIELDS_MAX);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|error| after_sending(&error))?;
    tokio::spawn(connection.with_upgrades());
    Ok(Opened::Http1(sender, hearing))
}

async fn http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S) -> Result<Opened, SendError> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).max_header_list_size(HEADER_BYTES_MAX as u32);
    // All requests go over it: one that nobody answers on any more has to be given up.
    builder.keep_alive_interval(PING_PERIOD).keep_alive_timeout(PING_TIMEOUT);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|error| after_sending(&error))?;
    tokio::spawn(connection);
    Ok(Opened::Http2(sender))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http_body_util::{Either, Full};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// A SETTINGS frame with nothing in it, and the one that says that the peer's was read (RFC 9113, section 6.5).
    const SETTINGS: [u8; 18] = [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0];

    #[tokio::test(start_paused = true)]
    async fn an_http_2_connection_whose_peer_is_gone_without_a_word_is_given_up() {
        let (stream, mut peer) = duplex(64 << 10);
        let Ok(Opened::Http2(mut connection)) = http2(stream).await else { panic!("it is HTTP/2") };
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

    #[tokio::test]
    async fn an_address_that_says_nothing_keeps_nobody_waiting_for_the_next() {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let silent = socket.listen(1).unwrap();
        let port = silent.local_addr().unwrap().port();
        let Ok(speaking) = tokio::net::TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await else {
            // A machine without IPv6 has no second loopback.
            return;
        };
        // Once nobody takes them, the system lets further ones wait.
        let mut waiting = Vec::new();
        let soon = Duration::from_millis(200);
        while let Ok(stream) = tokio::time::timeout(soon, TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await {
            waiting.push(stream.unwrap());
        }
        let address = Address::parse(&format!("http://localhost:{port}")).unwrap();
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, tcp(&address)).await.unwrap().unwrap();
        assert!(stream.peer_addr().unwrap().is_ipv6());
        drop((speaking, waiting));
    }
}
