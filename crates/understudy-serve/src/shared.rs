//! Many services on one port, told apart by the first label of the host: `http://petshop.localhost:4000`.

use crate::player::Player;
use crate::{problem, refused};
use arc_swap::ArcSwap;
use http::StatusCode;
use http::header::HOST;
use std::collections::BTreeMap;
use std::sync::Arc;
use understudy_match::Rendered;
use understudy_net::{Handler, Inbound, Outbound, Refusal, Reply};

/// Hands each request to the service that its host names.
#[derive(Debug)]
pub struct SharedPort {
    players: ArcSwap<BTreeMap<String, Arc<Player>>>,
}

impl SharedPort {
    /// A port with these services, by name.
    #[must_use]
    pub fn new(players: BTreeMap<String, Arc<Player>>) -> Self {
        Self { players: ArcSwap::from_pointee(by_host(players)) }
    }

    /// These services from now on.
    pub fn set(&self, players: BTreeMap<String, Arc<Player>>) {
        self.players.store(Arc::new(by_host(players)));
    }
}

/// The name of the service that a request asks for.
fn name_in(request: &Inbound) -> Option<String> {
    let host = match request.parts.uri.host() {
        Some(host) => host,
        None => request.parts.headers.get(HOST)?.to_str().ok()?,
    };
    name_of(host)
}

fn name_of(host: &str) -> Option<String> {
    Some(host.split(['.', ':']).next()?.to_ascii_lowercase())
}

fn by_host(players: BTreeMap<String, Arc<Player>>) -> BTreeMap<String, Arc<Player>> {
    players.into_iter().map(|(name, player)| (name.to_ascii_lowercase(), player)).collect()
}

impl Handler for SharedPort {
    fn handle(self: &Arc<Self>, request: Inbound) -> Reply {
        let players = self.players.load();
        if let Some(player) = name_in(&request).and_then(|name| players.get(&name)) {
            return player.handle(request);
        }
        let names: Vec<String> = players.keys().map(|name| format!("{name}.localhost")).collect();
        let detail = format!("the host names the service on this port; there are {}", names.join(", "));
        let rendered = problem::problem(StatusCode::NOT_FOUND, "no-service", "The host names no service", &detail);
        Reply::Now(Outbound::whole(rendered.status, rendered.headers, rendered.body))
    }

    fn noticed(&self, notice: &str) {
        // The port belongs to no service, and every service writes to the same log.
        if let Some(player) = self.players.load().values().next() {
            player.noticed(&format!("on the shared port: {notice}"));
        }
    }

    fn refused(&self, refusal: &Refusal) -> Outbound {
        let players = self.players.load();
        let named = refusal.host.as_deref().and_then(name_of).and_then(|name| players.get(&name));
        // The host may be in the part that was not read: some service has to report the request.
        match named.or_else(|| players.values().next()) {
            Some(player) => player.refused(refusal),
            None => {
                let Rendered { status, headers, body } = refused::response(refusal);
                Outbound::whole(status, headers, body)
            }
        }
    }
}
