//! The request and the responses of a fixture, as they were recorded.

use super::Recorded;
use super::call::{Call, CallBody};
use super::fingerprint::differing;
use super::group::Group;
use super::ids::{ExchangeId, Table};
use super::look::parameter;
use super::rules;
use super::session::Exchange;
use super::states::Step;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use std::collections::{BTreeMap, HashMap};
use understudy_exchange::redact::is_secret_header;
use understudy_exchange::{Json, JsonPath, JsonText, MediaType, Response};
use understudy_fixture::model::{
    BodyFile, Check, Field, FieldMatcher, Format, HeaderPromise, MethodMatcher, NamedPart, PartContent, PathRule,
    PathTemplate, Pattern, RequestBody, RequestPromise, ResponseBody, ResponsePromise, Rule, Segment, SegmentPart,
    has_no_body,
};
use understudy_match::{NOT_HELD_HEADERS, is_in_format};

/// Larger bodies go into files of their own.
const JSON_BYTES_MAX: usize = 64 << 10;
const TEXT_BYTES_MAX: usize = 8 << 10;
const BASE64_BYTES_MAX: usize = 64;

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

/// The request of a fixture.
pub(super) fn request(
    group: &Group,
    exchange: &Exchange<'_>,
    id: &str,
    files: &mut Vec<(String, Bytes)>,
) -> RequestPromise {
    let Exchange { recorded, call, .. } = exchange;
    let mut headers = Vec::new();
    for name in recorded.request.headers.keys() {
        let values = recorded.request.headers.get_all(name).iter();
        let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let is_cookie = name == http::header::COOKIE;
        let is_wanted = group.header.as_ref().is_some_and(|(telling, _)| telling == name);
        // Whoever asks for one form of an answer and no other may get no answer without that.
        let is_one_form = |value: &str| !value.contains('*') && value.trim() != "application/json";
        let accepts_one = name == ACCEPT && matches!(values.as_slice(), [only] if is_one_form(only));
        let is_given = call.header(name).any(|pattern| pattern.as_literal().is_none());
        if (is_secret_header(name.as_str()) && !is_cookie) || is_wanted || accepts_one || is_given {
            headers.push(field(name.as_str(), call.header(name).cloned().collect()));
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
    let (path, params) = path(group, exchange);
    let mut request = RequestPromise {
        method: MethodMatcher::Is(call.method.clone()),
        path,
        params,
        query: fields(&call.query),
        headers,
        cookies: Vec::new(),
        body: request_body(call, recorded, id, files),
        rules: Vec::new(),
        strict: false,
    };
    rules::relax(&mut request, &group.varying);
    rules::tell_apart(&mut request, group, exchange);
    request
}

/// The path: with its parameters, or, where another fixture stands for all, with its own words.
fn path(group: &Group, exchange: &Exchange<'_>) -> (PathTemplate, Vec<Field>) {
    let mut params: Vec<Field> = Vec::new();
    let endpoint = &exchange.endpoint;
    let template = endpoint.segments.iter().zip(&exchange.call.path).map(|(segment, written)| match segment {
        Segment::Parameter(SegmentPart::Parameter(name)) if group.is_general => {
            let rule = parameter(written.as_literal().unwrap_or_default());
            params.push(Field { name: name.clone(), matcher: FieldMatcher::Rule(rule) });
            segment.clone()
        }
        Segment::Parameter(SegmentPart::Parameter(_)) => {
            Segment::Literal(written.as_literal().unwrap_or_default().to_owned())
        }
        Segment::Parameter(SegmentPart::Placeholder(name)) if group.told_apart.contains(name) => {
            let is_taken = |name: &str| {
                endpoint.parameters().any(|known| known == name) || params.iter().any(|field| field.name == name)
            };
            let parameter = understudy_fixture::free_name(name, "", is_taken);
            let sent = exchange.value_of(name).unwrap_or_default();
            params.push(Field { name: parameter.clone(), matcher: FieldMatcher::Rule(rules::just(sent, written)) });
            Segment::Parameter(SegmentPart::Parameter(parameter))
        }
        other => other.clone(),
    });
    let path = PathTemplate { segments: template.collect() };
    (path, params)
}

/// Named values, each as it came.
pub(super) fn fields(pairs: &[(String, Pattern)]) -> Vec<Field> {
    let mut names: Vec<(&str, Vec<Pattern>)> = Vec::new();
    for (name, value) in pairs {
        match names.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value.clone()),
            None => names.push((name, vec![value.clone()])),
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
        CallBody::Json(_) | CallBody::Graphql(_) if is_digested(&recorded.response) => {
            RequestBody::File(file(id, "request.json", recorded.request.body.clone(), files))
        }
        CallBody::Json(value) => RequestBody::Json(value.clone()),
        CallBody::Graphql(operation) => RequestBody::Graphql(operation.clone()),
        CallBody::Form(pairs) => RequestBody::Form(fields(pairs)),
        CallBody::Text(text) if recorded.request.body.len() <= TEXT_BYTES_MAX => RequestBody::Text(text.clone()),
        CallBody::Text(_) => RequestBody::File(file(id, "request.txt", recorded.request.body.clone(), files)),
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

/// The responses to a request, and the place of the one that is verified.
pub(super) fn responses(
    group: &Group,
    steps: &[Step],
    exchanges: &Table<ExchangeId, Exchange<'_>>,
    id: &str,
    files: &mut Vec<(String, Bytes)>,
) -> (Vec<ResponsePromise>, usize) {
    // The same response may be sent in several states.
    let mut known: HashMap<ExchangeId, ResponsePromise> = HashMap::new();
    let mut response = |step: &Step| {
        let own = known.entry(step.exchange).or_insert_with(|| {
            let answer = &exchanges[step.exchange].recorded.response;
            let others = step.alike.iter().map(|at| &exchanges[*at].recorded.response);
            let rules: BTreeMap<String, &'static str> =
                others.filter_map(|other| differing(answer, other)).flatten().collect();
            let rules = rules.iter().filter_map(|(path, rule)| path_rule(path, rule)).collect();
            ResponsePromise { rules, ..response(answer, id, files) }
        });
        ResponsePromise { when: step.when.clone(), set: step.set.clone(), ..own.clone() }
    };
    let verified = steps.iter().position(|step| step.alike.contains(&group.verified)).unwrap_or(0);
    (steps.iter().map(&mut response).collect(), verified)
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
