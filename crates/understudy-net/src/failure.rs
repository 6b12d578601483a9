//! Why there is no answer, with how far the request came.

use crate::message::BODY_BYTES_MAX;
use std::borrow::Cow;
use std::io;
use std::time::Duration;
use tokio_rustls::rustls::{self, CertificateError};

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

/// What an error means that came after the connection was made.
pub(crate) fn after_sending(error: &hyper::Error) -> SendError {
    if error.is_parse() {
        let why = error.to_string();
        SendError::Malformed { why }
    } else if error.is_user() {
        SendError::BrokenOff
    } else {
        SendError::Closed
    }
}
