//! Decides which response a request gets: always the same one, one after the other, or a new one after a write.
//!
//! If the response to a request changed after a write, that write set the state for the later response. All writes and
//! responses that depend on each other form one state machine with one name. The values of the state are the writes. A
//! response is served from the write that changed it until the next write that did.

use super::call::Call;
use super::ending::ends;
use super::exchange::Exchange;
use super::fingerprint::Fingerprint;
use super::group::{Group, RESPONSES_MAX};
use super::ids::{ExchangeId, GroupId, Table};
use super::naming::{done, folder_of};
use super::session::Session;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use understudy_exchange::target::segments;
use understudy_exchange::{Request, Response};
use understudy_fixture::model::When;

/// A state machine with more states is not readable; the responses are served one after the other instead.
const STATES_MAX: usize = 50;

/// One response to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The exchange that it was seen in first.
    pub(super) exchange: ExchangeId,
    /// The exchanges with this response, apart from values that change each time.
    pub(super) alike: Vec<ExchangeId>,
    /// The states in which the response is served. If empty, it is served in all other states.
    pub(super) when: Vec<When>,
    /// What it sets the state to.
    pub(super) set: Vec<(String, String)>,
}

/// The distinct responses to one request.
#[derive(Debug)]
struct Distinct {
    /// The exchanges of the request in their order, each with the first one that had the same response.
    of: Vec<(ExchangeId, ExchangeId)>,
}

impl Distinct {
    fn of(group: &Group, exchanges: &Table<ExchangeId, Exchange<'_>>) -> Self {
        let mut firsts: HashMap<Fingerprint, ExchangeId> = HashMap::new();
        let first = |at: &ExchangeId| (*at, *firsts.entry(exchanges[*at].fingerprint).or_insert(*at));
        Self { of: group.of.iter().map(first).collect() }
    }

    fn step(&self, kind: ExchangeId) -> Step {
        let alike = self.of.iter().filter(|(_, first)| *first == kind).map(|(at, _)| *at).collect();
        Step { exchange: kind, alike, when: Vec::new(), set: Vec::new() }
    }

    /// One after the other; what stays at the end need not be said again.
    fn in_order(&self) -> Vec<Step> {
        let kinds: Vec<ExchangeId> = self.of.iter().map(|(_, kind)| *kind).collect();
        ending_once(&kinds).iter().take(RESPONSES_MAX).map(|kind| self.step(*kind)).collect()
    }
}

/// Without what is only the last one again.
fn ending_once<T: PartialEq>(all: &[T]) -> &[T] {
    let Some(last) = all.last() else { return all };
    let again = all.iter().rev().take_while(|one| *one == last).count();
    &all[..=all.len() - again]
}

/// Requests that depend on each other: the responses of some changed together with others.
struct Machine {
    groups: Vec<GroupId>,
    /// The exchanges that changed a response or created its resource, in order.
    writes: BTreeSet<ExchangeId>,
}

/// The responses of a recording.
pub(super) struct Responses<'s, 'r> {
    session: &'s Session<'r>,
    distinct: Table<GroupId, Distinct>,
    /// The exchanges that wrote something.
    writes: Vec<ExchangeId>,
}

impl<'s, 'r> Responses<'s, 'r> {
    pub(super) fn new(session: &'s Session<'r>) -> Self {
        let distinct = session.groups.map(|(_, group)| Distinct::of(group, &session.exchanges));
        let is_write = |(at, exchange): &(ExchangeId, &Exchange<'_>)| {
            session.group_of(*at).is_some() && has_written(&exchange.call, &exchange.recorded.response)
        };
        let writes = session.exchanges.iter().filter(is_write).map(|(at, _)| at).collect();
        Self { session, distinct, writes }
    }

    /// The responses of each group, in the order in which they are sent.
    pub(super) fn steps(&self) -> Table<GroupId, Vec<Step>> {
        let mut steps: Table<GroupId, Vec<Step>> = self.distinct.map(|(_, distinct)| distinct.in_order());
        let mut names: BTreeSet<String> = BTreeSet::new();
        for machine in self.machines().iter().filter(|machine| machine.writes.len() <= STATES_MAX) {
            let first = machine.writes.first().expect("a machine has a write");
            let about = folder_of(self.id_of(*first));
            let name = understudy_fixture::free_name(about, "-", |name| names.contains(name));
            for (group, own) in machine.groups.iter().zip(machine.transitions(self, &name)) {
                steps[*group] = own;
            }
            names.insert(name);
        }
        steps
    }

    /// The group whose write changed the response of an exchange.
    pub(super) fn brought_by(&self, group: GroupId, exchange: ExchangeId) -> Option<GroupId> {
        let pair = self.distinct[group].of.windows(2).find(|pair| pair[1].0 == exchange)?;
        self.changed_by(pair[0], pair[1]).and_then(|write| self.session.group_of(write))
    }

    /// The id of the fixture of an exchange.
    fn id_of(&self, exchange: ExchangeId) -> &str {
        self.session.group_of(exchange).map_or("", |group| &self.session.ids[group])
    }

    fn machines(&self) -> Vec<Machine> {
        // The writes that the responses of each group depend on.
        let mut known: Vec<(GroupId, ExchangeId)> = Vec::new();
        for (group, distinct) in self.distinct.iter() {
            known.extend(distinct.of.windows(2).filter_map(|pair| Some((group, self.changed_by(pair[0], pair[1])?))));
        }
        let changing: BTreeSet<GroupId> = known.iter().map(|(group, _)| *group).collect();
        for group in changing {
            let uses = self.distinct[group].of.iter().flat_map(|(at, _)| &self.session.exchanges[*at].uses);
            let made = uses.filter(|used| used.is_made).filter_map(|used| used.from);
            known.extend(made.filter(|from| self.writes.binary_search(from).is_ok()).map(|from| (group, from)));
        }
        known.extend(self.beginnings(&known));
        // The machine of each group, identified by its first group. All writes in one folder form one machine.
        let mut machine: Table<GroupId, GroupId> = self.distinct.ids().collect();
        let mut join = |one: GroupId, other: GroupId| {
            let (one, other) = (machine[one], machine[other]);
            for group in machine.ids() {
                if machine[group] == one.max(other) {
                    machine[group] = one.min(other);
                }
            }
        };
        let mut folders: HashMap<&str, GroupId> = HashMap::new();
        for (group, write) in &known {
            let Some(writing) = self.session.group_of(*write) else { continue };
            join(*group, writing);
            join(*folders.entry(folder_of(&self.session.ids[writing])).or_insert(writing), writing);
        }
        let mut writes: BTreeMap<GroupId, BTreeSet<ExchangeId>> = BTreeMap::new();
        for (group, write) in known {
            writes.entry(machine[group]).or_default().insert(write);
        }
        let groups = |wanted: GroupId| machine.ids().filter(|group| machine[*group] == wanted).collect();
        writes.into_iter().map(|(first, writes)| Machine { groups: groups(first), writes }).collect()
    }

    /// The exchanges that began a session which one of these writes ended: they begin it again.
    fn beginnings(&self, known: &[(GroupId, ExchangeId)]) -> Vec<(GroupId, ExchangeId)> {
        let exchanges = &self.session.exchanges;
        let began = |(group, write): &(GroupId, ExchangeId)| {
            let group = *group;
            let began = exchanges[*write].sessions().filter(|from| ends(&exchanges[*from], &exchanges[*write]));
            began
                .filter(|from| self.writes.binary_search(from).is_ok())
                .map(move |from| (group, from))
                .collect::<Vec<_>>()
        };
        known.iter().flat_map(began).collect()
    }

    /// The write because of which the second response differs from the first, if the responses differ and there was a
    /// write.
    fn changed_by(
        &self,
        (first, kind): (ExchangeId, ExchangeId),
        (second, other): (ExchangeId, ExchangeId),
    ) -> Option<ExchangeId> {
        if kind == other {
            return None;
        }
        let until = |end: ExchangeId| self.writes.partition_point(|write| *write < end);
        let between = &self.writes[until(first)..until(second)];
        let nearest = between.iter().max_by_key(|write| {
            let (write, read) = (*write, &self.session.exchanges[second]);
            let is_begun = read.sessions().any(|from| from == *write);
            (is_begun, nearness(&self.session.exchanges[*write].recorded.request, &read.recorded.request))
        });
        // A repeated write with the same response changed nothing the second time.
        let is_same = |write: &ExchangeId| {
            let (one, other) = (&self.session.exchanges[*write], &self.session.exchanges[*nearest?]);
            let is_one =
                one.call.key() == other.call.key() && one.recorded.response.body == other.recorded.response.body;
            is_one.then_some(*write)
        };
        between.iter().find_map(is_same)
    }
}

/// Returns true if a request may have changed something.
fn has_written(call: &Call, answer: &Response) -> bool {
    call.may_write() && !answer.status.is_client_error() && !answer.status.is_server_error()
}

/// The distance of a write from a read: the length of their common path, and of the rest of both paths. Of equally near
/// writes, the later one counts.
fn nearness(write: &Request, read: &Request) -> (usize, std::cmp::Reverse<usize>) {
    let shared = segments(write.path()).zip(segments(read.path())).take_while(|(a, b)| a == b).count();
    (shared, std::cmp::Reverse(segments(write.path()).count().abs_diff(segments(read.path()).count())))
}

/// A response, as the first exchange with it, and the value that it sets the state to.
type Transition = (ExchangeId, Option<String>);

impl Machine {
    /// The steps of each of its groups.
    fn transitions(&self, responses: &Responses<'_, '_>, name: &str) -> Vec<Vec<Step>> {
        let writes: Vec<ExchangeId> = self.writes.iter().copied().collect();
        let spans: Vec<Vec<Span>> =
            self.groups.iter().map(|group| spans(&responses.distinct[*group], &writes, responses)).collect();
        let values = values(&writes, &spans, responses);
        let steps = |(group, spans): (&GroupId, &Vec<Span>)| {
            // What an exchange changed the state to.
            let set = |at: ExchangeId| {
                let before = writes.binary_search(&at).ok()?;
                values[before + 1].clone().filter(|_| values[before] != values[before + 1])
            };
            let mut by_value: Vec<(&Option<String>, Vec<Transition>)> = Vec::new();
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
            steps_of(&responses.distinct[*group], name, by_value)
        };
        self.groups.iter().zip(&spans).map(steps).collect()
    }
}

/// The exchanges of a group between two writes, each with the kind of its answer.
struct Span {
    of: Vec<(ExchangeId, ExchangeId)>,
    /// There was none: what was answered before or after is taken to hold.
    is_carried: bool,
}

impl Span {
    /// The kind of the answer, where there was only one.
    fn only(&self) -> Option<ExchangeId> {
        let (_, first) = self.of.first()?;
        self.of.iter().all(|(_, kind)| kind == first).then_some(*first)
    }
}

/// A group's exchanges before the first of these writes, between the first and the second, and so on.
fn spans(distinct: &Distinct, writes: &[ExchangeId], responses: &Responses<'_, '_>) -> Vec<Span> {
    let mut spans: Vec<Span> = (0..=writes.len()).map(|_| Span { of: Vec::new(), is_carried: false }).collect();
    for (at, kind) in &distinct.of {
        // What a write itself is answered is decided by what was before.
        spans[writes.partition_point(|write| write < at)].of.push((*at, *kind));
    }
    for (nth, span) in spans.iter_mut().enumerate().filter(|(_, span)| span.of.is_empty()) {
        let since = nth.checked_sub(1).map(|before| writes[before]);
        let next = distinct.of.partition_point(|(at, _)| since.is_some_and(|since| *at <= since));
        let before = next.checked_sub(1).map(|last| distinct.of[last]);
        let after = distinct.of.get(next).copied();
        let is_changed = |before, after| responses.changed_by(before, after).is_some_and(|write| Some(write) <= since);
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
fn values(writes: &[ExchangeId], spans: &[Vec<Span>], responses: &Responses<'_, '_>) -> Vec<Option<String>> {
    let alike = |one: usize, other: usize| {
        spans.iter().all(|spans| spans[one].only().is_some_and(|kind| spans[other].only() == Some(kind)))
    };
    let mut values: Vec<Option<String>> = vec![None];
    for (nth, write) in writes.iter().enumerate() {
        let same = (1..=nth).find(|before| alike(*before, nth + 1)).and_then(|before| values[before].clone());
        let value = same.unwrap_or_else(|| {
            let is_taken = |value: &str| values.iter().flatten().any(|known| known == value);
            understudy_fixture::free_name(&done(responses.id_of(*write)), "-", is_taken)
        });
        values.push(Some(value));
    }
    values
}

/// Whether what is answered with one of these values of the state and what is answered with another is the same: setting a value
/// that is there changes nothing. Answers that come one after the other do so with each value anew.
fn is_one(values: &[&Option<String>], known: &[Transition], value: &Option<String>, told: &[Transition]) -> bool {
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
fn steps_of(distinct: &Distinct, name: &str, by_value: Vec<(&Option<String>, Vec<Transition>)>) -> Vec<Step> {
    let mut entries: Vec<(Vec<&Option<String>>, Vec<Transition>)> = Vec::new();
    for (value, told) in by_value {
        let told: Vec<Transition> = ending_once(&told).iter().take(RESPONSES_MAX).cloned().collect();
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
            ..distinct.step(kind)
        })
    });
    steps.collect()
}
