//! Selects the exchanges of an archive that belong to a service. All other exchanges are listed with the reason, and
//! with the option that includes them.

use super::listing::list_left_out;
use super::servers::{Server, Servers, service_at};
use crate::error::{ApiError, Code};
use crate::project::Project;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use understudy_exchange::redact::Redactor;
use understudy_exchange::target::percent_decode;
use understudy_exchange::{Request, Response};
use understudy_import::{HarArchive, HarExchange, HarLeft, Origin, parse_url};

/// The selection of an archive's exchanges.
#[derive(Debug, Clone, Default)]
pub struct ArchiveOptions {
    /// The server whose exchanges are meant: `https://api.example.com`.
    pub origin: Option<String>,
    /// True if pages and their parts count, too.
    pub pages: bool,
    /// True if responses count whose body is not in the archive: their fixtures have no `body`.
    pub without_body: bool,
    /// The proposals that are accepted at once.
    pub accept: ArchiveAccept,
}

/// The proposals of an archive that are accepted at once. The rest waits in the inbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ArchiveAccept {
    /// New fixtures are written.
    #[default]
    New,
    /// New fixtures are written, and differences are written into those that are there.
    NewAndChanged,
    /// Nothing is written: everything waits in the inbox.
    Nothing,
}

/// An entry of an archive that is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LeftOut {
    /// The method.
    pub method: String,
    /// The URL, without secrets.
    pub url: String,
    /// The reason.
    pub why: String,
    /// The option that includes it.
    pub option: Option<String>,
}

/// The exchanges of services, and what is left out.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// The selected exchanges, each with the name of its service.
    pub(super) chosen: Vec<(String, HarExchange)>,
    /// The exchanges that are left out: the reason, and the option that includes them.
    pub(super) other: Vec<(HarExchange, String, Option<String>)>,
    /// The entries that are not exchanges.
    pub(super) unreadable: Vec<HarLeft>,
}

/// Sorts the exchanges of an archive.
///
/// # Errors
/// The service or the server cannot be determined.
pub(super) fn sort(
    project: &Project,
    service: Option<&str>,
    options: &ArchiveOptions,
    archive: HarArchive,
) -> Result<Sorted, ApiError> {
    let mut sorted = Sorted { unreadable: archive.left, ..Sorted::default() };
    let wanted = Wanted::of(project, service, options, &archive.exchanges)?;
    for mut exchange in archive.exchanges {
        match wanted.service_of(&exchange, options) {
            Ok(service) => {
                if !exchange.is_redacted {
                    wanted.servers.bring(&mut exchange);
                }
                sorted.chosen.push((service, exchange));
            }
            Err((why, option)) => sorted.other.push((exchange, why, option)),
        }
    }
    Ok(sorted)
}

/// The services and servers whose exchanges are selected.
struct Wanted {
    /// The service of all exchanges that do not name one.
    service: String,
    /// The services that an archive of this program may name.
    own: BTreeSet<String>,
    /// The selected servers. Archives of this program may use any server.
    servers: Servers,
    is_origin_said: bool,
}

impl Wanted {
    fn of(
        project: &Project,
        service: Option<&str>,
        options: &ArchiveOptions,
        exchanges: &[HarExchange],
    ) -> Result<Self, ApiError> {
        let named: BTreeSet<&str> = exchanges.iter().filter_map(|exchange| exchange.service.as_deref()).collect();
        let known = |name: &&str| project.services.iter().any(|loaded| loaded.service.name == *name);
        let own: BTreeSet<String> = match service {
            Some(service) if named.contains(service) => BTreeSet::from([service.to_owned()]),
            Some(_) => BTreeSet::new(),
            None => named.iter().copied().filter(known).map(str::to_owned).collect(),
        };
        let is_all_own = !exchanges.is_empty()
            && exchanges.iter().all(|exchange| exchange.service.as_ref().is_some_and(|name| own.contains(name)));
        let first = own.first().cloned();
        let loaded = match (is_all_own, &first) {
            (true, Some(first)) => project.service(first)?,
            _ => match service_at(project, exchanges).filter(|_| service.is_none()) {
                Some(loaded) => loaded,
                None => project.chosen(service)?,
            },
        };
        let said = options.origin.as_deref().map(Server::said).transpose()?;
        let is_origin_said = said.is_some();
        let servers = match said {
            Some(server) => Servers::of_said(loaded, server),
            None => Servers::likeliest(loaded, options.pages, exchanges),
        };
        Ok(Self { service: loaded.service.name.clone(), own, servers, is_origin_said })
    }

    /// Returns the service of an exchange, or why the exchange is left out and which option includes it.
    fn service_of(&self, exchange: &HarExchange, options: &ArchiveOptions) -> Result<String, (String, Option<String>)> {
        let service = match &exchange.service {
            Some(name) if self.own.contains(name) => name,
            Some(name) if !self.own.is_empty() => {
                return Err((format!("recorded for the service `{name}`"), Some(format!("--service {name}"))));
            }
            _ => &self.service,
        };
        let is_own = exchange.is_redacted && !self.is_origin_said;
        let part = exchange.page_part.filter(|_| !options.pages);
        if !is_own && !self.servers.have(exchange) {
            if let Some(paths) = self.servers.paths_at(&exchange.origin) {
                return Err((format!("not below {paths}, where the service is"), None));
            }
            let what = part.map_or_else(String::new, |part| format!("{part}, "));
            let pages = if part.is_some() { " --pages" } else { "" };
            let option = format!("--origin {}{pages}", exchange.origin);
            return Err((format!("{what}from {}", exchange.origin), Some(option)));
        }
        if let Some(part) = part {
            return Err((part.to_string(), Some("--pages".to_owned())));
        }
        if exchange.recorded.response.status == StatusCode::SWITCHING_PROTOCOLS
            && options.accept != ArchiveAccept::Nothing
        {
            let why = "a WebSocket, whose messages no fixture can send yet".to_owned();
            return Err((why, Some("--inbox".to_owned())));
        }
        match &exchange.missing {
            Some(why) if !options.without_body => Err((why.clone(), Some("--without-body".to_owned()))),
            _ => Ok(service.clone()),
        }
    }
}

/// Returns the entries that are left out. Their URLs have no secrets.
pub(super) fn left_out(sorted: &Sorted, redactor: &mut Redactor) -> Vec<LeftOut> {
    let of_exchange = sorted.other.iter().map(|(exchange, why, option)| LeftOut {
        method: exchange.recorded.request.method.to_string(),
        url: exchange.url(),
        why: why.clone(),
        option: option.clone(),
    });
    let of_entry = sorted.unreadable.iter().map(|left| LeftOut {
        method: left.method.clone(),
        url: left.url.clone(),
        why: left.why.clone(),
        option: None,
    });
    let mut all: Vec<LeftOut> = of_entry.chain(of_exchange).collect();
    all.iter_mut().for_each(|left| left.url = without_secrets(&left.url, redactor));
    all
}

fn without_secrets(url: &str, redactor: &mut Redactor) -> String {
    let Ok((origin, target)) = parse_url(url) else {
        return String::from_utf8_lossy(&redactor.message(url.as_bytes(), true, "URL", &mut Vec::new())).into_owned();
    };
    let request =
        Request { method: http::Method::GET, target, headers: http::HeaderMap::new(), body: bytes::Bytes::new() };
    let response = Response { status: StatusCode::OK, headers: http::HeaderMap::new(), body: bytes::Bytes::new() };
    let (request, ..) = redactor.exchange(request, response);
    format!("{origin}{}", percent_decode(request.target.as_str()))
}

/// Reports that no exchange is left, and lists the servers with the option that selects each.
pub(super) fn nothing(sorted: &Sorted, left: &[LeftOut]) -> ApiError {
    if left.is_empty() {
        return ApiError::new(Code::NothingToDo, "there is no exchange in it")
            .with_hint("record while a page's scripts ask the service, and save the archive with content");
    }
    let mut error = ApiError::new(Code::NothingToDo, "no exchange of a service is in it");
    let servers = servers(sorted);
    let found: Vec<String> = servers.iter().map(|(origin, _)| origin.to_string()).collect();
    error.details = vec![list_left_out(left).trim_end().to_owned()];
    if !found.is_empty() {
        error.details.push(format!("servers in it: {}", found.join(", ")));
    }
    error.with_hint(hint(&servers, left))
}

/// Returns the servers of the entries that are left out. Servers that sent responses to scripts come first.
fn servers(sorted: &Sorted) -> Vec<(&Origin, usize)> {
    let mut all: BTreeMap<&Origin, usize> = BTreeMap::new();
    for (exchange, ..) in &sorted.other {
        *all.entry(&exchange.origin).or_default() += usize::from(exchange.page_part.is_none());
    }
    let mut all: Vec<(&Origin, usize)> = all.into_iter().collect();
    all.sort_by_key(|(_, by_scripts)| std::cmp::Reverse(*by_scripts));
    all
}

/// Returns advice for an archive of which all entries are left out.
fn hint(servers: &[(&Origin, usize)], left: &[LeftOut]) -> String {
    let is_for =
        |start: &str| left.iter().any(|left| left.option.as_deref().is_some_and(|option| option.starts_with(start)));
    let asked = servers.iter().filter(|(_, by_scripts)| *by_scripts > 0).map(|(origin, _)| origin.to_string());
    let asked: Vec<String> = asked.collect();
    if is_for("--without-body") {
        "save the archive with content; --without-body makes fixtures that promise nothing of the body".to_owned()
    } else if is_for("--inbox") {
        "--inbox puts what was said on a WebSocket into the inbox".to_owned()
    } else if is_for("--origin") && !asked.is_empty() {
        format!("say which server is meant: --origin {}", asked.join(", or --origin "))
    } else if is_for("--pages") {
        "record while a page's scripts ask the service; --pages makes fixtures of pages and their parts, too".to_owned()
    } else if let (true, [(origin, _), ..]) = (is_for("--origin"), servers) {
        format!("say which server is meant, and whether pages are: --origin {origin} --pages")
    } else {
        "record while a page's scripts ask the service, and save the archive with content".to_owned()
    }
}
