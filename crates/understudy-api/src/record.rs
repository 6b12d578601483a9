//! Recording a backend's traffic: passed on as it comes, and stored without secrets once it has passed.

use crate::error::{ApiError, Code};
use crate::hidden::Hidden;
use crate::project::open_project;
use crate::recordings::{self, Recording};
use crate::resolve;
use crate::servers::port_error;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use understudy_exchange::redact::Redactor;
use understudy_exchange::{Request, Response};
use understudy_import::Recorded;
use understudy_net::{BODY_BYTES_MAX, BodyCopy, Host, Listener, Stop, coding};
use understudy_serve::{Forwarding, Passed, Recorder};
use understudy_store::Log;

/// How many exchanges wait to be stored, and how many bytes with them; more are counted and dropped.
const WAITING_MAX: usize = 4_096;
const WAITING_BYTES_MAX: usize = 256 << 20;

/// What to record.
#[derive(Debug, Clone)]
pub struct RecordRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// The service.
    pub service: Option<String>,
    /// The backend, by name or address; the service's own where it is not said.
    pub backend: Option<String>,
    /// The port; the service's own where it is not said.
    pub port: Option<u16>,
}

/// Is told of every exchange as it is stored: a line for people.
pub type RecordProgress = Arc<dyn Fn(&str) + Send + Sync>;

/// A backend that is recorded.
#[derive(Debug)]
pub struct RecordingServer {
    /// Where the recorder is.
    pub url: String,
    /// The backend, and no other, that it asks.
    pub backend: String,
    /// Recordings that were damaged, and where they were put.
    pub damaged: Vec<PathBuf>,
    stop: Stop,
    serving: tokio::task::JoinHandle<()>,
    desk: Arc<Desk>,
    writing: JoinHandle<Log>,
}

/// What came of recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedSummary {
    /// How many exchanges are in the inbox, and durable.
    pub stored: u64,
    /// How many came faster than they could be stored, or after the disk had failed.
    pub dropped: u64,
    /// How many requests the backend did not answer.
    pub failed: u64,
    /// Why storing ended, where it did.
    pub problem: Option<String>,
}

/// Starts recording.
///
/// # Errors
/// No project, names that it does not have, a port that cannot be had, recordings that another program has open.
pub async fn record(request: &RecordRequest, progress: RecordProgress) -> Result<RecordingServer, ApiError> {
    let project = open_project(&request.project)?;
    let service = &project.chosen(request.service.as_deref())?.service;
    let backend = resolve::backend(service, request.backend.as_deref(), &|name| std::env::var(name).ok())?;
    let backend = backend.ok_or_else(|| {
        ApiError::new(Code::UnknownName, format!("{} has no backend to record", service.name))
            .with_hint("say where it is: --backend http://127.0.0.1:8080")
    })?;
    let port = request.port.unwrap_or(service.port);
    let listener = Listener::bind(Host::Loopbacks, port).await.map_err(|error| port_error(&service.name, &error))?;
    let (log, damaged) = recordings::open(&project.root)?;
    let (sender, receiver) = sync_channel(WAITING_MAX);
    let desk = Arc::new(Desk::new(service.name.clone(), sender, progress));
    let redactor = Hidden::new(&project.settings.redact).redactor();
    let writing = {
        let desk = Arc::clone(&desk);
        let thread = std::thread::Builder::new().name("recorder".to_owned());
        thread
            .spawn(move || write(&receiver, log, redactor, &desk))
            .map_err(|error| ApiError::new(Code::Disk, format!("the system gives no thread: {error}")))?
    };
    let url = format!("http://localhost:{}{}", listener.port(), service.base);
    let shown = backend.address.to_string();
    let forwarding = Forwarding { address: backend.address, headers: backend.headers };
    let recorder = Arc::new(Recorder::new(&service.name, forwarding, Arc::clone(&desk) as _));
    let stop = Stop::default();
    let serving = tokio::spawn(understudy_net::serve(listener, recorder, &stop));
    Ok(RecordingServer { url, backend: shown, damaged, stop, serving, desk, writing })
}

impl RecordingServer {
    /// Records until `end`, lets open requests end, and stores what is left.
    pub async fn until(self, end: impl Future<Output = ()>) -> RecordedSummary {
        end.await;
        self.stop.stop();
        // A server that panicked has said so itself.
        let _ = self.serving.await;
        let Self { desk, writing, .. } = self;
        desk.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        let closed = tokio::task::spawn_blocking(move || {
            let Ok(log) = writing.join() else { return Some("storing failed: this is a bug".to_owned()) };
            let last = log.numbers().ok().and_then(|numbers| numbers.last().copied()).unwrap_or(0);
            let is_durable = log.wait(last, Duration::from_secs(30));
            log.failed().or_else(|| (!is_durable).then(|| "the disk did not answer in time".to_owned()))
        });
        let problem = closed.await.unwrap_or_else(|error| Some(error.to_string()));
        RecordedSummary {
            stored: desk.stored.load(Ordering::Relaxed),
            dropped: desk.dropped.load(Ordering::Relaxed),
            failed: desk.failed.load(Ordering::Relaxed),
            problem,
        }
    }
}

/// Takes exchanges where they pass, and hands them on to be stored.
struct Desk {
    service: String,
    sender: Mutex<Option<SyncSender<Passed>>>,
    waiting_bytes: AtomicUsize,
    stored: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    progress: RecordProgress,
}

impl Desk {
    fn new(service: String, sender: SyncSender<Passed>, progress: RecordProgress) -> Self {
        Self {
            service,
            sender: Mutex::new(Some(sender)),
            waiting_bytes: AtomicUsize::new(0),
            stored: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            progress,
        }
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("service", &self.service).finish_non_exhaustive()
    }
}

fn bytes_of(passed: &Passed) -> usize {
    passed.request_body.bytes.len() + passed.response_body.bytes.len()
}

impl understudy_serve::Recording for Desk {
    fn passed(&self, passed: Passed) {
        let bytes = bytes_of(&passed);
        let has_room = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= WAITING_BYTES_MAX;
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_taken = has_room && sender.is_some_and(|sender| sender.try_send(passed).is_ok());
        if !is_taken {
            self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn failed(&self, method: &http::Method, target: &str, why: &str) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        let path = target.split('?').next().unwrap_or(target);
        (self.progress)(&format!("{method} {path}: {why}"));
    }
}

/// Stores what comes, until nobody can send any more. Serving goes on where the disk does not.
fn write(arriving: &Receiver<Passed>, log: Log, mut redactor: Redactor, desk: &Desk) -> Log {
    let mut is_broken = false;
    for passed in arriving {
        let bytes = bytes_of(&passed);
        let recording = recording(passed, &mut redactor);
        // What is told is what is stored: a path may hold a secret.
        let Recorded { request, response } = &recording.exchange;
        let path = understudy_exchange::target::percent_decode(request.path());
        let line = format!("{} {path} {}", request.method, response.status.as_u16());
        let note = recording.cut.as_ref().map(|why| format!("  {why}")).unwrap_or_default();
        match log.append(&recording.to_bytes()) {
            Ok(_) => {
                desk.stored.fetch_add(1, Ordering::Relaxed);
                (desk.progress)(&format!("{line}{note}"));
            }
            Err(error) => {
                desk.dropped.fetch_add(1, Ordering::Relaxed);
                if !std::mem::replace(&mut is_broken, true) {
                    (desk.progress)(&format!("nothing more is recorded: {error}; requests are passed on all the same"));
                }
            }
        }
        desk.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
    log
}

fn recording(passed: Passed, redactor: &mut Redactor) -> Recording {
    let mut cut = passed.why_not_whole();
    let mut kept = |copy: BodyCopy, headers: HeaderMap| {
        // Nobody can look through a piece of a body for secrets, or through a coding that is not known.
        let body = if copy.is_whole() { copy.bytes } else { Bytes::new() };
        match decoded(body, headers) {
            Ok(decoded) => decoded,
            Err((headers, why)) => {
                cut.get_or_insert(why);
                (Bytes::new(), headers)
            }
        }
    };
    let (request_body, request_headers) = kept(passed.request_body, passed.request_headers);
    let (response_body, response_headers) = kept(passed.response_body, passed.response_headers);
    let request =
        Request { method: passed.method, target: passed.target, headers: request_headers, body: request_body };
    let response = Response { status: passed.status, headers: response_headers, body: response_body };
    let (request, response, removed) = redactor.exchange(&request, &response);
    Recording {
        service: passed.service,
        unix_millis: passed.unix_millis,
        micros: u64::try_from(passed.took.as_micros()).unwrap_or(u64::MAX),
        exchange: Recorded { request, response },
        removed: removed.into_iter().map(|removed| (removed.place, removed.placeholder)).collect(),
        cut,
    }
}

/// A body without its content coding, and the header fields without the word of it.
fn decoded(body: Bytes, mut headers: HeaderMap) -> Result<(Bytes, HeaderMap), (HeaderMap, String)> {
    let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    let Some(encoding) = encoding.filter(|_| !body.is_empty()) else { return Ok((body, headers)) };
    match coding::decode(&encoding, body, BODY_BYTES_MAX) {
        Ok(body) => {
            headers.remove(CONTENT_ENCODING);
            Ok((body, headers))
        }
        Err(error) => Err((headers, format!("a body in the coding `{encoding}` is not kept: {error}"))),
    }
}
