//! The number and tightness of a fixture's conditions. They decide between fixtures with equally specific paths.

use std::cmp::Reverse;
use understudy_exchange::xml::{Element, Found};
use understudy_exchange::{Json, JsonString};
use understudy_fixture::model::{
    Check, FieldMatcher, Fixture, Graphql, PathRule, Pattern, RequestBody, RequestPromise, Rule,
};

/// The leeway that a condition gives a value. The lowest leeway is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Leeway {
    /// Exactly one value, or no value.
    Value = 0,
    /// One of several values.
    Listed = 1,
    /// A pattern or bounds.
    Pattern = 2,
    /// A type or a format.
    Kind = 3,
    /// Any value.
    Presence = 4,
}

/// The tightness of a request's conditions. The lesser one is preferred: it has more conditions, or as many with less
/// leeway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tightness {
    /// The number of conditions.
    pub(crate) things: Reverse<usize>,
    /// The sum of the conditions' leeway.
    pub(crate) leeway: usize,
}

/// Returns the tightness of a fixture's conditions.
pub(crate) fn tightness(fixture: &Fixture) -> Tightness {
    let request = &fixture.request;
    let fields = [&request.params, &request.query, &request.headers, &request.cookies];
    let mut all: Vec<Leeway> = fields.into_iter().flatten().filter_map(|field| of_matcher(&field.matcher)).collect();
    let rules = request.rules.iter().map(|rule| &rule.rule).filter(|rule| !is_unordered(rule));
    all.extend(rules.map(|rule| of_rule(rule).unwrap_or(Leeway::Presence)));
    all.extend(fixture.when.iter().map(|_| Leeway::Value));
    add_body(request, &mut all);
    Tightness { things: Reverse(all.len()), leeway: all.iter().map(|leeway| *leeway as usize).sum() }
}

/// Returns the leeway of a named value; `None` if it has no condition.
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

/// Returns the leeway of a rule's tightest check; `None` if the rule has no condition.
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
        // The elements count themselves.
        Check::Unordered => return None,
        Check::Not(_) | Check::Like | Check::Type(_) | Check::Format(_) => Leeway::Kind,
        // A value that may be missing has more leeway than a listed one.
        Check::Optional(rule) | Check::Nullable(rule) => return of_rule(rule).map(|leeway| leeway.max(Leeway::Listed)),
        Check::Any => Leeway::Presence,
    })
}

/// Returns true if the rule asks for the elements of an array in any order, and for nothing else.
fn is_unordered(rule: &Rule) -> bool {
    rule.checks == [Check::Unordered]
}

/// Adds the conditions of a body. A rule counts instead of the values that it applies to.
fn add_body(request: &RequestPromise, all: &mut Vec<Leeway>) {
    match &request.body {
        None => {}
        Some(RequestBody::Json(value)) => {
            add_json(value, &Ruled::of(&request.rules, value), all);
        }
        Some(RequestBody::Form(fields)) => all.extend(fields.iter().filter_map(|field| of_matcher(&field.matcher))),
        Some(RequestBody::Multipart(parts)) => all.extend(parts.iter().map(|_| Leeway::Value)),
        Some(RequestBody::Graphql(graphql)) => add_graphql(graphql, &request.rules, all),
        Some(RequestBody::GraphqlBatch(requests)) => {
            requests.iter().for_each(|graphql| add_graphql(graphql, &request.rules, all));
        }
        Some(RequestBody::Xml(xml)) => {
            let rules = xml.rules.iter().filter(|rule| !is_unordered(&rule.rule));
            let ruled: Vec<Found<'_>> = rules.flat_map(|rule| rule.path.select(xml.root())).collect();
            add_element(xml.root(), &ruled, all);
            all.extend(xml.rules.iter().filter_map(|rule| of_rule(&rule.rule)));
        }
        // A rule for the whole counts instead of it.
        Some(RequestBody::Text(_) | RequestBody::Base64(_) | RequestBody::File(_)) if request.rules.is_empty() => {
            all.push(Leeway::Value);
        }
        Some(RequestBody::Text(_) | RequestBody::Base64(_) | RequestBody::File(_)) => {}
    }
}

/// A query, an operation and the variables that no rule speaks of.
fn add_graphql(graphql: &Graphql, rules: &[PathRule], all: &mut Vec<Leeway>) {
    let texts = [graphql.operation.is_some(), graphql.query.is_some()];
    all.extend(texts.into_iter().filter(|is_written| *is_written).map(|_| Leeway::Value));
    for (name, value) in [("variables", &graphql.variables), ("extensions", &graphql.extensions)] {
        if let Some(value) = value {
            let around = Json::Object(vec![(JsonString::new(name), value.clone())]);
            add_json(&around, &Ruled::of(rules, &around), all);
        }
    }
}

/// Adds the attributes and the elements without others in them, apart from those that rules apply to.
fn add_element(element: &Element, ruled: &[Found<'_>], all: &mut Vec<Leeway>) {
    let is_ruled = |found: Found<'_>| {
        ruled.iter().any(|known| match (known, found) {
            (Found::Element(known), Found::Element(element)) => std::ptr::eq(*known, element),
            (Found::Attribute(known), Found::Attribute(value)) => std::ptr::eq(*known, value),
            _ => false,
        })
    };
    if is_ruled(Found::Element(element)) {
        return;
    }
    let attributes = element.attributes.iter().map(|(_, value)| value);
    let open = attributes.filter(|value| !is_ruled(Found::Attribute(value)));
    all.extend(open.map(|value| of_pattern(&Pattern::parse(value))));
    let mut elements = element.elements().peekable();
    if elements.peek().is_none() {
        all.push(of_pattern(&Pattern::parse(&element.text())));
    }
    elements.for_each(|inner| add_element(inner, ruled, all));
}

/// The values that rules apply to.
#[derive(Default)]
struct Ruled {
    replaced: Vec<*const Json>,
    /// Arrays whose elements may stand in any order.
    unordered: Vec<*const Json>,
}

impl Ruled {
    fn of(rules: &[PathRule], value: &Json) -> Self {
        let mut ruled = Self::default();
        for rule in rules {
            let places = if is_unordered(&rule.rule) { &mut ruled.unordered } else { &mut ruled.replaced };
            places.extend(rule.path.select_values(value).into_iter().map(std::ptr::from_ref));
        }
        ruled
    }
}

/// Adds the leaves of a value, without those that rules apply to.
fn add_json(value: &Json, ruled: &Ruled, all: &mut Vec<Leeway>) {
    if ruled.replaced.contains(&std::ptr::from_ref(value)) {
        return;
    }
    match value {
        Json::Array(items) if !items.is_empty() => {
            let before = all.len();
            items.iter().for_each(|item| add_json(item, ruled, all));
            if ruled.unordered.contains(&std::ptr::from_ref(value)) {
                all[before..].iter_mut().for_each(|leeway| *leeway = (*leeway).max(Leeway::Listed));
            }
        }
        Json::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(_, value)| add_json(value, ruled, all));
        }
        leaf => all.push(leaf.as_str().map_or(Leeway::Value, |text| of_pattern(&Pattern::parse(text)))),
    }
}
