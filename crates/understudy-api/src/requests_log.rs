//! One line for each request. Lines are made where a request is answered, into memory that hardly ever two threads
//! want at once, and written by a thread of their own: writing them where a request is answered costs a tenth of
//! the throughput. What does not fit is counted, and said. Of what was received there is the target, without the values of
//! secret parameters, and nothing else.

use crate::clock;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use understudy_exchange::printable::make_printable;
use understudy_exchange::redact::SecretNames;
use understudy_net::own_place;
use understudy_serve::{Answered, Exchanged, Observer};

/// What lines look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object each.
    Json,
}

/// How much text waits to be written, for each thread that answers requests.
const WAITING_BYTES_MAX: usize = 4 << 20;
/// The longest time that a line waits: short for people, long enough that waking up costs nothing.
const PAUSE: Duration = Duration::from_millis(20);
/// The time between two looks while lines come. Few lines at a time hold up the threads that serve for a shorter time: with
/// 70,000 requests a second on two cores, the 99th percentile was 2.1 ms instead of 3.1 ms (the median of four rounds, in which
/// single rounds differed by as much).
const BUSY_PAUSE: Duration = Duration::from_millis(5);
/// How long the end of the program waits for who reads the lines, and how often it looks.
const FINISH_TIMEOUT: Duration = Duration::from_secs(1);
const FINISH_LOOK: Duration = Duration::from_millis(1);
/// Threads that answer requests have a place each, as far as there are places.
const PLACES: usize = 16;

/// Takes what players say and writes it down.
#[derive(Debug)]
pub(crate) struct RequestsLog {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    format: LogFormat,
    /// What the values of parameters are left out by.
    names: SecretNames,
    places: [Mutex<Waiting>; PLACES],
    dropped: AtomicU64,
    stopping: AtomicBool,
}

/// Lines of one thread.
#[derive(Debug, Default)]
struct Waiting {
    text: String,
    /// When each line was made, so that those of different threads are written in order, and where it ends: a number would be
    /// memory that all threads want.
    lines: Vec<(Instant, usize)>,
}

impl Waiting {
    fn empty(&mut self) {
        empty(&mut self.text);
        self.lines.clear();
        if self.text.capacity() == 0 {
            self.lines = Vec::new();
        }
    }
}

/// A buffer that was larger than this is given back to the system, so that a burst of requests does not keep memory.
const BUFFER_BYTES_KEPT: usize = 512 << 10;

fn empty(text: &mut String) {
    text.clear();
    if text.capacity() > BUFFER_BYTES_KEPT {
        *text = String::new();
    }
}

impl RequestsLog {
    pub(crate) fn new(format: LogFormat, names: SecretNames, out: Box<dyn Write + Send>) -> Self {
        let shared = Arc::new(Shared {
            format,
            names,
            places: Default::default(),
            dropped: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
        });
        let writing = Arc::clone(&shared);
        let writer = std::thread::spawn(move || writing.write_to(out));
        Self { shared, writer: Mutex::new(Some(writer)) }
    }

    /// Prints lines between those of requests, without waiting for who reads them. The lines are
    /// printed as they are: whoever made them has escaped what came from files.
    pub(crate) fn print(&self, lines: &str) {
        self.shared.add(|text| text.push_str(lines));
    }

    /// Writes what waits, and ends. Who does not read any more is not waited for.
    pub(crate) fn finish(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let began = Instant::now();
        while !writer.is_finished() && began.elapsed() < FINISH_TIMEOUT {
            std::thread::sleep(FINISH_LOOK);
        }
        if writer.is_finished() {
            // A writer that panicked has said so itself.
            let _ = writer.join();
        }
    }
}

impl Observer for RequestsLog {
    fn exchanged(&self, exchanged: Exchanged<'_>) {
        self.shared.add(|text| {
            add_line(text, |text| match self.shared.format {
                LogFormat::Text => text_line(&exchanged, &self.shared.names, text),
                LogFormat::Json => json_line(&exchanged, &self.shared.names, text),
            });
        });
    }

    fn noticed(&self, service: &str, notice: &str) {
        self.shared.add(|text| add_line(text, |text| self.shared.notice_line(service, notice, text)));
    }
}

impl Shared {
    /// The line for something that is about no request.
    fn notice_line(&self, service: &str, notice: &str, out: &mut String) {
        match self.format {
            LogFormat::Text => out.extend([service, " (server) ", notice]),
            LogFormat::Json => {
                let now = clock::now();
                let time = format!("{}T{}", now.date(), now.time());
                let line = json!({"event": "notice", "time": time, "service": service, "detail": notice});
                out.push_str(&line.to_string());
            }
        }
    }

    /// Makes the line at this thread's place. No lock is waited for: the writer holds one for a moment only, and
    /// then another place does.
    fn add(&self, line: impl FnOnce(&mut String)) {
        let own = own_place();
        for place in (0..PLACES).map(|at| &self.places[(own + at) % PLACES]) {
            let Ok(mut waiting) = place.try_lock() else { continue };
            if waiting.text.len() >= WAITING_BYTES_MAX {
                break;
            }
            line(&mut waiting.text);
            let end = waiting.text.len();
            waiting.lines.push((Instant::now(), end));
            return;
        }
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    fn write_to(&self, mut out: Box<dyn Write + Send>) {
        let mut taken: [Waiting; PLACES] = Default::default();
        let mut text = String::new();
        loop {
            let stopping = self.stopping.load(Ordering::Acquire);
            self.take(&mut taken, &mut text);
            let dropped = self.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                self.dropped_line(dropped, &mut text);
            }
            if !text.is_empty() {
                // Nobody may be reading any more: the servers go on.
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            }
            if stopping {
                return;
            }
            std::thread::sleep(if text.is_empty() { PAUSE } else { BUSY_PAUSE });
        }
    }

    /// Moves all waiting lines into `text`, in order. Each place gets the emptied buffers of
    /// `taken` in return: new ones would cost the threads that serve requests page faults with each
    /// line (4 % of their time with 1,000 fixtures, 2 % with the same buffers again).
    fn take(&self, taken: &mut [Waiting; PLACES], text: &mut String) {
        empty(text);
        for (place, spare) in self.places.iter().zip(&mut *taken) {
            spare.empty();
            std::mem::swap(&mut *place.lock().unwrap_or_else(PoisonError::into_inner), spare);
        }
        let mut lines: Vec<(Instant, &str)> = Vec::new();
        for waiting in &*taken {
            let starts = std::iter::once(0).chain(waiting.lines.iter().map(|(_, end)| *end));
            lines.extend(
                waiting.lines.iter().zip(starts).map(|((made, end), start)| (*made, &waiting.text[start..*end])),
            );
        }
        lines.sort_by_key(|(made, _)| *made);
        text.extend(lines.into_iter().map(|(_, line)| line));
    }

    fn dropped_line(&self, dropped: u64, out: &mut String) {
        use std::fmt::Write;
        let _ = match self.format {
            LogFormat::Text => {
                writeln!(out, "... {dropped} requests were answered faster than they could be written down")
            }
            LogFormat::Json => writeln!(out, "{}", json!({"event": "dropped", "requests": dropped})),
        };
    }
}

/// Adds one line, and escapes what is never printed in it: names of services and fixtures come from
/// files, and the rest from the wire. The escapes are those of JSON, which a line of JSON may hold.
fn add_line(text: &mut String, line: impl FnOnce(&mut String)) {
    let start = text.len();
    line(text);
    make_printable(text, start);
    text.push('\n');
}

/// Written piece by piece: this is done for every request.
fn text_line(exchanged: &Exchanged<'_>, names: &SecretNames, out: &mut String) {
    let Exchanged { service, request, status, answered, took, .. } = exchanged;
    for piece in [service, " ", request.method.as_str(), " "] {
        out.push_str(piece);
    }
    out.push_str(&names.shown_target(&request.target));
    out.push(' ');
    out.push_str(status.as_str());
    out.push(' ');
    match answered {
        Answered::Fixture { id, set } => {
            out.push_str(id);
            for (name, value) in *set {
                out.push(' ');
                out.push_str(name);
                out.push('=');
                out.push_str(value);
            }
        }
        Answered::Description { operation, wrong } => {
            out.push_str("(description) ");
            out.push_str(operation);
            if !wrong.places.is_empty() {
                out.push_str(": ");
                out.push_str(&wrong.places);
            }
        }
        Answered::Backend => out.push_str("(backend)"),
        Answered::Nobody(nearest) => {
            out.push_str("(no fixture) ");
            out.push_str(&nearest.places);
        }
        Answered::Server(what) => out.extend(["(", what, ")"]),
        Answered::BackendFailed(why) => {
            out.push_str("(backend failed) ");
            out.push_str(why);
        }
        Answered::Refused(why) => {
            out.push_str("(refused) ");
            out.push_str(&why.replace('\n', "; "));
        }
    }
    let tenths = u64::try_from(took.as_micros()).unwrap_or(u64::MAX) / 100;
    out.push(' ');
    push_number(tenths / 10, out);
    out.push('.');
    push_number(tenths % 10, out);
    out.push_str(" ms");
}

/// A number without what formatting it would allocate.
fn push_number(number: u64, out: &mut String) {
    if number >= 10 {
        push_number(number / 10, out);
    }
    out.extend(char::from_digit((number % 10) as u32, 10));
}

fn json_line(exchanged: &Exchanged<'_>, names: &SecretNames, out: &mut String) {
    let Exchanged { service, request, status, answered, took, .. } = exchanged;
    let now = clock::now();
    let mut described = None;
    let mut set: BTreeMap<&str, &str> = BTreeMap::new();
    let (by, fixture, detail) = match answered {
        Answered::Fixture { id, set: changes } => {
            set.extend(changes.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            ("fixture", Some(*id), None)
        }
        Answered::Description { operation, wrong } => {
            described = Some(*operation);
            ("description", None, Some(wrong.places.as_str()).filter(|wrong| !wrong.is_empty()))
        }
        Answered::Backend => ("backend", None, None),
        Answered::Nobody(nearest) => ("nobody", None, Some(nearest.places.as_str())),
        Answered::Server(what) => ("server", None, Some(*what)),
        Answered::BackendFailed(why) => ("backend-failed", None, Some(why.as_str())),
        Answered::Refused(why) => ("refused", None, Some(why.as_str())),
    };
    let line = json!({
        "event": "request",
        "time": format!("{}T{}", now.date(), now.time()),
        "service": service,
        "method": request.method.as_str(),
        "target": names.shown_target(&request.target),
        "status": status.as_u16(),
        "answered": by,
        "fixture": fixture,
        "set": Some(set).filter(|set| !set.is_empty()),
        "operation": described,
        "detail": detail,
        "micros": u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
    });
    out.push_str(&line.to_string());
}
