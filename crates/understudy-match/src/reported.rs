//! The reason that an error response gives, in its own words.
//!
//! Errors have no common form. Problem details (RFC 9457), the members that frameworks use, HTML titles and the first
//! line of a text are read, and the header fields that say what to do.

use crate::markup::Page;
use crate::mismatch::shorten;
use http::header::{ALLOW, CONTENT_TYPE, LOCATION, PROXY_AUTHENTICATE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, Uri};
use std::borrow::Cow;
use understudy_exchange::redact::SecretNames;
use understudy_exchange::{Json, JsonString, MediaType, Response, decode_text, field_value};

/// The number of texts of a list of errors that are shown.
const LISTED_MAX: usize = 3;

/// The depth to which members are searched for a reason.
const DEPTH_MAX: usize = 4;

/// The number of bytes of a page or a text that are searched.
const SEARCHED_BYTES_MAX: usize = 64 << 10;

/// Members with a short name of an error, in the order in which they are shown. Names are compared without case, `_` and `-`.
const NAMES: &[&str] = &["title", "error", "type", "code", "errorcode"];

/// Members with the text of an error, the most telling first.
const TEXTS: &[&str] = &[
    "detail",
    "message",
    "errormessage",
    "errordescription",
    "msg",
    "reason",
    "faultstring",
    "description",
    "localizeddescription",
    "developermessage",
    "exception",
    "statusmessage",
];

/// Members in which errors are nested.
const NESTS: &[&str] = &[
    "error",
    "message",
    "errors",
    "fault",
    "detail",
    "status",
    "meta",
    "data",
    "response",
    "result",
    "cause",
    "messages",
    "invalidparams",
    "violations",
    "body",
    "odata.error",
];

/// Titles of error pages that give no reason.
const BARE_TITLES: &[&str] = &["error", "error response", "exception"];

/// Returns what a response reports of an error: its words, then the header fields that give a reason or a cure. Each is one line.
#[must_use]
pub fn error_report(response: &Response) -> Vec<String> {
    let mut lines: Vec<String> = words(response).into_iter().map(|text| shorten(&text)).collect();
    for name in [WWW_AUTHENTICATE, PROXY_AUTHENTICATE, RETRY_AFTER, ALLOW] {
        for value in field_values(&response.headers, name.as_str()) {
            lines.push(format!("{name}: {}", shorten(&value)));
        }
    }
    if response.status.is_redirection() {
        let targets = field_values(&response.headers, LOCATION.as_str());
        lines.extend(targets.map(|target| format!("{LOCATION}: {}", shown_target(&target))));
    }
    lines
}

fn field_values<'r>(headers: &'r HeaderMap, name: &str) -> impl Iterator<Item = String> + use<'r> {
    headers.get_all(name).into_iter().map(|value| field_value::text(value).into_owned())
}

/// Returns the target of a redirect without the secrets in its query, and without a user and a password.
fn shown_target(target: &str) -> String {
    let Ok(uri) = target.parse::<Uri>() else { return shorten(target) };
    let Some(path) = uri.path_and_query() else { return shorten(target) };
    let path = SecretNames::default().shown_target(path);
    let origin = match (uri.scheme_str(), uri.host()) {
        (Some(scheme), Some(host)) => {
            let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{scheme}://{host}{port}")
        }
        _ => String::new(),
    };
    shorten(&format!("{origin}{path}"))
}

fn words(response: &Response) -> Option<String> {
    if let Ok(value) = Json::parse(&response.body) {
        return of_json(&value, 0);
    }
    let content_type = response.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let body = &response.body[..response.body.len().min(SEARCHED_BYTES_MAX)];
    let text = match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) if error.error_len().is_none() => String::from_utf8_lossy(&body[..error.valid_up_to()]),
        Err(_) if MediaType::parse(content_type).is_text() => decode_text(content_type, &response.body)?,
        Err(_) => return None,
    };
    // A text may be longer in UTF-8 than it was.
    let text = &text[..text.floor_char_boundary(SEARCHED_BYTES_MAX)];
    let text = text.trim_start_matches('\u{FEFF}').trim();
    if !text.starts_with('<') {
        // The last line of a Python traceback is the error.
        let is_traceback = text.starts_with("Traceback (");
        return if is_traceback { text.lines().last().map(|line| line.trim().to_owned()) } else { first_line(text) };
    }
    let page = Page::of(text);
    let named = |name: &str| page.element(name);
    // Express and Python's http.server call each page by this title.
    let is_bare = |title: &String| BARE_TITLES.iter().any(|bare| bare.eq_ignore_ascii_case(title));
    let (bare, title) = match page.title() {
        Some(title) if is_bare(&title) => (Some(title), None),
        title => (None, title),
    };
    title.or_else(|| bare.map(|title| named("pre").or_else(|| named("p")).unwrap_or(title))).or_else(|| {
        let texts = [
            named("code"),
            named("faultcode"),
            named("message").or_else(|| named("faultstring")).or_else(|| named("detail")),
        ];
        join(texts.into_iter().flatten()).or_else(|| named("p")).or_else(|| named("body")).or_else(|| named("error"))
    })
}

/// Returns the title of an HTML page, or its first heading.
pub(crate) fn page_title(body: &[u8]) -> Option<String> {
    let body = &body[..body.len().min(SEARCHED_BYTES_MAX)];
    let text = String::from_utf8_lossy(body);
    if text.trim_start_matches('\u{FEFF}').trim_start().starts_with('<') {
        Page::of(&text).title().map(|title| shorten(&title))
    } else {
        None
    }
}

fn of_json(value: &Json, depth: usize) -> Option<String> {
    if depth > DEPTH_MAX {
        return None;
    }
    match value {
        Json::String(text) => first_line(text.as_str()),
        Json::Array(items) => listed(items.iter().map(|item| of_json(item, depth + 1))),
        Json::Object(_) => of_object(value, depth),
        _ => None,
    }
}

fn of_object(object: &Json, depth: usize) -> Option<String> {
    let Json::Object(members) = object else { return None };
    let member = |wanted: &str| {
        let is_wanted = |name: &str| {
            name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).eq(wanted.chars())
        };
        members.iter().find(|(name, _)| is_wanted(name.as_str())).map(|(_, value)| value)
    };
    let text =
        |name: &&str| member(name).and_then(Json::as_str).and_then(first_line).filter(|text| text != "about:blank");
    // A title and a detail, an error and its description. A code stands for a title.
    let name = NAMES.iter().find_map(text);
    // OData 2 and 3 put the language beside the text.
    let in_language = || member("lang").and_then(|_| text(&"value"));
    let told = TEXTS.iter().find_map(text).or_else(in_language);
    let nested = || NESTS.iter().filter_map(|name| member(name)).find_map(|value| nested(value, depth));
    let inside = if told.is_none() || member("errors").is_some() { nested() } else { None };
    let place =
        ["field", "path", "loc", "pointer", "property", "propertypath"].iter().filter(|_| depth > 0).find_map(|name| {
            match member(name)? {
                Json::String(text) => first_line(text.as_str()),
                Json::Array(steps) => join_with(
                    steps.iter().map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned)),
                    ".",
                ),
                _ => None,
            }
        });
    let name = if place.is_some() && told.is_some() { None } else { name };
    join([place, name, told, inside].into_iter().flatten())
        .or_else(|| if depth == 0 { by_field(members) } else { None })
}

/// Returns the reason in a member that may hold a text, an error, a list of them, or texts by field.
fn nested(value: &Json, depth: usize) -> Option<String> {
    match value {
        Json::Object(members) => of_json(value, depth + 1).or_else(|| {
            // `{"email": ["is taken"]}`
            listed(members.iter().map(|(name, value)| match value {
                Json::String(_) | Json::Array(_) => {
                    of_json(value, depth + 2).map(|text| format!("{}: {text}", name.as_str()))
                }
                _ => None,
            }))
        }),
        Json::Array(_) => of_json(value, depth + 1),
        // The members that hold a text are in other tables.
        _ => None,
    }
}

/// Returns the texts of an object that is nothing but lists of texts by field: `{"email": ["is taken"]}`.
fn by_field(members: &[(JsonString, Json)]) -> Option<String> {
    let is_texts = |value: &Json| match value {
        Json::Array(items) => !items.is_empty() && items.iter().all(|item| item.as_str().is_some()),
        _ => false,
    };
    if !members.iter().all(|(_, value)| is_texts(value)) {
        return None;
    }
    listed(members.iter().map(|(name, value)| of_json(value, 1).map(|text| format!("{}: {text}", name.as_str()))))
}

fn first_line(text: &str) -> Option<String> {
    text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

fn listed(texts: impl Iterator<Item = Option<String>>) -> Option<String> {
    let texts: Vec<String> = texts.flatten().collect();
    let more = texts.len().saturating_sub(LISTED_MAX);
    let shown = join_with(texts.into_iter().take(LISTED_MAX), "; ")?;
    Some(if more > 0 { format!("{shown}; and {more} more") } else { shown })
}

/// Joins texts, each of them once.
fn join(texts: impl Iterator<Item = String>) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        if !all.iter().any(|known| known.contains(&text)) {
            all.push(text);
        }
    }
    // A text that ends as a sentence needs no colon.
    all.into_iter().reduce(|before, text| {
        let between = if before.ends_with(['.', ':', '!']) { " " } else { ": " };
        before + between + &text
    })
}

fn join_with(texts: impl Iterator<Item = String>, between: &str) -> Option<String> {
    let all: Vec<String> = texts.collect();
    (!all.is_empty()).then(|| all.join(between))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderName, HeaderValue, StatusCode};

    fn report(status: u16, fields: &[(&'static str, &'static str)], body: &'static str) -> Vec<String> {
        let fields = fields.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)));
        let (status, headers) = (StatusCode::from_u16(status).unwrap(), HeaderMap::from_iter(fields));
        error_report(&Response { status, headers, body: Bytes::from_static(body.as_bytes()) })
    }

    #[test]
    fn every_usual_form_of_an_error_gives_its_reason() {
        for (body, reason) in [
            // RFC 9457
            (r#"{"type":"about:blank","title":"Forbidden","status":403,"detail":"No credit"}"#, "Forbidden: No credit"),
            // Express, NestJS
            (r#"{"message":"jwt expired"}"#, "jwt expired"),
            // Django REST framework, Laravel, a Python traceback
            (
                r#"{"name":["This field is required."],"age":["Not a number."]}"#,
                "name: This field is required.; age: Not a number.",
            ),
            (r#"{"message":"The data was invalid.","errors":{"a":["is empty"]}}"#, "The data was invalid. a: is empty"),
            ("Traceback (most recent call last):\n  File \"x.py\", line 1\nValueError: no pet\n", "ValueError: no pet"),
            (
                r#"{"statusCode":400,"message":["name is empty","age is no number"],"error":"Bad Request"}"#,
                "Bad Request: name is empty; age is no number",
            ),
            // OAuth 2 (RFC 6749, section 5.2)
            (
                r#"{"error":"invalid_grant","error_description":"The code has expired"}"#,
                "invalid_grant: The code has expired",
            ),
            // Google, Stripe
            (r#"{"error":{"code":403,"message":"API key missing","status":"PERMISSION_DENIED"}}"#, "API key missing"),
            (r#"{"error":{"type":"card_error","message":"Declined"}}"#, "card_error: Declined"),
            // Spring Boot
            (r#"{"timestamp":1,"status":500,"error":"Internal Server Error","path":"/a"}"#, "Internal Server Error"),
            // FastAPI
            (r#"{"detail":"Not authenticated"}"#, "Not authenticated"),
            (
                r#"{"detail":[{"type":"missing","loc":["body","name"],"msg":"Field required"}]}"#,
                "body.name: Field required",
            ),
            // Laravel, Rails, ASP.NET
            (r#"{"message":"Invalid","errors":{"email":["is taken"]}}"#, "Invalid: email: is taken"),
            (r#"{"errors":["a","b","c","d","e"]}"#, "a; b; c; and 2 more"),
            (r#"{"Message":"Authorization has been denied"}"#, "Authorization has been denied"),
            // JSON:API, GraphQL
            (r#"{"errors":[{"status":"422","title":"Invalid","detail":"too short"}]}"#, "Invalid: too short"),
            (r#"[{"message":"first"}]"#, "first"),
            // Apigee
            (
                r#"{"fault":{"faultstring":"Invalid ApiKey","detail":{"errorcode":"oauth.v2.InvalidApiKey"}}}"#,
                "Invalid ApiKey",
            ),
            (r#""Unauthorized""#, "Unauthorized"),
            ("\n  upstream connect error\nstack", "upstream connect error"),
            (
                "<!doctype html>\n<html><head><TITLE>502 Bad\n Gateway</TITLE></head><body><h1>x</h1></body></html>",
                "502 Bad Gateway",
            ),
            ("<html><body><h1>Not&nbsp;<b>here</b></h1></body></html>", "Not here"),
            // Express: the title is "Error" for every error.
            (
                "<html><head><title>Error</title></head><body>\n<pre>Cannot GET /pets</pre>\n</body></html>",
                "Cannot GET /pets",
            ),
            // OData 2 and 3
            (r#"{"error":{"code":"","message":{"lang":"en","value":"Resource not found"}}}"#, "Resource not found"),
            (r#"{"odata.error":{"code":"","message":{"lang":"en-US","value":"No such key"}}}"#, "No such key"),
            (
                "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
                "AccessDenied: Access Denied",
            ),
            (
                "<s:Envelope><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>Bad token</faultstring></s:Fault></s:Body></s:Envelope>",
                "s:Client: Bad token",
            ),
        ] {
            assert_eq!(report(400, &[], body), [reason], "{body}");
        }
        assert_eq!(report(500, &[], r#"{"a":1}"#), Vec::<String>::new());
        assert_eq!(report(500, &[], ""), Vec::<String>::new());
    }

    #[test]
    fn a_text_of_another_charset_is_cut_too() {
        let text = format!("<p>\u{e4}</p>{}<h1>far away</h1>", " ".repeat(SEARCHED_BYTES_MAX));
        let body: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=iso-8859-1"))]);
        let response = Response { status: StatusCode::BAD_GATEWAY, headers, body: body.into() };
        assert_eq!(error_report(&response), ["\u{e4}"]);
    }

    #[test]
    fn fields_give_the_reason_too() {
        let fields =
            [("www-authenticate", "Bearer error=\"invalid_token\""), ("retry-after", "30"), ("location", "/a")];
        assert_eq!(report(401, &fields, ""), ["www-authenticate: Bearer error=\"invalid_token\"", "retry-after: 30"]);
        assert_eq!(report(302, &fields[2..], ""), ["location: /a"]);
    }

    #[test]
    fn a_reason_shows_no_secret() {
        let body = r#"{"message":"unknown token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"}"#;
        assert!(!report(401, &[], body).join("").contains("dozjgNryP4J3"));
        let target = [("location", "/login?token=Zx81kLmQ0pTr55vN2cYdWe")];
        assert!(
            !report(302, &target, "").join("").contains("Zx81kLmQ0pTr55vN2cYdWe"),
            "{:?}",
            report(302, &target, "")
        );
    }
}
