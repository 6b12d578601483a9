//! Rewrites the addresses of a service in requests, responses and fixtures to one address before they are compared or
//! sent.

mod request;
mod response;

pub use request::{fixture_at, request_at};
pub use response::{promise_at, response_at};

use understudy_exchange::{Here, Json, JsonString, Origins};
use understudy_fixture::model::{Check, PathRule, Rule, XmlBody, XmlRule};

/// Rewrites addresses to one address. Each method returns `None` if nothing changes.
struct At<'a> {
    origins: &'a Origins,
    here: Here<'a>,
}

impl At<'_> {
    fn text(&self, text: &str) -> Option<String> {
        self.origins.rewrite(text.as_bytes(), self.here).and_then(|bytes| String::from_utf8(bytes).ok())
    }

    fn field(&self, name: &str, value: &str) -> Option<String> {
        let bytes = self.origins.rewrite_field(name, value.as_bytes(), self.here)?;
        String::from_utf8(bytes).ok()
    }

    fn rule(&self, rule: &Rule) -> Option<Rule> {
        let checks = Self::all(&rule.checks, |check| self.check(check));
        let example = rule.example.as_ref().and_then(|example| self.json(example));
        if checks.is_none() && example.is_none() {
            return None;
        }
        let Rule { checks: old, example: old_example, fresh } = rule.clone();
        Some(Rule { checks: checks.unwrap_or(old), example: example.or(old_example), fresh })
    }

    /// Regular expressions stay: an address in an expression cannot be rewritten.
    fn check(&self, check: &Check) -> Option<Check> {
        Some(match check {
            Check::Equals(value) => Check::Equals(self.json(value)?),
            Check::Contains(text) => Check::Contains(self.text(text)?),
            Check::StartsWith(text) => Check::StartsWith(self.text(text)?),
            Check::OneOf(values) => Check::OneOf(self.each(values)?),
            Check::Each(rule) => Check::Each(self.rule(rule)?.into()),
            Check::Keys(rule) => Check::Keys(self.rule(rule)?.into()),
            Check::Optional(rule) => Check::Optional(self.rule(rule)?.into()),
            Check::Nullable(rule) => Check::Nullable(self.rule(rule)?.into()),
            Check::Not(rule) => Check::Not(self.rule(rule)?.into()),
            _ => return None,
        })
    }

    fn json(&self, value: &Json) -> Option<Json> {
        match value {
            Json::String(text) => self.text(text.as_str()).map(Json::string),
            Json::Array(items) => self.each(items).map(Json::Array),
            Json::Object(members) => {
                let member = |(name, value): &(JsonString, Json)| Some((name.clone(), self.json(value)?));
                Self::all(members, member).map(Json::Object)
            }
            _ => None,
        }
    }

    fn each(&self, values: &[Json]) -> Option<Vec<Json>> {
        Self::all(values, |value| self.json(value))
    }

    /// Returns all values if one of them changes.
    fn all<T: Clone>(values: &[T], moved: impl Fn(&T) -> Option<T>) -> Option<Vec<T>> {
        let moved: Vec<Option<T>> = values.iter().map(moved).collect();
        let has_changed = moved.iter().any(Option::is_some);
        let all = values.iter().zip(moved).map(|(value, moved)| moved.unwrap_or_else(|| value.clone()));
        has_changed.then(|| all.collect())
    }

    fn xml(&self, body: &XmlBody) -> Option<XmlBody> {
        let text = self.text(body.as_str());
        let rule = |one: &XmlRule| Some(XmlRule { path: one.path.clone(), rule: self.rule(&one.rule)? });
        let rules = Self::all(&body.rules, rule);
        if text.is_none() && rules.is_none() {
            return None;
        }
        let mut moved = text.and_then(|text| XmlBody::parse(text).ok()).unwrap_or_else(|| body.clone());
        moved.rules = rules.unwrap_or_else(|| body.rules.clone());
        Some(moved)
    }

    fn path_rule(&self, rule: &PathRule) -> Option<PathRule> {
        Some(PathRule { path: rule.path.clone(), rule: self.rule(&rule.rule)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method, StatusCode};
    use understudy_exchange::{Origin, Request, Response};
    use understudy_fixture::model::Fixture;
    use understudy_fixture::{BodyFiles, FileProblem, Source, fixture};

    struct NoFiles;

    impl BodyFiles for NoFiles {
        fn read(&self, _: &str) -> Result<Bytes, FileProblem> {
            Err(FileProblem::Missing(Vec::new()))
        }
    }

    const HERE: Here<'static> = Here { is_tls: false, authority: "127.0.0.1:9", path: "" };

    fn origins(address: &str) -> Origins {
        Origins::new(Origin::parse(address))
    }

    fn read(text: &str) -> Fixture {
        let source = Source { file: "f.yaml".into(), text: text.to_owned() };
        let (read, problems) = fixture(&source, "f", &NoFiles);
        read.unwrap_or_else(|| panic!("{problems:?}"))
    }

    /// A response from a backend at another address passes each kind of rule on the address in the fixture.
    #[test]
    fn a_promise_of_an_address_is_kept_at_another_one() {
        let fixture = read(
            "request: { path: /a }\nresponse:\n  headers:\n    link: <https://api.example.com/b>\n    \
             x-up: { starts_with: 'https://api.example.com/' }\n  body:\n    json: { self: 'https://api.example.com/a', \
             up: 'https://api.example.com/', of: [{ u: 'https://api.example.com/x' }] }\n  match:\n    $.self: exact\n    \
             $.up: { one_of: ['https://api.example.com/', none] }\n    $.of: { each: { equals: { u: 'https://api.example.com/x' } } }\n",
        );
        let answer = |own: &str| {
            let body = format!("{{\"self\":\"{own}/a\",\"up\":\"{own}/\",\"of\":[{{\"u\":\"{own}/x\"}}]}}");
            let mut headers =
                HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
            for (name, value) in [("link", format!("<{own}/b>")), ("x-up", format!("{own}/c"))] {
                headers.insert(name, value.parse().expect("a value"));
            }
            Response { status: StatusCode::OK, headers, body: body.into() }
        };
        let promise = promise_at(&fixture.responses[0], &origins("https://api.example.com"), HERE);
        let found = |own: &str| {
            let answer = answer(own);
            let answer = response_at(&answer, &origins("http://127.0.0.1:9"), HERE);
            crate::judge(&promise, &[], &Method::GET, &answer).mismatches.len()
        };
        assert_eq!(found("http://localhost:9"), 0);
        assert_eq!(found("http://localhost:99"), 5);
    }

    #[test]
    fn a_request_is_compared_and_sent_with_one_address() {
        let fixture = read(
            "request:\n  method: POST\n  path: /a\n  query: { next: 'https://api.example.com/b' }\n  \
             headers: { x-up: { one_of: ['https://api.example.com/c'] } }\n  \
             body: { json: { parent: 'https://api.example.com/items/{{id}}' } }\nresponse: {}\n",
        );
        let moved = fixture_at(&fixture, &origins("https://api.example.com"), HERE).expect("it names the service");
        let values = |_: &str| Some(Json::string("7"));
        let example = |fixture: &Fixture| crate::example_request(fixture, "", &values).expect("it has an example");
        let sent = request_at(&example(&fixture), &origins("https://api.example.com"), HERE).into_owned();
        assert_eq!(sent.body, "{\"parent\":\"http://127.0.0.1:9/items/7\"}");
        assert_eq!(sent.target.as_str(), "/a?next=http://127.0.0.1:9/b");
        let Request { target, headers, body, .. } = example(&moved);
        assert_eq!((&sent.target, &sent.headers, &sent.body), (&target, &headers, &body));
        assert!(fixture_at(&moved, &origins("https://api.example.com"), HERE).is_none());
    }
}
