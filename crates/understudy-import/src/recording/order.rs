//! In which order a run sends the fixtures of a recording, so that each has the values that it was recorded with.

use super::Recorded;
use super::draft::{captures, may_write};
use super::endpoint::Call;
use super::flow::Flow;
use super::group::Group;
use super::states::Answers;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use understudy_exchange::{MediaType, set_cookie_pairs};
use understudy_fixture::is_version;

/// What has been done with something that was made.
#[derive(Default)]
struct Made {
    /// The fixture before which it is made once more.
    again: Option<usize>,
    last_write: Option<usize>,
    reads_since: Vec<usize>,
}

/// What is sent before a fixture.
#[derive(Default)]
pub(super) struct Order {
    /// What leaves a value under a name that others leave too comes last.
    pub(super) after: Vec<usize>,
    /// What it uses up one more of.
    pub(super) again: BTreeSet<usize>,
    /// Why it is not sent at all.
    pub(super) skip: Option<String>,
    /// The exchange that each name's value would be from, for those after it.
    left: Values,
}

/// What has to be before a fixture: what it only comes after, what gives it a value, and what gives it one more.
#[derive(Default)]
struct Needs {
    before: BTreeSet<usize>,
    givers: BTreeSet<usize>,
    again: BTreeSet<usize>,
}

/// Values by their names, each with the exchange whose answer gave it.
type Values = BTreeMap<String, usize>;

/// Finds what each fixture comes after.
struct Orders<'o> {
    groups: &'o [Group],
    flow: &'o Flow,
    /// The group that each exchange is in.
    place: &'o HashMap<usize, usize>,
    of: Vec<Order>,
}

/// What each fixture comes after: what gave it a value or a cookie, or brought its answer, and, of things that were made, what was done with them
/// before. What a run makes once is made once more where another one of it was used.
pub(super) fn orders(
    groups: &[Group],
    exchanges: &[Recorded],
    calls: &[Call],
    flow: &Flow,
    place: &HashMap<usize, usize>,
    answers: &Answers<'_>,
) -> Vec<Order> {
    let mut orders = Orders { groups, flow, place, of: Vec::new() };
    let mut made: HashMap<(&str, usize), Made> = HashMap::new();
    // What shows something that was made, by the exchange that made it.
    let mut shown_in: HashMap<usize, Vec<usize>> = HashMap::new();
    // What writes below the same first word may need what was written there before.
    let mut last_write: HashMap<&str, usize> = HashMap::new();
    // The sessions that were ended, by the exchanges that began them, and by what.
    let mut ended: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, group) in groups.iter().enumerate() {
        let asked = group.promised;
        let is_write = may_write(&calls[asked]);
        let mut needs = Needs::default();
        needs.before.extend(root(&calls[asked]).and_then(|root| last_write.get(root)));
        needs.before.extend(answers.brought_by(at, asked).filter(|from| *from < at));
        for used in flow.uses(asked).iter().filter(|used| used.is_made) {
            let Some((exchange, from)) = used.from.and_then(|from| Some((from, *place.get(&from)?))) else { continue };
            if from >= at {
                continue;
            }
            // Two values of one name may stand in one request.
            let made = made.entry((&used.name, exchange)).or_default();
            match made.last_write.or(made.again).filter(|before| *before < at) {
                Some(giver) => needs.givers.insert(giver),
                None if groups[from].promised == exchange => needs.givers.insert(from),
                None => needs.again.insert(from),
            };
            needs.before.extend(made.reads_since.iter().filter(|read| is_write && **read < at));
            // Whatever else shows it has to be there before it is gone.
            if calls[asked].method == Method::DELETE {
                needs.before.extend(shown_in.remove(&exchange).into_iter().flatten().filter(|read| *read < at));
            }
        }
        let sessions: BTreeSet<usize> = flow.sessions(asked).filter(|from| place.contains_key(from)).collect();
        needs.before.extend(sessions.iter().map(|from| place[from]).filter(|from| *from < at));
        for from in &sessions {
            let began = place[from];
            let mut others = ended.iter().filter(|(other, _)| place[*other] == began && *other < from);
            if let Some(end) = ended.get(from) {
                needs.before.insert(*end);
            } else if let Some((_, end)) = others.next_back().filter(|_| began < at) {
                needs.again.insert(began);
                needs.before.insert(*end);
            }
        }
        let is_end = sessions.iter().any(|from| ends(*from, asked, exchanges, calls));
        if is_end {
            let uses = |group: &usize| flow.sessions(groups[*group].promised).any(|from| sessions.contains(&from));
            needs.before.extend((0..at).filter(uses));
            ended.extend(sessions.iter().map(|from| (*from, at)));
        }
        let shown: Vec<usize> =
            flow.shown(asked).filter(|from| exchanges[*from].response.status == StatusCode::CREATED).collect();
        needs.before.extend(shown.iter().filter_map(|from| place.get(from)).filter(|from| **from < at));
        // What is not sent holds nobody up that only comes after it.
        needs.before.retain(|before| orders.of[*before].skip.is_none());
        let mut order = orders.settle(at, needs);
        if order.skip.is_none() && !is_write && is_stream_of_events(&exchanges[asked]) {
            order.skip = Some("a stream of events: it says something else each time, and may have no end".to_owned());
        }
        if order.skip.is_none() {
            shown.iter().for_each(|from| shown_in.entry(*from).or_default().push(at));
            // What was refused has written nothing that others could need.
            let has_written = is_write && !exchanges[asked].response.status.is_client_error();
            if let Some(root) = root(&calls[asked]).filter(|_| has_written) {
                last_write.insert(root, at);
            }
            for used in flow.uses(asked).iter().filter(|used| used.is_made) {
                let Some(made) = used.from.and_then(|from| made.get_mut(&(used.name.as_str(), from))) else { continue };
                if used.from.is_some_and(|from| place.get(&from).is_some_and(|from| order.again.contains(from))) {
                    made.again = Some(at);
                }
                if has_written {
                    made.reads_since.clear();
                    made.last_write = Some(at);
                } else {
                    made.reads_since.push(at);
                }
            }
        }
        orders.of.push(order);
    }
    orders.of
}

impl Orders<'_> {
    /// Puts what comes before a fixture in order, and looks whether a run would give it the values that it was recorded with.
    fn settle(&self, at: usize, needs: Needs) -> Order {
        let Needs { before, givers, again } = needs;
        let asked = self.groups[at].promised;
        // What comes before one of them anyway need not be said, unless a value of it would be another's.
        let all: BTreeSet<usize> = before.union(&givers).copied().filter(|one| !again.contains(one)).collect();
        let ancestors: Vec<BTreeSet<usize>> = all.iter().map(|one| self.ancestors(*one)).collect();
        let is_said = |one: &usize| !ancestors.iter().any(|before| before.contains(one));
        let pruned: Vec<usize> = all.iter().copied().filter(is_said).collect();
        let mut in_full: Vec<usize> = pruned.iter().copied().filter(|one| !givers.contains(one)).collect();
        in_full.extend(givers.iter().filter(|one| all.contains(one)));
        for after in [pruned, in_full] {
            let mut values = self.merged(&after);
            let is_made = again.iter().all(|parent| {
                let wanted = self.flow.uses(asked).iter().filter_map(|used| used.from);
                wanted.filter(|from| self.place.get(from) == Some(parent)).all(|from| self.repeat(from, &mut values))
            });
            if is_made && self.are_seen(asked, &values) {
                self.capture(asked, &mut values);
                return Order { after, again, skip: None, left: values };
            }
        }
        let after: Vec<usize> = all.iter().copied().filter(is_said).collect();
        let left = self.merged(&after);
        Order {
            after,
            again: BTreeSet::new(),
            skip: Some("no order of a run gives it the values that it was recorded with".to_owned()),
            left,
        }
    }

    /// What several fixtures leave: of two values with one name, the later one's.
    fn merged(&self, of: &[usize]) -> Values {
        of.iter().flat_map(|at| self.of[*at].left.clone()).collect()
    }

    /// Whether a request would be sent with the values that it was recorded with: of what is made, the same one.
    fn are_seen(&self, exchange: usize, values: &Values) -> bool {
        self.flow.uses(exchange).iter().all(|used| {
            let Some(from) = used.from.filter(|from| used.is_made && self.place.contains_key(from)) else {
                return true;
            };
            values.get(&used.name) == Some(&from)
        })
    }

    /// What an answer leaves under its names.
    fn capture(&self, exchange: usize, values: &mut Values) {
        let group = &self.groups[self.place[&exchange]];
        values.extend(captures(group, self.flow).into_iter().map(|capture| (capture.name, exchange)));
    }

    /// Sends an exchange's fixture once more, with what it uses up itself; says whether it would be sent as it was recorded.
    fn repeat(&self, exchange: usize, values: &mut Values) -> bool {
        let Some(order) = self.of.get(self.place[&exchange]).filter(|order| order.skip.is_none()) else { return false };
        let wanted: Vec<usize> = self.flow.uses(exchange).iter().filter_map(|used| used.from).collect();
        let is_made = order.again.iter().all(|parent| {
            wanted.iter().filter(|from| self.place.get(from) == Some(parent)).all(|from| self.repeat(*from, values))
        });
        let is_same = is_made && self.are_seen(exchange, values);
        self.capture(exchange, values);
        is_same
    }

    fn ancestors(&self, of: usize) -> BTreeSet<usize> {
        let mut all = BTreeSet::new();
        let before = |of: usize| self.of[of].after.iter().chain(&self.of[of].again).copied();
        let mut open: Vec<usize> = before(of).collect();
        while let Some(next) = open.pop() {
            if all.insert(next) {
                open.extend(before(next));
            }
        }
        all
    }
}

/// Server-sent events (the HTML standard, section 9.2).
fn is_stream_of_events(recorded: &Recorded) -> bool {
    let kind = recorded.response.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| MediaType::parse(kind).essence() == "text/event-stream")
}

/// What a path ends with that ends a session.
const ENDINGS: &[&str] = &["logout", "log-out", "log_out", "revoke", "signoff", "signout", "sign-out", "sign_out"];

/// Whether an exchange ends the session that another one began: it is called so, deletes what is at that place, or takes its cookie back.
fn ends(began: usize, at: usize, exchanges: &[Recorded], calls: &[Call]) -> bool {
    let last = calls[at].path.iter().rev().find(|word| !word.is_empty());
    let is_called_so = last.is_some_and(|last| ENDINGS.contains(&last.to_ascii_lowercase().as_str()));
    let is_deleted = calls[at].method == Method::DELETE && calls[at].path == calls[began].path;
    let gives = |name: &str| set_cookie_pairs(&exchanges[began].response.headers).any(|(given, _)| given == name);
    let takes_back =
        set_cookie_pairs(&exchanges[at].response.headers).any(|(name, value)| value.is_empty() && gives(name));
    is_called_so || is_deleted || takes_back
}

/// The first word of a path that says what it is about.
fn root(call: &Call) -> Option<&str> {
    let says = |word: &&String| !word.is_empty() && *word != "api" && !is_version(word);
    call.path.iter().find(says).map(String::as_str)
}
