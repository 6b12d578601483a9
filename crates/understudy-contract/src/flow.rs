//! What a fixture leaves to those that come after it.

use crate::jar::{Jar, cookie_set};
use http::header::LINK;
use std::collections::BTreeMap;
use understudy_exchange::link::links;
use understudy_exchange::target::{percent_decode, query_pairs};
use understudy_exchange::{Json, Response, field_value};
use understudy_fixture::model::{Capture, CaptureFrom, Fixture};
use understudy_match::{Kind, Mismatch};

/// Captured values and cookies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    pub(crate) values: BTreeMap<String, Json>,
    pub(crate) jar: Jar,
}

impl Context {
    /// What several parents leave; of two values with one name, the later parent's.
    pub(crate) fn merge<'c>(parents: impl Iterator<Item = &'c Self>) -> Self {
        let mut merged = Self::default();
        for parent in parents {
            merged.values.extend(parent.values.iter().map(|(name, value)| (name.clone(), value.clone())));
            merged.jar.merge(&parent.jar);
        }
        merged
    }

    /// Takes what a fixture captures of its answer; says what is not there.
    pub(crate) fn capture(&mut self, fixture: &Fixture, answer: &Response) -> Vec<Mismatch> {
        self.jar.take(&answer.headers);
        let mut missing = Vec::new();
        for Capture { name, from } in &fixture.verify.capture {
            match find(from, answer) {
                Ok(value) => {
                    self.values.insert(name.clone(), value);
                }
                Err(received) => missing.push(Mismatch {
                    path: describe(from),
                    kind: Kind::Capture,
                    expected: format!("a value for `{name}`"),
                    received,
                }),
            }
        }
        missing
    }
}

fn describe(from: &CaptureFrom) -> String {
    match from {
        CaptureFrom::Body(path) => path.as_str().to_owned(),
        CaptureFrom::Header { name, .. } => name.clone(),
        CaptureFrom::Cookie(name) => format!("cookie {name}"),
        CaptureFrom::Text(_) => "body".to_owned(),
    }
}

fn find(from: &CaptureFrom, answer: &Response) -> Result<Json, String> {
    let nothing = || "(nothing)".to_owned();
    match from {
        CaptureFrom::Body(path) => {
            let body = Json::parse(&answer.body).map_err(|_| "a body that is no JSON".to_owned())?;
            path.select(&body).first().map(|node| node.value.clone()).ok_or_else(nothing)
        }
        CaptureFrom::Cookie(name) => {
            // Scripts send the decoded value in header fields.
            let value = cookie_set(&answer.headers, name).map(|value| percent_decode(&value).into_owned());
            value.map(Json::string).ok_or_else(nothing)
        }
        CaptureFrom::Text(search) => {
            let text = String::from_utf8_lossy(&answer.body);
            search.find(&text).map(Json::string).ok_or_else(|| "no such text".to_owned())
        }
        CaptureFrom::Header { name, matches, query } => {
            let lines: Vec<_> = answer.headers.get_all(name.as_str()).into_iter().map(field_value::text).collect();
            if lines.is_empty() {
                return Err(nothing());
            }
            let mut lines_in_order = lines.iter().map(|line| &**line);
            let found = match (matches, query) {
                (Some(search), _) => lines_in_order.find_map(|line| search.find(line).map(str::to_owned)),
                (None, Some(query)) if name == LINK.as_str() => linked_parameter(lines_in_order, query),
                (None, Some(query)) => lines_in_order.find_map(|line| parameter(line, query)),
                (None, None) => lines_in_order.next().map(str::to_owned),
            };
            found.map(Json::string).ok_or_else(|| lines.join(", "))
        }
    }
}

/// Returns a parameter of a URL, decoded. Sign-ins without a server send parameters in the fragment (RFC 6749, section 4.2.2).
fn parameter(url: &str, name: &str) -> Option<String> {
    let (before, fragment) = url.split_once('#').unwrap_or((url, ""));
    let query = before.split_once('?').map_or("", |(_, query)| query);
    let fragment = fragment.split_once('?').map_or(fragment, |(_, query)| query);
    let found = |pairs| query_pairs(pairs).find(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    found(query).or_else(|| found(fragment))
}

/// Returns a parameter of the target of the link to the next page, or of the first link that has the parameter.
fn linked_parameter<'l>(lines: impl Iterator<Item = &'l str>, name: &str) -> Option<String> {
    let found = lines.flat_map(links).filter_map(|link| Some((parameter(link.target, name)?, link.relations)));
    let mut found: Vec<(String, Vec<String>)> = found.collect();
    // The order of the others stays.
    found.sort_by_key(|(_, relations)| !relations.iter().any(|relation| relation == "next"));
    found.into_iter().next().map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    use understudy_fixture::model::Search;

    #[test]
    fn cookies_and_texts_are_captured_as_clients_send_them() {
        let mut headers = HeaderMap::new();
        headers.insert("set-cookie", HeaderValue::from_static("XSRF-TOKEN=eyJpdiI6%3D; Path=/"));
        let body = Bytes::from_static(b"<input name=\"_token\" value=\"w4Lm8n\">");
        let answer = Response { status: StatusCode::OK, headers, body };
        let search = |pattern| CaptureFrom::Text(Search::parse(pattern).expect("it is an expression"));
        assert_eq!(find(&CaptureFrom::Cookie("XSRF-TOKEN".to_owned()), &answer), Ok(Json::string("eyJpdiI6=")));
        assert_eq!(find(&search("_token\" value=\"([^\"]+)"), &answer), Ok(Json::string("w4Lm8n")));
        assert!(find(&search("csrf=([0-9]+)"), &answer).is_err());
    }

    /// json-server #1169, Budibase #8628: the next page is in the `link` field.
    #[test]
    fn parameters_of_links_and_redirects_are_captured() {
        let found = |name: &'static str, lines: &[&'static str], query: &str| {
            let fields = lines.iter().map(|line| (HeaderName::from_static(name), HeaderValue::from_static(line)));
            let answer = Response { status: StatusCode::OK, headers: fields.collect(), body: Bytes::new() };
            let from = CaptureFrom::Header { name: name.to_owned(), matches: None, query: Some(query.to_owned()) };
            find(&from, &answer).map(|value| value.as_str().unwrap_or_default().to_owned())
        };
        let pages = "<https://api.test/a?page=1>; rel=\"prev\", </a?z=1&page=3>; rel=\"next\"";
        assert_eq!(found("link", &[pages], "page").as_deref(), Ok("3"));
        assert_eq!(found("link", &["</a?page=1>; rel=prev", "</a?page=3>; rel=next"], "page").as_deref(), Ok("3"));
        assert_eq!(found("link", &["</a?cursor=a%3D%3D>; rel=last"], "cursor").as_deref(), Ok("a=="));
        assert_eq!(found("link", &["</a?page=1>; rel=next"], "cursor"), Err("</a?page=1>; rel=next".to_owned()));
        assert_eq!(found("location", &["/cb?state=a%20b#top"], "state").as_deref(), Ok("a b"));
        assert_eq!(found("location", &["/cb#state=s1&code=c1"], "code").as_deref(), Ok("c1"));
        assert_eq!(found("location", &["/#/cb?code=c1"], "code").as_deref(), Ok("c1"));
    }
}
