//! A request with the values that earlier responses gave replaced by their names.

use super::Recorded;
use super::content::Content;
use super::given::leaves_of;
use super::graphql;
use super::header_names::may_matter;
use super::place::Place;
use super::sent_headers::decides;
use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderName, Method};
use understudy_exchange::multipart::Part;
use understudy_exchange::target::{percent_decode, query_pairs, segments};
use understudy_exchange::{Json, JsonString, Request, cookie_pairs, field_value};
use understudy_fixture::model::{Graphql, GraphqlQuery, Pattern};

/// Query parameters that make each URL unique and mean nothing.
const NOISE_PARAMETERS: &[&str] = &["_", "_t", "_ts", "cachebuster", "cb", "nocache", "timestamp"];

/// A request with the values that earlier responses gave replaced by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Percent-decoded segments.
    pub(super) path: Vec<Pattern>,
    pub(super) query: Vec<(String, Pattern)>,
    /// The header fields that may matter to the backend, without cookies, in their order.
    pub(super) headers: Vec<(HeaderName, Pattern)>,
    /// The cookies that no response of the recording set before.
    pub(super) cookies: Vec<(String, Pattern)>,
    pub(super) body: CallBody,
}

/// The content of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallBody {
    None,
    Json(Json),
    Graphql(Graphql),
    Form(Vec<(String, Pattern)>),
    /// The parts of a form, with the text of each part that is text.
    Multipart(Vec<(Part, Option<Pattern>)>),
    Text(Pattern),
    /// Bytes that are not text.
    Bytes(Bytes),
}

/// Finds the names of values.
pub(super) trait Names {
    /// Replaces the values that earlier responses gave in a text of a request by their names.
    fn named(&mut self, text: &str, place: Place<'_>) -> Pattern;

    /// Returns true if an earlier response set a cookie with this name.
    fn is_set(&self, cookie: &str) -> bool;
}

/// The decoded segments of a path.
pub(super) fn decoded_segments(path: &str) -> Vec<String> {
    segments(path).map(|segment| percent_decode(segment).into_owned()).collect()
}

/// The path of a request without the `base` of its service.
pub(super) fn path_below<'r>(request: &'r Request, base: &str) -> &'r str {
    request.path().strip_prefix(base).filter(|path| path.starts_with('/')).unwrap_or(request.path())
}

impl Call {
    pub(super) fn new(recorded: &Recorded, base: &str, names: &mut dyn Names) -> Self {
        let request = &recorded.request;
        let path = decoded_segments(path_below(request, base));
        let query = query_pairs(request.query())
            .filter(|(name, _)| !NOISE_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()));
        let query = query.map(|(name, value)| {
            let value = names.named(&value, Place::Named { name: &name, owner: None });
            (name.into_owned(), value)
        });
        let query = query.collect();
        let matters = |name: &HeaderName| {
            let is_known = may_matter(&request.method, &request.headers, name);
            *name != COOKIE && (is_known || decides(name, recorded.response.status))
        };
        let headers = request.headers.iter().filter(|(name, _)| matters(name)).map(|(name, value)| {
            let text = field_value::text(value);
            (name.clone(), names.named(&text, Place::Header(name.as_str())))
        });
        let headers = headers.collect();
        let mut cookies: Vec<(String, Pattern)> = Vec::new();
        for (name, value) in cookie_pairs(&request.headers) {
            if !name.is_empty() && !names.is_set(name) && !cookies.iter().any(|(known, _)| known == name) {
                cookies.push((name.to_owned(), names.named(value, Place::Header(COOKIE.as_str()))));
            }
        }
        Self {
            method: request.method.clone(),
            path: (0..path.len()).map(|at| names.named(&path[at], Place::Segment(&path[..at]))).collect(),
            query,
            headers,
            cookies,
            body: CallBody::new(recorded, names),
        }
    }

    /// Returns the key of the request. Two requests with the same key are the same request.
    pub(super) fn key(&self) -> String {
        let mut query: Vec<String> = self.query.iter().map(|(name, value)| format!("{name:?}={value}")).collect();
        query.sort_unstable();
        let path: Vec<String> = self.path.iter().map(Pattern::to_string).collect();
        let body = match &self.body {
            CallBody::Json(value) => value.to_string(),
            other => format!("{other:?}"),
        };
        format!("{} {path:?} {query:?} {body}", self.method)
    }

    /// The patterns of a header field, one for each occurrence of the field.
    pub(super) fn header<'c>(&'c self, name: &'c HeaderName) -> impl Iterator<Item = &'c Pattern> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value)
    }

    /// Returns true if the request may change something.
    pub(super) fn may_write(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS) && !self.only_reads()
    }

    /// Returns true for a POST that only reads: a GraphQL query.
    pub(super) fn only_reads(&self) -> bool {
        let operations = match &self.body {
            CallBody::Graphql(operation) => vec![graphql::Operation::of(operation)],
            CallBody::Json(body) => graphql::operations(body),
            _ => Vec::new(),
        };
        self.method == Method::POST && !operations.is_empty() && operations.iter().all(|operation| operation.is_query)
    }

    /// The kind of the request's GraphQL operations.
    pub(super) fn operation_kind(&self) -> Option<&'static str> {
        let is_graphql = !self.operations().is_empty();
        is_graphql.then(|| if self.only_reads() { "query" } else { "mutation" })
    }

    /// The names of the request's GraphQL operations.
    pub(super) fn operations(&self) -> Vec<String> {
        let operations = match &self.body {
            CallBody::Graphql(operation) => vec![graphql::Operation::of(operation)],
            CallBody::Json(body) => graphql::operations(body),
            CallBody::None => {
                let text = |wanted: &str| {
                    self.query.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.as_literal())
                };
                text("query")
                    .and_then(|query| graphql::Operation::new(text("operationName"), query))
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        };
        operations.into_iter().map(|operation| operation.name).collect()
    }
}

impl CallBody {
    fn new(recorded: &Recorded, names: &mut dyn Names) -> Self {
        match Content::of(recorded) {
            Content::None => Self::None,
            Content::Json(value) => match graphql::request(&value) {
                Some(operation) => Self::Graphql(named_operation(operation, names)),
                None => Self::Json(named(&value, names, None, None)),
            },
            Content::Form(pairs) => {
                let named = |(name, value): (String, String)| {
                    let value = names.named(&value, Place::Named { name: &name, owner: None });
                    (name, value)
                };
                Self::Form(pairs.into_iter().map(named).collect())
            }
            Content::Multipart(parts) => {
                let named = |part: Part| {
                    let text = std::str::from_utf8(&part.content).ok();
                    let text = text.map(|text| names.named(text, Place::Named { name: &part.name, owner: None }));
                    (part, text)
                };
                Self::Multipart(parts.into_iter().map(named).collect())
            }
            Content::Text(text) => Self::Text(names.named(&text, Place::Text)),
            Content::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}

/// Replaces the values of an operation by their names. A variable belongs to the operation: `id` of `query Product` is
/// the id of a product.
fn named_operation(operation: Graphql, names: &mut dyn Names) -> Graphql {
    let about = graphql::Operation::of(&operation).name;
    let variables = operation.variables.map(|variables| named(&variables, names, None, Some(&about)));
    // A name where no value can stand would be no GraphQL: then the text stays.
    let query = operation
        .query
        .map(|query| GraphqlQuery::parse(names.named(query.as_str(), Place::Text).to_string()).unwrap_or(query));
    Graphql { variables, query, ..operation }
}

/// Replaces the values in a JSON value by their names. `name` is the member that holds the value, and `owner` is the
/// member around `name`.
fn named(value: &Json, names: &mut dyn Names, name: Option<&str>, owner: Option<&str>) -> Json {
    let place = name.map_or(Place::Text, |name| Place::Named { name, owner });
    match value {
        Json::Array(items) => Json::Array(items.iter().map(|item| named(item, names, name, owner)).collect()),
        Json::Object(members) => {
            let around = name.or(owner);
            let member =
                |(name, value): &(JsonString, Json)| (name.clone(), named(value, names, Some(name.as_str()), around));
            Json::Object(members.iter().map(member).collect())
        }
        Json::String(text) => {
            let pattern = names.named(text.as_str(), place).to_string();
            if text.is(&pattern) { value.clone() } else { Json::string(pattern) }
        }
        Json::Number(number) => {
            let pattern = names.named(number.as_str(), place);
            match pattern.as_literal() {
                Some(text) if text == number.as_str() => value.clone(),
                _ => Json::string(pattern.to_string()),
            }
        }
        other => other.clone(),
    }
}

/// The values of a request, each with its name. Segments of the path have an empty name.
pub(super) fn sent_values(request: &Request) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    all.extend(decoded_segments(request.path()).into_iter().map(|segment| (String::new(), segment)));
    all.extend(query_pairs(request.query()).map(|(name, value)| (name.into_owned(), value.into_owned())));
    for (name, value) in request.headers.iter().filter(|(name, _)| *name != COOKIE) {
        if let Ok(text) = value.to_str() {
            all.extend(text.split(' ').map(|word| (name.to_string(), word.to_owned())));
        }
    }
    match Json::parse(&request.body) {
        Ok(body) => leaves_of(&body, &understudy_exchange::jsonpath::Path::default(), &mut |path, value, _| {
            let name = path.steps().iter().rev().find_map(|step| match step {
                understudy_exchange::json::Step::Name(name) => Some(*name),
                understudy_exchange::json::Step::Index(_) => None,
            });
            all.push((name.unwrap_or_default().to_owned(), value.to_owned()));
        }),
        Err(_) => all.extend(understudy_exchange::form::parse(&request.body)),
    }
    all.retain(|(_, value)| !value.is_empty());
    all
}
