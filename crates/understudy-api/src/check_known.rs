//! Entries of `verify.known` that accept nothing: their day has passed, or no run can report such a difference.

use std::sync::Arc;
use understudy_exchange::{Json, JsonPath};
use understudy_fixture::model::{CaptureFrom, Fixture, Known, ResponseBody};
use understudy_fixture::{Code, Diagnostic, Severity};

/// Warns of a fixture's entries that accept nothing. `today` is a day as `YYYY-MM-DD`.
pub(crate) fn idle_entries(fixture: &Arc<Fixture>, today: &str) -> Vec<Diagnostic> {
    let warning = |known: &Known, what: String, hint: String| {
        let message = format!("the known difference `{}` {what}", known.path);
        let problem = Diagnostic::of_file(Code::BadValue, &fixture.file, message);
        Diagnostic { severity: Severity::Warning, ..problem }.with_hint(hint)
    };
    let entry = |known: &Known| {
        if let Some(until) = known.until.as_deref().filter(|until| *until < today) {
            let hint = "remove the entry under `verify.known`, or set a later `until`";
            return Some(warning(known, format!("was accepted until {until}"), hint.to_owned()));
        }
        let hint = never_occurs(fixture, known)?;
        Some(warning(known, "can never occur".to_owned(), hint))
    };
    fixture.verify.known.iter().filter_map(entry).collect()
}

/// Returns what to do about an entry for a place that no run compares.
fn never_occurs(fixture: &Fixture, known: &Known) -> Option<String> {
    let kind = known.kind.as_deref();
    let is_of = |other: &str| kind.is_none_or(|kind| kind == other);
    // Two things are not known here: the requirements of an OpenAPI description, and the members
    // that a backend adds.
    if matches!(kind, Some("described" | "added")) || [Known::STATUS, Known::NO_ANSWER].contains(&known.path.as_str()) {
        return None;
    }
    if is_of("capture") && is_captured(fixture, &known.path) {
        return None;
    }
    if known.path.starts_with('$') {
        return (!is_in_body(fixture, &known.path)).then(|| {
            "neither the example nor a rule of the response has this place: correct the path, or remove the entry"
                .to_owned()
        });
    }
    let promise = fixture.promise()?;
    if known.path.starts_with('/') {
        let is_xml = matches!(promise.body, Some(ResponseBody::Xml(_)));
        let path = known.path.replace('/', ".");
        return (!is_xml).then(|| format!("a place in JSON begins with `$`: `path: ${path}`"));
    }
    let is_json = matches!(promise.body, Some(ResponseBody::Json(_)));
    let is_listed = promise.headers.iter().any(|(name, _)| known.path.eq_ignore_ascii_case(name))
        || (is_json && known.path.eq_ignore_ascii_case("content-type"));
    (!is_listed).then(|| {
        format!(
            "no header `{}` is listed in the response; a place in the body begins with `$`: `path: $.{}`",
            known.path, known.path
        )
    })
}

fn is_captured(fixture: &Fixture, path: &str) -> bool {
    fixture.verify.capture.iter().any(|capture| match &capture.from {
        CaptureFrom::Body(captured) => captured.as_str() == path,
        CaptureFrom::Header { name, .. } => path.eq_ignore_ascii_case(name),
        CaptureFrom::Cookie(name) => path.strip_prefix("cookie ") == Some(name),
        CaptureFrom::Text(_) => path == "body",
    })
}

/// Returns true if the example or a rule of the body has a place, in any element of an array.
fn is_in_body(fixture: &Fixture, path: &str) -> bool {
    let Some(promise) = fixture.promise() else { return true };
    let example = match &promise.body {
        Some(ResponseBody::Json(text)) => text.value(),
        Some(ResponseBody::Text(text)) => Json::parse(text.as_bytes()).unwrap_or(Json::Null),
        Some(ResponseBody::File(file)) => Json::parse(&file.content).unwrap_or(Json::Null),
        Some(ResponseBody::Base64(_) | ResponseBody::Xml(_) | ResponseBody::LargeFile(_)) => Json::Null,
        // A strict run reports a body that is not compared.
        None => return path == "$",
    };
    let Ok(place) = JsonPath::parse(path) else { return true };
    // Which elements a filter selects depends on the response.
    if path.contains('?') || place.is_root() || !of_any_element(&place).select_values(&example).is_empty() {
        return true;
    }
    // A rule speaks of places that the example need not have.
    let start =
        |rule: &str| rule.split(['*', '?']).next().unwrap_or_default().trim_end_matches(['[', '.', '\'']).to_owned();
    promise.rules.iter().any(|rule| {
        let (rule, path) = (rule.path.as_str(), path);
        rule.contains("..") || path.contains("..") || path.starts_with(&start(rule)) || rule.starts_with(&start(path))
    })
}

/// A path with every element of an array in the place of one or of some: an example has fewer elements than responses.
fn of_any_element(place: &JsonPath) -> JsonPath {
    let mut parts = place.as_str().split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    let is_elements = |inside: &str| inside.bytes().all(|byte| byte.is_ascii_digit() || b"-:, ".contains(&byte));
    let text = parts.fold(first, |path, part| match part.split_once(']') {
        Some((inside, rest)) if is_elements(inside) => format!("{path}[*]{rest}"),
        _ => format!("{path}[{part}"),
    });
    JsonPath::parse(&text).unwrap_or_else(|_| place.clone())
}
