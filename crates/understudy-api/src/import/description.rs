//! Fixtures from a description, and the same again when the description has changed.
//!
//! What was generated is remembered beside the fixtures ([`MEMORY`]), in version control with them: so that it can be told
//! from what people wrote, also on another machine. What people wrote always stays.

use crate::change::{FileChange, Place};
use crate::described::Described;
use crate::disk::content;
use crate::error::{ApiError, Code};
use crate::project::LoadedService;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use understudy_fixture::model::Fixture;
use understudy_fixture::{Source, merge_source, write_fixture};
use understudy_openapi::{Description, Fixtures, Operation, Shown};

/// What was generated, in the service's folder.
const MEMORY: &str = ".imported.json";

/// What came of importing a description.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportedDescription {
    /// The service that got the fixtures.
    pub service: String,
    /// What the description calls itself.
    pub title: String,
    /// Every fixture that the description gives, or gave before.
    pub fixtures: Vec<ImportedFixture>,
    /// The operations that no fixture can be made of, and why.
    pub left: Vec<(String, String)>,
    /// What the service has to say so that its fixtures are held against the description, where it does not yet.
    pub hint: Option<String>,
}

/// A fixture that a description gives, or gave before.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportedFixture {
    /// The fixture's id.
    pub id: String,
    /// Its file, relative to the project.
    pub file: String,
    /// What becomes of it.
    pub news: ImportNews,
    /// The places that are brought up to date: `response.body.json.name`.
    pub changed: Vec<String>,
    /// The places where a person's work stays although the description says something new.
    pub kept: Vec<String>,
    /// Why it is left alone.
    pub why: Option<String>,
    /// What changes in the file, line by line, as version control shows it; empty where nothing does.
    pub diff: String,
}

/// What becomes of a fixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum ImportNews {
    /// It is made.
    New,
    /// It is brought up to date.
    Changed,
    /// It goes, because the description does not have it any more.
    Gone,
    /// It is left alone.
    Kept,
    /// There is nothing to do.
    Same,
}

/// What a memory's file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Memory {
    /// The text of each fixture as it was generated, by its id.
    fixtures: BTreeMap<String, String>,
}

/// Which fixtures are meant.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meant<'m> {
    /// Those of these operations, by their ids or as `GET /pets/{id}`; of all where none is said. The others are not looked at.
    pub(crate) operations: &'m [String],
    /// Those that answer this status, as the description has it: `404`, `default`.
    pub(crate) status: Option<&'m str>,
}

/// What a description gives; nothing is written yet.
pub(crate) fn plan(
    loaded: &LoadedService,
    described: &Described,
    Meant { operations, status }: Meant<'_>,
) -> Result<(ImportedDescription, Vec<FileChange>), ApiError> {
    let description = described.description.as_deref();
    let description = description.ok_or_else(|| ApiError::new(Code::NothingToDo, "there is no description"))?;
    check_operations(description, operations)?;
    let is_meant =
        |operation: &Operation| operations.is_empty() || operations.iter().any(|name| means(name, operation));
    let Fixtures { mut shown, left } = description.fixtures(is_meant);
    if let Some(status) = status {
        let said_of = |shown: &Shown| {
            let code = shown.status.try_into().ok()?;
            description.operations[shown.operation].said_of(code)
        };
        shown.retain(|shown| said_of(shown).is_some_and(|said| said.to_string() == status));
    }
    let mut import = Importing::new(loaded, !operations.is_empty())?;
    if operations.is_empty() {
        import.forget(&shown)?;
    }
    for shown in &shown {
        import.bring(shown)?;
    }
    let hint = loaded.service.openapi.is_none().then(|| {
        format!(
            "write `openapi:` with its path under the service `{}`, and fixtures are held against it",
            loaded.service.name
        )
    });
    let (fixtures, changes) = import.done()?;
    let (service, title) = (loaded.service.name.clone(), description.title.clone());
    Ok((ImportedDescription { service, title, fixtures, left, hint }, changes))
}

/// Whether a name means an operation.
fn means(name: &str, operation: &Operation) -> bool {
    operation.name() == name
        || name.split_once(' ').is_some_and(|(method, path)| {
            operation.method.as_str().eq_ignore_ascii_case(method) && operation.key() == path.trim()
        })
}

fn check_operations(description: &Description, names: &[String]) -> Result<(), ApiError> {
    let Some(unknown) = names.iter().find(|name| !description.operations.iter().any(|known| means(name, known))) else {
        return Ok(());
    };
    let nearest =
        description.operations.iter().min_by_key(|known| understudy_match::text_distance(unknown, known.name()));
    let error = ApiError::new(Code::UnknownName, format!("the description has no operation `{unknown}`"));
    Err(match nearest {
        Some(nearest) => error.with_hint(format!("did you mean `{}`?", nearest.name())),
        None => error,
    })
}

struct Importing<'l> {
    loaded: &'l LoadedService,
    /// Whether what was deleted by hand is made again, because it is asked for by name.
    again: bool,
    place: Place,
    /// What the memory's file held.
    before: Option<Vec<u8>>,
    memory: Memory,
    fixtures: Vec<ImportedFixture>,
    changes: Vec<FileChange>,
    /// The ids of fixtures that go.
    gone: BTreeSet<String>,
}

impl<'l> Importing<'l> {
    fn new(loaded: &'l LoadedService, again: bool) -> Result<Self, ApiError> {
        let place = Place::inside(loaded, MEMORY)?;
        let before = content(&place.path)?;
        let memory = match &before {
            None => Memory::default(),
            Some(bytes) => serde_json::from_slice(bytes).map_err(|error| {
                ApiError::new(Code::Usage, format!("{} cannot be read: {error}", place.shown)).with_hint(
                    "take it from version control again, or delete it: then what is there counts as written by hand",
                )
            })?,
        };
        let (fixtures, changes, gone) = (Vec::new(), Vec::new(), BTreeSet::new());
        Ok(Self { loaded, again, place, before, memory, fixtures, changes, gone })
    }

    /// The file of a fixture, relative to the service's folder.
    fn file(&self, id: &str) -> Option<&'l str> {
        self.loaded.files().find(|(_, known, _)| *known == id).map(|(file, ..)| file)
    }

    /// Fixtures that the description does not give any more.
    fn forget(&mut self, shown: &[Shown]) -> Result<(), ApiError> {
        let is_shown = |id: &str| shown.iter().any(|shown| *shown.fixture.id == *id);
        let ids: Vec<String> = self.memory.fixtures.keys().filter(|id| !is_shown(id)).cloned().collect();
        for id in ids {
            let Some(file) = self.file(&id) else {
                self.memory.fixtures.remove(&id);
                continue;
            };
            let place = Place::of(self.loaded, file)?;
            let before = content(&place.path)?.unwrap_or_default();
            if before == self.memory.fixtures[&id].as_bytes() {
                self.memory.fixtures.remove(&id);
                self.gone.insert(id.clone());
                self.tell(&id, &place.shown, ImportNews::Gone).diff = diff(&place.shown, Some(&before), None);
                self.change(place, Some(before), None);
            } else {
                let why = "edited by hand, and not in the description any more".to_owned();
                self.tell(&id, &place.shown, ImportNews::Kept).why = Some(why);
            }
        }
        Ok(())
    }

    /// A fixture that the description gives.
    fn bring(&mut self, shown: &Shown) -> Result<(), ApiError> {
        let id = &*shown.fixture.id;
        let now = write_fixture(&shown.fixture);
        let file = self.file(id).map_or_else(|| format!("{id}.yaml"), str::to_owned);
        let place = Place::of(self.loaded, &file)?;
        let before = self.memory.fixtures.get(id).cloned();
        let Some(held) = content(&place.path)? else {
            return self.make(&shown.fixture, place, now, before.is_some());
        };
        let keep = |why: &str| Some(why.to_owned());
        match before {
            _ if held == now.as_bytes() => {
                self.tell(id, &place.shown, ImportNews::Same);
            }
            None => {
                self.tell(id, &place.shown, ImportNews::Kept).why = keep("written by hand");
                return Ok(());
            }
            Some(before) if before == now => {
                self.tell(id, &place.shown, ImportNews::Same);
            }
            Some(before) => {
                let merged =
                    Source::new(&place.shown, held.clone()).ok().map(|source| merge_source(&source, &before, &now));
                match merged {
                    Some(Ok(merged)) if merged.text.as_bytes() == held => {
                        self.tell(id, &place.shown, ImportNews::Kept).kept = merged.kept;
                    }
                    Some(Ok(merged)) => {
                        let told = self.tell(id, &place.shown, ImportNews::Changed);
                        told.diff = diff(&place.shown, Some(&held), Some(merged.text.as_bytes()));
                        (told.changed, told.kept) = (merged.changed, merged.kept);
                        self.change(place, Some(held), Some(merged.text.into_bytes()));
                    }
                    Some(Err(error)) => {
                        self.tell(id, &place.shown, ImportNews::Kept).why = Some(error.to_string());
                        return Ok(());
                    }
                    None => {
                        self.tell(id, &place.shown, ImportNews::Kept).why = keep("it cannot be read as it is");
                        return Ok(());
                    }
                }
            }
        }
        self.memory.fixtures.insert(id.to_owned(), now);
        Ok(())
    }

    /// A fixture whose file is not there.
    fn make(&mut self, fixture: &Fixture, place: Place, now: String, was_made: bool) -> Result<(), ApiError> {
        let id = &*fixture.id;
        if was_made && !self.again {
            self.tell(id, &place.shown, ImportNews::Kept).why = Some("deleted by hand".to_owned());
            self.memory.fixtures.insert(id.to_owned(), now);
            return Ok(());
        }
        // Two fixtures for one request are an error.
        let asks_the_same = |known: &&std::sync::Arc<Fixture>| {
            known.request == fixture.request
                && known.when.is_empty()
                && known.priority == fixture.priority
                && !self.gone.contains(&*known.id)
        };
        if let Some(other) = self.loaded.fixtures.iter().find(asks_the_same) {
            let why = format!("{} asks for the same", other.file);
            self.tell(id, &place.shown, ImportNews::Kept).why = Some(why);
            return Ok(());
        }
        self.tell(id, &place.shown, ImportNews::New).diff = diff(&place.shown, None, Some(now.as_bytes()));
        self.change(place, None, Some(now.clone().into_bytes()));
        self.memory.fixtures.insert(id.to_owned(), now);
        Ok(())
    }

    fn tell(&mut self, id: &str, file: &str, news: ImportNews) -> &mut ImportedFixture {
        self.fixtures.push(ImportedFixture {
            id: id.to_owned(),
            file: file.to_owned(),
            news,
            changed: Vec::new(),
            kept: Vec::new(),
            why: None,
            diff: String::new(),
        });
        self.fixtures.last_mut().expect("one was pushed")
    }

    fn change(&mut self, Place { path, shown }: Place, before: Option<Vec<u8>>, after: Option<Vec<u8>>) {
        self.changes.push(FileChange { path, shown, before, after });
    }

    fn done(mut self) -> Result<(Vec<ImportedFixture>, Vec<FileChange>), ApiError> {
        let after = Some(self.memory.to_text().into_bytes()).filter(|_| !self.memory.fixtures.is_empty());
        if after != self.before {
            let (place, before) = (self.place.clone(), self.before.take());
            self.change(place, before, after);
        }
        Ok((self.fixtures, self.changes))
    }
}

impl Memory {
    /// One fixture in a line, so that version control shows which have changed.
    fn to_text(&self) -> String {
        let json = |text: &str| serde_json::to_string(text).expect("text is JSON");
        let lines = self.fixtures.iter().map(|(id, text)| format!("{}: {}", json(id), json(text)));
        format!("{{\"fixtures\": {{\n{}\n}}}}\n", lines.collect::<Vec<_>>().join(",\n"))
    }
}

/// How many lines are shown around those that differ.
const LINES_AROUND: usize = 3;

/// What changes in a file, as version control shows it.
fn diff(shown: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> String {
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    let name = |side: &str, bytes: Option<&[u8]>| match bytes {
        Some(_) => format!("{side}/{shown}"),
        None => "/dev/null".to_owned(),
    };
    let (old, new) = (text(before), text(after));
    let diff = similar::TextDiff::from_lines(&old, &new);
    let mut unified = diff.unified_diff();
    unified.context_radius(LINES_AROUND).header(&name("a", before), &name("b", after)).to_string()
}
