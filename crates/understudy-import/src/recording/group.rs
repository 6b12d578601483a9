//! Which exchanges are one request.

use super::answers::{Gist, is_same, telling_header};
use super::draft::ANSWERS_MAX;
use super::endpoint::{Call, placeholders, shape};
use super::{Recorded, is_promised};
use http::{HeaderName, Method};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use understudy_exchange::target::percent_decode;
use understudy_fixture::model::{PathTemplate, Segment, SegmentPart};

/// The exchanges of one request, in their order.
pub(super) struct Group {
    pub(super) of: Vec<usize>,
    /// The header field that tells them from others like them, and its value.
    pub(super) header: Option<(HeaderName, Option<String>)>,
    /// The exchange whose answer is the promise: the first that succeeded, where one did. What was asked for may not have been
    /// there at first.
    pub(super) promised: usize,
    /// Whether the path stands for others that look like it.
    pub(super) is_general: bool,
    /// The names of what earlier answers made of which it is about one of several: a stub is asked for just this one.
    pub(super) things: Vec<String>,
}

/// The requests of a recording, in the order in which what they promise was answered.
pub(super) fn groups(exchanges: &[Recorded], gists: &[Gist], calls: &[Call], endpoints: &[PathTemplate]) -> Vec<Group> {
    let mut groups = generalized(same(exchanges, gists, calls), exchanges, calls, endpoints);
    tell_apart(&mut groups, exchanges, calls);
    for group in &mut groups {
        group.of.sort_unstable();
        let succeeded = group.of.iter().take(ANSWERS_MAX).find(|at| exchanges[**at].response.status.is_success());
        group.promised = *succeeded.unwrap_or(&group.of[0]);
    }
    groups.sort_by_key(|group| group.promised);
    groups
}

/// Requests that are the same, by what they ask for and, where that gets different answers, by what was made that they are about,
/// and by the header that tells them apart.
fn same(exchanges: &[Recorded], gists: &[Gist], calls: &[Call]) -> Vec<Group> {
    let mut by_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, call) in calls.iter().enumerate() {
        // What browsers ask before they ask is answered by the server itself.
        if call.method != Method::OPTIONS && is_promised(&call.method, exchanges[at].response.status) {
            by_key.entry(call.key()).or_default().push(at);
        }
    }
    let several = names_of_several(by_key.values(), exchanges, gists, calls);
    let mut groups = Vec::new();
    for of in by_key.into_values() {
        let mut by_thing: BTreeMap<Vec<Thing>, Vec<usize>> = BTreeMap::new();
        for at in of {
            let mut things = things(&exchanges[at], &calls[at]);
            things.retain(|(name, _)| several.contains(name));
            by_thing.entry(things).or_default().push(at);
        }
        for (things, of) in by_thing {
            let things: Vec<String> = things.into_iter().map(|(name, _)| name).collect();
            for (of, header) in by_header(of, exchanges, gists) {
                groups.push(Group { promised: of[0], of, header, is_general: false, things: things.clone() });
            }
        }
    }
    groups
}

/// The name of what an earlier answer made, and what stands for it in a path.
type Thing = (String, String);

/// What earlier answers made that a request is about, where it is a whole segment of the path: only there can a stub tell one from
/// another. Not what is a secret, which nobody knows by now.
fn things(recorded: &Recorded, call: &Call) -> Vec<Thing> {
    let segments = recorded.request.path().rsplit('/').zip(call.path.iter().rev());
    let things = segments.filter_map(|(sent, written)| match placeholders(written)?.as_slice() {
        [SegmentPart::Placeholder(name)] => Some((name.clone(), percent_decode(sent).into_owned())),
        _ => None,
    });
    things.filter(|(_, sent)| !sent.starts_with('«')).collect()
}

/// Of requests that differ only in the names of the things that they are about, each says which one it means: `{{todoId}}` and
/// `{{todoId2}}` of two answers are the same to a stub.
fn tell_apart(groups: &mut [Group], exchanges: &[Recorded], calls: &[Call]) {
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, group) in groups.iter().enumerate() {
        let call = &calls[group.of[0]];
        let is_thing =
            |segment: &String| matches!(placeholders(segment).as_deref(), Some([SegmentPart::Placeholder(_)]));
        if call.path.iter().any(is_thing) {
            let path =
                call.path.iter().map(|segment| if is_thing(segment) { "{{}}".to_owned() } else { segment.clone() });
            let nameless = Call { path: path.collect(), ..call.clone() };
            alike.entry(format!("{} {:?}", nameless.key(), group.header)).or_default().push(at);
        }
    }
    for of in alike.into_values() {
        let names = |at: &usize| -> Vec<String> {
            let first = groups[*at].of[0];
            things(&exchanges[first], &calls[first]).into_iter().map(|(name, _)| name).collect()
        };
        let all: Vec<Vec<String>> = of.iter().map(names).collect();
        if all.windows(2).any(|pair| pair[0] != pair[1]) {
            of.into_iter().zip(all).for_each(|(at, own)| groups[at].things.extend(own));
        }
    }
}

/// The names of what earlier answers made, of which requests were about several, and were answered differently.
fn names_of_several<'g>(
    groups: impl Iterator<Item = &'g Vec<usize>>,
    exchanges: &[Recorded],
    gists: &[Gist],
    calls: &[Call],
) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for of in groups.filter(|of| of.iter().any(|at| gists[*at] != gists[of[0]])) {
        let first = things(&exchanges[of[0]], &calls[of[0]]);
        for at in of {
            let others = things(&exchanges[*at], &calls[*at]).into_iter().filter(|thing| !first.contains(thing));
            names.extend(others.map(|(name, _)| name));
        }
    }
    names
}

/// Exchanges with the header field that tells them from others like them, and its value.
type WithHeader = (Vec<usize>, Option<(HeaderName, Option<String>)>);

/// The exchanges of one request, by the header that tells different answers apart.
fn by_header(of: Vec<usize>, exchanges: &[Recorded], gists: &[Gist]) -> Vec<WithHeader> {
    let differ = of.iter().any(|at| gists[*at] != gists[of[0]]);
    let Some(name) = telling_header(exchanges, gists, &of).filter(|_| differ) else { return vec![(of, None)] };
    let mut by_value: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
    for at in of {
        let value = exchanges[at].request.headers.get(&name);
        let value = value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        by_value.entry(value).or_default().push(at);
    }
    by_value.into_iter().map(|(value, of)| (of, Some((name.clone(), value)))).collect()
}

/// Of requests that differ only in parameters of the path, the first stands for all that look like it; those that are
/// answered alike are the same promise, the others keep their own paths.
fn generalized(groups: Vec<Group>, exchanges: &[Recorded], calls: &[Call], endpoints: &[PathTemplate]) -> Vec<Group> {
    let shape = |at: usize| format!("{} {}", calls[at].method, shape(&endpoints[at]).join("/"));
    let has_placeholder = |at: usize| {
        let is_placeholder =
            |segment: &Segment| matches!(segment, Segment::Parameter(SegmentPart::Placeholder(_)) | Segment::Mixed(_));
        endpoints[at].segments.iter().any(is_placeholder)
    };
    // Where an earlier answer names one of them, that fixture stands for any: the others say which they are.
    let named: BTreeSet<String> = (0..calls.len()).filter(|at| has_placeholder(*at)).map(shape).collect();
    let mut groups = groups;
    groups.sort_by_key(|group| group.of[0]);
    let mut out: Vec<Group> = Vec::new();
    let mut general: HashMap<String, usize> = HashMap::new();
    for mut group in groups {
        let first = group.of[0];
        let has_parameters = endpoints[first].parameters().next().is_some();
        if !has_parameters || named.contains(&shape(first)) {
            out.push(group);
            continue;
        }
        let like = format!("{} {:?} {:?} {:?}", shape(first), calls[first].query, calls[first].body, group.header);
        match general.get(&like) {
            Some(at)
                if is_same(&exchanges[out[*at].of[0]].response, &exchanges[first].response) && group.of.len() == 1 =>
            {
                out[*at].of.append(&mut group.of);
            }
            Some(_) => out.push(group),
            None => {
                general.insert(like, out.len());
                group.is_general = true;
                out.push(group);
            }
        }
    }
    out
}
