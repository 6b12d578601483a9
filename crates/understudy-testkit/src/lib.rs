//! For tests: case files, and fixtures by the thousand, each made from a number, so that a failure is repeated by its
//! number.
//!
//! Every fixture that is made here is verifiable and answers its own example: its path is its own, its examples obey
//! its rules, and what it asks for has an example.

mod body;
mod cases;
mod description;
mod looser;
mod odd;
mod request;

use std::sync::Arc;
use understudy_exchange::{Json, JsonPath};
use understudy_fixture::model::{
    Check, Field, FieldMatcher, Fixture, Format, HeaderPromise, JsonType, PathRule, ResponseBody, ResponsePromise,
    Rule, Select, Verify, When, XmlBody,
};
use understudy_match::Chance;

pub use body::json;
pub use cases::check_cases;
pub use description::description;
pub use looser::{Looser, looser, state_of};
pub use odd::{can_be_sent, odd};

/// The numbers that a property is tried with: so many, or those that the environment's `SEEDS` says, as `1000` or
/// `1000..2000`.
///
/// # Panics
/// Panics if `SEEDS` is neither.
#[must_use]
pub fn seeds(usual: u64) -> std::ops::Range<u64> {
    let Ok(written) = std::env::var("SEEDS") else { return 0..usual };
    let number = |text: &str| text.parse().expect("SEEDS is a number, or two with `..` between them");
    written.split_once("..").map_or_else(|| 0..number(&written), |(from, to)| number(from)..number(to))
}

/// The fixture of a number. Different numbers have different paths.
#[must_use]
pub fn fixture(seed: u64) -> Fixture {
    let mut chance = Chance::from_seed(seed);
    let id: Arc<str> = format!("made/f{seed}").into();
    let response = response(&mut chance);
    Fixture {
        file: format!("made/f{seed}.yaml").into(),
        name: pick(&mut chance, &[None, Some("a name: with \"quotes\"\n# and lines")]).map(str::to_owned),
        owner: pick(&mut chance, &[None, Some("team")]).map(str::to_owned),
        tags: if chance.below(2) == 0 { Vec::new() } else { vec!["smoke".to_owned(), "yes".to_owned()] },
        enabled: true,
        priority: i64::try_from(chance.below(3)).unwrap_or(0) - 1,
        request: request::request(&format!("f{seed}"), &mut chance),
        responses: faces(response, &mut chance),
        select: Select::Cycle,
        when: Vec::new(),
        set: if chance.below(4) == 0 { vec![("seen".to_owned(), "yes".to_owned())] } else { Vec::new() },
        verify: Verify { safe: true, ..Verify::default() },
        id,
    }
}

pub(crate) fn pick<T: Copy>(chance: &mut Chance, of: &[T]) -> T {
    of[usize::try_from(chance.below(of.len() as u64)).expect("an index fits")]
}

/// A response, and sometimes others for states that nothing brings about.
fn faces(response: ResponsePromise, chance: &mut Chance) -> Vec<ResponsePromise> {
    let in_state = |status: u16, values: &[&str]| {
        let when = When { name: "cart".to_owned(), values: values.iter().map(|&value| value.to_owned()).collect() };
        ResponsePromise { when: vec![when], ..ResponsePromise::new(status, Vec::new(), None) }
    };
    // Among several responses, a server error is not verified.
    if response.status >= 500 || chance.below(4) > 0 {
        return vec![response];
    }
    match chance.below(2) {
        0 => vec![response, in_state(503, &["down"])],
        _ => vec![in_state(200, &["full", "paid"]), response, in_state(409, &["locked"])],
    }
}

fn response(chance: &mut Chance) -> ResponsePromise {
    let mut headers = vec![("x-plain".to_owned(), HeaderPromise::Value("a, b".to_owned()))];
    let body = match chance.below(8) {
        0 => None,
        1 => Some(ResponseBody::Text(body::text(chance))),
        2 => Some(ResponseBody::Base64(body::bytes(chance))),
        3 => {
            let value = pick(chance, &["text/plain; charset=iso-8859-1", "text/csv;Charset=\"UTF-16\"; header=absent"]);
            headers.push(("content-type".to_owned(), HeaderPromise::Value(value.to_owned())));
            Some(ResponseBody::Text("na\u{EF}ve\r\n".to_owned()))
        }
        4 => Some(ResponseBody::Xml(
            XmlBody::parse("<?xml version=\"1.0\"?>\n<a n='1'>\n  <b>x</b> <b/>\n</a>\n").expect("it is XML"),
        )),
        _ => Some(ResponseBody::Json(understudy_exchange::JsonText::new(&body::json(chance, 3)))),
    };
    let rules = match &body {
        Some(ResponseBody::Json(text)) => body_rules(&text.value(), chance),
        _ => Vec::new(),
    };
    if chance.below(2) == 0 {
        headers.push(("x-several".to_owned(), HeaderPromise::List(vec!["1".to_owned(), "2".to_owned()])));
        headers.push(("etag".to_owned(), HeaderPromise::Value("\"e\"".to_owned())));
    }
    if chance.below(2) == 0 {
        let rule = Rule {
            checks: vec![Check::Format(Format::Uuid)],
            example: Some(Json::string("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")),
            fresh: chance.below(2) == 0,
        };
        headers.push(("x-request-number".to_owned(), HeaderPromise::Rule(rule)));
    }
    ResponsePromise { rules, ..ResponsePromise::new(pick(chance, &[200, 201, 404, 500]), headers, body) }
}

/// Rules for some members of an object, each obeyed by what is there.
fn body_rules(body: &Json, chance: &mut Chance) -> Vec<PathRule> {
    let Json::Object(members) = body else { return Vec::new() };
    let mut rules = Vec::new();
    for (name, value) in members {
        let Some(check) = true_check(value, chance).filter(|_| chance.below(2) == 0) else { continue };
        let path = JsonPath::parse(&format!("$['{}']", name.as_str())).expect("names of made members need no escapes");
        rules.push(PathRule { path, rule: Rule::of(check) });
    }
    rules
}

/// Something that is true of a value.
fn true_check(value: &Json, chance: &mut Chance) -> Option<Check> {
    Some(match value {
        Json::String(text) => match chance.below(4) {
            3 => Check::Not(Box::new(Rule::of(Check::Equals(Json::string(format!("{} no", text.as_str())))))),
            0 => Check::StartsWith(text.as_str().chars().take(1).collect()),
            1 => Check::OneOf(vec![Json::string("other"), value.clone()]),
            _ => Check::Type(JsonType::String),
        },
        Json::Number(number) if number.is_integer() => {
            pick(chance, &[JsonType::Integer, JsonType::Number]).into_check()
        }
        Json::Number(number) => Check::Max(number.clone()),
        Json::Bool(_) => Check::Exact,
        Json::Null => Check::Nullable(Box::new(Rule::of(Check::Type(JsonType::String)))),
        Json::Array(_) => {
            if chance.below(2) == 0 {
                Check::Unordered
            } else {
                Check::Min(0u64.into())
            }
        }
        Json::Object(_) => return None,
    })
}

trait IntoCheck {
    fn into_check(self) -> Check;
}

impl IntoCheck for JsonType {
    fn into_check(self) -> Check {
        Check::Type(self)
    }
}

pub(crate) fn field(name: &str, matcher: FieldMatcher) -> Field {
    Field { name: name.to_owned(), matcher }
}
