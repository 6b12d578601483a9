//! The request that a contract test sends: the fixture's example.

use crate::derived::texts_of_a_form;
use crate::rule::occurrences_obey;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::borrow::Cow;
use understudy_exchange::multipart::{self, Part};
use understudy_exchange::target::{encode_query_part, encode_segment};
use understudy_exchange::{Json, JsonString, Request, encode_text, form, xml};
use understudy_fixture::model::{
    Check, Field, FieldMatcher, Fixture, Graphql, MethodMatcher, NamedPart, PartContent, Pattern, PatternPart,
    RequestBody, Rule, Segment, SegmentPart,
};

/// Why no example request can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoExample {
    /// The part of the request: `{{petId}}`, `path parameter id`.
    pub name: String,
    /// True if the part has a value that no request can carry, false if it has none.
    pub is_unsendable: bool,
    /// What to do about it.
    pub hint: String,
}

impl std::fmt::Display for NoExample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let problem = if self.is_unsendable { "cannot be sent" } else { "has no value" };
        write!(f, "{} {problem}: {}", self.name, self.hint)
    }
}

/// Gives the value of `{{name}}`.
pub(crate) type Values<'a> = dyn Fn(&str) -> Option<Json> + 'a;

/// The request that a contract test sends. `base` is the service's prefix of every path.
///
/// # Errors
/// [`NoExample`] names what has no value.
pub fn example_request(fixture: &Fixture, base: &str, values: &Values<'_>) -> Result<Request, NoExample> {
    request(fixture, base, &Filler { values: Some(values) })
}

/// A request that the stub answers. A placeholder stands for anything there: here for its own name, or for what a rule asks for
/// whose example it is.
///
/// # Errors
/// [`NoExample`] names what has no value.
pub fn stub_request(fixture: &Fixture, base: &str) -> Result<Request, NoExample> {
    request(fixture, base, &Filler { values: None })
}

fn request(fixture: &Fixture, base: &str, filler: &Filler<'_>) -> Result<Request, NoExample> {
    let request = &fixture.request;
    let mut target = base.to_owned();
    for segment in &request.path.segments {
        target.push('/');
        target.push_str(&filler.segment(segment, &request.params)?);
    }
    let query = filler.pairs("query parameter", &request.query)?;
    let pairs: Vec<String> =
        query.iter().map(|(n, v)| format!("{}={}", encode_query_part(n), encode_query_part(v))).collect();
    if !pairs.is_empty() {
        target.push('?');
        target.push_str(&pairs.join("&"));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in filler.pairs("header", &request.headers)? {
        insert_header(&name, &value, &mut headers)?;
    }
    let cookies = filler.pairs("cookie", &request.cookies)?;
    if !cookies.is_empty() {
        let cookies = cookies.iter().map(|(name, value)| cookie(name, value)).collect::<Result<Vec<_>, _>>()?;
        insert_header(COOKIE.as_str(), &cookies.join("; "), &mut headers)?;
    }
    let body = match &request.body {
        Some(body) => filler.body(body, lists_content_type(&request.headers), &mut headers)?,
        None if request.rules.is_empty() => Bytes::new(),
        None => return Err(no_example("the body", "write an example under request.body")),
    };
    let method = match &request.method {
        MethodMatcher::Any => Method::GET,
        MethodMatcher::Is(method) => method.clone(),
    };
    // Its values may be secrets.
    let target =
        target.try_into().map_err(|_| unsendable(format!("the target of {}", request.path), "percent-encode it"))?;
    Ok(Request { method, target, headers, body })
}

/// Returns true if a fixture specifies the content type of its request, or that it has none.
fn lists_content_type(fields: &[Field]) -> bool {
    fields.iter().any(|field| field.name == CONTENT_TYPE.as_str())
}

fn no_example(name: impl Into<String>, hint: impl Into<String>) -> NoExample {
    NoExample { name: name.into(), is_unsendable: false, hint: hint.into() }
}

fn unsendable(name: impl Into<String>, hint: impl Into<String>) -> NoExample {
    NoExample { is_unsendable: true, ..no_example(name, hint) }
}

/// The pair of a cookie (RFC 6265, section 4.2.1).
fn cookie(name: &str, value: &str) -> Result<String, NoExample> {
    let is_cut = value.contains(';') || value.trim() != value || name.contains(['=', ';']);
    if is_cut {
        return Err(unsendable(
            format!("cookie {name}"),
            "a cookie cannot hold `;` or white space at its ends: encode it",
        ));
    }
    Ok(format!("{name}={value}"))
}

fn insert_header(name: &str, value: &str, headers: &mut HeaderMap) -> Result<(), NoExample> {
    let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()))
    else {
        return Err(unsendable(format!("header {name}"), "a header holds no line breaks or control characters"));
    };
    if value.as_bytes().trim_ascii() != value.as_bytes() {
        return Err(unsendable(
            format!("header {name}"),
            "its value begins or ends with white space, which is removed on the way: take it out",
        ));
    }
    headers.append(name, value);
    Ok(())
}

/// A path parameter names a resource. A value that only has the right form would name one that does not exist, or one
/// that nobody meant to change.
const PATH_PARAMETER: &str = "path parameter";

struct Filler<'a> {
    /// What placeholders stand for; nothing is known of them where a stub is asked.
    values: Option<&'a Values<'a>>,
}

impl Filler<'_> {
    fn placeholder(&self, name: &str) -> Result<Json, NoExample> {
        let Some(values) = self.values else { return Ok(Json::string(name)) };
        values(name).ok_or_else(|| {
            no_example(
                format!("{{{{{name}}}}}"),
                format!(
                    "capture `{name}` in a fixture that this one comes `after`, or write it under the backend's `vars`"
                ),
            )
        })
    }

    fn placeholder_text(&self, name: &str) -> Result<String, NoExample> {
        match self.placeholder(name)? {
            // The word would be the name of another resource.
            Json::Null => Err(unsendable(format!("{{{{{name}}}}}"), "its value is null, which only JSON can hold")),
            value => Ok(as_text(&value)),
        }
    }

    fn pattern(&self, pattern: &Pattern) -> Result<String, NoExample> {
        self.document(pattern, |_, value| value)
    }

    /// Fills a document. `written` gets the text before a placeholder and its value, and returns how the value is written
    /// there.
    fn document(&self, pattern: &Pattern, written: fn(&str, String) -> String) -> Result<String, NoExample> {
        let mut out = String::new();
        for part in &pattern.parts {
            match part {
                PatternPart::Text(text) => out.push_str(text),
                PatternPart::Placeholder(name) => {
                    let value = written(&out, self.placeholder_text(name)?);
                    out.push_str(&value);
                }
            }
        }
        Ok(out)
    }

    fn segment(&self, segment: &Segment, params: &[Field]) -> Result<String, NoExample> {
        let part = |part: &SegmentPart| match part {
            SegmentPart::Text(text) => Ok(encode_segment(text)),
            SegmentPart::Placeholder(name) => Ok(encode_segment(&self.placeholder_text(name)?)),
            SegmentPart::Parameter(name) => Ok(encode_segment(&self.parameter(name, params)?)),
        };
        match segment {
            Segment::Literal(text) => Ok(encode_segment(text)),
            Segment::Parameter(only) => match part(only)? {
                // A path without the segment names another resource: all of them, most often.
                text if text.is_empty() && self.values.is_some() => {
                    Err(unsendable(format!("the segment {segment} of the path"), "its value is empty"))
                }
                text => Ok(text),
            },
            Segment::Mixed(parts) => parts.iter().map(part).collect(),
            Segment::Rest(name) => {
                let text = self.parameter(name, params)?;
                Ok(text.split('/').map(encode_segment).collect::<Vec<_>>().join("/"))
            }
        }
    }

    fn parameter(&self, name: &str, params: &[Field]) -> Result<String, NoExample> {
        let missing = || {
            no_example(
                format!("path parameter {name}"),
                format!("write an example: params: {{ {name}: {{ type: string, example: ... }} }}"),
            )
        };
        let field = params.iter().find(|field| field.name == name).ok_or_else(missing)?;
        self.field(PATH_PARAMETER, field)?.into_iter().next().ok_or_else(missing)
    }

    /// The values to send for one name: none for a rule that allows it.
    fn field(&self, what: &str, field: &Field) -> Result<Vec<String>, NoExample> {
        match &field.matcher {
            FieldMatcher::Equals(pattern) => Ok(vec![self.pattern(pattern)?]),
            FieldMatcher::List(patterns) => patterns.iter().map(|pattern| self.pattern(pattern)).collect(),
            FieldMatcher::Rule(Rule { example: Some(Json::Array(values)), .. }) => {
                values.iter().map(|value| self.json(value).map(|value| as_text(&value))).collect()
            }
            FieldMatcher::Rule(rule) => match self.rule(rule, what != PATH_PARAMETER)? {
                Some(value) => Ok(vec![value]),
                None if rule.allows_missing() => Ok(Vec::new()),
                None => {
                    Err(no_example(format!("{what} {}", field.name), format!("add an `example` to its rule, {rule}")))
                }
            },
        }
    }

    /// The value to send for a rule: its example, or one that a check names. A check that only describes the form of a
    /// value is enough `by_form`.
    fn rule(&self, rule: &Rule, by_form: bool) -> Result<Option<String>, NoExample> {
        let mut stand_in = None;
        if let Some(example) = &rule.example {
            let filled = self.json(example)?;
            let text = as_text(&filled);
            if self.values.is_some() || filled == *example || occurrences_obey(rule, &[&text], true) {
                return Ok(Some(text));
            }
            stand_in = Some(text);
        }
        let mut candidates = Vec::new();
        for check in &rule.checks {
            match check {
                Check::Equals(value) => candidates.push(as_text(&self.json(value)?)),
                Check::OneOf(values) => {
                    for value in values {
                        candidates.push(as_text(&self.json(value)?));
                    }
                }
                Check::Contains(text) | Check::StartsWith(text) => {
                    candidates.push(self.pattern(&Pattern::parse(text))?);
                }
                Check::Optional(inner) | Check::Nullable(inner) | Check::Each(inner) => {
                    candidates.extend(self.rule(inner, by_form)?);
                }
                _ => {}
            }
        }
        if by_form {
            candidates.extend(texts_of_a_form(rule));
        }
        Ok(candidates.into_iter().find(|candidate| occurrences_obey(rule, &[candidate], true)).or(stand_in))
    }

    fn pairs(&self, what: &str, fields: &[Field]) -> Result<Vec<(String, String)>, NoExample> {
        let mut pairs = Vec::new();
        for field in fields {
            pairs.extend(self.field(what, field)?.into_iter().map(|value| (field.name.clone(), value)));
        }
        Ok(pairs)
    }

    /// A value in which texts with `{{name}}` are filled; one that is a placeholder and nothing else keeps
    /// the type of what was captured.
    fn json(&self, value: &Json) -> Result<Json, NoExample> {
        Ok(match value {
            Json::String(text) if text.as_str().contains("{{") => {
                let pattern = Pattern::parse(text.as_str());
                match pattern.as_placeholder() {
                    Some(name) => self.placeholder(name)?,
                    None => Json::string(self.pattern(&pattern)?),
                }
            }
            Json::Array(items) => Json::Array(items.iter().map(|item| self.json(item)).collect::<Result<_, _>>()?),
            Json::Object(members) => {
                let members = members.iter().map(|(name, value)| Ok((name.clone(), self.json(value)?)));
                Json::Object(members.collect::<Result<_, _>>()?)
            }
            other => other.clone(),
        })
    }

    fn body(&self, body: &RequestBody, has_own_type: bool, headers: &mut HeaderMap) -> Result<Bytes, NoExample> {
        let mut content_type = |value: &str| {
            if !has_own_type {
                headers.insert(CONTENT_TYPE, HeaderValue::from_str(value).expect("media types are plain text"));
            }
        };
        Ok(match body {
            RequestBody::Json(value) => {
                content_type("application/json");
                self.json(value)?.to_string().into()
            }
            RequestBody::Text(pattern) => {
                content_type("text/plain; charset=utf-8");
                let text = self.pattern(pattern)?;
                let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
                encode_text(kind, &text)
                    .map_or_else(|| Bytes::copy_from_slice(text.as_bytes()), |encoded| encoded.into_owned().into())
            }
            RequestBody::Form(fields) => {
                content_type("application/x-www-form-urlencoded");
                let pairs = self.pairs("form field", fields)?;
                form::write(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))).into()
            }
            RequestBody::Multipart(parts) => {
                let parts = parts.iter().map(|part| self.part(part)).collect::<Result<Vec<_>, _>>()?;
                let boundary = multipart::boundary(&parts);
                // The boundary is ours, whatever was listed.
                headers.remove(CONTENT_TYPE);
                insert_header(CONTENT_TYPE.as_str(), &format!("multipart/form-data; boundary={boundary}"), headers)?;
                multipart::write(&parts, &boundary)
            }
            RequestBody::Xml(document) => {
                content_type("application/xml");
                let text = self.document(&Pattern::parse(document.as_str()), in_xml)?;
                let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
                let encoded = xml::encode(kind, &text).map(std::borrow::Cow::into_owned);
                encoded.map_or_else(|| text.into(), Into::into)
            }
            RequestBody::Graphql(request) => {
                content_type("application/json");
                self.graphql(request)?.to_string().into()
            }
            RequestBody::GraphqlBatch(all) => {
                content_type("application/json");
                Json::Array(all.iter().map(|one| self.graphql(one)).collect::<Result<_, _>>()?).to_string().into()
            }
            RequestBody::Base64(bytes) => bytes.clone(),
            RequestBody::File(file) => file.content.clone(),
        })
    }

    /// A GraphQL request as it is sent in JSON.
    fn graphql(&self, request: &Graphql) -> Result<Json, NoExample> {
        let mut members = Vec::new();
        match &request.query {
            Some(query) => {
                members.push(("query", Json::string(self.document(&Pattern::parse(query.as_str()), in_graphql)?)));
            }
            None if request.extensions.is_none() => {
                let hint = "the contract test sends it: write the document under `query`";
                return Err(no_example("the GraphQL query", hint));
            }
            None => {}
        }
        members.extend(request.operation.as_ref().map(|name| ("operationName", Json::string(name.clone()))));
        for (name, value) in [("variables", &request.variables), ("extensions", &request.extensions)] {
            if let Some(value) = value {
                members.push((name, self.json(value)?));
            }
        }
        Ok(Json::Object(members.into_iter().map(|(name, value)| (JsonString::new(name), value)).collect()))
    }

    fn part(&self, part: &NamedPart) -> Result<Part, NoExample> {
        let value = |what: &str, matcher: &Option<FieldMatcher>| -> Result<Option<String>, NoExample> {
            let Some(matcher) = matcher else { return Ok(None) };
            let field = Field { name: part.name.clone(), matcher: matcher.clone() };
            Ok(self.field(what, &field)?.into_iter().next())
        };
        let content_type = value("the type of part", &part.content_type)?;
        let (content, guessed) = match &part.content {
            Some(PartContent::Text(matcher)) => {
                let field = Field { name: part.name.clone(), matcher: matcher.clone() };
                let text = self.field("part", &field)?.into_iter().next().unwrap_or_default();
                let encoded = encode_text(content_type.as_deref().unwrap_or(""), &text);
                (encoded.map_or_else(|| text.clone().into_bytes(), Cow::into_owned).into(), None)
            }
            Some(PartContent::Json(value)) => {
                (self.json(value)?.to_string().into(), Some("application/json".to_owned()))
            }
            Some(PartContent::File(file)) => (file.content.clone(), Some("application/octet-stream".to_owned())),
            None => {
                let hint =
                    "the contract test sends it: write `text`, `json` or `file`, and `match: { $: any }` beside it";
                return Err(no_example(format!("the content of part {}", part.name), hint));
            }
        };
        Ok(Part {
            name: part.name.clone(),
            filename: value("the file name of part", &part.filename)?,
            content_type: content_type.or(guessed),
            content,
        })
    }
}

/// A value in an XML document: in an attribute, an element or a CDATA section.
fn in_xml(before: &str, value: String) -> String {
    if before.rfind("<![CDATA[") > before.rfind("]]>") {
        return value;
    }
    [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&apos;")]
        .into_iter()
        .fold(value, |text, (c, escape)| text.replace(c, escape))
}

/// A value in a GraphQL document: with escapes in a string, and as it is elsewhere.
fn in_graphql(before: &str, value: String) -> String {
    let is_in_string = before.matches('"').count() % 2 == 1;
    if is_in_string { escaped(&value) } else { value }
}

/// A text as it stands between the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = Json::string(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// A value where only text can stand: strings without quotes, all else as JSON.
fn as_text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use understudy_fixture::{BodyFiles, FileProblem, Source, fixture};

    struct NoFiles;

    impl BodyFiles for NoFiles {
        fn read(&self, _: &str) -> Result<Bytes, FileProblem> {
            Err(FileProblem::Missing(Vec::new()))
        }
    }

    #[test]
    fn a_placeholder_beside_a_rule_is_what_a_contract_test_sends_and_the_rule_what_a_stub_asks_for() {
        for (rule, asked) in
            [("equals: 41, ", "41"), ("one_of: [a, b], ", "a"), ("type: integer, ", "petId"), ("", "petId")]
        {
            let text = format!(
                "request: {{ path: \"/pets/{{id}}\", params: {{ id: {{ {rule}example: \"{{{{petId}}}}\" }} }} }}\nresponse: {{}}\n"
            );
            let source = Source { file: "f.yaml".into(), text };
            let (read, problems) = fixture(&source, "f", &NoFiles);
            let read = read.unwrap_or_else(|| panic!("{problems:?}"));
            let sent = |request: Result<Request, NoExample>| request.expect("it has an example").target.to_string();
            assert_eq!(sent(stub_request(&read, "")), format!("/pets/{asked}"));
            assert_eq!(sent(example_request(&read, "", &|_| Some(Json::string("7")))), "/pets/7");
            assert!(example_request(&read, "", &|_| None).is_err());
        }
    }

    fn read(text: &str) -> Fixture {
        let (read, problems) = fixture(&Source { file: "f.yaml".into(), text: text.to_owned() }, "f", &NoFiles);
        read.unwrap_or_else(|| panic!("{problems:?}"))
    }

    #[test]
    fn what_a_stub_does_not_ask_for_is_sent() {
        let fixture = read(
            r"request: { method: PATCH, path: /a, headers: { content-type: { type: ignore, example: application/merge-patch+json },
                x-tenant: { type: ignore, example: acme }, prefer: { type: ignore } }, body: { json: { a: '\{{b}}' } } }
response: {}
",
        );
        let sent = example_request(&fixture, "", &|_| None).expect("it has an example");
        assert_eq!(sent.headers[CONTENT_TYPE], "application/merge-patch+json");
        assert_eq!(sent.headers["x-tenant"], "acme");
        assert!(!sent.headers.contains_key("prefer"));
        assert_eq!(sent.body, r#"{"a":"{{b}}"}"#);
    }

    #[test]
    fn a_content_type_that_is_listed_without_an_example_is_not_sent() {
        let fixture = read(
            "request: { method: PUT, path: /a, headers: { content-type: { type: ignore } }, body: { json: {} } }\nresponse: {}\n",
        );
        let sent = example_request(&fixture, "", &|_| None).expect("it has an example");
        assert!(!sent.headers.contains_key(CONTENT_TYPE));
    }

    fn sent(request: &str, value: &str) -> Result<Request, NoExample> {
        let fixture = read(&format!("request: {request}\nresponse: {{}}\n"));
        let value = Json::parse(value.as_bytes()).expect("it is JSON");
        example_request(&fixture, "", &|_| Some(value.clone()))
    }

    #[test]
    fn a_value_is_escaped_in_a_document() {
        let xml = "{ method: POST, path: /a, body: { xml: '<a b=\"{{v}}\">{{v}}<![CDATA[{{v}}]]></a>' } }";
        let body = sent(xml, r#""1 < \"2\" & 3""#).expect("it can be sent").body;
        assert_eq!(
            body,
            r#"<a b="1 &lt; &quot;2&quot; &amp; 3">1 &lt; &quot;2&quot; &amp; 3<![CDATA[1 < "2" & 3]]></a>"#
        );
        let graphql = "{ method: POST, path: /a, body: { graphql: { query: '{ a(b: \"{{v}}\") { c } }' } } }";
        let body = sent(graphql, r#""\"1\"""#).expect("it can be sent").body;
        assert_eq!(body, r#"{"query":"{ a(b: \"\\\"1\\\"\") { c } }"}"#);
    }

    /// A captured `null` or empty text names another resource: `/pets/null`, `/pets/`.
    #[test]
    fn a_value_that_names_another_resource_is_not_sent() {
        assert_eq!(
            sent("{ path: '/pets/{{v}}' }", "null").expect_err("it cannot be sent").to_string(),
            "{{v}} cannot be sent: its value is null, which only JSON can hold"
        );
        assert_eq!(
            sent("{ path: '/pets/{{v}}' }", r#""""#).expect_err("it cannot be sent").to_string(),
            "the segment {{v}} of the path cannot be sent: its value is empty"
        );
        let body = sent("{ method: POST, path: /a, body: { json: { b: '{{v}}' } } }", "null").expect("it can be sent");
        assert_eq!(body.body, r#"{"b":null}"#);
    }
}
