//! The conditions of a fixture's request, each with its weight.

use crate::graphql::Written;
use crate::tightness::{Strength, Tightness, Weight};
use std::collections::HashMap;
use understudy_exchange::Json;
use understudy_exchange::jsonpath::{Path, Work};
use understudy_exchange::xml::{Element, Found};
use understudy_fixture::model::{
    Check, Field, FieldMatcher, Fixture, Graphql, GraphqlQuery, JsonType, NamedPart, PartContent, PathRule, Pattern,
    PatternPart, RequestBody, Rule, When, XmlBody, XmlRule,
};

/// A condition of a fixture, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The value that the condition applies to: `query expand`, `body $.name`, `state cart`.
    pub place: String,
    /// The weight of the condition.
    pub weight: Weight,
}

/// Returns the tightness of a fixture's conditions.
pub(crate) fn tightness(fixture: &Fixture) -> Tightness {
    let mut tally = Tally::default();
    tally.add_request(fixture);
    fixture.when.iter().for_each(|when| tally.add_when(when));
    tally.tightness
}

/// Returns the number of conditions, without those of the state.
pub(crate) fn requested(fixture: &Fixture) -> usize {
    let mut tally = Tally::default();
    tally.add_request(fixture);
    tally.tightness.len()
}

/// Returns the conditions of a fixture in the order of the request, then those of the state.
#[must_use]
pub fn conditions(fixture: &Fixture) -> Vec<Condition> {
    let mut tally = Tally { list: Some(Vec::new()), ..Tally::default() };
    tally.add_request(fixture);
    fixture.when.iter().for_each(|when| tally.add_when(when));
    tally.list.unwrap_or_default()
}

/// Adds up conditions, and lists them if somebody reads them.
#[derive(Default)]
struct Tally {
    tightness: Tightness,
    list: Option<Vec<Condition>>,
}

impl Tally {
    fn add(&mut self, strength: Option<Strength>, place: impl FnOnce() -> String) {
        let Some(strength) = strength else { return };
        self.tightness.add(strength);
        if let Some(list) = &mut self.list {
            list.push(Condition { place: place(), weight: strength.weight });
        }
    }

    fn add_request(&mut self, fixture: &Fixture) {
        let request = &fixture.request;
        self.add_fields("path parameter", &request.params);
        self.add_fields("query", &request.query);
        self.add_fields("header", &request.headers);
        self.add_fields("cookie", &request.cookies);
        let whole = |written: &str| Json::string(written);
        match &request.body {
            None => self.add_rules("body", &request.rules),
            Some(RequestBody::Json(value)) => self.add_json("body", value, &request.rules),
            Some(RequestBody::Text(pattern)) if request.rules.is_empty() => {
                self.add(Some(of_pattern(pattern)), || "body".to_owned());
            }
            Some(RequestBody::Text(pattern)) => self.add_json("body", &whole(&pattern.to_string()), &request.rules),
            Some(RequestBody::Xml(xml)) => self.add_xml(xml),
            Some(RequestBody::Form(fields)) => self.add_fields("form field", fields),
            // A form without parts is still a form.
            Some(RequestBody::Multipart(parts)) if parts.is_empty() => {
                self.add(Some(Strength::of(Weight::Presence)), || "body".to_owned());
            }
            Some(RequestBody::Multipart(parts)) => parts.iter().for_each(|part| self.add_part(part)),
            Some(RequestBody::Graphql(graphql)) => {
                let written = Written::of_one(graphql, &request.rules);
                self.add_graphql(std::slice::from_ref(graphql), &written, &request.rules);
            }
            Some(RequestBody::GraphqlBatch(all)) => {
                self.add_graphql(all, &Written::of_batch(all, &request.rules), &request.rules);
            }
            Some(RequestBody::Base64(_) | RequestBody::File(_)) => self.add_json("body", &whole(""), &request.rules),
        }
        if request.strict {
            self.add(Some(Strength::of(Weight::Presence)), || "strict".to_owned());
        }
    }

    fn add_when(&mut self, when: &When) {
        let strength = match when.values.len() {
            1 => Strength::of(Weight::Value),
            several => Strength::of(Weight::OneOf).with_leeway(several),
        };
        self.add(Some(strength), || format!("state {}", when.name));
    }

    fn add_fields(&mut self, place: &str, fields: &[Field]) {
        fields.iter().for_each(|field| self.add_matcher(&field.matcher, || format!("{place} {}", field.name)));
    }

    fn add_matcher(&mut self, matcher: &FieldMatcher, place: impl Fn() -> String) {
        match matcher {
            FieldMatcher::Equals(pattern) => self.add(Some(of_pattern(pattern)), place),
            FieldMatcher::List(patterns) if patterns.is_empty() => self.add(Some(Strength::of(Weight::Value)), place),
            FieldMatcher::List(patterns) => {
                patterns.iter().for_each(|pattern| self.add(Some(of_pattern(pattern)), &place));
            }
            FieldMatcher::Rule(rule) => self.add(of_rule(rule), place),
        }
    }

    fn add_part(&mut self, part: &NamedPart) {
        let place = |what: &str| format!("part {}{what}", part.name);
        let named = [(&part.filename, " file name"), (&part.content_type, " type")];
        for (matcher, what) in named {
            if let Some(matcher) = matcher {
                self.add_matcher(matcher, || place(what));
            }
        }
        match &part.content {
            // The part has to be there.
            None if part.rules.is_empty() => self.add(Some(Strength::of(Weight::Presence)), || place("")),
            None => self.add_rules(&place(""), &part.rules),
            Some(PartContent::Text(FieldMatcher::Equals(pattern))) if !part.rules.is_empty() => {
                self.add_json(&place(""), &Json::string(pattern.to_string()), &part.rules);
            }
            Some(PartContent::Text(matcher)) => self.add_matcher(matcher, || place("")),
            Some(PartContent::Json(value)) => self.add_json(&place(""), value, &part.rules),
            Some(PartContent::File(_)) if !part.rules.is_empty() => self.add_rules(&place(""), &part.rules),
            Some(PartContent::File(_)) => self.add(Some(Strength::of(Weight::Value)), || place("")),
        }
    }

    fn add_graphql(&mut self, all: &[Graphql], written: &Written, rules: &[PathRule]) {
        for (graphql, is_ruled) in all.iter().zip(&written.is_ruled) {
            // A document that names its only operation requires the name too.
            let document = graphql.query.as_ref().map(GraphqlQuery::document);
            if graphql.operation.is_some() || document.and_then(|document| document.only_operation()?).is_some() {
                self.add(Some(Strength::of(Weight::Value)), || "operation".to_owned());
            }
            if let Some(query) = graphql.query.as_ref().filter(|_| !is_ruled) {
                self.add(Some(of_pattern(&Pattern::parse(query.as_str()))), || "query".to_owned());
            }
        }
        let has_members = |value: &Json| value.children().next().is_some();
        let is_written = match &written.body {
            Json::Array(all) => all.iter().any(has_members),
            one => has_members(one),
        };
        if is_written {
            self.add_json("body", &written.body, rules);
        } else {
            self.add_rules("body", rules);
        }
    }

    /// Adds the attributes of a document and the elements that hold none, or the rules that replace them.
    fn add_xml(&mut self, xml: &XmlBody) {
        let of_rule_at =
            |rule: &XmlRule| if rule.rule.checks == [Check::Unordered] { None } else { Some(of_rule(&rule.rule)) };
        let ruled: Vec<(Found<'_>, Option<Strength>)> = xml
            .rules
            .iter()
            .filter_map(|rule| Some((rule, of_rule_at(rule)?)))
            .flat_map(|(rule, strength)| rule.path.select(xml.root()).into_iter().map(move |found| (found, strength)))
            .collect();
        self.tightness.add_leeway(xml.rules.iter().filter(|rule| of_rule_at(rule).is_none()).count());
        self.add_element(xml.root(), &ruled);
        let is_idle = |rule: &&XmlRule| rule.path.select(xml.root()).is_empty();
        for rule in xml.rules.iter().filter(is_idle) {
            self.add(of_rule_at(rule).flatten(), || format!("body {}", rule.path.as_str()));
        }
    }

    fn add_element(&mut self, element: &Element, ruled: &[(Found<'_>, Option<Strength>)]) {
        let rules_for = |found: Found<'_>| {
            let is_same = |known: &Found<'_>| match (known, found) {
                (Found::Element(known), Found::Element(element)) => std::ptr::eq(*known, element),
                (Found::Attribute(known), Found::Attribute(value)) => std::ptr::eq(*known, value),
                _ => false,
            };
            let here: Vec<Option<Strength>> =
                ruled.iter().filter(|(known, _)| is_same(known)).map(|(_, strength)| *strength).collect();
            (!here.is_empty()).then(|| here.into_iter().flatten().reduce(Strength::and))
        };
        let place = || format!("body <{}>", element.name.local);
        if let Some(strength) = rules_for(Found::Element(element)) {
            return self.add(strength, place);
        }
        self.tightness.add_further(Weight::Presence);
        for (name, value) in &element.attributes {
            let written = || Some(of_pattern(&Pattern::parse(value)));
            let strength = rules_for(Found::Attribute(value)).unwrap_or_else(written);
            self.add(strength, || format!("{} {}", place(), name.local));
        }
        let mut elements = element.elements().peekable();
        if elements.peek().is_none() {
            self.add(Some(of_pattern(&Pattern::parse(&element.text()))), place);
        }
        elements.for_each(|inner| self.add_element(inner, ruled));
    }

    /// Adds the leaves of a value that is written, and the rules beside it. A rule counts instead of the leaves that it
    /// replaces.
    fn add_json(&mut self, place: &str, value: &Json, rules: &[PathRule]) {
        let mut selected: HashMap<*const Json, Vec<usize>> = HashMap::new();
        let work = Work::default();
        for (at, rule) in rules.iter().enumerate() {
            for node in rule.path.select_values_within(value, &work) {
                selected.entry(std::ptr::from_ref(node)).or_default().push(at);
            }
        }
        let mut leaves = Leaves { tally: self, place, rules, selected, counted: vec![false; rules.len()] };
        leaves.add(value, &Path::default(), &[], Base::Written);
        let uncounted: Vec<&PathRule> =
            rules.iter().zip(&leaves.counted).filter(|(_, counted)| !**counted).map(|(rule, _)| rule).collect();
        self.add_rules(place, uncounted);
    }

    /// Adds rules that no written value shows.
    fn add_rules<'r>(&mut self, place: &str, rules: impl IntoIterator<Item = &'r PathRule>) {
        for PathRule { path, rule } in rules {
            self.add(of_rule(rule), || format!("{place} {}", path.as_str()));
        }
    }
}

/// The comparison of a value without a rule: a rule that leaves the rest to the shape changes it for all below.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    Written,
    Shape,
}

struct Leaves<'t> {
    tally: &'t mut Tally,
    place: &'t str,
    rules: &'t [PathRule],
    /// The places of the rules that select a node.
    selected: HashMap<*const Json, Vec<usize>>,
    counted: Vec<bool>,
}

impl Leaves<'_> {
    /// Adds a node and all below it. `inherited` are the rules for each element of the node above.
    fn add<'v>(&mut self, value: &'v Json, path: &Path<'v>, inherited: &[&Rule], base: Base) {
        let mut rules: Vec<&Rule> = inherited.to_vec();
        for at in self.selected.get(&std::ptr::from_ref(value)).into_iter().flatten() {
            self.counted[*at] = true;
            rules.push(&self.rules[*at].rule);
        }
        let before = rules.len();
        rules.retain(|rule| rule.checks != [Check::Unordered]);
        // The elements are what is written all the same, in any order.
        self.tally.tightness.add_leeway(before - rules.len());
        let is_leaf = value.children().next().is_none();
        if rules.is_empty() {
            self.container(value);
            return if is_leaf { self.leaf(of_leaf(value, base), path) } else { self.below(value, path, &[], base) };
        }
        let whole = rules.iter().flat_map(|rule| &rule.checks).find_map(|check| match check {
            Check::Equals(written) => Some(written),
            Check::Exact => Some(value),
            _ => None,
        });
        let strength = rules.iter().filter_map(|rule| of_rule(rule)).reduce(Strength::and);
        match whole {
            Some(whole) => {
                let leaves = leaf_count(whole);
                // Nothing else may be in it.
                self.container(whole);
                self.containers(whole);
                (1..leaves).for_each(|_| self.leaf(Some(Strength::of(Weight::Value)), path));
                self.leaf(strength, path);
            }
            None if is_leaf || rules.iter().any(|rule| !rule.defers_to_shape()) => self.leaf(strength, path),
            None => {
                let says_more = rules.iter().any(|rule| rule.checks.iter().any(|check| *check != Check::Like));
                if says_more {
                    self.leaf(strength, path);
                }
                let each: Vec<&Rule> = rules.iter().filter_map(|rule| each_of(rule)).collect();
                self.below(value, path, &each, Base::Shape);
            }
        }
    }

    fn below<'v>(&mut self, value: &'v Json, path: &Path<'v>, each: &[&Rule], base: Base) {
        // Every received element is like one of the example's elements, so a single element stands
        // for all.
        let one_for_all = base == Base::Shape && (matches!(value, Json::Array(_)) || !each.is_empty());
        let most = if one_for_all { 1 } else { usize::MAX };
        for (step, child) in value.children().take(most) {
            self.add(child, &path.child(step), each, base);
        }
    }

    /// Adds that a value is an object or an array, apart from what is inside.
    fn container(&mut self, value: &Json) {
        if matches!(value, Json::Object(_) | Json::Array(_)) {
            self.tally.tightness.add_further(Weight::Presence);
        }
    }

    fn containers(&mut self, value: &Json) {
        self.container(value);
        value.children().for_each(|(_, child)| self.containers(child));
    }

    fn leaf(&mut self, strength: Option<Strength>, path: &Path<'_>) {
        let place = self.place;
        self.tally.add(strength, || format!("{place} {path}"));
    }
}

fn of_leaf(value: &Json, base: Base) -> Option<Strength> {
    Some(match (base, value) {
        (Base::Written, Json::String(text)) => of_pattern(&Pattern::parse(text.as_str())),
        // Members that are not written are free.
        (_, Json::Object(_)) => Strength::of(Weight::Presence).with_leeway(1),
        (Base::Written, _) => Strength::of(Weight::Value),
        // An example of null or of an empty array leaves everything open.
        (Base::Shape, Json::Null | Json::Array(_)) => Strength::of(Weight::Presence),
        (Base::Shape, _) => Strength::of(Weight::Type),
    })
}

fn leaf_count(value: &Json) -> usize {
    let below: usize = value.children().map(|(_, child)| leaf_count(child)).sum();
    below.max(1)
}

/// Returns the rule for every element, if there is one.
fn each_of(rule: &Rule) -> Option<&Rule> {
    rule.checks.iter().find_map(|check| match check {
        Check::Each(inner) => Some(&**inner),
        Check::Optional(inner) | Check::Nullable(inner) => each_of(inner),
        _ => None,
    })
}

fn of_pattern(pattern: &Pattern) -> Strength {
    let text = pattern.parts.iter().map(|part| match part {
        PatternPart::Text(text) => text.len(),
        PatternPart::Placeholder(_) => 0,
    });
    match pattern.as_literal() {
        Some(_) => Strength::of(Weight::Value),
        None if pattern.is_open() => Strength::of(Weight::Presence),
        None => Strength::of(Weight::Pattern).with_text(text.sum()),
    }
}

/// Returns the strength of a rule; `None` if it leaves everything open.
fn of_rule(rule: &Rule) -> Option<Strength> {
    if rule.checks.is_empty() || rule.checks == [Check::Unordered] {
        return Some(Strength::of(Weight::Presence));
    }
    rule.checks.iter().filter_map(of_check).reduce(Strength::and)
}

fn of_check(check: &Check) -> Option<Strength> {
    Some(match check {
        // An array in any order has the weights of its elements.
        Check::Ignore | Check::Unordered => return None,
        Check::Equals(_) | Check::Exact | Check::Absent => Strength::of(Weight::Value),
        Check::OneOf(values) => Strength::of(Weight::OneOf).with_leeway(values.len()),
        Check::Contains(text) | Check::StartsWith(text) => Strength::of(Weight::Pattern).with_text(text.len()),
        Check::Matches(_) | Check::Min(_) | Check::Max(_) => Strength::of(Weight::Pattern),
        // The number of elements is free.
        Check::Each(rule) | Check::Keys(rule) => {
            of_rule(rule).unwrap_or(Strength::of(Weight::Presence)).at_most(Weight::Pattern)
        }
        Check::Format(_) | Check::Type(JsonType::Integer) => Strength::of(Weight::Type),
        // A string has any format, a number may be an integer, and a value that is not another one may be anything else.
        Check::Like | Check::Type(_) | Check::Not(_) => Strength::of(Weight::Type).with_leeway(1),
        // A value that may be missing or null is one of two things at least.
        Check::Optional(rule) | Check::Nullable(rule) => of_rule(rule)?.at_most(Weight::OneOf).with_leeway(1),
        Check::Any => Strength::of(Weight::Presence),
    })
}
