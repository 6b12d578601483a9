//! Sending a request by hand.

use super::App;
use super::exchange::{BodyView, ExplanationView, HeaderView, header_views};
use super::files::FixtureRef;
use crate::error::{ApiError, Code};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use understudy_exchange::Request;
use understudy_match::stub_request;
use understudy_net::{Address, Call};

/// How long an answer may take, delays of fixtures included.
const TRY_TIMEOUT: Duration = Duration::from_secs(120);

/// A request to a service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct TryRequest {
    /// The service.
    pub(super) service: String,
    /// The method.
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    /// Header fields.
    pub(super) headers: Vec<HeaderView>,
    /// The body.
    pub(super) body: String,
}

/// What came back.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Tried {
    /// The status.
    pub(super) status: u16,
    /// Its name: `OK`.
    pub(super) reason: String,
    /// Header fields.
    pub(super) headers: Vec<HeaderView>,
    /// The body.
    pub(super) body: BodyView,
    /// From sending to the end of the answer.
    pub(super) micros: u64,
    /// Which fixture answered and why.
    pub(super) explanation: Option<ExplanationView>,
}

impl App {
    pub(super) async fn try_example(&self, request: FixtureRef) -> Result<TryRequest, ApiError> {
        let project = self.loaded().await;
        let loaded = project.service(&request.service)?;
        let found = loaded.files().find(|(file, ..)| *file == request.file);
        let fixture = found.and_then(|(_, _, fixture)| fixture).ok_or_else(|| {
            ApiError::new(Code::UnknownName, format!("{} has no promise yet", request.file))
                .with_hint("mend the problems in its file first")
        })?;
        // A placeholder stands for anything.
        let example = stub_request(fixture, &loaded.service.base)
            .map_err(|error| ApiError::new(Code::NothingToDo, error.to_string()))?;
        Ok(TryRequest {
            service: request.service,
            method: example.method.to_string(),
            target: example.target.to_string(),
            headers: header_views(&example.headers),
            body: String::from_utf8_lossy(&example.body).into_owned(),
        })
    }

    pub(super) async fn try_request(&self, request: TryRequest) -> Result<Tried, ApiError> {
        let usage = |message: String| ApiError::new(Code::Usage, message);
        let port = self
            .project
            .lock()
            .await
            .servers
            .port(&request.service)
            .ok_or_else(|| usage(format!("`{}` does not listen", request.service)).with_hint("start it first"))?;
        let method = Method::from_bytes(request.method.trim().as_bytes())
            .map_err(|_| usage(format!("`{}` is no method", request.method)).with_hint("like GET or POST"))?;
        let target = format!("/{}", request.target.trim().trim_start_matches('/'));
        let target: http::uri::PathAndQuery = target
            .parse()
            .map_err(|_| usage(format!("`{target}` cannot be requested")).with_hint("write a space as %20"))?;
        let headers = headers(&request.headers)?;
        let body = Bytes::from(request.body);
        let address = Address::parse(&format!("http://127.0.0.1:{port}")).expect("a loopback address");
        // What answers is decided by the state before, and may set another.
        let state = self.state(&request.service).await;
        let began = Instant::now();
        let call = Call { method: &method, target: &target, headers: &headers, body: &body };
        let (status, answer_headers, answer) = self
            .client
            .to(&address)
            .send(call, TRY_TIMEOUT)
            .await
            .map_err(|error| ApiError::new(Code::Port, format!("{}: {error}", request.service)))?;
        let took = began.elapsed();
        let sent = Request { method, target, headers, body };
        Ok(Tried {
            status: status.as_u16(),
            reason: status.canonical_reason().unwrap_or("").to_owned(),
            headers: header_views(&answer_headers),
            body: BodyView::new(&answer_headers, &answer, true),
            micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            explanation: self.explanation(&request.service, &sent, &state).await,
        })
    }
}

fn headers(fields: &[HeaderView]) -> Result<HeaderMap, ApiError> {
    let mut headers = HeaderMap::new();
    for field in fields.iter().filter(|field| !field.name.trim().is_empty()) {
        let name = HeaderName::from_bytes(field.name.trim().as_bytes());
        let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(field.value.trim())) else {
            let message = format!("`{}: {}` is no header field", field.name, field.value);
            return Err(ApiError::new(Code::Usage, message).with_hint("a name without spaces, and a value in one line"));
        };
        headers.append(name, value);
    }
    Ok(headers)
}
