//! Contents that are compared by their meaning, and the field values that say what they are.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use understudy_exchange::graphql::Document;
use understudy_exchange::media_type::{parameter, parameters};
use understudy_exchange::xml::{self, Element};
use understudy_exchange::{MediaType, cookie_pairs, decode_text, encode_text, field_value, multipart};
use understudy_fixture::model::{GraphqlQuery, ResponseBody, ResponsePromise, XmlBody};
use understudy_match::{Rendering, judge};

/// Returns the text before a line of `---` and the text after it.
fn two_texts(data: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(data).into_owned();
    text.split_once("\n---\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap_or((text, String::new()))
}

/// A document equals every spelling of itself, and two documents differ whichever of them was written.
pub(crate) fn graphql(data: &[u8]) {
    let (text, other) = two_texts(data);
    if let Ok(query) = GraphqlQuery::parse(text.as_str()) {
        assert_eq!(query.as_str(), text);
    }
    let Ok(document) = Document::parse(&text) else { return };
    let equal = |expected: &str, received: Option<&str>| received == Some(expected);
    assert_eq!(document.difference(&document, &equal), None);
    if let Ok(spaced) = Document::parse(&format!("# a comment\n,{text}\n ")) {
        assert_eq!(spaced, document);
    }
    if let Ok(other) = Document::parse(&other) {
        let differs = document.difference(&other, &equal).is_some();
        assert_eq!(differs, document != other);
        assert_eq!(differs, other.difference(&document, &equal).is_some());
    }
}

/// A document that is served equals the document that was written, in every charset that it declares.
pub(crate) fn xml(data: &[u8]) {
    let Some(text) = xml::decode("", data) else { return };
    let Ok(root) = Element::parse(&text) else { return };
    assert_eq!(Element::parse(&format!("\u{FEFF}{text}\n")).ok().as_ref(), Some(&root));
    // Some charsets can be read and not be written.
    if xml::encode("", &text).is_none() {
        return;
    }
    let Ok(body) = XmlBody::parse(text.into_owned()) else { return };
    let promise = ResponsePromise::new(200, Vec::new(), Some(ResponseBody::Xml(body)));
    let verdict = judge(&promise, &[], &Method::GET, Rendering::new(&promise).always());
    assert!(verdict.mismatches.is_empty(), "{:?}", verdict.mismatches);
}

/// A field with each grammar, and one with none; true for lists, whose lines may be joined with commas.
const FIELDS: &[(&str, bool)] = &[
    ("accept", true),
    ("authorization", false),
    ("content-disposition", false),
    ("content-encoding", true),
    ("content-type", false),
    ("host", false),
    ("if-none-match", true),
    ("link", true),
    ("x-unknown", true),
];

/// The first line is the value of a field, the second one another value, and the rest is a body that the first one describes.
pub(crate) fn fields(data: &[u8]) {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let value = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let other = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let body = lines.next().unwrap_or_default();
    compared(&value, &other);
    let essence = MediaType::parse(&value);
    assert_eq!(MediaType::parse(essence.essence()), essence);
    for (name, _) in parameters(&value) {
        assert!(parameter(&value, name).is_some(), "{name}");
    }
    if let Some(text) = decode_text(&value, body)
        && let Some(bytes) = encode_text(&value, &text)
    {
        assert_eq!(decode_text(&value, &bytes).as_deref(), Some(&*text));
    }
    if let Ok(cookie) = HeaderValue::from_str(&value) {
        let headers = HeaderMap::from_iter([(http::header::COOKIE, cookie)]);
        assert!(cookie_pairs(&headers).all(|(name, value)| !name.contains(['=', ';']) && !value.contains(';')));
    }
    let Ok(parts) = multipart::parse(&value, &Bytes::copy_from_slice(body)) else { return };
    let boundary = multipart::boundary(&parts);
    let kind = format!("multipart/form-data; boundary={boundary}");
    let again = multipart::parse(&kind, &multipart::write(&parts, &boundary)).expect("what is written is a form");
    let contents = |parts: &[multipart::Part]| parts.iter().map(|part| part.content.clone()).collect::<Vec<_>>();
    assert_eq!(contents(&again), contents(&parts));
}

/// Comparing is reflexive and symmetric, and the lines of a list may be joined.
fn compared(value: &str, other: &str) {
    for (name, is_list) in FIELDS {
        let is_same = |written: &[&str], received: &[&str]| field_value::is_same(name, written, received);
        assert!(is_same(&[value], &[value]), "{name}: {value:?} differs from itself");
        // Spaces inside quotes that are never closed count.
        if !value.contains('"') {
            assert!(is_same(&[value], &[&format!(" {value} ")]), "{name}: {value:?} differs with spaces around it");
        }
        // A charset may be received that was not written, and not the other way round.
        let has_charset = |value: &str| parameter(value, "charset").is_some();
        if *name != "content-type" || !(has_charset(value) || has_charset(other)) {
            let (there, back) = (is_same(&[value], &[other]), is_same(&[other], &[value]));
            assert_eq!(there, back, "{name}: {value:?} and {other:?} differ in one direction");
        }
        // A comma inside quotes that are never closed joins nothing, and neither does one beside nothing.
        let can_be_joined = |value: &str| !value.contains('"') && !value.trim().is_empty();
        if *is_list && can_be_joined(value) && can_be_joined(other) {
            let joined = format!("{}, {}", value.trim(), other.trim());
            assert!(is_same(&[value, other], &[&joined]), "{name}: {joined:?} differs from its lines");
        }
    }
}
