//! In which order fixtures are sent.

use crate::faces::Faces;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use understudy_fixture::model::{Fixture, MethodMatcher, Service};

/// What is sent for one service, and in which order.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) service: Arc<Service>,
    /// Sorted by id.
    pub(crate) fixtures: Vec<Arc<Fixture>>,
    /// Of each fixture, those that it comes after.
    pub(crate) parents: Vec<Vec<usize>>,
    /// Of each fixture, those of them that are sent once more before it.
    pub(crate) again: Vec<Vec<usize>>,
    /// Of each fixture, one that it comes after and that is not there: with a problem in its file, not enabled, or in a
    /// circle. Nothing may be sent without what has to come before it.
    pub(crate) lacks: Vec<Option<Arc<str>>>,
    /// Why each fixture is not compared with a backend, if so.
    pub(crate) not_compared: Vec<Option<String>>,
    /// What is sent when: each stage after the one before it has ended.
    pub(crate) stages: Vec<Stage>,
}

/// Fixtures that may be sent side by side.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) company: Company,
    /// Each is sent one after the other; those of different sequences know nothing of each other.
    pub(crate) sequences: Vec<Vec<usize>>,
}

/// What may be under way beside a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Company {
    /// Others: all of them only read.
    Others,
    /// Others only where the backend says so: they write.
    OthersIfAllowed,
    /// Nobody: the backend is brought into a state for it.
    Nobody,
}

/// Whether sending a fixture's request changes nothing (RFC 9110, section 9.2.1, or the fixture's own word).
#[must_use]
pub fn only_reads(fixture: &Fixture) -> bool {
    fixture.verify.safe
        || match &fixture.request.method {
            MethodMatcher::Any => true,
            MethodMatcher::Is(method) => method.is_safe(),
        }
}

impl Plan {
    /// Plans the enabled fixtures that `wanted` wants, with all that they come after.
    #[must_use]
    pub fn new(service: Arc<Service>, all: &[Arc<Fixture>], wanted: impl Fn(&Fixture) -> bool) -> Self {
        let by_id: HashMap<&str, &Arc<Fixture>> = all.iter().filter(|f| f.enabled).map(|f| (&*f.id, f)).collect();
        let mut chosen: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut open: Vec<&Arc<Fixture>> = by_id.values().copied().filter(|fixture| wanted(fixture)).collect();
        while let Some(fixture) = open.pop() {
            if chosen.insert(Arc::clone(&fixture.id)) {
                open.extend(fixture.parents(&service).filter_map(|id| by_id.get(id.as_str()).copied()));
            }
        }
        let fixtures: Vec<Arc<Fixture>> = chosen.iter().map(|id| Arc::clone(by_id[&**id])).collect();
        let place: HashMap<&str, usize> = fixtures.iter().enumerate().map(|(at, f)| (&*f.id, at)).collect();
        let parents: Vec<Vec<usize>> = fixtures
            .iter()
            .map(|fixture| fixture.parents(&service).filter_map(|id| place.get(id.as_str()).copied()).collect())
            .collect();
        let again: Vec<Vec<usize>> = fixtures
            .iter()
            .map(|fixture| fixture.verify.again.iter().filter_map(|id| place.get(id.as_str()).copied()).collect())
            .collect();
        let mut lacks: Vec<Option<Arc<str>>> = fixtures
            .iter()
            .map(|fixture| {
                let lacking = fixture.parents(&service).find(|id| !place.contains_key(id.as_str()));
                lacking.map(|id| id.as_str().into())
            })
            .collect();
        drop(place);
        for at in in_circles(&parents) {
            lacks[at] =
                lacks[at].take().or_else(|| parents[at].first().map(|parent| Arc::clone(&fixtures[*parent].id)));
        }
        let before = earlier(&fixtures, &parents);
        let stages = stages(&fixtures, &before, &again);
        let faces = Faces::new(&service, all);
        let not_compared = fixtures.iter().map(|fixture| faces.not_compared(fixture)).collect();
        drop(faces);
        Self { service, fixtures, parents, again, lacks, not_compared, stages }
    }

    /// The service of the plan.
    #[must_use]
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// How many fixtures it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fixtures.len()
    }

    /// Returns the fixtures that are sent once more before a fixture, in this order, each once: the
    /// fixtures that this one uses up, and before each of them the fixtures that it uses up.
    pub(crate) fn once_more(&self, at: usize) -> Vec<usize> {
        once_more(&self.again, at)
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fixtures.is_empty()
    }
}

fn once_more(again: &[Vec<usize>], at: usize) -> Vec<usize> {
    let mut sent = Vec::new();
    let mut seen = BTreeSet::from([at]);
    let mut open = vec![(at, again[at].iter())];
    while let Some((fixture, left)) = open.last_mut() {
        match left.next() {
            Some(next) if seen.insert(*next) => open.push((*next, again[*next].iter())),
            Some(_) => {}
            None => {
                sent.push(*fixture);
                open.pop();
            }
        }
    }
    // The last is the fixture itself.
    sent.pop();
    sent
}

/// The fixtures that are sent before each fixture: its parents, and the fixtures that it follows unless that makes a
/// cycle. A followed fixture gives no values, and may fail.
fn earlier(fixtures: &[Arc<Fixture>], parents: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let place: HashMap<&str, usize> = fixtures.iter().enumerate().map(|(at, f)| (&*f.id, at)).collect();
    let mut earlier = parents.to_vec();
    for (at, fixture) in fixtures.iter().enumerate() {
        let followed = fixture.verify.follows.iter().filter_map(|id| place.get(id.as_str()).copied());
        earlier[at].extend(followed.filter(|followed| *followed != at));
    }
    for at in in_circles(&earlier) {
        earlier[at].clone_from(&parents[at]);
    }
    earlier
}

/// What only reads, level by level, then the flows that write; after each of these, one by one, those for which the
/// backend has to be in a state.
fn stages(fixtures: &[Arc<Fixture>], parents: &[Vec<usize>], again: &[Vec<usize>]) -> Vec<Stage> {
    let levels = levels(parents);
    let mut reads: BTreeMap<usize, Vec<Vec<usize>>> = BTreeMap::new();
    let mut writes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let flow_of = flows(fixtures, parents);
    for at in in_order(fixtures, parents) {
        match flow_of[at] {
            None => reads.entry(levels[at]).or_default().push(vec![at]),
            Some(flow) => writes.entry(flow).or_default().push(at),
        }
    }
    let all = reads.into_values().map(|sequences| (Company::Others, sequences));
    let all = all.chain([(Company::OthersIfAllowed, writes.into_values().collect())]);
    let needs_states = needing_states(fixtures, again);
    let is_given = |sequence: &Vec<usize>| sequence.iter().any(|at| needs_states[*at]);
    let stages = all.flat_map(|(company, sequences)| {
        let (given, others): (Vec<_>, Vec<_>) = sequences.into_iter().partition(is_given);
        [Stage { company, sequences: others }, Stage { company: Company::Nobody, sequences: given }]
    });
    stages.filter(|stage| !stage.sequences.is_empty()).collect()
}

/// The fixtures in an order in which each is sent after its parents. Reads are sent as soon as possible, so that they
/// see the state before any write that comes after the same fixture.
fn in_order(fixtures: &[Arc<Fixture>], parents: &[Vec<usize>]) -> Vec<usize> {
    let mut missing: Vec<usize> = parents.iter().map(Vec::len).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); fixtures.len()];
    for (at, parents) in parents.iter().enumerate() {
        parents.iter().for_each(|parent| children[*parent].push(at));
    }
    let rank = |at: usize| (!only_reads(&fixtures[at]), at);
    let mut free: BTreeSet<(bool, usize)> = (0..fixtures.len()).filter(|at| missing[*at] == 0).map(rank).collect();
    let mut order = Vec::with_capacity(fixtures.len());
    while let Some((_, at)) = free.pop_first() {
        order.push(at);
        for child in &children[at] {
            missing[*child] -= 1;
            if missing[*child] == 0 {
                free.insert(rank(*child));
            }
        }
    }
    // Fixtures in a cycle are not sent, but they are reported.
    let is_left: BTreeSet<usize> = (0..fixtures.len()).filter(|at| missing[*at] > 0).collect();
    order.extend(is_left);
    order
}

/// Whether the backend is brought into states for a fixture, or for what is sent once more before it.
fn needing_states(fixtures: &[Arc<Fixture>], again: &[Vec<usize>]) -> Vec<bool> {
    let mut needs: Vec<bool> = fixtures.iter().map(|fixture| !fixture.verify.given.is_empty()).collect();
    loop {
        let before = needs.clone();
        for (at, again) in again.iter().enumerate() {
            needs[at] |= again.iter().any(|parent| before[*parent]);
        }
        if before == needs {
            return needs;
        }
    }
}

/// The fixtures that come after themselves, or after such: those that are left when all others were taken away whose
/// parents are gone.
fn in_circles(parents: &[Vec<usize>]) -> Vec<usize> {
    let mut left: BTreeSet<usize> = (0..parents.len()).collect();
    loop {
        let free: Vec<usize> =
            left.iter().copied().filter(|at| parents[*at].iter().all(|p| !left.contains(p))).collect();
        if free.is_empty() {
            return left.into_iter().collect();
        }
        free.iter().for_each(|at| {
            left.remove(at);
        });
    }
}

/// How many steps along `after` are before each fixture; a circle ends after as many steps as there are fixtures.
fn levels(parents: &[Vec<usize>]) -> Vec<usize> {
    let mut levels = vec![0; parents.len()];
    for _ in 0..parents.len() {
        let mut changed = false;
        for (at, parents) in parents.iter().enumerate() {
            let level = parents.iter().map(|parent| levels[*parent] + 1).max().unwrap_or(0);
            if level > levels[at] && level < levels.len() {
                levels[at] = level;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    levels
}

/// Of each fixture the flow that it belongs to, named by its least member; `None` for what reads alone. Fixtures
/// belong together that come after one another, but a parent that only reads and has no parent that writes (a
/// login) holds no flow together: otherwise everything would be one.
fn flows(fixtures: &[Arc<Fixture>], parents: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut writes_before: Vec<bool> = fixtures.iter().map(|fixture| !only_reads(fixture)).collect();
    for _ in 0..fixtures.len() {
        let before = writes_before.clone();
        for (at, parents) in parents.iter().enumerate() {
            writes_before[at] |= parents.iter().any(|parent| before[*parent]);
        }
        if before == writes_before {
            break;
        }
    }
    let mut group: Vec<usize> = (0..fixtures.len()).collect();
    for (at, parents) in parents.iter().enumerate() {
        for parent in parents.iter().filter(|parent| writes_before[**parent]) {
            let (from, to) = (group[at].max(group[*parent]), group[at].min(group[*parent]));
            group.iter_mut().filter(|of| **of == from).for_each(|of| *of = to);
        }
    }
    group.iter().zip(&writes_before).map(|(group, writes)| writes.then_some(*group)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use understudy_fixture::{BodyFiles, FileProblem, Source};

    struct NoFiles;

    impl BodyFiles for NoFiles {
        fn read(&self, _: &str) -> Result<bytes::Bytes, FileProblem> {
            Err(FileProblem::Missing(Vec::new()))
        }
    }

    fn fixture_of(method: &str, verify: &str) -> Arc<Fixture> {
        let text = format!("request: {{ method: {method}, path: /a }}\nresponse: {{}}\nverify: {{ {verify} }}\n");
        let source = Source::new("f.yaml", text.into_bytes()).expect("it is text");
        Arc::new(understudy_fixture::fixture(&source, "f", &NoFiles).0.expect("it is a fixture"))
    }

    #[test]
    fn what_reads_goes_before_what_writes_after_the_same() {
        let fixtures = ["POST", "DELETE", "GET", "GET"].map(|method| fixture_of(method, ""));
        let stages = stages(&fixtures, &[vec![], vec![0], vec![0], vec![1]], &[vec![], vec![], vec![], vec![]]);
        assert_eq!(stages.iter().map(|stage| stage.sequences.clone()).collect::<Vec<_>>(), [[vec![0, 2, 1, 3]]]);
    }

    #[test]
    fn a_fixture_is_sent_after_those_that_it_follows_and_does_not_need_them() {
        let fixtures =
            [("POST", "follows: d"), ("GET", "follows: [a, x]"), ("DELETE", "follows: [a, e]"), ("POST", "")];
        let named = fixtures
            .iter()
            .zip(["a", "b", "c", "d"])
            .map(|((method, verify), id)| Arc::new(Fixture { id: id.into(), ..(*fixture_of(method, verify)).clone() }));
        let named: Vec<Arc<Fixture>> = named.collect();
        let before = earlier(&named, &vec![Vec::new(); 4]);
        assert_eq!(before, [vec![3], vec![0], vec![0], vec![]]);
        let stages = stages(&named, &before, &vec![Vec::new(); 4]);
        assert_eq!(stages.iter().map(|stage| stage.sequences.concat()).collect::<Vec<_>>(), [[3, 0, 1, 2]]);
        // Cycles of `follows` are ignored.
        let circle = [fixture_of("POST", "follows: f"), fixture_of("GET", "")];
        assert_eq!(earlier(&circle, &[vec![], vec![0]]), [vec![], vec![0]]);
    }

    #[test]
    fn what_is_sent_once_more_is_sent_once() {
        // Each of two uses up both of the two before them.
        let again: Vec<Vec<usize>> = (0..200_usize)
            .map(|at| (at / 2).checked_sub(1).map(|level| vec![level * 2, level * 2 + 1]).unwrap_or_default())
            .collect();
        assert_eq!(once_more(&again, 199), (0..198).collect::<Vec<_>>());
        assert_eq!(once_more(&again, 4), [0, 1, 2, 3]);
        assert_eq!(once_more(&again, 1), [0; 0]);
    }

    #[test]
    fn what_brings_the_backend_into_a_state_once_more_is_alone_too() {
        let fixture = |verify: &str| fixture_of("GET", verify);
        let fixtures = [fixture("given: [a pet]"), fixture("again: a"), fixture("again: b"), fixture("after: a")];
        let parents = [vec![], vec![0], vec![1], vec![0]];
        let stages = stages(&fixtures, &parents, &[vec![], vec![0], vec![1], vec![]]);
        let alone = stages.iter().filter(|stage| stage.company == Company::Nobody);
        let mut alone: Vec<usize> = alone.flat_map(|stage| stage.sequences.concat()).collect();
        alone.sort_unstable();
        assert_eq!(alone, [0, 1, 2]);
    }
}
