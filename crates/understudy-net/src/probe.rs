//! The protocol that a server speaks which has not answered a request.

use crate::address::Address;
use crate::connect::{Connectors, tcp};
use crate::failure::Protocol;
use crate::trust::Offer;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::Error;
use tokio_rustls::rustls::pki_types::ServerName;

/// The time that a server has to show a protocol.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// The bytes that an HTTP/2 client sends first, with settings that change nothing (RFC 9113,
/// section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// The place of a frame's type in it, and the type that the first one of a server has (RFC 9113, sections 4.1 and 6.5).
const TYPE_AT: usize = 3;
const SETTINGS: u8 = 4;

/// Returns the protocol that is spoken at an address without TLS, if it is another one than the address says.
pub(crate) async fn other_protocol(address: &Address, connectors: &Connectors) -> Option<Protocol> {
    let expected = if address.is_http2 { Protocol::Http2 } else { Protocol::Http1 };
    if let Ok(Some(spoken)) = tokio::time::timeout(PROBE_TIMEOUT, version(address)).await {
        return Some(spoken).filter(|spoken| *spoken != expected);
    }
    let speaks_tls = tokio::time::timeout(PROBE_TIMEOUT, speaks_tls(address, connectors)).await;
    (speaks_tls == Ok(Some(true))).then_some(Protocol::Tls)
}

/// Returns true if a handshake ends as those of TLS end: with a certificate, be it trusted or not, or with an alert.
async fn speaks_tls(address: &Address, connectors: &Connectors) -> Option<bool> {
    let stream = tcp(address).await.ok()?;
    // A name that cannot stand in a certificate is of no importance here.
    let name = ServerName::try_from(address.host.clone());
    let name = name.unwrap_or(ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST)));
    let connector = connectors.get(None, Offer::Any).ok()?;
    Some(match connector.connect(name, stream).await {
        Ok(_) => true,
        Err(error) => {
            let error = error.get_ref().and_then(|error| error.downcast_ref());
            matches!(error, Some(Error::InvalidCertificate(_) | Error::AlertReceived(_)))
        }
    })
}

/// Returns the version of HTTP in which a server responds to an HTTP/2 client.
async fn version(address: &Address) -> Option<Protocol> {
    let mut stream = tcp(address).await.ok()?;
    stream.write_all(PREFACE).await.ok()?;
    let mut start = [0; TYPE_AT + 1];
    stream.read_exact(&mut start).await.ok()?;
    // A server that finds no version of HTTP/1 in the preface may send the page alone, as to
    // HTTP/0.9.
    match &start {
        b"HTTP" | [b'<', ..] => Some(Protocol::Http1),
        start => (start[TYPE_AT] == SETTINGS).then_some(Protocol::Http2),
    }
}
