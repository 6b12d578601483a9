//! Whether a request says who it is from. Which credentials are right is not known here: any will do.

use super::{Held, Part, Violation};
use crate::model::{In, SchemeKind};
use http::StatusCode;
use http::header::AUTHORIZATION;
use understudy_exchange::target::query_pairs;
use understudy_exchange::{Request, cookie_pairs};

/// What is missing, where no alternative is whole.
pub(super) fn check(held: &Held<'_>, request: &Request) -> Option<Violation> {
    let alternatives = &held.operation.security;
    let has = |scheme: &usize| has(&held.schemes[*scheme].kind, request);
    if alternatives.is_empty() || alternatives.iter().any(|all| all.iter().all(has)) {
        return None;
    }
    let words: Vec<String> = alternatives
        .iter()
        .map(|all| {
            let all: Vec<String> = all.iter().map(|scheme| words(&held.schemes[*scheme].kind)).collect();
            all.join(" and ")
        })
        .collect();
    let names = alternatives.first().and_then(|all| all.first()).map(|scheme| held.schemes[*scheme].name.clone());
    let at = held.documents.at(held.operation.at);
    Some(Violation {
        place: Part::Security,
        name: names.unwrap_or_default(),
        message: format!("expected {}", words.join(", or ")),
        rule: at.get("security").unwrap_or(at).pointer(),
        status: Some(StatusCode::UNAUTHORIZED),
    })
}

/// What `WWW-Authenticate` asks for (RFC 9110, section 11.6.1).
pub(crate) fn challenge(held: &Held<'_>) -> String {
    let schemes = held.operation.security.iter().flatten().map(|scheme| &held.schemes[*scheme].kind);
    let mut all: Vec<String> = Vec::new();
    for kind in schemes {
        let challenge = match kind {
            SchemeKind::Http(scheme) => format!("{scheme} realm=\"understudy\""),
            SchemeKind::Bearer => "Bearer".to_owned(),
            SchemeKind::Key(..) => "ApiKey".to_owned(),
            SchemeKind::Unseen => continue,
        };
        if !all.contains(&challenge) {
            all.push(challenge);
        }
    }
    all.join(", ")
}

fn has(kind: &SchemeKind, request: &Request) -> bool {
    let authorization = |scheme: &str| {
        let value = request.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or("");
        let (found, credentials) = value.split_once(' ').unwrap_or((value, ""));
        found.eq_ignore_ascii_case(scheme) && !credentials.trim().is_empty()
    };
    match kind {
        SchemeKind::Http(scheme) => authorization(scheme),
        SchemeKind::Bearer => authorization("bearer"),
        SchemeKind::Key(In::Query, name) => {
            query_pairs(request.query()).any(|(known, value)| known == *name && !value.is_empty())
        }
        SchemeKind::Key(In::Cookie, name) => cookie_pairs(&request.headers).any(|(known, _)| known == name),
        SchemeKind::Key(_, name) => request.headers.contains_key(name.as_str()),
        SchemeKind::Unseen => true,
    }
}

fn words(kind: &SchemeKind) -> String {
    match kind {
        SchemeKind::Http(scheme) => format!("`Authorization: {scheme} ...`"),
        SchemeKind::Bearer => "`Authorization: Bearer ...`".to_owned(),
        SchemeKind::Key(In::Query, name) => format!("the query parameter `{name}`"),
        SchemeKind::Key(In::Cookie, name) => format!("the cookie `{name}`"),
        SchemeKind::Key(_, name) => format!("the header `{name}`"),
        SchemeKind::Unseen => "nothing that a request shows".to_owned(),
    }
}
