//! Bringing a backend into a state and out of it again.
//!
//! The protocol is that of Pact's verifiers, so that endpoints that exist serve both: a POST of
//! `{"state": ..., "params": {}, "action": "setup" | "teardown"}`. A setup may answer with a JSON object: its members
//! are values for `{{name}}`.

use crate::backend::StatesEndpoint;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method};
use std::sync::Arc;
use std::time::Duration;
use understudy_exchange::{Json, JsonString};
use understudy_net::{Call, Client, Peer};

/// A backend's endpoint for states.
pub(crate) struct States {
    peer: Arc<Peer>,
    path: PathAndQuery,
    headers: HeaderMap,
    timeout: Duration,
}

impl States {
    /// `timeout` holds for each change.
    pub(crate) fn new(endpoint: StatesEndpoint, client: &Client, timeout: Duration) -> Self {
        let StatesEndpoint { mut address, authorization } = endpoint;
        // Of a URL that was read: nothing else is a path. The endpoint may be `/`, which addresses leave out.
        let path = std::mem::take(&mut address.path).parse().unwrap_or(PathAndQuery::from_static("/"));
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
        Self { peer: client.to(&address), path, headers, timeout }
    }

    /// Brings the backend into a state; gives the values that it tells.
    pub(crate) async fn set_up(&self, state: &str) -> Result<Vec<(String, Json)>, String> {
        let body = self.post(state, "setup").await?;
        match Json::parse(&body) {
            Ok(Json::Object(members)) => {
                Ok(members.into_iter().map(|(name, value)| (name.as_str().to_owned(), value)).collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    pub(crate) async fn tear_down(&self, state: &str) -> Result<(), String> {
        self.post(state, "teardown").await.map(|_| ())
    }

    async fn post(&self, state: &str, action: &str) -> Result<bytes::Bytes, String> {
        let members =
            [("state", Json::string(state)), ("params", Json::Object(Vec::new())), ("action", Json::string(action))];
        let body = Json::Object(members.into_iter().map(|(name, value)| (JsonString::new(name), value)).collect());
        let call =
            Call { method: &Method::POST, target: &self.path, headers: &self.headers, body: &body.to_string().into() };
        let at = format!("{action} at {}", self.peer.address().shown());
        match self.peer.send(call, self.timeout).await {
            Ok((status, _, body)) if status.is_success() => Ok(body),
            Ok((status, ..)) => Err(format!("{at} answered {}", status.as_u16())),
            Err(error) => Err(format!("{at}: {error}")),
        }
    }
}
