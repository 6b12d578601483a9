//! What was asked and answered lately.

use super::App;
use super::commands::Nothing;
use super::journal::Journal;
use super::{Arc, Changes};
use crate::clock;
use crate::error::ApiError;
use crate::hidden::Hidden;
use crate::recordings::decode;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use understudy_exchange::{Request, Response};
use understudy_serve::{Answered, Exchanged, Observer};

/// How many exchanges are kept.
const EXCHANGES_MAX: usize = 10_000;
/// How many bytes are kept with them.
const BYTES_KEPT_MAX: usize = 64 << 20;
/// How many exchanges wait to be listed; more are counted and dropped.
const WAITING_MAX: usize = 8_192;
/// Exchanges are listed in batches, at most ten a second.
const BATCH_PERIOD: Duration = Duration::from_millis(100);
/// How many rows a front end gets at once.
const ROWS_MAX: usize = 2_000;
/// How long a front end waits for news before it asks again.
const NEWS_TIMEOUT: Duration = Duration::from_secs(20);

/// One exchange as it was, its bodies in the content codings that its header fields name.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    pub(super) id: u64,
    pub(super) service: String,
    pub(super) time: u64,
    pub(super) request: Request,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// `None` where it was passed on as it came.
    pub(super) body: Option<Bytes>,
    pub(super) answered: &'static str,
    pub(super) by: String,
    pub(super) took: Duration,
}

/// An exchange with its bodies without their content codings. What is in one that is not known is left out: nobody can look
/// through it for secrets.
pub(super) struct Decoded {
    pub(super) request: Request,
    pub(super) response: Response,
    /// Why the request's body was left out, if so.
    pub(super) request_left_out: Option<String>,
    /// Whether the answer's body is there.
    pub(super) is_answer_there: bool,
}

/// Who may have answered.
pub(super) const ANSWERED: [&str; 6] = ["fixture", "description", "backend", "nobody", "server", "backend-failed"];

impl Exchange {
    /// The exchange with its bodies as they are read.
    pub(super) fn decoded(&self) -> Decoded {
        let (mut request, mut response) = (self.request.clone(), self.response());
        // A body that is left out is empty.
        let request_left_out = decode(&mut request.headers, &mut request.body).err();
        let is_answer_there = decode(&mut response.headers, &mut response.body).is_ok() && self.body.is_some();
        Decoded { request, response, request_left_out, is_answer_there }
    }

    /// The answer; its body is empty where it was passed on as it came.
    pub(super) fn response(&self) -> Response {
        let body = self.body.clone().unwrap_or_default();
        Response { status: self.status, headers: self.headers.clone(), body }
    }

    pub(super) fn kept_bytes(&self) -> usize {
        let head =
            |headers: &HeaderMap| headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
        let heads = head(&self.request.headers) + head(&self.headers) + self.request.target.as_str().len();
        self.request.body.len() + self.body.as_ref().map_or(0, Bytes::len) + heads
    }
}

/// The last exchanges, in bounded memory.
#[derive(Debug)]
pub(super) struct Traffic {
    waiting: mpsc::Sender<Exchange>,
    dropped: AtomicU64,
    kept: Arc<Mutex<Kept>>,
    journal: Arc<Mutex<Option<Journal>>>,
}

#[derive(Debug, Default)]
struct Kept {
    exchanges: VecDeque<Arc<Exchange>>,
    bytes: usize,
    next: u64,
}

impl Kept {
    fn push(&mut self, mut exchange: Exchange) -> Arc<Exchange> {
        exchange.id = self.next;
        self.next += 1;
        self.bytes += exchange.kept_bytes();
        let exchange = Arc::new(exchange);
        self.exchanges.push_back(Arc::clone(&exchange));
        while self.exchanges.len() > EXCHANGES_MAX || (self.bytes > BYTES_KEPT_MAX && self.exchanges.len() > 1) {
            let gone = self.exchanges.pop_front().map_or(0, |gone| gone.kept_bytes());
            self.bytes -= gone;
        }
        exchange
    }
}

impl Traffic {
    /// Lists what was asked before, and from now on, until [`Self::close`].
    pub(super) fn new(changes: Arc<Changes>, journal: Journal, before: Vec<Exchange>) -> Arc<Self> {
        let (waiting, arriving) = mpsc::channel(WAITING_MAX);
        let mut kept = Kept { next: clock::unix_micros(), ..Kept::default() };
        before.into_iter().for_each(|exchange| drop(kept.push(exchange)));
        let (kept, journal) = (Arc::new(Mutex::new(kept)), Arc::new(Mutex::new(Some(journal))));
        tokio::spawn(list(arriving, Arc::clone(&kept), Arc::clone(&journal), changes));
        Arc::new(Self { waiting, dropped: AtomicU64::new(0), kept, journal })
    }

    /// Takes out of the journal what a project names now.
    pub(super) fn hide(&self, hidden: Hidden) {
        if let Some(journal) = &*self.journal() {
            journal.hide(hidden);
        }
    }

    /// Writes what is to be kept, and lets go of the journal.
    pub(super) async fn close(&self) {
        let journal = self.journal().take();
        // A writer that panicked has said so itself.
        let _ = tokio::task::spawn_blocking(move || drop(journal)).await;
    }

    fn journal(&self) -> MutexGuard<'_, Option<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, id: u64) -> Option<Arc<Exchange>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let first = kept.exchanges.front()?.id;
        kept.exchanges.get(usize::try_from(id.checked_sub(first)?).ok()?).cloned()
    }

    /// Those with these ids that are kept, or all, the oldest first.
    pub(super) fn chosen(&self, ids: &[u64]) -> Vec<Arc<Exchange>> {
        if !ids.is_empty() {
            return ids.iter().filter_map(|id| self.get(*id)).collect();
        }
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).exchanges.iter().cloned().collect()
    }

    /// Those after one, the oldest first, and the id of the oldest that is kept.
    fn after(&self, id: u64) -> (Vec<Arc<Exchange>>, u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let first = kept.exchanges.front().map_or(kept.next, |exchange| exchange.id);
        let skipped = usize::try_from((id + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        (kept.exchanges.iter().skip(skipped).take(ROWS_MAX).cloned().collect(), first)
    }

    fn clear(&self) -> usize {
        if let Some(journal) = &*self.journal() {
            journal.forget();
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes = 0;
        std::mem::take(&mut kept.exchanges).len()
    }
}

/// Lists what arrives, in batches, until nobody can send any more.
async fn list(
    mut arriving: mpsc::Receiver<Exchange>,
    kept: Arc<Mutex<Kept>>,
    journal: Arc<Mutex<Option<Journal>>>,
    changes: Arc<Changes>,
) {
    let mut batch = Vec::new();
    while arriving.recv_many(&mut batch, WAITING_MAX).await > 0 {
        let listed: Vec<Arc<Exchange>> = {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            batch.drain(..).map(|exchange| kept.push(exchange)).collect()
        };
        if let Some(journal) = &*journal.lock().unwrap_or_else(PoisonError::into_inner) {
            journal.keep(&listed);
        }
        changes.changed();
        tokio::time::sleep(BATCH_PERIOD).await;
    }
}

impl Observer for Traffic {
    fn exchanged(&self, exchanged: Exchanged<'_>) {
        let Exchanged { service, request, status, headers, body, answered, took } = exchanged;
        let (kind, by) = match answered {
            Answered::Fixture { id, .. } => ("fixture", (*id).to_owned()),
            Answered::Description { operation, wrong } if wrong.words.is_empty() => {
                ("description", (*operation).to_owned())
            }
            Answered::Description { operation, wrong } => ("description", format!("{operation}: {}", wrong.words)),
            Answered::Backend => ("backend", String::new()),
            Answered::Nobody(nearest) => ("nobody", nearest.words.clone()),
            Answered::Server(what) => ("server", (*what).to_owned()),
            Answered::BackendFailed(why) => ("backend-failed", why.clone()),
            Answered::Refused(why) => ("server", why.replace('\n', "; ")),
        };
        let exchange = Exchange {
            id: 0,
            service: service.to_owned(),
            time: clock::now().unix_millis,
            request: request.clone(),
            status,
            headers: headers.clone(),
            body: body.cloned(),
            answered: kind,
            by,
            took,
        };
        if self.waiting.try_send(exchange).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What a front end knows already.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ChangesRequest {
    /// The last version that it heard of; 0 at first.
    pub(super) version: u64,
    /// The last exchange that it knows; 0 at first.
    pub(super) exchange: u64,
}

/// What is new.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Changed {
    /// The version to ask from the next time.
    pub(super) version: u64,
    /// The project's revision: where it is another one, ask for the project again.
    pub(super) project: u64,
    /// The run's revision: where it is another one, ask for the run again.
    pub(super) run: u64,
    /// The recordings' revision: where it is another one, ask how recording goes and for the inbox.
    pub(super) recording: u64,
    /// New exchanges, the oldest first.
    pub(super) exchanges: Vec<ExchangeRow>,
    /// The oldest exchange that is kept: those before it are gone.
    pub(super) first_exchange: u64,
    /// How many were answered faster than they could be listed.
    pub(super) dropped: u64,
    /// How many are listed, and not kept for the next time: they came too fast for that.
    pub(super) not_kept: u64,
    /// Why nothing is kept for the next time, if so.
    pub(super) not_kept_why: Option<String>,
}

/// An exchange in a list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct ExchangeRow {
    /// Goes up by one.
    pub(super) id: u64,
    /// When it was answered, in milliseconds since 1970.
    pub(super) time: u64,
    /// The service.
    pub(super) service: String,
    /// The method.
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    /// The answer's status.
    pub(super) status: u16,
    /// Who answered: `fixture`, `backend`, `nobody`, `server` or `backend-failed`.
    pub(super) answered: &'static str,
    /// The fixture's id, or why nobody answered.
    pub(super) by: String,
    /// How long it took; 0 where nothing was waited for.
    pub(super) micros: u64,
}

impl ExchangeRow {
    pub(super) fn new(exchange: &Exchange) -> Self {
        Self {
            id: exchange.id,
            time: exchange.time,
            service: exchange.service.clone(),
            method: exchange.request.method.to_string(),
            target: exchange.request.target.to_string(),
            status: exchange.status.as_u16(),
            answered: exchange.answered,
            by: exchange.by.clone(),
            micros: u64::try_from(exchange.took.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

/// How many exchanges were forgotten.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct TrafficCleared {
    /// How many.
    pub(super) exchanges: u32,
}

impl App {
    pub(super) async fn changes(&self, request: ChangesRequest) -> Result<Changed, ApiError> {
        let mut version = self.changes.version.subscribe();
        let news = version.wait_for(|version| *version != request.version);
        // No news are news too: a front end that went away is not waited for.
        let _ = tokio::time::timeout(NEWS_TIMEOUT, news).await;
        let mut version = *self.changes.version.borrow();
        let (exchanges, first_exchange) = self.traffic.after(request.exchange);
        if exchanges.len() == ROWS_MAX {
            // There are more: the next call gets them at once.
            version = version.saturating_sub(1);
        }
        let journal = self.traffic.journal();
        Ok(Changed {
            version,
            project: self.changes.project.load(Ordering::Relaxed),
            run: self.runs.revision(),
            recording: self.changes.recording.load(Ordering::Relaxed),
            exchanges: exchanges.iter().map(|exchange| ExchangeRow::new(exchange)).collect(),
            first_exchange,
            dropped: self.traffic.dropped.load(Ordering::Relaxed),
            not_kept: journal.as_ref().map_or(0, Journal::left_out),
            not_kept_why: journal.as_ref().and_then(Journal::problem),
        })
    }

    pub(super) async fn traffic_clear(&self, _: Nothing) -> Result<TrafficCleared, ApiError> {
        let exchanges = u32::try_from(self.traffic.clear()).unwrap_or(u32::MAX);
        self.changes.changed();
        Ok(TrafficCleared { exchanges })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::uri::PathAndQuery;

    fn exchange(body_bytes: usize) -> Exchange {
        let request = Request {
            method: http::Method::GET,
            target: PathAndQuery::from_static("/a"),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        Exchange {
            id: 0,
            service: "s".to_owned(),
            time: 0,
            request,
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Some(Bytes::from(vec![0; body_bytes])),
            answered: "fixture",
            by: "f".to_owned(),
            took: Duration::ZERO,
        }
    }

    fn traffic() -> Traffic {
        let (waiting, _) = mpsc::channel(1);
        let kept = Arc::new(Mutex::new(Kept { next: 1, ..Kept::default() }));
        Traffic { waiting, dropped: AtomicU64::new(0), kept, journal: Arc::default() }
    }

    fn push(traffic: &Traffic, body_bytes: usize) {
        traffic.kept.lock().expect("nobody panicked").push(exchange(body_bytes));
    }

    #[test]
    fn the_oldest_go_first_and_the_rest_keep_their_numbers() {
        let traffic = traffic();
        (0..EXCHANGES_MAX + 5).for_each(|_| push(&traffic, 0));
        assert!(traffic.get(5).is_none() && traffic.get(6).is_some_and(|exchange| exchange.id == 6));
        let (rows, first) = traffic.after(0);
        assert_eq!((rows.len(), rows[0].id, first), (ROWS_MAX, 6, 6));
        let last = (EXCHANGES_MAX + 5) as u64;
        let (rows, _) = traffic.after(last - 2);
        assert_eq!(rows.iter().map(|exchange| exchange.id).collect::<Vec<_>>(), [last - 1, last]);
        assert!(traffic.after(last).0.is_empty());
    }

    #[test]
    fn bodies_are_kept_as_far_as_there_is_room_and_clearing_starts_anew() {
        let traffic = traffic();
        (0..3).for_each(|_| push(&traffic, BYTES_KEPT_MAX / 2 - 100));
        assert!(traffic.get(1).is_none() && traffic.get(2).is_some() && traffic.get(3).is_some());
        push(&traffic, BYTES_KEPT_MAX * 2);
        assert!(traffic.get(3).is_none() && traffic.get(4).is_some(), "the newest is always there");
        assert_eq!(traffic.clear(), 1);
        push(&traffic, 1);
        let (rows, first) = traffic.after(0);
        assert_eq!((rows.len(), rows[0].id, first), (1, 5, 5));
    }
}
