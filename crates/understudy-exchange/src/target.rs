//! The request target: path segments and query pairs (RFC 3986; queries as the WHATWG URL standard's
//! `application/x-www-form-urlencoded`).

use std::borrow::Cow;

/// Decodes `%XX`; a `%` that starts no such triple stands for itself. Bytes that are not UTF-8 become
/// U+FFFD.
#[must_use]
pub fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte == b'%') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(String::from_utf8_lossy(&percent_decode_bytes(text.as_bytes(), false)).into_owned())
}

pub(crate) fn percent_decode_bytes(text: &[u8], plus_is_space: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let digit = |i: usize| text.get(at + i).and_then(|b| char::from(*b).to_digit(16));
        match text[at] {
            b'%' => match (digit(1), digit(2)) {
                (Some(high), Some(low)) => {
                    out.push((high * 16 + low) as u8);
                    at += 2;
                }
                _ => out.push(b'%'),
            },
            b'+' if plus_is_space => out.push(b' '),
            byte => out.push(byte),
        }
        at += 1;
    }
    out
}

/// Encodes everything but the unreserved characters and `keep`.
fn percent_encode(text: &str, keep: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A text as one path segment (RFC 3986, section 3.3): `/` and `%` are encoded.
#[must_use]
pub fn encode_segment(text: &str) -> String {
    // A segment of dots alone would be taken for a step up or for nothing at all.
    match text {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => percent_encode(text, b"!$&'()*+,;=:@"),
    }
}

/// A text as one name or value of a query.
#[must_use]
pub fn encode_query_part(text: &str) -> String {
    percent_encode(text, b"!$'()*,:@/?")
}

/// One name or value of a query or form: `%XX` and `+` decoded.
#[must_use]
pub fn decode_query_part(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(String::from_utf8_lossy(&percent_decode_bytes(text.as_bytes(), true)).into_owned())
}

/// The pairs of a query or form, in order and with duplicates. `?a` is `a` with an empty value.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode_query_part(name), decode_query_part(value))
    })
}

/// Replaces the values of the selected query parameters by `word`.
pub fn replace_values<'t>(target: &'t str, is_replaced: impl Fn(&str) -> bool, word: &str) -> Cow<'t, str> {
    let Some((path, query)) = target.split_once('?') else { return target.into() };
    let replaced_name =
        |pair: &'t str| pair.split_once('=').map(|(name, _)| name).filter(|name| is_replaced(&decode_query_part(name)));
    if !query.split('&').any(|pair| replaced_name(pair).is_some()) {
        return target.into();
    }
    let pairs = query.split('&').map(|pair| match replaced_name(pair) {
        Some(name) => format!("{name}={word}").into(),
        None => Cow::Borrowed(pair),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&")).into()
}

/// The segments of a path, still encoded: `/a//b/` has `a`, ``, `b`, ``; `/` has one, empty.
pub fn segments(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path.strip_prefix('/').unwrap_or(path));
    // Segments are short: looking at their bytes is quicker than beginning a search for each.
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().position(|byte| byte == b'/');
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_replaced_by_the_decoded_name() {
        let replaced = |target| replace_values(target, |name| name == "api key", "…").into_owned();
        assert_eq!(replaced("/a?b=1&api+key=2&api%20key=3&c"), "/a?b=1&api+key=…&api%20key=…&c");
        assert_eq!(replaced("/api key?api"), "/api key?api");
    }

    #[test]
    fn queries_are_decoded_and_keep_order_and_duplicates() {
        let pairs: Vec<_> = query_pairs("a=1&b=x+y&a=%2B&c&&d=%zz&e=%FF").collect();
        let expected = [("a", "1"), ("b", "x y"), ("a", "+"), ("c", ""), ("d", "%zz"), ("e", "\u{FFFD}")]
            .map(|(n, v)| (n.into(), v.into()));
        assert_eq!(pairs, expected);
    }

    #[test]
    fn an_encoded_part_decodes_to_itself() {
        for text in ["a b", "a/b?c&d=e+f%20", "é\u{1F600}", "", "a;b"] {
            assert_eq!(decode_query_part(&encode_query_part(text)), text);
            assert_eq!(percent_decode(&encode_segment(text)), text);
            assert!(!encode_segment(text).contains('/'));
        }
        assert_eq!(encode_segment(".."), "%2E%2E");
    }
}
