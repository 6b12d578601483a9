//! A backend with everything from the environment filled in.

use http::{HeaderName, HeaderValue};
use std::collections::HashMap;
use understudy_exchange::{Here, Origins};
use understudy_net::Address;

/// The real server that a service is verified against.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Its name, or its address where it was given as one.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// The address for people: without what came from the environment.
    pub shown: String,
    /// Added to every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Values of `{{name}}`.
    pub vars: HashMap<String, String>,
    /// Values that came from the environment: they are not shown.
    pub secrets: Vec<String>,
    /// Whether write methods may be sent.
    pub writes: bool,
    /// Where fixtures' `given` is posted to.
    pub states: Option<StatesEndpoint>,
    /// Whether flows that write may run side by side.
    pub parallel: bool,
    /// The addresses of the service.
    pub addresses: Addresses,
}

/// The endpoint that sets the states of a backend.
#[derive(Debug, Clone)]
pub struct StatesEndpoint {
    /// The address of the endpoint.
    pub address: Address,
    /// The `authorization` of the user in its URL.
    pub authorization: Option<HeaderValue>,
}

/// The addresses of a service on both sides of a comparison, each with its path prefix.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// The addresses in fixtures.
    pub promised: Origins,
    /// The addresses in responses of the backend.
    pub received: Origins,
}

impl Backend {
    /// The backend's address, to which both sides are rewritten before they are compared.
    #[must_use]
    pub fn here(&self) -> Here<'_> {
        let Address { is_tls, authority, path, .. } = &self.address;
        Here { is_tls: *is_tls, authority: authority.as_str(), path }
    }
}
