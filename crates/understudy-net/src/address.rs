//! Where a backend is.

use crate::trust::Authorities;
use http::Uri;
use http::uri::Authority;

/// `http://127.0.0.1:8080/api`; `h2c://` is HTTP/2 from the first byte, without TLS. Over TLS the two sides agree on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// Whether TLS is spoken there.
    pub is_tls: bool,
    /// Whether HTTP/2 is spoken there without being agreed on (RFC 9113, section 3.3).
    pub is_http2: bool,
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What comes before every path: empty, or `/api`.
    pub path: String,
    /// As it stands in a `Host` field.
    pub authority: Authority,
    /// Whose certificates are accepted there beside those that the system trusts.
    pub trusted: Option<Authorities>,
}

/// Why a text is no address of a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl std::fmt::Display for AddressError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is no address of a backend: {}", self.text, self.why)
    }
}

impl std::error::Error for AddressError {}

impl Address {
    /// Reads `http://`, `https://` and `h2c://` URLs. A query or a fragment is refused: paths come from fixtures.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let fail = |why| AddressError { text: text.to_owned(), why };
        let uri: Uri = text.parse().map_err(|_| fail("it is no URL"))?;
        let (is_tls, is_http2) = match uri.scheme_str() {
            Some("http") => (false, false),
            Some("https") => (true, false),
            Some("h2c") => (false, true),
            _ => return Err(fail("it starts with none of http://, https:// and h2c://")),
        };
        let authority = uri.authority().ok_or_else(|| fail("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(fail("write credentials under the backend's `headers`"));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(fail("it has a query or a fragment"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { is_tls, is_http2, host, port, path, authority: authority.clone(), trusted: None })
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = match (self.is_tls, self.is_http2) {
            (true, _) => "https",
            (false, true) => "h2c",
            (false, false) => "http",
        };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let address = Address::parse("https://[::1]/api/").unwrap();
        assert_eq!(
            (address.is_tls, address.host.as_str(), address.port, address.path.as_str()),
            (true, "::1", 443, "/api")
        );
        assert_eq!(address.to_string(), "https://[::1]/api");
        let address = Address::parse("h2c://localhost:50051").unwrap();
        assert_eq!((address.is_tls, address.is_http2, address.port), (false, true, 50_051));
        assert_eq!(address.to_string(), "h2c://localhost:50051");
        for text in ["", "localhost:80", "ftp://a", "http://a/?b", "http://u:p@a", "http:///a"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
