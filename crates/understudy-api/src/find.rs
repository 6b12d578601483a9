//! The project that a person means by a folder, by a file, or by nothing; and what stands for a project where there is no
//! `understudy.yaml`.
//!
//! Without one, a file is a fixture if it has `request` or `response` at its top, and all others are passed over. So a
//! repository with its package.json files can be named as well as a folder of fixtures.

use crate::described::name_of;
use crate::error::{ApiError, Code};
use crate::listing::{Listing, fixture_files};
use crate::root::{Named, Refused, Root};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use understudy_fixture::model::{self, BODY_MAX, Mode, Requests, Service, TrailingSlash};
use understudy_fixture::{SOURCE_BYTES_MAX, Source, are_names_of_fixture, is_leaf_of_services, root_names};

/// The names that a project's file may have.
const PROJECT_FILES: [&str; 3] = ["understudy.yaml", "understudy.yml", "understudy.json"];
/// Folders of other people's files, which are passed over where no project file says what is a fixture.
const PASSED_OVER: [&str; 1] = ["node_modules"];
/// The maximum depth at which a project's file is searched for, to name the file in a message.
const PROJECT_DEPTH_MAX: usize = 3;

/// The project or file that a user named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A folder with a project's file, or with fixtures.
    Project(PathBuf),
    /// One fixture, outside of every project.
    Fixture(PathBuf),
    /// An OpenAPI description.
    Description(PathBuf),
}

/// Finds what a person means: the folder or file that they name, else the nearest project upwards, else `./fixtures`, else
/// the fixtures in this folder.
///
/// # Errors
/// [`Code::NoProject`]
pub fn find_target(named: Option<&Path>, current: &Path) -> Result<Target, ApiError> {
    let Some(named) = named else {
        let above = current.ancestors().find(|folder| project_file(folder).is_some());
        if let Some(folder) = above {
            return Ok(Target::Project(folder.to_path_buf()));
        }
        if let Some(below) = fixtures_in(current)? {
            return Ok(Target::Project(below));
        }
        if settings_of_folders(&current.into()).is_ok() {
            return Ok(Target::Project(current.to_path_buf()));
        }
        let message = format!("there is no understudy.yaml in {} or above, and no folder fixtures", current.display());
        return Err(no_project(message, move_to_make(current)));
    };
    // Without the `.` of `./` in it.
    let path: PathBuf = current.join(named).components().collect();
    if path.is_file() {
        return file_target(&path, named);
    }
    if path.is_dir() {
        return folder_of_fixtures(path).map(Target::Project);
    }
    if let Err(refused @ Refused::NoFile(_)) = Named::head(&path, 0) {
        let message = format!("{} cannot be read: {refused}", named.display());
        return Err(no_project(message, NAME_A_PROJECT.to_owned()));
    }
    let message = format!("there is no file or folder {}", named.display());
    Err(no_project(message, NAME_A_PROJECT.to_owned()))
}

const NAME_A_PROJECT: &str = "name a folder that holds understudy.yaml or fixtures, or a fixture";

/// Finds the project that a person means.
///
/// # Errors
/// [`Code::NoProject`], also where they named a fixture or a description.
pub fn find_project(named: Option<&Path>, current: &Path) -> Result<PathBuf, ApiError> {
    match find_target(named, current)? {
        Target::Project(folder) => Ok(folder),
        Target::Fixture(file) => {
            let folder = file.parent().map_or_else(String::new, |folder| folder.display().to_string());
            let message = format!("{} is one fixture, and a project is wanted", file.display());
            Err(no_project(message, format!("name its folder: {folder}")))
        }
        Target::Description(file) => {
            let shown = file.display();
            let hint =
                format!("`understudy serve {shown}` serves it, `understudy import {shown}` makes fixtures of it");
            Err(no_project(format!("{shown} is an OpenAPI description, and a project is wanted"), hint))
        }
    }
}

fn no_project(message: String, hint: String) -> ApiError {
    ApiError::new(Code::NoProject, message).with_hint(hint)
}

fn file_target(path: &Path, named: &Path) -> Result<Target, ApiError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().unwrap_or(Path::new("."));
    if PROJECT_FILES.contains(&name.as_str()) {
        return Ok(Target::Project(folder.to_path_buf()));
    }
    match kind_of(path) {
        Kind::Fixture => match path.ancestors().skip(1).find(|folder| project_file(folder).is_some()) {
            None => Ok(Target::Fixture(path.to_path_buf())),
            Some(project) => {
                let message = format!("{} is one fixture of the project in {}", named.display(), project.display());
                Err(no_project(message, format!("name the project's folder: {}", project.display())))
            }
        },
        Kind::Description => Ok(Target::Description(path.to_path_buf())),
        Kind::Archive => {
            let hint = format!("`understudy import {}` makes fixtures of it", named.display());
            Err(no_project(format!("{} is an HTTP archive", named.display()), hint))
        }
        Kind::Other => {
            let message = format!("{} is no fixture and no OpenAPI description", named.display());
            Err(no_project(message, FIXTURE_HAS.to_owned()))
        }
        Kind::Broken(problem) => {
            let mut error = no_project(format!("{} cannot be read", named.display()), FIXTURE_HAS.to_owned());
            error.details = vec![problem];
            Err(error)
        }
    }
}

const FIXTURE_HAS: &str = "a fixture is a .yaml or .json file with `request` and `response`: \
                           request: { path: /pets }, response: { status: 200 }";

/// The folder itself, or its `fixtures` where only that one has some.
fn folder_of_fixtures(folder: PathBuf) -> Result<PathBuf, ApiError> {
    if project_file(&folder).is_some() || !has_own_fixture(&Root::from(&folder)).is_ok_and(|has| !has) {
        return Ok(folder);
    }
    let below = fixtures_in(&folder)?;
    let is_meant = |below: &PathBuf| project_file(below).is_some() || settings_of_folders(&Root::from(below)).is_ok();
    Ok(below.filter(is_meant).unwrap_or(folder))
}

/// The folder `fixtures` in a folder. If it is a link to another place, the person names that place.
fn fixtures_in(folder: &Path) -> Result<Option<PathBuf>, ApiError> {
    let below = folder.join("fixtures");
    match Root::from(folder).resolve(&below) {
        Ok(_) => Ok(Some(below).filter(|below| below.is_dir())),
        Err(Refused::Outside(place)) => {
            let message = format!("{} is a link that leads out, to {}", below.display(), place.display());
            Err(no_project(message, format!("name the folder that you mean: {}", place.display())))
        }
        Err(_) => Ok(None),
    }
}

/// The project's file in a folder.
pub(crate) fn project_file(folder: &Path) -> Option<PathBuf> {
    PROJECT_FILES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// The kind of a file, by its top-level keys.
enum Kind {
    Fixture,
    Description,
    Archive,
    Other,
    /// Nobody can say: the problem in words.
    Broken(String),
}

fn kind_of(path: &Path) -> Kind {
    match Named::read(path, TEXT_BYTES_MAX) {
        Ok(bytes) => kind_of_text(path, text_of(&bytes)),
        Err(Refused::TooLarge(_) | Refused::NoFile(_)) => Kind::Other,
        Err(refused) => Kind::Broken(format!("{}: {refused}", path.display())),
    }
}

/// The maximum size of a file that may be a fixture or a description, in bytes.
const TEXT_BYTES_MAX: u64 = 4 * SOURCE_BYTES_MAX as u64;

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn kind_of_text(path: &Path, text: String) -> Kind {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let source = Source { file: name.as_str().into(), text };
    match root_names(&source) {
        Ok(names) if names.iter().any(|name| name == "openapi" || name == "swagger") => Kind::Description,
        Ok(names) if are_names_of_fixture(&names) => Kind::Fixture,
        Ok(names) if names.iter().any(|name| name == "log") => Kind::Archive,
        Ok(_) => Kind::Other,
        Err(_) if is_leaf_of_services(&name) && has_line_of_fixture(&source.text) => Kind::Fixture,
        Err(problem) => Kind::Broken(problem.to_string()),
    }
}

/// Returns true for a text with a line as only fixtures have. The text cannot be read as a whole.
fn has_line_of_fixture(text: &str) -> bool {
    let names = ["request:", "response:", "\"request\":", "\"response\":", "'request':", "'response':"];
    text.lines().any(|line| names.iter().any(|name| line.trim_start_matches([' ', '{', '\t']).starts_with(name)))
}

/// Returns true for a file that may be a fixture. Nearly all other files are ruled out without
/// being parsed.
///
/// # Errors
/// The file is outside, or no regular file.
fn is_fixture(root: &Root, path: &Path) -> Result<bool, Refused> {
    // Pieces of `request` and `response`, one of which is left where the name is misspelled.
    let pieces = ["req", "quest", "res", "ponse"];
    match root.read(path, TEXT_BYTES_MAX) {
        Ok(content) => {
            let text = text_of(&content.bytes);
            let may_be = pieces.iter().any(|piece| text.contains(piece));
            Ok(may_be && matches!(kind_of_text(path, text), Kind::Fixture))
        }
        Err(Refused::TooLarge(_) | Refused::System(_)) => Ok(false),
        Err(refused) => Err(refused),
    }
}

/// Returns true for a folder of other people's files, and for one that is a project by itself.
fn is_of_others(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| PASSED_OVER.iter().any(|known| name == *known))
        || project_file(folder).is_some()
}

/// The fixture files of a folder that no project's file names, and those files that are none.
pub(crate) fn fixtures_without_project(root: &Root, folder: &Path) -> io::Result<(Listing, Vec<String>)> {
    let mut listing = fixture_files(root, folder, &[], &is_of_others)?;
    // A file that may not be read is reported when it is read.
    let (files, others) = std::mem::take(&mut listing.files)
        .into_iter()
        .partition(|file| is_fixture(root, &folder.join(file)).unwrap_or(true));
    listing.files = files;
    Ok((listing, others))
}

/// Returns true where a fixture lies in the folder itself.
fn has_own_fixture(root: &Root) -> io::Result<bool> {
    for entry in fs::read_dir(&**root)? {
        let path = entry?.path();
        let is_candidate = path.file_name().and_then(|name| name.to_str()).is_some_and(is_leaf_of_services);
        if is_candidate && is_fixture(root, &path).unwrap_or(false) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes the settings of a folder without a project's file. If fixtures lie in the folder itself,
/// the folder is one service. Otherwise each subfolder with fixtures is a service.
///
/// # Errors
/// [`Code::NoProject`], with what may have been meant.
pub(crate) fn settings_of_folders(root: &Root) -> Result<model::Project, ApiError> {
    let failed = |error| ApiError::new(Code::Disk, format!("failed to read {}: {error}", root.display()));
    if has_own_fixture(root).map_err(failed)? {
        return Ok(model::Project { services: vec![service_of_folder(root)], ..model::Project::default() });
    }
    if let Some(file) = project_below(root, 0) {
        let folder = file.parent().unwrap_or(root).display().to_string();
        let message = format!("{} holds no understudy.yaml, but {folder} does", root.display());
        return Err(no_project(message, format!("name that folder: {folder}")));
    }
    let mut names: Vec<String> = fs::read_dir(&**root)
        .map_err(failed)?
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir())?.file_name().into_string().ok())
        .filter(|name| !name.starts_with(['.', '_']) && !is_of_others(&root.join(name)))
        .filter(|name| {
            fixtures_without_project(root, &root.join(name)).is_ok_and(|(listing, _)| !listing.files.is_empty())
        })
        .collect();
    names.sort();
    if names.is_empty() {
        let message = format!("{} holds no understudy.yaml and no fixtures", root.display());
        return Err(no_project(message, move_to_make(root)));
    }
    let services = names.into_iter().map(|name| plain_service(name.clone(), name));
    Ok(model::Project { services: services.collect(), ..model::Project::default() })
}

/// A project's file in a folder below this one.
fn project_below(folder: &Path, depth: usize) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let is_searched = !name.starts_with(['.', '_']) && !PASSED_OVER.contains(&name.as_str());
            // Links may lead anywhere.
            (is_searched && entry.file_type().ok()?.is_dir()).then(|| entry.path())
        })
        .collect();
    folders.sort();
    folders.iter().find_map(|below| project_file(below)).or_else(|| {
        let is_deeper = depth + 1 < PROJECT_DEPTH_MAX;
        folders.iter().filter(|_| is_deeper).find_map(|below| project_below(below, depth + 1))
    })
}

/// The hint for a folder without anything to serve: by what lies in it.
fn move_to_make(folder: &Path) -> String {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let may_be = |path: &&PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        is_leaf_of_services(name) || name.ends_with(".har")
    };
    for path in files.iter().filter(may_be) {
        let shown = path.display();
        match kind_of(path) {
            Kind::Description => {
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                let service = name_of(file.split('.').next().unwrap_or_default());
                return format!(
                    "{shown} is an OpenAPI description: `understudy serve {shown}` serves it; for a project, write \
                     understudy.yaml with `version: 1` and `services: {{ {service}: {{ openapi: ../../{file} }} }}`"
                );
            }
            Kind::Archive => {
                return format!("{shown} is an HTTP archive: `understudy import {shown}` makes fixtures of it");
            }
            Kind::Fixture | Kind::Other | Kind::Broken(_) => {}
        }
    }
    format!("`understudy init` makes a small working project; {FIXTURE_HAS}")
}

/// The service that a folder of fixtures is, with the folder's name.
pub(crate) fn service_of_folder(folder: &Path) -> Service {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let name = real.file_name().map(|name| name_of(&name.to_string_lossy())).unwrap_or_else(|| "api".to_owned());
    plain_service(name, String::new())
}

/// A service of which nothing is said, on a free port.
pub(crate) fn plain_service(name: String, dir: String) -> Service {
    Service {
        name,
        dir,
        port: 0,
        base: String::new(),
        owner: None,
        openapi: None,
        requests: Requests::Refuse,
        mode: Mode::Mock,
        backend: None,
        cors: true,
        origins: Vec::new(),
        hosts: Vec::new(),
        trailing_slash: TrailingSlash::Exact,
        delay: None,
        after: Vec::new(),
        timeout: None,
        body_max: BODY_MAX,
        backends: Vec::new(),
        addresses: Vec::new(),
    }
}
