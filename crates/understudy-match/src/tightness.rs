//! How much a fixture asks of a request, and how exactly: what decides between fixtures on equally specific paths.

use std::cmp::Reverse;
use understudy_exchange::Json;
use understudy_fixture::model::{Check, FieldMatcher, Fixture, Pattern, RequestBody, RequestPromise, Rule};

/// How much leeway a fixture gives a value. A lower one is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Leeway {
    /// Just one value, or none at all.
    Value = 0,
    /// One of several values.
    Listed = 1,
    /// A pattern or bounds.
    Pattern = 2,
    /// A type or a format.
    Kind = 3,
    /// Whatever is there.
    Presence = 4,
}

/// The tightness of a request's conditions. The lesser one is preferred: it asks for more, or for as much with less leeway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tightness {
    /// How many things are asked for.
    pub(crate) things: Reverse<usize>,
    /// The leeway that they have together.
    pub(crate) leeway: usize,
}

/// Returns the tightness of a fixture's conditions.
pub(crate) fn tightness(fixture: &Fixture) -> Tightness {
    let request = &fixture.request;
    let fields = [&request.params, &request.query, &request.headers, &request.cookies];
    let mut all: Vec<Leeway> = fields.into_iter().flatten().filter_map(|field| of_matcher(&field.matcher)).collect();
    all.extend(request.rules.iter().map(|rule| of_rule(&rule.rule).unwrap_or(Leeway::Presence)));
    all.extend(fixture.when.iter().map(|_| Leeway::Value));
    add_body(request, &mut all);
    Tightness { things: Reverse(all.len()), leeway: all.iter().map(|leeway| *leeway as usize).sum() }
}

/// Returns the leeway of a named value, or none if nothing is asked of it.
fn of_matcher(matcher: &FieldMatcher) -> Option<Leeway> {
    match matcher {
        FieldMatcher::Equals(pattern) => Some(of_pattern(pattern)),
        FieldMatcher::List(patterns) => patterns.iter().map(of_pattern).max().or(Some(Leeway::Value)),
        FieldMatcher::Rule(rule) => of_rule(rule),
    }
}

fn of_pattern(pattern: &Pattern) -> Leeway {
    match pattern.as_literal() {
        Some(_) => Leeway::Value,
        None if pattern.is_open() => Leeway::Presence,
        None => Leeway::Pattern,
    }
}

/// Returns the leeway of a rule's tightest check, or none if it asks nothing.
fn of_rule(rule: &Rule) -> Option<Leeway> {
    rule.checks.iter().filter_map(of_check).min()
}

fn of_check(check: &Check) -> Option<Leeway> {
    Some(match check {
        Check::Ignore => return None,
        Check::Equals(_) | Check::Exact | Check::Absent => Leeway::Value,
        Check::OneOf(_) => Leeway::Listed,
        Check::Matches(_) | Check::Contains(_) | Check::StartsWith(_) | Check::Min(_) | Check::Max(_) => {
            Leeway::Pattern
        }
        Check::Each(rule) | Check::Keys(rule) => return of_rule(rule).map(|leeway| leeway.max(Leeway::Pattern)),
        Check::Like | Check::Type(_) | Check::Format(_) => Leeway::Kind,
        // What may be missing as well gives more leeway than what is listed.
        Check::Optional(rule) | Check::Nullable(rule) => return of_rule(rule).map(|leeway| leeway.max(Leeway::Listed)),
        Check::Any => Leeway::Presence,
    })
}

/// Adds what is written of a body. Rules stand for the values that they speak of.
fn add_body(request: &RequestPromise, all: &mut Vec<Leeway>) {
    match &request.body {
        None => {}
        Some(RequestBody::Json(value)) => {
            let ruled = request.rules.iter().flat_map(|rule| rule.path.select_values(value));
            add_json(value, &ruled.map(std::ptr::from_ref).collect::<Vec<_>>(), all);
        }
        Some(RequestBody::Form(fields)) => all.extend(fields.iter().filter_map(|field| of_matcher(&field.matcher))),
        Some(RequestBody::Multipart(parts)) => all.extend(parts.iter().map(|_| Leeway::Value)),
        Some(RequestBody::Graphql(graphql)) => {
            let texts = [graphql.operation.is_some(), graphql.query.is_some()];
            all.extend(texts.into_iter().filter(|is_written| *is_written).map(|_| Leeway::Value));
            if let Some(variables) = &graphql.variables {
                add_json(variables, &[], all);
            }
        }
        Some(RequestBody::Text(_) | RequestBody::Base64(_) | RequestBody::File(_)) => all.push(Leeway::Value),
    }
}

/// Adds the leaves of a value, without those below the values that rules speak of.
fn add_json(value: &Json, ruled: &[*const Json], all: &mut Vec<Leeway>) {
    if ruled.contains(&std::ptr::from_ref(value)) {
        return;
    }
    match value {
        Json::Array(items) if !items.is_empty() => items.iter().for_each(|item| add_json(item, ruled, all)),
        Json::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(_, value)| add_json(value, ruled, all));
        }
        leaf => all.push(leaf.as_str().map_or(Leeway::Value, |text| of_pattern(&Pattern::parse(text)))),
    }
}
