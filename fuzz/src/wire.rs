//! Bytes as they come on sockets, given to the parsers without the sockets.

use bytes::Bytes;
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::{HeaderMap, HeaderValue, Method};
use understudy_net::coding::{Coding, decode};
use understudy_net::parsers::{informational_responses, refusal, websocket_messages};
use understudy_net::{MESSAGE_BYTES_MAX, MessageContent, Outbound};

/// Bodies grow to at most this many bytes.
const DECODED_BYTES_MAX: usize = 64 << 10;

/// The first line is a `Content-Encoding` or an `Accept-Encoding`, and the rest is a body.
pub(crate) fn coding(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let value = String::from_utf8_lossy(&data[..end]);
    let body = Bytes::copy_from_slice(data.get(end + 1..).unwrap_or_default());
    if let Ok(decoded) = decode(&value, body.clone(), DECODED_BYTES_MAX) {
        assert!(decoded.len() <= DECODED_BYTES_MAX || decoded == body);
    }
    if let Some(coding) = Coding::negotiate(&value) {
        assert!(coding.is_accepted(&value), "{coding:?} for {value:?}");
    }
    let coding = Coding::named(&value).unwrap_or(Coding::Gzip);
    let encoded = coding.encode(&body);
    assert_eq!(decode(coding.as_str(), encoded, body.len()).as_ref(), Ok(&body));
}

/// The extensions that the two sides may have agreed on; the first byte chooses.
const EXTENSIONS: &[&str] = &["", "permessage-deflate", "permessage-deflate; client_no_context_takeover"];

/// Messages are the same in whatever pieces the bytes come, and none is larger than the bound.
pub(crate) fn websocket(data: &[u8]) {
    let Some((first, bytes)) = data.split_first() else { return };
    let extensions = HeaderValue::from_static(EXTENSIONS[usize::from(*first) % EXTENSIONS.len()]);
    let agreed = HeaderMap::from_iter([(SEC_WEBSOCKET_EXTENSIONS, extensions)]);
    let whole = websocket_messages(&agreed, bytes, bytes.len().max(1));
    for piece in [1, 7] {
        assert_eq!(websocket_messages(&agreed, bytes, piece), whole, "in pieces of {piece}");
    }
    let longest = whole.0.iter().map(|message: &MessageContent| message.as_bytes().len()).max();
    assert!(longest.unwrap_or(0) <= MESSAGE_BYTES_MAX);
}

/// What is passed on before a response are whole informational responses, the same in whatever pieces the bytes come.
pub(crate) fn informational(data: &[u8]) {
    let whole = informational_responses(data, data.len().max(1));
    for piece in [1, 7] {
        assert_eq!(informational_responses(data, piece), whole, "in pieces of {piece}");
    }
    let mut rest = &whole[..];
    while !rest.is_empty() {
        let mut fields = [httparse::EMPTY_HEADER; 128];
        let mut head = httparse::Response::new(&mut fields);
        let Ok(httparse::Status::Complete(length)) = head.parse(rest) else { panic!("half of a head is passed on") };
        assert!(matches!(head.code, Some(102..200)), "{:?} is passed on", head.code);
        let is_for_one_hop = |name: &str| {
            ["connection", "transfer-encoding", "content-length"].iter().any(|hop| name.eq_ignore_ascii_case(hop))
        };
        assert!(!head.headers.iter().any(|field| is_for_one_hop(field.name)));
        rest = &rest[length..];
    }
}

/// A refused request gets one whole response that names its host and line as they were sent, in whatever pieces it came.
pub(crate) fn refused(data: &[u8]) {
    for status in ["400 Bad Request", "414 URI Too Long", "431 Request Header Fields Too Large"] {
        let written = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        let respond = |piece: usize| {
            refusal(data, piece, written.as_bytes(), |refusal| {
                let host = refusal.host.as_deref().unwrap_or_default();
                assert!(!host.contains(['\r', '\n']), "{host:?}");
                let line = refusal.line.as_ref().map(|(method, target)| format!("{method} {target}"));
                let body = format!("{}\n{host}\n{}", refusal.reason, line.unwrap_or_default());
                Outbound::whole(refusal.status, HeaderMap::new(), body.into())
            })
        };
        let whole = respond(data.len().max(1)).expect("a refusal of hyper is replaced");
        assert_eq!(respond(1).as_ref(), Some(&whole));
        let mut fields = [httparse::EMPTY_HEADER; 8];
        let mut head = httparse::Response::new(&mut fields);
        let Ok(httparse::Status::Complete(length)) = head.parse(&whole) else { panic!("{whole:?}") };
        assert_eq!(head.code.map(|code| code.to_string()).as_deref(), status.get(..3));
        let declared = head.headers.iter().find(|field| field.name == "content-length");
        let declared = declared.and_then(|field| std::str::from_utf8(field.value).ok()?.parse().ok());
        let is_head = data.starts_with(format!("{} ", Method::HEAD).as_bytes());
        let sent = whole.len() - length;
        assert!(declared == Some(sent) || (is_head && sent == 0), "{whole:?}");
    }
}
