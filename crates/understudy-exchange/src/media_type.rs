//! Media types (RFC 9110, section 8.3.1).

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
    let mut rest = value;
    std::iter::from_fn(move || {
        let at = rest.find(';')?;
        let (key, after) = rest[at + 1..].split_once('=')?;
        let (found, next) = unquote(after.trim_start());
        rest = next;
        Some((key.trim(), found))
    })
}

fn unquote(text: &str) -> (String, &str) {
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
    }
}
