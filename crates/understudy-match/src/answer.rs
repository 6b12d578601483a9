//! Whether an answer keeps a promise.

use crate::bytes::show_difference;
use crate::contrast::contrast_texts;
use crate::headers;
use crate::hold::{Base, hold};
use crate::malformed::{show_no_json, show_no_xml};
use crate::mismatch::{Kind, Mismatch, NOTHING};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method};
use understudy_exchange::jsonpath::Work;
use understudy_exchange::media_type::parameter;
use understudy_exchange::{Json, MediaType, Response, decode_text, field_value, media_type_of_file, xml};
use understudy_fixture::model::{
    BodyFile, HeaderPromise, LargeFile, PathRule, ResponseBody, ResponsePromise, XmlBody, has_no_body,
};

/// What was found out about one answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Every difference: the status, the header fields, the body in the order in which it was received.
    pub mismatches: Vec<Mismatch>,
    /// What passed without proving anything.
    pub unproven: Vec<String>,
    /// Members that the backend adds.
    pub added: Vec<String>,
}

/// Compares the response to a request with this method with an expected response. For a large file
/// only the size is compared: a caller that has its content makes a [`ResponseBody::File`] of it
/// first. `statuses` are the statuses that pass; if the list is empty, only the expected status
/// passes.
#[must_use]
pub fn judge(promise: &ResponsePromise, statuses: &[u16], method: &Method, answer: &Response) -> Verdict {
    let mut verdict = Verdict::default();
    status(promise, statuses, answer, &mut verdict);
    headers::compare(&promise.headers, &answer.headers, &mut verdict.mismatches);
    match &promise.body {
        // Nobody sends a body in answer to a HEAD (RFC 9110, section 9.3.2).
        _ if *method == Method::HEAD => {}
        None if has_no_body(promise.status) || is_empty(&answer.headers) => {}
        None => verdict.unproven.push("$".to_owned()),
        Some(ResponseBody::LargeFile(file)) => compare_size(file, answer, &mut verdict),
        Some(body) => compare_body(promise, body, answer, &mut verdict),
    }
    verdict
}

/// Returns true if the header fields of a response say that its body is empty.
fn is_empty(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_LENGTH).is_some_and(|length| length == "0")
}

fn status(promise: &ResponsePromise, statuses: &[u16], answer: &Response, verdict: &mut Verdict) {
    let own = [promise.status];
    let wanted = if statuses.is_empty() { &own } else { statuses };
    let received = answer.status.as_u16();
    if !wanted.contains(&received) {
        let expected: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        verdict.mismatches.push(Mismatch {
            path: "status".to_owned(),
            kind: Kind::Status,
            expected: expected.join(" or "),
            received: received.to_string(),
        });
    }
}

/// The promised body, as it is held.
enum Promised {
    /// By shape; also of a file or text that is said to be JSON, and is.
    Json(Json),
    Text(String),
    Xml(XmlBody),
    Bytes(Bytes),
}

fn promised(promise: &ResponsePromise, body: &ResponseBody) -> Promised {
    let content_type = listed_content_type(promise);
    let (bytes, guessed) = match body {
        ResponseBody::Json(text) => return Promised::Json(text.value()),
        ResponseBody::Xml(xml) => return Promised::Xml(xml.clone()),
        ResponseBody::Text(text) => (Bytes::copy_from_slice(text.as_bytes()), None),
        ResponseBody::Base64(bytes) => (bytes.clone(), None),
        ResponseBody::File(BodyFile { path, content }) => (content.clone(), media_type_of_file(path)),
        ResponseBody::LargeFile(file) => (Bytes::new(), media_type_of_file(&file.path)),
    };
    let is_json = content_type.or(guessed).is_some_and(|value| MediaType::parse(value).is_json());
    match is_json.then(|| Json::parse(&bytes)) {
        Some(Ok(value)) => Promised::Json(value),
        _ => match body {
            ResponseBody::Text(text) => Promised::Text(text.clone()),
            _ => Promised::Bytes(bytes),
        },
    }
}

fn listed_content_type(promise: &ResponsePromise) -> Option<&str> {
    promise.headers.iter().find_map(|(name, value)| match value {
        HeaderPromise::Value(value) if name == CONTENT_TYPE.as_str() => Some(value.as_str()),
        _ => None,
    })
}

fn compare_body(promise: &ResponsePromise, body: &ResponseBody, answer: &Response, verdict: &mut Verdict) {
    match promised(promise, body) {
        Promised::Json(example) => {
            if !promise.headers.iter().any(|(name, _)| name == CONTENT_TYPE.as_str()) {
                media_type(&answer.headers, "a JSON media type", MediaType::is_json, verdict);
            }
            match Json::parse(&answer.body) {
                Ok(received) => compare_json(&example, &received, &promise.rules, verdict),
                Err(_) => verdict.mismatches.push(no_json(answer)),
            }
        }
        Promised::Xml(wanted) => {
            if !promise.headers.iter().any(|(name, _)| name == CONTENT_TYPE.as_str()) {
                media_type(&answer.headers, "an XML media type", MediaType::is_xml, verdict);
            }
            let text = xml::decode(content_type(answer), &answer.body);
            match text.and_then(|text| xml::Element::parse(&text).ok()) {
                Some(received) => verdict.mismatches.extend(crate::xml::compare(&wanted, &received, false)),
                None => {
                    let received = show_no_xml(content_type(answer), &answer.body);
                    verdict.mismatches.push(at_root(Kind::Type, "XML".to_owned(), received));
                }
            }
        }
        Promised::Text(wanted) => compare_text(&wanted, &promise.rules, answer, verdict),
        Promised::Bytes(wanted) => compare_bytes(&wanted, &promise.rules, answer, verdict),
    }
}

fn media_type(headers: &HeaderMap, expected: &str, is_one: fn(&MediaType) -> bool, verdict: &mut Verdict) {
    let received = headers.get(CONTENT_TYPE).map(|value| field_value::text(value).into_owned());
    if !received.as_deref().is_some_and(|value| is_one(&MediaType::parse(value))) {
        verdict.mismatches.push(Mismatch {
            path: CONTENT_TYPE.as_str().to_owned(),
            kind: Kind::Header,
            expected: expected.to_owned(),
            received: received.unwrap_or_else(|| NOTHING.to_owned()),
        });
    }
}

fn compare_json(example: &Json, received: &Json, rules: &[PathRule], verdict: &mut Verdict) {
    let held = hold(Some(example), received, rules, Base::Shape, &Work::default());
    verdict.mismatches.extend(held.mismatches);
    verdict.unproven.extend(held.unproven);
    verdict.added.extend(held.added);
}

/// The mismatch for a body that is not valid JSON. JSON between systems is in UTF-8 (RFC 8259, section 8.1), whatever
/// its header fields declare.
fn no_json(answer: &Response) -> Mismatch {
    if std::str::from_utf8(&answer.body).is_ok() {
        return at_root(Kind::Type, "JSON".to_owned(), show_no_json(&answer.body));
    }
    let charset = parameter(content_type(answer), "charset");
    let charset = charset.map_or_else(String::new, |charset| format!(", charset={charset}"));
    let received = format!("{} bytes that are not UTF-8{charset}", answer.body.len());
    at_root(Kind::Type, "JSON in UTF-8".to_owned(), received)
}

fn content_type(answer: &Response) -> &str {
    answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// The rules for the whole body.
fn whole(rules: &[PathRule]) -> Vec<PathRule> {
    rules.iter().filter(|rule| rule.path.is_root()).cloned().collect()
}

/// Compares a text body, decoded by the charset of its header field. It must be equal, unless a rule applies to the
/// whole body.
fn compare_text(wanted: &str, rules: &[PathRule], answer: &Response, verdict: &mut Verdict) {
    let Some(received) = decode_text(content_type(answer), &answer.body) else {
        return compare_bytes(&Bytes::copy_from_slice(wanted.as_bytes()), rules, answer, verdict);
    };
    let whole = whole(rules);
    if !whole.is_empty() {
        compare_json(&Json::string(wanted), &Json::string(received), &whole, verdict);
    } else if wanted != received {
        let (expected, received) = contrast_texts(wanted, &received);
        verdict.mismatches.push(at_root(Kind::Value, expected, received));
    }
}

/// Compares a binary body. It must be equal, unless a rule applies to the whole body.
fn compare_bytes(wanted: &Bytes, rules: &[PathRule], answer: &Response, verdict: &mut Verdict) {
    let whole = whole(rules);
    if !whole.is_empty() {
        let text = |bytes: &Bytes| Json::string(String::from_utf8_lossy(bytes));
        return compare_json(&text(wanted), &text(&answer.body), &whole, verdict);
    }
    if *wanted != answer.body {
        let (expected, received) = show_difference(wanted, &answer.body);
        verdict.mismatches.push(at_root(Kind::Value, expected, received));
    }
}

/// Compares the size of a file whose content is not there.
fn compare_size(file: &LargeFile, answer: &Response, verdict: &mut Verdict) {
    let received = answer.body.len() as u64;
    if received == file.bytes {
        return verdict.unproven.push("$".to_owned());
    }
    let expected = format!("the {} bytes of {}", file.bytes, file.path);
    verdict.mismatches.push(at_root(Kind::Value, expected, format!("{received} bytes")));
}

fn at_root(kind: Kind, expected: String, received: String) -> Mismatch {
    Mismatch { path: "$".to_owned(), kind, expected, received }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, StatusCode};

    fn found(body: ResponseBody, listed: &str, content_type: &'static str, received: &'static [u8]) -> Vec<Mismatch> {
        let headers = vec![(CONTENT_TYPE.to_string(), HeaderPromise::Value(listed.to_owned()))];
        let mut answer =
            Response { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::from_static(received) };
        answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        judge(&ResponsePromise::new(200, headers, Some(body)), &[], &Method::GET, &answer).mismatches
    }

    #[test]
    fn text_is_compared_in_its_charset() {
        let text = || ResponseBody::Text("café".to_owned());
        let latin = "text/plain; charset=iso-8859-1";
        assert_eq!(found(text(), latin, latin, b"caf\xE9"), []);
        assert_eq!(found(text(), "text/plain", "text/plain; charset=utf-16", b"\xFF\xFEc\0a\0f\0\xE9\0"), []);
        let other = found(text(), latin, latin, b"caf\xC3\xA9");
        assert_eq!((other[0].path.as_str(), other[0].received.as_str()), ("$", "cafÃ©"));
    }

    #[test]
    fn json_that_is_not_in_utf_8_is_called_so() {
        let json = ResponseBody::Json(understudy_exchange::JsonText::new(&Json::Null));
        let latin = "application/json; charset=iso-8859-1";
        let found = found(json, latin, latin, b"\"\xE9\"");
        assert_eq!(
            found,
            [at_root(
                Kind::Type,
                "JSON in UTF-8".to_owned(),
                "3 bytes that are not UTF-8, charset=iso-8859-1".to_owned()
            )]
        );
    }
}
