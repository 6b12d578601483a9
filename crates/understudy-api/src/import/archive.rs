//! Fixtures from what others have recorded.

use super::free;
use crate::accept::{Judged, accept_some};
use crate::addresses::{self, bring_from};
use crate::change::{FileChange, Place};
use crate::disk::content;
use crate::error::{ApiError, Code};
use crate::hidden::Hidden;
use crate::project::{LoadedService, Project};
use crate::report::RedactionReport;
use http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use understudy_exchange::MediaType;
use understudy_fixture::model::{BodyFile, Fixture, PartContent, RequestBody, ResponseBody, Verify};
use understudy_fixture::write_fixture;
use understudy_import::{Draft, HarExchange, Recorded, drafts, read_har};

/// How large an archive may be.
const ARCHIVE_BYTES_MAX: u64 = 512 << 20;

/// What came of importing archives.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Imported {
    /// The service that got the fixtures.
    pub service: String,
    /// The server whose exchanges they are.
    pub origin: String,
    /// The files that were made, relative to the project.
    pub files: Vec<String>,
    /// The files that were there and give new fixtures what they need now.
    pub changed: Vec<String>,
    /// How many exchanges they stand for.
    pub exchanges: usize,
    /// How many promises were there already.
    pub known: usize,
    /// What was left out, and how often.
    pub left: BTreeMap<String, usize>,
    /// The secrets that were replaced.
    pub redactions: Vec<RedactionReport>,
}

/// What archives give; nothing is written yet.
pub(super) fn from_files(
    project: &Project,
    service: Option<&str>,
    origin: Option<&str>,
    files: &[PathBuf],
) -> Result<(Imported, Vec<FileChange>), ApiError> {
    let mut exchanges = Vec::new();
    let mut left = BTreeMap::new();
    for file in files {
        let size = std::fs::metadata(file).map_err(|error| ApiError::of_file(file, "read", &error))?.len();
        if size > ARCHIVE_BYTES_MAX {
            let message = format!("{} has {size} bytes; at most {ARCHIVE_BYTES_MAX} are read", file.display());
            return Err(ApiError::new(Code::Usage, message).with_hint("record less at once"));
        }
        let bytes =
            content(file)?.ok_or_else(|| ApiError::new(Code::Disk, format!("{} is not there", file.display())))?;
        exchanges.extend(read(&bytes, &file.display().to_string(), &mut left)?);
    }
    plan(project, service, origin, exchanges, left)
}

/// The exchanges of an archive; those that cannot be read are counted.
pub(crate) fn read(bytes: &[u8], name: &str, left: &mut BTreeMap<String, usize>) -> Result<Vec<HarExchange>, ApiError> {
    let (exchanges, unreadable) = read_har(bytes).map_err(|error| {
        ApiError::new(Code::Usage, format!("{name} is no HTTP archive: {error}"))
            .with_hint("in a browser's developer tools: Network, then \"Save all as HAR with content\"")
    })?;
    if !unreadable.is_empty() {
        *left.entry("not answered, or not to be read".to_owned()).or_default() += unreadable.len();
    }
    Ok(exchanges)
}

/// What an import makes; nothing is written yet.
pub(crate) fn plan(
    project: &Project,
    service: Option<&str>,
    origin: Option<&str>,
    exchanges: Vec<HarExchange>,
    mut left: BTreeMap<String, usize>,
) -> Result<(Imported, Vec<FileChange>), ApiError> {
    let loaded = project.chosen(service)?;
    let origin = match origin {
        Some(origin) => origin.trim_end_matches('/').to_owned(),
        None => likeliest(loaded, &exchanges).unwrap_or_default(),
    };
    let mut recorded = Vec::new();
    for exchange in exchanges {
        let why = if is_part_of_a_page(&exchange) {
            Some("parts of pages: scripts, styles, images".to_owned())
        } else if exchange.origin != origin {
            Some(format!("{FROM}{}", exchange.origin))
        } else {
            None
        };
        match why {
            Some(why) => *left.entry(why).or_default() += 1,
            None => recorded.push(exchange.recorded),
        }
    }
    if recorded.is_empty() {
        return Err(nothing(&left));
    }
    let (mut recorded, redactions) = without_secrets(project, &recorded);
    let home = bring_from(loaded, &origin, &mut recorded);
    let drafts = drafts(&recorded, &loaded.service.base);
    let (mut files, known) = new_files(project, loaded, &drafts.iter().map(Making::of).collect::<Vec<_>>(), &[])?;
    if let Some(home) = home.filter(|_| !files.is_empty()) {
        match addresses::written(project, [(loaded, &home)].into_iter()) {
            Ok(file) => files.extend(file),
            Err(error) => *left.entry(error.to_string()).or_default() += 1,
        }
    }
    let shown = |was_there| {
        let files = files.iter().filter(|file| file.before.is_some() == was_there);
        files.map(|file| file.shown.clone()).collect()
    };
    let imported = Imported {
        service: loaded.service.name.clone(),
        origin,
        files: shown(false),
        changed: shown(true),
        exchanges: recorded.len(),
        known,
        left,
        redactions,
    };
    Ok((imported, files))
}

/// Says why nothing is left of archives, by what was left out.
fn nothing(left: &BTreeMap<String, usize>) -> ApiError {
    let is_of_others = left.keys().any(|why| why.starts_with(FROM));
    let hint = if is_of_others {
        "say which server is meant: --origin https://api.example.com"
    } else {
        "record while a page's scripts ask the service; in a browser's developer tools: Network, then \"Save all as HAR with content\""
    };
    let message = if left.is_empty() { "there is no exchange in it" } else { "no exchange of a service is in it" };
    let mut error = ApiError::new(Code::NothingToDo, message);
    error.details = left.iter().map(|(why, times)| format!("left out: {times} {why}")).collect();
    error.with_hint(hint)
}

/// What is said of exchanges with other servers begins so.
const FROM: &str = "from ";

/// The server that is one of the service's backends, or else the one that scripts asked most often.
fn likeliest(loaded: &LoadedService, exchanges: &[HarExchange]) -> Option<String> {
    let is_backend = |origin: &str| loaded.service.backends.iter().any(|backend| backend.url.text.starts_with(origin));
    if let Some(known) = exchanges.iter().find(|exchange| is_backend(&exchange.origin)) {
        return Some(known.origin.clone());
    }
    let mut asked: BTreeMap<&str, usize> = BTreeMap::new();
    for exchange in exchanges.iter().filter(|exchange| !is_part_of_a_page(exchange)) {
        *asked.entry(&exchange.origin).or_default() += 1;
    }
    asked.into_iter().max_by_key(|(_, times)| *times).map(|(origin, _)| origin.to_owned())
}

/// Whether a browser asked for it to show a page, and not a page's script.
fn is_part_of_a_page(exchange: &HarExchange) -> bool {
    if let Some(is_fetched) = exchange.is_fetched {
        return !is_fetched;
    }
    // What is sent, asked for with a token, or saved as a file belongs to a service, whatever it is.
    let Recorded { request, response, .. } = &exchange.recorded;
    let is_saved =
        response.headers.get(CONTENT_DISPOSITION).is_some_and(|how| how.as_bytes().starts_with(b"attachment"));
    if !request.method.is_safe() || request.headers.contains_key(AUTHORIZATION) || is_saved {
        return false;
    }
    let kind = response.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).map(MediaType::parse);
    kind.is_some_and(|kind| {
        let kind = kind.essence();
        let is_shown = ["image/", "font/", "video/", "audio/"].iter().any(|start| kind.starts_with(start));
        is_shown || matches!(kind, "text/html" | "text/css" | "text/javascript" | "application/javascript")
    })
}

/// The exchanges without what nobody should keep. A secret may stand somewhere before it is called one: all of them are
/// known before the first is taken out.
fn without_secrets(project: &Project, recorded: &[Recorded]) -> (Vec<Recorded>, Vec<RedactionReport>) {
    let mut redactor = Hidden::new(&project.settings.redact).redactor();
    for exchange in recorded {
        redactor.know(&exchange.request, &exchange.response);
    }
    let mut all = BTreeSet::new();
    let mut shown = Vec::with_capacity(recorded.len());
    for exchange in recorded {
        let Recorded { request, response, .. } = exchange.clone();
        let (request, response, redactions) = redactor.exchange(request, response);
        all.extend(redactions.iter().cloned());
        shown.push(Recorded { request, response, redactions });
    }
    (shown, all.iter().map(RedactionReport::new).collect())
}

/// A fixture that is to be made of what was recorded.
#[derive(Debug)]
pub(crate) struct Making<'m> {
    pub(crate) draft: Cow<'m, Draft>,
    /// The id that it is to have; its own, or one like it that is free, where nobody said.
    pub(crate) name: Option<&'m str>,
    /// The drafts that it takes the place of, by their ids.
    pub(crate) instead_of: Vec<&'m str>,
}

impl<'m> Making<'m> {
    /// A draft as it is.
    pub(crate) fn of(draft: &'m Draft) -> Self {
        Self { instead_of: vec![&draft.fixture.id], draft: Cow::Borrowed(draft), name: None }
    }
}

/// A draft that a fixture stands for already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct There<'t> {
    pub(crate) draft: &'t Draft,
    pub(crate) fixture: &'t Fixture,
}

/// Names the fixtures that come before one as they are called in the project; `names` has them by the ids of their drafts.
pub(crate) fn link(fixture: &mut Fixture, names: &BTreeMap<&str, &str>) {
    let Verify { after, again, follows, .. } = &mut fixture.verify;
    for parents in after.iter_mut().chain([again, follows]) {
        for parent in parents.iter_mut() {
            if let Some(name) = names.get(parent.as_str()) {
                (*name).clone_into(parent);
            }
        }
        // Several drafts may be one fixture.
        let mut seen = BTreeSet::new();
        parents.retain(|parent| seen.insert(parent.clone()));
    }
}

/// The drafts that come before a draft, by their ids.
pub(crate) fn parents(draft: &Draft) -> impl Iterator<Item = &String> {
    draft.fixture.verify.after.iter().flatten().chain(&draft.fixture.verify.again)
}

/// Whether one fixture sets a state in which another answers.
pub(crate) fn sets_for(one: &Fixture, other: &Fixture) -> bool {
    let is_needed =
        |(name, value): &(String, String)| other.all_when().any(|when| when.name == *name && when.holds(Some(value)));
    one.all_set().any(is_needed)
}

/// The files of drafts that say something new, under names that are free; and how many do not. What comes after fixtures that
/// are `there` is linked to these, and they get the captures that it needs.
///
/// # Errors
/// A name that is taken, or that no file can have.
pub(crate) fn new_files(
    project: &Project,
    loaded: &LoadedService,
    making: &[Making<'_>],
    there: &[There<'_>],
) -> Result<(Vec<FileChange>, usize), ApiError> {
    let known = |making: &Making<'_>| {
        let promise = &making.draft.fixture;
        let is_it = |known: &&Arc<Fixture>| known.request == promise.request && known.responses == promise.responses;
        loaded.fixtures.iter().find(is_it)
    };
    let is_taken = |path: &str| {
        loaded.folder.join(path).exists() || loaded.files().any(|(_, id, _)| Some(id) == path.strip_suffix(".yaml"))
    };
    let (mut there, mut wanted) = (there.to_vec(), Vec::new());
    for making in making {
        match known(making) {
            Some(fixture) => there.push(There { draft: &making.draft, fixture }),
            None => wanted.push(making),
        }
    }
    let mut ids: Vec<String> = Vec::new();
    for making in &wanted {
        let is_taken = |id: &str| is_taken(&format!("{id}.yaml")) || ids.iter().any(|known| known == id);
        let id = match making.name {
            Some(name) if is_taken(name) => {
                let message = format!("{}/{name}.yaml is there already", loaded.service.dir);
                return Err(ApiError::new(Code::Conflict, message).with_hint("choose another name"));
            }
            Some(name) => name.to_owned(),
            None => free(&making.draft.fixture.id, is_taken),
        };
        ids.push(id);
    }
    // What comes after another one is told the name that it has, or gets.
    let mut names: BTreeMap<&str, &str> =
        there.iter().map(|There { draft, fixture }| (&*draft.fixture.id, &*fixture.id)).collect();
    for (making, id) in wanted.iter().zip(&ids) {
        names.extend(making.instead_of.iter().map(|old| (*old, id.as_str())));
    }
    let mut files = Vec::new();
    for There { draft, fixture } in &there {
        let is_parent = wanted.iter().any(|making| {
            parents(&making.draft).any(|id| **id == *draft.fixture.id)
                || sets_for(&draft.fixture, &making.draft.fixture)
        });
        if is_parent && names.get(&*draft.fixture.id) == Some(&&*fixture.id) {
            let judged =
                Judged { fixture, mismatches: &[], answer: None, gives: Some(&draft.fixture), in_states: false };
            let (accepted, changes) = accept_some(project, loaded, judged, |_| true)?;
            if let Some((what, why)) = accepted.left.first() {
                let message = format!("{} cannot get the {what}, which others need: {why}", fixture.file);
                return Err(ApiError::new(Code::Usage, message).with_hint("write it into the file yourself"));
            }
            files.extend(changes);
        }
    }
    let made =
        |Place { path, shown }: Place, bytes: Vec<u8>| FileChange { path, shown, before: None, after: Some(bytes) };
    for (making, id) in wanted.iter().zip(&ids) {
        let mut fixture = making.draft.fixture.clone();
        link(&mut fixture, &names);
        // Bodies are called after their fixture.
        let (old, new) = (making.draft.fixture.id.replace('/', "-"), id.replace('/', "-"));
        for (path, content) in &making.draft.files {
            let (stem, ending) = path.rsplit_once('.').unwrap_or((path, "bin"));
            let stem = match stem.strip_prefix("bodies/").and_then(|stem| stem.strip_prefix(&*old)) {
                Some(rest) => format!("bodies/{new}{rest}"),
                None => stem.to_owned(),
            };
            let name = free(&stem, |stem| {
                let name = format!("{stem}.{ending}");
                is_taken(&name) || files.iter().any(|file: &FileChange| file.path == loaded.folder.join(&name))
            });
            let name = format!("{name}.{ending}");
            body_files(&mut fixture).filter(|file| file.path == *path).for_each(|file| file.path.clone_from(&name));
            files.push(made(Place::inside(loaded, &name)?, content.to_vec()));
        }
        files.push(made(Place::of(loaded, &format!("{id}.yaml"))?, write_fixture(&fixture).into_bytes()));
    }
    Ok((files, making.len() - wanted.len()))
}

/// The body files that a fixture names.
fn body_files(fixture: &mut Fixture) -> impl Iterator<Item = &mut BodyFile> {
    let sent = match &mut fixture.request.body {
        Some(RequestBody::File(file)) => vec![file],
        Some(RequestBody::Multipart(parts)) => parts
            .iter_mut()
            .filter_map(|part| match &mut part.content {
                PartContent::File(file) => Some(file),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let answered = fixture.responses.iter_mut().filter_map(|response| match &mut response.body {
        Some(ResponseBody::File(file)) => Some(file),
        _ => None,
    });
    sent.into_iter().chain(answered)
}
