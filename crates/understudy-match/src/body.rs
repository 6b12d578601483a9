//! The body of a request against what a fixture writes for it.

use crate::bytes::{show_difference, show_text};
use crate::contrast::contrast_texts;
use crate::difference::{Sink, cost};
use crate::field;
use crate::field::refuse_others;
use crate::hold::{Base, Held, hold, is_written};
use crate::incoming::Incoming;
use crate::malformed::{show_no_form, show_no_json, show_no_multipart, show_no_xml, show_undecoded};
use crate::mismatch::{Kind, NOTHING, shorten, show};
use crate::{graphql, multipart, xml};
use bytes::Bytes;
use std::borrow::Cow;
use understudy_exchange::{Json, decode_text};
use understudy_fixture::model::{Field, FieldMatcher, PathRule, Pattern, RequestBody, RequestPromise, XmlBody};

pub(crate) fn compare(request: &RequestPromise, incoming: &Incoming<'_>, sink: &mut Sink) {
    match &request.body {
        None if request.rules.is_empty() => {}
        None => json(None, request, incoming, sink),
        Some(RequestBody::Json(value)) => json(Some(value), request, incoming, sink),
        Some(RequestBody::Text(pattern)) => text(pattern, request, incoming, sink),
        Some(RequestBody::Xml(wanted)) => xml(wanted, incoming, sink),
        Some(RequestBody::Form(fields)) => {
            if let Some(received) = show_other_than_form(fields, incoming, sink) {
                sink.add_at_cost(cost::DOCUMENT, || ("body".to_owned(), "a form".to_owned(), received));
                return;
            }
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
        Some(RequestBody::Multipart(parts)) => match incoming.multipart() {
            Some(Ok(received)) => multipart::compare(parts, received, request.strict, incoming.work(), sink),
            _ => sink.add_at_cost(cost::DOCUMENT, || {
                ("body".to_owned(), "a multipart form".to_owned(), show_no_multipart(incoming))
            }),
        },
        Some(RequestBody::Graphql(wanted)) => graphql::compare(wanted, &request.rules, request.strict, incoming, sink),
        Some(RequestBody::GraphqlBatch(wanted)) => {
            graphql::compare_batch(wanted, &request.rules, request.strict, incoming, sink);
        }
        Some(RequestBody::Base64(bytes)) => bytes_or_rules(bytes, request, incoming, sink),
        Some(RequestBody::File(file)) => bytes_or_rules(&file.content, request, incoming, sink),
    }
}

/// Returns the body if it is none of these fields but a document, for people. Choosing among many fixtures needs no words.
fn show_other_than_form(fields: &[Field], incoming: &Incoming<'_>, sink: &Sink) -> Option<String> {
    let is_sent = |field: &Field| incoming.form().iter().any(|(name, _)| *name == field.name);
    let is_free = |field: &Field| matches!(&field.matcher, FieldMatcher::Rule(rule) if rule.allows_missing());
    let lacks_all = !fields.iter().any(is_sent) && !fields.iter().all(is_free);
    if sink.is_any() || !lacks_all { None } else { show_no_form(incoming) }
}

fn json(wanted: Option<&Json>, request: &RequestPromise, incoming: &Incoming<'_>, sink: &mut Sink) {
    let Some(received) = incoming.json() else {
        let expected = wanted.map_or_else(|| "JSON".to_owned(), |wanted| format!("JSON like {}", show(wanted)));
        sink.add_at_cost(cost::DOCUMENT, || ("body".to_owned(), expected, show_no_json(incoming.body())));
        return;
    };
    // Choosing among many fixtures needs no words.
    if let Some(wanted) = wanted.filter(|_| sink.is_any() && request.rules.is_empty()) {
        sink.differs |= !is_written(wanted, received, request.strict);
        return;
    }
    let held = hold(wanted, received, &request.rules, Base::written(request.strict), incoming.work());
    add_held(held, &request.rules, sink);
}

/// Adds what differs, and the rules that found nothing.
pub(crate) fn add_held(held: Held, rules: &[PathRule], sink: &mut Sink) {
    for mismatch in held.mismatches {
        let is_of_whole = mismatch.path == "$" && mismatch.kind == Kind::Type;
        let cost = if is_of_whole { cost::DOCUMENT } else { cost::VALUE };
        sink.add_at_cost(cost, || (format!("body {}", mismatch.path), mismatch.expected, mismatch.received));
    }
    // In a response a rule that found nothing is unproven; a request that does not show it does not match.
    for path in rules.iter().map(|rule| &rule.path).filter(|path| held.idle.iter().any(|p| p == path.as_str())) {
        sink.add(|| (format!("body {}", path.as_str()), "something there".to_owned(), NOTHING.to_owned()));
    }
}

/// A text is equal, unless a rule speaks for the whole of it.
fn text(pattern: &Pattern, request: &RequestPromise, incoming: &Incoming<'_>, sink: &mut Sink) {
    let decoded = decode_text(incoming.content_type(), incoming.body());
    let text = decoded.as_deref().map_or_else(|| String::from_utf8_lossy(incoming.body()), Cow::Borrowed);
    if !request.rules.is_empty() {
        whole(&pattern.to_string(), &text, request, incoming, sink);
    } else if !pattern.matches(&text) {
        sink.add_at_cost(cost::DOCUMENT, || {
            let (expected, received) = match (&decoded, pattern.as_literal()) {
                (None, _) => (shorten(&pattern.to_string()), show_undecoded(incoming.content_type(), incoming.body())),
                (Some(text), Some(wanted)) if !text.is_empty() => contrast_texts(wanted, text),
                (Some(text), _) => (shorten(&pattern.to_string()), show_text(text)),
            };
            ("body".to_owned(), expected, received)
        });
    }
}

fn whole(wanted: &str, received: &str, request: &RequestPromise, incoming: &Incoming<'_>, sink: &mut Sink) {
    let (wanted, received) = (Json::string(wanted), Json::string(received));
    let held = hold(Some(&wanted), &received, &request.rules, Base::written(false), incoming.work());
    add_held(held, &request.rules, sink);
}

fn xml(wanted: &XmlBody, incoming: &Incoming<'_>, sink: &mut Sink) {
    match incoming.xml() {
        Some(received) => {
            for mismatch in xml::compare(wanted, received, true) {
                let cost = if xml::is_other_element(&mismatch) { cost::DOCUMENT } else { cost::VALUE };
                sink.add_at_cost(cost, || (format!("body {}", mismatch.path), mismatch.expected, mismatch.received));
            }
        }
        None => sink.add_at_cost(cost::DOCUMENT, || {
            let received = show_no_xml(incoming.content_type(), incoming.body());
            ("body".to_owned(), "XML".to_owned(), received)
        }),
    }
}

fn bytes_or_rules(wanted: &Bytes, request: &RequestPromise, incoming: &Incoming<'_>, sink: &mut Sink) {
    let received = incoming.body();
    if !request.rules.is_empty() {
        whole(&String::from_utf8_lossy(wanted), &String::from_utf8_lossy(received), request, incoming, sink);
    } else if wanted != received {
        sink.add_at_cost(cost::DOCUMENT, || {
            let (expected, received) = show_difference(wanted, received);
            ("body".to_owned(), expected, received)
        });
    }
}
