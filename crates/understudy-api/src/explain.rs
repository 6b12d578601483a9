//! Which fixture would answer a request, and why the others would not.

use crate::error::{ApiError, Code};
use crate::project::{LoadedService, Project, open_project};
use crate::root::Root;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use understudy_exchange::Request;
use understudy_exchange::redact::SecretNames;
use understudy_fixture::model::Fixture;
use understudy_match::{ByName, Incoming, State, Turns};
use understudy_openapi::{Answer, Asking};

/// What would happen to a request.
#[derive(Debug, Clone, Serialize)]
pub struct Explained {
    /// The service that was asked.
    pub service: String,
    /// The request.
    pub request: String,
    /// The fixture that answers.
    pub fixture: Option<String>,
    /// Its file, relative to the project.
    pub file: Option<String>,
    /// The status of the response that is next.
    pub status: Option<u16>,
    /// The conditions of that fixture.
    pub conditions: Vec<WeighedCondition>,
    /// The methods that the path is known with, where only the method is another one.
    pub allowed: Vec<String>,
    /// What the service's description answers, where no fixture does.
    pub described: Option<DescribedAnswer>,
    /// Fixtures that do not answer, the nearest first.
    pub near: Vec<NearFixture>,
    /// The other services that know the request, if this service has no response to it.
    pub elsewhere: Vec<ElsewhereAnswer>,
    /// The files with errors, if no fixture matches: one of these files may be the fixture that was
    /// meant.
    pub errors: Option<FileErrors>,
}

/// A condition of a fixture. If several fixtures match, the fixture with the heavier conditions is
/// used.
#[derive(Debug, Clone, Serialize)]
pub struct WeighedCondition {
    /// The value that the condition applies to: `query expand`, `body $.name`, `state cart`.
    pub place: String,
    /// `value`, `one_of`, `pattern`, `type` or `presence`, the heaviest first.
    pub weight: &'static str,
}

/// Another service that knows a request.
#[derive(Debug, Clone, Serialize)]
pub struct ElsewhereAnswer {
    /// The service.
    pub service: String,
    /// Its address; `null` if its port is chosen at start.
    pub url: Option<String>,
    /// The matching fixture.
    pub fixture: String,
    /// True if the fixture matches the request; false if only the path is the same.
    pub answers: bool,
    /// The path that the request has at the service, if its base is another one.
    pub path: Option<String>,
}

/// The files of a project that have errors.
#[derive(Debug, Clone, Serialize)]
pub struct FileErrors {
    /// The number of files.
    pub files: usize,
    /// The first file, with the place of its first error.
    pub place: String,
    /// The first error.
    pub message: String,
}

/// A fixture that does not answer.
#[derive(Debug, Clone, Serialize)]
pub struct NearFixture {
    /// Its id.
    pub fixture: String,
    /// What does not match, in words.
    pub differences: Vec<String>,
    /// The mistake in the request's path, if it is one that people often make.
    pub slip: Option<String>,
    /// The conditions of the fixture, if all of them match.
    pub conditions: Vec<WeighedCondition>,
    /// Where all matches: why another one comes first.
    pub behind: Option<String>,
}

/// What a service's description would answer, where no fixture does.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DescribedAnswer {
    /// The operation: its id, or its method and path.
    pub operation: String,
    /// The status.
    pub status: u16,
    /// In what the request is not as it is described.
    pub violations: Vec<String>,
}

impl DescribedAnswer {
    /// What the description of a service answers; `None` where it has none, or that knows nothing of the request.
    pub(crate) fn of(loaded: &LoadedService, request: &Request) -> Option<Self> {
        let description = loaded.description()?;
        let asking = Asking { base: &loaded.service.base, requests: loaded.service.requests, chance: 0 };
        let (operation, status, violations) = match description.answer(request, asking) {
            Answer::Response(answer) => (answer.operation, answer.status, answer.violations),
            Answer::Refused(refusal) => (refusal.operation, refusal.status, refusal.violations),
            Answer::OtherMethods(_) | Answer::Nothing => return None,
        };
        Some(Self {
            operation: description.operations[operation].name().to_owned(),
            status: status.as_u16(),
            violations: violations.iter().map(ToString::to_string).collect(),
        })
    }
}

/// Explains a request. `url` is a path, or a whole URL whose port or host says which service is meant; else it is
/// `service`, the only one, or the one that has an answer.
///
/// # Errors
/// No project, no such service, or a request that is none.
pub fn explain(
    root: &Root,
    service: Option<&str>,
    method: &str,
    url: &str,
    headers: &[String],
    body: Option<Vec<u8>>,
    state: &[(String, String)],
) -> Result<Explained, ApiError> {
    let project = open_project(root)?;
    let request = request(method, url, headers, body)?;
    let state: State = state.iter().cloned().collect();
    let mut candidates: Vec<&LoadedService> = match service {
        Some(name) => vec![project.service(name)?],
        None => project.services.iter().collect(),
    };
    if let Some(named) = candidates.iter().position(|loaded| is_meant(loaded, url)) {
        candidates = vec![candidates[named]];
    }
    let explained = candidates.into_iter().map(|loaded| explain_in(loaded, &request, &state));
    let (mut best, distance) =
        explained.min_by_key(|(explained, distance)| rank(explained, *distance)).ok_or_else(|| {
            ApiError::new(Code::NoProject, "the project has no service").with_hint("add one under `services`")
        })?;
    if best.fixture.is_none() && best.described.is_none() {
        best.elsewhere = elsewhere(&project, &best.service, &request, &state);
        // If this service has the path, other services are listed only if they match the whole
        // request.
        best.elsewhere.retain(|elsewhere| elsewhere.answers || distance != Some(0));
        let broken = project.broken_files();
        let own = broken.iter().find(|file| file.service.as_ref() == Some(&best.service));
        best.errors = own.or(broken.first()).map(|first| FileErrors {
            files: broken.len(),
            place: first.place.clone(),
            message: first.message.clone(),
        });
    }
    Ok(best)
}

/// Returns the rank of a service among those that a request may be meant for; the least is the best.
fn rank(explained: &Explained, distance: Option<usize>) -> (usize, usize) {
    let kind = match explained {
        Explained { fixture: Some(_), .. } => 0,
        Explained { described: Some(_), .. } => 1,
        Explained { allowed, .. } if !allowed.is_empty() => 2,
        _ => 3,
    };
    (kind, distance.unwrap_or(usize::MAX))
}

/// Returns the other services that match a request. If there are none, returns those that have its
/// path.
fn elsewhere(project: &Project, service: &str, request: &Request, state: &State) -> Vec<ElsewhereAnswer> {
    let others = project.services.iter().filter(|loaded| loaded.service.name != service);
    let own = project.service(service).ok().map(LoadedService::index);
    let answering = others.filter_map(|loaded| {
        let index = loaded.index();
        let known = index.by_name(&Incoming::new(request), state).map(|known| (known, None));
        let (ByName { fixture, answers }, path) = known.or_else(|| {
            let (known, path) = index.by_name_at_base(request, own.as_ref()?, state)?;
            Some((known, Some(path)))
        })?;
        let name = &loaded.service.name;
        let url = match (loaded.service.port, project.settings.port) {
            (0, Some(shared)) => Some(format!("http://{name}.localhost:{shared}")),
            (0, None) => None,
            (port, _) => Some(format!("http://localhost:{port}")),
        };
        Some(ElsewhereAnswer { service: name.clone(), url, fixture: fixture.id.to_string(), answers, path })
    });
    let mut all: Vec<ElsewhereAnswer> = answering.collect();
    if all.iter().any(|elsewhere| elsewhere.path.is_none()) {
        all.retain(|elsewhere| elsewhere.path.is_none());
    }
    if all.iter().any(|elsewhere| elsewhere.answers) {
        all.retain(|elsewhere| elsewhere.answers);
    }
    all
}

fn weighed(fixture: &Fixture) -> Vec<WeighedCondition> {
    let conditions = understudy_match::conditions(fixture).into_iter();
    conditions.map(|condition| WeighedCondition { place: condition.place, weight: condition.weight.as_str() }).collect()
}

/// Whether a URL's port or host names a service.
fn is_meant(loaded: &LoadedService, url: &str) -> bool {
    let Some(authority) = without_path(url) else { return false };
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    let by_port = loaded.service.port != 0 && port == loaded.service.port.to_string();
    by_port || host.strip_suffix(".localhost").is_some_and(|name| name == loaded.service.name)
}

/// The host and port of a URL, which may be written without its scheme: `localhost:4010/pets`.
fn without_path(url: &str) -> Option<&str> {
    let (rest, is_url) = url.split_once("://").map_or((url, false), |(_, rest)| (rest, true));
    let authority = rest.split(['/', '?']).next().unwrap_or("");
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    (is_url || has_port).then_some(authority)
}

/// Explains a request to one service, with the distance of the nearest fixture.
fn explain_in(loaded: &LoadedService, request: &Request, state: &State) -> (Explained, Option<usize>) {
    let index = loaded.index();
    let explanation = understudy_match::explain(&index, &Incoming::new(request), state);
    let distance = explanation.near.first().map(|near| near.distance);
    let explained = Explained {
        service: loaded.service.name.clone(),
        request: format!("{} {}", request.method, SecretNames::default().shown_target(&request.target)),
        fixture: explanation.chosen.as_ref().map(|fixture| fixture.id.to_string()),
        file: explanation.chosen.as_ref().map(|fixture| fixture.file.to_string()),
        status: explanation.chosen.as_ref().map(|fixture| {
            let turns = Turns::of(fixture);
            fixture.responses[turns[Turns::in_state(&turns, state)].responses[0]].status
        }),
        conditions: explanation.chosen.as_deref().map(weighed).unwrap_or_default(),
        allowed: explanation.allowed.iter().map(ToString::to_string).collect(),
        described: match &explanation.chosen {
            Some(_) => None,
            None => DescribedAnswer::of(loaded, request),
        },
        near: explanation
            .near
            .into_iter()
            .map(|near| NearFixture {
                fixture: near.fixture.id.to_string(),
                differences: near.differences.iter().map(ToString::to_string).collect(),
                slip: near.slip,
                conditions: if near.behind.is_some() { weighed(&near.fixture) } else { Vec::new() },
                behind: near.behind,
            })
            .collect(),
        elsewhere: Vec::new(),
        errors: None,
    };
    (explained, distance)
}

fn request(method: &str, url: &str, headers: &[String], body: Option<Vec<u8>>) -> Result<Request, ApiError> {
    let usage = |message: String, hint: &str| ApiError::new(Code::Usage, message).with_hint(hint);
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| usage(format!("`{method}` is no method"), "like GET or POST"))?;
    let target = match without_path(url) {
        Some(authority) => &url[url.find(authority).map_or(0, |at| at + authority.len())..],
        None => url,
    };
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let target =
        target.parse().map_err(|_| usage(format!("`{target}` cannot be requested"), "write a space as %20"))?;
    let mut map = HeaderMap::new();
    for header in headers {
        let parsed = header.split_once(':').and_then(|(name, value)| {
            Some((
                HeaderName::from_bytes(name.trim().as_bytes()).ok()?,
                HeaderValue::from_bytes(value.trim().as_bytes()).ok()?,
            ))
        });
        let (name, value) = parsed
            .ok_or_else(|| usage(format!("`{header}` is no header field"), "like -H 'accept: application/json'"))?;
        map.append(name, value);
    }
    Ok(Request { method, target, headers: map, body: Bytes::from(body.unwrap_or_default()) })
}
