//! The files of fixtures that are made from recorded exchanges.

use super::free;
use crate::accept::{Judged, accept_some};
use crate::change::{FileChange, Place};
use crate::error::{ApiError, Code};
use crate::project::{LoadedService, Project};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use understudy_fixture::model::{BodyFile, Fixture, PartContent, RequestBody, ResponseBody, Verify};
use understudy_fixture::write_fixture;
use understudy_import::Draft;

/// A fixture that is to be made of what was recorded.
#[derive(Debug)]
pub(crate) struct Making<'m> {
    pub(crate) draft: Cow<'m, Draft>,
    /// The id that it is to have; its own, or one like it that is free, where nobody said.
    pub(crate) name: Option<&'m str>,
    /// The drafts that it takes the place of, by their ids.
    pub(crate) instead_of: Vec<&'m str>,
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

/// The id of the file for a draft. A single endpoint gets no folder.
fn file_id<'d>(draft: &'d Draft, loaded: &LoadedService) -> &'d str {
    let id = &*draft.fixture.id;
    let is_in_folder =
        |other: &str| other.split_once('/').map(|(folder, _)| folder) == id.split_once('/').map(|(folder, _)| folder);
    match &draft.lone_id {
        Some(lone) if !loaded.files().any(|(_, other, _)| is_in_folder(other)) => lone,
        _ => id,
    }
}

/// The files of new drafts, under free names. Fixtures that come after existing ones (`there`) are linked to them, and
/// the existing ones get the captures that are needed.
///
/// # Errors
/// A name that is taken, or that no file can have.
pub(crate) fn new_files(
    project: &Project,
    loaded: &LoadedService,
    making: &[Making<'_>],
    there: &[There<'_>],
) -> Result<Vec<FileChange>, ApiError> {
    let known = |making: &Making<'_>| {
        let promise = &making.draft.fixture;
        let is_it = |known: &&Arc<Fixture>| known.request == promise.request && known.responses == promise.responses;
        loaded.fixtures.iter().find(is_it)
    };
    let known_ids: HashSet<&str> = loaded.files().map(|(_, id, _)| id).collect();
    let is_taken = |path: &str| {
        path.strip_suffix(".yaml").is_some_and(|id| known_ids.contains(id)) || loaded.folder.join(path).exists()
    };
    let (mut there, mut wanted) = (there.to_vec(), Vec::new());
    for making in making {
        match known(making) {
            Some(fixture) => there.push(There { draft: &making.draft, fixture }),
            None => wanted.push(making),
        }
    }
    let mut ids: Vec<String> = Vec::new();
    let mut given: HashSet<String> = HashSet::new();
    for making in &wanted {
        let is_taken = |id: &str| given.contains(id) || is_taken(&format!("{id}.yaml"));
        let id = match making.name {
            Some(name) if is_taken(name) => {
                let message = format!("{}/{name}.yaml is there already", loaded.service.dir);
                return Err(ApiError::new(Code::Conflict, message).with_hint("choose another name"));
            }
            Some(name) => name.to_owned(),
            None => free(file_id(&making.draft, loaded), is_taken),
        };
        given.insert(id.clone());
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
            let judged = Judged {
                fixture,
                mismatches: &[],
                answer: None,
                secrets: &[],
                gives: Some(&draft.fixture),
                in_states: false,
            };
            let (accepted, changes) = accept_some(project, loaded, judged, |_| true)?;
            if let Some((what, why)) = accepted.left.first() {
                let message = format!("{} cannot get the {what}, which others need: {why}", fixture.file);
                return Err(ApiError::new(Code::Usage, message).with_hint("write it into the file yourself"));
            }
            files.extend(changes);
        }
    }
    let made = |place: Place, bytes: Vec<u8>| FileChange { place, before: None, after: Some(bytes) };
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
                is_taken(&name) || files.iter().any(|file: &FileChange| file.place.path == loaded.folder.join(&name))
            });
            let name = format!("{name}.{ending}");
            body_files(&mut fixture).filter(|file| file.path == *path).for_each(|file| file.path.clone_from(&name));
            files.push(made(Place::inside(loaded, &name)?, content.to_vec()));
        }
        files.push(made(Place::of(loaded, &format!("{id}.yaml"))?, write_fixture(&fixture).into_bytes()));
    }
    Ok(files)
}

/// The body files that a fixture names.
fn body_files(fixture: &mut Fixture) -> impl Iterator<Item = &mut BodyFile> {
    let sent = match &mut fixture.request.body {
        Some(RequestBody::File(file)) => vec![file],
        Some(RequestBody::Multipart(parts)) => parts
            .iter_mut()
            .filter_map(|part| match &mut part.content {
                Some(PartContent::File(file)) => Some(file),
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
