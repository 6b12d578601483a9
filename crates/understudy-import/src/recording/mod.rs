//! From recorded exchanges to fixtures that a colleague would have written by hand.
//!
//! Nothing is guessed that the exchanges do not show. A part of a path is a parameter because it looks like one, or because a body
//! names it as an id. A value is captured because an earlier response gave it and its place says that it is the same. A rule is
//! written because two responses to one request differed there. Whoever sends the recorded requests again in the recorded order gets
//! the recorded responses.
//!
//! [`session::Session`] is the central type. Its parts are computed in this order, and no part depends on a later one:
//! `conditions` replaces partial responses by complete ones; `secrets`, `call` (with `content`, `place`, `given` and
//! `html`) and `flow` follow values; `endpoint` finds parameters; `group` finds the exchanges of one request; `states`
//! and `order` compute the states of a stub and the order of a run; `draft` writes the fixtures.

mod call;
mod conditions;
mod content;
mod draft;
mod ending;
mod endpoint;
mod exchange;
mod fingerprint;
mod flow;
mod given;
mod graphql;
mod group;
mod header_names;
mod html;
mod ids;
mod look;
mod merge;
mod moving;
mod naming;
mod order;
mod paths;
mod place;
mod rules;
mod secrets;
mod sent_headers;
mod session;
mod states;
mod telling;
mod texts;
mod varying;
mod words;

pub use conditions::{WITHOUT_CONTENT, without_content};
pub use merge::merge;

use bytes::Bytes;
use call::CallBody;
use conditions::unconditional;
use draft::{Files, fields};
use http::{HeaderMap, Method, StatusCode};
use ids::{GroupId, Id, Table};
use order::{Order, orders};
use session::Session;
use states::{Responses, Step};
use understudy_exchange::redact::Redaction;
use understudy_exchange::{Request, Response};
use understudy_fixture::model::{Fixture, MethodMatcher, PathTemplate, RequestBody, RequestPromise, Select, Verify};

/// One exchange: without secrets, its bodies without content codings.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The request; its path has the service's `base` before it.
    pub request: Request,
    /// The response.
    pub response: Response,
    /// The secrets that were replaced in the two.
    pub redactions: Vec<Redaction>,
}

/// A fixture that is proposed.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The fixture; its id is a free choice.
    pub fixture: Fixture,
    /// The id without a folder, if the recording has nothing else in that folder.
    pub lone_id: Option<String>,
    /// Body files that go with it, relative to the service's folder.
    pub files: Vec<(String, Bytes)>,
    /// The exchanges that it stands for, by their positions.
    pub exchanges: Vec<usize>,
    /// True if the request sends a placeholder for a secret that was refused. Its exchanges do not match such requests.
    pub sends_refused: bool,
}

/// Returns true if a fixture can express the exchange: it has a standard method, and a final response with a meaning
/// (RFC 9110, sections 9.1 and 15).
pub(crate) fn is_promised(method: &Method, status: StatusCode) -> bool {
    (200..=599).contains(&status.as_u16()) && !method.as_str().contains(|c: char| c.is_ascii_lowercase())
}

/// Makes fixtures of these exchanges, which are in the order in which they happened.
#[must_use]
pub fn drafts(exchanges: &[Recorded], base: &str) -> Vec<Draft> {
    let exchanges = unconditional(exchanges);
    let session = Session::of(&exchanges, base);
    let responses = Responses::new(&session);
    let orders = orders(&session, &responses);
    let steps = responses.steps();
    session.groups.ids().map(|group| draft(&session, group, &orders[group], &steps)).collect()
}

fn draft(session: &Session<'_>, group: GroupId, order: &Order, steps: &Table<GroupId, Vec<Step>>) -> Draft {
    let (of, steps, id) = (&session.groups[group], &steps[group], session.ids[group].as_str());
    let exchange = session.verified(group);
    let mut files = Files::new(id);
    let request = draft::request(of, exchange, &mut files);
    let (mut responses, verified) = draft::responses(of, steps, &session.exchanges, &request, &mut files);
    let take_turns = steps.windows(2).any(|pair| pair[0].when == pair[1].when);
    let set = match responses.as_mut_slice() {
        [only] => std::mem::take(&mut only.set),
        _ => Vec::new(),
    };
    let name = |group: &GroupId| session.ids[*group].clone();
    let verify = Verify {
        skip: order.skip.clone(),
        safe: exchange.call.only_reads(),
        after: (!order.after.is_empty()).then(|| order.after.iter().map(name).collect()),
        again: order.again.iter().map(name).collect(),
        follows: order.follows.iter().map(name).collect(),
        capture: session.captures(group),
        ..Verify::default()
    };
    let mut fixture = Fixture {
        id: id.into(),
        file: format!("{id}.yaml").into(),
        name: None,
        owner: None,
        tags: Vec::new(),
        enabled: true,
        priority: 0,
        request,
        select: if take_turns { Select::InOrder } else { Select::Cycle },
        responses,
        when: Vec::new(),
        set,
        verify,
    };
    if fixture.verified_response() != Some(verified) {
        fixture.verify.response = Some(verified);
    }
    let exchanges = of.of.iter().map(|exchange| exchange.place()).collect();
    let lone_id = session.lone_ids[group].clone();
    Draft { fixture, lone_id, files: files.into_all(), exchanges, sends_refused: exchange.sends_refused() }
}

/// Returns the request of a fixture for a single exchange: method, path, query, and the values of a form or JSON body.
/// The origin of its values is unknown. Redacted secrets become placeholders that match any value.
#[must_use]
pub fn asked(request: &Request, redactions: &[Redaction], base: &str) -> RequestPromise {
    let response = Response { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::new() };
    let recorded = [Recorded { request: request.clone(), response, redactions: redactions.to_vec() }];
    let mut flow = flow::Flow::new(&recorded, base);
    let call = flow.next(&recorded[0], None).call;
    RequestPromise {
        method: MethodMatcher::Is(call.method),
        path: PathTemplate { segments: call.path.iter().map(endpoint::written).collect() },
        params: Vec::new(),
        query: fields(&call.query),
        headers: Vec::new(),
        cookies: Vec::new(),
        body: match call.body {
            CallBody::Json(value) => Some(RequestBody::Json(value)),
            CallBody::Graphql(operation) => Some(RequestBody::Graphql(operation)),
            CallBody::Form(pairs) => Some(RequestBody::Form(fields(&pairs))),
            _ => None,
        },
        rules: Vec::new(),
        strict: false,
    }
}
