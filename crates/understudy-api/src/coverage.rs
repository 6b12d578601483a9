//! Operations and statuses of descriptions, and what is known of each: whether a fixture says it, whether it was recorded,
//! when a backend was held to it, and whether the fixture is what the description says.

use crate::check::{not_as_described, operation_of};
use crate::error::{ApiError, Code};
use crate::html::page_head;
use crate::inbox::OpenInbox;
use crate::inbox::{InboxView, Proposal};
use crate::junit::escape;
use crate::project::{LoadedService, Project, open_project};
use crate::recordings;
use crate::root::Root;
use crate::runs::{LastResults, Verified, last_results};
use http::{HeaderMap, Method, StatusCode};
use serde::Serialize;
use std::fmt::Write;
use understudy_exchange::Request;
use understudy_fixture::Severity;
use understudy_fixture::model::Fixture;
use understudy_match::Moment;
use understudy_openapi::{Description, Link, Outgoing, Status};

/// What to count.
#[derive(Debug, Clone)]
pub struct CoverageRequest {
    /// The project's folder.
    pub project: Root,
    /// Only these services; all with a description where empty.
    pub services: Vec<String>,
    /// Whether only statuses count that say that all went well.
    pub only_success: bool,
}

/// How much of the descriptions is covered.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CoverageReport {
    /// Each service with a description.
    pub services: Vec<ServiceCoverage>,
    /// All of them together.
    pub total: Counts,
    /// Why what was recorded, or verified, is not known; that files have errors, whose fixtures are not counted.
    pub unknown: Vec<String>,
}

/// How many statuses of operations there are, and how many of them have what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Counts {
    /// Documented statuses of all operations.
    pub statuses: usize,
    /// With a fixture.
    pub fixtures: usize,
    /// That a backend was held to, and kept.
    pub verified: usize,
    /// That a backend broke the last time.
    pub broken: usize,
    /// Whose fixtures, or the backend's answers to them, are not what the description says.
    pub wrong: usize,
    /// That were recorded, and wait in the inbox.
    pub recorded: usize,
}

/// How much of a service's description is covered.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ServiceCoverage {
    /// The service.
    pub service: String,
    /// The description's file, relative to the project.
    pub file: String,
    /// What it calls itself.
    pub title: String,
    /// In the order of the description.
    pub operations: Vec<OperationCoverage>,
    /// Fixtures that are of no operation, or of no status that it documents.
    pub undescribed: Vec<String>,
    /// What the backend asks by itself: `POST, as newItem`.
    pub webhooks: Vec<String>,
    /// All its statuses together.
    pub total: Counts,
}

/// One operation.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OperationCoverage {
    /// Its id, or its method and path.
    pub name: String,
    /// Its method.
    pub method: String,
    /// Its path, as the description has it.
    pub path: String,
    /// The statuses that it documents.
    pub statuses: Vec<StatusCoverage>,
    /// Where its answers lead: `201 to getItem, itemId from $response.body#/id`.
    pub links: Vec<String>,
    /// What the backend asks on its account: `POST {$request.body#/url}, as itemSold`.
    pub callbacks: Vec<String>,
}

/// One status of an operation.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StatusCoverage {
    /// As the description has it: `200`, `4XX`, `default`.
    pub status: String,
    /// The fixtures that answer it.
    pub fixtures: Vec<CoveringFixture>,
    /// How many exchanges were recorded that wait in the inbox.
    pub recorded: usize,
    /// `missing`, `fixture` (never verified), `verified`, `known` (broken, in a way that is accepted for now) or `broken`.
    pub state: &'static str,
}

/// A fixture that answers a status.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CoveringFixture {
    /// Its id.
    pub id: String,
    /// Its file, relative to the service's folder.
    pub file: String,
    /// What came of it when it was last verified.
    pub verified: Option<Verified>,
    /// In what it is not what the description says.
    pub problems: Vec<String>,
}

impl CoveringFixture {
    /// Whether it, and the backend's last answer to it, are what the description says, as far as that is known.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.problems.is_empty() && self.verified.as_ref().is_none_or(|verified| verified.described != Some(false))
    }
}

/// Counts a project's coverage.
///
/// # Errors
/// No project, names that it does not have, and no service with a description that can be read. What was recorded or
/// verified may be unknown: the report says so.
pub async fn coverage(request: &CoverageRequest) -> Result<CoverageReport, ApiError> {
    let project = open_project(&request.project)?;
    project.check_names(&request.services)?;
    let inbox = match recordings::are_there(&project.root) {
        true => OpenInbox::of(&project.root).await.map(|inbox| Some(inbox.view())),
        false => Ok(None),
    };
    count(&project, &request.services, request.only_success, inbox)
}

/// Counts what is known, runs included; of recordings what could be looked at.
///
/// # Errors
/// No service with a description that can be read.
pub(crate) fn count(
    project: &Project,
    services: &[String],
    only_success: bool,
    inbox: Result<Option<InboxView>, ApiError>,
) -> Result<CoverageReport, ApiError> {
    let mut unknown = Vec::new();
    let errors = project.diagnostics.iter().filter(|problem| problem.is_error()).count();
    if errors > 0 {
        let errors = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
        unknown.push(format!("what files with errors say: {errors}, which `understudy check` tells"));
    }
    let inbox = inbox.unwrap_or_else(|error| {
        unknown.push(format!("what was recorded: {error}"));
        None
    });
    let results = last_results(&project.root).unwrap_or_else(|error| {
        unknown.push(format!("what was verified: {error}"));
        LastResults::new()
    });
    let (inbox, results) = (inbox.as_ref(), &results);
    let mut all = Vec::new();
    for loaded in &project.services {
        let is_meant = services.is_empty() || services.contains(&loaded.service.name);
        let Some(description) = loaded.description().filter(|_| is_meant) else { continue };
        all.push(Counting { loaded, description, only_success, inbox, results }.service());
    }
    if all.is_empty() {
        return Err(ApiError::new(Code::NothingToDo, "no service has a description that can be read").with_hint(
            "name it in understudy.yaml under the service: `openapi: openapi.yaml`, relative to its folder",
        ));
    }
    let total = all.iter().fold(Counts::default(), |total, service| total.and(service.total));
    Ok(CoverageReport { services: all, total, unknown })
}

/// A moment as people read it: `2026-11-22 14:05`, in UTC.
#[must_use]
pub fn date_and_minute(unix_millis: u64) -> String {
    let moment = Moment { unix_millis };
    format!("{} {}", moment.date(), moment.time().get(..5).unwrap_or_default())
}

/// The report as one page: nothing is fetched, and nothing in it runs.
#[must_use]
pub fn coverage_html(report: &CoverageReport) -> String {
    let total = report.total;
    let title = format!("{} of {} documented statuses have a fixture", total.fixtures, total.statuses);
    let mut out = page_head(&title);
    let _ = writeln!(
        out,
        "<p>{:.0} % with a fixture, {:.0} % kept by a backend, {} broken, {} not as described, {} recorded</p>",
        total.percent(total.fixtures),
        total.percent(total.verified),
        total.broken,
        total.wrong,
        total.recorded
    );
    for unknown in &report.unknown {
        let _ = writeln!(out, "<p class=\"known\">Not known: {}</p>", escape(unknown));
    }
    for service in &report.services {
        let (name, title) = (escape(&service.service), escape(&service.title));
        let _ = writeln!(out, "<h2>{name} <span class=\"mid\">{title}, {}</span></h2>", escape(&service.file));
        out.push_str("<table><tr><th>Operation</th><th>Status</th><th>Fixtures</th><th>Backend</th></tr>\n");
        for operation in &service.operations {
            for (nth, status) in operation.statuses.iter().enumerate() {
                let name = format!("{} {}", operation.method, operation.path);
                html_row(if nth == 0 { &name } else { "" }, status, &mut out);
            }
            for (what, said) in [("Answers lead: ", &operation.links), ("The backend asks: ", &operation.callbacks)] {
                if !said.is_empty() {
                    let said = escape(&said.join("; "));
                    let _ = writeln!(out, "<tr><td></td><td class=\"mid\" colspan=\"3\">{what}{said}</td></tr>");
                }
            }
        }
        out.push_str("</table>\n");
        for webhook in &service.webhooks {
            let _ = writeln!(out, "<p class=\"mid\">The backend asks by itself: {}</p>", escape(webhook));
        }
        for file in &service.undescribed {
            let _ = writeln!(out, "<p class=\"known\">Not in the description: <code>{}</code></p>", escape(file));
        }
    }
    out
}

fn html_row(operation: &str, status: &StatusCoverage, out: &mut String) {
    let mut fixtures = String::new();
    let mut backend = String::new();
    for fixture in &status.fixtures {
        let _ = write!(fixtures, "<div><code>{}</code></div>", escape(&fixture.id));
        for problem in &fixture.problems {
            let _ = write!(fixtures, "<div class=\"broken\">{}</div>", escape(problem));
        }
        if let Some(Verified { at, backend: address, outcome, described }) = &fixture.verified {
            let wrong = if *described == Some(false) { ", not as described" } else { "" };
            let _ = write!(
                backend,
                "<div class=\"{outcome}\">{outcome}{wrong} <span class=\"mid\">{} at {}</span></div>",
                date_and_minute(*at),
                escape(address)
            );
        }
    }
    if status.fixtures.is_empty() {
        fixtures.push_str("<span class=\"mid\">none</span>");
    }
    if status.recorded > 0 {
        let _ = write!(fixtures, "<div class=\"mid\">{} recorded, in the inbox</div>", status.recorded);
    }
    let _ = writeln!(
        out,
        "<tr><td class=\"path\">{}</td><td>{}</td><td>{fixtures}</td><td>{backend}</td></tr>",
        escape(operation),
        escape(&status.status)
    );
}

fn link(link: &Link) -> String {
    let from: Vec<String> = link.parameters.iter().map(|(name, from)| format!(", {name} from {from}")).collect();
    format!("{} to {}{}", link.status, link.to, from.concat())
}

fn outgoing(outgoing: &Outgoing) -> String {
    let Outgoing { name, method, url } = outgoing;
    if url.is_empty() { format!("{method}, as {name}") } else { format!("{method} {url}, as {name}") }
}

struct Counting<'c> {
    loaded: &'c LoadedService,
    description: &'c Description,
    only_success: bool,
    inbox: Option<&'c InboxView>,
    results: &'c LastResults,
}

impl Counting<'_> {
    fn service(&self) -> ServiceCoverage {
        let service = &self.loaded.service;
        let mut operations: Vec<OperationCoverage> = self
            .description
            .operations
            .iter()
            .map(|operation| {
                let statuses = operation.statuses().filter(|status| self.counts(*status)).map(|status| {
                    StatusCoverage { status: status.to_string(), fixtures: Vec::new(), recorded: 0, state: "missing" }
                });
                OperationCoverage {
                    name: operation.name().to_owned(),
                    method: operation.method.to_string(),
                    path: operation.key().to_owned(),
                    statuses: statuses.collect(),
                    links: self.description.links(operation).iter().map(link).collect(),
                    callbacks: self.description.callbacks(operation).iter().map(outgoing).collect(),
                }
            })
            .collect();
        let mut undescribed = Vec::new();
        for fixture in self.loaded.fixtures.iter().filter(|fixture| fixture.enabled) {
            let place = operation_of(self.description, &service.base, fixture);
            let mut is_said = false;
            let mut seen = Vec::new();
            let promised = place.and_then(|place| self.said_of(place, fixture.promise()?.status));
            for response in &fixture.responses {
                let status = place.and_then(|place| self.said_of(place, response.status));
                let (Some(place), Some(status)) = (place, status) else { continue };
                is_said = true;
                if let Some(cell) = cell(&mut operations, place, status).filter(|_| !seen.contains(&status)) {
                    cell.fixtures.push(self.covering(fixture, promised == Some(status)));
                    seen.push(status);
                }
            }
            if !is_said {
                undescribed.push(fixture.file.to_string());
            }
        }
        let proposals = self.inbox.into_iter().flat_map(|inbox| &inbox.proposals);
        for proposal in proposals.filter(|proposal| proposal.service == service.name) {
            let Some(place) = asked(proposal).and_then(|request| self.description.operation(&request, &service.base))
            else {
                continue;
            };
            for (status, number) in &proposal.answered {
                let status = self.said_of(place, *status);
                if let Some(cell) = status.and_then(|status| cell(&mut operations, place, status)) {
                    cell.recorded += number;
                }
            }
        }
        let mut total = Counts::default();
        for cell in operations.iter_mut().flat_map(|operation| &mut operation.statuses) {
            cell.state = state(&cell.fixtures);
            total = total.and(Counts::of(cell));
        }
        ServiceCoverage {
            service: service.name.clone(),
            file: self.description.file().to_owned(),
            title: self.description.title.clone(),
            operations,
            undescribed,
            webhooks: self.description.webhooks().iter().map(outgoing).collect(),
            total,
        }
    }

    fn counts(&self, status: Status) -> bool {
        !self.only_success || status.is_success()
    }

    fn said_of(&self, place: usize, status: u16) -> Option<Status> {
        self.description.operations[place].said_of(StatusCode::from_u16(status).ok()?)
    }

    fn covering(&self, fixture: &Fixture, is_held: bool) -> CoveringFixture {
        let service = &self.loaded.service;
        let problems = not_as_described(self.description, &service.base, fixture);
        let problems = problems.into_iter().filter(|problem| problem.severity == Severity::Error);
        CoveringFixture {
            id: fixture.id.to_string(),
            file: self.loaded.file_of(fixture).to_owned(),
            verified: self.results.get(&format!("{}/{}", service.name, fixture.id)).filter(|_| is_held).cloned(),
            problems: problems.map(|problem| problem.message).collect(),
        }
    }
}

fn cell(operations: &mut [OperationCoverage], place: usize, status: Status) -> Option<&mut StatusCoverage> {
    let status = status.to_string();
    operations[place].statuses.iter_mut().find(|cell| cell.status == status)
}

/// What is known of a status by its fixtures: one that is broken weighs most.
fn state(fixtures: &[CoveringFixture]) -> &'static str {
    let is = |outcomes: &[&str]| {
        let mut verified = fixtures.iter().filter_map(|fixture| fixture.verified.as_ref());
        verified.any(|verified| outcomes.contains(&verified.outcome.as_str()))
    };
    match () {
        () if fixtures.is_empty() => "missing",
        () if is(&["broken"]) => "broken",
        () if is(&["known"]) => "known",
        () if is(&["kept"]) => "verified",
        () => "fixture",
    }
}

impl Counts {
    fn of(cell: &StatusCoverage) -> Self {
        let one = usize::from;
        Self {
            statuses: 1,
            fixtures: one(!cell.fixtures.is_empty()),
            verified: one(cell.state == "verified"),
            broken: one(cell.state == "broken"),
            wrong: one(!cell.fixtures.iter().all(CoveringFixture::conforms)),
            recorded: one(cell.recorded > 0),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            statuses: self.statuses + other.statuses,
            fixtures: self.fixtures + other.fixtures,
            verified: self.verified + other.verified,
            broken: self.broken + other.broken,
            wrong: self.wrong + other.wrong,
            recorded: self.recorded + other.recorded,
        }
    }

    /// A part of all statuses, in percent; all of nothing is all.
    #[must_use]
    pub fn percent(&self, part: usize) -> f64 {
        if self.statuses == 0 { 100.0 } else { part as f64 * 100.0 / self.statuses as f64 }
    }
}

/// What a proposal was recorded from.
fn asked(proposal: &Proposal) -> Option<Request> {
    Some(Request {
        method: Method::from_bytes(proposal.method.as_bytes()).ok()?,
        target: proposal.target.parse().ok()?,
        headers: HeaderMap::new(),
        body: bytes::Bytes::new(),
    })
}
