//! Traffic and runs as files for others, in the folder for what is downloaded.

use super::App;
use super::commands::{Nothing, Text};
use super::traffic::{Decoded, Exchange};
use crate::clock;
use crate::error::{ApiError, Code};
use crate::hidden::Hidden;
use crate::report::ReportFormat;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use understudy_exchange::redact::Redactor;
use understudy_import::{HarEntry, write_har};
use understudy_match::Moment;

/// Exchanges to write as an HTTP archive.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ExportTraffic {
    /// Their ids; all that are kept where empty.
    pub(super) exchanges: Vec<u64>,
}

/// The last run, as a report.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ExportRun {
    /// In which form.
    pub(super) format: ReportFormat,
}

/// A file that was written.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Exported {
    /// Where it is.
    pub(super) file: String,
}

impl App {
    /// Credentials are taken out: archives are made to be given to others.
    pub(super) async fn export_traffic(&self, request: ExportTraffic) -> Result<Exported, ApiError> {
        let exchanges = self.traffic.chosen(&request.exchanges);
        if exchanges.is_empty() {
            return Err(ApiError::new(Code::NothingToDo, "there is no traffic to export"));
        }
        let project = self.loaded().await;
        let mut redactor = Hidden::new(&project.settings.redact).redactor();
        // A secret may stand somewhere before it is called one: all of them are known before the first is written.
        for exchange in &exchanges {
            let Decoded { request, response, .. } = exchange.decoded();
            redactor.know(&request, &response);
        }
        let mut entries = Vec::new();
        for exchange in exchanges {
            let url = self.project.lock().await.servers.url(&exchange.service);
            let origin = url.unwrap_or_else(|| format!("http://{}.localhost", exchange.service));
            entries.push(entry(&exchange, origin, &mut redactor));
        }
        let har = write_har(&entries, env!("CARGO_PKG_VERSION"));
        self.save_for_others("traffic", "har", har.as_bytes(), &project.root)
    }

    /// Recordings have no credentials in them.
    pub(super) async fn export_inbox(&self, _: Nothing) -> Result<Exported, ApiError> {
        let Text { text } = self.inbox_har(Nothing {}).await?;
        let root = self.loaded().await.root.clone();
        self.save_for_others("inbox", "har", text.as_bytes(), &root)
    }

    pub(super) async fn export_run(&self, request: ExportRun) -> Result<Exported, ApiError> {
        let run = self.runs.done().ok_or_else(|| {
            ApiError::new(Code::NothingToDo, "there is no run that came to its end").with_hint("run it first")
        })?;
        let root = self.loaded().await.root.clone();
        self.save_for_others("verify", request.format.ending(), request.format.write(&run).as_bytes(), &root)
    }

    /// Writes a file with a name of its own: nothing that is there is written over.
    fn save_for_others(&self, what: &str, ending: &str, bytes: &[u8], root: &Path) -> Result<Exported, ApiError> {
        let folder = downloads().unwrap_or_else(|| root.join(crate::local::FOLDER));
        let project = root.file_name().map_or_else(|| "project".to_owned(), |name| name.to_string_lossy().into_owned());
        let stem = format!("{project}-{what}-{}", clock::now().date());
        for number in 1.. {
            let name = if number == 1 { format!("{stem}.{ending}") } else { format!("{stem}-{number}.{ending}") };
            let path = folder.join(name);
            let failed = |error| ApiError::of_file(&path, "write", &error);
            match File::options().create_new(true).write(true).open(&path) {
                Ok(mut file) => {
                    file.write_all(bytes).map_err(failed)?;
                    return Ok(Exported { file: path.to_string_lossy().into_owned() });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        unreachable!("numbers do not end")
    }
}

/// The folder for what is downloaded: what the desktop calls so (freedesktop.org, `user-dirs.dirs`), or `Downloads`.
fn downloads() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("HOME").or_else(|| variable("USERPROFILE"))?;
    let config = variable("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
    let said = std::fs::read_to_string(config.join("user-dirs.dirs")).unwrap_or_default();
    let said = said.lines().find_map(|line| line.trim().strip_prefix("XDG_DOWNLOAD_DIR="));
    let said = said.map(|folder| folder.trim_matches('"').replace("$HOME", &home.to_string_lossy()));
    let folders = said.map(PathBuf::from).into_iter().chain([home.join("Downloads")]);
    folders.into_iter().find(|folder| folder.is_dir())
}

fn entry(exchange: &Exchange, origin: String, redactor: &mut Redactor) -> HarEntry {
    let Decoded { request, response, request_left_out, is_answer_there } = exchange.decoded();
    let (request, response, redactions) = redactor.exchange(request, response);
    let who = format!("{}: answered by {} {}", exchange.service, exchange.answered, exchange.by);
    HarEntry {
        ended: Moment { unix_millis: exchange.time },
        micros: u64::try_from(exchange.took.as_micros()).unwrap_or(u64::MAX),
        origin,
        request,
        status: response.status,
        headers: response.headers,
        body: is_answer_there.then_some(response.body),
        comment: [who.trim_end()].into_iter().chain(request_left_out.as_deref()).collect::<Vec<_>>().join("; "),
        messages: Vec::new(),
        service: exchange.service.clone(),
        backend: String::new(),
        cut: request_left_out.or_else(|| (!is_answer_there).then(|| "its response was not kept".to_owned())),
        redactions,
    }
}
