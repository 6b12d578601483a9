//! The journal: the traffic of a project, so that it is there again when the app is. Without secrets, and only as fast as it costs
//! next to nothing: what comes faster is listed, and not kept.

use super::traffic::{ANSWERED, Exchange};
use crate::error::ApiError;
use crate::hidden::Hidden;
use crate::local;
use crate::recordings::{Recording, decode, store_error};
use bytes::Bytes;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use understudy_exchange::Response;
use understudy_exchange::redact::Redactor;
use understudy_import::Recorded;
use understudy_store::{Limits, Log};

/// The folder of the journal in that of the project's local state.
const JOURNAL: &str = "journal";
const LIMITS: Limits = Limits {
    bytes_max: 64 << 20,
    generation_bytes_max: 8 << 20,
    age_max: Duration::from_secs(7 * 24 * 3_600),
    generations_max: 6,
};
/// How many of the exchanges that are listed together are kept.
const BATCH_MAX: usize = 500;
/// How many batches wait to be kept.
const BATCHES_WAITING_MAX: usize = 32;
/// How many bytes wait with them.
const WAITING_BYTES_MAX: usize = 32 << 20;
/// Larger bodies are not kept.
const BODY_BYTES_MAX: usize = 256 << 10;
/// How many exchanges are read again, the last ones, and how many bytes with them.
const READ_MAX: usize = 2_000;
const READ_BYTES_MAX: usize = 16 << 20;

/// Keeps exchanges. Once it is gone, those that wait are written and the store is closed.
#[derive(Debug)]
pub(super) struct Journal {
    work: Option<SyncSender<Batch>>,
    writer: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

/// Exchanges that are kept together.
#[derive(Debug)]
struct Batch {
    exchanges: Vec<Arc<Exchange>>,
    bytes: usize,
    /// How often everything had been forgotten when they came.
    forgotten: u64,
}

/// What both sides know. What is wanted of the writer stands beside the queue, which may be full.
#[derive(Debug, Default)]
struct Shared {
    left_out: AtomicU64,
    waiting_bytes: AtomicUsize,
    /// How often everything was to be forgotten.
    forgotten: AtomicU64,
    /// What is taken out from now on, where that has changed.
    hidden: Mutex<Option<Hidden>>,
    problem: Mutex<Option<String>>,
}

/// What stands before a recording in the journal.
#[derive(Serialize, Deserialize)]
struct Head<'h> {
    answered: Cow<'h, str>,
    by: Cow<'h, str>,
    /// Whether the answer's body is there.
    body: bool,
}

impl Journal {
    /// Opens the journal of a project, and gives the last exchanges in it, the oldest first.
    pub(super) fn open(root: &Path, hidden: &Hidden) -> (Self, Vec<Exchange>) {
        let shared = Arc::new(Shared::default());
        // Where it cannot be opened, that is tried again, and told, once there is something to keep.
        let (log, exchanges) = read(root).unwrap_or_default();
        let (work, arriving) = sync_channel(BATCHES_WAITING_MAX);
        let redactor = hidden.redactor();
        let writing = Writing { root: root.to_path_buf(), log, redactor, forgotten: 0, shared: Arc::clone(&shared) };
        let writer = std::thread::Builder::new().name("journal".to_owned()).spawn(move || writing.work(&arriving));
        if let Err(error) = &writer {
            shared.problem(&format!("the system gives no thread: {error}"));
        }
        (Self { work: Some(work), writer: writer.ok(), shared }, exchanges)
    }

    /// Keeps exchanges, as far as there is time and room for it.
    pub(super) fn keep(&self, exchanges: &[Arc<Exchange>]) {
        let some = &exchanges[..exchanges.len().min(BATCH_MAX)];
        let bytes = some.iter().map(|exchange| exchange.kept_bytes()).sum();
        let kept = if self.send(some.to_vec(), bytes) { some.len() } else { 0 };
        self.shared.left_out.fetch_add((exchanges.len() - kept) as u64, Ordering::Relaxed);
    }

    /// Takes out what a project names now.
    pub(super) fn hide(&self, hidden: Hidden) {
        *self.shared.hidden() = Some(hidden);
    }

    /// Forgets all that was kept.
    pub(super) fn forget(&self) {
        self.shared.left_out.store(0, Ordering::Relaxed);
        self.shared.forgotten.fetch_add(1, Ordering::Relaxed);
        // So that the writer looks; where it has something to do, it does.
        self.send(Vec::new(), 0);
    }

    /// Says whether there was room.
    fn send(&self, exchanges: Vec<Arc<Exchange>>, bytes: usize) -> bool {
        let Some(work) = &self.work else { return false };
        let waiting = self.shared.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let batch = Batch { exchanges, bytes, forgotten: self.shared.forgotten.load(Ordering::Relaxed) };
        let is_sent = waiting + bytes <= WAITING_BYTES_MAX && work.try_send(batch).is_ok();
        if !is_sent {
            self.shared.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        is_sent
    }

    /// How many exchanges were listed and not kept.
    pub(super) fn left_out(&self) -> u64 {
        self.shared.left_out.load(Ordering::Relaxed)
    }

    /// Why nothing is kept, if so.
    pub(super) fn problem(&self) -> Option<String> {
        self.shared.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.work = None;
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has said so itself.
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn hidden(&self) -> MutexGuard<'_, Option<Hidden>> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn problem(&self, why: &dyn std::fmt::Display) {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| why.to_string());
    }
}

/// What is done in a thread of its own.
struct Writing {
    root: PathBuf,
    /// Opened once there is something to keep.
    log: Option<Log>,
    redactor: Redactor,
    forgotten: u64,
    shared: Arc<Shared>,
}

impl Writing {
    fn work(mut self, arriving: &Receiver<Batch>) {
        while let Ok(batch) = arriving.recv() {
            let done = self.forget_if_asked().and_then(|()| self.keep(&batch));
            self.shared.waiting_bytes.fetch_sub(batch.bytes, Ordering::Relaxed);
            if let Err(error) = done {
                self.shared.problem(&error);
                return;
            }
        }
        // What was asked for last.
        if let Err(error) = self.forget_if_asked() {
            self.shared.problem(&error);
        }
    }

    fn forget_if_asked(&mut self) -> Result<(), ApiError> {
        let forgotten = self.shared.forgotten.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.forgotten, forgotten) == forgotten {
            return Ok(());
        }
        let Some(log) = &self.log else { return Ok(()) };
        let numbers = log.numbers().map_err(|error| store_error(&error))?;
        log.remove(&numbers).map_err(|error| store_error(&error))
    }

    fn keep(&mut self, batch: &Batch) -> Result<(), ApiError> {
        if let Some(hidden) = self.shared.hidden().take() {
            self.redactor.rename(hidden.names());
        }
        // What came before everything was forgotten is forgotten too.
        if batch.exchanges.is_empty() || batch.forgotten < self.forgotten {
            return Ok(());
        }
        let exchanges = batch.exchanges.iter();
        let records: Vec<Vec<u8>> = exchanges.map(|exchange| record(exchange, &mut self.redactor)).collect();
        let log = match &self.log {
            Some(log) => log,
            None => self.log.insert(open(&self.root)?),
        };
        log.append(&records).map(drop).map_err(|error| store_error(&error))
    }
}

fn open(root: &Path) -> Result<Log, ApiError> {
    let folder = local::folder(root).map_err(|error| ApiError::of_file(&root.join(local::FOLDER), "make", &error))?;
    // What is damaged is put aside; it was traffic.
    Log::open(&folder.join(JOURNAL), LIMITS).map(|(log, _)| log).map_err(|error| store_error(&error))
}

/// The last exchanges, the oldest first, where there are any.
fn read(root: &Path) -> Result<(Option<Log>, Vec<Exchange>), ApiError> {
    if !root.join(local::FOLDER).join(JOURNAL).is_dir() {
        return Ok((None, Vec::new()));
    }
    let log = open(root)?;
    let numbers = log.numbers().map_err(|error| store_error(&error))?;
    let (mut exchanges, mut bytes_read) = (Vec::new(), 0);
    for number in numbers.into_iter().rev().take(READ_MAX) {
        let bytes = log.get(number).map_err(|error| store_error(&error))?.unwrap_or_default();
        bytes_read += bytes.len();
        if bytes_read > READ_BYTES_MAX {
            break;
        }
        exchanges.extend(exchange(&bytes));
    }
    exchanges.reverse();
    Ok((Some(log), exchanges))
}

/// What is said of who answered, and whether the answer is worth keeping. Words about what does not match hold pieces of the
/// request, cut and quoted, in which no secret can be found any more: they are not kept, in the answer neither.
fn known_of(exchange: &Exchange) -> (&str, bool) {
    match exchange.answered {
        "nobody" => ("", false),
        "description" => match exchange.by.split_once(": ") {
            Some((operation, _)) => (operation, false),
            None => (&exchange.by, true),
        },
        _ => (&exchange.by, true),
    }
}

/// Takes a body's content coding away, and the body where it is too large, or in a coding in which nobody can look for secrets;
/// says whether it is there.
fn fit(headers: &mut HeaderMap, body: &mut Bytes) -> bool {
    let fits = body.len() <= BODY_BYTES_MAX && decode(headers, body).is_ok() && body.len() <= BODY_BYTES_MAX;
    if !fits {
        body.clear();
    }
    fits
}

/// As it is stored: the length of the head, the head as JSON, and the rest as recordings are.
fn record(exchange: &Exchange, redactor: &mut Redactor) -> Vec<u8> {
    let (by, is_worth_it) = known_of(exchange);
    let (mut request, mut response) = (exchange.request.clone(), exchange.response());
    fit(&mut request.headers, &mut request.body);
    if !is_worth_it {
        response.body.clear();
    }
    let body = fit(&mut response.headers, &mut response.body) && is_worth_it && exchange.body.is_some();
    let (request, response, _) = redactor.exchange(request, response);
    let by = redactor.message(by.as_bytes(), false, "", &mut Vec::new());
    let head = Head { answered: exchange.answered.into(), by: String::from_utf8_lossy(&by), body };
    let head = serde_json::to_vec(&head).expect("a head is JSON");
    let recording = Recording {
        service: exchange.service.clone(),
        unix_millis: exchange.time,
        micros: u64::try_from(exchange.took.as_micros()).unwrap_or(u64::MAX),
        exchange: Recorded { request, response, redactions: Vec::new() },
        messages: Vec::new(),
        cut: None,
        backend: String::new(),
    };
    let length = u32::try_from(head.len()).expect("a head has less than 4 GiB");
    [&length.to_le_bytes(), head.as_slice(), &recording.to_bytes()].concat()
}

/// What was stored; `None` where it is nothing of ours.
fn exchange(bytes: &[u8]) -> Option<Exchange> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (head, recording) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let head: Head<'_> = serde_json::from_slice(head).ok()?;
    let Recording { service, unix_millis, micros, exchange, .. } = Recording::from_bytes(recording)?;
    let Recorded { request, response: Response { status, headers, body }, .. } = exchange;
    Some(Exchange {
        id: 0,
        service,
        time: unix_millis,
        request,
        status,
        headers,
        body: head.body.then_some(body),
        answered: ANSWERED.into_iter().find(|known| *known == head.answered)?,
        by: head.by.into_owned(),
        took: Duration::from_micros(micros),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, Method, StatusCode, header};
    use understudy_exchange::Request;
    use understudy_fixture::model::Redact;

    struct Project(PathBuf);

    impl Project {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("understudy-journal-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&root).expect("a folder can be made");
            Self(root)
        }

        fn open(&self) -> (Journal, Vec<Exchange>) {
            Journal::open(&self.0, &Hidden::default())
        }
    }

    impl Drop for Project {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn made(number: usize) -> Arc<Exchange> {
        let request = Request {
            method: Method::POST,
            target: format!("/items/{number}?token=planted-query").parse().expect("a target"),
            headers: HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static("Bearer planted-header"))]),
            body: Bytes::from_static(b"{\"password\":\"planted-member\"}"),
        };
        Arc::new(Exchange {
            id: 7,
            service: "shop".to_owned(),
            time: 1_700_000_000_000,
            request,
            status: StatusCode::CREATED,
            headers: HeaderMap::from_iter([(header::ETAG, HeaderValue::from_static("\"1\""))]),
            body: (!number.is_multiple_of(2)).then(|| Bytes::from(format!("{{\"id\":{number}}}"))),
            answered: "fixture",
            by: "items/create".to_owned(),
            took: Duration::from_micros(12),
        })
    }

    fn targets(exchanges: &[Exchange]) -> Vec<String> {
        exchanges.iter().map(|exchange| exchange.request.path().to_owned()).collect()
    }

    #[test]
    fn what_was_kept_is_there_again_without_secrets_until_it_is_forgotten() {
        let project = Project::new("again");
        let (journal, before) = project.open();
        assert!(
            before.is_empty() && !project.0.join(".understudy").exists(),
            "nothing is made before there is traffic"
        );
        journal.keep(&[made(1), made(2)]);
        journal.keep(&[made(3)]);
        drop(journal);
        let (journal, exchanges) = project.open();
        assert_eq!(targets(&exchanges), ["/items/1", "/items/2", "/items/3"]);
        let first = &exchanges[0];
        let of = made(1);
        assert_eq!((first.status, first.answered, first.took, first.time), (of.status, of.answered, of.took, of.time));
        assert_eq!((&*first.service, &first.body, &exchanges[1].body), ("shop", &of.body, &None));
        assert_eq!(first.headers, of.headers);
        let shown = format!("{exchanges:?}");
        assert!(!shown.contains("planted") && shown.contains("password-1"), "{shown}");
        let folder = project.0.join(".understudy").join(JOURNAL);
        let files = std::fs::read_dir(&folder).expect("a journal").flatten().map(|entry| entry.path().join("db"));
        let stored: Vec<u8> = files.filter_map(|file| std::fs::read(file).ok()).flatten().collect();
        let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("/items/2") && !holds("planted"));

        journal.forget();
        journal.keep(&[made(4)]);
        drop(journal);
        assert_eq!(targets(&project.open().1), ["/items/4"]);
    }

    #[test]
    fn words_about_what_does_not_match_are_not_kept() {
        let project = Project::new("words");
        let (journal, _) = project.open();
        let of = |answered, by: &str| {
            let body = Some(Bytes::from_static(b"{\"received\":\"hunter2\"}"));
            Arc::new(Exchange { answered, by: by.to_owned(), body, ..(*made(1)).clone() })
        };
        let wrong = "body $.pin: expected 4321, received 9876";
        journal.keep(&[of("nobody", wrong), of("description", &format!("login: {wrong}")), of("description", "login")]);
        drop(journal);
        let (_journal, exchanges) = project.open();
        let known: Vec<_> = exchanges.iter().map(|exchange| (&*exchange.by, exchange.body.is_some())).collect();
        assert_eq!(known, [("", false), ("login", false), ("login", true)]);
    }

    #[test]
    fn what_the_project_names_is_taken_out_from_then_on() {
        let project = Project::new("names");
        let (journal, _) = project.open();
        let of = |number| {
            let mut exchange = (*made(number)).clone();
            exchange.headers.insert("x-seat", HeaderValue::from_static("row-seventeen"));
            Arc::new(exchange)
        };
        journal.keep(&[of(1)]);
        drop(journal);
        let (journal, _) = project.open();
        journal.hide(Hidden::new(&Redact { headers: vec!["x-seat".to_owned()], json: Vec::new(), keep: Vec::new() }));
        journal.keep(&[of(2)]);
        drop(journal);
        let (_journal, exchanges) = project.open();
        let seat = |at: usize| String::from_utf8_lossy(exchanges[at].headers["x-seat"].as_bytes()).into_owned();
        assert_eq!((seat(0), seat(1)), ("row-seventeen".to_owned(), "redacted-secret-1".to_owned()));
    }

    #[test]
    fn what_comes_too_fast_or_is_too_large_is_not_kept_and_counted() {
        let project = Project::new("fast");
        let (journal, _) = project.open();
        let many: Vec<Arc<Exchange>> = (0..BATCH_MAX + 5).map(made).collect();
        journal.keep(&many[..BATCH_MAX]);
        assert_eq!(journal.left_out(), 0);
        journal.keep(&many);
        assert_eq!(journal.left_out(), 5);
        let sized = |bytes: usize| Arc::new(Exchange { body: Some(vec![b'x'; bytes].into()), ..(*made(1)).clone() });
        let mut zipped = (*made(1)).clone();
        zipped.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        zipped.body = Some(understudy_net::coding::Coding::Gzip.encode(&vec![b'x'; BODY_BYTES_MAX + 1]));
        journal.keep(&[sized(BODY_BYTES_MAX), sized(BODY_BYTES_MAX + 1), Arc::new(zipped)]);
        journal.keep(&[sized(WAITING_BYTES_MAX)]);
        assert_eq!(journal.left_out(), 6, "there is no room for the last one");
        drop(journal);
        let (_journal, exchanges) = project.open();
        assert_eq!(exchanges.len(), 2 * BATCH_MAX + 3);
        let kept: Vec<Option<usize>> =
            exchanges[2 * BATCH_MAX..].iter().map(|exchange| exchange.body.as_ref().map(Bytes::len)).collect();
        assert_eq!(kept, [Some(BODY_BYTES_MAX), None, None]);
    }

    #[test]
    fn where_nothing_can_be_kept_that_is_said_and_no_more() {
        let project = Project::new("cannot");
        std::fs::write(project.0.join(".understudy"), "a file, and no folder").expect("it can be written");
        let (journal, exchanges) = project.open();
        assert!(exchanges.is_empty() && journal.problem().is_none());
        journal.keep(&[made(1)]);
        let Some(writer) = journal.writer.as_ref() else { panic!("there is a writer") };
        while !writer.is_finished() {
            std::thread::yield_now();
        }
        assert!(journal.problem().is_some_and(|why| why.contains("failed to make")), "{:?}", journal.problem());
        journal.keep(&[made(2)]);
        assert_eq!(journal.left_out(), 1);
    }
}
