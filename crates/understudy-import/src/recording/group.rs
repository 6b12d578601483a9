//! Which exchanges are one request.

use super::call::Call;
use super::conditions::is_not_modified;
use super::endpoint::shape;
use super::exchange::Exchange;
use super::fingerprint::is_same;
use super::ids::{ExchangeId, Table};
use super::is_promised;
use super::sent_headers::Telling;
use super::telling::{Pinned, Told, by_headers, differing_headers};
use super::varying::{Outline, Rules, rules};
use http::Method;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use understudy_exchange::Json;
use understudy_fixture::model::{Pattern, Segment, SegmentPart};

/// The maximum number of responses to one request.
pub(super) const RESPONSES_MAX: usize = 50;

/// The exchanges of one request, in their order.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) of: Vec<ExchangeId>,
    /// The header fields that distinguish these exchanges from similar ones.
    pub(super) telling: Vec<Telling>,
    /// The exchange that is verified: the first one that succeeded, if any. The resource may not have existed at first.
    pub(super) verified: ExchangeId,
    /// The values of the distinguishing fields that a stub compares.
    pub(super) pinned: Vec<Pinned>,
    /// The header fields that differ between the exchanges, or that some exchanges lack. A stub does not compare them.
    pub(super) differing: BTreeSet<String>,
    /// True if the path also stands for similar paths.
    pub(super) is_general: bool,
    /// The names of the values that distinguish this request from others. A stub compares exactly these values.
    pub(super) told_apart: BTreeSet<String>,
    /// The rules for the values that change each time.
    pub(super) varying: Rules,
}

type Exchanges<'r> = Table<ExchangeId, Exchange<'r>>;

/// The requests of a recording, in the order of the exchanges that are verified.
pub(super) fn groups(exchanges: &Exchanges<'_>) -> Vec<Group> {
    let mut groups = generalized(same(exchanges), exchanges);
    for group in &mut groups {
        group.of.sort_unstable();
        group.differing = differing_headers(&group.of, exchanges);
        let is_success = |at: &&ExchangeId| exchanges[**at].recorded.response.status.is_success();
        group.verified = *group.of.iter().take(RESPONSES_MAX).find(is_success).unwrap_or(&group.of[0]);
    }
    groups.sort_by_key(|group| group.verified);
    groups
}

/// Groups equal requests. Requests that get different responses are split by the values of earlier responses in them,
/// and by the header fields that distinguish them.
fn same(exchanges: &Exchanges<'_>) -> Vec<Group> {
    let mut groups = Vec::new();
    let requests = by_request(exchanges);
    let mut differing = differing_names(&requests, exchanges);
    for (of, varying) in requests {
        let mut several = names_of_several(&of, exchanges);
        several.extend(differing.remove(&of[0]).unwrap_or_default());
        let mut by_value: BTreeMap<Vec<(&str, &str)>, Vec<ExchangeId>> = BTreeMap::new();
        for at in of {
            let mut values = exchanges[at].given_values();
            values.retain(|(name, _)| several.contains(name));
            by_value.entry(values).or_default().push(at);
        }
        for (values, of) in by_value {
            let told_apart: BTreeSet<String> = values.into_iter().map(|(name, _)| name.to_owned()).collect();
            for Told { of, telling, pinned } in by_headers(of, exchanges) {
                let (told_apart, varying) = (told_apart.clone(), varying.clone());
                groups.push(Group {
                    verified: of[0],
                    differing: BTreeSet::new(),
                    of,
                    telling,
                    pinned,
                    is_general: false,
                    told_apart,
                    varying,
                });
            }
        }
    }
    groups
}

/// Groups exchanges by their requests, without the values that change each time. A value changes each time if its name
/// shows it, or if requests that differ only in the value get the same response.
fn by_request(exchanges: &Exchanges<'_>) -> Vec<(Vec<ExchangeId>, Rules)> {
    let mut outlines: HashMap<ExchangeId, Outline> = HashMap::new();
    let mut by_outline: BTreeMap<String, BTreeMap<String, Vec<ExchangeId>>> = BTreeMap::new();
    for (at, exchange) in exchanges.iter() {
        // The server itself responds to preflight requests.
        let is_preflight = exchange.call.method == Method::OPTIONS;
        let is_said = is_promised(&exchange.call.method, exchange.recorded.response.status);
        if !is_preflight && is_said && !is_not_modified(exchange.recorded) {
            let outline = Outline::of(exchange);
            let own = by_outline.entry(outline.key().to_owned()).or_default();
            own.entry(outline.sure_key().to_owned()).or_default().push(at);
            outlines.insert(at, outline);
        }
    }
    let mut all = Vec::new();
    let mut alone: Vec<usize> = Vec::new();
    for own in by_outline.into_values() {
        let every: Vec<ExchangeId> = own.values().flatten().copied().collect();
        let is_one_response = every.iter().all(|at| exchanges[*at].fingerprint == exchanges[every[0]].fingerprint);
        let mut requests: Vec<Vec<ExchangeId>> =
            if is_one_response { vec![every] } else { own.into_values().collect() };
        if requests.len() == 1 {
            alone.push(all.len());
        }
        for of in &mut requests {
            of.sort_unstable();
            let outlines: Vec<&Outline> = of.iter().map(|at| &outlines[at]).collect();
            all.push((std::mem::take(of), rules(&outlines)));
        }
    }
    spread(&mut all, &alone, &outlines, exchanges);
    all
}

/// Applies the rules of one request of an endpoint to its other requests: one sample of each event is enough. Requests
/// that differ only in such a value and get different responses stay separate.
fn spread(
    requests: &mut [(Vec<ExchangeId>, Rules)],
    alone: &[usize],
    outlines: &HashMap<ExchangeId, Outline>,
    exchanges: &Exchanges<'_>,
) {
    let endpoint = |at: ExchangeId| {
        let exchange = &exchanges[at];
        (exchange.call.method.to_string(), shape(&exchange.endpoint).join("/"), exchange.call.operations())
    };
    let mut known: BTreeMap<_, Rules> = BTreeMap::new();
    for (of, rules) in requests.iter().filter(|(_, rules)| !rules.is_empty()) {
        known.entry(endpoint(of[0])).or_default().extend(rules.clone());
    }
    for at in alone {
        let (of, rules) = &mut requests[*at];
        if let Some(known) = known.get(&endpoint(of[0])) {
            let own = outlines[&of[0]].checks();
            rules.extend(own.into_iter().filter(|(spot, _)| known.contains_key(spot)));
        }
    }
}

/// The names of the values in which these requests differ, if they get different responses.
fn names_of_several<'e>(of: &[ExchangeId], exchanges: &'e Exchanges<'_>) -> BTreeSet<&'e str> {
    let first = &exchanges[of[0]];
    if of.iter().all(|at| exchanges[*at].fingerprint == first.fingerprint) {
        return BTreeSet::new();
    }
    let known = first.given_values();
    let others = of.iter().flat_map(|at| exchanges[*at].given_values());
    others.filter(|value| !known.contains(value)).map(|(name, _)| name).collect()
}

/// For each request, the names of values in which it differs from requests that are otherwise equal. Each value is
/// compared exactly, since a stub cannot distinguish `{{todoId}}` from `{{todoId2}}`.
fn differing_names<'e>(
    requests: &[(Vec<ExchangeId>, Rules)],
    exchanges: &'e Exchanges<'_>,
) -> HashMap<ExchangeId, BTreeSet<&'e str>> {
    let mut alike: BTreeMap<String, Vec<ExchangeId>> = BTreeMap::new();
    for (of, _) in requests {
        if !exchanges[of[0]].given_values().is_empty() {
            alike.entry(nameless(&exchanges[of[0]].call).key()).or_default().push(of[0]);
        }
    }
    let mut differing = HashMap::new();
    for of in alike.into_values().filter(|of| of.len() > 1) {
        let names = |at: ExchangeId| -> BTreeSet<&str> {
            exchanges[at].given_values().into_iter().map(|(name, _)| name).collect()
        };
        let common = of.iter().skip(1).fold(names(of[0]), |common, other| &common & &names(*other));
        differing.extend(of.iter().map(|at| (*at, &names(*at) - &common)));
    }
    differing
}

/// Returns the call with the same name for all values.
fn nameless(call: &Call) -> Call {
    use super::call::CallBody;
    let pattern = |pattern: &Pattern| match pattern.as_placeholder() {
        Some(_) => Pattern::parse("\u{0}"),
        None => pattern.clone(),
    };
    fn body(value: &Json) -> Json {
        match value {
            Json::Array(items) => Json::Array(items.iter().map(body).collect()),
            Json::Object(members) => {
                Json::Object(members.iter().map(|(name, value)| (name.clone(), body(value))).collect())
            }
            Json::String(text) if Pattern::parse(text.as_str()).is_open() => Json::string("\u{0}"),
            other => other.clone(),
        }
    }
    let fields = |fields: &[(String, Pattern)]| -> Vec<(String, Pattern)> {
        fields.iter().map(|(name, value)| (name.clone(), pattern(value))).collect()
    };
    let mut out = call.clone();
    out.path = call.path.iter().map(pattern).collect();
    out.query = fields(&call.query);
    match &mut out.body {
        CallBody::Json(value) => *value = body(value),
        CallBody::Graphql(operation) => operation.variables = operation.variables.as_ref().map(body),
        CallBody::Form(own) => *own = fields(own),
        _ => {}
    }
    out
}

/// Merges requests that differ only in path parameters. The first request stands for all similar paths. Requests with
/// the same response join its fixture; the others keep their own paths.
fn generalized(groups: Vec<Group>, exchanges: &Exchanges<'_>) -> Vec<Group> {
    let shape = |at: ExchangeId| format!("{} {}", exchanges[at].call.method, shape(&exchanges[at].endpoint).join("/"));
    let has_placeholder = |at: ExchangeId| {
        let is_placeholder =
            |segment: &Segment| matches!(segment, Segment::Parameter(SegmentPart::Placeholder(_)) | Segment::Mixed(_));
        exchanges[at].endpoint.segments.iter().any(is_placeholder)
    };
    // If an earlier response gave one of the values, that fixture stands for any value, and the others keep theirs.
    let named: BTreeSet<String> = exchanges.ids().filter(|at| has_placeholder(*at)).map(shape).collect();
    let mut groups = groups;
    groups.sort_by_key(|group| group.of[0]);
    let mut out: Vec<Group> = Vec::new();
    let mut general: HashMap<String, usize> = HashMap::new();
    for mut group in groups {
        let first = &exchanges[group.of[0]];
        let shape = shape(group.of[0]);
        let has_parameters = first.endpoint.parameters().next().is_some();
        if !has_parameters || named.contains(&shape) {
            out.push(group);
            continue;
        }
        let like = format!("{shape} {:?} {:?} {:?}", first.call.query, first.call.body, group.telling);
        match general.get(&like) {
            Some(at)
                if is_same(&exchanges[out[*at].of[0]].recorded.response, &first.recorded.response)
                    && group.of.len() == 1 =>
            {
                out[*at].of.append(&mut group.of);
            }
            Some(_) => out.push(group),
            None => {
                general.insert(like, out.len());
                group.is_general = true;
                out.push(group);
            }
        }
    }
    out
}
