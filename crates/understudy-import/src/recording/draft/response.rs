//! The responses of a fixture.

use super::super::Recorded;
use super::super::content::content_type;
use super::super::exchange::Exchange;
use super::super::fingerprint::differing;
use super::super::group::Group;
use super::super::header_names::{RESPONSE_FIELDS, is_left_out, is_never_held};
use super::super::ids::{ExchangeId, Table};
use super::super::states::Step;
use super::body::{Files, response_body};
use super::cookies::settable;
use super::echo::Unsent;
use super::volatile::Samples;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderName, Method};
use std::collections::{BTreeMap, HashMap};
use understudy_exchange::target::percent_decode;
use understudy_exchange::{Json, JsonPath, MediaType, Response, field_value};
use understudy_fixture::model::{Check, HeaderPromise, PathRule, RequestPromise, ResponseBody, ResponsePromise, Rule};

type Exchanges<'r> = Table<ExchangeId, Exchange<'r>>;

/// The responses to a request, and the index of the verified one.
pub(in super::super) fn responses(
    group: &Group,
    steps: &[Step],
    exchanges: &Exchanges<'_>,
    request: &RequestPromise,
    files: &mut Files<'_>,
) -> (Vec<ResponsePromise>, usize) {
    // The same response may be given in several states.
    let mut known: HashMap<ExchangeId, ResponsePromise> = HashMap::new();
    let mut response = |step: &Step| {
        let own = known.entry(step.exchange).or_insert_with(|| one(step, steps, exchanges, request, files));
        ResponsePromise { when: step.when.clone(), set: step.set.clone(), ..own.clone() }
    };
    let at = steps.iter().position(|step| step.alike.contains(&group.verified)).unwrap_or(0);
    (steps.iter().map(&mut response).collect(), at)
}

fn one(
    step: &Step,
    steps: &[Step],
    exchanges: &Exchanges<'_>,
    written: &RequestPromise,
    files: &mut Files<'_>,
) -> ResponsePromise {
    let recorded = exchanges[step.exchange].recorded;
    let Recorded { request, response, redactions } = recorded;
    let others = step.alike.iter().filter(|at| **at != step.exchange).map(|at| &exchanges[*at].recorded.response);
    let target = percent_decode(request.target.as_str());
    let is_sent = |name: &str| written.headers.iter().any(|field| field.name == name);
    let unsent = Unsent::of(recorded, is_sent);
    let samples = Samples { target: &target, promised: response, others: others.collect(), redactions, unsent };
    let body = response_body(response, files);
    let headers = headers(&request.method, &samples, body.as_ref());
    let rules = match &body {
        None => Vec::new(),
        Some(_) if is_json(response, body.as_ref()) => json_rules(&samples),
        // Consecutive responses with no write between them differ in texts that change each time.
        Some(_) => {
            let in_turn = |other: &&Step| other.when == step.when && other.exchange != step.exchange;
            let in_turn = steps.iter().filter(in_turn).map(|other| &exchanges[other.exchange].recorded.response);
            samples.text_rule(in_turn).and_then(|rule| path_rule("$", rule)).into_iter().collect()
        }
    };
    let body = match body {
        // The rule is about the whole text, and not about a part of a document.
        Some(ResponseBody::Xml(xml)) if !rules.is_empty() => Some(ResponseBody::Text(xml.as_str().to_owned())),
        body => body,
    };
    ResponsePromise { rules, ..ResponsePromise::new(response.status.as_u16(), headers, body) }
}

/// The rules for the members of a JSON body that change each time.
fn json_rules(samples: &Samples<'_>) -> Vec<PathRule> {
    let mut rules = Json::parse(&samples.promised.body).map_or_else(|_| Vec::new(), |body| samples.unsent.rules(&body));
    let differing = samples.others.iter().filter_map(|other| differing(samples.promised, other)).flatten();
    let differing: BTreeMap<String, &'static str> = differing.collect();
    for (path, rule) in differing {
        let rule = Rule::from_word(rule).and_then(|rule| path_rule(&path, rule));
        rules.extend(rule.filter(|rule| rules.iter().all(|known| known.path != rule.path)));
    }
    rules
}

/// Returns true if a body is compared as JSON.
fn is_json(response: &Response, body: Option<&ResponseBody>) -> bool {
    let is_called_json = || MediaType::parse(content_type(&response.headers)).is_json();
    matches!(body, Some(ResponseBody::Json(_))) || (is_called_json() && Json::parse(&response.body).is_ok())
}

fn path_rule(path: &str, rule: Rule) -> Option<PathRule> {
    Some(PathRule { path: JsonPath::parse(path).ok()?, rule })
}

fn headers(method: &Method, samples: &Samples<'_>, body: Option<&ResponseBody>) -> Vec<(String, HeaderPromise)> {
    let received = &samples.promised.headers;
    let mut headers: Vec<(String, HeaderPromise)> = Vec::new();
    for name in received.keys().filter(|name| is_written(method, name)) {
        let mut values: Vec<String> = received
            .get_all(name)
            .iter()
            .map(|value| field_value::text(value).into_owned())
            .map(|value| if *name == SET_COOKIE { settable(&value, received) } else { value })
            .collect();
        let promise = match values.as_slice() {
            [only] if *name == CONTENT_TYPE && is_implied(only, body) => continue,
            [only] if *name != SET_COOKIE => samples.header(name.as_str(), only),
            [_] => HeaderPromise::Value(values.remove(0)),
            _ => HeaderPromise::List(values),
        };
        headers.push((name.to_string(), promise));
    }
    // Without `ignore`, the stub would send the default content type of the body.
    if body.is_some() && !received.contains_key(CONTENT_TYPE) {
        headers.push((CONTENT_TYPE.to_string(), HeaderPromise::Rule(Rule::of(Check::Ignore))));
    }
    headers
}

/// Returns true if a fixture lists the header field. Only the response to a `HEAD` lists `content-length`; otherwise
/// the server computes it.
fn is_written(method: &Method, name: &HeaderName) -> bool {
    let is_noise = is_left_out(RESPONSE_FIELDS, name.as_str()) || is_never_held(name.as_str());
    (*name == CONTENT_LENGTH && *method == Method::HEAD) || !is_noise
}

/// Returns true if a stub sends this content type by default.
fn is_implied(content_type: &str, body: Option<&ResponseBody>) -> bool {
    matches!(body, Some(ResponseBody::Json(_))) && MediaType::parse(content_type).essence() == "application/json"
}
