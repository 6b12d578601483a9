//! Fixtures between which only the name decides.
//!
//! A tie is reported only with a request that both fixtures match. So there are no false alarms, but a tie that needs a
//! request which is hard to find is passed over.

use crate::difference::Sink;
use crate::example::stub_request;
use crate::field::obeys;
use crate::hold::exclude;
use crate::incoming::Incoming;
use crate::index::{Index, Preference, takes};
use crate::request::compare;
use crate::state::State;
use understudy_exchange::{Json, JsonString, Request};
use understudy_fixture::model::{Check, Field, FieldMatcher, Fixture, RequestBody, Rule, When};

/// The number of fixtures that one fixture is compared with.
const RIVALS_MAX: usize = 32;

/// Two fixtures that match one request, and of which only the name decides.
#[derive(Debug, Clone)]
pub struct Tie {
    /// The place of the matching fixture.
    pub first: usize,
    /// The place of the other fixture.
    pub second: usize,
    /// A request that both match.
    pub request: Request,
    /// A state in which both match.
    pub state: State,
}

impl Index {
    /// Returns the ties between fixtures, at most one for each fixture that comes second. `base` is
    /// the base path of the service.
    #[must_use]
    pub fn ties(&self, base: &str) -> Vec<Tie> {
        let ranks = self.ranks();
        let mut is_second = vec![false; ranks.len()];
        let mut ties = Vec::new();
        for (first, fixture) in self.promises().iter().enumerate() {
            let Ok(example) = stub_request(fixture, base) else { continue };
            let on_path = self.on_path(&Incoming::new(&example));
            let behind = &on_path[on_path.partition_point(|place| *place <= first)..];
            let rivals: Vec<usize> = behind
                .iter()
                .copied()
                .take_while(|second| ranks[*second] == ranks[first])
                .filter(|second| !is_second[*second])
                .take(RIVALS_MAX)
                .collect();
            for second in rivals {
                if let Some((request, state)) = self.common(base, first, second) {
                    is_second[second] = true;
                    ties.push(Tie { first, second, request, state });
                }
            }
        }
        ties
    }

    /// Returns a number for each fixture, in order of preference. Where only the name decides, the numbers are the same.
    fn ranks(&self) -> Vec<usize> {
        let preferences: Vec<Preference> = self.promises().iter().map(|fixture| self.preference(fixture)).collect();
        let mut ranks = vec![0; preferences.len()];
        for place in 1..preferences.len() {
            ranks[place] = ranks[place - 1] + usize::from(preferences[place] != preferences[place - 1]);
        }
        ranks
    }

    /// Returns a request that the fixtures at two places match, if one is found.
    fn common(&self, base: &str, first: usize, second: usize) -> Option<(Request, State)> {
        let [a, b] = [first, second].map(|place| &*self.promises()[place]);
        let state = common_state(&a.when, &b.when)?;
        if have_exclusive_bodies(a, b) {
            return None;
        }
        let mut requests = [(a, b), (b, a)].into_iter().filter_map(|(a, b)| stub_request(&both(a, b), base).ok());
        let request = requests.find(|request| self.all_match(&Incoming::new(request), [first, second]));
        Some((request?, state))
    }

    fn all_match(&self, incoming: &Incoming<'_>, places: [usize; 2]) -> bool {
        let on_path = self.on_path(incoming);
        places.into_iter().all(|place| {
            let fixture = &self.promises()[place];
            let mut sink = Sink::any();
            compare(fixture, self.below(incoming), incoming, &mut sink);
            !sink.differs
                && takes(&fixture.request.method, &incoming.request.method)
                && on_path.binary_search(&place).is_ok()
        })
    }
}

/// Returns a state in which the conditions of both hold.
fn common_state(a: &[When], b: &[When]) -> Option<State> {
    let mut state = State::new();
    for When { name, values } in a.iter().chain(b) {
        let others = a.iter().chain(b).filter(|when| when.name == *name);
        let value = values.iter().find(|value| others.clone().all(|when| when.values.contains(value)))?;
        state.insert(name.clone(), value.clone());
    }
    Some(state)
}

/// Returns true if no body is what both ask for. Most fixtures on one path differ in their bodies, and this is found out sooner
/// than a request is made.
fn have_exclusive_bodies(a: &Fixture, b: &Fixture) -> bool {
    match (&a.request.body, &b.request.body) {
        (Some(RequestBody::Json(first)), Some(RequestBody::Json(second))) => {
            a.request.rules.is_empty() && b.request.rules.is_empty() && exclude(first, second)
        }
        _ => false,
    }
}

/// Returns a fixture with the conditions of both fixtures, as far as both can hold at once.
fn both(a: &Fixture, b: &Fixture) -> Fixture {
    let mut both = a.clone();
    let (request, other) = (&mut both.request, &b.request);
    add_fields(&mut request.params, &other.params);
    add_fields(&mut request.query, &other.query);
    add_fields(&mut request.headers, &other.headers);
    add_fields(&mut request.cookies, &other.cookies);
    request.rules.extend(other.rules.iter().cloned());
    match (&mut request.body, &other.body) {
        (body @ None, Some(other)) => *body = Some(other.clone()),
        (Some(RequestBody::Json(value)), Some(RequestBody::Json(other))) => add_members(value, other),
        (Some(RequestBody::Form(fields)), Some(RequestBody::Form(others))) => add_fields(fields, others),
        _ => {}
    }
    both
}

fn add_fields(fields: &mut Vec<Field>, others: &[Field]) {
    for other in others {
        match fields.iter_mut().find(|field| field.name == other.name) {
            Some(field) => agree(field, other),
            None => fields.push(other.clone()),
        }
    }
}

/// Gives a field's rule an example that obeys the other field too, if there is one among the values that they list.
fn agree(field: &mut Field, other: &Field) {
    let (FieldMatcher::Rule(rule), FieldMatcher::Rule(second)) = (&field.matcher, &other.matcher) else { return };
    let listed = listed(rule).chain(listed(second));
    let is_common = |text: &&str| obeys(&field.matcher, &[text]) && obeys(&other.matcher, &[text]);
    let texts: Vec<String> =
        listed.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
    let common = texts.iter().map(String::as_str).find(is_common).map(Json::string);
    if let (Some(common), FieldMatcher::Rule(rule)) = (common, &mut field.matcher) {
        rule.example = Some(common);
    }
}

/// Returns the values that a rule names: its example and those of `one_of`.
fn listed(rule: &Rule) -> impl Iterator<Item = &Json> {
    let of_checks = rule.checks.iter().flat_map(|check| match check {
        Check::OneOf(values) => values.as_slice(),
        Check::Equals(value) => std::slice::from_ref(value),
        _ => &[],
    });
    rule.example.iter().chain(of_checks)
}

/// Adds the members that only the other value has, at every depth.
fn add_members(value: &mut Json, other: &Json) {
    let (Json::Object(members), Json::Object(others)) = (value, other) else { return };
    for (name, other) in others {
        let known = members.iter_mut().find(|(known, _): &&mut (JsonString, Json)| known == name);
        match known {
            Some((_, value)) => add_members(value, other),
            None => members.push((name.clone(), other.clone())),
        }
    }
}
