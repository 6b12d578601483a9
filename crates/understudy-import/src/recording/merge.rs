//! Several proposals as one promise, where a person says that they are one.

use super::draft::parameter;
use super::{Draft, Recorded, naming};
use understudy_exchange::Json;
use understudy_fixture::model::{
    Check, Field, FieldMatcher, Fixture, MethodMatcher, RequestBody, RequestPromise, Segment, SegmentPart,
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
        fields.retain(|field| others.contains(field));
    }
    one.body = match (one.body.take(), &other.body) {
        (Some(RequestBody::Json(one)), Some(RequestBody::Json(other))) => common(&one, other).map(RequestBody::Json),
        (Some(body), Some(other)) if body == *other => Some(body),
        _ => None,
    };
    Ok(())
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
                let wanted = if is_last { "id".to_owned() } else { naming::id_of(collection) };
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

/// What two bodies both say; `None` where that is nothing.
fn common(one: &Json, other: &Json) -> Option<Json> {
    match (one, other) {
        (one, other) if one == other => Some(one.clone()),
        (Json::Object(members), Json::Object(_)) => {
            let both = members.iter().filter_map(|(name, value)| {
                let other = other.member(name.as_str())?;
                Some((name.clone(), common(value, other)?))
            });
            let both: Vec<_> = both.collect();
            (!both.is_empty()).then_some(Json::Object(both))
        }
        _ => None,
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
