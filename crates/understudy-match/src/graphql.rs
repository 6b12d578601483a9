//! GraphQL requests: how they are sent over HTTP, and what a fixture writes of them.

use crate::difference::{Sink, cost};
use crate::hold::{Base, hold};
use crate::incoming::Incoming;
use crate::mismatch::{NOTHING, shorten};
use crate::rule::equals;
use understudy_exchange::graphql::{Document, SyntaxError};
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

/// What was received.
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
            one(wanted, rules, strict, received, "", sink);
            by_rules(&written_members(wanted), &received.members, rules, sink);
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
            for (at, (wanted, received)) in wanted.iter().zip(all).enumerate() {
                one(wanted, rules, strict, received, &format!("[{at}] "), sink);
            }
            let written = Json::Array(wanted.iter().map(written_members).collect());
            by_rules(&written, &Json::Array(all.iter().map(|one| one.members.clone()).collect()), rules, sink);
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

fn one(wanted: &Graphql, rules: &[PathRule], strict: bool, received: &Operation, at: &str, sink: &mut Sink) {
    if let Some(operation) = &wanted.operation
        && received.name() != Some(operation)
    {
        let named = received.name().unwrap_or(NOTHING).to_owned();
        sink.add_at_cost(cost::DOCUMENT, || (format!("{at}operation"), operation.clone(), named));
    }
    let is_ruled = rules.iter().any(|rule| rule.path.as_str().ends_with(".query"));
    if let Some(query) = wanted.query.as_ref().filter(|_| !is_ruled) {
        compare_query(query, received, at, sink);
    }
    if !rules.is_empty() {
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
        for mismatch in hold(Some(value), received, &[], Base::Written { strict }).mismatches {
            sink.add(|| (format!("{at}{name} {}", mismatch.path), mismatch.expected, mismatch.received));
        }
    }
}

/// What rules are applied to beside what was received.
fn written_members(wanted: &Graphql) -> Json {
    let members = [("variables", &wanted.variables), ("extensions", &wanted.extensions)];
    let members = members.into_iter().filter_map(|(name, value)| Some((JsonString::new(name), value.clone()?)));
    Json::Object(members.collect())
}

fn by_rules(written: &Json, received: &Json, rules: &[PathRule], sink: &mut Sink) {
    if !rules.is_empty() {
        crate::body::add_held(hold(Some(written), received, rules, Base::Written { strict: false }), rules, sink);
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
