//! One exchange, looked at closely.

use super::App;
use super::commands::Text;
use super::traffic::{Exchange, ExchangeRow};
use crate::error::{ApiError, Code};
use crate::explain::DescribedAnswer;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use understudy_exchange::{Json, MediaType, Request, field_value};
use understudy_match::{Incoming, State};
use understudy_net::{BODY_BYTES_MAX, coding};

/// Larger bodies are shown only where somebody asks for all of them.
const SHOWN_BYTES_MAX: usize = 2 << 20;

/// An exchange, by its id.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ExchangeRequest {
    /// The id.
    pub(super) id: u64,
}

/// One exchange, without its bodies.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ExchangeView {
    /// As it is listed.
    pub(super) row: ExchangeRow,
    /// The request's header fields.
    pub(super) request_headers: Vec<HeaderView>,
    /// The answer's header fields.
    pub(super) response_headers: Vec<HeaderView>,
    /// What the fixtures as they are now make of the request; `null` where the service is gone.
    pub(super) explanation: Option<ExplanationView>,
}

/// A header field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct HeaderView {
    /// Its name.
    pub(super) name: String,
    /// Its value; bytes that are not UTF-8 are shown as U+FFFD.
    pub(super) value: String,
}

/// Which fixture answers a request, and why those that are near do not.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ExplanationView {
    /// The fixture that answers.
    pub(super) chosen: Option<NearView>,
    /// The methods that the path is known with, where only the method is another one.
    pub(super) allowed: Vec<String>,
    /// What the service's description answers, where no fixture does.
    pub(super) described: Option<DescribedAnswer>,
    /// Fixtures that do not answer, the nearest first.
    pub(super) near: Vec<NearView>,
}

/// A fixture beside a request.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct NearView {
    /// Its id.
    pub(super) id: String,
    /// Its file, relative to the service's folder.
    pub(super) file: String,
    /// Its method.
    pub(super) method: String,
    /// Its path's template.
    pub(super) path: String,
    /// What does not match.
    pub(super) differences: Vec<RequestDifference>,
    /// The mistake in the request's path, if it is one that people often make.
    pub(super) slip: Option<String>,
    /// Where all matches: why another fixture comes first.
    pub(super) behind: Option<String>,
}

/// One way in which a request is not what a fixture wants.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct RequestDifference {
    /// Where: `method`, `path`, `header x-tenant`, `body $.id`.
    pub(super) place: String,
    /// What is wanted.
    pub(super) expected: String,
    /// What the request has.
    pub(super) received: String,
}

/// A side of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub(super) enum Side {
    /// What was asked.
    Request,
    /// What was answered.
    Response,
}

impl Side {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// The body of one side.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct BodyRequest {
    /// The exchange.
    pub(super) id: u64,
    /// Which side.
    pub(super) side: Side,
    /// Whether to show it however large it is.
    pub(super) whole: bool,
}

/// A body, made ready to be read.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct BodyView {
    /// How many bytes it has, without its content coding.
    pub(super) bytes: u64,
    /// `none`, `json`, `text`, `binary`, `large` (ask for the whole) or `stream` (passed on, not kept).
    pub(super) kind: &'static str,
    /// The text: JSON indented, of bytes a dump of the first lines.
    pub(super) text: String,
}

impl BodyView {
    pub(super) fn new(headers: &HeaderMap, body: &Bytes, whole: bool) -> Self {
        let coding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        let body = match coding {
            Some(coding) => coding::decode(coding, body.clone(), BODY_BYTES_MAX).unwrap_or_else(|_| body.clone()),
            None => body.clone(),
        };
        let view = |kind, text| Self { bytes: body.len() as u64, kind, text };
        if body.is_empty() {
            return view("none", String::new());
        }
        if body.len() > SHOWN_BYTES_MAX && !whole {
            return view("large", String::new());
        }
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let is_json = MediaType::parse(content_type).is_json() || matches!(body.first(), Some(b'{' | b'['));
        if is_json && let Ok(json) = Json::parse(&body) {
            return view("json", json.indented(INDENTED_BYTES_MAX));
        }
        match std::str::from_utf8(&body) {
            Ok(text) if !text.contains('\0') => view("text", text.to_owned()),
            _ => view("binary", dump(&body)),
        }
    }
}

/// How long an indented body may become.
const INDENTED_BYTES_MAX: usize = 32 << 20;

/// How many bytes of a binary body are shown.
const DUMPED_BYTES_MAX: usize = 4_096;

/// Offsets, bytes and characters, sixteen in a line.
fn dump(body: &[u8]) -> String {
    let mut out = String::new();
    for (at, line) in body[..body.len().min(DUMPED_BYTES_MAX)].chunks(16).enumerate() {
        let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let text: String =
            line.iter().map(|byte| if (0x20..0x7F).contains(byte) { char::from(*byte) } else { '·' }).collect();
        out.push_str(&format!("{:08x}  {:<47}  {text}\n", at * 16, hex.join(" ")));
    }
    if body.len() > DUMPED_BYTES_MAX {
        out.push_str(&format!("… {} bytes more\n", body.len() - DUMPED_BYTES_MAX));
    }
    out
}

pub(super) fn header_views(headers: &HeaderMap) -> Vec<HeaderView> {
    let view = |(name, value): (&http::HeaderName, &http::HeaderValue)| HeaderView {
        name: name.to_string(),
        value: field_value::text(value).into_owned(),
    };
    headers.iter().map(view).collect()
}

impl App {
    pub(super) fn kept(&self, id: u64) -> Result<Arc<Exchange>, ApiError> {
        self.traffic.get(id).ok_or_else(|| {
            ApiError::new(Code::UnknownName, format!("exchange {id} is not kept any more"))
                .with_hint("the last 10,000 are kept, and their bodies as far as 64 MiB go")
        })
    }

    /// What the fixtures as they are now make of a request in a state.
    pub(super) async fn explanation(&self, service: &str, request: &Request, state: &State) -> Option<ExplanationView> {
        let project = self.loaded().await;
        let loaded = project.service(service).ok()?;
        let explained = understudy_match::explain(&loaded.index(), &Incoming::new(request), state);
        let plain = |fixture: &understudy_fixture::model::Fixture| NearView {
            id: fixture.id.to_string(),
            file: loaded.file_of(fixture).to_owned(),
            method: fixture.request.method.to_string(),
            path: fixture.request.path.to_string(),
            differences: Vec::new(),
            slip: None,
            behind: None,
        };
        let described = match &explained.chosen {
            Some(_) => None,
            None => DescribedAnswer::of(loaded, request),
        };
        Some(ExplanationView {
            described,
            chosen: explained.chosen.as_deref().map(plain),
            allowed: explained.allowed.iter().map(ToString::to_string).collect(),
            near: explained
                .near
                .into_iter()
                .map(|near| NearView {
                    differences: near
                        .differences
                        .into_iter()
                        .map(|difference| RequestDifference {
                            place: difference.place,
                            expected: difference.expected,
                            received: difference.received,
                        })
                        .collect(),
                    slip: near.slip,
                    behind: near.behind,
                    ..plain(&near.fixture)
                })
                .collect(),
        })
    }

    pub(super) async fn exchange(&self, request: ExchangeRequest) -> Result<ExchangeView, ApiError> {
        let exchange = self.kept(request.id)?;
        // What it was then is not kept.
        let state = self.state(&exchange.service).await;
        Ok(ExchangeView {
            row: ExchangeRow::new(&exchange),
            request_headers: header_views(&exchange.request.headers),
            response_headers: header_views(&exchange.headers),
            explanation: self.explanation(&exchange.service, &as_matched(&exchange), &state).await,
        })
    }

    pub(super) async fn exchange_body(&self, request: BodyRequest) -> Result<BodyView, ApiError> {
        let exchange = self.kept(request.id)?;
        Ok(match (request.side, &exchange.body) {
            (Side::Request, _) => BodyView::new(&exchange.request.headers, &exchange.request.body, request.whole),
            (Side::Response, Some(body)) => BodyView::new(&exchange.headers, body, request.whole),
            (Side::Response, None) => BodyView { bytes: 0, kind: "stream", text: String::new() },
        })
    }

    pub(super) async fn exchange_curl(&self, request: ExchangeRequest) -> Result<Text, ApiError> {
        let exchange = self.kept(request.id)?;
        let url = self.project.lock().await.servers.url(&exchange.service).unwrap_or_default();
        let decoded = exchange.decoded();
        let request = if decoded.request_left_out.is_none() { &decoded.request } else { &exchange.request };
        Ok(Text { text: curl(&url, request) })
    }
}

/// A request as fixtures see it: its body is decoded, and its header fields are those that were sent.
fn as_matched(exchange: &Exchange) -> Request {
    Request { headers: exchange.request.headers.clone(), ..exchange.decoded().request }
}

/// Header fields that curl makes itself.
const CURL_OWN: [&str; 5] = ["host", "content-length", "connection", "accept-encoding", "user-agent"];

fn curl(url: &str, request: &Request) -> String {
    let url = format!("{url}{}", request.target);
    let mut out = "curl".to_owned();
    if request.method == http::Method::HEAD && request.body.is_empty() {
        // With `-X HEAD` curl waits for a body.
        out.push_str(" --head");
    } else if request.method != http::Method::GET || !request.body.is_empty() {
        out.push_str(&format!(" -X {}", request.method));
    }
    if url.contains(['[', ']', '{', '}']) {
        // Else these say several addresses.
        out.push_str(" --globoff");
    }
    out.push_str(&format!(" {}", quoted(&url)));
    for header in header_views(&request.headers).iter().filter(|header| !CURL_OWN.contains(&header.name.as_str())) {
        out.push_str(&format!(" -H {}", quoted(&format!("{}: {}", header.name, header.value))));
    }
    match std::str::from_utf8(&request.body) {
        Ok("") => out,
        // `--data` and `--data-binary` take what begins with `@` for the name of a file.
        Ok(text) if !text.contains('\0') => format!("{out} --data-raw {}", quoted(text)),
        // No word of a shell holds these bytes.
        _ => format!("echo {} | base64 -d | {out} --data-binary @-", BASE64.encode(&request.body)),
    }
}

/// As one word of a POSIX shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, Method};

    /// What is copied, for a request to `/a` with one field and the query and body that are given.
    fn copied(method: Method, query: &str, body: &'static [u8]) -> String {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/it's"))]);
        let target = format!("/a{query}").parse().expect("a target");
        curl("http://localhost:1", &Request { method, target, headers, body: Bytes::from_static(body) })
    }

    #[test]
    fn a_line_for_a_shell_sends_the_same_request_and_no_file() {
        let field = r"-H 'content-type: text/it'\''s'";
        for (method, query, body, wanted) in [
            (Method::GET, "", &b""[..], format!("curl 'http://localhost:1/a' {field}")),
            (Method::HEAD, "?a=1", b"", format!("curl --head 'http://localhost:1/a?a=1' {field}")),
            (
                Method::POST,
                "",
                b"@/home/me/.ssh/id_rsa",
                format!("curl -X POST 'http://localhost:1/a' {field} --data-raw '@/home/me/.ssh/id_rsa'"),
            ),
            (
                Method::GET,
                "",
                b"it's\n",
                format!(r"curl -X GET 'http://localhost:1/a' {field} --data-raw 'it'\''s") + "\n'",
            ),
            (
                Method::DELETE,
                "?ids[]={1}",
                b"",
                format!("curl -X DELETE --globoff 'http://localhost:1/a?ids[]={{1}}' {field}"),
            ),
            (
                Method::PUT,
                "",
                &[0, 0xFF],
                format!("echo AP8= | base64 -d | curl -X PUT 'http://localhost:1/a' {field} --data-binary @-"),
            ),
        ] {
            assert_eq!(copied(method, query, body), wanted);
        }
    }
}
