//! Answers that are made from a description alone.

pub(crate) mod body;
mod prefer;
mod xml;

use crate::document::{At, Documents};
use crate::make::{Seed, hash};
use crate::model::{Content, Description, Operation, Response, Status};
use crate::ready::Ready;
use crate::request::{Held, Part, Violation, challenge, takes};
use crate::route::Found;
use crate::schema::Broken;
use body::Written;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use prefer::Preference;
use std::borrow::Cow;
use understudy_exchange::target::{percent_decode, query_pairs};
use understudy_exchange::{MediaType, Request};
use understudy_fixture::model::Requests;

/// What a description answers.
#[derive(Debug)]
pub enum Answer {
    /// A response that it describes.
    Response(Described),
    /// The request, or what it prefers, is not what the operation describes.
    Refused(Refusal),
    /// The path is described, but with these methods only.
    OtherMethods(Vec<Method>),
    /// Nothing is described there.
    Nothing,
}

/// A response that a description describes.
#[derive(Debug)]
pub struct Described {
    /// The operation's place in [`Description::operations`].
    pub operation: usize,
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What is wrong with the request, where that is only reported.
    pub violations: Vec<Violation>,
}

/// Why a request is not answered as it wants.
#[derive(Debug)]
pub struct Refusal {
    /// The operation's place in [`Description::operations`].
    pub operation: usize,
    /// The status.
    pub status: StatusCode,
    /// What is wrong in general, for people.
    pub title: &'static str,
    /// What is wrong in general, for programs: the end of a problem's `type`.
    pub kind: &'static str,
    /// What is wrong in particular.
    pub violations: Vec<Violation>,
    /// Header fields that such a refusal has.
    pub headers: HeaderMap,
    /// The body that the operation documents for this status, with its content type among the headers. `None` where it
    /// documents none.
    pub body: Option<Bytes>,
}

/// What a description is asked with.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// A prefix of every path, of the service's own.
    pub base: &'a str,
    /// What is done about requests that are not as they are described.
    pub requests: Requests,
    /// A number that is another one each time, for those who ask for that.
    pub chance: u64,
}

impl Description {
    /// Answers a request. The same request gets the same answer, unless it prefers otherwise.
    #[must_use]
    pub fn answer(&self, request: &Request, asking: Asking<'_>) -> Answer {
        let (operation, bound) = match self.find(request, asking.base) {
            Found::Operation(operation, bound) => (operation, bound),
            Found::OtherMethods(methods) => return Answer::OtherMethods(methods),
            Found::Nothing => return Answer::Nothing,
        };
        let asked = Asked { description: self, place: operation, operation: &self.operations[operation], request };
        asked.answer(&bound, asking)
    }

    /// The operation that a request means: its place in [`Description::operations`].
    #[must_use]
    pub fn operation(&self, request: &Request, base: &str) -> Option<usize> {
        match self.find(request, base) {
            Found::Operation(place, _) => Some(place),
            Found::OtherMethods(_) | Found::Nothing => None,
        }
    }

    /// The operation that a request means.
    pub(crate) fn find<'r>(&self, request: &'r Request, base: &str) -> Found<'r> {
        let path = request.path();
        let mut found = Found::Nothing;
        // What comes after a server's prefix, or the service's, or everything: whichever is described.
        for prefix in self.all_prefixes().chain([base, ""]) {
            let Some(rest) = path.strip_prefix(prefix).filter(|rest| rest.starts_with('/')) else { continue };
            let is_served = |operation: &Operation| self.is_below(operation, prefix, base);
            match self.routes.find(&self.operations, request, rest, is_served) {
                Found::Nothing => {}
                Found::OtherMethods(methods) if found == Found::Nothing => found = Found::OtherMethods(methods),
                Found::OtherMethods(_) => {}
                operation => return operation,
            }
        }
        found
    }

    /// Whether an operation is served below a prefix.
    fn is_below(&self, operation: &Operation, prefix: &str, base: &str) -> bool {
        prefix.is_empty() || prefix == base || self.prefixes_of(operation).iter().any(|own| own == prefix)
    }

    /// What requests of an operation are held against.
    pub(crate) fn held<'d>(&'d self, operation: &'d Operation) -> Held<'d> {
        let Ready { parameters, bodies, .. } = self.ready(operation);
        let (documents, dialect, schemes) = (&self.documents, self.dialect, &self.schemes);
        Held { documents, dialect, schemes, operation, parameters, bodies }
    }

    fn ready<'d>(&'d self, operation: &'d Operation) -> &'d Ready {
        operation.ready.get_or_init(|| Box::new(Ready::new(&self.documents, self.dialect, operation)))
    }
}

/// A request, and the operation that it means.
struct Asked<'a> {
    description: &'a Description,
    place: usize,
    operation: &'a Operation,
    request: &'a Request,
}

impl Asked<'_> {
    fn documents(&self) -> &Documents {
        &self.description.documents
    }

    fn answer(&self, bound: &[(String, Cow<'_, str>)], asking: Asking<'_>) -> Answer {
        let ready = self.description.ready(self.operation);
        let preference = Preference::of(&self.request.headers);
        let values = path_values(&ready.names, bound);
        let mut violations = Vec::new();
        if asking.requests != Requests::Accept {
            let held = self.description.held(self.operation);
            violations = held.violations(self.request, bound);
            // Who prefers a status wants to see that one, and not why the request would have got another.
            let is_refused = asking.requests == Requests::Refuse && violations.iter().any(Violation::refuses);
            if is_refused && preference.code.is_none() {
                let mut refusal = self.refusal(violations, &held);
                self.document(&mut refusal, &values, &preference, asking);
                return Answer::Refused(refusal);
            }
        }
        let (nth, response, status) = match self.response(&preference) {
            Ok(chosen) => chosen,
            Err(message) => return self.refuse_preference(message),
        };
        let Some(response) = response else {
            let (headers, body) = (HeaderMap::new(), Bytes::new());
            return Answer::Response(Described { operation: self.place, status, headers, body, violations });
        };
        let seed = self.seed(&values, &preference, asking);
        let mut headers = HeaderMap::new();
        let purpose = ready.purpose(self.description.dialect);
        headers.extend(ready.responses[nth].headers(self.documents(), response, purpose, seed));
        let has_no_body =
            matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::RESET_CONTENT);
        if response.content.is_empty() || has_no_body {
            return Answer::Response(Described {
                operation: self.place,
                status,
                headers,
                body: Bytes::new(),
                violations,
            });
        }
        let (chosen, kind) = match self.negotiate(response) {
            Some(chosen) => chosen,
            // Who prefers a status wants to see it.
            None if preference.code.is_some() => (0, None),
            None => {
                let mut refusal = self.not_acceptable(response);
                self.document(&mut refusal, &values, &preference, asking);
                return Answer::Refused(refusal);
            }
        };
        let content = &response.content[chosen];
        let made = &ready.responses[nth].contents[chosen];
        match made.write(self.documents(), content, kind.as_deref(), purpose, &preference, seed) {
            Written::Body(body, fault) => {
                violations.extend(fault.map(generated));
                headers.extend(made.kind(content, kind.as_deref()).map(|kind| (CONTENT_TYPE, kind)));
                Answer::Response(Described { operation: self.place, status, headers, body, violations })
            }
            Written::NoSuchExample(known) => {
                self.refuse_preference(format!("there is no such example; there is {}", body::or_nothing(&known)))
            }
        }
    }

    /// Gives a refusal the header fields and the body that the operation documents for its status.
    fn document(&self, refusal: &mut Refusal, values: &[String], preference: &Preference, asking: Asking<'_>) {
        let Some(nth) = self.operation.describing(refusal.status) else { return };
        let (ready, response) = (self.description.ready(self.operation), &self.operation.responses[nth]);
        // A client that accepts none of its media types gets to know what is wrong all the same.
        let chosen = self.negotiate(response).or_else(|| Some((response.usual_content()?, None)));
        let Some((chosen, kind)) = chosen else { return };
        let (content, made) = (&response.content[chosen], &ready.responses[nth].contents[chosen]);
        let (purpose, seed) = (ready.purpose(self.description.dialect), self.seed(values, preference, asking));
        let written = made.write(self.documents(), content, kind.as_deref(), purpose, &Preference::default(), seed);
        let Written::Body(body, fault) = written else { return };
        refusal.violations.extend(fault.map(generated));
        for (name, value) in ready.responses[nth].headers(self.documents(), response, purpose, seed) {
            refusal.headers.entry(name).or_insert(value);
        }
        refusal.headers.extend(made.kind(content, kind.as_deref()).map(|kind| (CONTENT_TYPE, kind)));
        refusal.body = Some(body);
    }

    /// The number that the response is made from, and the values of the path's parameters.
    fn seed<'v>(&self, values: &'v [String], preference: &Preference, asking: Asking<'_>) -> Seed<'v> {
        let number = match (preference.seed, preference.is_dynamic) {
            (Some(seed), _) => seed,
            (None, true) => asking.chance,
            (None, false) => self.number(values),
        };
        Seed { number, parameters: values }
    }

    /// The response that is wanted, and its status.
    fn response(&self, preference: &Preference) -> Result<(usize, Option<&Response>, StatusCode), String> {
        let responses = &self.operation.responses;
        let at = |nth: usize, status: StatusCode| Ok((nth, responses.get(nth), status));
        if let Some(code) = preference.code {
            let wanted = StatusCode::from_u16(code).ok().filter(|status| *status >= StatusCode::OK);
            return match wanted.and_then(|status| Some((self.operation.describing(status)?, status))) {
                Some((nth, status)) => at(nth, status),
                None => {
                    let known: Vec<String> = self.operation.statuses().map(|status| status.to_string()).collect();
                    Err(format!("{code} is not described; there is {}", body::or_nothing(&known)))
                }
            };
        }
        match self.operation.usual() {
            Some((nth, status)) => at(nth, status),
            None => Ok((0, None, StatusCode::OK)),
        }
    }

    /// What tells this request's answer from those of others.
    fn number(&self, values: &[String]) -> u64 {
        let mut number = 0;
        for value in values {
            number = hash(&format!("{number}/{value}"));
        }
        for (name, value) in query_pairs(self.request.query()) {
            if PAGES.contains(&&*name.to_ascii_lowercase()) {
                number = hash(&format!("{number}?{name}={value}"));
            }
        }
        number
    }

    /// The media type that a client wants most. Where a range is described, and the client accepts a type of it but not the one
    /// that is usually sent for the range, that type too.
    fn negotiate(&self, response: &Response) -> Option<(usize, Option<String>)> {
        let accept: Vec<&str> = self
            .request
            .headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        let all = &response.content;
        let usual = response.usual_content();
        if accept.iter().all(|range| range.trim().is_empty()) {
            return usual.map(|nth| (nth, None));
        }
        let weight = |range: &str| {
            let q = understudy_exchange::media_type::parameter(range, "q").and_then(|q| q.parse::<f64>().ok());
            (q.unwrap_or(1.0).clamp(0.0, 1.0) * 1_000.0) as u32
        };
        // RFC 9110, section 12.5.1: the most specific range that takes a type says how much it is wanted.
        let quality = |content: &Content| -> u32 {
            let mut best = (0, 0);
            for range in &accept {
                let essence = MediaType::parse(range).essence().to_owned();
                let own = body::media_type(content);
                let own = MediaType::parse(&own);
                let essence = if essence == "*" { "*/*".to_owned() } else { essence };
                let specific = match essence.split_once('/') {
                    _ if essence == own.essence() || essence == content.range => 3,
                    Some(("*", "*")) => 1,
                    Some((kind, "*")) if own.essence().split('/').next() == Some(kind) => 2,
                    _ => continue,
                };
                if specific > best.0 {
                    best = (specific, weight(range));
                }
            }
            best.1
        };
        let Some(most) = all.iter().map(quality).max().filter(|most| *most > 0) else {
            // A range is described: any type of it is.
            let types = accept.iter().map(|range| (weight(range), MediaType::parse(range).essence().to_owned()));
            let types = types.filter(|(weight, essence)| *weight > 0 && !essence.contains('*'));
            let within = types.filter_map(|(weight, essence)| {
                let nth = all.iter().position(|content| content.is_range() && takes(&content.range, &essence) > 0)?;
                Some((std::cmp::Reverse(weight), nth, essence))
            });
            return within.min().map(|(_, nth, essence)| (nth, Some(essence)));
        };
        // Among those that are wanted as much, what a client gets that says nothing.
        let nth = usual
            .filter(|nth| quality(&all[*nth]) == most)
            .or_else(|| all.iter().position(|content| quality(content) == most))?;
        Some((nth, None))
    }

    fn refusal(&self, violations: Vec<Violation>, held: &Held<'_>) -> Refusal {
        let (status, title, kind) = self.verdict(&violations);
        let mut headers = HeaderMap::new();
        if status == StatusCode::UNAUTHORIZED
            && let Ok(value) = HeaderValue::from_str(&challenge(held))
            && !value.is_empty()
        {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        Refusal { operation: self.place, status, title, kind, violations, headers, body: None }
    }

    /// The status that says what is wrong most of all.
    fn verdict(&self, violations: &[Violation]) -> (StatusCode, &'static str, &'static str) {
        let title = "The request is not what the description asks for";
        let any = |status: StatusCode| violations.iter().any(|violation| violation.status == Some(status));
        let is_described = |status: StatusCode| self.operation.describing(status).is_some();
        if any(StatusCode::UNAUTHORIZED) {
            // A service that describes 403 alone means it for missing credentials too.
            let is_forbidden = !is_described(StatusCode::UNAUTHORIZED) && is_described(StatusCode::FORBIDDEN);
            let status = if is_forbidden { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
            return (status, "The request does not say who it is from", "unauthorized");
        }
        if any(StatusCode::UNSUPPORTED_MEDIA_TYPE) {
            return (StatusCode::UNSUPPORTED_MEDIA_TYPE, title, "unsupported-media-type");
        }
        let described =
            |code: u16| self.operation.responses.iter().any(|response| response.status == Status::Code(code));
        // A service that describes only one of the two means it for both.
        let status = match (any(StatusCode::BAD_REQUEST), described(400), described(422)) {
            (true, false, true) => StatusCode::UNPROCESSABLE_ENTITY,
            (true, ..) | (false, true, false) => StatusCode::BAD_REQUEST,
            (false, ..) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        (status, title, "bad-request")
    }

    fn refuse_preference(&self, message: String) -> Answer {
        let status = StatusCode::BAD_REQUEST;
        let violation = Violation {
            place: Part::Header,
            name: "prefer".to_owned(),
            message,
            rule: self.at().pointer(),
            status: Some(status),
        };
        let title = "The description has no such answer";
        let (violations, headers) = (vec![violation], HeaderMap::new());
        let kind = "prefer";
        Answer::Refused(Refusal { operation: self.place, status, title, kind, violations, headers, body: None })
    }

    fn not_acceptable(&self, response: &Response) -> Refusal {
        let known: Vec<&str> = response.content.iter().map(|content| content.written.as_str()).collect();
        let status = StatusCode::NOT_ACCEPTABLE;
        let message = format!("expected one that takes {}", known.join(" or "));
        let rule = self.documents().at(response.at).pointer();
        let violation =
            Violation { place: Part::Header, name: "accept".to_owned(), message, rule, status: Some(status) };
        let title = "The description has no answer of a media type that the client accepts";
        let (violations, headers) = (vec![violation], HeaderMap::new());
        let kind = "not-acceptable";
        Refusal { operation: self.place, status, title, kind, violations, headers, body: None }
    }

    fn at(&self) -> At<'_> {
        self.documents().at(self.operation.at)
    }
}

/// The fault of a generated body. It is reported, and the body is sent all the same.
fn generated(Broken { place, message, rule, is_unchecked }: Broken) -> Violation {
    let message = if is_unchecked { message } else { format!("could not be generated as the schema asks: {message}") };
    Violation { place: Part::AnswerBody, name: place, message, rule, status: None }
}

/// The values of a path's parameters, in the order of their names.
fn path_values(names: &[String], bound: &[(String, Cow<'_, str>)]) -> Vec<String> {
    let value = |name: &String| bound.iter().find(|(known, _)| known == name).map(|(_, value)| percent_decode(value));
    names.iter().map(|name| value(name).map_or_else(String::new, Cow::into_owned)).collect()
}

/// Query parameters that ask for another part of a list.
const PAGES: [&str; 10] =
    ["page", "offset", "cursor", "after", "before", "start", "skip", "page_token", "pagetoken", "starting_after"];
