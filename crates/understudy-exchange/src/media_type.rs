//! Media types (RFC 9110, section 8.3.1).

use crate::charset::is_same_charset;

/// A media type without its parameters, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    essence: String,
}

impl MediaType {
    /// The media type of a `Content-Type` value; parameters are dropped.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let essence = value.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        Self { essence }
    }

    /// `type/subtype`, in lower case.
    #[must_use]
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// `application/json`, `text/json` and everything with the suffix `+json` (RFC 6839, section 3.1).
    #[must_use]
    pub fn is_json(&self) -> bool {
        matches!(self.essence.as_str(), "application/json" | "text/json") || self.essence.ends_with("+json")
    }

    /// `application/xml`, `text/xml` and everything with the suffix `+xml` (RFC 7303, sections 9 and 8).
    #[must_use]
    pub fn is_xml(&self) -> bool {
        matches!(self.essence.as_str(), "application/xml" | "text/xml") || self.essence.ends_with("+xml")
    }

    /// Returns true for textual types: `text/*`, JSON, XML, scripts, YAML, forms and playlists.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.is_json()
            || self.essence.starts_with("text/")
            || self.is_xml()
            || matches!(
                self.essence.as_str(),
                "application/javascript"
                    | "application/graphql"
                    | "application/toml"
                    | "application/yaml"
                    | "application/x-ndjson"
                    | "application/jsonl"
                    | "application/x-www-form-urlencoded"
                    | "application/x-mpegurl"
                    | "application/vnd.apple.mpegurl"
            )
    }
}

/// A parameter of a `Content-Type` or `Content-Disposition` value, unquoted.
#[must_use]
pub fn parameter(value: &str, name: &str) -> Option<String> {
    parameters(value).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, found)| found)
}

/// The parameters of a `Content-Type` or `Content-Disposition` value in their order, unquoted.
pub fn parameters(value: &str) -> impl Iterator<Item = (&str, String)> {
    let mut rest = value.find(';').map_or("", |at| &value[at + 1..]);
    std::iter::from_fn(move || {
        loop {
            // A parameter without a value is none.
            let end = rest.find([';', '='])?;
            let (key, after) = (&rest[..end], &rest[end + 1..]);
            if rest.as_bytes()[end] == b';' {
                rest = after;
                continue;
            }
            let (found, next) = unquote(after.trim_start());
            rest = next.find(';').map_or("", |at| &next[at + 1..]);
            return Some((key.trim(), found));
        }
    })
}

/// The value at the beginning of a text, a token or a quoted string, and what follows it.
pub(crate) fn unquote(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut out = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (out, &quoted[at + 1..]),
            '\\' => out.extend(chars.next().map(|(_, c)| c)),
            c => out.push(c),
        }
    }
    (out, "")
}

/// Returns true if a received media type has everything that is written: the type, and each parameter with its value.
/// The names and the value of `charset` have no case, values may be quoted, and the order does not count
/// (RFC 9110, section 8.3.1). The boundary of a multipart body differs each time and does not count.
#[must_use]
pub fn covers(written: &str, received: &str) -> bool {
    let kind = MediaType::parse(written);
    kind == MediaType::parse(received) && has_all(&kind, written, received)
}

/// Returns true if two media types mean the same. As [`covers`], and the received one has no other parameters than
/// those that are written, a `charset` and a `boundary` aside.
#[must_use]
pub fn is_same(written: &str, received: &str) -> bool {
    let is_free = |name: &str| name.eq_ignore_ascii_case("charset") || name.eq_ignore_ascii_case("boundary");
    covers(written, received)
        && parameters(received).all(|(name, found)| is_free(name) || values(written, name).any(|value| value == found))
}

/// The values of all parameters with a name: some senders repeat one.
fn values(value: &str, name: &str) -> impl Iterator<Item = String> {
    parameters(value).filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, found)| found)
}

fn has_all(kind: &MediaType, written: &str, received: &str) -> bool {
    // JSON and forms are always in UTF-8: a `charset` that says so adds nothing (RFC 8259, section 11).
    let is_utf_8 = kind.is_json() || kind.essence() == "application/x-www-form-urlencoded";
    parameters(written).all(|(name, wanted)| {
        let is_charset = name.eq_ignore_ascii_case("charset");
        let mut found = values(received, name).peekable();
        if name.eq_ignore_ascii_case("boundary") {
            true
        } else if found.peek().is_none() {
            is_charset && is_utf_8 && is_same_charset(&wanted, "utf-8")
        } else {
            found.any(|found| found == wanted || (is_charset && is_same_charset(&found, &wanted)))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_name_and_suffix() {
        for value in ["application/json", "Application/JSON; charset=utf-8", "application/problem+json", "text/json"] {
            assert!(MediaType::parse(value).is_json(), "{value}");
        }
        for value in ["text/plain", "application/jsonp", "", "application/json-seq"] {
            assert!(!MediaType::parse(value).is_json(), "{value}");
        }
    }

    #[test]
    fn parameters_may_be_quoted() {
        let value = r#"form-data; name="a;b\"c"; filename=x.png"#;
        assert_eq!(parameter(value, "name").as_deref(), Some("a;b\"c"));
        assert_eq!(parameter(value, "FILENAME").as_deref(), Some("x.png"));
        assert_eq!(parameter(value, "other"), None);
        assert_eq!(parameter("text/plain; flag; charset=utf-8", "charset").as_deref(), Some("utf-8"));
    }

    #[test]
    fn written_parameters_count_and_their_spelling_does_not() {
        let json = "application/json; charset=utf-8";
        for (written, received) in [
            (json, "Application/JSON;Charset=\"utf-8\""),
            (json, "application/json"),
            ("application/json", "application/json;charset=UTF-8"),
            ("text/plain", "text/plain;charset=iso-8859-1"),
            ("a/b; x=1; y=\"2 3\"", "A/B;Y=\"2 3\" ; X=\"1\""),
            ("multipart/form-data; boundary=a", "multipart/form-data; boundary=b"),
            ("a/b; x=1; x=2", "a/b;x=1;x=2"),
            ("a/b; x=1; x=2", "a/b; x=2; x=1"),
        ] {
            assert!(is_same(written, received), "{written} {received}");
        }
        for (written, received) in [
            (json, "application/json; charset=iso-8859-1"),
            ("text/csv; charset=utf-8", "text/csv"),
            ("application/json; version=1", "application/json; version=2"),
            ("application/json; version=1", "application/json"),
            ("application/json", "application/json; version=1"),
            ("application/json", "text/json"),
            ("a/b; x=a", "a/b; x=A"),
            ("a/b; x=1; x=2", "a/b; x=1"),
            ("a/b; x=1", "a/b; x=1; x=2"),
        ] {
            assert!(!is_same(written, received), "{written} {received}");
        }
        assert!(covers("application/json", "application/json; version=1"));
    }
}
