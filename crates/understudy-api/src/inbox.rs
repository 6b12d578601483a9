//! What was recorded and waits to become fixtures. Nothing is written to the project before somebody accepts it.

use crate::error::{ApiError, Code};
use crate::import::{NewFile, new_files};
use crate::project::{LoadedService, Project, open_project};
use crate::recordings::{self, Recording, store_error};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use understudy_import::{Draft, Recorded, drafts};
use understudy_match::{Choice, Incoming, State, judge};
use understudy_store::Log;

/// The recordings of a project.
#[derive(Debug)]
pub struct Inbox {
    project: Project,
    log: Log,
    recordings: Vec<(u64, Recording)>,
    /// Recordings that were damaged, and where they were put.
    pub damaged: Vec<PathBuf>,
}

/// What is in an inbox.
#[derive(Debug, Clone, Serialize)]
pub struct InboxView {
    /// The fixtures that are proposed, by service, in the order in which they were recorded.
    pub proposals: Vec<Proposal>,
    /// How many exchanges there are.
    pub exchanges: usize,
    /// Exchanges that are not whole, and why: no fixture can be made of them.
    pub cut: Vec<String>,
    /// How many were deleted because there was no room for them any more.
    pub evicted: u64,
}

/// A fixture that is proposed.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// By which it is called here: `shop/items/get`.
    pub id: String,
    /// What it promises: `GET /items/{id} 200`.
    pub promise: String,
    /// `new`, `changed` against the fixture that answers such a request, or the `same`.
    pub news: &'static str,
    /// The fixture that answers such a request already.
    pub fixture: Option<String>,
    /// In what the answer differs from that fixture.
    pub differences: Vec<String>,
    /// How many exchanges it stands for.
    pub exchanges: usize,
    /// The secrets that were taken out: where, and what stands there now.
    pub removed: Vec<(String, String)>,
    /// The file's text.
    pub text: String,
    #[serde(skip)]
    numbers: Vec<u64>,
    #[serde(skip)]
    at: (usize, usize),
}

/// What came of accepting or discarding.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Settled {
    /// The files that were made, relative to the project.
    pub files: Vec<String>,
    /// How many exchanges went from the inbox.
    pub exchanges: usize,
    /// What was not accepted, and why.
    pub left: Vec<(String, String)>,
}

/// One service's drafts, and which exchanges they are of.
struct Drafted<'i> {
    loaded: &'i LoadedService,
    drafts: Vec<Draft>,
    numbers: Vec<u64>,
    recordings: Vec<&'i Recording>,
}

impl Inbox {
    /// Opens a project's inbox.
    ///
    /// # Errors
    /// No project, or recordings that another program has open or that cannot be read.
    pub fn open(root: &Path) -> Result<Self, ApiError> {
        let project = open_project(root)?;
        let (log, damaged) = recordings::open(&project.root)?;
        let mut recordings = Vec::new();
        for number in log.numbers().map_err(|error| store_error(&error))? {
            let bytes = log.get(number).map_err(|error| store_error(&error))?;
            recordings
                .extend(bytes.and_then(|bytes| Recording::from_bytes(&bytes)).map(|recording| (number, recording)));
        }
        Ok(Self { project, log, recordings, damaged })
    }

    /// What is in it.
    #[must_use]
    pub fn view(&self) -> InboxView {
        let cut = self.recordings.iter().filter_map(|(_, recording)| {
            let request = &recording.exchange.request;
            Some(format!("{} {}: {}", request.method, request.target, recording.cut.as_ref()?))
        });
        InboxView {
            proposals: Self::proposals(&self.drafted()),
            exchanges: self.recordings.len(),
            cut: cut.collect(),
            evicted: self.log.evicted(),
        }
    }

    fn drafted(&self) -> Vec<Drafted<'_>> {
        let mut all = Vec::new();
        for loaded in &self.project.services {
            let own = |recording: &Recording| recording.service == loaded.service.name && recording.cut.is_none();
            let recordings: Vec<&(u64, Recording)> =
                self.recordings.iter().filter(|(_, recording)| own(recording)).collect();
            let exchanges: Vec<Recorded> = recordings.iter().map(|(_, recording)| recording.exchange.clone()).collect();
            all.push(Drafted {
                loaded,
                drafts: drafts(&exchanges, &loaded.service.base),
                numbers: recordings.iter().map(|(number, _)| *number).collect(),
                recordings: recordings.iter().map(|(_, recording)| recording).collect(),
            });
        }
        all
    }

    fn proposals(drafted: &[Drafted<'_>]) -> Vec<Proposal> {
        let mut proposals = Vec::new();
        for (service, drafted) in drafted.iter().enumerate() {
            let index = drafted.loaded.index();
            for (at, draft) in drafted.drafts.iter().enumerate() {
                let promise = &draft.fixture;
                let first = &drafted.recordings[draft.exchanges[0]].exchange;
                let known = match index.choose(&Incoming::new(&first.request), &State::new()) {
                    Choice::Promise(place) => Some(&index.promises()[place]),
                    _ => None,
                };
                let differences = known.map_or_else(Vec::new, |known| {
                    let verdicts = known.responses.iter().map(|response| {
                        judge(response, &known.verify.status, &first.request.method, &first.response).mismatches
                    });
                    verdicts.min_by_key(Vec::len).unwrap_or_default()
                });
                let mut removed: Vec<(String, String)> =
                    draft.exchanges.iter().flat_map(|at| drafted.recordings[*at].removed.clone()).collect();
                removed.sort();
                removed.dedup();
                proposals.push(Proposal {
                    id: format!("{}/{}", drafted.loaded.service.name, promise.id),
                    promise: format!(
                        "{} {} {}",
                        promise.request.method, promise.request.path, promise.responses[0].status
                    ),
                    news: match known {
                        None => "new",
                        Some(_) if differences.is_empty() => "same",
                        Some(_) => "changed",
                    },
                    fixture: known.map(|known| known.id.to_string()),
                    differences: differences
                        .iter()
                        .map(|m| {
                            format!("{} {}: expected {}, received {}", m.path, m.kind.as_str(), m.expected, m.received)
                        })
                        .collect(),
                    exchanges: draft.exchanges.len(),
                    removed,
                    text: understudy_fixture::write_fixture(promise),
                    numbers: draft.exchanges.iter().map(|at| drafted.numbers[*at]).collect(),
                    at: (service, at),
                });
            }
        }
        proposals
    }

    /// One of the fixtures that are proposed.
    ///
    /// # Errors
    /// A name that is not in the inbox.
    pub fn proposal(&self, id: &str) -> Result<Proposal, ApiError> {
        let mut found = Self::chosen(&self.drafted(), &[id.to_owned()])?;
        Ok(found.remove(0))
    }

    /// Makes fixtures of what is proposed: of those that are named, or of all that is new.
    ///
    /// # Errors
    /// A name that is not in the inbox; a file that cannot be written. What was written before stays, and so does the rest of
    /// the inbox.
    pub fn accept(&self, ids: &[String]) -> Result<Settled, ApiError> {
        let drafted = self.drafted();
        let chosen = Self::chosen(&drafted, ids)?;
        let mut settled = Settled::default();
        let mut numbers = Vec::new();
        let mut wanted: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for proposal in chosen {
            match proposal.news {
                "changed" => {
                    let why = format!(
                        "{} answers such a request, and differs: edit it, or accept what differs with verify --accept",
                        proposal.fixture.as_deref().unwrap_or("a fixture")
                    );
                    settled.left.push((proposal.id, why));
                }
                // What is known already need not be recorded any longer.
                "same" => numbers.extend(proposal.numbers),
                _ => {
                    wanted.entry(proposal.at.0).or_default().push(proposal.at.1);
                    numbers.extend(proposal.numbers);
                }
            }
        }
        for (service, drafts) in wanted {
            let Drafted { loaded, drafts: all, .. } = &drafted[service];
            let wanted: Vec<Draft> = drafts.iter().map(|at| all[*at].clone()).collect();
            let (files, _) = new_files(loaded, &wanted);
            for NewFile { path, shown, bytes } in files {
                crate::disk::write(&path, &bytes)?;
                settled.files.push(shown);
            }
        }
        settled.exchanges = self.remove(numbers)?;
        Ok(settled)
    }

    /// Takes what is proposed out of the inbox: those that are named, or everything.
    ///
    /// # Errors
    /// A name that is not in the inbox; the disk says no.
    pub fn discard(&self, ids: &[String]) -> Result<Settled, ApiError> {
        let numbers = if ids.is_empty() {
            self.recordings.iter().map(|(number, _)| *number).collect()
        } else {
            Self::chosen(&self.drafted(), ids)?.into_iter().flat_map(|proposal| proposal.numbers).collect()
        };
        Ok(Settled { exchanges: self.remove(numbers)?, ..Settled::default() })
    }

    fn remove(&self, mut numbers: Vec<u64>) -> Result<usize, ApiError> {
        numbers.sort_unstable();
        numbers.dedup();
        self.log.remove(&numbers).map_err(|error| store_error(&error))?;
        Ok(numbers.len())
    }

    fn chosen(drafted: &[Drafted<'_>], ids: &[String]) -> Result<Vec<Proposal>, ApiError> {
        let proposals = Self::proposals(drafted);
        if let Some(unknown) = ids.iter().find(|id| !proposals.iter().any(|proposal| proposal.id == **id)) {
            return Err(ApiError::new(Code::UnknownName, format!("`{unknown}` is not in the inbox"))
                .with_hint("`understudy inbox` lists what is"));
        }
        Ok(proposals.into_iter().filter(|proposal| ids.is_empty() || ids.contains(&proposal.id)).collect())
    }
}
