//! The differences of one response that its fixture accepts for now.

use crate::outcome::KnownDifference;
use std::collections::HashSet;
use understudy_exchange::jsonpath::Tail;
use understudy_exchange::{Json, JsonPath, JsonString};
use understudy_fixture::model::Known;
use understudy_match::{Kind, Mismatch};

/// The differences of a response, sorted by what the fixture says of them.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// Differences that break the promise.
    pub(crate) mismatches: Vec<Mismatch>,
    /// Differences that are accepted for now.
    pub(crate) known: Vec<KnownDifference>,
    /// Entries that accept nothing any more, each with what to do.
    pub(crate) stale: Vec<String>,
}

/// Sorts the differences of a response. `body` is the received body, if it is JSON, and `today` a day as `YYYY-MM-DD`.
pub(crate) fn sort(known: &[Known], mismatches: Vec<Mismatch>, body: Option<&Json>, today: &str) -> Sorted {
    let mut sorted = Sorted::default();
    if known.is_empty() {
        sorted.mismatches = mismatches;
        return sorted;
    }
    let places: Vec<HashSet<String>> = places(known, &mismatches, body);
    let is_current = |known: &Known| known.until.as_deref().is_none_or(|until| today <= until);
    let mut occurred = vec![false; known.len()];
    for mismatch in mismatches {
        let mut first = None;
        for (at, entry) in known.iter().enumerate() {
            if is_current(entry) && is_about(entry, &places[at], &mismatch) {
                occurred[at] = true;
                first = first.or(Some(entry));
            }
        }
        match first {
            Some(entry) => sorted.known.push(KnownDifference { mismatch, known: entry.clone() }),
            None => sorted.mismatches.push(mismatch),
        }
    }
    for (entry, occurred) in known.iter().zip(occurred) {
        if !is_current(entry) {
            let until = entry.until.as_deref().unwrap_or_default();
            sorted.stale.push(format!(
                "{}: accepted until {until}, which has passed: remove the entry under `verify.known`, or set a later `until`",
                entry.path
            ));
        } else if !occurred && !sorted.mismatches.iter().any(|mismatch| hides(mismatch, entry)) {
            sorted.stale.push(format!("{}: no longer occurs: remove the entry under `verify.known`", entry.path));
        }
    }
    sorted
}

fn is_about(known: &Known, places: &HashSet<String>, mismatch: &Mismatch) -> bool {
    known.kind.as_deref().is_none_or(|kind| kind == mismatch.kind.as_str())
        && (known.path.eq_ignore_ascii_case(&mismatch.path) && !mismatch.path.starts_with('$')
            || known.path == mismatch.path
            || (known.path.starts_with('/') && known.path == without_indexes(&mismatch.path))
            || places.contains(&mismatch.path))
}

/// A path in XML that stands for every element of the same name.
fn without_indexes(path: &str) -> String {
    let parts = path.split('[').enumerate();
    parts.map(|(at, part)| if at == 0 { part } else { part.split_once(']').map_or("", |(_, rest)| rest) }).collect()
}

/// Returns true if a difference may keep the place of a known one from being compared.
fn hides(mismatch: &Mismatch, known: &Known) -> bool {
    if known.path == mismatch.path {
        return false;
    }
    match mismatch.kind {
        Kind::Status | Kind::NoAnswer => true,
        Kind::Missing | Kind::Type | Kind::Value if mismatch.path == "$" => known.path.starts_with(['$', '/']),
        Kind::Missing | Kind::Type => {
            let is_below =
                known.path.strip_prefix(mismatch.path.as_str()).is_some_and(|rest| rest.starts_with(['.', '[', '/']));
            is_below || may_select_below(&known.path, &mismatch.path)
        }
        _ => false,
    }
}

/// Returns true if a pattern may select something inside a place.
fn may_select_below(pattern: &str, place: &str) -> bool {
    let (Ok(pattern), Ok(place)) = (JsonPath::parse(pattern), JsonPath::parse(place)) else { return false };
    let is_pattern = !pattern.split_singular_tail().0.is_root();
    is_pattern && pattern.depth().is_none_or(|depth| place.depth().is_some_and(|above| above < depth))
}

/// The places that each known difference selects in a received body in which every difference is there.
fn places(known: &[Known], mismatches: &[Mismatch], body: Option<&Json>) -> Vec<HashSet<String>> {
    let patterns: Vec<Option<JsonPath>> =
        known.iter().map(|known| JsonPath::parse(&known.path).ok().filter(|path| !path.is_root())).collect();
    if patterns.iter().all(Option::is_none) {
        return vec![HashSet::new(); known.len()];
    }
    let mut all = body.cloned().unwrap_or(Json::Null);
    for mismatch in mismatches {
        if let Ok(path) = JsonPath::parse(&mismatch.path) {
            plant(&mut all, &path.split_singular_tail().1);
        }
    }
    let selected = |pattern: &JsonPath| pattern.select(&all).iter().map(|node| node.path.to_string()).collect();
    patterns.iter().map(|pattern| pattern.as_ref().map(selected).unwrap_or_default()).collect()
}

/// How many elements an array gets at most for a place that is beyond its end.
const ELEMENTS_PLANTED_MAX: usize = 1_000;

/// Puts null at a place where nothing is.
fn plant(root: &mut Json, place: &[Tail<'_>]) {
    let mut at = root;
    for step in place {
        match *step {
            Tail::Name(name) => {
                if !matches!(at, Json::Object(_)) {
                    *at = Json::Object(Vec::new());
                }
                let Json::Object(members) = at else { return };
                let found = members.iter().rposition(|(known, _)| known.is(name)).unwrap_or(members.len());
                if found == members.len() {
                    members.push((JsonString::new(name), Json::Null));
                }
                at = &mut members[found].1;
            }
            Tail::Index(index) => {
                if !matches!(at, Json::Array(_)) {
                    *at = Json::Array(Vec::new());
                }
                let Json::Array(items) = at else { return };
                let Ok(index) = usize::try_from(index) else { return };
                if index >= items.len() + ELEMENTS_PLANTED_MAX {
                    return;
                }
                if index >= items.len() {
                    items.resize(index + 1, Json::Null);
                }
                at = &mut items[index];
            }
        }
    }
}
