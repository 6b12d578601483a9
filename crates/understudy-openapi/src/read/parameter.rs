//! Parameters of all versions.

use super::Reader;
use crate::document::{At, Kind};
use crate::model::{Dialect, In, Parameter, Style};
use serde::de::DeserializeOwned;

/// Header fields that a parameter does not describe (OpenAPI 3.1.1, "Parameter Object", `name`).
const NO_PARAMETERS: [&str; 3] = ["accept", "content-type", "authorization"];

impl<'d> Reader<'d> {
    /// The parameters of a path or an operation. Those of Swagger 2.0 that are bodies are left out.
    pub(super) fn parameters(&mut self, at: At<'d>) -> Vec<Parameter> {
        let Some(list) = at.get("parameters") else { return Vec::new() };
        let mut parameters: Vec<Parameter> = Vec::new();
        for item in list.items() {
            let Some(item) = self.resolved(item) else { continue };
            let Some(parameter) = self.parameter(item) else { continue };
            // A field of a form may stand several times, with other types.
            let is_known =
                parameters.iter().any(|known| known.name == parameter.name && known.place == parameter.place);
            if is_known {
                self.bad(item, format!("the parameter `{}` stands here twice: the first one is used", parameter.name));
            } else {
                parameters.push(parameter);
            }
        }
        parameters
    }

    fn parameter(&mut self, at: At<'d>) -> Option<Parameter> {
        let (Some(name), Some(place)) = (at.get("name").and_then(At::scalar), at.text("in")) else {
            self.bad(at, "a parameter has a `name` and an `in`");
            return None;
        };
        let place = match &*place {
            "path" => In::Path,
            "query" => In::Query,
            "header" if NO_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) => return None,
            "header" => In::Header,
            "cookie" if self.dialect != Dialect::Swagger2 => In::Cookie,
            "formData" if self.dialect == Dialect::Swagger2 => In::Form,
            "body" if self.dialect == Dialect::Swagger2 => return None,
            other => {
                let message = format!("`in: {other}` is no place for a parameter");
                self.bad(at.get("in").unwrap_or(at), message);
                return None;
            }
        };
        let (style, explode) = match self.dialect {
            Dialect::Swagger2 => collection(at),
            _ => self.style(at, place),
        };
        // Only where a value is a text is it said by the parameter itself that it may be empty.
        let content = at.get("content").and_then(|content| content.members().next());
        let is_json = content.as_ref().is_some_and(|(media, _)| understudy_exchange::MediaType::parse(media).is_json());
        let schema = match (self.dialect, content) {
            (Dialect::Swagger2, _) => Some(at),
            (_, Some((_, media))) => media.get("schema"),
            (_, None) => at.get("schema"),
        };
        Some(Parameter {
            at: at.node,
            name: name.into_owned(),
            place,
            required: place == In::Path || at.flag("required"),
            style,
            explode,
            allow_empty: at.flag("allowEmptyValue"),
            schema: schema.map(|schema| schema.node),
            is_json,
        })
    }

    /// `style` and `explode` with their defaults.
    pub(super) fn style(&mut self, at: At<'d>, place: In) -> (Style, bool) {
        let style = match place {
            In::Path => match self.piece::<openapiv3::PathStyle>(at.get("style")) {
                openapiv3::PathStyle::Simple => Style::Simple,
                openapiv3::PathStyle::Label => Style::Label,
                openapiv3::PathStyle::Matrix => Style::Matrix,
            },
            In::Header => match self.piece::<openapiv3::HeaderStyle>(at.get("style")) {
                openapiv3::HeaderStyle::Simple => Style::Simple,
            },
            In::Cookie => match self.piece::<openapiv3::CookieStyle>(at.get("style")) {
                openapiv3::CookieStyle::Form => Style::Form,
            },
            In::Query | In::Form => match self.piece::<openapiv3::QueryStyle>(at.get("style")) {
                openapiv3::QueryStyle::Form => Style::Form,
                openapiv3::QueryStyle::SpaceDelimited => Style::SpaceDelimited,
                openapiv3::QueryStyle::PipeDelimited => Style::PipeDelimited,
                openapiv3::QueryStyle::DeepObject => Style::DeepObject,
            },
        };
        let explode =
            at.get("explode").and_then(At::boolean).unwrap_or(matches!(style, Style::Form | Style::DeepObject));
        (style, explode)
    }

    /// A piece of a description, or its default where there is none, or none that is known.
    fn piece<T: DeserializeOwned + Default>(&mut self, at: Option<At<'d>>) -> T {
        let Some(at) = at.filter(|at| at.kind() != Kind::Null) else { return T::default() };
        serde_json::from_value(at.to_value()).unwrap_or_else(|error| {
            self.bad(at, format!("this is not known here: {error}"));
            T::default()
        })
    }
}

/// Swagger 2.0's `collectionFormat`.
fn collection(at: At<'_>) -> (Style, bool) {
    match at.text("collectionFormat").as_deref() {
        Some("multi") => (Style::Form, true),
        Some("ssv") => (Style::SpaceDelimited, false),
        Some("tsv") => (Style::TabDelimited, false),
        Some("pipes") => (Style::PipeDelimited, false),
        _ => (Style::Simple, false),
    }
}
