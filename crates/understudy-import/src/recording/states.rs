//! Which answer a request gets when: the same one always, one after the other, or another one since a write.
//!
//! Where a request is answered differently than before and something was written meanwhile, that write set the state in which the
//! later answer holds. All writes and answers that hang together in this way share one name of the state, whose values are the
//! writes; an answer holds from the write that brought it until the next one that did.

use super::Recorded;
use super::answers::Gist;
use super::draft::{ANSWERS_MAX, may_write};
use super::endpoint::Call;
use super::flow::Flow;
use super::group::Group;
use super::naming::done;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use understudy_exchange::target::segments;
use understudy_exchange::{Request, Response};
use understudy_fixture::model::When;

/// More states than this in one name say nothing to a reader; the answers come one after the other then.
const STATES_MAX: usize = 50;

/// One answer of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The exchange that it was seen in first.
    pub(super) exchange: usize,
    /// The exchanges of the request that were answered alike, but for what is new each time.
    pub(super) alike: Vec<usize>,
    /// The states in which it answers; all others where empty.
    pub(super) when: Vec<When>,
    /// What it sets the state to.
    pub(super) set: Vec<(String, String)>,
}

/// The answers of one request by what they say.
struct Kinds {
    /// Its exchanges in their order, each with the first one that was answered alike.
    of: Vec<(usize, usize)>,
}

impl Kinds {
    fn of(group: &Group, gists: &[Gist]) -> Self {
        let mut firsts: HashMap<Gist, usize> = HashMap::new();
        Self { of: group.of.iter().map(|at| (*at, *firsts.entry(gists[*at]).or_insert(*at))).collect() }
    }

    fn step(&self, kind: usize) -> Step {
        let alike = self.of.iter().filter(|(_, first)| *first == kind).map(|(at, _)| *at).collect();
        Step { exchange: kind, alike, when: Vec::new(), set: Vec::new() }
    }

    /// One after the other; what stays at the end need not be said again.
    fn in_order(&self) -> Vec<Step> {
        let kinds: Vec<usize> = self.of.iter().map(|(_, kind)| *kind).collect();
        ending_once(&kinds).iter().take(ANSWERS_MAX).map(|kind| self.step(*kind)).collect()
    }
}

/// Without what is only the last one again.
fn ending_once<T: PartialEq>(all: &[T]) -> &[T] {
    let Some(last) = all.last() else { return all };
    let again = all.iter().rev().take_while(|one| *one == last).count();
    &all[..=all.len() - again]
}

/// Requests that hang together: some are answered differently since others of them were.
struct Story {
    groups: Vec<usize>,
    /// The exchanges that changed an answer, or made what it is about, in their order.
    writes: BTreeSet<usize>,
}

/// What is known of a recording's answers.
pub(super) struct Answers<'r> {
    exchanges: &'r [Recorded],
    kinds: Vec<Kinds>,
    flow: &'r Flow,
    ids: &'r [String],
    /// The group that each exchange is in.
    place: &'r HashMap<usize, usize>,
    /// The exchanges that wrote something.
    writes: Vec<usize>,
}

impl<'r> Answers<'r> {
    pub(super) fn new(
        groups: &[Group],
        exchanges: &'r [Recorded],
        gists: &[Gist],
        calls: &[Call],
        flow: &'r Flow,
        ids: &'r [String],
        place: &'r HashMap<usize, usize>,
    ) -> Self {
        let kinds = groups.iter().map(|group| Kinds::of(group, gists)).collect();
        let is_write = |at: &usize| place.contains_key(at) && wrote(&calls[*at], &exchanges[*at].response);
        Self { exchanges, kinds, writes: (0..calls.len()).filter(is_write).collect(), flow, ids, place }
    }

    /// The answers of each group, in the order in which they are given.
    pub(super) fn steps(&self) -> Vec<Vec<Step>> {
        let mut steps: Vec<Vec<Step>> = self.kinds.iter().map(Kinds::in_order).collect();
        let mut names: BTreeSet<String> = BTreeSet::new();
        for story in self.stories().iter().filter(|story| story.writes.len() <= STATES_MAX) {
            let first = story.writes.first().expect("a story is told of what was written");
            let about = folder(&self.ids[self.place[first]]);
            let name = understudy_fixture::free_name(about, "-", |name| names.contains(name));
            for (group, own) in story.groups.iter().zip(story.told(self, &name)) {
                steps[*group] = own;
            }
            names.insert(name);
        }
        steps
    }

    /// The group that wrote what an exchange's answer is another one since than before.
    pub(super) fn brought_by(&self, group: usize, exchange: usize) -> Option<usize> {
        let pair = self.kinds[group].of.windows(2).find(|pair| pair[1].0 == exchange)?;
        self.changed_by(pair[0], pair[1]).map(|write| self.place[&write])
    }

    fn stories(&self) -> Vec<Story> {
        // The writes that each group's answers depend on.
        let mut known: Vec<(usize, usize)> = Vec::new();
        for (group, kinds) in self.kinds.iter().enumerate() {
            known.extend(kinds.of.windows(2).filter_map(|pair| Some((group, self.changed_by(pair[0], pair[1])?))));
        }
        let changing: BTreeSet<usize> = known.iter().map(|(group, _)| *group).collect();
        for group in changing {
            let uses = self.kinds[group].of.iter().flat_map(|(at, _)| self.flow.uses(*at));
            let made = uses.filter(|used| used.is_made).filter_map(|used| used.from);
            known.extend(made.filter(|from| self.writes.binary_search(from).is_ok()).map(|from| (group, from)));
        }
        // Each group's story, by the first group that is in it. What is written in one folder is one story.
        let mut story: Vec<usize> = (0..self.kinds.len()).collect();
        let mut join = |one: usize, other: usize| {
            let (one, other) = (story[one], story[other]);
            story.iter_mut().filter(|own| **own == one.max(other)).for_each(|own| *own = one.min(other));
        };
        let mut folders: HashMap<&str, usize> = HashMap::new();
        for (group, write) in &known {
            let writing = self.place[write];
            join(*group, writing);
            join(*folders.entry(folder(&self.ids[writing])).or_insert(writing), writing);
        }
        let mut writes: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (group, write) in known {
            writes.entry(story[group]).or_default().insert(write);
        }
        let groups = |wanted: usize| (0..story.len()).filter(|group| story[*group] == wanted).collect();
        writes.into_iter().map(|(story, writes)| Story { groups: groups(story), writes }).collect()
    }

    /// The write that is why a request was answered differently the second time, if it was and something was written.
    fn changed_by(&self, (first, kind): (usize, usize), (second, other): (usize, usize)) -> Option<usize> {
        if kind == other {
            return None;
        }
        let until = |end: usize| self.writes.partition_point(|write| *write < end);
        let between = &self.writes[until(first)..until(second)];
        let nearest = between.iter().max_by_key(|write| {
            let is_begun = self.flow.sessions(second).any(|from| from == **write);
            (is_begun, nearness(&self.exchanges[**write].request, &self.exchanges[second].request))
        });
        nearest.copied()
    }
}

/// Whether something may be another one since this.
fn wrote(call: &Call, answer: &Response) -> bool {
    may_write(call) && !answer.status.is_client_error() && !answer.status.is_server_error()
}

/// The folder of a fixture, which says what it is about.
fn folder(id: &str) -> &str {
    id.split_once('/').map_or(id, |(folder, _)| folder)
}

/// How much a write is about what a request reads: what they share of their paths, and how little one has that the other has not.
/// Of writes as near, the later counts.
fn nearness(write: &Request, read: &Request) -> (usize, std::cmp::Reverse<usize>) {
    let shared = segments(write.path()).zip(segments(read.path())).take_while(|(a, b)| a == b).count();
    (shared, std::cmp::Reverse(segments(write.path()).count().abs_diff(segments(read.path()).count())))
}

/// An answer, by its kind, and the value that it sets the state to.
type Told = (usize, Option<String>);

impl Story {
    /// The steps of each of its groups.
    fn told(&self, answers: &Answers<'_>, name: &str) -> Vec<Vec<Step>> {
        let writes: Vec<usize> = self.writes.iter().copied().collect();
        let spans: Vec<Vec<Span>> =
            self.groups.iter().map(|group| spans(&answers.kinds[*group], &writes, answers)).collect();
        let values = values(&writes, &spans, answers);
        let told = |(group, spans): (&usize, &Vec<Span>)| {
            // What an exchange changed the state to.
            let set = |at: usize| {
                let before = writes.binary_search(&at).ok()?;
                values[before + 1].clone().filter(|_| values[before] != values[before + 1])
            };
            let mut by_value: Vec<(&Option<String>, Vec<Told>)> = Vec::new();
            for (value, span) in values.iter().zip(spans).filter(|(_, span)| !span.is_carried) {
                let own = span.of.iter().map(|(at, kind)| (*kind, set(*at)));
                match by_value.iter_mut().find(|(known, _)| *known == value) {
                    Some((_, all)) => all.extend(own),
                    None => by_value.push((value, own.collect())),
                }
            }
            for (value, span) in values.iter().zip(spans).filter(|(_, span)| span.is_carried) {
                if by_value.iter().all(|(known, _)| *known != value) {
                    by_value.push((value, span.of.iter().map(|(at, kind)| (*kind, set(*at))).collect()));
                }
            }
            by_value.sort_by_key(|(value, _)| values.iter().position(|known| known == *value));
            steps_of(&answers.kinds[*group], name, by_value)
        };
        self.groups.iter().zip(&spans).map(told).collect()
    }
}

/// The exchanges of a group between two writes, each with the kind of its answer.
struct Span {
    of: Vec<(usize, usize)>,
    /// There was none: what was answered before or after is taken to hold.
    is_carried: bool,
}

impl Span {
    /// The kind of the answer, where there was only one.
    fn only(&self) -> Option<usize> {
        let (_, first) = self.of.first()?;
        self.of.iter().all(|(_, kind)| kind == first).then_some(*first)
    }
}

/// A group's exchanges before the first of these writes, between the first and the second, and so on.
fn spans(kinds: &Kinds, writes: &[usize], answers: &Answers<'_>) -> Vec<Span> {
    let mut spans: Vec<Span> = (0..=writes.len()).map(|_| Span { of: Vec::new(), is_carried: false }).collect();
    for (at, kind) in &kinds.of {
        // What a write itself is answered is decided by what was before.
        spans[writes.partition_point(|write| write < at)].of.push((*at, *kind));
    }
    for (nth, span) in spans.iter_mut().enumerate().filter(|(_, span)| span.of.is_empty()) {
        let since = nth.checked_sub(1).map(|before| writes[before]);
        let next = kinds.of.partition_point(|(at, _)| since.is_some_and(|since| *at <= since));
        let before = next.checked_sub(1).map(|last| kinds.of[last]);
        let after = kinds.of.get(next).copied();
        let is_changed = |before, after| answers.changed_by(before, after).is_some_and(|write| Some(write) <= since);
        let held = match (before, after) {
            (Some(before), Some(after)) if is_changed(before, after) => Some(after),
            (Some(before), _) => Some(before),
            (None, after) => after,
        };
        (span.of, span.is_carried) = (held.into_iter().collect(), true);
    }
    spans
}

/// The value of the state after each of these writes, none before the first. After two of them it is the same where every request
/// is answered the same.
fn values(writes: &[usize], spans: &[Vec<Span>], answers: &Answers<'_>) -> Vec<Option<String>> {
    let alike = |one: usize, other: usize| {
        spans.iter().all(|spans| spans[one].only().is_some_and(|kind| spans[other].only() == Some(kind)))
    };
    let mut values: Vec<Option<String>> = vec![None];
    for (nth, write) in writes.iter().enumerate() {
        let same = (1..=nth).find(|before| alike(*before, nth + 1)).and_then(|before| values[before].clone());
        let value = same.unwrap_or_else(|| {
            let is_taken = |value: &str| values.iter().flatten().any(|known| known == value);
            understudy_fixture::free_name(&done(&answers.ids[answers.place[write]]), "-", is_taken)
        });
        values.push(Some(value));
    }
    values
}

/// Whether what is answered with one of these values of the state and what is answered with another is the same: setting a value
/// that is there changes nothing. Answers that come one after the other do so with each value anew.
fn is_one(values: &[&Option<String>], known: &[Told], value: &Option<String>, told: &[Told]) -> bool {
    let ([(kind, set)], [(other, other_set)]) = (known, told) else { return false };
    let sets = match (set, other_set) {
        (set @ Some(_), None) => value == set,
        (None, set @ Some(_)) => values == [set],
        (set, other) => set == other,
    };
    kind == other && sets
}

/// The steps of one group: first what it answers in the state at the beginning, which is what it answers in all states of which
/// nothing else is known.
fn steps_of(kinds: &Kinds, name: &str, by_value: Vec<(&Option<String>, Vec<Told>)>) -> Vec<Step> {
    let mut entries: Vec<(Vec<&Option<String>>, Vec<Told>)> = Vec::new();
    for (value, told) in by_value {
        let told: Vec<Told> = ending_once(&told).iter().take(ANSWERS_MAX).cloned().collect();
        match entries.iter_mut().find(|(values, known)| is_one(values, known, value, &told)) {
            Some((values, known)) => {
                *known = vec![known[0].clone().max(told[0].clone())];
                values.push(value);
            }
            None => entries.push((vec![value], told)),
        }
    }
    let steps = entries.into_iter().enumerate().flat_map(|(nth, (values, told))| {
        let values: Vec<String> = values.into_iter().flatten().cloned().collect();
        let when = (nth > 0).then(|| When { name: name.to_owned(), values });
        told.into_iter().map(move |(kind, set)| Step {
            when: when.iter().cloned().collect(),
            set: set.map(|value| (name.to_owned(), value)).into_iter().collect(),
            ..kinds.step(kind)
        })
    });
    steps.collect()
}
