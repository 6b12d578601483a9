//! Requests that a server must not handle, whatever it serves (RFC 9112, section 3.2; RFC 9110, section 9.3.6).

use crate::refusal::{Refusal, RefusalReason};
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{Method, Request, StatusCode, Version};

/// Refuses a request that breaks the rules about `host`, or that asks for a tunnel.
pub(crate) fn refuse<B>(request: &Request<B>) -> Option<Refusal> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let is_named = hosts.next().is_some() || request.version() != Version::HTTP_11;
    if !is_named {
        return Some(refused(request, RefusalReason::NoHost));
    }
    if hosts.next().is_some() {
        return Some(refused(request, RefusalReason::SeveralHosts));
    }
    (*request.method() == Method::CONNECT).then(|| refused(request, RefusalReason::Tunnel))
}

#[cold]
fn refused<B>(request: &Request<B>, reason: RefusalReason) -> Refusal {
    let status = match reason {
        RefusalReason::Tunnel => StatusCode::NOT_IMPLEMENTED,
        _ => StatusCode::BAD_REQUEST,
    };
    // The target of CONNECT has no path.
    let target = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    Refusal { status, reason, line: Some((request.method().clone(), target)), host: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_one_host_and_asks_for_no_tunnel() {
        for (method, version, hosts, status) in [
            ("GET", Version::HTTP_11, &["a"][..], None),
            ("GET", Version::HTTP_11, &[""], None),
            ("GET", Version::HTTP_10, &[], None),
            ("GET", Version::HTTP_2, &[], None),
            ("GET", Version::HTTP_11, &[], Some(400)),
            ("GET", Version::HTTP_11, &["a", "a"], Some(400)),
            ("GET", Version::HTTP_10, &["a", "b"], Some(400)),
            ("GET", Version::HTTP_2, &["a", "b"], Some(400)),
            ("CONNECT", Version::HTTP_11, &["a:443"], Some(501)),
        ] {
            let request = Request::builder().method(method).version(version);
            let request = hosts.iter().fold(request, |request, host| request.header(HOST, *host)).body(()).unwrap();
            let refused = refuse(&request).map(|refusal| refusal.status.as_u16());
            assert_eq!(refused, status, "{method} {version:?} {hosts:?}");
        }
    }
}
