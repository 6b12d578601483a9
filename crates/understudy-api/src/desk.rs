//! Where exchanges that pass recorders go: without secrets, onto the disk, in a thread of its own, so that no request waits
//! for either. What is sure to have no secret of its own is written where it passes, as it will be stored: that is nearly
//! everything, and it is quicker to do so than to carry an exchange from one thread to another.

use crate::error::{ApiError, Code};
use crate::hidden::Hidden;
use crate::project::Project;
use crate::recordings::{self, Recording, Stored, decode};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::{self, Display};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use understudy_exchange::redact::{QuickLook, Redaction, Redactor};
use understudy_import::Recorded;
use understudy_net::{Message, MessageContent};
use understudy_serve::Passed;
use understudy_store::Log;

/// How many exchanges wait to be stored, and how many bytes with them; more are counted and dropped.
const WAITING_MAX: usize = 4_096;
const WAITING_BYTES_MAX: usize = 256 << 20;
/// How long exchanges are gathered before they are stored: waking somebody up for each costs more than storing it.
const GATHERING: Duration = Duration::from_millis(5);
/// How many bytes are put into the recordings at once.
const BATCH_BYTES: usize = 64 << 10;
/// How large the bodies of an exchange may be that is looked through where it passes: others would hold up requests.
const LOOKED_BYTES_MAX: usize = 64 << 10;
/// How much memory is kept for what comes next, here and there: more than that is seldom needed.
const ROOM_BYTES_MAX: usize = 1 << 20;
/// How long the disk may take for what was stored last.
const DURABLE_TIMEOUT: Duration = Duration::from_secs(30);

/// What is told while something is recorded.
#[derive(Clone, Copy)]
pub enum RecordNews<'n> {
    /// An exchange was stored.
    Stored(&'n dyn Display),
    /// The backend did not answer a request.
    Failed(&'n str),
    /// A request must not reach the backend.
    Refused(&'n str),
    /// Nothing more is stored.
    Broken(&'n str),
}

impl Display for RecordNews<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored(line) => line.fmt(f),
            Self::Failed(line) | Self::Refused(line) | Self::Broken(line) => f.write_str(line),
        }
    }
}

impl fmt::Debug for RecordNews<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

/// Is told what is recorded, in lines for people.
pub type RecordProgress = Arc<dyn Fn(RecordNews<'_>) + Send + Sync>;

/// What came of recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedSummary {
    /// How many exchanges are in the inbox.
    pub stored: u64,
    /// How many of these may not be on the disk yet.
    pub waiting: u64,
    /// How many came faster than they could be stored, or after the disk had failed.
    pub dropped: u64,
    /// How many requests the backend did not answer.
    pub failed: u64,
    /// Why storing ended, where it did.
    pub problem: Option<String>,
}

/// Takes exchanges where they pass. Once it is gone, what waits is stored and the recordings are closed.
pub(crate) struct Desk {
    writers: Writers,
    tally: Arc<Tally>,
}

/// The threads that store, those of desks that are gone included: a program that ends waits for them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Writers(Arc<Mutex<Vec<JoinHandle<()>>>>);

impl Writers {
    fn add(&self, writer: JoinHandle<()>) {
        let mut writers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writers.retain(|writer| !writer.is_finished());
        writers.push(writer);
    }

    /// Waits until all of them have stored what they have; says whether they could.
    pub(crate) fn join(&self) -> bool {
        let writers = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // All of them, whatever becomes of the first.
        let failed = writers.into_iter().filter_map(|writer| writer.join().err());
        failed.count() == 0
    }
}

/// An exchange that waits to be stored.
enum Arrived {
    /// It stands [written](Together::written), with so many bytes. It has no secret but those that are known from others, as the
    /// look of this turn found.
    Quiet { bytes: usize, turn: u64 },
    /// An exchange of this service.
    Loud(String, Box<Passed>),
}

impl Arrived {
    fn bytes(&self) -> usize {
        match self {
            Self::Quiet { bytes, .. } => *bytes,
            Self::Loud(_, passed) => bytes_of(passed),
        }
    }
}

/// Exchanges, in the order in which they came.
#[derive(Default)]
struct Together {
    exchanges: Vec<Arrived>,
    /// Those that are quiet as they are stored, one after the other: quicker than a piece of memory for each, which another
    /// thread gives back.
    written: Vec<u8>,
}

impl Together {
    /// Only its memory.
    fn emptied(mut self) -> Self {
        self.exchanges.clear();
        self.written.clear();
        self.written.shrink_to(ROOM_BYTES_MAX);
        self
    }
}

/// Exchanges that wait to be stored.
#[derive(Default)]
struct Waiting {
    together: Together,
    /// What is taken out from now on, where that has changed.
    hidden: Option<Hidden>,
    /// Of those that wait, and of those that are being stored.
    bytes: usize,
    /// Whether whoever stores them sleeps until there are some.
    is_idle: bool,
    is_closed: bool,
}

/// How exchanges are looked at where they pass, until something else is hidden.
struct Look {
    look: QuickLook,
    /// Another number for each.
    turn: u64,
}

/// What is known of the exchanges that came.
struct Tally {
    log: Arc<Log>,
    look: ArcSwap<Look>,
    waiting: Mutex<Waiting>,
    came: Condvar,
    stored: AtomicU64,
    /// The number of the last one.
    last: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    progress: RecordProgress,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("summary", &self.summary()).finish_non_exhaustive()
    }
}

impl Desk {
    /// Opens a project's recordings to add to them; with the folders of those that were damaged and put aside.
    ///
    /// # Errors
    /// Recordings that another program has open, or that cannot be read.
    pub(crate) fn open(
        project: &Project,
        progress: RecordProgress,
        writers: &Writers,
    ) -> Result<(Arc<Self>, Vec<PathBuf>), ApiError> {
        let (log, damaged) = recordings::open(&project.root)?;
        let hidden = Hidden::new(&project.settings.redact);
        let tally = Arc::new(Tally {
            log: Arc::new(log),
            look: ArcSwap::from_pointee(Look { look: QuickLook::new(hidden.names()), turn: 0 }),
            waiting: Mutex::default(),
            came: Condvar::new(),
            stored: AtomicU64::new(0),
            last: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            progress,
        });
        let writing = {
            let redactor = hidden.redactor();
            let tally = Arc::clone(&tally);
            let thread = std::thread::Builder::new().name("recorder".to_owned());
            thread
                .spawn(move || tally.store(redactor))
                .map_err(|error| ApiError::new(Code::Disk, format!("the system gives no thread: {error}")))?
        };
        writers.add(writing);
        let desk = Self { writers: writers.clone(), tally };
        Ok((Arc::new(desk), damaged))
    }

    /// The recordings, for whoever wants to look at them meanwhile.
    pub(crate) fn log(&self) -> Arc<Log> {
        Arc::clone(&self.tally.log)
    }

    /// Takes out what the project names now.
    pub(crate) fn hide(&self, project: &Project) {
        let hidden = Hidden::new(&project.settings.redact);
        let look = QuickLook::new(hidden.names());
        let mut waiting = self.tally.waiting();
        waiting.hidden = Some(hidden);
        // After it: whoever finds that a look is an old one knows what is hidden now.
        let turn = self.tally.look.load().turn + 1;
        self.tally.look.store(Arc::new(Look { look, turn }));
    }

    /// What came of it so far.
    pub(crate) fn summary(&self) -> RecordedSummary {
        let Tally { log, stored, last, dropped, failed, .. } = &*self.tally;
        RecordedSummary {
            stored: stored.load(Ordering::Relaxed),
            waiting: last.load(Ordering::Relaxed).saturating_sub(log.durable()),
            dropped: dropped.load(Ordering::Relaxed),
            failed: failed.load(Ordering::Relaxed),
            problem: log.failed(),
        }
    }

    /// Stores what waits, takes nothing more, and says what came of it once it is on the disk.
    pub(crate) fn end(&self) -> RecordedSummary {
        self.tally.close();
        let has_failed = !self.writers.join();
        let is_durable = self.tally.log.wait(self.tally.last.load(Ordering::Relaxed), DURABLE_TIMEOUT);
        let mut summary = self.summary();
        if has_failed {
            summary.problem = Some("storing failed: this is a bug".to_owned());
        } else if !is_durable && summary.problem.is_none() {
            summary.problem = Some("the disk did not answer in time".to_owned());
        }
        summary
    }
}

fn bytes_of(passed: &Passed) -> usize {
    let messages: usize = passed.messages.iter().map(|message| message.content.as_bytes().len()).sum();
    passed.request.body.len() + passed.response.body.len() + messages
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.tally.close();
    }
}

/// Writes an exchange as it is stored, and says whether a look is sure that it has no secret of its own.
fn is_quiet(service: &str, passed: &Passed, look: &QuickLook, written: &mut Vec<u8>) -> bool {
    let Passed { unix_millis, backend, took, request, response, messages, cut } = passed;
    let is_coded = |headers: &HeaderMap, body: &Bytes| !body.is_empty() && headers.contains_key(CONTENT_ENCODING);
    if bytes_of(passed) > LOOKED_BYTES_MAX
        || !messages.is_empty()
        || is_coded(&request.headers, &request.body)
        || is_coded(&response.headers, &response.body)
    {
        return false;
    }
    if !look.is_quiet(request, response) {
        return false;
    }
    let (unix_millis, took, cut) = (*unix_millis, *took, cut.as_deref());
    Stored { service, unix_millis, took, request, response, messages, redactions: &[], cut, backend }.write_to(written);
    true
}

impl Desk {
    /// Notes an exchange; one that is quiet is `written`.
    fn arrived(&self, arrived: Arrived, written: &[u8]) {
        let bytes = arrived.bytes();
        let mut waiting = self.tally.waiting();
        let has_room = waiting.together.exchanges.len() < WAITING_MAX && waiting.bytes + bytes <= WAITING_BYTES_MAX;
        if waiting.is_closed || !has_room {
            self.tally.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.bytes += bytes;
        waiting.together.exchanges.push(arrived);
        waiting.together.written.extend_from_slice(written);
        let is_idle = std::mem::take(&mut waiting.is_idle);
        drop(waiting);
        if is_idle {
            self.tally.came.notify_one();
        }
    }
}

impl understudy_serve::Recording for Desk {
    fn passed(&self, service: &str, passed: Passed) {
        thread_local! {
            static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        WRITTEN.with_borrow_mut(|written| {
            let look = self.tally.look.load();
            written.clear();
            if is_quiet(service, &passed, &look.look, written) {
                self.arrived(Arrived::Quiet { bytes: written.len(), turn: look.turn }, written);
            } else {
                self.arrived(Arrived::Loud(service.to_owned(), Box::new(passed)), &[]);
            }
        });
    }

    fn failed(&self, method: &http::Method, target: &str, why: &str) {
        self.tally.failed.fetch_add(1, Ordering::Relaxed);
        let path = self.tally.shown_path(target);
        (self.tally.progress)(RecordNews::Failed(&format!("{method} {path}: {why}")));
    }

    fn refused(&self, method: &http::Method, target: &str, why: &str) {
        let path = self.tally.shown_path(target);
        (self.tally.progress)(RecordNews::Refused(&format!("{method} {path}: {}", why.replace('\n', "; "))));
    }
}

impl Tally {
    /// Returns the path of a target for people. The path may contain a secret: a one-time link, for
    /// example.
    fn shown_path(&self, target: &str) -> String {
        target
            .split('?')
            .next()
            .unwrap_or(target)
            .parse()
            .map_or_else(|_| "/".to_owned(), |path| self.look.load().look.names().shown_target(&path).into_owned())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes nothing more.
    fn close(&self) {
        self.waiting().is_closed = true;
        self.came.notify_one();
    }

    /// What has come since the last time; `None` where nothing can come any more. What comes then gets this `room`.
    fn take(&self, room: Together) -> Option<(Together, Option<Hidden>)> {
        let mut waiting = self.waiting();
        while waiting.together.exchanges.is_empty() {
            if waiting.is_closed {
                return None;
            }
            waiting.is_idle = true;
            waiting = self.came.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        Some((std::mem::replace(&mut waiting.together, room), waiting.hidden.take()))
    }

    /// Stores what comes, until nothing can come any more. Serving goes on where the disk does not.
    fn store(&self, mut redactor: Redactor) {
        let mut is_broken = false;
        let mut room = Together::default();
        while let Some((mut together, hidden)) = self.take(room) {
            if let Some(hidden) = hidden {
                redactor.rename(hidden.names());
            }
            let now = self.look.load().turn;
            let mut batch = Batch::default();
            let mut rest = &*together.written;
            for arrived in together.exchanges.drain(..) {
                batch.bytes += arrived.bytes();
                let record = match arrived {
                    Arrived::Quiet { bytes, turn } => {
                        let (written, after) = rest.split_at(bytes);
                        rest = after;
                        quiet_record(written, turn == now, &mut redactor)
                    }
                    Arrived::Loud(service, passed) => {
                        Some(recording(service, *passed, &mut redactor).to_bytes().into())
                    }
                };
                match record {
                    Some(record) => batch.records.push(record),
                    None => batch.unreadable += 1,
                }
                if batch.bytes >= BATCH_BYTES {
                    self.put(std::mem::take(&mut batch), &mut is_broken);
                }
            }
            self.put(batch, &mut is_broken);
            room = together.emptied();
            std::thread::sleep(GATHERING);
        }
    }

    fn put(&self, batch: Batch<'_>, is_broken: &mut bool) {
        let Batch { records, bytes, unreadable } = batch;
        self.dropped.fetch_add(unreadable, Ordering::Relaxed);
        match self.log.append(&records) {
            Ok(last) => {
                self.stored.fetch_add(records.len() as u64, Ordering::Relaxed);
                self.last.store(last, Ordering::Relaxed);
                records.iter().for_each(|record| (self.progress)(RecordNews::Stored(&Line(record))));
            }
            Err(error) => {
                self.dropped.fetch_add(records.len() as u64, Ordering::Relaxed);
                if !std::mem::replace(is_broken, true) {
                    let line = format!("nothing more is recorded: {error}; requests are passed on all the same");
                    (self.progress)(RecordNews::Broken(&line));
                }
            }
        }
        self.waiting().bytes -= bytes;
    }
}

/// Exchanges that are stored together.
#[derive(Default)]
struct Batch<'w> {
    records: Vec<Cow<'w, [u8]>>,
    /// How many bytes they were counted with while they waited.
    bytes: usize,
    /// How many could not be read again to take something out of them.
    unreadable: u64,
}

/// What is told of an exchange: as it is stored, since a path may hold a secret. It is read only where somebody wants to know.
struct Line<'r>(&'r [u8]);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Recording { exchange, messages, cut, .. }) = Recording::from_bytes(self.0) else { return Ok(()) };
        let Recorded { request, response, .. } = exchange;
        let target = understudy_exchange::target::percent_decode(request.target.as_str());
        write!(f, "{} {target} {}", request.method, response.status.as_u16())?;
        match messages.len() {
            0 => {}
            1 => f.write_str("  1 message")?,
            many => write!(f, "  {many} messages")?,
        }
        cut.iter().try_for_each(|why| write!(f, "  {why}"))
    }
}

/// An exchange that was looked at and written, without secrets; `None` where it cannot be read again. The look may be an old one,
/// which did not know what is hidden now.
fn quiet_record<'w>(written: &'w [u8], is_look_new: bool, redactor: &mut Redactor) -> Option<Cow<'w, [u8]>> {
    if is_look_new && !redactor.may_be_known_in(written) {
        return Some(written.into());
    }
    let Recording { service, unix_millis, micros, exchange, cut, backend, .. } = Recording::from_bytes(written)?;
    let Recorded { request, response, .. } = exchange;
    let took = Duration::from_micros(micros);
    let backend = backend.into();
    let passed = Passed { unix_millis, backend, took, request, response, messages: Vec::new(), cut };
    Some(recording(service, passed, redactor).to_bytes().into())
}

/// Returns an exchange in its stored form: without secrets, and with decoded bodies.
pub(crate) fn recording(service: String, passed: Passed, redactor: &mut Redactor) -> Recording {
    let Passed { unix_millis, backend, took, mut request, mut response, messages, mut cut } = passed;
    for (headers, body) in [(&mut request.headers, &mut request.body), (&mut response.headers, &mut response.body)] {
        if let Err(why) = decode(headers, body) {
            // Nobody can look through a coding that is not known for secrets.
            *body = Bytes::new();
            cut.get_or_insert(why);
        }
    }
    // What is called a secret there may stand in the request that began it.
    for message in &messages {
        redactor.know_message(message.content.as_bytes(), message.is_from_client);
    }
    let (request, response, mut redactions) = redactor.exchange(request, response);
    let messages = without_secrets(messages, redactor, &mut redactions);
    Recording {
        service,
        unix_millis,
        micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        exchange: Recorded { request, response, redactions },
        messages,
        cut,
        backend: backend.to_string(),
    }
}

fn without_secrets(messages: Vec<Message>, redactor: &mut Redactor, redactions: &mut Vec<Redaction>) -> Vec<Message> {
    let mut without = |message: Message| {
        let place = if message.is_from_client { "the client's messages" } else { "the backend's messages" };
        let shown = redactor.message(message.content.as_bytes(), message.is_from_client, place, redactions);
        let content = match message.content {
            MessageContent::Text(_) => MessageContent::Text(String::from_utf8_lossy(&shown).into_owned()),
            MessageContent::Binary(_) => MessageContent::Binary(shown.into()),
        };
        Message { content, ..message }
    };
    let messages = messages.into_iter().map(&mut without).collect();
    redactions.sort();
    redactions.dedup();
    messages
}
