//! The address of a service in its recordings and fixtures.
//!
//! A recording contains the address of its backend. The inbox rewrites the recordings of a service so that all of them
//! use one address. The project has this address, or gets it when a fixture is made. `serve` replaces it by the stub's
//! address, and `verify` by the backend's.

use crate::change::FileChange;
use crate::error::{ApiError, Code};
use crate::project::{LoadedService, Project};
use crate::project_file::{change, member};
use crate::recordings::Recording;
use crate::resolve::{Environment, own_address, stand_in, stand_in_address, written_addresses};
use crate::userinfo;
use std::collections::{BTreeMap, BTreeSet};
use understudy_exchange::{Here, Json, JsonString, Origin, Origins, Request, Response, origin};
use understudy_fixture::model::{EnvText, Service};
use understudy_import::Recorded;
use understudy_net::Address;

/// The common address of a service's recordings.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    address: Address,
    /// All addresses of the service, including those of the recorded backends.
    pub(crate) origins: Origins,
    /// True if the project does not have the address yet.
    is_new: bool,
    /// True if references that are paths alone stay as they are: the address stands in for one whose path is unknown without
    /// the environment.
    keeps_paths: bool,
}

impl Home {
    /// Returns the common address of a service's recordings, which were made with the backends at these addresses.
    /// `None` if no address is known. An address from the environment is never the common one, because files contain it.
    pub(crate) fn of<'b>(service: &Service, backends: impl Iterator<Item = &'b str>) -> Option<Self> {
        let environment: &Environment<'_> = &|name| std::env::var(name).ok();
        let written = written_addresses(service, environment).into_iter();
        let known: Vec<(Address, bool)> =
            written.filter_map(|(text, is_secret)| Some((Address::parse(&text).ok()?, is_secret))).collect();
        let recorded: Vec<(Address, bool)> = backends.filter_map(|text| recorded_at(text, environment)).collect();
        let plain = known.iter().find(|(_, is_secret)| !is_secret).map(|(address, _)| address);
        // The stub's own address is in every version of the project's file. A stub's address never has the backend's
        // path.
        let has_path = recorded.iter().chain(&known).any(|(address, _)| !address.path.is_empty());
        let own = own_address(service).filter(|_| !has_path).and_then(|text| Address::parse(&text).ok());
        let known_stand_in = stand_in_address(service);
        let is_new = known.is_empty() && known_stand_in.is_none();
        // The recorded backend may have been removed from the project.
        let is_recorded_secret = recorded.iter().any(|(_, is_secret)| *is_secret);
        let stand_in = known_stand_in.or_else(|| is_recorded_secret.then(|| stand_in(service)));
        let stand_in = stand_in.and_then(|text| Address::parse(&text).ok());
        let address = plain.or(own.as_ref()).or(stand_in.as_ref());
        let address = address.or(recorded.first().map(|(address, _)| address))?.clone();
        let all = known.iter().chain(&recorded).map(|(address, _)| address).chain(&own).chain(&stand_in);
        let origins = Origins::new(all.filter_map(|address| Origin::parse(&address.to_string())));
        let keeps_paths = stand_in.is_some_and(|stand_in| stand_in == address);
        Some(Self { address, origins, is_new, keeps_paths })
    }

    /// Returns the path prefix that references which are paths alone lose, for a backend with this prefix.
    pub(crate) fn path_to_move<'p>(&self, path: &'p str) -> &'p str {
        if self.keeps_paths { "" } else { path }
    }

    pub(crate) fn here(&self) -> Here<'_> {
        let Address { is_tls, authority, path, .. } = &self.address;
        Here { is_tls: *is_tls, authority: authority.as_str(), path }
    }

    /// The address as text.
    pub(crate) fn shown(&self) -> String {
        self.address.to_string()
    }

    /// Rewrites the addresses in an exchange to this address; `path` is the path prefix of its backend.
    pub(crate) fn bring(&self, exchange: &mut Recorded, path: &str) {
        let origins = self.origins.clone().with_path(self.path_to_move(path));
        let Recorded { request: Request { target, headers, body, .. }, response, .. } = exchange;
        if let Some(moved) = origins.rewrite(target.as_str().as_bytes(), self.here()) {
            *target = moved.try_into().unwrap_or_else(|_| target.clone());
        }
        for (headers, body) in [(headers, body), (&mut response.headers, &mut response.body)] {
            if origin::is_text(headers)
                && let Some(moved) = origins.rewrite(body, self.here())
            {
                *body = moved.into();
            }
            origins.rewrite_fields(headers, self.here());
        }
    }

    /// The places of the service's address in a response: `header link`, `body`.
    pub(crate) fn places_in(&self, response: &Response) -> Vec<String> {
        let names = |value: &[u8]| self.origins.occur_in(value);
        let fields = response.headers.iter().filter(|(_, value)| names(value.as_bytes()));
        let mut places: Vec<String> = fields.map(|(name, _)| format!("header {name}")).collect();
        places.dedup();
        if origin::is_text(&response.headers) && names(&response.body) {
            places.push("body".to_owned());
        }
        places
    }
}

/// The address of a recording's backend. The flag is true if the address uses the environment.
fn recorded_at(text: &str, environment: &Environment<'_>) -> Option<(Address, bool)> {
    let text = EnvText { text: text.to_owned(), span: understudy_fixture::Span { line: 1, column: 1, width: 1 } };
    let address = Address::parse(&userinfo::without(&text.resolve(environment).ok()?)).ok()?;
    Some((address, text.is_secret()))
}

/// Rewrites all recordings to one address for each service. Returns these addresses, by service.
pub(crate) fn bring_home(project: &Project, recordings: &mut [(u64, Recording)]) -> BTreeMap<String, Home> {
    let mut homes = BTreeMap::new();
    for loaded in &project.services {
        let name = &loaded.service.name;
        let own = recordings.iter().filter(|(_, recording)| recording.service == *name);
        let backends: BTreeSet<&str> = own.map(|(_, recording)| recording.backend.as_str()).collect();
        let Some(home) = Home::of(&loaded.service, backends.into_iter()) else { continue };
        for (_, recording) in recordings.iter_mut().filter(|(_, recording)| recording.service == *name) {
            let at = recorded_at(&recording.backend, &|name| std::env::var(name).ok());
            home.bring(&mut recording.exchange, at.as_ref().map_or("", |(address, _)| &address.path));
        }
        homes.insert(name.clone(), home);
    }
    homes
}

/// Returns the project's file with the new addresses of services; `None` if the project has all of them.
///
/// # Errors
/// There is no file, or it is written in a way that cannot be changed.
pub(crate) fn written<'h>(
    project: &Project,
    homes: impl Iterator<Item = (&'h LoadedService, &'h Home)>,
) -> Result<Option<FileChange>, ApiError> {
    let new: Vec<(&str, String)> =
        homes.filter(|(_, home)| home.is_new).map(|(loaded, home)| (&*loaded.service.name, home.shown())).collect();
    let Some((service, address)) = new.first() else { return Ok(None) };
    let cannot = |why: &str| {
        ApiError::new(Code::Usage, format!("the responses name their backend, {address}, and {why}"))
            .with_hint(format!("write `addresses: [{address}]` at the service `{service}` in understudy.yaml"))
    };
    change(project, &cannot, |tree| new.iter().try_for_each(|(service, address)| add(tree, service, address))).map(Some)
}

/// Adds an address to a service that has none.
fn add(tree: &mut Json, service: &str, address: &str) -> Option<()> {
    let service = member(member(tree, "services")?, service)?;
    if *service == Json::Null {
        *service = Json::Object(Vec::new());
    }
    let Json::Object(members) = service else { return None };
    members.retain(|(name, _)| name.as_str() != "addresses");
    members.push((JsonString::new("addresses"), Json::Array(vec![Json::string(address)])));
    Some(())
}
