//! GraphQL requests: how they are sent over HTTP, and what a fixture writes of them.

use crate::difference::{Sink, cost};
use crate::hold::{Base, hold};
use crate::incoming::Incoming;
use crate::mismatch::{NOTHING, shorten};
use crate::rule::equals;
use understudy_exchange::graphql::{Document, SyntaxError};
use understudy_exchange::jsonpath::Work;
use understudy_exchange::{Json, JsonString, MediaType};
use understudy_fixture::model::{Graphql, GraphqlQuery, PathRule, Pattern};

/// One received request.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its members: `query`, `operationName`, `variables`, `extensions`.
    members: Json,
    /// The document of `query`.
    document: Option<Result<Document, SyntaxError>>,
}

/// The received GraphQL request.
#[derive(Debug)]
pub(crate) enum Received {
    One(Operation),
    Batch(Vec<Operation>),
}

impl Operation {
    fn new(members: Json) -> Self {
        let document = members.member("query").and_then(Json::as_str).map(Document::parse);
        Self { members: with_variables(members), document }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.member(name).and_then(Json::as_str)
    }

    fn name(&self) -> Option<&str> {
        let only = || self.document.as_ref().and_then(|document| document.as_ref().ok()?.only_operation()?);
        self.text("operationName").or_else(only)
    }
}

/// Some clients send the variables as a text that holds JSON.
fn with_variables(members: Json) -> Json {
    let Json::Object(mut members) = members else { return members };
    for (name, value) in &mut members {
        if name.is("variables")
            && let Some(read) = value.as_str().and_then(|text| Json::parse(text.as_bytes()).ok())
        {
            *value = read;
        }
    }
    Json::Object(members)
}

/// Reads the body of a request, or the query parameters of one without: an object, a list of objects, or the document
/// itself (`application/graphql`).
pub(crate) fn read(incoming: &Incoming<'_>) -> Option<Received> {
    match incoming.json() {
        Some(body @ Json::Object(_)) => return Some(Received::One(Operation::new(body.clone()))),
        Some(Json::Array(items)) if items.iter().all(|item| matches!(item, Json::Object(_))) => {
            return Some(Received::Batch(items.iter().cloned().map(Operation::new).collect()));
        }
        _ => {}
    }
    let pair = |wanted: &str| incoming.query().iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let is_document = MediaType::parse(incoming.content_type()).essence() == "application/graphql";
    let query = match is_document {
        true => String::from_utf8_lossy(incoming.body()),
        false => pair("query")?,
    };
    let mut members = vec![("query", Json::string(query))];
    members.extend(pair("operationName").map(|name| ("operationName", Json::string(name))));
    for name in ["variables", "extensions"] {
        members.extend(pair(name).and_then(|text| Json::parse(text.as_bytes()).ok()).map(|value| (name, value)));
    }
    let members = members.into_iter().map(|(name, value)| (JsonString::new(name), value));
    Some(Received::One(Operation::new(Json::Object(members.collect()))))
}

/// Compares one request.
pub(crate) fn compare(wanted: &Graphql, rules: &[PathRule], strict: bool, incoming: &Incoming<'_>, sink: &mut Sink) {
    match incoming.graphql() {
        Some(Received::One(received)) => {
            let written = Written::of_one(wanted, rules);
            let requested = Requested { wanted, is_ruled: written.is_ruled[0], has_rules: !rules.is_empty(), strict };
            requested.compare(received, "", sink);
            let strict_from = strict.then_some(1);
            by_rules(&written.body, &received.members, rules, strict_from, incoming.work(), sink);
        }
        Some(Received::Batch(all)) => {
            let count = format!("a batch of {}", all.len());
            sink.add_at_cost(cost::DOCUMENT, || {
                ("graphql".to_owned(), "one request (a batch is a list under `graphql`)".to_owned(), count)
            });
        }
        None => sink.add_at_cost(cost::DOCUMENT, || no_request(incoming)),
    }
}

/// Compares a list of requests, in its order.
pub(crate) fn compare_batch(
    wanted: &[Graphql],
    rules: &[PathRule],
    strict: bool,
    incoming: &Incoming<'_>,
    sink: &mut Sink,
) {
    match incoming.graphql() {
        Some(Received::Batch(all)) if all.len() == wanted.len() => {
            let written = Written::of_batch(wanted, rules);
            for (at, (wanted, received)) in wanted.iter().zip(all).enumerate() {
                let is_ruled = written.is_ruled[at];
                let requested = Requested { wanted, is_ruled, has_rules: !rules.is_empty(), strict };
                requested.compare(received, &format!("[{at}] "), sink);
            }
            let sent = Json::Array(all.iter().map(|one| one.members.clone()).collect());
            by_rules(&written.body, &sent, rules, strict.then_some(2), incoming.work(), sink);
        }
        Some(received) => {
            let count = match received {
                Received::One(_) => "one request".to_owned(),
                Received::Batch(all) => format!("a batch of {}", all.len()),
            };
            sink.add_at_cost(cost::DOCUMENT, || ("graphql".to_owned(), format!("a batch of {}", wanted.len()), count));
        }
        None => sink.add_at_cost(cost::DOCUMENT, || no_request(incoming)),
    }
}

fn no_request(incoming: &Incoming<'_>) -> (String, String, String) {
    ("body".to_owned(), "a GraphQL request".to_owned(), crate::bytes::show_bytes(incoming.body()))
}

/// One request of a fixture.
struct Requested<'w> {
    wanted: &'w Graphql,
    /// A rule speaks for the document.
    is_ruled: bool,
    /// There are rules, which the variables and extensions are compared with.
    has_rules: bool,
    strict: bool,
}

impl Requested<'_> {
    fn compare(&self, received: &Operation, at: &str, sink: &mut Sink) {
        let wanted = self.wanted;
        if let Some(operation) = &wanted.operation
            && received.name() != Some(operation)
        {
            let named = received.name().unwrap_or(NOTHING).to_owned();
            sink.add_at_cost(cost::DOCUMENT, || (format!("{at}operation"), operation.clone(), named));
        }
        if let Some(query) = wanted.query.as_ref().filter(|_| !self.is_ruled) {
            compare_query(query, received, at, sink);
        }
        if self.has_rules {
            return;
        }
        for (name, value) in [("variables", &wanted.variables), ("extensions", &wanted.extensions)] {
            let Some(value) = value else { continue };
            let Some(received) = received.members.member(name) else {
                // A persisted query is known by its extensions alone.
                let cost = if name == "extensions" { cost::DOCUMENT } else { cost::VALUE };
                sink.add_at_cost(cost, || (format!("{at}{name}"), crate::mismatch::show(value), NOTHING.to_owned()));
                continue;
            };
            for mismatch in hold(Some(value), received, &[], Base::written(self.strict), &Work::default()).mismatches {
                sink.add(|| (format!("{at}{name} {}", mismatch.path), mismatch.expected, mismatch.received));
            }
        }
    }
}

/// The expected side, to which rules are applied beside the received side.
pub(crate) struct Written {
    /// The members that are compared as JSON. The document is one of them only if a rule speaks for it.
    pub(crate) body: Json,
    /// For each request, whether a rule speaks for its document.
    pub(crate) is_ruled: Vec<bool>,
}

impl Written {
    pub(crate) fn of_one(wanted: &Graphql, rules: &[PathRule]) -> Self {
        Self::new(members(wanted), rules)
    }

    pub(crate) fn of_batch(wanted: &[Graphql], rules: &[PathRule]) -> Self {
        Self::new(Json::Array(wanted.iter().map(members).collect()), rules)
    }

    fn new(mut body: Json, rules: &[PathRule]) -> Self {
        let ruled: Vec<&Json> = rules.iter().flat_map(|rule| rule.path.select_values(&body)).collect();
        let is_ruled = |request: &Json| {
            let query = request.member("query");
            query.is_some_and(|query| ruled.iter().any(|value| std::ptr::eq(*value, query)))
        };
        let is_ruled: Vec<bool> = match &body {
            Json::Array(all) => all.iter().map(is_ruled).collect(),
            one => vec![is_ruled(one)],
        };
        let requests = match &mut body {
            Json::Array(all) => all.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        for (request, _) in requests.iter_mut().zip(&is_ruled).filter(|(_, is_ruled)| !**is_ruled) {
            if let Json::Object(members) = request {
                members.retain(|(name, _)| !name.is("query"));
            }
        }
        Self { body, is_ruled }
    }
}

fn members(wanted: &Graphql) -> Json {
    let query = wanted.query.as_ref().map(|query| Json::string(query.as_str()));
    let members =
        [("query", query), ("variables", wanted.variables.clone()), ("extensions", wanted.extensions.clone())];
    Json::Object(members.into_iter().filter_map(|(name, value)| Some((JsonString::new(name), value?))).collect())
}

/// Applies rules to the request as it is sent. Objects that are `strict_from` steps below its root or deeper may have no
/// members but the written ones; the operations themselves may.
fn by_rules(
    written: &Json,
    received: &Json,
    rules: &[PathRule],
    strict_from: Option<usize>,
    work: &Work,
    sink: &mut Sink,
) {
    if !rules.is_empty() {
        let held = hold(Some(written), received, rules, Base::Written { strict_from }, work);
        crate::body::add_held(held, rules, sink);
    }
}

fn compare_query(wanted: &GraphqlQuery, received: &Operation, at: &str, sink: &mut Sink) {
    let compare = |wanted: &str, received: Option<&str>| {
        let pattern = Pattern::parse(wanted);
        pattern.is_open()
            || received.is_some_and(|received| equals(&Json::string(wanted), &Json::string(received), true))
    };
    match &received.document {
        Some(Ok(document)) => {
            if let Some(difference) = wanted.document().difference(document, &compare) {
                let place = ["graphql".to_owned()].into_iter().chain(difference.place).collect::<Vec<_>>();
                let shown = |side: Option<String>, none: &str| shorten(&side.unwrap_or_else(|| none.to_owned()));
                let cost = if place.len() == 1 { cost::DOCUMENT } else { cost::FIELD };
                sink.add_at_cost(cost, || {
                    let place = format!("{at}{}", place.join(" > "));
                    (place, shown(difference.expected, "nothing else"), shown(difference.received, NOTHING))
                });
            }
        }
        Some(Err(error)) => {
            let text = received.text("query").unwrap_or_default();
            if wanted.as_str().trim() != text.trim() {
                let shown = format!("{} (no GraphQL: {}; compared as text)", shorten(text), error.message);
                sink.add_at_cost(cost::DOCUMENT, || (format!("{at}graphql"), shorten(wanted.as_str()), shown));
            }
        }
        None => {
            let hash = received.members.member("extensions").and_then(|more| more.member("persistedQuery"));
            let shown = match hash {
                Some(_) => "a persisted query, without its text (write `operation` or `extensions`)",
                None => NOTHING,
            };
            sink.add_at_cost(cost::DOCUMENT, || (format!("{at}graphql"), shorten(wanted.as_str()), shown.to_owned()));
        }
    }
}
