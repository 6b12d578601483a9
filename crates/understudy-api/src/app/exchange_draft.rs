//! A fixture drafted from an exchange: what a person would write down first.

use super::traffic::{Decoded, Exchange};
use crate::hidden::Hidden;
use http::header::CONTENT_TYPE;
use understudy_exchange::target::{percent_decode, segments};
use understudy_exchange::{Json, JsonText, MediaType, Request, Response};
use understudy_fixture::model::{Fixture, HeaderPromise, ResponseBody, ResponsePromise, Select, Verify};
use understudy_fixture::{outside_reserved, write_fixture};
use understudy_import::asked;

/// A fixture's text, and what its file may be called.
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) text: String,
}

/// How long a file's name may be, without its ending.
const NAME_CHARS_MAX: usize = 60;

/// Drafts a fixture. Method, path, query, and what is in a form or JSON are wanted as they came, secrets whatever they are; what a
/// backend answered is answered again, and what nobody answered gets an empty JSON object to start from.
pub(super) fn draft(exchange: &Exchange, base: &str, hidden: &Hidden) -> Draft {
    let Decoded { request, response, is_answer_there, .. } = exchange.decoded();
    let (request, answer, redactions) = hidden.redactor().exchange(request, response);
    let fixture = Fixture {
        id: "".into(),
        file: "".into(),
        name: None,
        owner: None,
        tags: Vec::new(),
        enabled: true,
        priority: 0,
        request: asked(&request, &redactions, base),
        responses: vec![promised(exchange, answer, is_answer_there)],
        select: Select::Cycle,
        when: Vec::new(),
        set: Vec::new(),
        verify: Verify::default(),
    };
    Draft { name: name(&request), text: write_fixture(&fixture) }
}

fn promised(exchange: &Exchange, answer: Response, is_there: bool) -> ResponsePromise {
    if !matches!(exchange.answered, "backend" | "fixture") || !is_there {
        return ResponsePromise::new(
            200,
            Vec::new(),
            Some(ResponseBody::Json(JsonText::new(&Json::Object(Vec::new())))),
        );
    }
    let status = answer.status.as_u16();
    let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if answer.body.is_empty() {
        return ResponsePromise::new(status, Vec::new(), None);
    }
    if content_type.is_some_and(|kind| MediaType::parse(kind).is_json())
        && let Ok(json) = Json::parse(&answer.body)
    {
        return ResponsePromise::new(status, Vec::new(), Some(ResponseBody::Json(JsonText::new(&json))));
    }
    let headers = content_type.map(|kind| (CONTENT_TYPE.to_string(), HeaderPromise::Value(kind.to_owned())));
    let body = match String::from_utf8(answer.body.to_vec()) {
        Ok(text) => ResponseBody::Text(text),
        Err(_) => ResponseBody::Base64(answer.body),
    };
    ResponsePromise::new(status, headers.into_iter().collect(), Some(body))
}

/// `users/get-9`: the folder of what the path begins with, then the method and the rest.
fn name(request: &Request) -> String {
    let words: Vec<String> = segments(request.path()).map(word).filter(|word| !word.is_empty()).collect();
    let method = request.method.as_str().to_ascii_lowercase();
    let (folder, rest) = match words.split_first() {
        Some((first, rest)) => (format!("{first}/"), rest.join("-")),
        None => (String::new(), String::new()),
    };
    let stem = if rest.is_empty() { method } else { format!("{method}-{rest}") };
    let stem: String = stem.chars().take(NAME_CHARS_MAX).collect();
    outside_reserved(&format!("{folder}{}", stem.trim_end_matches('-')))
}

/// A segment as part of a file's name on every system.
fn word(segment: &str) -> String {
    let plain: String = percent_decode(segment)
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c.to_ascii_lowercase() } else { '-' })
        .take(NAME_CHARS_MAX)
        .collect();
    plain.trim_matches(['-', '.']).to_owned()
}
