//! Rules for the values of a request: values that vary, and values that distinguish requests.

use super::exchange::Exchange;
use super::group::Group;
use super::varying::{Rules, Spot};
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Path;
use understudy_exchange::{Json, JsonPath};
use understudy_fixture::model::{
    Check, Field, FieldMatcher, Graphql, PathRule, Pattern, RequestBody, RequestPromise, Rule,
};

/// The rule that matches only this value, which a run sends under its name.
pub(super) fn just(value: &str, written: &Pattern) -> Rule {
    Rule {
        example: Some(Json::string(written.to_string())),
        ..Rule::of(Check::Equals(Json::string(Pattern::literal(value).to_string())))
    }
}

/// Replaces the values that change each time by rules.
pub(super) fn relax(request: &mut RequestPromise, rules: &Rules) {
    for (spot, check) in rules {
        match spot {
            Spot::Query(name) => relax_field(&mut request.query, name, check),
            Spot::Form(name) => {
                if let Some(RequestBody::Form(fields)) = &mut request.body {
                    relax_field(fields, name, check);
                }
            }
            Spot::Body(path) => {
                let takes_rules = matches!(request.body, Some(RequestBody::Json(_) | RequestBody::Graphql(_)));
                if let (true, Ok(path)) = (takes_rules, JsonPath::parse(path)) {
                    request.rules.push(PathRule { path, rule: Rule::of(check.clone()) });
                }
            }
        }
    }
}

fn relax_field(fields: &mut [Field], name: &str, check: &Check) {
    for field in fields.iter_mut().filter(|field| field.name == name) {
        if let FieldMatcher::Equals(written) = &field.matcher {
            let rule = Rule { example: Some(Json::string(written.to_string())), ..Rule::of(check.clone()) };
            field.matcher = FieldMatcher::Rule(rule);
        }
    }
}

/// Marks the header fields that differ between exchanges as only sent: the stub does not compare them.
pub(super) fn relax_headers(request: &mut RequestPromise, group: &Group) {
    for field in &mut request.headers {
        let is_telling = group.telling.iter().any(|(name, _)| name.as_str() == field.name);
        let is_open = group.differing.contains(&field.name) && !is_telling;
        if let FieldMatcher::Equals(written) = &field.matcher
            && is_open
        {
            let example = Some(Json::string(written.to_string()));
            field.matcher = FieldMatcher::Rule(Rule { example, ..Rule::of(Check::Ignore) });
        }
    }
}

/// Requires the exact values that distinguish a request from others, in its query and body.
pub(super) fn tell_apart(request: &mut RequestPromise, group: &Group, exchange: &Exchange<'_>) {
    for (name, values) in &group.pinned {
        let fields = request.headers.iter_mut().filter(|field| field.name == name.as_str());
        fields.for_each(|field| pin_header(field, values));
    }
    if group.told_apart.is_empty() {
        return;
    }
    let sent = |written: &Pattern| {
        let name = written.as_placeholder().filter(|name| group.told_apart.contains(*name))?;
        exchange.value_of(name).map(str::to_owned)
    };
    let pin = |fields: &mut Vec<Field>| {
        for field in fields {
            if let FieldMatcher::Equals(written) = &field.matcher
                && let Some(value) = sent(written)
            {
                field.matcher = FieldMatcher::Rule(just(&value, written));
            }
        }
    };
    pin(&mut request.query);
    let mut rules = Vec::new();
    match &mut request.body {
        Some(RequestBody::Form(fields)) => pin(fields),
        Some(RequestBody::Json(body)) => {
            let sent_body = Json::parse(&exchange.recorded.request.body).unwrap_or(Json::Null);
            pinned(body, &sent_body, &Path::default(), &sent, &mut rules);
        }
        Some(RequestBody::Graphql(Graphql { variables: Some(variables), .. })) => {
            let sent_body = Json::parse(&exchange.recorded.request.body).unwrap_or(Json::Null);
            if let Some(sent_variables) = sent_body.member("variables") {
                let place = Path::default().child(Step::Name("variables"));
                pinned(variables, sent_variables, &place, &sent, &mut rules);
            }
        }
        _ => {}
    }
    request.rules.extend(rules);
}

/// Requires the values of a header field that one user was given.
fn pin_header(field: &mut Field, values: &[String]) {
    if let FieldMatcher::Equals(written) = &field.matcher {
        let check = match values {
            [only] => Check::Equals(Json::string(only)),
            several => Check::OneOf(several.iter().map(Json::string).collect()),
        };
        field.matcher =
            FieldMatcher::Rule(Rule { example: Some(Json::string(written.to_string())), ..Rule::of(check) });
    }
}

/// Rules for the members of a body whose values distinguish requests.
fn pinned<'j>(
    written: &'j Json,
    sent_body: &Json,
    path: &Path<'j>,
    sent: &dyn Fn(&Pattern) -> Option<String>,
    rules: &mut Vec<PathRule>,
) {
    if let Json::String(text) = written
        && sent(&Pattern::parse(text.as_str())).is_some()
        && let Ok(path) = JsonPath::parse(&path.to_string())
    {
        rules.push(PathRule { path, rule: Rule::of(Check::Equals(sent_body.clone())) });
    }
    for (step, child) in written.children() {
        if let Some(value) = sent_body.child(match step {
            Step::Name(name) => Step::Name(name),
            Step::Index(at) => Step::Index(at),
        }) {
            pinned(child, value, &path.child(step), sent, rules);
        }
    }
}
