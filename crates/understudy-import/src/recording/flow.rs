//! The values that responses gave and later requests sent.

use super::Recorded;
use super::call::{Call, Names, decoded_segments, path_below, sent_values};
use super::endpoint::is_collection;
use super::given::{Giving, Origin, Role};
use super::ids::{ExchangeId, Table};
use super::look::{Look, is_distinctive};
use super::paths::collection;
use super::place::Place;
use super::secrets::{Piece, Secrets, pieces};
use http::Method;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use understudy_exchange::redact::Redaction;
use understudy_exchange::{Json, cookie_pairs, set_cookie_pairs};
use understudy_fixture::free_name;
use understudy_fixture::model::{Capture, Pattern, PatternPart};

/// How many values are followed.
const VALUES_MAX: usize = 20_000;

/// The maximum number of origins that are remembered for one value.
const ORIGINS_MAX: usize = 16;

/// The minimum length of a word inside a text that is followed.
const WORD_BYTES_MIN: usize = 8;

/// A value that stands in a request, under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) value: String,
    pub(super) name: String,
    /// The exchange whose response gave the value; `None` for a secret that came from outside.
    pub(super) from: Option<ExchangeId>,
    /// True if the value identifies a created resource, so that the order of the requests with it counts.
    pub(super) is_made: bool,
    /// True if the value is a secret that was refused. Any other wrong secret is refused too.
    pub(super) is_refused: bool,
    /// True if the value occurs only in header fields.
    pub(super) is_in_headers: bool,
}

/// One request in the flow of values.
#[derive(Debug)]
pub(super) struct Traced {
    pub(super) call: Call,
    pub(super) uses: Vec<Use>,
    /// The exchanges whose cookies the request sends.
    pub(super) cookies: Vec<ExchangeId>,
    /// The exchanges that created the resources in the response.
    pub(super) shown: Vec<ExchangeId>,
}

/// The flow of values through a recording.
pub(super) struct Flow<'r> {
    base: &'r str,
    secrets: Secrets<'r>,
    /// The first origin of each value, for each of its meanings.
    known: HashMap<String, Vec<Origin>>,
    /// The values that a client sent before any response gave them, each with its name.
    sent_before: HashSet<(String, String)>,
    names: VariableNames,
    cookies: HashMap<String, ExchangeId>,
    /// The names of the cookies that responses set.
    set_cookies: HashSet<String>,
    /// The request of each exchange, as [`Call::key`] has it.
    keys: Table<ExchangeId, String>,
    captures: Table<ExchangeId, Vec<Capture>>,
}

/// The names of values. The values of one place in the responses to one request share a name.
#[derive(Default)]
struct VariableNames {
    of_origins: HashMap<(String, String), String>,
    of_secrets: HashMap<String, String>,
    taken: HashSet<String>,
}

impl VariableNames {
    fn of_origin(&mut self, request: &str, origin: &Origin) -> String {
        let place = (request.to_owned(), format!("{:?}", origin.source));
        if let Some(name) = self.of_origins.get(&place) {
            return name.clone();
        }
        let name = free_name(&origin.variable(), "", |name| self.taken.contains(name));
        self.taken.insert(name.clone());
        self.of_origins.insert(place, name.clone());
        name
    }

    fn of_secret(&mut self, secret: &Redaction, kind: &str, number: usize) -> String {
        if let Some(name) = self.of_secrets.get(&secret.stand_in) {
            return name.clone();
        }
        let mut numbered = (number..).map(|number| match number {
            0 | 1 => kind.to_owned(),
            number => format!("{kind}-{number}"),
        });
        let name = numbered.find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(name.clone());
        self.of_secrets.insert(secret.stand_in.clone(), name.clone());
        name
    }
}

impl<'r> Flow<'r> {
    pub(super) fn new(exchanges: &'r [Recorded], base: &'r str) -> Self {
        Self {
            base,
            secrets: Secrets::of(exchanges),
            known: HashMap::new(),
            sent_before: HashSet::new(),
            names: VariableNames::default(),
            cookies: HashMap::new(),
            set_cookies: HashSet::new(),
            keys: Table::default(),
            captures: Table::default(),
        }
    }

    /// Follows the values of the next exchange. `body` is the body of its response, if that is JSON.
    pub(super) fn next(&mut self, recorded: &'r Recorded, body: Option<&Json>) -> Traced {
        let exchange = self.captures.push(Vec::new());
        let path: Rc<[String]> = decoded_segments(path_below(&recorded.request, self.base)).into();
        let sent = sent_values(&recorded.request);
        let is_list = body.is_some_and(is_collection);
        let mut linker = Linker { flow: self, recorded, path: &path, is_list, uses: Vec::new() };
        let call = Call::new(recorded, linker.flow.base, &mut linker);
        let uses = linker.uses;
        let is_linked = |value: &str| uses.iter().any(|used| used.value == value);
        let own = sent.iter().filter(|(_, value)| !is_linked(value));
        self.sent_before.extend(own.map(|(name, value)| sent_key(name, value, &path)));
        self.keys.push(call.key());
        let mut cookies: Vec<ExchangeId> =
            cookie_pairs(&recorded.request.headers).filter_map(|(_, value)| self.cookies.get(value).copied()).collect();
        cookies.sort_unstable();
        cookies.dedup();
        self.set_cookies.extend(set_cookie_pairs(&recorded.response.headers).map(|(name, _)| name.to_owned()));
        self.cookies
            .extend(set_cookie_pairs(&recorded.response.headers).map(|(_, value)| (value.to_owned(), exchange)));
        let traced = Traced { shown: body.map_or_else(Vec::new, |body| self.shown(body)), call, uses, cookies };
        let status = recorded.response.status;
        if (status.is_success() || status.is_redirection()) && recorded.request.method != Method::OPTIONS {
            self.learn(exchange, recorded, body, &path, &sent);
        }
        traced
    }

    /// The captures of each exchange's response that later requests need.
    pub(super) fn into_captures(self) -> Table<ExchangeId, Vec<Capture>> {
        self.captures
    }

    /// The exchanges that created a resource in a response.
    fn shown(&self, body: &Json) -> Vec<ExchangeId> {
        let mut from = Vec::new();
        super::given::leaves_of(body, &understudy_exchange::jsonpath::Path::default(), &mut |_, value, _| {
            let origins = is_distinctive(value).then(|| self.known.get(value)).flatten();
            from.extend(origins.into_iter().flatten().filter(|origin| origin.is_made).map(|origin| origin.exchange));
        });
        from.sort_unstable();
        from.dedup();
        from
    }

    /// Remembers the values of a response, without those that its own request sent.
    fn learn(
        &mut self,
        exchange: ExchangeId,
        recorded: &'r Recorded,
        body: Option<&Json>,
        path: &Rc<[String]>,
        sent: &[(String, String)],
    ) {
        if self.known.len() >= VALUES_MAX {
            return;
        }
        let giving =
            Giving { exchange, recorded, body, path: Rc::clone(path), secrets: &self.secrets, found: Vec::new() };
        for (value, origin) in giving.collect() {
            let is_sent = if is_distinctive(&value) {
                self.was_sent(&value)
            } else {
                let stands = |name: &str| name.is_empty() || name == origin.member;
                sent.iter().any(|(name, sent)| *sent == value && stands(name))
            };
            if is_sent && !origin.is_secret {
                continue;
            }
            let origins = self.known.entry(value).or_default();
            let is_new = |known: &Origin| {
                known.subject != origin.subject || known.member != origin.member || known.path != origin.path
            };
            if origins.len() < ORIGINS_MAX && origins.iter().all(is_new) {
                origins.push(origin);
            }
        }
    }

    /// Returns true if a client sent a distinctive value before any response gave it.
    fn was_sent(&self, value: &str) -> bool {
        self.sent_before.contains(&(String::new(), value.to_owned()))
    }
}

/// The key of a value that a client sent: the value alone if it is distinctive, else the value with its meaning.
fn sent_key(name: &str, value: &str, path: &[String]) -> (String, String) {
    if is_distinctive(value) {
        return (String::new(), value.to_owned());
    }
    let about = if name.is_empty() { collection(path).unwrap_or("").to_owned() } else { format!("{path:?} {name}") };
    (format!("{about}\n"), value.to_owned())
}

/// Replaces the values of one request by their names.
struct Linker<'l, 'r> {
    flow: &'l mut Flow<'r>,
    recorded: &'r Recorded,
    path: &'l [String],
    /// True if the response is a list of resources, which the last word of the path names.
    is_list: bool,
    uses: Vec<Use>,
}

impl Names for Linker<'_, '_> {
    fn named(&mut self, text: &str, place: Place<'_>) -> Pattern {
        if let Some(part) = self.link(text, place) {
            return Pattern { parts: vec![part] };
        }
        let mut parts = Vec::new();
        for piece in pieces(text, &self.recorded.redactions) {
            match piece {
                Piece::Secret(secret) => match self.link(secret, place) {
                    Some(part) => push(&mut parts, part),
                    None => push(&mut parts, PatternPart::Text(secret.to_owned())),
                },
                Piece::Text(text) => self.words(text, place, &mut parts),
            }
        }
        Pattern { parts }
    }

    fn is_set(&self, cookie: &str) -> bool {
        self.flow.set_cookies.contains(cookie)
    }
}

/// Adds a part. Adjacent texts are joined.
fn push(parts: &mut Vec<PatternPart>, part: PatternPart) {
    match (parts.last_mut(), part) {
        (Some(PatternPart::Text(before)), PatternPart::Text(text)) => before.push_str(&text),
        (_, PatternPart::Text(text)) if text.is_empty() => {}
        (_, part) => parts.push(part),
    }
}

impl Linker<'_, '_> {
    /// Replaces the words of a text that are known values.
    fn words(&mut self, text: &str, place: Place<'_>, parts: &mut Vec<PatternPart>) {
        let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
        let is_condition = matches!(place, Place::Header("if-match" | "if-none-match"));
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_inside(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let is_long = word.len() >= WORD_BYTES_MIN && is_distinctive(word);
            let linked = (is_long || is_condition).then(|| self.link(word, place)).flatten();
            push(parts, linked.unwrap_or_else(|| PatternPart::Text(word.to_owned())));
            let between = after.find(is_inside).unwrap_or(after.len());
            push(parts, PatternPart::Text(after[..between].to_owned()));
            rest = &after[between..];
        }
    }

    /// The name of a value, or the placeholder for a secret that was refused.
    fn link(&mut self, value: &str, place: Place<'_>) -> Option<PatternPart> {
        if value.is_empty() {
            return None;
        }
        let mut used = self.given(value, place).or_else(|| self.outside(value))?;
        used.is_in_headers = matches!(place, Place::Header(_));
        let part = match used.is_refused {
            true => PatternPart::Text(used.name.clone()),
            false => PatternPart::Placeholder(used.name.clone()),
        };
        match self.uses.iter_mut().find(|known| known.name == used.name && known.value == used.value) {
            Some(known) => known.is_in_headers &= used.is_in_headers,
            None => self.uses.push(used),
        }
        Some(part)
    }

    /// The use of a value that an earlier response gave.
    fn given(&mut self, value: &str, place: Place<'_>) -> Option<Use> {
        let names_list = match place {
            Place::Segment(before) => self.is_list && before.len() + 1 == self.path.len() && Look::of(value).is_none(),
            _ => false,
        };
        let origins = self.flow.known.get(value).filter(|_| !names_list)?;
        let name = match place {
            Place::Named { name, .. } | Place::Header(name) => name,
            Place::Segment(_) | Place::Text => "",
        };
        let is_known_before =
            !is_distinctive(value) && self.flow.sent_before.contains(&sent_key(name, value, self.path));
        let origin = origins.iter().filter(|origin| origin.is_secret || origin.is_created || !is_known_before);
        let mut origin = origin.filter(|origin| place.takes(value, origin, self.path));
        let origin = origin.next()?.clone();
        let name = self.flow.names.of_origin(&self.flow.keys[origin.exchange], &origin);
        let captures = &mut self.flow.captures[origin.exchange];
        if !captures.iter().any(|capture| capture.name == name) {
            captures.push(Capture { name: name.clone(), from: origin.source.capture()? });
        }
        let from = Some(origin.exchange);
        Some(Use {
            value: value.to_owned(),
            name,
            from,
            is_made: origin.is_made || origin.role == Role::Version,
            is_refused: false,
            is_in_headers: false,
        })
    }

    /// The use of a secret that no response gave.
    fn outside(&mut self, value: &str) -> Option<Use> {
        let flow = &mut *self.flow;
        let secret = flow.secrets.get(value)?;
        let is_refused = flow.secrets.is_refused(value);
        let kind = if is_refused { format!("wrong-{}", secret.kind) } else { secret.kind.clone() };
        let name = flow.names.of_secret(secret, &kind, flow.secrets.number(secret));
        Some(Use { value: value.to_owned(), name, from: None, is_made: false, is_refused, is_in_headers: false })
    }
}
