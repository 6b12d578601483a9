//! The differences between a received response and a fixture that is being edited: the judge of every edit.

use http::Method;
use std::collections::HashSet;
use understudy_exchange::Response;
use understudy_fixture::model::{Fixture, MethodMatcher, ResponsePromise};
use understudy_match::{Mismatch, Verdict, judge};

/// The places in which a response differs from one of a fixture's responses.
#[derive(Debug, Clone, Default)]
pub(super) struct Remaining {
    /// Differences.
    differing: HashSet<String>,
    /// Places that are not compared with anything, and members that the backend adds. Both are
    /// differences in a strict run.
    open: HashSet<String>,
}

impl Remaining {
    /// Compares a response with the fixture's response at this place in the list.
    pub(super) fn of(fixture: &Fixture, at: usize, response: &Response) -> Self {
        let Some(expected) = fixture.responses.get(at) else { return Self::default() };
        let Verdict { mismatches, unproven, added } = verdict(fixture, expected, response);
        Self {
            differing: mismatches.into_iter().map(|mismatch| mismatch.path).collect(),
            open: unproven.into_iter().chain(added).collect(),
        }
    }

    /// Returns true if the place of a difference, which was there `at_first`, is no difference any more.
    pub(super) fn is_settled(&self, mismatch: &Mismatch, at_first: &Self) -> bool {
        let was_there = at_first.differing.contains(&mismatch.path) || at_first.open.contains(&mismatch.path);
        was_there && !self.has(mismatch, at_first)
    }

    /// Returns true if the place still differs from the response, and another run would report it.
    pub(super) fn has(&self, mismatch: &Mismatch, at_first: &Self) -> bool {
        self.differing.contains(&mismatch.path)
            || (at_first.is_only_open(&mismatch.path) && self.open.contains(&mismatch.path))
    }

    /// Returns true if only a strict run reports a place.
    pub(super) fn is_only_open(&self, path: &str) -> bool {
        !self.differing.contains(path) && self.open.contains(path)
    }

    /// A place that differs now and did not before.
    pub(super) fn new_since<'r>(&'r self, before: &Self) -> Option<&'r str> {
        self.differing.iter().filter(|path| !before.differing.contains(*path)).min().map(String::as_str)
    }
}

fn verdict(fixture: &Fixture, expected: &ResponsePromise, response: &Response) -> Verdict {
    let method = match &fixture.request.method {
        MethodMatcher::Is(method) => method,
        MethodMatcher::Any => &Method::GET,
    };
    let is_promise = fixture.promise().is_some_and(|promise| std::ptr::eq(expected, promise));
    let statuses = if is_promise { fixture.verify.status.as_slice() } else { &[] };
    judge(expected, statuses, method, response)
}
