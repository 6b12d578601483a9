//! Occurrences of addresses in a text.

use super::{Here, Origin, Origins, same_host};
use std::ops::Range;

/// The spellings of a slash: plain, escaped in JSON and HTML, percent-encoded once and twice. A spelling stands before
/// those that it ends with.
pub(super) const SLASHES: [&str; 11] =
    ["\\/", "/", "%2F", "%2f", "%252F", "%252f", "\\u002F", "\\u002f", "&#x2F;", "&#x2f;", "&#47;"];
/// The spellings of a colon.
pub(super) const COLONS: [&str; 5] = [":", "%3A", "%3a", "%253A", "%253a"];
/// The schemes of addresses. The flag is true for the schemes of WebSockets.
pub(super) const SCHEMES: [(&str, bool); 4] = [("https", false), ("http", false), ("wss", true), ("ws", true)];

/// An address in a text.
pub(super) struct Occurrence {
    /// From the scheme to the end of the address's path. An address without a scheme begins at its slashes.
    pub(super) range: Range<usize>,
    /// The scheme. The flag is true for a scheme of WebSockets.
    scheme: Option<(&'static str, bool)>,
    colon: &'static str,
    slash: &'static str,
}

impl Origins {
    /// The addresses that occur in a text, in order.
    pub(super) fn occurrences<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = Occurrence> + 't {
        let has_port = || self.ports.is_empty() || self.ports.iter().any(|port| port.find(text).is_some());
        let hosts = self.hosts.as_ref().filter(|_| has_port()).map(|hosts| hosts.find_iter(text));
        hosts.into_iter().flatten().filter_map(|host| self.occurrence(text, host.range()))
    }

    /// The address whose host stands at a place.
    fn occurrence(&self, text: &[u8], host: Range<usize>) -> Option<Occurrence> {
        let before = &text[..host.start];
        let slash = SLASHES.into_iter().find(|slash| before.ends_with(slash.as_bytes()))?;
        let before = before.strip_suffix(slash.as_bytes())?.strip_suffix(slash.as_bytes())?;
        let (scheme, colon, start) = match COLONS.into_iter().find(|colon| before.ends_with(colon.as_bytes())) {
            Some(colon) => {
                let before = &before[..before.len() - colon.len()];
                let scheme = SCHEMES.into_iter().find(|(name, _)| ends_with_ignoring_case(before, name))?;
                let start = before.len() - scheme.0.len();
                (Some(scheme), Some(colon), start)
            }
            None => (None, None, before.len()),
        };
        if !is_start(&text[..start]) || (!self.with_namespaces && is_namespace(&text[..start])) {
            return None;
        }
        let (port, colon, end) = port(&text[host.end..], colon, slash);
        let end = host.end + end;
        if !is_end_of_authority(&text[end..], port.is_some(), slash) {
            return None;
        }
        let port = port.filter(|port| match scheme {
            Some(("https" | "wss", _)) => *port != 443,
            Some(_) => *port != 80,
            None => !matches!(*port, 80 | 443),
        });
        let name = same_host(&plain_host(&text[host]));
        let is_it = |origin: &&Origin| origin.host == name && origin.port == port;
        let path = self.all.iter().filter(is_it).find_map(|origin| path_length(&text[end..], &origin.path, slash))?;
        Some(Occurrence { range: start..end + path, scheme, colon, slash })
    }
}

impl Occurrence {
    /// Writes the address of another place in the same spelling.
    pub(super) fn write(&self, text: &[u8], here: Here<'_>, out: &mut Vec<u8>) {
        if let Some((_, is_websocket)) = self.scheme {
            out.extend_from_slice(match (is_websocket, here.is_tls) {
                (false, false) => b"http",
                (false, true) => b"https",
                (true, false) => b"ws",
                (true, true) => b"wss",
            });
            out.extend_from_slice(self.colon.as_bytes());
        }
        debug_assert!(self.range.end <= text.len());
        out.extend_from_slice(self.slash.as_bytes());
        out.extend_from_slice(self.slash.as_bytes());
        for c in here.authority.chars().chain(here.path.chars()) {
            let mut plain = [0; 4];
            let percent = self.colon.strip_suffix("3A").or_else(|| self.colon.strip_suffix("3a"));
            let encoded = match (c, percent) {
                (':', _) => self.colon,
                ('/', _) => self.slash,
                ('[' | ']', Some(percent)) => {
                    out.extend_from_slice(percent.as_bytes());
                    if c == '[' { "5B" } else { "5D" }
                }
                (other, _) => other.encode_utf8(&mut plain),
            };
            out.extend_from_slice(encoded.as_bytes());
        }
    }
}

fn ends_with_ignoring_case(text: &[u8], end: &str) -> bool {
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
}

/// A host without percent-encoding, which only IPv6 addresses have.
fn plain_host(host: &[u8]) -> String {
    let host = String::from_utf8_lossy(host).to_ascii_lowercase();
    host.replace("%5b", "[").replace("%5d", "]").replace("%3a", ":")
}

/// Returns true if an address can begin after this text. An address never begins within a word, unless the word's last
/// letter is part of an escape.
pub(super) fn is_start(before: &[u8]) -> bool {
    let Some(last) = before.last() else { return true };
    let is_hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    let is_escape = match before {
        [.., b'\\', b'n' | b't' | b'r' | b'b' | b'f'] => true,
        [.., b'\\', b'u', a, b, c, d] => is_hex(&[*a, *b, *c, *d]),
        [.., b'%', b'2', b'5', a, b] | [.., b'%', a, b] => is_hex(&[*a, *b]),
        _ => false,
    };
    let is_in_word =
        last.is_ascii_alphanumeric() || matches!(last, b'+' | b'-' | b'.' | b'_' | b'/' | b':' | b'@' | 0x80..);
    is_escape || !is_in_word
}

/// Returns true if the name of an XML namespace follows this text. Programs compare such a name and never open it.
fn is_namespace(before: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")) else { return false };
    let Some(before) = before.trim_ascii_end().strip_suffix(b"=") else { return false };
    let before = before.trim_ascii_end();
    let name = before.rsplit(|byte| byte.is_ascii_whitespace() || *byte == b'<').next().unwrap_or(before);
    name.starts_with(b"xmlns") || name == b"targetNamespace"
}

/// The port after a host, the spelling of its colon, and the length of both in bytes.
fn port(after: &[u8], colon: Option<&'static str>, slash: &'static str) -> (Option<u16>, &'static str, usize) {
    // Without a scheme, the slashes decide the spelling of a colon.
    let default = || match slash {
        "%2F" | "%2f" => "%3A",
        "%252F" | "%252f" => "%253A",
        _ => ":",
    };
    let found = COLONS.into_iter().find_map(|colon| Some((colon, after.strip_prefix(colon.as_bytes())?)));
    let Some((found, digits)) = found else { return (None, colon.unwrap_or_else(default), 0) };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let port = std::str::from_utf8(&digits[..length]).ok().and_then(|digits| digits.parse().ok());
    match port {
        Some(port) => (Some(port), found, found.len() + length),
        None => (None, colon.unwrap_or(found), 0),
    }
}

/// Returns true if a host and port end before this text.
fn is_end_of_authority(after: &[u8], has_port: bool, slash: &str) -> bool {
    let is_encoded = slash.starts_with('%');
    let (next, rest) = match after {
        [] => return true,
        [b'%', b'2', b'5', a, b, rest @ ..] | [b'%', a, b, rest @ ..] => match hex(*a, *b) {
            Some(byte) if is_encoded || SLASHES.iter().any(|slash| after.starts_with(slash.as_bytes())) => (byte, rest),
            // Such an address is no address, or its encoding began before it, with a colon and not with slashes.
            Some(byte) if matches!(byte, b'"' | b'&' | b'?' | b'#' | b' ' | b'\n' | b'>' | b'<') => (byte, rest),
            _ => return false,
        },
        [next, rest @ ..] => (*next, rest),
    };
    match next {
        b'-' | b'_' | b'@' | b'%' => false,
        // The colon may begin an invalid port or a password.
        b':' => !has_port && rest.first().is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'')),
        b'.' => has_port || !rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-'),
        0x80.. => has_port,
        other => !other.is_ascii_alphanumeric(),
    }
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// The length in bytes of the address's path in this text; `None` if the text has another path.
fn path_length(after: &[u8], path: &str, slash: &str) -> Option<usize> {
    let mut rest = after;
    for byte in path.bytes() {
        let written = if byte == b'/' { slash.as_bytes() } else { std::slice::from_ref(&byte) };
        rest = rest.strip_prefix(written)?;
    }
    let ends = match rest {
        _ if path.is_empty() => true,
        [] => true,
        [b'%', ..] => slash.starts_with('%'),
        [next, ..] => !(next.is_ascii_alphanumeric() || matches!(next, b'-' | b'_' | b'.' | b'~' | 0x80..)),
    };
    ends.then_some(after.len() - rest.len())
}

/// Replaces `path` by `here` in the references of a field's value; `None` if no reference is below `path`.
pub(super) fn moved_reference(name: &str, value: &[u8], path: &str, here: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(value).ok()?;
    let is_below = |reference: &str| {
        let rest = reference.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#', '>', ';', '"', '\'']))
    };
    let starts: Vec<usize> = match name {
        "link" => text.match_indices('<').map(|(at, _)| at + 1).collect(),
        "refresh" => {
            let after = text.to_ascii_lowercase().find("url=").map(|at| at + 4)?;
            vec![after + text[after..].len() - text[after..].trim_start_matches(['"', '\'', ' ']).len()]
        }
        _ => vec![0],
    };
    let mut out = String::new();
    let mut end = 0;
    for start in starts.into_iter().filter(|start| is_below(&text[*start..])) {
        out.push_str(&text[end..start]);
        out.push_str(here);
        end = start + path.len();
        // An empty reference would mean the page itself.
        if here.is_empty() && !text[end..].starts_with('/') {
            out.push('/');
        }
    }
    if end == 0 {
        return None;
    }
    out.push_str(&text[end..]);
    Some(out.into_bytes())
}
