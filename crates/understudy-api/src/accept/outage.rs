//! Responses that say nothing of what the backend will do tomorrow: an outage, a wrong address, a missing credential.

use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use understudy_contract::Result as FixtureResult;
use understudy_exchange::{Json, JsonString};
use understudy_fixture::model::ResponseBody;
use understudy_match::Kind;

/// From how many fixtures on a failure that most of a service's fixtures share is doubted.
const ALIKE_MIN: usize = 3;

/// The failure of a fixture, as far as an outage would make it that of others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Failure {
    /// This status instead of the expected one.
    Status(u16),
    /// A body that is not JSON instead of one that is.
    NotJson,
    /// This body, which has nothing of the expected one, whatever was requested.
    SameBody(u16, Bytes),
}

/// The reasons to doubt the results of a run, by service and fixture.
#[derive(Debug)]
pub(super) struct Doubts<'r>(HashMap<(&'r str, &'r str), String>);

impl<'r> Doubts<'r> {
    pub(super) fn of(results: &'r [FixtureResult]) -> Self {
        let mut doubts = HashMap::new();
        let mut judged: HashMap<&str, usize> = HashMap::new();
        let mut alike: BTreeMap<(&str, Failure), Vec<&FixtureResult>> = BTreeMap::new();
        for result in results.iter().filter(|result| result.status.is_some()) {
            *judged.entry(&result.service).or_default() += 1;
            for failure in failures(result) {
                alike.entry((&result.service, failure)).or_default().push(result);
            }
        }
        for ((service, failure), results) in alike {
            let all = judged.get(service).copied().unwrap_or_default();
            if results.len() < ALIKE_MIN || results.len() * 2 <= all {
                continue;
            }
            let what = match failure {
                Failure::Status(status) => format!("the status {status}"),
                Failure::NotJson => "a body that is not JSON".to_owned(),
                Failure::SameBody(..) => "the same body".to_owned(),
            };
            let count = results.len();
            for result in results {
                let why = format!(
                    "{count} of {all} fixtures of `{service}` got {what}: this may be a wrong address, a missing credential or an outage"
                );
                doubts.entry((&*result.service, &*result.fixture.id)).or_insert(why);
            }
        }
        for result in results {
            if let Some(status) = passing_trouble(result) {
                let why = format!("{status} may be an outage, a missing credential or a rate limit");
                doubts.insert((&*result.service, &*result.fixture.id), why);
            }
        }
        Self(doubts)
    }

    /// The reason to doubt a result.
    pub(super) fn about(&self, result: &'r FixtureResult) -> Option<&str> {
        self.0.get(&(&*result.service, &*result.fixture.id)).map(String::as_str)
    }
}

fn failures(result: &FixtureResult) -> Vec<Failure> {
    let Some(status) = result.status.map(|status| status.as_u16()) else { return Vec::new() };
    let mut all = Vec::new();
    for mismatch in &result.mismatches {
        match mismatch.kind {
            // Another status of success is no outage.
            Kind::Status if status >= 300 => all.push(Failure::Status(status)),
            Kind::Type if mismatch.path == "$" && mismatch.expected.starts_with("JSON") => all.push(Failure::NotJson),
            _ => {}
        }
    }
    if let Some(answer) = result.answer.as_ref().filter(|answer| is_another_body(result, &answer.body)) {
        all.push(Failure::SameBody(status, answer.body.clone()));
    }
    all
}

/// Returns true if a body has nothing of the expected one.
fn is_another_body(result: &FixtureResult, body: &[u8]) -> bool {
    let expected = result.fixture.promise().and_then(|promise| promise.body.as_ref());
    let Some(ResponseBody::Json(expected)) = expected else { return false };
    match (expected.value(), Json::parse(body)) {
        (Json::Object(expected), Ok(Json::Object(received))) => {
            let is_expected = |name: &JsonString| expected.iter().any(|(known, _)| known == name);
            !received.is_empty() && !received.iter().any(|(name, _)| is_expected(name))
        }
        (expected, Ok(received)) => expected.type_name() != received.type_name(),
        (_, Err(_)) => !body.is_empty(),
    }
}

/// The status of a response that says nothing of what the backend will do tomorrow, where the fixture expects another one.
fn passing_trouble(result: &FixtureResult) -> Option<u16> {
    let status = result.answer.as_ref()?.status.as_u16();
    let is_passing = matches!(status, 401 | 403 | 407 | 408 | 429) || status >= 500;
    let is_expected_well = result.fixture.promise().is_some_and(|promise| promise.status < 400);
    (is_passing && is_expected_well && result.mismatches.iter().any(|mismatch| mismatch.path == "status"))
        .then_some(status)
}
