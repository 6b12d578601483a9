//! What earlier answers gave and later requests sent.

use super::Recorded;
use super::naming::id_of;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Method, StatusCode};
use std::collections::{HashMap, HashSet};
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Path;
use understudy_exchange::target::{percent_decode, query_pairs, segments};
use understudy_exchange::{Json, JsonPath, Request, cookie_pairs, set_cookie_pairs};
use understudy_fixture::model::{Capture, CaptureFrom, Search};

/// Text that any answer gave is followed from this length on: shorter words are the same by chance.
const TELLING_CHARS_MIN: usize = 16;

/// Values of fewer characters stand in many places by chance: they are followed only to where one is identified.
const CHANCE_CHARS_MAX: usize = 2;

/// How many values are followed.
const VALUES_MAX: usize = 20_000;

/// A value that stands in a request, under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) value: String,
    pub(super) name: String,
    /// The exchange whose answer gave it; `None` where that is a secret that came from outside.
    pub(super) from: Option<usize>,
    /// Whether it identifies what was made, so that the order of what is done with it counts.
    pub(super) is_made: bool,
    /// Whether it is no secret at all: it was refused, and any other wrong one is.
    is_refused: bool,
    /// Whether it identifies what came to be with the answer.
    is_created: bool,
}

impl Use {
    /// What stands for it: its name, or something else that is refused as well.
    pub(super) fn placeholder(&self) -> String {
        if self.is_refused { self.name.clone() } else { format!("{{{{{}}}}}", self.name) }
    }

    /// Whether this value, where it stands in such a place, is the one that an answer gave.
    pub(super) fn is_at(&self, place: Place<'_>) -> bool {
        !may_be_chance(&self.value) || place.identifies(&self.name, self.is_created)
    }

    /// The text with the name in the place of the value: of the whole text or, of what cannot be mistaken, wherever it stands.
    fn put_into(&self, text: &str, place: Place<'_>) -> String {
        if text == self.value {
            return if self.is_at(place) { self.placeholder() } else { text.to_owned() };
        }
        let is_telling = self.value.chars().count() >= TELLING_CHARS_MIN || self.value.starts_with('«');
        if is_telling { text.replace(&self.value, &self.placeholder()) } else { text.to_owned() }
    }
}

/// Where a value stands in a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// A segment of the path, behind this word.
    Path(&'a str),
    /// The value of this parameter, field or member.
    Named(&'a str),
    /// Somewhere in a text.
    Text,
}

impl Place<'_> {
    /// Whether what stands there says which one is meant of what has this name: `todoId` in `?todo=7` or `{"parent_id": 7}`.
    /// What was created just now may stand in any path.
    fn identifies(self, name: &str, is_created: bool) -> bool {
        match self {
            Self::Path(word) => is_created || name.starts_with(&id_of(Some(word))),
            Self::Named(own) => is_id(own) || name.starts_with(&id_of(Some(own))),
            Self::Text => false,
        }
    }
}

/// The last word before a segment of a path that says what it is about: `todos` of `/todos/7/8`.
pub(super) fn word_before(path: &[String], at: usize) -> &str {
    let words = path[..at].iter().rev().find(|word| super::endpoint::kind(word).is_none());
    words.map_or("", String::as_str)
}

fn may_be_chance(value: &str) -> bool {
    value.chars().count() <= CHANCE_CHARS_MAX
}

/// A text that stands in a place, with the names of all these values in their places.
pub(super) fn with_names(text: &str, uses: &[Use], place: Place<'_>) -> String {
    uses.iter().fold(text.to_owned(), |text, used| used.put_into(&text, place))
}

/// What goes from answers to requests.
#[derive(Debug, Default)]
pub(super) struct Flow {
    uses: Vec<Vec<Use>>,
    captures: Vec<Vec<Capture>>,
    /// The exchanges whose cookies each request sends.
    cookies: Vec<Vec<usize>>,
    /// The exchanges that made what each answer shows.
    shown: Vec<Vec<usize>>,
}

/// Where a value came from.
#[derive(Debug, Clone)]
struct Origin {
    exchange: usize,
    capture: CaptureFrom,
    is_made: bool,
    is_created: bool,
    /// Where it is in what kind of answer: values from the same place have one name.
    place: String,
    wanted: String,
}

/// What values are called: what comes from one place has one name, and so has each secret that came from outside.
#[derive(Default)]
struct Names {
    of_places: HashMap<String, String>,
    of_secrets: HashMap<String, String>,
    taken: HashSet<String>,
}

impl Names {
    fn of_origin(&mut self, origin: &Origin) -> String {
        if let Some(name) = self.of_places.get(&origin.place) {
            return name.clone();
        }
        let name = understudy_fixture::free_name(&origin.wanted, "", |name| self.taken.contains(name));
        self.taken.insert(name.clone());
        self.of_places.insert(origin.place.clone(), name.clone());
        name
    }

    fn of_secret(&mut self, value: &str, kind: &str, number: usize) -> String {
        if let Some(name) = self.of_secrets.get(value) {
            return name.clone();
        }
        let mut numbered = (number..).map(|number| match number {
            0 | 1 => kind.to_owned(),
            number => format!("{kind}-{number}"),
        });
        let name = numbered.find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(name.clone());
        self.of_secrets.insert(value.to_owned(), name.clone());
        name
    }
}

impl Flow {
    pub(super) fn of(exchanges: &[Recorded]) -> Self {
        let mut flow = Self { uses: Vec::new(), captures: vec![Vec::new(); exchanges.len()], ..Self::default() };
        let mut known: HashMap<String, Origin> = HashMap::new();
        let mut names = Names::default();
        let mut jar: HashMap<String, usize> = HashMap::new();
        let refused = refused(exchanges);
        // What somebody sent before an answer gave it did not come from there.
        let mut sent_before: HashSet<String> = HashSet::new();
        for (at, recorded) in exchanges.iter().enumerate() {
            let mut uses = Vec::new();
            let sent = Sent::of(&recorded.request);
            let values = sent.values();
            sent_before.extend(values.iter().filter(|value| !known.contains_key(*value)).cloned());
            for value in &values {
                let origin = known.get(value).filter(|origin| {
                    let mut places = sent.0.iter().filter(|(sent, _)| sent == value).map(|(_, place)| place);
                    !may_be_chance(value) || places.any(|place| place.identifies(&origin.wanted, origin.is_created))
                });
                if let Some(origin) = origin {
                    let name = names.of_origin(origin);
                    let captures = &mut flow.captures[origin.exchange];
                    if !captures.iter().any(|capture| capture.name == name) {
                        captures.push(Capture { name: name.clone(), from: origin.capture.clone() });
                    }
                    uses.push(Use {
                        value: value.clone(),
                        name,
                        from: Some(origin.exchange),
                        is_made: origin.is_made,
                        is_refused: false,
                        is_created: origin.is_created,
                    });
                } else if let Some((kind, number)) = kind_of_secret(value) {
                    let is_refused = refused.contains(value);
                    // Its own number, which it has in every look at what is left of a recording, without those that were refused.
                    let before = refused.iter().filter_map(|other| kind_of_secret(other));
                    let before = before.filter(|(other, own)| *other == kind && *own < number).count();
                    let name = match is_refused {
                        true => names.of_secret(value, &format!("wrong-{kind}"), before + 1),
                        false => names.of_secret(value, kind, number.saturating_sub(before)),
                    };
                    let (value, from) = (value.clone(), None);
                    uses.push(Use { value, name, from, is_made: false, is_refused, is_created: false });
                }
            }
            let mut cookies: Vec<usize> =
                cookie_pairs(&recorded.request.headers).filter_map(|(_, value)| jar.get(value).copied()).collect();
            cookies.sort_unstable();
            cookies.dedup();
            flow.cookies.push(cookies);
            flow.uses.push(uses);
            jar.extend(set_cookie_pairs(&recorded.response.headers).map(|(_, value)| (value.to_owned(), at)));
            flow.shown.push(shown(recorded, &known));
            if known.len() < VALUES_MAX && recorded.response.status.is_success() {
                learn(at, recorded, &values, &sent_before, &mut known);
            }
        }
        flow
    }

    pub(super) fn uses(&self, exchange: usize) -> &[Use] {
        &self.uses[exchange]
    }

    pub(super) fn captures(&self, exchange: usize) -> &[Capture] {
        &self.captures[exchange]
    }

    /// Whether a request sends a secret that was refused.
    pub(super) fn sends_refused(&self, exchange: usize) -> bool {
        self.uses[exchange].iter().any(|used| used.is_refused)
    }

    /// The exchanges that made what an answer shows: in another's answer it is only there once it was made.
    pub(super) fn shown(&self, exchange: usize) -> impl Iterator<Item = usize> {
        self.shown[exchange].iter().copied()
    }

    /// The exchanges that began what a request is a part of: those that gave its cookies, its tokens and the like.
    pub(super) fn sessions(&self, exchange: usize) -> impl Iterator<Item = usize> {
        let given = self.uses[exchange].iter().filter(|used| !used.is_made).filter_map(|used| used.from);
        self.cookies[exchange].iter().copied().chain(given)
    }
}

/// The exchanges that made something which cannot be mistaken and stands in an answer.
fn shown(recorded: &Recorded, known: &HashMap<String, Origin>) -> Vec<usize> {
    let mut from = Vec::new();
    if let Ok(body) = Json::parse(&recorded.response.body) {
        leaves(&body, &Path::default(), &mut |_, value| {
            let is_telling = value.chars().count() >= TELLING_CHARS_MIN;
            let origin = is_telling.then(|| known.get(value)).flatten().filter(|origin| origin.is_made);
            from.extend(origin.map(|origin| origin.exchange));
        });
    }
    from.sort_unstable();
    from.dedup();
    from
}

/// `password` and 2 of `«password-2»`.
fn kind_of_secret(value: &str) -> Option<(&str, usize)> {
    let inner = value.strip_prefix('«')?.strip_suffix('»')?;
    let numbered =
        inner.rsplit_once('-').and_then(|(kind, number)| Some((kind, usize::from(number.parse::<u16>().ok()?))));
    Some(numbered.unwrap_or((inner, 1)))
}

/// A text with no secret told from another.
fn masked(text: &str) -> String {
    let mut parts = text.split('«');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |masked, part| masked + "«»" + part.split_once('»').map_or(part, |(_, rest)| rest))
}

/// The secrets that were sent only to be refused where another one, in the same request, began a session. Of all others it is
/// not known what was wrong with them.
fn refused(exchanges: &[Recorded]) -> HashSet<String> {
    let asked = |request: &Request| {
        let target = masked(&percent_decode(request.target.as_str()));
        format!("{} {target} {}", request.method, masked(&String::from_utf8_lossy(&request.body)))
    };
    let has_secret = |body: &[u8]| String::from_utf8_lossy(body).contains('«');
    let (mut taken, mut began) = (HashSet::new(), HashSet::new());
    for Recorded { request, response, .. } in
        exchanges.iter().filter(|recorded| !recorded.response.status.is_client_error())
    {
        taken.extend(Sent::of(request).values());
        if has_secret(&request.body) && (response.headers.contains_key(SET_COOKIE) || has_secret(&response.body)) {
            began.insert(asked(request));
        }
    }
    let mut refused = HashSet::new();
    for Recorded { request, response, .. } in exchanges {
        let is_refused = matches!(response.status.as_u16(), 400 | 401 | 403);
        if is_refused && has_secret(&request.body) && began.contains(&asked(request)) {
            let own = String::from_utf8_lossy(&request.body);
            let secrets = Sent::of(request).values().into_iter().filter(|value| kind_of_secret(value).is_some());
            refused.extend(secrets.filter(|secret| own.contains(&**secret) && !taken.contains(secret)));
        }
    }
    refused
}

/// What a request sends, and where: whole segments and parameters, credentials, leaves of JSON.
struct Sent(Vec<(String, OwnPlace)>);

/// A [`Place`] by itself.
enum OwnPlace {
    Path(String),
    Named(String),
    Text,
}

impl OwnPlace {
    fn identifies(&self, name: &str, is_created: bool) -> bool {
        let place = match self {
            Self::Path(word) => Place::Path(word),
            Self::Named(own) => Place::Named(own),
            Self::Text => Place::Text,
        };
        place.identifies(name, is_created)
    }
}

impl Sent {
    fn of(request: &Request) -> Self {
        let path: Vec<String> = segments(request.path()).map(|segment| percent_decode(segment).into_owned()).collect();
        let behind = |at: usize| OwnPlace::Path(word_before(&path, at).to_owned());
        let mut all: Vec<(String, OwnPlace)> = (0..path.len()).map(|at| (path[at].clone(), behind(at))).collect();
        let named = |name: &str, value: &str| (value.to_owned(), OwnPlace::Named(name.to_owned()));
        all.extend(query_pairs(request.query()).map(|(name, value)| named(&name, &value)));
        for (name, value) in &request.headers {
            let Ok(text) = std::str::from_utf8(value.as_bytes()) else { continue };
            if name != COOKIE {
                all.extend(text.split(' ').map(|word| named(name.as_str(), word)));
            }
        }
        if let Ok(body) = Json::parse(&request.body) {
            leaves(&body, &Path::default(), &mut |path, value| {
                // The elements of a list are what its name says.
                let name = path.steps().iter().rev().find_map(|step| match step {
                    Step::Name(name) => Some(*name),
                    Step::Index(_) => None,
                });
                all.push(name.map_or_else(|| (value.to_owned(), OwnPlace::Text), |name| named(name, value)));
            });
        } else {
            let pairs = understudy_exchange::form::parse(&request.body);
            all.extend(pairs.iter().map(|(name, value)| named(name, value)));
        }
        Self(all)
    }

    /// The values, and the secrets in them: of two that stand in each other, the longer one first.
    fn values(&self) -> Vec<String> {
        let mut values: Vec<String> = self.0.iter().map(|(value, _)| value.clone()).collect();
        // A secret's placeholder may be a part of any of them.
        let secrets: Vec<String> = values
            .iter()
            .flat_map(|value| value.split('«').skip(1).filter_map(|rest| rest.split_once('»')))
            .map(|(kind, _)| format!("«{kind}»"))
            .collect();
        values.extend(secrets);
        values.sort();
        values.dedup();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.retain(|value| !value.is_empty());
        values
    }
}

fn leaves<'j>(value: &'j Json, path: &Path<'j>, told: &mut dyn FnMut(&Path<'j>, &str)) {
    match value {
        Json::String(text) => told(path, text.as_str()),
        Json::Number(number) => told(path, number.as_str()),
        other => other.children().for_each(|(step, child)| leaves(child, &path.child(step), told)),
    }
}

/// What an answer gives that later requests may send; `own` is what its request sent.
fn learn(
    at: usize,
    recorded: &Recorded,
    own: &[String],
    sent_before: &HashSet<String>,
    known: &mut HashMap<String, Origin>,
) {
    let request = &recorded.request;
    let is_write = matches!(request.method, Method::POST | Method::PUT | Method::PATCH);
    let path: Vec<String> = segments(request.path()).map(|segment| percent_decode(segment).into_owned()).collect();
    let collection = path.iter().rev().find(|segment| super::endpoint::kind(segment).is_none() && !segment.is_empty());
    let source = format!(
        "{} {}",
        request.method,
        path.iter()
            .map(|segment| if super::endpoint::kind(segment).is_some() { "*" } else { segment })
            .collect::<Vec<_>>()
            .join("/")
    );
    let mut add = |value: String, capture: CaptureFrom, is_made: bool, place: &str, wanted: String| {
        let is_created = is_made && recorded.response.status == StatusCode::CREATED;
        let origin = Origin { exchange: at, capture, is_made, is_created, place: format!("{source} {place}"), wanted };
        // `GET /items/7` gives a 7 that the request sent. A secret is followed all the same: it has to come from somewhere.
        let is_long = value.chars().count() >= TELLING_CHARS_MIN;
        let is_echo = if is_long { sent_before.contains(&value) } else { own.contains(&value) };
        if !is_echo || value.starts_with('«') {
            known.entry(value).or_insert(origin);
        }
    };
    if let Ok(body) = Json::parse(&recorded.response.body) {
        leaves(&body, &Path::default(), &mut |path, value| {
            let Some(Step::Name(name)) = path.steps().last() else { return };
            let names_one = is_id(name);
            let is_telling = value.starts_with('«') || value.chars().count() >= TELLING_CHARS_MIN;
            if !(is_telling || (is_write && names_one)) || value.contains(' ') {
                return;
            }
            let Ok(place) = JsonPath::parse(&path.to_string()) else { return };
            let wanted =
                if *name == "id" { id_of(owner(path).or(collection.map(String::as_str))) } else { plain(name) };
            add(value.to_owned(), CaptureFrom::Body(place), is_write && names_one, &path.to_string(), wanted);
        });
    }
    if let Some(location) = location(&recorded.response.headers).filter(|_| is_write) {
        let (before, query) = location.split_once('?').unwrap_or((&location, ""));
        let before =
            before.split_once("://").map_or(before, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
        let parts: Vec<&str> = before.split('/').collect();
        if let Some(last) = parts.last().filter(|last| !last.is_empty() && !path.iter().any(|segment| segment == *last))
        {
            // The segment before it stands in every such field: what follows is what was made.
            let previous = parts.len().checked_sub(2).map_or("", |at| parts[at]);
            let matches = Search::parse(&format!("{}/([^?/]+)", regex_escape(previous))).ok();
            let from = CaptureFrom::Header { name: LOCATION.to_string(), matches, query: None };
            add(percent_decode(last).into_owned(), from, true, "location", id_of(Some(previous)));
        }
        for (name, value) in query_pairs(query) {
            let from = CaptureFrom::Header {
                name: LOCATION.to_string(),
                matches: None,
                query: Some(name.clone().into_owned()),
            };
            add(value.into_owned(), from, true, &format!("location {name}"), plain(name.trim_start_matches('_')));
        }
    }
}

/// What answers stand in that say nothing of what they are about.
const WRAPPERS: &[&str] = &["attributes", "content", "data", "payload", "response", "result"];

/// The member that has this one: `user` of `$.user.id`. What is in a list is called after where it is asked for.
fn owner<'p>(path: &Path<'p>) -> Option<&'p str> {
    match path.steps() {
        [.., Step::Name(owner), Step::Name(_)] if !WRAPPERS.contains(owner) => Some(owner),
        _ => None,
    }
}

fn location(headers: &HeaderMap) -> Option<String> {
    headers.get(LOCATION).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned)
}

/// Whether a member names what it stands in: `id`, `orderId`, `order_id`. Whole words only: `paid` does not.
fn is_id(name: &str) -> bool {
    name.eq_ignore_ascii_case("id")
        || name.eq_ignore_ascii_case("ids")
        || ["Id", "ID", "_id", "-id", "Ids", "IDs", "_ids"].iter().any(|ending| name.ends_with(ending))
        || name == "uuid"
}

/// A name for `{{name}}`.
fn plain(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain } else { format!("v{plain}") }
}

fn regex_escape(text: &str) -> String {
    text.chars().flat_map(|c| (!c.is_alphanumeric()).then_some('\\').into_iter().chain([c])).collect()
}
