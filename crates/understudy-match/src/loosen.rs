//! Rules that take what came as well as what was promised.

use crate::mismatch::{Kind, Mismatch};
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::{Path, Tail};
use understudy_exchange::{Json, JsonPath};
use understudy_fixture::model::{Check, JsonType, PathRule, Rule};

/// The rule by which an answer keeps a promise that it broke in one place of its body; `None` where no rule says that, or
/// the place is not in the body. Of the elements of a list it speaks of all: what one of them lacks, others may.
#[must_use]
pub fn loosened(mismatch: &Mismatch, answer: Option<&Json>) -> Option<PathRule> {
    let place = JsonPath::parse(&mismatch.path).ok()?;
    let value = answer.and_then(|answer| place.select_values(answer).first().copied());
    let like = || Box::new(Rule::of(Check::Like));
    let check = match (mismatch.kind, value) {
        (Kind::Missing, _) => Check::Optional(like()),
        (Kind::Type | Kind::Value, Some(Json::Null)) => Check::Nullable(like()),
        (Kind::Type, _) => Check::Any,
        (Kind::Value, Some(value)) => Check::Type(JsonType::from_word(value.type_name())?),
        (Kind::Added, _) => Check::Ignore,
        _ => return None,
    };
    Some(PathRule { path: JsonPath::parse(&every_element(&place)).ok()?, rule: Rule::of(check) })
}

fn every_element(place: &JsonPath) -> String {
    let (_, tail) = place.split_singular_tail();
    let text: Vec<String> = tail
        .iter()
        .map(|step| match step {
            Tail::Index(_) => "[*]".to_owned(),
            Tail::Name(name) => Path::from_iter([Step::Name(name)]).to_string().split_off(1),
        })
        .collect();
    format!("${}", text.concat())
}
