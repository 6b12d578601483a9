//! Rewrites responses of stubs and proxies: the service's address becomes the one that the client used, and cookies
//! become valid there.

use http::header::{HOST, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use understudy_exchange::origin::is_text;
use understudy_exchange::{Here, Origins};
use understudy_match::Rendered;

/// Returns the authority that the client used. Only a plain host and port are accepted, since the authority is written
/// into responses.
pub(crate) fn authority(request: &HeaderMap) -> Option<&str> {
    let host = request.get(HOST)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    (!host.is_empty() && host.bytes().all(is_plain)).then_some(host)
}

/// The address that the client used, without TLS.
pub(crate) fn here(authority: &str) -> Here<'_> {
    Here { is_tls: false, authority, path: "" }
}

/// Writes our address into the body and the header fields of a response.
pub(crate) fn speak_in(rendered: &mut Rendered, origins: &Origins, request: &HeaderMap) {
    let Some(authority) = authority(request).filter(|_| !origins.is_empty()) else { return };
    speak(&mut rendered.headers, origins, authority);
    if is_text(&rendered.headers)
        && let Some(body) = origins.rewrite(&rendered.body, here(authority))
    {
        rendered.body = body.into();
    }
}

/// Writes our address into header fields, and makes cookies valid for the client. Returns true if a field changed.
pub(crate) fn speak(headers: &mut HeaderMap, origins: &Origins, authority: &str) -> bool {
    let has_changed = !origins.is_empty() && origins.rewrite_fields(headers, here(authority));
    if !headers.contains_key(SET_COOKIE) {
        return has_changed;
    }
    let path = origins.path();
    let cookies =
        headers.get_all(SET_COOKIE).iter().map(|cookie| (cookie.clone(), own_cookie(cookie, authority, path)));
    let cookies: Vec<(HeaderValue, Option<HeaderValue>)> = cookies.collect();
    if cookies.iter().all(|(_, own)| own.is_none()) {
        return has_changed;
    }
    headers.remove(SET_COOKIE);
    for (cookie, own) in cookies {
        headers.append(SET_COOKIE, own.unwrap_or(cookie));
    }
    true
}

/// Returns a cookie that a client accepts over plain HTTP from this authority; `None` if nothing has to change.
///
/// - `Domain` goes where the host is not within it.
/// - `Secure` goes, since many clients refuse it without TLS, and with it what is valid only beside it: `SameSite=None` and
///   `Partitioned`. It stays where the name asks for it (`__Secure-`, `__Host-`): such a cookie is refused without.
/// - `path`, which is only before the backend's paths, goes from `Path`.
fn own_cookie(cookie: &HeaderValue, authority: &str, path: &str) -> Option<HeaderValue> {
    let text = std::str::from_utf8(cookie.as_bytes()).ok()?;
    let mut parts = text.split(';');
    let pair = parts.next()?;
    let name = pair.trim_start().to_ascii_lowercase();
    let needs_tls = name.starts_with("__secure-") || name.starts_with("__host-");
    let mut own = vec![pair.to_owned()];
    for part in parts {
        let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match attribute.trim().to_ascii_lowercase().as_str() {
            "domain" if !is_within(host(authority), value) => {}
            "secure" | "partitioned" if !needs_tls => {}
            "samesite" if value.eq_ignore_ascii_case("none") && !needs_tls => {}
            "path" => match value.strip_prefix(path).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                Some("") if !path.is_empty() => own.push(" Path=/".to_owned()),
                Some(rest) if !path.is_empty() => own.push(format!(" Path={rest}")),
                _ => own.push(part.to_owned()),
            },
            _ => own.push(part.to_owned()),
        }
    }
    let own = own.join(";");
    if own == text { None } else { HeaderValue::from_bytes(own.as_bytes()).ok() }
}

/// The host of an authority, without its port.
fn host(authority: &str) -> &str {
    let port = authority.rfind(':').filter(|at| !authority[*at..].contains(']'));
    port.map_or(authority, |at| &authority[..at])
}

/// Returns true if a host is a domain or one of its subdomains (RFC 6265, section 5.1.3).
fn is_within(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_ascii_lowercase(), domain.trim_start_matches('.').to_ascii_lowercase());
    // Clients do not treat `localhost` as a domain.
    let above = host.strip_suffix(&domain);
    domain.contains('.') && above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_as_the_client_can_take_it() {
        for (cookie, own) in [
            ("sid=1; Domain=example.com; Path=/; Secure; HttpOnly; SameSite=None", "sid=1; Path=/; HttpOnly"),
            ("sid=1; domain=.dev.test; SameSite=Lax", "sid=1; domain=.dev.test; SameSite=Lax"),
            ("sid=1; Path=/api; Max-Age=5", "sid=1; Path=/; Max-Age=5"),
            ("sid=1; Path=/api/v1", "sid=1; Path=/v1"),
            ("sid=1; Path=/apis", "sid=1; Path=/apis"),
            ("__Host-sid=1; Path=/; Secure; SameSite=None", "__Host-sid=1; Path=/; Secure; SameSite=None"),
            ("__Secure-sid=1; Domain=example.com; Secure", "__Secure-sid=1; Secure"),
            ("sid=1; Secure; Partitioned", "sid=1"),
        ] {
            let value = HeaderValue::from_static(cookie);
            let found = own_cookie(&value, "shop.dev.test:4010", "/api").unwrap_or(value);
            assert_eq!(found.to_str().unwrap(), own);
        }
    }

    #[test]
    fn an_authority_is_a_host_and_a_port_and_nothing_else() {
        let of = |host: &'static str| {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            authority(&headers).map(str::to_owned)
        };
        assert_eq!(of("shop.localhost:4000").as_deref(), Some("shop.localhost:4000"));
        assert_eq!(of("[::1]:4010").as_deref(), Some("[::1]:4010"));
        for host in ["", "a\"><script>", "a/b", "u@a", "a,b"] {
            assert_eq!(of(host), None, "{host}");
        }
    }
}
