//! The body of a request against what a fixture writes for it.

use crate::difference::Sink;
use crate::field;
use crate::field::refuse_others;
use crate::hold::{Base, hold};
use crate::incoming::Incoming;
use crate::mismatch::{NOTHING, shorten, show};
use bytes::Bytes;
use understudy_exchange::multipart::{Part, plain_name};
use understudy_exchange::{Json, MediaType, decode_text};
use understudy_fixture::model::{Graphql, NamedPart, PartContent, Pattern, RequestBody, RequestPromise};

pub(crate) fn compare(request: &RequestPromise, incoming: &Incoming<'_>, sink: &mut Sink) {
    match &request.body {
        None if request.rules.is_empty() => {}
        None => json(None, request, incoming, sink),
        Some(RequestBody::Json(value)) => json(Some(value), request, incoming, sink),
        Some(RequestBody::Text(pattern)) => {
            let text = decode_text(incoming.content_type(), incoming.body());
            let text = text.unwrap_or_else(|| String::from_utf8_lossy(incoming.body()));
            if !pattern.matches(&text) {
                sink.add(|| ("body".to_owned(), shorten(&pattern.to_string()), show_bytes(incoming.body())));
            }
        }
        Some(RequestBody::Form(fields)) => {
            for wanted in fields {
                let values =
                    incoming.form().iter().filter(|(name, _)| *name == wanted.name).map(|(_, value)| value.as_str());
                field::compare("form field", wanted, values, sink);
            }
            if request.strict {
                let all = incoming.form().iter().map(|(name, value)| (name.as_str(), value.as_str()));
                refuse_others("form field", fields, all, sink);
            }
        }
        Some(RequestBody::Multipart(parts)) => multipart(parts, request.strict, incoming, sink),
        Some(RequestBody::Graphql(wanted)) => graphql(wanted, incoming, sink),
        Some(RequestBody::Base64(bytes)) => same_bytes(bytes, incoming.body(), sink),
        Some(RequestBody::File(file)) => same_bytes(&file.content, incoming.body(), sink),
    }
}

fn json(wanted: Option<&Json>, request: &RequestPromise, incoming: &Incoming<'_>, sink: &mut Sink) {
    let Some(received) = incoming.json() else {
        let expected = wanted.map_or_else(|| "JSON".to_owned(), |wanted| format!("JSON like {}", show(wanted)));
        sink.add(|| ("body".to_owned(), expected, show_bytes(incoming.body())));
        return;
    };
    let held = hold(wanted, received, &request.rules, Base::Written { strict: request.strict });
    for mismatch in held.mismatches {
        sink.add(|| (format!("body {}", mismatch.path), mismatch.expected, mismatch.received));
    }
    // In a response a rule that found nothing is unproven; a request that does not show it does not match.
    for path in request.rules.iter().map(|rule| &rule.path).filter(|path| held.idle.iter().any(|p| p == path.as_str()))
    {
        sink.add(|| (format!("body {}", path.as_str()), "something there".to_owned(), NOTHING.to_owned()));
    }
}

fn same_bytes(wanted: &Bytes, received: &Bytes, sink: &mut Sink) {
    if wanted != received {
        sink.add(|| ("body".to_owned(), show_bytes(wanted), show_bytes(received)));
    }
}

pub(crate) fn show_bytes(bytes: &Bytes) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => show_text(text),
        Err(_) => format!("{} bytes that are no text", bytes.len()),
    }
}

pub(crate) fn show_text(text: &str) -> String {
    match text {
        "" => NOTHING.to_owned(),
        text if text.contains(char::is_control) => shorten(&format!("{text:?}")),
        text => shorten(text),
    }
}

fn multipart(wanted: &[NamedPart], strict: bool, incoming: &Incoming<'_>, sink: &mut Sink) {
    let Some(received) = incoming.multipart() else {
        sink.add(|| ("body".to_owned(), "a multipart form".to_owned(), show_bytes(incoming.body())));
        return;
    };
    let mut left: Vec<&Part> = received.iter().collect();
    for part in wanted {
        match left.iter().position(|candidate| is_part(part, candidate)) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => sink.add(|| {
                let same_name = received.iter().find(|candidate| candidate.name == plain_name(&part.name));
                let received = same_name.map_or_else(|| NOTHING.to_owned(), |part| show_bytes(&part.content));
                (format!("part {}", part.name), describe_part(part), received)
            }),
        }
    }
    for part in left.iter().filter(|_| strict) {
        sink.add(|| (format!("part {}", part.name), "nothing else (strict)".to_owned(), show_bytes(&part.content)));
    }
}

fn is_part(wanted: &NamedPart, part: &Part) -> bool {
    let same_name = |wanted: &str, received: &str| plain_name(wanted) == received;
    let same_file = |wanted: &str| part.filename.as_ref().is_some_and(|received| same_name(wanted, received));
    let media_type = |value: &Option<String>| value.as_deref().map(MediaType::parse);
    let content = match &wanted.content {
        PartContent::Text(pattern) => pattern.matches(&String::from_utf8_lossy(&part.content)),
        PartContent::File(file) => file.content == part.content,
        PartContent::Json(value) => Json::parse(&part.content).is_ok_and(|received| {
            hold(Some(value), &received, &[], Base::Written { strict: false }).mismatches.is_empty()
        }),
    };
    same_name(&wanted.name, &part.name)
        && wanted.filename.as_deref().is_none_or(same_file)
        && (wanted.content_type.is_none() || media_type(&wanted.content_type) == media_type(&part.content_type))
        && content
}

fn describe_part(part: &NamedPart) -> String {
    let content = match &part.content {
        PartContent::Text(pattern) => shorten(&pattern.to_string()),
        PartContent::Json(value) => show(value),
        PartContent::File(file) => format!("the {} bytes of {}", file.content.len(), file.path),
    };
    let filename = part.filename.as_ref().map(|name| format!(", file name {name}")).unwrap_or_default();
    let content_type = part.content_type.as_ref().map(|kind| format!(", type {kind}")).unwrap_or_default();
    format!("{content}{filename}{content_type}")
}

fn graphql(wanted: &Graphql, incoming: &Incoming<'_>, sink: &mut Sink) {
    let Some(received) = graphql_request(incoming) else {
        sink.add(|| ("body".to_owned(), "a GraphQL request".to_owned(), show_bytes(incoming.body())));
        return;
    };
    let text = |name: &str| received.member(name).and_then(Json::as_str);
    if let Some(operation) = &wanted.operation {
        let named = text("operationName").or_else(|| text("query").and_then(only_operation));
        if named != Some(operation) {
            sink.add(|| ("operation".to_owned(), operation.clone(), named.unwrap_or(NOTHING).to_owned()));
        }
    }
    if let Some(query) = &wanted.query {
        let received = text("query").unwrap_or("");
        if !Pattern::parse(&without_white_space(query)).matches(&without_white_space(received)) {
            sink.add(|| {
                ("query".to_owned(), shorten(&without_white_space(query)), shorten(&without_white_space(received)))
            });
        }
    }
    if let Some(variables) = &wanted.variables {
        let received = received.member("variables").unwrap_or(&Json::Null);
        for mismatch in hold(Some(variables), received, &[], Base::Written { strict: false }).mismatches {
            sink.add(|| (format!("variables {}", mismatch.path), mismatch.expected, mismatch.received));
        }
    }
}

/// A GraphQL request over HTTP: a JSON body, or the query parameters of a GET.
fn graphql_request(incoming: &Incoming<'_>) -> Option<Json> {
    if let Some(body @ Json::Object(_)) = incoming.json() {
        return Some(body.clone());
    }
    let pair = |name: &str| incoming.query().iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let query = pair("query")?;
    let mut members = vec![("query", Json::string(query))];
    members.extend(pair("operationName").map(|name| ("operationName", Json::string(name))));
    members.extend(pair("variables").and_then(|v| Json::parse(v.as_bytes()).ok()).map(|v| ("variables", v)));
    Some(Json::Object(members.into_iter().map(|(n, v)| (understudy_exchange::JsonString::new(n), v)).collect()))
}

/// The name of the first operation of a document that names one: `query Pets($n: Int) { ... }`.
fn only_operation(query: &str) -> Option<&str> {
    let rest = ["query", "mutation", "subscription"].iter().find_map(|word| query.trim_start().strip_prefix(word))?;
    let name = rest.trim_start();
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    (end > 0).then(|| &name[..end])
}

/// White space and commas mean nothing in GraphQL but the end of a name (October 2021, section 2.1); inside
/// strings they count.
fn without_white_space(query: &str) -> String {
    let mut out = String::with_capacity(query.len());
    let (mut in_string, mut escaped, mut gap) = (false, false, false);
    for c in query.chars() {
        if !in_string && (c.is_whitespace() || c == ',') {
            gap = true;
            continue;
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if gap && is_name(c) && out.chars().next_back().is_some_and(is_name) {
            out.push(' ');
        }
        gap = false;
        if c == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_means_nothing_in_graphql_but_the_end_of_a_name() {
        assert_eq!(
            without_white_space("query  A {\n  b(c: 1,  d: \"x  y\") { e  f }\n}"),
            "query A{b(c:1 d:\"x  y\"){e f}}"
        );
        assert_eq!(without_white_space("{a}"), without_white_space(" { a\t} "));
        assert_ne!(without_white_space("{a b}"), without_white_space("{ab}"));
    }
}
