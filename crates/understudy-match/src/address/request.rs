//! Addresses in requests.

use super::At;
use http::header::HOST;
use std::borrow::Cow;
use std::sync::Arc;
use understudy_exchange::origin::is_text;
use understudy_exchange::{Here, Origins, Request};
use understudy_fixture::model::{
    Field, FieldMatcher, Fixture, Graphql, Pattern, PatternPart, RequestBody, RequestPromise,
};

/// Returns a request with all addresses of the service rewritten to one. `host` stays, since it names the receiver.
#[must_use]
pub fn request_at<'r>(request: &'r Request, origins: &Origins, here: Here<'_>) -> Cow<'r, Request> {
    let target = origins.rewrite(request.target.as_str().as_bytes(), here).and_then(|target| target.try_into().ok());
    let names_it = request.headers.iter().any(|(name, value)| name != HOST && origins.occur_in(value.as_bytes()));
    let body = if is_text(&request.headers) { origins.rewrite(&request.body, here) } else { None };
    if target.is_none() && !names_it && body.is_none() {
        return Cow::Borrowed(request);
    }
    let mut moved = request.clone();
    if names_it {
        origins.rewrite_fields(&mut moved.headers, here);
    }
    moved.target = target.unwrap_or(moved.target);
    moved.body = body.map_or(moved.body, Into::into);
    Cow::Owned(moved)
}

/// Returns a fixture with all addresses of the service in its request rewritten to one; `None` if nothing changes.
#[must_use]
pub fn fixture_at(fixture: &Fixture, origins: &Origins, here: Here<'_>) -> Option<Arc<Fixture>> {
    if origins.is_empty() {
        return None;
    }
    let at = At { origins, here };
    let RequestPromise { query, headers, body, rules, .. } = &fixture.request;
    let (query, headers) = (at.fields(query), at.fields(headers));
    let body = body.as_ref().and_then(|body| at.request_body(body));
    let rules = At::all(rules, |rule| at.path_rule(rule));
    if query.is_none() && headers.is_none() && body.is_none() && rules.is_none() {
        return None;
    }
    let mut moved = fixture.clone();
    let request = &mut moved.request;
    request.query = query.unwrap_or(std::mem::take(&mut request.query));
    request.headers = headers.unwrap_or(std::mem::take(&mut request.headers));
    request.body = body.or(request.body.take());
    request.rules = rules.unwrap_or(std::mem::take(&mut request.rules));
    Some(Arc::new(moved))
}

impl At<'_> {
    fn pattern(&self, pattern: &Pattern) -> Option<Pattern> {
        let part = |part: &PatternPart| match part {
            PatternPart::Text(text) => self.text(text).map(PatternPart::Text),
            PatternPart::Placeholder(_) => None,
        };
        Self::all(&pattern.parts, part).map(|parts| Pattern { parts })
    }

    fn fields(&self, fields: &[Field]) -> Option<Vec<Field>> {
        let field = |field: &Field| {
            let matcher = match &field.matcher {
                FieldMatcher::Equals(pattern) => FieldMatcher::Equals(self.pattern(pattern)?),
                FieldMatcher::List(patterns) => FieldMatcher::List(Self::all(patterns, |one| self.pattern(one))?),
                FieldMatcher::Rule(rule) => FieldMatcher::Rule(self.rule(rule)?),
            };
            Some(Field { matcher, ..field.clone() })
        };
        Self::all(fields, field)
    }

    fn graphql(&self, request: &Graphql) -> Option<Graphql> {
        let variables = request.variables.as_ref().and_then(|value| self.json(value))?;
        Some(Graphql { variables: Some(variables), ..request.clone() })
    }

    fn request_body(&self, body: &RequestBody) -> Option<RequestBody> {
        Some(match body {
            RequestBody::Json(value) => RequestBody::Json(self.json(value)?),
            RequestBody::Text(pattern) => RequestBody::Text(self.pattern(pattern)?),
            RequestBody::Form(fields) => RequestBody::Form(self.fields(fields)?),
            RequestBody::Xml(xml) => RequestBody::Xml(self.xml(xml)?),
            RequestBody::Graphql(request) => RequestBody::Graphql(self.graphql(request)?),
            RequestBody::GraphqlBatch(all) => RequestBody::GraphqlBatch(Self::all(all, |one| self.graphql(one))?),
            // Files are sent byte by byte.
            RequestBody::Multipart(_) | RequestBody::Base64(_) | RequestBody::File(_) => return None,
        })
    }
}
