//! A fixture as YAML: what a new file holds. Reading it gives the same fixture again.

mod text;

pub use text::flow_value;
pub(crate) use text::{LINE_CHARS_MAX, block_text, flow_text, write_block};

use crate::model::{
    Capture, CaptureFrom, Check, Delay, Field, FieldMatcher, Fixture, Graphql, GraphqlQuery, HeaderPromise, Known,
    PartContent, PathRule, RequestBody, RequestPromise, ResponseBody, ResponsePromise, Rule, Select, Verify, When,
    XmlBody, write_duration,
};
use crate::read::{Named, is_hardly_meant, is_rule_word, lookalikes, without_foreign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use text::write_map;
use understudy_exchange::{Json, Number};

/// The text of a fixture file.
#[must_use]
pub fn write_fixture(fixture: &Fixture) -> String {
    let mut out = Map::default();
    out.text("name", fixture.name.as_deref());
    out.text("owner", fixture.owner.as_deref());
    out.texts("tags", &fixture.tags);
    if !fixture.enabled {
        out.put("enabled", Json::Bool(false));
    }
    if fixture.priority != 0 {
        out.put("priority", Json::Number(Number::from(fixture.priority)));
    }
    out.put("request", request(&fixture.request));
    match fixture.responses.as_slice() {
        [only] => out.put("response", response(only)),
        several => out.put("response", Json::Array(several.iter().map(response).collect())),
    }
    match fixture.select {
        Select::Cycle => {}
        Select::InOrder => out.put("select", Json::string("in_order")),
        Select::Random => out.put("select", Json::string("random")),
    }
    out.states("when", &fixture.when);
    out.pairs("set", &fixture.set);
    if fixture.verify != Verify::default() {
        out.put("verify", verify(&fixture.verify));
    }
    let mut text = String::new();
    write_map(&out.0, &mut text);
    text
}

/// A map under construction.
#[derive(Default)]
struct Map(Vec<(String, Json)>);

impl Map {
    fn put(&mut self, name: &str, value: Json) {
        self.0.push((name.to_owned(), value));
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.put(name, Json::string(value));
        }
    }

    fn texts(&mut self, name: &str, values: &[String]) {
        if !values.is_empty() {
            self.put(name, texts(values));
        }
    }

    fn pairs(&mut self, name: &str, pairs: &[(String, String)]) {
        if !pairs.is_empty() {
            self.put(name, map(pairs.iter().map(|(name, value)| (name.clone(), Json::string(value.clone())))));
        }
    }

    fn states(&mut self, name: &str, states: &[When]) {
        if !states.is_empty() {
            let value = |when: &When| match when.values.as_slice() {
                [only] => Json::string(only.clone()),
                values => texts(values),
            };
            self.put(name, map(states.iter().map(|when| (when.name.clone(), value(when)))));
        }
    }

    fn json(self) -> Json {
        map(self.0)
    }
}

fn map(entries: impl IntoIterator<Item = (String, Json)>) -> Json {
    Json::Object(entries.into_iter().map(|(name, value)| (understudy_exchange::JsonString::new(name), value)).collect())
}

fn texts(values: &[String]) -> Json {
    Json::Array(values.iter().map(|value| Json::string(value.clone())).collect())
}

fn request(request: &RequestPromise) -> Json {
    let mut out = Map::default();
    out.put("method", Json::string(request.method.to_string()));
    out.put("path", Json::string(without_foreign(&request.path.to_string())));
    for (name, values, named) in [
        ("params", &request.params, Named::Params),
        ("query", &request.query, Named::Query),
        ("headers", &request.headers, Named::Headers),
        ("cookies", &request.cookies, Named::Cookies),
    ] {
        if !values.is_empty() {
            out.put(name, fields(values, named));
        }
    }
    if let Some(body) = &request.body {
        out.put("body", request_body(body));
    }
    let meant = match &request.body {
        Some(RequestBody::Json(value)) => meant_exactly(value),
        _ => Vec::new(),
    };
    put_rules(&request.rules, meant, &mut out);
    if let Some(RequestBody::Xml(xml)) = &request.body {
        put_xml_rules(xml, &mut out);
    }
    if request.strict {
        out.put("strict", Json::Bool(true));
    }
    out.json()
}

/// Puts the rules of a body. `meant` are words for places that look like something else: they say that what stands there
/// is meant.
fn put_rules(rules: &[PathRule], meant: Vec<(String, &str)>, out: &mut Map) {
    let is_new = |(place, _): &(String, &str)| rules.iter().all(|rule| rule.path.as_str() != place);
    let meant = meant.into_iter().filter(is_new).map(|(place, word)| (place, Json::string(word)));
    let rules = rules.iter().map(|rule| (rule.path.as_str().to_owned(), rule_value(&rule.rule)));
    let all: Vec<(String, Json)> = meant.chain(rules).collect();
    if !all.is_empty() {
        out.put("match", map(all));
    }
}

/// The words that say of each lookalike in a request's JSON that it is meant.
fn meant_exactly(value: &Json) -> Vec<(String, &'static str)> {
    lookalikes(value).into_iter().map(|place| (place, "exact")).collect()
}

/// Returns the rule for a response's body with a lookalike in the body. The rule states that the
/// whole body is meant, and leaves the rest to the shape.
fn meant_as_it_is(body: Option<&ResponseBody>) -> Vec<(String, &'static str)> {
    let Some(ResponseBody::Json(text)) = body else { return Vec::new() };
    let value = text.value();
    if lookalikes(&value).is_empty() {
        return Vec::new();
    }
    let word = match value {
        Json::Array(_) => "array",
        Json::Object(_) => "object",
        _ => "string",
    };
    vec![("$".to_owned(), word)]
}

fn put_xml_rules(xml: &XmlBody, out: &mut Map) {
    if !xml.rules.is_empty() {
        out.put("match", map(xml.rules.iter().map(|r| (r.path.as_str().to_owned(), rule_value(&of_text(&r.rule))))));
    }
}

fn fields(fields: &[Field], named: Named) -> Json {
    map(fields.iter().map(|field| (field.name.clone(), matched(&field.matcher, named))))
}

/// A plain value that may be taken for something else is written as the rule that says what is meant.
fn matched(matcher: &FieldMatcher, named: Named) -> Json {
    match matcher {
        FieldMatcher::Equals(pattern) if pattern.as_literal().is_some_and(|text| is_hardly_meant(text, named)) => {
            equals(pattern.as_literal().unwrap_or_default())
        }
        FieldMatcher::Equals(pattern) => plain(&pattern.to_string()),
        FieldMatcher::List(patterns) => Json::Array(patterns.iter().map(|p| plain(&p.to_string())).collect()),
        FieldMatcher::Rule(rule) => rule_map(&of_text(rule)),
    }
}

fn equals(text: &str) -> Json {
    map([("equals".to_owned(), Json::string(text))])
}

fn graphql(request: &Graphql) -> Json {
    let mut out = Map::default();
    out.text("operation", request.operation.as_deref());
    out.text("query", request.query.as_ref().map(GraphqlQuery::as_str));
    for (name, value) in [("variables", &request.variables), ("extensions", &request.extensions)] {
        if let Some(value) = value {
            out.put(name, value.clone());
        }
    }
    out.json()
}

/// Text that stands for itself where text is wanted: a number needs no quotes.
fn plain(text: &str) -> Json {
    Number::parse(text).map_or_else(|| Json::string(text), Json::Number)
}

/// A rule where text is wanted: there, values need no quotes that are numbers or true and false.
fn of_text(rule: &Rule) -> Rule {
    let value = |value: &Json| match value.as_str() {
        Some("true") => Json::Bool(true),
        Some("false") => Json::Bool(false),
        Some(text) => plain(text),
        None => match value {
            // The example of several occurrences.
            Json::Array(items) => {
                Json::Array(items.iter().map(|item| item.as_str().map_or_else(|| item.clone(), plain)).collect())
            }
            other => other.clone(),
        },
    };
    let check = |check: &Check| match check {
        Check::Equals(expected) => Check::Equals(value(expected)),
        Check::OneOf(values) => Check::OneOf(values.iter().map(value).collect()),
        Check::Optional(inner) => Check::Optional(Box::new(of_text(inner))),
        Check::Nullable(inner) => Check::Nullable(Box::new(of_text(inner))),
        Check::Not(inner) => Check::Not(Box::new(of_text(inner))),
        Check::Each(inner) => Check::Each(Box::new(of_text(inner))),
        check => check.clone(),
    };
    Rule {
        checks: rule.checks.iter().map(check).collect(),
        example: rule.example.as_ref().map(value),
        fresh: rule.fresh,
    }
}

fn request_body(body: &RequestBody) -> Json {
    let (kind, value) = match body {
        RequestBody::Json(value) => ("json", value.clone()),
        RequestBody::Text(text) => ("text", Json::string(text.to_string())),
        RequestBody::Form(form) => ("form", fields(form, Named::Form)),
        RequestBody::Base64(bytes) => ("base64", Json::string(STANDARD.encode(bytes))),
        RequestBody::File(file) => ("file", Json::string(file.path.clone())),
        RequestBody::Xml(xml) => ("xml", Json::string(xml.as_str())),
        RequestBody::Graphql(request) => ("graphql", graphql(request)),
        RequestBody::GraphqlBatch(all) => ("graphql", Json::Array(all.iter().map(graphql).collect())),
        RequestBody::Multipart(parts) => {
            let parts = parts.iter().map(|part| {
                let mut out = Map::default();
                out.text("name", Some(&part.name));
                for (name, value) in [("filename", &part.filename), ("type", &part.content_type)] {
                    if let Some(matcher) = value {
                        out.put(name, matched(matcher, Named::Part));
                    }
                }
                match &part.content {
                    None => {}
                    Some(PartContent::Text(FieldMatcher::Equals(text))) => {
                        out.put("text", Json::string(text.to_string()));
                    }
                    Some(PartContent::Text(matcher)) => out.put("text", matched(matcher, Named::Part)),
                    Some(PartContent::Json(value)) => out.put("json", value.clone()),
                    Some(PartContent::File(file)) => out.put("file", Json::string(file.path.clone())),
                }
                let meant = match &part.content {
                    Some(PartContent::Json(value)) => meant_exactly(value),
                    _ => Vec::new(),
                };
                put_rules(&part.rules, meant, &mut out);
                out.json()
            });
            ("multipart", Json::Array(parts.collect()))
        }
    };
    map([(kind.to_owned(), value)])
}

fn response(response: &ResponsePromise) -> Json {
    let mut out = Map::default();
    out.states("when", &response.when);
    out.put("status", Json::Number(Number::from(u64::from(response.status))));
    if !response.headers.is_empty() {
        let headers = response.headers.iter().map(|(name, promise)| {
            let value = match promise {
                HeaderPromise::Value(value) if is_rule_word(value) => equals(value),
                HeaderPromise::Value(value) => Json::string(value.clone()),
                HeaderPromise::List(values) => texts(values),
                HeaderPromise::Rule(rule) => rule_map(&of_text(rule)),
            };
            (name.clone(), value)
        });
        out.put("headers", map(headers));
    }
    if let Some(body) = &response.body {
        let (kind, value) = match body {
            ResponseBody::Json(text) => ("json", text.value()),
            ResponseBody::Text(text) => ("text", Json::string(text.clone())),
            ResponseBody::Xml(xml) => ("xml", Json::string(xml.as_str())),
            ResponseBody::Base64(bytes) => ("base64", Json::string(STANDARD.encode(bytes))),
            ResponseBody::File(file) => ("file", Json::string(file.path.clone())),
            ResponseBody::LargeFile(file) => ("file", Json::string(file.path.clone())),
        };
        out.put("body", map([(kind.to_owned(), value)]));
    }
    put_rules(&response.rules, meant_as_it_is(response.body.as_ref()), &mut out);
    if let Some(ResponseBody::Xml(xml)) = &response.body {
        put_xml_rules(xml, &mut out);
    }
    match response.delay {
        None => {}
        Some(Delay::Fixed(time)) => out.text("delay", Some(&write_duration(time))),
        Some(Delay::Between(least, most)) => {
            out.text("delay", Some(&format!("{}..{}", write_duration(least), write_duration(most))));
        }
        Some(Delay::Percentiles { p50, p99 }) => {
            out.pairs("delay", &[("p50".to_owned(), write_duration(p50)), ("p99".to_owned(), write_duration(p99))]);
        }
    }
    out.pairs("set", &response.set);
    out.json()
}

/// A rule as it stands in a file: a word, or a map.
#[must_use]
pub fn rule_value(rule: &Rule) -> Json {
    match rule.as_word() {
        Some(word) => Json::string(word),
        None => rule_map(rule),
    }
}

/// The map form, which is the only one where a plain value means *equals*.
fn rule_map(rule: &Rule) -> Json {
    let mut out = Map::default();
    for check in &rule.checks {
        let (name, value) = match check {
            Check::Equals(value) => ("equals", value.clone()),
            Check::Matches(expression) => ("matches", Json::string(expression.as_str())),
            Check::Contains(text) => ("contains", Json::string(text.clone())),
            Check::StartsWith(text) => ("starts_with", Json::string(text.clone())),
            Check::OneOf(values) => ("one_of", Json::Array(values.clone())),
            Check::Min(number) => ("min", Json::Number(number.clone())),
            Check::Max(number) => ("max", Json::Number(number.clone())),
            Check::Each(inner) => ("each", rule_value(inner)),
            Check::Keys(inner) => ("keys", rule_value(inner)),
            Check::Optional(inner) => ("optional", rule_value(inner)),
            Check::Nullable(inner) => ("nullable", rule_value(inner)),
            Check::Not(inner) => ("not", rule_value(inner)),
            word => ("type", Json::string(word.as_word().expect("all other checks are words"))),
        };
        out.put(name, value);
    }
    if let Some(example) = &rule.example {
        out.put("example", example.clone());
    }
    if rule.fresh {
        out.put("fresh", Json::Bool(true));
    }
    out.json()
}

fn verify(verify: &Verify) -> Json {
    let mut out = Map::default();
    out.text("skip", verify.skip.as_deref());
    if verify.safe {
        out.put("safe", Json::Bool(true));
    }
    out.texts("given", &verify.given);
    if let Some(after) = &verify.after {
        out.put("after", texts(after));
    }
    out.texts("again", &verify.again);
    out.texts("follows", &verify.follows);
    if !verify.capture.is_empty() {
        let captures = verify.capture.iter().map(|capture| (capture.name.clone(), captured_from(capture)));
        out.put("capture", map(captures));
    }
    if let Some(at) = verify.response {
        out.put("response", Json::Number(Number::from(at as u64 + 1)));
    }
    if !verify.status.is_empty() {
        let statuses = verify.status.iter().map(|status| Json::Number(Number::from(u64::from(*status))));
        out.put("status", Json::Array(statuses.collect()));
    }
    out.text("timeout", verify.timeout.map(write_duration).as_deref());
    if !verify.known.is_empty() {
        out.put("known", Json::Array(verify.known.iter().map(known_difference).collect()));
    }
    out.json()
}

pub(crate) fn captured_from(capture: &Capture) -> Json {
    let mut out = Map::default();
    match &capture.from {
        CaptureFrom::Body(path) => return Json::string(path.as_str()),
        CaptureFrom::Cookie(name) => out.text("cookie", Some(name)),
        CaptureFrom::Text(matches) => out.text("matches", Some(matches.as_str())),
        CaptureFrom::Header { name, matches, query } => {
            out.text("header", Some(name));
            out.text("matches", matches.as_ref().map(crate::model::Search::as_str));
            out.text("query", query.as_deref());
        }
    }
    out.json()
}

pub(crate) fn known_difference(known: &Known) -> Json {
    let mut out = Map::default();
    out.text("path", Some(&known.path));
    out.text("kind", known.kind.as_deref());
    out.text("why", known.why.as_deref());
    out.text("until", known.until.as_deref());
    out.json()
}
