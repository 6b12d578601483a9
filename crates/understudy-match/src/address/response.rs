//! Addresses in responses.

use super::At;
use std::borrow::Cow;
use understudy_exchange::origin::{is_text, is_text_type};
use understudy_exchange::{Here, JsonText, Origins, Response, media_type_of_file};
use understudy_fixture::model::{BodyFile, HeaderPromise, ResponseBody, ResponsePromise};

/// Returns a response with all addresses of the service rewritten to one.
#[must_use]
pub fn response_at<'r>(response: &'r Response, origins: &Origins, here: Here<'_>) -> Cow<'r, Response> {
    let mut headers = response.headers.clone();
    let has_changed = origins.rewrite_fields(&mut headers, here);
    let body = if is_text(&response.headers) { origins.rewrite(&response.body, here) } else { None };
    if !has_changed && body.is_none() {
        return Cow::Borrowed(response);
    }
    let body = body.map_or_else(|| response.body.clone(), Into::into);
    Cow::Owned(Response { status: response.status, headers, body })
}

/// Returns a fixture's response with all addresses of the service rewritten to one.
#[must_use]
pub fn promise_at<'p>(promise: &'p ResponsePromise, origins: &Origins, here: Here<'_>) -> Cow<'p, ResponsePromise> {
    if origins.is_empty() {
        return Cow::Borrowed(promise);
    }
    let at = At { origins, here };
    let field = |(name, value): &(String, HeaderPromise)| Some((name.clone(), at.header(name, value)?));
    let headers = At::all(&promise.headers, field);
    let body = promise.body.as_ref().and_then(|body| at.body(body, &promise.headers));
    let rules = At::all(&promise.rules, |rule| at.path_rule(rule));
    if headers.is_none() && body.is_none() && rules.is_none() {
        return Cow::Borrowed(promise);
    }
    let mut moved = promise.clone();
    moved.headers = headers.unwrap_or(moved.headers);
    moved.body = body.or(moved.body);
    moved.rules = rules.unwrap_or(moved.rules);
    Cow::Owned(moved)
}

impl At<'_> {
    fn header(&self, name: &str, promise: &HeaderPromise) -> Option<HeaderPromise> {
        match promise {
            HeaderPromise::Value(value) => self.field(name, value).map(HeaderPromise::Value),
            HeaderPromise::List(values) => Self::all(values, |value| self.field(name, value)).map(HeaderPromise::List),
            HeaderPromise::Rule(rule) => self.rule(rule).map(HeaderPromise::Rule),
        }
    }

    fn body(&self, body: &ResponseBody, headers: &[(String, HeaderPromise)]) -> Option<ResponseBody> {
        let listed = headers.iter().find_map(|(name, value)| match value {
            HeaderPromise::Value(value) if name == "content-type" => Some(value.as_str()),
            _ => None,
        });
        match body {
            ResponseBody::Json(json) => {
                let text = self.text(std::str::from_utf8(json.bytes()).ok()?)?;
                Some(ResponseBody::Json(JsonText::from_written(text)))
            }
            ResponseBody::Xml(xml) => self.xml(xml).map(ResponseBody::Xml),
            ResponseBody::Text(text) => self.text(text).map(ResponseBody::Text),
            ResponseBody::Base64(bytes) if listed.is_some_and(is_text_type) => {
                Some(ResponseBody::Base64(self.origins.rewrite(bytes, self.here)?.into()))
            }
            ResponseBody::Base64(_) => None,
            ResponseBody::LargeFile(_) => None,
            ResponseBody::File(BodyFile { path, content }) => {
                let kind = listed.or_else(|| media_type_of_file(path)).filter(|kind| is_text_type(kind));
                let content = kind.and_then(|_| self.origins.rewrite(content, self.here))?.into();
                Some(ResponseBody::File(BodyFile { path: path.clone(), content }))
            }
        }
    }
}
