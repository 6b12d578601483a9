//! `application/x-www-form-urlencoded` bodies.

use crate::target::{encode_query_part, query_pairs};

/// The pairs of a form body; bytes that are not UTF-8 become U+FFFD.
#[must_use]
pub fn parse(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    query_pairs(text.trim_end_matches(['\r', '\n'])).map(|(n, v)| (n.into_owned(), v.into_owned())).collect()
}

/// Pairs as a form body or a query.
pub fn write<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> =
        pairs.into_iter().map(|(n, v)| format!("{}={}", encode_query_part(n), encode_query_part(v))).collect();
    pairs.join("&")
}
