//! Requests that hyper refuses before a handler sees them. hyper writes a status without a reason
//! and closes the connection. Here hyper's response is replaced by a response that gives the
//! reason.

use crate::message::{Outbound, OutboundBody};
use crate::server::HEADER_BYTES_MAX;
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Version};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// The maximum number of header fields of a request: hyper has a place on the stack for each.
pub const HEADER_FIELDS_MAX: usize = 100;
/// The number of bytes of a request that are kept, for the line that names the request.
const KEPT_BYTES: usize = 512;
/// The maximum number of bytes that are read of the rest of a refused request, and the maximum time
/// that its next bytes may take. A connection that is closed with unread bytes is reset, and the
/// client may never see the response.
const REST_BYTES_MAX: usize = 8 << 20;
const REST_PAUSE: Duration = Duration::from_millis(250);

/// The reason why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// The request has more than [`HEADER_FIELDS_MAX`] header fields.
    TooManyFields,
    /// Its head has more than [`HEADER_BYTES_MAX`] bytes.
    HeadTooLarge,
    /// Its target has more than 64 KiB.
    TargetTooLong,
    /// The client begins a TLS handshake.
    Tls,
    /// The request is not HTTP/1.1.
    Malformed,
    /// The request has no `host` (RFC 9112, section 3.2).
    NoHost,
    /// The request has more than one `host` (RFC 9112, section 3.2).
    SeveralHosts,
    /// The client asks for a tunnel (RFC 9110, section 9.3.6).
    Tunnel,
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyFields => write!(f, "the request has more than {HEADER_FIELDS_MAX} header fields"),
            Self::HeadTooLarge => {
                write!(f, "the request line and header fields have more than {} KiB", HEADER_BYTES_MAX >> 10)
            }
            Self::TargetTooLong => f.write_str("the request target has more than 64 KiB"),
            Self::Tls => f.write_str("this is a TLS handshake, and this port speaks plain HTTP: use http://"),
            Self::Malformed => f.write_str("the request is not HTTP/1.1 (RFC 9112)"),
            Self::NoHost => f.write_str("the request has no `host`, which HTTP/1.1 requires"),
            Self::SeveralHosts => f.write_str("the request has more than one `host`"),
            Self::Tunnel => {
                f.write_str("this server is not a proxy that opens tunnels: send requests to it as to any other server")
            }
        }
    }
}

/// A refused request, as far as the request is known.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The status of the response.
    pub status: http::StatusCode,
    /// The reason.
    pub reason: RefusalReason,
    /// The method and the beginning of the target, if they could be read.
    pub line: Option<(Method, PathAndQuery)>,
    /// The host, if it was among the first header fields.
    pub host: Option<String>,
}

/// Makes the response to a refused request.
#[derive(Clone)]
pub(crate) struct Respond(pub(crate) Arc<dyn Fn(&Refusal) -> Outbound + Send + Sync>);

impl fmt::Debug for Respond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Respond")
    }
}

/// Finds hyper's own responses on a connection.
#[derive(Debug)]
pub(crate) struct Refusing {
    respond: Respond,
    /// The first bytes of the request.
    head: Vec<u8>,
    /// The number of bytes that were read since the last response began.
    read: usize,
    /// The number of responses of the handler that were begun.
    begun: u64,
}

impl Refusing {
    pub(crate) fn new(respond: Respond) -> Self {
        Self { respond, head: Vec::new(), read: 0, begun: 0 }
    }

    /// To be called with what was read.
    pub(crate) fn read(&mut self, piece: &[u8]) {
        let room = KEPT_BYTES.saturating_sub(self.read).min(piece.len());
        if self.read == 0 {
            self.head.clear();
        }
        self.head.extend_from_slice(&piece[..room]);
        self.read += piece.len();
    }

    /// To be called before the first bytes of something are written, with the number of responses that the handler has
    /// made. Returns other bytes to be written if these are hyper's refusal.
    pub(crate) fn replace(&mut self, written: &[u8], answered: u64) -> Option<Bytes> {
        if answered != self.begun {
            self.begun = answered;
            self.read = 0;
            return None;
        }
        let status = status(written)?;
        let reason = match status.as_u16() {
            414 => RefusalReason::TargetTooLong,
            431 if self.read >= HEADER_BYTES_MAX => RefusalReason::HeadTooLarge,
            431 => RefusalReason::TooManyFields,
            400 if self.head.starts_with(b"\x16\x03") => RefusalReason::Tls,
            400 => RefusalReason::Malformed,
            _ => return None,
        };
        let line = line(&self.head);
        let has_body = line.as_ref().is_none_or(|(method, _)| *method != Method::HEAD);
        Some(http1(&(self.respond.0)(&Refusal { status, reason, line, host: host(&self.head) }), has_body))
    }
}

/// The status of a response that was written for HTTP/1.
fn status(written: &[u8]) -> Option<http::StatusCode> {
    let rest = written.strip_prefix(b"HTTP/1.")?;
    http::StatusCode::from_bytes(rest.get(2..5)?).ok()
}

/// The method and the target of a request, of which the end may be missing.
fn line(head: &[u8]) -> Option<(Method, PathAndQuery)> {
    let line = head.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let mut words = line.split(|byte| *byte == b' ');
    let method = Method::from_bytes(words.next()?).ok()?;
    let target = words.next()?;
    Some((method, PathAndQuery::try_from(target).ok()?))
}

/// The value of `host`, if it was read whole.
fn host(head: &[u8]) -> Option<String> {
    let mut lines = head.split_inclusive(|byte| *byte == b'\n').skip(1).filter(|line| line.ends_with(b"\n"));
    lines.find_map(|line| {
        let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        // What no field value may have, a carriage return above all, is shown to nobody.
        let is_host = name.eq_ignore_ascii_case("host") && HeaderValue::from_str(value.trim()).is_ok();
        is_host.then(|| value.trim().to_owned())
    })
}

/// A response as it is written, after which the connection is closed.
fn http1(outbound: &Outbound, has_body: bool) -> Bytes {
    let body = match &outbound.body {
        OutboundBody::Whole(body) => body.clone(),
        _ => Bytes::new(),
    };
    let reason = outbound.status.canonical_reason().unwrap_or_default();
    let version = Version::HTTP_11;
    let mut text = format!("{version:?} {} {reason}\r\n", outbound.status.as_u16()).into_bytes();
    for (name, value) in &outbound.headers {
        for piece in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            text.extend_from_slice(piece);
        }
    }
    text.extend_from_slice(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes());
    if has_body {
        text.extend_from_slice(&body);
    }
    text.into()
}

/// Reads what a refused client still sends, so that it sees the response. `stream` is a second handle of the connection.
pub(crate) fn read_rest(stream: &TcpStream) {
    let Some(mut rest) = second(stream) else { return };
    tokio::spawn(async move {
        let (mut piece, mut read) = (vec![0; 16 << 10], 0);
        while read < REST_BYTES_MAX {
            match tokio::time::timeout(REST_PAUSE, rest.read(&mut piece)).await {
                Ok(Ok(bytes)) if bytes > 0 => read += bytes,
                _ => return,
            }
        }
    });
}

#[cfg(unix)]
fn second(stream: &TcpStream) -> Option<TcpStream> {
    use std::os::fd::AsFd;
    TcpStream::from_std(stream.as_fd().try_clone_to_owned().ok()?.into()).ok()
}

#[cfg(windows)]
fn second(stream: &TcpStream) -> Option<TcpStream> {
    use std::os::windows::io::AsSocket;
    TcpStream::from_std(stream.as_socket().try_clone_to_owned().ok()?.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_taken_as_it_was_sent_or_not_at_all() {
        for (head, expected) in [
            ("GET / HTTP/1.1\r\nHost: a:1\r\n", Some("a:1")),
            ("GET / HTTP/1.1\nx: y\nhost:b\n", Some("b")),
            ("GET / HTTP/1.1\r\nhost: not whole", None),
            ("GET / HTTP/1.1\r\nHost: a\rset-cookie: b\r\n", None),
            ("GET / HTTP/1.1\r\nHost: a\x1b[2J\r\nHost: b\r\n", Some("b")),
        ] {
            assert_eq!(host(head.as_bytes()).as_deref(), expected, "{head:?}");
        }
    }
}
