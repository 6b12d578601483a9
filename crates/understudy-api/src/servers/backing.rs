//! The backends behind services, and the permission that they need.

use super::{Asked, Recorded, Servers};
use crate::clock;
use crate::error::ApiError;
use crate::project::LoadedService;
use crate::resolve::{self, Locked};
use crate::trust::Disclosure;
use std::sync::Arc;
use understudy_exchange::Origins;
use understudy_fixture::model::Mode;
use understudy_net::PerThread;
use understudy_serve::{Admission, Backing, Forwarding, Recorder, Snapshot, Withheld};

/// The properties of a service's backend that people see.
#[derive(Debug, Default)]
pub(super) struct Behind {
    pub(super) recorded: Option<Recorded>,
    /// The variables of the environment that the backend gets, or would get.
    disclosures: Vec<Disclosure>,
    /// The reason why the backend gets no requests.
    withheld: Option<ApiError>,
}

impl Servers {
    /// Asks for the permissions that forwarding needs, if there is somebody to ask. Without a permission the service is
    /// served, and forwards nothing.
    ///
    /// # Errors
    /// An answer cannot be remembered.
    pub(crate) fn ask(&self) -> Result<(), ApiError> {
        let project = &self.project;
        let wanted = self.wanted();
        let forwards =
            |loaded: &&LoadedService| wanted.contains(&loaded.service.name) && self.mode(&loaded.service) != Mode::Mock;
        // A backend that cannot be used is reported when its service starts.
        let backends =
            project.services.iter().filter(forwards).filter_map(|loaded| self.backend(loaded).ok().flatten());
        let disclosures: Vec<Disclosure> = backends.flat_map(|backend| backend.disclosures().to_vec()).collect();
        self.options.trust.ask(&project.root, &disclosures)
    }

    /// Asks for the permission that recording a backend needs, if there is somebody to ask.
    ///
    /// # Errors
    /// As [`Servers::record`]; the answer cannot be remembered.
    pub(crate) fn ask_for_recording(&self, name: &str, backend: Option<&str>) -> Result<(), ApiError> {
        let loaded = self.project.service(name)?;
        let backend = self.named_backend(loaded, backend)?;
        let disclosures = backend.as_ref().map_or(&[][..], Locked::disclosures);
        self.options.trust.ask(&self.project.root, disclosures)
    }

    /// The variables of the environment that a service's backend gets.
    pub(crate) fn disclosed(&self, name: &str) -> &[Disclosure] {
        let behind = self.running.get(name).map(|running| &running.behind);
        behind.filter(|behind| behind.withheld.is_none()).map_or(&[], |behind| &behind.disclosures)
    }

    /// The reason why a service's backend gets no requests.
    pub(crate) fn withheld(&self, name: &str) -> Option<&ApiError> {
        self.running.get(name)?.behind.withheld.as_ref()
    }

    /// The permissions that a service's backend lacks.
    pub(crate) fn not_allowed(&self, name: &str) -> Vec<Disclosure> {
        let disclosures = self.running.get(name).map_or(&[][..], |running| &running.behind.disclosures);
        self.options.trust.not_allowed(&self.project.root, disclosures)
    }

    /// Forwards requests again to backends that were not allowed before.
    pub(crate) fn follow_permissions(&mut self) {
        let project = Arc::clone(&self.project);
        for loaded in
            project.services.iter().filter(|loaded| self.withheld(&loaded.service.name).is_some()).collect::<Vec<_>>()
        {
            // What was served goes on where it cannot be read anew.
            let _ = self.refresh(loaded);
        }
    }

    /// The backend that a service's requests go to, if they go to one.
    pub(super) fn backend(&self, loaded: &LoadedService) -> Result<Option<Locked>, ApiError> {
        let named = match self.asked.get(&loaded.service.name) {
            Some(Asked::Record { backend: Some(backend) }) => Some(backend),
            _ => self.options.backend.as_ref(),
        };
        self.named_backend(loaded, named.map(String::as_str))
    }

    fn named_backend(&self, loaded: &LoadedService, named: Option<&str>) -> Result<Option<Locked>, ApiError> {
        resolve::backend(&self.project, &loaded.service, named, &|name| std::env::var(name).ok())
    }

    pub(super) fn snapshot(
        &mut self,
        loaded: &LoadedService,
        previous: Option<&Snapshot>,
    ) -> Result<(Snapshot, Behind), ApiError> {
        let mode = self.mode(&loaded.service);
        let locked = if mode == Mode::Mock { None } else { self.backend(loaded)? };
        let disclosures = locked.as_ref().map_or_else(Vec::new, |locked| locked.disclosures().to_vec());
        let admission = Arc::new(Admission::new(&loaded.service, self.options.host));
        let own = || Arc::new(resolve::origins(&loaded.service, &|name| std::env::var(name).ok()));
        let backend = match locked.map(|locked| locked.unlock(&self.project.root, &self.options.trust)) {
            Some(Ok(backend)) => Some(backend),
            Some(Err(why)) => {
                let hint = why.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
                let explanation = Arc::from(format!("{why}{hint}"));
                let backing =
                    Backing::Withheld(Withheld { explanation, fixtures_respond: mode != Mode::Record, admission });
                let behind = Behind { recorded: None, disclosures, withheld: Some(why) };
                return Ok((self.snapshot_of(loaded, &own(), backing, previous), behind));
            }
            None => None,
        };
        let shown = backend.as_ref().map(|backend| backend.shown.clone());
        let origins = backend.as_ref().map_or_else(own, |backend| Arc::new(backend.addresses.received.clone()));
        let forwarding = backend.map(|backend| Forwarding {
            backend: self.client.to(&backend.address),
            headers: backend.headers,
            origins: Arc::clone(&origins),
            admission,
        });
        let backing = match (mode, forwarding) {
            (Mode::Mock, _) | (_, None) => Backing::Nothing,
            (Mode::Passthrough, Some(forwarding)) => Backing::Passthrough(forwarding),
            (Mode::Fallback, Some(forwarding)) => Backing::Fallback(forwarding),
            (Mode::Record, Some(forwarding)) => {
                let recording = self.tape.recording(&self.project);
                let observer = Arc::clone(&self.observer);
                let shown = shown.as_deref().unwrap_or_default();
                Backing::Record(PerThread::new(Recorder::new(&loaded.service, forwarding, shown, recording, observer)))
            }
        };
        let before = self.recorded(&loaded.service.name);
        let recorded = shown.filter(|_| mode == Mode::Record).map(|backend| match before {
            Some(before) if before.backend == backend => before.clone(),
            _ => Recorded { backend, since: clock::now().unix_millis },
        });
        let behind = Behind { recorded, disclosures, withheld: None };
        Ok((self.snapshot_of(loaded, &origins, backing, previous), behind))
    }

    pub(super) fn snapshot_of(
        &self,
        loaded: &LoadedService,
        origins: &Arc<Origins>,
        backing: Backing,
        previous: Option<&Snapshot>,
    ) -> Snapshot {
        let description = loaded.description().map(Arc::clone);
        let state = self.options.state.clone();
        Snapshot::new(&loaded.service, origins, loaded.fixtures.clone(), description, backing, state, previous)
    }
}
