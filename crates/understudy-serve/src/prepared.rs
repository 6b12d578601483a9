//! A response of a fixture, ready to be sent.

use crate::addressed::{Addressed, Encodings};
use crate::own_name;
use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use understudy_exchange::{MediaType, Origins};
use understudy_fixture::model::{Delay, Fixture, LargeFile, MethodMatcher, ResponseBody, ResponsePromise, Service};
use understudy_match::{Chance, Moment, Rendered, Rendering};
use understudy_net::coding::{Coding, CodingError, decode};

/// A response, ready to be sent.
#[derive(Debug)]
pub(crate) struct Prepared {
    status: StatusCode,
    /// True if the body is worth compressing.
    compressible: bool,
    /// The header fields, shared with all responses that have the same ones.
    headers: Arc<HeaderMap>,
    body: Bytes,
    rare: Option<Box<Rare>>,
    encodings: Encodings,
}

/// Parts that few responses have.
#[derive(Debug)]
struct Rare {
    /// Renders the response again for each request.
    fresh: Option<Rendering>,
    /// Rewrites the response for each of our addresses.
    addressed: Option<Addressed>,
    delay: Option<Delay>,
    /// The content coding that the fixture writes, although its body is readable.
    coding: Option<Coding>,
    /// The file that is the body, read from the disk for each request.
    file: Option<LargeFile>,
    /// The state values that the response sets.
    set: Vec<(String, String)>,
    /// Request header fields that the fixture matches itself, and which have no standard meaning then.
    own_headers: Vec<HeaderName>,
}

/// A smaller body is not worth compressing, since it takes one packet anyway.
const COMPRESSED_BYTES_MIN: usize = 1_024;

/// The maximum number of bytes of a body that are decoded to check the coding of the body.
const DECODED_BYTES_MAX: usize = 64 << 20;

/// The maximum number of different sets of header fields that are shared.
const KNOWN_HEADERS_MAX: usize = 64;

/// Returns the shared set of header fields, if there is one.
fn share(headers: HeaderMap, known: &mut Vec<Arc<HeaderMap>>) -> Arc<HeaderMap> {
    if let Some(same) = known.iter().find(|other| ***other == headers) {
        return Arc::clone(same);
    }
    let headers = Arc::new(headers);
    if known.len() < KNOWN_HEADERS_MAX {
        known.push(Arc::clone(&headers));
    }
    headers
}

impl Prepared {
    pub(crate) fn new(
        service: &Service,
        fixture: &Fixture,
        response: &ResponsePromise,
        origins: &Arc<Origins>,
        known: &mut Vec<Arc<HeaderMap>>,
    ) -> Self {
        let mut rendering = Rendering::new(response);
        let coding = written_coding(response, rendering.always());
        let takes_ranges = takes_ranges(fixture, response, &rendering);
        let headers = rendering.headers_mut();
        if coding.is_some() {
            headers.remove(CONTENT_ENCODING);
        }
        if takes_ranges {
            headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        }
        let file = match &response.body {
            Some(ResponseBody::LargeFile(file)) => Some(file.clone()),
            _ => None,
        };
        let compressible = file.is_none() && (coding.is_some() || is_compressible(headers)) && response.body.is_some();
        // `vary` lists the fields on which the response depends, even if this request does not have them.
        let vary = match (service.cors, compressible) {
            (true, true) => Some("origin, accept-encoding"),
            (true, false) => Some("origin"),
            (false, true) => Some("accept-encoding"),
            (false, false) => None,
        };
        if let Some(vary) = vary.filter(|_| !headers.contains_key(VARY)) {
            headers.insert(VARY, HeaderValue::from_static(vary));
        }
        let matched = fixture.request.headers.iter().filter(|field| !field.matcher.asks_nothing());
        let own_headers: Vec<HeaderName> = matched.filter_map(|field| field.name.parse().ok()).collect();
        let delay = response.delay.or(service.delay);
        let always = rendering.always().clone();
        let addressed = Addressed::new(&always.headers, &always.body, origins);
        let fresh = if rendering.is_fresh() { Some(rendering) } else { None };
        // The value of the response overrides the value of the fixture.
        let set: Vec<(String, String)> = fixture.set.iter().chain(&response.set).cloned().collect();
        let is_rare = fresh.is_some()
            || addressed.is_some()
            || delay.is_some()
            || coding.is_some()
            || file.is_some()
            || !set.is_empty()
            || !own_headers.is_empty();
        Self {
            status: always.status,
            compressible,
            headers: share(always.headers, known),
            body: always.body,
            rare: is_rare.then(|| Box::new(Rare { fresh, addressed, delay, coding, file, set, own_headers })),
            encodings: Encodings::default(),
        }
    }

    /// The delay before the response is sent.
    pub(crate) fn delay(&self) -> Option<Delay> {
        self.rare.as_ref().and_then(|rare| rare.delay)
    }

    /// The content coding that the fixture writes, although its body is readable.
    pub(crate) fn coding(&self) -> Option<Coding> {
        self.rare.as_ref().and_then(|rare| rare.coding)
    }

    /// The file that is the body, if it is read from the disk.
    pub(crate) fn file(&self) -> Option<&LargeFile> {
        self.rare.as_ref().and_then(|rare| rare.file.as_ref())
    }

    /// The state values that the response sets.
    pub(crate) fn set(&self) -> &[(String, String)] {
        self.rare.as_ref().map_or(&[], |rare| &rare.set)
    }

    /// Header fields of the request that the fixture itself matches.
    pub(crate) fn own_headers(&self) -> &[HeaderName] {
        self.rare.as_ref().map_or(&[], |rare| &rare.own_headers)
    }

    /// Returns the response to a request with these header fields, with newly generated values and with the address
    /// that the client used.
    pub(crate) fn render(&self, request: &HeaderMap, chance: &mut Chance, now: impl FnOnce() -> Moment) -> Rendered {
        let always = || Rendered { status: self.status, headers: (*self.headers).clone(), body: self.body.clone() };
        let Some(Rare { fresh, addressed, .. }) = self.rare.as_deref() else { return always() };
        let fresh = fresh.as_ref().map(|rendering| rendering.render(chance, now()));
        let addressed = addressed.as_ref().and_then(|addressed| Some((addressed, own_name::authority(request)?)));
        match (addressed, fresh) {
            (None, fresh) => fresh.unwrap_or_else(always),
            (Some((addressed, authority)), Some(fresh)) => addressed.anew(authority, fresh),
            (Some((addressed, authority)), None) => addressed.at(authority, always),
        }
    }

    /// Returns a body of this response in a coding; `None` if that is not worth while and the fixture does not write it.
    pub(crate) fn encoded(&self, coding: Coding, body: &Bytes) -> Option<Bytes> {
        let is_written = self.coding().is_some();
        if !self.compressible || (body.len() < COMPRESSED_BYTES_MIN && !is_written) {
            return None;
        }
        let known = if *body == self.body {
            self.encodings.of(coding, body)
        } else {
            let addressed = self.rare.as_ref().and_then(|rare| rare.addressed.as_ref());
            addressed.and_then(|addressed| addressed.encoded(coding, body))
        };
        let encoded = known.unwrap_or_else(|| coding.encode(body));
        (is_written || encoded.len() < body.len()).then_some(encoded)
    }
}

/// Returns the coding that `content-encoding` names, if the body is not in it yet. Such a field was copied from a real
/// response, whose readable body stands in the fixture.
fn written_coding(response: &ResponsePromise, rendered: &Rendered) -> Option<Coding> {
    let coding = rendered.headers.get(CONTENT_ENCODING)?.to_str().ok().and_then(Coding::named)?;
    let is_readable = match &response.body {
        Some(ResponseBody::Json(_) | ResponseBody::Text(_) | ResponseBody::Xml(_)) => true,
        Some(ResponseBody::File(file)) => is_readable(coding, &file.content),
        // Bytes in a fixture are sent as written, broken ones too.
        Some(ResponseBody::Base64(_) | ResponseBody::LargeFile(_)) | None => false,
    };
    is_readable.then_some(coding)
}

fn is_readable(coding: Coding, body: &Bytes) -> bool {
    std::str::from_utf8(body).is_ok()
        && matches!(decode(coding.as_str(), body.clone(), DECODED_BYTES_MAX), Err(CodingError::Malformed(_)))
}

/// Returns true if parts of a response can be requested, and clients may want to: JSON is read whole.
fn takes_ranges(fixture: &Fixture, response: &ResponsePromise, rendering: &Rendering) -> bool {
    let is_get = match &fixture.request.method {
        MethodMatcher::Any => true,
        MethodMatcher::Is(method) => matches!(*method, Method::GET | Method::HEAD),
    };
    let headers = &rendering.always().headers;
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    is_get
        && response.status == 200
        && response.body.is_some()
        && !rendering.is_fresh()
        && !headers.contains_key(ACCEPT_RANGES)
        && !content_type.is_some_and(|kind| MediaType::parse(kind).is_json())
}

fn is_compressible(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(MediaType::parse);
    !headers.contains_key(CONTENT_ENCODING)
        && content_type.is_some_and(|kind| kind.is_text() || kind.essence() == "application/wasm")
}
