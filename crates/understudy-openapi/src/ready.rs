//! What an operation's requests and answers need, made when the first one comes.

use crate::answer::body::ReadyContent;
use crate::document::{At, Documents};
use crate::make::{Purpose, Seed, Template, make};
use crate::model::{Dialect, Operation, Response};
use crate::request::{ReadyBody, ReadyParameter};
use crate::schema::Direction;
use http::{HeaderName, HeaderValue};
use std::sync::OnceLock;
use understudy_exchange::Json;

#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) parameters: Vec<ReadyParameter>,
    pub(crate) bodies: Vec<ReadyBody>,
    /// The names of the path's parameters, from the left.
    pub(crate) names: Vec<String>,
    /// What the path calls what it is about: `pet` for `/pets/{id}`.
    pub(crate) thing: String,
    /// In the order of the operation's responses.
    pub(crate) responses: Vec<ReadyResponse>,
}

#[derive(Debug)]
pub(crate) struct ReadyResponse {
    headers: OnceLock<Vec<(HeaderName, Header)>>,
    /// In the order of the response's media types.
    pub(crate) contents: Vec<ReadyContent>,
}

/// The value of a header field, as JSON until it is written.
#[derive(Debug)]
struct Header {
    made: Template,
    writing: Writing,
}

#[derive(Debug)]
enum Writing {
    /// Style `simple`.
    Simple { explode: bool },
    /// A document of the media type that `content` names.
    Document,
}

impl Ready {
    pub(crate) fn new(documents: &Documents, dialect: Dialect, operation: &Operation) -> Self {
        let parameters =
            operation.parameters.iter().map(|parameter| ReadyParameter::new(documents, dialect, parameter));
        let bodies = operation.body.iter().flat_map(|body| &body.content);
        let contents = |response: &Response| response.content.iter().map(|_| ReadyContent::default()).collect();
        Self {
            parameters: parameters.collect(),
            bodies: bodies.map(|content| ReadyBody::new(documents, dialect, content)).collect(),
            names: names(&operation.path),
            thing: thing(&operation.path),
            responses: operation
                .responses
                .iter()
                .map(|response| ReadyResponse { headers: OnceLock::new(), contents: contents(response) })
                .collect(),
        }
    }

    /// What its answers are made for.
    pub(crate) fn purpose(&self, dialect: Dialect) -> Purpose<'_> {
        Purpose {
            dialect,
            direction: Direction::Response,
            parameters: &self.names,
            thing: &self.thing,
            has_examples: true,
        }
    }
}

/// Header fields that say how an answer is sent, which is not the description's to say.
const NOT_SENT: [&str; 13] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "host",
    "keep-alive",
    "server",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
];

/// Header fields that the server answers pages of other origins with, and that nobody can make up.
const CORS: &str = "access-control-";

impl ReadyResponse {
    /// The header fields that a response describes.
    pub(crate) fn headers<'r>(
        &'r self,
        documents: &'r Documents,
        response: &Response,
        purpose: Purpose<'_>,
        seed: Seed<'r>,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> + 'r {
        let templates = self.headers.get_or_init(|| {
            let known = response.headers.iter().filter_map(|(name, node)| {
                let name: HeaderName = name.parse().ok()?;
                Some((name, header(documents.at(*node), purpose)?))
            });
            known.filter(|(name, _)| !NOT_SENT.contains(&name.as_str()) && !name.as_str().starts_with(CORS)).collect()
        });
        templates.iter().filter_map(move |(name, Header { made, writing })| {
            let json = made.fill(seed);
            let value = match writing {
                Writing::Simple { explode } => simple(&json, *explode),
                Writing::Document => json,
            };
            Some((name.clone(), HeaderValue::from_str(&value).ok()?))
        })
    }
}

/// A header field's value: what it shows, or what its schema allows.
fn header(at: At<'_>, purpose: Purpose<'_>) -> Option<Header> {
    if purpose.dialect == Dialect::Swagger2 {
        return Some(Header { made: make(at, purpose)?, writing: Writing::Simple { explode: false } });
    }
    let (at, writing) = match at.get("content").and_then(|content| content.members().next()) {
        Some((media, content)) => {
            let is_json = understudy_exchange::MediaType::parse(&media).is_json();
            (content, if is_json { Writing::Document } else { Writing::Simple { explode: false } })
        }
        None => (at, Writing::Simple { explode: at.flag("explode") }),
    };
    let shown = at.get("example").or_else(|| {
        let first = at.get("examples")?.members().next()?.1;
        first.resolve().ok()?.get("value")
    });
    let made = match shown {
        Some(shown) => Template::fixed(&shown.to_json()),
        None => make(at.get("schema")?, purpose)?,
    };
    Some(Header { made, writing })
}

/// A JSON value as a header field's text (style `simple`).
fn simple(json: &str, explode: bool) -> String {
    let word = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let between = if explode { '=' } else { ',' };
    match Json::parse(json.as_bytes()) {
        Ok(Json::Array(items)) => items.iter().map(word).collect::<Vec<_>>().join(","),
        Ok(Json::Object(members)) => members
            .iter()
            .map(|(name, value)| format!("{}{between}{}", name.as_str(), word(value)))
            .collect::<Vec<_>>()
            .join(","),
        Ok(value) => word(&value),
        Err(_) => String::new(),
    }
}

/// The names of a path's parameters, from the left.
pub(crate) fn names(path: &str) -> Vec<String> {
    let opened = path.split('{').skip(1);
    opened.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.trim_end_matches('+').to_owned()).collect()
}

/// The last word of a path that is no parameter, as one of its kind.
fn thing(path: &str) -> String {
    let word = path.split('/').rfind(|segment| !segment.is_empty() && !segment.contains('{')).unwrap_or("");
    match word {
        word if word.ends_with("ies") => format!("{}y", &word[..word.len() - 3]),
        word if word.ends_with("ss") || !word.ends_with('s') => word.to_owned(),
        word => word[..word.len() - 1].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_it_is_about() {
        assert_eq!(thing("/shop/pets/{id}"), "pet");
        assert_eq!(thing("/categories"), "category");
        assert_eq!(thing("/access"), "access");
        assert_eq!(names("/a/{x}/b.{format}/{rest+}"), ["x", "format", "rest"]);
    }
}
