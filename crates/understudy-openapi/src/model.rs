//! What a description says, as far as requests and answers go: one shape for all versions.

use crate::document::{Documents, Node};
use crate::ready::Ready;
use crate::route::Routes;
use http::{Method, StatusCode};
use std::fmt;
use std::sync::OnceLock;
use understudy_exchange::MediaType;
use understudy_fixture::Diagnostic;

/// Which rules a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Swagger 2.0
    Swagger2,
    /// OpenAPI 3.0
    OpenApi30,
    /// OpenAPI 3.1
    OpenApi31,
}

/// An agreed description of a service, with every problem in it. What can be understood of it can be used.
#[derive(Debug)]
pub struct Description {
    pub(crate) documents: Documents,
    /// Which rules it follows.
    pub dialect: Dialect,
    /// What it calls itself.
    pub title: String,
    /// The paths of its servers' addresses, without a slash at the end; `""` where it names none.
    pub prefixes: Vec<String>,
    /// The other paths of addresses that single paths and operations have for servers.
    pub(crate) other_prefixes: Vec<String>,
    /// In the order of the document.
    pub operations: Vec<Operation>,
    pub(crate) schemes: Vec<Scheme>,
    pub(crate) routes: Routes,
    /// Every problem that was found when it was read, in no order.
    pub diagnostics: Vec<Diagnostic>,
    /// The problems for which a part of the description is unknown, or is not as it was meant.
    pub unread: Vec<Diagnostic>,
    /// False if problems are left to find, because looking for them takes long in a large document.
    pub(crate) is_checked: bool,
}

/// One method of one path.
#[derive(Debug)]
pub struct Operation {
    pub(crate) at: Node,
    pub(crate) name: String,
    /// Its method.
    pub method: Method,
    /// Its path, without what its key says beyond that.
    pub path: String,
    /// The key of `paths` that it stands under.
    pub(crate) key: String,
    /// The paths of the addresses that are its servers in the place of the document's; none where the document's are.
    pub(crate) own_prefixes: Vec<String>,
    /// What a path says beyond itself: `/#Action=List`, `/orders?kind=open`.
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    pub(crate) responses: Vec<Response>,
    /// Alternatives, each a list of schemes that all have to be there. None at all: nobody is asked who they are.
    pub(crate) security: Vec<Vec<usize>>,
    /// What requests and answers need, made when it is first asked for.
    pub(crate) ready: OnceLock<Box<Ready>>,
}

impl Description {
    /// The files of other machines that it names and of which there are no copies: the address of each, and the path that its
    /// copy is to have.
    #[must_use]
    pub fn missing_copies(&self) -> Vec<(String, String)> {
        self.documents.missing_copies()
    }

    /// The path of its file, as it was named when it was read.
    #[must_use]
    pub fn file(&self) -> &str {
        self.documents.file()
    }

    /// The paths of the servers of one operation, where it or its path has servers of its own.
    #[must_use]
    pub fn own_server_paths(&self, operation: usize) -> &[String] {
        &self.operations[operation].own_prefixes
    }

    /// The paths of an operation's servers.
    pub(crate) fn prefixes_of<'d>(&'d self, operation: &'d Operation) -> &'d [String] {
        if operation.own_prefixes.is_empty() { &self.prefixes } else { &operation.own_prefixes }
    }

    /// The paths of the addresses of all servers, each once: `/v1`. Servers without a path have none.
    pub fn server_paths(&self) -> impl Iterator<Item = &str> {
        self.all_prefixes().filter(|prefix| !prefix.is_empty())
    }

    /// The paths of all servers.
    pub(crate) fn all_prefixes(&self) -> impl Iterator<Item = &str> {
        self.prefixes.iter().chain(&self.other_prefixes).map(String::as_str)
    }
}

impl Operation {
    /// Its id, or else its method and the key of `paths` that it stands under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key of `paths` that it stands under: its path, and perhaps what a request has to say beside that.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The pairs of the query that a request has beside its path.
    #[must_use]
    pub fn selecting_pairs(&self) -> Vec<(&str, &str)> {
        let pairs = self.matchers.iter().filter_map(|matcher| match matcher {
            Matcher::Pair(name, value) => Some((name.as_str(), value.as_str())),
            Matcher::Name(name) => Some((name.as_str(), "")),
            Matcher::Header(..) => None,
        });
        pairs.collect()
    }

    /// The header field that a request has beside its path.
    #[must_use]
    pub fn selecting_header(&self) -> Option<(&str, &str)> {
        self.matchers.iter().find_map(|matcher| match matcher {
            Matcher::Header(name, value) => Some((name.as_str(), value.as_str())),
            _ => None,
        })
    }

    /// The place of the response that describes a status: its own, its class's, or that of all others.
    pub(crate) fn describing(&self, status: StatusCode) -> Option<usize> {
        let covering = self.responses.iter().enumerate().filter(|(_, response)| response.status.covers(status));
        let closest = covering.min_by_key(|(_, response)| match response.status {
            Status::Code(_) => 0,
            Status::Class(_) => 1,
            Status::Default => 2,
        });
        closest.map(|(place, _)| place)
    }

    /// The key of `responses` that speaks of a status.
    #[must_use]
    pub fn said_of(&self, status: StatusCode) -> Option<Status> {
        self.describing(status).map(|place| self.responses[place].status)
    }

    /// Returns the default response, for a request that selects none: its place, and its status. A
    /// success comes first, then `default`, then the lowest status. In a range, the first status
    /// counts; the same status by itself comes before the range.
    pub(crate) fn usual(&self) -> Option<(usize, StatusCode)> {
        let rank = |response: &Response| match response.status {
            Status::Code(code @ 200..=299) => Some((0, code, 0)),
            Status::Class(2) => Some((1, 0, 0)),
            Status::Default => Some((2, 0, 0)),
            Status::Code(code @ 300..) => Some((3, code, 0)),
            Status::Class(class @ 3..) => Some((3, u16::from(class) * 100, 1)),
            // An informational response ends no exchange.
            Status::Code(_) | Status::Class(_) => None,
        };
        let ranked = self.responses.iter().enumerate().filter_map(|(nth, response)| Some((rank(response)?, nth)));
        let (_, nth) = ranked.min()?;
        Some((nth, self.responses[nth].status.example()))
    }

    /// The same, where that is no error: nobody says which request brings a backend to one.
    pub(crate) fn usual_success(&self) -> Option<(usize, StatusCode)> {
        self.usual().filter(|(_, status)| !status.is_client_error() && !status.is_server_error())
    }

    /// The statuses that it documents, as they are written: `200`, `4XX`, `default`.
    pub fn statuses(&self) -> impl Iterator<Item = Status> + '_ {
        self.responses.iter().map(|response| response.status)
    }
}

/// What a key of `paths` asks for beside a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Matcher {
    /// A pair of the query or of a form body.
    Pair(String, String),
    /// A name of the query or of a form body, with any value.
    Name(String),
    /// A header field with a value.
    Header(String, String),
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum In {
    Path,
    Query,
    Header,
    Cookie,
    /// A field of a form body.
    Form,
}

/// How arrays and objects are written in one parameter (OpenAPI 3.1.1, "Style Values").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Simple,
    Label,
    Matrix,
    Form,
    SpaceDelimited,
    PipeDelimited,
    /// Swagger 2.0's `collectionFormat: tsv`.
    TabDelimited,
    DeepObject,
}

#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) at: Node,
    pub(crate) name: String,
    pub(crate) place: In,
    pub(crate) required: bool,
    pub(crate) style: Style,
    pub(crate) explode: bool,
    pub(crate) allow_empty: bool,
    pub(crate) schema: Option<Node>,
    /// The value is a document of its own, JSON for example.
    pub(crate) is_json: bool,
}

#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) at: Node,
    pub(crate) required: bool,
    pub(crate) content: Vec<Content>,
}

/// What one media type says of a body.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) at: Node,
    /// `application/json`, `text/*`, in lower case, without parameters.
    pub(crate) range: String,
    /// As it is written.
    pub(crate) written: String,
    pub(crate) schema: Option<Node>,
    /// The schema of each element of a stream (OpenAPI 3.2).
    pub(crate) items: Option<Node>,
    /// Swagger 2.0 says the fields of a form one by one.
    pub(crate) form: Vec<Parameter>,
    /// Examples of the whole body, by name.
    pub(crate) examples: Vec<(String, Node)>,
}

impl Content {
    /// Returns true if it is a range of media types: `text/*`.
    pub(crate) fn is_range(&self) -> bool {
        self.range.contains('*')
    }
}

/// A key of `responses`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// One status.
    Code(u16),
    /// `2XX` is 2.
    Class(u8),
    /// All that are not said.
    Default,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{code}"),
            Self::Class(class) => write!(f, "{class}XX"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Status {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "default" {
            return Some(Self::Default);
        }
        match text.as_bytes() {
            [class @ b'1'..=b'5', b'X' | b'x', b'X' | b'x'] => Some(Self::Class(class - b'0')),
            [_, _, _] => text.parse().ok().filter(|code| (100..=999).contains(code)).map(Self::Code),
            _ => None,
        }
    }

    /// Whether an answer with this status is what is meant.
    #[must_use]
    pub fn covers(self, status: StatusCode) -> bool {
        match self {
            Self::Code(code) => code == status.as_u16(),
            Self::Class(class) => u16::from(class) == status.as_u16() / 100,
            Self::Default => true,
        }
    }

    /// The status of an answer that is made for it.
    #[must_use]
    pub fn example(self) -> StatusCode {
        match self {
            Self::Code(code) => StatusCode::from_u16(code).unwrap_or(StatusCode::OK),
            Self::Class(class) => StatusCode::from_u16(u16::from(class) * 100).unwrap_or(StatusCode::OK),
            Self::Default => StatusCode::OK,
        }
    }

    /// Whether it says that all went well.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(self, Self::Code(200..=299) | Self::Class(2))
    }
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) at: Node,
    pub(crate) status: Status,
    pub(crate) headers: Vec<(String, Node)>,
    pub(crate) content: Vec<Content>,
}

impl Response {
    /// The place of the media type that a client gets which says nothing of the kind.
    pub(crate) fn usual_content(&self) -> Option<usize> {
        let json = self.content.iter().position(|content| MediaType::parse(&content.range).is_json());
        json.or((!self.content.is_empty()).then_some(0))
    }
}

/// How a client says who it is.
#[derive(Debug)]
pub(crate) struct Scheme {
    pub(crate) name: String,
    pub(crate) kind: SchemeKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SchemeKind {
    /// A key under this name.
    Key(In, String),
    /// `Authorization: SCHEME ...`
    Http(String),
    /// A bearer token, however it is had.
    Bearer,
    /// What a request does not show, or nobody knows.
    Unseen,
}
