//! The origin of a web page (RFC 6454), and the names by which a machine calls itself.

use std::fmt;
use std::net::IpAddr;

/// The origin of a web page: `https://app.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOrigin {
    /// In lower case.
    scheme: String,
    host: HostName,
    /// `None` is the default port of the scheme.
    port: Option<u16>,
}

impl PageOrigin {
    /// Parses an origin as browsers send it in `origin`. `null` is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if scheme.is_empty() || !scheme.bytes().all(is_scheme) {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = HostName::split(authority)?;
        let default = default_port(&scheme);
        Some(Self { scheme, host, port: port.filter(|port| Some(*port) != default) })
    }

    /// Returns the origin of the page at an address.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Self> {
        let start = url.find("://")? + 3;
        let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
        Self::parse(&url[..end])
    }

    /// Returns the port: the one that is named, or the default of the scheme.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port.or_else(|| default_port(&self.scheme))
    }

    /// The host of the page.
    #[must_use]
    pub fn host(&self) -> &HostName {
        &self.host
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

impl fmt::Display for PageOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// The name or the address of a host, without a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

/// The maximum length of a host name in bytes (RFC 1035, section 2.3.4).
const HOST_BYTES_MAX: usize = 255;

impl HostName {
    /// Parses a host without a port.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::split(text).filter(|(_, port)| port.is_none() && !text.ends_with(':')).map(|(host, _)| host)
    }

    /// Parses a host, and the port behind it, if any. Upper and lower case are alike, and so is a full stop at the end.
    #[must_use]
    pub fn split(authority: &str) -> Option<(Self, Option<u16>)> {
        let end = authority.find(']').map_or(0, |at| at + 1);
        let (host, port) = match authority[end..].find(':') {
            Some(at) => (&authority[..end + at], authority[end + at + 1..].parse().ok().map(Some)?),
            None => (authority, None),
        };
        let host = host.to_ascii_lowercase();
        let name = host.strip_suffix('.').unwrap_or(&host);
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_host = match name.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
            Some(inner) => matches!(inner.parse(), Ok(IpAddr::V6(_))),
            None => !name.is_empty() && name.len() <= HOST_BYTES_MAX && name.bytes().all(is_name),
        };
        is_host.then(|| (Self(name.to_owned()), port))
    }

    /// Returns the address, if the host is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        let text = self.0.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(&self.0);
        text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
    }

    /// Returns true if the name always means this machine: `localhost` and the names below it (RFC 6761, section 6.3),
    /// the loopback addresses, and `0.0.0.0`, which connects to them.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let is_own = |address: IpAddr| address.is_loopback() || address.is_unspecified();
        self.0 == "localhost" || self.0.ends_with(".localhost") || self.address().is_some_and(is_own)
    }

    /// Returns true for a name of one label, such as containers call each other by. No site can have
    /// such a name: ICANN prohibits addresses for top-level domains (SSAC, SAC 053).
    #[must_use]
    pub fn is_single_label(&self) -> bool {
        self.address().is_none() && !self.0.contains('.')
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_a_port() {
        for (text, origin) in [
            ("https://App.Example.com", Some("https://app.example.com")),
            ("https://app.example.com:443", Some("https://app.example.com")),
            ("http://app.example.com:443", Some("http://app.example.com:443")),
            ("http://[::1]:5173", Some("http://[::1]:5173")),
            ("chrome-extension://abcdef", Some("chrome-extension://abcdef")),
            ("http://localhost.:3000", Some("http://localhost:3000")),
            ("null", None),
            ("", None),
            ("https://", None),
            ("https://a/b", None),
            ("https://a@b", None),
            ("https://a:b", None),
            ("https://a]", None),
            ("https://a, https://b", None),
            ("https://a\u{301}", None),
            ("*", None),
        ] {
            assert_eq!(PageOrigin::parse(text).map(|origin| origin.to_string()).as_deref(), origin, "{text}");
        }
        let of = |url| PageOrigin::of_url(url).map(|origin| origin.to_string());
        assert_eq!(of("https://app.example.com:8443/a?b=http://c").as_deref(), Some("https://app.example.com:8443"));
        assert_eq!(of("https://app.example.com?next").as_deref(), Some("https://app.example.com"));
    }

    /// Names that only look like loopbacks are what rebinding and prefix checks fall for.
    #[test]
    fn only_names_of_this_machine_are_loopbacks() {
        for host in ["localhost", "LOCALHOST", "localhost.", "a.b.localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(HostName::parse(host).unwrap().is_loopback(), "{host}");
        }
        assert!(HostName::parse("[::ffff:127.0.0.1]").unwrap().is_loopback());
        for host in ["localhost.evil.example", "evillocalhost", "127.0.0.1.evil.example", "10.0.0.1", "[::2]"] {
            assert!(!HostName::parse(host).unwrap().is_loopback(), "{host}");
        }
        for host in ["", ".", "a:1", "a:", "[::1", "a b", "[a]", "a/b"] {
            assert_eq!(HostName::parse(host), None, "{host}");
        }
    }
}
