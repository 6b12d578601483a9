//! `response:`

use super::Reader;
use super::advice::{cut, json_in_text, quoted};
use super::body::BodyFiles;
use super::encoding::Written;
use super::matching::Ground;
use super::named::Named;
use super::rule::Operands;
use crate::diagnostic::Code;
use crate::grammar;
use crate::model::{Delay, HeaderPromise, PathRule, ResponseBody, ResponsePromise, has_no_body, parse_duration};
use crate::source::{Entry, Node, Scalar, Value};
use http::StatusCode;
use std::time::Duration;
use understudy_exchange::MediaType;

impl Reader<'_> {
    pub(super) fn responses(&mut self, node: &Node, files: &dyn BodyFiles, answers_head: bool) -> Vec<ResponsePromise> {
        let responses: Vec<ResponsePromise> = match &node.value {
            Value::List(items) if items.is_empty() => {
                self.report(Code::MissingKey, node.span, "a list of responses has at least one");
                return Vec::new();
            }
            Value::List(items) => items.iter().filter_map(|item| self.response(item, files, answers_head)).collect(),
            _ => self.response(node, files, answers_head).into_iter().collect(),
        };
        if !responses.is_empty() && responses.iter().all(|response| !response.when.is_empty()) {
            let message = "no response answers in a state that none of them names";
            let hint =
                "leave out the `when` of one, or write it beside `request`: then the fixture matches in no other state";
            self.report_with_hint(Code::BadValue, node.span, message, hint);
        }
        responses
    }

    fn response(&mut self, node: &Node, files: &dyn BodyFiles, answers_head: bool) -> Option<ResponsePromise> {
        if let Some(scalar) = node.scalar() {
            self.wrong_type_with_hint(node, "a response is a map", response_line(scalar));
            return None;
        }
        let fields = self.object(node, &grammar::RESPONSE)?;
        let when = self.when(fields.get("when"));
        let status = fields.get("status").map_or(Some(200), |node| self.status(node));
        let headers = self.response_headers(fields.get("headers"), answers_head);
        let mut body = fields.get("body").and_then(|node| self.response_body(node, fields.get("match"), files));
        self.check_charset(fields.get("headers"), || Written::of_response(body.as_ref()));
        self.check_coding(fields.get("headers"), body.as_ref());
        let rules = self.response_rules(&fields, &headers, &mut body);
        let delay = fields.get("delay").and_then(|node| self.delay(node));
        let set = self.set(fields.get("set"));
        let status = status.and_then(|status| u16::try_from(status).ok())?;
        if let Some(entry) = fields.entry("body")
            && has_no_body(status)
        {
            let message = format!("a response with status {status} has no body");
            self.report_with_hint(Code::BadValue, entry.span, message, "leave `body` out, or write another `status`");
        }
        if let (Some(entry), None) = (fields.entry("match"), &body)
            && fields.get("body").is_none()
        {
            let hint = "rules speak of the body's parts: write the example under `body`";
            self.report_with_hint(Code::BadRule, entry.span, "`match` without a `body`", hint);
        }
        Some(ResponsePromise { when, set, status, headers, body, rules, delay })
    }

    /// A text or a file that the headers call JSON is held as JSON.
    fn response_rules(
        &mut self,
        fields: &super::Fields<'_>,
        headers: &[(String, HeaderPromise)],
        body: &mut Option<ResponseBody>,
    ) -> Vec<PathRule> {
        let says_json = headers.iter().any(|(name, value)| match value {
            HeaderPromise::Value(value) if name == "content-type" => MediaType::parse(value).is_json(),
            _ => false,
        });
        let ground = match (Ground::of(fields.get("body")), &*body) {
            (_, Some(ResponseBody::File(file))) if says_json || file.path.ends_with(".json") => Ground::Json,
            (Ground::Whole(_), _) if says_json => Ground::Json,
            (ground, _) => ground,
        };
        match (body, ground) {
            (Some(ResponseBody::Xml(xml)), _) => {
                self.xml_rules(fields.get("match"), xml);
                Vec::new()
            }
            // The body has a problem of its own.
            (None, Ground::Xml | Ground::Fields(_)) => Vec::new(),
            (_, ground) => self.path_rules(fields.get("match"), ground),
        }
    }

    /// Reads header fields. Only the response to a `HEAD` may list `content-length`, which is the length of the `GET`
    /// response.
    fn response_headers(&mut self, node: Option<&Node>, answers_head: bool) -> Vec<(String, HeaderPromise)> {
        let Some(values) = node.and_then(|node| self.named_map(node, Named::Headers)) else { return Vec::new() };
        let mut headers = Vec::new();
        for entry in values.entries() {
            let Some(name) = self.header_name(entry) else { continue };
            let is_length_of_head = answers_head && name == "content-length";
            if matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection") && !is_length_of_head {
                let message = format!("`{name}` is set by the server itself");
                self.report_with_hint(Code::BadValue, entry.span, message, "leave it out");
                continue;
            }
            headers.extend(self.header_promise(entry).map(|promise| (name, promise)));
        }
        headers
    }

    fn header_promise(&mut self, entry: &Entry) -> Option<HeaderPromise> {
        match &entry.value.value {
            Value::List(items) => {
                let values = items.iter().map(|item| self.header_value(item));
                values.collect::<Option<Vec<String>>>().map(HeaderPromise::List)
            }
            Value::Map(_) => self.rule(&entry.value, Operands::Text).map(HeaderPromise::Rule),
            Value::Scalar(scalar) => {
                match scalar.is_null() {
                    true => self.check_null(entry, scalar),
                    false => self.check_word(entry),
                }
                self.header_value(&entry.value).map(HeaderPromise::Value)
            }
        }
    }

    fn header_value(&mut self, node: &Node) -> Option<String> {
        let text = match node.scalar() {
            Some(scalar) if scalar.is_null() => String::new(),
            _ => self.text(node, "a header's value")?,
        };
        self.is_header_value(node).then_some(text)
    }

    /// Reads the status, and knows what `"200"`, `200 OK` and `Not Found` mean.
    fn status(&mut self, node: &Node) -> Option<i64> {
        let text = node.scalar().map(|scalar| scalar.as_str().trim()).unwrap_or_default();
        let is_number = matches!(node.scalar(), Some(Scalar::Plain(_))) && text.parse::<i64>().is_ok();
        let Some(status) = (if is_number { None } else { status_meant(text) }) else {
            return self.whole(node, "`status`", 200, 599);
        };
        let hint = format!("write status: {status}, the number alone and without quotes");
        self.report_with_hint(Code::WrongType, node.span, "`status` is a whole number", hint);
        None
    }

    fn response_body(&mut self, node: &Node, rules: Option<&Node>, files: &dyn BodyFiles) -> Option<ResponseBody> {
        let (kind, value) = self.body_kind(node, &grammar::RESPONSE_BODY)?;
        Some(match kind {
            "json" => {
                self.check_json_body(value, rules);
                ResponseBody::Json(self.json_text(value))
            }
            "text" => ResponseBody::Text(self.body_text(value)?),
            "xml" => ResponseBody::Xml(self.xml(value)?),
            "base64" => ResponseBody::Base64(self.base64(value)?),
            "file" => self.response_file(value, files)?,
            // `object` has said that it does not know the kind.
            _ => return None,
        })
    }

    pub(super) fn delay(&mut self, node: &Node) -> Option<Delay> {
        if let Value::Map(_) = node.value {
            let fields = self.object(node, &grammar::DELAY)?;
            let (p50, p99) = (self.field_duration(&fields, "p50"), self.field_duration(&fields, "p99"));
            return match (p50, p99) {
                (Some(p50), Some(p99)) if p50 <= p99 && !p50.is_zero() => Some(Delay::Percentiles { p50, p99 }),
                (Some(_), Some(_)) => {
                    self.report(Code::BadValue, node.span, "p50 is more than nothing and at most p99");
                    None
                }
                _ if fields.get("p50").is_some() && fields.get("p99").is_some() => None,
                _ => {
                    self.report(Code::MissingKey, node.span, "a delay needs both p50 and p99");
                    None
                }
            };
        }
        let text = self.text(node, "`delay`")?;
        let delay = match text.split_once("..") {
            Some((least, most)) => match (parse_duration(least), parse_duration(most)) {
                (Some(least), Some(most)) if least <= most => Some(Delay::Between(least, most)),
                _ => None,
            },
            None => parse_duration(&text).map(Delay::Fixed),
        };
        if delay.is_none() {
            let forms = "120ms, 100ms..300ms or {p50: 80ms, p99: 2s}; at most 60m";
            let hint = match text.trim().parse::<u32>() {
                Ok(number) => format!("write delay: {number}ms; {forms}"),
                Err(_) => forms.to_owned(),
            };
            self.report_with_hint(Code::BadValue, node.span, format!("`{text}` is no delay"), hint);
        }
        delay
    }

    pub(super) fn field_duration(&mut self, fields: &super::Fields<'_>, name: &str) -> Option<Duration> {
        let node = fields.get(name)?;
        let text = self.text(node, &format!("`{name}`"))?;
        let duration = parse_duration(&text);
        if duration.is_none() {
            let forms = "a number with a unit: 120ms, 1.5s, 2m; at most 60m";
            let hint = match text.trim().parse::<u32>() {
                Ok(number) => format!("write {name}: {number}s or {name}: {number}ms; {forms}"),
                Err(_) => forms.to_owned(),
            };
            self.report_with_hint(Code::BadValue, node.span, format!("`{text}` is no length of time"), hint);
        }
        duration
    }
}

/// The map that was meant by a status or a text alone.
fn response_line(scalar: &Scalar) -> String {
    match status_meant(scalar.as_str().trim()) {
        Some(status) => format!("write response: {{ status: {status} }}"),
        None if scalar.is_null() => "write response: { status: 200 }".to_owned(),
        None => match json_in_text(scalar.as_str()) {
            Some(json) => format!("write response: {{ body: {{ json: {} }} }}", cut(&json.to_string())),
            None => format!("write response: {{ body: {{ text: {} }} }}", cut(&quoted(scalar.as_str()))),
        },
    }
}

/// The status of `200`, `200 OK`, `HTTP/1.1 200 OK`, `2xx` and `Not Found`.
fn status_meant(text: &str) -> Option<u16> {
    let is_status = |number: &u16| (200..=599).contains(number);
    let numbers = text.split_whitespace().filter_map(|word| word.parse::<u16>().ok());
    if let Some(number) = numbers.take(1).find(is_status) {
        return Some(number);
    }
    if let Some(class) = text.to_ascii_lowercase().strip_suffix("xx") {
        return class.parse::<u16>().ok().map(|class| class * 100).filter(is_status);
    }
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-', ' '], "");
    (200..600).find(|number| {
        let reason = StatusCode::from_u16(*number).ok().and_then(|status| status.canonical_reason());
        reason.is_some_and(|reason| plain(reason) == plain(text))
    })
}
