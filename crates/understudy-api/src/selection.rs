//! Which fixtures a run is about.

use crate::error::{ApiError, Code};
use crate::project::{LoadedService, Project};
use crate::verify::VerifyRequest;
use std::collections::BTreeSet;
use std::sync::Arc;
use understudy_fixture::model::Fixture;
use understudy_match::{is_near, nearest};

/// The number of names that are listed if none is similar.
const NAMED_MAX: usize = 8;

/// Returns true if a run is about a fixture.
pub(crate) fn is_selected(service: &str, fixture: &Fixture, request: &VerifyRequest) -> bool {
    let by_text = request.filters.is_empty() || request.filters.iter().any(|text| has_text(fixture, text));
    let by_tag = request.tags.is_empty() || request.tags.iter().any(|tag| fixture.tags.contains(tag));
    let by_name = |named: &String| named.split_once('/') == Some((service, &*fixture.id));
    by_text && by_tag && (request.fixtures.is_empty() || request.fixtures.iter().any(by_name))
}

fn has_text(fixture: &Fixture, text: &str) -> bool {
    fixture.id.contains(text) || fixture.title().contains(text)
}

/// Checks that every name and filter of a run selects something. A filter that selects nothing
/// would leave out fixtures that somebody wanted to be verified, and nobody would see that.
///
/// # Errors
/// The first service, fixture, tag or text that selects nothing, with the nearest that there is.
pub(crate) fn check_selection(project: &Project, request: &VerifyRequest) -> Result<(), ApiError> {
    project.check_names(&request.services)?;
    project.check_fixtures(&request.fixtures)?;
    let services: Vec<&LoadedService> = project
        .services
        .iter()
        .filter(|loaded| request.services.is_empty() || request.services.contains(&loaded.service.name))
        .collect();
    let all: Vec<(&str, &Arc<Fixture>)> = services
        .iter()
        .flat_map(|loaded| loaded.fixtures.iter().map(|fixture| (loaded.service.name.as_str(), fixture)))
        .collect();
    let enabled: Vec<(&str, &Arc<Fixture>)> = all.iter().copied().filter(|(_, fixture)| fixture.enabled).collect();
    request.fixtures.iter().try_for_each(|named| check_named(project, named, &all, &request.services))?;
    let by_tag = |tag: &str, fixture: &Fixture| fixture.tags.iter().any(|known| known == tag);
    for tag in &request.tags {
        let selects = |(_, fixture): &(&str, &Arc<Fixture>)| by_tag(tag, fixture);
        if !enabled.iter().any(selects) {
            let tags: BTreeSet<&str> =
                enabled.iter().flat_map(|(_, fixture)| fixture.tags.iter().map(String::as_str)).collect();
            let none = "no fixture has tags: add `tags: [smoke]` to a fixture";
            return Err(nothing("tag", tag, &not_enabled(&all, selects), "tags", tags, none));
        }
    }
    for text in &request.filters {
        let selects = |(_, fixture): &(&str, &Arc<Fixture>)| has_text(fixture, text);
        if !enabled.iter().any(selects) {
            let ids: BTreeSet<&str> = enabled.iter().map(|(_, fixture)| &*fixture.id).collect();
            let none = "`understudy check` says what is wrong with files";
            return Err(nothing("filter", text, &not_enabled(&all, selects), "fixtures", ids, none));
        }
    }
    let is_empty = !enabled.iter().any(|(service, fixture)| is_selected(service, fixture, request));
    if is_empty && !enabled.is_empty() && !request.tags.is_empty() | !request.filters.is_empty() {
        let message = format!("each of {} selects fixtures, but no fixture is selected by all", options(request));
        return Err(ApiError::new(Code::NothingToDo, message).with_hint("leave one of them out"));
    }
    Ok(())
}

/// Checks that a named fixture can be verified.
fn check_named(
    project: &Project,
    named: &str,
    all: &[(&str, &Arc<Fixture>)],
    services: &[String],
) -> Result<(), ApiError> {
    let is_it = |(service, fixture): &&(&str, &Arc<Fixture>)| named.split_once('/') == Some((service, &*fixture.id));
    let cannot = |why: String, hint: String| Err(ApiError::new(Code::NothingToDo, why).with_hint(hint));
    match all.iter().find(is_it) {
        Some((_, fixture)) if fixture.enabled => Ok(()),
        Some((_, fixture)) => {
            cannot(format!("`{named}` is not enabled"), format!("remove `enabled: false` in {}", fixture.file))
        }
        None => {
            let service = named.split_once('/').map_or(named, |(service, _)| service);
            if !services.is_empty() && !services.iter().any(|known| known == service) {
                let hint = format!("leave --service out, or add --service {service}");
                return cannot(format!("`{named}` is not a fixture of {}", services.join(", ")), hint);
            }
            let mut error =
                ApiError::new(Code::NothingToDo, format!("`{named}` cannot be verified: its file has errors"));
            error.details = project.diagnostics.iter().filter(|d| d.is_error()).map(ToString::to_string).collect();
            Err(error.with_hint("fix the errors first"))
        }
    }
}

/// The names of the fixtures that would be selected if they were enabled.
fn not_enabled(all: &[(&str, &Arc<Fixture>)], selects: impl Fn(&(&str, &Arc<Fixture>)) -> bool) -> Vec<String> {
    let selected = all.iter().filter(|one| selects(one));
    selected.map(|(service, fixture)| format!("{service}/{}", fixture.id)).collect()
}

fn nothing(
    option: &str,
    written: &str,
    not_enabled: &[String],
    what: &str,
    known: BTreeSet<&str>,
    none: &str,
) -> ApiError {
    let error = |message: String| ApiError::new(Code::NothingToDo, message);
    if !not_enabled.is_empty() {
        let message =
            format!("--{option} {written} selects only fixtures that are not enabled: {}", not_enabled.join(", "));
        return error(message).with_hint("remove `enabled: false` in their files");
    }
    let message = match option {
        "tag" => format!("no fixture has the tag `{written}`"),
        _ => format!("no fixture has `{written}` in its id or name"),
    };
    let names = nearest(written, known);
    let Some(first) = names.first() else { return error(message).with_hint(none) };
    if is_near(written, first) {
        return error(message).with_hint(format!("did you mean `{first}`?"));
    }
    let more = names.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let names: Vec<&str> = names.into_iter().take(NAMED_MAX).collect();
    error(message).with_hint(format!("there are these {what}: {}{more}", names.join(", ")))
}

/// The options of a run that select fixtures, as they are written.
fn options(request: &VerifyRequest) -> String {
    let named = |option: &'static str, values: &[String]| -> Vec<String> {
        values.iter().map(|value| format!("--{option} {value}")).collect()
    };
    let all = [
        named("service", &request.services),
        named("fixture", &request.fixtures),
        named("tag", &request.tags),
        named("filter", &request.filters),
    ];
    all.concat().join(", ")
}
