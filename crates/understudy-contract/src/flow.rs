//! What a fixture leaves to those that come after it.

use crate::jar::{Jar, cookie_set};
use std::collections::BTreeMap;
use understudy_exchange::target::{percent_decode, query_pairs};
use understudy_exchange::{Json, Response};
use understudy_fixture::model::{Capture, CaptureFrom, Fixture};
use understudy_match::{Kind, Mismatch};

/// Captured values and cookies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    pub(crate) values: BTreeMap<String, Json>,
    pub(crate) jar: Jar,
}

impl Context {
    /// What several parents leave; of two values with one name, the later parent's.
    pub(crate) fn merge<'c>(parents: impl Iterator<Item = &'c Self>) -> Self {
        let mut merged = Self::default();
        for parent in parents {
            merged.values.extend(parent.values.iter().map(|(name, value)| (name.clone(), value.clone())));
            merged.jar.merge(&parent.jar);
        }
        merged
    }

    /// Takes what a fixture captures of its answer; says what is not there.
    pub(crate) fn capture(&mut self, fixture: &Fixture, answer: &Response) -> Vec<Mismatch> {
        self.jar.take(&answer.headers);
        let mut missing = Vec::new();
        for Capture { name, from } in &fixture.verify.capture {
            match find(from, answer) {
                Ok(value) => {
                    self.values.insert(name.clone(), value);
                }
                Err(received) => missing.push(Mismatch {
                    path: describe(from),
                    kind: Kind::Capture,
                    expected: format!("a value for `{name}`"),
                    received,
                }),
            }
        }
        missing
    }
}

fn describe(from: &CaptureFrom) -> String {
    match from {
        CaptureFrom::Body(path) => path.as_str().to_owned(),
        CaptureFrom::Header { name, .. } => name.clone(),
        CaptureFrom::Cookie(name) => format!("cookie {name}"),
        CaptureFrom::Text(_) => "body".to_owned(),
    }
}

fn find(from: &CaptureFrom, answer: &Response) -> Result<Json, String> {
    let nothing = || "(nothing)".to_owned();
    match from {
        CaptureFrom::Body(path) => {
            let body = Json::parse(&answer.body).map_err(|_| "a body that is no JSON".to_owned())?;
            path.select(&body).first().map(|node| node.value.clone()).ok_or_else(nothing)
        }
        CaptureFrom::Cookie(name) => {
            // Scripts send the decoded value in header fields.
            let value = cookie_set(&answer.headers, name).map(|value| percent_decode(&value).into_owned());
            value.map(Json::string).ok_or_else(nothing)
        }
        CaptureFrom::Text(search) => {
            let text = String::from_utf8_lossy(&answer.body);
            search.find(&text).map(Json::string).ok_or_else(|| "no such text".to_owned())
        }
        CaptureFrom::Header { name, matches, query } => {
            let value = answer.headers.get(name.as_str()).and_then(|value| value.to_str().ok()).ok_or_else(nothing)?;
            let found = match (matches, query) {
                (Some(search), _) => search.find(value).map(str::to_owned),
                (None, Some(query)) => parameter(value, query),
                (None, None) => Some(value.to_owned()),
            };
            found.map(Json::string).ok_or_else(|| value.to_owned())
        }
    }
}

/// A query parameter of a URL, decoded.
fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split('#').next()?.split_once('?')?;
    query_pairs(query).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, StatusCode};
    use understudy_fixture::model::Search;

    #[test]
    fn cookies_and_texts_are_captured_as_clients_send_them() {
        let mut headers = HeaderMap::new();
        headers.insert("set-cookie", HeaderValue::from_static("XSRF-TOKEN=eyJpdiI6%3D; Path=/"));
        let body = Bytes::from_static(b"<input name=\"_token\" value=\"w4Lm8n\">");
        let answer = Response { status: StatusCode::OK, headers, body };
        let search = |pattern| CaptureFrom::Text(Search::parse(pattern).expect("it is an expression"));
        assert_eq!(find(&CaptureFrom::Cookie("XSRF-TOKEN".to_owned()), &answer), Ok(Json::string("eyJpdiI6=")));
        assert_eq!(find(&search("_token\" value=\"([^\"]+)"), &answer), Ok(Json::string("w4Lm8n")));
        assert!(find(&search("csrf=([0-9]+)"), &answer).is_err());
    }
}
