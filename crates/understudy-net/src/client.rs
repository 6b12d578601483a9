//! The addresses that requests are sent to.

use crate::address::Address;
use crate::connect::Connectors;
use crate::peer::Peer;
use std::sync::{Arc, Mutex, PoisonError};

/// Sends requests, over HTTP/2 where the server speaks it. Redirects are not followed; TLS is verified against the
/// system's certificates.
#[derive(Debug, Default)]
pub struct Client {
    /// A client has a handful of addresses: looking through them is quicker than a table.
    peers: Mutex<Vec<Arc<Peer>>>,
    connectors: Arc<Connectors>,
}

impl Client {
    /// A client with no connections yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Who is at an address: the same one whenever it is asked for, with the connections that there are.
    #[must_use]
    pub fn to(&self, address: &Address) -> Arc<Peer> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = peers.iter().find(|peer| peer.address() == address) {
            return Arc::clone(peer);
        }
        let peer = Arc::new(Peer::new(address.clone(), Arc::clone(&self.connectors)));
        peers.push(Arc::clone(&peer));
        peer
    }
}
