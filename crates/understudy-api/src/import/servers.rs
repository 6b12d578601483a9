//! The servers of a service, with their path prefixes.

use crate::error::{ApiError, Code};
use crate::project::{LoadedService, Project};
use crate::userinfo;
use std::collections::BTreeMap;
use understudy_import::{HarExchange, Origin, PagePart, parse_url};

/// A server and its path prefix: empty, or a path such as `/v1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    origin: Origin,
    path: String,
    /// The address as it is written, if variables of the environment are filled in.
    written: Option<String>,
}

/// The servers of a service. Those with longer paths come first.
#[derive(Debug)]
pub(super) struct Servers(Vec<Server>);

impl Server {
    fn parse(text: &str) -> Option<Self> {
        let (origin, target) = parse_url(text).ok()?;
        Some(Self { origin, path: target.path().trim_end_matches('/').to_owned(), written: None })
    }

    /// Reads the server that a person named.
    ///
    /// # Errors
    /// The text is not an HTTP URL.
    pub(super) fn said(text: &str) -> Result<Self, ApiError> {
        Self::parse(text).ok_or_else(|| {
            ApiError::new(Code::Usage, format!("`{text}` is no server"))
                .with_hint("write it as --origin https://api.example.com")
        })
    }

    fn has(&self, exchange: &HarExchange) -> bool {
        let below = exchange.recorded.request.path().strip_prefix(self.path.as_str());
        self.origin == exchange.origin && below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }
}

impl Servers {
    fn new(mut servers: Vec<Server>) -> Self {
        servers.sort_by_key(|server| std::cmp::Reverse(server.path.len()));
        Self(servers)
    }

    /// Returns the server that a person named. If the name has no path, the paths of backends at this origin apply.
    pub(super) fn of_said(loaded: &LoadedService, said: Server) -> Self {
        let known = known(loaded).into_iter().filter(|server| server.origin == said.origin && said.path.is_empty());
        let known: Vec<Server> = known.collect();
        Self::new(if known.is_empty() { vec![said] } else { known })
    }

    /// Returns the addresses of the service if the archive has exchanges with one of them, or else the server that sent
    /// the most responses to scripts.
    pub(super) fn likeliest(loaded: &LoadedService, pages: bool, exchanges: &[HarExchange]) -> Self {
        let known = known(loaded);
        if exchanges.iter().any(|exchange| known.iter().any(|server| server.has(exchange))) {
            return Self::new(known);
        }
        // Trackers send many beacons, whose responses are empty.
        let mut counted: BTreeMap<&Origin, (usize, usize, usize)> = BTreeMap::new();
        for (at, exchange) in exchanges.iter().enumerate() {
            let is_wanted = exchange.page_part.is_none() || pages && exchange.page_part == Some(PagePart::Page);
            if !is_wanted {
                continue;
            }
            let (with_body, all, _) = counted.entry(&exchange.origin).or_insert((0, 0, usize::MAX - at));
            *with_body += usize::from(!exchange.recorded.response.body.is_empty());
            *all += 1;
        }
        let most = counted.into_iter().max_by_key(|(_, counts)| *counts);
        Self(
            most.map(|(origin, _)| Server { origin: origin.clone(), path: String::new(), written: None })
                .into_iter()
                .collect(),
        )
    }

    /// Returns true if an exchange is with one of the servers.
    pub(super) fn have(&self, exchange: &HarExchange) -> bool {
        self.0.iter().any(|server| server.has(exchange))
    }

    /// Returns a readable list of the addresses at an origin; `None` if there is none.
    pub(super) fn paths_at(&self, origin: &Origin) -> Option<String> {
        let at = self.0.iter().filter(|server| server.origin == *origin);
        let shown = |Server { origin, path, written }: &Server| written.clone().unwrap_or(format!("{origin}{path}"));
        let all: Vec<String> = at.map(shown).collect();
        (!all.is_empty()).then(|| all.join(" or "))
    }

    /// Removes the path prefix of the server from a request, since fixtures have paths without it.
    pub(super) fn bring(&self, exchange: &mut HarExchange) {
        let Some(Server { origin, path, .. }) = self.0.iter().find(|server| server.has(exchange)) else { return };
        let target = &mut exchange.recorded.request.target;
        let below = &target.as_str()[path.len()..];
        let below = if below.starts_with('/') { below.to_owned() } else { format!("/{below}") };
        *target = below.parse().unwrap_or_else(|_| target.clone());
        exchange.backend = format!("{origin}{path}");
    }
}

/// Returns the only service of a project with an address that occurs in these exchanges.
pub(super) fn service_at<'p>(project: &'p Project, exchanges: &[HarExchange]) -> Option<&'p LoadedService> {
    let answered = |loaded: &&LoadedService| {
        let known = known(loaded);
        exchanges.iter().any(|exchange| known.iter().any(|server| server.has(exchange)))
    };
    let mut all = project.services.iter().filter(answered);
    all.next().filter(|_| all.next().is_none())
}

/// Returns the addresses of a service: those of its backends and its own.
fn known(loaded: &LoadedService) -> Vec<Server> {
    let backends = loaded.service.backends.iter().map(|backend| &backend.url);
    let all = backends.chain(&loaded.service.addresses);
    all.filter_map(|text| {
        let server = Server::parse(&text.resolve(&|name| std::env::var(name).ok()).ok()?)?;
        let written = text.is_secret().then(|| userinfo::without(&text.text).into_owned());
        Some(Server { written, ..server })
    })
    .collect()
}
