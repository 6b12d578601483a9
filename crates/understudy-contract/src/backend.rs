//! A backend with everything from the environment filled in.

use http::{HeaderName, HeaderValue};
use std::collections::HashMap;
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
    pub states: Option<Address>,
    /// Whether flows that write may run side by side.
    pub parallel: bool,
}
