//! From recorded exchanges to fixtures that a colleague would have written by hand.
//!
//! Nothing is guessed that the exchanges do not show: a part of a path is a parameter because it looks like one or varies, a
//! value is captured because an earlier answer gave it, a rule is written because two answers to one request differed
//! there. Whoever sends the recorded requests again in the recorded order gets the recorded answers.

mod answers;
mod draft;
mod endpoint;
mod flow;
mod group;
mod merge;
mod naming;
mod order;
mod states;

pub use merge::merge;

use draft::fields;
use endpoint::{Call, CallBody};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use understudy_exchange::redact::Redaction;
use understudy_exchange::{Request, Response};
use understudy_fixture::model::{Fixture, MethodMatcher, PathTemplate, RequestBody, RequestPromise};

/// One exchange: without secrets, its bodies without content codings.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The request; its path has the service's `base` before it.
    pub request: Request,
    /// The answer.
    pub response: Response,
    /// The secrets that were replaced in the two.
    pub redactions: Vec<Redaction>,
}

/// A fixture that is proposed.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The fixture; its id is a free choice.
    pub fixture: Fixture,
    /// Body files that go with it, relative to the service's folder.
    pub files: Vec<(String, Bytes)>,
    /// The exchanges that it stands for, by their positions.
    pub exchanges: Vec<usize>,
    /// Whether something wrong stands in it for a secret that was refused: its exchanges are no such requests.
    pub sends_refused: bool,
}

/// Whether a fixture can say this: a method as all of them are written, and an answer that ends the exchange and has a meaning
/// (RFC 9110, sections 9.1 and 15).
pub(crate) fn is_promised(method: &Method, status: StatusCode) -> bool {
    (200..=599).contains(&status.as_u16()) && !method.as_str().contains(|c: char| c.is_ascii_lowercase())
}

/// Fixtures for these exchanges, which are in the order in which they happened.
#[must_use]
pub fn drafts(exchanges: &[Recorded], base: &str) -> Vec<Draft> {
    let flow = flow::Flow::of(exchanges);
    let calls: Vec<Call> =
        exchanges.iter().enumerate().map(|(at, recorded)| Call::new(&recorded.request, base, flow.uses(at))).collect();
    let endpoints = endpoint::endpoints(exchanges, &calls);
    draft::drafts(exchanges, &calls, &endpoints, &flow)
}

/// What a single request asks for, as it came: method, path, query, and what is in a form or JSON. Nobody knows where its values
/// are from; secrets that were taken out are named, so that any may stand there.
#[must_use]
pub fn asked(request: &Request, redactions: &[Redaction], base: &str) -> RequestPromise {
    let answer = Response { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::new() };
    let recorded = [Recorded { request: request.clone(), response: answer, redactions: redactions.to_vec() }];
    let Call { method, path, query, body } = Call::new(request, base, flow::Flow::of(&recorded).uses(0));
    RequestPromise {
        method: MethodMatcher::Is(method),
        path: PathTemplate { segments: path.into_iter().map(endpoint::written).collect() },
        params: Vec::new(),
        query: fields(&query),
        headers: Vec::new(),
        cookies: Vec::new(),
        body: match body {
            CallBody::Json(value) => Some(RequestBody::Json(value)),
            CallBody::Form(pairs) => Some(RequestBody::Form(fields(&pairs))),
            _ => None,
        },
        rules: Vec::new(),
        strict: false,
    }
}
