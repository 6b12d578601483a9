//! Projects on disk.

use crate::described::{Described, name_of, plain_path};
use crate::diff::unknown_rules;
use crate::disk::{ServiceFiles, Stamp, unchanged};
use crate::error::{ApiError, Code};
use crate::find::{
    Target, fixtures_without_project, plain_service, project_file, service_of_folder, settings_of_folders,
};
use crate::listing::{Listing, fixture_files, folders_of_links};
use crate::local;
use crate::outside;
use crate::root::{Refused, Root, remove_leftovers};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use understudy_fixture::model::{self, Fixture, Mode, Requests, Service, TrailingSlash};
use understudy_fixture::{Code as Problem, Diagnostic, SOURCE_BYTES_MAX, Source, check_service};
use understudy_match::{Index, text_distance};
use understudy_openapi::Description;

/// A project as it was read: what is good, and every problem.
#[derive(Debug)]
pub struct Project {
    /// The folder of the project's file, with the places outside of it that may be used.
    pub root: Root,
    /// The project's file, where it has one.
    pub file: Option<PathBuf>,
    /// What the file says.
    pub settings: model::Project,
    /// The services with their fixtures.
    pub services: Vec<LoadedService>,
    /// Every problem, sorted by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// The single file that is served, if there is no folder with a project.
    pub(crate) alone: Option<Alone>,
}

/// A file that is served with no project around it, by its name.
#[derive(Debug, Clone)]
pub(crate) enum Alone {
    Fixture(String),
    Description { file: String, requests: Requests },
}

/// A service with its fixtures.
#[derive(Debug)]
pub struct LoadedService {
    /// What the project says about it.
    pub service: Arc<Service>,
    /// The project's folder.
    pub(crate) root: Root,
    /// Its folder.
    pub folder: PathBuf,
    /// Sorted by id, those that are not enabled included.
    pub fixtures: Vec<Arc<Fixture>>,
    files: HashMap<String, Read>,
    pub(crate) described: Option<Described>,
    /// Files that may have been meant as fixtures, and are not read.
    pub(crate) not_read: NotRead,
    /// The folders that its files are in, links resolved.
    pub(crate) folders: BTreeSet<PathBuf>,
}

/// Files of a service that are not read.
#[derive(Debug, Default)]
pub(crate) struct NotRead {
    /// Files with names that are nearly those of fixtures.
    pub(crate) nearly: Vec<String>,
    /// Without a project's file: those that have neither `request` nor `response`.
    pub(crate) others: Vec<String>,
}

/// Returns a fixture's file by its path below the folder of its service.
pub(crate) fn file_below<'f>(folder: &str, fixture: &'f Fixture) -> &'f str {
    let below = fixture.file.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
    below.unwrap_or(&fixture.file)
}

impl LoadedService {
    /// What was agreed on, where there is something.
    #[must_use]
    pub fn description(&self) -> Option<&Arc<Description>> {
        self.described.as_ref()?.description.as_ref()
    }

    /// Its fixtures, ready to be chosen from.
    pub(crate) fn index(&self) -> Index {
        let paths = self.description().into_iter().flat_map(|description| description.server_paths());
        let index = Index::new(&self.service.base, self.fixtures.iter().cloned()).also_below(paths);
        match self.service.trailing_slash {
            TrailingSlash::Exact => index,
            TrailingSlash::Ignore => index.ignoring_trailing_slash(),
        }
    }

    /// A fixture's file, relative to the service's folder.
    pub(crate) fn file_of<'f>(&self, fixture: &'f Fixture) -> &'f str {
        file_below(&self.service.dir, fixture)
    }

    /// Every fixture file by its path below the service's folder, with its id and its last good version; sorted.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str, Option<&Arc<Fixture>>)> {
        let mut files: Vec<(&str, &Read)> = self.files.iter().map(|(file, read)| (file.as_str(), read)).collect();
        files.sort_by_key(|(file, _)| *file);
        files.into_iter().map(|(file, read)| (file, id_of(file), read.fixture.as_ref()))
    }
}

/// A fixture file that was read.
#[derive(Debug, Clone)]
struct Read {
    stamp: Stamp,
    bodies: Vec<(PathBuf, Option<Stamp>)>,
    /// The last good version; older than the file where that has gone bad.
    fixture: Option<Arc<Fixture>>,
    diagnostics: Vec<Diagnostic>,
}

/// Reads a project. Problems in its files do not fail this: they are in [`Project::diagnostics`].
///
/// # Errors
/// [`Code::NoProject`] where the folder holds neither a project file nor services; [`Code::BadProject`] where the
/// project file names no service that can be used.
pub fn open_project(root: impl Into<Root>) -> Result<Project, ApiError> {
    read(root.into(), None)
}

/// Reads a description that stands for a project of one service without fixtures. It may refer to files in its own folder,
/// and in the `allowed` places.
///
/// # Errors
/// [`Code::BadProject`] where it cannot be read.
pub fn open_description(path: &Path, requests: Requests, allowed: &[PathBuf]) -> Result<Project, ApiError> {
    let root = Root::of_named(path, allowed);
    let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let project = read_description(root, file, requests, None);
    let [LoadedService { described: Some(described), .. }] = project.services.as_slice() else {
        unreachable!("a description alone is one service")
    };
    match described.unreadable() {
        Some(problem) => {
            let mut error = ApiError::new(Code::BadProject, "the description cannot be used");
            error.details = vec![problem.to_string()];
            Err(error)
        }
        None => Ok(project),
    }
}

/// Reads what a person named. Its files may use the `allowed` places outside of its folder.
///
/// # Errors
/// As [`open_project`] and [`open_description`].
pub fn open_target(target: &Target, requests: Requests, allowed: &[PathBuf]) -> Result<Project, ApiError> {
    match target {
        Target::Project(root) => open_project(Root::new(root, allowed)),
        Target::Description(path) => open_description(path, requests, allowed),
        Target::Fixture(path) => {
            let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            Ok(read_fixture_alone(Root::of_named(path, allowed), file, None))
        }
    }
}

fn read_fixture_alone(root: Root, file: String, before: Option<&Project>) -> Project {
    let service = service_of_folder(&root);
    let known = before.and_then(|before| before.services.first());
    let (mut loaded, mut diagnostics) = load_service(&root, &service, root.to_path_buf(), vec![file.clone()], known);
    loaded.folders.extend(folders_of_links(&root.join(&file)));
    diagnostics.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let settings = model::Project { services: vec![service], ..model::Project::default() };
    let alone = Some(Alone::Fixture(file));
    Project { root, file: None, settings, services: vec![loaded], diagnostics, alone }
}

fn read_description(root: Root, file: String, requests: Requests, before: Option<&Project>) -> Project {
    let before = before.and_then(|before| before.services.first());
    let described = Described::read_named(&root, &file, before.and_then(|before| before.described.as_ref()));
    // Its name stays, whatever its title becomes: clients may know it.
    let name = before.map(|before| before.service.name.clone()).unwrap_or_else(|| {
        described.description.as_ref().map_or_else(|| "api".to_owned(), |description| name_of(&description.title))
    });
    let service = Service { openapi: Some(file.clone()), requests, ..plain_service(name, String::new()) };
    let diagnostics = described.diagnostics.clone();
    let loaded = LoadedService {
        service: Arc::new(service.clone()),
        root: root.clone(),
        folder: root.to_path_buf(),
        fixtures: Vec::new(),
        files: HashMap::new(),
        described: Some(described),
        not_read: NotRead::default(),
        folders: BTreeSet::new(),
    };
    let settings = model::Project { services: vec![service], ..model::Project::default() };
    let alone = Some(Alone::Description { file, requests });
    Project { root, file: None, settings, services: vec![loaded], diagnostics, alone }
}

impl Project {
    /// Reads the project again. Files that did not change are not read; of files that have gone bad the last
    /// good version stays.
    ///
    /// # Errors
    /// As [`open_project`].
    pub(crate) fn reread(&self) -> Result<Self, ApiError> {
        let root = self.root.again();
        match &self.alone {
            Some(Alone::Fixture(file)) => Ok(read_fixture_alone(root, file.clone(), Some(self))),
            Some(Alone::Description { file, requests }) => {
                Ok(read_description(root, file.clone(), *requests, Some(self)))
            }
            None => read(root, Some(self)),
        }
    }

    /// A service by its name.
    ///
    /// # Errors
    /// [`Code::UnknownName`]
    pub(crate) fn service(&self, name: &str) -> Result<&LoadedService, ApiError> {
        self.services.iter().find(|loaded| loaded.service.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.services.iter().map(|loaded| loaded.service.name.as_str()).collect();
            let message = format!("the project has no service `{name}`");
            ApiError::new(Code::UnknownName, message).with_hint(format!("it has {}", known.join(", ")))
        })
    }

    /// The service that is named, or the only one.
    ///
    /// # Errors
    /// [`Code::UnknownName`]; [`Code::Usage`] where several could be meant.
    pub(crate) fn chosen(&self, name: Option<&str>) -> Result<&LoadedService, ApiError> {
        match (name, self.services.as_slice()) {
            (Some(name), _) => self.service(name),
            (None, [only]) => Ok(only),
            (None, all) => {
                let names: Vec<&str> = all.iter().map(|loaded| loaded.service.name.as_str()).collect();
                Err(ApiError::new(Code::Usage, "the project has several services")
                    .with_hint(format!("say which one is meant: --service {}", names.join("|"))))
            }
        }
    }

    /// Every name is that of a service.
    ///
    /// # Errors
    /// [`Code::UnknownName`]
    pub(crate) fn check_names(&self, names: &[String]) -> Result<(), ApiError> {
        names.iter().try_for_each(|name| self.service(name).map(|_| ()))
    }

    /// That all of these fixtures are there, each by its service and id: `shop/items/list`.
    ///
    /// # Errors
    /// The first that is not, with what was probably meant.
    pub(crate) fn check_fixtures(&self, names: &[String]) -> Result<(), ApiError> {
        let of_service = |loaded: &LoadedService| -> Vec<String> {
            loaded.files().map(|(_, id, _)| format!("{}/{id}", loaded.service.name)).collect()
        };
        let known: Vec<String> = self.services.iter().flat_map(of_service).collect();
        let Some(unknown) = names.iter().find(|name| !known.contains(name)) else { return Ok(()) };
        let hint = match meant(unknown, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a fixture is named by its service and id: shop/items/list".to_owned(),
        };
        Err(ApiError::new(Code::UnknownName, format!("there is no fixture `{unknown}`")).with_hint(hint))
    }

    /// Deletes the unfinished files that a killed program left in the folders of this project.
    pub(crate) fn remove_leftovers(&self) {
        let local = self.root.join(local::FOLDER);
        let own = [self.root.to_path_buf(), local].into_iter().filter(|folder| !folder.is_symlink());
        let of_services = self.services.iter().flat_map(|loaded| loaded.folders.iter().cloned());
        let folders: BTreeSet<PathBuf> = own.chain(of_services).collect();
        remove_leftovers(folders.iter().filter(|folder| self.root.resolve(folder).is_ok()));
    }

    /// How many fixtures can be used.
    #[must_use]
    pub fn fixture_count(&self) -> usize {
        self.services.iter().map(|service| service.fixtures.len()).sum()
    }
}

/// Which of the names that are there was probably meant, each of them a service and an id in it.
pub(crate) fn meant<'k>(name: &str, there: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let distance = |known: &str| match known.split_once('/') {
        // The service is easily left out.
        Some((_, below)) => text_distance(name, known).min(text_distance(name, below)),
        None => text_distance(name, known),
    };
    let near = there.map(|known| (distance(known), known)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, _)| *distance <= 1).map(|(_, known)| known)
}

fn read(root: Root, before: Option<&Project>) -> Result<Project, ApiError> {
    let file = project_file(&root);
    let (settings, mut diagnostics, source) = match &file {
        Some(file) => read_settings(&root, file)?,
        None => (settings_of_folders(&root)?, Vec::new(), None),
    };
    if settings.services.is_empty() {
        let mut error = ApiError::new(Code::BadProject, "the project has no service that can be used");
        error.details = diagnostics.iter().map(ToString::to_string).collect();
        return Err(error);
    }
    let mut services = Vec::new();
    for service in &settings.services {
        let known = before.and_then(|before| before.services.iter().find(|known| known.service.name == service.name));
        let (loaded, problems) = read_service(&root, file.as_deref(), source.as_ref(), service, known);
        diagnostics.extend(problems);
        services.push(loaded);
    }
    diagnostics.extend(local::make_folder_private(&root));
    diagnostics.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    Ok(Project { root, file, settings, services, diagnostics, alone: None })
}

fn read_service(
    root: &Root,
    file: Option<&Path>,
    source: Option<&Source>,
    service: &Service,
    known: Option<&LoadedService>,
) -> (LoadedService, Vec<Diagnostic>) {
    let mut diagnostics = outside::authorities(root, source, service);
    let folder = root.join(&service.dir);
    if let Err(Refused::Outside(place)) = root.resolve(&folder) {
        diagnostics.push(outside::folder(source, service, &place));
        let (loaded, _) = load_service(root, service, folder, Vec::new(), None);
        return (loaded, diagnostics);
    }
    let described = service.openapi.as_ref().map(|openapi| {
        let known = known.and_then(|known| known.described.as_ref());
        let described = Described::read(root, &plain_path(root, &service.path_of(openapi)), known);
        outside::description(described, root, source, service, openapi)
    });
    diagnostics.extend(described.iter().flat_map(|described| described.diagnostics.clone()));
    let parts = described.iter().flat_map(Described::files).map(Path::to_path_buf);
    let own: Vec<PathBuf> = parts.chain(file.map(Path::to_path_buf)).collect();
    let found = match file {
        Some(_) => fixture_files(root, &folder, &own, &|_| false).map(|listing| (listing, Vec::new())),
        None => fixtures_without_project(root, &folder),
    };
    let (mut listing, others) = match found {
        Ok(found) => found,
        Err(error) => {
            if error.kind() != std::io::ErrorKind::NotFound || !needs_no_folder(service) {
                diagnostics.push(missing_folder(file, service, &error));
            }
            (Listing::default(), Vec::new())
        }
    };
    diagnostics.extend(listing.problems(|path| service.path_of(path)));
    let files = std::mem::take(&mut listing.files);
    let known = known.filter(|known| is_read_alike(&known.service, service));
    let (mut loaded, problems) = load_service(root, service, folder, files, known);
    diagnostics.extend(problems);
    loaded.described = described;
    loaded.not_read = NotRead { nearly: listing.nearly, others };
    loaded.folders.extend(listing.folders);
    (loaded, diagnostics)
}

fn read_settings(root: &Root, file: &Path) -> Result<(model::Project, Vec<Diagnostic>, Option<Source>), ApiError> {
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let read = match root.read(file, SOURCE_BYTES_MAX as u64) {
        Ok(content) => Source::new(&name, content.bytes),
        Err(Refused::TooLarge(bytes)) => Err(Source::too_large(&name, bytes)),
        Err(refused) => return Err(refused.of_file(file, "read")),
    };
    match read {
        Ok(source) => {
            let (settings, mut diagnostics) = understudy_fixture::project(&source);
            diagnostics.extend(unknown_rules(&source, &settings.diff));
            Ok((settings, diagnostics, Some(source)))
        }
        Err(diagnostic) => Ok((model::Project::default(), vec![*diagnostic], None)),
    }
}

/// Returns true if the files of a service have not to be read again because of its settings.
fn is_read_alike(known: &Service, service: &Service) -> bool {
    known.dir == service.dir && known.body_max == service.body_max
}

/// Returns true if a service without a folder has other sources of responses, or may be new. A missing folder that the
/// project's file names may be a typing error.
fn needs_no_folder(service: &Service) -> bool {
    let is_default = service.dir == format!("fixtures/{}", service.name);
    let has_source = !service.backends.is_empty() || service.openapi.is_some();
    service.mode == Mode::Record || is_default && has_source
}

fn missing_folder(file: Option<&Path>, service: &Service, error: &std::io::Error) -> Diagnostic {
    let file = file.and_then(Path::file_name).map_or_else(|| "understudy.yaml".into(), |name| name.to_string_lossy());
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => format!("the service `{}` has no folder `{}`", service.name, service.dir),
        _ => format!("the folder `{}` of the service `{}` cannot be read: {error}", service.dir, service.name),
    };
    Diagnostic::of_file(Problem::MissingFolder, &file, message)
        .with_hint("make the folder, name another one with `dir`, or record a backend: `understudy record`")
}

fn load_service(
    root: &Root,
    service: &Service,
    folder: PathBuf,
    files: Vec<String>,
    known: Option<&LoadedService>,
) -> (LoadedService, Vec<Diagnostic>) {
    let reads = read_all(root, service, &folder, &files, known);
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut by_id: HashMap<Arc<str>, Arc<Fixture>> = HashMap::new();
    let mut named: HashMap<&str, &str> = HashMap::new();
    for (file, read) in files.iter().zip(&reads) {
        diagnostics.extend(read.diagnostics.iter().cloned());
        let id = id_of(file);
        if let Some(first) = named.insert(id, file) {
            let message = format!("two files make the fixture `{id}`: {first} and {file}");
            let shown = service.path_of(file);
            diagnostics
                .push(Diagnostic::of_file(Problem::DuplicateId, &shown, message).with_hint("rename one of them"));
            named.insert(id, first);
            continue;
        }
        if let Some(fixture) = &read.fixture {
            by_id.insert(Arc::clone(&fixture.id), Arc::clone(fixture));
        }
    }
    let mut fixtures: Vec<Arc<Fixture>> = by_id.into_values().collect();
    fixtures.sort_by(|a, b| a.id.cmp(&b.id));
    let all: Vec<&Fixture> = fixtures.iter().map(|fixture| &**fixture).collect();
    diagnostics.extend(check_service(service, &all));
    drop(named);
    let folders = folders_of_bodies(&reads);
    let files = files.into_iter().zip(reads).collect();
    let service = Arc::new(service.clone());
    let not_read = NotRead::default();
    let root = root.clone();
    (LoadedService { service, root, folder, fixtures, files, described: None, not_read, folders }, diagnostics)
}

/// The folders of body files, which may lie behind links of their own, and of those that are missing and may come.
fn folders_of_bodies(reads: &[Read]) -> BTreeSet<PathBuf> {
    let paths = || reads.iter().flat_map(|read| &read.bodies).map(|(path, _)| path);
    // Most lie in the same folder, and are no links themselves.
    let mut looked_at: BTreeSet<&Path> = paths().filter_map(|path| path.parent()).collect();
    looked_at.extend(paths().filter(|path| path.is_symlink()).map(PathBuf::as_path));
    let folders = looked_at.iter().flat_map(|path| folders_of_links(path));
    folders.chain(looked_at.iter().filter_map(|path| path.canonicalize().ok())).filter(|path| path.is_dir()).collect()
}

fn id_of(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(id, _)| id)
}

/// Below this number of files, starting threads costs more than it brings.
const FILES_FOR_THREADS_MIN: usize = 64;

fn read_all(
    root: &Root,
    service: &Service,
    folder: &Path,
    files: &[String],
    known: Option<&LoadedService>,
) -> Vec<Read> {
    let threads = if files.len() < FILES_FOR_THREADS_MIN {
        1
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(at) else { return done };
            let before = known.and_then(|known| known.files.get(file));
            done.push((at, read_file(root, service, folder, file, before)));
        }
    };
    let mut reads: Vec<(usize, Read)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            all.extend(other.join().expect("reading a file does not panic"));
        }
        all
    });
    reads.sort_by_key(|(at, _)| *at);
    reads.into_iter().map(|(_, read)| read).collect()
}

fn read_file(root: &Root, service: &Service, folder: &Path, file: &str, before: Option<&Read>) -> Read {
    let path = folder.join(file);
    let shown = service.path_of(file);
    if let Some(before) = before
        && fs::metadata(&path).is_ok_and(|metadata| before.stamp == Stamp::of(&metadata))
        && unchanged(&before.bodies)
    {
        return before.clone();
    }
    let last_good = before.and_then(|before| before.fixture.clone());
    let unusable = |stamp: Stamp, problem: Diagnostic| {
        let fixture = last_good.clone();
        Read { stamp, bodies: Vec::new(), fixture, diagnostics: vec![problem] }
    };
    let (stamp, source) = match root.read(&path, SOURCE_BYTES_MAX as u64) {
        Ok(content) => (content.stamp, Source::new(&shown, content.bytes)),
        Err(Refused::TooLarge(bytes)) => (Stamp::default(), Err(Source::too_large(&shown, bytes))),
        Err(refused) => return unusable(Stamp::default(), outside::file(&shown, &refused)),
    };
    match source {
        Ok(source) => {
            let bodies = ServiceFiles::new(root, folder, service.body_max);
            let (fixture, diagnostics) = understudy_fixture::fixture(&source, id_of(file), &bodies);
            Read {
                stamp,
                bodies: bodies.into_read(),
                fixture: fixture.map(Arc::new).or_else(|| last_good.clone()),
                diagnostics,
            }
        }
        Err(problem) => unusable(stamp, *problem),
    }
}
