//! Problems of files that a project names and may not use: those outside its folder, and those that are no regular files.

use crate::described::Described;
use crate::root::{Refused, Root, allow};
use std::path::Path;
use understudy_fixture::model::Service;
use understudy_fixture::{Code, Diagnostic, Source, problem_at_key};

/// Returns the problem of a file that cannot be used.
pub(crate) fn file(shown: &str, refused: &Refused) -> Diagnostic {
    let message = match refused {
        Refused::Outside(place) => format!("the link leads out of the project, to {}", place.display()),
        refused => format!("the file cannot be read: {refused}"),
    };
    let problem = Diagnostic::of_file(code(refused), shown, message);
    refused.hint().into_iter().fold(problem, Diagnostic::with_hint)
}

fn code(refused: &Refused) -> Code {
    match refused {
        Refused::Outside(_) => Code::OutsideProject,
        Refused::NoFile(_) | Refused::TooLarge(_) | Refused::System(_) => Code::Unreadable,
    }
}

/// Returns the problem of a service whose folder is outside the project.
pub(crate) fn folder(source: Option<&Source>, service: &Service, place: &Path) -> Diagnostic {
    let name = &service.name;
    let message =
        format!("the folder `{}` of the service `{name}` is outside the project: {}", service.dir, place.display());
    at_key(source, &["services", name, "dir"], &service.dir, message, place)
}

/// Returns the description of a service. If its file is outside the project, the problem is at the line that names the file.
pub(crate) fn description(
    mut described: Described,
    root: &Root,
    source: Option<&Source>,
    service: &Service,
    named: &str,
) -> Described {
    let file = service.path_of(named);
    if described.unreadable().is_some()
        && let Err(Refused::Outside(place)) = root.resolve(&root.join(&file))
    {
        let name = &service.name;
        let message =
            format!("the description `{named}` of the service `{name}` is outside the project: {}", place.display());
        described.diagnostics = vec![at_key(source, &["services", name, "openapi"], &file, message, &place)];
    }
    described
}

/// Returns the problems of files of certificates that are outside the project.
pub(crate) fn authorities(root: &Root, source: Option<&Source>, service: &Service) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for backend in &service.backends {
        let Some(ca) = backend.ca.as_ref().filter(|ca| !ca.is_secret()) else { continue };
        if let Err(Refused::Outside(place)) = root.resolve(&root.join(&ca.text)) {
            let message = format!(
                "the certificates `{}` of the backend `{}` are outside the project: {}",
                ca.text,
                backend.name,
                place.display()
            );
            let keys = ["services", &service.name, "backends", &backend.name, "ca"];
            problems.push(at_key(source, &keys, &ca.text, message, &place));
        }
    }
    problems
}

/// Returns a problem at a key of the project's file; without such a file, the problem of what was named.
fn at_key(source: Option<&Source>, keys: &[&str], named: &str, message: String, place: &Path) -> Diagnostic {
    let problem = match source {
        Some(source) => problem_at_key(source, keys, Code::OutsideProject, message),
        None => Diagnostic::of_file(Code::OutsideProject, named, message),
    };
    problem.with_hint(allow(place))
}
