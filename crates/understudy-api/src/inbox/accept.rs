//! What accepting does: the files that it makes and changes, and which recordings it settles.
//!
//! A fixture of a flow is nothing without those that come before it. They are made with it, or are there already and are linked;
//! and their recordings stay as long as those of others need them, which would be proposed without their links otherwise.

use super::propose::{Proposed, exchanges_of};
use super::{Chosen, Inbox, News};
use crate::accept::{Judged, accept_some};
use crate::addresses;
use crate::change::FileChange;
use crate::error::{ApiError, Code};
use crate::import::archive::{Making, There, new_files};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use understudy_fixture::same_request;
use understudy_import::{Draft, merge};

/// What accepting writes, and which recordings it settles.
#[derive(Debug, Default)]
pub(crate) struct Accepting {
    pub(crate) changes: Vec<FileChange>,
    pub(crate) numbers: Vec<u64>,
    pub(crate) left: Vec<(String, String)>,
    pub(crate) along: Vec<(String, String)>,
    pub(crate) stays: Vec<(String, String)>,
}

impl Inbox {
    /// What accepting would do; nothing is written yet.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub(crate) fn accepting(&self, chosen: &[Chosen]) -> Result<Accepting, ApiError> {
        let mut all = chosen.to_vec();
        if all.is_empty() {
            let new = self.proposed.iter().filter(|proposed| proposed.shown.news == News::New);
            all.extend(new.map(|proposed| Chosen::one(&proposed.shown.id)));
        }
        let mut names = all.iter().filter_map(|chosen| chosen.name.as_deref());
        if let Some(name) =
            names.find(|name| all.iter().filter(|other| other.name.as_deref() == Some(name)).count() > 1)
        {
            return Err(ApiError::new(
                Code::Usage,
                format!("`{name}` is the name of one fixture, and several are chosen"),
            )
            .with_hint("make one of them with --merge, or accept them one by one"));
        }
        let mut accepting = Accepting::default();
        self.take_along(&mut all, &mut accepting.along)?;
        let mut making: BTreeMap<usize, Vec<Making<'_>>> = BTreeMap::new();
        let mut settled: Vec<&Proposed> = Vec::new();
        for chosen in &all {
            let of: Result<Vec<&Proposed>, ApiError> = chosen.ids.iter().map(|id| self.find(id)).collect();
            let of = of?;
            let first = *of.first().ok_or_else(nothing_chosen)?;
            match (first.shown.news, &first.known) {
                // What is known already need not be recorded any longer.
                (News::Same, _) if is_as_proposed(chosen) => settled.extend(of),
                (News::Changed, Some((fixture, mismatches, answer))) if is_as_proposed(chosen) => {
                    let answer = Some(&self.recordings[*answer].1.exchange.response);
                    let gives = Some(&first.draft.fixture);
                    let judged = Judged { fixture, mismatches, answer, secrets: &[], gives, in_states: true };
                    let loaded = &self.project.services[first.service];
                    let (accepted, changes) = accept_some(&self.project, loaded, judged, |_| true)?;
                    if changes.iter().any(|change| accepting.is_changed(change)) {
                        let why = "its fixture has just got another answer: look again".to_owned();
                        accepting.left.push((first.shown.id.clone(), why));
                        continue;
                    }
                    accepting.changes.extend(changes);
                    if accepted.left.is_empty() {
                        settled.extend(of);
                    }
                    let left = accepted.left.into_iter();
                    accepting.left.extend(left.map(|(place, why)| (first.shown.id.clone(), format!("{place}: {why}"))));
                }
                _ => {
                    let (service, one) = self.making(chosen)?;
                    making.entry(service).or_default().push(one);
                    settled.extend(of);
                }
            }
        }
        for (service, making) in making {
            let loaded = &self.project.services[service];
            let mut files = new_files(&self.project, loaded, &making, &self.there(service))?;
            files.retain(|file| !accepting.is_changed(file));
            accepting.changes.extend(files);
        }
        self.name_services(&settled, &mut accepting);
        self.settle(&settled, &mut accepting);
        Ok(accepting)
    }

    /// Adds the addresses of services in new fixtures to the project's file if it does not have them.
    fn name_services(&self, settled: &[&Proposed], accepting: &mut Accepting) {
        let naming = settled.iter().filter(|one| one.shown.news != News::Same && one.shown.own_address.is_some());
        let services: BTreeSet<usize> = naming.clone().map(|one| one.service).collect();
        let services = services.into_iter().map(|service| &self.project.services[service]);
        let homes = services.filter_map(|loaded| Some((loaded, self.homes.get(&loaded.service.name)?)));
        match addresses::written(&self.project, homes) {
            Ok(file) => accepting.changes.extend(file),
            // The fixtures are valid without the address, but their links lead to the backend.
            Err(error) => {
                let why = error.hint.as_ref().map_or_else(|| error.to_string(), |hint| format!("{error}: {hint}"));
                accepting.left.extend(naming.take(1).map(|one| (one.shown.id.clone(), why.clone())));
            }
        }
    }

    /// Chooses what comes before the chosen ones too, where it is in no need of a person: it is new, or the same.
    fn take_along(&self, all: &mut Vec<Chosen>, along: &mut Vec<(String, String)>) -> Result<(), ApiError> {
        let asked = all.len();
        let mut chosen: BTreeSet<String> = all.iter().flat_map(|chosen| chosen.ids.clone()).collect();
        let mut at = 0;
        while at < all.len() {
            let first = self.find(all[at].ids.first().ok_or_else(nothing_chosen)?)?;
            let is_made = first.shown.news == News::New || !is_as_proposed(&all[at]);
            for parent in self.before(first) {
                let id = &parent.shown.id;
                let is_wanted = match parent.shown.news {
                    News::New => is_made,
                    // Nothing is made of it; its recordings were only kept for what comes after it.
                    News::Same => is_made || at >= asked,
                    News::Changed => false,
                };
                if !is_wanted || !chosen.insert(id.clone()) {
                    continue;
                }
                if parent.shown.news == News::New {
                    along.push((id.clone(), first.shown.id.clone()));
                }
                all.push(Chosen::one(id));
            }
            at += 1;
        }
        Ok(())
    }

    /// Lets the recordings of what is settled go, but for those that others need which are not accepted yet.
    fn settle(&self, settled: &[&Proposed], accepting: &mut Accepting) {
        let ids: BTreeSet<&str> = settled.iter().map(|one| &*one.shown.id).collect();
        let is_settled = |one: &Proposed| ids.contains(&*one.shown.id);
        let waiting = self.proposed.iter().filter(|one| one.shown.news == News::New && !is_settled(one));
        let mut needed: BTreeMap<&str, &str> = BTreeMap::new();
        let mut open: Vec<&Proposed> = waiting.collect();
        while let Some(next) = open.pop() {
            for parent in self.before(next) {
                if !needed.contains_key(&*parent.shown.id) {
                    needed.insert(&parent.shown.id, &next.shown.id);
                    open.push(parent);
                }
            }
        }
        for one in settled {
            match needed.get(&*one.shown.id) {
                Some(after) => accepting.stays.push((one.shown.id.clone(), (*after).to_owned())),
                None => accepting.numbers.extend(&one.numbers),
            }
        }
    }

    /// The proposals that come before a proposal.
    fn before(&self, one: &Proposed) -> impl Iterator<Item = &Proposed> {
        self.places.before(one, &self.proposed).into_iter().map(|at| &self.proposed[at])
    }

    /// The proposals of a service that fixtures stand for already.
    pub(crate) fn there(&self, service: usize) -> Vec<There<'_>> {
        let own = self.proposed.iter().filter(|proposed| proposed.service == service);
        own.filter_map(|Proposed { draft, known, .. }| known.as_ref().map(|(fixture, ..)| There { draft, fixture }))
            .collect()
    }

    /// The fixture that is made of what is chosen, and its service's place in the project.
    pub(crate) fn making<'i>(&'i self, chosen: &'i Chosen) -> Result<(usize, Making<'i>), ApiError> {
        let of: Result<Vec<&Proposed>, ApiError> = chosen.ids.iter().map(|id| self.find(id)).collect();
        let of = of?;
        let first = of.first().ok_or_else(nothing_chosen)?;
        let loaded = &self.project.services[first.service];
        let cannot = |why: String| {
            ApiError::new(Code::Usage, format!("{} cannot be one fixture: {why}", chosen.ids.join(" and ")))
                .with_hint("accept each by itself")
        };
        if let Some(other) = of.iter().find(|other| of.len() > 1 && other.shown.news != News::New) {
            return Err(cannot(format!("a fixture answers {} already", other.shown.id)));
        }
        if let Some(other) = of.iter().find(|other| other.service != first.service) {
            return Err(cannot(format!("{} is of another service", other.shown.id)));
        }
        let draft = if of.len() == 1 {
            Cow::Borrowed(&first.draft)
        } else {
            let drafts: Vec<&Draft> = of.iter().map(|proposed| &proposed.draft).collect();
            let (exchanges, _) = exchanges_of(loaded, &self.recordings);
            Cow::Owned(merge(&drafts, &exchanges).map_err(cannot)?)
        };
        let name = chosen.name.as_deref().map(|name| name.trim().trim_end_matches(".yaml"));
        if let Some(name) = name
            && let Some(known) = same_request(&draft.fixture, loaded.fixtures.iter().map(|known| &**known))
        {
            let message =
                format!("no request could tell `{name}` from {}, which answers {} already", known.file, first.shown.id);
            let hint = match first.shown.news {
                News::Changed => "accept it without a name, and what differs is written there",
                _ => "discard it; to call the fixture something else, rename its file",
            };
            return Err(ApiError::new(Code::Usage, message).with_hint(hint));
        }
        let instead_of = of.iter().map(|proposed| &*proposed.draft.fixture.id).collect();
        Ok((first.service, Making { draft, name, instead_of }))
    }
}

impl Accepting {
    /// Whether a file is changed already.
    fn is_changed(&self, file: &FileChange) -> bool {
        self.changes.iter().any(|other| other.place.path == file.place.path)
    }
}

/// Whether one proposal is taken for what it says it is: with a name, it becomes a fixture of its own.
fn is_as_proposed(chosen: &Chosen) -> bool {
    chosen.ids.len() == 1 && chosen.name.is_none()
}

fn nothing_chosen() -> ApiError {
    ApiError::new(Code::NothingToDo, "nothing is chosen").with_hint("`understudy inbox` lists what there is")
}
