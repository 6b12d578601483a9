//! What a stub sends: a response's example, with new values where they are asked for.

use crate::fresh::{Chance, Moment, fresh};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::borrow::Cow;
use understudy_exchange::jsonpath::Step;
use understudy_exchange::{Json, Response, content_type_of_file, encode_text, media_type_of_file, xml};
use understudy_fixture::model::{Check, HeaderPromise, ResponseBody, ResponsePromise, Rule};

/// A response that can be sent.
pub type Rendered = Response;

/// A response, prepared: what is the same each time is made once.
#[derive(Debug, Clone)]
pub struct Rendering {
    fixed: Rendered,
    /// The example and the rules that want new values in it.
    fresh_body: Option<(Json, Vec<understudy_fixture::model::PathRule>)>,
    /// True if the example is a text, which is sent without quotes.
    is_text: bool,
    fresh_headers: Vec<(HeaderName, Rule)>,
}

impl Rendering {
    /// Prepares a response.
    #[must_use]
    pub fn new(promise: &ResponsePromise) -> Self {
        let mut headers = HeaderMap::new();
        let mut fresh_headers = Vec::new();
        for (name, value) in &promise.headers {
            let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
            let values = match value {
                HeaderPromise::Value(value) => std::slice::from_ref(value),
                HeaderPromise::List(values) => values.as_slice(),
                HeaderPromise::Rule(rule) => {
                    if rule.fresh {
                        fresh_headers.push((name.clone(), rule.clone()));
                    }
                    headers.extend(own_example(rule).and_then(header_value).map(|value| (name, value)));
                    continue;
                }
            };
            for value in values.iter().filter_map(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
                headers.append(name.clone(), value);
            }
        }
        let (mut body, content_type) = promise.body.as_ref().map(body).unwrap_or_default();
        let is_listed = promise.headers.iter().any(|(name, _)| name == CONTENT_TYPE.as_str());
        if let Some(content_type) = content_type.filter(|_| !is_listed) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(&content_type).expect("media types are plain text"));
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let encoded = match &promise.body {
            Some(ResponseBody::Text(text)) => encode_text(kind, text),
            Some(ResponseBody::Xml(document)) => xml::encode(kind, document.as_str()),
            _ => None,
        };
        if let Some(encoded) = encoded {
            body = Bytes::copy_from_slice(&encoded);
        }
        let rules: Vec<_> = promise.rules.iter().filter(|rule| rule.rule.fresh).cloned().collect();
        let fresh_body = match &promise.body {
            Some(ResponseBody::Json(example)) if !rules.is_empty() => Some((example.value(), rules)),
            Some(ResponseBody::Text(text)) if !rules.is_empty() => Some((Json::string(text.as_str()), rules)),
            _ => None,
        };
        let status = StatusCode::from_u16(promise.status).unwrap_or(StatusCode::OK);
        let is_text = matches!(promise.body, Some(ResponseBody::Text(_)));
        Self { fixed: Rendered { status, headers, body }, fresh_body, is_text, fresh_headers }
    }

    /// The header fields that are sent each time.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.fixed.headers
    }

    /// The response with the examples in it.
    #[must_use]
    pub fn always(&self) -> &Rendered {
        &self.fixed
    }

    /// Whether there are new values in it each time.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.fresh_body.is_some() || !self.fresh_headers.is_empty()
    }

    /// The response, with new values where the fixture asks for them.
    #[must_use]
    pub fn render(&self, chance: &mut Chance, now: Moment) -> Rendered {
        let mut rendered = self.fixed.clone();
        for (name, rule) in &self.fresh_headers {
            if let Some(value) = fresh(rule, chance, now).as_ref().and_then(header_value) {
                rendered.headers.insert(name, value);
            }
        }
        if let Some((example, rules)) = &self.fresh_body {
            let mut body = example.clone();
            for rule in rules {
                let places: Vec<Vec<Place>> = rule
                    .path
                    .select(example)
                    .iter()
                    .map(|node| node.path.steps().iter().map(Place::from).collect())
                    .collect();
                for place in places {
                    if let (Some(target), Some(value)) = (at(&mut body, &place), fresh(&rule.rule, chance, now)) {
                        *target = value;
                    }
                }
            }
            rendered.body = match body.as_str().filter(|_| self.is_text) {
                Some(text) => {
                    let kind = rendered.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
                    encode_text(kind, text).map_or_else(|| text.to_owned().into(), |text| text.into_owned().into())
                }
                None => body.to_string().into(),
            };
        }
        rendered
    }
}

/// A step that does not borrow from the value that is changed.
enum Place {
    Index(usize),
    Name(String),
}

impl From<&Step<'_>> for Place {
    fn from(step: &Step<'_>) -> Self {
        match step {
            Step::Index(index) => Self::Index(*index),
            Step::Name(name) => Self::Name((*name).to_owned()),
        }
    }
}

fn at<'v>(root: &'v mut Json, places: &[Place]) -> Option<&'v mut Json> {
    places.iter().try_fold(root, |value, place| match (place, value) {
        (Place::Index(index), Json::Array(items)) => items.get_mut(*index),
        (Place::Name(name), Json::Object(members)) => {
            members.iter_mut().rev().find(|(n, _)| n.as_str() == name).map(|(_, value)| value)
        }
        _ => None,
    })
}

/// The value that is sent for a rule: its example, or the only value that it allows.
fn own_example(rule: &Rule) -> Option<&Json> {
    let only =
        || rule.checks.iter().find_map(|check| if let Check::Equals(value) = check { Some(value) } else { None });
    rule.example.as_ref().or_else(only)
}

fn header_value(value: &Json) -> Option<HeaderValue> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    HeaderValue::from_bytes(text.as_bytes()).ok()
}

fn body(body: &ResponseBody) -> (Bytes, Option<Cow<'static, str>>) {
    match body {
        ResponseBody::Json(text) => (text.bytes().clone(), Some("application/json".into())),
        ResponseBody::Xml(xml) => (Bytes::copy_from_slice(xml.as_str().as_bytes()), Some("application/xml".into())),
        ResponseBody::Text(text) => (Bytes::copy_from_slice(text.as_bytes()), Some("text/plain; charset=utf-8".into())),
        ResponseBody::Base64(bytes) => (bytes.clone(), Some("application/octet-stream".into())),
        ResponseBody::File(file) => (file.content.clone(), Some(content_type_of_file(&file.path, &file.content))),
        ResponseBody::LargeFile(file) => {
            (Bytes::new(), Some(media_type_of_file(&file.path).unwrap_or("application/octet-stream").into()))
        }
    }
}
