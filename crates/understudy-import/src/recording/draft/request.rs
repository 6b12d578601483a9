//! The request of a fixture.

use super::super::exchange::Exchange;
use super::super::group::Group;
use super::super::look::parameter;
use super::super::rules;
use super::super::sent_headers::{content_type, cookies, headers};
use super::body::{Files, request_body};
use understudy_fixture::model::{
    Field, FieldMatcher, MethodMatcher, PathTemplate, Pattern, RequestPromise, Segment, SegmentPart,
};

/// The request of a fixture.
pub(in super::super) fn request(group: &Group, exchange: &Exchange<'_>, files: &mut Files<'_>) -> RequestPromise {
    let Exchange { recorded, call, .. } = exchange;
    let telling = group.telling.as_slice();
    let (path, params) = path(group, exchange);
    let body = request_body(call, &recorded.request.body, files);
    let mut headers = headers(recorded, telling, &|name| call.header(name).cloned().collect());
    headers.extend(content_type(recorded, telling, body.as_ref()));
    let mut request = RequestPromise {
        method: MethodMatcher::Is(call.method.clone()),
        path,
        params,
        query: fields(&call.query),
        headers,
        cookies: cookies(&call.cookies),
        body,
        rules: Vec::new(),
        strict: false,
    };
    rules::relax(&mut request, &group.varying);
    rules::relax_headers(&mut request, group);
    rules::tell_apart(&mut request, group, exchange);
    request
}

/// The path: with parameters, or with the recorded words if another fixture covers the general path.
fn path(group: &Group, exchange: &Exchange<'_>) -> (PathTemplate, Vec<Field>) {
    let mut params: Vec<Field> = Vec::new();
    let endpoint = &exchange.endpoint;
    let template = endpoint.segments.iter().zip(&exchange.call.path).map(|(segment, written)| match segment {
        Segment::Parameter(SegmentPart::Parameter(name)) if group.is_general => {
            let rule = parameter(written.as_literal().unwrap_or_default());
            params.push(Field { name: name.clone(), matcher: FieldMatcher::Rule(rule) });
            segment.clone()
        }
        Segment::Parameter(SegmentPart::Parameter(_)) => {
            Segment::Literal(written.as_literal().unwrap_or_default().to_owned())
        }
        Segment::Parameter(SegmentPart::Placeholder(name)) if group.told_apart.contains(name) => {
            let is_taken = |name: &str| {
                endpoint.parameters().any(|known| known == name) || params.iter().any(|field| field.name == name)
            };
            let parameter = understudy_fixture::free_name(name, "", is_taken);
            let sent = exchange.value_of(name).unwrap_or_default();
            params.push(Field { name: parameter.clone(), matcher: FieldMatcher::Rule(rules::just(sent, written)) });
            Segment::Parameter(SegmentPart::Parameter(parameter))
        }
        other => other.clone(),
    });
    let path = PathTemplate { segments: template.collect() };
    (path, params)
}

/// Fields for named values, as they were recorded.
pub(in super::super) fn fields(pairs: &[(String, Pattern)]) -> Vec<Field> {
    let mut names: Vec<(&str, Vec<Pattern>)> = Vec::new();
    for (name, value) in pairs {
        match names.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value.clone()),
            None => names.push((name, vec![value.clone()])),
        }
    }
    names.into_iter().map(|(name, values)| field(name, values)).collect()
}

/// A field with exactly these values.
fn field(name: &str, mut values: Vec<Pattern>) -> Field {
    let matcher = if values.len() == 1 { FieldMatcher::Equals(values.remove(0)) } else { FieldMatcher::List(values) };
    Field { name: name.to_owned(), matcher }
}
