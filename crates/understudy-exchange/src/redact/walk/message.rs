//! The parts of a message: the target, the header fields, and the body by its content type.

use super::super::names::{self, Certainty, Named};
use super::super::quick;
use super::super::secret_names::{Carrier, Lookup};
use super::super::value::Side;
use super::super::{charset, form, value};
use super::{Found, Walk};
use crate::target::{encode_query_part, encode_segment, percent_decode, query_pairs};
use crate::{MediaType, multipart};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HeaderValue, SEC_WEBSOCKET_PROTOCOL, SET_COOKIE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName};
use std::borrow::Cow;

impl Walk<'_> {
    fn side_name(&self) -> &'static str {
        match self.side {
            Side::Request => "request",
            Side::Response => "response",
        }
    }

    /// Redacts the target of a request; `None` if nothing changed.
    pub(in super::super) fn target(&mut self, target: &PathAndQuery) -> Option<PathAndQuery> {
        let path = self.path(target.path());
        let query = target.query().and_then(|query| self.pairs(query, "request query"));
        if path.is_none() && query.is_none() {
            return None;
        }
        let path = path.unwrap_or_else(|| target.path().to_owned());
        let query = query.or_else(|| target.query().map(str::to_owned));
        let whole = query.map_or(path.clone(), |query| format!("{path}?{query}"));
        Some(whole.parse().unwrap_or_else(|_| PathAndQuery::from_static("/")))
    }

    /// Redacts a path. Segments without secrets keep their spelling.
    fn path(&mut self, path: &str) -> Option<String> {
        let place = "request path";
        let mut before = String::new();
        let mut is_changed = false;
        let segments: Vec<String> = path
            .split('/')
            .map(|segment| {
                let plain = percent_decode(segment);
                // The word before the segment may mark it as a secret.
                let shown = if before.is_empty() || plain.is_empty() {
                    self.text(&plain, place, 0)
                } else {
                    let prefix = format!("/{before}/");
                    let shown = self.text(&format!("{prefix}{plain}"), place, 0);
                    let own = shown.and_then(|shown| Some(percent_decode(shown.strip_prefix(&prefix)?).into_owned()));
                    // A rule for texts with slashes may have taken the word before it for the start of the segment.
                    own.or_else(|| self.text(&plain, place, 0))
                };
                before = plain.into_owned();
                match shown.filter(|shown| *shown != before) {
                    Some(shown) => {
                        is_changed = true;
                        encode_segment(&shown)
                    }
                    None => segment.to_owned(),
                }
            })
            .collect();
        is_changed.then(|| segments.join("/"))
    }

    /// Redacts the pairs of a query or a form; `None` if nothing changed.
    fn pairs(&mut self, text: &str, place: &str) -> Option<String> {
        let mut is_changed = false;
        let pairs: Vec<String> = text
            .split('&')
            .map(|written| {
                let Some((name, value)) = query_pairs(written).next() else { return written.to_owned() };
                let place = format!("{place} {name}");
                match self.carried(&name, &value, Carrier::Parameter, &place) {
                    Some(shown) => {
                        is_changed = true;
                        let (name, _) = written.split_once('=').unwrap_or((written, ""));
                        format!("{name}={}", encode_query_part(&shown))
                    }
                    None => written.to_owned(),
                }
            })
            .collect();
        is_changed.then(|| pairs.join("&"))
    }

    /// Redacts a value under a name.
    fn carried(&mut self, name: &str, value: &str, carrier: Carrier, place: &str) -> Option<String> {
        let lookup = if self.names.may_speak_of(name) { self.names.lookup(name, carrier) } else { Lookup::Unknown };
        match lookup {
            Lookup::Kept => None,
            Lookup::Named(named) => self.named(value, &self.sent(named, value), place, 0),
            Lookup::Unknown => self.text(value, place, 0),
        }
    }

    /// What a name says of the value that a client sends beside its body: a credential, be it a word. No label stands there.
    fn sent(&self, named: Named, value: &str) -> Named {
        let is_sent = self.side == Side::Request && named.certainty == Certainty::Credential;
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
        if is_sent && !is_number { Named { certainty: Certainty::Typed, ..named } } else { named }
    }

    /// Redacts the header fields; `None` if nothing changed.
    pub(in super::super) fn headers(&mut self, headers: &HeaderMap) -> Option<HeaderMap> {
        let side = self.side_name();
        let mut changed = Vec::new();
        for (at, (name, value)) in headers.iter().enumerate() {
            let place = || format!("{side} header {name}");
            // A value that is not UTF-8 is read byte by byte.
            let (text, charset): (Cow<'_, str>, _) = match std::str::from_utf8(value.as_bytes()) {
                Ok(text) => (text.into(), charset::Charset::Utf8),
                Err(_) => (value.as_bytes().iter().map(|byte| char::from(*byte)).collect(), charset::Charset::Latin1),
            };
            let shown = match quick::is_quiet_field(name, value, self.names) {
                true => self.sink.rest(&text, &place()),
                false => self.header(name, &text, &place()),
            };
            if let Some(shown) = shown {
                let shown = HeaderValue::from_bytes(&charset::write(&shown, charset));
                changed.push((at, shown.unwrap_or_else(|_| HeaderValue::from_static("redacted"))));
            }
        }
        if changed.is_empty() {
            return None;
        }
        let mut changed = changed.into_iter().peekable();
        let mut out = HeaderMap::with_capacity(headers.len());
        for (at, (name, value)) in headers.iter().enumerate() {
            let shown = changed.next_if(|(own, _)| *own == at).map_or_else(|| value.clone(), |(_, shown)| shown);
            out.append(name, shown);
        }
        Some(out)
    }

    fn header(&mut self, name: &HeaderName, text: &str, place: &str) -> Option<String> {
        match *name {
            COOKIE => self.cookies(text, place),
            SET_COOKIE => self.set_cookie(text, place),
            SEC_WEBSOCKET_PROTOCOL => self.protocols(text, place),
            _ => self.carried(name.as_str(), text, Carrier::Header, place),
        }
    }

    fn cookies(&mut self, text: &str, place: &str) -> Option<String> {
        let mut is_changed = false;
        let pairs: Vec<String> = text
            .split(';')
            .map(|pair| {
                let Some((name, value)) = pair.split_once('=') else { return pair.to_owned() };
                match self.cookie(name.trim(), value.trim(), false, &format!("{place} {}", name.trim())) {
                    Some(shown) => {
                        is_changed = true;
                        format!("{name}={shown}")
                    }
                    None => pair.to_owned(),
                }
            })
            .collect();
        is_changed.then(|| pairs.join(";"))
    }

    /// Redacts a `Set-Cookie` value: a cookie's name and value with its attributes (RFC 6265, section 4.1.1).
    fn set_cookie(&mut self, text: &str, place: &str) -> Option<String> {
        let (name, rest) = text.split_once('=')?;
        let (value, attributes) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
        // Scripts cannot read an `HttpOnly` cookie: only the backend needs its value.
        let is_for_the_backend = attributes.to_ascii_lowercase().contains("httponly");
        let shown = self.cookie(name.trim(), value.trim(), is_for_the_backend, &format!("{place} {}", name.trim()))?;
        Some(format!("{name}={shown}{attributes}"))
    }

    fn cookie(&mut self, name: &str, value: &str, is_for_the_backend: bool, place: &str) -> Option<String> {
        let named = |certainty, words: &str| Named { kind: "cookie", certainty, words: words.into() };
        let named = match self.names.lookup(name, Carrier::Parameter) {
            Lookup::Kept => return None,
            Lookup::Named(own) if own.certainty == Certainty::Always => named(Certainty::Always, &own.words),
            _ if names::is_session_cookie(name) => named(Certainty::Credential, "session cookie"),
            _ if is_for_the_backend => named(Certainty::Credential, "cookie for the backend alone"),
            _ => named(Certainty::Suspicious, "cookie"),
        };
        let bare = value.trim_matches('"');
        // Signed and serialised cookies are encoded: `s%3Aabc.def`.
        let plain = percent_decode(bare);
        if value::is_secret(&plain, &named, self.side) {
            // A cookie whose token a header field repeats gets its kind from the meaning of the cookie.
            let found = Found::by_name(&named);
            return self.sink.secret(&plain, &found, place);
        }
        let shown = self.text(&plain, place, 0)?;
        Some(encode_query_part(&shown))
    }

    /// Redacts the subprotocols of a WebSocket. Browsers send tokens in them, since scripts cannot set header fields
    /// there (RFC 6455, section 1.9).
    fn protocols(&mut self, text: &str, place: &str) -> Option<String> {
        let mut is_changed = false;
        let found = Found::by_look("token", "token in a subprotocol");
        let protocols: Vec<String> = text
            .split(',')
            .map(|protocol| {
                let own = protocol.trim();
                let lower = own.to_ascii_lowercase();
                let marks = [
                    "bearer.",
                    "token.",
                    "auth.",
                    "jwt.",
                    "authorization.k8s.io.",
                    "access_token.",
                    "bearer-",
                    "token-",
                    "auth-",
                ];
                let begin = marks.iter().filter_map(|mark| Some(lower.find(mark)? + mark.len())).max().unwrap_or(0);
                let secret = &own[begin..];
                let is_secret = (begin > 0 && !form::is_words(secret) && !secret.is_empty()) || form::is_random(secret);
                match is_secret.then(|| self.sink.secret(secret, &found, place)).flatten() {
                    Some(shown) => {
                        is_changed = true;
                        protocol.replace(secret, &shown)
                    }
                    None => protocol.to_owned(),
                }
            })
            .collect();
        is_changed.then(|| protocols.join(","))
    }

    /// Redacts a body without content coding; `None` if nothing changed.
    pub(in super::super) fn body(&mut self, headers: &HeaderMap, body: &Bytes) -> Option<Vec<u8>> {
        let place = format!("{} body", self.side_name());
        let written = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        self.content(written, body, &place)
    }

    /// Redacts content by its media type.
    fn content(&mut self, content_type: &str, body: &Bytes, place: &str) -> Option<Vec<u8>> {
        let media_type = MediaType::parse(content_type);
        if media_type.essence() == "multipart/form-data"
            && let Ok(parts) = multipart::parse(content_type, body)
        {
            return self.multipart(body, &parts, place);
        }
        let Some((text, charset)) = charset::read(content_type, body) else { return self.bytes(body, place) };
        let shown = match media_type.essence() {
            "application/x-www-form-urlencoded" => self.pairs(&text, place),
            "text/csv" | "text/tab-separated-values" => self.table(&text, place),
            _ => self.text(&text, place, 0),
        };
        shown.map(|shown| charset::write(&shown, charset))
    }

    fn multipart(&mut self, body: &Bytes, parts: &[multipart::Part], place: &str) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(body.len());
        let (mut at, mut is_changed) = (0, false);
        for part in parts {
            // The content of a part is a slice of the body.
            let start = part.content.as_ptr().addr().wrapping_sub(body.as_ptr().addr());
            let Some(before) = body.get(at..start) else { continue };
            out.extend_from_slice(before);
            at = start + part.content.len();
            let place = format!("{place} {}", part.name);
            let shown = match std::str::from_utf8(&part.content) {
                Ok(text) if part.filename.is_none() => {
                    self.carried(&part.name, text, Carrier::Parameter, &place).map(String::into_bytes)
                }
                _ => self.content(part.content_type.as_deref().unwrap_or(""), &part.content, &place),
            };
            is_changed |= shown.is_some();
            out.extend_from_slice(shown.as_deref().unwrap_or(&part.content));
        }
        out.extend_from_slice(&body[at..]);
        is_changed.then_some(out)
    }

    /// Redacts a table whose first line names the columns (RFC 4180).
    fn table(&mut self, text: &str, place: &str) -> Option<String> {
        let separator = if text.lines().next().is_some_and(|line| line.contains('\t')) {
            '\t'
        } else if text.lines().next().is_some_and(|line| line.contains(';') && !line.contains(',')) {
            ';'
        } else {
            ','
        };
        let columns: Vec<Option<Named>> = cells(text.lines().next().unwrap_or(""), separator)
            .map(|cell| match self.names.lookup(cell.trim().trim_matches('"'), Carrier::Member) {
                Lookup::Named(named) => Some(named),
                Lookup::Kept | Lookup::Unknown => None,
            })
            .collect();
        let mut is_changed = false;
        let mut out = String::with_capacity(text.len());
        for (row, line) in text.split_inclusive('\n').enumerate() {
            let content = line.trim_end_matches(['\r', '\n']);
            if row == 0 || !columns.iter().any(Option::is_some) {
                let shown = self.text(content, place, 0);
                is_changed |= shown.is_some();
                out.push_str(shown.as_deref().unwrap_or(content));
            } else {
                let shown: Vec<String> = cells(content, separator)
                    .enumerate()
                    .map(|(column, cell)| {
                        let bare = cell.trim().trim_matches('"');
                        let shown = match columns.get(column).and_then(Option::as_ref) {
                            Some(named) => self.named(bare, named, place, 0),
                            None => self.text(bare, place, 0),
                        };
                        is_changed |= shown.is_some();
                        shown.map_or_else(|| cell.to_owned(), |shown| cell.replacen(bare, &shown, 1))
                    })
                    .collect();
                out.push_str(&shown.join(&separator.to_string()));
            }
            out.push_str(&line[content.len()..]);
        }
        is_changed.then_some(out)
    }

    /// Redacts a WebSocket message; `None` if nothing changed.
    pub(in super::super) fn socket_message(&mut self, message: &[u8], place: &str) -> Option<Vec<u8>> {
        match std::str::from_utf8(message) {
            Ok(text) => self.text(text, place, 0).map(String::into_bytes),
            Err(_) => self.bytes(message, place),
        }
    }

    /// Redacts binary data: only known secrets, and secrets in the text between the bytes.
    fn bytes(&mut self, body: &[u8], place: &str) -> Option<Vec<u8>> {
        let text: String = body.iter().map(|byte| char::from(*byte)).collect();
        self.sink.rest(&text, place).map(|shown| charset::write(&shown, charset::Charset::Latin1))
    }

    /// Returns true if a walk through a body certainly finds no secret.
    pub(in super::super) fn is_quiet_body(&self, headers: &HeaderMap, body: &Bytes) -> bool {
        quick::is_quiet_body(headers, body, self.names)
    }
}

/// The cells of a line, with their quotes.
fn cells(line: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    line.split(move |c: char| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    })
}
