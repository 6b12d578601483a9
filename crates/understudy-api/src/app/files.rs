//! Fixture files: read, written, made and deleted.

use super::App;
use super::commands::Nothing;
use crate::change::{FileChange, Place};
use crate::error::{ApiError, Code};
use crate::hidden::Hidden;
use crate::import::har::{self, ArchivePlan};
use crate::import::{self, ArchiveOptions, Imported};
use crate::inbox::vars_needed;
use crate::report::DiagnosticReport;
use serde::{Deserialize, Serialize};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::Instant;
use understudy_fixture::Completion;

/// A fixture's file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct FixtureRef {
    /// The service.
    pub(super) service: String,
    /// Relative to the service's folder.
    pub(super) file: String,
}

/// A fixture's file as it is on the disk.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct FixtureText {
    /// The file, relative to the project.
    pub(super) shown: String,
    /// The whole text.
    pub(super) text: String,
    /// Tells this version from others.
    pub(super) version: String,
    /// Problems in it.
    pub(super) problems: Vec<DiagnosticReport>,
}

/// A fixture's file with a new text.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct SaveFixture {
    /// The service.
    pub(super) service: String,
    /// Relative to the service's folder.
    pub(super) file: String,
    /// The new text.
    pub(super) text: String,
    /// The version that was edited; `null` to write whatever the file holds by now.
    pub(super) base: Option<String>,
    /// Whether it was typed, key by key: then it is taken back together with what was typed just before.
    pub(super) typed: bool,
}

/// What was written.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct SavedFixture {
    /// The new version.
    pub(super) version: String,
    /// Problems in it. Where some are errors, the last good version is served.
    pub(super) problems: Vec<DiagnosticReport>,
}

/// The text of a fixture's file up to the cursor.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct CompleteRequest {
    /// The text.
    pub(super) before: String,
}

/// What can be written at the cursor.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Completions {
    /// How many characters before the cursor are the beginning of it.
    pub(super) typed: u32,
    /// In the order of the format's reference.
    pub(super) options: Vec<CompletionView>,
}

/// Something that can be written.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct CompletionView {
    /// The word.
    pub(super) word: &'static str,
    /// What it is for.
    pub(super) doc: &'static str,
    /// Whether it is a key, and a value follows.
    pub(super) is_key: bool,
}

/// A fixture's file and another text of it.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct CompareRequest {
    /// The service.
    pub(super) service: String,
    /// Relative to the service's folder.
    pub(super) file: String,
    /// The other text.
    pub(super) text: String,
}

/// Where two texts differ.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Comparison {
    /// The lines that differ and those around them, in order.
    pub(super) lines: Vec<ComparedLine>,
}

/// A line of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ComparedLine {
    /// `both`, `file`, `mine`, or `gap` where lines that are the same are left out.
    pub(super) side: &'static str,
    /// The line.
    pub(super) text: String,
}

/// An archive (HAR) to make fixtures of.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ImportArchive {
    /// The service that gets them.
    pub(super) service: String,
    /// What the archive is called.
    pub(super) name: String,
    /// All of it.
    pub(super) text: String,
}

/// A fixture's file, and where it goes.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct RenameFixture {
    /// The service.
    pub(super) service: String,
    /// Relative to the service's folder.
    pub(super) file: String,
    /// The same, of the file that it becomes.
    pub(super) to: String,
}

/// A fixture to make.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct NewFixture {
    /// The service.
    pub(super) service: String,
}

/// An exchange to make a fixture of.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct FixtureFrom {
    /// The exchange.
    pub(super) exchange: u64,
}

/// A fixture that was made.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Created {
    /// The service.
    pub(super) service: String,
    /// Relative to the service's folder.
    pub(super) file: String,
}

/// What a new fixture says: enough to be served, and to see how it goes on.
const STARTER: &str =
    "request:\n  method: GET\n  path: /PATH\nresponse:\n  status: 200\n  body:\n    json: { hello: world }\n";

impl App {
    async fn place(&self, service: &str, file: &str) -> Result<Place, ApiError> {
        Place::of(self.loaded().await.service(service)?, file)
    }

    pub(super) async fn fixture(&self, request: FixtureRef) -> Result<FixtureText, ApiError> {
        let place = self.place(&request.service, &request.file).await?;
        let bytes = place.content()?.ok_or_else(|| gone(&place.shown))?;
        let version = version_of(&bytes);
        let text = String::from_utf8(bytes).map_err(|_| {
            ApiError::new(Code::Disk, format!("{} is not UTF-8", place.shown)).with_hint("save the file as UTF-8")
        })?;
        let problems = self.problems_of(&place.shown).await;
        Ok(FixtureText { shown: place.shown, text, version, problems })
    }

    pub(super) async fn complete(&self, request: CompleteRequest) -> Result<Completions, ApiError> {
        let (typed, options) = understudy_fixture::complete(&request.before);
        let view = |Completion { word, doc, is_key }| CompletionView { word, doc, is_key };
        let typed = u32::try_from(typed).unwrap_or(u32::MAX);
        Ok(Completions { typed, options: options.into_iter().map(view).collect() })
    }

    async fn problems_of(&self, shown: &str) -> Vec<DiagnosticReport> {
        let project = self.loaded().await;
        project.diagnostics.iter().filter(|problem| &*problem.file == shown).map(DiagnosticReport::new).collect()
    }

    pub(super) async fn fixture_save(&self, request: SaveFixture) -> Result<SavedFixture, ApiError> {
        let place = self.place(&request.service, &request.file).await?;
        let before = place.content()?;
        let current = before.as_deref().map(version_of);
        if request.base.is_some() && request.base != current {
            let message = format!("{} was changed by another program", place.shown);
            return Err(ApiError::new(Code::Conflict, message).with_hint("keep yours, or take the file's"));
        }
        let after = request.text.into_bytes();
        let version = version_of(&after);
        self.change(&place, before, Some(after), request.typed.then(Instant::now)).await?;
        Ok(SavedFixture { version, problems: self.problems_of(&place.shown).await })
    }

    /// Changes a file, remembers that, and serves it.
    async fn change(
        &self,
        place: &Place,
        before: Option<Vec<u8>>,
        after: Option<Vec<u8>>,
        typed: Option<Instant>,
    ) -> Result<(), ApiError> {
        if before == after {
            return Ok(());
        }
        let file = FileChange { place: place.clone(), before, after };
        self.make(vec![file], typed).await
    }

    pub(super) async fn fixture_new(&self, request: NewFixture) -> Result<Created, ApiError> {
        self.create(&request.service, "new-fixture", "yaml", |id| STARTER.replace("PATH", id).into_bytes()).await
    }

    pub(super) async fn fixture_from(&self, request: FixtureFrom) -> Result<Created, ApiError> {
        let exchange = self.kept(request.exchange)?;
        let project = self.loaded().await;
        let base = &project.service(&exchange.service)?.service.base;
        let draft = super::exchange_draft::draft(&exchange, base, &Hidden::new(&project.settings.redact));
        self.create(&exchange.service, &draft.name, "yaml", |_| draft.text.clone().into_bytes()).await
    }

    pub(super) async fn fixture_duplicate(&self, request: FixtureRef) -> Result<Created, ApiError> {
        let place = self.place(&request.service, &request.file).await?;
        let bytes = place.content()?.ok_or_else(|| gone(&place.shown))?;
        let (stem, ending) = request.file.rsplit_once('.').unwrap_or((&request.file, "yaml"));
        self.create(&request.service, &format!("{stem}-copy"), ending, |_| bytes.clone()).await
    }

    pub(super) async fn fixture_delete(&self, request: FixtureRef) -> Result<Nothing, ApiError> {
        let place = self.place(&request.service, &request.file).await?;
        let before = place.content()?;
        self.change(&place, before, None, None).await?;
        Ok(Nothing {})
    }

    /// Moves a fixture's file; what names it by its id is told of as a problem by itself.
    pub(super) async fn fixture_rename(&self, request: RenameFixture) -> Result<Created, ApiError> {
        let named = request.to.trim();
        let ending = request.file.rsplit_once('.').map_or("yaml", |(_, ending)| ending);
        let to = if named.contains('.') { named.to_owned() } else { format!("{named}.{ending}") };
        let (from_place, to_place) =
            (self.place(&request.service, &request.file).await?, self.place(&request.service, &to).await?);
        let created = Created { service: request.service, file: to };
        if from_place.path == to_place.path {
            return Ok(created);
        }
        let bytes = from_place.content()?.ok_or_else(|| gone(&from_place.shown))?;
        if to_place.content()?.is_some() {
            let message = format!("{} is there already", to_place.shown);
            return Err(ApiError::new(Code::Conflict, message).with_hint("choose another name"));
        }
        from_place.rename(&to_place)?;
        let files = vec![
            FileChange { place: from_place, before: Some(bytes.clone()), after: None },
            FileChange { place: to_place, before: None, after: Some(bytes) },
        ];
        self.made(files, None).await;
        Ok(created)
    }

    /// Makes fixtures of an archive, as one change.
    pub(super) async fn import(&self, request: ImportArchive) -> Result<Imported, ApiError> {
        let project = self.loaded().await;
        let archive = har::read(request.text.as_bytes(), &request.name, None)?;
        let options = ArchiveOptions::default();
        let ArchivePlan { mut imported, changes, records } =
            har::plan(&project, Some(&request.service), &options, archive)?;
        self.keep_recordings(records, self.make(changes, None)).await?;
        imported.vars = vars_needed(&project.root, &imported.written())?;
        Ok(imported)
    }

    pub(super) async fn compare(&self, request: CompareRequest) -> Result<Comparison, ApiError> {
        let place = self.place(&request.service, &request.file).await?;
        let file = String::from_utf8_lossy(&place.content()?.unwrap_or_default()).into_owned();
        Ok(Comparison { lines: compared(&file, &request.text) })
    }

    /// Makes a file whose id is not taken yet.
    async fn create(
        &self,
        service: &str,
        stem: &str,
        ending: &str,
        bytes: impl Fn(&str) -> Vec<u8>,
    ) -> Result<Created, ApiError> {
        let project = self.loaded().await;
        let loaded = project.service(service)?;
        let taken = |id: &str| {
            let known = loaded.files().any(|(_, other, _)| other == id);
            known || loaded.folder.join(format!("{id}.{ending}")).exists()
        };
        let id = import::free(stem, taken);
        let file = format!("{id}.{ending}");
        let place = self.place(service, &file).await?;
        self.change(&place, None, Some(bytes(&id)), None).await?;
        Ok(Created { service: service.to_owned(), file })
    }
}

/// How many lines are shown around those that differ.
const LINES_AROUND: usize = 3;

fn compared(file: &str, mine: &str) -> Vec<ComparedLine> {
    let diff = similar::TextDiff::from_lines(file, mine);
    let line = |side, text: &str| ComparedLine { side, text: text.trim_end_matches(['\r', '\n']).to_owned() };
    let mut lines = Vec::new();
    for group in diff.grouped_ops(LINES_AROUND) {
        if !lines.is_empty() {
            lines.push(line("gap", ""));
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let side = match change.tag() {
                similar::ChangeTag::Equal => "both",
                similar::ChangeTag::Delete => "file",
                similar::ChangeTag::Insert => "mine",
            };
            lines.push(line(side, change.value()));
        }
    }
    lines
}

fn gone(shown: &str) -> ApiError {
    ApiError::new(Code::Disk, format!("{shown} is not there any more")).with_hint("it was deleted or renamed outside")
}

fn version_of(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016x}-{}", hasher.finish(), bytes.len())
}

#[cfg(test)]
mod tests {
    use super::compared;

    #[test]
    fn a_comparison_shows_what_differs_and_a_little_around_it() {
        let file: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let mine = file.replace("line 2\n", "mine\n").replace("line 19\n", "");
        let shown: Vec<String> =
            compared(&file, &mine).iter().map(|line| format!("{} {}", line.side, line.text)).collect();
        let expected = "both line 1|file line 2|mine mine|both line 3|both line 4|both line 5|gap |both line 16|both line 17|both line 18|file line 19|both line 20";
        assert_eq!(shown.join("|"), expected);
        assert!(compared(&file, &file).is_empty());
    }
}
