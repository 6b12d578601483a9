//! Where a backend is.

use crate::trust::Authorities;
use http::Uri;
use http::uri::Authority;
use std::net::IpAddr;

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
    /// The address in messages, if it is another than the address itself.
    pub shown: Option<ShownAddress>,
}

/// An address as messages show it: with the names of environment variables instead of their values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShownAddress {
    text: String,
    host: String,
}

impl ShownAddress {
    /// Creates the shown form of an address from the text that a user wrote, without a user and password.
    #[must_use]
    pub fn new(written: &str) -> Self {
        let (_, rest) = written.split_once("://").unwrap_or(("", written));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        Self { text: written.to_owned(), host: host.to_owned() }
    }
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
        let is_name =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'[' | b']' | b':' | b'%');
        // A URL may have more, such as `$(...)`, that no name server knows and a shell executes: messages suggest commands.
        if !authority.host().bytes().all(is_name) {
            return Err(fail("its host is no name of a host"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { is_tls, is_http2, host, port, path, authority: authority.clone(), trusted: None, shown: None })
    }

    /// Returns true if the address is this machine's whatever a name server says. The client resolves these names itself.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let is_own = |ip: IpAddr| ip.to_canonical().is_loopback() || ip.is_unspecified();
        is_loopback_name(&self.host) || self.host.parse().is_ok_and(is_own)
    }

    /// Returns the address for people.
    #[must_use]
    pub fn shown(&self) -> String {
        self.shown.as_ref().map_or_else(|| self.to_string(), |shown| shown.text.clone())
    }

    /// Returns the host and port for people.
    pub(crate) fn shown_host(&self) -> String {
        match &self.shown {
            Some(shown) => shown.host.clone(),
            None if self.host.contains(':') => format!("[{}]:{}", self.host, self.port),
            None => format!("{}:{}", self.host, self.port),
        }
    }

    /// Returns the host for people.
    pub(crate) fn shown_name(&self) -> String {
        let Some(ShownAddress { host, .. }) = &self.shown else { return self.host.clone() };
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
            _ => host.clone(),
        }
    }
}

/// Returns true for names that are the loopbacks by RFC 6761, section 6.3.
pub(crate) fn is_loopback_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.rsplit('.').next().is_some_and(|label| label.eq_ignore_ascii_case("localhost"))
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
        for text in ["", "localhost:80", "ftp://a", "http://a/?b", "http://u:p@a", "http:///a", "http://$(id).a"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
