//! Problems between the fixtures of one service.

use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::model::{
    Check, Field, FieldMatcher, Fixture, Graphql, NamedPart, PartContent, PathRule, Pattern, RequestBody,
    RequestPromise, Segment, SegmentPart, Service,
};
use crate::read::lookalikes;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use understudy_exchange::Json;

/// What is wrong between fixtures that are each good: two that no request can tell apart, and an `after` that
/// names no fixture or comes back to itself. Two fixtures that are the same to every request both stay; the
/// first by id answers.
#[must_use]
pub fn check_service(service: &Service, fixtures: &[&Fixture]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut seen: HashMap<String, &Fixture> = HashMap::new();
    let mut sorted: Vec<&Fixture> = fixtures.to_vec();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    for fixture in sorted.iter().filter(|fixture| fixture.enabled) {
        if let Some(first) = seen.insert(request_key(fixture), fixture) {
            let message =
                format!("no request can tell this fixture from `{}`: same request, `when` and priority", first.id);
            let diagnostic = whole_file(Code::DuplicateRequest, fixture, message);
            diagnostics.push(diagnostic.with_hint("change the request, or give one of them a higher `priority`"));
            seen.insert(request_key(first), first);
        }
    }
    diagnostics.extend(check_after(service, &sorted));
    diagnostics
}

/// The enabled fixture among these that no request can tell from one that is to be made.
pub fn same_request<'f>(made: &Fixture, fixtures: impl IntoIterator<Item = &'f Fixture>) -> Option<&'f Fixture> {
    let key = request_key(made);
    fixtures.into_iter().find(|fixture| fixture.enabled && request_key(fixture) == key)
}

fn whole_file(code: Code, fixture: &Fixture, message: String) -> Diagnostic {
    Diagnostic { span: None::<Span>, severity: Severity::Error, ..Diagnostic::of_file(code, &fixture.file, message) }
}

/// What decides about requests, as text: equal for two fixtures that no request can tell apart.
fn request_key(fixture: &Fixture) -> String {
    let request = &fixture.request;
    let mut key = format!("{} ", request.method);
    for segment in &request.path.segments {
        key.push('/');
        match segment {
            Segment::Literal(text) => {
                let _ = write!(key, "{text:?}");
            }
            Segment::Mixed(parts) => parts.iter().for_each(|part| part_key(request, part, &mut key)),
            Segment::Parameter(part) => part_key(request, part, &mut key),
            Segment::Rest(_) => key.push('*'),
        }
    }
    for (what, fields) in [("q", &request.query), ("h", &request.headers), ("c", &request.cookies)] {
        let asking = fields.iter().filter(|field| !field.matcher.asks_nothing());
        let sorted: BTreeMap<&str, String> = asking.map(|f| (f.name.as_str(), matcher_key(&f.matcher))).collect();
        let _ = write!(key, " {what}{sorted:?}");
    }
    let mut when: Vec<_> = fixture.when.iter().collect();
    when.sort();
    let body = match &request.body {
        Some(RequestBody::Json(value)) => Some(value),
        _ => None,
    };
    let _ = write!(
        key,
        " {} {} {} {when:?} {}",
        body_key(request),
        rules_key(&request.rules, body),
        request.strict,
        fixture.priority
    );
    key
}

/// Returns the condition of a matcher as text: `{equals: v}` is the plain value `v`, and a list has
/// no order.
fn matcher_key(matcher: &FieldMatcher) -> String {
    match matcher {
        FieldMatcher::Rule(rule) => match (rule.checks.as_slice(), &rule.example) {
            ([Check::Equals(Json::String(text))], None) => format!("{:?}", Pattern::literal(text.as_str())),
            (checks, example) => format!("{checks:?} {example:?}"),
        },
        FieldMatcher::Equals(pattern) => format!("{pattern:?}"),
        FieldMatcher::List(patterns) => {
            let mut keys: Vec<String> = patterns.iter().map(|pattern| format!("{pattern:?}")).collect();
            keys.sort();
            format!("{keys:?}")
        }
    }
}

/// The rules of a JSON body, as text, without those that only say that a lookalike is meant as it stands.
fn rules_key(rules: &[PathRule], body: Option<&Json>) -> String {
    let meant = body.filter(|_| !rules.is_empty()).map(lookalikes).unwrap_or_default();
    let is_asking =
        |rule: &&PathRule| rule.rule.checks != [Check::Exact] || meant.iter().all(|place| place != rule.path.as_str());
    let key = |rule: &PathRule| format!("{} {:?} {:?}", rule.path.as_str(), rule.rule.checks, rule.rule.example);
    let mut keys: Vec<String> = rules.iter().filter(is_asking).map(key).collect();
    keys.sort();
    format!("{keys:?}")
}

/// Returns the meaning of a body as text. The order of members and the spelling of numbers do not
/// count. Variations that GraphQL and XML leave to the writer do not count either.
fn body_key(request: &RequestPromise) -> String {
    match &request.body {
        Some(RequestBody::Json(value)) => json_key(value),
        Some(RequestBody::Graphql(wanted)) => graphql_key(wanted),
        Some(RequestBody::GraphqlBatch(all)) => format!("{:?}", all.iter().map(graphql_key).collect::<Vec<_>>()),
        Some(RequestBody::Xml(xml)) => format!("{:?} {:?}", xml.root(), xml.rules),
        Some(RequestBody::Form(fields)) => {
            let asking = fields.iter().filter(|field| !field.matcher.asks_nothing());
            format!("form {:?}", asking.map(|f| (f.name.as_str(), matcher_key(&f.matcher))).collect::<BTreeMap<_, _>>())
        }
        Some(RequestBody::Multipart(parts)) => {
            let part_key = |part: &NamedPart| match &part.content {
                Some(PartContent::Json(value)) => {
                    let rest = (&part.name, &part.filename, &part.content_type);
                    format!("{rest:?} {} {}", json_key(value), rules_key(&part.rules, Some(value)))
                }
                content => {
                    let [filename, kind] = [&part.filename, &part.content_type].map(|m| m.as_ref().map(matcher_key));
                    let text = match content {
                        Some(PartContent::Text(matcher)) => matcher_key(matcher),
                        content => format!("{content:?}"),
                    };
                    format!("{} {filename:?} {kind:?} {text} {:?}", part.name, part.rules)
                }
            };
            let mut keys: Vec<String> = parts.iter().map(part_key).collect();
            keys.sort();
            format!("{keys:?}")
        }
        body => format!("{body:?}"),
    }
}

fn graphql_key(wanted: &Graphql) -> String {
    let document = wanted.query.as_ref().map(crate::model::GraphqlQuery::document);
    let [variables, extensions] = [&wanted.variables, &wanted.extensions].map(|value| value.as_ref().map(json_key));
    format!("{:?} {document:?} {variables:?} {extensions:?}", wanted.operation)
}

/// A JSON value as text that is the same for equal values.
fn json_key(value: &Json) -> String {
    match value {
        Json::Number(number) => number.as_u64().map_or_else(|| number.as_str().to_owned(), |whole| whole.to_string()),
        Json::Array(items) => format!("{:?}", items.iter().map(json_key).collect::<Vec<_>>()),
        Json::Object(members) => {
            let members: BTreeMap<&str, String> =
                members.iter().map(|(name, value)| (name.as_str(), json_key(value))).collect();
            format!("{members:?}")
        }
        other => format!("{other:?}"),
    }
}

fn part_key(request: &RequestPromise, part: &SegmentPart, key: &mut String) {
    let _ = match part {
        SegmentPart::Text(text) => write!(key, "{text:?}"),
        SegmentPart::Placeholder(_) => write!(key, "{{}}"),
        SegmentPart::Parameter(name) => {
            let matcher = request.params.iter().find(|field: &&Field| field.name == *name).map(|field| &field.matcher);
            match matcher {
                Some(matcher) => write!(key, "{{{}}}", matcher_key(matcher)),
                None => write!(key, "{{}}"),
            }
        }
    };
}

fn check_after(service: &Service, fixtures: &[&Fixture]) -> Vec<Diagnostic> {
    let by_id: HashMap<&str, &Fixture> = fixtures.iter().map(|fixture| (&*fixture.id, *fixture)).collect();
    let mut diagnostics = Vec::new();
    for fixture in fixtures {
        let after = fixture.verify.after.iter().flatten().map(|parent| ("after", parent));
        let named = after.chain(fixture.verify.again.iter().map(|parent| ("again", parent)));
        for (key, parent) in named.filter(|(_, parent)| !by_id.contains_key(parent.as_str())) {
            let message = format!("`{key}` names `{parent}`, which is no fixture of the service");
            diagnostics.push(whole_file(Code::UnknownFixture, fixture, message).with_hint(near_id(parent, &by_id)));
        }
        if let Some(cycle) = cycle_through(fixture, service, &by_id) {
            let message = format!("`after` comes back to this fixture: {}", cycle.join(" -> "));
            diagnostics.push(whole_file(Code::Cycle, fixture, message).with_hint("take one of them out"));
        }
    }
    diagnostics
}

fn near_id(wanted: &str, by_id: &HashMap<&str, &Fixture>) -> String {
    let near = by_id.keys().map(|id| (strsim::damerau_levenshtein(wanted, id), *id)).min();
    match near {
        Some((distance, id)) if distance <= wanted.len().max(id.len()) / 3 => format!("did you mean `{id}`?"),
        _ => "an id is the file's path below the service's folder, without its ending: pets/get".to_owned(),
    }
}

/// The way from a fixture along `after` back to itself.
fn cycle_through<'f>(
    start: &'f Fixture,
    service: &'f Service,
    by_id: &HashMap<&str, &'f Fixture>,
) -> Option<Vec<&'f str>> {
    let mut visited: HashMap<&str, &str> = HashMap::new();
    let mut open = vec![start];
    while let Some(fixture) = open.pop() {
        for parent in fixture.parents(service) {
            if *parent == *start.id {
                let mut way = vec![&*start.id, &*fixture.id];
                while let Some(previous) = visited.get(way[way.len() - 1]) {
                    way.push(previous);
                }
                way.dedup();
                way.reverse();
                way.push(&start.id);
                way.dedup();
                return Some(way);
            }
            if let Some(next) = by_id.get(parent.as_str())
                && !visited.contains_key(&*next.id)
            {
                visited.insert(&next.id, &fixture.id);
                open.push(next);
            }
        }
    }
    None
}

impl Fixture {
    /// The ids of the fixtures that run before this one: its own `after`, or the service's, which does not
    /// apply to the fixtures that it names; then those that run again.
    pub fn parents<'f>(&'f self, service: &'f Service) -> impl Iterator<Item = &'f String> {
        let after = match &self.verify.after {
            Some(after) => after.as_slice(),
            None if service.after.iter().any(|id| **id == *self.id) => &[],
            None => &service.after,
        };
        after.iter().chain(&self.verify.again)
    }
}
