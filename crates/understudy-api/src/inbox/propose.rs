//! The fixtures that recordings of a service propose, and how each stands to those that are there.

use super::{News, Proposal};
use crate::addresses::Home;
use crate::conversation::is_socket;
use crate::project::LoadedService;
use crate::recordings::Recording;
use crate::report::{DifferenceReport, RedactionReport};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use understudy_exchange::Json;
use understudy_exchange::target::percent_decode;
use understudy_fixture::model::{Check, Field, FieldMatcher, Fixture, Pattern, RequestBody, RequestPromise};
use understudy_fixture::{flow_value, rule_value};
use understudy_import::{Draft, Recorded, WITHOUT_CONTENT, drafts, without_content};
use understudy_match::{Choice, Incoming, Index, Kind, Mismatch, State, judge, promise_at, stub_request};

/// A proposal and what it was made of.
#[derive(Debug)]
pub(crate) struct Proposed {
    pub(crate) shown: Proposal,
    pub(crate) draft: Draft,
    /// The service's place in the project.
    pub(crate) service: usize,
    pub(crate) numbers: Vec<u64>,
    /// The fixture that answers such a request already, in what the answer differs from it, and the place of that recording.
    pub(crate) known: Option<(Arc<Fixture>, Vec<Mismatch>, usize)>,
}

/// The whole exchanges of a service, and the places of their recordings.
pub(crate) fn exchanges_of(loaded: &LoadedService, recordings: &[(u64, Recording)]) -> (Vec<Recorded>, Vec<usize>) {
    let own = recordings
        .iter()
        .enumerate()
        .filter(|(_, (_, recording))| recording.service == loaded.service.name)
        .filter(|(_, (_, recording))| recording.cut.is_none() && !is_socket(recording));
    own.map(|(at, (_, recording))| (recording.exchange.clone(), at)).unzip()
}

/// Adds the proposals for a service. Returns the exchanges without a proposal, with the reason.
pub(crate) fn propose(
    service: usize,
    loaded: &LoadedService,
    home: Option<&Home>,
    recordings: &[(u64, Recording)],
    proposed: &mut Vec<Proposed>,
) -> Vec<String> {
    let (exchanges, places) = exchanges_of(loaded, recordings);
    if exchanges.is_empty() {
        return Vec::new();
    }
    let index = loaded.index();
    for draft in drafts(&exchanges, &loaded.service.base) {
        let of: Vec<&(u64, Recording)> = draft.exchanges.iter().map(|at| &recordings[places[*at]]).collect();
        let known = known(&index, home, &draft, &exchanges).map(|(known, found, at)| (known, found, places[at]));
        let redactions: BTreeSet<_> = of.iter().flat_map(|(_, recording)| &recording.exchange.redactions).collect();
        let redactions = redactions.into_iter().map(RedactionReport::new).collect();
        let numbers = of.iter().map(|(number, _)| *number).collect();
        let known_and_found = known.as_ref().map(|(known, found, _)| (&**known, &**found));
        let mut shown = shown(loaded, &draft, &of, known_and_found, redactions);
        if let Some(home) = home {
            let places = of.iter().flat_map(|(_, recording)| home.places_in(&recording.exchange.response));
            shown.names_itself = each_once(places);
            shown.own_address = (!shown.names_itself.is_empty()).then(|| home.shown());
        }
        proposed.push(Proposed { shown, draft, service, numbers, known });
    }
    let left_out = without_content(&exchanges).into_iter().map(|at| {
        let request = &exchanges[at].request;
        format!("{} {}: {WITHOUT_CONTENT}", request.method, percent_decode(request.target.as_str()))
    });
    left_out.collect()
}

/// The fixture that a draft is one of, in what its answers differ from that, and the exchange that does. Several may speak of the
/// request, where nothing that is kept of it tells them apart: passwords that were taken out, or a state. Then it is the one that
/// the answers keep, or else the one that promises such a status, was made of such a request, or differs least.
fn known(
    index: &Index,
    home: Option<&Home>,
    draft: &Draft,
    exchanges: &[Recorded],
) -> Option<(Arc<Fixture>, Vec<Mismatch>, usize)> {
    // What came before there was anything, or after it was gone, is not what is promised.
    let status = draft.fixture.promise()?.status;
    let promised: Vec<usize> =
        draft.exchanges.iter().copied().filter(|at| exchanges[*at].response.status.as_u16() == status).collect();
    let first = *promised.first()?;
    let mut speaking = index.that_speak_of(&Incoming::new(&exchanges[first].request));
    // What is made anew in each run is another thing each time, and a secret that was refused is sent by nobody.
    let wanted = whichever(&draft.fixture.request);
    if draft.sends_refused || wanted != draft.fixture.request {
        let of_such = |place: &usize| {
            let request = &index.promises()[*place].request;
            request.path == wanted.path && whichever(request) == wanted
        };
        speaking.extend((0..index.promises().len()).filter(of_such));
    }
    speaking.sort_unstable();
    speaking.dedup();
    let speaking = speaking.into_iter().map(|place| {
        let fixture = &index.promises()[place];
        let differs = |at: usize| {
            let Recorded { request, response, .. } = &exchanges[at];
            let judged = |promise| {
                // The recordings use this address already.
                let at_home = home.map(|home| promise_at(promise, &home.origins, home.here()));
                let promise = at_home.as_deref().unwrap_or(promise);
                let mut found = judge(promise, &fixture.verify.status, &request.method, response).mismatches;
                // What is not held against backends, as a stream of events, is another one each time.
                found.retain(|mismatch| fixture.verify.skip.is_none() || mismatch.kind == Kind::Status);
                found
            };
            // One of its answers is enough; what differs is told of the promised one, which is accepted into.
            let is_kept = fixture.responses.iter().any(|promise| judged(promise).is_empty());
            let shown = fixture.promise().unwrap_or(&fixture.responses[0]);
            (!is_kept).then(|| (judged(shown), at))
        };
        let (found, at) = promised.iter().find_map(|at| differs(*at)).unwrap_or((Vec::new(), first));
        (Arc::clone(fixture), found, at)
    });
    let is_other_status = |found: &[Mismatch]| found.iter().any(|mismatch| mismatch.kind == Kind::Status);
    let known = speaking.min_by_key(|(fixture, found, _)| {
        (!found.is_empty(), is_other_status(found), fixture.request != draft.fixture.request, found.len())
    })?;
    // What was refused is another promise than what was not, where a stub can tell them apart.
    let is_another = draft.sends_refused && is_other_status(&known.1) && is_told_apart(&draft.fixture, &known.0);
    (!is_another).then_some(known)
}

/// A request about any of those things that earlier answers made.
fn whichever(request: &RequestPromise) -> RequestPromise {
    let mut request = request.clone();
    for field in &mut request.params {
        if let FieldMatcher::Rule(rule) = &mut field.matcher
            && rule.example.as_ref().and_then(Json::as_str).is_some_and(|example| Pattern::parse(example).is_open())
        {
            rule.checks = vec![Check::Any];
        }
    }
    request
}

/// Whether a stub with both answers what the first is asked for with that, and no more than that.
fn is_told_apart(first: &Fixture, second: &Arc<Fixture>) -> bool {
    let plain = |fixture: &Fixture, id: &str| {
        Arc::new(Fixture { id: id.into(), priority: 0, when: Vec::new(), ..fixture.clone() })
    };
    let Ok(request) = stub_request(first, "") else { return false };
    // Where nothing else tells them apart, their names do: each has the one that comes first.
    [("a", "b"), ("b", "a")].into_iter().all(|(own, other)| {
        let index = Index::new("", [plain(first, own), plain(second, other)]);
        let chosen = index.choose(&Incoming::new(&request), &State::new());
        matches!(chosen, Choice::Promise(place) if *index.promises()[place].id == *own)
    })
}

fn answered(of: &[&(u64, Recording)]) -> Vec<(u16, usize)> {
    let mut all: BTreeMap<u16, usize> = BTreeMap::new();
    for (_, recording) in of {
        *all.entry(recording.exchange.response.status.as_u16()).or_default() += 1;
    }
    all.into_iter().collect()
}

/// How many ways are told in which exchanges are not as described.
const VIOLATIONS_MAX: usize = 10;

/// In what exchanges are not as the service's description says. Credentials were taken out, and are not missed.
fn not_as_described(loaded: &LoadedService, of: &[&(u64, Recording)]) -> Vec<String> {
    let Some(description) = loaded.description() else { return Vec::new() };
    let mut all: Vec<String> = Vec::new();
    for (_, Recording { exchange, cut, .. }) in of {
        // Of half a body nobody knows what it was.
        if cut.is_some() {
            continue;
        }
        let conformity = description.judge(&exchange.request, &exchange.response, &loaded.service.base);
        let undescribed =
            conformity.undescribed.iter().map(|(place, _)| format!("answer's body {place}: is not described"));
        for told in conformity.violations.iter().map(ToString::to_string).chain(undescribed) {
            if all.len() < VIOLATIONS_MAX && !all.contains(&told) {
                all.push(told);
            }
        }
    }
    all
}

fn shown(
    loaded: &LoadedService,
    draft: &Draft,
    of: &[&(u64, Recording)],
    known: Option<(&Fixture, &[Mismatch])>,
    redactions: Vec<RedactionReport>,
) -> Proposal {
    let Fixture { id, request, responses, verify, .. } = &draft.fixture;
    let named = |kind: &str, fields: &[Field]| -> Vec<String> {
        let asked = fields.iter().filter(|field| !field.matcher.asks_nothing());
        asked.map(|field| format!("{kind} {}", field.name)).collect()
    };
    let one = request.params.iter().filter_map(|field| Some(format!("{} {}", field.name, only_value(field)?)));
    let mut asks: Vec<String> = one.collect();
    asks.extend([named("query", &request.query), named("header", &request.headers)].concat());
    asks.extend(request.body.as_ref().map(|body| match body {
        RequestBody::Json(_) => "JSON body".to_owned(),
        RequestBody::Form(_) | RequestBody::Multipart(_) => "form".to_owned(),
        _ => "body".to_owned(),
    }));
    let mut statuses: Vec<u16> = responses.iter().map(|response| response.status).collect();
    statuses.dedup();
    let rules = responses.iter().flat_map(|response| &response.rules);
    let rules = rules.map(|rule| (rule.path.as_str().to_owned(), flow_value(&rule_value(&rule.rule))));
    let states = draft.fixture.all_when().map(|when| when.name.clone());
    let sets = draft.fixture.all_set();
    Proposal {
        id: format!("{}/{id}", loaded.service.name),
        service: loaded.service.name.clone(),
        method: request.method.to_string(),
        path: request.path.to_string(),
        query: query(&request.query),
        target: of[0].1.exchange.request.target.to_string(),
        statuses,
        news: match known {
            None => News::New,
            Some((_, [])) => News::Same,
            Some(_) => News::Changed,
        },
        fixture: known.map(|(known, _)| known.id.to_string()),
        file: known.map(|(known, _)| known.file.to_string()),
        differences: known.map_or_else(Vec::new, |(_, found)| found.iter().map(DifferenceReport::new).collect()),
        exchanges: draft.exchanges.len(),
        answered: answered(of),
        not_as_described: not_as_described(loaded, of),
        since: of[0].1.unix_millis,
        redactions,
        asks,
        states: each_once(states),
        sets: each_once(sets.map(|(name, value)| format!("{name} {value}"))),
        rules: each_once(rules),
        after: verify.after.iter().flatten().chain(&verify.again).cloned().collect(),
        skip: verify.skip.clone(),
        own_address: None,
        names_itself: Vec::new(),
    }
}

/// What several answers may say, once.
fn each_once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut out: Vec<T> = Vec::new();
    for one in all {
        if !out.contains(&one) {
            out.push(one);
        }
    }
    out
}

/// The one value that a parameter of a path may have.
fn only_value(field: &Field) -> Option<String> {
    let FieldMatcher::Rule(rule) = &field.matcher else { return None };
    rule.checks.iter().find_map(|check| match check {
        Check::Equals(value) => Some(value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)),
        _ => None,
    })
}

/// The parameters that a proposal asks for, as people read them.
fn query(fields: &[Field]) -> String {
    let pairs = fields.iter().flat_map(|Field { name, matcher }| match matcher {
        FieldMatcher::Equals(value) => vec![format!("{name}={value}")],
        FieldMatcher::List(values) => values.iter().map(|value| format!("{name}={value}")).collect(),
        FieldMatcher::Rule(rule) => vec![format!("{name}={}", flow_value(&rule_value(rule)))],
    });
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}
