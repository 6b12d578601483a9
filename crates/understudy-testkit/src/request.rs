//! Requests of every kind.

use crate::{body, field, pick};
use http::Method;
use understudy_exchange::xml::XmlPath;
use understudy_exchange::{Json, JsonPath, JsonString};
use understudy_fixture::model::{
    Check, Expression, Field, FieldMatcher, Format, Graphql, GraphqlQuery, JsonType, MethodMatcher, NamedPart,
    PartContent, PathRule, PathTemplate, Pattern, RequestBody, RequestPromise, Rule, XmlBody, XmlRule,
};
use understudy_match::Chance;

pub(crate) fn request(name: &str, chance: &mut Chance) -> RequestPromise {
    let (path, params) = path(name, chance);
    let (body, rules, content_type) = body(chance);
    let mut headers: Vec<Field> =
        fields(chance).into_iter().map(|f| field(&format!("x-{}", f.name), f.matcher)).collect();
    headers.extend(content_type.map(|value| field("content-type", plain(value))));
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
        headers,
        cookies: cookies(chance),
        body,
        rules,
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
        field(
            "all",
            FieldMatcher::Rule(Rule {
                checks: vec![
                    Check::Each(Box::new(Rule::of(Check::OneOf(vec![Json::string("a"), Json::string("b")])))),
                    Check::Min(2u64.into()),
                ],
                example: Some(Json::Array(["a", "b", "a"].map(Json::string).to_vec())),
                fresh: false,
            }),
        ),
        field("other", rule(Check::Not(Box::new(Rule::of(Check::Equals(Json::string("admin"))))), "user")),
        field("derived", FieldMatcher::Rule(Rule::of(Check::OneOf(vec![Json::string("x"), Json::string("y")])))),
    ];
    all.into_iter().filter(|_| chance.below(3) == 0).collect()
}

fn cookies(chance: &mut Chance) -> Vec<Field> {
    let all = [
        field("sid", plain("a=b\"c")),
        field("theme", FieldMatcher::Rule(Rule::of(Check::OneOf(vec![Json::string("dark"), Json::string("light")])))),
        field("seen", FieldMatcher::Rule(Rule::of(Check::Absent))),
    ];
    all.into_iter().filter(|_| chance.below(4) == 0).collect()
}

/// A text that stands for itself.
fn plain(text: &str) -> FieldMatcher {
    FieldMatcher::Equals(Pattern::literal(text))
}

fn path_rule(path: &str, check: Check) -> PathRule {
    PathRule { path: JsonPath::parse(path).expect("made paths are good"), rule: Rule::of(check) }
}

/// A body, the rules beside it, and the content type that is listed for it.
type Body = (Option<RequestBody>, Vec<PathRule>, Option<&'static str>);

fn body(chance: &mut Chance) -> Body {
    let graphql = |query: &str, variables: Option<Json>| Graphql {
        operation: None,
        query: Some(GraphqlQuery::parse(query).expect("it is a document")),
        variables,
        extensions: None,
    };
    let mut rules = Vec::new();
    let mut content_type = None;
    let body = match chance.below(11) {
        0 => RequestBody::Json(body::json(chance, 3)),
        1 => RequestBody::Text(Pattern::literal(&body::text(chance))),
        2 => RequestBody::Form(fields(chance)),
        3 => RequestBody::Multipart(parts(chance)),
        4 => {
            let variables = (chance.below(2) == 0).then(|| body::json(chance, 2));
            RequestBody::Graphql(Graphql {
                operation: Some("Pets".to_owned()),
                ..graphql("query Pets { pets { id } }", variables)
            })
        }
        5 => RequestBody::Base64(body::bytes(chance)),
        6 => RequestBody::Xml(xml(chance)),
        7 => RequestBody::GraphqlBatch(vec![graphql("{ a(x: [1, {y: \"z\"}]) # all\n b }", None)]),
        8 => {
            let variables = Json::Object(vec![(JsonString::new("at"), Json::string("2026-01-31"))]);
            rules.push(path_rule("$['variables']['at']", Check::Format(Format::Date)));
            RequestBody::Graphql(graphql("query ($at: Date) { pets(at: $at) { id } }", Some(variables)))
        }
        9 => {
            let (kind, text) = pick(
                chance,
                &[
                    ("text/plain; charset=iso-8859-1", "na\u{EF}ve"),
                    ("text/csv; header=present; charset=\"utf-16\"", "a,b\r\n1,\u{1F600}"),
                    ("text/plain;charset=Shift_JIS", "テスト"),
                ],
            );
            content_type = Some(kind);
            RequestBody::Text(Pattern::literal(text))
        }
        _ => return (None, rules, content_type),
    };
    (Some(body), rules, content_type)
}

fn parts(chance: &mut Chance) -> Vec<NamedPart> {
    let text = NamedPart {
        name: "a".to_owned(),
        filename: None,
        content_type: None,
        content: Some(PartContent::Text(plain(&body::text(chance)))),
        rules: Vec::new(),
    };
    let json = NamedPart {
        name: "b 'q'".to_owned(),
        filename: Some(plain("f.json")),
        content_type: Some(plain("application/json")),
        content: Some(PartContent::Json(body::json(chance, 2))),
        rules: Vec::new(),
    };
    let by_rule = NamedPart {
        name: "c".to_owned(),
        filename: Some(FieldMatcher::Rule(Rule::of(Check::OneOf(vec![Json::string("a.txt"), Json::string("b.txt")])))),
        content_type: Some(FieldMatcher::Rule(Rule {
            checks: vec![Check::StartsWith("text/".to_owned())],
            example: Some(Json::string("text/plain")),
            fresh: false,
        })),
        content: Some(PartContent::Text(plain("it is 7"))),
        rules: vec![path_rule("$", Check::Matches(Expression::parse("it is [0-9]+").expect("an expression")))],
    };
    [text, json, by_rule].into_iter().filter(|_| chance.below(3) > 0).collect()
}

fn xml(chance: &mut Chance) -> XmlBody {
    let text = "<o:order xmlns:o='urn:x' id='7'>\n  <item>a &amp; b</item><item/>\n</o:order>";
    let mut xml = XmlBody::parse(text).expect("it is XML");
    if chance.below(2) == 0 {
        let path = XmlPath::parse("/order/@id").expect("made paths are good");
        xml.rules.push(XmlRule { path, rule: Rule::of(Check::Type(JsonType::Integer)) });
    }
    xml
}
