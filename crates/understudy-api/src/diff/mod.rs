//! Compares two descriptions, and names the fixtures that each change is about.

mod git;
mod markdown;
mod settings;
mod version;

pub(crate) use settings::unknown_rules;

use crate::check::operation_of;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::project::{LoadedService, Project, open_project};
use crate::report::DiagnosticReport;
use crate::root::Root;
use serde::Serialize;
use settings::{Accepted, hint, level};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use understudy_fixture::Diagnostic;
use understudy_fixture::model::{AcceptedChange, Diff, Fixture};
use understudy_openapi::{Change, Level, Rule};
use version::Version;

/// The descriptions to compare.
#[derive(Debug, Clone)]
pub struct DiffRequest {
    /// The version that people keep to: a file, or a file of a git revision (`main:api.yaml`).
    pub old: PathBuf,
    /// The version that comes.
    pub new: PathBuf,
    /// The project whose fixtures may be touched, and which may have levels for rules; where there is one.
    pub project: Option<Root>,
    /// The places outside the folders of the descriptions that they may refer to.
    pub allowed: Vec<PathBuf>,
    /// The service that is described; those with a description where it is not said.
    pub service: Option<String>,
}

/// The changes between two descriptions.
#[derive(Debug, Clone, Serialize)]
pub struct DiffReport {
    /// The old version's own title and version.
    pub old: String,
    /// The new version's own title and version.
    pub new: String,
    /// The changes: first those that break clients, then those that break backends, then the rest.
    pub changes: Vec<ChangeReport>,
    /// The number of changes that break clients that keep to the old version. Only those of the level `break` count, and of these only
    /// those that are not accepted.
    pub consumers: usize,
    /// The number of changes that break backends that keep to the old version, in the same way.
    pub providers: usize,
    /// The number of changes of the level `warn`.
    pub warnings: usize,
    /// The number of changes that break nobody.
    pub additive: usize,
    /// The number of changes that are accepted for now.
    pub accepted: usize,
    /// The number of changes that are not listed, since the project ignores their rules.
    pub ignored: usize,
    /// The places of the two versions that could not be read, and were not compared.
    pub unread: Vec<DiagnosticReport>,
    /// Entries of the project's `accepted` that accept none of the changes, with why.
    pub idle: Vec<String>,
    /// The same as `unread`, as it is shown to people.
    #[serde(skip)]
    pub problems: Vec<Diagnostic>,
    /// For each version, the number of problems that take nothing from the comparison.
    #[serde(skip)]
    pub other_problems: [usize; 2],
}

/// One thing that changed.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeReport {
    /// The id of its rule: `answer-member-removed`.
    pub rule: String,
    /// The level: `break`, `warn` or `add`.
    pub level: &'static str,
    /// The sides that break: `consumers`, `providers`, both or nobody.
    pub breaks: Vec<&'static str>,
    /// The place, in words: `answer 200 body /items/*/name`.
    pub place: String,
    /// The change at the place: "is gone".
    pub message: String,
    /// The operations that it is about: `GET /items`.
    pub operations: Vec<String>,
    /// The place in the old version: `file#pointer`.
    pub old: Option<String>,
    /// The place in the new version.
    pub new: Option<String>,
    /// The files of the fixtures that a breaking change is about, relative to the project.
    pub fixtures: Vec<String>,
    /// Why it is no failure for now, where it is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<AcceptedReport>,
}

/// The acceptance of a change.
#[derive(Debug, Clone, Serialize)]
pub struct AcceptedReport {
    /// The last day.
    pub until: Option<String>,
    /// Why.
    pub why: Option<String>,
}

impl ChangeReport {
    /// Returns true if it is a failure.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.level == "break" && self.accepted.is_none()
    }

    /// Returns true if it is a failure, and breaks somebody. What a project made a failure breaks both sides.
    #[must_use]
    pub fn fails_for(&self, whom: &str) -> bool {
        self.fails() && (self.breaks.is_empty() || self.breaks.contains(&whom))
    }
}

impl DiffReport {
    /// The changes by what they do, each group with its title, in the order in which they are shown.
    #[must_use]
    pub fn groups(&self) -> Vec<(&'static str, Vec<&ChangeReport>)> {
        let title = |change: &ChangeReport| match (change.accepted.is_some(), change.level, change.breaks.as_slice()) {
            (true, ..) => "accepted for now",
            (false, "break", ["consumers", "providers"]) => "breaks consumers and providers",
            (false, "break", ["consumers"]) => "breaks consumers",
            (false, "break", ["providers"]) => "breaks providers",
            (false, "break", _) => "not allowed by the project",
            (false, "warn", _) => "warnings",
            _ => "additive",
        };
        const TITLES: [&str; 7] = [
            "breaks consumers and providers",
            "breaks consumers",
            "breaks providers",
            "not allowed by the project",
            "accepted for now",
            "warnings",
            "additive",
        ];
        let group = |wanted: &'static str| {
            let changes: Vec<&ChangeReport> = self.changes.iter().filter(|change| title(change) == wanted).collect();
            (!changes.is_empty()).then_some((wanted, changes))
        };
        TITLES.into_iter().filter_map(group).collect()
    }

    /// One line: how many changes there are, and what they do.
    #[must_use]
    pub fn summary(&self) -> String {
        if self.changes.is_empty() && self.ignored == 0 {
            return "nothing changed that either side could see".to_owned();
        }
        let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
        let whom =
            |number: usize, whom: &str| format!("{number} {} {whom}", if number == 1 { "breaks" } else { "break" });
        let mut parts = vec![whom(self.consumers, "consumers"), whom(self.providers, "providers")];
        parts.extend((self.accepted > 0).then(|| format!("{} accepted", self.accepted)));
        parts.extend((self.warnings > 0).then(|| count(self.warnings, "warning")));
        parts.push(format!("{} additive", self.additive));
        parts.extend((self.ignored > 0).then(|| format!("{} ignored", self.ignored)));
        format!("{}: {}", count(self.changes.len() + self.ignored, "change"), parts.join(", "))
    }
}

/// Compares two descriptions.
///
/// # Errors
/// A version that cannot be read as a description; a project or a service that is not there, or a project's file that is
/// wrong.
pub fn diff(request: &DiffRequest) -> Result<DiffReport, ApiError> {
    let root_of = |file: &Path| match &request.project {
        Some(project) => project.and_named(file),
        None => Root::of_named(file, &request.allowed),
    };
    let read = |named: &Path| Version::open(&root_of(named), named);
    let (old, new) = (read(&request.old)?, read(&request.new)?);
    let project = request.project.as_ref().map(open_project).transpose()?;
    let (fixtures, settings) = match &project {
        Some(project) => (fixtures(project, request.service.as_deref(), &old)?, settings_of(project)?),
        None => (Vec::new(), Diff::default()),
    };
    let today = clock::now().date();
    let mut accepted = Accepted::new(&settings, &today);
    let (mut changes, mut ignored) = (Vec::new(), 0);
    for change in old.description.changes(&new.description, &today) {
        match level(&settings, &change) {
            Some(level) => {
                let entry = if level == Level::Break { accepted.entry_for(&change) } else { None };
                changes.push(report(change, level, entry, (&old, &new), &fixtures));
            }
            None => ignored += 1,
        }
    }
    let number = |is_meant: &dyn Fn(&ChangeReport) -> bool| changes.iter().filter(|change| is_meant(change)).count();
    let breaks = |whom: &'static str| number(&|change| change.fails() && change.breaks.contains(&whom));
    let problems: Vec<Diagnostic> = [&old, &new].into_iter().flat_map(|version| version.unread.clone()).collect();
    Ok(DiffReport {
        old: old.description.title.clone(),
        new: new.description.title.clone(),
        consumers: breaks("consumers"),
        providers: breaks("providers"),
        warnings: number(&|change| change.level == "warn"),
        additive: number(&|change| change.level == "add"),
        accepted: number(&|change| change.accepted.is_some()),
        ignored,
        unread: problems.iter().map(DiagnosticReport::new).collect(),
        idle: accepted.idle(),
        problems,
        other_problems: [old.other_problems, new.other_problems],
        changes,
    })
}

/// The settings of a project for changes. A faulty project file is an error: a level that is not known would be passed over.
fn settings_of(project: &Project) -> Result<Diff, ApiError> {
    let name = project.file.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
    // What is outside the project says nothing of the settings.
    let is_about_them =
        |problem: &Diagnostic| problem.is_error() && problem.code != understudy_fixture::Code::OutsideProject;
    let is_own = |problem: &&Diagnostic| is_about_them(problem) && name.as_deref() == Some(&*problem.file);
    let wrong: Vec<String> = project.diagnostics.iter().filter(is_own).map(ToString::to_string).collect();
    if wrong.is_empty() {
        return Ok(project.settings.diff.clone());
    }
    let mut error =
        ApiError::new(Code::BadProject, "the project's file is wrong, so the levels of rules are not known");
    error.details = wrong;
    Err(error)
}

/// A rule, as it is explained.
#[derive(Debug, Clone, Serialize)]
pub struct RuleReport {
    /// Its id.
    pub id: String,
    /// The kind of change, in a sentence.
    pub about: &'static str,
    /// The sides that break.
    pub breaks: Vec<&'static str>,
    /// Its level where a project sets no other: `break`, `warn` or `add`.
    pub level: &'static str,
}

/// Explains a rule of the comparison.
///
/// # Errors
/// [`Code::UnknownName`]
pub fn explain_rule(id: &str) -> Result<RuleReport, ApiError> {
    let Some(rule) = Rule::find(id) else {
        return Err(ApiError::new(Code::UnknownName, format!("no rule has the id `{id}`")).with_hint(hint(id)));
    };
    let breaks = whom(rule.consumers, rule.providers);
    Ok(RuleReport { id: rule.id, about: rule.about, breaks, level: word(rule.level) })
}

fn whom(consumers: bool, providers: bool) -> Vec<&'static str> {
    let both = [(consumers, "consumers"), (providers, "providers")];
    both.iter().filter(|(is, _)| *is).map(|(_, whom)| *whom).collect()
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Break => "break",
        Level::Warn => "warn",
        Level::Add => "add",
    }
}

/// A fixture and the operation of the old version that it is about.
struct About {
    fixture: Arc<Fixture>,
    operation: usize,
}

fn fixtures(project: &Project, service: Option<&str>, old: &Version) -> Result<Vec<About>, ApiError> {
    if let Some(name) = service {
        project.service(name)?;
    }
    let is_meant = |loaded: &&LoadedService| match service {
        Some(name) => loaded.service.name == name,
        None => loaded.service.openapi.is_some(),
    };
    let mut all = Vec::new();
    for loaded in project.services.iter().filter(is_meant) {
        for fixture in loaded.fixtures.iter().filter(|fixture| fixture.enabled) {
            let operation = operation_of(&old.description, &loaded.service.base, fixture);
            all.extend(operation.map(|operation| About { fixture: Arc::clone(fixture), operation }));
        }
    }
    Ok(all)
}

fn report(
    change: Change,
    level: Level,
    accepted: Option<&AcceptedChange>,
    (old, new): (&Version, &Version),
    fixtures: &[About],
) -> ChangeReport {
    let breaks = whom(change.consumers, change.providers);
    let touches = |about: &&About| {
        let statuses = || about.fixture.responses.iter().filter_map(|response| response.status.try_into().ok());
        change.touched.iter().filter(|touched| touched.old == Some(about.operation)).any(|touched| {
            match touched.status {
                Some(wanted) => {
                    let operation = &old.description.operations[about.operation];
                    statuses().any(|status| operation.said_of(status) == Some(wanted))
                }
                None => true,
            }
        })
    };
    let mut operations: Vec<String> = Vec::new();
    for touched in &change.touched {
        if !touched.name.is_empty() && !operations.contains(&touched.name) {
            operations.push(touched.name.clone());
        }
    }
    let fixtures = match breaks.is_empty() {
        true => Vec::new(),
        false => fixtures.iter().filter(touches).map(|about| about.fixture.file.to_string()).collect(),
    };
    ChangeReport {
        level: word(level),
        breaks,
        operations,
        fixtures,
        rule: change.rule,
        place: change.place,
        message: change.message,
        old: change.old.map(|place| old.place(&place)),
        new: change.new.map(|place| new.place(&place)),
        accepted: accepted.map(|entry| AcceptedReport { until: entry.until.clone(), why: entry.why.clone() }),
    }
}
