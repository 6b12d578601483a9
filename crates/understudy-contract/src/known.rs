//! The differences of one response that its fixture accepts for now.

use crate::outcome::{KnownDifference, says_why};
use std::collections::HashSet;
use understudy_exchange::jsonpath::{Path, Step, Tail};
use understudy_exchange::{Json, JsonPath, JsonString};
use understudy_fixture::model::{Check, Fixture, Known, Rule};
use understudy_match::{Kind, Mismatch};

/// The differences of a response, sorted by what the fixture says of them.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// Differences that fail the fixture.
    pub(crate) mismatches: Vec<Mismatch>,
    /// Differences that are accepted for now.
    pub(crate) known: Vec<KnownDifference>,
    /// Entries that accept nothing any more, each with what to do.
    pub(crate) stale: Vec<String>,
}

/// The received response, as far as it decides which differences are known.
#[derive(Debug)]
pub(crate) struct Received<'r> {
    /// The body, if it is JSON.
    pub(crate) body: Option<&'r Json>,
    /// True for an error or a redirect that is not expected: all other differences follow from its status.
    pub(crate) is_refused: bool,
    /// The day of the run as `YYYY-MM-DD`.
    pub(crate) today: &'r str,
}

/// Sorts the differences of a response.
pub(crate) fn sort(fixture: &Fixture, mismatches: Vec<Mismatch>, received: &Received<'_>) -> Sorted {
    let known = fixture.verify.known.as_slice();
    let mut sorted = Sorted::default();
    if known.is_empty() {
        sorted.mismatches = mismatches;
        return sorted;
    }
    let places = Places::of(fixture, &mismatches, received.body);
    let is_current = |known: &Known| known.until.as_deref().is_none_or(|until| received.today <= until);
    let mut occurred = vec![false; known.len()];
    for mismatch in mismatches {
        let mut first = None;
        for (at, entry) in known.iter().enumerate() {
            if is_current(entry)
                && (is_about(entry, &places.selected[at], &mismatch) || places.cover(at, entry, &mismatch))
            {
                occurred[at] = true;
                first = first.or(Some(entry));
            }
        }
        match first {
            Some(entry) => sorted.known.push(KnownDifference { mismatch, known: entry.clone() }),
            None => sorted.mismatches.push(mismatch),
        }
    }
    if received.is_refused {
        accept_what_follows(&mut sorted);
    }
    for (entry, occurred) in known.iter().zip(occurred) {
        if !is_current(entry) {
            let until = entry.until.as_deref().unwrap_or_default();
            sorted.stale.push(format!(
                "{}: accepted until {until}, which has passed: remove the entry under `verify.known`, or set a later `until`",
                entry.path
            ));
        } else if !occurred && !received.is_refused && !sorted.mismatches.iter().any(|mismatch| hides(mismatch, entry))
        {
            let inside = sorted.mismatches.iter().find(|mismatch| is_inside(&mismatch.path, &entry.path));
            let path = &entry.path;
            sorted.stale.push(match inside {
                Some(Mismatch { path: inside, .. }) => {
                    format!("{path}: it is there, but {inside} inside it differs: name that place, or remove the entry")
                }
                None => format!("{path}: no longer occurs: remove the entry under `verify.known`"),
            });
        }
    }
    sorted
}

/// Accepts the differences that only follow from an unexpected status, if that status is accepted.
fn accept_what_follows(sorted: &mut Sorted) {
    let is_status = |known: &&KnownDifference| known.mismatch.kind == Kind::Status;
    let Some(entry) = sorted.known.iter().find(is_status).map(|known| known.known.clone()) else { return };
    let (telling, following) = std::mem::take(&mut sorted.mismatches).into_iter().partition(|m| says_why(m.kind));
    sorted.mismatches = telling;
    let following: Vec<Mismatch> = following;
    sorted.known.extend(following.into_iter().map(|mismatch| KnownDifference { mismatch, known: entry.clone() }));
}

fn is_about(known: &Known, places: &HashSet<String>, mismatch: &Mismatch) -> bool {
    known.kind.as_deref().is_none_or(|kind| kind == mismatch.kind.as_str())
        && (known.path.eq_ignore_ascii_case(&mismatch.path) && !mismatch.path.starts_with('$')
            || known.path == mismatch.path
            || (known.path.starts_with('/') && known.path == without_indexes(&mismatch.path))
            || places.contains(&mismatch.path))
}

/// Returns true if a place in a body is inside another one.
fn is_inside(place: &str, other: &str) -> bool {
    place.strip_prefix(other).is_some_and(|rest| rest.starts_with(['.', '[', '/']))
}

/// Returns true if an entry for a value that is compared as a whole accepts this kind of difference inside it.
fn accepts_inside(known: &Known, kind: Kind) -> bool {
    known.kind.as_deref().is_none_or(|known| known == kind.as_str() || known == Kind::Value.as_str())
}

/// Returns true if a rule compares all of a value, so that one difference inside it makes the value another one.
fn compares_whole(rule: &Rule) -> bool {
    rule.checks.iter().any(|check| match check {
        Check::Exact | Check::Equals(_) | Check::Unordered => true,
        Check::Optional(inner) | Check::Nullable(inner) => compares_whole(inner),
        _ => false,
    })
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
            is_inside(&known.path, &mismatch.path) || may_select_below(&known.path, &mismatch.path)
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

/// Places in a received body in which every difference is there.
struct Places {
    /// The places that each entry selects.
    selected: Vec<HashSet<String>>,
    /// The places that are compared as a whole.
    whole: HashSet<String>,
}

impl Places {
    fn of(fixture: &Fixture, mismatches: &[Mismatch], body: Option<&Json>) -> Self {
        let known = &fixture.verify.known;
        let patterns: Vec<Option<JsonPath>> = known.iter().map(|known| JsonPath::parse(&known.path).ok()).collect();
        if patterns.iter().all(Option::is_none) {
            return Self { selected: vec![HashSet::new(); known.len()], whole: HashSet::new() };
        }
        let mut all = body.cloned().unwrap_or(Json::Null);
        for mismatch in mismatches {
            if let Ok(path) = JsonPath::parse(&mismatch.path) {
                plant(&mut all, &path.split_singular_tail().1);
            }
        }
        let select = |path: &JsonPath| path.select(&all).iter().map(|node| node.path.to_string()).collect::<Vec<_>>();
        let selected = |pattern: &Option<JsonPath>| pattern.iter().flat_map(select).collect();
        let rules = fixture.promise().map_or(&[][..], |promise| &promise.rules);
        let whole = rules.iter().filter(|rule| compares_whole(&rule.rule)).flat_map(|rule| select(&rule.path));
        Self { whole: whole.collect(), selected: patterns.iter().map(selected).collect() }
    }

    /// Returns true if an entry is about something that is compared as a whole and has this difference inside: the path
    /// of such a difference is that of the deepest place that differs.
    fn cover(&self, at: usize, entry: &Known, mismatch: &Mismatch) -> bool {
        if !accepts_inside(entry, mismatch.kind) {
            return false;
        }
        if mismatch.path.starts_with('/') {
            let path = &mismatch.path;
            return is_inside(path, &entry.path) || is_inside(&without_indexes(path), &entry.path);
        }
        let Ok(path) = JsonPath::parse(&mismatch.path) else { return false };
        let (_, steps) = path.split_singular_tail();
        let mut place = Path::default();
        let mut is_whole = self.whole.contains("$");
        for step in &steps {
            if is_whole && self.selected[at].contains(&place.to_string()) {
                return true;
            }
            place = match *step {
                Tail::Name(name) => place.child(Step::Name(name)),
                Tail::Index(index) => place.child(Step::Index(usize::try_from(index).unwrap_or_default())),
            };
            is_whole |= self.whole.contains(&place.to_string());
        }
        false
    }
}

/// The maximum number of elements that an array gets for a place beyond its end.
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
