//! A request as matching looks at it: each part is taken apart when it is first needed, and once.

use crate::graphql;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::cell::OnceCell;
use understudy_exchange::jsonpath::Work;
use understudy_exchange::multipart::{self, Fault, Part};
use understudy_exchange::target::{percent_decode, query_pairs, segments};
use understudy_exchange::xml::{self, Element};
use understudy_exchange::{Json, MediaType, Request, decode_text, form};

type Pairs<'r> = Vec<(Cow<'r, str>, Cow<'r, str>)>;

const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// How many segments most paths have, at most.
const SEGMENTS_USUAL: usize = 6;

/// A request on its way to a fixture.
#[derive(Debug)]
pub struct Incoming<'r> {
    /// The request itself.
    pub request: &'r Request,
    /// The segments of its path, percent-decoded.
    pub segments: SmallVec<[Cow<'r, str>; SEGMENTS_USUAL]>,
    query: OnceCell<Pairs<'r>>,
    json: OnceCell<Option<Json>>,
    form: OnceCell<Vec<(String, String)>>,
    multipart: OnceCell<Option<Result<Vec<Part>, Fault>>>,
    graphql: OnceCell<Option<graphql::Received>>,
    xml: OnceCell<Option<Element>>,
    /// The work that the rules of all fixtures may still do for this request.
    work: Work,
}

impl<'r> Incoming<'r> {
    /// A request that nothing was looked up in yet.
    #[must_use]
    pub fn new(request: &'r Request) -> Self {
        Self {
            request,
            segments: segments(request.path()).map(percent_decode).collect(),
            query: OnceCell::new(),
            json: OnceCell::new(),
            form: OnceCell::new(),
            multipart: OnceCell::new(),
            graphql: OnceCell::new(),
            xml: OnceCell::new(),
            work: Work::default(),
        }
    }

    pub(crate) fn query(&self) -> &[(Cow<'r, str>, Cow<'r, str>)] {
        self.query.get_or_init(|| query_pairs(self.request.query()).collect())
    }

    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.request.body
    }

    /// Returns the body as JSON, regardless of the content type, because people send requests to a
    /// stub by hand too. JSON is in UTF-8, but some clients begin the body with a byte order mark
    /// or name another charset.
    pub(crate) fn json(&self) -> Option<&Json> {
        let decoded = || {
            let text = decode_text(self.content_type(), &self.request.body)?;
            let is_other = matches!(text, Cow::Owned(_)) || text.starts_with(BYTE_ORDER_MARK);
            is_other.then(|| Json::parse(text.trim_start_matches(BYTE_ORDER_MARK).as_bytes()).ok()).flatten()
        };
        self.json.get_or_init(|| Json::parse(&self.request.body).ok().or_else(decoded)).as_ref()
    }

    pub(crate) fn content_type(&self) -> &str {
        self.request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    pub(crate) fn form(&self) -> &[(String, String)] {
        self.form.get_or_init(|| form::parse(&self.request.body))
    }

    pub(crate) fn graphql(&self) -> Option<&graphql::Received> {
        self.graphql.get_or_init(|| graphql::read(self)).as_ref()
    }

    /// The body as XML, whatever the content type says.
    pub(crate) fn xml(&self) -> Option<&Element> {
        let parse = || Element::parse(&xml::decode(self.content_type(), self.body())?).ok();
        self.xml.get_or_init(parse).as_ref()
    }

    /// The parts of a multipart form, or the fault of its body; `None` if the content type is another one.
    pub(crate) fn multipart(&self) -> Option<Result<&[Part], &Fault>> {
        let parse = || {
            let content_type = self.content_type();
            let is_form = MediaType::parse(content_type).essence() == "multipart/form-data";
            is_form.then(|| multipart::parse(content_type, &self.request.body))
        };
        let parsed = self.multipart.get_or_init(parse).as_ref()?;
        Some(parsed.as_ref().map(Vec::as_slice))
    }
}
