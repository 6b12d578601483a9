//! One fixture's request against one incoming request.

use crate::difference::Sink;
use crate::field::refuse_others;
use crate::incoming::Incoming;
use crate::{body, field};
use std::borrow::Cow;
use understudy_exchange::{cookie_pairs, field_value};
use understudy_fixture::model::{Fixture, Segment};

/// Everything but method, path and state. `below` are the segments of the path behind the
/// service's base.
pub(crate) fn compare(fixture: &Fixture, below: &[Cow<'_, str>], incoming: &Incoming<'_>, sink: &mut Sink) {
    let request = &fixture.request;
    compare_params(fixture, below, sink);
    for wanted in &request.query {
        if sink.is_done() {
            return;
        }
        let values = incoming.query().iter().filter(|(name, _)| *name == wanted.name).map(|(_, value)| &**value);
        field::compare("query", wanted, values, sink);
    }
    if request.strict {
        refuse_others("query", &request.query, incoming.query().iter().map(|(name, value)| (&**name, &**value)), sink);
    }
    for wanted in &request.headers {
        if sink.is_done() {
            return;
        }
        let values = incoming.request.headers.get_all(wanted.name.as_str()).into_iter();
        let values: Vec<_> = values.map(field_value::text).collect();
        field::compare("header", wanted, values.iter().map(|value| &**value), sink);
    }
    for wanted in &request.cookies {
        if sink.is_done() {
            return;
        }
        let values = cookie_pairs(&incoming.request.headers).filter(|(name, _)| *name == wanted.name);
        field::compare("cookie", wanted, values.map(|(_, value)| value), sink);
    }
    if !sink.is_done() {
        body::compare(request, incoming, sink);
    }
}

fn compare_params(fixture: &Fixture, below: &[Cow<'_, str>], sink: &mut Sink) {
    if fixture.request.params.is_empty() {
        return;
    }
    let bound = bind(&fixture.request.path.segments, below);
    for wanted in &fixture.request.params {
        let values = bound.iter().filter(|(name, _)| *name == wanted.name).map(|(_, value)| value.as_str());
        field::compare("path parameter", wanted, values, sink);
    }
}

/// The values of a path's parameters, where the path matches.
fn bind<'f>(template: &'f [Segment], segments: &[Cow<'_, str>]) -> Vec<(&'f str, String)> {
    // If a slash at the end is ignored, the request's segments do not have the slash any more.
    let has_slash = segments.last().is_some_and(|last| last.is_empty());
    let template = if has_slash { template } else { without_slash(template) };
    let mut bound = Vec::new();
    // What `{*rest}` takes is what the other segments leave.
    let rest_length = (segments.len() + 1).saturating_sub(template.len());
    let mut at = 0;
    for segment in template {
        if let Segment::Rest(name) = segment {
            let end = (at + rest_length).min(segments.len());
            bound.push((name.as_str(), segments[at..end].join("/")));
            at = end;
        } else {
            let Some(text) = segments.get(at) else { break };
            bound.extend(segment.bind(text).unwrap_or_default());
            at += 1;
        }
    }
    bound
}

/// A template without the slash at its end.
pub(crate) fn without_slash(template: &[Segment]) -> &[Segment] {
    match template.split_last() {
        Some((Segment::Literal(last), rest)) if last.is_empty() => rest,
        _ => template,
    }
}

/// A path without the slash at its end.
pub(crate) fn without_end<'s, 'r>(segments: &'s [Cow<'r, str>]) -> &'s [Cow<'r, str>] {
    match segments.split_last() {
        Some((last, rest)) if last.is_empty() => rest,
        _ => segments,
    }
}
