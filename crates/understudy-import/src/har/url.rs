//! URLs as tools write them: with unescaped spaces, in several spellings of one server, or without a server.

use http::uri::PathAndQuery;
use std::fmt;

/// A server: scheme, host and port in their normal spelling (RFC 3986, section 6.2), so that two spellings of one server are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the server of a URL, whatever path follows; `None` if the text is no URL of HTTP.
#[must_use]
pub fn parse_origin(text: &str) -> Option<Origin> {
    split(text.trim()).ok().map(|(origin, _)| origin)
}

/// Splits a URL into the server and the request target. The fragment and the credentials are dropped.
///
/// # Errors
/// The reason why the URL is none of HTTP.
pub fn parse_url(text: &str) -> Result<(Origin, PathAndQuery), String> {
    let (origin, rest) = split(text)?;
    let rest = rest.split('#').next().unwrap_or("");
    let target = if rest.starts_with('/') { escaped(rest) } else { format!("/{}", escaped(rest)) };
    let target = target.parse().map_err(|_| "its URL cannot be read".to_owned())?;
    Ok((origin, target))
}

fn split(text: &str) -> Result<(Origin, &str), String> {
    let (scheme, rest) = text.split_once(':').ok_or("its URL names no server")?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => "http",
        "https" | "wss" => "https",
        other => return Err(format!("a `{other}:` URL, which no server answers")),
    };
    let rest = rest.strip_prefix("//").ok_or("its URL names no server")?;
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (server, ""),
    };
    let host = host.to_ascii_lowercase();
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Err("its URL names no server".to_owned());
    }
    let is_default = matches!((scheme, port), (_, "") | ("http", "80") | ("https", "443"));
    let port = if is_default { String::new() } else { format!(":{port}") };
    Ok((Origin(format!("{scheme}://{host}{port}")), rest))
}

/// Escapes the characters that are not allowed in a URL (RFC 3986, section 2). Existing escapes stay.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().copied().enumerate() {
        let is_escape = byte == b'%'
            && matches!(bytes.get(at + 1..at + 3), Some(digits) if digits.iter().all(u8::is_ascii_hexdigit));
        match byte {
            // Browsers remove tabs and line breaks (URL Standard, section 4.4).
            b'\t' | b'\n' | b'\r' => {}
            b'%' if is_escape => out.push('%'),
            _ if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?[]".contains(&byte) => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_has_one_spelling() {
        for text in ["https://API.Shop.example:443", "HTTPS://api.shop.example/a", "wss://u:p@api.shop.example?x"] {
            assert_eq!(parse_origin(text).unwrap().to_string(), "https://api.shop.example", "{text}");
        }
        for (text, origin) in [
            ("http://[::1]:8080/x", "http://[::1]:8080"),
            ("http://[::1]/x", "http://[::1]"),
            ("ws://localhost:80", "http://localhost"),
            ("https://a:80", "https://a:80"),
        ] {
            assert_eq!(parse_origin(text).unwrap().to_string(), origin);
        }
        assert!(
            ["", "/a", "data:text/css,a", "https:a", "https:///a", "a:b"]
                .iter()
                .all(|text| parse_origin(text).is_none())
        );
    }

    #[test]
    fn raw_characters_of_a_url_are_escaped_and_escaped_ones_stay() {
        for (text, target) in [
            ("https://a/x y?q=a b&r=ü", "/x%20y?q=a%20b&r=%C3%BC"),
            ("https://a?q={1}|2#part", "/?q=%7B1%7D%7C2"),
            ("https://a/100%/50%25?a[]=1", "/100%25/50%25?a[]=1"),
            ("https://a", "/"),
        ] {
            assert_eq!(parse_url(text).unwrap().1.as_str(), target);
        }
    }
}
