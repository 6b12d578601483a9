//! Header fields by which a browser would leave our address: those that announce TLS or another
//! address for the host of a backend. We speak plain HTTP, and a browser may remember such an
//! announcement for the whole of `localhost`.

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY};
use http::{HeaderMap, HeaderValue};
use understudy_exchange::{Origin, Origins};

/// Fields that are only true of the backend's own connections: HSTS (RFC 6797), alternative services (RFC 7838) and
/// network error logging.
const LEFT_OUT: [&str; 3] = ["strict-transport-security", "alt-svc", "nel"];

/// Directives of a content security policy that turn our plain addresses into addresses with TLS.
const UPGRADES: [&str; 2] = ["upgrade-insecure-requests", "block-all-mixed-content"];

/// Removes what a browser must not learn from a response that it gets from us. A content security policy names our
/// authority in the place of the backend's.
pub(crate) fn adapt(headers: &mut HeaderMap, origins: &Origins, authority: Option<&str>) {
    for name in LEFT_OUT {
        headers.remove(name);
    }
    for name in [CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY] {
        if !headers.contains_key(&name) {
            continue;
        }
        let policies: Vec<HeaderValue> = headers.get_all(&name).iter().cloned().collect();
        headers.remove(&name);
        for policy in policies {
            let adapted = policy.to_str().ok().map(|text| adapted(text, origins, authority));
            match adapted {
                Some(text) if text.is_empty() => {}
                Some(text) => drop(headers.append(&name, HeaderValue::from_str(&text).unwrap_or(policy))),
                None => drop(headers.append(&name, policy)),
            }
        }
    }
}

/// A field's policies, separated by commas, for our address.
fn adapted(text: &str, origins: &Origins, authority: Option<&str>) -> String {
    let policy = |policy: &str| {
        let directives = policy.split(';').filter(|directive| {
            let name = directive.split_whitespace().next();
            name.is_none_or(|name| !UPGRADES.iter().any(|upgrade| name.eq_ignore_ascii_case(upgrade)))
        });
        let own = directives.map(|directive| {
            let sources = directive.split(' ').map(|source| own_source(source, origins, authority));
            sources.collect::<Vec<_>>().join(" ")
        });
        own.collect::<Vec<_>>().join(";").trim().to_owned()
    };
    let policies = text.split(',').map(policy).filter(|policy| !policy.is_empty());
    policies.collect::<Vec<_>>().join(", ")
}

/// A source of a directive. An address with a scheme is found by [`Origins::rewrite_fields`]; here it is a host alone.
fn own_source<'s>(source: &'s str, origins: &Origins, authority: Option<&'s str>) -> &'s str {
    let is_host = || source.contains(['.', ':']) && !source.contains(['/', '\'', '*']);
    let is_own = || Origin::parse(&format!("https://{source}")).is_some_and(|origin| origins.has(&origin));
    match authority {
        Some(authority) if is_host() && is_own() => authority,
        _ => source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_our_address_and_asks_for_no_tls() {
        let origins = Origins::new(Origin::parse("https://api.example.com"));
        for (policy, own) in [
            ("upgrade-insecure-requests", ""),
            ("default-src 'self'; Upgrade-Insecure-Requests; img-src *", "default-src 'self'; img-src *"),
            ("default-src 'self';block-all-mixed-content", "default-src 'self'"),
            ("connect-src api.example.com cdn.example.com data:", "connect-src localhost:4010 cdn.example.com data:"),
            ("upgrade-insecure-requests, script-src 'none'", "script-src 'none'"),
        ] {
            assert_eq!(adapted(policy, &origins, Some("localhost:4010")), own, "{policy}");
        }
    }

    #[test]
    fn what_is_true_of_the_backends_connections_alone_is_left_out() {
        let names = ["strict-transport-security", "alt-svc", "nel", "clear-site-data"];
        let mut headers = HeaderMap::new();
        headers.extend(names.map(|name| (http::HeaderName::from_static(name), HeaderValue::from_static("x"))));
        adapt(&mut headers, &Origins::default(), None);
        assert_eq!(headers.keys().map(http::HeaderName::as_str).collect::<Vec<_>>(), ["clear-site-data"]);
    }
}
