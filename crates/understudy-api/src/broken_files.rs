//! The files of a project that have errors, each with its first one.

use crate::project::Project;
use understudy_fixture::Diagnostic;
use understudy_serve::BrokenFile;

impl Project {
    /// Returns the files with errors in the order of their names.
    pub(crate) fn broken_files(&self) -> Vec<BrokenFile> {
        let mut last = None;
        let errors = self.diagnostics.iter().filter(|problem| problem.is_error());
        // Diagnostics are sorted by file and place.
        let first = errors.filter(|problem| last.replace(problem.file.clone()).as_ref() != Some(&problem.file));
        first.map(|problem| broken_file(problem, self.service_of(&problem.file))).collect()
    }

    /// Returns the service whose folder a file is in.
    fn service_of(&self, file: &str) -> Option<String> {
        let is_below = |dir: &str| dir.is_empty() || file.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
        let services = self.services.iter().map(|loaded| &loaded.service);
        services.filter(|service| is_below(&service.dir)).map(|service| service.name.clone()).next()
    }
}

/// Returns a file with its error.
pub(crate) fn broken_file(problem: &Diagnostic, service: Option<String>) -> BrokenFile {
    let place = problem.span.map(|span| format!(":{}:{}", span.line, span.column)).unwrap_or_default();
    let message = problem.message.lines().next().unwrap_or_default().to_owned();
    BrokenFile { service, place: format!("{}{place}", problem.file), message }
}
