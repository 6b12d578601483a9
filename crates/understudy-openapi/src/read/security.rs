//! Who may ask: security schemes and what operations require of them.

use super::Reader;
use crate::document::At;
use crate::model::{Dialect, In, Scheme, SchemeKind};
use openapiv3::{APIKeyLocation, SecurityScheme};

impl<'d> Reader<'d> {
    pub(super) fn read_schemes(&mut self, root: At<'d>) {
        let schemes = match self.dialect {
            Dialect::Swagger2 => root.get("securityDefinitions"),
            _ => root.get("components").and_then(|components| components.get("securitySchemes")),
        };
        for (name, at) in schemes.into_iter().flat_map(At::members) {
            let Some(at) = self.resolved(at) else { continue };
            let kind = match self.dialect {
                Dialect::Swagger2 => swagger_scheme(at),
                _ => scheme(at),
            };
            let kind = kind.unwrap_or_else(|error| {
                self.bad(
                    at,
                    format!("the security scheme `{name}` cannot be understood, and is not asked for: {error}"),
                );
                SchemeKind::Unseen
            });
            self.schemes.push(Scheme { name: name.into_owned(), kind });
        }
    }

    /// What `security` says, as alternatives.
    pub(super) fn security(&mut self, at: Option<At<'d>>) -> Vec<Vec<usize>> {
        let mut alternatives = Vec::new();
        for alternative in at.into_iter().flat_map(At::items) {
            let mut all = Vec::new();
            for (name, value) in alternative.members() {
                match self.schemes.iter().position(|scheme| scheme.name == *name) {
                    Some(place) => all.push(place),
                    None => self.bad(value, format!("there is no security scheme `{name}`: it is not asked for")),
                }
            }
            alternatives.push(all);
        }
        // One that asks for nothing lets everybody in.
        if alternatives.iter().any(Vec::is_empty) { Vec::new() } else { alternatives }
    }
}

fn key_place(place: &str) -> Option<In> {
    match place {
        "query" => Some(In::Query),
        "header" => Some(In::Header),
        "cookie" => Some(In::Cookie),
        _ => None,
    }
}

fn scheme(at: At<'_>) -> Result<SchemeKind, String> {
    if at.text("type").as_deref() == Some("mutualTLS") {
        return Ok(SchemeKind::Unseen);
    }
    match serde_json::from_value(at.to_value()).map_err(|error| error.to_string())? {
        SecurityScheme::APIKey { location, name, .. } => {
            let place = match location {
                APIKeyLocation::Query => In::Query,
                APIKeyLocation::Header => In::Header,
                APIKeyLocation::Cookie => In::Cookie,
            };
            Ok(SchemeKind::Key(place, name))
        }
        SecurityScheme::HTTP { scheme, .. } if scheme.eq_ignore_ascii_case("bearer") => Ok(SchemeKind::Bearer),
        SecurityScheme::HTTP { scheme, .. } => Ok(SchemeKind::Http(scheme)),
        SecurityScheme::OAuth2 { .. } | SecurityScheme::OpenIDConnect { .. } => Ok(SchemeKind::Bearer),
    }
}

fn swagger_scheme(at: At<'_>) -> Result<SchemeKind, String> {
    match at.text("type").as_deref() {
        Some("basic") => Ok(SchemeKind::Http("basic".to_owned())),
        Some("oauth2") => Ok(SchemeKind::Bearer),
        Some("apiKey") => {
            let place = at.text("in").and_then(|place| key_place(&place)).ok_or("`in` is query or header")?;
            let name = at.text("name").ok_or("it has no `name`")?;
            Ok(SchemeKind::Key(place, name.into_owned()))
        }
        _ => Err("its `type` is basic, apiKey or oauth2".to_owned()),
    }
}
