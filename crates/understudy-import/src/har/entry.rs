//! Reads one entry: an exchange, or the reason why the entry is not an exchange.

use super::asker::page_part;
use super::body::{Body, request_body, response_body};
use super::fields::{add_cookies, headers, raw_field, without_framing};
use super::read::{Reading, number, text};
use super::url::{Origin, parse_url};
use super::{HarExchange, HarMessage, OWN_MEMBER};
use crate::recording::{Recorded, is_promised};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use understudy_exchange::redact::Redaction;
use understudy_exchange::target::encode_query_part;
use understudy_exchange::{Json, Request, Response};

/// The result of reading an entry.
pub(super) enum Entry {
    /// An exchange.
    Exchange(Box<HarExchange>),
    /// No fixture can be made of the entry, for this reason.
    Left(String),
}

/// Reads an entry.
pub(super) fn read_entry(reading: &Reading<'_>, entry: &Json, began_micros: u64) -> Entry {
    match exchange(reading, entry, began_micros) {
        Ok(exchange) => Entry::Exchange(Box::new(exchange)),
        Err(why) => Entry::Left(why),
    }
}

fn exchange(reading: &Reading<'_>, entry: &Json, began_micros: u64) -> Result<HarExchange, String> {
    let request = entry.member("request").ok_or("it has no `request`")?;
    let (origin, target) = server_and_target(request)?;
    let method = method(text(request, "method"))?;
    let response = entry.member("response").filter(|response| !matches!(response, Json::Null));
    let response = response.ok_or("not answered")?;
    let status = status(entry, response)?;
    let mut sent_headers = headers(request);
    add_cookies(request, true, &mut sent_headers);
    if !reading.is_own && is_preflight(entry, &method, &sent_headers) {
        return Err("a preflight of a browser, which a stub answers by itself".to_owned());
    }
    let mut received_headers = headers(response);
    add_cookies(response, false, &mut received_headers);
    if !reading.is_own {
        name_kind(response, &mut received_headers);
        without_framing(&mut sent_headers, false);
        without_framing(&mut received_headers, method == Method::HEAD);
    }
    let sent = request_body(reading, request, &mut sent_headers);
    let received = response_body(reading, response, &method, status, &mut received_headers);
    let received = match (received, event_stream(entry)) {
        (Body::Missing(_), Some(events)) => Body::Whole(events),
        (received, _) => received,
    };
    let status = if reading.is_own { status } else { revalidated(status, &received, &mut sent_headers)? };
    let is_socket = status == StatusCode::SWITCHING_PROTOCOLS;
    if !is_socket && !is_promised(&method, status) {
        return Err(format!("answered with {}, which no fixture can say", status.as_u16()));
    }
    let mut missing = None;
    let mut whole = |body: Body| match body {
        Body::Whole(body) => body,
        Body::Missing(why) => {
            missing.get_or_insert(why);
            Bytes::new()
        }
    };
    let (sent, received) = (whole(sent), whole(received));
    let own = entry.member(OWN_MEMBER).filter(|_| reading.is_own);
    let said = |name: &str| own.map(|own| text(own, name)).filter(|said| !said.is_empty()).map(str::to_owned);
    let target = said("target").and_then(|target| target.parse().ok()).unwrap_or(target);
    let recorded = Recorded {
        request: Request { method, target, headers: sent_headers, body: sent },
        response: Response { status, headers: received_headers, body: received },
        redactions: own.map(redactions).unwrap_or_default(),
    };
    let (service, cut) = (said("service"), said("cut"));
    let backend = said("backend").unwrap_or_else(|| if own.is_some() { String::new() } else { origin.to_string() });
    let part = if reading.is_own || is_socket { None } else { page_part(entry, &recorded.request, &recorded.response) };
    Ok(HarExchange {
        began_micros,
        micros: micros(entry),
        origin,
        service,
        backend,
        is_redacted: own.is_some(),
        page_part: part,
        recorded,
        messages: messages(entry),
        missing: missing.filter(|_| cut.is_none()),
        cut,
    })
}

/// Returns the server and the request target. Some tools write only a path, or write the query as a separate list.
fn server_and_target(request: &Json) -> Result<(Origin, PathAndQuery), String> {
    let url = text(request, "url").trim();
    if url.is_empty() {
        return Err("it has no URL".to_owned());
    }
    let whole = if url.starts_with('/') {
        let host = raw_field(request, ":authority").or_else(|| raw_field(request, "host"));
        let host = host.ok_or("its URL names no server")?;
        format!("{}://{host}{url}", raw_field(request, ":scheme").unwrap_or("http"))
    } else {
        url.to_owned()
    };
    let (origin, target) = parse_url(&whole)?;
    let Some(Json::Array(pairs)) = request.member("queryString") else { return Ok((origin, target)) };
    if pairs.is_empty() || whole.contains('?') {
        return Ok((origin, target));
    }
    let pair =
        |pair: &Json| format!("{}={}", encode_query_part(text(pair, "name")), encode_query_part(text(pair, "value")));
    let query: Vec<String> = pairs.iter().map(pair).collect();
    let target = format!("{}?{}", target.path(), query.join("&"));
    Ok((origin, target.parse().map_err(|_| "its query cannot be read")?))
}

/// Returns the method. Standard methods are converted to capitals.
fn method(written: &str) -> Result<Method, String> {
    let capitals = written.trim().to_ascii_uppercase();
    match capitals.as_str() {
        "CONNECT" => Err("a tunnel through a proxy, whose content is not in it".to_owned()),
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "TRACE" => {
            capitals.parse().map_err(|_| "it has no method".to_owned())
        }
        _ => Method::from_bytes(written.trim().as_bytes()).map_err(|_| "it has no method".to_owned()),
    }
}

fn status(entry: &Json, response: &Json) -> Result<StatusCode, String> {
    let status = number(response, "status").and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    status.ok_or_else(|| {
        // Chromium, Playwright and Firefox write the reason.
        let why = ["_error", "_failureText"].iter().flat_map(|name| [text(response, name), text(entry, name)]);
        let why = why.chain([text(response, "comment")]).find(|why| !why.is_empty());
        why.map_or_else(|| "not answered".to_owned(), |why| format!("not answered: {why}"))
    })
}

/// Returns true for a preflight request, which browsers send before a request to another origin (Fetch, section 4.8).
fn is_preflight(entry: &Json, method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && (headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
            || text(entry, "_resourceType").eq_ignore_ascii_case("preflight"))
}

/// Returns the status of a response. A 304 stands for the response in the browser's cache. If the archive has its body,
/// the exchange becomes one of a browser without a cache.
fn revalidated(status: StatusCode, received: &Body, sent: &mut HeaderMap) -> Result<StatusCode, String> {
    if status != StatusCode::NOT_MODIFIED {
        return Ok(status);
    }
    match received {
        Body::Whole(body) if !body.is_empty() => {
            sent.remove(IF_NONE_MATCH);
            sent.remove(IF_MODIFIED_SINCE);
            Ok(StatusCode::OK)
        }
        _ => Err("304, which is no response by itself: record again with the browser's cache disabled".to_owned()),
    }
}

/// Adds the media type of the content to the header fields if they have none.
fn name_kind(response: &Json, headers: &mut HeaderMap) {
    let kind = response.member("content").map_or("", |content| text(content, "mimeType"));
    if !headers.contains_key(CONTENT_TYPE)
        && let (false, Ok(kind)) = (matches!(kind, "" | "x-unknown"), HeaderValue::from_str(kind))
    {
        headers.insert(CONTENT_TYPE, kind);
    }
}

fn micros(entry: &Json) -> u64 {
    let Some(Json::Number(time)) = entry.member("time") else { return 0 };
    let millis: f64 = time.as_str().parse().unwrap_or(0.0);
    // The cast saturates: a negative or too large number becomes the nearest valid one.
    (millis * 1_000.0) as u64
}

/// Returns the stream of server-sent events, which newer versions of Chromium list (HTML Standard, section 9.2.6).
fn event_stream(entry: &Json) -> Option<Bytes> {
    let Some(Json::Array(events)) = entry.member("_eventSourceMessages") else { return None };
    let mut out = String::new();
    for event in events {
        let mut line = |field: &str, value: &str| out.push_str(&format!("{field}: {value}\n"));
        let (name, id) = (text(event, "eventName"), text(event, "eventId"));
        if !matches!(name, "" | "message") {
            line("event", name);
        }
        if !id.is_empty() {
            line("id", id);
        }
        text(event, "data").split('\n').for_each(|data| line("data", data));
        out.push('\n');
    }
    (!out.is_empty()).then(|| out.into())
}

fn redactions(own: &Json) -> Vec<Redaction> {
    let Some(Json::Array(all)) = own.member("redactions") else { return Vec::new() };
    let redaction = |one: &Json| {
        let text = |name: &str| text(one, name).to_owned();
        Redaction {
            place: text("place"),
            stand_in: text("stand_in"),
            kind: text("kind"),
            number: number(one, "number").and_then(|number| u32::try_from(number).ok()).unwrap_or(0),
            rule: text("rule"),
        }
    };
    all.iter().map(redaction).collect()
}

fn messages(entry: &Json) -> Vec<HarMessage> {
    let Some(Json::Array(messages)) = entry.member("_webSocketMessages") else { return Vec::new() };
    let message = |message: &Json| {
        let is_text = number(message, "opcode") != Some(2);
        let data = text(message, "data");
        let content = if is_text { None } else { STANDARD.decode(data).ok() };
        let seconds = match message.member("time") {
            Some(Json::Number(time)) => time.as_str().parse::<f64>().unwrap_or(0.0),
            _ => 0.0,
        };
        HarMessage {
            is_sent: matches!(text(message, "type"), "send" | "request" | "outgoing"),
            unix_micros: (seconds * 1e6) as u64,
            content: content.unwrap_or_else(|| data.as_bytes().to_vec()).into(),
            is_text,
        }
    };
    messages.iter().map(message).collect()
}
