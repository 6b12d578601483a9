//! One fixture's request against one incoming request.

use crate::incoming::Incoming;
use crate::{body, field};
use understudy_exchange::cookie_pairs;
use understudy_fixture::model::{Field, Fixture, Segment};

/// Why a request is not the one that a fixture answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: `method`, `path`, `query expand`, `body $.name`, `state cart`.
    pub place: String,
    /// What the fixture wants.
    pub expected: String,
    /// What the request has.
    pub received: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: expected {}, received {}", self.place, self.expected, self.received)
    }
}

/// Takes differences: all of them for people, or just whether there is one for choosing.
pub(crate) struct Sink {
    list: Option<Vec<Difference>>,
    pub(crate) differs: bool,
}

impl Sink {
    /// Only whether there is a difference.
    pub(crate) fn any() -> Self {
        Self { list: None, differs: false }
    }

    /// Every difference.
    pub(crate) fn all() -> Self {
        Self { list: Some(Vec::new()), differs: false }
    }

    pub(crate) fn add(&mut self, difference: impl FnOnce() -> (String, String, String)) {
        self.differs = true;
        if let Some(list) = &mut self.list {
            let (place, expected, received) = difference();
            list.push(Difference { place, expected, received });
        }
    }

    /// Whether looking further is of no use.
    pub(crate) fn is_done(&self) -> bool {
        self.differs && self.list.is_none()
    }

    pub(crate) fn into_list(self) -> Vec<Difference> {
        self.list.unwrap_or_default()
    }
}

/// Everything but method, path and state. `at` is where the fixture's own path starts among the segments,
/// behind the service's base.
pub(crate) fn compare(fixture: &Fixture, at: usize, incoming: &Incoming<'_>, sink: &mut Sink) {
    let request = &fixture.request;
    compare_params(fixture, at, incoming, sink);
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
        let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
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

fn compare_params(fixture: &Fixture, at: usize, incoming: &Incoming<'_>, sink: &mut Sink) {
    if fixture.request.params.is_empty() {
        return;
    }
    let bound = bind(&fixture.request.path.segments, incoming.segments.get(at..).unwrap_or(&[]));
    for wanted in &fixture.request.params {
        let values = bound.iter().filter(|(name, _)| *name == wanted.name).map(|(_, value)| value.as_str());
        field::compare("path parameter", wanted, values, sink);
    }
}

/// The values of a path's parameters, where the path matches.
fn bind<'f>(template: &'f [Segment], segments: &[std::borrow::Cow<'_, str>]) -> Vec<(&'f str, String)> {
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

pub(crate) fn refuse_others<'v>(
    place: &str,
    wanted: &[Field],
    received: impl Iterator<Item = (&'v str, &'v str)>,
    sink: &mut Sink,
) {
    for (name, value) in received {
        if sink.is_done() {
            return;
        }
        if !wanted.iter().any(|field| field.name == name) {
            sink.add(|| (format!("{place} {name}"), "nothing else (strict)".to_owned(), value.to_owned()));
        }
    }
}

/// How many things a fixture asks of a request, as the choice between equally specific paths counts them.
pub(crate) fn count_matchers(fixture: &Fixture) -> usize {
    let request = &fixture.request;
    let fields = [&request.params, &request.query, &request.headers, &request.cookies];
    let named: usize = fields.into_iter().map(Vec::len).sum();
    named + fixture.when.len() + request.rules.len() + request.body.as_ref().map_or(0, body::count_leaves)
}
