//! Proxies that the environment names. They are not used, and messages say so.

use crate::address::Address;

/// Returns the variable that names a proxy for an address, if there is one.
pub(crate) fn proxy_variable(address: &Address) -> Option<&'static str> {
    variable_for(address, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

fn variable_for(address: &Address, value: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let host = address.host.as_str();
    let exceptions = value("no_proxy").or_else(|| value("NO_PROXY")).unwrap_or_default();
    let is_except = |entry: &str| {
        let entry = entry.trim().trim_start_matches('*').trim_start_matches('.');
        !entry.is_empty() && (host == entry || host.strip_suffix(entry).is_some_and(|before| before.ends_with('.')))
    };
    if address.is_loopback() || exceptions.trim() == "*" || exceptions.split(',').any(is_except) {
        return None;
    }
    let names: &[&'static str] = match address.is_tls {
        true => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        false => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
    };
    names.iter().copied().find(|name| value(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_counts_for_hosts_that_are_not_excepted() {
        let environment = |name: &str| match name {
            "HTTPS_PROXY" => Some("http://proxy:3128".to_owned()),
            "NO_PROXY" => Some(".internal.test, b.test".to_owned()),
            _ => None,
        };
        for (url, name) in [
            ("https://a.test", Some("HTTPS_PROXY")),
            ("http://a.test", None),
            ("https://b.test", None),
            ("https://x.b.test", None),
            ("https://xb.test", Some("HTTPS_PROXY")),
            ("https://api.internal.test", None),
            ("https://localhost:1", None),
            ("https://127.0.0.1:1", None),
        ] {
            assert_eq!(variable_for(&Address::parse(url).unwrap(), environment), name, "{url}");
        }
    }
}
