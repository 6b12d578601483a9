//! Several proposals as one promise, where a person says that they are one.

use super::conditions::unconditional;
use super::look::parameter;
use super::words::id_of;
use super::{Draft, Recorded};
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Path;
use understudy_exchange::{Json, JsonPath};
use understudy_fixture::model::{
    Check, Field, FieldMatcher, Fixture, Graphql, JsonType, MethodMatcher, PathRule, Pattern, RequestBody,
    RequestPromise, Rule, Segment, SegmentPart,
};
use understudy_match::{Kind, judge, loosened};

/// How often an answer is held against what was loosened for it: each time shows what the time before had hidden.
const ROUNDS_MAX: usize = 100;

/// One draft for what several promise: it asks for what all of them ask for, answers as the first does, and holds answers
/// as loosely as all that were recorded need.
///
/// # Errors
/// Why they cannot be one promise, in words.
pub fn merge(drafts: &[&Draft], exchanges: &[Recorded]) -> Result<Draft, String> {
    let [first, others @ ..] = drafts else { return Err("there is nothing to merge".to_owned()) };
    let exchanges = unconditional(exchanges);
    let mut merged = (*first).clone();
    for other in others {
        request(&mut merged.fixture.request, &other.fixture.request)?;
        for at in &other.exchanges {
            answer(&mut merged.fixture, &exchanges[*at])?;
        }
        merged.exchanges.extend(&other.exchanges);
        let captures = &mut merged.fixture.verify.capture;
        for capture in &other.fixture.verify.capture {
            if captures.iter().all(|known| known.name != capture.name) {
                captures.push(capture.clone());
            }
        }
    }
    let is_one = |id: &String| drafts.iter().any(|draft| *draft.fixture.id == **id);
    if let Some(after) = &mut merged.fixture.verify.after {
        after.retain(|id| !is_one(id));
    }
    merged.fixture.verify.again.retain(|id| !is_one(id));
    merged.fixture.verify.follows.retain(|id| !is_one(id));
    Ok(merged)
}

fn request(one: &mut RequestPromise, other: &RequestPromise) -> Result<(), String> {
    if one.method != other.method {
        return Err(format!("one is a {} and another a {}", one.method, other.method));
    }
    path(one, other)?;
    for (fields, others) in
        [(&mut one.query, &other.query), (&mut one.headers, &other.headers), (&mut one.cookies, &other.cookies)]
    {
        fields.retain_mut(|field| {
            others.iter().find(|other| other.name == field.name).is_some_and(|other| both(field, other))
        });
    }
    match (&one.body, &other.body) {
        (Some(RequestBody::Json(body)), Some(RequestBody::Json(other))) => {
            let mut rules = Vec::new();
            differences(body, other, &Path::default(), &mut rules);
            add_rules(rules, &mut one.rules);
        }
        (Some(RequestBody::Graphql(Graphql { variables: Some(variables), .. })), Some(RequestBody::Graphql(asked)))
            if is_same_operation(&one.body, &other.body) =>
        {
            let mut rules = Vec::new();
            let place = Path::default().child(Step::Name("variables"));
            differences(variables, asked.variables.as_ref().unwrap_or(&Json::Null), &place, &mut rules);
            add_rules(rules, &mut one.rules);
        }
        (Some(body), Some(other)) if body == other => {}
        _ => one.body = None,
    }
    Ok(())
}

fn add_rules(rules: Vec<PathRule>, to: &mut Vec<PathRule>) {
    for new in rules {
        match to.iter_mut().find(|known| known.path == new.path) {
            Some(known) if known.rule != new.rule => known.rule = anything_or_nothing(),
            Some(_) => {}
            None => to.push(new),
        }
    }
}

/// Returns true for two GraphQL requests that differ in the values of their variables at most.
fn is_same_operation(one: &Option<RequestBody>, other: &Option<RequestBody>) -> bool {
    let (Some(RequestBody::Graphql(one)), Some(RequestBody::Graphql(other))) = (one, other) else { return false };
    one.operation == other.operation && one.query == other.query && one.extensions == other.extensions
}

/// Makes a field one that both values are of, with its own as the example; says whether it can.
fn both(field: &mut Field, other: &Field) -> bool {
    if field == other {
        return true;
    }
    let is_number = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
    };
    // What has to be absent in one is nothing that both ask for.
    let is_absent =
        |field: &Field| matches!(&field.matcher, FieldMatcher::Rule(rule) if rule.checks.contains(&Check::Absent));
    if is_absent(field) || is_absent(other) {
        return false;
    }
    if field.matcher.asks_nothing() || other.matcher.asks_nothing() {
        let example = match &field.matcher {
            FieldMatcher::Rule(rule) => rule.example.clone(),
            FieldMatcher::Equals(pattern) => Some(Json::string(pattern.to_string())),
            FieldMatcher::List(_) => return false,
        };
        field.matcher = FieldMatcher::Rule(Rule { example, ..Rule::of(Check::Ignore) });
        return true;
    }
    let checks_of = |text: &str| if is_number(text) { Check::Type(JsonType::Integer) } else { Check::Any };
    let others = match &other.matcher {
        FieldMatcher::Equals(pattern) => vec![checks_of(&pattern.to_string())],
        FieldMatcher::Rule(rule) => rule.checks.clone(),
        FieldMatcher::List(_) => return false,
    };
    let mut rule = match &field.matcher {
        FieldMatcher::Equals(pattern) => {
            let text = pattern.to_string();
            Rule { example: Some(Json::string(&text)), ..Rule::of(checks_of(&text)) }
        }
        FieldMatcher::Rule(rule) => rule.clone(),
        FieldMatcher::List(_) => return false,
    };
    if rule.checks != others {
        rule.checks = vec![Check::Any];
    }
    field.matcher = FieldMatcher::Rule(rule);
    true
}

fn anything_or_nothing() -> Rule {
    Rule::of(Check::Optional(Box::new(Rule::of(Check::Any))))
}

/// Rules for the places of a body that another one says differently, or not at all.
fn differences<'j>(one: &'j Json, other: &Json, path: &Path<'j>, rules: &mut Vec<PathRule>) {
    // What another answer gave is as what it was there, which may be no text.
    let is_given = |text: &str| Pattern::parse(text).as_literal().is_none();
    let rule_at = |path: &Path<'_>, rule: Rule| Some(PathRule { path: JsonPath::parse(&path.to_string()).ok()?, rule });
    match (one, other) {
        (one, other) if one == other => {}
        (Json::Object(members), Json::Object(_)) => {
            for (name, value) in members {
                let place = path.child(Step::Name(name.as_str()));
                match other.member(name.as_str()) {
                    Some(other) => differences(value, other, &place, rules),
                    None => rules.extend(rule_at(&place, anything_or_nothing())),
                }
            }
        }
        (one, other) => {
            let word = match (one, other) {
                (Json::Number(one), Json::Number(other)) if one.is_integer() && other.is_integer() => "integer",
                (Json::Bool(_), Json::Bool(_)) | (Json::Number(_), Json::Number(_)) => one.type_name(),
                (Json::String(one), Json::String(other)) if !is_given(one.as_str()) && !is_given(other.as_str()) => {
                    "string"
                }
                _ => "any",
            };
            rules.extend(Rule::from_word(word).and_then(|rule| rule_at(path, rule)));
        }
    }
}

/// Where the paths differ, there is a parameter.
fn path(one: &mut RequestPromise, other: &RequestPromise) -> Result<(), String> {
    let others = &other.path.segments;
    if one.path.segments.len() != others.len() {
        return Err(format!("{} and {} have different lengths", one.path, other.path));
    }
    let mut taken: Vec<String> = one.path.parameters().chain(other.path.parameters()).map(str::to_owned).collect();
    for (at, other_segment) in others.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| one.path.segments[before].clone());
        let segment = &mut one.path.segments[at];
        match (&*segment, other_segment) {
            (Segment::Parameter(SegmentPart::Parameter(name)), _) => {
                let found = checks_of(other_segment, &other.params);
                widen(&mut one.params, name, &found);
            }
            (one, other) if one == other => {}
            (Segment::Literal(written), Segment::Parameter(SegmentPart::Parameter(name))) => {
                one.params.extend(other.params.iter().find(|field| field.name == *name).cloned());
                widen(&mut one.params, name, &parameter(written).checks);
                *segment = other_segment.clone();
            }
            (Segment::Literal(written), Segment::Literal(other)) => {
                let collection = match &before {
                    Some(Segment::Literal(collection)) => Some(collection.as_str()),
                    _ => None,
                };
                let is_last = at + 1 == others.len();
                let wanted = if is_last { "id".to_owned() } else { id_of(collection) };
                let name = understudy_fixture::free_name(&wanted, "", |name| taken.iter().any(|known| known == name));
                let mut rule = parameter(written);
                if rule.checks != parameter(other).checks {
                    rule.checks = vec![Check::Any];
                }
                one.params.push(Field { name: name.clone(), matcher: FieldMatcher::Rule(rule) });
                taken.push(name.clone());
                *segment = Segment::Parameter(SegmentPart::Parameter(name));
            }
            _ => return Err(format!("{} and {} are different paths", one.path, other.path)),
        }
    }
    Ok(())
}

/// What a segment's values obey.
fn checks_of(segment: &Segment, params: &[Field]) -> Vec<Check> {
    match segment {
        Segment::Literal(written) => parameter(written).checks,
        Segment::Parameter(SegmentPart::Parameter(name)) => {
            match params.iter().find(|field| field.name == *name).map(|field| &field.matcher) {
                Some(FieldMatcher::Rule(rule)) => rule.checks.clone(),
                _ => vec![Check::Any],
            }
        }
        _ => vec![Check::Any],
    }
}

/// A parameter that stands for values that obey something else as well may be anything.
fn widen(params: &mut [Field], name: &str, others: &[Check]) {
    for field in params.iter_mut().filter(|field| field.name == name) {
        if let FieldMatcher::Rule(rule) = &mut field.matcher
            && rule.checks != others
        {
            rule.checks = vec![Check::Any];
        }
    }
}

/// Loosens what is promised of the answer until this one keeps it.
fn answer(fixture: &mut Fixture, recorded: &Recorded) -> Result<(), String> {
    let method = match &fixture.request.method {
        MethodMatcher::Is(method) => method.clone(),
        MethodMatcher::Any => recorded.request.method.clone(),
    };
    let received = Json::parse(&recorded.response.body).ok();
    let [response] = fixture.responses.as_mut_slice() else {
        return Err(format!("{} has several answers, one after the other", fixture.id));
    };
    for _ in 0..ROUNDS_MAX {
        let mismatches = judge(response, &[], &method, &recorded.response).mismatches;
        if mismatches.is_empty() {
            return Ok(());
        }
        let before = (response.headers.len(), response.rules.len());
        for mismatch in mismatches {
            if mismatch.kind == Kind::Header {
                response.headers.retain(|(name, _)| *name != mismatch.path);
            } else if let Some(rule) = loosened(&mismatch, received.as_ref())
                && response.rules.iter().all(|known| known.path != rule.path)
            {
                response.rules.push(rule);
            }
        }
        if (response.headers.len(), response.rules.len()) == before {
            break;
        }
    }
    let line = format!("{} {}", recorded.request.method, recorded.request.target);
    Err(format!("no rule holds for the answer of {} and for that to {line}", fixture.id))
}
