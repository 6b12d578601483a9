//! One line for each request. Lines are made by a thread of their own: writing them where a request is answered
//! costs a tenth of the throughput. What does not fit in its queue is counted, and said.

use serde_json::json;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use understudy_match::Moment;
use understudy_serve::{Answered, Exchanged, Observer};

/// What lines look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object each.
    Json,
}

/// How many requests wait to be written.
const QUEUE_MAX: usize = 16_384;
/// How long a line may wait: short for people, long enough that waking up costs nothing.
const PAUSE: Duration = Duration::from_millis(20);

/// Takes what players say and writes it down.
#[derive(Debug)]
pub(crate) struct RequestsLog {
    queue: SyncSender<Exchanged>,
    dropped: Arc<AtomicU64>,
    stopping: Arc<AtomicBool>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl RequestsLog {
    pub(crate) fn new(format: LogFormat, out: Box<dyn Write + Send>) -> Self {
        let (queue, waiting) = sync_channel(QUEUE_MAX);
        let (dropped, stopping) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let writer = Writer { format, out, waiting, dropped: Arc::clone(&dropped), stopping: Arc::clone(&stopping) };
        let writer = std::thread::spawn(move || writer.run());
        Self { queue, dropped, stopping, writer: Mutex::new(Some(writer)) }
    }

    /// Writes what waits, and ends.
    pub(crate) fn finish(&self) {
        self.stopping.store(true, Ordering::Release);
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A writer that panicked has said so itself.
            let _ = writer.join();
        }
    }
}

impl Observer for RequestsLog {
    fn exchanged(&self, exchanged: Exchanged) {
        if self.queue.try_send(exchanged).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Writer {
    format: LogFormat,
    out: Box<dyn Write + Send>,
    waiting: Receiver<Exchanged>,
    dropped: Arc<AtomicU64>,
    stopping: Arc<AtomicBool>,
}

impl Writer {
    fn run(mut self) {
        let mut text = String::new();
        loop {
            let stopping = self.stopping.load(Ordering::Acquire);
            let mut gone = false;
            for _ in 0..QUEUE_MAX {
                match self.waiting.try_recv() {
                    Ok(exchanged) => self.line(&exchanged, &mut text),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => {
                        gone = true;
                        break;
                    }
                }
            }
            let dropped = self.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                self.dropped_line(dropped, &mut text);
            }
            if !text.is_empty() {
                // Nobody may be reading any more: the servers go on.
                let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
                text.clear();
            }
            if stopping || gone {
                return;
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn line(&self, exchanged: &Exchanged, out: &mut String) {
        match self.format {
            LogFormat::Text => text_line(exchanged, out),
            LogFormat::Json => json_line(exchanged, out),
        }
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

/// Written piece by piece: this is done for every request.
fn text_line(exchanged: &Exchanged, out: &mut String) {
    let Exchanged { service, method, target, status, answered, took } = exchanged;
    for piece in [service, " ", method.as_str(), " "] {
        out.push_str(piece);
    }
    // Targets come from outside: what could move a terminal's cursor is not written to it.
    if target.bytes().any(|b| b.is_ascii_control() || !b.is_ascii()) {
        out.extend(target.chars().map(|c| if c.is_control() { '·' } else { c }));
    } else {
        out.push_str(target);
    }
    out.push(' ');
    out.push_str(status.as_str());
    out.push(' ');
    match answered {
        Answered::Fixture(id) => out.push_str(id),
        Answered::Backend => out.push_str("(backend)"),
        Answered::Nobody(nearest) => out.extend(["(no fixture) ", nearest]),
        Answered::Server(what) => out.extend(["(", what, ")"]),
        Answered::BackendFailed(why) => out.extend(["(backend failed) ", why]),
    }
    let tenths = took.as_micros() / 100;
    out.extend([" ", &(tenths / 10).to_string(), ".", &(tenths % 10).to_string(), " ms\n"]);
}

fn json_line(exchanged: &Exchanged, out: &mut String) {
    let Exchanged { service, method, target, status, answered, took } = exchanged;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Moment { unix_millis: u64::try_from(since.as_millis()).unwrap_or(u64::MAX) };
    let (by, fixture, detail) = match answered {
        Answered::Fixture(id) => ("fixture", Some(&**id), None),
        Answered::Backend => ("backend", None, None),
        Answered::Nobody(nearest) => ("nobody", None, Some(nearest.as_str())),
        Answered::Server(what) => ("server", None, Some(*what)),
        Answered::BackendFailed(why) => ("backend-failed", None, Some(why.as_str())),
    };
    let line = json!({
        "event": "request",
        "time": format!("{}T{}", now.date(), now.time()),
        "service": &**service,
        "method": method.as_str(),
        "target": target,
        "status": status.as_u16(),
        "answered": by,
        "fixture": fixture,
        "detail": detail,
        "micros": u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
    });
    out.push_str(&line.to_string());
    out.push('\n');
}
