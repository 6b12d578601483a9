//! Requests that a server must not handle, whatever it serves (RFC 9112, section 3.2; RFC 9110, section 9.3.6).

use crate::message::Outbound;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version};

/// Returns the response to a request that breaks the rules about `host`, or that requests a tunnel.
pub(crate) fn refuse<B>(request: &Request<B>) -> Option<Outbound> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let is_named = hosts.next().is_some() || request.version() != Version::HTTP_11;
    if !is_named {
        return Some(refused(StatusCode::BAD_REQUEST, "the request has no `host`, which HTTP/1.1 requires"));
    }
    if hosts.next().is_some() {
        return Some(refused(StatusCode::BAD_REQUEST, "the request has more than one `host`"));
    }
    if *request.method() == Method::CONNECT {
        let why = "this server is not a proxy that opens tunnels: send requests to it as to any other server";
        return Some(refused(StatusCode::NOT_IMPLEMENTED, why));
    }
    None
}

#[cold]
fn refused(status: StatusCode, why: &'static str) -> Outbound {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))]);
    Outbound::whole(status, headers, why.into())
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
            let refused = refuse(&request).map(|outbound| outbound.status.as_u16());
            assert_eq!(refused, status, "{method} {version:?} {hosts:?}");
        }
    }
}
