//! From recorded exchanges to fixtures that a colleague would have written by hand.
//!
//! Nothing is guessed that the exchanges do not show: a part of a path is a parameter because it looks like one or varies, a
//! value is captured because an earlier answer gave it, a rule is written because two answers to one request differed
//! there. Whoever sends the recorded requests again in the recorded order gets the recorded answers.

mod answers;
mod draft;
mod endpoint;
mod flow;
mod merge;
mod naming;
mod order;

pub use merge::merge;

use bytes::Bytes;
use understudy_exchange::{Request, Response};
use understudy_fixture::model::Fixture;

/// One exchange: without secrets, its bodies without content codings.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The request; its path has the service's `base` before it.
    pub request: Request,
    /// The answer.
    pub response: Response,
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
}

/// Fixtures for these exchanges, which are in the order in which they happened.
#[must_use]
pub fn drafts(exchanges: &[Recorded], base: &str) -> Vec<Draft> {
    let flow = flow::Flow::of(exchanges);
    let calls: Vec<endpoint::Call> = exchanges
        .iter()
        .enumerate()
        .map(|(at, recorded)| endpoint::Call::new(&recorded.request, base, flow.uses(at)))
        .collect();
    let endpoints = endpoint::endpoints(exchanges, &calls);
    draft::drafts(exchanges, &calls, &endpoints, &flow)
}
