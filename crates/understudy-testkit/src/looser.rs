//! Fixtures that are looser than another one by a single step: each matches every request that the other one matches.

use crate::pick;
use understudy_exchange::jsonpath::{Path, Step};
use understudy_exchange::xml::{Element, XmlPath};
use understudy_exchange::{Json, JsonPath, JsonString};
use understudy_fixture::model::{
    Check, Field, FieldMatcher, Fixture, GraphqlQuery, JsonType, MethodMatcher, NamedPart, PartContent, PathRule,
    PathTemplate, RequestBody, Rule, When, XmlBody, XmlRule,
};
use understudy_match::Chance;

/// One of the lists of fields that a request has.
type FieldsOf = fn(&mut Fixture) -> &mut Vec<Field>;

/// A fixture that is looser than another one, with the step that made it so.
pub type Looser = (String, Fixture);

/// Returns all fixtures that are looser by one step.
#[must_use]
pub fn looser(fixture: &Fixture, chance: &mut Chance) -> Vec<Looser> {
    let mut all = Vec::new();
    let mut add = |what: String, change: &dyn Fn(&mut Fixture)| {
        let mut changed = fixture.clone();
        change(&mut changed);
        all.push((what, changed));
    };
    let request = &fixture.request;
    if let MethodMatcher::Is(_) = request.method {
        add("any method".to_owned(), &|f| f.request.method = MethodMatcher::Any);
    }
    if request.strict {
        add("not strict".to_owned(), &|f| f.request.strict = false);
    }
    for at in 0..fixture.when.len() {
        add("any state".to_owned(), &|f| drop(f.when.remove(at)));
        let more = format!("more {}", fixture.when[at].values.len());
        add("one state more".to_owned(), &|f| f.when[at].values.push(more.clone()));
    }
    if let Some(path) = looser_path(&request.path.to_string()) {
        add(format!("path {path}"), &|f| f.request.path = PathTemplate::parse(&path).expect("it is a path"));
    }
    let lists: [(&str, FieldsOf); 5] = [
        ("params", |f| &mut f.request.params),
        ("query", |f| &mut f.request.query),
        ("headers", |f| &mut f.request.headers),
        ("cookies", |f| &mut f.request.cookies),
        ("form", form),
    ];
    for (place, list) in lists {
        if place == "form" && !matches!(request.body, Some(RequestBody::Form(_))) {
            continue;
        }
        for (at, field) in list(&mut fixture.clone()).iter().enumerate() {
            let is_refused_then = request.strict && matches!(place, "form" | "query");
            if !field.matcher.asks_nothing() && !is_refused_then {
                add(format!("{place} without {}", field.name), &|f| drop(list(f).remove(at)));
            }
            if let Some(matcher) = looser_matcher(&field.matcher, chance) {
                let what = format!("{place} {} {matcher:?}", field.name);
                add(what, &|f| list(f)[at].matcher = matcher.clone());
            }
        }
    }
    let is_open = |body: &RequestBody| matches!(body, RequestBody::Form(fields) if fields.iter().all(|f| f.matcher.asks_nothing()));
    if request.body.as_ref().is_some_and(|body| !is_open(body)) {
        add("no body".to_owned(), &|f| {
            f.request.body = None;
            f.request.rules = Vec::new();
        });
    }
    all.extend(looser_bodies(fixture, chance));
    all
}

fn form(fixture: &mut Fixture) -> &mut Vec<Field> {
    match &mut fixture.request.body {
        Some(RequestBody::Form(fields)) => fields,
        _ => panic!("the body is a form"),
    }
}

/// The same path with a parameter in the place of its first text.
fn looser_path(path: &str) -> Option<String> {
    let (first, rest) = path.strip_prefix('/')?.split_once('/').unwrap_or((path.strip_prefix('/')?, ""));
    let is_text = !first.is_empty() && !first.contains('{');
    let rest = if path[1..].contains('/') { format!("/{rest}") } else { String::new() };
    is_text.then(|| format!("/{{looser}}{rest}"))
}

/// The rules that a value obeys, from the tightest to the loosest.
fn ladder(value: &Json) -> Vec<Check> {
    let mut all = Vec::new();
    // Members that are not written are free, and in `one_of` they are not.
    if !matches!(value, Json::Array(_) | Json::Object(_)) {
        all.push(Check::OneOf(vec![Json::string("another"), value.clone()]));
    }
    match value {
        Json::String(text) => {
            all.extend([
                Check::StartsWith(text.as_str().chars().take(2).collect()),
                Check::StartsWith(text.as_str().chars().take(1).collect()),
                Check::Type(JsonType::String),
            ]);
        }
        Json::Number(number) => {
            all.push(Check::Min(number.clone()));
            if number.is_integer() {
                all.push(Check::Type(JsonType::Integer));
            }
            all.push(Check::Type(JsonType::Number));
        }
        Json::Bool(_) => all.push(Check::Type(JsonType::Boolean)),
        Json::Null => all.push(Check::Nullable(Box::new(Rule::of(Check::Type(JsonType::String))))),
        Json::Array(_) | Json::Object(_) => {}
    }
    all.push(Check::Any);
    // For a text of one character, both starts are the same.
    all.dedup();
    all
}

/// A looser rule for a value; `known` is the one that it has.
fn looser_check(value: &Json, known: Option<&Rule>, chance: &mut Chance) -> Option<Check> {
    let mut all = ladder(value);
    if let Some(rule) = known {
        let [check] = rule.checks.as_slice() else { return None };
        let at = all.iter().position(|other| other == check)?;
        all.drain(..=at);
    }
    (!all.is_empty()).then(|| all.swap_remove(usize::try_from(chance.below(all.len() as u64)).expect("it is small")))
}

fn looser_matcher(matcher: &FieldMatcher, chance: &mut Chance) -> Option<FieldMatcher> {
    let rule = |check: Check, example: Json| {
        FieldMatcher::Rule(Rule { checks: vec![check], example: Some(example), fresh: false })
    };
    match matcher {
        FieldMatcher::Equals(pattern) => {
            let value = Json::string(pattern.as_literal()?);
            Some(rule(looser_check(&value, None, chance)?, value))
        }
        FieldMatcher::List(patterns) => {
            let values = patterns.iter().map(|pattern| pattern.as_literal().map(Json::string));
            let values: Vec<Json> = values.collect::<Option<_>>()?;
            let inner = pick(chance, &[Some(JsonType::String), None]).map_or(Check::Any, Check::Type);
            let inner = if chance.below(2) == 0 { inner } else { Check::OneOf(values.clone()) };
            Some(rule(Check::Each(Box::new(Rule::of(inner))), Json::Array(values)))
        }
        FieldMatcher::Rule(known) => {
            let looser = match known.checks.as_slice() {
                [Check::Format(_) | Check::Matches(_)] => Check::Type(JsonType::String),
                [Check::Each(inner), more, ..] if *more != Check::Any => Check::Each(inner.clone()),
                // Every occurrence of a text is any text.
                [Check::Each(inner)] if inner.checks == [Check::Any] => return None,
                [Check::Each(_)] => Check::Any,
                [Check::Absent] => return None,
                [Check::Optional(_) | Check::Ignore] => return None,
                [Check::Not(_)] => Check::Any,
                [_] => match known.example.as_ref() {
                    Some(example) => looser_check(example, Some(known), chance)?,
                    None => return None,
                },
                [first, ..] => first.clone(),
                [] => return None,
            };
            Some(FieldMatcher::Rule(Rule { checks: vec![looser], ..known.clone() }))
        }
    }
}

fn looser_bodies(fixture: &Fixture, chance: &mut Chance) -> Vec<Looser> {
    let request = &fixture.request;
    let with_body = |body: RequestBody, rules: Vec<PathRule>| {
        let mut changed = fixture.clone();
        changed.request.body = Some(body);
        changed.request.rules = rules;
        changed
    };
    let mut all = Vec::new();
    match &request.body {
        Some(body @ RequestBody::Json(value)) => {
            for (what, rules) in looser_rules(value, &Path::default(), &request.rules, chance) {
                all.push((what, with_body(body.clone(), rules)));
            }
            for (what, fewer) in fewer_members(value) {
                if !request.strict && request.rules.is_empty() {
                    all.push((what, with_body(RequestBody::Json(fewer), Vec::new())));
                }
            }
        }
        Some(body @ RequestBody::Text(pattern)) => {
            let Some(text) = pattern.as_literal() else { return all };
            for (what, rules) in looser_rules(&Json::string(text), &Path::default(), &request.rules, chance) {
                all.push((what, with_body(body.clone(), rules)));
            }
        }
        Some(body @ RequestBody::Graphql(graphql)) => {
            let mut members = vec![(JsonString::new("variables"), graphql.variables.clone().unwrap_or(Json::Null))];
            let query = graphql.query.as_ref().map(GraphqlQuery::as_str).filter(|query| !query.contains("{{"));
            members.extend(query.map(|query| (JsonString::new("query"), Json::string(query))));
            for (name, value) in members {
                let at = Path::default().child(Step::Name(name.as_str()));
                if value.children().next().is_none() && value != Json::string("") && value.as_str().is_none() {
                    continue;
                }
                for (what, rules) in looser_rules(&value, &at, &request.rules, chance) {
                    all.push((what, with_body(body.clone(), rules)));
                }
            }
        }
        Some(RequestBody::Xml(xml)) => {
            for (what, body) in looser_xml(xml, chance) {
                all.push((what, with_body(RequestBody::Xml(body), Vec::new())));
            }
        }
        Some(RequestBody::Multipart(parts)) => {
            for at in 0..parts.len() {
                for (what, part) in looser_parts(&parts[at], chance) {
                    let mut parts = parts.clone();
                    parts[at] = part;
                    all.push((what, with_body(RequestBody::Multipart(parts), Vec::new())));
                }
                if !request.strict && parts.len() > 1 {
                    let mut parts = parts.clone();
                    parts.remove(at);
                    all.push((format!("without part {at}"), with_body(RequestBody::Multipart(parts), Vec::new())));
                }
            }
        }
        _ => {}
    }
    all
}

/// The rules beside a value with one that is looser, or one more.
fn looser_rules<'v>(
    value: &'v Json,
    at: &Path<'v>,
    rules: &[PathRule],
    chance: &mut Chance,
) -> Vec<(String, Vec<PathRule>)> {
    let path = at.normalized();
    let mut all = Vec::new();
    let known = rules.iter().position(|rule| rule.path.as_str() == path);
    if let Some(check) = looser_check(value, known.map(|at| &rules[at].rule), chance) {
        let rule = Rule::of(check);
        let mut rules = rules.to_vec();
        let what = format!("{path}: {rule}");
        // A place inside a value that a rule covers has no rules of its own.
        rules.retain(|rule| !rule.path.as_str().starts_with(&format!("{path}[")));
        match rules.iter_mut().find(|rule| rule.path.as_str() == path) {
            Some(known) => known.rule = rule,
            None => rules.push(PathRule { path: JsonPath::parse(&path).expect("it is a path"), rule }),
        }
        all.push((what, rules));
    }
    if known.is_none() {
        for (step, child) in value.children() {
            all.extend(looser_rules(child, &at.child(step), rules, chance));
        }
    }
    all
}

/// The same value with a member less, wherever it stands.
fn fewer_members(value: &Json) -> Vec<(String, Json)> {
    let mut all = Vec::new();
    if let Json::Object(members) = value {
        for (at, (name, member)) in members.iter().enumerate() {
            let mut fewer = members.clone();
            fewer.remove(at);
            all.push((format!("without {}", name.as_str()), Json::Object(fewer)));
            for (what, changed) in fewer_members(member) {
                let mut members = members.clone();
                members[at].1 = changed;
                all.push((what, Json::Object(members)));
            }
        }
    }
    all
}

fn looser_xml(xml: &XmlBody, chance: &mut Chance) -> Vec<(String, XmlBody)> {
    let mut leaves = Vec::new();
    leaves_of(xml.root(), String::new(), &mut leaves);
    let mut all = Vec::new();
    for (path, text) in leaves {
        let known = xml.rules.iter().position(|rule| rule.path.as_str() == path);
        let Some(check) = looser_check(&Json::string(text), known.map(|at| &xml.rules[at].rule), chance) else {
            continue;
        };
        let mut changed = xml.clone();
        let rule = XmlRule { path: XmlPath::parse(&path).expect("it is a path"), rule: Rule::of(check) };
        let what = format!("{path}: {}", rule.rule);
        match known {
            Some(at) => changed.rules[at] = rule,
            None => changed.rules.push(rule),
        }
        all.push((what, changed));
    }
    all
}

/// The attributes of an element and the elements that hold none, with their paths and texts.
fn leaves_of(element: &Element, above: String, out: &mut Vec<(String, String)>) {
    let path = if above.is_empty() { format!("/{}", element.name.local) } else { above };
    out.extend(element.attributes.iter().map(|(name, value)| (format!("{path}/@{}", name.local), value.clone())));
    let mut is_leaf = true;
    for (at, child) in element.elements().enumerate() {
        is_leaf = false;
        leaves_of(child, format!("{path}/*[{}]", at + 1), out);
    }
    if is_leaf && element.attributes.is_empty() {
        out.push((path, element.text()));
    }
}

fn looser_parts(part: &NamedPart, chance: &mut Chance) -> Vec<(String, NamedPart)> {
    let mut all = Vec::new();
    let mut add = |what: String, change: &dyn Fn(&mut NamedPart)| {
        let mut changed = part.clone();
        change(&mut changed);
        all.push((format!("part {}: {what}", part.name), changed));
    };
    if let Some(matcher) = part.filename.as_ref().and_then(|matcher| looser_matcher(matcher, chance)) {
        add(format!("file name {matcher:?}"), &|part| part.filename = Some(matcher.clone()));
    }
    if part.filename.is_some() {
        add("any file name".to_owned(), &|part| part.filename = None);
    }
    if part.content_type.is_some() {
        add("any type".to_owned(), &|part| part.content_type = None);
    }
    let whole = match &part.content {
        Some(PartContent::Text(FieldMatcher::Equals(pattern))) => pattern.as_literal().map(Json::string),
        Some(PartContent::Json(value)) => Some(value.clone()),
        Some(PartContent::File(file)) => Some(Json::string(String::from_utf8_lossy(&file.content))),
        _ => None,
    };
    for (what, rules) in whole.iter().flat_map(|whole| looser_rules(whole, &Path::default(), &part.rules, chance)) {
        add(what, &|part| part.rules = rules.clone());
    }
    if let Some(PartContent::Text(matcher)) = &part.content
        && part.rules.is_empty()
        && let Some(matcher) = looser_matcher(matcher, chance)
    {
        add(format!("{matcher:?}"), &|part| part.content = Some(PartContent::Text(matcher.clone())));
    }
    all
}

/// A state in which a fixture matches.
pub fn state_of(when: &[When]) -> understudy_match::State {
    when.iter().filter_map(|when| Some((when.name.clone(), when.values.first()?.clone()))).collect()
}
