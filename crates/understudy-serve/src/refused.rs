//! Requests that the server refuses before a fixture is looked for: too many header fields, for instance.

use crate::problem;
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method};
use understudy_exchange::Request;
use understudy_match::Rendered;
use understudy_net::{Refusal, RefusalReason};

/// The request as far as it was read, for the line that names it.
pub(crate) fn request(refusal: &Refusal) -> Request {
    let (method, target) = refusal
        .line
        .clone()
        .unwrap_or_else(|| (Method::from_bytes(b"-").expect("a hyphen is a token"), PathAndQuery::from_static("/")));
    Request { method, target, headers: HeaderMap::new(), body: Bytes::new() }
}

/// The response, which names the bound.
pub(crate) fn response(refusal: &Refusal) -> Rendered {
    let reason = refusal.reason;
    let detail = match reason {
        RefusalReason::TooManyFields | RefusalReason::HeadTooLarge => {
            format!("{reason}; send fewer or shorter ones, for instance fewer cookies")
        }
        RefusalReason::TargetTooLong => format!("{reason}; send long values in the body"),
        RefusalReason::Tls
        | RefusalReason::Malformed
        | RefusalReason::NoHost
        | RefusalReason::SeveralHosts
        | RefusalReason::Tunnel => reason.to_string(),
    };
    let title = "The request was refused before a fixture was looked for";
    problem::problem(refusal.status, "refused", title, &detail)
}

/// The reason, for the log.
pub(crate) fn why(refusal: &Refusal) -> &'static str {
    match refusal.reason {
        RefusalReason::TooManyFields => "more than 100 header fields",
        RefusalReason::HeadTooLarge => "header fields too large",
        RefusalReason::TargetTooLong => "request target too long",
        RefusalReason::Tls => "a TLS handshake, but this port speaks plain HTTP",
        RefusalReason::Malformed => "not HTTP/1.1",
        RefusalReason::NoHost => "no host",
        RefusalReason::SeveralHosts => "more than one host",
        RefusalReason::Tunnel => "CONNECT",
    }
}
