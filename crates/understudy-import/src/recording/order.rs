//! The order in which a run sends the fixtures of a recording, so that each has the values that it was recorded with.
//!
//! A fixture comes `after` the fixtures that it needs: they gave it a value or a cookie, or changed its response. It
//! `follows` all others that were recorded before it: they are sent first, whether they pass or fail.

use super::ending::ends;
use super::exchange::Exchange;
use super::ids::{ExchangeId, GroupId, Table};
use super::session::Session;
use super::states::Responses;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use understudy_exchange::MediaType;

/// The fixtures that are sent before a fixture.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// The fixtures that this fixture needs. If several of them capture the same name, the one whose value is needed
    /// comes last.
    pub(super) after: Vec<GroupId>,
    /// The fixtures that are sent again, because this fixture uses up the resources that they create.
    pub(super) again: BTreeSet<GroupId>,
    /// The fixtures that are sent first, whether they pass or fail.
    pub(super) follows: BTreeSet<GroupId>,
    /// Why it is not sent at all.
    pub(super) skip: Option<String>,
    /// The values that this fixture and its repeated fixtures give to later ones.
    given: Values,
}

/// Values by their names, each with the exchange whose response gave it.
type Values = BTreeMap<String, ExchangeId>;

/// The fixtures that a fixture needs: those that come before it, and those that are sent again.
#[derive(Debug, Default)]
struct Needs {
    before: BTreeSet<GroupId>,
    again: BTreeSet<GroupId>,
}

/// The order of each fixture.
pub(super) fn orders(session: &Session<'_>, responses: &Responses<'_, '_>) -> Table<GroupId, Order> {
    let mut orders = Orders { session, of: Table::default(), remade: HashMap::new(), ended: BTreeMap::new() };
    let mut span = Span::default();
    for group in session.groups.ids() {
        let needs = orders.needs(group, responses);
        let mut order = orders.settle(group, needs);
        let exchange = session.verified(group);
        if order.skip.is_none() && !exchange.call.may_write() && is_stream_of_events(exchange) {
            order.skip = Some("a stream of events: it says something else each time, and may have no end".to_owned());
        }
        let is_sent = order.skip.is_none();
        orders.of.push(order);
        if is_sent {
            orders.remember(group);
            orders.follow(group, &mut span);
        }
    }
    orders.of
}

/// The fixtures since the last one that may have changed something.
#[derive(Debug, Default)]
struct Span {
    change: Option<GroupId>,
    reads: Vec<GroupId>,
}

struct Orders<'s, 'r> {
    session: &'s Session<'r>,
    of: Table<GroupId, Order>,
    /// The fixture for which an exchange was repeated, and which now has the values.
    remade: HashMap<ExchangeId, GroupId>,
    /// The ended sessions: the exchange that began each one, and the group that ended it.
    ended: BTreeMap<ExchangeId, GroupId>,
}

impl Orders<'_, '_> {
    fn needs(&self, group: GroupId, responses: &Responses<'_, '_>) -> Needs {
        let session = self.session;
        let verified = session.groups[group].verified;
        let exchange = &session.exchanges[verified];
        let mut needs = Needs::default();
        needs.before.extend(responses.brought_by(group, verified));
        for from in exchange.uses.iter().filter(|used| used.is_made).filter_map(|used| used.from) {
            match (self.remade.get(&from), session.group_of(from)) {
                (Some(holder), _) => needs.before.insert(*holder),
                (None, Some(giver)) if session.groups[giver].verified == from => needs.before.insert(giver),
                (None, Some(giver)) => needs.again.insert(giver),
                (None, None) => continue,
            };
        }
        self.sessions(exchange, &mut needs);
        let is_created = |from: &&ExchangeId| session.exchanges[**from].recorded.response.status == StatusCode::CREATED;
        needs.before.extend(exchange.shown.iter().filter(is_created).filter_map(|from| session.group_of(*from)));
        // A fixture cannot wait for a later one, or for one that is not sent.
        needs.again.retain(|giver| *giver < group);
        needs.before.retain(|before| *before < group && self.of[*before].skip.is_none());
        needs
    }

    /// The fixtures that began the sessions of a request. If a session was ended, this is the fixture that ended it, or
    /// a repeated session of the same kind.
    fn sessions(&self, exchange: &Exchange<'_>, needs: &mut Needs) {
        let began: BTreeSet<ExchangeId> = exchange.sessions().collect();
        for from in began {
            let Some(giver) = self.session.group_of(from) else { continue };
            needs.before.insert(giver);
            let is_like = |other: &ExchangeId| self.session.group_of(*other) == Some(giver) && *other < from;
            if let Some(end) = self.ended.get(&from) {
                needs.before.insert(*end);
            } else if self.ended.keys().any(is_like) {
                needs.again.insert(giver);
            }
        }
    }

    /// Puts what comes before a fixture in order, and looks whether a run would give it the values that it was recorded with.
    fn settle(&self, group: GroupId, needs: Needs) -> Order {
        let Needs { before, again } = needs;
        let verified = self.session.groups[group].verified;
        let in_full: Vec<GroupId> = before.difference(&again).copied().collect();
        // What comes before one of them anyway need not be said, unless a value of it would be another's.
        let is_implied = |one: &GroupId| in_full.iter().any(|other| other != one && self.comes_after(*other, *one));
        let pruned: Vec<GroupId> = in_full.iter().copied().filter(|one| !is_implied(one)).collect();
        for after in [pruned.clone(), in_full] {
            let mut seen = Seen { orders: self, parents: &after, own: Values::new() };
            let is_made =
                again.iter().all(|parent| self.values_from(verified, *parent).all(|from| self.repeat(from, &mut seen)));
            if is_made && self.are_seen(verified, &seen) {
                self.capture(verified, &mut seen);
                let given = seen.own;
                return Order { after, again, given, ..Order::default() };
            }
        }
        let skip = Some("no order of a run gives it the values that it was recorded with".to_owned());
        Order { after: pruned, skip, ..Order::default() }
    }

    /// The exchanges of a group that gave an exchange values.
    fn values_from(&self, exchange: ExchangeId, group: GroupId) -> impl Iterator<Item = ExchangeId> {
        let uses = self.session.exchanges[exchange].uses.iter();
        uses.filter_map(|used| used.from).filter(move |from| self.session.group_of(*from) == Some(group))
    }

    /// Returns true if a request would be sent with the recorded values: those of the same created resources.
    fn are_seen(&self, exchange: ExchangeId, seen: &Seen<'_, '_, '_>) -> bool {
        self.session.exchanges[exchange].uses.iter().all(|used| {
            let from = used.from.filter(|from| used.is_made && self.session.group_of(*from).is_some());
            from.is_none_or(|from| seen.value(&used.name) == Some(from))
        })
    }

    /// Records the values of a response under their names.
    fn capture(&self, exchange: ExchangeId, seen: &mut Seen<'_, '_, '_>) {
        if let Some(group) = self.session.group_of(exchange) {
            seen.own.extend(self.session.captures(group).into_iter().map(|capture| (capture.name, exchange)));
        }
    }

    /// Repeats the fixture of an exchange, with the fixtures that it uses up itself. Returns true if it would be sent
    /// as it was recorded.
    fn repeat(&self, exchange: ExchangeId, seen: &mut Seen<'_, '_, '_>) -> bool {
        let order = self.session.group_of(exchange).and_then(|group| self.of.get(group));
        let Some(order) = order.filter(|order| order.skip.is_none()) else { return false };
        let is_made =
            order.again.iter().all(|parent| self.values_from(exchange, *parent).all(|from| self.repeat(from, seen)));
        let is_same = is_made && self.are_seen(exchange, seen);
        self.capture(exchange, seen);
        is_same
    }

    /// Records the exchanges that a fixture repeats, and the session that it ends.
    fn remember(&mut self, group: GroupId) {
        let verified = self.session.groups[group].verified;
        let exchange = &self.session.exchanges[verified];
        for from in exchange.uses.iter().filter(|used| used.is_made).filter_map(|used| used.from) {
            if self.session.group_of(from).is_some_and(|giver| self.of[group].again.contains(&giver)) {
                self.remade.entry(from).or_insert(group);
            }
        }
        let sessions: Vec<ExchangeId> =
            exchange.sessions().filter(|from| ends(&self.session.exchanges[*from], exchange)).collect();
        self.ended.extend(sessions.into_iter().map(|from| (from, group)));
    }

    /// Lets a fixture follow the earlier ones. Reads are sent before the next write anyway. If a read ends a session,
    /// the reads before it are sent one after the other.
    fn follow(&mut self, group: GroupId, span: &mut Span) {
        let exchange = self.session.verified(group);
        let is_write = exchange.call.may_write();
        let is_change = is_write || self.ended.values().any(|end| *end == group);
        if let Some(change) = span.change {
            self.add_follows(group, change);
        }
        if !is_change {
            span.reads.push(group);
            return;
        }
        if !is_write {
            let reads = std::mem::take(&mut span.reads);
            let chain: Vec<GroupId> = reads.into_iter().chain([group]).collect();
            for pair in chain.windows(2) {
                // The preceding fixture follows the change already.
                self.of[pair[1]].follows.clear();
                self.add_follows(pair[1], pair[0]);
            }
        }
        *span = Span { change: Some(group), reads: Vec::new() };
    }

    fn add_follows(&mut self, group: GroupId, before: GroupId) {
        if !self.comes_after(group, before) {
            self.of[group].follows.insert(before);
        }
    }

    /// Returns true if a fixture is sent after another one because it depends on it, directly or indirectly.
    fn comes_after(&self, group: GroupId, before: GroupId) -> bool {
        let mut all = BTreeSet::new();
        let mut open = vec![group];
        while let Some(next) = open.pop() {
            let Some(order) = self.of.get(next) else { continue };
            // A fixture never comes after one that was recorded later.
            let parents = order.after.iter().chain(&order.again).filter(|parent| **parent >= before);
            open.extend(parents.filter(|parent| all.insert(**parent)));
            if all.contains(&before) {
                return true;
            }
        }
        false
    }
}

/// The values that are available to a request: those that were given just before it, and those of its parents.
struct Seen<'o, 's, 'r> {
    orders: &'o Orders<'s, 'r>,
    parents: &'o [GroupId],
    own: Values,
}

impl Seen<'_, '_, '_> {
    /// The exchange whose value a name has. If several parents give the name, the last one counts.
    fn value(&self, name: &str) -> Option<ExchangeId> {
        if let Some(own) = self.own.get(name) {
            return Some(*own);
        }
        let mut looked_at = BTreeSet::new();
        let mut open: Vec<GroupId> = self.parents.to_vec();
        while let Some(next) = open.pop() {
            let Some(order) = self.orders.of.get(next).filter(|_| looked_at.insert(next)) else { continue };
            if let Some(given) = order.given.get(name) {
                return Some(*given);
            }
            // In a run, repeated fixtures come last.
            open.extend(order.after.iter().chain(&order.again));
        }
        None
    }
}

/// Server-sent events (the HTML standard, section 9.2).
fn is_stream_of_events(exchange: &Exchange<'_>) -> bool {
    let kind = exchange.recorded.response.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| MediaType::parse(kind).essence() == "text/event-stream")
}
