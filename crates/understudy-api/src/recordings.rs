//! Exchanges that were recorded, as they are stored: without secrets, their bodies without content codings.

use crate::error::{ApiError, Code};
use crate::local;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;
use understudy_exchange::redact::Redaction;
use understudy_exchange::{Request, Response, field_value};
use understudy_import::Recorded;
use understudy_net::{BODY_BYTES_MAX, Message, MessageContent, coding};
use understudy_store::{Limits, Log, StoreError};

/// One recorded exchange.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    pub(crate) service: String,
    /// When the request came, in milliseconds since 1970.
    pub(crate) unix_millis: u64,
    pub(crate) micros: u64,
    pub(crate) exchange: Recorded,
    /// What was said on the WebSocket that the two sides went over to.
    pub(crate) messages: Vec<Message>,
    /// Why not all of its bodies is there.
    pub(crate) cut: Option<String>,
    /// The address of the backend, without secrets; empty if it is unknown.
    pub(crate) backend: String,
}

/// What stands before the bodies, as JSON.
#[derive(Deserialize)]
struct Head<'h> {
    service: Cow<'h, str>,
    unix_millis: u64,
    micros: u64,
    method: Cow<'h, str>,
    target: Cow<'h, str>,
    request_headers: Vec<(Cow<'h, str>, Cow<'h, str>)>,
    /// How many bytes the request's body has; the answer's follows.
    request_bytes: usize,
    status: u16,
    response_headers: Vec<(Cow<'h, str>, Cow<'h, str>)>,
    /// The place, stand-in, kind, number and rule of each redaction.
    #[serde(default)]
    redactions: Vec<(String, String, String, u32, String)>,
    cut: Option<Cow<'h, str>>,
    /// What was stored before there were any has none.
    #[serde(default)]
    messages: Vec<Said<'h>>,
    /// Empty in recordings of earlier versions.
    #[serde(default)]
    backend: Cow<'h, str>,
}

/// A message of a WebSocket: a text, or bytes in base64.
#[derive(Serialize, Deserialize)]
struct Said<'h> {
    from_client: bool,
    after_micros: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'h, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl<'h> Said<'h> {
    fn new(message: &'h Message) -> Self {
        let (text, base64) = match &message.content {
            MessageContent::Text(text) => (Some(text.as_str().into()), None),
            MessageContent::Binary(bytes) => (None, Some(STANDARD.encode(bytes))),
        };
        let after_micros = u64::try_from(message.after.as_micros()).unwrap_or(u64::MAX);
        Self { from_client: message.is_from_client, after_micros, text, base64 }
    }

    fn message(self) -> Option<Message> {
        let content = match (self.text, self.base64) {
            (Some(text), _) => MessageContent::Text(text.into_owned()),
            (None, bytes) => MessageContent::Binary(STANDARD.decode(bytes?).ok()?.into()),
        };
        Some(Message { is_from_client: self.from_client, after: Duration::from_micros(self.after_micros), content })
    }
}

/// A recording that is about to be stored.
pub(crate) struct Stored<'s> {
    pub(crate) service: &'s str,
    pub(crate) unix_millis: u64,
    pub(crate) took: Duration,
    pub(crate) request: &'s Request,
    pub(crate) response: &'s Response,
    pub(crate) messages: &'s [Message],
    pub(crate) redactions: &'s [Redaction],
    pub(crate) cut: Option<&'s str>,
    pub(crate) backend: &'s str,
}

impl Stored<'_> {
    /// As it is stored: the length of the head, the head as JSON, and the bodies.
    pub(crate) fn write_to(&self, out: &mut Vec<u8>) {
        let Self { request, response, .. } = self;
        out.reserve(HEAD_BYTES + request.body.len() + response.body.len());
        let begin = out.len();
        out.extend([0; 4]);
        self.write_head(out).expect("a head is JSON");
        let head = begin + 4;
        let length = u32::try_from(out.len() - head).expect("a head has less than 4 GiB");
        out[begin..head].copy_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&request.body);
        out.extend_from_slice(&response.body);
    }

    /// Piece by piece: this is done for every exchange.
    fn write_head(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let Self { service, unix_millis, took, request, response, messages, redactions, cut, backend } = self;
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        out.extend_from_slice(b"{\"service\":");
        write_text(service, out)?;
        out.extend_from_slice(b",\"unix_millis\":");
        serde_json::to_writer(&mut *out, unix_millis)?;
        out.extend_from_slice(b",\"micros\":");
        serde_json::to_writer(&mut *out, &micros)?;
        out.extend_from_slice(b",\"method\":");
        write_text(request.method.as_str(), out)?;
        out.extend_from_slice(b",\"target\":");
        write_text(request.target.as_str(), out)?;
        out.extend_from_slice(b",\"request_headers\":");
        write_fields(&request.headers, out)?;
        out.extend_from_slice(b",\"request_bytes\":");
        serde_json::to_writer(&mut *out, &request.body.len())?;
        out.extend_from_slice(b",\"status\":");
        serde_json::to_writer(&mut *out, &response.status.as_u16())?;
        out.extend_from_slice(b",\"response_headers\":");
        write_fields(&response.headers, out)?;
        if !redactions.is_empty() {
            let each = |one: &'_ Redaction| {
                let Redaction { place, stand_in, kind, number, rule } = one.clone();
                (place, stand_in, kind, number, rule)
            };
            out.extend_from_slice(b",\"redactions\":");
            serde_json::to_writer(&mut *out, &redactions.iter().map(each).collect::<Vec<_>>())?;
        }
        out.extend_from_slice(b",\"cut\":");
        serde_json::to_writer(&mut *out, cut)?;
        if !backend.is_empty() {
            out.extend_from_slice(b",\"backend\":");
            write_text(backend, out)?;
        }
        if !messages.is_empty() {
            out.extend_from_slice(b",\"messages\":");
            serde_json::to_writer(&mut *out, &messages.iter().map(Said::new).collect::<Vec<_>>())?;
        }
        out.push(b'}');
        Ok(())
    }
}

/// A text of JSON. Nearly none has anything in it that is written with an escape.
fn write_text(text: &str, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let has_escapes = |has, byte: u8| has | (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if text.bytes().fold(false, has_escapes) {
        return serde_json::to_writer(out, text);
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}

/// Header fields: a list of names with their values.
fn write_fields(headers: &HeaderMap, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let mut before = b'[';
    for (name, value) in headers {
        // A field's name has nothing in it that is written with an escape.
        out.extend_from_slice(if before == b',' { b",[\"" } else { b"[[\"" });
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b"\",");
        write_text(&field_value::text(value), out)?;
        out.push(b']');
        before = b',';
    }
    out.extend_from_slice(if headers.is_empty() { b"[]" } else { b"]" });
    Ok(())
}

impl Recording {
    /// As it is stored.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored {
            service: &self.service,
            unix_millis: self.unix_millis,
            took: Duration::from_micros(self.micros),
            request: &self.exchange.request,
            response: &self.exchange.response,
            messages: &self.messages,
            redactions: &self.exchange.redactions,
            cut: self.cut.as_deref(),
            backend: &self.backend,
        };
        let mut bytes = Vec::new();
        stored.write_to(&mut bytes);
        bytes
    }

    /// What was stored; `None` where it is nothing of ours.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (head, bodies) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let head: Head<'_> = serde_json::from_slice(head).ok()?;
        let (sent, received) = bodies.split_at_checked(head.request_bytes)?;
        let request = Request {
            method: Method::from_bytes(head.method.as_bytes()).ok()?,
            target: head.target.parse().ok()?,
            headers: headers(&head.request_headers),
            body: Bytes::copy_from_slice(sent),
        };
        let response = Response {
            status: StatusCode::from_u16(head.status).ok()?,
            headers: headers(&head.response_headers),
            body: Bytes::copy_from_slice(received),
        };
        let redactions = head.redactions.into_iter().map(|(place, stand_in, kind, number, rule)| Redaction {
            place,
            stand_in,
            kind,
            number,
            rule,
        });
        Some(Self {
            service: head.service.into_owned(),
            unix_millis: head.unix_millis,
            micros: head.micros,
            exchange: Recorded { request, response, redactions: redactions.collect() },
            messages: head.messages.into_iter().map(Said::message).collect::<Option<_>>()?,
            cut: head.cut.map(Cow::into_owned),
            backend: head.backend.into_owned(),
        })
    }
}

/// About as many bytes as a head has.
const HEAD_BYTES: usize = 512;

fn headers(pairs: &[(Cow<'_, str>, Cow<'_, str>)]) -> HeaderMap {
    let field = |(name, value): &(Cow<'_, str>, Cow<'_, str>)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in pairs.iter().filter_map(field) {
        headers.append(name, value);
    }
    headers
}

/// Takes a body's content coding away, and the word of it in the header fields.
pub(crate) fn decode(headers: &mut HeaderMap, body: &mut Bytes) -> Result<(), String> {
    let Some(encoding) = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()) else { return Ok(()) };
    if body.is_empty() {
        return Ok(());
    }
    *body = coding::decode(encoding, std::mem::take(body), BODY_BYTES_MAX)
        .map_err(|error| format!("a body in the coding `{encoding}` is not kept: {error}"))?;
    headers.remove(CONTENT_ENCODING);
    Ok(())
}

/// The folder of recordings in that of the project's local state.
const RECORDINGS: &str = "recordings";

/// Whether anything was ever recorded.
pub(crate) fn are_there(root: &Path) -> bool {
    root.join(local::FOLDER).join(RECORDINGS).is_dir()
}

/// Opens a project's recordings, with the folders of those that were damaged and put aside.
pub(crate) fn open(root: &Path) -> Result<(Log, Vec<PathBuf>), ApiError> {
    let folder = local::folder(root).map_err(|error| ApiError::of_file(&root.join(local::FOLDER), "make", &error))?;
    Log::open(&folder.join(RECORDINGS), Limits::default()).map_err(|error| store_error(&error))
}

/// The maximum number of bytes that are added to the recordings at once.
const BATCH_BYTES: usize = 1 << 20;
/// The timeout for writing the last records to the disk.
const DURABLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs `done`, and adds records to a project's recordings if it succeeds. The recordings are opened first, so that
/// `done` does not run if they cannot be opened.
///
/// # Errors
/// Another program has the recordings open; the disk rejects the records; the error of `done`.
pub(crate) fn adding(
    root: &Path,
    records: &[Vec<u8>],
    done: impl FnOnce() -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    if records.is_empty() {
        return done();
    }
    let (log, _) = open(root)?;
    done()?;
    add(&log, records)
}

/// Adds records to recordings that are open.
///
/// # Errors
/// The disk rejects the records.
pub(crate) fn add(log: &Log, records: &[Vec<u8>]) -> Result<(), ApiError> {
    let (mut last, mut rest) = (0, records);
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|record| {
            bytes += record.len();
            bytes <= BATCH_BYTES
        });
        let (batch, later) = rest.split_at(fits.count().max(1));
        last = log.append(batch).map_err(|error| store_error(&error))?;
        rest = later;
    }
    if log.wait(last, DURABLE_TIMEOUT) {
        return Ok(());
    }
    let why = log.failed().unwrap_or_else(|| "the disk did not answer in time".to_owned());
    Err(ApiError::new(Code::Disk, format!("not all of it is surely in the inbox: {why}")))
}

pub(crate) fn store_error(error: &StoreError) -> ApiError {
    let hint = match error {
        StoreError::Locked { .. } => "another Understudy is recording, or looks at the inbox: end that first",
        StoreError::Newer { .. } | StoreError::Unknown { .. } => {
            "use the version that wrote it, or delete the folder: recordings that were not accepted go with it"
        }
        _ => {
            "check who may use it, whether the disk is full, and how many files may be open; what is in it stays as it was, and `understudy inbox discard --all` needs no room"
        }
    };
    let code = if matches!(error, StoreError::Locked { .. }) { Code::Conflict } else { Code::Disk };
    ApiError::new(code, error.to_string()).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_read_as_it_was_written() {
        let request = Request {
            method: Method::POST,
            target: "/a?b=«c»".parse().unwrap_or_else(|_| "/a?b=c".parse().expect("a target")),
            headers: headers(&[("authorization".into(), "Bearer redacted-token-1".into()), ("x".into(), "1".into())]),
            body: Bytes::from_static(b"{\"a\":1}"),
        };
        let response = Response {
            status: StatusCode::CREATED,
            headers: headers(&[("set-cookie".into(), "a=1".into()), ("set-cookie".into(), "b=2".into())]),
            body: Bytes::from_static(&[0, 255, 10]),
        };
        let redaction = Redaction {
            place: "request header authorization".to_owned(),
            stand_in: "redacted-token-1".to_owned(),
            kind: "token".to_owned(),
            number: 1,
            rule: "name: authorization".to_owned(),
        };
        let recording = Recording {
            service: "s".to_owned(),
            unix_millis: 7,
            micros: 8,
            exchange: Recorded { request, response, redactions: vec![redaction.clone()] },
            messages: vec![
                Message {
                    is_from_client: true,
                    after: Duration::from_micros(12),
                    content: MessageContent::Text("redacted-token-1".to_owned()),
                },
                Message {
                    is_from_client: false,
                    after: Duration::from_millis(7),
                    content: MessageContent::Binary(Bytes::from_static(&[0, 255])),
                },
            ],
            cut: Some("why".to_owned()),
            backend: "http://127.0.0.1:8080".to_owned(),
        };
        let bytes = recording.to_bytes();
        let read = Recording::from_bytes(&bytes).expect("it was written just now");
        assert_eq!((read.to_bytes(), &read.messages), (bytes.clone(), &recording.messages));
        assert_eq!(read.exchange.redactions, [redaction]);
        assert_eq!(read.exchange.request.headers["authorization"].as_bytes(), "Bearer redacted-token-1".as_bytes());
        assert_eq!((&read.exchange.response.body[..], read.cut.as_deref()), (&[0, 255, 10][..], Some("why")));
        for end in 0..bytes.len() - read.exchange.response.body.len() - read.exchange.request.body.len() {
            assert!(Recording::from_bytes(&bytes[..end]).is_none());
        }
    }
}
