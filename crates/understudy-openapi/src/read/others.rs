//! Documents that are taken for descriptions, and are something else: known by their marks.

use crate::document::At;

/// What a document is, where it is a known one of others: `a Postman collection`.
pub(super) fn other_format(root: At<'_>) -> Option<&'static str> {
    let has = |names: &[&str]| names.iter().all(|name| root.get(name).is_some());
    let all: [(&[&str], &str); 7] = [
        (&["log"], "an HTTP archive"),
        (&["info", "item"], "a Postman collection"),
        (&["requests", "order"], "a Postman collection"),
        (&["endpointPrefix", "routes"], "a Mockoon environment"),
        (&["mappings"], "WireMock's mappings"),
        (&["consumer", "provider"], "a Pact"),
        (&["request", "response"], "a mapping of WireMock, or a fixture"),
    ];
    all.into_iter().find(|(marks, _)| has(marks)).map(|(_, what)| what)
}
