//! What was recorded and waits to become fixtures. Nothing is written to the project before somebody accepts it.

mod accept;
mod har;
mod open;
mod places;
mod propose;
mod vars;

pub use open::OpenInbox;
pub use vars::VarNeeded;
pub(crate) use vars::vars_needed;

use crate::addresses::{Home, bring_home};
use crate::change::bring_all;
use crate::conversation::{self, Conversation, conversations, is_socket};
use crate::error::{ApiError, Code};
use crate::import::archive::{There, link};
use crate::project::{Project, meant, open_project};
use crate::recordings::{self, Recording, store_error};
use crate::report::{DifferenceReport, RedactionReport};
use crate::root::Root;
pub(crate) use accept::Accepting;
use har::inbox_har;
use places::Places;
use propose::{Proposed, propose};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use understudy_exchange::target::percent_decode;
use understudy_fixture::write_fixture;
use understudy_store::Log;

/// How many statuses of answers that came one after the other are told in a line.
const STATUSES_SHOWN_MAX: usize = 3;

/// How many bytes of recordings are looked at at once, the oldest first.
const INBOX_BYTES_MAX: usize = 256 << 20;

/// The recordings of a project.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) project: Arc<Project>,
    /// Where there are any.
    log: Option<Arc<Log>>,
    pub(crate) recordings: Vec<(u64, Recording)>,
    /// The numbers of those that there was no room for.
    later: Vec<u64>,
    /// The common addresses of the recordings, by service.
    homes: BTreeMap<String, Home>,
    pub(crate) proposed: Vec<Proposed>,
    places: Places,
    /// The complete exchanges without a proposal, with the reason.
    left_out: Vec<String>,
    /// Recordings that were damaged, and where they were put.
    pub(crate) damaged: Vec<PathBuf>,
}

/// What is in an inbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InboxView {
    /// The fixtures that are proposed, by service, in the order in which they were recorded.
    pub proposals: Vec<Proposal>,
    /// What was said on WebSockets.
    pub sockets: Vec<Conversation>,
    /// How many exchanges there are.
    pub exchanges: usize,
    /// How many of them are not looked at yet: there are too many at once.
    pub later: usize,
    /// Exchanges that are not whole, and why: no fixture can be made of them.
    pub cut: Vec<String>,
    /// The complete exchanges without a proposal, with the reason.
    pub left_out: Vec<String>,
    /// How many were deleted because there was no room for them any more.
    pub evicted: u64,
    /// The number of the last exchange that is looked at.
    pub upto: u64,
}

/// How a proposal stands to the fixtures that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum News {
    /// No fixture answers such a request.
    New,
    /// The answer differs from the fixture's.
    Changed,
    /// The fixture says so already.
    Same,
}

/// A fixture that is proposed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Proposal {
    /// By which it is called here: `shop/items/get`.
    pub id: String,
    /// The service.
    pub service: String,
    /// What it asks: the method.
    pub method: String,
    /// What it asks: the path's template.
    pub path: String,
    /// What it asks: the query, `?page=2`, or nothing.
    pub query: String,
    /// What the first of its exchanges asked for: `/items/7?page=2`.
    pub target: String,
    /// What it answers, one after the other; where several in a row are the same, once.
    pub statuses: Vec<u16>,
    /// How it stands to the fixtures that are there.
    pub news: News,
    /// The id of the fixture that answers such a request already.
    pub fixture: Option<String>,
    /// Its file, relative to the project: accepting what has changed writes it.
    pub file: Option<String>,
    /// In what the answer differs from that fixture.
    pub differences: Vec<DifferenceReport>,
    /// How many exchanges it stands for.
    pub exchanges: usize,
    /// How many of them were answered with which status.
    pub answered: Vec<(u16, usize)>,
    /// In what they are not as the service's description says, where it has one.
    pub not_as_described: Vec<String>,
    /// When the first of them came, in milliseconds since 1970.
    pub since: u64,
    /// The secrets that were replaced.
    pub redactions: Vec<RedactionReport>,
    /// What it asks for beside method and path: `id 7`, `query lang`, `header accept`, `body`.
    pub asks: Vec<String>,
    /// The names of the state by which its answers differ.
    pub states: Vec<String>,
    /// What its answers set the state to: `cart filled`.
    pub sets: Vec<String>,
    /// Places of the answer that obey a rule, and the rule.
    pub rules: Vec<(String, String)>,
    /// The fixtures that come before it in a run.
    pub after: Vec<String>,
    /// Why runs leave it out.
    pub skip: Option<String>,
    /// The service's own address in the responses; stubs send their own address instead.
    pub own_address: Option<String>,
    /// The places of that address: `header link`, `body`.
    pub names_itself: Vec<String>,
}

impl Proposal {
    /// What it promises, in a line: `GET /items/{id}?lang=en 200`, or `404 200` where one answer came after the other.
    #[must_use]
    pub fn promise(&self) -> String {
        let statuses: Vec<String> = self.statuses.iter().take(STATUSES_SHOWN_MAX).map(u16::to_string).collect();
        let more = if self.statuses.len() > STATUSES_SHOWN_MAX { " ..." } else { "" };
        format!("{} {}{} {}{more}", self.method, self.path, self.query, statuses.join(" "))
    }
}

/// What is to become a fixture: one proposal, or several that are one promise.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Chosen {
    /// The proposals.
    pub ids: Vec<String>,
    /// The fixture's id, below the service's folder; the first proposal's where it is not said.
    pub name: Option<String>,
}

impl Chosen {
    /// One proposal, under its own name.
    #[must_use]
    pub fn one(id: &str) -> Self {
        Self { ids: vec![id.to_owned()], name: None }
    }
}

/// What came of accepting or discarding.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Settled {
    /// The files that were written, relative to the project.
    pub files: Vec<String>,
    /// How many exchanges went from the inbox.
    pub exchanges: usize,
    /// What was not accepted, and why.
    pub left: Vec<(String, String)>,
    /// What was accepted though nobody chose it, and what needs it.
    pub along: Vec<(String, String)>,
    /// What stays in the inbox though it was accepted, and what needs it.
    pub stays: Vec<(String, String)>,
    /// The values that `verify` needs for what was written.
    pub vars: Vec<VarNeeded>,
}

impl Inbox {
    /// Opens a project's inbox.
    ///
    /// # Errors
    /// No project, or recordings that another program has open or that cannot be read.
    pub(crate) fn open(root: &Root) -> Result<Self, ApiError> {
        let project = open_project(root)?;
        let (log, damaged) = recordings::open(&project.root)?;
        Ok(Self { damaged, ..Self::read(Arc::new(project), Some(Arc::new(log)), u64::MAX)? })
    }

    /// Looks at recordings, up to the one with a number.
    ///
    /// # Errors
    /// The disk says no.
    pub(crate) fn read(project: Arc<Project>, log: Option<Arc<Log>>, upto: u64) -> Result<Self, ApiError> {
        let mut recordings = Vec::new();
        let mut later = Vec::new();
        let mut bytes_read = 0;
        if let Some(log) = &log {
            let numbers = log.numbers().map_err(|error| store_error(&error))?;
            for number in numbers.into_iter().take_while(|number| *number <= upto) {
                if bytes_read >= INBOX_BYTES_MAX {
                    later.push(number);
                    continue;
                }
                let bytes = log.get(number).map_err(|error| store_error(&error))?.unwrap_or_default();
                bytes_read += bytes.len();
                recordings.extend(Recording::from_bytes(&bytes).map(|recording| (number, recording)));
            }
        }
        Ok(Self { log, later, ..Self::proposing(project, recordings) })
    }

    /// Opens an inbox of recordings that are not stored yet.
    pub(crate) fn of(project: Arc<Project>, recordings: Vec<Recording>) -> Self {
        Self::proposing(project, (1..).zip(recordings).collect())
    }

    fn proposing(project: Arc<Project>, mut recordings: Vec<(u64, Recording)>) -> Self {
        let homes = bring_home(&project, &mut recordings);
        let (mut proposed, mut left_out) = (Vec::new(), Vec::new());
        for (service, loaded) in project.services.iter().enumerate() {
            let home = homes.get(&loaded.service.name);
            left_out.extend(propose(service, loaded, home, &recordings, &mut proposed));
        }
        let places = Places::of(&proposed);
        let (log, later, damaged) = (None, Vec::new(), Vec::new());
        Self { project, log, recordings, later, homes, proposed, places, left_out, damaged }
    }

    /// Returns the incomplete recordings with the reason: no fixture can be made of them.
    pub(crate) fn cut(&self) -> impl Iterator<Item = (&Recording, &str)> {
        let whole = self.recordings.iter().filter(|(_, recording)| !is_socket(recording));
        whole.filter_map(|(_, recording)| Some((recording, recording.cut.as_deref()?)))
    }

    /// What is in it.
    #[must_use]
    pub(crate) fn view(&self) -> InboxView {
        let cut = self.cut().map(|(recording, why)| {
            let request = &recording.exchange.request;
            format!("{} {}: {why}", request.method, percent_decode(request.target.as_str()))
        });
        InboxView {
            proposals: self.proposed.iter().map(|proposed| proposed.shown.clone()).collect(),
            sockets: conversations(&self.recordings),
            exchanges: self.recordings.len() + self.later.len(),
            later: self.later.len(),
            cut: cut.collect(),
            left_out: self.left_out.clone(),
            evicted: self.log.as_ref().map_or(0, |log| log.evicted()),
            upto: self.recordings.last().map_or(0, |(number, _)| *number),
        }
    }

    /// The text of the file that accepting would make.
    ///
    /// # Errors
    /// A name that is not in the inbox; proposals that cannot be one fixture.
    pub(crate) fn text(&self, chosen: &Chosen) -> Result<String, ApiError> {
        let (service, making) = self.making(chosen)?;
        let mut fixture = making.draft.into_owned().fixture;
        let there = self.there(service);
        let names = there.iter().map(|There { draft, fixture }| (&*draft.fixture.id, &*fixture.id)).collect();
        link(&mut fixture, &names);
        Ok(write_fixture(&fixture))
    }

    /// All that is looked at, as an HTTP archive.
    ///
    /// # Errors
    /// There is nothing.
    pub(crate) fn har(&self) -> Result<String, ApiError> {
        if self.recordings.is_empty() {
            return Err(ApiError::new(Code::NothingToDo, "the inbox is empty"));
        }
        Ok(inbox_har(&self.project, &self.homes, &self.recordings))
    }

    /// Makes fixtures of what is chosen, or of all that is new where nothing is.
    ///
    /// # Errors
    /// A name that is not in the inbox, or taken; proposals that cannot be one fixture; a file that cannot be written.
    pub(crate) fn accept(&self, chosen: &[Chosen]) -> Result<Settled, ApiError> {
        let accepting = self.accepting(chosen)?;
        bring_all(&accepting.changes, true)?;
        self.accepted(accepting)
    }

    /// Takes what was accepted out of the inbox, once it is written.
    ///
    /// # Errors
    /// The disk says no.
    pub(crate) fn accepted(&self, accepting: Accepting) -> Result<Settled, ApiError> {
        let Accepting { changes, numbers, left, along, stays } = accepting;
        let files: Vec<String> = changes.into_iter().map(|change| change.shown().to_owned()).collect();
        let exchanges = self.remove(numbers)?;
        let vars = vars_needed(&self.project.root, &files)?;
        Ok(Settled { files, exchanges, left, along, stays, vars })
    }

    /// Returns what [`Self::accept`] would do, without doing it.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub(crate) fn plan(&self, chosen: &[Chosen]) -> Result<Settled, ApiError> {
        let Accepting { changes, numbers, left, along, stays } = self.accepting(chosen)?;
        let files = changes.into_iter().map(|change| change.shown().to_owned()).collect();
        Ok(Settled { files, exchanges: numbers.len(), left, along, stays, vars: Vec::new() })
    }

    /// Takes what is proposed out of the inbox: those that are named, or everything.
    ///
    /// # Errors
    /// A name that is not in the inbox; the disk says no.
    pub(crate) fn discard(&self, ids: &[String]) -> Result<Settled, ApiError> {
        let mut numbers = Vec::new();
        if ids.is_empty() {
            numbers.extend(self.recordings.iter().map(|(number, _)| *number).chain(self.later.iter().copied()));
        }
        for id in ids {
            match self.socket(id) {
                Some(number) => numbers.push(number),
                None => numbers.extend(&self.find(id)?.numbers),
            }
        }
        Ok(Settled { exchanges: self.remove(numbers)?, ..Settled::default() })
    }

    fn remove(&self, mut numbers: Vec<u64>) -> Result<usize, ApiError> {
        numbers.sort_unstable();
        numbers.dedup();
        if let Some(log) = &self.log {
            log.remove(&numbers).map_err(|error| store_error(&error))?;
        }
        Ok(numbers.len())
    }

    pub(crate) fn find(&self, id: &str) -> Result<&Proposed, ApiError> {
        let found = self.places.with_id(id);
        found.map(|at| &self.proposed[at]).ok_or_else(|| match self.socket(id) {
            Some(_) => ApiError::new(Code::Usage, format!("`{id}` is a WebSocket, whose messages no fixture can send yet"))
                .with_hint(format!("`mode: passthrough` forwards WebSockets to the backend meanwhile; `understudy inbox show {id}` shows the messages, `understudy inbox discard {id}` deletes them")),
            None => unknown(id, self.proposed.iter().map(|proposed| proposed.shown.id.as_str())),
        })
    }

    /// The number of the recording of a WebSocket.
    fn socket(&self, id: &str) -> Option<u64> {
        let mut sockets = self.recordings.iter().filter(|(_, recording)| is_socket(recording));
        sockets.find(|(number, recording)| conversation::id(*number, recording) == id).map(|(number, _)| *number)
    }
}

/// Says that nothing in the inbox has this id, and which of those that are there may be meant.
pub(crate) fn unknown<'i>(id: &str, there: impl Iterator<Item = &'i str>) -> ApiError {
    let hint = match meant(id, there) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "`understudy inbox` lists what is".to_owned(),
    };
    ApiError::new(Code::UnknownName, format!("`{id}` is not in the inbox")).with_hint(hint)
}
