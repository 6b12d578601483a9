//! Loopback addresses from which the project itself forwards requests: one service may have another one as its backend, and
//! that one a host of a stranger.

use crate::userinfo;
use understudy_fixture::model::{Mode, Project, Service};
use understudy_net::Address;

/// Returns true if a service of the project takes requests at this address and the project forwards to other hosts. Services
/// may forward to each other, so it does not count which of them does.
pub(super) fn leads_out(project: &Project, address: &Address) -> bool {
    let forwarding = || project.services.iter().filter(|service| service.mode != Mode::Mock);
    let is_at_address = |service: &Service| [Some(service.port), project.port].contains(&Some(address.port));
    forwarding().any(is_at_address) && forwarding().any(has_other_host)
}

/// Returns true if a backend of the service may be on another host.
fn has_other_host(service: &Service) -> bool {
    let is_own = |url: &str| Address::parse(&userinfo::without(url)).is_ok_and(|address| address.is_loopback());
    service.backends.iter().any(|backend| !is_own(&backend.url.text))
}
