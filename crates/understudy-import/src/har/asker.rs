//! The origin of a request: a page that loads its parts, or a script, a form or a person that calls a service.
//!
//! [`RULES`] lists the rules in order. The first rule that applies decides.

use super::read::text;
use http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, Method};
use std::fmt;
use understudy_exchange::target::query_pairs;
use understudy_exchange::{Json, MediaType, Request, Response};

/// The part of a page that an exchange loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PagePart {
    /// The page itself, or a frame in it.
    Page,
    /// A script.
    Script,
    /// A style sheet.
    Style,
    /// An image.
    Image,
    /// A font.
    Font,
    /// Sound or film, with subtitles.
    Media,
    /// Another resource that only browsers request: a manifest, a report.
    Other,
}

impl fmt::Display for PagePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Page => "a page",
            Self::Script => "a script of a page",
            Self::Style => "a style sheet of a page",
            Self::Image => "an image of a page",
            Self::Font => "a font of a page",
            Self::Media => "sound or film of a page",
            Self::Other => "a part of a page",
        })
    }
}

/// The decision of a rule.
enum Asker {
    /// A script, a form or a person called a service.
    Service,
    /// A browser loaded a part of a page.
    Page(PagePart),
}

/// The input of the rules.
struct Case<'c> {
    entry: &'c Json,
    request: &'c Request,
    response: &'c Response,
}

type Rule = fn(&Case<'_>) -> Option<Asker>;

const RULES: &[Rule] = &[
    by_what_is_sent,
    by_being_saved,
    by_calling_back,
    by_resource_type,
    by_fetch_metadata,
    by_library,
    by_authorization,
    by_accept,
    by_media_type,
];

/// Returns the part of a page that an exchange loads; `None` if the exchange belongs to the service.
pub(super) fn page_part(entry: &Json, request: &Request, response: &Response) -> Option<PagePart> {
    let case = Case { entry, request, response };
    match RULES.iter().find_map(|rule| rule(&case)) {
        Some(Asker::Page(part)) => Some(part),
        _ => None,
    }
}

/// Pages are only read: a request that writes was sent by a script or a form.
fn by_what_is_sent(case: &Case<'_>) -> Option<Asker> {
    let is_report = field(&case.request.headers, "content-type").is_some_and(|kind| {
        matches!(MediaType::parse(kind).essence(), "application/csp-report" | "application/reports+json")
    });
    if is_report {
        return Some(Asker::Page(PagePart::Other));
    }
    (!matches!(case.request.method, Method::GET | Method::HEAD)).then_some(Asker::Service)
}

/// A person requested a file that is saved.
fn by_being_saved(case: &Case<'_>) -> Option<Asker> {
    let how = field(&case.response.headers, CONTENT_DISPOSITION.as_str())?;
    let how = how.trim_start().get(..10)?;
    how.eq_ignore_ascii_case("attachment").then_some(Asker::Service)
}

/// JSONP: the script only calls a function that the query names.
fn by_calling_back(case: &Case<'_>) -> Option<Asker> {
    let start = &case.response.body[..case.response.body.len().min(CALLBACK_BYTES)];
    let start = String::from_utf8_lossy(start);
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_$.[]".contains(c))
    };
    let mut pairs = query_pairs(case.request.query());
    pairs.any(|(_, value)| is_name(&value) && calls_first(&start, &value)).then_some(Asker::Service)
}

/// The number of bytes at the start of a script that are searched for the call.
const CALLBACK_BYTES: usize = 512;

/// Returns true if a script begins with a call of this function, perhaps guarded: `/**/ typeof f === 'function' && f(`.
fn calls_first(script: &str, name: &str) -> bool {
    let mut rest = script.trim_start();
    loop {
        let guarded = rest.strip_prefix("typeof").map(str::trim_start).and_then(|rest| rest.strip_prefix(name));
        let next = if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map(|(_, rest)| rest)
        } else if let Some(guarded) = guarded {
            guarded.split_once("&&").map(|(_, rest)| rest)
        } else {
            [";", "window.", "try{", "try {"].iter().find_map(|start| rest.strip_prefix(start))
        };
        match next {
            Some(next) => rest = next.trim_start(),
            None => return rest.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('(')),
        }
    }
}

/// The type that Chromium, Playwright and others write.
fn by_resource_type(case: &Case<'_>) -> Option<Asker> {
    let written = ["_resourceType", "resourceType", "_type"].iter().find_map(|name| {
        let written = text(case.entry, name);
        (!written.is_empty()).then(|| written.to_ascii_lowercase())
    })?;
    match written.as_str() {
        "xhr" | "fetch" | "xmlhttprequest" | "eventsource" | "ping" | "beacon" | "websocket" => Some(Asker::Service),
        "document" | "iframe" | "main_frame" | "sub_frame" => Some(opened(case)),
        "script" => Some(Asker::Page(PagePart::Script)),
        "stylesheet" | "css" => Some(Asker::Page(PagePart::Style)),
        "image" | "imageset" => Some(Asker::Page(PagePart::Image)),
        "font" => Some(Asker::Page(PagePart::Font)),
        "media" | "texttrack" => Some(Asker::Page(PagePart::Media)),
        "manifest" | "cspviolationreport" | "signedexchange" | "signed-exchange" => Some(Asker::Page(PagePart::Other)),
        // `other`, `prefetch` and the types of later versions do not decide.
        _ => None,
    }
}

/// `sec-fetch-dest`, which browsers send since 2020 (W3C, Fetch Metadata Request Headers).
fn by_fetch_metadata(case: &Case<'_>) -> Option<Asker> {
    match field(&case.request.headers, "sec-fetch-dest")? {
        "empty" => Some(Asker::Service),
        "document" | "iframe" | "frame" | "embed" | "object" => Some(opened(case)),
        "script" | "worker" | "sharedworker" | "serviceworker" | "audioworklet" | "paintworklet" => {
            Some(Asker::Page(PagePart::Script))
        }
        "style" | "xslt" => Some(Asker::Page(PagePart::Style)),
        "image" => Some(Asker::Page(PagePart::Image)),
        "font" => Some(Asker::Page(PagePart::Font)),
        "audio" | "video" | "track" => Some(Asker::Page(PagePart::Media)),
        "manifest" | "report" => Some(Asker::Page(PagePart::Other)),
        _ => None,
    }
}

/// Libraries name themselves when they fetch parts of pages.
fn by_library(case: &Case<'_>) -> Option<Asker> {
    let by_script = field(&case.request.headers, "x-requested-with")
        .is_some_and(|with| with.eq_ignore_ascii_case("XMLHttpRequest"));
    let by_name = ["hx-request", "turbo-frame", "x-inertia", "x-pjax"]
        .into_iter()
        .any(|name| case.request.headers.contains_key(name));
    (by_script || by_name).then_some(Asker::Service)
}

/// A browser sends no token of its own for a part of a page.
fn by_authorization(case: &Case<'_>) -> Option<Asker> {
    case.request.headers.contains_key(AUTHORIZATION).then_some(Asker::Service)
}

/// A browser that opens a page accepts HTML by name. The `accept` of a script does not matter.
fn by_accept(case: &Case<'_>) -> Option<Asker> {
    let accept = field(&case.request.headers, "accept")?;
    let is_page = shown(case) == Some(PagePart::Page);
    (is_page && !accept.contains("text/html") && !accept.contains("application/xhtml")).then_some(Asker::Service)
}

fn by_media_type(case: &Case<'_>) -> Option<Asker> {
    shown(case).map(Asker::Page)
}

/// Classifies a resource that a person opened: a page, a redirect to a page, or a download.
fn opened(case: &Case<'_>) -> Asker {
    let way = case.response.status.is_redirection().then_some(PagePart::Page);
    way.or_else(|| shown(case)).map_or(Asker::Service, Asker::Page)
}

/// Returns the part of a page that has this media type.
fn shown(case: &Case<'_>) -> Option<PagePart> {
    let kind = MediaType::parse(field(&case.response.headers, CONTENT_TYPE.as_str())?);
    let kind = kind.essence();
    let starts = [
        ("image/", PagePart::Image),
        ("font/", PagePart::Font),
        ("application/font", PagePart::Font),
        ("application/x-font", PagePart::Font),
        ("video/", PagePart::Media),
        ("audio/", PagePart::Media),
    ];
    let whole = [
        ("text/html", PagePart::Page),
        ("application/xhtml+xml", PagePart::Page),
        ("text/css", PagePart::Style),
        ("text/javascript", PagePart::Script),
        ("application/javascript", PagePart::Script),
        ("application/x-javascript", PagePart::Script),
        ("application/ecmascript", PagePart::Script),
        ("application/wasm", PagePart::Script),
        ("application/manifest+json", PagePart::Other),
    ];
    let by_start = starts.iter().find(|(start, _)| kind.starts_with(start));
    by_start.or_else(|| whole.iter().find(|(name, _)| kind == *name)).map(|(_, part)| *part)
}

fn field<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
