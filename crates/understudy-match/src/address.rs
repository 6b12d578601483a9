//! Promises and responses that name the service's own address, brought to one place before they are compared.

use std::borrow::Cow;
use understudy_exchange::origin::{is_text, is_text_type};
use understudy_exchange::{Here, Json, JsonString, JsonText, Origins, Response};
use understudy_fixture::model::{BodyFile, Check, HeaderPromise, PathRule, ResponseBody, ResponsePromise, Rule};

use crate::render::media_type_of_file;

/// Returns a response with the address of one place instead of all others of the service.
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

/// Returns a promise with the address of one place instead of all others of the service.
#[must_use]
pub fn promise_at<'p>(promise: &'p ResponsePromise, origins: &Origins, here: Here<'_>) -> Cow<'p, ResponsePromise> {
    if origins.is_empty() {
        return Cow::Borrowed(promise);
    }
    let at = At { origins, here };
    let headers: Vec<Option<HeaderPromise>> =
        promise.headers.iter().map(|(name, value)| at.header(name, value)).collect();
    let body = promise.body.as_ref().and_then(|body| at.body(body, &promise.headers));
    let rules: Vec<Option<Rule>> = promise.rules.iter().map(|rule| at.rule(&rule.rule)).collect();
    if body.is_none() && headers.iter().all(Option::is_none) && rules.iter().all(Option::is_none) {
        return Cow::Borrowed(promise);
    }
    let mut moved = promise.clone();
    for ((_, value), changed) in moved.headers.iter_mut().zip(headers) {
        changed.into_iter().for_each(|changed| *value = changed);
    }
    for (PathRule { rule, .. }, changed) in moved.rules.iter_mut().zip(rules) {
        changed.into_iter().for_each(|changed| *rule = changed);
    }
    moved.body = body.or(moved.body);
    Cow::Owned(moved)
}

/// Writes one address; each part gives `None` where it stays as it is.
struct At<'a> {
    origins: &'a Origins,
    here: Here<'a>,
}

impl At<'_> {
    fn text(&self, text: &str) -> Option<String> {
        self.origins.rewrite(text.as_bytes(), self.here).and_then(|bytes| String::from_utf8(bytes).ok())
    }

    fn field(&self, name: &str, value: &str) -> Option<String> {
        let bytes = self.origins.rewrite_field(name, value.as_bytes(), self.here)?;
        String::from_utf8(bytes).ok()
    }

    fn header(&self, name: &str, promise: &HeaderPromise) -> Option<HeaderPromise> {
        match promise {
            HeaderPromise::Value(value) => self.field(name, value).map(HeaderPromise::Value),
            HeaderPromise::List(values) => {
                let moved: Vec<Option<String>> = values.iter().map(|value| self.field(name, value)).collect();
                let has_changed = moved.iter().any(Option::is_some);
                let all = values.iter().zip(moved).map(|(value, moved)| moved.unwrap_or_else(|| value.clone()));
                has_changed.then(|| HeaderPromise::List(all.collect()))
            }
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
            ResponseBody::Text(text) => self.text(text).map(ResponseBody::Text),
            ResponseBody::Base64(bytes) if listed.is_some_and(is_text_type) => {
                Some(ResponseBody::Base64(self.origins.rewrite(bytes, self.here)?.into()))
            }
            ResponseBody::Base64(_) => None,
            ResponseBody::File(BodyFile { path, content }) => {
                let kind = listed.or_else(|| media_type_of_file(path)).filter(|kind| is_text_type(kind));
                let content = kind.and_then(|_| self.origins.rewrite(content, self.here))?.into();
                Some(ResponseBody::File(BodyFile { path: path.clone(), content }))
            }
        }
    }

    fn rule(&self, rule: &Rule) -> Option<Rule> {
        let checks: Vec<Option<Check>> = rule.checks.iter().map(|check| self.check(check)).collect();
        let example = rule.example.as_ref().and_then(|example| self.json(example));
        if example.is_none() && checks.iter().all(Option::is_none) {
            return None;
        }
        let mut moved = rule.clone();
        for (check, changed) in moved.checks.iter_mut().zip(checks) {
            changed.into_iter().for_each(|changed| *check = changed);
        }
        moved.example = example.or(moved.example);
        Some(moved)
    }

    /// Regular expressions stay: they say by themselves what they match.
    fn check(&self, check: &Check) -> Option<Check> {
        Some(match check {
            Check::Equals(value) => Check::Equals(self.json(value)?),
            Check::Contains(text) => Check::Contains(self.text(text)?),
            Check::StartsWith(text) => Check::StartsWith(self.text(text)?),
            Check::OneOf(values) => Check::OneOf(self.each(values)?),
            Check::Each(rule) => Check::Each(self.rule(rule)?.into()),
            Check::Keys(rule) => Check::Keys(self.rule(rule)?.into()),
            Check::Optional(rule) => Check::Optional(self.rule(rule)?.into()),
            Check::Nullable(rule) => Check::Nullable(self.rule(rule)?.into()),
            _ => return None,
        })
    }

    fn json(&self, value: &Json) -> Option<Json> {
        match value {
            Json::String(text) => self.text(text.as_str()).map(Json::string),
            Json::Array(items) => self.each(items).map(Json::Array),
            Json::Object(members) => {
                let values = members.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
                let names: Vec<JsonString> = members.iter().map(|(name, _)| name.clone()).collect();
                self.each(&values).map(|values| Json::Object(names.into_iter().zip(values).collect()))
            }
            _ => None,
        }
    }

    fn each(&self, values: &[Json]) -> Option<Vec<Json>> {
        let moved: Vec<Option<Json>> = values.iter().map(|value| self.json(value)).collect();
        let has_changed = moved.iter().any(Option::is_some);
        let all = values.iter().zip(moved).map(|(value, moved)| moved.unwrap_or_else(|| value.clone()));
        has_changed.then(|| all.collect())
    }
}
