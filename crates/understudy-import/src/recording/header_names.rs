//! The header fields that a recording leaves out of fixtures, each group with its reason. `docs/recording.md` lists them.

use http::header::{CONNECTION, HeaderName};
use http::{HeaderMap, Method};

/// A reason and the names of the header fields that are left out for it. A `*` at the end of a name stands for anything.
type LeftOut = (&'static str, &'static [&'static str]);

/// Request header fields that are not recorded: each client generates its own, or the backend's response does not
/// depend on them.
pub(super) const REQUEST_FIELDS: &[LeftOut] = &[
    (
        "the connection (hop-by-hop)",
        &[
            "alt-used",
            "connection",
            "early-data",
            "expect",
            "http2-settings",
            "keep-alive",
            "max-forwards",
            "proxy-*",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ],
    ),
    ("made anew for each message", &["accept-encoding", "content-encoding", "content-length", "date", "host"]),
    (
        "the client and its page",
        &[
            "access-control-request-*",
            "device-memory",
            "dnt",
            "downlink",
            "dpr",
            "ect",
            "origin",
            "ping-from",
            "ping-to",
            "postman-token",
            "priority",
            "purpose",
            "referer",
            "rtt",
            "save-data",
            "sec-*",
            "service-worker*",
            "upgrade-insecure-requests",
            "user-agent",
            "viewport-width",
            "width",
            "x-client-data",
            "x-devtools-*",
            "x-moz",
            "x-purpose",
        ],
    ),
    ("caches", &["cache-control", "pragma"]),
    (
        "tracing",
        &[
            "b3",
            "baggage",
            "correlation-context",
            "correlation-id",
            "elastic-apm-*",
            "grpc-trace-bin",
            "newrelic",
            "ot-tracer-*",
            "request-context",
            "request-id",
            "sentry-trace",
            "traceparent",
            "tracestate",
            "uber-trace-id",
            "uberctx-*",
            "x-amzn-trace-id",
            "x-b3-*",
            "x-client-trace-id",
            "x-cloud-trace-context",
            "x-correlation-id",
            "x-datadog-*",
            "x-dynatrace*",
            "x-instana-*",
            "x-ms-client-request-id",
            "x-newrelic-*",
            "x-ot-span-context",
            "x-queue-start",
            "x-request-id",
            "x-request-start",
            "x-span-id",
            "x-trace-id",
        ],
    ),
    (
        "proxies on the way (forwarding)",
        &[
            "cdn-loop",
            "cf-*",
            "client-ip",
            "fastly-*",
            "fly-*",
            "forwarded",
            "true-client-ip",
            "via",
            "x-appengine-*",
            "x-arr-*",
            "x-azure-*",
            "x-client-ip",
            "x-cluster-client-ip",
            "x-envoy-*",
            "x-forwarded-*",
            "x-real-ip",
            "x-vercel-*",
        ],
    ),
];

/// Response header fields that are not recorded, beside those that `verify` never compares.
pub(super) const RESPONSE_FIELDS: &[LeftOut] = &[
    (
        "caches",
        &[
            "cache-control",
            "cache-status",
            "cdn-*",
            "cf-*",
            "pragma",
            "surrogate-control",
            "surrogate-key",
            "x-cache*",
            "x-nextjs-cache",
            "x-proxy-cache",
            "x-varnish",
        ],
    ),
    (
        "the connection and what the stub says of itself",
        &["accept-ranges", "access-control-*", "proxy-*", "trailer", "upgrade"],
    ),
    (
        "rules for pages in browsers",
        &[
            "accept-ch",
            "content-security-policy*",
            "critical-ch",
            "cross-origin-*",
            "document-policy*",
            "expect-ct",
            "feature-policy",
            "nel",
            "origin-agent-cluster",
            "p3p",
            "permissions-policy*",
            "referrer-policy",
            "report-to",
            "reporting-endpoints",
            "strict-transport-security",
            "timing-allow-origin",
            "x-content-security-policy",
            "x-content-type-options",
            "x-dns-prefetch-control",
            "x-download-options",
            "x-frame-options",
            "x-permitted-cross-domain-policies",
            "x-robots-tag",
            "x-ua-compatible",
            "x-xss-protection",
        ],
    ),
    (
        "tracing",
        &[
            "baggage",
            "correlation-id",
            "request-context",
            "request-id",
            "traceparent",
            "traceresponse",
            "tracestate",
            "x-amz-id-2",
            "x-amz-request-id",
            "x-amzn-requestid",
            "x-amzn-trace-id",
            "x-b3-*",
            "x-cloud-trace-context",
            "x-correlation-id",
            "x-github-request-id",
            "x-ms-request-id",
            "x-request-id",
            "x-trace-id",
        ],
    ),
    (
        "servers and proxies on the way",
        &[
            "fastly-*",
            "fly-*",
            "x-amz-cf-*",
            "x-aspnet-version",
            "x-aspnetmvc-version",
            "x-backend-server",
            "x-envoy-*",
            "x-generator",
            "x-kong-*",
            "x-render-*",
            "x-served-by",
            "x-server",
            "x-timer",
            "x-vercel-*",
        ],
    ),
];

/// Returns true if the name is one of those that are left out.
pub(super) fn is_left_out(groups: &[LeftOut], name: &str) -> bool {
    groups.iter().flat_map(|(_, names)| *names).any(|known| is_like(name, known))
}

fn is_like(name: &str, known: &str) -> bool {
    match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => known == name,
    }
}

/// Returns true if `verify` never compares a response header field with this name. A fixture need not list such a
/// field.
pub(super) fn is_never_held(name: &str) -> bool {
    understudy_match::NOT_HELD_HEADERS.iter().any(|known| is_like(name, known))
}

/// Returns true if a request header field may matter to the backend. It is not on the list of ignored names, the
/// `connection` field of the request does not name it, and it is not a cache validator.
pub(super) fn may_matter(method: &Method, headers: &HeaderMap, name: &HeaderName) -> bool {
    let is_of_connection = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|option| option.trim().eq_ignore_ascii_case(name.as_str()));
    let asks_cache =
        matches!(*method, Method::GET | Method::HEAD) && matches!(name.as_str(), "if-modified-since" | "if-none-match");
    !is_left_out(REQUEST_FIELDS, name.as_str()) && !is_of_connection && !asks_cache
}

/// Prefixes of cookies that scripts for statistics and advertising set. Backends do not read these cookies.
pub(super) const STATISTICS_COOKIES: &[&str] = &[
    "OptanonConsent",
    "__hs",
    "__utm",
    "_clck",
    "_clsk",
    "_dd_s",
    "_fbc",
    "_fbp",
    "_ga",
    "_gcl_",
    "_gid",
    "_hj",
    "_pk_",
    "_uet",
    "ajs_",
    "amplitude_",
    "hubspotutk",
    "mp_",
    "optimizely",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_what_is_left_out() {
        let documentation = include_str!("../../../../docs/recording.md");
        let groups = REQUEST_FIELDS.iter().chain(RESPONSE_FIELDS);
        for (why, names) in groups {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let row = format!("| {why} | {} |", names.join(", "));
            assert!(documentation.contains(&row), "docs/recording.md has no row\n{row}");
        }
        for name in STATISTICS_COOKIES {
            assert!(documentation.contains(&format!("`{name}*`")), "docs/recording.md does not list `{name}*`");
        }
    }
}
