//! Values in responses that later requests may send.

use super::Recorded;
use super::html;
use super::ids::ExchangeId;
use super::look::{Look, is_distinctive, is_long};
use super::paths::{collection, is_about, variable_of};
use super::secrets::Secrets;
use super::words::{escaped, identified, is_bare_id, is_id, is_version, is_wrapper, singular, variable};
use http::header::{ETAG, LINK, LOCATION};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use std::collections::BTreeSet;
use std::rc::Rc;
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Path;
use understudy_exchange::target::{percent_decode, query_pairs};
use understudy_exchange::{Json, JsonPath, set_cookie_pairs};
use understudy_fixture::model::{CaptureFrom, Search};

/// Names of lists that do not describe their elements.
pub(super) const LISTS: &[&str] = &[
    "docs", "edges", "elements", "entries", "hits", "items", "list", "node", "nodes", "objects", "page", "records",
    "results", "rows", "values",
];

/// Words of paths that name an action and not a resource.
const ACTIONS: &[&str] = &[
    "add", "create", "import", "login", "new", "register", "search", "session", "signup", "sign-up", "start", "submit",
    "upload",
];

/// The maximum number of ids that are read from the paths and URLs in one body.
const REFERENCES_MAX: usize = 20;

/// A number with fewer digits counts only if its name marks it as an id.
const TELLING_DIGITS_MIN: usize = 9;

/// The role of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The value identifies a resource.
    Identifier,
    /// The value changes with every write.
    Version,
    Other,
}

/// The origin of a value in a response.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) exchange: ExchangeId,
    pub(super) source: Source,
    pub(super) role: Role,
    /// The name of the member or field that held the value.
    pub(super) member: String,
    /// The noun of the resource that the value identifies, if names show it: `order`.
    pub(super) subject: String,
    /// The path of the request.
    pub(super) path: Rc<[String]>,
    /// True if the response to a write gave the value, so that the order of the requests with it counts.
    pub(super) is_made: bool,
    /// True if the request created the value.
    pub(super) is_created: bool,
    pub(super) is_secret: bool,
}

/// The place of a value in a response.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// A JSONPath into the body.
    Body(String),
    Header {
        name: HeaderName,
        matches: Option<String>,
        query: Option<String>,
    },
    Cookie(String),
    /// A regular expression for the body's text.
    Text(String),
}

impl Source {
    /// The source as fixtures write it.
    pub(super) fn capture(&self) -> Option<CaptureFrom> {
        Some(match self {
            Self::Body(path) => CaptureFrom::Body(JsonPath::parse(path).ok()?),
            Self::Header { name, matches, query } => CaptureFrom::Header {
                name: name.to_string(),
                matches: match matches {
                    Some(matches) => Some(Search::parse(matches).ok()?),
                    None => None,
                },
                query: query.clone(),
            },
            Self::Cookie(name) => CaptureFrom::Cookie(name.clone()),
            Self::Text(matches) => CaptureFrom::Text(Search::parse(matches).ok()?),
        })
    }
}

impl Origin {
    /// The name that a person would give to the value.
    pub(super) fn variable(&self) -> String {
        match &self.source {
            Source::Body(_) | Source::Header { query: None, .. }
                if is_bare_id(&self.member) && self.member != "key" =>
            {
                variable_of(&self.subject)
            }
            Source::Header { query: None, name, .. } if *name == LOCATION => variable_of(&self.subject),
            Source::Text(_) if self.role == Role::Identifier => variable_of(&self.subject),
            _ => variable(self.member.trim_start_matches('_')),
        }
    }
}

/// Collects the values of one response.
pub(super) struct Giving<'g, 'r> {
    pub(super) exchange: ExchangeId,
    pub(super) recorded: &'r Recorded,
    /// The body of the response, where it is JSON.
    pub(super) body: Option<&'g Json>,
    pub(super) path: Rc<[String]>,
    pub(super) secrets: &'g Secrets<'r>,
    pub(super) found: Vec<(String, Origin)>,
}

impl Giving<'_, '_> {
    /// The values that the response gives, each with its origin.
    pub(super) fn collect(mut self) -> Vec<(String, Origin)> {
        self.members();
        self.references();
        self.location();
        self.links();
        self.fields();
        self.page();
        self.found
    }

    fn is_write(&self) -> bool {
        matches!(self.recorded.request.method, Method::POST | Method::PUT | Method::PATCH)
    }

    fn add(&mut self, value: &str, source: Source, role: Role, member: &str, subject: &str) {
        let is_made = self.is_write() && role == Role::Identifier;
        self.found.push((
            value.to_owned(),
            Origin {
                exchange: self.exchange,
                source,
                role,
                member: member.to_owned(),
                subject: subject.to_owned(),
                path: Rc::clone(&self.path),
                is_made,
                is_created: is_made && self.recorded.response.status == StatusCode::CREATED,
                is_secret: self.secrets.get(value).is_some(),
            },
        ));
    }

    fn members(&mut self) {
        let Some(body) = self.body else { return };
        let mut leaves = Vec::new();
        leaves_of(body, &Path::default(), &mut |path, value, is_number| {
            let Some(Step::Name(name)) = path.steps().last() else { return };
            let role = match *name {
                name if is_id(name) => Role::Identifier,
                name if is_version(name) => Role::Version,
                _ => Role::Other,
            };
            let is_telling = if is_number { value.len() >= TELLING_DIGITS_MIN } else { is_distinctive(value) };
            if role != Role::Other && is_token(value) || is_telling || self.secrets.get(value).is_some() {
                let subject = subject(path, name).or_else(|| self.own_subject()).unwrap_or_default();
                leaves.push((value.to_owned(), path.to_string(), role, (*name).to_owned(), subject));
            }
        });
        for (value, path, role, name, subject) in leaves {
            self.add(&value, Source::Body(path), role, &name, &subject);
        }
    }

    /// The ids in the paths and URLs of members: `{"href": "/orders/8c8022a1c8"}`.
    fn references(&mut self) {
        let (Some(body), Ok(text)) = (self.body, std::str::from_utf8(&self.recorded.response.body)) else { return };
        let mut found: Vec<(String, String, String)> = Vec::new();
        // An expression finds the first id after a word.
        let mut words: BTreeSet<String> = BTreeSet::new();
        leaves_of(body, &Path::default(), &mut |_, value, _| {
            let path =
                value.split_once("://").map_or(value, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
            if path.len() == value.len() && !value.starts_with('/') || value.contains(char::is_whitespace) {
                return;
            }
            let segments: Vec<&str> = path.split(['?', '#']).next().unwrap_or_default().split('/').collect();
            for pair in segments.windows(2).filter(|pair| Look::of(pair[1]).is_some() && !pair[0].is_empty()) {
                if words.len() == REFERENCES_MAX || !words.insert(pair[0].to_owned()) {
                    continue;
                }
                // PHP escapes slashes.
                let pattern = format!(r#"{}\\?/([^"/?#\\]+)"#, escaped(pair[0]));
                if Search::parse(&pattern).is_ok_and(|search| search.find(text) == Some(pair[1])) {
                    found.push((percent_decode(pair[1]).into_owned(), pattern, singular(pair[0])));
                }
            }
        });
        for (value, pattern, subject) in found {
            self.add(&value, Source::Text(pattern), Role::Identifier, "id", &subject);
        }
    }

    /// The collection that the request is about.
    fn own_subject(&self) -> Option<String> {
        let mut path = &*self.path;
        while let Some((last, before)) = path.split_last() {
            if !last.is_empty() && !ACTIONS.contains(&last.to_ascii_lowercase().as_str()) {
                break;
            }
            path = before;
        }
        collection(path).filter(|word| is_about(word)).map(singular)
    }

    /// The last segment and the parameters of a `location`.
    fn location(&mut self) {
        let Some(location) = text(&self.recorded.response.headers, &LOCATION).filter(|_| self.is_write()) else {
            return;
        };
        let (before, query) = location.split_once('?').unwrap_or((&location, ""));
        let before =
            before.split_once("://").map_or(before, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
        let mut parts = before.rsplit('/');
        let last = parts.next().unwrap_or_default();
        if !last.is_empty() && !self.path.iter().any(|segment| segment == last) {
            // Every such field has the segment before the id, which locates the id.
            let previous = parts.next().unwrap_or_default().to_owned();
            let matches = Some(format!("{}/([^?/]+)", escaped(&previous)));
            let source = Source::Header { name: LOCATION, matches, query: None };
            self.add(&percent_decode(last), source, Role::Identifier, "id", &singular(&previous));
        }
        for (name, value) in query_pairs(query) {
            let source = Source::Header { name: LOCATION, matches: None, query: Some(name.clone().into_owned()) };
            self.add(&value, source, Role::Identifier, &name, "");
        }
    }

    /// The parameters of the URL of the next page in a `link`.
    fn links(&mut self) {
        let Some(links) = text(&self.recorded.response.headers, &LINK) else { return };
        for link in links.split(",<").flat_map(|link| link.split(", <")) {
            let Some((url, _)) = link.trim_start_matches('<').split_once('>') else { continue };
            let Some((_, query)) = url.split_once('?') else { continue };
            for (name, value) in query_pairs(query).filter(|(_, value)| is_distinctive(value)) {
                let matches = Some(format!("[?&]{}=([^&>]+)", escaped(&name)));
                let source = Source::Header { name: LINK, matches, query: None };
                self.add(&value, source, Role::Other, &name, "");
            }
        }
    }

    /// Versions and tokens in other header fields, and cookies.
    fn fields(&mut self) {
        let headers = &self.recorded.response.headers;
        for (name, value) in headers {
            let Ok(value) = value.to_str() else { continue };
            let is_secret = self.secrets.get(value).is_some();
            let is_token = is_secret || is_long(value) && is_distinctive(value) && name.as_str().contains("token");
            let source = Source::Header { name: name.clone(), matches: None, query: None };
            if *name == ETAG {
                self.add(value, source, Role::Version, "etag", "");
            } else if is_token && name != http::header::SET_COOKIE {
                self.add(value, source, Role::Other, name.as_str(), "");
            }
        }
        let cookies: Vec<(String, String)> = set_cookie_pairs(headers)
            .filter(|(_, value)| is_long(value) || self.secrets.get(value).is_some())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        for (name, value) in cookies {
            self.add(&value, Source::Cookie(name.clone()), Role::Other, &name, "");
        }
    }

    /// Fields, meta elements and script variables of a page.
    fn page(&mut self) {
        if self.body.is_some() || !html::is_page(&self.recorded.response) {
            return;
        }
        let Ok(page) = std::str::from_utf8(&self.recorded.response.body) else { return };
        for value in html::values(page, &self.recorded.redactions) {
            if is_distinctive(value.text) || self.secrets.get(value.text).is_some() {
                self.add(value.text, Source::Text(value.pattern), Role::Other, value.name, "");
            }
        }
    }
}

/// Returns true if the value of an identifying member is a token and not text.
fn is_token(value: &str) -> bool {
    !value.is_empty() && value.len() <= 256 && !value.contains(char::is_whitespace)
}

/// The resource that a member identifies: the noun in its own name, or else the member that contains its object.
fn subject(path: &Path<'_>, name: &str) -> Option<String> {
    if let Some(what) = identified(name) {
        return Some(what);
    }
    let owners = path.steps().iter().rev().skip(1).filter_map(|step| match step {
        Step::Name(name) => Some(*name),
        Step::Index(_) => None,
    });
    let mut owners = owners.filter(|owner| !is_wrapper(owner) && !LISTS.contains(owner));
    owners.next().map(singular)
}

pub(super) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned)
}

/// Strings and numbers of a body, each with its place and whether it is a number.
pub(super) fn leaves_of<'j>(value: &'j Json, path: &Path<'j>, each: &mut dyn FnMut(&Path<'j>, &str, bool)) {
    match value {
        Json::String(text) => each(path, text.as_str(), false),
        Json::Number(number) => each(path, number.as_str(), true),
        other => other.children().for_each(|(step, child)| leaves_of(child, &path.child(step), each)),
    }
}
