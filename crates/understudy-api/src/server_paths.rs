//! The paths of a description's servers (`/v1` of `https://example.com/v1`), beside the addresses to which requests go.
//!
//! Stubs respond below these paths by themselves. A backend is sent `base` and the fixture's path below its own address, so one
//! of the two has to end with such a path.

use crate::check::operation_of;
use crate::project::{LoadedService, Project};
use crate::userinfo;
use understudy_fixture::model::{Fixture, Service};
use understudy_fixture::{Code, Diagnostic, Severity};
use understudy_import::parse_url;
use understudy_openapi::Description;

/// The path of an address, without a slash at the end.
fn path_of(address: &str) -> Option<String> {
    Some(parse_url(address).ok()?.1.path().trim_end_matches('/').to_owned())
}

/// The paths of servers; none if one of the servers has no path.
fn required(all: &[String]) -> Vec<&str> {
    if all.iter().any(String::is_empty) { Vec::new() } else { all.iter().map(String::as_str).collect() }
}

/// Requests to a backend that are below the path of no server.
struct Misplaced<'d> {
    paths: Vec<&'d str>,
    address: String,
    service: String,
}

impl<'d> Misplaced<'d> {
    fn of(servers: &'d [String], service: &Service, address: &str) -> Option<Self> {
        let paths = required(servers);
        let sent = format!("{}{}", path_of(address)?, service.base);
        let is_below = paths.is_empty() || paths.iter().any(|path| sent.ends_with(path));
        let address = userinfo::without(address).trim_end_matches('/').to_owned();
        (!is_below).then(|| Self { paths, address, service: service.name.clone() })
    }

    fn message(&self) -> String {
        let (paths, servers) = match self.paths.as_slice() {
            [only] => ((*only).to_owned(), "the path of the description's server"),
            all => (all.join(" or "), "a path of the description's servers"),
        };
        format!("{} does not end with {paths}, {servers}", self.address)
    }

    fn hint(&self) -> String {
        let (path, Self { address, service, .. }) = (self.paths[0], self);
        format!(
            "give the backend as {address}{path}, or write `base: {path}` under the service `{service}`; if the backend has no \
             {path}, list it under the description's `servers`"
        )
    }
}

/// Returns advice if a backend responds with 404 because of the path of its address: it is there twice, or it lacks the path
/// of the servers that the description names.
pub(crate) fn after_not_found(loaded: &LoadedService, address: &str, not_found: &[&Fixture]) -> Option<String> {
    let doubled = || base_is_doubled(&loaded.service, address).filter(|_| !not_found.is_empty());
    lacking_path(loaded, address, not_found).or_else(|| {
        let fixtures = count_fixtures(not_found.len());
        doubled().map(|(why, hint)| format!("{}: {fixtures} got 404. {why}: {hint}", loaded.service.name))
    })
}

/// Returns the reason and the advice if the address of a backend ends with the base path of its service.
fn base_is_doubled(service: &Service, address: &str) -> Option<(String, String)> {
    let base = &*service.base;
    let is_doubled = !base.is_empty() && path_of(address).is_some_and(|path| path.ends_with(base));
    is_doubled.then(|| {
        let why = format!("requests go to {base}{base}, since this address and the service's `base` both have {base}");
        (why, format!("remove {base} from the address or from `base`"))
    })
}

fn count_fixtures(number: usize) -> String {
    if number == 1 { "1 fixture".to_owned() } else { format!("{number} fixtures") }
}

fn lacking_path(loaded: &LoadedService, address: &str, not_found: &[&Fixture]) -> Option<String> {
    let (description, service) = (loaded.description()?, &loaded.service);
    let (mut number, mut said) = (0, None);
    for fixture in not_found {
        let operation = operation_of(description, &service.base, fixture);
        let own = operation.map(|operation| description.own_server_paths(operation)).filter(|own| !own.is_empty());
        let Some(misplaced) = Misplaced::of(own.unwrap_or(&description.prefixes), service, address) else { continue };
        number += 1;
        let hint = match own {
            // Other operations have other servers.
            Some(_) => format!("write `path: {}{}` in {}", misplaced.paths[0], fixture.request.path, fixture.file),
            None => misplaced.hint(),
        };
        said.get_or_insert_with(|| format!("{}: {hint}", misplaced.message()));
    }
    said.map(|said| format!("{}: {} got 404. {said}", service.name, count_fixtures(number)))
}

/// Says where imported fixtures are served, if the servers of the description have paths.
pub(crate) fn after_import(description: &Description, service: &Service) -> Option<String> {
    let served: Vec<&str> = description.server_paths().collect();
    let first = *served.first()?;
    if served.iter().all(|path| *path == service.base) {
        return None;
    }
    let served = served.join(", ");
    let mut hint =
        format!("the description's servers have paths ({served}): fixtures respond below these and without them");
    let is_sent = service.base.ends_with(first);
    let backends = service.backends.iter().filter(|backend| !backend.url.text.contains("${"));
    let is_missing = |text: &str| Misplaced::of(&description.prefixes, service, text).is_some();
    if !is_sent && (service.backends.is_empty() || backends.clone().any(|backend| is_missing(&backend.url.text))) {
        hint.push_str(&format!(
            ". For `verify`, write the path at the end of the backend's `url` (http://127.0.0.1:8080{first}), or `base: {first}` \
             under the service `{}`",
            service.name
        ));
    }
    Some(hint)
}

/// Returns a warning for each backend whose address does not fit the paths of the description's servers.
pub(crate) fn misplaced_backends(project: &Project, loaded: &LoadedService) -> Vec<Diagnostic> {
    let (Some(description), Some(file)) = (loaded.description(), &project.file) else { return Vec::new() };
    let service = &loaded.service;
    let shown = file.strip_prefix(&project.root).unwrap_or(file).to_string_lossy().into_owned();
    let bytes = project.root.content(file).ok().flatten().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut problems = Vec::new();
    for backend in service.backends.iter().filter(|backend| !backend.url.text.contains("${")) {
        let url = &backend.url;
        let doubled = || {
            base_is_doubled(service, &url.text).filter(|_| required(&description.prefixes).contains(&&*service.base))
        };
        let misplaced = Misplaced::of(&description.prefixes, service, &url.text);
        let misplaced = misplaced.map(|misplaced| (misplaced.message(), misplaced.hint()));
        let Some((message, hint)) = misplaced.or_else(doubled) else { continue };
        let line_text = text.lines().nth(url.span.line.saturating_sub(1) as usize).unwrap_or("").to_owned();
        let problem = Diagnostic::of_file(Code::NotAsDescribed, &shown, message).with_hint(hint);
        problems.push(Diagnostic { severity: Severity::Warning, span: Some(url.span), line_text, ..problem });
    }
    problems
}
