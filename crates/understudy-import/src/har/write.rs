//! Writing what browsers read.

use super::{CREATOR, HarMessage, OWN_MEMBER};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};
use understudy_exchange::redact::Redaction;
use understudy_exchange::target::query_pairs;
use understudy_exchange::{Json, JsonString, Request, cookie_pairs, field_value, set_cookie_pairs};
use understudy_match::Moment;

/// One exchange for an archive.
#[derive(Debug, Clone)]
pub struct HarEntry {
    /// When its answer was there.
    pub ended: Moment,
    /// How long it took.
    pub micros: u64,
    /// The server, without a path: `http://localhost:4010`.
    pub origin: String,
    /// The request, its body without a content coding.
    pub request: Request,
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's header fields.
    pub headers: HeaderMap,
    /// The answer's body without a content coding; `None` where it was not kept.
    pub body: Option<Bytes>,
    /// What was said on the WebSocket that the two sides went over to.
    pub messages: Vec<HarMessage>,
    /// Words for whoever reads the archive: who answered.
    pub comment: String,
    /// The service that sent the response.
    pub service: String,
    /// The address of the service in the messages of the exchange; empty if it is unknown.
    pub backend: String,
    /// The reason why the exchange is incomplete.
    pub cut: Option<String>,
    /// The secrets that were replaced.
    pub redactions: Vec<Redaction>,
}

/// The archive of these exchanges.
#[must_use]
pub fn write_har(entries: &[HarEntry], version: &str) -> String {
    let creator = object([("name", text(CREATOR)), ("version", text(version))]);
    let log = object([
        ("version", text("1.2")),
        ("creator", creator),
        ("entries", Json::Array(entries.iter().map(entry).collect())),
    ]);
    let mut out = object([("log", log)]).indented(INDENTED_BYTES_MAX);
    out.push('\n');
    out
}

/// What is larger is written without white space from there on.
const INDENTED_BYTES_MAX: usize = 64 << 20;

fn object<'n>(members: impl IntoIterator<Item = (&'n str, Json)>) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (JsonString::new(name), value)).collect())
}

fn text(text: impl AsRef<str>) -> Json {
    Json::string(text)
}

fn number(number: usize) -> Json {
    Json::Number((number as u64).into())
}

/// Milliseconds, with three digits of a fraction.
fn millis(micros: u64) -> Json {
    Json::parse(format!("{}.{:03}", micros / 1_000, micros % 1_000).as_bytes()).unwrap_or(Json::Null)
}

/// What is not known (section "Custom fields": -1 where a size or a time is not available).
fn unknown() -> Json {
    Json::Number((-1_i64).into())
}

fn pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Json {
    let pair = |(name, value): (String, String)| object([("name", text(name)), ("value", text(value))]);
    Json::Array(pairs.into_iter().map(pair).collect())
}

fn fields(headers: &HeaderMap) -> Json {
    let field = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), field_value::text(value).into_owned())
    };
    pairs(headers.iter().map(field))
}

fn entry(entry: &HarEntry) -> Json {
    let began = Moment { unix_millis: entry.ended.unix_millis.saturating_sub(entry.micros / 1_000) };
    let is_socket = entry.status == StatusCode::SWITCHING_PROTOCOLS;
    let timings = object([("send", number(0)), ("wait", millis(entry.micros)), ("receive", number(0))]);
    let mut members = vec![
        ("startedDateTime", text(format!("{}T{}", began.date(), began.time()))),
        ("time", millis(entry.micros)),
        ("request", request(entry)),
        ("response", response(entry)),
        ("cache", object([])),
        ("timings", timings),
        ("comment", text(&entry.comment)),
        (OWN_MEMBER, own(entry)),
    ];
    if is_socket {
        members.push(("_resourceType", text("websocket")));
        members.push(("_webSocketMessages", Json::Array(entry.messages.iter().map(message).collect())));
    }
    object(members)
}

/// The member with the data that this program needs to restore the exchange.
fn own(entry: &HarEntry) -> Json {
    let cut = entry.cut.as_ref().map(|cut| ("cut", text(cut)));
    let backend = (!entry.backend.is_empty()).then(|| ("backend", text(&entry.backend)));
    // The backend's address has a path, which is a prefix of the request's path.
    let has_path = entry.origin.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    let target = has_path.then(|| ("target", text(entry.request.target.as_str())));
    let redactions = (!entry.redactions.is_empty())
        .then(|| ("redactions", Json::Array(entry.redactions.iter().map(redaction).collect())));
    let service = [("service", text(&entry.service))].into_iter();
    object(service.chain(backend).chain(target).chain(cut).chain(redactions))
}

fn redaction(redaction: &Redaction) -> Json {
    let Redaction { place, stand_in, kind, number, rule } = redaction;
    object([
        ("place", text(place)),
        ("stand_in", text(stand_in)),
        ("kind", text(kind)),
        ("number", Json::Number(u64::from(*number).into())),
        ("rule", text(rule)),
    ])
}

fn message(message: &HarMessage) -> Json {
    let HarMessage { is_sent, unix_micros, content, is_text } = message;
    let (opcode, data) = match std::str::from_utf8(content) {
        Ok(text) if *is_text => (1, text.to_owned()),
        _ => (2, STANDARD.encode(content)),
    };
    let seconds = format!("{}.{:06}", unix_micros / 1_000_000, unix_micros % 1_000_000);
    object([
        ("type", text(if *is_sent { "send" } else { "receive" })),
        ("time", Json::parse(seconds.as_bytes()).unwrap_or(Json::Null)),
        ("opcode", number(opcode)),
        ("data", text(data)),
    ])
}

fn request(entry: &HarEntry) -> Json {
    let request = &entry.request;
    let query = query_pairs(request.query()).map(|(name, value)| (name.into_owned(), value.into_owned()));
    let cookies = cookie_pairs(&request.headers).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut members = vec![
        ("method", text(request.method.as_str())),
        ("url", text(format!("{}{}", entry.origin, request.target))),
        ("httpVersion", text("HTTP/1.1")),
        ("cookies", pairs(cookies)),
        ("headers", fields(&request.headers)),
        ("queryString", pairs(query)),
    ];
    if !request.body.is_empty() {
        let (content, coding) = content(&request.body);
        let mut data = vec![("mimeType", text(media_type(&request.headers))), ("text", text(content))];
        // The format has no place for the bytes of requests; others write this member too.
        data.extend(coding.map(|coding| ("encoding", text(coding))));
        members.push(("postData", object(data)));
    }
    members.extend([("headersSize", unknown()), ("bodySize", number(request.body.len()))]);
    object(members)
}

fn response(entry: &HarEntry) -> Json {
    let cookies = set_cookie_pairs(&entry.headers).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let size = entry.body.as_ref().map(Bytes::len);
    let mut data = vec![("size", size.map_or_else(unknown, number)), ("mimeType", text(media_type(&entry.headers)))];
    if let Some(body) = entry.body.as_ref().filter(|body| !body.is_empty()) {
        let (content, coding) = content(body);
        data.push(("text", text(content)));
        data.extend(coding.map(|coding| ("encoding", text(coding))));
    }
    let redirect = entry.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("");
    object([
        ("status", number(usize::from(entry.status.as_u16()))),
        ("statusText", text(entry.status.canonical_reason().unwrap_or(""))),
        ("httpVersion", text("HTTP/1.1")),
        ("cookies", pairs(cookies)),
        ("headers", fields(&entry.headers)),
        ("content", object(data)),
        ("redirectURL", text(redirect)),
        ("headersSize", unknown()),
        ("bodySize", size.map_or_else(unknown, number)),
    ])
}

fn media_type(headers: &HeaderMap) -> String {
    let written = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    written.unwrap_or("application/octet-stream").to_owned()
}

/// A body as text, or in base64 where it is none.
fn content(body: &Bytes) -> (String, Option<&'static str>) {
    match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (STANDARD.encode(body), Some("base64")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::{COOKIE, SET_COOKIE};
    use http::{HeaderValue, Method};

    fn at(har: &Json, path: &str) -> String {
        let path = understudy_exchange::JsonPath::parse(path).expect("a path");
        path.select_values(har).iter().map(ToString::to_string).collect::<Vec<String>>().join(" ")
    }

    #[test]
    fn an_exchange_is_told_as_browsers_tell_it() {
        let request = Request {
            method: Method::POST,
            target: "/items?page=2&q=a+b".parse().expect("a target"),
            headers: HeaderMap::from_iter([(COOKIE, HeaderValue::from_static("a=1; b=2"))]),
            body: Bytes::from_static(b"{\"id\":1}"),
        };
        let entry = HarEntry {
            ended: Moment { unix_millis: 1_767_225_600_250 },
            micros: 250_400,
            origin: "http://localhost:4010".to_owned(),
            request,
            status: StatusCode::FOUND,
            headers: HeaderMap::from_iter([
                (LOCATION, HeaderValue::from_static("/items/7")),
                (SET_COOKIE, HeaderValue::from_static("s=x; Path=/")),
                (CONTENT_TYPE, HeaderValue::from_static("image/png")),
            ]),
            body: Some(Bytes::from_static(&[0xFF, 0x00])),
            messages: Vec::new(),
            comment: "items/create".to_owned(),
            service: "shop".to_owned(),
            backend: String::new(),
            cut: None,
            redactions: Vec::new(),
        };
        let none = HarEntry { body: None, cut: Some("too large".to_owned()), ..entry.clone() };
        let said = |is_sent, content, is_text| HarMessage {
            is_sent,
            unix_micros: 1_767_225_600_000_012,
            content: Bytes::from_static(content),
            is_text,
        };
        let socket = HarEntry {
            status: StatusCode::SWITCHING_PROTOCOLS,
            messages: vec![said(true, b"hello", true), said(false, &[0xFF, 0x00], false)],
            ..none.clone()
        };
        let har = Json::parse(write_har(&[entry, none, socket], "0.1.0").as_bytes()).expect("an archive is JSON");
        for (path, expected) in [
            ("$.log.version", "\"1.2\""),
            ("$.log.entries[0].startedDateTime", "\"2026-01-01T00:00:00.000Z\""),
            ("$.log.entries[0].time", "250.400"),
            ("$.log.entries[0].request.url", "\"http://localhost:4010/items?page=2&q=a+b\""),
            ("$.log.entries[0].request.queryString[1].value", "\"a b\""),
            ("$.log.entries[0].request.cookies[*].name", "\"a\" \"b\""),
            ("$.log.entries[0].request.postData.text", "\"{\\\"id\\\":1}\""),
            ("$.log.entries[0].response.redirectURL", "\"/items/7\""),
            ("$.log.entries[0].response.cookies[0].value", "\"x\""),
            ("$.log.entries[0].response.content.text", "\"/wA=\""),
            ("$.log.entries[0].response.content.encoding", "\"base64\""),
            ("$.log.entries[*].response.content.size", "2 -1 -1"),
            ("$.log.entries[0]._understudy", "{\"service\":\"shop\"}"),
            ("$.log.entries[1]._understudy.cut", "\"too large\""),
            ("$.log.entries[*]._resourceType", "\"websocket\""),
            (
                "$.log.entries[2]._webSocketMessages[0]",
                "{\"type\":\"send\",\"time\":1767225600.000012,\"opcode\":1,\"data\":\"hello\"}",
            ),
            (
                "$.log.entries[2]._webSocketMessages[1]",
                "{\"type\":\"receive\",\"time\":1767225600.000012,\"opcode\":2,\"data\":\"/wA=\"}",
            ),
        ] {
            assert_eq!(at(&har, path), expected, "{path}");
        }
    }
}
