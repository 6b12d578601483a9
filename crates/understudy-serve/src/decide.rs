//! What to do about a request.

use crate::cors;
use crate::snapshot::{Backing, Next, Snapshot};
use arc_swap::Guard;
use http::Method;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use understudy_fixture::model::Delay;
use understudy_match::{Chance, Choice, Incoming, State};

/// What is to be done about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// A fixture answers.
    Respond {
        /// Its place in the index.
        place: usize,
        /// Which of its responses.
        response: usize,
        /// What to wait before.
        delay: Duration,
    },
    /// A browser asks whether a page may send a request.
    Preflight,
    /// OPTIONS on a path that is known with these methods.
    Options(Vec<Method>),
    /// The path is known, but only with these methods.
    OtherMethods(Vec<Method>),
    /// No fixture answers; the description may.
    Describe {
        /// What is done where it does not.
        otherwise: Box<Plan>,
    },
    /// Nothing matches.
    Nothing,
    /// The backend is asked.
    Forward {
        /// What answers where the backend does not.
        otherwise: Otherwise,
    },
}

/// What stands in for a backend that does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Otherwise {
    /// Nothing: the client is told.
    Nobody,
    /// A fixture. Which one, and what it says and sets, is found once it does stand in.
    Fixture,
    /// The description, where it knows such a request.
    Description,
}

/// Decides. The same snapshot, request and chance give the same plan, but for what goes on: the state, and lists of responses.
#[must_use]
pub fn decide(snapshot: &Snapshot, incoming: &Incoming<'_>, chance: &mut Chance) -> Plan {
    loop {
        let state = snapshot.state.look();
        if snapshot.cors && cors::is_preflight(&incoming.request.method, &incoming.request.headers) {
            let Some(place) = snapshot.index.choose_by_method(incoming, &state) else { return Plan::Preflight };
            match local(snapshot, &state, Choice::Promise(place), incoming, chance) {
                Some(plan) => return plan,
                None => continue,
            }
        }
        let choice = snapshot.index.choose(incoming, &state);
        match (&snapshot.backing, choice) {
            (Backing::Fallback(_), Choice::Promise(_)) => return Plan::Forward { otherwise: Otherwise::Fixture },
            (Backing::Fallback(_), _) => return Plan::Forward { otherwise: Otherwise::Description },
            (Backing::Withheld(withheld), _) if !withheld.fixtures_respond => {
                return Plan::Forward { otherwise: Otherwise::Nobody };
            }
            (Backing::Passthrough(_) | Backing::Withheld(_), Choice::OtherMethods(_) | Choice::Nothing) => {
                return Plan::Forward { otherwise: Otherwise::Nobody };
            }
            (_, choice) => {
                if let Some(plan) = local(snapshot, &state, choice, incoming, chance) {
                    return plan;
                }
            }
        }
    }
}

/// What is done where the backend did not answer.
pub(crate) fn stand_in(snapshot: &Snapshot, incoming: &Incoming<'_>, chance: &mut Chance) -> Plan {
    loop {
        let state = snapshot.state.look();
        let choice = snapshot.index.choose(incoming, &state);
        if let Some(plan) = local(snapshot, &state, choice, incoming, chance) {
            return plan;
        }
    }
}

/// What is done where no backend is asked, in the state in which the choice was made. `None` where another request has set it
/// since, so that of two requests at once only one finds it as it was.
fn local(
    snapshot: &Snapshot,
    state: &Guard<Arc<State>>,
    choice: Choice,
    incoming: &Incoming<'_>,
    chance: &mut Chance,
) -> Option<Plan> {
    Some(match choice {
        Choice::Promise(place) => {
            let answers = &snapshot.answers[place];
            let takes_turn = snapshot.takes_turn(place, &incoming.request.method);
            let _turn = (takes_turn && answers.sets_in_turn()).then(|| snapshot.state.turn());
            let Next { response, uncounted } = answers.next(state, takes_turn, chance);
            let prepared = answers.response(response);
            if takes_turn && !snapshot.state.advance(state, prepared.set(), uncounted.is_some()) {
                return None;
            }
            if let Some(served) = uncounted {
                served.fetch_add(1, Ordering::Relaxed);
            }
            let delay = prepared.delay().map_or(Duration::ZERO, |delay| sample(delay, chance));
            Plan::Respond { place, response, delay }
        }
        choice if snapshot.described.is_some() => Plan::Describe { otherwise: Box::new(unmatched(choice, incoming)) },
        choice => unmatched(choice, incoming),
    })
}

fn unmatched(choice: Choice, incoming: &Incoming<'_>) -> Plan {
    match choice {
        Choice::OtherMethods(methods) if incoming.request.method == Method::OPTIONS => Plan::Options(methods),
        Choice::OtherMethods(methods) => Plan::OtherMethods(methods),
        Choice::Nothing | Choice::Promise(_) => Plan::Nothing,
    }
}

/// The standard normal distribution's 99th percentile.
const NORMAL_P99: f64 = 2.326_347_874;

fn sample(delay: Delay, chance: &mut Chance) -> Duration {
    match delay {
        Delay::Fixed(time) => time,
        Delay::Between(least, most) => least + (most - least).mul_f64(chance.fraction()),
        Delay::Percentiles { p50, p99 } => {
            // Log-normal: the median gives the location, the 99th percentile the spread (Box and Muller, 1958).
            let spread = (p99.as_secs_f64() / p50.as_secs_f64()).ln() / NORMAL_P99;
            let (radius, angle) = (1.0 - chance.fraction(), chance.fraction());
            let normal = (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos();
            // A tail that never ends helps nobody: ten times the 99th percentile is the most.
            p50.mul_f64((spread * normal).exp().min(p99.as_secs_f64() / p50.as_secs_f64() * 10.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;
    use http::uri::PathAndQuery;
    use understudy_exchange::Request;
    use understudy_fixture::model::{Mode, Requests, Service, TrailingSlash};
    use understudy_fixture::{BodyFiles, FileProblem, Source, fixture};

    struct NoFiles;

    impl BodyFiles for NoFiles {
        fn read(&self, _: &str) -> Result<Bytes, FileProblem> {
            unreachable!("it names none")
        }
    }

    fn service() -> Service {
        Service {
            name: "s".to_owned(),
            port: 0,
            dir: "s".to_owned(),
            base: String::new(),
            owner: None,
            openapi: None,
            requests: Requests::default(),
            mode: Mode::Mock,
            backend: None,
            cors: false,
            origins: Vec::new(),
            hosts: Vec::new(),
            trailing_slash: TrailingSlash::Exact,
            delay: None,
            after: Vec::new(),
            timeout: None,
            body_max: 1 << 20,
            backends: Vec::new(),
            addresses: Vec::new(),
        }
    }

    #[test]
    fn of_those_who_take_turns_and_set_the_state_at_once_each_has_another_one() {
        const TURNS: usize = 4_000;
        let responses: String = (0..TURNS).map(|at| format!("  - {{ set: {{ turn: {at} }} }}\n")).collect();
        let text = format!("request: {{ path: /turn }}\nselect: in_order\nresponse:\n{responses}");
        let source = Source::new("turn.yaml", text.into_bytes()).expect("it is text");
        let fixtures = vec![Arc::new(fixture(&source, "turn", &NoFiles).0.expect("it is a fixture"))];
        let snapshot =
            Snapshot::new(&service(), &Arc::default(), fixtures, None, Backing::Nothing, State::default(), None);
        let request = Request {
            method: Method::GET,
            target: PathAndQuery::from_static("/turn"),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let turns = || -> Vec<usize> {
            let incoming = Incoming::new(&request);
            let decided = (0..TURNS / 4).map(|_| decide(&snapshot, &incoming, &mut Chance::from_seed(1)));
            decided
                .map(|plan| match plan {
                    Plan::Respond { response, .. } => response,
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        let mut all: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(turns)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        all.sort_unstable();
        assert_eq!(all, (0..TURNS).collect::<Vec<_>>());
    }

    #[test]
    fn delays_keep_their_percentiles() {
        let mut chance = Chance::from_seed(3);
        let (p50, p99) = (Duration::from_millis(80), Duration::from_millis(2_000));
        let mut sampled: Vec<Duration> =
            (0..20_000).map(|_| sample(Delay::Percentiles { p50, p99 }, &mut chance)).collect();
        sampled.sort();
        let near =
            |found: Duration, wanted: Duration| (0.8..1.25).contains(&(found.as_secs_f64() / wanted.as_secs_f64()));
        assert!(
            near(sampled[10_000], p50) && near(sampled[19_800], p99),
            "{:?} {:?}",
            sampled[10_000],
            sampled[19_800]
        );
        let (least, most) = (Duration::from_millis(100), Duration::from_millis(300));
        assert!(
            (0..1_000)
                .map(|_| sample(Delay::Between(least, most), &mut chance))
                .all(|time| time >= least && time < most)
        );
    }
}
