//! Names of fixtures that a person would choose.

use super::endpoint::shape;
use super::exchange::Exchange;
use super::group::Group;
use super::ids::{ExchangeId, GroupId, Table};
use super::look::is_distinctive;
use super::telling::session_begun;
use super::words::words;
use http::HeaderName;
use std::collections::{BTreeMap, BTreeSet};
use understudy_fixture::model::{Format, PathTemplate, Pattern, Segment};
use understudy_fixture::suggested_id;
use understudy_match::is_in_format;

type Exchanges<'r> = Table<ExchangeId, Exchange<'r>>;

/// The maximum number of words that distinguish a fixture from others of its name.
const WORDS_MAX: usize = 4;

/// The length of a date as RFC 3339 writes it.
const DATE_CHARS: usize = "2026-01-04".len();

/// The maximum length of a word that distinguishes fixtures.
const WORD_CHARS_MAX: usize = 24;

/// The ids without a folder of fixtures that belong to one endpoint and would be alone in their folder.
pub(super) fn lone_ids(
    ids: &Table<GroupId, String>,
    groups: &Table<GroupId, Group>,
    exchanges: &Exchanges<'_>,
) -> Table<GroupId, Option<String>> {
    let mut endpoints: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
    for (group, id) in ids.iter() {
        let exchange = &exchanges[groups[group].verified];
        let endpoint = (exchange.call.method.to_string(), shape(&with_operation(exchange)).join("/"));
        endpoints.entry(folder_of(id)).or_default().insert(endpoint);
    }
    ids.map(|(_, id)| without_folder(id).filter(|_| endpoints[folder_of(id)].len() == 1))
}

/// An id without its folder: `healthz` for `healthz/get`, `toy-put` for `toy/put`. `None` where it has no folder.
fn without_folder(id: &str) -> Option<String> {
    let (folder, own) = id.split_once('/')?;
    let rest = ["get", "list"].iter().find_map(|verb| own.strip_prefix(verb));
    Some(match rest.filter(|rest| rest.is_empty() || rest.starts_with('-')) {
        Some(rest) => format!("{folder}{rest}"),
        None => format!("{folder}-{own}"),
    })
}

/// The first word of an id, which names the subject of a fixture.
pub(super) fn folder_of(id: &str) -> &str {
    id.split_once('/').map_or(id, |(folder, _)| folder)
}

/// The id of each fixture. If several fixtures would have the same name, a word of the request or response is added. A
/// number is added only if there is no such word.
pub(super) fn fixture_ids(groups: &Table<GroupId, Group>, exchanges: &Exchanges<'_>) -> Table<GroupId, String> {
    let parents = collections(groups, exchanges);
    let names: Table<GroupId, String> = groups.map(|(_, group)| name(group, groups, exchanges, &parents));
    let mut alike: BTreeMap<&str, Vec<GroupId>> = BTreeMap::new();
    for (group, name) in names.iter() {
        alike.entry(name).or_default().push(group);
    }
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut ids: Table<GroupId, String> = names.map(|_| String::new());
    for (name, of) in alike {
        let facts: Vec<Facts> = of.iter().map(|group| facts(&groups[*group], exchanges)).collect();
        for (at, group) in of.iter().enumerate() {
            let telling = if at == 0 { None } else { telling_words(&facts, at) };
            let wanted = telling.map_or_else(|| name.to_owned(), |words| format!("{name}-{words}"));
            let id = understudy_fixture::free_name(&wanted, "-", |id| taken.contains(id));
            taken.insert(id.clone());
            ids[*group] = id;
        }
    }
    ids
}

/// The endpoints with another endpoint below them that has a parameter. Their responses are lists.
fn collections(groups: &Table<GroupId, Group>, exchanges: &Exchanges<'_>) -> BTreeSet<String> {
    let below = groups.values().filter_map(|group| {
        let (last, own) = exchanges[group.verified].endpoint.segments.split_last()?;
        let is_open = !matches!(last, Segment::Literal(_));
        is_open.then(|| PathTemplate { segments: own.to_vec() }.to_string())
    });
    below.collect()
}

fn name(
    group: &Group,
    groups: &Table<GroupId, Group>,
    exchanges: &Exchanges<'_>,
    collections: &BTreeSet<String>,
) -> String {
    let suggested = |of: ExchangeId| {
        let exchange = &exchanges[of];
        let is_list = exchange.is_list || collections.contains(&exchange.endpoint.to_string());
        let path = with_operation(exchange);
        suggested_id(&exchange.recorded.request.method, &path, exchange.recorded.response.status, is_list)
    };
    // A failure is named after the successful request.
    let first = &exchanges[group.verified];
    let status = first.recorded.response.status;
    let went_well = |other: &ExchangeId| {
        let other = &exchanges[*other];
        other.call.method == first.call.method
            && other.recorded.response.status.is_success()
            && other.call.operations() == first.call.operations()
            && shape(&other.endpoint) == shape(&first.endpoint)
    };
    let is_error = status.is_client_error() || status.is_server_error();
    let well = if is_error { groups.values().map(|other| other.verified).find(went_well) } else { None };
    match well {
        Some(well) => format!("{}-{}", suggested(well), status.as_u16()),
        None => suggested(group.verified),
    }
}

/// The path with the name of the GraphQL operation at its end.
fn with_operation(exchange: &Exchange<'_>) -> PathTemplate {
    let mut path = exchange.endpoint.clone();
    let operations = exchange.call.operations();
    if !operations.is_empty() {
        let name: Vec<String> = operations.iter().take(WORDS_MAX).map(|name| words(name).join("-")).collect();
        path.segments.push(Segment::Literal(name.join("-and-")));
    }
    path
}

/// Facts about a request and its response, by subject.
type Facts = BTreeMap<String, String>;

fn facts(group: &Group, exchanges: &Exchanges<'_>) -> Facts {
    let exchange = &exchanges[group.verified];
    let Exchange { call, recorded, .. } = exchange;
    let mut facts = Facts::new();
    for (name, value) in &call.query {
        facts.insert(format!("1 {name}"), word(name, value));
    }
    if !group.pinned.is_empty()
        && let Some(from) = exchange.sessions().next()
    {
        facts.extend(first_word(exchanges, session_begun(from, exchanges)).map(|word| ("2".to_owned(), word)));
    }
    let is_pinned = |name: &HeaderName| group.pinned.iter().any(|(pinned, _)| pinned == name);
    for (name, value) in group.telling.iter().filter(|(name, _)| !is_pinned(name)) {
        let written = value.as_ref().and_then(|_| call.header(name).next());
        let word = written.map_or_else(|| format!("without-{name}"), |value| word(name.as_str(), value));
        facts.insert(format!("2 {name}"), word);
    }
    facts.extend(call.operation_kind().map(|kind| ("0".to_owned(), kind.to_owned())));
    facts.insert("3".to_owned(), recorded.response.status.as_u16().to_string());
    for (at, segment) in call.path.iter().enumerate() {
        if let Some(text) = segment.as_literal().filter(|text| !is_distinctive(text)) {
            facts.insert(format!("4 {at}"), plain(text));
        }
    }
    for (name, value) in members(call) {
        facts.insert(format!("5 {name}"), value);
    }
    for used in exchange.uses.iter().filter(|used| group.told_apart.contains(&used.name)) {
        facts.extend(used.from.and_then(|from| first_word(exchanges, from)).map(|word| ("6".to_owned(), word)));
        facts.insert(
            "7".to_owned(),
            plain(Some(&used.value).filter(|value| !is_distinctive(value)).map_or("", |value| value)),
        );
    }
    facts
}

/// The first text in the body of a request, which names the created resource for a person.
fn first_word(exchanges: &Exchanges<'_>, at: ExchangeId) -> Option<String> {
    members(&exchanges[at].call).into_iter().map(|(_, word)| word).find(|word| !word.is_empty())
}

/// The short texts of a body with their names.
fn members(call: &super::call::Call) -> Vec<(String, String)> {
    use super::call::CallBody;
    use understudy_exchange::Json;
    let of_object = |value: &Json| -> Vec<(String, String)> {
        let Json::Object(members) = value else { return Vec::new() };
        let member = members.iter().filter_map(|(name, value)| {
            let text = match value {
                Json::String(text) => text.as_str().to_owned(),
                Json::Bool(flag) => flag.to_string(),
                Json::Number(number) => number.as_str().to_owned(),
                _ => return None,
            };
            let word = word(name.as_str(), &Pattern::parse(&text));
            is_of_words(&word).then(|| (name.as_str().to_owned(), word))
        });
        member.collect()
    };
    match &call.body {
        CallBody::Json(value) => of_object(value),
        CallBody::Graphql(operation) => operation.variables.as_ref().map(of_object).unwrap_or_default(),
        CallBody::Form(fields) => {
            let words = fields.iter().map(|(name, value)| (name.clone(), word(name, value)));
            words.filter(|(_, word)| is_of_words(word)).collect()
        }
        _ => Vec::new(),
    }
}

/// The word for a value: the value itself where it is a word, or else its name.
fn word(name: &str, value: &Pattern) -> String {
    let is_date = |text: &str| text.get(..DATE_CHARS).is_some_and(|date| is_in_format(Format::Date, date));
    let text = match value.as_literal() {
        Some(text) if is_date(text) => &text[..DATE_CHARS],
        Some(text) if !is_distinctive(text) => text,
        _ => return plain(name),
    };
    let value = plain(text);
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if is_number || matches!(value.as_str(), "true" | "false") {
        format!("{}-{value}", plain(name))
    } else if value.is_empty() {
        format!("no-{}", plain(name))
    } else {
        value
    }
}

/// Returns true if each part consists only of letters or only of digits. Other texts are codes, and may be a password
/// under an unknown name, so no file is named after them.
fn is_of_words(word: &str) -> bool {
    let is_one_kind = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit()) || part.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    word.split('-').all(is_one_kind)
}

fn plain(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let mut words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    words.truncate(WORDS_MAX);
    words.join("-")
}

/// The word that distinguishes one fixture from all the others.
fn telling_words(facts: &[Facts], at: usize) -> Option<String> {
    let own = &facts[at];
    let is_word = |word: &str| (1..=WORD_CHARS_MAX).contains(&word.len());
    let tells = |(about, word): &(&String, &String)| {
        is_word(word) && facts.iter().enumerate().all(|(other, facts)| other == at || facts.get(*about) != Some(*word))
    };
    let single = own.iter().find(tells).map(|(_, word)| word.clone());
    single.or_else(|| {
        // Two words together, if one is not enough.
        let differing: Vec<(&String, &String)> = own
            .iter()
            .filter(|(about, word)| is_word(word) && facts.iter().any(|other| other.get(*about) != Some(*word)))
            .take(WORDS_MAX)
            .collect();
        let is_own = |other: &Facts| differing.iter().all(|(about, word)| other.get(*about) == Some(*word));
        let is_only = facts.iter().filter(|other| is_own(other)).count() == 1;
        let words: Vec<&str> = differing.iter().map(|(_, word)| word.as_str()).collect();
        (is_only && words.len() > 1).then(|| words.join("-"))
    })
}

/// The state after the fixture with this id was served: `created` for `items/create`.
pub(super) fn done(id: &str) -> String {
    let last = id.rsplit('/').next().unwrap_or(id);
    let verbs = ["create", "delete", "replace", "update"];
    let mut words: Vec<String> = last.split('-').map(str::to_owned).collect();
    if let Some(verb) = words.iter_mut().find(|word| verbs.contains(&word.as_str())) {
        verb.push('d');
    }
    words.join("-")
}
