//! Requests of every kind.

use crate::{body, field, pick};
use http::Method;
use understudy_exchange::Json;
use understudy_fixture::model::{
    Check, Expression, Field, FieldMatcher, Format, Graphql, GraphqlQuery, JsonType, MethodMatcher, NamedPart,
    PartContent, PathTemplate, Pattern, RequestBody, RequestPromise, Rule, XmlBody,
};
use understudy_match::Chance;

pub(crate) fn request(name: &str, chance: &mut Chance) -> RequestPromise {
    let (path, params) = path(name, chance);
    let body = body(chance);
    let method = match (&body, chance.below(4)) {
        (None, 0) => MethodMatcher::Any,
        (None, _) => MethodMatcher::Is(pick(chance, &[0, 1, 2]).method()),
        (Some(_), _) => MethodMatcher::Is(pick(chance, &[3, 4, 5]).method()),
    };
    RequestPromise {
        method,
        path: PathTemplate::parse(&path).expect("made paths are good"),
        params,
        query: fields(chance),
        headers: fields(chance).into_iter().map(|f| field(&format!("x-{}", f.name), f.matcher)).collect(),
        cookies: Vec::new(),
        body,
        rules: Vec::new(),
        strict: chance.below(4) == 0,
    }
}

trait IntoMethod {
    fn method(self) -> Method;
}

impl IntoMethod for usize {
    fn method(self) -> Method {
        [Method::GET, Method::DELETE, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH][self].clone()
    }
}

fn path(name: &str, chance: &mut Chance) -> (String, Vec<Field>) {
    let example = |value: &str, check: Check| {
        FieldMatcher::Rule(Rule { checks: vec![check], example: Some(Json::string(value)), fresh: false })
    };
    match chance.below(5) {
        0 => (format!("/{name}"), Vec::new()),
        1 => (format!("/{name}/a%2Fb/"), Vec::new()),
        2 => (format!("/{name}/{{id}}"), vec![field("id", example("7", Check::Type(JsonType::Integer)))]),
        3 => (format!("/{name}/{{file}}.json"), vec![field("file", example("a b", Check::Any))]),
        _ => (format!("/{name}/{{*rest}}"), vec![field("rest", example("x/y z", Check::Any))]),
    }
}

fn fields(chance: &mut Chance) -> Vec<Field> {
    let text = |text: &str| Pattern::parse(text);
    let rule = |check: Check, example: &str| {
        FieldMatcher::Rule(Rule { checks: vec![check], example: Some(Json::string(example)), fresh: false })
    };
    let all = [
        field("equal", FieldMatcher::Equals(text("a b+c&d=e"))),
        field("list", FieldMatcher::List(vec![text("1"), text("2"), text("1")])),
        field("uuid", rule(Check::Format(Format::Uuid), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")),
        field("matched", rule(Check::Matches(Expression::parse("[a-z]+").expect("an expression")), "abc")),
        field("none", FieldMatcher::Rule(Rule::of(Check::Absent))),
        field(
            "maybe",
            FieldMatcher::Rule(Rule::of(Check::Optional(Box::new(Rule::of(Check::Type(JsonType::Integer)))))),
        ),
        field("derived", FieldMatcher::Rule(Rule::of(Check::OneOf(vec![Json::string("x"), Json::string("y")])))),
    ];
    all.into_iter().filter(|_| chance.below(3) == 0).collect()
}

fn body(chance: &mut Chance) -> Option<RequestBody> {
    Some(match chance.below(9) {
        0 => RequestBody::Json(body::json(chance, 3)),
        1 => RequestBody::Text(Pattern::parse(&body::text(chance))),
        2 => RequestBody::Form(fields(chance)),
        3 => RequestBody::Multipart(vec![
            NamedPart {
                name: "a".to_owned(),
                filename: None,
                content_type: None,
                content: Some(PartContent::Text(FieldMatcher::Equals(Pattern::parse(&body::text(chance))))),
                rules: Vec::new(),
            },
            NamedPart {
                name: "b \"q\"".replace('"', "'"),
                filename: Some(FieldMatcher::Equals(Pattern::literal("f.json"))),
                content_type: Some(FieldMatcher::Equals(Pattern::literal("application/json"))),
                content: Some(PartContent::Json(body::json(chance, 2))),
                rules: Vec::new(),
            },
        ]),
        4 => RequestBody::Graphql(Graphql {
            operation: Some("Pets".to_owned()),
            query: Some(GraphqlQuery::parse("query Pets { pets { id } }").expect("it is a document")),
            variables: Some(Json::Object(Vec::new())),
            extensions: None,
        }),
        5 => RequestBody::Base64(body::bytes(chance)),
        6 => RequestBody::Xml(
            XmlBody::parse("<o:order xmlns:o='urn:x' id='7'>\n  <item>a &amp; b</item><item/>\n</o:order>")
                .expect("it is XML"),
        ),
        7 => RequestBody::GraphqlBatch(vec![Graphql {
            operation: None,
            query: Some(GraphqlQuery::parse("{ a(x: [1, {y: \"z\"}]) # all\n b }").expect("it is a document")),
            variables: None,
            extensions: None,
        }]),
        _ => return None,
    })
}
