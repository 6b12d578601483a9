//! The addresses of a service, and their occurrences in its messages.
//!
//! Responses name their own server: links, `location`, upload URLs. The same response from another place names
//! another address. [`Origins::rewrite`] finds every occurrence and writes the address of that place instead, in
//! the spelling of the occurrence: JSON with `\/`, percent-encoded query values, `//host`, `ws://`.

mod find;
mod stream;

pub use stream::Rewriting;

use crate::MediaType;
use aho_corasick::{AhoCorasick, MatchKind};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use memchr::memmem::Finder;
use std::borrow::Cow;

/// One address: `https://api.example.com/v1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// In lower case. All loopback names are written as `localhost`.
    host: String,
    /// `None` is the default port of the scheme. A server behind TLS often writes its own address without a port.
    port: Option<u16>,
    /// Empty, or a prefix such as `/v1`. Only addresses below the prefix belong to the service.
    path: String,
}

/// The loopback names. On one port they are one server.
const LOOPBACKS: [&str; 4] = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];

impl Origin {
    /// Parses `http://`, `https://`, `ws://`, `wss://` and `h2c://` addresses. An address has no query, fragment or
    /// credentials.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: http::Uri = text.parse().ok()?;
        let default = match uri.scheme_str()? {
            "http" | "ws" | "h2c" => 80,
            "https" | "wss" => 443,
            _ => return None,
        };
        let authority = uri.authority()?;
        if uri.query().is_some() || text.contains('#') || authority.as_str().contains('@') {
            return None;
        }
        let port = authority.port_u16().filter(|port| *port != default);
        Some(Self { host: same_host(authority.host()), port, path: uri.path().trim_end_matches('/').to_owned() })
    }

    /// The path prefix of the service: empty, or a path such as `/v1`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// Normalizes a host for comparison.
fn same_host(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    if LOOPBACKS.contains(&host.as_str()) { LOOPBACKS[0].to_owned() } else { host }
}

/// The address that replaces the addresses of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Here<'h> {
    /// True if connections to this address use TLS.
    pub is_tls: bool,
    /// Host and port.
    pub authority: &'h str,
    /// The path prefix of the service at this address: empty, or a path such as `/v1`.
    pub path: &'h str,
}

/// All addresses of one service.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    /// The addresses; those with the longest path come first.
    all: Vec<Origin>,
    /// Finds the hosts of the addresses; `None` if there are no addresses.
    hosts: Option<AhoCorasick>,
    /// Find the ports of the addresses, if every address has a port. A text without one of the ports has no address,
    /// and the search for a port is quicker.
    ports: Vec<Finder<'static>>,
    /// The path prefix of the server whose responses are rewritten.
    path: String,
    /// True if the names of XML namespaces count as addresses.
    with_namespaces: bool,
}

/// Header fields whose values are references. Such a reference may be a path alone.
const REFERENCES: [&str; 4] = ["content-location", "link", "location", "refresh"];

impl Origins {
    /// The addresses of one service.
    #[must_use]
    pub fn new(all: impl IntoIterator<Item = Origin>) -> Self {
        let mut all: Vec<Origin> = all.into_iter().collect();
        all.sort_by(|a, b| b.path.len().cmp(&a.path.len()).then_with(|| a.cmp(b)));
        all.dedup();
        let mut hosts: Vec<String> = all.iter().flat_map(|origin| spellings(&origin.host)).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let finder =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(true).build(&hosts);
        let mut ports: Vec<Option<u16>> = all.iter().map(|origin| origin.port).collect();
        ports.sort_unstable();
        ports.dedup();
        let finder_of = |port: &u16| Finder::new(port.to_string().as_bytes()).into_owned();
        let ports: Option<Vec<u16>> = ports.into_iter().collect();
        let ports = ports.unwrap_or_default().iter().map(finder_of).collect();
        let hosts = finder.ok().filter(|_| !all.is_empty());
        let path = all.first().map_or("", |origin| &origin.path).to_owned();
        // If the servers have different paths, a path alone belongs to none of them.
        let path = if all.iter().all(|origin| origin.path == path) { path } else { String::new() };
        Self { all, hosts, ports, path, with_namespaces: false }
    }

    /// Returns the same addresses for the responses of a server with this path prefix.
    #[must_use]
    pub fn with_path(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Returns the same addresses for texts that are only compared. The names of XML namespaces then count as addresses
    /// too, since readers compare them character by character.
    #[must_use]
    pub fn to_compare(self) -> Self {
        Self { with_namespaces: true, ..self }
    }

    /// Returns true if the service has no known address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// One of the addresses as an authority and a path. All addresses are rewritten to this one before they are
    /// compared.
    #[must_use]
    pub fn first(&self) -> Option<(String, &str)> {
        let Origin { host, port, path } = self.all.first()?;
        Some((port.map_or_else(|| host.clone(), |port| format!("{host}:{port}")), path))
    }

    /// Returns true if the service has this address.
    #[must_use]
    pub fn has(&self, origin: &Origin) -> bool {
        self.all.contains(origin)
    }

    /// Returns true if one of the addresses occurs in a text.
    #[must_use]
    pub fn occur_in(&self, text: &[u8]) -> bool {
        self.occurrences(text).next().is_some()
    }

    /// Returns the text with `here` in the place of all addresses; `None` if none of them occurs.
    #[must_use]
    pub fn rewrite(&self, text: &[u8], here: Here<'_>) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut end = 0;
        for found in self.occurrences(text) {
            out.extend_from_slice(&text[end..found.range.start]);
            found.write(text, here, &mut out);
            end = found.range.end;
        }
        if end == 0 {
            return None;
        }
        out.extend_from_slice(&text[end..]);
        Some(out)
    }

    /// As [`Self::rewrite`], for strings.
    #[must_use]
    pub fn rewrite_str<'t>(&self, text: &'t str, here: Here<'_>) -> Cow<'t, str> {
        let rewritten = self.rewrite(text.as_bytes(), here).and_then(|bytes| String::from_utf8(bytes).ok());
        rewritten.map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// Returns the value of a header field with `here` in the place of all addresses; `None` if the value does not
    /// change. References that are paths alone lose the service's own path prefix.
    #[must_use]
    pub fn rewrite_field(&self, name: &str, value: &[u8], here: Here<'_>) -> Option<Vec<u8>> {
        let rewritten = self.rewrite(value, here);
        if self.path.is_empty() || !REFERENCES.contains(&name) {
            return rewritten;
        }
        let moved = find::moved_reference(name, rewritten.as_deref().unwrap_or(value), &self.path, here.path);
        moved.or(rewritten)
    }

    /// Rewrites the addresses in header fields. Returns true if one of the fields changed.
    pub fn rewrite_fields(&self, headers: &mut HeaderMap, here: Here<'_>) -> bool {
        let mut has_changed = false;
        for (name, value) in headers.iter_mut() {
            let rewritten = self.rewrite_field(name.as_str(), value.as_bytes(), here);
            if let Some(rewritten) = rewritten.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok()) {
                *value = rewritten;
                has_changed = true;
            }
        }
        has_changed
    }

    /// The path prefix of references and cookies that are paths alone: empty, or a path such as `/v1`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// The spellings of a host.
fn spellings(host: &str) -> Vec<String> {
    let plain: Vec<&str> = if host == LOOPBACKS[0] { LOOPBACKS.to_vec() } else { vec![host] };
    let encoded = plain.iter().filter(|host| host.starts_with('[')).flat_map(|host| {
        let lower = host.replace('[', "%5b").replace(']', "%5d").replace(':', "%3a");
        [host.replace('[', "%5B").replace(']', "%5D").replace(':', "%3A"), lower]
    });
    encoded.chain(plain.iter().map(|host| (*host).to_owned())).collect()
}

/// Returns true if a body with these header fields is text, and so may contain an address.
#[must_use]
pub fn is_text(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_text_type)
}

/// Returns true if a body of this type is text.
#[must_use]
pub fn is_text_type(content_type: &str) -> bool {
    MediaType::parse(content_type).is_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Here<'static> = Here { is_tls: false, authority: "localhost:4010", path: "" };

    fn origins(all: &[&str]) -> Origins {
        Origins::new(all.iter().map(|text| Origin::parse(text).expect("an address")))
    }

    #[test]
    fn every_spelling_of_an_address_is_found() {
        let own = origins(&["http://127.0.0.1:8080", "https://api.example.com"]);
        for (text, rewritten) in [
            ("http://127.0.0.1:8080/a?b", "http://localhost:4010/a?b"),
            ("http://localhost:8080", "http://localhost:4010"),
            ("http://[::1]:8080/", "http://localhost:4010/"),
            ("https://127.0.0.1:8080/", "http://localhost:4010/"),
            (r#"{"a":"http:\/\/127.0.0.1:8080\/b"}"#, r#"{"a":"http:\/\/localhost:4010\/b"}"#),
            (r#""\u002F\u002F127.0.0.1:8080\u002Fb""#, r#""\u002F\u002Flocalhost:4010\u002Fb""#),
            ("/login?next=http%3A%2F%2F127.0.0.1%3A8080%2Fa", "/login?next=http%3A%2F%2Flocalhost%3A4010%2Fa"),
            ("/login?next=http%3A//127.0.0.1%3A8080/a", "/login?next=http%3A//localhost%3A4010/a"),
            ("?a=http%253A%252F%252Fapi.example.com%252Fa", "?a=http%253A%252F%252Flocalhost%253A4010%252Fa"),
            ("http%3A%2F%2F%5B%3A%3A1%5D%3A8080", "http%3A%2F%2Flocalhost%3A4010"),
            ("wss://api.example.com/socket", "ws://localhost:4010/socket"),
            ("<a href='//api.example.com/a'>", "<a href='//localhost:4010/a'>"),
            ("https://api.example.com:443/, http://api.example.com", "http://localhost:4010/, http://localhost:4010"),
            ("See https://api.example.com.", "See http://localhost:4010."),
            (r#""see:\nhttps://api.example.com""#, r#""see:\nhttp://localhost:4010""#),
            ("&#x2F;&#x2F;api.example.com&#x2F;a", "&#x2F;&#x2F;localhost:4010&#x2F;a"),
            ("http://127.0.0.1:8080{/id}", "http://localhost:4010{/id}"),
            ("HTTPS://API.Example.com/a", "http://localhost:4010/a"),
            ("<a href=\"http://api.example.com/a\"/>", "<a href=\"http://localhost:4010/a\"/>"),
        ] {
            let found = own.rewrite(text.as_bytes(), HERE).map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(found.as_deref(), Some(rewritten), "{text}");
        }
    }

    #[test]
    fn only_whole_addresses_are_found() {
        let own = origins(&["http://127.0.0.1:8080", "https://api.example.com"]);
        for text in [
            "http://127.0.0.1:80801/",
            "http://127.0.0.1:808/",
            "http://127.0.0.1",
            "http://127.0.0.1:8080@evil.test/",
            "http://api.example.com@evil.test/",
            "http://api.example.com:pw@evil.test/",
            "http://api.example.com%40evil.test/",
            "http%3A%2F%2Fapi.example.com%40evil.test%2F",
            "https://api.example.com.evil.test/",
            "https://api.example.com-evil.test/",
            "https://my.api.example.com/",
            "https://api.example.com:8443/",
            "http://127.0.0.1:8080%2Eevil.test",
            "ftp://api.example.com/",
            "xhttp://api.example.com/",
            "/a//api.example.com/",
            "api.example.com",
            "mailto:me@api.example.com",
            "<a xmlns:x = 'http://api.example.com/ns'/>",
            "<a xmlns=\"http://api.example.com/ns\"/>",
            "<schema targetNamespace=\"http://api.example.com/ns\"/>",
        ] {
            assert!(!own.occur_in(text.as_bytes()), "{text}");
        }
        assert!(own.to_compare().occur_in(b"<a xmlns=\"http://api.example.com/ns\"/>"));
        let with_port = origins(&["http://127.0.0.1:8080"]);
        assert!(with_port.occur_in(b"http://LocalHost:8080") && !with_port.occur_in(b"http://localhost/8080"));
        assert!(!Origins::default().occur_in(b"http://127.0.0.1:8080"));
    }

    #[test]
    fn only_what_is_below_the_path_of_an_address_is_the_service() {
        let own = origins(&["https://example.com/api"]);
        let there = Here { is_tls: true, authority: "other.test", path: "/v2" };
        for (text, rewritten) in [
            ("https://example.com/api/a", "https://other.test/v2/a"),
            ("https://example.com/api?b", "https://other.test/v2?b"),
            (r"https:\/\/example.com\/api\/a", r"https:\/\/other.test\/v2\/a"),
            ("https://example.com/apis", "https://example.com/apis"),
            ("https://example.com/login", "https://example.com/login"),
        ] {
            assert_eq!(own.rewrite_str(text, there), rewritten);
        }
        for (name, value, rewritten) in [
            ("location", "/api/items/3", Some("/v2/items/3")),
            ("location", "/apis", None),
            (
                "link",
                "</api/a?page=2>; rel=next, <https://example.com/api/b>",
                Some("</v2/a?page=2>; rel=next, <https://other.test/v2/b>"),
            ),
            ("refresh", "5; url=/api/a", Some("5; url=/v2/a")),
            ("x-path", "/api/a", None),
        ] {
            let found = own.rewrite_field(name, value.as_bytes(), there).map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(found.as_deref(), rewritten, "{name}: {value}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_read() {
        for text in ["", "example.com", "ftp://example.com", "http://a/?b", "http://u:p@a", "http://a#b"] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
        assert_eq!(Origin::parse("HTTPS://Example.com:443/").map(|origin| origin.port), Some(None));
    }
}
