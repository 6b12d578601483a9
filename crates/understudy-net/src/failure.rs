//! Why there is no answer, with how far the request came.

use crate::certificate::{Shown, refusal};
use crate::connect::RESPONSE_FIELDS_MAX;
use crate::message::BODY_TIMEOUT;
use std::io;
use std::time::Duration;
use tokio_rustls::rustls;

/// Why there is no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError {
    /// The name has no address.
    Resolve {
        /// The name.
        host: String,
        /// The variable of the environment that names a proxy for it, which is not used.
        proxy: Option<&'static str>,
    },
    /// Nobody listens there, or nobody can be reached.
    Connect {
        /// Where.
        address: String,
        /// What the system said about the last address tried.
        source: io::Error,
        /// The addresses that were tried, if the host is a name.
        tried: Vec<String>,
        /// An address of the same machine and port at which something listens.
        other: Option<String>,
        /// The variable of the environment that names a proxy for it, which is not used.
        proxy: Option<&'static str>,
    },
    /// The TLS handshake failed: often a certificate that is not trusted.
    Handshake {
        /// Where.
        address: String,
        /// What was wrong.
        source: io::Error,
        /// True if certificates are trusted there beside the machine's.
        has_ca: bool,
    },
    /// Something listens there that speaks another protocol than the address says.
    OtherProtocol {
        /// The address of the server.
        address: String,
        /// The protocol that the server speaks.
        spoken: Protocol,
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
    /// A body that was passed on stalled: its next bytes took longer than [`crate::BODY_TIMEOUT`].
    Stalled,
    /// What came is no HTTP.
    Malformed {
        /// What is wrong with it.
        why: String,
    },
    /// The response has more bytes than are read.
    TooLarge {
        /// The number of bytes that are read.
        bytes_max: usize,
    },
    /// The response has too many header fields, or too long ones.
    HeadTooLarge,
}

/// A protocol that a server speaks from the first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1 without TLS.
    Http1,
    /// HTTP/2 without TLS.
    Http2,
    /// TLS.
    Tls,
}

impl SendError {
    /// Returns true if the request cannot have arrived: the client could not resolve, connect or shake hands.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Resolve { .. } | Self::Connect { .. } | Self::Handshake { .. } | Self::OtherProtocol { .. }
        )
    }

    /// Returns the cause of the failure. The suggested fix stands in the lines after the first.
    #[must_use]
    pub fn with_hint(&self) -> String {
        self.hint().map_or_else(|| self.to_string(), |hint| format!("{self}\n{hint}"))
    }

    /// Returns the suggested fix, in lines.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let unused = |proxy: &Option<&str>| match proxy {
            Some(name) => format!("\n{name} is set, but Understudy connects without a proxy"),
            None => String::new(),
        };
        match self {
            Self::Resolve { host, proxy } => Some(format!(
                "check `{host}` in the backend's `url`: names of containers and of a VPN are known only inside them{}",
                unused(proxy)
            )),
            Self::Connect { other: Some(other), .. } => Some(format!(
                "something listens on {other}: write `localhost` as the host in the backend's `url`, which tries both"
            )),
            Self::Connect { source, tried, proxy, .. } => {
                let tried =
                    if tried.len() > 1 { format!(" ({} were tried)", tried.join(" and ")) } else { String::new() };
                let cure = match source.kind() {
                    io::ErrorKind::ConnectionRefused => "start the backend, or correct the port in its `url`",
                    io::ErrorKind::TimedOut => "a firewall may drop the packets, or a VPN may be off",
                    _ => "check the host and the port in the backend's `url`",
                };
                Some(format!("{cure}{tried}{}", unused(proxy)))
            }
            Self::Handshake { address, source, has_ca } => Some(match tls_error(source) {
                Some(error) => refusal(error, Shown { address, has_ca: *has_ca }).1,
                None if matches!(
                    source.kind(),
                    io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::TimedOut
                ) =>
                {
                    format!("if it speaks HTTP without TLS, write `url: http://{address}`")
                }
                None => format!("see what the server answers: openssl s_client -connect {address}"),
            }),
            Self::OtherProtocol { address, spoken } => Some(format!("write `url: {}{address}`", spoken.scheme())),
            _ => None,
        }
    }
}

impl Protocol {
    /// Returns the beginning of addresses of this protocol.
    fn scheme(self) -> &'static str {
        match self {
            Self::Http1 => "http://",
            Self::Http2 => "h2c://",
            Self::Tls => "https://",
        }
    }
}

fn tls_error(source: &io::Error) -> Option<&rustls::Error> {
    source.get_ref()?.downcast_ref()
}

impl std::fmt::Display for SendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Resolve { host, .. } => write!(f, "the name {host} has no address"),
            Self::Connect { address, source, .. } => match source.kind() {
                io::ErrorKind::ConnectionRefused => write!(f, "nothing listens on {address}"),
                io::ErrorKind::TimedOut => {
                    write!(f, "no connection to {address} in time")
                }
                _ => write!(f, "no connection to {address}: {source}"),
            },
            Self::Handshake { address, source, has_ca } => match tls_error(source) {
                Some(error) => f.write_str(&refusal(error, Shown { address, has_ca: *has_ca }).0),
                None if source.kind() == io::ErrorKind::UnexpectedEof => {
                    write!(f, "{address} closed the connection when TLS began")
                }
                None if source.kind() == io::ErrorKind::TimedOut => {
                    write!(f, "{address} took the connection, and did not answer when TLS began")
                }
                None => write!(f, "no TLS with {address}: {source}"),
            },
            Self::OtherProtocol { address, spoken } => match spoken {
                Protocol::Http1 => write!(f, "{address} speaks HTTP/1.1, not HTTP/2 without TLS"),
                Protocol::Http2 => write!(f, "{address} speaks HTTP/2 without TLS, and not HTTP/1.1"),
                Protocol::Tls => write!(f, "{address} speaks TLS, and the request was sent without"),
            },
            Self::TimedOut { after } => write!(f, "no answer within {after:?}"),
            Self::Closed => f.write_str("the connection was closed before the answer ended"),
            Self::BrokenOff => f.write_str("the request broke off: who sent it left"),
            Self::Stalled => {
                write!(f, "the next bytes of the request's body took longer than {} s", BODY_TIMEOUT.as_secs())
            }
            Self::Malformed { why } => write!(f, "the answer is no HTTP: {why}"),
            Self::TooLarge { bytes_max } => write!(
                f,
                "the response has more than {bytes_max} bytes; `body_max: 200MB` at the service in understudy.yaml \
                 raises that bound"
            ),
            Self::HeadTooLarge => write!(
                f,
                "the response has more than {RESPONSE_FIELDS_MAX} header fields, or more than 400 KiB of them"
            ),
        }
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

/// What an error means that came after the connection was made.
pub(crate) fn after_sending(error: &hyper::Error) -> SendError {
    if error.is_parse_too_large() {
        SendError::HeadTooLarge
    } else if error.is_parse() {
        let why = error.to_string();
        SendError::Malformed { why }
    } else if error.is_user() {
        SendError::BrokenOff
    } else {
        SendError::Closed
    }
}
