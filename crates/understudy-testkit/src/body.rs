//! Values of JSON, text and bytes, the awkward ones among them.

use crate::pick;
use bytes::Bytes;
use understudy_exchange::{Json, JsonString, Number};
use understudy_match::Chance;

const TEXTS: &[&str] = &[
    "",
    "plain",
    "yes",
    "0x1F",
    "2020-01-31",
    "é\u{1F600}",
    "\u{0}\u{1F}",
    "a: b # c",
    "\"\\/",
    "{x}",
    " lead",
    "\u{85}\u{2028}",
    "- item",
];
const NUMBERS: &[&str] = &["0", "0.00", "-1", "1E400", "9223372036854775809", "1.10", "-0.5e-3", "42"];
const NAMES: &[&str] = &["id", "name", "Owner", "x-y", "a b", "0", "null", "é"];

/// A value with at most so many levels. Objects have no duplicates and arrays elements of one shape, so that it is
/// known what a change to them breaks.
#[must_use]
pub fn json(chance: &mut Chance, depth: u32) -> Json {
    match chance.below(if depth == 0 { 4 } else { 7 }) {
        0 => Json::string(pick(chance, TEXTS)),
        1 => Json::Number(Number::parse(pick(chance, NUMBERS)).expect("these are numbers")),
        2 => Json::Bool(chance.below(2) == 0),
        3 => Json::Null,
        4 => {
            let element = json(chance, depth - 1);
            Json::Array((0..chance.below(4)).map(|_| element.clone()).collect())
        }
        _ => {
            let names = NAMES.iter().filter(|_| chance.below(2) == 0);
            let names: Vec<&str> = names.copied().collect();
            Json::Object(names.into_iter().map(|name| (JsonString::new(name), json(chance, depth - 1))).collect())
        }
    }
}

pub(crate) fn text(chance: &mut Chance) -> String {
    let lines: Vec<&str> = (0..=chance.below(3)).map(|_| pick(chance, TEXTS)).collect();
    lines.join("\n")
}

pub(crate) fn bytes(chance: &mut Chance) -> Bytes {
    (0..chance.below(40)).map(|_| (chance.bits() & 0xFF) as u8).collect()
}
