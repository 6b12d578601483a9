//! The header fields that distinguish the different responses to one request.

use super::content::content_type;
use super::exchange::Exchange;
use super::fingerprint::Fingerprint;
use super::header_names::may_matter;
use super::ids::{ExchangeId, Table};
use super::sent_headers::{Telling, accepts_anything, decides};
use http::header::COOKIE;
use http::{HeaderName, StatusCode};
use std::collections::{BTreeMap, BTreeSet};
use understudy_exchange::redact::is_secret_header;
use understudy_exchange::{MediaType, field_value};
use understudy_fixture::model::{Pattern, PatternPart};

/// The maximum number of steps in which a session is followed back to its beginning.
const STEPS_MAX: usize = 20;

type Exchanges<'r> = Table<ExchangeId, Exchange<'r>>;

/// Exchanges that are distinguished by one value of each header field, or by the absence of a field.
pub(super) struct Told {
    pub(super) of: Vec<ExchangeId>,
    /// The fields, and their values in the first exchange.
    pub(super) telling: Vec<Telling>,
    /// The values of fields that a stub compares, because each was given to another user.
    pub(super) pinned: Vec<Pinned>,
}

/// A header field, with the values that distinguish one user from others.
pub(super) type Pinned = (HeaderName, Vec<String>);

/// Splits the exchanges of one request by the header fields that distinguish their responses. Exchanges with one value
/// of a field may be split further by another field: no token, a token with a tenant, and a token with another tenant
/// are three requests.
pub(super) fn by_headers(of: Vec<ExchangeId>, exchanges: &Exchanges<'_>) -> Vec<Told> {
    let samples: Vec<Sample> = of.iter().map(|at| Sample::of(*at, exchanges)).collect();
    let differ = samples.iter().any(|sample| sample.fingerprint != samples[0].fingerprint);
    let Some(name) = differ.then(|| telling_header(&samples)).flatten() else {
        return vec![Told { of, telling: Vec::new(), pinned: Vec::new() }];
    };
    let mut by_value: BTreeMap<Option<&str>, Vec<ExchangeId>> = BTreeMap::new();
    for (sample, at) in samples.iter().zip(&of) {
        by_value.entry(sample.value(name.as_str())).or_default().push(*at);
    }
    let is_user = |value: &&str| value.contains(USER);
    let users: BTreeSet<&str> = by_value.keys().flatten().copied().filter(is_user).collect();
    let sent = |at: &ExchangeId| {
        let value = exchanges[*at].recorded.request.headers.get(&name)?;
        Some(field_value::text(value).into_owned())
    };
    let mut all = Vec::new();
    for (value, of) in by_value {
        let telling = (name.clone(), value.and_then(|_| sent(&of[0])));
        let is_pinned = users.len() > 1 && value.is_some_and(|value| users.contains(value));
        for mut told in by_headers(of, exchanges) {
            told.telling.insert(0, telling.clone());
            if is_pinned {
                let values: BTreeSet<String> = told.of.iter().filter_map(sent).collect();
                told.pinned.insert(0, (name.clone(), values.into_iter().collect()));
            }
            all.push(told);
        }
    }
    all
}

/// The prefix of a user's request in the key of a value.
const USER: char = '\u{0}';

/// The header fields that differ between these exchanges of one request, or that some exchanges lack.
pub(super) fn differing_headers(of: &[ExchangeId], exchanges: &Exchanges<'_>) -> BTreeSet<String> {
    let samples: Vec<Sample> = of.iter().map(|at| Sample::of(*at, exchanges)).collect();
    let names: BTreeSet<&str> = samples.iter().flat_map(|sample| sample.headers.keys().map(String::as_str)).collect();
    let differs = |name: &&str| samples.iter().any(|sample| sample.value(name) != samples[0].value(name));
    names.into_iter().filter(differs).map(str::to_owned).collect()
}

/// The data of an exchange that may distinguish it from others.
struct Sample {
    fingerprint: Fingerprint,
    status: StatusCode,
    /// The media type of the response.
    kind: String,
    /// The relevant fields, with values as a stub can compare them. All values that were given to one user are equal,
    /// and so are all secrets from outside.
    headers: BTreeMap<String, String>,
}

impl Sample {
    fn of(at: ExchangeId, exchanges: &Exchanges<'_>) -> Self {
        let exchange = &exchanges[at];
        let request = &exchange.recorded.request;
        let names = request.headers.keys();
        let names = names.filter(|name| **name != COOKIE && may_matter(&request.method, &request.headers, name));
        let names = names.filter(|name| !accepts_anything(&request.headers, name));
        let headers = names.map(|name| {
            let values: Vec<String> =
                exchange.call.header(name).map(|value| told(value, exchange, exchanges)).collect();
            (name.to_string(), values.join("\n"))
        });
        Self {
            fingerprint: exchange.fingerprint,
            status: exchange.recorded.response.status,
            kind: MediaType::parse(content_type(&exchange.recorded.response.headers)).essence().to_owned(),
            headers: headers.collect(),
        }
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// Returns a value as a stub can compare it.
fn told(value: &Pattern, exchange: &Exchange<'_>, exchanges: &Exchanges<'_>) -> String {
    let part = |part: &PatternPart| match part {
        PatternPart::Text(text) => text.clone(),
        PatternPart::Placeholder(name) => {
            let from = exchange.uses.iter().find(|used| used.name == *name).and_then(|used| used.from);
            from.map_or_else(String::new, |from| format!("{USER}{}", user(from, exchanges)))
        }
    };
    value.parts.iter().map(part).collect()
}

/// The request of the user to whom an exchange gave a value.
fn user(from: ExchangeId, exchanges: &Exchanges<'_>) -> String {
    exchanges[session_begun(from, exchanges)].call.key()
}

/// The exchange that began the session of another exchange. A refreshed token belongs to the same user.
pub(super) fn session_begun(from: ExchangeId, exchanges: &Exchanges<'_>) -> ExchangeId {
    let mut at = from;
    for _ in 0..STEPS_MAX {
        match exchanges[at].sessions().min().filter(|before| *before < at) {
            Some(before) => at = before,
            None => break,
        }
    }
    at
}

/// The header field that distinguishes responses: each of its values, or its absence, has one response.
fn telling_header(samples: &[Sample]) -> Option<HeaderName> {
    let names: BTreeSet<&str> = samples.iter().flat_map(|sample| sample.headers.keys().map(String::as_str)).collect();
    // A range or conditional request is decided by its own fields, whatever else differs.
    let is_deciding =
        |name: &&&str| name.parse().is_ok_and(|name| samples.iter().any(|sample| decides(&name, sample.status)));
    let (deciding, others): (Vec<&&str>, Vec<&&str>) = names.iter().partition(is_deciding);
    // A request without a credential was refused because of that, and not because another field was missing.
    let is_refused = samples.iter().any(|sample| matches!(sample.status.as_u16(), 401 | 403 | 419));
    let (secret, others): (Vec<&&str>, Vec<&&str>) =
        others.into_iter().partition(|name| is_refused && is_secret_header(name));
    let names: Vec<&str> = deciding.into_iter().chain(secret).chain(others).copied().collect();
    // The field distinguishes the responses, or at least their statuses: a list may have grown meanwhile.
    let by_response = |name: &&str| tells(name, samples, |sample| sample.fingerprint);
    let by_status = |name: &&str| tells(name, samples, |sample| sample.status);
    let by_kind = |name: &&str| *name == "accept" && tells(name, samples, |sample| sample.kind.clone());
    let by_presence = |name: &&str| is_demanded(name, samples);
    let found = names.iter().find(|name| by_response(name)).or_else(|| names.iter().find(|name| by_status(name)));
    let found = found.or_else(|| names.iter().find(|name| by_presence(name) || by_kind(name)));
    found.and_then(|name| name.parse().ok())
}

/// Returns true if requests without a header field are refused with other statuses than all those with it.
fn is_demanded(name: &str, samples: &[Sample]) -> bool {
    let statuses = |has: bool| -> BTreeSet<StatusCode> {
        samples.iter().filter(|sample| sample.value(name).is_some() == has).map(|sample| sample.status).collect()
    };
    let (with, without) = (statuses(true), statuses(false));
    !with.is_empty()
        && !without.is_empty()
        && without.iter().all(StatusCode::is_client_error)
        && with.is_disjoint(&without)
}

/// Returns true if each value of a header field goes with one value of `aspect`, and there are several.
fn tells<T: PartialEq>(name: &str, samples: &[Sample], aspect: impl Fn(&Sample) -> T) -> bool {
    let mut seen: BTreeMap<Option<&str>, T> = BTreeMap::new();
    let is_function = samples.iter().all(|sample| {
        let aspect = aspect(sample);
        match seen.get(&sample.value(name)) {
            Some(known) => *known == aspect,
            None => seen.insert(sample.value(name), aspect).is_none(),
        }
    });
    let mut all = seen.into_values();
    let first = all.next();
    is_function && first.is_some_and(|first| all.any(|other| other != first))
}
