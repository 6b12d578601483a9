//! The requests that may reach the backend of a service.
//!
//! The backend gets the project's credentials, and the port is open to every page that the developer's browser shows.
//! So a request is refused if a page on another site sent it, or if it came for a host name that may be anybody's: with
//! DNS rebinding, a site gives its own name the address of this machine, and its page is then of the same origin.

use crate::problem;
use http::header::{HOST, ORIGIN, REFERER};
use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode};
use std::borrow::Cow;
use std::net::IpAddr;
use understudy_exchange::{HostName, PageOrigin};
use understudy_fixture::model::Service;
use understudy_match::Rendered;

/// The relation between the page that sent a request and the server (W3C, "Fetch Metadata Request Headers").
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The pages and host names that a service with a backend trusts.
#[derive(Debug)]
pub struct Admission {
    service: String,
    /// The pages that the project lists, beside those on this machine.
    origins: Vec<PageOrigin>,
    /// The names of this machine that the project lists, beside the loopbacks.
    hosts: Vec<HostName>,
    /// The address that the service listens on, if that is not the loopbacks.
    address: Option<IpAddr>,
}

/// The reason why a request does not reach the backend.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The request came for this host; `None` if the host is not valid.
    Host(Option<HostName>),
    /// A page on this origin sent the request.
    Page(PageOrigin),
    /// A page whose origin is `null` sent the request.
    NoOrigin,
    /// A page on another site sent it, and the request does not name its origin.
    UnnamedPage,
}

impl Admission {
    /// Creates the rules of a service that listens on an address; `None` is the loopbacks.
    #[must_use]
    pub fn new(service: &Service, address: Option<IpAddr>) -> Self {
        let Service { name, origins, hosts, .. } = service;
        Self { service: name.clone(), origins: origins.clone(), hosts: hosts.clone(), address }
    }

    /// Returns an error if a request must not reach the backend.
    pub(crate) fn check(&self, parts: &Parts) -> Result<(), Refused> {
        let host = self.host(parts)?;
        let admit = |origin: PageOrigin| match self.is_own(origin.host(), host.as_ref()) {
            true => Ok(()),
            false if self.origins.contains(&origin) => Ok(()),
            false => Err(Refused::Page(origin)),
        };
        for origin in parts.headers.get_all(ORIGIN) {
            let origin = origin.to_str().ok().and_then(PageOrigin::parse);
            admit(origin.ok_or(Refused::NoOrigin)?)?;
        }
        let is_cross_site = || parts.headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site");
        if parts.headers.contains_key(ORIGIN) || !is_cross_site() {
            return Ok(());
        }
        // Links, images and frames have no origin. A page can leave out its address, and cannot name another's.
        admit(referer(&parts.headers).ok_or(Refused::UnnamedPage)?)
    }

    /// Returns the host that the client requested. Only old clients, and no browsers, name no host.
    fn host(&self, parts: &Parts) -> Result<Option<HostName>, Refused> {
        let written = match parts.uri.authority() {
            Some(authority) => Some(Cow::Borrowed(authority.as_str())),
            None => parts.headers.get(HOST).map(|host| String::from_utf8_lossy(host.as_bytes())),
        };
        let Some(written) = written else { return Ok(None) };
        let (host, _) = HostName::split(&written).ok_or(Refused::Host(None))?;
        let is_listened_on = |address: IpAddr| match self.address {
            // An address cannot be rebound. That the request came shows that it is one of this machine.
            Some(own) => own.is_unspecified() || own.to_canonical() == address,
            None => false,
        };
        let is_local = host.is_loopback() || host.is_single_label();
        let is_own = is_local || self.hosts.contains(&host) || host.address().is_some_and(is_listened_on);
        if is_own { Ok(Some(host)) } else { Err(Refused::Host(Some(host))) }
    }

    /// Returns true if a page's host is this machine: a loopback, a listed name, or the host that
    /// the client requested.
    fn is_own(&self, page: &HostName, host: Option<&HostName>) -> bool {
        page.is_loopback() || self.hosts.contains(page) || host == Some(page)
    }

    /// Returns the reason and what to do about it, in lines.
    pub(crate) fn explain(&self, refused: &Refused) -> String {
        let Self { service, .. } = self;
        let place = format!("at the service `{service}` in understudy.yaml");
        let listed = |key: &str, is_first: bool, entry: &str| match is_first {
            true => format!("write `{}` {place}", key.replace("...", entry)),
            false => format!("add {entry} to `{key}` {place}"),
        };
        let origins = |entry: &str| listed("cors: { origins: [...] }", self.origins.is_empty(), entry);
        match refused {
            Refused::Page(origin) => format!(
                "a page on {origin} sent this request, and pages on other sites do not reach the backend of \
                 `{service}`\nif you trust that site, {}",
                origins(&origin.to_string())
            ),
            Refused::NoOrigin => format!(
                "a page without an origin (a file, or a sandboxed frame) sent this request, and such a page does not \
                 reach the backend of `{service}`\nopen the page from http://localhost instead"
            ),
            Refused::UnnamedPage => format!(
                "a page on another site led to this request (`sec-fetch-site: cross-site`), and such a page does not \
                 reach the backend of `{service}`\nenter the address in the browser instead, or, if you trust that \
                 site, {}",
                origins("https://HOST")
            ),
            Refused::Host(Some(host)) => format!(
                "the request came for the host {host}, and only names of this machine reach the backend of \
                 `{service}`\nif it is one, {}",
                listed("hosts: [...]", self.hosts.is_empty(), &host.to_string())
            ),
            Refused::Host(None) => format!(
                "the request names no valid host, and only names of this machine reach the backend of `{service}`\nuse \
                 http://localhost"
            ),
        }
    }
}

/// Returns the origin of the page that led to a request.
fn referer(headers: &HeaderMap) -> Option<PageOrigin> {
    headers.get(REFERER)?.to_str().ok().and_then(PageOrigin::of_url)
}

/// Returns the response to a request that does not reach the backend. The response has no CORS
/// fields, so the page cannot read the response.
pub(crate) fn response(refused: &Refused, explanation: &str) -> Rendered {
    let (kind, title) = match refused {
        Refused::Host(_) => ("host-not-allowed", "The host is not allowed"),
        _ => ("origin-not-allowed", "The page's origin is not allowed"),
    };
    problem::problem(StatusCode::FORBIDDEN, kind, title, explanation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(admission: &Admission, fields: &[(&'static str, &str)]) -> Result<(), Refused> {
        let request =
            fields.iter().fold(http::Request::get("/a"), |request, (name, value)| request.header(*name, *value));
        admission.check(&request.body(()).unwrap().into_parts().0)
    }

    fn admission(address: Option<&str>) -> Admission {
        Admission {
            service: "s".to_owned(),
            origins: vec![PageOrigin::parse("https://app.example.com").unwrap()],
            hosts: vec![HostName::parse("shop.test").unwrap()],
            address: address.map(|address| address.parse().unwrap()),
        }
    }

    #[test]
    fn pages_of_this_machine_and_listed_pages_reach_the_backend() {
        let admission = admission(None);
        for origin in [
            "http://localhost:5173",
            "https://localhost",
            "http://shop.localhost:3000",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "http://shop.test:5173",
            "https://app.example.com",
            "capacitor://localhost",
        ] {
            assert_eq!(check(&admission, &[("host", "localhost:4010"), ("origin", origin)]), Ok(()), "{origin}");
        }
        for origin in [
            "https://evil.example",
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com.evil.example",
            "http://localhost.evil.example",
            "http://10.0.0.1",
            "null",
            "",
        ] {
            assert!(check(&admission, &[("host", "localhost:4010"), ("origin", origin)]).is_err(), "{origin}");
        }
        let both = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "https://evil.example")];
        assert!(check(&admission, &both).is_err());
    }

    #[test]
    fn a_request_without_an_origin_is_judged_by_the_page_that_led_to_it() {
        let admission = admission(None);
        for (fields, is_admitted) in [
            (&[][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("referer", "https://evil.example/")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("referer", "https://evil.example/")], false),
            (&[("sec-fetch-site", "cross-site"), ("referer", "http://127.0.0.1:3000/a")], true),
            (&[("sec-fetch-site", "cross-site"), ("referer", "https://app.example.com/")], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:3000")], true),
        ] {
            assert_eq!(check(&admission, fields).is_ok(), is_admitted, "{fields:?}");
        }
    }

    #[test]
    fn a_host_is_a_name_of_this_machine() {
        let any = [
            "localhost:4010",
            "s.localhost:4000",
            "127.0.0.1:4010",
            "[::1]:4010",
            "mock:4010",
            "shop.test",
            "SHOP.test:4010",
        ];
        for (address, own, others) in [
            (None, &[][..], &["evil.example", "10.0.0.5:4010", "localhost.evil.example", "a b", ""][..]),
            (Some("10.0.0.5"), &["10.0.0.5:4010"], &["10.0.0.6", "evil.example"]),
            (Some("0.0.0.0"), &["10.0.0.5:4010", "10.0.0.6"], &["evil.example"]),
            (Some("::"), &["[fd00::1]:4010", "10.0.0.6"], &["evil.example"]),
        ] {
            let admission = admission(address);
            for host in any.iter().chain(own) {
                assert_eq!(check(&admission, &[("host", host)]), Ok(()), "{address:?} {host}");
            }
            for host in others {
                assert!(matches!(check(&admission, &[("host", host)]), Err(Refused::Host(_))), "{address:?} {host}");
            }
        }
    }

    #[test]
    fn a_page_of_the_host_that_the_client_asked_is_of_the_same_machine() {
        let admission = admission(Some("0.0.0.0"));
        let from = |origin| check(&admission, &[("host", "10.0.0.5:4010"), ("origin", origin)]);
        assert_eq!(from("http://10.0.0.5:3000"), Ok(()));
        assert!(from("http://203.0.113.9").is_err());
    }
}
