//! Requests whose values are odd: characters that have a meaning in some place of a message, and rules of every kind.

use crate::{field, pick};
use bytes::Bytes;
use http::Method;
use understudy_exchange::{Json, JsonPath, JsonString};
use understudy_fixture::model::{
    BodyFile, Check, Expression, FieldMatcher, Fixture, Format, Graphql, GraphqlQuery, JsonType, MethodMatcher,
    NamedPart, PartContent, PathRule, PathTemplate, Pattern, RequestBody, Rule, XmlBody,
};
use understudy_match::Chance;

/// Characters that have a meaning in one of the places of a request.
const PIECES: [&str; 34] = [
    "a", "Z", "0", " ", "+", "%", "%20", "%2F", "&", "=", "#", "?", "/", ";", ":", "\"", "\\", "'", "[", "]", "{", "}",
    ",", "@", "é", "日本", "😀", "|", "<", "~", "..", "\r\n", "*", "()",
];

fn text(chance: &mut Chance, is_one_line: bool) -> String {
    let length = 1 + chance.below(6);
    let mut out: String = (0..length).map(|_| pick(chance, &PIECES)).collect();
    if is_one_line {
        out = out.replace("\r\n", "_");
    }
    if out.contains("{{") { out.replace('{', "_") } else { out }
}

fn rule(check: Check) -> FieldMatcher {
    FieldMatcher::Rule(Rule::of(check))
}

/// A rule for every occurrence of a name, with two values that obey it.
fn every(first: String, second: String) -> FieldMatcher {
    let values = vec![Json::string(first), Json::string(second)];
    let each = Check::Each(Box::new(Rule::of(Check::OneOf(values.clone()))));
    FieldMatcher::Rule(Rule {
        checks: vec![each, Check::Min(2u64.into())],
        example: Some(Json::Array(values)),
        fresh: false,
    })
}

/// A matcher that says which value is sent.
fn matcher(chance: &mut Chance, is_one_line: bool, is_parameter: bool) -> FieldMatcher {
    let mut value = || text(chance, is_one_line);
    let (first, second) = (value(), value());
    let literal = |text: &str| Pattern::parse(&text.replace("{{", "_"));
    match chance.below(if is_parameter { 5 } else { 11 }) {
        0 => rule(Check::Equals(Json::string(first))),
        1 => rule(Check::OneOf(vec![Json::string(first), Json::string(second)])),
        2 => rule(Check::StartsWith(first)),
        3 => rule(Check::Contains(first)),
        4 => FieldMatcher::Equals(literal(&first)),
        5 => FieldMatcher::List(vec![literal(&first), literal(&second)]),
        6 => rule(Check::Min(3u64.into())),
        9 => every(first, second),
        10 => FieldMatcher::Rule(Rule {
            checks: vec![Check::Not(Box::new(Rule::of(Check::Equals(Json::string(format!("{first}!"))))))],
            example: Some(Json::string(first)),
            fresh: false,
        }),
        7 => {
            let words = ["uuid", "date", "time", "date-time", "email", "uri", "ipv4", "ipv6", "hostname", "base64"];
            rule(Check::Format(Format::from_word(pick(chance, &words)).expect("made values are good")))
        }
        _ => {
            let all = ["[0-9]{4}-[a-f]+", "v(1|2)\\.x?", "(?:de|en)(-[A-Z]{2})?", "\\d+ items", "ü+"];
            rule(Check::Matches(Expression::parse(pick(chance, &all)).expect("made values are good")))
        }
    }
}

/// A rule for the whole of a value.
fn whole(check: Check) -> PathRule {
    PathRule { path: JsonPath::parse("$").expect("made values are good"), rule: Rule::of(check) }
}

/// A content type whose charset has all characters of a text, and one that does not say any.
const TEXT_TYPES: [&str; 4] = [
    "text/plain",
    "Text/Plain;charset=UTF-8",
    "text/plain; format=flowed; charset=\"utf-16\"",
    "text/x; charset=gb18030",
];

fn body(chance: &mut Chance) -> Option<RequestBody> {
    let part = |chance: &mut Chance| {
        let content = match chance.below(3) {
            0 => PartContent::Text(matcher(chance, false, true)),
            1 => PartContent::Json(Json::string(text(chance, false))),
            _ => PartContent::File(BodyFile { path: "bodies/x".into(), content: Bytes::from(text(chance, false)) }),
        };
        let filename = (chance.below(2) == 0).then(|| matcher(chance, false, true));
        let content_type = (chance.below(2) == 0).then(|| FieldMatcher::Equals(Pattern::parse("image/png")));
        let rules = match (&content, chance.below(3)) {
            (PartContent::Text(FieldMatcher::Equals(_)), 0) => vec![whole(Check::Exact)],
            (PartContent::Json(_), 0) => vec![whole(Check::Type(JsonType::String))],
            _ => Vec::new(),
        };
        NamedPart { name: text(chance, false), filename, content_type, content: Some(content), rules }
    };
    Some(match chance.below(9) {
        0 => return None,
        1 => RequestBody::Json(Json::string(text(chance, false))),
        2 => RequestBody::Text(Pattern::parse(&text(chance, false))),
        3 => RequestBody::Form(vec![
            field("a[b][]", matcher(chance, false, false)),
            field(&text(chance, false), matcher(chance, false, false)),
        ]),
        4 => {
            let text = text(chance, false);
            let value = Json::string(text.clone()).to_string();
            // A string of JSON is one of GraphQL too.
            let query = GraphqlQuery::parse(format!("query Q($a: [Odd!]) {{ a(x: {value}, y: $a) {{ b }} }}"))
                .expect("made values are good");
            let variables = Json::Object(vec![(JsonString::new("a"), Json::Array(vec![Json::string(text)]))]);
            let operation = (chance.below(2) == 0).then(|| "Q".to_owned());
            let graphql = Graphql { operation, query: Some(query), variables: Some(variables), extensions: None };
            if chance.below(2) == 0 {
                RequestBody::Graphql(graphql)
            } else {
                RequestBody::GraphqlBatch(vec![graphql.clone(), graphql])
            }
        }
        5 => {
            let escape = |text: String| {
                text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace("\r\n", "&#13;&#10;")
            };
            let (attribute, content) = (escape(text(chance, false)), escape(text(chance, false)));
            RequestBody::Xml(
                XmlBody::parse(format!("<a x=\"{attribute}\">{content}<b/></a>")).expect("made values are good"),
            )
        }
        _ => RequestBody::Multipart(vec![part(chance), part(chance)]),
    })
}

/// Returns true if a message can carry the content of a fixture's request.
#[must_use]
pub fn can_be_sent(fixture: &Fixture) -> bool {
    understudy_match::example_request(fixture, "", &|_| None).is_ok()
}

/// The fixture of a number, with odd values in all places of its request. Some hold what no message can carry.
#[must_use]
pub fn odd(seed: u64) -> Fixture {
    let mut chance = Chance::from_seed(seed);
    let mut fixture = crate::fixture(seed);
    let request = &mut fixture.request;
    request.method = MethodMatcher::Is(Method::POST);
    request.path = PathTemplate::parse(&format!("/odd{seed}/{{id}}/{{*rest}}")).expect("made values are good");
    request.params =
        vec![field("id", matcher(&mut chance, true, true)), field("rest", matcher(&mut chance, true, true))];
    request.query = vec![
        field("filter[name]", matcher(&mut chance, false, false)),
        field("ä &=", matcher(&mut chance, false, false)),
    ];
    request.headers = vec![field("x-odd", matcher(&mut chance, true, false))];
    request.cookies = vec![field("odd", matcher(&mut chance, true, true))];
    request.body = body(&mut chance);
    if let Some(RequestBody::Text(_)) = &request.body {
        let kind = pick(&mut chance, &TEXT_TYPES);
        request.headers.push(field("content-type", FieldMatcher::Equals(Pattern::literal(kind))));
    }
    request.rules = Vec::new();
    request.strict = chance.below(2) == 0;
    fixture
}
