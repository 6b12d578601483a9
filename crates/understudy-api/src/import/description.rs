//! Fixtures from a description, and the same again when the description has changed.
//!
//! What was generated is remembered beside the fixtures ([`MEMORY`]), in version control with them: so that it can be told
//! from what people wrote, also on another machine. What people wrote always stays.

use super::free;
use crate::change::{FileChange, Place, diff};
use crate::described::Described;
use crate::disk::ServiceFiles;
use crate::error::{ApiError, Code};
use crate::project::LoadedService;
use crate::server_paths::after_import;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use understudy_fixture::model::{Fixture, RequestPromise};
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
    /// The lines to write so that the service and the description fit.
    pub hints: Vec<String>,
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
    /// By their ids.
    fixtures: BTreeMap<String, Made>,
}

/// A fixture as it was generated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    /// The description's file, without its folder: what one description does not have may be another's.
    from: String,
    /// The operation: `GET /pets/{id}`.
    operation: String,
    /// What of it, beside the usual: `404`, `200 dog`.
    answer: String,
    /// The file's text.
    text: String,
}

impl Made {
    fn new(from: &str, description: &Description, shown: &Shown) -> Self {
        let operation = name_of(&description.operations[shown.operation]);
        let example = shown.example.as_ref().map(|example| format!(" {example}")).unwrap_or_default();
        let answer = format!("{}{example}", shown.status);
        Self { from: from.to_owned(), operation, answer, text: String::new() }
    }
}

/// An operation's method and path, which say what it is whatever it is called.
fn name_of(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.key())
}

/// Which fixtures are meant.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meant<'m> {
    /// Those of these operations, by their ids or as `GET /pets/{id}`; of all where none is said. The others are not looked at.
    pub(crate) operations: &'m [String],
    /// Those that answer this status, as the description has it: `404`, `default`.
    pub(crate) status: Option<&'m str>,
}

/// What a description gives; nothing is written yet. `from` is the description's file.
pub(crate) fn plan(
    loaded: &LoadedService,
    described: &Described,
    from: &str,
    Meant { operations, status }: Meant<'_>,
) -> Result<(ImportedDescription, Vec<FileChange>), ApiError> {
    let description = described.description.as_deref();
    let description = description.ok_or_else(|| ApiError::new(Code::NothingToDo, "there is no description"))?;
    check_operations(description, operations)?;
    let is_meant =
        |operation: &Operation| operations.is_empty() || operations.iter().any(|name| means(name, operation));
    let Fixtures { mut shown, left } = description.fixtures(is_meant);
    let from = from.rsplit('/').next().unwrap_or(from);
    if let Some(status) = status {
        let said_of = |shown: &Shown| {
            let code = shown.status.try_into().ok()?;
            description.operations[shown.operation].said_of(code)
        };
        shown.retain(|shown| said_of(shown).is_some_and(|said| said.to_string() == status));
    }
    let mut import = Importing::new(loaded, !operations.is_empty())?;
    let made = import.claim(description, from, &mut shown);
    if operations.is_empty() {
        let left: Vec<String> = left.iter().map(|left| name_of(&description.operations[left.operation])).collect();
        import.forget(from, &left)?;
    }
    for (shown, made) in shown.iter().zip(made) {
        import.bring(shown, made)?;
    }
    let left = left.into_iter().map(|left| (left.name, left.why)).collect();
    let unnamed = loaded.service.openapi.is_none().then(|| {
        format!(
            "write `openapi:` with its path under the service `{}`, and fixtures are held against it",
            loaded.service.name
        )
    });
    let hints = unnamed.into_iter().chain(after_import(description, &loaded.service)).collect();
    let (fixtures, changes) = import.done()?;
    let (service, title) = (loaded.service.name.clone(), description.title.clone());
    Ok((ImportedDescription { service, title, fixtures, left, hints }, changes))
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

/// A request without the fields that are only sent.
fn asked(request: &RequestPromise) -> RequestPromise {
    let mut request = request.clone();
    for fields in [&mut request.query, &mut request.headers, &mut request.cookies] {
        fields.retain(|field| !field.matcher.asks_nothing());
    }
    request
}

struct Importing<'l> {
    loaded: &'l LoadedService,
    /// The service's files, by their fixtures' ids.
    files: HashMap<&'l str, &'l str>,
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
    /// The ids of fixtures that the description gives.
    claimed: BTreeSet<String>,
}

impl<'l> Importing<'l> {
    fn new(loaded: &'l LoadedService, again: bool) -> Result<Self, ApiError> {
        let place = Place::inside(loaded, MEMORY)?;
        let before = place.content()?;
        let memory = match &before {
            None => Memory::default(),
            Some(bytes) => serde_json::from_slice(bytes).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                let message = format!("{}:{line}:{column}: this is not what an import has written", place.shown);
                ApiError::new(Code::Usage, message).with_hint(
                    "take it from version control again, or delete it: then what is there counts as written by hand",
                )
            })?,
        };
        let (fixtures, changes) = (Vec::new(), Vec::new());
        let (gone, claimed) = (BTreeSet::new(), BTreeSet::new());
        let files = loaded.files().map(|(file, id, _)| (id, file)).collect();
        Ok(Self { loaded, files, again, place, before, memory, fixtures, changes, gone, claimed })
    }

    /// Gives fixtures the ids that they had: what stands for an operation stays in its file, whatever the operation is called by
    /// now, and whichever others there are. The rest get ids that nothing had.
    fn claim(&mut self, description: &Description, from: &str, shown: &mut [Shown]) -> Vec<Made> {
        let made: Vec<Made> = shown.iter().map(|shown| Made::new(from, description, shown)).collect();
        let by_meaning: HashMap<(&str, &str), &String> =
            self.memory.fixtures.iter().map(|(id, made)| ((&*made.operation, &*made.answer), id)).collect();
        let known: HashSet<String> = description.operations.iter().map(name_of).collect();
        let mut ids: Vec<Option<String>> = made
            .iter()
            .map(|made| by_meaning.get(&(&*made.operation, &*made.answer)).map(|id| (*id).clone()))
            .collect();
        let mut taken: BTreeSet<String> = ids.iter().flatten().map(|id| id.to_lowercase()).collect();
        for (id, shown) in ids.iter_mut().zip(shown.iter()).filter(|(id, _)| id.is_none()) {
            // The same name, and nobody else's: its path was written in another way.
            let own = &*shown.fixture.id;
            let is_free = |made: &Made| !known.contains(&made.operation);
            if self.memory.fixtures.get(own).is_some_and(is_free) && taken.insert(own.to_lowercase()) {
                *id = Some(own.to_owned());
            }
        }
        taken.extend(self.memory.fixtures.keys().map(|id| id.to_lowercase()));
        for (id, shown) in ids.into_iter().zip(shown) {
            let id = id.unwrap_or_else(|| free(&shown.fixture.id, |id| taken.contains(&id.to_lowercase())));
            taken.insert(id.to_lowercase());
            self.claimed.insert(id.clone());
            shown.fixture.file = format!("{id}.yaml").into();
            shown.fixture.id = id.into();
        }
        made
    }

    /// The file of a fixture, relative to the service's folder.
    fn file(&self, id: &str) -> Option<&'l str> {
        self.files.get(id).copied()
    }

    /// Fixtures that the description gave and does not give any more. Those of operations that are `left` are not gone: they
    /// only cannot be made just now.
    fn forget(&mut self, from: &str, left: &[String]) -> Result<(), ApiError> {
        let is_gone = |(id, made): &(&String, &Made)| {
            made.from == from && !self.claimed.contains(*id) && !left.contains(&made.operation)
        };
        let ids: Vec<String> = self.memory.fixtures.iter().filter(is_gone).map(|(id, _)| id.clone()).collect();
        for id in ids {
            let Some(file) = self.file(&id) else {
                self.memory.fixtures.remove(&id);
                continue;
            };
            let place = Place::of(self.loaded, file)?;
            let before = place.content()?.unwrap_or_default();
            if before == self.memory.fixtures[&id].text.as_bytes() {
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
    fn bring(&mut self, shown: &Shown, made: Made) -> Result<(), ApiError> {
        let id = &*shown.fixture.id;
        let made = Made { text: write_fixture(&shown.fixture), ..made };
        let now = made.text.clone();
        let file = self.file(id).map_or_else(|| format!("{id}.yaml"), str::to_owned);
        let place = Place::of(self.loaded, &file)?;
        let before = self.memory.fixtures.get(id).map(|made| made.text.clone());
        let Some(held) = place.content()? else {
            return self.make(&shown.fixture, place, made, before.is_some());
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
                let source = Source::new(&place.shown, held.clone()).ok();
                let merged = source.as_ref().map(|source| merge_source(source, &before, &now));
                match merged {
                    Some(Ok(merged)) if self.spoils(id, source.as_ref(), &merged.text) => {
                        let why = "what you wrote and what the description says now cannot stand in one file";
                        self.tell(id, &place.shown, ImportNews::Kept).why = keep(why);
                        return Ok(());
                    }
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
        self.memory.fixtures.insert(id.to_owned(), made);
        Ok(())
    }

    /// Whether a file that can be used could not be used any more with another text.
    fn spoils(&self, id: &str, source: Option<&Source>, text: &str) -> bool {
        let Some(source) = source else { return false };
        let is_good = |source: &Source| {
            let (fixture, problems) = understudy_fixture::fixture(
                source,
                id,
                &ServiceFiles::new(&self.loaded.root, &self.loaded.folder, self.loaded.service.body_max),
            );
            fixture.is_some() && !problems.iter().any(understudy_fixture::Diagnostic::is_error)
        };
        let after = Source { file: source.file.clone(), text: text.to_owned() };
        is_good(source) && !is_good(&after)
    }

    /// A fixture whose file is not there.
    fn make(&mut self, fixture: &Fixture, place: Place, made: Made, was_made: bool) -> Result<(), ApiError> {
        let id = &*fixture.id;
        if was_made && !self.again {
            self.tell(id, &place.shown, ImportNews::Kept).why = Some("deleted by hand".to_owned());
            self.memory.fixtures.insert(id.to_owned(), made);
            return Ok(());
        }
        // Two fixtures for one request are an error.
        let asks_the_same = |known: &&std::sync::Arc<Fixture>| {
            asked(&known.request) == asked(&fixture.request)
                && known.when.is_empty()
                && known.priority == fixture.priority
                && !self.gone.contains(&*known.id)
                && !self.claimed.contains(&*known.id)
        };
        if let Some(other) = self.loaded.fixtures.iter().find(asks_the_same) {
            let why = format!("{} asks for the same", other.file);
            self.tell(id, &place.shown, ImportNews::Kept).why = Some(why);
            return Ok(());
        }
        self.tell(id, &place.shown, ImportNews::New).diff = diff(&place.shown, None, Some(made.text.as_bytes()));
        self.change(place, None, Some(made.text.clone().into_bytes()));
        self.memory.fixtures.insert(id.to_owned(), made);
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

    fn change(&mut self, place: Place, before: Option<Vec<u8>>, after: Option<Vec<u8>>) {
        self.changes.push(FileChange { place, before, after });
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
        let id = |id: &str| serde_json::to_string(id).expect("text is JSON");
        let made = |made: &Made| serde_json::to_string(made).expect("what was made is JSON");
        let lines = self.fixtures.iter().map(|(name, text)| format!("{}: {}", id(name), made(text)));
        format!("{{\"fixtures\": {{\n{}\n}}}}\n", lines.collect::<Vec<_>>().join(",\n"))
    }
}
