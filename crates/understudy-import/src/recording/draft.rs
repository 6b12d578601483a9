//! Fixtures, put together from what was found out.

use super::answers::{Gist, differing};
use super::endpoint::{Call, CallBody, ParameterKind, kind, shape};
use super::flow::{Flow, Place, with_names};
use super::group::{Group, groups};
use super::order::{Order, orders};
use super::states::{Answers, Step};
use super::{Draft, Recorded};
use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use understudy_exchange::redact::is_secret_header;
use understudy_exchange::target::{percent_decode, segments};
use understudy_exchange::{Json, JsonPath, JsonText, MediaType, Request, Response};
use understudy_fixture::model::{
    BodyFile, Capture, Check, Field, FieldMatcher, Fixture, Format, HeaderPromise, JsonType, MethodMatcher, NamedPart,
    PartContent, PathRule, PathTemplate, Pattern, RequestBody, RequestPromise, ResponseBody, ResponsePromise, Rule,
    Segment, SegmentPart, Select, Verify, has_no_body,
};
use understudy_fixture::suggested_id;
use understudy_match::{NOT_HELD_HEADERS, is_in_format};

/// Larger bodies go into files of their own.
const JSON_BYTES_MAX: usize = 64 << 10;
const TEXT_BYTES_MAX: usize = 8 << 10;
const BASE64_BYTES_MAX: usize = 64;

/// How many answers to one request are kept one after the other.
pub(super) const ANSWERS_MAX: usize = 50;

/// Response header fields that no frontend looks at, beside those that are never held.
const NOISE_HEADERS: &[&str] = &[
    "accept-ranges",
    "cf-cache-status",
    "cf-ray",
    "content-security-policy",
    "nel",
    "permissions-policy",
    "referrer-policy",
    "report-to",
    "request-id",
    "strict-transport-security",
    "traceparent",
    "trailer",
    "upgrade",
    "x-amzn-requestid",
    "x-content-type-options",
    "x-correlation-id",
    "x-dns-prefetch-control",
    "x-download-options",
    "x-frame-options",
    "x-permitted-cross-domain-policies",
    "x-request-id",
    "x-trace-id",
    "x-xss-protection",
];

pub(super) fn drafts(exchanges: &[Recorded], calls: &[Call], endpoints: &[PathTemplate], flow: &Flow) -> Vec<Draft> {
    let gists: Vec<Gist> = exchanges.iter().map(|recorded| Gist::of(&recorded.response)).collect();
    let groups = groups(exchanges, &gists, calls, endpoints);
    let ids = ids(&groups, exchanges, endpoints);
    let place: HashMap<usize, usize> = groups
        .iter()
        .enumerate()
        .flat_map(|(at, group)| group.of.iter().map(move |exchange| (*exchange, at)))
        .collect();
    let answers = Answers::new(&groups, exchanges, &gists, calls, flow, &ids, &place);
    let orders = orders(&groups, exchanges, calls, flow, &place, &answers);
    let steps = answers.steps();
    let draft = |(at, group): (usize, &Group)| {
        let asked = group.promised;
        let mut files = Vec::new();
        let request = request(group, &exchanges[asked], &calls[asked], &endpoints[asked], flow, &ids[at], &mut files);
        let (mut responses, promised) = responses(group, &steps[at], exchanges, &ids[at], &mut files);
        let take_turns = steps[at].windows(2).any(|pair| pair[0].when == pair[1].when);
        let set = match responses.as_mut_slice() {
            [only] => std::mem::take(&mut only.set),
            _ => Vec::new(),
        };
        let Order { after, again, skip, .. } = &orders[at];
        let verify = Verify {
            skip: skip.clone(),
            safe: only_asks(&calls[asked]),
            after: (!after.is_empty()).then(|| after.iter().map(|at| ids[*at].clone()).collect()),
            again: again.iter().map(|at| ids[*at].clone()).collect(),
            response: promised,
            capture: captures(group, flow),
            ..Verify::default()
        };
        let fixture = Fixture {
            id: ids[at].as_str().into(),
            file: format!("{}.yaml", ids[at]).into(),
            name: None,
            owner: None,
            tags: Vec::new(),
            enabled: true,
            priority: 0,
            request,
            select: if take_turns { Select::InOrder } else { Select::Cycle },
            responses,
            when: Vec::new(),
            set,
            verify,
        };
        Draft { fixture, files, exchanges: group.of.clone(), sends_refused: flow.sends_refused(asked) }
    };
    groups.iter().enumerate().map(draft).collect()
}

fn ids(groups: &[Group], exchanges: &[Recorded], endpoints: &[PathTemplate]) -> Vec<String> {
    let suggested = |first: usize| {
        let Recorded { request, response, .. } = &exchanges[first];
        let is_list = matches!(Json::parse(&response.body), Ok(Json::Array(_)))
            || groups.iter().any(|other| {
                let (own, other) = (&endpoints[first].segments, &endpoints[other.promised].segments);
                other.len() == own.len() + 1
                    && other.starts_with(own)
                    && !matches!(other.last(), Some(Segment::Literal(_)))
            });
        suggested_id(&request.method, &endpoints[first], response.status, is_list)
    };
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut ids = Vec::new();
    for group in groups {
        let first = group.promised;
        let Recorded { request, response, .. } = &exchanges[first];
        // What went wrong is called after what went well.
        let is_error = response.status.is_client_error() || response.status.is_server_error();
        let went_well = |other: &usize| {
            let Recorded { request: asked, response: answer, .. } = &exchanges[*other];
            asked.method == request.method
                && answer.status.is_success()
                && shape(&endpoints[*other]) == shape(&endpoints[first])
        };
        let well = if is_error { groups.iter().map(|other| other.promised).find(went_well) } else { None };
        let name = match well {
            Some(well) => format!("{}-{}", suggested(well), response.status.as_u16()),
            None => suggested(first),
        };
        let id = understudy_fixture::free_name(&name, "-", |id| taken.contains(id));
        taken.insert(id.clone());
        ids.push(id);
    }
    ids
}

/// Whether a request may change something.
pub(super) fn may_write(call: &Call) -> bool {
    !matches!(call.method, Method::GET | Method::HEAD | Method::OPTIONS) && !only_asks(call)
}

/// Whether a POST only reads: a GraphQL query.
fn only_asks(call: &Call) -> bool {
    let CallBody::Json(body) = &call.body else { return false };
    let document = body.member("query").and_then(Json::as_str).unwrap_or("").trim_start();
    let is_graphql = call.path.last().is_some_and(|last| last.contains("graphql")) && !document.is_empty();
    call.method == Method::POST
        && is_graphql
        && !document.starts_with("mutation")
        && !document.starts_with("subscription")
}

pub(super) fn captures(group: &Group, flow: &Flow) -> Vec<Capture> {
    let mut captures: Vec<Capture> = Vec::new();
    for capture in group.of.iter().flat_map(|at| flow.captures(*at)) {
        if !captures.iter().any(|known| known.name == capture.name) {
            captures.push(capture.clone());
        }
    }
    captures
}

fn request(
    group: &Group,
    recorded: &Recorded,
    call: &Call,
    endpoint: &PathTemplate,
    flow: &Flow,
    id: &str,
    files: &mut Vec<(String, Bytes)>,
) -> RequestPromise {
    let mut headers = Vec::new();
    for name in recorded.request.headers.keys() {
        let values = recorded.request.headers.get_all(name).iter();
        let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let is_cookie = name == http::header::COOKIE;
        let is_wanted = group.header.as_ref().is_some_and(|(telling, _)| telling == name);
        // Whoever asks for one form of an answer and no other may get no answer without that.
        let is_one_form = |value: &str| !value.contains('*') && value.trim() != "application/json";
        let accepts_one = name == ACCEPT && matches!(values.as_slice(), [only] if is_one_form(only));
        if (is_secret_header(name.as_str()) && !is_cookie) || is_wanted || accepts_one {
            let named = |value: &str| with_names(value, flow.uses(group.promised), Place::Named(name.as_str()));
            headers.push(field(name.as_str(), values.iter().map(|value| Pattern::parse(&named(value))).collect()));
        }
    }
    if let Some((name, None)) = &group.header {
        headers.push(Field { name: name.to_string(), matcher: FieldMatcher::Rule(Rule::of(Check::Absent)) });
    }
    if is_digested(&recorded.response)
        && let Some(kind) = recorded.request.headers.get(CONTENT_TYPE).filter(|_| !recorded.request.body.is_empty())
    {
        let kind = String::from_utf8_lossy(kind.as_bytes()).into_owned();
        headers.push(Field { name: CONTENT_TYPE.to_string(), matcher: FieldMatcher::Equals(Pattern::parse(&kind)) });
    }
    let (path, params) = path(group, &recorded.request, call, endpoint);
    RequestPromise {
        method: MethodMatcher::Is(call.method.clone()),
        path,
        params,
        query: fields(&call.query),
        headers,
        cookies: Vec::new(),
        body: request_body(call, recorded, id, files),
        rules: Vec::new(),
        strict: false,
    }
}

/// The path: with its parameters, or, where another fixture stands for all, with its own words.
fn path(group: &Group, asked: &Request, call: &Call, endpoint: &PathTemplate) -> (PathTemplate, Vec<Field>) {
    let mut params: Vec<Field> = Vec::new();
    // The service's `base` stands before what a fixture says.
    let asked: Vec<&str> = segments(asked.path()).collect();
    let asked = asked[asked.len() - call.path.len()..].iter().map(|segment| percent_decode(segment));
    let template =
        endpoint.segments.iter().zip(&call.path).zip(asked).map(|((segment, written), asked)| match segment {
            Segment::Parameter(SegmentPart::Parameter(name)) if group.is_general => {
                params.push(Field { name: name.clone(), matcher: FieldMatcher::Rule(parameter(written)) });
                segment.clone()
            }
            Segment::Parameter(SegmentPart::Parameter(_)) => Segment::Literal(written.clone()),
            // A secret that was taken out is sent by nobody.
            Segment::Parameter(SegmentPart::Placeholder(name))
                if group.things.contains(name) && !asked.starts_with('«') =>
            {
                let is_taken = |name: &str| {
                    endpoint.parameters().any(|known| known == name) || params.iter().any(|field| field.name == name)
                };
                let name = understudy_fixture::free_name(name, "", is_taken);
                let rule =
                    Rule { example: Some(Json::string(written)), ..Rule::of(Check::Equals(Json::string(&asked))) };
                params.push(Field { name: name.clone(), matcher: FieldMatcher::Rule(rule) });
                Segment::Parameter(SegmentPart::Parameter(name))
            }
            other => other.clone(),
        });
    let path = PathTemplate { segments: template.collect() };
    (path, params)
}

/// The rule of a parameter, by what stood there.
pub(super) fn parameter(written: &str) -> Rule {
    let check = match kind(written) {
        Some(ParameterKind::Number) => Check::Type(JsonType::Integer),
        Some(ParameterKind::Uuid) => Check::Format(Format::Uuid),
        Some(ParameterKind::Hash) | None => Check::Any,
    };
    Rule { example: Some(Json::string(written)), ..Rule::of(check) }
}

/// Named values, each wanted as it came.
pub(super) fn fields(pairs: &[(String, String)]) -> Vec<Field> {
    let mut names: Vec<(&str, Vec<Pattern>)> = Vec::new();
    for (name, value) in pairs {
        match names.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(Pattern::parse(value)),
            None => names.push((name, vec![Pattern::parse(value)])),
        }
    }
    names.into_iter().map(|(name, values)| field(name, values)).collect()
}

/// A name with just these values.
fn field(name: &str, mut values: Vec<Pattern>) -> Field {
    let matcher = if values.len() == 1 { FieldMatcher::Equals(values.remove(0)) } else { FieldMatcher::List(values) };
    Field { name: name.to_owned(), matcher }
}

fn request_body(call: &Call, recorded: &Recorded, id: &str, files: &mut Vec<(String, Bytes)>) -> Option<RequestBody> {
    Some(match &call.body {
        CallBody::None => return None,
        CallBody::Json(_) if is_digested(&recorded.response) => {
            RequestBody::File(file(id, "request.json", recorded.request.body.clone(), files))
        }
        CallBody::Json(value) => RequestBody::Json(value.clone()),
        CallBody::Form(pairs) => RequestBody::Form(fields(pairs)),
        CallBody::Text(text) if text.len() <= TEXT_BYTES_MAX => RequestBody::Text(Pattern::parse(text)),
        CallBody::Text(text) => RequestBody::File(file(id, "request.txt", text.clone().into(), files)),
        CallBody::Bytes(bytes) if bytes.len() <= TEXT_BYTES_MAX => RequestBody::Base64(bytes.clone()),
        CallBody::Bytes(bytes) => RequestBody::File(file(id, "request.bin", bytes.clone(), files)),
        CallBody::Multipart(parts) => {
            let part = |part: &understudy_exchange::multipart::Part| NamedPart {
                name: part.name.clone(),
                filename: part.filename.clone(),
                content_type: part.content_type.clone(),
                content: match std::str::from_utf8(&part.content) {
                    Ok(text) if text.len() <= TEXT_BYTES_MAX => PartContent::Text(Pattern::parse(text)),
                    _ => {
                        let name = format!("{}.{}", part.name, part_ending(part));
                        PartContent::File(file(id, &name, part.content.clone(), files))
                    }
                },
            };
            RequestBody::Multipart(parts.iter().map(part).collect())
        }
    })
}

/// A body in a file of its own, named after the fixture.
fn file(id: &str, ending: &str, content: Bytes, files: &mut Vec<(String, Bytes)>) -> BodyFile {
    let plain: String = id.chars().map(|c| if c == '/' { '-' } else { c }).collect();
    let ending: String = ending.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let (stem, kind) = ending.rsplit_once('.').unwrap_or((&ending, "bin"));
    let path = understudy_fixture::free_name(&format!("bodies/{plain}-{stem}"), "", |name| {
        files
            .iter()
            .any(|(known, _)| known.strip_suffix(kind).is_some_and(|known| known.strip_suffix('.') == Some(name)))
    });
    let path = format!("{path}.{kind}");
    files.push((path.clone(), content.clone()));
    BodyFile { path, content }
}

/// The answers to a request, and the place of the one that is promised.
fn responses(
    group: &Group,
    steps: &[Step],
    exchanges: &[Recorded],
    id: &str,
    files: &mut Vec<(String, Bytes)>,
) -> (Vec<ResponsePromise>, usize) {
    // The same answer may be given in several states.
    let mut known: HashMap<usize, ResponsePromise> = HashMap::new();
    let mut response = |step: &Step| {
        let own = known.entry(step.exchange).or_insert_with(|| {
            let answer = &exchanges[step.exchange].response;
            let differing = step.alike.iter().filter_map(|at| differing(answer, &exchanges[*at].response)).flatten();
            let rules: BTreeMap<String, &'static str> = differing.collect();
            let rules = rules.iter().filter_map(|(path, rule)| path_rule(path, rule)).collect();
            ResponsePromise { rules, ..response(answer, id, files) }
        });
        ResponsePromise { when: step.when.clone(), set: step.set.clone(), ..own.clone() }
    };
    let promised = steps.iter().position(|step| step.alike.contains(&group.promised)).unwrap_or(0);
    (steps.iter().map(&mut response).collect(), promised)
}

fn path_rule(path: &str, rule: &str) -> Option<PathRule> {
    Some(PathRule { path: JsonPath::parse(path).ok()?, rule: Rule::from_word(rule)? })
}

fn response(answer: &Response, id: &str, files: &mut Vec<(String, Bytes)>) -> ResponsePromise {
    let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = MediaType::parse(content_type);
    let (body, is_implied) = response_body(answer, &media_type, id, files);
    let mut headers: Vec<(String, HeaderPromise)> = Vec::new();
    for name in answer.headers.keys() {
        let is_content_type = name == CONTENT_TYPE && (is_implied || body.is_none());
        if is_content_type || is_noise(name.as_str()) {
            continue;
        }
        let values = answer.headers.get_all(name).iter();
        let mut values: Vec<String> =
            values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
        let promise = match values.as_slice() {
            // What names one of many is another one each time.
            [only] if is_in_format(Format::Uuid, only) => {
                HeaderPromise::Rule(Rule { example: Some(Json::string(only)), ..Rule::of(Check::Format(Format::Uuid)) })
            }
            [_] => HeaderPromise::Value(values.remove(0)),
            _ => HeaderPromise::List(values),
        };
        headers.push((name.to_string(), promise));
    }
    ResponsePromise::new(answer.status.as_u16(), headers, body)
}

/// Whether every byte of the bodies counts: the answer has a digest of them.
fn is_digested(answer: &Response) -> bool {
    ["content-digest", "content-md5", "digest", "docker-content-digest", "repr-digest"]
        .iter()
        .any(|name| answer.headers.contains_key(*name))
}

fn is_noise(name: &str) -> bool {
    let is_like = |known: &str| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => known == name,
    };
    NOT_HELD_HEADERS.iter().any(|known| is_like(known))
        || NOISE_HEADERS.contains(&name)
        || name.starts_with("access-control-")
        || name.starts_with("cross-origin-")
}

/// What the name of a file with such content ends with.
fn ending(media_type: &MediaType) -> &'static str {
    match media_type.essence() {
        kind if kind.ends_with("json") => "json",
        "text/html" => "html",
        "text/css" => "css",
        "text/javascript" | "application/javascript" => "js",
        "image/svg+xml" => "svg",
        kind if kind.ends_with("xml") => "xml",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "application/pdf" => "pdf",
        kind if kind.starts_with("text/") => "txt",
        _ => "bin",
    }
}

/// The same for a part of a form: as its own file was called, or by what it says that it is.
fn part_ending(part: &understudy_exchange::multipart::Part) -> String {
    let named = part.filename.as_deref().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let is_ending =
        |ending: &&str| (1..=5).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    let kind = MediaType::parse(part.content_type.as_deref().unwrap_or(""));
    named.filter(is_ending).map_or_else(|| ending(&kind).to_owned(), str::to_ascii_lowercase)
}

/// The body, and whether its media type is the one that such a body has anyway.
fn response_body(
    answer: &Response,
    media_type: &MediaType,
    id: &str,
    files: &mut Vec<(String, Bytes)>,
) -> (Option<ResponseBody>, bool) {
    // Archives have bodies of answers that cannot have any.
    if answer.body.is_empty() || has_no_body(answer.status.as_u16()) {
        return (None, true);
    }
    if media_type.is_json()
        && answer.body.len() <= JSON_BYTES_MAX
        && !is_digested(answer)
        && let Ok(value) = Json::parse(&answer.body)
    {
        return (Some(ResponseBody::Json(JsonText::new(&value))), media_type.essence() == "application/json");
    }
    let ending = ending(media_type);
    match std::str::from_utf8(&answer.body) {
        Ok(text) if text.len() <= TEXT_BYTES_MAX => (Some(ResponseBody::Text(text.to_owned())), false),
        // A few bytes are easier to see in the fixture.
        Err(_) if answer.body.len() <= BASE64_BYTES_MAX => (Some(ResponseBody::Base64(answer.body.clone())), false),
        _ => {
            let stem = if answer.status.is_success() { "answer" } else { answer.status.as_str() };
            (Some(ResponseBody::File(file(id, &format!("{stem}.{ending}"), answer.body.clone(), files))), false)
        }
    }
}
