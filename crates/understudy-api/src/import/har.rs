//! Imports archives as recordings: their secrets are replaced, and they pass through the inbox, which compares them
//! with the existing fixtures.

use super::sort::{ArchiveAccept, ArchiveOptions, LeftOut, left_out, nothing, sort};
use crate::change::FileChange;
use crate::desk::recording;
use crate::error::{ApiError, Code};
use crate::hidden::Hidden;
use crate::inbox::{Accepting, Chosen, Inbox, News, VarNeeded};
use crate::project::Project;
use crate::recordings::Recording;
use crate::report::{DifferenceReport, RedactionReport};
use crate::root::{Named, Refused, Root};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use understudy_exchange::redact::Redactor;
use understudy_import::{AttachedFiles, HarArchive, HarExchange, HarMessage, read_har};
use understudy_net::{Message, MessageContent};
use understudy_serve::Passed;

/// The maximum size of an archive.
const ARCHIVE_BYTES_MAX: u64 = 512 << 20;

/// The result of importing archives.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Imported {
    /// The services that the exchanges are of.
    pub services: Vec<String>,
    /// The servers of the exchanges.
    pub origins: Vec<String>,
    /// The files that were made, relative to the project.
    pub files: Vec<String>,
    /// The files that were there and were changed: by what new fixtures need, or by accepted differences.
    pub changed: Vec<String>,
    /// The number of exchanges that are the services'.
    pub exchanges: usize,
    /// The number of proposals that existing fixtures cover already.
    pub known: usize,
    /// The proposals that differ from existing fixtures and were not accepted.
    pub waiting: Vec<Waiting>,
    /// The number of exchanges that were put into the inbox.
    pub stored: usize,
    /// The entries that were left out.
    pub left: Vec<LeftOut>,
    /// The values that `verify` needs for what was written.
    pub vars: Vec<VarNeeded>,
    /// The secrets that were replaced.
    pub redactions: Vec<RedactionReport>,
}

impl Imported {
    /// Returns the files that were made or changed.
    pub(crate) fn written(&self) -> Vec<String> {
        self.files.iter().chain(&self.changed).cloned().collect()
    }
}

/// A proposal that waits in the inbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Waiting {
    /// The name of the proposal in the inbox: `shop/items/get`.
    pub id: String,
    /// The request and the status of the response, in a line.
    pub summary: String,
    /// The file that it differs from.
    pub file: Option<String>,
    /// The differences.
    pub differences: Vec<DifferenceReport>,
    /// The reason why the proposal could not be accepted, if that was requested.
    pub why: Option<String>,
}

/// The plan of an import.
#[derive(Debug)]
pub(crate) struct ArchivePlan {
    pub(crate) imported: Imported,
    pub(crate) changes: Vec<FileChange>,
    /// The records for the inbox, in their stored form.
    pub(crate) records: Vec<Vec<u8>>,
}

/// Files in the folder of an archive.
struct Beside<'p>(Option<&'p Path>);

impl AttachedFiles for Beside<'_> {
    fn read(&self, name: &str) -> Result<Bytes, String> {
        let folder = self.0.ok_or("only `understudy import` reads files beside an archive")?;
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let is_inside =
            Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let outside = || "it is not in the folder of the archive".to_owned();
        if !is_inside {
            return Err(outside());
        }
        // A symbolic link must not lead out of the folder either.
        match Root::from(folder).read(&folder.join(name), ARCHIVE_BYTES_MAX) {
            Ok(content) => Ok(content.bytes.into()),
            Err(Refused::Outside(_)) => Err(outside()),
            Err(Refused::TooLarge(size)) => Err(format!("it has {size} bytes; at most {ARCHIVE_BYTES_MAX} are read")),
            Err(refused) => Err(refused.to_string()),
        }
    }
}

/// Reads archives from the disk, one after the other.
///
/// # Errors
/// A file cannot be read, or is not an archive.
pub(super) fn read_files(files: &[PathBuf]) -> Result<HarArchive, ApiError> {
    let mut all = HarArchive::default();
    for file in files {
        let bytes = Named::read(file, ARCHIVE_BYTES_MAX).map_err(|refused| match refused {
            Refused::TooLarge(size) => {
                let message = format!("{} has {size} bytes; at most {ARCHIVE_BYTES_MAX} are read", file.display());
                ApiError::new(Code::Usage, message).with_hint("record less at once")
            }
            refused => refused.of_file(file, "read"),
        })?;
        let HarArchive { exchanges, left } = read(&bytes, &file.display().to_string(), file.parent())?;
        all.exchanges.extend(exchanges);
        all.left.extend(left);
    }
    Ok(all)
}

/// Reads an archive.
///
/// # Errors
/// The bytes are not an archive.
pub(crate) fn read(bytes: &[u8], name: &str, folder: Option<&Path>) -> Result<HarArchive, ApiError> {
    read_har(bytes, &Beside(folder)).map_err(|error| {
        ApiError::new(Code::Usage, format!("{name} is no HTTP archive: {error}"))
            .with_hint("in a browser's developer tools: Network, then \"Save all as HAR with content\"")
    })
}

/// Plans an import.
///
/// # Errors
/// No exchange in the archive belongs to a service; the errors of [`Inbox::accepting`].
pub(crate) fn plan(
    project: &Arc<Project>,
    service: Option<&str>,
    options: &ArchiveOptions,
    archive: HarArchive,
) -> Result<ArchivePlan, ApiError> {
    let mut sorted = sort(project, service, options, archive)?;
    let chosen = std::mem::take(&mut sorted.chosen);
    let services: BTreeSet<String> = chosen.iter().map(|(service, _)| service.clone()).collect();
    let origins: BTreeSet<String> = chosen.iter().map(|(_, exchange)| exchange.origin.to_string()).collect();
    let mut redactor = Hidden::new(&project.settings.redact).redactor();
    let recordings = recordings(chosen, &mut redactor);
    let mut left = left_out(&sorted, &mut redactor);
    if recordings.is_empty() {
        return Err(nothing(&sorted, &left));
    }
    let exchanges = recordings.len();
    let redactions: BTreeSet<_> = recordings.iter().flat_map(|one| &one.exchange.redactions).cloned().collect();
    let mut imported = Imported {
        services: services.into_iter().collect(),
        origins: origins.into_iter().collect(),
        files: Vec::new(),
        changed: Vec::new(),
        exchanges,
        known: 0,
        waiting: Vec::new(),
        stored: 0,
        left: Vec::new(),
        vars: Vec::new(),
        redactions: redactions.iter().map(RedactionReport::new).collect(),
    };
    let (changes, records) = if options.accept == ArchiveAccept::Nothing {
        (Vec::new(), recordings.iter().map(Recording::to_bytes).collect())
    } else {
        accepted(project, options, recordings, &mut imported, &mut left)?
    };
    imported.stored = records.len();
    imported.left = left;
    Ok(ArchivePlan { imported, changes, records })
}

/// Compares an archive with the fixtures in a separate inbox, and accepts what the options allow.
fn accepted(
    project: &Arc<Project>,
    options: &ArchiveOptions,
    recordings: Vec<Recording>,
    imported: &mut Imported,
    left: &mut Vec<LeftOut>,
) -> Result<(Vec<FileChange>, Vec<Vec<u8>>), ApiError> {
    // The inbox rewrites recordings to one address, but they are stored as they are.
    let as_stored: Vec<Vec<u8>> = recordings.iter().map(Recording::to_bytes).collect();
    let inbox = Inbox::of(Arc::clone(project), recordings);
    left.extend(inbox.cut().map(|(recording, why)| LeftOut {
        method: recording.exchange.request.method.to_string(),
        url: recording.exchange.request.target.to_string(),
        why: why.to_owned(),
        option: None,
    }));
    let is_accepted = |news: News| match news {
        News::New => true,
        News::Changed => options.accept == ArchiveAccept::NewAndChanged,
        News::Same => false,
    };
    let view = inbox.view();
    let chosen: Vec<Chosen> =
        view.proposals.iter().filter(|one| is_accepted(one.news)).map(|one| Chosen::one(&one.id)).collect();
    let Accepting { changes, numbers, left: refused, .. } = inbox.accepting(&chosen)?;
    imported.known = view.proposals.iter().filter(|one| one.news == News::Same).count();
    for change in &changes {
        let files = if change.before.is_none() { &mut imported.files } else { &mut imported.changed };
        files.push(change.shown().to_owned());
    }
    let why = |id: &str| refused.iter().find(|(other, _)| other == id).map(|(_, why)| why.clone());
    let mut waiting: BTreeSet<u64> = BTreeSet::new();
    for proposed in inbox.proposed.iter().filter(|proposed| proposed.shown.news != News::Same) {
        let shown = &proposed.shown;
        if proposed.numbers.iter().all(|number| numbers.contains(number)) {
            continue;
        }
        waiting.extend(&proposed.numbers);
        imported.waiting.push(Waiting {
            id: shown.id.clone(),
            summary: shown.promise(),
            file: shown.file.clone(),
            differences: shown.differences.clone(),
            why: why(&shown.id),
        });
    }
    let numbered = (1..).zip(as_stored);
    let records = numbered.filter(|(number, _)| waiting.contains(number)).map(|(_, stored)| stored).collect();
    Ok((changes, records))
}

/// Makes recordings of exchanges, without secrets. A secret may occur before the name that reveals it, so all secrets
/// are learned before the first one is replaced.
fn recordings(chosen: Vec<(String, HarExchange)>, redactor: &mut Redactor) -> Vec<Recording> {
    for (_, exchange) in chosen.iter().filter(|(_, exchange)| !exchange.is_redacted) {
        redactor.know(&exchange.recorded.request, &exchange.recorded.response);
    }
    let one = |(service, exchange): (String, HarExchange)| {
        let HarExchange { began_micros, micros, recorded, messages, cut, is_redacted, backend, .. } = exchange;
        let messages = messages.into_iter().map(|said| message(said, began_micros.saturating_add(micros))).collect();
        let unix_millis = began_micros / 1_000;
        if is_redacted {
            return Recording { service, unix_millis, micros, exchange: recorded, messages, cut, backend };
        }
        let took = Duration::from_micros(micros);
        let (request, response) = (recorded.request, recorded.response);
        let backend = backend.into();
        recording(service, Passed { unix_millis, backend, took, request, response, messages, cut }, redactor)
    };
    chosen.into_iter().map(one).collect()
}

fn message(said: HarMessage, connected_micros: u64) -> Message {
    let after = Duration::from_micros(said.unix_micros.saturating_sub(connected_micros));
    let content = match String::from_utf8(said.content.to_vec()) {
        Ok(text) if said.is_text => MessageContent::Text(text),
        _ => MessageContent::Binary(said.content),
    };
    Message { is_from_client: said.is_sent, after, content }
}
